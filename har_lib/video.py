"""Clips in and out: equation (1), the clip as an array of frames.

Everything is decoded by OpenCV's FFmpeg backend, whose pixels do not depend on its number of
threads. Phones store the way they were held beside the frames: OpenCV's default, which turns
the frames upright, is left as it is.
"""

import math
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np

from har_lib import files
from har_lib.equations import equation
from har_lib.errors import InputError

#: File endings, in lower case, that are taken as videos.
SUFFIXES = frozenset({".avi", ".mkv", ".mov", ".mp4", ".mpg", ".webm"})

#: Codecs that ``write`` offers; FFV1 alone is lossless.
CODECS = ("FFV1", "MJPG", "XVID")

#: Ways from colour to gray that ``read_gray`` offers.
GRAYS = ("luma", "mean", "value")


# Both libraries write to the standard error by themselves; every failure is raised here instead.
# FFmpeg's level is read when the first clip is opened, so the environment is early enough.
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
if "OPENCV_LOG_LEVEL" not in os.environ:
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)


class VideoError(InputError):
    """A clip that cannot be read or written: the message names the file and what is wrong."""


@equation(1)
def read_gray(
    path: Path | str,
    size: tuple[int, int] | None = None,
    *,
    gray: str = "luma",
    start: int = 0,
    stop: int | None = None,
    minimum_frames: int = 2,
    damaged: bool = False,
) -> np.ndarray:
    """Read a clip as gray frames, V = {F_1, ..., F_n}.

    F_j is row j - 1 of the result and n its length. Colour becomes gray, then the frame is
    resized by INTER_AREA. Frames are taken as they are decoded, so that memory holds the result
    and one frame more.

    Parameters
    ----------
    path
        The clip V.
    size
        Width and height in pixels; None keeps the clip's own.
    gray
        One of ``GRAYS``: ``luma`` is OpenCV's BGR2GRAY, 0.299 red + 0.587 green + 0.114 blue,
        rounded; ``mean`` is (red + green + blue) / 3 rounded half up (to the nearest level, as
        a third is never half); ``value`` is the largest of the three, the V of HSV.
    start, stop
        Half-open range of frames, counted from 0; ``stop=None`` means to the end.
    minimum_frames
        Fewer frames than this are refused. The default 2 is the least for which a change in
        time exists; 1 lets a still image through.
    damaged
        Read what can be decoded of a file that is cut short, in place of refusing it.

    Returns
    -------
    uint8 array (T, H, W), levels 0 to 255.

    Raises
    ------
    VideoError
        The file is missing, empty, cut short (AVI only), no video, or has too few frames.
    InputError
        ``size``, ``start`` or ``stop`` make no sense, or ``gray`` is unknown.

    Notes
    -----
    Damage inside a file of full length is not noticed, as decoders skip what they cannot read:
    `har_lib.integrity.inspect` looks for it.
    Should the size of the frames change within a clip, OpenCV scales them to the first's.

    Source: the paper, equation (1), https://doi.org/10.48047/IJIEMR/V12/ISSUE02/11.

    Examples
    --------
    >>> import tempfile
    >>> clip = Path(tempfile.mkdtemp()) / "ramp.avi"
    >>> write(clip, np.arange(3, dtype=np.uint8)[:, None, None] * np.ones((48, 64), np.uint8))
    >>> read_gray(clip, size=(32, 24)).shape
    (3, 24, 32)
    """
    collected, _ = collect(
        Path(path), to_gray(gray, size), size, start, stop, minimum_frames, math.inf, damaged
    )
    assert collected is not None
    return collected


def read_color(
    path: Path | str,
    size: tuple[int, int] | None = None,
    *,
    start: int = 0,
    stop: int | None = None,
    minimum_frames: int = 2,
) -> np.ndarray:
    """Read a clip in colour, for pictures: uint8 (T, H, W, 3), red first.

    Arguments and errors are those of ``read_gray``, without ``gray``.

    Examples
    --------
    >>> import tempfile
    >>> clip = Path(tempfile.mkdtemp()) / "red.avi"
    >>> write(clip, np.full((2, 48, 64, 3), (255, 0, 0), np.uint8), codec="FFV1")
    >>> read_color(clip)[1, 0, 0].tolist()
    [255, 0, 0]
    """

    def color(frame: np.ndarray) -> np.ndarray:
        return _resized(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB), size)

    collected, _ = collect(Path(path), color, size, start, stop, minimum_frames, math.inf)
    assert collected is not None
    return collected


def frames_per_second(path: Path | str) -> float:
    """Frame rate that the file states, in frames per second.

    Raises
    ------
    VideoError
        The file cannot be opened, or states no positive frame rate.

    Examples
    --------
    >>> import tempfile
    >>> clip = Path(tempfile.mkdtemp()) / "black.avi"
    >>> write(clip, np.zeros((2, 48, 64), np.uint8), frames_per_second=12.5)
    >>> frames_per_second(clip)
    12.5
    """
    with opened(Path(path), damaged=True) as capture:
        rate = float(capture.get(cv2.CAP_PROP_FPS))
    if not (math.isfinite(rate) and rate > 0):
        raise VideoError(f"{path}: states no frame rate; convert the clip to one with a fixed rate")
    return rate


