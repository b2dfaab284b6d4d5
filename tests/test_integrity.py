"""Whether a clip is whole: no false alarm on sound clips, no silence on damaged ones."""

import errno
import os
import struct
import subprocess
import sys
import textwrap
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from har_lib import checksums, files, integrity, video
from har_lib.container_parts import Contents
from har_lib.pictures import Counter
from torture import clip_mutations, clip_sources

DATA = os.environ.get("HAR_TEST_DATA")
needs_data = pytest.mark.skipif(not DATA, reason="HAR_TEST_DATA names no folder of real clips")

NAMES = (
    "FFV1.avi", "MJPG.avi", "XVID.avi", "mp4v.mp4", "h264.mp4", "fragments.mp4", "h264.mkv",
    "vp8.webm",
)  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> dict[str, bytes]:
    """Name -> content of a clip of every container and codec, 30 frames each."""
    sources = clip_sources.made_sources(tmp_path_factory.mktemp("made"))
    return {source.path.name: source.path.read_bytes() for source in sources}


def kinds(path: Path, frames: int | None = None) -> list[str]:
    """Kinds of the problems of a clip; each is told in one line without the name of the file."""
    report = integrity.inspect(path, frames)
    assert report.whole == (not report.problems)
    for problem in report.problems:
        assert problem.kind in integrity.KINDS
        assert problem.said
        assert "\n" not in problem.said
        assert str(path) not in problem.said
    return [problem.kind for problem in report.problems]


# --- sound clips ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_sound_clips_are_whole(made, tmp_path, name) -> None:
    path = tmp_path / name
    path.write_bytes(made[name])
    assert integrity.inspect(path) == integrity.Report(path, (), 30, 30)
    assert integrity.inspect(str(path), frames=30).whole


@pytest.mark.parametrize("shape", [(2, 48, 64), (40, 16, 16), (9, 240, 320)])
@pytest.mark.parametrize("codec", video.CODECS)
def test_what_the_suite_writes_is_whole(tmp_path, codec, shape) -> None:
    # Frames that stand still become the smallest packets that there are.
    path = tmp_path / "clip.avi"
    for frames in (np.full(shape, 90), np.random.default_rng(0).integers(0, 256, shape)):
        video.write(path, frames.astype(np.uint8), codec=codec)
        assert integrity.inspect(path) == integrity.Report(path, (), shape[0], shape[0])


def test_odd_names_and_texts_are_no_damage(made, tmp_path, monkeypatch) -> None:
    path = tmp_path / "take:1 %d.avi"
    # A text in another alphabet, as cameras write; PyAV would refuse it.
    content = made["XVID.avi"]
    at = content.index(b"ISFT") + 8
    path.write_bytes(content[:at] + b"\xd3\xd3" + content[at + 2 :])
    assert kinds(path) == []
    monkeypatch.chdir(tmp_path)
    assert kinds(Path(path.name)) == []


def test_a_container_without_an_index_promises_nothing(tmp_path) -> None:
    path = tmp_path / "clip.mpg"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg2video", rate=25)
        stream.width, stream.height, stream.pix_fmt = 160, 120, "yuv420p"
        for frame in clip_sources.numbered_frames():
            picture = av.VideoFrame.from_ndarray(frame, format="gray8")
            container.mux(stream.encode(picture.reformat(format="yuv420p")))
        container.mux(stream.encode())
    assert integrity.inspect(path) == integrity.Report(path, (), 30, None)


def test_frames_that_an_edit_list_hides_are_not_missing(made, tmp_path) -> None:
    # The first ten of thirty frames are trimmed away, as phones do without encoding again.
    content = bytearray(made["mp4v.mp4"])
    track = content.index(b"tkhd") + 4
    scale = int.from_bytes(content[content.index(b"mvhd") + 16 :][:4], "big")
    ticks = int.from_bytes(content[content.index(b"mdhd") + 16 :][:4], "big")
    edits = content.index(b"elst") + 12
    begin, length = ticks * 10 // 25, scale * 20 // 25
    content[track + 20 : track + 24] = length.to_bytes(4, "big")
    content[edits : edits + 8] = length.to_bytes(4, "big") + begin.to_bytes(4, "big")
    path = tmp_path / "clip.mp4"
    path.write_bytes(content)
    report = integrity.inspect(path)
    assert report == integrity.Report(path, (), 20, 20)


