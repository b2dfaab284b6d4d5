"""Files appear whole or not at all, and are read back as they were written."""

import hashlib
import json
import os
import stat
import threading
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from har_lib import files


def content(folder: Path) -> dict[str, bytes]:
    """Every file of a folder, hidden ones too."""
    return {p.name: p.read_bytes() for p in folder.iterdir() if p.is_file()}


# ---------------------------------------------------------------- atomic


@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt, SystemExit])
@pytest.mark.parametrize("old", [b"old", None])
def test_a_crash_leaves_what_was_there(
    tmp_path: Path, error: type[BaseException], old: bytes | None
) -> None:
    target = tmp_path / "a.json"
    if old is not None:
        target.write_bytes(old)

    def crash() -> None:
        with files.atomic(target) as temporary:
            temporary.write_bytes(b"half of the n")
            raise error

    with pytest.raises(error):
        crash()
    assert content(tmp_path) == ({} if old is None else {"a.json": old})


def test_a_writer_that_leaves_no_file_is_an_error(tmp_path: Path) -> None:
    target = tmp_path / "a.txt"
    target.write_bytes(b"old")
    with pytest.raises(FileNotFoundError), files.atomic(target) as temporary:
        temporary.unlink()
    assert content(tmp_path) == {"a.txt": b"old"}


def test_readers_never_see_a_part(tmp_path: Path) -> None:
    target = tmp_path / "a.avi"
    with files.atomic(target) as temporary:
        temporary.write_bytes(b"first")
        assert not target.exists()
    with files.atomic(target) as temporary:
        assert target.read_bytes() == b"first"
        with open(target, "rb") as reader:
            temporary.write_bytes(b"second")
            assert target.read_bytes() == b"first"
            with open(temporary, "ab") as more:
                more.write(b", longer")
            assert reader.read() == b"first"
    assert content(tmp_path) == {"a.avi": b"second, longer"}


def test_a_reader_of_a_busy_file_sees_whole_versions_only(tmp_path: Path) -> None:
    target = tmp_path / "busy"
    versions = [bytes([value]) * 200_000 for value in range(8)]
    files.write_bytes(target, versions[0])
    seen: list[bytes] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            seen.append(target.read_bytes())

    reader = threading.Thread(target=read)
    reader.start()
    for version in versions * 3:
        files.write_bytes(target, version)
    done.set()
    reader.join()
    assert seen
    assert set(seen) <= set(versions)


