"""Settings chosen in inner folds: against a plain loop, and that tested clips stay outside."""

from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, LeaveOneGroupOut
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline

from har_lib import experiments, tuning
from har_lib.alstm import ALSTMClassifier
from har_lib.baselines import Pooled, classifiers, pooled
from har_lib.config import FIELDS, Config
from har_lib.datasets import Dataset, Record
from har_lib.errors import InputError
from har_lib.evaluate import _with_seeds, cross_validate
from har_lib.extraction import Collection
from har_lib.features import Features
from har_lib.tuning import Tuned, configurations

METHODS = ("ALSTM", "LSTM", "ANN", "SVM", "kNN")
QUICK: dict[str, Any] = {
    "hidden_size": 4, "population": 4, "iterations": 2, "epochs": 3, "patience": 2,
}  # fmt: skip


class Spy(ClassifierMixin, BaseEstimator):
    """Right about a share of all clips that its setting says; notes what it is given."""

    fits: ClassVar[list[dict[str, Any]]] = []

    def __init__(self, right: float = 1.0, seed: int = 0, random_state: int | None = None):
        self.right = right
        self.seed = seed
        self.random_state = random_state

    def fit(
        self, X: Sequence[np.ndarray], y: np.ndarray, groups: np.ndarray | None = None
    ) -> "Spy":
        self.classes_ = np.unique(y)
        self.noted_ = {
            "right": self.right,
            "seeds": (self.seed, self.random_state),
            "clips": [int(x[0, 0]) for x in X],
            "groups": None if groups is None else groups.tolist(),
            "tested": [],
        }
        Spy.fits.append(self.noted_)
        return self

    def predict(self, X: Sequence[np.ndarray]) -> np.ndarray:
        clips = np.array([int(x[0, 0]) for x in X])
        self.noted_["tested"] += clips.tolist()
        truth = np.array([x[0, 1] for x in X])
        # Every tenth is wrong for 0.9, and so on, whatever the fold.
        return np.where(clips % 10 < round(10 * self.right), truth, 1 - truth)


@pytest.fixture(autouse=True)
def nothing_noted() -> None:
    Spy.fits.clear()


def clips(groups: int = 6, each: int = 10) -> tuple[list[np.ndarray], np.ndarray, np.ndarray]:
    """A clip is its own number and its label."""
    y = np.arange(groups * each) % 2
    X = [np.array([[number, label]], dtype=float) for number, label in enumerate(y)]
    return X, y, np.arange(groups * each) // each


def noisy(seed: int, groups: int = 5) -> tuple[list[np.ndarray], np.ndarray, np.ndarray]:
    """Three classes that overlap, eight clips of each in a group."""
    random = np.random.default_rng(seed)
    y = np.arange(24 * groups) % 3
    X = [random.normal(0.5 * label, 1, (int(random.integers(2, 6)), 4)) for label in y]
    return X, y, np.arange(24 * groups) // 24


# ---------------------------------------------------------------- the choice


def test_the_most_accurate_configuration_is_taken_and_fitted_to_everything() -> None:
    X, y, groups = clips()
    kinds = [{"right": 0.6}, {"right": 0.9}, {"right": 0.3}, {"right": 0.8}]
    model = Tuned(Spy(), kinds).fit(X, y, groups)
    assert model.chosen_ == {"right": 0.9}
    assert model.inner_accuracy_ is not None
    np.testing.assert_allclose(model.inner_accuracy_, [0.6, 0.9, 0.3, 0.8], rtol=1e-12)
    *inner, last = Spy.fits
    assert len(inner) == 4 * 3
    assert (last["right"], last["clips"]) == (0.9, list(range(60)))
    assert last["groups"] == groups.tolist()
    assert model.estimator_.right == 0.9
    assert model.classes_.tolist() == [0, 1]
    assert (model.predict(X) == y).mean() == 0.9


@pytest.mark.parametrize("order", [(0.4, 0.7, 0.7, 0.2), (0.7, 0.4, 0.2, 0.7), (0.7, 0.7, 0.7)])
def test_of_equals_the_first_is_taken(order: tuple[float, ...]) -> None:
    X, y, groups = clips()
    kinds = [{"right": right, "seed": place} for place, right in enumerate(order)]
    assert Tuned(Spy(), kinds).fit(X, y, groups).chosen_ == kinds[order.index(0.7)]


