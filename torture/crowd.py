"""Several commands at once on one store or one output.

All must end well, or be refused where one alone may be at work, and leave bit for bit what one
alone leaves.
"""

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

from torture import processes
from torture.kill_scenarios import Extraction, Replication, Scenario

#: Removes from the store again and again, until it is killed.
_CLEANING = """
import time
from har_lib import upkeep
while True:
    upkeep.clean(everything={everything})
    time.sleep(0.02)
"""


@dataclass(frozen=True)
class Kind:
    """A crowd: which work, how often at once, and what else is done to the store meanwhile.

    ``in_turn``: while one is at work in a folder, the others are refused.
    """

    name: str
    scenario: type[Scenario]
    count: int
    cleaning: str = ""
    in_turn: bool = False


class _One(Replication):
    notebooks = ("02",)


#: How the one line ends that refuses a second run.
_REFUSED = ": another run is at work on it; wait until it has ended\n"

#: Every crowd; in turn.
KINDS = (
    Kind("two extractions", Extraction, 2),
    Kind("four extractions", Extraction, 4),
    Kind("extraction beside cleaning", Extraction, 1, _CLEANING.format(everything=False)),
    Kind("extraction beside removing all", Extraction, 1, _CLEANING.format(everything=True)),
    Kind("two replications", _One, 2, in_turn=True),
)


@dataclass(frozen=True)
class Trial:
    """A crowd that ran: the seconds that it took, and what was wrong."""

    kind: str
    seconds: float
    alone: float
    wrong: str


@dataclass(frozen=True)
class Crowds:
    """What became of all crowds."""

    trials: tuple[Trial, ...]

    @property
    def failed(self) -> int:
        """Crowds in which something was wrong."""
        return sum(bool(each.wrong) for each in self.trials)

    def summary(self) -> str:
        """One line."""
        return f"{len(self.trials)} crowds: {len(self.trials) - self.failed} left what one leaves"

    def rows(self) -> list[dict[str, Any]]:
        """One a crowd."""
        return [vars(each).copy() for each in self.trials]


def run(cases: int, seed: int, progress: bool = False, kinds: Sequence[Kind] = KINDS) -> Crowds:
    """Run so many crowds, the kinds in turn; the seed says how far apart their commands begin."""
    chance = random.Random(f"{seed} crowd")
    found: list[Trial] = []
    alone: dict[type[Scenario], _Alone] = {}
    with tempfile.TemporaryDirectory(prefix="har-", ignore_cleanup_errors=True) as scratch:
        for number in tqdm(range(cases), desc="crowds", disable=not progress):
            kind = kinds[number % len(kinds)]
            if kind.scenario not in alone:
                alone[kind.scenario] = _Alone(kind.scenario, Path(scratch, str(len(alone))))
            found.append(alone[kind.scenario].beside(kind, chance))
    return Crowds(tuple(found))


class _Alone:
    """A work, and what it leaves when nothing else runs."""

    def __init__(self, scenario: type[Scenario], material: Path) -> None:
        material.mkdir()
        self.scenario, self.place = scenario(material), material / "place"
        begin = time.monotonic()
        done = processes.run(self.scenario.words(self.place), self.place)
        assert done.returncode == 0, done.stderr
        self.seconds = time.monotonic() - begin
        self.content = self.scenario.content(self.place)

    def beside(self, kind: Kind, chance: random.Random) -> Trial:
        """Run a crowd in an empty place."""
        shutil.rmtree(self.place)
        begin = time.monotonic()
        cleaner = kind.cleaning and processes.start(["-c", kind.cleaning], self.place)
        crowd = []
        for _ in range(kind.count):
            crowd.append(processes.start(self.scenario.words(self.place), self.place))
            time.sleep(chance.uniform(0, self.seconds / kind.count))
        try:
            ended = [each.communicate(timeout=900) for each in crowd]
        finally:
            for each in (*crowd, *([cleaner] if cleaner else [])):
                processes.kill(each)
        seconds = time.monotonic() - begin
        results = [
            (each.returncode, errors) for each, (_, errors) in zip(crowd, ended, strict=True)
        ]
        waits = [
            kind.in_turn and status == 2 and errors.endswith(_REFUSED) for status, errors in results
        ]
        bad = ["all were refused"] * all(waits)
        bad += [
            f"ended with {status}: {errors[-300:]}"
            for (status, errors), wait in zip(results, waits, strict=True)
            if status and not wait
        ]
        bad += [f"skipped: {said[-300:]}" for said, _ in ended if "skipped in" in said]
        return Trial(kind.name, seconds, self.seconds, "; ".join(bad) or self._left(kind))

    def _left(self, kind: Kind) -> str:
        """What is wrong with what lies there, or nothing."""
        found = self.scenario.content(self.place)
        if "True" in kind.cleaning:  # what is missing was removed and can be made again
            other = [name for name in found if found[name] != self.content.get(name)]
            again = self._again()
            return f"other content: {other[:3]}" if other else again
        if found != self.content:
            names = found.keys() | self.content.keys()
            other = [name for name in names if found.get(name) != self.content.get(name)]
            return f"other content: {sorted(other)[:3]}"
        left = processes.half_written(self.place)
        return f"left over: {left[:3]}" if left else ""

    def _again(self) -> str:
        done: subprocess.CompletedProcess[str] = processes.run(
            self.scenario.words(self.place), self.place
        )
        if done.returncode:
            return f"afterwards it ended with {done.returncode}: {done.stderr[-300:]}"
        return "" if self.scenario.content(self.place) == self.content else "other content later"
