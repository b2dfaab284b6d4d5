"""Whether a clip is whole: its container, a strict decoder and our reader against each other.

Every decoder reads what it can of a damaged file and says nothing. Here the container is asked
first (`har_lib.containers`), then FFmpeg decodes it once with all its checks, through PyAV, and
the frames that OpenCV reads are counted against what both promise.
"""

import errno
from dataclasses import dataclass, field
from pathlib import Path

import av

from har_lib import containers, video
from har_lib.checksums import Slices
from har_lib.container_parts import KINDS, Contents, Problem
from har_lib.pictures import Counter

__all__ = ["KINDS", "Problem", "Report", "inspect"]

#: What makes FFmpeg's decoders report damage in place of hiding it. "bitstream" and "buffer"
#: find nothing more; "aggressive" refuses sound clips of XviD with frames in both directions.
_STRICT = {"err_detect": "crccheck+explode"}

#: Demuxer of FFmpeg -> container that `har_lib.containers` reads.
_CONTAINERS = {"avi": "AVI", "mov": "MP4", "mp4": "MP4", "matroska": "Matroska", "webm": "Matroska"}
#: Demuxers of streams without a container; FFmpeg tries them where a header is destroyed.
_BARE = frozenset(
    {"m4v", "h264", "hevc", "mjpeg", "mpegvideo", "h263", "vc1", "av1", "obu", "cavsvideo"}
)

#: What a machine lacks for a while, which says nothing about a clip.
_PASSING = frozenset({errno.ENOMEM, errno.EMFILE, errno.ENFILE, errno.EIO, errno.EACCES})


