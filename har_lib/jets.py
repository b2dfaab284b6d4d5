"""Spatio-temporal jets, equation (7), and a key frame's 40 numbers from them."""

from collections.abc import Iterator

import numpy as np

from har_lib.blocks import Frames, length
from har_lib.equations import equation
from har_lib.errors import InputError
from har_lib.gaussian import FORMS, check_choice, check_variances, gaussian_factor
from har_lib.points import Points

#: Jets go to order four, where a kernel cut at four deviations would no longer sum to zero.
TRUNCATE = 6.0

#: Orders (x, y, t) of the 34 derivatives, by total order, then x before y before t:
#: x y t | xx xy xt yy yt tt | xxx xxy xxt xyy xyt xtt yyy yyt ytt ttt | xxxx ... tttt.
JET_ORDERS: tuple[tuple[int, int, int], ...] = tuple(
    (x, y, total - x - y)
    for total in range(1, 5)
    for x in range(total, -1, -1)
    for y in range(total - x, -1, -1)
)
#: Most numbers that the neighbourhoods of points hold at a time, 64 MB.
_AT_ONCE = 8_000_000
#: Most points that are taken at a time.
_POINTS = 128


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


def _together(t: np.ndarray, few: int, frames: int) -> Iterator[np.ndarray]:
    """Indices of points in the order of time, at most ``few`` within so many ``frames``."""
    order = np.argsort(t, kind="stable")
    while len(order):
        close = np.searchsorted(t[order], t[order[0]] + frames)
        yield order[: min(few, close)]
        order = order[min(few, close) :]


def _neighbourhoods(
    frames: Frames, points: Points, reach_t: int, reach: int, velocity: np.ndarray | None
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Blocks around the points, a few points at a time."""
    numbers_each = (2 * reach_t + 1) * (2 * reach + 1) ** 2
    few = min(max(1, _AT_ONCE // numbers_each), _POINTS)
    for part in _together(points.t, few, length(frames.shape[1:])):
        t, y, x = points.t[part], points.y[part], points.x[part]
        # No more of the clip than these points see: it may have to be decoded.
        first = max(0, int(t[0]) - reach_t)
        near = frames[first : int(t[-1]) + reach_t + 1]
        if velocity is None:
            yield part, _at_rest(near, t - first, y, x, reach_t, reach)
        else:
            yield part, _along_motion(near, t - first, y, x, reach_t, reach, velocity[part])


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
            variance ** (order / 2) * gaussian_factor(variance, order, truncate=TRUNCATE)[::-1]
            for order in range(5)
        ]
    )


@equation(7)
def jets(
    frames: Frames,
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
    check_variances(spatial_variance=spatial_variance, temporal_variance=temporal_variance)
    check_choice("form", form, FORMS)
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
