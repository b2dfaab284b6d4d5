"""Silhouette and grid on figures whose answer is known by hand."""

import numpy as np
import pytest

from har_lib import shape
from har_lib.errors import InputError


def rectangle(height, width, top, bottom, left, right):
    mask = np.zeros((height, width), dtype=bool)
    mask[top:bottom, left:right] = True
    return mask


def test_a_full_rectangle_fills_every_cell():
    mask = rectangle(120, 160, 30, 90, 40, 80)
    assert shape.grid(mask).tolist() == [1.0] * 16
    assert shape.grid(np.ones((7, 5), dtype=bool), over="frame").tolist() == [1.0] * 16


def test_the_left_half_fills_two_columns():
    mask = rectangle(80, 80, 0, 80, 0, 40)
    expected = np.tile([1.0, 1.0, 0.0, 0.0], (4, 1))
    np.testing.assert_array_equal(shape.grid(mask, over="frame").reshape(4, 4), expected)


@pytest.mark.parametrize("row", range(4))
@pytest.mark.parametrize("column", range(4))
def test_one_pixel_one_bit_row_major_over_the_frame(row, column):
    mask = rectangle(40, 80, 10 * row + 3, 10 * row + 4, 20 * column + 7, 20 * column + 8)
    bits = shape.grid(mask, over="frame")
    assert np.flatnonzero(bits).tolist() == [4 * row + column]


def test_a_plus_by_hand():
    mask = np.zeros((40, 40), dtype=bool)
    mask[10:30, :] = True
    mask[:, 10:30] = True
    expected = [[0, 1, 1, 0], [1, 1, 1, 1], [1, 1, 1, 1], [0, 1, 1, 0]]
    np.testing.assert_array_equal(shape.grid(mask).reshape(4, 4), expected)


def test_the_box_makes_it_invariant_to_place_and_size():
    small = np.zeros((60, 60), dtype=bool)
    small[0:8, 0:8] = rectangle(8, 8, 0, 4, 2, 8)
    small[4:8, 0:4] = True
    moved = np.roll(small, (21, 30), axis=(0, 1))
    large = np.kron(small[:8, :8], np.ones((5, 5), dtype=bool))
    np.testing.assert_array_equal(shape.grid(small), shape.grid(moved))
    np.testing.assert_array_equal(shape.grid(small), shape.grid(large))
    assert not np.array_equal(shape.grid(small, over="frame"), shape.grid(moved, over="frame"))


def test_half_means_half():
    mask = rectangle(8, 8, 0, 8, 0, 8)
    mask[0:2, 0:1] = False  # the first cell keeps 2 of its 4 pixels
    assert shape.grid(mask)[0] == 1
    mask[0, 1] = False
    assert shape.grid(mask)[0] == 0
    assert shape.grid(mask, rule="any")[0] == 1


def test_an_empty_mask_is_all_zero():
    empty = np.zeros((10, 10), dtype=bool)
    assert shape.grid(empty).tolist() == [0.0] * 16
    assert shape.grid(empty, over="frame").tolist() == [0.0] * 16


@pytest.mark.parametrize("length", range(1, 30))
def test_cells_cover_a_side_and_are_never_empty(length):
    ranges = shape.cell_edges(length)
    covered = {pixel for start, stop in ranges for pixel in range(start, stop)}
    assert len(ranges) == 4
    assert covered == set(range(length))
    assert all(stop > start for start, stop in ranges)


def moving_square(seed=0, noise=4):
    random = np.random.default_rng(seed)
    scene = random.integers(40, 120, (60, 80))
    frames, masks = [], []
    for t in range(20):
        mask = rectangle(60, 80, 20, 40, 3 + 3 * t, 15 + 3 * t)
        frame = np.where(mask, 220, scene) + random.normal(0, noise, scene.shape)
        frames.append(np.clip(frame, 0, 255))
        masks.append(mask)
    return np.array(frames).astype(np.uint8), np.array(masks)


def test_the_silhouette_finds_a_body_against_a_textured_scene():
    frames, masks = moving_square()
    found = shape.silhouettes(frames)
    overlap = (found & masks).sum((1, 2)) / (found | masks).sum((1, 2))
    assert overlap.min() > 0.9


def test_one_silhouette_is_that_of_the_clip():
    frames, _ = moving_square()
    np.testing.assert_array_equal(shape.silhouette(frames, 7), shape.silhouettes(frames)[7])
    given = np.where(moving_square()[1], 255, 0).astype(np.uint8)
    np.testing.assert_array_equal(shape.silhouette(given, 7, method="given"), moving_square()[1][7])


def test_only_the_largest_part_stays():
    frames = np.zeros((9, 40, 40), dtype=np.uint8)
    frames[4, 2:20, 2:20] = 200
    frames[4, 30:35, 30:35] = 200
    found = shape.silhouette(frames, 4)
    assert found[2:20, 2:20].all()
    assert found.sum() == 18 * 18


def test_a_clip_without_change_has_no_body():
    assert not shape.silhouettes(np.full((5, 30, 30), 77, dtype=np.uint8)).any()


def test_the_background_is_the_median():
    clip = np.random.default_rng(1).integers(0, 256, (7, 9, 11)).astype(np.uint8)
    np.testing.assert_array_equal(shape.background(clip), np.median(clip, axis=0))


def test_bad_input_is_named():
    with pytest.raises(InputError, match="over = 'body'"):
        shape.grid(np.ones((4, 4), dtype=bool), over="body")
    with pytest.raises(InputError, match="rule = 'most'"):
        shape.grid(np.ones((4, 4), dtype=bool), rule="most")
    with pytest.raises(InputError, match=r"\(H, W\)"):
        shape.grid(np.ones(4, dtype=bool))
    with pytest.raises(InputError, match="silhouette = 'guess'"):
        shape.silhouettes(np.zeros((2, 8, 8), dtype=np.uint8), method="guess")
