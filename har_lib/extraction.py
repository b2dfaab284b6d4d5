"""Features of a whole data set: what is missing in the store is made, by many processes.

A clip that is damaged or cannot be read ends nothing on its way. When all others are done, what
becomes of it follows from ``damaged_clips``: refuse, skip or accept, see `har_lib.verdicts`.
"""

import dataclasses
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import pandas as pd

from har_lib import digests, files, parallel, store, verdicts, video
from har_lib.config import Config
from har_lib.datasets import Dataset, Labelled, Record
from har_lib.errors import InputError, printable
from har_lib.features import Features

#: A record, and what is wrong with it.
Failure = tuple[Record, str]

#: What a clip may fail with; anything else is a defect.
_FAILURES = (InputError, MemoryError, cv2.error)
#: Bytes of unknown clips that are read at once, sooner than a process starts.
_FEW_BYTES = 2**26
#: Clips whose features are read from the store sooner than a process starts.
_FEW_CLIPS = 300


@dataclass(frozen=True)
class Extraction:
    """What became of the clips of a data set.

    ``made`` counts the clips of which something was computed, ``frames`` what was decoded for
    them. ``damaged`` counts files of the store, ``changed`` clips with another content than was
    remembered; both are found by verifying, and made anew. ``failures`` are left out, ``flagged``
    are used although something is wrong with them. ``judged`` has the digest of the content that
    was looked at, for the records that are used.
    """

    clips: int
    made: int
    frames: int
    failures: tuple[Failure, ...]
    damaged: int
    changed: int
    seconds: float
    flagged: tuple[Failure, ...] = ()
    judged: dict[Record, str] = field(default_factory=dict, repr=False, compare=False)

    def summary(self) -> str:
        """One printable line.

        Examples
        --------
        >>> Extraction(9, 2, 372, (), 0, 0, 0.5).summary()
        '9 clips: 2 made (372 frames), 7 already there, 0 skipped; 0.5 s, 744 frames/s'
        >>> Extraction(9, 0, 0, (), 0, 0, 0.1).summary()
        '9 clips: 0 made, 9 already there, 0 skipped; 0.1 s'
        """
        there = self.clips - self.made - len(self.failures)
        frames = rate = repaired = flagged = ""
        if self.frames:
            frames = f" ({self.frames} frames)"
            rate = f", {self.frames / max(self.seconds, 1e-9):.0f} frames/s"
        if self.damaged or self.changed:
            repaired = f"; made anew, damaged files: {self.damaged}, changed clips: {self.changed}"
        if self.flagged:
            flagged = f", {len(self.flagged)} damaged and used"
        return (
            f"{self.clips} clips: {self.made} made{frames}, {there} already there, "
            f"{len(self.failures)} skipped{flagged}{repaired}; {self.seconds:.1f} s{rate}"
        )

    def usable(self, dataset: Dataset) -> Dataset:
        """The data set without what is left out; what is damaged and used says so."""
        left_out, flaws = {record for record, _ in self.failures}, dict(self.flagged)
        records = (record for record in dataset.records if record not in left_out)
        marked = (dataclasses.replace(each, flaw=flaws.get(each, "")) for each in records)
        return dataclasses.replace(dataset, records=tuple(marked))


@dataclass(frozen=True)
class Collection(Labelled):
    """Features of a data set: the records that are used, and the others with the reason.

    Records that are damaged and used have a ``flaw``.
    """

    records: tuple[Record, ...]
    features: tuple[Features, ...]
    failures: tuple[Failure, ...]

    @property
    def flagged(self) -> tuple[Failure, ...]:
        """Records that are used although something is wrong with them."""
        return tuple((record, record.flaw) for record in self.records if record.flaw)

    @property
    def sequences(self) -> list[np.ndarray]:
        """The key-frame sequences, a list of (K, 58)."""
        return [clip.vectors for clip in self.features]


@dataclass(frozen=True)
class _Outcome:
    """What a process tells of a clip: no features, which stay in the store."""

    observation: digests.Observation | None = None
    frames: int = 0
    made: bool = False
    damaged: int = 0
    failure: str = ""
    flaw: str = ""


@contextmanager
def _one_thread() -> Iterator[None]:
    """Let OpenCV use one thread: processes work side by side."""
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(before)


def _reason(record: Record, error: Exception) -> str:
    if isinstance(error, InputError):
        return str(error)
    said = " ".join(str(error).split())
    return f"{record.path}: {said or 'needs more memory than there is'}"


class _NotWritten(InputError):
    """The store cannot be written; it is no fault of the clip, and ends the extraction."""


