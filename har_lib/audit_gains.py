"""How sure a difference of two accuracies is, for each number of tested clips."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from har_lib.errors import InputError
from har_lib.metrics import wilson_interval


@dataclass(frozen=True)
class Gain:
    """Difference of two accuracies with its interval."""

    difference: float
    low: float
    high: float

    @property
    def excludes_zero(self) -> bool:
        """Whether 0 lies outside."""
        return self.low > 0 or self.high < 0


def unpaired(first: float, second: float, clips: int, confidence: float = 0.95) -> Gain:
    r"""Interval of the difference of two accuracies on N clips each, taken as independent.

    Newcombe's method 10, which joins the two Wilson intervals. Each accuracy is taken as the
    nearest k / N.

    Parameters
    ----------
    first, second : float
        Accuracies, 0 to 1.
    clips : int
        N of each.
    confidence : float

    References
    ----------
    Newcombe 1998, https://doi.org/10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I

    Examples
    --------
    >>> gain = unpaired(0.9515, 0.921, 400)
    >>> round(gain.difference, 4), gain.excludes_zero
    (0.0325, False)
    """
    counts = [_count(share, clips) for share in (first, second)]
    (p, q), (a, b) = ([k / clips for k in counts], counts)
    (p_low, p_high), (q_low, q_high) = (
        wilson_interval(a, clips, confidence),
        wilson_interval(b, clips, confidence),
    )
    difference = p - q
    return Gain(
        difference,
        difference - math.hypot(p - p_low, q_high - q),
        difference + math.hypot(p_high - p, q - q_low),
    )


def paired(
    first: float, second: float, clips: int, agreement: str = "most", confidence: float = 0.95
) -> Gain:
    r"""Interval of the difference on the same N clips, for the most or the least agreement.

    How many clips only one of the two has right is not printed. It lies between the difference
    itself, when the better one has right all that the other has, and all errors of both, when they
    never err together. The interval is Wald's for paired shares, with its standard error
    sqrt(q - d^2) / sqrt(N) at a share q of clips that only one has right and a difference d.

    Parameters
    ----------
    first, second : float
    clips : int
    agreement : {"most", "least"}
        Which of the two ends.
    confidence : float

    Examples
    --------
    >>> [round(paired(0.9515, 0.921, 400, end).low, 3) for end in ("most", "least")]
    [0.015, -0.002]
    """
    if agreement not in ("most", "least"):
        raise InputError(f"agreement = {agreement!r} is not known: use 'most' or 'least'")
    a, b = (_count(share, clips) / clips for share in (first, second))
    difference = a - b
    wrong = (1 - a) + (1 - b)
    discordant = abs(difference) if agreement == "most" else min(wrong, 2 - wrong)
    z = float(ndtri(0.5 + confidence / 2))
    half = z * math.sqrt(max(0.0, discordant - difference**2) / clips)
    return Gain(difference, difference - half, difference + half)


def clips_needed(interval: Callable[[int], Gain], limit: int = 20_000) -> int | None:
    """Least N from which on, up to ``limit``, the interval never holds 0; None if there is none.

    Examples
    --------
    >>> clips_needed(lambda clips: Gain(0.1, 0.1 - 1 / clips, 0.1 + 1 / clips), limit=50)
    11
    """
    outside = np.array([interval(clips).excludes_zero for clips in range(1, limit + 1)])
    inside = np.flatnonzero(~outside)
    if not len(inside):
        return 1
    return None if inside[-1] + 1 == limit else int(inside[-1]) + 2


def _count(share: float, clips: int) -> int:
    if clips < 1 or not 0 <= share <= 1:
        raise InputError(
            f"{share} of {clips} clips is no accuracy: need a share of 1 or more clips"
        )
    return round(share * clips)
