"""Pictures of one choice at several settings, and of one setting at a time; they compute nothing.

Each notebook's knob has two: the settings side by side, for a reader without a kernel, and the
picture that follows the slider. Both get the same finished numbers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from har_lib.plots import ACCENT, INK, MUTED, SECOND, canvas, picture

# ---------------------------------------------------------------- threshold of key frames


@dataclass(frozen=True)
class KeyFrameChoice:
    """Key frames at one threshold.

    ``curve``, float (T-1,), is the similarity of each frame but the first; ``passing`` holds the
    frames that the bare rule takes, ``chosen`` those that are left or added by minimum and
    maximum; both int, sorted.
    """

    threshold: float
    curve: np.ndarray
    passing: np.ndarray
    chosen: np.ndarray


#: What a mark stands for, by face and edge, in the order of the legend.
_MARKS = {
    "passes: key frame": (ACCENT, ACCENT),
    "passes, left out by the maximum": (MUTED, MUTED),
    "does not pass, filled up to the minimum": ("white", ACCENT),
}


def _marked(choice: KeyFrameChoice) -> list[np.ndarray]:
    """Frames for each of the marks."""
    passing, chosen = choice.passing, choice.chosen
    kept, dropped = np.isin(passing, chosen), ~np.isin(passing, chosen)
    return [passing[kept], passing[dropped], chosen[~np.isin(chosen, passing)]]


def _rows(axes: Axes, choices: Sequence[KeyFrameChoice]) -> None:
    """The similarity, and at the height of each threshold the frames that it gives."""
    for curve in {id(choice.curve): choice.curve for choice in choices}.values():
        axes.plot(np.arange(1, len(curve) + 1), curve, color=SECOND, linewidth=1.4, zorder=1)
    length = max(len(choice.curve) + 1 for choice in choices)
    size = min(6.0, 420 / length)
    for choice in choices:
        axes.axhline(choice.threshold, color=MUTED, linewidth=0.7, linestyle="--", zorder=0)
        for frames, (face, edge) in zip(_marked(choice), _MARKS.values(), strict=True):
            axes.plot(
                frames, np.full(len(frames), choice.threshold), "o", markersize=size,
                markerfacecolor=face, markeredgecolor=edge, markeredgewidth=1.1, zorder=2,
            )  # fmt: skip
        axes.annotate(
            f"{len(choice.passing)} pass, {len(choice.chosen)} kept", (1, choice.threshold), (6, 0),
            xycoords=("axes fraction", "data"), textcoords="offset points", va="center",
            fontsize=9, color=INK,
        )  # fmt: skip
    axes.set(ylabel="SSIM, threshold", xlim=(-0.02 * length, 1.01 * length))
    axes.margins(y=0.1)


def _explain_marks(figure: Any) -> None:
    """What the marks stand for, above the axes."""
    handles = [
        Line2D([], [], marker="o", linestyle="", markersize=6, label=label, markerfacecolor=face,
               markeredgecolor=edge)
        for label, (face, edge) in _MARKS.items()
    ]  # fmt: skip
    figure.legend(
        handles=handles, loc="outside upper left", ncols=3, frameon=False, fontsize=9,
        handletextpad=0.2, columnspacing=1.2,
    )  # fmt: skip


def key_frames_by_threshold(choices: Sequence[KeyFrameChoice]) -> Figure:
    """The similarity over time; on each threshold's line the frames that pass, and what is kept.

    Where the curve runs under a line there are dots on it.
    """
    figure: Figure
    figure, axes = canvas(9, 3.9)
    _rows(axes, choices)
    axes.set_yticks([choice.threshold for choice in choices])
    axes.set_xlabel("frame")
    _explain_marks(figure)
    return figure


#: Key frames that are shown, in how many columns.
_SHOWN, _COLUMNS = 20, 10


def key_frames_at_threshold(choice: KeyFrameChoice, frames: Sequence[np.ndarray]) -> Figure:
    """One threshold under or over the similarity, and the key frames that it gives.

    ``frames`` are those of ``choice.chosen``, in order; the first 20 are shown.
    """
    height, width = frames[0].shape
    # A frame is 1 wide, its number stands above it.
    step_x, step_y, high = 1.06, height / width + 0.24, height / width
    rows = _SHOWN // _COLUMNS
    figure, (above, below) = canvas(
        9, 3.1 + 0.84 * rows * step_y, 2, 1, height_ratios=(2.9, 0.84 * rows * step_y)
    )
    _rows(above, [choice])
    above.set_xlabel("frame")
    _explain_marks(figure)
    for place, (number, frame) in enumerate(zip(choice.chosen, frames, strict=False)):
        if place == _SHOWN:
            break
        left, top = place % _COLUMNS * step_x, -(place // _COLUMNS) * step_y
        below.imshow(
            frame, cmap="gray", vmin=0, vmax=255, extent=(left, left + 1, top - high, top),
            interpolation="nearest",
        )  # fmt: skip
        color = ACCENT if number in choice.passing else INK
        below.text(left, top + 0.04, f"{number}", fontsize=8, color=color)
    below.set(xlim=(0, _COLUMNS * step_x), ylim=(-rows * step_y + 0.2, 0.24), aspect="equal")
    below.set_axis_off()
    more = len(choice.chosen) - _SHOWN
    told = f"key frames, the first {_SHOWN} of {_SHOWN + more}" if more > 0 else "key frames"
    below.set_title(f"{told}; black numbers: filled up", fontsize=9, fontweight="normal")
    return figure


# ---------------------------------------------------------------- gray levels of the foreground


@dataclass(frozen=True)
class Body:
    """The body in a frame when foreground is what differs by more than ``level`` gray levels.

    ``edges_y`` and ``edges_x`` are the lines of the grid, none without a body; ``bits``, (16,),
    what its cells give; ``overlap`` is intersection over union with the truth, if that is known.
    """

    level: int
    mask: np.ndarray
    edges_y: Sequence[int]
    edges_x: Sequence[int]
    bits: np.ndarray
    overlap: float | None = None

    @property
    def told(self) -> str:
        """The level, and how good the body is."""
        known = "" if self.overlap is None else f", overlap {self.overlap:.2f}"
        return f"{self.level} levels{known}"


#: The level, seen on dark and bright.
_LINE = "#39d0ff"


def _grid_over(axes: Axes, frame: np.ndarray, body: Body) -> None:
    """The body, bright in its frame, under the grid."""
    picture(axes, np.where(body.mask, 255, frame * 0.35))
    if len(body.edges_y):
        sides_x = np.array(body.edges_x)[[0, -1]] - 0.5
        sides_y = np.array(body.edges_y)[[0, -1]] - 0.5
        axes.hlines(np.array(body.edges_y) - 0.5, *sides_x, color=ACCENT, linewidth=0.9)
        axes.vlines(np.array(body.edges_x) - 0.5, *sides_y, color=ACCENT, linewidth=0.9)
    height, width = frame.shape
    axes.set(xlim=(-0.5, width - 0.5), ylim=(height - 0.5, -0.5))


def _cells(axes: Axes, bits: np.ndarray, usual: np.ndarray, size: float) -> None:
    """The 16 numbers; framed are those that are other than usual."""
    axes.imshow(bits.reshape(4, 4), cmap="Blues", vmin=0, vmax=1.6, aspect="equal")
    for row, column in np.ndindex(4, 4):
        value = bits.reshape(4, 4)[row, column]
        axes.text(column, row, f"{value:.2g}", ha="center", va="center", color=INK, fontsize=size)
        if value != usual.reshape(4, 4)[row, column]:
            corner, side = (column - 0.43, row - 0.43), 0.86
            frame = Rectangle(corner, side, side, fill=False, edgecolor=ACCENT, linewidth=1.8)
            axes.add_patch(frame)
    axes.set_axis_off()


def bodies_by_level(frame: np.ndarray, bodies: Sequence[Body], usual: Body) -> Figure:
    """The body under the grid and its 16 bits, a column a number of gray levels.

    Framed are the bits that differ from those of ``usual``, the level of the notebook.
    """
    figure: Figure
    figure, axes = canvas(9, 3.2, 2, len(bodies), squeeze=False, height_ratios=(1, 1.05))
    for (above, below), body in zip(axes.T, bodies, strict=True):
        _grid_over(above, frame, body)
        own = body.level == usual.level
        above.set_title(
            body.told.replace(", ", "\n"), fontsize=9, fontweight="bold" if own else "normal",
            loc="center",
        )  # fmt: skip
        _cells(below, body.bits, usual.bits, 7.5)
    figure.supxlabel(
        f"bold: as above, {usual.level} levels; framed: bits that are other there", fontsize=9
    )
    return figure


def body_at_level(frame: np.ndarray, difference: np.ndarray, body: Body, usual: Body) -> Figure:
    """A frame, its difference to the background, and the body and bits that one level makes of it.

    ``difference``, (H, W), in gray levels; outlined is what exceeds the level, specks and all.
    """
    figure: Figure
    figure, axes = canvas(9, 2.5, 1, 4, width_ratios=(1, 1.12, 1, 0.8))
    picture(axes[0], frame, "frame")
    reach = max(2.0 * body.level, float(difference.max()), 1.0)
    shown = axes[1].imshow(difference, cmap="magma", vmin=0, vmax=reach, interpolation="nearest")
    axes[1].set_axis_off()
    told = "difference; outlined: above the level"
    axes[1].set_title(told, fontsize=9, fontweight="normal", loc="center")
    bar = figure.colorbar(shown, ax=axes[1], fraction=0.045, label="gray levels")
    bar.ax.axhline(body.level, color=_LINE, linewidth=2.5)
    if difference.min() <= body.level < difference.max():
        axes[1].contour(difference, levels=[body.level + 0.5], colors=_LINE, linewidths=0.8)
    _grid_over(axes[2], frame, body)
    axes[2].set_title(body.told, fontsize=9, fontweight="normal", loc="center")
    _cells(axes[3], body.bits, usual.bits, 9)
    told = f"framed: other than at {usual.level}"
    axes[3].set_title(told, fontsize=9, fontweight="normal", loc="center")
    return figure


# ---------------------------------------------------------------- scale of the spiral


@dataclass(frozen=True)
class Flight:
    """A search in the plane: places (P, 2) at the start and after each iteration.

    ``typical`` is the median distance between seagulls and optimum at the same moments, ``best``
    that of the best place so far; ``outside`` is the share of coordinates that left the box.
    """

    courses: Sequence[np.ndarray]
    typical: np.ndarray
    best: np.ndarray
    outside: float


#: Distances below it are drawn there.
_FLOOR = 1e-3


def _flown(
    axes: Axes, landscape: Any, flight: Flight, optimum: tuple[float, float], size: float
) -> Any:
    """The seagulls of all iterations over the landscape, the optimum as a star."""
    axes.contour(*landscape, levels=12, cmap="Greys_r", linewidths=0.6, alpha=0.6)
    shown = None
    last = len(flight.courses) - 1
    axes.plot(*optimum, "*", color=ACCENT, markersize=12, zorder=2)
    for age, places in enumerate(flight.courses):
        shown = axes.scatter(
            places[:, 0], places[:, 1], c=np.full(len(places), age), cmap="viridis", s=size,
            vmin=0, vmax=last, edgecolor="none", alpha=0.85, zorder=3,
        )  # fmt: skip
    axes.set(aspect="equal", xlim=(-1.12, 1.12), ylim=(-1.12, 1.12))
    axes.set_xticks([-1, 0, 1])
    axes.set_yticks([-1, 0, 1])
    return shown


def flights_by_scale(
    landscape: tuple[np.ndarray, np.ndarray, np.ndarray],
    flights: Mapping[str, Mapping[float, Flight]],
    optimum: tuple[float, float],
) -> Figure:
    """Where seagulls fly in a plane: a row a form of the search, a column a scale of its spiral.

    ``landscape`` is (x, y, fitness) on a grid; ``flights`` maps a form to its scales.
    """
    columns = max(len(own) for own in flights.values())
    figure, axes = canvas(
        9, 0.7 + 1.6 * len(flights), len(flights), columns, squeeze=False, sharex=True, sharey=True
    )
    shown = None
    for number, (row, (form, own)) in enumerate(zip(axes, flights.items(), strict=True)):
        for place, (scale, flight) in zip(row, own.items(), strict=True):
            shown = _flown(place, landscape, flight, optimum, 10)
            above = "" if number else f"p = {scale:g}\n"
            place.set_title(
                f"{above}{100 * flight.outside:.0f} % outside", fontsize=9, fontweight="normal",
                loc="center",
            )  # fmt: skip
        row[0].set_ylabel(form)
    figure.colorbar(shown, ax=axes, label="iteration", fraction=0.02)
    return figure


def flights_at_scale(
    landscape: tuple[np.ndarray, np.ndarray, np.ndarray],
    flights: Mapping[str, Flight],
    scale: float,
    optimum: tuple[float, float],
) -> Figure:
    """Where seagulls fly at one scale of the spiral, a panel a form, and how far from the optimum.

    Two forms.
    """
    figure, axes = canvas(9, 3.5, 1, len(flights) + 1, width_ratios=[*[1] * len(flights), 1.1])
    shown = None
    for place, (form, flight) in zip(axes, flights.items(), strict=False):
        shown = _flown(place, landscape, flight, optimum, 16)
        place.set_title(
            f"{form}; p = {scale:g}\n{100 * flight.outside:.0f} % outside", fontsize=9.5,
            fontweight="normal", loc="center",
        )  # fmt: skip
    figure.colorbar(
        shown,
        ax=axes[:-1],
        label="iteration",
        location="bottom",
        fraction=0.05,
        ticks=range(0, 99, 2),
    )
    last = axes[-1]
    for (form, flight), color in zip(flights.items(), (SECOND, ACCENT), strict=True):
        for values, style, told in (
            (flight.typical, "o-", "half of the seagulls"),
            (flight.best, ":", "the best so far"),
        ):
            last.plot(
                np.maximum(values, _FLOOR), style, color=color, markersize=4,
                label=f"{form.split(',')[0]}: {told}",
            )  # fmt: skip
    last.set_yscale("log")
    last.set(xlabel="iteration", ylabel="distance from the star", ylim=(0.8 * _FLOOR, 3))
    last.legend(frameon=False, fontsize=8, loc="lower left", bbox_to_anchor=(0, 1))
    return figure
