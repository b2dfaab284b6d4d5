"""The driver, ``accept`` and the command line, on little notebooks in a temporary folder."""

import io
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from har_lib import (
    cli,
    cli_data,
    cli_models,
    cli_notebooks,
    cli_parameters,
    compare,
    files,
    kernel,
    locks,
    notebook_parameters,
    notebooks,
)
from har_lib.accept import accept, accept_files
from har_lib.config import Config
from har_lib.errors import InputError

PARAMETERS = """\
output: str = ""  # folder of results
variance: float = 4.0  # spatial variance, in square pixels
seed: int = 0  # seed of every random choice
fast: bool = True  # skip the slow part"""
REPORT = """\
import json, pathlib
assert variance >= 0, "variance is negative:\\n  take a positive one"
values = {"variance": variance, "seed": seed, "fast": fast}
text = json.dumps(values)
if output:
    pathlib.Path(output, "values.json").write_text(text)
text"""


def write(path: Path, *sources: str, parameters: str = PARAMETERS, **kernelspec: str) -> Path:
    cells = [new_code_cell(parameters, metadata={"tags": ["parameters"]})]
    cells += [new_code_cell(source) for source in sources]
    spec = {"name": "python3", "display_name": "any", "language": "python", **kernelspec}
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": spec}), path)
    return path


