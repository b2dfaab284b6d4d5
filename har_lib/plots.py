"""The visual language of the suite, and the pictures of clips and features.

One function per picture; each takes finished numbers, draws them and computes nothing. Figures
are made without pyplot, so that a notebook shows them once.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch, Rectangle
from matplotlib.ticker import MaxNLocator

from har_lib.figures import DOTS_PER_INCH, METADATA, literal

_PALETTE = sns.color_palette("colorblind").as_hex()
#: The same colour for the same method everywhere; safe for colour-blind readers.
METHOD_COLORS = dict(
    zip(("ALSTM", "LSTM", "ANN", "SVM", "kNN"), (_PALETTE[i] for i in (0, 1, 2, 4, 5)), strict=True)
)
ACCENT, SECOND, MUTED, INK = _PALETTE[3], _PALETTE[0], "#9a9a9a", "#262626"


def use_style() -> None:
    """Set the suite's look, and make the notebook's pictures the same on every run."""
    sns.set_theme(context="notebook", style="white", palette="colorblind", font_scale=0.85)
    mpl.rcParams.update(
        {
            "figure.dpi": DOTS_PER_INCH,
            "font.family": "DejaVu Sans",
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.titlelocation": "left",
            "axes.titleweight": "bold",
            "axes.grid": False,
            "figure.constrained_layout.use": True,
            # Simplified paths change with the last bit of a number.
            "path.simplify": False,
        }
    )
    try:
        from IPython import get_ipython
        from matplotlib_inline.config import InlineBackend
    except ImportError:
        return
    shell = get_ipython()
    if shell is not None:
        backend = InlineBackend.instance(parent=shell)
        kwargs: dict[str, Any] = {"bbox_inches": None, "metadata": METADATA}
        backend.print_figure_kwargs = kwargs
        shell.run_line_magic("matplotlib", "inline")


def canvas(width: float, height: float, rows: int = 1, columns: int = 1, **grid: Any) -> Any:
    """A figure of ``width`` x ``height`` inches and its axes."""
    figure = Figure(figsize=(width, height), dpi=DOTS_PER_INCH, layout="constrained")
    return figure, figure.subplots(rows, columns, **grid)


def picture(axes: Axes, frame: np.ndarray, title: str = "") -> None:
    """Show a frame, gray or coloured, without axes."""
    axes.imshow(frame, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
    axes.set_xticks([])
    axes.set_yticks([])
    for side in axes.spines.values():
        side.set_visible(False)
    if title:
        axes.set_title(title, fontsize=9, fontweight="normal", loc="center")


# ---------------------------------------------------------------- the paper's Figures 1 and 4


def block_diagram() -> Figure:
    """The paper's Figure 1: from the clip to the action, with the size of every step."""
    figure, axes = canvas(9, 3.4)
    axes.set_axis_off()
    axes.set(xlim=(0, 9), ylim=(0, 3.4))

    def box(x: float, y: float, width: float, text: str, color: str, note: str = "") -> None:
        axes.add_patch(
            FancyBboxPatch(
                (x, y),
                width,
                0.62,
                boxstyle="round,pad=0.02,rounding_size=0.1",
                facecolor=color + "22",
                edgecolor=color,
                linewidth=1.4,
            )
        )
        axes.text(x + width / 2, y + 0.31, text, ha="center", va="center", color=INK, fontsize=9)
        axes.text(x + width / 2, y - 0.06, note, ha="center", va="top", color="#555", fontsize=7.5)

    def arrow(start: tuple[float, float], end: tuple[float, float]) -> None:
        axes.add_patch(
            FancyArrowPatch(
                start, end, arrowstyle="-|>", mutation_scale=11, color="#555", linewidth=1.2
            )
        )

    blue, green, orange = _PALETTE[0], _PALETTE[2], _PALETTE[1]
    box(0.1, 1.4, 1.1, "Video", MUTED, "frames, eq. (1)")
    box(1.75, 1.4, 1.5, "Key frames", blue, "SSIM below a threshold, eq. (2)")
    box(4.0, 2.5, 1.6, "Shape", green, "4 × 4 grid: 16 numbers")
    box(4.0, 1.4, 1.6, "Space-time interest", green, "eqs. (3)–(7): 40 numbers")
    box(4.0, 0.3, 1.6, "Coverage", green, "extent of points: 2 numbers")
    box(6.4, 1.4, 1.1, "LSTM", orange, "58 a step, eqs. (8)–(13)")
    box(6.05, 0.3, 1.8, "Seagull search", orange, "weights, eqs. (14)–(28)")
    box(8.0, 1.4, 0.9, "Action", MUTED, "a class")
    arrow((1.24, 1.71), (1.72, 1.71))
    for y in (2.81, 1.71, 0.61):
        arrow((3.29, 1.71), (3.96, y))
    for y in (2.81, 1.71, 0.61):
        arrow((5.64, y), (6.36, 1.71 + 0.08 * np.sign(y - 1.71)))
    arrow((6.95, 0.95), (6.95, 1.2))
    arrow((7.54, 1.71), (7.96, 1.71))
    return figure


