"""Bounds of macro recall against counting everything, linear programs and Monte Carlo."""

from fractions import Fraction
from itertools import combinations, pairwise, product

import numpy as np
import pytest
from scipy.optimize import LinearConstraint, linprog, milp

from har_lib import audit_bounds as bounds
from har_lib.errors import InputError
from har_lib.ucf101_supports import SETS, supports

A = Fraction(95155, 100000)


def random_sizes(seed: int, most: int = 6, classes: int = 4) -> list[int]:
    generator = np.random.default_rng(seed)
    return generator.integers(1, most + 1, generator.integers(2, classes + 1)).tolist()


def recalls(sizes: list[int], errors: int) -> set[Fraction]:
    """Macro recall of every division of the errors among the classes."""
    return {
        sum((1 - Fraction(e, n) for e, n in zip(lost, sizes, strict=True)), Fraction(0))
        / len(sizes)
        for lost in product(*(range(n + 1) for n in sizes))
        if sum(lost) == errors
    }


def program(sizes: list[int], errors: float, sign: int, whole: bool = False) -> float:
    """Macro recall of a (mixed-integer) linear program: 1 the highest, -1 the lowest."""
    cost = sign / (len(sizes) * np.array(sizes, dtype=float))
    if whole:
        row = LinearConstraint(np.ones((1, len(sizes))), errors, errors)
        found = milp(cost, constraints=row, integrality=1, bounds=(0, np.array(sizes)))
    else:
        found = linprog(
            cost, A_eq=np.ones((1, len(sizes))), b_eq=[errors], bounds=[(0, n) for n in sizes]
        )
    assert found.success
    return 1 - sign * found.fun


# --- Recall for a number of errors ---------------------------------------------------------------


@pytest.mark.parametrize("seed", range(25))
def test_recall_bounds_by_counting(seed):
    sizes = random_sizes(seed)
    for errors in range(sum(sizes) + 1):
        found = bounds.recall_bounds(sizes, errors)
        every = recalls(sizes, errors)
        assert (found.low, found.high) == (min(every), max(every))


@pytest.mark.parametrize("name", SETS)
def test_recall_bounds_of_ucf101_by_integer_program(name):
    sizes = supports(name)
    errors = round(0.0485 * sum(sizes))
    found = bounds.recall_bounds(sizes, errors)
    assert float(found.high) == pytest.approx(program(sizes, errors, 1, whole=True), abs=1e-9)
    assert float(found.low) == pytest.approx(program(sizes, errors, -1, whole=True), abs=1e-9)


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("accuracy", [A, Fraction(1, 2), Fraction(1, 50)])
def test_highest_and_lowest_recall_by_linear_program(name, accuracy):
    sizes = supports(name)
    wrong = float(1 - accuracy) * sum(sizes)
    assert float(bounds.highest_recall(sizes, accuracy)) == pytest.approx(
        program(sizes, wrong, 1), abs=1e-9
    )
    assert float(bounds.lowest_recall(sizes, accuracy)) == pytest.approx(
        program(sizes, wrong, -1), abs=1e-9
    )


def test_whole_errors_lie_within_divisible_ones_and_meet_them():
    for seed in range(25):
        sizes = random_sizes(seed, 9)
        for errors in range(sum(sizes) + 1):
            accuracy = 1 - Fraction(errors, sum(sizes))
            found = bounds.recall_bounds(sizes, errors)
            assert bounds.highest_recall(sizes, accuracy) == found.high
            assert bounds.lowest_recall(sizes, accuracy) == found.low


def test_highest_recall_rises_and_is_concave():
    """What the bound of means and ranks of several runs rests on."""
    grid = [Fraction(k, 60) for k in range(61)]
    for seed in range(20):
        sizes = random_sizes(seed, 9)
        values = [bounds.highest_recall(sizes, a) for a in grid]
        steps = [b - a for a, b in pairwise(values)]
        assert all(step > 0 for step in steps)
        assert all(later <= step for step, later in pairwise(steps))
    assert (values[0], values[-1]) == (0, 1)


def test_means_and_every_rank_of_runs_obey_the_bound():
    generator = np.random.default_rng(3)
    tight = []
    for seed in range(40):
        sizes = np.array(random_sizes(seed, 9))
        lost = generator.binomial(sizes, generator.random((5, 1)) / 2)
        accuracy = np.sort(1 - lost.sum(axis=1) / sizes.sum())
        recall = np.sort((1 - lost / sizes).mean(axis=1))
        pairs = [(accuracy.mean(), recall.mean()), *zip(accuracy, recall, strict=True)]
        tight += [float(bounds.highest_recall(sizes, min(a, 1))) - r for a, r in pairs]
    assert -1e-12 < min(tight) < 0.02


# --- Back from recall to accuracy and to the sizes of classes ------------------------------------


