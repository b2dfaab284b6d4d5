"""Which universes are run: few of the many combinations, each level of each axis equally often.

The design is a Latin hypercube in slices of 16 rows: within a slice no level of an axis stands
twice more than another, and over all slices none more than once more. So every beginning of the
design that ends with a slice is balanced, and a shorter design is the beginning of a longer one.
(A scrambled Sobol sequence has axes of two levels that are the same in all of its first 64 rows.)
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.stats import qmc

from har_lib import files
from har_lib.choice import Value
from har_lib.config import Config
from har_lib.errors import InputError
from har_lib.multiverse_axes import AXES, HELD, Axis, canonical, in_force

#: Rows of a slice; levels are exchanged within it where a combination is not allowed.
SLICE = 16


@dataclass(frozen=True)
class Universe:
    """One combination of answers: its number in the design and its configuration."""

    number: int
    config: Config

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the choices in force: two universes with the same one are the same."""
        return files.digest_of(in_force(self.config))

    def levels(self, axes: Sequence[Axis] = AXES) -> dict[str, Value | None]:
        """Level of each axis; None where it has no effect beside the other choices."""
        acting = in_force(self.config)
        return {axis.name: acting.get(axis.name) for axis in axes}


def places(slices: int, axes: Sequence[Axis], seed: int) -> np.ndarray:
    """Which level each axis has in each row, int64 (16 slices, axes), whatever is allowed together.

    Parameters
    ----------
    slices : int
    axes : sequence of Axis
    seed : int
        Of the order of the levels, which is drawn for each slice.

    References
    ----------
    McKay, Beckman & Conover 1979, https://doi.org/10.1080/00401706.1979.10489755; Qian 2012,
    Sliced Latin hypercube designs, https://doi.org/10.1080/01621459.2011.644132

    Examples
    --------
    >>> found = places(2, AXES, seed=0)
    >>> [np.bincount(column).tolist() for column in found.T[:3]]
    [[11, 11, 10], [11, 11, 10], [7, 7, 6, 6, 6]]
    """
    rows = np.empty((slices, SLICE, len(axes)), dtype=np.int64)
    for number in range(slices):
        # A generator of its own, so that a slice does not depend on how many there are.
        generator = np.random.default_rng([seed, number])
        order = qmc.LatinHypercube(len(axes), rng=generator).random(SLICE).argsort(axis=0)
        for column, axis in enumerate(axes):
            # The next 16 of the levels that come round and round.
            turn = np.arange(number * SLICE, (number + 1) * SLICE) % len(axis.levels)
            rows[number, order[:, column], column] = np.sort(turn)
    return rows.reshape(-1, len(axes))


def _config(row: np.ndarray, axes: Sequence[Axis], held: Config) -> Config | None:
    """The configuration of a row, or None where it is not allowed."""
    try:
        return held.replace(
            **{axis.name: axis.levels[place] for axis, place in zip(axes, row, strict=True)}
        )
    except InputError:
        return None


def _culprits(row: np.ndarray, axes: Sequence[Axis], held: Config) -> list[int]:
    """Columns of a row that is not allowed, each of which would mend it alone."""
    found = []
    for column in range(len(axes)):
        mended = row.copy()
        mended[column] = 0
        if _config(mended, axes, held) is not None:
            found.append(column)
    return found


def _mend(rows: np.ndarray, axes: Sequence[Axis], held: Config) -> None:
    """Exchange levels between rows, the nearest first, until every row is allowed."""
    for number, row in enumerate(rows):
        if _config(row, axes, held) is not None:
            continue
        culprits = _culprits(row, axes, held)
        partners = sorted(range(len(rows)), key=lambda other: (abs(other - number), other))
        for partner, column in ((p, c) for p in partners[1:] for c in culprits):
            pair = rows[[number, partner]]
            pair[:, column] = pair[::-1, column]
            allowed = _config(rows[partner], axes, held) is None or (
                _config(pair[1], axes, held) is not None
            )
            if _config(pair[0], axes, held) is not None and allowed:
                rows[[number, partner]] = pair
                break
        else:
            raise InputError(
                f"row {number} of the design cannot be made valid by exchanging levels: leave "
                "out a level that few others allow"
            )


def design(n: int, seed: int = 0, axes: Sequence[Axis] = AXES) -> list[Universe]:
    """The first n universes.

    A combination that is not allowed gets another level by exchange with a row near it, so that
    every level stays as frequent as it was. Choices that have no effect beside the others are at
    their default; should two rows then be the same universe, the later one is left out.

    Parameters
    ----------
    n : int
        Rows, at least 1.
    seed : int
        Of the design.
    axes : sequence of Axis
        All other choices keep their default, or what `HELD` says.

    Returns
    -------
    list of Universe
        At most n, numbered by their rows.

    Examples
    --------
    >>> short, long = design(4), design(8)
    >>> len(long), [universe.digest for universe in long[:4]] == [u.digest for u in short]
    (8, True)
    """
    if n < 1:
        raise InputError(f"universes = {n} is not allowed: it must be at least 1")
    held = Config().replace(**HELD)
    rows = places(-(-n // SLICE), axes, seed)
    for begin in range(0, len(rows), SLICE):
        _mend(rows[begin : begin + SLICE], axes, held)
    found: dict[str, Universe] = {}
    for number, row in enumerate(rows[:n]):
        config = _config(row, axes, held)
        assert config is not None
        universe = Universe(number, canonical(config))
        found.setdefault(universe.digest, universe)
    return list(found.values())
