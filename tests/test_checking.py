"""A folder of videos is looked at, and everything that is wrong in it is listed."""

import csv
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from har_lib import checking, cli, parallel, video
from har_lib.checking import Finding
from har_lib.errors import InputError
from torture import collection


@pytest.fixture
def root(tmp_path: Path, own_folders: None) -> Path:
    """Three sound clips, of which two are the same."""
    root = tmp_path / "set"
    (root / "deep" / "er").mkdir(parents=True)
    for seed, name in enumerate(("a.avi", "deep/b.avi")):
        frames = np.random.default_rng(seed).integers(0, 256, (5, 48, 64), dtype=np.uint8)
        video.write(root / name, frames, codec="FFV1")
    shutil.copy(root / "a.avi", root / "deep" / "er" / "z.avi")
    return root


@pytest.mark.parametrize("jobs", [1, 2])
def test_all_is_listed_with_the_name_below_the_folder(root: Path, jobs: int) -> None:
    (root / "deep" / "b.avi").write_bytes((root / "deep" / "b.avi").read_bytes()[:-40])
    (root / "c.mp4").write_bytes(b"")
    (root / "notes.txt").write_text("no clip by its name")
    found = checking.check(root, jobs)
    assert found.clips == 4
    told = {finding.clip: finding.problem for finding in found.findings}
    assert list(told) == ["c.mp4", "deep/b.avi", "deep/er/z.avi"]
    assert "empty" in told["c.mp4"]
    assert "cut short" in told["deep/b.avi"]
    assert told["deep/er/z.avi"] == "has the same content as a.avi"
    assert str(root) not in " ".join(told.values())
    assert found.summary().endswith("1 without a problem, 3 with")


def test_a_sound_folder_has_no_findings(root: Path) -> None:
    (root / "deep" / "er" / "z.avi").unlink()
    assert checking.check(root).findings == ()


def test_a_clip_of_one_frame_is_named(root: Path) -> None:
    video.write(root / "one.avi", np.zeros((1, 48, 64), np.uint8), codec="FFV1")
    (finding,) = (each for each in checking.check(root).findings if each.clip == "one.avi")
    assert "1 frame" in finding.problem


def test_a_clip_that_ends_its_process_is_named(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def lose(function: Any, tasks: Any, jobs: int, *, lost: Any, **settings: Any) -> list[Any]:
        return [lost(*task) if task[0].name == "b.avi" else function(*task) for task in tasks]

    monkeypatch.setattr(parallel, "each", lose)
    assert Finding("deep/b.avi", parallel.LOST) in checking.check(root).findings


def test_each_finding_is_one_line_of_the_table_whatever_the_name(tmp_path: Path) -> None:
    checking.write([Finding("new\nli\rne.avi", "is\nempty")], tmp_path / "problems.csv")
    content = (tmp_path / "problems.csv").read_bytes()
    assert content == rb"clip,problem" b"\n" rb"new\nli\rne.avi,is\nempty" b"\n"


def test_no_folder_and_no_video_are_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no such folder"):
        checking.check(tmp_path / "none")
    with pytest.raises(InputError, match="holds no video"):
        checking.check(tmp_path)


def har(capsys: pytest.CaptureFixture[str], *words: Any) -> tuple[int, str, str]:
    code = cli.main([str(word) for word in words])
    told = capsys.readouterr()
    return code, told.out, told.err


def test_the_command_fails_and_leaves_a_table(root: Path, tmp_path: Path, capsys: Any) -> None:
    code, out, said = har(capsys, "data", "check", root, "--jobs", 1)
    assert code == 2
    assert "deep/er/z.avi: has the same content as a.avi" in out
    assert "1 problem, listed in" in said
    (table,) = (tmp_path / "build" / "data").glob("set-*/problems.csv")
    with open(table, newline="") as rows:
        assert list(csv.DictReader(rows)) == [
            {"clip": "deep/er/z.avi", "problem": "has the same content as a.avi"}
        ]
    (root / "deep" / "er" / "z.avi").unlink()
    code, out, _ = har(capsys, "data", "check", root, "--jobs", 1)
    assert code == 0
    assert "2 without a problem, 0 with" in out
    assert not table.exists(), "the list of an earlier run goes"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--jobs", "0"], "--jobs 0 is not allowed"),
        (["--output", "table.txt"], "name a file that ends in .csv"),
    ],
)
def test_bad_words_are_one_line(root: Path, capsys: Any, words: list[str], said: str) -> None:
    code, _, errors = har(capsys, "data", "check", root, *words)
    assert code == 2
    assert said in errors
    assert errors.count("\n") == 1


def test_what_data_sets_there_are(root: Path, tmp_path: Path, capsys: Any) -> None:
    shutil.copytree(root, tmp_path / "data" / "ucf101")
    code, out, _ = har(capsys, "data", "list")
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()] == ["builtin", "ucf101", "kth", "folder"]
    assert f"3 clips in {tmp_path / 'data' / 'ucf101'}" in out


def test_a_hundred_clips_of_which_ten_are_broken_in_ten_ways() -> None:
    """The short form of the study; `python -m torture --only collection` has the long one."""
    found = collection.run(100)
    assert found.wrong == ()
    assert (found.clips, found.broken, len(found.said)) == (100, 10, 10)


def test_a_part_of_ucf101_is_no_problem_unless_the_lists_are_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setenv("HAR_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("HAR_BUILD", str(tmp_path / "build"))
    clip = tmp_path / "set" / "UCF-101" / "Archery" / "v_Archery_g01_c01.avi"
    clip.parent.mkdir(parents=True)
    video.write(clip, np.zeros((5, 48, 64), np.uint8), codec="FFV1")
    code, out, _ = har(capsys, "data", "check", tmp_path / "set", "--jobs", 1)
    assert code == 0
    assert "a part of UCF101, without the official lists" in out
    (tmp_path / "set" / "classInd.txt").write_text("1 Archery\n")
    code, _, said = har(capsys, "data", "check", tmp_path / "set", "--jobs", 1)
    assert code == 2
    assert said.count("\n") <= 2
