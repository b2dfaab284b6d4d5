"""The long study of the searches in words: its tables and sentences, percentages and points."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from har_lib import ablation, comparison, contest
from har_lib.search_study import (
    MARGIN,
    MATCHED,
    PRIMARY,
    REFERENCE,
    Study,
    means,
    with_adam,
)

#: Of the intervals, and of what counts as shown.
_CONFIDENCE = 0.95

#: Place of our repair among the variants of :func:`har_lib.ablation.variants`: all factors changed.
_REPAIRED = 2 ** len(ablation.FACTORS) - 1


def table(values: Mapping[str, np.ndarray], against: str, *, equality: bool = True) -> pd.DataFrame:
    """How each method compares, as text: percentages, differences in points, verdict.

    The first row is the method that the others are held against. Without ``equality`` the verdict
    says only whether a difference was shown.
    """
    found = comparison.table(values, against, MARGIN)
    alike = found.verdict.map(_points)
    shown = np.where(
        found.p_holm < 1 - _CONFIDENCE, found.verdict.str.split(",").str[0], "not shown"
    )
    told = pd.DataFrame(
        {
            "accuracy": [_with(row, "mean", "low", "high") for row in _rows(found)],
            f"less {against}": [
                _with(row, "difference", "difference_low", "difference_high", sign="+")
                for row in _rows(found)
            ],
            "p (Holm)": [_p(row["p_holm"]) for row in _rows(found)],
            "verdict": alike if equality else shown,
        },
        index=found.index.rename(None),
    )
    first = means({against: values[against]}).iloc[0]
    itself = pd.DataFrame("-", index=[against], columns=told.columns)
    itself["accuracy"] = _with(first, "mean", "low", "high")
    return pd.concat([itself, told])


def searches_table(found: pd.DataFrame) -> pd.DataFrame:
    """Searches whose networks are final, held against random search, as text.

    Parameters
    ----------
    found : DataFrame
        One row for each search and seed, columns those of :class:`har_lib.contest.Tried`.

    Returns
    -------
    DataFrame
        As :func:`table` gives, with the mean ``fitness`` reached, what a search works for.
    """
    own = found[found.method.isin(list(contest.SEARCHES))].sort_values("seed")
    grouped = own.groupby("method", sort=False)
    values = {str(name): each.test.to_numpy() for name, each in grouped}
    told = table(values, "random search", equality=False)
    fitness = grouped.fitness.mean()
    told.insert(0, "fitness", [f"{fitness[name]:.3f}" for name in told.index])
    return told


def at_equal_seconds(study: Study) -> pd.DataFrame:
    """The searches alone, each with the seconds that the reference takes, as text.

    Each has the side of the box that it chose before, and as many ``networks`` as it can ask for.
    """
    found = searches_table(study.equal_seconds)
    asked = study.equal_seconds.groupby("method").forwards.median() / study.settings["train"]
    found.insert(0, "networks", [f"{asked[name]:.0f}" for name in found.index])
    return found


def matched(tried: pd.DataFrame) -> pd.DataFrame:
    """What a search adds to Adam where all else is the same: against a draw out of the same boxes.

    "Adam, restarts" has spent as many sample-forwards as a search and Adam together.
    """
    values = with_adam(tried)
    del values[PRIMARY[1]]
    return table(values, MATCHED)


def against_adam(tried: pd.DataFrame) -> pd.DataFrame:
    """Everything that Adam finishes against Adam alone, but for the comparison named beforehand."""
    values = with_adam(tried)
    del values[PRIMARY[0]]
    return table(values, PRIMARY[1])


def primary(tried: pd.DataFrame) -> str:
    """The one comparison that was named beforehand, in a sentence."""
    return _compared(with_adam(tried), *PRIMARY)


def named(tried: pd.DataFrame) -> str:
    """The comparison named before the study: search and Adam against Adam, in a sentence."""
    return _compared(with_adam(tried), *PRIMARY)


def isolated(tried: pd.DataFrame) -> str:
    """The paper's search and Adam against Adam from a draw out of the same boxes, in a sentence."""
    return _compared(with_adam(tried), PRIMARY[0], MATCHED)


def against_random(found: pd.DataFrame) -> str:
    """The row of the paper's search in :func:`searches_table`, in a sentence."""
    row = searches_table(found).loc[REFERENCE]
    return (
        f"{REFERENCE} less random search: {row['less random search']} points, p {row['p (Holm)']} "
        f"by Holm's rule: {row.verdict}"
    )


def restarts_at_equal_seconds(study: Study) -> str:
    """Adam again and again in the seconds that the paper's search and Adam take, in a sentence."""
    own = study.equal_seconds
    again = own[own.method == contest.CONTROLS[2]].sort_values("seed").test.to_numpy()
    both = {PRIMARY[0]: with_adam(study.tried)[PRIMARY[0]], "restarts of Adam": again}
    return f"in equal seconds, {_compared(both, *both)}"


