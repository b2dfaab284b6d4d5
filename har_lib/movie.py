"""Videos written frame by frame: never held, whole or not at all, and read back.

By PyAV, whose wheels bring the encoders that browsers can play; those of OpenCV for Linux do not.
"""

import os
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from har_lib import files, video
from har_lib.errors import InputError

#: Ending -> FFmpeg's encoder, the codec's name, and options.
CODECS: dict[str, tuple[str, str, dict[str, str]]] = {
    ".mp4": ("libx264", "H.264", {"preset": "veryfast", "crf": "20"}),
    # VP9 takes four times as long.
    ".webm": ("libvpx", "VP8", {"deadline": "realtime", "crf": "10", "b": "2M"}),
}

#: Frames per second are rounded to a fraction of this many parts at most.
_PARTS = 100_000


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
        If it cannot be written, or not every frame can be read back.

    Examples
    --------
    >>> import tempfile
    >>> clip = Path(tempfile.mkdtemp()) / "black.mp4"
    >>> write(clip, (np.zeros((48, 64, 3), np.uint8) for _ in range(3)), 25.0, (64, 48))
    'H.264'
    >>> video.read_gray(clip).shape
    (3, 48, 64)
    """
    check_target(path)
    codec = CODECS[path.suffix.lower()][1]
    with files.atomic(path) as temporary:
        try:
            count = _encode(temporary, frames, rate, size)
        except av.error.FFmpegError as error:
            raise video.VideoError(
                f"{path}: cannot be written as {codec}, {size[0]}x{size[1]} at {rate:g} frames per "
                f"second ({error.strerror}); look for free space on the disk"
            ) from error
        if count == 0 or _readable(temporary) != count:
            raise video.VideoError(
                f"{path}: could not be written in full as {codec}; look for free space on the disk"
            )
    return codec


def _encode(path: Path, frames: Iterable[np.ndarray], rate: float, size: tuple[int, int]) -> int:
    """Encode frames into a file; gives how many came, and refuses one of another size."""
    encoder, _, options = CODECS[path.suffix.lower()]
    count = 0
    with av.open(os.path.abspath(path), "w") as container:
        stream = container.add_stream(
            encoder, rate=Fraction(rate).limit_denominator(_PARTS), options=options
        )
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"
        for count, frame in enumerate(frames, start=1):
            if frame.shape[:2] != size[::-1]:
                # The encoder would stretch it.
                raise ValueError(f"frame {count - 1} has the shape {frame.shape}, not {size[::-1]}")
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="bgr24")))
        container.mux(stream.encode())
    return count


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
