"""The notebooks' knobs: one choice each, to be tried on the clip or the search at hand.

Each function computes what a picture of :mod:`har_lib.plots_controls` needs, for any value of its
choice, and leaves all other choices as the notebook has them.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache, partial

import cv2
import numpy as np
from matplotlib.figure import Figure

from har_lib import coverage, features, plots_controls, plots_controls_points, seagull, shape, stip
from har_lib.blocks import Frames, one
from har_lib.config import Config
from har_lib.controls import Knob
from har_lib.datasets import Record
from har_lib.plots_controls import Body, Flight, KeyFrameChoice
from har_lib.plots_controls_points import Span

#: The least k of equation (6) with which no response is positive.
NO_POINTS = 1 / 27

#: Values to turn to, beside the notebook's own, and those that the still picture shows.
_LEVELS = (2, 3, 5, 8, 10, 12, 15, 20, 25, 30, 35, 40, 50, 60, 80, 100)
_LEVELS_SHOWN = (5, 10, 15, 40, 80)
_CONSTANTS = (1e-4, 5e-4, 1e-3, 2e-3, 5e-3, 0.01, 0.015, 0.02, 0.025, 0.03, 0.035, 0.04, 0.1, 1.0)
_CONSTANTS_SHOWN = (5e-4, 0.01, 0.02, 0.03, 1.0)
_WINDOWS = (0, 1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30)
_WINDOWS_SHOWN = (0, 1, 6, 12, 30)
_SCALES = (0.01, 0.02, 0.03, 0.05, 0.07, 0.1, 0.15, 0.2, 0.3, 0.5, 0.7, 1.0, 1.5, 2.0)
_SCALES_SHOWN = (0.01, 0.1, 0.3, 0.5, 0.7, 1.0)


def _with(values: Sequence[float], own: float) -> tuple[float, ...]:
    """Rising, and the notebook's own among them."""
    return tuple(sorted({*values, own}))


def threshold(frames: Frames, config: Config) -> Knob:
    """The threshold of SSIM, whatever else selects key frames in ``config``.

    Minimum and maximum are those of ``config``.

    Examples
    --------
    >>> clip = np.random.default_rng(0).integers(0, 256, (9, 16, 16), dtype=np.uint8)
    >>> threshold(clip, Config()).value
    0.9
    """
    own = config.keyframes.threshold
    usual = features.similarity(frames, config.similarity, own)
    moves = config.similarity.reference == "previous_key_frame"

    @cache
    def choice(limit: float) -> KeyFrameChoice:
        curve = features.similarity(frames, config.similarity, limit) if moves else usual
        section = replace(config.keyframes, selection="ssim", threshold=limit)
        below = np.flatnonzero(curve < limit) + 1
        first = np.zeros(int(section.keep_first), dtype=below.dtype)
        chosen = features.key_frames(curve, section)
        return KeyFrameChoice(limit, curve, np.concatenate([first, below]), chosen)

    # In steps of 0.005 over all of the curve, as far as thresholds reach.
    low = max(-1.0, np.floor(100 * usual.min(initial=1.0)) / 100)
    high = min(1.0, np.ceil(100 * usual.max(initial=low)) / 100)
    steps = np.arange(max(-200, 200 * min(low, own) - 4), min(200, 200 * max(high, own) + 4) + 0.5)
    spread = np.round(200 * np.linspace(low, high, 5))
    # Lines as near as that to the notebook's own could not be told from it.
    spread = spread[np.abs(spread / 200 - own) > (high - low) / 10]

    def draw(limit: float) -> Figure:
        found = choice(limit)
        return plots_controls.key_frames_at_threshold(
            found, [one(frames, number) for number in found.chosen]
        )

    return Knob(
        name="threshold",
        help="Frames whose SSIM with their reference is below it are key frames.",
        values=_with((np.round([*steps, *spread]) / 200).tolist(), own),
        value=own,
        draw=draw,
        shown=_with((spread / 200).tolist(), own),
        alt="SSIM over the frames of the clip, and on the line of each threshold its key frames.",
        survey=lambda limits: plots_controls.key_frames_by_threshold(
            [choice(limit) for limit in limits]
        ),
    )


def gray_levels(frames: Frames, frame: int, config: Config, record: Record | None = None) -> Knob:
    """Gray levels by which foreground differs from the clip's median, seen in one frame.

    The body is found by that median whatever ``config`` has. ``record`` is the clip's, for clips
    of which the true silhouettes are known.

    Examples
    --------
    >>> clip = np.zeros((5, 20, 20), dtype=np.uint8)
    >>> clip[3, 5:12, 4:10] = 255
    >>> gray_levels(clip, 3, Config()).value
    25
    """
    from har_lib import experiments  # it needs torch, which others here do without

    own = config.silhouette.difference
    here, grid = one(frames, frame), config.grid

    @cache
    def body(level: int) -> Body:
        section = replace(config.silhouette, method="median_background", difference=level)
        mask = features.bodies(frames, section)[frame]
        region = shape.grid_region(mask, grid.over)
        bits = shape.grid(mask, grid.over, grid.rule, grid.order, grid.uneven)
        edges_y, edges_x = ([], []) if region is None else (_edges(region[:2]), _edges(region[2:]))
        known = None
        if record is not None:
            known = experiments.silhouette_overlap([record], [np.array([frame])], [mask[None]])
        return Body(level, mask, edges_y, edges_x, bits, None if known is None else float(known[0]))

    def draw(level: int) -> Figure:
        difference = cv2.absdiff(here, shape.background(frames))
        return plots_controls.body_at_level(here, difference, body(level), body(own))

    return Knob(
        name="gray levels",
        help="What differs from the clip's median by more than these may be body.",
        values=_with(_LEVELS, own),
        value=own,
        draw=draw,
        shown=_with(_LEVELS_SHOWN, own),
        alt="The body under the grid and its 16 bits, for several numbers of gray levels.",
        survey=lambda levels: plots_controls.bodies_by_level(
            here, [body(level) for level in levels], body(own)
        ),
    )


