"""The leakage ladder: one set of samples, one classifier, four ways to hold samples back.

On the lowest step a classifier is tested on what it was trained on, on the next ones it has seen
other key frames of the same clip, other clips of the same group, and on the last nothing of the
group. What is scored is the same sample on all of them, so that accuracies can be subtracted.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, clone
from sklearn.pipeline import Pipeline
from threadpoolctl import threadpool_limits

from har_lib import baselines, evaluate, experiments, folds
from har_lib.config import Config
from har_lib.errors import InputError
from har_lib.extraction import Collection
from har_lib.folds import Split
from har_lib.leakage_endpoints import RUNGS, check_rung

#: Unit -> the rungs on which it can be scored.
UNITS = {"key_frame": RUNGS, "clip": tuple(rung for rung in RUNGS if rung != "key_frame")}

#: Unit -> the classifiers that are compared there.
CLASSIFIERS = {"key_frame": ("SVM", "kNN", "ANN"), "clip": ("SVM", "kNN", "LSTM")}


@dataclass(frozen=True)
class Samples:
    """What is classified, and where each sample comes from.

    Attributes
    ----------
    unit : {"key_frame", "clip"}
    rows : ndarray, float64 (N, F)
        A row a sample, for classifiers that take tables: the numbers of a key frame, or what the
        suite's baselines see of a clip.
    sequences : list of ndarray
        The same samples for the LSTM, (K_i, 58) each.
    labels, groups : ndarray (N,)
    clips : ndarray, int64 (N,)
        Number of each sample's clip.
    """

    unit: str
    rows: np.ndarray
    sequences: list[np.ndarray]
    labels: np.ndarray
    groups: np.ndarray
    clips: np.ndarray


def samples(collection: Collection, config: Config, unit: str) -> Samples:
    """The clips of a collection, or each of their key frames, as rows and sequences.

    Raises
    ------
    InputError
        If the unit is unknown.
    """
    if unit not in UNITS:
        raise InputError(f"unit = {unit!r} is not known: it must be one of {', '.join(UNITS)}")
    found = experiments.samples(collection, unit)
    if unit == "key_frame":
        # The suite's own table would add 58 deviations over one row, which are all 0.
        rows = np.concatenate(found.sequences).astype(np.float64)
    else:
        settings = experiments.classifier_settings(config, 0)
        rows = baselines.classifiers(**settings)["SVM"][0].fit_transform(found.sequences)
    return Samples(unit, rows, found.sequences, found.labels, found.groups, found.clips)


def classifier(name: str, config: Config, seed: int) -> BaseEstimator:
    """One of the suite's classifiers for :class:`Samples`; scaling is learnt in the training part.

    Examples
    --------
    >>> list(classifier("SVM", Config(), seed=0).named_steps)
    ['scaler', 'classifier']
    """
    settings = experiments.classifier_settings(config, seed)
    found = baselines.classifiers(**settings)[name]
    # What comes before scaling has been done once and for all: it learns nothing.
    return Pipeline(found.steps[1:]) if isinstance(found, Pipeline) else found


def divide(
    rung: str,
    labels: np.ndarray,
    clips: np.ndarray,
    groups: np.ndarray,
    count: int,
    seed: int,
) -> list[Split]:
    """Training and test parts of a rung, one pair a fold.

    Parameters
    ----------
    rung : {"training_data", "key_frame", "clip", "group"}
        Everything trains and is tested; single samples are held back at random; whole clips at
        random; whole groups. Folds of samples and of clips are stratified by class; by group one
        is left out at a time where there are no more of them than folds, else folds are
        stratified as well as groups allow.
    labels, clips, groups : ndarray (N,)
        Of each sample.
    count : int
        Folds.
    seed : int
        Of the draw.

    Raises
    ------
    InputError
        If the rung is unknown, a clip has two labels, or there are too few samples, clips or
        groups, or a fold would leave a class without anything to train on.

    Examples
    --------
    >>> labels, clips = np.array([0, 0, 1, 1, 0, 0, 1, 1]), np.arange(8) // 2
    >>> parts = divide("clip", labels, clips, clips // 2, count=2, seed=0)
    >>> [sorted(set(clips[test].tolist())) for _, test in parts]
    [[1, 2], [0, 3]]
    """
    check_rung(rung)
    if rung == "clip":
        parts = list(_by_clip(labels, clips, count, seed))
    else:
        how = {"training_data": "resubstitution", "key_frame": "random", "group": "groups"}[rung]
        parts = list(folds.divide(labels, groups, count, seed, how))
    for train, test in parts:
        missing = np.setdiff1d(labels, labels[train])
        if len(missing):
            held = ", ".join(map(str, np.unique(groups[test])))
            raise InputError(
                f"rung {rung}: holding {held} back leaves nothing of class {missing[0]} to train "
                "on: ask for more folds, or leave that class out"
            )
    return parts


def _by_clip(labels: np.ndarray, clips: np.ndarray, count: int, seed: int) -> Iterator[Split]:
    names, first, place = np.unique(clips, return_index=True, return_inverse=True)
    if (labels[first][place] != labels).any():
        raise InputError("a clip has samples of two classes: give each clip one label")
    for train, test in folds.divide(labels[first], names, count, seed, "random"):
        yield np.flatnonzero(np.isin(place, train)), np.flatnonzero(np.isin(place, test))


def predict(
    model: BaseEstimator,
    given: Any,
    labels: np.ndarray,
    groups: np.ndarray,
    parts: Sequence[Split],
    jobs: int = 1,
) -> np.ndarray:
    """What a classifier says of each sample when it stands in the test part, (N,).

    ``given`` holds what the classifier takes, rows or sequences. The parts must test each sample
    once.
    """
    if evaluate.takes_groups(model):
        run = evaluate.cross_validate(model, given, labels, groups, splits=parts, jobs=jobs)
        told = run.predictions.sort_values("clip", kind="stable")
        place, found = told["clip"].to_numpy(), told.predicted.to_numpy()
    else:
        # Far quicker, which counts in thousands of permutations; one thread rounds in one way.
        with threadpool_limits(1):
            answers = [
                clone(model).fit(given[train], labels[train]).predict(given[test])
                for train, test in parts
            ]
        tested = np.concatenate([test for _, test in parts])
        order = np.argsort(tested, kind="stable")
        place, found = tested[order], np.concatenate(answers)[order]
    if not np.array_equal(place, np.arange(len(labels))):
        raise InputError("the folds do not test every sample once: give folds that do")
    return np.asarray(found)


def correctness(
    name: str,
    data: Samples,
    rung: str,
    config: Config,
    count: int,
    repeats: int,
    seed: int = 0,
    jobs: int = 1,
) -> np.ndarray:
    """Share of right answers to each sample over repeats with other folds and seeds.

    Parameters
    ----------
    name : str
        Of :data:`CLASSIFIERS`.
    data : Samples
    rung : str
        Of the unit's :data:`UNITS`.
    config : Config
        Settings of the classifier.
    count, repeats : int
        Folds, and how often all is done; repeat r has the seed ``seed + r``.
    seed : int
    jobs : int
        Processes; the result does not depend on it.

    Returns
    -------
    ndarray
        float64 (N,), between 0 and 1.

    Raises
    ------
    InputError
        As :func:`divide`, and if the rung is not one of the unit's.
    """
    check_rung(rung)
    if rung not in UNITS[data.unit]:
        raise InputError(f"rung {rung} has no meaning where a sample is a {data.unit}")
    if repeats < 1:
        raise InputError(f"repeats = {repeats} is not allowed: it must be at least 1")
    given: Any = data.sequences if name in ("LSTM", "ALSTM") else data.rows
    right = np.zeros(len(data.labels))
    for now in range(seed, seed + repeats):
        parts = divide(rung, data.labels, data.clips, data.groups, count, now)
        model = classifier(name, config, now)
        right += predict(model, given, data.labels, data.groups, parts, jobs) == data.labels
    return right / repeats
