"""What was measured, as sections of the replication report: each from its record."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from har_lib import (
    leakage_panels,
    leakage_report,
    markdown,
    multiverse,
    multiverse_panels,
    multiverse_report,
)
from har_lib.leakage_endpoints import ENDPOINTS
from har_lib.leakage_inference import ENOUGH_GROUPS
from har_lib.replication_sources import REAL, Sources
from har_lib.report import bracket, percent

#: Largest number of classes of which a confusion matrix is printed.
_FEW = 12

# ---------------------------------------------------------------- leakage


#: Record -> what it is of.
LADDERS = {
    "leakage_fight_surveillance": "surveillance clips, fight or not (groups are scenes)",
    "leakage_weizmann_ssim": "Weizmann silhouettes, key frames by SSIM (groups are persons)",
    "leakage_weizmann_uniform": "Weizmann silhouettes, evenly spaced key frames",
}


def of_leakage(sources: Sources) -> list[str]:
    """Accuracy on each rung of the ladder, what was tested, and both controls."""
    parts = [
        "The same features and classifiers, scored in the same unit, with fewer and fewer "
        "relatives of a tested sample among those that train: on the training data itself, by key "
        "frame, by clip, by group. This shows what a way of dividing can add; which way the paper "
        "used is not described. Accuracy in % with 95 % intervals over groups (Student's t, from "
        f"{ENOUGH_GROUPS} groups on the studentised bootstrap); p one-sided, from permutations of "
        "group membership within class, of the first draw of folds. A small p in a row of key "
        "frames says that key frames of a class cannot be exchanged, for which likeness within a "
        "clip is enough; *by clip less by group* asks of scenes or persons by itself. None of "
        "these sets is UCF101."
    ]
    for name, words in LADDERS.items():
        found = sources.maybe(name)
        parts.append(f"### {words[0].upper()}{words[1:]}")
        if found is None:
            parts.append("Not run: `har leakage`.")
            continue
        rungs = leakage_report.rungs_table(found).reset_index()
        parts.append(markdown.table(list(rungs.columns), rungs.to_numpy().tolist()))
        gaps = leakage_report.contrasts_table(found)
        gaps = gaps.rename(columns={"named beforehand": "role, fixed after a first look"})
        parts.append(markdown.table(list(gaps.columns), gaps.to_numpy().tolist()))
        parts.append(_seen(name, found))
        parts.append(_shuffled(found))
        if "floor" in found:
            parts.append(f"The floor: {leakage_report.floor(found['floor'])}.")
    known = sources.maybe(leakage_panels.MECHANISM)
    if known is not None:
        parts += ["### Drawn samples whose difficulty is known", _known_difficulty(known)]
    return parts


def _known_difficulty(found: Mapping[str, Any]) -> str:
    """The positive control: what the same ladder says where the truth is known."""
    rows = found["known_difficulty"]
    told = [
        f"{row['classifier']} {leakage_report.RUNG_WORDS[row['rung']]} {percent(row['accuracy'])} "
        f"{bracket((row['low'], row['high']))}, on new samples {percent(row['fresh'])}"
        for row in rows
        if row["rung"] == "group"
    ]
    return (
        "The positive control: two classes, normal in every direction, in clips and groups of no "
        f"account, so that no rule is right more often than {percent(rows[0]['best'])} % and "
        f"nothing can leak: {'; '.join(told)}. A classifier trained on as many samples was asked "
        "about new ones; the ladder has to agree with that, whatever the classifier is worth."
    )


def _seen(name: str, found: Mapping[str, Any]) -> str:
    rates = found["majority_rate"]
    seen = sorted({each.seen for each in ENDPOINTS if name.startswith(f"leakage_{each.data[:5]}")})
    least = 1 / (1 + found["settings"]["permutations"])
    return (
        f"Always the commonest action: key frames {100 * rates['key_frame']:.1f}, clips "
        f"{100 * rates['clip']:.1f}. The least p that so many permutations can give is "
        f"{leakage_report.p_words(least)}. What had been seen when the endpoints were fixed, so "
        f"that the p are no test on new data: {'; '.join(seen)}."
    )


def _shuffled(found: Mapping[str, Any]) -> str:
    rows = leakage_report.shuffled(found)
    within = " of one person" if "shuffled_within_groups" in found else ""
    told = [
        f"{row.classifier} {leakage_report.RUNG_WORDS[row.rung]} "
        f"{row.accuracy:.1f} [{row.low:.1f}, {row.high:.1f}]"
        for row in rows.itertuples()
    ]
    return (
        f"With labels that mean nothing, shuffled among clips{within} "
        f"({int(rows.shuffles.iloc[0])} times), where answers of the same frequencies would agree "
        f"in {rows.chance.min():.1f} to {rows.chance.max():.1f} %: {', '.join(told)}. These "
        "intervals are over the shuffles."
    )


# ---------------------------------------------------------------- ablations and multiverse


def of_ablations(sources: Sources) -> list[str]:
    """One thing changed at a time."""
    parts = []
    for name, words in REAL.items():
        found = sources.maybe(f"ablations_{name}")
        parts.append(f"### {words[0].upper()}{words[1:]}")
        if found is None:
            parts.append("Not run: `har ablations`.")
            continue
        rows = [
            (
                row["question"],
                row["variant"],
                row["method"],
                f"{percent(row['accuracy'])} {bracket((row['low'], row['high']))}",
                f"{100 * row['spread']:.1f}",
                ""
                if row["difference"] is None
                else f"{100 * row['difference']:+.1f} [{100 * row['difference_low']:+.1f}, "
                f"{100 * row['difference_high']:+.1f}]",
                "" if row["difference"] is None else row["against"],
                "" if row["p_holm"] is None else leakage_report.p_words(row["p_holm"]),
                "primary" if row["primary"] else "",
            )
            for row in found["rows"]
        ]
        head = ["question", "variant", "method", "accuracy, %", "sd over seeds"]
        head += ["difference, points", "to", "p by Holm's rule", "named"]
        parts.append(markdown.table(head, rows))
    return [
        "One thing changed at a time, all else as in the profile `corrected`; the same clips and "
        "folds, by group; differences clip by clip with 95 % intervals over groups. One comparison "
        "was named beforehand and is not adjusted.",
        *parts,
    ]


def of_multiverse(sources: Sources) -> list[str]:
    """Every reading: the spread, what it hangs on, what reporting adds."""
    if sources.maybe("multiverse_builtin") is None:
        return ["Not run: `har multiverse --record builtin`."]
    study = multiverse.recorded("builtin", sources.folder / "recorded")
    gains = multiverse_report.gains(study.accuracy)
    rows = [
        (str(row.Index), f"{100 * row.gain:+.1f} [{100 * row.low:+.1f}, {100 * row.high:+.1f}]")
        for row in gains.itertuples()
    ]
    shares = multiverse_panels.shares(study)
    spread = [
        (f"`{name}`", f"{100 * row.share:.1f}", f"{100 * row.chance:.1f}")
        for name, row in shares.head(multiverse_panels.DRAWN_AXES).iterrows()
    ]
    return [
        "On the built-in figures, so that nothing here can be compared with UCF101 "
        "(`har multiverse --record builtin`, drawn in "
        "[notebooks/08_multiverse.ipynb](notebooks/08_multiverse.ipynb)):",
        _lines(multiverse_panels.told(study)),
        markdown.table(["reported in another way", "gain over the strict one, points"], rows),
        "The same pipeline and settings; a split of its own trains anew, all else is counted "
        "otherwise. Intervals over universes. With C classes, answers "
        "that are never right have 1 - 2/C of an accuracy one against the rest, mean of classes: "
        "such a gain comes with the definition. " + multiverse_panels.luck(study),
        _lines(multiverse_panels.spread_told(study, shares)),
        markdown.table(["question", "share of the variance, %", "what chance reaches, %"], spread),
    ]


def _lines(text: str) -> str:
    """Lines as a list."""
    return "\n".join(f"- {line}" for line in text.splitlines())


# ---------------------------------------------------------------- real clips


def of_real_clips(sources: Sources) -> list[str]:
    """Every set of real clips in full: methods and classes."""
    parts = []
    for name, found in sources.real.items():
        parts.append(f"### {REAL[name][0].upper()}{REAL[name][1:]}")
        parts.append(_methods(found))
        parts.append(_by_class(found))
    return parts


def _methods(found: Mapping[str, Any]) -> str:
    rows = []
    for method, own in found["methods"].items():
        repeats = own.get("accuracy_by_repeat", [])
        deviation = f" ± {100 * np.std(repeats, ddof=1):.1f}" if len(repeats) > 1 else ""
        rows.append(
            (
                method,
                f"{percent(own['accuracy'])}{deviation}",
                bracket(tuple(own["interval"])),
                *(percent(own[score]) for score in ("precision", "recall", "f_measure")),
            )
        )
    seeds = found["choices"]["repeats"]
    head = ["method", f"accuracy, % ± sd over {seeds} seeds", "95 % interval over groups"]
    head += [f"{found['averaging']} precision", "recall", "F-measure"]
    return markdown.table(head, rows)


def _by_class(found: Mapping[str, Any]) -> str:
    classes, methods = found["classes"], found["methods"]
    first = next(iter(methods.values()))
    if "confusion" not in first:
        return ""
    matrices = {method: np.array(own["confusion"]) for method, own in methods.items()}
    recalls = {method: np.diag(m) / m.sum(axis=1) for method, m in matrices.items()}
    rows = [
        (label, *(percent(recalls[method][i]) for method in recalls))
        for i, label in enumerate(classes)
    ]
    if len(classes) > _FEW:
        order = np.argsort(recalls["ALSTM"], kind="stable")
        kept = sorted({*order[: _FEW // 2].tolist(), *order[-_FEW // 2 :].tolist()})
        rows = [rows[i] for i in kept]
    parts = ["Recall by class, %:", markdown.table(["class", *recalls], rows)]
    if len(classes) <= _FEW:
        confusion = [
            (label, *(str(int(count)) for count in line))
            for label, line in zip(classes, matrices["ALSTM"], strict=True)
        ]
        parts += [
            "ALSTM, rows true and columns predicted, all seeds together:",
            markdown.table(["", *classes], confusion),
        ]
    return "\n\n".join(parts)
