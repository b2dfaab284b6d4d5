"""The coverage factor: how much of the frame the interest points span."""

from typing import Any

import numpy as np

from har_lib.errors import InputError


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


def coverage(points: Any, frame_shape: tuple[int, int]) -> np.ndarray:
    """The 1x2 coverage factor: horizontal and vertical length of the object.

    The paper locates the object at the mean of its interest points and measures it from there;
    its lengths are read as the extents of the points. As a share of the frame they do not
    depend on the video's size.

    Parameters
    ----------
    points : object with ``.x`` and ``.y``
        Interest points, pixels, such as `har_lib.stip.detect` gives.
    frame_shape : tuple of int
        ``(H, W)`` of the frame, pixels.

    Returns
    -------
    ndarray, float32 (2,)
        ``(max x - min x) / W, (max y - min y) / H``; zeros without points.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> corners = SimpleNamespace(x=np.array([20, 100]), y=np.array([30, 90]))
    >>> coverage(corners, (120, 160)).tolist()
    [0.5, 0.5]
    """
    height, width = frame_shape
    if len(points.x) == 0:
        return np.zeros(2, dtype=np.float32)
    return np.array([np.ptp(points.x) / width, np.ptp(points.y) / height], dtype=np.float32)
