"""What the last run of each notebook left: passed or not, how long, how much memory, with what."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from har_lib import files, markdown, notebooks


@dataclass(frozen=True)
class Run:
    """The last run of a notebook.

    Attributes
    ----------
    notebook : str
        The notebook's name.
    outcome : str
        ``passed``, ``failed`` or ``not run``.
    error : str
        What it failed with.
    current : bool
        It was this text and this library that ran.
    seconds : float or None
        From its start to its end.
    peak_bytes : int or None
        Most bytes of memory that its kernel held.
    versions : dict
        Package -> version, with Python itself.
    """

    notebook: str
    outcome: str = "not run"
    error: str = ""
    current: bool = False
    seconds: float | None = None
    peak_bytes: int | None = None
    versions: dict[str, str] = field(default_factory=dict)


def last_run(path: Path, output: Path) -> Run:
    """What a run into ``output`` left of a notebook.

    Parameters
    ----------
    path : Path
        The stored notebook.
    output : Path
        What ``har replicate`` wrote into.
    """
    record_path = notebooks.record_path(path, output)
    if not record_path.is_file():
        return Run(path.stem)
    record: dict[str, Any] = files.read_json(record_path)
    error = record.get("error", "")
    return Run(
        path.stem,
        outcome="failed" if error else "passed",
        error=error,
        current=record["source"] == files.digest_of(notebooks.read_cells(path))
        and record.get("library") == files.digest_of(notebooks.library()),
        seconds=record.get("seconds"),
        peak_bytes=record.get("peak_bytes"),
        versions=record.get("versions", {}),
    )


def _told(run: Run) -> str:
    if run.outcome == "not run":
        return run.outcome
    told = f"**failed**: {_literal(run.error)}" if run.error else run.outcome
    return told if run.current else f"{told} (an earlier text or library)"


def _literal(text: str) -> str:
    """Text that no Markdown is read in, for a cell of a table."""
    return f"`` {text.replace('`', chr(39)).replace('|', '/')} ``"


def _row(run: Run) -> str:
    seconds = "" if run.seconds is None else f"{run.seconds:.1f} s"
    peak = "" if run.peak_bytes is None else f"{run.peak_bytes / 1e6:.0f} MB"
    name = f"[`{run.notebook}`](notebooks/{run.notebook}.ipynb)"
    return f"| {name} | {_told(run)} | {seconds} | {peak} |"


def _versions(runs: list[Run]) -> list[str]:
    """The versions of each run, one table for all runs of the same."""
    parts = []
    for versions in {tuple(run.versions.items()): run.versions for run in runs}.values():
        if not versions:
            continue
        names = ", ".join(f"`{run.notebook}`" for run in runs if run.versions == versions)
        # Of Python the number alone, not how it was built.
        rows = [[name, version.split()[0]] for name, version in versions.items()]
        parts.append(f"Of {names}:")
        parts.append(markdown.table(["package", "version"], rows))
    return ["## Versions", *parts] if parts else []


def page(output: Path) -> str:
    """The page of the last run of every notebook, as Markdown.

    Parameters
    ----------
    output : Path
        What ``har replicate`` wrote into.
    """
    runs = [last_run(path, output) for path in notebooks.NOTEBOOKS]
    head = "| notebook | outcome | run time | peak memory |"
    return "\n\n".join(
        [
            "# Status of the notebooks",
            "Read when this site was made, from what the last `make replicate` on the same machine "
            "left. *Passed*: every cell ran, its checks included. The outputs shown in this book "
            "are the stored ones; `make test` holds a fresh run against them. Run time is of the "
            "whole notebook, and short where the store already has the features; peak memory is "
            "that of the notebook's own process, without those that it starts, and is known on "
            "Linux only.",
            "\n".join([head, "|---|---|---:|---:|", *map(_row, runs)]),
            *_versions(runs),
        ]
    )
