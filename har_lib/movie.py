"""Videos written frame by frame: never held, whole or not at all, and read back."""

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np

from har_lib import files, video
from har_lib.errors import InputError

#: What players show and browsers do not.
PLAYERS_ONLY = "MPEG-4 Part 2"

#: Ending -> OpenCV's codes to try in turn, with the codec's name.
CODECS: dict[str, dict[str, str]] = {
    # OpenCV's wheels for Linux bring no encoder of H.264; one of the system is taken.
    ".mp4": {"avc1": "H.264", "mp4v": PLAYERS_ONLY},
    # VP9 takes four times as long.
    ".webm": {"VP80": "VP8"},
}


def check_target(path: Path, source: Path | None = None) -> None:
    """Refuse a file that could not be written, before work is spent on it.

    Raises
    ------
    InputError
        If its ending is unknown, its folder cannot be written, or it is ``source``.
    """
    if path.suffix.lower() not in CODECS:
        raise InputError(f"{path}: videos are written as {' or '.join(CODECS)}; end the name so")
    files.check_target(path)
    if source is not None and path.exists() and source.exists() and path.samefile(source):
        raise InputError(f"{path}: is the clip itself, which would be lost; name another file")


@contextmanager
def _quiet() -> Iterator[None]:
    """Nothing on the standard error: encoders that are tried write there by themselves."""
    sys.stderr.flush()
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def _open(path: Path, rate: float, size: tuple[int, int]) -> tuple[cv2.VideoWriter, str] | None:
    """The first codec that this OpenCV can write into a file of this ending."""
    for code, name in CODECS[path.suffix.lower()].items():
        with _quiet():
            writer = cv2.VideoWriter(
                os.path.abspath(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*code), rate, size
            )
        if writer.isOpened():
            return writer, name
    return None


def write(path: Path, frames: Iterable[np.ndarray], rate: float, size: tuple[int, int]) -> str:
    """Write frames as they come.

    Parameters
    ----------
    path : Path
        Name that ends in one of ``CODECS``.
    frames : iterable of ndarray, uint8 (H, W, 3), blue first
    rate : float
        Frames per second.
    size : tuple of int
        Width and height of the frames, even.

    Returns
    -------
    str
        The codec's name.

    Raises
    ------
    InputError
        If the ending is unknown.
    VideoError
        If no codec can be written, or not every frame can be read back.

    Examples
    --------
    >>> import tempfile
    >>> clip = Path(tempfile.mkdtemp()) / "black.mp4"
    >>> write(clip, (np.zeros((48, 64, 3), np.uint8) for _ in range(3)), 25.0, (64, 48)) != ""
    True
    >>> video.read_gray(clip).shape
    (3, 48, 64)
    """
    check_target(path)
    with files.atomic(path) as temporary:
        opened = _open(temporary, rate, size)
        if opened is None:
            raise video.VideoError(
                f"{path}: OpenCV cannot encode {size[0]}x{size[1]} at {rate:g} frames per second "
                f"as {path.suffix}; try another ending of {', '.join(CODECS)}"
            )
        writer, codec = opened
        count = 0
        try:
            for frame in frames:
                writer.write(frame)
                count += 1
        finally:
            writer.release()
        # OpenCV reports no error while it writes, so what came out is counted.
        if _readable(temporary) != count or count == 0:
            raise video.VideoError(
                f"{path}: could not be written in full as {codec}; look for free space on the disk"
            )
    return codec


def _readable(path: Path) -> int:
    """Frames of a video that can be decoded."""
    count = 0
    try:
        with video.opened(path) as capture:
            while capture.grab():
                count += 1
    except video.VideoError:
        return 0
    return count
