"""Six functions with a known minimum, and the same functions with that minimum moved.

Each takes positions, float64 (P, D), and gives float64 (P,). It is to be minimised; its lowest
value in the usual box, 0, is taken at one place. Four have it in the middle of the box and
Rosenbrock's function has it close by, so that a search which is drawn to the middle looks better
than it is; that of Schwefel's function lies on the diagonal, where steps that are the same in all
coordinates lead. :func:`shifted` moves it to a place that is neither.

Reference: X. Yao, Y. Liu, G. Lin, Evolutionary programming made faster (1999),
doi:10.1109/4235.771163, for functions and boxes; P. N. Suganthan et al., Problem definitions and
evaluation criteria for the CEC 2005 special session on real-parameter optimization (2005), a
technical report without a DOI, for moved optima.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike, NDArray

from har_lib.errors import InputError

Array = NDArray[np.float64]

#: Where x sin(sqrt(x)) is greatest on [0, 500]: the solution of tan(s) = -s / 2, s = sqrt(x), near
#: s = 20.5, squared.
SCHWEFEL_OPTIMUM = 420.968746359982

#: The middle part of the box from which a moved optimum is drawn.
MIDDLE = 0.8


@dataclass(frozen=True)
class Objective:
    """A function to be minimised, with what is known of it.

    Attributes
    ----------
    name : str
        As the literature calls it.
    function : callable
        Positions (P, D) to values (P,); 0 at the optimum.
    lower, upper : float
        The usual box, the same in every coordinate.
    optimum : callable
        Number of dimensions D to the optimum, (D,).
    source : str
        Where function and box come from.
    """

    name: str
    function: Callable[[Array], Array]
    lower: float
    upper: float
    optimum: Callable[[int], Array]
    source: str


def sphere(x: Array) -> Array:
    r"""Sum of squares.

    .. math:: \sum_i x_i^2

    Examples
    --------
    >>> sphere(np.array([[1.0, 2.0], [0.0, 0.0]])).tolist()
    [5.0, 0.0]
    """
    total: Array = (x**2).sum(axis=1)
    return total


def rosenbrock(x: Array) -> Array:
    r"""A bent valley along which each coordinate is the square of the one before.

    .. math:: \sum_{i<D} 100 (x_{i+1} - x_i^2)^2 + (1 - x_i)^2

    Raises
    ------
    InputError
        If D is 1, where the sum is empty.

    Examples
    --------
    >>> rosenbrock(np.array([[1.0, 2.0], [1.0, 1.0]])).tolist()
    [100.0, 0.0]
    """
    if x.shape[1] < 2:
        raise InputError("Rosenbrock's function has no value in 1 dimension: give 2 or more")
    total: Array = (100 * (x[:, 1:] - x[:, :-1] ** 2) ** 2 + (1 - x[:, :-1]) ** 2).sum(axis=1)
    return total


def rastrigin(x: Array) -> Array:
    r"""A bowl with a dent at every whole number.

    .. math:: \sum_i x_i^2 - 10 \cos(2 \pi x_i) + 10

    Examples
    --------
    >>> rastrigin(np.array([[0.5, 0.0], [0.0, 0.0]])).tolist()
    [20.25, 0.0]
    """
    # 10 - 10 cos(2 a) = 20 sin(a)^2, which loses no digits near 0.
    total: Array = (x**2 + 20 * np.sin(np.pi * x) ** 2).sum(axis=1)
    return total


def ackley(x: Array) -> Array:
    r"""Nearly flat far out, a narrow funnel in the middle.

    .. math::

        20 + e - 20 \exp\Bigl(-0.2 \sqrt{\tfrac{1}{D} \sum_i x_i^2}\Bigr)
        - \exp\Bigl(\tfrac{1}{D} \sum_i \cos(2 \pi x_i)\Bigr)

    Examples
    --------
    >>> ackley(np.array([[1.0, 1.0], [0.0, 0.0]])).round(6).tolist()
    [3.625385, 0.0]
    """
    size = np.sqrt((x**2).mean(axis=1))
    # The same terms as differences to their limits at 0, which lose no digits there.
    waves = -2 * (np.sin(np.pi * x) ** 2).mean(axis=1)
    value: Array = -20 * np.expm1(-0.2 * size) - np.e * np.expm1(waves)
    return value


def griewank(x: Array) -> Array:
    r"""A wide bowl with waves, which are wider in later coordinates.

    .. math:: 1 + \tfrac{1}{4000} \sum_i x_i^2 - \prod_i \cos(x_i / \sqrt{i})

    Examples
    --------
    >>> griewank(np.array([[np.pi, 0.0], [0.0, 0.0]])).round(6).tolist()
    [2.002467, 0.0]
    """
    number = np.arange(1, x.shape[1] + 1)
    value: Array = 1 + (x**2).sum(axis=1) / 4000 - np.cos(x / np.sqrt(number)).prod(axis=1)
    return value


def schwefel(x: Array) -> Array:
    r"""Schwefel's function 2.26: the deepest place of each coordinate is far from the second best.

    .. math:: \sum_i 418.98288\ldots - x_i \sin\sqrt{|x_i|}

    The constant, without which the minimum is -418.98 D, makes it 0. The formula falls without
    end beyond its box of 500 on either side, where a moved function has to be defined too. There,
    by our own definition, a coordinate has the value of the side that it left, plus a thousandth
    of its squared distance from it: continuous, without new minima outside, and of the size of
    the values within.

    Examples
    --------
    >>> schwefel(np.array([[0.0, 0.0], [SCHWEFEL_OPTIMUM] * 2])).round(4).tolist()
    [837.9658, 0.0]
    """
    inside = x.clip(-500, 500)
    height = _schwefel_height(np.array(SCHWEFEL_OPTIMUM)) - _schwefel_height(inside)
    total: Array = (height + (x - inside) ** 2 / 1000).sum(axis=1)
    return total


def _schwefel_height(x: Array) -> Array:
    height: Array = x * np.sin(np.sqrt(np.abs(x)))
    return height


def _everywhere(value: float, dimensions: int) -> Array:
    return np.full(dimensions, value)


def _objective(
    name: str, function: Callable[[Array], Array], side: float, place: float, number: int
) -> Objective:
    source = f"Yao, Liu, Lin (1999), doi:10.1109/4235.771163, f{number}"
    return Objective(name, function, -side, side, partial(_everywhere, place), source)


#: Name -> objective.
OBJECTIVES: Mapping[str, Objective] = MappingProxyType(
    {
        objective.name: objective
        for objective in (
            _objective("sphere", sphere, 100.0, 0.0, 1),
            _objective("Rosenbrock", rosenbrock, 30.0, 1.0, 5),
            _objective("Schwefel 2.26", schwefel, 500.0, SCHWEFEL_OPTIMUM, 8),
            _objective("Rastrigin", rastrigin, 5.12, 0.0, 9),
            _objective("Ackley", ackley, 32.0, 0.0, 10),
            _objective("Griewank", griewank, 600.0, 0.0, 11),
        )
    }
)


@dataclass(frozen=True)
class _Moved:
    """A function at x - offset; a class, so that it can be sent to another process."""

    function: Callable[[Array], Array]
    offset: Array

    def __call__(self, x: Array) -> Array:
        return self.function(x - self.offset)


@dataclass(frozen=True)
class _Place:
    """An optimum for one number of dimensions."""

    at: Array

    def __call__(self, dimensions: int) -> Array:
        if dimensions != len(self.at):
            raise InputError(
                f"the function was moved in {len(self.at)} dimensions: "
                f"it has no optimum in {dimensions}, move it again"
            )
        return self.at.copy()


def shifted(
    objective: Objective,
    dimensions: int,
    *,
    seed: int | None = None,
    offset: ArrayLike | None = None,
) -> Objective:
    """The same function and box with the optimum elsewhere, f(x - offset), 0 at the new optimum.

    With a seed the new optimum is drawn uniformly, each coordinate by itself, from the middle
    80 % of the box: on no side, and with near certainty neither in the middle nor on a diagonal.
    The draw depends on seed, name and dimensions alone, and uses another stream of random numbers
    than a search with the same seed, whose first position would otherwise point at the optimum.

    Positions in the box are then asked for values from outside the usual one. All six functions
    are defined there and have no lower value: see :func:`schwefel` for the only one whose formula
    alone would not do.

    Parameters
    ----------
    objective : Objective
    dimensions : int
        D.
    seed : int, optional
        Of the new place, 0 or more.
    offset : array_like, optional
        By how much to move instead, (D,); exactly one of both is to be given.

    Raises
    ------
    InputError
        If both or neither of seed and offset are given, one of them or D is impossible, or the
        offset takes the optimum out of the box.

    References
    ----------
    Suganthan et al. (2005), which moves optima by drawn offsets; the 80 % are ours.

    Examples
    --------
    >>> moved = shifted(OBJECTIVES["sphere"], 2, offset=[3.0, -4.0])
    >>> moved.function(np.array([[3.0, -4.0], [0.0, 0.0]])).tolist()
    [0.0, 25.0]
    """
    if dimensions < 1:
        raise InputError(f"dimensions = {dimensions} is not allowed: it must be 1 or more")
    if (seed is None) == (offset is None):
        raise InputError("seed and offset: give exactly one of both to say where the optimum goes")
    usual = objective.optimum(dimensions)
    if offset is None:
        assert seed is not None
        place = _drawn_place(objective, dimensions, seed)
        by = place - usual
    else:
        by = np.array(offset, dtype=np.float64)
        if by.shape != (dimensions,):
            raise InputError(f"offset has shape {by.shape}: it must be ({dimensions},)")
        place = usual + by
        if not ((place >= objective.lower) & (place <= objective.upper)).all():
            raise InputError(
                f"the offset takes the optimum of {objective.name} out of the box: it must stay "
                f"in [{objective.lower:g}, {objective.upper:g}]"
            )
    return replace(
        objective,
        name=f"{objective.name}, shifted",
        function=_Moved(objective.function, by),
        optimum=_Place(place),
    )


def _drawn_place(objective: Objective, dimensions: int, seed: int) -> Array:
    if seed < 0:
        raise InputError(f"seed = {seed} is not allowed: it must be 0 or more")
    generator = np.random.default_rng([*objective.name.encode(), seed])
    edge = (1 - MIDDLE) / 2 * (objective.upper - objective.lower)
    return generator.uniform(objective.lower + edge, objective.upper - edge, dimensions)
