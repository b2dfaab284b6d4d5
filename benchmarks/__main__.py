"""Run the benchmarks: ``make bench``, or ``python -m benchmarks --only ssim``.

A full run writes results/benchmarks.json, from which docs/benchmarks.md is made. Part of a run,
or a quick one, writes build/bench/benchmarks.json, and so does a full one after each benchmark.
Clips and trees that were made stay in build/bench for the next run; stores are removed.
"""

import argparse
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from benchmarks import collection, kernels, measure, one_clip
from benchmarks.measure import Entry, Setting
from har_lib import files
from har_lib.cli import answered

Benchmark = Callable[[Setting], list[Entry]]

#: Name -> what gives its entries.
BENCHMARKS: Mapping[str, Benchmark] = {
    "ssim": kernels.ssim,
    "harris3d": kernels.harris3d,
    "jets": kernels.jets,
    "clip": one_clip.clip,
    "profile": one_clip.profile,
    "naive": one_clip.naive,
    "memory": one_clip.memory,
    "likeness": one_clip.likeness,
    "indexing": collection.indexing,
    "collection": collection.collection,
}


def run(
    names: Sequence[str], setting: Setting, benchmarks: Mapping[str, Benchmark] = BENCHMARKS
) -> list[Entry]:
    """Run benchmarks one after the other; what is finished is written after each."""
    entries: list[Entry] = []
    begun = time.perf_counter()
    for number, name in enumerate(names, start=1):
        start = time.perf_counter()
        entries += benchmarks[name](setting)
        measure.write(setting.folder / "benchmarks.json", entries, setting)
        if setting.progress:
            now = time.perf_counter()
            print(
                f"{number} of {len(names)}: {name}, {now - start:.0f} s, together "
                f"{now - begun:.0f} s",
                file=sys.stderr,
                flush=True,
            )
    return entries


def parser() -> argparse.ArgumentParser:
    """The command line."""
    words = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    words.add_argument(
        "--only", action="append", choices=list(BENCHMARKS), help="run this one (repeatable)"
    )
    words.add_argument("--quick", action="store_true", help="short: to see that all works")
    words.add_argument(
        "--clips",
        type=int,
        default=0,
        metavar="N",
        help=f"clips of the larger tree (default: {collection.LARGE})",
    )
    words.add_argument(
        "--rounds",
        type=int,
        default=0,
        metavar="N",
        help=f"rounds that count (default: {measure.ROUNDS})",
    )
    words.add_argument("--seed", type=int, default=0, help="decides the pictures of the clips")
    words.add_argument("--output", type=Path, metavar="FILE", help="where to write the results")
    return words


def main(words: Sequence[str] | None = None) -> int:
    """Run what the command line asks for, print the table and write the results."""
    given = parser().parse_args(words)
    return answered("benchmarks", lambda: _run_as_asked(given))


def _run_as_asked(given: argparse.Namespace) -> None:
    folder = files.build_dir() / "bench"
    setting = Setting(folder, given.quick, given.clips, given.seed, given.rounds)
    entries = run(given.only or list(BENCHMARKS), setting)
    whole = not (given.only or given.quick)
    output = given.output or (files.ROOT / "results" / "benchmarks.json" if whole else None)
    if output:
        measure.write(output, entries, setting)
    print(measure.table(entries))
    print(f"written to {output or folder / 'benchmarks.json'}")


if __name__ == "__main__":
    sys.exit(main())
