"""MP4 in fragments: one that can no longer be read is missed, and no sound one raises an alarm."""

import io
import struct
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from har_lib import container_fragments, containers
from har_lib.container_mp4 import boxes
from har_lib.container_parts import Broken, Source, uncovered, within
from torture import clip_sources


@pytest.fixture(scope="module")
def sound(tmp_path_factory) -> bytes:
    """30 frames in three fragments."""
    sources = clip_sources.made_sources(tmp_path_factory.mktemp("made"))
    (path,) = (source.path for source in sources if source.path.name == "fragments.mp4")
    return path.read_bytes()


def places(content: bytes, name: bytes) -> list[int]:
    """Where boxes of a name begin with their name."""
    found = [at for at in range(len(content)) if content[at : at + len(name)] == name]
    assert len(found) == 3
    return found


@pytest.mark.parametrize("fragment", [0, 1, 2])
@pytest.mark.parametrize(
    ("name", "length"),
    [(b"traf", 4), (b"tfhd", 4), (b"trun", 4), (b"moof", 4), (b"traf", 60), (b"tfhd", 40)],
)
def test_a_fragment_that_cannot_be_read_is_missed(
    sound: bytes, tmp_path: Path, name: bytes, length: int, fragment: int
) -> None:
    path = tmp_path / "clip.mp4"
    at = places(sound, name)[fragment]
    for other in (b"xxxx", bytes(length)) if length == 4 else (bytes(length),):
        path.write_bytes(sound[:at] + other + sound[at + len(other) :])
        found = containers.contents(path)
        assert found is not None
        assert found.problems, f"{name!r} of fragment {fragment} became {other!r}"


@pytest.mark.parametrize("with_sound", [False, True])
@pytest.mark.parametrize(
    "flags",
    [
        "frag_keyframe",
        "frag_keyframe+empty_moov+default_base_moof",
        "frag_keyframe+separate_moof",
        "frag_keyframe+omit_tfhd_offset",
        "frag_every_frame+empty_moov",
        "cmaf",
        "dash",
        "frag_keyframe+skip_trailer",
        "hybrid_fragmented",
    ],
)
def test_no_false_alarm_however_fragments_are_written(
    tmp_path: Path, flags: str, with_sound: bool
) -> None:
    path = tmp_path / "clip.mp4"
    chance = np.random.default_rng(0)
    with av.open(path, "w", options={"movflags": flags}) as made:
        video = made.add_stream("libx264", rate=25, options={"g": "8", "bf": "2"})
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        audio = made.add_stream("aac", rate=44100) if with_sound else None
        for number in range(24):
            picture = chance.integers(0, 256, (48, 64, 3), dtype=np.uint8)
            made.mux(video.encode(av.VideoFrame.from_ndarray(picture, "rgb24")))
            if audio is not None:
                wave = chance.normal(0, 0.1, (1, 1764)).astype(np.float32)
                noise = av.AudioFrame.from_ndarray(wave, format="fltp", layout="mono")
                noise.sample_rate, noise.pts = 44100, 1764 * number
                made.mux(audio.encode(noise))
        made.mux(video.encode())
        if audio is not None:
            made.mux(audio.encode())
    assert containers.contents(path) == containers.Contents("MP4", 24)


def box(name: bytes, *numbers: int) -> bytes:
    """A box of whole numbers of four bytes."""
    return struct.pack(f">I4s{len(numbers)}I", 8 + 4 * len(numbers), name, *numbers)


@pytest.mark.parametrize(
    ("header", "runs", "extents"),
    [
        # Runs that do not say where they are follow one another.
        ((0x11, 1, 0, 100, 10), [(0, 3), (0, 2)], [(100, 130), (130, 150)]),
        ((0x11, 1, 0, 100, 10), [(1, 3, 7), (0, 2)], [(107, 137), (137, 157)]),
        # Without a base: behind the part before, or from the fragment.
        ((0x10, 1, 10), [(0, 3)], [(40, 70)]),
        ((0x20010, 1, 10), [(1, 3, 4)], [(8, 38)]),
        # Sizes of their own, and counted backwards.
        ((0x1, 1, 0, 100), [(0x201, 2, 2**32 - 50, 5, 6)], [(50, 61)]),
    ],
)
def test_where_the_media_of_a_part_are(header, runs, extents) -> None:
    content = box(b"tfhd", *header) + b"".join(box(b"trun", *run) for run in runs)
    source = Source(io.BytesIO(content + bytes(200)))
    parts = list(boxes(source, 0, len(content)))
    part = container_fragments._part(source, 4, 40, parts, {})
    assert (part.extents, part.end) == (extents, extents[-1][1])
    assert part.frames == sum(run[1] for run in runs)


@pytest.mark.parametrize("base", [2**63, 2**64 - 1, 10_000])
def test_media_outside_of_the_file_are_refused(base: int) -> None:
    header = struct.pack(">I4sIIQI", 28, b"tfhd", 0x11, 1, base, 10)
    source = Source(io.BytesIO(header + box(b"trun", 0, 1) + bytes(200)))
    parts = list(boxes(source, 0, len(header) + 16))
    with pytest.raises(Broken, match="the fragment at byte 4 has frames outside of the file"):
        container_fragments._part(source, 4, 40, parts, {})


RANGES = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 12)), max_size=8)


@settings(max_examples=300, deadline=None, database=None)
@given(held=RANGES, gaps=RANGES)
def test_coverage_is_that_of_counting_bytes(held, gaps) -> None:
    starts = np.array([start for start, _ in held], np.int64)
    stops = starts + np.array([length for _, length in held], np.int64)
    ranges, at = [], 0
    for gap, length in gaps:
        ranges.append((at + gap, at + gap + length))
        at += gap + length
    bytes_held = {at for low, high in zip(starts, stops, strict=True) for at in range(low, high)}
    wanted = {at for low, high in ranges for at in range(low, high)}
    assert uncovered(starts, stops, ranges) == len(wanted - bytes_held)
    apart = [(low, high) for low, high in ranges if low < high]
    if apart == ranges:
        inside = all(
            any(low <= start and stop <= high for low, high in ranges)
            for start, stop in zip(starts, stops, strict=True)
            if start < stop
        )
        full = starts < stops
        assert within(starts[full], stops[full], ranges) == inside
