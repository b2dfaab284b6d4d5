"""Tables and sentences of the audit, for the notebook, the command line and the report."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import yaml

from har_lib import audit, audit_gains, markdown
from har_lib.audit_bounds import (
    best_subset,
    highest_recall,
    lowest_recall,
    needed_ratio,
    random_error_deviation,
    whole_class_deviation,
)
from har_lib.audit_printed import Printed, share_of_printable, smallest_common
from har_lib.audit_readings import Claim, bounds, frame, printed, readings
from har_lib.metrics import one_vs_rest_chance
from har_lib.paper_claims import METHODS, reported
from har_lib.ucf101_supports import SETS, SUPPORTS, supports

#: The set that stands for the others where one is enough: what most use of UCF101 is tested on.
USUAL = SETS[0]


def reporting() -> list[str]:
    """Methods of which the paper prints an accuracy."""
    return [method for method in METHODS if reported(method, "accuracy") is not None]


def methods_table(name: str = USUAL) -> audit.PublishedTable:
    """The paper's four methods as a published table, as if tested on a set of UCF101."""
    rows = {
        method: {
            metric: printed(method, metric)
            for metric in ("accuracy", "precision", "recall")
            if reported(method, metric) is not None
        }
        for method in reporting()
    }
    return audit.PublishedTable(f"the paper, {name}", rows, tuple(supports(name)))


def methods(name: str = USUAL) -> pd.DataFrame:
    """What is printed of each method, and what each average would say of it.

    Returns
    -------
    DataFrame
        Index ``method``; the scores as printed, "" where none is; ``F of both`` from precision
        and recall; the verdict for each of :data:`har_lib.audit.AVERAGING`.
    """
    table = methods_table(name)
    checks = audit.audit(table)
    rows = []
    for method, scores in table.rows.items():
        # Whether k of N clips print so is a question of its own.
        own = [check for check in checks if check.method == method and check.averaging != "any"]
        both = "precision" in scores and "recall" in scores
        rows.append(
            {
                "method": method,
                **{m: str(scores[m]) if m in scores else "" for m in audit.SCORES[:3]},
                "F of both": _f_measure(scores["precision"], scores["recall"]) if both else "",
                **{word: audit.verdict(own, word) for word in audit.AVERAGING},
            }
        )
    return pd.DataFrame(rows).set_index("method")


def granularity() -> pd.DataFrame:
    """Which of UCF101's sets have a number of clips that prints as each method's accuracy.

    Returns
    -------
    DataFrame
        Index ``set``; ``clips``; the numbers of right clips that print as each accuracy; ``share``
        of all numbers with the first one's decimals that some k / N prints as.
    """
    claims = {method: printed(method, "accuracy") for method in reporting()}
    first = next(iter(claims.values()))
    rows = []
    for name in SETS:
        clips = sum(supports(name))
        counts = {method: _counts(claimed.admits(clips)) for method, claimed in claims.items()}
        share = share_of_printable(first, clips)
        rows.append({"set": name, "clips": clips, **counts, "share": share})
    return pd.DataFrame(rows).set_index("set")


def smallest_test_set() -> int:
    """Fewest clips of which the accuracies of all methods can be shares."""
    found = smallest_common([printed(method, "accuracy") for method in reporting()])
    assert found is not None, "every share is one of enough clips"
    return found


def gain_needs(first: str = "ALSTM", second: str = "LSTM") -> dict[str, int | None]:
    """Fewest clips from which on the 95 % interval of a claimed gain leaves out 0, by assumption.

    Clips count as independent; those of a group are not, so that more are needed.
    """
    a, b = (float(printed(method, "accuracy").value) for method in (first, second))
    intervals = {
        "paired, errors shared as far as possible": lambda n: audit_gains.paired(a, b, n, "most"),
        "unpaired": lambda n: audit_gains.unpaired(a, b, n),
        "paired, no error shared": lambda n: audit_gains.paired(a, b, n, "least"),
    }
    return {name: audit_gains.clips_needed(of, limit=5000) for name, of in intervals.items()}


def gain_sentence(first: str = "ALSTM", second: str = "LSTM") -> str:
    """From how many clips on the gain is more than its uncertainty, in words."""
    needs = ", ".join(
        f"{count if count is not None else 'more than 5000'} clips ({name})"
        for name, count in gain_needs(first, second).items()
    )
    gained = printed(first, "accuracy").value - printed(second, "accuracy").value
    return (
        f"from so many clips on, the 95 % interval of the gain of {100 * float(gained):.2f} points "
        f"over {second} leaves out 0, clips taken as independent: {needs}"
    )


