"""Made-up numbers for the picture of the ablation of features (tests/test_figures.py)."""

from typing import Any

import numpy as np
import pandas as pd

_TABLE = pd.DataFrame(
    {
        "question": ["none", "none", "key frames", "key frames", "features", "features"],
        "variant": ["corrected", "corrected", "uniform", "uniform", "shape alone", "shape alone"],
        "method": ["SVM", "LSTM"] * 3,
        "difference": [np.nan, np.nan, -0.1, 0.05, -0.2, -0.15],
        "difference_low": [np.nan, np.nan, -0.2, -0.05, -0.3, -0.3],
        "difference_high": [np.nan, np.nan, 0.0, 0.15, -0.1, 0.0],
        "p_holm": [np.nan, np.nan, 0.06, 0.4, 0.01, 0.06],
    }
)

DRAWN: dict[str, dict[str, Any]] = {"feature_ablation": {"tables": {"a": _TABLE, "b": _TABLE}}}

CHANGES: list[tuple[str, dict[str, Any]]] = [
    ("feature_ablation", {"tables": {"a": _TABLE.assign(p_holm=0.01), "b": _TABLE}}),
    ("feature_ablation", {"tables": {"a": _TABLE, "b": _TABLE.assign(difference_low=-0.4)}}),
]
