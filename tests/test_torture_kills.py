"""What is killed at random moments and called again, in short; in full: ``python -m torture``."""

import json
import os
import subprocess
import sys
from pathlib import Path
from random import Random
from types import SimpleNamespace

import psutil
import pytest

from har_lib import files
from torture import __main__ as command
from torture import kill_scenarios, kills, processes


@pytest.mark.parametrize("name", ["extraction", "search"])
def test_two_kills_and_what_the_next_run_leaves_is_as_if_undisturbed(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kill_scenarios.Extraction, "clips", 6)
    monkeypatch.setattr(kill_scenarios.Search, "iterations", 40)
    share = kill_scenarios.SCENARIOS[name].share
    assert share
    found = kills.run(2, int(os.environ.get("HAR_SEED", "3")), scenarios=[name])
    assert len(found.kills) == 2
    assert not found.failures


class Careless(kill_scenarios.Scenario):
    """A work that appends to what is there, and so gives another result when it was killed."""

    name, share = "careless", 1

    def words(self, place: Path) -> list[str]:
        write = f"open({str(place / 'a.txt')!r}, 'a').write('x')"
        return ["-c", f"import time; {write}; time.sleep(0.3)"]

    def content(self, place: Path) -> dict[str, str]:
        return processes.digests(place)

    def finished(self, place: Path) -> dict[str, processes.Stamp]:
        return {}

    def repeated(self, place: Path, before: dict[str, processes.Stamp], said: str) -> str:
        return ""


class Wasteful(Careless):
    """A work that writes anew what is finished."""

    def words(self, place: Path) -> list[str]:
        write = f"open({str(place / 'a.txt')!r}, 'w').write('x')"
        return ["-c", f"import time; {write}; time.sleep(0.3)"]

    def finished(self, place: Path) -> dict[str, processes.Stamp]:
        return processes.stamps(place)


class Untidy(Careless):
    """A work that leaves files of its own name each time."""

    def words(self, place: Path) -> list[str]:
        write = f"open(f'{place}/.{{os.getpid()}}.tmp', 'w').write('x')"
        return ["-c", f"import os, time; {write}; time.sleep(0.3)"]

    def content(self, place: Path) -> dict[str, str]:
        return {}


