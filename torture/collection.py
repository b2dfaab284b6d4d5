"""A collection of which a tenth is broken, in ten ways: all of it listed, the rest used."""

import csv
import re
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from tqdm.auto import tqdm

from har_lib import video
from torture import processes

#: Clips of the whole study.
CLIPS = 300


def _moving(seed: int, frames: int = 16) -> np.ndarray:
    """A square that crosses noise: uint8 (T, 48, 64)."""
    noise = np.random.default_rng(seed).integers(60, 120, (1, 48, 64), dtype=np.uint8)
    content = np.repeat(noise, frames, axis=0)
    for t in range(frames):
        content[t, 12:30, 3 * t : 3 * t + 12] = 220
    return content


def _empty(path: Path, seed: int) -> None:
    path.write_bytes(b"")


def _text(path: Path, seed: int) -> None:
    path.write_text("<html><body>404 not found</body></html>\n")


def _half(path: Path, seed: int) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def _end(path: Path, seed: int) -> None:
    path.write_bytes(path.read_bytes()[:-64])


def _header(path: Path, seed: int) -> None:
    content = bytearray(path.read_bytes())
    content[:200] = bytes(200)
    path.write_bytes(content)


def _still(path: Path, seed: int) -> None:
    video.write(path, _moving(seed, 1), codec="XVID")


def _overwrite(path: Path, filling: Callable[[int], bytes]) -> None:
    """Put other bytes where the second sixth of the frames was."""
    content = bytearray(path.read_bytes())
    begin = content.index(b"movi")
    first, last = begin + (len(content) - begin) // 3, begin + (len(content) - begin) // 2
    content[first:last] = filling(last - first)
    path.write_bytes(content)


def _zeros(path: Path, seed: int) -> None:
    """Nothing where the middle of the frames was."""
    _overwrite(path, bytes)


def _noise(path: Path, seed: int) -> None:
    """Random bytes where the middle of the frames was."""
    _overwrite(path, np.random.default_rng(seed).bytes)


def _removed(path: Path, seed: int) -> None:
    """A piece is gone and the length in the header fits what is left."""
    content = bytearray(path.read_bytes())
    begin = content.index(b"movi") + 400
    del content[begin : begin + 600]
    content[4:8] = (len(content) - 8).to_bytes(4, "little")
    path.write_bytes(content)


def _picture(path: Path, seed: int) -> None:
    path.write_bytes(cv2.imencode(".png", _moving(seed)[0])[1].tobytes())


@dataclass(frozen=True)
class Way:
    """One way to break a clip, and what must be said of it."""

    name: str
    breaks: Callable[[Path, int], None]
    said: str


#: The ten ways.
WAYS = (
    Way("empty", _empty, r"empty"),
    Way("a web page", _text, r"cannot be opened"),
    Way("cut in half", _half, r"cut short"),
    Way("cut at the end", _end, r"cut short"),
    Way("header gone", _header, r"cannot be opened|structure broken"),
    Way("one frame", _still, r"1 frame"),
    Way("zeros inside", _zeros, r"damaged|missing"),
    Way("noise inside", _noise, r"damaged|missing"),
    Way("a piece removed", _removed, r"damaged|missing|cut short"),
    Way("a picture", _picture, r"cannot be opened|1 frame|no frame"),
)


@dataclass(frozen=True)
class Result:
    """What became of a collection: clips, those broken, and what was wrongly done."""

    clips: int
    broken: int
    wrong: tuple[str, ...]
    said: dict[str, str]

    @property
    def failed(self) -> int:
        """Things that must not be."""
        return len(self.wrong)

    def rows(self) -> list[dict[str, str]]:
        """What was said of each way."""
        return [{"broken by": name, "said": said} for name, said in self.said.items()]

    def summary(self) -> str:
        """One printable line."""
        return (
            f"{self.clips} clips, {self.broken} broken in {len(WAYS)} ways: "
            f"{self.failed} things wrong"
        )


def make(root: Path, clips: int, seed: int, progress: bool = False) -> dict[str, Way]:
    """Write a collection; gives the broken clips by name, three of each thirty in turn."""
    broken = {}
    for number in tqdm(range(clips), desc="clips", disable=not progress):
        label, group = f"action{number % 2}", f"g{number // 2 % 10}"
        path = root / label / f"{group}_c{number:05d}.avi"
        path.parent.mkdir(parents=True, exist_ok=True)
        video.write(path, _moving(seed + number), codec="XVID")
        if number % 10 == 3:
            way = WAYS[number // 10 % len(WAYS)]
            way.breaks(path, seed + number)
            broken[path.name] = way
    return broken


def run(cases: int = CLIPS, seed: int = 0, progress: bool = False) -> Result:
    """Extract and check a collection of ``cases`` clips, at least 100, a tenth of them broken."""
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch) / "set"
        broken = make(root, cases, seed, progress)
        wrong: list[str] = []
        place = Path(scratch) / "place"
        place.mkdir()

        def har(*words: str) -> "subprocess.CompletedProcess[str]":
            return processes.run(processes.har(*words), place)

        words = ["--jobs", "2", "-p", "group_pattern", "(g[0-9]+)_"]
        sound = cases - len(broken)

        refused = har("extract", str(root), *words)
        if refused.returncode != 2 or f"{len(broken)} of {cases} clips" not in refused.stderr:
            wrong.append(f"refuse: exit {refused.returncode}, {refused.stderr.strip()[-200:]}")
        skipped = har("extract", str(root), *words, "--damaged-clips", "skip")
        if skipped.returncode != 0 or f"{sound} already there" not in skipped.stdout:
            wrong.append(f"skip: exit {skipped.returncode}, {skipped.stdout.strip()[-200:]}")
        said = _compare(_read(place, "failures.csv"), "clip", "reason", broken, wrong)
        if f"{len(broken)} of {cases} clips not used" not in skipped.stdout:
            wrong.append("skip does not say how many are not used")

        checked = har("data", "check", str(root), "--jobs", "2")
        if checked.returncode != 2 or f"{sound} without a problem" not in checked.stdout:
            wrong.append(f"check: exit {checked.returncode}, {checked.stdout.strip()[-200:]}")
        _compare(_read(place, "problems.csv"), "clip", "problem", broken, wrong)
        return Result(cases, len(broken), tuple(wrong), said)


def _read(place: Path, name: str) -> list[dict[str, str]]:
    (path,) = (place / "build" / "data").glob(f"set-*/{name}")
    with open(path, newline="") as table:
        return list(csv.DictReader(table))


def _compare(
    rows: list[dict[str, str]], clip: str, reason: str, broken: dict[str, Way], wrong: list[str]
) -> dict[str, str]:
    """Hold a list against what was broken; gives the words for the first clip of each way."""
    told: dict[str, str] = {}
    for row in rows:
        name = Path(row[clip]).name
        told[name] = "; ".join(filter(None, [told.get(name, ""), row[reason]]))
    wrong += [f"{name} is sound and listed: {told[name]}" for name in told if name not in broken]
    said: dict[str, str] = {}
    for name, way in broken.items():
        if name not in told:
            wrong.append(f"{name}, {way.name}, is not listed")
        elif not re.search(way.said, told[name]):
            wrong.append(f"{name}, {way.name}: {told[name]}")
        said.setdefault(way.name, told.get(name, ""))
    return said
