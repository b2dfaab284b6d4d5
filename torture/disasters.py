"""A full disk, a folder that may only be read, data that vanish, a clock that goes back.

Whatever is being written then: it ends by one line and the exit status 2, what was finished stays,
nothing is half written, and once the disaster is over the next run leaves what an undisturbed one
leaves.
"""

import os
import random
import shutil
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tqdm import tqdm

from torture import isolated, processes
from torture.disaster_works import NAMES, WORKS, Work, content, material
from torture.rooms import Room

#: More letters than these are no line that anyone reads; a folder's own length comes on top.
LONGEST = 500


@dataclass(frozen=True)
class Case:
    """A disaster that a work met: what it said, and what was wrong."""

    disaster: str
    work: str
    said: str
    wrong: str


@dataclass(frozen=True)
class Disasters:
    """What became of all."""

    cases: tuple[Case, ...]

    @property
    def failures(self) -> tuple[Case, ...]:
        """Those in which something was wrong."""
        return tuple(each for each in self.cases if each.wrong)

    @property
    def failed(self) -> int:
        """How many these are."""
        return len(self.failures)

    def summary(self) -> str:
        """One line."""
        met = sum(bool(each.said) for each in self.cases)
        return (
            f"{len(self.cases)} disasters: {met} ended by one line, "
            f"{len(self.cases) - met - self.failed} did no harm, {self.failed} went wrong"
        )

    def rows(self) -> list[dict[str, Any]]:
        """One a disaster and work."""
        found: dict[tuple[str, str], list[Case]] = {}
        for each in self.cases:
            found.setdefault((each.disaster, each.work), []).append(each)
        return [
            {
                "disaster": disaster,
                "work": work,
                "cases": len(own),
                "refused": sum(bool(each.said) for each in own),
                "wrong": [each.wrong for each in own if each.wrong],
            }
            for (disaster, work), own in found.items()
        ]


def refusal(done: "subprocess.CompletedProcess[str]") -> tuple[str, str]:
    """The line by which a command ended, and what is wrong with the way it ended."""
    lines = processes.told(done.stderr)
    if done.returncode == 0:
        return "", ""
    said = lines[-1] if lines else ""
    if done.returncode != 2 or "Traceback" in done.stderr:
        return said, f"ended with {done.returncode}: {done.stderr[-400:]}"
    if len(lines) != 1 or not said.startswith("har: ") or len(said) > LONGEST:
        return said, f"said no one short line: {lines}"
    return said, ""


def _after(
    work: Work, folder: Path, place: Path, expected: dict[str, str], prepare: Any = None
) -> str:
    """What is wrong once the disaster is over and the work is done again."""
    half = processes.half_written(place)
    if half:
        return f"half written: {half[0].name}"
    there = content(place)
    finished = there.keys() - set(work.goes_on)
    if other := sorted(name for name in finished if there[name] != expected.get(name)):
        return f"neither finished nor removed: {other[:3]}"
    before = processes.stamps(place / "data", processes.stored)
    done = processes.run(work.words(folder, place), place, prepare=prepare)
    if done.returncode:
        return f"afterwards it ended with {done.returncode}: {done.stderr[-400:]}"
    if content(place) != expected:
        return "afterwards it left another content than undisturbed"
    after = processes.stamps(place / "data", processes.stored)
    again = [name for name in before if after.get(name) != before[name]]
    return f"was finished and was written again: {again[:3]}" if again else ""


def full(number: int, folder: str, expected: dict[str, str], size: int) -> tuple[str, str]:
    """A disk that is full after so many bytes; for a process of its own."""
    work, place = WORKS[number], Path(folder) / "place"
    room = Room(place)
    done = processes.run(work.words(Path(folder), place), place, prepare=room.full(size))
    said, wrong = refusal(done)
    return said, wrong or _after(work, Path(folder), place, expected, room.wide())


def read_only(number: int, folder: str, expected: dict[str, str], size: int) -> tuple[str, str]:
    """A folder that may only be read, from the beginning; for a process of its own."""
    work, place = WORKS[number], Path(folder) / "place"
    room = Room(place)
    done = processes.run(work.words(Path(folder), place), place, prepare=room.read_only())
    said, wrong = refusal(done)
    if not wrong and not said:
        wrong = "said nothing"
    return said, wrong or _after(work, Path(folder), place, expected, room.wide())


def vanished(number: int, folder: str, expected: dict[str, str], moment: int) -> tuple[str, str]:
    """The clips are gone after so many milliseconds, and come back for the next run."""
    work, place = WORKS[number], Path(folder) / "place"
    place.mkdir()
    process = processes.start(work.words(Path(folder), place), place)
    time.sleep(moment / 1000)
    clips, away = Path(folder) / "clips", Path(folder) / "away"
    clips.rename(away)
    try:
        output, errors = process.communicate(timeout=600)
    finally:
        processes.kill(process)
        away.rename(clips)
    said, wrong = refusal(
        subprocess.CompletedProcess(process.args, process.returncode, output, errors)
    )
    shutil.rmtree(place / "build", ignore_errors=True)  # the list of clips that were skipped
    for name in ("features.csv", "features.failures.csv"):  # of the clips that were left
        (place / name).unlink(missing_ok=True)
    return said, wrong or _after(work, Path(folder), place, expected)


