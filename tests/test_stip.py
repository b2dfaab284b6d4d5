"""Equations (3) to (7) against scipy in float64, closed forms and moving figures."""

import dataclasses
import math
import os
from pathlib import Path

import numpy as np
import pytest
from numpy.polynomial import hermite_e
from scipy import ndimage

from har_lib import jets as jets_module
from har_lib import stip, video
from har_lib.errors import InputError


def random_clip(shape=(24, 40, 48), seed=0):
    noise = np.random.default_rng(seed).normal(size=shape)
    smooth = ndimage.gaussian_filter(noise, 1.5)
    smooth -= smooth.min()
    return (255 * smooth / smooth.max()).astype(np.uint8)


def reference_moments(frames, spatial, temporal, factor):
    """Equation (5) in float64 by scipy.ndimage, the plain way."""
    deviations = np.sqrt([temporal, spatial, spatial])
    volume = ndimage.gaussian_filter(frames.astype(float), deviations, mode="nearest")
    parts = [
        deviations[axis] * ndimage.correlate1d(volume, [-0.5, 0, 0.5], axis, mode="nearest")
        for axis in (2, 1, 0)
    ]
    pairs = [(0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2)]
    window = np.sqrt(factor) * deviations
    return np.stack(
        [ndimage.gaussian_filter(parts[i] * parts[j], window, mode="nearest") for i, j in pairs]
    )


def full_matrix(moments):
    xx, xy, xt, yy, yt, tt = moments
    rows = [[xx, xy, xt], [xy, yy, yt], [xt, yt, tt]]
    return np.moveaxis(np.array(rows), (0, 1), (-2, -1))


def reference_response(moments, k):
    matrix = full_matrix(moments)
    return np.linalg.det(matrix) - k * np.trace(matrix, axis1=-2, axis2=-1) ** 3


@pytest.mark.parametrize(("spatial", "temporal"), [(4, 2), (1, 1), (8, 4)])
def test_eq03_scale_space_is_scipys_gaussian_filter_in_three_dimensions(spatial, temporal):
    clip = random_clip()
    expected = ndimage.gaussian_filter(
        clip.astype(float), np.sqrt([temporal, spatial, spatial]), mode="nearest"
    )
    found = stip.scale_space(clip, spatial, temporal)
    np.testing.assert_allclose(found, expected, atol=1e-3)


def test_eq03_smoothing_twice_is_smoothing_once_by_the_sum():
    clip = random_clip((40, 40, 40))
    deviations = np.sqrt([4.0, 9.0, 9.0])
    once = stip.scale_space(clip, 18.0, 8.0)
    twice = ndimage.gaussian_filter(
        ndimage.gaussian_filter(clip.astype(float), deviations, mode="nearest"),
        deviations,
        mode="nearest",
    )
    inner = (slice(15, -15),) * 3
    np.testing.assert_allclose(once[inner], twice[inner], atol=0.05)


def test_eq03_time_is_smoothed_too():
    clip = np.zeros((21, 9, 9), dtype=np.uint8)
    clip[10] = 200
    centre = stip.scale_space(clip, 1.0, 4.0)[:, 4, 4]
    assert 0 < centre[12] < centre[10] < 200


@pytest.mark.parametrize(("spatial", "temporal"), [(4, 2), (9, 4)])
def test_eq04_kernel_is_the_printed_formula_with_time_for_n(spatial, temporal):
    t, y, x = stip.gaussian_kernel(spatial, temporal)
    kernel = t[:, None, None] * y[:, None] * x
    reach_t, reach = len(t) // 2, len(x) // 2
    n, b, c = np.mgrid[-reach_t : reach_t + 1, -reach : reach + 1, -reach : reach + 1]
    printed = np.exp(-(b**2 + c**2) / (2 * spatial) - n**2 / (2 * temporal)) / np.sqrt(
        (2 * np.pi) ** 3 * spatial**2 * temporal
    )
    # Cut at four deviations and normalised: the sum misses 1 by less than 3e-4.
    np.testing.assert_allclose(kernel, printed, rtol=4e-4)
    assert kernel.sum() == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize(
    ("frames", "exponential"), [(1, 0.7788), (4, 0.01832), (30, 1.922e-98), (100, 0.0)]
)
def test_eq04_with_the_number_of_frames_for_n_is_no_kernel(frames, exponential):
    t, y, x = stip.gaussian_kernel(4.0, 2.0, form="literal", frames=frames)
    assert t.shape == (1,), "no extent in time"
    assert t[0] * math.sqrt(2 * math.pi * 2.0) == pytest.approx(exponential, rel=1e-3, abs=0)
    b = np.arange(-8, 9)
    for factor in (y, x):
        np.testing.assert_allclose(factor, np.exp(-(b**2) / 8) / math.sqrt(8 * math.pi))


