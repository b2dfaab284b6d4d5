"""The seagull search against its rivals, on drawn sequences that only their order tells apart.

Every search may ask for the same number of networks, and its network is the one of highest fitness
on the training part. Every method but the restarts chooses among the same number of settings by the
validation part. Costs are told in sample-forwards, one sequence read by one network once, a
backward pass counting two: as asked for, and as computed, since the printed search asks for the
same networks again and again. Adam stops by the validation part; a search has no use for it but the
choice of its box.

Only "one draw" tells what a search adds to Adam: it has the same boxes, step size and batches, and
no search. "Adam" chooses among step sizes instead, as one would.
"""

import dataclasses
import functools
import itertools
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import torch

from har_lib import order_task, parallel, rivals, seagull
from har_lib.lstm import Layout, one_thread, pad
from har_lib.order_task import OrderTask
from har_lib.seagull import Result
from har_lib.sequences import scaling
from har_lib.streams import Streams
from har_lib.training import Clips, Course, Network, adam

#: What each step of Adam costs a sequence: forwards once, and backwards, which counts twice.
STEP_COST = 3


@dataclass(frozen=True)
class Settings:
    """Sizes of a contest, the same for all methods.

    Attributes
    ----------
    hidden, population, iterations, epochs, patience : int
        As in the configuration.
    train, validation, test, classes, steps : int
        Sizes of :func:`har_lib.order_task.draw`.
    noise : float
        Its difficulty.
    bounds : tuple of float
        Sides of the search's box, and of the draw that Adam starts from: what a method that begins
        in a box chooses among. 0 stands for 1 / sqrt(hidden), torch's own; it comes first, as the
        default.
    rates : tuple of float
        Step sizes that Adam alone chooses among.
    precision : {"single", "double"}
        Of the networks' answers in the searches.
    """

    hidden: int = 32
    population: int = 30
    iterations: int = 100
    epochs: int = 100
    patience: int = 20
    train: int = 200
    validation: int = 200
    test: int = 1000
    classes: int = 5
    steps: int = 10
    noise: float = order_task.NOISE
    bounds: tuple[float, ...] = (0.0, 0.05, 0.5, 1.0)
    rates: tuple[float, ...] = (0.01, 0.003, 0.03, 0.001)
    precision: str = "single"

    @property
    def evaluations(self) -> int:
        """Networks that a search may ask for: the seagulls, their opposites, and all moves."""
        return seagull.evaluations(self.population, self.iterations)

    def side(self, bound: float) -> float:
        """Half the width of a box."""
        return bound or 1 / float(np.sqrt(self.hidden))

    @property
    def epoch_cost(self) -> int:
        """Sample-forwards of an epoch of Adam: its steps, and the validation that stops it."""
        return STEP_COST * self.train + self.validation


#: Deviations with which sep-CMA-ES may begin, as shares of the box.
SPREADS = (0.3, 0.1, 0.05, 0.025)

#: The one it begins with: of highest mean fitness over all boxes in :func:`calibrate`, on seeds
#: that no contest uses. It begins in the middle of the box. The seagulls' constants are those of
#: the source, or of our repair.
SPREAD = 0.05

Search = Callable[..., Result]


def seagulls(form: str, **choices: Any) -> Search:
    """The seagull search in a form, with other arguments of :func:`har_lib.seagull.maximise`."""

    def search(fitness: Any, low: Any, high: Any, size: Settings, seed: Any) -> Result:
        return seagull.maximise(
            fitness,
            low,
            high,
            form=form,
            population=size.population,
            iterations=size.iterations,
            seed=seed,
            **choices,
        )

    return search


def _random(fitness: Any, low: Any, high: Any, size: Settings, seed: Any) -> Result:
    return rivals.random_search(
        fitness, low, high, evaluations=size.evaluations, batch=size.population, seed=seed
    )


def _sep_cma_es(
    fitness: Any, low: Any, high: Any, size: Settings, seed: Any, spread: float
) -> Result:
    return rivals.sep_cma_es(
        fitness,
        low,
        high,
        evaluations=size.evaluations,
        spread=spread,
        ask_mean=True,
        seed=seed,
    )


