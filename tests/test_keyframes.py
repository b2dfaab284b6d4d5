"""Equation (2) and the selection rule against scikit-image, closed forms and brute force."""

import itertools
import os
from pathlib import Path

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from skimage.data import camera
from skimage.metrics import structural_similarity

from har_lib import keyframes, video
from har_lib.errors import InputError

DATA = os.environ.get("HAR_TEST_DATA")
needs_data = pytest.mark.skipif(not DATA, reason="HAR_TEST_DATA names no folder of real clips")
rng = np.random.default_rng(0)
#: What single precision may lose of a similarity.
SINGLE = 1e-6
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


@pytest.mark.parametrize("window", ["gaussian", "uniform", "global"])
def test_eq02_as_printed_gives_nine_for_a_flat_frame_and_itself(window):
    for level in (0, 90, 255):
        flat = np.full((20, 20), level)
        # S2 / S1, whatever the window.
        assert keyframes.ssim(flat, flat, window, form="literal") == pytest.approx(9, abs=1e-9)
        assert keyframes.ssim(flat, flat, window) == 1


def test_eq02_as_printed_on_whole_frames_depends_on_the_variance_alone():
    photograph = camera()
    for frame in (photograph, CAMERA, 255 - photograph, noisy(np.full((30, 30), 128), 2)):
        s2 = frame.astype(float).var()
        expected = (2 * s2 + 58.5225) / (2 * s2 + 6.5025)
        found = keyframes.ssim(frame, frame, window="global", form="literal")
        assert found == pytest.approx(expected, rel=1e-10)
    assert round(keyframes.ssim(photograph, photograph, "global", form="literal"), 3) == 1.005


def test_eq02_as_printed_of_the_photograph_and_itself_in_windows():
    photograph = camera()
    values = photograph.astype(float)
    # Independent of the kernel: 11x11 Gaussian by SciPy, borders reflected.
    mean, square = (gaussian_filter(each, 1.5, truncate=3.5) for each in (values, values**2))
    variance = square - mean**2
    everywhere = (2 * variance + 58.5225) / (2 * variance + 6.5025)
    found = keyframes.ssim(photograph, photograph, form="literal")
    assert found == pytest.approx(everywhere[5:-5, 5:-5].mean(), rel=1e-9)
    # 3.92 in windows that lie wholly in the frame, as Wang et al. take them; with windows that
    # reach over the border into the reflected photograph it is 3.97.
    assert round(found, 2) == 3.92
    assert round(everywhere.mean(), 2) == 3.97


@pytest.mark.parametrize(("window", "side"), [("gaussian", 11), ("uniform", 7)])
def test_eq02_as_printed_is_above_one_in_every_window(window, side):
    # A frame of a window's size has that window alone. S2 > S1, so no structure helps.
    random = np.random.default_rng(0)
    harshest = 255 * (np.indices((side, side)).sum(axis=0) % 2)
    frames = [harshest, *random.integers(0, 256, (20, side, side))]
    photograph = camera()
    places = random.integers(0, 500, (50, 2))
    frames += [photograph[y : y + side, x : x + side] for y, x in places]
    for frame in frames:
        assert keyframes.ssim(frame, frame, window) == pytest.approx(1, abs=1e-12)
        assert 1 < keyframes.ssim(frame, frame, window, form="literal") < 9 + 1e-9


@pytest.mark.parametrize("form", ["corrected", "literal"])
@pytest.mark.parametrize(("window", "side"), [("gaussian", 11), ("uniform", 7)])
def test_eq02_is_the_mean_over_all_whole_windows(window, side, form):
    a, b = CAMERA[40:55, 60:78], noisy(CAMERA, 15)[40:55, 60:78]
    values = [
        keyframes.ssim(
            a[y : y + side, x : x + side], b[y : y + side, x : x + side], window, form=form
        )
        for y in range(a.shape[0] - side + 1)
        for x in range(a.shape[1] - side + 1)
    ]
    assert keyframes.ssim(a, b, window, form=form) == pytest.approx(np.mean(values), rel=1e-10)


