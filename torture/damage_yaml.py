"""Damage done to a value in YAML."""

import random

_VALUES = (
    "&a [*a]", "!!python/object/apply:os.system ['touch payload-has-run']",
    "!!python/object/new:os.system ['touch payload-has-run']", "!!python/name:os.system",
    "!!int ''", "!!int '-'", "!!float ''", "!!bool 'x'", "!!timestamp 'x'", "!!binary '*'",
    "!!set {a, b}", "!!omap [a: 1]", "!!pairs [a]", "2001-99-99", "0x" + "f" * 5000, "9" * 5000,
    "1" + "0" * 400, "1e999", ".inf", ".nan", "1:99:99", "0o9", "[" * 5000, "{a: " * 5000,
    "- " * 5000,
    "? {a: b}\n: c", "{[a]: b}", "{}", "[]", "~", "|\n a\n b", "'" + "x" * 100_000 + "'", "*gone",
    "\n  a: 1\n a: 2", "!x 1", "%TAG ! x", "--- 1", "x: y: z", "\t1", "@x", "'\\x00'",
    '"\\0\\n\\e[2J"',
)  # fmt: skip


def bomb(name: str, levels: int, merge: bool) -> str:
    """Aliases of aliases: a few lines that stand for billions of values."""
    lines = [f"{name}0: &{name}0 " + ("{k: v}" if merge else "[lol]")]
    for level in range(1, levels):
        every = ", ".join([f"*{name}{level - 1}"] * 10)
        value = f"{{<<: [{every}]}}" if merge else f"[{every}]"
        lines.append(f"{name}{level}: &{name}{level} {value}")
    return "\n".join(lines)


def in_value(content: bytes, chance: random.Random) -> bytes:
    text = content.decode()
    lines = text.splitlines()
    place = chance.randrange(len(lines))
    name = lines[place].partition(":")[0]
    if chance.random() < 0.2:
        layers = bomb("b", chance.choice((5, 10, 20)), chance.random() < 0.5)
        last = layers.splitlines()[-1].partition(":")[0]
        return "\n".join([layers, *lines[:place], f"{name}: *{last}", *lines[place + 1 :]]).encode()
    lines[place] = f"{name}: {chance.choice(_VALUES)}"
    if chance.random() < 0.1:
        lines.insert(place, lines[place])
    return ("\n".join(lines) + "\n").encode()