def test_eq04_with_the_number_of_frames_smooths_in_space_alone():
    clip = random_clip((4, 40, 40))
    in_space = ndimage.gaussian_filter(clip.astype(float), (0, 2, 2), mode="nearest")
    left_of_time = math.exp(-(4**2) / 4) / math.sqrt(4 * math.pi)
    # Printed is no normalisation to sum 1, which misses by less than 1e-4 in each direction.
    found = stip.scale_space(clip, form="literal")
    np.testing.assert_allclose(found, left_of_time * in_space, rtol=2e-4)


def test_eq05_has_the_same_form_of_gaussian_in_its_window():
    clip = random_clip((4, 30, 30))
    dx, dy, dt = stip.gradient(stip.scale_space(clip, form="literal"))
    parts = 2 * dx, 2 * dy, math.sqrt(2) * dt
    pairs = [(0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2)]
    left_of_time = math.exp(-(4**2) / 8) / math.sqrt(8 * math.pi)
    deviations = (0, math.sqrt(8), math.sqrt(8))
    expected = left_of_time * np.stack(
        [ndimage.gaussian_filter(parts[i] * parts[j], deviations, mode="nearest") for i, j in pairs]
    )
    found = stip.second_moment_matrix(clip, form="literal")
    np.testing.assert_allclose(found, expected, atol=5e-4 * expected.max())


@pytest.mark.parametrize(("length", "nothing"), [(20, False), (21, True)])
def test_eq03_with_the_number_of_frames_is_zero_from_21_frames_on(length, nothing):
    clip = np.full((length, 12, 12), 200, dtype=np.uint8)
    assert (stip.scale_space(clip, form="literal").max() == 0) == nothing


def test_the_number_of_frames_for_n_leaves_a_clip_without_points():
    clip = random_clip((30, 40, 40))
    assert len(stip.detect(clip)) > 0
    assert len(stip.detect(clip, form="literal")) == 0
    assert not stip.harris3d(clip, form="literal").any()
    # Of a handful of frames some is left, so it is the number that does it.
    assert len(stip.detect(clip[:3], form="literal")) > 0


@pytest.mark.parametrize("deviation", [1.0, 2.0, 3.0])
@pytest.mark.parametrize("order", range(5))
def test_eq04_derivatives_agree_with_scipy(deviation, order):
    impulse = np.zeros(81)
    impulse[40] = 1
    expected = ndimage.gaussian_filter1d(impulse, deviation, order=order, truncate=6)
    factor = stip.gaussian_factor(deviation**2, order, truncate=6)
    reach = len(factor) // 2
    np.testing.assert_allclose(factor, expected[40 - reach : 41 + reach], atol=1e-14)


@pytest.mark.parametrize("order", range(1, 5))
def test_eq04_a_derivative_of_x_to_the_n_is_n_factorial(order):
    factor = stip.gaussian_factor(4.0, order, truncate=8)
    position = np.arange(len(factor)) - len(factor) // 2
    power = (-position.astype(float)) ** order  # a kernel runs backwards over the signal
    assert (factor * power).sum() == pytest.approx(math.factorial(order), abs=2e-4)


@pytest.mark.parametrize(("spatial", "temporal", "factor"), [(4, 2, 2), (2, 2, 1), (8, 4, 2)])
def test_eq05_second_moments_agree_with_the_plain_float64_version(spatial, temporal, factor):
    clip = random_clip()
    expected = reference_moments(clip, spatial, temporal, factor)
    found = stip.second_moment_matrix(clip, spatial, temporal, factor)
    assert np.abs(found - expected).max() < 1e-4 * np.abs(expected).max()


def test_eq05_is_positive_semidefinite_everywhere():
    matrix = full_matrix(stip.second_moment_matrix(random_clip()).astype(float))
    trace = np.trace(matrix, axis1=-2, axis2=-1)
    assert (np.linalg.eigvalsh(matrix)[..., 0] > -1e-5 * trace.max()).all()


def test_eq05_normalised_derivatives_of_a_ramp():
    t, y, x = np.mgrid[0:40, 0:40, 0:40]
    moments = stip.second_moment_matrix(x + 2 * y + 3 * t, 4.0, 2.0, 2.0)[:, 20, 20, 20]
    slope = np.array([2 * 1, 2 * 2, math.sqrt(2) * 3])
    expected = np.outer(slope, slope)[np.triu_indices(3)]
    np.testing.assert_allclose(moments, expected, rtol=1e-4)


def test_eq06_is_determinant_minus_k_trace_cubed():
    factors = np.random.default_rng(3).normal(size=(50, 3, 3))
    matrices = factors @ np.swapaxes(factors, 1, 2)
    moments = matrices[:, [0, 0, 0, 1, 1, 2], [0, 1, 2, 1, 2, 2]].T
    expected = np.linalg.det(matrices) - 0.01 * np.trace(matrices, axis1=1, axis2=2) ** 3
    np.testing.assert_allclose(stip.response(moments, 0.01), expected, rtol=1e-5, atol=1e-6)


def test_eq06_as_printed_is_nowhere_positive():
    for seed in range(3):
        assert stip.harris3d(random_clip(seed=seed), k=1.0).max() <= 0
        assert len(stip.detect(random_clip(seed=seed), k=1.0)) == 0


