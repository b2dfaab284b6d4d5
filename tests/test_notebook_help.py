"""What a notebook can be given is shown by ``--help``, and what it cannot is refused at once."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from papermill.inspection import inspect_notebook

from har_lib import cli, common_parameters, files, notebook_parameters, notebooks
from har_lib.errors import InputError


@pytest.mark.parametrize("words", [["run", "03", "--help"], ["run", "-h", "stip"]])
def test_help_shows_every_parameter_of_the_notebook(
    words: list[str], capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert cli.main(words) == 0
    said = capsys.readouterr().out
    assert said.startswith("usage: har run")
    assert max(map(len, said.splitlines())) <= 80
    known = notebooks.parameters(notebooks.find("03"))
    below = said.partition("parameters of 03_stip, to be set by -p NAME VALUE:\n")[2]
    shown = " ".join(below.split())
    place = 0
    for name, parameter in known.items():
        words = f"{name} {parameter.type} = {parameter.default!r} {parameter.help}".split()
        place = shown.index(" ".join(words), place)


def test_help_without_a_notebook_is_that_of_the_command(capsys: pytest.CaptureFixture) -> None:
    for verb in ("run", "sweep"):
        assert cli.main([verb, "--help"]) == 0
        said = capsys.readouterr().out
        assert said.startswith(f"usage: har {verb}")
        assert "parameters of" not in said


def test_help_of_no_notebook_is_one_line(capsys: pytest.CaptureFixture) -> None:
    assert cli.main(["run", "33", "--help"]) == 2
    said, error = capsys.readouterr()
    assert said == ""
    assert error.startswith("har: there is no notebook '33'")


@pytest.mark.parametrize("name", ["03", "3", "stip", "03_stip", "03_stip.ipynb"])
def test_a_notebook_is_found_by_number_name_and_path(name: str) -> None:
    path = files.ROOT / "notebooks" / "03_stip.ipynb"
    assert notebooks.find(name) == path
    assert notebooks.find(str(path)) == path


#: Words behind ``har run 03`` -> a part of its answer.
REFUSED = {
    "-p sptial_variance 8": "no parameter 'sptial_variance'; did you mean spatial_variance",
    "-p harris_k big": "harris_k = 'big' is not allowed in 03_stip",
    "-p harris_k 7": "harris_k = 7.0 is not allowed: it must be a number in",
    "-p jet_form lateral": "jet_form = 'lateral' is not allowed: it must be one of",
    "-p clip -1": "clip = -1 is not allowed: it must be at least 0",
    "-p jobs 0": "jobs = 0 is not allowed: it must be at least 1",
    "-p profile best": "profile = 'best' is not allowed",
    "-p dataset kth": "dataset = 'kth' needs data_root",
    "-p minimum_keyframes 30": "minimum_keyframes = 30 is not allowed: it must be at most",
}


def test_wrong_parameters_are_refused_before_anything_heavy_is_imported() -> None:
    code = f"""
import sys
from har_lib import cli
for words in {list(REFUSED)!r}:
    assert cli.main(["run", "03", *words.split()]) == 2, words
