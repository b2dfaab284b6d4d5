"""Many independent tasks on several processes, with a progress bar; always in order."""

import atexit
import sys
import warnings
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

import joblib
from joblib.externals import loky
from tqdm.auto import tqdm


@cache
def _close_workers_at_exit() -> None:
    """Workers that outlive a notebook's kernel would be reported as leaks on the terminal."""
    atexit.register(lambda: loky.get_reusable_executor().shutdown(wait=True))


def each(
    function: Callable[..., Any],
    tasks: Iterable[tuple[Any, ...]],
    jobs: int = 1,
    progress: str = "",
) -> list[Any]:
    """Call ``function(*task)`` for each task and return the results in the tasks' order.

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

    Examples
    --------
    >>> each(pow, [(2, 3), (3, 2)])
    [8, 9]
    """
    calls = list(tasks)
    jobs = min(jobs, max(1, len(calls)))
    if jobs > 1:
        _close_workers_at_exit()
    workers = joblib.Parallel(n_jobs=jobs, return_as="generator")
    with warnings.catch_warnings():
        # A worker that has grown by importing torch is replaced, which loses nothing.
        warnings.filterwarnings("ignore", message="A worker stopped while some jobs")
        results = workers(joblib.delayed(function)(*call) for call in calls)
        # A log file gets a line now and then, a terminal a moving bar.
        pause = 0.1 if sys.stderr.isatty() else 10
        bar = tqdm(
            results, total=len(calls), desc=progress, disable=not progress, mininterval=pause
        )
        return list(bar)
