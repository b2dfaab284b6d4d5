"""Runs side by side: which of their parameters differ, and what each of them found."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from har_lib import executed, files
from har_lib.errors import InputError, printable, read_as

#: Parameters that say where and how a notebook runs, not what it computes.
PLACE = ("output", "jobs")
#: A longer text is cut off in the table, not in the CSV.
MOST_LETTERS = 40


@dataclass(frozen=True)
class Row:
    """One parameter or result, with its value in each run; None where a run has none."""

    kind: str
    name: str
    values: tuple[Any, ...]

    @property
    def differs(self) -> bool:
        """Whether not all runs agree."""
        return any(value != self.values[0] for value in self.values)


@dataclass(frozen=True)
class _Content:
    """Parameters and scalar results of one executed notebook."""

    parameter: Mapping[str, Any]
    result: Mapping[str, Any]


def rows(runs: Sequence[Path]) -> list[Row]:
    """Every parameter, then every scalar result of some runs.

    Parameters
    ----------
    runs : sequence of Path
        Executed notebooks, or folders of ``har run``, of one run of ``har sweep`` or of
        ``har replicate``. Where they hold several notebooks, a result is named with its own.

    Raises
    ------
    InputError
        If a run holds no executed notebook, or none that keeps results.
    """
    found = [_read(run) for run in runs]
    notebooks = list(dict.fromkeys(name for each in found for name in each))
    return [
        *_rows("parameter", found, notebooks, shared=True),
        *_rows("result", found, notebooks, shared=False),
    ]


def _rows(
    kind: str, found: Sequence[Mapping[str, _Content]], notebooks: Sequence[str], shared: bool
) -> list[Row]:
    """Rows of one kind; what is shared and alike in all notebooks is one row."""
    values: dict[str, dict[str, tuple[Any, ...]]] = {}
    for notebook in notebooks:
        parts = [getattr(each[notebook], kind) if notebook in each else {} for each in found]
        for name in dict.fromkeys(name for part in parts for name in part):
            values.setdefault(name, {})[notebook] = tuple(part.get(name) for part in parts)
    merged = []
    for name, by_notebook in values.items():
        first, *others = by_notebook.values()
        if len(notebooks) == 1 or (shared and all(other == first for other in others)):
            merged.append(Row(kind, name, first))
        else:
            merged += [Row(kind, f"{each}.{name}", row) for each, row in by_notebook.items()]
    return merged


def _read(run: Path) -> dict[str, _Content]:
    """Name of a notebook -> what its executed copy in a run holds."""
    paths = _copies(run)
    found = {}
    for path in paths:
        results = _results(path)
        if results is not None:
            # Two files of any names may be two runs of one notebook.
            name = str(results.get("notebook", path.stem if run.is_dir() else ""))
            found[name] = _Content(executed.parameters(path), executed.scalars(results))
    if not found:
        raise InputError(f"{run} keeps no results: run it again, by har run or papermill")
    return found


def _copies(run: Path) -> list[Path]:
    if run.is_file():
        return [run]
    for folder in (run, run / "notebooks"):
        paths = sorted(folder.glob("*.ipynb"))
        whole = [path for path in paths if not path.name.endswith(".failed.ipynb")]
        if whole:
            return whole
        if paths:
            raise InputError(f"{run} was not run to its end: see {paths[0]}")
    raise InputError(f"{run} holds no executed notebook: name a run's folder or its .ipynb file")


def _results(path: Path) -> dict[str, Any] | None:
    """What an executed notebook keeps, or what it wrote to the folder of its run."""
    found = executed.kept(path)
    if found is None:
        folder = path.parent.parent if path.parent.name == "notebooks" else path.parent
        written = folder / "results" / f"{path.stem}.json"
        if written.is_file():
            with read_as("a file of results", written, "run the notebook again"):
                found = dict(files.read_json(written))
    return found


def labels(runs: Sequence[Path]) -> list[str]:
    """Short names of runs: the last part of each path, or the whole where that is not enough.

    Examples
    --------
    >>> labels([Path("build/sweeps/03_stip/0001-ab"), Path("out.ipynb")])
    ['0001-ab', 'out']
    """
    short = [run.stem if run.suffix == ".ipynb" else run.resolve().name for run in runs]
    return short if len(set(short)) == len(short) else [str(run) for run in runs]


def chosen(found: Sequence[Row], everything: bool = False) -> list[Row]:
    """The rows worth showing: those that differ, or all.

    Examples
    --------
    >>> same, other = Row("result", "points", (8, 8)), Row("parameter", "jobs", (1, 2))
    >>> chosen([same, other, Row("parameter", "seed", (0, 1))])
    [Row(kind='parameter', name='seed', values=(0, 1))]
    """
    if everything:
        return list(found)
    return [
        row
        for row in found
        if row.differs and not (row.kind == "parameter" and row.name.split(".")[-1] in PLACE)
    ]


def table(found: Sequence[Row], heads: Sequence[str]) -> str:
    """Rows as aligned text, a line each, under the names of the runs.

    Examples
    --------
    >>> print(table([Row("parameter", "seed", (0, 1)), Row("result", "loss", (0.5, None))], "ab"))
                  a  b
    parameters
      seed        0  1
    results
      loss      0.5  -
    """
    cells, heads = [_shown(row.values) for row in found], [printable(head) for head in heads]
    first = max([len(printable(row.name)) + 2 for row in found] + [len("parameters")])
    widths = [max(map(len, column)) for column in zip(heads, *cells, strict=True)]

    def line(name: str, parts: Sequence[str]) -> str:
        shown = (part.rjust(width) for part, width in zip(parts, widths, strict=True))
        return "  ".join([name.ljust(first), *shown]).rstrip()

    lines, kind = [line("", heads)], ""
    for row, parts in zip(found, cells, strict=True):
        if row.kind != kind:
            kind = row.kind
            lines.append(f"{kind}s")
        lines.append(line(f"  {printable(row.name)}", parts))
    return "\n".join(lines)


def _shown(values: Sequence[Any]) -> list[str]:
    """Values of a row, short; numbers in full where the short ones would look alike."""
    short = [_short(value) for value in values]
    if len(set(short)) < len(set(map(repr, values))):
        return [repr(v) if isinstance(v, float) else s for v, s in zip(values, short, strict=True)]
    return short


def _short(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.6g}"
    text = printable(" ".join(str(value).split()))
    return text if len(text) <= MOST_LETTERS else text[: MOST_LETTERS - 1] + "…"


def as_csv(found: Sequence[Row], heads: Sequence[str]) -> str:
    """Rows as CSV: kind, name, then the value in each run, in full; empty where there is none."""
    content = io.StringIO()
    writer = csv.writer(content, lineterminator="\n")
    writer.writerow(["kind", "name", *heads])
    writer.writerows([row.kind, row.name, *row.values] for row in found)
    return content.getvalue()
