"""Digests are those of the content, are remembered across processes, and are never in the way."""

import hashlib
import os
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from har_lib import datasets, digests, files

OLD = 1_600_000_000


@pytest.fixture(autouse=True)
def scratch(tmp_path, monkeypatch):
    monkeypatch.setenv("HAR_DATA", str(tmp_path / "data"))
    forget_this_process(monkeypatch)


def forget_this_process(monkeypatch) -> None:
    """As if another process went on: what is on disk stays."""
    monkeypatch.setattr(digests, "_seen", {})


def written(path: Path, content: bytes, when: float = OLD) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    os.utime(path, (when, when))
    return path


@pytest.fixture
def reads(monkeypatch) -> list[str]:
    """Names of the files that are read."""
    names: list[str] = []

    def counted(path, observe=digests.observe):
        names.append(Path(path).name)
        return observe(path)

    monkeypatch.setattr(digests, "observe", counted)
    return names


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_a_file_is_read_once_also_by_the_next_process(tmp_path, monkeypatch, reads):
    paths = [written(tmp_path / name, name.encode()) for name in "abc"]
    expected = {path: sha256(path.name.encode()) for path in paths}
    for _ in range(2):
        assert digests.of_each(paths) == expected
        forget_this_process(monkeypatch)
        assert digests.known(paths) == expected
    assert reads == ["a", "b", "c"]


@pytest.mark.parametrize("same_process", [True, False])
def test_another_size_or_time_of_change_is_another_file(tmp_path, monkeypatch, same_process):
    path = written(tmp_path / "a", b"one")
    for content, when in [(b"one", OLD), (b"longer", OLD), (b"lonely", OLD + 1e-6)]:
        written(path, content, when)
        assert digests.of_each([path]) == {path: sha256(content)}
        if not same_process:
            forget_this_process(monkeypatch)


@pytest.mark.parametrize("same_process", [True, False])
def test_a_time_of_change_that_was_set_back_hides_no_change(tmp_path, monkeypatch, same_process):
    """As after ``cp -p`` or ``touch -r``."""
    path = written(tmp_path / "a", b"sound")
    before = path.stat()
    assert digests.of_each([path]) == digests.known([path]) == {path: sha256(b"sound")}
    while path.stat().st_ctime_ns == before.st_ctime_ns:  # file systems count coarsely
        written(path, b"other")
    assert (path.stat().st_size, path.stat().st_mtime_ns) == (before.st_size, before.st_mtime_ns)
    if not same_process:
        forget_this_process(monkeypatch)
    assert digests.known([path]) == {}
    assert digests.of_each([path]) == {path: sha256(b"other")}


def test_the_same_name_in_two_folders_is_two_files(tmp_path, monkeypatch):
    one, two = (written(tmp_path / name / "clip", name.encode()) for name in ("one", "two"))
    monkeypatch.chdir(tmp_path / "one")
    assert digests.of_each([Path("clip")]) == {Path("clip"): sha256(b"one")}
    forget_this_process(monkeypatch)
    monkeypatch.chdir(tmp_path / "two")
    assert digests.known([Path("clip")]) == {}
    assert digests.known([one]) == {one: sha256(b"one")}
    assert digests.of_each([two]) == {two: sha256(b"two")}
    forget_this_process(monkeypatch)
    assert digests.known([Path("clip")]) == {Path("clip"): sha256(b"two")}


@pytest.mark.parametrize("same_process", [True, False])
@pytest.mark.parametrize("age", [-3600, 0, 1.9])
def test_a_file_that_is_young_or_of_the_future_is_not_remembered(
    tmp_path, monkeypatch, age, same_process
):
    """It may change again within the same tick of the file system's clock."""
    path = written(tmp_path / "a", b"first", time.time() - age)
    when = path.stat().st_mtime_ns
    assert digests.of_each([path]) == {path: sha256(b"first")}
    path.write_bytes(b"again")
    os.utime(path, ns=(when, when))
    if not same_process:
        forget_this_process(monkeypatch)
    assert digests.known([path]) == {}
    assert digests.of_each([path]) == {path: sha256(b"again")}


def test_what_cannot_be_read_has_no_digest(tmp_path):
    good = written(tmp_path / "good", b"good")
    (tmp_path / "folder").mkdir()
    found = digests.of_each([tmp_path / "gone", tmp_path / "folder", good])
    assert found == {good: sha256(b"good")}


