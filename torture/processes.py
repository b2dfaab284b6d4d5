"""The suite's commands as processes of their own in a scratch folder, and what they leave."""

import contextlib
import hashlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import psutil

from har_lib import files, video

#: Seconds to wait for the last process of a work that was killed.
_ENDING = 60

#: Inode and time of change: a file of the same stamp was not written again.
Stamp = tuple[int, int]

#: Where POSIX systems keep what processes share, and what joblib's leave there when all are killed.
SHARED = Path("/dev/shm")


def environment(place: Path, more: Mapping[str, str] | None = None) -> dict[str, str]:
    """Variables with which a command keeps all it makes in ``place``, what passes beside it."""
    passing = place.with_name("passing")
    passing.mkdir(parents=True, exist_ok=True)
    return {
        **os.environ,
        "HAR_DATA": str(place / "data"),
        "HAR_BUILD": str(place / "build"),
        "TMPDIR": str(passing),
        "JUPYTER_RUNTIME_DIR": str(passing),
        "PYTHONPATH": str(files.ROOT),
        "PYTHONUNBUFFERED": "1",
        "OMP_NUM_THREADS": "1",
        **(more or {}),
    }


def start(
    words: Sequence[object],
    place: Path,
    more: Mapping[str, str] | None = None,
    prepare: Callable[[], None] | None = None,
) -> "subprocess.Popen[str]":
    """Start Python with these arguments as the first process of a group of its own."""
    return subprocess.Popen(
        python(words),
        cwd=files.ROOT,
        env=environment(place, more),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=prepare,
    )


def python(words: Sequence[object]) -> list[str]:
    """The whole command line, from arguments of Python."""
    return [sys.executable, *map(str, words)]


def har(*words: object) -> list[object]:
    """Arguments of Python for a command of the suite."""
    return ["-m", "har_lib", *words]


def run(
    words: Sequence[object],
    place: Path,
    more: Mapping[str, str] | None = None,
    prepare: Callable[[], None] | None = None,
    seconds: float = 900,
) -> "subprocess.CompletedProcess[str]":
    """Run Python with these arguments to its end; after so many seconds it is killed."""
    process = start(words, place, more, prepare)
    try:
        said, errors = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        kill(process)
        raise
    return subprocess.CompletedProcess(process.args, process.returncode, said, errors)


def kill(process: "subprocess.Popen[str]") -> None:
    """SIGKILL to the whole group, and remove what it cannot remove from the shared memory.

    What was begun in a group of its own, as kernels are, ends by itself when it finds itself alone;
    until the last has ended something may still be written.
    """
    begun = []
    with contextlib.suppress(psutil.NoSuchProcess):
        begun = psutil.Process(process.pid).children(recursive=True)
    if process.poll() is None:  # or another may have its number by now
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    deadline = time.monotonic() + _ENDING
    while time.monotonic() < deadline and not all(map(_has_ended, begun)):
        time.sleep(0.05)
    # Semaphores, and a folder that is empty; nothing else can remove them before a restart.
    for left in SHARED.glob(f"sem.loky-{process.pid}-*"):
        left.unlink(missing_ok=True)
    for left in SHARED.glob(f"joblib_memmapping_folder_{process.pid}_*"):
        with contextlib.suppress(OSError):
            left.rmdir()


def _has_ended(process: psutil.Process) -> bool:
    """Also where no one asks for its exit status: it can write no more."""
    try:
        return bool(process.status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


def digests(folder: Path, chosen: Callable[[Path], bool] = Path.is_file) -> dict[str, str]:
    """Name below the folder -> SHA-256 of the content, of the chosen files."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and chosen(path)
    }


def stamps(folder: Path, chosen: Callable[[Path], bool] = Path.is_file) -> dict[str, Stamp]:
    """Name below the folder -> stamp, of the chosen files."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and chosen(path):
            status = path.stat()
            found[path.relative_to(folder).as_posix()] = (status.st_ino, status.st_mtime_ns)
    return found


def stored(path: Path) -> bool:
    """Whether a file is a finished result of the store."""
    return path.suffix == ".npz" and not path.name.startswith(".")


def half_written(place: Path) -> list[Path]:
    """Files of runs that were killed while they wrote."""
    return [path for path in sorted(place.rglob(".*.part*")) if path.is_file()]


def age(paths: Sequence[Path], hours: float = 2.0) -> None:
    """Let files look as if they had been written hours ago."""
    then = time.time() - hours * 3600
    for path in paths:
        with contextlib.suppress(FileNotFoundError):
            os.utime(path, (then, then))


def clips(root: Path, count: int, frames: int = 40, size: tuple[int, int] = (160, 120)) -> Path:
    """Make a folder of clips of two actions in which a bright box walks, with its groups."""
    width, height = size
    lines = ["file,group"]
    for number in range(count):
        random = np.random.default_rng(number)
        content = np.repeat(random.integers(60, 120, (1, height, width)), frames, axis=0)
        for t in range(frames):
            left = (10 + 5 * ((t + number) % 20)) * width // 160
            content[t, height // 3 : height * 2 // 3, left : left + width // 6] = 220
        name = f"{'walk' if number % 2 else 'wave'}/{number:05}.avi"
        video.write(root / name, content.astype(np.uint8), codec="FFV1")
        lines.append(f"{name},g{number // 2 % 5}")
    files.write_text(root / "groups.csv", "\n".join(lines) + "\n")
    # A file younger than two seconds is read each time.
    age(sorted(root.rglob("*.avi")))
    return root


def told(errors: str) -> list[str]:
    """Lines of the standard error, without those of progress bars."""
    lines = re.split(r"[\r\n]+", errors)
    return [line for line in lines if line.strip() and not re.search(r"\d+%\|.*\|", line)]


def notebook(path: Path, body: str) -> Path:
    """Write a notebook of two cells: the parameters ``output`` and ``seed``, and this body."""
    # Which takes two seconds, and no other process needs it.
    import nbformat
    from nbformat.v4 import new_code_cell, new_notebook

    parameters = """\
output: str = ""  # folder of results
seed: int = 0  # seed of every random choice"""
    cells = [
        new_code_cell(parameters, metadata={"tags": ["parameters"]}, id="first"),
        new_code_cell(body, id="second"),
    ]
    spec = {"name": "python3", "display_name": "any", "language": "python"}
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": spec}), path)
    return path
