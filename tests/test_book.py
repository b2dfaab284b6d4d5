"""What the book is made of, before Sphinx sees it: links to code, pages, and what runs left."""

import copy
import re
from pathlib import Path
from typing import Any

import pytest

from book import build, code, pages, status, tree
from har_lib import executed, files, notebooks
from har_lib.errors import InputError
from har_lib.paper import EQUATIONS, FIGURES

# ---------------------------------------------------------------- code


def test_a_function_is_found_by_its_name_with_and_without_its_module() -> None:
    source = (files.ROOT / "har_lib" / "lstm.py").read_text(encoding="utf-8")
    for name in ("lstm.input_gate", "input_gate", "lstm.Layout.unpack", "Layout"):
        line = code.definition(source, name)
        assert line is not None
        text = "\n".join(source.splitlines()[line - 1 : line + 3])
        assert re.search(rf"(def|class) {name.rpartition('.')[2]}\b", text)
    assert code.definition(source, "lstm.no_such_gate") is None
    assert code.definition(source, "a few words") is None


@pytest.mark.parametrize(
    "path",
    ["../elsewhere", "/etc/passwd", ".", ".git", ".venv/bin/python", "build", "data", "no.py"],
)
def test_what_is_not_of_the_checkout_is_not_shown(path: str) -> None:
    assert code.in_checkout(path) is None


@pytest.mark.parametrize("path", ["har_lib/stip.py", "results", "LICENSE", "results/../LICENSE"])
def test_what_is_of_the_checkout_is(path: str) -> None:
    assert code.in_checkout(path) == (files.ROOT / path).resolve()


def test_a_page_of_code_has_an_anchor_for_every_line() -> None:
    path = files.ROOT / "har_lib" / "errors.py"
    body = code.page(path)
    lines = len(path.read_text().splitlines())
    assert [body.count(f'id="{code.line_anchor(n)}"') for n in (1, lines, lines + 1)] == [1, 1, 0]
    assert "<h1><code>har_lib/errors.py</code></h1>" in body
    assert "BSD" in code.page(files.ROOT / "LICENSE")


def test_a_page_of_a_folder_lists_its_data() -> None:
    body = code.folder_page(files.ROOT / "results", "../_files")
    assert (
        '<a href="../_files/results/builtin/03_stip.json">results/builtin/03_stip.json</a>' in body
    )


# ---------------------------------------------------------------- notebooks


@pytest.fixture
def notebook(tmp_path: Path) -> tuple[Path, dict[str, Any]]:
    shown = {
        "output_type": "display_data",
        "data": {"image/png": "aGVs"},
        "metadata": {"image/png": {"alt": "A line that rises."}},
    }
    cells = [
        {"cell_type": "markdown", "metadata": {}, "source": ["# Title"]},
        {"cell_type": "code", "metadata": {"tags": ["parameters"]}, "source": [], "outputs": []},
        {"cell_type": "code", "metadata": {}, "source": ["show()"], "outputs": [shown]},
    ]
    path = tmp_path / "01_a.ipynb"
    content = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    files.write_json(path, content)
    return path, content


def staged(path: Path) -> dict[str, Any]:
    files.write_text(path.with_suffix(".staged"), pages.notebook(path))
    found: dict[str, Any] = files.read_json(path.with_suffix(".staged"))
    return found


def test_a_picture_gets_its_words_and_parameters_are_folded(
    notebook: tuple[Path, dict[str, Any]],
) -> None:
    path, content = notebook
    wanted = copy.deepcopy(content)
    wanted["cells"][1]["metadata"]["tags"] = ["parameters", "hide-input"]
    wanted["cells"][2]["metadata"]["mystnb"] = {"image": {"alt": "A line that rises."}}
    assert staged(path) == wanted
    assert files.read_json(path) == content, "the stored notebook was changed"