def test_every_configuration_is_tried_on_the_same_folds_by_group() -> None:
    X, y, groups = clips(groups=7)
    kinds = [{"right": 0.6}, {"right": 0.9}]
    Tuned(Spy(), kinds, folds=3, seed=5).fit(X, y, groups)
    courses = [
        [(each["clips"], each["tested"]) for each in Spy.fits[:-1] if each["right"] == right]
        for right in (0.6, 0.9)
    ]
    assert courses[0] == courses[1]
    assert len(courses[0]) == 3
    tested = sorted(clip for _, part in courses[0] for clip in part)
    assert tested == list(range(70)), "each clip is tested once"
    for known, part in courses[0]:
        assert not set(groups[known]) & set(groups[part])
        assert sorted(known + part) == list(range(70))
    for each in Spy.fits:
        assert each["groups"] == groups[each["clips"]].tolist(), "groups go to fit"


def test_the_seed_draws_the_inner_folds() -> None:
    X, y, groups = clips(groups=9)

    def tested(seed: int) -> list[list[int]]:
        Spy.fits.clear()
        Tuned(Spy(), [{"right": 0.6}, {"right": 0.9}], seed=seed).fit(X, y, groups)
        return [each["tested"] for each in Spy.fits[:3]]

    assert tested(1) == tested(1)
    assert tested(1) != tested(2)


def test_the_choice_is_that_of_scikit_learns_grid_search() -> None:
    """The same choice by another library, where one group is left out at a time."""
    neighbours = [1, 3, 9, 15, 25]
    kinds = [{"classifier__n_neighbors": count} for count in neighbours]
    chosen = set()
    for seed in range(3):
        X, y, groups = noisy(seed)
        model = Tuned(pooled(KNeighborsClassifier()), kinds, folds=5).fit(X, y, groups)
        search = GridSearchCV(
            pooled(KNeighborsClassifier()),
            {"classifier__n_neighbors": neighbours},
            cv=LeaveOneGroupOut(),
            refit=False,
        ).fit(X, y, groups=groups)
        # Groups are of one size, so that the mean over folds is that over clips.
        accuracy = search.cv_results_["mean_test_score"]
        assert model.inner_accuracy_ is not None
        np.testing.assert_allclose(model.inner_accuracy_, accuracy, rtol=1e-12)
        best = neighbours[np.flatnonzero(accuracy > accuracy.max() - 1e-9)[0]]
        assert model.chosen_ == {"classifier__n_neighbors": best}
        unseen = noisy(seed + 100)[0]
        by_hand = pooled(KNeighborsClassifier(best)).fit(X, y)
        np.testing.assert_array_equal(model.predict(unseen), by_hand.predict(unseen))
        chosen.add(best)
    assert len(chosen) > 1


def test_one_configuration_is_fitted_and_nothing_else_happens() -> None:
    X, y, _ = clips()
    model = Tuned(Spy(), [{"right": 0.4}]).fit(X, y)
    (only,) = Spy.fits
    assert (only["right"], only["clips"], only["groups"]) == (0.4, list(range(60)), None)
    assert model.inner_accuracy_ is None
    assert model.chosen_ == {"right": 0.4}


@pytest.mark.parametrize("method", METHODS)
def test_one_configuration_is_the_method_itself_bit_for_bit(method: str) -> None:
    X, y, groups = noisy(0)
    unseen = noisy(1)[0]
    plain = classifiers(**QUICK)[method]
    model = Tuned(plain, configurations(method, plain, 1)).fit(X, y, groups)
    by_hand = clone(plain).fit(X, y, groups=groups)
    answer = "decision_function" if method == "SVM" else "predict_proba"
    np.testing.assert_array_equal(
        getattr(model.estimator_, answer)(unseen), getattr(by_hand, answer)(unseen)
    )
    np.testing.assert_array_equal(model.predict(unseen), by_hand.predict(unseen))


# ---------------------------------------------------------------- what is seen, and what is not


@pytest.mark.parametrize("split", ["groups", "random"])
def test_tested_clips_never_enter_the_choice(split: str) -> None:
    X, y, groups = clips(groups=5)
    kinds = [{"right": 0.6}, {"right": 0.9}]
    found = cross_validate(Tuned(Spy(), kinds), X, y, groups, folds=5, split=split)
    assert len(found.per_fold) == 5
    assert found.accuracy == 0.9
    fits = iter(Spy.fits)
    for fold in range(5):
        out = set(found.predictions.loc[found.predictions["fold"] == fold, "clip"])
        inner, last = [next(fits) for _ in range(2 * 3)], next(fits)
        assert set(last["clips"]) == set(range(50)) - out
        assert set(last["tested"]) == out
        for each in inner:
            assert not out & set(each["clips"] + each["tested"])
            assert not set(groups[each["clips"]]) & set(groups[each["tested"]])
    assert next(fits, None) is None
    assert found.per_fold["chosen"].tolist() == [{"right": 0.9}] * 5
    plain = cross_validate(Spy(), X, y, groups, folds=5, split=split)
    assert "chosen" not in plain.per_fold


