"""Names that are no UTF-8, that would command a terminal, or that look like mathematics."""

import os
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from har_lib import cli, plots, plots_clip, plots_learning, video
from har_lib.figures import Picture
from har_lib.mistakes import Mistake


@pytest.fixture
def root(tmp_path: Path, own_folders: None) -> Path:
    """Five clips of two actions, and one whose name is Latin-1."""
    root = tmp_path / "set"
    for seed, name in enumerate(("run/a1", "run/b2", "walk/a3", "walk/b4", "walk/c5", "run/caf6")):
        path = root / f"{name}.avi"
        path.parent.mkdir(parents=True, exist_ok=True)
        frames = np.random.default_rng(seed).integers(60, 120, (14, 48, 64), dtype=np.uint8)
        frames[:, 12:30, 20:40] += np.arange(14, dtype=np.uint8)[:, None, None] * 9
        video.write(path, frames, codec="FFV1")
    os.rename(root / "run" / "caf6.avi", os.fsencode(root / "run") + b"/caf\xe96.avi")
    return root


GROUPS = ("-p", "group_pattern", r"(\d)\.avi")


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_name_that_is_no_utf_8_is_listed_as_any_clip_that_cannot_be_read(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture, jobs: str
) -> None:
    assert cli.main(["extract", str(root), *GROUPS, "--jobs", jobs]) == 2
    said = capsys.readouterr()
    assert r"caf\udce96.avi: its name is no UTF-8; rename it, or its folder" in said.out
    (table,) = (tmp_path / "build").rglob("failures.csv")
    assert list(pd.read_csv(table)["clip"]) == [r"caf\udce96.avi"]
    # One clip is left, which runs in this process.
    words = ["extract", str(root), *GROUPS, "--jobs", jobs, "--damaged-clips", "skip"]
    assert cli.main(words) == 0
    assert "1 skipped" in capsys.readouterr().out


def test_a_name_that_is_no_utf_8_is_said_by_check_and_predict(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    assert cli.main(["data", "check", str(root), "--jobs", "1"]) == 2
    assert r"run/caf\udce96.avi: its name is no UTF-8" in capsys.readouterr().out
    (table,) = (tmp_path / "build").rglob("problems.csv")
    assert list(pd.read_csv(table)["clip"]) == [r"run/caf\udce96.avi"]
    assert cli.main(["predict", os.fsdecode(os.fsencode(root / "run") + b"/caf\xe96.avi")]) == 2
    assert "its name is no UTF-8" in capsys.readouterr().err
    with pytest.raises(video.InputError, match="no UTF-8"):
        video.write(tmp_path / "\udce9.avi", np.zeros((2, 48, 64), np.uint8))


def test_no_name_commands_the_terminal(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    evil = "\x1b[31m\x1b]0;owned\x07"
    os.unlink(os.fsencode(root / "run") + b"/caf\xe96.avi")
    (root / "run" / f"bad{evil}9.avi").write_bytes(b"no clip")
    table = tmp_path / "table.yaml"
    assert cli.main(["audit", "--example"]) == 0
    example = capsys.readouterr().out
    table.write_text(example.replace("title: ", 'title: "\\e]0;owned\\a" # ', 1))
    assert table.read_text() != example
    for words, code in (
        (["extract", str(root), *GROUPS, "--damaged-clips", "skip"], 0),
        (["extract", str(root), *GROUPS], 2),
        (["data", "check", str(root)], 2),
        (["predict", str(root / f"no{evil}\nsuch.avi")], 2),
        (["audit", str(table)], 0),
    ):
        assert cli.main(words) == code
        said = capsys.readouterr()
        assert r"\x1b]0;owned\x07" in said.out + said.err, words
        assert "\x1b]0;" not in said.out + said.err, words


#: An even number of dollars, between which stands what is no mathematics.
DOLLARS = r"$\no$"


def test_dollars_in_the_names_of_actions_are_no_mathematics() -> None:
    frame = np.zeros((48, 64), np.uint8)
    mistake = Mistake(DOLLARS, "b", 2, 5, frame, frame)
    rows = pd.DataFrame(
        {"action": [DOLLARS, "b"], "direction": ["all", "all"], "coverage": [0.1, 0.2]}
    )
    figure, axes = plots.canvas(4, 3)
    plots_clip._bars(axes, {DOLLARS: 0.9, "b": 0.1}, f"(c) prediction: {DOLLARS}")
    for drawn in (
        figure,
        plots.feature_rows(np.eye(2), [DOLLARS, "b"], "number"),
        plots.frame_sheet([frame, frame], [DOLLARS, "b"]),
        plots.coverage_by_action(rows, [DOLLARS, "b"]),
        plots_learning.confusion(np.eye(2, dtype=int), [DOLLARS, "b"], [mistake]),
        plots_learning.group_accuracy([DOLLARS, "b"], {"LSTM": [50.0, 60.0]}),
    ):
        Picture(drawn, "")._repr_png_()  # mathematics that cannot be set is an error


def test_copies_have_what_their_names_say(root: Path) -> None:
    """The clips of these tests are sound: under another name each of them is read."""
    path = root / "run" / "again.avi"
    shutil.copy(os.fsencode(root / "run") + b"/caf\xe96.avi", path)
    assert len(video.read_gray(path)) == 14
