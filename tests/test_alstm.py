"""The classifier: what it learns, what it never sees, what it refuses."""

import json

import numpy as np
import pytest
import torch
from order_coded import order_coded
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.metrics import log_loss
from sklearn.model_selection import GridSearchCV

from har_lib import evaluate, population, seagull, training
from har_lib.alstm import ALSTMClassifier
from har_lib.config import FIELDS, Config
from har_lib.errors import InputError
from har_lib.lstm import Layout, forward
from har_lib.sequences import scaling, thin
from har_lib.streams import Streams
from har_lib.training import Network

QUICK = {"hidden_size": 8, "population": 4, "iterations": 3, "epochs": 3}
#: Our repair, in place of equations (23) to (28) as they stand.
REPAIRED = {
    "spiral_scale": 0.5,
    "spiral_growth": 0.05,
    "random_numbers": "coordinate",
    "distance": "signed",
}
ROLES = FIELDS["search_role"].allowed


@pytest.fixture(scope="module")
def data():
    return order_coded(classes=4, groups=6, per_class=4)


def pick(X: list, index: np.ndarray) -> list:
    return [X[i] for i in index]


def test_defaults_are_the_configurations():
    flat = Config().flat()
    settings = ALSTMClassifier().get_params()
    sections = ("sequence", "lstm", "search", "training")
    wanted = {name for name, field in FIELDS.items() if field.section in sections}
    own = {"seed": 0, "search": True, "device": "auto", "precision": "double", "threads": 1}
    assert settings == {name: flat[name] for name in wanted} | own | {
        "checkpoint": "",
        "progress": False,
    }


def test_lstm_baseline_learns_order_in_a_few_epochs():
    X, y, groups = order_coded(classes=5, groups=20, per_class=4, noise=1.5)
    train = np.isin(groups, [f"g{number:02d}" for number in range(10)])
    model = ALSTMClassifier(search=False, hidden_size=16, epochs=20)
    model.fit(pick(X, np.flatnonzero(train)), y[train], groups[train])
    assert model.score(pick(X, np.flatnonzero(~train)), y[~train]) >= 0.95
    assert model.history_["search"] == []


def test_labels_without_meaning_are_not_learnt():
    X, y, groups = order_coded(classes=4, groups=10, per_class=4)
    y = np.random.default_rng(0).permutation(y)
    train = groups < "g05"
    model = ALSTMClassifier(search=False, epochs=20)
    model.fit(pick(X, np.flatnonzero(train)), y[train], groups[train])
    # 80 clips, chance .25: five standard errors.
    assert model.score(pick(X, np.flatnonzero(~train)), y[~train]) < 0.25 + 5 * 0.048


def test_search_starts_adam_and_is_not_undone(data):
    X, y, groups = data
    model = ALSTMClassifier(**{**QUICK, "iterations": 10, "epochs": 0}, **REPAIRED)
    model.fit(X, y, groups)
    assert len(model.history_["search"]) == 10
    assert len(model.history_["training_loss"]) == 1
    assert np.array_equal(model.weights_, model.result_.position)
    # The fitness that was reached is accuracy less a thousandth of the loss, on that part alone.
    part = np.setdiff1d(np.arange(len(y)), model.validation_indices_)
    loss = log_loss(y[part], model.predict_proba(pick(X, part)))
    expected = model.score(pick(X, part), y[part]) - 1e-3 * loss
    assert model.result_.fitness == pytest.approx(expected, abs=1e-12)
    assert model.history_["training_loss"][0] == pytest.approx(loss, abs=1e-12)


@pytest.fixture
def searches(monkeypatch):
    """Calls of the search: its fitness, its box and its settings."""
    calls = []
    plain = seagull.maximise

    def spy(fitness, lower, upper, **settings):
        calls.append((fitness, lower, upper, settings))
        return plain(fitness, lower, upper, **settings)

    monkeypatch.setattr(seagull, "maximise", spy)
    return calls


def test_search_box_follows_its_bound(data, searches):
    X, y, groups = data
    ALSTMClassifier(**QUICK, search_bound=0.5).fit(X, y, groups)
    _, lower, upper, settings = searches[0]
    assert np.allclose(upper, 0.5 / np.sqrt(8))
    assert np.array_equal(lower, -upper)
    assert len(upper) == Layout(58, 8, 4).size
    assert settings["start"] is None


