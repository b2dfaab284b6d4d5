"""Pictures of the search, the network and the results; like `plots`, they compute nothing."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure
from matplotlib.ticker import SymmetricalLogLocator

from har_lib.figures import DOTS_PER_INCH, literal
from har_lib.mistakes import Mistake
from har_lib.plots import ACCENT, INK, METHOD_COLORS, MUTED, SECOND, canvas, picture

#: Colours of the forms of the search, told apart without colour by their line styles.
FORM_STYLES = {
    "literal": ("#b5b5b5", "-"),
    "corrected": (SECOND, "-"),
    "matlab": (METHOD_COLORS["ANN"], ":"),
    "stable": (ACCENT, "--"),
}

#: The corrected form of an equation and its print; told apart by line style too.
PRINT_STYLES = {"corrected": (SECOND, "-"), "as printed": (ACCENT, "--")}


#: Groups that are named, and classes whose counts are written.
_GROUPS, _NUMBERED = 40, 25


def cell_growth(growth: pd.DataFrame) -> Figure:
    """Largest cell state over time, a column a form, on a logarithmic axis."""
    figure, axes = canvas(9, 2.7)
    for name, values in growth.items():
        color, style = PRINT_STYLES[str(name)]
        axes.plot(growth.index, values, color=color, linestyle=style, label=name)
    axes.set_yscale("log")
    axes.axhline(1, color=MUTED, linewidth=0.8, linestyle=":")
    axes.set(xlabel="time step", ylabel="largest cell state")
    axes.set_xticks([step for step in growth.index if step == 1 or step % 5 == 0])
    axes.legend(frameon=False, loc="upper left", title="gates (8) to (10)")
    return figure


def spiral_multiplier(k: np.ndarray, curves: Mapping[str, np.ndarray]) -> Figure:
    """The product u'v'w' of equations (24) to (26) over the angle, on a signed log axis."""
    figure, axes = canvas(9, 2.9)
    for name, values in curves.items():
        axes.plot(k, values, label=name)
    axes.axhline(0, color=INK, linewidth=0.7)
    axes.set_yscale("symlog", linthresh=1)
    # Every second power of ten: all of them would touch.
    axes.yaxis.set_major_locator(SymmetricalLogLocator(base=100, linthresh=1))
    axes.set_xticks(np.pi * np.arange(5) / 2, ["0", "π/2", "π", "3π/2", "2π"])
    axes.set(xlabel="angle k (radians)", ylabel="u′ v′ w′")
    axes.legend(frameon=False, loc="upper left")
    return figure


def seagull_paths(
    landscape: tuple[np.ndarray, np.ndarray, np.ndarray],
    positions: Mapping[str, Sequence[np.ndarray]],
    optimum: tuple[float, float],
) -> Figure:
    """Where the seagulls are, iteration by iteration, for each form of the search.

    ``landscape`` is (x, y, fitness) on a grid; ``positions`` maps a form to its populations
    (P, 2), earliest first.
    """
    figure, axes = canvas(9, 3.3, 1, len(positions), sharey=True)
    shown = None
    for place, (form, populations) in zip(np.atleast_1d(axes), positions.items(), strict=True):
        place.contour(*landscape, levels=12, cmap="Greys_r", linewidths=0.6, alpha=0.6)
        for age, population in enumerate(populations):
            shown = place.scatter(
                *population.T, c=np.full(len(population), age), cmap="viridis", s=13,
                vmin=0, vmax=len(populations) - 1, edgecolor="none", alpha=0.85, zorder=2,
            )  # fmt: skip
        place.plot(*optimum, "*", color=ACCENT, markersize=13, zorder=3)
        place.set_title(form, fontsize=9, fontweight="normal", loc="center")
        place.set(xlabel="first weight", aspect="equal", xlim=(-1.12, 1.12), ylim=(-1.12, 1.12))
        place.set_xticks([-1, 0, 1])
    np.atleast_1d(axes)[0].set_ylabel("second weight")
    figure.colorbar(shown, ax=axes, label="iteration", fraction=0.025)
    return figure


