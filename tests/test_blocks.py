"""Clips in blocks: what a window holds is the padded clip, whatever the blocks."""

import numpy as np
import pytest
from scipy import ndimage

from har_lib import blocks, gaussian


def cuts(length, seed):
    """A clip's frames cut at random: block lengths that add up, some of them 1."""
    random = np.random.default_rng(seed)
    while length:
        size = int(random.integers(1, min(length, 7) + 1))
        yield size
        length -= size


@pytest.mark.parametrize("size", [1, 2, 3, 7, 16, 100])
@pytest.mark.parametrize(("start", "stop"), [(0, None), (3, 10), (9, None)])
def test_blocks_are_the_clip_in_order(size, start, stop):
    clip = np.arange(16).reshape(16, 1, 1)
    parts = list(blocks.blocks(clip, size, start, stop))
    np.testing.assert_array_equal(np.concatenate([part for part, _ in parts]), clip[start:stop])
    assert [last for _, last in parts] == [False] * (len(parts) - 1) + [True]
    assert {len(part) for part, _ in parts[:-1]} <= {size}


def test_frames_one_by_one_and_by_number():
    clip = np.random.default_rng(0).integers(0, 256, (150, 3, 4))
    np.testing.assert_array_equal(list(blocks.each(clip)), clip)
    np.testing.assert_array_equal(blocks.one(clip, 77), clip[77])


def test_blocks_of_large_frames_are_short_and_never_too_short():
    assert blocks.length((16, 16)) == blocks.MOST
    assert blocks.length((120, 160)) * 120 * 160 <= blocks.NUMBERS
    assert blocks.length((4320, 7680)) == blocks.LEAST


@pytest.mark.parametrize("reach", [0, 1, 3, 8])
@pytest.mark.parametrize("length", [1, 2, 5, 30])
@pytest.mark.parametrize("seed", range(3))
def test_a_window_gives_each_frame_once_with_all_that_is_near(reach, length, seed):
    clip = np.random.default_rng(9).normal(size=(2, length, 3, 4)).astype(np.float32)
    padded = np.pad(clip, [(0, 0), (reach, reach), (0, 0), (0, 0)], mode="edge")
    window, come, given = blocks.Window(reach, (2, 3, 4)), 0, 0
    for size in cuts(length, seed):
        window.room(size)[:] = clip[:, come : come + size]
        come += size
        held = window.held(last=come == length)
        due = held.shape[1] - 2 * reach
        if due > 0:
            np.testing.assert_array_equal(held, padded[:, given : given + due + 2 * reach])
            given += due
    assert given == length


@pytest.mark.parametrize("variance", [0.3, 2.0, 9.0])
@pytest.mark.parametrize("length", [1, 4, 40])
@pytest.mark.parametrize("seed", range(3))
def test_a_filter_along_time_is_scipys_and_the_same_bits_for_all_blocks(variance, length, seed):
    # More pixels than are filtered at once, and no multiple of them.
    clip = np.random.default_rng(9).normal(size=(length, 2, 2500)).astype(np.float32)
    factor = gaussian.gaussian_factor(variance)

    def filtered(sizes):
        smoothing, come, parts = gaussian.AlongTime(factor, (1, 2, 2500)), 0, []
        for size in sizes:
            smoothing.room(size)[0] = clip[come : come + size]
            come += size
            parts += [part.copy() for part in smoothing.filtered(last=come == length)]
        return np.concatenate(parts)

    whole = filtered([length])
    expected = ndimage.correlate1d(clip.astype(float), factor, axis=0, mode="nearest")
    np.testing.assert_allclose(whole, expected, atol=1e-5)
    np.testing.assert_array_equal(filtered(cuts(length, seed)), whole)


def test_channels_are_filtered_apart():
    channels = np.random.default_rng(0).normal(size=(3, 20, 4, 5)).astype(np.float32)
    factor = gaussian.gaussian_factor(2.0)
    together = gaussian.AlongTime(factor, (3, 4, 5))
    together.room(20)[:] = channels
    for channel, found in zip(channels, together.filtered(last=True), strict=True):
        alone = gaussian.AlongTime(factor, (1, 4, 5))
        alone.room(20)[0] = channel
        np.testing.assert_array_equal(found, next(alone.filtered(last=True)))