@pytest.mark.parametrize(
    ("setting", "value", "argument", "passed"),
    [
        ("search_form", "literal", "form", "literal"),
        ("search_form", "matlab", "form", "matlab"),
        ("population", 5, "population", 5),
        ("iterations", 7, "iterations", 7),
        ("search_patience", 2, "patience", 2),
        ("movement_start", 1.5, "F_c", 1.5),
        ("spiral_scale", 0.3, "p", 0.3),
        ("spiral_growth", 0.2, "q", 0.2),
        ("random_numbers", "coordinate", "per_dimension", True),
        ("distance", "signed", "signed", True),
        ("outside_box", "reflect", "bounds", "reflect"),
        ("outside_box", "reset", "bounds", "reset"),
        ("acceptance", "greedy", "greedy", True),
        ("opposition", False, "opposition", False),
        ("opposite_kind", "quasi", "opposite_kind", "quasi"),
        ("jumping_rate", 0.5, "jumping", 0.5),
    ],
)
def test_settings_of_the_search_reach_it_one_by_one(
    data, searches, setting, value, argument, passed
):
    X, y, groups = data
    plain = ALSTMClassifier(**QUICK, search_role="replace").fit(X, y, groups)
    changed = {**QUICK, setting: value}
    other = ALSTMClassifier(**changed, search_role="replace").fit(X, y, groups)
    before, after = searches[0][3], searches[1][3]
    assert after[argument] == passed
    same = set(before) - {argument, "seed"}
    assert {name: before[name] for name in same} == {name: after[name] for name in same}
    # In so short a search the best may be the same; the ways there are not.
    courses = [np.array(list(each.result_.diagnostics.values())) for each in (plain, other)]
    assert not np.array_equal(*courses, equal_nan=True)


def test_repaired_settings_are_the_stable_form(data, searches):
    X, y, groups = data
    model = ALSTMClassifier(**QUICK, **REPAIRED, search_role="replace").fit(X, y, groups)
    fitness, lower, upper, settings = searches[0]
    own = {"form", "p", "q", "per_dimension", "signed"}
    kept = {name: value for name, value in settings.items() if name not in own}
    stable = seagull.maximise(fitness, lower, upper, form="stable", **kept)
    assert np.array_equal(stable.position, model.weights_)


def test_patience_of_the_search_shortens_its_history(data):
    X, y, groups = data
    model = ALSTMClassifier(**{**QUICK, "iterations": 50}, search_patience=4).fit(X, y, groups)
    assert len(model.history_["search"]) < 50
    assert len(set(model.history_["search"][-4:])) == 1


def test_replace_searches_on_everything_and_never_trains(data):
    X, y, groups = data
    model = ALSTMClassifier(**QUICK, search_role="replace").fit(X, y, groups)
    assert len(model.validation_indices_) == 0
    assert model.history_["training_loss"] == []
    assert np.array_equal(model.weights_, model.result_.position)
    expected = model.score(X, y) - 1e-3 * log_loss(y, model.predict_proba(X))
    assert model.result_.fitness == pytest.approx(expected, abs=1e-12)


def test_adam_keeps_the_best_epoch_and_stops_with_patience(data):
    X, y, groups = data
    model = ALSTMClassifier(
        search=False, hidden_size=8, epochs=60, patience=5, learning_rate=0.1
    ).fit(X, np.random.default_rng(1).permutation(y), groups)
    losses = model.history_["validation_loss"]
    best = model.history_["best_epoch"]
    assert best == int(np.argmin(losses))
    assert len(losses) == best + 1 + 5
    assert len(losses) < 61
    held_out = model.validation_indices_
    shuffled = np.random.default_rng(1).permutation(y)[held_out]
    kept = log_loss(shuffled, model.predict_proba(pick(X, held_out)), labels=[0, 1, 2, 3])
    assert kept == pytest.approx(losses[best], abs=1e-12)


def test_validation_is_whole_groups(data):
    X, y, groups = data
    model = ALSTMClassifier(**QUICK, validation_share=0.4).fit(X, y, groups)
    held_out = model.validation_indices_
    assert len(np.unique(groups[held_out])) == 2
    assert np.array_equal(held_out, np.flatnonzero(np.isin(groups, groups[held_out])))
    random = ALSTMClassifier(**QUICK, validation="random", validation_share=0.25).fit(X, y)
    assert len(random.validation_indices_) == len(y) / 4
    assert len(np.unique(groups[random.validation_indices_])) == 6


def test_scaling_never_sees_the_validation_part(data):
    X, y, groups = data
    plain = ALSTMClassifier(**QUICK).fit(X, y, groups)
    spoilt = [sequence.copy() for sequence in X]
    for i in plain.validation_indices_:
        spoilt[i] *= 1000
    again = ALSTMClassifier(**QUICK).fit(spoilt, y, groups)
    assert np.array_equal(again.centre_, plain.centre_)
    assert np.array_equal(again.scale_, plain.scale_)
    # Nor does the search.
    assert again.history_["search"] == plain.history_["search"]
    for i in np.setdiff1d(np.arange(len(y)), plain.validation_indices_):
        spoilt[i] = spoilt[i] * 2
    assert not np.array_equal(
        ALSTMClassifier(**QUICK).fit(spoilt, y, groups).centre_, plain.centre_
    )


def test_units_of_a_feature_do_not_matter(data):
    X, y, groups = data
    scale, shift = np.ones(58), np.zeros(58)
    scale[10], shift[20] = 1e6, -50.0
    other = [sequence * scale + shift for sequence in X]
    first = ALSTMClassifier(**QUICK).fit(X, y, groups).predict_proba(X)
    second = ALSTMClassifier(**QUICK).fit(other, y, groups).predict_proba(other)
    assert np.allclose(first, second, atol=1e-9)


