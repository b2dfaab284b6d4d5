"""Every path of the suite, and the only ways a file is written."""

import hashlib
import io
import json
import os
import re
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np

from har_lib.errors import InputError

#: The checkout that this library belongs to.
ROOT = Path(__file__).resolve().parent.parent

#: Bytes of a SHA-256.
_SEAL = 32
#: Seconds after which a temporary file belongs to a run that was killed.
ABANDONED = 3600


def data_dir() -> Path:
    """Folder of the built-in clips and of the store: ``data``, or what HAR_DATA names.

    A relative name counts from the checkout, as kernels run in other folders.
    """
    return ROOT / (os.environ.get("HAR_DATA") or "data")


def build_dir() -> Path:
    """Folder of everything a run makes: ``build``, or what HAR_BUILD names, likewise."""
    return ROOT / (os.environ.get("HAR_BUILD") or "build")


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Let an error of the system name this file, in place of the temporary one."""
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error


def _remove_abandoned(path: Path) -> None:
    """Remove what runs that were killed while they wrote this file have left beside it."""
    left = re.compile(rf"\.{re.escape(path.stem)}-\w+\.part{re.escape(path.suffix)}")
    with os.scandir(path.parent) as there:
        for each in there:
            if left.fullmatch(each.name):
                with suppress(OSError):
                    if time.time() - each.stat(follow_symlinks=False).st_mtime > ABANDONED:
                        os.unlink(each)


@contextmanager
def atomic(path: Path | str) -> Iterator[Path]:
    """Yield a temporary name beside ``path``; on success it is synced and moved into place.

    A reader sees the old file or the whole new one, never a part. After an error the
    temporary file is removed and what was there before stays. A run that is killed leaves its
    temporary file, which the next one that writes ``path`` removes when it is an hour old.

    Examples
    --------
    >>> target = Path(tempfile.mkdtemp()) / "deep" / "note.txt"
    >>> with atomic(target) as temporary:
    ...     _ = temporary.write_text("done")
    >>> target.read_text()
    'done'
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    # The suffix stays last, because writers of pictures and video choose the format by it.
    with naming(path):
        _remove_abandoned(path)
        handle, name = tempfile.mkstemp(
            prefix=f".{path.stem}-", suffix=f".part{path.suffix}", dir=path.parent
        )
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        with open(temporary, "rb") as written:
            os.fsync(written.fileno())
        # mkstemp makes files for the owner only; a finished file follows the umask.
        mask = os.umask(0)
        os.umask(mask)
        temporary.chmod(0o666 & ~mask)
        with naming(path):
            os.replace(temporary, path)
    except BaseException as error:
        temporary.unlink(missing_ok=True)
        # A full disk names no file, or the temporary one.
        if isinstance(error, OSError) and error.errno and error.filename in (None, name):
            raise OSError(error.errno, error.strerror, str(path)) from error
        raise


def check_target(path: Path) -> None:
    """Refuse a file that could not be written, before work is spent on it.

    Raises
    ------
    InputError
        If it is a folder, or its folder cannot be made or written.
    """
    if path.is_dir():
        raise InputError(f"{path}: is a folder; name a file")
    check_folder(path.parent)


def check_folder(folder: Path) -> None:
    """Make a folder, and refuse one in which no file could be written.

    Raises
    ------
    InputError
        If it cannot be made or written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise InputError(f"{folder}: cannot be written ({error.strerror})") from error


def check_name(path: Path | str) -> None:
    """Refuse a name that is no UTF-8: OpenCV ends the whole process when it is given one.

    Raises
    ------
    InputError
        If the name, or that of a folder which holds it, is such a name.
    """
    try:
        os.path.abspath(path).encode()
    except UnicodeEncodeError:
        raise InputError(f"{path}: its name is no UTF-8; rename it, or its folder") from None


def write_bytes(path: Path | str, content: bytes) -> None:
    """Write ``content`` atomically."""
    with atomic(path) as temporary:
        temporary.write_bytes(content)


def write_text(path: Path | str, text: str) -> None:
    r"""Write ``text`` as UTF-8 with Unix line ends, atomically.

    Bytes of a name that is no UTF-8 are written out, as in ``caf\udce9.avi``.
    """
    write_bytes(path, text.encode(errors="backslashreplace"))


def write_json(path: Path | str, value: Any) -> None:
    """Write ``value`` as indented JSON with a final newline, atomically; NaN is refused."""
    write_text(path, json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n")


def read_json(path: Path | str) -> Any:
    """Read a JSON file."""
    return json.loads(Path(path).read_text(encoding="utf-8"))


def write_arrays(path: Path | str, **arrays: Any) -> None:
    """Write named arrays as ``.npz``, atomically and without pickled objects."""
    content = io.BytesIO()
    np.savez(content, allow_pickle=False, **arrays)
    write_bytes(path, content.getvalue())


def read_arrays(path: Path | str) -> dict[str, np.ndarray]:
    """Read the arrays of a ``.npz``; pickled objects are refused."""
    # Opened here, because numpy leaves a damaged file open.
    with open(path, "rb") as content, np.load(content, allow_pickle=False) as stored:
        # A header that states fewer numbers leaves the rest unread, and with it the checksum.
        if stored.zip.testzip() is not None:
            raise ValueError(f"{path}: is damaged, its content does not fit its checksums")
        return dict(stored)


def write_sealed_arrays(path: Path | str, **arrays: Any) -> None:
    """Write named arrays as a compressed ``.npz`` that ends with the SHA-256 of all before it.

    The same arrays give the same bytes. numpy reads the file as any other ``.npz``.
    """
    content = io.BytesIO()
    np.savez_compressed(content, allow_pickle=False, **arrays)
    write_bytes(path, content.getvalue() + hashlib.sha256(content.getvalue()).digest())


def read_sealed_arrays(path: Path | str) -> dict[str, np.ndarray]:
    """Read what `write_sealed_arrays` wrote.

    Raises
    ------
    ValueError
        If a single bit is not as it was written.
    """
    sealed = Path(path).read_bytes()
    content, seal = sealed[:-_SEAL], sealed[-_SEAL:]
    if hashlib.sha256(content).digest() != seal:
        raise ValueError(f"{path}: is damaged, its content does not fit its digest")
    with np.load(io.BytesIO(content), allow_pickle=False) as stored:
        return dict(stored)


def digest(path: Path | str) -> str:
    """SHA-256 of a file's content, as 64 hexadecimal digits."""
    with open(path, "rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def digest_of(value: Any) -> str:
    """SHA-256 of a JSON-like value, independent of the order of its keys.

    Examples
    --------
    >>> digest_of({"a": 1, "b": 2}) == digest_of({"b": 2, "a": 1})
    True
    """
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