def clock(number: int, folder: str, expected: dict[str, str], hours: int) -> tuple[str, str]:
    """The clock goes back: all that was read and written is of the future then."""
    work, place = WORKS[number], Path(folder) / "place"
    done = processes.run(work.words(Path(folder), place), place)
    if done.returncode:
        return "", f"ended with {done.returncode}: {done.stderr[-400:]}"
    everything = [path for path in Path(folder).rglob("*") if path.is_file()]
    processes.age(everything, -hours)
    before = processes.stamps(place / "data", processes.stored)
    wrong = _after(work, Path(folder), place, expected)
    if not wrong and processes.stamps(place / "data", processes.stored) != before:
        wrong = "what was finished was made anew"
    if wrong or not work.clips:
        return "", wrong
    return "", _edited(work, Path(folder), place)


def _edited(work: Work, folder: Path, place: Path) -> str:
    """A clip that is changed now has an older time than the one that was read: it is noticed."""
    before = processes.stamps(place / "data", processes.stored)
    first, second = sorted((folder / "clips").rglob("*.avi"))[:2]
    shutil.copyfile(second, first)
    os.utime(first, (time.time() - 3600,) * 2)
    with open(first, "ab") as more:  # so that no other clip has its content
        more.write(b"JUNK\x04\x00\x00\x00more")
    os.utime(first, (time.time() - 3600,) * 2)
    done = processes.run(work.words(folder, place), place)
    new = processes.stamps(place / "data", processes.stored).keys() - before.keys()
    return "" if new and not done.returncode else f"a changed clip was not seen: {done.stdout}"


#: Disaster -> its function and the works that can meet it.
DISASTERS = {
    "full disk": (full, WORKS),
    "read-only folder": (read_only, WORKS),
    "vanished data": (vanished, tuple(each for each in WORKS if each.clips)),
    "clock goes back": (clock, WORKS),
}


def run(
    cases: int,
    seed: int,
    progress: bool = False,
    disasters: Sequence[str] = tuple(DISASTERS),
    works: Sequence[str] = tuple(NAMES),
) -> Disasters:
    """Let works meet disasters: so many, the pairs in turn, sizes and moments by the seed."""
    pairs = [
        (name, work)
        for work in WORKS
        if work.name in works
        for name in disasters
        if work in DISASTERS[name][1]
    ]
    chance = random.Random(f"{seed} disasters")
    found = []
    with tempfile.TemporaryDirectory(prefix="har-", ignore_cleanup_errors=True) as scratch:
        known: dict[Work, _Undisturbed] = {}
        for number in tqdm(range(cases), desc="disasters", disable=not progress):
            name, work = pairs[number % len(pairs)]
            if work not in known:
                known[work] = _Undisturbed.of(work, Path(scratch, work.name.replace(" ", "_")))
            said, wrong = known[work].meets(name, chance)
            found.append(Case(name, work.name, said, wrong))
    return Disasters(tuple(found))


@dataclass(frozen=True)
class _Undisturbed:
    """A work, the folder of its material, and what it leaves in the place there."""

    work: Work
    folder: Path
    content: dict[str, str]
    size: int
    seconds: float

    @classmethod
    def of(cls, work: Work, folder: Path) -> "_Undisturbed":
        material(folder)
        place, begin = folder / "place", time.monotonic()
        done = processes.run(work.words(folder, place), place)
        assert done.returncode == 0, done.stderr
        seconds = time.monotonic() - begin
        # A disk gives whole blocks.
        written = (path for path in place.rglob("*") if path.is_file())
        size = sum(-(-path.stat().st_size // 4096) * 4096 for path in written)
        return cls(work, folder, content(place), size, seconds)

    def meets(self, disaster: str, chance: random.Random) -> tuple[str, str]:
        """What the work says when it meets a disaster, and what is wrong."""
        shutil.rmtree(self.folder / "place", ignore_errors=True)
        amount = {
            "full disk": int(self.size * chance.uniform(0, 0.95)),
            "vanished data": int(self.seconds * 1000 * chance.uniform(0, 1)),
            "clock goes back": 24,
        }.get(disaster, 0)
        outcome = isolated.run(
            DISASTERS[disaster][0],
            (WORKS.index(self.work), str(self.folder), self.content, amount),
            seconds=900,
            memory=2**40,
            preload=("torture.disasters",),
        )
        if disaster == "clock goes back":  # which has changed a clip
            shutil.rmtree(self.folder / "clips")
            material(self.folder)
        return outcome.value if outcome.kind == "finished" else ("", outcome.said[-400:])
