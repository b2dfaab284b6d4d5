"""Clips to be mutated: real ones, and made ones of which every frame shows its own number."""

from dataclasses import dataclass
from pathlib import Path
from typing import cast

import av
import cv2
import numpy as np

from har_lib import video

#: Frames of a made clip; the number of a frame is shown as 5 bits and their complement.
FRAMES = 30
_BLOCK = 16
_HEIGHT, _WIDTH = 120, 160
#: Levels that lie between black and white of the number: not to be read.
_DARK, _BRIGHT = 90, 166


@dataclass(frozen=True)
class Source:
    """A clip to be mutated."""

    name: str
    container: str
    codec: str
    path: Path


def numbered_frames(count: int = FRAMES) -> np.ndarray:
    """Texture that moves, each frame with its number on top: uint8 (T, 120, 160)."""
    y, x = np.mgrid[0:_HEIGHT, 0:_WIDTH]
    frames = [128 + 60 * np.sin(x / 7 + t / 3) * np.cos(y / 9 - t / 5) for t in range(count)]
    movie = np.stack(frames).astype(np.uint8)
    for number, frame in enumerate(movie):
        for place, bit in enumerate(_bits(number)):
            frame[:_BLOCK, place * _BLOCK : (place + 1) * _BLOCK] = 216 if bit else 40
    return movie


def read_number(frame: np.ndarray) -> int | None:
    """Number that a frame shows; None if it cannot be read."""
    edge = _BLOCK // 4
    levels = [
        frame[edge : _BLOCK - edge, place * _BLOCK + edge : (place + 1) * _BLOCK - edge].mean()
        for place in range(10)
    ]
    if any(_DARK < level < _BRIGHT for level in levels):
        return None
    bits = [bool(level >= _BRIGHT) for level in levels]
    number = sum(bit << place for place, bit in enumerate(bits[:5]))
    return number if bits == _bits(number) else None


def _bits(number: int) -> list[bool]:
    bits = [bool(number >> place & 1) for place in range(5)]
    return bits + [not bit for bit in bits]


def _encode(
    path: Path, frames: np.ndarray, codec: str, options: dict[str, str], muxer: dict[str, str]
) -> None:
    """Write by PyAV, which has codecs and containers that OpenCV lacks."""
    with av.open(str(path), "w", options=muxer) as container:
        stream = cast(av.VideoStream, container.add_stream(codec, rate=25, options=options))
        stream.width, stream.height, stream.pix_fmt = _WIDTH, _HEIGHT, "yuv420p"
        stream.codec_context.thread_count = 1
        for frame in frames:
            picture = av.VideoFrame.from_ndarray(frame, format="gray8")
            container.mux(stream.encode(picture.reformat(format="yuv420p")))
        container.mux(stream.encode())


def _by_opencv(path: Path, frames: np.ndarray) -> None:
    writer = cv2.VideoWriter(
        str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*"mp4v"), 25.0, (_WIDTH, _HEIGHT)
    )
    for frame in frames:
        writer.write(cv2.cvtColor(frame, cv2.COLOR_GRAY2BGR))
    writer.release()


def made_sources(folder: Path) -> list[Source]:
    """Write a clip for every container and codec."""
    frames = numbered_frames()
    made = []
    for codec in video.CODECS:
        made.append(Source(f"made-{codec}", "AVI", codec, folder / f"{codec}.avi"))
        video.write(made[-1].path, frames, codec=codec)
    made.append(Source("made-mp4v", "MP4", "MPEG-4", folder / "mp4v.mp4"))
    _by_opencv(made[-1].path, frames)
    backwards = {"bf": "2", "g": "12", "preset": "veryfast"}
    fragments = {"movflags": "frag_keyframe+empty_moov+default_base_moof"}
    for name, container, ending, codec, shown, options, muxer in (
        ("h264", "MP4", "mp4", "libx264", "H.264", backwards, {}),
        ("fragments", "MP4", "mp4", "libx264", "H.264, fragments", backwards, fragments),
        ("h264", "Matroska", "mkv", "libx264", "H.264", backwards, {}),
        ("vp8", "WebM", "webm", "libvpx", "VP8", {"b": "300k"}, {}),
    ):
        made.append(Source(f"made-{name}.{ending}", container, shown, folder / f"{name}.{ending}"))
        _encode(made[-1].path, frames, codec, options, muxer)
    return made


def real_sources(folder: str) -> list[Source]:
    """Clips of UCF101 below a folder of real clips."""
    return [
        Source(path.stem, "AVI", "UCF101", path)
        for path in sorted(Path(folder).glob("ucf101/videos/*/*.avi"))
    ]