SIDE, LENGTH = 48, 32
Y, X = np.mgrid[:SIDE, :SIDE].astype(float)


def figure(kind, along, across, size):
    """A blob or a box, by places in its own axes, gray levels."""
    if kind == "blob":
        return 180 * np.exp(-(along**2 + across**2) / (2 * size[0] * size[1]))
    return 180.0 * ((abs(along) <= size[0]) & (abs(across) <= size[1]))


def turned(angle, x, y):
    """Places along and across an axis through (x, y)."""
    dx, dy = X - x, Y - y
    return (
        dx * math.cos(angle) + dy * math.sin(angle),
        dy * math.cos(angle) - dx * math.sin(angle),
    )


def waving(t):
    along, across = turned(-math.pi / 2 + 0.6 * math.sin(2 * math.pi * t / 16), 24, 40)
    return figure("box", along - 14, across, (14, 2.5))


#: Name -> picture at time t, and in which frames away from the ends something happens.
MOTIONS = {
    "blob reverses": (
        lambda t: figure("blob", X - 32 + 1.2 * abs(t - 16), Y - 24, (3, 3)),
        {16},
    ),
    "flash": (lambda t: (t == 16) * figure("blob", X - 24, Y - 24, (3, 3)), {16}),
    "square reverses": (
        lambda t: figure("box", X - 32 + 1.2 * abs(t - 16), Y - 24, (6, 6)),
        {16},
    ),
    "constant velocity": (lambda t: figure("blob", X - 10 - 0.9 * t, Y - 24, (3, 3)), set()),
    "rotating bar": (lambda t: figure("box", *turned(0.1 * t, 24, 24), (14, 2.5)), set()),
    "zoom": (lambda t: figure("box", X - 24, Y - 24, (4 + 0.4 * t,) * 2), set()),
    # It turns at t = 4, 12, 20, 28.
    "waving stick": (waving, {12, 20}),
}


def motion_clip(name):
    picture = MOTIONS[name][0]
    return np.array([30 + picture(t) for t in range(LENGTH)]).round().astype(np.uint8)


@pytest.mark.parametrize("name", MOTIONS)
def test_eq06_as_printed_finds_nothing_in_seven_motions(name):
    clip = motion_clip(name)
    assert stip.harris3d(clip, k=1.0).max() <= 0
    for neighbourhood in stip.NEIGHBOURHOODS:
        assert len(stip.detect(clip, k=1.0, threshold=0.0, neighbourhood=neighbourhood)) == 0


@pytest.mark.parametrize("name", MOTIONS)
def test_with_k_there_are_points_where_a_motion_changes(name):
    points = stip.detect(motion_clip(name))
    # The ends of a clip count as changes of motion.
    inner = (points.t > 7) & (points.t < LENGTH - 8)
    assert set(points.t[inner].tolist()) == MOTIONS[name][1]


FOLDER = os.environ.get("HAR_TEST_DATA", "")


@pytest.mark.skipif(not FOLDER, reason="HAR_TEST_DATA names no folder of real clips")
@pytest.mark.parametrize(
    ("place", "count"),
    [("ucf101/videos/*/*.avi", 3), ("kth_segments/boxing/person01_boxing_d1_s1.avi", 1)],
)
def test_eq06_as_printed_finds_nothing_in_real_clips(place, count):
    clips = sorted(Path(FOLDER).glob(place))
    assert len(clips) == count
    for clip in clips:
        frames = video.read_gray(clip, size=(160, 120), stop=40)
        moments = stip.second_moment_matrix(frames)
        assert stip.response(moments, 1.0).max() <= 0
        assert len(stip.detect(frames, k=1.0)) == 0
        assert len(stip.detect(frames)) > 0


@pytest.mark.parametrize("neighbourhood", stip.NEIGHBOURHOODS)
def test_eq06_as_printed_is_largest_where_structure_is_weakest(neighbourhood):
    # As det <= trace^3 / 27, the printed H lies between -trace^3 and -(26/27) trace^3. So where
    # it has a local maximum, no neighbour's trace is below (26/27)^(1/3), 0.987, of that there.
    moments = stip.second_moment_matrix(random_clip((20, 40, 40)))
    printed = stip.response(moments, 1.0)
    trace = moments[0] + moments[3] + moments[5]
    size = (3, 3, 3) if neighbourhood == "space_time" else (1, 3, 3)
    weakest = ndimage.minimum_filter(trace, size, mode="nearest")
    maxima = stip.local_maxima(printed, neighbourhood)
    assert maxima.sum() > 10
    rounding = 1 + 1e-5
    assert (trace[maxima] * (26 / 27) ** (1 / 3) <= weakest[maxima] * rounding).all()
    corrected = stip.local_maxima(stip.response(moments), neighbourhood)
    assert not (trace[corrected] * (26 / 27) ** (1 / 3) <= weakest[corrected] * rounding).all()


