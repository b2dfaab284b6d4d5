"""Intervals over groups: closed forms, a plain bootstrap beside the fast one, and coverage."""

import numpy as np
import pytest

from har_lib import evaluate, leakage_inference
from har_lib.errors import InputError
from har_lib.leakage_inference import METHODS, bootstrap_t, interval


def clustered(seed: int, groups: int = 30) -> tuple[np.ndarray, np.ndarray]:
    """Values with a part in common within groups of unequal size."""
    generator = np.random.default_rng(seed)
    members = np.arange(groups).repeat(generator.integers(1, 7, groups))
    own = generator.gamma(1.0, 1.0, groups)
    return own[members] + generator.normal(size=len(members)), members


def test_few_groups_have_the_interval_of_student() -> None:
    values, groups = clustered(0, leakage_inference.ENOUGH_GROUPS - 1)
    theirs = evaluate.cluster_interval(values, groups, 0.9)
    found = interval(values, groups, 0.9)
    assert (found.estimate, found.low, found.high) == (theirs.estimate, theirs.low, theirs.high)
    assert (found.groups, found.method) == (24, METHODS[0])


def test_from_25_groups_on_it_is_the_bootstrap() -> None:
    values, groups = clustered(0, leakage_inference.ENOUGH_GROUPS)
    assert interval(values, groups, seed=3) == bootstrap_t(values, groups, seed=3)
    assert interval(values, groups).method == METHODS[1]


def test_the_bootstrap_is_what_a_plain_loop_gives() -> None:
    values, groups = clustered(1)
    parts = [values[groups == group] for group in np.unique(groups)]
    generator = np.random.default_rng(99)
    mean = values.mean()
    studentised = []
    for _ in range(20_000):
        drawn = [parts[i] for i in generator.integers(0, len(parts), len(parts))]
        names = np.arange(len(drawn)).repeat([len(part) for part in drawn])
        flat = np.concatenate(drawn)
        total, sizes = np.array([part.sum() for part in drawn]), np.bincount(names)
        residuals = total - flat.mean() * sizes
        G = len(drawn)
        error = np.sqrt(G / (G - 1) * (residuals**2).sum()) / len(flat)
        studentised.append((flat.mean() - mean) / error)
    # The error of the whole, from the interval that the suite has.
    theirs = evaluate.cluster_interval(values, groups)
    from scipy.stats import t

    error = (theirs.high - theirs.estimate) / t.ppf(0.975, len(parts) - 1)
    low, high = np.quantile(studentised, [0.025, 0.975])
    found = bootstrap_t(values, groups, draws=20_000)
    assert found.estimate == pytest.approx(mean)
    assert found.low == pytest.approx(mean - high * error, abs=0.03 * error * 4)
    assert found.high == pytest.approx(mean - low * error, abs=0.03 * error * 4)
    assert found.high - found.estimate > found.estimate - found.low, "right-skewed groups"


def test_for_many_normal_groups_it_is_near_student() -> None:
    values = np.random.default_rng(0).normal(size=400)
    groups = np.arange(400)
    theirs, found = evaluate.cluster_interval(values, groups), bootstrap_t(values, groups)
    half = theirs.high - theirs.estimate
    assert found.low == pytest.approx(theirs.low, abs=0.06 * half)
    assert found.high == pytest.approx(theirs.high, abs=0.06 * half)


def test_the_interval_covers_about_as_often_as_it_says() -> None:
    covered = [
        (found := bootstrap_t(*clustered(seed, 25), draws=399, seed=seed)).low <= 1.0 <= found.high
        for seed in range(400)
    ]
    # 2.6 standard errors of a share of .95 in 400.
    assert np.mean(covered) == pytest.approx(0.95, abs=0.03)


def test_order_and_names_do_not_matter() -> None:
    values, groups = clustered(2)
    first = bootstrap_t(values, groups, seed=5)
    order = np.random.default_rng(0).permutation(len(values))
    names = np.array([f"scene {97 * g % 31}" for g in groups])
    second = bootstrap_t(values[order], names[order], seed=5)
    assert (second.low, second.high) == pytest.approx((first.low, first.high), abs=1e-12)
    assert bootstrap_t(values, groups, seed=6) != first


def test_scale_and_shift_go_through() -> None:
    values, groups = clustered(3)
    plain, moved = bootstrap_t(values, groups), bootstrap_t(7 - 2 * values, groups)
    assert moved.estimate == pytest.approx(7 - 2 * plain.estimate)
    # Sorting by sums turns round, so that other draws are taken.
    assert moved.low == pytest.approx(7 - 2 * plain.high, abs=0.05)
    assert bootstrap_t(10 + values, groups).low == pytest.approx(10 + plain.low, abs=0.05)


def test_many_groups_are_computed_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    values, groups = clustered(4)
    whole = bootstrap_t(values, groups, draws=500)
    monkeypatch.setattr(leakage_inference, "_AT_ONCE", 100)
    parts = bootstrap_t(values, groups, draws=500)
    assert parts.low == pytest.approx(whole.low, rel=1e-9)


def test_groups_that_agree_leave_no_length() -> None:
    found = bootstrap_t(np.full(60, 0.1), np.arange(30).repeat(2))
    assert found.low == found.high == found.estimate == pytest.approx(0.1)


def test_one_group_tells_nothing() -> None:
    found = bootstrap_t([0.0, 1.0], ["a", "a"])
    assert (found.low, found.high) == (-np.inf, np.inf)


def test_an_end_is_infinite_where_too_many_draws_do_not_vary() -> None:
    # One group of 30 differs: a draw without it, and there are (29/30)^30 = .36, has no error.
    found = bootstrap_t(np.r_[np.zeros(29), 1.0], np.arange(30))
    assert found.high == np.inf
    assert np.isfinite(found.low)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"draws": 98}, "draws = 98 is not allowed"),
        ({"confidence": 1.0}, "confidence = 1.0 is not allowed"),
        ({"values": [np.nan] * 3}, "values hold NaN"),
        ({"groups": [1, 2]}, "do not fit"),
    ],
)
def test_what_is_impossible_is_refused(change: dict[str, object], message: str) -> None:
    given = {"values": [0.0, 1.0, 2.0], "groups": [1, 2, 3]}
    with pytest.raises(InputError, match=message):
        bootstrap_t(**given | change)  # type: ignore[arg-type]
