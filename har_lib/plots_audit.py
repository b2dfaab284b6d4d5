"""Pictures of the audit; they compute nothing."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import ScalarFormatter

from har_lib.plots import ACCENT, INK, MUTED, SECOND, canvas


def recall_against_accuracy(
    curve: pd.DataFrame,
    claimed: tuple[tuple[float, float], tuple[float, float]],
    name: str,
) -> Figure:
    """Macro recall that each accuracy allows, and where the printed numbers lie.

    Parameters
    ----------
    curve : DataFrame
        Of :func:`har_lib.audit_report.recall_curve`, in percent.
    claimed : ((low, high), (low, high))
        Accuracy and recall that the printed numbers can stand for, in percent.
    name : str
        Of the test set.

    Returns
    -------
    Figure
    """
    figure: Figure
    figure, (axes, close) = canvas(9, 4.2, 1, 2, width_ratios=(2.3, 1))
    x = curve.index.to_numpy()
    axes.plot(x, curve.subset, color=SECOND, linewidth=1.3, linestyle="--",
              label="highest of any subset of the classes")  # fmt: skip
    axes.fill_between(x, curve.lowest, curve.highest, color=SECOND, alpha=0.22, linewidth=0,
                      label="possible with all classes")  # fmt: skip
    spread = 2 * curve.spread
    axes.fill_between(x, x - spread, x + spread, color=SECOND, alpha=0.75, linewidth=0,
                      label="errors in random clips, ± 2 standard deviations")  # fmt: skip
    (a_low, a_high), (r_low, r_high) = claimed
    accuracy, recall = (a_low + a_high) / 2, (r_low + r_high) / 2
    axes.errorbar(
        accuracy, recall,
        xerr=[[accuracy - a_low], [a_high - accuracy]], yerr=[[recall - r_low], [r_high - recall]],
        fmt="o", color=ACCENT, markersize=7, capsize=3,
    )  # fmt: skip
    axes.annotate(
        f"printed: {accuracy:.2f} and {recall:.1f} %",
        (accuracy, recall), (-14, 12), textcoords="offset points", ha="right", color=ACCENT,
    )  # fmt: skip

    axes.set(
        xlabel="accuracy, % of clips", ylabel="macro recall, %", xlim=(x[0], x[-1]),
        ylim=(curve.lowest.iloc[0], 100),
    )  # fmt: skip
    axes.set_title(f"UCF101, {name}: what accuracy allows of recall")
    _close_up(close, curve, claimed)
    axes.legend(frameon=False, loc="lower right", fontsize=9)
    return figure


def _close_up(
    axes: Axes, curve: pd.DataFrame, claimed: tuple[tuple[float, float], tuple[float, float]]
) -> None:
    """What prints as the two numbers, as a box, beside the bounds: too small for the picture."""
    (a_low, a_high), (r_low, r_high) = claimed
    axes.plot(curve.index, curve.subset, color=SECOND, linewidth=1.3, linestyle="--")
    axes.fill_between(
        curve.index, curve.lowest, curve.highest, color=SECOND, alpha=0.22, linewidth=0
    )
    axes.add_patch(
        Rectangle((a_low, r_low), a_high - a_low, r_high - r_low, color=ACCENT, linewidth=1.5)
    )
    axes.annotate(
        "all that prints so", ((a_low + a_high) / 2, r_high), (0, 7), ha="center",
        textcoords="offset points", color=ACCENT, fontsize=9,
    )  # fmt: skip
    axes.set(
        xlim=(a_low - 0.12, a_high + 0.12), ylim=(r_low - 1.1, r_high + 0.25), xlabel="accuracy, %"
    )
    axes.set_xticks([round((a_low + a_high) / 2, 2)])
    axes.set_title("close-up", fontsize=10, fontweight="normal")


def errors_and_ratio(table: pd.DataFrame, ratio_needed: float) -> Figure:
    """Errors that the accuracy means against those that the recall allows, and class ratios.

    Parameters
    ----------
    table : DataFrame
        Of :func:`har_lib.audit_readings.bounds`.
    ratio_needed : float
        Least ratio of the largest to the mean class.

    Returns
    -------
    Figure
    """
    figure: Figure
    figure, (left, right) = canvas(9, 3.1, 1, 2, sharey=True, width_ratios=(1.15, 1))
    rows = np.arange(len(table))
    means = 100 * table.errors / table.clips
    allows = 100 * table.errors_allowed / table.clips
    left.hlines(rows, allows, means, color=MUTED, linewidth=2)
    left.plot(allows, rows, "o", color=SECOND, label="the printed recall allows, at most")
    left.plot(means, rows, "s", color=ACCENT, label="at the printed accuracy, at least")
    for row, (allowed, meant) in enumerate(zip(table.errors_allowed, table.errors, strict=True)):
        left.annotate(
            f"{int(np.floor(allowed))}", (allows.iloc[row], row), (-8, 0), ha="right", va="center",
            textcoords="offset points", fontsize=9, color=SECOND,
        )  # fmt: skip
        left.annotate(
            f"{int(np.ceil(meant))}", (means.iloc[row], row), (8, 0), ha="left", va="center",
            textcoords="offset points", fontsize=9, color=ACCENT,
        )  # fmt: skip
    left.set_yticks(rows, list(table.index))
    left.invert_yaxis()
    left.set(xlabel="wrong clips, % (and their number)", xlim=(0, 1.25 * means.max()))
    left.legend(frameon=False, loc="upper left", fontsize=8.5)
    left.set_ylim(len(table) - 0.5, -1.6)
    right.hlines(rows, table.ratio, table.subset_ratio, color=MUTED, linewidth=2)
    right.plot(table.ratio, rows, "o", color=SECOND, label="all classes")
    right.plot(table.subset_ratio, rows, "o", color=SECOND, markerfacecolor="white",
               label="any subset, at most")  # fmt: skip
    right.axvline(ratio_needed, color=ACCENT, linewidth=1.6)
    right.annotate(
        f"needed: {ratio_needed:.2f}", (ratio_needed, -1.6), (-5, -4), ha="right", va="top",
        textcoords="offset points", color=ACCENT, fontsize=9,
    )  # fmt: skip
    right.set(xlabel="largest class over mean class", xlim=(1, ratio_needed + 0.1))
    # Apart, so that the last number of one axis and the first of the other do not touch.
    figure.set_layout_engine("constrained", wspace=0.06)
    right.legend(frameon=False, loc="upper left", fontsize=8.5)
    return figure


def random_test_sets(drawn: Mapping[str, np.ndarray], recall: float) -> Figure:
    """Highest macro recall that random test sets allow, one line of dots a share of the clips.

    Parameters
    ----------
    drawn : mapping
        Name of the share -> highest recall of each drawn set, in percent.
    recall : float
        Least recall that the printed one can stand for, in percent.

    Returns
    -------
    Figure
    """
    figure: Figure
    figure, axes = canvas(9, 0.9 + 0.62 * len(drawn))
    for row, values in enumerate(drawn.values()):
        height = np.linspace(-0.28, 0.28, len(values))
        # Drawn sets in their order, spread over the height: no chance in the picture.
        axes.plot(values, row + height, ".", markersize=2, alpha=0.5, color=SECOND)
        share = (values >= recall).mean()
        axes.annotate(
            f"{100 * share:.1f} % reach it", (1, row), (4, 0), xycoords=("axes fraction", "data"),
            textcoords="offset points", va="center", fontsize=9, color=INK, annotation_clip=False,
        )  # fmt: skip
    axes.set_yticks(range(len(drawn)), list(drawn))
    axes.axvline(recall, color=ACCENT, linewidth=1.6)
    axes.invert_yaxis()
    axes.set(xlabel="macro recall, %, that the printed accuracy allows at most")
    axes.annotate(
        f"least recall that prints so: {recall:.2f} %", (recall, 1), (4, 4),
        xycoords=("data", "axes fraction"), textcoords="offset points", color=ACCENT, fontsize=9,
        annotation_clip=False,
    )  # fmt: skip
    return figure


def one_vs_rest(curve: pd.DataFrame, accuracy: float) -> Figure:
    """What an accuracy of each class against the rest means, over the number of classes.

    Parameters
    ----------
    curve : DataFrame
        Of :func:`har_lib.audit_report.one_vs_rest`.
    accuracy : float
        The printed one, in percent.

    Returns
    -------
    Figure
    """
    figure: Figure
    figure, axes = canvas(9, 3.8)
    x = curve.index.to_numpy()
    axes.plot(
        x, curve.chance, color=SECOND, label="guessing, counted as each class against the rest"
    )
    axes.plot(x, curve.all_wrong, color=MUTED, label="never right, counted in the same way")
    axes.axhline(accuracy, color=ACCENT, linewidth=1.2)
    axes.plot(x, curve.plain, color=ACCENT, linestyle="--",
              label="share of right clips, if the printed number is counted so")  # fmt: skip
    axes.annotate(
        f"printed {accuracy:.2f} %", (x[0], accuracy), (4, 4), textcoords="offset points",
        color=ACCENT, fontsize=9,
    )  # fmt: skip
    axes.set_xscale("log")
    axes.set_xticks([2, 3, 5, 10, 20, 50, 101])
    axes.xaxis.set_major_formatter(ScalarFormatter())
    axes.xaxis.minorticks_off()
    axes.set(xlabel="number of classes", ylabel="%", ylim=(0, 103), xlim=(x[0], x[-1]))
    figure.legend(frameon=False, loc="outside lower center", ncols=2, fontsize=9)
    return figure


def gain(curve: pd.DataFrame, marks: Mapping[str, int]) -> Figure:
    """Interval of a claimed gain over the number of tested clips.

    Parameters
    ----------
    curve : DataFrame
        Of :func:`har_lib.audit_report.gain_curve`, in percent points.
    marks : mapping
        Words -> a number of clips to be marked.

    Returns
    -------
    Figure
    """
    figure: Figure
    figure, axes = canvas(9, 3.2)
    x = curve.index.to_numpy()
    axes.fill_between(x, curve.low, curve.high, color=SECOND, alpha=0.2, linewidth=0,
                      label="independent test sets")  # fmt: skip
    for agreement, style in (("most", "-"), ("least", ":")):
        words = "as far as possible" if agreement == "most" else "not at all"
        for end in ("low", "high"):
            axes.plot(
                x, curve[f"{agreement}_{end}"], color=INK, linestyle=style, linewidth=1.2,
                label=f"the same clips, errors shared {words}" if end == "low" else None,
            )  # fmt: skip
    axes.axhline(0, color=ACCENT, linewidth=1)
    for words, clips in marks.items():
        axes.axvline(clips, color=MUTED, linewidth=0.9, linestyle="--")
        axes.annotate(
            words, (clips, 1), (3, -3), xycoords=("data", "axes fraction"),
            textcoords="offset points", va="top", fontsize=8.5, color=INK,
        )  # fmt: skip
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(ScalarFormatter())
    axes.set(xlabel="tested clips", ylabel="gain in accuracy, points", xlim=(x[0], x[-1]))
    axes.legend(frameon=False, loc="lower right", fontsize=9)
    return figure