def test_eq06_as_printed_is_largest_on_the_flat_background():
    moments = stip.second_moment_matrix(motion_clip("blob reverses"))
    printed = stip.response(moments, 1.0)
    trace = moments[0] + moments[3] + moments[5]
    assert printed.max() == 0
    assert trace[printed == printed.max()].max() < 1e-6 * trace.max()
    strongest = stip.detect(motion_clip("blob reverses"))
    assert trace[strongest.t[0], strongest.y[0], strongest.x[0]] > 0.1 * trace.max()


@pytest.mark.parametrize(("k", "some"), [(1 / 27 + 1e-3, False), (0.005, True)])
def test_eq06_needs_k_below_one_over_27(k, some):
    assert (len(stip.detect(random_clip(), k=k)) > 0) == some


def test_eq06_grows_with_the_sixth_power_of_contrast():
    clip = random_clip() // 4
    ratio = stip.harris3d(2 * clip).max() / stip.harris3d(clip).max()
    assert ratio == pytest.approx(64, rel=1e-3)


def test_harris3d_agrees_with_the_plain_float64_version():
    clip = random_clip((30, 60, 80))
    expected = reference_response(reference_moments(clip, 4, 2, 2), 0.005)
    found = stip.harris3d(clip)
    assert np.abs(found - expected).max() < 1e-4 * expected.max()


def test_points_are_those_of_brute_force():
    clip = random_clip((16, 24, 28), seed=5)
    values = stip.harris3d(clip)
    expected = set()
    for t, y, x in np.ndindex(values.shape):
        around = values[max(0, t - 1) : t + 2, max(0, y - 1) : y + 2, max(0, x - 1) : x + 2]
        if values[t, y, x] == around.max() and values[t, y, x] > 1e-3 * values.max():
            expected.add((t, y, x))
    points = stip.detect(clip)
    assert set(zip(points.t, points.y, points.x, strict=True)) == expected
    assert (np.diff(points.response) <= 0).all()
    np.testing.assert_allclose(points.response, values[points.t, points.y, points.x])


def test_points_of_a_frame_are_those_of_brute_force_with_8_neighbours():
    clip = random_clip((8, 24, 28), seed=5)
    values = stip.harris3d(clip)
    expected = set()
    for t, y, x in np.ndindex(values.shape):
        around = values[t, max(0, y - 1) : y + 2, max(0, x - 1) : x + 2]
        if values[t, y, x] == around.max() and values[t, y, x] > 1e-3 * values.max():
            expected.add((t, y, x))
    found = as_set(stip.detect(clip, neighbourhood="frame"))
    assert found == expected
    assert as_set(stip.detect(clip)) < found


