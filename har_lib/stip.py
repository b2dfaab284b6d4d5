"""Space-time interest points: scale space, second-moment matrix, response, maxima.

Equations (3), (5) and (6), after Laptev (2005), https://doi.org/10.1007/s11263-005-1838-7; (4) is
in `har_lib.gaussian`, (7) in `har_lib.jets`. The paper renames his f, L, g, sigma and tau to k, K,
U, eta and tau, and (x, y, t) to (b, c, n).

Everything is computed in single precision, a block of frames at a time.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import cv2
import numpy as np

from har_lib.blocks import Frames, Window, blocks
from har_lib.equations import equation
from har_lib.errors import InputError
from har_lib.gaussian import (
    FORMS,
    AlongTime,
    check_choice,
    check_variances,
    gaussian_factor,
    gaussian_kernel,
    in_space,
)
from har_lib.jets import JET_ORDERS, describe, jets
from har_lib.points import Points, joined

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

#: The distinct entries of the second-moment matrix, in the order they are stored.
MOMENTS = ("xx", "xy", "xt", "yy", "yt", "tt")
#: What a local maximum may exceed.
NEIGHBOURHOODS = ("space_time", "frame")

_SQUARE = np.ones((3, 3), np.uint8)


def _check_frames(frames: Frames) -> None:
    if len(frames.shape) != 3 or min(frames.shape) < 2:
        raise InputError(
            f"gray frames (T, H, W) with at least 2 along each axis are needed, not {frames.shape}"
        )


@equation(3)
def scale_space(
    frames: np.ndarray,
    spatial_variance: float = 4.0,
    temporal_variance: float = 2.0,
    form: str = "corrected",
) -> np.ndarray:
    r"""The clip smoothed in space and time, equation (3).

    .. math:: K(\cdot; \eta^2, \tau^2) = k * U(\cdot; \eta^2, \tau^2)

    Parameters
    ----------
    frames : ndarray, uint8 (T, H, W)
        The clip :math:`k`, gray on 0..255, time included: a single frame has no
        space-time structure.
    spatial_variance, temporal_variance : float
        :math:`\eta^2` in squared pixels, :math:`\tau^2` in squared frames.
    form : str
        ``corrected`` or ``literal``, see `gaussian_kernel`; the latter smooths in space alone
        and multiplies by the one number that is left of time.

    Returns
    -------
    ndarray, float32 (T, H, W)

    Raises
    ------
    InputError
        If ``frames`` has fewer than two frames, or a variance is not positive.

    Examples
    --------
    >>> float(scale_space(np.full((4, 8, 8), 50, dtype=np.uint8)).round(3).max())
    50.0
    """
    frames = np.asarray(frames)
    _check_frames(frames)
    t, y, x = gaussian_kernel(spatial_variance, temporal_variance, form=form, frames=len(frames))
    smooth = np.empty(frames.shape, np.float32)
    along_time = AlongTime(t, (1, *frames.shape[1:]))
    done = 0
    for block, last in blocks(frames):
        in_space(block, y, x, along_time.room(len(block))[0])
        for part in along_time.filtered(last):
            smooth[done : done + len(part)] = part
            done += len(part)
    return smooth


def gradient(volume: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Central differences along x, y and t; beyond the border the nearest value is repeated.

    Parameters
    ----------
    volume : ndarray, float32 (T, H, W)

    Returns
    -------
    tuple of three ndarray, float32 (T, H, W)
        Gray levels per pixel, per pixel, per frame.

    Examples
    --------
    >>> x, y, t = gradient(np.arange(27, dtype=np.float32).reshape(3, 3, 3))
    >>> x[1, 1, 1].item(), y[1, 1, 1].item(), t[1, 1, 1].item(), t[0, 1, 1].item()
    (1.0, 3.0, 9.0, 4.5)
    """
    parts = np.empty((3, *volume.shape), np.float32)
    last = len(volume) - 1
    for j, frame in enumerate(volume):
        _gradient(frame, volume[max(j - 1, 0)], volume[min(j + 1, last)], parts[:, j])
    x, y, t = parts
    return x, y, t


