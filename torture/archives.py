"""Hostile archives: each must be refused, and nothing be written anywhere.

Some thirty kinds, each with other honest members around the hostile one every time; and honest
archives with changed bytes, which are refused or unpacked to what they held before.
"""

import io
import os
import random
import shutil
import signal
import tempfile
import time
import zipfile
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from tqdm.auto import tqdm

from har_lib import archives, files
from torture import isolated
from torture.hostile_zips import HOSTILE

#: Limits of a case: seconds, and bytes of memory; bombs that get through show in either.
SECONDS, MEMORY = 20.0, 2**28

#: The kind that may be unpacked, to what was packed.
CHANGED = "honest, bytes changed"
#: Honest, ended at a random moment, unpacked again.
KILLED = "honest, killed while unpacking"


@dataclass(frozen=True)
class Row:
    """Counts of one kind: refused and unpacked as it should be, and everything else."""

    kind: str
    cases: int
    refused: int
    unpacked: int
    wrong: int
    said: str


@dataclass(frozen=True)
class Counts:
    """What became of all kinds; ``wrong`` lists what should not have."""

    kinds: tuple[Row, ...]
    wrong: tuple[str, ...]

    @property
    def failed(self) -> int:
        """How often something happened that must not."""
        return len(self.wrong)

    def rows(self) -> list[dict[str, Any]]:
        """One row a kind."""
        return [vars(row).copy() for row in self.kinds]

    def summary(self) -> str:
        """One line."""
        cases = sum(row.cases for row in self.kinds)
        refused = sum(row.refused for row in self.kinds)
        return (
            f"{cases} archives of {len(self.kinds)} kinds: {refused} refused, "
            f"{cases - refused - len(self.wrong)} honest ones unpacked, {len(self.wrong)} wrong"
        )


def listing(folder: Path) -> dict[str, tuple[Any, ...]]:
    """Everything below a folder: kind and mode, content or target, time of change."""
    found: dict[str, tuple[Any, ...]] = {}
    for path in sorted(folder.rglob("*")):
        state = path.lstat()
        if path.is_symlink():
            content = os.readlink(path)
        else:
            content = files.digest(path) if path.is_file() else ""
        when = state.st_mtime_ns if path.is_file() else 0
        found[str(path.relative_to(folder))] = (state.st_mode, state.st_nlink, content, when)
    return found


def attempt(path: str, target: str) -> int:
    """The case: unpack it, as a user would."""
    return archives.extract(Path(path), Path(target)).files


def _prepare(scratch: Path, content: bytes) -> tuple[Path, Path]:
    """An archive, a neighbour that could be harmed, and the target."""
    shutil.rmtree(scratch, ignore_errors=True)
    (scratch / "neighbour").mkdir(parents=True)
    (scratch / "neighbour" / "victim.txt").write_text("as it was")
    (scratch / "work").mkdir()
    path = scratch / "hostile.zip"
    path.write_bytes(content)
    return path, scratch / "work" / "target"


def _attempted(path: Path, target: Path) -> isolated.Outcome:
    """What becomes of an archive that is unpacked in a process of its own."""
    return isolated.run(
        attempt,
        (str(path), str(target)),
        seconds=SECONDS,
        memory=MEMORY,
        preload=["torture.archives"],
    )


def hostile(kind: str, draw: random.Random, scratch: Path) -> tuple[str, str]:
    """One archive of a kind: what was said, and what is wrong or nothing."""
    path, target = _prepare(scratch, HOSTILE[kind](draw, scratch))
    before = listing(scratch)
    outcome = _attempted(path, target)
    changed = sorted(before.items() ^ listing(scratch).items())
    wrong = ""
    if outcome.kind != "refused":
        wrong = f"{outcome.kind}: {outcome.said[-300:]}"
    elif changed:
        wrong = f"has left {changed[0][0]}"
    elif "\n" in outcome.said or not outcome.said.isprintable() or len(outcome.said) > 400:
        wrong = f"says no short line: {outcome.said!r}"
    elif not outcome.said.startswith(str(path)):
        wrong = f"does not name the file: {outcome.said}"
    # Where this machine keeps what is temporary is of no interest.
    said = outcome.said.removeprefix(f"{path}: ").replace(str(path.parent), "")
    return said, wrong


