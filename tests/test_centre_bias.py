"""Searches whose bias is known, medians by hand, and the picture of both."""

import functools
import itertools
import json
from collections.abc import Callable
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from har_lib import centre_bias, objectives, plots, plots_search, seagull
from har_lib.centre_bias import FLOOR, SEARCHES
from har_lib.errors import InputError
from har_lib.objectives import OBJECTIVES

SPHERE = OBJECTIVES["sphere"]


def asks(
    positions: Callable[[np.ndarray, np.ndarray, int], np.ndarray],
    fitness: Callable[[np.ndarray], np.ndarray],
    lower: np.ndarray,
    upper: np.ndarray,
    *,
    population: int,
    iterations: int,
    seed: int,
) -> seagull.Result:
    """A search that asks for the given positions only."""
    at = positions(lower, upper, seed)
    values = fitness(at)
    best = int(values.argmax())
    history = np.array([values[best]])
    return seagull.Result(at[best], float(values[best]), history, population * iterations, {})


def middle(lower: np.ndarray, upper: np.ndarray, seed: int) -> np.ndarray:
    return (lower + upper)[None] / 2


def a_corner(lower: np.ndarray, upper: np.ndarray, seed: int) -> np.ndarray:
    return upper[None]


MIDDLE = functools.partial(asks, middle)
CORNER = functools.partial(asks, a_corner)


def runs(**forms: dict[bool, list[float]]) -> pd.DataFrame:
    """Made-up runs of the sphere: form -> moved or not -> a value a seed."""
    rows = [
        ("sphere", moved, form, seed, value, 90)
        for form, places in forms.items()
        for moved, values in places.items()
        for seed, value in enumerate(values)
    ]
    return pd.DataFrame(
        rows, columns=["function", "shifted", "form", "seed", "best", "evaluations"]
    )


# ---------------------------------------------------------------- runs


def test_a_search_that_asks_for_the_middle_alone_finds_it_and_misses_what_was_moved() -> None:
    functions = [SPHERE, OBJECTIVES["Rosenbrock"]]
    found = centre_bias.measure(
        functions, {"middle": MIDDLE, "corner": CORNER}, dimensions=4, seeds=[3, 8]
    )
    assert list(found) == ["function", "shifted", "form", "seed", "best", "evaluations"]
    expected = []
    for function, moved, form, seed in itertools.product(
        functions, (False, True), ("middle", "corner"), (3, 8)
    ):
        target = objectives.shifted(function, 4, seed=seed) if moved else function
        at = np.full((1, 4), 0.0 if form == "middle" else function.upper)
        expected.append((function.name, moved, form, seed, float(target.function(at)[0]), 15000))
    assert found.to_numpy().tolist() == [list(row) for row in expected]
    centred = found[(found.function == "sphere") & (found.form == "middle") & ~found.shifted]
    assert centred.best.tolist() == [0.0, 0.0]


def test_the_settings_reach_the_search() -> None:
    seen: list[tuple[int, int, int, int]] = []

    def search(
        fitness: Any, lower: Any, upper: Any, *, population: int, iterations: int, seed: int
    ) -> seagull.Result:
        seen.append((len(lower), population, iterations, seed))
        assert (lower == -32).all()
        assert (upper == 32).all()
        return CORNER(
            fitness, lower, upper, population=population, iterations=iterations, seed=seed
        )

    found = centre_bias.measure(
        [OBJECTIVES["Ackley"]], {"own": search}, dimensions=6, population=7, iterations=9, seeds=[5]
    )
    assert seen == [(6, 7, 9, 5)] * 2
    assert found.evaluations.tolist() == [63, 63]


def test_the_result_does_not_depend_on_the_number_of_processes() -> None:
    forms = {name: SEARCHES[name] for name in ("stable", "random search")}
    alone, shared = (
        centre_bias.measure(
            [SPHERE], forms, dimensions=3, population=4, iterations=5, seeds=[0, 1], jobs=jobs
        )
        for jobs in (1, 2)
    )
    pd.testing.assert_frame_equal(alone, shared)


def test_every_search_gets_the_same_number_of_evaluations() -> None:
    found = centre_bias.measure(
        [SPHERE], SEARCHES, dimensions=4, population=6, iterations=11, seeds=[0]
    )
    assert found.form.unique().tolist() == [
        "literal", "corrected", "matlab", "stable", "random search", "sep-CMA-ES",
    ]  # fmt: skip
    assert found.evaluations.tolist() == [78] * 12
    assert seagull.evaluations(6, 11) == 78


def test_the_forms_are_those_of_the_seagull_search() -> None:
    for form in ("literal", "corrected", "matlab", "stable"):
        found = centre_bias.measure(
            [SPHERE], {form: SEARCHES[form]}, dimensions=3, population=5, iterations=8, seeds=[2]
        )
        own = seagull.maximise(
            lambda x: -objectives.sphere(x), [-100] * 3, [100] * 3,
            population=5, iterations=8, form=form, seed=2,
        )  # fmt: skip
        assert found.best[0] == -own.fitness
        assert found.form.tolist() == [form] * 2


