"""A lock that the system gives back when its process ends, however it ends."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from har_lib import files
from har_lib.errors import InputError


@contextmanager
def held(path: Path, what: str) -> Iterator[None]:
    """Hold the lock file ``path``, which is removed afterwards; never wait for it.

    Parameters
    ----------
    path
        The lock file; its folder is there.
    what
        Names in the refusal what is worked on.

    Raises
    ------
    InputError
        Another process holds it, or it cannot be made.

    Examples
    --------
    >>> import tempfile
    >>> place = Path(tempfile.mkdtemp()) / ".lock"
    >>> with held(place, "a.zip"), held(place, "a.zip"):
    ...     pass
    Traceback (most recent call last):
    har_lib.errors.InputError: a.zip: another run is at work on it; wait until it has ended
    """
    handle = _locked(path, what)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
        os.close(handle)


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Make a folder and keep other runs out of it.

    Raises
    ------
    InputError
        Another process is at work in it, or it cannot be made or written.
    """
    files.check_folder(folder)
    with held(folder / ".lock", str(folder)):
        yield


def _locked(path: Path, what: str) -> int:
    while True:
        try:
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o666)
        except OSError as error:
            raise InputError(
                f"{what}: the lock file {path} cannot be made ({error.strerror})"
            ) from error
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Its holder may have removed it between our two steps: then it guards nothing.
            if os.path.exists(path) and os.path.samestat(os.stat(path), os.fstat(handle)):
                return handle
        except BlockingIOError:
            os.close(handle)
            raise InputError(
                f"{what}: another run is at work on it; wait until it has ended"
            ) from None
        except OSError as error:
            os.close(handle)
            raise InputError(
                f"{what}: {path.parent} knows no locks ({error.strerror}); use another disk"
            ) from error
        os.close(handle)
