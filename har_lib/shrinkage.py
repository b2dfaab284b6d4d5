"""Whether what a search gives Adam in a wide box is more than smaller weights.

Large weights saturate the gates, and Adam learns slowly from there. A search that draws its
seagulls to the middle of the box hands over smaller ones. So Adam also starts from a plain draw of
the same length as the network that the search found: what is left between the two is not its
length, but the task, or the shape of the network.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from har_lib import contest, parallel
from har_lib.contest import Bench, Settings
from har_lib.lstm import one_thread
from har_lib.streams import Streams

#: Searches that are looked at: the paper's as it is read here, and those that help in wide boxes.
SEARCHES = ("corrected", "stable", "sep-CMA-ES")


def enter(seed: int, size: Settings, bounds: Sequence[float]) -> list[dict[str, Any]]:
    """Adam from a draw as long as what each search finds in each box, on the task of one seed.

    Task, searches, draw and order of the batches are those of :func:`har_lib.contest.enter`.

    Returns
    -------
    list of dict
        ``seed``, ``method`` (the search), ``setting`` (the box), ``length`` of its network as a
        share of the length of a draw from the box, ``test`` accuracy of Adam from the shortened
        draw.
    """
    bench = Bench.drawn(seed, size)
    for_draws, for_batches, *seeds = np.random.SeedSequence(seed).spawn(2 + len(contest.SEARCHES))
    own = dict(zip(contest.SEARCHES, seeds, strict=True))
    dimensions = bench.network.layout.size
    draw = 2 * Streams(for_draws, 1).uniform((dimensions,))[0] - 1
    found = []
    with one_thread():
        for bound in bounds:
            side = np.full(dimensions, size.side(bound))
            for name in SEARCHES:
                network = contest.SEARCHES[name](bench.fitness, -side, side, size, own[name])
                length = float(np.linalg.norm(network.position) / np.linalg.norm(side * draw))
                course = bench.train_from(length * side * draw, size.rates[0], size, for_batches)
                found.append(
                    {
                        "seed": seed,
                        "method": name,
                        "setting": f"{bound:g}",
                        "length": length,
                        "test": bench.accuracy(course.weights.numpy(), bench.test),
                    }
                )
    return found


def run(
    seeds: Sequence[int], size: Settings, bounds: Sequence[float], jobs: int = 1
) -> pd.DataFrame:
    """What :func:`enter` gives for each seed: a row for each search and box."""
    outcomes = parallel.each(enter, [(seed, size, bounds) for seed in seeds], jobs)
    return pd.DataFrame([row for rows in outcomes for row in rows])
