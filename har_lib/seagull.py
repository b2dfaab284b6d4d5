"""Seagull search with opposition: equations (14), (16) and (19) to (28).

The paper renames the letters of its source. Dhiman and Kumar's A, B, C_s, M_s, D_s, (x', y', z'),
(u, v), r, x, P_s are here D, A, S_A, B_A, G_A, (u', v', w'), (p, q), R^r, y, P_A.

Reference: G. Dhiman, V. Kumar, Seagull optimization algorithm (2019),
doi:10.1016/j.knosys.2018.11.024; H. R. Tizhoosh, Opposition-based learning (2005),
doi:10.1109/CIMCA.2005.1631345; S. Rahnamayan, H. R. Tizhoosh, M. M. A. Salama, Quasi-oppositional
differential evolution (2007), doi:10.1109/CEC.2007.4424748, and Opposition-based differential
evolution (2008), doi:10.1109/TEVC.2007.894200.
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

#: Update rules: readings of (19) to (28), and :func:`matlab_move`, which is none.
FORMS = (*PRESETS, "matlab")

BOUNDS = ("clip", "reflect", "reset")

OPPOSITES = ("opposite", "quasi")


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
        One number for each of these: ``best`` fitness within the population; ``diversity``, the
        mean Euclidean distance to the best position; ``clipped``, the share of coordinates that
        left the box; ``coherence``, the mean over moving seagulls of abs(mean sign of the step away
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


def quasi_opposite(S: Array, lower: Array, upper: Array, generator: np.random.Generator) -> Array:
    """Draw, each coordinate by itself, between the middle of the box and the opposite.

    Quasi-opposition of Rahnamayan et al. (2007), doi:10.1109/CEC.2007.4424748; the paper's (16)
    is :func:`opposite`.

    Examples
    --------
    >>> drawn = quasi_opposite(np.zeros(3), np.zeros(3), np.full(3, 4.0), np.random.default_rng(0))
    >>> bool(((drawn >= 2) & (drawn <= 4)).all())
    True
    """
    middle = (lower + upper) / 2
    return middle + (opposite(S, lower, upper) - middle) * generator.random(S.shape)


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

    No B is defined. After the paper's renaming it must be D, which is the corrected and the stable
    form. ``form="literal"`` keeps a constant, :data:`PRINTED_B` = 2, so that A never decays: it
    stays between 0 and 8 to the end. B read as B_A cannot be computed: (21) makes B_A from A, so
    that (22) would need its own result.

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


def matlab_move(P_A: Array, P_bs: Array, D: float, r_1: Array, r_2: Array) -> Array:
    r"""One iteration of a published MATLAB script for all seagulls, before any bounds.

    .. math::

        A_1 = 2 D r_1 - D, \quad l = (D - 1) r_2 + 1, \quad
        P_A(y) = (D P_A + A_1 (P_{bs} - P_A)) \, e^l \cos(2 \pi l) + P_{bs}

    Read in public copies of a script whose heading names the author of the source, Dhiman. It is
    another rule than the one printed in his paper and in this one: no absolute value, no product
    of three coordinates, no w', and a random number a coordinate. Whether it was used here is not
    known, and nothing is claimed.

    Parameters
    ----------
    P_A, P_bs : ndarray
        All positions, (P, D), and the best one, (D,).
    D : float
        Movement behaviour (20).
    r_1, r_2 : ndarray
        Uniform on [0, 1), (P, D).

    Examples
    --------
    >>> two, half = np.full((1, 1), 2.0), np.full((1, 1), 0.5)
    >>> matlab_move(two, np.ones(1), 1.0, half, half).round(3).tolist()
    [[6.437]]
    """
    A_1 = 2 * D * r_1 - D
    turns = (D - 1) * r_2 + 1
    return (D * P_A + A_1 * (P_bs - P_A)) * np.exp(turns) * np.cos(2 * np.pi * turns) + P_bs


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
    opposite_kind: str = "opposite",
    jumping: float = 0.0,
    patience: int = 0,
    start: ArrayLike | None = None,
) -> Result:
    """Search a box for the position of greatest fitness.

    The best position ever seen is kept and leads the others (the paper's P_bs). Iterations count
    from 1; the initial population is y = 0, so that D falls from F_c to 0 and the last iteration
    puts every seagull on the best one, which wastes its evaluations, as printed; with
    ``form="literal"`` A, and so the steps, do not fall with D.

    All random numbers come from one generator, in this order: the initial population and, with
    ``opposite_kind="quasi"``, its opposites; then in each iteration k and rand (r_1 and r_2 of
    :func:`matlab_move`), with ``bounds="reset"`` the new coordinates, and with ``jumping`` the
    chance of a jump and its quasi-opposites.

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
    _check_settings(population, iterations, form, bounds, opposite_kind, jumping, patience)
    given = {"p": p, "q": q, "per_dimension": per_dimension, "signed": signed}
    spiral = PRESETS.get(form, {}) | {k: value for k, value in given.items() if value is not None}

    generator = np.random.default_rng(seed)
    P_A = initial_population(population, low, high, generator)
    if start is not None:
        first = _positions(start, low, high, population)
        P_A[: len(first)] = first
    if opposition:
        P_A = np.concatenate([P_A, _opposites(P_A, low, high, opposite_kind, generator)])
    values = _evaluate(fitness, P_A)
    evaluations = len(P_A)
    if opposition:
        P_A, values = _best(P_A, values, population)
    leader = int(values.argmax())
    P_bs, best, improved = P_A[leader].copy(), float(values[leader]), 0
    if callback:
        callback(0, P_A.copy(), values.copy())

    history: list[float] = []
    course: list[tuple[float, float, float, float]] = []
    for y in tqdm(range(1, iterations + 1), desc="search", disable=not progress):
        D = movement_behaviour(y, iterations, F_c)
        free = _moved(P_A, P_bs, D, form, spiral, generator)
        new = _into_box(free, low, high, bounds, generator)
        outside = float(((free < low) | (free > high)).mean())
        coherence = _coherence(free - P_bs)
        new_values = _evaluate(fitness, new)
        evaluations += population
        if greedy:
            worse = new_values <= values
            new[worse], new_values[worse] = P_A[worse], values[worse]
        P_A, values = new, new_values
        if opposition and jumping and generator.random() < jumping:
            within = P_A.min(axis=0), P_A.max(axis=0)
            # An opposite can miss a side of the box by a rounding error.
            others = _opposites(P_A, *within, opposite_kind, generator).clip(low, high)
            both = np.concatenate([values, _evaluate(fitness, others)])
            P_A, values = _best(np.concatenate([P_A, others]), both, population)
            evaluations += population
        leader = int(values.argmax())
        if values[leader] > best:
            P_bs, best, improved = P_A[leader].copy(), float(values[leader]), y
        history.append(best)
        spread = float(np.sqrt(((P_A - P_bs) ** 2).sum(axis=1)).mean())
        course.append((float(values[leader]), spread, outside, coherence))
        if callback:
            callback(y, P_A.copy(), values.copy())
        if patience and y - improved >= patience:
            break

    names = ("best", "diversity", "clipped", "coherence")
    diagnostics = dict(zip(names, np.array(course).T, strict=True))
    return Result(P_bs, best, np.array(history), evaluations, diagnostics)


def _check_settings(
    population: int,
    iterations: int,
    form: str,
    bounds: str,
    opposite_kind: str,
    jumping: float,
    patience: int,
) -> None:
    for name, value, allowed in (
        ("form", form, FORMS),
        ("bounds", bounds, BOUNDS),
        ("opposite_kind", opposite_kind, OPPOSITES),
    ):
        if value not in allowed:
            raise InputError(
                f"{name} = {value!r} is not allowed: it must be one of {', '.join(allowed)}"
            )
    if population < 1 or iterations < 1:
        raise InputError(
            f"population = {population} and iterations = {iterations} are not allowed: "
            "both must be at least 1"
        )
    if not 0 <= jumping <= 1:
        raise InputError(f"jumping = {jumping} is not allowed: it must be a chance from 0 to 1")
    if patience < 0:
        raise InputError(f"patience = {patience} is not allowed: it must be 0 or more")


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


def _positions(start: ArrayLike, low: Array, high: Array, population: int) -> Array:
    """Refuse given positions that are no seagulls of this search."""
    positions = np.asarray(start, dtype=np.float64)
    if positions.shape[1:] != low.shape or not 1 <= len(positions) <= population:
        raise InputError(
            f"start has shape {positions.shape}: it must be (M, {len(low)}) with M from 1 to "
            f"{population}"
        )
    if not ((positions >= low) & (positions <= high)).all():
        raise InputError("start lies outside the box: move it inside or widen the box")
    return positions


def _opposites(
    S: Array, lower: Array, upper: Array, kind: str, generator: np.random.Generator
) -> Array:
    if kind == "quasi":
        return quasi_opposite(S, lower, upper, generator)
    return opposite(S, lower, upper)


def _best(positions: Array, values: Array, count: int) -> tuple[Array, Array]:
    # A stable sort keeps the one that comes first, before its opposite, when both are equal.
    kept = np.argsort(-values, kind="stable")[:count]
    return positions[kept], values[kept]


def _moved(
    P_A: Array,
    P_bs: Array,
    D: float,
    form: str,
    spiral: dict[str, Any],
    generator: np.random.Generator,
) -> Array:
    """New places of one iteration, before any bounds, with the random numbers they need."""
    if form == "matlab":
        r_1 = generator.random(P_A.shape)
        return matlab_move(P_A, P_bs, D, r_1, generator.random(P_A.shape))
    draws = (len(P_A), P_A.shape[1] if spiral["per_dimension"] else 1)
    k = generator.uniform(0, 2 * np.pi, draws)
    rand = generator.random(draws)
    p, q, signed = spiral["p"], spiral["q"], spiral["signed"]
    return move(P_A, P_bs, D, k, rand, form=form, p=p, q=q, signed=signed)


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