def gain_curve(clips: Sequence[int], first: str = "ALSTM", second: str = "LSTM") -> pd.DataFrame:
    """Interval of a claimed gain over the number of clips, in percent.

    Returns
    -------
    DataFrame
        Index ``clips``; ``low`` and ``high`` of the unpaired interval; ``most_low`` and so on of
        the paired one with the most and the least agreement.
    """
    a, b = (float(printed(method, "accuracy").value) for method in (first, second))
    rows = []
    for n in clips:
        unpaired = audit_gains.unpaired(a, b, n)
        row = {"clips": n, "low": unpaired.low, "high": unpaired.high}
        for agreement in ("most", "least"):
            paired = audit_gains.paired(a, b, n, agreement)
            row |= {f"{agreement}_low": paired.low, f"{agreement}_high": paired.high}
        rows.append(row)
    return 100 * pd.DataFrame(rows).set_index("clips")


def one_vs_rest(classes: Sequence[int], accuracy: Printed) -> pd.DataFrame:
    """Plain accuracy behind a printed one that is the mean of each class against the rest.

    Returns
    -------
    DataFrame
        Index ``classes``; ``chance``, what guessing evenly has; ``all_wrong``, what answers have
        that are never right; ``plain``, the share of right clips behind the printed number, NaN
        where there is none. In percent.
    """
    rows = []
    for count in classes:
        plain = 1 - count * (1 - accuracy.value) / 2
        rows.append(
            {
                "classes": count,
                "chance": 100 * one_vs_rest_chance(count),
                "all_wrong": 100 * (1 - 2 / count),
                "plain": 100 * float(plain) if plain >= 0 else np.nan,
            }
        )
    return pd.DataFrame(rows).set_index("classes")


def recall_curve(name: str = USUAL, low: float = 0.9, points: int = 51) -> pd.DataFrame:
    """Macro recall that each accuracy allows on a set of UCF101, in percent.

    Returns
    -------
    DataFrame
        Index ``accuracy``; ``lowest``, ``highest``; ``subset``, the highest of any subset of
        classes; ``spread``, one standard deviation of recall less accuracy with random errors.
    """
    sizes = supports(name)
    rows = []
    for accuracy in np.linspace(low, 1, points):
        share = Fraction(float(accuracy)).limit_denominator(10**6)
        errors = round(float(1 - share) * sum(sizes))
        rows.append(
            {
                "accuracy": float(share),
                "lowest": float(lowest_recall(sizes, share)),
                "highest": float(highest_recall(sizes, share)),
                "subset": float(best_subset(sizes, share).recall),
                "spread": random_error_deviation(sizes, errors),
            }
        )
    found = 100 * pd.DataFrame(rows)
    return found.set_index("accuracy")


def ordinary_errors(claimed: Claim, name: str = USUAL) -> str:
    """How far recall and accuracy lie apart when errors do not seek out large classes, in words."""
    sizes = supports(name)
    errors = round((1 - claimed.accuracy.value) * sum(sizes))
    whole = round(errors * len(sizes) / sum(sizes))
    return "\n".join(
        [
            f"macro recall less accuracy on {name}, in points",
            f"printed                                        "
            f"{100 * float(claimed.recall.value - claimed.accuracy.value):+.2f}",
            f"{f'{errors} random clips wrong: mean 0, deviation':<46} "
            f"{100 * random_error_deviation(sizes, errors):5.2f}",
            f"{f'{whole} whole classes wrong: mean 0, deviation':<46} "
            f"{100 * whole_class_deviation(sizes, whole):5.2f}",
        ]
    )


#: Changes of the table that passes, by what is changed: made up, so that no row of it is possible.
MADE_UP: dict[str, dict[str, str]] = {
    "recall higher than accuracy allows": {"recall": "0.99"},
    "recall lower than accuracy allows": {"recall": "0.95"},
    "precision lower than accuracy allows": {"precision": "0.95"},
}


