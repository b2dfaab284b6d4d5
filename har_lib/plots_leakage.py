"""Pictures of the study of leakage; like `plots`, they compute nothing."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from har_lib.plots import INK, METHOD_COLORS, MUTED, canvas

#: Rungs from the left to the right, and what stands below them.
RUNGS = {
    "training_data": "training\ndata",
    "key_frame": "by key\nframe",
    "clip": "by clip",
    "group": "by group",
}

#: Markers, so that methods are told apart without colour.
MARKERS = {"SVM": "o", "kNN": "s", "ANN": "^", "LSTM": "D", "ALSTM": "v"}

#: Style of each rung where rungs are lines.
_RUNG_STYLES: dict[str, tuple[str, Any]] = {
    "training_data": ("#8c8c8c", ":"),
    "key_frame": (METHOD_COLORS["LSTM"], "-."),
    "clip": (METHOD_COLORS["ALSTM"], "--"),
    "group": (INK, "-"),
}


def ladder(
    panels: Mapping[str, pd.DataFrame],
    commonest: Mapping[str, float],
    reported: Mapping[str, float],
) -> Figure:
    """Accuracy by what was held back, a line a classifier, a panel a data set.

    Parameters
    ----------
    panels : mapping
        Title -> rows of :func:`har_lib.leakage_report.rungs`: ``classifier``, ``rung``,
        ``estimate``, ``low``, ``high``, in %.
    commonest : mapping
        Title -> accuracy of always answering with the commonest class, in %, drawn dotted.
    reported : mapping
        Method -> accuracy that the paper reports on other data, in %; thin marks at the right.
    """
    figure: Figure
    count = len(panels)
    figure, axes = canvas(
        3.6 * count + 1.9, 4.4, 1, count + 1, sharey=True, width_ratios=[3.3] * count + [1.0]
    )
    names: list[str] = []
    for place, (title, rows) in zip(axes[:-1], panels.items(), strict=True):
        rungs = [rung for rung in RUNGS if rung in set(rows.rung)]
        own = list(rows.classifier.unique())
        names += [name for name in own if name not in names]
        for number, name in enumerate(own):
            _steps(place, rows[rows.classifier == name], rungs, name, number - (len(own) - 1) / 2)
        place.axhline(commonest[title], color=INK, linewidth=0.8, linestyle=":")
        place.text(-0.3, commonest[title] - 1, "commonest class", fontsize=8.5, color=INK, va="top")
        place.set_xticks(range(len(rungs)), [RUNGS[rung] for rung in rungs])
        place.set_xlim(-0.35, len(rungs) - 0.65)
        place.set_title(title, fontsize=10.5)
    axes[0].set(ylabel="accuracy (%), 95 % interval over groups", ylim=(0, 103))
    _reported(axes[-1], reported)
    handles = [
        Line2D([], [], color=METHOD_COLORS[name], marker=MARKERS[name], label=name, markersize=6)
        for name in names
    ]
    figure.legend(
        handles=handles, loc="outside upper left", ncols=len(handles), frameon=False, fontsize=9.5
    )
    return figure


def _steps(place: Axes, rows: pd.DataFrame, rungs: Sequence[str], name: str, shift: float) -> None:
    """One classifier from rung to rung, with its intervals beside those of the others."""
    own = rows.set_index("rung").loc[list(rungs)]
    x = [number + 0.09 * shift for number in range(len(rungs))]
    color = METHOD_COLORS[name]
    for at, low, high in zip(x, own.low, own.high, strict=True):
        place.plot([at, at], [low, high], color=color, linewidth=1.4, alpha=0.75)
    place.plot(x, own.estimate, color=color, marker=MARKERS[name], markersize=6, linewidth=1.8)


def _reported(place: Axes, reported: Mapping[str, float]) -> None:
    """The paper's numbers as thin marks: they belong to other data."""
    beside = 104.0
    for name, value in sorted(reported.items(), key=lambda pair: -pair[1]):
        # Labels of marks that are close to each other make room.
        beside = min(value, beside - 4.6)
        color = METHOD_COLORS[name]
        place.plot([0, 0.3], [value, value], color=color, linewidth=1.4)
        place.plot([0.3, 0.42], [value, beside], color=color, linewidth=0.8)
        place.text(0.46, beside, f"{name} {value:g}", fontsize=8.5, va="center", color=INK)
    place.text(
        0.0, beside - 5, "the paper:\nreported on\nUCF101,\nother data", fontsize=8.5, va="top",
        color=INK,
    )  # fmt: skip
    place.set_xlim(0, 1.7)
    place.tick_params(bottom=False, labelbottom=False, left=False, labelleft=False)
    for side in ("left", "bottom"):
        place.spines[side].set_visible(False)


