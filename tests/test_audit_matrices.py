"""Confusion matrices that are found: scored by scikit-learn, and compared with all there are."""

from fractions import Fraction
from functools import cache
from itertools import product

import numpy as np
import pytest
from sklearn import metrics

from har_lib.audit_bounds import highest_recall
from har_lib.audit_matrices import scores, smallest_three_class, thinned, with_scores
from har_lib.audit_printed import Printed
from har_lib.errors import InputError
from har_lib.ucf101_supports import SETS, supports

NAMES = ("accuracy", "precision", "recall")
CLAIM = Printed("95.15"), Printed("96.4"), Printed("97.2")


def by_scikit_learn(matrix: np.ndarray) -> list[float]:
    """Accuracy, macro precision and macro recall of the clips that a matrix counts."""
    true, guess = (np.repeat(i.ravel(), matrix.ravel()) for i in np.indices(matrix.shape))
    labels = np.arange(len(matrix))
    more = {"labels": labels, "average": "macro", "zero_division": 0}
    return [
        metrics.accuracy_score(true, guess),
        metrics.precision_score(true, guess, **more),
        metrics.recall_score(true, guess, **more),
    ]


def random_matrix(seed: int) -> np.ndarray:
    generator = np.random.default_rng(seed)
    classes = int(generator.integers(2, 7))
    sizes = generator.integers(1, 20, classes)
    chances = np.full((classes, classes), 0.03) + np.eye(classes) * (1 - 0.03 * classes)
    return np.stack([generator.multinomial(*pair) for pair in zip(sizes, chances, strict=True)])


@pytest.mark.parametrize("seed", range(20))
def test_scores_by_scikit_learn(seed):
    matrix = random_matrix(seed)
    found = scores(matrix)
    assert [float(found[name]) for name in NAMES] == pytest.approx(by_scikit_learn(matrix))
    assert {type(value) for value in found.values()} == {Fraction}


# --- A matrix with given scores ------------------------------------------------------------------


def test_what_is_found_has_the_scores_and_the_classes():
    found = 0
    for seed in range(300):
        matrix = random_matrix(seed)
        exact = scores(matrix)
        printed = [Printed(f"{float(exact[name]) * 100:.{seed % 3}f}") for name in NAMES]
        made = with_scores(matrix.sum(axis=1), *printed)
        if made is None:
            continue
        found += 1
        assert (made >= 0).all()
        assert made.sum(axis=1).tolist() == matrix.sum(axis=1).tolist()
        for value, text in zip(by_scikit_learn(made), printed, strict=True):
            assert float(text.low) - 1e-12 <= value <= float(text.high) + 1e-12
    assert found > 60


@pytest.mark.parametrize("name", ["split 2", "all clips"])
@pytest.mark.parametrize(("precision", "recall"), [("95.5", "95.0"), ("96.4", "96.0")])
def test_a_matrix_of_ucf101(name, precision, recall):
    printed = CLAIM[0], Printed(precision), Printed(recall)
    made = with_scores(supports(name), *printed)
    assert made is not None
    assert made.sum(axis=1).tolist() == supports(name)
    texts = [f"{100 * s:.{d}f}" for s, d in zip(by_scikit_learn(made), (2, 1, 1), strict=True)]
    assert texts == ["95.15", precision, recall]


def test_none_where_there_is_none():
    for name in SETS:
        assert with_scores(supports(name), *CLAIM) is None
    assert with_scores([5, 5], Printed("90"), Printed("91"), Printed("80")) is None
    assert with_scores([5, 5], Printed("95.0"), Printed("95.0"), Printed("95.0")) is None


# --- Fewest clips of three classes ---------------------------------------------------------------


