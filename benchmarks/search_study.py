"""The long version of notebook 05: searches against their rivals, the ablation, the centre bias.

Run: python -m benchmarks.search_study. Two cores take about an hour. What is finished is kept in
build/search_study and not computed again: a run that was ended goes on where it stood. The result
is results/recorded/search_study.json, which notebook 05 draws beside its own short version.
"""

import argparse
import dataclasses
import importlib.metadata
import platform
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from har_lib import ablation, centre_bias, contest, files, objectives, parallel, record, shrinkage
from har_lib.cli import answered
from har_lib.contest import Settings
from har_lib.errors import InputError
from har_lib.search_study import REFERENCE

#: Seeds of the contest and of the ablation, and of the benchmark functions.
SEEDS, FUNCTION_SEEDS = 20, 10

#: Modules that the numbers of contest and ablation come from, and those of all numbers.
MODULES = (
    *("ablation", "contest", "order_task", "rivals", "seagull", "seagull_rules", "streams", "box"),
    *("lstm", "population", "training", "metrics", "sequences"),
)
ALL_MODULES = (*MODULES, "shrinkage", "centre_bias", "objectives")

#: Seeds on which the deviation of sep-CMA-ES is chosen; no contest uses them.
CALIBRATION_SEEDS = range(1000, 1004)

#: Boxes in which large weights keep Adam from learning.
WIDE = (0.5, 1.0)

#: Deviation of the noise of a task on which a search alone gets further from chance.
EASIER_NOISE = 1.5


def each_seed(
    name: str,
    function: Callable[..., Any],
    seeds: Sequence[int],
    arguments: Sequence[Any],
    folder: Path,
    jobs: int,
    modules: Sequence[str] = MODULES,
) -> list[Any]:
    """What the function gives for every seed, JSON-like; kept seed by seed, never made twice.

    A change of one of the modules or of an argument makes all anew.
    """
    key = files.digest_of([name, record.sources(modules), [repr(each) for each in arguments]])[:12]
    paths = {seed: folder / f"{name}-{key}-{seed:02d}.json" for seed in seeds}
    missing = [seed for seed in seeds if not paths[seed].is_file()]
    tasks = [(function, seed, arguments, paths[seed]) for seed in missing]
    for _ in parallel.each(_kept, tasks, jobs, progress=name):
        pass
    return [files.read_json(paths[seed]) for seed in seeds]


def _kept(function: Callable[..., Any], seed: int, arguments: Sequence[Any], path: Path) -> None:
    files.write_json(path, function(seed, *arguments))


def _contest(seed: int, size: Settings) -> list[dict[str, Any]]:
    return _plain(contest.rows(seed, contest.enter(seed, size)))


def _at_equal_seconds(
    seed: int, size: Settings, tried: list[dict[str, Any]], seconds: float
) -> list[dict[str, Any]]:
    found = contest.at_equal_seconds(seed, size, _table(tried), seconds)
    return _plain(contest.rows(seed, found))


def _easier(seed: int, size: Settings) -> list[dict[str, Any]]:
    return _plain(contest.rows(seed, contest.searches_alone(seed, size)))


def _ablation(seed: int, size: Settings) -> list[dict[str, Any]]:
    return _plain(pd.DataFrame(ablation.enter(seed, size, 0.0)))