def test_consecutive_is_ssim_of_each_pair():
    clip = rng.integers(0, 256, (5, 20, 24)).astype(np.uint8)
    for window in ("gaussian", "uniform", "global"):
        expected = [keyframes.ssim(clip[j], clip[j + 1], window) for j in range(4)]
        np.testing.assert_allclose(keyframes.consecutive_ssim(clip, window), expected, atol=SINGLE)


@pytest.mark.parametrize(
    "contrast", ["noise", "dark", "bright", "two levels", "nearly flat", "two halves"]
)
def test_single_precision_is_that_of_scikit_image(contrast):
    """The curve against the float64 original, where cancellation is worst."""
    random = np.random.default_rng(0)
    low, high = {
        "noise": (0, 256),
        "dark": (0, 4),
        "bright": (250, 256),
        "two levels": (0, 2),
        "nearly flat": (127, 129),
        "two halves": (0, 4),
    }[contrast]
    clip = random.integers(low, high, (6, 60, 80)).astype(np.uint8)
    if contrast == "two levels":
        clip *= 255
    if contrast == "two halves":
        clip[:, :, 40:] += 252
    clip[4] = clip[3]
    words = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
    expected = [
        structural_similarity(a, b, data_range=255, **words) for a, b in itertools.pairwise(clip)
    ]
    found = keyframes.consecutive_ssim(clip)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)
    # Equal frames are equal exactly, or copies could not be told.
    assert found[3] == 1


@pytest.mark.parametrize("share", [0.5, 0.3, 0.1, 0.03])
@pytest.mark.parametrize("levels", [(255, 128), (255, 0), (252, 230), (200, 150), (128, 60)])
@pytest.mark.parametrize("noise", [1, 4])
def test_single_precision_at_its_worst_in_flat_parts_far_from_the_mean(share, levels, noise):
    clip = np.random.default_rng(0).integers(0, noise, (2, 60, 80))
    clip[1] += levels[0] - 3
    for frame, level in zip(clip, levels, strict=True):
        frame[:, : int(80 * share)] = level
    clip = np.clip(clip, 0, 255).astype(np.uint8)
    for form, most in (("corrected", 1e-4), ("literal", 1e-10)):
        expected = keyframes.ssim(clip[0], clip[1], form=form)
        assert keyframes.consecutive_ssim(clip, form=form) == pytest.approx(expected, abs=most)


@needs_data
@pytest.mark.parametrize("size", [(160, 120), None])
def test_single_precision_on_real_clips(size):
    for path in sorted(Path(DATA, "ucf101/videos").rglob("*.avi")):
        clip = video.read_gray(path, size, stop=60)
        expected = [keyframes.ssim(a, b) for a, b in itertools.pairwise(clip)]
        np.testing.assert_allclose(keyframes.consecutive_ssim(clip), expected, rtol=0, atol=1e-5)


# ---------------------------------------------------------------- what a frame is compared with


def wandering(count=14, size=(20, 24), seed=0):
    """Frames that change by steps of all sizes, there and back."""
    random = np.random.default_rng(seed)
    clip = [random.integers(0, 256, size)]
    for deviation in random.choice([0, 2, 8, 30], count - 1):
        clip.append(np.clip(clip[-1] + random.normal(0, deviation, size), 0, 255).round())
    return np.array(clip).astype(np.uint8)


@pytest.mark.parametrize("form", ["corrected", "literal"])
@pytest.mark.parametrize("window", ["gaussian", "uniform", "global"])
def test_each_reference_by_calling_ssim(window, form):
    clip = wandering()

    def similarity(reference, frame):
        return keyframes.ssim(clip[reference], clip[frame], window, form=form)

    threshold, key, moving = 0.97, 0, []
    for j in range(1, len(clip)):
        moving.append(similarity(key, j))
        if moving[-1] < threshold:
            key = j
    expected = {
        "previous_frame": [similarity(j - 1, j) for j in range(1, len(clip))],
        "first_frame": [similarity(0, j) for j in range(1, len(clip))],
        "previous_key_frame": moving,
    }
    for reference, values in expected.items():
        found = keyframes.similarity_curve(clip, window, form, reference, threshold)
        assert found.dtype == np.float64
        np.testing.assert_allclose(found, values, atol=SINGLE)
    # Three readings, three curves, apart by far more than the tolerance.
    for one, other in itertools.combinations(expected.values(), 2):
        assert np.abs(np.subtract(one, other)).max() > 1e-3


