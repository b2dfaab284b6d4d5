"""Pictures of interest points at several settings of one choice; like `plots_controls`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from har_lib.figures import DOTS_PER_INCH
from har_lib.plots import ACCENT, INK, SECOND, canvas, picture

# ---------------------------------------------------------------- Harris constant


def _scatter(axes: Axes, frame: np.ndarray, points: Any, length: int, size: float) -> Any:
    """Points over a pale frame: colour is time, the larger the stronger."""
    pale = 255 - (255 - frame.astype(float)) * 0.45
    picture(axes, pale)
    strength = np.cbrt(points.response / points.response.max(initial=1e-30))
    return axes.scatter(
        points.x, points.y, s=size * (0.25 + strength), c=points.t, cmap="viridis", vmin=0,
        vmax=length, edgecolor="white", linewidth=0.5,
    )  # fmt: skip


def _count(number: int) -> str:
    return "no point" if number == 0 else f"{number} point{'s' * (number > 1)}"


def points_by_k(frame: np.ndarray, found: Mapping[float, Any], length: int) -> Figure:
    """All points of a clip of ``length`` frames over one frame, a panel a Harris constant."""
    columns = -(-len(found) // 2)
    figure, axes = canvas(9, 4.6, 2, columns, squeeze=False)
    shown = None
    for place in axes.ravel()[len(found) :]:
        place.set_axis_off()
    for place, (k, points) in zip(axes.ravel(), found.items(), strict=False):
        shown = _scatter(place, frame, points, length, 34)
        printed = ", as printed" if k == 1 else ""
        place.set_title(
            f"k = {k:g}{printed}: {_count(len(points.x))}", fontsize=9.5, fontweight="normal",
            loc="center",
        )  # fmt: skip
    figure.colorbar(shown, ax=axes, label="frame", fraction=0.025)
    return figure


def points_at_k(
    frame: np.ndarray,
    k: float,
    points: Any,
    length: int,
    counts: Mapping[float, int],
    limit: float,
) -> Figure:
    """The points that one Harris constant gives, and how many each gives.

    From ``limit`` on there can be none.
    """
    figure: Figure
    figure, (left, right) = canvas(9, 3.6, 1, 2, width_ratios=(1.25, 1))
    shown = _scatter(left, frame, points, length, 60)
    title = f"k = {k:g}: {_count(len(points.x))}"
    left.set_title(title, fontsize=10, fontweight="normal", loc="center")
    figure.colorbar(shown, ax=left, label="frame", fraction=0.035)
    right.axvspan(limit, 2 * max(counts), color="#eeeeee", linewidth=0)
    right.plot(list(counts), list(counts.values()), "o-", color=SECOND, markersize=4)
    right.plot(k, len(points.x), "o", color=ACCENT, markersize=10, zorder=3)
    right.set_xscale("log")
    right.set(xlabel="k (grey: 1/27 and more)", ylabel="points in the clip", ylim=(-1, None))
    right.set_xlim(min(counts) / 1.5, 2 * max(counts))
    return figure


# ---------------------------------------------------------------- frames around a key frame


@dataclass(frozen=True)
class Span:
    """Points within ``window`` frames of a key frame, and two ways to measure how far they reach.

    ``extent`` and ``deviation`` are (horizontal, vertical) shares of the frame; ``box`` and
    ``spread`` the same as rectangles (left, top, width, height) in pixels, None without points.
    """

    window: int
    points: Any
    extent: tuple[float, float]
    deviation: tuple[float, float]
    box: tuple[float, float, float, float] | None = None
    spread: tuple[float, float, float, float] | None = None


#: Measure -> colour and line style.
_MEASURES: dict[str, tuple[str, Any]] = {"extent": (ACCENT, "-"), "deviation": (SECOND, "--")}
_MEASURE_WORDS = {"extent": "extent", "deviation": "four standard deviations"}


def _spanned(axes: Axes, frame: np.ndarray, span: Span, size: float) -> None:
    """Points and both rectangles in a pale frame."""
    picture(axes, 255 - (255 - frame.astype(float)) * 0.45)
    axes.plot(span.points.x, span.points.y, "o", color=INK, markersize=size, linestyle="")
    for box, (color, style) in zip((span.box, span.spread), _MEASURES.values(), strict=True):
        if box is not None:
            axes.add_patch(
                Rectangle(
                    box[:2], *box[2:], fill=False, edgecolor=color, linewidth=1.8, linestyle=style
                )
            )
    high, wide = frame.shape
    axes.set(xlim=(-0.5, wide - 0.5), ylim=(high - 0.5, -0.5))


def _explain_measures(figure: Figure) -> None:
    handles = [
        Line2D([], [], color=color, linestyle=style, linewidth=1.8, label=_MEASURE_WORDS[name])
        for name, (color, style) in _MEASURES.items()
    ]
    figure.legend(handles=handles, loc="outside upper left", ncols=2, frameon=False, fontsize=9.5)


def spans_by_window(frame: np.ndarray, spans: Sequence[Span]) -> Figure:
    """Points around a key frame and how far they reach, a panel a window of frames."""
    figure: Figure
    columns = -(-len(spans) // 2)
    figure, axes = canvas(9, 5.5, 2, columns, squeeze=False)
    for place in axes.ravel()[len(spans) :]:
        place.set_axis_off()
    for place, span in zip(axes.ravel(), spans, strict=False):
        _spanned(place, frame, span, 3.5)
        across, down = span.extent
        place.set_title(
            f"± {span.window} frames: {_count(len(span.points.x))}\n"
            f"extent ({across:.2f}, {down:.2f})",
            fontsize=9, fontweight="normal", loc="center",
        )  # fmt: skip
    _explain_measures(figure)
    return figure


def span_at_window(frame: np.ndarray, span: Span, every: Sequence[Span]) -> Figure:
    """One window's points in the frame, and coverage by window: extent and deviation."""
    figure: Figure
    figure = Figure(figsize=(9, 3.9), dpi=DOTS_PER_INCH, layout="constrained")
    places = figure.subplot_mosaic([["frame", "across"], ["frame", "down"]], width_ratios=(1.35, 1))
    _spanned(places["frame"], frame, span, 5)
    title = f"± {span.window} frames: {_count(len(span.points.x))}"
    places["frame"].set_title(title, fontsize=10, fontweight="normal", loc="center")
    windows = [each.window for each in every]
    for side, (axes, name) in enumerate(
        ((places["across"], "horizontal"), (places["down"], "vertical"))
    ):
        for measure, (color, style) in _MEASURES.items():
            values = [getattr(each, measure)[side] for each in every]
            axes.plot(windows, values, color=color, linestyle=style, drawstyle="steps-post")
            axes.plot(span.window, getattr(span, measure)[side], "o", color=color, markersize=8)
        axes.set_xscale("symlog", linthresh=1)
        axes.set_xticks([1, 3, 10, 30], ["1", "3", "10", "30"], minor=False)
        axes.minorticks_off()
        axes.set(ylabel=name, ylim=(0, None), xlim=(-0.1, 1.15 * max(1, *windows)))
    places["across"].set_title("share of the frame", fontsize=10, fontweight="normal")
    places["down"].set_xlabel("frames to either side")
    _explain_measures(figure)
    return figure
