"""The six functions against loops and numbers by hand, and what moving the optimum leaves alone."""

import math
import pickle
from collections.abc import Callable

import numpy as np
import pytest

from har_lib import objectives
from har_lib.errors import InputError
from har_lib.objectives import OBJECTIVES, SCHWEFEL_OPTIMUM, Objective, shifted

NAMES = tuple(OBJECTIVES)


def loop_sphere(x: list[float]) -> float:
    return sum(a * a for a in x)


def loop_rosenbrock(x: list[float]) -> float:
    total = 0.0
    for i in range(len(x) - 1):
        total += 100 * (x[i + 1] - x[i] ** 2) ** 2 + (x[i] - 1) ** 2
    return total


def loop_rastrigin(x: list[float]) -> float:
    return 10 * len(x) + sum(a * a - 10 * math.cos(2 * math.pi * a) for a in x)


def loop_ackley(x: list[float]) -> float:
    squares = sum(a * a for a in x) / len(x)
    waves = sum(math.cos(2 * math.pi * a) for a in x) / len(x)
    return -20 * math.exp(-0.2 * math.sqrt(squares)) - math.exp(waves) + 20 + math.e


def loop_griewank(x: list[float]) -> float:
    product = 1.0
    for i, a in enumerate(x, start=1):
        product *= math.cos(a / math.sqrt(i))
    return sum(a * a for a in x) / 4000 - product + 1


def loop_schwefel(x: list[float]) -> float:
    """Inside the box only; the constant is that of Yao et al., to the digits known since."""
    return 418.98288727243374 * len(x) - sum(a * math.sin(math.sqrt(abs(a))) for a in x)


LOOPS: dict[str, Callable[[list[float]], float]] = {
    "sphere": loop_sphere,
    "Rosenbrock": loop_rosenbrock,
    "Schwefel 2.26": loop_schwefel,
    "Rastrigin": loop_rastrigin,
    "Ackley": loop_ackley,
    "Griewank": loop_griewank,
}


def draws(objective: Objective, count: int, dimensions: int, seed: int = 0) -> np.ndarray:
    generator = np.random.default_rng(seed)
    return generator.uniform(objective.lower, objective.upper, (count, dimensions))


# ---------------------------------------------------------------- the functions


@pytest.mark.parametrize("dimensions", [2, 3, 7])
@pytest.mark.parametrize("name", NAMES)
def test_a_function_is_what_a_loop_over_its_formula_gives(name: str, dimensions: int) -> None:
    positions = draws(OBJECTIVES[name], 40, dimensions)
    found = OBJECTIVES[name].function(positions)
    assert found.shape == (40,)
    assert found.dtype == np.float64
    expected = [LOOPS[name](row) for row in positions.tolist()]
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-10)


@pytest.mark.parametrize(
    ("name", "position", "value"),
    [
        ("sphere", [3.0, -4.0], 25.0),
        # 100 (3 - 4)^2 + 1, and with a third coordinate 100 (5 - 9)^2 + 4 on top.
        ("Rosenbrock", [2.0, 3.0], 101.0),
        ("Rosenbrock", [2.0, 3.0, 5.0], 1705.0),
        ("Rosenbrock", [0.0] * 30, 29.0),
        ("Rastrigin", [1.0, 2.0, -3.0], 14.0),
        ("Rastrigin", [0.5], 20.25),
        ("Ackley", [1.0, -1.0, 1.0], 20 - 20 * math.exp(-0.2)),
        # Waves at half a turn: 20 + e - 20 exp(-0.1) - exp(-1).
        ("Ackley", [0.5, 0.5], 20 + math.e - 20 * math.exp(-0.1) - math.exp(-1)),
        # cos(pi) = -1 in the first coordinate, and the same in the second one at sqrt(2) pi.
        ("Griewank", [math.pi, 0.0], 2 + math.pi**2 / 4000),
        ("Griewank", [0.0, math.sqrt(2) * math.pi], 2 + 2 * math.pi**2 / 4000),
        ("Schwefel 2.26", [0.0, 0.0], 2 * 418.98288727243374),
        # sin(sqrt(x)) = 1 at (5 pi / 2)^2, and minus that on the other side.
        ("Schwefel 2.26", [(2.5 * math.pi) ** 2], 418.98288727243374 - (2.5 * math.pi) ** 2),
        ("Schwefel 2.26", [-((2.5 * math.pi) ** 2)], 418.98288727243374 + (2.5 * math.pi) ** 2),
    ],
)
def test_values_by_hand(name: str, position: list[float], value: float) -> None:
    (found,) = OBJECTIVES[name].function(np.array([position]))
    assert found == pytest.approx(value, rel=1e-12, abs=1e-10)


def test_the_boxes_are_those_of_the_source() -> None:
    sides = {name: (one.lower, one.upper) for name, one in OBJECTIVES.items()}
    assert sides == {
        "sphere": (-100, 100),
        "Rosenbrock": (-30, 30),
        "Schwefel 2.26": (-500, 500),
        "Rastrigin": (-5.12, 5.12),
        "Ackley": (-32, 32),
        "Griewank": (-600, 600),
    }
    assert all(name == one.name for name, one in OBJECTIVES.items())
    assert all("doi:10.1109/4235.771163" in one.source for one in OBJECTIVES.values())