@pytest.mark.parametrize("form", ["corrected", "literal"])
@pytest.mark.parametrize("window", ["gaussian", "uniform", "global"])
def test_the_frame_before_is_the_default_to_the_bit(window, form):
    clip = wandering()
    expected = keyframes.consecutive_ssim(clip, window, form)
    np.testing.assert_array_equal(keyframes.similarity_curve(clip, window, form), expected)
    # The threshold moves nothing there, nor with the first frame.
    for reference in ("previous_frame", "first_frame"):
        low, high = (
            keyframes.similarity_curve(clip, window, form, reference, threshold)
            for threshold in (-1, 2)
        )
        np.testing.assert_array_equal(low, high)


def test_a_threshold_that_all_pass_or_none_makes_it_one_of_the_others():
    clip = wandering()
    for threshold, same in ((2, "previous_frame"), (-1, "first_frame")):
        np.testing.assert_array_equal(
            keyframes.similarity_curve(clip, reference="previous_key_frame", threshold=threshold),
            keyframes.similarity_curve(clip, reference=same),
        )


def test_a_frame_at_the_threshold_is_no_new_reference():
    clip = np.array([CAMERA, noisy(CAMERA, 5), noisy(CAMERA, 20, seed=1)])
    at = keyframes.similarity_curve(clip)[0]
    for threshold, reference in ((at, 0), (np.nextafter(at, 2), 1)):
        curve = keyframes.similarity_curve(
            clip, reference="previous_key_frame", threshold=threshold
        )
        assert curve[1] == pytest.approx(keyframes.ssim(clip[reference], clip[2]), abs=SINGLE)
    assert abs(keyframes.ssim(clip[0], clip[2]) - keyframes.ssim(clip[1], clip[2])) > 1e-3


def test_slow_drift_is_seen_from_the_previous_key_frame():
    levels = 60 + 2 * np.arange(60)
    clip = np.broadcast_to(levels[:, None, None], (60, 16, 16)).astype(np.uint8)
    curve = keyframes.similarity_curve(clip, reference="previous_key_frame")
    chosen = keyframes.select_from_curve(curve)
    # Closed form: the luminance term of two flat frames, from key frame to key frame.
    expected = [0]
    for j in range(1, 60):
        low, high = int(levels[expected[-1]]), int(levels[j])
        if (2 * low * high + 6.5025) / (low**2 + high**2 + 6.5025) < 0.9:
            expected.append(j)
    assert chosen.tolist() == expected
    assert len(expected) == 3
    assert keyframes.select(clip).tolist() == [0]


def test_the_moments_of_a_frame_are_computed_once(monkeypatch):
    seen = []
    genuine = keyframes._moments
    monkeypatch.setattr(
        keyframes, "_moments", lambda *words, **named: seen.append(1) or genuine(*words, **named)
    )
    for reference in keyframes.REFERENCES:
        seen.clear()
        keyframes.similarity_curve(wandering(9), reference=reference)
        assert len(seen) == 9


# ---------------------------------------------------------------- the threshold


def below(curve, *arguments, **settings):
    return np.flatnonzero(curve < keyframes.threshold_of(curve, *arguments, **settings)).tolist()


def test_a_fixed_threshold_is_the_same_for_every_clip():
    for rule in ("ssim", "uniform"):
        for curve in (rng.uniform(0, 1, 9), np.ones(3), np.empty(0)):
            assert keyframes.threshold_of(curve, rule, 0.7, deviations=1, share=0.5) == 0.7
    assert keyframes.threshold_of(np.ones(3)) == 0.9


@pytest.mark.parametrize("rule", ["deviations", "quantile"])
def test_one_frame_has_no_statistics(rule):
    assert keyframes.threshold_of(np.empty(0), rule, 0.7) == 0.7