def test_most_errors_and_lowest_accuracy_undo_highest_recall():
    for seed in range(25):
        sizes = random_sizes(seed, 9)
        for k in range(31):
            accuracy = Fraction(k, 30)
            recall = bounds.highest_recall(sizes, accuracy)
            assert bounds.lowest_accuracy(sizes, recall) == accuracy
            assert bounds.most_errors(sizes, recall) == (1 - accuracy) * sum(sizes)


def test_most_errors_by_counting():
    for seed in range(20):
        sizes = random_sizes(seed)
        for recall in (Fraction(1, 3), Fraction(4, 5), Fraction(19, 20)):
            most = max(e for e in range(sum(sizes) + 1) if max(recalls(sizes, e)) >= recall)
            assert most == int(bounds.most_errors(sizes, recall))


def test_needed_ratio_is_necessary_and_cannot_be_raised():
    met = []
    for seed in range(40):
        sizes = random_sizes(seed, 9)
        for errors in range(1, sum(sizes)):
            found = bounds.recall_bounds(sizes, errors)
            accuracy = 1 - Fraction(errors, sum(sizes))
            needed = bounds.needed_ratio(accuracy, found.high)
            met.append(bounds.support_ratio(sizes) / needed)
    assert min(met) == 1
    assert max(met) > 1
    # Not sufficient: the ratio is there, but the largest class cannot hold all errors.
    sizes = [4, 1, 1]
    assert bounds.support_ratio(sizes) == 2 == bounds.needed_ratio(Fraction(1, 6), Fraction(7, 12))
    assert bounds.highest_recall(sizes, Fraction(1, 6)) < Fraction(7, 12)


def test_needed_ratio_of_the_claim():
    assert float(bounds.needed_ratio(A, Fraction(9715, 10000))) == pytest.approx(1.7, abs=1e-9)
    assert bounds.needed_ratio(1, 0) == 0
    with pytest.raises(InputError, match="no error at all"):
        bounds.needed_ratio(0.9, 1)


# --- Subsets of classes, and means over test sets ------------------------------------------------


@pytest.mark.parametrize("seed", range(40))
def test_best_subset_by_trying_all(seed):
    generator = np.random.default_rng(seed)
    sizes = generator.integers(1, (9, 60)[seed % 2], generator.integers(2, 8)).tolist()
    for k in (0, 30, 77, 95, 100):
        accuracy = Fraction(k, 100)
        best = max(
            bounds.highest_recall(chosen, accuracy)
            for count in range(2, len(sizes) + 1)
            for chosen in combinations(sizes, count)
        )
        found = bounds.best_subset(sizes, accuracy)
        assert found.recall == best == bounds.highest_recall(found.supports, accuracy)
        left = list(sizes)
        for size in found.supports:
            left.remove(size)


def test_best_subset_by_integer_program():
    """Classes and their errors chosen together, for each number of classes, twelve of them."""
    sizes = np.array(supports("split 1")[:12])
    accuracy = 0.95155
    found = bounds.best_subset(sizes, Fraction(95155, 100000))
    best = 0.0
    for count in range(2, len(sizes) + 1):
        # Chosen x_c (0 or 1), then errors e_c <= n_c x_c; errors of at least 1 - a of the clips.
        C = len(sizes)
        rows = LinearConstraint(
            np.block(
                [
                    [np.diag(sizes), -np.eye(C)],
                    [-(1 - accuracy) * sizes[None, :], np.ones((1, C))],
                    [np.ones((1, C)), np.zeros((1, C))],
                ]
            ),
            [*np.zeros(C + 1), count],
            [*np.full(C + 1, np.inf), count],
        )
        result = milp(
            np.concatenate([np.zeros(C), 1 / sizes]),
            constraints=rows,
            integrality=np.repeat([1, 0], C),
            bounds=(0, np.concatenate([np.ones(C), sizes])),
        )
        assert result.success
        best = max(best, 1 - result.fun / count)
    assert float(found.recall) == pytest.approx(best, abs=1e-7)
    assert found.recall > bounds.highest_recall(sizes, Fraction(95155, 100000))


def test_mean_over_splits_by_linear_program():
    splits = [supports(name) for name in SETS[:3]]
    cost = np.concatenate([1 / (3 * len(s) * np.array(s)) for s in splits])
    share = np.concatenate([np.full(len(s), 1 / (3 * sum(s))) for s in splits])
    found = linprog(
        cost,
        A_eq=share[None, :],
        b_eq=[float(1 - A)],
        bounds=[(0, n) for s in splits for n in s],
    )
    assert float(bounds.mean_over_splits(splits, A)) == pytest.approx(1 - found.fun, abs=1e-8)


