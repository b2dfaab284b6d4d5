"""What each difference between the printed and the repaired search changes.

All start from the seagulls drawn from one seed, and their networks are final. One thing or a few
differ: the absolute value of (23), one k a seagull, the constants p and q of (27), and what else
stands in :data:`OTHERS`. Those without opposites ask for one population less.
"""

import itertools
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from har_lib import contest, parallel, seagull
from har_lib.contest import Bench, Settings
from har_lib.lstm import one_thread

#: Factor -> its two levels, printed first: name of the level -> arguments of the search.
FACTORS: Mapping[str, Mapping[str, Mapping[str, Any]]] = MappingProxyType(
    {
        "distance (23)": {"absolute": {"signed": False}, "signed": {"signed": True}},
        "k and rand": {
            "a seagull": {"per_dimension": False},
            "a coordinate": {"per_dimension": True},
        },
        "p, q (27)": {
            name: {each: seagull.PRESETS[form][each] for each in ("p", "q")}
            for name, form in (("1, 1", "corrected"), ("0.5, 0.05", "stable"))
        },
    }
)

#: Other changes, each to the printed and to the repaired search.
OTHERS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "without opposites": {"opposition": False},
        "greedy": {"greedy": True},
        "F_c = 1": {"F_c": 1.0},
    }
)


def variants() -> dict[tuple[str, ...], dict[str, Any]]:
    """Levels of the three factors, and what else is changed -> arguments of the search.

    Examples
    --------
    >>> len(variants())
    14
    """
    crossed = {
        tuple(names): {key: value for level in levels for key, value in level.items()}
        for names, levels in (
            zip(*chosen, strict=True)
            for chosen in itertools.product(*(factor.items() for factor in FACTORS.values()))
        )
    }
    found: dict[tuple[str, ...], dict[str, Any]] = {
        (*names, ""): choices for names, choices in crossed.items()
    }
    printed, *_, repaired = crossed
    for other, change in OTHERS.items():
        for names in (printed, repaired):
            found[*names, other] = {**crossed[names], **change}
    return found


def enter(seed: int, size: Settings, bound: float) -> list[dict[str, Any]]:
    """Run every variant on the task of one seed, in the box of this bound."""
    bench = Bench.drawn(seed, size)
    side = np.full(bench.network.layout.size, size.side(bound))
    found = []
    with one_thread():
        for names, choices in variants().items():
            search = contest.seagulls("corrected", **choices)
            # One seed for all: they start from the same seagulls.
            result = search(bench.fitness, -side, side, size, np.random.SeedSequence(seed))
            course = result.diagnostics
            found.append(
                {
                    **dict(zip((*FACTORS, "other"), names, strict=True)),
                    "seed": seed,
                    "fitness": result.fitness,
                    "test": bench.accuracy(result.position, bench.test),
                    "clipped": float(course["clipped"].mean()),
                    "coherence": float(np.nanmean(course["coherence"])),
                    "computed": result.computed / result.evaluations,
                }
            )
    return found


def run(
    seeds: Sequence[int],
    size: Settings | None = None,
    bound: float = 0.0,
    jobs: int = 1,
    progress: bool = False,
) -> pd.DataFrame:
    """Every variant and seed: a row each.

    Parameters
    ----------
    seeds : sequence of int
        Data are drawn anew for each.
    size : contest.Settings, optional
    bound : float
        Half the width of the box; 0 stands for 1 / sqrt(hidden).
    jobs : int
        Processes; the result does not depend on it.
    progress : bool
        Whether to show a bar.

    Returns
    -------
    DataFrame
        A column for each of :data:`FACTORS`, ``other``, ``seed``, ``fitness`` on the training part,
        ``test`` accuracy, and means over the search: share of coordinates ``clipped``, sign
        ``coherence`` and the share of networks that were not asked for before, ``computed``.
    """
    tasks = [(seed, size or Settings(), bound) for seed in seeds]
    outcomes = parallel.each(enter, tasks, jobs, progress="ablation" if progress else "")
    return pd.DataFrame([row for rows in outcomes for row in rows])


def by_variant(table: pd.DataFrame, value: str = "test") -> dict[str, np.ndarray]:
    """One number a seed for each variant, named by its levels."""
    levels = [*FACTORS, "other"]
    named = table.assign(variant=table[levels].agg(_name, axis=1))
    wide = named.pivot(index="seed", columns="variant", values=value).sort_index()
    return {name: wide[name].to_numpy() for name in dict.fromkeys(named.variant)}


def _name(levels: pd.Series) -> str:
    return ", ".join(filter(None, (f"p, q = {each}" if "," in each else each for each in levels)))
