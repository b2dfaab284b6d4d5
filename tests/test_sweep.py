"""One notebook with every combination of some values: planned, run, killed, and gone on with."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from har_lib import cli, executed, files, locks, notebooks, sweep
from har_lib.errors import InputError
from har_lib.notebook_parameters import Parameter

PARAMETERS = """\
output: str = ""  # folder of results
seed: int = 0  # seed of every random choice
factor: float = 1.0  # what the loss is divided by
word: str = ""  # any text
jobs: int = 2  # processes"""
FOUND = """\
import json, pathlib
assert seed != 5, "five is right out"
found = {"notebook": "10_tiny", "seed": seed, "loss": (seed + 1) / factor, "curve": [1, 2]}
found["by"] = {"even": seed % 2 == 0, "word": word + ", said", "none": None}
folder = pathlib.Path(output, "results")
folder.mkdir(parents=True)
(folder / "10_tiny.json").write_text(json.dumps(found))"""

#: Twelve runs.
VALUES = ("-p", "seed", "0-3", "-p", "factor", "1,3,-7e-1")


@pytest.fixture(scope="module")
def notebook(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("stored") / "10_tiny.ipynb"
    return write(path, FOUND)


def write(path: Path, source: str, parameters: str = PARAMETERS) -> Path:
    cells = [
        new_code_cell(parameters, metadata={"tags": ["parameters"]}, id="first"),
        new_code_cell(source, id="second"),
    ]
    spec = {"name": "python3", "display_name": "any", "language": "python"}
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": spec}), path)
    return path


def started(notebook: Path, output: Path, *words: str) -> subprocess.Popen:
    words = ("sweep", str(notebook), *words, "--output", str(output))
    return subprocess.Popen(
        [sys.executable, "-m", "har_lib", *words],
        cwd=files.ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def records(output: Path) -> dict[str, Path]:
    """Name of a run -> its executed copy, of the runs that are finished."""
    found = sorted(output.glob(f"*/{sweep.RECORD}"))
    return {path.parent.name: path.parent / "10_tiny.ipynb" for path in found}


def stamps(copies: Mapping[str, Path]) -> dict[str, tuple[int, int]]:
    """Inode and time of change."""
    found = {name: path.stat() for name, path in copies.items()}
    return {name: (status.st_ino, status.st_mtime_ns) for name, status in found.items()}


def wait_for(condition: Callable[[], Any], seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.01)


# ---------------------------------------------------------------- killed and gone on with


@dataclass
class Sweep:
    """A sweep that was killed, as it then stood, and called again."""

    output: Path
    half: dict[str, tuple[int, int]]
    had_table: bool
    said: str


@pytest.fixture(scope="module")
def resumed(notebook: Path, tmp_path_factory: pytest.TempPathFactory) -> Sweep:
    """Killed by SIGKILL when some runs are finished and others under way, and called again."""
    output = tmp_path_factory.mktemp("killed") / "out"
    first = started(notebook, output, *VALUES, "--jobs", "2")
    wait_for(lambda: len(records(output)) >= 4)
    first.kill()
    assert first.wait(10) == -signal.SIGKILL
    time.sleep(0.6)  # its workers see it after half a second, and end too
    half, had_table = stamps(records(output)), (output / sweep.TABLE).exists()
    second = started(notebook, output, *VALUES, "--jobs", "2")
    said, errors = second.communicate(timeout=120)
    assert second.returncode == 0, errors
    return Sweep(output, half, had_table, said.decode())


def test_killed_and_called_again_only_what_is_missing_runs(resumed: Sweep) -> None:
    assert 4 <= len(resumed.half) < 12
    assert not resumed.had_table
    assert resumed.said.startswith(f"10_tiny: 12 runs, {len(resumed.half)} finished\n")
    after = stamps(records(resumed.output))
    assert len(after) == 12
    assert {name: after[name] for name in resumed.half} == resumed.half


def test_its_table_is_that_of_a_sweep_that_nothing_disturbed(resumed: Sweep) -> None:
    """Every byte of it follows from the notebook: a row a run, in the order of the product."""
    rows = [
        f'{seed},{factor!r},{(seed + 1) / factor!r},{seed % 2 == 0},", said",'
        for seed in range(4)
        for factor in (1.0, 3.0, -0.7)
    ]
    text = "\n".join(["seed,factor,loss,by.even,by.word,by.none", *rows, ""])
    assert (resumed.output / sweep.TABLE).read_bytes() == text.encode()


def test_each_run_has_a_folder_of_its_own(resumed: Sweep) -> None:
    folders = sorted(path for path in resumed.output.iterdir() if path.is_dir())
    assert [path.name[:5] for path in folders] == [f"{number:04}-" for number in range(1, 13)]
    assert len({path.name[5:] for path in folders}) == 12
    assert all(re.fullmatch("[0-9a-f]{8}", path.name[5:]) for path in folders)
    found = sorted(str(path.relative_to(folders[4])) for path in folders[4].rglob("*"))
    assert found == ["10_tiny.ipynb", "results", "results/10_tiny.json", "run.json"]
    ran = executed.parameters(folders[4] / "10_tiny.ipynb")
    # A kernel beside others has no processes of its own.
    assert (ran["seed"], ran["factor"], ran["jobs"]) == (1, 3.0, 1)


def test_a_failing_run_ends_no_other_and_is_named(
    notebook: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    """With real kernels, in this process."""
    output = tmp_path / "out"
    words = ["-p", "seed", "5-6", "--jobs", "1", "--output", str(output)]
    assert cli.main(["sweep", str(notebook), *words]) == 2
    said, error = capsys.readouterr()
    (bad, good) = sorted(path.name for path in output.iterdir() if path.is_dir())
    assert f"\n{bad} failed: 10_tiny.ipynb, cell [3]: AssertionError: five is right out\n" in said
    assert error.splitlines()[-1] == (
        f"har: 1 of 2 runs failed; the half-run notebooks are {output}/*/10_tiny.failed.ipynb; "
        "called again, these alone run anew"
    )
    assert (output / bad / "10_tiny.failed.ipynb").is_file()
    assert list(records(output)) == [good]
    table = (output / sweep.TABLE).read_text().splitlines()
    assert table[1:] == ["5,,,,", '6,7.0,True,", said",']


# ---------------------------------------------------------------- what is stale, without kernels


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Values of the runs that are made, by a stand-in for the kernel.

    The environment stands still, or whoever edits the library meanwhile makes them stale.
    """
    made: list[dict[str, Any]] = []

    def execute(path: Path, copy: Path, values: Mapping[str, Any]) -> Path:
        made.append(dict(values))
        if values.get("seed") == 5:
            raise notebooks.NotebookError("a failure", "advice")
        files.write_text(copy, json.dumps({"cells": [], "values": values}, default=str))
        if "output" in values:
            found = {"notebook": path.stem, "seed": values.get("seed", 0), "points": len(made)}
            files.write_json(Path(values["output"]) / "results" / f"{path.stem}.json", found)
        return copy

    environment = notebooks.surroundings()
    monkeypatch.setattr(notebooks, "surroundings", lambda: environment)
    monkeypatch.setattr(notebooks, "execute", execute)
    return made


def swept(notebook: Path, output: Path, **given: Any) -> dict[str, str]:
    known = notebooks.parameters(notebook)
    runs = sweep.plan(notebook.stem, known, given)
    return sweep.run(notebook, known, runs, output, jobs=1)


def seeds(ran: list[dict[str, Any]]) -> list[Any]:
    """Seeds of what has just run."""
    found = [values["seed"] for values in ran]
    ran.clear()
    return found


def test_a_second_call_runs_nothing(
    ran: list[dict[str, Any]], notebook: Path, tmp_path: Path
) -> None:
    assert swept(notebook, tmp_path, seed=[0, 1, 2]) == {}
    assert seeds(ran) == [0, 1, 2]
    table = (tmp_path / sweep.TABLE).read_bytes()
    swept(notebook, tmp_path, seed=[0, 1, 2])
    assert seeds(ran) == []
    assert (tmp_path / sweep.TABLE).read_bytes() == table
    # Further values at the end run alone.
    swept(notebook, tmp_path, seed=[0, 1, 2, 3])
    assert seeds(ran) == [3]


def first_run(output: Path) -> Path:
    return min(path for path in output.iterdir() if path.is_dir())


@pytest.mark.parametrize(
    "damage",
    [
        lambda run: (run / "run.json").unlink(),
        lambda run: (run / "run.json").write_text('{"key": '),
        lambda run: (run / "run.json").write_text("{}"),
        lambda run: (run / "10_tiny.ipynb").unlink(),
        lambda run: (run / "10_tiny.ipynb").write_text("{}"),
        lambda run: (run / "results" / "10_tiny.json").unlink(),
        lambda run: (run / "results" / "10_tiny.json").write_text("{}"),
    ],
)
def test_a_run_that_is_not_as_it_was_made_runs_again(
    ran: list[dict[str, Any]], notebook: Path, tmp_path: Path, damage: Callable[[Path], Any]
) -> None:
    swept(notebook, tmp_path, seed=[0, 1])
    seeds(ran)
    damage(first_run(tmp_path))
    swept(notebook, tmp_path, seed=[0, 1])
    assert seeds(ran) == [0]


def test_what_a_run_hangs_on_makes_it_stale(
    ran: list[dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    notebook, output = write(tmp_path / "10_tiny.ipynb", FOUND), tmp_path / "out"
    swept(notebook, output, seed=[0, 1])
    assert seeds(ran) == [0, 1]
    write(notebook, FOUND + "\n1")
    swept(notebook, output, seed=[0, 1])
    assert seeds(ran) == [0, 1]
    swept(notebook, output, seed=[0, 1], word="same for all")
    assert seeds(ran) == [0, 1]
    monkeypatch.setattr(notebooks, "surroundings", lambda: "other")
    swept(notebook, output, seed=[0, 1])
    assert seeds(ran) == [0, 1]
    swept(notebook, output, seed=[0, 1])
    assert seeds(ran) == []


def test_other_data_make_the_runs_stale_that_read_them(
    ran: list[dict[str, Any]], tmp_path: Path
) -> None:
    for root in ("a", "b"):
        for name in ("jump/x", "jump/y", "run/x", "run/y"):
            files.write_text(tmp_path / root / f"{name}.avi", name)
    lines = [PARAMETERS]
    for name, value in (("dataset", "folder"), ("data_root", ""), ("group_pattern", r"(\w)\.avi")):
        lines.append(f"{name}: str = {value!r}  # data")
    notebook = write(tmp_path / "10_tiny.ipynb", "1", "\n".join(lines))
    given = {"dataset": "folder", "data_root": [str(tmp_path / root) for root in "ab"]}
    swept(notebook, tmp_path / "out", **given)
    assert [values["data_root"][-1] for values in ran] == ["a", "b"]
    ran.clear()
    files.write_text(tmp_path / "b" / "run" / "z.avi", "one more")
    swept(notebook, tmp_path / "out", **given)
    assert [values["data_root"][-1] for values in ran] == ["b"]


def test_a_run_begins_with_an_empty_folder(
    ran: list[dict[str, Any]], notebook: Path, tmp_path: Path
) -> None:
    swept(notebook, tmp_path, seed=[0, 1])
    run = first_run(tmp_path)
    files.write_text(run / "results" / "old.json", "{}")
    (run / "run.json").unlink()
    swept(notebook, tmp_path, seed=[0, 1])
    assert not (run / "results" / "old.json").exists()
    made = files.read_json(run / "run.json")["made"]
    assert list(made) == ["results/10_tiny.json"]


def test_a_failed_run_runs_again_and_its_row_is_empty(
    ran: list[dict[str, Any]], notebook: Path, tmp_path: Path
) -> None:
    failed = swept(notebook, tmp_path, seed=[4, 5, 6])
    assert [(name[:4], reason) for name, reason in failed.items()] == [("0002", "a failure")]
    assert seeds(ran) == [4, 5, 6]
    assert (tmp_path / sweep.TABLE).read_text() == "seed,points\n4,1\n5,\n6,3\n"
    swept(notebook, tmp_path, seed=[4, 5, 6])
    assert seeds(ran) == [5]


def test_the_table_of_an_earlier_sweep_goes_while_runs_are_missing(
    ran: list[dict[str, Any]],
    notebook: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    swept(notebook, tmp_path, seed=[0, 1])
    monkeypatch.setattr(notebooks, "execute", interrupt)
    with pytest.raises(KeyboardInterrupt):
        swept(notebook, tmp_path, seed=[0, 2])
    assert not (tmp_path / sweep.TABLE).exists()


def interrupt(*given: Any) -> None:
    raise KeyboardInterrupt


def test_two_sweeps_do_not_work_in_one_folder(
    ran: list[dict[str, Any]], notebook: Path, tmp_path: Path
) -> None:
    with locks.alone(tmp_path), pytest.raises(InputError, match="another run is at work on it"):
        swept(notebook, tmp_path, seed=[0, 1])
    assert swept(notebook, tmp_path, seed=[0, 1]) == {}


def test_given_jobs_are_passed_on(
    ran: list[dict[str, Any]], notebook: Path, tmp_path: Path
) -> None:
    swept(notebook, tmp_path, jobs=3)
    assert [values["jobs"] for values in ran] == [3]


def test_results_kept_in_the_notebook_do_where_no_file_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    notebook = write(tmp_path / "10_tiny.ipynb", "1", "seed: int = 0  # seed")

    def execute(path: Path, copy: Path, values: Mapping[str, Any]) -> None:
        assert list(values) == ["seed"], "a notebook is given what it knows"
        kept = new_output("display_data", data={executed.MIME: {"seed": 9, "a": {"seed": 1}}})
        files.write_text(copy, "")
        nbformat.write(new_notebook(cells=[new_code_cell("1", outputs=[kept])]), copy)

    monkeypatch.setattr(notebooks, "execute", execute)
    swept(notebook, tmp_path / "out", seed=[1, 2])
    assert (tmp_path / "out" / sweep.TABLE).read_text() == "seed,a.seed\n1,1\n2,1\n"


def test_a_result_called_like_a_parameter_is_told_from_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    notebook = write(tmp_path / "10_tiny.ipynb", "1", "points: int = 0  # points")

    def execute(path: Path, copy: Path, values: Mapping[str, Any]) -> None:
        files.write_text(copy, "{}")
        files.write_json(copy.parent / "results" / "10_tiny.json", {"points": 7})

    monkeypatch.setattr(notebooks, "execute", execute)
    swept(notebook, tmp_path / "out", points=[1, 2])
    text = (tmp_path / "out" / sweep.TABLE).read_text()
    assert text == "points,results.points\n1,7\n2,7\n"


# ---------------------------------------------------------------- values, and what is refused


@pytest.mark.parametrize(
    ("kind", "text", "values"),
    [
        ("int", "10,30,100", ["10", "30", "100"]),
        ("int", "0-3", [0, 1, 2, 3]),
        ("int", "-2-1", [-2, -1, 0, 1]),
        ("int", "-3--2", [-3, -2]),
        ("int", "-3", ["-3"]),
        ("int", "0-1, 8", [0, 1, "8"]),
        ("int", "7-7", [7]),
        ("float", "1e-3,0.5", ["1e-3", "0.5"]),
        ("float", "0-3", ["0-3"]),
        ("bool", "true, False", ["true", "False"]),
        ("str", "a,b c", ["a", "b c"]),
        ("str", "0-3", ["0-3"]),
        ("str", "", [""]),
    ],
)
def test_values_are_read_by_the_type_of_the_parameter(
    kind: str, text: str, values: list[Any]
) -> None:
    assert list(sweep.listed(Parameter("x", kind, 0, "help"), text)) == values


KNOWN = {
    name: Parameter(name, kind, default, "help")
    for name, kind, default in [
        ("output", "str", ""),
        ("seed", "int", 0),
        ("harris_k", "float", 0.005),
        ("minimum_keyframes", "int", 4),
        ("maximum_keyframes", "int", 20),
        ("grid_over", "str", "bbox"),
        ("dataset", "str", "builtin"),
    ]
}


def test_the_last_parameter_varies_fastest() -> None:
    runs = sweep.plan(
        "03", KNOWN, {"seed": ["1", 2], "harris_k": "0.02", "grid_over": ["bbox", "frame"]}
    )
    assert [run.values for run in runs] == [
        {"seed": seed, "harris_k": 0.02, "grid_over": over}
        for seed in (1, 2)
        for over in ("bbox", "frame")
    ]
    assert [str(run) for run in runs][1] == "seed=1  grid_over=frame"
    assert [run.number for run in runs] == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"haris_k": [0.1]}, "03 has no parameter 'haris_k'; did you mean harris_k?"),
        ({"harris_k": [0.1, 7]}, "harris_k = 7.0 is not allowed: it must be a number in"),
        ({"harris_k": [0.1, "big"]}, "harris_k = 'big' is not allowed in 03: it must be a finite"),
        ({"grid_over": ["bbox", "ring"]}, "grid_over = 'ring' is not allowed: it must be one of"),
        ({"seed": [0, -1]}, "seed = -1 is not allowed: it must be at least 0"),
        ({"seed": [1, "1"]}, "seed = 1 is given twice"),
        ({"seed": []}, "seed is given no value"),
        ({"dataset": ["builtin", "hmdb51"]}, "dataset = 'hmdb51' is not allowed: it must be one"),
        ({"dataset": "kth"}, "dataset = 'kth' needs data_root"),
        ({"output": "x"}, "output is given to each run by the sweep"),
        ({"seed": list(range(10_001))}, "these are 10,001 runs: leave out values"),
        (
            {"minimum_keyframes": [2, 9], "maximum_keyframes": [8, 20]},
            "minimum_keyframes = 9 is not allowed: it must be at most maximum_keyframes = 8",
        ),
    ],
)
def test_every_value_of_every_run_is_checked_first(given: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        sweep.plan("03", KNOWN, given)


#: Words of the command -> a part of its answer.
REFUSED = {
    "03 -p sptial_variance 2,8": "did you mean spatial_variance",
    "03 -p harris_k 0.01,7": "harris_k = 7.0 is not allowed",
    "03 -p seed 4-0": "seed = 4-0 counts down: write 0-4",
    "03 -p seed 0-99999999999999999999": "are too many values",
    "03 -p seed 1 -p seed 2": "-p seed is given twice",
    "03 -p seed 0-1 --jobs 0": "jobs = 0 is not allowed",
    "33": "there is no notebook '33'",
    "": "name a notebook: 00_start_here",
}


def test_what_is_wrong_is_refused_before_anything_heavy_is_imported(tmp_path: Path) -> None:
    output = tmp_path / "out"
    code = f"""
import sys
from har_lib import cli
for words in {list(REFUSED)!r}:
    assert cli.main(["sweep", *words.split(), "--output", {str(output)!r}]) == 2, words
heavy = {{"papermill", "nbformat", "nbclient", "cv2", "torch", "pandas", "matplotlib"}}
assert not heavy & set(sys.modules), heavy & set(sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    for line, message in zip(done.stderr.splitlines(), REFUSED.values(), strict=True):
        assert message in line
    assert not output.exists()


def test_a_dry_run_lists_and_does_nothing(
    notebook: Path, tmp_path: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweep, "run", interrupt)
    settings = tmp_path / "settings.yaml"
    settings.write_text("factor: [2, 0.5]\nword: one, text\n")
    words = ["sweep", str(notebook), "--params", str(settings), "-p", "seed", "0-1", "--dry-run"]
    assert cli.main([*words, "--output", str(tmp_path / "out")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("  ", 1)[1] for line in lines] == [
        f"factor={factor}  seed={seed}" for factor in (2.0, 0.5) for seed in (0, 1)
    ]
    assert not (tmp_path / "out").exists()


def test_the_command_names_the_folder_and_the_table(
    ran: list[dict[str, Any]],
    notebook: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture,
) -> None:
    monkeypatch.setenv("HAR_BUILD", str(tmp_path))
    monkeypatch.chdir(os.path.dirname(notebook))
    words = ["sweep", "10_tiny.ipynb", "-p", "word", "a,b", "-p", "factor", "-1e-3"]
    assert cli.main([*words, "--jobs", "1"]) == 0
    output = tmp_path / "sweeps" / "10_tiny"
    assert [(values["word"], values["factor"]) for values in ran] == [("a", -1e-3), ("b", -1e-3)]
    assert capsys.readouterr().out.splitlines() == [
        "10_tiny: 2 runs, 0 finished",
        f"2 runs are in {output}, their results in {output / sweep.TABLE}",
    ]
