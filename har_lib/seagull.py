"""Seagull search with opposition: equations (14), (16) and (19) to (28).

The paper renames the letters of its source. Dhiman and Kumar's A, B, C_s, M_s, D_s, (x', y', z'),
(u, v), r, x, P_s are here D, A, S_A, B_A, G_A, (u', v', w'), (p, q), R^r, y, P_A.

Reference: G. Dhiman, V. Kumar, Seagull optimization algorithm (2019),
doi:10.1016/j.knosys.2018.11.024; H. R. Tizhoosh, Opposition-based learning (2005),
doi:10.1109/CIMCA.2005.1631345.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from tqdm.auto import tqdm

from har_lib.equations import equation
from har_lib.errors import InputError

Array = NDArray[np.float64]
Fitness = Callable[[Array], Any]
Callback = Callable[[int, Array, Array], Any]

#: The constant B of equation (22) as printed, where no B is given: the F_c of the source.
PRINTED_B = 2.0

#: What each form sets where the caller leaves it open.
PRESETS: dict[str, dict[str, Any]] = {
    "corrected": {"p": 1.0, "q": 1.0, "per_dimension": False, "signed": False},
    "literal": {"p": 1.0, "q": 1.0, "per_dimension": False, "signed": False},
    "stable": {"p": 0.5, "q": 0.05, "per_dimension": True, "signed": True},
}

BOUNDS = ("clip", "reflect", "reset")


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
        Best fitness so far after each iteration; never decreases.
    evaluations : int
        Positions whose fitness was asked for.
    diagnostics : dict of ndarray
        One number an iteration: ``best`` fitness within the population; ``diversity``, the mean
        Euclidean distance to the best position; ``clipped``, the share of coordinates that left
        the box; ``coherence``, the mean over moving seagulls of abs(mean sign of the step away
        from the best), 1 when all coordinates move the same way (NaN when no seagull moves).
    """

    position: Array
    fitness: float
    history: Array
    evaluations: int
    diagnostics: dict[str, Array]


@equation(14)
def initial_population(
    population: int, lower: Array, upper: Array, generator: np.random.Generator
) -> Array:
    r"""The n seagulls, drawn uniformly from the box.

    .. math:: S_i = \{S_1, S_2, \dots, S_n\}

    "these weight values are generated randomly"; the distribution is not printed.

    Returns
    -------
    ndarray
        (P, D).

    Examples
    --------
    >>> initial_population(4, np.zeros(3), np.ones(3), np.random.default_rng(0)).shape
    (4, 3)
    """
    return lower + (upper - lower) * generator.random((population, len(lower)))


@equation(16)
def opposite(S: Array, lower: Array, upper: Array) -> Array:
    r"""Mirror positions at the middle of the box, each coordinate by itself.

    .. math:: \overline{S} = a + b - S

    Examples
    --------
    >>> opposite(np.array([0.0, 3.0]), np.zeros(2), np.full(2, 4.0)).tolist()
    [4.0, 1.0]
    """
    return lower + upper - S


@equation(19)
def avoid_collision(D: float, P_A: Array) -> Array:
    r"""Positions shrunk by the movement behaviour D.

    .. math:: S_A = D \times P_A

    Examples
    --------
    >>> avoid_collision(2.0, np.array([1.0, -3.0])).tolist()
    [2.0, -6.0]
    """
    return D * P_A


@equation(20)
def movement_behaviour(y: int, iterations: int, F_c: float = 2.0) -> float:
    r"""D, falling linearly from F_c at y = 0 to nothing at the last iteration.

    .. math:: D = F_c - (y \times (F_c / Max_{iteration}))

    The value of F_c is not printed; 2 is the source's.

    Examples
    --------
    >>> [movement_behaviour(y, 100) for y in (0, 50, 100)]
    [2.0, 1.0, 0.0]
    """
    # The product first: the printed order leaves 1e-16 instead of 0 at the end.
    return F_c - y * F_c / iterations


@equation(21)
def towards_best(A: Array, P_bs: Array, P_A: Array) -> Array:
    r"""Step towards the best seagull.

    .. math:: B_A = A \times (P_{bs}(y) - P_A(y))

    Examples
    --------
    >>> towards_best(np.array(0.5), np.array([3.0]), np.array([1.0])).tolist()
    [1.0]
    """
    return A * (P_bs - P_A)


@equation(22)
def balance(D: float, rand: Array, form: str = "corrected") -> Array:
    r"""A, random, between exploring and exploiting.

    .. math:: A = 2 \times B^2 \times rand

    No B is defined (B_A of (21) would be circular): after the paper's renaming it must be D, which
    is the corrected and the stable form. ``form="literal"`` keeps a constant,
    :data:`PRINTED_B` = 2, so that A never decays: it stays between 0 and 8 to the end.

    Examples
    --------
    >>> balance(1.0, np.array(0.5)).item(), balance(1.0, np.array(0.5), form="literal").item()
    (1.0, 4.0)
    """
    B = PRINTED_B if form == "literal" else D
    return 2 * B**2 * rand


