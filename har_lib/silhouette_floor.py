"""What plain pictures of silhouettes reach with one nearest neighbour: a floor for 58 numbers."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray
from sklearn.neighbors import KNeighborsClassifier

from har_lib import leakage
from har_lib.errors import InputError

#: Side of the square that a silhouette is brought to, in pixels.
SIDE = 32


def normalised(mask: np.ndarray, side: int = SIDE) -> NDArray[np.float32]:
    """A silhouette cut out, brought to the same size and centred in a square.

    The longer side of its bounding box becomes the side of the square, so that its shape is kept
    and neither place nor size is told.

    Parameters
    ----------
    mask : ndarray, bool (H, W)
        Not empty.
    side : int
        In pixels.

    Returns
    -------
    ndarray
        float32 (side, side), from 0 to 1.

    Examples
    --------
    >>> mask = np.zeros((9, 9), dtype=bool)
    >>> mask[2:6, 3:5] = True
    >>> normalised(mask, side=4).tolist()[0]
    [0.0, 1.0, 1.0, 0.0]
    """
    across, along = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(across):
        raise InputError("a silhouette is empty: leave such frames out")
    cut = mask[across[0] : across[-1] + 1, along[0] : along[-1] + 1].astype(np.float32)
    height, width = (max(1, round(side * each / max(cut.shape))) for each in cut.shape)
    small = cv2.resize(cut, (width, height), interpolation=cv2.INTER_AREA)
    found = np.zeros((side, side), dtype=np.float32)
    top, left = (side - height) // 2, (side - width) // 2
    found[top : top + height, left : left + width] = small
    return found


def pictures(masks: np.ndarray, side: int = SIDE) -> NDArray[np.float32]:
    """Mean, standard deviation and mean absolute change of a clip's normalised silhouettes.

    Parameters
    ----------
    masks : ndarray, bool (T, H, W)
        Frames without a silhouette are left out.
    side : int
        In pixels.

    Returns
    -------
    ndarray
        float32 (3 side²,), one picture after the other.

    Raises
    ------
    InputError
        If fewer than two frames show a silhouette.
    """
    shown = [normalised(mask, side) for mask in masks if mask.any()]
    if len(shown) < 2:
        raise InputError(f"{len(shown)} of {len(masks)} frames show a silhouette: 2 are needed")
    stack = np.stack(shown)
    change = np.abs(np.diff(stack, axis=0)).mean(axis=0)
    found: NDArray[np.float32] = np.concatenate(
        [stack.mean(axis=0).ravel(), stack.std(axis=0).ravel(), change.ravel()]
    )
    return found


def correctness(
    clips: Sequence[np.ndarray], labels: np.ndarray, groups: np.ndarray, side: int = SIDE
) -> NDArray[np.float64]:
    """Whether the nearest picture among all other groups has a clip's label, float64 (N,).

    Parameters
    ----------
    clips : sequence of ndarray, bool (T_i, H, W)
        Silhouettes of each clip.
    labels, groups : ndarray (N,)
        One group at a time is left out.
    side : int
        Of the pictures.

    Raises
    ------
    InputError
        If there is one group only, or a clip shows too little.
    """
    if len(np.unique(groups)) < 2:
        raise InputError("all clips are of one group: leaving it out leaves nothing to compare")
    rows = np.stack([pictures(masks, side) for masks in clips])
    count = len(np.unique(groups))
    parts = leakage.divide("group", labels, np.arange(len(labels)), groups, count, seed=0)
    told = leakage.predict(KNeighborsClassifier(1), rows, labels, groups, parts)
    found: NDArray[np.float64] = (told == labels).astype(np.float64)
    return found
