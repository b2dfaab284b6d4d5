"""What accuracy allows of macro precision, given how many clips each class has.

A class with n_c clips, e_c of them wrong and f_c clips of others taken for it has the precision
(n_c - e_c) / (n_c - e_c + f_c). Every wrong clip leaves one class and enters another, so that
sum e_c = sum f_c = E, and a class is concerned by no more than all errors, e_c + f_c <= E.
"""

from dataclasses import dataclass
from fractions import Fraction
from heapq import heapify, heappop, heappush

from numpy.typing import ArrayLike

from har_lib.audit_bounds import Range, check_supports
from har_lib.errors import InputError


@dataclass(frozen=True)
class PrecisionRange(Range):
    """Lowest and highest macro precision.

    Attributes
    ----------
    reached : bool
        Whether ``low`` is known to be reached; else the lowest may be higher. ``high`` always is.
    """

    reached: bool


def precision_bounds(supports: ArrayLike, errors: int) -> PrecisionRange:
    r"""Lowest and highest macro precision with a given number of errors.

    Highest: all wrong clips are taken for the largest class, so that all others are precise,

    .. math:: P = \frac{1}{C} \left(C - 1 + \frac{n_{max}}{n_{max} + E}\right).

    The other classes can give that many clips and keep one each. It is the highest because the
    loss of a class, f / (n - e + f), is at least f / (n_max + f), which is concave in f and 0 at
    0: dividing the wrong clips among classes never loses less.

    Lowest: precision is concave in the clips kept, so that all classes but one are kept whole or
    lost; exchanging two classes shows that the lost ones may be taken as the smallest. It is
    convex in the clips that enter, so that each enters where it costs most. The condition
    e_c + f_c <= E is left out of this; ``reached`` says whether the result meets it.

    Parameters
    ----------
    supports : array_like, int, shape (C,)
        Clips n_c of each class.
    errors : int
        Wrong clips E, from 0 to N - n_max - (C - 1). A classifier that has C - 1 clips more right
        than always naming the largest class makes no more.

    Returns
    -------
    PrecisionRange
        Exact fractions. A class that is never predicted counts as 0; leaving it out of the mean
        does not move the highest and can only raise the lowest.

    Raises
    ------
    InputError
        For impossible supports, or more errors than the bounds are known for.

    Examples
    --------
    >>> precision_bounds([4, 4], errors=2)
    PrecisionRange(low=Fraction(3, 4), high=Fraction(5, 6), reached=True)
    """
    sizes = sorted(check_supports(supports))
    known = sum(sizes) - sizes[-1] - (len(sizes) - 1)
    if errors != int(errors) or not 0 <= errors <= known:
        raise InputError(
            f"errors = {errors} is not allowed: with these {len(sizes)} classes the bounds of "
            f"macro precision are known for whole numbers from 0 to {known}"
        )
    highest = Fraction(len(sizes) - 1) + Fraction(sizes[-1], sizes[-1] + errors)
    lowest, reached = _lowest(sizes, errors)
    return PrecisionRange(lowest / len(sizes), highest / len(sizes), reached)


def _lowest(sizes: list[int], errors: int) -> tuple[Fraction, bool]:
    """Least sum of the precisions, sizes in rising order, and whether it is known to be reached."""
    if len(sizes) == 2:
        # What leaves one class enters the other.
        lost = [(e, errors - e) for e in range(errors + 1) if errors - sizes[1] <= e <= sizes[0]]
        return min(_sum((sizes[0] - a, sizes[1] - b), (b, a)) for a, b in lost), True
    candidates = []
    for dead in range(len(sizes)):
        left = errors - sum(sizes[:dead])
        if left < 0:
            break
        for partial in range(dead, len(sizes)):
            if left < sizes[partial]:
                wrong = sizes[:dead] + [0] * (len(sizes) - dead)
                wrong[partial] = left
                candidates.append(_spread(sizes, wrong, errors))
    best = min(total for total, _ in candidates)
    return best, any(reached for total, reached in candidates if total == best)


def _spread(sizes: list[int], wrong: list[int], errors: int) -> tuple[Fraction, bool]:
    """Least sum of the precisions with these clips wrong, entering where they cost most."""
    right = [size - lost for size, lost in zip(sizes, wrong, strict=True)]
    entered = [0] * len(sizes)

    def fall(c: int) -> tuple[Fraction, int]:
        # From r / (r + f) to r / (r + f + 1), negative: the heap gives the smallest first.
        return Fraction(-right[c], (right[c] + entered[c]) * (right[c] + entered[c] + 1)), c

    heap = [fall(c) for c, kept in enumerate(right) if kept]
    heapify(heap)
    for _ in range(errors):
        _, c = heappop(heap)
        entered[c] += 1
        heappush(heap, fall(c))
    reached = all(lost + f <= errors for lost, f in zip(wrong, entered, strict=True))
    return _sum(right, entered), reached


def _sum(right: list[int] | tuple[int, ...], entered: list[int] | tuple[int, ...]) -> Fraction:
    """Sum of the precisions; a class without a clip of its own has 0."""
    return sum((Fraction(r, r + f) for r, f in zip(right, entered, strict=True) if r), Fraction(0))
