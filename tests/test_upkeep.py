"""Cleaning the store removes what is of no use, and nothing else."""

import os
import time
from pathlib import Path

import numpy as np
import pytest

from har_lib import cli, digests, files, stages, store, upkeep

OLD = 1_600_000_000
KEY = "ab" * 32


@pytest.fixture(autouse=True)
def scratch(tmp_path, monkeypatch):
    monkeypatch.setenv("HAR_DATA", str(tmp_path / "data"))
    monkeypatch.setattr(digests, "_seen", {})


def put(*parts: str, age: float = 0, size: int = 100) -> Path:
    """A file of the store."""
    path = store.folder().joinpath(*parts)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x" * size)
    os.utime(path, (time.time() - age,) * 2)
    return path


def current(stage: str = "points", key: str = KEY) -> Path:
    return put(stage, stages.version(stage), key[:2], f"{key}.npz")


def stale() -> list[Path]:
    """Results that this version cannot use: of other sources, another OpenCV, other layouts."""
    sources = stages.version("points").partition("-")[0]
    return [
        put("points", "0123456789abcdef-opencv-4.14.0", "ab", f"{KEY}.npz"),
        put("points", f"{sources}-opencv-3.0", "ab", f"{KEY}.npz"),
        put("points", stages.version("similarity"), "ab", f"{KEY}.npz"),
        put("points", "ab", f"{KEY}.npz"),
        put("a stage of old", stages.version("points"), "ab", f"{KEY}.npz"),
    ]


def there(paths: list[Path]) -> list[bool]:
    return [path.exists() for path in paths]


def test_only_what_no_source_can_use_is_removed():
    kept = [current(stage, KEY[:-1] + str(n)) for stage in stages.STAGES for n in range(3)]
    lost = stale()
    removal = upkeep.clean()
    assert (removal.results, removal.temporary, removal.size) == (5, 0, 500)
    assert there(kept) == 12 * [True]
    assert there(lost) == 5 * [False]
    # Folders that have become empty go too.
    assert sorted(os.listdir(store.folder())) == sorted(stages.STAGES)
    assert upkeep.clean() == upkeep.Removal(0, 0, 0, 0)


def test_changed_sources_make_results_stale(monkeypatch):
    kept, lost = current("silhouettes"), current("points")
    stages.version.cache_clear()
    digest = stages.sources.digest
    monkeypatch.setattr(
        stages.sources,
        "digest",
        lambda names: digest(names) if "stip" not in names else "f" * 64,
    )
    assert upkeep.clean().results == 1
    assert there([kept, lost]) == [True, False]
    stages.version.cache_clear()


def test_temporary_files_of_killed_runs_are_removed_and_young_ones_stay():
    place = f"points/{stages.version('points')}/ab"
    young = [put(place, f".{KEY}-q1w2e3.part.npz", age=3000), put(".cluster-x.part", age=3000)]
    old = [put(place, f".{KEY}-abcdef.part.npz", age=4000), put(".cluster-y.part", age=4000)]
    for everything in (False, True):
        removal = upkeep.clean(everything)
        assert removal.results == 0
        assert removal.temporary == (0 if everything else 2)
        assert there(young) == [True, True]
        assert there(old) == [False, False]


def test_what_the_store_did_not_make_stays():
    notes = [put("notes.txt", age=1e6), put("points", "notes.txt"), put("mine.npz")]
    link = store.folder() / "points" / "0-opencv-1" / "elsewhere"
    outside = files.data_dir().parent / "videos" / "ab"
    outside.mkdir(parents=True)
    (outside / f"{KEY}.npz").write_bytes(b"mine" * 1000)
    link.parent.mkdir(parents=True)
    link.symlink_to(outside, target_is_directory=True)
    (link.parent / "ab").mkdir()
    (link.parent / "ab" / f"{KEY}.npz").symlink_to(outside / f"{KEY}.npz")
    removal = upkeep.clean(everything=True)
    assert removal.results == 1  # the link, not what it points to
    assert removal.size < 1000
    assert there(notes) == 3 * [True]
    assert (outside / f"{KEY}.npz").read_bytes() == b"mine" * 1000
    assert link.is_symlink()


def test_a_store_that_lies_elsewhere_is_cleaned_too(tmp_path):
    (tmp_path / "large disk").mkdir()
    files.data_dir().mkdir()
    store.folder().symlink_to(tmp_path / "large disk", target_is_directory=True)
    kept, lost = current(), stale()
    assert upkeep.clean().results == 5
    assert there([kept, *lost]) == [True, *5 * [False]]
    assert store.folder().is_symlink()