def controls() -> pd.DataFrame:
    """A published table that must pass, and made-up ones that must fail, under macro averaging.

    Returns
    -------
    DataFrame
        Index ``table``; ``accuracy``, ``precision`` and ``recall`` as printed; ``verdict``;
        ``why``, the range of the first check that fails.
    """
    published = yaml.load(audit.EXAMPLE, Loader=yaml.BaseLoader)
    (method,) = published["rows"]
    rows = []
    for name, change in {"as published": {}, **MADE_UP}.items():
        changed = {**published["rows"][method], **change}
        checks = audit.audit(audit.parse({**published, "rows": {method: changed}}))
        macro = [check for check in checks if check.averaging == "macro"]
        failed = [check for check in macro if check.verdict == "impossible"]
        rows.append(
            {
                "table": name,
                **{score: changed[score] for score in audit.SCORES[:3]},
                "verdict": audit.verdict(macro, "macro"),
                "why": failed[0].why if failed else "",
            }
        )
    return pd.DataFrame(rows).set_index("table")


def beside_mlscorecheck(claimed: Claim, name: str = USUAL) -> str:
    """What mlscorecheck says of accuracy and macro recall, and why it differs, in words.

    References
    ----------
    Kovács & Fazekas 2023, https://doi.org/10.48550/arXiv.2310.12527
    """
    from mlscorecheck.check.multiclass import check_1_testset_no_kfold_macro

    sizes = supports(name)
    found = check_1_testset_no_kfold_macro(
        testset=dict(enumerate(sizes)),
        scores={"acc": float(claimed.accuracy.value), "sens": float(claimed.recall.value)},
        # It takes one width for all scores: that of the coarser print.
        eps=float(max(claimed.accuracy.unit, claimed.recall.unit) / 2),
        verbosity=0,
    )
    ours = highest_recall(sizes, claimed.accuracy.high) >= claimed.recall.low
    lines = [
        f"accuracy {claimed.accuracy} and macro recall {claimed.recall} on {name}",
        f"here:         {'possible' if ours else 'impossible'}",
        f"mlscorecheck: {'impossible' if found['inconsistency'] else 'possible'}",
    ]
    if not found["inconsistency"]:
        (evaluation,) = found["lp_configuration"]["evaluations"]
        folds = [each["fold"] for each in evaluation["folds"]["folds"]]
        wrong = sum(each["p"] - each["tp"] + each["n"] - each["tn"] for each in folds)
        lines.append(
            f"its example has {wrong / sum(sizes):.1f} wrong answers a clip; with one label and "
            "one answer each, a clip has 0 or 2"
        )
    return "\n".join(lines)


def conclusion(claimed: Claim) -> str:
    """What the audit found and what it did not, in one paragraph."""
    found = readings(claimed)
    count = {word: sum(each.verdict == word for each in found) for word in audit.VERDICTS}
    return (
        f"{verdict_sentence(claimed)} Of {len(found)} readings {count['impossible']} are "
        f"impossible and {count['possible']} possible, with what stands beside them; "
        f"{count['open']} are open, because the paper does not print what decides them or because "
        "no table was found or sought. The four accuracies can be shares of one test set, of "
        f"{smallest_test_set()} clips or more. Not tested here is whether any of the numbers is "
        "reached: that takes UCF101."
    )


def summary(claimed: Claim) -> dict[str, Any]:
    """Every number of the audit, for JSON."""
    found = frame(readings(claimed)).astype(object)
    sizes = supports(USUAL)
    errors = round((1 - claimed.accuracy.value) * sum(sizes))
    deviation = random_error_deviation(sizes, errors)
    return {
        "claimed": {
            name: str(getattr(claimed, name)) for name in ("accuracy", "precision", "recall")
        },
        "verdict": verdict_sentence(claimed),
        "ratio_needed": float(needed_ratio(claimed.accuracy.high, claimed.recall.low)),
        "bounds": bounds(claimed).reset_index().to_dict("records"),
        "random_errors": {
            "set": USUAL,
            "deviation": deviation,
            "claimed_difference": float(claimed.recall.value - claimed.accuracy.value),
        },
        "readings": found.where(found.notna(), None).to_dict("records"),
        "methods": methods().reset_index().to_dict("records"),
        "granularity": granularity().reset_index().to_dict("records"),
        "smallest_test_set": smallest_test_set(),
        "gain_needs_clips": gain_needs(),
        "one_vs_rest_all_wrong": 1 - 2 / len(SUPPORTS[USUAL]),
    }