@dataclass(frozen=True)
class Report:
    """What was found of a clip.

    ``frames_read`` is what the reader gives, ``frames_promised`` what the container promises;
    None if it does not say.
    """

    path: Path
    problems: tuple[Problem, ...]
    frames_read: int
    frames_promised: int | None

    @property
    def whole(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems


@dataclass
class _Decoded:
    """What the strict decoder has met."""

    problems: list[Problem] = field(default_factory=list)
    container: str = ""
    packets: int = 0
    pictures: int = 0
    hidden: int = 0
    shown: int = 0
    sizes: list[tuple[int, int]] = field(default_factory=list)


def inspect(path: Path | str, frames: int | None = None) -> Report:
    """Look for everything that is wrong with a clip.

    Parameters
    ----------
    path
        The clip.
    frames
        Frames that `har_lib.video` has read of it; counted here if None, by one decoding more.

    Returns
    -------
    Report
        Also for a file that is no clip at all.

    Raises
    ------
    VideoError
        If there is no such file, it is a folder, or it cannot be read at this moment.

    Notes
    -----
    Changed bits that still make a valid frame are not noticed: most codecs have no checksums.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> clip = Path(tempfile.mkdtemp()) / "black.avi"
    >>> video.write(clip, np.zeros((9, 48, 64), np.uint8))
    >>> report = inspect(clip)
    >>> report.whole, report.frames_read, report.frames_promised
    (True, 9, 9)
    >>> _ = clip.write_bytes(clip.read_bytes()[:-200])
    >>> inspect(clip).problems[0].kind
    'cut short'
    """
    path = Path(path)
    video.check_file(path)
    try:
        if path.stat().st_size == 0:
            return Report(path, (Problem("cannot be opened", "is empty (0 bytes)"),), 0, None)
        stated = containers.contents(path)
    except OSError as error:
        raise video.VideoError(f"{path}: cannot be read ({error.strerror})") from error
    problems = list(stated.problems if stated else ())
    if frames is None:
        frames = _count(path)
    decoded = _decode(path, bool(problems))
    problems += decoded.problems
    promised = _compare(stated, decoded, frames, problems)
    return Report(path, tuple(problems), frames, promised)


def _count(path: Path) -> int:
    """Frames that our reader gives; none of a file that it refuses."""
    import cv2

    try:
        with video.opened(path, damaged=True) as capture:
            count = 0
            while capture.grab():
                count += 1
            return count
    except cv2.error as error:
        if getattr(error, "code", None) == cv2.Error.StsNoMem:
            raise _unread(path, error) from error
        return 0
    except video.VideoError:
        return 0


def _decode(path: Path, damaged: bool) -> _Decoded:
    """Read every packet; decode up to the first damage. ``damaged``: the container is broken."""
    decoded = _Decoded()
    try:
        _decode_into(decoded, path)
    except Exception as error:
        # FFmpeg also lacks memory where a broken container states sizes beyond all measure.
        if _passes(error) and not (damaged and isinstance(error, av.error.MemoryError)):
            raise _unread(path, error) from error
        # PyAV lets IndexError, UnicodeDecodeError and more through, beside FFmpeg's own.
        kind = "damaged frames" if decoded.packets else "cannot be opened"
        decoded.problems.append(Problem(kind, _said(error)))
    return decoded


def _decode_into(decoded: _Decoded, path: Path) -> None:
    # A name such as "a:b.avi" would be taken for a protocol.
    with av.open(f"file:{path.absolute()}", metadata_errors="replace") as container:
        names = container.format.name.split(",")
        decoded.container = next((_CONTAINERS[n] for n in names if n in _CONTAINERS), "")
        if not decoded.container and _BARE.intersection(names):
            decoded.container = "none"
        stream = container.streams.video[0]
        codec = stream.codec_context
        codec.options = dict(_STRICT)
        codec.thread_count = 1
        counter = Counter(codec.name, bytes(codec.extradata or b""))
        slices = Slices() if codec.name == "ffv1" else None
        sound = True
        for packet in container.demux(stream):
            last = packet.pts is None and packet.dts is None and not packet.size
            if not packet.size and not last:
                # A frame that was dropped; FFmpeg would take it for the end.
                continue
            if not last:
                decoded.packets += 1
                content = bytes(packet)
                decoded.pictures += counter.promised(content)
                if slices:
                    slices.look(content)
                decoded.hidden += packet.is_discard
            if sound:
                sound = _decode_packet(decoded, packet)
        decoded.pictures -= counter.waiting
    if slices and slices.damaged:
        bad = slices.damaged
        said = f"the checksums of {len(bad)} frames are wrong, first that of frame {bad[0]}"
        decoded.problems.append(Problem("damaged frames", said))


def _decode_packet(decoded: _Decoded, packet: av.Packet) -> bool:
    """Decode one packet; whether to go on."""
    said = "its packet is marked as damaged" if packet.is_corrupt else ""
    try:
        for frame in packet.decode():
            decoded.shown += 1
            size = (frame.width, frame.height)
            if size not in decoded.sizes:
                decoded.sizes.append(size)
            if frame.is_corrupt:
                said = "it is marked as damaged"
    except Exception as error:
        if _passes(error):
            raise
        said = _said(error)
    if said:
        decoded.problems.append(Problem("damaged frames", f"near frame {decoded.shown}: {said}"))
    return not said


def _passes(error: Exception) -> bool:
    """Whether an error may be gone the next time: it is no verdict on the clip."""
    code = getattr(error, "errno", None)
    if isinstance(error, av.FFmpegError) and code == errno.EIO:
        # FFmpeg says so of clips that are cut short; a disk that fails shows in the digest.
        return False
    return isinstance(error, MemoryError | ImportError) or code in _PASSING


def _unread(path: Path, error: Exception) -> video.VideoError:
    said = _said(error).replace(str(path.absolute()), path.name)
    return video.VideoError(f"{path}: cannot be read now ({said}); run again")


def _said(error: Exception) -> str:
    """One line of an error, without the name of the file."""
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(str(text).split())


def _compare(
    stated: Contents | None, decoded: _Decoded, frames: int, problems: list[Problem]
) -> int | None:
    """Counts against each other; the number of frames that are promised."""
    if decoded.container and decoded.container != (stated.container if stated else ""):
        problems.append(Problem("structure broken", "does not begin as its container should"))
    if len(decoded.sizes) > 1:
        sizes = " to ".join(f"{width}x{height}" for width, height in decoded.sizes[:2])
        problems.append(Problem("size changes", f"frames change size from {sizes}"))
    promised = None
    unopened = any(problem.kind == "cannot be opened" for problem in problems)
    if stated is not None and stated.frames is not None and not unopened:
        # What the packets say of themselves, for those that the container has beyond them.
        promised = max(0, decoded.pictures - decoded.hidden)
        if stated.frames != decoded.packets:
            problems.append(
                Problem(
                    "frames missing" if stated.frames > decoded.packets else "index broken",
                    f"{decoded.packets} of {stated.frames} parts of its video are found",
                )
            )
            promised = max(promised, stated.frames)
    if not frames:
        if not unopened:
            problems.append(Problem("no frame", "no frame can be decoded"))
    elif promised is not None and frames < promised:
        problems.append(Problem("frames missing", f"{frames} of {promised} frames are read"))
    elif promised is not None and frames > promised:
        problems.append(Problem("frames added", f"{frames} frames are read, {promised} are there"))
    return promised
