"""``har extract`` ended at random moments by real signals, then run again.

The moments follow from HAR_SEED (0 by default); HAR_ROUNDS=200 runs so many of them:
``HAR_ROUNDS=200 HAR_SEED=1 python -m pytest tests/test_interrupted.py``.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import psutil
import pytest

from har_lib import video
from har_lib.files import ROOT

ROUNDS = int(os.environ.get("HAR_ROUNDS", "4"))
SEED = int(os.environ.get("HAR_SEED", "0"))

#: A store that is interrupted so often is then finished, and a new one begun.
ROUNDS_OF_A_STORE = 4

#: Exit status; with -m Python makes death by the signal of it, which a shell calls 130 as well,
#: when the interrupt came while a string was evaluated, as happens during imports.
INTERRUPTED = (130, -signal.SIGINT)

#: Clips, and results of each.
CLIPS, STAGES = 24, 3


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("clips")
    lines = ["file,group"]
    for number in range(CLIPS):
        random = np.random.default_rng(number)
        frames = np.repeat(random.integers(60, 120, (1, 120, 160)), 40, axis=0)
        for t in range(40):
            left = 10 + 5 * ((t + number) % 20)
            frames[t, 40:80, left : left + 25] = 220
        name = f"{'walk' if number % 2 else 'wave'}/{number:02}.avi"
        video.write(root / name, frames.astype(np.uint8), codec="FFV1")
        lines.append(f"{name},g{number % 5}")
    (root / "groups.csv").write_text("\n".join(lines))
    return root


class Extraction:
    """``har extract`` as a process that leads a session of its own."""

    def __init__(self, clips: Path, data: Path, jobs: int = 2) -> None:
        self.data = data
        self.said = data.parent / "said"
        with open(self.said, "wb") as said, open(data.parent / "errors", "wb") as errors:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "har_lib", "extract", str(clips), "--jobs", str(jobs)],
                cwd=ROOT,
                env={
                    **os.environ,
                    "HAR_DATA": str(data),
                    "HAR_BUILD": str(data.parent / "build"),
                    "PYTHONUNBUFFERED": "1",
                },
                stdout=said,
                stderr=errors,
                start_new_session=True,
                preexec_fn=heed_interrupts,
            )

    def wait_for_results(self, count: int) -> None:
        """Wait until so many are finished."""
        wait_for(lambda: len(results(self.data)) >= count)

    def ended(self) -> int:
        """Exit status, once no process of the session is left."""
        status = self.process.wait(60)
        wait_for(lambda: not self.alive(), 10)
        return status

    def alive(self) -> list[psutil.Process]:
        """Processes of the session; the dead may wait for init."""
        found = []
        for process in psutil.process_iter():
            try:
                living = process.status() != psutil.STATUS_ZOMBIE
                if living and os.getsid(process.pid) == self.process.pid:
                    found.append(process)
            except (psutil.NoSuchProcess, ProcessLookupError):
                continue
        return found

    def workers(self) -> list[psutil.Process]:
        """The processes that extract."""
        children = [each for each in self.alive() if each.pid != self.process.pid]
        return [each for each in children if "popen_loky" in " ".join(each.cmdline())]

    def lines(self) -> list[str]:
        """What it said on the standard error, without the bar."""
        text = (self.data.parent / "errors").read_text().replace("\r", "\n")
        return [line for line in text.split("\n") if line.strip() and "/s]" not in line]


def heed_interrupts() -> None:
    """A shell that starts the tests in the background lets its children ignore them."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def wait_for(condition: Callable[[], Any], seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.01)


def results(data: Path) -> dict[str, Path]:
    """Name -> file of all that is finished."""
    found = (path for path in data.rglob("*.npz") if not path.name.startswith("."))
    return {str(path.relative_to(data)): path for path in found}


def stamps(data: Path) -> dict[str, tuple[int, int]]:
    """Inode and time of change of all that is finished."""
    found = {name: path.stat() for name, path in results(data).items()}
    return {name: (status.st_ino, status.st_mtime_ns) for name, status in found.items()}


