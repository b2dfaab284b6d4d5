"""The study of leakage: all rungs, all differences with interval and test, and the controls."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from har_lib import (
    comparison,
    leakage,
    leakage_controls,
    leakage_endpoints,
    leakage_inference,
    leakage_mechanism,
    parallel,
    silhouette_floor,
    video,
)
from har_lib.config import Config
from har_lib.errors import InputError
from har_lib.extraction import Collection
from har_lib.leakage import Samples
from har_lib.leakage_endpoints import Endpoint
from har_lib.leakage_permutation import Journal, gap_test

#: Differences between rungs, by unit; all have an interval.
CONTRASTS = {
    "key_frame": (
        ("key_frame", "group"),
        ("key_frame", "clip"),
        ("clip", "group"),
        ("training_data", "group"),
    ),
    "clip": (("clip", "group"), ("training_data", "group")),
}

#: Classifiers whose differences are tested too; the others would need hours for it. The rung of
#: the training data is never tested: there a classifier is better with no leakage at all.
TESTED = ("SVM", "kNN")

#: The data on which the mechanism is shown, and which are no part of any verdict.
MECHANISM_ONLY = "builtin"


@dataclass(frozen=True)
class Settings:
    """Sizes of the study beside the choices of the configuration.

    Attributes
    ----------
    permutations : int
        Of each test; 0 leaves the tests out.
    seed : int
        Of everything random.
    draws : int
        Of the bootstrap.
    shuffles : int
        Of the labels, for the negative control.
    mechanism_draws : int
        Of the offsets.
    """

    permutations: int = leakage_endpoints.PERMUTATIONS
    seed: int = leakage_endpoints.SEED
    draws: int = leakage_inference.DRAWS
    shuffles: int = 20
    mechanism_draws: int = 5

    def __post_init__(self) -> None:
        """Refuse what is impossible before anything is computed."""
        least = {"permutations": 0, "seed": 0, "draws": 99, "shuffles": 2, "mechanism_draws": 2}
        for name, lowest in least.items():
            if getattr(self, name) < lowest:
                raise InputError(
                    f"{name} = {getattr(self, name)} is not allowed: it must be at least {lowest}"
                )


def check(config: Config) -> None:
    """Refuse choices that this study makes itself.

    Raises
    ------
    InputError
        Naming the first such choice.

    Examples
    --------
    >>> check(Config().replace(unit="key_frame"))
    Traceback (most recent call last):
    har_lib.errors.InputError: unit = 'key_frame' has no meaning here: the ladder itself says what \
is scored and what is held back, and chooses no settings
    """
    chosen, default = config.evaluation, Config().evaluation
    for name in ("unit", "split", "configurations"):
        if getattr(chosen, name) != getattr(default, name):
            raise InputError(
                f"{name} = {getattr(chosen, name)!r} has no meaning here: the ladder itself says "
                "what is scored and what is held back, and chooses no settings"
            )


def run(
    name: str,
    digest: str,
    collection: Collection,
    config: Config,
    settings: Settings,
    journal: Path,
    jobs: int = 1,
    progress: bool = False,
) -> dict[str, Any]:
    """Everything about one data set, as plain values.

    Parameters
    ----------
    name, digest : str
        Of the data set.
    collection : Collection
        Its features.
    config : Config
        Features and classifiers; its ``folds`` and ``repeats`` are those of every rung.
    settings : Settings
    journal : Path
        Where finished permutations are kept; a run that was ended goes on from there.
    jobs : int
        Processes; the result does not depend on it.
    progress : bool
        Show bars.

    Returns
    -------
    dict
        ``rungs``, ``contrasts`` and ``shuffled_labels`` as lists of rows, and where every group
        has as many clips of each class ``shuffled_within_groups``; ``floor`` where silhouettes
        are given; for the built-in data, which are no part of the verdict, also
        ``mechanism`` and ``known_difficulty``, and no tests.
    """
    check(config)
    evidence = name != MECHANISM_ONLY
    units = {unit: leakage.samples(collection, config, unit) for unit in leakage.UNITS}
    cells = _cells(units, config, settings, jobs, progress)
    endpoints = leakage_endpoints.named(digest, config, settings.permutations, settings.seed)

    def estimate(values: np.ndarray, groups: np.ndarray, least: float) -> dict[str, Any]:
        found = leakage_inference.interval(values, groups, draws=settings.draws, seed=settings.seed)
        return {
            "estimate": found.estimate,
            "low": max(least, found.low),
            "high": min(1.0, found.high),
            "interval": found.method,
        }

    rungs = [
        {"unit": unit, "classifier": classifier, "rung": rung}
        | estimate(right, units[unit].groups, 0.0)
        for (unit, classifier, rung), right in cells.items()
    ]
    contrasts = [
        {"unit": unit, "classifier": classifier, "upper": upper, "lower": lower}
        | estimate(
            cells[unit, classifier, upper] - cells[unit, classifier, lower],
            units[unit].groups,
            -1.0,
        )
        | {"role": _role(endpoints, unit, classifier, upper, lower)}
        for unit, names in leakage.CLASSIFIERS.items()
        for classifier in names
        for upper, lower in CONTRASTS[unit]
    ]
    if evidence and settings.permutations:
        kept = Journal(journal)
        for row in contrasts:
            if row["role"] != "descriptive":
                row |= _tested(row, units[row["unit"]], config, settings, kept, jobs, progress)
        _adjust(contrasts)
    found = {
        "evidence": evidence,
        "named_beforehand": bool(endpoints),
        **_sizes(collection, units),
        "settings": {**vars(settings), "folds": config.evaluation.folds}
        | {"repeats": config.evaluation.repeats},
        "rungs": rungs,
        "contrasts": contrasts,
    }
    found |= _controls(units["key_frame"], config, settings, jobs, evidence)
    if config.silhouette.method == "given":
        found["floor"] = _floor(collection, cells, units["clip"], estimate)
    rounded: dict[str, Any] = _rounded(found)
    return rounded


def _cells(
    units: dict[str, Samples], config: Config, settings: Settings, jobs: int, progress: bool
) -> dict[tuple[str, str, str], np.ndarray]:
    """Share of right answers to each sample, by unit, classifier and rung."""
    keys = [
        (unit, classifier, rung)
        for unit, rungs in leakage.UNITS.items()
        for classifier in leakage.CLASSIFIERS[unit]
        for rung in rungs
    ]
    chosen = config.evaluation
    tasks = [
        (classifier, units[unit], rung, config, chosen.folds, chosen.repeats, settings.seed)
        for unit, classifier, rung in keys
    ]
    answers = parallel.each(leakage.correctness, tasks, jobs, progress="rungs" if progress else "")
    return dict(zip(keys, answers, strict=True))


def _role(
    endpoints: tuple[Endpoint, ...], unit: str, classifier: str, upper: str, lower: str
) -> str:
    """Primary, secondary, exploratory where nothing was named beforehand, or descriptive."""
    for each in endpoints:
        if (each.unit, each.classifier, each.upper, each.lower) == (unit, classifier, upper, lower):
            return each.role
    return "exploratory" if classifier in TESTED and upper != "training_data" else "descriptive"


def _tested(
    row: dict[str, Any],
    data: Samples,
    config: Config,
    settings: Settings,
    journal: Journal,
    jobs: int,
    progress: bool,
) -> dict[str, Any]:
    words = f"{row['unit']} {row['classifier']} {row['upper']}-{row['lower']}"
    found = gap_test(
        row["classifier"],
        data,
        row["upper"],
        row["lower"],
        config,
        config.evaluation.folds,
        settings.permutations,
        journal,
        settings.seed,
        jobs,
        words if progress else "",
    )
    return {
        "exchanged": found.exchanged,
        "tested_gap": found.gap,
        "null_mean": float(found.null.mean()),
        "null_95": float(np.quantile(found.null, 0.95)),
        "p": found.p,
    }


def _adjust(contrasts: list[dict[str, Any]]) -> None:
    """Holm's p for all that is tested but the primary endpoint, which stands by itself."""
    several = [row for row in contrasts if row["role"] in ("secondary", "exploratory")]
    adjusted = comparison.holm([row["p"] for row in several])
    for row, p in zip(several, adjusted.tolist(), strict=True):
        row["p_holm"] = p