def test_the_evolution_starts_nowhere_in_particular() -> None:
    """The library's own start, the middle of the box, would be the optimum itself."""
    starts = []
    for seed in (0, 1):
        asked: list[np.ndarray] = []

        def fitness(x: np.ndarray, asked: list[np.ndarray] = asked) -> np.ndarray:
            asked.append(x.copy())
            return -objectives.sphere(x)

        low, high = np.full(50, -100.0), np.full(50, 100.0)
        SEARCHES["sep-CMA-ES"](fitness, low, high, population=30, iterations=1, seed=seed)
        (start,), first = asked[:2]
        # Uniform on the box: the mean square is 100^2 / 3, to five standard errors.
        assert (start**2).mean() == pytest.approx(1e4 / 3, abs=5 * 1e4 * np.sqrt(4 / 45 / 50))
        # The first generation lies around it, not around the middle.
        assert np.corrcoef(start, first.mean(axis=0))[0, 1] > 0.8
        starts.append(start)
    assert abs(np.corrcoef(*starts)[0, 1]) < 5 / np.sqrt(50)


def test_moving_the_optimum_costs_the_seagulls_more_than_it_costs_the_rivals() -> None:
    """The printed rule and its repair are drawn to the middle; random search cannot be."""
    found = centre_bias.measure(
        [SPHERE],
        {name: SEARCHES[name] for name in ("corrected", "stable", "random search", "sep-CMA-ES")},
        dimensions=10, population=20, iterations=150, seeds=range(5),
    )  # fmt: skip
    lost = centre_bias.summary(found).set_index("form").decades_lost
    # A moved optimum is at most 180 of 100 away in a coordinate: 3.24 times the square at most.
    assert abs(lost["random search"]) < np.log10(3.24)
    assert lost["corrected"] > 1
    assert lost["stable"] > 5
    assert abs(lost["sep-CMA-ES"]) < 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"functions": []}, "nothing to run"),
        ({"forms": {}}, "nothing to run"),
        ({"seeds": []}, "nothing to run"),
        ({"seeds": [1, 2, 1]}, "one stands twice"),
    ],
)
def test_what_cannot_be_run_is_refused(change: dict[str, Any], message: str) -> None:
    settings = {"functions": [SPHERE], "forms": {"middle": MIDDLE}, "seeds": [0], **change}
    with pytest.raises(InputError, match=message):
        centre_bias.measure(settings.pop("functions"), settings.pop("forms"), **settings)


# ---------------------------------------------------------------- numbers


def test_medians_and_quartiles_by_hand() -> None:
    made = runs(
        stable={False: [4.0, 1.0, 3.0, 2.0, 100.0], True: [30.0, 10.0, 1e9, 20.0, 3000.0]},
        random={False: [7.0] * 5, True: [7.0] * 5},
    )
    # The order of rows is no matter.
    for table in (made, made.sample(frac=1, random_state=0)):
        found = centre_bias.summary(table).set_index("form")
        stable = found.loc["stable"].to_dict()
        assert stable == {
            "function": "sphere",
            "seeds": 5,
            "centred_lower_quartile": 2.0,
            "centred_median": 3.0,
            "centred_upper_quartile": 4.0,
            "shifted_lower_quartile": 20.0,
            "shifted_median": 30.0,
            "shifted_upper_quartile": 3000.0,
            "decades_lost": pytest.approx(1.0),
        }
        assert found.loc["random", "decades_lost"] == 0
    assert centre_bias.summary(made).form.tolist() == ["stable", "random"]


@pytest.mark.parametrize(
    ("centred", "shifted", "lost"),
    [
        (1.0, 1000.0, 3.0),
        (1000.0, 1.0, -3.0),
        (0.0, 0.0, 0.0),
        (0.0, 1.0, 8.0),
        (1e-80, 1e-8, 0.0),
        (-1e-13, 1e-6, 2.0),
        (1e-80, 1e-30, 0.0),
    ],
)
def test_decades_are_counted_from_the_floor(centred: float, shifted: float, lost: float) -> None:
    assert centre_bias.decades(centred, shifted) == pytest.approx(lost)


def test_what_is_recorded_is_plain_and_rounded() -> None:
    made = runs(
        stable={False: [0.0, 0.0], True: [1.23456, 1.23456]},
        random={False: [2.0, 2.0], True: [2.0, 2.0]},
    )
    found = centre_bias.as_results(made)
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert found["floor"] == FLOOR
    assert found["seeds"] == [0, 1]
    assert found["evaluations"] == 90
    assert list(found["functions"]["sphere"]) == ["stable", "random"]
    assert found["functions"]["sphere"]["stable"] == {
        "centred": {"lower_quartile": 0.0, "median": 0.0, "upper_quartile": 0.0},
        "shifted": {"lower_quartile": 1.235, "median": 1.235, "upper_quartile": 1.235},
        "decades_lost": 8.092,
    }


# ---------------------------------------------------------------- the picture


@pytest.fixture(autouse=True)
def _style() -> Any:
    with mpl.rc_context():
        plots.use_style()
        yield


