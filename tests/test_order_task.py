"""The drawn task: nothing but order tells the class, and how hard it is."""

import dataclasses
import math
from itertools import combinations, product

import numpy as np
import pytest
import torch
from scipy import stats
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import NearestCentroid
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from har_lib.errors import InputError
from har_lib.lstm import Layout, one_thread, pad
from har_lib.order_task import BITS, FEATURES, NOISE, OrderTask, bayes_classes, draw
from har_lib.order_task import _log_likelihood as log_likelihood
from har_lib.sequences import scaling
from har_lib.training import Clips, Network, adam

#: Chance of a false alarm in each test of a distribution; all seeds are fixed.
ALARM = 1e-4

SMALL = {"train": 60, "validation": 40, "test": 50}
NAMES = ("train", "validation", "test")


def at_chance(right: int, of: int, chance: float) -> bool:
    """Whether a count lies between the exact binomial bounds."""
    low, high = stats.binom.ppf([ALARM / 2, 1 - ALARM / 2], of, chance)
    return bool(low <= right <= high)


def pooled(sequences: list) -> np.ndarray:
    return np.array([np.r_[each.mean(axis=0), each.std(axis=0)] for each in sequences])


def parts(task: OrderTask) -> list:
    return [getattr(task, name) for name in NAMES]


def rows(task: OrderTask) -> np.ndarray:
    return np.concatenate([step for part in parts(task) for step in part.sequences])


# --- What a sequence is --------------------------------------------------------------------------


def test_shapes_and_types():
    task = draw(3, **SMALL)
    assert dataclasses.is_dataclass(task)
    with pytest.raises(dataclasses.FrozenInstanceError):
        task.noise = 1.0
    for name in NAMES:
        part = getattr(task, name)
        assert len(part.sequences) == len(part.labels) == SMALL[name]
        assert part.labels.dtype == np.int64
        for sequence in part.sequences:
            assert sequence.shape == (10, FEATURES) == (10, 58)
            assert sequence.dtype == np.float64
    assert task.patterns.shape == (10, 42)
    assert task.orders.shape == (5, 10)
    assert task.noise == NOISE


def test_default_sizes():
    assert [len(part.labels) for part in parts(draw(0))] == [200, 200, 1000]


@pytest.mark.parametrize("extra_steps", [0, 3])
def test_steps_are_the_class_s_patterns_in_its_order(extra_steps):
    task = draw(4, **SMALL, noise=1e-9, extra_steps=extra_steps)
    for sequence, label in zip(task.test.sequences, task.test.labels, strict=True):
        distance = np.abs(sequence[:, None, BITS:] - task.patterns).max(axis=2)
        assert distance.min(axis=1).max() < 1e-7
        seen = distance.argmin(axis=1)
        assert seen[np.r_[True, np.diff(seen) != 0]].tolist() == task.orders[label].tolist()


def test_every_class_has_the_same_mean_and_deviation():
    task = draw(5, **SMALL, noise=1e-9)
    for part in parts(task):
        tables = pooled([sequence[:, BITS:] for sequence in part.sequences])
        assert np.ptp(tables, axis=0).max() < 1e-7
        assert np.allclose(tables[0, :42], task.patterns.mean(axis=0))
        # What stands at a place differs.
        assert np.ptp([sequence[0, BITS:] for sequence in part.sequences], axis=0).max() > 1


def test_noise_is_gaussian_with_its_deviation_and_without_a_trend():
    task = draw(6, test=500, noise=2.5)
    means = task.patterns[task.orders[task.test.labels]]
    noise = (np.array(task.test.sequences)[:, :, BITS:] - means) / 2.5
    assert stats.kstest(noise.ravel(), "norm").pvalue > ALARM
    # 210,000 numbers: four standard errors of their deviation.
    assert abs(noise.std() - 1) < 4 / np.sqrt(2 * noise.size)
    for axis in ((0, 2), (0, 1), (1, 2)):
        each = noise.mean(axis=axis) * np.sqrt(noise.size / noise.mean(axis=axis).size)
        assert stats.kstest(each, "norm").pvalue > ALARM
    # Steps, columns and sequences do not depend on each other.
    flat = noise.ravel()
    for lag in (1, 42, 420):
        r = np.mean(flat[lag:] * flat[:-lag])
        assert abs(r) < 4 / np.sqrt(len(flat))


