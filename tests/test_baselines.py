"""The compared classifiers, against plain scikit-learn and numpy."""

import numpy as np
import pytest
from order_coded import order_coded
from sklearn.base import clone
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler, StandardScaler
from sklearn.svm import SVC

from har_lib.baselines import Flattened, Pooled, classifiers, pooled
from har_lib.errors import InputError
from har_lib.tuning import Tuned, configurations


@pytest.fixture(scope="module")
def data():
    """Sequences whose class lies in their mean, so that pooling can work."""
    generator = np.random.default_rng(0)
    y = np.arange(60) % 3
    X = [generator.normal(label * 0.4, 1.0, (int(generator.integers(3, 9)), 58)) for label in y]
    return X, y, np.arange(60) // 10


def by_hand(X: list) -> np.ndarray:
    table = np.empty((len(X), 2 * X[0].shape[1]))
    for row, sequence in zip(table, X, strict=True):
        for column, values in enumerate(sequence.T):
            mean = sum(values) / len(values)
            row[column] = mean
            row[column + sequence.shape[1]] = (sum((values - mean) ** 2) / len(values)) ** 0.5
    return table


def flattened_by_hand(X: list, length: int, first: bool) -> np.ndarray:
    """Number for number: row r of clip n, or 0 where it has none."""
    table = np.zeros((len(X), length * X[0].shape[1]))
    for row, sequence in zip(table, X, strict=True):
        kept = list(range(len(sequence)))
        if len(kept) > length and first:
            kept = kept[:length]
        elif len(kept) > length:
            kept = [round(step * (len(sequence) - 1) / (length - 1)) for step in range(length)]
        for place, key_frame in enumerate(kept):
            for column, value in enumerate(sequence[key_frame]):
                row[place * len(sequence[0]) + column] = value
    return table


def test_names_in_order():
    found = classifiers(seed=4, hidden_size=7)
    assert list(found) == ["ALSTM", "LSTM", "ANN", "SVM", "kNN"]
    assert (found["ALSTM"].search, found["LSTM"].search) == (True, False)
    assert found["ALSTM"].hidden_size == found["LSTM"].hidden_size == 7
    assert found["ALSTM"].seed == found["ANN"].get_params()["classifier__random_state"] == 4
    alstm, lstm = (found[name].get_params() for name in ("ALSTM", "LSTM"))
    assert {name for name in alstm if alstm[name] != lstm[name]} == {"search"}
    assert classifiers(search=True)["LSTM"].search is False


def test_with_one_configuration_no_method_is_wrapped():
    settings = {"seed": 4, "hidden_size": 7, "neighbours": 3}
    plain, tuned = (classifiers(**settings, configurations=count) for count in (1, 3))
    assert list(tuned) == list(plain)
    for name, method in classifiers(**settings).items():
        assert type(plain[name]) is type(method)
        assert repr(plain[name].get_params()) == repr(method.get_params())
        assert type(tuned[name]) is Tuned
        assert repr(tuned[name].estimator.get_params()) == repr(method.get_params())
        assert list(tuned[name].configurations) == configurations(name, method, 3)
        assert tuned[name].seed == 4


@pytest.mark.parametrize("name", ["ALSTM", "LSTM", "ANN", "SVM", "kNN"])
def test_a_tuned_method_takes_groups_and_can_be_cloned(data, name):
    X, y, groups = data
    labels = np.array(["box", "run", "walk"])[y].astype(object)
    found = classifiers(
        hidden_size=4, population=3, iterations=2, epochs=2, configurations=2
    )[name]  # fmt: skip
    model = clone(found).fit(X, labels, groups=groups)
    by_hand = clone(found.estimator).set_params(**model.chosen_).fit(X, labels, groups=groups)
    assert model.predict(X).tolist() == by_hand.predict(X).tolist()
    assert model.classes_.tolist() == ["box", "run", "walk"]
    assert model.inner_accuracy_.shape == (2,)


def test_pooled_is_mean_and_deviation(data):
    X = data[0]
    features = Pooled().fit(X).transform(X)
    assert features.shape == (60, 116)
    assert np.allclose(features, by_hand(X), atol=1e-12)
    shuffled = [np.random.default_rng(1).permutation(sequence) for sequence in X]
    assert np.allclose(Pooled().fit_transform(shuffled), features)


@pytest.mark.parametrize(
    ("name", "reference"),
    [
        ("ANN", MLPClassifier((100,), max_iter=1000, random_state=0)),
        ("SVM", SVC()),
        ("kNN", KNeighborsClassifier(5)),
    ],
)
def test_baselines_are_scikit_learn_on_pooled_and_scaled_sequences(data, name, reference):
    X, y, groups = data
    train = groups < 3
    table = by_hand(X)
    scaler = StandardScaler().fit(table[train])
    reference.fit(scaler.transform(table[train]), y[train])
    expected = reference.predict(scaler.transform(table[~train]))
    model = classifiers()[name].fit([X[i] for i in np.flatnonzero(train)], y[train], groups[train])
    answers = model.predict([X[i] for i in np.flatnonzero(~train)])
    assert np.array_equal(answers, expected)
    assert (answers == y[~train]).mean() > 0.6


@pytest.mark.parametrize("name", ["ALSTM", "LSTM", "ANN", "SVM", "kNN"])
def test_all_take_groups_and_can_be_cloned(data, name):
    X, y, groups = data
    labels = np.array(["box", "run", "walk"])[y].astype(object)
    model = clone(classifiers(hidden_size=4, population=3, iterations=2, epochs=2)[name])
    answers = model.fit(X, labels, groups=groups).predict(X)
    assert set(answers) <= {"box", "run", "walk"}
    assert model.classes_.tolist() == ["box", "run", "walk"]