#: Searches by name: the paper's under its readings, a published script, our repair, two rivals.
SEARCHES: dict[str, Search] = {
    "literal": seagulls("literal"),
    "corrected": seagulls("corrected"),
    "matlab": seagulls("matlab"),
    "stable": seagulls("stable"),
    "random search": _random,
    "sep-CMA-ES": functools.partial(_sep_cma_es, spread=SPREAD),
}

#: Methods that begin Adam otherwise than by a search.
CONTROLS = ("one draw", "Adam", "Adam, restarts")


@dataclass(frozen=True)
class Tried:
    """One method with one setting.

    Attributes
    ----------
    method, setting : str
        ``setting`` is the bound or the step size, as text.
    validation, test : float
        Accuracy.
    forwards : int
        Sample-forwards asked for.
    seconds : float
        Of the process.
    computed : int
        Networks whose fitness was computed; 0 without a search.
    fitness : float
        Of the best network that the search found; NaN without a search.
    """

    method: str
    setting: str
    validation: float
    test: float
    forwards: int
    seconds: float
    computed: int = 0
    fitness: float = float("nan")


@dataclass(frozen=True)
class Bench:
    """The parts of a task, scaled by the training part, and a network for them."""

    network: Network
    train: Clips
    validation: Clips
    test: Clips

    @classmethod
    def of(cls, task: OrderTask, size: Settings) -> "Bench":
        """Scale and pad; only the training part is looked at for the scale."""
        centre, scale = scaling(task.train.sequences)
        parts = [
            Clips(
                *pad([(rows - centre) / scale for rows in part.sequences]),
                torch.as_tensor(part.labels),
            )
            for part in (task.train, task.validation, task.test)
        ]
        layout = Layout(order_task.FEATURES, size.hidden, size.classes)
        return cls(Network(layout, precision=size.precision), *parts)

    @classmethod
    def drawn(cls, seed: int, size: Settings) -> "Bench":
        """The task of a seed."""
        names = ("classes", "train", "validation", "test", "steps", "noise")
        return cls.of(order_task.draw(seed, **{name: getattr(size, name) for name in names}), size)

    def accuracy(self, vector: np.ndarray, clips: Clips) -> float:
        """Share of clips that the network answers rightly."""
        with torch.no_grad():
            weights = self.network.layout.unpack(torch.from_numpy(vector))
            answers = self.network.logits(weights, clips.inputs, clips.lengths).argmax(dim=1)
        return float((answers == clips.truth).double().mean())

    def fitness(self, positions: np.ndarray) -> np.ndarray:
        """Fitness (17) on the training part."""
        return self.network.fitness(positions, self.train)

    def train_from(self, start: np.ndarray, rate: float, size: Settings, seed: Any) -> Course:
        """What Adam makes of a start."""
        return adam(
            self.network,
            torch.from_numpy(start),
            self.train,
            self.validation,
            epochs=size.epochs,
            learning_rate=rate,
            patience=size.patience,
            seed=seed,
        )


def _drawn(seed: Any, dimensions: int, side: float) -> np.ndarray:
    """One network with weights from U(-side, side)."""
    unit = Streams(seed, 1).uniform((dimensions,))[0]
    return seagull.initial_population(unit, np.full(dimensions, -side), np.full(dimensions, side))


def enter(seed: int, size: Settings) -> list[Tried]:
    """Run every method with every setting on the task of one seed.

    All share the task, the order of Adam's batches and, side by side, the draw that Adam alone
    starts from, scaled to each box.

    Parameters
    ----------
    seed : int
        Of the data and of all methods.
    size : Settings

    Returns
    -------
    list of Tried
        The searches by name, their networks being final; the same with Adam from there, named
        ``NAME + Adam``; and :data:`CONTROLS`: Adam from one draw out of each box; Adam from torch's
        own range with each step size; and Adam from that range again and again with the first step
        size, until the sample-forwards of a search and one training are spent, the start of lowest
        validation loss being kept.
    """
    bench = Bench.drawn(seed, size)
    for_draws, for_batches, *for_searches = np.random.SeedSequence(seed).spawn(2 + len(SEARCHES))
    found: list[Tried] = []
    with one_thread():
        for bound in size.bounds:
            for (name, search), own in zip(SEARCHES.items(), for_searches, strict=True):
                final, network = _search(bench, size, name, search, bound, own)
                both = f"{name} + Adam"
                trained = _adam(bench, size, both, bound, network, size.rates[0], for_batches)
                found += [final, _after(final, trained)]
            start = _drawn(for_draws, bench.network.layout.size, size.side(bound))
            found.append(_adam(bench, size, CONTROLS[0], bound, start, size.rates[0], for_batches))
        start = _drawn(for_draws, bench.network.layout.size, size.side(0.0))
        for rate in size.rates:
            tried = _adam(bench, size, CONTROLS[1], 0.0, start, rate, for_batches)
            found.append(dataclasses.replace(tried, setting=f"{rate:g}"))
        left = size.evaluations * size.train + size.epochs * size.epoch_cost
        found.append(_restarts(bench, size, left, for_draws, for_batches))
    return found