def _plain(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows that JSON can hold: no fitness without a search is None, not NaN."""
    rows: list[dict[str, Any]] = table.astype(object).where(table.notna(), None).to_dict("records")
    return rows


def _table(rows: list[dict[str, Any]]) -> pd.DataFrame:
    return pd.DataFrame(rows).astype({"fitness": float})


def study(
    seeds: int, function_seeds: int, size: Settings, folder: Path, jobs: int
) -> dict[str, Any]:
    """Everything that is recorded."""
    numbers = range(seeds)
    tried = [
        row
        for rows in each_seed("contest", _contest, numbers, [size], folder, jobs)
        for row in rows
    ]
    table = _table(tried)
    seconds = float(table[table.method == REFERENCE].seconds.median())
    longer = each_seed(
        "equal seconds", _at_equal_seconds, numbers, [size, tried, seconds], folder, jobs
    )
    ablated = each_seed("ablation", _ablation, numbers, [size], folder, jobs)
    less = dataclasses.replace(size, noise=EASIER_NOISE, bounds=size.bounds[:1])
    easier = each_seed("less noise", _easier, numbers, [less], folder, jobs)
    calibrated = each_seed(
        "calibration", contest.calibrate, CALIBRATION_SEEDS, [size], folder, jobs
    )
    shrunk = each_seed(
        "shortened draws",
        shrinkage.enter,
        numbers,
        [size, WIDE],
        folder,
        jobs,
        (*MODULES, "shrinkage"),
    )
    runs = centre_bias.measure(
        objectives.OBJECTIVES.values(),
        seeds=range(function_seeds),
        jobs=jobs,
        progress="functions",
    )
    return {
        "what": (
            "searches for the weights of an LSTM and their rivals, on drawn sequences whose order "
            "alone tells their class; one value a seed, data drawn anew for each"
        ),
        "settings": {
            **dataclasses.asdict(size),
            "seeds": seeds,
            "evaluations": size.evaluations,
            "sep_cma_es_spread": contest.SPREAD,
        },
        "machine": {
            "processor": platform.machine(),
            "vector_instructions": torch.backends.cpu.get_cpu_capability(),
            "torch": torch.__version__.split("+")[0],
            "numpy": np.__version__,
            "cmaes": importlib.metadata.version("cmaes"),
        },
        "sources": record.sources(ALL_MODULES),
        "contest": _columns(tried),
        "equal_seconds": {
            "seconds": round(seconds, 3),
            "reference": REFERENCE,
            "iterations": {
                name: contest.affordable(size, table, name, seconds) for name in contest.SEARCHES
            },
            "runs": _columns([row for rows in longer for row in rows]),
        },
        "easier": {
            "noise": EASIER_NOISE,
            "runs": _columns([row for rows in easier for row in rows]),
        },
        "calibration": _columns([row for rows in calibrated for row in rows]),
        "ablation": _columns([row for rows in ablated for row in rows]),
        "shortened_draws": _columns([row for rows in shrunk for row in rows]),
        "centre_bias": centre_bias.as_results(runs),
    }


def _columns(rows: list[dict[str, Any]]) -> dict[str, list[Any]]:
    """Rows as columns: a quarter of the text."""
    digits = {"seconds": 2, "fitness": 5, "clipped": 4, "coherence": 4, "computed": 4, "length": 4}
    return {
        name: [
            round(row[name], digits[name])
            if name in digits and isinstance(row[name], float)
            else row[name]
            for row in rows
        ]
        for name in rows[0]
    }


def parser() -> argparse.ArgumentParser:
    """The command line."""
    words = argparse.ArgumentParser(
        prog="python -m benchmarks.search_study",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    words.add_argument(
        "--seeds", type=int, default=SEEDS, help=f"seeds of contest and ablation (default: {SEEDS})"
    )
    words.add_argument(
        "--function-seeds",
        type=int,
        default=FUNCTION_SEEDS,
        help=f"seeds of each benchmark function (default: {FUNCTION_SEEDS})",
    )
    words.add_argument("--jobs", type=int, default=2, help="processes (default: 2)")
    words.add_argument("--iterations", type=int, default=100, help="of each search (default: 100)")
    words.add_argument(
        "--output",
        type=Path,
        metavar="FILE",
        help="where to write (default: results/recorded/search_study.json for the full study, "
        "build/search_study/short.json else)",
    )
    return words


def main(words: Sequence[str] | None = None) -> int:
    """Run the study that the command line asks for and write it down."""
    given = parser().parse_args(words)
    return answered("search_study", lambda: _run_as_asked(given))


def _run_as_asked(given: argparse.Namespace) -> None:
    if given.seeds < 2 or given.function_seeds < 2:
        raise InputError("seeds and function-seeds must be at least 2: intervals need them")
    size = dataclasses.replace(Settings(), iterations=given.iterations)
    whole = (given.seeds, given.function_seeds, size) == (SEEDS, FUNCTION_SEEDS, Settings())
    folder = files.build_dir() / "search_study"
    output = given.output or (
        record.FOLDER / "search_study.json" if whole else folder / "short.json"
    )
    files.check_target(output)
    files.write_json(output, study(given.seeds, given.function_seeds, size, folder, given.jobs))
    print(f"written to {output}")


if __name__ == "__main__":
    sys.exit(main())
