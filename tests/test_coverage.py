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


def test_four_deviations_to_either_side_of_the_mean():
    # Half at 30, half at 50: mean 40, deviation 10 of the population, not 10.5 of a sample.
    two = points([30, 50] * 5, [7, 7] * 5)
    found = coverage(two, (100, 200), "deviation", "pixels")
    np.testing.assert_allclose(found, [40, 0])
    # A uniform cloud over a length L has L / sqrt(12) as deviation.
    even = points(np.linspace(0, 60, 100001), np.linspace(20, 50, 100001))
    np.testing.assert_allclose(
        coverage(even, (100, 200), "deviation", "pixels"),
        [4 * 60 / np.sqrt(12), 4 * 30 / np.sqrt(12)],
        rtol=1e-4,
    )


def test_one_stray_point_moves_the_deviation_less_than_the_extent():
    cloud = points([50] * 99 + [150], [50] * 100)
    assert coverage(cloud, (200, 200), "extent", "pixels")[0] == 100
    assert coverage(cloud, (200, 200), "deviation", "pixels")[0] == pytest.approx(39.8, abs=0.01)


def test_the_silhouettes_box_needs_no_points():
    mask = np.zeros((120, 160), dtype=bool)
    mask[30:90, 20:60] = True
    nothing = points([], [])
    found = coverage(nothing, (120, 160), "silhouette", mask=mask)
    np.testing.assert_allclose(found, [40 / 160, 60 / 120])
    assert coverage(nothing, (120, 160), "silhouette", "pixels", mask).tolist() == [40.0, 60.0]
    whole = np.ones((120, 160), dtype=bool)
    assert coverage(nothing, (120, 160), "silhouette", mask=whole).tolist() == [1.0, 1.0]
    assert coverage(nothing, (120, 160), "silhouette", mask=~whole).tolist() == [0.0, 0.0]


@pytest.mark.parametrize("measure", ["extent", "deviation", "silhouette"])
def test_pixels_are_shares_times_the_sides(measure):
    random = np.random.default_rng(1)
    cloud = points(*random.integers(0, 90, (2, 20)))
    mask = np.zeros((120, 160), dtype=bool)
    mask[5:50, 9:99] = True
    shares = coverage(cloud, (120, 160), measure, "frame", mask)
    pixels = coverage(cloud, (120, 160), measure, "pixels", mask)
    assert shares.dtype == pixels.dtype == np.float32
    assert (shares > 0).all()
    np.testing.assert_allclose(pixels, shares * [160, 120], rtol=1e-6)
    if measure != "silhouette":
        for unit in ("frame", "pixels"):
            assert coverage(points([], []), (120, 160), measure, unit).tolist() == [0.0, 0.0]


def test_bad_input_is_named():
    some = points([1, 2], [3, 4])
    with pytest.raises(InputError, match="measure = 'area'"):
        coverage(some, (120, 160), "area")
    with pytest.raises(InputError, match="unit = 'metres'"):
        coverage(some, (120, 160), unit="metres")
    with pytest.raises(InputError, match="needs a silhouette"):
        coverage(some, (120, 160), "silhouette")
