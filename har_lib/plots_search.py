"""Pictures of the searches on functions with a known optimum; they compute nothing."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MultipleLocator, NullLocator

from har_lib.plots import ACCENT, INK, METHOD_COLORS, MUTED, SECOND, canvas
from har_lib.plots_learning import FORM_STYLES

#: Colours of the searches; each also has a row of its own, named at the left.
SEARCH_COLORS = {
    **{form: color for form, (color, _) in FORM_STYLES.items()},
    "literal": "#8c8c8c",
    "random search": INK,
    "sep-CMA-ES": METHOD_COLORS["SVM"],
}

#: Place of the optimum -> what it is called, and where its dot stands within a row.
_PLACES = {
    "centred": ("optimum in its usual place", -0.16),
    "shifted": ("optimum moved", 0.16),
}


def centre_bias(summary: pd.DataFrame, floor: float) -> Figure:
    """The value that each search reaches, before and after the optimum is moved.

    A panel a function and a row a search. Hollow dot: median with the optimum in its usual place;
    filled dot: median with the optimum moved; thin bars: quartiles; the line that joins the dots
    is the loss, and the number at its right the decades lost.

    Parameters
    ----------
    summary : DataFrame
        Of :func:`har_lib.centre_bias.summary`.
    floor : float
        Above 0; values below it are drawn there.

    Returns
    -------
    Figure
    """
    functions = list(summary.function.unique())
    forms = list(summary.form.unique())
    columns = min(3, len(functions))
    rows = -(-len(functions) // columns)
    height = 0.6 + rows * (0.95 + 0.3 * len(forms))
    figure: Figure
    figure, grid = canvas(10, height, rows, columns, sharey=True, squeeze=False)
    figure.set_layout_engine("constrained", h_pad=0.12)
    values = summary.filter(regex="quartile|median").to_numpy().clip(min=floor)
    decades = (int(np.floor(np.log10(values.min()))), int(np.ceil(np.log10(values.max()))))
    for place in grid.ravel()[len(functions) :]:
        place.set_axis_off()
    for place, function in zip(grid.ravel(), functions, strict=False):
        own = summary[summary.function == function].set_index("form")
        for number, form in enumerate(forms):
            if form in own.index:
                _row(place, number, own.loc[form], SEARCH_COLORS.get(form, INK), floor)
        _logarithmic(place, decades, floor)
        place.set_title(function, fontsize=11)
        _beside(place, "lost", (1.0, 1.0), "axes fraction", INK)
        place.set_yticks(range(len(forms)), forms)
        place.set_ylim(len(forms) - 0.4, -0.6)
        place.tick_params(axis="y", length=0, labelsize=10)
        place.tick_params(axis="x", bottom=True, labelsize=9)
        place.spines["left"].set_visible(False)
    for place in grid[-1]:
        place.set_xlabel("best value reached (0 is the minimum)")
    figure.legend(
        handles=_handles(),
        loc="outside upper left",
        ncols=4,
        frameon=False,
        fontsize=9,
        columnspacing=1.2,
    )
    return figure


def _row(axes: Axes, number: int, numbers: pd.Series, color: str, floor: float) -> None:
    """One search on one function: two dots, their quartiles, the line between, the loss."""
    axes.axhline(number, color="#eeeeee", linewidth=7, zorder=0)
    dots = []
    for place, (_, beside) in _PLACES.items():
        low, middle, high = (
            max(float(numbers[f"{place}_{name}"]), floor)
            for name in ("lower_quartile", "median", "upper_quartile")
        )
        axes.plot([low, high], [number + beside] * 2, color=color, linewidth=1, zorder=2)
        dots.append((middle, number + beside))
    axes.plot(*zip(*dots, strict=True), color=color, linewidth=2.2, alpha=0.45, zorder=1)
    for dot, fill in zip(dots, ("white", color), strict=True):
        axes.plot(*dot, "o", color=color, markerfacecolor=fill, markersize=6, zorder=3)
    _beside(axes, _lost(numbers, floor), (1.0, number), ("axes fraction", "data"), color)


def _lost(numbers: pd.Series, floor: float) -> str:
    """The decades lost, as far as values that are drawn at the floor tell them."""
    if max(numbers.centred_median, numbers.shifted_median) <= floor:
        return "–"
    # Adding 0.0 makes of a rounded -0.0 the 0.0 that it is.
    lost = f"{round(numbers.decades_lost, 1) + 0.0:+.1f}".replace("-", "−")
    return f"≥ {lost.removeprefix('+')}" if numbers.centred_median <= floor else lost


def _beside(
    axes: Axes, words: str, place: tuple[float, float], system: str | tuple[str, str], color: str
) -> None:
    """Words at the right of a panel."""
    axes.annotate(
        words, place, xycoords=system, xytext=(34, 0), textcoords="offset points", fontsize=9.5,
        ha="right", va="bottom" if words == "lost" else "center", color=color,
    )  # fmt: skip


def _logarithmic(axes: Axes, decades: tuple[int, int], floor: float) -> None:
    first, last = decades
    axes.set_xscale("log")
    axes.set_xticks([10.0**power for power in range(first, last + 1, 4)])
    axes.set_xlim(10.0 ** (first - 0.6), 10.0 ** (last + 0.3))
    axes.xaxis.set_minor_locator(NullLocator())

    def label(value: float, _: object) -> str:
        power = round(np.log10(value))
        less = "≤ " if value <= floor * 1.001 else ""
        return f"{less}$10^{{{power}}}$"

    axes.xaxis.set_major_formatter(FuncFormatter(label))


def _handles() -> list[Line2D]:
    about: Any = {"color": INK, "markersize": 6}
    dots = [
        Line2D([], [], marker="o", linestyle="", markerfacecolor=fill, label=label, **about)
        for (label, _), fill in zip(_PLACES.values(), ("white", INK), strict=True)
    ]
    bar = Line2D([], [], color=INK, linewidth=1, label="quartiles over seeds")
    loss = Line2D(
        [],
        [],
        color=INK,
        linewidth=2.2,
        alpha=0.45,
        label="the loss; at the right in powers of ten (–: both at the floor)",
    )
    return [*dots, loss, bar]


#: Colours of the methods, with or without Adam after them.
_METHOD_COLORS = {
    **SEARCH_COLORS,
    "Adam": METHOD_COLORS["LSTM"],
    "one draw": MUTED,
    "Adam, restarts": METHOD_COLORS["LSTM"],
}


def rivals(
    recorded: tuple[pd.DataFrame, pd.DataFrame],
    now: tuple[pd.DataFrame, pd.DataFrame],
    chance: float,
    margin: float,
) -> Figure:
    """Searches whose networks are final, and what Adam makes of them, recorded and of this run.

    Parameters
    ----------
    recorded, now : tuple of DataFrame
        Test accuracy of the searches alone, as :func:`har_lib.search_study.means` has it, and what
        each start of Adam gives more than one draw, as :func:`har_lib.search_study.gains` has it.
    chance : float
        Drawn dotted.
    margin : float
        Differences up to this count as none: the grey band.
    """
    figure: Figure
    heights = [len(methods) for methods in recorded]
    figure, axes = canvas(10, 1.2 + 0.3 * max(heights), 1, 2)
    for place, methods, short in zip(axes, recorded, now, strict=True):
        for number, (name, row) in enumerate(methods.iterrows()):
            color = _METHOD_COLORS[str(name).removesuffix(" + Adam")]
            place.plot([100 * row.low, 100 * row.high], [number] * 2, color=color, linewidth=2)
            place.plot(100 * row["mean"], number, "o", color=color, markersize=6)
            _ring(place, 100 * short["mean"][name], number)
        place.set_yticks(range(len(methods)), list(methods.index))
        place.set_ylim(max(heights) - 0.3, -0.6)
        place.tick_params(axis="y", length=0)
        place.spines["left"].set_visible(False)
    alone, trained = axes
    alone.axvline(100 * chance, color=INK, linewidth=0.8, linestyle=":")
    alone.set_xlim(100 * chance - 5, None)
    alone.set_xlabel("test accuracy (%), dotted: chance")
    alone.set_title("the found network is final", fontsize=10)
    trained.axvspan(-100 * margin, 100 * margin, color="#eeeeee", linewidth=0, zorder=0)
    trained.axvline(0, color=MUTED, linewidth=0.9)
    trained.set_xlabel(f"points more than one draw, paired; grey: ±{100 * margin:g}")
    trained.set_title("Adam goes on from it", fontsize=10)
    _legend(figure)
    return figure


def _ring(place: Axes, x: float, number: int) -> None:
    """Mean of the run that is made here and now, below the recorded one."""
    place.plot(
        x, number + 0.28, "o", markerfacecolor="none", markeredgecolor=INK, markersize=3.5,
        markeredgewidth=0.9,
    )  # fmt: skip


def _legend(figure: Figure) -> None:
    """What dots and rings are, above all panels."""
    recorded = Line2D([], [], color=INK, marker="o", markersize=6, linewidth=2)
    recorded.set_label("recorded: mean, 95 % interval over seeds")
    now = Line2D([], [], color=INK, marker="o", markersize=3.5, linestyle="")
    now.set(markerfacecolor="none", label="here and now, small sizes: mean")
    figure.legend(
        handles=[recorded, now], loc="outside upper left", ncols=2, frameon=False, fontsize=9.5
    )


def starts(found: pd.DataFrame, shortened: pd.DataFrame, chance: float) -> Figure:
    """What Adam makes of a start drawn or searched in boxes of several sides, a panel a box.

    Parameters
    ----------
    found, shortened : DataFrame
        Of :func:`har_lib.search_study.starts`, its first method being the draw that the others are
        held against, and of :func:`har_lib.search_study.shortened_starts`: method, side, mean, low,
        high.
    chance : float
        Drawn dotted.
    """
    figure: Figure
    methods, sides = list(found.method.unique()), list(found.side.unique())
    figure, axes = canvas(10, 1.3 + 0.3 * len(methods), 1, len(sides), sharey=True)
    for place, side in zip(axes, sides, strict=True):
        own = found[found.side == side].set_index("method")
        place.axvline(100 * own["mean"][methods[0]], color=MUTED, linewidth=0.9)
        place.axvline(100 * chance, color=INK, linewidth=0.8, linestyle=":")
        for number, name in enumerate(methods):
            row, color = own.loc[name], _METHOD_COLORS[name.removesuffix(" + Adam")]
            place.plot([100 * row.low, 100 * row.high], [number] * 2, color=color, linewidth=2)
            place.plot(100 * row["mean"], number, "o", color=color, markersize=6)
        for row in shortened[shortened.side == side].to_dict("records"):
            below = methods.index(row["method"]) + 0.3
            color = _METHOD_COLORS[row["method"].removesuffix(" + Adam")]
            place.plot([100 * row["low"], 100 * row["high"]], [below] * 2, color=color)
            place.plot(
                100 * row["mean"], below, "s", markersize=5.5, color=color, markerfacecolor="white"
            )
        place.set_title(f"±{side:.2g}", fontsize=10)
        place.set_yticks(range(len(methods)), methods)
        place.set(xlim=(10, 95), ylim=(len(methods) - 0.3, -0.6))
        place.tick_params(axis="y", length=0)
        place.spines["left"].set_visible(False)
    figure.supxlabel(
        "test accuracy (%) after Adam; panels: half the width of the box that the start came from",
        fontsize=9.5,
    )
    square = Line2D([], [], color=INK, marker="s", markerfacecolor="white", markersize=5.5)
    square.set_label("Adam from a draw shortened to the length of what the search found")
    line = Line2D([], [], color=MUTED, linewidth=0.9, label=methods[0])
    dotted = Line2D([], [], color=INK, linewidth=0.8, linestyle=":", label="chance")
    figure.legend(
        handles=[square, line, dotted], loc="outside upper left", ncols=3, frameon=False,
        fontsize=9.5,
    )  # fmt: skip
    return figure


def ablation(recorded: pd.DataFrame, now: pd.DataFrame, chance: float) -> Figure:
    """Test accuracy by what differs from the printed search, as dots beside a table of levels.

    Blue is the printed search, orange the repaired one; grey is between them. Both tables are
    those of :func:`har_lib.search_study.ablation_table`.
    """
    figure: Figure
    levels = list(recorded.columns[:4])
    figure, (words, place) = canvas(
        10, 1 + 0.3 * len(recorded), 1, 2, sharey=True, width_ratios=(1.15, 1)
    )
    for number, (_, row) in enumerate(recorded.iterrows()):
        repaired = [row[name] != recorded.iloc[0][name] for name in levels[:3]]
        for column, name in enumerate(levels):
            changed = column == 3 or repaired[column]
            words.text(
                column, number, row[name], ha="center", va="center", fontsize=8.5,
                color=ACCENT if changed else "#555", fontweight="bold" if changed else "normal",
            )  # fmt: skip
        color = {0: SECOND, 3: ACCENT}.get(sum(repaired), MUTED)
        place.plot([100 * row.low, 100 * row.high], [number] * 2, color=color, linewidth=2)
        place.plot(100 * row["mean"], number, "o", color=color, markersize=6)
    keys = recorded[levels].agg(tuple, axis=1).tolist()
    for _, row in now.iterrows():
        _ring(place, 100 * row["mean"], keys.index(tuple(row[levels])))
    words.set_xlim(-0.5, 3.5)
    words.set_xticks(range(4), [*levels[:3], "also"])
    words.xaxis.tick_top()
    words.tick_params(length=0, labelsize=9, left=False, labelleft=False)
    for side in words.spines.values():
        side.set_visible(False)
    place.axvline(100 * chance, color=INK, linewidth=0.8, linestyle=":")
    place.set_ylim(len(recorded) - 0.4, -0.7)
    place.tick_params(axis="y", length=0, labelleft=False)
    place.set_xlabel("test accuracy (%) of the network found, dotted: chance")
    place.xaxis.set_major_locator(MultipleLocator(5))
    place.spines["left"].set_visible(False)
    _legend(figure)
    return figure
