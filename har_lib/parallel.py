"""Many independent tasks on several processes, with a progress bar; always in order.

joblib shares out the tasks: to processes on this machine, or to the workers of a Dask cluster.
A process that is killed, for want of memory for instance, ends nothing: see ``stream``.
"""

import atexit
import os
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager, nullcontext
from functools import cache
from multiprocessing import resource_tracker
from pathlib import Path
from typing import Any, Protocol

import joblib
import numpy as np
from joblib.externals import loky
from tqdm.auto import tqdm

from har_lib import files
from har_lib.errors import InputError

#: So many tasks in a row that end their processes are no accident of single clips.
LOST_IN_A_ROW = 10

#: Why a task was given up, for the one who lists failures.
LOST = (
    "ends its process each time, also when alone; there may be too little memory for it, or it "
    "crashes a library"
)

Function = Callable[..., Any]
Task = tuple[Any, ...]


class Engine(Protocol):
    """Where tasks run: processes of this machine, or the workers of a cluster."""

    #: What is raised when a process was killed rather than its task failed.
    broken: tuple[type[BaseException], ...]

    #: How often a task may end the process that it has to itself.
    tries: int

    def prepared(self, function: Function) -> Function:
        """The function as it is sent to a process of this engine."""

    def pool(self) -> joblib.Parallel:
        """All processes, for many tasks at once."""

    def single(self) -> AbstractContextManager[Executor]:
        """One process, for one task at a time."""


def stream(
    function: Function,
    tasks: Iterable[Task],
    jobs: int = 1,
    progress: str = "",
    *,
    scheduler: str = "",
    frames: Callable[[Any], int] | None = None,
    needs: Sequence[Path] = (),
    lost: Function | None = None,
) -> Iterator[Any]:
    """Call ``function(*task)`` for each task and yield the results in the tasks' order.

    A result is given out as soon as all before it are. Results that wait for a slow task, or for
    a slow consumer, are held in memory: let tasks return little.

    A process that is killed, or a cluster's worker, ends nothing. The tasks that were under way
    run again, one at a time in a process of their own, and then all processes go on. A task that
    ends such a process too, twice, is lost.

    Parameters
    ----------
    function : callable
        Importable, so that another process can find it.
    tasks : iterable of tuple
        Arguments of each call.
    jobs : int
        Processes; 1 stays in this one.
    progress : str
        What the bar is called; empty shows none.
    scheduler : str
        Address of a Dask scheduler, such as ``tcp://10.0.0.1:8786``, whose workers take the
        place of the ``jobs`` processes.
    frames : callable, optional
        Frames that a result stands for; the bar then shows frames per second.
    needs : sequence of Path
        Files or folders that each worker of a cluster must see, such as the first clip.
    lost : callable, optional
        Called with the arguments of a lost task; gives the result to be yielded for it. Without
        it a lost task is an error.

    Raises
    ------
    InputError
        If a task is lost, or ``LOST_IN_A_ROW`` of them one after the other, or if the cluster
        cannot be used; whatever ``function`` raises is raised as well.

    Examples
    --------
    >>> next(stream(pow, [(2, 3), (3, 2)]))
    8
    """
    calls = list(tasks)
    with ExitStack() as stack:
        engine = stack.enter_context(_engine(jobs, len(calls), scheduler, needs))
        results = stack.enter_context(closing(_results(engine, function, calls, lost)))
        # A log file gets a line now and then, a terminal a moving bar.
        pause = 0.1 if sys.stderr.isatty() else 10
        bar = stack.enter_context(
            tqdm(total=len(calls), desc=progress, disable=not progress, mininterval=pause)
        )
        begin, seen = time.monotonic(), 0
        for result in results:
            if frames is not None:
                seen += frames(result)
                rate = seen / max(time.monotonic() - begin, 1e-9)
                bar.set_postfix_str(f"{rate:.0f} frames/s", refresh=False)
            bar.update()
            yield result


def each(
    function: Function,
    tasks: Iterable[Task],
    jobs: int = 1,
    progress: str = "",
    *,
    scheduler: str = "",
    frames: Callable[[Any], int] | None = None,
    needs: Sequence[Path] = (),
    lost: Function | None = None,
) -> list[Any]:
    """List of what ``stream`` yields, from the same arguments.

    Examples
    --------
    >>> each(pow, [(2, 3), (3, 2)])
    [8, 9]
    """
    return list(
        stream(
            function,
            tasks,
            jobs,
            progress,
            scheduler=scheduler,
            frames=frames,
            needs=needs,
            lost=lost,
        )
    )


def divided(fitness: Function, jobs: int) -> Function:
    """Let several processes share the positions of each call of a fitness.

    For a fitness that takes far longer than its positions take to be sent. A search whose agents
    draw their random numbers by themselves, as those of :func:`har_lib.seagull.maximise`, goes the
    same way in one process and in many, if the fitness of a position is the same to the last bit
    whatever others it is computed together with.

    Parameters
    ----------
    fitness : callable
        Positions (P, D) to numbers (P,), each position by itself.
    jobs : int
        Processes.

    Examples
    --------
    >>> divided(lambda x: x.sum(axis=1), jobs=1)(np.ones((3, 2))).tolist()
    [2.0, 2.0, 2.0]
    """

    def shared(positions: np.ndarray) -> np.ndarray:
        parts = np.array_split(positions, max(1, min(jobs, len(positions))))
        return np.concatenate(each(fitness, [(part,) for part in parts], jobs))

    return shared


