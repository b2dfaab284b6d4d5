"""A figure on disk: picture, numbers and origin, the same every time; and each of the paper's."""

import ast
import inspect
import json
import struct
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from IPython.core.formatters import DisplayFormatter
from matplotlib.figure import Figure

from har_lib import (
    figures,
    paper,
    plots,
    plots_ablation,
    plots_audit,
    plots_clip,
    plots_controls,
    plots_controls_points,
    plots_leakage,
    plots_learning,
    plots_multiverse,
    plots_search,
)
from har_lib.files import ROOT
from har_lib.mistakes import Mistake
from tests import drawn_ablation, drawn_audit, drawn_clip, drawn_controls, drawn_leakage
from tests.test_multiverse_plots import DRAWN as drawn_multiverse

# ---------------------------------------------------------------- what is written


@pytest.fixture(autouse=True)
def _style() -> Any:
    with mpl.rc_context():
        plots.use_style()
        yield


def picture(slope: float = 1.0) -> Figure:
    figure, axes = plots.canvas(3, 2)
    axes.plot([0, 1, 2], [0, slope, 2 * slope])
    axes.set(xlabel="μ (pixels)")
    return figure


TABLE = pd.DataFrame({"name": ["a", "b"], "value": [1 / 3, np.nan], "count": [10_000_000, 2]})
ORIGIN = {"notebook": "none", "choices": {"harris_k": 0.005}}


def save(folder: Path, figure: Figure) -> None:
    figures.save(figure, folder, "name", TABLE, ORIGIN, "A rising line.")


def png_chunks(content: bytes) -> dict[bytes, bytes]:
    """Chunk type -> data, the last of each type."""
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    found, place = {}, 8
    while place < len(content):
        (length,) = struct.unpack(">I", content[place : place + 4])
        found[content[place + 4 : place + 8]] = content[place + 8 : place + 8 + length]
        place += 12 + length
    return found


def test_three_files_picture_numbers_and_origin(tmp_path: Path) -> None:
    save(tmp_path / "deep" / "er", picture())
    folder = tmp_path / "deep" / "er"
    assert {path.name for path in folder.iterdir()} == {"name.png", "name.csv", "name.json"}
    assert (folder / "name.csv").read_text() == ("name,value,count\na,0.333333,10000000\nb,,2\n"), (
        "six digits, and nothing for what is not there"
    )
    assert json.loads((folder / "name.json").read_text()) == {"alt": "A rising line.", **ORIGIN}


def test_the_picture_names_neither_software_nor_time(tmp_path: Path) -> None:
    save(tmp_path, picture())
    chunks = png_chunks((tmp_path / "name.png").read_bytes())
    assert set(chunks) <= {b"IHDR", b"pHYs", b"IDAT", b"IEND"}
    width, height = struct.unpack(">II", chunks[b"IHDR"][:8])
    assert (width, height) == (300, 200), "inches times dots per inch, nothing cut off"


def test_the_same_figure_is_the_same_bytes(tmp_path: Path) -> None:
    save(tmp_path / "first", picture())
    save(tmp_path / "second", picture())
    save(tmp_path / "other", picture(slope=2.0))
    for ending in ("png", "csv", "json"):
        first = (tmp_path / "first" / f"name.{ending}").read_bytes()
        assert (tmp_path / "second" / f"name.{ending}").read_bytes() == first
        other = (tmp_path / "other" / f"name.{ending}").read_bytes()
        # Axes without numbers aside, another slope is another picture and nothing else.
        assert (other == first) == (ending != "png")


def test_a_notebook_shows_the_saved_picture_with_its_words(tmp_path: Path) -> None:
    """As IPython formats the last expression of a cell."""
    save(tmp_path, picture())
    shown = figures.Picture(picture(), "A rising line.")
    data, metadata = DisplayFormatter().format(shown)
    assert data["image/png"] == (tmp_path / "name.png").read_bytes()
    assert metadata["image/png"] == {"alt": "A rising line."}
    assert data["text/plain"] == "A rising line."
    assert set(data) == {"image/png", "text/plain"}


def test_a_figure_with_an_origin_that_is_no_number_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        figures.save(picture(), tmp_path, "name", TABLE, {"value": float("nan")}, "")


# ---------------------------------------------------------------- every function draws


