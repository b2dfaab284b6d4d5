"""Ways to divide samples: what must stay apart, what is drawn, and what cannot be done."""

import numpy as np
import pytest

from har_lib import folds
from har_lib.errors import InputError
from har_lib.folds import divide

#: 18, 12 and 6 samples of three classes, in twelve groups of one sample a class at most.
LABELS = np.repeat([0, 1, 2], [18, 12, 6])
GROUPS = np.r_[np.arange(18), np.arange(12), np.arange(6)] % 12


@pytest.mark.parametrize("count", [2, 3, 6])
def test_folds_at_random_test_each_sample_once_in_the_shares_of_its_class(count):
    parts = list(divide(LABELS, GROUPS, count, seed=0, split="random"))
    assert len(parts) == count
    for train, test in parts:
        assert sorted([*train, *test]) == list(range(36))
        assert np.bincount(LABELS[test]).tolist() == [18 // count, 12 // count, 6 // count]
    assert sorted(i for _, test in parts for i in test) == list(range(36))


def test_folds_at_random_follow_the_seed_and_not_the_groups():
    def tests(seed: int, groups: np.ndarray = GROUPS) -> list[list[int]]:
        return [test.tolist() for _, test in divide(LABELS, groups, 3, seed, "random")]

    assert tests(0) == tests(0) == tests(0, GROUPS[::-1])
    assert tests(0) != tests(1)
    # Drawn, not cut from the front: a fold's samples of a class are no stretch.
    assert any(np.diff([i for i in test if i < 18]).max() > 1 for test in tests(0))
    both = [np.intersect1d(GROUPS[a], GROUPS[b]) for a, b in divide(LABELS, GROUPS, 3, 0, "random")]
    assert all(len(shared) for shared in both)


def test_groups_stay_apart_by_default():
    for count in (3, 12, 20):
        for train, test in divide(LABELS, GROUPS, count, seed=1):
            assert not set(GROUPS[train]) & set(GROUPS[test])


def test_resubstitution_tests_what_it_trains():
    ((train, test),) = divide(LABELS, GROUPS, 3, 0, "resubstitution")
    assert train.tolist() == test.tolist() == list(range(36))
    # One group and one class are enough for that.
    ((train, test),) = divide(np.zeros(4), np.zeros(4), 10, 0, "resubstitution")
    assert len(train) == len(test) == 4


@pytest.mark.parametrize(
    ("count", "split", "message"),
    [
        (7, "random", r"7 folds at random .* no more than the rarest class has clips \(2: 6\)"),
        (1, "random", "1 folds at random are not possible"),
        (1, "groups", "cannot be split into 1 folds by group"),
        (3, "official1", "split = 'official1' .* groups, random, resubstitution"),
    ],
)
def test_what_cannot_be_divided_is_refused_in_one_line(count, split, message):
    with pytest.raises(InputError, match=message) as caught:
        list(divide(LABELS, GROUPS, count, 0, split))
    assert "\n" not in str(caught.value)


def test_given_splits_become_arrays_in_their_order():
    ((train, test),) = folds.check_given([([3, 0], [2])], count=4)
    assert (train.tolist(), test.tolist()) == ([3, 0], [2])