@pytest.fixture
def stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Two notebooks; the second knows no parameter but its own.

    The environment stands still, or whoever edits the library meanwhile makes them stale.
    """
    environment = notebooks.surroundings()
    monkeypatch.setattr(notebooks, "surroundings", lambda: environment)
    folder = tmp_path / "notebooks {braces}"
    second = write(folder / "02_shape.ipynb", "rows * 2", parameters="rows: int = 4  # rows")
    return [write(folder / "01_keyframes.ipynb", REPORT), second]


def result(path: Path) -> Any:
    """Return what the last cell of an executed notebook returned."""
    text = nbformat.read(path, as_version=4).cells[-1].outputs[-1].data["text/plain"]
    return json.loads(text.strip("'"))


def test_find_completes_numbers_and_names(stored: list[Path]) -> None:
    for name in ("01", "1", "01_keyframes", "keyframes", "01_keyframes.ipynb"):
        assert notebooks.find(name, stored) == stored[0]
    assert notebooks.find(str(stored[1]), []) == stored[1]
    with pytest.raises(InputError, match="notebooks are: 01_keyframes, 02_shape"):
        notebooks.find("03", stored)


def test_parameters_are_typed(stored: list[Path]) -> None:
    offered = notebooks.parameters(stored[0])
    assert [(p.name, p.type, p.default) for p in offered.values()] == [
        ("output", "str", ""),
        ("variance", "float", 4.0),
        ("seed", "int", 0),
        ("fast", "bool", True),
    ]
    assert offered["seed"].help == "seed of every random choice"


@pytest.mark.parametrize(
    ("kind", "value", "typed"),
    [
        ("float", "8", 8.0),
        ("float", 8, 8.0),
        ("float", "-1e-3", -0.001),
        ("int", "8", 8),
        ("bool", "true", True),
        ("bool", "False", False),
        ("bool", False, False),
        ("str", "8", "8"),
        ("str", "true", "true"),
    ],
)
def test_values_become_typed(kind: str, value: Any, typed: Any) -> None:
    read = notebook_parameters.Parameter("x", kind, 0, "help").typed(value, "01")
    assert read == typed
    assert type(read) is type(typed)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("float", "eight"),
        ("float", "nan"),
        ("float", "inf"),
        ("float", True),
        ("float", None),
        ("int", "8.0"),
        ("int", 8.0),
        ("int", True),
        ("bool", "1"),
        ("bool", "no"),
        ("bool", 1),
        ("str", 8),
        ("str", ["a"]),
    ],
)
def test_values_of_another_type_are_refused(kind: str, value: Any) -> None:
    parameter = notebook_parameters.Parameter("variance", kind, 0, "in square pixels")
    allowed = notebook_parameters.ALLOWED[kind]
    with pytest.raises(InputError) as error:
        parameter.typed(value, "03_stip")
    assert str(error.value) == (
        f"variance = {value!r} is not allowed in 03_stip: it must be {allowed} (in square pixels)"
    )


def test_execute_passes_typed_values_and_leaves_the_notebook_alone(
    stored: list[Path], tmp_path: Path
) -> None:
    before = stored[0].read_bytes()
    output = notebooks.execute(
        stored[0], tmp_path / "out" / "a.ipynb", {"variance": "8", "fast": "false", "seed": 3}
    )
    assert result(output) == {"variance": 8.0, "seed": 3, "fast": False}
    assert "variance = 8.0" in nbformat.read(output, as_version=4).cells[1].source
    assert stored[0].read_bytes() == before
    assert [path.name for path in output.parent.iterdir()] == ["a.ipynb"]


def test_two_runs_write_the_same_bytes(stored: list[Path], tmp_path: Path) -> None:
    outputs = [
        notebooks.execute(stored[1], tmp_path / f"{i}.ipynb", {"rows": 3}).read_bytes()
        for i in range(2)
    ]
    assert outputs[0] == outputs[1]
    assert str(tmp_path).encode() not in outputs[0]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"varience": 8}, "01_keyframes has no parameter 'varience'; did you mean variance?"),
        ({"zzz": 8}, "has no parameter 'zzz'; it has: fast, output, seed, variance"),
        ({"variance": "x"}, "variance = 'x' is not allowed in 01_keyframes"),
    ],
)
def test_bad_parameters_are_refused_before_anything_runs(
    stored: list[Path], tmp_path: Path, values: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        notebooks.execute(stored[0], tmp_path / "out" / "a.ipynb", values)
    with pytest.raises(InputError):
        notebooks.replicate(values, tmp_path / "out", notebooks=stored[::-1])
    assert not (tmp_path / "out").exists()


def test_a_failing_notebook_is_kept_apart(stored: list[Path], tmp_path: Path) -> None:
    output = tmp_path / "a.ipynb"
    output.write_text("from an earlier run")
    with pytest.raises(notebooks.NotebookError) as error:
        notebooks.execute(stored[0], output, {"variance": -1})
    assert str(error.value) == (
        "01_keyframes.ipynb, cell [3]: AssertionError: variance is negative: take a positive one; "
        f"the half-run notebook is kept as {tmp_path / 'a.failed.ipynb'}"
    )
    assert output.read_text() == "from an earlier run"
    failed = nbformat.read(tmp_path / "a.failed.ipynb", as_version=4)
    assert any(o.output_type == "error" for c in failed.cells for o in c.get("outputs", []))
    notebooks.execute(stored[0], output, {"variance": 1})
    assert sorted(path.name for path in tmp_path.glob("*.ipynb")) == ["a.ipynb"]


def test_a_dead_kernel_is_one_line(tmp_path: Path) -> None:
    path = write(tmp_path / "01_a.ipynb", "import os; os._exit(1)")
    with pytest.raises(notebooks.NotebookError, match=r"^01_a.ipynb: the kernel died"):
        notebooks.execute(path, tmp_path / "out" / "a.ipynb", {})
    assert not list((tmp_path / "out").iterdir())


def test_the_kernel_is_this_interpreter_whatever_is_registered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = tmp_path / "jupyter" / "kernels" / "python3" / "kernel.json"
    spec.parent.mkdir(parents=True)
    spec.write_text(json.dumps({"argv": ["/bin/false"], "display_name": "x", "language": "python"}))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    path = write(
        tmp_path / "01_a.ipynb", "import sys, os, json\njson.dumps([sys.prefix, os.getcwd()])"
    )
    output = notebooks.execute(path, tmp_path / "a.ipynb", {})
    assert result(output) == [sys.prefix, os.getcwd()]
    accept([path])
    assert result(path)[0] == sys.prefix


def run_all(stored: list[Path], output: Path, values: Any = None, **settings: Any) -> list[str]:
    return notebooks.replicate(values or {}, output, notebooks=stored, **settings)


def test_a_second_run_does_only_what_is_stale(
    stored: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output, both = tmp_path / "out", ["01_keyframes", "02_shape"]
    assert run_all(stored, output, {"seed": 5}) == both
    assert json.loads((output / "values.json").read_text())["seed"] == 5
    assert run_all(stored, output, {"seed": "5"}) == []

    assert run_all(stored, output, {"seed": 6}) == ["01_keyframes"]  # 02 does not know it
    assert run_all(stored, output, {"seed": 6}) == []
    (output / "values.json").unlink()
    assert run_all(stored, output, {"seed": 6}) == ["01_keyframes"]
    (output / "notebooks" / "02_shape.ipynb").unlink()
    assert run_all(stored, output, {"seed": 6}) == ["02_shape"]
    (output / "notebooks" / "02_shape.ipynb").write_text("{}")
    assert run_all(stored, output, {"seed": 6}) == ["02_shape"]

    # Outputs of the stored notebook are no reason to run it; its sources are.
    notebook = nbformat.read(stored[1], as_version=4)
    notebook.cells[1].outputs = [new_output("stream", text="8")]
    nbformat.write(notebook, stored[1])
    assert run_all(stored, output, {"seed": 6}) == []
    notebook.cells.append(new_markdown_cell("A word more."))
    nbformat.write(notebook, stored[1])
    assert run_all(stored, output, {"seed": 6}) == ["02_shape"]

    assert run_all(stored, output, dataset_digest="other", only=["02"]) == ["02_shape"]
    environment = notebooks.surroundings()
    for part, name in (("library", "stip.py"), ("versions", "numpy")):
        other = {**environment, part: {**environment[part], name: "other"}}
        monkeypatch.setattr(notebooks, "surroundings", lambda other=other: other)
        assert run_all(stored, output, only=["2"]) == ["02_shape"]


def test_what_staleness_watches_is_there() -> None:
    environment = notebooks.surroundings()
    assert environment["library"]["files.py"] == files.digest(Path(files.__file__))
    assert {"python", "numpy", "torch", "opencv-python-headless"} <= set(environment["versions"])
    assert re.fullmatch(r"2\.\d+\.\d+", environment["versions"]["numpy"])


def test_a_failed_run_is_stale(stored: list[Path], tmp_path: Path) -> None:
    run_all(stored, tmp_path / "out")
    with pytest.raises(notebooks.NotebookError):
        run_all(stored, tmp_path / "out", {"variance": -1})
    assert run_all(stored, tmp_path / "out", only=["01"]) == ["01_keyframes"]


def test_progress_is_a_line_a_notebook(
    stored: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    run_all(stored, tmp_path, only=["02"])
    run_all(stored, tmp_path, only=["02"])
    run_all(stored, tmp_path, only=["02"], progress=False)
    first, second = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"02_shape +\d+\.\d s", first)
    assert re.fullmatch(r"02_shape +up to date", second)


def test_a_run_writes_nothing_to_stderr(
    stored: list[Path], tmp_path: Path, capfd: pytest.CaptureFixture
) -> None:
    run_all(stored, tmp_path, only=["02"])
    accept(stored[1:])
    assert capfd.readouterr().err == ""


def test_no_notebook_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no notebook"):
        run_all([], tmp_path)
    with pytest.raises(InputError, match="there is no notebook"):
        accept([])


def test_the_check_of_nine_notebooks_is_fast(tmp_path: Path) -> None:
    """In a process of its own, because imports are what it must not do."""
    text = json.dumps("x" * 1_000_000)
    paths = []
    for number in range(9):
        path = write(tmp_path / "stored" / f"{number:02d}_a.ipynb", f"# {text}\n1")
        paths.append(path)
    only_one = paths[:1]
    run_all(only_one, tmp_path)
    # The other eight records are the first one's, with what differs put right.
    record = files.read_json(tmp_path / "notebooks" / "00.json")
    environment = notebooks.surroundings()
    for path in paths[1:]:
        source = files.digest_of(notebooks.read_cells(path))
        key = files.digest_of([source, {"output": str(tmp_path)}, environment, ""])
        executed = tmp_path / "notebooks" / path.name
        executed.write_bytes((tmp_path / "notebooks" / "00_a.ipynb").read_bytes())
        files.write_json(
            tmp_path / "notebooks" / f"{path.name[:2]}.json",
            {**record, "source": source, "key": key, "executed": files.digest(executed)},
        )
    code = f"""
