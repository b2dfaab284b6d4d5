"""One notebook run with every combination of some values, each run in a folder of its own.

A run is finished when its record is there, which is written last and whole, and says the same
key: the notebook's cells, the values, the library and what it depends on, the data. A sweep that
was ended at any moment goes on with the runs that are missing.

Kernels share the store of features. It is written file by file, whole or not at all, and the same
bits by whoever comes first: two kernels that need the same features at once lose time, not truth.
"""

import csv
import io
import itertools
import math
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from har_lib import common_parameters, executed, files, locks, notebooks, parallel
from har_lib.errors import MALFORMED, InputError, read_as
from har_lib.notebook_parameters import Parameter, Value, check_names, read_cells

#: Of each run, and of the whole sweep.
RECORD, TABLE = "run.json", "sweep.csv"
#: More runs than these are a slip of the hand.
MOST_RUNS = 10_000

_RANGE = re.compile(r"\s*(-?\d+)-(-?\d+)\s*")
_DATA = ("dataset", "data_root", "group_pattern", "group_table")


@dataclass(frozen=True)
class Run:
    """One combination of values.

    Attributes
    ----------
    number : int
        Its place in the product, from 1.
    values : dict
        Every parameter that was given, typed.
    varied : tuple of str
        Names of those that have several values in the sweep.
    """

    number: int
    values: dict[str, Value]
    varied: tuple[str, ...]

    @property
    def name(self) -> str:
        """Name of its folder: the number, and a digest of the values."""
        return f"{self.number:04}-{files.digest_of(self.values)[:8]}"

    def __str__(self) -> str:
        """What is particular to it."""
        return "  ".join(f"{name}={self.values[name]}" for name in self.varied)


def listed(parameter: Parameter, text: str) -> Sequence[Any]:
    """Values as they are written on the command line: split at commas, whole numbers by ranges.

    Raises
    ------
    InputError
        If a range counts down or is endless.

    Examples
    --------
    >>> list(listed(Parameter("seed", "int", 0, "seed"), "0-2"))
    [0, 1, 2]
    >>> listed(Parameter("harris_k", "float", 0.005, "factor"), "1e-3,0.04")
    ['1e-3', '0.04']
    """
    parts = text.split(",")
    if parameter.type == "str":
        return parts
    if parameter.type != "int" or not any(map(_RANGE.fullmatch, parts)):
        return [part.strip() for part in parts]
    return [value for part in parts for value in _range(parameter.name, part)]


def _range(name: str, part: str) -> Sequence[Any]:
    found = _RANGE.fullmatch(part)
    if found is None:
        return [part.strip()]
    first, last = map(int, found.groups())
    if last < first:
        raise InputError(f"{name} = {part} counts down: write {last}-{first}")
    if last - first >= MOST_RUNS:
        raise InputError(f"{name} = {part} are too many values: {MOST_RUNS:,} runs is the most")
    return range(first, last + 1)


def plan(notebook: str, known: Mapping[str, Parameter], given: Mapping[str, Any]) -> list[Run]:
    """The runs of a sweep in the order of the product: the last parameter varies fastest.

    Parameters
    ----------
    notebook : str
        Its name, for errors.
    known : mapping
        The parameters that it offers.
    given : mapping
        Name -> a value, or a list of values.

    Raises
    ------
    InputError
        If a name is unknown, a value is not allowed, by itself or together with others, or the
        runs are too many.
    """
    check_names(given, known, notebook)
    if "output" in given:
        raise InputError("output is given to each run by the sweep: use --output for its folder")
    axes = {
        name: _axis(known[name], values if isinstance(values, list) else [values], notebook)
        for name, values in given.items()
    }
    count = math.prod(map(len, axes.values()))
    if count > MOST_RUNS:
        raise InputError(f"these are {count:,} runs: leave out values until it is {MOST_RUNS:,}")
    varied = tuple(name for name, values in axes.items() if len(values) > 1)
    runs = [
        Run(number, dict(zip(axes, values, strict=True)), varied)
        for number, values in enumerate(itertools.product(*axes.values()), 1)
    ]
    for run in runs:
        common_parameters.check(run.values)
    return runs


def _axis(parameter: Parameter, values: Sequence[Any], notebook: str) -> list[Value]:
    typed = [parameter.typed(value, notebook) for value in values]
    if not typed:
        raise InputError(f"{parameter.name} is given no value")
    if len(set(typed)) < len(typed):
        twice = next(value for value in typed if typed.count(value) > 1)
        raise InputError(f"{parameter.name} = {twice!r} is given twice")
    return typed


