"""How a benchmark is measured, judged and written down.

Ours and its peer take turns in one process on one core, so that whatever slows the machine slows
both. What counts is the median over the rounds; the quartiles say how far rounds differ.
"""

import importlib.metadata
import os
import platform
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import threadpoolctl
from tqdm.auto import tqdm

from har_lib import files

#: Rounds of a full run, after one that is not counted.
ROUNDS = 7
#: Packages whose versions decide speed.
PACKAGES = ("numpy", "scipy", "opencv-python-headless", "scikit-image", "joblib", "torch")

Clock = Callable[[], float]
Row = Mapping[str, str | float]


@dataclass(frozen=True)
class Setting:
    """How a run of the benchmarks is done.

    ``quick`` takes short clips, few of them, and few rounds: to see that all works, not to
    measure. ``folder`` holds everything that is made on the way; clips and trees of clips stay
    there for the next run, stores of features are removed. ``clips`` is the number of the larger
    tree, 0 for the usual one. ``rounds`` is 0 for the usual number.
    """

    folder: Path
    quick: bool = False
    clips: int = 0
    seed: int = 0
    rounds: int = 0
    progress: bool = True

    @property
    def turns(self) -> int:
        """Rounds that count."""
        return self.rounds or (2 if self.quick else ROUNDS)


@dataclass(frozen=True)
class Spread:
    """Median and quartiles of the rounds."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        """Of what each round gave.

        Examples
        --------
        >>> Spread.of([1, 2, 3, 4, 100])
        Spread(median=3.0, low=2.0, high=4.0)
        """
        low, median, high = np.percentile(values, [25, 50, 75]).tolist()
        return cls(median, low, high)

    def scaled(self, factor: float) -> "Spread":
        """In another unit."""
        return Spread(factor * self.median, factor * self.low, factor * self.high)

    def per_second(self, count: float) -> "Spread":
        """From seconds for ``count`` things to things a second; the quartiles change places."""
        return Spread(count / self.median, count / self.high, count / self.low)


@contextmanager
def one_core() -> Iterator[None]:
    """One thread for OpenCV and for everything that numpy and scipy call."""
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        with threadpoolctl.threadpool_limits(1):
            yield
    finally:
        cv2.setNumThreads(before)


def alternate(
    parts: Mapping[str, Callable[[], Any]],
    rounds: int,
    *,
    warm: bool = True,
    progress: str = "",
    clock: Clock = time.perf_counter,
) -> dict[str, Spread]:
    """Call the parts in turn, ours, peer, ours, peer, and give the seconds of each.

    Parameters
    ----------
    parts : mapping of str to callable
        Called without arguments; what they give is thrown away.
    rounds : int
        How often each is called and counted.
    warm : bool
        Call each once before, uncounted, so that caches and pages are there.
    progress : str
        Name of a bar; empty shows none.
    clock : callable
        Gives seconds.

    Returns
    -------
    dict
        Name of a part -> its seconds.
    """
    seconds: dict[str, list[float]] = {name: [] for name in parts}
    # A log file gets a line now and then, a terminal a moving bar.
    pause = 0.1 if sys.stderr.isatty() else 10
    bar = tqdm(
        range(rounds + warm), desc=progress, disable=not progress, leave=False, mininterval=pause
    )
    for turn in bar:
        for name, part in parts.items():
            start = clock()
            part()
            elapsed = clock() - start
            if turn >= warm:
                seconds[name].append(elapsed)
    return {name: Spread.of(values) for name, values in seconds.items()}


# ---------------------------------------------------------------- the judgement


@dataclass(frozen=True)
class Criterion:
    """A number and the bound that it must keep: ``least``, ``most`` or both.

    ``aim`` marks what is wished for beyond what must be reached.
    """

    what: str
    value: float
    unit: str = ""
    least: float | None = None
    most: float | None = None
    aim: bool = False

    @property
    def reached(self) -> bool:
        """Whether the number keeps its bounds; NaN keeps none.

        Examples
        --------
        >>> Criterion("ratio", 4.1, least=4).reached, Criterion("minutes", 61, most=60).reached
        (True, False)
        """
        above = self.least is None or self.value >= self.least
        below = self.most is None or self.value <= self.most
        return bool(above and below)

    @property
    def text(self) -> str:
        """The bound in words.

        Examples
        --------
        >>> Criterion("speed", 500, " frames/s", least=400).text
        'speed at least 400 frames/s'
        >>> Criterion("ratio", 1, least=0.9, most=1.1).text
        'ratio 0.9 to 1.1'
        """
        if self.least is not None and self.most is not None:
            return f"{self.what} {self.least:g} to {self.most:g}{self.unit}"
        word, bound = ("at most", self.most) if self.least is None else ("at least", self.least)
        return f"{self.what} {word} {bound:g}{self.unit}"

    def as_json(self) -> dict[str, Any]:
        """For the results."""
        return {
            "text": self.text,
            "value": rounded(self.value),
            "aim": self.aim,
            "reached": self.reached,
        }


@dataclass(frozen=True)
class Entry:
    """One row of the table.

    ``data`` says what was measured on, ``unit`` what the numbers are, ``ratio`` how many times
    faster ours is than its peer. ``agreement`` bounds how far the results of the two differ,
    ``targets`` how fast or small ours must be. ``rows`` is a table of its own, ``notes`` are
    sentences.
    """

    name: str
    what: str
    data: str
    unit: str
    ours: Spread
    rounds: int
    peer_is: str = ""
    peer: Spread | None = None
    ratio: float | None = None
    agreement: tuple[Criterion, ...] = ()
    targets: tuple[Criterion, ...] = ()
    rows: tuple[Row, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def reached(self) -> bool | None:
        """Whether every bound is kept but those that are aims; None without bounds."""
        bounds = [each.reached for each in (*self.agreement, *self.targets) if not each.aim]
        return all(bounds) if bounds else None

    def as_json(self) -> dict[str, Any]:
        """For the results; every number to four significant digits."""

        def spread(values: Spread | None) -> dict[str, float] | None:
            if values is None:
                return None
            return {name: rounded(value) for name, value in vars(values).items()}

        return {
            "name": self.name,
            "what": self.what,
            "data": self.data,
            "unit": self.unit,
            "rounds": self.rounds,
            "ours": spread(self.ours),
            "peer_is": self.peer_is,
            "peer": spread(self.peer),
            "ratio": None if self.ratio is None else rounded(self.ratio),
            "agreement": [each.as_json() for each in self.agreement],
            "targets": [each.as_json() for each in self.targets],
            "reached": self.reached,
            "rows": [
                {k: v if isinstance(v, str) else rounded(v) for k, v in row.items()}
                for row in self.rows
            ],
            "notes": list(self.notes),
        }


def rounded(value: float, digits: int = 4) -> float:
    """To significant digits.

    Examples
    --------
    >>> rounded(1234.56), rounded(0.000123456), rounded(0)
    (1235.0, 0.0001235, 0.0)
    """
    return float(f"{value:.{digits}g}")


# ---------------------------------------------------------------- what is written


def machine() -> dict[str, str | int]:
    """Processor, cores and system, without a name."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count() or 1,
        "architecture": platform.machine(),
        "system": platform.system(),
    }


