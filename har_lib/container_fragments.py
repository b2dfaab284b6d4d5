"""Frames of an MP4 that was written in fragments, as recorders and streams do.

Layout: ISO/IEC 14496-12, movie fragments.
"""

from collections.abc import Callable, Iterable, Iterator

import numpy as np

from har_lib.container_parts import Broken, Contents, Problem, Source, within

Boxes = Iterable[tuple[bytes, int, int]]


def defaults(source: Source, extends: Boxes) -> dict[int, tuple[int, int]]:
    """Track -> duration and size of a frame, where a fragment does not say."""
    return {
        source.number(body + 4, 4): (source.number(body + 12, 4), source.number(body + 16, 4))
        for name, body, _ in extends
        if name == b"trex"
    }


def contents(
    source: Source,
    fragments: list[tuple[int, list[tuple[bytes, int, int]]]],
    track: int,
    default: dict[int, tuple[int, int]],
    media: list[tuple[int, int]],
    boxes: Callable[[Source, int, int], Iterator[tuple[bytes, int, int]]],
) -> Contents:
    """Frames of a track in fragments, each given by its place and its boxes.

    Fragments are numbered, and each says when it begins: what lies between is missing.
    """
    frames = 0
    problems: list[Problem] = []
    numbers: list[int] = []
    extents: list[tuple[int, int]] = []
    expected: int | None = None
    for place, parts in fragments:
        for name, body, end in parts:
            if name == b"mfhd":
                numbers.append(source.number(body + 4, 4))
            elif name == b"traf":
                run = _run(source, place, list(boxes(source, body, end)), track, default)
                if run is None:
                    continue
                count, begin, duration, extent = run
                frames += count
                extents += extent
                step = duration / max(1, count)
                if expected is not None and begin is not None and begin - expected > 1.5 * step:
                    problems.append(
                        Problem("frames missing", f"a pause before its fragment at byte {place}")
                    )
                expected = None if begin is None else begin + duration
    if (np.diff(numbers) != 1).any():
        problems.append(Problem("frames missing", "its fragments are not numbered in one row"))
    ranges = np.array(extents, np.int64).reshape(-1, 2)
    if not within(ranges[:, 0], ranges[:, 1], media):
        problems.append(Problem("index broken", "frames are not where its fragments say"))
    return Contents("MP4", frames, tuple(problems))


def _run(
    source: Source,
    place: int,
    parts: list[tuple[bytes, int, int]],
    track: int,
    default: dict[int, tuple[int, int]],
) -> tuple[int, int | None, int, list[tuple[int, int]]] | None:
    """Frames, begin, duration and places of what a fragment holds of a track."""
    header = next((body for name, body, _ in parts if name == b"tfhd"), None)
    if header is None:
        raise Broken(f"the fragment at byte {place} lacks its header")
    if source.number(header + 4, 4) != track:
        return None
    flags = source.number(header, 4)
    position, base = header + 8, place
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
            if flags & 1:
                # Counted from the fragment, forwards or back.
                low = base + int.from_bytes(source.take(body + 8, 4), "big", signed=True)
                extents.append((low, low + int(sizes)))
    return frames, begin, length, extents