def test_only_thinned_steps_are_read(data):
    X, y, groups = data
    model = ALSTMClassifier(**QUICK, sequence_length=4).fit(X, y, groups)
    thinned = [thin(sequence, 4) for sequence in X]
    assert np.array_equal(model.predict_proba(X), model.predict_proba(thinned))
    other = ALSTMClassifier(**QUICK, sequence_length=4).fit(thinned, y, groups)
    assert np.array_equal(other.weights_, model.weights_)


def test_same_seed_same_bits_and_threads_restored(data):
    X, y, groups = data
    before = torch.get_num_threads()
    fits = []
    try:
        for threads, seed in ((1, 0), (2, 0), (1, 1)):
            torch.set_num_threads(threads)
            fits.append(ALSTMClassifier(**QUICK, seed=seed).fit(X, y, groups).weights_)
            assert torch.get_num_threads() == threads
    finally:
        torch.set_num_threads(before)
    assert np.array_equal(fits[0], fits[1])
    assert not np.array_equal(fits[0], fits[2])
    assert fits[0].dtype == np.float64


def test_the_search_follows_the_seed(data):
    X, y, groups = data
    replaced = [
        ALSTMClassifier(**QUICK, search_role="replace", seed=seed).fit(X, y, groups).weights_
        for seed in (0, 0, 1)
    ]
    assert np.array_equal(replaced[0], replaced[1])
    assert not np.array_equal(replaced[0], replaced[2])


def test_everything_runs_in_one_thread(data, monkeypatch):
    X, y, groups = data
    threads = []

    def watched(function):
        def run(*arguments, **settings):
            threads.append(torch.get_num_threads())
            return function(*arguments, **settings)

        return run

    for name in ("forward", "fused_logits", "population_logits"):
        monkeypatch.setattr(training, name, watched(getattr(training, name)))
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        ALSTMClassifier(**QUICK).fit(X, y, groups).predict(X)
    finally:
        torch.set_num_threads(before)
    assert len(threads) > 10
    assert set(threads) == {1}


def test_global_random_state_is_neither_used_nor_touched(data):
    X, y, groups = data
    torch.manual_seed(1)
    first = ALSTMClassifier(**QUICK).fit(X, y, groups).weights_
    drawn = torch.rand(1)
    torch.manual_seed(1)
    assert torch.rand(1) == drawn
    torch.manual_seed(2)
    assert np.array_equal(ALSTMClassifier(**QUICK).fit(X, y, groups).weights_, first)


def test_scikit_learns_conventions(data):
    X, y, _ = data
    model = ALSTMClassifier(**QUICK, validation="random")
    copied = clone(model)
    assert copied.get_params() == model.get_params()
    assert copied.set_params(hidden_size=3).hidden_size == 3
    with pytest.raises(NotFittedError):
        model.predict(X)
    search = GridSearchCV(model, {"hidden_size": np.array([4, 6]), "search": [True, False]}, cv=2)
    search.fit(X, y)
    assert set(search.best_params_) == {"hidden_size", "search"}
    assert search.predict(X).shape == (len(y),)
    assert not np.isnan(search.cv_results_["mean_test_score"]).any()


def test_probabilities_and_labels_as_text(data):
    X, y, groups = data
    names = np.array(["walk", "run", "box", "wave"])
    for labels in (names[y], names[y].astype(object)):
        model = ALSTMClassifier(**QUICK).fit(X, labels, groups)
        assert model.classes_.tolist() == sorted(names)
        probability = model.predict_proba(X)
        assert np.allclose(probability.sum(axis=1), 1)
        assert np.array_equal(model.predict(X), model.classes_[probability.argmax(axis=1)])
    # One clip is answered alike alone and among others.
    assert np.allclose(model.predict_proba(X[3:4]), probability[3:4], atol=1e-12)


@pytest.mark.parametrize("role", ROLES)
def test_every_setting_survives_saving(data, tmp_path, role):
    X, y, _ = data
    others = {
        name: next(value for value in field.options if value != field.default)
        for name, field in FIELDS.items()
        if field.section in ("sequence", "lstm", "search", "training")
    }
    small = {"population": 5, "iterations": 4, "epochs": 2, "hidden_size": 3, "search_role": role}
    model = ALSTMClassifier(**{**others, **small}, seed=3).fit(X, y)
    model.save(tmp_path / "model.npz")
    loaded = ALSTMClassifier.load(tmp_path / "model.npz")
    assert loaded.get_params() == model.get_params()
    assert loaded.history_ == model.history_
    assert np.array_equal(loaded.predict_proba(X), model.predict_proba(X))


