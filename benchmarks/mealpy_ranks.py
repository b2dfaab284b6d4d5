"""The seagull search beside an independent one: OriginalSOA of mealpy 3.0.3, by ranks and by steps.

What mealpy's source does (`mealpy/bio_based/SOA.py`, `mealpy/optimizer.py`), read in version 3.0.3:

- A position starts uniformly in the box. There is no opposition.
- The factor that multiplies positions falls linearly from fc = 2 to 0 at the last iteration,
  iterations counted from 1.
- For each seagull one number uniform on [0, 1) and then one angle uniform on [0, 2 pi) are drawn,
  the same for all coordinates. Both constants of the spiral's radius are 1.
- The absolute value of the sum of both terms is taken, coordinate by coordinate.
- The product of the spiral's three coordinates multiplies it, and the best position is added.
- Coordinates that leave the box are clipped to its sides.
- The new position replaces the old one always: there is no greedy choice.
- The best position ever seen leads, and changes between iterations only, not within one.
- Every position is asked for once: population x (iterations + 1) evaluations.

So it is to do the same as `har_lib.seagull.maximise(form="corrected", opposition=False)`, only
with other random numbers. Two checks. Ranks: both searches run on the sphere and on the sphere
with its optimum moved, and the values they reach are compared by the Mann-Whitney test; a small p
would show a difference, a large one shows none and proves nothing. Steps: iterations of mealpy
are repeated by our equations from the positions, the best position and the random numbers that it
used, and the largest difference is told, as a share of the box, with how many of the coordinates
lie within the box: on its sides, where most of them are clipped to, other equations could agree.

mealpy needs numpy <= 1.26, which the suite cannot use: it gets an environment of its own, by pip,
for which a package index and Python 3.9 to 3.12 are needed.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

from har_lib import files, objectives, seagull, seagull_rules
from har_lib.cli import answered
from har_lib.errors import InputError

REQUIREMENTS = ("mealpy==3.0.3", "numpy<=1.26")

#: Run by the other environment: settings as JSON on its standard input, results on its output.
PEER = """
import json, sys
import numpy as np
from mealpy import FloatVar
from mealpy.bio_based.SOA import OriginalSOA

class Heard:
    "A generator whose numbers are noted."
    def __init__(self, generator):
        self.generator, self.rand, self.angles = generator, [], []
    def random(self):
        self.rand.append(self.generator.random())
        return self.rand[-1]
    def uniform(self, low, high):
        self.angles.append(self.generator.uniform(low, high))
        return self.angles[-1]

class Watched(OriginalSOA):
    "OriginalSOA that notes what the first, a middle and a late iteration start from and give."
    def evolve(self, epoch):
        if epoch not in watched:
            return super().evolve(epoch)
        generator = self.generator
        self.generator = heard = Heard(generator)
        before = np.array([agent.solution for agent in self.pop])
        best = np.array(self.g_best.solution)
        super().evolve(epoch)
        self.generator = generator
        after = np.array([agent.solution for agent in self.pop])
        steps.append({"iteration": epoch, "before": before.tolist(), "best": best.tolist(),
                      "rand": heard.rand, "angles": heard.angles, "after": after.tolist()})

