"""What an AVI says of its video: its headers, its parts and its index, held against each other.

Layout: "OpenDML AVI File Format Extensions", version 1.02, 1996.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from har_lib.container_parts import Broken, Contents, Problem, Source, check_name

#: Lengths that a recorder writes before it knows better.
_UNKNOWN = (0, 2**32 - 1)
#: avih: the file says that it has an index.
_HAS_INDEX = 0x10
#: Endings of the parts of a stream: pictures, sound, text, palettes.
_ENDINGS = {b"vids": (b"dc", b"db", b"iv"), b"auds": (b"wb",), b"txts": (b"tx",)}

_INDEX = np.dtype([("tag", "S4"), ("flags", "<u4"), ("offset", "<u4"), ("length", "<u4")])
_PART = np.dtype([("tag", "S4"), ("offset", "<i8"), ("length", "<i8")])


@dataclass
class _Stream:
    kind: bytes
    length: int
    size: tuple[int, int] = (0, 0)
    #: Place of the list of further indices, if there is one.
    further: tuple[int, int] | None = None


@dataclass
class _Found:
    """What has been met on the way through the file."""

    flags: int = 0
    stated_streams: int = -1
    size: tuple[int, int] = (0, 0)
    streams: list[_Stream] = field(default_factory=list)
    #: Parts of all streams, those of one ``movi`` in a list: name, place of the header, length.
    movies: list[list[tuple[bytes, int, int]]] = field(default_factory=list)
    #: Place and length of the old index, and of those of OpenDML by the place of their header.
    index: tuple[int, int] | None = None
    indices: dict[int, tuple[int, int]] = field(default_factory=dict)

    @property
    def video(self) -> int:
        return next(i for i, stream in enumerate(self.streams) if stream.kind == b"vids")


def contents(source: Source) -> Contents:
    """Walk through an AVI.

    Raises
    ------
    Broken
        If its parts do not fit into each other.
    """
    found = _Found()
    position = 0
    while position + 12 <= source.size:
        header = source.take(position, 12)
        if header[:4] != b"RIFF" or header[8:] not in (b"AVI ", b"AVIX"):
            break
        length = int.from_bytes(header[4:8], "little")
        if length in _UNKNOWN:
            raise Broken("its header states no length; what recorded it did not finish")
        end = position + 8 + length
        if end > source.size:
            raise Broken(f"{source.size} bytes of the {end} that its header states", "cut short")
        _riff(source, position + 12, end, found)
        position = end + end % 2
    if not any(stream.kind == b"vids" for stream in found.streams):
        raise Broken("has no header of a video stream")
    if not found.movies:
        raise Broken("has no part with frames")
    return _judged(source, found)


def _parts(source: Source, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Name, place of the content and its length, of parts that fill ``start`` to ``end``."""
    while start < end:
        source.count_part()
        header = source.take(start, 8)
        check_name(header[:4], start)
        length = int.from_bytes(header[4:], "little")
        # Content of odd length is padded; at the end the padding may be left out.
        if start + 8 + length > end:
            raise Broken(f"the part at byte {start} is longer than what holds it")
        yield header[:4], start + 8, length
        start += 8 + length + length % 2


def _riff(source: Source, start: int, end: int, found: _Found) -> None:
    for name, body, length in _parts(source, start, end):
        kind = source.take(body, 4) if name == b"LIST" and length >= 4 else b""
        if kind == b"hdrl":
            _headers(source, body + 4, body + length, found)
        elif kind == b"movi":
            found.movies.append([])
            _movie(source, body + 4, body + length, found)
        elif name == b"idx1":
            found.index = body, length


def _headers(source: Source, start: int, end: int, found: _Found) -> None:
    for name, body, length in _parts(source, start, end):
        if name == b"avih" and length >= 40:
            words = np.frombuffer(source.take(body, 40), "<u4").tolist()
            found.flags, found.stated_streams = words[3], words[6]
            found.size = words[8], words[9]
        elif name == b"LIST" and source.take(body, 4) == b"strl":
            _stream(source, body + 4, body + length, found)


def _stream(source: Source, start: int, end: int, found: _Found) -> None:
    stream = _Stream(b"", 0)
    for name, body, length in _parts(source, start, end):
        if name == b"strh" and length >= 48:
            stream.kind = source.take(body, 4)
            stream.length = source.number(body + 32, 4, "little")
        elif name == b"strf" and length >= 16 and stream.kind == b"vids":
            width, height = np.frombuffer(source.take(body + 4, 8), "<i4").tolist()
            stream.size = width, abs(height)
        elif name == b"indx":
            stream.further = body, length
    found.streams.append(stream)


