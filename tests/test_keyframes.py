"""Equation (2) and the selection rule against scikit-image, closed forms and brute force."""

import numpy as np
import pytest
from skimage.data import camera
from skimage.metrics import structural_similarity

from har_lib import keyframes
from har_lib.errors import InputError

rng = np.random.default_rng(0)
CAMERA = camera()[::4, ::4]


def noisy(frame, deviation, seed=0):
    noise = np.random.default_rng(seed).normal(0, deviation, frame.shape)
    return np.clip(frame + noise, 0, 255).round().astype(np.uint8)


@pytest.mark.parametrize("deviation", [1, 10, 60])
def test_eq02_ssim_equals_scikit_image_with_gaussian_windows(deviation):
    other = noisy(CAMERA, deviation)
    expected = structural_similarity(
        CAMERA, other, data_range=255, gaussian_weights=True, sigma=1.5, use_sample_covariance=False
    )
    assert keyframes.ssim(CAMERA, other) == pytest.approx(expected, abs=1e-10)


def test_eq02_ssim_equals_scikit_image_with_uniform_windows():
    other = np.roll(CAMERA, 2, axis=1)
    expected = structural_similarity(CAMERA, other, data_range=255, use_sample_covariance=False)
    assert keyframes.ssim(CAMERA, other, window="uniform") == pytest.approx(expected, abs=1e-10)


def test_eq02_global_window_is_the_formula_on_whole_frames():
    other = noisy(CAMERA, 20)
    a, b = CAMERA.astype(float), other.astype(float)
    s1, s2 = 6.5025, 58.5225
    covariance = ((a - a.mean()) * (b - b.mean())).mean()
    expected = ((2 * a.mean() * b.mean() + s1) * (2 * covariance + s2)) / (
        (a.mean() ** 2 + b.mean() ** 2 + s1) * (a.var() + b.var() + s2)
    )
    assert keyframes.ssim(CAMERA, other, window="global") == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("window", ["gaussian", "uniform", "global"])
def test_eq02_is_one_for_equal_frames_symmetric_and_bounded(window):
    assert keyframes.ssim(CAMERA, CAMERA, window=window) == pytest.approx(1, abs=1e-12)
    for seed in range(5):
        a, b = np.random.default_rng(seed).integers(0, 256, (2, 24, 30)).astype(np.uint8)
        forward, back = keyframes.ssim(a, b, window), keyframes.ssim(b, a, window)
        assert forward == pytest.approx(back, abs=1e-12)
        assert -1 <= forward <= 1


@pytest.mark.parametrize(("low", "high"), [(100, 120), (0, 255)])
@pytest.mark.parametrize("window", ["gaussian", "uniform", "global"])
def test_eq02_of_two_flat_frames_is_the_luminance_term(low, high, window):
    a, b = np.full((20, 20), low), np.full((20, 20), high)
    expected = (2 * low * high + 6.5025) / (low**2 + high**2 + 6.5025)
    assert keyframes.ssim(a, b, window) == pytest.approx(expected, rel=1e-9)


def test_eq02_a_shift_of_brightness_leaves_only_the_luminance_term():
    a = CAMERA.astype(float)
    b = a + 20
    expected = (2 * a.mean() * b.mean() + 6.5025) / (a.mean() ** 2 + b.mean() ** 2 + 6.5025)
    assert keyframes.ssim(a, b, window="global") == pytest.approx(expected, rel=1e-9)


def test_eq02_the_negative_is_dissimilar():
    assert keyframes.ssim(CAMERA, 255 - CAMERA, window="global") < -0.9


def test_eq02_as_printed_is_no_similarity():
    flat = np.full((20, 20), 90)
    assert keyframes.ssim(flat, flat, form="literal") == pytest.approx(9)  # S2 / S1
    assert keyframes.ssim(CAMERA, CAMERA, form="literal") > 1.5
    assert keyframes.ssim(CAMERA, CAMERA, window="global", form="literal") < 1.05


def test_consecutive_is_ssim_of_each_pair():
    clip = rng.integers(0, 256, (5, 20, 24)).astype(np.uint8)
    for window in ("gaussian", "uniform", "global"):
        expected = [keyframes.ssim(clip[j], clip[j + 1], window) for j in range(4)]
        np.testing.assert_allclose(keyframes.consecutive_ssim(clip, window), expected, atol=1e-12)


def test_a_static_clip_has_frame_zero_only():
    clip = np.repeat(CAMERA[None], 12, axis=0)
    assert keyframes.select(clip, minimum=1).tolist() == [0]


@pytest.mark.parametrize("steps", [1, 3, 5])
def test_each_step_change_gives_one_key_frame(steps):
    levels = np.repeat(4 * 2 ** np.arange(steps + 1), 4)
    clip = np.broadcast_to(levels[:, None, None], (len(levels), 16, 16)).astype(np.uint8)
    assert keyframes.select(clip).tolist() == [0, *range(4, 4 * steps + 1, 4)]


def test_slow_drift_is_invisible_to_the_previous_frame():
    levels = 100 + np.arange(40)
    clip = np.broadcast_to(levels[:, None, None], (40, 16, 16)).astype(np.uint8)
    assert keyframes.select(clip).tolist() == [0]
    assert keyframes.ssim(clip[0], clip[-1]) < 0.96


def test_selection_is_monotone_in_the_threshold():
    curve = rng.uniform(0.2, 1, 50)
    before: set[int] = set()
    for threshold in np.linspace(0, 1.1, 12):
        now = set(keyframes.select_from_curve(curve, threshold).tolist())
        assert before <= now
        before = now
    assert before == set(range(51))


def test_minimum_and_maximum_take_the_least_similar():
    curve = np.array([0.95, 0.5, 0.99, 0.7, 0.93])
    chosen = keyframes.select_from_curve(curve, minimum=4)
    assert chosen.tolist() == [0, 2, 4, 5]
    assert keyframes.select_from_curve(curve, maximum=2).tolist() == [0, 2]
    assert keyframes.select_from_curve(curve, minimum=99).tolist() == [0, 1, 2, 3, 4, 5]


def test_duplicates_are_never_filled_in():
    curve = np.array([1.0, 0.95, 1.0, 1.0])
    assert keyframes.select_from_curve(curve, minimum=4).tolist() == [0, 1, 2, 3]
    chosen = keyframes.select_from_curve(curve, minimum=4, drop_duplicates=True)
    assert chosen.tolist() == [0, 2]


def test_evenly_spaced_covers_the_clip():
    assert keyframes.evenly_spaced(50, 1).tolist() == [0]
    assert keyframes.evenly_spaced(3, 10).tolist() == [0, 1, 2]
    assert keyframes.evenly_spaced(101, 5).tolist() == [0, 25, 50, 75, 100]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: keyframes.ssim(CAMERA, CAMERA[1:]), "one shape"),
        (lambda: keyframes.ssim(CAMERA, CAMERA, window="square"), "window = 'square'"),
        (lambda: keyframes.ssim(CAMERA, CAMERA, form="other"), "form = 'other'"),
        (lambda: keyframes.ssim(np.zeros((8, 8)), np.zeros((8, 8))), "smaller than the 11x11"),
        (lambda: keyframes.consecutive_ssim(np.zeros((8, 8))), r"\(T, H, W\)"),
        (lambda: keyframes.select_from_curve(np.ones(3), minimum=5, maximum=2), "minimum = 5"),
    ],
)
def test_bad_input_is_named(call, words):
    with pytest.raises(InputError, match=words):
        call()