import sys
from pathlib import Path
from har_lib.notebooks import replicate
stored = sorted(Path({str(tmp_path / "stored")!r}).glob("*.ipynb"))
assert replicate({{}}, Path({str(tmp_path)!r}), notebooks=stored) == []
heavy = {{"papermill", "nbformat", "nbclient", "cv2", "torch", "scipy", "matplotlib"}}
assert not heavy & set(sys.modules), heavy & set(sys.modules)
"""
    start = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert time.perf_counter() - start < 2
    assert done.stdout.count("up to date") == 9


# accept


def test_accept_writes_a_notebook_once(stored: list[Path], capsys: pytest.CaptureFixture) -> None:
    assert accept(stored) == ["01_keyframes", "02_shape"]
    first = [path.read_bytes() for path in stored]
    assert accept(stored) == []
    assert [path.read_bytes() for path in stored] == first
    assert [line.split()[1] for line in capsys.readouterr().out.splitlines()] == [
        "accepted",
        "accepted",
        "unchanged",
        "unchanged",
    ]
    assert all(text.endswith(b"}\n") and b"\r" not in text for text in first)


def test_accept_keeps_outputs_within_tolerance_and_replaces_others(tmp_path: Path) -> None:
    path = write(tmp_path / "01_a.ipynb", "print(0.500001)", "print(0.6)", "3")
    accept([path])
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[1].outputs[0]["text"] = "0.500002\n"
    nbformat.write(notebook, path)
    assert accept([path]) == []
    notebook.cells[2].outputs[0]["text"] = "0.7\n"
    nbformat.write(notebook, path)
    assert accept([path]) == ["01_a"]
    notebook = nbformat.read(path, as_version=4)
    assert [c.outputs[0]["text"] for c in notebook.cells[1:3]] == ["0.500002\n", "0.6\n"]


def test_accept_follows_an_edited_source_and_a_wrong_order(tmp_path: Path) -> None:
    path = write(tmp_path / "01_a.ipynb", "x = 1", "x", "5")
    accept([path])
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[1].source = "x = 2"
    notebook.cells[3].execution_count = notebook.cells[3].outputs[0].execution_count = 9
    nbformat.write(notebook, path)
    assert accept([path]) == ["01_a"]
    notebook = nbformat.read(path, as_version=4)
    assert notebook.cells[2].outputs[0]["data"]["text/plain"] == "2"
    assert [c.execution_count for c in notebook.cells] == [1, 2, 3, 4]
    assert notebook.cells[3].outputs[0]["execution_count"] == 4


def test_accept_leaves_a_failing_notebook_as_it_was(tmp_path: Path) -> None:
    path = write(tmp_path / "01_a.ipynb", "x = 1", "1 / 0")
    before = path.read_bytes()
    with pytest.raises(notebooks.NotebookError, match=r"01_a.ipynb, cell \[3\]: ZeroDivisionError"):
        accept([path])
    assert path.read_bytes() == before


def test_an_accepted_notebook_holds_no_trace_of_its_run(tmp_path: Path) -> None:
    path = write(
        tmp_path / "01_a.ipynb",
        "from tqdm.auto import tqdm\nfor _ in tqdm(range(3)): pass",
        display_name="Somebody's own",
    )
    notebook = nbformat.read(path, as_version=4)
    notebook.metadata["papermill"] = {"start_time": "2023-01-01"}
    notebook.metadata["language_info"] = {"name": "python", "version": "3.9.1"}
    notebook.cells[0].metadata |= {"papermill": {"duration": 1}, "execution": {"iopub": "now"}}
    nbformat.write(notebook, path)
    accept([path])
    accepted = nbformat.read(path, as_version=4)
    assert accepted.metadata == {
        "kernelspec": {
            "display_name": "Python 3 (ipykernel)",
            "language": "python",
            "name": "python3",
        },
        "language_info": {"name": "python"},
    }
    assert accepted.cells[0].metadata == {"tags": ["parameters"]}
    assert accepted.cells[1].metadata == {}
    assert [c.id for c in accepted.cells] == [c.id for c in notebook.cells]
    (output,) = accepted.cells[1].outputs
    assert list(output["data"]) == ["text/plain"]
    nbformat.validate(accepted)


def test_cells_without_an_id_get_a_stable_one(tmp_path: Path) -> None:
    path = write(tmp_path / "01_a.ipynb", "1")
    raw = json.loads(path.read_text())
    raw["nbformat_minor"] = 4
    for cell in raw["cells"]:
        del cell["id"]
    path.write_text(json.dumps(raw))
    accept([path])
    assert [c["id"] for c in json.loads(path.read_text())["cells"]] == ["cell-00", "cell-01"]


def test_normalise_is_idempotent(stored: list[Path]) -> None:
    once = nbformat.read(stored[0], as_version=4)
    kernel.normalise(once)
    text = nbformat.writes(once)
    kernel.normalise(once)
    assert nbformat.writes(once) == text


def test_widgets_are_named_once() -> None:
    assert kernel.WIDGET == compare.WIDGET


def picture(row: int, noise: int = 0) -> bytes:
    import numpy as np
    from PIL import Image

    pixels = np.full((40, 60), 250, np.uint8)
    pixels[row : row + 4, 30:34] = 0
    content = io.BytesIO()
    Image.fromarray(pixels + np.uint8(noise)).save(content, format="png")
    return content.getvalue()


def test_accept_files_changes_only_what_differs(tmp_path: Path) -> None:
    built, kept = tmp_path / "build", tmp_path / "stored"
    before = {
        "moved.png": picture(10),
        "noise.png": picture(10),
        "noise.csv": b"x,y\n0.50000,1\n",
        "changed.json": b'{"points": 12}\n',
        "deep/changed.md": b"0.84\n",
        "gone.csv": b"x\n",
        "other.bin": b"0.50000",
        ".hidden": b"",
    }
    after = {
        "moved.png": picture(16),
        "noise.png": picture(10, noise=1),
        "noise.csv": b"x,y\n0.50001,1\n",
        "changed.json": b'{"points": 13}\n',
        "deep/changed.md": b"0.85\n",
        "new.csv": b"x\n",
        "other.bin": b"0.50001",
    }
    for folder, content in ((kept, before), (built, after)):
        for name, text in content.items():
            files.write_bytes(folder / name, text)
    assert accept_files(built, kept) == [
        "changed changed.json",
        "changed deep/changed.md",
        "removed gone.csv",
        "changed moved.png",
        "added new.csv",
        "changed other.bin",
    ]
    assert (kept / "noise.csv").read_bytes() == before["noise.csv"]
    assert (kept / "noise.png").read_bytes() == before["noise.png"]
    assert (kept / "deep/changed.md").read_bytes() == after["deep/changed.md"]
    assert accept_files(built, kept) == []


def test_accept_files_refuses_an_empty_build(tmp_path: Path) -> None:
    files.write_text(tmp_path / "stored" / "a.csv", "x")
    with pytest.raises(InputError, match="run `har replicate` first"):
        accept_files(tmp_path / "missing", tmp_path / "stored")
    assert (tmp_path / "stored" / "a.csv").exists()


# The command line


@pytest.fixture
def suite(stored: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make the temporary notebooks the suite's own; return its build folder."""
    monkeypatch.setattr(notebooks, "NOTEBOOKS", tuple(stored))
    monkeypatch.setattr(cli_notebooks, "settle", lambda values: {})
    made = SimpleNamespace(dataset=SimpleNamespace(digest=lambda: ""), damage={})
    monkeypatch.setattr(cli_data, "prepare", lambda settings, output: made)
    monkeypatch.setattr(cli_models, "leave_model", lambda settings, dataset, output: None)
    monkeypatch.setenv("HAR_BUILD", str(tmp_path / "build"))
    return tmp_path / "build"


