"""The coverage factor by hand."""

from types import SimpleNamespace

import numpy as np
import pytest

from har_lib.coverage import centre, coverage
from har_lib.errors import InputError


def points(x, y):
    return SimpleNamespace(x=np.array(x), y=np.array(y))


def test_the_corners_of_a_box_give_its_sides():
    box = points([20, 100, 20, 100], [30, 30, 90, 90])
    np.testing.assert_allclose(coverage(box, (120, 160)), [80 / 160, 60 / 120])


def test_one_point_or_none_covers_nothing():
    assert coverage(points([5], [7]), (120, 160)).tolist() == [0.0, 0.0]
    assert coverage(points([], []), (120, 160)).tolist() == [0.0, 0.0]


def test_it_ignores_place_and_scales_linearly():
    random = np.random.default_rng(0)
    x, y = random.integers(0, 50, (2, 30))
    base = coverage(points(x, y), (100, 100))
    np.testing.assert_allclose(coverage(points(x + 40, y + 13), (100, 100)), base)
    np.testing.assert_allclose(coverage(points(2 * x, 2 * y), (100, 100)), 2 * base)


def test_the_order_is_horizontal_then_vertical():
    assert coverage(points([0, 10], [3, 3]), (100, 100)).tolist() == pytest.approx([0.1, 0.0])


def test_the_centre_is_the_mean_point():
    assert centre(points([0, 10, 20], [5, 5, 8])) == (10.0, 6.0)
    with pytest.raises(InputError, match="no interest points"):
        centre(points([], []))
