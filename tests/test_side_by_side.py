"""Runs laid side by side: parameters that differ, and results."""

from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from har_lib import cli, executed, files
from har_lib.errors import InputError
from har_lib.side_by_side import Row, as_csv, chosen, labels, rows, table

PARAMETERS = """\
output: str = ""  # folder
jobs: int = 2  # processes
seed: int = 0  # seed
variance: float = 4.0  # scale"""


def executed_copy(path: Path, kept: dict[str, Any] | None, **given: Any) -> Path:
    """An executed notebook, as the driver leaves it; None keeps no results."""
    injected = "\n".join(f"{name} = {value!r}" for name, value in given.items())
    cells = [
        new_code_cell(PARAMETERS, metadata={"tags": ["parameters"]}),
        new_code_cell(injected, metadata={"tags": ["injected-parameters"]}),
        new_code_cell("record()"),
    ]
    if kept is not None:
        data = {executed.MIME: kept, "text/plain": ""}
        cells[-1].outputs = [new_output("display_data", data=data)]
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(new_notebook(cells=cells), path)
    return path


def stip(points: int, **more: Any) -> dict[str, Any]:
    """Results of the notebook on interest points, with their origin."""
    origin = {"notebook": "03_stip", "seed": 0, "choices": {"variance": 1}, "data_digest": "d"}
    return {**origin, "points": points, "frames": 54, "vector": [1, 2], **more}


@pytest.fixture
def two(tmp_path: Path) -> list[Path]:
    """A folder of `har run` from before results were kept, and a file of plain papermill."""
    first = tmp_path / "runs" / "03_stip"
    executed_copy(first / "03_stip.ipynb", None, output=str(first), variance=8.0)
    files.write_json(first / "results" / "03_stip.json", stip(120))
    return [first, executed_copy(tmp_path / "out.ipynb", stip(98), jobs=1, output="elsewhere")]


def test_all_parameters_then_all_scalar_results(two: list[Path]) -> None:
    found = rows(two)
    assert [row.name for row in found if row.kind == "parameter"] == [
        *("output", "jobs", "seed", "variance"),
    ]
    assert [row for row in found if row.kind == "result"] == [
        Row("result", "points", (120, 98)),
        Row("result", "frames", (54, 54)),
    ]
    assert Row("parameter", "variance", (8.0, 4.0)) in found


def test_what_differs_is_chosen_but_not_the_place(two: list[Path]) -> None:
    found = rows(two)
    assert [row.name for row in chosen(found)] == ["variance", "points"]
    assert chosen(found, everything=True) == found


def test_the_table_is_aligned(two: list[Path]) -> None:
    found = chosen(rows(two))
    assert table(found, labels(two)).splitlines() == [
        "            03_stip  out",
        "parameters",
        "  variance        8    4",
        "results",
        "  points        120   98",
    ]


def test_runs_of_a_sweep_and_the_file_in_them_are_the_same_run(tmp_path: Path) -> None:
    folder = tmp_path / "0001-ab"
    copy = executed_copy(folder / "03_stip.ipynb", stip(5), seed=3)
    found = rows([folder, copy])
    assert found == rows([folder, folder])
    assert Row("parameter", "seed", (3, 3)) in found
    assert chosen(found) == []


def test_what_one_run_lacks_is_empty(tmp_path: Path) -> None:
    runs = [
        executed_copy(tmp_path / "a.ipynb", stip(5, methods={"SVM": {"recall": 0.5}})),
        executed_copy(tmp_path / "b.ipynb", stip(5), new=True),
    ]
    assert chosen(rows(runs)) == [
        Row("parameter", "new", (None, True)),
        Row("result", "methods.SVM.recall", (0.5, None)),
    ]
    assert table(chosen(rows(runs)), ["a", "b"]).splitlines()[-1].split()[1:] == ["0.5", "-"]


def replicated(folder: Path, points: int, **given: Any) -> Path:
    """A folder of `har replicate`: two notebooks, and one that records nothing."""
    for name, kept in (("03_stip", None), ("04_coverage", None), ("05_more", None)):
        executed_copy(folder / "notebooks" / f"{name}.ipynb", kept, **given)
    files.write_json(folder / "results" / "03_stip.json", stip(points))
    about = {"notebook": "04_coverage", "points": 1}
    files.write_json(folder / "results" / "04_coverage.json", about)
    return folder


def test_several_notebooks_share_parameters_and_name_their_results(tmp_path: Path) -> None:
    runs = [replicated(tmp_path / "a", 7, seed=1), replicated(tmp_path / "b", 8, seed=2)]
    assert chosen(rows(runs)) == [
        Row("parameter", "seed", (1, 2)),
        Row("result", "03_stip.points", (7, 8)),
    ]
    # One of them was run again with another value, so what they share is no longer one.
    executed_copy(runs[1] / "notebooks" / "04_coverage.ipynb", None, seed=5)
    assert chosen(rows(runs))[:2] == [
        Row("parameter", "03_stip.seed", (1, 2)),
        Row("parameter", "04_coverage.seed", (1, 5)),
    ]


