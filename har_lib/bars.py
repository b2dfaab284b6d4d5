"""The bar that counts bytes."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any


@dataclass
class _Unseen:
    """In place of a bar that is not shown; tqdm's takes a semaphore of the system all the same."""

    n: int = 0
    disable: bool = True

    def update(self, count: int) -> None:
        self.n += count


@contextmanager
def of_bytes(total: int, name: str, begin: int = 0) -> Iterator[Any]:
    """A bar from ``begin`` to ``total`` bytes, which is not shown if it has no name.

    Examples
    --------
    >>> with of_bytes(10, "", begin=3) as bar:
    ...     bar.update(4)
    >>> bar.n
    7
    """
    if not name:
        yield _Unseen(begin)
        return
    from tqdm.auto import tqdm

    # A log file gets a line now and then, a terminal a moving bar.
    pause = 0.1 if sys.stderr.isatty() else 10
    with tqdm(
        total=total, initial=begin, desc=name, unit="B", unit_scale=True, mininterval=pause
    ) as bar:
        yield bar
