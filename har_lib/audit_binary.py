"""Two classes: which accuracy, precision and recall can come from one table of four counts."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from har_lib.audit_bounds import Range
from har_lib.audit_printed import Printed
from har_lib.errors import InputError


@dataclass(frozen=True)
class Table:
    """Counts of one class against the rest."""

    true_positive: int
    false_negative: int
    false_positive: int
    true_negative: int

    @property
    def clips(self) -> int:
        """All of them."""
        return self.true_positive + self.false_negative + self.false_positive + self.true_negative

    @property
    def prevalence(self) -> Fraction:
        """Share of the positive class."""
        return Fraction(self.true_positive + self.false_negative, self.clips)

    def scores(self) -> dict[str, Fraction]:
        """Accuracy, precision, recall and specificity."""
        return {
            "accuracy": Fraction(self.true_positive + self.true_negative, self.clips),
            "precision": Fraction(self.true_positive, self.true_positive + self.false_positive),
            "recall": Fraction(self.true_positive, self.true_positive + self.false_negative),
            "specificity": Fraction(self.true_negative, self.true_negative + self.false_positive),
        }

    def __str__(self) -> str:
        """The four counts by name."""
        return (
            f"TP {self.true_positive}, FN {self.false_negative}, FP {self.false_positive}, "
            f"TN {self.true_negative}"
        )


def tables(
    clips: int, accuracy: Printed, precision: Printed, recall: Printed, form: str = "corrected"
) -> Iterator[Table]:
    """Every table of N clips whose three scores print as given, with a hit and with both classes.

    Parameters
    ----------
    clips : int
    accuracy, precision, recall : Printed
    form : {"corrected", "literal"}
        What accuracy is: (TP + TN) / N, or (TP + FN) / N as equation (18) is printed.

    Examples
    --------
    >>> [str(each) for each in tables(4, Printed("75"), Printed("100"), Printed("50"))]
    ['TP 1, FN 1, FP 0, TN 2']
    """
    if form not in ("corrected", "literal"):
        raise InputError(f"form = {form!r} is not known: use 'corrected' or 'literal'")
    yield from (_tables if form == "corrected" else _tables_as_printed)(
        clips, accuracy, precision, recall
    )


def _tables(clips: int, accuracy: Printed, precision: Printed, recall: Printed) -> Iterator[Table]:
    for right in accuracy.admits(clips):
        wrong = clips - right
        for false_positive in range(wrong + 1):
            false_negative = wrong - false_positive
            ranges = [
                _hits(recall, false_negative, right),
                _hits(precision, false_positive, right),
            ]
            low, high = max(r[0] for r in ranges), min(r[1] for r in ranges)
            for hit in range(max(1, low), high + 1):
                if hit < right or false_positive:
                    yield Table(hit, false_negative, false_positive, right - hit)


def _tables_as_printed(
    clips: int, prevalence: Printed, precision: Printed, recall: Printed
) -> Iterator[Table]:
    for positives in prevalence.admits(clips):
        for hit in recall.admits(positives) if positives else []:
            if not hit:
                continue
            # precision = hit / taken
            least = math.ceil(hit / precision.high)
            most = math.floor(hit / precision.low) if precision.low else clips
            for taken in range(max(least, hit), min(most, clips - positives + hit) + 1):
                wrong = taken - hit
                if clips > positives:
                    yield Table(hit, positives - hit, wrong, clips - positives - wrong)


def _hits(share: Printed, missing: int, most: int) -> tuple[int, int]:
    """Range of h with h / (h + missing) in the printed range."""
    if not missing:
        return (0, most) if share.high == 1 else (1, 0)
    low = math.ceil(share.low * missing / (1 - share.low)) if share.low < 1 else most + 1
    high = most if share.high == 1 else math.floor(share.high * missing / (1 - share.high))
    return low, min(high, most)


def smallest(
    accuracy: Printed,
    precision: Printed,
    recall: Printed,
    form: str = "corrected",
    limit: int = 5000,
) -> Table | None:
    """A table with as few clips as possible whose three scores print as given.

    None if there is none with up to ``limit`` clips.

    Examples
    --------
    >>> str(smallest(Printed("75"), Printed("100"), Printed("50")))
    'TP 1, FN 1, FP 0, TN 2'
    """
    for clips in range(2, limit + 1):
        found = next(tables(clips, accuracy, precision, recall, form), None)
        if found is not None:
            return found
    return None


def prevalence(accuracy: Printed, precision: Printed, recall: Printed) -> Range | None:
    r"""Share of positive clips that the three scores need, whatever the number of clips.

    With prevalence x the false negatives are x (1 - R) and the false positives x R (1 / P - 1) of
    all clips, so that

    .. math:: x = \frac{1 - a}{1 - 2R + R / P},

    which is least and largest at ends of the printed ranges; x must leave room for the false
    positives, x + x R (1 / P - 1) <= 1.

    Returns
    -------
    Range or None
        None where no table has such scores.

    Examples
    --------
    >>> prevalence(Printed("75"), Printed("100"), Printed("50")).meets(0.5, 0.5)
    True
    """
    found = []
    for a in (accuracy.low, accuracy.high):
        for p in (precision.low, precision.high):
            for r in (recall.low, recall.high):
                below = 1 - 2 * r + r / p if p else Fraction(0)
                if below > 0:
                    found.append((1 - a) / below)
    # Where the quotient has no bound: nothing is wrong at P = R = 1, and P can be next to nothing.
    if precision.high == recall.high == 1 and (found or accuracy.high == 1):
        found += [Fraction(1)] + [Fraction(0)] * (accuracy.high == 1)
    if not precision.low:
        found.append(Fraction(0))
    if not found:
        return None
    low, high = min(found), max(found)
    # Negatives must hold the false positives; the least demanding end of the ranges decides.
    room = 1 / (1 + recall.low * (1 / precision.high - 1)) if precision.high else Fraction(0)
    return Range(low, min(high, room)) if low <= room else None


def two_class_macro_precision(accuracy: Printed, recall: Printed, points: int = 200_001) -> float:
    r"""Highest mean precision of two classes with accuracy at most, and mean recall at least, so.

    With shares x >= 1/2 and y = 1 - x of the two classes and u of all clips lost by the smaller
    one, the errors e = 1 - a lose (e - u) / x + u / y of twice the mean recall. The smaller class
    has the precision (y - u) / (y - 2u + e), which rises with u while y > e; so u is as large as
    recall allows, and x is the only thing left to choose.

    Parameters
    ----------
    accuracy, recall : Printed
        Recall as the mean of both classes; accuracy of at least one half.
    points : int
        Values of x that are tried.

    Returns
    -------
    float
        0 where no x allows the recall.

    Examples
    --------
    >>> round(two_class_macro_precision(Printed("95.15"), Printed("97.2")), 3)
    0.878
    """
    wrong, budget = float(1 - accuracy.high), 2 * float(1 - recall.low)
    x = np.linspace(0.5, 1, points)[:-1]
    y = 1 - x
    with np.errstate(divide="ignore", invalid="ignore"):
        u = np.where(x > y, (budget - wrong / x) / (1 / y - 1 / x), wrong)
        u = np.minimum(np.minimum(u, wrong), y)
        # With y below e the smaller class's precision falls with u: it loses none.
        u = np.where(y > wrong, u, 0.0)
        possible = (wrong - np.maximum(u, 0)) / x + np.maximum(u, 0) / y <= budget + 1e-12
        u = np.maximum(u, 0)
        small = (y - u) / (y - 2 * u + wrong)
        large = (x - wrong + u) / (x - wrong + 2 * u)
        mean = np.where(possible, (small + large) / 2, 0.0)
    return float(np.nanmax(mean))
