"""UCF101's slot in the report, rehearsed: its command end to end on a tree of UCF101's shape.

Run: python -m benchmarks.ucf101_slot. A tree is made, its features are extracted, and the very
command of `REPLICATION.md` is run in a copy of this checkout, so that nothing of the rehearsal
gets among the results. What that takes is written to results/recorded/ucf101_rehearsal.json, with
what it makes for all 13,320 clips: in proportion to frames for the features, to clips for the
rest. Counted are the seconds of all cores together, which other work on the machine hardly
changes.
"""

import argparse
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks import ucf101_tree
from har_lib import files, record, replication_claims
from har_lib.cli import answered
from har_lib.errors import InputError
from har_lib.replication_sources import REHEARSAL, UCF101

#: Clips of the tree, about 5 a class: with fewer, settings cannot be chosen in inner folds.
CLIPS = 505
#: The official split that is rehearsed.
SPLIT = 1
#: What a run needs of a checkout.
NEEDED = ("har_lib", "notebooks", "params", "results", "pyproject.toml")


def checkout(folder: Path) -> Path:
    """A fresh copy of what a run needs of this checkout."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name in NEEDED:
        source = files.ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / name)
    return folder


def size(folder: Path) -> int:
    """Bytes of all files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def command(root: Path, jobs: int, split: int = SPLIT) -> list[str]:
    """The report's own command as words, with the folder of the clips."""
    words = replication_claims.UCF101_COMMAND.format(number=split).split()
    assert words[0] == "har", "the report's command is one of ours"
    return [str(root) if word == "DIR" else word for word in words[1:]] + ["--jobs", str(jobs)]


def _core_seconds() -> float:
    """What all processes that were started here, and have ended, have computed."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _har(words: Sequence[str], home: Path) -> float:
    """Seconds of all cores that one of our commands takes, run in the copy."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(home),
        "HAR_DATA": str(home / "data"),
        "HAR_BUILD": str(home / "build"),
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }
    before = _core_seconds()
    done = subprocess.run(
        [sys.executable, "-m", "har_lib", *words], cwd=home, env=environment, check=False
    )
    if done.returncode:
        raise InputError(f"har {' '.join(words)}: ended with exit code {done.returncode}")
    return _core_seconds() - before


def rehearse(root: Path, home: Path, jobs: int) -> dict[str, Any]:
    """Extract, evaluate and report a tree; seconds of all cores and bytes of each.

    Raises
    ------
    InputError
        If a command fails, or the report does not show what it has made.
    """
    home = checkout(home)
    clips = list((root / "videos").rglob("*.avi"))
    data = ["--dataset", "ucf101", "--data-root", str(root), "--jobs", str(jobs)]
    extraction = _har(["extract", *data], home)
    evaluation = _har(command(root, jobs), home)
    _har(["report"], home)
    name = UCF101[SPLIT - 1]
    found = files.read_json(home / "results" / "recorded" / f"{name}.json")
    page = (home / "build" / "REPLICATION.md").read_text(encoding="utf-8")
    (row,) = [line for line in page.splitlines() if line.startswith(f"| official split {SPLIT} |")]
    if "not run" in row:
        raise InputError(f"the report does not show {name}, which was made: {row}")
    return {
        "clips": len(clips),
        "tested": found["clips"],
        "bytes_of_clips": sum(clip.stat().st_size for clip in clips),
        "extraction_core_seconds": round(extraction, 1),
        "evaluation_core_seconds": round(evaluation, 1),
        "bytes_of_features": size(home / "data"),
        "bytes_of_results": size(home / "build"),
        # Of the largest process.
        "peak_bytes": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        * (1 if sys.platform == "darwin" else 1024),
    }


def extrapolated(row: dict[str, Any], frames: int, every: int) -> dict[str, float]:
    """What all clips would take, in proportion: to frames what is made of frames, or to clips.

    Parameters
    ----------
    row : dict
        Of :func:`rehearse`.
    frames : int
        Frames of its clips.
    every : int
        Frames of as many clips as UCF101 has.

    Examples
    --------
    >>> row = {"clips": 10, "extraction_core_seconds": 3, "evaluation_core_seconds": 5}
    >>> row |= {"bytes_of_features": 7, "bytes_of_results": 1}
    >>> found = extrapolated(row, 100, 1000)
    >>> found["extraction_core_hours"] * 3600, found["evaluation_core_hours"] * 3600
    (30.0, 6660.0)
    """
    by_frames, by_clips = every / frames, ucf101_tree.CLIPS / row["clips"]
    return {
        "clips": ucf101_tree.CLIPS,
        "extraction_core_hours": row["extraction_core_seconds"] * by_frames / 3600,
        "evaluation_core_hours": row["evaluation_core_seconds"] * by_clips / 3600,
        "bytes_of_features": row["bytes_of_features"] * by_frames,
    }


def main(words: Sequence[str] | None = None) -> int:
    """Rehearse from the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.ucf101_slot",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--folder", type=Path, default=files.build_dir() / "ucf101_slot")
    parser.add_argument("--clips", type=int, default=CLIPS, metavar="N", help="of the tree")
    parser.add_argument("--jobs", type=int, default=2, metavar="N", help="processes")
    given = parser.parse_args(words)

    def run() -> None:
        folder = given.folder.absolute()
        root = folder / f"tree-{given.clips}"
        made = ucf101_tree.make(root, given.clips, pool_folder=folder / "pool", jobs=given.jobs)
        row = rehearse(root, folder / "home", given.jobs)
        frames = sum(clip.frames for clip in made)
        every = sum(clip.frames for clip in ucf101_tree.layout())
        said = ["python", "-m", "benchmarks.ucf101_slot", *(words or sys.argv[1:])]
        files.write_json(
            record.FOLDER / f"{REHEARSAL}.json",
            {
                **record.about(said, record.computed_by("experiments")),
                "split": SPLIT,
                "rehearsed": {"frames": frames, **row},
                "all": extrapolated(row, frames, every),
            },
        )

    return answered("ucf101_slot", run)


if __name__ == "__main__":
    sys.exit(main())
