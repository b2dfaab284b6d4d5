"""Space-time interest points: scale space, second-moment matrix, response, points, jets.

Equations (3) to (7), after Laptev (2005), https://doi.org/10.1007/s11263-005-1838-7. The paper
renames his f, L, g, sigma and tau to k, K, U, eta and tau, and (x, y, t) to (b, c, n).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.polynomial import hermite_e

from har_lib.equations import equation
from har_lib.errors import InputError

#: Kernels are cut at this many standard deviations, as scipy.ndimage does by default.
TRUNCATE = 4.0
#: Jets go to order four, where a kernel cut at four deviations would no longer sum to zero.
JET_TRUNCATE = 6.0

#: Orders (x, y, t) of the 34 derivatives, by total order, then x before y before t:
#: x y t | xx xy xt yy yt tt | xxx xxy xxt xyy xyt xtt yyy yyt ytt ttt | xxxx ... tttt.
JET_ORDERS: tuple[tuple[int, int, int], ...] = tuple(
    (x, y, total - x - y)
    for total in range(1, 5)
    for x in range(total, -1, -1)
    for y in range(total - x, -1, -1)
)
#: The distinct entries of the second-moment matrix, in the order they are stored.
MOMENTS = ("xx", "xy", "xt", "yy", "yt", "tt")


@dataclass(frozen=True)
class Points:
    """Interest points, strongest first: frame and pixel numbers, response, second moments."""

    t: np.ndarray
    y: np.ndarray
    x: np.ndarray
    response: np.ndarray
    second_moments: np.ndarray

    def __len__(self) -> int:
        """Number of points."""
        return len(self.t)

    def near(self, frame: int, window: int) -> np.ndarray:
        """Which points lie within ``window`` frames of ``frame``, bool (P,)."""
        return np.abs(self.t - frame) <= window


def _check_variances(**variances: float) -> None:
    for name, value in variances.items():
        if not value > 0:
            raise InputError(f"{name} = {value} is not allowed: it must be positive")


def _volume(frames: np.ndarray) -> np.ndarray:
    frames = np.asarray(frames)
    if frames.ndim != 3 or min(frames.shape) < 2:
        raise InputError(
            f"gray frames (T, H, W) with at least 2 along each axis are needed, not {frames.shape}"
        )
    return frames.astype(np.float32)


def gaussian_factor(variance: float, order: int = 0, truncate: float = TRUNCATE) -> np.ndarray:
    r"""A Gaussian, or its derivative, sampled at whole numbers and cut.

    The samples of the Gaussian itself sum to 1; derivative ``order`` multiplies them by
    :math:`(-1/\sigma)^n He_n(x/\sigma)`.

    Parameters
    ----------
    variance : float
        :math:`\sigma^2`, squared pixels or frames.
    order : int
        Order of the derivative.
    truncate : float
        Where to cut, in standard deviations.

    Returns
    -------
    ndarray, float64 (2 r + 1,)
        As a convolution kernel, centre in the middle.
    """
    deviation = np.sqrt(variance)
    radius = int(truncate * deviation + 0.5)
    position = np.arange(-radius, radius + 1)
    weights = np.exp(-(position**2) / (2 * variance))
    weights /= weights.sum()
    polynomial = hermite_e.hermeval(position / deviation, [0] * order + [1])
    return (-1 / deviation) ** order * polynomial * weights


@equation(4)
def gaussian_kernel(
    spatial_variance: float, temporal_variance: float, truncate: float = TRUNCATE
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    r"""The space-time Gaussian, equation (4), as its factors along t, y and x.

    .. math:: U(b, c, n) = \frac{\exp(-(b^2+c^2)/2\eta^2 - n^2/2\tau^2)}
              {\sqrt{(2\pi)^3\eta^4\tau^2}}

    Parameters
    ----------
    spatial_variance, temporal_variance : float
        :math:`\eta^2` in squared pixels, :math:`\tau^2` in squared frames.
    truncate : float
        Where the kernel is cut, in standard deviations.

    Returns
    -------
    tuple of three ndarray, float64
        Factors whose outer product ``t[:, None, None] * y[:, None] * x`` is ``U`` at whole
        frames and pixels, each normalised to sum 1.

    Notes
    -----
    The paper calls ``n`` "the total number of frames"; it is the time coordinate. Read as
    printed, the kernel of a clip of 100 frames is zero in double precision.

    Examples
    --------
    >>> t, y, x = gaussian_kernel(4.0, 2.0)
    >>> t.shape, y.shape, x.shape, round(float(t.sum()), 12)
    ((13,), (17,), (17,), 1.0)
    """
    _check_variances(spatial_variance=spatial_variance, temporal_variance=temporal_variance)
    space = gaussian_factor(spatial_variance, truncate=truncate)
    return gaussian_factor(temporal_variance, truncate=truncate), space, space


def _filter(volume: np.ndarray, t: np.ndarray, y: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Separable symmetric filter; beyond the border the nearest value is repeated."""
    smooth = np.empty(volume.shape, dtype=np.float32)
    for frame, target in zip(volume, smooth, strict=True):
        cv2.sepFilter2D(frame, cv2.CV_32F, x, y, dst=target, borderType=cv2.BORDER_REPLICATE)
    # Along time the clip is an image of T rows, so the same filter serves.
    rows = smooth.reshape(len(smooth), -1)
    blurred = cv2.sepFilter2D(rows, cv2.CV_32F, np.ones(1), t, borderType=cv2.BORDER_REPLICATE)
    return blurred.reshape(volume.shape)


