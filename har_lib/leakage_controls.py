"""Two controls of the leakage ladder: labels that mean nothing, and samples of known difficulty."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtr, stdtrit

from har_lib import leakage, leakage_inference, order_task
from har_lib.config import Config
from har_lib.errors import InputError
from har_lib.leakage import Samples

#: Samples of known difficulty that are drawn anew to measure what a classifier is worth.
FRESH = 20_000

_OWN = int.from_bytes(b"controls")


def is_crossed(data: Samples) -> bool:
    """Whether every group has as many clips of each class as every other."""
    first = np.unique(data.clips, return_index=True)[1]
    table = pd.crosstab(data.groups[first], data.labels[first]).to_numpy()
    return bool((table == table[0]).all())


def shuffled(data: Samples, seed: int, within_groups: bool = False) -> Samples:
    """The samples with the labels of whole clips exchanged among all clips, or in each group."""
    _, first, place = np.unique(data.clips, return_index=True, return_inverse=True)
    generator = np.random.default_rng([_OWN, seed])
    labels, groups = data.labels[first], data.groups[first]
    found = labels.copy()
    for group in np.unique(groups) if within_groups else [None]:
        own = np.flatnonzero(groups == group) if within_groups else np.arange(len(labels))
        found[own] = generator.permutation(labels[own])
    return replace(data, labels=found[place])


def shuffled_labels(
    names: Sequence[str],
    data: Samples,
    config: Config,
    count: int,
    shuffles: int,
    seed: int = 0,
    jobs: int = 1,
    within_groups: bool = False,
) -> pd.DataFrame:
    """Accuracy on each rung after labels were shuffled among clips: there is nothing to learn.

    Labels that are shuffled among all clips fall unevenly on groups. With few clips of a class a
    group that holds more of them leaves fewer to train on, so that folds by group can come out
    *below* chance, with no fault of a classifier; shuffled within groups that have as many clips
    of each class, they stay even.

    Parameters
    ----------
    names : sequence of str
        Classifiers that take rows.
    data : Samples
    config : Config
    count : int
        Folds.
    shuffles : int
        At least 2; shuffle s has the seed ``seed + s`` for labels, folds and classifier.
    seed, jobs : int
    within_groups : bool
        Shuffle the labels of each group among its own clips.

    Returns
    -------
    DataFrame
        A row a classifier, rung and shuffle: ``classifier``, ``rung``, ``shuffle``, ``accuracy``
        and ``chance``, the agreement that labels and answers of the same frequencies would have
        if they had nothing to do with each other (Cohen 1960, doi:10.1177/001316446002000104).
    """
    if shuffles < 2:
        raise InputError(f"shuffles = {shuffles} is not allowed: it must be at least 2")
    rows: list[dict[str, Any]] = []
    for now in range(seed, seed + shuffles):
        meaningless = shuffled(data, now, within_groups)
        labels = meaningless.labels
        for rung in leakage.UNITS[data.unit][1:]:
            parts = leakage.divide(rung, labels, data.clips, data.groups, count, now)
            for name in names:
                model = leakage.classifier(name, config, now)
                told = leakage.predict(model, data.rows, labels, data.groups, parts, jobs)
                classes = np.unique(labels)
                chance = sum((labels == each).mean() * (told == each).mean() for each in classes)
                accuracy = float((told == labels).mean())
                own = {"accuracy": accuracy, "chance": float(chance)}
                rows.append({"classifier": name, "rung": rung, "shuffle": now - seed} | own)
    return pd.DataFrame(rows)


def summary(found: pd.DataFrame, confidence: float = 0.95) -> pd.DataFrame:
    """Means over shuffles with Student's intervals, a row a classifier and rung.

    Columns: ``accuracy`` with ``low`` and ``high``; ``chance``; ``excess``, what accuracy is above
    chance in the same shuffle, with ``excess_low`` and ``excess_high``; ``shuffles``. An interval
    over shuffles tells how well the mean is known for these clips.
    """
    rows = []
    for (name, rung), own in found.groupby(["classifier", "rung"], sort=False):
        row: dict[str, Any] = {"classifier": name, "rung": rung, "shuffles": len(own)}
        row["chance"] = float(own.chance.mean())
        for column, values in (
            ("accuracy", own.accuracy),
            ("excess", own.accuracy - own.chance),
        ):
            low, high = ("low", "high") if column == "accuracy" else ("excess_low", "excess_high")
            half = stdtrit(len(own) - 1, 0.5 + confidence / 2) * values.std() / np.sqrt(len(own))
            row |= {column: float(values.mean())}
            row |= {low: float(values.mean() - half), high: float(values.mean() + half)}
        rows.append(row)
    return pd.DataFrame(rows)


# ---------------------------------------------------------------- known difficulty


def gaussian(separation: float, seed: int, groups: int = 40, width: int = 5) -> Samples:
    """Samples of two classes, each normal in every direction, in clips and groups of no account.

    Parameters
    ----------
    separation : float
        Distance of the two means in standard deviations, at least 0.
    seed : int
    groups, width : int
        Groups of four clips, two of each class, and samples a clip.

    Examples
    --------
    >>> gaussian(2.0, seed=0, groups=3).rows.shape
    (60, 58)
    """
    if not 0 <= separation < np.inf:
        raise InputError(
            f"separation = {separation} is not allowed: it must be finite, not below 0"
        )
    clips = np.arange(4 * groups).repeat(width)
    labels = clips % 2
    rows = _drawn(labels, separation, np.random.default_rng([_OWN, seed]))
    return Samples("key_frame", rows, [row[None] for row in rows], labels, clips // 4, clips)


def _drawn(labels: np.ndarray, separation: float, generator: np.random.Generator) -> np.ndarray:
    F = order_task.FEATURES
    middle = separation / 2 / np.sqrt(F)
    rows: np.ndarray = generator.normal(size=(len(labels), F)) + middle * (2 * labels - 1)[:, None]
    return rows


def best_possible(separation: float) -> float:
    """Accuracy of the rule that knows both means: Phi(separation / 2).

    Examples
    --------
    >>> round(best_possible(2.0), 3)
    0.841
    """
    return float(ndtr(separation / 2))


def known_difficulty(
    names: Sequence[str],
    config: Config,
    count: int,
    repeats: int,
    separation: float = 3.0,
    seed: int = 0,
    jobs: int = 1,
) -> pd.DataFrame:
    """The ladder where nothing can leak: all rungs but the first must tell the same truth.

    Parameters
    ----------
    names : sequence of str
        Classifiers that take rows.
    config : Config
    count, repeats : int
        Folds, and how often they are drawn.
    separation : float
        Of :func:`gaussian`.
    seed, jobs : int

    Returns
    -------
    DataFrame
        A row a classifier and rung: ``accuracy`` with ``low`` and ``high`` over groups; ``fresh``,
        the accuracy on :data:`FRESH` new samples after training on as many as a fold has, mean
        over the first draw's folds; and ``best``, which no classifier exceeds on average.
    """
    data = gaussian(separation, seed)
    generator = np.random.default_rng([_OWN, seed, 1])
    labels = np.arange(FRESH) % 2
    rows = _drawn(labels, separation, generator)
    found = []
    for name in names:
        parts = leakage.divide("key_frame", data.labels, data.clips, data.groups, count, seed)
        right = []
        for train, _ in parts:
            model = leakage.classifier(name, config, seed)
            model.fit(data.rows[train], data.labels[train])
            right.append((model.predict(rows) == labels).mean())
        for rung in leakage.RUNGS:
            each = leakage.correctness(name, data, rung, config, count, repeats, seed, jobs)
            mean = leakage_inference.interval(each, data.groups)
            found.append(
                {
                    "classifier": name,
                    "rung": rung,
                    "accuracy": mean.estimate,
                    "low": mean.low,
                    "high": mean.high,
                    "fresh": float(np.mean(right)),
                    "best": best_possible(separation),
                }
            )
    return pd.DataFrame(found)