def test_the_temporary_file_keeps_folder_and_ending(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "er" / "clip.avi"
    with files.atomic(target) as temporary:
        # A writer picks the format by the ending, and a move is whole only within a folder.
        assert temporary.suffix == ".avi"
        assert temporary.parent == target.parent
        assert temporary.name.startswith(".")
        assert temporary != target
    assert target.read_bytes() == b""


def test_two_writers_do_not_meet(tmp_path: Path) -> None:
    target = tmp_path / "a.txt"
    with files.atomic(target) as first, files.atomic(target) as second:
        assert first != second
        first.write_text("first")
        second.write_text("second")
    # The inner one ends first, so the outer one has the last word.
    assert content(tmp_path) == {"a.txt": b"first"}


def test_one_writer_may_fail_beside_another(tmp_path: Path) -> None:
    target = tmp_path / "a.txt"
    with files.atomic(target) as good:
        good.write_text("good")
        with pytest.raises(FileNotFoundError), files.atomic(target) as bad:
            bad.rename(tmp_path / "elsewhere")
    (tmp_path / "elsewhere").unlink()
    assert content(tmp_path) == {"a.txt": b"good"}


def test_what_cannot_be_moved_or_begun_is_named_as_the_reader_knows_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.csv").mkdir()
    with pytest.raises(IsADirectoryError) as moved:
        files.write_text(tmp_path / "a.csv", "text")
    assert moved.value.filename == str(tmp_path / "a.csv")
    assert os.listdir(tmp_path) == ["a.csv"]

    def refuse(*_: object, dir: Path, prefix: str, **__: object) -> None:
        raise PermissionError(13, "Permission denied", f"{dir}/{prefix}x")

    monkeypatch.setattr(files.tempfile, "mkstemp", refuse)
    with pytest.raises(PermissionError, match="denied") as begun:
        files.write_text(tmp_path / "b.csv", "text")
    assert begun.value.filename == str(tmp_path / "b.csv")


@pytest.fixture(params=[0o022, 0o027, 0o077])
def mask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def test_permissions_follow_the_umask(tmp_path: Path, mask: int) -> None:
    plain, written = tmp_path / "plain", tmp_path / "written"
    plain.write_text("")
    files.write_text(written, "")
    assert stat.S_IMODE(written.stat().st_mode) == stat.S_IMODE(plain.stat().st_mode)
    assert stat.S_IMODE(written.stat().st_mode) == 0o666 & ~mask
    assert os.umask(mask) == mask


def test_the_file_is_synced_before_it_is_moved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []

    def noted(name: str, function: Callable[..., None]) -> None:
        def call(*arguments: object) -> None:
            calls.append(name)
            function(*arguments)

        monkeypatch.setattr(files.os, name, call)

    noted("fsync", os.fsync)
    noted("replace", os.replace)
    files.write_text(tmp_path / "a", "text")
    assert calls == ["fsync", "replace"]


# ---------------------------------------------------------------- text, JSON, arrays


def test_text_is_utf8_with_unix_line_ends(tmp_path: Path) -> None:
    files.write_text(tmp_path / "a", "μ² = 4\nnext\n")
    assert (tmp_path / "a").read_bytes() == "μ² = 4\nnext\n".encode()


def test_json_comes_back(tmp_path: Path) -> None:
    value = {"b": [1, 2.5, None, True], "a": {"text": "η² “quoted”", "empty": []}}
    files.write_json(tmp_path / "a.json", value)
    assert files.read_json(tmp_path / "a.json") == value
    text = (tmp_path / "a.json").read_text("utf-8")
    assert text.endswith("}\n")
    assert "η²" in text
    assert list(json.loads(text)) == ["b", "a"], "the order is the writer's"


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
def test_json_refuses_what_is_no_number(tmp_path: Path, bad: float) -> None:
    path = tmp_path / "a.json"
    files.write_json(path, {"old": 1})
    with pytest.raises(ValueError, match="JSON compliant"):
        files.write_json(path, {"value": [1.0, bad]})
    assert files.read_json(path) == {"old": 1}
    assert list(content(tmp_path)) == ["a.json"]


def test_arrays_come_back_with_shape_and_type(tmp_path: Path) -> None:
    arrays: dict[str, np.ndarray] = {
        "frames": np.arange(24, dtype=np.uint8).reshape(2, 3, 4),
        "none": np.empty((0, 34), dtype=np.float32),
        "labels": np.array(["walk", "jump"]),
        "number": np.array(7),
    }
    files.write_arrays(tmp_path / "a.npz", **arrays)
    found = files.read_arrays(tmp_path / "a.npz")
    assert list(found) == list(arrays)
    for name, array in arrays.items():
        assert found[name].dtype == array.dtype
        np.testing.assert_array_equal(found[name], array)


def test_pickled_objects_are_neither_written_nor_read(tmp_path: Path) -> None:
    objects = np.array([{"a": 1}, None], dtype=object)
    with pytest.raises(ValueError, match="Object arrays cannot be saved"):
        files.write_arrays(tmp_path / "written.npz", objects=objects)
    assert content(tmp_path) == {}
    np.savez(tmp_path / "foreign.npz", allow_pickle=True, objects=objects)
    with pytest.raises(ValueError, match="Object arrays cannot be loaded"):
        files.read_arrays(tmp_path / "foreign.npz")


def test_a_damaged_file_is_refused_and_closed(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    files.write_arrays(path, x=np.arange(1000))
    path.write_bytes(path.read_bytes()[:300])
    opened = len(os.listdir("/proc/self/fd")) if Path("/proc/self/fd").is_dir() else 0
    kept = []
    for _ in range(5):
        with pytest.raises(zipfile.BadZipFile) as error:
            files.read_arrays(path)
        kept.append(error)  # what an error refers to stays alive
    assert not opened or len(os.listdir("/proc/self/fd")) <= opened


def test_the_same_arrays_are_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        files.write_arrays(tmp_path / name, x=np.arange(5), y=np.eye(2))
    assert files.digest(tmp_path / "a") == files.digest(tmp_path / "b")


def test_sealed_arrays_come_back_and_numpy_reads_them(tmp_path: Path) -> None:
    arrays = {"x": np.arange(12, dtype=np.int16).reshape(3, 4), "none": np.empty((0, 34))}
    for name in ("a.npz", "b.npz"):
        files.write_sealed_arrays(tmp_path / name, **arrays)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    found = files.read_sealed_arrays(tmp_path / "a.npz")
    assert list(found) == list(arrays)
    with np.load(tmp_path / "a.npz") as plain:
        for name, array in arrays.items():
            assert found[name].dtype == plain[name].dtype == array.dtype
            np.testing.assert_array_equal(found[name], array)
            np.testing.assert_array_equal(plain[name], array)


def test_no_byte_of_sealed_arrays_can_change_unseen(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    files.write_sealed_arrays(path, x=np.arange(5))
    content = path.read_bytes()
    # Each byte changed, and every shorter file.
    damaged = [
        content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]
        for place in range(len(content))
    ]
    for bad in [*damaged, *(content[:place] for place in range(0, len(content), 7))]:
        path.write_bytes(bad)
        with pytest.raises(ValueError, match="damaged"):
            files.read_sealed_arrays(path)


# ---------------------------------------------------------------- digests and folders


@pytest.mark.parametrize("size", [0, 1, 2**18 + 1])
def test_digest_is_sha256_of_the_content(tmp_path: Path, size: int) -> None:
    data = np.random.default_rng(size).bytes(size)
    (tmp_path / "a").write_bytes(data)
    assert files.digest(tmp_path / "a") == hashlib.sha256(data).hexdigest()


def test_digest_of_a_value_knows_keys_from_order() -> None:
    value = {"a": 1, "b": {"x": [1, 2], "y": "η"}}
    assert files.digest_of(value) == files.digest_of({"b": {"y": "η", "x": [1, 2]}, "a": 1})
    others: list[object] = [
        {"a": 1, "b": {"x": [2, 1], "y": "η"}},
        {"a": 1, "b": {"x": [1, 2], "y": "τ"}},
        {"a": "1", "b": {"x": [1, 2], "y": "η"}},
        {"b": 1, "a": {"x": [1, 2], "y": "η"}},
        [],
        None,
    ]
    digests = [files.digest_of(each) for each in (value, *others)]
    assert len(set(digests)) == len(digests)
    assert all(len(each) == 64 for each in digests)


@pytest.mark.parametrize(
    ("function", "variable", "usual"),
    [(files.data_dir, "HAR_DATA", "data"), (files.build_dir, "HAR_BUILD", "build")],
)
def test_folders_lie_in_the_checkout_or_where_the_environment_says(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    function: Callable[[], Path],
    variable: str,
    usual: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(variable, raising=False)
    assert function() == files.ROOT / usual
    monkeypatch.setenv(variable, "")
    assert function() == files.ROOT / usual
    monkeypatch.setenv(variable, "some/where")
    assert function() == files.ROOT / "some" / "where"
    monkeypatch.setenv(variable, str(tmp_path / "there"))
    assert function() == tmp_path / "there"
    assert (files.ROOT / "har_lib" / "files.py").is_file()