def test_two_at_once_do_not_mix_in_one_folder(
    suite: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    words = ["replicate", "-p", "seed", "8"]
    with locks.alone(suite):
        assert cli.main(words) == 2
        said = f"har: {suite}: another run is at work on it; wait until it has ended\n"
        assert capsys.readouterr().err == said
        assert not (suite / "notebooks").exists()
    output = suite / "runs" / "01_keyframes"
    with locks.alone(output):
        assert cli.main(["run", "01"]) == 2
        assert f"har: {output}: another run is at work on it" in capsys.readouterr().err
    assert cli.main(words) == 0
    assert not (suite / ".lock").exists()


def test_har_replicate(suite: Path, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    settings = tmp_path / "settings.yaml"
    settings.write_text("seed: 7\nfast: false\n")
    words = ["replicate", "--params", str(settings), "-p", "seed", "8", "-p", "variance", "1e-3"]
    assert cli.main(words) == 0
    assert result(suite / "notebooks" / "01_keyframes.ipynb") == {
        "variance": 0.001,
        "seed": 8,
        "fast": False,
    }
    assert (suite / "values.json").is_file()
    capsys.readouterr()
    assert cli.main(words) == 0
    assert capsys.readouterr().out.count("up to date") == 2


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["replicate", "-p", "sed", "8"], "the suite has no parameter 'sed'; did you mean seed?"),
        (["replicate", "--only", "09"], "there is no notebook '09'"),
        (["replicate", "--dataset", "kth"], "the dataset kth needs --data-root"),
        (["replicate", "--data-root", "."], "name a --dataset too"),
        (["replicate", "--dataset", "kth", "--data-root", "/no/such"], "is no folder"),
        (["replicate", "-p", "dataset", "imagenet"], "it must be builtin, folder, ucf101 or kth"),
        (["replicate", "--params", "missing.yaml"], "missing.yaml cannot be read as YAML"),
        (["run", "01", "-p", "variance", "-1e-3"], "01_keyframes.ipynb, cell [3]: AssertionError"),
        (["run", "01", "-p", "seed", "-x"], "seed = '-x' is not allowed in 01_keyframes"),
        (["run", "shapes"], "there is no notebook 'shapes'"),
    ],
)
def test_bad_input_is_one_line_and_two(
    suite: Path, words: list[str], message: str, capsys: pytest.CaptureFixture
) -> None:
    assert cli.main(words) == 2
    error = capsys.readouterr().err
    assert error.startswith("har: ")
    assert message in error
    assert error.count("\n") == 1


