"""Clips whose bytes are changed: does `har_lib.integrity` notice that frames were lost?

Every frame of the made clips shows its own number, so that it is known which frames a damaged
clip still gives. A mutation is told by its clip, the seed and its number.
"""

import os
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

import av
import cv2
import numpy as np

from har_lib import integrity, video
from har_lib.errors import InputError
from torture import isolated

#: Frames of a made clip; the number of a frame is shown as 5 bits and their complement.
FRAMES = 30
_BLOCK = 16
_HEIGHT, _WIDTH = 120, 160
#: Levels that lie between black and white of the number: not to be read.
_DARK, _BRIGHT = 90, 166
#: Levels by which a pixel must differ to count as changed.
_NOISE = 8
#: Bytes around a name of a part, where headers and lengths stand.
_AROUND = 48
_NAMES = (
    *b"RIFF LIST movi idx1 avih strh strf 00dc moov mdat stsz stts stsc stco ctts".split(),
    *b"elst mdhd tkhd hdlr moof trun tfhd tfdt mfhd".split(),
    # Matroska: cluster, tracks, segment information, block.
    *(b"\x1f\x43\xb6\x75", b"\x16\x54\xae\x6b", b"\x15\x49\xa9\x66", b"\xa3"),
)

#: What may become of a mutated clip, besides crash, hang and traceback.
FATES = ("same", "noticed", "changed", "lost")


@dataclass(frozen=True)
class Source:
    """A clip to be mutated."""

    name: str
    container: str
    codec: str
    path: Path


@dataclass(frozen=True)
class Case:
    """A mutated clip and its fate: one of ``FATES``, or crash, hang or traceback.

    ``lost`` and ``changed`` are fates of clips that pass as whole: frames that are missing
    (more than one), and pixels that differ.
    """

    source: Source
    number: int
    mutation: str
    fate: str
    lost: int = 0
    said: str = ""


@dataclass(frozen=True)
class Count:
    """What became of all mutated clips."""

    seed: int
    cases: tuple[Case, ...]

    def rows(self) -> list[dict[str, str | int]]:
        """A line for every container and codec."""
        kinds = sorted({(case.source.container, case.source.codec) for case in self.cases})
        table: list[dict[str, str | int]] = []
        for container, codec in kinds:
            fates = Counter(
                case.fate
                for case in self.cases
                if (case.source.container, case.source.codec) == (container, codec)
            )
            row: dict[str, str | int] = {"container": container, "codec": codec}
            row["cases"] = fates.total()
            row.update({fate: fates[fate] for fate in (*FATES, "crash", "hang", "traceback")})
            table.append(row)
        return table

    def bad(self, *containers: str) -> tuple[Case, ...]:
        """Cases that may not be: lost frames unnoticed, crash, hang, traceback."""
        allowed = ("same", "noticed", "changed")
        return tuple(
            case
            for case in self.cases
            if case.fate not in allowed and (not containers or case.source.container in containers)
        )

    @property
    def failed(self) -> int:
        """How many may not be; what Matroska and WebM lose unnoticed is a residue, and stated."""
        stated = {"Matroska", "WebM"}
        return sum(
            case.fate != "lost" or case.source.container not in stated for case in self.bad()
        )

    def summary(self) -> str:
        """One printable line."""
        fates = Counter(case.fate for case in self.cases)
        return (
            f"{len(self.cases)} mutated clips: {fates['noticed']} noticed, {fates['same']} with the"
            f" same frames, {fates['changed']} with other pixels unnoticed, {fates['lost']} with"
            f" more than one frame lost unnoticed; {fates['crash']} crashes, {fates['hang']} hangs,"
            f" {fates['traceback']} tracebacks"
        )


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


# --- mutations --------------------------------------------------------------------------------

Mutation = Callable[[bytearray, int, np.random.Generator], None]


