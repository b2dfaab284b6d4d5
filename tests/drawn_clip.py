"""Made-up numbers for the pictures of one clip (tests/test_figures.py)."""

from typing import Any

import numpy as np

from har_lib.plots_clip import Layout

_RANDOM = np.random.default_rng(0)
_FRAMES = [*_RANDOM.integers(0, 256, (3, 24, 32), dtype=np.uint8)]
_MASK = np.zeros((24, 32), dtype=bool)
_MASK[4:20, 8:24] = True
_MARKS = np.array([[5.0, 3.0, 2.0, 0.25], [20.0, 9.0, 2.0, 1.0]])
_LAYOUT = Layout(
    (640, 360), (20, 50, 280, 180), (330, 30, 290, 210), ((30, 270, 40, 20), (300, 270, 40, 20)),
    (50, 300, 560, 30),
)  # fmt: skip

#: Function -> arguments that give it something to draw.
DRAWN: dict[str, dict[str, Any]] = {
    "pipeline": {
        "frames": _FRAMES,
        "masks": [_MASK] * 3,
        "marks": [_MARKS, _MARKS[:0], _MARKS[:1]],
        "boxes": [(5.0, 3.0, 15.0, 6.0), None, (5.0, 3.0, 0.0, 0.0)],
        "numbers": [0, 4, 8],
        "probabilities": {"jump": 0.7, "run": 0.3},
    },
    "backdrop": {
        "layout": _LAYOUT,
        "name": "clip.avi",
        "curve": np.array([0.9, 0.4, 0.95, 0.97, 0.8]),
        "threshold": 0.9,
        "key_frames": [0, 2, 4],
        "shown": [0, 2],
        "frames_per_second": 25.0,
    },
    "panel": {
        "size": (420, 450),
        "probabilities": {"jump": 0.7, "run": 0.2},
        "final": {"jump": 0.8, "run": 0.1},
        "others": 3,
        "heading": "after key frame 2 of 3",
        "grid": np.eye(4),
        "numbers": {"interest points": "7", "coverage": "0.4 × 0.5"},
    },
}

#: Function, and what to change so that another picture must come out.
CHANGES: list[tuple[str, dict[str, Any]]] = [
    ("pipeline", {"masks": [~_MASK] * 3}),
    ("pipeline", {"marks": [_MARKS[:0]] * 3}),
    ("pipeline", {"boxes": [None] * 3}),
    ("pipeline", {"probabilities": {"jump": 0.6, "run": 0.4}}),
    ("pipeline", {"truth": "run"}),
    ("backdrop", {"threshold": None}),
    ("backdrop", {"key_frames": [0, 3, 4]}),
    ("backdrop", {"shown": [0, 1]}),
    ("backdrop", {"curve": np.array([0.9, 0.4, 0.95, 0.97, 0.5])}),
    ("backdrop", {"name": "other.avi"}),
    ("panel", {"probabilities": {"jump": 0.6, "run": 0.2}}),
    ("panel", {"final": {"jump": 0.7, "run": 0.1}}),
    ("panel", {"grid": 1 - np.eye(4)}),
    ("panel", {"others": 0}),
    ("panel", {"heading": "after key frame 3 of 3"}),
    ("panel", {"numbers": {"interest points": "8", "coverage": "0.4 × 0.5"}}),
]
