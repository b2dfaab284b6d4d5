"""Paired comparisons against SciPy, closed testing, simulation, and mistakes that would pass."""

from itertools import combinations

import numpy as np
import pytest
from scipy import stats

from har_lib.comparison import equivalence, holm, no_better, paired, table
from har_lib.errors import InputError

#: Differences of two methods on the same seeds, from none to many and from sure to unsure.
SHIFTS = [(0.0, 0.02), (0.01, 0.01), (-0.05, 0.04), (0.03, 0.02), (0.2, 0.1)]


def two_methods(seed: int, n: int = 12, shift: float = 0.0, spread: float = 0.02) -> tuple:
    """Values that share a large part of each seed."""
    generator = np.random.default_rng(seed)
    shared = generator.normal(0.8, 0.1, n)
    return shared + shift + spread * generator.normal(size=n), shared


# --- Paired differences --------------------------------------------------------------------------


@pytest.mark.parametrize("confidence", [0.5, 0.9, 0.95, 0.99])
@pytest.mark.parametrize(("shift", "spread"), SHIFTS)
def test_paired_is_scipys(shift, spread, confidence):
    for n in (2, 3, 20):
        a, b = two_methods(n, n, shift, spread)
        found = paired(a, b, confidence)
        theirs = stats.ttest_rel(a, b)
        interval = theirs.confidence_interval(confidence)
        assert found.n == n
        assert found.difference == pytest.approx(a.mean() - b.mean(), abs=1e-12)
        assert (found.low, found.high) == pytest.approx((interval.low, interval.high), abs=1e-10)
        assert found.p == pytest.approx(theirs.pvalue, rel=1e-8)


def test_paired_is_not_the_unpaired_test():
    a, b = two_methods(0, shift=0.03)
    assert paired(a, b).p < 1e-2 < 0.3 < stats.ttest_ind(a, b).pvalue


def test_interval_covers_as_often_as_it_says():
    generator = np.random.default_rng(20)
    runs, n, truth = 10000, 6, 0.01
    shared = generator.normal(0.8, 0.3, (runs, n))
    a = shared + truth + generator.normal(0, 0.05, (runs, n))
    found = [paired(*pair) for pair in zip(a, shared, strict=True)]
    for confidence in (0.95, 0.8):
        if confidence != 0.95:
            found = [paired(*pair, confidence) for pair in zip(a, shared, strict=True)]
        covered = np.mean([each.low <= truth <= each.high for each in found])
        assert abs(covered - confidence) < 4 * np.sqrt(confidence * (1 - confidence) / runs)


def test_paired_invariances():
    a, b = two_methods(1, shift=0.02)
    plain, order = paired(a, b), np.random.default_rng(0).permutation(len(a))
    for other in (paired(a[order], b[order]), paired(a + 0.1, b + 0.1)):
        assert (other.low, other.high, other.p) == pytest.approx((plain.low, plain.high, plain.p))
    swapped = paired(b, a)
    assert (swapped.difference, swapped.low, swapped.high) == pytest.approx(
        (-plain.difference, -plain.high, -plain.low)
    )
    assert swapped.p == pytest.approx(plain.p)
    doubled = paired(2 * a, 2 * b)
    assert (doubled.low, doubled.p) == pytest.approx((2 * plain.low, plain.p))
    assert paired(a, b[order]).p != pytest.approx(plain.p, rel=0.1)


def test_interval_leaves_out_zero_exactly_where_p_is_below_alpha():
    sides = set()
    for seed in range(200):
        found = paired(*two_methods(seed, 8, shift=0.012))
        sides.add(found.low > 0 or found.high < 0)
        assert (found.low > 0 or found.high < 0) == (found.p < 0.05)
    assert sides == {True, False}


