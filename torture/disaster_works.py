"""Works that meet a disaster: what each does, and what it leaves when it meets none."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from har_lib import cli, files
from torture import processes
from torture.processes import har

_NOTEBOOK = """\
from pathlib import Path
from har_lib import files
found = {"notebook": "10_tiny", "seed": seed, "curve": list(range(20_000))}
files.write_json(Path(output) / "results" / "10_tiny.json", found)
seed"""


@dataclass(frozen=True)
class Work:
    """Something that writes files of one sort below a place.

    ``words`` gives the arguments of Python, from the folder of the material and the place.
    ``clips`` says that it reads the folder of clips, ``goes_on`` names files that hold how far it
    has come: they change until it is done.
    """

    name: str
    words: Callable[[Path, Path], list[Any]]
    clips: bool = True
    grows: tuple[str, ...] = ()
    goes_on: tuple[str, ...] = ()


def material(folder: Path) -> Path:
    """Make what the works read."""
    processes.clips(folder / "clips", 8)
    processes.notebook(folder / "10_tiny.ipynb", _NOTEBOOK)
    return folder


def _own(name: str) -> Callable[[Path, Path], list[Any]]:
    return lambda material, place: ["-m", "torture.disaster_works", name, place]


#: One for each sort of file.
WORKS = (
    Work("store", lambda material, place: har("extract", material / "clips", "--jobs", 1)),
    Work(
        "results",
        lambda material, place: har(
            "export", material / "clips", "--jobs", 1, "--output", place / "features.csv"
        ),
    ),
    Work("figures", _own("figure"), clips=False),
    Work("checkpoints", _own("search"), clips=False, goes_on=("search.npz",)),
    Work(
        "executed notebooks",
        lambda material, place: har(
            "run", material / "10_tiny.ipynb", "--output", place / "executed"
        ),
        clips=False,
    ),
    Work(
        "sweep",
        lambda material, place: har(
            "sweep", material / "10_tiny.ipynb", "-p", "seed", "0-2", "--jobs", 1,
            "--output", place / "sweep",
        ),
        clips=False,
    ),
)  # fmt: skip

NAMES = [work.name for work in WORKS]


def content(place: Path) -> dict[str, str]:
    """Name -> digest of all that is finished; the memory of digests is left to itself."""
    return processes.digests(
        place,
        lambda path: (
            not path.name.startswith(".")
            and path.name not in ("digests.sqlite", "iterations")
            and not path.name.endswith((".failed.ipynb", "-journal"))
        ),
    )


def figure(place: Path) -> None:
    """A figure with its table and its origin, large enough to be written in parts."""
    import numpy as np
    import pandas as pd
    from matplotlib.figure import Figure

    from har_lib import figures

    drawn = Figure()
    drawn.add_subplot().imshow(np.random.default_rng(0).random((200, 200)))
    table = pd.DataFrame({"x": np.arange(5000)})
    figures.save(drawn, place / "figures", "noise", table, {"notebook": "none"}, "noise")


def search(place: Path) -> None:
    """A search with a checkpoint, then what it found."""
    from torture import kill_scenarios

    files.check_folder(place)
    kill_scenarios.search(str(place))


if __name__ == "__main__":
    _, name, where = sys.argv
    work = {"figure": figure, "search": search}[name]
    sys.exit(cli.answered("har", lambda: work(Path(where))))
