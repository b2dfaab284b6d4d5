"""Intervals for means of values that depend on each other within groups: few groups or many."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from har_lib import evaluate
from har_lib.errors import InputError

Array = NDArray[np.float64]

#: From so many groups on the bootstrap is used; below it covers too rarely.
ENOUGH_GROUPS = 25

#: Samples of groups that are drawn for it.
DRAWS = 9999

#: Ways to an interval.
METHODS = ("Student's t over groups", "studentised cluster bootstrap")

# Numbers computed at once, so that thousands of groups fit into memory.
_AT_ONCE = 2_000_000


@dataclass(frozen=True)
class Estimate:
    """A mean with its interval, how many groups are behind it, and how the interval was made."""

    estimate: float
    low: float
    high: float
    groups: int
    method: str


def interval(
    values: ArrayLike,
    groups: ArrayLike,
    confidence: float = 0.95,
    draws: int = DRAWS,
    seed: int = 0,
) -> Estimate:
    """Mean of all values with an interval that knows of their groups.

    Below :data:`ENOUGH_GROUPS` groups it is :func:`har_lib.evaluate.cluster_interval`, from there
    on :func:`bootstrap_t`; the result says which.

    Parameters
    ----------
    values, groups : array_like
        A number and a group for each sample, (N,).
    confidence : float
        Between 0 and 1.
    draws, seed : int
        Of the bootstrap.

    Raises
    ------
    InputError
        If values and groups do not fit, or a number is not allowed.

    Examples
    --------
    >>> found = interval([1, 0, 1, 1, 0, 0], ["a", "a", "b", "b", "c", "c"])
    >>> found.method, round(found.low, 3), round(found.high, 3)
    ("Student's t over groups", -0.742, 1.742)
    """
    by_student = evaluate.cluster_interval(values, groups, confidence)
    if by_student.groups < ENOUGH_GROUPS:
        return _estimate(by_student, METHODS[0])
    return bootstrap_t(values, groups, confidence, draws, seed)


def bootstrap_t(
    values: ArrayLike,
    groups: ArrayLike,
    confidence: float = 0.95,
    draws: int = DRAWS,
    seed: int = 0,
) -> Estimate:
    r"""Mean of values in groups with the studentised cluster bootstrap's interval.

    As many groups as there are get drawn with replacement, again and again; each draw gives a mean
    m* with its own standard error s*, as :func:`har_lib.evaluate.cluster_interval` has it. With
    q the quantiles of (m* - m) / s* the interval is from m - q_{1 - alpha / 2} s to
    m - q_{alpha / 2} s. It need not lie evenly about m. Nothing but the mean and the error of
    each draw is used, so that neither the order of samples nor names of groups matter.

    A draw in which nothing varies has no error; it counts as infinitely far from m, on its side,
    or as 0 where it does not differ. Where too many draws are such, an end of the interval is
    infinite. Where all groups agree the length is 0, which says only that they agree.

    Parameters
    ----------
    values, groups, confidence, draws, seed
        As for :func:`interval`. Draws are at least 99.

    References
    ----------
    Efron, Better bootstrap confidence intervals (1987), doi:10.1080/01621459.1987.10478410;
    Cameron, Gelbach and Miller, Bootstrap-based improvements for inference with clustered errors
    (2008), doi:10.1162/rest.90.3.414.

    Examples
    --------
    >>> values = np.arange(30) % 5
    >>> found = bootstrap_t(values, np.arange(30))
    >>> found.estimate, round(found.low, 1), round(found.high, 1)
    (2.0, 1.5, 2.5)
    """
    if draws < 99:
        raise InputError(f"draws = {draws} is not allowed: the bootstrap needs at least 99")
    plain = evaluate.cluster_interval(values, groups, confidence)
    numbers = np.asarray(values, dtype=np.float64)
    place = np.unique(np.asarray(groups), return_inverse=True)[1]
    sums: Array = np.bincount(place, weights=numbers).astype(np.float64)
    sizes: Array = np.bincount(place).astype(np.float64)
    if plain.groups == 1:
        return _estimate(plain, METHODS[1])
    # Sorted, so that the draws are the same whatever the groups are called.
    order = np.lexsort((sums, sizes))
    sums, sizes = np.take(sums, order), np.take(sizes, order)
    mean, error = _mean_and_error(np.ones((1, len(sums))), sums, sizes)
    if error[0] == 0:
        return Estimate(plain.estimate, plain.estimate, plain.estimate, plain.groups, METHODS[1])
    studentised = _studentised(mean[0], sums, sizes, draws, np.random.default_rng(seed))
    tail = (1 - confidence) / 2
    # A value that was drawn, never one between two of which one may be infinite.
    low, high = np.quantile(studentised, [tail, 1 - tail], method="inverted_cdf")
    return Estimate(
        plain.estimate,
        float(mean[0] - high * error[0]),
        float(mean[0] - low * error[0]),
        plain.groups,
        METHODS[1],
    )


def _estimate(found: evaluate.Interval, method: str) -> Estimate:
    return Estimate(found.estimate, found.low, found.high, found.groups, method)


def _studentised(
    mean: float, sums: Array, sizes: Array, draws: int, generator: np.random.Generator
) -> Array:
    """(m* - m) / s* of each draw, (draws,)."""
    count = len(sums)
    found = []
    step = max(1, _AT_ONCE // count)
    for begin in range(0, draws, step):
        size = min(step, draws - begin)
        times = generator.multinomial(count, np.full(count, 1 / count), size).astype(np.float64)
        means, errors = _mean_and_error(times, sums, sizes)
        distance = means - mean
        distance[np.abs(distance) <= 1e-12 * max(1.0, abs(mean))] = 0.0
        with np.errstate(divide="ignore", invalid="ignore"):
            found.append(np.where(distance == 0, 0.0, distance / errors))
    return np.concatenate(found)


def _mean_and_error(times: Array, sums: Array, sizes: Array) -> tuple[Array, Array]:
    """Means and standard errors of samples in which each group stands so many times."""
    total = times @ sizes
    means = times @ sums / total
    residuals = sums - means[:, None] * sizes
    # What is left of equal groups is rounding.
    residuals[np.abs(residuals) <= 1e-12 * np.abs(sums).max(initial=1.0)] = 0.0
    count = len(sums)
    spread = (times * residuals**2).sum(axis=1)
    return means, np.sqrt(count / (count - 1) * spread) / total
