"""What a model sees in a clip is what the features say, key frame by key frame."""

from typing import Any

import numpy as np
import pytest

from har_lib import features, sight, stages, synthetic, video
from har_lib.config import Config
from har_lib.sight import Sight


class Counting:
    """Stands for a classifier: the more key frames it is given, the surer it is of one action."""

    classes_ = np.array(["fall", "jump", "run"])

    def predict_proba(self, X: Any) -> np.ndarray:
        sure = np.array([len(sequence) / (len(sequence) + 2) for sequence in X])
        return np.column_stack([(1 - sure) * 0.4, sure, (1 - sure) * 0.6])


@pytest.fixture(scope="module")
def frames(tmp_path_factory: pytest.TempPathFactory) -> np.ndarray:
    """A built-in clip at the working size, as it is read."""
    path = tmp_path_factory.mktemp("clip") / "clip.avi"
    synthetic.write_video(path, synthetic.render("JumpingJack", 2, 1).frames)
    read = features.read(path, Config().video)
    assert isinstance(read, np.ndarray)
    return read


def look(frames: np.ndarray, **choices: Any) -> Sight:
    return sight.look(frames, Counting(), Config().replace(**choices))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def seen(frames: np.ndarray) -> Sight:
    return look(frames)


@pytest.mark.parametrize("choices", [{}, {"interest_vector": "responses_2d", "point_window": 1}])
def test_key_frames_and_vectors_are_those_of_the_features(
    frames: np.ndarray, choices: dict[str, Any]
) -> None:
    found = features.extract(frames, Config().replace(**choices))
    seen = look(frames, **choices)
    np.testing.assert_array_equal(seen.found.keyframes, found.keyframes)
    np.testing.assert_array_equal(seen.found.vectors, found.vectors)
    assert len(found.keyframes) >= 4


def test_stages_that_are_at_hand_are_not_computed_again(
    frames: np.ndarray, seen: Sight, calls: list[str]
) -> None:
    config = Config()
    stored = {
        name: stage.compute(frames, config)
        for name, stage in stages.STAGES.items()
        if stage.needed(config)
    }
    assert calls == list(stored)
    again = sight.look(frames, Counting(), config, stored)  # type: ignore[arg-type]
    assert calls == list(stored)
    np.testing.assert_array_equal(again.found.vectors, seen.found.vectors)


def test_the_classifier_is_asked_after_each_key_frame(seen: Sight) -> None:
    count = len(seen.found.keyframes)
    begun = [seen.found.vectors[:k] for k in range(1, count + 1)]
    np.testing.assert_array_equal(seen.shares, Counting().predict_proba(begun))
    assert list(seen.probabilities) == ["jump", "run", "fall"]
    assert seen.after(count) == seen.probabilities
    assert seen.after(1)["jump"] == pytest.approx(1 / 3)
    # Always in the order of the end, or bars would change places.
    assert [*seen.after(1)] == [*seen.probabilities]
    assert seen.after(0) == {"jump": 0, "run": 0, "fall": 0}


@pytest.mark.parametrize("window", [0, 3])
def test_marks_are_the_points_that_describe_a_key_frame(frames: np.ndarray, window: int) -> None:
    seen = look(frames, point_window=window)
    for frame in seen.found.keyframes.tolist():
        marks = seen.marks(frame)
        near = seen.points.take(np.abs(seen.points.t - frame) <= window)
        assert sorted(map(tuple, marks[:, :2])) == sorted(
            zip(near.x.tolist(), near.y.tolist(), strict=True)
        )
        assert (marks[:, 2] == 2).all(), "the deviation of the default scale"
        steps = 1 - np.arange(window + 1) / (window + 1)
        assert set(marks[:, 3].round(9)) <= set(steps.round(9))
        assert (marks[:, 3] == 1).sum() == (seen.points.t == frame).sum()
        assert (np.diff(marks[:, 3]) >= 0).all(), "the nearest last, so that they are on top"
    assert sum(len(seen.marks(frame)) for frame in seen.found.keyframes.tolist()) > 0