def _sizes(collection: Collection, units: dict[str, Samples]) -> dict[str, Any]:
    classes = np.unique(collection.labels)
    shares = {
        unit: float(np.unique(data.labels, return_counts=True)[1].max() / len(data.labels))
        for unit, data in units.items()
    }
    return {
        "clips": len(collection.records),
        "key_frames": len(units["key_frame"].labels),
        "groups": len(np.unique(collection.groups)),
        "classes": classes.tolist(),
        "chance": 1 / len(classes),
        "majority_rate": shares,
        "not_read": len(collection.failures),
        "damaged_and_used": len(collection.flagged),
    }


def _controls(
    data: Samples, config: Config, settings: Settings, jobs: int, evidence: bool
) -> dict[str, Any]:
    count, seed = config.evaluation.folds, settings.seed
    ways = {"shuffled_labels": False, "shuffled_within_groups": True}
    found: dict[str, Any] = {}
    for way, within in ways.items():
        if within and not leakage_controls.is_crossed(data):
            continue
        rows = leakage_controls.shuffled_labels(
            TESTED, data, config, count, settings.shuffles, seed, jobs, within
        )
        found[way] = leakage_controls.summary(rows).to_dict("records")
    if not evidence:
        curve = leakage_mechanism.curve(
            TESTED,
            data,
            config,
            count,
            settings.mechanism_draws,
            shares=leakage_mechanism.SHARES,
            seed=seed,
            jobs=jobs,
        )
        known = leakage_controls.known_difficulty(
            TESTED, config, count, config.evaluation.repeats, seed=seed, jobs=jobs
        )
        found["mechanism"] = curve.to_dict("records")
        found["known_difficulty"] = known.to_dict("records")
    return found


def _floor(
    collection: Collection,
    cells: dict[tuple[str, str, str], np.ndarray],
    data: Samples,
    estimate: Callable[..., dict[str, Any]],
) -> dict[str, Any]:
    """Pictures of silhouettes with one neighbour, and what they are better than 58 numbers."""
    masks = []
    for record in collection.records:
        frames = video.read_gray(record.path, damaged=bool(record.flaw))
        masks.append(frames[record.start : record.stop] > 127)
    right = silhouette_floor.correctness(masks, data.labels, data.groups)
    return {
        **estimate(right, data.groups, 0.0),
        "side": silhouette_floor.SIDE,
        "more_than": [
            {"classifier": name, "rung": rung}
            | estimate(right - cells[unit, name, rung], data.groups, -1.0)
            for unit, name, rung in cells
            if (unit, rung) == ("clip", "group")
        ],
    }


def _rounded(value: Any) -> Any:
    """Six digits after the point: more are rounding of one machine."""
    if isinstance(value, dict):
        return {key: _rounded(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(each) for each in value]
    return round(value, 6) if isinstance(value, float) else value