def write(
    path: Path | str,
    frames: np.ndarray,
    frames_per_second: float = 25.0,
    codec: str = "XVID",
) -> None:
    """Write frames as an AVI, atomically: the whole clip appears, or nothing.

    Parameters
    ----------
    path
        Name ending in ``.avi``.
    frames
        uint8 (T, H, W) gray or (T, H, W, 3) red first; H and W even, because OpenCV would cut
        off the last row or column of odd sizes.
    frames_per_second
        Frame rate, above 0.
    codec
        One of ``CODECS``. XVID is what UCF101 uses; FFV1 gives every pixel back unchanged.

    Raises
    ------
    InputError
        An argument is not of this form.
    VideoError
        The clip could not be written in full, for instance because the disk is full.

    Examples
    --------
    >>> import tempfile
    >>> clip = Path(tempfile.mkdtemp()) / "noise.avi"
    >>> frames = np.random.default_rng(0).integers(0, 256, (4, 48, 64), dtype=np.uint8)
    >>> write(clip, frames, codec="FFV1")
    >>> bool((read_gray(clip) == frames).all())
    True
    """
    path = Path(path)
    frames = np.asarray(frames)
    files.check_name(path)
    _check_writable(path, frames, frames_per_second, codec)
    height, width = frames.shape[1:3]
    color = frames.ndim == 4
    with files.atomic(path) as temporary:
        writer = cv2.VideoWriter(
            os.path.abspath(temporary),
            cv2.CAP_FFMPEG,
            cv2.VideoWriter.fourcc(*codec),
            frames_per_second,
            (width, height),
            color,
        )
        opened = writer.isOpened()
        for frame in frames if opened else ():
            ordered = cv2.cvtColor(frame, cv2.COLOR_RGB2BGR) if color else frame
            writer.write(np.ascontiguousarray(ordered))
        writer.release()
        # OpenCV reports no error while it writes, so what came out is looked at.
        if not (opened and _states_frames(temporary, len(frames))):
            raise VideoError(
                f"{path}: could not be written in full with codec {codec};"
                " look for free space on the disk"
            )


def to_gray(gray: str, size: tuple[int, int] | None) -> Callable[[np.ndarray], np.ndarray]:
    """What makes a frame that has blue first gray, at the size asked for."""
    if gray not in GRAYS:
        raise InputError(f"gray = {gray!r} is not allowed: it must be one of {list(GRAYS)}")
    return lambda frame: _resized(_gray(frame, gray), size)


