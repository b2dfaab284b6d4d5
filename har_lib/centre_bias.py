"""How much of what a search reaches it owes to where the optimum lies: in the middle of the box.

The seagull search multiplies positions by D, which falls to 0, (19): it draws them to the origin,
which is the middle of the usual boxes. The same functions with the optimum elsewhere show what is
left of it without that help. :func:`measure` runs the searches, :func:`summary` takes medians and
quartiles over seeds and the decades lost.

Reference: P. N. Suganthan et al., Problem definitions and evaluation criteria for the CEC 2005
special session on real-parameter optimization (2005), a technical report without a DOI, in which
optima are moved to drawn places.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any, Protocol

import numpy as np
import pandas as pd

from har_lib import objectives, parallel, rivals, seagull
from har_lib.box import Fitness
from har_lib.errors import InputError
from har_lib.objectives import Objective

#: Values up to this one count as the minimum itself, 0, when decades are counted and runs compared:
#: below it, functions that subtract numbers of their own size have no digits left to tell apart.
FLOOR = 1e-8

#: Whether the optimum was moved -> how it is called.
PLACES = {False: "centred", True: "shifted"}

QUARTILES = {"lower_quartile": 0.25, "median": 0.5, "upper_quartile": 0.75}


class Search(Protocol):
    """A search for the greatest fitness in a box; it must be importable by other processes."""

    def __call__(
        self,
        fitness: Fitness,
        lower: np.ndarray,
        upper: np.ndarray,
        *,
        population: int,
        iterations: int,
        seed: int,
    ) -> seagull.Result:
        """Search the box [lower, upper], (D,) each."""


def random_search(
    fitness: Fitness,
    lower: np.ndarray,
    upper: np.ndarray,
    *,
    population: int,
    iterations: int,
    seed: int,
) -> seagull.Result:
    """Uniform random search with as many evaluations as a seagull search."""
    budget = seagull.evaluations(population, iterations)
    return rivals.random_search(fitness, lower, upper, evaluations=budget, seed=seed)


def sep_cma_es(
    fitness: Fitness,
    lower: np.ndarray,
    upper: np.ndarray,
    *,
    population: int,
    iterations: int,
    seed: int,
) -> seagull.Result:
    """Separable CMA-ES with as many evaluations, its own population and a mean drawn uniformly.

    Left to itself it starts in the middle of the box, which is what is examined here.
    """
    budget = seagull.evaluations(population, iterations)
    # Another stream than that of the search itself.
    drawn = np.random.default_rng([*b"start", seed]).random(len(lower))
    start = lower + (upper - lower) * drawn
    return rivals.sep_cma_es(fitness, lower, upper, evaluations=budget, seed=seed, start=start)


#: Name -> search: the forms of the seagull search, and what they are held against.
SEARCHES: Mapping[str, Search] = MappingProxyType(
    {
        **{
            form: partial(seagull.maximise, form=form)
            for form in ("literal", "corrected", "matlab", "stable")
        },
        "random search": random_search,
        "sep-CMA-ES": sep_cma_es,
    }
)


def measure(
    functions: Iterable[Objective],
    forms: Mapping[str, Search] = SEARCHES,
    *,
    dimensions: int = 30,
    population: int = 30,
    iterations: int = 500,
    seeds: Sequence[int],
    jobs: int = 1,
    progress: str = "",
) -> pd.DataFrame:
    """Run every search on every function, with the optimum in its usual place and moved.

    A seed decides the moved place and the random numbers of the search, from separate streams:
    all searches look for the same places.

    Parameters
    ----------
    functions : iterable of Objective
        Such as the values of :data:`har_lib.objectives.OBJECTIVES`.
    forms : mapping of str to Search
        What to run, by name; :data:`SEARCHES` or part of it.
    dimensions, population, iterations : int
        Of each search. The rivals get the same number of evaluations.
    seeds : sequence of int
        One run for each.
    jobs : int
        Processes; the result does not depend on it.
    progress : str
        What the bar is called; empty shows none.

    Returns
    -------
    DataFrame
        One row a run: ``function``, ``shifted``, ``form``, ``seed``, the ``best`` value reached,
        0 being the minimum, and ``evaluations``.

    Raises
    ------
    InputError
        If there is no function, search or seed, or a seed stands twice; and what a search raises.

    Examples
    --------
    >>> functions = [objectives.OBJECTIVES["sphere"]]
    >>> stable = {"stable": SEARCHES["stable"]}
    >>> runs = measure(functions, stable, dimensions=5, iterations=40, seeds=[0])
    >>> bool(runs.best[0] < runs.best[1]), runs.evaluations.tolist()
    (True, [1260, 1260])
    """
    if len(set(seeds)) != len(seeds):
        raise InputError("seeds: one stands twice, give each once")
    tasks = [
        (function, moved, form, search, seed, dimensions, population, iterations)
        for function in functions
        for moved in PLACES
        for form, search in forms.items()
        for seed in seeds
    ]
    if not tasks:
        raise InputError("nothing to run: give at least one function, one search and one seed")
    rows = parallel.each(_run, tasks, jobs, progress)
    return pd.DataFrame(
        rows, columns=["function", "shifted", "form", "seed", "best", "evaluations"]
    )


def _run(
    function: Objective,
    moved: bool,
    form: str,
    search: Search,
    seed: int,
    dimensions: int,
    population: int,
    iterations: int,
) -> tuple[str, bool, str, int, float, int]:
    target = objectives.shifted(function, dimensions, seed=seed) if moved else function
    result = search(
        lambda x: -target.function(x),
        np.full(dimensions, target.lower),
        np.full(dimensions, target.upper),
        population=population,
        iterations=iterations,
        seed=seed,
    )
    return function.name, moved, form, seed, -result.fitness, result.evaluations


def decades(centred: float, shifted: float) -> float:
    """How many powers of ten a value gets worse, both values at least :data:`FLOOR`.

    Examples
    --------
    >>> decades(1e-3, 1e2), decades(0.0, 1.0)
    (5.0, 8.0)
    """
    return float(np.log10(max(shifted, FLOOR)) - np.log10(max(centred, FLOOR)))


def summary(runs: pd.DataFrame) -> pd.DataFrame:
    """Medians and quartiles over seeds, and the decades by which the median gets worse.

    The decades of uniform random search, which has no bias, are what moving the optimum costs a
    search without one: the moved function is higher in the far part of the box.

    Parameters
    ----------
    runs : DataFrame
        Of :func:`measure`.

    Returns
    -------
    DataFrame
        One row for each function and form, in the order of the runs: ``function``, ``form``,
        number of ``seeds``, ``centred_lower_quartile``, ``centred_median``,
        ``centred_upper_quartile``, the same for ``shifted``, and ``decades_lost``, see
        :func:`decades`.
    """
    rows = []
    for (function, form), group in runs.groupby(["function", "form"], sort=False):
        row: dict[str, Any] = {"function": function, "form": form, "seeds": group.seed.nunique()}
        for moved, place in PLACES.items():
            best = group.best[group.shifted == moved]
            for name, share in QUARTILES.items():
                row[f"{place}_{name}"] = float(best.quantile(share))
        row["decades_lost"] = decades(row["centred_median"], row["shifted_median"])
        rows.append(row)
    return pd.DataFrame(rows)


def as_results(runs: pd.DataFrame) -> dict[str, Any]:
    """The summary as plain numbers for a JSON file, four digits each.

    Returns
    -------
    dict
        ``floor``, ``seeds``, ``evaluations`` (the largest number of a run) and ``functions``:
        function, then form, then ``centred`` and ``shifted`` with median and quartiles, and
        ``decades_lost``.
    """
    found: dict[str, dict[str, Any]] = {}
    for row in summary(runs).to_dict("records"):
        entry: dict[str, Any] = {
            place: {name: _rounded(row[f"{place}_{name}"]) for name in QUARTILES}
            for place in PLACES.values()
        }
        entry["decades_lost"] = _rounded(row["decades_lost"])
        found.setdefault(row["function"], {})[row["form"]] = entry
    return {
        "floor": FLOOR,
        "seeds": sorted(int(seed) for seed in runs.seed.unique()),
        "evaluations": int(runs.evaluations.max()),
        "functions": found,
    }


def _rounded(value: float) -> float:
    return float(f"{value:.4g}")
