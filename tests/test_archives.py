"""Archives unpacked whole or not at all, and hostile ones refused without a trace."""

import io
import itertools
import os
import random
import resource
import struct
import threading
import zipfile
from dataclasses import replace
from pathlib import Path, PureWindowsPath
from typing import Any

import pytest

from har_lib import archives, locks, zip_listing, zip_names
from har_lib.errors import InputError
from har_lib.zip_listing import Limits, Refused
from torture import archives as hostile
from torture import hostile_zips, isolated
from torture.hostile_zips import HOSTILE
from torture.zips import DEFLATED, STORED, Entry, build

#: Kind of hostile archive -> what its refusal says, so that each rule does its own work.
SAID = {
    "climbs out": "leads out of its folder",
    "climbs out from within": "leads out of its folder",
    "climbs out by backslashes": "has a backslash",
    "absolute": "is absolute",
    "absolute, doubled slash": "is absolute",
    "drive letter": "has a colon",
    "hidden stream": "has a colon",
    "device of Windows": "is a device on some systems",
    "name ends with a dot": "ends a part with a blank or a dot",
    "link": "is a link",
    "link, then a file through it": "is a link",
    "link of Windows": "is a link",
    "hard link in an extra field": "is a link",
    "device": "is a device",
    "block device": "is a device",
    "pipe": "is a pipe",
    "socket": "is a socket",
    "kind unknown": "is of an unknown kind",
    "same name twice": "clashes with another member",
    "names that differ in case": "clashes with another member",
    "folders that differ in case": "clashes with another member",
    "names that differ in writing accents": "clashes with another member",
    "file that is a folder too": "clashes with another member",
    "name is no UTF-8": "the listing of this zip is damaged",
    "name in an unknown encoding": "is a name in an unknown encoding",
    "NUL in a name": "has a control character",
    "line end in a name": "has a control character",
    "terminal command in a name": "has a control character",
    "name turned round": "has a control character",
    "name empty": "is empty",
    "name too long": "is too long",
    "path too long": "is too long",
    "too deep": "lies too deep",
    "other name in front of the member": "is damaged",
    "encrypted": "is encrypted",
    "strongly encrypted": "is encrypted",
    "encrypted, and hides it": "is encrypted",
    "encrypted, by the listing alone": "is encrypted",
    "packed in another way": "is packed in a way that is not read (14)",
    "nested bomb": "times its size",
    "bomb": "times its size",
    "overlapping bomb": "times its size",
    "members that share bytes": "shares bytes with another member",
    "holds more than it states": "is damaged",
    "holds more, and a fitting sum": "holds more than it states",
    "holds less than it states": "is damaged",
    "stored, two sizes": "states two sizes",
    "wrong sum, packed": "is damaged",
    "wrong sum, stored": "is damaged",
    "damaged stream": "is damaged",
    "folder with content": "is a folder with content",
    "cut": "zip",
    "bytes before": "holds bytes before",
    "program before": "holds bytes before its first member",
    "bytes behind": "does not end where its listing says",
    "two listings": "behind its listing",
    "hidden member before": "holds bytes before its first member",
    "states more members than listed": "lists 2000 members and states 65000",
    "states 100 million members": "states 100,000,000 members",
    "long entries": "far too long for its",
    "part of several": "is one part of several",
    "offset that is no place": "is not where it is listed",
    "offset beyond the end": "is not where it is listed",
    "empty file": "is no zip",
    "no member": "holds no file",
    "noise": "is no zip",
    "tar": "is a tar archive",
    "rar": "is a rar archive; unpack it with unar, 7z or unrar",
    "7z": "is a 7z archive",
    "web page": "is a web page",
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_archive_is_refused_for_its_reason_and_leaves_nothing(
    kind: str, tmp_path: Path
) -> None:
    said, wrong = hostile.hostile(kind, random.Random(kind), tmp_path / "scratch")
    assert wrong == ""
    assert SAID[kind] in said


def test_the_torture_sees_what_is_written_and_what_gets_through(tmp_path: Path) -> None:
    """With the library's own unpacking in place of ours, the same cases are counted as wrong."""
    kinds = ("link", "same name twice", "bytes before", "terminal command in a name")
    for kind in kinds:
        scratch = tmp_path / kind
        path, target = hostile._prepare(scratch, HOSTILE[kind](random.Random(0), scratch))
        before = hostile.listing(scratch)
        zipfile.ZipFile(path).extractall(target)
        assert hostile.listing(scratch) != before


def test_honest_archives_with_changed_bytes_are_refused_or_hold_what_they_held(
    tmp_path: Path,
) -> None:
    found = [hostile.changed(random.Random(f"m{i}"), tmp_path / "scratch") for i in range(15)]
    assert {wrong for _, wrong in found} == {""}
    assert {through for through, _ in found} == {True, False}, "both outcomes are seen"


def test_killed_in_the_middle_it_is_unpacked_by_the_next_run(tmp_path: Path) -> None:
    found = [hostile.killed(random.Random(f"k{i}"), tmp_path / "scratch") for i in range(4)]
    assert {wrong for _, wrong in found} == {""}
    assert any(in_time for in_time, _ in found)


# ---------------------------------------------------------------- honest archives


def everything(folder: Path) -> dict[str, bytes]:
    return {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()
    }


def streamed() -> bytes:
    """As it is written to a pipe: sizes stand behind the members."""

    class Pipe(io.RawIOBase):
        def __init__(self) -> None:
            self.held = bytearray()

        def writable(self) -> bool:
            return True

        def write(self, data: Any) -> int:
            self.held += data
            return len(data)

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/one.txt", b"one" * 100)
        archive.writestr("b.txt", b"")
    return bytes(pipe.held)


def large_form() -> bytes:
    """With the records of archives above 4 GB."""
    content = io.BytesIO()
    with (
        zipfile.ZipFile(content, "w") as archive,
        archive.open("a/one.txt", "w", force_zip64=True) as member,
    ):
        member.write(b"one" * 100)
    whole = content.getvalue()
    _, _, _, _, count, size, first, _ = struct.unpack("<4s4H2LH", whole[-22:])
    far = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, count, count, size, first)
    locator = struct.pack("<4sLQL", b"PK\6\7", 0, len(whole) - 22, 1)
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    return whole[:-22] + far + locator + end