def test_order_is_invisible_to_pooled_classifiers():
    # Classes differ in order alone: whoever pools must guess.
    X, y, groups = order_coded(classes=4, groups=20, per_class=4)
    train = groups < "g10"
    for name in ("ANN", "SVM", "kNN"):
        model = classifiers()[name].fit([X[i] for i in np.flatnonzero(train)], y[train])
        accuracy = model.score([X[i] for i in np.flatnonzero(~train)], y[~train])
        # 160 clips, chance .25: four standard errors.
        assert accuracy < 0.25 + 4 * 0.034


@pytest.mark.parametrize("longer", ["even", "first"])
@pytest.mark.parametrize("length", [4, 12])
def test_flattened_is_key_frame_after_key_frame(data, length, longer):
    X = data[0]
    found = Flattened(length, longer).fit(X).transform(X)
    assert found.shape == (60, length * 58)
    assert np.array_equal(found, flattened_by_hand(X, length, longer == "first"))


def test_flattened_sees_order_where_pooling_does_not():
    X, y, _ = order_coded(classes=3, groups=4, per_class=5)
    train, test = np.arange(60) % 2 == 0, np.arange(60) % 2 == 1

    def accuracy(kind: str) -> float:
        model = classifiers(baseline_input=kind, neighbours=1)["kNN"]
        model.fit([X[i] for i in np.flatnonzero(train)], y[train])
        return model.score([X[i] for i in np.flatnonzero(test)], y[test])

    assert accuracy("flattened") > 0.9
    # 30 clips, chance a third: four standard errors.
    assert accuracy("pooled") < 1 / 3 + 4 * 0.086


@pytest.mark.parametrize("kind", ["pooled", "flattened"])
@pytest.mark.parametrize(
    ("scaling", "scaler"),
    [
        ("standard", StandardScaler()),
        ("standard_all", StandardScaler()),
        ("range", MinMaxScaler((-1, 1))),
        ("none", FunctionTransformer()),
    ],
)
@pytest.mark.parametrize("time_step", ["key_frame", "clip"])
def test_every_setting_of_the_sequences_acts_on_the_baselines(
    data, kind, scaling, scaler, time_step
):
    """SVM, whose distances follow each of them, against scikit-learn on a table by hand."""
    X, y, groups = data
    # Columns of unlike size, so that scaling matters.
    X = [sequence * np.geomspace(0.01, 100, 58) for sequence in X]
    rows = X if time_step == "key_frame" else [sequence.mean(axis=0)[None] for sequence in X]
    table = by_hand(rows) if kind == "pooled" else flattened_by_hand(rows, 5, first=True)
    train = groups < 3
    scaler.fit(table[train])
    reference = SVC(kernel="linear").fit(scaler.transform(table[train]), y[train])
    expected = reference.decision_function(scaler.transform(table[~train]))
    model = classifiers(
        baseline_input=kind, feature_scaling=scaling, time_step=time_step, svm_kernel="linear",
        sequence_length=5, long_sequences="first",
    )["SVM"]  # fmt: skip
    model.fit([X[i] for i in np.flatnonzero(train)], y[train], groups[train])
    found = model.decision_function([X[i] for i in np.flatnonzero(~train)])
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-9)


def test_pooling_takes_all_key_frames_and_flattening_those_that_the_network_reads(data):
    X = data[0]
    short = classifiers(sequence_length=2)["kNN"]["pooled"].fit(X)
    assert np.array_equal(short.transform(X), Pooled().fit_transform(X))
    cut = classifiers(sequence_length=2, baseline_input="flattened")["kNN"]["flattened"].fit(X)
    assert np.array_equal(cut.transform(X), flattened_by_hand(X, 2, first=False))


def test_sizes_and_kernel_reach_scikit_learn():
    found = classifiers(ann_units=7, svm_kernel="linear", neighbours=9)
    last = {name: found[name]["classifier"] for name in ("ANN", "SVM", "kNN")}
    assert last["ANN"].hidden_layer_sizes == (7,)
    assert last["SVM"].kernel == "linear"
    assert last["kNN"].n_neighbors == 9
    plain = classifiers()
    assert plain["ANN"]["classifier"].hidden_layer_sizes == (100,)
    assert plain["SVM"]["classifier"].kernel == "rbf"
    assert plain["kNN"]["classifier"].n_neighbors == 5
    assert type(plain["kNN"]["pooled"]) is Pooled


@pytest.mark.parametrize(
    "setting",
    [
        {"baseline_input": "mean"},
        {"ann_units": 0},
        {"svm_kernel": "poly"},
        {"neighbours": 0},
        {"feature_scaling": "robust"},
        {"time_step": "second"},
        {"sequence_length": 0},
        {"long_sequences": "last"},
        {"configurations": 0},
        {"configurations": 9},
    ],
)
def test_settings_that_do_not_exist_are_refused(setting):
    ((name, value),) = setting.items()
    with pytest.raises(InputError, match=f"{name} = {value!r} is not allowed: it must be "):
        classifiers(**setting)


def test_more_neighbours_than_clips_are_refused(data):
    X, y, _ = data
    with pytest.raises(InputError, match="9 nearest neighbours need as many clips"):
        classifiers(neighbours=9)["kNN"].fit(X[:8], y[:8])


def test_bad_sequences_are_refused(data):
    X, y, _ = data
    model = pooled(KNeighborsClassifier())
    with pytest.raises(InputError, match="sequence 0 holds NaN"):
        model.fit([np.full((2, 58), np.nan), *X[1:]], y)
    model.fit(X, y)
    with pytest.raises(InputError, match="must have 58"):
        model.predict([X[0][:, :5]])
