"""Damage done to the bytes of a file, whatever they mean."""

import random
from collections.abc import Callable

#: It takes the sound content and a generator of chance, and gives other content.
Damage = Callable[[bytes, random.Random], bytes]


def _span(content: bytes, chance: random.Random) -> tuple[int, int]:
    """Two places, near to each other half of the time."""
    first = chance.randrange(len(content) + 1)
    most = len(content) - first
    return first, first + chance.randint(0, most if chance.random() < 0.5 else min(most, 16))


def flip(content: bytes, chance: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(chance.choice((1, 1, 2, 8))):
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def _overwrite(content: bytes, chance: random.Random) -> bytes:
    first, last = _span(content, chance)
    return content[:first] + chance.randbytes(last - first) + content[last:]


def _zero(content: bytes, chance: random.Random) -> bytes:
    first, last = _span(content, chance)
    return content[:first] + bytes(last - first) + content[last:]


def _delete(content: bytes, chance: random.Random) -> bytes:
    first, last = _span(content, chance)
    return content[:first] + content[last:]


def _insert(content: bytes, chance: random.Random) -> bytes:
    first, last = _span(content, chance)
    return content[:first] + chance.randbytes(last - first) + content[first:]


def _double(content: bytes, chance: random.Random) -> bytes:
    first, last = _span(content, chance)
    return content[:last] + content[first:last] + content[last:]


def _cut(content: bytes, chance: random.Random) -> bytes:
    return content[: chance.randrange(len(content))]


def _empty(content: bytes, chance: random.Random) -> bytes:
    return chance.choice((b"", b"\n", b" ", b"\0" * 512))


def _digit(content: bytes, chance: random.Random) -> bytes:
    """Another digit: the damage that looks least like damage."""
    places = [place for place, value in enumerate(content) if 48 <= value < 58]
    if not places:
        return flip(content, chance)
    place = chance.choice(places)
    return content[:place] + str(chance.randrange(10)).encode() + content[place + 1 :]


BYTES: dict[str, Damage] = {
    "bits flipped": flip,
    "range overwritten": _overwrite,
    "range zeroed": _zero,
    "range deleted": _delete,
    "bytes inserted": _insert,
    "range doubled": _double,
    "cut short": _cut,
    "emptied": _empty,
    "another digit": _digit,
}