@pytest.mark.parametrize("dimensions", [2, 5, 30])
@pytest.mark.parametrize("name", NAMES)
def test_the_optimum_is_exactly_0_and_nothing_near_or_far_is_lower(
    name: str, dimensions: int
) -> None:
    objective = OBJECTIVES[name]
    place = objective.optimum(dimensions)
    assert place.shape == (dimensions,)
    assert (place >= objective.lower).all()
    assert (place <= objective.upper).all()
    assert objective.function(place[None])[0] == 0
    steps = np.random.default_rng(1).normal(size=(300, dimensions))
    for scale in (1e-3, 0.1, 1.0, 10.0, 300.0):
        # Far beyond the box too, where a moved function is asked.
        assert (objective.function(place + scale * steps) > 0).all()


@pytest.mark.parametrize("name", [name for name in NAMES if name != "Ackley"])
def test_the_gradient_vanishes_at_the_optimum(name: str) -> None:
    objective, h = OBJECTIVES[name], 1e-5
    place = objective.optimum(4)
    steps = h * np.eye(4)
    slope = (objective.function(place + steps) - objective.function(place - steps)) / (2 * h)
    np.testing.assert_allclose(slope, 0, atol=1e-6)
    # It is a minimum, not a saddle: higher on both sides of each coordinate.
    assert (objective.function(place + 1e-3 * np.eye(4)) > 0).all()
    assert (objective.function(place - 1e-3 * np.eye(4)) > 0).all()


def test_ackley_has_a_kink_at_the_optimum() -> None:
    near = objectives.ackley(1e-6 * np.eye(4)[:2] * [[1], [-1]])
    # 20 * 0.2 * |x| / sqrt(D), the same on both sides.
    np.testing.assert_allclose(near, 4e-6 / 2, rtol=1e-4)


@pytest.mark.parametrize("name", NAMES)
def test_order_of_coordinates_matters_to_rosenbrock_and_griewank_alone(name: str) -> None:
    positions = draws(OBJECTIVES[name], 20, 6, seed=2) / 3
    value, turned = (OBJECTIVES[name].function(x) for x in (positions, positions[:, ::-1]))
    if name in ("Rosenbrock", "Griewank"):
        assert (np.abs(value - turned) > 1e-6).all()
    else:
        np.testing.assert_allclose(value, turned, rtol=1e-12)


@pytest.mark.parametrize("name", [name for name in NAMES if name != "Rosenbrock"])
def test_signs_do_not_matter_but_to_schwefel_and_rosenbrock(name: str) -> None:
    positions = draws(OBJECTIVES[name], 20, 5, seed=3)
    same = np.isclose(OBJECTIVES[name].function(positions), OBJECTIVES[name].function(-positions))
    # Even functions but for Schwefel's, which is odd about its constant.
    assert same.all() == (name != "Schwefel 2.26")


@pytest.mark.parametrize("name", ["Ackley", "Rastrigin"])
def test_no_digits_are_lost_near_the_optimum(name: str) -> None:
    # Leading terms: 4 |x| and (1 + 20 pi^2) x^2 of a single coordinate.
    step = 1e-12
    (found,) = OBJECTIVES[name].function(np.array([[step]]))
    expected = {"Ackley": 4 * step, "Rastrigin": (1 + 20 * math.pi**2) * step**2}[name]
    assert found == pytest.approx(expected, rel=1e-9, abs=0)


def test_schwefels_optimum_solves_its_equation() -> None:
    s = math.sqrt(SCHWEFEL_OPTIMUM)
    assert math.tan(s) == pytest.approx(-s / 2, rel=1e-10)
    grid = np.linspace(-500, 500, 1_000_001)[:, None]
    assert objectives.schwefel(grid).argmin() == np.abs(grid[:, 0] - SCHWEFEL_OPTIMUM).argmin()


def test_schwefel_is_continued_beyond_its_box_without_a_new_minimum() -> None:
    for side in (-500.0, 500.0):
        beyond = side * np.linspace(1, 4, 3001)[:, None]
        values = objectives.schwefel(beyond)
        (edge,) = objectives.schwefel(np.array([[side]]))
        assert values[0] == edge
        assert (np.diff(values) > 0).all()
        # A thousandth of the squared distance: 1500^2 / 1000 at the end.
        assert values[-1] - edge == pytest.approx(2250.0)
    # The printed formula alone would fall below its own minimum out there.
    far = np.linspace(500, 2000, 3001)
    assert (far * np.sin(np.sqrt(far))).max() > 3 * 418.98


def test_rosenbrock_needs_two_dimensions() -> None:
    with pytest.raises(InputError, match="give 2 or more"):
        objectives.rosenbrock(np.zeros((3, 1)))


# ---------------------------------------------------------------- moved