@pytest.mark.parametrize(
    ("work", "said"),
    [(Careless, "another content"), (Wasteful, "written again"), (Untidy, "left over")],
)
def test_what_a_kill_spoils_is_seen(
    work: type[kill_scenarios.Scenario],
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setattr(kills, "_kill", _kill_late)
    (found,) = kills._of(work(tmp_path), 1, Random(0))
    assert said in found.wrong


def _kill_late(scenario: kill_scenarios.Scenario, place: Path, *_: object) -> float:
    """When it has written, which is no matter of chance here."""
    place.mkdir(exist_ok=True)
    process = processes.start(scenario.words(place), place)
    while not any(place.iterdir()):
        pass
    processes.kill(process)
    return 0.0


@pytest.mark.parametrize("alone", [False, True])
def test_no_process_is_left_when_a_kill_is_done(tmp_path: Path, alone: bool) -> None:
    """Nor one of a group of its own, which ends by itself a little later, as kernels do."""
    ends = "while os.getppid() == int(sys.argv[1]): time.sleep(0.1)\ntime.sleep(0.5)"
    child = f"import os, sys, time\n{ends if alone else 'time.sleep(60)'}"
    place = tmp_path / "place"
    place.mkdir()
    code = (
        "import os, subprocess, sys, time\n"
        f"command = [sys.executable, '-c', {child!r}, str(os.getpid())]\n"
        "silent = {'stdout': subprocess.DEVNULL, 'stderr': subprocess.DEVNULL}\n"
        f"child = subprocess.Popen(command, start_new_session={alone}, **silent)\n"
        f"open({str(place / 'child')!r}, 'w').write(str(child.pid))\n"
        "print('ready', flush=True)\n"
        "time.sleep(60)"
    )
    process = processes.start(["-c", code], place)
    assert process.stdout is not None
    process.stdout.readline()
    begun = psutil.Process(int((place / "child").read_text()))
    processes.kill(process)
    assert process.returncode == -9
    assert not begun.is_running() or begun.status() == psutil.STATUS_ZOMBIE


def test_an_iteration_that_is_done_too_often_is_counted(tmp_path: Path) -> None:
    search = kill_scenarios.Search(tmp_path)
    for noted, wrong in (("1 2 3 4 5 6 7 8 5 6", False), ("1 2 3 4 5 6 7 8 9 5 6", True)):
        (tmp_path / "iterations").write_text(noted)
        assert bool(search.repeated(tmp_path, {}, "")) is wrong


def test_clips_that_are_made_again_are_counted(tmp_path: Path) -> None:
    extraction = kill_scenarios.Extraction.__new__(kill_scenarios.Extraction)
    extraction.clips, extraction.whole = 10, 30
    before = {str(number): (0, 0) for number in range(16)}
    # 16 files of three a clip, of two clips under way: four clips at least are finished.
    for made, wrong in ((6, False), (7, True)):
        assert bool(extraction.repeated(tmp_path, before, f"10 clips: {made} made")) is wrong


# ---------------------------------------------------------------- half-written files


def left_by_a_killed_run(target: Path) -> Path:
    """Its name, when a process was killed in the middle of writing."""
    code = (
        "import os, signal, sys\n"
        "from har_lib import files\n"
        "with files.atomic(sys.argv[1]) as temporary:\n"
        "    temporary.write_text('half')\n"
        "    os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(target)], cwd=files.ROOT, check=False)
    assert done.returncode == -9
    (left,) = set(target.parent.iterdir()) - {target}
    return left


@pytest.mark.parametrize("name", ["a.json", "a [1].csv", "none"])
def test_the_next_run_removes_what_a_killed_one_has_left(tmp_path: Path, name: str) -> None:
    left = left_by_a_killed_run(tmp_path / name)
    other = tmp_path / ".b-12345678.part.json"
    other.write_text("of another file")
    files.write_text(tmp_path / name, "while it may still be written")
    assert left.exists()
    processes.age([left, other])
    files.write_text(tmp_path / name, "whole")
    assert sorted(tmp_path.iterdir()) == sorted([tmp_path / name, other])


# ---------------------------------------------------------------- python -m torture


class Part:
    """Stands in for a part: counts its runs, and fails if it has many cases."""

    runs = 0
    killed = False

    def run(self, cases: int, seed: int, progress: bool) -> SimpleNamespace:
        self.runs += 1
        if self.killed:
            raise KeyboardInterrupt
        return SimpleNamespace(
            failed=int(cases > 100), summary=lambda: f"{cases} cases", rows=lambda: [{"seed": seed}]
        )


@pytest.fixture
def parts(monkeypatch: pytest.MonkeyPatch) -> dict[str, Part]:
    found = {name: Part() for name in command.PARTS}
    monkeypatch.setattr(command, "import_module", lambda name: found[name.split(".")[1]])
    return found


def test_parts_that_are_finished_are_kept(
    parts: dict[str, Part], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "deep" / "report.json"
    words = ["--only", "clips", "--only", "kills", "--cases", "7", "--output", str(output)]
    parts["kills"].killed = True
    assert command.main(words) == 130
    assert list(json.loads(output.read_text())) == ["clips"]
    parts["kills"].killed = False
    assert command.main(words) == 0
    assert (parts["clips"].runs, parts["kills"].runs) == (1, 2)
    assert "7 cases" in capsys.readouterr().out
    assert list(json.loads(output.read_text())) == ["clips", "kills"]
    assert command.main([*words, "--seed", "1"]) == 0
    assert command.main([*words, "--seed", "1", "--anew"]) == 0
    assert (parts["clips"].runs, parts["kills"].runs) == (3, 4)
    assert json.loads(output.read_text())["clips"]["rows"] == [{"seed": 1}]


def test_other_sources_make_a_part_stale(
    parts: dict[str, Part], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["--only", "clips", "--cases", "7", "--output", str(tmp_path / "report.json")]
    assert [command.main(words), command.main(words)] == [0, 0]
    monkeypatch.setattr(command, "_own_sources", dict)
    assert command.main(words) == 0
    assert parts["clips"].runs == 2


def test_what_must_not_be_gives_another_exit_status(parts: dict[str, Part], tmp_path: Path) -> None:
    output = ["--output", str(tmp_path / "report.json")]
    assert command.main([*output, "--cases", "101", "--only", "crowd"]) == 1
    # It is kept as it was, and so is what it says.
    assert command.main([*output, "--cases", "101", "--only", "crowd"]) == 1
    assert command.main([*output, "--cases", "7", "--only", "clips"]) == 0


def test_every_part_is_run_and_a_damaged_report_is_made_anew(
    parts: dict[str, Part], tmp_path: Path
) -> None:
    output = tmp_path / "report.json"
    output.write_text("[")
    assert command.main(["--output", str(output), "--cases", "7"]) == 0
    assert [part.runs for part in parts.values()] == [1] * len(command.PARTS)
    assert list(json.loads(output.read_text())) == list(command.PARTS)


def test_no_cases_are_refused(
    parts: dict[str, Part], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(["--cases", "0", "--output", str(tmp_path / "report.json")]) == 2
    assert capsys.readouterr().err.count("\n") == 1
