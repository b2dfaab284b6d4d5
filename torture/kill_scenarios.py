"""Works that are killed: what each does, what it must give, and what of it must not be done twice.

To add one, write a class and name it in `SCENARIOS`.
"""

import hashlib
import itertools
import math
import os
import re
import time
from abc import ABC, abstractmethod
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

from har_lib import files, seagull
from torture import processes
from torture.processes import Stamp, har

_JOBS = 2


class Scenario(ABC):
    """A work that is killed and called again.

    Parameters
    ----------
    material : Path
        Folder for what it reads.
    """

    name = ""
    #: How many of fifty kills are its own.
    share = 0

    def __init__(self, material: Path) -> None:
        self.material = material

    def close(self) -> None:
        """Let go of what it holds."""
        return

    @abstractmethod
    def words(self, place: Path) -> list[Any]:
        """Arguments of Python that do the work in ``place``, and say a line as they begin."""

    @abstractmethod
    def content(self, place: Path) -> dict[str, str]:
        """Name -> digest, of all that must be as if nothing had disturbed it."""

    @abstractmethod
    def finished(self, place: Path) -> dict[str, Stamp]:
        """Files of work that is finished, which must not be written again."""

    @abstractmethod
    def repeated(self, place: Path, before: dict[str, Stamp], said: str) -> str:
        """What the run after a kill has done that was done before; empty if that is little."""

    def stands(self, place: Path) -> int:
        """How much is finished, counted as is natural for the work."""
        return len(self.finished(place))

    def mark(self, place: Path) -> None:
        """Note how far a killed run came, before the next one begins."""
        return


class Extraction(Scenario):
    """``har extract``: a clip is the unit, two are under way at a time."""

    name, share = "extraction", 14
    clips = 24

    def __init__(self, material: Path) -> None:
        super().__init__(material)
        self.root = processes.clips(material / "clips", self.clips)
        self.whole = 0

    def words(self, place: Path) -> list[Any]:
        return har("extract", self.root, "--jobs", _JOBS)

    def content(self, place: Path) -> dict[str, str]:
        found = processes.digests(place / "data", processes.stored)
        self.whole = max(self.whole, len(found))
        return found

    def finished(self, place: Path) -> dict[str, Stamp]:
        return processes.stamps(place / "data", processes.stored)

    def repeated(self, place: Path, before: dict[str, Stamp], said: str) -> str:
        each = self.whole // self.clips
        under_way = _JOBS * (each - 1)
        most = self.clips - math.ceil(max(0, len(before) - under_way) / each)
        found = re.search(r"clips: (\d+) made", said)
        made = int(found[1]) if found else -1
        return "" if 0 <= made <= most else f"{made} clips made, {most} were not finished"


class Search(Scenario):
    """A search with a checkpoint every few iterations, which are the unit."""

    name, share = "search", 14
    iterations, every = 100, 4

    def words(self, place: Path) -> list[Any]:
        return ["-c", f"from torture.kill_scenarios import search; search({str(place)!r})"]

    def content(self, place: Path) -> dict[str, str]:
        return processes.digests(place, lambda path: path.name in ("search.npz", "result.npz"))

    def finished(self, place: Path) -> dict[str, Stamp]:
        return {}

    def stands(self, place: Path) -> int:
        kept = place / "search.npz"
        return len(files.read_arrays(kept)["history"]) if kept.exists() else 0

    def repeated(self, place: Path, before: dict[str, Stamp], said: str) -> str:
        """The largest step back in the iterations that all runs have noted."""
        noted = [int(line) for line in (place / "iterations").read_text().split()]
        most = max((a - b + 1 for a, b in itertools.pairwise(noted)), default=0)
        return "" if most <= self.every else f"{most} iterations were done twice"


def _hill(x: np.ndarray) -> np.ndarray:
    time.sleep(0.01)
    return -((x - 0.37) ** 2).sum(axis=1)


