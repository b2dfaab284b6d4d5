"""The compared classifiers, against plain scikit-learn and numpy."""

import numpy as np
import pytest
from order_coded import order_coded
from sklearn.base import clone
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from har_lib.baselines import Pooled, classifiers, pooled
from har_lib.errors import InputError


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


def test_names_in_order():
    found = classifiers(seed=4, hidden_size=7)
    assert list(found) == ["ALSTM", "LSTM", "ANN", "SVM", "kNN"]
    assert (found["ALSTM"].search, found["LSTM"].search) == (True, False)
    assert found["ALSTM"].hidden_size == found["LSTM"].hidden_size == 7
    assert found["ALSTM"].seed == found["ANN"].get_params()["classifier__random_state"] == 4
    alstm, lstm = (found[name].get_params() for name in ("ALSTM", "LSTM"))
    assert {name for name in alstm if alstm[name] != lstm[name]} == {"search"}
    assert classifiers(search=True)["LSTM"].search is False


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


def test_bad_sequences_are_refused(data):
    X, y, _ = data
    model = pooled(KNeighborsClassifier())
    with pytest.raises(InputError, match="sequence 0 holds NaN"):
        model.fit([np.full((2, 58), np.nan), *X[1:]], y)
    model.fit(X, y)
    with pytest.raises(InputError, match="must have 58"):
        model.predict([X[0][:, :5]])
