"""The parameters that a notebook offers: one source for their names, types and help."""

import ast
import difflib
import json
import math
import re
import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from har_lib.errors import MALFORMED, InputError, in_short, plain

Value = str | int | float | bool
TYPES: dict[str, Any] = {"str": str, "int": int, "float": float, "bool": bool}
ALLOWED = {
    "str": "text",
    "int": "a whole number",
    "float": "a finite number",
    "bool": "true or false",
}


#: A parameter as papermill reads it: name, type, default, and its help behind a `#`.
_LINE = re.compile(
    r"(?P<name>\w+)\s*:\s*[\"']?(?P<type>\w[\w\[\],\s]*)[\"']?\s*=\s*(?P<default>.*?)"
    r"(\s*#\s*(type:\s*\S*\s*)?(?P<help>.*))?"
)


@dataclass(frozen=True)
class Parameter:
    """One line of a notebook's ``parameters`` cell: ``name: type = default  # help``.

    Examples
    --------
    >>> Parameter("seed", "int", 0, "seed of every random choice").typed("8", "03_stip")
    8
    """

    name: str
    type: str
    default: Value
    help: str

    def typed(self, value: Any, notebook: str) -> Value:
        """Return ``value`` as this parameter's type; text is read, nothing else converted.

        Raises
        ------
        InputError
            If the value is not of the type; the line names parameter, notebook and what is
            allowed.

        Examples
        --------
        >>> fast = Parameter("fast", "bool", True, "skip the slow part")
        >>> fast.typed("false", "03_stip")
        False
        >>> fast.typed("no", "03_stip")
        Traceback (most recent call last):
        har_lib.errors.InputError: fast = 'no' is not allowed in 03_stip: it must be true or \
false (skip the slow part)
        """
        read: Any = _read(value, self.type) if isinstance(value, str) else value
        if self.type == "float" and type(read) is int:
            # A whole number may be larger than any such number is.
            read = float(read) if abs(read) < 2**1023 else math.inf
        # type() and not isinstance(): True is an int, and would pass for 1.
        if type(read) is not TYPES[self.type] or (
            isinstance(read, float) and not math.isfinite(read)
        ):
            raise InputError(
                f"{self.name} = {in_short(value)} is not allowed in {notebook}: "
                f"it must be {ALLOWED[self.type]} ({self.help})"
            )
        return read


def _read(text: str, kind: str) -> Value | None:
    """Read a value typed at the command line; None where it is not of that kind."""
    if kind == "bool":
        return {"true": True, "false": False}.get(text.strip().lower())
    try:
        value: Value = TYPES[kind](text)
    except ValueError:
        return None
    return value


def read_cells(path: Path) -> list[dict[str, Any]]:
    """Type, source and tags of a notebook's cells, read without the notebook libraries.

    Importing those takes a second, more than the whole check for stale notebooks may.
    """
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        return [
            {
                "type": cell["cell_type"],
                "source": "".join(cell["source"]),
                "tags": list(cell.get("metadata", {}).get("tags", [])),
            }
            for cell in cells
        ]
    except (OSError, *MALFORMED) as error:
        why = plain(f"{type(error).__name__}: {error}")
        raise InputError(f"{path} cannot be read as a notebook: {why}") from error


def parameters(path: Path) -> dict[str, Parameter]:
    """Read the parameters that a notebook offers, as papermill sees them.

    Papermill itself is not asked: to import it takes longer than a wrong name may wait for its
    answer.

    Parameters
    ----------
    path : Path
        The notebook. Its ``parameters`` cell, the first so tagged, holds lines
        ``name: type = default  # help`` with types str, int, float and bool.

    Returns
    -------
    dict
        Name -> Parameter, in the notebook's order; empty without such a cell.

    Raises
    ------
    InputError
        If a line is one that papermill would silently pass over, or has another type.
    """
    tagged = (cell["source"] for cell in read_cells(path) if "parameters" in cell["tags"])
    source = next(tagged, "")
    try:
        statements = ast.parse(source).body
        names = [ast.unparse(each.target) for each in statements]  # type: ignore[attr-defined]
    except (SyntaxError, *MALFORMED) as error:
        raise InputError(
            f"{path.name}: the parameters cell must hold only lines "
            f"`name: type = value  # help` ({plain(error)})"
        ) from error
    lines, found = source.splitlines(), {}
    for name, statement in zip(names, statements, strict=True):
        line = lines[statement.lineno - 1].strip()
        seen = _LINE.fullmatch(line)
        # Papermill joins the lines of a statement and gives up where there is a second `=`.
        if seen is None or line.count("=") != 1 or statement.lineno != statement.end_lineno:
            raise InputError(
                f"{path.name}: papermill does not see the parameter {plain(name)}: "
                "one line each, no `=` in its help, and no `|` in its type"
            )
        found[name] = _parameter(
            path.name, name, seen["type"].strip(), seen["default"], (seen["help"] or "").strip()
        )
    return found


def _parameter(where: str, name: str, kind: str, default: str, help: str) -> Parameter:
    """Check and type the parts of one line."""
    if kind not in TYPES:
        raise InputError(
            f"{where}: the parameter {name} has type {plain(kind)}; allowed are " + ", ".join(TYPES)
        )
    if not help:
        raise InputError(f"{where}: the parameter {name} has no help; write it behind a `#`")
    try:
        value = ast.literal_eval(default)
    except (SyntaxError, *MALFORMED) as error:
        said = plain(default)
        raise InputError(f"{where}: the default of {name} is no literal: {said}") from error
    parameter = Parameter(name, kind, value, help)
    if isinstance(value, str) and kind != "str":
        raise InputError(f"{where}: the default of {name} is text, not {kind}")
    return Parameter(name, kind, parameter.typed(value, where), help)


def table(known: Mapping[str, Parameter], width: int = 100) -> str:
    """Name, type, default and help of parameters, wrapped to a width.

    Examples
    --------
    >>> print(table({"seed": Parameter("seed", "int", 0, "seed of every random choice")}, 40))
      seed  int = 0
            seed of every random choice
    """
    column = max(map(len, known), default=0) + 4
    lines = []
    for name, parameter in known.items():
        lines.append(f"  {name:<{column - 2}}{parameter.type} = {parameter.default!r}")
        room = max(width - column, 20)
        lines += [" " * column + line for line in textwrap.wrap(parameter.help, room)]
    return "\n".join(lines)


#: More names than this are too many for one line.
MOST_NAMED = 20


def check_names(names: Iterable[str], known: Iterable[str], where: str) -> None:
    """Refuse the first name that is not known, and suggest close ones.

    Examples
    --------
    >>> check_names(["thershold"], ["threshold", "seed"], "01_keyframes")
    Traceback (most recent call last):
    har_lib.errors.InputError: 01_keyframes has no parameter 'thershold'; did you mean threshold?
    """
    known = sorted(set(known))
    for name in names:
        if name not in known:
            close = difflib.get_close_matches(name.lower(), known, n=3)
            few = len(known) <= MOST_NAMED
            every = f"it has: {', '.join(known)}" if few else "har choices and --help list them"
            hint = f"did you mean {' or '.join(close)}?" if close else every
            raise InputError(f"{where} has no parameter {in_short(name)}; {hint}")


def escaped(path: Path) -> str:
    """Path as papermill wants it, which fills in what stands in braces."""
    return str(path).replace("{", "{{").replace("}", "}}")
