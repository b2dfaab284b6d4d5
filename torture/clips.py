"""Clips whose bytes are changed: does `har_lib.integrity` notice that frames were lost?

Every frame of the made clips shows its own number, so that it is known which frames a damaged
clip still gives. A mutation is told by its clip, the seed and its number.
"""

import os
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from har_lib import integrity, video
from har_lib.errors import InputError
from torture import isolated
from torture.clip_mutations import mutate
from torture.clip_sources import Source, made_sources, read_number, real_sources

#: Levels by which a pixel must differ to count as changed.
_NOISE = 8

#: What may become of a mutated clip, besides crash, hang and traceback.
FATES = ("same", "noticed", "changed", "lost")


@dataclass(frozen=True)
class Case:
    """A mutated clip and its fate: one of ``FATES``, or crash, hang or traceback.

    ``lost`` and ``changed`` are fates of clips that pass as whole: frames that are missing
    (more than one), and pixels that differ.
    """

    source: Source
    number: int
    mutation: str
    fate: str
    lost: int = 0
    said: str = ""


@dataclass(frozen=True)
class Count:
    """What became of all mutated clips."""

    seed: int
    cases: tuple[Case, ...]

    def rows(self) -> list[dict[str, str | int]]:
        """A line for every container and codec."""
        kinds = sorted({(case.source.container, case.source.codec) for case in self.cases})
        table: list[dict[str, str | int]] = []
        for container, codec in kinds:
            fates = Counter(
                case.fate
                for case in self.cases
                if (case.source.container, case.source.codec) == (container, codec)
            )
            row: dict[str, str | int] = {"container": container, "codec": codec}
            row["cases"] = fates.total()
            row.update({fate: fates[fate] for fate in (*FATES, "crash", "hang", "traceback")})
            table.append(row)
        return table

    def bad(self, *containers: str) -> tuple[Case, ...]:
        """Cases that may not be: lost frames unnoticed, crash, hang, traceback."""
        allowed = ("same", "noticed", "changed")
        return tuple(
            case
            for case in self.cases
            if case.fate not in allowed and (not containers or case.source.container in containers)
        )

    @property
    def failed(self) -> int:
        """How many may not be; what Matroska and WebM lose unnoticed is a residue, and stated."""
        stated = {"Matroska", "WebM"}
        return sum(
            case.fate != "lost" or case.source.container not in stated for case in self.bad()
        )

    def summary(self) -> str:
        """One printable line."""
        fates = Counter(case.fate for case in self.cases)
        return (
            f"{len(self.cases)} mutated clips: {fates['noticed']} noticed, {fates['same']} with the"
            f" same frames, {fates['changed']} with other pixels unnoticed, {fates['lost']} with"
            f" more than one frame lost unnoticed; {fates['crash']} crashes, {fates['hang']} hangs,"
            f" {fates['traceback']} tracebacks"
        )


def judge(path: str, reference: str, numbered: bool) -> tuple[str, int, str]:
    """Fate of a mutated clip, beside the frames of the sound one; frames lost; what was said."""
    sound = np.load(reference, mmap_mode="r")
    report = integrity.inspect(Path(path))
    try:
        frames = video.read_gray(path, minimum_frames=1)
    except InputError as error:
        # The reader refuses it, so nothing wrong can go further.
        return "noticed", 0, str(error)
    if not report.whole:
        return "noticed", 0, "; ".join(f"{each.kind}: {each.said}" for each in report.problems)
    lost = max(0, len(sound) - len(frames))
    if numbered and frames.shape[1:] == sound.shape[1:]:
        numbers = [read_number(frame) for frame in frames]
        illegible = numbers.count(None)
        # A frame that cannot be read is there, though damaged; a repeated one is not.
        lost = max(lost, len(sound) - len(set(numbers) - {None}) - illegible)
    if lost > 1:
        return "lost", lost, ""
    if frames.shape == sound.shape:
        difference = np.abs(frames.astype(np.int16) - sound).max()
        return ("changed" if difference > _NOISE else "same"), lost, ""
    return "changed", lost, ""


def attempt(
    source: Source, reference: Path, numbered: bool, seed: int, number: int, folder: Path
) -> Case:
    """Mutate a clip and judge it in a process of its own."""
    changed, name = mutate(source.path.read_bytes(), seed, number)
    path = folder / f"mutated{source.path.suffix}"
    path.write_bytes(changed)
    outcome = isolated.run(
        judge, (str(path), str(reference), numbered), seconds=10.0, preload=("torture.clips",)
    )
    if outcome.kind != "finished":
        return Case(source, number, name, outcome.kind, said=outcome.said)
    fate, lost, said = outcome.value
    return Case(source, number, name, fate, lost, said)


def run(cases: int = 2000, seed: int = 0, progress: bool = False) -> Count:
    """Mutate every source in turn until there are ``cases`` clips.

    Real clips take part when HAR_TEST_DATA names their folder.
    """
    from tqdm.auto import tqdm

    results = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made = made_sources(folder)
        sources = [*made, *real_sources(os.environ.get("HAR_TEST_DATA") or os.devnull)]
        references = []
        for place, source in enumerate(sources):
            references.append(folder / f"{place}.npy")
            np.save(references[-1], video.read_gray(source.path))
        for number in tqdm(range(cases), desc="clips", disable=not progress):
            place = number % len(sources)
            results.append(
                attempt(sources[place], references[place], place < len(made), seed, number, folder)
            )
    return Count(seed, tuple(results))