def share_upward(shares: Mapping[str, np.ndarray], titles: Mapping[str, str]) -> Figure:
    """How many of the coordinates of a step go up: a histogram over seagulls, a panel a form."""
    figure, axes = canvas(9, 2.6, 1, len(shares), sharey=True, squeeze=False)
    edges = np.linspace(0, 1, 41)
    for place, (form, values) in zip(axes[0], shares.items(), strict=True):
        weights = np.full(len(values), 1 / len(values))
        place.hist(values, bins=edges, weights=weights, color=SECOND, edgecolor="white")
        place.axvline(0.5, color=INK, linewidth=0.8, linestyle=":")
        place.set_title(titles[form], fontsize=9, fontweight="normal", loc="center")
        place.set(xlabel="share of coordinates that go up", xlim=(-0.02, 1.02))
    axes[0, 0].set_ylabel("share of seagulls")
    return figure


def convergence(histories: Mapping[str, np.ndarray], ylabel: str) -> Figure:
    """Best fitness so far: median over seeds as a line, smallest to largest as a band.

    ``histories`` maps a form to (seeds, iterations).
    """
    figure, axes = canvas(9, 3)
    for name, runs in histories.items():
        color, style = FORM_STYLES[name]
        steps = np.arange(1, runs.shape[1] + 1)
        axes.fill_between(steps, runs.min(axis=0), runs.max(axis=0), color=color, alpha=0.15)
        # Wider below, so that curves that coincide are both seen.
        width = 4 if name == "literal" else 1.8
        middle = np.median(runs, axis=0)
        axes.plot(steps, middle, color=color, linestyle=style, linewidth=width, label=name)
    axes.set(xlabel="iteration", ylabel=ylabel)
    axes.legend(frameon=False, ncols=4, loc="lower left", bbox_to_anchor=(0, 1))
    return figure


def learning_curves(curves: Mapping[str, np.ndarray], best: Mapping[str, int]) -> Figure:
    """Validation loss from the start (epoch 0) on, with the epoch whose weights are kept."""
    figure, axes = canvas(9, 2.8)
    for name, losses in curves.items():
        color = METHOD_COLORS[name]
        axes.plot(losses, color=color, label=name)
        axes.plot(best[name], losses[best[name]], "o", color=color)
    axes.set(xlabel="epoch of Adam", ylabel="validation cross-entropy (nats)", ylim=(0, None))
    axes.legend(frameon=False, ncols=2, loc="lower left", bbox_to_anchor=(0, 1))
    return figure


def comparison(
    methods: Sequence[str],
    ours: Sequence[float],
    intervals: Sequence[tuple[float, float]] | None,
    paper: Sequence[float | None],
    metric: str,
    chance: float | None,
    data: str,
) -> Figure:
    """One of the paper's four bar charts: our values beside those that the paper reports.

    Values in percent. What the paper does not give is drawn as "not reported". The paper's
    bars are hollow: they belong to another data set.
    """
    figure, axes = canvas(8, 3.6)
    for place, method in enumerate(methods):
        color = METHOD_COLORS[method]
        axes.bar(place - 0.2, ours[place], 0.38, color=color)
        if intervals is not None:
            low, high = intervals[place]
            axes.plot([place - 0.2] * 2, [low, high], color=INK, linewidth=1.6)
        top = intervals[place][1] if intervals is not None else ours[place]
        axes.text(place - 0.2, top + 1.5, f"{ours[place]:.1f}", ha="center", fontsize=8)
        value = paper[place]
        if value is None:
            axes.text(
                place + 0.2, 2, "not reported", rotation=90, ha="center", va="bottom",
                fontsize=8, color="#555",
            )  # fmt: skip
        else:
            axes.bar(
                place + 0.2, value, 0.38, facecolor="none", edgecolor=color, hatch="////",
                linewidth=1.2,
            )  # fmt: skip
            axes.text(place + 0.2, value + 1.5, f"{value:g}", ha="center", fontsize=8)
    if chance is not None:
        axes.axhline(chance, color=MUTED, linestyle="--", linewidth=1)
        axes.text(len(methods) - 0.4, chance, " chance", color="#555", fontsize=8, va="center")
    axes.set_xticks(range(len(methods)), methods)
    axes.set(
        xlim=(-0.6, len(methods) - 0.4),
        ylim=(0, 112),
        yticks=range(0, 101, 20),
        ylabel=f"{metric} (%)",
    )
    told = f"solid: ours, {data}    hatched: the paper, UCF101 (other clips: not comparable)"
    axes.set_title(told, fontweight="normal", fontsize=9)
    return figure


