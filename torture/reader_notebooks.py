"""Executed notebooks, and the records of their runs: how they are made, and how they are read."""

import json
from pathlib import Path
from typing import Any

from har_lib import files


def write_notebook(path: Path) -> None:
    from har_lib import executed

    source = "seed: int = 0  # seed of everything random\nfast: bool = True  # skip the slow part"
    found = {"notebook": "03_stip", "points": 12, "methods": {"SVM": {"recall": 0.5}}}
    output = {"output_type": "display_data", "metadata": {}, "data": {executed.MIME: found}}
    stream = {"output_type": "stream", "name": "stdout", "text": ["12 points\n"]}
    cells = [
        {"cell_type": "markdown", "metadata": {}, "source": ["# Title\n", "text"]},
        _code(source, ["parameters"]),
        _code("seed = 3\n", ["injected-parameters"]),
        {**_code("print(12)", []), "outputs": [stream, output]},
    ]
    files.write_json(path, {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def _code(source: str, tags: list[str]) -> dict[str, Any]:
    lines = source.splitlines(keepends=True)
    return {
        "cell_type": "code",
        "execution_count": 1,
        "metadata": {"tags": tags},
        "outputs": [],
        "source": lines,
    }


def make_notebooks(folder: Path) -> None:
    for run in ("first", "second"):
        write_notebook(folder / run / "notebooks" / "03_stip.ipynb")
    # One that keeps no results itself, so that the file beside it is read.
    bare = folder / "first" / "notebooks" / "04_coverage.ipynb"
    write_notebook(bare)
    content = json.loads(bare.read_text())
    content["cells"][-1]["outputs"] = []
    files.write_json(bare, content)
    results = {"notebook": "04_coverage", "cells": 9, "share": 0.25}
    files.write_json(folder / "first" / "results" / "04_coverage.json", results)


def read_notebooks(folder: Path) -> Any:
    from har_lib import notebook_parameters, side_by_side

    runs = [folder / "first", folder / "second"]
    found = side_by_side.rows(runs)
    heads = side_by_side.labels(runs)
    known = notebook_parameters.parameters(folder / "first" / "notebooks" / "03_stip.ipynb")
    return [side_by_side.as_csv(found, heads), side_by_side.table(found, heads), sorted(known)]


def make_records(folder: Path) -> None:
    notebook = folder / "03_stip.ipynb"
    write_notebook(notebook)
    files.write_text(folder / "results" / "03_stip.json", "{}\n")
    made = {"results/03_stip.json": files.digest(folder / "results" / "03_stip.json")}
    record = {"key": "ab", "values": {"seed": 3}, "executed": files.digest(notebook), "made": made}
    files.write_json(folder / "run.json", record)
    known = {"name": "seed", "type": "int", "default": 0, "help": "seed of everything random"}
    files.write_json(folder / "03.json", {**record, "source": "cd", "parameters": [known]})


def read_records(folder: Path) -> Any:
    from har_lib import notebooks, sweep

    path = Path("03_stip.ipynb")
    kept = notebooks.recorded(folder / "03.json")
    return [
        sweep._finished(path, folder, "ab"),
        notebooks.up_to_date(kept, "ab", folder / path, folder),
        notebooks.recorded_parameters(kept),
    ]