def test_a_saved_model_does_not_tell_where_it_was_computed(data, tmp_path):
    X, y, groups = data
    technical = {"threads": 2, "device": "cpu", "checkpoint": str(tmp_path / "kept")}
    model = ALSTMClassifier(**QUICK, **technical, precision="single").fit(X, y, groups)
    model.save(tmp_path / "model.npz")
    assert b"kept" not in (tmp_path / "model.npz").read_bytes()
    loaded = ALSTMClassifier.load(tmp_path / "model.npz")
    plain = ALSTMClassifier(**QUICK, precision="single")
    assert loaded.get_params() == plain.get_params()
    assert np.array_equal(loaded.predict_proba(X), model.predict_proba(X))


def test_save_and_load(data, tmp_path):
    X, y, groups = data
    names = np.array(["walk", "run", "box", "wave"])[y]
    model = ALSTMClassifier(**QUICK, learning_rate=0.02).fit(X, names, groups)
    path = tmp_path / "model.npz"
    model.save(path)
    loaded = ALSTMClassifier.load(path)
    assert loaded.get_params() == model.get_params()
    assert loaded.history_ == model.history_
    assert np.array_equal(loaded.predict_proba(X), model.predict_proba(X))
    assert np.array_equal(loaded.predict(X), model.predict(X))
    first = path.read_bytes()
    loaded.save(path)
    assert path.read_bytes() == first
    with np.load(path, allow_pickle=False) as stored:
        assert json.loads(str(stored["settings"]))["hidden_size"] == 8


def test_files_that_are_no_classifier_are_refused(tmp_path, data):
    with pytest.raises(InputError, match="does not exist"):
        ALSTMClassifier.load(tmp_path / "none.npz")
    (tmp_path / "text.npz").write_text("no archive")
    with pytest.raises(InputError, match="no saved classifier"):
        ALSTMClassifier.load(tmp_path / "text.npz")
    X, y, groups = data
    model = ALSTMClassifier(**QUICK).fit(X, y, groups)
    model.weights_ = model.weights_[:-1]
    model.save(tmp_path / "short.npz")
    with pytest.raises(InputError, match="do not fit"):
        ALSTMClassifier.load(tmp_path / "short.npz")


# What the network reads


def fitted_steps(model: ALSTMClassifier, X: list, **reading) -> np.ndarray:
    """Probabilities of the network for sequences that are scaled already."""
    layout = Layout(58, model.hidden_size, 4)
    weights = layout.unpack(torch.from_numpy(model.weights_))
    rows = [
        forward(weights, torch.from_numpy(x)[None], torch.tensor([len(x)]), **reading) for x in X
    ]
    return torch.cat(rows).softmax(dim=1).numpy()


@pytest.mark.parametrize("kind", ["standard", "standard_all", "range", "none"])
def test_scaling_is_of_the_kind_and_of_the_training_part(data, kind):
    X, y, groups = data
    model = ALSTMClassifier(**QUICK, feature_scaling=kind).fit(X, y, groups)
    part = np.setdiff1d(np.arange(len(y)), model.validation_indices_)
    centre, scale = scaling([thin(X[i], 10) for i in part], kind)
    assert np.array_equal(model.centre_, centre)
    assert np.array_equal(model.scale_, scale)
    seen = [(thin(x, 10) - centre) / scale for x in X]
    assert np.allclose(model.predict_proba(X), fitted_steps(model, seen), atol=1e-12)
    if kind != "standard":
        plain = ALSTMClassifier(**QUICK).fit(X, y, groups)
        assert not np.array_equal(plain.weights_, model.weights_)


def test_only_the_first_steps_are_read(data):
    X, y, groups = data
    settings = QUICK | {"sequence_length": 4, "long_sequences": "first"}
    model = ALSTMClassifier(**settings).fit(X, y, groups)
    changed = [np.concatenate([x[:4], 1e3 + x[4:]]) for x in X]
    assert np.array_equal(model.predict_proba(X), model.predict_proba(changed))
    assert np.array_equal(
        ALSTMClassifier(**settings).fit(changed, y, groups).weights_, model.weights_
    )
    changed[0][3] += 1
    assert not np.array_equal(model.predict_proba(X), model.predict_proba(changed))


def test_a_clip_as_one_step_is_the_mean_of_all_its_rows(data):
    X, y, groups = data
    model = ALSTMClassifier(**QUICK, time_step="clip").fit(X, y, groups)
    means = [x.mean(axis=0, keepdims=True) for x in X]
    plain = ALSTMClassifier(**QUICK).fit(means, y, groups)
    assert np.array_equal(model.weights_, plain.weights_)
    assert np.array_equal(model.predict_proba(X), plain.predict_proba(means))
    # So the order of the key frames, and how many are read, does not matter.
    backwards = model.predict_proba([x[::-1] for x in X])
    assert np.allclose(backwards, model.predict_proba(X), atol=1e-12)
    shorter = ALSTMClassifier(**QUICK, time_step="clip", sequence_length=2).fit(X, y, groups)
    assert np.array_equal(shorter.weights_, model.weights_)