def test_two_different_notebooks_stand_apart(tmp_path: Path) -> None:
    other = {"notebook": "04_coverage", "points": 1}
    runs = [
        executed_copy(tmp_path / "a.ipynb", stip(5)),
        executed_copy(tmp_path / "b.ipynb", other),
    ]
    names = [row.name for row in chosen(rows(runs)) if row.kind == "result"]
    # nbformat sorts what is kept.
    assert names == ["03_stip.frames", "03_stip.points", "04_coverage.points"]


def test_files_of_any_names_are_runs_of_one_notebook_unless_they_say_otherwise(
    tmp_path: Path,
) -> None:
    runs = [executed_copy(tmp_path / f"{name}.ipynb", {"points": 5}) for name in "ab"]
    assert Row("result", "points", (5, 5)) in rows(runs)


def test_a_third_run_alone_can_differ() -> None:
    assert Row("result", "points", (1, 1, 2)).differs
    assert not Row("result", "points", (1, 1, 1)).differs


def test_numbers_that_look_alike_are_shown_in_full() -> None:
    row = Row("result", "loss", (0.12345678, 0.12345679))
    assert table([row], "ab").splitlines()[-1].split()[1:] == ["0.12345678", "0.12345679"]
    rounded = Row("result", "loss", (0.12345678, 0.5))
    assert table([rounded], "ab").splitlines()[-1].split()[1:] == ["0.123457", "0.5"]


def test_a_long_text_is_cut_off_in_the_table_and_whole_in_the_csv() -> None:
    row = Row("result", "verdict", ("x" * 100, "two\nlines"))
    (line,) = [line for line in table([row], "ab").splitlines() if "verdict" in line]
    assert line.split()[1:] == ["x" * 39 + "…", "two", "lines"]
    assert as_csv([row], "ab") == f'kind,name,a,b\nresult,verdict,{"x" * 100},"two\nlines"\n'


def test_the_csv_holds_all_digits_and_the_kinds() -> None:
    found = [Row("parameter", "seed", (0, None)), Row("result", "loss", (1 / 3, True))]
    assert as_csv(found, ["one", "two"]).splitlines() == [
        "kind,name,one,two",
        "parameter,seed,0,",
        f"result,loss,{1 / 3!r},True",
    ]


def test_labels_are_short_while_they_differ(tmp_path: Path) -> None:
    assert labels([Path("runs/a"), Path("runs/b.ipynb")]) == ["a", "b"]
    assert labels([Path("x/a"), Path("y/a")]) == ["x/a", "y/a"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("gone", "gone holds no executed notebook: name a run's folder"),
        ("empty", "empty holds no executed notebook: name a run's folder"),
        ("failed", r"failed was not run to its end: see .*03_stip\.failed\.ipynb"),
        ("silent", "silent keeps no results: run it again"),
        ("silent/03_stip.ipynb", r"03_stip\.ipynb keeps no results: run it again"),
    ],
)
def test_what_is_no_run_is_named(two: list[Path], tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / "empty").mkdir()
    executed_copy(tmp_path / "failed" / "03_stip.failed.ipynb", None)
    executed_copy(tmp_path / "silent" / "03_stip.ipynb", None)
    with pytest.raises(InputError, match=message):
        rows([two[0], tmp_path / name])


# ---------------------------------------------------------------- the command


def test_har_compare(two: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    words = ["compare", *map(str, two)]
    assert cli.main(words) == 0
    assert capsys.readouterr().out == table(chosen(rows(two)), labels(two)) + "\n"
    target = tmp_path / "deep" / "table.csv"
    assert cli.main([*words, "--csv", str(target)]) == 0
    assert target.read_text() == as_csv(chosen(rows(two)), labels(two))
    capsys.readouterr()
    assert cli.main([*words, "--all", "--csv", str(target)]) == 0
    said = capsys.readouterr().out
    assert "  frames" in said
    assert said.endswith(f"written to {target}\n")
    assert target.read_text() == as_csv(rows(two), labels(two))


def test_har_compare_says_when_nothing_differs(
    two: list[Path], capsys: pytest.CaptureFixture
) -> None:
    assert cli.main(["compare", str(two[0]), str(two[0])]) == 0
    assert capsys.readouterr().out == (
        "nothing differs: 6 parameters and results are the same in all runs\n"
    )


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "one run has nothing to be compared with"),
        (["gone"], "gone holds no executed notebook"),
        (["gone", "--csv", "table.txt"], "--csv table.txt is not allowed"),
    ],
)
def test_bad_input_is_one_line(
    two: list[Path], words: list[str], message: str, capsys: pytest.CaptureFixture
) -> None:
    assert cli.main(["compare", str(two[0]), *words]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
