"""Frames of an MP4 that was written in fragments, as recorders and streams do.

Layout: ISO/IEC 14496-12, movie fragments.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from har_lib.container_parts import Broken, Contents, Problem, Source, uncovered, within

Boxes = Iterable[tuple[bytes, int, int]]


def defaults(source: Source, extends: Boxes) -> dict[int, tuple[int, int]]:
    """Track -> duration and size of a frame, where a fragment does not say."""
    return {
        source.number(body + 4, 4): (source.number(body + 12, 4), source.number(body + 16, 4))
        for name, body, _ in extends
        if name == b"trex"
    }


@dataclass(frozen=True)
class _Part:
    """What a fragment holds of a track; ``extents`` are places of its media, ``end`` theirs."""

    track: int
    frames: int
    begin: int | None
    duration: int
    extents: list[tuple[int, int]]
    end: int


def contents(
    source: Source,
    fragments: list[tuple[int, list[tuple[bytes, int, int]]]],
    track: int,
    default: dict[int, tuple[int, int]],
    media: list[tuple[int, int]],
    boxes: Callable[[Source, int, int], Iterator[tuple[bytes, int, int]]],
    first: int,
) -> Contents:
    """Frames of a track in fragments, each given by its place and its boxes.

    Fragments are numbered, and each says when it begins: what lies between is missing. Media from
    byte ``first`` that belong to no frame of any track are those of a fragment that can no longer
    be read.
    """
    frames = 0
    problems: list[Problem] = []
    numbers: list[int] = []
    own: list[tuple[int, int]] = []
    every: list[tuple[int, int]] = []
    expected: int | None = None
    for place, boxes_of_fragment in fragments:
        implied = place
        for name, body, end in boxes_of_fragment:
            if name == b"mfhd":
                numbers.append(source.number(body + 4, 4))
            elif name == b"traf":
                part = _part(source, place, implied, list(boxes(source, body, end)), default)
                implied = part.end
                every += part.extents
                if part.track != track:
                    continue
                own += part.extents
                frames += part.frames
                step = part.duration / max(1, part.frames)
                begin = expected if part.begin is None else part.begin
                if expected is not None and begin is not None and begin - expected > 1.5 * step:
                    problems.append(
                        Problem("frames missing", f"a pause before its fragment at byte {place}")
                    )
                # Frames of no duration: written before the writer knew when the next one comes.
                known = begin is not None and (part.duration or not part.frames)
                expected = begin + part.duration if begin is not None and known else None
    if (np.diff(numbers) != 1).any():
        problems.append(Problem("frames missing", "its fragments are not numbered in one row"))
    if not within(*_ranges(own), media):
        problems.append(Problem("index broken", "frames are not where its fragments say"))
    lost = uncovered(*_ranges(every), [each for each in media if each[0] > first])
    if lost:
        problems.append(Problem("frames missing", f"{lost} bytes of its media belong to no frame"))
    return Contents("MP4", frames, tuple(problems))


def _ranges(extents: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    """Starts and stops."""
    starts, stops = np.array(extents, np.int64).reshape(-1, 2).T
    return starts, stops


def _part(
    source: Source,
    place: int,
    implied: int,
    parts: list[tuple[bytes, int, int]],
    default: dict[int, tuple[int, int]],
) -> _Part:
    """What a part of the fragment at ``place`` holds; ``implied`` ends the one before it."""
    header = next((body for name, body, _ in parts if name == b"tfhd"), None)
    if header is None:
        raise Broken(f"the fragment at byte {place} lacks its header")
    track = source.number(header + 4, 4)
    flags = source.number(header, 4)
    position = header + 8
    base = place if flags & 0x20000 else implied
    duration, size = default.get(track, (0, 0))
    if flags & 1:
        base, position = source.number(position, 8), position + 8
    position += 4 * bool(flags & 2)
    if flags & 8:
        duration, position = source.number(position, 4), position + 4
    if flags & 16:
        size = source.number(position, 4)
    frames, length, begin = 0, 0, None
    extents: list[tuple[int, int]] = []
    stop = base
    for name, body, end in parts:
        if name == b"tfdt":
            begin = source.number(body + 4, 8 if source.number(body, 1) else 4)
        elif name == b"trun":
            flags, count = source.number(body, 4), source.number(body + 4, 4)
            columns = (flags >> 8 & 15).bit_count()
            start = body + 8 + 4 * (flags & 1) + 4 * (flags >> 2 & 1)
            if start + 4 * columns * count > end or (not columns and count > source.size):
                raise Broken(f"the fragment at byte {place} is longer than its room")
            content = source.take(start, 4 * columns * count)
            table = np.frombuffer(content, ">u4").astype(np.int64).reshape(-1, columns or 1)
            sizes = table[:, flags >> 8 & 1].sum() if flags & 0x200 else count * size
            length += int(table[:, 0].sum()) if flags & 0x100 else count * duration
            frames += count
            low = stop
            if flags & 1:
                # Counted from the base, forwards or back.
                low = base + int.from_bytes(source.take(body + 8, 4), "big", signed=True)
            stop = low + int(sizes)
            if low < 0 or stop > source.size:
                said = f"the fragment at byte {place} has frames outside of the file"
                raise Broken(said, "index broken")
            extents.append((low, stop))
    return _Part(track, frames, begin, length, extents, stop)
