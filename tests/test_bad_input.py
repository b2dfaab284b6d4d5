"""What cannot be used ends with one line that names it, and exit code 2."""

from pathlib import Path

import numpy as np
import pytest

from har_lib import cli, files, video


@pytest.fixture(autouse=True)
def scratch(tmp_path, monkeypatch):
    monkeypatch.setenv("HAR_DATA", str(tmp_path / "scratch"))
    monkeypatch.setenv("HAR_BUILD", str(tmp_path / "build"))


def clip(path: Path, frames: int = 12, seed: int = 0) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(seed).integers(0, 255, (frames, 48, 64))
    video.write(path, noise.astype(np.uint8))


def folder(root: Path, **clips: list[str]) -> Path:
    for label, names in clips.items():
        for seed, name in enumerate(names):
            clip(root / label / name, seed=seed)
    rows = [f"{label}/{name},{name[:2]}" for label, names in clips.items() for name in names]
    files.write_text(root / "groups.csv", "\n".join(["file,group", *rows]) + "\n")
    return root


def refusal(capsys, *words) -> str:
    assert cli.main([str(word) for word in words]) == 2
    captured = capsys.readouterr()
    # A progress bar may stand above it.
    shown = [line for line in captured.err.splitlines() if line]
    lines = [line for line in shown if not line.startswith("features:")]
    assert len(lines) == 1, captured.err
    assert lines[0].startswith("har: ")
    return lines[0]


def on(root: Path) -> list:
    return ["replicate", "--dataset", "folder", "--data-root", root]


def test_a_missing_folder(tmp_path, capsys):
    assert "gone" in refusal(capsys, *on(tmp_path / "gone"))


def test_an_empty_folder(tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    assert "empty" in refusal(capsys, *on(tmp_path / "empty"))


def test_a_class_with_one_clip(tmp_path, capsys):
    root = folder(tmp_path / "data", run=["g1.avi", "g2.avi"], walk=["g1.avi"])
    assert "walk" in refusal(capsys, *on(root))


def test_clips_without_groups(tmp_path, capsys):
    root = folder(tmp_path / "data", run=["g1.avi", "g2.avi"], walk=["g1.avi", "g2.avi"])
    (root / "groups.csv").unlink()
    assert "group" in refusal(capsys, *on(root))


def test_text_files_named_avi(tmp_path, capsys):
    root = folder(tmp_path / "data", run=["g1.avi", "g2.avi"], walk=["g1.avi", "g2.avi"])
    for path in root.glob("*/*.avi"):
        path.write_text("not a video")
    line = refusal(capsys, *on(root))
    assert "g1.avi" in line
    assert "cannot be opened" in line


def test_clips_of_one_frame(tmp_path, capsys):
    root = folder(tmp_path / "data", run=["g1.avi", "g2.avi"], walk=["g1.avi", "g2.avi"])
    for path in root.glob("*/*.avi"):
        clip(path, frames=1)
    assert "1 frame" in refusal(capsys, *on(root))


def test_bad_clips_among_good_ones_are_listed(tmp_path, capsys):
    names = ["g1.avi", "g2.avi", "g3.avi"]
    root = folder(tmp_path / "data", run=names, walk=names)
    (root / "run" / "g3.avi").write_text("not a video")
    clip(root / "walk" / "g1.avi", frames=1)
    words = ["extract", "--dataset", "folder", "--data-root", str(root)]
    assert "2 of 6 clips are damaged or cannot be read" in refusal(capsys, *words)
    assert cli.main([*words, "--damaged-clips", "skip"]) == 0
    assert "2 of 6 clips not used" in capsys.readouterr().out
    (table,) = (tmp_path / "build" / "data").glob("data-*/failures.csv")
    listed = table.read_text()
    assert "g3.avi" in listed
    assert "1 frame" in listed


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["-p", "harris_k", "7"], "harris_k = 7.0"),
        (["-p", "harris_k", "big"], "harris_k = 'big'"),
        (["-p", "profile", "best"], "profile = 'best'"),
        (["-p", "ssim_treshold", "0.8"], "did you mean ssim_threshold"),
        (["-p", "profile", "literal", "-p", "harris_k", "0.005"], "harris_k = 0.005 is the corr"),
        (["--jobs", "0"], "jobs = 0"),
        (["-p", "seed", "-1"], "seed = -1"),
    ],
)
def test_a_wrong_parameter_is_named_before_anything_is_read(capsys, words, part):
    assert part in refusal(capsys, "replicate", *words)


def test_a_video_to_predict_that_is_none(tmp_path, capsys):
    text = tmp_path / "notes.avi"
    text.write_text("not a video")
    assert "notes.avi" in refusal(capsys, "predict", text)
    assert "gone.avi" in refusal(capsys, "predict", tmp_path / "gone.avi")
    assert "holds no model" in refusal(
        capsys, "predict", *_good(tmp_path), "--model", tmp_path / "none"
    )


def _good(tmp_path: Path) -> list[Path]:
    clip(tmp_path / "good.avi")
    return [tmp_path / "good.avi"]


def test_too_few_clips_for_the_neighbours(tmp_path, capsys):
    root = folder(tmp_path / "data", run=["g1.avi", "g2.avi"], walk=["g1.avi", "g2.avi"])
    quick = ["-p", "iterations", "1", "-p", "population", "2", "-p", "epochs", "1"]
    line = refusal(capsys, *on(root), *quick, "--only", "06")
    assert "06_results.ipynb" in line
