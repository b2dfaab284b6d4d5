"""Pictures of silhouettes: what they keep, what they forget, and one nearest neighbour."""

import numpy as np
import pytest

from har_lib import silhouette_floor
from har_lib.errors import InputError
from har_lib.silhouette_floor import correctness, normalised, pictures


def body(height: int, width: int, top: int = 3, left: int = 4) -> np.ndarray:
    """A block with a notch, somewhere in a frame."""
    mask = np.zeros((60, 80), dtype=bool)
    mask[top : top + height, left : left + width] = True
    mask[top : top + height // 2, left : left + width // 2] = False
    return mask


def test_place_and_size_are_forgotten_and_shape_is_kept() -> None:
    here = normalised(body(16, 8))
    np.testing.assert_array_equal(normalised(body(16, 8, top=30, left=50)), here)
    np.testing.assert_allclose(normalised(body(32, 16)), here, atol=1e-6)
    assert np.abs(normalised(body(8, 16)) - here).mean() > 0.1


def test_a_silhouette_is_centred_and_as_long_as_the_square() -> None:
    mask = np.zeros((50, 50), dtype=bool)
    mask[5:45, 10:20] = True
    found = normalised(mask, side=32)
    assert found.shape == (32, 32)
    assert found.dtype == np.float32
    assert found[:, 12:20].min() == 1
    assert found[:, :12].max() == found[:, 20:].max() == 0


def test_pictures_are_mean_deviation_and_change() -> None:
    # A half that comes and goes, beside one that stays.
    whole = np.ones((8, 8), dtype=bool)
    frames = np.stack([np.pad(whole, 2), np.pad(np.tri(8, dtype=bool), 2)] * 2)
    found = pictures(frames, side=8).reshape(3, 8, 8)
    stack = np.stack([np.ones((8, 8)), np.tri(8)] * 2)
    np.testing.assert_allclose(found[0], stack.mean(axis=0))
    np.testing.assert_allclose(found[1], stack.std(axis=0))
    np.testing.assert_allclose(found[2], np.abs(np.diff(stack, axis=0)).mean(axis=0))


def test_frames_without_a_silhouette_are_left_out() -> None:
    frames = np.stack([body(16, 8), np.zeros((60, 80), dtype=bool), body(12, 12)])
    np.testing.assert_array_equal(pictures(frames), pictures(frames[[0, 2]]))


def clips(seed: int = 0) -> tuple[list[np.ndarray], np.ndarray, np.ndarray]:
    """Tall and wide figures of four persons."""
    generator = np.random.default_rng(seed)
    found, labels, groups = [], [], []
    for person in range(4):
        for label, (height, width) in {"tall": (30, 10), "wide": (10, 30)}.items():
            sizes = generator.integers(0, 3, (5, 2))
            found.append(np.stack([body(height + a, width + b) for a, b in sizes]))
            labels.append(label)
            groups.append(f"person{person}")
    return found, np.array(labels), np.array(groups)


def test_the_nearest_picture_of_another_person_decides() -> None:
    found, labels, groups = clips()
    rows = np.stack([pictures(each) for each in found])
    expected = []
    for i in range(len(labels)):
        others = np.flatnonzero(groups != groups[i])
        nearest = others[((rows[others] - rows[i]) ** 2).sum(axis=1).argmin()]
        expected.append(float(labels[nearest] == labels[i]))
    assert correctness(found, labels, groups).tolist() == expected == [1.0] * 8


def test_one_s_own_pictures_are_of_no_help() -> None:
    found, labels, groups = clips()
    # Each person calls things by names of its own order: only its own clips could tell.
    turned = np.where(groups < "person2", labels, np.where(labels == "tall", "wide", "tall"))
    alone = np.array(["a", "a", "a", "a", "b", "b", "b", "b"])
    assert correctness(found, turned, alone).tolist() == [0.0] * 8


def test_what_shows_nothing_is_refused() -> None:
    empty = np.zeros((3, 9, 9), dtype=bool)
    with pytest.raises(InputError, match="0 of 3 frames show a silhouette"):
        pictures(empty)
    with pytest.raises(InputError, match="a silhouette is empty"):
        normalised(empty[0])
    found, labels, _ = clips()
    with pytest.raises(InputError, match="all clips are of one group"):
        correctness(found, labels, np.zeros(8))
    assert silhouette_floor.SIDE == 32
