"""Readings of the paper's numbers: supports counted anew, verdicts from independent arithmetic."""

import os
import re
from collections import Counter
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import linprog

from har_lib import audit_readings
from har_lib.audit_bounds import highest_recall, needed_ratio, support_ratio
from har_lib.audit_printed import Printed
from har_lib.errors import InputError
from har_lib.paper_claims import reported
from har_lib.splits import UCF101_COUNTS, ucf101_split
from har_lib.ucf101_supports import SETS, SUPPORTS, supports

FOLDER = os.environ.get("HAR_TEST_DATA", "")
CLAIM = audit_readings.claim()


@pytest.fixture(scope="module")
def readings() -> dict[str, audit_readings.Reading]:
    return {reading.counted: reading for reading in audit_readings.readings(CLAIM)}


def one(readings, *words: str) -> audit_readings.Reading:
    found = [r for name, r in readings.items() if all(word in name for word in words)]
    assert len(found) == 1, [r.counted for r in found]
    return found[0]


def highest(sizes, wrong: float) -> float:
    """Highest macro recall by a linear program."""
    sizes = np.asarray(sizes)
    found = linprog(
        1 / (len(sizes) * sizes),
        A_eq=np.ones((1, len(sizes))),
        b_eq=[wrong * sizes.sum()],
        bounds=[(0, n) for n in sizes],
    )
    assert found.success
    return 1 - found.fun


# --- UCF101 --------------------------------------------------------------------------------------


@pytest.mark.skipif(not FOLDER, reason="HAR_TEST_DATA names no folder of real clips")
def test_supports_are_those_of_the_official_lists():
    tests = [Counter(), Counter(), Counter()]
    for number, counted in enumerate(tests, start=1):
        train, test = (
            Counter(name.split("/")[0] for name in names)
            for names in ucf101_split(Path(FOLDER) / "ucf101", number)
        )
        counted.update(test)
        assert dict(train + test) == dict(SUPPORTS["all clips"])
        assert dict(test) == dict(SUPPORTS[f"split {number}"])
    assert dict(sum(tests, Counter())) == dict(SUPPORTS["splits pooled"])


def test_supports_add_up():
    for number, (train, test) in UCF101_COUNTS.items():
        assert sum(supports(f"split {number}")) == test
        assert sum(supports("all clips")) == train + test
    assert {len(SUPPORTS[name]) for name in SETS} == {101}
    for label, everything in SUPPORTS["all clips"].items():
        tested = [SUPPORTS[name][label] for name in SETS[:3]]
        assert sum(tested) == SUPPORTS["splits pooled"][label] < everything
    assert list(SUPPORTS["split 1"]) == sorted(SUPPORTS["split 1"])
    with pytest.raises(InputError, match="no set of UCF101"):
        supports("split 4")


# --- The claim, and its bounds -------------------------------------------------------------------


def test_the_claim_is_what_the_paper_prints():
    assert [p.text for p in (CLAIM.accuracy, CLAIM.precision, CLAIM.recall)] == [
        "95.15",
        "96.4",
        "97.2",
    ]
    for metric in ("accuracy", "precision", "recall"):
        assert float(audit_readings.printed("ALSTM", metric).text) == reported("ALSTM", metric)


def test_bounds_by_linear_program():
    found = audit_readings.bounds(CLAIM)
    assert list(found.index) == list(SETS)
    for name, row in found.iterrows():
        sizes = np.array(supports(name))
        assert (row.clips, row.smallest, row.largest) == (sizes.sum(), sizes.min(), sizes.max())
        assert row.ratio == pytest.approx(sizes.max() / sizes.mean())
        assert row.highest == pytest.approx(highest(sizes, 0.04845), abs=1e-9)
        assert row.errors == pytest.approx(0.04845 * sizes.sum())
        # At the accuracy that the recall needs, the highest recall is the printed one.
        assert highest(sizes, 1 - row.accuracy_needed) == pytest.approx(0.9715, abs=1e-9)
        assert row.errors_allowed == pytest.approx((1 - row.accuracy_needed) * sizes.sum())
        assert row.lowest < 0.9515 < row.highest < row.subset < 0.9715
        # No random division of the errors comes near, and none lies outside.
        generator = np.random.default_rng(0)
        lost = generator.multivariate_hypergeometric(sizes, round(0.0485 * sizes.sum()), 200)
        recall = (1 - lost / sizes).mean(axis=1)
        assert row.lowest < recall.min() <= recall.max() < row.highest