def test_a_frame_that_was_dropped_is_not_the_end(tmp_path) -> None:
    """An AVI may list a part without content: the frame before it stays."""
    path = tmp_path / "clip.avi"
    for codec in video.CODECS:
        video.write(path, clip_sources.numbered_frames(), codec=codec)
        content = bytearray(path.read_bytes())
        at = content.index(b"movi") + 4
        for _ in range(10):
            length = struct.unpack_from("<I", content, at + 4)[0]
            at += 8 + length + length % 2
        length = struct.unpack_from("<I", content, at + 4)[0]
        rest = struct.pack("<4sI", b"JUNK", length + length % 2 - 8)
        content[at + 4 : at + 16] = bytes(4) + rest
        struct.pack_into("<I", content, content.index(b"idx1") + 8 + 16 * 10 + 12, 0)
        path.write_bytes(content)
        assert integrity.inspect(path) == integrity.Report(path, (), 29, 29)


# --- pictures in packets --------------------------------------------------------------------


def bits(*fields: tuple[int, int]) -> bytes:
    """Numbers of given widths one after another, filled up with ones as MPEG-4 does."""
    text = "".join(f"{value:0{width}b}" for value, width in fields)
    text += "1" * (-len(text) % 8)
    return int(text, 2).to_bytes(len(text) // 8, "big")


def layer(resolution: int, *, control: bool) -> bytes:
    """Header of a video object layer, after ISO/IEC 14496-2, 6.2.3."""
    # The buffer's sizes in halves, with markers between them: 79 bits.
    buffer = [(5, 15), (1, 1), (7, 15), (1, 1), (3, 15), (1, 1), (1, 3), (9, 11), (1, 1), (4, 15)]
    middle = [(1, 1), (1, 2), (0, 1), (1, 1), *buffer, (1, 1)] if control else [(0, 1)]
    return b"\0\0\1\x20" + bits(
        (0, 1), (1, 8), (1, 1), (1, 4), (1, 3), (1, 4), *middle, (0, 2), (1, 1), (resolution, 16),
        (1, 1), (0, 1), (1, 1), (64, 13), (1, 1), (48, 13), (1, 1),
    )  # fmt: skip


def picture(resolution: int, *, coded: bool, seconds: int = 0, content: int = 30) -> bytes:
    """A picture, or the header that says that there is none."""
    width = max(1, (resolution - 1).bit_length())
    head = [(1, 2), *[(1, 1)] * seconds, (0, 1), (1, 1), (resolution - 1, width), (1, 1)]
    return b"\0\0\1\xb6" + bits(*head, (int(coded), 1)) + bytes(content if coded else 0)


@pytest.mark.parametrize("resolution", [2, 25, 30, 30000])
@pytest.mark.parametrize("control", [False, True])
@pytest.mark.parametrize("seconds", [0, 3])
def test_pictures_of_mpeg4_are_counted_by_their_headers(resolution, control, seconds) -> None:
    counter = Counter("mpeg4", layer(resolution, control=control))
    # The smallest picture and the placeholder are of one length.
    tiny = picture(resolution, coded=True, seconds=seconds, content=1)
    none = picture(resolution, coded=False, seconds=seconds)
    full = picture(resolution, coded=True)
    assert [counter.promised(packet) for packet in (tiny, none, full, b"\x7f", b"")] == [
        1, 0, 1, 0, 0,
    ]  # fmt: skip


def test_a_second_picture_waits_for_its_placeholder() -> None:
    counter = Counter("mpeg4", layer(25, control=False))
    one, none = picture(25, coded=True), picture(25, coded=False)
    waiting = []
    for packet in (one, one + one, one, none, one + one, none):
        counter.promised(packet)
        waiting.append(counter.waiting)
    assert waiting == [0, 1, 1, 0, 1, 0]


def test_packed_frames_in_both_directions_are_no_loss(tmp_path) -> None:
    """XviD in AVI: two pictures in a packet, then a placeholder, as in UCF101."""
    with av.open(str(tmp_path / "plain.avi"), "w") as container:
        stream = container.add_stream("mpeg4", rate=25, options={"bf": "1", "b_strategy": "0"})
        stream.width, stream.height, stream.pix_fmt = 160, 120, "yuv420p"
        frames = [
            av.VideoFrame.from_ndarray(f, format="gray8") for f in clip_sources.numbered_frames()
        ]
        packets = [p for f in frames for p in stream.encode(f.reformat(format="yuv420p"))]
        pictures = [bytes(packet) for packet in [*packets, *stream.encode()]]
        header = bytes(stream.codec_context.extradata or b"")
    backwards = [p[p.index(b"\0\0\1\xb6") + 4] >> 6 == 2 for p in pictures]
    assert sum(backwards) > 10
    # I P B P B ...: each B goes into the packet of the P before it, and leaves a placeholder.
    none = b"\0\0\1\xb6" + bits((1, 2), (0, 1), (1, 1), (0, 5), (1, 1), (0, 1))
    content: list[bytes] = []
    for one, back in zip(pictures, backwards, strict=True):
        if back:
            content[-1] += one
        content.append(none if back else one)
    counter = Counter("mpeg4", header)
    assert sum(counter.promised(packet) for packet in content) == len(pictures) == 30


def test_pictures_of_vp8_may_be_hidden() -> None:
    counter = Counter("vp8")
    assert [counter.promised(bytes([first, 0, 0])) for first in (0x10, 0x00, 0x11)] == [1, 0, 1]


# --- damaged clips --------------------------------------------------------------------------


def test_no_such_file_and_folders_are_errors(tmp_path) -> None:
    with pytest.raises(video.VideoError, match="there is no such file"):
        integrity.inspect(tmp_path / "gone.avi")
    with pytest.raises(video.VideoError, match="is a folder"):
        integrity.inspect(tmp_path)


def test_what_is_no_clip_cannot_be_opened(tmp_path) -> None:
    path = tmp_path / "clip.avi"
    path.touch()
    assert integrity.inspect(path) == integrity.Report(
        path, (integrity.Problem("cannot be opened", "is empty (0 bytes)"),), 0, None
    )
    path.write_text("no video at all\n" * 50)
    assert kinds(path) == ["cannot be opened"]


def test_sound_without_pictures_is_no_clip(tmp_path) -> None:
    path = tmp_path / "sound.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), "s16", "mono")
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))
    assert "cannot be opened" in kinds(path)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kept", [0.3, 0.7, 0.98])