@pytest.mark.parametrize("words", [{}, {"image/png": {}}, {"image/png": {"alt": " "}}])
def test_a_picture_without_words_is_refused(
    notebook: tuple[Path, dict[str, Any]], words: dict[str, Any]
) -> None:
    path, content = notebook
    content["cells"][2]["outputs"][0]["metadata"] = words
    files.write_json(path, content)
    with pytest.raises(InputError, match=r"^01_a.ipynb, cell 3: a picture without words; "):
        pages.notebook(path)


def test_kept_results_are_not_shown(notebook: tuple[Path, dict[str, Any]]) -> None:
    path, content = notebook
    kept = {"output_type": "display_data", "data": {executed.MIME: {"a": 1}}, "metadata": {}}
    content["cells"][1]["outputs"] = [kept]
    files.write_json(path, content)
    assert staged(path)["cells"][1]["outputs"] == []


def test_each_of_two_pictures_of_a_cell_has_its_own_words(
    notebook: tuple[Path, dict[str, Any]],
) -> None:
    path, content = notebook
    first = content["cells"][2]["outputs"][0]
    second = {**first, "metadata": {"image/png": {"alt": "Another one."}}}
    content["cells"][2]["outputs"] = [first, second]
    files.write_json(path, content)
    cells = staged(path)["cells"]
    assert len(cells) == len(content["cells"]) + 1
    shown, further = cells[2:4]
    assert (shown["outputs"], further["outputs"]) == ([first], [second])
    assert shown["source"] == content["cells"][2]["source"]
    assert further["metadata"]["tags"] == ["remove-input"]
    assert further["metadata"]["mystnb"]["image"]["alt"] == "Another one."


# ---------------------------------------------------------------- pages


def test_the_front_page_is_readme_and_names_every_page_once() -> None:
    text = pages.front()
    assert text.startswith((files.ROOT / "README.md").read_text(encoding="utf-8").rstrip())
    listed = re.findall(r"^(?!:)[\w/]+$", text.partition("```{toctree}")[2], re.MULTILINE)
    docs = {f"docs/{path.stem}" for path in (files.ROOT / "docs").glob("*.md")}
    books = {f"notebooks/{path.stem}" for path in notebooks.NOTEBOOKS}
    assert len(set(listed)) == len(listed)
    assert set(listed) == docs | books | {"REPLICATION", "figures", "status", "equation_index"}


def test_the_index_has_every_equation_under_a_heading() -> None:
    rows = pages.equation_index().splitlines()[6:]
    assert [re.search(r"\d+", row)[0] for row in rows] == [str(number) for number in EQUATIONS]
    for number, row in zip(EQUATIONS, rows, strict=True):
        cell = rf"\(notebooks/\w+\.ipynb#equation-{number}\)"
        assert re.match(rf"\| \[\({number}\)\]{cell} \| \[[^\]]{{5,}}\]{cell} \|", row)
        assert f"(docs/equations.md#equation-{number})" in row
    assert "[Response, equation (6)](notebooks/03_stip.ipynb#equation-6)" in rows[5]


def test_every_kept_figure_has_words_and_its_numbers() -> None:
    text = pages.figures()
    for path in (files.ROOT / "figures").glob("*.png"):
        assert text.count(f"({path.stem})=") == 1
        assert f":alt: {pages.one_line(files.read_json(path.with_suffix('.json')))}\n" in text
        assert f"(figures/{path.stem}.csv)" in text
    for figure in FIGURES.values():
        assert figure.shows in text


# ---------------------------------------------------------------- status


