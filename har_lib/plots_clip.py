"""Pictures of one clip on its way through the pipeline; like `plots`, they compute nothing.

The paper's Figure 3 as one picture, and the still parts of an annotated video: its backdrop and
the panel beside the moving picture.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from har_lib.figures import DOTS_PER_INCH, literal
from har_lib.plots import INK, METHOD_COLORS, MUTED

#: Colours of what is drawn over a frame, safe for colour-blind readers.
COLORS = {
    "silhouette": "#56b4e9",
    "interest points": "#ece133",
    "coverage": "#029e73",
    "key frame": "#d55e00",
}
_FAINT = "#c9c9c9"
_THRESHOLD = {"color": MUTED, "linewidth": 1.2, "linestyle": "--"}

#: Pixels: left, top, width, height.
Place = tuple[int, int, int, int]


def _bars(axes: Axes, probabilities: Mapping[str, float], title: str) -> None:
    best = max(probabilities, key=lambda name: probabilities[name])
    colors = [METHOD_COLORS["ALSTM"] if name == best else _FAINT for name in probabilities]
    percent = [100 * share for share in probabilities.values()]
    axes.barh(range(len(percent)), percent, color=colors)
    for row, value in enumerate(percent):
        axes.text(value + 0.8, row, f"{value:.1f}", va="center", fontsize=8, color=INK)
    axes.set_yticks(range(len(percent)), [literal(name) for name in probabilities])
    axes.invert_yaxis()
    axes.set(xlim=(0, 108), xticks=range(0, 101, 20), xlabel="probability (%)")
    axes.set_title(literal(title), fontsize=9)


def _legend(figure: Figure, where: tuple[float, float], size: float, threshold: bool) -> None:
    """What the lines are, in a row whose left end is at ``where``."""
    ring = {"marker": "o", "linestyle": "none", "markerfacecolor": "none", "markeredgewidth": 2}
    square = {**ring, "marker": "s"}
    looks: dict[str, dict[str, object]] = {
        "silhouette": {"linewidth": 2.5},
        "interest points": {**ring, "markersize": size - 3},
        "coverage": {**square, "markersize": size - 2},
        "key frame": {**square, "markersize": size - 2, "markeredgewidth": 4},
    }
    handles = [
        Line2D([], [], color=COLORS[name], label=name, **look)  # type: ignore[arg-type]
        for name, look in looks.items()
    ]
    if threshold:
        handles.append(Line2D([], [], **_THRESHOLD, label="SSIM threshold"))  # type: ignore[arg-type]
    figure.legend(
        handles=handles, loc="center left", bbox_to_anchor=where, ncols=len(handles),
        frameon=False, fontsize=size, borderpad=0, borderaxespad=0, handlelength=1.4,
        columnspacing=1.6,
    )  # fmt: skip


def pipeline(
    frames: Sequence[np.ndarray],
    masks: Sequence[np.ndarray],
    marks: Sequence[np.ndarray],
    boxes: Sequence[tuple[float, float, float, float] | None],
    numbers: Sequence[int],
    probabilities: Mapping[str, float],
    truth: str = "",
) -> Figure:
    """The paper's Figure 3 in one picture: (a) key frames, (b) pre-processed, (c) prediction.

    Between (b) and (c) stand the interest points around each key frame, the nearer in time the
    stronger, and the box that its coverage measures. ``marks`` and ``boxes`` are as
    `har_lib.sight.Sight` gives them; ``truth`` is the true action, if it is known.
    """
    count, height = len(frames), frames[0].shape[0] / frames[0].shape[1]
    # Inches: a row of frames across ten, but none larger than a third of that.
    side = min(9.4 / count, 3.2) * height
    above, below = 3 * (side + 0.08) + 0.35, 0.75 + 0.24 * len(probabilities)
    figure = Figure(figsize=(10, above + below), dpi=DOTS_PER_INCH, layout="constrained")
    top, bottom = figure.subfigures(2, 1, squeeze=False, height_ratios=(above, below))[:, 0]
    rows = top.subplots(3, count, squeeze=False)
    for column in range(count):
        rows[0, column].imshow(frames[column], cmap="gray", vmin=0, vmax=255)
        rows[1, column].imshow(masks[column], cmap="gray", vmin=0, vmax=1)
        rows[2, column].imshow(frames[column] * 0.6, cmap="gray", vmin=0, vmax=255)
        _lay_marks(rows[2, column], marks[column], boxes[column])
        rows[0, column].set_title(
            f"frame {numbers[column]}", fontsize=8, fontweight="normal", loc="center"
        )
    for place in rows.ravel():
        place.set_xticks([])
        place.set_yticks([])
    labels = ("(a) key frames", "(b) pre-processed", "points, coverage")
    for place, label in zip(rows[:, 0], labels, strict=True):
        place.set_ylabel(label, fontsize=8 if side > 1 else 6.5)
    best = max(probabilities, key=lambda name: probabilities[name])
    title = f"(c) prediction: {best}" + (f", true: {truth}" if truth else "")
    _bars(bottom.subplots(), probabilities, title)
    return figure


def _lay_marks(
    axes: Axes, marks: np.ndarray, box: tuple[float, float, float, float] | None
) -> None:
    limits = axes.get_xlim(), axes.get_ylim()
    shades = [to_rgba(COLORS["interest points"], nearness) for nearness in marks[:, 3]]
    axes.scatter(marks[:, 0], marks[:, 1], s=20, facecolor="none", edgecolor=shades, linewidth=1.1)
    if box is not None:
        left, top, width, height = box
        axes.add_patch(
            Rectangle(
                (left, top), width, height, fill=False, edgecolor=COLORS["coverage"], linewidth=1.2
            )
        )
    axes.set(xlim=limits[0], ylim=limits[1])


# ---------------------------------------------------------------- parts of an annotated video


@dataclass(frozen=True)
class Layout:
    """Where things stand in a frame of an annotated video, in pixels.

    ``thumbnails`` are the places of the key frames that are shown small, in order; ``timeline``
    is the field of the curve, whose left side is the first frame and right side the last.
    """

    size: tuple[int, int]
    picture: Place
    panel: Place
    thumbnails: tuple[Place, ...]
    timeline: Place


def _points(pixels: float) -> float:
    """Font size in points of letters so many pixels high."""
    return pixels * 72 / DOTS_PER_INCH


def _sheet(width: int, height: int) -> Figure:
    """An empty figure of so many pixels, on which everything is placed by hand."""
    size = width / DOTS_PER_INCH, height / DOTS_PER_INCH
    figure = Figure(figsize=size, dpi=DOTS_PER_INCH)
    figure.set_layout_engine("none")
    return figure


def backdrop(
    layout: Layout,
    name: str,
    curve: np.ndarray,
    threshold: float | None,
    key_frames: Sequence[int],
    shown: Sequence[int],
    frames_per_second: float,
) -> Figure:
    """What stays behind every frame of an annotated video.

    The clip's name, a legend, and the SSIM of each frame over time with the key frames, of which
    those of ``shown``, places among them, have a thumbnail above.
    """
    width, height = layout.size
    figure = _sheet(width, height)

    def across(x: float) -> float:
        return x / width

    def up(y: float) -> float:
        return 1 - y / height

    left, top, wide, high = layout.picture
    figure.text(
        across(left), up(top - 14), name, fontsize=_points(21), fontweight="bold", color=INK,
        va="bottom",
    )  # fmt: skip
    _legend(figure, (across(left), up(top + high + 27)), _points(17), threshold is not None)

    left, top, wide, high = layout.timeline
    axes = figure.add_axes((across(left), up(top + high), across(wide), high / height))
    last = len(curve)
    # The first frame has none before it: its curve begins with the second.
    axes.plot(np.arange(1, last + 1), curve, color=INK, linewidth=1.3)
    low = min(float(curve.min()), threshold if threshold is not None else 1.0)
    room = 0.08 * max(1 - low, 1e-3)
    if threshold is not None:
        axes.axhline(threshold, **_THRESHOLD)  # type: ignore[arg-type]
    for frame in key_frames:
        axes.axvline(frame, color=COLORS["key frame"], linewidth=2)
    axes.set(xlim=(0, last), ylim=(low - room, 1 + room))
    seconds = _round_steps(last / frames_per_second)
    axes.set_xticks(
        [second * frames_per_second for second in seconds], [f"{second:g} s" for second in seconds]
    )
    axes.set_yticks([])
    axes.tick_params(axis="x", labelsize=_points(15), length=4, pad=2, color=MUTED)
    axes.set_ylabel("SSIM", fontsize=_points(15), labelpad=4)
    for side in axes.spines.values():
        side.set_visible(True)
        side.set_color(_FAINT)
    for place, which in zip(layout.thumbnails, shown, strict=True):
        x = left + wide * key_frames[which] / last
        foot = place[0] + place[2] / 2, place[1] + place[3]
        figure.add_artist(
            Line2D(
                [across(foot[0]), across(x)], [up(foot[1]), up(top)],
                color=COLORS["key frame"], linewidth=1,
            )
        )  # fmt: skip
        figure.add_artist(
            Rectangle(
                (across(place[0]), up(place[1] + place[3])), across(place[2]), place[3] / height,
                facecolor="#f2f2f2", edgecolor=_FAINT, linewidth=1,
            )
        )  # fmt: skip
    return figure


def _round_steps(length: float, most: int = 9) -> list[float]:
    """Round seconds from 0 on, at most so many.

    Examples
    --------
    >>> _round_steps(2.4)
    [0.0, 0.5, 1.0, 1.5, 2.0]
    >>> _round_steps(71.0)
    [0.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0]
    """
    steps = (base * 10.0**power for power in range(-3, 9) for base in (1, 2, 5))
    step = next(step for step in steps if length / step < most)
    return [round(step * i, 6) for i in range(int(length / step + 1e-9) + 1)]


def panel(
    size: tuple[int, int],
    probabilities: Mapping[str, float],
    final: Mapping[str, float],
    others: int,
    heading: str,
    grid: np.ndarray,
    numbers: Mapping[str, str],
) -> Figure:
    """The panel beside the moving picture: what the model says so far, and what it last read.

    Parameters
    ----------
    size : tuple of int
        Width and height, pixels.
    probabilities, final : mapping
        Of the same actions: so far, as bars, and after the whole clip, as marks on them.
    others : int
        Actions that are left out.
    heading : str
        After which key frame.
    grid : ndarray (4, 4)
        Shape feature of the last key frame, 0 to 1.
    numbers : mapping
        Name -> value of what else is told of it.
    """
    width, height = size
    figure = _sheet(width, height)
    figure.text(
        0.01, 1 - 12 / height, "most probable actions", fontsize=_points(21), fontweight="bold",
        color=INK, va="center",
    )  # fmt: skip
    figure.text(
        0.01, 1 - 42 / height, heading, fontsize=_points(17), color=COLORS["key frame"], va="center"
    )
    foot = 130
    below = foot + 26
    axes = figure.add_axes((0.01, below / height, 0.98, 1 - (below + 60) / height))
    axes.set_axis_off()
    rows = max(5, len(final))
    axes.set(xlim=(0, 1.17), ylim=(rows, 0))
    best = max(probabilities.values())
    for row, (name, share) in enumerate(probabilities.items()):
        color = METHOD_COLORS["ALSTM"] if share == best > 0 else MUTED
        axes.text(0, row + 0.22, name, fontsize=_points(17), color=INK, va="center")
        axes.barh(row + 0.66, 1, 0.34, color="#efefef")
        axes.barh(row + 0.66, share, 0.34, color=color)
        axes.plot([final[name]] * 2, [row + 0.44, row + 0.88], color=INK, linewidth=1.6)
        axes.text(
            1.03, row + 0.66, f"{100 * share:.0f} %", fontsize=_points(17), color=INK, va="center"
        )
    told = "| after the whole clip" + (f"    {others} others not shown" if others else "")
    figure.text(0.01, (foot + 12) / height, told, fontsize=_points(14), color="#555", va="center")
    cells = figure.add_axes((0.012, 8 / height, (foot - 22) / width, (foot - 22) / height))
    cells.imshow(grid, cmap="Blues", vmin=0, vmax=1.3)
    cells.set_xticks(np.arange(0.5, len(grid) - 1), [])
    cells.set_yticks(np.arange(0.5, len(grid) - 1), [])
    cells.tick_params(length=0)
    cells.grid(color="white", linewidth=2)
    for side in cells.spines.values():
        side.set_visible(True)
        side.set_color(MUTED)
    for row, (name, value) in enumerate(numbers.items()):
        y = (foot - 30 - row * 29) / height
        for x, text, color in ((foot + 8, name, "#555"), (foot + 162, value, INK)):
            figure.text(x / width, y, text, fontsize=_points(16), color=color, va="center")
    return figure