@pytest.mark.parametrize("search", [True, False])
@pytest.mark.parametrize(
    ("setting", "reading"),
    [({"gate_form": "literal"}, {"form": "literal"}), ({"readout": "mean"}, {"readout": "mean"})],
)
def test_readings_of_the_network_reach_search_adam_and_prediction(data, setting, reading, search):
    X, y, groups = data
    model = ALSTMClassifier(**QUICK, **setting, search=search).fit(X, y, groups)
    seen = [(thin(x, 10) - model.centre_) / model.scale_ for x in X]
    assert np.allclose(model.predict_proba(X), fitted_steps(model, seen, **reading), atol=1e-12)
    assert not np.allclose(model.predict_proba(X), fitted_steps(model, seen), atol=1e-3)
    # The kept epoch's loss is that of these probabilities.
    unseen = model.validation_indices_
    loss = log_loss(y[unseen], model.predict_proba(pick(X, unseen)), labels=[0, 1, 2, 3])
    assert loss == pytest.approx(min(model.history_["validation_loss"]), rel=1e-9)
    if search:
        final = ALSTMClassifier(**QUICK, **setting, search_role="replace").fit(X, y, groups)
        loss = log_loss(y, final.predict_proba(X))
        expected = final.score(X, y) - 1e-3 * loss
        assert final.result_.fitness == pytest.approx(expected, rel=1e-9)


# What the search is for


