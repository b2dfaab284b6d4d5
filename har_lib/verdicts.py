"""Whether a clip is whole: looked at once for each content, and remembered in the store."""

from contextlib import suppress
from functools import cache
from pathlib import Path

import av
import cv2
import numpy as np

from har_lib import integrity, sources, store
from har_lib.choice import DAMAGED_CLIPS
from har_lib.datasets import Record
from har_lib.errors import InputError, in_short, printable

#: Folder of the store where verdicts lie, beside those of the stages.
STAGE = "integrity"


class Unusable(InputError):
    """Clips that must not be used; ``failures`` has each, and why."""

    def __init__(self, failures: tuple[tuple[Record, str], ...], clips: int) -> None:
        self.failures = failures
        super().__init__(
            f"{len(failures)} of {clips} clips are damaged or cannot be read; the first: "
            f"{printable(failures[0][1])}; mend or remove them, or go on with damaged_clips skip "
            "(without them) or accept (with what can be decoded of them)"
        )


def check_policy(policy: str) -> None:
    """Refuse what is not one of `har_lib.choice.DAMAGED_CLIPS`."""
    if policy not in DAMAGED_CLIPS:
        raise InputError(
            f"damaged_clips = {in_short(policy)} is not allowed: it must be one of "
            f"{', '.join(DAMAGED_CLIPS)}"
        )


@cache
def version() -> str:
    """What a verdict depends on beside the clip, as the name of a folder."""
    own = sources.digest(sources.used_by([integrity]))[:16]
    return f"{own}-opencv-{cv2.__version__}-av-{av.__version__}"


def _place(clip: str) -> Path:
    return store.folder() / STAGE / version() / clip[:2] / f"{clip}.npz"


def known(clip: str) -> str | None:
    """The verdict on a content with the digest ``clip``, or None if it was never looked at."""
    flaw = (store.read(_place(clip)) or {}).get("flaw")
    return str(flaw) if flaw is not None and flaw.dtype.kind == "U" else None


def of(path: Path, clip: str) -> str:
    """What is wrong with a clip, in one line that does not name it; "" if it is whole.

    Parameters
    ----------
    path : Path
    clip : str
        Digest of its content.

    Raises
    ------
    VideoError
        If there is no such file, or it is another content by now.
    """
    flaw = known(clip)
    if flaw is None:
        problems = integrity.inspect(path).problems
        flaw = "; ".join(dict.fromkeys(f"{each.kind}: {each.said}" for each in problems))
        store.check_same(path, clip)
        # A store that may only be read is of use all the same: what is stored must be there.
        with suppress(OSError):
            store.write(_place(clip), flaw=np.array(flaw))
    return flaw


def of_each(paths: dict[Path, str]) -> dict[Path, str | None]:
    """Path -> its verdict as far as it is known, for paths with the digests of their contents."""
    return {path: known(clip) for path, clip in paths.items()}


def look(path: Path) -> str:
    """The same as `of`, for a clip whose digest is not known: its content is read now."""
    return of(path, store.observe(path).digest)
