"""What carries the accuracy: key frames, families of features, readings of 1x40, profiles.

One thing is changed at a time, all else being the profile ``corrected``, and everything is
evaluated on the same clips and folds, so that a variant is compared clip by clip. The search and
its parts have an ablation of their own (`har_lib.ablation`).
"""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from tqdm import tqdm

from har_lib import baselines, comparison, evaluate, extraction, files, record, report
from har_lib.config import FIELDS, Config, Value, profile
from har_lib.datasets import Dataset
from har_lib.errors import MALFORMED, InputError
from har_lib.experiments import classifier_settings

#: Columns of the 58 numbers, by family.
FAMILIES: Mapping[str, range] = {
    "shape": range(16),
    "space-time interest": range(16, 56),
    "coverage": range(56, 58),
}

#: Classifiers that every variant is tried with: the best without order, and the paper's network.
METHODS = ("SVM", "LSTM")

#: Named before the study was run: the one comparison that is not adjusted for being one of many.
#: It is no blind prediction: a first look at 93 Weizmann sequences of 9 persons had seen an LSTM
#: at .80 with key frames by SSIM and .88 with as many evenly spaced ones.
PRIMARY = {"question": "key frames", "variant": "uniform", "method": "LSTM"}


@dataclass(frozen=True)
class Variant:
    """One change.

    Attributes
    ----------
    question : str
        What is asked by it.
    name : str
    choices : mapping
        Choices that are changed, by flat name.
    columns : tuple of int
        Of the 58 numbers, those that are kept.
    profile : str
        The profile that the choices are changed in.
    methods : tuple of str
        Classifiers that it is tried with.
    against : str
        Name of the variant, of the same question, that it is compared with; "" for the first.
    """

    question: str
    name: str
    choices: Mapping[str, Value] = field(default_factory=dict)
    columns: tuple[int, ...] = tuple(range(58))
    profile: str = "corrected"
    methods: tuple[str, ...] = METHODS
    against: str = ""


def variants() -> list[Variant]:
    """What everything is compared with, first, and every change of it.

    Examples
    --------
    >>> sorted({variant.question for variant in variants()})
    ['10 key frames', '1x40', 'features', 'key frames', 'none', 'profile']
    """
    everything = tuple(range(58))
    found = [Variant("none", "corrected", methods=("SVM", "LSTM", "ALSTM"))]
    for question, name in (("key frames", "keyframe_selection"), ("1x40", "interest_vector")):
        choice = FIELDS[name]
        found += [
            Variant(question, str(value), {name: value})
            for value in choice.options
            if value != choice.default
        ]
    # Added after the others had been seen: with 4 key frames or more evenly spaced ones were lower,
    # and the first look had 10.
    often: dict[str, Value] = {"minimum_keyframes": 10}
    found += [
        Variant("10 key frames", "10 or more, ssim", often),
        Variant(
            "10 key frames",
            "10 or more, uniform",
            {**often, "keyframe_selection": "uniform"},
            against="10 or more, ssim",
        ),
    ]
    for family, columns in FAMILIES.items():
        found.append(Variant("features", f"{family} alone", columns=tuple(columns)))
        rest = tuple(column for column in everything if column not in columns)
        found.append(Variant("features", f"without {family}", columns=rest))
    for name in ("literal", "stable"):
        found.append(Variant("profile", name, profile=name, methods=("SVM", "LSTM", "ALSTM")))
    return found


def configuration(variant: Variant, given: Mapping[str, Value]) -> Config:
    """Configuration of a variant on a data set with choices of its own.

    Parameters
    ----------
    variant : Variant
    given : mapping
        Choices that the data set asks for, by flat name, such as ``silhouette`` = ``given``.
    """
    return profile(variant.profile, **{**given, **variant.choices})


@dataclass(frozen=True)
class Answers:
    """Correctness of each clip, averaged over repeats, with its group."""

    clips: list[str]
    groups: list[str]
    correct: list[float]
    spread: float


def run(
    dataset: Dataset,
    given: Mapping[str, Value],
    folder: Path,
    *,
    repeats: int = 3,
    seed: int = 0,
    jobs: int = 1,
    progress: bool = False,
    chosen: Sequence[Variant] | None = None,
) -> pd.DataFrame:
    """Every variant with each of its classifiers, by group.

    What is finished is kept in ``folder`` and not computed again when the study is called again.

    Parameters
    ----------
    dataset : Dataset
    given : mapping
        Choices that the data set asks for, by flat name.
    folder : Path
        Where finished parts are kept.
    repeats, seed : int
        Of the folds and of all that is random.
    jobs : int
        Processes.
    progress : bool
        Whether to show a bar.
    chosen : sequence of Variant, optional
        Instead of `variants`; the first is what the others are compared with.

    Returns
    -------
    DataFrame
        Of `compare`.
    """
    listed = list(variants() if chosen is None else chosen)
    pairs = [(variant, method) for variant in listed for method in variant.methods]
    answers: dict[tuple[str, str], Answers] = {}
    with tqdm(pairs, desc="ablation", disable=not progress) as bar:
        for variant, method in bar:
            bar.set_postfix_str(f"{variant.name}, {method}")
            answers[_key(variant), method] = _kept(
                dataset, variant, method, configuration(variant, given), folder, repeats, seed, jobs
            )
    return compare(listed, answers)


def _key(variant: Variant) -> str:
    return f"{variant.question}: {variant.name}"


