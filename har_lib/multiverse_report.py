"""What a multiverse tells: its curve, each level's mean, shares of spread, what choosing costs.

Universes are combinations that were drawn for a design, not samples of a population: a share of
universes is a share of universes and no probability, and an interval over universes tells how
much hangs on which of them were drawn. How another sample of scenes would turn out is what the
intervals over groups are for.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from har_lib import evaluate
from har_lib.errors import InputError
from har_lib.multiverse_axes import STRICT, Report

#: How often universes are drawn anew for an interval, and orders of axes for their shares.
RESAMPLES, ORDERS = 2000, 200
#: Shuffles for what chance reaches, and the orders of axes for each.
SHUFFLES, SHUFFLED_ORDERS = 1000, 20

#: Rows of :func:`shares` that are no axis.
REST, NOISE = "interactions", "seeds (noise)"

#: Ways to report, each in one respect other than the strict one, and two in all respects.
LENIENT: Mapping[str, Report] = {
    "best of the runs": Report(run="best"),
    "a clip counts as often as it has key frames": Report(unit="key_frame"),
    "clips drawn at random": Report(split="random"),
    "key frames drawn at random": Report("key_frames_random", "key_frame"),
    "tested on what has trained": Report(split="resubstitution"),
    "accuracy of one class against the rest": Report(code="one_class"),
    "accuracy one against the rest, mean of classes": Report(code="one_vs_rest"),
    "key frames at random, one against the rest": Report(
        "key_frames_random", "key_frame", "one_vs_rest"
    ),
    "what has trained, one against the rest": Report("resubstitution", code="one_vs_rest"),
}


def specification_curve(by_group: pd.DataFrame) -> pd.DataFrame:
    """Universes from the lowest accuracy to the highest, each with its interval over groups.

    Parameters
    ----------
    by_group : DataFrame
        A row a universe, a column a group, all groups of one size.

    Returns
    -------
    DataFrame
        Index as given, columns ``estimate``, ``low``, ``high``; the interval is
        :func:`har_lib.evaluate.cluster_interval`, cut to between 0 and 1.

    References
    ----------
    Simonsohn, Simmons & Nelson 2020, Specification curve analysis,
    https://doi.org/10.1038/s41562-020-0912-z

    Examples
    --------
    >>> groups = pd.DataFrame({"a": [0.5, 0.2], "b": [0.7, 0.2]}, index=[3, 8])
    >>> specification_curve(groups).round(2).estimate.to_dict()
    {8: 0.2, 3: 0.6}
    """
    names = list(by_group.columns)
    rows = {}
    for number, values in by_group.iterrows():
        found = evaluate.cluster_interval(values.to_numpy(), names)
        rows[number] = (found.estimate, max(0.0, found.low), min(1.0, found.high))
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["estimate", "low", "high"])
    return table.sort_values("estimate", kind="stable")


def marginal_means(
    values: pd.Series, levels: pd.DataFrame, seed: int = 0, resamples: int = RESAMPLES
) -> pd.DataFrame:
    """Mean over the universes in which an axis has a level, for every level of every axis.

    Parameters
    ----------
    values : Series
        A number for each universe. Rows may share an index: they are then of one universe, and
        are drawn together.
    levels : DataFrame
        A row for each of these rows, a column an axis; missing where an axis has no effect.
    seed, resamples : int
        Of the bootstrap that draws universes.

    Returns
    -------
    DataFrame
        Columns ``axis``, ``level``, ``universes``, ``mean``, ``low``, ``high`` (95 %), levels in
        the order in which they stand in a categorical column, or else in order of appearance.

    Examples
    --------
    >>> levels = pd.DataFrame({"size": ["big", "small"] * 2})
    >>> found = marginal_means(pd.Series([4.0, 1.0, 6.0, 1.0]), levels)
    >>> found["mean"].tolist(), found.universes.tolist()
    ([5.0, 1.0], [2, 2])
    """
    names, place = np.unique(np.asarray(values.index), return_inverse=True)
    generator = np.random.default_rng(seed)
    drawn = generator.multinomial(len(names), np.full(len(names), 1 / len(names)), resamples)
    weights = drawn[:, place]
    numbers = values.to_numpy(dtype=float)
    rows = []
    for axis in levels.columns:
        column = levels[axis]
        for level in _levels(column):
            has = (column == level).to_numpy(dtype=bool)
            counts = weights[:, has].sum(axis=1)
            # A resample without the level tells nothing of it.
            kept = counts > 0
            means = (weights[kept][:, has] @ numbers[has]) / counts[kept]
            low, high = np.quantile(means, (0.025, 0.975))
            rows.append(
                {
                    "axis": axis,
                    "level": level,
                    "universes": len(np.unique(place[has])),
                    "mean": float(numbers[has].mean()),
                    "low": float(low),
                    "high": float(high),
                }
            )
    return pd.DataFrame(rows)


def _levels(column: pd.Series) -> list[str]:
    present = set(column.dropna())
    if isinstance(column.dtype, pd.CategoricalDtype):
        return [level for level in column.cat.categories if level in present]
    return list(column.dropna().unique())


# ---------------------------------------------------------------- shares of the spread


def noise_variance(first: pd.Series, again: pd.Series) -> float:
    """Variance that seeds alone give, from universes that were run twice.

    Half the variance of the differences; what all second runs have in common is no spread.

    Examples
    --------
    >>> noise_variance(pd.Series([0.5, 0.5, 0.5]), pd.Series([0.4, 0.5, 0.6])).__round__(4)
    0.005
    """
    both = pd.concat([first, again], axis=1, join="inner").to_numpy(dtype=float)
    if len(both) < 2:
        raise InputError("noise needs at least two universes that were run twice: run more")
    return float(np.var(both[:, 0] - both[:, 1], ddof=1) / 2)


def _coded(column: pd.Series) -> np.ndarray:
    """Columns for the levels of an axis, whose effects add up to 0; zeros where it has none."""
    levels = _levels(column)
    has = np.stack([(column == level).to_numpy(dtype=float) for level in levels], axis=1)
    return has[:, :-1] - has[:, -1:]


def _sums_of_squares(
    coded: list[np.ndarray], y: np.ndarray, orders: list[np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """What each axis explains of each column of y, (axes, M), averaged over orders; and its
    degrees of freedom, (axes, 1).
    """
    explained = np.zeros((len(coded), y.shape[1]))
    freedom = np.zeros((len(coded), 1))
    for order in orders:
        columns = np.concatenate([coded[i] - coded[i].mean(axis=0) for i in order], axis=1)
        q, r = np.linalg.qr(columns)
        # A column that is a sum of earlier ones explains nothing more.
        real = np.abs(np.diag(r)) > 1e-9 * np.sqrt(len(y))
        owner = np.repeat(order, [coded[i].shape[1] for i in order])
        of_axis = (owner == np.arange(len(coded))[:, None]) * real
        explained += of_axis @ (q.T @ y) ** 2
        freedom += of_axis.sum(axis=1, keepdims=True)
    return explained / len(orders), freedom / len(orders)


def shares(
    values: pd.Series,
    levels: pd.DataFrame,
    noise: float,
    seed: int = 0,
    orders: int = ORDERS,
) -> pd.DataFrame:
    """Which part of the spread between universes goes back to each axis, and which to seeds.

    Main effects of all axes in one linear model. What an axis explains is averaged over the
    orders in which axes may enter (Shapley), by a sample of orders; what it would explain by
    chance, its degrees of freedom times the residual mean square, is taken off (omega squared).
    So the share of an axis without effect is 0 on average, and may come out below 0.

    Parameters
    ----------
    values : Series
        A number for each universe.
    levels : DataFrame
        A row a universe, a column an axis; missing where an axis has no effect.
    noise : float
        Variance that seeds give, of :func:`noise_variance`.
    seed, orders : int
        Of the sample of orders.

    Returns
    -------
    DataFrame
        Index: axes, then `REST` (what axes do together beyond what each does by itself) and
        `NOISE`; columns ``share``, which add up to 1, and ``chance``: in 95 of 100 shuffles of
        the residuals the share stays below it.

    Raises
    ------
    InputError
        If there are too few universes for so many levels, or all values are equal.

    References
    ----------
    Lindeman, Merenda & Gold 1980 for the averaging; Grömping 2007,
    https://doi.org/10.1198/000313007X188252; Hays 1963 for omega squared.

    Examples
    --------
    >>> rows = pd.MultiIndex.from_product([["a", "b"]] * 3, names=["x", "y", "z"]).to_frame()
    >>> levels = rows.reset_index(drop=True)
    >>> values = 3.0 * (levels.x == "b") + 1.0 * (levels.y == "b")
    >>> shares(values, levels, noise=0.0).share.round(3).to_dict()
    {'x': 0.9, 'y': 0.1, 'z': 0.0, 'interactions': 0.0, 'seeds (noise)': 0.0}
    """
    y = values.to_numpy(dtype=float)[:, None]
    y = y - y.mean()
    total = float((y**2).sum())
    varying = [name for name in levels.columns if len(_levels(levels[name])) > 1]
    coded = [_coded(levels[name]) for name in varying]
    width = sum(part.shape[1] for part in coded)
    if len(y) < width + 2:
        raise InputError(
            f"{len(y)} universes are too few for {width} free levels of {len(varying)} axes: run "
            f"at least {width + 2}"
        )
    if total <= 1e-12 * len(y):
        raise InputError("all universes have the same value: there is no spread to share out")
    generator = np.random.default_rng(seed)
    drawn = [generator.permutation(len(varying)) for _ in range(orders)]
    explained, freedom = _sums_of_squares(coded, y, drawn)
    left_over = len(y) - 1 - freedom.sum()
    mean_square = max(0.0, total - float(explained.sum())) / left_over
    found = (explained - freedom * mean_square)[:, 0] / total

    model = np.concatenate([np.ones((len(y), 1)), *coded], axis=1)
    residuals = (y - model @ np.linalg.lstsq(model, y, rcond=None)[0])[:, 0]
    # Residuals vary less than what they stand for, since the model was fitted to them.
    residuals *= np.sqrt((len(y) - 1) / left_over)
    shuffled = np.stack([generator.permutation(residuals) for _ in range(SHUFFLES)], axis=1)
    by_chance, _ = _sums_of_squares(coded, shuffled, drawn[:SHUFFLED_ORDERS])
    by_chance -= freedom * mean_square
    noise_share = noise * (len(y) - 1) / total
    table = pd.DataFrame(
        {"share": found, "chance": np.quantile(by_chance, 0.95, axis=1) / total}, index=varying
    )
    table.loc[REST] = (1 - found.sum() - noise_share, np.nan)
    table.loc[NOISE] = (noise_share, np.nan)
    return table


# ---------------------------------------------------------------- the winner's curse


@dataclass(frozen=True)
class Shrinkage:
    """How much of the best universes' accuracy was luck, in means over them.

    Attributes
    ----------
    chosen : float
        Accuracy by which they were chosen.
    seeds, groups : float
        How much lower they are with other seeds, and with other groups.
    control : float
        How much lower universes that were not chosen are with other groups: those groups may be
        harder for all.
    beyond : float
        ``groups`` less ``control``.
    """

    chosen: float
    seeds: float
    groups: float
    control: float
    beyond: float


def best(values: pd.Series, count: int) -> list[int]:
    """Index of the highest values, the highest first; of equals the earlier one.

    Examples
    --------
    >>> best(pd.Series([0.1, 0.3, 0.3], index=[7, 5, 6]), 2)
    [5, 6]
    """
    return [int(number) for number in values.sort_values(ascending=False, kind="stable").index][
        :count
    ]


def shrinkage(reruns: pd.DataFrame) -> Shrinkage:
    """What became of the chosen universes.

    Parameters
    ----------
    reruns : DataFrame
        A row a universe: ``chosen`` (bool; the others are controls), ``first``, ``seeds`` and
        ``groups``: accuracy in the study, with other seeds, and on other groups.

    Examples
    --------
    >>> rows = {"chosen": [True, False], "first": [0.9, 0.5], "seeds": [0.8, 0.5]}
    >>> found = shrinkage(pd.DataFrame(rows | {"groups": [0.6, 0.4]}))
    >>> round(found.seeds, 3), round(found.groups, 3), round(found.beyond, 3)
    (0.1, 0.3, 0.2)
    """
    mask = reruns.chosen.astype(bool)
    top, others = reruns[mask], reruns[~mask]
    if top.empty or others.empty:
        raise InputError("shrinkage needs chosen universes and others: run at least one of each")
    groups = float((top["first"] - top.groups).mean())
    control = float((others["first"] - others.groups).mean())
    return Shrinkage(
        chosen=float(top["first"].mean()),
        seeds=float((top["first"] - top.seeds).mean()),
        groups=groups,
        control=control,
        beyond=groups - control,
    )


# ---------------------------------------------------------------- reporting


def gains(accuracy: pd.DataFrame, seed: int = 0, resamples: int = RESAMPLES) -> pd.DataFrame:
    """How much higher each lenient way to report stands than the strict one.

    Parameters
    ----------
    accuracy : DataFrame
        A row a universe, a column a report by name.
    seed, resamples : int
        Of the bootstrap that draws universes.

    Returns
    -------
    DataFrame
        Index: words for the report, of `LENIENT`; columns ``report``, ``gain``, ``low``, ``high``
        (95 %) and ``higher``, the share of universes in which it stands higher.

    Examples
    --------
    >>> table = pd.DataFrame({STRICT.name: [0.5, 0.6], Report(run="best").name: [0.6, 0.7]})
    >>> gains(table).round(3).loc["best of the runs", ["gain", "low", "higher"]].tolist()
    [0.1, 0.1, 1.0]
    """
    generator = np.random.default_rng(seed)
    count = len(accuracy)
    drawn = generator.multinomial(count, np.full(count, 1 / count), resamples) / count
    strict = accuracy[STRICT.name]
    rows = {}
    for words, report in LENIENT.items():
        if report.name not in accuracy:
            continue
        more = (accuracy[report.name] - strict).to_numpy(dtype=float)
        low, high = np.quantile(drawn @ more, (0.025, 0.975))
        rows[words] = {
            "report": report.name,
            "gain": float(more.mean()),
            "low": float(low),
            "high": float(high),
            "higher": float((more > 0).mean()),
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def reaching(accuracy: pd.DataFrame, value: float) -> pd.Series:
    """Share of the universes that reach a value, for each way to report: no probability.

    Examples
    --------
    >>> reaching(pd.DataFrame({"a": [0.5, 0.9], "b": [0.95, 0.9]}), 0.9).to_dict()
    {'a': 0.5, 'b': 1.0}
    """
    return (accuracy >= value).mean()


def against(accuracy: pd.Series, beside: pd.DataFrame) -> pd.DataFrame:
    """ALSTM less each other method, over universes.

    Returns
    -------
    DataFrame
        Index: method; ``median`` difference, quartiles ``lower`` and ``upper``, and ``higher``,
        the share of universes in which ALSTM stands higher.

    Examples
    --------
    >>> found = against(pd.Series([0.5, 0.7]), pd.DataFrame({"SVM": [0.4, 0.8]}))
    >>> found.round(3).loc["SVM"].tolist()
    [-0.0, -0.05, 0.05, 0.5]
    """
    rows = {}
    for method in beside.columns:
        more = accuracy - beside[method]
        rows[method] = {
            "median": float(more.median()),
            "lower": float(more.quantile(0.25)),
            "upper": float(more.quantile(0.75)),
            "higher": float((more > 0).mean()),
        }
    return pd.DataFrame.from_dict(rows, orient="index")
