"""Equations (14), (16), (19) to (28) and the search as a whole."""

import math

import numpy as np
import pytest

from har_lib import seagull
from har_lib.errors import InputError
from har_lib.seagull import maximise, move

LOW, HIGH = np.full(6, -2.0), np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])


def draws(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape)


def shifted_sphere(centre: float = 0.37):
    return lambda x: -((x - centre) ** 2).sum(axis=1)


# Equations


def test_eq14_initial_population_fills_the_box_evenly():
    population = seagull.initial_population(4000, LOW, HIGH, np.random.default_rng(1))
    assert population.shape == (4000, 6)
    assert (population >= LOW).all()
    assert (population <= HIGH).all()
    # Mean and variance of the uniform distribution, to five standard errors.
    width = HIGH - LOW
    assert np.allclose(population.mean(axis=0), (LOW + HIGH) / 2, atol=5 * width.max() / 219)
    assert np.allclose(population.var(axis=0), width**2 / 12, rtol=0.08)


def test_eq16_opposite_is_an_involution_in_the_box():
    S = seagull.initial_population(50, LOW, HIGH, np.random.default_rng(2))
    mirrored = seagull.opposite(S, LOW, HIGH)
    assert np.allclose(seagull.opposite(mirrored, LOW, HIGH), S, atol=1e-15)
    assert (mirrored >= LOW).all()
    assert (mirrored <= HIGH).all()
    middle = (LOW + HIGH) / 2
    assert np.array_equal(seagull.opposite(middle, LOW, HIGH), middle)
    assert np.array_equal(seagull.opposite(LOW, LOW, HIGH), HIGH)


def test_eq19_avoid_collision():
    P_A = draws(3, 4)
    assert np.array_equal(seagull.avoid_collision(2.0, P_A), P_A + P_A)
    assert not seagull.avoid_collision(0.0, P_A).any()


def test_eq20_movement_behaviour_falls_linearly_to_exactly_nothing():
    for iterations in (1, 3, 7, 100, 333):
        D = [seagull.movement_behaviour(y, iterations) for y in range(iterations + 1)]
        assert D[0] == 2.0
        assert D[-1] == 0.0
        assert np.allclose(np.diff(D), -2 / iterations)
    assert seagull.movement_behaviour(50, 100) == 1.0
    assert seagull.movement_behaviour(25, 100, F_c=1.0) == 0.75


def test_eq21_towards_best():
    P_A, P_bs = draws(3, 4), draws(4, seed=1)
    assert np.allclose(P_A + seagull.towards_best(np.array(1.0), P_bs, P_A), P_bs)
    assert not seagull.towards_best(np.array(3.0), P_bs, P_bs).any()


def test_eq22_balance_has_mean_D_squared_and_the_printed_one_never_decays():
    rand = np.random.default_rng(3).random(200_000)
    for D in (2.0, 1.0, 0.5):
        A = seagull.balance(D, rand)
        assert A.min() >= 0
        assert A.max() <= 8
        # Standard error of the mean: 2 D^2 / sqrt(12 * 200000).
        assert A.mean() == pytest.approx(D**2, abs=5 * 2 * D**2 / math.sqrt(12 * 200_000))
    assert not seagull.balance(0.0, rand).any()
    late = seagull.balance(0.01, rand, form="literal")
    assert late.mean() == pytest.approx(4.0, abs=0.03)
    assert 7.99 < late.max() <= 8


def test_eq23_distance():
    S_A, B_A = draws(3, 4), draws(3, 4, seed=1)
    signed = seagull.distance(S_A, B_A, signed=True)
    assert np.array_equal(signed, S_A + B_A)
    assert (signed < 0).any()
    assert np.array_equal(seagull.distance(S_A, B_A), np.sqrt((S_A + B_A) ** 2))


@pytest.fixture
def angles() -> np.ndarray:
    return np.linspace(0, 2 * np.pi, 2_000_001)


def spiral(k: np.ndarray, p: float, q: float) -> np.ndarray:
    R = seagull.radius(k, p, q)
    return seagull.spiral_u(R, k) * seagull.spiral_v(R, k) * seagull.spiral_w(R, k)


def test_eq24_spiral_u(angles):
    assert np.allclose(seagull.spiral_u(np.full_like(angles, 3.0), angles), 3 * np.cos(angles))