@pytest.mark.parametrize("difference", [0.0, 0.1, -0.1])
def test_equal_differences_have_an_interval_of_no_length(difference):
    b = np.array([0.3, 0.7, 0.3, 0.9])
    # Added up in another order they differ in the last digit, as 0.1 + 0.2 and 0.3 do.
    a = np.array([0.1 + 0.2, 0.7, 0.1 + 0.2, 0.9]) + difference
    assert np.mean(a - b) != 0
    assert len(set(a - b)) > 1
    found = paired(a, b)
    assert found.low == found.high == found.difference == pytest.approx(difference, abs=1e-12)
    assert found.p == (0.0 if difference else 1.0)
    assert (found.difference == 0) == (difference == 0)


def test_identical_methods_are_equal():
    found = paired([0.5, 0.7, 0.9], [0.5, 0.7, 0.9])
    assert (found.difference, found.low, found.high, found.p) == (0, 0, 0, 1)
    assert equivalence([0.5, 0.7], [0.5, 0.7], 1e-9).p == 0
    assert equivalence([0.5, 0.7], [0.5, 0.7], 1e-9).holds


def test_small_but_real_differences_are_kept():
    b = np.array([0.3, 0.7, 0.2])
    found = paired(b + np.array([1e-13, 2e-13, 3e-13]), b)
    assert found.difference == pytest.approx(2e-13, rel=1e-2)
    assert found.low < found.difference < found.high
    # Student's t with two degrees of freedom, in closed form, at t = 2 sqrt(3).
    assert found.p == pytest.approx(1 - np.sqrt(12 / 14), rel=1e-2)


# --- Holm ----------------------------------------------------------------------------------------


def by_closed_testing(p_values: np.ndarray) -> np.ndarray:
    """Definition: the largest Bonferroni p of all sets of hypotheses that hold the one asked for.

    A set of s hypotheses is refused as a whole at alpha when its smallest p is at most alpha / s.
    """
    places = range(len(p_values))
    adjusted = np.zeros(len(p_values))
    for size in range(1, len(p_values) + 1):
        for chosen in combinations(places, size):
            whole = min(1.0, size * min(p_values[i] for i in chosen))
            for i in chosen:
                adjusted[i] = max(adjusted[i], whole)
    return adjusted


@pytest.mark.parametrize("seed", range(30))
def test_holm_is_closed_testing_with_bonferroni(seed):
    generator = np.random.default_rng(seed)
    p_values = generator.random(1 + seed % 7) ** (1 + seed % 4)
    if seed % 3 == 0:
        p_values = np.round(p_values, 1)  # with ties, 0 and 1
    assert holm(p_values) == pytest.approx(by_closed_testing(p_values), abs=1e-15)


def test_holm_worked_by_hand():
    # 4 * .01; then 3 * .04, below which 2 * .05 may not end; then the last, itself.
    assert holm([0.04, 0.01, 0.05, 0.9]) == pytest.approx([0.12, 0.04, 0.12, 0.9])
    assert holm([0.6, 0.7]).tolist() == [1, 1]
    assert holm([0.2]).tolist() == [0.2]


def test_holm_lies_between_p_and_bonferroni_and_keeps_the_order():
    p_values = np.random.default_rng(5).random(9) ** 3
    found = holm(p_values)
    assert (found >= p_values).all()
    assert (found <= np.minimum(9 * p_values, 1)).all()
    assert (np.diff(found[np.argsort(p_values)]) >= 0).all()
    order = np.random.default_rng(6).permutation(9)
    assert np.array_equal(holm(p_values[order]), found[order])


def test_holm_does_not_change_its_input():
    given = np.array([0.4, 0.01, 0.3])
    holm(given)
    assert given.tolist() == [0.4, 0.01, 0.3]


@pytest.mark.parametrize(
    "p_values", [[0.1, np.nan], [0.1, 1.1], [-0.1], [], [[0.1]], ["small"], 0.1, [np.inf]]
)
def test_holm_refuses_what_are_no_probabilities(p_values):
    with pytest.raises(InputError, match=r"^p_values"):
        holm(p_values)


# --- Within a margin -----------------------------------------------------------------------------


