"""Confusion matrices with given scores: the proof, by example, that numbers can go together."""

from collections.abc import Iterator
from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_flow

from har_lib.audit_bounds import check_supports, most_errors
from har_lib.audit_printed import Printed
from har_lib.errors import InputError


def scores(matrix: np.ndarray) -> dict[str, Fraction]:
    """Accuracy, macro precision and macro recall of a confusion matrix, exact.

    Rows are true classes, columns predicted ones; a class that is never predicted has the
    precision 0.

    Examples
    --------
    >>> scores(np.array([[3, 1], [0, 4]]))["recall"]
    Fraction(7, 8)
    """
    right = [int(hit) for hit in np.diag(matrix)]
    rows, columns = ([int(n) for n in matrix.sum(axis=axis)] for axis in (1, 0))
    return {
        "accuracy": Fraction(sum(right), sum(rows)),
        "precision": sum(
            (Fraction(hit, n) for hit, n in zip(right, columns, strict=True) if n), Fraction(0)
        )
        / len(right),
        "recall": sum((Fraction(hit, n) for hit, n in zip(right, rows, strict=True)), Fraction(0))
        / len(right),
    }


def with_scores(
    supports: ArrayLike, accuracy: Printed, precision: Printed | None, recall: Printed | None
) -> np.ndarray | None:
    """A confusion matrix of these classes whose accuracy and macro scores print as given.

    Errors are moved one by one from the largest classes to the smallest, or away from an even
    spread, and where the recall fits the classes that they are taken for go from one to many until
    the precision fits.

    Parameters
    ----------
    supports : array_like, int, shape (C,)
    accuracy : Printed
    precision, recall : Printed or None
        None where it may be anything.

    Returns
    -------
    ndarray, int64, shape (C, C), or None
        None if this way found no such matrix, which is no proof that there is none.

    Examples
    --------
    >>> with_scores([6, 4], Printed("90"), Printed("90.0"), Printed("91.7"))
    array([[5, 1],
           [0, 4]])
    """
    sizes = np.array(check_supports(supports))
    for right in accuracy.admits(int(sizes.sum()))[::-1]:
        errors = int(sizes.sum()) - right
        for lost in _losses(sizes, errors, recall):
            for entered in _entries(sizes, lost, errors, precision):
                matrix = _fill(sizes, lost, entered)
                found = scores(matrix)
                asked = {"precision": precision, "recall": recall}
                # The searches are in floating point; what is given is checked exactly.
                if all(each is None or each.holds(found[name]) for name, each in asked.items()):
                    return matrix
    return None


