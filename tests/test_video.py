"""Clips in and out: equation (1), and every way a file can disappoint."""

import csv
import os
import re
import struct
import subprocess
import sys
import textwrap
import tracemalloc
from pathlib import Path

import cv2
import numpy as np
import pytest

from har_lib import equations, files, video
from har_lib.errors import InputError

DATA = os.environ.get("HAR_TEST_DATA")
needs_data = pytest.mark.skipif(not DATA, reason="HAR_TEST_DATA names no folder of real clips")


def moving_frames(count: int = 12, height: int = 48, width: int = 64) -> np.ndarray:
    """A smooth pattern that moves, so that lossy codecs keep it and every frame differs."""
    y, x = np.mgrid[0:height, 0:width]
    waves = [np.sin(x / 5 + t / 2) * np.cos(y / 6) for t in range(count)]
    return (128 + 100 * np.stack(waves)).astype(np.uint8)


def refusal(path: Path, read=video.read_gray, **arguments) -> str:
    """The one line that reading ``path`` fails with."""
    with pytest.raises(video.VideoError) as caught:
        read(path, **arguments)
    message = str(caught.value)
    assert "\n" not in message
    return message


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    video.write(tmp_path / "clip.avi", moving_frames(), codec="FFV1")
    return tmp_path / "clip.avi"


# --- what is read ---------------------------------------------------------------------------


def test_eq01_clip_is_its_frames_in_order(clip: Path) -> None:
    frames = video.read_gray(clip)
    assert frames.dtype == np.uint8
    np.testing.assert_array_equal(frames, moving_frames())
    assert equations.INDEX[1] is video.read_gray


def test_gray_is_the_standard_weighting_not_a_channel_mean(tmp_path: Path) -> None:
    # Closed form: 0.299 red + 0.587 green + 0.114 blue of pure colours. Red and blue swapped,
    # or a plain mean, would give 29 and 85 for red.
    for color, level in (((255, 0, 0), 76), ((0, 255, 0), 150), ((0, 0, 255), 29)):
        path = tmp_path / f"level{level}.avi"
        video.write(path, np.full((2, 48, 64, 3), color, np.uint8), codec="FFV1")
        assert set(np.unique(video.read_gray(path))) == {level}
        np.testing.assert_array_equal(video.read_color(path)[1, 5, 5], color)


@pytest.fixture(scope="module")
def colours(tmp_path_factory) -> Path:
    frames = np.random.default_rng(0).integers(0, 256, (2, 48, 64, 3), dtype=np.uint8)
    path = tmp_path_factory.mktemp("colours") / "clip.avi"
    video.write(path, frames, codec="FFV1")
    np.testing.assert_array_equal(video.read_color(path), frames)
    return path


def test_gray_as_mean_rounds_half_up(colours: Path) -> None:
    frames = video.read_color(colours).astype(int)
    red, green, blue = np.moveaxis(frames, -1, 0)
    # floor(x + 1/2) in whole numbers; all remainders of a third occur.
    expected = (2 * (red + green + blue) + 3) // 6
    assert set(np.unique((red + green + blue) % 3)) == {0, 1, 2}
    found = video.read_gray(colours, gray="mean")
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found, expected)


def test_gray_as_value_is_that_of_hsv(colours: Path) -> None:
    expected = [
        cv2.cvtColor(frame, cv2.COLOR_RGB2HSV)[..., 2] for frame in video.read_color(colours)
    ]
    np.testing.assert_array_equal(video.read_gray(colours, gray="value"), expected)


def test_gray_is_luma_unless_asked_otherwise(colours: Path) -> None:
    luma = video.read_gray(colours, gray="luma")
    np.testing.assert_array_equal(video.read_gray(colours), luma)
    weighted = video.read_color(colours) @ [0.299, 0.587, 0.114]
    assert np.abs(luma - weighted).max() < 0.51
    assert np.abs(video.read_gray(colours, gray="mean") - weighted).max() > 20
    with pytest.raises(InputError, match="gray = 'green' is not allowed"):
        video.read_gray(colours, gray="green")


