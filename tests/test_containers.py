"""What containers say of themselves, against files built by hand, PyAV's demuxer and damage."""

import io
import os
import struct
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest

from har_lib import container_parts, containers
from torture import clip_sources

DATA = os.environ.get("HAR_TEST_DATA")
needs_data = pytest.mark.skipif(not DATA, reason="HAR_TEST_DATA names no folder of real clips")


def problems(path: Path) -> list[str]:
    """Kinds of the problems; every one is said in one line."""
    found = containers.contents(path)
    assert found is not None
    for problem in found.problems:
        assert problem.kind in container_parts.KINDS
        assert problem.said
        assert "\n" not in problem.said
        assert str(path.parent) not in problem.said
    return [problem.kind for problem in found.problems]


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> dict[str, bytes]:
    """Name -> content of a clip of every container and codec, 30 frames each."""
    sources = clip_sources.made_sources(tmp_path_factory.mktemp("made"))
    return {source.path.name: source.path.read_bytes() for source in sources}


NAMES = (
    "FFV1.avi", "MJPG.avi", "XVID.avi", "mp4v.mp4", "h264.mp4", "fragments.mp4", "h264.mkv",
    "vp8.webm",
)  # fmt: skip


# --- AVI by hand ----------------------------------------------------------------------------


def part(name: bytes, content: bytes) -> bytes:
    return name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)


def lump(kind: bytes, *parts: bytes) -> bytes:
    return part(b"LIST", kind + b"".join(parts))


def avi(
    sizes=(5, 4, 7, 0, 6),
    *,
    stated=None,
    streams=1,
    size=(64, 48),
    flags=0x10,
    index: Callable[[list], list] | None = lambda lines: lines,
    absolute=False,
    grouped=False,
    names=None,
) -> bytes:
    """An AVI of one video stream with a sound part after every picture."""
    stated = len(sizes) if stated is None else stated
    avih = struct.pack("<14I", 40000, 0, 0, flags, stated, 0, streams, 0, *size, 0, 0, 0, 0)
    strh = b"vidsXVID" + struct.pack("<10I", 0, 0, 0, 1, 25, 0, stated, 0, 0, 0) + bytes(8)
    strf = struct.pack("<IiiHH4s5I", 40, 64, -48, 1, 24, b"XVID", 0, 0, 0, 0, 0)
    sound = b"auds" + bytes(52)
    head = lump(
        b"hdrl",
        part(b"avih", avih),
        lump(b"strl", part(b"strh", strh), part(b"strf", strf)),
        *([lump(b"strl", part(b"strh", sound))] if streams > 1 else []),
    )
    before = 12 + len(head)
    movie, lines = b"movi", []
    for place, length in enumerate(sizes):
        name = names[place] if names else b"00dc"
        inside = part(name, bytes(length))
        offset = len(movie) + (12 if grouped else 0)
        lines.append([name, 16, offset + (before + 8 if absolute else 0), length])
        if streams > 1:
            lines.append([b"01wb", 16, lines[-1][2] + len(inside), 3])
            inside += part(b"01wb", b"abc")
        movie += lump(b"rec ", inside) if grouped else inside
    content = head + part(b"LIST", movie)
    if index is not None:
        content += part(b"idx1", b"".join(struct.pack("<4s3I", *line) for line in index(lines)))
    return part(b"RIFF", b"AVI " + content)


@pytest.fixture
def write(tmp_path: Path) -> Callable[[bytes], Path]:
    def write(content: bytes) -> Path:
        (tmp_path / "clip.avi").write_bytes(content)
        return tmp_path / "clip.avi"

    return write


@pytest.mark.parametrize(
    "form",
    [{}, {"streams": 2}, {"absolute": True}, {"grouped": True}, {"index": None, "flags": 0},
     {"size": (0, 0)}, {"streams": 2, "grouped": True, "absolute": True}],
)  # fmt: skip
def test_avi_counts_pictures_with_content(write, form) -> None:
    # Five parts, one of them empty: a frame that the recorder dropped.
    found = containers.contents(write(avi(**form)))
    assert found == containers.Contents("AVI", 4, ())


