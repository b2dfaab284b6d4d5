"""Labelled sequences before a classifier sees them: checks, thinning, scaling, validation part."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from har_lib.errors import InputError

SCALINGS = ("standard", "standard_all", "range", "none")


def check_sequences(X: Sequence[ArrayLike], width: int | None = None) -> list[np.ndarray]:
    """Sequences as float64 (K_i, F) arrays of one width.

    Raises
    ------
    InputError
        Naming the first sequence that is empty, not a matrix, of another width, or not finite.

    Examples
    --------
    >>> check_sequences([[[1, 2]], [[3, 4], [5, np.nan]]])
    Traceback (most recent call last):
    har_lib.errors.InputError: sequence 1 holds NaN or infinity: every feature must be a number
    """
    if len(X) == 0:
        raise InputError("there are no sequences: give at least one (K, F) array")
    sequences = []
    for place, given in enumerate(X):
        try:
            sequence = np.asarray(given, dtype=np.float64)
        except (TypeError, ValueError):
            raise InputError(f"sequence {place} is no array of numbers: give (K, F)") from None
        if sequence.ndim != 2 or 0 in sequence.shape:
            raise InputError(
                f"sequence {place} has shape {sequence.shape}: give (K, F), a row a key frame"
            )
        width = sequence.shape[1] if width is None else width
        if sequence.shape[1] != width:
            raise InputError(
                f"sequence {place} has {sequence.shape[1]} features: it must have {width}"
            )
        if not np.isfinite(sequence).all():
            raise InputError(
                f"sequence {place} holds NaN or infinity: every feature must be a number"
            )
        sequences.append(sequence)
    return sequences


def check_labels(y: ArrayLike, count: int) -> np.ndarray:
    """Labels as a flat array of numbers or text, one for each of ``count`` clips."""
    labels = np.asarray(y)
    if labels.dtype == object and all(isinstance(label, str) for label in labels.flat):
        labels = labels.astype(str)
    if labels.shape != (count,):
        raise InputError(f"y has shape {labels.shape} for {count} clips: give one label each")
    if labels.dtype.kind not in "biuU":
        raise InputError(f"labels are of type {labels.dtype}: give whole numbers or text")
    return labels


def check_groups(groups: ArrayLike, count: int) -> np.ndarray:
    """Groups as numbers from 0, one for each of ``count`` clips."""
    origin = np.asarray(groups)
    if origin.shape != (count,):
        raise InputError(f"groups has shape {origin.shape} for {count} clips: give one each")
    return np.unique(origin, return_inverse=True)[1]


def thin(sequence: np.ndarray, length: int, which: str = "even") -> np.ndarray:
    """At most ``length`` rows: evenly spaced ones, first and last included, or the first ones.

    Examples
    --------
    >>> thin(np.arange(10)[:, None], 4).ravel().tolist()
    [0, 3, 6, 9]
    >>> thin(np.arange(10)[:, None], 4, "first").ravel().tolist()
    [0, 1, 2, 3]
    """
    if which not in ("even", "first"):
        raise InputError(f"which = {which!r} is not allowed: it must be 'even' or 'first'")
    if len(sequence) <= length:
        return sequence
    if which == "first":
        return sequence[:length]
    return sequence[np.round(np.linspace(0, len(sequence) - 1, length)).astype(int)]


def scaling(
    sequences: Sequence[np.ndarray], kind: str = "standard"
) -> tuple[np.ndarray, np.ndarray]:
    """What to subtract from each column and then to divide it by, each (F,).

    Parameters
    ----------
    sequences : sequence of ndarray
        (K_i, F) each, of the training part alone.
    kind : {"standard", "standard_all", "range", "none"}
        ``standard`` brings columns to mean 0 and deviation 1 and leaves those alone that hold only
        0 and 1; ``standard_all`` makes no such exception; ``range`` brings smallest and largest
        value to -1 and 1; ``none`` changes nothing. Constant columns become 0 (with ``none`` and
        those of bits left alone they stay as they are).

    Raises
    ------
    InputError
        If there is no such kind.

    Examples
    --------
    >>> scaling([np.array([[0, 2.0], [1, 4.0]])])
    (array([0., 3.]), array([1., 1.]))
    >>> scaling([np.array([[0, 2.0], [1, 6.0]])], "range")
    (array([0.5, 4. ]), array([0.5, 2. ]))
    """
    if kind not in SCALINGS:
        raise InputError(f"kind = {kind!r} is not allowed: it must be one of {', '.join(SCALINGS)}")
    rows = np.concatenate(sequences)
    if kind == "none":
        return np.zeros(rows.shape[1]), np.ones(rows.shape[1])
    if kind == "range":
        low, high = rows.min(axis=0), rows.max(axis=0)
        centre, scale = (low + high) / 2, (high - low) / 2
    else:
        centre, scale = rows.mean(axis=0), rows.std(axis=0)
    # A constant column's computed deviation may be a rounding error instead of 0.
    scale[(rows == rows[0]).all(axis=0)] = 1.0
    if kind == "standard":
        binary = ((rows == 0) | (rows == 1)).all(axis=0)
        centre[binary], scale[binary] = 0.0, 1.0
    return centre, scale


def hold_out(
    target: np.ndarray, groups: np.ndarray, share: float, seed: int | np.random.SeedSequence
) -> np.ndarray:
    """Draw whole groups for validation so that every class stays in the training part.

    Parameters
    ----------
    target, groups : ndarray
        Class and group of each clip, (N,).
    share : float
        Share of the groups to hold out; at least one is.
    seed : int or SeedSequence
        Of the order in which groups are tried.

    Returns
    -------
    ndarray
        bool (N,), true for clips held out.

    Raises
    ------
    InputError
        If there is one group only, or each holds all clips of some class.

    Examples
    --------
    >>> hold_out(np.array([0, 1, 0, 1]), np.array([0, 0, 1, 1]), 0.2, seed=0)
    array([ True,  True, False, False])
    """
    names = np.unique(groups)
    if len(names) < 2:
        raise InputError("all clips are of one group: none can be held out for validation")
    wanted = min(max(1, round(share * len(names))), len(names) - 1)
    held_out = np.zeros(len(target), dtype=bool)
    chosen = 0
    for name in np.random.default_rng(seed).permutation(names):
        tried = held_out | (groups == name)
        if len(np.unique(target[~tried])) == len(np.unique(target)):
            held_out, chosen = tried, chosen + 1
        if chosen == wanted:
            break
    if not chosen:
        raise InputError(
            "no group can be held out for validation without losing a class: "
            "each class needs clips of at least two groups"
        )
    return held_out