@pytest.mark.parametrize("gray", video.GRAYS)
def test_frames_are_gray_before_they_are_resized(colours: Path, clip: Path, gray: str) -> None:
    small = [
        cv2.resize(frame, (20, 14), interpolation=cv2.INTER_AREA)
        for frame in video.read_gray(colours, gray=gray)
    ]
    np.testing.assert_array_equal(video.read_gray(colours, (20, 14), gray=gray), small)
    # A clip without colour is the same by each.
    np.testing.assert_array_equal(video.read_gray(clip, gray=gray), moving_frames())


def test_size_is_width_then_height_and_area_averaged(clip: Path) -> None:
    small = video.read_gray(clip, size=(32, 12))
    assert small.shape == (12, 12, 32)
    # Whole factors: INTER_AREA is the mean of 4 x 2 blocks (rounded to the nearest level).
    blocks = moving_frames().reshape(12, 12, 4, 32, 2).mean(axis=(2, 4))
    assert np.abs(small - blocks).max() <= 0.5


def test_color_is_resized_too(clip: Path) -> None:
    assert video.read_color(clip, size=(32, 12)).shape == (12, 12, 32, 3)


def test_frame_range_is_half_open_from_zero(clip: Path) -> None:
    np.testing.assert_array_equal(video.read_gray(clip, start=3, stop=7), moving_frames()[3:7])
    np.testing.assert_array_equal(video.read_gray(clip, start=9), moving_frames()[9:])
    np.testing.assert_array_equal(video.read_gray(clip, stop=12), moving_frames())
    assert refusal(clip, start=10, stop=13) == (
        f"{clip}: has 12 frames, but frames 10 to 13 were asked for"
    )
    assert "has 12 frames" in refusal(clip, stop=10**15)
    assert refusal(clip, start=12) == (
        f"{clip}: has 12 frames, but frames 12 to the end were asked for"
    )
    for start, stop in ((-1, 3), (4, 4), (5, 2)):
        with pytest.raises(InputError, match=f"frames {start} to {stop} are no range"):
            video.read_gray(clip, start=start, stop=stop)


def test_xvid_is_close_and_writes_the_same_bytes_twice(tmp_path: Path) -> None:
    for name in ("one.avi", "two.avi"):
        video.write(tmp_path / name, moving_frames())
    assert files.digest(tmp_path / "one.avi") == files.digest(tmp_path / "two.avi")
    back = video.read_gray(tmp_path / "one.avi").astype(int)
    assert back.shape == (12, 48, 64)
    # Lossy: measured mean 1.4, worst 9 levels on this pattern.
    assert np.abs(back - moving_frames()).mean() < 3


@pytest.mark.parametrize("rate", [25.0, 12.5, 29.97])
def test_frame_rate_comes_back(tmp_path: Path, rate: float) -> None:
    video.write(tmp_path / "clip.avi", moving_frames(2), frames_per_second=rate)
    assert video.frames_per_second(tmp_path / "clip.avi") == pytest.approx(rate, rel=1e-6)


def state_frames(monkeypatch, stated: float) -> None:
    """Make every file claim ``stated`` frames, as headers of damaged or streamed clips do."""
    genuine = cv2.VideoCapture

    class Capture:
        def __init__(self, *arguments) -> None:
            self.genuine = genuine(*arguments)

        def get(self, what: int) -> float:
            return stated if what == cv2.CAP_PROP_FRAME_COUNT else self.genuine.get(what)

        def __getattr__(self, name: str):
            return getattr(self.genuine, name)

    monkeypatch.setattr(cv2, "VideoCapture", Capture)


@pytest.mark.parametrize("stated", [0.0, 3.0, 1e15, -9.2e18, float("nan")])
def test_stated_frame_count_is_not_believed(clip: Path, monkeypatch, stated: float) -> None:
    state_frames(monkeypatch, stated)
    np.testing.assert_array_equal(video.read_gray(clip), moving_frames())