def test_sound_and_palettes_are_no_frames(write) -> None:
    path = write(avi((5, 4, 7), streams=2, names=(b"00dc", b"00pc", b"00db"), stated=2))
    assert containers.contents(path) == containers.Contents("AVI", 2, ())


@pytest.mark.parametrize(
    ("form", "kind"),
    [
        ({"stated": 6}, "frames missing"),
        ({"size": (64, 50)}, "structure broken"),
        ({"index": None}, "index broken"),
        ({"index": lambda lines: lines[1:]}, "index broken"),
        ({"index": lambda lines: [*lines, lines[-1]]}, "index broken"),
        ({"index": lambda lines: [[*lines[0][:3], 4], *lines[1:]]}, "index broken"),
        ({"index": lambda lines: [lines[0], [*lines[1][:2], 19, 4], *lines[2:]]}, "index broken"),
        ({"index": lambda lines: [[b"01wb", *lines[0][1:]], *lines[1:]]}, "index broken"),
        ({"names": [b"00dc"] * 4 + [b"07dc"]}, "structure broken"),
        ({"names": [b"00dc"] * 4 + [b"00wb"]}, "structure broken"),
        ({"names": [b"00dc"] * 4 + [b"\x0300d"]}, "structure broken"),
    ],
)  # fmt: skip
def test_avi_that_contradicts_itself(write, form, kind) -> None:
    assert problems(write(avi(**form))) == [kind]


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (lambda b: b[:-1], "cut short"),
        (lambda b: b[:4] + bytes(4) + b[8:], "structure broken"),
        (lambda b: b[:4] + b"\xff" * 4 + b[8:], "structure broken"),
        # Shorter than its parts, so that the last one does not fit.
        (lambda b: b[:4] + struct.pack("<I", len(b) - 12) + b[8:], "structure broken"),
        (lambda b: b.replace(b"movi", b"mopi"), "structure broken"),
        (lambda b: b.replace(b"vids", b"vidz"), "structure broken"),
        (lambda b: b.replace(b"idx1", b"ide1"), "index broken"),
    ],
)  # fmt: skip
def test_avi_with_damaged_headers(write, change, kind) -> None:
    assert problems(write(change(avi()))) == [kind]


def test_bytes_behind_an_avi_are_harmless(write) -> None:
    assert problems(write(avi() + bytes(700) + b"LIST\xff\xff\xff\xffmovi")) == []


def open_dml(change=lambda entries, place: (entries, place)) -> bytes:
    """An AVI whose index is a list of one further index, which lists three frames."""
    plain = avi((6, 8, 10), index=None, flags=0)
    room = part(b"indx", bytes(24 + 16))
    at = plain.index(b"LIST", plain.index(b"strl"))
    # The further index and the room for the list are put in by hand; lengths grow with them.
    movie = plain.index(b"movi")
    offsets = []
    place = movie + 4
    while place < len(plain):
        offsets.append(place + 8 + len(room))
        place += 8 + int.from_bytes(plain[place + 4 : place + 8], "little")
    entries, further = change(offsets, len(plain) + len(room))
    lines = b"".join(struct.pack("<II", offset, 0) for offset in entries)
    index = part(b"ix00", struct.pack("<HBBI4sQI", 2, 0, 1, len(entries), b"00dc", 0, 0) + lines)
    listed = struct.pack("<HBBI4s12x", 4, 0, 0, 1, b"00dc") + struct.pack("<QII", further, 0, 3)
    content = bytearray(plain[:at] + part(b"indx", listed) + plain[at:] + index)
    header, stream = plain.index(b"hdrl") - 4, plain.index(b"strl") - 4
    longer = {
        header: len(room),
        stream: len(room),
        movie + len(room) - 4: len(index),
        4: len(room) + len(index),
    }
    for field, more in longer.items():
        length = int.from_bytes(content[field : field + 4], "little") + more
        content[field : field + 4] = struct.pack("<I", length)
    return bytes(content)


def test_open_dml_lists_every_frame(write) -> None:
    assert containers.contents(write(open_dml())) == containers.Contents("AVI", 3, ())


