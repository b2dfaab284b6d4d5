"""Searches against which the seagull search is held, at an equal number of evaluations.

Uniform random search, and the separable CMA-ES of R. Ros, N. Hansen, A simple modification in
CMA-ES achieving linear time and space complexity (2008), doi:10.1007/978-3-540-87700-4_30, in the
library of M. Nomura, M. Shibata, cmaes (2024), doi:10.48550/arXiv.2402.01373. Neither is part of
the paper.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from cmaes import SepCMA
from numpy.typing import ArrayLike
from tqdm.auto import tqdm

from har_lib import box
from har_lib.box import Array, Fitness
from har_lib.errors import InputError
from har_lib.seagull import Callback, Result

#: Largest loss told to the library, which subtracts losses: the difference of any two is finite.
WORST = float(np.finfo(np.float64).max) / 2


def random_search(
    fitness: Fitness,
    lower: ArrayLike,
    upper: ArrayLike,
    *,
    evaluations: int,
    seed: int | np.random.SeedSequence = 0,
    batch: int = 30,
    start: ArrayLike | None = None,
    callback: Callback | None = None,
    progress: bool = False,
) -> Result:
    """Draw positions uniformly from a box and keep the one of greatest fitness.

    Parameters
    ----------
    fitness : callable
        Maps positions (P, D) to numbers (P,); greater is better, and minus infinity the worst.
    lower, upper : array_like
        The box, (D,) each; a single number stands for all dimensions of the other.
    evaluations : int
        Positions asked for, in all.
    seed : int or SeedSequence
        The positions depend on it alone, and not on ``batch``.
    batch : int
        Positions asked for at once; the last batch may be shorter.
    start : array_like, optional
        Positions (M, D) in the box that stand in for the first M drawn.
    callback : callable, optional
        Called as ``callback(y, positions, values)`` after each batch, y = 1 being the first, with
        copies.
    progress : bool
        Whether to show a bar.

    Returns
    -------
    Result
        With the best fitness so far after each batch as ``history``. Diagnostics, one number a
        batch: ``best`` fitness within it, ``diversity``, the mean Euclidean distance to the best
        position so far, ``clipped``, always 0, and ``evaluations`` so far.

    Raises
    ------
    InputError
        If the box or a setting is impossible, or ``fitness`` gives NaN or another shape.

    Examples
    --------
    >>> found = random_search(lambda x: -(x**2).sum(1), [-1, -1], [1, 1], evaluations=3000)
    >>> bool(np.abs(found.position).max() < 0.1), found.evaluations, len(found.history)
    (True, 3000, 100)
    """
    low, high = box.sides(lower, upper)
    _at_least(1, evaluations=evaluations, batch=batch)
    given = np.empty((0, len(low)))
    if start is not None:
        given = box.inside(start, low, high, evaluations)
    generator = np.random.default_rng(seed)
    with tqdm(total=evaluations, desc="search", disable=not progress) as bar:
        course = _Course(fitness, callback, bar)
        for first in range(0, evaluations, batch):
            count = min(batch, evaluations - first)
            # Drawn also where given ones stand in, so that these change no others.
            positions = low + (high - low) * generator.random((count, len(low)))
            here = given[first : first + count]
            positions[: len(here)] = here
            course.ask(positions)
    return course.result()


def sep_cma_es(
    fitness: Fitness,
    lower: ArrayLike,
    upper: ArrayLike,
    *,
    evaluations: int,
    seed: int | np.random.SeedSequence = 0,
    population: int | None = None,
    spread: float = 0.3,
    start: ArrayLike | None = None,
    restarts: int | None = None,
    ask_mean: bool = False,
    callback: Callback | None = None,
    progress: bool = False,
) -> Result:
    """Search a box for the position of greatest fitness with separable CMA-ES.

    The box is searched as the unit cube, so that sides may differ and ``spread`` is a share of
    each. A coordinate that is drawn outside is moved to its side of the box at once: drawing the
    whole position anew until all coordinates are inside, the library's other rule, succeeds almost
    never in thousands of dimensions and costs a draw each time.

    When the library's own criteria end an evolution before the evaluations are spent, the next one
    starts from a mean drawn uniformly from the box, with twice the population: Auger and Hansen
    (2005), doi:10.1109/CEC.2005.1554902. The population grows only as long as the library's two
    learning rates, which grow with it, sum to at most 1: beyond, variances can become negative. In
    2 dimensions it stays at 24, in 20 at 96; in thousands it meets no limit in practice.

    The best position ever asked for is returned: a draw or ``start``, and a mean only with
    ``ask_mean``; in thousands of dimensions a mean can be better than all draws around it. The last
    generation may be cut short by the number of evaluations: its positions are asked for and count,
    but move the distribution no more.

    The one random generator, ``numpy.random.default_rng(seed)``, gives the seed of the library for
    the first evolution, ``integers(2**32)``, and then for each restart a seed and a mean,
    ``random(D)``.

    Parameters
    ----------
    fitness : callable
        Maps positions (P, D) to numbers (P,); greater is better, and minus infinity the worst.
        The library is told losses cut to -:data:`WORST` and :data:`WORST`.
    lower, upper : array_like
        The box, (D,) each with D at least 2; a single number stands for all dimensions of the
        other.
    evaluations : int
        Positions asked for, in all.
    seed : int or SeedSequence
        The result depends on it alone.
    population : int, optional
        Positions in a generation of the first evolution, at least 2; the library's default is
        4 + floor(3 ln D).
    spread : float
        Standard deviation at the beginning of each evolution, as a share of the sides of the box,
        above 0 and at most 1.
    start : array_like, optional
        Mean of the first evolution, (D,) or (1, D), in the box; otherwise its middle. It is asked
        for before the first generation, so that its fitness is not lost.
    restarts : int, optional
        How often to start anew at most; as often as the evaluations allow where it is left out.
        With a limit, fewer than ``evaluations`` may be used.
    ask_mean : bool
        Whether the mean of the distribution, moved into the box, is asked for after each
        generation, one evaluation more.
    callback : callable, optional
        Called as ``callback(y, positions, values)`` after each generation, y = 1 being the first
        one, or ``start``, with copies.
    progress : bool
        Whether to show a bar.

    Returns
    -------
    Result
        With the best fitness so far after each generation as ``history``, its first element being
        that of ``start`` where it is given. Diagnostics, one number a generation: ``best`` fitness
        within it; ``diversity``, the mean Euclidean distance to the best position so far;
        ``clipped``, the share of coordinates moved to a side of the box; ``evaluations`` so far.

    Raises
    ------
    InputError
        If the box or a setting is impossible, or ``fitness`` gives NaN or another shape.

    Examples
    --------
    >>> found = sep_cma_es(lambda x: -((x - 0.3) ** 2).sum(1), [-1, -1], [1, 1], evaluations=3000)
    >>> bool(np.abs(found.position - 0.3).max() < 1e-6), found.evaluations
    (True, 3000)
    """
    low, high = box.sides(lower, upper)
    _at_least(1, evaluations=evaluations)
    _at_least(0, restarts=restarts)
    _check_evolution(len(low), population, spread)
    width = high - low
    mean = np.full(len(low), 0.5)
    given = None if start is None else box.inside(np.atleast_2d(start), low, high, 1)

    generator = np.random.default_rng(seed)
    with tqdm(total=evaluations, desc="search", disable=not progress) as bar:
        course = _Course(fitness, callback, bar)
        if given is not None:
            course.ask(given)
            mean = (given[0] - low) / np.where(width > 0, width, 1.0)
        evolution = _evolution(mean, len(low), spread, population, generator)
        done = 0
        while (left := evaluations - course.evaluations) > 0:
            # Only after a generation, so that the first evolution has one, however narrow.
            if evolution.generation and evolution.should_stop():
                if done == restarts:
                    break
                done += 1
                size = _grown(len(low), evolution.population_size)
                evolution = _evolution(None, len(low), spread, size, generator)
            asked = [evolution.ask() for _ in range(min(evolution.population_size, left))]
            unit = np.array(asked)
            # The far side of the box can be missed by a rounding error.
            positions = (low + width * unit).clip(low, high)
            # A coordinate lies on a side where it was moved, and hardly ever otherwise.
            clipped = float(((unit == 0) | (unit == 1)).mean())
            losses = (-course.ask(positions, clipped)).clip(-WORST, WORST)
            if len(asked) == evolution.population_size:
                evolution.tell(list(zip(asked, losses.tolist(), strict=True)))
                if ask_mean and course.evaluations < evaluations:
                    middle = np.clip(evolution.mean, 0.0, 1.0)
                    course.ask((low + width * middle)[None].clip(low, high))
    return course.result()


@dataclass
class _Course:
    """The best position so far, and what is noted after each batch of positions."""

    fitness: Fitness
    callback: Callback | None
    bar: Any
    position: Array = field(init=False)
    evaluations: int = 0
    history: list[float] = field(default_factory=list)
    notes: list[tuple[float, float, float, float]] = field(default_factory=list)

    def ask(self, positions: Array, clipped: float = 0.0) -> Array:
        """Fitness of the positions, all of it noted."""
        values = box.evaluate(self.fitness, positions)
        leader = int(values.argmax())
        best = float(values[leader])
        if not self.history or best > self.history[-1]:
            self.position = positions[leader].copy()
            self.history.append(best)
        else:
            self.history.append(self.history[-1])
        self.evaluations += len(positions)
        diversity = float(np.sqrt(((positions - self.position) ** 2).sum(axis=1)).mean())
        self.notes.append((best, diversity, clipped, float(self.evaluations)))
        if self.callback:
            self.callback(len(self.history), positions.copy(), values.copy())
        self.bar.update(len(positions))
        return values

    def result(self) -> Result:
        """What was found."""
        names = ("best", "diversity", "clipped", "evaluations")
        return Result(
            position=self.position,
            fitness=self.history[-1],
            history=np.array(self.history),
            evaluations=self.evaluations,
            computed=self.evaluations,
            diagnostics=dict(zip(names, np.array(self.notes).T, strict=True)),
        )


def _evolution(
    mean: Array | None,
    dimensions: int,
    spread: float,
    population: int | None,
    generator: np.random.Generator,
) -> SepCMA:
    """An evolution in the unit cube, from a mean or, without one, from anywhere."""
    seed = int(generator.integers(2**32))
    return SepCMA(
        mean=generator.random(dimensions) if mean is None else mean,
        sigma=spread,
        bounds=np.array([[0.0, 1.0]] * dimensions),
        # One draw and its repair; with 1, a draw with a coordinate outside would be thrown away.
        n_max_resampling=0,
        seed=seed,
        population_size=population,
    )


def _grown(dimensions: int, population: int) -> int:
    """Twice the population where the library can do with it."""
    return 2 * population if _replaced(dimensions, 2 * population) <= 1 else population


def _replaced(dimensions: int, population: int) -> float:
    """Share of the old variances that a generation takes away: the library's learning rates."""
    library = SepCMA(np.zeros(dimensions), 1.0, population_size=population)
    return float(library._c1 + library._cmu)


def _check_evolution(dimensions: int, population: int | None, spread: float) -> None:
    if dimensions < 2:
        raise InputError("the box has 1 dimension: separable CMA-ES needs at least 2")
    _at_least(2, population=population)
    if population is not None and _replaced(dimensions, population) > 1:
        raise InputError(
            f"population = {population} is too large for {dimensions} dimensions, variances could "
            "become negative: give a smaller one, or none for the default"
        )
    if not 0 < spread <= 1:
        raise InputError(f"spread = {spread} is not allowed: it must be above 0 and at most 1")


def _at_least(least: int, **settings: int | None) -> None:
    for name, value in settings.items():
        if value is not None and value < least:
            raise InputError(f"{name} = {value} is not allowed: it must be at least {least}")
