"""Which samples train and which are tested: by group, at random, on themselves, or as given."""

import warnings
from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import ArrayLike
from sklearn.model_selection import LeaveOneGroupOut, StratifiedGroupKFold, StratifiedKFold

from har_lib.errors import InputError

#: Ways to divide samples, by name.
SPLITS = ("groups", "random", "resubstitution")

#: Positions of the training part and of the test part, each int64 (N,).
Split = tuple[np.ndarray, np.ndarray]


def divide(
    labels: np.ndarray, groups: np.ndarray, folds: int, seed: int, split: str = "groups"
) -> Iterator[Split]:
    """Training and test parts, one pair a fold.

    Parameters
    ----------
    labels, groups : ndarray
        Label and group of each sample, (N,).
    folds : int
        Number of folds; of no use to ``"resubstitution"``, which has one.
    seed : int
        Of the draw.
    split : {"groups", "random", "resubstitution"}
        Folds by group: one group at a time where there are no more groups than folds, else
        stratified by class and drawn. Folds at random: stratified by class and drawn, whatever
        the groups. Resubstitution: everything trains and everything is tested.

    Raises
    ------
    InputError
        If the split is unknown, or there are too few groups or samples for the folds.

    Examples
    --------
    >>> labels, groups = np.array([0, 1, 0, 1]), np.array(["a", "a", "b", "b"])
    >>> [test.tolist() for _, test in divide(labels, groups, folds=2, seed=0)]
    [[0, 1], [2, 3]]
    >>> [test.tolist() for _, test in divide(labels, groups, 2, 0, "resubstitution")]
    [[0, 1, 2, 3]]
    """
    if split not in SPLITS:
        raise InputError(f"split = {split!r} is not allowed: it must be one of {', '.join(SPLITS)}")
    if split == "resubstitution":
        everything = np.arange(len(labels))
        return iter([(everything, everything)])
    return (_by_group if split == "groups" else _at_random)(labels, groups, folds, seed)


def _by_group(labels: np.ndarray, groups: np.ndarray, folds: int, seed: int) -> Iterator[Split]:
    count = len(np.unique(groups))
    if count < 2 or folds < 2:
        raise InputError(
            f"{count} group(s) cannot be split into {folds} folds by group: "
            "at least 2 of each are needed"
        )
    nothing = np.zeros(len(labels))
    if count <= folds:
        yield from LeaveOneGroupOut().split(nothing, labels, groups)
        return
    if np.unique(labels, return_counts=True)[1].max() < folds:
        raise InputError(
            f"no class has as many clips as there are folds, {folds}: choose fewer folds"
        )
    splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        # A rare class is dealt with by name: its fold is refused, or trains on what is left.
        warnings.filterwarnings("ignore", message="The least populated class")
        # With few more groups than folds a fold may get none.
        yield from (split for split in splitter.split(nothing, labels, groups) if len(split[1]))


def _at_random(labels: np.ndarray, groups: np.ndarray, folds: int, seed: int) -> Iterator[Split]:
    names, counts = np.unique(labels, return_counts=True)
    if not 2 <= folds <= counts.min():
        raise InputError(
            f"{folds} folds at random are not possible: there must be at least 2 and, since each "
            f"tests every class, no more than the rarest class has clips "
            f"({names[counts.argmin()]}: {counts.min()})"
        )
    yield from StratifiedKFold(folds, shuffle=True, random_state=seed).split(labels, labels)


def check_given(splits: Iterable[tuple[ArrayLike, ArrayLike]], count: int) -> list[Split]:
    """Splits of ``count`` samples as index arrays.

    Raises
    ------
    InputError
        If a part is no list of positions, or names a sample twice or one that is not there.

    Examples
    --------
    >>> check_given([([0, 1], [2, 9])], count=3)
    Traceback (most recent call last):
    har_lib.errors.InputError: a split's test part names clip 9: indices must lie between 0 and 2
    """
    return [_check_given(np.asarray(train), np.asarray(test), count) for train, test in splits]


def _check_given(train: np.ndarray, test: np.ndarray, count: int) -> Split:
    for name, part in (("train", train), ("test", test)):
        if part.ndim != 1 or part.dtype.kind not in "iu" or not len(part):
            raise InputError(
                f"a split's {name} part is no list of clip indices: give whole numbers"
            )
        if part.min() < 0 or part.max() >= count:
            raise InputError(
                f"a split's {name} part names clip {part.min() if part.min() < 0 else part.max()}:"
                f" indices must lie between 0 and {count - 1}"
            )
        if len(np.unique(part)) != len(part):
            raise InputError(f"a split's {name} part names a clip twice: each may stand once")
    return train, test
