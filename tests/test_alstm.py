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

from har_lib import alstm, seagull
from har_lib.alstm import ALSTMClassifier
from har_lib.config import Config
from har_lib.errors import InputError
from har_lib.lstm import Layout
from har_lib.sequences import hold_out, standardisation, thin

QUICK = {"hidden_size": 8, "population": 4, "iterations": 3, "epochs": 3}


@pytest.fixture(scope="module")
def data():
    return order_coded(classes=4, groups=6, per_class=4)


def pick(X: list, index: np.ndarray) -> list:
    return [X[i] for i in index]


def test_defaults_are_the_configurations():
    flat = Config().flat()
    settings = ALSTMClassifier().get_params()
    shared = set(settings) & set(flat)
    assert {name: settings[name] for name in shared} == {name: flat[name] for name in shared}
    assert set(settings) - shared == {"seed", "validation", "search"}


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
    model = ALSTMClassifier(**{**QUICK, "iterations": 10, "epochs": 0}, search_form="stable")
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


def test_search_box_follows_its_bound(data, monkeypatch):
    X, y, groups = data
    boxes = []
    plain = seagull.maximise

    def spy(fitness, lower, upper, **settings):
        boxes.append((lower, upper, settings))
        return plain(fitness, lower, upper, **settings)

    monkeypatch.setattr(seagull, "maximise", spy)
    ALSTMClassifier(**QUICK, search_bound=0.5, search_form="literal", opposition=False).fit(
        X, y, groups
    )
    lower, upper, settings = boxes[0]
    assert np.allclose(upper, 0.5 / np.sqrt(8))
    assert np.array_equal(lower, -upper)
    assert len(upper) == Layout(58, 8, 4).size
    assert (settings["form"], settings["opposition"]) == ("literal", False)
    assert (settings["population"], settings["iterations"]) == (4, 3)


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
    assert np.array_equal(again.mean_, plain.mean_)
    assert np.array_equal(again.scale_, plain.scale_)
    # Nor does the search.
    assert again.history_["search"] == plain.history_["search"]
    for i in np.setdiff1d(np.arange(len(y)), plain.validation_indices_):
        spoilt[i] = spoilt[i] * 2
    assert not np.array_equal(ALSTMClassifier(**QUICK).fit(spoilt, y, groups).mean_, plain.mean_)


def test_units_of_a_feature_do_not_matter(data):
    X, y, groups = data
    scale, shift = np.ones(58), np.zeros(58)
    scale[10], shift[20] = 1e6, -50.0
    other = [sequence * scale + shift for sequence in X]
    first = ALSTMClassifier(**QUICK).fit(X, y, groups).predict_proba(X)
    second = ALSTMClassifier(**QUICK).fit(other, y, groups).predict_proba(other)
    assert np.allclose(first, second, atol=1e-9)


def test_standardisation_leaves_binary_columns_alone():
    rows = np.random.default_rng(0).normal(3, 2, (40, 5))
    rows[:, 1] = rows[:, 1] > 3
    rows[:, 2] = 1.0
    rows[:, 3] = 0.1
    mean, scale = standardisation([rows[:15], rows[15:]])
    assert (mean[1], scale[1], mean[2], scale[2]) == (0, 1, 0, 1)
    assert scale[3] == 1
    standard = (rows - mean) / scale
    assert np.allclose(standard[:, [0, 4]].mean(axis=0), 0, atol=1e-12)
    assert np.allclose(standard[:, [0, 4]].std(axis=0), 1)
    assert np.array_equal(standard[:, 1], rows[:, 1])


def test_thinning_is_even_and_without_repetition():
    for length in range(1, 60):
        for wanted in range(1, 30):
            kept = thin(np.arange(length)[:, None], wanted).ravel()
            assert len(kept) == min(length, wanted)
            assert (np.diff(kept) > 0).all()
            if wanted > 1:
                assert (kept[0], kept[-1]) == (0, length - 1)
                assert np.ptp(np.diff(kept)) <= 1 if len(kept) > 1 else True


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
        def run(*arguments):
            threads.append(torch.get_num_threads())
            return function(*arguments)

        return run

    for name in ("forward", "population_logits"):
        monkeypatch.setattr(alstm, name, watched(getattr(alstm, name)))
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


# Validation groups


def test_hold_out_never_takes_the_last_of_a_class():
    # Class 2 lives in groups 0 and 1 alone.
    groups = np.repeat(np.arange(6), 4)
    target = np.tile([0, 1, 0, 1], 6)
    target[[0, 4]] = 2
    for seed in range(50):
        held_out = hold_out(target, groups, 0.8, seed)
        assert set(target[~held_out]) == {0, 1, 2}
        assert not set(groups[held_out]) & set(groups[~held_out])
        assert 1 <= len(set(groups[held_out])) <= 5
    drawn = {tuple(np.unique(groups[hold_out(target, groups, 0.2, seed)])) for seed in range(50)}
    assert len(drawn) == 6


def test_hold_out_with_no_group_to_spare_is_refused():
    with pytest.raises(InputError, match="losing a class"):
        hold_out(np.array([0, 0, 1, 1]), np.array([0, 0, 1, 1]), 0.2, 0)
    with pytest.raises(InputError, match="one group"):
        hold_out(np.array([0, 1, 0, 1]), np.zeros(4), 0.2, 0)


# Refusals


def spoil(X: list, place: tuple[int, int, int], value: float) -> list:
    changed = [sequence.copy() for sequence in X]
    changed[place[0]][place[1:]] = value
    return changed


def test_groups_are_demanded(data):
    X, y, _ = data
    for role in ("init", "replace"):
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
    [{"hidden_size": 0}, {"search_role": "none"}, {"epochs": 2.5}, {"validation": "clip"}],
)
def test_bad_settings_are_refused_by_name(data, setting):
    X, y, groups = data
    with pytest.raises(InputError, match=next(iter(setting))):
        ALSTMClassifier(**setting).fit(X, y, groups)


def test_batches_reach_every_sequence(data, monkeypatch):
    X, y, groups = data
    seen = []
    plain = alstm.cross_entropy

    def spy(logits, truth, **settings):
        if logits.requires_grad:
            seen.append(len(truth))
        return plain(logits, truth, **settings)

    monkeypatch.setattr(alstm, "cross_entropy", spy)
    model = ALSTMClassifier(**{**QUICK, "epochs": 1}).fit(X, y, groups)
    assert sum(seen) == len(y) - len(model.validation_indices_)
    assert max(seen) == alstm.BATCH
