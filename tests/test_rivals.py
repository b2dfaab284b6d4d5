"""Random search and separable CMA-ES: known distributions, and the library run by hand."""

import math
from functools import partial

import numpy as np
import pytest
from cmaes import SepCMA

from har_lib.errors import InputError
from har_lib.rivals import random_search, sep_cma_es

LOW, HIGH = np.full(6, -2.0), np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])

SEARCHES = [random_search, sep_cma_es]


def sphere(x: np.ndarray, centre: float = 0.37) -> np.ndarray:
    return -((x - centre) ** 2).sum(axis=1)


class Recorded:
    """A fitness that keeps the positions it was asked for."""

    def __init__(self, fitness=sphere):
        self.fitness = fitness
        self.batches: list[np.ndarray] = []

    def __call__(self, x: np.ndarray) -> np.ndarray:
        self.batches.append(x.copy())
        return self.fitness(x)

    @property
    def sizes(self) -> list[int]:
        return [len(x) for x in self.batches]

    @property
    def asked(self) -> np.ndarray:
        return np.concatenate(self.batches)


# Random search


def test_best_of_n_uniform_draws_is_as_far_as_order_statistics_say():
    runs, counts = 2000, np.array([3, 6, 7])
    courses = [
        random_search(lambda x: x[:, 0], [0.0], [1.0], evaluations=7, batch=3, seed=seed).history
        for seed in range(runs)
    ]
    # Mean n / (n + 1) and variance n / (n + 1)^2 / (n + 2) of the greatest of n.
    sd = np.sqrt(counts / (counts + 2)) / (counts + 1)
    error = np.mean(courses, axis=0) - counts / (counts + 1)
    assert (np.abs(error) < 5 * sd / math.sqrt(runs)).all()
    assert np.std(courses, axis=0) == pytest.approx(sd, rel=0.1)


def test_random_positions_fill_the_box_evenly_and_independently():
    fitness, n = Recorded(), 20_000
    random_search(fitness, LOW, HIGH, evaluations=n)
    unit = (fitness.asked - LOW) / (HIGH - LOW)
    assert unit.min() >= 0
    assert unit.max() <= 1
    # Five standard errors of the mean, and of the correlation of neighbours.
    assert np.abs(unit.mean(axis=0) - 0.5).max() < 5 / math.sqrt(12 * n)
    assert np.allclose(unit.var(axis=0), 1 / 12, rtol=0.05)
    assert np.abs(np.corrcoef(unit.T) - np.eye(6)).max() < 5 / math.sqrt(n)
    assert np.abs(np.corrcoef(unit[1:].T, unit[:-1].T)[:6, 6:]).max() < 5 / math.sqrt(n)


@pytest.mark.parametrize("start", [None, np.linspace(LOW, HIGH, 12)])
def test_random_positions_do_not_depend_on_the_batch(start):
    whole = Recorded()
    one = random_search(whole, LOW, HIGH, evaluations=50, batch=50, start=start)
    for batch in (1, 7, 30, 1000):
        parts = Recorded()
        found = random_search(parts, LOW, HIGH, evaluations=50, batch=batch, start=start)
        assert np.array_equal(parts.asked, whole.asked)
        assert np.array_equal(found.position, one.position)
        assert set(parts.sizes[:-1]) <= {batch}


def test_given_positions_stand_in_for_the_first_drawn():
    plain, with_start = Recorded(), Recorded()
    given = np.linspace(LOW, HIGH, 12)
    random_search(plain, LOW, HIGH, evaluations=40, batch=5)
    random_search(with_start, LOW, HIGH, evaluations=40, batch=5, start=given)
    assert np.array_equal(with_start.asked[:12], given)
    assert np.array_equal(with_start.asked[12:], plain.asked[12:])


# Separable CMA-ES