@equation(3)
def scale_space(
    frames: np.ndarray, spatial_variance: float = 4.0, temporal_variance: float = 2.0
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
    return _filter(_volume(frames), *gaussian_kernel(spatial_variance, temporal_variance))


def gradient(volume: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Central differences along x, y and t; beyond the border the nearest value is repeated.

    Parameters
    ----------
    volume : ndarray, float32 (T, H, W)

    Returns
    -------
    tuple of three ndarray, float32 (T, H, W)
        Gray levels per pixel, per pixel, per frame.
    """

    def along(axis: int) -> np.ndarray:
        padding = [(1, 1) if a == axis else (0, 0) for a in range(3)]
        padded = np.pad(volume, padding, mode="edge")
        later = np.take(padded, range(2, padded.shape[axis]), axis=axis)
        earlier = np.take(padded, range(padded.shape[axis] - 2), axis=axis)
        return (later - earlier) / 2

    return along(2), along(1), along(0)


@equation(5)
def second_moment_matrix(
    frames: np.ndarray,
    spatial_variance: float = 4.0,
    temporal_variance: float = 2.0,
    integration: float = 2.0,
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
    _check_variances(integration=integration)
    dx, dy, dt = gradient(scale_space(frames, spatial_variance, temporal_variance))
    dx *= np.float32(np.sqrt(spatial_variance))
    dy *= np.float32(np.sqrt(spatial_variance))
    dt *= np.float32(np.sqrt(temporal_variance))
    window = gaussian_kernel(integration * spatial_variance, integration * temporal_variance)
    pairs = ((dx, dx), (dx, dy), (dx, dt), (dy, dy), (dy, dt), (dt, dt))
    return np.stack([_filter(first * second, *window) for first, second in pairs])


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
) -> np.ndarray:
    """The response of every pixel of a clip: equations (3) to (6) in turn.

    Parameters
    ----------
    frames : ndarray, uint8 (T, H, W)
        Gray on 0..255.
    spatial_variance, temporal_variance, integration, k : float
        See `second_moment_matrix` and `response`; ``k=1`` is the printed form.

    Returns
    -------
    ndarray, float32 (T, H, W)
        It grows with the sixth power of contrast.
    """
    moments = second_moment_matrix(frames, spatial_variance, temporal_variance, integration)
    return response(moments, k)


def _local_maxima(values: np.ndarray) -> np.ndarray:
    """Where a value is not exceeded by any of its 26 neighbours, bool (T, H, W)."""
    square = np.ones((3, 3), np.uint8)
    in_frame = np.stack([cv2.dilate(frame, square) for frame in values])
    highest = in_frame.copy()
    np.maximum(highest[1:], in_frame[:-1], out=highest[1:])
    np.maximum(highest[:-1], in_frame[1:], out=highest[:-1])
    return values == highest


def detect(
    frames: np.ndarray,
    spatial_variance: float = 4.0,
    temporal_variance: float = 2.0,
    integration: float = 2.0,
    k: float = 0.005,
    threshold: float = 1e-3,
) -> Points:
    """Interest points: positive local maxima of the response in space and time.

    Parameters
    ----------
    frames : ndarray, uint8 (T, H, W)
        Gray on 0..255.
    spatial_variance, temporal_variance, integration, k : float
        See `harris3d`.
    threshold : float
        Least response, relative to the clip's strongest; without it sensor noise gives
        dozens of points.

    Returns
    -------
    Points
        ``.t .y .x`` int64 (P,), ``.response`` float64 (P,), strongest first, and
        ``.second_moments`` float32 (P, 6). Away from the clip's first and last frames there is
        none where nothing changes its motion; the printed form ``k=1`` never has one.
    """
    moments = second_moment_matrix(frames, spatial_variance, temporal_variance, integration)
    values = response(moments, k)
    strongest = float(values.max())
    found = _local_maxima(values) & (values > max(0.0, threshold * strongest))
    t, y, x = np.nonzero(found)
    strength = values[t, y, x].astype(np.float64)
    order = np.argsort(-strength, kind="stable")
    t, y, x = t[order], y[order], x[order]
    return Points(t, y, x, strength[order], moments[:, t, y, x].T.copy())


def _neighbourhoods(
    frames: np.ndarray, points: Points, reach_t: int, reach_s: int, at_once: int = 128
) -> Iterator[tuple[slice, np.ndarray]]:
    """Blocks around the points, nearest values beyond the border, a few points at a time."""
    length, height, width = frames.shape
    along_t, along_s = np.arange(-reach_t, reach_t + 1), np.arange(-reach_s, reach_s + 1)
    for start in range(0, len(points.t), at_once):
        part = slice(start, start + at_once)
        t = np.clip(points.t[part, None] + along_t, 0, length - 1)
        y = np.clip(points.y[part, None] + along_s, 0, height - 1)
        x = np.clip(points.x[part, None] + along_s, 0, width - 1)
        yield part, frames[t[:, :, None, None], y[:, None, :, None], x[:, None, None, :]]


@equation(7)
def jets(
    frames: np.ndarray,
    points: Points,
    spatial_variance: float = 4.0,
    temporal_variance: float = 2.0,
) -> np.ndarray:
    r"""Spatio-temporal jets at the points, equation (7).

    .. math:: Y = (K_b, K_c, K_n, K_{bb}, \ldots, K_{nnnn})

    the normalised derivatives :math:`\eta^{i+j}\tau^{l}\,\partial_b^i\partial_c^j\partial_n^l K`
    of orders 1 to 4.

    Parameters
    ----------
    frames : ndarray, uint8 (T, H, W)
        Gray on 0..255.
    points : object with ``.t``, ``.y``, ``.x``
        Where to take them.
    spatial_variance, temporal_variance : float
        :math:`\eta^2` in squared pixels, :math:`\tau^2` in squared frames.

    Returns
    -------
    ndarray, float32 (P, 34)
        Gray levels, in the order of `JET_ORDERS`: x y t, xx xy xt yy yt tt, xxx ... ttt,
        xxxx ... tttt.

    Notes
    -----
    Printed is U, the kernel: its derivatives are 34 constants that know nothing of the video.
    The filters are sampled derivatives of the Gaussian, applied at the points only.

    Examples
    --------
    >>> ramp = np.tile(np.arange(40.0), (40, 40, 1))
    >>> here = Points(*(np.array([20]) for _ in range(3)), np.ones(1), np.zeros((1, 6)))
    >>> np.abs(jets(ramp, here)[0, :3]).round(4).tolist()
    [2.0, 0.0, 0.0]
    """
    _check_variances(spatial_variance=spatial_variance, temporal_variance=temporal_variance)
    frames = np.asarray(frames)

    def filters(variance: float) -> np.ndarray:
        # Reversed, because a derivative is a convolution and the product below a correlation.
        return np.stack(
            [
                variance ** (order / 2)
                * gaussian_factor(variance, order, truncate=JET_TRUNCATE)[::-1]
                for order in range(5)
            ]
        )

    space, time = filters(spatial_variance), filters(temporal_variance)
    result = np.empty((len(points.t), len(JET_ORDERS)), dtype=np.float32)
    reach_t, reach_s = time.shape[1] // 2, space.shape[1] // 2
    order_x, order_y, order_t = np.array(JET_ORDERS).T
    for part, block in _neighbourhoods(frames, points, reach_t, reach_s):
        along_x = block.astype(np.float64) @ space.T  # (P, t, y, orders of x)
        along_y = np.einsum("ptyi,jy->ptij", along_x, space)
        every = np.einsum("ptij,lt->pijl", along_y, time)
        result[part] = every[:, order_x, order_y, order_t]
    return result


def describe(jet: np.ndarray, moments: np.ndarray, strength: np.ndarray) -> np.ndarray:
    r"""The 1x40 space-time vector of a key frame from the points around it.

    34 numbers of (7) and 6 of (5) make the 40 that the paper announces and does not derive:
    the mean over points, weighted by :math:`H^{1/3}`, of the jets' magnitudes and of the
    second moments' signed square roots, both in gray levels.

    Parameters
    ----------
    jet : ndarray (P, 34)
        `jets` at the points.
    moments : ndarray (P, 6)
        Second moments there.
    strength : ndarray (P,)
        Responses :math:`H > 0`; their cube root grows as contrast squared.

    Returns
    -------
    ndarray, float32 (40,)
        Zeros without points.

    Examples
    --------
    >>> describe(-np.ones((1, 34)), np.full((1, 6), -4.0), np.ones(1))[[0, 39]].tolist()
    [1.0, -2.0]
    """
    if len(strength) == 0:
        return np.zeros(40, dtype=np.float32)
    roots = np.sign(moments) * np.sqrt(np.abs(moments))
    each = np.concatenate([np.abs(jet), roots], axis=1)
    return np.average(each, axis=0, weights=np.cbrt(strength)).astype(np.float32)
