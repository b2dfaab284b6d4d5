"""Damage done to a value in JSON."""

import json
import random
from typing import Any

from torture import damage_text

#: Stands for text that no JSON library writes.
_RAW = "raw-text-here"
_VALUES: tuple[Any, ...] = (
    None, True, "", "x", "é\u2028\n\0", [], {}, -1, 0, 0.5, 1, 2**70, [[]], {"a": None}, [1, "a"],
    "nan",
)  # fmt: skip
_RAWS = (
    "NaN", "1e999", "-Infinity", "9" * 5000, "1" + "0" * 400, "[" * 100_000, '{"a":' * 50_000,
    "[" * 900 + "]" * 900, '{"a": 1, "a": 2}', '"\\ud800"', "'x'", "undefined", "1,",
    '"' + "x" * 100_000 + '"', '{"a":' * 900 + "1" + "}" * 900,
    '"$(touch payload-has-run)"', '"__import__(\'os\').system(\'touch payload-has-run\')"',
    '["seed: int = ' + "-" * 50_000 + '1"]', '["x = ' + "(" * 150 + ")" * 150 + '"]',
    '["import os\\n", "os.mkdir(\'payload-has-run\')"]', '["%cd /\\n", "!touch payload-has-run"]',
    '"../../../../etc/passwd"', '"/etc/passwd"', '"a\\u0000b"',
)  # fmt: skip


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to every value within a value."""
    found = [path]
    if isinstance(value, dict | list):
        for key, part in value.items() if isinstance(value, dict) else enumerate(value):
            found += _places(part, (*path, key))
    return found


def _in_json(value: Any, chance: random.Random) -> str:
    """JSON text of a value in which one place is another thing."""
    every = _places(value)
    # What lies high is rare, and matters most.
    depth = chance.randint(0, max(map(len, every)))
    way = chance.choice([each for each in every if len(each) == depth] or every)
    raw = chance.choice(_RAWS) if chance.random() < 0.4 else ""
    new = _RAW if raw else chance.choice(_VALUES)
    if not way:
        value = new
    else:
        within = value
        for key in way[:-1]:
            within = within[key]
        key = way[-1]
        if chance.random() < 0.25:
            gone = within.pop(key)
            if isinstance(within, dict) and chance.random() < 0.5:
                within[f"{key}x"] = gone
        else:
            within[key] = new
    return json.dumps(value).replace(f'"{_RAW}"', raw)


def in_text(text: str, chance: random.Random) -> str:
    """The same for text that may be JSON."""
    try:
        return _in_json(json.loads(text), chance)
    except ValueError:
        return _in_json(text, chance)


def in_value(content: bytes, chance: random.Random) -> bytes:
    return _in_json(json.loads(content), chance).encode("utf-8", "surrogatepass")


def in_line(content: bytes, chance: random.Random) -> bytes:
    lines = content.splitlines()
    place = chance.randrange(len(lines))
    try:
        lines[place] = _in_json(json.loads(lines[place]), chance).encode()
    except ValueError:
        return damage_text.in_line(content, chance)
    return b"\n".join(lines) + b"\n"
