"""Hostile archives of every kind, each with other honest members around the hostile one."""

import io
import os
import random
import struct
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

from torture.zips import DEFLATED, PLAIN, STORED, Entry, build, deflated, overlapping

_ZEROS = 2**20
Maker = Callable[[random.Random, Path], bytes]


def _among(*hostile: Entry) -> Maker:
    """Hostile entries somewhere among honest ones."""

    def make(draw: random.Random, scratch: Path) -> bytes:
        entries = [
            Entry(f"honest/{i}.txt".encode(), draw.randbytes(draw.randrange(200)))
            for i in range(draw.randrange(4))
        ]
        at = draw.randint(0, len(entries))
        return build([*entries[:at], *hostile, *entries[at:]])

    return make


def _named(name: bytes) -> Maker:
    return _among(Entry(name))


def _of_kind(kind: int, content: bytes = b"/etc/passwd") -> Maker:
    return _among(Entry(b"odd", content, attributes=(kind | 0o777) << 16))


def _absolute(draw: random.Random, scratch: Path) -> bytes:
    return _named(os.fsencode(scratch / "escaped.txt"))(draw, scratch)


def _link_then_through_it(draw: random.Random, scratch: Path) -> bytes:
    link = Entry(b"door", os.fsencode(scratch / "neighbour"), attributes=0o120777 << 16)
    return _among(link, Entry(b"door/victim.txt", b"overwritten"))(draw, scratch)


def _nested(draw: random.Random, scratch: Path) -> bytes:
    """Forty-two in small: honest to unpack once, so it must be caught by its ratio."""
    inner = build([Entry(b"zeros", bytes(_ZEROS))])
    return build([Entry(f"{i}.zip".encode(), inner * 600) for i in range(16)])


def _lies_small(draw: random.Random, scratch: Path) -> bytes:
    """States ten bytes, with the right sum of these ten, and holds a megabyte."""
    ten = bytes(10)
    entry = Entry(b"small", ten, packed=deflated(bytes(_ZEROS)))
    return _among(entry, Entry(b"ballast", draw.randbytes(9000), STORED))(draw, scratch)


def _lies_by_a_little(draw: random.Random, scratch: Path) -> bytes:
    """The sum fits one byte more than it states, as far as a careful reader looks."""
    entry = Entry(b"small", bytes(11), stated=10, packed=deflated(bytes(_ZEROS)))
    return _among(entry, Entry(b"ballast", draw.randbytes(9000), STORED))(draw, scratch)


def _shared(draw: random.Random, scratch: Path) -> bytes:
    """Members that share their bytes, not so many that their sum gives them away."""
    entry = Entry(b"0", draw.randbytes(2**16), STORED)
    return overlapping(entry, 50)


def _lies_large(draw: random.Random, scratch: Path) -> bytes:
    return _among(Entry(b"large", b"ten bytes.", stated=500))(draw, scratch)


def _cut(draw: random.Random, scratch: Path) -> bytes:
    whole = _named(b"a.txt")(draw, scratch)
    return whole[: draw.randrange(1, len(whole))]


def _prepended(draw: random.Random, scratch: Path) -> bytes:
    return draw.randbytes(draw.randrange(1, 4000)) + _named(b"a.txt")(draw, scratch)


def _prepended_and_shifted(draw: random.Random, scratch: Path) -> bytes:
    """With the offsets mended, as self-extracting programs do."""
    content = io.BytesIO(b"#!/bin/sh\nexit 0\n" + draw.randbytes(100))
    content.seek(0, 2)
    with zipfile.ZipFile(content, "a") as archive:
        archive.writestr("a.txt", "a")
    return content.getvalue()


def _appended(draw: random.Random, scratch: Path) -> bytes:
    return _named(b"a.txt")(draw, scratch) + draw.randbytes(draw.randrange(1, 4000))


def _two_ends(draw: random.Random, scratch: Path) -> bytes:
    """Two listings, of which readers take the one or the other."""
    inner = build([Entry(b"other.txt", b"other")])
    return build([Entry(b"one.txt", b"one")], comment=inner)


def _hidden_member(draw: random.Random, scratch: Path) -> bytes:
    """A member before the first one listed."""
    local, _ = Entry(b"hidden.txt").parts(0)
    return local + build([Entry(b"a.txt", offset=len(local))], shift=len(local))


def _many(draw: random.Random, scratch: Path) -> bytes:
    return build([Entry(str(i).encode(), b"", STORED) for i in range(2000)], count=65_000)


def _very_many(draw: random.Random, scratch: Path) -> bytes:
    """States a hundred million members, behind a 64-bit end."""
    whole = build([Entry(b"a", b"a")])
    body, end = whole[:-22], whole[-22:]
    _, _, _, _, _, size, first, _ = struct.unpack("<4s4H2LH", end)
    many = 100_000_000
    far = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, many, many, size, first)
    return body + far + struct.pack("<4sLQL", b"PK\6\7", 0, len(body), 1) + end


def _hides_a_flag(draw: random.Random, scratch: Path) -> bytes:
    """Encrypted by what stands before the member, not by the listing."""
    whole = bytearray(build([Entry(b"a.txt")]))
    whole[6] |= 1
    return bytes(whole)


def _listed_as_encrypted(draw: random.Random, scratch: Path) -> bytes:
    whole = bytearray(build([Entry(b"a.txt")]))
    whole[whole.index(b"PK\1\2") + 8] |= 1
    return bytes(whole)


