"""Results in words, tables and charts, all generated from the evaluations."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from har_lib import comparison, metrics, paper
from har_lib.config import Config
from har_lib.datasets import Record
from har_lib.evaluate import CrossValidation, Interval, paired_difference
from har_lib.experiments import Searches
from har_lib.extraction import Collection
from har_lib.metrics import one_vs_rest_chance

Runs = Mapping[str, CrossValidation]

#: Below this p a difference counts as shown.
LEVEL = 0.05

#: Metric -> its name in a sentence.
METRICS = {
    "accuracy": "accuracy",
    "precision": "precision",
    "recall": "recall",
    "f_measure": "F-measure",
}

#: Unit of classification -> its name in a sentence.
UNITS = {"clip": "clips", "key_frame": "key frames"}


def percent(value: float) -> str:
    """A share as a percentage with one decimal.

    Examples
    --------
    >>> percent(0.12345)
    '12.3'
    """
    return f"{100 * value:.1f}"


def bracket(interval: tuple[float, float]) -> str:
    """An interval of shares in percent.

    Examples
    --------
    >>> bracket((0.1, 0.25))
    '[10.0, 25.0]'
    """
    return f"[{percent(interval[0])}, {percent(interval[1])}]"


def key_frames(collection: Collection, config: Config) -> str:
    """How many key frames the clips have, and for how many clips the threshold decides that."""
    counts = [len(clip.keyframes) for clip in collection.features]
    middle = f"{np.median(counts):g}"
    spread = f"key frames of a clip: median {middle}, from {min(counts)} to {max(counts)}"
    if config.keyframes.selection == "lowest":
        return f"{spread}\nthose of lowest similarity, at most {config.keyframes.count}"
    few = sum(clip.passed < config.keyframes.minimum for clip in collection.features)
    many = sum(clip.passed > config.keyframes.maximum for clip in collection.features)
    return (
        f"{spread}\n"
        f"{few} of {len(counts)} clips have fewer than {config.keyframes.minimum} by the threshold "
        f"and are filled up, {many} have more than {config.keyframes.maximum} and are cut"
    )


def protocol(run: CrossValidation, failures: int, flagged: int = 0) -> str:
    """How the evaluation was made, in a few lines; what is not as usual has a line of its own.

    ``failures`` clips were left out, ``flagged`` are damaged and used.
    """
    lines = [
        f"{run.per_fold.fold.nunique()} folds over {len(run.groups)} groups, "
        f"{len(run.clips)} {UNITS[run.unit]} of {len(run.classes)} actions evaluated",
        f"chance {percent(run.chance)} %, always the commonest action "
        f"{percent(run.majority_rate)} %",
    ]
    if failures:
        lines.append(f"{failures} clips are damaged or could not be read, and are left out")
    if flagged:
        lines.append(f"{flagged} clips are damaged and used, as far as they could be decoded")
    lines += [f"fold refused: {refusal}" for refusal in run.refused]
    return "\n".join(lines + _division(run) + _choosing(run) + _reporting(run))


def _division(run: CrossValidation) -> list[str]:
    """What is unusual about the samples and their parts, a line each."""
    lines = []
    if run.unit == "key_frame":
        lines.append("each key frame is classified by itself, with the label of its clip")
    shared = int(run.per_fold.shared_groups.max())
    if run.split == "random":
        lines.append(f"folds at random: up to {shared} groups stand on both sides of a fold")
    elif run.split == "resubstitution":
        lines.append(
            "resubstitution: tested on what was trained on, so that accuracy says nothing of "
            "other clips"
        )
    elif run.split != "groups":
        lines.append(f"split {run.split}: {shared} groups stand on both sides")
    return lines


def configurations(run: CrossValidation) -> int:
    """How many configurations the method chose among in each fold: 1 where nothing was chosen."""
    return int(run.per_fold["configurations"].max()) if "configurations" in run.per_fold else 1


def _choosing(run: CrossValidation) -> list[str]:
    """Whether methods were tuned, in a line."""
    count = configurations(run)
    if count == 1:
        return []
    return [
        f"each method chooses among {count} configurations, by group within the training part of "
        "each fold"
    ]


def _reporting(run: CrossValidation) -> list[str]:
    """What is unusual about the paper's metrics, a line each."""
    lines = []
    if run.code == "one_vs_rest":
        chance = one_vs_rest_chance(len(run.classes))
        lines.append(
            "metrics count each action against the rest: the reported accuracy of guessing is "
            f"{percent(chance)} %"
        )
    if run.code == "one_class":
        first = run.classes[0]
        rest = float((run.clips.true != first).mean())
        lines.append(
            f"metrics count {first} against the rest alone: the reported accuracy of never "
            f"answering {first} is {percent(rest)} %"
        )
    repeats = run.predictions.repeat.nunique()
    if run.reported_run == "best":
        lines.append(f"metrics are those of the most accurate of {repeats} repeats")
    if run.reported_run == "best_per_metric":
        lines.append(f"each metric is the best of {repeats} repeats, whatever the others are there")
    if run.undefined == "skip" and run.averaging != "micro":
        lines.append("a class without a value for a metric is left out of its mean")
    return lines


