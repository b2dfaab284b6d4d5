"""Space-time interest points: scale space, second-moment matrix, response, points, jets.

Equations (3) to (7), after Laptev (2005), https://doi.org/10.1007/s11263-005-1838-7. The paper
renames his f, L, g, sigma and tau to k, K, U, eta and tau, and (x, y, t) to (b, c, n).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields

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
#: How equations (4) and (7) can be read.
FORMS = ("corrected", "literal")
#: What a local maximum may exceed.
NEIGHBOURHOODS = ("space_time", "frame")
#: Most numbers that the neighbourhoods of points hold at a time, 64 MB.
_AT_ONCE = 8_000_000


@dataclass(frozen=True)
class Points:
    """Interest points, strongest first: frame and pixel numbers, response, second moments.

    ``scale``, float64 (P, 2), holds the spatial and the temporal variance at which each point
    was found; NaN where that is not known.
    """

    t: np.ndarray
    y: np.ndarray
    x: np.ndarray
    response: np.ndarray
    second_moments: np.ndarray
    scale: np.ndarray = field(default_factory=lambda: np.empty((0, 2)))

    def __post_init__(self) -> None:
        """Fill scales that are not given."""
        if len(self.scale) == 0:
            object.__setattr__(self, "scale", np.full((len(self.t), 2), np.nan))

    def __len__(self) -> int:
        """Number of points."""
        return len(self.t)

    def near(self, frame: int, window: int) -> np.ndarray:
        """Which points lie within ``window`` frames of ``frame``, bool (P,)."""
        return np.abs(self.t - frame) <= window

    def take(self, which: np.ndarray) -> "Points":
        """The points that a mask, bool (P,), or indices choose, in the order chosen.

        Examples
        --------
        >>> two = Points(*np.array([[5, 6], [1, 2], [3, 4]]), np.array([9.0, 8.0]), np.eye(2, 6))
        >>> two.take(two.near(6, 0)).x.tolist()
        [4]
        """
        return Points(*(getattr(self, each.name)[which] for each in fields(self)))


def joined(parts: Sequence[Points]) -> Points:
    """All points of several lots, strongest first; equal ones stay in the order given.

    Examples
    --------
    >>> weak = Points(*np.array([[5], [1], [3]]), np.array([2.0]), np.zeros((1, 6)))
    >>> strong = Points(*np.array([[6], [2], [4]]), np.array([7.0]), np.zeros((1, 6)))
    >>> joined([weak, strong]).t.tolist(), len(joined([]))
    ([6, 5], 0)
    """
    place, moments = np.empty(0, dtype=np.int64), np.empty((0, 6), dtype=np.float32)
    every = (Points(place, place, place, np.empty(0), moments), *parts)
    together = Points(
        *(np.concatenate([getattr(part, each.name) for part in every]) for each in fields(Points))
    )
    return together.take(np.argsort(-together.response, kind="stable"))


def _check_variances(**variances: float) -> None:
    for name, value in variances.items():
        if not value > 0:
            raise InputError(f"{name} = {value} is not allowed: it must be positive")


def _check_choice(name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise InputError(f"{name} = {value!r} is not allowed: it must be one of {list(allowed)}")


def _volume(frames: np.ndarray) -> np.ndarray:
    frames = np.asarray(frames)
    if frames.ndim != 3 or min(frames.shape) < 2:
        raise InputError(
            f"gray frames (T, H, W) with at least 2 along each axis are needed, not {frames.shape}"
        )
    return frames.astype(np.float32)


def _positions(variance: float, truncate: float) -> np.ndarray:
    """Whole numbers on either side of 0 where a Gaussian is sampled."""
    radius = int(truncate * np.sqrt(variance) + 0.5)
    return np.arange(-radius, radius + 1)


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
    position = _positions(variance, truncate)
    weights = np.exp(-(position**2) / (2 * variance))
    weights /= weights.sum()
    polynomial = hermite_e.hermeval(position / deviation, [0] * order + [1])
    return (-1 / deviation) ** order * polynomial * weights


def _printed_factor(variance: float, position: np.ndarray) -> np.ndarray:
    """One coordinate's part of equation (4), to the letter: its samples need not sum to 1."""
    return np.exp(-(position**2) / (2 * variance)) / np.sqrt(2 * np.pi * variance)