def test_eq25_spiral_v_and_u_lie_on_the_circle(angles):
    R = seagull.radius(angles, 0.5, 0.05)
    around = seagull.spiral_u(R, angles) ** 2 + seagull.spiral_v(R, angles) ** 2
    assert np.allclose(around, R**2)
    assert seagull.spiral_v(np.array(3.0), np.array(np.pi / 2)) == pytest.approx(3.0)


def test_eq26_spiral_w():
    assert seagull.spiral_w(np.array(3.0), np.array(np.pi)) == pytest.approx(3 * math.pi)


def test_eq27_radius(angles):
    assert np.allclose(np.log(seagull.radius(angles)), angles)
    assert np.allclose(seagull.radius(angles, p=0.5, q=0.0), 0.5)
    assert seagull.radius(np.array(2.0), p=3.0, q=0.5) == pytest.approx(3 * math.e)


def test_product_of_the_spiral_has_its_closed_form_and_its_extremes(angles):
    product = spiral(angles, 1.0, 1.0)
    closed = angles * np.exp(3 * angles) * np.sin(2 * angles) / 2
    assert np.allclose(product, closed, rtol=1e-9, atol=1e-6)
    largest = np.abs(product).argmax()
    assert abs(product[largest]) == pytest.approx(1.05695804e8, rel=1e-8)
    assert angles[largest] == pytest.approx(6.001524, abs=1e-5)
    assert np.median(np.abs(product)) == pytest.approx(4.0e3, rel=0.02)
    assert np.abs(spiral(angles, 1.0, 0.1)).max() == pytest.approx(14.7, abs=0.05)
    assert np.abs(spiral(angles, 1.0, 0.05)).max() == pytest.approx(6.4, abs=0.05)


def test_eq28_attack():
    G_A, P_bs = np.abs(draws(3, 4)), draws(4, seed=1)
    u, v, w = draws(3, 3, 1, seed=2)
    expected = [
        [G_A[a, j] * u[a, 0] * v[a, 0] * w[a, 0] + P_bs[j] for j in range(4)] for a in range(3)
    ]
    assert np.allclose(seagull.attack(G_A, u, v, w, P_bs), expected)


# One iteration, seagull by seagull


def move_by_loops(P_A, P_bs, D, k, rand, form, p, q, signed) -> np.ndarray:
    """Equations (19) and (21) to (28) with scalars."""
    new = np.empty_like(P_A)
    for agent in range(P_A.shape[0]):
        for j in range(P_A.shape[1]):
            column = j if k.shape[1] > 1 else 0
            angle, chance = float(k[agent, column]), float(rand[agent, column])
            B = 2.0 if form == "literal" else D
            A = 2 * B**2 * chance
            G = D * P_A[agent, j] + A * (P_bs[j] - P_A[agent, j])
            if not signed:
                G = abs(G)
            R = p * math.exp(angle * q)
            u, v, w = R * math.cos(angle), R * math.sin(angle), R * angle
            new[agent, j] = G * u * v * w + P_bs[j]
    return new


@pytest.mark.parametrize("form", ["corrected", "literal", "stable"])
@pytest.mark.parametrize("per_dimension", [False, True])
@pytest.mark.parametrize("signed", [False, True])
def test_move_is_the_loop_over_seagulls_and_dimensions(form, per_dimension, signed):
    generator = np.random.default_rng(4)
    P_A, P_bs = generator.normal(size=(5, 6)), generator.normal(size=6)
    shape = (5, 6) if per_dimension else (5, 1)
    k, rand = generator.uniform(0, 2 * np.pi, shape), generator.random(shape)
    settings = {"form": form, "p": 0.7, "q": 0.3, "signed": signed}
    moved = move(P_A, P_bs, 1.3, k, rand, **settings)
    assert np.allclose(moved, move_by_loops(P_A, P_bs, 1.3, k, rand, **settings), rtol=1e-12)


