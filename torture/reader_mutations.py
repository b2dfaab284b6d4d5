"""Damage done to a file that is no clip: to its bytes, and to what stands in it.

Each takes the sound content and a generator of chance, and gives other content.
"""

import io
import json
import random
import sqlite3
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

Damage = Callable[[bytes, random.Random], bytes]

#: File that a payload makes if anything runs it; its folder is the case's own.
MARKER = "payload-has-run"


class Payload:
    """What runs a command when it is unpickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        """Make the marker in the working folder."""
        return (open, (MARKER, "w"))


def pickled() -> bytes:
    """The payload as it would be unpickled: what stands behind the header of an array of it."""
    content = _npy(np.array([Payload()], dtype=object))
    return content[content.index(b"\n") + 1 :]


# ---------------------------------------------------------------- bytes


def _span(content: bytes, chance: random.Random) -> tuple[int, int]:
    """Two places, near to each other half of the time."""
    first = chance.randrange(len(content) + 1)
    most = len(content) - first
    return first, first + chance.randint(0, most if chance.random() < 0.5 else min(most, 16))


def _flip(content: bytes, chance: random.Random) -> bytes:
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
        return _flip(content, chance)
    place = chance.choice(places)
    return content[:place] + str(chance.randrange(10)).encode() + content[place + 1 :]


BYTES: dict[str, Damage] = {
    "bits flipped": _flip,
    "range overwritten": _overwrite,
    "range zeroed": _zero,
    "range deleted": _delete,
    "bytes inserted": _insert,
    "range doubled": _double,
    "cut short": _cut,
    "emptied": _empty,
    "another digit": _digit,
}

# ---------------------------------------------------------------- text

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


def _line(content: bytes, chance: random.Random) -> bytes:
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


_YAML = (
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


def _bomb(name: str, levels: int, merge: bool) -> str:
    """Aliases of aliases: a few lines that stand for billions of values."""
    lines = [f"{name}0: &{name}0 " + ("{k: v}" if merge else "[lol]")]
    for level in range(1, levels):
        every = ", ".join([f"*{name}{level - 1}"] * 10)
        value = f"{{<<: [{every}]}}" if merge else f"[{every}]"
        lines.append(f"{name}{level}: &{name}{level} {value}")
    return "\n".join(lines)


def _yaml(content: bytes, chance: random.Random) -> bytes:
    text = content.decode()
    lines = text.splitlines()
    place = chance.randrange(len(lines))
    name = lines[place].partition(":")[0]
    if chance.random() < 0.2:
        bomb = _bomb("b", chance.choice((5, 10, 20)), chance.random() < 0.5)
        last = bomb.splitlines()[-1].partition(":")[0]
        return "\n".join([bomb, *lines[:place], f"{name}: *{last}", *lines[place + 1 :]]).encode()
    lines[place] = f"{name}: {chance.choice(_YAML)}"
    if chance.random() < 0.1:
        lines.insert(place, lines[place])
    return ("\n".join(lines) + "\n").encode()


# ---------------------------------------------------------------- JSON

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


def _in_text(text: str, chance: random.Random) -> str:
    """The same for text that may be JSON."""
    try:
        return _in_json(json.loads(text), chance)
    except ValueError:
        return _in_json(text, chance)


def _json(content: bytes, chance: random.Random) -> bytes:
    return _in_json(json.loads(content), chance).encode("utf-8", "surrogatepass")


def _json_line(content: bytes, chance: random.Random) -> bytes:
    lines = content.splitlines()
    place = chance.randrange(len(lines))
    try:
        lines[place] = _in_json(json.loads(lines[place]), chance).encode()
    except ValueError:
        return _line(content, chance)
    return b"\n".join(lines) + b"\n"


# ---------------------------------------------------------------- arrays and databases


def _members(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _npy(array: np.ndarray) -> bytes:
    content = io.BytesIO()
    np.lib.format.write_array(content, array, allow_pickle=True)
    return content.getvalue()


def _zipped(members: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", method) as archive:
        for name, member in members.items():
            archive.writestr(name, member)
    return content.getvalue()


def _arrays(content: bytes, chance: random.Random) -> bytes:
    """One array of several lost, renamed, of another form, or no array at all."""
    members = _members(content)
    name = chance.choice(sorted(members))
    array = np.load(io.BytesIO(members[name]))
    method = zipfile.ZIP_STORED
    kind = chance.randrange(12)
    if kind == 0:
        del members[name]
    elif kind == 1:
        members[f"x{name}"] = members.pop(name)
    elif kind == 2:
        members[name] = _npy(np.array([Payload()], dtype=object))
    elif kind == 3:
        members[name] = _npy(np.resize(array, chance.choice(((), (0,), (1,), (2, 2, 2)))))
    elif kind == 4:
        members[name] = _npy(np.full(array.shape, np.nan))
    elif kind == 5:
        members[name] = _npy(np.full(array.shape, "x"))
    elif kind == 6:
        # A header that promises far more than there is.
        about = {
            "descr": "<f8",
            "fortran_order": False,
            "shape": (10 ** chance.choice((6, 10, 15)),),
        }
        head = io.BytesIO()
        np.lib.format.write_array_header_1_0(head, about)
        members[name] = head.getvalue()
    elif kind == 7 and array.dtype.kind == "U":
        members[name] = _npy(np.array(_in_text(str(array), chance)))
    elif kind == 8:
        members[name] = _npy(np.zeros(50_000_000, dtype=np.uint8))
        method = zipfile.ZIP_DEFLATED
    elif kind == 9:
        return _npy(array)
    elif kind == 10:
        return pickled()
    else:
        members[name] = chance.choice((b"", b"note", members[name][:40]))
    return _zipped(members, method)


#: Texts in a header, and such of the same length that promise less.
_HEADERS = (
    ("<f8", "<f4"), ("<f4", "<f2"), ("<i8", "<i4"), ("'|u1'", "'|b1'"), ("(1", "("), (", ", ",0"),
    ("<U", "<S"), ("(24", "(12"), ("), }", "),}  "),
)  # fmt: skip


def _header(content: bytes, chance: random.Random) -> bytes:
    """A header that promises less than there is, which no checksum of the rest may cover."""
    for old, new in chance.sample(_HEADERS, len(_HEADERS)):
        at = content.find(old.encode(), chance.randrange(max(1, len(content) // 2)))
        if at >= 0:
            return content[:at] + new.encode() + content[at + len(new) :]
    return _flip(content, chance)


def _rows(content: bytes, chance: random.Random) -> bytes:
    """A database of another content, or of another form."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "changed.sqlite")
        path.write_bytes(content)
        changes = (
            "UPDATE digests SET digest = NULL", "UPDATE digests SET digest = 7",
            "UPDATE digests SET digest = x'00ff'", "UPDATE digests SET digest = 'aa'",
            "UPDATE digests SET digest = substr(digest, 2) || '0'",
            "UPDATE digests SET size = 'x'", "DELETE FROM digests", "DROP TABLE digests",
            "ALTER TABLE digests RENAME COLUMN digest TO other",
            "ALTER TABLE digests ADD COLUMN other TEXT NOT NULL DEFAULT 'x'",
            "ALTER TABLE digests RENAME TO others",
            "CREATE TRIGGER t AFTER INSERT ON digests BEGIN SELECT count(*) FROM (WITH RECURSIVE "
            "c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x FROM c); END",
            "DROP TABLE digests; CREATE VIEW digests AS WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL "
            "SELECT x + 1 FROM c) SELECT x AS path, x AS size, x AS changed, x AS digest FROM c",
            "PRAGMA user_version = 99", "PRAGMA journal_mode = WAL",
        )  # fmt: skip
        memory = sqlite3.connect(path)
        memory.executescript(chance.choice(changes))
        memory.commit()
        memory.close()
        return path.read_bytes()


#: Grammar -> name of a damage -> the damage.
DAMAGES: dict[str, dict[str, Damage]] = {
    "json": {**BYTES, **TEXT, "JSON value": _json, "JSON value again": _json},
    "yaml": {**BYTES, **TEXT, "YAML value": _yaml, "YAML value again": _yaml, "line": _line},
    "csv": {**BYTES, **TEXT, "line": _line},
    "lines": {**BYTES, **TEXT, "line": _line, "JSON line": _json_line},
    "npz": {**BYTES, "array": _arrays, "array again": _arrays, "header": _header},
    "sqlite": {**BYTES, "row or form": _rows},
}