def _gradient(frame: np.ndarray, before: np.ndarray, after: np.ndarray, into: np.ndarray) -> None:
    """The gradient (x, y, t) of one frame, float32 (3, H, W)."""
    x, y, t = into
    # Along y it is as along x in the frame turned over.
    for values, target in ((frame, x), (frame.T, y.T)):
        np.subtract(values[:, 2:], values[:, :-2], out=target[:, 1:-1])
        np.subtract(values[:, 1], values[:, 0], out=target[:, 0])
        np.subtract(values[:, -1], values[:, -2], out=target[:, -1])
    np.subtract(after, before, out=t)
    into /= 2


class _SecondMoments:
    """Equation (5) of frames that are smoothed in space already and come in blocks."""

    #: Of which components of the gradient each entry is the product.
    _PAIRS = ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2))

    def __init__(
        self,
        scale: tuple[float, float],
        integration: float,
        form: str,
        frames: int,
        shape: tuple[int, ...],
    ) -> None:
        spatial, temporal = scale
        kernel = gaussian_kernel(spatial, temporal, form=form, frames=frames)
        window = gaussian_kernel(
            integration * spatial, integration * temporal, form=form, frames=frames
        )
        self._smoothing = AlongTime(kernel[0], (1, *shape))
        self._smooth = Window(1, (1, *shape))
        self._gradient = np.empty((3, *shape), np.float32)
        self._normalisation = np.sqrt([spatial, spatial, temporal], dtype=np.float32)[:, None, None]
        self._products = AlongTime(window[0], (len(MOMENTS), *shape))
        self._in_space = window[1:]
        self._moments = np.empty((len(MOMENTS), 0, *shape), np.float32)

    def feed(self, frames: np.ndarray, last: bool) -> np.ndarray:
        """The moments that are due, float32 (6, n, H, W), written over by the next call.

        ``frames``, float32 (m, H, W), are the next of the clip, and ``last`` says that none
        follows.
        """
        self._smoothing.room(len(frames))[0] = frames
        for smooth in self._smoothing.filtered(last):
            self._smooth.room(len(smooth))[0] = smooth
        (held,) = self._smooth.held(last)
        products = self._products.room(max(0, len(held) - 2))
        for j in range(1, len(held) - 1):
            _gradient(held[j], held[j - 1], held[j + 1], self._gradient)
            self._gradient *= self._normalisation
            for product, (first, second) in zip(products, self._PAIRS, strict=True):
                np.multiply(self._gradient[first], self._gradient[second], out=product[j - 1])
        for entry, product in enumerate(self._products.filtered(last)):
            if self._moments.shape[1] < len(product):
                self._moments = np.empty((len(MOMENTS), *product.shape), np.float32)
            in_space(product, *self._in_space, self._moments[entry, : len(product)])
        return self._moments[:, : len(product)]


def _moments_at(
    frames: Frames,
    scales: Sequence[tuple[float, float]],
    integration: float,
    form: str,
    segment: tuple[int, int],
    block: int | None,
) -> Iterator[list[np.ndarray]]:
    """Equation (5) at scales of one spatial variance, as much as is due after each block."""
    check_variances(integration=integration)
    start, stop = segment
    _, y, x = gaussian_kernel(*scales[0], form=form, frames=stop - start)
    shape = tuple(frames.shape[1:])
    each = [_SecondMoments(scale, integration, form, stop - start, shape) for scale in scales]
    for part, last in blocks(frames, block, start, stop):
        smooth = np.empty(part.shape, np.float32)
        in_space(part, y, x, smooth)
        yield [moments.feed(smooth, last) for moments in each]


