"""The coverage factor: how much of the frame the object spans."""

from typing import Any

import numpy as np

from har_lib.errors import InputError
from har_lib.shape import bounding_box

#: What is measured, and in what.
MEASURES = ("extent", "deviation", "silhouette")
UNITS = ("frame", "pixels")


def centre(points: Any) -> tuple[float, float]:
    """The object's location, the mean (x, y) of its interest points, in pixels.

    Raises
    ------
    InputError
        If there are no points.
    """
    if len(points.x) == 0:
        raise InputError("no interest points, so no centre: use a longer or livelier clip")
    return float(np.mean(points.x)), float(np.mean(points.y))


def coverage(
    points: Any,
    frame_shape: tuple[int, int],
    measure: str = "extent",
    unit: str = "frame",
    mask: np.ndarray | None = None,
) -> np.ndarray:
    """The 1x2 coverage factor: horizontal and vertical length of the object.

    The paper locates the object at the mean of its interest points and measures it from there;
    by default its lengths are read as the extents of the points. As a share of the frame they do
    not depend on the video's size.

    Parameters
    ----------
    points : object with ``.x`` and ``.y``
        Interest points, pixels, such as `har_lib.stip.detect` gives.
    frame_shape : tuple of int
        ``(H, W)`` of the frame, pixels.
    measure : {"extent", "deviation", "silhouette"}
        ``max - min`` of x and of y; four population standard deviations of each, two to either
        side of the mean; or width and height of the silhouette's bounding box.
    unit : {"frame", "pixels"}
        Lengths as shares of W and H, or as they are.
    mask : ndarray, bool (H, W), optional
        The silhouette; needed where that is measured, and read only there.

    Returns
    -------
    ndarray, float32 (2,)
        By default ``(max x - min x) / W, (max y - min y) / H``; zeros without points, or
        without a pixel of the silhouette.

    Raises
    ------
    InputError
        If ``measure`` or ``unit`` is unknown, or the silhouette is to be measured and missing.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> corners = SimpleNamespace(x=np.array([20, 100]), y=np.array([30, 90]))
    >>> coverage(corners, (120, 160)).tolist()
    [0.5, 0.5]
    >>> coverage(corners, (120, 160), measure="deviation", unit="pixels").tolist()
    [160.0, 120.0]
    """
    if measure not in MEASURES:
        raise InputError(f"measure = {measure!r} is not allowed: it must be one of {MEASURES}")
    if unit not in UNITS:
        raise InputError(f"unit = {unit!r} is not allowed: it must be one of {UNITS}")
    lengths = _of_silhouette(mask) if measure == "silhouette" else _of_points(points, measure)
    if unit == "frame":
        height, width = frame_shape
        lengths = lengths / [width, height]
    return lengths.astype(np.float32)


def _of_points(points: Any, measure: str) -> np.ndarray:
    """Horizontal and vertical length of the cloud of points, pixels."""
    if len(points.x) == 0:
        return np.zeros(2)
    if measure == "deviation":
        return 4.0 * np.array([np.std(points.x), np.std(points.y)])
    return np.array([np.ptp(points.x), np.ptp(points.y)])


def _of_silhouette(mask: np.ndarray | None) -> np.ndarray:
    """Width and height of the silhouette's bounding box, pixels."""
    if mask is None:
        raise InputError("measure = 'silhouette' needs a silhouette: pass mask")
    box = bounding_box(mask)
    if box is None:
        return np.zeros(2)
    top, bottom, left, right = box
    return np.array([right - left, bottom - top])
