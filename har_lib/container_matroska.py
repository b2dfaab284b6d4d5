"""What a Matroska or WebM file says of its video: its blocks, checksums and time stamps.

Layout: RFC 8794 (EBML) and RFC 9559 (Matroska). There is no table of frames.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from har_lib.container_parts import MOST_BYTES, Broken, Contents, Problem, Source

_HEAD, _SEGMENT = 0x1A45DFA3, 0x18538067
_SEEK, _INFO, _TRACKS, _CLUSTER, _CUES = 0x114D9B74, 0x1549A966, 0x1654AE6B, 0x1F43B675, 0x1C53BB6B
_CHAPTERS, _ATTACHMENTS, _TAGS = 0x1043A770, 0x1941A469, 0x1254C367
_VOID, _CRC = 0xEC, 0xBF
_TOP = (_SEEK, _INFO, _TRACKS, _CLUSTER, _CUES, _CHAPTERS, _ATTACHMENTS, _TAGS, _VOID, _CRC)
_GROUP, _BLOCK, _SIMPLE, _TIME = 0xA0, 0xA1, 0xA3, 0xE7
#: What a cluster may hold.
_INSIDE = (_GROUP, _SIMPLE, _TIME, 0xA7, 0xAB, _VOID, _CRC, 0x5854, 0xAF)


@dataclass
class _Found:
    """What has been met on the way through the file."""

    #: Nanoseconds of a tick of the clusters' time.
    tick: int = 1_000_000
    duration: float = 0.0
    tracks: set[int] = field(default_factory=set)
    video: int | None = None
    #: Nanoseconds of a frame, if the track has a fixed rate.
    step: int = 0
    times: list[int] = field(default_factory=list)
    empty: int = 0
    #: Clusters, and those of which a checksum could be compared.
    clusters: int = 0
    checked: int = 0
    places: dict[int, int] = field(default_factory=dict)
    pointers: list[tuple[int, int]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def contents(source: Source) -> Contents:
    """Walk through a Matroska file.

    Raises
    ------
    Broken
        If its parts do not fit into each other.
    """
    name, body, end = _element(source, 0, source.size)
    name, start, stop = _element(source, end or body, source.size)
    if name != _SEGMENT:
        raise Broken(f"what stands at byte {end} is not the begin of its content")
    found = _Found()
    for name, body, end in _top(source, start, source.size if stop is None else stop):
        found.places.setdefault(body, name)
        if name == _CLUSTER:
            _cluster(source, body, end, found)
        elif name == _INFO:
            _info(source, body, end, found)
        elif name == _TRACKS:
            _tracks(source, body, end, found)
        elif name in (_SEEK, _CUES):
            _pointers(source, name, body, end, start, found)
        checked = _check_sum(source, body, end, found)
        found.clusters += name == _CLUSTER
        found.checked += checked and name == _CLUSTER
    if found.video is None:
        raise Broken("has no video track")
    for place, name in found.pointers:
        if place >= source.size or _element(source, place, source.size)[0] != name:
            found.problems.append(
                Problem("index broken", f"what its index names at byte {place} is not there")
            )
            break
    found.problems += _gaps(found)
    return Contents("Matroska", len(found.times) - found.empty, tuple(found.problems))


def _number(source: Source, position: int, keep: bool) -> tuple[int, int]:
    """A number of variable length, with or without its marker, and the place behind it."""
    first = source.number(position, 1)
    length = 9 - first.bit_length()
    if not first or (keep and length > 4):
        raise Broken(f"what stands at byte {position} is no part of a container")
    value = source.number(position, length)
    return value if keep else value - (1 << 7 * length), position + length


def _element(source: Source, position: int, end: int) -> tuple[int, int, int | None]:
    """Name, place and end of the content; no end where the length is left open."""
    source.count_part()
    name, place = _number(source, position, keep=True)
    length, body = _number(source, place, keep=False)
    if length == (1 << 7 * (body - place)) - 1:
        if name not in (_SEGMENT, _CLUSTER):
            raise Broken(f"the part at byte {position} has no length")
        return name, body, None
    if body + length > end:
        if end == source.size:
            raise Broken(f"{end} bytes of the {body + length} that it states", "cut short")
        raise Broken(f"the part at byte {position} is longer than what holds it")
    return name, body, body + length


def _elements(source: Source, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    while start < end:
        name, body, stop = _element(source, start, end)
        if stop is None:
            raise Broken(f"the part at byte {start} has no length")
        yield name, body, stop
        start = stop


def _top(source: Source, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Elements of the segment; a cluster of open length ends before the next of them."""
    while start < end:
        name, body, stop = _element(source, start, end)
        if name not in _TOP:
            raise Broken(f"what stands at byte {start} is no part of a container")
        if stop is None:
            stop = body
            while stop < end and _number(source, stop, keep=True)[0] not in _TOP[:-2]:
                stop = _element(source, stop, end)[2] or end
        yield name, body, stop
        start = stop


