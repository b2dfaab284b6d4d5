"""Pictures of the multiverse; like `plots`, they get finished numbers and compute nothing."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from har_lib.plots import ACCENT, INK, METHOD_COLORS, MUTED, SECOND, canvas

_BAND = "#f1f1f1"
_SMALL = 8.5
#: Color and marker of each way to report.
_WAYS = ((SECOND, "o"), (METHOD_COLORS["ANN"], "^"), (METHOD_COLORS["SVM"], "s"), (INK, "D"))


def _words(name: str) -> str:
    """A choice's name as words."""
    return name.replace("_", " ")


def specification_curve(
    curve: pd.DataFrame, levels: pd.DataFrame, chance: float, paper: float, not_comparable: str
) -> Figure:
    """Every universe from the lowest accuracy to the highest, and below which answers it gives.

    Parameters
    ----------
    curve : DataFrame
        Of :func:`har_lib.multiverse_report.specification_curve`: shares between 0 and 1.
    levels : DataFrame
        Categorical columns, in the order in which axes are drawn; rows of the same index. A tick
        stands below each universe that has the level.
    chance : float
        Drawn dotted.
    paper : float
        The paper's accuracy, in %.
    not_comparable : str
        Words that stand at it, such as "not comparable: built-in data".
    """
    figure: Figure
    names = [(axis, level) for axis in levels for level in levels[axis].cat.categories]
    height = 2.9 + 0.155 * len(names) + 0.07 * len(levels.columns)
    figure, (above, below) = canvas(
        10, height, 2, 1, sharex=True, height_ratios=(2.7, height - 2.9)
    )
    places = np.arange(len(curve))
    above.fill_between(
        places, 100 * curve.low, 100 * curve.high, color=SECOND, alpha=0.22, linewidth=0,
        step="mid", label="95 % interval over groups",
    )  # fmt: skip
    above.plot(places, 100 * curve.estimate, color=SECOND, linewidth=2, label="accuracy")
    above.axhline(100 * chance, color=INK, linewidth=0.9, linestyle=":")
    above.annotate(
        "chance", (len(curve), 100 * chance), xytext=(4, 0), textcoords="offset points",
        va="center", fontsize=_SMALL, color=INK, annotation_clip=False,
    )  # fmt: skip
    above.axhline(paper, color=ACCENT, linewidth=1.2, linestyle="--")
    above.annotate(
        f"the paper, UCF101: {paper:g} % – {not_comparable}", (0, paper), xytext=(4, -4),
        textcoords="offset points", va="top", fontsize=_SMALL + 0.5, color=ACCENT,
    )  # fmt: skip
    above.set(ylim=(0, 100), ylabel="accuracy (%)")
    above.set_title(f"{len(curve)} universes, sorted by accuracy", fontsize=10.5)
    above.legend(frameon=False, loc="upper left", bbox_to_anchor=(0, 0.9), fontsize=_SMALL)
    above.tick_params(bottom=False)
    _ticks(below, curve, levels)
    below.set_xlim(-0.01 * len(curve) - 0.6, 1.01 * len(curve))
    return figure


def _ticks(place: Axes, curve: pd.DataFrame, levels: pd.DataFrame) -> None:
    """A row a level, a block an axis, a tick for each universe that has the level."""
    sorted_levels = levels.loc[curve.index]
    heights, labels, y = [], [], 0.0
    wide = max(0.5, 190 / max(1, len(curve)))
    for number, axis in enumerate(levels.columns):
        rows = list(sorted_levels[axis].cat.categories)
        if number % 2 == 0:
            place.axhspan(y - 0.75, y + len(rows) - 0.25, color=_BAND, linewidth=0, zorder=0)
        place.annotate(
            _words(axis), (-0.16, y + (len(rows) - 1) / 2), xycoords=("axes fraction", "data"),
            ha="right", va="center", fontsize=_SMALL, fontweight="bold", color=INK,
            annotation_clip=False,
        )  # fmt: skip
        for level in rows:
            at = np.flatnonzero((sorted_levels[axis] == level).to_numpy())
            place.vlines(at, y - 0.38, y + 0.38, color=INK, linewidth=min(2.5, wide), alpha=0.85)
            heights.append(y)
            labels.append(level.replace("_", " "))
            y += 1
        y += 0.5
    place.set_yticks(heights, labels, fontsize=7.5)
    place.set_ylim(y - 0.7, -0.8)
    place.tick_params(axis="y", length=0)
    place.tick_params(axis="x", bottom=True, labelsize=_SMALL)
    place.spines["left"].set_visible(False)
    place.set_xlabel("rank of the universe")