def test_labels_of_tested_clips_cannot_change_the_answers() -> None:
    X, y, groups = noisy(0)
    tested = groups == 2
    split = [(np.flatnonzero(~tested), np.flatnonzero(tested))]
    model = classifiers(configurations=4)["kNN"]
    honest = cross_validate(model, X, y, groups, splits=split)
    turned = cross_validate(model, X, np.where(tested, 2 - y, y), groups, splits=split)
    assert honest.predictions.predicted.tolist() == turned.predictions.predicted.tolist()
    assert honest.accuracy != turned.accuracy


def test_inner_folds_that_lack_a_class_are_left_out() -> None:
    X, y, groups = clips(groups=3)
    y = np.where((groups == 0) & (np.arange(30) % 5 == 4), 2, y)
    model = Tuned(Spy(), [{"right": 0.9}, {"right": 0.6}, {"right": 0.3}]).fit(X, y, groups)
    # Without group 0 nothing of class 2 is left to train on: the other two groups decide.
    assert [sorted(set(groups[each["tested"]])) for each in Spy.fits[:2]] == [[1], [2]]
    assert len(Spy.fits) == 3 * 2 + 1
    assert model.inner_accuracy_ is not None
    np.testing.assert_allclose(model.inner_accuracy_, np.array([0.9, 0.6, 0.3]), rtol=1e-12)
    assert model.classes_.tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    ("y", "groups", "reason"),
    [
        ([0, 0, 1, 1], [0, 0, 1, 1], "held-out 0: no clip of class 0 is left to train on"),
        ([0, 1, 0, 1], [5, 5, 5, 5], r"1 group\(s\) cannot be split into 3 folds"),
    ],
)
def test_where_no_inner_fold_can_be_run_the_error_says_what_to_do(
    y: list[int], groups: list[int], reason: str
) -> None:
    X = clips()[0][:4]
    says = rf"^settings cannot be chosen in inner folds of the training part: .*{reason}"
    with pytest.raises(InputError, match=says) as caught:
        Tuned(Spy(), [{"right": 0.6}, {"right": 0.9}]).fit(X, np.array(y), np.array(groups))
    assert str(caught.value).endswith("; or try a single configuration")
    assert "\n" not in str(caught.value)
    Tuned(Spy(), [{"right": 0.6}]).fit(X, np.array(y), np.array(groups))


def test_what_an_estimator_refuses_in_an_inner_fold_is_passed_on() -> None:
    X, y, groups = noisy(0, groups=2)
    plain = classifiers(neighbours=25)["kNN"]
    plain.fit(X, y)
    with pytest.raises(InputError, match=r"training part: 25 nearest neighbours need .* not 24"):
        Tuned(plain, configurations("kNN", plain, 2)).fit(X, y, groups)