def run(
    path: Path,
    known: Mapping[str, Parameter],
    runs: Sequence[Run],
    output: Path,
    jobs: int = 2,
    progress: bool = False,
) -> dict[str, str]:
    """Make the runs that are missing, then the table of all.

    Parameters
    ----------
    path : Path
        The notebook.
    known : mapping
        The parameters that it offers.
    runs : sequence of Run
        From `plan`.
    output : Path
        Folder of the sweep, with a folder for each run.
    jobs : int
        Kernels at a time. Unless a run says otherwise it has no further processes of its own.
    progress : bool
        Show a bar, and say how many runs there are.

    Returns
    -------
    dict
        Name of a run that failed -> why. Its row of the table holds its values alone.

    Raises
    ------
    InputError
        If the data cannot be read, or another run is at work in the folder.
    """
    output = output.absolute()
    with locks.alone(output):
        keys = _keys(path, known, runs)
        missing = [
            each for each in runs if not _finished(path, output / each.name, keys[each.name])
        ]
        if progress:
            print(f"{path.stem}: {len(runs)} runs, {len(runs) - len(missing)} finished", flush=True)
        if missing:
            (output / TABLE).unlink(missing_ok=True)
        own: dict[str, Value] = {"jobs": 1} if "jobs" in known else {}
        tasks = []
        for each in missing:
            folder = output / each.name
            place: dict[str, Value] = {"output": str(folder)} if "output" in known else {}
            tasks.append((path, folder, own | each.values | place, keys[each.name]))
        bar = "runs" if progress and tasks else ""
        reasons = parallel.each(_perform, tasks, jobs, bar, lost=_lost)
        failed = {
            each.name: reason for each, reason in zip(missing, reasons, strict=True) if reason
        }
        files.write_text(output / TABLE, _table(path, output, runs, failed))
    return failed


def _keys(path: Path, known: Mapping[str, Parameter], runs: Sequence[Run]) -> dict[str, str]:
    """Name of a run -> digest of all that its results hang on."""
    source, environment = files.digest_of(read_cells(path)), notebooks.surroundings()
    digests: dict[tuple[Any, ...], str] = {}
    keys = {}
    for each in runs:
        data = tuple(
            each.values.get(name, known[name].default) if name in known else "" for name in _DATA
        )
        if data not in digests:
            digests[data] = _data_digest(*map(str, data))
        keys[each.name] = files.digest_of([source, each.values, environment, digests[data]])
    return keys


def _data_digest(name: str, root: str, pattern: str, table: str) -> str:
    """Digest of a data set; built-in clips are made here, before kernels need them."""
    if not name:  # the notebook takes no data
        return ""
    from har_lib import session

    return session.load_dataset(name, root, pattern, table, progress=True).digest()


def _finished(path: Path, folder: Path, key: str) -> bool:
    try:
        record = files.read_json(folder / RECORD)
        return notebooks.up_to_date(record, key, folder / path.name, folder)
    except (OSError, *MALFORMED):
        return False


def _perform(path: Path, folder: Path, values: dict[str, Value], key: str) -> str:
    """Run the notebook in an empty folder and record it; give back why it failed, or ""."""
    # Kernels of a sweep that was killed may still write for a second, and what they write is right.
    shutil.rmtree(folder, ignore_errors=True)
    copy = folder / path.name
    try:
        notebooks.execute(path, copy, values)
        made = [each for each in folder.rglob("*") if _made(each, copy)]
        record = {
            "key": key,
            "values": values,
            "executed": files.digest(copy),
            "made": {each.relative_to(folder).as_posix(): files.digest(each) for each in made},
        }
        files.write_json(folder / RECORD, record)
    except notebooks.NotebookError as error:
        return error.cause  # where the half-run notebooks are, is said once for all
    except (InputError, OSError) as error:
        return " ".join(str(error).split())
    return ""


def _made(each: Path, copy: Path) -> bool:
    """Whether a file is one that the run made; hidden ones are half written."""
    return each.is_file() and each != copy and not each.name.startswith(".")


def _lost(path: Path, folder: Path, values: dict[str, Value], key: str) -> str:
    return f"{path.name}: {parallel.LOST}"


def _table(path: Path, output: Path, runs: Sequence[Run], failed: Mapping[str, str]) -> str:
    """One line a run: what was varied, then every scalar result; empty where there is none."""
    found = [
        {} if each.name in failed else executed.scalars(results_of(path, output / each.name))
        for each in runs
    ]
    names = list(dict.fromkeys(name for row in found for name in row))
    varied = runs[0].varied
    # A result may be called like a parameter.
    heads = [f"results.{name}" if name in varied else name for name in names]
    content = io.StringIO()
    writer = csv.writer(content, lineterminator="\n")
    writer.writerow([*varied, *heads])
    for each, row in zip(runs, found, strict=True):
        writer.writerow(
            [*(each.values[name] for name in varied), *(row.get(name) for name in names)]
        )
    return content.getvalue()


def results_of(path: Path, folder: Path) -> dict[str, Any]:
    """Results of a finished run: its JSON file, or else what the executed notebook keeps."""
    written = folder / "results" / f"{path.stem}.json"
    if written.is_file():
        with read_as("a file of results", written, "remove the folder of the run"):
            return dict(files.read_json(written))
    return executed.kept(folder / path.name) or {}
