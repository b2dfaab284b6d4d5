"""An executed notebook says by itself what it ran with and what it found."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from har_lib import executed, notebooks
from har_lib.compare import output_differences
from har_lib.errors import InputError
from har_lib.session import AuditSession, Session

PARAMETERS = """\
factor: float = 0.1  # what points are multiplied by
word: str = "none"  # any text
fast: bool = True  # skip the slow part"""
FOUND = """\
from har_lib import executed
executed.keep({"notebook": "tiny", "points": 0})
executed.keep({"notebook": "tiny", "share": factor * 3, "by": {"b": [1, None], "a": word}})"""


def write(path: Path, *sources: str, outputs: Any = ()) -> Path:
    """A notebook of a parameters cell and others; the last one holds the outputs."""
    cells = [new_code_cell(PARAMETERS, metadata={"tags": ["parameters"]})]
    cells += [new_code_cell(source) for source in sources]
    cells[-1].outputs = list(outputs)
    spec = {"name": "python3", "display_name": "any", "language": "python"}
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": spec}), path)
    return path


def shown(**results: Any) -> Any:
    return new_output("display_data", data={executed.MIME: results, "text/plain": ""})


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("stored") / "tiny.ipynb", FOUND)


@pytest.fixture(scope="module")
def copy(stored: Path) -> Path:
    """The notebook as the driver leaves it."""
    values = {"factor": "-1e-3", "word": 'a "b", c', "fast": "false"}
    return notebooks.execute(stored, stored.parent / "out" / "copy.ipynb", values)


def test_results_come_back_from_the_executed_file_alone(copy: Path) -> None:
    found = executed.results(copy)
    assert found == {
        "notebook": "tiny",
        "share": -1e-3 * 3,
        "by": {"b": [1, None], "a": 'a "b", c'},
    }
    assert executed.results(str(copy)) == found
    assert [path.name for path in copy.parent.iterdir()] == ["copy.ipynb"]


def test_parameters_come_back_too(copy: Path, stored: Path) -> None:
    assert executed.parameters(copy) == {"factor": -1e-3, "word": 'a "b", c', "fast": False}
    # As JupyterLab runs it, with nothing injected.
    assert executed.parameters(stored) == {"factor": 0.1, "word": "none", "fast": True}


def test_nothing_of_it_is_seen(copy: Path) -> None:
    outputs = nbformat.read(copy, as_version=4).cells[-1].outputs
    assert [output.output_type for output in outputs] == ["display_data"] * 2
    assert [set(output.data) for output in outputs] == [{executed.MIME, "text/plain"}] * 2
    assert [output.data["text/plain"] for output in outputs] == ["", ""]


def test_plain_papermill_keeps_them(stored: Path, tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "papermill", str(stored), "out.ipynb", "-p", "factor", "2"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    assert executed.results(tmp_path / "out.ipynb")["share"] == 6
    assert executed.parameters(tmp_path / "out.ipynb")["factor"] == 2


def test_the_strict_comparison_judges_them_like_everything_else(copy: Path) -> None:
    outputs = nbformat.read(copy, as_version=4).cells[-1].outputs
    fresh = json.loads(json.dumps(outputs))
    assert output_differences(outputs, fresh) == []
    fresh[1]["data"][executed.MIME]["share"] *= 1 + 1e-6
    assert output_differences(outputs, fresh) == [], "noise of the last digits"
    fresh[1]["data"][executed.MIME]["by"]["b"] = [2, None]
    (found,) = output_differences(outputs, fresh)
    assert found.kind == executed.MIME
    assert "-   1," in found.message
    assert "+   2," in found.message


def test_outside_of_a_notebook_nothing_happens(capfd: pytest.CaptureFixture) -> None:
    executed.keep({"points": 12})
    assert capfd.readouterr() == ("", "")


def test_a_browser_that_saves_them_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """JavaScript knows one kind of number, and writes 2.0 as 2."""
    shown: list[Any] = []
    monkeypatch.setattr("IPython.get_ipython", lambda: object())
    monkeypatch.setattr("IPython.display.display", lambda data, raw: shown.append(data))
    given = {"a": [2.0, -3.0, 0.5, 1e-7, 7], "b": {"c": 1e300, "d": True, "e": None}, "f": -0.0}
    executed.keep(given)
    (found,) = (each[executed.MIME] for each in shown)
    assert found == given
    assert json.dumps(found["a"]) == "[2, -3, 0.5, 1e-07, 7]"
    assert json.dumps(found["f"]) == "0"


def test_what_json_cannot_hold_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("IPython.get_ipython", object)
    with pytest.raises(ValueError, match="not JSON compliant"):
        executed.keep({"points": float("nan")})


def test_the_last_results_count(tmp_path: Path) -> None:
    path = write(tmp_path / "a.ipynb", "1", outputs=[shown(points=1), shown(points=2)])
    assert executed.results(path) == {"points": 2}


@pytest.mark.parametrize(
    ("outputs", "message"),
    [
        ([], "a.ipynb keeps no results: run it"),
        ([new_output("stream", text="12")], "a.ipynb keeps no results: run it"),
        (
            [shown(points=1), new_output("error", ename="ZeroDivisionError", evalue="")],
            "a.ipynb was not run to its end: ZeroDivisionError",
        ),
    ],
)
def test_without_whole_results_there_are_none(
    tmp_path: Path, outputs: list[Any], message: str
) -> None:
    path = write(tmp_path / "a.ipynb", "1", outputs=outputs)
    with pytest.raises(InputError, match=message):
        executed.results(path)


@pytest.mark.parametrize("text", ["", "[]", '{"cells": 1}', '{"cells": [1]}'])
def test_what_is_no_notebook_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.ipynb"
    path.write_text(text)
    for read in (executed.results, executed.parameters):
        with pytest.raises(InputError, match=r"a\.ipynb cannot be read as a notebook"):
            read(path)
        with pytest.raises(InputError, match=r"gone\.ipynb cannot be read as a notebook"):
            read(tmp_path / "gone.ipynb")


@pytest.mark.parametrize("source", ["factor = 1 +", "print(1)", "factor = abs(1)"])
def test_parameters_that_are_none_are_named(tmp_path: Path, source: str) -> None:
    path = write(tmp_path / "a.ipynb", "1")
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[1] = new_code_cell(source, metadata={"tags": ["injected-parameters"]})
    nbformat.write(notebook, path)
    with pytest.raises(InputError, match=r"a\.ipynb: its parameters cells must hold only"):
        executed.parameters(path)


def test_where_results_come_from_is_no_result(tmp_path: Path) -> None:
    """Every key that sessions write of their origin is left out of the scalars."""
    for name in ("jump/a", "jump/b", "run/a", "run/b"):
        path = tmp_path / f"{name}.avi"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(name.encode())
    data = {"dataset": "folder", "data_root": str(tmp_path), "group_pattern": r"/(\w)\.avi"}
    for session in (Session("03_stip", data), AuditSession("07_claims_audit", {})):
        assert executed.scalars(session.origin | {"points": 1}) == {"points": 1}


def test_scalars_keep_their_types_and_their_order() -> None:
    results = {"z": None, "a": {"on": True, "deep": {"text": "x", "list": [{"n": 1}]}}, "n": 0}
    assert list(executed.scalars(results).items()) == [
        ("z", None),
        ("a.on", True),
        ("a.deep.text", "x"),
        ("n", 0),
    ]