def marginal_means(means: pd.DataFrame, overall: float, columns: int = 3) -> Figure:
    """Mean accuracy of the universes that have a level, with its interval, for every level.

    Parameters
    ----------
    means : DataFrame
        Of :func:`har_lib.multiverse_report.marginal_means`, in shares; axes in the order in which
        they are drawn, column after column.
    overall : float
        Mean of all universes: the grey line.
    columns : int
        Panels side by side.
    """
    figure: Figure
    parts = _columns_of(means, columns)
    tallest = max(_height(part) for part in parts)
    figure, axes = canvas(
        3.3 * columns, 0.9 + 0.165 * tallest, 1, columns, sharex=True, squeeze=False
    )
    for place, part in zip(axes.ravel(), parts, strict=True):
        heights, labels, y = [], [], 0.0
        place.axvline(100 * overall, color=MUTED, linewidth=1)
        for axis, own in part.groupby("axis", sort=False):
            place.annotate(
                _words(str(axis)), (0, y), xycoords=("axes fraction", "data"), xytext=(-6, 0),
                textcoords="offset points", ha="right", va="center", fontsize=_SMALL,
                fontweight="bold", color=INK,
            )  # fmt: skip
            for row in own.to_dict("records"):
                y += 1
                place.plot([100 * row["low"], 100 * row["high"]], [y, y], color=SECOND, linewidth=2)
                place.plot(100 * row["mean"], y, "o", color=SECOND, markersize=4.5)
                heights.append(y)
                labels.append(str(row["level"]).replace("_", " "))
            y += 1.5
        place.set_yticks(heights, labels, fontsize=8)
        place.set_ylim(tallest - 0.8, -1)
        place.tick_params(axis="y", length=0)
        place.tick_params(axis="x", bottom=True, labelsize=_SMALL)
        place.spines["left"].set_visible(False)
    figure.supxlabel(
        "mean accuracy (%) of the universes with this level, 95 % interval over universes; "
        "grey: all",
        fontsize=9.5,
    )
    return figure


def _height(part: pd.DataFrame) -> float:
    return len(part) + 1.5 * part.axis.nunique()


def _columns_of(means: pd.DataFrame, columns: int) -> list[pd.DataFrame]:
    """Axes dealt to columns of about the same height."""
    wanted = _height(means) / columns
    parts: list[list[pd.DataFrame]] = [[]]
    for _, own in means.groupby("axis", sort=False):
        filled = sum(_height(each) for each in parts[-1])
        if filled + _height(own) / 2 > wanted and len(parts) < columns:
            parts.append([])
        parts[-1].append(own)
    parts += [[means.iloc[:0]]] * (columns - len(parts))
    return [pd.concat(part) for part in parts]


def shares_of_spread(
    shares: pd.DataFrame, others: Sequence[str], words: Mapping[str, str] | None = None
) -> Figure:
    """Which part of the spread between universes goes back to which axis.

    Parameters
    ----------
    shares : DataFrame
        Of :func:`har_lib.multiverse_report.shares`, in the order in which it is drawn.
    others : sequence of str
        Rows that are no axis, drawn grey.
    words : mapping, optional
        What rows are called in place of their names.
    """
    figure: Figure
    words = words or {}
    figure, place = canvas(9.5, 1.0 + 0.2 * len(shares))
    for number, (name, row) in enumerate(shares.iterrows()):
        value = 100 * row.share
        own = MUTED if name in others else SECOND
        place.barh(number, value, height=0.66, color=own)
        if np.isfinite(row.chance):
            place.plot([100 * row.chance] * 2, [number - 0.4, number + 0.4], color=ACCENT, lw=1.8)
        end = max(value, 100 * row.chance if np.isfinite(row.chance) else value, 0)
        # Adding 0.0 makes of a rounded -0.0 the 0.0 that it is.
        label = f"{round(value, 1) + 0.0:.1f}".replace("-", "−")
        place.annotate(
            label, (end, number), xytext=(5, 0), textcoords="offset points", va="center",
            fontsize=_SMALL, color=INK,
        )  # fmt: skip
    place.axvline(0, color=INK, linewidth=0.8)
    labels = [words.get(str(name), _words(str(name))) for name in shares.index]
    place.set_yticks(range(len(shares)), labels, fontsize=_SMALL)
    place.set_ylim(len(shares) - 0.4, -0.6)
    place.margins(x=0.09)
    place.tick_params(axis="y", length=0)
    place.tick_params(axis="x", bottom=True, labelsize=_SMALL)
    place.spines["left"].set_visible(False)
    place.set_xlabel("share of the variance between universes (%)")
    chance = Line2D([], [], color=ACCENT, linewidth=1.8, label="what chance alone reaches (95 %)")
    axis = Patch(color=SECOND, label="an axis by itself")
    other = Patch(color=MUTED, label="no axis")
    place.legend(handles=[axis, other, chance], frameon=False, loc="center right", fontsize=9)
    return figure