def confusion(
    matrix: np.ndarray, labels: Sequence[str], mistakes: Sequence[Mistake] = ()
) -> Figure:
    """Confusion matrix, rows true, as counts of clips; beside it what is confused most often."""
    many = len(labels) > _NUMBERED
    size = 1.8 + (0.115 if many else 0.42) * len(labels)
    # Thumbnails of one height, from the top down.
    tall = min(1.6, size / max(1, len(mistakes)))
    wide = 2.1 * tall if mistakes else 0.0
    broad = size + 0.6
    figure = Figure(figsize=(broad + wide, size), dpi=DOTS_PER_INCH, layout="constrained")
    grid = figure.add_gridspec(
        len(mistakes) + 1, 3,
        width_ratios=(broad, wide / 2 + 0.01, wide / 2 + 0.01),
        height_ratios=[tall] * len(mistakes) + [max(0.01, size - tall * len(mistakes))],
    )  # fmt: skip
    axes = figure.add_subplot(grid[:, 0] if mistakes else grid[:, :])
    shown = [literal(label) for label in labels]
    sns.heatmap(
        matrix, annot=not many, fmt="d", cmap="Blues", cbar=False, square=True, ax=axes,
        xticklabels=shown, yticklabels=shown, linewidths=0.1 if many else 0.5,
        annot_kws={"size": 8},
    )  # fmt: skip
    axes.set(xlabel="predicted", ylabel="true")
    axes.tick_params(axis="x", rotation=90 if many else 45, labelsize=6 if many else None)
    axes.tick_params(axis="y", rotation=0, labelsize=6 if many else None)
    if not many:
        for label in axes.get_xticklabels():
            label.set_horizontalalignment("right")
    for row, mistake in enumerate(mistakes):
        mistaken, typical = (figure.add_subplot(grid[row, column]) for column in (1, 2))
        often = f"{mistake.answers} of {mistake.of}"
        picture(mistaken, mistake.mistaken, literal(f"{mistake.true}, {often}"))
        picture(typical, mistake.typical, literal(f"taken for {mistake.predicted}"))
    return figure


def group_accuracy(names: Sequence[str], values: Mapping[str, Sequence[float]]) -> Figure:
    """Accuracy of each method on each left-out group, in percent; sorted where they are many."""
    figure: Figure
    figure, axes = canvas(9, 3)
    many = len(names) > _GROUPS
    for shift, (method, accuracy) in enumerate(values.items()):
        color = METHOD_COLORS[method]
        if many:
            order = np.sort(np.asarray(accuracy, dtype=float))
            axes.step(
                np.arange(1, len(order) + 1),
                order,
                where="mid",
                color=color,
                label=method,
                linewidth=1.8,
            )
        else:
            places = np.arange(len(names)) + 0.13 * (shift - (len(values) - 1) / 2)
            axes.plot(places, accuracy, "o", color=color, label=method, markersize=5)
    if many:
        axes.set_xlabel("groups left out, each method's from its lowest accuracy to its highest")
    else:
        shown = [literal(name) for name in names]
        axes.set_xticks(range(len(names)), shown, rotation=90 if len(names) > 12 else 0)
        axes.set_xlabel("group left out")
    axes.set(ylabel="accuracy (%)", ylim=(-3, 103))
    axes.legend(frameon=False, ncols=5, loc="lower left", bbox_to_anchor=(0, 1))
    return figure
