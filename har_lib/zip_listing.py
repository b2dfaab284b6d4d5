"""What a zip says it holds, and every reason to refuse it before a byte is unpacked.

zipfile reads the listing; it is lenient about what lies around and under the members, which is
looked at here.
"""

import os
import stat
import struct
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from har_lib import zip_names
from har_lib.errors import InputError

#: What other archives, and pages that stand in place of a file, begin with.
_OTHERS = {
    b"Rar!\x1a\x07": "a rar archive; unpack it with unar, 7z or unrar",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive",
    b"\x1f\x8b": "a gzip file",
    b"BZh": "a bzip2 file",
    b"\xfd7zXZ\0": "an xz file",
    b"\x28\xb5\x2f\xfd": "a zstd file",
    b"<!doctype": "a web page",
    b"<html": "a web page",
    b"<?xml": "a web page",
}
_TAR_AT = 257

_END = struct.Struct("<4s4H2LH")
_LOCATOR = struct.Struct("<4sLQL")
_END_64 = struct.Struct("<4sQ2H2L4Q")
_LOCAL = struct.Struct("<4s5H3L2H")
#: Longest mean entry of a listing that is read, in bytes; names of files take a tenth of it.
_LONG_ENTRY = 1024

_ENCRYPTED = 0x1 | 0x40 | 0x2000
_PATCH = 0x20
_UTF_8 = 0x800
#: Extra field in which old Unix programs name the target of a link, beyond these bytes.
_UNIX_FIELD, _UNIX_FIELD_BYTES = 0x000D, 12
#: Windows' mark of links and mount points, and DOS's of a disk's label.
_REPARSE_POINT, _LABEL = 0x400, 0x08

_KINDS = {
    stat.S_IFLNK: "a link",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
}


@dataclass(frozen=True)
class Limits:
    """Most members, most bytes unpacked, and most bytes unpacked per byte of the archive."""

    members: int = 100_000
    size: int = 2**35
    ratio: int = 200


USUAL = Limits()


class Refused(InputError):
    """An archive that is not unpacked."""