@pytest.mark.parametrize("confidence", [0.9, 0.95, 0.99])
@pytest.mark.parametrize(("shift", "spread"), SHIFTS)
def test_equivalence_is_two_one_sided_tests(shift, spread, confidence):
    for seed, n in ((0, 2), (1, 5), (2, 20)):
        a, b = two_methods(seed, n, shift, spread)
        above = stats.ttest_1samp(a - b, -0.03, alternative="greater").pvalue
        below = stats.ttest_1samp(a - b, 0.03, alternative="less").pvalue
        found = equivalence(a, b, 0.03, confidence)
        assert found.p == pytest.approx(max(above, below), rel=1e-7)
        assert found.holds == (max(above, below) < 1 - confidence)
        interval = stats.ttest_rel(a, b).confidence_interval(1 - 2 * (1 - confidence))
        assert (found.low, found.high) == pytest.approx((interval.low, interval.high), abs=1e-10)
        assert found.holds == (interval.low > -0.03 and interval.high < 0.03)
        one_sided = no_better(a, b, 0.03, confidence)
        assert one_sided.p == pytest.approx(below, rel=1e-7)
        assert one_sided.high == pytest.approx(interval.high, abs=1e-10)
        assert one_sided.holds == (below < 1 - confidence)
        assert found.margin == one_sided.margin == 0.03
        assert found.difference == one_sided.difference == paired(a, b).difference


@pytest.mark.parametrize("truth", [0.03, -0.03])
def test_equality_is_claimed_wrongly_no_more_often_than_alpha(truth):
    generator = np.random.default_rng(21)
    runs = 10000
    differences = truth + generator.normal(0, 0.01, (runs, 8))
    nothing = np.zeros(8)
    share = np.mean([equivalence(each, nothing, 0.03).holds for each in differences])
    # So near to a margin, the other test never decides: the level is alpha itself.
    assert abs(share - 0.05) < 4 * np.sqrt(0.05 * 0.95 / runs)
    one_sided = np.mean([no_better(each, nothing, 0.03).holds for each in differences])
    assert one_sided == pytest.approx(share if truth > 0 else 1.0, abs=1e-12)


def test_few_unsure_seeds_are_no_proof_of_equality():
    a, b = two_methods(3, n=4, spread=0.1)
    assert paired(a, b).p > 0.05
    assert not equivalence(a, b, 0.03).holds


def test_equivalence_invariances():
    a, b = two_methods(4, shift=0.01)
    plain = equivalence(a, b, 0.03)
    swapped = equivalence(b, a, 0.03)
    assert swapped.p == pytest.approx(plain.p)
    assert swapped.high == pytest.approx(-plain.low)
    scaled = equivalence(100 * a, 100 * b, 3.0)
    assert scaled.p == pytest.approx(plain.p)
    # To be no better asks about one direction alone.
    assert no_better(a - 1, b, 0.03).p < no_better(a, b, 0.03).p < no_better(a + 1, b, 0.03).p
    assert no_better(a - 1, b, 0.03).holds
    assert not equivalence(a - 1, b, 0.03).holds
    assert no_better(b, a, 0.03).p == pytest.approx(
        stats.ttest_1samp(a - b, -0.03, alternative="greater").pvalue
    )


@pytest.mark.parametrize(
    ("difference", "equal", "one_sided"),
    [(0.0, True, True), (0.02, True, True), (-0.02, True, True), (0.05, False, False),
     (-0.05, False, True), (0.03, False, False), (-0.03, False, True)],
)  # fmt: skip
def test_equal_differences_within_a_margin(difference, equal, one_sided):
    # By rounding, .03 comes out a little too large with the first and too small with the other.
    for b in (np.array([0.8, 0.5, 0.6]), np.array([0.1, 0.2, 0.3])):
        found = equivalence(b + difference, b, 0.03)
        assert (found.holds, found.p) == (equal, 0.0 if equal else 1.0)
        other = no_better(b + difference, b, 0.03)
        assert (other.holds, other.p) == (one_sided, 0.0 if one_sided else 1.0)


