"""What an executed notebook says of itself: the parameters it ran with and the results it found.

A notebook keeps its results in the output of the cell that records them, as a MIME type of its
own that no viewer shows. So the one file that papermill or JupyterLab leaves behind is enough.
"""

import ast
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from har_lib.errors import MALFORMED, InputError, plain, read_as
from har_lib.notebook_parameters import read_cells

#: Under this type a cell's output holds the results.
MIME = "application/vnd.har.results+json"

#: Keys of the results that say where they come from, and nothing of what was found.
PROVENANCE = frozenset({"notebook", "data", "data_digest", "profile", "seed", "choices", "claimed"})

Scalar = str | int | float | bool | None


def keep(results: Mapping[str, Any]) -> None:
    """Keep results in the output of the notebook's cell that runs; nothing of it is seen.

    Outside of a notebook nothing happens.

    Parameters
    ----------
    results : mapping
        Plain values, as JSON can hold them; they are kept as a JSON file would give them back.
    """
    from IPython import get_ipython
    from IPython.display import display

    if get_ipython() is None:
        return
    # JavaScript knows one kind of number: a browser that saves the notebook makes 2 of 2.0.
    plain = json.loads(json.dumps(dict(results), allow_nan=False), parse_float=_as_in_javascript)
    # Viewers that know no type of an output complain of it where all can see; empty text is shown
    # as nothing.
    display({MIME: plain, "text/plain": ""}, raw=True)


def _as_in_javascript(digits: str) -> int | float:
    number = float(digits)
    return int(number) if number.is_integer() and abs(number) < 2**53 else number


def results(path: Path | str) -> dict[str, Any]:
    """Read the results that an executed notebook keeps, the last if it kept some twice.

    Parameters
    ----------
    path : Path or str
        The executed notebook, as ``har run``, papermill or JupyterLab left it.

    Returns
    -------
    dict
        What the notebook also wrote to its JSON file: its origin and what was found.

    Raises
    ------
    InputError
        If the file is no notebook, was not run to its end, or keeps no results.
    """
    found = kept(Path(path))
    if found is None:
        raise InputError(f"{path} keeps no results: run it, by har run or papermill")
    return found


def kept(path: Path) -> dict[str, Any] | None:
    """The results that an executed notebook keeps, or None; errors as for `results`."""
    found: dict[str, Any] | None = None
    with read_as("an executed notebook", path, "run it again"):
        for output in _outputs(path):
            if output.get("output_type") == "error":
                raise InputError(
                    f"{path} was not run to its end: {plain(output.get('ename'))} in one of its "
                    "cells"
                )
            results = output.get("data", {}).get(MIME)
            found = found if results is None else {**results}
    return found


def _outputs(path: Path) -> Iterator[dict[str, Any]]:
    try:
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            yield from cell.get("outputs", [])
    except (OSError, *MALFORMED) as error:
        why = plain(f"{type(error).__name__}: {error}")
        raise InputError(f"{path} cannot be read as a notebook: {why}") from error


def parameters(path: Path | str) -> dict[str, Any]:
    """Read the parameters that an executed notebook ran with.

    Those of its ``parameters`` cell, and over them those that papermill wrote below it.

    Raises
    ------
    InputError
        If the file is no notebook, or one of these cells holds more than plain assignments.
    """
    cells = read_cells(Path(path))
    found: dict[str, Any] = {}
    for tag in ("parameters", "injected-parameters"):
        for cell in cells:
            if tag in cell["tags"]:
                found |= _assigned(Path(path), cell["source"])
    return found


def _assigned(path: Path, source: str) -> dict[str, Any]:
    try:
        found = {}
        for line in ast.parse(source).body:
            # `name: type = value` has one target, papermill's `name = value` a list of them.
            target = line.target if isinstance(line, ast.AnnAssign) else line.targets[0]  # type: ignore[attr-defined]
            found[ast.unparse(target)] = ast.literal_eval(line.value)  # type: ignore[attr-defined]
        return found
    except (SyntaxError, *MALFORMED) as error:
        raise InputError(
            f"{path}: its parameters cells must hold only assignments of plain values "
            f"({plain(error)})"
        ) from error


def scalars(results: Mapping[str, Any]) -> dict[str, Scalar]:
    """Every single value of some results by its dotted name, without where they come from.

    Lists have no fixed length, so they are no columns of a table and are left out.

    Examples
    --------
    >>> scalars({"seed": 0, "points": 12, "methods": {"SVM": {"recall": 0.5, "folds": [1, 2]}}})
    {'points': 12, 'methods.SVM.recall': 0.5}
    """
    return {
        name: value
        for key, part in results.items()
        if key not in PROVENANCE
        for name, value in _flat(key, part)
    }


def _flat(name: str, part: Any) -> Iterator[tuple[str, Scalar]]:
    if isinstance(part, Mapping):
        for key, value in part.items():
            yield from _flat(f"{name}.{key}", value)
    elif not isinstance(part, list):
        yield name, part
