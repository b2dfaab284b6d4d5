"""Mutations of the bytes of a clip, each told by the seed and its number."""

from collections.abc import Callable
from typing import Literal

import numpy as np

Mutation = Callable[[bytearray, int, np.random.Generator], None]

#: Bytes around a name of a part, where headers and lengths stand.
_AROUND = 48
_NAMES = (
    *b"RIFF LIST movi idx1 avih strh strf 00dc moov mdat stsz stts stsc stco ctts".split(),
    *b"elst mdhd tkhd hdlr moof trun tfhd tfdt mfhd".split(),
    # Matroska: cluster, tracks, segment information, block.
    *(b"\x1f\x43\xb6\x75", b"\x16\x54\xae\x6b", b"\x15\x49\xa9\x66", b"\xa3"),
)


def _size(random: np.random.Generator, content: bytearray) -> int:
    """A length, short ones as often as long ones."""
    return int(np.exp(random.uniform(0, np.log(max(2, len(content) // 3)))))


def _flip(content: bytearray, at: int, random: np.random.Generator) -> None:
    for _ in range(int(random.integers(1, 9))):
        place = min(len(content) - 1, at + int(random.integers(0, 64)))
        content[place] ^= 1 << int(random.integers(8))


def _overwrite(content: bytearray, at: int, random: np.random.Generator) -> None:
    size = min(_size(random, content), len(content) - at)
    content[at : at + size] = random.bytes(size)


def _zero(content: bytearray, at: int, random: np.random.Generator) -> None:
    size = min(_size(random, content), len(content) - at)
    content[at : at + size] = bytes(size)


def _delete(content: bytearray, at: int, random: np.random.Generator) -> None:
    del content[at : at + _size(random, content)]


def _insert(content: bytearray, at: int, random: np.random.Generator) -> None:
    content[at:at] = random.bytes(_size(random, content))


def _truncate(content: bytearray, at: int, random: np.random.Generator) -> None:
    del content[max(1, at) :]


def _duplicate(content: bytearray, at: int, random: np.random.Generator) -> None:
    content[at:at] = content[at : at + _size(random, content)]


def _swap(content: bytearray, at: int, random: np.random.Generator) -> None:
    size = min(_size(random, content), len(content) // 2)
    one, two = sorted((at % (len(content) - size), int(random.integers(len(content) - size))))
    size = min(size, two - one)
    first, second = content[one : one + size], content[two : two + size]
    content[one : one + size], content[two : two + size] = second, first


def _number(content: bytearray, at: int, random: np.random.Generator) -> None:
    """Change a whole number a little, or to an extreme: a length, a count, a rate."""
    at = max(0, min(at, len(content) - 4))
    order: Literal["little", "big"] = "little" if content[:4] == b"RIFF" else "big"
    value = int.from_bytes(content[at : at + 4], order)
    choices = (value + 1, value - 1, value + 8, value // 2, 2 * value, 0, 1, 2**31, 2**32 - 1)
    changed = choices[int(random.integers(len(choices)))] % 2**32
    content[at : at + 4] = changed.to_bytes(4, order)


def _take_frames(content: bytearray, at: int, random: np.random.Generator) -> None:
    """Take frames out of an AVI and set right the lengths, not the index; else delete."""
    starts = []
    movie = content.find(b"movi")
    place = movie + 4
    while movie >= 0 and content[place : place + 4] == b"00dc":
        starts.append(place)
        length = int.from_bytes(content[place + 4 : place + 8], "little")
        place += 8 + length + length % 2
    if len(starts) < 4:
        _delete(content, at, random)
        return
    first = int(random.integers(len(starts) - 3))
    low, high = starts[first], starts[first + 1 + int(random.integers(1, 3))]
    for field in (4, movie - 4):
        length = int.from_bytes(content[field : field + 4], "little") - (high - low)
        content[field : field + 4] = length.to_bytes(4, "little")
    del content[low:high]


MUTATIONS: dict[str, Mutation] = {
    "flip": _flip,
    "overwrite": _overwrite,
    "zero": _zero,
    "delete": _delete,
    "insert": _insert,
    "truncate": _truncate,
    "duplicate": _duplicate,
    "swap": _swap,
    "number": _number,
    "take frames": _take_frames,
}


def mutate(content: bytes, seed: int, number: int) -> tuple[bytes, str]:
    """The mutation of a file with this seed and number, and its name; it is never the same file.

    Every other one begins near the name of a part, where headers, lengths and indices stand.
    """
    random = np.random.default_rng([seed, number])
    names = list(MUTATIONS)
    places = [place for name in _NAMES for place in _found(content, name, 200)]
    while True:
        changed = bytearray(content)
        name = names[int(random.integers(len(names)))]
        at = int(random.integers(len(content)))
        if places and random.random() < 0.5:
            near = places[int(random.integers(len(places)))]
            at = near + int(random.integers(-8, _AROUND))
            at = max(0, min(len(content) - 1, at))
        MUTATIONS[name](changed, at, random)
        if bytes(changed) != content and changed:
            return bytes(changed), name


def _found(content: bytes, name: bytes, most: int) -> list[int]:
    found: list[int] = []
    at = content.find(name)
    while at >= 0 and len(found) < most:
        found.append(at)
        at = content.find(name, at + 1)
    return found
