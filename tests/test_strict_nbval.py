"""The strict nbval, run as the suite runs it, on notebooks that are wrong in one way each."""

import copy
import os
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import nbformat
import numpy as np
import pytest

from har_lib.accept import accept
from har_lib.files import ROOT
from har_lib.kernel import STARTUP_SECONDS
from tests import strict_nbval

SETTINGS = """\
import matplotlib.pyplot as plt
%config InlineBackend.print_figure_kwargs = {"bbox_inches": None, "metadata": {"Software": None}}"""
FIGURE = """\
figure, axes = plt.subplots(figsize=(5, 4), dpi=100)
axes.plot([0, 1, 2, 3], [0, 1, 0, 1], color="C0")
axes.plot([0, 1, 2, 3], [1, 0, 1, 0], color="C1")
axes.scatter([0.5, 1.5, 2.5], [0.25, 0.75, 0.65], color="black", s=16)
axes.set_xlabel("threshold")
plt.show()"""
NUMBERS = 'print(f"accuracy {0.84012:.5f} of {12} clips")'


def cleared(notebook: Any) -> None:
    notebook.cells[2].outputs, notebook.cells[2].execution_count = [], None


def source(cell: int, old: str, new: str) -> Callable[[Any], None]:
    """Return a change of a cell's source that leaves its stored outputs as they were."""

    def change(notebook: Any) -> None:
        assert old in notebook.cells[cell].source
        notebook.cells[cell].source = notebook.cells[cell].source.replace(old, new)

    return change


def tagged(tag: str) -> Callable[[Any], None]:
    def change(notebook: Any) -> None:
        notebook.cells[2].metadata["tags"] = [tag]

    return change


def no_picture(notebook: Any) -> None:
    del notebook.cells[1].outputs[0]["data"]["image/png"]


def stored_stderr(notebook: Any) -> None:
    cell = notebook.cells[2]
    cell.source = 'import sys; print("careful", file=sys.stderr)'
    cell.outputs = [nbformat.v4.new_output("stream", name="stderr", text="careful\n")]


