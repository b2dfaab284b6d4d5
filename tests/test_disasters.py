"""A full disk, a folder that may only be read, vanished data, a clock that goes back.

In short; in full: ``python -m torture --only disasters``.
"""

import errno
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from har_lib import cli, cli_data, digests, files, store, video
from har_lib.blocks import Frames
from har_lib.datasets import Dataset
from torture import disasters, isolated, processes
from torture.disaster_works import content
from torture.rooms import Room


@pytest.fixture(autouse=True)
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HAR_DATA", str(tmp_path / "place" / "data"))
    monkeypatch.setenv("HAR_BUILD", str(tmp_path / "place" / "build"))
    monkeypatch.setattr(digests, "_seen", {})


@pytest.fixture
def clips(tmp_path: Path) -> Path:
    return processes.clips(tmp_path / "clips", 4, frames=12, size=(64, 48))


def extract(clips: Path) -> int:
    digests._seen.clear()
    return cli.main(["extract", str(clips), "--jobs", "1"])


def line(capsys: pytest.CaptureFixture[str]) -> str:
    """The one line by which a command has ended."""
    (said,) = processes.told(capsys.readouterr().err)
    assert said.startswith("har: ")
    return said


# ---------------------------------------------------------------- commands, as they are called


@pytest.mark.parametrize("disaster", ["full disk", "read-only folder", "clock goes back"])
def test_a_disaster_while_a_figure_is_written(disaster: str) -> None:
    found = disasters.run(1, 0, disasters=[disaster], works=["figures"])
    assert not found.failures
    assert bool(found.cases[0].said) == (disaster != "clock goes back")


def test_what_goes_wrong_is_seen() -> None:
    def done(code: int, errors: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.CompletedProcess([], code, "", errors)

    bar = "features:  50%|####      | 1/2 [00:01<00:01]\r"
    assert disasters.refusal(done(0, "")) == ("", "")
    assert disasters.refusal(done(2, f"{bar}har: a: is full\n")) == ("har: a: is full", "")
    for code, errors in (
        (1, "har: a"),
        (-9, ""),
        (2, ""),
        (2, "har: a\nhar: b\n"),
        (2, "Traceback (most recent call last):\nhar: a\n"),
        (2, "har: " + "a" * 600),
        (2, "warning"),
    ):
        assert disasters.refusal(done(code, errors))[1], errors


# ---------------------------------------------------------------- rooms


def attempts(place: str, mounts: bool) -> list[bool]:
    """Whether files of two sizes can be written: in a wide room, a full one, a read-only one."""
    if not mounts:
        setattr(Room, "_mount", lambda *_: False)  # noqa: B010
    room = Room(Path(place))

    def writes(size: int, prepare: Callable[[], None] | None) -> bool:
        code = f"f = open({place + '/a'!r}, 'wb', 0); assert f.write(bytes({size})) == {size}"
        done = subprocess.run([sys.executable, "-c", code], preexec_fn=prepare, check=False,
                              stderr=subprocess.DEVNULL)  # fmt: skip
        with suppress(OSError):
            Path(place, "a").unlink()
        return done.returncode == 0

    room.wide()
    found = [writes(100_000, None)]
    found += [writes(size, room.full(8192)) for size in (1000, 100_000)]
    room.wide()
    found += [writes(100_000, None)]
    prepare = room.read_only()
    found += [writes(10, prepare)]
    return [*found, writes(100_000, room.wide())]


@pytest.mark.parametrize("mounts", [True, False])
def test_rooms_are_full_read_only_and_wide_again(tmp_path: Path, mounts: bool) -> None:
    outcome = isolated.run(attempts, (str(tmp_path / "room"), mounts), seconds=60, memory=2**40)
    assert outcome.value == [True, True, False, True, False, True], outcome.said


# ---------------------------------------------------------------- each write of a run


def failing(after: int, number: int) -> Callable[[int], None]:
    """Stands in for fsync, where a full disk shows at the latest: fails from some call on."""
    calls = 0

    def sync(handle: int) -> None:
        nonlocal calls
        calls += 1
        if calls > after:
            raise OSError(number, os.strerror(number))

    return sync


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EDQUOT])
def test_whichever_write_of_an_extraction_fails_what_is_finished_stays(
    clips: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    number: int,
) -> None:
    place = tmp_path / "place"
    assert extract(clips) == 0
    capsys.readouterr()
    whole = content(place)
    shutil.rmtree(place)
    fails = 0
    for after in range(0, 9, 2):
        before = processes.stamps(place, processes.stored)
        with monkeypatch.context() as patch:
            patch.setattr(files.os, "fsync", failing(after, number))
            assert extract(clips) == 2
        said = line(capsys)
        assert os.strerror(number) in said
        assert str(place) in said
        assert ".part" not in said
        assert processes.half_written(place) == []
        found = content(place)
        assert found.items() <= whole.items()
        stamps = processes.stamps(place, processes.stored)
        assert {name: stamps[name] for name in before} == before
        # The work goes on where it ended: so many more files as could be written.
        assert len(stamps) - len(before) == min(after, len(whole) - len(before))
        fails += 1
        if len(stamps) + 4 >= len(whole):
            break
    assert fails > 1
    assert extract(clips) == 0
    assert content(place) == whole


