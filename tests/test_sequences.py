"""What a classifier sees: thinning, scaling and the part held out for validation."""

import numpy as np
import pytest
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from har_lib.errors import InputError
from har_lib.sequences import hold_out, scaling, thin


@pytest.fixture
def rows() -> np.ndarray:
    """Five columns: numbers, bits, the constants 1 and 0.1, numbers."""
    rows = np.random.default_rng(0).normal(3, 2, (40, 5))
    rows[:, 1] = rows[:, 1] > 3
    rows[:, 2] = 1.0
    rows[:, 3] = 0.1
    return rows


def scaled(rows: np.ndarray, kind: str) -> np.ndarray:
    centre, scale = scaling([rows[:15], rows[15:]], kind)
    return (rows - centre) / scale


def test_standard_scaling_leaves_bits_alone(rows):
    centre, scale = scaling([rows[:15], rows[15:]])
    assert (centre[1], scale[1], centre[2], scale[2]) == (0, 1, 0, 1)
    assert scale[3] == 1
    standard = (rows - centre) / scale
    assert np.allclose(standard[:, [0, 4]].mean(axis=0), 0, atol=1e-12)
    assert np.allclose(standard[:, [0, 4]].std(axis=0), 1)
    assert np.array_equal(standard[:, 1], rows[:, 1])


@pytest.mark.parametrize(
    ("kind", "reference"),
    [("standard_all", StandardScaler()), ("range", MinMaxScaler((-1, 1)))],
)
def test_other_scalings_are_scikit_learns(rows, kind, reference):
    varying = [0, 1, 4]
    expected = reference.fit_transform(rows[:, varying])
    assert np.allclose(scaled(rows, kind)[:, varying], expected, rtol=0, atol=1e-12)
    assert np.allclose(scaled(rows, kind)[:, [2, 3]], 0, rtol=0, atol=1e-15)
    # Of bits, range makes -1 and 1 and not 0 and 1.
    assert set(scaled(rows, "range")[:, 1]) == {-1.0, 1.0}


def test_no_scaling_changes_no_bit(rows):
    assert np.array_equal(scaled(rows, "none"), rows)


def test_one_row_is_scaled_to_nothing(rows):
    for kind in ("standard_all", "range"):
        centre, scale = scaling([rows[:1]], kind)
        assert np.array_equal(centre, rows[0])
        assert (scale == 1).all()


def test_unknown_kinds_are_refused(rows):
    with pytest.raises(InputError, match="kind = 'minmax'"):
        scaling([rows], "minmax")
    with pytest.raises(InputError, match="which = 'last'"):
        thin(rows, 3, "last")


def test_thinning_is_even_and_without_repetition():
    for length in range(1, 60):
        for wanted in range(1, 30):
            kept = thin(np.arange(length)[:, None], wanted).ravel()
            assert len(kept) == min(length, wanted)
            assert (np.diff(kept) > 0).all()
            if wanted > 1:
                assert (kept[0], kept[-1]) == (0, length - 1)
                assert np.ptp(np.diff(kept)) <= 1 if len(kept) > 1 else True


def test_the_first_rows_are_those_of_the_sequence(rows):
    for length in (1, 7, 40, 41):
        assert np.array_equal(thin(rows, length, "first"), rows[:length])


def test_hold_out_never_takes_the_last_of_a_class():
    # Class 2 lives in groups 0 and 1 alone.
    groups = np.repeat(np.arange(6), 4)
    target = np.tile([0, 1, 0, 1], 6)
    target[[0, 4]] = 2
    for seed in range(50):
        held_out = hold_out(target, groups, 0.8, seed)
        assert set(target[~held_out]) == {0, 1, 2}
        assert not set(groups[held_out]) & set(groups[~held_out])
        assert 1 <= len(set(groups[held_out])) <= 5
    drawn = {tuple(np.unique(groups[hold_out(target, groups, 0.2, seed)])) for seed in range(50)}
    assert len(drawn) == 6


def test_hold_out_with_no_group_to_spare_is_refused():
    with pytest.raises(InputError, match="losing a class"):
        hold_out(np.array([0, 0, 1, 1]), np.array([0, 0, 1, 1]), 0.2, 0)
    with pytest.raises(InputError, match="one group"):
        hold_out(np.array([0, 1, 0, 1]), np.zeros(4), 0.2, 0)
