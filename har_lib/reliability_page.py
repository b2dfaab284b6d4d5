"""The page of what is promised of the suite, with the test of each promise and what was measured.

Numbers come from ``results/torture.json``; none is typed.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from har_lib import files, markdown
from har_lib.errors import read_as
from har_lib.reliability_promises import PROMISES

#: Where ``python -m torture --output results/torture.json`` leaves what it found.
RESULTS = files.ROOT / "results" / "torture.json"


_INTRODUCTION = """\
# Reliability

What may be relied on, and the test that shows it. Each of the studies below has a short form
among the tests; `make torture` runs them in full, in the times that stand there, and keeps the
parts that are finished."""

#: Part of the study -> what is done in it.
STUDIES = {
    "clips": "clips with changed bytes, each read in a process of its own; *changed* are other "
    "pixels, *lost* more than one frame, in a clip that passes as whole",
    "readers": "other files with changed bytes: results, models, tables, parameters, lists",
    "archives": "hostile archives, and whether anything is written outside of their folder",
    "downloads": "servers that misbehave, and downloads that are killed",
    "collection": "a collection of which a tenth is broken in ten ways",
    "kills": "commands ended by SIGKILL at random moments, and run again",
    "crowd": "several commands at once on one store",
    "disasters": "a full disk, a folder that is read-only, data that vanish, a clock that jumps",
    "memory": "a 4K clip, a very long one, ten thousand tiny ones; megabytes of the largest "
    "process, of all together, and above those of a few clips",
}


def page(report: Mapping[str, Any] | None = None) -> str:
    """Markdown of the page.

    Parameters
    ----------
    report : mapping, optional
        What ``python -m torture`` wrote; read from ``results/torture.json`` by default.
    """
    if report is None:
        return recorded_page()
    parts = [_INTRODUCTION]
    for heading, promises in PROMISES.items():
        lines = [
            f"- {each.words} *Tests:* {'; '.join(map(_link, each.tests))}." for each in promises
        ]
        parts += [f"## {heading}", "\n".join(lines)]
    parts += ["## Measured", _measured(report)]
    parts += [_details(name, report[name]) for name in STUDIES if name in report]
    return "\n\n".join(parts)


def recorded_page(path: Path = RESULTS) -> str:
    """Markdown of the page of results that are kept.

    Raises
    ------
    InputError
        If they are not of the form that ``python -m torture`` writes.
    """
    with read_as("a report of torture", path, "make it with python -m torture --output"):
        return page(files.read_json(path))


def _link(test: str) -> str:
    """``test_files.py::test_nothing_is_lost`` as words, which wrap, where the name would not."""
    file, _, name = test.partition("::")
    return f"[{name.removeprefix('test_').replace('_', ' ')}](../tests/{file})"


def _measured(report: Mapping[str, Any]) -> str:
    rows = [
        [f"`{name}`", what, report[name]["summary"], _time(report[name]["seconds"])]
        for name, what in STUDIES.items()
        if name in report
    ]
    return markdown.table(["study", "what is done", "what came of it", "time"], rows)


def _details(name: str, part: Mapping[str, Any]) -> str:
    """The rows of a study, those with the same columns as one table."""
    heading = f"### {name.capitalize()}\n\n{part['cases']} cases, seed {part['seed']}."
    if not part["rows"]:
        return heading
    columns = list(dict.fromkeys(key for row in part["rows"] for key in row))
    rows = [[_cell(row.get(column, "")) for column in columns] for row in part["rows"]]
    return f"{heading}\n\n{markdown.table(columns, rows)}"


def _time(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        value = "; ".join(map(str, value)) or "none"
    text = f"{value:.4g}" if isinstance(value, float) else str(value)
    return markdown.plain(" ".join(text.split()))
