"""What the readers of containers share: bytes at places, and what can be wrong with a clip."""

import re
from dataclasses import dataclass
from typing import BinaryIO, Literal

import numpy as np

#: What can be wrong with a clip.
KINDS = (
    "cannot be opened",  # by the decoder; or the file is empty
    "no frame",  # it can be opened, and gives none
    "cut short",  # the file ends before the length that it states
    "structure broken",  # its parts do not fit into each other
    "index broken",  # its index and its parts disagree
    "frames missing",  # fewer frames are read than it promises
    "frames added",  # more
    "damaged frames",  # the content of a frame breaks the rules of its codec
    "size changes",  # frames differ in width or height
)

#: Parts that are walked through at most, within seconds: those of seven hours with sound.
MOST_PARTS = 2**21
#: Bytes of a table that are read at most; an hour of video needs 2 MB.
MOST_BYTES = 2**26

#: Names are printable; those of QuickTime may begin with the sign of copyright.
_NAME = re.compile(rb"[\xa9 -~][ -~]{3}")


@dataclass(frozen=True)
class Problem:
    """What is wrong with a clip: one of ``KINDS``, and one line that does not name the file."""

    kind: str
    said: str


@dataclass(frozen=True)
class Contents:
    """What a container says of its video, read without a decoder.

    ``frames`` counts the parts of the video stream that have content, as listed in the index
    where there is one; None if that cannot be told.
    """

    container: str
    frames: int | None
    problems: tuple[Problem, ...] = ()


class Broken(Exception):
    """The parts of a file do not fit; nothing behind this place can be trusted."""

    def __init__(self, said: str, kind: str = "structure broken") -> None:
        super().__init__(said)
        self.problem = Problem(kind, said)


class Source:
    """Bytes of an open file, never from beyond its end and never many at once."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.size = file.seek(0, 2)
        self._parts = 0

    def take(self, position: int, length: int) -> bytes:
        """``length`` bytes from ``position``."""
        if length > MOST_BYTES:
            raise Broken(f"states a table of {length} bytes at byte {position}")
        if position < 0 or length < 0 or position + length > self.size:
            raise Broken(f"ends inside the part at byte {position}", "cut short")
        self._file.seek(position)
        return self._file.read(length)

    def number(self, position: int, length: int, order: Literal["little", "big"] = "big") -> int:
        """Whole number of ``length`` bytes."""
        return int.from_bytes(self.take(position, length), order)

    def count_part(self) -> None:
        """Count a part, and refuse to walk on without end."""
        self._parts += 1
        if self._parts > MOST_PARTS:
            raise Broken(f"has more than {MOST_PARTS} parts, more than any clip")


def check_name(name: bytes, position: int) -> None:
    """Refuse what cannot be the name of a part."""
    if not _NAME.fullmatch(name):
        raise Broken(f"what stands at byte {position} is no part of a container")


def overlap(starts: np.ndarray, stops: np.ndarray) -> bool:
    """Whether ranges, sorted by their starts, share a byte."""
    order = np.argsort(starts, kind="stable")
    return bool((starts[order][1:] < stops[order][:-1]).any())


def within(starts: np.ndarray, stops: np.ndarray, ranges: list[tuple[int, int]]) -> bool:
    """Whether every range lies inside one of ``ranges``, which are in order and apart."""
    if not len(starts) or not ranges:
        return not len(starts)
    lows, highs = np.array(ranges, np.int64).T
    place = np.searchsorted(lows, starts, side="right") - 1
    return bool(((place >= 0) & (stops <= highs[place])).all())


def uncovered(starts: np.ndarray, stops: np.ndarray, ranges: list[tuple[int, int]]) -> int:
    """Bytes of ``ranges``, which are in order and apart, that none of the others holds.

    Examples
    --------
    >>> uncovered(np.array([4, 10, 11]), np.array([8, 14, 12]), [(0, 6), (8, 16)])
    8
    """
    order = np.argsort(starts, kind="stable")
    starts, stops = starts[order], np.maximum.accumulate(stops[order])
    # Each begins where those before it have ended.
    starts[1:] = np.maximum(starts[1:], stops[:-1])
    stops = np.maximum(starts, stops)
    edges = np.column_stack([starts, stops]).ravel()
    held = np.column_stack([np.zeros_like(starts), stops - starts]).ravel().cumsum()
    wanted = np.array(ranges, np.int64).reshape(-1, 2)
    below = np.interp(wanted, edges, held) if len(edges) else np.zeros(wanted.shape)
    return int(((wanted[:, 1] - wanted[:, 0]) - (below[:, 1] - below[:, 0])).sum())
