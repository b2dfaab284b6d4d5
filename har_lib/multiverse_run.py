"""Universes computed: features, folds, and every way to report them; each once, whatever happens.

What is finished lies in a file of its own, written whole or not at all, under a name made of all
that it depends on. A run that is ended goes on where it stood. Two universes that classify the
same numbers by the same settings share one result, down to the seeds.
"""

import dataclasses
import hashlib
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from tqdm.auto import tqdm

from har_lib import (
    baselines,
    datasets,
    evaluate,
    experiments,
    extraction,
    files,
    folds,
    parallel,
    sources,
    store,
)
from har_lib.config import FIELDS, Config
from har_lib.errors import MALFORMED, InputError, read_as
from har_lib.multiverse_axes import CLIP_SPLITS, KEY_FRAME_SPLIT, STRICT, Report, in_force, reports
from har_lib.multiverse_design import Universe

#: What is classified by, as far as the configuration says it.
_LEARNING = ("sequence", "lstm", "search", "training")


@dataclass(frozen=True)
class Protocol:
    """How each universe is evaluated.

    Attributes
    ----------
    folds : int
        Of the splits by group and at random.
    repeats : int
        Runs with other seeds of the folds by group. The other splits are run once, and of key
        frames, which are many, the first fold alone.
    splits : tuple of str
        Of `har_lib.multiverse_axes.CLIP_SPLITS` and `KEY_FRAME_SPLIT`; groups must be there.
    beside : tuple of str
        Other methods, run once on the same numbers and the same folds by group.
    seed : int
        Every universe draws seeds of its own from it and from what it classifies, so that the
        luck of one is not that of another.
    """

    folds: int = 4
    repeats: int = 2
    splits: tuple[str, ...] = (*CLIP_SPLITS, KEY_FRAME_SPLIT)
    beside: tuple[str, ...] = ("LSTM", "SVM")
    seed: int = 0

    def reports(self) -> list[Report]:
        """Every way to report that these splits allow."""
        return reports(self.splits)


def strictly(protocol: Protocol) -> Protocol:
    """The same protocol with nothing but the folds by group, for what is run again.

    Examples
    --------
    >>> strictly(Protocol()).splits
    ('groups',)
    """
    return dataclasses.replace(protocol, splits=("groups",), beside=())


# ---------------------------------------------------------------- one universe


@dataclass(frozen=True)
class Task:
    """A universe to be run: on which clips, how, and the how-manieth time.

    ``again`` is 0 for the run that counts; another number gives other seeds.
    """

    universe: Universe
    dataset: datasets.Dataset
    protocol: Protocol
    again: int = 0


def _features_digest(collection: extraction.Collection) -> str:
    """SHA-256 of all that is classified: numbers, labels and groups, clip by clip."""
    content = hashlib.sha256()
    for record, sequence in zip(collection.records, collection.sequences, strict=True):
        content.update(f"{record.label} {record.group} {sequence.shape} ".encode())
        content.update(np.ascontiguousarray(sequence, dtype="<f4").tobytes())
    return content.hexdigest()


def _content(features: str, task: Task) -> str:
    """Digest of what is classified and how: the same one means the same answers."""
    acting = in_force(task.universe.config)
    chosen = {name: acting[name] for name in acting if FIELDS[name].section in _LEARNING}
    return files.digest_of([features, chosen, dataclasses.asdict(task.protocol), task.again])


def _accuracies(
    runs: Mapping[str, evaluate.CrossValidation], counts: np.ndarray, wanted: Sequence[Report]
) -> dict[str, float]:
    """Accuracy in every way to report it; ``counts`` are the key frames of each clip."""
    found = {}
    for report in wanted:
        run = runs[report.split]
        predictions = run.predictions
        if report.unit == "key_frame" and report.split != KEY_FRAME_SPLIT:
            # A clip counts as often as it has key frames.
            times = counts[predictions["clip"].to_numpy()]
            predictions = predictions.loc[predictions.index.repeat(times)]
        told = dataclasses.replace(
            run, predictions=predictions, code=report.code, reported_run=report.run
        )
        found[report.name] = round(float(told.scores["accuracy"]), 6)
    return found


def _cross_validate(
    method: str, config: Config, data: experiments.Samples, protocol: Protocol, **how: Any
) -> evaluate.CrossValidation:
    seed = how.pop("seed")
    estimator = baselines.classifiers(**experiments.classifier_settings(config, seed))[method]
    return evaluate.cross_validate(
        estimator,
        data.sequences,
        data.labels,
        data.groups,
        folds=protocol.folds,
        seed=seed,
        **how,
    )


def classify(
    collection: extraction.Collection, config: Config, protocol: Protocol, seed: int
) -> dict[str, Any]:
    """What one universe answers, in every way to report it.

    Parameters
    ----------
    collection : Collection
        Features of the clips.
    config : Config
    protocol : Protocol
    seed : int
        Of folds and classifiers; the second run has the next one.

    Returns
    -------
    dict
        ``accuracy``: name of the report -> accuracy; ``by_group``: group -> strict accuracy;
        ``by_run``: strict accuracy of each run; ``beside``: other method -> strict accuracy;
        ``predictions``: digest of all answers; ``key_frames``: how many a clip has on average.
    """
    clips = experiments.samples(collection, "clip")
    counts = np.array([len(sequence) for sequence in clips.sequences])
    runs = {
        split: _cross_validate(
            "ALSTM",
            config,
            clips,
            protocol,
            seed=seed,
            split=split,
            repeats=protocol.repeats if split == STRICT.split else 1,
        )
        for split in protocol.splits
        if split != KEY_FRAME_SPLIT
    }
    if KEY_FRAME_SPLIT in protocol.splits:
        data = experiments.samples(collection, "key_frame")
        drawn = folds.divide(data.labels, data.groups, protocol.folds, seed, "random")
        runs[KEY_FRAME_SPLIT] = _cross_validate(
            "ALSTM", config, data, protocol, seed=seed, splits=[next(iter(drawn))]
        )
    strict = runs[STRICT.split]
    each_run = strict.predictions.groupby("repeat")
    answers = [[name, run.predictions.predicted.tolist()] for name, run in runs.items()]
    return {
        "accuracy": _accuracies(runs, counts, protocol.reports()),
        "by_group": {str(name): round(x, 6) for name, x in strict.groups.accuracy.items()},
        "by_run": [round(float((own.true == own.predicted).mean()), 6) for _, own in each_run],
        "beside": {
            method: round(_cross_validate(method, config, clips, protocol, seed=seed).accuracy, 6)
            for method in protocol.beside
        },
        "predictions": files.digest_of(answers),
        "key_frames": round(float(counts.mean()), 3),
    }


