"""Files from servers: resumed where they were ended, verified before they get their name.

pooch compares the SHA-256 and lets nothing else become the file. Its own downloader begins anew
after every break, goes wherever it is redirected to and reads whatever is sent:
:mod:`har_lib.transfer` stands in its place.
"""

import logging
import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from har_lib import bars, files, locks, transfer
from har_lib.errors import InputError
from har_lib.registry import Remote
from har_lib.transfer import Part, Patience


def fetch(
    remote: Remote,
    folder: Path | str,
    *,
    patience: Patience = transfer.USUAL,
    progress: bool = False,
) -> Path:
    """Fetch a file, or go on where an earlier run was ended; what is there is verified and kept.

    Until it is whole and verified it lies in a hidden folder ``.NAME.fetch`` beside its place.

    Parameters
    ----------
    remote
        The file.
    folder
        Where it goes, under ``remote.name``.
    patience
        Waiting times. Tries that bring a megabyte or more are not counted.
    progress
        Show a bar.

    Returns
    -------
    The file.

    Raises
    ------
    transfer.Unreachable
        No server has answered.
    InputError
        The file there is another one; the folder cannot be written or lacks space; another run
        is fetching it; the server does not send it, or something else.
    """
    folder = Path(folder)
    place = folder / remote.name
    work, lock = folder / f".{remote.name}.fetch", folder / f".{remote.name}.lock"
    if os.path.lexists(place):
        _verify(remote, place)
        _tidy(work, lock)
        return place
    files.check_folder(folder)
    with locks.held(lock, str(place)):
        if os.path.lexists(place):  # another run has just ended
            _verify(remote, place)
            return place
        _make(work)
        part = Part(remote, work)
        try:
            _check_space(remote, folder, part.size())
            whole = _through_pooch(remote, part, patience, progress)
            os.rename(whole, place)
            part.drop()
        finally:
            if not part.size():
                shutil.rmtree(work)
    return place


def _make(work: Path) -> None:
    """Make the hidden folder; what lies behind a link of its name is someone else's."""
    if work.is_symlink():
        raise InputError(f"{work}: is a link; remove it")
    if work.exists() and not work.is_dir():
        raise InputError(f"{work}: is no folder; move it away")
    work.mkdir(exist_ok=True)


def _tidy(work: Path, lock: Path) -> None:
    """Remove what a run has left that was killed when the file was already in its place."""
    if work.exists() or lock.exists():
        with suppress(InputError, OSError), locks.held(lock, ""):
            shutil.rmtree(work, ignore_errors=True)


def _verify(remote: Remote, place: Path) -> None:
    """Refuse another file than the right one."""
    if not place.is_file() or place.stat().st_size != remote.size:
        raise InputError(
            f"{place}: is there, but is not the file of {remote.size:,} bytes; move it away"
        )
    if files.digest(place) != remote.sha256:
        raise InputError(f"{place}: is there, but its SHA-256 is another one; move it away")


def _check_space(remote: Remote, folder: Path, have: int) -> None:
    """Refuse a disk too small for the file and what will be unpacked of it."""
    needed = remote.size - have + remote.unpacked
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise InputError(
            f"{folder}: {remote.name} needs {needed / 1e9:.1f} GB here, unpacked too, and"
            f" {free / 1e9:.1f} GB are free; make room or name another folder"
        )


def _through_pooch(remote: Remote, part: Part, patience: Patience, progress: bool) -> Path:
    """The whole, verified file beside its part."""
    import pooch

    pooch.get_logger().setLevel(logging.WARNING)

    received = False

    def downloader(url: str, output_file: str, pooch: Any) -> None:
        nonlocal received
        with bars.of_bytes(remote.size, remote.name if progress else "", part.size()) as bar:
            transfer.Transfer(remote, part, patience, bar).complete()
        received = True
        # As a second name, so that a kill while pooch verifies costs nothing.
        os.unlink(output_file)
        try:
            os.link(part.path, output_file)
        except OSError:  # a file system without second names
            os.replace(part.path, output_file)

    try:
        return Path(
            pooch.retrieve(
                remote.url,
                f"sha256:{remote.sha256}",
                fname=remote.name,
                path=part.path.parent,
                downloader=downloader,
            )
        )
    except ValueError as error:
        if not received:
            raise
        part.drop()
        raise InputError(
            f"{remote.name}: what {urlsplit(remote.url).hostname} has sent is not the file, its"
            " SHA-256 is another one; it was removed: run again, or get the file elsewhere"
        ) from error