def gaps(panels: Mapping[str, pd.DataFrame]) -> Figure:
    """Differences between rungs with their intervals and p, a row each, a panel a data set.

    Parameters
    ----------
    panels : mapping
        Title -> rows with ``words``, ``classifier``, ``estimate``, ``low``, ``high`` (points),
        ``p`` (text at the right, adjusted but for the primary one) and ``primary`` (drawn bold).
    """
    figure: Figure
    counts = [len(rows) for rows in panels.values()]
    figure, axes = canvas(
        9.5,
        1.2 + 0.29 * (sum(counts) + 1.6 * len(counts)),
        len(panels),
        1,
        sharex=True,
        squeeze=False,
        height_ratios=[count + 1 for count in counts],
    )
    for place, (title, rows) in zip(axes[:, 0], panels.items(), strict=True):
        for number, row in enumerate(rows.to_dict("records")):
            color = METHOD_COLORS[row["classifier"]]
            width = 3.0 if row["primary"] else 1.8
            place.plot([row["low"], row["high"]], [number] * 2, color=color, linewidth=width)
            place.plot(
                row["estimate"], number, MARKERS[row["classifier"]], color=color,
                markersize=8 if row["primary"] else 6,
            )  # fmt: skip
            place.annotate(
                row["p"], (1.0, number), xycoords=("axes fraction", "data"), xytext=(8, 0),
                textcoords="offset points", va="center", fontsize=9.5, annotation_clip=False,
                fontweight="bold" if row["primary"] else "normal",
            )  # fmt: skip
        place.annotate(
            "p", (1.0, 1.0), xycoords="axes fraction", xytext=(8, 5), textcoords="offset points",
            fontsize=9.5, style="italic",
        )  # fmt: skip
        place.axvline(0, color=INK, linewidth=0.9)
        place.set_yticks(range(len(rows)), list(rows.words))
        for label, bold in zip(place.get_yticklabels(), rows.primary, strict=True):
            label.set_fontweight("bold" if bold else "normal")
        place.set_ylim(len(rows) - 0.4, -0.6)
        place.tick_params(axis="y", length=0, labelsize=9.5)
        place.spines["left"].set_visible(False)
        place.set_title(title, fontsize=10.5)
    axes[-1, 0].set_xlabel(
        "difference in accuracy (points), 95 % interval over groups\n"
        "bold: the primary endpoint; all other p by Holm's rule, within a data set"
    )
    return figure


def mechanism(curve: pd.DataFrame, chance: float, label: str) -> Figure:
    """Accuracy on each rung by the share of variance that samples of one place have in common.

    Parameters
    ----------
    curve : DataFrame
        Of :func:`har_lib.leakage_report.mechanism`: a row of panels a classifier, a column a
        place.
    chance : float
        In %, drawn dotted.
    label : str
        Written above, so that nobody takes the picture for evidence.
    """
    figure: Figure
    places, names = list(curve.place.unique()), list(curve.classifier.unique())
    figure, axes = canvas(
        9.5, 1.2 + 2.6 * len(names), len(names), len(places), sharex=True, sharey=True,
        squeeze=False,
    )  # fmt: skip
    for line, name in zip(axes, names, strict=True):
        for place, where in zip(line, places, strict=True):
            own = curve[(curve.place == where) & (curve.classifier == name)]
            for rung, rows in own.groupby("rung", sort=False):
                color, style = _RUNG_STYLES[str(rung)]
                place.fill_between(
                    rows.share, rows.low, rows.high, color=color, alpha=0.2, linewidth=0
                )
                place.plot(rows.share, rows.accuracy, color=color, linestyle=style, linewidth=1.9)
            place.axhline(chance, color=INK, linewidth=0.8, linestyle=(0, (1, 4)))
            place.set_title(f"{name}, offset common to each {where}", fontsize=10)
    for place in axes[-1]:
        place.set_xlabel("share of variance that is common")
    for line in axes:
        line[0].set(ylabel="accuracy (%)", ylim=(0, 103))
    figure.suptitle(label, fontsize=11, x=0.01, ha="left", fontweight="bold")
    handles = [
        Line2D([], [], color=color, linestyle=style, label=RUNGS[rung].replace("\n", " "))
        for rung, (color, style) in _RUNG_STYLES.items()
        if rung in set(curve.rung)
    ]
    handles.append(Line2D([], [], color=INK, linewidth=0.8, linestyle=(0, (1, 4)), label="chance"))
    figure.legend(
        handles=handles, loc="outside lower center", ncols=len(handles), frameon=False, fontsize=9.5
    )
    return figure


def shuffled_labels(panels: Mapping[str, pd.DataFrame]) -> Figure:
    """Accuracy above chance with labels that mean nothing, a panel a data set.

    Parameters
    ----------
    panels : mapping
        Title -> rows of :func:`har_lib.leakage_report.shuffled`: ``classifier``, ``rung``,
        ``excess``, ``excess_low``, ``excess_high``, in points.
    """
    figure: Figure
    figure, axes = canvas(3.7 * len(panels) + 0.9, 3.6, 1, len(panels), sharey=True, squeeze=False)
    names: list[str] = []
    for place, (title, rows) in zip(axes[0], panels.items(), strict=True):
        rungs = [rung for rung in RUNGS if rung in set(rows.rung)]
        own = list(rows.classifier.unique())
        names += [name for name in own if name not in names]
        for row in rows.to_dict("records"):
            name = row["classifier"]
            at = rungs.index(row["rung"]) + 0.16 * (own.index(name) - (len(own) - 1) / 2)
            color = METHOD_COLORS[name]
            place.plot([at, at], [row["excess_low"], row["excess_high"]], color=color, linewidth=2)
            place.plot(at, row["excess"], MARKERS[name], color=color, markersize=7)
            place.annotate(
                f"{round(row['excess'], 1) + 0.0:+.1f}".replace("-", "−"), (at, row["excess"]),
                xytext=(6 if own.index(name) else -6, 7), textcoords="offset points", fontsize=8.5,
                ha="left" if own.index(name) else "right", va="center", color=INK,
            )  # fmt: skip
        place.axhline(0, color=MUTED, linewidth=1)
        place.set_xticks(range(len(rungs)), [RUNGS[rung] for rung in rungs])
        place.set_xlim(-0.6, len(rungs) - 0.4)
        place.set_title(title, fontsize=10.5)
        place.margins(y=0.12)
    axes[0, 0].set_ylabel("accuracy above chance (points)\nwith labels that mean nothing")
    handles = [
        Line2D([], [], color=METHOD_COLORS[name], marker=MARKERS[name], label=name, markersize=6)
        for name in names
    ]
    figure.legend(
        handles=handles, loc="outside upper left", ncols=len(handles), frameon=False, fontsize=9.5
    )
    return figure