def readings_table(claimed: Claim) -> str:
    """Every reading as Markdown, a row each."""
    rows = [
        [
            f"**{reading.verdict}**" if reading.verdict != "possible" else reading.verdict,
            reading.counted,
            reading.why,
            reading.takes,
            "" if reading.smallest is None else str(reading.smallest),
        ]
        for reading in readings(claimed)
    ]
    head = [
        "accuracy, recall (and precision where sought)",
        "what is counted",
        "why",
        "what it takes",
        "fewest clips",
    ]
    return markdown.table(head, rows)


def bounds_table(claimed: Claim) -> pd.DataFrame:
    """The bounds of :func:`har_lib.audit_readings.bounds` as they are printed.

    Bounds from above are rounded up and bounds from below down, so that what lies outside the
    print lies outside the range.
    """
    table = bounds(claimed)
    return pd.DataFrame(
        {
            "clips": table.clips,
            "classes of": table.smallest.astype(str) + "-" + table.largest.astype(str),
            "largest/mean": table.ratio.map("{:.3f}".format),
            "macro recall possible, %": [
                audit.span(_fraction(low), _fraction(high)).removesuffix(" %")
                for low, high in zip(table.lowest, table.highest, strict=True)
            ],
            "any subset, at most": table.subset.map(_up),
            "errors at this accuracy, at least": np.ceil(table.errors - 1e-9).astype(int),
            "this recall allows, at most": np.floor(table.errors_allowed + 1e-9).astype(int),
        }
    )


def verdict_sentence(claimed: Claim) -> str:
    """The result in one sentence, with its assumptions; generated, so that it cannot drift."""
    table = bounds(claimed)
    highest, subset = table.highest.max(), table.subset.max()
    needed = needed_ratio(claimed.accuracy.high, claimed.recall.low)
    given = (
        "If every clip counts once, has one label and gets one, and the scores come from the same "
        "answers"
    )
    if subset >= claimed.recall.low:
        return (
            f"{given}, an accuracy of {claimed.accuracy} and a recall of {claimed.recall} can go "
            "together on UCF101 under macro averaging."
        )
    return (
        f"{given}, an accuracy of {claimed.accuracy} and a recall of {claimed.recall} cannot both "
        "be right under micro, weighted or macro averaging: on any official split of UCF101, the "
        f"three pooled or averaged, or all its clips (macro recall is at most {_up(highest)}), or "
        "on any subset of their classes, if both are taken over that subset (at most "
        f"{_up(subset)}). The largest class would have to be {float(needed):.2f} times the mean "
        f"class; it is {table.ratio.min():.2f} to {table.ratio.max():.2f} times, and at most "
        f"{np.ceil(table.subset_ratio.max() * 100) / 100:.2f} times in any subset."
    )


def text(claimed: Claim) -> str:
    """The whole audit of the paper as plain text, for the command line."""
    parts = [
        f"accuracy {claimed.accuracy}, precision {claimed.precision}, recall {claimed.recall}",
        verdict_sentence(claimed),
        bounds_table(claimed).to_string(),
        "Readings",
        *(_reading(reading) for reading in readings(claimed)),
        f"Methods, as if tested on {USUAL}",
        methods().to_string(),
        "Right clips that print as each accuracy; share of all printable numbers that would pass",
        granularity().to_string(float_format="{:.2f}".format),
        f"smallest test set of which all accuracies can be shares: {smallest_test_set()} clips",
        gain_sentence(),
    ]
    return "\n\n".join(parts)


def _reading(reading: Any) -> str:
    lines = [f"{reading.verdict:<10}  {reading.counted}", f"            {reading.why}"]
    if reading.takes:
        lines.append(f"            it takes: {reading.takes}")
    if reading.smallest is not None:
        lines.append(f"            smallest: {reading.smallest} clips")
    return "\n".join(lines)


def _counts(right: Sequence[int]) -> str:
    if not right:
        return "none"
    return str(right[0]) if len(right) == 1 else f"{right[0]}-{right[-1]}"


def _f_measure(precision: Printed, recall: Printed) -> str:
    low, high = (
        2 * p * r / (p + r) for p, r in ((precision.low, recall.low), (precision.high, recall.high))
    )
    return audit.span(low, high)


def _fraction(share: float) -> Fraction:
    return Fraction(share).limit_denominator(10**9)


def _up(share: float) -> str:
    """A bound from above, rounded up."""
    return f"{np.ceil(share * 1e4 - 1e-7) / 100:.2f} %"