@equation(23)
def distance(S_A: Array, B_A: Array, signed: bool = False) -> Array:
    r"""Called the distance to the best; really an absolute sum, element by element.

    .. math:: G_A = |S_A + B_A|

    ``signed=True`` (stable) leaves out the absolute value, which otherwise sends all coordinates
    of a seagull to the same side of the best.

    Examples
    --------
    >>> distance(np.array([-3.0]), np.array([1.0])).tolist()
    [2.0]
    """
    G_A: Array = S_A + B_A
    return G_A if signed else np.abs(G_A)


@equation(24)
def spiral_u(R: Array, k: Array) -> Array:
    r"""First coordinate of the attack's spiral.

    .. math:: u' = R^r \times \cos(k)

    Examples
    --------
    >>> spiral_u(np.array(2.0), np.array(0.0)).item()
    2.0
    """
    return R * np.cos(k)


@equation(25)
def spiral_v(R: Array, k: Array) -> Array:
    r"""Second coordinate of the attack's spiral.

    .. math:: v' = R^r \times \sin(k)

    Examples
    --------
    >>> spiral_v(np.array(2.0), np.array(0.0)).item()
    0.0
    """
    return R * np.sin(k)


@equation(26)
def spiral_w(R: Array, k: Array) -> Array:
    r"""Third coordinate of the attack's spiral.

    .. math:: w' = R^r \times k

    Examples
    --------
    >>> spiral_w(np.array(2.0), np.array(3.0)).item()
    6.0
    """
    return R * k


@equation(27)
def radius(k: Array, p: float = 1.0, q: float = 1.0) -> Array:
    r"""Radius of the spiral; R^r is one symbol, no power.

    .. math:: R^r = p \times e^{kq}

    k is uniform on [0, 2 pi]. The values of p and q are not printed; 1 is the source's, with which
    u'v'w' = k e^{3k} sin(2k) / 2 reaches 1.06e8.

    Examples
    --------
    >>> radius(np.array(0.0), p=0.5).item()
    0.5
    """
    R: Array = p * np.exp(k * q)
    return R


@equation(28)
def attack(G_A: Array, u: Array, v: Array, w: Array, P_bs: Array) -> Array:
    r"""New positions, around the best one.

    .. math:: P_A(y) = (G_A \times u' \times v' \times w') + P_{bs}(y)

    The position of iteration y + 1; no bounds are printed.

    Examples
    --------
    >>> two = np.array(2.0)
    >>> attack(np.array([1.0]), two, two, two, np.array([10.0])).tolist()
    [18.0]
    """
    return G_A * (u * v * w) + P_bs


