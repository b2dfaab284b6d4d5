"""Picture of the ablation of key frames, features and readings; it computes nothing."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from har_lib.plots import INK, METHOD_COLORS, MUTED, canvas

#: Method -> how its rows are told apart without colour.
_MARKS = {"SVM": "o", "LSTM": "s", "ALSTM": "D"}


def feature_ablation(tables: Mapping[str, pd.DataFrame]) -> Figure:
    """What each change does to accuracy, in points, a panel a data set and a row a change.

    Filled marks are differences that Holm's rule leaves below .05 (the primary one: its own p).

    Parameters
    ----------
    tables : mapping
        Name of the data set -> rows of :func:`har_lib.feature_ablation.compare`, all with the
        same variants.

    Returns
    -------
    Figure
    """
    first = next(iter(tables.values()))
    listed = first[first.question != "none"][["question", "variant"]].drop_duplicates()
    places: dict[tuple[str, str], float] = {}
    headings: list[tuple[float, str]] = []
    height = 0.0
    for question, own in listed.groupby("question", sort=False):
        headings.append((height, str(question)))
        for variant in own.variant:
            height += 1
            places[str(question), str(variant)] = height
        height += 1.2
    figure: Figure
    figure, grid = canvas(9.5, 0.8 + 0.25 * height, 1, len(tables), sharey=True, squeeze=False)
    for axes, (name, table) in zip(grid[0], tables.items(), strict=True):
        axes.axvline(0, color=MUTED, linewidth=0.9)
        for method, mark in _MARKS.items():
            shift = 0.26 * (list(_MARKS).index(method) - 1)
            drawn = False
            for row in table[(table.method == method) & table.difference.notna()].itertuples():
                place = places[row.question, row.variant] + shift
                color = METHOD_COLORS[method]
                axes.plot(
                    [100 * row.difference_low, 100 * row.difference_high], [place, place],
                    color=color, linewidth=1.1,
                )  # fmt: skip
                axes.plot(
                    100 * row.difference, place, mark, color=color, markersize=4.5,
                    markerfacecolor=color if row.p_holm < 0.05 else "white",
                    label=None if drawn else method,
                )  # fmt: skip
                drawn = True
        axes.set_title(name, fontsize=9.5)
        axes.set_xlabel("difference in accuracy, points")
    names = [variant for _, variant in places]
    grid[0][0].set_yticks(list(places.values()), names, fontsize=8.5)
    for place, question in headings:
        grid[0][0].annotate(
            question, (0, place + 0.15), (-4, 0), xycoords=("axes fraction", "data"),
            textcoords="offset points", ha="right", va="center", fontsize=8.5, color=INK,
            fontweight="bold", annotation_clip=False,
        )  # fmt: skip
    grid[0][0].set_ylim(height - 0.4, -0.6)
    handles, labels = grid[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False, fontsize=9)
    return figure
