"""Bounds of macro precision against every confusion matrix of small cases."""

from fractions import Fraction
from itertools import pairwise, product

import numpy as np
import pytest
from sklearn.metrics import precision_score

from har_lib.audit_matrices import _fill
from har_lib.audit_precision import precision_bounds
from har_lib.errors import InputError
from har_lib.ucf101_supports import supports


def cases(count: int) -> list[tuple[list[int], int]]:
    generator = np.random.default_rng(0)
    found = []
    while len(found) < count:
        classes = int(generator.integers(2, 5))
        sizes = generator.integers(1, 8 if classes < 4 else 5, classes).tolist()
        found.append((sizes, int(generator.integers(0, known(sizes) + 1)) % 6))
    return found


def known(sizes: list[int]) -> int:
    return sum(sizes) - max(sizes) - (len(sizes) - 1)


def precisions(sizes: list[int], errors: int) -> tuple[list[Fraction], list[Fraction]]:
    """Of all divisions of the errors: the mean with 0 for classes never named, and without them.

    A division is a matrix just where no class is concerned by more than all errors.
    """
    zero, left_out = [], []
    for lost in product(*(range(n + 1) for n in sizes)):
        if sum(lost) != errors:
            continue
        for entered in product(*(range(errors - e + 1) for e in lost)):
            if sum(entered) != errors:
                continue
            triples = zip(sizes, lost, entered, strict=True)
            named = [(n - e, n - e + f) for n, e, f in triples if n - e + f]
            total = sum((Fraction(*pair) for pair in named), Fraction(0))
            zero.append(total / len(sizes))
            left_out.append(total / len(named))
    return zero, left_out


def test_bounds_by_counting():
    outcomes = set()
    for sizes, errors in cases(120):
        found = precision_bounds(sizes, errors)
        every, left_out = precisions(sizes, errors)
        assert found.high == max(every)
        assert found.low <= min(every)
        if found.reached:
            assert found.low == min(every)
        outcomes.add((found.reached, found.low == min(every)))
        # Leaving classes that are never named out of the mean: the same highest, no lower lowest.
        assert max(left_out) == found.high
        assert min(left_out) >= found.low
    assert {(True, True), (False, False)} <= outcomes


def test_a_class_left_out_of_the_mean_can_raise_the_lowest():
    """Five clips, one and two: with one error the lowest is 5/9, or 5/6 without the lost class."""
    every, left_out = precisions([5, 1, 2], 1)
    assert precision_bounds([5, 1, 2], 1).low == min(every) == Fraction(5, 9)
    assert min(left_out) == Fraction(5, 6)


def test_bounds_hold_over_more_than_one_number_of_errors():
    """What the audit does: lowest from the most errors, highest from the least."""
    for sizes, _ in cases(60):
        found = [precision_bounds(sizes, errors) for errors in range(known(sizes) + 1)]
        for fewer, more in pairwise(found):
            assert more.low <= fewer.low
            assert more.high < fewer.high


def test_both_ends_by_scikit_learn():
    """Matrices that reach the ends, scored by another library."""
    sizes, errors = np.array([3, 4, 3]), 3
    found = precision_bounds(sizes, errors)
    assert found.reached
    seen = []
    for lost in product(range(errors + 1), repeat=3):
        for entered in product(range(errors + 1), repeat=3):
            if sum(lost) == sum(entered) == errors and max(np.add(lost, entered)) <= errors:
                matrix = _fill(sizes, np.array(lost), np.array(entered))
                true, guess = (np.repeat(i.ravel(), matrix.ravel()) for i in np.indices((3, 3)))
                seen.append(precision_score(true, guess, average="macro", zero_division=0))
    assert (min(seen), max(seen)) == pytest.approx((float(found.low), float(found.high)))


def test_no_random_matrix_of_ucf101_lies_outside():
    sizes = np.array(supports("split 1"))
    generator = np.random.default_rng(1)
    found = precision_bounds(sizes, 183)
    for _ in range(20):
        lost = generator.multivariate_hypergeometric(sizes, 183)
        entered = generator.multinomial(183, generator.dirichlet(np.full(len(sizes), 0.05)))
        if (lost + entered > 183).any():
            continue
        mean = ((sizes - lost) / (sizes - lost + entered)).mean()
        assert float(found.low) <= mean <= float(found.high)
    # All wrong clips named as the largest class is the highest, by hand.
    assert found.high == (100 + Fraction(49, 49 + 183)) / 101


def test_no_errors_are_perfect():
    found = precision_bounds([3, 9, 4], 0)
    assert (found.low, found.high, found.reached) == (1, 1, True)


@pytest.mark.parametrize("errors", [-1, 0.5, 8, 100])
def test_unknown_numbers_of_errors(errors):
    with pytest.raises(InputError, match="from 0 to 7") as caught:
        precision_bounds([5, 5, 4], errors)
    assert "\n" not in str(caught.value)


def test_errors_up_to_the_known_number_are_answered():
    assert precision_bounds([5, 5, 4], 7).high == max(precisions([5, 5, 4], 7)[0])


def test_lowest_of_two_classes_is_always_reached():
    for sizes in ([4, 4], [3, 7], [6, 2], [5, 9]):
        for errors in range(known(sizes) + 1):
            found = precision_bounds(sizes, errors)
            assert found.reached
            assert found.low == min(precisions(sizes, errors)[0])