def by_hand(fitness, dimensions: int, evaluations: int, seed: int, spread: float = 0.3):
    """Positions that the library asks for in the unit cube, restarts and all, one by one."""
    generator = np.random.default_rng(seed)
    mean, population, asked = np.full(dimensions, 0.5), None, []
    sizes: list[int] = []
    while True:
        library_seed = int(generator.integers(2**32))
        if population is not None:
            mean = generator.random(dimensions)
        library = SepCMA(
            mean,
            spread,
            bounds=np.array([[0.0, 1.0]] * dimensions),
            n_max_resampling=0,
            seed=library_seed,
            population_size=population,
        )
        sizes.append(library.population_size)
        while True:
            solutions = []
            for _ in range(library.population_size):
                x = library.ask()
                asked.append(x)
                solutions.append((x, -float(fitness(x[None])[0])))
                if len(asked) == evaluations:
                    return np.array(asked), sizes
            library.tell(solutions)
            if library.should_stop():
                break
        population = 2 * library.population_size


@pytest.mark.parametrize(
    ("dimensions", "evaluations", "evolutions"), [(20, 3001, 1), (20, 12_001, 2), (2, 1500, 3)]
)
@pytest.mark.parametrize("seed", [0, 1])
def test_the_library_run_by_hand_asks_for_the_same_positions(
    dimensions, evaluations, evolutions, seed
):
    fitness = Recorded()
    found = sep_cma_es(
        fitness, np.zeros(dimensions), np.ones(dimensions), evaluations=evaluations, seed=seed
    )
    asked, sizes = by_hand(sphere, dimensions, evaluations, seed)
    assert len(sizes) >= evolutions
    assert np.array_equal(fitness.asked, asked)
    values = sphere(asked)
    assert found.fitness == values.max()
    assert np.array_equal(found.position, asked[values.argmax()])
    ends = np.cumsum(fitness.sizes)
    assert np.array_equal(found.history, np.maximum.accumulate(values)[ends - 1])


def ellipsoid(x: np.ndarray, optimum: np.ndarray, axes: np.ndarray) -> np.ndarray:
    """Half axes from 1 to 1000 along the columns of ``axes``."""
    return -(((x - optimum) @ axes) ** 2 @ 10 ** np.linspace(0, 6, len(optimum)))


def test_only_the_evolution_finds_a_shifted_ellipsoid_and_only_along_the_coordinates():
    low, high = np.full(20, -1.0), np.ones(20)
    generator = np.random.default_rng(1)
    optimum = generator.uniform(-0.8, 0.8, 20)
    turned = np.linalg.qr(generator.normal(size=(20, 20)))[0]
    along = partial(ellipsoid, optimum=optimum, axes=np.eye(20))
    across = partial(ellipsoid, optimum=optimum, axes=turned)
    for seed in range(2):
        found = sep_cma_es(along, low, high, evaluations=10_000, seed=seed)
        assert found.fitness > -1e-6
        assert np.abs(found.position - optimum).max() < 1e-6
        assert random_search(along, low, high, evaluations=10_000, seed=seed).fitness < -1
        # Variances alone cannot follow axes that are no coordinates.
        assert sep_cma_es(across, low, high, evaluations=10_000, seed=seed).fitness < -1e-3


def test_sides_of_the_box_are_units_of_the_search():
    """Powers of two change no digit."""
    width = 2.0 ** np.array([-3, 0, 1, 4, 10, 17])
    unit, scaled = Recorded(), Recorded(lambda x: sphere(x / width))
    sep_cma_es(unit, np.zeros(6), np.ones(6), evaluations=500)
    sep_cma_es(scaled, np.zeros(6), width, evaluations=500)
    assert np.array_equal(scaled.asked, unit.asked * width)


def test_a_moved_box_is_searched_around_its_own_middle():
    fitness = Recorded()
    sep_cma_es(fitness, LOW, HIGH, evaluations=1000, population=40, spread=0.001)
    middle = (LOW + HIGH) / 2
    assert fitness.sizes[:3] == [40, 40, 40]
    # Of 240 normal draws, one beyond six standard deviations has a chance of 5e-7.
    assert (np.abs(fitness.batches[0] - middle) < 0.006 * (HIGH - LOW)).all()
    assert np.std((fitness.batches[0] - middle) / (HIGH - LOW)) == pytest.approx(1e-3, rel=0.25)