@pytest.mark.parametrize(
    "change",
    [
        lambda entries, place: (entries[1:], place),
        lambda entries, place: ([entries[0] + 2, *entries[1:]], place),
        lambda entries, place: (entries, place + 2),
        # A list that names itself, or the file's begin.
        lambda entries, place: (entries, 0),
    ],
)
def test_open_dml_that_lies(write, change) -> None:
    assert problems(write(open_dml(change))) == ["index broken"]


# --- all containers -------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_count_is_what_another_demuxer_finds(made, tmp_path, name) -> None:
    path = tmp_path / name
    path.write_bytes(made[name])
    with av.open(str(path)) as container:
        packets = sum(packet.size > 0 for packet in container.demux(video=0))
    kind = {".avi": "AVI", ".mp4": "MP4"}.get(path.suffix, "Matroska")
    assert packets == 30
    assert containers.contents(path) == containers.Contents(kind, packets, ())


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kept", [0.2, 0.5, 0.9, 0.999])
def test_cut_short_anywhere_is_noticed(made, tmp_path, name, kept) -> None:
    path = tmp_path / name
    path.write_bytes(made[name][: int(kept * len(made[name]))])
    # An MP4 whose table stands at the end has none left, and can be cut between two parts.
    assert {"cut short", "structure broken"}.intersection(problems(path))


def test_a_file_of_another_kind_says_nothing(tmp_path) -> None:
    (tmp_path / "text.avi").write_text("no video at all")
    assert containers.contents(tmp_path / "text.avi") is None
    (tmp_path / "empty.avi").touch()
    assert containers.contents(tmp_path / "empty.avi") is None


# --- MP4 ------------------------------------------------------------------------------------


def changed(content: bytes, name: bytes, offset: int, amount: int) -> bytes:
    """Add to the 32-bit number ``offset`` bytes behind the name of a box."""
    at = content.index(name) + 4 + offset
    number = (int.from_bytes(content[at : at + 4], "big") + amount) % 2**32
    return content[:at] + number.to_bytes(4, "big") + content[at + 4 :]


@pytest.mark.parametrize(
    ("name", "offset", "amount", "kind"),
    [
        # Frames of the table of sizes, of times, of chunks: one of them changed alone.
        (b"stsz", 8, -1, "index broken"),
        (b"stts", 8, -1, "index broken"),
        (b"stsz", 12, +1, "index broken"),
        (b"stco", 8, 2**31, "cut short"),
        (b"stco", 8, -20, "index broken"),
        (b"mdhd", 16, 5000, "structure broken"),
        (b"tkhd", 20, -200, "structure broken"),
        (b"elst", 8, -200, "structure broken"),
        (b"elst", 12, +5000, "structure broken"),
        # Tables that are longer than their boxes.
        (b"stsz", 8, 10**9, "index broken"),
        (b"stts", 4, 10**9, "structure broken"),
        (b"stco", 4, 10**9, "structure broken"),
    ],
)  # fmt: skip
def test_mp4_that_contradicts_itself(made, tmp_path, name, offset, amount, kind) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(changed(made["h264.mp4"], name, offset, amount))
    assert kind in problems(path)


def test_frames_may_not_share_bytes(made, tmp_path) -> None:
    # Every frame its own chunk, all at one place: each lies inside the file, and all overlap.
    content = made["h264.mp4"]
    at = content.index(b"stsc")
    chunks = content.index(b"stco")
    place = content[chunks + 12 : chunks + 16]
    assert struct.unpack(">4I", content[at + 8 : at + 24])[:3] == (1, 1, 30)
    stsc = box(b"stsc", struct.pack(">5I", 0, 1, 1, 1, 1))
    longer = box(b"stco", struct.pack(">2I", 0, 30) + place * 30)
    grown = bytearray(content[: at - 4] + content[at - 4 : chunks - 4].replace(
        content[at - 4 : at + 24], stsc) + longer + content[chunks + 16 :])  # fmt: skip
    for name in (b"moov", b"trak", b"mdia", b"minf", b"stbl"):
        field = grown.index(name) - 4
        length = int.from_bytes(grown[field : field + 4], "big") + 29 * 4
        grown[field : field + 4] = length.to_bytes(4, "big")
    path = tmp_path / "clip.mp4"
    path.write_bytes(grown)
    (problem,) = containers.contents(path).problems
    assert problem.said == "frames are not where its table says"