def test_the_floor_is_absolute():
    clip = random_clip()
    every = stip.detect(clip)
    floor = float(every.response[3])
    strong = stip.detect(clip, floor=floor)
    np.testing.assert_array_equal(strong.response, every.response[every.response > floor])
    assert len(strong) == 3
    # Half the contrast has a 64th of the response, which the relative threshold does not see.
    assert len(stip.detect(clip // 2)) > 3
    assert len(stip.detect(clip // 2, floor=floor)) == 0


def test_the_strongest_may_be_kept_alone():
    every = stip.detect(random_clip())
    few = stip.detect(random_clip(), strongest=5)
    for part in dataclasses.fields(stip.Points):
        np.testing.assert_array_equal(getattr(few, part.name), getattr(every, part.name)[:5])
    assert len(stip.detect(random_clip(), strongest=0)) == len(every) > 5
    assert len(stip.detect(random_clip(), strongest=10**6)) == len(every)


def test_points_know_their_scale():
    points = stip.detect(random_clip(), 8, 2)
    assert points.scale.dtype == np.float64
    assert points.scale.tolist() == [[8.0, 2.0]] * len(points)
    assert stip.detect(np.zeros((9, 20, 20), dtype=np.uint8)).scale.shape == (0, 2)
    by_hand = stip.Points(*np.zeros((3, 2), dtype=int), np.ones(2), np.zeros((2, 6)))
    assert by_hand.scale.shape == (2, 2)
    assert np.isnan(by_hand.scale).all()


@pytest.mark.parametrize("which", [[True, False, True, False], [2, 0], []])
def test_points_taken_keep_all_that_is_known_of_them(which):
    points = stip.detect(random_clip(), strongest=4)
    chosen = np.array(which, dtype=bool if True in which else int)
    taken = points.take(chosen)
    for part in dataclasses.fields(stip.Points):
        whole, some = getattr(points, part.name), getattr(taken, part.name)
        np.testing.assert_array_equal(some, whole[chosen])
        assert some.dtype == whole.dtype


def test_joined_points_go_from_strong_to_weak_and_equals_stay_in_order():
    def lot(t, response):
        count = len(t)
        moments = np.full((count, 6), t[0], dtype=np.float32)
        scale = np.full((count, 2), float(t[0]))
        return stip.Points(*[np.array(t)] * 3, np.array(response), moments, scale)

    points = stip.joined([lot([1, 2, 3], [9.0, 5.0, 1.0]), lot([4, 5], [9.0, 5.0])])
    assert points.t.tolist() == [1, 4, 2, 5, 3]
    assert points.response.tolist() == [9, 9, 5, 5, 1]
    assert points.scale[:, 0].tolist() == points.second_moments[:, 5].tolist() == [1, 4, 1, 4, 1]
    empty, some = stip.joined([]), stip.detect(random_clip())
    for part in dataclasses.fields(stip.Points):
        nothing, something = getattr(empty, part.name), getattr(some, part.name)
        assert nothing.shape == (0, *something.shape[1:])
        assert nothing.dtype == something.dtype


def test_the_threshold_is_relative_to_the_strongest():
    few, many = stip.detect(random_clip(), threshold=0.2), stip.detect(random_clip(), threshold=0)
    assert 0 < len(few) < len(many)
    assert few.response.min() > 0.2 * few.response[0]


def blob_clip(positions, size=64, deviation=3.0):
    y, x = np.mgrid[0:size, 0:size]
    frames = [
        180 * np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / (2 * deviation**2)) + 30
        for cx, cy in positions
    ]
    return np.array(frames).round().astype(np.uint8)


@pytest.mark.parametrize("speed", [0.0, 0.5, 1.0, 2.0])
def test_constant_velocity_has_no_point_inside(speed):
    clip = blob_clip([(16 + speed * 0.5 * t, 32) for t in range(40)])
    points = stip.detect(clip)
    strongest = 1e-3 * 180**6
    inner = (points.t > 8) & (points.t < 32) & (points.response > 1e-3 * strongest)
    assert inner.sum() == 0


def test_a_reversal_is_one_point_where_and_when_it_happens():
    clip = blob_clip([(32 - abs(1.5 * (t - 20)) + 15, 32) for t in range(40)])
    points = stip.detect(clip, threshold=0.05)
    inner = (points.t > 6) & (points.t < 33)
    assert inner.sum() == 1
    place = points.t[inner][0], points.y[inner][0], points.x[inner][0]
    assert abs(place[0] - 20) <= 1
    assert abs(place[1] - 32) <= 1
    assert abs(place[2] - 46) <= 2


def test_a_flash_is_one_point():
    clip = np.full((40, 64, 64), 30, dtype=np.uint8)
    clip[20] = blob_clip([(32, 32)])[0]
    points = stip.detect(clip, threshold=0.05)
    assert [
        (int(t), int(y), int(x)) for t, y, x in zip(points.t, points.y, points.x, strict=True)
    ] == [(20, 32, 32)]


def test_the_strongest_point_of_a_reversing_square_survives_noise():
    for seed in range(5):
        random = np.random.default_rng(seed)
        clip = np.full((40, 64, 64), 60.0)
        for t in range(40):
            left = round(14 + 1.5 * (20 - abs(t - 20)) * 0.8)
            clip[t, 22:42, left : left + 16] = 200
        clip = np.clip(clip + random.normal(0, 5, clip.shape), 0, 255).astype(np.uint8)
        assert abs(int(stip.detect(clip).t[0]) - 20) <= 1


def as_set(points):
    return set(zip(points.t.tolist(), points.y.tolist(), points.x.tolist(), strict=True))


def test_points_follow_exchange_of_axes_time_reversal_and_shift():
    clip = random_clip((20, 30, 30), seed=8)
    base = as_set(stip.detect(clip, threshold=0.02))
    swapped = as_set(stip.detect(clip.transpose(0, 2, 1), threshold=0.02))
    assert swapped == {(t, x, y) for t, y, x in base}
    back = as_set(stip.detect(clip[::-1], threshold=0.02))
    assert back == {(19 - t, y, x) for t, y, x in base}


def analytic_jet(orders, point, blob, scale):
    """Normalised derivative of a Gaussian blob smoothed by a Gaussian: Hermite polynomials."""
    value = 1.0
    for order, at, blob_deviation, deviation in zip(orders, point, blob, scale, strict=True):
        total = math.sqrt(blob_deviation**2 + deviation**2)
        polynomial = hermite_e.hermeval(at / total, [0] * order + [1])
        value *= (
            blob_deviation
            / total
            * (-deviation / total) ** order
            * polynomial
            * math.exp(-(at**2) / (2 * total**2))
        )
    return value


def test_eq07_all_34_jets_of_a_gaussian_blob():
    t, y, x = np.mgrid[-25:26, -30:31, -30:31]
    blob = np.exp(-(x**2 + y**2) / (2 * 4.0**2) - t**2 / (2 * 3.0**2))
    at = stip.Points(
        np.array([25, 27, 22]), np.array([30, 33, 28]), np.array([30, 26, 35]), np.ones(3), None
    )
    found = stip.jets(blob, at, 4.0, 2.25)
    for row, (t0, y0, x0) in enumerate([(0, 0, 0), (2, 3, -4), (-3, -2, 5)]):
        expected = [
            analytic_jet((i, j, k), (x0, y0, t0), (4.0, 4.0, 3.0), (2.0, 2.0, 1.5))
            for i, j, k in stip.JET_ORDERS
        ]
        np.testing.assert_allclose(found[row], expected, atol=2e-7)


def test_eq07_has_3_6_10_and_15_components_of_orders_1_to_4():
    totals = [sum(orders) for orders in stip.JET_ORDERS]
    assert [totals.count(order) for order in (1, 2, 3, 4)] == [3, 6, 10, 15]
    assert len(set(stip.JET_ORDERS)) == 34


def test_eq07_ignores_brightness_and_scales_with_contrast():
    clip = random_clip() // 2
    points = stip.detect(clip, threshold=0.05)
    base = stip.jets(clip, points)
    np.testing.assert_allclose(stip.jets(clip + 50, points), base, atol=2e-3)
    np.testing.assert_allclose(stip.jets(2 * clip, points), 2 * base, rtol=1e-4, atol=1e-4)


def test_eq07_of_points_near_the_border_repeats_the_nearest_value():
    clip = random_clip((12, 20, 20))
    corner = stip.Points(np.array([0]), np.array([0]), np.array([19]), np.ones(1), None)
    padded = np.pad(clip, ((12, 12), (20, 20), (20, 20)), mode="edge")
    inside = stip.Points(np.array([12]), np.array([20]), np.array([39]), np.ones(1), None)
    np.testing.assert_allclose(stip.jets(clip, corner), stip.jets(padded, inside), atol=1e-5)


def test_eq07_as_printed_is_the_same_34_numbers_whatever_the_video():
    one, other = random_clip(seed=1), motion_clip("waving stick")
    numbers = [stip.jets(clip, stip.detect(clip), form="literal") for clip in (one, other)]
    assert all(len(of_clip) > 1 for of_clip in numbers)
    together = np.concatenate(numbers)
    assert together.shape[1] == 34
    assert together.dtype == np.float32
    assert (together == together[0]).all()
    assert (stip.jets(one, stip.detect(one)) != together[0]).any(axis=1).all()


@pytest.mark.parametrize(("spatial", "temporal"), [(4.0, 2.0), (9.0, 4.0)])
def test_eq07_as_printed_is_hermite_numbers_times_the_kernels_centre(spatial, temporal):
    # He_n(0) is 0, -1, 0, 3 for n = 1, 2, 3, 4; equation (4) at 0 is the reciprocal of its root.
    hermite = [1, 0, -1, 0, 3]
    centre = 1 / math.sqrt((2 * math.pi) ** 3 * spatial**2 * temporal)
    expected = [centre * math.prod(hermite[n] for n in orders) for orders in stip.JET_ORDERS]
    points = stip.detect(random_clip(), strongest=1)
    found = stip.jets(random_clip(), points, spatial, temporal, form="literal")[0]
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    # Not 0 are those even in x, y and t: 3 of order 2, and 6 of order 4.
    assert np.count_nonzero(found) == 9


def test_eq07_at_rest_is_eq07_along_no_motion():
    clip = random_clip()
    points = stip.detect(clip)
    base = stip.jets(clip, points)
    still = stip.jets(clip, points, velocity=np.zeros((len(points), 2)))
    np.testing.assert_array_equal(still, base)


def carried(velocity, length=41, side=81):
    """A tilted blob that comes and goes around the middle, carried by a motion (x, y)."""
    t, y, x = np.mgrid[:length, :side, :side].astype(float)
    t -= length // 2
    x, y = x - side // 2 - velocity[0] * t, y - side // 2 - velocity[1] * t
    return 200 * np.exp(-(x**2 + x * y + 2 * y**2) / 60 - (t - 1) ** 2 / 18)


MIDDLE = stip.Points(*(np.array([n]) for n in (20, 41, 38)), np.ones(1), np.zeros((1, 6)))


def largest_jets_of(error):
    """What an error of a clip, at most so many gray levels anywhere, can do to each jet."""

    def largest(variance, order):
        return np.abs(variance ** (order / 2) * stip.gaussian_factor(variance, order, 6)).sum()

    orders = stip.JET_ORDERS
    return error * np.array([largest(4, i) * largest(4, j) * largest(2, k) for i, j, k in orders])


# ---------------------------------------------------------------- blocks of frames


def same_points(found, expected):
    for name in ("t", "y", "x", "response", "second_moments", "scale"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))


@pytest.mark.parametrize("neighbourhood", stip.NEIGHBOURHOODS)
@pytest.mark.parametrize("block", [1, 2, 16, 48, 128])
def test_points_are_the_same_bits_for_blocks_of_any_size(block, neighbourhood):
    clip = random_clip((150, 40, 48))
    whole = stip.detect(clip, neighbourhood=neighbourhood, block=150)
    assert len(whole) > 50
    same_points(stip.detect(clip, neighbourhood=neighbourhood, block=block), whole)
    same_points(stip.detect(clip, neighbourhood=neighbourhood), whole)


@pytest.mark.skipif(not FOLDER, reason="HAR_TEST_DATA names no folder of real clips")
@pytest.mark.parametrize("size", [(160, 120), None])
def test_points_of_a_real_clip_are_the_same_bits_for_blocks_of_any_size(size):
    path = Path(FOLDER, "ucf101/videos/BaseballPitch/v_BaseballPitch_g01_c01.avi")
    clip = video.read_gray(path, size)
    whole = stip.detect(clip, block=len(clip))
    assert len(whole) > 50
    for block in (16, 48, 128):
        same_points(stip.detect(clip, block=block), whole)


@pytest.mark.parametrize("threshold", [0.0, 1e-3, 0.1, 1.0])
@pytest.mark.parametrize("loudest", [0, 1])
def test_the_relative_threshold_needs_no_second_pass(threshold, loudest):
    """Whether the strongest response comes first or last, its share decides for all."""
    clip = random_clip((60, 40, 48)).astype(float)
    part = slice(0, 20) if loudest == 0 else slice(40, 60)
    quiet = clip * 0.3
    quiet[part] = clip[part]
    quiet = quiet.astype(np.uint8)
    values = stip.harris3d(quiet)
    least = np.float32(threshold * float(values.max()))
    expected = np.argwhere(stip.local_maxima(values) & (values > max(least, 0)))
    points = stip.detect(quiet, threshold=threshold, block=7)
    found = np.stack([points.t, points.y, points.x], axis=1)
    assert sorted(found.tolist()) == expected.tolist()
    if threshold in (1e-3, 0.1):
        every = stip.detect(quiet, threshold=0.0)
        assert 0 < len(points) < len(every), "the threshold decides something"


@pytest.mark.parametrize("neighbourhood", stip.NEIGHBOURHOODS)
@pytest.mark.parametrize("rows", [1, 44, 61])
def test_points_of_large_frames_are_the_same_in_bands_of_rows(monkeypatch, rows, neighbourhood):
    clip = random_clip((20, 150, 31))
    options = {"neighbourhood": neighbourhood, "threshold": 0.0}
    whole = stip.detect(clip, **options)
    monkeypatch.setattr(stip, "_BAND", rows * 31)
    bands = list(stip._bands(clip.shape[1:], 21))
    assert len(bands) > 1
    assert sum(inner.stop - inner.start for _, inner in bands) == 150
    found = stip.detect(clip, **options)
    for name in ("t", "y", "x"):
        np.testing.assert_array_equal(getattr(found, name), getattr(whole, name))
    # Filters may round another way at another place in an array.
    np.testing.assert_allclose(found.response, whole.response, rtol=1e-4)
    np.testing.assert_allclose(found.second_moments, whole.second_moments, rtol=1e-3, atol=1e-3)


def test_scales_that_share_their_smoothing_are_those_of_each():
    clip = random_clip()
    scales = [(4.0, 2.0), (4.0, 4.0)]
    each = [stip.detect(clip, *scale) for scale in scales]
    same_points(stip.detect_at(clip, scales, block=5), stip.joined(each))


def test_a_segment_is_a_clip_by_itself():
    clip = random_clip((40, 40, 48))
    alone = stip.detect(clip[11:30])
    within = stip.detect_at(clip, [(4.0, 2.0)], segment=(11, 30), block=4)
    same_points(within, dataclasses.replace(alone, t=alone.t + 11))


def test_jets_read_no_more_of_a_clip_than_they_see():
    """Far points in a long clip: slices are short, and the numbers are those of the array."""
    clip = random_clip((400, 30, 30))

    class Watched:
        shape, longest = clip.shape, 0

        def __len__(self):
            return len(clip)

        def __getitem__(self, index):
            self.longest = max(self.longest, index.stop - index.start)
            return clip[index]

    places = np.random.default_rng(0).integers(0, [[400], [30], [30]], (3, 50))
    points = stip.Points(*places, np.ones(50), np.zeros((50, 6)))
    watched = Watched()
    np.testing.assert_array_equal(stip.jets(watched, points), stip.jets(clip, points))
    assert watched.longest < 100


@pytest.mark.parametrize("velocity", [(1, 0), (0, -2), (0.5, -0.75), (-0.7, 1.3)])
def test_eq07_along_a_motion_is_eq07_of_the_pattern_at_rest(velocity):
    expected = stip.jets(carried((0, 0)), MIDDLE)
    # Reading linearly misses by an eighth of the second derivatives, 200 * 2 / 60 and 200 * 4 / 60.
    between = any(component % 1 for component in velocity)
    bound = 1e-5 + between * largest_jets_of(200 * (2 + 4) / 60 / 8)
    clip = carried(velocity)
    along = stip.jets(clip, MIDDLE, velocity=np.array([velocity]))
    assert (np.abs(along - expected) <= bound).all()
    against = stip.jets(clip, MIDDLE, velocity=-np.array([velocity]))
    exchanged = stip.jets(clip, MIDDLE, velocity=np.array([velocity[::-1]]))
    for wrong in (stip.jets(clip, MIDDLE), against, exchanged):
        assert not (np.abs(wrong - expected) <= 2 * bound).all()


def test_eq07_along_a_motion_reads_linearly_between_pixels():
    # A clip linear in x, y and t is read without error: x' = x + v t, so only K_t changes.
    t, y, x = np.mgrid[:40, :60, :60].astype(float)
    points = stip.Points(*(np.array([n]) for n in (20, 30, 30)), np.ones(1), np.zeros((1, 6)))
    found = stip.jets(2 * x + 3 * y + t, points, velocity=np.array([[0.3, -0.6]]))[0, :3]
    expected = [2 * 2, 2 * 3, math.sqrt(2) * (1 + 2 * 0.3 - 3 * 0.6)]
    np.testing.assert_allclose(found, expected, rtol=1e-5)


@pytest.mark.parametrize("velocity", [(0.3, -0.6), (-1.7, 0.8), (2.0, -0.1)])
def test_eq07_along_a_motion_is_eq07_of_a_clip_read_by_scipy(velocity):
    clip = random_clip((24, 40, 40)).astype(float)
    at = stip.Points(*(np.array([n]) for n in (9, 14, 23)), np.ones(1), np.zeros((1, 6)))
    # The whole neighbourhood: six deviations, 8 frames and 12 pixels to either side.
    t, y, x = np.mgrid[-8:9, -12:13, -12:13].astype(float)
    places = t + 9, y + 14 + velocity[1] * t, x + 23 + velocity[0] * t
    carried_along = ndimage.map_coordinates(clip, places, order=1, mode="nearest")
    centre = stip.Points(*(np.array([n]) for n in (8, 12, 12)), np.ones(1), np.zeros((1, 6)))
    np.testing.assert_allclose(
        stip.jets(clip, at, velocity=np.array([velocity])),
        stip.jets(carried_along, centre),
        atol=1e-4,
    )


def test_eq07_along_a_motion_stops_it_at_the_ends_of_the_clip_too():
    # The first frame stands in for those before it; shifted as such, it does not move.
    clip = carried((2, 0))[20:]
    y, x = np.mgrid[:81, :81] - 40.0
    assert clip[0].argmax() == np.exp(-(x**2 + x * y + 2 * y**2)).argmax()
    at = stip.Points(*(np.array([n]) for n in (0, 41, 38)), np.ones(1), np.zeros((1, 6)))
    expected = stip.jets(carried((0, 0))[20:], at)
    found = stip.jets(clip, at, velocity=np.array([[2.0, 0.0]]))
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_eq07_along_a_motion_out_of_the_frame_repeats_the_nearest_value():
    clip = random_clip((12, 20, 20))
    place, motion = np.array([5, 9, 16]), np.array([[1.5, -2.25]])
    padded = np.pad(clip, ((0, 0), (60, 60), (60, 60)), mode="edge")
    near, inside = (
        stip.Points(*place[:, None] + np.array(shift)[:, None], np.ones(1), np.zeros((1, 6)))
        for shift in ((0, 0, 0), (0, 60, 60))
    )
    np.testing.assert_array_equal(
        stip.jets(clip, near, velocity=motion), stip.jets(padded, inside, velocity=motion)
    )


def test_eq07_takes_many_points_a_few_at_a_time(monkeypatch):
    clip = random_clip()
    points = stip.detect(clip, threshold=0)
    motion = np.random.default_rng(0).normal(size=(len(points), 2))
    base = stip.jets(clip, points), stip.jets(clip, points, velocity=motion)
    monkeypatch.setattr(jets_module, "_AT_ONCE", 1)
    np.testing.assert_array_equal(stip.jets(clip, points), base[0])
    np.testing.assert_array_equal(stip.jets(clip, points, velocity=motion), base[1])


def test_description_of_a_key_frame_is_34_and_6():
    strength = np.array([8.0, 1.0])
    jet = np.array([[3.0] * 34, [-6.0] * 34])
    moments = np.array([[4.0] * 6, [-1.0] * 6])
    vector = stip.describe(jet, moments, strength)
    np.testing.assert_allclose(vector[:34], (2 * 3 + 1 * 6) / 3)
    np.testing.assert_allclose(vector[34:], (2 * 2 - 1 * 1) / 3)
    assert stip.describe(jet[:0], moments[:0], strength[:0]).tolist() == [0.0] * 40


def test_bad_input_is_named():
    clip = np.zeros((9, 20, 20))
    with pytest.raises(InputError, match=r"\(T, H, W\)"):
        stip.harris3d(np.zeros((1, 20, 20)))
    with pytest.raises(InputError, match="spatial_variance = -1"):
        stip.harris3d(clip, spatial_variance=-1)
    with pytest.raises(InputError, match="form = 'printed'"):
        stip.detect(clip, form="printed")
    with pytest.raises(InputError, match="neighbourhood = 'cube'"):
        stip.detect(clip, neighbourhood="cube")
    with pytest.raises(InputError, match="strongest = -1"):
        stip.detect(clip, strongest=-1)
    with pytest.raises(InputError, match="form = 'printed'"):
        stip.jets(clip, MIDDLE, form="printed")
    for wrong in (np.zeros((2, 2)), np.zeros(2), np.full((1, 2), np.nan)):
        with pytest.raises(InputError, match=r"1 points need finite numbers of shape \(1, 2\)"):
            stip.jets(clip, MIDDLE, velocity=wrong)
