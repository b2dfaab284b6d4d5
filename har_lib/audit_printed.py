"""A number as it is printed, and which shares k / N it can stand for."""

import math
from dataclasses import dataclass
from fractions import Fraction

from har_lib.errors import InputError, in_short

ROUNDING = ("nearest", "cut")


@dataclass(frozen=True)
class Printed:
    """A share printed with so many decimals, and the range of values that print like this.

    Attributes
    ----------
    text : str
        As printed, without a sign of its unit.
    percent : bool
        Whether the print is in percent, else a share of 1.
    rounding : {"nearest", "cut"}
        Rounded to the nearest, or cut off after the last digit. Both ends of the range count as
        possible: that leaves open how a value half-way was rounded, and whether a number that
        was computed in floating point fell just below where it was cut.

    Raises
    ------
    InputError
        For a text that is no number, or no share.

    Examples
    --------
    >>> claim = Printed("95.15")
    >>> float(claim.low), float(claim.high)
    (0.95145, 0.95155)
    >>> Printed("0.97", percent=False).admits(100)
    [97]
    """

    text: str
    percent: bool = True
    rounding: str = "nearest"

    def __post_init__(self) -> None:
        """Check that it is a share."""
        if self.rounding not in ROUNDING:
            raise InputError(
                f"rounding = {in_short(self.rounding)} is not known: use nearest or cut"
            )
        try:
            value = Fraction(self.text)
        except (ValueError, ZeroDivisionError):
            value = Fraction(-1)
        plain = self.text.replace(".", "", 1).isdigit()
        if not plain or not 0 <= value * self._scale <= 1:
            kind = "percentage" if self.percent else "share"
            raise InputError(
                f"{in_short(self.text)} is no {kind}: write digits with a point, from 0 to "
                f"{100 if self.percent else 1}, or change percent"
            )

    @property
    def _scale(self) -> Fraction:
        return Fraction(1, 100) if self.percent else Fraction(1)

    @property
    def value(self) -> Fraction:
        """The printed number as a share."""
        return Fraction(self.text) * self._scale

    @property
    def unit(self) -> Fraction:
        """One step of the last digit, as a share."""
        return Fraction(1, 10 ** len(self.text.partition(".")[2])) * self._scale

    @property
    def low(self) -> Fraction:
        """Least share that prints like this."""
        return max(Fraction(0), self.value - (self.unit / 2 if self.rounding == "nearest" else 0))

    @property
    def high(self) -> Fraction:
        """Largest share that prints like this."""
        step = self.unit / 2 if self.rounding == "nearest" else self.unit
        return min(Fraction(1), self.value + step)

    def holds(self, share: Fraction) -> bool:
        """Whether a share prints like this."""
        return self.low <= share <= self.high

    def admits(self, clips: int) -> list[int]:
        """Numbers k of ``clips`` whose share k / N prints like this."""
        if clips < 1:
            raise InputError(f"{clips} clips are not possible: at least one is needed")
        return list(range(math.ceil(self.low * clips), math.floor(self.high * clips) + 1))

    def __str__(self) -> str:
        """As printed."""
        return f"{self.text} %" if self.percent else self.text


def share_of_printable(printed: Printed, clips: int) -> float:
    """How many of all numbers that could be printed with these decimals are some k / N.

    A number picked at random passes with this chance: near 1 for large N, so that passing says
    little; and failing says only which N it was not, or that something else was counted.

    Examples
    --------
    >>> share_of_printable(Printed("95"), 10)
    0.10891089108910891
    """
    steps = round(1 / printed.unit)
    half = Fraction(1, 2) if printed.rounding == "nearest" else Fraction(1)
    shown: set[int] = set()
    for k in range(clips + 1):
        # Both neighbours of a value at the end of two ranges, as `Printed.admits` has it.
        share = Fraction(k, clips) / printed.unit
        shown |= {math.floor(share + 1 - half), math.ceil(share - half)}
    return len(shown & set(range(steps + 1))) / (steps + 1)


def smallest_common(printed: list[Printed], limit: int = 100_000) -> int | None:
    """Smallest N of which every printed number can be a share, or None up to ``limit``.

    Examples
    --------
    >>> smallest_common([Printed("33.3"), Printed("66.7")])
    3
    """
    for clips in range(1, limit + 1):
        if all(each.admits(clips) for each in printed):
            return clips
    return None
