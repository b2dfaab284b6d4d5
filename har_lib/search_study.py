"""What the contest of searches found: the recorded long study, and its means with intervals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from har_lib import ablation, comparison, contest, files, record
from har_lib.contest import Settings
from har_lib.errors import InputError, read_as

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
    remedy = "make it with python -m benchmarks.search_study"
    try:
        with read_as("a recorded study of the searches", path, remedy):
            return _study(files.read_json(path))
    except FileNotFoundError:
        raise InputError(f"{path.name} is missing: {remedy}") from None


def _study(kept: Mapping[str, Any]) -> Study:
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


def gains(values: Mapping[str, np.ndarray], against: str) -> pd.DataFrame:
    """What each method has more than one of them, paired by seed, as :func:`means` has it."""
    return means({name: own - values[against] for name, own in values.items() if name != against})


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
    """What Adam makes of starts drawn or searched in each box, as :func:`by_bound` has it."""
    methods = [MATCHED, *(f"{name} + Adam" for name in contest.SEARCHES)]
    return by_bound(study.tried, methods, study.size)


def shortened_starts(study: Study) -> pd.DataFrame:
    """What Adam makes of draws as long as what each search found, named as in :func:`starts`."""
    named = study.shortened.assign(method=study.shortened.method + " + Adam")
    return by_bound(named, list(named.method.unique()), study.size)


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
