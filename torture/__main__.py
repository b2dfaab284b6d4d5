"""Everything that the suite must survive, in full: ``python -m torture``.

About an hour of work on two cores; parts that are finished are kept in the report, so that a run
that was ended goes on with the next one when it is called again with the same arguments.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from har_lib import files, notebooks
from har_lib.cli import answered
from har_lib.errors import MALFORMED, InputError

#: Part -> how many cases it has unless another number is asked for.
PARTS = {
    "clips": 2000,
    "readers": 2000,
    "archives": 60,
    "downloads": 12,
    "collection": 300,
    "kills": 50,
    "crowd": 10,
    "disasters": 42,
    "memory": 10_000,
}


def main(words: Sequence[str] | None = None) -> int:
    """Run the parts and write the report.

    Returns
    -------
    int
        0; 1 if anything happened that must not; 2 for input that cannot be used; 130 when
        interrupted.
    """
    parser = argparse.ArgumentParser(prog="torture", description=__doc__.splitlines()[0])
    parser.add_argument(
        "--only",
        metavar="PART",
        action="append",
        choices=PARTS,
        help=f"run this part (repeatable): {', '.join(PARTS)}",
    )
    parser.add_argument("--cases", metavar="N", type=int, help="cases of each part")
    parser.add_argument("--seed", metavar="S", type=int, default=0, help="of everything random")
    parser.add_argument(
        "--output",
        metavar="FILE",
        type=Path,
        help="the report (default: build/torture/report.json)",
    )
    parser.add_argument("--anew", action="store_true", help="also parts that are finished")
    arguments = parser.parse_args(words)
    output = arguments.output or files.build_dir() / "torture" / "report.json"
    report: dict[str, Any] = {}
    status = answered(
        "torture",
        lambda: report.update(
            run(
                arguments.only or list(PARTS),
                arguments.cases,
                arguments.seed,
                output,
                arguments.anew,
            )
        ),
    )
    return status or int(any(part["failed"] for part in report.values()))


def run(
    parts: Sequence[str],
    cases: int | None,
    seed: int,
    output: Path,
    anew: bool = False,
    progress: bool = True,
) -> dict[str, dict[str, Any]]:
    """Run those of the parts that the report does not have, and give the report.

    Parameters
    ----------
    parts : sequence of str
        Of `PARTS`.
    cases : int or None
        Of each part; None for its own number.
    seed : int
        Everything random follows from it.
    output : Path
        The report, written after each part. Parts of other runs stay in it.
    anew : bool
        Run parts that the report has, too.
    progress : bool
        Show bars, and a table at the end.

    Returns
    -------
    dict
        Part -> what became of it, of the parts that were asked for.

    Raises
    ------
    InputError
        If there are no cases, or the report cannot be written.
    """
    if cases is not None and cases < 1:
        raise InputError(f"--cases {cases} is not allowed: it must be at least 1")
    files.check_target(output)
    library = files.digest_of([notebooks.library(), _own_sources()])
    for name in parts:
        about = {"cases": cases or PARTS[name], "seed": seed, "library": library}
        kept = _kept(output)
        if not anew and _is(kept.get(name), about):
            continue
        begin = time.monotonic()
        found = import_module(f"torture.{name}").run(about["cases"], seed, progress)
        kept[name] = {
            **about,
            "failed": found.failed,
            "summary": found.summary(),
            "rows": found.rows(),
            "seconds": round(time.monotonic() - begin, 1),
        }
        # In the order of the parts, whatever ran first.
        files.write_json(output, {part: kept[part] for part in PARTS if part in kept})
    report = {name: part for name, part in _kept(output).items() if name in parts}
    if progress:
        print(table(report))
        print(f"the report is {output}")
    return report


def _own_sources() -> dict[str, str]:
    return {path.name: files.digest(path) for path in sorted(Path(__file__).parent.glob("*.py"))}


def _kept(output: Path) -> dict[str, Any]:
    """Parts of the report; none where there is none that can be read."""
    try:
        return dict(files.read_json(output))
    except (OSError, *MALFORMED):
        return {}


def _is(part: Any, about: dict[str, Any]) -> bool:
    """Whether a part of a report is finished, and is that of these arguments and sources."""
    return isinstance(part, dict) and all(part.get(name) == about[name] for name in about)


def table(report: dict[str, dict[str, Any]]) -> str:
    """One line a part.

    Examples
    --------
    >>> print(table({"kills": {"failed": 0, "seconds": 61.2, "summary": "50 kills"}}))
    part         failed  seconds
    kills             0       61  50 kills
    """
    lines = [f"{'part':<12} {'failed':>6} {'seconds':>8}"]
    for name, part in report.items():
        numbers = f"{part['failed']:>6} {part['seconds']:>8.0f}"
        lines.append(f"{name:<12} {numbers}  {part['summary']}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