def _search(
    bench: Bench, size: Settings, name: str, search: Search, bound: float, seed: Any
) -> tuple[Tried, np.ndarray]:
    """A search, and the network that it finds."""
    side = np.full(bench.network.layout.size, size.side(bound))
    began = time.process_time()
    result = search(bench.fitness, -side, side, size, seed)
    final = Tried(
        method=name,
        setting=f"{bound:g}",
        validation=bench.accuracy(result.position, bench.validation),
        test=bench.accuracy(result.position, bench.test),
        forwards=result.evaluations * size.train,
        seconds=time.process_time() - began,
        computed=result.computed,
        fitness=result.fitness,
    )
    return final, result.position


def _after(search: Tried, trained: Tried) -> Tried:
    """Both together: what Adam made of the search's network, at the cost of the two."""
    return dataclasses.replace(
        trained,
        forwards=search.forwards + trained.forwards,
        seconds=search.seconds + trained.seconds,
        computed=search.computed,
        fitness=search.fitness,
    )


def _adam(
    bench: Bench,
    size: Settings,
    name: str,
    bound: float,
    start: np.ndarray,
    rate: float,
    for_batches: Any,
) -> Tried:
    began = time.process_time()
    course = bench.train_from(start, rate, size, for_batches)
    vector = course.weights.numpy()
    return Tried(
        method=name,
        setting=f"{bound:g}",
        validation=bench.accuracy(vector, bench.validation),
        test=bench.accuracy(vector, bench.test),
        forwards=(len(course.training_loss) - 1) * size.epoch_cost,
        seconds=time.process_time() - began,
    )


