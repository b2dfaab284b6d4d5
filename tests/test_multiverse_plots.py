"""The pictures of the multiverse draw what they are given, the same every time."""

from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from har_lib import plots, plots_multiverse

_RANDOM = np.random.default_rng(0)
_ESTIMATE = np.sort(_RANDOM.random(30))
_LEVELS = pd.DataFrame(
    {
        "gate_form": pd.Categorical(_RANDOM.choice(["corrected", "literal"], 30)),
        "learning_rate": pd.Categorical(
            np.where(_RANDOM.random(30) < 0.3, None, "0.01"), categories=["0.01"]
        ),
    }
)
_MEANS = pd.DataFrame(
    {
        "axis": ["gate_form"] * 2 + ["readout"] * 2,
        "level": ["corrected", "literal", "last", "mean"],
        "mean": [0.4, 0.2, 0.3, 0.3],
        "low": [0.35, 0.15, 0.25, 0.25],
        "high": [0.45, 0.25, 0.35, 0.35],
    }
)
_SHARES = pd.DataFrame(
    {"share": [0.4, -0.01, 0.3, 0.31], "chance": [0.02, 0.02, np.nan, np.nan]},
    index=["gate_form", "readout", "interactions", "seeds (noise)"],
)
_RERUNS = pd.DataFrame(
    {
        "chosen": [True, True, False, False],
        "first": [0.8, 0.79, 0.5, 0.4],
        "seeds": [0.75, 0.76, 0.52, 0.39],
        "groups": [0.6, 0.62, 0.45, 0.36],
    }
)
_GAINS = pd.DataFrame(
    {"gain": [0.01, 0.6], "low": [0.005, 0.58], "high": [0.015, 0.62]},
    index=["best of the runs", "tested on what has trained"],
)

#: Drawing function -> arguments.
DRAWN: dict[str, dict[str, Any]] = {
    "specification_curve": {
        "curve": pd.DataFrame(
            {"estimate": _ESTIMATE, "low": _ESTIMATE - 0.1, "high": _ESTIMATE + 0.1}
        ),
        "levels": _LEVELS,
        "chance": 0.1,
        "paper": 95.15,
        "not_comparable": "not comparable: built-in data",
    },
    "marginal_means": {"means": _MEANS, "overall": 0.3, "columns": 2},
    "shares_of_spread": {"shares": _SHARES, "others": ["interactions", "seeds (noise)"]},
    "ways_to_report": {
        "ways": pd.DataFrame(
            {"groups apart": 100 * _ESTIMATE, "clips at random": 100 * _RANDOM.random(30)}
        ),
        "paper": 95.15,
        "not_comparable": "not comparable: built-in data",
    },
    "shrinkage": {"reruns": _RERUNS},
    "reporting": {"gains": _GAINS},
}


@pytest.fixture(autouse=True)
def _style() -> Any:
    with mpl.rc_context():
        plots.use_style()
        yield


def pixels(figure: Figure) -> np.ndarray:
    painted = FigureCanvasAgg(figure)
    painted.draw()
    return np.asarray(painted.buffer_rgba())[..., :3].copy()


def words(figure: Figure) -> str:
    return " ".join(text.get_text() for text in figure.findobj(Text))


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("specification_curve", {"chance": 0.2}),
        ("specification_curve", {"levels": _LEVELS[::-1].reset_index(drop=True)}),
        ("specification_curve", {"paper": 80.0}),
        ("marginal_means", {"overall": 0.35}),
        ("marginal_means", {"means": _MEANS.assign(high=0.5)}),
        ("shares_of_spread", {"others": ["interactions"]}),
        ("shares_of_spread", {"shares": _SHARES.assign(chance=[0.1, 0.1, np.nan, np.nan])}),
        ("ways_to_report", {"paper": 80.0}),
        ("ways_to_report", {"ways": pd.DataFrame({"groups apart": [1.0], "clips at random": 2.0})}),
        ("shrinkage", {"reruns": _RERUNS.assign(groups=0.5)}),
        ("reporting", {"gains": _GAINS.assign(high=0.7)}),
    ],
)
def test_other_numbers_are_another_picture(name: str, change: dict[str, Any]) -> None:
    function = getattr(plots_multiverse, name)
    before, after = pixels(function(**DRAWN[name])), pixels(function(**DRAWN[name] | change))
    assert before.shape == after.shape
    assert (before != after).any()


@pytest.mark.parametrize("name", ["specification_curve", "ways_to_report"])
def test_the_papers_number_stands_only_with_the_words_that_it_cannot_be_compared(
    name: str,
) -> None:
    text = words(getattr(plots_multiverse, name)(**DRAWN[name]))
    assert "95.15 % – not comparable: built-in data" in text


def test_a_way_that_was_not_run_leaves_the_others_their_colours() -> None:
    plain = DRAWN["ways_to_report"]
    both = pd.DataFrame({"a": 1.0, "b": np.nan, "c": [3.0, 4.0]})
    every = plots_multiverse.ways_to_report(**plain | {"ways": both.fillna(2.0)}).axes[0]
    fewer = plots_multiverse.ways_to_report(**plain | {"ways": both}).axes[0]
    colors = [
        {part.get_label().partition(":")[0]: tuple(part.get_facecolor()[0]) for part in own}  # type: ignore[attr-defined]
        for own in (every.collections, fewer.collections)
    ]
    assert set(colors[1]) == {"a", "c"}
    assert colors[1].items() <= colors[0].items()


def test_each_level_of_each_axis_has_its_row() -> None:
    figure = plots_multiverse.specification_curve(**DRAWN["specification_curve"])
    labels = [label.get_text() for label in figure.axes[1].get_yticklabels()]
    assert labels == ["corrected", "literal", "0.01"]
    # A universe in which the axis has no effect has no tick.
    drawn = sum(len(part.get_segments()) for part in figure.axes[1].collections)  # type: ignore[attr-defined]
    assert drawn == 30 + int(_LEVELS.learning_rate.notna().sum())
