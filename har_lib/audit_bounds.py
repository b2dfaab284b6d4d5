"""What accuracy allows of recall and precision, given how many clips each class has.

A clip has one label and gets one. Among N clips of C classes with n_c clips each, accuracy says
how many are wrong, E. Which classes they are wrong in is left open, and that moves the averages:
an error in a large class costs macro recall less than one in a small class. Bounds are exact, in
fractions; nothing is assumed of how errors come about.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike

from har_lib.errors import InputError

Number = int | float | Fraction


@dataclass(frozen=True)
class Range:
    """Lowest and highest value that is possible."""

    low: Fraction
    high: Fraction

    def meets(self, low: Number, high: Number) -> bool:
        """Whether it has a value in common with another range, ends included."""
        return self.low <= high and low <= self.high


def check_supports(supports: ArrayLike) -> list[int]:
    """Class sizes as whole numbers.

    Raises
    ------
    InputError
        If they are no flat list of whole numbers of 1 or more, or of fewer than two classes.
    """
    try:
        sizes = np.asarray(supports)
    except ValueError:  # lists of unequal length
        sizes = np.zeros((0, 0))
    whole = sizes.dtype.kind in "iu" or (
        sizes.dtype.kind == "f" and bool((np.isfinite(sizes) & (sizes == np.floor(sizes))).all())
    )
    if sizes.ndim != 1 or not whole or (sizes < 1).any():
        raise InputError(
            "class supports must be a flat list of whole numbers, at least 1: how many clips of "
            "each class are tested"
        )
    if len(sizes) < 2:
        raise InputError(f"{len(sizes)} class supports are given: at least two classes are needed")
    return [int(size) for size in sizes]


def recall_bounds(supports: ArrayLike, errors: int) -> Range:
    r"""Lowest and highest macro recall with a given number of errors.

    .. math:: R = \frac{1}{C} \sum_c \left(1 - \frac{e_c}{n_c}\right), \qquad \sum_c e_c = E

    Each error in class c costs 1 / (C n_c) whatever else happens, so that the highest recall has
    all errors in the largest classes, and the lowest in the smallest.

    Parameters
    ----------
    supports : array_like, int, shape (C,)
        Clips n_c of each class.
    errors : int
        Wrong clips, E, from 0 to all.

    Returns
    -------
    Range
        Exact.

    Raises
    ------
    InputError
        For impossible supports or errors.

    Examples
    --------
    >>> recall_bounds([4, 1], errors=1)
    Range(low=Fraction(1, 2), high=Fraction(7, 8))
    """
    sizes = check_supports(supports)
    _check_errors(errors, sizes)
    spread = [_loss(sorted(sizes, reverse=up), Fraction(errors)) for up in (False, True)]
    return Range(*(1 - loss / len(sizes) for loss in spread))


def highest_recall(supports: ArrayLike, accuracy: Number) -> Fraction:
    """Highest macro recall at an accuracy or below it, as if errors could be divided.

    No number of errors being required to be whole, it is never below what whole errors reach. It
    rises with accuracy and is concave in it, so that it bounds as well the mean (or any quantile)
    of recall over several runs by the mean (or that quantile) of their accuracy.

    Parameters
    ----------
    supports : array_like, int, shape (C,)
    accuracy : number
        From 0 to 1; a fraction stays exact.

    Examples
    --------
    >>> highest_recall([4, 1], Fraction(4, 5))
    Fraction(7, 8)
    """
    sizes = check_supports(supports)
    wrong = (1 - _share(accuracy, "accuracy")) * sum(sizes)
    return 1 - _loss(sorted(sizes, reverse=True), wrong) / len(sizes)


def lowest_recall(supports: ArrayLike, accuracy: Number) -> Fraction:
    """Lowest macro recall at an accuracy or above it, as if errors could be divided.

    Examples
    --------
    >>> lowest_recall([4, 1], Fraction(4, 5))
    Fraction(1, 2)
    """
    sizes = check_supports(supports)
    wrong = (1 - _share(accuracy, "accuracy")) * sum(sizes)
    return 1 - _loss(sorted(sizes), wrong) / len(sizes)


def most_errors(supports: ArrayLike, recall: Number) -> Fraction:
    r"""Most errors that a macro recall of at least ``recall`` allows, as if divisible.

    Macro recall may lose (1 - R) C in all, and an error in class c takes 1 / n_c of it: the
    largest classes hide the most.

    Parameters
    ----------
    supports : array_like, int, shape (C,)
    recall : number
        From 0 to 1.

    Examples
    --------
    >>> most_errors([4, 2], Fraction(3, 4))
    Fraction(2, 1)
    """
    sizes = sorted(check_supports(supports), reverse=True)
    budget = (1 - _share(recall, "recall")) * len(sizes)
    hidden = Fraction(0)
    for size in sizes:
        part = min(Fraction(1), budget)
        hidden, budget = hidden + part * size, budget - part
    return hidden


def lowest_accuracy(supports: ArrayLike, recall: Number) -> Fraction:
    """Lowest accuracy with a macro recall of at least ``recall``.

    Examples
    --------
    >>> lowest_accuracy([4, 2], Fraction(3, 4))
    Fraction(2, 3)
    """
    sizes = check_supports(supports)
    return 1 - most_errors(sizes, recall) / sum(sizes)


def support_ratio(supports: ArrayLike) -> Fraction:
    """Size of the largest class over the mean size.

    Examples
    --------
    >>> support_ratio([4, 1, 1])
    Fraction(2, 1)
    """
    sizes = check_supports(supports)
    return Fraction(max(sizes) * len(sizes), sum(sizes))


def highest_subset_ratio(supports: ArrayLike) -> Fraction:
    """Highest ratio of largest to mean class that any subset of the classes has.

    The largest class of all and the k smallest, for the best k.

    Examples
    --------
    >>> highest_subset_ratio([4, 3, 1, 1])
    Fraction(2, 1)
    """
    rising = sorted(check_supports(supports))
    largest, total, best = rising[-1], rising[-1], Fraction(1)
    for count, size in enumerate(rising[:-1], start=2):
        total += size
        best = max(best, Fraction(count * largest, total))
    return best


def needed_ratio(accuracy: Number, recall: Number) -> Fraction:
    r"""Least ratio of largest to mean class with which accuracy and macro recall can go together.

    Each error costs macro recall at least 1 / (C n_max), so that

    .. math:: 1 - R \ge \frac{E}{C n_{max}} = (1 - a)\,\frac{\bar n}{n_{max}}
        \quad\Longrightarrow\quad \frac{n_{max}}{\bar n} \ge \frac{1 - a}{1 - R}.

    Only classes that are counted enter: the bound holds for a subset of the classes with the
    subset's largest and mean, and it needs no class sizes to be known. It is necessary, not
    sufficient.

    Parameters
    ----------
    accuracy : number
        Highest accuracy that the printed one can stand for, below 1.
    recall : number
        Lowest macro recall that the printed one can stand for, below 1.

    Examples
    --------
    >>> needed_ratio(Fraction(9, 10), Fraction(19, 20))
    Fraction(2, 1)
    """
    share = _share(recall, "recall")
    if share == 1:
        raise InputError("recall = 1 allows no error at all: no ratio of classes is enough")
    return (1 - _share(accuracy, "accuracy")) / (1 - share)


@dataclass(frozen=True)
class Subset:
    """The subset of classes with the highest possible macro recall, and that recall."""

    recall: Fraction
    supports: tuple[int, ...]


def best_subset(supports: ArrayLike, accuracy: Number) -> Subset:
    """Highest macro recall over every subset of two or more classes, all their clips counted.

    In the best subset the errors fill the largest classes of all and part of one more, and all
    other classes are the smallest there are: a class without errors that is exchanged for a
    smaller one takes clips away, hence errors; one filled with errors that is exchanged for a
    larger one hides more. So C^3 candidates hold the best, out of 2^C subsets.

    Parameters
    ----------
    supports : array_like, int, shape (C,)
    accuracy : number
        Of the subset's clips, at most.

    Returns
    -------
    Subset
        Errors are taken as divisible: an upper bound for whole ones.

    Examples
    --------
    >>> best_subset([5, 4, 1], Fraction(9, 10)).supports
    (5, 1)
    """
    sizes = sorted(check_supports(supports), reverse=True)
    share = float(_share(accuracy, "accuracy"))
    best: tuple[float, tuple[int, int, int]] | None = None
    for full in range(len(sizes)):
        top = sizes[:full]
        for partial in range(full, len(sizes)):
            rest = np.array(sizes[full:partial] + sizes[partial + 1 :])[::-1]
            clean = np.arange(len(rest) + 1)
            total = sum(top) + sizes[partial] + np.concatenate([[0], np.cumsum(rest)])
            classes = full + 1 + clean
            inside = (1 - share) * total - sum(top)
            # A subset whose errors do not end in this class belongs to another candidate.
            valid = (inside >= -1e-9) & (inside <= sizes[partial] + 1e-9) & (classes >= 2)
            if not valid.any():
                continue
            loss = np.where(valid, (full + inside / sizes[partial]) / classes, np.inf)
            place = int(loss.argmin())
            if best is None or loss[place] < best[0] - 1e-12:
                best = float(loss[place]), (full, partial, place)
    assert best is not None, "the two largest classes alone are a candidate"
    full, partial, count = best[1]
    rest_sizes = sizes[full:partial] + sizes[partial + 1 :]
    chosen = [*sizes[:full], sizes[partial], *(rest_sizes[-count:] if count else [])]
    return Subset(highest_recall(chosen, accuracy), tuple(sorted(chosen, reverse=True)))


def mean_over_splits(splits: Sequence[ArrayLike], accuracy: Number) -> Fraction:
    r"""Highest mean macro recall over several test sets whose mean accuracy is ``accuracy``.

    An error in class c of split s lowers the mean accuracy by 1 / (S N_s) and the mean recall by
    1 / (S C_s n_sc); the highest recall has them where the second is smallest against the first.

    Parameters
    ----------
    splits : sequence of array_like
        Class supports of each test set.
    accuracy : number
        Mean of the accuracies, each test set counting alike.

    Examples
    --------
    >>> mean_over_splits([[4, 1], [4, 1]], Fraction(4, 5)) == highest_recall([4, 1], Fraction(4, 5))
    True
    """
    if not splits:
        raise InputError("no test set is given: give the class supports of one or more")
    checked = [check_supports(split) for split in splits]
    wrong = (1 - _share(accuracy, "accuracy")) * len(checked)
    # Share of its split that a class holds, and the recall it costs to have all of it wrong.
    classes = [
        (Fraction(size, sum(sizes)), Fraction(1, len(sizes))) for sizes in checked for size in sizes
    ]
    loss = Fraction(0)
    for held, cost in sorted(classes, key=lambda pair: pair[1] / pair[0]):
        part = min(Fraction(1), wrong / held)
        loss, wrong = loss + part * cost, wrong - part * held
    return 1 - loss / len(checked)


def random_error_deviation(supports: ArrayLike, errors: int) -> float:
    r"""Standard deviation of macro recall less accuracy when any clip is wrong as likely as others.

    The errors are then a random subset of the clips. The mean difference is 0, and its variance,
    from the covariances of the hypergeometric distribution,

    .. math:: \frac{E (N - E)}{C^2 (N - 1)}
        \left[\frac{1}{N}\sum_c \frac{1}{n_c} - \frac{C^2}{N^2}\right].

    Errors of real classifiers gather in hard classes, which varies more than this.

    Examples
    --------
    >>> random_error_deviation([5, 5], errors=3)
    0.0
    """
    sizes = check_supports(supports)
    _check_errors(errors, sizes)
    N, C = sum(sizes), len(sizes)
    spread = sum(Fraction(1, size) for size in sizes) / N - Fraction(C, N) ** 2
    return float(Fraction(errors * (N - errors), C**2 * (N - 1)) * spread) ** 0.5


def whole_class_deviation(supports: ArrayLike, classes: int) -> float:
    r"""Standard deviation of macro recall less accuracy when whole classes are wrong.

    ``classes`` of the C classes, picked at random, are wrong altogether and all others right: as
    far from evenly spread errors as can be. The mean difference is 0; from the variance of a sum
    that is drawn without replacement,

    .. math:: \frac{1}{N} \sqrt{\frac{D (C - D)}{C - 1}}\; s, \qquad
        s^2 = \frac{1}{C} \sum_c (n_c - \bar n)^2.

    Examples
    --------
    >>> whole_class_deviation([2, 4], classes=1)
    0.16666666666666666
    """
    sizes = check_supports(supports)
    C, N = len(sizes), sum(sizes)
    if not 0 <= classes <= C:
        raise InputError(f"classes = {classes} is not allowed: there are {C}")
    spread = sum((size - Fraction(N, C)) ** 2 for size in sizes) / C
    return float(Fraction(classes * (C - classes), C - 1) * spread) ** 0.5 / N


def _loss(sizes: Sequence[int], errors: Fraction) -> Fraction:
    """Sum of the shares of classes that are wrong, errors filling the classes in this order."""
    loss = Fraction(0)
    for size in sizes:
        inside = min(Fraction(size), errors)
        loss, errors = loss + inside / size, errors - inside
    return loss


def _share(value: Number, name: str) -> Fraction:
    try:
        share = Fraction(value)
    except (TypeError, ValueError, OverflowError):
        raise InputError(f"{name} = {value!r} is no number: give a share from 0 to 1") from None
    if not 0 <= share <= 1:
        raise InputError(f"{name} = {float(share):g} is not allowed: give a share from 0 to 1")
    return share


def _check_errors(errors: int, sizes: Sequence[int]) -> None:
    if not 0 <= errors <= sum(sizes) or errors != int(errors):
        raise InputError(
            f"errors = {errors} is not allowed: a whole number from 0 to the {sum(sizes)} clips"
        )
