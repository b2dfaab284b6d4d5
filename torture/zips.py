"""Zips written byte by byte, so that every field can lie."""

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

STORED, DEFLATED = 0, 8
#: Attributes of a plain file, as Unix programs write them.
PLAIN = 0o100644 << 16


@dataclass(frozen=True)
class Entry:
    """A member; what is None follows from its content."""

    name: bytes
    content: bytes = b"content"
    method: int = DEFLATED
    flags: int = 0
    attributes: int = PLAIN
    stated: int | None = None
    crc: int | None = None
    packed: bytes | None = None
    extra: bytes = b""
    local_name: bytes | None = None
    offset: int | None = None

    def parts(self, offset: int) -> tuple[bytes, bytes]:
        """The member itself and its entry in the listing."""
        packed = self.packed
        if packed is None:
            packed = deflated(self.content) if self.method == DEFLATED else self.content
        crc = zlib.crc32(self.content) if self.crc is None else self.crc
        size = len(self.content) if self.stated is None else self.stated
        about = struct.pack("<3H2H3L", 20, self.flags, self.method, 0, 33, crc, len(packed), size)
        name = self.name if self.local_name is None else self.local_name
        local = b"PK\3\4" + about + struct.pack("<2H", len(name), 0) + name + packed
        place = offset if self.offset is None else self.offset
        tail = struct.pack(
            "<5H2L", len(self.name), len(self.extra), 0, 0, 0, self.attributes, place
        )
        listed = b"PK\1\2" + struct.pack("<H", 3 << 8 | 20) + about + tail + self.name + self.extra
        return local, listed


def deflated(content: bytes) -> bytes:
    """Raw deflate, as zips hold it."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(content) + packer.flush()


def build(
    entries: Sequence[Entry], *, count: int | None = None, comment: bytes = b"", shift: int = 0
) -> bytes:
    """A zip of these entries; ``count`` and ``shift`` let its end lie."""
    body = listing = b""
    for entry in entries:
        local, listed = entry.parts(len(body))
        body += local
        listing += listed
    count = len(entries) if count is None else count
    end = struct.pack(
        "<4s4H2LH",
        *(b"PK\5\6", 0, 0, count, count, len(listing), len(body) + shift, len(comment)),
    )
    return body + listing + end + comment


def overlapping(kernel: Entry, copies: int) -> bytes:
    """Members that all are one and the same bytes, as in the bombs of 2019."""
    body, _ = kernel.parts(0)
    packed = kernel.content if kernel.method == STORED else deflated(kernel.content)
    kernel = replace(kernel, packed=packed)
    names = [str(i).encode() for i in range(copies)]
    listing = b"".join(replace(kernel, name=name).parts(0)[1] for name in names)
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, copies, copies, len(listing), len(body), 0)
    return body + listing + end
