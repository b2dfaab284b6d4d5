"""A folder on a disk that is full or may only be read.

Where this process may mount, it is a small disk in memory that no other process sees; elsewhere
the sizes of files are limited, and the folder's permissions taken away.
"""

import ctypes
import os
import resource
from collections.abc import Callable
from pathlib import Path

_NEW_MOUNTS = 0x00020000
_READ_ONLY, _REMOUNT, _PRIVATE, _RECURSIVE = 1, 32, 1 << 18, 1 << 14
_DROP = 24
#: Capabilities of root to pass over permissions.
_OVERRIDE, _SEARCH = 1, 2

Prepare = Callable[[], None] | None


class Room:
    """The folder; made once a process, whose view of the file system it changes."""

    def __init__(self, place: Path) -> None:
        self.place = place
        place.mkdir(parents=True, exist_ok=True)
        self._system = ctypes.CDLL(None, use_errno=True)
        self.mounted = (
            self._system.unshare(_NEW_MOUNTS) == 0
            and self._mount(b"none", "/", None, _RECURSIVE | _PRIVATE, None)
            and self._mount(b"tmpfs", str(place), b"tmpfs", 0, b"size=1g")
        )

    def _mount(
        self, source: bytes, target: str, kind: bytes | None, flags: int, data: bytes | None
    ) -> bool:
        place = os.fsencode(target)
        return bool(self._system.mount(source, place, kind, ctypes.c_ulong(flags), data) == 0)

    def _as(self, size: str, flags: int = 0) -> None:
        if not self._mount(
            b"tmpfs", str(self.place), b"tmpfs", _REMOUNT | flags, f"size={size}".encode()
        ):
            raise OSError(ctypes.get_errno(), "cannot be mounted anew", str(self.place))

    def wide(self) -> Prepare:
        """Room enough, and writable."""
        if self.mounted:
            self._as("1g")
        else:
            self._permit(0o755)
        return None

    def full(self, size: int) -> Prepare:
        """Room for so many bytes more; gives what a process must call that begins then."""
        if self.mounted:
            about = os.statvfs(self.place)
            self._as(str((about.f_blocks - about.f_bfree) * about.f_frsize + size))
            return None
        # Of each file; the smallest that shows something.
        return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size // 4, size // 4))

    def read_only(self) -> Prepare:
        """Nothing can be written; gives what a process must call that begins then."""
        if self.mounted:
            self._as("1g", _READ_ONLY)
            return None
        self._permit(0o555)
        return self._without_privileges

    def _permit(self, mode: int) -> None:
        for folder, _, _ in os.walk(self.place):
            os.chmod(folder, mode)

    def _without_privileges(self) -> None:
        """Root then heeds permissions once the next program begins; others do anyway."""
        for capability in (_OVERRIDE, _SEARCH):
            self._system.prctl(_DROP, capability, 0, 0, 0)
