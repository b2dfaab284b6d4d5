"""The results of the study of leakage as tables and sentences."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from har_lib.errors import InputError
from har_lib.leakage_endpoints import RUNGS

#: Rung -> what it is called in tables and pictures.
RUNG_WORDS = {
    "training_data": "training data",
    "key_frame": "by key frame",
    "clip": "by clip",
    "group": "by group",
}

#: Unit -> what is scored.
UNIT_WORDS = {"key_frame": "key frames", "clip": "clips"}

#: What may be drawn and said of data that show the mechanism only.
MECHANISM_WORDS = "built-in data: the mechanism, no evidence about the paper"

Results = Mapping[str, Any]


def rungs(results: Results, unit: str) -> pd.DataFrame:
    """Accuracy in % with its interval, a row a classifier and rung, in the order of the ladder.

    Parameters
    ----------
    results : mapping
        Of :func:`har_lib.leakage_study.run`.
    unit : {"key_frame", "clip"}
        What is scored.

    Returns
    -------
    DataFrame
        ``classifier``, ``rung``, ``estimate``, ``low``, ``high``.
    """
    return _percent(results["rungs"], ["classifier", "rung"], unit)


def contrasts(results: Results, tested: bool = True) -> pd.DataFrame:
    """Differences between rungs in points, the primary endpoint first.

    Parameters
    ----------
    results : mapping
    tested : bool
        Leave out what has no test.

    Returns
    -------
    DataFrame
        ``unit``, ``classifier``, ``upper``, ``lower``, ``role``, ``estimate``, ``low``, ``high``,
        ``p`` and ``p_holm``; of the primary endpoint the latter is its p, which stands by itself.
    """
    rows = [row for row in results["contrasts"] if "p" in row or not tested]
    if not rows:
        raise InputError("the results hold no test: run with permutations, or ask for all rows")
    kept = ["unit", "classifier", "upper", "lower", "role"]
    found = _percent(rows, kept)
    found["p"] = [row.get("p", float("nan")) for row in rows]
    found["p_holm"] = [row.get("p_holm", row.get("p", float("nan"))) for row in rows]
    first = found.role != "primary"
    return found.loc[first.sort_values(kind="stable").index].reset_index(drop=True)


def shuffled(results: Results) -> pd.DataFrame:
    """Accuracy in % with labels that mean nothing, a row a classifier and rung.

    Where every group has as many clips of each class, labels were shuffled within groups, which
    keeps it so; else among all clips.

    Columns: ``classifier``, ``rung``, ``accuracy``, ``low``, ``high``, ``chance``, ``excess``,
    ``excess_low``, ``excess_high`` and ``shuffles``.
    """
    found = pd.DataFrame(results.get("shuffled_within_groups", results["shuffled_labels"]))
    numbers = ["accuracy", "low", "high", "chance", "excess", "excess_low", "excess_high"]
    found[numbers] *= 100
    return found


def mechanism(results: Results) -> pd.DataFrame:
    """The curve of the mechanism in %, for data that show nothing else."""
    if "mechanism" not in results:
        raise InputError("the results hold no mechanism: it is shown on the built-in data alone")
    found = pd.DataFrame(results["mechanism"])
    found[["accuracy", "low", "high"]] *= 100
    return found


def rungs_table(results: Results) -> pd.DataFrame:
    """Accuracies with intervals as text, a row a unit and classifier, a column a rung."""
    rows = []
    for unit in UNIT_WORDS:
        for name, own in rungs(results, unit).groupby("classifier", sort=False):
            cells = {row.rung: with_interval(row) for row in own.itertuples()}
            told = {RUNG_WORDS[rung]: cells.get(rung, "") for rung in RUNGS}
            rows.append({"samples": UNIT_WORDS[unit], "classifier": name} | told)
    return pd.DataFrame(rows).set_index(["samples", "classifier"])


def contrasts_table(results: Results, tested: bool = True) -> pd.DataFrame:
    """Differences with intervals and p as text, the primary endpoint first."""
    rows = [
        {
            "samples": UNIT_WORDS[row.unit],
            "classifier": row.classifier,
            "difference": f"{RUNG_WORDS[row.upper]} less {RUNG_WORDS[row.lower]}",
            "points": with_interval(row, signed=True),
            "p": p_words(row.p),
            "p by Holm's rule": "" if row.role == "primary" else p_words(row.p_holm),
            "named beforehand": row.role if row.role in ("primary", "secondary") else "no",
        }
        for row in contrasts(results, tested).itertuples()
    ]
    return pd.DataFrame(rows)


def with_interval(row: Any, signed: bool = False) -> str:
    """An estimate and its interval, one digit after the point.

    Examples
    --------
    >>> with_interval(pd.Series({"estimate": 83.84, "low": 80.0, "high": 87.2}))
    '83.8 [80.0, 87.2]'
    >>> with_interval(pd.Series({"estimate": 3, "low": -1, "high": 7}), signed=True)
    '+3.0 [-1.0, +7.0]'
    """
    # Adding 0.0 makes of a rounded -0.0 the 0.0 that it is.
    estimate, low, high = (
        round(float(each), 1) + 0.0 for each in (row.estimate, row.low, row.high)
    )
    sign = "+" if signed else ""
    return f"{estimate:{sign}.1f} [{low:{sign}.1f}, {high:{sign}.1f}]"


def p_words(p: float) -> str:
    """A p-value as it is printed; nothing where there is none.

    Examples
    --------
    >>> p_words(0.001), p_words(1.0), p_words(float("nan"))
    ('.001', '1.000', '')
    """
    return "" if p != p else f"{p:.3f}".removeprefix("0")


def primary(results: Results) -> str:
    """One sentence about the primary endpoint.

    Raises
    ------
    InputError
        If it does not belong to these results.
    """
    rows = [row for row in results["contrasts"] if row["role"] == "primary"]
    if not rows:
        raise InputError("the primary endpoint is not part of these results: it has other clips")
    (row,) = rows
    own = rungs(results, row["unit"]).set_index(["classifier", "rung"]).estimate
    above, below = (own[row["classifier"], row[side]] for side in ("upper", "lower"))
    points = with_interval(_percent([row], []).iloc[0], signed=True)
    size = results["settings"]["permutations"]
    return (
        f"{UNIT_WORDS[row['unit']]} as samples, {row['classifier']}: {above:.1f} % "
        f"{RUNG_WORDS[row['upper']]}, {below:.1f} % {RUNG_WORDS[row['lower']]}: {points} points, "
        f"one-sided p {p_words(row['p'])} ({size} permutations)"
    )


def floor(found: Mapping[str, Any]) -> str:
    """One sentence about plain pictures of silhouettes beside the 58 numbers.

    Parameters
    ----------
    found : mapping
        The ``floor`` of the results.

    Examples
    --------
    >>> number = {"estimate": 0.9, "low": 0.8, "high": 1.0}
    >>> floor({**number, "more_than": [{"classifier": "SVM", **number, "estimate": 0.1}]})
    'plain pictures of the silhouettes, 1 nearest neighbour, by group: 90.0 [80.0, 100.0] %; more \
than the 58 numbers, in points: SVM +10.0 [+80.0, +100.0]'
    """
    (own,) = _percent([dict(found)], []).itertuples()
    rows = _percent(found["more_than"], ["classifier"]).itertuples()
    beside = "; ".join(f"{row.classifier} {with_interval(row, signed=True)}" for row in rows)
    return (
        f"plain pictures of the silhouettes, 1 nearest neighbour, by group: {with_interval(own)} "
        f"%; more than the 58 numbers, in points: {beside}"
    )


def reservations(results: Results) -> list[str]:
    """What must be said before the numbers."""
    if not results["evidence"]:
        return [MECHANISM_WORDS]
    if not results["named_beforehand"]:
        return ["no endpoint was named beforehand for these clips and settings: exploratory"]
    return []


def lines(results: Results) -> list[str]:
    """What the command line prints."""
    classes, groups = len(results["classes"]), results["groups"]
    found = [
        f"{results['clips']} clips, {results['key_frames']} key frames, {classes} classes, "
        f"{groups} groups; even guessing gives {100 * results['chance']:.1f} %"
    ]
    found += reservations(results)
    found += rungs_table(results).to_string().splitlines()
    if any("p" in row for row in results["contrasts"]):
        found += contrasts_table(results).to_string(index=False).splitlines()
    return found


def _percent(rows: list[dict[str, Any]], kept: list[str], unit: str | None = None) -> pd.DataFrame:
    """Rows with their estimates times 100, of one unit or of all."""
    chosen = [row for row in rows if unit is None or row["unit"] == unit]
    if not chosen:
        raise InputError(f"the results hold nothing of the unit {unit!r}")
    numbers = ["estimate", "low", "high"]
    found = pd.DataFrame(chosen)[[*kept, *numbers]]
    found[numbers] *= 100
    return found