def honest(draw: random.Random, members: int = 8) -> tuple[bytes, dict[str, bytes]]:
    """An archive as others write it, and what it holds."""
    held = {
        f"Class{i % 3}/clip{i}.avi": draw.randbytes(draw.randrange(3000)) for i in range(members)
    }
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in held.items():
            how = draw.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))
            archive.writestr(name, data, compress_type=how)
    return content.getvalue(), held


def _mutated(draw: random.Random, content: bytes) -> bytes:
    """One to four bytes changed, mostly in headers, where damage is not caught by a sum."""
    changed = bytearray(content)
    signs = [i for i in range(len(content) - 4) if content[i : i + 2] == b"PK"]
    for _ in range(draw.randint(1, 4)):
        near = draw.choice(signs) + draw.randrange(46)
        place = draw.choice((near, near, draw.randrange(len(content))))
        changed[min(place, len(content) - 1)] = draw.randrange(256)
    return bytes(changed)


def _held(target: Path) -> dict[str, bytes]:
    return {
        p.relative_to(target).as_posix(): p.read_bytes() for p in target.rglob("*") if p.is_file()
    }


def changed(draw: random.Random, scratch: Path) -> tuple[bool, str]:
    """An honest archive with changed bytes: whether it was unpacked, and what is wrong."""
    content, held = honest(draw)
    path, target = _prepare(scratch, _mutated(draw, content))
    before = listing(scratch)
    outcome = _attempted(path, target)
    if outcome.kind == "finished":
        wrong = "" if _held(target) == held else "unpacked to other content"
        shutil.rmtree(target)
    else:
        wrong = "" if outcome.kind == "refused" else f"{outcome.kind}: {outcome.said[-300:]}"
    left = sorted(before.items() ^ listing(scratch).items())
    return outcome.kind == "finished", wrong or (f"has left {left[0][0]}" if left else "")


def killed(draw: random.Random, scratch: Path) -> tuple[bool, str]:
    """Kill the unpacking at a random moment, and unpack again.

    Returns
    -------
    Whether it was killed before its end; what is wrong, or nothing.
    """
    content, held = honest(draw, 40)
    path, target = _prepare(scratch, content)
    process = get_context("forkserver").Process(target=attempt, args=(str(path), str(target)))
    process.start()
    waited = time.monotonic() + 5
    while not any((scratch / "work").iterdir()) and time.monotonic() < waited:
        time.sleep(0.0002)
    time.sleep(draw.random() * 0.1)
    if process.pid and process.is_alive():
        os.kill(process.pid, signal.SIGKILL)
    process.join()
    in_time = not target.exists()
    if not in_time and _held(target) != held:
        return in_time, "a part of the content has appeared"
    archives.extract(path, target)
    if _held(target) != held:
        return in_time, "unpacked again to other content"
    left = {p.name for p in target.parent.iterdir()} - {target.name}
    return in_time, f"has left {sorted(left)[0]}" if left else ""


def run(cases: int, seed: int, progress: bool = False) -> Counts:
    """Torture the unpacking.

    Parameters
    ----------
    cases
        At least so many: each kind of ``HOSTILE`` equally often, and of the honest ones as many.
    seed
        Everything random follows from it.
    progress
        Show a bar.
    """
    kinds = [*HOSTILE, CHANGED, KILLED]
    each = -(-cases // len(kinds))
    rows, bad = [], []
    with (
        tempfile.TemporaryDirectory(prefix="har-torture-") as place,
        tqdm(total=each * len(kinds), desc="archives", disable=not progress) as bar,
    ):
        scratch = Path(os.path.realpath(place)) / "scratch"
        for kind in kinds:
            refused = unpacked = 0
            line = ""
            wrongs = []
            in_time = 0
            for case in range(each):
                draw = random.Random(f"{seed} {kind} {case}")
                if kind == CHANGED:
                    through, wrong = changed(draw, scratch)
                elif kind == KILLED:
                    early, wrong = killed(draw, scratch)
                    through, in_time = True, in_time + early
                    line = f"{in_time} of {each} were killed before their end"
                else:
                    through = False
                    line, wrong = hostile(kind, draw, scratch)
                refused += not through and not wrong
                unpacked += through and not wrong
                wrongs += [f"{kind}, case {case}: {wrong}"] if wrong else []
                bar.update(1)
            rows.append(Row(kind, each, refused, unpacked, len(wrongs), line))
            bad += wrongs
    return Counts(tuple(rows), tuple(bad))
