"""Tasks on several processes: order, what the bar says, and what a killed process leads to."""

import os
import signal
import subprocess
import sys
import textwrap
import time
import warnings
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import psutil
import pytest
from joblib.externals import loky

from har_lib import files, parallel, seagull
from har_lib.errors import InputError
from har_lib.files import ROOT


def later_first(number: int, of: int) -> tuple[int, int]:
    """The first tasks take longest."""
    time.sleep(0.01 * (of - number))
    return number, os.getpid()


def folder(_: int) -> str:
    return str(files.data_dir())


def fail(number: int) -> int:
    if number == 3:
        raise InputError("3: is no good")
    return number


def mark(folder: Path, number: int) -> int:
    (folder / str(number)).touch()
    time.sleep(0.01)
    return number


def die(number: int, deadly: int, where: Path, times: int) -> int:
    """End the process that it runs in, so many times in all."""
    if number == deadly and len(list(where.iterdir())) < times:
        (where / f"{os.getpid()}").touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def held_back(_: int) -> bool:
    return signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, [])


def given_up(number: int, *_: Any) -> str:
    return f"{number} is lost"


@pytest.mark.parametrize("jobs", [1, 2])
def test_results_come_in_the_order_of_the_tasks(jobs: int) -> None:
    found = parallel.each(later_first, ((k, 8) for k in range(8)), jobs)
    assert [number for number, _ in found] == list(range(8))
    processes = {process for _, process in found}
    assert len(processes) == jobs
    assert (os.getpid() in processes) == (jobs == 1)


def test_nothing_to_do_is_done_at_once() -> None:
    assert parallel.each(pow, [], jobs=2, progress="nothing") == []


def test_a_result_is_given_out_before_the_next_task_runs(tmp_path: Path) -> None:
    for number in parallel.stream(mark, ((tmp_path, k) for k in range(5))):
        assert len(list(tmp_path.iterdir())) == number + 1


@pytest.mark.parametrize("jobs", [1, 2])
def test_who_stops_early_stops_the_work(tmp_path: Path, jobs: int) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for number in parallel.stream(mark, [(tmp_path, k) for k in range(2000)], jobs):
            if number == 2:
                break
    begun = len(list(tmp_path.iterdir()))
    assert 3 <= begun < 1000
    time.sleep(0.1)
    assert len(list(tmp_path.iterdir())) == begun
    assert parallel.each(pow, [(2, 3), (3, 2)], jobs) == [8, 9]


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_error_is_the_tasks_own(jobs: int) -> None:
    found = parallel.stream(fail, ((k,) for k in range(8)), jobs)
    with pytest.raises(InputError, match=r"^3: is no good$"):
        list(found)


def test_processes_that_stay_take_the_data_folder_of_each_call(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("one", "two"):
        monkeypatch.setenv("HAR_DATA", str(tmp_path / name))
        assert parallel.each(folder, [(0,), (1,)], jobs=2) == [str(tmp_path / name)] * 2


def test_the_bar_counts_clips_and_frames_per_second(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    seconds = iter(range(100))  # one for each look at the clock
    monkeypatch.setattr(parallel, "time", SimpleNamespace(monotonic=lambda: float(next(seconds))))
    frames = [30, 90, 0, 80]
    parallel.each(abs, [(n,) for n in frames], progress="features", frames=lambda n: n)
    last = capsys.readouterr().err.split("\r")[-1]
    assert "features: 100%" in last
    assert "4/4" in last
    assert "50 frames/s" in last  # 200 frames in 4 seconds


def test_without_a_name_there_is_no_bar(capsys: pytest.CaptureFixture[str]) -> None:
    parallel.each(abs, [(1,)], frames=abs)
    assert capsys.readouterr().err == ""


def test_a_terminals_interrupt_is_for_the_first_process_alone() -> None:
    """Others, which it reaches too, would each print where they were."""
    loky.get_reusable_executor(reuse=True).shutdown()  # or they stay from the tests before
    assert parallel.each(held_back, [(0,)] * 4, jobs=2) == [True] * 4
    assert not held_back(0)


# ---------------------------------------------------------------- killed processes


@pytest.mark.parametrize("times", [1, 2])
def test_a_killed_process_loses_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], times: int
) -> None:
    """Also if the task, the second time, ends the process that it has to itself."""
    calls = [(k, 5, tmp_path, times) for k in range(12)]
    assert parallel.each(die, calls, jobs=2) == list(range(12))
    assert len(list(tmp_path.iterdir())) == times
    assert "har: a process was killed" in capsys.readouterr().err