@pytest.fixture
def left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What runs of four notebooks left: passed, failed, of an earlier text, and nothing."""
    stored = []
    for number in range(1, 5):
        path = tmp_path / "stored" / f"{number:02d}_a.ipynb"
        files.write_json(path, {"cells": [{"cell_type": "code", "source": [str(number)]}]})
        stored.append(path)
    monkeypatch.setattr(notebooks, "NOTEBOOKS", tuple(stored))
    output = tmp_path / "build"
    base = {"library": files.digest_of(notebooks.library()), "versions": {"python": "3.11.2 (x)"}}
    for path, own in zip(
        stored,
        (
            {"seconds": 12.34, "peak_bytes": 567_890_000},
            {"seconds": 1.0, "peak_bytes": None, "error": "02_a.ipynb, cell [1]: a | `b`"},
            {"source": "other", "versions": {"python": "3.12.1"}},
        ),
        strict=False,
    ):
        source = files.digest_of(notebooks.read_cells(path))
        files.write_json(notebooks.record_path(path, output), {"source": source, **base, **own})
    return output


def test_status_tells_what_each_run_left(left: Path) -> None:
    rows = [line for line in status.page(left).splitlines() if line.startswith("| [")]
    assert rows == [
        "| [`01_a`](notebooks/01_a.ipynb) | passed | 12.3 s | 568 MB |",
        "| [`02_a`](notebooks/02_a.ipynb) | **failed**: `` 02_a.ipynb, cell [1]: a / 'b' `` "
        "| 1.0 s |  |",
        "| [`03_a`](notebooks/03_a.ipynb) | passed (an earlier text or library) |  |  |",
        "| [`04_a`](notebooks/04_a.ipynb) | not run |  |  |",
    ]


def test_another_library_is_said(left: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notebooks, "library", lambda: {"stip.py": "other"})
    assert "| passed (an earlier text or library) | 12.3 s |" in status.page(left)


def test_runs_of_the_same_versions_share_a_table(left: Path) -> None:
    text = status.page(left)
    assert "Of `01_a`, `02_a`:\n\n| package | version |\n| --- | --- |\n| python | 3.11.2 |" in text
    assert "Of `03_a`:\n\n| package | version |\n| --- | --- |\n| python | 3.12.1 |" in text


def test_without_any_run_every_notebook_is_not_run(tmp_path: Path) -> None:
    text = status.page(tmp_path)
    assert text.count("| not run |") == len(notebooks.NOTEBOOKS)
    assert "## Versions" not in text


def test_a_record_of_an_earlier_suite_is_read(left: Path) -> None:
    """It had neither time nor versions."""
    path = notebooks.NOTEBOOKS[3]
    source = files.digest_of(notebooks.read_cells(path))
    files.write_json(notebooks.record_path(path, left), {"source": source, "key": "x"})
    run = status.last_run(path, left)
    assert (run.outcome, run.current, run.seconds, run.versions) == ("passed", False, None, {})


# ---------------------------------------------------------------- putting it into place


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A site that was made before; Sphinx is one that writes a single file."""

    def sphinx(work: Path) -> None:
        files.write_text(work / "html" / build.MARK, "new")

    monkeypatch.setattr(build, "NEEDED", {})
    monkeypatch.setattr(tree, "stage", lambda folder: folder.mkdir())
    monkeypatch.setattr(build, "_sphinx", sphinx)
    for name in (build.MARK, "page_of_old.html"):
        files.write_text(tmp_path / "site" / name, "old")
    return tmp_path / "site"


def content(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir()}


def test_a_new_site_takes_the_place_of_the_old(made: Path) -> None:
    build.build(made)
    assert content(made) == {build.MARK: "new"}
    assert [path.name for path in made.parent.iterdir()] == ["site"]


def test_the_old_site_stays_when_the_new_one_fails(
    made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(work: Path) -> None:
        files.write_text(work / "html" / build.MARK, "half")
        raise InputError("no")

    monkeypatch.setattr(build, "_sphinx", fails)
    with pytest.raises(InputError):
        build.build(made)
    assert content(made) == {build.MARK: "old", "page_of_old.html": "old"}
    assert [path.name for path in made.parent.iterdir()] == ["site"]


def test_missing_packages_are_named(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "NEEDED", {"no_module": "no-package", "json": "x", "none": "other"})
    with pytest.raises(InputError, match=r"^the site needs no-package, other: pip install"):
        build.build(made)


def test_another_mathjax_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "other_mathjax"
    files.write_text(package / "__init__.py", "")
    files.write_text(package / "static" / "mathjax" / "tex-svg.js", "alert()")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(tree, "MATHJAX", "other_mathjax")
    with pytest.raises(InputError, match=r"is not MathJax 3\.2\.2's"):
        tree.mathjax(tmp_path / "copy")