def _far_offset(draw: random.Random, scratch: Path) -> bytes:
    """A 64-bit offset that no file can have."""
    extra = struct.pack("<2HQ", 1, 8, 2**64 - 1)
    return build([Entry(b"a.txt", offset=2**32 - 1, extra=extra)])


def _tar(draw: random.Random, scratch: Path) -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as archive:
        link = tarfile.TarInfo("door")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc"
        archive.addfile(link)
    return content.getvalue()


def _begins_with(magic: bytes) -> Maker:
    return lambda draw, scratch: magic + draw.randbytes(3000)


def _both(first: bytes, second: bytes) -> Maker:
    return _among(Entry(first, b"first"), Entry(second, b"second"))


def _crc(method: int) -> Maker:
    return _among(Entry(b"a.txt", b"content" * 40, method, crc=1))


#: Kind -> what makes an archive of it.
HOSTILE: dict[str, Maker] = {
    "climbs out": _named(b"../neighbour/victim.txt"),
    "climbs out from within": _named(b"a/b/../../../escaped.txt"),
    "climbs out by backslashes": _named(b"..\\escaped.txt"),
    "absolute": _absolute,
    "absolute, doubled slash": _named(b"//etc/passwd"),
    "drive letter": _named(b"C:/boot.ini"),
    "hidden stream": _named(b"a.txt:stream"),
    "device of Windows": _named(b"a/NUL.txt"),
    "name ends with a dot": _named(b"a./b.txt"),
    "link": _of_kind(0o120000),
    "link, then a file through it": _link_then_through_it,
    "link of Windows": _among(Entry(b"odd", attributes=PLAIN | 0x400)),
    "hard link in an extra field": _among(
        Entry(b"odd", extra=struct.pack("<2H", 0x0D, 22) + bytes(12) + b"../victim ")
    ),
    "device": _of_kind(0o020000),
    "block device": _of_kind(0o060000),
    "pipe": _of_kind(0o010000),
    "socket": _of_kind(0o140000),
    "kind unknown": _of_kind(0o030000),
    "same name twice": _both(b"a.txt", b"a.txt"),
    "names that differ in case": _both(b"Readme", b"README"),
    "folders that differ in case": _both(b"Class/a", b"class/b"),
    "names that differ in writing accents": _among(
        Entry("caf\u00e9".encode(), flags=0x800), Entry("cafe\u0301".encode(), flags=0x800)
    ),
    "file that is a folder too": _both(b"a", b"a/b"),
    "name is no UTF-8": _among(Entry(b"caf\xe9\xff", flags=0x800)),
    "name in an unknown encoding": _named(b"caf\xe9"),
    "NUL in a name": _named(b"a.txt\0.sh"),
    "line end in a name": _named(b"a\nb"),
    "terminal command in a name": _named(b"a\x1b[2Jb"),
    "name turned round": _among(Entry("a\u202egpj.sh".encode(), flags=0x800)),
    "name empty": _named(b""),
    "name too long": _named(b"a" * 300),
    "path too long": _named(b"/".join([b"a" * 100] * 12)),
    "too deep": _named(b"a/" * 200 + b"a"),
    "other name in front of the member": _among(Entry(b"a.txt", local_name=b"b.txt")),
    "encrypted": _among(Entry(b"a.txt", flags=0x1)),
    "strongly encrypted": _among(Entry(b"a.txt", flags=0x41)),
    "encrypted, and hides it": _hides_a_flag,
    "encrypted, by the listing alone": _listed_as_encrypted,
    "packed in another way": _among(Entry(b"a.txt", method=14)),
    "nested bomb": _nested,
    "bomb": _among(Entry(b"zeros", bytes(40 * _ZEROS))),
    "overlapping bomb": lambda draw, scratch: overlapping(Entry(b"0", bytes(_ZEROS)), 200),
    "members that share bytes": _shared,
    "holds more than it states": _lies_small,
    "holds more, and a fitting sum": _lies_by_a_little,
    "holds less than it states": _lies_large,
    "stored, two sizes": _among(Entry(b"a.txt", b"abc", STORED, stated=300)),
    "wrong sum, packed": _crc(DEFLATED),
    "wrong sum, stored": _crc(STORED),
    "damaged stream": _among(Entry(b"a.txt", packed=b"\xff" * 30)),
    "folder with content": _among(Entry(b"a/", b"content")),
    "cut": _cut,
    "bytes before": _prepended,
    "program before": _prepended_and_shifted,
    "bytes behind": _appended,
    "two listings": _two_ends,
    "hidden member before": _hidden_member,
    "states more members than listed": _many,
    "states 100 million members": _very_many,
    "long entries": _among(Entry(b"a", extra=struct.pack("<2H", 0xCAFE, 60_000) + bytes(60_000))),
    "part of several": lambda draw, scratch: build([Entry(b"a")])[:-18] + b"\1\0" * 2 + bytes(14),
    "offset that is no place": _far_offset,
    "offset beyond the end": _among(Entry(b"a.txt", offset=2**31)),
    "empty file": lambda draw, scratch: b"",
    "no member": lambda draw, scratch: build([]),
    "noise": lambda draw, scratch: draw.randbytes(5000),
    "tar": _tar,
    "rar": _begins_with(b"Rar!\x1a\x07\x01\0"),
    "7z": _begins_with(b"7z\xbc\xaf\x27\x1c"),
    "web page": _begins_with(b"<!DOCTYPE html>"),
}
