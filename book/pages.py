"""The pages that the book has beside those of the checkout: front, index of equations, figures."""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from har_lib import executed, files, notebooks
from har_lib.errors import InputError
from har_lib.paper import FIGURES

#: The number of an equation, in its LaTeX.
TAG = re.compile(r"\\tag\{(\d+)\}")
#: Pages of ``docs/`` about the paper, in the order of reading; all others are about running it.
PAPER = ("equations", "errata", "ambiguities")


def front(root: Path = files.ROOT) -> str:
    """README as the first page, and the order in which the others follow it.

    Parameters
    ----------
    root : Path
        A checkout.
    """
    docs = sorted(path.stem for path in (root / "docs").glob("*.md"))
    parts = {
        "The notebooks": [f"notebooks/{path.stem}" for path in notebooks.NOTEBOOKS],
        "The findings": ["REPLICATION", "figures", "status"],
        "The paper, line by line": ["equation_index", *(f"docs/{name}" for name in PAPER)],
        "Running it": [f"docs/{name}" for name in docs if name not in PAPER],
    }
    trees = [_toctree(caption, pages) for caption, pages in parts.items()]
    return "\n\n".join([(root / "README.md").read_text(encoding="utf-8").rstrip(), *trees]) + "\n"


def _toctree(caption: str, pages: Sequence[str]) -> str:
    lines = ["```{toctree}", ":hidden:", f":caption: {caption}", "", *pages, "```"]
    return "\n".join(lines)


def _sections(stem: str) -> dict[int, str]:
    """Number of each equation that a notebook prints -> the heading that it stands under."""
    found: dict[int, str] = {}
    heading = ""
    for cell in notebooks.read_cells(files.ROOT / "notebooks" / f"{stem}.ipynb"):
        if cell["type"] != "markdown":
            continue
        for line in cell["source"].splitlines():
            if line.startswith("#"):
                heading = line.lstrip("# ")
            for number in TAG.findall(line):
                found[int(number)] = heading
    return found


def equation_index() -> str:
    """Number -> where it is explained, where it is computed, and all that is known of it."""
    # Here, as it brings torch, which takes seconds.
    from har_lib import traceability

    head = "| equation | explained in | computed by | print, misprint, tests |"
    rows = []
    for number, thread in traceability.threads().items():
        module = thread.function.partition(".")[0]
        (stem,) = thread.cells
        cell = f"notebooks/{stem}.ipynb#equation-{number}"
        rows.append(
            f"| [({number})]({cell}) | [{_sections(stem)[number]}]({cell}) "
            f"| [`{thread.function}`](har_lib/{module}.py) "
            f"| [in full](docs/equations.md#equation-{number}) |"
        )
    return "\n\n".join(
        [
            "# Index of equations",
            "From a number of the paper to the place in a notebook that explains it, and to the "
            "line of the function that computes it.",
            "\n".join([head, "|---|---|---|---|", *rows]),
        ]
    )


def figures() -> str:
    """Every figure that is kept, with its numbers and its origin beside it."""
    names = sorted(path.stem for path in (files.ROOT / "figures").glob("*.png"))
    order = [figure.id for figure in FIGURES.values() if figure.id in names]
    return "\n\n".join(
        [
            "# The figures",
            "The paper's figures, drawn anew, and those of the audit. Each stands beside the "
            "numbers that it draws and the settings that it comes from.",
            *(_figure(name) for name in order + [name for name in names if name not in order]),
        ]
    )


def _figure(name: str) -> str:
    origin = files.read_json(files.ROOT / "figures" / f"{name}.json")
    if name in FIGURES:
        own = FIGURES[name]
        title = f"Figure {own.number}{own.part} of the paper: {own.shows}"
    else:
        title = name.replace("_", " ").capitalize()
    notebook = origin["notebook"]
    return "\n\n".join(
        [
            f"({name})=",
            f"## {title}",
            "\n".join([f"```{{image}} figures/{name}.png", f":alt: {one_line(origin)}", "```"]),
            f"Drawn in [`{notebook}`](notebooks/{notebook}.ipynb); "
            f"[its numbers](figures/{name}.csv), [its origin](figures/{name}.json).",
        ]
    )


def one_line(origin: dict[str, str]) -> str:
    r"""What a kept figure shows, in one line.

    Examples
    --------
    >>> one_line({"alt": "Bars,\nand a line."})
    'Bars, and a line.'
    """
    return " ".join(origin["alt"].split())


def notebook(path: Path) -> str:
    """A stored notebook with words at its pictures, and with its parameters folded away.

    Words are given to a cell as a whole, so further pictures of a cell go into cells of their own
    that show no source.

    Raises
    ------
    InputError
        If a picture has no words.
    """
    content = files.read_json(path)
    cells: list[dict[str, Any]] = []
    for number, cell in enumerate(content["cells"], start=1):
        parts = _with_a_picture_each(cell.get("outputs", []))
        for part in parts:
            words = [
                output["metadata"].get("image/png", {}).get("alt", "").strip()
                for output in part
                if _is_picture(output)
            ]
            if "" in words:
                raise InputError(
                    f"{path.name}, cell {number}: a picture without words; show it by session.show"
                )
            shown = cell
            if part is not parts[0]:
                shown = {
                    **cell,
                    "id": f"{cell.get('id', number)}-{len(cells)}",
                    "source": ["# and"],
                }
                # Without any source it would be left out; this one is not shown.
                shown["metadata"] = {"tags": ["remove-input"]}
            if "outputs" in cell:
                shown["outputs"] = part
            if words:
                shown["metadata"]["mystnb"] = {"image": {"alt": words[0]}}
            cells.append(shown)
        if "parameters" in cell["metadata"].get("tags", []):
            cell["metadata"]["tags"].append("hide-input")
    return json.dumps({**content, "cells": cells}, ensure_ascii=False)


def _is_picture(output: Mapping[str, Any]) -> bool:
    return "image/png" in output.get("data", {})


def _with_a_picture_each(outputs: Sequence[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Outputs in order, divided before every picture but the first; results are not shown."""
    parts: list[list[dict[str, Any]]] = [[]]
    for output in outputs:
        if executed.MIME in output.get("data", {}):
            continue
        if _is_picture(output) and any(map(_is_picture, parts[-1])):
            parts.append([])
        parts[-1].append(output)
    return parts
