"""One case in a process of its own, with limits of time and memory."""

import multiprocessing
import resource
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing import forkserver
from multiprocessing.connection import Connection
from typing import Any

from har_lib.errors import InputError

#: What the server has imported.
_preloaded: set[str] = set()

#: What may become of a case. ``finished`` and ``refused`` are the two that are allowed.
KINDS = ("finished", "refused", "traceback", "crash", "hang")


@dataclass(frozen=True)
class Outcome:
    """What became of a case: ``value`` if it has finished, else what was said."""

    kind: str
    value: Any = None
    said: str = ""


def _limited(
    answer: Connection, function: Callable[..., Any], arguments: Sequence[Any], memory: int
) -> None:
    """Run the case in this process, which is its own, and tell what became of it."""
    used = _address_space()
    resource.setrlimit(resource.RLIMIT_AS, (used + memory, used + memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        outcome = Outcome("finished", function(*arguments))
    except InputError as error:
        outcome = Outcome("refused", said=str(error))
    except BaseException:
        outcome = Outcome("traceback", said=traceback.format_exc())
    answer.send(outcome)


def _address_space() -> int:
    """Bytes of address space that this process has taken."""
    with open("/proc/self/statm") as pages:
        return int(pages.read().split()[0]) * resource.getpagesize()


def run(
    function: Callable[..., Any],
    arguments: Sequence[Any] = (),
    *,
    seconds: float = 10.0,
    memory: int = 2**31,
    preload: Sequence[str] = (),
) -> Outcome:
    """Call ``function`` in a process of its own.

    Parameters
    ----------
    function
        Can be imported by its name; what it returns can be pickled.
    arguments
        Likewise.
    seconds
        After these it is killed, and the outcome is ``hang``.
    memory
        Bytes of address space beyond what the process begins with.
    preload
        Modules that the server imports once, before the first case that names them.

    Returns
    -------
    Outcome
        Of the kind ``crash`` if the process ended without a word.

    Examples
    --------
    >>> run(divmod, (7, 2)).value
    (3, 1)
    >>> run(divmod, (7, 0)).kind
    'traceback'
    """
    context = multiprocessing.get_context("forkserver")
    if not _preloaded.issuperset(preload):
        # The server imports only when it begins, and another part may have begun it.
        forkserver._forkserver._stop()  # type: ignore[attr-defined]
        _preloaded.update(preload)
        context.set_forkserver_preload(["torture.isolated", *sorted(_preloaded)])
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_limited, args=(there, function, arguments, memory))
    process.start()
    there.close()
    try:
        if not here.poll(seconds):
            return Outcome("hang", said=f"not finished after {seconds:g} s")
        return here.recv()
    except EOFError:
        process.join()
        return Outcome("crash", said=f"the process ended with {process.exitcode}")
    finally:
        process.kill()
        process.join()
        here.close()
