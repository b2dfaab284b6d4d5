"""Space-time interest points: the response of the second-moment matrix, and its maxima.

Equation (6), after Laptev (2005), https://doi.org/10.1007/s11263-005-1838-7; (3) and (5) are in
`har_lib.second_moments`, (4) in `har_lib.gaussian`, (7) in `har_lib.jets`. The paper renames his
f, L, g, sigma and tau to k, K, U, eta and tau, and (x, y, t) to (b, c, n).
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import cv2
import numpy as np

from har_lib.blocks import Frames
from har_lib.equations import equation
from har_lib.errors import InputError
from har_lib.gaussian import FORMS, check_choice, gaussian_factor, gaussian_kernel
from har_lib.jets import JET_ORDERS, describe, jets
from har_lib.points import Points, joined
from har_lib.second_moments import (
    MOMENTS,
    gradient,
    moments_in_blocks,
    reach_in_space,
    scale_space,
    second_moment_matrix,
)

__all__ = [
    "FORMS",
    "JET_ORDERS",
    "MOMENTS",
    "NEIGHBOURHOODS",
    "Points",
    "describe",
    "detect",
    "detect_at",
    "gaussian_factor",
    "gaussian_kernel",
    "gradient",
    "harris3d",
    "jets",
    "joined",
    "local_maxima",
    "response",
    "scale_space",
    "second_moment_matrix",
]

#: What a local maximum may exceed.
NEIGHBOURHOODS = ("space_time", "frame")

#: Pixels of a frame that are filtered at once: larger frames are taken in bands of rows.
_BAND = 2**19
_SQUARE = np.ones((3, 3), np.uint8)


@equation(6)
def response(moments: np.ndarray, k: float = 0.005) -> np.ndarray:
    r"""The interest response of the second-moment matrix, equation (6).

    .. math:: H = \det(\mu) - k\,\mathrm{trace}^3(\mu)

    Parameters
    ----------
    moments : ndarray, float32 (6, ...)
        What `second_moment_matrix` gives.
    k : float
        Missing in print, that is ``k=1``. As :math:`\det\mu \le \mathrm{trace}^3(\mu)/27`,
        nothing is ever positive unless :math:`k < 1/27`; Laptev uses about 0.005.

    Returns
    -------
    ndarray, float32 (...)

    Examples
    --------
    >>> isotropic = np.array([1, 0, 0, 1, 0, 1], dtype=np.float32)
    >>> round(float(response(isotropic)), 4), round(float(response(isotropic, k=1)), 4)
    (0.865, -26.0)
    """
    xx, xy, xt, yy, yt, tt = moments
    determinant = xx * (yy * tt - yt * yt) - xy * (xy * tt - yt * xt) + xt * (xy * yt - yy * xt)
    trace = xx + yy + tt
    return determinant - np.float32(k) * trace * trace * trace


def harris3d(
    frames: np.ndarray,
    spatial_variance: float = 4.0,
    temporal_variance: float = 2.0,
    integration: float = 2.0,
    k: float = 0.005,
    form: str = "corrected",
) -> np.ndarray:
    """The response of every pixel of a clip: equations (3) to (6) in turn.

    Parameters
    ----------
    frames : ndarray, uint8 (T, H, W)
        Gray on 0..255.
    spatial_variance, temporal_variance, integration, k : float
        See `second_moment_matrix` and `response`; ``k=1`` is the printed form of (6).
    form : str
        ``corrected`` or ``literal`` Gaussians, see `gaussian_kernel`.

    Returns
    -------
    ndarray, float32 (T, H, W)
        It grows with the sixth power of contrast.
    """
    moments = second_moment_matrix(frames, spatial_variance, temporal_variance, integration, form)
    return response(moments, k)


def local_maxima(values: np.ndarray, neighbourhood: str = "space_time") -> np.ndarray:
    """Where no neighbour exceeds a value, bool (T, H, W).

    Parameters
    ----------
    values : ndarray, float32 (T, H, W)
    neighbourhood : str
        ``space_time``, the 26 neighbours in space and time, or ``frame``, the 8 in the frame.

    Examples
    --------
    >>> rising = np.zeros((2, 3, 3), dtype=np.float32)
    >>> rising[:, 1, 1] = 1, 2
    >>> local_maxima(rising)[:, 1, 1].tolist(), local_maxima(rising, "frame")[:, 1, 1].tolist()
    ([False, True], [True, True])
    """
    check_choice("neighbourhood", neighbourhood, NEIGHBOURHOODS)
    in_frame = np.stack([cv2.dilate(frame, _SQUARE) for frame in values])
    if neighbourhood == "frame":
        return values == in_frame
    highest = in_frame.copy()
    np.maximum(highest[1:], in_frame[:-1], out=highest[1:])
    np.maximum(highest[:-1], in_frame[1:], out=highest[:-1])
    return values == highest


class _Maxima:
    """The local maxima of responses that come frame by frame, with the second moments there.

    The least response is a share of the clip's largest, which is known at the end: what is kept
    lies above that share of the largest so far, and `points` leaves out the rest.
    """

    def __init__(self, neighbourhood: str, threshold: float, floor: float) -> None:
        check_choice("neighbourhood", neighbourhood, NEIGHBOURHOODS)
        self._in_time = neighbourhood == "space_time"
        self._threshold, self._floor = threshold, floor
        self._largest = np.float32(-np.inf)
        self._found: list[tuple[np.ndarray, ...]] = []

    def begin(self, first: int, inner: slice) -> None:
        """A band of the frames, whose row 0 is ``first``: maxima are sought in its inner rows."""
        self._first, self._inner = first, inner
        self._frame = 0
        self._highest: np.ndarray | None = None

    def _least(self) -> float:
        return max(0.0, self._floor, self._threshold * float(self._largest))

    def feed(self, values: np.ndarray, moments: np.ndarray) -> None:
        """Take one frame more: responses (H, W) and second moments (6, H, W)."""
        self._largest = max(self._largest, values[self._inner].max())
        highest = cv2.dilate(values, _SQUARE)
        first, width = self._inner.start, values.shape[1]
        rows = values[self._inner]
        pixel = np.flatnonzero((rows == highest[self._inner]) & (rows > self._least()))
        pixel += first * width
        if self._in_time and self._highest is not None:
            # Neither may the frame before exceed these, nor this one those before.
            pixel = pixel[values.flat[pixel] >= self._highest.flat[pixel]]
            t, before, y, strength, there = self._found.pop()
            kept = strength >= highest.flat[before]
            self._found.append(tuple(part[kept] for part in (t, before, y, strength, there)))
        self._highest = highest
        there = moments.reshape(len(moments), -1)[:, pixel].T.copy()
        t = np.full(len(pixel), self._frame)
        self._found.append((t, pixel, self._first + pixel // width, values.flat[pixel], there))
        self._frame += 1

    def points(self, scale: tuple[float, float], width: int) -> Points:
        """The points of the whole clip, strongest first, found at ``scale``."""
        parts = [np.concatenate(part) for part in zip(*self._found, strict=True)]
        t, pixel, y, strength, moments = (part[parts[3] > self._least()] for part in parts)
        place = np.tile([float(variance) for variance in scale], (len(t), 1))
        found = Points(t, y, pixel % width, strength.astype(np.float64), moments, place)
        # In the order of time and place, whatever the bands.
        return joined([found.take(np.lexsort((found.x, found.y, found.t)))])


def _bands(shape: tuple[int, ...], reach: int) -> Iterator[tuple[slice, slice]]:
    """Bands of rows that cover a frame (H, W): rows to be filtered, and of these the inner ones.

    The filters need ``reach`` rows on either side. A frame of common size is one band.
    """
    height, width = shape
    rows = max(_BAND // width, 2 * reach)
    for top in range(0, height, rows):
        bottom = min(top + rows, height)
        first, end = max(0, top - reach), min(height, bottom + reach)
        yield slice(first, end), slice(top - first, bottom - first)


def detect_at(
    frames: Frames,
    scales: Sequence[tuple[float, float]],
    integration: float = 2.0,
    k: float = 0.005,
    threshold: float = 1e-3,
    *,
    floor: float = 0.0,
    neighbourhood: str = "space_time",
    form: str = "corrected",
    segment: tuple[int, int] | None = None,
    block: int | None = None,
) -> Points:
    """The points of several scales of one spatial variance, whose smoothing in space they share.

    Parameters
    ----------
    frames : ndarray, uint8 (T, H, W), or `har_lib.blocks.Frames`
        Gray on 0..255.
    scales : sequence of (spatial, temporal)
        Variances, squared pixels and squared frames.
    integration, k, threshold, floor, neighbourhood, form, block
        See `detect`; ``threshold`` is relative to the strongest response of each scale.
    segment : (start, stop), optional
        Half-open range of frames that is taken as a clip by itself.

    Returns
    -------
    Points
        Of all scales, strongest first, ``t`` counted in the clip.

    Examples
    --------
    >>> clip = np.zeros((24, 40, 40), dtype=np.uint8)
    >>> clip[12, 18:23, 18:23] = 200
    >>> detect_at(clip, [(4.0, 2.0), (4.0, 4.0)]).scale[:2].tolist()
    [[4.0, 2.0], [4.0, 4.0]]
    """
    segment = segment or (0, len(frames))
    maxima = [_Maxima(neighbourhood, threshold, floor) for _ in scales]
    # A maximum looks one pixel further than the second moments there.
    reach = 1 + reach_in_space(scales[0], integration)
    for rows, inner in _bands(frames.shape[1:], reach):
        for found in maxima:
            found.begin(rows.start, inner)
        for parts in moments_in_blocks(frames, scales, integration, form, segment, block, rows):
            for found, moments in zip(maxima, parts, strict=True):
                for j in range(moments.shape[1]):
                    found.feed(response(moments[:, j], k), moments[:, j])
    width = frames.shape[2]
    points = joined(
        [found.points(scale, width) for found, scale in zip(maxima, scales, strict=True)]
    )
    return replace(points, t=points.t + segment[0])


def detect(
    frames: Frames,
    spatial_variance: float = 4.0,
    temporal_variance: float = 2.0,
    integration: float = 2.0,
    k: float = 0.005,
    threshold: float = 1e-3,
    *,
    floor: float = 0.0,
    strongest: int = 0,
    neighbourhood: str = "space_time",
    form: str = "corrected",
    block: int | None = None,
) -> Points:
    """Interest points: positive local maxima of the response.

    Parameters
    ----------
    frames : ndarray, uint8 (T, H, W)
        Gray on 0..255.
    spatial_variance, temporal_variance, integration, k : float
        See `harris3d`.
    threshold : float
        Least response, relative to the clip's strongest; without it sensor noise gives
        dozens of points.
    floor : float
        Least response whatever the clip, gray levels to the sixth power.
    strongest : int
        Most points, the strongest; 0 keeps all.
    neighbourhood : str
        What a maximum exceeds, see `local_maxima`.
    form : str
        ``corrected`` or ``literal`` Gaussians, see `gaussian_kernel`.
    block : int, optional
        Frames that are filtered at a time; memory depends on it and no result does. By default
        as many as suit their size.

    Returns
    -------
    Points
        ``.t .y .x`` int64 (P,), ``.response`` float64 (P,), strongest first,
        ``.second_moments`` float32 (P, 6) and ``.scale`` float64 (P, 2), the two variances.
        Away from the clip's first and last frames there is none where nothing changes its
        motion; the printed form ``k=1`` never has one.

    Raises
    ------
    InputError
        If a number or a name is out of its range, or ``frames`` has fewer than two frames.
    """
    if strongest < 0:
        raise InputError(f"strongest = {strongest} is not allowed: it must be 0, for all, or more")
    scale = (spatial_variance, temporal_variance)
    points = detect_at(
        frames,
        [scale],
        integration,
        k,
        threshold,
        floor=floor,
        neighbourhood=neighbourhood,
        form=form,
        block=block,
    )
    return points.take(np.arange(len(points))[: strongest or None])