def search(folder: str) -> None:
    """The search that is killed; it notes each iteration and writes what it finds."""
    place = Path(folder)
    print("begins", flush=True)
    noted = os.open(place / "iterations", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    found = seagull.maximise(
        _hill,
        np.full(12, -1.0),
        np.linspace(1.0, 2.0, 12),
        population=8,
        iterations=Search.iterations,
        form="stable",
        checkpoint=place / "search.npz",
        checkpoint_every=Search.every,
        callback=lambda y, x, values: os.write(noted, f"{y}\n".encode()),
    )
    files.write_arrays(place / "result.npz", position=found.position, history=found.history)


_BODY = """\
import json, pathlib, time
time.sleep(0.5)
found = {"notebook": "10_tiny", "seed": seed, "loss": (seed + 1) / 3, "curve": [1, 2]}
folder = pathlib.Path(output, "results")
folder.mkdir(parents=True)
(folder / "10_tiny.json").write_text(json.dumps(found))
found["loss"]"""


class Sweep(Scenario):
    """``har sweep``: a run of the notebook is the unit, two are under way at a time."""

    name, share = "sweep", 10
    runs = 6

    def __init__(self, material: Path) -> None:
        super().__init__(material)
        self.notebook = processes.notebook(material / "10_tiny.ipynb", _BODY)

    def words(self, place: Path) -> list[Any]:
        values = ("-p", "seed", f"0-{self.runs - 1}", "--jobs", _JOBS)
        return har("sweep", self.notebook, *values, "--output", place / "sweep")

    def content(self, place: Path) -> dict[str, str]:
        return processes.digests(place / "sweep", _shown)

    def finished(self, place: Path) -> dict[str, Stamp]:
        """Files of runs that have a record."""
        folders = {path.parent.name for path in (place / "sweep").glob("*/run.json")}
        found = processes.stamps(place / "sweep", _shown)
        return {name: stamp for name, stamp in found.items() if name.split("/")[0] in folders}

    def repeated(self, place: Path, before: dict[str, Stamp], said: str) -> str:
        there = sum(name.endswith("run.json") for name in before)
        line = f"10_tiny: {self.runs} runs, {there} finished"
        return "" if line in said else f"said {said.splitlines()[:1]} and not {line}"


def _shown(path: Path) -> bool:
    return not path.name.startswith(".")


class Replication(Scenario):
    """``har replicate`` with two notebooks, which are the unit."""

    name, share = "replicate", 6
    notebooks: tuple[str, ...] = ("00", "02")

    def __init__(self, material: Path) -> None:
        super().__init__(material)
        self.root = processes.clips(material / "clips", 12)

    def words(self, place: Path) -> list[Any]:
        data = ("--dataset", "folder", "--data-root", self.root, "--output", place / "build")
        only = [word for name in self.notebooks for word in ("--only", name)]
        return har("replicate", *data, *only)

    def content(self, place: Path) -> dict[str, str]:
        """All bytes, but for the time and the memory that a notebook took."""
        found = processes.digests(place / "build", _shown)
        for path in (place / "build" / "notebooks").glob("*.json"):
            record = files.read_json(path)
            for name in ("seconds", "peak_bytes"):
                record.pop(name)
            found[f"notebooks/{path.name}"] = files.digest_of(record)
        return found | processes.digests(place / "data", processes.stored)

    def finished(self, place: Path) -> dict[str, Stamp]:
        """Records of notebooks that have run, the executed copies, and all that these made."""
        build = place / "build"
        found: dict[str, Stamp] = {}
        shown = processes.stamps(build, _shown)
        for path in (build / "notebooks").glob("*.json"):
            (copy,) = build.glob(f"notebooks/{path.stem}_*.ipynb")
            names = [f"notebooks/{path.name}", f"notebooks/{copy.name}"]
            names += files.read_json(path)["made"]
            found |= {name: shown[name] for name in names}
        return found

    def repeated(self, place: Path, before: dict[str, Stamp], said: str) -> str:
        there = [Path(name).stem for name in before if re.fullmatch(r"notebooks/\d\d\.json", name)]
        said_so = re.findall(r"^(\d\d)_\w+ +up to date", said, re.MULTILINE)
        return "" if sorted(there) == sorted(said_so) else f"{there} were finished, not {said_so}"


class Download(Scenario):
    """A file fetched from a server on this machine: what lies in buffers is the unit."""

    name, share = "download", 6

    def __init__(self, material: Path) -> None:
        from torture.server import Answer, serving

        super().__init__(material)
        content = np.random.default_rng(0).bytes(6_000_000)
        self.stack = ExitStack()
        self.server = self.stack.enter_context(serving(content, Answer(pause=0.004)))
        self.digest, self.size = hashlib.sha256(content).hexdigest(), len(content)
        self.sent = 0

    def close(self) -> None:
        self.stack.close()

    def words(self, place: Path) -> list[Any]:
        about = (self.server.url, self.size, self.digest, str(place / "target"))
        return ["-c", f"from torture.kill_scenarios import download; download{about!r}"]

    def content(self, place: Path) -> dict[str, str]:
        return processes.digests(place / "target")

    def finished(self, place: Path) -> dict[str, Stamp]:
        return processes.stamps(place / "target", lambda path: path.name == "file.bin")

    def stands(self, place: Path) -> int:
        parts = list((place / "target").rglob("*.part"))
        there = (place / "target" / "file.bin").exists()
        return self.size if there else sum(path.stat().st_size for path in parts)

    def mark(self, place: Path) -> None:
        self.kept, self.sent = self.stands(place), self.server.sent

    def repeated(self, place: Path, before: dict[str, Stamp], said: str) -> str:
        again = self.server.sent - self.sent - (self.size - self.kept)
        return "" if again <= 0 else f"{again} bytes were fetched again"


def download(url: str, size: int, digest: str, folder: str) -> None:
    """The download that is killed."""
    from har_lib import fetch
    from har_lib.registry import Remote

    Path(folder).mkdir(parents=True, exist_ok=True)
    print("begins", flush=True)
    fetch.fetch(Remote("file.bin", url, size, digest), folder)


#: Every work that is killed.
SCENARIOS: dict[str, type[Scenario]] = {
    each.name: each for each in (Extraction, Search, Sweep, Replication, Download)
}
