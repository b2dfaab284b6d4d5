"""Damage done to words, lines and the encoding of a text."""

import random

from torture.damage_bytes import Damage

#: What may stand in the place of a number or word.
_WORDS = (
    "1e999", "-1e999", "nan", "١٢", "１２", "9" * 5000, "0x" + "f" * 5000, "1" + "0" * 400, "-1",
    "\0", "\ufeff", "\u2028", "../../../../etc/passwd", "/etc/passwd", "C:\\windows", "é" * 300,
    '"', "'", "%s%n", "{0.__class__}", "$(touch payload-has-run)", "`touch payload-has-run`",
    "__import__('os').system('touch payload-has-run')", "x" * 200_000,
)  # fmt: skip


def _word(content: bytes, chance: random.Random) -> bytes:
    text = content.decode()
    first = chance.randrange(len(text) + 1)
    return (text[:first] + chance.choice(_WORDS) + text[first + chance.randint(0, 4) :]).encode()


def _encode(content: bytes, chance: random.Random) -> bytes:
    text = content.decode()
    if chance.random() < 0.4:
        return content.replace(b"\r\n", b"\n").replace(b"\n", chance.choice((b"\r\n", b"\r", b"")))
    return chance.choice(
        (
            b"\xef\xbb\xbf" + content,
            text.encode("utf-16"),
            text.replace("e", "é").encode("latin-1", "replace"),
            b"\xff" + content,
            content + b"\xed\xa0\x80",
            content.replace(b"\n", b"\n\0", 1),
        )
    )


def _long_line(content: bytes, chance: random.Random) -> bytes:
    piece = chance.choice((b"a", b"1,", b"[", b"[1],", b"- ", b"a: ", b"{a: ", b'"', b" ", b"\t1"))
    filler = piece * (10_000_000 // len(piece))
    place = chance.choice((0, len(content), chance.randrange(len(content) + 1)))
    return content[:place] + filler + content[place:]


TEXT: dict[str, Damage] = {
    "odd word": _word, "other encoding": _encode, "line of 10 MB": _long_line
}  # fmt: skip


def in_line(content: bytes, chance: random.Random) -> bytes:
    """A line lost, doubled, moved, or with a field more or less."""
    ends = b"\r\n" if b"\r\n" in content else b"\n"
    lines = content.split(ends)
    place = chance.randrange(len(lines))
    line = lines[place]
    for mark in (b"\t", b",", b" ", b"-"):
        if mark in line:
            break
    fields = line.split(mark)
    other = list(fields)
    chance.shuffle(other)
    new = chance.choice(
        (
            [], [line, line], [mark.join(fields[:-1])], [mark.join([*fields, b"x", *fields])],
            [mark.join(other)], [line.replace(mark, b";")], [b'"' + line], [b'"', line],
            [mark.join([b"../" * 9 + b"etc/passwd", *fields[1:]])],
            [mark.join([b"/etc/passwd", *fields[1:]])], [b"", line, b""], [mark * 1000],
        )
    )  # fmt: skip
    return ends.join([*lines[:place], *new, *lines[place + 1 :]])
