"""Tables of the multiverse against closed forms, brute force and pure noise."""

import itertools

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from har_lib import multiverse_report as mr
from har_lib.errors import InputError
from har_lib.multiverse_axes import STRICT, reports

RNG = np.random.default_rng


def factorial(sizes: dict[str, int], repeats: int = 1) -> pd.DataFrame:
    """Every combination of levels, so often."""
    rows = list(itertools.product(*(range(size) for size in sizes.values()))) * repeats
    table = pd.DataFrame(rows, columns=list(sizes)).astype(str)
    return table.astype("category")


# ---------------------------------------------------------------- the curve


def test_the_curve_is_sorted_and_its_intervals_are_students() -> None:
    groups = pd.DataFrame(RNG(0).random((20, 4)), columns=list("abcd"), index=range(100, 120))
    curve = mr.specification_curve(groups)
    assert curve.estimate.is_monotonic_increasing
    assert set(curve.index) == set(groups.index)
    for number in (100, 117):
        own = groups.loc[number].to_numpy()
        low, high = stats.t.interval(0.95, 3, own.mean(), stats.sem(own))
        expected = [own.mean(), max(0, low), min(1, high)]
        np.testing.assert_allclose(curve.loc[number], expected)


# ---------------------------------------------------------------- marginal means


def test_marginal_means_are_those_of_the_full_factorial_by_hand() -> None:
    levels = factorial({"x": 3, "y": 2, "z": 4})
    values = pd.Series(RNG(1).random(len(levels)))
    found = mr.marginal_means(values, levels, resamples=50).set_index(["axis", "level"])
    for axis, level in found.index:
        by_hand = [v for v, own in zip(values, levels[axis], strict=True) if own == level]
        assert found.loc[(axis, level), "mean"] == pytest.approx(sum(by_hand) / len(by_hand))
        assert found.loc[(axis, level), "universes"] == len(by_hand)
    assert list(found.index.get_level_values("level"))[:3] == ["0", "1", "2"]


def test_levels_without_effect_count_for_nothing() -> None:
    levels = pd.DataFrame({"x": ["a", None, "b", None]})
    found = mr.marginal_means(pd.Series([1.0, 100.0, 3.0, 100.0]), levels)
    assert found["mean"].tolist() == [1.0, 3.0]


def test_intervals_cover_the_mean_about_as_often_as_they_say() -> None:
    levels, hits = factorial({"x": 2}, repeats=40), 0
    for seed in range(200):
        values = pd.Series(RNG(seed).normal(0.0, 1.0, len(levels)))
        row = mr.marginal_means(values, levels, seed, resamples=400).iloc[0]
        hits += row.low <= 0 <= row.high
    assert 0.88 <= hits / 200 <= 0.99


def test_rows_of_one_universe_are_drawn_together() -> None:
    one = pd.Series(RNG(2).normal(size=30))
    levels = pd.DataFrame({"x": ["a"] * 30})
    alone = mr.marginal_means(one, levels).iloc[0]
    four = pd.concat([one] * 4)
    together = mr.marginal_means(four, pd.concat([levels] * 4)).iloc[0]
    assert together.universes == 30
    # Copies of a universe tell nothing new: the interval is as wide as before.
    assert together.high - together.low == pytest.approx(alone.high - alone.low)


# ---------------------------------------------------------------- shares


def test_shares_of_an_additive_function_are_those_of_its_closed_form() -> None:
    levels = factorial({"x": 2, "y": 4, "z": 3, "idle": 2})
    x, y, z = (levels[name].astype(int) for name in ("x", "y", "z"))
    values = 3.0 * x + 1.0 * y + 2.0 * (z == 2)
    # Variances of a fair coin, of 0 to 3, and of one level in three.
    parts = np.array([9 / 4, 15 / 12, 4 * 2 / 9])
    found = mr.shares(values, levels, noise=0.0, orders=20)
    np.testing.assert_allclose(found.share[["x", "y", "z"]], parts / parts.sum(), atol=1e-9)
    assert found.share[["idle", mr.REST, mr.NOISE]].abs().max() < 1e-9
    assert found.share.sum() == pytest.approx(1)


