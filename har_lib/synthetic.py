"""The built-in data: ten named actions of eight people, rendered, seeded and labelled.

A group is an actor, a place and a camera. Every group performs every action, and what stands
where, which way the actor faces and how long a clip lasts depend on group and clip alone, so
the scene carries no label. Files follow UCF101's naming and folders; the true silhouettes lie
beside them. Movements are in ``motion``, people in ``body``, places in ``scenery``, and
``rendering`` puts them together.
"""

import fcntl
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from har_lib import body, files, motion, parallel, rendering, scenery
from har_lib.errors import MALFORMED, InputError, plain
from har_lib.motion import ACTIONS, FRAMES_PER_SECOND, PAIRS
from har_lib.rendering import CLIPS, GROUPS, Clip, backdrop, check, render
from har_lib.scenery import Image

__all__ = [
    "ACTIONS", "CLIPS", "FRAMES_PER_SECOND", "GROUPS", "PAIRS", "Clip", "backdrop", "clip_name",
    "digest", "make", "read_silhouettes", "render", "write_video",
]  # fmt: skip

_MANIFEST = "manifest.json"
#: More than these no frame of the built-in clips has.
_MOST_PIXELS = 2**24


def clip_name(action: str, group: int, clip: int) -> str:
    """UCF101's name of a clip, without ending.

    Examples
    --------
    >>> clip_name("SitDown", 3, 1)
    'v_SitDown_g03_c01'
    """
    check(action, group, clip)
    return f"v_{action}_g{group:02d}_c{clip:02d}"


