"""A Dask cluster as the place where tasks run; no worker works before it has been checked."""

import logging
import os
import re
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError, Executor, Future
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import cv2
import distributed
import joblib
import numpy as np
from distributed.client import FutureCancelledError
from distributed.comm import CommClosedError
from joblib._dask import DaskDistributedBackend

from har_lib import files, sources
from har_lib.errors import InputError, printable

#: Seconds in which a scheduler must answer, in which the first worker must come, and for which
#: a run goes on waiting after the last worker has gone.
ANSWER, ARRIVAL, PATIENCE = 10.0, 30.0, 60.0

#: Workers that come later get work at once, until there are so many.
EXPECTED_WORKERS = 64

_ADDRESS = re.compile(
    r"(?:(?P<protocol>tcp|tls|ucx)://)?(?:[\w.-]+|\[[\da-fA-F:.]+(?:%\w+)?\]):(?P<port>\d{1,5})"
)

SAME_LOCK = "install the same checkout and requirements.lock there and restart the worker"


@dataclass(frozen=True)
class Terms:
    """What a worker must have in common with the process that gives it work."""

    software: tuple[tuple[str, str], ...]
    #: The data folder, and in its store a file with a secret that lasts as long as the run.
    folder: str
    token: str
    secret: str
    #: Other files and folders, with their sizes; 0 for a folder.
    needs: tuple[tuple[str, int], ...]


#: What the bits of a result depend on. The sources are looked at when they are loaded: a worker
#: that was started before they changed runs the old ones.
SOFTWARE = (
    ("har_lib", sources.digest(path.stem for path in Path(__file__).parent.glob("*.py"))[:12]),
    ("OpenCV", cv2.__version__),
    ("numpy", np.__version__),
)


def complaints(terms: Terms, threads: int = 1) -> list[str]:
    """Ways in which this process cannot work on these terms, each with what to do."""
    found = []
    if threads != 1:
        found.append(f"it has {threads} threads: start more workers instead, with --nthreads 1")
    found += [
        f"{name} is {ours} there and {theirs} here: {SAME_LOCK}"
        for (name, ours), (_, theirs) in zip(SOFTWARE, terms.software, strict=True)
        if ours != theirs
    ]
    try:
        seen = Path(terms.token).read_text() == terms.secret
    except OSError:
        seen = False
    if seen:
        try:
            tempfile.TemporaryFile(dir=Path(terms.token).parent).close()
        except OSError as error:
            found.append(f"{terms.folder} cannot be written there: {error.strerror}")
    unseen = [] if seen else [terms.folder]
    unseen += [path for path, size in terms.needs if _size(Path(path)) != size]
    return found + [
        f"{path} is not there as it is here: share it with every worker under the same name"
        for path in unseen
    ]


def _size(path: Path) -> int:
    """Bytes of a file, 0 for a folder, -1 for nothing."""
    if path.is_dir():
        return 0
    return path.stat().st_size if path.is_file() else -1


@lru_cache(maxsize=1)
def _admit(terms: Terms) -> None:
    """Check this worker, once for each run; an error is not remembered and comes again."""
    cv2.setNumThreads(1)
    worker = distributed.get_worker()
    if found := complaints(terms, worker.state.nthreads):
        raise InputError(f"worker {worker.address}: {'; '.join(found)}")


class OnTerms:
    """A function that a worker runs only if it meets the terms; also one that came late."""

    def __init__(self, function: Callable[..., Any], terms: Terms) -> None:
        self._function = function
        self._terms = terms
        self.__name__ = getattr(function, "__name__", "task")  # which Dask shows

    def __call__(self, *task: Any) -> Any:
        """Call the function, with the data folder of the process that asks."""
        _admit(self._terms)
        os.environ["HAR_DATA"] = self._terms.folder
        return self._function(*task)


class Backend(DaskDistributedBackend):
    """joblib's backend for Dask, put right in two places.

    By itself it waits for ever for a task that Dask gives up, and calls functions in this
    process, not on the cluster, as long as that has one worker.
    """

    def effective_n_jobs(self, n_jobs: int) -> int:
        """How many tasks joblib may expect to run at once."""
        return max(super().effective_n_jobs(n_jobs), EXPECTED_WORKERS)

    def submit(self, func: Any, callback: Any = None) -> Any:
        """Send a batch of tasks; ``callback`` gets what came of it, or the error."""

        def tell(ended: Future[Any]) -> None:
            if (error := ended.exception()) is not None:
                callback(error)

        future = super().submit(func, callback)
        future.add_done_callback(tell)
        return future


class Cluster:
    """An engine of the workers of a Dask cluster."""

    broken: tuple[type[BaseException], ...] = (distributed.KilledWorker,)
    tries = 1  # the scheduler has tried on several workers before it gives up

    def __init__(self, client: distributed.Client, terms: Terms) -> None:
        self._client = client
        self._terms = terms

    def prepared(self, function: Callable[..., Any]) -> OnTerms:
        """The function, with the check that comes before it."""
        return OnTerms(function, self._terms)

    def pool(self) -> joblib.Parallel:
        """All workers."""
        return joblib.Parallel(backend=Backend(client=self._client), return_as="generator")

    @contextmanager
    def single(self) -> Iterator[Executor]:
        """Any worker: the scheduler sends a task to another one if it ends its worker."""
        yield self._client.get_executor(pure=False)