def test_patterns_are_standard_normal():
    patterns = np.concatenate([draw(seed, **SMALL).patterns.ravel() for seed in range(10)])
    assert stats.kstest(patterns, "norm").pvalue > ALARM


def test_bits_are_fair_and_carry_no_class():
    task = draw(7, **{**SMALL, "test": 500})
    bits = np.array(task.test.sequences)[:, :, :BITS]
    assert set(np.unique(bits)) == {0.0, 1.0}
    # One bit at each place and column, and each class.
    for label in range(5):
        assert at_chance(int(bits[task.test.labels == label].sum()), 100 * 160, 0.5)
    counts = bits.sum(axis=0).ravel()
    assert stats.chisquare([counts.sum(), bits.size - counts.sum()]).pvalue > ALARM
    assert ((counts >= stats.binom.ppf(ALARM / 320, 500, 0.5))
            & (counts <= stats.binom.ppf(1 - ALARM / 320, 500, 0.5))).all()  # fmt: skip


def test_scaling_leaves_the_bits_alone():
    centre, scale = scaling(draw(8).train.sequences, "standard")
    assert np.array_equal(centre[:BITS], np.zeros(BITS))
    assert np.array_equal(scale[:BITS], np.ones(BITS))
    assert (scale[BITS:] > 2).all()


def test_labels_are_balanced_and_shuffled():
    task = draw(9, **SMALL)
    for part in parts(task):
        assert len(set(np.bincount(part.labels, minlength=5))) == 1
        assert (np.diff(part.labels) % 5 != 1).any()
        assert (np.diff(part.labels) < 0).any()
    odd = draw(9, classes=4, train=22, validation=4, test=7)
    assert [sorted(np.bincount(part.labels)) for part in parts(odd)] == [
        [5, 5, 6, 6],
        [1, 1, 1, 1],
        [1, 2, 2, 2],
    ]


def test_orders_are_permutations_and_all_different():
    every = draw(0, classes=6, steps=3, train=6, validation=6, test=6)
    assert len({tuple(order) for order in every.orders}) == 6
    for seed in range(20):
        orders = draw(seed, classes=5, steps=3, train=5, validation=5, test=5).orders
        assert len({tuple(order) for order in orders}) == 5
        assert (np.sort(orders, axis=1) == np.arange(3)).all()


# --- Lengths that vary ---------------------------------------------------------------------------


def test_lengths_and_repeats_carry_no_class():
    task = draw(10, train=5, validation=5, test=2000, noise=1e-9, extra_steps=4)
    lengths = np.array([len(sequence) for sequence in task.test.sequences])
    assert set(lengths) == {10, 11, 12, 13, 14}
    assert stats.chisquare(np.bincount(lengths - 10)).pvalue > ALARM
    by_class = [np.bincount(lengths[task.test.labels == label] - 10) for label in range(5)]
    assert stats.chi2_contingency(by_class).pvalue > ALARM
    # How often each pattern, and each place in the order, is repeated: alike for all.
    repeats, places = np.zeros((5, 10)), np.zeros(10)
    for sequence, label in zip(task.test.sequences, task.test.labels, strict=True):
        seen = ((sequence[:, None, BITS:] - task.patterns) ** 2).sum(axis=2).argmin(axis=1)
        more = np.bincount(seen, minlength=10) - 1
        repeats[label] += more
        places += more[task.orders[label]]
    assert stats.chi2_contingency(repeats).pvalue > ALARM
    assert stats.chisquare(places).pvalue > ALARM


def test_repeated_steps_have_noise_and_bits_of_their_own():
    task = draw(11, **SMALL, extra_steps=5)
    steps = rows(task)
    assert len(np.unique(steps[:, BITS:], axis=0)) == len(steps) > 150 * 11


# --- Draws ---------------------------------------------------------------------------------------


def same(one: OrderTask, other: OrderTask, name: str) -> bool:
    first, second = getattr(one, name), getattr(other, name)
    return np.array_equal(first.labels, second.labels) and all(
        np.array_equal(*pair) for pair in zip(first.sequences, second.sequences, strict=True)
    )


def test_same_seed_same_bits():
    first = draw(12, **SMALL, extra_steps=2)
    second = draw(np.int64(12), **SMALL, extra_steps=2)
    assert all(same(first, second, name) for name in NAMES)
    assert np.array_equal(first.patterns, second.patterns)
    assert np.array_equal(first.orders, second.orders)