@pytest.mark.parametrize("stated", [0.0, 400.0])
def test_result_alone_is_held_in_memory(tmp_path: Path, monkeypatch, stated: float) -> None:
    video.write(tmp_path / "long.avi", moving_frames(400, 120, 160))
    state_frames(monkeypatch, stated)
    tracemalloc.start()
    frames = video.read_gray(tmp_path / "long.avi")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert frames.shape == (400, 120, 160)
    # The result, an eighth of room to grow and some frames; a list that is stacked needs twice.
    assert peak < 1.2 * frames.nbytes


def test_frames_do_not_depend_on_threads(tmp_path: Path) -> None:
    video.write(tmp_path / "clip.avi", moving_frames(60, 120, 160))
    program = textwrap.dedent("""
        import hashlib, sys, cv2
        from har_lib import video
        cv2.setNumThreads(int(sys.argv[2]))
        print(hashlib.sha256(video.read_gray(sys.argv[1], (80, 60)).tobytes()).hexdigest())
    """)
    digests = set()
    for threads in ("1", "4"):
        environment = {**os.environ, "OPENCV_FFMPEG_THREADS": threads}
        ran = subprocess.run(
            [sys.executable, "-c", program, str(tmp_path / "clip.avi"), threads],
            cwd=files.ROOT, env=environment, capture_output=True, text=True, check=True,
        )  # fmt: skip
        digests.add(ran.stdout)
    assert len(digests) == 1


def test_phone_rotation_is_applied(tmp_path: Path) -> None:
    # OpenCV's own writer gives an upright MP4; its track matrix is turned by a quarter here.
    path = tmp_path / "phone.mp4"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 25.0, (64, 48))
    for frame in moving_frames():
        writer.write(np.repeat(frame[..., None], 3, axis=2))
    writer.release()
    upright = video.read_gray(path)
    content = bytearray(path.read_bytes())
    matrix = content.index(b"tkhd") + 4 + 40
    assert struct.unpack_from(">9i", content, matrix)[::4] == (65536, 65536, 1 << 30)
    struct.pack_into(">9i", content, matrix, 0, 65536, 0, -65536, 0, 0, 0, 0, 1 << 30)
    path.write_bytes(content)
    np.testing.assert_array_equal(video.read_gray(path), np.rot90(upright, -1, axes=(1, 2)))


def test_name_with_colon_is_a_file_not_a_protocol(clip: Path, monkeypatch) -> None:
    clip.rename(clip.with_name("take:1 %d.avi"))
    monkeypatch.chdir(clip.parent)
    assert len(video.read_gray("take:1 %d.avi")) == 12


# --- what is refused ------------------------------------------------------------------------


def test_no_file_no_folder_no_bytes(tmp_path: Path) -> None:
    (tmp_path / "empty.avi").touch()
    assert refusal(tmp_path / "gone.avi") == f"{tmp_path / 'gone.avi'}: there is no such file"
    assert refusal(tmp_path) == f"{tmp_path}: is a folder, not a video; name a file in it"
    assert refusal(tmp_path / "empty.avi") == (
        f"{tmp_path / 'empty.avi'}: is empty (0 bytes); fetch the clip again"
    )


def test_text_named_avi(tmp_path: Path) -> None:
    path = tmp_path / "text.avi"
    path.write_text("This is not a video.\n" * 100)
    for read in (video.read_gray, video.read_color, video.frames_per_second):
        assert refusal(path, read) == (
            f"{path}: cannot be opened as a video; the file is damaged or no clip"
        )


@pytest.mark.parametrize("kept", [0.99, 0.5, 0.3])
def test_file_cut_short_is_noticed(clip: Path, kept: float) -> None:
    whole = clip.read_bytes()
    clip.write_bytes(whole[: int(kept * len(whole))])
    # Without the check OpenCV reads what is left and says nothing.
    message = refusal(clip)
    assert message == (
        f"{clip}: is cut short, {int(kept * len(whole))} bytes of the {len(whole)} that its"
        " header states; fetch the clip again"
    )


def test_bytes_after_the_end_are_harmless(clip: Path) -> None:
    # KTH's files are padded, and an odd-sized part may lack its padding byte.
    clip.write_bytes(clip.read_bytes() + bytes(1234))
    assert len(video.read_gray(clip)) == 12