def _movie(source: Source, start: int, end: int, found: _Found, nested: bool = False) -> None:
    for name, body, length in _parts(source, start, end):
        if name == b"LIST" and not nested and source.take(body, 4) == b"rec ":
            _movie(source, body + 4, body + length, found, nested=True)
        elif name[:2] == b"ix":
            found.indices[body - 8] = body, length
        elif name != b"JUNK":
            if not name[:2].isdigit() or int(name[:2]) >= len(found.streams):
                raise Broken(f"the part at byte {body - 8} belongs to no stream")
            kind = found.streams[int(name[:2])].kind
            if name[2:] not in (*_ENDINGS.get(kind, (name[2:],)), b"pc"):
                raise Broken(f"the part at byte {body - 8} does not fit its stream")
            found.movies[-1].append((name, body - 8, length))


def _judged(source: Source, found: _Found) -> Contents:
    """Headers, parts and index against each other."""
    number = found.video
    stream = found.streams[number]
    movies = [np.array(movie, _PART) for movie in found.movies]
    every = np.concatenate(movies)
    digits = np.char.startswith(every["tag"], b"%02d" % number)
    shown = every[digits & ~np.char.endswith(every["tag"], b"pc")]
    problems = []
    if found.stated_streams != len(found.streams):
        problems.append(
            Problem(
                "structure broken",
                f"states {found.stated_streams} streams and describes {len(found.streams)}",
            )
        )
    if 0 not in (*found.size, *stream.size) and found.size != stream.size:
        problems.append(Problem("structure broken", "its headers state two sizes of its frames"))
    if stream.length > len(shown):
        problems.append(
            Problem(
                "frames missing",
                f"its header states {stream.length} frames, {len(shown)} are there",
            )
        )
    if found.index is not None:
        problems += _index(source, *found.index, movies[0])
    if stream.further is not None:
        problems += _further(source, stream, found, shown)
    if found.index is None and stream.further is None and found.flags & _HAS_INDEX:
        problems.append(Problem("index broken", "says that it has an index, and has none"))
    return Contents("AVI", int((shown["length"] > 0).sum()), tuple(problems))


def _index(source: Source, body: int, length: int, parts: np.ndarray) -> list[Problem]:
    """The old index: a line for every part of the first ``movi``."""
    index = np.frombuffer(source.take(body, length - length % 16), _INDEX)
    index = np.sort(index[index["tag"] != b"rec "], order="offset", kind="stable")
    if length % 16 or len(index) != len(parts):
        return [
            Problem("index broken", f"its index lists {len(index)} parts, {len(parts)} are there")
        ]
    # Offsets count from the file's begin, or from some place near the first part.
    offsets = index["offset"].astype(np.int64)
    wrong = (index["tag"] != parts["tag"]) | (index["length"] != parts["length"])
    wrong |= offsets - offsets[:1] != parts["offset"] - parts["offset"][:1]
    if wrong.any():
        return [
            Problem(
                "index broken", f"{wrong.sum()} of {len(parts)} parts are not where its index says"
            )
        ]
    return []


def _further(source: Source, stream: _Stream, found: _Found, shown: np.ndarray) -> list[Problem]:
    """The index of OpenDML: a list of indices, or the index itself."""
    assert stream.further is not None
    body, length = stream.further
    header = source.take(body, 24)
    entries = int.from_bytes(header[4:8], "little")
    if header[3] == 1:
        lists = [stream.further]
    else:
        if 24 + 16 * entries > length:
            raise Broken("its list of indices is longer than its room", "index broken")
        table = np.frombuffer(
            source.take(body + 24, 16 * entries), [("offset", "<i8"), ("rest", "<u8")]
        )
        places = table["offset"].tolist()
        if any(place not in found.indices for place in places):
            return [Problem("index broken", "a part of its index is not where its header says")]
        lists = [found.indices[place] for place in places]
    listed = [_listed(source, *place) for place in lists]
    offsets = np.sort(np.concatenate([np.zeros(0, np.int64), *listed]))
    # Each line names the place behind the header of its part.
    if not np.array_equal(offsets, np.sort(shown["offset"] + 8)):
        return [
            Problem(
                "index broken",
                f"its index lists {len(offsets)} frames, {len(shown)} are there or elsewhere",
            )
        ]
    return []


def _listed(source: Source, body: int, length: int) -> np.ndarray:
    """Places of the content of all parts that an index of OpenDML lists."""
    header = source.take(body, 24)
    words, entries = int.from_bytes(header[:2], "little"), int.from_bytes(header[4:8], "little")
    if words not in (2, 4) or 24 + 4 * words * entries > length:
        raise Broken("a part of its index is longer than its room", "index broken")
    table = np.frombuffer(source.take(body + 24, 4 * words * entries), "<u4").reshape(-1, words)
    return table[:, 0].astype(np.int64) + int.from_bytes(header[12:20], "little")