def test_each_seed_has_its_own_patterns_orders_and_sequences():
    tasks = [draw(seed, **SMALL) for seed in range(6)]
    for one, other in combinations(tasks, 2):
        assert not np.array_equal(one.orders, other.orders)
        assert not (one.patterns == other.patterns).any()
        assert not any(same(one, other, name) for name in NAMES)
    # What is learnt of one seed is of no use for another.
    right = bayes_classes(tasks[0], tasks[1].test.sequences) == tasks[1].test.labels
    assert right.mean() < 0.6


def test_parts_share_no_step_and_no_size():
    task = draw(13, **SMALL)
    steps = rows(task)
    assert len(np.unique(steps[:, BITS:], axis=0)) == len(steps)
    other = draw(13, **{**SMALL, "train": 20})
    assert same(task, other, "validation")
    assert same(task, other, "test")
    assert not np.array_equal(task.validation.labels[:40], task.test.labels[:40])


def test_a_classifier_of_the_same_seed_gets_other_random_numbers():
    task = draw(14, **SMALL)
    root = np.random.SeedSequence(14)
    for sequence in (root, *root.spawn(6)):
        drawn = np.random.default_rng(sequence).normal(size=task.patterns.shape)
        assert not np.isin(task.patterns, drawn).any()


# --- What tells the class, and how well ----------------------------------------------------------


@pytest.mark.parametrize("extra_steps", [0, 4])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_pooled_features_are_at_chance(seed, extra_steps):
    task = draw(seed, extra_steps=extra_steps)
    linear = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000))
    for model in (linear, NearestCentroid()):
        model.fit(pooled(task.train.sequences), task.train.labels)
        answers = model.predict(pooled(task.test.sequences))
        assert at_chance(int((answers == task.test.labels).sum()), 1000, 0.2)
    # The same table of the first half of the steps does tell the class: the test can see.
    halves = [[each[:5] for each in part.sequences] for part in (task.train, task.test)]
    linear.fit(pooled(halves[0]), task.train.labels)
    right = int((linear.predict(pooled(halves[1])) == task.test.labels).sum())
    assert not at_chance(right, 1000, 0.2)
    assert right > 200


def nearest_template(task: OrderTask, sequences: list) -> list:
    """Matched filter: the class whose patterns in order are nearest to the whole sequence."""
    found = []
    for sequence in sequences:
        errors = [
            sum(((sequence[t, 16:] - task.patterns[order[t]]) ** 2).sum() for t in range(10))
            for order in task.orders
        ]
        found.append(int(np.argmin(errors)))
    return found


def test_bayes_is_the_matched_filter_for_sequences_of_one_length():
    task = draw(15, **SMALL, noise=12.0)
    found = bayes_classes(task, task.test.sequences)
    assert found.tolist() == nearest_template(task, task.test.sequences)
    assert found.dtype == np.int64
    assert 0 < (found != task.test.labels).sum() < 40


@pytest.mark.parametrize("noise", [0.7, 2.0, 6.0])
def test_bayes_sums_over_all_repeats(noise):
    settings = {"classes": 4, "steps": 3, "extra_steps": 3, "train": 4, "validation": 4, "test": 12}
    task = draw(16, **settings, noise=noise)
    assert {len(sequence) for sequence in task.test.sequences} == {3, 4, 5, 6}
    for sequence in task.test.sequences:
        expected = []
        for order in task.orders:
            total = 0.0
            for repeated in product(range(3), repeat=len(sequence) - 3):
                means = task.patterns[order[sorted([0, 1, 2, *repeated])]]
                total += math.exp(
                    stats.norm.logpdf(sequence[:, BITS:], means, noise).sum()
                    - stats.norm.logpdf(sequence[:, BITS:], 0, noise).sum()
                )
            expected.append(math.log(total))
        found = log_likelihood(task, sequence)
        assert found - found[0] == pytest.approx(np.array(expected) - expected[0], abs=1e-8)