def read_silhouettes(path: Path | str) -> NDArray[np.bool_]:
    """Read true silhouettes written by :func:`make`: bool (T, H, W), True on the actor.

    Raises
    ------
    InputError
        If the file is missing or holds something else.
    """
    try:
        stored = files.read_arrays(path)
        frames, rows, columns = stored["shape"].tolist()
        (top, left), (height, width) = stored["corner"].tolist(), stored["size"].tolist()
        bits = stored["bits"]
        if bits.shape != (frames, height, -(-width // 8)):
            raise ValueError(f"the box is {bits.shape}")
        if not (0 <= top <= rows - height and 0 <= left <= columns - width):
            raise ValueError("the box lies outside of the frame")
        if rows * columns > _MOST_PIXELS:
            raise ValueError(f"a frame is {columns}x{rows}")
        inside = np.unpackbits(bits, axis=-1, count=width).astype(bool)
        masks = np.zeros((frames, rows, columns), dtype=bool)
        masks[:, top : top + height, left : left + width] = inside
    except Exception as error:
        # Damage of an archive shows in a dozen ways.
        raise InputError(
            f"{path} cannot be read as silhouettes ({plain(error)}): make it again"
        ) from None
    return masks


def _write_silhouettes(path: Path, masks: NDArray[np.bool_]) -> None:
    """Write what lies in the box around all of the clip's silhouettes, eight pixels a byte."""
    anywhere = np.any(masks, axis=0)
    rows, columns = (
        np.flatnonzero(np.any(anywhere, axis=1)),
        np.flatnonzero(np.any(anywhere, axis=0)),
    )
    (top, bottom), (left, right) = (rows[0], rows[-1] + 1), (columns[0], columns[-1] + 1)
    files.write_arrays(
        path,
        bits=np.packbits(masks[:, top:bottom, left:right], axis=-1),
        shape=np.array(masks.shape),
        corner=np.array([top, left]),
        size=np.array([bottom - top, right - left]),
    )


def write_video(path: Path, frames: Iterable[Image]) -> int:
    """Write frames, blue first, as XVID in AVI, as UCF101 is; return how many there are.

    They are taken as they come, so that a long clip need not be held, and read back at the end:
    an encoder can fail without a word. The clip appears whole or not at all.

    Raises
    ------
    OSError
        If not every frame can be read back.
    """
    files.check_name(path)
    count = 0
    writer = None
    with files.atomic(path) as temporary:
        for frame in frames:
            if writer is None:
                code, size = cv2.VideoWriter.fourcc(*"XVID"), (frame.shape[1], frame.shape[0])
                writer = cv2.VideoWriter(
                    str(temporary), cv2.CAP_FFMPEG, code, FRAMES_PER_SECOND, size
                )
            writer.write(frame)
            count += 1
        if writer is not None:
            writer.release()
        reader = cv2.VideoCapture(str(temporary), cv2.CAP_FFMPEG)
        readable = 0
        while reader.grab():
            readable += 1
        reader.release()
        if readable != count or count == 0:
            raise OSError(
                f"{path}: {readable} of {count} frames can be read back: check the free disk "
                "space and that OpenCV can write XVID (opencv-python-headless can)"
            )
    return count


def _paths(action: str, group: int, clip: int) -> tuple[str, str]:
    """Video and silhouettes of a clip, relative to the root of the data."""
    name = clip_name(action, group, clip)
    return f"videos/{action}/{name}.avi", f"silhouettes/{action}/{name}.npz"


def _make_clip(root: Path, action: str, group: int, clip: int) -> None:
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        rendered = render(action, group, clip)
        video, silhouettes = _paths(action, group, clip)
        write_video(root / video, rendered.frames)
        _write_silhouettes(root / silhouettes, rendered.silhouettes)
    finally:
        cv2.setNumThreads(threads)


def _sources() -> str:
    """Digest of everything that the data depend on."""
    modules = {Path(str(m.__file__)).name: m.__file__ for m in (body, motion, rendering, scenery)}
    modules["synthetic.py"] = __file__
    return files.digest_of(
        {name: files.digest(str(path)) for name, path in modules.items()}
        | {"opencv": cv2.__version__, "numpy": np.__version__}
    )


def _manifest(root: Path) -> dict[str, dict[str, str | int]] | None:
    """Name -> digest and size of the files made by the present sources; None if there are none."""
    try:
        stored = files.read_json(root / _MANIFEST)
        made: dict[str, dict[str, str | int]] = stored["files"]
        sound = all(
            type(entry["bytes"]) is int and type(entry["sha256"]) is str for entry in made.values()
        )
        return made if sound and stored["sources"] == _sources() else None
    except (OSError, *MALFORMED):
        return None


def _present(root: Path, name: str, entry: dict[str, str | int] | None) -> bool:
    """Whether a file is there, and as long as it was when it was made."""
    try:
        size = os.stat(root / name).st_size
    except OSError:
        return False
    return entry is None or size == entry["bytes"]


@contextmanager
def _alone(root: Path) -> Iterator[None]:
    """Wait until no other process makes data in ``root``; a killed one lets go by itself."""
    root.mkdir(parents=True, exist_ok=True)
    with open(root / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def make(
    root: Path | str | None = None,
    jobs: int = 2,
    progress: bool = True,
    *,
    actions: Sequence[str] = ACTIONS,
    groups: Sequence[int] = range(1, GROUPS + 1),
    clips: Sequence[int] = range(1, CLIPS + 1),
) -> Path:
    """Make whatever is missing of the built-in data, and return its root.

    ``<root>/videos/<Action>/v_<Action>_gNN_cNN.avi`` and
    ``<root>/silhouettes/<Action>/v_<Action>_gNN_cNN.npz`` (see :func:`read_silhouettes`).
    When the generator's sources have changed, everything is made anew. The same bits come out
    for any number of ``jobs``; two processes that ask at once wait for each other.

    Parameters
    ----------
    root
        Folder; by default ``builtin`` in the data folder.
    jobs : int
        Processes.
    progress : bool
        Show a progress bar.
    actions, groups, clips
        Make this part only.

    Raises
    ------
    InputError
        If there is no such action, group or clip.
    """
    root = Path(root) if root is not None else files.data_dir() / "builtin"
    keys = [(action, group, clip) for action in actions for group in groups for clip in clips]
    wanted = {key: _paths(*key) for key in keys}

    def lacking(made: dict[str, dict[str, str | int]]) -> list[tuple[str, int, int]]:
        return [
            key
            for key, names in wanted.items()
            if not all(name in made and _present(root, name, made[name]) for name in names)
        ]

    made = _manifest(root)
    if made is not None and not lacking(made):
        return root
    with _alone(root):
        made = _manifest(root)
        if made is None:
            # Old files could be mistaken for new ones if this run were interrupted.
            for stale in [*root.glob("videos/*/*.avi"), *root.glob("silhouettes/*/*.npz")]:
                stale.unlink()
            made = {}
            files.write_json(root / _MANIFEST, {"sources": _sources(), "files": made})
        # What an interrupted run has left is whole, because each file is moved into place.
        todo = [
            key
            for key in lacking(made)
            if not all(_present(root, name, made.get(name)) for name in wanted[key])
        ]
        if todo:
            bar = "built-in clips" if progress else ""
            parallel.each(_make_clip, ((root, *key) for key in todo), jobs, progress=bar)
        for key in keys:
            for name in wanted[key]:
                if key in todo or name not in made:
                    path = root / name
                    made[name] = {"sha256": files.digest(path), "bytes": path.stat().st_size}
        files.write_json(
            root / _MANIFEST, {"sources": _sources(), "files": dict(sorted(made.items()))}
        )
    return root


def digest(root: Path | str | None = None) -> str:
    """SHA-256 over names and contents of the data made, taken from the manifest.

    Raises
    ------
    InputError
        If there are no data in ``root``, or the present sources did not make them.
    """
    root = Path(root) if root is not None else files.data_dir() / "builtin"
    made = _manifest(root)
    if not made:
        raise InputError(f"{root} holds no built-in data of this version: make them first")
    return files.digest_of({name: entry["sha256"] for name, entry in made.items()})