@cache
def all_matrices(clips: int) -> tuple[np.ndarray, ...]:
    """Accuracy times N, and recall and precision times 2520, of every 3 x 3 matrix of N clips."""
    cells = np.array([cut for cut in product(range(clips + 1), repeat=3) if sum(cut) <= clips])
    totals = cells.sum(axis=1)
    rows = [cells[totals == n] for n in range(clips + 1)]
    found = []
    for first in range(1, clips - 1):
        for second in range(1, clips - first):
            parts = [rows[n] for n in (first, second, clips - first - second)]
            index = np.indices([len(part) for part in parts]).reshape(3, -1)
            found.append(np.stack([p[i] for p, i in zip(parts, index, strict=True)], axis=1))
    matrices = np.concatenate(found)
    right = np.einsum("nii->ni", matrices)
    named, clips_of = matrices.sum(axis=1), matrices.sum(axis=2)
    precision = np.where(named > 0, right * (840 // np.maximum(named, 1)), 0).sum(axis=1)
    return right.sum(axis=1), (right * (840 // clips_of)).sum(axis=1), precision


def test_smallest_three_class_by_counting():
    generator = np.random.default_rng(0)
    sizes = set()
    for case in range(40):
        clips = int(generator.integers(3, 8))
        right, recall, precision = all_matrices(clips)
        pick = generator.integers(len(right))
        shares = (
            Fraction(int(right[pick]), clips),
            Fraction(int(precision[pick]), 2520),
            Fraction(int(recall[pick]), 2520),
        )
        printed = [Printed(f"{float(share) * 100:.{case % 2}f}") for share in shares]
        least = next(n for n in range(3, 8) if some_matrix(n, *printed))
        found = smallest_three_class(*printed)
        assert found is not None
        assert found.sum() == least
        values = by_scikit_learn(found)
        for value, text in zip(values, printed, strict=True):
            assert float(text.low) - 1e-12 <= value <= float(text.high) + 1e-12
        assert smallest_three_class(*printed, limit=least - 1) is None
        sizes.add(least)
    assert len(sizes) > 3


def some_matrix(clips: int, accuracy: Printed, precision: Printed, recall: Printed) -> bool:
    right, recalls, precisions = all_matrices(clips)
    inside = np.isin(right, accuracy.admits(clips))
    for values, text in ((recalls, recall), (precisions, precision)):
        inside &= np.isin(values, text.admits(2520))
    return bool(inside.any())


def test_smallest_three_class_of_the_claim():
    """103 clips, and no fewer of any number of classes: no k / N prints as the accuracy."""
    found = smallest_three_class(*CLAIM)
    assert found is not None
    assert found.sum() == 103 == next(n for n in range(1, 500) if CLAIM[0].admits(n))
    texts = [f"{100 * s:.{d}f}" for s, d in zip(by_scikit_learn(found), (2, 1, 1), strict=True)]
    assert texts == ["95.15", "96.4", "97.2"]


# --- Thinned classes -----------------------------------------------------------------------------


def test_thinned_keeps_as_many_clips_as_can_be_kept():
    generator = np.random.default_rng(1)
    outcomes = {"whole": 0, "thinned": 0, "none": 0}
    for _ in range(250):
        sizes = generator.integers(1, 7, generator.integers(2, 5)).tolist()
        accuracy = Printed(str(generator.choice(["70", "80", "85", "90", "90.0"])))
        recall = Printed(str(generator.choice(["85", "90", "92.0", "95"])))
        most = max(
            (
                sum(kept)
                for kept in product(*(range(1, n + 1) for n in sizes))
                if highest_recall(kept, accuracy.high) >= recall.low
            ),
            default=None,
        )
        if most is None:
            outcomes["none"] += 1
            with pytest.raises(InputError, match="no thinning"):
                thinned(sizes, accuracy, recall)
            continue
        kept = thinned(sizes, accuracy, recall)
        outcomes["whole" if kept == sizes else "thinned"] += 1
        assert sum(kept) == most
        assert all(1 <= k <= n for k, n in zip(kept, sizes, strict=True))
        assert highest_recall(kept, accuracy.high) >= recall.low
    assert min(outcomes.values()) > 10


def test_thinned_ucf101_is_near_the_most_that_linear_bounds_allow():
    sizes = supports("split 1")
    kept = thinned(sizes, CLAIM[0], CLAIM[2])
    assert highest_recall(kept, CLAIM[0].high) >= CLAIM[2].low
    # 2.8785 classes lost, of 49 clips each, are 4.845 % of the clips.
    assert sum(kept) == int(2.8785 * 49 / 0.04845) == 2911
    largest = np.argsort(-np.array(sizes), kind="stable")[:3]
    assert all(kept[c] == sizes[c] for c in largest)
    others = [kept[c] for c in range(101) if c not in largest]
    assert max(others) - min(others) <= 1