@pytest.fixture(scope="module")
def whole(clips: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The store of a run that nothing disturbed."""
    data = tmp_path_factory.mktemp("whole") / "data"
    assert Extraction(clips, data, jobs=1).ended() == 0
    found = {name: path.read_bytes() for name, path in results(data).items()}
    assert len(found) == CLIPS * (STAGES + 1), "the stages of each clip, and a verdict on it"
    return found


def check(data: Path, whole: dict[str, bytes]) -> None:
    """Every finished file can be read and is that of the undisturbed run, byte for byte."""
    for name, path in results(data).items():
        assert path.read_bytes() == whole[name], name
        with np.load(path, allow_pickle=False) as arrays:
            assert [arrays[key].dtype for key in arrays]


def half_written(data: Path, whole: dict[str, bytes]) -> None:
    """Leave in a new store what a killed run leaves: parts of results, under hidden names."""
    for name in sorted(whole)[::7]:
        place = data / Path(name).parent / f".{Path(name).stem}-x7.part.npz"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(whole[name][:100])


def finish(clips: Path, data: Path, whole: dict[str, bytes]) -> None:
    """Run once more, to the end: what is missing is made, what was there stays as it is."""
    before = stamps(data)
    extraction = Extraction(clips, data)
    assert extraction.ended() == 0, extraction.lines()
    check(data, whole)
    after = stamps(data)
    assert set(after) == set(whole)
    assert {name: after[name] for name in before} == before


def test_ended_at_random_moments_and_run_again(
    clips: Path, whole: dict[str, bytes], tmp_path: Path
) -> None:
    """A round ends the run some results after its start, or at any moment after its first word.

    A terminal's interrupt goes to all processes, that of ``kill -INT`` to the first alone.
    """
    random = Random(SEED)
    half_way = 0
    for turn in range(ROUNDS):
        data = tmp_path / str(turn // ROUNDS_OF_A_STORE) / "data"
        if turn % ROUNDS_OF_A_STORE == 0:
            half_written(data, whole)
        before = stamps(data)
        extraction = Extraction(clips, data)
        wait_for(extraction.said.read_text)  # until then it is Python that starts, not har
        if random.random() < 0.5:
            time.sleep(random.uniform(0, 1))
        else:
            extraction.wait_for_results(
                min(len(before) + random.randrange(1, len(whole) // 6), len(whole))
            )
            time.sleep(random.uniform(0, 0.03))
        kind = ("interrupt one", "kill one", "interrupt all")[turn % 3]
        send = os.killpg if kind == "interrupt all" else os.kill
        send(extraction.process.pid, signal.SIGKILL if kind == "kill one" else signal.SIGINT)
        status = extraction.ended()
        check(data, whole)
        after = stamps(data)
        assert {name: after[name] for name in before} == before
        if len(after) < len(whole):  # or all was done before the signal came
            half_way += 1
            assert status in ((-signal.SIGKILL,) if kind == "kill one" else INTERRUPTED)
            if kind != "kill one":
                assert extraction.lines() == ["har: interrupted"]
        if turn % ROUNDS_OF_A_STORE == ROUNDS_OF_A_STORE - 1:
            finish(clips, data, whole)
    assert half_way > ROUNDS / 2


def test_a_killed_worker_neither_stops_nor_changes_the_run(
    clips: Path, whole: dict[str, bytes], tmp_path: Path
) -> None:
    random = Random(SEED + 1)
    for turn in range(max(1, ROUNDS // ROUNDS_OF_A_STORE)):
        data = tmp_path / str(turn) / "data"
        data.mkdir(parents=True)
        extraction = Extraction(clips, data)
        extraction.wait_for_results(random.randrange(1, len(whole) // 2))
        before = stamps(data)
        random.choice(sorted(extraction.workers(), key=lambda worker: worker.pid)).kill()
        assert extraction.ended() == 0, extraction.lines()
        assert "har: a process was killed" in extraction.lines()[0]
        check(data, whole)
        after = stamps(data)
        assert set(after) == set(whole)
        assert {name: after[name] for name in before} == before
