"""What lies in the store, and what of it no run of the present version can use.

A run that goes on at the same time loses nothing but time: a file that vanishes is made again.
"""

import os
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from har_lib import digests, files, store, verdicts
from har_lib.stages import STAGES, version

_TEMPORARY = re.compile(r"\..*\.part(\.\w+)?")


@dataclass(frozen=True)
class Lot:
    """Results of one version of a stage: how many files, and their bytes."""

    stage: str
    version: str
    current: bool
    files: int
    size: int


@dataclass(frozen=True)
class Removal:
    """What was removed, or would be: results, temporary files, their bytes, digests."""

    results: int
    temporary: int
    size: int
    digests: int


@dataclass(frozen=True)
class _Found:
    """A file of the store, with its age in seconds; see `_files` for stage and version."""

    path: Path
    size: int
    age: float
    stage: str
    version: str

    @property
    def temporary(self) -> bool:
        return _TEMPORARY.fullmatch(self.path.name) is not None

    @property
    def result(self) -> bool:
        return self.stage != "" and self.path.suffix == ".npz" and not self.temporary

    @property
    def current(self) -> bool:
        if self.stage == verdicts.STAGE:
            return self.version == verdicts.version()
        return self.stage in STAGES and self.version == version(self.stage)


def _files() -> Iterator[_Found]:
    """Files below the store; links are not followed, so that none lies outside.

    Stage and version are the folders, empty where there are none: earlier versions of the suite
    had none for the version.
    """
    now = time.time()
    for place, _, names in os.walk(store.folder()):
        parts = Path(place).relative_to(store.folder()).parts
        stage, version = (parts[0], parts[1] if len(parts) > 2 else "") if parts else ("", "")
        for name in names:
            path = Path(place, name)
            try:
                about = path.lstat()
            except FileNotFoundError:
                continue
            yield _Found(path, about.st_size, now - about.st_mtime, stage, version)


def lots() -> list[Lot]:
    """Results by stage and version, the current one first within a stage."""
    sizes: dict[tuple[str, bool, str], list[int]] = {}
    for found in _files():
        if found.result:
            lot = (found.stage, not found.current, found.version)
            sizes.setdefault(lot, []).append(found.size)
    return [
        Lot(stage, version, not stale, len(each), sum(each))
        for (stage, stale, version), each in sorted(sizes.items())
    ]


def size() -> int:
    """Bytes of all files in the store."""
    return sum(found.size for found in _files())


def clean(everything: bool = False, dry_run: bool = False) -> Removal:
    """Remove what no run of this version can use.

    That is: results of other sources, of another version of OpenCV or of earlier versions of the
    suite; temporary files older than an hour, whose run was killed; digests of files that are
    gone.

    Parameters
    ----------
    everything : bool
        Remove all results and digests.
    dry_run : bool
        Only say what would be removed.

    Returns
    -------
    Removal
    """
    there = list(_files())
    results = [found for found in there if found.result and (everything or not found.current)]
    temporary = [found for found in there if found.temporary and found.age > files.ABANDONED]
    gone = digests.gone()
    removal = Removal(
        results=len(results),
        temporary=len(temporary),
        size=sum(found.size for found in results + temporary),
        digests=digests.count() if everything else len(gone),
    )
    if not dry_run:
        for found in results + temporary:
            found.path.unlink(missing_ok=True)
        if everything:
            digests.forget_all()
        else:
            digests.forget(gone)
        _remove_empty_folders({found.path.parent for found in results + temporary})
    return removal


def _remove_empty_folders(folders: set[Path]) -> None:
    """Remove folders that have become empty, and those above them in the store."""
    for folder in folders:
        while folder != store.folder():
            try:
                folder.rmdir()
            except OSError:
                break  # not empty, or gone already
            folder = folder.parent