# --- Verdicts ------------------------------------------------------------------------------------


def test_every_reading_has_a_verdict_and_a_reason(readings):
    found = audit_readings.readings(CLAIM)
    assert len(readings) == len(found) > 20
    for reading in found:
        assert reading.verdict in ("possible", "impossible", "open")
        assert reading.why
        assert reading.takes or reading.verdict == "impossible"
    assert list(audit_readings.frame(found)["verdict"]) == [r.verdict for r in found]


@pytest.mark.parametrize("name", SETS)
def test_clips_of_a_set_are_excluded(readings, name):
    reading = readings[f"clips, mean over classes, {name}"]
    low, high = (float(x) / 100 for x in re.findall(r"\d+\.\d\d", reading.why))
    exact = highest(supports(name), 0.04845)
    assert reading.verdict == "impossible"
    assert exact <= high < exact + 1e-4
    assert high < 0.9715
    needed = float(re.findall(r"\d+\.\d\d", reading.takes)[0]) / 100
    assert highest(supports(name), 1 - needed) <= 0.9715 <= highest(supports(name), 0.9999 - needed)
    assert low < 0.9515


def test_subsets_and_training_clips_are_excluded_by_what_they_rest_on(readings):
    assert one(readings, "subset of the classes of any of these").verdict == "impossible"
    assert one(readings, "then over the three official splits").verdict == "impossible"
    mixed = one(readings, "all clips of a test list with")
    assert mixed.verdict == "impossible"
    # One share for all classes, not a share for each: that would make it possible.
    assert "an equal share of each class's training clips" in mixed.counted
    needed = needed_ratio(CLAIM.accuracy.high, CLAIM.recall.low)
    for name in SETS[:3]:
        test = np.array(supports(name))
        train = np.array(supports("all clips")) - test
        for share in np.linspace(0, 1, 11):
            sizes = np.round(test + share * train).astype(int)
            assert support_ratio(sizes) < needed
            assert highest(sizes, 0.04845) < 0.9715
    sizes = np.array(supports("split 1"))
    largest = np.argsort(-np.array(supports("all clips")), kind="stable")[:3]
    sizes[largest] = np.array(supports("all clips"))[largest]
    assert highest_recall(sizes, CLAIM.accuracy.high) > CLAIM.recall.high


def test_one_average_for_all_scores_of_several_runs(readings):
    """Mean with mean, median with median, best with best: the best recall beside a mean is free."""
    reading = one(readings, "several runs")
    assert reading.verdict == "impossible"
    bound = max(highest(supports(name), 0.04845) for name in SETS)
    assert bound < 0.9715
    runs = [Fraction(9770, 10000), Fraction(9260, 10000)]
    best = max(highest_recall(supports("split 1"), a) for a in runs)
    assert sum(runs) / 2 == Fraction(9515, 10000)
    assert best > CLAIM.recall.low


def test_micro_weighted_and_one_vs_rest(readings):
    for words in (("micro average",), ("weighted average",), ("each against the rest",)):
        assert one(readings, *words).verdict == "impossible"
    # Mean accuracy of 101 classes against the rest, all answers wrong.
    labels = np.arange(101)
    wrong = np.roll(labels, 1)
    mean = np.mean([((labels == c) == (wrong == c)).mean() for c in labels])
    assert mean == pytest.approx(0.9802, abs=5e-5)
    assert "98.02" in one(readings, "each against the rest").why


def test_one_vs_rest_accuracy_that_all_wrong_answers_have_is_not_called_impossible():
    """99/101 prints as 98.0: all answers wrong, and so possible as far as this goes."""
    assert Printed("98.0").holds(Fraction(99, 101))
    claimed = audit_readings.Claim(Printed("98.0"), Printed("98.0"), Printed("98.0"))
    found = [r for r in audit_readings._other_averages(claimed) if "each against" in r.counted]
    assert [r.verdict for r in found] == ["open"]


