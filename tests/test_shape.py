"""Silhouette and grid on figures whose answer is known by hand."""

from itertools import pairwise

import numpy as np
import pytest

from har_lib import foreground, shape
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


# ---------------------------------------------------------------- the options of the grid


def blob(seed, height=40, width=56):
    """A ragged body somewhere in a frame."""
    random = np.random.default_rng(seed)
    mask = np.zeros((height, width), dtype=bool)
    top, left = random.integers(0, height - 20), random.integers(0, width - 20)
    mask[top : top + 20, left : left + 20] = random.random((20, 20)) < 0.3
    tall, wide = random.integers(3, 18, 2)
    mask[top : top + tall, left : left + wide] = True
    return mask


def test_a_square_holds_the_box_in_its_middle():
    assert shape.grid_region(rectangle(50, 60, 10, 30, 40, 44), "square") == (10, 30, 32, 52)
    assert shape.grid_region(rectangle(50, 60, 10, 14, 20, 40), "square") == (2, 22, 20, 40)
    # A pixel too many goes below or to the right.
    assert shape.grid_region(rectangle(50, 60, 10, 30, 40, 43), "square") == (10, 30, 32, 52)
    # Beyond the frame, on each side.
    assert shape.grid_region(rectangle(50, 60, 0, 30, 0, 4), "square") == (0, 30, -13, 17)
    assert shape.grid_region(rectangle(50, 60, 48, 50, 20, 40), "square") == (39, 59, 20, 40)


@pytest.mark.parametrize("seed", range(20))
def test_regions_of_ragged_bodies(seed):
    mask = blob(seed)
    box = shape.bounding_box(mask)
    assert shape.grid_region(mask) == shape.grid_region(mask, "bbox") == box
    assert shape.grid_region(mask, "frame") == (0, 40, 0, 56)
    top, bottom, left, right = shape.grid_region(mask, "square")
    assert bottom - top == right - left == max(box[1] - box[0], box[3] - box[2])
    for low, high, start, stop in ((*box[:2], top, bottom), (*box[2:], left, right)):
        assert start <= low < high <= stop
        assert (stop - high) - (low - start) in (0, 1)


def test_no_region_without_a_body_but_the_frame():
    empty = np.zeros((10, 12), dtype=bool)
    assert shape.grid_region(empty) is None
    assert shape.grid_region(empty, "square") is None
    assert shape.grid_region(empty, "frame") == (0, 10, 0, 12)
    for over in shape.REGIONS:
        for rule in shape.RULES:
            for uneven in shape.SPLITS:
                found = shape.grid(empty, over, rule, uneven=uneven)
                assert found.dtype == np.float32
                assert found.tolist() == [0.0] * 16


def test_a_standing_body_in_a_square_fills_its_middle():
    # 40 high, 20 wide: two of four columns; beside the frame's edge just the same.
    expected = np.tile([0.0, 1.0, 1.0, 0.0], (4, 1))
    for left in (0, 30, 60):
        body = rectangle(60, 80, 10, 50, left, left + 20)
        np.testing.assert_array_equal(shape.grid(body, "square").reshape(4, 4), expected)
    assert shape.grid(body).tolist() == [1.0] * 16


def test_a_square_is_the_box_of_a_square_body():
    mask = rectangle(60, 60, 7, 31, 20, 44)
    mask[7:20, 20:30] = False
    mask[7, 20] = True
    for rule in shape.RULES:
        np.testing.assert_array_equal(shape.grid(mask, "square", rule), shape.grid(mask, rule=rule))


@pytest.mark.parametrize("seed", range(5))
def test_by_grid_is_half_for_a_body_and_any_for_a_frame(seed):
    mask = blob(seed)
    for over, rule in (("bbox", "half"), ("square", "half"), ("frame", "any")):
        expected = shape.grid(mask, over, rule)
        np.testing.assert_array_equal(shape.grid(mask, over, "by_grid"), expected)
        np.testing.assert_array_equal(shape.grid(mask, over), expected)
        other = shape.grid(mask, over, "any" if rule == "half" else "half")
        assert not np.array_equal(other, expected)