def test_deviations_are_those_of_the_population():
    # Six of 0.9 and two of 0.5: mean 0.8, deviation sqrt(0.03) = 0.1732, of a sample 0.1852.
    curve = np.array([0.9, 0.5, 0.9, 0.9, 0.9, 0.5, 0.9, 0.9])
    assert keyframes.threshold_of(curve, "deviations", deviations=1) == pytest.approx(
        0.8 - np.sqrt(0.03), abs=1e-12
    )
    assert keyframes.threshold_of(curve, "deviations") == pytest.approx(
        0.8 - 2 * np.sqrt(0.03), abs=1e-12
    )
    assert below(curve, "deviations", deviations=1.72) == [1, 5]
    assert below(curve, "deviations", deviations=1.74) == []


def test_the_lowest_share_passes():
    for length in (1, 2, 7, 20, 100):
        curve = np.random.default_rng(length).permutation(np.linspace(0, 0.999, length))
        for percent in range(1, 101):
            # ceil in whole numbers: 7 % of 100 are 7, though 0.07 * 100 is more than 7.
            count = -(-percent * length // 100)
            # A single frame is not the lowest of several.
            count = count if length > 1 else 0
            expected = np.sort(np.argsort(curve)[:count]).tolist()
            assert below(curve, "quantile", share=percent / 100) == expected


@pytest.mark.parametrize("seed", range(50))
def test_ties_at_the_quantile_are_left_out_together(seed):
    random = np.random.default_rng(seed)
    curve = random.choice([0.2, 0.5, 0.9, 1.0], random.integers(2, 12))
    count = int(random.integers(1, len(curve) + 1))
    passed = below(curve, "quantile", share=count / len(curve))
    if count == len(curve):
        assert len(passed) == (0 if len(set(curve)) == 1 else count)
        return
    # The largest set of lowest entries that has at most `count` and parts no equal ones.
    sets = [np.flatnonzero(curve < level).tolist() for level in [*np.unique(curve), 2]]
    assert passed == max((each for each in sets if len(each) <= count), key=len)


@pytest.mark.parametrize("rule", ["ssim", "deviations", "quantile", "lowest"])
@pytest.mark.parametrize("length", [1, 2, 3, 12, 100])
def test_a_static_clip_keeps_only_its_first_frame_by_any_rule(rule, length):
    for deviations, share in itertools.product((0, 1, 2), (0.01, 0.1, 1)):
        assert below(np.ones(length), rule, 0.9, deviations, share) == []
        # By the printed form a frame is similar to itself by up to 9.
        if rule != "ssim":
            for value in (9.000000000004473, 3.92, 0.7, 0.1):
                assert below(np.full(length, value), rule, 0.9, deviations, share) == []


def test_with_the_lowest_a_number_decides():
    curve = np.array([0.95, 0.5, 0.99, 1.0, 0.7, -0.4])
    assert below(curve, "lowest") == []
    limit = keyframes.threshold_of(curve, "lowest")
    for count in (1, 2, 3, 6, 50):
        lowest = np.sort(np.argsort(curve)[: count - 1]) + 1
        found = keyframes.select_from_curve(curve, limit, count, count)
        assert found.tolist() == [0, *lowest]
    # Copies of the frame before stay out, as everywhere else.
    found = keyframes.select_from_curve(curve, limit, 50, 50, drop_duplicates=True)
    assert found.tolist() == [0, 1, 2, 3, 5, 6]


# ---------------------------------------------------------------- the selection


def allowed_selections(curve, threshold, minimum, maximum, drop_duplicates, keep_first):
    """Every set of frames that keeps to the rules, by trying all."""
    frames = range(1, len(curve) + 1)
    passing = [j for j in frames if curve[j - 1] < threshold]
    filling = len(passing) + keep_first < minimum
    eligible = [j for j in frames if not (filling and drop_duplicates and curve[j - 1] >= 1)]
    wanted = max(len(passing) + keep_first, minimum)
    wanted = min(wanted if maximum is None else min(wanted, maximum), len(eligible) + keep_first)
    found = []
    for size in range(len(eligible) + 1):
        for chosen in itertools.combinations(eligible, size):
            left = [j for j in eligible if j not in chosen]
            ranks = [[(curve[j - 1], j) for j in some] for some in (chosen, left)]
            lowest = not all(ranks) or max(ranks[0]) < min(ranks[1])
            whole = [0, *chosen] if keep_first or not chosen else list(chosen)
            if lowest and len(chosen) + keep_first == wanted:
                found.append(whole)
    return found


@pytest.mark.parametrize("keep_first", [True, False])
@pytest.mark.parametrize("drop_duplicates", [True, False])
def test_selection_is_what_all_subsets_say(drop_duplicates, keep_first):
    curves = itertools.chain.from_iterable(
        itertools.product((0.3, 0.95, 1.0), repeat=length) for length in range(5)
    )
    for curve in curves:
        for minimum, maximum in ((1, None), (1, 1), (1, 2), (2, 2), (2, 3), (3, None), (4, 9)):
            for threshold in (0.9, 1.1):
                settings = (threshold, minimum, maximum, drop_duplicates, keep_first)
                (expected,) = allowed_selections(curve, *settings)
                found = keyframes.select_from_curve(np.array(curve), *settings)
                assert found.tolist() == expected, (curve, settings)
                assert found.dtype == np.int64


def test_without_the_first_frame_the_counts_are_of_chosen_frames():
    curve = np.array([0.95, 0.5, 0.99, 0.7, 0.93])

    def chosen(**settings):
        return keyframes.select_from_curve(curve, keep_first=False, **settings).tolist()

    assert chosen() == [2, 4]
    assert chosen(minimum=3) == [2, 4, 5]
    assert chosen(minimum=99) == [1, 2, 3, 4, 5]
    assert chosen(maximum=1) == [2]
    # Nothing passes and nothing is to be added, or there is one frame alone.
    assert chosen(threshold=0.1) == [2]
    assert keyframes.select_from_curve(np.ones(4), drop_duplicates=True, keep_first=False) == [0]
    assert keyframes.select_from_curve(np.empty(0), minimum=3, keep_first=False).tolist() == [0]


def test_select_passes_its_arguments_on():
    clip = wandering(seed=3)
    curve = keyframes.consecutive_ssim(clip, "uniform")
    expected = keyframes.select_from_curve(curve, 0.99, 2, 4, True, False)
    found = keyframes.select(clip, 0.99, 2, 4, "uniform", "corrected", True, keep_first=False)
    np.testing.assert_array_equal(found, expected)
    assert 0 not in found
    assert keyframes.select(clip, 0.99, 2, 4, "uniform")[0] == 0


@needs_data
def test_what_the_misprint_does_to_the_selection_of_a_real_clip():
    name = "ucf101/videos/BaseballPitch/v_BaseballPitch_g01_c01.avi"
    clip = video.read_gray(Path(DATA) / name)
    chosen = {
        (window, form): set(keyframes.select(clip, window=window, form=form).tolist())
        for window, form in itertools.product(("global", "gaussian"), ("corrected", "literal"))
    }
    # Frame 0 and the transitions below 0.9: whole frames 20 against 18, windows 39 against 11.
    assert {key: len(frames) for key, frames in chosen.items()} == {
        ("global", "corrected"): 21,
        ("global", "literal"): 19,
        ("gaussian", "corrected"): 40,
        ("gaussian", "literal"): 12,
    }
    # As printed a similarity is larger, so that frames are lost and none is won.
    for window in ("global", "gaussian"):
        assert chosen[window, "literal"] < chosen[window, "corrected"]


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
        (lambda: keyframes.similarity_curve(np.zeros((0, 20, 20))), r"\(T, H, W\)"),
        (lambda: keyframes.similarity_curve(CAMERA[None], reference="next"), "reference = 'next'"),
        (lambda: keyframes.threshold_of(np.ones(3), "mean"), "rule = 'mean'"),
        (lambda: keyframes.threshold_of(np.ones(3), deviations=-1.0), "deviations = -1"),
        (lambda: keyframes.threshold_of(np.ones(3), share=0.0), "share = 0"),
        (lambda: keyframes.threshold_of(np.ones(3), share=1.5), "share = 1.5"),
        (lambda: keyframes.select_from_curve(np.ones(3), minimum=5, maximum=2), "minimum = 5"),
    ],
)
def test_bad_input_is_named(call, words):
    with pytest.raises(InputError, match=words):
        call()
