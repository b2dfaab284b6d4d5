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

from benchmarks import collection, kernels, measure, networks, one_clip
from benchmarks.measure import Entry, Setting
from har_lib import files
from har_lib.cli import answered
from har_lib.errors import InputError

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
    "networks": networks.networks,
    "search": networks.search,
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
    words.add_argument(
        "--update",
        action="store_true",
        help="put what --only measures into results/benchmarks.json in place of its former numbers",
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


def _results() -> Path:
    """What git tracks, and docs/benchmarks.md is made from."""
    return files.ROOT / "results" / "benchmarks.json"


def _update(entries: Sequence[Entry], setting: Setting) -> None:
    """Put new entries into the results that are kept, of the same machine and versions."""
    place = _results()
    kept = files.read_json(place)
    measured = setting.folder / "benchmarks.json"
    new = files.read_json(measured)
    # A package that was not listed then had no part in the numbers.
    new["versions"] = {name: new["versions"][name] for name in kept["versions"]} | new["versions"]
    other = [name for name in ("machine", "quick", "seed") if kept[name] != new[name]]
    if new["versions"] | kept["versions"] != new["versions"]:
        other.append("versions")
    if other:
        raise InputError(
            f"{place.name} is of another {', '.join(other)}: numbers of one table must be of one "
            f"machine; run all benchmarks (these are kept in {measured})"
        )
    names = {each.name for each in entries}
    rest = [each for each in kept["entries"] if each["name"] not in names]
    whole = {**kept, "versions": new["versions"], "entries": [*rest, *new["entries"]]}
    files.write_json(place, whole)
    print(measure.table(entries))
    print(f"{len(entries)} entries put into {place}")


def _run_as_asked(given: argparse.Namespace) -> None:
    if given.update and (given.quick or not given.only):
        raise InputError("--update needs --only, and is not for a quick run")
    folder = files.build_dir() / "bench"
    setting = Setting(folder, given.quick, given.clips, given.seed, given.rounds)
    entries = run(given.only or list(BENCHMARKS), setting)
    if given.update:
        _update(entries, setting)
        return
    whole = not (given.only or given.quick)
    output = given.output or (_results() if whole else None)
    if output:
        measure.write(output, entries, setting)
    print(measure.table(entries))
    print(f"written to {output or folder / 'benchmarks.json'}")


if __name__ == "__main__":
    sys.exit(main())