def thinned(supports: ArrayLike, accuracy: Printed, recall: Printed) -> list[int]:
    """The most clips that can be kept so that accuracy and macro recall can go together.

    With recall at least R at most K errors can be hidden, in the largest classes, and accuracy a
    means (1 - a) of the clips; so at most K / (1 - a) clips may be left. The largest classes are
    kept whole and the others thinned alike, each keeping one clip or more.

    Returns
    -------
    list of int
        Clips kept of each class, in the order given; all of them where nothing need be removed.

    Raises
    ------
    InputError
        If even one clip of each other class is too many.

    Examples
    --------
    >>> thinned([40, 40, 40], Printed("90"), Printed("95"))
    [40, 15, 14]
    """
    sizes = np.array(check_supports(supports))
    hidden = most_errors(sizes, recall.low)
    allowed = int(hidden / (1 - accuracy.high)) if accuracy.high < 1 else int(sizes.sum())
    if allowed >= sizes.sum():
        return [int(size) for size in sizes]
    budget = (1 - recall.low) * len(sizes)
    whole = np.argsort(-sizes, kind="stable")[: max(1, -(-budget.numerator // budget.denominator))]
    others = np.setdiff1d(np.arange(len(sizes)), whole)
    left = allowed - int(sizes[whole].sum())
    if left < len(others):
        raise InputError(
            f"no thinning of these {len(sizes)} classes makes an accuracy of {accuracy} and a "
            f"macro recall of {recall} possible"
        )
    kept = sizes.copy()
    # Down to a common size, and one more for as many as there is room for.
    level = int(sizes[others].max())
    while np.minimum(sizes[others], level).sum() > left:
        level -= 1
    kept[others] = np.minimum(sizes[others], level)
    room = left - int(kept[others].sum())
    larger = others[sizes[others] > level][:room]
    kept[larger] += 1
    return [int(size) for size in kept]


def smallest_three_class(
    accuracy: Printed, precision: Printed, recall: Printed, limit: int = 250
) -> np.ndarray | None:
    """Of all tables of three classes with these macro scores, one with the fewest clips.

    Every division of N clips among three classes and of the errors among rows and columns is
    tried, N rising; None if there is none with up to ``limit`` clips.

    Examples
    --------
    >>> scores(smallest_three_class(Printed("80"), Printed("83.3"), Printed("83.3")))["accuracy"]
    Fraction(4, 5)
    """
    for clips in range(3, limit + 1):
        for right in accuracy.admits(clips):
            found = _three_classes(clips, clips - right, precision, recall)
            if found is not None:
                return found
    return None


def _three_classes(
    clips: int, errors: int, precision: Printed, recall: Printed
) -> np.ndarray | None:
    parts = np.array([(a, b, errors - a - b) for a in range(errors + 1) for b in range(errors + 1)])
    parts = parts[parts[:, 2] >= 0]
    for first in range(clips // 3 + (clips % 3 > 0), clips - 1):
        for second in range(max(1, (clips - first + 1) // 2), min(first, clips - first - 1) + 1):
            sizes = np.array([first, second, clips - first - second])
            lost = parts[(parts <= sizes).all(axis=1)]
            loss = (lost / sizes).sum(axis=1) / 3
            near = (1 - loss >= float(recall.low) - 1e-9) & (1 - loss <= float(recall.high) + 1e-9)
            for row in lost[near]:
                entered = parts[(parts + row <= errors).all(axis=1)]
                kept = sizes - row
                below = kept + entered
                mean = np.divide(kept, below, out=np.zeros(below.shape), where=below > 0).mean(
                    axis=1
                )
                fits = (mean >= float(precision.low) - 1e-9) & (
                    mean <= float(precision.high) + 1e-9
                )
                for column in entered[fits]:
                    matrix = _fill(sizes, row, column)
                    found = scores(matrix)
                    if precision.holds(found["precision"]) and recall.holds(found["recall"]):
                        return matrix
    return None


#: Most ways to lose clips that are tried for one number of errors.
_WAYS = 12


def _losses(sizes: np.ndarray, errors: int, recall: Printed | None) -> Iterator[np.ndarray]:
    """Errors of each class that give the recall: from few large classes on, and evenly spread."""
    order = np.argsort(-sizes, kind="stable")
    lost = np.zeros(len(sizes), dtype=np.int64)
    left = errors
    for c in order:
        lost[c] = min(left, sizes[c])
        left -= lost[c]
    even = _evenly(sizes, errors)
    found = 0
    for start, giving_first in ((lost, order), (even, order), (even, order[::-1])):
        for way in _moved(sizes, start.copy(), giving_first, errors, recall):
            yield way
            found += 1
            if found >= _WAYS:
                break
        found = 0


def _evenly(sizes: np.ndarray, errors: int) -> np.ndarray:
    """Errors in proportion to the classes, the largest remainders first."""
    exact = errors * sizes / sizes.sum()
    lost = np.floor(exact).astype(np.int64)
    rest = np.argsort(lost - exact, kind="stable")[: errors - int(lost.sum())]
    lost[rest] += 1
    return lost


def _moved(
    sizes: np.ndarray,
    lost: np.ndarray,
    order: np.ndarray,
    errors: int,
    recall: Printed | None,
) -> Iterator[np.ndarray]:
    """Errors moved one by one from the first classes of an order to the last, where recall fits."""
    for _ in range(errors + 1):
        if _near(recall, 1 - float((lost / sizes).mean())):
            yield lost.copy()
        giving = next((c for c in order if lost[c]), None)
        taking = next((c for c in order[::-1] if lost[c] < sizes[c]), None)
        if giving is None or taking is None or giving == taking:
            return
        lost[giving] -= 1
        lost[taking] += 1


def _entries(
    sizes: np.ndarray, lost: np.ndarray, errors: int, precision: Printed | None
) -> Iterator[np.ndarray]:
    """How often each class is named wrongly so that the precision fits, from one class to many."""
    kept, limit = sizes - lost, errors - lost
    order = np.argsort(-kept, kind="stable")
    entered = np.zeros(len(sizes), dtype=np.int64)
    left = errors
    for c in order:
        entered[c] = min(left, limit[c])
        left -= entered[c]
    if left:
        return
    for _ in range(errors + 1):
        named = kept + entered
        share = float(np.divide(kept, named, out=np.zeros(len(kept)), where=named > 0).mean())
        if _near(precision, share):
            yield entered.copy()
            return
        if precision is not None and share < float(precision.low):
            return
        giving = int(np.argmax(entered))
        open_to = np.flatnonzero(entered < limit)
        taking = int(open_to[np.argmin(entered[open_to])]) if len(open_to) else giving
        if entered[giving] <= entered[taking] + 1:
            return
        entered[giving] -= 1
        entered[taking] += 1


def _near(printed: Printed | None, share: float) -> bool:
    """Whether a share prints as given, up to rounding."""
    if printed is None:
        return True
    return float(printed.low) - 1e-12 <= share <= float(printed.high) + 1e-12


def _fill(sizes: np.ndarray, lost: np.ndarray, entered: np.ndarray) -> np.ndarray:
    """A matrix whose rows lose and whose columns gain so many clips, none of them on the diagonal.

    A flow from rows to columns; it carries all errors because no class is concerned by more.
    """
    C = len(sizes)
    source, sink = 2 * C, 2 * C + 1
    capacity = np.zeros((2 * C + 2, 2 * C + 2), dtype=np.int32)
    capacity[source, :C], capacity[C : 2 * C, sink] = lost, entered
    capacity[:C, C : 2 * C] = np.minimum.outer(lost, entered)
    capacity[np.arange(C), C + np.arange(C)] = 0
    flow = maximum_flow(csr_array(capacity), source, sink)
    matrix = np.asarray(flow.flow.toarray()[:C, C : 2 * C], dtype=np.int64)
    assert flow.flow_value == lost.sum(), "errors that no matrix holds"
    matrix[np.arange(C), np.arange(C)] = sizes - lost
    return matrix
