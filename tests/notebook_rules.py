"""What a stored notebook must be, one function a rule: a notebook in, complaints out."""

import ast
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat

from har_lib.errors import InputError
from har_lib.notebooks import parameters
from tests.strict_nbval import exemptions

MOST_CELLS, MOST_LINES = 30, 15
#: A path that only one machine has.
MACHINE_PATH = re.compile(r"(?<![\w.])/(?:home|root|tmp|Users)/|\b[A-Za-z]:\\{1,2}(?=\w{2})")


def _code(notebook: Any) -> list[tuple[int, Any]]:
    """Code cells with their position, from 1, among all cells."""
    return [(i, c) for i, c in enumerate(notebook.cells, 1) if c.cell_type == "code"]


def counts(notebook: Any) -> list[str]:
    """Cells were run once each, from the first to the last, in a fresh kernel."""
    found = [cell.execution_count for _, cell in _code(notebook) if cell.source.strip()]
    wanted = list(range(1, len(found) + 1))
    return [] if found == wanted else [f"execution counts are {found}, not 1 to {len(found)}"]


def clean_outputs(notebook: Any) -> list[str]:
    """No error, and nothing on stderr."""
    return [
        f"cell {index} stores {output.get('name', 'an error')}: "
        + str(output.get("text", output.get("ename")))[:80]
        for index, cell in _code(notebook)
        for output in cell.outputs
        if output.output_type == "error" or output.get("name") == "stderr"
    ]


def no_exemptions(notebook: Any) -> list[str]:
    """No marker takes a cell out of the comparison."""
    return [f"cell {i}: {text}" for i, cell in _code(notebook) for text in exemptions(cell)]


def metadata(notebook: Any) -> list[str]:
    """The kernel is python3; no widget state, and nothing of papermill's."""
    complaints = [f"metadata holds {k}" for k in ("widgets", "papermill") if k in notebook.metadata]
    kernel = notebook.metadata.get("kernelspec", {}).get("name")
    if kernel != "python3":
        complaints.append(f"the kernel is {kernel}, not python3")
    return complaints


def no_machine_path(notebook: Any) -> list[str]:
    """No path of one machine in any source, output or metadata; pictures are not text."""
    complaints = []
    for index, cell in enumerate(notebook.cells, 1):
        texts = [cell.source, repr(dict(cell.metadata))]
        for output in cell.get("outputs", []):
            texts += [output.get("text", ""), "\n".join(output.get("traceback", []))]
            texts += [
                str(value) for mime, value in output.get("data", {}).items() if "image/" not in mime
            ]
        match = next(filter(None, map(MACHINE_PATH.search, texts)), None)
        if match:
            complaints.append(f"cell {index} holds a path of one machine: {match[0]}")
    if MACHINE_PATH.search(repr(notebook.metadata)):
        complaints.append("metadata hold a path of one machine")
    return complaints


def parameter_cell(notebook: Any, folder: Path) -> list[str]:
    """Exactly one ``parameters`` cell, and papermill sees every line of it.

    ``folder`` is a place for the copy that papermill reads.
    """
    tagged = [c for c in notebook.cells if "parameters" in c.metadata.get("tags", [])]
    if len(tagged) != 1 or tagged[0].cell_type != "code":
        return [f"{len(tagged)} cells are tagged parameters, not one code cell"]
    copy = folder / "copy.ipynb"
    nbformat.write(notebook, copy)
    try:
        found = parameters(copy)
    except InputError as error:
        return [str(error)]
    return [] if found else ["the parameters cell has no parameter"]


def size(notebook: Any) -> list[str]:
    """Few cells and short ones; how long the parameters are follows from the configuration."""
    complaints = [
        f"cell {i} has {len(cell.source.splitlines())} lines, more than {MOST_LINES}"
        for i, cell in _code(notebook)
        if len(cell.source.splitlines()) > MOST_LINES
        and "parameters" not in cell.metadata.get("tags", [])
    ]
    if len(notebook.cells) > MOST_CELLS:
        complaints.append(f"{len(notebook.cells)} cells, more than {MOST_CELLS}")
    return complaints


def pictures_have_words(notebook: Any) -> list[str]:
    """Each stored picture says what it shows, for those who cannot see it."""
    return [
        f"cell {index}: a picture without words; show it by session.show or session.save"
        for index, cell in _code(notebook)
        for output in cell.get("outputs", [])
        if "image/png" in output.get("data", {})
        and not output.metadata.get("image/png", {}).get("alt", "").strip()
    ]


def no_algorithm(notebook: Any) -> list[str]:
    """Functions and classes live in har_lib."""
    complaints = []
    for index, cell in _code(notebook):
        try:
            nodes = list(ast.walk(ast.parse(cell.source)))
        except SyntaxError as error:  # a magic: its output or effect is not plain Python's
            complaints.append(f"cell {index} is not plain Python: {error.msg}")
            continue
        kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
        complaints += [f"cell {index} defines {n.name}" for n in nodes if isinstance(n, kinds)]
    return complaints


def opening(notebook: Any) -> list[str]:
    """The first cell is the title, and says which section of the paper it covers."""
    first = notebook.cells[0] if notebook.cells else None
    if first is None or first.cell_type != "markdown" or not first.source.startswith("# "):
        return ["the first cell is no markdown title `# ...`"]
    if not re.search(r"\b[Ss]ections?\b", first.source):
        return ["the first cell does not name the paper's section"]
    return []


def checks(notebook: Any) -> list[str]:
    """A heading Checks, and below it a cell of asserts."""
    for index, cell in enumerate(notebook.cells):
        if cell.cell_type == "markdown" and re.search(r"(?m)^#+ Checks\s*$", cell.source):
            below = [c.source for c in notebook.cells[index + 1 :] if c.cell_type == "code"]
            asserts = any(re.search(r"(?m)^\s*assert\b|assert_\w+\(", source) for source in below)
            return [] if asserts else ["no assert below the heading Checks"]
    return ["no cell is headed Checks"]


#: Every rule that needs the notebook alone, by its name.
RULES: dict[str, Callable[[Any], list[str]]] = {
    rule.__name__: rule
    for rule in (
        counts,
        clean_outputs,
        no_exemptions,
        metadata,
        no_machine_path,
        size,
        pictures_have_words,
        no_algorithm,
        opening,
        checks,
    )
}