def _processor() -> str:
    """The model that the platform states; Linux states it in a file of its own."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.processor() or platform.machine()


def versions() -> dict[str, str]:
    """Of Python and of the packages that decide speed."""
    packages = {name: importlib.metadata.version(name) for name in PACKAGES}
    return {"python": platform.python_version(), **packages}


def document(entries: Sequence[Entry], setting: Setting) -> dict[str, Any]:
    """Everything that ``results/benchmarks.json`` holds."""
    return {
        "what": (
            "Medians and quartiles over the rounds; ours and its peer take turns in one process "
            "on one core, unless the entry says otherwise."
        ),
        "machine": machine(),
        "versions": versions(),
        "quick": setting.quick,
        "seed": setting.seed,
        "entries": [entry.as_json() for entry in entries],
    }


def write(path: Path, entries: Sequence[Entry], setting: Setting) -> None:
    """Write the results as JSON, atomically."""
    files.write_json(path, document(entries, setting))


def number(value: float) -> str:
    """Three significant digits without an exponent where that can be read.

    Examples
    --------
    >>> [number(value) for value in (1234.5, 56.78, 0.1234, 3.2e-7)]
    ['1234', '56.8', '0.123', '3.2e-07']
    """
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def table(entries: Sequence[Entry]) -> str:
    """The entries as aligned lines of text."""
    head = ["benchmark", "ours", "quartiles", "peer", "quartiles", "unit", "ratio", "reached"]
    rows = [head, *(_row(entry) for entry in entries)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(head))]
    lines = ["  ".join(f"{c:<{w}}" for c, w in zip(row, widths, strict=True)) for row in rows]
    return "\n".join(line.rstrip() for line in lines)


def _row(entry: Entry) -> list[str]:
    def spread(values: Spread | None) -> list[str]:
        if values is None:
            return ["", ""]
        return [number(values.median), f"{number(values.low)}-{number(values.high)}"]

    ratio = "" if entry.ratio is None else number(entry.ratio)
    reached = {None: "", True: "yes", False: "NO"}[entry.reached]
    return [entry.name, *spread(entry.ours), *spread(entry.peer), entry.unit, ratio, reached]
