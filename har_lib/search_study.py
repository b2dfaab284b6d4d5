"""What the contest of searches found: the recorded long study, its tables and sentences."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from har_lib import ablation, comparison, contest, files, record
from har_lib.contest import Settings
from har_lib.errors import InputError

#: Where ``python -m benchmarks.search_study`` leaves the long version.
PATH = record.FOLDER / "search_study.json"

#: Named before this study was run: does the paper's search help Adam?
PRIMARY = "corrected + Adam", "Adam"

#: The paper's search, as it is read here.
REFERENCE = "corrected"

#: Adam from a draw out of the same boxes: what a search in them is held against.
MATCHED = "one draw"

#: Differences up to this count as none.
MARGIN = 0.03

#: Small sizes for a look that takes seconds. Its numbers are rough and no evidence. In double
#: precision processors differ too little to change a picture.
SHORT = Settings(
    hidden=16,
    iterations=12,
    epochs=50,
    patience=10,
    train=100,
    validation=100,
    test=500,
    bounds=(0.0, 1.0),
    rates=(0.01,),
    precision="double",
)


@dataclass(frozen=True)
class Study:
    """The recorded study.

    Attributes
    ----------
    settings : mapping
        Sizes, seeds and evaluations.
    tried, equal_seconds, easier, ablated : DataFrame
        Rows of :func:`har_lib.contest.run`, of :func:`har_lib.contest.at_equal_seconds`, of
        :func:`har_lib.contest.searches_alone` with less noise, and of
        :func:`har_lib.ablation.run`.
    shortened : DataFrame
        Rows of :func:`har_lib.shrinkage.run`.
    calibration : DataFrame
        Rows of :func:`har_lib.contest.calibrate`.
    seconds : float
        What each search had in ``equal_seconds``.
    functions : mapping
        Of :func:`har_lib.centre_bias.as_results`.
    """

    settings: Mapping[str, Any]
    tried: pd.DataFrame
    equal_seconds: pd.DataFrame
    easier: pd.DataFrame
    calibration: pd.DataFrame
    ablated: pd.DataFrame
    shortened: pd.DataFrame
    seconds: float
    functions: Mapping[str, Any]

    @property
    def size(self) -> Settings:
        """Sizes of the contest."""
        names = Settings.__dataclass_fields__
        values = {name: self.settings[name] for name in names}
        listed = {name: tuple(value) for name, value in values.items() if isinstance(value, list)}
        return Settings(**(values | listed))


def recorded(path: Path = PATH) -> Study:
    """Read the recorded study.

    Raises
    ------
    InputError
        If there is none.
    """
    try:
        kept = files.read_json(path)
    except FileNotFoundError:
        raise InputError(
            f"{path.name} is missing: make it with python -m benchmarks.search_study"
        ) from None
    timed = kept["equal_seconds"]
    return Study(
        settings=kept["settings"],
        tried=pd.DataFrame(kept["contest"]).astype({"fitness": float}),
        equal_seconds=pd.DataFrame(timed["runs"]),
        easier=pd.DataFrame(kept["easier"]["runs"]).astype({"fitness": float}),
        calibration=pd.DataFrame(kept["calibration"]),
        ablated=pd.DataFrame(kept["ablation"]),
        shortened=pd.DataFrame(kept["shortened_draws"]),
        seconds=timed["seconds"],
        functions=kept["centre_bias"],
    )


def alone(tried: pd.DataFrame) -> dict[str, np.ndarray]:
    """Test accuracy a seed of the searches, their networks being final."""
    best = contest.by_seed(contest.chosen(tried))
    return {name: best[name] for name in contest.SEARCHES}


def with_adam(tried: pd.DataFrame) -> dict[str, np.ndarray]:
    """Test accuracy a seed of everything that Adam finishes, Adam itself first."""
    best = contest.by_seed(contest.chosen(tried))
    controls = [name for name in reversed(contest.CONTROLS) if name != PRIMARY[1]]
    return {
        name: best[name]
        for name in (PRIMARY[1], *controls, *(f"{name} + Adam" for name in contest.SEARCHES))
    }


def means(values: Mapping[str, np.ndarray]) -> pd.DataFrame:
    """Mean and 95 % interval over seeds: a row a method, columns ``mean``, ``low``, ``high``.

    Examples
    --------
    >>> means({"a": np.array([0.4, 0.6])}).round(3).loc["a"].tolist()
    [0.5, -0.771, 1.771]
    """
    rows = {}
    for name, own in values.items():
        found = comparison.paired(own, np.zeros(len(own)))
        rows[name] = {"mean": found.difference, "low": found.low, "high": found.high}
    return pd.DataFrame(rows).T


def by_bound(tried: pd.DataFrame, methods: Sequence[str], size: Settings) -> pd.DataFrame:
    """Mean test accuracy and its interval for each method and side of the box.

    Returns
    -------
    DataFrame
        Columns ``method``, ``side``, ``mean``, ``low``, ``high``, sides from small to large, those
        in which a method was run.
    """
    rows = []
    for method in methods:
        own = tried[tried.method == method]
        for bound in sorted(size.bounds, key=size.side):
            values = own[own.setting == f"{bound:g}"].sort_values("seed").test.to_numpy()
            if len(values):
                found = means({method: values}).iloc[0]
                rows.append({"method": method, "side": size.side(bound), **found})
    return pd.DataFrame(rows)


def starts(study: Study) -> pd.DataFrame:
    """What Adam makes of starts drawn or searched in each box, as :func:`by_bound` has it.

    In wide boxes also of draws as long as what our repair finds there.
    """
    named = study.shortened.method.map("a draw as long as {}'s".format)
    tried = pd.concat([study.tried, study.shortened.assign(method=named)])
    searches = [f"{name} + Adam" for name in ("random search", REFERENCE, "stable")]
    return by_bound(tried, [MATCHED, *searches, "a draw as long as stable's"], study.size)


def bounds_table(found: pd.DataFrame) -> pd.DataFrame:
    """What :func:`by_bound` gives as text: a row a method, a column a side, percentages."""
    told = found.assign(
        width=found.side,
        side=[f"±{side:.2g}" for side in found.side],
        accuracy=[_with(row, "mean", "low", "high") for row in _rows(found)],
    )
    wide = told.pivot(index="method", columns="side", values="accuracy")
    ordered = wide.loc[found.method.unique(), told.sort_values("width").side.unique()]
    return ordered.fillna("not run").rename_axis(index=None, columns=None)


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


def table(values: Mapping[str, np.ndarray], against: str) -> pd.DataFrame:
    """How each method compares, as text: percentages, differences in points, verdict."""
    found = comparison.table(values, against, MARGIN)
    return pd.DataFrame(
        {
            "accuracy": [_with(row, "mean", "low", "high") for row in _rows(found)],
            f"less {against}": [
                _with(row, "difference", "difference_low", "difference_high", sign="+")
                for row in _rows(found)
            ],
            "p (Holm)": [_p(row["p_holm"]) for row in _rows(found)],
            "verdict": found.verdict.map(_points),
        },
        index=found.index.rename(None),
    )


def primary(tried: pd.DataFrame) -> str:
    """The one comparison that was named beforehand, in a sentence."""
    return _compared(with_adam(tried), *PRIMARY)


def against_random(values: Mapping[str, np.ndarray]) -> str:
    """The paper's search without Adam against drawing networks at random, in a sentence."""
    return _compared(values, REFERENCE, "random search")


