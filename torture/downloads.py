"""Downloads from a server that misbehaves in every way, and killed in the middle.

Each ends with the file, byte for byte, or with one line; what has been received is not fetched
again.
"""

import hashlib
import os
import random
import shutil
import signal
import tempfile
import time
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from tqdm.auto import tqdm

from har_lib import fetch
from har_lib.registry import Remote
from har_lib.transfer import CHUNK, Patience
from torture import isolated
from torture.server import BLOCK, Answer, Server, serving
from torture.ways import SIZE, Way, ways

#: Enough for a server on this machine, and short enough to wait for.
PATIENCE = Patience(connection=0.6, stall=0.4, pauses=(0.01, 0.02, 0.04))
#: Bytes that a kill may lose of what the server has sent: what lies in the system's buffers.
LOST = CHUNK


@dataclass(frozen=True)
class Row:
    """What became of one way, or of the kills."""

    way: str
    outcome: str
    requests: int
    sent: int
    size: int
    wrong: str
    said: str


@dataclass(frozen=True)
class Counts:
    """What became of all."""

    ways: tuple[Row, ...]
    kills: tuple[Row, ...]

    @property
    def wrong(self) -> tuple[str, ...]:
        """What should not have happened."""
        return tuple(f"{r.way}: {r.wrong}" for r in (*self.ways, *self.kills) if r.wrong)

    @property
    def failed(self) -> int:
        """How often something happened that must not."""
        return len(self.wrong)

    def rows(self) -> list[dict[str, Any]]:
        """One row a way, one row a kill."""
        return [vars(row).copy() for row in (*self.ways, *self.kills)]

    def summary(self) -> str:
        """One line."""
        finished = sum(row.outcome == "finished" for row in self.ways)
        again = sum(max(0, row.sent - row.size) for row in self.kills)
        return (
            f"{len(self.ways)} ways to misbehave: {finished} finished, "
            f"{len(self.ways) - finished} refused; {len(self.kills)} downloads killed up to three "
            f"times, {again:,} bytes sent again of {sum(row.size for row in self.kills):,}; "
            f"{len(self.wrong)} wrong"
        )


def remote(content: bytes, url: str) -> Remote:
    """The file as it would stand in the registry."""
    return Remote("file.bin", url, len(content), hashlib.sha256(content).hexdigest())


def attempt(file: Remote, folder: str, patience: Patience) -> str:
    """The case: fetch it, as a user would."""
    return str(fetch.fetch(file, folder, patience=patience))


def kept(folder: Path) -> int:
    """Bytes kept for the next run."""
    part = folder / ".file.bin.fetch" / "file.bin.part"
    return part.stat().st_size if part.exists() else 0


def _judged(way: Way, outcome: isolated.Outcome, folder: Path, content: bytes) -> str:
    """What is wrong, or nothing."""
    if outcome.kind != way.ends:
        return f"{outcome.kind}: {outcome.said[-300:]}"
    there = folder / "file.bin"
    if outcome.kind == "finished":
        names = sorted(path.name for path in folder.iterdir())
        return "" if names == ["file.bin"] and there.read_bytes() == content else f"left {names}"
    if there.exists():
        return "has left a file under the final name"
    if not outcome.said.isprintable() or len(outcome.said) > 400 or "file.bin" not in outcome.said:
        return f"says no short line: {outcome.said!r}"
    if way.said and not any(word in outcome.said for word in way.said.split("|")):
        return f"says something else: {outcome.said}"
    left = sorted(path.name for path in folder.iterdir())
    if way.kept != bool(kept(folder)) and "nothing for" not in way.said and way.said != "a second":
        return f"keeps {kept(folder)} bytes"
    return "" if kept(folder) or not left else f"has left {left}"


def misbehave(name: str, content: bytes, folder: Path) -> Row:
    """One way."""
    with serving(content) as server:
        way = ways(content, server.url)[name]
        server.answers = way.answers
        outcome = isolated.run(
            attempt,
            (remote(content, server.url), str(folder), PATIENCE),
            seconds=20,
            preload=["torture.downloads", "pooch", "requests"],
        )
        wrong = _judged(way, outcome, folder, content)
        if not wrong and way.most is not None and server.sent > way.most:
            wrong = f"{server.sent} bytes sent"
        # Where this machine keeps what is temporary is of no interest.
        said = outcome.said.replace(f"{folder}/", "")
        return Row(name, outcome.kind, len(server.served), server.sent, SIZE, wrong, said)