def _restarts(bench: Bench, size: Settings, left: int, for_draws: Any, for_batches: Any) -> Tried:
    """Adam from new draws until so many sample-forwards are spent."""
    began, spent, best = time.process_time(), 0, np.inf
    kept = _drawn(for_draws, bench.network.layout.size, size.side(0.0))
    draws = (
        np.random.SeedSequence(for_draws.entropy, spawn_key=(*for_draws.spawn_key, restart))
        for restart in itertools.count()
    )
    for restart, own in enumerate(draws):
        # The first one is the draw of all others.
        start = _drawn(own if restart else for_draws, bench.network.layout.size, size.side(0.0))
        epochs = min(size.epochs, (left - spent) // size.epoch_cost)
        if not epochs:
            break
        shorter = dataclasses.replace(size, epochs=epochs)
        course = bench.train_from(start, size.rates[0], shorter, for_batches)
        # An end before the first epoch costs something too, or there would be no last one.
        spent += max(1, len(course.training_loss) - 1) * size.epoch_cost
        loss = course.validation_loss[course.best_epoch]
        if loss < best:
            best, kept = loss, course.weights.numpy()
    return Tried(
        method=CONTROLS[2],
        setting="0",
        validation=bench.accuracy(kept, bench.validation),
        test=bench.accuracy(kept, bench.test),
        forwards=spent,
        seconds=time.process_time() - began,
    )


def at_equal_seconds(seed: int, size: Settings, tried: pd.DataFrame, seconds: float) -> list[Tried]:
    """The searches again, each at the bound it chose, with what it can ask for in these seconds.

    And Adam again and again for as long as the reference and one training of Adam take together.

    Parameters
    ----------
    seed : int
    size : Settings
        Of the first time.
    tried : DataFrame
        What :func:`run` gave for all seeds: it has the chosen bounds, and how long each method
        takes, as a median over seeds and bounds.
    seconds : float
        For each search.

    Returns
    -------
    list of Tried
        One for each search, its network being final, and one for the restarts.
    """
    bench = Bench.drawn(seed, size)
    own = chosen(tried[tried.seed == seed]).set_index("method").setting
    for_draws, for_batches, *seeds = np.random.SeedSequence(seed).spawn(2 + len(SEARCHES))
    found = []
    with one_thread():
        for (name, search), each in zip(SEARCHES.items(), seeds, strict=True):
            iterations = affordable(size, tried, name, seconds)
            longer = dataclasses.replace(size, iterations=iterations)
            found.append(_search(bench, longer, name, search, float(own[name]), each)[0])
        times = tried.groupby("method").seconds.median()
        restarts = tried[tried.method == CONTROLS[2]]
        rate = float((restarts.forwards / restarts.seconds).median())
        left = max(size.epoch_cost, int(rate * (seconds + times[CONTROLS[0]])))
        found.append(_restarts(bench, size, left, for_draws, for_batches))
    return found


def affordable(size: Settings, tried: pd.DataFrame, name: str, seconds: float) -> int:
    """Iterations of a search, or as many populations, within these seconds."""
    median = float(tried[tried.method == name].seconds.median())
    return max(1, round(seconds / median * (size.iterations + 2)) - 2)


def run(
    seeds: Sequence[int], size: Settings | None = None, jobs: int = 1, progress: bool = False
) -> pd.DataFrame:
    """Every method, setting and seed: a row each, columns those of :class:`Tried` and ``seed``.

    Parameters
    ----------
    seeds : sequence of int
        Data are drawn anew for each.
    size : Settings, optional
    jobs : int
        Processes; only ``seconds`` depends on it.
    progress : bool
        Whether to show a bar.
    """
    own = size or Settings()
    tasks = [(seed, own) for seed in seeds]
    outcomes = parallel.each(enter, tasks, jobs, progress="seeds" if progress else "")
    return pd.concat([rows(seed, tried) for seed, tried in zip(seeds, outcomes, strict=True)])


def calibrate(seed: int, size: Settings) -> list[dict[str, Any]]:
    """Training fitness that sep-CMA-ES reaches from each of :data:`SPREADS` in each box."""
    bench = Bench.drawn(seed, size)
    found = []
    with one_thread():
        for bound, spread in itertools.product(size.bounds, SPREADS):
            side = np.full(bench.network.layout.size, size.side(bound))
            result = _sep_cma_es(bench.fitness, -side, side, size, seed, spread)
            found.append(
                {"seed": seed, "bound": bound, "spread": spread, "fitness": result.fitness}
            )
    return found


def searches_alone(seed: int, size: Settings) -> list[Tried]:
    """The searches in the box of the first bound, their networks being final, and nothing else."""
    bench = Bench.drawn(seed, size)
    seeds = np.random.SeedSequence(seed).spawn(2 + len(SEARCHES))[2:]
    with one_thread():
        return [
            _search(bench, size, name, search, size.bounds[0], own)[0]
            for (name, search), own in zip(SEARCHES.items(), seeds, strict=True)
        ]


def rows(seed: int, tried: Sequence[Tried]) -> pd.DataFrame:
    """What :func:`enter` gives, as a table."""
    return pd.DataFrame([{"seed": seed, **dataclasses.asdict(each)} for each in tried])


def chosen(table: pd.DataFrame) -> pd.DataFrame:
    """The setting of highest validation accuracy of each method and seed; of equals the first.

    Examples
    --------
    >>> two = [Tried("a", "0", 0.5, 0.4, 1, 1.0), Tried("a", "1", 0.6, 0.3, 1, 1.0)]
    >>> chosen(rows(0, two)).test.tolist()
    [0.3]
    """
    ordered = table.reset_index(drop=True)
    best = ordered.groupby(["method", "seed"], sort=False).validation.idxmax()
    return ordered.loc[best].reset_index(drop=True)


def by_seed(table: pd.DataFrame) -> dict[str, np.ndarray]:
    """Test accuracy of each method, one number a seed, in the order of the seeds."""
    wide = table.pivot(index="seed", columns="method", values="test").sort_index()
    return {name: wide[name].to_numpy() for name in dict.fromkeys(table.method)}