heavy = {{"papermill", "nbformat", "nbclient", "cv2", "torch", "pandas", "matplotlib"}}
assert not heavy & set(sys.modules), heavy & set(sys.modules)
"""
    before = os.times()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    after = os.times()
    # Its own work, whatever else the machine does; all of them together took 0.4 s.
    assert after.children_user + after.children_system < 2 + sum(before[2:4])
    assert done.returncode == 0, done.stderr
    for line, message in zip(done.stderr.splitlines(), REFUSED.values(), strict=True):
        assert message in line


# ---------------------------------------------------------------- parameters that are no choices


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"universes": 0}, "universes = 0 is not allowed: it must be at least 1"),
        ({"seed": 2**32}, "seed = 4294967296 is not allowed: it must be at most"),
        ({"jobs": 1025}, "jobs = 1025 is not allowed: it must be at most 1024"),
        ({"claimed_recall": "97 %"}, "claimed_recall = '97 %' is not allowed: '97 %' is no perc"),
        ({"claimed_accuracy": "101"}, "claimed_accuracy = '101' is not allowed: '101' is no perc"),
        ({"dataset": "hmdb51"}, "dataset = 'hmdb51' is not allowed: it must be one of builtin"),
        ({"dataset": "folder"}, "dataset = 'folder' needs data_root"),
        ({"dataset": "folder", "data_root": "/no/such"}, "data_root = '/no/such' is no folder"),
    ],
)
def test_each_is_checked_by_its_range(values: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=f"^{re.escape(message)}"):
        common_parameters.check(values)


def test_good_ones_and_those_of_one_notebook_pass(tmp_path: Path) -> None:
    common_parameters.check({"variance": -1, "claimed_recall": "", "claimed_accuracy": "95.15"})
    common_parameters.check({"dataset": "kth", "data_root": str(tmp_path)})
    common_parameters.check({"data_root": str(tmp_path / "new")})  # built-in data are made there
    defaults = {name: value for name, (value, _) in common_parameters.SHARED.items()}
    common_parameters.check(defaults)


def test_the_driver_checks_them(tmp_path: Path) -> None:
    path = written(tmp_path / "08_a.ipynb", "universes: int = 16  # how many")
    with pytest.raises(InputError, match="universes = 0 is not allowed"):
        notebooks.execute(path, tmp_path / "out.ipynb", {"universes": "0"})
    assert not (tmp_path / "out.ipynb").exists()


# ---------------------------------------------------------------- read as papermill reads


def written(path: Path, source: str) -> Path:
    cells = [new_code_cell(source, metadata={"tags": ["parameters"]}), new_code_cell("1")]
    spec = {"name": "python3", "display_name": "any", "language": "python"}
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": spec}), path)
    return path


def agree(path: Path) -> None:
    """Both see the same parameters, with the same type, default and help."""
    ours = notebook_parameters.parameters(path)
    theirs = inspect_notebook(str(path))
    assert list(ours) == list(theirs)
    for name, parameter in ours.items():
        assert parameter.type == theirs[name]["inferred_type_name"]
        assert repr(parameter.default) == repr(eval(theirs[name]["default"]))
        assert parameter.help == theirs[name]["help"]


@pytest.mark.parametrize("path", notebooks.NOTEBOOKS, ids=lambda path: path.stem)
def test_the_suites_notebooks_are_read_as_papermill_reads_them(path: Path) -> None:
    agree(path)


@pytest.mark.parametrize(
    "source",
    [
        "seed: int = 0  # seed",
        "seed:int=0#seed",
        "seed : int = -3   #   two  words # and more  ",
        "seed: int = 0  # type: int of a seed",
        'word: "str" = "a"  # quoted type',
        "word: str = 'it is'  # text",
        "# a comment\n\nseed: int = 0  # seed\n\n# another\nfast: bool = True  # fast\n",
        "",
    ],
)
def test_odd_lines_are_read_as_papermill_reads_them(source: str, tmp_path: Path) -> None:
    agree(written(tmp_path / "a.ipynb", source))


@pytest.mark.parametrize(
    "source",
    [
        "seed: int | None = 0  # seed",
        "seed: int = 0  # seed, 0 = none",
        'seed: str = "="  # seed',
        "seed: int  # seed",
        "a.seed: int = 0  # seed",
    ],
)
def test_what_papermill_passes_over_is_refused(source: str, tmp_path: Path) -> None:
    path = written(tmp_path / "a.ipynb", source)
    with pytest.raises(InputError, match=r"papermill does not see the parameter (a\.)?seed"):
        notebook_parameters.parameters(path)
    assert "seed" not in inspect_notebook(str(path))


def test_a_parameter_over_several_lines_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "a.ipynb", "seed: int = (\n    0\n)  # seed")
    with pytest.raises(InputError, match="papermill does not see the parameter seed: one line"):
        notebook_parameters.parameters(path)
