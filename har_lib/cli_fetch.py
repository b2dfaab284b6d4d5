"""The command that fetches data sets."""

import argparse
import sys
from pathlib import Path


def fetch_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``har data fetch``."""
    parser.add_argument("name", metavar="NAME", help="the data set: ucf101")
    parser.add_argument(
        "--output",
        dest="root",
        metavar="DIR",
        type=Path,
        help="where to (default: its own folder in data/)",
    )
    parser.add_argument(
        "--only", choices=("splits", "videos"), default="", help="one of its parts (default: both)"
    )
    parser.add_argument(
        "--offline",
        action="store_true",
        help="fetch nothing: say how to bring the files from another machine",
    )


def fetch(arguments: argparse.Namespace) -> None:
    """Fetch, verify and unpack a data set, or say how to get it without a network."""
    from har_lib import files, registry, ucf101_files
    from har_lib.transfer import Unreachable

    registry.parts(arguments.name)
    if arguments.offline:
        print(ucf101_files.offline_note())
        return
    root = arguments.root or files.data_dir() / arguments.name
    try:
        ucf101_files.get(root, arguments.only, progress=True, say=_say)
    except Unreachable:
        print(ucf101_files.offline_note(), file=sys.stderr)
        raise
    if arguments.only != "splits":
        print(f"next: har extract {root}")


def _say(line: str) -> None:
    print(line, flush=True)
