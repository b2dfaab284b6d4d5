"""Scale space and second-moment matrix of a clip: equations (3) and (5).

After Laptev (2005), https://doi.org/10.1007/s11263-005-1838-7. Everything is computed in single
precision, a block of frames at a time: see `har_lib.gaussian`.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from har_lib.blocks import Frames, Window, blocks
from har_lib.equations import equation
from har_lib.errors import InputError
from har_lib.gaussian import AlongTime, check_variances, gaussian_kernel, in_space

#: The distinct entries of the second-moment matrix, in the order they are stored.
MOMENTS = ("xx", "xy", "xt", "yy", "yt", "tt")


def check_frames(frames: Frames) -> None:
    """Refuse what has no structure in space and time."""
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
    check_frames(frames)
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


def moments_in_blocks(
    frames: Frames,
    scales: Sequence[tuple[float, float]],
    integration: float,
    form: str,
    segment: tuple[int, int],
    block: int | None = None,
    rows: slice = slice(None),
) -> Iterator[list[np.ndarray]]:
    """Equation (5) at scales of one spatial variance, as much as is due after each block.

    Parameters
    ----------
    frames : ndarray, uint8 (T, H, W), or `har_lib.blocks.Frames`
    scales : sequence of (spatial, temporal)
        Variances; the spatial one is the same in all, so that smoothing in space is shared.
    integration, form
        See `second_moment_matrix`.
    segment : (start, stop)
        Half-open range of frames that is taken as a clip by itself.
    block : int, optional
        Frames at a time.
    rows : slice
        Part of each frame that is taken as the whole.

    Yields
    ------
    list of ndarray, float32 (6, n, H, W)
        One for each scale; written over by the next.
    """
    check_frames(frames)
    check_variances(integration=integration)
    if len({spatial for spatial, _ in scales}) != 1:
        raise InputError(f"scales {scales} are not allowed: they must share one spatial variance")
    start, stop = segment
    _, y, x = gaussian_kernel(*scales[0], form=form, frames=stop - start)
    each: list[_SecondMoments] = []
    for part, last in blocks(frames, block, start, stop):
        part = part[:, rows]
        each = each or [
            _SecondMoments(scale, integration, form, stop - start, part.shape[1:])
            for scale in scales
        ]
        smooth = np.empty(part.shape, np.float32)
        in_space(part, y, x, smooth)
        yield [moments.feed(smooth, last) for moments in each]


def reach_in_space(scale: tuple[float, float], integration: float) -> int:
    """Pixels on either side of one that its second moments depend on.

    Examples
    --------
    >>> reach_in_space((4.0, 2.0), 2.0)
    20
    """
    kernels = (gaussian_kernel(factor * scale[0], scale[1])[1] for factor in (1, integration))
    # One pixel more for the differences.
    return 1 + sum(len(kernel) // 2 for kernel in kernels)


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
    check_frames(frames)
    moments = np.empty((len(MOMENTS), *frames.shape), np.float32)
    scale, done = (spatial_variance, temporal_variance), 0
    for (part,) in moments_in_blocks(frames, [scale], integration, form, (0, len(frames))):
        moments[:, done : done + part.shape[1]] = part
        done += part.shape[1]
    return moments
