"""Two commands at once on one store, in short; in full: ``python -m torture --only crowd``."""

from pathlib import Path

import numpy as np
import pytest

from torture import crowd, kill_scenarios, memory, processes

KINDS = {kind.name: kind for kind in crowd.KINDS}


@pytest.fixture(autouse=True)
def few_clips(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kill_scenarios.Extraction, "clips", 6)


@pytest.mark.parametrize("name", ["two extractions", "extraction beside removing all"])
def test_a_crowd_leaves_what_one_alone_leaves(name: str) -> None:
    (trial,) = crowd.run(1, 0, kinds=[KINDS[name]]).trials
    assert trial.wrong == ""


class Meeting(kill_scenarios.Scenario):
    """A work that fails, or leaves something else, when another is under way."""

    name = "meeting"
    ends = True

    def words(self, place: Path) -> list[str]:
        place.mkdir(exist_ok=True)
        code = (
            "import os, sys, time\n"
            f"place = {str(place)!r}\n"
            "mine = f'{place}/.{os.getpid()}'\n"
            "open(mine, 'w').close()\n"
            "time.sleep(1)\n"
            "others = len(os.listdir(place)) - 1\n"
            f"open(f'{{place}}/found', 'a').write(str(others)) if {not self.ends} else None\n"
            "time.sleep(1)\n"
            "os.unlink(mine)\n"
            f"sys.exit(others if {self.ends} else 0)"
        )
        return ["-c", code]

    def content(self, place: Path) -> dict[str, str]:
        return processes.digests(place)

    def finished(self, place: Path) -> dict[str, processes.Stamp]:
        return {}

    def repeated(self, place: Path, before: dict[str, processes.Stamp], said: str) -> str:
        return ""


class Mixing(Meeting):
    ends = False


@pytest.mark.parametrize(("work", "said"), [(Meeting, "ended with"), (Mixing, "other content")])
def test_what_a_crowd_spoils_is_seen(work: type[Meeting], said: str) -> None:
    found = crowd.run(1, 0, kinds=[crowd.Kind("two", work, 2)])
    assert said in found.trials[0].wrong
    assert found.failed == 1


class Refusing(Meeting):
    """The first goes on, the others are refused."""

    def words(self, place: Path) -> list[str]:
        place.mkdir(exist_ok=True)
        lock = "os.open(f'{place}/lock', os.O_CREAT | os.O_EXCL)"
        code = (
            "import os, sys, time\n"
            f"place = {str(place)!r}\n"
            "try:\n"
            f"    {lock}\n"
            "except FileExistsError:\n"
            "    print('har: here: another run is at work on it; wait until it has ended',"
            " file=sys.stderr)\n"
            "    sys.exit(2)\n"
            "time.sleep(2)"
        )
        return ["-c", code]


@pytest.mark.parametrize(("in_turn", "wrong"), [(True, ""), (False, "ended with 2: har: here")])
def test_a_refusal_is_right_where_one_alone_may_be_at_work(in_turn: bool, wrong: str) -> None:
    (trial,) = crowd.run(1, 0, kinds=[crowd.Kind("two", Refusing, 2, in_turn=in_turn)]).trials
    assert trial.wrong.startswith(wrong)
    assert bool(trial.wrong) == bool(wrong)


# ---------------------------------------------------------------- memory

TINY = (16, 64, 48)


def test_memory_does_not_grow_with_the_number_of_clips(tmp_path: Path) -> None:
    few, more = (memory.measure(tmp_path, [TINY] * count, jobs=1) for count in (8, 48))
    # A clip is 49 KB, of which 40 more would be 2 MB; its frames as numbers of eight bytes, 16 MB.
    assert more.process - few.process < 12


def test_what_a_process_and_its_children_take_is_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The peak of one, and what all have at once."""
    child = "held = bytearray(60_000_000); import time; time.sleep(1)"
    code = (
        "import subprocess, sys\n"
        "held = bytearray(150_000_000)\n"
        "del held\n"
        f"subprocess.run([sys.executable, '-c', {child!r}])"
    )
    pause = "import time; time.sleep(0.5)"
    nothing, held = (_taken(tmp_path, monkeypatch, ["-c", each]) for each in (pause, code))
    assert 145 < held[0] - nothing[0] < 165
    assert held[1] >= held[0]
    both = code.replace("del held\n", "")
    assert _taken(tmp_path, monkeypatch, ["-c", both])[1] - nothing[1] > 205


def _taken(
    place: Path, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> tuple[float, float, float]:
    monkeypatch.setattr(processes, "har", lambda *_: words)
    return memory.extract(place, place / "place", 1)


def test_clips_differ_and_have_their_shapes(tmp_path: Path) -> None:
    from har_lib import video

    root = memory.write_clips(tmp_path, [(5, 64, 48), (5, 64, 48), (9, 32, 16)], seed=0)
    found = [video.read_gray(path) for path in sorted(root.rglob("*.avi"), key=lambda p: p.name)]
    assert [clip.shape for clip in found] == [(5, 48, 64), (5, 48, 64), (9, 16, 32)]
    assert not np.array_equal(found[0], found[1])
    # It moves by a pixel a frame.
    moved = np.abs(found[0][1, :, :-1].astype(int) - found[0][0, :, 1:]).mean()
    still = np.abs(found[0][1].astype(int) - found[0][0]).mean()
    assert moved < still / 2


def test_a_run_above_its_bound_is_counted() -> None:
    taken = memory.Taken(1, 60, "3840x2160", 1, 0.0, 0.0, 1.0)
    bound = memory.BOUNDS["large clip"]
    runs = [memory.Measured("large clip", taken, bound + above) for above in (-1.0, 1.0)]
    assert memory.Memory(tuple(runs)).failed == 1