def usual() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.comment = b"a comment"
        archive.mkdir("class")
        archive.writestr("class/one.avi", b"one" * 1000)
        archive.writestr("class/\u00e9t\u00e9.avi", b"two", zipfile.ZIP_STORED)
        archive.writestr("inner.zip", build([Entry(b"../x", b"stays packed")]))
        tool = zipfile.ZipInfo("tool")
        tool.external_attr = 0o106755 << 16
        archive.writestr(tool, b"#!/bin/sh\n")
    return content.getvalue()


@pytest.mark.parametrize("make", [streamed, large_form, usual])
def test_what_is_unpacked_is_what_the_library_unpacks(make: Any, tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(make())
    done = archives.extract(tmp_path / "a.zip", tmp_path / "ours")
    zipfile.ZipFile(tmp_path / "a.zip").extractall(tmp_path / "theirs")
    ours = everything(tmp_path / "ours")
    assert ours == everything(tmp_path / "theirs") != {}
    assert (done.files, done.size) == (len(ours), sum(map(len, ours.values())))
    assert done.new
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.zip", "ours", "theirs"]


def test_modes_of_the_archive_are_not_taken_over(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(usual())
    archives.extract(tmp_path / "a.zip", tmp_path / "out")
    mask = os.umask(0o022)
    os.umask(mask)
    modes = {p.stat().st_mode & 0o7777 for p in (tmp_path / "out").rglob("*") if p.is_file()}
    assert modes == {0o666 & ~mask}


@pytest.fixture
def honest(tmp_path: Path) -> Path:
    path = tmp_path / "a.zip"
    path.write_bytes(build([Entry(b"a/one", b"1" * 50, STORED), Entry(b"two", b"2" * 60)]))
    return path


def test_what_is_there_and_the_same_is_kept_with_what_lies_beside(
    honest: Path, tmp_path: Path
) -> None:
    target = tmp_path / "out"
    archives.extract(honest, target)
    (target / "mine.txt").write_text("mine")
    before = hostile.listing(target)
    again = archives.extract(honest, target)
    assert not again.new
    assert "verified" in again.summary()
    assert hostile.listing(target) == before
    assert archives.verify(honest, target) == []


@pytest.mark.parametrize("harm", ["changed", "longer", "gone", "link", "pipe"])
def test_what_is_there_and_differs_is_refused_and_stays(
    honest: Path, tmp_path: Path, harm: str
) -> None:
    target = tmp_path / "out"
    archives.extract(honest, target)
    file = target / "a" / "one"
    file.unlink()
    if harm == "link":
        (tmp_path / "same").write_bytes(b"1" * 50)
        file.symlink_to(tmp_path / "same")
    elif harm == "pipe":
        os.mkfifo(file)
    elif harm != "gone":
        file.write_bytes(b"1" * 49 + (b"2" if harm == "changed" else b"11"))
    before = hostile.listing(target)
    with pytest.raises(
        InputError, match=r"1 of 2 files lack or differ from a.zip, such as 'a/one'"
    ):
        archives.extract(honest, target)
    assert hostile.listing(target) == before
    assert archives.verify(honest, target) == ["a/one"]


def test_a_file_at_the_target_is_refused_an_empty_folder_and_a_link_are_taken(
    honest: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(InputError, match="is no folder"):
        archives.extract(honest, tmp_path / "file")
    (tmp_path / "empty").mkdir()
    assert archives.extract(honest, tmp_path / "empty").new
    (tmp_path / "disk").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "disk" / "data")
    assert archives.extract(honest, tmp_path / "link").new
    assert (tmp_path / "link").is_symlink()
    assert len(everything(tmp_path / "disk" / "data")) == 2


def test_leftovers_of_a_killed_run_go_and_what_they_point_to_stays(
    honest: Path, tmp_path: Path
) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "kept.txt").write_text("kept")
    left = tmp_path / ".out.unpacking"
    left.mkdir()
    (left / "half").write_text("half")
    (left / "link").symlink_to(mine)
    archives.extract(honest, tmp_path / "out")
    assert len(everything(tmp_path / "out")) == 2
    left.symlink_to(mine)
    archives.extract(honest, tmp_path / "out2")
    (tmp_path / ".out3.unpacking").symlink_to(mine)
    archives.extract(honest, tmp_path / "out3")
    assert everything(mine) == {"kept.txt": b"kept"}


def test_two_at_once_are_kept_apart(honest: Path, tmp_path: Path) -> None:
    lock = tmp_path / ".out.lock"
    with locks.held(lock, "first"), pytest.raises(InputError, match="another run is at work"):
        archives.extract(honest, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    archives.extract(honest, tmp_path / "out")
    assert not lock.exists()


def test_many_at_once_hold_the_lock_one_after_the_other(tmp_path: Path) -> None:
    inside, most, got = [], [], []

    def work() -> None:
        for _ in range(100):
            try:
                with locks.held(tmp_path / "lock", "x"):
                    inside.append(1)
                    most.append(len(inside))
                    got.append(1)
                    inside.pop()
            except InputError:
                pass

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(most) == {1}
    assert len(got) > 8


def test_a_lock_that_was_removed_meanwhile_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its holder removes it between the opening and the locking of another process."""
    path = tmp_path / "lock"
    real = locks.fcntl.flock
    calls: list[int] = []

    def late(handle: int, how: int) -> None:
        if not calls:
            path.unlink()
        calls.append(handle)
        real(handle, how)

    monkeypatch.setattr(locks.fcntl, "flock", late)
    with locks.held(path, "x"):
        assert path.exists()
        with pytest.raises(InputError, match="another run"), locks.held(path, "x"):
            pass
    assert not path.exists()


def test_an_interruption_leaves_nothing(
    honest: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(archives.os, "sync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        archives.extract(honest, tmp_path / "out")
    assert sorted(os.listdir(tmp_path)) == ["a.zip"]


def unpack_with_little_room(path: Path, target: Path) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (30, 30))
    archives.extract(path, target)


def test_all_is_on_the_disk_before_it_appears(
    honest: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bool] = []
    monkeypatch.setattr(archives.os, "sync", lambda: seen.append((tmp_path / "out").exists()))
    archives.extract(honest, tmp_path / "out")
    assert seen == [False]


def test_a_full_disk_is_one_line_and_leaves_nothing(honest: Path, tmp_path: Path) -> None:
    outcome = isolated.run(unpack_with_little_room, (honest, tmp_path / "out"))
    assert outcome.kind == "refused", outcome.said
    assert outcome.said == f"{tmp_path / 'out'}: cannot be written (File too large)"
    assert sorted(os.listdir(tmp_path)) == ["a.zip"]


def test_a_disk_too_small_is_refused_first(
    honest: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = archives.shutil.disk_usage(tmp_path)
    monkeypatch.setattr(archives.shutil, "disk_usage", lambda p: usage._replace(free=109))
    with pytest.raises(InputError, match="make room"):
        archives.extract(honest, tmp_path / "out")
    monkeypatch.setattr(archives.shutil, "disk_usage", lambda p: usage._replace(free=110))
    assert archives.extract(honest, tmp_path / "out").size == 110


def test_what_cannot_be_read_or_written_is_one_line(honest: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path, said in (
        (tmp_path, "no file"),
        (tmp_path / "gone", "No such"),
        (tmp_path / "pipe", "no file"),
    ):
        with pytest.raises(InputError, match=said):
            archives.extract(path, tmp_path / "out")
    with pytest.raises(InputError, match="cannot be written"):
        archives.extract(honest, honest / "out")


# ---------------------------------------------------------------- limits and places


@pytest.mark.parametrize("name", ["members", "size", "ratio"])
def test_limits_hold_to_the_last_unit(name: str, tmp_path: Path) -> None:
    content = build([Entry(str(i).encode(), bytes(30_000)) for i in range(3)])
    (tmp_path / "a.zip").write_bytes(content)
    exact = {"members": 3, "size": 90_000, "ratio": -(-90_000 // len(content))}[name]
    wide = Limits(ratio=10**6)
    with pytest.raises(Refused):
        archives.extract(
            tmp_path / "a.zip", tmp_path / "out", limits=replace(wide, **{name: exact - 1})
        )
    archives.extract(tmp_path / "a.zip", tmp_path / "out", limits=replace(wide, **{name: exact}))


def test_members_go_where_they_are_placed(honest: Path, tmp_path: Path) -> None:
    archives.extract(honest, tmp_path / "out", place=lambda name: "x/y" if name == "two" else None)
    assert everything(tmp_path / "out") == {"x/y": b"2" * 60}
    with pytest.raises(Refused, match="no place of its own"):
        archives.extract(honest, tmp_path / "b", place=lambda name: "same")
    with pytest.raises(Refused, match="no place of its own"):
        archives.extract(honest, tmp_path / "b", place=lambda name: f"../{name}")
    with pytest.raises(Refused, match="clashes"):
        archives.extract(honest, tmp_path / "b", place=lambda name: "x" if name == "two" else "X")
    with pytest.raises(Refused, match="holds no file"):
        archives.extract(honest, tmp_path / "b", place=lambda name: None)
    assert sorted(os.listdir(tmp_path)) == ["a.zip", "out"]


def test_a_member_is_held_to_its_size_also_when_the_listing_is_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bound while unpacking does not rest on the bound before it."""
    monkeypatch.setattr(zip_listing, "_check_sizes", lambda *arguments: None)
    lie = hostile_zips._lies_by_a_little(random.Random(0), tmp_path)
    (tmp_path / "a.zip").write_bytes(lie)
    with pytest.raises(Refused, match="holds more than it states"):
        archives.extract(tmp_path / "a.zip", tmp_path / "out")
    assert sorted(os.listdir(tmp_path)) == ["a.zip"]


# ---------------------------------------------------------------- names


def test_accepted_names_stay_inside_on_every_system() -> None:
    """Every short name over a hostile alphabet, judged by what Python knows of both systems."""
    pieces = ["a", "..", ".", "/", "\\", ":", "C", "nul", " ", "~", "\n", "con.txt", "-", "é", "%"]
    names = ["".join(p) for n in (1, 2, 3, 4) for p in itertools.product(pieces, repeat=n)]
    accepted = [name for name in names if not zip_names.complaint(name)]
    assert {"a", "a/a", "é/~a", "..a", "a/"} <= set(accepted)
    for name in accepted:
        assert os.path.normpath(f"/target/{name}") == f"/target/{name.removesuffix('/')}"
        windows = PureWindowsPath(name)
        assert not windows.drive
        assert not windows.root
        assert ".." not in windows.parts
        assert not any(PureWindowsPath(part).is_reserved() for part in windows.parts)


def test_names_are_as_long_as_systems_allow() -> None:
    assert zip_names.complaint("é" * 127 + "a") == ""
    assert zip_names.complaint("é" * 128) == "is too long"
    assert zip_names.complaint("/".join(["a"] * 32)) == ""
    assert zip_names.complaint("/".join(["a"] * 33)) == "lies too deep"
    assert zip_names.complaint("\ud800") == "is no text"


def test_what_the_message_shows_of_a_name_is_short_and_printable() -> None:
    for name in ("a\x1b[2J", "\u202e", "x" * 5000, "\ud800"):
        shown = zip_names.shown(name)
        assert shown.isprintable()
        assert len(shown) <= 80


def test_both_ways_of_packing_are_in_the_cases() -> None:
    assert {DEFLATED, STORED} == {zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED}
    assert set(SAID) == set(HOSTILE)