def test_an_interaction_is_no_main_effect() -> None:
    levels = factorial({"x": 2, "y": 2}, repeats=25)
    x, y = (2.0 * levels[name].astype(int) - 1 for name in "xy")
    found = mr.shares(x + x * y, levels, noise=0.0, orders=10)
    assert found.share["x"] == pytest.approx(0.5, abs=0.02)
    assert found.share["y"] == pytest.approx(0.0, abs=0.02)
    assert found.share[mr.REST] == pytest.approx(0.5, abs=0.02)


def test_pure_noise_is_noise_and_no_axis_has_a_share() -> None:
    levels = factorial({"x": 4, "y": 3, "z": 5}, repeats=2)
    rows = []
    for seed in range(60):
        first, again = RNG(seed).normal(0, 0.1, (2, len(levels)))
        noise = mr.noise_variance(pd.Series(first), pd.Series(again))
        rows.append(mr.shares(pd.Series(first), levels, noise, seed, orders=5))
    means = pd.concat([each.share for each in rows], axis=1).mean(axis=1)
    assert means[["x", "y", "z"]].abs().max() < 0.01
    assert means[mr.NOISE] == pytest.approx(1, abs=0.1)
    assert means[mr.REST] == pytest.approx(0, abs=0.1)
    below = np.mean([(each.share <= each.chance)[["x", "y", "z"]] for each in rows])
    assert 0.9 <= below <= 0.99


def test_noise_added_to_a_function_leaves_its_shares() -> None:
    levels = factorial({"x": 2, "y": 4, "z": 3}, repeats=80)
    signal = 3.0 * levels.x.astype(int) + 1.0 * levels.y.astype(int)
    deviation = np.sqrt(np.var(signal))
    first, again = (signal + RNG(s).normal(0, deviation, len(levels)) for s in (0, 1))
    noise = mr.noise_variance(first, again)
    assert noise == pytest.approx(deviation**2, rel=0.2)
    found = mr.shares(first, levels, noise, orders=10).share
    # Half of the spread is noise, and 9/14 and 5/14 of the other half are x and y.
    assert found["x"] == pytest.approx(9 / 28, abs=0.06)
    assert found["y"] == pytest.approx(5 / 28, abs=0.06)
    assert found[mr.NOISE] == pytest.approx(0.5, abs=0.1)


def test_axes_that_go_together_share_what_both_explain() -> None:
    """Shapley of two correlated axes, by hand over both orders."""
    rng = RNG(3)
    a = rng.integers(0, 2, 400)
    b = np.where(rng.random(400) < 0.8, a, 1 - a)
    levels = pd.DataFrame({"a": a.astype(str), "b": b.astype(str)})
    y = pd.Series(a + 0.0)
    r = np.corrcoef(a, b)[0, 1] ** 2
    found = mr.shares(y, levels, noise=0.0, orders=400).share
    assert found["b"] == pytest.approx(r / 2, abs=0.04)
    assert found["a"] == pytest.approx(1 - r / 2, abs=0.04)


def test_an_axis_that_acts_only_with_another_is_no_trouble() -> None:
    levels = factorial({"role": 2, "rate": 3}, repeats=20)
    levels["rate"] = levels["rate"].where(levels["role"] == "0")
    values = 1.0 * (levels["role"] == "0") + 1.0 * (levels["rate"] == "2")
    found = mr.shares(values, levels, noise=0.0, orders=20).share
    assert found["role"] > found["rate"] > 0.1
    assert found[mr.REST] == pytest.approx(0, abs=1e-9)


def test_too_few_universes_and_no_spread_are_refused() -> None:
    levels = factorial({"x": 2, "y": 2})
    with pytest.raises(InputError, match="too few"):
        mr.shares(pd.Series([1.0, 2.0, 3.0]), levels[:3], 0.0)
    with pytest.raises(InputError, match="no spread"):
        mr.shares(pd.Series([1.0] * 4), levels, 0.0)