def _compute(task: Task, folder: Path) -> dict[str, Any]:
    """What is written of a universe; another one with the same content has perhaps done it."""
    config = task.universe.config
    collection = extraction.collect(task.dataset, config, jobs=1)
    features = _features_digest(collection)
    content = _content(features, task)
    kept = folder / "contents" / f"{content}.json"
    found = finished(kept)
    if found is None:
        # The runs of a universe take neighbouring seeds.
        seed = int(content[:7], 16) * 8
        found = classify(collection, config, task.protocol, seed)
        files.write_json(kept, found)
    return {"features": features, "content": content, **found, "failure": ""}


def _kept(task: Task, folder: Path, path: Path) -> None:
    try:
        row = _compute(task, folder)
    except Exception as error:
        # Whatever it is, it is told of this universe and ends no other.
        said = " ".join(str(error).split())
        row = {
            "failure": said if isinstance(error, InputError) else f"{type(error).__name__}: {said}"
        }
    files.write_json(path, row)


def _lost(task: Task, folder: Path, path: Path) -> None:
    files.write_json(path, {"failure": parallel.LOST})


# ---------------------------------------------------------------- all universes


@cache
def version() -> str:
    """Digest of the sources that a result depends on."""
    return sources.digest(sources.used_by([sys.modules[__name__]]))


def place(task: Task, folder: Path, data: str) -> Path:
    """File of a finished universe; ``data`` is the digest of the clips."""
    about = [
        task.universe.digest,
        dataclasses.asdict(task.protocol),
        task.again,
        data,
        version(),
    ]
    return folder / "universes" / f"{files.digest_of(about)}.json"


def run(
    tasks: Sequence[Task],
    folder: Path,
    jobs: int = 1,
    progress: str = "",
    *,
    scheduler: str = "",
) -> list[dict[str, Any]]:
    """What became of each task, in order; what is finished is kept and never run again.

    Parameters
    ----------
    tasks : sequence of Task
    folder : Path
        Where each finished universe is kept.
    jobs : int
        Processes; the result does not depend on it.
    progress : str
        What the bar is called; empty shows none.
    scheduler : str
        Address of a Dask scheduler whose workers take the place of the processes; they must see
        the folder.

    Returns
    -------
    list of dict
        Of :func:`classify`, with ``features`` and ``content``, digests of the numbers that were
        classified and of these with the settings, and ``failure``, which is empty; or nothing but
        ``failure``, the reason.
    """
    files.check_folder(folder / "contents")
    files.check_folder(folder / "universes")
    datasets_of = {id(task.dataset): task.dataset for task in tasks}
    data = {key: dataset.digest() for key, dataset in datasets_of.items()}
    paths = [place(task, folder, data[id(task.dataset)]) for task in tasks]
    todo = {
        path: (task, folder, path)
        for task, path in zip(tasks, paths, strict=True)
        if finished(path) is None
    }
    parallel.each(
        _kept,
        todo.values(),
        jobs,
        progress=progress if todo else "",
        scheduler=scheduler if todo else "",
        needs=[folder],
        lost=_lost,
    )
    with read_as("a finished universe", folder, "run it again"):
        return [files.read_json(path) for path in paths]


def finished(path: Path) -> dict[str, Any] | None:
    """What is kept of a universe; None where there is nothing, or nothing that can be read."""
    try:
        found: dict[str, Any] = files.read_json(path)
        return found if found.keys() else None
    except (OSError, *MALFORMED):
        return None


def stage_makers(configs: Sequence[Config]) -> list[Config]:
    """Few of the configurations, which together need every stage that any of them needs.

    Examples
    --------
    >>> other = Config().replace(silhouette="mog2"), Config().replace(silhouette="knn")
    >>> len(stage_makers([Config(), Config().replace(hidden_size=16), *other]))
    3
    """
    needs = [frozenset(store.shelves(config).items()) for config in configs]
    missing = frozenset().union(*needs)
    chosen = []
    while missing:
        best = max(range(len(configs)), key=lambda i: (len(needs[i] & missing), -i))
        chosen.append(configs[best])
        missing -= needs[best]
    return chosen


def prepare(
    tasks: Sequence[Task], jobs: int = 1, progress: str = "", *, scheduler: str = ""
) -> None:
    """Make the stages that the universes need, so that no two processes make the same one.

    Clips that cannot be read are told of by each universe.
    """
    for dataset in {id(task.dataset): task.dataset for task in tasks}.values():
        configs = stage_makers([t.universe.config for t in tasks if t.dataset is dataset])
        for config in tqdm(configs, desc=progress, disable=not progress):
            extraction.extract(dataset, config, jobs, scheduler=scheduler, damaged_clips="skip")