def test_edit_list_may_hide_frames_that_are_there(made, tmp_path) -> None:
    # A phone that trims a clip keeps all frames and says which to show: 20 of 30 here.
    content = changed(made["h264.mp4"], b"elst", 8, -400)
    content = changed(content, b"tkhd", 20, -400)
    path = tmp_path / "clip.mp4"
    path.write_bytes(content)
    assert containers.contents(path) == containers.Contents("MP4", 30, ())


def test_fragments_that_are_gone_leave_a_gap(made, tmp_path) -> None:
    content = made["fragments.mp4"]
    starts = [at - 4 for at in range(len(content)) if content[at : at + 4] == b"moof"]
    assert len(starts) == 3
    path = tmp_path / "clip.mp4"
    path.write_bytes(content[: starts[1]] + content[starts[2] :])
    assert problems(path).count("frames missing") == 2


# --- Matroska -------------------------------------------------------------------------------


def test_checksum_of_matroska_covers_every_bit(made, tmp_path) -> None:
    content = bytearray(made["h264.mkv"])
    path = tmp_path / "clip.mkv"
    cluster = content.index(b"\x1f\x43\xb6\x75")
    # The oracle: zlib over what stands behind the checksum.
    at = content.index(b"\xbf\x84", cluster)
    stated = int.from_bytes(content[at + 2 : at + 6], "little")
    length = int.from_bytes(content[cluster + 4 : at], "big") & (1 << 7 * (at - cluster - 4)) - 1
    assert zlib.crc32(content[at + 6 : at + length]) == stated
    for place in (cluster + 200, cluster + 3000, len(content) - 12):
        damaged = bytearray(content)
        damaged[place] ^= 1
        path.write_bytes(damaged)
        assert problems(path)


def matroska(times: list[int], *, step: int = 40_000_000, size: int | None = None) -> bytes:
    """A Matroska file without checksums, of one cluster with a block of 4 bytes for each time."""

    def element(name: str, content: bytes, length: int | None = None) -> bytes:
        stated = len(content) if length is None else length
        return bytes.fromhex(name) + (stated | 1 << 56).to_bytes(8, "big") + content

    track = element("d7", b"\1") + element("83", b"\1")
    track += element("23e383", step.to_bytes(4, "big")) if step else b""
    blocks = [element("a3", b"\x81" + struct.pack(">hB", t, 0) + b"data") for t in times]
    cluster = element("1f43b675", element("e7", b"\0") + b"".join(blocks))
    segment = element("1654ae6b", element("ae", track)) + cluster
    return element("1a45dfa3", b"") + element("18538067", segment, size)


@pytest.mark.parametrize("step", [40_000_000, 0])
def test_time_stamps_of_matroska_betray_what_is_gone(tmp_path, step) -> None:
    path = tmp_path / "clip.mkv"
    times = [40 * t + t % 2 for t in range(20)]
    path.write_bytes(matroska(times, step=step))
    assert containers.contents(path) == containers.Contents("Matroska", 20, ())
    path.write_bytes(matroska(times[:7] + times[10:], step=step))
    (problem,) = containers.contents(path).problems
    assert (problem.kind, problem.said) == (
        "frames missing", "its time stamps leave room for 3 more frames",
    )  # fmt: skip
    path.write_bytes(matroska(times[:7] + times[6:], step=step))
    assert problems(path) == ["structure broken"]


def test_a_recorder_without_fixed_rate_may_leave_gaps(tmp_path) -> None:
    path = tmp_path / "clip.mkv"
    random = np.random.default_rng(0)
    path.write_bytes(matroska(np.cumsum(random.integers(15, 120, 40)).tolist(), step=0))
    assert containers.contents(path) == containers.Contents("Matroska", 40, ())


def test_clusters_of_open_length_are_walked_through(tmp_path) -> None:
    # As browsers record: neither the segment nor its clusters say how long they are.
    content = bytearray(matroska([0, 40, 80, 120]))
    for name in (b"\x18\x53\x80\x67", b"\x1f\x43\xb6\x75"):
        at = content.index(name) + 4
        content[at : at + 8] = b"\x01" + b"\xff" * 7
    path = tmp_path / "clip.webm"
    path.write_bytes(content)
    assert containers.contents(path) == containers.Contents("Matroska", 4, ())
    path.write_bytes(content[:-2])
    assert problems(path) == ["cut short"]


