"""The space-time Gaussian of equation (4), its derivatives, and filters by it.

A clip is filtered as its frames come, block by block: along time a filter holds the latest frames,
as many as its kernel reaches, and gives each frame as soon as all it needs has come. Every number
is computed once, in one way, so that the result does not depend on the blocks.
"""

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.polynomial import hermite_e

from har_lib.blocks import Window
from har_lib.equations import equation
from har_lib.errors import InputError

#: Kernels are cut at this many standard deviations, as scipy.ndimage does by default.
TRUNCATE = 4.0
#: How equations (4) and (7) can be read.
FORMS = ("corrected", "literal")
#: Pixels that are filtered along time at once, so that their frames stay in the cache.
_STRIP = 4800


def check_variances(**variances: float) -> None:
    for name, value in variances.items():
        if not value > 0:
            raise InputError(f"{name} = {value} is not allowed: it must be positive")


def check_choice(name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise InputError(f"{name} = {value!r} is not allowed: it must be one of {list(allowed)}")


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
    check_variances(spatial_variance=spatial_variance, temporal_variance=temporal_variance)
    check_choice("form", form, FORMS)
    if form == "literal":
        space = _printed_factor(spatial_variance, _positions(spatial_variance, truncate))
        return _printed_factor(temporal_variance, np.array([float(frames)])), space, space
    space = gaussian_factor(spatial_variance, truncate=truncate)
    return gaussian_factor(temporal_variance, truncate=truncate), space, space


def in_space(frames: np.ndarray, y: np.ndarray, x: np.ndarray, into: np.ndarray) -> None:
    """Filter each frame by a symmetric kernel's factors; nearest values beyond the border.

    Parameters
    ----------
    frames : ndarray (T, H, W)
        Taken in single precision.
    y, x : ndarray
        Factors of the kernel.
    into : ndarray, float32 (T, H, W)
        Where the result goes.
    """
    for frame, target in zip(frames, into, strict=True):
        single = frame.astype(np.float32, copy=False)
        cv2.sepFilter2D(single, cv2.CV_32F, x, y, dst=target, borderType=cv2.BORDER_REPLICATE)


class AlongTime:
    """A symmetric filter along time for frames that come in blocks; nearest frames beyond the ends.

    For each block call `room`, write the frames there, then take what `filtered` gives.

    Parameters
    ----------
    factor : ndarray (2 r + 1,)
        The kernel.
    shape : tuple of int
        ``(C, H, W)``: channels, and pixels of a frame.

    Examples
    --------
    >>> smoothing = AlongTime(gaussian_factor(1.0), (1, 1, 2))
    >>> smoothing.room(9)[:] = 7
    >>> [part.shape for part in smoothing.filtered(last=False)]
    [(5, 1, 2)]
    >>> smoothing.room(1)[:] = 7
    >>> [part.round(4).tolist() for part in smoothing.filtered(last=True)][0][0]
    [[7.0, 7.0]]
    """

    def __init__(self, factor: np.ndarray, shape: tuple[int, ...]) -> None:
        self._factor = factor
        self._reach = len(factor) // 2
        self._window = Window(self._reach, shape)
        self.room = self._window.room
        self._rows = np.empty((0, 0), np.float32)

    def filtered(self, last: bool) -> Iterator[np.ndarray]:
        """The frames that are due, float32 (n, H, W), channel by channel.

        Each is written over by the next. ``last`` says that no frame follows.
        """
        held = self._window.held(last)
        due = held.shape[1] - 2 * self._reach
        for channel in held:
            if due <= 0:
                yield channel[:0]
                continue
            # Along time a clip is an image of T rows, so the filter of images serves.
            rows = channel.reshape(len(channel), -1)
            if len(self._rows) < len(rows):
                self._rows = np.empty_like(rows)
            smooth = self._rows[: len(rows)]
            for left in range(0, rows.shape[1], _STRIP):
                strip = slice(left, left + _STRIP)
                cv2.sepFilter2D(
                    rows[:, strip], cv2.CV_32F, np.ones(1), self._factor, dst=smooth[:, strip]
                )
            yield smooth[self._reach : self._reach + due].reshape(due, *channel.shape[1:])
