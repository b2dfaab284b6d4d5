"""The 40 numbers of a key frame: each kind by hand, and the 2-D detector by brute force."""

import numpy as np
import pytest
from scipy import ndimage

from har_lib import stip, stip_vector
from har_lib.errors import InputError
from har_lib.stip_vector import interest_vector, responses_2d

SHAPE = (120, 160)


def some_points(count, seed=0):
    """Points strongest first, at random places, and jets."""
    random = np.random.default_rng(seed)
    points = stip.Points(
        random.integers(20, 30, count),
        random.integers(0, SHAPE[0], count),
        random.integers(0, SHAPE[1], count),
        -np.sort(-(10 ** random.uniform(1, 12, count))),
        random.normal(size=(count, 6)).astype(np.float32),
        random.choice([2.0, 4.0, 8.0], (count, 2)),
    )
    return points, random.normal(size=(count, 34)).astype(np.float32)


def rows_by_hand(points, kind, frame):
    """What each point contributes, written out."""
    rows = []
    for i in range(len(points)):
        place = [points.x[i] / 160, points.y[i] / 120]
        time = points.t[i] - frame
        rows.append(
            {
                "responses": [np.log(1 + points.response[i])],
                "places": place,
                "places_time": [*place, time, np.log(1 + points.response[i])],
                "places_scale": [*place, time, points.scale[i][0], points.scale[i][1]],
            }[kind]
        )
    return rows


@pytest.mark.parametrize(
    ("kind", "most"),
    [("responses", 40), ("places", 20), ("places_time", 10), ("places_scale", 8)],
)
@pytest.mark.parametrize("count", [1, 8, 60])
def test_the_strongest_points_one_after_the_other(kind, most, count):
    points, jet = some_points(count)
    vector = interest_vector(points, jet, kind=kind, frame=25, frame_shape=SHAPE)
    rows = np.concatenate(rows_by_hand(points, kind, 25)[:most])
    expected = np.zeros(40)
    expected[: len(rows)] = rows
    assert vector.dtype == np.float32
    assert vector.shape == (40,)
    np.testing.assert_allclose(vector, expected, rtol=1e-6)
    assert count < most or (len(rows) == 40)


@pytest.mark.parametrize("kind", ["responses", "places", "places_time", "places_scale"])
def test_the_order_in_which_points_come_does_not_matter(kind):
    points, jet = some_points(50)
    mixed = np.random.default_rng(1).permutation(50)
    options = {"kind": kind, "frame": 25, "frame_shape": SHAPE}
    np.testing.assert_array_equal(
        interest_vector(points.take(mixed), jet[mixed], **options),
        interest_vector(points, jet, **options),
    )


def test_jets_are_the_description_and_the_default():
    points, jet = some_points(12)
    expected = stip.describe(jet, points.second_moments, points.response)
    np.testing.assert_array_equal(interest_vector(points, jet, kind="jets"), expected)
    np.testing.assert_array_equal(interest_vector(points, jet), expected)


def test_responses_of_the_frame_are_a_logarithm_whatever_the_points():
    row = np.linspace(1e6, 0, 40, dtype=np.float32)
    for count in (0, 5):
        vector = interest_vector(*some_points(count), kind="responses_2d", responses_2d=row)
        assert vector.dtype == np.float32
        np.testing.assert_allclose(vector, np.log(1 + row.astype(float)), rtol=1e-6)


@pytest.mark.parametrize("kind", [k for k in stip_vector.KINDS if k != "responses_2d"])
def test_without_points_there_are_zeros(kind):
    vector = interest_vector(*some_points(0), kind=kind, frame=3, frame_shape=SHAPE)
    assert vector.dtype == np.float32
    assert vector.tolist() == [0.0] * 40


def test_every_kind_differs():
    points, jet = some_points(60)
    row = np.full(40, 7.0, dtype=np.float32)
    found = {
        interest_vector(
            points, jet, kind=kind, frame=25, frame_shape=SHAPE, responses_2d=row
        ).tobytes()
        for kind in stip_vector.KINDS
    }
    assert len(found) == len(stip_vector.KINDS) == 6


