"""Made-up numbers for each picture of the study of leakage (tests/test_figures.py)."""

from typing import Any

import numpy as np
import pandas as pd

from har_lib.leakage_report import MECHANISM_WORDS
from har_lib.plots_leakage import RUNGS as _RUNGS

RUNGS = list(_RUNGS)
LADDER = pd.DataFrame(
    {
        "classifier": np.repeat(["SVM", "kNN", "ANN"], 4),
        "rung": RUNGS * 3,
        "estimate": [95.0, 84, 69, 68, 100, 83, 64, 64, 99, 78, 68, 67],
    }
).assign(low=lambda rows: rows.estimate - 4, high=lambda rows: (rows.estimate + 5).clip(upper=100))
REPORTED = {"ALSTM": 95.15, "LSTM": 92.1, "ANN": 86.5, "kNN": 70.1}
GAPS = pd.DataFrame(
    {
        "words": ["SVM: by key frame less by group", "kNN: by clip less by group"],
        "classifier": ["SVM", "kNN"],
        "estimate": [15.0, 1.0],
        "low": [11.0, -2.0],
        "high": [20.0, 4.0],
        "p": [".001", ".310"],
        "primary": [True, False],
    }
)
CURVE = pd.DataFrame(
    [
        {
            "place": place,
            "classifier": name,
            "rung": rung,
            "share": share,
            "accuracy": 50 + 10 * number - 20 * share * (number > 1),
        }
        for place in ("group and class", "clip")
        for name in ("SVM", "kNN")
        for number, rung in enumerate(RUNGS)
        for share in (0.0, 0.5, 0.9)
    ]
).assign(low=lambda rows: rows.accuracy - 2, high=lambda rows: rows.accuracy + 2)
SHUFFLED = pd.DataFrame(
    {
        "classifier": np.repeat(["SVM", "kNN"], 3),
        "rung": RUNGS[1:] * 2,
        "excess": [20.0, 0.1, -0.4, 25.0, 0.0, 0.6],
    }
).assign(excess_low=lambda rows: rows.excess - 1, excess_high=lambda rows: rows.excess + 1)

DRAWN: dict[str, dict[str, Any]] = {
    "ladder": {
        "panels": {"fight clips": LADDER, "silhouettes": LADDER[:8]},
        "commonest": {"fight clips": 50.0, "silhouettes": 10.0},
        "reported": REPORTED,
    },
    "gaps": {"panels": {"fight clips": GAPS, "silhouettes": GAPS.assign(primary=False)}},
    "mechanism": {"curve": CURVE, "chance": 10.0, "label": MECHANISM_WORDS},
    "shuffled_labels": {"panels": {"fight clips": SHUFFLED, "silhouettes": SHUFFLED[:3]}},
}

#: Picture -> a change of its arguments that must show.
CHANGES: list[tuple[str, dict[str, Any]]] = [
    ("ladder", {"panels": {"fight clips": LADDER.assign(low=50), "silhouettes": LADDER[:8]}}),
    ("ladder", {"commonest": {"fight clips": 52.0, "silhouettes": 10.0}}),
    ("ladder", {"reported": REPORTED | {"kNN": 60.0}}),
    ("gaps", {"panels": {"fight clips": GAPS, "silhouettes": GAPS}}),
    ("mechanism", {"chance": 50.0}),
    ("mechanism", {"curve": CURVE.assign(high=90)}),
    ("shuffled_labels", {"panels": {"fight clips": SHUFFLED, "silhouettes": SHUFFLED[3:]}}),
]
