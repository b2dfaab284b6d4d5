"""Plain papermill from any folder, and nothing that git tracks is touched by a run."""

import shutil
import subprocess
import sys

import nbformat
import pytest

from har_lib import cli, files


def tracked_changes() -> str:
    """What git sees as changed, or "" outside a checkout."""
    if shutil.which("git") is None or not (files.ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    run = ["git", "status", "--porcelain", "--untracked-files=no"]
    return subprocess.run(run, cwd=files.ROOT, capture_output=True, text=True, check=True).stdout


def test_plain_papermill_runs_a_notebook_from_another_folder(tmp_path):
    before = tracked_changes()
    notebook = files.ROOT / "notebooks" / "01_keyframes.ipynb"
    words = ["-p", "ssim_threshold", "0.95", "-p", "output", str(tmp_path / "made")]
    run = subprocess.run(
        [sys.executable, "-m", "papermill", str(notebook), "out.ipynb", *words],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    made = files.read_json(tmp_path / "made" / "results" / "01_keyframes.json")
    stored = files.read_json(files.ROOT / "results" / "builtin" / "01_keyframes.json")
    assert made["choices"]["ssim_threshold"] == 0.95
    assert len(made["key_frames"]) > len(stored["key_frames"])
    assert tracked_changes() == before


#: Some choices of each profile that are not the default.
PROFILE_CHOICES = {
    "literal": {"search_form": "literal", "harris_k": 1.0, "fitness_form": "literal"},
    "stable": {"distance": "signed", "spiral_growth": 0.05},
}


@pytest.mark.parametrize("profile", PROFILE_CHOICES)
def test_the_other_profiles_run_to_the_end(tmp_path, profile):
    words = ["replicate", "-p", "profile", profile, "--output", str(tmp_path)]
    for name, value in {"population": 4, "iterations": 3, "epochs": 3, "hidden_size": 4}.items():
        words += ["-p", name, str(value)]
    before = tracked_changes()
    assert cli.main(words) == 0
    results = files.read_json(tmp_path / "results" / "06_results.json")
    assert results["choices"].items() >= PROFILE_CHOICES[profile].items()
    assert len(results["methods"]) == 5
    assert tracked_changes() == before


def test_a_notebook_says_which_value_it_refuses(tmp_path, capsys):
    words = ["run", "03", "-p", "harris_k", "2", "--output", str(tmp_path)]
    assert cli.main(words) == 2
    assert "harris_k = 2.0 is not allowed: it must be a number in" in capsys.readouterr().err
    assert not (tmp_path / "03_stip.ipynb").exists()


def test_executed_notebooks_hold_the_parameters_they_were_given(tmp_path):
    assert cli.main(["run", "02", "-p", "grid_over", "frame", "--output", str(tmp_path)]) == 0
    executed = nbformat.read(tmp_path / "02_shape.ipynb", as_version=4)
    (given,) = [c for c in executed.cells if "injected-parameters" in c.metadata.get("tags", [])]
    assert 'grid_over = "frame"' in given.source