def test_mean_over_splits_of_different_sizes():
    first, second = [9, 1, 1], [2, 2]
    every = {}
    for e, f in product(range(12), range(5)):
        accuracy = 1 - (Fraction(e, 11) + Fraction(f, 4)) / 2
        recall = (max(recalls(first, e)) + max(recalls(second, f))) / 2
        every[accuracy] = max(every.get(accuracy, Fraction(0)), recall)
    gaps = [bounds.mean_over_splits([first, second], a) - r for a, r in every.items()]
    assert min(gaps) == 0
    assert sum(gap == 0 for gap in gaps) > 10
    with pytest.raises(InputError, match="no test set"):
        bounds.mean_over_splits([], 0.9)


# --- Errors by chance ----------------------------------------------------------------------------


@pytest.mark.parametrize(("sizes", "errors"), [([1, 4], 1), ([2, 3, 7], 3), ([1, 1, 6, 2], 4)])
def test_random_error_deviation_by_every_subset_of_clips(sizes, errors):
    labels = np.repeat(np.arange(len(sizes)), sizes)
    gaps = []
    for wrong in combinations(range(len(labels)), errors):
        lost = np.bincount(labels[list(wrong)], minlength=len(sizes))
        gaps.append(np.mean(1 - lost / sizes) - 1 + errors / len(labels))
    assert np.mean(gaps) == pytest.approx(0, abs=1e-12)
    assert bounds.random_error_deviation(sizes, errors) == pytest.approx(np.std(gaps), abs=1e-12)


def test_random_error_deviation_by_monte_carlo_on_ucf101():
    sizes = np.array(supports("split 1"))
    errors = 183
    drawn = np.random.default_rng(5).multivariate_hypergeometric(sizes, errors, size=20_000)
    gaps = (1 - drawn / sizes).mean(axis=1) - (1 - errors / sizes.sum())
    expected = bounds.random_error_deviation(sizes, errors)
    assert np.std(gaps) == pytest.approx(expected, rel=0.03)
    assert abs(np.mean(gaps)) < 4 * expected / np.sqrt(len(drawn))


@pytest.mark.parametrize("sizes", [[2, 4], [1, 1, 6, 2], [5, 5, 5]])
def test_whole_class_deviation_by_every_choice_of_classes(sizes):
    for wrong in range(len(sizes) + 1):
        gaps = [
            (1 - wrong / len(sizes)) - (1 - sum(chosen) / sum(sizes))
            for chosen in combinations(sizes, wrong)
        ]
        assert np.mean(gaps) == pytest.approx(0, abs=1e-12)
        found = bounds.whole_class_deviation(sizes, wrong)
        assert found == pytest.approx(np.std(gaps), abs=1e-12)
    with pytest.raises(InputError, match="is not allowed"):
        bounds.whole_class_deviation(sizes, len(sizes) + 1)


def test_highest_subset_ratio_by_trying_all():
    for seed in range(20):
        sizes = random_sizes(seed, 9, 7)
        best = max(
            bounds.support_ratio(chosen)
            for count in range(2, len(sizes) + 1)
            for chosen in combinations(sizes, count)
        )
        assert bounds.highest_subset_ratio(sizes) == best


# --- Bad input -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong",
    [[], [3], [0, 3], [1.5, 2], [[1, 2]], [[1, 2], [3]], ["a", "b"], None, 7, [float("nan"), 2]],
)
def test_impossible_supports(wrong):
    with pytest.raises(InputError, match="supports") as caught:
        bounds.check_supports(wrong)
    assert "\n" not in str(caught.value)


def test_infinite_supports():
    with pytest.raises(InputError, match="whole numbers"):
        bounds.check_supports([float("inf"), 3])


def test_supports_are_whole_numbers_of_any_type():
    for given in ([3, 2], (3.0, 2.0), np.array([3, 2], dtype=np.uint8)):
        found = bounds.check_supports(given)
        assert found == [3, 2]
        assert {type(size) for size in found} == {int}


@pytest.mark.parametrize("errors", [-1, 6, 0.5])
def test_impossible_errors(errors):
    for function in (bounds.recall_bounds, bounds.random_error_deviation):
        with pytest.raises(InputError, match="whole number from 0 to the 5 clips"):
            function([4, 1], errors)


@pytest.mark.parametrize("share", [-0.1, 1.01, float("nan"), float("inf"), "x", None])
def test_impossible_shares(share):
    for function in (bounds.highest_recall, bounds.lowest_recall, bounds.lowest_accuracy):
        with pytest.raises(InputError, match="share from 0 to 1"):
            function([4, 1], share)


def test_ranges_meet_at_their_ends():
    found = bounds.Range(Fraction(1, 4), Fraction(1, 2))
    assert found.meets(0.5, 0.9)
    assert found.meets(0, 0.25)
    assert not found.meets(Fraction(51, 100), 1)
    assert not found.meets(0, Fraction(24, 100))
