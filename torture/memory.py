"""Memory and time of ``har extract`` on one large clip, on one long clip and on very many clips.

What is counted is resident memory: of each process the most that it ever had, which the system
keeps, and of all together the most that was seen when looking twenty times a second. Pages that
processes share are counted in each.
"""

import contextlib
import shutil
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import psutil
from numpy.lib.stride_tricks import sliding_window_view
from tqdm import tqdm

from har_lib import files, video
from har_lib.kernel_peak import peak_bytes
from torture import processes

#: Frames, width and height of a clip.
Shape = tuple[int, int, int]

_PAUSE = 0.05
_MEGA = 10**6
#: Megabytes that a run may take above that of a few small clips.
BOUNDS = {"large clip": 200, "long clip": 400, "many clips": 60}


@dataclass(frozen=True)
class Taken:
    """What a run took: megabytes of the largest process, of all at once, and seconds."""

    clips: int
    frames: int
    size: str
    jobs: int
    process: float
    together: float
    seconds: float


@dataclass(frozen=True)
class Measured:
    """A run of a kind, and how many megabytes it took above that of a few small clips."""

    kind: str
    taken: Taken
    above: float

    @property
    def wrong(self) -> bool:
        """Whether that is more than it may."""
        return self.above > BOUNDS.get(self.kind, np.inf)


@dataclass(frozen=True)
class Memory:
    """What all runs took."""

    runs: tuple[Measured, ...]

    @property
    def failed(self) -> int:
        """Runs that took more than they may."""
        return sum(each.wrong for each in self.runs)

    def summary(self) -> str:
        """One line."""
        told = "; ".join(
            f"{each.kind} {each.taken.together:.0f} MB in {each.taken.seconds:.0f} s"
            for each in self.runs
        )
        return f"{told}; {self.failed} above their bounds"

    def rows(self) -> list[dict[str, Any]]:
        """One a run."""
        return [
            {
                "kind": each.kind,
                **vars(each.taken),
                "above": each.above,
                "bound": BOUNDS.get(each.kind),
            }
            for each in self.runs
        ]


def write_clips(root: Path, shapes: Sequence[Shape], seed: int) -> Path:
    """Make clips of a texture that moves, each another one; no clip is ever held in memory."""
    chance = np.random.default_rng(seed)
    lines = ["file,group"]
    shape, texture = None, np.zeros((0, 0), dtype=np.uint8)
    for number, (frames, width, height) in enumerate(shapes):
        if shape != (frames, width, height):
            shape = frames, width, height
            noise = chance.integers(0, 256, (height, width + frames), dtype=np.uint8)
            # Smooth, or every pixel of every frame is an interest point.
            texture = np.asarray(cv2.equalizeHist(cv2.GaussianBlur(noise, (0, 0), 4)), np.uint8)
        # A few pixels are enough to be another content.
        few = chance.integers(height, size=8), chance.integers(width, size=8)
        texture[few] = 255 - texture[few]
        moving = sliding_window_view(texture, width, axis=1)[:, :frames].swapaxes(0, 1)
        name = f"{('walk', 'wave')[number % 2]}/{number:05}.avi"
        video.write(root / name, moving, codec="MJPG")
        lines.append(f"{name},g{number // 2 % 5}")
    files.write_text(root / "groups.csv", "\n".join(lines) + "\n")
    return root


def extract(clips: Path, place: Path, jobs: int) -> tuple[float, float, float]:
    """Extract in processes of their own: megabytes of the largest, of all together, seconds."""
    begin = time.monotonic()
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            processes.python(processes.har("extract", clips, "--jobs", jobs)),
            cwd=files.ROOT,
            env=processes.environment(place),
            stdout=said,
            stderr=said,
        )
        largest = together = 0
        while process.poll() is None:
            peaks, resident = _tree(process.pid)
            largest, together = max(largest, peaks), max(together, resident)
            time.sleep(_PAUSE)
        if process.returncode:
            said.seek(0)
            raise RuntimeError(said.read().decode()[-500:])
    seconds = time.monotonic() - begin
    return largest / _MEGA, max(together, largest) / _MEGA, seconds


def _tree(process: int) -> tuple[int, int]:
    """Largest peak of a process and those that it started, and what all have now, bytes."""
    largest = together = 0
    with contextlib.suppress(psutil.Error):
        first = psutil.Process(process)
        for each in (first, *first.children(recursive=True)):
            with contextlib.suppress(psutil.Error):
                together += each.memory_info().rss
                largest = max(largest, peak_bytes(each.pid) or 0)
    return largest, together


def measure(scratch: Path, shapes: Sequence[Shape], jobs: int, seed: int = 0) -> Taken:
    """Make clips in a new folder below ``scratch`` and extract them; the first shape counts."""
    folder = Path(tempfile.mkdtemp(dir=scratch))
    clips = write_clips(folder / "clips", shapes, seed)
    process, together, seconds = extract(clips, folder / "place", jobs)
    shutil.rmtree(folder)
    frames, width, height = shapes[0]
    return Taken(len(shapes), frames, f"{width}x{height}", jobs, process, together, seconds)


def run(cases: int, seed: int, progress: bool = False) -> Memory:
    """Measure all kinds.

    Parameters
    ----------
    cases : int
        How many clips are very many.
    seed : int
        What the clips show follows from it.
    progress : bool
        Show a bar.
    """
    tiny = (16, 64, 48)
    # A data set has two clips of an action at least.
    kinds: list[tuple[str, list[Shape], int]] = [
        ("few clips", [tiny] * 20, 1),
        ("large clip", [(60, 3840, 2160)] + [tiny] * 3, 1),
        ("long clip", [(20_000, 160, 120)] + [tiny] * 3, 1),
        ("few clips", [tiny] * 20, 2),
        ("many clips", [tiny] * cases, 2),
    ]
    found: list[Measured] = []
    few = 0.0
    with tempfile.TemporaryDirectory(prefix="har-", ignore_cleanup_errors=True) as scratch:
        for kind, shapes, jobs in tqdm(kinds, desc="memory", disable=not progress):
            taken = measure(Path(scratch), shapes, jobs, seed)
            if kind == "few clips":
                few = taken.together
            found.append(Measured(kind, taken, taken.together - few))
    return Memory(tuple(found))
