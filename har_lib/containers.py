"""What the file of a clip says of itself, whatever a decoder makes of it.

A decoder skips what it cannot read and says nothing. The container tells how many frames there
should be: an index of an AVI, the sample table of an MP4, the blocks of a Matroska file.
"""

from pathlib import Path
from typing import BinaryIO

from har_lib import container_avi, container_matroska, container_mp4
from har_lib.container_parts import Broken, Contents, Source

_READERS = {
    "AVI": container_avi.contents,
    "MP4": container_mp4.contents,
    "Matroska": container_matroska.contents,
}


def recognised(head: bytes) -> str | None:
    r"""Container that begins with ``head``, its first 12 bytes.

    Examples
    --------
    >>> recognised(b"RIFF\x10\x00\x00\x00AVI ")
    'AVI'
    >>> recognised(b"a text file.") is None
    True
    """
    if head[:4] == b"RIFF" and head[8:12] == b"AVI ":
        return "AVI"
    if head[:4] == b"\x1a\x45\xdf\xa3":
        return "Matroska"
    if head[4:8] in container_mp4.FIRST:
        return "MP4"
    return None


def contents(path: Path | str) -> Contents | None:
    """Frames that the container of a clip promises, and what is wrong with it.

    Nothing is decoded: only headers, tables and the places of the parts are read, and no more
    than some megabytes at once.

    Parameters
    ----------
    path
        The clip.

    Returns
    -------
    Contents or None
        None if it is neither AVI nor MP4 (QuickTime) nor Matroska (WebM).

    Raises
    ------
    OSError
        If the file cannot be read.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> from har_lib import video
    >>> clip = Path(tempfile.mkdtemp()) / "black.avi"
    >>> video.write(clip, np.zeros((7, 48, 64), np.uint8))
    >>> contents(clip)
    Contents(container='AVI', frames=7, problems=())
    """
    with open(path, "rb") as file:
        return contents_of(file)


def contents_of(file: BinaryIO) -> Contents | None:
    """The same of an open file."""
    source = Source(file)
    container = recognised(source.take(0, min(12, source.size)))
    if container is None:
        return None
    try:
        return _READERS[container](source)
    except Broken as broken:
        return Contents(container, None, (broken.problem,))
