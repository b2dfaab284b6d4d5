"""A clip in blocks of frames, and what a filter along time holds from one block for the next.

Kernels take a clip as an array (T, H, W) or as anything that has its shape and gives a range of
frames when it is sliced, such as `har_lib.video.Clip`, which decodes them anew.
"""

from collections.abc import Iterator
from typing import Protocol

import numpy as np

#: Numbers in a block of frames, about: large enough that its two ends cost little, small enough
#: that a block of UCF101's full size takes a tenth of a gigabyte with all that is made of it.
NUMBERS = 2**21
#: Frames in a block, at least and at most.
LEAST, MOST = 8, 64


class Frames(Protocol):
    """A clip, gray, uint8 (T, H, W): an array, or what gives parts of one."""

    @property
    def shape(self) -> tuple[int, ...]:
        """``(T, H, W)``."""

    def __len__(self) -> int:
        """Number of frames."""

    def __getitem__(self, index: slice) -> np.ndarray:
        """A range of frames."""


def length(shape: tuple[int, ...]) -> int:
    """Frames in a block of frames (H, W), by their size.

    Examples
    --------
    >>> length((120, 160)), length((240, 320)), length((2160, 3840))
    (64, 27, 8)
    """
    pixels = max(1, int(np.prod(shape)))
    return min(max(NUMBERS // pixels, LEAST), MOST)


def blocks(
    frames: Frames, size: int | None = None, start: int = 0, stop: int | None = None
) -> Iterator[tuple[np.ndarray, bool]]:
    """The frames from ``start`` to ``stop``, ``size`` at a time; True comes with the last.

    Examples
    --------
    >>> clip = np.zeros((5, 4, 4), np.uint8)
    >>> [(len(block), last) for block, last in blocks(clip, 2)]
    [(2, False), (2, False), (1, True)]
    """
    stop = len(frames) if stop is None else stop
    size = size or length(frames.shape[1:])
    for first in range(start, stop, size):
        end = min(first + size, stop)
        yield frames[first:end], end == stop


def each(frames: Frames) -> Iterator[np.ndarray]:
    """The frames one by one, of which only a block is held.

    Examples
    --------
    >>> [frame.item() for frame in each(np.arange(3).reshape(3, 1, 1))]
    [0, 1, 2]
    """
    for block, _ in blocks(frames):
        yield from block


def one(frames: Frames, index: int) -> np.ndarray:
    """A single frame (H, W)."""
    return frames[index : index + 1][0]


class Window:
    """The latest frames of a stream: all that a filter which reaches ``reach`` frames needs.

    Before the first frame and after the last stand ``reach`` copies of it, as scipy.ndimage's
    ``nearest`` has them. For each block call `room`, write the frames there, then call `held`.

    Parameters
    ----------
    reach : int
        Frames on either side of one.
    shape : tuple of int
        ``(C, H, W)``: channels, and pixels of a frame.

    Examples
    --------
    >>> window = Window(1, (1, 1, 1))
    >>> for block, last in blocks(np.arange(5.0).reshape(5, 1, 1), 2):
    ...     window.room(len(block))[0] = block
    ...     print(window.held(last).ravel().tolist())
    [0.0, 0.0, 1.0]
    [0.0, 1.0, 2.0, 3.0]
    [2.0, 3.0, 4.0, 4.0]
    """

    def __init__(self, reach: int, shape: tuple[int, ...]) -> None:
        channels, *pixels = shape
        self._reach = reach
        # Frames follow one another within a channel, so that its frames are one array of rows.
        self._frames = np.empty((channels, 0, *pixels), np.float32)
        self._begun = False
        self._count = 0
        self._new = 0

    def room(self, count: int) -> np.ndarray:
        """Where to write the next ``count`` frames, float32 (C, count, H, W).

        Frames that no later one needs are forgotten.
        """
        keep = min(self._count, 2 * self._reach) if self._begun else self._reach
        # The copies after the last frame need room too.
        needed = keep + count + self._reach
        if needed > self._frames.shape[1]:
            channels, _, *pixels = self._frames.shape
            larger = np.empty((channels, needed, *pixels), np.float32)
            if self._begun:
                larger[:, :keep] = self._frames[:, self._count - keep : self._count]
            self._frames = larger
        elif self._begun:
            self._frames[:, :keep] = self._frames[:, self._count - keep : self._count]
        self._count, self._new = keep, count
        return self._frames[:, keep : keep + count]

    def held(self, last: bool) -> np.ndarray:
        """What is due, float32 (C, n + 2 reach, H, W) for n frames; n may be 0 or less.

        ``last`` says that no frame follows.
        """
        if not self._begun and self._new:
            self._frames[:, : self._reach] = self._frames[:, self._reach : self._reach + 1]
            self._begun = True
        self._count += self._new
        if last:
            end = self._count
            self._frames[:, end : end + self._reach] = self._frames[:, end - 1 : end]
            self._count += self._reach
        return self._frames[:, : self._count]
