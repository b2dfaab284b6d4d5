"""The command that writes the replication report."""

import argparse
from pathlib import Path


def report_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``har report``."""
    parser.add_argument(
        "--output",
        metavar="DIR",
        type=Path,
        help="where REPLICATION.md and REPLICATION.html go (default: build/)",
    )
    parser.add_argument(
        "--results",
        metavar="DIR",
        type=Path,
        help="results to report instead of the checkout's: a folder with builtin/ and recorded/",
    )


def report(arguments: argparse.Namespace) -> None:
    """Write the report as Markdown and as HTML."""
    from har_lib import files, replication_report
    from har_lib.replication_sources import Sources

    sources = Sources(arguments.results) if arguments.results else Sources()
    output = arguments.output or files.build_dir()
    replication_report.write(output, sources)
    print(f"the report is in {output / 'REPLICATION.md'} and {output / 'REPLICATION.html'}")
