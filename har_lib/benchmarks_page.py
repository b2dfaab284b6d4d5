"""The page of benchmarks, made from ``results/benchmarks.json``: no number is typed."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from har_lib import files, markdown
from har_lib.errors import read_as

#: Where ``make bench`` leaves its numbers.
RESULTS = files.ROOT / "results" / "benchmarks.json"

_REACHED = {True: "yes", False: "**no**", None: ""}

_INTRODUCTION = """\
# Benchmarks

How fast extraction and search are, measured beside their peers: `make bench` runs
[the benchmarks](../benchmarks/__main__.py) and writes [their numbers](../results/benchmarks.json),
from which this page is made. In each round ours and its peer take turns on the same data, in one
process and on one core unless a row says otherwise. Numbers are medians of the rounds, with
quartiles in brackets; the ratio is how many times faster ours is. Clips are
[generated](../benchmarks/moving_scene.py), trees of them have
[UCF101's shape](../benchmarks/ucf101_tree.py). `--only NAME --update` measures a part anew."""


def _number(value: float | str) -> str:
    """At most four digits, as they were written down."""
    if isinstance(value, str):
        return value
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:g}"


def _spread(values: Mapping[str, float] | None) -> str:
    if values is None:
        return ""
    median, low, high = (_number(values[name]) for name in ("median", "low", "high"))
    return median if low == high else f"{median} ({low} to {high})"


def _overview(entries: list[Mapping[str, Any]]) -> str:
    head = ["benchmark", "ours", "peer", "unit", "ratio", "all bounds kept"]
    rows = [
        [
            entry["name"],
            _spread(entry["ours"]),
            _spread(entry["peer"]),
            entry["unit"],
            "" if entry["ratio"] is None else _number(entry["ratio"]),
            _REACHED[entry["reached"]],
        ]
        for entry in entries
    ]
    return markdown.table(head, rows)


def _bounds(entry: Mapping[str, Any]) -> str:
    head = ["bound", "measured", "kept"]
    rows = [
        [
            ("aim: " if each["aim"] else "") + each["text"],
            _number(each["value"]),
            _REACHED[each["reached"]],
        ]
        for each in (*entry["agreement"], *entry["targets"])
    ]
    return markdown.table(head, rows)


def _section(entry: Mapping[str, Any]) -> str:
    rounds = "1 round" if entry["rounds"] == 1 else f"{entry['rounds']} rounds"
    beside = f" Peer: {entry['peer_is']}." if entry["peer_is"] else ""
    parts = [
        f"## {entry['name'][0].upper()}{entry['name'][1:]}",
        f"{entry['what']}. Data: {entry['data']}.{beside} {rounds}.",
    ]
    if entry["agreement"] or entry["targets"]:
        parts.append(_bounds(entry))
    if entry["rows"]:
        head = list(entry["rows"][0])
        body = [[_number(row[name]) for name in head] for row in entry["rows"]]
        parts.append(markdown.table(head, body))
    if entry["notes"]:
        parts.append(" ".join(entry["notes"]))
    return "\n\n".join(parts)


def page(results: Mapping[str, Any] | None = None) -> str:
    """Markdown of the page.

    Parameters
    ----------
    results : mapping, optional
        What ``results/benchmarks.json`` holds; read from there by default.
    """
    if results is None:
        return recorded_page()
    machine, versions = results["machine"], results["versions"]
    about = (
        f"Machine: {machine['processor']}, {machine['cores']} cores, {machine['architecture']}, "
        f"{machine['system']}. "
        + ", ".join(f"{name} {version}" for name, version in versions.items())
        + f". Seed of the pictures: {results['seed']}."
    )
    if results["quick"]:
        about += " **A quick run: it shows that all works and measures little.**"
    entries = results["entries"]
    sections = [_section(entry) for entry in entries]
    return "\n\n".join([_INTRODUCTION, about, _overview(entries), *sections])


def recorded_page(path: Path = RESULTS) -> str:
    """Markdown of the page of results that are kept.

    Raises
    ------
    InputError
        If they are not of the form that ``python -m benchmarks`` writes.
    """
    with read_as("a file of benchmarks", path, "make it with python -m benchmarks"):
        return page(files.read_json(path))
