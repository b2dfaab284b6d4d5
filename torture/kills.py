"""SIGKILL at random moments to all processes of a work, which is then called again.

What the next call leaves must be, bit for bit, what an undisturbed one leaves; what was finished
must not be done again; and nothing must be left over.
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
from torture.kill_scenarios import SCENARIOS, Scenario


@dataclass(frozen=True)
class Killed:
    """One kill: when, what was finished then, and what was wrong afterwards.

    ``moment`` and ``duration`` are seconds from the first word of the work to the kill, and to the
    end of an undisturbed one; ``finished`` is counted as is natural for the work. ``left`` counts
    half-written files of the killed run, which the next runs must remove.
    """

    scenario: str
    moment: float
    duration: float
    finished: int
    left: int
    wrong: str


@dataclass(frozen=True)
class Kills:
    """What became of all kills."""

    kills: tuple[Killed, ...]

    @property
    def failures(self) -> tuple[Killed, ...]:
        """Those after which something was wrong."""
        return tuple(each for each in self.kills if each.wrong)

    @property
    def failed(self) -> int:
        """How many these are."""
        return len(self.failures)

    def summary(self) -> str:
        """One line."""
        left = sum(each.left for each in self.kills)
        return (
            f"{len(self.kills)} kills: {len(self.kills) - self.failed} ended as if undisturbed, "
            f"{self.failed} did not; {left} half-written files, all removed later"
        )

    def rows(self) -> list[dict[str, Any]]:
        """One a scenario."""
        rows = []
        for name in SCENARIOS:
            own = [each for each in self.kills if each.scenario == name]
            if own:
                rows.append(
                    {
                        "scenario": name,
                        "kills": len(own),
                        "in the middle": sum(each.finished > 0 for each in own),
                        "half-written files": sum(each.left for each in own),
                        "wrong": [each.wrong for each in own if each.wrong],
                    }
                )
        return rows


def shares(cases: int, scenarios: Sequence[str] = tuple(SCENARIOS)) -> dict[str, int]:
    """How many kills each scenario gets, in proportion; at least one.

    Examples
    --------
    >>> shares(50)
    {'extraction': 14, 'search': 14, 'sweep': 10, 'replicate': 6, 'download': 6}
    """
    of = sum(SCENARIOS[name].share for name in scenarios)
    return {name: max(1, round(cases * SCENARIOS[name].share / of)) for name in scenarios}


def run(
    cases: int, seed: int, progress: bool = False, scenarios: Sequence[str] = tuple(SCENARIOS)
) -> Kills:
    """Kill works at so many moments, drawn in turn uniformly over the time and over the results.

    The time is that from the first word of the undisturbed work to its end. A kill by the results
    comes as soon as so many are finished, so that it meets the middle on a slow machine too.

    Parameters
    ----------
    cases : int
        Kills, shared out among the scenarios.
    seed : int
        The moments follow from it.
    progress : bool
        Show a bar.
    scenarios : sequence of str
        Names of those to take.
    """
    counts = shares(cases, scenarios)
    found: list[Killed] = []
    with (
        tempfile.TemporaryDirectory(prefix="har-", ignore_cleanup_errors=True) as scratch,
        tqdm(total=sum(counts.values()), desc="kills", disable=not progress) as bar,
    ):
        for name, count in counts.items():
            material = Path(scratch, name)
            material.mkdir()
            scenario = SCENARIOS[name](material)
            try:
                for each in _of(scenario, count, random.Random(f"{seed} {name}")):
                    found.append(each)
                    bar.update()
            finally:
                scenario.close()
    return Kills(tuple(found))


def _of(scenario: Scenario, count: int, chance: random.Random) -> list[Killed]:
    """So many kills of one work, one or two before it may finish."""
    # Always the same place: paths are part of what is written.
    place = scenario.material / "place"
    place.mkdir()
    process = processes.start(scenario.words(place), place)
    try:
        begin = _begun(process)
        process.communicate(timeout=900)
        duration = time.monotonic() - begin
        assert process.returncode == 0, process.args
    finally:
        processes.kill(process)
    expected, names, results = scenario.content(place), _names(place), scenario.stands(place)
    found: list[Killed] = []
    while len(found) < count:
        shutil.rmtree(place)
        for _ in range(min(chance.randint(1, 2), count - len(found))):
            before = scenario.finished(place)
            if len(found) % 2:
                # More than there is, and less than all if that can be.
                fewest = scenario.stands(place) + 1
                moment = _kill(scenario, place, 600.0, chance.randint(fewest, max(fewest, results)))
            else:
                moment = _kill(scenario, place, chance.uniform(0, duration))
            after, left = scenario.finished(place), processes.half_written(place)
            changed = [name for name in before if after.get(name) != before[name]]
            wrong = f"a killed run has changed {changed[:3]}" if changed else ""
            # The next run comes two hours later, or what is left might belong to one that lives.
            processes.age(left)
            stood = scenario.stands(place)
            found.append(Killed(scenario.name, moment, duration, stood, len(left), wrong))
        wrong = found[-1].wrong or _finished_as(scenario, place, expected, names)
        found[-1] = Killed(**(vars(found[-1]) | {"wrong": wrong}))
    return found


def _finish(scenario: Scenario, place: Path) -> "subprocess.CompletedProcess[str]":
    place.mkdir(exist_ok=True)
    return processes.run(scenario.words(place), place)


def _kill(scenario: Scenario, place: Path, moment: float, results: int | None = None) -> float:
    """Begin, and end it so many seconds after its first word, or when so much is finished."""
    place.mkdir(exist_ok=True)
    process = processes.start(scenario.words(place), place)
    try:
        begin = _begun(process)
        while process.poll() is None and time.monotonic() < begin + moment:
            if results is not None and _stands(scenario, place) >= results:
                break
            time.sleep(0.005)
        return time.monotonic() - begin
    finally:
        processes.kill(process)
        scenario.mark(place)


def _stands(scenario: Scenario, place: Path) -> int:
    """How much is finished, while files come and go."""
    try:
        return scenario.stands(place)
    except (OSError, LookupError, ValueError):
        return 0


def _begun(process: "subprocess.Popen[str]") -> float:
    """Wait for its first word, and give the time; until then it is Python that starts."""
    assert process.stdout is not None
    process.stdout.readline()
    return time.monotonic()


def _names(place: Path) -> set[str]:
    return {path.relative_to(place).as_posix() for path in place.rglob("*") if path.is_file()}


def _finished_as(scenario: Scenario, place: Path, expected: dict[str, str], names: set[str]) -> str:
    """Call a work again after a kill: what is wrong, or nothing."""
    before = scenario.finished(place)
    done = _finish(scenario, place)
    if done.returncode:
        return f"called again it ended with {done.returncode}: {done.stderr[-300:]}"
    content, after = scenario.content(place), scenario.finished(place)
    if content != expected:
        other = [n for n in content.keys() | expected.keys() if content.get(n) != expected.get(n)]
        return f"another content than undisturbed: {sorted(other)[:3]}"
    if again := [name for name in before if after.get(name) != before[name]]:
        return f"was finished and was written again: {again[:3]}"
    if again_done := scenario.repeated(place, before, done.stdout):
        return again_done
    if processes.half_written(place):
        processes.run(processes.har("store", "clean"), place)
    left = sorted(_names(place) - names)
    return f"left over: {left[:3]}" if left else ""