def test_a_name_that_is_no_utf8_is_remembered(tmp_path, monkeypatch):
    path = written(Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.avi")), b"odd")
    digests.of_each([path])
    forget_this_process(monkeypatch)
    assert digests.known([path]) == {path: sha256(b"odd")}


@pytest.mark.parametrize("damage", ["no database", "pages overwritten", "cut", "emptied"])
def test_a_damaged_memory_is_made_anew(tmp_path, monkeypatch, damage):
    paths = [written(tmp_path / f"{number}", b"%d" % number) for number in range(200)]
    digests.of_each(paths)
    content = digests.database().read_bytes()
    assert len(content) > 16384
    damaged = {
        "no database": b"This is a text. " * 400,
        "pages overwritten": content[:4096] + b"\x5a" * (len(content) - 4096),
        "cut": content[: len(content) // 2],
        "emptied": b"",
    }[damage]
    digests.database().write_bytes(damaged)
    forget_this_process(monkeypatch)
    expected = {path: sha256(path.name.encode()) for path in paths}
    assert digests.of_each(paths) == expected
    forget_this_process(monkeypatch)
    assert digests.known(paths) == expected


def test_a_memory_of_another_form_is_made_anew(tmp_path, monkeypatch):
    path = written(tmp_path / "a", b"a")
    digests.database().parent.mkdir(parents=True)
    with closing(sqlite3.connect(digests.database())) as memory, memory:
        memory.execute("CREATE TABLE digests (name TEXT, digest TEXT)")
    digests.of_each([path])
    forget_this_process(monkeypatch)
    assert digests.known([path]) == {path: sha256(b"a")}


@pytest.mark.parametrize("obstacle", ["file for folder", "folder for database", "locked"])
def test_without_a_place_for_the_memory_files_are_read(tmp_path, monkeypatch, reads, obstacle):
    path = written(tmp_path / "a", b"a")
    store = digests.database().parent
    other = None
    if obstacle == "file for folder":
        written(store, b"not a folder")
    elif obstacle == "folder for database":
        digests.database().mkdir(parents=True)
    else:
        digests.remember([digests.observe(written(tmp_path / "b", b"b"))])
        monkeypatch.setattr(digests, "_PATIENCE", 0.01)
        other = sqlite3.connect(digests.database())
        other.execute("BEGIN EXCLUSIVE")
        reads.clear()
    for _ in range(2):
        assert digests.of_each([path]) == {path: sha256(b"a")}
        forget_this_process(monkeypatch)
    assert reads == ["a", "a"]
    assert digests.count() == 0
    assert digests.gone() == []
    if other:
        other.close()


def test_a_read_makes_no_folder(tmp_path):
    assert digests.known([written(tmp_path / "a", b"a")]) == {}
    assert digests.count() == 0
    assert not files.data_dir().exists()


WRITER = """
import sys
from pathlib import Path
from har_lib import digests
for path in sorted(Path(sys.argv[1]).iterdir()):
    digests._seen.clear()
    digests.of_each([path])
"""


def test_processes_write_at_once(tmp_path, monkeypatch):
    """Each writes its own files, one commit a file, while the others do."""
    folders = [tmp_path / name for name in "abc"]
    paths = [
        written(folder / f"{n}", f"{folder}{n}".encode()) for folder in folders for n in range(8)
    ]
    running = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(folder)], cwd=files.ROOT)
        for folder in folders
    ]
    assert [process.wait(60) for process in running] == [0, 0, 0]
    assert digests.known(paths) == {
        path: sha256(f"{path.parent}{path.name}".encode()) for path in paths
    }


def test_a_long_task_writes_as_it_goes(tmp_path, monkeypatch):
    paths = [written(tmp_path / name, name.encode()) for name in "ab"]
    monkeypatch.setattr(digests, "_PAUSE", 0.0)
    with digests.recording() as note:
        note(digests.observe(paths[0]))
        assert digests.count() == 1  # before the end, which may never come
        monkeypatch.setattr(digests, "_PAUSE", 60.0)
        note(digests.observe(paths[1]))
        assert digests.count() == 1
    assert digests.count() == 2


def test_an_interrupted_task_keeps_what_it_has(tmp_path):
    def interrupted():
        with digests.recording() as note:
            note(digests.observe(written(tmp_path / "a", b"a")))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert digests.count() == 1


def test_what_is_gone_or_all_is_forgotten(tmp_path, monkeypatch):
    paths = [written(tmp_path / name, name.encode()) for name in "abc"]
    digests.of_each(paths)
    paths[0].unlink()
    assert digests.gone() == [paths[0]]
    digests.forget([*digests.gone(), paths[1]])
    assert set(digests.known(paths)) == {paths[2]}, "nor does this process know it"
    forget_this_process(monkeypatch)
    assert set(digests.known(paths)) == {paths[2]}
    digests.forget_all()
    assert digests.known(paths) == {}
    assert digests.count() == 0


def test_the_digest_of_a_data_set_reads_each_file_once(tmp_path, monkeypatch, reads):
    records = tuple(
        datasets.Record(written(tmp_path / f"{name}.avi", name.encode()), "run", name, *frames)
        for name in "ab"
        for frames in [(0, 10), (10, 20)]
    )
    data = datasets.Dataset("two", tmp_path, records, "person", "names")
    first = data.digest()
    forget_this_process(monkeypatch)
    assert data.digest() == first
    assert reads == ["a.avi", "b.avi"]
    written(tmp_path / "a.avi", b"other")
    assert data.digest() != first