def smooth_noise(shape, seed=0):
    noise = ndimage.gaussian_filter(np.random.default_rng(seed).normal(size=shape), (0, 1.5, 1.5))
    noise -= noise.min()
    return (255 * noise / noise.max()).astype(np.uint8)


def brute_force(frame):
    """The 40 largest responses of one frame, in float64."""
    smooth = ndimage.gaussian_filter(frame.astype(float), np.sqrt(4), mode="nearest")
    dx = ndimage.correlate1d(smooth, [-0.5, 0, 0.5], 1, mode="nearest")
    dy = ndimage.correlate1d(smooth, [-0.5, 0, 0.5], 0, mode="nearest")
    xx, xy, yy = (
        ndimage.gaussian_filter(product, np.sqrt(8), mode="nearest")
        for product in (dx * dx, dx * dy, dy * dy)
    )
    values = xx * yy - xy**2 - 0.04 * (xx + yy) ** 2
    height, width = values.shape
    maxima = [
        values[y, x]
        for y, x in np.ndindex(height, width)
        if values[y, x] > 0
        and values[y, x] == values[max(0, y - 1) : y + 2, max(0, x - 1) : x + 2].max()
    ]
    row = np.zeros(40)
    largest = sorted(maxima, reverse=True)[:40]
    row[: len(largest)] = largest
    return row, len(maxima)


@pytest.mark.parametrize(("shape", "enough"), [((60, 80), False), ((120, 160), True)])
def test_responses_of_frames_are_those_of_brute_force(shape, enough):
    clip = smooth_noise((3, *shape))
    found = responses_2d(clip)
    assert found.shape == (3, 40)
    assert found.dtype == np.float32
    for row, frame in zip(found, clip, strict=True):
        expected, count = brute_force(frame)
        assert (count >= 40) == enough
        np.testing.assert_allclose(row, expected, rtol=1e-3, atol=1e-5 * expected[0])
        assert np.count_nonzero(row) == min(count, 40)
    assert (np.diff(found) <= 0).all()
    assert (found >= 0).all()


def test_responses_of_a_frame_know_nothing_of_the_others():
    clip = smooth_noise((3, 60, 80))
    np.testing.assert_array_equal(responses_2d(clip)[1], responses_2d(clip[1:2])[0])


def test_responses_of_frames_grow_with_the_fourth_power_of_contrast():
    clip = smooth_noise((1, 60, 80)) // 4
    np.testing.assert_allclose(responses_2d(2 * clip), 16 * responses_2d(clip), rtol=1e-3)


@pytest.mark.parametrize("what", ["flat", "edge", "stripes", "square"])
def test_corners_of_a_frame_and_nothing_else(what):
    frame = np.full((60, 60), 30, dtype=np.uint8)
    if what == "edge":
        frame[:, 30:] = 200
    if what == "stripes":
        # They fade along and across, so that H has maxima, all of them negative.
        y, x = np.mgrid[:60, :60] * 2 * np.pi
        frame = (128 + (60 + 20 * np.cos(y / 30)) * np.cos(x / 12)).astype(np.uint8)
    if what == "square":
        frame[20:40, 20:40] = 200
    found = responses_2d(frame[np.newaxis])[0]
    corners = 4 if what == "square" else 0
    # The trace of an edge is about 1e3, so rounding in single precision leaves less than 1.
    assert np.count_nonzero(found > 1) == corners
    assert corners == 0 or found[0] > 1e3
    assert (found >= 0).all()


def test_bad_input_is_named():
    points, jet = some_points(3)
    with pytest.raises(InputError, match="kind = 'words'"):
        interest_vector(points, jet, kind="words")
    for wrong in (None, np.zeros(39), np.zeros((2, 40))):
        with pytest.raises(InputError, match="needs the 40 responses"):
            interest_vector(points, jet, kind="responses_2d", responses_2d=wrong)
    with pytest.raises(InputError, match=r"\(T, H, W\)"):
        responses_2d(np.zeros((20, 20)))