RANDOM = np.random.default_rng(0)
FRAMES = RANDOM.integers(0, 256, (3, 24, 32), dtype=np.uint8)
MASK = np.zeros((24, 32), dtype=bool)
MASK[4:20, 8:24] = True
POINTS = SimpleNamespace(
    t=np.array([1, 2]), y=np.array([3, 9]), x=np.array([5, 20]), response=np.array([2.0, 1.0])
)
PROBABILITIES = {"jump": 0.7, "run": 0.3}
COVERAGES = pd.DataFrame(
    {
        "action": ["jump", "jump", "run", "run"] * 2,
        "direction": ["horizontal"] * 4 + ["vertical"] * 4,
        "coverage": np.linspace(0.1, 0.8, 8),
    }
)
MEANS = pd.DataFrame(
    {"mean": [0.3, 0.5], "low": [0.2, 0.45], "high": [0.4, 0.55]}, index=["corrected", "stable"]
)
SHORTENED = pd.DataFrame(
    {"method": ["stable + Adam"], "side": [1.0], "mean": [0.55], "low": [0.5], "high": [0.6]}
)
LEVELS = pd.DataFrame(
    {
        "distance": ["absolute", "signed", "signed"],
        "k": ["a seagull", "a seagull", "a coordinate"],
        "p, q": ["1, 1", "1, 1", "0.5, 0.05"],
        "other": ["", "", "greedy"],
        "mean": [0.3, 0.4, 0.5],
        "low": [0.25, 0.35, 0.45],
        "high": [0.35, 0.45, 0.55],
    }
)
BIAS = pd.DataFrame(
    {
        "function": "sphere",
        "form": ["corrected", "stable"],
        "seeds": 3,
        **{
            f"{place}_{name}": [size * factor, 3 * size * factor]
            for place, size in (("centred", 1e-3), ("shifted", 10.0))
            for name, factor in (("lower_quartile", 0.5), ("median", 1.0), ("upper_quartile", 2.0))
        },
        "decades_lost": 4.0,
    }
)
#: Function -> arguments that give it something to draw. A new function fails until it is here.
DRAWN: dict[str, dict[str, Any]] = {
    "block_diagram": {},
    "rivals": {
        "recorded": (MEANS, MEANS - 0.4),
        "now": (MEANS - 0.1, MEANS - 0.5),
        "chance": 0.2,
        "margin": 0.03,
    },
    "starts": {
        "found": pd.DataFrame(
            {
                "method": ["one draw"] * 2 + ["stable + Adam"] * 2,
                "side": [0.1, 1.0] * 2,
                "mean": [0.8, 0.3, 0.85, 0.6],
                "low": [0.7, 0.2, 0.8, 0.5],
                "high": [0.9, 0.4, 0.9, 0.7],
            }
        ),
        "shortened": SHORTENED,
        "chance": 0.2,
    },
    "ablation": {"recorded": LEVELS, "now": LEVELS[:1].assign(mean=0.35), "chance": 0.2},
    "centre_bias": {"summary": BIAS, "floor": 1e-8},
    "frame_sheet": {"frames": FRAMES, "titles": ["a", "b", "c"], "columns": 2},
    "similarity_curve": {
        "curves": {"SSIM": np.array([0.9, 0.4, 0.95])},
        "threshold": 0.9,
        "key_frames": np.array([0, 2]),
    },
    "key_frame_counts": {
        "thresholds": np.array([0.8, 0.9]),
        "counts": {"windows": np.array([1, 4])},
    },
    "silhouette_under_grid": {
        "frame": FRAMES[0],
        "mask": MASK,
        "edges_y": [4, 8, 12, 16, 20],
        "edges_x": [8, 12, 16, 20, 24],
        "bits": np.arange(16) % 2,
    },
    "feature_rows": {"rows": RANDOM.random((2, 16)), "labels": ["jump", "run"], "xlabel": "cell"},
    "coverage_box": {"frame": FRAMES[0], "points": POINTS, "centre": (12.5, 6.0)},
    "coverage_by_action": {"table": COVERAGES, "order": ["jump", "run"]},
    "kernel_factors": {"t": np.array([0.2, 0.6, 0.2]), "x": np.array([0.3, 0.4, 0.3])},
    "response_at": {
        "frame": FRAMES[0],
        "corrected": RANDOM.normal(size=(24, 32)),
        "printed": -RANDOM.random((24, 32)),
        "points": POINTS,
        "printed_maxima": np.array([[3, 4], [20, 11]]),
    },
    "points_in_space_time": {"points": POINTS, "length": 9, "width": 32, "height": 24},
    "jet_bars": {"values": [1.0, -2.0, 3.0], "names": ["x", "y", "t"], "breaks": [2]},
    "similarity_map": {
        "frame": FRAMES[0],
        "values": 1 + 8 * RANDOM.random((14, 22)),
        "largest": 9.0,
    },
    "cell_growth": {
        "growth": pd.DataFrame(
            {"corrected": [1.0, 1.5, 1.2], "as printed": [5.0, 1e4, 1e9]},
            index=pd.RangeIndex(1, 4, name="step"),
        )
    },
    "share_upward": {
        "shares": {"literal": np.array([0.0, 1.0, 1.0]), "stable": np.array([0.4, 0.5, 0.6])},
        "titles": {"literal": "as printed", "stable": "our repair"},
    },
    "spiral_multiplier": {"k": np.linspace(0, 6, 9), "curves": {"q = 1": np.linspace(-9, 9, 9)}},
    "seagull_paths": {
        "landscape": (np.arange(4.0), np.arange(4.0), RANDOM.random((4, 4))),
        "positions": {"corrected": [RANDOM.random((5, 2)), RANDOM.random((5, 2))]},
        "optimum": (0.3, 0.4),
    },
    "convergence": {"histories": {"stable": np.array([[0.2, 0.5], [0.3, 0.4]])}, "ylabel": "best"},
    "learning_curves": {"curves": {"ALSTM": np.array([1.0, 0.4, 0.6])}, "best": {"ALSTM": 2}},
    "comparison": {
        "methods": ["ALSTM", "kNN"],
        "ours": [80.0, 60.0],
        "intervals": [(70.0, 90.0), (50.0, 70.0)],
        "paper": [95.15, None],
        "metric": "accuracy",
        "chance": 33.3,
        "data": "made up",
    },
    "confusion": {
        "matrix": np.array([[3, 1], [0, 4]]),
        "labels": ["jump", "run"],
        "mistakes": [Mistake("jump", "run", 1, 4, FRAMES[0], FRAMES[1])],
    },
    "group_accuracy": {"names": ["g1", "g2"], "values": {"ALSTM": [80.0, 90.0]}},
}