@pytest.mark.parametrize("measure", ["extent", "deviation", "silhouette"])
def test_the_box_is_the_coverage_of_a_key_frame(frames: np.ndarray, measure: str) -> None:
    seen = look(frames, coverage_measure=measure)
    height, width = frames.shape[1:]
    boxes = 0
    for frame, vector in zip(seen.found.keyframes.tolist(), seen.found.vectors, strict=True):
        box = seen.box(frame)
        if box is None:
            assert not vector[features.COVERAGE].any()
            continue
        boxes += 1
        left, top, wide, high = box
        np.testing.assert_allclose(
            [wide / width, high / height], vector[features.COVERAGE], rtol=1e-5
        )
        if measure == "silhouette":
            inside = seen.masks[frame][int(top) : int(top + high), int(left) : int(left + wide)]
            assert inside.sum() == seen.masks[frame].sum()
        else:
            x, y = seen.marks(frame)[:, :2].T
            middle = (
                (x.mean(), y.mean())
                if measure == "deviation"
                else ((x.min() + x.max()) / 2, (y.min() + y.max()) / 2)
            )
            np.testing.assert_allclose([left + wide / 2, top + high / 2], middle, rtol=1e-5)
    assert boxes > 1


def test_a_frame_without_points_has_no_box(frames: np.ndarray) -> None:
    seen = look(np.repeat(frames[:1], 8, axis=0))
    assert len(seen.points) == 0
    assert seen.box(0) is None
    assert seen.marks(0).shape == (0, 4)


def test_key_frames_are_near_themselves_and_nothing_else_is(seen: Sight) -> None:
    keys = seen.found.keyframes
    for frame in range(len(seen.frames)):
        distance = np.abs(keys - frame).min()
        assert seen.nearness(frame) == pytest.approx(max(0, 1 - distance / 4)), "a window of 3"
    assert min(seen.nearness(frame) for frame in range(len(seen.frames))) == 0


def test_the_threshold_is_the_one_that_decides(frames: np.ndarray, seen: Sight) -> None:
    assert seen.threshold == 0.9
    assert look(frames, keyframe_selection="lowest").threshold is None
    relative = look(frames, keyframe_selection="deviations").threshold
    assert relative is not None
    assert relative == pytest.approx(seen.curve.mean() - 2 * seen.curve.std())


def test_some_key_frames_are_the_first_the_last_and_what_lies_between(seen: Sight) -> None:
    count = len(seen.found.keyframes)
    assert seen.key_frames(99).tolist() == list(range(count))
    some = seen.key_frames(3).tolist()
    assert len(some) == 3
    assert (some[0], some[-1]) == (0, count - 1)


def test_the_picture_is_given_what_is_seen(seen: Sight) -> None:
    given = seen.pipeline(at_most=3, actions=2)
    numbers = seen.found.keyframes[seen.key_frames(3)].tolist()
    assert given["numbers"] == numbers
    assert list(given["probabilities"]) == ["jump", "run"]
    for i, frame in enumerate(numbers):
        np.testing.assert_array_equal(given["frames"][i], seen.frames[frame : frame + 1][0])
        np.testing.assert_array_equal(given["masks"][i], seen.masks[frame])
        np.testing.assert_array_equal(given["marks"][i], seen.marks(frame))
        assert given["boxes"][i] == seen.box(frame)


def test_a_clip_that_is_not_held_is_seen_the_same(
    seen: Sight, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    video.write(tmp_path / "clip.avi", np.asarray(seen.frames), codec="FFV1")
    monkeypatch.setattr("har_lib.clips.MEMORY", 0)
    clip = features.read(tmp_path / "clip.avi", Config().video)
    assert not isinstance(clip, np.ndarray)
    again = sight.look(clip, Counting(), Config())  # type: ignore[arg-type]
    np.testing.assert_array_equal(again.found.vectors, seen.found.vectors)
    for first, second in zip(again.pipeline()["frames"], seen.pipeline()["frames"], strict=True):
        np.testing.assert_array_equal(first, second)
