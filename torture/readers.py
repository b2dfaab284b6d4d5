"""Every reader of files but those of clips and archives, on files that are damaged or hostile.

Allowed is that a reader finishes, or refuses the file by one line that names it. What has a digest
must not come back as anything but what was written.
"""

import os
import random
import shutil
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tqdm import tqdm

from torture import isolated
from torture.payload import MARKER
from torture.reader_formats import FORMATS, PRELOAD, Format
from torture.reader_mutations import DAMAGES

#: More letters than these are no line that anyone reads; a folder's own length comes on top.
LONGEST = 400

#: What may become of a case, the first two as they should.
KINDS = (
    "finished", "refused", "refused badly", "taken for sound", "ran a payload", "traceback",
    "crash", "hang",
)  # fmt: skip


@dataclass(frozen=True)
class Case:
    """One damaged file: ``seed`` makes it again."""

    format: str
    file: str
    damage: str
    seed: str
    kind: str
    said: str


@dataclass(frozen=True)
class Readers:
    """What became of all cases."""

    cases: tuple[Case, ...]

    @property
    def failures(self) -> tuple[Case, ...]:
        """Those that ended in no allowed way."""
        return tuple(case for case in self.cases if case.kind not in KINDS[:2])

    @property
    def failed(self) -> int:
        """How many ended in no allowed way."""
        return len(self.failures)

    def summary(self) -> str:
        """One line."""
        found = Counter(case.kind for case in self.cases)
        told = ", ".join(f"{found[kind]} {kind}" for kind in KINDS if found[kind])
        formats = {case.format for case in self.cases}
        return f"{len(self.cases)} damaged files of {len(formats)} kinds: {told}"

    def rows(self) -> list[dict[str, Any]]:
        """One a format: how many cases, and what became of them."""
        found = Counter((case.format, case.kind) for case in self.cases)
        return [
            {
                "format": each.name,
                "cases": sum(found[each.name, kind] for kind in KINDS),
                **{kind: found[each.name, kind] for kind in KINDS},
            }
            for each in FORMATS
        ]


def damaged(format: Format, folder: Path, seed: str) -> tuple[str, str, bytes]:
    """File of a format, what was done to it, and its content then; the same for the same seed."""
    chance = random.Random(seed)
    file = chance.choice(format.files)
    content = (folder / file).read_bytes()
    names = DAMAGES[format.grammar]
    name = chance.choice(sorted(names))
    return file, name, names[name](content, chance)


def read(number: int, folder: str) -> Any:
    """Read what lies in a folder as the format of this number; for a process of its own."""
    os.chdir(folder)
    return FORMATS[number].read(Path(folder))


def judge(format: Format, outcome: isolated.Outcome, folder: Path, file: str, sound: Any) -> str:
    """What became of a case, one of `KINDS`."""
    if (folder / MARKER).exists():
        return "ran a payload"
    if outcome.kind == "refused":
        said = outcome.said.replace(f"{folder}{os.sep}", "")
        plain = len(said) <= LONGEST and said.isprintable()
        # A file that contradicts another may be named by that, or by the run that it is part of; a
        # parameter by its own name.
        paths = [Path(each) for each in format.files]
        places = {str(folder / each) for path in paths for each in path.parents[:-1]}
        named = any(path.name in said for path in paths)
        named |= any(place in outcome.said for place in places)
        named |= file.endswith(".yaml") and ("is not allowed" in said or "no parameter" in said)
        return "refused" if plain and named else "refused badly"
    if outcome.kind == "finished" and format.guarded and outcome.value not in (sound, None):
        return "taken for sound"
    return outcome.kind


def run(
    cases: int,
    seed: int,
    progress: bool = False,
    formats: Sequence[Format] = FORMATS,
    seconds: float = 10.0,
) -> Readers:
    """Damage so many files, the formats in turn, and read each in a process of its own."""
    found = []
    with tempfile.TemporaryDirectory(prefix="har-") as scratch:
        work, sounds = Path(scratch, "work"), {}
        for each in formats:
            place = Path(scratch, each.make.__name__)
            if not place.exists():
                # Made where it is read, as paths are part of what is kept.
                shutil.rmtree(work, ignore_errors=True)
                work.mkdir()
                each.make(work)
                shutil.copytree(work, place)
            outcome = _of(each, place, Path(scratch), seconds)
            assert outcome.kind == "finished", outcome.said
            sounds[each.name] = place, outcome.value
        for number in tqdm(range(cases), desc="readers", disable=not progress):
            each = formats[number % len(formats)]
            place, sound = sounds[each.name]
            key = f"{each.name} {seed} {number // len(formats)}"
            file, damage, content = damaged(each, place, key)
            outcome = _of(each, place, Path(scratch), seconds, {file: content})
            kind = judge(each, outcome, work, file, sound)
            found.append(Case(each.name, file, damage, key, kind, outcome.said))
    return Readers(tuple(found))


def _of(
    format: Format,
    sound: Path,
    scratch: Path,
    seconds: float,
    changed: dict[str, bytes] | None = None,
) -> isolated.Outcome:
    """Read a copy of a folder in which a file is changed."""
    work = scratch / "work"
    shutil.rmtree(work, ignore_errors=True)
    shutil.copytree(sound, work)
    for file, content in (changed or {}).items():
        (work / file).write_bytes(content)
    return isolated.run(read, (FORMATS.index(format), str(work)), seconds=seconds, preload=PRELOAD)