@pytest.mark.parametrize("text", ["- a\n- b\n", "8: 9\n", "a: [\n"])
def test_a_parameter_file_that_is_none(
    suite: Path, tmp_path: Path, text: str, capsys: pytest.CaptureFixture
) -> None:
    (tmp_path / "bad.yaml").write_text(text)
    assert cli.main(["replicate", "--params", str(tmp_path / "bad.yaml")]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_output_folders(suite: Path, tmp_path: Path) -> None:
    videos = tmp_path / "my videos"
    videos.mkdir()

    def resolved(*words: str) -> tuple[Path, dict[str, Any]]:
        arguments = cli.build_parser().parse_args(["replicate", *words])
        values = cli_parameters.resolve(arguments)
        return arguments.output, values

    assert resolved() == (suite, {})
    root = {"dataset": "folder", "data_root": str(videos)}
    words = ("--dataset", "folder", "--data-root", str(videos))
    output, values = resolved(*words)
    assert values == root
    assert output.parent == suite / "data"
    assert re.fullmatch("my videos-[0-9a-f]{8}", output.name)
    (tmp_path / "other" / "my videos").mkdir(parents=True)
    other = ("--dataset", "folder", "--data-root", str(tmp_path / "other" / "my videos"))
    assert resolved(*other)[0] != output, "two folders of one name are two data sets"
    assert resolved(*words, "--output", str(tmp_path / "x")) == (tmp_path / "x", root)
    assert resolved("-p", "output", str(tmp_path / "y")) == (tmp_path / "y", {})


def test_har_run(suite: Path, capsys: pytest.CaptureFixture) -> None:
    assert cli.main(["run", "1", "--list"]) == 0
    listed = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"variance: float = 4\.0 +spatial variance, in square pixels", listed[1])
    assert len(listed) == 4
    assert cli.main(["run", "1", "-p", "variance", "8", "-p", "fast", "false"]) == 0
    folder = suite / "runs" / "01_keyframes"
    assert capsys.readouterr().out == f"{folder / '01_keyframes.ipynb'}\n"
    assert result(folder / "01_keyframes.ipynb")["variance"] == 8.0
    assert (folder / "values.json").is_file()


