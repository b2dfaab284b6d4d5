"""The contest is fair: one task, equal budgets, settings chosen by what is not tested."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
import torch

from har_lib import (
    ablation,
    comparison,
    contest,
    files,
    order_task,
    seagull,
    search_report,
    search_study,
    shrinkage,
)
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


# Shortened draws


def test_a_shortened_draw_is_the_draw_of_the_contest_but_for_its_length(
    tried: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    starts = []
    train_from = contest.Bench.train_from

    def spy(bench: contest.Bench, start: np.ndarray, *others: object) -> object:
        starts.append(start)
        return train_from(bench, start, *others)

    monkeypatch.setattr(contest.Bench, "train_from", spy)
    rows = shrinkage.enter(3, TINY, [0.5])
    assert [row["method"] for row in rows] == list(shrinkage.SEARCHES)
    bench = contest.Bench.drawn(3, TINY)
    for_draws, _, *seeds = np.random.SeedSequence(3).spawn(2 + len(contest.SEARCHES))
    draw = contest._drawn(for_draws, bench.network.layout.size, 0.5)
    own = dict(zip(contest.SEARCHES, seeds, strict=True))
    side = np.full(len(draw), 0.5)
    for row, start in zip(rows, starts, strict=True):
        name = row["method"]
        network = contest.SEARCHES[name](bench.fitness, -side, side, TINY, own[name]).position
        # As long as the network of the search, and pointing where the draw does.
        assert np.linalg.norm(start) == pytest.approx(np.linalg.norm(network))
        assert start == pytest.approx(draw * row["length"])
        assert row["length"] == pytest.approx(np.linalg.norm(network) / np.linalg.norm(draw))


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
        shortened=shrinkage.run([3, 8], TINY, [0.5]),
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
    told = search_report.table(alone, "random search")
    few = search_report.table(alone, "random search", equality=False)
    for name, row in plain.iterrows():
        assert told.accuracy[name].startswith(f"{100 * row['mean']:.1f} [")
        assert told["less random search"][name].startswith(f"{100 * row.difference:+.1f} [")
        assert told.verdict[name] == row.verdict.replace(".03", "3 points")
        assert few.verdict[name] == (
            row.verdict.split(",")[0] if row.p_holm < 0.05 else "not shown"
        )
    # The method that the others are held against comes first.
    assert told.index[0] == "random search"
    itself = f"{100 * alone['random search'].mean():.1f} ["
    assert told.accuracy["random search"].startswith(itself)
    assert set(told.iloc[0, 1:]) == {"-"}
    difference = trained["corrected + Adam"] - trained["Adam"]
    assert f"less Adam: {100 * difference.mean():+.1f} [" in search_report.primary(study.tried)
    gain = alone["corrected"] - alone["random search"]
    assert f"search: {100 * gain.mean():+.1f} [" in search_report.against_random(chosen)
    assert search_study.gains(alone, "random search").loc["corrected", "mean"] == pytest.approx(
        gain.mean()
    )
    final = search_report.searches_table(chosen)
    assert final.accuracy["stable"] == few.accuracy["stable"]
    fitness = chosen[chosen.method == "stable"].fitness.mean()
    assert final.fitness["stable"] == f"{fitness:.3f}"
    assert "2 seeds" in search_report.primary(study.tried)
    assert study.size == TINY
    assert "2 seeds, 20 sequences" in search_report.sizes(study)
    less = search_report.matched(study.tried)
    assert list(less.index[1:]) == [name for name in trained if name not in ("Adam", "one draw")]
    # The comparison named beforehand is in no family.
    assert "corrected + Adam" not in search_report.against_adam(study.tried).index
    gain = trained["corrected + Adam"] - trained["one draw"]
    assert less["less one draw"]["corrected + Adam"].startswith(f"{100 * gain.mean():+.1f} [")
    assert f"less one draw: {100 * gain.mean():+.1f} [" in search_report.isolated(study.tried)
    again = study.equal_seconds[study.equal_seconds.method == "Adam, restarts"].test.to_numpy()
    gain = trained["corrected + Adam"] - again
    assert f"{100 * gain.mean():+.1f} [" in search_report.restarts_at_equal_seconds(study)
    assert set(search_report.searches_table(study.easier).index) == set(contest.SEARCHES)
    timed = search_report.at_equal_seconds(study)
    assert timed.networks.tolist() == [str(TINY.evaluations)] * 6


def test_bounds_are_told_from_small_to_large(study: Study) -> None:
    small = dataclasses.replace(TINY, bounds=(0.0, 0.1))
    tried = study.tried.replace({"setting": {"0.5": "0.1"}})
    found = search_study.by_bound(tried, ["one draw"], small)
    assert found.side.tolist() == [0.1, 0.5]
    own = tried[(tried.method == "one draw") & (tried.setting == "0.1")]
    assert found["mean"][0] == pytest.approx(own.test.mean())
    both = search_study.by_bound(tried, ["one draw", "corrected + Adam"], small)
    told = search_report.bounds_table(both)
    assert told.columns.tolist() == ["±0.1", "±0.5"]
    assert told.index.tolist() == ["one draw", "corrected + Adam"]
    assert told.iloc[0, 0].startswith(f"{100 * own.test.mean():.1f} [")


def test_shortened_draws_are_held_against_the_search_in_the_same_box(study: Study) -> None:
    told = search_report.shortened(study)
    assert told.index.tolist() == [f"±0.5, {name}" for name in shrinkage.SEARCHES]
    starts = search_study.shortened_starts(study).set_index("method")["mean"]
    assert set(starts.index) <= set(search_study.starts(study).method)
    searched = study.tried[
        (study.tried.method == "stable + Adam") & (study.tried.setting == "0.5")
    ].set_index("seed")
    drawn = study.shortened[study.shortened.method == "stable"].set_index("seed")
    gain = 100 * (searched.test - drawn.test).mean()
    assert told.difference["±0.5, stable"].startswith(f"{gain:+.1f} [")
    assert told["after a draw as long"]["±0.5, stable"].startswith(
        f"{100 * drawn.test.mean():.1f} ["
    )


def test_the_ablation_is_told_variant_by_variant(study: Study) -> None:
    found = search_study.ablation_table(study.ablated)
    assert len(found) == len(ablation.variants())
    assert found["mean"].tolist() == pytest.approx(
        study.ablated.groupby([*ablation.FACTORS, "other"], sort=False).test.mean().tolist()
    )
    assert (search_report.movements(found)["same sign"][:1] == "1.00").all()
    told = search_report.ablation_verdicts(study.ablated)
    assert len(told) == len(found)
    wide = study.ablated.assign(row=list(range(len(found))) * 2).pivot(
        index="seed", columns="row", values="test"
    )
    gain = 100 * (wide[7] - wide[0]).mean()
    assert told["less printed, p (Holm)"].iloc[7].startswith(f"{gain:+.1f} [")
    assert told["less repaired, p (Holm)"].iloc[0].startswith(f"{-gain:+.1f} [")
    assert told.iloc[0, -2] == told.iloc[7, -1] == "-"
    fitness = study.ablated.fitness[[7, 7 + len(found)]].mean()
    assert told.fitness.iloc[7] == f"{fitness:.3f}"


def test_a_study_that_is_not_there_is_asked_for(tmp_path) -> None:
    with pytest.raises(InputError, match=r"python -m benchmarks\.search_study"):
        search_study.recorded(tmp_path / "nothing.json")


# The record


@pytest.fixture(scope="module")
def kept() -> Study:
    return search_study.recorded()


def test_what_is_recorded_is_still_what_is_computed(kept: Study) -> None:
    """The cheapest methods of the first seed, made again: a stale record would differ."""
    recorded = kept.tried[kept.tried.seed == 0].set_index(["method", "setting"])
    bench = contest.Bench.drawn(0, kept.size)
    for_draws, for_batches, *seeds = np.random.SeedSequence(0).spawn(2 + len(contest.SEARCHES))
    own = dict(zip(contest.SEARCHES, seeds, strict=True))["random search"]
    with one_thread():
        # What it asks for hangs on no rounding, only how a clip near the border is answered.
        side = np.full(bench.network.layout.size, kept.size.side(0.0))
        found = contest.SEARCHES["random search"](bench.fitness, -side, side, kept.size, own)
        fitness = recorded.fitness["random search", "0"]
        assert found.fitness == pytest.approx(fitness, abs=0.006)
        test = recorded.test["random search", "0"]
        assert bench.accuracy(found.position, bench.test) == pytest.approx(test, abs=0.005)
        for bound in kept.size.bounds:
            start = contest._drawn(for_draws, bench.network.layout.size, kept.size.side(bound))
            again = contest._adam(
                bench, kept.size, "one draw", bound, start, kept.size.rates[0], for_batches
            )
            # Another processor rounds otherwise, and a few sequences may change sides.
            assert again.test == pytest.approx(recorded.test["one draw", f"{bound:g}"], abs=0.01)


def test_the_record_is_complete_and_in_keeping_with_its_settings(kept: Study) -> None:
    seeds = set(range(kept.settings["seeds"]))
    assert len(seeds) >= 20
    assert kept.settings["sep_cma_es_spread"] == contest.SPREAD
    assert kept.settings["evaluations"] == kept.size.evaluations
    for table in (kept.tried, kept.equal_seconds, kept.easier, kept.ablated):
        assert set(table.seed) == seeds
    counts = kept.tried.groupby("method").size() / len(seeds)
    sides, rates = len(kept.size.bounds), len(kept.size.rates)
    assert counts.pop("Adam, restarts") == 1
    assert counts.pop("Adam") == rates
    assert set(counts) == {sides}
    assert len(kept.ablated) == len(seeds) * len(ablation.variants())


def test_the_recorded_deviation_is_the_one_of_highest_fitness(kept: Study) -> None:
    found = kept.calibration
    assert not set(found.seed) & set(kept.tried.seed)
    assert found.groupby("spread").fitness.mean().idxmax() == contest.SPREAD


def test_adam_ends_between_70_and_90_percent_on_the_recorded_task(kept: Study) -> None:
    assert 0.7 < search_study.with_adam(kept.tried)["Adam"].mean() < 0.9


def test_the_last_words_of_05_are_what_is_recorded(kept: Study) -> None:
    """The prose has no numbers; what it says without them hangs on these verdicts."""
    alone, trained = search_study.alone(kept.tried), search_study.with_adam(kept.tried)
    searches = search_report.searches_table(contest.chosen(kept.tried)).verdict
    less_noise = search_report.searches_table(kept.easier).verdict
    assert (searches["corrected"], less_noise["corrected"]) == ("not shown", "lower")
    for name in ("stable", "sep-CMA-ES"):
        assert searches[name] == less_noise[name] == "higher"
    assert search_report.matched(kept.tried).verdict["corrected + Adam"].startswith("equal")
    assert alone["sep-CMA-ES"].mean() > alone["stable"].mean() + 0.1
    assert trained["Adam"].mean() > max(values.mean() for values in alone.values()) + 0.3
    values = ablation.by_variant(kept.ablated)
    found = search_report.table(values, next(iter(values))).verdict
    both = [name for name in found.index if "a coordinate, p, q = 0.5, 0.05" in name]
    assert set(found.index[found == "higher"]) == set(both)
    shorter = search_report.shortened(kept).difference
    for row in ("±0.5, stable", "±1, stable"):
        assert "[-" in shorter[row]


def test_functions_are_told_by_search_and_function(kept: Study) -> None:
    numbers = search_study.functions(kept)
    told = search_report.functions_table(numbers)
    assert told.shape == (numbers.form.nunique(), numbers.function.nunique())
    row = numbers.set_index(["form", "function"]).loc["stable", "sphere"]
    assert told.sphere["stable"] == f"{row.centred_median:.1e} -> {row.shifted_median:.1e}"


def test_the_record_holds_no_hint_of_a_machine() -> None:
    machine = files.read_json(search_study.PATH)["machine"]
    assert set(machine) == {"processor", "vector_instructions", "torch", "numpy", "cmaes"}