# --- The table -----------------------------------------------------------------------------------


def verdict_by_scipy(a, b, p_holm: float, margin: float) -> str:
    """What the documented rules say, from SciPy's tests."""
    below = stats.ttest_1samp(a - b, margin, alternative="less").pvalue < 0.05
    above = stats.ttest_1samp(a - b, -margin, alternative="greater").pvalue < 0.05
    words = {True: "higher", False: "lower"}[np.mean(a - b) > 0]
    if p_holm < 0.05 and below and above:
        return f"{words}, but within .03"
    if p_holm < 0.05:
        return words
    if below and above:
        return "equal within .03"
    return "not higher by .03" if below else "open"


def test_table_is_what_scipy_says_row_by_row():
    seen = set()
    for seed in range(40):
        generator = np.random.default_rng(seed)
        base = generator.normal(0.8, 0.1, 8)
        values = {"base": base}
        for number in range(5):
            shift, spread = generator.normal(0, 0.03), generator.choice([0.005, 0.02, 0.06])
            values[f"m{number}"] = base + shift + spread * generator.normal(size=8)
        found = table(values, "base")
        assert found.index.tolist() == [f"m{number}" for number in range(5)]
        assert found.index.name == "method"
        raw = np.array([stats.ttest_rel(values[name], base).pvalue for name in found.index])
        adjusted = by_closed_testing(raw)
        for (name, row), p, p_holm in zip(found.iterrows(), raw, adjusted, strict=True):
            a = values[name]
            own = stats.ttest_1samp(a, 0).confidence_interval(0.95)
            difference = stats.ttest_rel(a, base).confidence_interval(0.95)
            assert row["mean"] == pytest.approx(a.mean())
            assert (row.low, row.high) == pytest.approx((own.low, own.high))
            assert row.difference == pytest.approx(a.mean() - base.mean(), abs=1e-12)
            assert (row.difference_low, row.difference_high) == pytest.approx(
                (difference.low, difference.high), abs=1e-10
            )
            assert (row.p, row.p_holm) == pytest.approx((p, p_holm), rel=1e-7)
            assert row.p_equal == pytest.approx(equivalence(a, base, 0.03).p)
            assert row.p_no_better == pytest.approx(no_better(a, base, 0.03).p)
            assert row.n == 8
            assert row.verdict == verdict_by_scipy(a, base, p_holm, 0.03)
            seen.add(row.verdict)
    # Each verdict was there to be checked.
    assert seen == {
        *("higher", "lower", "higher, but within .03", "lower, but within .03"),
        *("equal within .03", "not higher by .03", "open"),
    }


#: Differences on four seeds, mean 0.
SPREAD = np.array([-1.0, -0.5, 0.5, 1.0])


@pytest.mark.parametrize(
    ("shift", "spread", "verdict"),
    [
        (0.2, 0.01, "higher"),
        (-0.2, 0.01, "lower"),
        (0.01, 0.001, "higher, but within .03"),
        (-0.01, 0.001, "lower, but within .03"),
        (0.0, 0.01, "equal within .03"),
        (-0.05, 0.06, "not higher by .03"),
        (0.0, 0.2, "open"),
        (0.05, 0.06, "open"),
        (0.0, 0.0, "equal within .03"),
        (0.02, 0.0, "higher, but within .03"),
        (0.03, 0.0, "higher"),
    ],
)
def test_verdict_worked(shift, spread, verdict):
    base = np.array([0.7, 0.9, 0.8, 0.6])
    assert table({"a": base + shift + spread * SPREAD, "b": base}, "b").verdict["a"] == verdict


def test_holm_counts_all_rows_of_the_table():
    base = np.array([0.7, 0.9, 0.8, 0.6])
    close = base + 0.35 + 0.2 * SPREAD
    alone = table({"close": close, "base": base}, "base")
    assert alone.verdict["close"] == "higher"
    others = {f"same{number}": base + 0.1 * SPREAD for number in range(4)}
    among = table({"close": close, **others, "base": base}, "base")
    assert among.p["close"] == alone.p["close"] < 0.05 < among.p_holm["close"]
    assert among.verdict["close"] == "open"
    # The interval of the row alone still leaves out 0, as documented.
    assert among.difference_low["close"] > 0