def matched(tried: pd.DataFrame) -> pd.DataFrame:
    """What a search adds to Adam where all else is the same: against a draw out of the same boxes.

    "Adam, restarts" has spent as many sample-forwards as a search and Adam together.
    """
    values = with_adam(tried)
    del values[PRIMARY[1]]
    return table(values, MATCHED)


def ablation_verdicts(ablated: pd.DataFrame) -> pd.DataFrame:
    """Each variant against the printed search, as text: paired, and adjusted for their number."""
    values = ablation.by_variant(ablated)
    return table(values, next(iter(values)))


def easier(study: Study) -> dict[str, np.ndarray]:
    """Test accuracy a seed of the searches alone where there is less noise to hide a gain."""
    return {
        str(name): own.sort_values("seed").test.to_numpy()
        for name, own in study.easier.groupby("method", sort=False)
    }


def sizes(study: Study) -> str:
    """What the recorded numbers come from, in a line."""
    own = study.settings
    return (
        f"recorded: {own['seeds']} seeds, {own['train']} sequences to train on, {own['hidden']} "
        f"hidden units, {own['population']} x {own['iterations']} seagulls, "
        f"{own['evaluations']} networks asked for"
    )


def at_equal_seconds(study: Study) -> pd.DataFrame:
    """The searches alone, each with the seconds that the reference takes, as text.

    Each has the side of the box that it chose before.
    """
    searches = study.equal_seconds[study.equal_seconds.method.isin(list(contest.SEARCHES))]
    values = {
        str(name): own.sort_values("seed").test.to_numpy()
        for name, own in searches.groupby("method", sort=False)
    }
    found = table(values, "random search")
    asked = searches.groupby("method").forwards.median() / study.settings["train"]
    found.insert(0, "networks", [f"{asked[name]:.0f}" for name in found.index])
    return found