def parts(model: ALSTMClassifier) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Gates, biases and readout of a fitted network."""
    layout = Layout(58, model.hidden_size, 4)
    between = slice(layout.gates.stop, layout.readout.start)
    return tuple(model.weights_[places] for places in (layout.gates, between, layout.readout))


def uniform_draw(data, **settings) -> ALSTMClassifier:
    """The network from which the baseline begins."""
    X, y, groups = data
    return ALSTMClassifier(**{**QUICK, "epochs": 0}, search=False, **settings).fit(X, y, groups)


def test_readout_role_leaves_gates_and_biases_bit_for_bit(data):
    X, y, groups = data
    model = ALSTMClassifier(**QUICK, search_role="readout").fit(X, y, groups)
    draw = uniform_draw(data)
    for found, drawn in zip(parts(model)[:2], parts(draw)[:2], strict=True):
        assert np.array_equal(found, drawn)
    readout = parts(model)[2]
    assert np.array_equal(readout, model.result_.position)
    assert not (readout == parts(draw)[2]).any()
    assert model.history_["training_loss"] == []
    assert len(model.validation_indices_) == 0
    expected = model.score(X, y) - 1e-3 * log_loss(y, model.predict_proba(X))
    assert model.result_.fitness == pytest.approx(expected, abs=1e-12)
    # What a solution holds does not matter here.
    gates = ALSTMClassifier(**QUICK, search_role="readout", searched_weights="gates")
    assert np.array_equal(gates.fit(X, y, groups).weights_, model.weights_)


def test_searched_gates_leave_biases_at_zero_and_the_readout_as_drawn(data):
    X, y, groups = data
    settings = QUICK | {"searched_weights": "gates"}
    model = ALSTMClassifier(**settings, search_role="replace").fit(X, y, groups)
    gates, biases, readout = parts(model)
    assert np.array_equal(gates, model.result_.position)
    assert (biases == 0).all()
    drawn = parts(uniform_draw(data))
    assert np.array_equal(readout, drawn[2])
    assert not (gates == drawn[0]).any()
    expected = model.score(X, y) - 1e-3 * log_loss(y, model.predict_proba(X))
    assert model.result_.fitness == pytest.approx(expected, abs=1e-12)
    # Adam starts there and then trains all.
    start = ALSTMClassifier(**{**settings, "epochs": 0}).fit(X, y, groups)
    assert (parts(start)[1] == 0).all()
    assert np.array_equal(parts(start)[2], readout)
    trained = ALSTMClassifier(**settings, learning_rate=0.1).fit(X, y, groups)
    assert trained.history_["best_epoch"] > 0
    assert trained.history_["training_loss"][0] == start.history_["training_loss"][0]
    for after, before in zip(parts(trained), parts(start), strict=True):
        assert (after != before).mean() > 0.9


@pytest.mark.parametrize(
    "setting",
    [
        {"search_role": "readout"},
        {"search_role": "replace", "searched_weights": "gates"},
        {"search_role": "init", "searched_weights": "gates"},
    ],
)
def test_what_is_searched_is_drawn_apart_from_what_is_kept(data, searches, setting):
    X, y, groups = data
    ALSTMClassifier(**QUICK, **setting).fit(X, y, groups)
    _, lower, upper, passed = searches[0]
    draws = Streams(passed["seed"], 4).uniform(lower.shape)
    first = seagull.initial_population(draws, lower, upper)[0]
    drawn = uniform_draw(data).weights_[: len(first)]
    assert not (first == drawn).any()


@pytest.mark.parametrize("searched", ["all", "gates"])
def test_finetune_never_has_lower_fitness_than_adam_alone(data, searches, searched):
    X, y, groups = data
    settings = QUICK | {"iterations": 20, "search_bound": 0.05}
    for seed in range(3):
        adam = ALSTMClassifier(**settings, search=False, seed=seed).fit(X, y, groups)
        model = ALSTMClassifier(
            **settings, **REPAIRED, search_role="finetune", searched_weights=searched, seed=seed
        ).fit(X, y, groups)
        for name in ("training_loss", "validation_loss", "best_epoch"):
            assert model.history_[name] == adam.history_[name]
        part = np.setdiff1d(np.arange(len(y)), model.validation_indices_)
        X_part, y_part = pick(X, part), y[part]
        reached = [
            each.score(X_part, y_part) - 1e-3 * log_loss(y_part, each.predict_proba(X_part))
            for each in (adam, model)
        ]
        assert reached[1] > reached[0]
        assert model.result_.fitness == pytest.approx(reached[1], abs=1e-12)
        # The box lies around Adam's weights, which are a seagull of the start.
        _, lower, upper, passed = searches[-1]
        centre = parts(adam)[0] if searched == "gates" else adam.weights_
        assert np.array_equal(passed["start"], centre[None])
        assert np.allclose(upper - centre, 0.05 / np.sqrt(8))
        assert np.allclose(centre - lower, 0.05 / np.sqrt(8))
        if searched == "gates":
            for after, before in zip(parts(model)[1:], parts(adam)[1:], strict=True):
                assert np.array_equal(after, before)


def test_finetune_keeps_adams_weights_where_nothing_is_better(data):
    X, y, groups = data
    settings = QUICK | {"fitness_form": "literal", "fitness_tie_break": 0.0}
    model = ALSTMClassifier(**settings, search_role="finetune").fit(X, y, groups)
    adam = ALSTMClassifier(**settings, search=False).fit(X, y, groups)
    assert np.array_equal(model.weights_, adam.weights_)


@pytest.mark.parametrize("searched", ["all", "gates"])
def test_the_printed_fitness_lets_the_first_seagull_win(data, searches, searched):
    X, y, groups = data
    settings = {"fitness_form": "literal", "fitness_tie_break": 0.0, "searched_weights": searched}
    model = ALSTMClassifier(**QUICK, **settings, search_role="replace").fit(X, y, groups)
    assert len(set(model.history_["search"])) == 1
    _, lower, upper, passed = searches[0]
    draws = Streams(passed["seed"], 4).uniform(lower.shape)
    first = seagull.initial_population(draws, lower, upper)[0]
    assert np.array_equal(model.result_.position, first)
    # Adam does not mind what it starts from.
    trained = ALSTMClassifier(**QUICK, **settings).fit(X, y, groups)
    assert len(trained.history_["training_loss"]) == 4


def test_tie_break_is_the_multiple_of_the_loss(data):
    X, y, groups = data
    for form, weight in (("corrected", 0.0), ("corrected", 5.0), ("literal", 0.5)):
        settings = {"fitness_form": form, "fitness_tie_break": weight}
        model = ALSTMClassifier(**QUICK, **settings, search_role="replace").fit(X, y, groups)
        right = model.score(X, y) if form == "corrected" else 0.25
        expected = right - weight * log_loss(y, model.predict_proba(X))
        assert model.result_.fitness == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("clips", ["training", "validation"])
def test_fitness_is_taken_on_its_clips_alone(data, monkeypatch, role, clips):
    X, y, groups = data
    judged = []
    plain = Network.fitness

    def spy(self, positions, judges, *reading):
        judged.append((judges.inputs, judges.truth))
        return plain(self, positions, judges, *reading)

    monkeypatch.setattr(Network, "fitness", spy)
    model = ALSTMClassifier(**QUICK, search_role=role, fitness_clips=clips).fit(X, y, groups)
    unseen = model.validation_indices_
    known = np.setdiff1d(np.arange(len(y)), unseen)
    # With final weights a part is held out only when fitness needs it.
    assert (len(unseen) > 0) == (clips == "validation" or role in ("init", "finetune"))
    part = unseen if clips == "validation" else known
    # In the last iteration all stand on the best, whose fitness is known.
    assert len(judged) == 3
    for inputs, truth in judged:
        assert np.array_equal(truth, y[part])
        for row, i in zip(inputs, part, strict=True):
            seen = (thin(X[i], 10) - model.centre_) / model.scale_
            assert np.array_equal(row[: len(seen)], seen)
    # Whatever is held out, it never scales.
    centre, scale = scaling([thin(X[i], 10) for i in known])
    assert np.array_equal(model.centre_, centre)
    assert np.array_equal(model.scale_, scale)


def test_fitness_on_validation_clips_needs_none_of_the_others(data):
    X, y, groups = data
    settings = QUICK | {"search_role": "replace", "fitness_clips": "validation"}
    model = ALSTMClassifier(**settings, feature_scaling="none").fit(X, y, groups)
    spoilt = [x.copy() for x in X]
    for i in np.setdiff1d(np.arange(len(y)), model.validation_indices_):
        spoilt[i] *= 1000
    again = ALSTMClassifier(**settings, feature_scaling="none").fit(spoilt, y, groups)
    assert np.array_equal(again.weights_, model.weights_)


def test_without_search_its_settings_have_no_effect(data):
    X, y, groups = data
    plain = ALSTMClassifier(**QUICK, search=False).fit(X, y, groups)
    for setting in (
        {"search_role": "replace"},
        {"searched_weights": "gates"},
        {"fitness_clips": "validation"},
        {"search_bound": 5.0},
    ):
        other = ALSTMClassifier(**QUICK, **setting, search=False).fit(X, y, groups)
        assert np.array_equal(other.weights_, plain.weights_)


@pytest.mark.parametrize("role", ROLES)
def test_literal_gates_that_overflow_stop_nothing(role):
    X, y, groups = order_coded(classes=2, groups=4, per_class=1, steps=130)
    settings = {"gate_form": "literal", "sequence_length": 1000, "search_bound": 1000.0}
    model = ALSTMClassifier(**{**QUICK, **settings}, search_role=role).fit(X, y, groups)
    if role in ("init", "replace"):
        # No network of such a box survives 130 steps, so the first seagull stays.
        assert set(model.history_["search"]) == {-np.inf}
        probability = model.predict_proba(X)
        assert np.array_equal(probability, np.full((len(X), 2), 0.5))
        assert (model.predict(X) == 0).all()
    else:
        assert np.isfinite(model.result_.fitness)
    if role == "init":
        assert len(model.history_["training_loss"]) == 1


# Refusals


def spoil(X: list, place: tuple[int, int, int], value: float) -> list:
    changed = [sequence.copy() for sequence in X]
    changed[place[0]][place[1:]] = value
    return changed


def test_groups_are_demanded(data):
    X, y, _ = data
    for role in ROLES:
        with pytest.raises(InputError, match="needs groups"):
            ALSTMClassifier(**QUICK, search_role=role).fit(X, y)


def test_bad_data_are_refused(data):
    X, y, groups = data
    model = ALSTMClassifier(**QUICK)
    for value in (np.nan, np.inf):
        with pytest.raises(InputError, match="sequence 5 holds NaN"):
            model.fit(spoil(X, (5, 2, 3), value), y, groups)
    with pytest.raises(InputError, match="sequence 2 has 57 features: it must have 58"):
        model.fit([*X[:2], X[2][:, :57], *X[3:]], y, groups)
    with pytest.raises(InputError, match=r"sequence 1 has shape \(0, 58\)"):
        model.fit([X[0], X[1][:0], *X[2:]], y, groups)
    with pytest.raises(InputError, match="at least two classes"):
        model.fit(X, np.zeros(len(X), dtype=int), groups)
    with pytest.raises(InputError, match="one group"):
        model.fit(X, y, np.zeros(len(X)))
    with pytest.raises(InputError, match="y has shape"):
        model.fit(X, y[:-1], groups)
    with pytest.raises(InputError, match="groups has shape"):
        model.fit(X, y, groups[:-1])
    with pytest.raises(InputError, match="no sequences"):
        model.fit([], [], [])
    with pytest.raises(InputError, match="labels are of type float64"):
        model.fit(X, y + 0.5, groups)
    model.fit(X, y, groups)
    with pytest.raises(InputError, match="must have 58"):
        model.predict([X[0][:, :40]])
    with pytest.raises(InputError, match="sequence 0 holds NaN"):
        model.predict(spoil(X[:1], (0, 0, 0), np.nan))


@pytest.mark.parametrize(
    "setting",
    [
        {"hidden_size": 0},
        {"search_role": "none"},
        {"epochs": 2.5},
        {"validation": "clip"},
        {"feature_scaling": "minmax"},
        {"time_step": "frame"},
        {"long_sequences": "last"},
        {"gate_form": "printed"},
        {"readout": "first"},
        {"search_form": "stable"},
        {"searched_weights": "some"},
        {"random_numbers": "one"},
        {"distance": "squared"},
        {"acceptance": "never"},
        {"fitness_form": "printed"},
        {"fitness_clips": "test"},
        {"jumping_rate": 2.0},
        {"search_patience": -1},
    ],
)
def test_bad_settings_are_refused_by_name(data, setting):
    X, y, groups = data
    with pytest.raises(InputError, match=next(iter(setting))):
        ALSTMClassifier(**setting).fit(X, y, groups)


# Devices, threads, precision, checkpoints


@pytest.mark.parametrize("role", ROLES)
def test_threads_change_no_bit(data, monkeypatch, role):
    X, y, groups = data
    # One network a block, so that there is something to share.
    monkeypatch.setattr(population, "_BLOCK", 1)
    alone, shared = (
        ALSTMClassifier(**QUICK, search_role=role, threads=threads).fit(X, y, groups)
        for threads in (1, 2)
    )
    assert np.array_equal(alone.weights_, shared.weights_)
    assert np.array_equal(alone.result_.history, shared.result_.history)


def test_networks_alone_and_among_others_lead_the_same_way(data):
    """In double precision: how a population is divided changes last digits, and no choice."""
    X, y, groups = data
    settings = QUICK | REPAIRED | {"hidden_size": 32, "population": 17, "iterations": 12}
    whole = ALSTMClassifier(**settings, search_role="replace").fit(X, y, groups)
    plain = Network.fitness
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            Network,
            "fitness",
            lambda self, positions, *rest: np.concatenate(
                [plain(self, part, *rest) for part in np.array_split(positions, 3)]
            ),
        )
        parts = ALSTMClassifier(**settings, search_role="replace").fit(X, y, groups)
    assert np.array_equal(whole.weights_, parts.weights_)
    assert np.allclose(whole.result_.history, parts.result_.history, rtol=0, atol=1e-12)


def test_single_precision_ranks_networks_nearly_alike(data):
    X, y, groups = data
    settings = QUICK | {"search_role": "replace", "iterations": 1}
    double, single = (
        ALSTMClassifier(**settings, precision=precision).fit(X, y, groups).result_.fitness
        for precision in ("double", "single")
    )
    assert single == pytest.approx(double, abs=1e-6)
    assert single != double


@pytest.mark.parametrize("role", ROLES)
def test_a_search_that_was_ended_goes_on_in_fit(data, monkeypatch, tmp_path, role):
    X, y, groups = data
    settings = QUICK | REPAIRED | {"search_role": role, "iterations": 25}
    whole = ALSTMClassifier(**settings).fit(X, y, groups)
    asked = []
    plain = Network.fitness

    def ended(self, positions, *reading):
        asked.append(len(positions))
        if len(asked) == 16:
            raise KeyboardInterrupt
        return plain(self, positions, *reading)

    model = ALSTMClassifier(**settings, checkpoint=str(tmp_path))
    with monkeypatch.context() as patch:
        patch.setattr(Network, "fitness", ended)
        with pytest.raises(KeyboardInterrupt):
            model.fit(X, y, groups)
    (path,) = tmp_path.iterdir()
    asked.clear()
    with monkeypatch.context() as patch:
        patch.setattr(Network, "fitness", lambda *a: asked.append(len(a[1])) or plain(*a))
        # What is computed elsewhere, or by more threads, is the same search.
        model.set_params(threads=2, device="cpu").fit(X, y, groups)
    assert np.array_equal(model.weights_, whole.weights_)
    assert np.array_equal(model.result_.history, whole.result_.history)
    # The best of ten iterations, asked once more, and the iterations from there.
    assert len(asked) in (15, 16)
    # Other data and other settings are other searches, each with a file of its own.
    model.fit(X[1:], y[1:], groups[1:])
    model.set_params(seed=1).fit(X, y, groups)
    assert len(list(tmp_path.iterdir())) == 3
    assert path.is_file()


def test_folds_share_a_folder_of_checkpoints(data, tmp_path):
    X, y, groups = data
    settings = QUICK | {"search_role": "replace"}
    plain = evaluate.cross_validate(ALSTMClassifier(**settings), X, y, groups, folds=3)
    kept = ALSTMClassifier(**settings, checkpoint=str(tmp_path))
    for jobs in (1, 2):
        found = evaluate.cross_validate(kept, X, y, groups, folds=3, jobs=jobs)
        assert found.predictions.equals(plain.predictions)
        assert len(list(tmp_path.iterdir())) == 3


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"device": "gpu"}, "device = 'gpu'"),
        ({"precision": "half"}, "precision = 'half'"),
        ({"threads": 0}, "threads = 0"),
    ],
)
def test_ways_to_compute_that_do_not_exist_are_refused(data, setting, message):
    X, y, groups = data
    with pytest.raises(InputError, match=message):
        ALSTMClassifier(**QUICK, **setting).fit(X, y, groups)


def test_a_device_that_is_not_there_is_refused(data, monkeypatch):
    X, y, groups = data
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(InputError, match="finds none here"):
        ALSTMClassifier(**QUICK, device="cuda").fit(X, y, groups)


def test_a_class_with_one_member_is_trained_on_or_refused(data):
    """Where a group is held out, the member's own is not; alone it cannot be split."""
    X, y, groups = data
    y = y.copy()
    y[0] = 99
    model = ALSTMClassifier(**QUICK).fit(X, y, groups)
    assert 99 in model.classes_
    assert 0 not in model.validation_indices_
    two = np.array([0, 1])
    with pytest.raises(InputError, match="no group can be held out"):
        ALSTMClassifier(**QUICK).fit(X[:2], two, two)
    ALSTMClassifier(**QUICK, search_role="replace").fit(X[:2], two, two)