def _kept(
    dataset: Dataset,
    variant: Variant,
    method: str,
    config: Config,
    folder: Path,
    repeats: int,
    seed: int,
    jobs: int,
) -> Answers:
    """Answers from the folder, or computed and put there."""
    asked = {
        "data": dataset.digest(),
        "choices": config.flat(),
        "columns": list(variant.columns),
        "method": method,
        "repeats": repeats,
        "seed": seed,
        "sources": record.computed_by("feature_ablation"),
    }
    path = folder / f"{files.digest_of(asked)[:24]}.json"
    kept = finished(path)
    if kept is not None:
        return kept
    collection = extraction.collect(dataset, config, jobs)
    columns = np.array(variant.columns)
    result = evaluate.cross_validate(
        baselines.classifiers(**classifier_settings(config, seed))[method],
        [sequence[:, columns] for sequence in collection.sequences],
        collection.labels,
        collection.groups,
        folds=config.evaluation.folds,
        repeats=repeats,
        seed=seed,
        jobs=jobs,
    )
    clips = result.clips
    by_repeat = result.predictions.assign(
        right=result.predictions.true == result.predictions.predicted
    ).groupby("repeat")
    answers = Answers(
        [collection.records[i].path.name for i in clips.index],
        [str(group) for group in clips.group],
        [float(share) for share in clips.correct],
        float(by_repeat.right.mean().std(ddof=1)) if repeats > 1 else 0.0,
    )
    files.write_json(path, {**asked, "answers": dataclasses.asdict(answers)})
    return answers


def finished(path: Path) -> Answers | None:
    """Answers that are kept; None where there are none, or none that can be read."""
    try:
        found = Answers(**files.read_json(path)["answers"])
        alike = len(found.clips) == len(found.groups) == len(found.correct)
        plain = {type(each) for each in (*found.correct, found.spread)} <= {float, int}
        return found if alike and plain else None
    except (OSError, *MALFORMED):
        return None


def compare(
    listed: Sequence[Variant], answers: Mapping[tuple[str, str], Answers], confidence: float = 0.95
) -> pd.DataFrame:
    """Each variant against the first, clip by clip, with intervals over groups.

    Parameters
    ----------
    listed : sequence of Variant
    answers : mapping
        (question: name, method) -> answers.
    confidence : float

    Returns
    -------
    DataFrame
        ``question``, ``variant``, ``method``; ``accuracy``, ``low``, ``high``; ``spread``, the
        standard deviation over repeats; ``against``, what it is compared with, with the same
        method; ``difference``, ``difference_low``, ``difference_high``, ``p``, and ``p_holm``,
        adjusted for the number of variants in a question and method, the primary comparison left
        out; ``primary``.

    Raises
    ------
    InputError
        If two variants were not evaluated on the same clips.
    """
    rows = [
        row
        for variant in listed
        for method in variant.methods
        for row in _row(variant, method, answers, _base(variant, listed[0]), confidence)
    ]
    table = pd.DataFrame(rows)
    primary = np.ones(len(table), dtype=bool)
    for name, value in PRIMARY.items():
        primary &= (table[name] == value).to_numpy()
    table["primary"] = primary
    table["p_holm"] = table.p
    others = table[~table.primary & table.p.notna()]
    for _, family in others.groupby(["question", "method"]):
        table.loc[family.index, "p_holm"] = comparison.holm(family.p)
    return table


def _base(variant: Variant, first: Variant) -> str:
    return f"{variant.question}: {variant.against}" if variant.against else _key(first)


def _row(
    variant: Variant,
    method: str,
    answers: Mapping[tuple[str, str], Answers],
    base: str,
    confidence: float,
) -> Iterator[dict[str, Any]]:
    own, first = answers[_key(variant), method], answers.get((base, method))
    found = evaluate.cluster_interval(own.correct, own.groups, confidence)
    row: dict[str, Any] = {
        "question": variant.question,
        "variant": variant.name,
        "method": method,
        "accuracy": found.estimate,
        "low": max(0.0, found.low),
        "high": min(1.0, found.high),
        "spread": own.spread,
        "against": base.partition(": ")[2],
        "groups": found.groups,
    }
    if _key(variant) == base or first is None:
        yield row | dict.fromkeys(("difference", "difference_low", "difference_high", "p"), np.nan)
        return
    if (own.clips, own.groups) != (first.clips, first.groups):
        raise InputError(
            f"{_key(variant)} was not evaluated on the clips of {base}: a clip could not be read "
            "in one of them"
        )
    paired = evaluate.cluster_interval(
        np.array(own.correct) - np.array(first.correct), own.groups, confidence
    )
    yield row | {
        "difference": paired.estimate,
        "difference_low": paired.low,
        "difference_high": paired.high,
        "p": report.p_value(paired, confidence),
    }


def text(table: pd.DataFrame) -> str:
    """The table of `compare` as plain text, in percent and points."""
    rows = [
        {
            "question": row.question,
            "variant": row.variant,
            "method": row.method,
            "accuracy": f"{report.percent(row.accuracy)} {report.bracket((row.low, row.high))}",
            "points": "" if np.isnan(row.difference) else _points(row),
            "p, Holm's rule": "" if np.isnan(row.p) else _p(row),
        }
        for row in table.itertuples()
    ]
    return pd.DataFrame(rows).to_string(index=False)


def _points(row: Any) -> str:
    low, high = 100 * row.difference_low, 100 * row.difference_high
    return f"{100 * row.difference:+.1f} [{low:+.1f}, {high:+.1f}]"


def _p(row: Any) -> str:
    shown = f"{row.p_holm:.3f}" if row.p_holm >= 0.001 else "< .001"
    return f"{shown} (primary, not adjusted)" if row.primary else shown