def _is_plain(run: CrossValidation) -> bool:
    """Whether metrics are of all repeats, of all classes at once, and means of equal classes."""
    return (run.code, run.reported_run, run.averaging) == ("multiclass", "mean", "macro")


def table(runs: Runs) -> pd.DataFrame:
    """One row per method, in percent: accuracy with its interval, and the paper's metrics.

    ``accuracy`` is plain accuracy over all repeats. Where a run reports its metrics in another
    way, ``reported accuracy`` stands beside it: the one that belongs to the metrics.
    ``configurations`` is the number that the method chose among within each training part.
    """
    rows = []
    plain = all(_is_plain(run) for run in runs.values())
    for method, run in runs.items():
        scores = run.scores
        rows.append(
            {
                "method": method,
                "accuracy": percent(run.accuracy),
                "95 % interval": bracket(run.interval),
                **({} if plain else {"reported accuracy": percent(scores["accuracy"])}),
                **{
                    name: percent(scores[name])
                    for name in ("precision", "recall", "f_measure", "specificity")
                },
                "configurations": configurations(run),
            }
        )
    return pd.DataFrame(rows).rename(columns={"f_measure": "F-measure"})


@dataclass(frozen=True)
class Chart:
    """One of the paper's four bar charts: what to draw, as a table too, and in words."""

    drawing: dict[str, Any]
    table: pd.DataFrame
    alt: str


def chart(runs: Runs, metric: str) -> Chart:
    """Our values of a metric beside those that the paper reports, all in percent."""
    methods = list(runs)
    scores = [run.scores for run in runs.values()]
    ours = [100 * (run.accuracy if metric == "accuracy" else score[metric])
            for run, score in zip(runs.values(), scores, strict=True)]  # fmt: skip
    theirs = [paper.reported(method, metric) for method in methods]
    accuracy = metric == "accuracy"
    intervals = [
        (100 * run.interval[0], 100 * run.interval[1]) for run in runs.values()
    ] if accuracy else None  # fmt: skip
    drawn = pd.DataFrame({"method": methods, "ours": ours, "paper": theirs})
    if intervals is not None:
        drawn["low"], drawn["high"] = zip(*intervals, strict=True)
    name = METRICS[metric]
    told = ", ".join(f"{method} {value:.1f}" for method, value in zip(methods, ours, strict=True))
    first = next(iter(runs.values()))
    return Chart(
        {
            "methods": methods,
            "ours": ours,
            "intervals": intervals,
            "paper": theirs,
            "metric": name,
            "chance": 100 * first.chance if accuracy else None,
        },
        drawn,
        f"Bars of {name} in percent, ours: {told}; beside them what the paper reports on UCF101.",
    )


def p_value(found: Interval, confidence: float = 0.95) -> float:
    """Two-sided p of "no difference", from the t distribution behind an interval over groups.

    Examples
    --------
    >>> round(p_value(Interval(1.0, 0.0, 2.0, groups=9)), 6)
    0.05
    """
    freedom = found.groups - 1
    if freedom < 1:
        return 1.0
    half = (found.high - found.low) / 2
    if half == 0:
        return 1.0 if found.estimate == 0 else 0.0
    error = half / stats.t.ppf((1 + confidence) / 2, freedom)
    return float(2 * stats.t.sf(abs(found.estimate) / error, freedom))


def differences(runs: Runs) -> pd.DataFrame:
    """Accuracy of the first method less each other's, in points, with intervals over groups.

    The difference to the second method, ALSTM less LSTM, is what the paper claims and so the
    primary comparison; the p of the others are adjusted for their number by Holm's rule.
    """
    (first, base), *others = runs.items()
    found = [paired_difference(base, run) for _, run in others]
    plain = [p_value(one) for one in found]
    adjusted = [plain[0], *(comparison.holm(plain[1:]).tolist() if plain[1:] else [])]
    rows = []
    for (method, _), one, p in zip(others, found, adjusted, strict=True):
        low, high = max(-100.0, 100 * one.low), min(100.0, 100 * one.high)
        rows.append(
            {
                "difference": f"{first} - {method}",
                "points": f"{100 * one.estimate:+.1f}",
                "95 % interval": f"[{low:+.1f}, {high:+.1f}]",
                "p": f"{p:.2f}" if p >= 0.005 else "< 0.01",
                "shown": "yes" if p < LEVEL else "no",
            }
        )
    return pd.DataFrame(rows)