def test_a_task_that_always_ends_its_process_is_lost_alone(tmp_path: Path) -> None:
    calls = [(k, 5, tmp_path, 99) for k in range(12)]
    found = parallel.each(die, calls, jobs=2, lost=given_up)
    assert found == [*range(5), "5 is lost", *range(6, 12)]
    assert len(list(tmp_path.iterdir())) == 3  # among others once, alone twice


def test_a_lost_task_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"^5: ends its process .* run again, .* kept$"):
        parallel.each(die, [(k, 5, tmp_path, 99) for k in range(8)], jobs=2)


def test_a_machine_that_loses_every_task_is_told_from_single_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parallel, "LOST_IN_A_ROW", 2)
    calls = [(5, 5, tmp_path, 99) for _ in range(50)]
    with pytest.raises(InputError, match=r"^2 tasks in a row .*, the last 5: "):
        parallel.each(die, calls, jobs=2, lost=given_up)
    assert len(list(tmp_path.iterdir())) <= 6


SLEEPERS = """
    import pathlib, signal, time
    from har_lib import parallel

    # Started in the background of a script, a process has been told to ignore it.
    signal.signal(signal.SIGINT, signal.default_int_handler)

    def sleep(name):
        pathlib.Path(name + ".asleep").touch()
        time.sleep(60)

    parallel.each(sleep, [(name,) for name in "abcd"], jobs=2)
"""


def session(leader: int) -> set[int]:
    """Processes of a session that live; the dead may wait for init."""
    found = set()
    for process in psutil.process_iter():
        try:
            alive = process.status() != psutil.STATUS_ZOMBIE
            if alive and os.getsid(process.pid) == leader:
                found.add(process.pid)
        except (psutil.NoSuchProcess, ProcessLookupError):
            continue
    return found


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_no_process_stays_when_the_first_is_killed(tmp_path: Path, end: signal.Signals) -> None:
    """At work in long tasks, which nothing but their own watch can end."""
    path = tmp_path / "sleep.py"
    path.write_text(textwrap.dedent(SLEEPERS))
    with subprocess.Popen(
        [sys.executable, str(path)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        start_new_session=True,
        stderr=subprocess.DEVNULL,
    ) as process:
        wait_for(lambda: len(list(tmp_path.glob("*.asleep"))) == 2)
        assert len(session(process.pid)) >= 3
        process.send_signal(end)
        process.wait(120)
        wait_for(lambda: not session(process.pid))


def wait_for(condition: Any, seconds: float = 120) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.02)


# ---------------------------------------------------------------- one search, many processes


def away_from(x: np.ndarray) -> np.ndarray:
    return -((x - 0.3) ** 2).sum(axis=1)


@pytest.mark.parametrize("form", seagull.FORMS)
def test_one_process_and_many_search_the_same_path(form: str) -> None:
    settings = {"form": form, "population": 7, "iterations": 6, "seed": 5, "jumping": 0.5}
    low, high = np.full(4, -1.0), np.full(4, 1.0)
    alone = seagull.maximise(away_from, low, high, **settings)
    for jobs in (2, 3):
        shared = parallel.divided(away_from, jobs)
        found = seagull.maximise(shared, low, high, **settings)
        assert np.array_equal(found.position, alone.position)
        assert np.array_equal(found.history, alone.history)


def process_of(x: np.ndarray) -> np.ndarray:
    return np.full(len(x), float(os.getpid()))


def test_positions_are_shared_in_order_among_processes() -> None:
    shared = parallel.divided(lambda x: x[:, 0] * 2, 3)
    assert shared(np.arange(8.0)[:, None]).tolist() == [0, 2, 4, 6, 8, 10, 12, 14]
    assert shared(np.array([[4.0]])).tolist() == [8]
    where = parallel.divided(process_of, 2)(np.zeros((6, 1)))
    assert os.getpid() not in where