def test_an_optimum_outside_is_met_on_the_side_of_the_box():
    # Sides that lower + (upper - lower) misses by a rounding error.
    draws = np.random.default_rng(2).normal(size=(10_000, 2))
    low, high = draws.min(axis=1), draws.max(axis=1)
    missed = low + (high - low) > high
    # Near the corner every draw lands on it with a chance of 1 in 16.
    low, high = low[missed][:4], high[missed][:4]
    # The optimum has a fitness of exactly 0, and no other position has.
    fitness = Recorded(lambda x: (x - high).sum(axis=1))
    found = sep_cma_es(fitness, low, high, evaluations=2000)
    assert ((fitness.asked >= low) & (fitness.asked <= high)).all()
    assert np.array_equal(found.position, high)


def test_as_many_coordinates_are_moved_to_a_side_as_the_normal_distribution_says():
    found = sep_cma_es(sphere, np.zeros(5000), np.ones(5000), evaluations=30)
    chance = math.erfc(0.5 / 0.3 / math.sqrt(2))
    # One generation, 29 draws of 5000 coordinates: five standard errors.
    error = math.sqrt(chance * (1 - chance) / (29 * 5000))
    assert found.diagnostics["clipped"][0] == pytest.approx(chance, abs=5 * error)


def test_a_start_is_asked_for_first_and_is_the_first_mean():
    start = LOW + 0.9 * (HIGH - LOW)
    for given in (start, start[None]):
        fitness = Recorded()
        found = sep_cma_es(fitness, LOW, HIGH, evaluations=100, spread=0.001, start=given)
        assert fitness.sizes[:2] == [1, 9]
        assert np.array_equal(fitness.batches[0][0], start)
        assert (np.abs(fitness.batches[1] - start) < 0.006 * (HIGH - LOW)).all()
        assert found.evaluations == len(fitness.asked) == 100
    peak = np.full(6, 0.37)
    kept = sep_cma_es(sphere, LOW, HIGH, evaluations=100, start=peak)
    assert np.array_equal(kept.position, peak)
    assert not np.shares_memory(kept.position, peak)
    assert (kept.history == 0).all()
    alone = sep_cma_es(sphere, LOW, HIGH, evaluations=1, start=peak)
    assert alone.history.tolist() == [0.0]


def test_a_limit_of_restarts_cuts_the_same_search_short():
    search = partial(sep_cma_es, sphere, np.zeros(2), np.ones(2), evaluations=4000)
    whole = search()
    sizes = np.diff(whole.diagnostics["evaluations"], prepend=0)
    # The population doubles up to 24 in 2 dimensions; the last generation is what is left.
    assert np.unique(sizes[:-1]).tolist() == [6, 12, 24]
    for restarts, size in ((0, 6), (1, 12), (2, 24), (3, 24)):
        short = search(restarts=restarts)
        done = len(short.history)
        assert np.array_equal(short.history, whole.history[:done])
        assert short.evaluations == whole.diagnostics["evaluations"][done - 1] < 4000
        assert sizes[:done].max() == size
    assert search(restarts=1000).evaluations == 4000


def test_an_evolution_too_narrow_to_move_has_one_generation():
    found = sep_cma_es(sphere, LOW, HIGH, evaluations=100, spread=1e-18, restarts=0)
    # 4 + floor(3 ln 6) positions in the middle.
    assert found.evaluations == 9
    assert np.array_equal(found.position, (LOW + HIGH) / 2)


def share_replaced(dimensions: int, population: int) -> float:
    """Rank-one and rank-mu learning rates, the second times (D + 2) / 3 by Ros and Hansen."""
    chosen = population // 2
    weights = math.log(chosen + 1) - np.log(np.arange(1, chosen + 1))
    mass = weights.sum() ** 2 / (weights**2).sum()
    one = 2 / ((dimensions + 1.3) ** 2 + mass)
    many = 2 / mass / (dimensions + math.sqrt(2)) ** 2
    many += (1 - 1 / mass) * min(1, (2 * mass - 1) / ((dimensions + 2) ** 2 + mass))
    return one + (dimensions + 2) / 3 * many


