"""The shape feature: the 4x4 grid laid over the body, which `har_lib.foreground` finds."""

import cv2
import numpy as np
from skimage.filters import threshold_otsu

from har_lib.errors import InputError
from har_lib.foreground import background, silhouette, silhouettes

__all__ = [
    "CELLS",
    "ORDERS",
    "REGIONS",
    "RULES",
    "SPLITS",
    "background",
    "bounding_box",
    "cell_edges",
    "grid",
    "grid_region",
    "silhouette",
    "silhouettes",
]

#: Cells of the grid along each side: "the size of the grid is 4 x 4".
CELLS = 4
#: What the grid divides, when a cell is 1, how cells are read, and how uneven sides are split.
REGIONS = ("bbox", "square", "frame")
RULES = ("by_grid", "half", "any", "otsu", "occupancy")
ORDERS = ("rows", "columns")
SPLITS = ("rounded", "resized")


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


def grid_region(mask: np.ndarray, over: str = "bbox") -> tuple[int, int, int, int] | None:
    """``top, bottom, left, right`` of what the grid divides, half-open pixels.

    Parameters
    ----------
    mask : ndarray, bool (H, W)
        A silhouette.
    over : {"bbox", "square", "frame"}
        The body's bounding box; the smallest square that holds it, with the box in its middle
        (a pixel too many goes below or to the right); or the whole frame. A square may reach
        beyond the frame, with numbers below 0 or above H and W.

    Returns
    -------
    tuple of int, or None
        None for an empty mask, but for the frame.

    Raises
    ------
    InputError
        If ``mask`` is not two-dimensional, or ``over`` is unknown.

    Examples
    --------
    >>> mask = np.zeros((8, 8), dtype=bool)
    >>> mask[2:5, 1:7] = True
    >>> grid_region(mask, "square")
    (1, 7, 1, 7)
    """
    mask = np.asarray(mask, dtype=bool)
    if mask.ndim != 2:
        raise InputError(f"a silhouette (H, W) is needed, not an array of shape {mask.shape}")
    _check("over", over, REGIONS)
    if over == "frame":
        return 0, mask.shape[0], 0, mask.shape[1]
    box = bounding_box(mask)
    if box is None or over == "bbox":
        return box
    top, bottom, left, right = box
    side = max(bottom - top, right - left)
    top -= (side - (bottom - top)) // 2
    left -= (side - (right - left)) // 2
    return top, top + side, left, left + side


def grid(
    mask: np.ndarray,
    over: str = "bbox",
    rule: str | None = None,
    order: str = "rows",
    uneven: str = "rounded",
) -> np.ndarray:
    """The 1x16 shape feature: which cells of a 4x4 grid hold the body.

    Parameters
    ----------
    mask : ndarray, bool (H, W)
        A silhouette.
    over : {"bbox", "square", "frame"}
        What is split: the body's bounding box ("we split the object"), the smallest square
        around that, or the whole frame; see `grid_region`. There is no body beyond the frame.
    rule : {"by_grid", "half", "any", "otsu", "occupancy"} or None
        A cell is 1 when at least ``half`` of it is body; when ``any`` pixel is; when its
        share of body is above Otsu's threshold of the 16 shares (which equal shares have not:
        then ``half`` decides, so that full cells are 1 and empty ones 0). With ``occupancy``
        it is the share itself. ``by_grid``, or None, takes "half" for a box or a square (with
        "any", nearly all cells of a box are 1) and "any" for a frame.
    order : {"rows", "columns"}
        Cells row by row, or column by column, from the top left.
    uneven : {"rounded", "resized"}
        Where four does not divide a side: cells whose edges are rounded to pixels, see
        `cell_edges`; or the region is first enlarged to the next multiple of four by repeating
        its nearest pixels, which keeps it a mask, so that a full region has 16 full cells.

    Returns
    -------
    ndarray, float32 (16,)
        0 or 1, or shares in [0, 1]; all 0 for an empty mask.

    Raises
    ------
    InputError
        If ``mask`` is not two-dimensional, or an option is unknown.

    References
    ----------
    Otsu (1979), https://doi.org/10.1109/TSMC.1979.4310076.

    Examples
    --------
    >>> mask = np.zeros((40, 40), dtype=bool)
    >>> mask[:, :20] = True
    >>> grid(mask, over="frame").reshape(4, 4)[0].tolist()
    [1.0, 1.0, 0.0, 0.0]
    >>> grid(mask, over="square", rule="occupancy", order="columns")[:8].tolist()
    [0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0]
    """
    mask = np.asarray(mask, dtype=bool)
    region = grid_region(mask, over)
    rule = "by_grid" if rule is None else rule
    _check("rule", rule, RULES)
    _check("order", order, ORDERS)
    _check("uneven", uneven, SPLITS)
    if region is None:
        return np.zeros(CELLS * CELLS, dtype=np.float32)
    if rule == "by_grid":
        rule = "any" if over == "frame" else "half"
    cut = _cut(mask, region)
    values = _values(_occupancy(_enlarged(cut) if uneven == "resized" else cut), rule)
    return values.astype(np.float32).ravel(order="F" if order == "columns" else "C")


def _check(name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise InputError(f"{name} = {value!r} is not allowed: it must be one of {allowed}")


def _cut(mask: np.ndarray, region: tuple[int, int, int, int]) -> np.ndarray:
    """The region of the mask, False where it lies beyond the frame."""
    top, bottom, left, right = region
    height, width = mask.shape
    beyond = max(0, -top, -left, bottom - height, right - width)
    return np.pad(mask, beyond)[top + beyond : bottom + beyond, left + beyond : right + beyond]


def _enlarged(mask: np.ndarray) -> np.ndarray:
    """The mask with each side repeated to the next multiple of four."""
    height, width = (-(-side // CELLS) * CELLS for side in mask.shape)
    resized = cv2.resize(
        mask.astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST_EXACT
    )
    return resized.astype(bool)


def _occupancy(mask: np.ndarray) -> np.ndarray:
    """Share of each cell that is body, float64 (4, 4)."""
    return np.array(
        [
            [mask[top:bottom, left:right].mean() for left, right in cell_edges(mask.shape[1])]
            for top, bottom in cell_edges(mask.shape[0])
        ]
    )


def _values(occupancy: np.ndarray, rule: str) -> np.ndarray:
    """The cells by one of the rules, (4, 4)."""
    if rule == "occupancy":
        return occupancy
    if rule == "any":
        return occupancy > 0
    if rule == "otsu" and np.ptp(occupancy) > 0:
        # Of the values themselves: scikit-image's 256 bins give the middle of one as threshold,
        # and what lies in its upper half would land in the wrong class.
        levels, counts = np.unique(occupancy, return_counts=True)
        return occupancy > threshold_otsu(hist=(counts, levels))
    return occupancy >= 0.5
