"""Made-up numbers for each picture of the notebooks' knobs (tests/test_figures.py)."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np

from har_lib.plots_controls import Body, Flight, KeyFrameChoice
from har_lib.plots_controls_points import Span

RANDOM = np.random.default_rng(1)
FRAMES = RANDOM.integers(0, 256, (4, 24, 32), dtype=np.uint8)
CURVE = np.array([0.95, 0.4, 0.9, 0.7, 0.99])
FEW = KeyFrameChoice(0.5, CURVE, np.array([0, 2]), np.array([0, 2, 4]))
MANY = KeyFrameChoice(0.92, CURVE, np.array([0, 2, 3, 4]), np.array([0, 2, 4]))

MASK = np.zeros((24, 32), dtype=bool)
MASK[4:20, 8:24] = True
BODY = Body(25, MASK, [4, 8, 12, 16, 20], [8, 12, 16, 20, 24], np.ones(16), 0.5)
NOBODY = Body(90, ~MASK & MASK, [], [], np.zeros(16), 0.0)
DIFFERENCE = RANDOM.integers(0, 99, (24, 32))

POINTS = SimpleNamespace(
    t=np.array([1, 2, 8]),
    y=np.array([3, 9, 20]),
    x=np.array([5, 20, 28]),
    response=np.array([2.0, 1.0, 0.1]),
)
NOTHING = SimpleNamespace(**{name: np.empty(0) for name in ("t", "y", "x", "response")})
COUNTS = {0.001: 30, 0.005: 20, 0.1: 0}

WIDE = Span(3, POINTS, (0.72, 0.71), (0.84, 0.9), (5, 3, 23, 17), (3, 1, 27, 22))
NARROW = Span(0, NOTHING, (0.0, 0.0), (0.0, 0.0))

GRID = np.linspace(-1, 1, 5)
LANDSCAPE = GRID, GRID, -np.add.outer(GRID**2, GRID**2)
FLIGHT = Flight([RANDOM.uniform(-1, 1, (6, 2)) for _ in range(3)], (0.1, 0.2), 0.5 ** GRID[:3], 0.4)
OTHER = replace(FLIGHT, best=(-0.5, 0.6), outside=0.0)
FAR = np.array([0.8, 0.7, 0.6])

DRAWN: dict[str, dict[str, Any]] = {
    "key_frames_by_threshold": {"choices": [FEW, MANY]},
    "key_frames_at_threshold": {"choice": FEW, "frames": FRAMES[:3]},
    "bodies_by_level": {"frame": FRAMES[0], "bodies": [BODY, NOBODY], "usual": BODY},
    "body_at_level": {
        "frame": FRAMES[0],
        "difference": DIFFERENCE,
        "body": BODY,
        "usual": NOBODY,
    },
    "points_by_k": {"frame": FRAMES[0], "found": {0.005: POINTS, 1.0: NOTHING}, "length": 9},
    "points_at_k": {
        "frame": FRAMES[0],
        "k": 0.005,
        "points": POINTS,
        "length": 9,
        "counts": COUNTS,
        "limit": 0.037,
    },
    "spans_by_window": {"frame": FRAMES[0], "spans": [NARROW, WIDE]},
    "span_at_window": {"frame": FRAMES[0], "span": WIDE, "every": [NARROW, WIDE]},
    "flights_by_scale": {
        "landscape": LANDSCAPE,
        "flights": {"corrected": {0.1: FLIGHT, 1.0: OTHER}, "stable": {0.1: OTHER, 1.0: FLIGHT}},
        "optimum": (0.3, 0.4),
    },
    "flights_at_scale": {
        "landscape": LANDSCAPE,
        "flights": {"corrected": FLIGHT, "stable": OTHER},
        "scale": 0.1,
        "optimum": (0.3, 0.4),
    },
}

#: Picture -> a change of its arguments that must show.
CHANGES: list[tuple[str, dict[str, Any]]] = [
    # Left out by the maximum, filled up, kept: each has a mark of its own.
    ("key_frames_by_threshold", {"choices": [FEW, replace(MANY, chosen=np.array([0, 2, 3]))]}),
    ("key_frames_by_threshold", {"choices": [replace(FEW, chosen=np.array([0, 2, 3])), MANY]}),
    ("key_frames_by_threshold", {"choices": [replace(FEW, passing=np.array([0, 4])), MANY]}),
    ("key_frames_at_threshold", {"frames": 255 - FRAMES[:3]}),
    ("key_frames_at_threshold", {"choice": replace(FEW, passing=np.array([0, 4]))}),
    ("key_frames_at_threshold", {"choice": replace(FEW, threshold=0.6)}),
    ("bodies_by_level", {"bodies": [NOBODY, BODY]}),
    ("bodies_by_level", {"usual": NOBODY}),
    ("bodies_by_level", {"usual": replace(BODY, bits=np.zeros(16))}),
    ("body_at_level", {"difference": 99 - DIFFERENCE}),
    ("body_at_level", {"usual": BODY}),
    ("body_at_level", {"body": replace(BODY, overlap=None)}),
    ("body_at_level", {"body": replace(BODY, edges_x=[8, 13, 16, 20, 24])}),
    ("points_by_k", {"found": {0.005: POINTS, 0.02: POINTS}}),
    ("points_by_k", {"length": 20}),
    ("points_at_k", {"limit": 0.06}),
    ("points_at_k", {"counts": COUNTS | {0.001: 31}}),
    ("spans_by_window", {"spans": [NARROW, replace(WIDE, box=(5, 3, 22, 17))]}),
    ("spans_by_window", {"spans": [NARROW, replace(WIDE, spread=(3, 1, 26, 22))]}),
    ("span_at_window", {"every": [replace(NARROW, window=1), WIDE]}),
    ("span_at_window", {"span": replace(WIDE, deviation=(0.84, 0.8))}),
    ("flights_by_scale", {"optimum": (0.3, 0.5)}),
    ("flights_at_scale", {"flights": {"corrected": FLIGHT, "stable": replace(OTHER, outside=0.5)}}),
    ("flights_at_scale", {"flights": {"corrected": FLIGHT, "stable": replace(OTHER, best=FAR)}}),
    ("flights_at_scale", {"flights": {"corrected": replace(FLIGHT, typical=FAR), "stable": OTHER}}),
]
