"""The shape feature: the body's silhouette and the 4x4 grid laid over it."""

import cv2
import numpy as np

from har_lib.errors import InputError

#: Cells of the grid along each side: "the size of the grid is 4 x 4".
CELLS = 4


def background(frames: np.ndarray) -> np.ndarray:
    """The scene without the body: each pixel's median over the clip.

    Parameters
    ----------
    frames : ndarray, uint8 (T, H, W)

    Returns
    -------
    ndarray, uint8 (H, W)
        Of an even number of frames the lower of the two middle values.
    """
    frames = np.asarray(frames)
    middle = (len(frames) - 1) // 2
    return np.partition(frames, middle, axis=0)[middle]


def _largest_component(mask: np.ndarray) -> np.ndarray:
    count, labels, statistics, _ = cv2.connectedComponentsWithStats(
        mask.astype(np.uint8), connectivity=8
    )
    if count == 1:
        return mask
    areas = statistics[1:, cv2.CC_STAT_AREA]
    return labels == 1 + int(np.argmax(areas))


def _foreground(frame: np.ndarray, scene: np.ndarray, difference: int) -> np.ndarray:
    apart = (cv2.absdiff(frame, scene) > difference).astype(np.uint8)
    opened = cv2.morphologyEx(apart, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    return _largest_component(opened.astype(bool))


def silhouettes(
    frames: np.ndarray, method: str = "median_background", difference: int = 25
) -> np.ndarray:
    """The body in every frame: the paper's "background minus" and "pre-processed output".

    Parameters
    ----------
    frames : ndarray, uint8 (T, H, W)
        Gray frames on 0..255.
    method : {"median_background", "given"}
        Absolute difference to the clip's median frame above ``difference`` gray levels, opened
        by a 3x3 square, largest 8-connected component; or the frames are masks already and
        a pixel above mid-gray is body.
    difference : int
        Gray levels.

    Returns
    -------
    ndarray, bool (T, H, W)
        A frame without foreground is all False.

    Raises
    ------
    InputError
        If ``method`` is unknown, or masks are expected and the frames are none.
    """
    frames = np.asarray(frames)
    if method == "given":
        # Resizing leaves gray along the edges of a mask, never in a fifth of it.
        if ((frames > 50) & (frames < 205)).mean() > 0.2:
            raise InputError(
                "the frames are no masks, which are black and white: "
                "use silhouette = 'median_background'"
            )
        return frames > 127
    if method != "median_background":
        raise InputError(
            f"silhouette = {method!r} is not allowed: it must be 'median_background' or 'given'"
        )
    scene = background(frames)
    return np.stack([_foreground(frame, scene, difference) for frame in frames])


def silhouette(
    frames: np.ndarray, index: int, method: str = "median_background", difference: int = 25
) -> np.ndarray:
    """The body in one frame of a clip; see `silhouettes`.

    Returns
    -------
    ndarray, bool (H, W)

    Examples
    --------
    >>> clip = np.zeros((5, 20, 20), dtype=np.uint8)
    >>> clip[3, 5:12, 4:10] = 255
    >>> int(silhouette(clip, 3).sum()), int(silhouette(clip, 0).sum())
    (42, 0)
    """
    frames = np.asarray(frames)
    if method != "median_background":
        return silhouettes(frames[index : index + 1], method)[0]
    return _foreground(frames[index], background(frames), difference)


def bounding_box(mask: np.ndarray) -> tuple[int, int, int, int] | None:
    """``top, bottom, left, right`` of the True pixels, half-open; None if there are none.

    Examples
    --------
    >>> mask = np.zeros((8, 8), dtype=bool)
    >>> mask[2:5, 1:7] = True
    >>> bounding_box(mask)
    (2, 5, 1, 7)
    """
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if len(rows) == 0:
        return None
    return int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1


def cell_edges(length: int) -> list[tuple[int, int]]:
    """Half-open ranges of the four cells along a side of ``length`` pixels, each at least one.

    Examples
    --------
    >>> cell_edges(10)
    [(0, 2), (2, 5), (5, 8), (8, 10)]
    >>> cell_edges(2)
    [(0, 1), (0, 1), (1, 2), (1, 2)]
    """
    edges = np.round(np.linspace(0, length, CELLS + 1)).astype(int)
    starts = np.minimum(edges[:-1], length - 1)
    return [
        (int(start), int(max(stop, start + 1)))
        for start, stop in zip(starts, edges[1:], strict=True)
    ]


def grid(mask: np.ndarray, over: str = "bbox", rule: str | None = None) -> np.ndarray:
    """The 1x16 shape feature: which cells of a 4x4 grid hold the body.

    Parameters
    ----------
    mask : ndarray, bool (H, W)
        A silhouette.
    over : {"bbox", "frame"}
        What is split: the body's bounding box ("we split the object") or the whole frame.
    rule : {"half", "any"} or None
        A cell is 1 when at least half of it is body, or when one pixel is. None takes "half"
        for a bounding box (with "any", nearly all its cells are 1) and "any" for a frame.

    Returns
    -------
    ndarray, float32 (16,)
        0 or 1, row by row from the top left; all 0 for an empty mask.

    Raises
    ------
    InputError
        If ``mask`` is not two-dimensional, or ``over`` or ``rule`` is unknown.

    Examples
    --------
    >>> mask = np.zeros((40, 40), dtype=bool)
    >>> mask[:, :20] = True
    >>> grid(mask, over="frame").reshape(4, 4)[0].tolist()
    [1.0, 1.0, 0.0, 0.0]
    """
    mask = np.asarray(mask, dtype=bool)
    if mask.ndim != 2:
        raise InputError(f"a silhouette (H, W) is needed, not an array of shape {mask.shape}")
    if over not in ("bbox", "frame"):
        raise InputError(f"over = {over!r} is not allowed: it must be 'bbox' or 'frame'")
    rule = rule or ("half" if over == "bbox" else "any")
    if rule not in ("half", "any"):
        raise InputError(f"rule = {rule!r} is not allowed: it must be 'half' or 'any'")
    if over == "bbox":
        box = bounding_box(mask)
        if box is None:
            return np.zeros(CELLS * CELLS, dtype=np.float32)
        mask = mask[box[0] : box[1], box[2] : box[3]]
    occupancy = np.array(
        [
            [mask[top:bottom, left:right].mean() for left, right in cell_edges(mask.shape[1])]
            for top, bottom in cell_edges(mask.shape[0])
        ]
    )
    filled = occupancy >= 0.5 if rule == "half" else occupancy > 0
    return filled.astype(np.float32).ravel()