def shares(mask):
    """Occupancies by counting pixel for pixel, of sides that four divides."""
    height, width = mask.shape[0] // 4, mask.shape[1] // 4
    counts = np.zeros((4, 4))
    for y, x in zip(*np.nonzero(mask), strict=True):
        counts[y // height, x // width] += 1
    return counts / (height * width)


@pytest.mark.parametrize("seed", range(5))
def test_occupancy_is_the_share_that_the_rules_ask_for(seed):
    mask = blob(seed)
    found = shape.grid(mask, "frame", "occupancy")
    np.testing.assert_array_equal(found, shares(mask).astype(np.float32).ravel())
    assert 0 < found.max() <= 1
    for over in shape.REGIONS:
        occupancy = shape.grid(mask, over, "occupancy")
        np.testing.assert_array_equal(shape.grid(mask, over, "half"), occupancy >= 0.5)
        np.testing.assert_array_equal(shape.grid(mask, over, "any"), occupancy > 0)


def between(values, ones):
    """Otsu's criterion: variance between the two classes."""
    if ones.all() or not ones.any():
        return 0.0
    return ones.mean() * (1 - ones.mean()) * (values[ones].mean() - values[~ones].mean()) ** 2


@pytest.mark.parametrize("over", shape.REGIONS)
def test_otsu_parts_the_occupancies_as_far_as_any_threshold_does(over):
    for seed in range(30):
        mask = blob(seed)
        values = shape.grid(mask, over, "occupancy").astype(float)
        ones = shape.grid(mask, over, "otsu") == 1
        assert values[ones].min() > values[~ones].max()
        best = max(between(values, values > each) for each in values)
        # Not so for scikit-image's 256 bins: down to 0.49 of the best on such bodies.
        assert between(values, ones) == pytest.approx(best, rel=1e-6)


def test_otsu_needs_no_half():
    # Shares of 0.1 and 0.3: half sets none, any sets all, Otsu the denser ones.
    mask = np.zeros((40, 40), dtype=bool)
    mask[::10, :] = True
    mask[20:23, :] = mask[30:33, :] = True
    expected = np.repeat([0.0, 0.0, 1.0, 1.0], 4)
    np.testing.assert_array_equal(shape.grid(mask, "frame", "otsu"), expected)
    assert not shape.grid(mask, "frame", "half").any()
    assert shape.grid(mask, "frame", "any").all()


@pytest.mark.parametrize(("of_ten", "bit"), [(10, 1.0), (9, 1.0), (5, 1.0), (4, 0.0), (0, 0.0)])
def test_sixteen_equal_shares_have_no_threshold_and_half_decides(of_ten, bit):
    mask = np.zeros((40, 40), dtype=bool)
    mask[:, np.arange(40) % 10 < of_ten] = True
    assert shape.grid(mask, "frame", "otsu").tolist() == [bit] * 16


@pytest.mark.parametrize("uneven", shape.SPLITS)
@pytest.mark.parametrize("rule", shape.RULES)
@pytest.mark.parametrize("over", shape.REGIONS)
def test_columns_are_the_rows_of_the_transposed_grid(over, rule, uneven):
    mask = rectangle(43, 57, 20, 38, 30, 35)
    mask[10:22, 12:54] = True
    mask[30:36, 10:14] = True
    rows = shape.grid(mask, over, rule, "rows", uneven)
    columns = shape.grid(mask, over, rule, "columns", uneven)
    np.testing.assert_array_equal(columns.reshape(4, 4), rows.reshape(4, 4).T)
    assert not np.array_equal(rows, columns)


@pytest.mark.parametrize("row", range(4))
@pytest.mark.parametrize("column", range(4))
def test_one_pixel_one_bit_column_major_over_the_frame(row, column):
    mask = rectangle(40, 80, 10 * row + 3, 10 * row + 4, 20 * column + 7, 20 * column + 8)
    bits = shape.grid(mask, over="frame", order="columns")
    assert np.flatnonzero(bits).tolist() == [4 * column + row]


@pytest.mark.parametrize("uneven", shape.SPLITS)
@pytest.mark.parametrize("rule", shape.RULES)
def test_a_full_object_of_any_size_fills_every_cell(rule, uneven):
    for height in range(1, 14):
        for width in range(1, 14):
            mask = rectangle(20, 20, 3, 3 + height, 2, 2 + width)
            assert shape.grid(mask, rule=rule, uneven=uneven).tolist() == [1.0] * 16


@pytest.mark.parametrize("side", range(1, 30))
def test_a_resized_side_repeats_the_pixels_nearest_to_its_cells(side):
    # By hand: pixel i of the larger side has its centre at (i + 1/2) side / larger.
    larger = 4 * int(np.ceil(side / 4))
    nearest = [int((2 * i + 1) * side // (2 * larger)) for i in range(larger)]
    assert set(nearest) == set(range(side))
    full = np.eye(side, dtype=bool)
    for pixel in range(side):
        mask = np.zeros((4, side), dtype=bool)
        mask[:, pixel] = True
        found = shape.grid(mask, "frame", "occupancy", uneven="resized").reshape(4, 4)
        counts = np.bincount(
            [i // (larger // 4) for i, j in enumerate(nearest) if j == pixel], None, 4
        )
        expected = (counts / (larger // 4)).astype(np.float32)
        np.testing.assert_array_equal(found, np.tile(expected, (4, 1)))
    # Turning the object over turns its grid over: no side is favoured.
    grid = shape.grid(full, "frame", "occupancy", uneven="resized").reshape(4, 4)
    np.testing.assert_array_equal(grid, grid[::-1, ::-1])


def test_resizing_matters_only_where_four_does_not_divide():
    for seed in range(5):
        mask = blob(seed)
        np.testing.assert_array_equal(
            shape.grid(mask, "frame", "occupancy"),
            shape.grid(mask, "frame", "occupancy", uneven="resized"),
        )
    # Five pixels: rounded 1 1 2 1, resized to 0 0 1 2 2 3 4 4.
    mask = np.zeros((4, 5), dtype=bool)
    mask[:, 2] = True
    for uneven, row in (("rounded", [0, 0, 0.5, 0]), ("resized", [0, 0.5, 0.5, 0])):
        found = shape.grid(mask, "frame", "occupancy", uneven=uneven).reshape(4, 4)
        np.testing.assert_array_equal(found, np.tile(row, (4, 1)))


def test_cells_of_a_region_are_those_that_a_picture_draws():
    # The notebook draws edges at grid_region's start plus cell_edges.
    mask = blob(1)
    top, bottom, left, right = shape.grid_region(mask)
    edges = [left + start for start, _ in shape.cell_edges(right - left)] + [right]
    share = shape.grid(mask, rule="occupancy", order="columns").reshape(4, 4)
    rows = shape.cell_edges(bottom - top)
    for column, (start, stop) in zip(share, pairwise(edges), strict=True):
        expected = [mask[top + a : top + b, start:stop].mean() for a, b in rows]
        np.testing.assert_allclose(column, expected, rtol=1e-6)


def test_finding_the_body_is_at_hand_here_too():
    for name in ("background", "silhouette", "silhouettes"):
        assert getattr(shape, name) is getattr(foreground, name)


def test_bad_input_is_named():
    mask = np.ones((4, 4), dtype=bool)
    for words, message in (
        ({"over": "body"}, "over = 'body'"),
        ({"rule": "most"}, "rule = 'most'"),
        ({"rule": ""}, "rule = ''"),
        ({"order": "spiral"}, "order = 'spiral'"),
        ({"uneven": "cut"}, "uneven = 'cut'"),
    ):
        # Also where an empty mask would hide it.
        for given in (mask, ~mask):
            with pytest.raises(InputError, match=message):
                shape.grid(given, **words)
    with pytest.raises(InputError, match="over = 'body'"):
        shape.grid_region(mask, "body")
    for call in (shape.grid, shape.grid_region):
        with pytest.raises(InputError, match=r"\(H, W\)"):
            call(np.ones(4, dtype=bool))
    with pytest.raises(InputError, match="silhouette = 'guess'"):
        shape.silhouettes(np.zeros((2, 8, 8), dtype=np.uint8), method="guess")