def test_table_takes_margin_confidence_and_any_order():
    base = np.array([0.7, 0.9, 0.8, 0.6])
    a = base + 0.04 + 0.02 * SPREAD
    values = {"z": a, "base": base, "a": base - 1}
    assert list(table(values, "base", margin=0.1).verdict.items()) == [
        ("z", "higher, but within .1"),
        ("a", "lower"),
    ]
    assert table({"z": a, "base": base}, "base", margin=1.5).verdict["z"].endswith("within 1.5")
    strict = table({"z": a, "base": base}, "base", confidence=0.999)
    assert strict.verdict["z"] == "open"
    assert strict.difference_high["z"] == pytest.approx(
        stats.ttest_rel(a, base).confidence_interval(0.999).high
    )
    order = [2, 0, 3, 1]
    permuted = {name: np.asarray(each)[order] for name, each in values.items()}
    assert table(permuted, "base").verdict.equals(table(values, "base").verdict)
    assert table(values, "base").dtypes.drop("verdict").unique().tolist() == [
        np.dtype(float),
        np.dtype(int),
    ]


# --- What is refused -----------------------------------------------------------------------------


GOOD = [0.7, 0.8, 0.9]


@pytest.mark.parametrize("compare", [paired, lambda a, b: equivalence(a, b, 0.03),
                                     lambda a, b: no_better(a, b, 0.03)])  # fmt: skip
@pytest.mark.parametrize(
    ("a", "b", "words"),
    [
        (GOOD, [0.7, 0.8], "3 and 2 values do not pair"),
        ([0.7], [0.8], "at least two"),
        ([], [], "not empty"),
        ([0.7, np.nan, 0.8], GOOD, "^a holds NaN"),
        (GOOD, [0.7, np.inf, 0.8], "^b holds NaN or infinity"),
        ([GOOD], [GOOD], "flat list"),
        (["x", "y", "z"], GOOD, "no number"),
    ],
)
def test_values_that_cannot_be_compared(compare, a, b, words):
    with pytest.raises(InputError, match=words):
        compare(a, b)


@pytest.mark.parametrize("margin", [0, -0.03, np.nan, np.inf])
def test_impossible_margins(margin):
    for compare in (equivalence, no_better):
        with pytest.raises(InputError, match=r"^margin = "):
            compare(GOOD, GOOD, margin)
    with pytest.raises(InputError, match=r"^margin = "):
        table({"a": GOOD, "b": GOOD}, "b", margin)


@pytest.mark.parametrize("confidence", [0, 1, -1, 95, np.nan])
def test_impossible_confidences(confidence):
    with pytest.raises(InputError, match=r"^confidence = "):
        paired(GOOD, GOOD, confidence)
    for compare in (equivalence, no_better):
        with pytest.raises(InputError, match=r"^confidence = "):
            compare(GOOD, GOOD, 0.03, confidence)
    with pytest.raises(InputError, match=r"^confidence = "):
        table({"a": GOOD, "b": GOOD}, "b", confidence=confidence)


def test_one_sided_tests_need_more_than_a_half():
    for compare in (equivalence, no_better):
        with pytest.raises(InputError, match=r"more than 0\.5"):
            compare(GOOD, GOOD, 0.03, 0.5)


def test_tables_that_cannot_be_made():
    with pytest.raises(InputError, match="'c' is no method here: give one of 'a', 'b'"):
        table({"a": GOOD, "b": GOOD}, "c")
    with pytest.raises(InputError, match="'b' is the only method"):
        table({"b": GOOD}, "b")
    with pytest.raises(InputError, match="'a' against 'b': 2 and 3 values do not pair"):
        table({"a": [0.7, 0.8], "b": GOOD}, "b")
