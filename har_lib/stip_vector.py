"""The 40 numbers of a key frame: what may be made of the interest points around it.

The paper gives the vector's size, 1x40, and does not derive it.
"""

import cv2
import numpy as np

from har_lib import stip
from har_lib.blocks import Frames, each
from har_lib.errors import InputError
from har_lib.stip import Points

#: Numbers in the vector.
SIZE = 40
#: What they can be.
KINDS = ("jets", "responses", "responses_2d", "places", "places_time", "places_scale")
#: Of the 2-D Harris detector: variances in squared pixels, and the constant.
LOCAL_VARIANCE, INTEGRATION_VARIANCE, HARRIS_2D = 4.0, 8.0, 0.04


def _padded(numbers: np.ndarray) -> np.ndarray:
    """The first 40 numbers, zeros where there are fewer, float32 (40,)."""
    vector = np.zeros(SIZE, dtype=np.float32)
    first = numbers.ravel()[:SIZE]
    vector[: len(first)] = first
    return vector


def _columns(points: Points, kind: str, frame: int, frame_shape: tuple[int, int]) -> np.ndarray:
    """What each point contributes, a row a point."""
    height, width = frame_shape
    place = [points.x / width, points.y / height]
    time = points.t - frame
    if kind == "responses":
        return np.stack([np.log1p(points.response)], axis=1)
    if kind == "places":
        return np.stack(place, axis=1)
    if kind == "places_time":
        return np.stack([*place, time, np.log1p(points.response)], axis=1)
    return np.stack([*place, time, *points.scale.T], axis=1)


def interest_vector(
    points: Points,
    jet: np.ndarray,
    *,
    kind: str = "jets",
    frame: int = 0,
    frame_shape: tuple[int, int] = (1, 1),
    responses_2d: np.ndarray | None = None,
) -> np.ndarray:
    """The 1x40 space-time vector of a key frame.

    Parameters
    ----------
    points : Points
        Interest points near the key frame.
    jet : ndarray (P, 34)
        Jets there; ``jets`` reads them.
    kind : str
        ``jets``: `har_lib.stip.describe`, 34 mean jets and 6 second moments.
        ``responses``: log(1 + H) of the 40 strongest points.
        ``responses_2d``: log(1 + H) of the row given, whatever the points.
        ``places``: x and y of the 20 strongest.
        ``places_time``: x, y, t and log(1 + H) of the 10 strongest.
        ``places_scale``: x, y, t, spatial and temporal variance of the 8 strongest.
        All go from strong to weak, and zeros stand for points that are missing.
    frame : int
        The key frame, from which t is counted, in frames.
    frame_shape : tuple of int
        ``(H, W)``, pixels, of which x and y are shares.
    responses_2d : ndarray (40,), optional
        The key frame's row of what `responses_2d` gives.

    Returns
    -------
    ndarray, float32 (40,)

    Raises
    ------
    InputError
        If ``kind`` is none of these, or needs ``responses_2d`` and has none of 40 numbers.

    Examples
    --------
    >>> two = Points(*np.array([[5, 6], [30, 90], [20, 100]]), np.array([9.0, 8.0]), np.eye(2, 6))
    >>> vector = interest_vector(two, np.ones((2, 34)), kind="places", frame_shape=(120, 160))
    >>> vector[:6].tolist()
    [0.125, 0.25, 0.625, 0.75, 0.0, 0.0]
    """
    if kind not in KINDS:
        raise InputError(f"kind = {kind!r} is not allowed: it must be one of {list(KINDS)}")
    if kind == "jets":
        return stip.describe(jet, points.second_moments, points.response)
    if kind == "responses_2d":
        if responses_2d is None or np.shape(responses_2d) != (SIZE,):
            raise InputError("kind = 'responses_2d' needs the 40 responses of the key frame")
        return np.log1p(responses_2d, dtype=np.float32)
    strongest = points.take(np.argsort(-points.response, kind="stable")[:SIZE])
    return _padded(_columns(strongest, kind, frame, frame_shape))


def _harris_2d(frame: np.ndarray) -> np.ndarray:
    """Response of a 2-D Harris detector, float32 (H, W)."""
    local = stip.gaussian_factor(LOCAL_VARIANCE)
    window = stip.gaussian_factor(INTEGRATION_VARIANCE)

    def smooth(image: np.ndarray, factor: np.ndarray) -> np.ndarray:
        return cv2.sepFilter2D(image, cv2.CV_32F, factor, factor, borderType=cv2.BORDER_REPLICATE)

    dx, dy, _ = stip.gradient(smooth(frame.astype(np.float32), local)[np.newaxis])
    xx, xy, yy = (smooth(product[0], window) for product in (dx * dx, dx * dy, dy * dy))
    return xx * yy - xy * xy - np.float32(HARRIS_2D) * (xx + yy) ** 2


def responses_2d(frames: Frames) -> np.ndarray:
    r"""The 40 largest responses of a 2-D Harris detector in each frame.

    .. math:: H = \det(\mu) - 0.04\,\mathrm{trace}^2(\mu)

    of the second-moment matrix in space alone: local variance 4 and integration variance 8,
    in squared pixels. Its derivatives are central differences, not normalised by scale.

    Parameters
    ----------
    frames : ndarray, uint8 (T, H, W), or `har_lib.blocks.Frames`
        Gray on 0..255.

    Returns
    -------
    ndarray, float32 (T, 40)
        Positive values that none of their 8 neighbours exceeds, falling; zeros where a frame
        has fewer. Gray levels to the fourth power, over pixels to the fourth power.

    Raises
    ------
    InputError
        If ``frames`` is not (T, H, W).

    Notes
    -----
    Source: Harris & Stephens 1988, "A combined corner and edge detector",
    https://doi.org/10.5244/C.2.23. The two variances, the constant and the 40 are those of a
    public MATLAB script that describes frames by such responses; nothing is known that links
    it to the paper.

    Examples
    --------
    >>> corners = np.zeros((1, 60, 60), dtype=np.uint8)
    >>> corners[0, 20:40, 20:40] = 200
    >>> int((responses_2d(corners) > 1e3).sum())
    4
    """
    if len(frames.shape) != 3:
        raise InputError(f"gray frames (T, H, W) are needed, not an array of shape {frames.shape}")
    result = np.empty((len(frames), SIZE), dtype=np.float32)
    for row, frame in zip(result, each(frames), strict=True):
        values = _harris_2d(frame)
        maxima = stip.local_maxima(values[np.newaxis], "frame")[0] & (values > 0)
        row[:] = _padded(-np.sort(-values[maxima]))
    return result