@equation(4)
def gaussian_kernel(
    spatial_variance: float,
    temporal_variance: float,
    truncate: float = TRUNCATE,
    form: str = "corrected",
    frames: int = 1,
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
    form : str
        ``corrected`` takes ``n`` as the time coordinate, ``literal`` as the number of frames.
    frames : int
        That number; only ``literal`` asks for it.

    Returns
    -------
    tuple of three ndarray, float64
        Factors whose outer product ``t[:, None, None] * y[:, None] * x`` is ``U`` at whole
        frames and pixels. ``corrected`` normalises each to sum 1. ``literal`` does not, and its
        factor along time is one number: that kernel has no extent in time.

    Notes
    -----
    The paper calls ``n`` "the total number of frames"; it is the time coordinate. Read as
    printed, with :math:`\tau^2 = 2`, the kernel of a clip of 30 frames is 5.4e-99 times a
    Gaussian in space, and that of 100 frames is zero in double precision. In single precision,
    in which clips are filtered, it is zero from 21 frames on.

    Examples
    --------
    >>> t, y, x = gaussian_kernel(4.0, 2.0)
    >>> t.shape, y.shape, x.shape, round(float(t.sum()), 12)
    ((13,), (17,), (17,), 1.0)
    >>> t, y, x = gaussian_kernel(4.0, 2.0, form="literal", frames=100)
    >>> t.tolist(), len(x)
    ([0.0], 17)
    """
    _check_variances(spatial_variance=spatial_variance, temporal_variance=temporal_variance)
    _check_choice("form", form, FORMS)
    if form == "literal":
        space = _printed_factor(spatial_variance, _positions(spatial_variance, truncate))
        return _printed_factor(temporal_variance, np.array([float(frames)])), space, space
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
    volume = _volume(frames)
    kernel = gaussian_kernel(spatial_variance, temporal_variance, form=form, frames=len(volume))
    return _filter(volume, *kernel)


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
    _check_variances(integration=integration)
    dx, dy, dt = gradient(scale_space(frames, spatial_variance, temporal_variance, form))
    dx *= np.float32(np.sqrt(spatial_variance))
    dy *= np.float32(np.sqrt(spatial_variance))
    dt *= np.float32(np.sqrt(temporal_variance))
    window = gaussian_kernel(
        integration * spatial_variance,
        integration * temporal_variance,
        form=form,
        frames=len(frames),
    )
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
    _check_choice("neighbourhood", neighbourhood, NEIGHBOURHOODS)
    square = np.ones((3, 3), np.uint8)
    in_frame = np.stack([cv2.dilate(frame, square) for frame in values])
    if neighbourhood == "frame":
        return values == in_frame
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
    *,
    floor: float = 0.0,
    strongest: int = 0,
    neighbourhood: str = "space_time",
    form: str = "corrected",
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
    moments = second_moment_matrix(frames, spatial_variance, temporal_variance, integration, form)
    values = response(moments, k)
    least = max(0.0, floor, threshold * float(values.max()))
    t, y, x = np.nonzero(local_maxima(values, neighbourhood) & (values > least))
    strength = values[t, y, x].astype(np.float64)
    order = np.argsort(-strength, kind="stable")[: strongest or None]
    t, y, x = t[order], y[order], x[order]
    scale = np.tile([float(spatial_variance), float(temporal_variance)], (len(t), 1))
    return Points(t, y, x, strength[order], moments[:, t, y, x].T.copy(), scale)


def _at_rest(
    frames: np.ndarray, t: np.ndarray, y: np.ndarray, x: np.ndarray, reach_t: int, reach: int
) -> np.ndarray:
    """Blocks (P, t, y, x) around places, each (P,); nearest values beyond the border."""
    length, height, width = frames.shape
    along_t, along = np.arange(-reach_t, reach_t + 1), np.arange(-reach, reach + 1)
    t = np.clip(t[:, None] + along_t, 0, length - 1)
    y = np.clip(y[:, None] + along, 0, height - 1)
    x = np.clip(x[:, None] + along, 0, width - 1)
    return frames[t[:, :, None, None], y[:, None, :, None], x[:, None, None, :]]


def _along_motion(
    frames: np.ndarray,
    t: np.ndarray,
    y: np.ndarray,
    x: np.ndarray,
    reach_t: int,
    reach: int,
    velocity: np.ndarray,
) -> np.ndarray:
    """The same, each frame read where motion at ``velocity`` (P, 2) has carried the place."""
    length, height, width = frames.shape
    frame = np.clip(t[:, None] + np.arange(-reach_t, reach_t + 1), 0, length - 1)
    # The first frame, where it stands in for those before it, is shifted as the first frame.
    shift = velocity[:, None, :] * (frame - t[:, None])[..., None]
    whole = np.floor(shift).astype(np.int64)
    share_x, share_y = np.moveaxis(shift - whole, -1, 0)[..., None, None]
    along = np.arange(-reach, reach + 2)  # one more, to read between pixels
    row = np.clip(y[:, None, None] + whole[..., 1:] + along, 0, height - 1)
    column = np.clip(x[:, None, None] + whole[..., :1] + along, 0, width - 1)
    block = frames[frame[:, :, None, None], row[..., None], column[:, :, None, :]]
    block = block.astype(np.float64)
    block = block[:, :, :-1] * (1 - share_y) + block[:, :, 1:] * share_y
    return block[..., :-1] * (1 - share_x) + block[..., 1:] * share_x


def _neighbourhoods(
    frames: np.ndarray, points: Points, reach_t: int, reach: int, velocity: np.ndarray | None
) -> Iterator[tuple[slice, np.ndarray]]:
    """Blocks around the points, a few points at a time."""
    numbers_each = (2 * reach_t + 1) * (2 * reach + 1) ** 2
    few = min(max(1, _AT_ONCE // numbers_each), 128)
    for start in range(0, len(points.t), few):
        part = slice(start, start + few)
        place = points.t[part], points.y[part], points.x[part]
        if velocity is None:
            yield part, _at_rest(frames, *place, reach_t, reach)
        else:
            yield part, _along_motion(frames, *place, reach_t, reach, velocity[part])


def _checked_velocity(velocity: np.ndarray, count: int) -> np.ndarray:
    velocity = np.asarray(velocity, dtype=np.float64)
    if velocity.shape != (count, 2) or not np.isfinite(velocity).all():
        raise InputError(
            f"velocity of shape {velocity.shape} is not allowed: {count} points need finite "
            f"numbers of shape ({count}, 2)"
        )
    return velocity


def _jet_filters(variance: float) -> np.ndarray:
    """Normalised derivatives of a Gaussian of orders 0 to 4, (5, 2 r + 1)."""
    # Reversed, because a derivative is a convolution and their use in `jets` a correlation.
    return np.stack(
        [
            variance ** (order / 2) * gaussian_factor(variance, order, truncate=JET_TRUNCATE)[::-1]
            for order in range(5)
        ]
    )


@equation(7)
def jets(
    frames: np.ndarray,
    points: Points,
    spatial_variance: float = 4.0,
    temporal_variance: float = 2.0,
    *,
    form: str = "corrected",
    velocity: np.ndarray | None = None,
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
    form : str
        ``corrected`` takes derivatives of ``K``, the smoothed clip; ``literal`` those of ``U``,
        the kernel, at its centre, as printed.
    velocity : ndarray, float64 (P, 2), optional
        Pixels per frame along x and y by which the neighbourhood of each point follows a
        motion: a frame ``d`` later is read ``d`` times that further on, linearly between pixels.

    Returns
    -------
    ndarray, float32 (P, 34)
        Gray levels, in the order of `JET_ORDERS`: x y t, xx xy xt yy yt tt, xxx ... ttt,
        xxxx ... tttt.

    Notes
    -----
    Printed is U, the kernel: its derivatives are 34 constants that know nothing of the video,
    and those of odd order along an axis are 0. They are read at the centre of the same filters.
    The filters are sampled derivatives of the Gaussian, applied at the points only.

    Examples
    --------
    >>> ramp = np.tile(np.arange(40.0), (40, 40, 1))
    >>> here = Points(*(np.array([20]) for _ in range(3)), np.ones(1), np.zeros((1, 6)))
    >>> np.abs(jets(ramp, here)[0, :3]).round(4).tolist()
    [2.0, 0.0, 0.0]
    >>> round(float(jets(ramp, here, form="literal")[0, 3]), 6)
    -0.011224
    """
    _check_variances(spatial_variance=spatial_variance, temporal_variance=temporal_variance)
    _check_choice("form", form, FORMS)
    frames = np.asarray(frames)
    space, time = _jet_filters(spatial_variance), _jet_filters(temporal_variance)
    reach, reach_t = space.shape[1] // 2, time.shape[1] // 2
    order_x, order_y, order_t = np.array(JET_ORDERS).T
    if form == "literal":
        constants = space[order_x, reach] * space[order_y, reach] * time[order_t, reach_t]
        return np.tile(constants.astype(np.float32), (len(points.t), 1))
    if velocity is not None:
        velocity = _checked_velocity(velocity, len(points.t))
    result = np.empty((len(points.t), len(JET_ORDERS)), dtype=np.float32)
    for part, block in _neighbourhoods(frames, points, reach_t, reach, velocity):
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
