"""The contest is fair: one task, equal budgets, settings chosen by what is not tested."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
import torch

from har_lib import ablation, comparison, contest, order_task, seagull, search_study
from har_lib.contest import Settings, Tried
from har_lib.errors import InputError
from har_lib.lstm import forward, one_thread, pad
from har_lib.search_study import Study

TINY = Settings(
    hidden=4,
    population=4,
    iterations=3,
    epochs=6,
    patience=3,
    train=20,
    validation=10,
    test=15,
    steps=4,
    noise=0.5,
    bounds=(0.0, 0.5),
    rates=(0.01, 0.03),
)


@pytest.fixture(scope="module")
def tried() -> pd.DataFrame:
    return contest.run([3, 8], TINY)


def test_every_method_enters_with_every_setting(tried: pd.DataFrame) -> None:
    for _, own in tried.groupby("seed"):
        settings = own.groupby("method", sort=False).setting.apply(list).to_dict()
        for name in contest.SEARCHES:
            assert settings.pop(name) == ["0", "0.5"]
            assert settings.pop(f"{name} + Adam") == ["0", "0.5"]
        assert settings == {
            "one draw": ["0", "0.5"],
            "Adam": ["0.01", "0.03"],
            "Adam, restarts": ["0"],
        }


def test_searches_spend_the_same_and_no_method_more_than_its_share(tried: pd.DataFrame) -> None:
    """Counted once more by hand: a search reads N sequences a network, a backward pass counts 2."""
    searches = tried[tried.method.isin(contest.SEARCHES)]
    assert TINY.evaluations == 4 * (2 + 3)
    assert set(searches.forwards) == {TINY.evaluations * 20}
    assert (searches.computed <= TINY.evaluations).all()
    # What is computed is counted by the fitness itself.
    bench, counted = contest.Bench.drawn(3, TINY), []
    size, side = bench.network.layout.size, TINY.side(0.5)

    def fitness(positions: np.ndarray) -> np.ndarray:
        counted.append(len(positions))
        return bench.fitness(positions)

    seeds = np.random.SeedSequence(3).spawn(2 + len(contest.SEARCHES))[2:]
    for (name, search), seed in zip(contest.SEARCHES.items(), seeds, strict=True):
        counted.clear()
        search(fitness, np.full(size, -side), np.full(size, side), TINY, seed)
        own = searches[(searches.seed == 3) & (searches.setting == "0.5")].set_index("method")
        assert own.computed[name] == sum(counted)
    epoch = 3 * 20 + 10
    drawn = tried[tried.method.isin(["one draw", "Adam"])]
    assert set(drawn.forwards % epoch) == {0}
    assert (drawn.forwards <= 6 * epoch).all()
    most = TINY.evaluations * 20 + 6 * epoch
    assert (tried.forwards <= most).all()
    # The restarts go on until not a single epoch is left.
    restarts = tried[tried.method == "Adam, restarts"].forwards
    assert (restarts > most - epoch).all()


def test_the_same_seed_gives_the_same_and_processes_change_nothing(tried: pd.DataFrame) -> None:
    again = contest.run([3, 8], TINY, jobs=2)
    pd.testing.assert_frame_equal(tried.drop(columns="seconds"), again.drop(columns="seconds"))
    first, second = (own.drop(columns=["seed", "seconds"]) for _, own in tried.groupby("seed"))
    assert not first.equals(second)


def test_a_search_is_what_it_is_called(tried: pd.DataFrame) -> None:
    """Data, scale, box and accuracy made anew from the parts."""
    task = order_task.draw(
        3, train=20, validation=10, test=15, classes=5, steps=4, noise=TINY.noise
    )
    rows = np.concatenate(task.train.sequences)
    centre, scale = rows.mean(axis=0), rows.std(axis=0)
    centre[:16], scale[:16] = 0, 1
    bench = contest.Bench.drawn(3, TINY)
    X, lengths = pad([(each - centre) / scale for each in task.test.sequences])
    assert torch.allclose(bench.test.inputs, X, rtol=0, atol=1e-12)
    assert bench.test.truth.tolist() == task.test.labels.tolist()

    own = np.random.SeedSequence(3).spawn(2 + len(contest.SEARCHES))[2:]
    for form, seed in zip(("literal", "corrected", "matlab", "stable"), own, strict=False):
        found = seagull.maximise(
            bench.fitness,
            np.full(bench.network.layout.size, -0.5),
            0.5,
            form=form,
            population=4,
            iterations=3,
            seed=seed,
        )
        weights = bench.network.layout.unpack(torch.from_numpy(found.position))
        right = (forward(weights, X, lengths).argmax(dim=1) == bench.test.truth).double().mean()
        (row,) = tried[
            (tried.seed == 3) & (tried.method == form) & (tried.setting == "0.5")
        ].to_dict("records")
        assert row["test"] == pytest.approx(float(right))
        assert row["fitness"] == found.fitness
        assert row["computed"] == found.computed


def test_adam_goes_on_from_what_the_search_found(tried: pd.DataFrame) -> None:
    joined = tried.merge(
        tried.assign(method=tried.method + " + Adam"), on=["seed", "method", "setting"]
    )
    assert len(joined) == 2 * 2 * len(contest.SEARCHES)
    assert (joined.fitness_x == joined.fitness_y).all()
    assert (joined.forwards_x > joined.forwards_y).all()
    assert (joined.seconds_x >= joined.seconds_y).all()
    # Without a single epoch Adam leaves the network alone.
    bench = contest.Bench.drawn(3, TINY)
    size = dataclasses.replace(TINY, epochs=0)
    start = contest._drawn(1, bench.network.layout.size, 0.5)
    with one_thread():
        same = contest._adam(bench, size, "Adam", 0.0, start, 0.01, 1)
    assert same.test == bench.accuracy(start, bench.test)


def test_restarts_come_to_an_end() -> None:
    """Also where Adam stops before its first epoch."""
    bench = contest.Bench.drawn(3, TINY)
    seed = np.random.SeedSequence(1)
    size = dataclasses.replace(TINY, patience=0)
    with one_thread():
        found = contest._restarts(bench, size, 1000, seed, 1)
    assert found.forwards <= 1000
    assert 0 <= found.test <= 1


def test_searches_alone_are_those_of_the_contest(tried: pd.DataFrame) -> None:
    found = contest.rows(8, contest.searches_alone(8, TINY)).drop(columns="seconds")
    own = tried[(tried.seed == 8) & (tried.setting == "0") & tried.method.isin(contest.SEARCHES)]
    pd.testing.assert_frame_equal(found, own[found.columns].reset_index(drop=True))


def test_calibration_tries_every_deviation_in_every_box() -> None:
    found = pd.DataFrame(contest.calibrate(5, TINY))
    assert list(zip(found.bound, found.spread, strict=True)) == [
        (bound, spread) for bound in TINY.bounds for spread in contest.SPREADS
    ]
    assert contest.SPREAD in contest.SPREADS
    assert found.groupby("bound").fitness.nunique().min() > 1


def test_bounds_share_a_draw() -> None:
    small, large = (contest._drawn(5, 40, side) for side in (0.1, 1.0))
    assert np.allclose(10 * small, large)
    assert np.abs(large).max() > 0.8


def test_the_test_part_chooses_nothing() -> None:
    table = contest.rows(
        0,
        [
            Tried("a", "0", validation=0.5, test=0.1, forwards=1, seconds=1.0),
            Tried("a", "1", validation=0.6, test=0.2, forwards=1, seconds=1.0),
            Tried("a", "2", validation=0.6, test=0.9, forwards=1, seconds=1.0),
        ],
    )
    assert contest.chosen(table).setting.tolist() == ["1"]
    both = pd.concat([table, table.assign(seed=1, validation=[0.9, 0.1, 0.1])])
    assert contest.chosen(both).setting.tolist() == ["1", "0"]
    assert contest.by_seed(contest.chosen(both))["a"].tolist() == [0.2, 0.1]


def test_seconds_buy_iterations(tried: pd.DataFrame) -> None:
    timed = tried.assign(seconds=2.0)
    assert contest.affordable(TINY, timed, "stable", 2.0) == TINY.iterations
    assert contest.affordable(TINY, timed, "stable", 4.0) == 2 * (TINY.iterations + 2) - 2
    assert contest.affordable(TINY, timed, "stable", 0.0) == 1
    timed.loc[timed.method == "stable", "seconds"] = 1.0
    found = {each.method: each for each in contest.at_equal_seconds(3, TINY, timed, 2.0)}
    assert list(found) == [*contest.SEARCHES, "Adam, restarts"]
    # 692 forwards and more took 2 seconds; now there are 2 + 2.
    most = TINY.evaluations * 20 + 6 * (3 * 20 + 10)
    assert 2 * most - 3 * (3 * 20 + 10) <= found["Adam, restarts"].forwards <= 2 * most
    assert found["stable"].forwards == 4 * (8 + 2) * 20
    assert found["corrected"].forwards == TINY.evaluations * 20
    # With the same budget it is the same search.
    own = contest.chosen(tried[tried.seed == 3]).set_index("method").loc["corrected"]
    assert (found["corrected"].test, found["corrected"].setting) == (own.test, own.setting)


# The ablation


def test_variants_cross_the_factors_from_printed_to_repaired() -> None:
    variants = list(ablation.variants().values())
    names = list(ablation.variants())
    printed, repaired = names[0], names[7]
    assert ablation.variants()[printed] == seagull.PRESETS["corrected"]
    assert ablation.variants()[repaired] == seagull.PRESETS["stable"]
    assert len({tuple(sorted(each.items())) for each in variants}) == len(variants) == 14
    for place, other in enumerate(ablation.OTHERS):
        for level, base in ((0, printed), (1, repaired)):
            name = names[8 + 2 * place + level]
            assert name == (*base[:3], other)


def test_the_ends_of_the_ablation_are_the_forms() -> None:
    found = pd.DataFrame(ablation.enter(3, TINY, 0.0))
    bench = contest.Bench.drawn(3, TINY)
    side = np.full(bench.network.layout.size, 0.5)
    for row, form in ((0, "corrected"), (7, "stable")):
        result = seagull.maximise(
            bench.fitness, -side, side, form=form, population=4, iterations=3, seed=3
        )
        assert found.fitness[row] == result.fitness
        assert found.clipped[row] == result.diagnostics["clipped"].mean()
        assert found.test[row] == bench.accuracy(result.position, bench.test)
    pd.testing.assert_frame_equal(ablation.run([3], TINY, jobs=2), found)


# What is told of it


@pytest.fixture
def study(tried: pd.DataFrame) -> Study:
    return Study(
        settings={**dataclasses.asdict(TINY), "seeds": 2, "evaluations": TINY.evaluations},
        tried=tried,
        equal_seconds=tried[
            (tried.setting == "0") & tried.method.isin([*contest.SEARCHES, "Adam, restarts"])
        ],
        easier=tried[(tried.setting == "0.5") & tried.method.isin(contest.SEARCHES)],
        calibration=pd.DataFrame(contest.calibrate(5, TINY)),
        ablated=ablation.run([3, 8], TINY),
        seconds=1.0,
        functions={},
    )


def test_tables_hold_what_was_chosen(study: Study) -> None:
    chosen = contest.chosen(study.tried)
    alone, trained = search_study.alone(study.tried), search_study.with_adam(study.tried)
    assert list(alone) == list(contest.SEARCHES)
    assert list(trained)[:3] == ["Adam", "Adam, restarts", "one draw"]
    assert list(trained)[3:] == [f"{name} + Adam" for name in contest.SEARCHES]
    for name, values in (alone | trained).items():
        assert values.tolist() == chosen[chosen.method == name].sort_values("seed").test.tolist()
    plain = comparison.table(alone, "random search", search_study.MARGIN)
    told = search_study.table(alone, "random search")
    for name, row in plain.iterrows():
        assert told.accuracy[name].startswith(f"{100 * row['mean']:.1f} [")
        assert told["less random search"][name].startswith(f"{100 * row.difference:+.1f} [")
        assert told.verdict[name] == row.verdict.replace(".03", "3 points")
    difference = trained["corrected + Adam"] - trained["Adam"]
    assert f"alone: {100 * difference.mean():+.1f} [" in search_study.primary(study.tried)
    assert "2 seeds" in search_study.primary(study.tried)
    assert study.size == TINY
    assert "2 seeds, 20 sequences" in search_study.sizes(study)
    less = search_study.matched(study.tried)
    assert list(less.index) == [name for name in trained if name not in ("Adam", "one draw")]
    gain = trained["corrected + Adam"] - trained["one draw"]
    assert less["less one draw"]["corrected + Adam"].startswith(f"{100 * gain.mean():+.1f} [")
    again = study.equal_seconds[study.equal_seconds.method == "Adam, restarts"].test.to_numpy()
    gain = trained["corrected + Adam"] - again
    assert f"{100 * gain.mean():+.1f} [" in search_study.restarts_at_equal_seconds(study)
    assert len(search_study.easier(study)) == len(contest.SEARCHES) - 1
    timed = search_study.at_equal_seconds(study)
    assert timed.networks.tolist() == [str(TINY.evaluations)] * 5


def test_bounds_are_told_from_small_to_large(study: Study) -> None:
    small = dataclasses.replace(TINY, bounds=(0.0, 0.1))
    tried = study.tried.replace({"setting": {"0.5": "0.1"}})
    found = search_study.by_bound(tried, ["one draw"], small)
    assert found.side.tolist() == [0.1, 0.5]
    own = tried[(tried.method == "one draw") & (tried.setting == "0.1")]
    assert found["mean"][0] == pytest.approx(own.test.mean())


def test_the_ablation_is_told_variant_by_variant(study: Study) -> None:
    found = search_study.ablation_table(study.ablated)
    assert len(found) == len(ablation.variants())
    assert found["mean"].tolist() == pytest.approx(
        study.ablated.groupby([*ablation.FACTORS, "other"], sort=False).test.mean().tolist()
    )
    assert (search_study.movements(found)["same sign"][:1] == "1.00").all()
    told = search_study.ablation_verdicts(study.ablated)
    assert len(told) == len(found) - 1
    wide = study.ablated.assign(row=list(range(len(found))) * 2).pivot(
        index="seed", columns="row", values="test"
    )
    gain = 100 * (wide[7] - wide[0]).mean()
    assert told.iloc[6, 1].startswith(f"{gain:+.1f} [")


def test_a_study_that_is_not_there_is_asked_for(tmp_path) -> None:
    with pytest.raises(InputError, match=r"python -m benchmarks\.search_study"):
        search_study.recorded(tmp_path / "nothing.json")