@equation(5)
def second_moment_matrix(
    frames: np.ndarray,
    spatial_variance: float = 4.0,
    temporal_variance: float = 2.0,
    integration: float = 2.0,
    form: str = "corrected",
) -> np.ndarray:
    r"""The second-moment matrix of the space-time gradient, equation (5).

    .. math:: \mu(\cdot; \eta^2, \tau^2) = U(\cdot; c\eta^2, c\tau^2) * (\nabla K (\nabla K)^T)

    Parameters
    ----------
    frames : ndarray, uint8 (T, H, W)
        Gray on 0..255.
    spatial_variance, temporal_variance : float
        :math:`\eta^2` in squared pixels, :math:`\tau^2` in squared frames.
    integration : float
        The paper's ``c``, which it gives no value: the integration scale's variance over the
        local one's, 2 in Laptev's code.
    form : str
        ``corrected`` or ``literal``, see `gaussian_kernel`: both ``U``, that of (3) and the
        window here, are of one form.

    Returns
    -------
    ndarray, float32 (6, T, H, W)
        The distinct entries xx, xy, xt, yy, yt, tt. Derivatives are scale-normalised,
        multiplied by :math:`\eta` and :math:`\tau`: squared gray levels.

    Examples
    --------
    >>> float(second_moment_matrix(np.full((4, 8, 8), 50, dtype=np.uint8)).max())
    0.0
    """
    frames = np.asarray(frames)
    _check_frames(frames)
    moments = np.empty((len(MOMENTS), *frames.shape), np.float32)
    scale, done = (spatial_variance, temporal_variance), 0
    for (part,) in _moments_at(frames, [scale], integration, form, (0, len(frames)), None):
        moments[:, done : done + part.shape[1]] = part
        done += part.shape[1]
    return moments


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
    """The local maxima of responses that come in blocks, with the second moments there.

    The least response is a share of the clip's largest, which is known at the end: what is kept
    lies above that share of the largest so far, and `points` leaves out the rest.
    """

    def __init__(self, neighbourhood: str, threshold: float, floor: float) -> None:
        check_choice("neighbourhood", neighbourhood, NEIGHBOURHOODS)
        self._in_time = neighbourhood == "space_time"
        self._threshold, self._floor = threshold, floor
        self._largest = np.float32(-np.inf)
        self._highest: np.ndarray | None = None
        self._frame = 0
        self._found: list[tuple[np.ndarray, ...]] = []

    def _least(self) -> float:
        return max(0.0, self._floor, self._threshold * float(self._largest))

    def feed(self, values: np.ndarray, moments: np.ndarray) -> None:
        """Take one frame more: responses (H, W) and second moments (6, H, W)."""
        self._largest = max(self._largest, values.max())
        highest = cv2.dilate(values, _SQUARE)
        pixel = np.flatnonzero((values == highest) & (values > self._least()))
        if self._in_time and self._highest is not None:
            # Neither may the frame before exceed these, nor this one those before.
            pixel = pixel[values.flat[pixel] >= self._highest.flat[pixel]]
            *before, strength, there = self._found.pop()
            kept = strength >= highest.flat[before[1]]
            self._found.append(tuple(part[kept] for part in (*before, strength, there)))
        self._highest = highest
        t = np.full(len(pixel), self._frame)
        there = moments.reshape(len(moments), -1)[:, pixel].T.copy()
        self._found.append((t, pixel, values.flat[pixel], there))
        self._frame += 1

    def points(self, scale: tuple[float, float], width: int) -> Points:
        """The points of the whole clip, strongest first, found at ``scale``."""
        parts = [np.concatenate(part) for part in zip(*self._found, strict=True)]
        t, pixel, strength, moments = (part[parts[2] > self._least()] for part in parts)
        y, x = np.divmod(pixel, width)
        place = np.tile([float(variance) for variance in scale], (len(t), 1))
        return joined([Points(t, y, x, strength.astype(np.float64), moments, place)])


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
    _check_frames(frames)
    maxima = [_Maxima(neighbourhood, threshold, floor) for _ in scales]
    for parts in _moments_at(frames, scales, integration, form, segment, block):
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