@pytest.mark.parametrize("form", ["corrected", "literal", "stable"])
@pytest.mark.parametrize("opposition", [False, True])
def test_whole_search_is_the_loop(form, opposition):
    """The documented order of random numbers, replayed with scalars."""
    fitness, P, T, seed = shifted_sphere(), 5, 8, 11
    p, q, per_dimension, signed = {"stable": (0.5, 0.05, True, True)}.get(
        form, (1, 1, False, False)
    )
    generator = np.random.default_rng(seed)
    agents = [LOW + (HIGH - LOW) * row for row in generator.random((P, 6))]
    if opposition:
        agents += [LOW + HIGH - agent for agent in agents]
        agents = sorted(agents, key=lambda x: -fitness(x[None])[0])[:P]
    best = max(agents, key=lambda x: fitness(x[None])[0])
    history = []
    for y in range(1, T + 1):
        D = 2 * (1 - y / T)
        shape = (P, 6 if per_dimension else 1)
        k, rand = generator.uniform(0, 2 * np.pi, shape), generator.random(shape)
        free = move_by_loops(np.array(agents), best, D, k, rand, form, p, q, signed)
        agents = [np.minimum(np.maximum(row, LOW), HIGH) for row in free]
        for agent in agents:
            if fitness(agent[None])[0] > fitness(best[None])[0]:
                best = agent
        history.append(fitness(best[None])[0])
    found = maximise(
        fitness, LOW, HIGH, population=P, iterations=T, seed=seed, form=form, opposition=opposition
    )
    assert np.allclose(found.position, best, rtol=1e-9)
    assert np.allclose(found.history, history, rtol=1e-9)
    assert found.evaluations == P * (T + 1 + opposition)


# The search


@pytest.mark.parametrize("form", ["corrected", "literal", "stable"])
@pytest.mark.parametrize("bounds", seagull.BOUNDS)
@pytest.mark.parametrize("greedy", [False, True])
def test_stays_in_the_box_and_never_forgets_the_best(form, bounds, greedy):
    asked = []

    def fitness(x: np.ndarray) -> np.ndarray:
        asked.append(x.copy())
        return shifted_sphere()(x)

    found = maximise(
        fitness, LOW, HIGH, population=12, iterations=25, form=form, bounds=bounds, greedy=greedy
    )
    everything = np.concatenate(asked)
    assert (everything >= LOW).all()
    assert (everything <= HIGH).all()
    assert len(everything) == found.evaluations
    assert len(found.history) == 25
    assert (np.diff(found.history) >= 0).all()
    assert found.history[-1] == found.fitness == shifted_sphere()(everything).max()
    assert shifted_sphere()(found.position[None])[0] == found.fitness


def test_opposition_keeps_the_best_half():
    asked, kept = [], []

    def fitness(x: np.ndarray) -> np.ndarray:
        asked.append(x.copy())
        return np.sin(7 * x).sum(axis=1)

    def remember(y: int, positions: np.ndarray, values: np.ndarray) -> None:
        kept.append((y, positions, values))

    maximise(fitness, LOW, HIGH, population=10, iterations=1, callback=remember)
    assert asked[0].shape == (20, 6)
    assert np.allclose(asked[0][:10] + asked[0][10:], LOW + HIGH)
    y, positions, values = kept[0]
    assert y == 0
    every = np.sin(7 * asked[0]).sum(axis=1)
    assert sorted(values) == sorted(np.sort(every)[-10:])
    assert np.array_equal(np.sin(7 * positions).sum(axis=1), values)
    assert [entry[0] for entry in kept] == [0, 1]


@pytest.mark.parametrize("form", ["corrected", "literal", "stable"])
def test_same_seed_same_search(form):
    def search(seed: int) -> seagull.Result:
        return maximise(shifted_sphere(), LOW, HIGH, iterations=20, form=form, seed=seed)

    first, again, other = search(5), search(5), search(6)
    assert np.array_equal(first.position, again.position)
    assert np.array_equal(first.history, again.history)
    assert not np.array_equal(first.position, other.position)


def test_callback_cannot_disturb_the_search():
    def spoil(y: int, positions: np.ndarray, values: np.ndarray) -> None:
        positions[:] = values[:] = 1e9

    # The printed form would hide it: whatever the positions, it ends on the sides of the box.
    calm = maximise(shifted_sphere(), LOW, HIGH, iterations=10, form="stable")
    spoilt = maximise(shifted_sphere(), LOW, HIGH, iterations=10, form="stable", callback=spoil)
    assert np.array_equal(calm.position, spoilt.position)


def test_last_iteration_brings_all_to_the_best():
    last = []
    found = maximise(
        shifted_sphere(), LOW, HIGH, iterations=10, callback=lambda y, x, values: last.append(x)
    )
    assert (last[-1] == found.position).all()
    assert found.diagnostics["diversity"][-1] == 0
    assert found.diagnostics["diversity"][0] > 0
    assert np.isnan(found.diagnostics["coherence"][-1])