def test_interruption_is_one_line(
    suite: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    def interrupt(*given: Any, **settings: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(notebooks, "_run", interrupt)
    assert cli.main(["replicate"]) == 130
    assert capsys.readouterr().err == "har: interrupted\n"
    assert not list((suite / "notebooks").glob("*.json")) if suite.exists() else True


def test_a_defect_keeps_its_traceback(suite: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*given: Any, **settings: Any) -> None:
        raise ValueError("a defect")

    monkeypatch.setattr(notebooks, "replicate", broken)
    with pytest.raises(ValueError, match="a defect"):
        cli.main(["replicate"])


def test_help_answers_at_once_and_the_module_is_the_command() -> None:
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "har_lib", "--help"], capture_output=True, text=True, timeout=30
    )
    assert time.perf_counter() - start < 1  # 0.05 s measured; half a second is promised
    assert done.returncode == 0
    assert all(verb in done.stdout for verb in cli.VERBS)
    done = subprocess.run(
        [sys.executable, "-m", "har_lib", "run", "no such"],
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("har: there is no notebook 'no such'")


@pytest.mark.parametrize(
    "path", sorted((files.ROOT / "params").glob("*.yaml")), ids=lambda p: p.stem
)
def test_the_parameter_files_of_the_suite_are_accepted(path: Path, tmp_path: Path) -> None:
    words = ["replicate", "--params", str(path), "--data-root", str(tmp_path)]
    arguments = cli.build_parser().parse_args(words)
    settings = cli_parameters.settle(cli_parameters.resolve(arguments))
    assert settings["dataset"] in ("ucf101", "folder")
    assert settings["config"] != Config()
