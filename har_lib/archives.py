"""Zip archives unpacked safely: whole or not at all, and never outside the target.

Only zip: nothing kept up unpacks rar without a program of its own.
"""

import copy
import os
import shutil
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from har_lib import bars, files, locks, zip_listing, zip_names
from har_lib.errors import InputError
from har_lib.zip_listing import USUAL, Limits, Refused

_CHUNK = 2**20

#: A member's name -> where it goes below the target; None leaves it out.
Place = Callable[[str], str | None]


@dataclass(frozen=True)
class Extracted:
    """What lies in ``target``: files, their bytes, and whether they were unpacked just now."""

    target: Path
    files: int
    size: int
    new: bool

    def summary(self) -> str:
        """One printable line.

        Examples
        --------
        >>> Extracted(Path("UCF-101"), 13320, 6_900_000_000, True).summary()
        'UCF-101: 13,320 files, 6900.0 MB, unpacked'
        """
        done = "unpacked" if self.new else "verified, as they were unpacked before"
        return f"{self.target}: {self.files:,} files, {self.size / 1e6:.1f} MB, {done}"


def extract(
    path: Path | str,
    target: Path | str,
    *,
    limits: Limits = USUAL,
    place: Place | None = None,
    progress: str = "",
) -> Extracted:
    """Unpack a zip into a folder that appears when all is in it and verified.

    A zip inside is a file like any other. Modes, owners and times of the members are not taken
    over. An earlier run that was killed has left one hidden folder beside the target, which is
    removed.

    Parameters
    ----------
    path
        The zip.
    target
        The folder. If it is there and not empty, its files are compared with the archive, and
        nothing in it is changed.
    limits
        What is too much.
    place
        Where each member goes; by default where it says.
    progress
        What the bar is called; empty shows none.

    Raises
    ------
    zip_listing.Refused
        The archive is no sound zip or holds what is not unpacked; nothing is left of it.
    InputError
        The archive cannot be read, the target not written; it is there with other content; or
        another run is unpacking to it.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> with zipfile.ZipFile(folder / "a.zip", "w") as archive:
    ...     archive.writestr("notes/one.txt", "1")
    >>> extract(folder / "a.zip", folder / "here").files
    1
    >>> (folder / "here" / "notes" / "one.txt").read_text()
    '1'
    """
    path, shown = Path(path), Path(target)
    target = Path(os.path.realpath(shown))  # it may be a link to another disk
    with zip_listing.opened(path, limits) as archive:
        wanted = _wanted(path, archive, place)
        size = sum(member.file_size for member in wanted.values())
        files.check_folder(target.parent)
        with locks.held(target.parent / f".{target.name}.lock", str(shown)):
            temporary = target.parent / f".{target.name}.unpacking"
            _remove(temporary)
            if _is_there(target):
                _check_same(path, archive, target, wanted)
                return Extracted(shown, len(wanted), size, new=False)
            _check_space(target, size)
            with bars.of_bytes(size, progress) as bar, _all_or_nothing(temporary, shown):
                for name, member in wanted.items():
                    _unpack(path, archive, member, temporary / name, bar)
                os.sync()  # one by one, thousands of files take minutes
                os.rename(temporary, target)
    return Extracted(shown, len(wanted), size, new=True)


def verify(path: Path | str, target: Path | str, *, place: Place | None = None) -> list[str]:
    """Names below ``target`` that lack, or differ from what the archive holds; links differ.

    Raises
    ------
    zip_listing.Refused
        The archive is no sound zip.
    """
    with zip_listing.opened(Path(path)) as archive:
        return _differing(Path(target), _wanted(Path(path), archive, place))


def _wanted(path: Path, archive: zipfile.ZipFile, place: Place | None) -> dict[str, Any]:
    """Where each file goes -> the member."""
    wanted: dict[str, zipfile.ZipInfo] = {}
    for member in archive.infolist():
        name = None if member.is_dir() else (place or str)(member.filename)
        if name is None:
            continue
        if name in wanted or zip_names.complaint(name):
            raise Refused(f"{path}: {zip_names.shown(member.filename)} has no place of its own")
        wanted[name] = member
    if not wanted:
        raise Refused(f"{path}: holds no file that is looked for")
    if place and zip_names.clash(wanted):
        raise Refused(f"{path}: {zip_names.shown(zip_names.clash(wanted))} clashes with another")
    return wanted


def _is_there(target: Path) -> bool:
    """Whether something is at the target; an empty folder is nothing."""
    if not os.path.lexists(target):
        return False
    return not target.is_dir() or any(target.iterdir())


def _check_same(
    path: Path, archive: zipfile.ZipFile, target: Path, wanted: dict[str, zipfile.ZipInfo]
) -> None:
    if not target.is_dir():
        raise InputError(f"{target}: is no folder; move it away, or unpack elsewhere")
    differing = _differing(target, wanted)
    if differing:
        raise InputError(
            f"{target}: is there, but {len(differing)} of {len(wanted)} files lack or differ from"
            f" {path.name}, such as {zip_names.shown(differing[0])}; move the folder away and run"
            " again"
        )


def _differing(target: Path, wanted: dict[str, zipfile.ZipInfo]) -> list[str]:
    return [name for name, member in wanted.items() if not _same(target / name, member)]


def _same(path: Path, member: zipfile.ZipInfo) -> bool:
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return False
    state = os.fstat(handle)
    if not stat.S_ISREG(state.st_mode) or state.st_size != member.file_size:
        os.close(handle)
        return False
    with open(handle, "rb") as content:
        sum_of_bytes = 0
        while piece := content.read(_CHUNK):
            sum_of_bytes = zlib.crc32(piece, sum_of_bytes)
    return sum_of_bytes == member.CRC


def _check_space(target: Path, size: int) -> None:
    free = shutil.disk_usage(target.parent).free
    if free < size:
        raise InputError(
            f"{target}: needs {size / 1e9:.1f} GB, and {free / 1e9:.1f} GB are free; make room"
        )


def _remove(temporary: Path) -> None:
    """Remove what a killed run has left; a link is not followed."""
    if temporary.is_symlink() or temporary.is_file():
        temporary.unlink()
    elif temporary.exists():
        shutil.rmtree(temporary)


@contextmanager
def _all_or_nothing(temporary: Path, shown: Path) -> Iterator[None]:
    """Leave nothing behind when something is wrong, whatever it is."""
    try:
        temporary.mkdir()
        yield
    except OSError as error:
        _remove(temporary)
        raise InputError(f"{shown}: cannot be written ({error.strerror or error})") from error
    except BaseException:
        _remove(temporary)
        raise


def _unpack(
    path: Path, archive: zipfile.ZipFile, member: zipfile.ZipInfo, place: Path, bar: Any
) -> None:
    """Unpack one member, held to the size that it states."""
    place.parent.mkdir(parents=True, exist_ok=True)
    # zipfile stops at the stated size; one byte more tells whether there would be more.
    entry = copy.copy(member)
    entry.file_size += 1
    left = member.file_size
    damaged = Refused(f"{path}: {zip_names.shown(member.filename)} is damaged; fetch it again")
    # Made here and nowhere else: what is already there, links too, is an error.
    handle = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o666)
    with open(handle, "wb") as written:
        try:
            with archive.open(entry) as packed:
                while piece := packed.read(_CHUNK):
                    left -= len(piece)
                    if left < 0:
                        raise Refused(
                            f"{path}: {zip_names.shown(member.filename)} holds more than it states"
                        )
                    written.write(piece)
                    bar.update(len(piece))
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
            raise damaged from error
    if left:
        raise damaged