def test_a_clip_cut_short_is_not_whole(made, tmp_path, name, kept) -> None:
    path = tmp_path / name
    path.write_bytes(made[name][: int(kept * len(made[name]))])
    assert {"cut short", "structure broken"}.intersection(kinds(path))


@pytest.mark.parametrize("name", NAMES)
def test_one_frame_fewer_or_more_than_promised(made, tmp_path, name) -> None:
    path = tmp_path / name
    path.write_bytes(made[name])
    assert kinds(path, frames=29) == ["frames missing"]
    assert kinds(path, frames=31) == ["frames added"]
    assert kinds(path, frames=0) == ["no frame"]
    (problem,) = integrity.inspect(path, 29).problems
    assert problem.said == "29 of 30 frames are read"


@pytest.mark.parametrize("name", [name for name in NAMES if name[:4] != "vp8."])
def test_content_that_breaks_the_rules_of_its_codec(made, tmp_path, name) -> None:
    """Thirty-two bytes in the middle; VP8 alone takes anything."""
    content = bytearray(made[name])
    middle = len(content) // 3
    content[middle : middle + 32] = bytes([*range(0x71, 0x81), *range(0xF0, 0x100)])
    path = tmp_path / name
    path.write_bytes(content)
    assert "damaged frames" in kinds(path)
    # The reader says nothing: this is why the clip is looked at.
    assert len(video.read_gray(path)) > 1


def test_parts_that_no_demuxer_finds_are_missing(made, tmp_path, monkeypatch) -> None:
    path = tmp_path / "clip.avi"
    path.write_bytes(made["XVID.avi"])
    monkeypatch.setattr(integrity.containers, "contents", lambda path: Contents("AVI", 33))
    assert "30 of 33 parts of its video are found" in [
        problem.said for problem in integrity.inspect(path).problems
    ]
    monkeypatch.setattr(integrity.containers, "contents", lambda path: Contents("AVI", 27))
    assert kinds(path) == ["index broken"]


