"""Clips that are decoded as they are read: the same frames as an array, in little memory."""

import numpy as np
import pytest

from har_lib import clips, features, foreground, keyframes, stip_scales, stip_vector, video
from har_lib.config import Config
from har_lib.errors import InputError

LENGTH = 60


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """A square that moves to and fro over noise, in colours."""
    random = np.random.default_rng(0)
    frames = np.repeat(random.integers(60, 120, (1, 48, 64, 3)), LENGTH, axis=0)
    for t in range(LENGTH):
        left = 3 + 4 * min(t % 20, 19 - t % 20)
        frames[t, 12:30, left : left + 10] = (250, 240, 200)
    noise = random.normal(0, 3, frames.shape)
    path = tmp_path_factory.mktemp("clips") / "a.avi"
    video.write(path, np.clip(frames + noise, 0, 255).astype(np.uint8))
    return path


@pytest.fixture(scope="module")
def frames(path):
    return video.read_gray(path)


@pytest.fixture
def clip(path):
    return clips.open_gray(path, memory=0)


@pytest.fixture
def decodings(monkeypatch):
    """How often a file is opened to be decoded."""
    calls = []
    genuine = video.decoded
    monkeypatch.setattr(video, "decoded", lambda *words: calls.append(1) or genuine(*words))
    return calls


def test_a_clip_is_held_if_it_fits(path, frames):
    fits = clips.open_gray(path, memory=frames.nbytes)
    assert isinstance(fits, np.ndarray)
    np.testing.assert_array_equal(fits, frames)
    assert isinstance(clips.open_gray(path, memory=frames.nbytes - 1), clips.Clip)
    assert clips.MEMORY > 1.5 * 1776 * 320 * 240, "the longest clip of UCF101 is held"


def test_it_is_indexed_like_the_array(clip, frames):
    assert clip.shape == frames.shape
    assert (len(clip), clip.ndim, clip.dtype) == (len(frames), frames.ndim, frames.dtype)
    for index in (0, 59, -1, np.int64(30), [5, 2, 40], np.array([59, 0]), slice(None, None, 7)):
        np.testing.assert_array_equal(clip[index], frames[index])
    np.testing.assert_array_equal(np.asarray(clip), frames)
    assert clip[10:10].shape == frames[10:10].shape
    for number in (LENGTH, -LENGTH - 1):
        with pytest.raises(IndexError):
            clip[number]


def test_any_order_of_parts(clip, frames):
    random = np.random.default_rng(1)
    for _ in range(40):
        start, stop = sorted(random.integers(0, LENGTH + 1, 2).tolist())
        np.testing.assert_array_equal(clip[start:stop], frames[start:stop])


def test_forwards_it_is_decoded_once(path, decodings):
    clip = clips.open_gray(path, memory=0)
    assert len(decodings) == 1, "once to count"
    for start in range(0, LENGTH, 7):
        clip[start : start + 7]
    assert len(decodings) == 2
    # As jets overlap, and as a frame and its neighbour are read.
    for start in range(0, LENGTH - 20, 5):
        clip[start : start + 20]
    for t in range(1, LENGTH):
        clip[t], clip[t - 1]
    assert len(decodings) == 4


def test_what_is_held_does_not_grow(clip):
    for start in range(0, LENGTH, 4):
        clip[start : start + 4]
        assert len(clip._held) <= 4 + clip._BEFORE


def test_a_range_of_frames_and_a_size(path):
    words = {"size": (32, 24), "gray": "value", "start": 7, "stop": 31}
    clip = clips.open_gray(path, memory=0, **words)
    np.testing.assert_array_equal(np.asarray(clip), video.read_gray(path, **words))


def test_bad_input_is_the_same_as_for_an_array(path, tmp_path):
    with pytest.raises(video.VideoError, match="no such file"):
        clips.open_gray(tmp_path / "gone.avi")
    with pytest.raises(video.VideoError, match="frames 50 to 70"):
        clips.open_gray(path, start=50, stop=70, memory=0)
    with pytest.raises(InputError, match="gray"):
        clips.open_gray(path, gray="green")
    with pytest.raises(video.VideoError, match="at least 100"):
        clips.open_gray(path, minimum_frames=100, memory=0)


def test_a_file_that_shrinks_is_named(tmp_path):
    path = tmp_path / "b.avi"
    video.write(path, np.zeros((30, 48, 64), np.uint8))
    clip = clips.open_gray(path, memory=0)
    video.write(path, np.zeros((20, 48, 64), np.uint8))
    with pytest.raises(video.VideoError, match=r"b\.avi: has become shorter"):
        clip[25:30]


@pytest.mark.parametrize("method", foreground.METHODS)
def test_silhouettes_are_the_same_bits(clip, frames, method, tmp_path):
    if method == "given":
        frames = np.where(frames > 180, 255, 0).astype(np.uint8)
        video.write(tmp_path / "masks.avi", frames, codec="FFV1")
        clip = clips.open_gray(tmp_path / "masks.avi", memory=0)
    found = foreground.packed_silhouettes(clip, method)
    assert found[:].any()
    np.testing.assert_array_equal(found[:], foreground.silhouettes(frames, method))
    np.testing.assert_array_equal(
        found[:], [foreground.silhouette(frames, t, method) for t in range(LENGTH)]
    )


@pytest.mark.parametrize("reference", keyframes.REFERENCES)
def test_similarity_is_the_same_bits(clip, frames, reference):
    found = keyframes.similarity_curve(clip, reference=reference)
    np.testing.assert_array_equal(found, keyframes.similarity_curve(frames, reference=reference))


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"scales": "laplacian", "velocity": True},
        {"segments": [(3, 20), (25, 60)], "neighbourhood": "frame"},
    ],
)
def test_points_and_jets_are_the_same_bits(clip, frames, options):
    found, jets = stip_scales.find(clip, 1.0, 1.0, **options)
    points, expected = stip_scales.find(frames, 1.0, 1.0, **options)
    assert len(points) > 10
    for name in ("t", "y", "x", "response", "second_moments", "scale"):
        np.testing.assert_array_equal(getattr(found, name), getattr(points, name))
    np.testing.assert_array_equal(jets, expected)


def test_responses_of_frames_are_the_same_bits(clip, frames):
    np.testing.assert_array_equal(stip_vector.responses_2d(clip), stip_vector.responses_2d(frames))


def test_the_58_numbers_do_not_depend_on_what_is_held(path, monkeypatch):
    config = Config().replace(frame_size="native", spatial_variance=1.0)
    held = features.extract(path, config)
    monkeypatch.setattr(
        clips.open_gray, "__kwdefaults__", clips.open_gray.__kwdefaults__ | {"memory": 0}
    )
    assert isinstance(features.read(path, config.video), clips.Clip)
    decoded = features.extract(path, config)
    assert held.vectors.any(axis=0).sum() > 40
    np.testing.assert_array_equal(decoded.keyframes, held.keyframes)
    np.testing.assert_array_equal(decoded.vectors, held.vectors)
