"""A video is written as its frames come, whole or not at all, in a codec that is named."""

import re
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from har_lib import movie, video
from har_lib.errors import InputError

SIZE = (96, 64)


def pictures(count: int) -> Iterator[np.ndarray]:
    """Bars that move, so that frames differ; blue, green and red in thirds."""
    for j in range(count):
        picture = np.zeros((64, 96, 3), np.uint8)
        for channel in range(3):
            picture[channel * 21 : channel * 21 + 21, : 8 * (j + 1), channel] = 220
        yield picture


@pytest.mark.parametrize(
    ("ending", "head", "codec"),
    [
        (".mp4", b"....ftyp", "H.264"),
        (".webm", b"\x1a\x45\xdf\xa3", "VP8"),
    ],
)
def test_what_is_written_is_read_back(
    tmp_path: Path, capfd: Any, ending: str, head: bytes, codec: str
) -> None:
    path = tmp_path / "deep" / f"film{ending}"
    assert movie.write(path, pictures(9), 12.5, SIZE) == codec
    assert re.match(head, path.read_bytes(), re.DOTALL)
    assert video.frames_per_second(path) == pytest.approx(12.5, rel=1e-3)
    found = video.read_color(path)
    assert found.shape == (9, 64, 96, 3)
    for picture, read in zip(pictures(9), found, strict=True):
        # Blue first comes back as red first; the codecs lose detail, not bars.
        assert np.abs(picture[..., ::-1].astype(int) - read).mean() < 12
    assert list(path.parent.iterdir()) == [path]
    assert capfd.readouterr() == ("", ""), "encoders say nothing"


def test_no_frame_is_kept(tmp_path: Path) -> None:
    alive: list[weakref.ref[np.ndarray]] = []

    def watched() -> Iterator[np.ndarray]:
        for picture in pictures(12):
            alive.append(weakref.ref(picture))
            yield picture
            assert sum(each() is not None for each in alive) <= 2

    movie.write(tmp_path / "film.mp4", watched(), 25.0, SIZE)
    assert len(alive) == 12


def test_the_file_appears_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    path.write_text("old")

    def watched() -> Iterator[np.ndarray]:
        for picture in pictures(3):
            assert path.read_text() == "old"
            yield picture

    movie.write(path, watched(), 25.0, SIZE)
    assert video.read_gray(path).shape[0] == 3


def test_after_an_error_all_is_as_before(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    path.write_text("old")

    def failing() -> Iterator[np.ndarray]:
        yield from pictures(2)
        raise video.VideoError("the clip: broke off")

    with pytest.raises(video.VideoError, match="broke off"):
        movie.write(path, failing(), 25.0, SIZE)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_frames_of_another_size_and_none_are_refused(tmp_path: Path) -> None:
    wrong = (picture[:32] for picture in pictures(3))  # the encoder would stretch them
    with pytest.raises(ValueError, match="has the shape"):
        movie.write(tmp_path / "film.mp4", wrong, 25.0, SIZE)
    with pytest.raises(video.VideoError, match=r"could not be written in full as H\.264"):
        movie.write(tmp_path / "film.mp4", iter(()), 25.0, SIZE)
    assert list(tmp_path.iterdir()) == []


def test_frames_that_go_missing_are_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    encode = movie._encode
    monkeypatch.setattr(movie, "_encode", lambda *given: encode(*given) + 1)
    with pytest.raises(video.VideoError, match="could not be written in full"):
        movie.write(tmp_path / "film.mp4", pictures(3), 25.0, SIZE)
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_encoded_is_one_line(tmp_path: Path, capfd: Any) -> None:
    odd = (np.zeros((63, 95, 3), np.uint8) for _ in range(3))
    with pytest.raises(video.VideoError, match=r"cannot be written as H\.264, 95x63") as error:
        movie.write(tmp_path / "film.mp4", odd, 25.0, (95, 63))
    assert "\n" not in str(error.value)
    assert list(tmp_path.iterdir()) == []
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("ending", [".mp4", ".webm"])
def test_every_frame_has_its_time(tmp_path: Path, ending: str) -> None:
    """An independent look at the time stamps: one after another, 1/rate apart."""
    path = tmp_path / f"film{ending}"
    movie.write(path, pictures(9), 30000 / 1001, SIZE)
    with av.open(str(path)) as container:
        times = [frame.time for frame in container.decode(video=0)]
    # WebM counts in milliseconds.
    assert np.allclose(times, np.arange(9) * 1001 / 30000, atol=1e-3)


def test_a_target_that_cannot_be_is_refused_at_once(tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    movie.write(clip, pictures(2), 25.0, SIZE)
    (tmp_path / "link.mp4").symlink_to(clip)
    (tmp_path / "folder.mp4").mkdir()
    for target, words in (
        (tmp_path / "film.gif", "videos are written as .mp4 or .webm"),
        (tmp_path / "film", "videos are written as .mp4 or .webm"),
        (tmp_path / "folder.mp4", "is a folder; name a file"),
        (clip / "film.mp4", "cannot be written"),
        (clip, "is the clip itself"),
        (tmp_path / "link.mp4", "is the clip itself"),
    ):
        with pytest.raises(InputError, match=re.escape(words)) as error:
            movie.check_target(target, clip)
        assert "\n" not in str(error.value)
    movie.check_target(tmp_path / "film.MP4", clip)
    assert len(video.read_gray(clip)) == 2