def test_a_picture_that_waits_at_the_end_is_not_promised(made, tmp_path, monkeypatch) -> None:
    path = tmp_path / "clip.avi"
    path.write_bytes(made["XVID.avi"])

    class Waiting(Counter):
        def promised(self, packet: bytes) -> int:
            found = super().promised(packet)
            self.waiting = 1
            return found

    monkeypatch.setattr(integrity, "Counter", Waiting)
    assert integrity.inspect(path).frames_promised == 29


def test_decoder_alone_would_not_notice_frames_that_were_taken_out(made, tmp_path) -> None:
    content = bytearray(made["MJPG.avi"])
    clip_mutations._take_frames(content, 0, np.random.default_rng(0))
    path = tmp_path / "clip.avi"
    path.write_bytes(content)
    assert 27 <= len(video.read_gray(path)) <= 28
    assert kinds(path)[:2] == ["frames missing", "index broken"]


def test_frames_that_change_size(tmp_path) -> None:
    path = tmp_path / "clip.avi"
    video.write(path, clip_sources.numbered_frames(6), codec="MJPG")
    content = bytearray(path.read_bytes())
    # The last frame gives way to a smaller one, with padding that JPEG allows.
    at = content.rindex(b"00dc", 0, content.index(b"idx1"))
    length = struct.unpack_from("<I", content, at + 4)[0]
    small = cv2.imencode(".jpg", np.full((60, 80), 90, np.uint8))[1].tobytes()
    assert len(small) < length
    content[at + 8 : at + 8 + length] = small + bytes(length - len(small))
    path.write_bytes(content)
    assert kinds(path) == ["size changes"]
    assert "160x120 to 80x60" in integrity.inspect(path).problems[0].said


def test_a_bare_stream_has_no_count_of_its_frames(tmp_path) -> None:
    path = tmp_path / "clip.avi"
    jpeg = cv2.imencode(".jpg", np.full((48, 64), 90, np.uint8))[1].tobytes()
    path.write_bytes(jpeg * 5)
    assert kinds(path) == ["structure broken"]


def test_any_error_of_the_decoder_becomes_a_problem(made, tmp_path, monkeypatch) -> None:
    path = tmp_path / "clip.avi"
    path.write_bytes(made["XVID.avi"])
    for error in (IndexError("list"), UnicodeDecodeError("utf-8", b"\xd3", 0, 1, "odd\nline")):

        def fails(*_, error=error, **__):
            raise error

        monkeypatch.setattr(av, "open", fails)
        assert kinds(path) == ["cannot be opened"]


#: What a machine may lack for a while, as Python, the system's loader and FFmpeg say it.
PASSING = (
    MemoryError(),
    ImportError("libx.so: failed to map segment from shared object"),
    OSError(errno.EMFILE, "Too many open files"),
    OSError(errno.EIO, "Input/output error"),
    av.error.MemoryError(errno.ENOMEM, "Cannot allocate memory"),
    av.error.PermissionError(errno.EACCES, "Permission denied"),
)


@pytest.mark.parametrize("error", PASSING, ids=repr)
@pytest.mark.parametrize("where", ["opening", "decoding"])
def test_what_the_machine_lacks_is_no_verdict(made, tmp_path, monkeypatch, error, where) -> None:
    path = tmp_path / "clip.avi"
    path.write_bytes(made["XVID.avi"])

    class Packet:
        is_corrupt = False

        def decode(self) -> None:
            raise error

    decode = integrity._decode_packet
    with monkeypatch.context() as patched:
        if where == "opening":
            patched.setattr(av, "open", lambda *_, **__: Packet().decode())
        else:
            patched.setattr(integrity, "_decode_packet", lambda found, _: decode(found, Packet()))
        with pytest.raises(video.VideoError, match=r"clip.avi: cannot be read now \(.+\); run a"):
            integrity.inspect(path)
    assert integrity.inspect(path).whole