def _engine(
    jobs: int, tasks: int, scheduler: str, needs: Sequence[Path]
) -> AbstractContextManager[Engine]:
    if not scheduler:
        return nullcontext(Processes(min(jobs, max(1, tasks))))
    try:
        from har_lib import cluster
    except ModuleNotFoundError as error:
        raise InputError(
            "--scheduler needs Dask, which is not installed: pip install '.[cluster]'"
        ) from error
    return cluster.connected(scheduler, needs)


def _results(
    engine: Engine, function: Function, calls: list[Task], lost: Function | None
) -> Generator[Any]:
    """Results in order; after a crash the tasks under way one by one, then all others."""
    function = engine.prepared(function)
    # A worker that has grown by importing torch is replaced, which loses nothing; and whoever
    # stops early knows that tasks are left.
    for message in ("A worker stopped while some jobs", ".*tasks (have been successfully|which)"):
        warnings.filterwarnings("ignore", message=message, category=UserWarning)
    done = 0
    while done < len(calls):
        begun = done
        pool = engine.pool()
        try:
            with _interrupts_held_back():
                found = pool(joblib.delayed(function)(*call) for call in calls[done:])
            with closing(found):
                for result in found:
                    done += 1
                    yield result
        except engine.broken:
            under_way = calls[done : max(begun + pool.n_dispatched_tasks, done + 1)]
            print_line("a process was killed (out of memory?); its tasks run again, one by one")
            for result in _one_by_one(engine, function, under_way, lost or _refuse):
                done += 1
                yield result


def _one_by_one(
    engine: Engine, function: Function, calls: list[Task], lost: Function
) -> Iterator[Any]:
    """Results of tasks that run alone, so that the one that ends its process is known."""
    in_a_row = 0
    with ExitStack() as stack:
        single = stack.enter_context(engine.single())
        for call in calls:
            for _ in range(engine.tries):
                with _interrupts_held_back():
                    answer = single.submit(function, *call)
                try:
                    result = answer.result()
                except engine.broken:
                    single = stack.enter_context(engine.single())
                else:
                    in_a_row = 0
                    break
            else:
                in_a_row += 1
                if in_a_row == LOST_IN_A_ROW:
                    raise InputError(
                        f"{in_a_row} tasks in a row ended their processes, the last {call[0]}: "
                        "look for free memory and run again; what is finished is kept"
                    )
                result = lost(*call)
            yield result


@contextmanager
def _interrupts_held_back() -> Iterator[None]:
    """Let interrupts wait, and for ever in processes that are started meanwhile.

    A terminal sends them to all processes; the first alone answers, and ends the others.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _refuse(*task: Any) -> Any:
    raise InputError(f"{task[0]}: {LOST}; run again, what is finished is kept")


def print_line(text: str) -> None:
    """Print a line to the standard error, above a bar that may stand there."""
    tqdm.write(f"har: {text}", file=sys.stderr)


# ---------------------------------------------------------------- processes of this machine


class Processes:
    """An engine of ``jobs`` processes on this machine; one alone is this process."""

    broken: tuple[type[BaseException], ...] = (BrokenExecutor,)
    tries = 2  # the first time may have been an accident

    def __init__(self, jobs: int) -> None:
        self._jobs = jobs
        self._at_start: dict[str, Any] = {"initializer": _end_with, "initargs": (os.getpid(),)}
        if jobs > 1:
            # Comes with the first process otherwise, and lets interrupts through again.
            resource_tracker.ensure_running()
            _close_workers_at_exit()

    def prepared(self, function: Function) -> Function:
        """The function, with the data folder of this process."""
        return InFolder(function, str(files.data_dir())) if self._jobs > 1 else function

    def pool(self) -> joblib.Parallel:
        """Joblib's processes, which stay for the next call."""
        with joblib.parallel_config("loky", **self._at_start):
            return joblib.Parallel(n_jobs=self._jobs, return_as="generator")

    @contextmanager
    def single(self) -> Iterator[Executor]:
        """A new process."""
        executor = loky.ProcessPoolExecutor(1, **self._at_start)
        try:
            yield executor
        finally:
            executor.shutdown(kill_workers=True)


class InFolder:
    """A function that runs with the data folder of the process that asks for it.

    Processes that stay from an earlier call, and workers of a cluster, have one of their own.
    """

    def __init__(self, function: Function, folder: str) -> None:
        self._function = function
        self._folder = folder

    def __call__(self, *task: Any) -> Any:
        """Call the function."""
        os.environ["HAR_DATA"] = self._folder
        return self._function(*task)


def _end_with(parent: int) -> None:
    """End this process soon after its parent, which cannot do so when it is killed."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


@cache
def _close_workers_at_exit() -> None:
    """Workers that outlive a notebook's kernel would be reported as leaks on the terminal."""
    atexit.register(lambda: loky.get_reusable_executor(reuse=True).shutdown(wait=True))
