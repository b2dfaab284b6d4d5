"""A clip's 58 numbers are those of its three features, at its key frames, and always numbers."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from har_lib import coverage, features, keyframes, shape, stip, video
from har_lib.config import Config, profile
from har_lib.features import COVERAGE, INTEREST, SHAPE, extract
from har_lib.video import VideoError

HEIGHT, WIDTH, LENGTH = 120, 160, 24


def to_and_fro(seed: int = 0) -> np.ndarray:
    """A square that goes right, turns, and comes back, over noise that stands still."""
    random = np.random.default_rng(seed)
    frames = np.repeat(random.integers(60, 120, (1, HEIGHT, WIDTH)), LENGTH, axis=0)
    for t in range(LENGTH):
        left = 10 + 5 * min(t, LENGTH - 1 - t)
        frames[t, 40:80, left : left + 25] = 220
    return frames.astype(np.uint8)


@pytest.fixture(scope="module")
def frames() -> np.ndarray:
    return to_and_fro()


@pytest.fixture(scope="module")
def points(frames: np.ndarray) -> stip.Points:
    return stip.detect(frames)


@pytest.fixture(scope="module")
def found(frames: np.ndarray) -> features.Features:
    return extract(frames)


def test_where_each_feature_lies() -> None:
    parts = [np.arange(features.SIZE)[part] for part in (SHAPE, INTEREST, COVERAGE)]
    assert [len(part) for part in parts] == [16, 40, 2]
    assert np.concatenate(parts).tolist() == list(range(58))
    assert list(features.PARTS.values()) == [SHAPE, INTEREST, COVERAGE]
    assert list(features.PARTS) == ["shape", "space-time interest", "coverage"]


def test_a_row_of_58_for_each_key_frame(found: features.Features) -> None:
    K = len(found.keyframes)
    assert found.vectors.shape == (K, 58)
    assert found.vectors.dtype == np.float32
    assert found.keyframes.dtype == np.int64
    assert np.isfinite(found.vectors).all()
    assert 4 <= K <= 20
    assert found.keyframes[0] == 0
    assert (np.diff(found.keyframes) > 0).all()
    assert found.keyframes[-1] < LENGTH


def test_key_frames_are_those_of_the_rule(frames: np.ndarray, found: features.Features) -> None:
    expected = keyframes.select(frames, 0.9, minimum=4, maximum=20, drop_duplicates=True)
    np.testing.assert_array_equal(found.keyframes, expected)


@pytest.mark.parametrize("over", ["bbox", "frame"])
def test_shape_is_the_grid_over_the_silhouette(frames: np.ndarray, over: str) -> None:
    found = extract(frames, Config().replace(grid_over=over))
    for frame, vector in zip(found.keyframes, found.vectors, strict=True):
        expected = shape.grid(shape.silhouette(frames, int(frame)), over=over)
        np.testing.assert_array_equal(vector[SHAPE], expected)
    assert found.vectors[:, SHAPE].any()


def test_masks_may_be_given(frames: np.ndarray) -> None:
    masks = np.where(frames == 220, 255, 0).astype(np.uint8)
    found = extract(masks, Config().replace(silhouette="given", grid_over="frame"))
    for frame, vector in zip(found.keyframes, found.vectors, strict=True):
        left = int(np.flatnonzero(masks[frame].any(axis=0))[0])
        # Columns of 40 pixels, rows of 30: the square spans rows 40 to 80, so 1 and 2.
        columns = [left < 40 * (c + 1) and left + 25 > 40 * c for c in range(4)]
        expected = np.outer([0, 1, 1, 0], columns).ravel()
        np.testing.assert_array_equal(vector[SHAPE], expected)


@pytest.mark.parametrize("window", [0, 1, 3, 1000])
def test_interest_and_coverage_are_of_the_points_around(
    frames: np.ndarray, points: stip.Points, window: int
) -> None:
    jets = stip.jets(frames, points)
    found = extract(frames, Config().replace(point_window=window))
    with_points = 0
    for frame, vector in zip(found.keyframes, found.vectors, strict=True):
        near = [i for i, t in enumerate(points.t) if abs(t - frame) <= window]
        with_points += bool(near)
        expected = stip.describe(jets[near], points.second_moments[near], points.response[near])
        np.testing.assert_array_equal(vector[INTEREST], expected)
        extent = np.zeros(2)
        if near:
            x, y = points.x[near], points.y[near]
            extent = np.array([(x.max() - x.min()) / WIDTH, (y.max() - y.min()) / HEIGHT])
        np.testing.assert_allclose(vector[COVERAGE], extent, rtol=1e-6)
    if window == 1000:
        assert with_points == len(found.keyframes)
        whole = coverage.coverage(points, (HEIGHT, WIDTH))
        np.testing.assert_array_equal(
            found.vectors[:, COVERAGE], np.tile(whole, (len(found.vectors), 1))
        )
        assert (whole > 0).all(), "a turning square has points at its corners"


@pytest.mark.parametrize("level", [0, 128, 255])
def test_a_still_clip_has_zeros_and_no_nan(level: int) -> None:
    found = extract(np.full((9, HEIGHT, WIDTH), level, dtype=np.uint8))
    # Frames that equal the one before are never filled in.
    assert found.keyframes.tolist() == [0]
    assert found.vectors.tolist() == [[0.0] * 58]
    found = extract(
        np.full((9, HEIGHT, WIDTH), level, dtype=np.uint8),
        Config().replace(drop_duplicate_frames=False),
    )
    assert len(found.keyframes) == 4
    assert not found.vectors.any()


def test_the_shortest_clip_has_a_vector() -> None:
    found = extract(to_and_fro()[:2])
    assert found.keyframes.tolist() == [0, 1]
    assert np.isfinite(found.vectors).all()


@pytest.mark.parametrize("size", [(WIDTH, HEIGHT), (80, 60)])
def test_a_path_and_its_frames_are_the_same(
    frames: np.ndarray, tmp_path: Path, size: tuple[int, int]
) -> None:
    path = tmp_path / "clip.avi"
    video.write(path, frames, codec="FFV1")
    config = Config().replace(frame_width=size[0], frame_height=size[1])
    from_path = extract(path, config)
    given = frames if size == (WIDTH, HEIGHT) else video.read_gray(path, size=size)
    from_frames = extract(given, config)
    np.testing.assert_array_equal(from_path.keyframes, from_frames.keyframes)
    np.testing.assert_array_equal(from_path.vectors, from_frames.vectors)
    np.testing.assert_array_equal(extract(str(path), config).vectors, from_path.vectors)
    part = features.read(path, config.video, 3, 9)
    np.testing.assert_array_equal(part, given[3:9])


def test_extraction_changes_nothing_and_repeats(frames: np.ndarray) -> None:
    before = frames.copy()
    first, second = extract(frames), extract(frames.copy())
    np.testing.assert_array_equal(frames, before)
    np.testing.assert_array_equal(first.vectors, second.vectors)


@pytest.mark.parametrize(
    "choices", [{}, {"ssim_threshold": 0.99}, {"maximum_keyframes": 7}, {"minimum_keyframes": 6}]
)
def test_even_spacing_keeps_the_count(frames: np.ndarray, choices: dict[str, float]) -> None:
    by_similarity = extract(frames, Config().replace(**choices))
    even = extract(frames, Config().replace(keyframe_selection="uniform", **choices))
    assert len(even.keyframes) == len(by_similarity.keyframes)
    assert (even.keyframes[0], even.keyframes[-1]) == (0, LENGTH - 1)
    steps = np.diff(even.keyframes)
    assert steps.max() - steps.min() <= 1


def test_as_printed_there_is_no_interest_point(frames: np.ndarray) -> None:
    """With k = 1 the response of equation (6) is nowhere positive."""
    found = extract(frames, profile("literal"))
    assert not found.vectors[:, INTEREST].any()
    assert not found.vectors[:, COVERAGE].any()
    assert found.vectors[:, SHAPE].any()
    assert np.isfinite(found.vectors).all()


@pytest.mark.parametrize(
    ("choices", "part"),
    [
        ({"foreground_difference": 120}, SHAPE),
        ({"spatial_variance": 16.0}, INTEREST),
        ({"temporal_variance": 4.0}, INTEREST),
        ({"integration_factor": 1.0}, INTEREST),
        ({"response_threshold": 0.9}, INTEREST),
        ({"harris_k": 0.03}, INTEREST),
    ],
)
def test_a_choice_moves_its_own_feature(
    frames: np.ndarray, found: features.Features, choices: dict[str, float], part: slice
) -> None:
    other = extract(frames, Config().replace(**choices))
    np.testing.assert_array_equal(other.keyframes, found.keyframes)
    assert (other.vectors[:, part] != found.vectors[:, part]).any()
    if part is not SHAPE:
        np.testing.assert_array_equal(other.vectors[:, SHAPE], found.vectors[:, SHAPE])


@pytest.mark.parametrize(
    "choices", [{"ssim_window": "global"}, {"ssim_form": "literal"}, {"ssim_threshold": 0.2}]
)
def test_the_similarity_decides_on_key_frames_alone(
    frames: np.ndarray, choices: dict[str, float]
) -> None:
    config = Config().replace(maximum_keyframes=1000, **choices)
    found = extract(frames, config)
    all_of_them = {"minimum_keyframes": LENGTH, "maximum_keyframes": LENGTH}
    everything = extract(frames, Config().replace(drop_duplicate_frames=False, **all_of_them))
    assert everything.keyframes.tolist() == list(range(LENGTH))
    np.testing.assert_array_equal(found.vectors, everything.vectors[found.keyframes])
    assert len(found.keyframes) < LENGTH


@pytest.mark.parametrize(
    "make", [lambda path: path.write_text("no video"), lambda path: None], ids=["text", "missing"]
)
def test_a_file_that_is_no_video_is_named(tmp_path: Path, make: Callable[[Path], object]) -> None:
    path = tmp_path / "notes.avi"
    make(path)
    with pytest.raises(VideoError, match=r"notes\.avi"):
        extract(path)


# ---------------------------------------------------------------- the right choice, the right place


def test_each_choice_of_the_points_reaches_its_own_argument(
    frames: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    received: dict[str, object] = {}

    def find(frames: np.ndarray, *scale: float, **choices: object) -> None:
        names = ("spatial_variance", "temporal_variance", "integration", "k", "threshold")
        received.update(dict(zip(names, scale, strict=True)) | choices)

    monkeypatch.setattr(features.stip_scales, "find", find)
    section = Config().stip
    other = {
        **{"spatial_variance": 5.0, "temporal_variance": 3.0, "integration": 1.5, "k": 0.01},
        **{"threshold": 0.02, "floor": 7.0, "strongest": 11, "velocity": True},
        **{"scales": "several", "neighbourhood": "frame"},
    }
    for change in ({}, other, {"gaussian_form": "literal"}, {"jet_form": "literal"}):
        changed = dataclasses.replace(section, **change)
        features.interest_points(frames, changed)
        expected = dataclasses.asdict(changed)
        del expected["volume"], expected["reach"]
        assert received == expected | {"segments": None}


def test_what_stands_in_for_a_body_that_is_not_found() -> None:
    nothing, one = np.zeros((9, 9), dtype=bool), np.eye(9, dtype=bool)
    place = np.array([2, 4])
    near = stip.Points(place, place, place + 1, np.ones(2), np.zeros((2, 6)))
    none = near.take(np.zeros(2, dtype=bool))
    for empty in ("zeros", "points", "frame"):
        assert features._body(one, near, empty) is one
    assert not features._body(nothing, near, "zeros").any()
    assert features._body(nothing, near, "frame").all()
    assert features._body(nothing, none, "points").all()
    box = features._body(nothing, near, "points")
    assert shape.bounding_box(box) == (2, 5, 3, 6)
    assert box.sum() == 9


def test_frames_that_pass_are_counted_with_the_first_if_it_is_kept() -> None:
    curve = np.array([0.95, 0.5, 0.99, 0.7])
    section = Config().keyframes
    assert features.passed(curve, section) == 3
    assert features.passed(curve, dataclasses.replace(section, keep_first=False)) == 2
    lowest = dataclasses.replace(section, selection="lowest", count=4)
    assert features.passed(curve, lowest) == 4
    assert features.passed(curve, dataclasses.replace(lowest, count=9)) == 5