given = json.load(sys.stdin)
found = {}
for place, optima in given["optima"].items():
    found[place] = []
    for seed, optimum in zip(given["seeds"], optima):
        optimum, asked, steps = np.array(optimum), 0, []
        def value(x):
            global asked
            asked += 1
            return float(((x - optimum) ** 2).sum())
        watched = {1, given["iterations"] // 2, given["iterations"] - 1}
        if seed != given["seeds"][0]:
            watched = set()
        D = given["dimensions"]
        model = Watched(epoch=given["iterations"], pop_size=given["population"])
        best = model.solve({"obj_func": value, "minmax": "min", "log_to": None,
                            "bounds": FloatVar(lb=(given["lower"],) * D, ub=(given["upper"],) * D)},
                           seed=seed)
        run = {"best": best.target.fitness, "evaluations": asked, "steps": steps}
        found[place].append(run)
print(json.dumps(found))
"""


def environment(folder: Path, python: str) -> Path:
    """The interpreter of an environment with mealpy, made in the folder unless it is there."""
    own = folder / "bin" / "python"
    if not own.exists():
        _command([python, "-m", "venv", str(folder)], "the environment cannot be made")
    have = subprocess.run([str(own), "-c", "import mealpy"], capture_output=True, check=False)
    if have.returncode:
        words = [str(own), "-m", "pip", "install", "--quiet", *REQUIREMENTS]
        _command(words, "mealpy cannot be installed")
    return own


def _command(words: Sequence[str], trouble: str, standard_input: str = "") -> str:
    try:
        done = subprocess.run(
            words, input=standard_input, capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        raise InputError(f"{trouble}: {words[0]} is not there, name another --python") from None
    if done.returncode:
        last = (done.stderr.strip() or "no reason given").splitlines()[-1]
        raise InputError(f"{trouble}: {last}; see --python and --folder")
    return done.stdout


def places(dimensions: int, seeds: Sequence[int]) -> dict[str, list[objectives.Objective]]:
    """The sphere as it is, and moved for each seed."""
    sphere = objectives.OBJECTIVES["sphere"]
    moved = [objectives.shifted(sphere, dimensions, seed=seed) for seed in seeds]
    return {"centred": [sphere] * len(seeds), "shifted": moved}


def theirs(python: Path, given: argparse.Namespace) -> dict[str, list[dict[str, Any]]]:
    """Place -> what mealpy reached with each seed."""
    seeds = list(range(given.seeds))
    functions = places(given.dimensions, seeds)
    sphere = objectives.OBJECTIVES["sphere"]
    settings = {
        "dimensions": given.dimensions,
        "population": given.population,
        "iterations": given.iterations,
        "lower": sphere.lower,
        "upper": sphere.upper,
        "seeds": seeds,
        "optima": {
            place: [function.optimum(given.dimensions).tolist() for function in own]
            for place, own in functions.items()
        },
    }
    answer = _command([str(python), "-c", PEER], "mealpy failed", json.dumps(settings))
    found: dict[str, list[dict[str, Any]]] = json.loads(answer)
    return found


def _less(function: Callable[[np.ndarray], np.ndarray]) -> Callable[[np.ndarray], np.ndarray]:
    return lambda x: -function(x)


def ours(given: argparse.Namespace) -> dict[str, list[float]]:
    """Place -> the value that our search reached with each seed."""
    found: dict[str, list[float]] = {}
    seeds = range(given.seeds)
    for place, functions in places(given.dimensions, seeds).items():
        found[place] = []
        for seed, target in zip(seeds, functions, strict=True):
            result = seagull.maximise(
                _less(target.function),
                np.full(given.dimensions, target.lower),
                np.full(given.dimensions, target.upper),
                population=given.population,
                iterations=given.iterations,
                form="corrected",
                opposition=False,
                seed=seed,
            )
            found[place].append(-result.fitness)
    return found


def step_differences(
    step: dict[str, Any], iterations: int, lower: float, upper: float, form: str = "corrected"
) -> np.ndarray:
    """A noted iteration less the same one by our equations where mealpy's is within the box.

    As a share of the box, float64 (N,); coordinates that both clip are left out.
    """
    column = [np.array(step[name])[:, None] for name in ("angles", "rand")]
    D = seagull_rules.movement_behaviour(step["iteration"], iterations)
    before, best, after = (np.array(step[name]) for name in ("before", "best", "after"))
    moved = seagull_rules.move(before, best, D, *column, form=form).clip(lower, upper)
    within = ((after > lower) & (after < upper)) | ((moved > lower) & (moved < upper))
    difference: np.ndarray = (moved - after)[within] / (upper - lower)
    return difference


def quartiles(values: Sequence[float]) -> dict[str, float]:
    """Median and quartiles, four digits."""
    low, middle, high = np.quantile(values, (0.25, 0.5, 0.75))
    numbers = {"lower_quartile": low, "median": middle, "upper_quartile": high}
    return {name: float(f"{number:.4g}") for name, number in numbers.items()}


def compare(own: dict[str, list[float]], peer: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    """Place -> medians and quartiles of both, and the two-sided p of the Mann-Whitney test."""
    found = {}
    for place, values in own.items():
        other = [run["best"] for run in peer[place]]
        p = float(stats.mannwhitneyu(values, other).pvalue)
        found[place] = {
            "ours": quartiles(values),
            "mealpy": quartiles(other),
            "p": float(f"{p:.4g}"),
        }
    return found


def parser() -> argparse.ArgumentParser:
    """The command line."""
    words = argparse.ArgumentParser(
        prog="python -m benchmarks.mealpy_ranks",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    words.add_argument("--seeds", type=_count(2), default=20, metavar="N", help="runs (20)")
    words.add_argument("--dimensions", type=_count(1), default=30, metavar="N", help="30")
    words.add_argument(
        "--population", type=_count(5), default=30, metavar="N", help="seagulls (30)"
    )
    words.add_argument("--iterations", type=_count(2), default=500, metavar="N", help="500")
    words.add_argument(
        "--folder",
        type=Path,
        metavar="DIR",
        help="where mealpy's environment is made and found again (default: a temporary folder)",
    )
    words.add_argument(
        "--python",
        default=sys.executable,
        metavar="FILE",
        help="interpreter that makes the environment (default: the one that runs this)",
    )
    words.add_argument("--output", type=Path, metavar="FILE", help="write the results as JSON")
    return words


def _count(least: int) -> Any:
    def number(word: str) -> int:
        value = int(word)
        if value < least:
            raise argparse.ArgumentTypeError(f"{value} is not allowed: it must be at least {least}")
        return value

    return number


def main(words: Sequence[str] | None = None) -> int:
    """Run both, print the comparison and write it where the command line asks for it."""
    given = parser().parse_args(words)
    return answered("mealpy_ranks", lambda: _run_as_asked(given))


def _run_as_asked(given: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        python = environment((given.folder or Path(temporary) / "mealpy").resolve(), given.python)
        peer = theirs(python, given)
    compared = compare(ours(given), peer)
    sphere = objectives.OBJECTIVES["sphere"]
    steps = [step for runs in peer.values() for run in runs for step in run["steps"]]
    box = sphere.lower, sphere.upper
    apart = np.concatenate([step_differences(step, given.iterations, *box) for step in steps])
    settings = {name: getattr(given, name) for name in _SETTINGS}
    evaluations = sorted({run["evaluations"] for runs in peer.values() for run in runs})
    results = {
        "peer": REQUIREMENTS[0],
        **settings,
        "evaluations_of_mealpy": evaluations,
        "sphere": compared,
        "steps_compared": len(steps),
        "coordinates_compared": len(apart),
        "largest_step_difference": float(f"{np.abs(apart).max(initial=0.0):.2g}"),
    }
    print(_table(results))
    if given.output:
        files.write_json(given.output, results)
        print(f"written to {given.output}")


_SETTINGS = ("dimensions", "population", "iterations", "seeds")


def _table(results: dict[str, Any]) -> str:
    lines = [f"{'sphere':10}{'search':10}{'lower q.':>12}{'median':>12}{'upper q.':>12}{'p':>9}"]
    for place, found in results["sphere"].items():
        for search in ("ours", "mealpy"):
            numbers = found[search]
            shown = "".join(
                f"{numbers[name]:12.4g}" for name in ("lower_quartile", "median", "upper_quartile")
            )
            p = f"{found['p']:9.3f}" if search == "ours" else ""
            lines.append(f"{place:10}{search:10}{shown}{p}")
    lines.append(
        f"{results['steps_compared']} iterations of mealpy repeated by our equations: largest "
        f"difference {results['largest_step_difference']:.1e} of the box, "
        f"{results['coordinates_compared']} coordinates within it"
    )
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