def test_printed_form_moves_all_coordinates_the_same_way():
    low, high = np.full(100, -1.0), np.full(100, 1.0)
    fitness = shifted_sphere(0.2)
    printed = maximise(fitness, low, high, form="corrected").diagnostics
    assert np.all(printed["coherence"][:-1] == 1.0)
    assert 0.75 < printed["clipped"].mean() < 0.95
    stable = maximise(fitness, low, high, form="stable").diagnostics
    # Independent signs: the mean of abs(sum of 100 signs) / 100 is sqrt(2 / 100 pi) = 0.08.
    assert np.nanmean(stable["coherence"][:-1]) == pytest.approx(0.08, abs=0.02)
    assert stable["clipped"].mean() < 0.2


def test_stable_beats_printed_on_a_shifted_sphere():
    low, high = np.full(30, -1.0), np.full(30, 1.0)
    optimum = np.random.default_rng(7).uniform(-0.8, 0.8, 30)
    for seed in range(5):
        best = {
            form: maximise(
                lambda x: -((x - optimum) ** 2).sum(axis=1), low, high, form=form, seed=seed
            ).fitness
            for form in ("corrected", "stable")
        }
        assert best["stable"] > best["corrected"] / 2
    # A sign slip (fitness minimised) would end far from the optimum.
    assert best["stable"] > -3.0


def test_form_presets_can_be_overridden():
    pieces = {"p": 0.5, "q": 0.05, "per_dimension": True, "signed": True}
    stable = maximise(shifted_sphere(), LOW, HIGH, form="stable")
    assembled = maximise(shifted_sphere(), LOW, HIGH, form="corrected", **pieces)
    assert np.array_equal(stable.position, assembled.position)
    corrected = maximise(shifted_sphere(), LOW, HIGH, form="corrected")
    literal = maximise(shifted_sphere(), LOW, HIGH, form="literal")
    assert not np.array_equal(corrected.position, literal.position)
    for name, value in pieces.items():
        changed = maximise(shifted_sphere(), LOW, HIGH, form="corrected", **{name: value})
        assert not np.array_equal(changed.history, corrected.history), name


def test_greedy_seagulls_never_get_worse():
    course = []
    maximise(
        shifted_sphere(),
        LOW,
        HIGH,
        iterations=30,
        greedy=True,
        callback=lambda y, x, values: course.append(values),
    )
    assert (np.diff(course, axis=0) >= 0).all()


def test_reflection_by_hand():
    low, high = np.array([0.0]), np.array([1.0])
    outside = np.array([[-0.25], [1.25], [2.5], [-1.5], [0.5], [1.0], [-7.75]])
    inside = seagull._into_box(outside, low, high, "reflect", np.random.default_rng(0))
    assert np.allclose(inside.ravel(), [0.25, 0.75, 0.5, 0.5, 0.5, 1.0, 0.25])


def test_reset_draws_only_what_left_the_box():
    low, high = np.zeros(2), np.ones(2)
    positions = np.array([[0.5, 7.0], [-3.0, 0.25]])
    inside = seagull._into_box(positions, low, high, "reset", np.random.default_rng(0))
    assert inside[0, 0] == 0.5
    assert inside[1, 1] == 0.25
    assert 0 < inside[0, 1] < 1
    assert 0 < inside[1, 0] < 1


# Refusals


def test_nan_fitness_is_refused():
    with pytest.raises(InputError, match=r"NaN for 60 of 60"):
        maximise(lambda x: np.full(len(x), np.nan), LOW, HIGH)


@pytest.mark.parametrize("wrong", [lambda x: x, lambda x: 1.0, lambda x: x[:-1, 0]])
def test_wrongly_shaped_fitness_is_refused(wrong):
    with pytest.raises(InputError, match="one number a position"):
        maximise(wrong, LOW, HIGH)


@pytest.mark.parametrize(
    ("box", "message"),
    [
        ((0.0, 1.0), "vectors"),
        ((np.zeros(2), np.ones(3)), "must agree"),
        ((np.ones(2), np.zeros(2)), "empty or endless"),
        ((np.zeros(2), np.full(2, np.inf)), "empty or endless"),
    ],
)
def test_impossible_boxes_are_refused(box, message):
    with pytest.raises(InputError, match=message):
        maximise(shifted_sphere(), *box)


@pytest.mark.parametrize(
    "setting", [{"form": "printed"}, {"bounds": "wrap"}, {"population": 0}, {"iterations": 0}]
)
def test_impossible_settings_are_refused(setting):
    with pytest.raises(InputError, match=next(iter(setting))):
        maximise(shifted_sphere(), LOW, HIGH, **setting)
