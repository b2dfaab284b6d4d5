"""Seagull search with opposition: the loop around the equations of :mod:`har_lib.seagull_rules`.

Reference: G. Dhiman, V. Kumar, Seagull optimization algorithm (2019),
doi:10.1016/j.knosys.2018.11.024; S. Rahnamayan, H. R. Tizhoosh, M. M. A. Salama, Opposition-based
differential evolution (2008), doi:10.1109/TEVC.2007.894200.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from tqdm.auto import tqdm

from har_lib import box, checkpoint
from har_lib.box import Array, Fitness
from har_lib.errors import InputError, read_as
from har_lib.seagull_rules import (
    PRINTED_B,
    attack,
    avoid_collision,
    balance,
    distance,
    initial_population,
    matlab_move,
    move,
    movement_behaviour,
    opposite,
    quasi_opposite,
    radius,
    spiral_product,
    spiral_u,
    spiral_v,
    spiral_w,
    towards_best,
)
from har_lib.streams import Streams

__all__ = [
    "BOUNDS",
    "FORMS",
    "OPPOSITES",
    "PRESETS",
    "PRINTED_B",
    "Result",
    "attack",
    "avoid_collision",
    "balance",
    "distance",
    "evaluations",
    "initial_population",
    "matlab_move",
    "maximise",
    "move",
    "movement_behaviour",
    "opposite",
    "quasi_opposite",
    "radius",
    "spiral_product",
    "spiral_u",
    "spiral_v",
    "spiral_w",
    "towards_best",
]

Callback = Callable[[int, Array, Array], Any]

#: What each form sets where the caller leaves it open.
PRESETS: dict[str, dict[str, Any]] = {
    "corrected": {"p": 1.0, "q": 1.0, "per_dimension": False, "signed": False},
    "literal": {"p": 1.0, "q": 1.0, "per_dimension": False, "signed": False},
    "stable": {"p": 0.5, "q": 0.05, "per_dimension": True, "signed": True},
}

#: Update rules: readings of (19) to (28), and :func:`matlab_move`, which is none.
FORMS = (*PRESETS, "matlab")

BOUNDS = box.RULES

OPPOSITES = ("opposite", "quasi")

#: What each iteration is described by.
COURSE = ("best", "diversity", "clipped", "coherence", "repeated")


@dataclass(frozen=True)
class Result:
    """What a search found and how it went.

    Attributes
    ----------
    position : ndarray
        Best position, (D,).
    fitness : float
        Its fitness.
    history : ndarray
        Best fitness so far after each iteration that was done; never decreases.
    evaluations : int
        Positions whose fitness was asked for.
    diagnostics : dict of ndarray
        One number an iteration for each of these: ``best`` fitness within the population;
        ``diversity``, the mean Euclidean distance to the best position; ``clipped``, the share of
        coordinates that left the box; ``coherence``, the mean over moving seagulls of abs(mean sign
        of the step away from the best), 1 when all coordinates move the same way (NaN when no
        seagull moves); ``repeated``, the share of asked positions that some seagull had been at
        before (NaN unless they are remembered).
    computed : int
        Positions whose fitness was computed: the others had been asked for before.
    """

    position: Array
    fitness: float
    history: Array
    evaluations: int
    diagnostics: dict[str, Array] = field(default_factory=dict)
    computed: int = 0


def evaluations(population: int, iterations: int) -> int:
    """Positions that a whole search asks for: the seagulls, their opposites, and all moves.

    Without generation jumps, and with opposition at the start.

    Examples
    --------
    >>> evaluations(population=30, iterations=500)
    15060
    """
    return population * (iterations + 2)


def maximise(
    fitness: Fitness,
    lower: ArrayLike,
    upper: ArrayLike,
    *,
    population: int = 30,
    iterations: int = 100,
    form: str = "corrected",
    seed: int | np.random.SeedSequence = 0,
    F_c: float = 2.0,
    p: float | None = None,
    q: float | None = None,
    per_dimension: bool | None = None,
    signed: bool | None = None,
    B: float = PRINTED_B,
    bounds: str = "clip",
    greedy: bool = False,
    opposition: bool = True,
    callback: Callback | None = None,
    progress: bool = False,
    opposite_kind: str = "opposite",
    jumping: float = 0.0,
    patience: int = 0,
    start: ArrayLike | None = None,
    remember: bool = True,
    checkpoint: Path | str | None = None,
    checkpoint_every: int = 10,
) -> Result:
    """Search a box for the position of greatest fitness.

    The best position ever seen is kept and leads the others (the paper's P_bs). Iterations count
    from 1; the initial population is y = 0, so that D falls from F_c to 0 and the last iteration
    puts every seagull on the best one, which wastes its evaluations, as printed; with
    ``form="literal"`` A, and so the steps, do not fall with D.

    Every seagull has a stream of random numbers of its own, spawned from the seed, and one more
    belongs to the swarm, see :class:`har_lib.streams.Streams`; so the path does not depend on where
    or in which order fitness is computed, as long as each position's is the same to the last bit
    (:func:`har_lib.parallel.divided` lets processes share it). A seagull draws, in this order: its
    place and, with ``opposite_kind="quasi"``, its opposite; then in each iteration k and rand (r_1
    and r_2 of :func:`matlab_move`), with ``bounds="reset"`` new coordinates, and in a jump its
    quasi-opposite. The swarm draws the chance of a jump.

    Parameters
    ----------
    fitness : callable
        Maps positions (P, D) to numbers (P,); greater is better, and minus infinity the worst.
    lower, upper : array_like
        The box [a, b], (D,) each; a single number stands for all dimensions of the other.
    population, iterations : int
        Seagulls and iterations.
    form : {"corrected", "literal", "stable", "matlab"}
        Reading of the update. ``corrected``: A from D, p = q = 1, one k and one rand a seagull,
        absolute value. ``literal``: the same with the constant of :func:`balance`. ``stable`` is
        our repair, never the authors' method: p = 0.5, q = 0.05, a k and a rand per dimension, no
        absolute value. ``matlab`` is :func:`matlab_move`, on which p, q, per_dimension and signed
        have no effect.
    seed : int or SeedSequence
        The result depends on it alone.
    F_c : float
        Start of D.
    p, q, per_dimension, signed : optional
        Override what ``form`` presets.
    B : float
        The constant of (22) with ``form="literal"``; without effect on the other forms.
    bounds : {"clip", "reflect", "reset"}
        What happens outside the box: moved to its side, mirrored at it, or drawn anew.
    greedy : bool
        Whether a seagull stays where it is unless the new place is better.
    opposition : bool
        Whether the search starts from the better half of the population and its opposites.
    callback : callable, optional
        Called as ``callback(y, positions, values)`` after each iteration, y = 0 included, with
        copies.
    progress : bool
        Whether to show a bar.
    opposite_kind : {"opposite", "quasi"}
        Opposites by (16) or :func:`quasi_opposite`, at the start and in jumps.
    jumping : float
        Chance, from 0 to 1, that an iteration ends with a generation jump: opposites are taken
        within the smallest and largest value of each coordinate among the seagulls, and the better
        half of both is kept; Rahnamayan et al. (2008). Only where ``opposition`` is on.
    patience : int
        Iterations without a better position after which the search stops; 0 never stops it.
    start : array_like, optional
        Positions (M, D) in the box that stand in for the first M seagulls drawn.
    remember : bool
        Whether fitness is computed once for each position. As printed, most seagulls are clipped
        into a few corners of the box again and again; set it to False where fitness is random.
        A checkpoint then cannot tell whether it is still the same fitness.
    checkpoint : path, optional
        File that keeps the search, so that a later call with the same arguments goes on where an
        earlier one was ended and finds what it would have found. ``callback`` is called for the
        iterations that are done anew.
    checkpoint_every : int
        Iterations after which it is written; it always is after the last.

    Returns
    -------
    Result
        Best position and the course of the search.

    Raises
    ------
    InputError
        If the box or a setting is impossible, ``fitness`` gives NaN or another shape, or the
        checkpoint is damaged or that of another search.

    Examples
    --------
    >>> found = maximise(lambda x: -((x - 0.3) ** 2).sum(1), [-1, -1], [1, 1], form="stable")
    >>> bool(np.abs(found.position - 0.3).max() < 0.05), found.evaluations
    (True, 3060)
    """
    low, high = box.sides(lower, upper)
    settings: dict[str, Any] = {
        "population": population,
        "iterations": iterations,
        "form": form,
        "F_c": F_c,
        "p": p,
        "q": q,
        "per_dimension": per_dimension,
        "signed": signed,
        "B": B,
        "bounds": bounds,
        "greedy": greedy,
        "opposition": opposition,
        "opposite_kind": opposite_kind,
        "jumping": jumping,
        "patience": patience,
        "remember": remember,
    }
    settings = {name: _plain(value) for name, value in settings.items()}
    _check_settings(settings, checkpoint_every)
    streams = Streams(seed, population)
    first = None if start is None else box.inside(start, low, high, population)
    search = _Search(fitness, low, high, settings, streams, first, checkpoint)
    if checkpoint is None or not search.restored():
        search.begin()
        if callback:
            callback(0, search.P_A.copy(), search.values.copy())
    bar = tqdm(total=iterations, initial=search.y, desc="search", disable=not progress)
    with bar:
        while not search.over():
            search.advance()
            bar.update()
            if callback:
                callback(search.y, search.P_A.copy(), search.values.copy())
            if checkpoint is not None and (search.y % checkpoint_every == 0 or search.over()):
                search.save()
    return search.result()


class _Search:
    """A search between two iterations: all that the next one needs."""

    def __init__(
        self,
        fitness: Fitness,
        low: Array,
        high: Array,
        settings: dict[str, Any],
        streams: Streams,
        start: Array | None,
        path: Path | str | None,
    ) -> None:
        self.low, self.high = low, high
        self.settings, self.streams, self.start, self.path = settings, streams, start, path
        self.memory = box.Memory(fitness) if settings["remember"] else None
        self.fitness = fitness
        given = {name: settings[name] for name in ("p", "q", "per_dimension", "signed")}
        chosen = {name: value for name, value in given.items() if value is not None}
        self.spiral = PRESETS.get(settings["form"], {}) | chosen
        self.y, self.improved, self.evaluations, self.computed = 0, 0, 0, 0
        self.P_A, self.values, self.P_bs = np.empty((0, 0)), np.empty(0), np.empty(0)
        self.best = -np.inf
        self.history: list[float] = []
        self.course: list[tuple[float, ...]] = []

    def over(self) -> bool:
        """Whether nothing is left to do."""
        waited = self.y - self.improved
        return self.y >= self.settings["iterations"] or 0 < self.settings["patience"] <= waited

    def begin(self) -> None:
        """Draw the seagulls and their opposites, y = 0."""
        draws = self.streams.uniform(self.low.shape)
        P_A = initial_population(draws, self.low, self.high)
        if self.start is not None:
            P_A[: len(self.start)] = self.start
        if self.settings["opposition"]:
            P_A = np.concatenate([P_A, self._opposites(P_A, self.low, self.high)])
        values = self._values(P_A)
        if self.settings["opposition"]:
            P_A, values = _better(P_A, values, self.settings["population"])
        self.P_A, self.values = P_A, values
        leader = int(values.argmax())
        self.P_bs, self.best = P_A[leader].copy(), float(values[leader])

    def advance(self) -> None:
        """One iteration: all move, and the best is looked for among them."""
        self.y += 1
        asked, computed = self.evaluations, self.computed
        with np.errstate(over="ignore", invalid="ignore"):
            free = self._moved()
        if np.isnan(free).any():
            raise InputError(
                f"a step of iteration {self.y} is no number: F_c, p, q or B is too large"
            )
        new = box.into(
            free,
            self.low,
            self.high,
            self.settings["bounds"],
            lambda: self.streams.uniform(self.low.shape),
        )
        outside = float(((free < self.low) | (free > self.high)).mean())
        coherence = _coherence(free - self.P_bs)
        values = self._values(new)
        if self.settings["greedy"]:
            worse = values <= self.values
            new[worse], values[worse] = self.P_A[worse], self.values[worse]
        self.P_A, self.values = new, values
        if self._jumps():
            within = self.P_A.min(axis=0), self.P_A.max(axis=0)
            # An opposite can miss a side of the box by a rounding error.
            others = self._opposites(self.P_A, *within).clip(self.low, self.high)
            both = np.concatenate([self.values, self._values(others)])
            everyone = np.concatenate([self.P_A, others])
            self.P_A, self.values = _better(everyone, both, self.settings["population"])
        leader = int(self.values.argmax())
        if self.values[leader] > self.best:
            self.P_bs, self.best = self.P_A[leader].copy(), float(self.values[leader])
            self.improved = self.y
        self.history.append(self.best)
        spread = float(np.sqrt(((self.P_A - self.P_bs) ** 2).sum(axis=1)).mean())
        repeated = 1 - (self.computed - computed) / (self.evaluations - asked)
        self.course.append(
            (
                float(self.values[leader]),
                spread,
                outside,
                coherence,
                repeated if self.memory else np.nan,
            )
        )

    def result(self) -> Result:
        """What the search has found."""
        course = np.array(self.course).reshape(-1, len(COURSE))
        return Result(
            position=self.P_bs,
            fitness=self.best,
            history=np.array(self.history),
            evaluations=self.evaluations,
            diagnostics=dict(zip(COURSE, course.T, strict=True)),
            computed=self.computed,
        )

    def save(self) -> None:
        """Keep the search in its file."""
        assert self.path is not None
        known = self.memory.known if self.memory else {}
        checkpoint.write(
            self.path,
            self._identity(),
            {
                "y": self.y,
                "improved": self.improved,
                "evaluations": self.evaluations,
                "computed": self.computed,
                "streams": self.streams.state(),
            },
            P_A=self.P_A,
            values=self.values,
            P_bs=self.P_bs,
            best=np.array(self.best),
            history=np.array(self.history),
            course=np.array(self.course).reshape(-1, len(COURSE)),
            known=np.frombuffer(b"".join(known), dtype=np.uint8),
            known_values=np.array(list(known.values())),
        )

    def restored(self) -> bool:
        """Take up what `save` has kept; False where there is nothing yet."""
        assert self.path is not None
        kept = checkpoint.read(self.path, self._identity())
        if kept is None:
            return False
        numbers, arrays = kept
        with read_as("a checkpoint of a search", self.path, "remove it or name another file"):
            self._take_up(numbers, arrays)
        if self.memory:
            # One evaluation more, not counted, tells whether the fitness is still the same one.
            now = float(box.evaluate(self.fitness, self.P_bs[None])[0])
            if not np.isclose(now, self.best, rtol=1e-5, atol=1e-12):
                raise InputError(
                    f"{self.path} belongs to another fitness (its best seagull had "
                    f"{self.best:.6g} and now has {now:.6g}): name another file, or remove this one"
                )
        return True

    def _take_up(self, numbers: dict[str, Any], arrays: dict[str, Array]) -> None:
        self.y, self.improved = numbers["y"], numbers["improved"]
        self.evaluations, self.computed = numbers["evaluations"], numbers["computed"]
        self.streams.restore(numbers["streams"])
        self.P_A, self.values, self.P_bs = arrays["P_A"], arrays["values"], arrays["P_bs"]
        self.best = float(arrays["best"])
        self.history = arrays["history"].tolist()
        self.course = [tuple(row) for row in arrays["course"].tolist()]
        if self.memory:
            size = len(arrays["known"]) // max(1, len(arrays["known_values"]))
            keys = arrays["known"].reshape(-1, max(1, size))
            self.memory.known = dict(
                zip(map(bytes, keys), arrays["known_values"].tolist(), strict=True)
            )
            self.memory.computed = self.computed

    def _identity(self) -> dict[str, Any]:
        """What a checkpoint must agree with."""
        places = {"lower": self.low, "upper": self.high, "start": self.start}
        digests = {name: checkpoint.digest(place) for name, place in places.items()}
        return {**self.settings, **digests, "seed": self.streams.seed}

    def _values(self, positions: Array) -> Array:
        self.evaluations += len(positions)
        if self.memory is None:
            self.computed += len(positions)
            return box.evaluate(self.fitness, positions)
        values = self.memory(positions)
        self.computed = self.memory.computed
        return values

    def _opposites(self, S: Array, lower: Array, upper: Array) -> Array:
        if self.settings["opposite_kind"] == "quasi":
            return quasi_opposite(S, lower, upper, self.streams.uniform(self.low.shape))
        return opposite(S, lower, upper)

    def _jumps(self) -> bool:
        chance = self.settings["jumping"]
        return bool(self.settings["opposition"] and chance and self.streams.swarm.random() < chance)

    def _moved(self) -> Array:
        """New places of all seagulls, before any bounds, with the random numbers they need."""
        form, streams = self.settings["form"], self.streams
        D = movement_behaviour(self.y, self.settings["iterations"], self.settings["F_c"])
        if form == "matlab":
            r_1, r_2 = streams.uniform(self.low.shape), streams.uniform(self.low.shape)
            return matlab_move(self.P_A, self.P_bs, D, r_1, r_2)
        shape = self.low.shape if self.spiral["per_dimension"] else (1,)
        k, rand = 2 * np.pi * streams.uniform(shape), streams.uniform(shape)
        p, q, signed = self.spiral["p"], self.spiral["q"], self.spiral["signed"]
        return move(
            self.P_A,
            self.P_bs,
            D,
            k,
            rand,
            form=form,
            p=p,
            q=q,
            signed=signed,
            B=self.settings["B"],
        )


def _plain(value: Any) -> Any:
    """A number of numpy's as Python's own, which JSON can hold."""
    return value.item() if isinstance(value, np.generic) else value


def _check_settings(settings: dict[str, Any], checkpoint_every: int) -> None:
    for name in ("population", "iterations", "patience"):
        if not isinstance(settings[name], int) or isinstance(settings[name], bool):
            raise InputError(f"{name} = {settings[name]!r} is not allowed: give a whole number")
    for name in ("F_c", "p", "q", "B"):
        value = settings[name]
        if value is not None and not (isinstance(value, int | float) and np.isfinite(value)):
            raise InputError(f"{name} = {value!r} is not allowed: give a finite number")
    for name, allowed in (("form", FORMS), ("bounds", BOUNDS), ("opposite_kind", OPPOSITES)):
        if settings[name] not in allowed:
            raise InputError(
                f"{name} = {settings[name]!r} is not allowed: it must be one of "
                f"{', '.join(allowed)}"
            )
    population, iterations = settings["population"], settings["iterations"]
    if population < 1 or iterations < 1:
        raise InputError(
            f"population = {population} and iterations = {iterations} are not allowed: "
            "both must be at least 1"
        )
    jumping, patience = settings["jumping"], settings["patience"]
    if not 0 <= jumping <= 1:
        raise InputError(f"jumping = {jumping} is not allowed: it must be a chance from 0 to 1")
    if patience < 0:
        raise InputError(f"patience = {patience} is not allowed: it must be 0 or more")
    if checkpoint_every < 1:
        raise InputError(
            f"checkpoint_every = {checkpoint_every} is not allowed: it must be at least 1"
        )


def _better(positions: Array, values: Array, count: int) -> tuple[Array, Array]:
    # A stable sort keeps the one that comes first, before its opposite, when both are equal.
    kept = np.argsort(-values, kind="stable")[:count]
    return positions[kept], values[kept]


def _coherence(steps: Array) -> float:
    signs = np.sign(steps)
    moving = np.abs(signs).sum(axis=1)
    if not moving.any():
        return float("nan")
    return float((np.abs(signs.sum(axis=1))[moving > 0] / moving[moving > 0]).mean())
