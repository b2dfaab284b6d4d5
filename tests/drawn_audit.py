"""Made-up numbers for each picture of the audit (tests/test_figures.py)."""

from typing import Any

import numpy as np
import pandas as pd

_ACCURACY = np.linspace(90, 100, 5)
_TABLE = pd.DataFrame(
    {
        "clips": [100, 200],
        "errors": [4.2, 9.1],
        "errors_allowed": [3.1, 6.4],
        "ratio": [1.3, 1.2],
        "subset_ratio": [1.6, 1.5],
    },
    index=pd.Index(["split 1", "all clips"], name="set"),
)
_CURVE = pd.DataFrame(
    {
        "lowest": 100 - 1.3 * (100 - _ACCURACY),
        "highest": 100 - 0.8 * (100 - _ACCURACY),
        "subset": 100 - 0.6 * (100 - _ACCURACY),
        "spread": np.full(5, 0.05),
    },
    index=pd.Index(_ACCURACY, name="accuracy"),
)
_GAIN = pd.DataFrame(
    {
        "low": [-4.0, 1.0],
        "high": [10.0, 5.0],
        "most_low": [0.0, 2.0],
        "most_high": [6.0, 4.0],
        "least_low": [-5.0, 1.0],
        "least_high": [11.0, 5.0],
    },
    index=pd.Index([100, 1000], name="clips"),
)
_REST = pd.DataFrame(
    {
        "chance": [50.0, 56.0, 98.0],
        "all_wrong": [0.0, 33.0, 98.0],
        "plain": [95.0, 92.0, np.nan],
    },
    index=pd.Index([2, 3, 101], name="classes"),
)

DRAWN: dict[str, dict[str, Any]] = {
    "recall_against_accuracy": {
        "curve": _CURVE,
        "claimed": ((95.145, 95.155), (97.15, 97.25)),
        "name": "made up",
    },
    "errors_and_ratio": {"table": _TABLE, "ratio_needed": 1.7},
    "random_test_sets": {
        "drawn": {"20 %": np.array([96.0, 97.0, 97.3]), "10 %": np.array([96.5, 97.4, 97.8])},
        "recall": 97.15,
    },
    "one_vs_rest": {"curve": _REST, "accuracy": 95.15},
    "gain": {"curve": _GAIN, "marks": {"here": 500}},
}

CHANGES: list[tuple[str, dict[str, Any]]] = [
    ("recall_against_accuracy", {"claimed": ((95.145, 95.155), (96.15, 96.25))}),
    ("recall_against_accuracy", {"curve": _CURVE.assign(subset=_CURVE.subset + 0.3)}),
    ("errors_and_ratio", {"ratio_needed": 1.65}),
    ("errors_and_ratio", {"table": _TABLE.assign(errors=[5.2, 9.1])}),
    ("random_test_sets", {"recall": 97.35}),
    ("one_vs_rest", {"accuracy": 90.0}),
    ("gain", {"marks": {"here": 600}}),
]