def frame_sheet(frames: Sequence[np.ndarray], titles: Sequence[str], columns: int = 4) -> Figure:
    """Frames under their titles: the paper's Figure 4, and any other row of frames.

    Parameters
    ----------
    frames : sequence of ndarray, uint8 (H, W) or (H, W, 3)
    titles : sequence of str
    columns : int
        Frames in a row.
    """
    rows = -(-len(frames) // columns)
    height, width = frames[0].shape[:2]
    cell = 9 / columns
    figure, axes = canvas(9, rows * (cell * height / width + 0.28), rows, columns, squeeze=False)
    for place in axes.ravel():
        place.set_axis_off()
    for place, frame, title in zip(axes.ravel(), frames, titles, strict=False):
        picture(place, frame, literal(title))
    return figure


# ---------------------------------------------------------------- key frames


def similarity_curve(
    curves: Mapping[str, np.ndarray], threshold: float, key_frames: np.ndarray | None = None
) -> Figure:
    """SSIM of consecutive frames over time, with the threshold and the key frames."""
    figure, axes = canvas(9, 2.8)
    colors = [SECOND, _PALETTE[1], _PALETTE[2]]
    for (name, curve), color in zip(curves.items(), colors, strict=False):
        axes.plot(np.arange(1, len(curve) + 1), curve, color=color, label=name, linewidth=1.4)
        if key_frames is not None:
            chosen = key_frames[key_frames > 0]
            below = curve[chosen - 1] < threshold
            for some, face, told in (
                (chosen[below], ACCENT, "key frame, below the threshold"),
                (chosen[~below], "white", "key frame, filled up"),
            ):
                axes.plot(
                    some, curve[some - 1], "o", color=ACCENT, label=told, markersize=5,
                    markerfacecolor=face, linestyle="none",
                )  # fmt: skip
    axes.axhline(threshold, color=MUTED, linestyle="--", label="threshold")
    axes.set(xlabel="frame", ylabel="SSIM with the frame before")
    axes.legend(frameon=False, ncols=5, loc="lower left", bbox_to_anchor=(0, 1))
    return figure


def key_frame_counts(thresholds: np.ndarray, counts: Mapping[str, np.ndarray]) -> Figure:
    """How many frames pass as the threshold rises, for each reading of equation (2)."""
    figure, axes = canvas(9, 2.8)
    for name, values in counts.items():
        axes.plot(thresholds, values, marker="o", markersize=3, label=name)
    axes.set(xlabel="threshold", ylabel="key frames (frame 0 counted)")
    axes.legend(frameon=False, loc="upper left")
    return figure


def similarity_map(frame: np.ndarray, values: np.ndarray, largest: float) -> Figure:
    """A frame, and the printed SSIM of each of its windows with itself.

    ``values`` is (H', W'), smaller than the frame by the window's border; ``largest`` is what a
    flat window has.
    """
    figure, axes = canvas(9, 3.1, 1, 2)
    picture(axes[0], frame, "a frame")
    shown = axes[1].imshow(values, cmap="magma", vmin=1, vmax=largest, interpolation="nearest")
    axes[1].set_axis_off()
    axes[1].set_title(
        "printed SSIM of its windows with themselves", fontsize=9, fontweight="normal", loc="center"
    )
    figure.colorbar(shown, ax=axes[1], fraction=0.04, label="1 is meant everywhere")
    return figure


# ---------------------------------------------------------------- shape and coverage


def _lay_grid(axes: Axes, edges_y: Sequence[int], edges_x: Sequence[int]) -> None:
    for y in edges_y:
        axes.plot([edges_x[0] - 0.5, edges_x[-1] - 0.5], [y - 0.5] * 2, color=ACCENT, linewidth=1)
    for x in edges_x:
        axes.plot([x - 0.5] * 2, [edges_y[0] - 0.5, edges_y[-1] - 0.5], color=ACCENT, linewidth=1)


def silhouette_under_grid(
    frame: np.ndarray,
    mask: np.ndarray,
    edges_y: Sequence[int],
    edges_x: Sequence[int],
    bits: np.ndarray,
) -> Figure:
    """A frame, its silhouette under the 4x4 grid, and the 16 bits that the cells give."""
    figure, axes = canvas(9, 2.6, 1, 3)
    picture(axes[0], frame, "frame")
    picture(axes[1], np.where(mask, 255, 40), "silhouette under the grid")
    _lay_grid(axes[1], edges_y, edges_x)
    axes[2].imshow(bits.reshape(4, 4), cmap="Blues", vmin=0, vmax=1.6, aspect="equal")
    for row, column in np.ndindex(4, 4):
        value = bits.reshape(4, 4)[row, column]
        axes[2].text(column, row, f"{value:.0f}", ha="center", va="center", color=INK)
    axes[2].set_axis_off()
    axes[2].set_title("shape feature, 1 × 16", fontsize=9, fontweight="normal", loc="center")
    return figure


def feature_rows(rows: np.ndarray, labels: Sequence[str], xlabel: str) -> Figure:
    """One row of numbers per key frame or action, as shades."""
    figure, axes = canvas(9, 0.5 + 0.27 * len(rows))
    image = axes.imshow(rows, cmap="Blues", aspect="auto", interpolation="nearest")
    axes.set_yticks(range(len(labels)), [literal(label) for label in labels])
    axes.set(xlabel=xlabel, xticks=range(rows.shape[1]))
    figure.colorbar(image, ax=axes, fraction=0.03, pad=0.01)
    return figure


def coverage_box(frame: np.ndarray, points: Any, centre: tuple[float, float] | None) -> Figure:
    """Interest points of a key frame, their centre and the box they span, if there are any."""
    figure, axes = canvas(5.2, 3.9)
    picture(axes, frame)
    axes.plot(points.x, points.y, "o", color=_PALETTE[1], markersize=5, label="interest points")
    if centre is None:
        return figure
    axes.plot(*centre, "+", color=ACCENT, markersize=14, markeredgewidth=2.5, label="centre")
    corner = float(points.x.min()), float(points.y.min())
    axes.add_patch(
        Rectangle(
            corner,
            float(np.ptp(points.x)),
            float(np.ptp(points.y)),
            fill=False,
            edgecolor=ACCENT,
            linewidth=1.6,
            label="coverage",
        )
    )
    figure.legend(frameon=False, ncols=3, loc="outside lower center")
    return figure


def coverage_by_action(table: Any, order: Sequence[str]) -> Figure:
    """Coverage of every key frame, by action: ``table`` has action, direction, coverage."""
    figure, axes = canvas(9, 3.4)
    sns.boxplot(
        table, x="action", y="coverage", hue="direction", order=list(order), ax=axes,
        fliersize=1.5, linewidth=0.8,
    )  # fmt: skip
    axes.set(xlabel="", ylabel="coverage (share of the frame)")
    axes.tick_params(axis="x", rotation=25)
    for label in axes.get_xticklabels():
        label.set_parse_math(False)
    axes.legend(frameon=False, title="")
    return figure


# ---------------------------------------------------------------- space-time interest points


def kernel_factors(t: np.ndarray, x: np.ndarray) -> Figure:
    """The factors of the space-time Gaussian, equation (4), along time and space."""
    figure, axes = canvas(9, 2.3, 1, 2, sharey=True)
    for place, factor, name in ((axes[0], t, "n (frames)"), (axes[1], x, "b or c (pixels)")):
        position = np.arange(len(factor)) - len(factor) // 2
        place.vlines(position, 0, factor, color=SECOND)
        place.plot(position, factor, "o", color=SECOND, markersize=4)
        place.set(xlabel=name)
    axes[0].set(ylabel="weight")
    return figure


def response_at(
    frame: np.ndarray,
    corrected: np.ndarray,
    printed: np.ndarray,
    points: Any,
    printed_maxima: np.ndarray,
) -> Figure:
    """A frame with its points, and the response of equation (6), corrected and printed.

    ``printed_maxima``, int (M, 2), are the places (y, x) of the printed response's local maxima.
    """
    figure, axes = canvas(9, 2.6, 1, 3)
    picture(axes[0], frame, "interest points")
    axes[0].plot(
        points.x, points.y, "o", markerfacecolor="none", markeredgecolor=ACCENT, markersize=9
    )
    for place, values, title in (
        (axes[1], corrected, "response with k"),
        (axes[2], printed, "as printed, without k"),
    ):
        reach = float(np.cbrt(np.abs(values).max())) or 1.0
        shown = place.imshow(np.cbrt(values), cmap="RdBu_r", vmin=-reach, vmax=reach)
        place.set_title(title, fontsize=9, fontweight="normal", loc="center")
        place.set_axis_off()
        figure.colorbar(shown, ax=place, fraction=0.045, label="cube root of H")
    axes[2].plot(printed_maxima[:, 1], printed_maxima[:, 0], ".", color=INK, markersize=5)
    return figure


def points_in_space_time(points: Any, length: int, width: int, height: int) -> Figure:
    """All points of a clip in x, y and t; the stronger, the larger."""
    figure = Figure(figsize=(7, 4), dpi=DOTS_PER_INCH, layout="constrained")
    axes = figure.add_subplot(projection="3d")
    size = 4 + 60 * np.cbrt(points.response / points.response.max(initial=1e-30))
    shown = axes.scatter(
        points.t, points.x, points.y, s=size, c=points.t, cmap="viridis", edgecolor="none"
    )
    axes.set(
        xlim=(0, length), ylim=(0, width), zlim=(height, 0),
        xlabel="t (frames)", ylabel="x (pixels)", zlabel="y (pixels)",
    )  # fmt: skip
    axes.set_box_aspect((1.9, 1.2, 0.9), zoom=1.0)
    axes.yaxis.set_major_locator(MaxNLocator(4))
    axes.tick_params(axis="y", pad=0)
    shown.set_clim(0, length)
    return figure


def jet_bars(values: Sequence[float], names: Sequence[str], breaks: Sequence[int]) -> Figure:
    """The 40 space-time numbers of a key frame; ``breaks`` part the orders."""
    figure, axes = canvas(9, 2.8)
    axes.bar(range(len(values)), values, color=SECOND, width=0.75)
    axes.axhline(0, color=INK, linewidth=0.8)
    for place in breaks:
        axes.axvline(place - 0.5, color=MUTED, linestyle=":", linewidth=1)
    axes.set_xticks(range(len(names)), names, rotation=90, fontsize=7)
    axes.set(ylabel="gray levels", xlim=(-0.7, len(names) - 0.3))
    return figure