def test_noise_is_half_the_variance_of_differences_without_what_all_have_in_common() -> None:
    first, again = RNG(4).normal(0, 0.3, (2, 20000))
    found = mr.noise_variance(pd.Series(first), pd.Series(again + 5))
    assert found == pytest.approx(0.09, rel=0.05)


def test_noise_pairs_universes_by_their_number() -> None:
    first = pd.Series({1: 0.1, 2: 0.5, 3: 0.9})
    assert mr.noise_variance(first, first.iloc[::-1]) == 0.0
    with pytest.raises(InputError, match="two universes"):
        mr.noise_variance(first, pd.Series({9: 0.1}))


# ---------------------------------------------------------------- the winner's curse


def test_the_best_of_pure_noise_shrink_to_the_mean() -> None:
    rows = []
    for seed in range(50):
        first, seeds, groups = RNG(seed).normal(0.5, 0.1, (3, 200))
        values = pd.Series(first)
        numbers = mr.best(values, 5)
        table = pd.DataFrame({"first": first, "seeds": seeds, "groups": groups})
        kept = table.loc[[*numbers, *[n for n in range(200) if n not in numbers][:10]]]
        rows.append(mr.shrinkage(kept.assign(chosen=[True] * 5 + [False] * 10)))
    assert all(each.seeds > 0 for each in rows)
    # The five largest of 200 lie about 2.4 deviations above the mean.
    assert np.mean([each.seeds for each in rows]) == pytest.approx(0.24, abs=0.03)
    assert np.mean([each.beyond for each in rows]) == pytest.approx(0.24, abs=0.03)
    assert np.mean([each.control for each in rows]) == pytest.approx(0, abs=0.03)


def test_groups_that_are_harder_for_all_are_no_shrinkage() -> None:
    first = np.linspace(0.4, 0.8, 15)
    table = pd.DataFrame({"chosen": first > 0.7, "first": first, "seeds": first})
    found = mr.shrinkage(table.assign(groups=first - 0.2))
    assert found.groups == pytest.approx(0.2)
    assert found.seeds == pytest.approx(0)
    assert found.beyond == pytest.approx(0)


def test_shrinkage_needs_both_kinds() -> None:
    table = pd.DataFrame({"chosen": [True], "first": [1.0], "seeds": [1.0], "groups": [1.0]})
    with pytest.raises(InputError, match="at least one of each"):
        mr.shrinkage(table)


# ---------------------------------------------------------------- reporting


def test_lenient_ways_to_report_exist_and_the_strict_one_is_not_among_them() -> None:
    known = {report.name for report in reports()}
    names = [report.name for report in mr.LENIENT.values()]
    assert set(names) <= known
    assert len(set(names)) == len(names)
    assert STRICT.name not in names


def test_gains_are_means_of_differences_within_universes() -> None:
    strict = pd.Series(RNG(5).random(50))
    name = mr.LENIENT["clips drawn at random"].name
    more = pd.Series(RNG(6).normal(0.05, 0.02, 50))
    found = mr.gains(pd.DataFrame({STRICT.name: strict, name: strict + more}))
    row = found.loc["clips drawn at random"]
    assert list(found.index) == ["clips drawn at random"]
    assert row.gain == pytest.approx(more.mean())
    low, high = stats.norm.interval(0.95, more.mean(), stats.sem(more))
    assert row.low == pytest.approx(low, abs=1e-3)
    assert row.high == pytest.approx(high, abs=1e-3)
    assert row.higher == pytest.approx((more > 0).mean())


def test_reaching_counts_universes_at_the_value_too() -> None:
    found = mr.reaching(pd.DataFrame({"a": [0.9514, 0.9515, 1.0]}), 0.9515)
    assert found["a"] == pytest.approx(2 / 3)
