"""Every problem of a collection of videos: what is damaged, and what is there twice."""

import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import pandas as pd

from har_lib import datasets, digests, files, parallel, store, verdicts, video
from har_lib.errors import InputError, printable


@dataclass(frozen=True)
class Finding:
    """What is wrong with a clip, whose name counts from the folder that was checked."""

    clip: str
    problem: str


@dataclass(frozen=True)
class Checked:
    """What came of a check: how many clips, what is wrong with some, and the time in seconds."""

    clips: int
    findings: tuple[Finding, ...]
    seconds: float

    def summary(self) -> str:
        """One printable line.

        Examples
        --------
        >>> Checked(9, (Finding("a.avi", "is empty"),), 0.5).summary()
        '9 clips checked in 0.5 s: 8 without a problem, 1 with'
        """
        wrong = len({finding.clip for finding in self.findings})
        return (
            f"{self.clips} clips checked in {self.seconds:.1f} s: {self.clips - wrong} without a "
            f"problem, {wrong} with"
        )


def check(folder: Path | str, jobs: int = 1, progress: bool = False) -> Checked:
    """Look at every video in a folder and below it.

    Parameters
    ----------
    folder : Path
        Need not be a data set: no classes, no groups.
    jobs : int
        Processes.
    progress : bool
        Show a bar.

    Returns
    -------
    Checked
        A clip may have several findings: what `har_lib.integrity` finds, too few frames, and
        content that another clip has too, which must never stand on two sides of a split.

    Raises
    ------
    InputError
        If there is no such folder, or no video in it.
    """
    begin = time.monotonic()
    root = Path(folder)
    clips = datasets.videos(datasets.existing(root))
    if not clips:
        raise InputError(f"{root}: holds no video ({' '.join(sorted(video.SUFFIXES))})")
    answers = parallel.each(
        _look,
        [(clip,) for clip in clips],
        jobs,
        progress="clips" if progress else "",
        lost=_lost,
    )
    findings = []
    same: dict[str, list[Path]] = defaultdict(list)
    with digests.recording() as note:
        for clip, (observation, problem) in zip(clips, answers, strict=True):
            if problem:
                findings.append(Finding(_name(clip, root), problem))
            if observation:
                note(observation)
                same[observation.digest].append(clip)
    for twins in same.values():
        findings += [
            Finding(_name(clip, root), f"has the same content as {_name(twins[0], root)}")
            for clip in twins[1:]
        ]
    findings.sort(key=lambda finding: finding.clip)
    return Checked(len(clips), tuple(findings), time.monotonic() - begin)


def _look(path: Path) -> tuple[digests.Observation | None, str]:
    """A clip's digest and what is wrong with it."""
    observation = None
    try:
        observation = store.observe(path)
        flaw = verdicts.of(path, observation.digest)
        if not flaw:
            video.read_gray(path, size=(16, 16), stop=2)
    except (InputError, MemoryError, cv2.error) as error:
        said = " ".join(str(error).split()) or "needs more memory than there is"
        return observation, said.removeprefix(f"{path}: ")
    return observation, flaw


def _lost(path: Path) -> tuple[None, str]:
    return None, parallel.LOST


def _name(clip: Path, root: Path) -> str:
    return clip.relative_to(root).as_posix()


def write(findings: Sequence[Finding], path: Path) -> None:
    """Write findings as CSV, one line each: clip, problem."""
    rows = [(printable(finding.clip), printable(finding.problem)) for finding in findings]
    table = pd.DataFrame(rows, columns=["clip", "problem"])
    files.write_text(path, table.to_csv(index=False, lineterminator="\n"))