@pytest.mark.parametrize("everything", [False, True])
def test_a_dry_run_says_the_same_and_does_nothing(tmp_path, everything):
    gone = tmp_path / "gone.avi"
    gone.write_bytes(b"gone")
    os.utime(gone, (OLD, OLD))
    digests.of_each([gone])
    gone.unlink()
    paths = [current(), *stale(), put(".cluster-y.part", age=4000)]
    said = upkeep.clean(everything, dry_run=True)
    assert said == upkeep.Removal(6 if everything else 5, 1, 700 if everything else 600, 1)
    assert there(paths) == 7 * [True]
    assert digests.count() == 1
    assert upkeep.clean(everything) == said
    assert there(paths) == [not everything, *6 * [False]]
    assert digests.count() == 0


def test_digests_of_files_that_are_gone_are_forgotten(tmp_path):
    paths = [tmp_path / name for name in ("a.avi", "b.avi")]
    for path in paths:
        path.write_bytes(b"clip")
        os.utime(path, (OLD, OLD))
    digests.of_each(paths)
    paths[0].unlink()
    assert upkeep.clean().digests == 1
    assert digests.count() == 1
    assert upkeep.clean(everything=True).digests == 1
    assert digests.count() == 0


def test_a_file_that_another_run_removes_first_is_no_error(monkeypatch):
    lost = stale()
    unlink = Path.unlink

    def twice(self, missing_ok=False):
        unlink(self, missing_ok=True)
        unlink(self, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "unlink", twice)
    assert upkeep.clean().results == 5
    assert there(lost) == 5 * [False]


def test_an_empty_store_is_listed_and_cleaned():
    assert upkeep.lots() == []
    assert upkeep.size() == 0
    assert upkeep.clean(everything=True) == upkeep.Removal(0, 0, 0, 0)
    assert not store.folder().exists()


def test_lots_are_by_stage_and_version():
    for n in range(3):
        current(key=KEY[:-1] + str(n))
    stale()
    put("points", stages.version("points"), "ab", f".{KEY}-q1w2e3.part.npz")
    found = [lot for lot in upkeep.lots() if lot.stage == "points"]
    assert found[0] == upkeep.Lot("points", stages.version("points"), True, 3, 300)
    assert len(found) == 5
    assert not any(lot.current for lot in found[1:])
    assert upkeep.size() == 900


# ---------------------------------------------------------------- har store


def har(capsys, *words: str, status: int = 0) -> str:
    assert cli.main(words) == status
    written = capsys.readouterr()
    return written.err if status else written.out


@pytest.mark.parametrize("words", [["store"], ["store", "size"]])
def test_har_store_lists(capsys, words):
    current()
    stale()
    lines = har(capsys, *words).splitlines()
    assert len(lines) == 1 + 6 + 2
    (row,) = [
        line.split() for line in lines if stages.version("points") in line and " current" in line
    ]
    assert row == ["points", stages.version("points"), "current", "1", "0.0", "MB"]
    assert sum(" stale " in line for line in lines) == 5
    assert lines[-2] == "digests of 0 files are remembered"
    assert lines[-1] == f"0.0 MB in {store.folder()}"


def test_har_store_clean(capsys):
    paths = [current(), *stale()]
    said = har(capsys, "store", "clean", "--dry-run")
    assert said == "would remove 5 results and 0 temporary files, 0.0 MB; would forget 0 digests\n"
    assert there(paths) == 6 * [True]
    assert har(capsys, "store", "clean").startswith("removed 5 results")
    assert there(paths) == [True, *5 * [False]]
    assert har(capsys, "store", "clean", "--all").startswith("removed 1 results")
    assert there(paths) == 6 * [False]


@pytest.mark.parametrize("flag", ["--all", "--dry-run"])
def test_flags_of_clean_do_nothing_without_it(capsys, flag):
    kept = current()
    assert "belong to har store clean" in har(capsys, "store", flag, status=2)
    assert kept.exists()


def test_what_is_cleaned_away_is_computed_again(tmp_path):
    from har_lib import video
    from har_lib.datasets import Record

    frames = np.random.default_rng(0).integers(0, 255, (8, 48, 64)).astype(np.uint8)
    clip = Record(tmp_path / "a.avi", "a", "g")
    video.write(clip.path, frames, codec="FFV1")
    before = store.load(clip)
    assert upkeep.clean(everything=True).results == 3
    np.testing.assert_array_equal(store.load(clip).vectors, before.vectors)