DRAWN |= drawn_ablation.DRAWN | drawn_audit.DRAWN | drawn_leakage.DRAWN | drawn_multiverse
DRAWN |= drawn_clip.DRAWN | drawn_controls.DRAWN


def drawing_functions() -> dict[str, Callable[..., Figure]]:
    """Every public function of the plot modules that gives a figure."""
    return {
        name: function
        for module in (
            plots,
            plots_ablation,
            plots_audit,
            plots_clip,
            plots_controls,
            plots_controls_points,
            plots_leakage,
            plots_learning,
            plots_multiverse,
            plots_search,
        )
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__
        and not name.startswith("_")
        and inspect.signature(function).return_annotation is Figure
    }


def pixels(figure: Figure) -> np.ndarray:
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()


def words(figure: Figure) -> str:
    """All visible text of a figure."""
    found = [t for t in figure.findobj(mpl.text.Text) if t.get_visible()]
    return " | ".join(t.get_text() for t in found)


def test_every_drawing_function_has_something_to_draw() -> None:
    assert set(drawing_functions()) == set(DRAWN)


@pytest.mark.parametrize("name", DRAWN)
def test_a_function_draws_and_draws_the_same_again(name: str) -> None:
    function = drawing_functions()[name]
    first, second = pixels(function(**DRAWN[name])), pixels(function(**DRAWN[name]))
    np.testing.assert_array_equal(first, second)
    ink = (first != 255).any(axis=2).mean()
    assert 0.005 < ink < 1, "neither empty nor filled"
    # Nothing runs over the edge of the picture.
    border = np.concatenate([first[0], first[-1], first[:, 0], first[:, -1]])
    assert (border == 255).all()


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("frame_sheet", {"frames": 255 - FRAMES}),
        ("similarity_curve", {"threshold": 0.5}),
        ("similarity_curve", {"key_frames": None}),
        ("silhouette_under_grid", {"bits": (np.arange(16) + 1) % 2}),
        ("coverage_box", {"centre": None}),
        ("jet_bars", {"values": [1.0, 2.0, 3.0]}),
        ("learning_curves", {"best": {"ALSTM": 1}}),
        ("comparison", {"ours": [80.0, 61.0]}),
        ("comparison", {"intervals": None}),
        ("comparison", {"chance": None}),
        ("confusion", {"matrix": np.array([[4, 0], [0, 4]])}),
        ("confusion", {"mistakes": [Mistake("jump", "run", 1, 4, FRAMES[2], FRAMES[1])]}),
        ("rivals", {"recorded": (MEANS, MEANS - 0.35)}),
        ("rivals", {"now": (MEANS, MEANS - 0.5)}),
        ("rivals", {"margin": 0.05}),
        ("starts", {"chance": 0.15}),
        ("starts", {"shortened": SHORTENED[:0]}),
        ("ablation", {"now": LEVELS[:0]}),
        ("ablation", {"recorded": LEVELS.assign(high=0.6)}),
        ("centre_bias", {"summary": BIAS.assign(shifted_median=[20.0, 25.0])}),
        *drawn_ablation.CHANGES,
        *drawn_audit.CHANGES,
        *drawn_clip.CHANGES,
        *drawn_controls.CHANGES,
        *drawn_leakage.CHANGES,
    ],
)
def test_other_numbers_are_another_picture(name: str, change: dict[str, Any]) -> None:
    function = drawing_functions()[name]
    before, after = pixels(function(**DRAWN[name])), pixels(function(**DRAWN[name] | change))
    assert before.shape == after.shape
    assert (before != after).any()