@pytest.mark.parametrize("dimensions", [2, 5])
def test_populations_are_allowed_as_long_as_no_variance_can_become_negative(dimensions):
    low, high = np.zeros(dimensions), np.ones(dimensions)
    allowed = []
    for population in range(2, 80):
        try:
            sep_cma_es(sphere, low, high, evaluations=1, population=population)
            allowed.append(population)
        except InputError:
            continue
    assert allowed == [p for p in range(2, 80) if share_replaced(dimensions, p) <= 1]
    assert 20 < len(allowed) < 70
    with pytest.raises(InputError, match="too large"):
        sep_cma_es(sphere, low, high, evaluations=1, population=80)


@pytest.mark.parametrize(("dimensions", "largest", "negative"), [(2, 24, 48), (20, 96, 384)])
def test_why_large_populations_are_refused(dimensions, largest, negative):
    def smallest_variance(population: int) -> float:
        library = SepCMA(np.full(dimensions, 0.5), 0.3, seed=0, population_size=population)
        for _ in range(200):
            asked = [library.ask() for _ in range(population)]
            library.tell([(x, -float(sphere(x[None])[0])) for x in asked])
            if library._C.min() < 0 or library.should_stop():
                break
        return float(library._C.min())

    assert smallest_variance(largest) > 0
    assert smallest_variance(negative) < 0


@pytest.mark.filterwarnings("error")
def test_minus_infinity_ranks_behind_every_number():
    def cut(x: np.ndarray, value: float) -> np.ndarray:
        return np.where(x[:, 0] < 0.5, value, sphere(x))

    infinite, finite = Recorded(partial(cut, value=-np.inf)), Recorded(partial(cut, value=-1e9))
    found = sep_cma_es(infinite, LOW, HIGH, evaluations=3000)
    sep_cma_es(finite, LOW, HIGH, evaluations=3000)
    # Whatever the worst is called, the ranks are the same, until criteria read the values.
    assert np.array_equal(infinite.asked[:300], finite.asked[:300])
    assert np.isinf(infinite.fitness(infinite.asked)).any()
    # The optimum lies on the edge, at .5 and else .37.
    assert found.fitness == pytest.approx(-(0.13**2), abs=1e-4)
    assert found.position[0] >= 0.5


@pytest.mark.filterwarnings("error")
def test_both_infinities_at_once_are_borne():
    def fitness(x: np.ndarray) -> np.ndarray:
        return np.where(np.arange(len(x)) % 2, -np.inf, np.inf)

    assert sep_cma_es(fitness, np.zeros(2), np.ones(2), evaluations=600).fitness == np.inf


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("value", [0.5, -np.inf, np.inf])
@pytest.mark.parametrize("search", SEARCHES)
def test_without_any_difference_the_first_position_is_found(search, value):
    fitness = Recorded(lambda x: np.full(len(x), value))
    found = search(fitness, np.zeros(2), np.ones(2), evaluations=1000)
    assert np.array_equal(found.position, fitness.asked[0])
    assert found.fitness == value
    assert (found.history == value).all()
    # A flat fitness ends an evolution after 10 + 30 D / P generations and one.
    if search is sep_cma_es:
        assert fitness.sizes[:36] == [6] * 21 + [12] * 15


# Both


@pytest.mark.parametrize("search", SEARCHES)
@pytest.mark.parametrize("evaluations", [1, 2, 29, 30, 31, 1000])
def test_exactly_as_many_positions_are_asked_for_as_allowed(search, evaluations):
    fitness = Recorded()
    found = search(fitness, LOW, HIGH, evaluations=evaluations)
    assert len(fitness.asked) == found.evaluations == found.computed == evaluations
    assert np.array_equal(found.diagnostics["evaluations"], np.cumsum(fitness.sizes))
    best = fitness.asked[sphere(fitness.asked).argmax()]
    assert np.array_equal(found.position, best)
    assert found.fitness == found.history[-1] == sphere(best[None])[0]