def collect(
    path: Path,
    convert: Callable[[np.ndarray], np.ndarray],
    size: tuple[int, int] | None,
    start: int,
    stop: int | None,
    minimum_frames: int,
    memory: float,
    damaged: bool = False,
) -> tuple[np.ndarray | None, tuple[int, int, int]]:
    """Gather the converted frames ``start`` to ``stop`` in one array that grows in place.

    None, and only their shape, where they take more bytes than ``memory``.
    """
    _check_size(size)
    if start < 0 or (stop is not None and stop <= start):
        raise InputError(f"{path}: frames {start} to {stop} are no range; need 0 <= start < stop")
    collected: np.ndarray | None = None
    shape: tuple[int, ...] = ()
    seen = count = 0
    with opened(path, damaged) as capture:
        stated = capture.get(cv2.CAP_PROP_FRAME_COUNT)
        for seen, frame in enumerate(decoded(path, capture), start=1):
            if seen <= start:
                continue
            if count == 0:
                shape = convert(frame).shape
                # The stated count is often wrong, even absurd: a first guess, 1 GB at most.
                room = max(1, (stated if stop is None else stop) - start)
                room = int(min(room, 1 + min(2**30, memory) // math.prod(shape)))
                collected = np.empty((room, *shape), np.uint8)
            if collected is not None and (count + 1) * math.prod(shape) > memory:
                collected = None
            if collected is not None:
                if count == len(collected):
                    # Small steps, since the new part is touched at once.
                    collected.resize((count + count // 8 + 8, *shape), refcheck=False)
                collected[count] = convert(frame)
            count += 1
            if seen == stop:
                break
    if seen == 0:
        raise VideoError(f"{path}: no frame could be decoded; the file is damaged")
    if count == 0 or (stop is not None and seen < stop):
        raise VideoError(
            f"{path}: has {_number(seen)}, but frames {start} to {stop or 'the end'} were asked for"
        )
    if count < minimum_frames:
        raise VideoError(
            f"{path}: has {_number(count)}; a space-time feature needs at least {minimum_frames}"
        )
    if collected is not None:
        collected.resize((count, *shape), refcheck=False)
    return collected, (count, shape[0], shape[1])


def check_file(path: Path) -> None:
    """Refuse what is no file, or has a name that cannot be given to a decoder.

    Raises
    ------
    InputError
        It is a folder, is not there, or its name is no UTF-8.
    """
    files.check_name(path)
    if path.is_dir():
        raise VideoError(f"{path}: is a folder, not a video; name a file in it")
    if not path.is_file():
        raise VideoError(f"{path}: there is no such file")


@contextmanager
def opened(path: Path, damaged: bool = False) -> Iterator[cv2.VideoCapture]:
    """Open a file that has been checked, and close it afterwards; ``damaged`` may be cut short."""
    check_file(path)
    if path.stat().st_size == 0:
        raise VideoError(f"{path}: is empty (0 bytes); fetch the clip again")
    if not damaged:
        _check_whole(path)
    # An absolute name, because FFmpeg takes the front of "a:b.avi" for a protocol.
    capture = cv2.VideoCapture(os.path.abspath(path), cv2.CAP_FFMPEG)
    try:
        if not capture.isOpened():
            raise VideoError(f"{path}: cannot be opened as a video; the file is damaged or no clip")
        yield capture
    finally:
        capture.release()


def decoded(path: Path, capture: cv2.VideoCapture) -> Iterator[np.ndarray]:
    """Every frame of an open clip: uint8 (H, W, 3), blue first."""
    first_shape = None
    while True:
        decoded, frame = capture.read()
        if not decoded:
            return
        first_shape = first_shape or frame.shape
        if frame.shape != first_shape:
            raise VideoError(
                f"{path}: frames change size from {first_shape[1]}x{first_shape[0]} to"
                f" {frame.shape[1]}x{frame.shape[0]}; convert the clip to one size"
            )
        yield frame


def _check_whole(path: Path) -> None:
    """Refuse an AVI that ends before the length its RIFF headers state.

    Nothing else notices a clip cut in half: it decodes, only shorter. Files above 1 GB are
    chains of RIFF parts. A recorder that was killed leaves the largest number as the length.
    """
    length = path.stat().st_size
    position = 0
    with open(path, "rb") as content:
        while True:
            content.seek(position)
            header = content.read(12)
            if header[:4] != b"RIFF" or header[8:] not in (b"AVI ", b"AVIX"):
                return
            end = position + 8 + int.from_bytes(header[4:8], "little")
            if end > length:
                raise VideoError(
                    f"{path}: is cut short, {length} bytes of the {end} that its header states;"
                    " fetch the clip again"
                )
            position = end + end % 2


def _check_writable(path: Path, frames: np.ndarray, frames_per_second: float, codec: str) -> None:
    """Refuse what OpenCV would write wrongly, or not at all, without a word."""
    if path.suffix.lower() != ".avi":
        raise InputError(f"{path}: clips are written as AVI; end the name in .avi")
    if codec not in CODECS:
        raise InputError(f"{path}: codec {codec!r} is unknown; use one of {', '.join(CODECS)}")
    if not (math.isfinite(frames_per_second) and frames_per_second > 0):
        raise InputError(f"{path}: {frames_per_second} frames per second is no rate; use above 0")
    if frames.dtype != np.uint8 or frames.ndim not in (3, 4) or frames.shape[3:] not in ((), (3,)):
        raise InputError(
            f"{path}: frames are {frames.dtype} {frames.shape};"
            " need uint8 (T, H, W) or (T, H, W, 3)"
        )
    if 0 in frames.shape:
        raise InputError(f"{path}: there is nothing to write; frames are {frames.shape}")
    height, width = frames.shape[1:3]
    if height % 2 or width % 2:
        raise InputError(
            f"{path}: {width}x{height} has an odd side, which OpenCV would cut;"
            " pad to even width and height"
        )


def _check_size(size: Sequence[int] | None) -> None:
    """Refuse a ``size`` that is not (width, height) in whole pixels."""
    if size is None:
        return
    whole = len(size) == 2 and all(isinstance(side, int | np.integer) for side in size)
    if not (whole and min(size) > 0):
        raise InputError(f"size {size!r} is not (width, height) in whole pixels above 0")


def _gray(frame: np.ndarray, gray: str) -> np.ndarray:
    """One of ``GRAYS`` of a frame that has blue first: uint8 (H, W)."""
    if gray == "mean":
        # (sum + 1) // 3 is sum / 3 rounded, in whole numbers.
        return ((frame.sum(axis=2, dtype=np.uint16) + 1) // 3).astype(np.uint8)
    if gray == "value":
        return frame.max(axis=2)
    return cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY)


def _resized(frame: np.ndarray, size: tuple[int, int] | None) -> np.ndarray:
    if size is None or (frame.shape[1], frame.shape[0]) == tuple(size):
        return frame
    return cv2.resize(frame, tuple(size), interpolation=cv2.INTER_AREA)


def _states_frames(path: Path, count: int) -> bool:
    """Whether the file is an unbroken clip whose header states ``count`` frames."""
    try:
        with opened(path) as capture:
            return int(capture.get(cv2.CAP_PROP_FRAME_COUNT)) == count
    except VideoError:
        return False


def _number(count: int) -> str:
    return "1 frame" if count == 1 else f"{count} frames"