def _size(random: np.random.Generator, content: bytearray) -> int:
    """A length, short ones as often as long ones."""
    return int(np.exp(random.uniform(0, np.log(max(2, len(content) // 3)))))


def _flip(content: bytearray, at: int, random: np.random.Generator) -> None:
    for _ in range(int(random.integers(1, 9))):
        place = min(len(content) - 1, at + int(random.integers(0, 64)))
        content[place] ^= 1 << int(random.integers(8))


def _overwrite(content: bytearray, at: int, random: np.random.Generator) -> None:
    size = min(_size(random, content), len(content) - at)
    content[at : at + size] = random.bytes(size)


def _zero(content: bytearray, at: int, random: np.random.Generator) -> None:
    size = min(_size(random, content), len(content) - at)
    content[at : at + size] = bytes(size)


def _delete(content: bytearray, at: int, random: np.random.Generator) -> None:
    del content[at : at + _size(random, content)]


def _insert(content: bytearray, at: int, random: np.random.Generator) -> None:
    content[at:at] = random.bytes(_size(random, content))


def _truncate(content: bytearray, at: int, random: np.random.Generator) -> None:
    del content[max(1, at) :]


def _duplicate(content: bytearray, at: int, random: np.random.Generator) -> None:
    content[at:at] = content[at : at + _size(random, content)]


def _swap(content: bytearray, at: int, random: np.random.Generator) -> None:
    size = min(_size(random, content), len(content) // 2)
    one, two = sorted((at % (len(content) - size), int(random.integers(len(content) - size))))
    size = min(size, two - one)
    first, second = content[one : one + size], content[two : two + size]
    content[one : one + size], content[two : two + size] = second, first


def _number(content: bytearray, at: int, random: np.random.Generator) -> None:
    """Change a whole number a little, or to an extreme: a length, a count, a rate."""
    at = max(0, min(at, len(content) - 4))
    order: Literal["little", "big"] = "little" if content[:4] == b"RIFF" else "big"
    value = int.from_bytes(content[at : at + 4], order)
    choices = (value + 1, value - 1, value + 8, value // 2, 2 * value, 0, 1, 2**31, 2**32 - 1)
    changed = choices[int(random.integers(len(choices)))] % 2**32
    content[at : at + 4] = changed.to_bytes(4, order)


def _take_frames(content: bytearray, at: int, random: np.random.Generator) -> None:
    """Take frames out of an AVI and set right the lengths, not the index; else delete."""
    starts = []
    movie = content.find(b"movi")
    place = movie + 4
    while movie >= 0 and content[place : place + 4] == b"00dc":
        starts.append(place)
        length = int.from_bytes(content[place + 4 : place + 8], "little")
        place += 8 + length + length % 2
    if len(starts) < 4:
        _delete(content, at, random)
        return
    first = int(random.integers(len(starts) - 3))
    low, high = starts[first], starts[first + 1 + int(random.integers(1, 3))]
    for field in (4, movie - 4):
        length = int.from_bytes(content[field : field + 4], "little") - (high - low)
        content[field : field + 4] = length.to_bytes(4, "little")
    del content[low:high]


MUTATIONS: dict[str, Mutation] = {
    "flip": _flip,
    "overwrite": _overwrite,
    "zero": _zero,
    "delete": _delete,
    "insert": _insert,
    "truncate": _truncate,
    "duplicate": _duplicate,
    "swap": _swap,
    "number": _number,
    "take frames": _take_frames,
}


def mutate(content: bytes, seed: int, number: int) -> tuple[bytes, str]:
    """The mutation of a file with this seed and number, and its name; it is never the same file.

    Every other one begins near the name of a part, where headers, lengths and indices stand.
    """
    random = np.random.default_rng([seed, number])
    names = list(MUTATIONS)
    places = [place for name in _NAMES for place in _found(content, name, 200)]
    while True:
        changed = bytearray(content)
        name = names[int(random.integers(len(names)))]
        at = int(random.integers(len(content)))
        if places and random.random() < 0.5:
            near = places[int(random.integers(len(places)))]
            at = near + int(random.integers(-8, _AROUND))
            at = max(0, min(len(content) - 1, at))
        MUTATIONS[name](changed, at, random)
        if bytes(changed) != content and changed:
            return bytes(changed), name


def _found(content: bytes, name: bytes, most: int) -> list[int]:
    found: list[int] = []
    at = content.find(name)
    while at >= 0 and len(found) < most:
        found.append(at)
        at = content.find(name, at + 1)
    return found


# --- judging ----------------------------------------------------------------------------------


def judge(path: str, reference: str, numbered: bool) -> tuple[str, int, str]:
    """Fate of a mutated clip, beside the frames of the sound one; frames lost; what was said."""
    sound = np.load(reference, mmap_mode="r")
    report = integrity.inspect(Path(path))
    try:
        frames = video.read_gray(path, minimum_frames=1)
    except InputError as error:
        # The reader refuses it, so nothing wrong can go further.
        return "noticed", 0, str(error)
    if not report.whole:
        return "noticed", 0, "; ".join(f"{each.kind}: {each.said}" for each in report.problems)
    lost = max(0, len(sound) - len(frames))
    if numbered and frames.shape[1:] == sound.shape[1:]:
        numbers = [read_number(frame) for frame in frames]
        illegible = numbers.count(None)
        # A frame that cannot be read is there, though damaged; a repeated one is not.
        lost = max(lost, len(sound) - len(set(numbers) - {None}) - illegible)
    if lost > 1:
        return "lost", lost, ""
    if frames.shape == sound.shape:
        difference = np.abs(frames.astype(np.int16) - sound).max()
        return ("changed" if difference > _NOISE else "same"), lost, ""
    return "changed", lost, ""


def attempt(
    source: Source, reference: Path, numbered: bool, seed: int, number: int, folder: Path
) -> Case:
    """Mutate a clip and judge it in a process of its own."""
    changed, name = mutate(source.path.read_bytes(), seed, number)
    path = folder / f"mutated{source.path.suffix}"
    path.write_bytes(changed)
    outcome = isolated.run(
        judge, (str(path), str(reference), numbered), seconds=10.0, preload=("torture.clips",)
    )
    if outcome.kind != "finished":
        return Case(source, number, name, outcome.kind, said=outcome.said)
    fate, lost, said = outcome.value
    return Case(source, number, name, fate, lost, said)


def run(cases: int = 2000, seed: int = 0, progress: bool = False) -> Count:
    """Mutate every source in turn until there are ``cases`` clips.

    Real clips take part when HAR_TEST_DATA names their folder.
    """
    from tqdm.auto import tqdm

    results = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made = made_sources(folder)
        sources = [*made, *real_sources(os.environ.get("HAR_TEST_DATA") or os.devnull)]
        references = []
        for place, source in enumerate(sources):
            references.append(folder / f"{place}.npy")
            np.save(references[-1], video.read_gray(source.path))
        for number in tqdm(range(cases), desc="clips", disable=not progress):
            place = number % len(sources)
            results.append(
                attempt(sources[place], references[place], place < len(made), seed, number, folder)
            )
    return Count(seed, tuple(results))
