"""What an MP4 or QuickTime file says of its video: its tables, held against each other.

Layout: ISO/IEC 14496-12, the ISO base media file format.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from har_lib import container_fragments
from har_lib.container_parts import (
    Broken,
    Contents,
    Problem,
    Source,
    check_name,
    overlap,
    within,
)

#: Parts that a file may begin with.
FIRST = (b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot", b"styp", b"uuid")

_HOLDERS = (b"mdia", b"minf", b"stbl", b"edts")
#: Frames by which the ends of a clip may differ, because durations are rounded.
_SLACK = 1.5


@dataclass
class _Track:
    """Places of the parts of a track, and its kind."""

    kind: bytes = b""
    #: Name -> place and end of the content.
    places: dict[bytes, tuple[int, int]] = field(default_factory=dict)


def contents(source: Source) -> Contents:
    """Walk through an MP4.

    Raises
    ------
    Broken
        If its parts do not fit into each other.
    """
    tracks: list[_Track] = []
    media: list[tuple[int, int]] = []
    fragments: list[tuple[int, int]] = []
    movie: tuple[int, int] | None = None
    for name, body, end in boxes(source, 0, source.size):
        if name == b"mdat":
            media.append((body, end))
        elif name == b"moof":
            fragments.append((body, end))
        elif name == b"moov":
            movie = body, end
    if movie is None:
        raise Broken("has no table of its frames")
    scale, defaults = 0, {}
    for name, body, end in boxes(source, *movie):
        if name == b"mvhd":
            scale = _times(source, body)[0]
        elif name == b"trak":
            tracks.append(_track(source, body, end))
        elif name == b"mvex":
            defaults = container_fragments.defaults(source, boxes(source, body, end))
    videos = [track for track in tracks if track.kind == b"vide"]
    if not videos:
        raise Broken("has no video track")
    judged = [_judged(source, track, media, scale, bool(fragments)) for track in videos]
    best = max(judged, key=lambda each: each.frames or 0)
    if not fragments:
        return best
    number = source.number(_place(videos[0], b"tkhd")[0] + _version(source, videos[0]) * 8 + 12, 4)
    walked = [(body - 8, list(boxes(source, body, end))) for body, end in fragments]
    # Media before the fragments are of the tables, if these list any.
    first = walked[0][0] if any(_samples(source, track) for track in tracks) else 0
    more = container_fragments.contents(source, walked, number, defaults, media, boxes, first)
    return Contents("MP4", (best.frames or 0) + (more.frames or 0), best.problems + more.problems)


def boxes(source: Source, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Name, place and end of the content, of boxes that fill ``start`` to ``end``."""
    top = (start, end) == (0, source.size)
    while start < end:
        if end - start < 8:
            if not any(source.take(start, end - start)):
                return
            raise Broken(f"what stands at byte {start} is no part of a container")
        source.count_part()
        header = source.take(start, 8)
        if header == bytes(8):
            # Padding behind the last box, or the end of a list in QuickTime.
            return
        length, body = int.from_bytes(header[:4], "big"), start + 8
        check_name(header[4:], start)
        if length == 1:
            length, body = source.number(body, 8), start + 16
        elif length == 0 and top:
            length = end - start
        if start + length > end and top:
            raise Broken(f"{end} bytes of the {start + length} that it states", "cut short")
        if length < body - start or start + length > end:
            raise Broken(f"the part at byte {start} is longer than what holds it")
        yield header[4:], body, start + length
        start += length


def _track(source: Source, start: int, end: int) -> _Track:
    track = _Track()
    waiting = [(start, end)]
    while waiting:
        for name, body, stop in boxes(source, *waiting.pop()):
            if name in _HOLDERS and name not in track.places:
                waiting.append((body, stop))
            # QuickTime has a second handler, inside minf; the first is the track's.
            track.places.setdefault(name, (body, stop))
    if b"hdlr" in track.places:
        track.kind = source.take(track.places[b"hdlr"][0] + 8, 4)
    return track


def _samples(source: Source, track: _Track) -> int:
    """How many its table lists; none where it has no table."""
    found = track.places.get(b"stz2") or track.places.get(b"stsz")
    return source.number(found[0] + 8, 4) if found else 0


def _place(track: _Track, name: bytes) -> tuple[int, int]:
    if name not in track.places:
        raise Broken(f"lacks the part {name.decode()} of its video")
    return track.places[name]


def _version(source: Source, track: _Track) -> int:
    return min(1, source.number(_place(track, b"tkhd")[0], 1))


def _times(source: Source, body: int) -> tuple[int, int]:
    """Ticks a second, and duration in ticks, of mvhd or mdhd."""
    if source.number(body, 1) == 1:
        return source.number(body + 20, 4), source.number(body + 24, 8)
    return source.number(body + 12, 4), source.number(body + 16, 4)