def test_accuracy_as_the_equation_is_printed_is_one_over_the_classes(readings):
    matrix = np.random.default_rng(0).integers(0, 9, (101, 101))
    mean = np.mean([row.sum() / matrix.sum() for row in matrix])
    assert mean == pytest.approx(1 / 101)
    assert one(readings, "equation (18) is printed, mean over").verdict == "impossible"


def test_small_tables_that_show_a_reading_possible(readings):
    rows = [r for r in readings.values() if r.counted.startswith("one class")]
    assert [r.smallest for r in rows] == [330, 495]
    for reading, form in zip(rows, ("corrected", "literal"), strict=True):
        tp, fn, fp, tn = (int(n) for n in re.findall(r"[TF][PN] (\d+)", reading.why))
        right = tp + tn if form == "corrected" else tp + fn
        assert reading.smallest == tp + fn + fp + tn
        texts = [f"{100 * right / reading.smallest:.2f}"]
        texts += [f"{100 * tp / (tp + fp):.1f}", f"{100 * tp / (tp + fn):.1f}"]
        assert texts == ["95.15", "96.4", "97.2"]
    three = one(readings, "three or more classes")
    assert (three.verdict, three.smallest) == ("possible", 103)
    assert one(readings, "two classes of any size").verdict == "impossible"


def test_no_class_of_ucf101_is_as_large_as_a_binary_table_needs():
    largest = max(
        max(sizes) / (max(sizes) + min(sizes)) for sizes in (supports(name) for name in SETS)
    )
    assert largest == pytest.approx(49 / 77)
    assert largest < 0.7419


def test_thinned_classes_with_a_witness(readings):
    reading = one(readings, "left out of split")
    kept, table = audit_readings._thinned(supports("split 1"), CLAIM)
    assert table.sum(axis=1).tolist() == kept
    assert all(k <= n for k, n in zip(kept, supports("split 1"), strict=True))
    right, rows, columns = np.diag(table), table.sum(axis=1), table.sum(axis=0)
    texts = [
        f"{100 * right.sum() / table.sum():.2f}",
        f"{100 * (right / columns).mean():.1f}",
        f"{100 * (right / rows).mean():.1f}",
    ]
    assert texts == ["95.15", "96.4", "97.2"]
    assert f"{table.sum()} of its 3783" in reading.why
    # One clip more needs one error more than the recall allows in the largest classes.
    assert table.sum() - right.sum() == int(2.8785 * 49)
    assert int(np.ceil((table.sum() + 1) * 0.04845)) > int(2.8785 * 49)


def test_random_test_sets_are_possible_only_with_a_number_of_clips_that_has_the_accuracy(readings):
    """No k of 2664 or of 1332 clips, 20 and 10 % of all, prints as 95.15 %."""
    assert CLAIM.accuracy.admits(2664) == CLAIM.accuracy.admits(1332) == []
    drawn = [r for r in readings.values() if "drawn at random" in r.counted]
    assert len(drawn) >= 3
    for reading in drawn:
        if reading.verdict != "possible":
            continue
        numbers = [int(n) for n in re.findall(r"\b\d{4}\b", reading.counted + reading.why)]
        assert any(CLAIM.accuracy.admits(n) for n in numbers if n != audit_readings.DRAWS), reading


def test_misprints_that_are_named_can_be_tables(readings):
    """A changed recall leaves 95.15 %, which no k of split 1's 3783 clips prints as."""
    assert CLAIM.accuracy.admits(3783) == []
    found = audit_readings.one_digit(CLAIM, supports("split 1"))
    assert "accuracy 97.15" in found
    for change in found:
        name, text = change.split()
        accuracy = Printed(text) if name == "accuracy" else CLAIM.accuracy
        recall = Printed(text) if name == "recall" else CLAIM.recall
        right = accuracy.admits(3783)
        assert right, change
        assert highest(supports("split 1"), 1 - right[-1] / 3783) >= float(recall.low), change
