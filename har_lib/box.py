"""The box that a search stays in, and the fitness that it asks for."""

import hashlib
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from har_lib.errors import InputError

Array = NDArray[np.float64]
Fitness = Callable[[Array], Any]

#: What may happen to coordinates that leave the box.
RULES = ("clip", "reflect", "reset")


def sides(lower: ArrayLike, upper: ArrayLike) -> tuple[Array, Array]:
    """Lower and upper side of a box as two vectors (D,) of their own.

    A single number stands for all dimensions of the other.

    Raises
    ------
    InputError
        If the two do not fit together, or the box is empty or endless.

    Examples
    --------
    >>> low, high = sides(0, [1, 2])
    >>> low.tolist(), high.tolist()
    ([0.0, 0.0], [1.0, 2.0])
    """
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


def inside(start: ArrayLike, low: Array, high: Array, most: int) -> Array:
    """Given positions (M, D), M from 1 to ``most``.

    Raises
    ------
    InputError
        If they have another shape or lie outside the box.
    """
    positions = np.asarray(start, dtype=np.float64)
    if positions.shape[1:] != low.shape or not 1 <= len(positions) <= most:
        raise InputError(
            f"start has shape {positions.shape}: it must be (M, {len(low)}) with M from 1 to {most}"
        )
    if not ((positions >= low) & (positions <= high)).all():
        raise InputError("start lies outside the box: move it inside or widen the box")
    return positions


def into(positions: Array, low: Array, high: Array, rule: str, draw: Callable[[], Array]) -> Array:
    """Positions with the coordinates that left the box brought back.

    ``clip`` moves them to its side, ``reflect`` mirrors them at it, ``reset`` draws them anew:
    ``draw`` gives uniform numbers in [0, 1), shaped as ``positions``.

    Examples
    --------
    >>> low, high = np.zeros(1), np.ones(1)
    >>> into(np.array([[1.25]]), low, high, "reflect", lambda: np.zeros((1, 1))).tolist()
    [[0.75]]
    """
    if rule == "clip":
        return positions.clip(low, high)
    within = (positions >= low) & (positions <= high)
    if rule == "reset":
        return np.where(within, positions, low + (high - low) * draw())
    width = np.where(high > low, high - low, 1.0)
    folded = np.abs((positions - low + width) % (2 * width) - width)
    # A fold far outside can miss a side by a rounding error.
    return np.where(within, positions, low + folded).clip(low, high)


def evaluate(fitness: Fitness, positions: Array) -> Array:
    """Fitness of positions (P, D), float64 (P,).

    Raises
    ------
    InputError
        If it is NaN anywhere, or has another shape.
    """
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


#: Positions that a :class:`Memory` knows at most; beyond, the oldest are forgotten.
_KNOWN = 100_000


class Memory:
    """Fitness that is computed once for each position.

    Seagulls that are clipped into one corner of the box stand at one position: its fitness is
    known from the first. Where fitness depends in its last digits on what it is computed together
    with, as products of matrices can, so can what is remembered.

    Parameters
    ----------
    fitness : callable
        Positions (P, D) to numbers (P,).

    Attributes
    ----------
    known : dict
        Digest of a position -> its fitness, in the order in which they were computed.
    computed : int
        Fitness that was computed so far.

    Examples
    --------
    >>> memory = Memory(lambda x: x.sum(axis=1))
    >>> memory(np.array([[1.0, 2.0], [1.0, 2.0], [0.0, 1.0]])).tolist(), memory.computed
    ([3.0, 3.0, 1.0], 2)
    """

    def __init__(self, fitness: Fitness) -> None:
        self.fitness = fitness
        self.known: dict[bytes, float] = {}
        self.computed = 0

    def __call__(self, positions: Array) -> Array:
        """Fitness of positions (P, D), those never seen before computed all at once."""
        # Adding 0.0 makes -0.0 the 0.0 that it equals.
        rows = np.ascontiguousarray(positions) + 0.0
        keys = [hashlib.sha1(row, usedforsecurity=False).digest() for row in rows]
        new = {key: i for i, key in enumerate(keys) if key not in self.known}
        if new:
            # In order of place: the later of two equals stands in the dictionary.
            values = evaluate(self.fitness, positions[list(new.values())])
            self.known.update(zip(new, values.tolist(), strict=True))
            self.computed += len(new)
        found = np.array([self.known[key] for key in keys])
        if len(self.known) > _KNOWN:
            for key in list(self.known)[:-_KNOWN]:
                del self.known[key]
        return found
