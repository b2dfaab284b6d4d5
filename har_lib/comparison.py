"""Methods compared over the same seeds: paired differences, equality within a margin, a verdict.

One value of each method a seed; the methods share what a seed draws, so that all is computed from
the differences. Seeds are taken as independent and differences as roughly normal. An interval over
seeds tells how much a result varies with the draw of data and start; it does not tell how another
kind of data would turn out.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtr, stdtrit

from har_lib.errors import InputError

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Paired:
    """Mean of ``a`` less mean of ``b``, its t-interval, two-sided p of the paired t-test, seeds."""

    difference: float
    low: float
    high: float
    p: float
    n: int


@dataclass(frozen=True)
class Equivalence:
    """Two one-sided tests of whether two methods are equal within a margin.

    Attributes
    ----------
    difference, low, high : float
        Mean difference and its interval at 1 - 2 alpha, alpha being 1 - confidence.
    margin : float
        What was asked for.
    p : float
        The larger p of the two tests.
    holds : bool
        Whether the interval lies within plus and minus the margin, ends excluded.
    """

    difference: float
    low: float
    high: float
    margin: float
    p: float
    holds: bool


@dataclass(frozen=True)
class NoBetter:
    """One-sided test of whether a method is better than another by less than a margin.

    Attributes
    ----------
    difference, high : float
        Mean difference and its one-sided upper bound.
    margin : float
        What was asked for.
    p : float
        Of the test against "better by the margin or more".
    holds : bool
        Whether the bound lies below the margin.
    """

    difference: float
    high: float
    margin: float
    p: float
    holds: bool


def paired(a: ArrayLike, b: ArrayLike, confidence: float = 0.95) -> Paired:
    """Compare two methods by the differences on each seed, with Student's t.

    Differences, or their spread, that are no larger than the rounding of the values count as 0.
    Where all differences are equal the interval has length 0, and p is its limit: 1 for
    differences of 0, else 0. This says only that they are equal on these seeds.

    Parameters
    ----------
    a, b : array_like
        A value of each method a seed, in the same order, (n,), n at least 2.
    confidence : float
        Of the interval, between 0 and 1.

    Returns
    -------
    Paired

    Raises
    ------
    InputError
        If the two do not pair, hold NaN or infinity, or the confidence is impossible.

    References
    ----------
    Student, The probable error of a mean (1908), doi:10.1093/biomet/6.1.1.

    Examples
    --------
    >>> found = paired([0.8, 0.9, 0.7], [0.7, 0.7, 0.6])
    >>> round(found.difference, 3), round(found.low, 3), round(found.high, 3), round(found.p, 3)
    (0.133, -0.01, 0.277, 0.057)
    """
    _check_confidence(confidence)
    mean, error, n = _differences(a, b)
    half = _half(error, n, 0.5 + confidence / 2)
    p = min(1.0, 2 * _p_below(-abs(mean), 0.0, error, n))
    return Paired(mean, mean - half, mean + half, p, n)


def equivalence(a: ArrayLike, b: ArrayLike, margin: float, confidence: float = 0.95) -> Equivalence:
    """Test whether two methods are equal within a margin (two one-sided tests, TOST).

    Tested are "a is better by the margin or more" and "a is worse by the margin or more"; if
    both are refused at alpha = 1 - confidence, the difference lies within the margin. This is
    the same as a (1 - 2 alpha) interval, 90 % by default, between minus and plus the margin. A
    difference that is not significant is no proof of equality; this test can give one.

    Parameters
    ----------
    a, b : array_like
        As in :func:`paired`. Equal differences have p = 0 within the margin, else 1.
    margin : float
        Greater than 0, fixed before the values are seen.
    confidence : float
        Of each one-sided test, above 0.5 and below 1.

    Returns
    -------
    Equivalence

    Raises
    ------
    InputError
        As :func:`paired`, and if the margin is impossible.

    References
    ----------
    Schuirmann, A comparison of the two one-sided tests procedure and the power approach (1987),
    doi:10.1007/BF01068419.

    Examples
    --------
    >>> found = equivalence([0.81, 0.79, 0.80, 0.82], [0.80, 0.80, 0.80, 0.81], margin=0.03)
    >>> found.holds, round(found.low, 3), round(found.high, 3), round(found.p, 3)
    (True, -0.009, 0.014, 0.005)
    """
    _check_one_sided(confidence)
    _check_margin(margin)
    mean, error, n = _differences(a, b)
    half = _half(error, n, confidence)
    low, high = mean - half, mean + half
    p = max(_p_below(mean, margin, error, n), _p_below(-mean, margin, error, n))
    return Equivalence(mean, low, high, margin, p, _below(high, margin) and _below(-low, margin))


def no_better(a: ArrayLike, b: ArrayLike, margin: float, confidence: float = 0.95) -> NoBetter:
    """Test whether ``a`` is better than ``b`` by less than a margin, if at all.

    It holds where the one-sided upper bound of a - b lies below the margin; how much worse ``a``
    may be is left open. It is one of the two tests of :func:`equivalence`, and holds whenever
    that does.

    Parameters
    ----------
    a, b : array_like
        As in :func:`paired`; greater is better.
    margin, confidence : float
        As in :func:`equivalence`.

    Returns
    -------
    NoBetter

    Raises
    ------
    InputError
        As :func:`equivalence`.

    Examples
    --------
    >>> found = no_better([0.71, 0.69, 0.74], [0.80, 0.81, 0.79], margin=0.03)
    >>> found.holds, round(found.high, 3)
    (True, -0.027)
    """
    _check_one_sided(confidence)
    _check_margin(margin)
    mean, error, n = _differences(a, b)
    high = mean + _half(error, n, confidence)
    return NoBetter(mean, high, margin, _p_below(mean, margin, error, n), _below(high, margin))


def holm(p_values: ArrayLike) -> Array:
    """Adjust p-values for being several, so that any error among them has chance alpha at most.

    The i-th smallest of m is multiplied by m - i + 1; none may end below a smaller one before it,
    nor above 1. Nothing is asked of how the tests depend on each other.

    Parameters
    ----------
    p_values : array_like
        From 0 to 1, (m,), m at least 1.

    Returns
    -------
    ndarray
        float64 (m,), in the order given.

    Raises
    ------
    InputError
        If there are none, or one is NaN or not between 0 and 1.

    References
    ----------
    Holm, A simple sequentially rejective multiple test procedure (1979), Scandinavian Journal of
    Statistics 6, 65-70, https://www.jstor.org/stable/4615733

    Examples
    --------
    >>> holm([0.04, 0.01, 0.03]).tolist()
    [0.06, 0.03, 0.06]
    """
    given = _numbers(p_values, "p_values")
    if not ((given >= 0) & (given <= 1)).all():
        raise InputError("p_values hold NaN or a number outside 0 to 1: give probabilities")
    order = np.argsort(given, kind="stable")
    multiplied = given[order] * np.arange(len(given), 0, -1)
    adjusted = np.empty_like(given)
    adjusted[order] = np.minimum(np.maximum.accumulate(multiplied), 1.0)
    return adjusted


def table(
    values: Mapping[str, ArrayLike],
    against: str,
    margin: float = 0.03,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Compare every method with one of them, and say in words what follows.

    With alpha = 1 - confidence, the verdict on a row is the first of these that applies:

    1. ``higher`` or ``lower``, by the sign of the difference: Holm's p is below alpha. Where
       :func:`equivalence` holds as well, ``, but within .03`` is added.
    2. ``equal within .03``: :func:`equivalence` holds.
    3. ``not higher by .03``: :func:`no_better` holds.
    4. ``open``: none of these.

    The margin given stands in place of .03. Holm's p is taken over the rows of this table. The
    intervals, :func:`equivalence` and :func:`no_better` are for each row alone: that *all* rows
    are equal within the margin must be read off ``holm(table.p_equal)``. The interval of a
    difference can leave out 0 where Holm's p is no longer below alpha.

    Parameters
    ----------
    values : mapping
        Method -> a value a seed, (n,), the seeds in the same order for all.
    against : str
        The method that the others are compared with.
    margin, confidence : float
        As in :func:`equivalence`.

    Returns
    -------
    DataFrame
        A row for each method but ``against``, in the order given, the index named ``method``.
        Columns: ``mean`` with its t-interval ``low`` to ``high``; ``difference`` to ``against``
        with ``difference_low`` to ``difference_high``; ``p`` and ``p_holm`` of no difference;
        ``p_equal`` and ``p_no_better`` of the tests with a margin; ``verdict``; ``n`` seeds.

    Raises
    ------
    InputError
        If ``against`` is missing or alone, or the methods' values do not pair.

    Examples
    --------
    >>> found = table(
    ...     {"Adam": [0.80, 0.81, 0.79], "search": [0.61, 0.58, 0.60], "both": [0.81, 0.80, 0.79]},
    ...     against="Adam",
    ... )
    >>> found.verdict.to_dict()
    {'search': 'lower', 'both': 'equal within .03'}
    """
    _check_one_sided(confidence)
    _check_margin(margin)
    if against not in values:
        raise InputError(f"against = {against!r} is no method here: give one of {_names(values)}")
    others = [name for name in values if name != against]
    if not others:
        raise InputError(f"{against!r} is the only method: give at least one other")
    rows = []
    for name in others:
        try:
            rows.append(_row(values[name], values[against], margin, confidence))
        except InputError as error:
            raise InputError(f"{name!r} against {against!r}: {error}") from None
    found = pd.DataFrame(rows, index=pd.Index(others, name="method"))
    found.insert(found.columns.get_loc("p") + 1, "p_holm", holm(found["p"]))
    verdicts = [_verdict(row, margin, 1 - confidence) for row in found.to_dict("records")]
    found.insert(found.columns.get_loc("p_no_better") + 1, "verdict", verdicts)
    return found.drop(columns=["equal", "no_better"])