def test_an_estimator_without_a_use_for_groups_is_tuned_too() -> None:
    y = np.arange(24) % 3 // 2
    X = [np.full((2, 1), float(label)) for label in y]
    plain = make_pipeline(Pooled(), KNeighborsClassifier())
    kinds = [{"kneighborsclassifier__n_neighbors": count} for count in (11, 1)]
    model = Tuned(plain, kinds).fit(X, y, groups=np.arange(24) // 6)
    assert model.chosen_ == kinds[1]
    assert model.score(X, y) == 1


def test_what_is_missing_is_said() -> None:
    X, y, groups = clips()
    with pytest.raises(InputError, match="fit needs groups to choose among 2 configurations"):
        Tuned(Spy(), [{"right": 0.6}, {"right": 0.9}]).fit(X, y)
    with pytest.raises(InputError, match="there are no configurations: give at least one"):
        Tuned(Spy(), []).fit(X, y, groups)
    assert not Spy.fits


# ---------------------------------------------------------------- conventions and seeds


def test_conventions_of_scikit_learn() -> None:
    X, y, groups = clips()
    kinds = [{"right": 0.6}, {"right": 0.9}]
    model = Tuned(Spy(seed=4), kinds, folds=2, seed=8)
    copy = clone(model)
    assert copy.get_params() | {"estimator": 0} == model.get_params() | {"estimator": 0}
    assert (copy.estimator.seed, copy.folds, copy.seed) == (4, 2, 8)
    assert copy.set_params(estimator__seed=6).estimator.seed == 6
    assert model.estimator.seed == 4
    with pytest.raises(NotFittedError):
        model.predict(X)
    assert model.fit(X, y, groups) is model
    assert not hasattr(model.estimator, "noted_"), "what is given is never fitted"
    assert (model.estimator.right, kinds) == (1.0, [{"right": 0.6}, {"right": 0.9}])
    assert model.score(X, y) == 0.9
    assert not hasattr(clone(model), "estimator_")


def test_probabilities_are_those_of_the_estimator_where_it_has_them() -> None:
    X, y, groups = noisy(0)
    made = classifiers(configurations=2)
    model = made["kNN"].fit(X, y, groups)
    np.testing.assert_array_equal(model.predict_proba(X), model.estimator_.predict_proba(X))
    assert not hasattr(made["SVM"], "predict_proba")


def test_every_seed_within_is_raised_in_a_repeat() -> None:
    model = Tuned(Spy(seed=3, random_state=None), [{"right": 0.6}, {"right": 0.9}], seed=7)
    raised = _with_seeds(model, seed=20, repeat=2)
    assert (raised.seed, raised.estimator.seed, raised.estimator.random_state) == (9, 5, 22)
    assert (model.seed, model.estimator.seed, model.estimator.random_state) == (7, 3, None)
    network = _with_seeds(classifiers(seed=4, configurations=2)["ANN"], seed=4, repeat=3)
    assert network.seed == network.estimator.get_params()["classifier__random_state"] == 7


def test_seeds_are_the_same_in_inner_folds_and_after_the_choice() -> None:
    X, y, groups = clips(groups=4)
    kinds = [{"right": 0.6}, {"right": 0.9}]
    model = Tuned(Spy(seed=3, random_state=30), kinds)
    cross_validate(model, X, y, groups, folds=4, repeats=2, seed=50)
    seeds = [each["seeds"] for each in Spy.fits]
    assert len(seeds) == 2 * 4 * (2 * 3 + 1)
    assert seeds == [(3, 30)] * (len(seeds) // 2) + [(4, 31)] * (len(seeds) // 2)


def test_processes_do_not_change_the_result() -> None:
    X, y, groups = noisy(3)
    model = classifiers(configurations=3)["kNN"]
    one, two = (cross_validate(model, X, y, groups, jobs=jobs) for jobs in (1, 2))
    assert one.predictions.equals(two.predictions)


# ---------------------------------------------------------------- the lists


@pytest.mark.parametrize("method", METHODS)
def test_every_method_has_eight_configurations_and_its_own_is_the_first(method: str) -> None:
    plain = classifiers(hidden_size=16, learning_rate=0.02, neighbours=7, ann_units=9)[method]
    everything = configurations(method, plain, 8)
    assert everything[0].items() <= plain.get_params().items()
    for count in range(1, 9):
        assert configurations(method, plain, count) == everything[:count]
    assert all(a != b for a, b in combinations(everything, 2))
    for wrong in (0, 9):
        with pytest.raises(InputError, match=rf"^{wrong} configurations of {method} are not"):
            configurations(method, plain, wrong)


def test_lists_are_those_that_the_docstring_gives() -> None:
    made = classifiers()
    expected: dict[str, Any] = {
        "ANN": (
            ("classifier__alpha", [0.0001, 0.01, 0.1, 1.0]),
            ("classifier__hidden_layer_sizes", [(100,), (32,)]),
        ),
        "SVM": (
            ("classifier__C", [1.0, 0.1, 10.0, 100.0]),
            ("classifier__kernel", ["rbf", "linear"]),
        ),
        "kNN": (("classifier__n_neighbors", [5, 1, 3, 9]), ("classifier__p", [2, 1])),
    }
    for method, ((long, four), (short, two)) in expected.items():
        assert configurations(method, made[method], 8) == [
            {long: a, short: b} for b in two for a in four
        ]
    assert configurations("LSTM", made["LSTM"], 8) == [
        {"learning_rate": rate} for rate in (0.01, 0.003, 0.03, 0.001, 0.005, 0.02, 0.002, 0.05)
    ]
    with pytest.raises(InputError, match="there are no configurations of tree: it must be one of"):
        configurations("tree", made["kNN"], 2)


@pytest.mark.parametrize("hidden", [16, 32, 100])
def test_the_search_gets_the_sides_of_its_box_and_then_another_step_size(hidden: int) -> None:
    found = configurations("ALSTM", ALSTMClassifier(hidden_size=hidden), 8)
    # The box is search_bound over the root of the hidden size, see ALSTMClassifier.
    sides = [kind["search_bound"] / hidden**0.5 for kind in found]
    np.testing.assert_allclose(sides, 2 * [1 / hidden**0.5, 0.05, 0.5, 1], rtol=1e-12)
    assert [kind["learning_rate"] for kind in found] == [0.01] * 4 + [0.003] * 4


@pytest.mark.parametrize("role", ["replace", "readout"])
def test_where_adam_does_not_train_its_step_size_is_not_tried(role: str) -> None:
    found = configurations("ALSTM", ALSTMClassifier(search_role=role), 8)
    assert [kind["movement_start"] for kind in found] == [2.0] * 4 + [1.0] * 4
    assert not any("learning_rate" in kind for kind in found)


@pytest.mark.parametrize("hidden", [1, 4, 25, 400, 4096])
@pytest.mark.parametrize("bound", [1.0, 0.25, 5.5])
@pytest.mark.parametrize("rate", [0.01, 0.003, 0.02])
def test_networks_have_eight_allowed_configurations_whatever_is_given(
    hidden: int, bound: float, rate: float
) -> None:
    for method, role in (("ALSTM", "init"), ("ALSTM", "replace"), ("LSTM", "init")):
        model = ALSTMClassifier(
            hidden_size=hidden, search_bound=bound, learning_rate=rate, search_role=role
        )
        found = configurations(method, model, 8)
        assert len(found) == 8
        assert found[0].items() <= model.get_params().items()
        numbers = np.array([list(kind.values()) for kind in found], dtype=float)
        for one, other in combinations(numbers, 2):
            assert not np.allclose(one, other, rtol=1e-6, atol=0)
        for kind in found:
            for name, value in kind.items():
                assert FIELDS[name].check(value) == value


@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")  # noise is learnt by heart
@pytest.mark.parametrize("method", METHODS)
def test_no_two_configurations_learn_the_same(method: str) -> None:
    """Each counts: settings without an effect would be a smaller number in disguise."""
    X, y, groups = noisy(0)
    unseen = noisy(1, groups=20)[0]
    plain = classifiers(**QUICK)[method]
    answers = []
    for kind in configurations(method, plain, 8):
        model = clone(plain).set_params(**kind).fit(X, y, groups=groups)
        answer = model.decision_function if method == "SVM" else model.predict_proba
        answers.append(answer(unseen))
    assert len(answers) == 8
    assert not any(np.array_equal(a, b) for a, b in combinations(answers, 2))


def test_how_many_an_estimator_chooses_among() -> None:
    for count in (1, 2, 8):
        for method in classifiers(configurations=count).values():
            assert tuning.number(method) == count


# ---------------------------------------------------------------- the evaluation of all methods


def collected() -> tuple[Dataset, Collection]:
    """Four groups in which two actions overlap."""
    random = np.random.default_rng(0)
    records = tuple(
        Record(Path(f"{label}_{group}_{number}.avi"), label, f"g{group}")
        for group in range(4)
        for number in range(4)
        for label in ("jump", "run")
    )
    found = []
    for record in records:
        rows = random.normal(0.4 * (record.label == "run"), 1, (3, 5)).astype(np.float32)
        found.append(Features(np.arange(3), rows, 3))
    dataset = Dataset("made up", Path("."), records, "group", "nowhere")
    return dataset, Collection(records, tuple(found), ())


def test_the_configuration_says_how_many_are_tried_and_one_changes_nothing() -> None:
    dataset, data = collected()
    config = Config().replace(**QUICK, folds=4)
    settings = experiments.classifier_settings(config, seed=3)
    accuracies = []
    for count in (1, 4):
        runs = experiments.evaluate_all(dataset, data, config.replace(configurations=count), seed=3)
        assert list(runs) == list(METHODS)
        for method, run in runs.items():
            plain = classifiers(**settings)[method]
            by_hand = (
                plain if count == 1 else Tuned(plain, configurations(method, plain, 4), seed=3)
            )
            expected = cross_validate(
                by_hand, data.sequences, data.labels, data.groups, folds=4, seed=3
            )
            assert run.predictions.equals(expected.predictions)
            assert run.per_fold["configurations"].tolist() == [count] * 4
        accuracies.append([run.accuracy for run in runs.values()])
    assert accuracies[0] != accuracies[1]