@pytest.mark.parametrize("name", NAMES)
def test_moved_by_an_offset_it_is_the_same_function(name: str) -> None:
    objective = OBJECTIVES[name]
    # Halves and quarters, so that adding and taking away is exact.
    positions = np.floor(draws(objective, 30, 4, seed=4) * 4) / 4
    share = np.array([-0.25, 0.125, -0.5, 0.0625])
    offset = np.floor(share * (objective.upper - objective.lower) / 2 * 4) / 4
    if name == "Schwefel 2.26":
        offset -= 420
    moved = shifted(objective, 4, offset=offset)
    assert np.array_equal(moved.function(positions + offset), objective.function(positions))
    np.testing.assert_allclose(moved.optimum(4), objective.optimum(4) + offset)
    assert (moved.lower, moved.upper) == (objective.lower, objective.upper)
    assert (moved.function(positions) != objective.function(positions)).any()


@pytest.mark.parametrize("name", NAMES)
def test_moved_by_a_seed_it_has_its_minimum_there_and_is_a_number_in_the_whole_box(
    name: str,
) -> None:
    for seed in range(5):
        moved = shifted(OBJECTIVES[name], 30, seed=seed)
        place = moved.optimum(30)
        assert moved.function(place[None])[0] == pytest.approx(0, abs=1e-9)
        values = moved.function(draws(moved, 500, 30, seed=seed))
        assert np.isfinite(values).all()
        assert (values > 1e-3).all()
        corners = np.array([[moved.lower] * 30, [moved.upper] * 30])
        assert (moved.function(corners) > 1e-3).all()


def test_the_new_place_is_uniform_in_the_middle_four_fifths_of_the_box() -> None:
    count = 20_000
    for name, half in (("sphere", 80.0), ("Schwefel 2.26", 400.0)):
        place = shifted(OBJECTIVES[name], count, seed=7).optimum(count)
        assert np.abs(place).max() <= half
        assert np.abs(place).max() > 0.999 * half
        # Uniform on [-half, half]: mean 0, variance half^2 / 3, to five standard errors.
        assert abs(place.mean()) < 5 * half / math.sqrt(3 * count)
        assert place.var() == pytest.approx(half**2 / 3, rel=5 * math.sqrt(0.8 / count))


def test_the_new_place_depends_on_seed_and_function() -> None:
    def share(name: str, seed: int) -> list[float]:
        place = shifted(OBJECTIVES[name], 3, seed=seed).optimum(3) / OBJECTIVES[name].upper
        return [round(float(number), 9) for number in place]

    assert share("sphere", 1) == share("sphere", 1)
    different = [share("sphere", 1), share("sphere", 2), share("Ackley", 1), share("Rastrigin", 1)]
    assert len({tuple(one) for one in different}) == 4


def test_the_new_place_is_not_where_a_search_with_the_same_seed_starts() -> None:
    """Both drawn from default_rng(seed), the first position would be nearly the optimum."""
    likeness = []
    for seed in range(20):
        place = shifted(OBJECTIVES["sphere"], 200, seed=seed).optimum(200)
        start = np.random.default_rng(seed).random((1, 200))[0]
        likeness.append(np.corrcoef(place, start)[0, 1])
    # Standard error of a correlation of 200 pairs: 0.07.
    assert np.abs(likeness).max() < 0.35


def test_the_moved_optimum_is_off_the_diagonal_and_the_given_offset_is_kept() -> None:
    place = shifted(OBJECTIVES["Schwefel 2.26"], 30, seed=0).optimum(30)
    assert np.ptp(place) > 300
    offset = np.array([1.0, 2.0])
    moved = shifted(OBJECTIVES["sphere"], 2, offset=offset)
    offset[:] = 50
    assert moved.function(np.array([[1.0, 2.0]]))[0] == 0
    moved.optimum(2)[:] = 9
    assert moved.optimum(2).tolist() == [1.0, 2.0]


@pytest.mark.parametrize("name", NAMES)
def test_a_function_can_be_sent_to_another_process(name: str) -> None:
    for objective in (OBJECTIVES[name], shifted(OBJECTIVES[name], 3, seed=0)):
        again = pickle.loads(pickle.dumps(objective))
        positions = draws(objective, 5, 3)
        assert np.array_equal(again.function(positions), objective.function(positions))
        assert np.array_equal(again.optimum(3), objective.optimum(3))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"dimensions": 2}, "exactly one of both"),
        ({"dimensions": 2, "seed": 0, "offset": [0.0, 0.0]}, "exactly one of both"),
        ({"dimensions": 0, "seed": 0}, "dimensions = 0"),
        ({"dimensions": 2, "seed": -1}, "seed = -1"),
        ({"dimensions": 2, "offset": [1.0]}, r"must be \(2,\)"),
        ({"dimensions": 2, "offset": [1.0, 100.5]}, "out of the box"),
        ({"dimensions": 2, "offset": [1.0, math.nan]}, "out of the box"),
    ],
)
def test_impossible_moves_are_refused(settings: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        shifted(OBJECTIVES["sphere"], **settings)  # type: ignore[arg-type]


def test_a_moved_optimum_has_its_number_of_dimensions() -> None:
    with pytest.raises(InputError, match="no optimum in 3"):
        shifted(OBJECTIVES["sphere"], 2, seed=0).optimum(3)