def _row(a: ArrayLike, b: ArrayLike, margin: float, confidence: float) -> dict[str, Any]:
    """Everything about one method that does not depend on the others."""
    difference = paired(a, b, confidence)
    own = paired(a, np.zeros(difference.n), confidence)
    equal = equivalence(a, b, margin, confidence)
    one_sided = no_better(a, b, margin, confidence)
    return {
        "mean": own.difference,
        "low": own.low,
        "high": own.high,
        "difference": difference.difference,
        "difference_low": difference.low,
        "difference_high": difference.high,
        "p": difference.p,
        "p_equal": equal.p,
        "p_no_better": one_sided.p,
        "n": difference.n,
        "equal": equal.holds,
        "no_better": one_sided.holds,
    }


def _verdict(row: Mapping[Any, Any], margin: float, alpha: float) -> str:
    shown = f"{margin:g}".removeprefix("0")
    if row["p_holm"] < alpha:
        direction = "higher" if row["difference"] > 0 else "lower"
        return f"{direction}, but within {shown}" if row["equal"] else direction
    if row["equal"]:
        return f"equal within {shown}"
    return f"not higher by {shown}" if row["no_better"] else "open"


def _differences(a: ArrayLike, b: ArrayLike) -> tuple[float, float, int]:
    """Mean of a - b, its standard error, and how many seeds there are."""
    first, second = _numbers(a, "a"), _numbers(b, "b")
    if len(first) != len(second):
        raise InputError(
            f"{len(first)} and {len(second)} values do not pair: give one of each method a seed"
        )
    n = len(first)
    if n < 2:
        raise InputError("one seed tells nothing of how results vary: give at least two")
    difference = first - second
    # Accuracies that agree can differ in their last digit, and so can equal differences.
    rounding = 4 * np.finfo(np.float64).eps * max(np.abs(first).max(), np.abs(second).max())
    mean = float(difference.mean())
    if np.ptp(difference) <= rounding:
        return mean if abs(mean) > rounding else 0.0, 0.0, n
    return mean, float(difference.std(ddof=1)) / math.sqrt(n), n