def bounds_table(found: pd.DataFrame) -> pd.DataFrame:
    """Text of :func:`har_lib.search_study.starts`: a row a method, a column a side, percentages."""
    told = found.assign(
        side=[f"±{side:.2g}" for side in found.side],
        accuracy=[_with(row, "mean", "low", "high") for row in _rows(found)],
    )
    wide = told.pivot(index="method", columns="side", values="accuracy")
    ordered = wide.loc[found.method.unique(), told.side.unique()]
    return ordered.rename_axis(index=None, columns=None)


def shortened(study: Study) -> pd.DataFrame:
    """Adam from what a search found in a wide box, and from a draw of the same length, as text.

    ``length`` is that of the search's network, a draw from the box being 1; intervals are not
    adjusted for the number of rows.
    """
    rows = {}
    for (bound, name), own in study.shortened.groupby(["setting", "method"], sort=False):
        searched = study.tried[
            (study.tried.method == f"{name} + Adam") & (study.tried.setting == bound)
        ]
        both = (each.sort_values("seed").test.to_numpy() for each in (searched, own))
        values = dict(zip((f"{name} + Adam", "draw as long"), both, strict=True))
        found = means(values).to_dict("records")
        less = comparison.paired(*values.values())
        rows[f"±{study.size.side(float(bound)):.2g}, {name}"] = {
            "length": f"{own.length.mean():.2f}",
            "after the search": _with(found[0], "mean", "low", "high"),
            "after a draw as long": _with(found[1], "mean", "low", "high"),
            "difference": _with(vars(less), "difference", "low", "high", sign="+"),
        }
    return pd.DataFrame(rows).T


def movements(ablated: pd.DataFrame) -> pd.DataFrame:
    """How each variant moves, as text: means over seeds and iterations."""
    found = ablated[[*ablation.FACTORS, "other"]].copy()
    for name, column in (
        ("clipped", "clipped"),
        ("coherence", "same sign"),
        ("computed", "new"),
    ):
        found[column] = ablated[name].map("{:.2f}".format)
    return found


def ablation_verdicts(ablated: pd.DataFrame) -> pd.DataFrame:
    """Each variant against the printed search and against our repair, paired, as text.

    Holm's rule is applied to each of the two columns of p by itself.
    """
    values = ablation.by_variant(ablated)
    fitness = ablation.by_variant(ablated, "fitness")
    names = list(values)
    told = pd.DataFrame(index=names)
    told["fitness"] = [f"{fitness[name].mean():.3f}" for name in names]
    for column, against in (("printed", names[0]), ("repaired", names[_REPAIRED])):
        found = table(values, against).reindex(names)
        told["accuracy"] = found.accuracy
        told[f"less {column}, p (Holm)"] = [
            difference if p == "-" else f"{difference}, {p:>6}"
            for difference, p in zip(found[f"less {against}"], found["p (Holm)"], strict=True)
        ]
    return told


def sizes(study: Study) -> str:
    """What the recorded numbers come from, in a line."""
    own = study.settings
    return (
        f"recorded: {own['seeds']} seeds, {own['train']} sequences to train on, {own['hidden']} "
        f"hidden units, {own['population']} x {own['iterations']} seagulls, "
        f"{own['evaluations']} networks asked for"
    )


def function_sizes(study: Study) -> str:
    """What the recorded values of the functions come from, in a line."""
    own = study.functions
    return f"recorded: {len(own['seeds'])} seeds, {own['evaluations']} evaluations for every search"


def functions_table(functions: pd.DataFrame) -> pd.DataFrame:
    """Medians with the optimum in its usual place -> moved, a row a search, as text."""
    told = functions.assign(
        medians=[
            f"{row['centred_median']:.1e} -> {row['shifted_median']:.1e}"
            for row in _rows(functions)
        ]
    )
    wide = told.pivot(index="form", columns="function", values="medians")
    ordered = wide.loc[functions.form.unique(), functions.function.unique()]
    return ordered.rename_axis(index=None, columns=None)


def _compared(values: Mapping[str, np.ndarray], name: str, against: str) -> str:
    row = _rows(comparison.table({each: values[each] for each in (name, against)}, against, MARGIN))
    difference = _with(row[0], "difference", "difference_low", "difference_high", sign="+")
    unadjusted = f"unadjusted p {_p(row[0]['p'])}, {row[0]['n']} seeds"
    verdict = _points(row[0]["verdict"])
    return f"{name} less {against}: {difference} points, {unadjusted}: {verdict}"


def _rows(found: pd.DataFrame) -> list[dict[Any, Any]]:
    return found.to_dict("records")


def _with(row: Mapping[Any, Any], mean: str, low: str, high: str, sign: str = "") -> str:
    """A number with its interval, in percent or points."""
    middle, left, right = (100 * row[name] for name in (mean, low, high))
    return f"{middle:{sign}.1f} [{left:{sign}.1f}, {right:{sign}.1f}]"


def _points(verdict: str) -> str:
    """A verdict whose margin is told in points."""
    return verdict.replace(f"{MARGIN:g}".removeprefix("0"), f"{100 * MARGIN:g} points")


def _p(value: float) -> str:
    return "< .001" if value < 0.001 else f"{value:.3f}".removeprefix("0")