@pytest.mark.parametrize("search", SEARCHES)
def test_course_is_what_the_callback_sees(search):
    seen = []
    found = search(
        sphere,
        LOW,
        HIGH,
        evaluations=2000,
        callback=lambda y, x, values: seen.append((y, x, values)),
    )
    assert [y for y, _, _ in seen] == list(range(1, len(found.history) + 1))
    best = [values.max() for _, _, values in seen]
    assert np.array_equal(found.diagnostics["best"], best)
    assert np.array_equal(found.history, np.maximum.accumulate(best))
    for index, (_, x, values) in enumerate(seen):
        assert np.array_equal(sphere(x), values)
        if values.max() == found.history[index]:
            leader = x[values.argmax()]
        mean = np.mean([math.dist(position, leader) for position in x])
        assert found.diagnostics["diversity"][index] == pytest.approx(mean, rel=1e-12)


@pytest.mark.parametrize("search", SEARCHES)
def test_callback_cannot_disturb_the_search(search):
    def spoil(y: int, positions: np.ndarray, values: np.ndarray) -> None:
        positions[:] = values[:] = 1e9

    calm, spoilt = Recorded(), Recorded()
    start = np.full((1, 6), 0.5)
    settings = {"evaluations": 500, "start": start}
    first = search(calm, LOW, HIGH, **settings)
    second = search(spoilt, LOW, HIGH, callback=spoil, **settings)
    assert np.array_equal(calm.asked, spoilt.asked)
    assert np.array_equal(first.position, second.position)
    assert np.array_equal(first.history, second.history)
    assert (start == 0.5).all()


@pytest.mark.parametrize("search", SEARCHES)
def test_the_seed_alone_decides_and_the_global_generator_is_left_alone(search):
    fitness = {name: Recorded() for name in ("first", "again", "sequence", "other")}
    # A short evolution, so that restarts draw too.
    run = partial(search, lower=np.zeros(2), upper=np.ones(2), evaluations=1000)
    before = np.random.get_state()  # noqa: NPY002
    run(fitness["first"], seed=5)
    run(fitness["again"], seed=5)
    run(fitness["sequence"], seed=np.random.SeedSequence(5))
    run(fitness["other"], seed=6)
    after = np.random.get_state()  # noqa: NPY002
    assert np.array_equal(fitness["first"].asked, fitness["again"].asked)
    assert np.array_equal(fitness["first"].asked, fitness["sequence"].asked)
    assert (fitness["first"].asked != fitness["other"].asked).any(axis=1).all()
    assert np.array_equal(before[1], after[1])
    assert before[2:] == after[2:]


@pytest.mark.parametrize("search", SEARCHES)
def test_progress_counts_evaluations(search, capsys):
    search(sphere, LOW, HIGH, evaluations=77)
    assert capsys.readouterr().err == ""
    search(sphere, LOW, HIGH, evaluations=77, progress=True)
    assert "77/77" in capsys.readouterr().err


# Refusals


@pytest.mark.parametrize("search", SEARCHES)
def test_fitness_of_no_use_is_refused(search):
    with pytest.raises(InputError, match=r"NaN for 1 of"):
        search(lambda x: np.where(np.arange(len(x)), 0.0, np.nan), LOW, HIGH, evaluations=90)
    for wrong in (lambda x: x, lambda x: 1.0, lambda x: x[:-1, 0]):
        with pytest.raises(InputError, match="one number a position"):
            search(wrong, LOW, HIGH, evaluations=90)


@pytest.mark.parametrize("search", SEARCHES)
@pytest.mark.parametrize(
    ("box", "message"),
    [
        ((0.0, 1.0), "vectors"),
        ((np.zeros(2), np.ones(3)), "must agree"),
        ((np.ones(2), np.zeros(2)), "empty or endless"),
        ((np.zeros(2), np.full(2, np.inf)), "empty or endless"),
    ],
)
def test_impossible_boxes_are_refused(search, box, message):
    with pytest.raises(InputError, match=message):
        search(sphere, *box, evaluations=10)