def functions(study: Study) -> pd.DataFrame:
    """The recorded table of :func:`har_lib.centre_bias.summary`."""
    rows = []
    for function, forms in study.functions["functions"].items():
        for form, entry in forms.items():
            row = {"function": function, "form": form, "seeds": len(study.functions["seeds"])}
            for place in ("centred", "shifted"):
                row |= {f"{place}_{name}": value for name, value in entry[place].items()}
            rows.append(row | {"decades_lost": entry["decades_lost"]})
    return pd.DataFrame(rows)


def restarts_at_equal_seconds(study: Study) -> str:
    """Adam again and again in the seconds that the paper's search and Adam take, in a sentence."""
    own = study.equal_seconds
    again = own[own.method == contest.CONTROLS[2]].sort_values("seed").test.to_numpy()
    both = {PRIMARY[0]: with_adam(study.tried)[PRIMARY[0]], "restarts of Adam": again}
    return f"in equal seconds, {_compared(both, *both)}"


def movements(ablated: pd.DataFrame) -> pd.DataFrame:
    """How each variant moves, as text: means over seeds and iterations."""
    found = ablated[[*ablation.FACTORS, "other"]].copy()
    for name, column in (
        ("clipped", "clipped"),
        ("coherence", "same sign"),
        ("computed", "asked anew"),
    ):
        found[column] = ablated[name].map("{:.2f}".format)
    return found


def ablation_table(ablated: pd.DataFrame) -> pd.DataFrame:
    """One row a variant: its levels, accuracy and its interval, and how it moves."""
    rows = []
    for levels, own in ablated.groupby([*ablation.FACTORS, "other"], sort=False):
        values = own.sort_values("seed").test.to_numpy()
        rows.append(
            {
                **dict(zip((*ablation.FACTORS, "other"), levels, strict=True)),
                **means({"": values}).iloc[0],
                **{name: own[name].mean() for name in ("clipped", "coherence", "computed")},
            }
        )
    return pd.DataFrame(rows)


def _compared(values: Mapping[str, np.ndarray], name: str, against: str) -> str:
    row = _rows(comparison.table({each: values[each] for each in (name, against)}, against, MARGIN))
    difference = _with(row[0], "difference", "difference_low", "difference_high", sign="+")
    return (
        f"{name} less {against}: {difference} points, p {_p(row[0]['p'])}, {row[0]['n']} seeds: "
        f"{_points(row[0]['verdict'])}"
    )


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
