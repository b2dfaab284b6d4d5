"""Tables of two classes against all tables there are."""

from fractions import Fraction
from functools import cache

import numpy as np
import pytest
from sklearn import metrics

from har_lib.audit_binary import Table, prevalence, smallest, tables, two_class_macro_precision
from har_lib.audit_printed import Printed
from har_lib.errors import InputError

CLAIM = Printed("95.15"), Printed("96.4"), Printed("97.2")


@cache
def every(clips: int) -> list[Table]:
    """All tables of N clips that have both classes and a hit."""
    return [
        Table(tp, fn, fp, clips - tp - fn - fp)
        for tp in range(1, clips + 1)
        for fn in range(clips - tp + 1)
        for fp in range(clips - tp - fn + 1)
        if tp + fn < clips
    ]


def three(table: Table, form: str) -> tuple[Fraction, Fraction, Fraction]:
    tp, fn = table.true_positive, table.false_negative
    fp, tn = table.false_positive, table.true_negative
    right = tp + tn if form == "corrected" else tp + fn
    return Fraction(right, tp + fn + fp + tn), Fraction(tp, tp + fp), Fraction(tp, tp + fn)


def drawn(seed: int, form: str = "corrected", most: int = 16) -> tuple[int, list[Printed]]:
    """Printed scores of some table, rounded or cut."""
    generator = np.random.default_rng(seed)
    clips = int(generator.integers(2, most + 1))
    table = every(clips)[generator.integers(len(every(clips)))]
    scale = 10 ** int(generator.integers(1, 3))
    if generator.random() < 0.5:
        steps, rounding = [round(share * scale) for share in three(table, form)], "nearest"
    else:
        steps, rounding = [int(share * scale) for share in three(table, form)], "cut"
    texts = [f"{k / scale:.{len(str(scale)) - 1}f}" for k in steps]
    return clips, [Printed(text, percent=False, rounding=rounding) for text in texts]


@pytest.mark.parametrize("form", ["corrected", "literal"])
def test_tables_by_counting(form):
    lengths = set()
    for seed in range(120):
        clips, printed = drawn(seed, form)
        found = list(tables(clips, *printed, form=form))
        expected = {
            table
            for table in every(clips)
            if all(p.holds(s) for p, s in zip(printed, three(table, form), strict=True))
        }
        assert len(found) == len(set(found))
        assert set(found) == expected
        lengths.add(len(found))
    assert min(lengths) >= 1
    assert max(lengths) > 1


def test_tables_at_the_ends():
    full = Printed("100")
    assert {str(t) for t in tables(2, full, full, full)} == {"TP 1, FN 0, FP 0, TN 1"}
    assert list(tables(2, Printed("0"), full, full)) == []
    assert list(tables(3, Printed("0"), Printed("0"), Printed("0"))) == []


def test_smallest_by_counting():
    for seed in range(60):
        _, printed = drawn(seed, most=10)
        least = next(n for n in range(2, 11) if any(tables_by_hand(n, printed)))
        table = smallest(*printed)
        assert table is not None
        assert table.clips == least
        assert smallest(*printed, limit=least - 1) is None


def tables_by_hand(clips: int, printed: list[Printed]) -> list[bool]:
    return [
        all(p.holds(s) for p, s in zip(printed, three(table, "corrected"), strict=True))
        for table in every(clips)
    ]


@pytest.mark.parametrize(("form", "clips"), [("corrected", 330), ("literal", 495)])
def test_smallest_table_of_the_claim(form, clips):
    """Every smaller table, all of them by NumPy; and scikit-learn scores the one that is found."""
    table = smallest(*CLAIM, form=form)
    assert table is not None
    assert table.clips == clips
    low, high = (np.array([float(getattr(p, end)) for p in CLAIM]) for end in ("low", "high"))
    for n in range(2, clips):
        right = [k for k in range(n + 1) if low[0] * n - 1e-9 <= k <= high[0] * n + 1e-9]
        for k in right:
            # Counts of hits, and of the other error that is still open.
            tp, other = np.meshgrid(np.arange(1, k + 1), np.arange(n - k + 1), indexing="ij")
            fn, fp = (other, n - k - other) if form == "corrected" else (k - tp, other)
            precision, recall = tp / (tp + fp), tp / (tp + fn)
            inside = (precision >= low[1] - 1e-9) & (precision <= high[1] + 1e-9)
            inside &= (recall >= low[2] - 1e-9) & (recall <= high[2] + 1e-9)
            assert not inside.any()
    counts = (table.true_positive, table.false_negative, table.false_positive, table.true_negative)
    true, guess = np.repeat([1, 1, 0, 0], counts), np.repeat([1, 0, 1, 0], counts)
    accuracy = metrics.accuracy_score(true, guess) if form == "corrected" else true.mean()
    scored = accuracy, metrics.precision_score(true, guess), metrics.recall_score(true, guess)
    assert [f"{100 * s:.{d}f}" for s, d in zip(scored, (2, 1, 1), strict=True)] == [
        "95.15",
        "96.4",
        "97.2",
    ]