def kill(number: int, draw: random.Random, folder: Path) -> Row:
    """Kill a download at random moments, up to three times, and finish it."""
    content = draw.randbytes(draw.randint(2_000_000, 6_000_000))
    size = len(content)
    with serving(content, Answer(pause=0.4 * BLOCK / size)) as server:
        file = remote(content, server.url)
        moments: list[int] = []
        wrong = ""
        for _ in range(draw.randint(1, 3)):
            # Mostly before the end, and at times when all is received or already in its place.
            left = 1 - kept(folder) / size
            if _killed(server, file, folder, draw.random() * 0.5 * left):
                moments.append(kept(folder))
            wrong = wrong or _not_in_order(folder, content)
        have, before = kept(folder), len(server.served)
        server.answers = (Answer(),)
        outcome = isolated.run(attempt, (file, str(folder), PATIENCE), seconds=20)
        there = folder / "file.bin"
        if outcome.kind != "finished" or there.read_bytes() != content:
            wrong = wrong or f"{outcome.kind}: {outcome.said[-300:]}"
        elif sorted(path.name for path in folder.iterdir()) != ["file.bin"]:
            wrong = wrong or "has left something"
        wrong = wrong or _fetched_again(server, have, before, size, len(moments))
        said = (
            f"killed at {', '.join(f'{n:,}' for n in moments) or 'the very end'} of {size:,} bytes"
        )
        return Row(
            f"killed {number}", outcome.kind, len(server.served), server.sent, size, wrong, said
        )


def _killed(server: Server, file: Remote, folder: Path, after: float) -> bool:
    """Start a download, kill it so many seconds after its request; whether it was in time."""
    requests = len(server.served)
    process = get_context("forkserver").Process(target=attempt, args=(file, str(folder), PATIENCE))
    process.start()
    while len(server.served) == requests and process.is_alive():
        time.sleep(0.001)
    process.join(after)
    in_time = process.is_alive() and not (folder / file.name).exists()
    if process.pid and process.is_alive():
        os.kill(process.pid, signal.SIGKILL)
    process.join()
    return in_time


def _not_in_order(folder: Path, content: bytes) -> str:
    """What is kept must be the beginning of the file, and no file be there before its end."""
    part = folder / ".file.bin.fetch" / "file.bin.part"
    if part.exists() and not content.startswith(part.read_bytes()):
        return "what is kept is not the beginning of the file"
    there = folder / "file.bin"
    return "" if not there.exists() or there.read_bytes() == content else "a part has its name"


def _fetched_again(server: Server, have: int, before: int, size: int, kills: int) -> str:
    """Each run must ask for what lacked, and no more be sent than what lay in buffers."""
    last = server.served[before:]
    if have and [each.start for each in last] not in ([], [have]):
        return f"asked from {[each.start for each in last]}, had {have}"
    if sum(each.sent for each in last) > size - have:
        return "fetched again what was kept"
    return "" if server.sent <= size + kills * LOST else f"{server.sent} bytes sent for {size}"


def run(cases: int, seed: int, progress: bool = False) -> Counts:
    """Torture the downloads.

    Parameters
    ----------
    cases
        Downloads that are killed; every way to misbehave is tried once.
    seed
        The moments of the kills and the contents follow from it.
    progress
        Show a bar.
    """
    content = random.Random(seed).randbytes(SIZE)
    names = list(ways(content, "http://127.0.0.1/file.bin"))
    with (
        tempfile.TemporaryDirectory(prefix="har-torture-") as scratch,
        tqdm(total=len(names) + cases, desc="downloads", disable=not progress) as bar,
    ):
        folder = Path(scratch) / "target"
        behaved, kills = [], []
        for name in names:
            shutil.rmtree(folder, ignore_errors=True)
            behaved.append(misbehave(name, content, folder))
            bar.update(1)
        for number in range(cases):
            shutil.rmtree(folder, ignore_errors=True)
            kills.append(kill(number, random.Random(f"{seed} {number}"), folder))
            bar.update(1)
    return Counts(tuple(behaved), tuple(kills))