def _half(error: float, n: int, level: float) -> float:
    """Distance from the mean to a bound that the truth stays below with this chance."""
    return float(stdtrit(n - 1, level)) * error


def _p_below(mean: float, bound: float, error: float, n: int) -> float:
    """One-sided p of "the difference is the bound or more"; 0 or 1 where nothing varies."""
    if error == 0:
        return 0.0 if _below(mean, bound) else 1.0
    return float(stdtr(n - 1, (mean - bound) / error))


def _below(value: float, bound: float) -> bool:
    """Whether a value lies below a bound by more than rounding."""
    return value < bound and not math.isclose(value, bound, rel_tol=1e-12)


def _numbers(values: ArrayLike, name: str) -> Array:
    try:
        numbers = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError(f"{name} holds something that is no number: give numbers, (n,)") from None
    if numbers.ndim != 1 or not len(numbers):
        raise InputError(f"{name} has shape {numbers.shape}: give a flat list, (n,), not empty")
    if not np.isfinite(numbers).all():
        raise InputError(f"{name} holds NaN or infinity: give a finite number for each")
    return numbers


def _check_confidence(confidence: float) -> None:
    if not 0 < confidence < 1:
        raise InputError(f"confidence = {confidence} is not allowed: it must lie between 0 and 1")


def _check_one_sided(confidence: float) -> None:
    # At 0.5 the interval of level 1 - 2 alpha has shrunk to a point.
    if not 0.5 < confidence < 1:
        raise InputError(
            f"confidence = {confidence} is not allowed: one-sided tests need more than 0.5 and "
            "less than 1"
        )


def _check_margin(margin: float) -> None:
    if not 0 < margin < math.inf:
        raise InputError(f"margin = {margin} is not allowed: it must be finite and greater than 0")


def _names(values: Mapping[str, Any]) -> str:
    return ", ".join(map(repr, values))