def test_scores_by_scikit_learn():
    table = Table(5, 2, 1, 4)
    true, guess = np.repeat([1, 1, 0, 0], [5, 2, 1, 4]), np.repeat([1, 0, 1, 0], [5, 2, 1, 4])
    found = table.scores()
    assert float(found["accuracy"]) == pytest.approx(metrics.accuracy_score(true, guess))
    assert float(found["precision"]) == pytest.approx(metrics.precision_score(true, guess))
    assert float(found["recall"]) == pytest.approx(metrics.recall_score(true, guess))
    specificity = metrics.recall_score(true, guess, pos_label=0)
    assert float(found["specificity"]) == pytest.approx(specificity)
    assert (table.clips, table.prevalence) == (12, Fraction(7, 12))


def test_unknown_form():
    with pytest.raises(InputError, match="'corrected' or 'literal'"):
        list(tables(4, *CLAIM, form="best"))


# --- Prevalence ----------------------------------------------------------------------------------


def test_prevalence_holds_every_table():
    widths = []
    for seed in range(200):
        clips, printed = drawn(seed)
        found = prevalence(*printed)
        assert found is not None
        for table in tables(clips, *printed):
            assert found.low <= table.prevalence <= found.high
        widths.append(float(found.high - found.low))
    assert min(widths) < 0.15


def test_prevalence_holds_tables_that_print_as_perfect():
    """One error in ten thousand: precision and recall print as 100, in equal classes."""
    printed = Printed("99.99"), Printed("100"), Printed("100")
    table = Table(4999, 1, 0, 5000)
    assert table in set(tables(10_000, *printed))
    found = prevalence(*printed)
    assert found is not None
    assert found.low <= Fraction(1, 2) <= found.high


def test_prevalence_of_the_claim_is_all_that_its_tables_have():
    found = prevalence(*CLAIM)
    assert found is not None
    assert (float(found.low), float(found.high)) == pytest.approx((0.742, 0.767), abs=5e-4)
    shares = [table.prevalence for table in tables(13_320, *CLAIM)]
    assert found.low <= min(shares) < found.low + Fraction(2, 1000)
    assert found.high - Fraction(2, 1000) < max(shares) <= found.high


def test_no_prevalence_where_the_false_positives_find_no_room():
    """Accuracy 40, precision 10, recall 100: nine false for each hit, sixty false, seven hits."""
    assert prevalence(Printed("40.0"), Printed("10.0"), Printed("100.0")) is not None
    printed = Printed("5.0"), Printed("50.0"), Printed("90.0")
    assert prevalence(*printed) is None
    assert not any(list(tables(n, *printed)) for n in range(2, 60))


# --- Two classes, mean over both -----------------------------------------------------------------


@cache
def pairs() -> np.ndarray:
    """Accuracy, mean recall and mean precision of all tables with up to 60 clips, and with 200."""
    found = []
    for clips in [*range(2, 61), 200]:
        for small in range(1, clips // 2 + 1):
            large = clips - small
            e, f = np.meshgrid(np.arange(small + 1), np.arange(large + 1), indexing="ij")
            named, other = small - e + f, large - f + e
            precision = np.divide(small - e, named, out=np.zeros(e.shape), where=named > 0)
            precision += np.divide(large - f, other, out=np.zeros(e.shape), where=other > 0)
            recall = 1 - (e / small + f / large) / 2
            accuracy = 1 - (e + f) / clips
            found.append(np.stack([accuracy.ravel(), recall.ravel(), precision.ravel() / 2]))
    return np.concatenate(found, axis=1)


@pytest.mark.parametrize("accuracy", ["50.0", "60.0", "70.0", "80.0", "90.0", "95.15", "99.0"])
def test_two_class_macro_precision_is_never_exceeded(accuracy):
    near = []
    for recall in ("10.0", "50.0", "55.0", "60.0", "70.0", "80.0", "90.0", "95.0", "97.2"):
        a, r = Printed(accuracy), Printed(recall)
        highest = two_class_macro_precision(a, r, points=20_001)
        inside = (pairs()[0] <= float(a.high)) & (pairs()[1] >= float(r.low))
        if inside.any():
            gap = highest - pairs()[2][inside].max()
            assert gap > -1e-4
            near.append(gap)
    assert min(near) < 0.02


def test_two_class_macro_precision_of_the_claim():
    highest = two_class_macro_precision(CLAIM[0], CLAIM[2])
    assert highest == pytest.approx(0.8779, abs=1e-4)
    # A table with many clips comes near, so the bound is no idle one.
    clips = 100_000
    wrong = int(clips * (1 - CLAIM[0].high)) + 1
    small = np.arange(wrong + 1, clips // 2)
    budget = 2 * float(1 - CLAIM[2].low)
    lost = (budget - wrong / (clips - small)) / (1 / small - 1 / (clips - small))
    lost = np.floor(np.minimum(lost, wrong))
    possible = (lost >= 0) & (lost <= small)
    precision = (small - lost) / (small - 2 * lost + wrong)
    large = clips - small
    precision = (precision + (large - wrong + lost) / (large - wrong + 2 * lost)) / 2
    assert highest - 2e-3 < precision[possible].max() <= highest + 1e-6


def test_no_two_classes_with_perfect_recall_and_errors():
    assert two_class_macro_precision(Printed("90"), Printed("100.000")) < 1e-3
