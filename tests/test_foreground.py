"""Every way to find the body, on clips whose bodies are known."""

import cv2
import numpy as np
import pytest
from scipy import ndimage

from har_lib import foreground
from har_lib.errors import InputError

#: Those that look for change, and take specks away.
LOOKING = foreground.METHODS[:5]


def crossing(step=1, width=4, count=60, noise=4):
    """A bright bar crosses a textured scene: frames and the bar's true place."""
    random = np.random.default_rng(0)
    scene = random.integers(40, 120, (60, 120))
    places = np.zeros((count, 60, 120), dtype=bool)
    for t in range(count):
        places[t, 20:40, 3 + step * t : 3 + width + step * t] = True
    frames = np.where(places, 220, scene) + random.normal(0, noise, places.shape)
    return np.clip(frames, 0, 255).astype(np.uint8), places


def overlap(found, places):
    return (found & places).sum((1, 2)) / (found | places).sum((1, 2))


def waves(shift=0.0):
    """A smooth pattern, moved to the right."""
    y, x = np.mgrid[0:60, 0:80]
    x = x - shift
    return 120 + 50 * np.sin(x / 3) * np.cos(y / 4) + 30 * np.sin((x + 2 * y) / 7)


def gray(*frames):
    return np.clip(np.round(frames), 0, 255).astype(np.uint8)


@pytest.mark.parametrize(("method", "least", "mean"), [("mog2", 0.7, 0.95), ("knn", 0.3, 0.85)])
def test_a_learned_background_finds_the_bar_from_the_first_frame_on(method, least, mean):
    frames, places = crossing()
    shares = overlap(foreground.silhouettes(frames, method), places)
    assert shares.min() > least
    assert shares.mean() > mean
    # The very first frame, of which a single pass makes the scene (mog2) or nothing (knn).
    assert shares[0] > 0.9


def test_knn_learns_nothing_while_it_looks():
    # Were every frame learned, a bar of 12 pixels would fade where it has just been.
    frames, places = crossing(step=2, width=12, count=40)
    assert overlap(foreground.silhouettes(frames, "knn"), places)[-15:].min() > 0.9


def test_what_a_learned_background_holds_is_the_most_of_each_pixels_past():
    # The bar stands for 30 of 60 frames: scene by then, but not for the median, where it is away.
    frames, places = crossing()
    frames[:30], places[:30] = frames[29], places[29]
    for method in ("mog2", "knn"):
        assert not foreground.silhouette(frames, 10, method).any()
    assert overlap(foreground.silhouettes(frames[25:]), places[25:]).min() > 0.9


def test_successive_frames_differ_where_the_body_was_and_is():
    frames = np.full((4, 40, 60), 50, dtype=np.uint8)
    small, large = np.zeros((2, 40, 60), dtype=bool)
    small[5:12, 5:12] = True
    large[20:35, 30:50] = True
    frames[1][small] = 200
    frames[2][large] = 200
    frames[3][large] = 200
    found = foreground.silhouettes(frames, "frame_difference")
    # Frame 0 has none before it and is compared with frame 1; then the larger place stays.
    for mask, expected in zip(found, (small, small, large, np.zeros_like(small)), strict=True):
        np.testing.assert_array_equal(mask, expected)


@pytest.mark.parametrize("method", ["median_background", "frame_difference"])
def test_foreground_differs_by_more_than_the_difference(method):
    frames = np.full((5, 20, 20), 100, dtype=np.uint8)
    frames[2, 5:15, 5:15] = 126
    for difference, size in ((25, 100), (26, 0), (1, 100)):
        assert foreground.silhouette(frames, 2, method, difference).sum() == size
    # And a darker body is one, too.
    frames[2, 5:15, 5:15] = 70
    assert foreground.silhouette(frames, 2, method, 29).sum() == 100


def test_flow_finds_what_moves_at_least_at_the_speed():
    # A window of the pattern moves by 2 pixels a frame, the rest stands.
    inside = np.zeros((60, 80), dtype=bool)
    inside[15:45, 20:60] = True
    frames = gray(*(np.where(inside, waves(2.0 * t), waves()) for t in range(4)))
    found = foreground.silhouettes(frames, "optical_flow", speed=1.0)
    # All four, the last by the frame before; the flow is smooth over 15 pixels.
    assert overlap(found, np.broadcast_to(inside, found.shape)).min() > 0.7
    assert not foreground.silhouettes(frames, "optical_flow", speed=3.0).any()


@pytest.mark.parametrize("shift", [0.25, 1.0, 2.0])
def test_speed_is_in_pixels_per_frame(shift):
    frames = gray(waves(), waves(shift))
    for index in (0, 1):
        assert foreground.silhouette(frames, index, "optical_flow", speed=0.8 * shift).mean() > 0.9
        assert foreground.silhouette(frames, index, "optical_flow", speed=1.2 * shift).mean() < 0.1


def test_the_last_frame_looks_back_and_no_other():
    # The pattern starts to move after frame 1: only frame 0 sees no motion ahead.
    frames = gray(waves(), waves(), waves(2))
    moving = foreground.silhouettes(frames, "optical_flow").mean(axis=(1, 2))
    assert moving[0] == 0
    assert moving[1:].min() > 0.9


def test_every_pixel_or_the_mask_itself():
    frames, places = crossing()
    assert foreground.silhouettes(frames, "whole_frame").all()
    assert foreground.silhouettes(frames, "whole_frame").shape == frames.shape
    masks = np.where(places, 255, 0).astype(np.uint8)
    np.testing.assert_array_equal(foreground.silhouettes(masks, "given"), places)
    with pytest.raises(InputError, match="no masks"):
        foreground.silhouettes(frames, "given")