def test_two_classes_are_confused_as_often_as_their_distance_says():
    task = draw(17, classes=2, train=2, validation=2, test=4000, noise=14.0)
    distance = np.linalg.norm(task.patterns[task.orders[0]] - task.patterns[task.orders[1]])
    expected = stats.norm.cdf(-distance / (2 * 14.0))
    assert 0.1 < expected < 0.3
    wrong = int((bayes_classes(task, task.test.sequences) != task.test.labels).sum())
    assert at_chance(wrong, 4000, expected)


def adams_accuracy(seed: int, hidden: int = 32) -> float:
    """Test accuracy of the network that the docstring of ``draw`` describes."""
    task = draw(seed)
    centre, scale = scaling(task.train.sequences, "standard")
    known, unseen, scored = (
        Clips(
            *pad([(sequence - centre) / scale for sequence in part.sequences]),
            torch.from_numpy(part.labels),
        )
        for part in parts(task)
    )
    network = Network(Layout(FEATURES, hidden, 5))
    for_start, for_batches = np.random.SeedSequence(seed).spawn(2)
    side = 1 / np.sqrt(hidden)
    start = side * (2 * np.random.default_rng(for_start).random(network.layout.size) - 1)
    with one_thread():
        course = adam(
            network,
            torch.from_numpy(start),
            known,
            unseen,
            epochs=100,
            learning_rate=0.01,
            patience=20,
            seed=for_batches,
        )
        with torch.no_grad():
            weights = network.layout.unpack(course.weights)
            answers = network.logits(weights, scored.inputs, scored.lengths).argmax(dim=1)
    return float((answers == scored.truth).double().mean())


def test_adam_ends_below_the_ceiling_and_far_above_chance():
    # The first three of the ten seeds by which the noise was fixed.
    seeds = (1000, 1001, 1002)
    learnt = np.mean([adams_accuracy(seed) for seed in seeds])
    assert 0.7 < learnt < 0.9
    for seed in seeds:
        task = draw(seed)
        known = bayes_classes(task, task.test.sequences) == task.test.labels
        # Not one sequence in a thousand is told wrongly by who knows the rule.
        assert known.mean() > 0.999 - 1e-9


# --- What is refused -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"seed": -1}, "seed = -1 is not allowed"),
        ({"seed": 1.0}, r"seed = 1\.0 is not allowed"),
        ({"seed": True}, "seed = True is not allowed"),
        ({"seed": None}, "seed = None is not allowed"),
        ({"classes": 1}, "classes = 1 is not allowed"),
        ({"classes": 7, "steps": 3}, "classes = 7 is not allowed with steps = 3: there are only 6"),
        ({"steps": 1}, "steps = 1 is not allowed"),
        ({"steps": "10"}, "steps = '10' is not allowed"),
        ({"extra_steps": -1}, "extra_steps = -1 is not allowed"),
        ({"extra_steps": 0.5}, r"extra_steps = 0\.5 is not allowed"),
        ({"train": 4}, "train = 4 is not allowed: it must be a whole number, 5 or more"),
        ({"validation": 0}, "validation = 0 is not allowed"),
        ({"test": 3}, "test = 3 is not allowed"),
        ({"test": 99.5}, r"test = 99\.5 is not allowed"),
        ({"noise": 0}, "noise = 0 is not allowed"),
        ({"noise": -1.0}, r"noise = -1\.0 is not allowed"),
        ({"noise": math.nan}, "noise = nan is not allowed"),
        ({"noise": math.inf}, "noise = inf is not allowed"),
        ({"noise": "3"}, "noise = '3' is not allowed: it must be a number"),
        ({"noise": True}, "noise = True is not allowed: it must be a number"),
    ],
)
def test_impossible_settings(settings, words):
    with pytest.raises(InputError, match=words):
        draw(**{"seed": 0, **SMALL, **settings})


def test_many_classes_of_many_steps_are_possible():
    assert len(draw(0, classes=40, steps=30, train=40, validation=40, test=40).orders) == 40


def test_sequences_that_bayes_cannot_read():
    task = draw(0, **SMALL)
    good = task.test.sequences[0]
    for bad, words in [
        (good[:9], "sequence 1 has 9 steps: it must have the task's 10 or more"),
        (good[:, :57], "sequence 1 has 57 features"),
        (np.where(good == good[0, 20], np.nan, good), "sequence 1 holds NaN"),
    ]:
        with pytest.raises(InputError, match=words):
            bayes_classes(task, [good, bad])
    with pytest.raises(InputError, match="no sequences"):
        bayes_classes(task, [])
