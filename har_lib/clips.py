"""Clips of any length in bounded memory: held if they are short, else decoded as they are read."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from har_lib import video

#: Bytes of a clip that are held: twice the longest clip of UCF101 at full size.
MEMORY = 2**28


class Clip:
    """Gray frames of a file that are decoded as they are asked for, for clips too long to hold.

    What `har_lib.blocks.Frames` asks for, and frames by number besides. Going through a clip
    forwards decodes it once; a step back of more than two frames begins anew.
    """

    dtype = np.dtype(np.uint8)
    ndim = 3
    #: Frames before those asked for last that are held.
    _BEFORE = 2

    def __init__(
        self,
        path: Path,
        convert: Callable[[np.ndarray], np.ndarray],
        start: int,
        shape: tuple[int, int, int],
        damaged: bool = False,
    ) -> None:
        self.shape = shape
        self._damaged = damaged
        self._path, self._convert, self._start = path, convert, start
        self._rewind()

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, index: Any) -> np.ndarray:
        """A range of frames (n, H, W), one frame (H, W), or frames by their numbers (n, H, W)."""
        if isinstance(index, slice):
            numbers = range(len(self))[index]
            if numbers.step == 1:
                return self._range(numbers.start, numbers.stop)
            index = numbers
        elif isinstance(index, int | np.integer):
            number = range(len(self))[index]
            return self._range(number, number + 1)[0]
        return np.stack([self[number] for number in index])

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        """All frames at once."""
        return self[:].astype(dtype or self.dtype, copy=False)

    def _rewind(self) -> None:
        self._decoder = self._decode()
        self._first = 0
        self._held: list[np.ndarray] = []

    def _decode(self) -> Iterator[np.ndarray]:
        with video.opened(self._path, self._damaged) as capture:
            for seen, frame in enumerate(video.decoded(self._path, capture)):
                if seen >= self._start:
                    yield frame

    def _range(self, start: int, stop: int) -> np.ndarray:
        if start >= stop:
            return np.empty((0, *self.shape[1:]), np.uint8)
        if start < self._first:
            self._rewind()
        while self._first + len(self._held) < stop:
            frame = next(self._decoder, None)
            if frame is None:
                raise video.VideoError(f"{self._path}: has become shorter while it was read")
            self._held.append(self._convert(frame))
            if self._first < start - self._BEFORE:
                del self._held[0]
                self._first += 1
        drop = max(0, start - self._BEFORE - self._first)
        del self._held[:drop]
        self._first += drop
        return np.stack(self._held[start - self._first : stop - self._first])


def open_gray(
    path: Path | str,
    size: tuple[int, int] | None = None,
    *,
    gray: str = "luma",
    start: int = 0,
    stop: int | None = None,
    minimum_frames: int = 2,
    memory: float | None = None,
    damaged: bool = False,
) -> np.ndarray | Clip:
    """The same frames as ``read_gray``, in bounded memory however long the clip.

    Parameters
    ----------
    path, size, gray, start, stop, minimum_frames, damaged
        As for ``read_gray``, with its errors.
    memory
        Bytes, by default ``MEMORY``. A clip whose frames take more is not held but decoded anew
        where it is indexed.

    Returns
    -------
    uint8 array (T, H, W), or a Clip, which is indexed like one.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "ramp.avi"
    >>> ramp = np.arange(9, dtype=np.uint8)[:, None, None] * np.ones((48, 64), np.uint8)
    >>> video.write(path, ramp, codec="FFV1")
    >>> clip = open_gray(path, memory=0)
    >>> type(clip).__name__, clip.shape, clip[2:5][:, 0, 0].tolist(), clip[-1][0, 0].item()
    ('Clip', (9, 48, 64), [2, 3, 4], 8)
    """
    convert = video.to_gray(gray, size)
    path, memory = Path(path), MEMORY if memory is None else memory
    collected, shape = video.collect(
        path, convert, size, start, stop, minimum_frames, memory, damaged
    )
    return Clip(path, convert, start, shape, damaged) if collected is None else collected