def searches(found: Mapping[str, Searches]) -> pd.DataFrame:
    """One row per form of the search: medians over seeds of fitness and test accuracy.

    ``clipped`` is the share of coordinates that left the box, ``same sign`` the sign coherence
    of a step: 1 when all its coordinates move the same way. ``new`` is the share of networks
    that were not asked for before.
    """
    rows = {
        form: {
            "fitness reached": f"{np.median(one.history[:, -1]):.2f}",
            "test accuracy": f"{np.median(one.test):.2f}",
            "clipped": f"{np.mean(one.clipped):.2f}",
            "same sign": f"{np.mean(one.coherence):.2f}",
            "new": f"{np.mean(one.computed):.2f}",
        }
        for form, one in found.items()
    }
    return pd.DataFrame(rows).T


def _listed(clips: Iterable[tuple[Record, str]]) -> list[dict[str, str]]:
    """Clips and what is wrong with them, without the folder that they lie in."""
    return [
        {"clip": record.path.name, "reason": reason.replace(str(record.path), record.path.name)}
        for record, reason in clips
    ]


def summary(runs: Runs, collection: Collection, config: Config) -> dict[str, Any]:
    """The results as plain values for JSON.

    ``accuracy`` is plain; ``reported_accuracy`` is there where `table` shows it.
    """
    first = next(iter(runs.values()))
    return {
        "clips": len(first.clips),
        "groups": len(first.groups),
        "folds": int(first.per_fold.fold.nunique()),
        "classes": [str(name) for name in first.classes],
        "chance": first.chance,
        "majority_rate": round(first.majority_rate, 6),
        "averaging": first.averaging,
        "clips_filled_to_minimum": sum(
            clip.passed < config.keyframes.minimum for clip in collection.features
        ),
        "not_read": _listed(collection.failures),
        "damaged_and_used": _listed(collection.flagged),
        "refused_folds": [str(refusal) for refusal in first.refused],
        "methods": {
            method: {
                "accuracy": round(run.accuracy, 6),
                "interval": [round(side, 6) for side in run.interval],
                **(
                    {}
                    if _is_plain(run)
                    else {"reported_accuracy": round(run.scores["accuracy"], 6)}
                ),
                **{
                    name: round(run.scores[name], 6)
                    for name in ("precision", "recall", "f_measure", "sensitivity", "specificity")
                },
                "accuracy_by_repeat": [round(each, 6) for each in _by_repeat(run)],
                "confusion": metrics.confusion_matrix(
                    run.predictions.true, run.predictions.predicted, run.classes
                ).tolist(),
                "configurations": configurations(run),
                **({"chosen": run.per_fold["chosen"].tolist()} if "chosen" in run.per_fold else {}),
                "paper": {name: paper.reported(method, name) for name in METRICS},
            }
            for method, run in runs.items()
        },
        "differences": differences(runs).to_dict("records"),
    }


def _by_repeat(run: CrossValidation) -> list[float]:
    """Plain accuracy of each repeat, which has folds and seeds of its own."""
    right = run.predictions.true == run.predictions.predicted
    return [float(share) for share in right.groupby(run.predictions.repeat).mean()]


def conclusion(runs: Runs, data: str) -> str:
    """The last paragraph of the results notebook, from the numbers."""
    (first, base), *others = runs.items()
    low, high = base.interval
    claimed = paper.reported(first, "accuracy")
    rows = differences(runs)
    undecided = rows.loc[rows["shown"] == "no", "difference"].tolist()
    decided = rows.loc[rows["shown"] == "yes"]
    sentences = [
        f"**What matched and what did not.** On these clips ({data}, {len(base.groups)} groups, "
        f"chance {percent(base.chance)} %) {first} reaches {percent(base.accuracy)} % accuracy, "
        f"95 % interval {bracket((low, high))}; "
        + ", ".join(f"{name} {percent(run.accuracy)} %" for name, run in others)
        + "."
    ]
    if len(decided):
        sentences.append(
            f"A difference is shown (p below {LEVEL}, adjusted beyond the first) for "
            + ", ".join(
                f"{row['difference']} ({row['points']} points)" for _, row in decided.iterrows()
            )
            + "."
        )
    if undecided:
        sentences.append("No difference is shown for " + ", ".join(undecided) + ".")
    sentences.append(
        f"The paper reports {claimed} % for {first} on UCF101; that number is neither confirmed "
        "nor refuted by other clips."
    )
    return " ".join(sentences)