@contextmanager
def connected(address: str, needs: Sequence[Path] = ()) -> Iterator[Cluster]:
    """The workers of the scheduler at ``address``, all of them checked.

    A hidden file in the store shows the workers that they see the same one; it goes at the end.

    Raises
    ------
    InputError
        If no scheduler answers, no worker comes, or a worker differs from this process or does
        not see the data folder or ``needs``; later, if the scheduler or all workers are gone.
    """
    store = files.data_dir() / "store"
    store.mkdir(parents=True, exist_ok=True)
    with (
        _quiet(),
        tempfile.NamedTemporaryFile("w", prefix=".cluster-", suffix=".part", dir=store) as token,
        _client(address) as client,
    ):
        secret = os.urandom(16).hex()
        token.write(secret)
        token.flush()
        sizes = tuple((str(path.absolute()), _size(path)) for path in needs)
        terms = Terms(SOFTWARE, str(files.data_dir()), token.name, secret, sizes)
        _check(client, address, terms)
        with _watched(client, address):
            yield Cluster(client, terms)


@contextmanager
def _quiet() -> Iterator[None]:
    """Dask reports by itself what is raised here as one line."""
    loggers = [logging.getLogger(name) for name in ("distributed", "distributed.client")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


class _Client(distributed.Client):
    """Dask's client, closed whatever ends its start: Dask itself sees to OSError alone."""

    async def _start(self, *arguments: Any, **options: Any) -> Any:
        try:
            return await super()._start(*arguments, **options)
        except (TypeError, ValueError):
            await self._close()
            raise


def _client(address: str) -> distributed.Client:
    protocol = _protocol(address)
    try:
        return _Client(address, timeout=ANSWER, set_as_default=False, name="har")
    except OSError as error:
        raise InputError(
            f"--scheduler {address}: no Dask scheduler answers there within {ANSWER:.0f} s; start "
            "one with `dask scheduler`, which prints its address"
        ) from error
    except (TypeError, ValueError) as error:
        raise InputError(
            f"--scheduler {address}: Dask is not set up for {protocol} here ({printable(error)});"
            f" use tcp, or set up {protocol} as Dask's documentation says"
        ) from error


def _protocol(address: str) -> str:
    """How to speak to a scheduler, if that is an address at all; without a word of it, tcp."""
    match = _ADDRESS.fullmatch(address)
    if match is None or not 1 <= int(match["port"]) <= 65535:
        raise InputError(
            f"--scheduler {printable(address)}: is no address; name the protocol (tcp, tls or"
            " ucx), the host and the port, such as tcp://10.0.0.1:8786"
        )
    return match["protocol"] or "tcp"


def _check(client: distributed.Client, address: str, terms: Terms) -> None:
    """Wait for the first worker, then look at all workers in one round trip."""
    try:
        client.wait_for_workers(1, timeout=ARRIVAL)
    except TimeoutError as error:
        raise InputError(
            f"--scheduler {address}: has no workers after {ARRIVAL:.0f} s; start some with "
            f"`dask worker {address} --nthreads 1`"
        ) from error
    threads = client.nthreads()
    answers = client.run(_answer, terms, threads, on_error="return")
    faults: dict[str, list[str]] = {}
    for worker, answer in answers.items():
        if isinstance(answer, CommClosedError):
            continue  # the worker has gone, which may happen at any time
        if isinstance(answer, BaseException):
            answer = [f"har_lib cannot be loaded there ({answer}): {SAME_LOCK}"]
        for fault in answer:
            faults.setdefault(fault, []).append(worker)
    if faults:
        raise InputError("; ".join(f"{_names(who)}: {fault}" for fault, who in faults.items()))


def _answer(terms: Terms, threads: dict[str, int], dask_worker: Any) -> list[str]:
    return complaints(terms, threads.get(dask_worker.address, 1))


def _names(workers: list[str]) -> str:
    if len(workers) == 1:
        return f"worker {workers[0]}"
    more = f" and {len(workers) - 3} more" if len(workers) > 3 else ""
    return f"workers {', '.join(workers[:3])}{more}"


@contextmanager
def _watched(client: distributed.Client, address: str) -> Iterator[None]:
    """End the wait for workers that are gone for good, and say what happened to the cluster."""
    ended, deserted = threading.Event(), threading.Event()

    def watch() -> None:
        seen = time.monotonic()
        while not ended.wait(PATIENCE / 20):
            try:
                present = client.nthreads()
            except Exception:  # the main thread hears of it by itself
                return
            if present:
                seen = time.monotonic()
            elif time.monotonic() - seen > PATIENCE:
                deserted.set()
                client.close()  # which ends what waits for results
                return

    threading.Thread(target=watch, daemon=True).start()
    try:
        yield
    except (FutureCancelledError, CancelledError, CommClosedError) as error:
        what = f"had no workers for {PATIENCE:.0f} s" if deserted.is_set() else "is gone"
        raise InputError(
            f"--scheduler {address}: the scheduler {what}; start what is missing and run again, "
            "what is finished is kept"
        ) from error
    finally:
        ended.set()