def ways_to_report(ways: pd.DataFrame, paper: float, not_comparable: str) -> Figure:
    """Every universe as each way to report tells it: one rank, several accuracies.

    Parameters
    ----------
    ways : DataFrame
        Accuracy in %, a row a universe in the order in which they are drawn, a column a way; a
        way that is missing keeps its colour for another picture.
    paper : float
        The paper's accuracy, in %.
    not_comparable : str
        Words that stand at it.
    """
    figure: Figure
    figure, place = canvas(9.5, 4.2)
    ranks = np.arange(1, len(ways) + 1)
    size = float(np.clip(900 / len(ways), 5, 38))
    for (words, values), (color, marker) in zip(ways.items(), _WAYS, strict=False):
        if values.isna().all():
            continue
        place.scatter(
            ranks, values, s=size, color=color, marker=marker, alpha=0.75, linewidth=0,
            label=f"{words}: median {values.median():.1f} %",
        )  # fmt: skip
    place.axhline(paper, color=ACCENT, linewidth=1.2, linestyle="--")
    place.annotate(
        f"the paper, UCF101: {paper:g} % – {not_comparable}", (1, paper),
        xycoords=("axes fraction", "data"), xytext=(0, 4), textcoords="offset points",
        ha="right", va="bottom", fontsize=9, color=ACCENT,
    )  # fmt: skip
    place.set(ylim=(0, 106), ylabel="accuracy (%)", xlabel="rank of the universe, groups apart")
    place.set_yticks(range(0, 101, 20))
    place.tick_params(axis="both", left=True, bottom=True, labelsize=_SMALL)
    figure.legend(frameon=False, loc="outside upper left", ncols=2, fontsize=9, markerscale=1.4)
    return figure


def shrinkage(reruns: pd.DataFrame) -> Figure:
    """The best universes as they were chosen, with other seeds, and on other groups.

    Parameters
    ----------
    reruns : DataFrame
        ``chosen``, ``first``, ``seeds``, ``groups`` in shares, as
        :func:`har_lib.multiverse_report.shrinkage` takes it. Those not chosen are grey.
    """
    figure: Figure
    figure, place = canvas(7.5, 3.9)
    steps = ["first", "seeds", "groups"]
    for mask, color, label in (
        (~reruns.chosen.astype(bool), MUTED, "others, the first of the design"),
        (reruns.chosen.astype(bool), ACCENT, "the best, by the first run"),
    ):
        own = 100 * reruns.loc[mask, steps]
        for _, row in own.iterrows():
            place.plot(range(3), row, "o-", color=color, linewidth=1, markersize=4, alpha=0.55)
        if len(own):
            mean = own.mean()
            place.plot(
                range(3), mean, color=color, linewidth=3.2, marker="o", markersize=8,
                label=f"{label}: mean",
            )  # fmt: skip
            for x, value in enumerate(mean):
                place.annotate(
                    f"{value:.1f}", (x, value), xytext=(10, 6), textcoords="offset points",
                    fontsize=9.5, fontweight="bold", color=color if color == ACCENT else "#666",
                )  # fmt: skip
    words = ["first run:\nthe best are chosen", "other seeds,\nsame groups", "other groups"]
    place.set_xticks(range(3), words, fontsize=9.5)
    place.set_xlim(-0.2, 2.35)
    place.set_ylabel("accuracy (%)")
    place.tick_params(axis="y", left=True, labelsize=_SMALL)
    figure.legend(frameon=False, loc="outside upper left", ncols=2, fontsize=9.5)
    return figure


def reporting(gains: pd.DataFrame) -> Figure:
    """How much higher accuracy stands by each lenient way to report, in means over universes.

    ``gains`` is the table of :func:`har_lib.multiverse_report.gains`, a row for each.
    """
    figure: Figure
    figure, place = canvas(9.5, 0.95 + 0.34 * len(gains))
    for number, (_, row) in enumerate(gains.iterrows()):
        if number % 2 == 0:
            place.axhspan(number - 0.5, number + 0.5, color=_BAND, linewidth=0, zorder=0)
        place.plot(
            [100 * row.low, 100 * row.high], [number] * 2, color=METHOD_COLORS["ANN"], linewidth=3
        )
        place.plot(100 * row.gain, number, "o", color=METHOD_COLORS["ANN"], markersize=7)
        place.annotate(
            f"{100 * row.gain:+.1f}".replace("-", "−"), (1.0, number),
            xycoords=("axes fraction", "data"), xytext=(6, 0), textcoords="offset points",
            va="center", fontsize=9.5, color=INK,
        )  # fmt: skip
    place.axvline(0, color=INK, linewidth=0.9)
    place.set_yticks(range(len(gains)), list(gains.index), fontsize=9.5)
    place.set_ylim(len(gains) - 0.5, -0.5)
    place.tick_params(axis="y", length=0)
    place.tick_params(axis="x", bottom=True, labelsize=_SMALL)
    place.spines["left"].set_visible(False)
    figure.supxlabel(
        "points more than: groups apart, plain accuracy of clips, mean of the runs; "
        "95 % interval over universes",
        fontsize=9.5,
    )
    return figure