def _check_sum(source: Source, body: int, end: int, found: _Found) -> bool:
    """Compare the checksum that an element may begin with; whether there was one."""
    if end - body < 6 or end - body > MOST_BYTES or source.number(body, 2) != _CRC << 8 | 0x84:
        return False
    if zlib.crc32(source.take(body + 6, end - body - 6)) != source.number(body + 2, 4, "little"):
        found.problems.append(
            Problem("damaged frames", f"the checksum of the part before byte {end} is wrong")
        )
    return True


def _info(source: Source, start: int, end: int, found: _Found) -> None:
    for name, body, stop in _elements(source, start, end):
        if name == 0x2AD7B1:
            found.tick = source.number(body, min(8, stop - body))
        elif name == 0x4489 and stop - body in (4, 8):
            (found.duration,) = struct.unpack(
                ">f" if stop - body == 4 else ">d", source.take(body, stop - body)
            )


def _tracks(source: Source, start: int, end: int, found: _Found) -> None:
    for name, body, stop in _elements(source, start, end):
        if name != 0xAE:
            continue
        said = {
            part: source.number(place, min(8, behind - place))
            for part, place, behind in _elements(source, body, stop)
            if part in (0xD7, 0x83, 0x23E383)
        }
        found.tracks.add(said.get(0xD7, 0))
        if said.get(0x83) == 1 and found.video is None:
            found.video, found.step = said.get(0xD7), said.get(0x23E383, 0)


def _cluster(source: Source, start: int, end: int, found: _Found) -> None:
    begin = 0
    for name, body, stop in _elements(source, start, end):
        if name not in _INSIDE:
            raise Broken(f"the part before byte {body} does not belong into a cluster")
        if name == _TIME:
            begin = source.number(body, min(8, stop - body))
        elif name == _SIMPLE:
            _block(source, body, stop, begin, found)
        elif name == _GROUP:
            for part, place, behind in _elements(source, body, stop):
                if part == _BLOCK:
                    _block(source, place, behind, begin, found)


def _block(source: Source, start: int, end: int, begin: int, found: _Found) -> None:
    track, place = _number(source, start, keep=False)
    if place + 3 > end:
        raise Broken(f"the block at byte {start} has no header")
    if track not in found.tracks:
        raise Broken(f"the block at byte {start} belongs to no track")
    if track == found.video:
        time = int.from_bytes(source.take(place, 2), "big", signed=True)
        laced = source.number(place + 2, 1) & 0x06
        count = source.number(place + 3, 1) + 1 if laced else 1
        found.times += [begin + time] * count
        found.empty += place + 3 == end


def _pointers(source: Source, kind: int, start: int, end: int, base: int, found: _Found) -> None:
    """Places that the list of contents and the index name."""
    for name, body, stop in _elements(source, start, end):
        if kind == _SEEK and name == 0x4DBB:
            said = {
                part: source.number(place, min(8, behind - place))
                for part, place, behind in _elements(source, body, stop)
            }
            if {0x53AB, 0x53AC} <= set(said):
                found.pointers.append((base + said[0x53AC], said[0x53AB]))
        elif kind == _CUES and name == 0xBB:
            for part, place, behind in _elements(source, body, stop):
                if part == 0xB7:
                    found.pointers += [
                        (base + source.number(at, min(8, past - at)), _CLUSTER)
                        for each, at, past in _elements(source, place, behind)
                        if each == 0xF1
                    ]


def _gaps(found: _Found) -> list[Problem]:
    """Time stamps that leave room for frames, in a clip whose other frames keep one rate."""
    times = np.sort(np.array(found.times, np.int64))
    if len(times) < 3 or not found.tick:
        return []
    steps = np.diff(times)
    if (steps == 0).any():
        return [Problem("structure broken", f"{(steps == 0).sum()} frames share a time stamp")]
    if found.checked == found.clusters:
        # As it was written: what is missing was missing then.
        return []
    step = found.step / found.tick or float(np.median(steps))
    # Times are rounded to ticks. A recorder without a fixed rate leaves gaps of every length.
    wide = steps > 1.5 * step + 1
    step = float(steps[~wide].mean()) if not wide.all() else step
    if not wide.any() or (np.abs(steps[~wide] - step) > 1.5).any():
        return []
    room = int(np.rint(steps[wide] / step - 1).sum())
    if room < 2:
        return []
    return [Problem("frames missing", f"its time stamps leave room for {room} more frames")]