def _check_store(record: Record, config: Config) -> None:
    """Refuse a store that cannot be written, before anything is computed for it."""
    try:
        files.check_folder(store.folder())
    except InputError as error:
        # A clip that cannot be read is listed, also beside a store that may only be read.
        store.frames_of(record, config)
        raise _NotWritten(f"{error}; HAR_DATA names another place for the store") from error


def _fill(record: Record, config: Config, verify: bool, accept: bool) -> _Outcome:
    """Make what the store lacks of a clip; its content is read, whatever is remembered of it."""
    try:
        with _one_thread():
            observation = store.observe(record.path)
            flaw = verdicts.of(record.path, observation.digest)
            # A record that names a flaw was accepted with it before.
            if flaw and not (accept or record.flaw):
                raise video.VideoError(f"{record.path}: {flaw}")
            record = dataclasses.replace(record, flaw=flaw)
            places = {
                stage: shelf.place(record, observation.digest)
                for stage, shelf in store.shelves(config).items()
            }
            sound = store.read if verify else Path.is_file
            lacking = [stage for stage, place in places.items() if not sound(place)]
            damaged = sum(places[stage].is_file() for stage in lacking)
            frames = 0
            if lacking:
                _check_store(record, config)
                frames, _ = store.make(record, config, lacking, observation.digest)
    except _NotWritten:
        raise
    except _FAILURES as error:
        return _Outcome(failure=_reason(record, error))
    return _Outcome(observation, frames, bool(lacking), damaged, flaw=flaw)


def _lost(record: Record, config: Config, verify: bool, accept: bool) -> _Outcome:
    return _Outcome(failure=f"{record.path}: {parallel.LOST}")


def _without_reading(records: Sequence[Record]) -> dict[Path, str]:
    """Digests that are remembered, and those of new files as long as they are few."""
    paths = list(dict.fromkeys(record.path for record in records))
    known = digests.known(paths)
    new = [path for path in paths if path not in known and path.is_file()]
    if sum(path.stat().st_size for path in new) <= _FEW_BYTES:
        known |= digests.of_each(new)
    return known


def _finished(records: Sequence[Record], config: Config) -> dict[Record, str]:
    """Records that are known to be whole and of which the store has all, with their digests."""
    known = _without_reading(records)
    verdict = verdicts.of_each(known)
    shelves = list(store.shelves(config).values())
    return {
        record: known[record.path]
        for record in records
        if verdict.get(record.path) == ""
        and all(shelf.place(record, known[record.path]).is_file() for shelf in shelves)
    }


def extract(
    dataset: Dataset | Sequence[Record],
    config: Config | None = None,
    jobs: int = 2,
    progress: bool = False,
    *,
    scheduler: str = "",
    verify: bool = False,
    damaged_clips: str = "refuse",
) -> Extraction:
    """Make what the store lacks of the features of a data set.

    What is there is found by the names of files, without reading a clip whose digest is
    remembered; if nothing is missing, no process starts.

    Parameters
    ----------
    dataset : Dataset or sequence of Record
    config : Config, optional
        The ``corrected`` profile by default.
    jobs : int
        Processes; the result does not depend on it.
    progress : bool
        Show a bar.
    scheduler : str
        Address of a Dask scheduler whose workers take the place of the processes.
    verify : bool
        Read every clip and all that is stored of it. What is damaged, or belongs to another
        content, is made anew.
    damaged_clips : {"refuse", "skip", "accept"}
        What is done about clips that are damaged or cannot be read, once all others are done:
        end, leave them out, or use what can be decoded of them.

    Returns
    -------
    Extraction
        Clips that are left out are listed in ``.failures``, those that are damaged and used in
        ``.flagged``.

    Raises
    ------
    Unusable
        If there is such a clip and the policy is to refuse; see `har_lib.verdicts`.
    InputError
        If not one clip could be read, or the store lacks something and cannot be written.
    """
    verdicts.check_policy(damaged_clips)
    begin = time.monotonic()
    config = config or Config()
    records = list(dataset.records if isinstance(dataset, Dataset) else dataset)
    remembered = digests.known(record.path for record in records) if verify else {}
    judged = {} if verify else _finished(records, config)
    todo = [record for record in records if record not in judged]
    outcomes: list[_Outcome] = []
    with digests.recording() as note:
        for outcome in parallel.stream(
            _fill,
            [(record, config, verify, damaged_clips == "accept") for record in todo],
            jobs,
            progress="features" if progress and todo else "",
            scheduler=scheduler if todo else "",
            frames=lambda outcome: outcome.frames,
            needs=[record.path for record in todo[:1]],
            lost=_lost,
        ):
            if outcome.observation:
                note(outcome.observation)
            outcomes.append(outcome)
    done = list(zip(todo, outcomes, strict=True))
    failures = tuple((record, outcome.failure) for record, outcome in done if outcome.failure)
    _check_failures(records, failures, damaged_clips)
    judged |= {
        record: outcome.observation.digest for record, outcome in done if outcome.observation
    }
    return Extraction(
        clips=len(records),
        made=sum(outcome.made for outcome in outcomes),
        frames=sum(outcome.frames for outcome in outcomes),
        failures=failures,
        damaged=sum(outcome.damaged for outcome in outcomes),
        changed=sum(
            outcome.observation is not None
            and remembered.get(path, outcome.observation.digest) != outcome.observation.digest
            for path, outcome in {record.path: outcome for record, outcome in done}.items()
        ),
        seconds=time.monotonic() - begin,
        flagged=tuple((record, outcome.flaw) for record, outcome in done if outcome.flaw),
        judged=judged,
    )