@pytest.mark.parametrize("method", LOOKING)
def test_what_is_found_is_one_part_without_specks(method):
    frames, _ = crossing(step=3, width=8, count=30)
    frames[:, 2:6, 100:118] = (40 + 150 * (np.arange(30) % 9 == 4))[:, None, None]  # blinks
    found = foreground.silhouettes(frames, method)
    assert found.any()
    for mask in found.astype(np.uint8):
        assert cv2.connectedComponents(mask)[0] <= 2  # the ground is one


@pytest.mark.parametrize("method", LOOKING)
def test_a_still_clip_or_a_single_frame_has_no_body(method):
    still = np.repeat(gray(waves()), 12, axis=0)
    assert not foreground.silhouettes(still, method).any()
    assert foreground.silhouettes(still[:1], method).shape == (1, 60, 80)
    if method not in ("mog2", "knn"):  # which know nothing of one frame
        assert not foreground.silhouettes(still[:1], method).any()


@pytest.mark.parametrize("method", foreground.METHODS)
def test_one_silhouette_is_that_of_the_clip(method):
    frames, places = crossing(step=3, width=8, count=20)
    if method == "given":
        frames = np.where(places, 255, 0).astype(np.uint8)
    settings = {"method": method, "difference": 40, "speed": 1.0}
    found = foreground.silhouettes(frames, **settings)
    assert found.dtype == bool
    for index in (0, 7, 19):
        alone = foreground.silhouette(frames, index, **settings)
        assert alone.dtype == bool
        np.testing.assert_array_equal(alone, found[index])


@pytest.mark.parametrize("method", LOOKING)
def test_the_same_bits_twice_and_with_any_number_of_threads(method):
    frames, _ = crossing(step=2, width=8, count=40)
    threads = cv2.getNumThreads()
    digests = []
    try:
        for number in (1, 1, 4):
            cv2.setNumThreads(number)
            cv2.randu(np.zeros(5), 0, 1)  # others may have drawn from OpenCV's generator
            digests.append(foreground.silhouettes(frames, method).tobytes())
    finally:
        cv2.setNumThreads(threads)
    assert digests[0] == digests[1] == digests[2]


@pytest.mark.parametrize("method", foreground.METHODS)
def test_frames_are_only_read(method):
    frames, places = crossing(step=3, width=8, count=20)
    if method == "given":
        frames = np.where(places, 255, 0).astype(np.uint8)
    before = frames.copy()
    frames.setflags(write=False)
    foreground.silhouettes(frames, method)
    np.testing.assert_array_equal(frames, before)


def one(frames, method):
    return foreground.silhouette(frames, 0, method)


@pytest.mark.parametrize("find", [foreground.silhouettes, one])
def test_bad_input_is_named(find):
    frames = np.zeros((2, 8, 8), dtype=np.uint8)
    with pytest.raises(InputError, match=r"silhouette = 'guess' .* 'optical_flow'"):
        find(frames, "guess")
    for wrong in (frames[0], frames[:0], frames.astype(float), frames > 0):
        with pytest.raises(InputError, match=r"uint8 frames \(T, H, W\) are needed, not"):
            find(wrong, "median_background")


# ---------------------------------------------------------------- how it is computed


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
@pytest.mark.parametrize("length", [1, 2, 3, 254, 255, 256, 511])
def test_the_median_is_that_of_sorting(monkeypatch, bits, length):
    random = np.random.default_rng(length)
    frames = random.integers(0, 256, (length, 5, 7)).astype(np.uint8)
    frames[:, 0] = random.integers(0, 2, (length, 7)) * 255
    frames[:, 1] = 255
    monkeypatch.setattr(foreground, "_BITS", bits)
    expected = np.sort(frames, axis=0)[(length - 1) // 2]
    np.testing.assert_array_equal(foreground.background(frames), expected)


@pytest.mark.parametrize("seed", range(20))
def test_the_largest_part_is_scipys(seed):
    noise = ndimage.gaussian_filter(np.random.default_rng(seed).normal(size=(40, 50)), 1.2)
    mask = noise > np.quantile(noise, 0.7)
    labels, count = ndimage.label(mask, np.ones((3, 3)))
    sizes = ndimage.sum_labels(mask, labels, np.arange(1, count + 1))
    found = foreground._largest_component(mask.astype(np.uint8))
    assert found.sum() == sizes.max()
    # It is one part and no other: all of one label.
    (label,) = np.unique(labels[found])
    assert (labels == label).sum() == sizes.max()


def test_nothing_and_everything_have_a_largest_part():
    for mask in (np.zeros((6, 9), np.uint8), np.ones((6, 9), np.uint8)):
        np.testing.assert_array_equal(foreground._largest_component(mask), mask.astype(bool))


@pytest.mark.parametrize("size", [(1, 1), (5, 7), (16, 8)])
def test_packed_silhouettes_are_indexed_like_the_array(size):
    masks = np.random.default_rng(0).random((9, *size)) > 0.5
    packed = foreground.Silhouettes.of(masks)
    assert packed.shape == masks.shape
    assert len(packed) == 9
    assert packed.bits.nbytes == 9 * -(-size[0] * size[1] // 8)
    for index in (0, -1, slice(2, 5), [3, 3, 1], np.array([8])):
        np.testing.assert_array_equal(packed[index], masks[index])
        assert packed[index].dtype == bool