def move(
    P_A: Array,
    P_bs: Array,
    D: float,
    k: Array,
    rand: Array,
    *,
    form: str = "corrected",
    p: float = 1.0,
    q: float = 1.0,
    signed: bool = False,
) -> Array:
    """One iteration of (19) and (21) to (28) for all seagulls, before any bounds.

    ``k`` and ``rand`` are (P, 1), one number a seagull, or (P, D).
    """
    S_A = avoid_collision(D, P_A)
    B_A = towards_best(balance(D, rand, form), P_bs, P_A)
    G_A = distance(S_A, B_A, signed)
    R = radius(k, p, q)
    return attack(G_A, spiral_u(R, k), spiral_v(R, k), spiral_w(R, k), P_bs)


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
    bounds: str = "clip",
    greedy: bool = False,
    opposition: bool = True,
    callback: Callback | None = None,
    progress: bool = False,
) -> Result:
    """Search a box for the position of greatest fitness.

    The best position ever seen is kept and leads the others (the paper's P_bs). Iterations count
    from 1; the initial population is y = 0, so that D falls from F_c to 0 and the last iteration
    puts every seagull on the best one, which wastes its evaluations, as printed.

    All random numbers come from one generator, in this order: the initial population; then in
    each iteration k, rand and, with ``bounds="reset"``, the new coordinates.

    Parameters
    ----------
    fitness : callable
        Maps positions (P, D) to numbers (P,); greater is better.
    lower, upper : array_like
        The box [a, b], (D,) each; a single number stands for all dimensions of the other.
    population, iterations : int
        Seagulls and iterations.
    form : {"corrected", "literal", "stable"}
        Reading of the update. ``corrected``: A from D, p = q = 1, one k and one rand a seagull,
        absolute value. ``literal``: the same with the constant of :func:`balance`. ``stable`` is
        our repair, never the authors' method: p = 0.5, q = 0.05, a k and a rand per dimension, no
        absolute value.
    seed : int or SeedSequence
        The result depends on it alone.
    F_c : float
        Start of D.
    p, q, per_dimension, signed : optional
        Override what ``form`` presets.
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

    Returns
    -------
    Result
        Best position and the course of the search.

    Raises
    ------
    InputError
        If the box or a setting is impossible, or ``fitness`` gives NaN or another shape.

    Examples
    --------
    >>> found = maximise(lambda x: -((x - 0.3) ** 2).sum(1), [-1, -1], [1, 1], form="stable")
    >>> bool(np.abs(found.position - 0.3).max() < 0.05), found.evaluations
    (True, 3060)
    """
    low, high = _box(lower, upper)
    if form not in PRESETS:
        raise InputError(f"form = {form!r} is not allowed: it must be one of {', '.join(PRESETS)}")
    if bounds not in BOUNDS:
        raise InputError(f"bounds = {bounds!r} is not allowed: it must be one of {BOUNDS}")
    if population < 1 or iterations < 1:
        raise InputError(
            f"population = {population} and iterations = {iterations} are not allowed: "
            "both must be at least 1"
        )
    preset = PRESETS[form]
    p = preset["p"] if p is None else p
    q = preset["q"] if q is None else q
    signed = preset["signed"] if signed is None else signed
    per_dimension = preset["per_dimension"] if per_dimension is None else per_dimension

    generator = np.random.default_rng(seed)
    P_A = initial_population(population, low, high, generator)
    if opposition:
        P_A = np.concatenate([P_A, opposite(P_A, low, high)])
    values = _evaluate(fitness, P_A)
    evaluations = len(P_A)
    if opposition:
        # A stable sort keeps the drawn one before its opposite when both are equal.
        kept = np.argsort(-values, kind="stable")[:population]
        P_A, values = P_A[kept], values[kept]
    leader = int(values.argmax())
    P_bs, best = P_A[leader].copy(), float(values[leader])
    if callback:
        callback(0, P_A.copy(), values.copy())

    draws = (population, len(low) if per_dimension else 1)
    history: list[float] = []
    course: list[tuple[float, float, float, float]] = []
    for y in tqdm(range(1, iterations + 1), desc="search", disable=not progress):
        D = movement_behaviour(y, iterations, F_c)
        k = generator.uniform(0, 2 * np.pi, draws)
        rand = generator.random(draws)
        free = move(P_A, P_bs, D, k, rand, form=form, p=p, q=q, signed=signed)
        new = _into_box(free, low, high, bounds, generator)
        outside = float(((free < low) | (free > high)).mean())
        coherence = _coherence(free - P_bs)
        new_values = _evaluate(fitness, new)
        evaluations += population
        if greedy:
            worse = new_values <= values
            new[worse], new_values[worse] = P_A[worse], values[worse]
        P_A, values = new, new_values
        leader = int(values.argmax())
        if values[leader] > best:
            P_bs, best = P_A[leader].copy(), float(values[leader])
        history.append(best)
        spread = float(np.sqrt(((P_A - P_bs) ** 2).sum(axis=1)).mean())
        course.append((float(values[leader]), spread, outside, coherence))
        if callback:
            callback(y, P_A.copy(), values.copy())

    names = ("best", "diversity", "clipped", "coherence")
    diagnostics = dict(zip(names, np.array(course).T, strict=True))
    return Result(P_bs, best, np.array(history), evaluations, diagnostics)


def _box(lower: ArrayLike, upper: ArrayLike) -> tuple[Array, Array]:
    low, high = np.asarray(lower, dtype=np.float64), np.asarray(upper, dtype=np.float64)
    try:
        low, high = (side.copy() for side in np.broadcast_arrays(low, high))
    except ValueError:
        raise InputError(
            f"lower and upper have shapes {low.shape} and {high.shape}: they must agree"
        ) from None
    if low.ndim != 1 or not len(low):
        raise InputError(f"the box has shape {low.shape}: give lower and upper as (D,) vectors")
    if not (np.isfinite(low).all() and np.isfinite(high).all() and (low <= high).all()):
        raise InputError("the box is empty or endless: lower must be finite and at most upper")
    return low, high


def _evaluate(fitness: Fitness, positions: Array) -> Array:
    """Ask for the fitness of positions, and refuse what no search could use."""
    values = np.array(fitness(positions), dtype=np.float64)
    if values.shape != (len(positions),):
        raise InputError(
            f"fitness gave shape {values.shape} for {len(positions)} positions: "
            f"it must give one number a position, ({len(positions)},)"
        )
    if np.isnan(values).any():
        raise InputError(
            f"fitness is NaN for {int(np.isnan(values).sum())} of {len(positions)} positions: "
            "it must be a number everywhere in the box"
        )
    return values


def _into_box(
    positions: Array, low: Array, high: Array, bounds: str, generator: np.random.Generator
) -> Array:
    if bounds == "clip":
        return positions.clip(low, high)
    if bounds == "reflect":
        width = np.where(high > low, high - low, 1.0)
        folded = np.abs((positions - low + width) % (2 * width) - width)
        inside = np.where((positions >= low) & (positions <= high), positions, low + folded)
        # A fold far outside can miss a side by a rounding error.
        return inside.clip(low, high)
    anew = low + (high - low) * generator.random(positions.shape)
    return np.where((positions < low) | (positions > high), anew, positions)


def _coherence(steps: Array) -> float:
    signs = np.sign(steps)
    moving = np.abs(signs).sum(axis=1)
    if not moving.any():
        return float("nan")
    return float((np.abs(signs.sum(axis=1))[moving > 0] / moving[moving > 0]).mean())
