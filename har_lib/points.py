"""Interest points of a clip: where they are, how strong, and their second moments."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields

import numpy as np


@dataclass(frozen=True)
class Points:
    """Interest points, strongest first: frame and pixel numbers, response, second moments.

    ``scale``, float64 (P, 2), holds the spatial and the temporal variance at which each point
    was found; NaN where that is not known.
    """

    t: np.ndarray
    y: np.ndarray
    x: np.ndarray
    response: np.ndarray
    second_moments: np.ndarray
    scale: np.ndarray = field(default_factory=lambda: np.empty((0, 2)))

    def __post_init__(self) -> None:
        """Fill scales that are not given."""
        if len(self.scale) == 0:
            object.__setattr__(self, "scale", np.full((len(self.t), 2), np.nan))

    def __len__(self) -> int:
        """Number of points."""
        return len(self.t)

    def near(self, frame: int, window: int) -> np.ndarray:
        """Which points lie within ``window`` frames of ``frame``, bool (P,)."""
        return np.abs(self.t - frame) <= window

    def take(self, which: np.ndarray) -> "Points":
        """The points that a mask, bool (P,), or indices choose, in the order chosen.

        Examples
        --------
        >>> two = Points(*np.array([[5, 6], [1, 2], [3, 4]]), np.array([9.0, 8.0]), np.eye(2, 6))
        >>> two.take(two.near(6, 0)).x.tolist()
        [4]
        """
        return Points(*(getattr(self, each.name)[which] for each in fields(self)))


def joined(parts: Sequence[Points]) -> Points:
    """All points of several lots, strongest first; equal ones stay in the order given.

    Examples
    --------
    >>> weak = Points(*np.array([[5], [1], [3]]), np.array([2.0]), np.zeros((1, 6)))
    >>> strong = Points(*np.array([[6], [2], [4]]), np.array([7.0]), np.zeros((1, 6)))
    >>> joined([weak, strong]).t.tolist(), len(joined([]))
    ([6, 5], 0)
    """
    place, moments = np.empty(0, dtype=np.int64), np.empty((0, 6), dtype=np.float32)
    every = (Points(place, place, place, np.empty(0), moments), *parts)
    together = Points(
        *(np.concatenate([getattr(part, each.name) for part in every]) for each in fields(Points))
    )
    return together.take(np.argsort(-together.response, kind="stable"))