def _table(source: Source, track: _Track, name: bytes, columns: int, skip: int = 4) -> np.ndarray:
    """Lines of a table, whole numbers of 4 bytes each: int64 (lines, columns)."""
    body, end = _place(track, name)
    lines = source.number(body + skip, 4)
    if body + skip + 4 + 4 * columns * lines > end:
        raise Broken(f"its table {name.decode()} is longer than its room")
    content = source.take(body + skip + 4, 4 * columns * lines)
    return np.frombuffer(content, ">u4").astype(np.int64).reshape(-1, columns)


def _judged(
    source: Source, track: _Track, media: list[tuple[int, int]], scale: int, more: bool
) -> Contents:
    """The tables of a video track against each other and against the file."""
    body, _ = _place(track, b"stz2" if b"stz2" in track.places else b"stsz")
    size, total = source.number(body + 4, 4), source.number(body + 8, 4)
    problems = []
    times = _table(source, track, b"stts", 2)
    counts = {"stts": int(times[:, 0].sum())}
    if b"ctts" in track.places:
        counts["ctts"] = int(_table(source, track, b"ctts", 2)[:, 0].sum())
    runs = _table(source, track, b"stsc", 3)
    wide = b"co64" in track.places
    chunks = _table(source, track, b"co64" if wide else b"stco", 2 if wide else 1)
    offsets = (chunks[:, 0] << 32) + chunks[:, 1] if wide else chunks[:, 0]
    each = _samples_of_chunks(runs, len(offsets))
    counts["stsc"] = int(each.sum())
    for name, count in counts.items():
        if count != total:
            problems.append(
                Problem("index broken", f"its tables list {total} frames, and in {name} {count}")
            )
    frames = total
    if not problems and b"stz2" not in track.places:
        if size:
            lengths = each * size
        else:
            sizes = _table(source, track, b"stsz", 1, skip=8)[:, 0]
            frames = int((sizes > 0).sum())
            ends = np.concatenate([[0], np.cumsum(sizes)])
            last = np.cumsum(each)
            lengths = ends[last] - ends[last - each]
        stops = offsets + lengths
        if (stops > source.size).any():
            raise Broken("the file ends before the last frame of its table", "cut short")
        if not within(offsets, stops, media) or overlap(offsets, stops):
            problems.append(Problem("index broken", "frames are not where its table says"))
    problems += _durations(source, track, times, scale, more)
    return Contents("MP4", frames, tuple(problems))


def _samples_of_chunks(runs: np.ndarray, chunks: int) -> np.ndarray:
    """Frames of every chunk, from lines (first chunk, frames of each, description)."""
    first = runs[:, 0] - 1
    if not chunks and not len(first):
        return np.zeros(0, np.int64)
    steps = np.diff(first, append=chunks)
    if not len(first) or first[0] != 0 or (steps <= 0).any():
        raise Broken("its table of chunks is in no order", "index broken")
    return np.repeat(runs[:, 1], steps)


def _durations(
    source: Source, track: _Track, times: np.ndarray, scale: int, more: bool
) -> list[Problem]:
    """Durations that are stated more than once, and the edit list."""
    ticks, stated = _times(source, _place(track, b"mdhd")[0])
    if not ticks or not scale:
        raise Broken("states no unit of time")
    counts, steps = times.T.astype(float)
    total = float((counts * steps).sum())
    step = total / max(1.0, counts.sum())
    slack = _SLACK * step
    broken = Problem("structure broken", "states durations that contradict each other")
    if more:
        # In fragments the header knows nothing of what follows.
        return []
    if abs(total - stated) > slack:
        return [broken]
    body, _ = _place(track, b"tkhd")
    wide = source.number(body, 1) == 1
    shown = source.number(body + (28 if wide else 20), 8 if wide else 4) * ticks / scale
    if b"elst" not in track.places:
        return [broken] if abs(shown - total) > slack + ticks / scale else []
    return _edits(source, track, total, shown, ticks / scale, slack)


def _edits(
    source: Source, track: _Track, total: float, shown: float, ratio: float, slack: float
) -> list[Problem]:
    """An edit list hides frames at will, but only those that are there."""
    body, _ = _place(track, b"elst")
    wide = source.number(body, 1) == 1
    table = _table(source, track, b"elst", 5 if wide else 3)
    if wide:
        duration = (table[:, 0] << 32) + table[:, 1]
        begin = (table[:, 2] << 32) + table[:, 3]
    else:
        duration = table[:, 0]
        # A begin of -1 is a pause.
        begin = table[:, 1].astype(np.uint32).astype(np.int32).astype(np.int64)
    ends = begin + duration * ratio
    # Frames that are shown later than they are decoded move the end by some frames.
    late = 0.0
    if b"ctts" in track.places:
        late = float(_table(source, track, b"ctts", 2)[:, 1].astype(np.uint32).max(initial=0))
        late = 0.0 if late >= 2**31 else late
    room = slack + ratio
    if (
        abs(float(duration.sum()) * ratio - shown) > room
        or ((begin >= 0) & (ends > total + late + room)).any()
    ):
        return [Problem("structure broken", "its edit list does not fit its durations")]
    return []
