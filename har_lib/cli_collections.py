"""Commands about collections of videos: which there are, whether they are whole, fetching one."""

import argparse
from pathlib import Path

from har_lib import cli_fetch
from har_lib.errors import InputError, printable


def data_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``har data``."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    listing = actions.add_parser(
        "list", help="list the data sets that are known, and what is there"
    )
    listing.set_defaults(act=show)
    checking = actions.add_parser(
        "check", help="look at every video of a folder and list every problem"
    )
    checking.add_argument("folder", metavar="DIR", type=Path, help="folder of the videos")
    checking.add_argument("--jobs", metavar="N", type=int, default=2, help="processes (default: 2)")
    checking.add_argument(
        "--output",
        metavar="FILE",
        type=Path,
        help="table of the problems (default: problems.csv in a folder in build/data/)",
    )
    checking.set_defaults(act=check)
    fetching = actions.add_parser("fetch", help="fetch a data set, verified and resumable")
    cli_fetch.fetch_arguments(fetching)
    fetching.set_defaults(act=cli_fetch.fetch)


def data(arguments: argparse.Namespace) -> None:
    """Do what is asked about a collection."""
    arguments.act(arguments)


def show(arguments: argparse.Namespace) -> None:
    """List the data sets that are known, and what is there of them."""
    from har_lib import datasets, files

    about = {
        "builtin": "articulated figures, drawn and seeded; made when they are needed",
        "ucf101": "har data fetch ucf101 brings it; --dataset ucf101 --data-root DIR uses it",
        "kth": "--dataset kth --data-root DIR, its files as published",
        "folder": "--dataset folder --data-root DIR, any videos as class/clip with groups",
    }
    for name in datasets.NAMES:
        place = files.data_dir() / name
        there = ""
        if place.is_dir():
            count = len(datasets.videos(place))
            there = f" ({count} clips in {place})" if count else f" (no clips yet in {place})"
        print(f"{name:<8} {about[name]}{there}")


def check(arguments: argparse.Namespace) -> None:
    """List every problem of a folder of videos; with one the command fails."""
    from har_lib import checking, datasets, files

    if arguments.jobs < 1:
        raise InputError(f"--jobs {arguments.jobs} is not allowed: it must be at least 1")
    table = arguments.output
    if table is None:
        place = arguments.folder.resolve()
        name = f"{place.name}-{files.digest_of(str(place))[:8]}"
        table = files.build_dir() / "data" / name / "problems.csv"
    elif table.suffix.lower() != ".csv":
        raise InputError(f"--output {table} is not allowed: name a file that ends in .csv")
    files.check_target(table)
    found = checking.check(arguments.folder, arguments.jobs, progress=True)
    table.unlink(missing_ok=True)
    for finding in found.findings:
        print(printable(f"{finding.clip}: {finding.problem}"))
    print(found.summary(), flush=True)
    if datasets.recognised(arguments.folder) == "ucf101":
        _compare_with_lists(arguments.folder)
    if found.findings:
        checking.write(found.findings, table)
        count = len(found.findings)
        raise InputError(
            f"{arguments.folder}: {count} problem{'s' * (count > 1)}, listed in {table}; mend or "
            "remove these clips, or go on with --damaged-clips skip or accept"
        )


def _compare_with_lists(folder: Path) -> None:
    """Say whether all of UCF101 is there; beside the official lists it has to be."""
    from har_lib import ucf101_files

    try:
        print(ucf101_files.check(folder))
    except InputError as error:
        if ucf101_files.has_lists(folder):
            raise
        print(f"a part of UCF101, without the official lists: {error}")