def test_a_full_disk_names_the_file_and_not_the_temporary_one(tmp_path: Path) -> None:
    def full(named: bool) -> None:
        with files.atomic(tmp_path / "a.csv") as temporary:
            raise OSError(errno.ENOSPC, "No space left on device", *([str(temporary)] * named))

    for named in (False, True):
        with pytest.raises(OSError, match="No space left") as error:
            full(named)
        assert error.value.filename == str(tmp_path / "a.csv")
    assert list(tmp_path.iterdir()) == []


def test_another_file_that_is_missing_keeps_its_name(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as error, files.atomic(tmp_path / "a.csv"):
        (tmp_path / "b.csv").read_text()
    assert error.value.filename == str(tmp_path / "b.csv")


# ---------------------------------------------------------------- vanished data


def test_clips_that_vanish_between_listing_and_reading(
    clips: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    listed = cli_data.load

    def vanish(settings: dict[str, Any]) -> Dataset:
        dataset = listed(settings)
        clips.rename(tmp_path / "away")
        return dataset

    monkeypatch.setattr(cli_data, "load", vanish)
    assert extract(clips) == 2
    assert "none of the 4 clips could be read; the first: " in line(capsys)
    assert content(tmp_path / "place") == {}


def test_clips_that_vanish_in_the_middle_are_listed_and_the_others_stay(
    clips: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "away").mkdir()
    gone = sorted(clips.rglob("*.avi"))[2:]
    frames_of = store.frames_of

    def first(*arguments: Any) -> Frames:
        frames = frames_of(*arguments)
        for path in filter(Path.exists, gone):
            path.rename(tmp_path / "away" / path.name)
        return frames

    monkeypatch.setattr(store, "frames_of", first)
    assert extract(clips) == 2
    assert "2 of 4 clips" in line(capsys)
    before = processes.stamps(tmp_path / "place", processes.stored)
    for path in gone:
        (tmp_path / "away" / path.name).rename(path)
    monkeypatch.setattr(store, "frames_of", frames_of)
    assert extract(clips) == 0
    assert "2 made" in capsys.readouterr().out
    after = processes.stamps(tmp_path / "place", processes.stored)
    assert len(after) == 2 * len(before)
    assert {name: after[name] for name in before} == before


# ---------------------------------------------------------------- a clock that goes back


def test_what_was_made_in_the_future_is_used_and_a_change_is_seen(
    clips: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = tmp_path / "place"
    assert extract(clips) == 0
    processes.age([*clips.rglob("*.avi"), *filter(Path.is_file, place.rglob("*"))], hours=-24)
    capsys.readouterr()
    assert extract(clips) == 0
    assert "0 made, 4 already there" in capsys.readouterr().out
    first, *_ = sorted(clips.rglob("*.avi"))
    video.write(first, video.read_gray(first)[::-1], codec="FFV1")
    os.utime(first, (time.time() - 3600,) * 2)
    assert extract(clips) == 0
    assert "1 made" in capsys.readouterr().out


def test_files_of_the_future_are_no_abandoned_ones(tmp_path: Path) -> None:
    left = tmp_path / ".a-12345678.part.json"
    left.write_text("of a run that lives")
    processes.age([left], hours=-24)
    files.write_text(tmp_path / "a.json", "")
    assert left.exists()