def test_one_dimension_is_refused_where_the_library_cannot():
    with pytest.raises(InputError, match="at least 2"):
        sep_cma_es(sphere, [0.0], [1.0], evaluations=10)


@pytest.mark.parametrize("search", SEARCHES)
def test_a_box_without_extent_holds_one_position(search):
    found = search(sphere, LOW, LOW, evaluations=50, start=LOW[None])
    assert np.array_equal(found.position, LOW)


@pytest.mark.parametrize(
    ("search", "start"),
    [
        (random_search, np.zeros(6)),
        (random_search, np.zeros((2, 5))),
        (random_search, np.zeros((0, 6))),
        (random_search, np.zeros((11, 6))),
        (random_search, HIGH[None] + 1),
        (sep_cma_es, np.zeros(5)),
        (sep_cma_es, np.zeros((2, 6))),
        (sep_cma_es, HIGH + 1),
        (sep_cma_es, LOW - 1e-9),
        (sep_cma_es, np.full(6, np.nan)),
    ],
)
def test_starts_of_no_use_are_refused(search, start):
    with pytest.raises(InputError, match="start"):
        search(sphere, LOW, HIGH, evaluations=10, start=start)


@pytest.mark.parametrize(
    ("search", "setting"),
    [
        (random_search, {"evaluations": 0}),
        (random_search, {"batch": 0}),
        (sep_cma_es, {"evaluations": 0}),
        (sep_cma_es, {"population": 1}),
        (sep_cma_es, {"spread": 0.0}),
        (sep_cma_es, {"spread": 1.01}),
        (sep_cma_es, {"spread": float("nan")}),
        (sep_cma_es, {"restarts": -1}),
    ],
)
def test_impossible_settings_are_refused(search, setting):
    with pytest.raises(InputError, match=next(iter(setting))):
        search(sphere, LOW, HIGH, **{"evaluations": 10} | setting)


def test_the_mean_is_asked_for_after_each_generation_and_costs_one_evaluation():
    asked: list[np.ndarray] = []

    def fitness(x: np.ndarray) -> np.ndarray:
        asked.append(x.copy())
        return -((x - 0.2) ** 2).sum(axis=1)

    low, high = np.full(6, -1.0), np.full(6, 3.0)
    settings = {"population": 5, "spread": 0.1, "seed": 4}
    found = sep_cma_es(fitness, low, high, evaluations=32, ask_mean=True, **settings)
    assert [len(x) for x in asked] == [5, 1] * 5 + [2]
    assert found.evaluations == 32
    # The library by hand: the mean is asked for, and moves nothing.
    library = SepCMA(
        np.full(6, 0.5),
        0.1,
        bounds=np.array([[0.0, 1.0]] * 6),
        n_max_resampling=0,
        seed=int(np.random.default_rng(4).integers(2**32)),
        population_size=5,
    )
    for draws, mean in zip(asked[:10:2], asked[1:10:2], strict=True):
        own = [library.ask() for _ in range(5)]
        assert np.allclose(draws, low + 4 * np.array(own), rtol=0, atol=1e-14)
        losses = ((low + 4 * np.array(own) - 0.2) ** 2).sum(axis=1)
        library.tell(list(zip(own, losses.tolist(), strict=True)))
        assert np.allclose(mean[0], low + 4 * library.mean.clip(0, 1), rtol=0, atol=1e-14)
    # In many dimensions it is better than the draws around it.
    many = np.full(2000, -1.0), np.full(2000, 1.0)
    with_mean, without = (
        sep_cma_es(lambda x: -((x - 0.3) ** 2).sum(axis=1), *many, evaluations=600, ask_mean=ask)
        for ask in (True, False)
    )
    assert with_mean.fitness > without.fitness