def _check_failures(records: Sequence[Record], failures: Sequence[Failure], policy: str) -> None:
    """End where not one clip is good, or one is not and the policy is to refuse."""
    if failures and len(failures) == len(records):
        said = printable(failures[0][1])
        raise InputError(f"none of the {len(records)} clips could be read; the first: {said}")
    if failures and policy == "refuse":
        raise verdicts.Unusable(tuple(failures), len(records))


def _load(record: Record, config: Config, clip: str) -> Features | str:
    try:
        with _one_thread():
            return store.load(record, config, clip)
    except _FAILURES as error:
        return _reason(record, error)


def collect(
    dataset: Dataset | Sequence[Record],
    config: Config | None = None,
    jobs: int = 2,
    progress: bool = False,
    *,
    scheduler: str = "",
    damaged_clips: str = "refuse",
) -> Collection:
    """Features of every clip of a data set, in the order of its records.

    Arguments and errors are those of `extract`; what is stored is read by processes of this
    machine.

    Returns
    -------
    Collection
        Clips that are left out are listed in ``.failures``; those that are damaged and used have
        a ``flaw``.

    Notes
    -----
    Only a content that `extract` has looked at is used: a clip that was changed or lost since, and
    of which something must be made anew, counts as one that cannot be read.
    """
    config = config or Config()
    records = list(dataset.records if isinstance(dataset, Dataset) else dataset)
    extracted = extract(
        records, config, jobs, progress, scheduler=scheduler, damaged_clips=damaged_clips
    )
    outcomes: dict[Record, Features | str] = dict(extracted.failures)
    flaws = dict(extracted.flagged)
    records = [dataclasses.replace(record, flaw=flaws.get(record, "")) for record in records]
    good = [record for record in records if record not in outcomes]
    few = len(good) <= _FEW_CLIPS
    found = parallel.each(
        _load,
        [(record, config, extracted.judged[record]) for record in good],
        1 if few else jobs,
        progress="reading" if progress and not few else "",
    )
    outcomes |= zip(good, found, strict=True)
    pairs = [(record, outcomes[record]) for record in records]
    failures = tuple((record, found) for record, found in pairs if isinstance(found, str))
    # What is remembered of these may be wrong: the next run reads them.
    digests.forget(record.path for record, _ in failures if record in extracted.judged)
    _check_failures(records, failures, damaged_clips)
    read = [(record, found) for record, found in pairs if isinstance(found, Features)]
    return Collection(
        tuple(record for record, _ in read), tuple(found for _, found in read), failures
    )


def write_failures(
    failures: Sequence[Failure], path: Path, flagged: Sequence[Failure] = ()
) -> None:
    """Write what is wrong with clips as CSV, one line each, also of names with line ends.

    The columns are clip, label, group, reason, used (yes or no), and the frames of its file that
    a clip is: start, stop (empty: up to the end).
    """
    rows = [
        {
            "clip": printable(record.path.name),
            "label": printable(record.label),
            "group": printable(record.group),
            "reason": printable(reason.replace(str(record.path), record.path.name)),
            "used": used,
            "start": str(record.start),
            "stop": "" if record.stop is None else str(record.stop),
        }
        for used, listed in (("no", failures), ("yes", flagged))
        for record, reason in listed
    ]
    columns = ["clip", "label", "group", "reason", "used", "start", "stop"]
    table = pd.DataFrame(rows, columns=columns)
    files.write_text(path, table.to_csv(index=False, lineterminator="\n"))