def test_second_part_of_a_long_avi_is_checked(clip: Path) -> None:
    clip.write_bytes(clip.read_bytes() + b"RIFF" + struct.pack("<I", 500) + b"AVIX" + bytes(496))
    assert len(video.read_gray(clip)) == 12
    clip.write_bytes(clip.read_bytes()[:-1])
    assert "is cut short" in refusal(clip)


def test_header_without_frames(clip: Path) -> None:
    content = clip.read_bytes()
    start, index = content.index(b"movi"), content.index(b"idx1")
    clip.write_bytes(content[: start + 4] + bytes(index - start - 4) + content[index:])
    assert refusal(clip) == f"{clip}: no frame could be decoded; the file is damaged"


def test_one_frame_is_too_few_for_a_space_time_feature(tmp_path: Path) -> None:
    path = tmp_path / "still.avi"
    video.write(path, moving_frames(1), codec="FFV1")
    assert refusal(path) == f"{path}: has 1 frame; a space-time feature needs at least 2"
    np.testing.assert_array_equal(video.read_gray(path, minimum_frames=1), moving_frames(1))


def test_frames_that_change_size(clip: Path, monkeypatch) -> None:
    # OpenCV 4.14 scales to the first size, so another version's behaviour is played here.
    class Capture:
        def __init__(self, *arguments) -> None:
            self.left = [np.zeros((48, 64, 3), np.uint8), np.zeros((24, 32, 3), np.uint8)]

        def isOpened(self) -> bool:
            return True

        def get(self, what: int) -> float:
            return 2.0 if what == cv2.CAP_PROP_FRAME_COUNT else float("nan")

        def read(self) -> tuple[bool, np.ndarray | None]:
            return (True, self.left.pop(0)) if self.left else (False, None)

        def release(self) -> None: ...

    monkeypatch.setattr(cv2, "VideoCapture", Capture)
    for size in (None, (16, 12)):
        assert refusal(clip, size=size) == (
            f"{clip}: frames change size from 64x48 to 32x24; convert the clip to one size"
        )
    assert refusal(clip, video.frames_per_second) == (
        f"{clip}: states no frame rate; convert the clip to one with a fixed rate"
    )


def test_opencv_scales_a_clip_that_changes_size(tmp_path: Path) -> None:
    pictures = [cv2.imencode(".png", np.full(s, 90, np.uint8))[1] for s in ((48, 64), (24, 32))]
    jpegs = [cv2.imencode(".jpg", cv2.imdecode(p, 0))[1].tobytes() for p in pictures]
    (tmp_path / "mixed.avi").write_bytes(jpegs[0] * 3 + jpegs[1] * 3)
    assert video.read_gray(tmp_path / "mixed.avi").shape == (6, 48, 64)


@pytest.mark.parametrize("size", [(0, 10), (10,), (10, -1), (1.5, 2), (1, 2, 3)])
def test_size_that_is_none(clip: Path, size: tuple) -> None:
    expected = f"size {size!r} is not (width, height) in whole pixels above 0"
    with pytest.raises(InputError, match=re.escape(expected)):
        video.read_gray(clip, size=size)


def test_broken_files_print_nothing(tmp_path: Path) -> None:
    """Neither OpenCV nor FFmpeg may write to the standard error by themselves."""
    (tmp_path / "text.avi").write_text("no video")
    video.write(tmp_path / "good.avi", moving_frames(60, 120, 160))
    content = bytearray((tmp_path / "good.avi").read_bytes())
    start = content.index(b"movi")
    for at in np.random.default_rng(0).integers(start + 100, content.index(b"idx1"), 300):
        content[at] ^= 0xFF
    (tmp_path / "noisy.avi").write_bytes(content)
    (tmp_path / "tail.mp4").write_bytes(b"\0\0\0\x20ftypisom" + bytes(200))
    program = textwrap.dedent("""
        import sys
        from har_lib import video
        for path in sys.argv[1:]:
            try:
                print(len(video.read_gray(path)))
            except video.VideoError:
                print("refused")
    """)
    names = [str(tmp_path / name) for name in ("text.avi", "noisy.avi", "tail.mp4", "gone.avi")]
    quiet = {k: v for k, v in os.environ.items() if not k.startswith("OPENCV_")}
    run = {"cwd": files.ROOT, "capture_output": True, "text": True, "check": True}
    ran = subprocess.run([sys.executable, "-c", program, *names], env=quiet, **run)
    assert ran.stderr == ""
    assert ran.stdout.split().count("refused") == 3
    # The same files do make FFmpeg talk when the user asks it to: the test can fail.
    loud = {**quiet, "OPENCV_FFMPEG_LOGLEVEL": "32", "OPENCV_LOG_LEVEL": "INFO"}
    assert subprocess.run([sys.executable, "-c", program, *names], env=loud, **run).stderr