def test_a_reader_without_memory_is_no_verdict(made, tmp_path, monkeypatch) -> None:
    path = tmp_path / "clip.avi"
    path.write_bytes(made["XVID.avi"])
    error = cv2.error("Insufficient memory")
    error.code = cv2.Error.StsNoMem

    def opened(*_, **__) -> None:
        raise error

    monkeypatch.setattr(video, "opened", opened)
    with pytest.raises(video.VideoError, match="cannot be read now"):
        integrity.inspect(path)
    error.code = cv2.Error.StsError
    assert kinds(path) == ["no frame"]


def test_what_ffmpeg_calls_an_error_of_input_is_a_verdict(made, tmp_path, monkeypatch) -> None:
    """It says so of Matroska files that are cut short."""
    path = tmp_path / "clip.mkv"
    path.write_bytes(made["h264.mkv"])

    def fails(*_, **__) -> None:
        raise av.error.OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(av, "open", fails)
    assert kinds(path) == ["cannot be opened"]


def test_memory_that_a_broken_container_asks_for_is_a_verdict(made, tmp_path, monkeypatch) -> None:
    """One fragment shorter than it states: FFmpeg takes pictures for sizes."""
    path = tmp_path / "clip.mp4"
    path.write_bytes(made["fragments.mp4"][:-100])

    def fails(*_, **__) -> None:
        raise av.error.MemoryError(errno.ENOMEM, "Cannot allocate memory")

    monkeypatch.setattr(av, "open", fails)
    assert "cannot be opened" in kinds(path)


def test_broken_clips_print_nothing(made, tmp_path) -> None:
    names = []
    for name in NAMES:
        content = bytearray(made[name])
        for at in np.random.default_rng(0).integers(300, len(content), 60):
            content[at] ^= 0xFF
        names.append(str(tmp_path / name))
        Path(names[-1]).write_bytes(content)
    program = textwrap.dedent("""
        import sys
        from har_lib import integrity
        print(sum(integrity.inspect(path).whole for path in sys.argv[1:]))
    """)
    quiet = {k: v for k, v in os.environ.items() if not k.startswith("OPENCV_")}
    ran = subprocess.run(
        [sys.executable, "-c", program, *names],
        cwd=files.ROOT, env=quiet, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert (ran.stdout, ran.stderr) == ("0\n", "")


def test_checksums_of_ffv1_cover_every_bit(made, tmp_path) -> None:
    content = made["FFV1.avi"]
    first = content.index(b"movi") + 4
    last = content.index(b"idx1") - 2
    path = tmp_path / "clip.avi"
    random = np.random.default_rng(0)
    for _ in range(25):
        damaged = bytearray(content)
        at = int(random.integers(first + 8, last))
        damaged[at] ^= 1 << int(random.integers(8))
        path.write_bytes(damaged)
        assert not integrity.inspect(path).whole
    # A stream without checksums says nothing, and is not accused of anything.
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=25, options={"level": "1"})
        stream.width, stream.height, stream.pix_fmt = 160, 120, "gray"
        for frame in clip_sources.numbered_frames():
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="gray8")))
        container.mux(stream.encode())
    assert kinds(path) == []


@pytest.mark.parametrize("length", [1, 2, 40, 4097])
def test_checksum_of_a_slice_is_the_one_of_ethernet_unreflected(length) -> None:
    # The oracle: long division, bit by bit, by x^32 + x^26 + ... + 1.
    content = np.random.default_rng(length).bytes(length)
    rest = 0
    for bit in "".join(f"{byte:08b}" for byte in content):
        rest = (rest << 1 & 0xFFFFFFFF) ^ (0x04C11DB7 if (rest >> 31) ^ int(bit) else 0)
    assert checksums.sound(content + rest.to_bytes(4, "big"))
    assert not checksums.sound(content + (rest ^ 1).to_bytes(4, "big"))


# --- real clips -----------------------------------------------------------------------------


@needs_data
def test_no_false_alarm_on_real_clips() -> None:
    """Up to twelve of each set, among them XviD with packed frames and padded files."""
    looked = 0
    for folder in sorted(Path(DATA or "").iterdir()):
        found = [p for p in sorted(folder.rglob("*")) if p.suffix in (".avi", ".mp4", ".mkv")]
        for path in found[:: max(1, len(found) // 12)]:
            report = integrity.inspect(path)
            assert report.whole, report
            assert report.frames_read == report.frames_promised
            looked += 1
    assert looked > 50