def test_what_the_paper_does_not_report_is_written_not_drawn() -> None:
    arguments = DRAWN["comparison"]
    axes = plots_learning.comparison(**arguments).axes[0]
    assert sorted(bar.get_height() for bar in axes.patches) == [60.0, 80.0, 95.15]  # type: ignore[attr-defined]
    text = words(plots_learning.comparison(**arguments))
    assert text.count("not reported") == 1
    assert "95.15" in text
    silent = plots_learning.comparison(**arguments | {"paper": [None, None]})
    assert len(silent.axes[0].patches) == 2
    assert words(silent).count("not reported") == 2


# ---------------------------------------------------------------- the paper's figures


def saved_figures() -> list[tuple[str, int, str]]:
    """Notebook, cell and name of every ``session.save(figure, name, ...)``."""
    found = []
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        for place, cell in enumerate(json.loads(path.read_text(encoding="utf-8"))["cells"]):
            if cell["cell_type"] == "code":
                for node in ast.walk(ast.parse("".join(cell["source"]))):
                    if isinstance(node, ast.Call) and ast.unparse(node.func) == "session.save":
                        found.append((path.stem, place, ast.literal_eval(node.args[1])))
    return found


@pytest.mark.parametrize("id", paper.FIGURES)
def test_each_of_the_papers_figures_is_saved_by_one_cell(id: str) -> None:
    places = [(notebook, cell) for notebook, cell, name in saved_figures() if name == id]
    assert len(places) == 1
    assert places[0][0] == paper.FIGURES[id].notebook


def test_no_cell_saves_two_figures_and_no_name_is_used_twice() -> None:
    found = saved_figures()
    assert len({(notebook, cell) for notebook, cell, _ in found}) == len(found)
    assert len({name for _, _, name in found}) == len(found)


# ---------------------------------------------------------------- as many as UCF101 has


def _many(count: int) -> list[str]:
    return [f"name{i:03}" for i in range(count)]


def test_many_groups_are_curves_from_the_lowest_accuracy_to_the_highest() -> None:
    values = RANDOM.random(707) * 100
    figure = plots_learning.group_accuracy(_many(707), {"ALSTM": values})
    (axes,) = figure.axes
    drawn = np.asarray(axes.lines[0].get_ydata())
    assert (drawn == np.sort(values)).all()
    assert "lowest accuracy to its highest" in axes.get_xlabel()
    assert not any("name" in label.get_text() for label in axes.get_xticklabels())


def test_a_confusion_matrix_of_many_classes_is_no_wall() -> None:
    """At most about a screen in height, with every name, and no count within cells."""
    figure = plots_learning.confusion(np.eye(101, dtype=int), _many(101))
    assert figure.get_size_inches().max() < 16
    axes = figure.axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == _many(101)
    assert not axes.texts
