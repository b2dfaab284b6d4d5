"""Equations (3) to (7) against scipy in float64, closed forms and moving figures."""

import math

import numpy as np
import pytest
from numpy.polynomial import hermite_e
from scipy import ndimage

from har_lib import stip
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


@pytest.mark.parametrize(("n", "largest"), [(30, 1.0e-97), (100, 0.0)])
def test_eq04_with_the_number_of_frames_for_n_is_no_kernel(n, largest):
    assert math.exp(-(n**2) / (2 * 2.0)) <= largest


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


def test_description_of_a_key_frame_is_34_and_6():
    strength = np.array([8.0, 1.0])
    jet = np.array([[3.0] * 34, [-6.0] * 34])
    moments = np.array([[4.0] * 6, [-1.0] * 6])
    vector = stip.describe(jet, moments, strength)
    np.testing.assert_allclose(vector[:34], (2 * 3 + 1 * 6) / 3)
    np.testing.assert_allclose(vector[34:], (2 * 2 - 1 * 1) / 3)
    assert stip.describe(jet[:0], moments[:0], strength[:0]).tolist() == [0.0] * 40


def test_bad_input_is_named():
    with pytest.raises(InputError, match=r"\(T, H, W\)"):
        stip.harris3d(np.zeros((1, 20, 20)))
    with pytest.raises(InputError, match="spatial_variance = -1"):
        stip.harris3d(np.zeros((9, 20, 20)), spatial_variance=-1)