@contextmanager
def opened(path: Path, limits: Limits = USUAL) -> Iterator[zipfile.ZipFile]:
    """Open a zip whose listing has been looked at in full.

    Raises
    ------
    Refused
        It is no zip, is damaged, or holds what is not unpacked.
    InputError
        It cannot be read.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)  # a pipe does not hold us up
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise InputError(f"{path}: is no file; name the archive")
    with open(handle, "rb") as content:
        first, size = _room_of_the_listing(path, content, limits)
        try:
            archive = zipfile.ZipFile(content)
        except Exception as error:  # damage shows in many ways
            raise Refused(f"{path}: the listing of this zip is damaged; fetch it again") from error
        with archive:
            members = archive.infolist()
            if len(members) != size:
                raise Refused(f"{path}: lists {len(members)} members and states {size}")
            for member in members:
                reason = _complaint(member)
                if reason:
                    raise Refused(f"{path}: {zip_names.shown(member.orig_filename)} {reason}")
            clash = zip_names.clash(member.filename for member in members)
            if clash:
                raise Refused(f"{path}: {zip_names.shown(clash)} clashes with another member")
            _check_sizes(path, content, members, limits)
            _check_places(path, content, members, first)
            yield archive


def _room_of_the_listing(path: Path, content: BinaryIO, limits: Limits) -> tuple[int, int]:
    """Where the listing begins and how many members it states, before it is read."""
    end = content.seek(0, 2)
    content.seek(0)
    begin = content.read(_TAR_AT + 5)
    if begin[_TAR_AT:] == b"ustar":
        raise Refused(f"{path}: is a tar archive, not a zip")
    for magic, what in _OTHERS.items():
        if begin.startswith(magic) or begin.lower().startswith(magic):
            raise Refused(f"{path}: is {what}, not a zip")
    content.seek(max(0, end - _END.size - 0xFFFF))
    tail = content.read()
    at = tail.rfind(b"PK\5\6")
    if at < 0 or len(tail) - at < _END.size:
        raise Refused(f"{path}: is no zip, or one that is cut short; fetch it again")
    _, *disks, here, count, size, first, comment = _END.unpack_from(tail, at)
    if at + _END.size + comment != len(tail):
        raise Refused(f"{path}: does not end where its listing says; fetch it again")
    behind = end - len(tail) + at
    if behind >= _LOCATOR.size:
        content.seek(behind - _LOCATOR.size)
        magic, _, place, _ = _LOCATOR.unpack(content.read(_LOCATOR.size))
        if magic == b"PK\6\7":
            content.seek(min(place, end))
            record = content.read(_END_64.size)
            if len(record) < _END_64.size or not record.startswith(b"PK\6\6"):
                raise Refused(f"{path}: the listing of this zip is damaged; fetch it again")
            _, _, _, _, *disks, here, count, size, first = _END_64.unpack(record)
            # zipfile reads it there, whatever the locator says.
            if place != behind - _LOCATOR.size - _END_64.size:
                raise Refused(f"{path}: the listing of this zip is damaged; fetch it again")
            behind = place
    if any(disks) or here != count:
        raise Refused(f"{path}: is one part of several")
    if count > limits.members:
        raise Refused(f"{path}: states {count:,} members; at most {limits.members:,} are unpacked")
    if size > _LONG_ENTRY * count:
        raise Refused(f"{path}: its listing is far too long for its {count:,} members")
    if first + size != behind:
        raise Refused(f"{path}: holds bytes before its beginning or behind its listing")
    return first, count


def _complaint(member: zipfile.ZipInfo) -> str:
    """Why a member is not unpacked, or nothing."""
    name = member.orig_filename
    if not name.isascii() and not member.flag_bits & _UTF_8:
        return "is a name in an unknown encoding"
    reason = zip_names.complaint(name)
    if reason or member.filename != name:
        return reason or "is a name in two forms"
    if member.flag_bits & _ENCRYPTED:
        return "is encrypted"
    if member.flag_bits & _PATCH:
        return "is a patch of another file"
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return f"is packed in a way that is not read ({member.compress_type})"
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        return f"is {_KINDS.get(kind, 'of an unknown kind')}"
    if member.external_attr & _REPARSE_POINT or _names_a_target(member.extra):
        return "is a link"
    if member.external_attr & _LABEL:
        return "is the label of a disk"
    if member.is_dir():
        return "is a folder with content" if member.file_size or kind == stat.S_IFREG else ""
    return "is a folder without a slash" if kind == stat.S_IFDIR else ""


def _names_a_target(extra: bytes) -> bool:
    """Whether an extra field of old Unix programs holds the target of a link."""
    while len(extra) >= 4:
        field, length = struct.unpack_from("<2H", extra)
        if field == _UNIX_FIELD and length > _UNIX_FIELD_BYTES:
            return True
        extra = extra[4 + length :]
    return False


def _check_sizes(
    path: Path, content: BinaryIO, members: list[zipfile.ZipInfo], limits: Limits
) -> None:
    """Refuse what would fill the disk, going by the stated sizes; they are held to later."""
    total = sum(member.file_size for member in members)
    packed = content.seek(0, 2)
    if total > limits.size:
        raise Refused(
            f"{path}: would unpack to {total / 1e9:.1f} GB; at most {limits.size / 1e9:.1f} GB are"
            " unpacked"
        )
    if total > limits.ratio * packed:
        raise Refused(
            f"{path}: would unpack to {total / packed:.0f} times its size; at most"
            f" {limits.ratio} times is unpacked"
        )
    for member in members:
        stored = member.compress_type == zipfile.ZIP_STORED
        if stored and member.file_size != member.compress_size:
            raise Refused(f"{path}: {zip_names.shown(member.filename)} states two sizes")


def _check_places(
    path: Path, content: BinaryIO, members: list[zipfile.ZipInfo], first: int
) -> None:
    """Refuse members that share bytes, and bytes before the first: nothing lies there unseen."""
    spans = []
    for member in members:
        content.seek(min(member.header_offset, first))
        header = content.read(_LOCAL.size)
        if len(header) < _LOCAL.size or not header.startswith(b"PK\3\4"):
            raise Refused(f"{path}: {zip_names.shown(member.filename)} is not where it is listed")
        _, _, flags, *_, name, extra = _LOCAL.unpack(header)
        if flags & _ENCRYPTED:
            raise Refused(f"{path}: {zip_names.shown(member.filename)} is encrypted")
        begin = member.header_offset + _LOCAL.size + name + extra
        spans.append((member.header_offset, begin + member.compress_size, member.filename))
    spans.sort()
    if (spans[0][0] if spans else first) != 0:
        raise Refused(f"{path}: holds bytes before its first member")
    ends = [0, *(end for _, end, _ in spans)]
    for (begin, end, name), before in zip(spans, ends, strict=False):
        if begin < before or end > first:
            raise Refused(f"{path}: {zip_names.shown(name)} shares bytes with another member")