# --- hostile files --------------------------------------------------------------------------


def box(name: bytes, content: bytes = b"", length: int | None = None) -> bytes:
    return struct.pack(">I4s", 8 + len(content) if length is None else length, name) + content


def nested(depth: int) -> bytes:
    content = b""
    for _ in range(depth):
        content = box(b"mdia", content)
    return content


HOSTILE = {
    "box of no length": box(b"ftyp") + box(b"moov", box(b"trak", b"", 0)),
    "box shorter than its header": box(b"ftyp") + box(b"moov", box(b"trak", b"", 1)),
    "huge box": box(b"ftyp") + struct.pack(">I4sQ", 1, b"mdat", 2**63),
    "deep nest": box(b"ftyp") + box(b"moov", box(b"trak", nested(5000))),
    "AVI part of no length": avi((0,) * 50, index=None, flags=0),
    "AVI list in a list": part(b"RIFF", b"AVI " + lump(b"movi", lump(b"rec ", lump(b"rec ")))),
    "EBML of no length": b"\x1a\x45\xdf\xa3\x80\x18\x53\x80\x67\x80",
    "EBML of zeros": b"\x1a\x45\xdf\xa3\x80\x18\x53\x80\x67\xff" + bytes(3000),
    "EBML without end": b"\x1a\x45\xdf\xa3\xff" * 3000,
    "EBML void": b"\x1a\x45\xdf\xa3\x80\x18\x53\x80\x67\xff" + b"\xec\x80" * 30000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_told_at_once(tmp_path, name) -> None:
    path = tmp_path / "hostile"
    path.write_bytes(HOSTILE[name])
    tracemalloc.start()
    found = containers.contents(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found is not None
    assert found.problems or found.frames == 0
    assert peak < 10**7


def test_tables_of_a_billion_lines_are_not_read(made, tmp_path) -> None:
    path = tmp_path / "clip.mp4"
    for name, offset in ((b"stsz", 8), (b"stts", 4), (b"ctts", 4), (b"stsc", 4), (b"stco", 4)):
        path.write_bytes(changed(made["h264.mp4"], name, offset, 10**9))
        tracemalloc.start()
        assert problems(path)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 10**7
    # A billion frames of one size need no table; a billion in each chunk need no room.
    content = changed(made["h264.mp4"], b"stsz", 4, 1)
    path.write_bytes(changed(content, b"stsc", 12, 10**9))
    assert problems(path)


def test_walks_end(write, monkeypatch) -> None:
    monkeypatch.setattr(container_parts, "MOST_PARTS", 100)
    (problem,) = containers.contents(write(avi((0,) * 200))).problems
    assert problem.said == "has more than 100 parts, more than any clip"


@pytest.mark.parametrize("name", NAMES)
def test_no_byte_can_raise_or_stop_the_walk(made, name) -> None:
    """Every byte of the headers, one by one, as zero and as 255."""
    content = made[name]
    places = [*range(0, min(700, len(content)), 2), *range(len(content) - 1800, len(content), 5)]
    noticed = 0
    for place in places:
        for value in (0, 255):
            damaged = bytearray(content)
            damaged[place] = value
            found = containers.contents_of(io.BytesIO(damaged))
            noticed += found is None or bool(found.problems) or found.frames != 30
    assert noticed > len(places) / 20


@needs_data
def test_real_clips_have_the_packets_that_another_demuxer_finds() -> None:
    counted = 0
    for path in sorted(Path(DATA or "").rglob("*")):
        if path.suffix in (".avi", ".mp4", ".mkv"):
            found = containers.contents(path)
            assert found is not None
            assert found.problems == (), path
            if counted % 4 == 0:
                with av.open(str(path), metadata_errors="replace") as container:
                    packets = sum(packet.size > 0 for packet in container.demux(video=0))
                assert found.frames == packets, path
            counted += 1
    assert counted > 300