# --- what is written ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "frames", "rate", "codec", "message"),
    [
        ("c.mp4", np.zeros((2, 4, 4), np.uint8), 25, "XVID", "end the name in .avi"),
        ("c.avi", np.zeros((2, 4, 4), np.uint8), 25, "ZZZZ", "'ZZZZ' is unknown; use one of FFV1"),
        ("c.avi", np.zeros((2, 4, 4), np.uint8), 0, "XVID", "0 frames per second is no rate"),
        ("c.avi", np.zeros((2, 4, 4), np.float32), 25, "XVID", "frames are float32 (2, 4, 4)"),
        ("c.avi", np.zeros((4, 4), np.uint8), 25, "XVID", "frames are uint8 (4, 4)"),
        ("c.avi", np.zeros((2, 4, 4, 4), np.uint8), 25, "XVID", "frames are uint8 (2, 4, 4, 4)"),
        ("c.avi", np.zeros((0, 4, 4), np.uint8), 25, "XVID", "there is nothing to write"),
        ("c.avi", np.zeros((2, 4, 5), np.uint8), 25, "XVID", "5x4 has an odd side"),
    ],
)
def test_unwritable_clips_are_refused(tmp_path, name, frames, rate, codec, message) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        video.write(tmp_path / name, frames, rate, codec)
    assert list(tmp_path.iterdir()) == []


def test_full_disk_is_an_error_and_leaves_nothing(tmp_path: Path) -> None:
    program = textwrap.dedent("""
        import resource, sys
        import numpy as np
        from har_lib import video
        resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
        frames = np.random.default_rng(0).integers(0, 256, (20, 120, 160), dtype=np.uint8)
        try:
            video.write(sys.argv[1], frames)
        except video.VideoError as error:
            print(error)
    """)
    path = tmp_path / "big.avi"
    ran = subprocess.run(
        [sys.executable, "-c", program, str(path)],
        cwd=files.ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert ran.stdout == (
        f"{path}: could not be written in full with codec XVID; look for free space on the disk\n"
    )
    assert list(tmp_path.iterdir()) == []


# --- real clips -----------------------------------------------------------------------------


@needs_data
def test_real_clips_have_the_frames_of_the_manifest() -> None:
    with open(Path(DATA) / "manifest.tsv", encoding="utf-8", newline="") as table:
        rows = list(csv.DictReader(table, delimiter="\t"))
    rows = [row for row in rows if row["dataset"] in ("ucf101", "kth", "kth_segments", "hmdb51")]
    assert len(rows) == 40
    for row in rows:
        path = Path(DATA) / row["file"]
        expected = (int(row["frames"]), int(row["height"]), int(row["width"]))
        assert video.read_gray(path).shape == expected, row["file"]
        assert video.frames_per_second(path) == pytest.approx(float(row["fps"]), abs=0.01)


@needs_data
def test_a_real_clip_in_whole_and_cut(tmp_path: Path) -> None:
    name = "ucf101/videos/ApplyEyeMakeup/v_ApplyEyeMakeup_g01_c01.avi"
    content = (Path(DATA) / name).read_bytes()
    assert video.read_gray(Path(DATA) / name, size=(160, 120)).shape == (164, 120, 160)
    (tmp_path / "half.avi").write_bytes(content[: len(content) // 2])
    assert "half.avi: is cut short, 147283 bytes of the 294566" in refusal(tmp_path / "half.avi")
