"""What a universe costs in multiversum, a notebook for each, before it computes anything.

multiversum (https://pypi.org/project/multiversum/) runs every combination of its dimensions as a
notebook of its own, through papermill, with a kernel of its own. `har multiverse` runs a balanced
sample of the combinations in processes that stay. Here multiversum runs a notebook that imports
what a universe needs and does nothing; the same processes of ours import once and answer at once.
multiversum is installed into a temporary folder, for which a package index is needed.

Run: python -m benchmarks.multiversum_cost
"""

import argparse
import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_notebook

from har_lib import files
from har_lib.cli import answered
from har_lib.errors import InputError
from har_lib.multiverse import UNIVERSES
from har_lib.multiverse_axes import AXES

#: multiversum, and what it needs beyond what the suite has.
REQUIREMENTS = ("multiversum==0.7.2", "rich", "click", "markdown-it-py", "mdurl", "pygments")

#: What a universe's notebook would begin with, and nothing more.
CELLS = (
    ("settings = ''", ["parameters"]),
    ("from har_lib import multiverse_run", []),
    ("from multiversum import Universe\nuniverse = Universe(settings, metrics={})", []),
    (
        "import pandas as pd\nuniverse.save_data(pd.DataFrame({'number': [1]}))",
        [],
    ),
)

#: Run with multiversum in reach: how many universes, processes, folder.
PEER = """
import sys
from pathlib import Path
from multiversum import MultiverseAnalysis
universes, jobs, folder = int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
analysis = MultiverseAnalysis(
    dimensions={"number": list(range(universes))},
    universe=folder / "universe.ipynb",
    output_dir=folder / "output",
)
analysis.generate_grid()
analysis.examine_multiverse(n_jobs=jobs)
print(len(analysis.aggregate_data(save=False)))
"""


def measure(universes: int, jobs: int) -> float:
    """Seconds a universe of multiversum takes that computes nothing, over all processes.

    Raises
    ------
    InputError
        If multiversum cannot be installed or has not run all.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps"]
        try:
            subprocess.run(
                [*install, "--target", str(folder / "packages"), *REQUIREMENTS], check=True
            )
        except subprocess.CalledProcessError as error:
            raise InputError(f"multiversum cannot be installed: {error}") from error
        cells = [new_code_cell(text, metadata={"tags": tags}) for text, tags in CELLS]
        kernel = {
            "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}
        }
        files.write_text(
            folder / "universe.ipynb", nbformat.writes(new_notebook(cells=cells, metadata=kernel))
        )
        path = os.pathsep.join([str(folder / "packages"), str(files.ROOT)])
        start = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-c", PEER, str(universes), str(jobs), name],
            env={**os.environ, "PYTHONPATH": path},
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        seconds = time.perf_counter() - start
        if done.returncode or int(done.stdout.split()[-1]) != universes:
            raise InputError(f"multiversum has not run all: {done.stderr[-400:]}")
        return seconds / universes


def main(words: Sequence[str] | None = None) -> int:
    """Print what was measured."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.multiversum_cost",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--universes", type=int, default=12, metavar="N")
    parser.add_argument("--jobs", type=int, default=2, metavar="N", help="processes")
    given = parser.parse_args(words)

    def run() -> None:
        seconds = measure(given.universes, given.jobs)
        combinations = math.prod(len(axis.levels) for axis in AXES)
        print(
            f"{given.universes} universes that compute nothing: {seconds:.2f} s each with "
            f"{given.jobs} processes, {seconds * UNIVERSES / 60:.0f} minutes for {UNIVERSES}"
        )
        print(f"all combinations of the {len(AXES)} axes, which it would run: {combinations:.1e}")

    return answered("multiversum_cost", run)


if __name__ == "__main__":
    sys.exit(main())
