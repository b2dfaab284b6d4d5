"""Make the site: ``make site``, or ``python -m book --output DIR``.

The pages are README, the report, docs and notebooks as they are stored; no notebook is run.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from har_lib import files
from har_lib.cli import answered


def parser() -> argparse.ArgumentParser:
    """The command line."""
    words = argparse.ArgumentParser(
        prog="python -m book",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    words.add_argument(
        "--output", metavar="DIR", type=Path, help="where the pages go (default: build/site)"
    )
    return words


def main(words: Sequence[str] | None = None) -> int:
    """Make the site that the command line asks for.

    Returns
    -------
    int
        0; 2 when it cannot be made, after one line on stderr.
    """
    given = parser().parse_args(words)
    return answered("book", lambda: _make(given.output or files.build_dir() / "site"))


def _make(output: Path) -> None:
    # Here, so that --help answers where Sphinx is not installed.
    from book.build import build

    build(output.absolute())
    print(f"the book is in {output}: open {output / 'index.html'}")


if __name__ == "__main__":
    sys.exit(main())