def _edges(side: Sequence[int]) -> list[int]:
    """Where the grid's lines cross a side that runs from the first to the second pixel."""
    start, stop = side
    return [start + edge for edge, _ in shape.cell_edges(stop - start)] + [stop]


def harris_k(frames: Frames, frame: int, config: Config) -> Knob:
    """The constant k of equation (6), with the points of the whole clip drawn over one frame.

    Examples
    --------
    >>> clip = np.zeros((24, 40, 40), dtype=np.uint8)
    >>> clip[12, 18:23, 18:23] = 200
    >>> harris_k(clip, 12, Config()).value
    0.005
    """
    own = config.stip.k
    here, length = one(frames, frame), len(frames)
    values = _with(_CONSTANTS, own)

    @cache
    def points(k: float) -> stip.Points:
        # All of the clip, as the pictures say, though a key frame may be all that is searched.
        return features.interest_points(frames, replace(config.stip, k=k, volume="clip"))[0]

    def draw(k: float) -> Figure:
        counts = {value: len(points(value)) for value in values}
        return plots_controls_points.points_at_k(here, k, points(k), length, counts, NO_POINTS)

    return Knob(
        name="k",
        help="The constant before the cubed trace in (6); printed is 1.",
        values=values,
        value=own,
        draw=draw,
        shown=_with(_CONSTANTS_SHOWN, own),
        alt="All interest points of the clip over one frame, for several k: fewer and fewer.",
        survey=lambda constants: plots_controls_points.points_by_k(
            here, {k: points(k) for k in constants}, length
        ),
    )


def point_window(frames: Frames, frame: int, points: stip.Points, window: int) -> Knob:
    """Frames to either side of a key frame whose points belong to it; ``window`` is the usual one.

    Examples
    --------
    >>> one_point = stip.Points(*np.array([[5], [1], [3]]), np.ones(1), np.zeros((1, 6)))
    >>> point_window(np.zeros((9, 16, 16), dtype=np.uint8), 4, one_point, 3).shown
    (0, 1, 3, 6, 8)
    """
    here, last = one(frames, frame), len(frames) - 1
    # More frames than there are is the same as all.
    values = _with([*(each for each in _WINDOWS if each < last), last], window)
    shown = _with([min(each, last) for each in _WINDOWS_SHOWN], window)

    @cache
    def span(reach: int) -> Span:
        near = points.take(points.near(frame, reach))
        measure = partial(coverage.coverage, near, here.shape)
        extent, deviation = (tuple(measure(name).tolist()) for name in ("extent", "deviation"))
        if len(near) == 0:
            return Span(reach, near, extent, deviation)
        width, height = measure("extent", "pixels").tolist()
        box = float(near.x.min()), float(near.y.min()), width, height
        width, height = measure("deviation", "pixels").tolist()
        x, y = coverage.centre(near)
        return Span(
            reach, near, extent, deviation, box, (x - width / 2, y - height / 2, width, height)
        )

    return Knob(
        name="frames to either side",
        help="Points within so many frames of the key frame are taken for its own.",
        values=values,
        value=window,
        draw=lambda reach: plots_controls_points.span_at_window(
            here, span(reach), [span(each) for each in values]
        ),
        shown=shown,
        alt="The points around a key frame and the boxes that they span, for several windows.",
        survey=lambda windows: plots_controls_points.spans_by_window(
            here, [span(each) for each in windows]
        ),
    )


#: Forms of the search whose spirals are compared, the source's and our repair, with their q.
_FORMS = {f"{form}, q = {seagull.PRESETS[form]['q']:g}": form for form in ("corrected", "stable")}


def spiral_scale(target: tuple[float, float], seed: int) -> Knob:
    """The p of (27), for the search with the source's equations and for our repair, in a plane.

    Seagulls, box, iterations and hill are those of `har_lib.experiments.positions`.

    Examples
    --------
    >>> spiral_scale((-0.35, 0.5), seed=0).value
    1.0
    """
    from har_lib import experiments

    own = float(seagull.PRESETS["corrected"]["p"])
    grid = np.linspace(-1, 1, 81)
    height = experiments.hill(np.stack(np.meshgrid(grid, grid), axis=-1), target)
    landscape = grid, grid, height

    @cache
    def flight(form: str, p: float) -> Flight:
        courses: list[np.ndarray] = []
        found = seagull.maximise(
            lambda at: experiments.hill(at, target),
            [-1, -1],
            [1, 1],
            form=form,
            p=p,
            seed=seed,
            population=20,
            iterations=8,
            callback=lambda y, where, values: courses.append(where),
        )
        # The hill is minus the squared distance.
        distances = np.sqrt(-experiments.hill(np.array(courses), target))
        best = np.minimum.accumulate(distances.min(axis=1))
        outside = float(found.diagnostics["clipped"].mean())
        return Flight(courses, np.median(distances, axis=1), best, outside)

    return Knob(
        name="p",
        help="Scale of the spiral in (27): steps are multiplied with its cube.",
        values=_with(_SCALES, own),
        value=own,
        draw=lambda p: plots_controls.flights_at_scale(
            landscape, {name: flight(form, p) for name, form in _FORMS.items()}, p, target
        ),
        shown=_with(_SCALES_SHOWN, own),
        alt="Seagulls over a landscape, for several scales of the spiral and two forms.",
        survey=lambda scales: plots_controls.flights_by_scale(
            landscape,
            {name: {p: flight(form, p) for p in scales} for name, form in _FORMS.items()},
            target,
        ),
    )
