"""Damage done to arrays in a file of NumPy."""

import io
import random
import zipfile

import numpy as np

from torture import damage_bytes, damage_json
from torture.payload import Payload


def _members(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _npy(array: np.ndarray) -> bytes:
    content = io.BytesIO()
    np.lib.format.write_array(content, array, allow_pickle=True)
    return content.getvalue()


def pickled() -> bytes:
    """The payload as it would be unpickled: what stands behind the header of an array of it."""
    content = _npy(np.array([Payload()], dtype=object))
    return content[content.index(b"\n") + 1 :]


def _zipped(members: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", method) as archive:
        for name, member in members.items():
            archive.writestr(name, member)
    return content.getvalue()


def in_array(content: bytes, chance: random.Random) -> bytes:
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
        members[name] = _npy(np.array(damage_json.in_text(str(array), chance)))
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


def in_header(content: bytes, chance: random.Random) -> bytes:
    """A header that promises less than there is, which no checksum of the rest may cover."""
    for old, new in chance.sample(_HEADERS, len(_HEADERS)):
        at = content.find(old.encode(), chance.randrange(max(1, len(content) // 2)))
        if at >= 0:
            return content[:at] + new.encode() + content[at + len(new) :]
    return damage_bytes.flip(content, chance)