def table() -> pd.DataFrame:
    generator = np.random.default_rng(0)
    rows = [
        (function, moved, form, seed, 10.0 ** generator.uniform(-12, 8), 90)
        for function in OBJECTIVES
        for moved in (False, True)
        for form in SEARCHES
        for seed in range(5)
    ]
    names = ["function", "shifted", "form", "seed", "best", "evaluations"]
    return centre_bias.summary(pd.DataFrame(rows, columns=names))


def drawn(figure: Figure) -> np.ndarray:
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()


def test_the_picture_shows_each_median_in_its_place() -> None:
    numbers = table()
    figure = plots_search.centre_bias(numbers, FLOOR)
    panels = [axes for axes in figure.axes if axes.get_title(loc="left")]
    assert [axes.get_title(loc="left") for axes in panels] == list(OBJECTIVES)
    forms = list(SEARCHES)
    # Both rows of panels share the names at the left.
    for axes in (panels[0], panels[3]):
        assert [label.get_text() for label in axes.get_yticklabels()] == forms
    for axes, function in zip(panels, OBJECTIVES, strict=True):
        dots = [line for line in axes.lines if line.get_marker() == "o"]
        assert len(dots) == 2 * len(forms)
        found = {}
        for dot in dots:
            (x,), (y,) = dot.get_data()
            hollow = dot.get_markerfacecolor() == "white"
            found[forms[round(y)], "centred" if hollow else "shifted"] = x
        own = numbers[numbers.function == function].set_index("form")
        for (form, place), x in found.items():
            assert x == max(own.loc[form, f"{place}_median"], FLOOR)
        low, high = axes.get_xlim()
        assert all(low < x < high for x in found.values())
        bars = [tuple(line.get_xdata()) for line in axes.lines if line.get_linewidth() == 1]
        assert bars == [
            tuple(
                max(own.loc[form, f"{place}_{side}_quartile"], FLOOR) for side in ("lower", "upper")
            )
            for form in forms
            for place in ("centred", "shifted")
        ]
        assert all(low < x < high for bar in bars for x in bar)
        # What is written beside a row is the loss of that row.
        words = {round(t.xy[1]): t.get_text() for t in axes.texts if t.get_text() != "lost"}
        for number, form in enumerate(forms):
            row, told = own.loc[form], words[number]
            if max(row.centred_median, row.shifted_median) <= FLOOR:
                assert told == "–"
                continue
            # What began below the floor has lost more than can be told.
            assert told.startswith("≥ ") == (row.centred_median <= FLOOR)
            lost = float(told.removeprefix("≥ ").replace("−", "-"))
            assert lost == pytest.approx(row.decades_lost, abs=0.051)


def test_no_words_of_the_picture_overlap_and_none_are_cut() -> None:
    figure = plots_search.centre_bias(table(), FLOOR)
    pixels = drawn(figure)
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    assert (border == 255).all()
    boxes = []
    for axes in figure.axes:
        words = [*axes.texts, *axes.get_xticklabels(), axes.xaxis.label, axes._left_title]
        if axes.get_subplotspec().is_first_col():
            words += axes.get_yticklabels()
        low, high = axes.get_xlim()
        for text in axes.texts:
            assert text.get_window_extent().x0 > axes.get_window_extent().x1, "beside the panel"
        for text in words:
            is_tick = text in axes.get_xticklabels()
            seen = not is_tick or low <= text.get_position()[0] <= high
            if text.get_text() and text.get_visible() and seen:
                boxes.append((text.get_text(), text.get_window_extent()))
    legend = figure.legends[0]
    boxes += [(text.get_text(), text.get_window_extent()) for text in legend.get_texts()]
    # In each of six panels a title, "lost", six losses and five powers; then two rows of names,
    # three labels below and the legend.
    assert len(boxes) == 6 * (1 + 1 + 6 + 5) + 2 * 6 + 3 + 4
    for (one, first), (other, second) in itertools.combinations(boxes, 2):
        assert not first.overlaps(second), (one, other)


def test_other_numbers_are_another_picture_and_the_same_are_the_same() -> None:
    numbers = table()
    first = drawn(plots_search.centre_bias(numbers, FLOOR))
    np.testing.assert_array_equal(first, drawn(plots_search.centre_bias(numbers, FLOOR)))
    changed = numbers.assign(shifted_upper_quartile=numbers.shifted_upper_quartile * 30)
    assert (first != drawn(plots_search.centre_bias(changed, FLOOR))).any()


def test_one_function_and_few_forms_are_drawn_too() -> None:
    numbers = table()
    part = numbers[(numbers.function == "Ackley") & numbers.form.isin(["stable", "random search"])]
    figure = plots_search.centre_bias(part, FLOOR)
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == [
        "stable",
        "random search",
    ]
    four = numbers[numbers.function.isin(list(OBJECTIVES)[:4])]
    shown = [axes for axes in plots_search.centre_bias(four, FLOOR).axes if axes.axison]
    assert len(shown) == 4


def test_the_colours_are_told_apart() -> None:
    assert set(plots_search.SEARCH_COLORS) == set(SEARCHES)
    assert len(set(plots_search.SEARCH_COLORS.values())) == len(SEARCHES)