#: Name -> a change, and what the failure says; None where the notebook must pass.
CASES: dict[str, tuple[Callable[[Any], None], str | None]] = {
    "untouched": (lambda notebook: None, None),
    "float_noise": (source(2, "0.84012", "0.84013"), None),
    "picture_noise": (source(1, "0.75", "0.7500075"), None),
    "cleared_cell": (cleared, "saved without having been run"),
    "moved_point": (source(1, "0.65]", "0.63]"), "the worst tile"),
    "changed_label": (source(1, "threshold", "thresbold"), "the worst tile"),
    "swapped_colour": (
        source(1, '[1, 0, 1, 0], color="C1"', '[1, 0, 1, 0], color="C0"'),
        "the worst tile",
    ),
    "other_size": (source(1, "(5, 4)", "(5, 4.1)"), "the size is 500 x 410"),
    "no_picture": (no_picture, "image/png: 1 outputs, stored are 0"),
    "changed_number": (source(2, "0.84012", "0.84112"), "accuracy 0.84112"),
    "changed_integer": (source(2, "{12}", "{13}"), "of 13 clips"),
    "exempt_comment": (source(2, "print", "# NBVAL_IGNORE_OUTPUT\nprint"), "no cell is exempt"),
    "skipped_comment": (source(2, "print", "# NBVAL_SKIP\nprint"), "no cell is exempt"),
    "exempt_tag": (tagged("nbval-ignore-output"), "no cell is exempt"),
    "raises_tag": (tagged("raises-exception"), "no cell is exempt"),
    "fresh_stderr": (source(2, "print", "import warnings; warnings.warn('x')\nprint"), "stderr"),
    "stored_stderr": (stored_stderr, "writes to stderr: careful"),
}


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return a small notebook with a figure and a printed number, executed once."""
    path = tmp_path_factory.mktemp("good") / "good.ipynb"
    cells = [nbformat.v4.new_code_cell(text) for text in (SETTINGS, FIGURE, NUMBERS)]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    accept([path])
    return nbformat.read(path, as_version=4)


def run_nbval(folder: Path, *options: str) -> dict[str, str]:
    """Run nbval on a folder in a process of its own; notebook -> its failures, '' if none."""
    report = folder / "report.xml"
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", f"--rootdir={folder}"]
    command += [
        "--nbval",
        "--nbval-current-env",
        "--nbval-cell-timeout=600",
        f"--nbval-kernel-startup-timeout={STARTUP_SECONDS}",
        f"--junitxml={report}",
    ]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "HAR_BUILD": str(folder / "build")}
    done = subprocess.run(
        [*command, *options, str(folder)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=1800,
    )
    assert report.is_file(), done.stdout + done.stderr
    results: dict[str, str] = {}
    for case in ElementTree.parse(report).iter("testcase"):
        name = case.attrib["classname"].removesuffix(".ipynb").rpartition(".")[2]
        assert case.find("skipped") is None
        failures = [child.text or "" for tag in ("failure", "error") for child in case.iter(tag)]
        results[name] = results.get(name, "") + "".join(failures)
    return results


@pytest.fixture(scope="module")
def results(good: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, str], Path]:
    folder = tmp_path_factory.mktemp("cases")
    for name, (change, _) in CASES.items():
        notebook = copy.deepcopy(good)
        change(notebook)
        nbformat.write(notebook, folder / f"{name}.ipynb")
    return run_nbval(folder, "-p", "tests.strict_nbval", "-n", "2", "--dist", "loadfile"), folder


def test_every_case_ran(results: tuple[dict[str, str], Path]) -> None:
    assert set(results[0]) == set(CASES)


@pytest.mark.parametrize("name", CASES)
def test_each_wrong_notebook_fails_and_says_why(
    name: str, results: tuple[dict[str, str], Path]
) -> None:
    failures, expected = results[0][name], CASES[name][1]
    if expected is None:
        assert failures == ""
    else:
        assert expected in failures


def test_a_failing_picture_is_shown_before_after_and_difference(
    results: tuple[dict[str, str], Path],
) -> None:
    failures, folder = results
    stem = "moved_point_cell01_0"
    assert f"picture_differences/{stem}_{{before,after,difference}}.png" in failures["moved_point"]
    pictures = [
        np.asarray(cv2.imread(str(folder / "build/picture_differences" / f"{stem}_{which}.png")))
        for which in ("before", "after", "difference")
    ]
    assert {picture.shape for picture in pictures} == {(400, 500, 3)}
    assert (pictures[0] != pictures[1]).any()
    # Red, of which an unchanged pixel has none, stands in the pixels that changed, or beside.
    red = pictures[2][..., 2].astype(int) - pictures[2][..., 0] > 20
    changed = (pictures[0] != pictures[1]).any(axis=2).astype(np.uint8)
    assert red.any()
    assert not (red & (cv2.dilate(changed, np.ones((3, 3), np.uint8)) == 0)).any()


def test_the_notebooks_folder_is_strict_without_the_option(tmp_path: Path) -> None:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(NUMBERS)])
    nbformat.write(notebook, tmp_path / "cleared.ipynb")
    assert run_nbval(tmp_path)["cleared"] == ""  # nbval's own hole
    (tmp_path / "conftest.py").symlink_to(ROOT / "notebooks" / "conftest.py")
    assert "saved without having been run" in run_nbval(tmp_path)["cleared"]


@pytest.mark.parametrize("option", ["nbval_lax", "nbval_sanitize_with", "nbdime"])
def test_loosening_options_are_refused(option: str) -> None:
    options = SimpleNamespace(nbval_lax=False, nbval_sanitize_with=None, nbdime=False)
    config: Any = SimpleNamespace(option=options)
    strict_nbval.pytest_configure(config)
    setattr(options, option, True)
    with pytest.raises(pytest.UsageError, match=option.replace("_", "-")):
        strict_nbval.pytest_configure(config)
