"""Cross-validation by group, intervals over groups, and what must not leak."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from order_coded import order_coded
from scipy import stats
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import StandardScaler

from har_lib import evaluate, metrics
from har_lib.baselines import classifiers, pooled
from har_lib.errors import InputError
from har_lib.evaluate import cluster_interval, cross_validate, paired_difference

# The first number of a sequence names the clip: spies read it back.


def clips(classes: int, groups: int, per_class: int) -> tuple[list, np.ndarray, np.ndarray]:
    y = np.tile(np.repeat(np.arange(classes), per_class), groups)
    origin = np.repeat([f"scene{number:02d}" for number in range(groups)], classes * per_class)
    X = [np.full((2, 3), float(place)) for place in range(len(y))]
    return X, y, origin


class Spy(ClassifierMixin, BaseEstimator):
    """Answers with the class of the clip's number, or with the wrong one; writes down its data."""

    calls: list = []  # noqa: RUF012

    def __init__(self, wrong_every: int = 0, seed: int = 0, random_state: int | None = None):
        self.wrong_every = wrong_every
        self.seed = seed
        self.random_state = random_state

    def fit(self, X, y, groups=None):
        names = [int(sequence[0, 0]) for sequence in X]
        self.known_ = dict(zip(names, y, strict=True))
        self.classes_ = np.unique(y)
        self.call_ = {"train": names, "groups": groups, "seed": self.seed}
        self.call_["random_state"] = self.random_state
        Spy.calls.append(self.call_)
        return self

    def predict(self, X):
        names = [int(sequence[0, 0]) for sequence in X]
        self.call_["test"] = names
        # Classes 0, 0, 1, 1, 2, 2 in each group of six, as `clips(3, G, 2)` makes them.
        answers = np.array([name % 6 // 2 for name in names])
        if self.wrong_every:
            answers = np.where(np.array(names) % self.wrong_every == 0, (answers + 1) % 3, answers)
        return answers


@pytest.fixture
def calls() -> list:
    Spy.calls.clear()
    return Spy.calls


@pytest.mark.parametrize(("groups", "folds"), [(5, 10), (10, 10), (12, 4)])
def test_no_group_on_both_sides(calls, groups, folds):
    X, y, origin = clips(3, groups, 2)
    result = cross_validate(Spy(), X, y, origin, folds=folds)
    assert len(calls) == min(groups, folds)
    tested = []
    for call in calls:
        assert not set(origin[call["train"]]) & set(origin[call["test"]])
        assert sorted(call["train"] + call["test"]) == list(range(len(y)))
        assert np.array_equal(call["groups"], origin[call["train"]])
        tested += call["test"]
    assert sorted(tested) == list(range(len(y)))
    assert result.accuracy == 1.0
    assert (result.per_fold.shared_groups == 0).all()
    if groups <= folds:
        assert (result.per_fold.held_out == [f"scene{g:02d}" for g in range(groups)]).all()


def test_predictions_are_the_classifiers_and_stand_at_their_clip(calls):
    X, y, origin = clips(3, 8, 2)
    order = np.random.default_rng(0).permutation(len(y))
    result = cross_validate(
        Spy(wrong_every=5), [X[i] for i in order], y[order], origin[order], folds=4
    )
    table = result.predictions
    names = order[table["clip"]]
    assert (table.true == y[names]).all()
    assert (table.group == origin[names]).all()
    assert np.array_equal(table.predicted != table.true, names % 5 == 0)
    assert result.accuracy == pytest.approx((np.arange(48) % 5 != 0).mean())
    assert result.chance == pytest.approx(1 / 3)
    assert result.scores == metrics.scores(table.true, table.predicted, labels=[0, 1, 2])
    by_hand = [np.mean(np.arange(6 * g, 6 * g + 6) % 5 != 0) for g in range(8)]
    assert np.allclose(result.groups.accuracy, by_hand)
    assert (result.groups.clips == 6).all()
    assert np.average(result.per_fold.accuracy, weights=result.per_fold.clips) == pytest.approx(
        result.accuracy
    )
    low, high = result.interval
    expected = stats.t.interval(0.95, 7, np.mean(by_hand), stats.sem(by_hand))
    assert (low, high) == pytest.approx((expected[0], min(1.0, expected[1])))


def test_majority_rate():
    X, y, origin = clips(3, 8, 2)
    y[y == 2] = 1
    result = cross_validate(pooled(KNeighborsClassifier(1)), X, y, origin)
    assert result.majority_rate == pytest.approx(2 / 3)
    assert result.chance == 0.5


def test_folds_are_stratified_and_follow_the_seed(calls):
    X, y, origin = clips(3, 20, 2)

    def folds(**settings) -> list:
        calls.clear()
        cross_validate(Spy(), X, y, origin, folds=5, **settings)
        return [tuple(call["test"]) for call in calls]

    assert folds(seed=0) == folds(seed=0)
    assert folds(seed=0) != folds(seed=1)
    assert all(np.array_equal(np.bincount(y[list(test)]), [8, 8, 8]) for test in folds(seed=3))


def test_repeats_draw_new_folds_and_seeds(calls):
    X, y, origin = clips(3, 12, 2)
    result = cross_validate(Spy(seed=5), X, y, origin, folds=3, repeats=2, seed=7)
    assert [call["seed"] for call in calls] == [5, 5, 5, 6, 6, 6]
    assert [call["random_state"] for call in calls] == [7, 7, 7, 8, 8, 8]
    tests = [tuple(call["test"]) for call in calls]
    assert set(tests[:3]) != set(tests[3:])
    assert len(result.predictions) == 2 * len(y)
    assert len(result.clips) == len(y)
    # Seeds of steps inside a pipeline count too, and the caller's estimator keeps its own.
    ann = classifiers(seed=3)["ANN"]
    raised = evaluate._with_seeds(ann, seed=0, repeat=2)
    assert raised.get_params()["classifier__random_state"] == 5
    assert ann.get_params()["classifier__random_state"] == 3


class ByRepeat(Spy):
    """Right in the first repeat, wrong in the second."""

    def predict(self, X):
        answers = super().predict(X)
        return (answers + self.seed) % 3


def test_repeats_never_narrow_the_interval(calls):
    X, y, origin = clips(3, 12, 2)
    once = cross_validate(Spy(wrong_every=5), X, y, origin, folds=3)
    often = cross_validate(Spy(wrong_every=5), X, y, origin, folds=3, repeats=4)
    assert often.interval == pytest.approx(once.interval)
    assert often.accuracy == pytest.approx(once.accuracy)
    mixed = cross_validate(ByRepeat(), X, y, origin, folds=3, repeats=2)
    assert (mixed.clips.correct == 0.5).all()
    assert mixed.interval == (0.5, 0.5)


def test_fold_without_a_class_is_refused_by_name(calls):
    X, y, origin = clips(3, 6, 2)
    y[(y == 2) & (origin != "scene04")] = 0
    result = cross_validate(Spy(), X, y, origin)
    assert len(calls) == 5
    assert len(result.per_fold) == 5
    (refusal,) = result.refused
    assert (refusal.fold, refusal.held_out, refusal.missing) == (4, ("scene04",), (2,))
    assert str(refusal) == "held-out scene04: no clip of class 2 is left to train on"
    assert "scene04" not in set(result.predictions.group)
    assert len(result.clips) == 30
    assert result.chance == pytest.approx(1 / 3)


def test_all_folds_refused_is_an_error(calls):
    X, _, origin = clips(3, 3, 2)
    y = np.unique(origin, return_inverse=True)[1]
    with pytest.raises(InputError, match="held-out scene00: no clip of class 0 is left"):
        cross_validate(Spy(), X, y, origin)
    assert calls == []


def test_given_splits_replace_the_folds(calls):
    X, y, origin = clips(3, 4, 2)
    train, test = np.flatnonzero(origin < "scene02"), np.flatnonzero(origin >= "scene02")
    result = cross_validate(Spy(), X, y, origin, splits=[(train, test)], repeats=2)
    assert [call["train"] for call in calls] == [train.tolist()] * 2
    assert [call["test"] for call in calls] == [test.tolist()] * 2
    assert sorted(result.clips.index) == test.tolist()
    assert result.per_fold.held_out.unique().tolist() == ["scene02 scene03"]
    mixed = cross_validate(Spy(), X, y, origin, splits=[(np.arange(0, 24, 2), np.arange(1, 24, 2))])
    assert mixed.per_fold.shared_groups.tolist() == [4]


@pytest.mark.parametrize(
    ("split", "message"),
    [
        (([0, 1], [24]), "test part names clip 24"),
        (([-1, 1], [3]), "train part names clip -1"),
        (([0, 1], []), "test part is no list"),
        (([0, 0], [3]), "names a clip twice"),
        ((np.zeros(24, bool), [3]), "train part is no list"),
    ],
)
def test_impossible_splits_are_refused(split, message):
    X, y, origin = clips(3, 4, 2)
    with pytest.raises(InputError, match=message):
        cross_validate(Spy(), X, y, origin, splits=[split])


def test_data_that_do_not_fit_are_refused():
    X, y, origin = clips(3, 4, 2)
    with pytest.raises(InputError, match="y has shape"):
        cross_validate(Spy(), X, y[:-1], origin)
    with pytest.raises(InputError, match="groups has shape"):
        cross_validate(Spy(), X, y, origin[:-1])
    with pytest.raises(InputError, match="by group"):
        cross_validate(Spy(), X, y, np.zeros(24))
    with pytest.raises(InputError, match="repeats = 0"):
        cross_validate(Spy(), X, y, origin, repeats=0)
    with pytest.raises(InputError, match="choose fewer folds"):
        cross_validate(Spy(), X, y, np.arange(24), folds=20)


def test_estimators_without_groups_are_served():
    class Plain(Spy):
        def fit(self, X, y):
            return super().fit(X, y)

    X, y, origin = clips(3, 4, 2)
    assert cross_validate(Plain(), X, y, origin).accuracy == 1.0


# Other ways to split


def test_folds_at_random_hang_on_seed_and_repeat(calls):
    X, y, origin = clips(3, 6, 4)
    result = cross_validate(Spy(), X, y, origin, folds=4, repeats=2, seed=3, split="random")
    tests = [tuple(call["test"]) for call in calls]
    assert sorted(i for test in tests[:4] for i in test) == list(range(72))
    assert all(np.bincount(y[list(test)]).tolist() == [6, 6, 6] for test in tests)
    assert not set(tests[:4]) & set(tests[4:])
    calls.clear()
    cross_validate(Spy(), X, y, origin, folds=4, seed=4, split="random")
    assert [tuple(call["test"]) for call in calls] == tests[4:]
    assert result.split == "random"
    assert result.refused == ()


def test_shared_groups_are_counted_whatever_the_split():
    X, y, origin = clips(3, 6, 4)
    model = pooled(KNeighborsClassifier(1))
    apart = cross_validate(model, X, y, origin, folds=3)
    mixed = cross_validate(model, X, y, origin, folds=3, split="random")
    itself = cross_validate(model, X, y, origin, folds=3, split="resubstitution")
    assert (apart.per_fold.shared_groups == 0).all()
    for (_, fold), line in zip(
        mixed.predictions.groupby("fold"), mixed.per_fold.itertuples(), strict=True
    ):
        rest = np.setdiff1d(np.arange(72), fold["clip"])
        assert line.shared_groups == len(set(fold.group) & set(origin[rest])) > 0
    assert itself.per_fold.shared_groups.tolist() == [6]
    assert (apart.split, itself.split) == ("groups", "resubstitution")


def test_resubstitution_makes_a_nearest_neighbour_perfect_on_noise(calls):
    generator = np.random.default_rng(0)
    X = [generator.normal(size=(3, 5)) for _ in range(60)]
    y, origin = generator.permutation(np.arange(60) % 2), np.arange(60) // 10
    model = pooled(KNeighborsClassifier(1))
    assert cross_validate(model, X, y, origin, split="resubstitution").accuracy == 1.0
    # 60 clips at chance .5: four standard errors.
    assert cross_validate(model, X, y, origin).accuracy < 0.5 + 4 * 0.065
    X, y, origin = clips(3, 4, 2)
    cross_validate(Spy(), X, y, origin, split="resubstitution")
    assert calls[-1]["train"] == calls[-1]["test"] == list(range(24))


def test_scene_is_learnt_by_folds_at_random():
    X, y, origin = scenes()
    model = pooled(KNeighborsClassifier(1))
    assert cross_validate(model, X, y, origin, split="random", folds=5).accuracy > 0.95


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"split": "official1"}, "split = 'official1' is not allowed"),
        ({"split": "random", "folds": 9}, "9 folds at random are not possible"),
        ({"split": "random", "splits": [([0, 2, 4], [1])]}, "'random' and splits are both given"),
        ({"averaging": "mean"}, "averaging = 'mean'"),
        ({"code": "binary"}, "code = 'binary'"),
        ({"undefined": "nan"}, "undefined = 'nan'"),
        ({"reported_run": "last"}, "reported_run = 'last' .* mean, best, best_per_metric"),
    ],
)
def test_settings_that_do_not_exist_are_refused_before_training(calls, settings, message):
    X, y, origin = clips(3, 4, 2)
    with pytest.raises(InputError, match=message):
        cross_validate(Spy(), X, y, origin, **settings)
    assert calls == []


# What is reported


class Drawn(Spy):
    """Right or wrong by its seed: every repeat has other answers, and class 2 is never said."""

    def predict(self, X):
        answers = super().predict(X)
        generator = np.random.default_rng(self.seed)
        right = (generator.random(len(X)) < 0.5) & (answers < 2)
        return np.where(right, answers, generator.choice([0, 1], len(X)))


@pytest.mark.parametrize("code", metrics.CODES)
@pytest.mark.parametrize("undefined", metrics.UNDEFINED)
def test_reported_runs_are_those_of_their_repeats(code, undefined):
    X, y, origin = clips(3, 8, 2)

    def run(reported: str) -> evaluate.CrossValidation:
        return cross_validate(
            Drawn(), X, y, origin, folds=4, repeats=6, averaging="weighted",
            code=code, undefined=undefined, reported_run=reported,
        )  # fmt: skip

    runs = {name: run(name) for name in evaluate.REPORTED_RUNS}
    table = runs["mean"].predictions
    assert all(each.predictions.equals(table) for each in runs.values())

    def scores(part) -> dict:
        return metrics.scores(
            part.true, part.predicted, "weighted", [0, 1, 2], code=code, undefined=undefined
        )

    assert runs["mean"].scores == scores(table)
    repeats = [scores(table[table.repeat == repeat]) for repeat in range(6)]
    accuracies = [each["accuracy"] for each in repeats]
    assert len(set(accuracies)) > 1
    best, every = runs["best"].scores, runs["best_per_metric"].scores
    assert (best["undefined"]["precision"] == 0) == (code == "one_class")
    assert best == repeats[int(np.argmax(accuracies))]
    for name in metrics.MEASURES:
        assert every[name] == max(each[name] for each in repeats) >= best[name]
    assert every["accuracy"] == best["accuracy"] > runs["mean"].scores["accuracy"]
    # What is reported leaves the estimate alone.
    assert len({each.accuracy for each in runs.values()}) == 1
    assert len({each.interval for each in runs.values()}) == 1


def test_best_per_metric_mixes_repeats():
    """No repeat need have all of its numbers: here precision and recall come from two."""
    predictions = pd.DataFrame(
        {
            "clip": [0, 1, 2, 3] * 2,
            "group": ["a", "b", "c", "d"] * 2,
            "repeat": np.repeat([0, 1], 4),
            "fold": 0,
            "true": [0, 0, 1, 1] * 2,
            "predicted": [0, 1, 1, 1, 0, 0, 0, 1],
        }
    )
    made = evaluate.CrossValidation(
        predictions, pd.DataFrame(), (), np.array([0, 1]), "macro", "one_class", "zero", "best"
    )
    # First repeat: TP 1, FN 1, FP 0; second: TP 2, FN 0, FP 1. Of equals the first is best.
    assert (made.scores["precision"], made.scores["recall"]) == (1.0, 0.5)
    every = dataclasses.replace(made, reported_run="best_per_metric").scores
    assert (every["precision"], every["recall"], every["accuracy"]) == (1.0, 1.0, 0.75)
    assert every["f_measure"] == pytest.approx(0.8)


def test_one_repeat_is_its_own_best():
    X, y, origin = clips(3, 8, 2)
    runs = [
        cross_validate(Drawn(), X, y, origin, folds=4, reported_run=name)
        for name in evaluate.REPORTED_RUNS
    ]
    assert runs[0].scores == runs[1].scores == runs[2].scores


# Leaks


class Scaler(Spy):
    """Keeps the statistics that the suite's own scaler learns."""

    means: list = []  # noqa: RUF012

    def fit(self, X, y, groups=None):
        model = pooled(KNeighborsClassifier(1)).fit(X, y, groups)
        scaler: StandardScaler = model["scaler"]
        Scaler.means.append(np.r_[scaler.mean_, scaler.scale_])
        return super().fit(X, y, groups)


def test_scalers_never_see_test_clips():
    X, y, origin = clips(3, 4, 2)
    Scaler.means.clear()
    cross_validate(Scaler(), X, y, origin)
    honest = list(Scaler.means)
    for fold in range(4):
        names = np.flatnonzero(origin == f"scene{fold:02d}")
        spoilt = [
            np.c_[rows[:, :1], rows[:, 1:] * 1e6] if i in names else rows
            for i, rows in enumerate(X)
        ]
        Scaler.means.clear()
        cross_validate(Scaler(), spoilt, y, origin)
        assert np.array_equal(Scaler.means[fold], honest[fold])
        assert not np.array_equal(Scaler.means[fold - 1], honest[fold - 1])


def scenes() -> tuple[list, list, list]:
    """Noise shared by a scene, labels that depend on the scene: only a leak can score."""
    generator = np.random.default_rng(0)
    X, y, origin = [], [], []
    for scene in range(40):
        look, label = generator.normal(size=58), scene % 2
        for _ in range(5):
            X.append(look + 0.05 * generator.normal(size=(4, 58)))
            y.append(label)
            origin.append(scene)
    return X, y, origin


def test_scene_is_learnt_by_random_splits_and_not_by_groups():
    X, y, origin = scenes()
    model = pooled(KNeighborsClassifier(1))
    mixed = np.random.default_rng(1).permutation(200)
    leak = cross_validate(model, X, y, origin, splits=[(mixed[:160], mixed[160:])])
    assert leak.accuracy > 0.95
    honest = cross_validate(model, X, y, origin)
    # 40 independent scenes at chance .5: four standard errors.
    assert honest.accuracy < 0.5 + 4 * 0.079


@pytest.mark.parametrize("name", ["LSTM", "ANN"])
def test_processes_do_not_change_the_result(name):
    X, y, origin = order_coded(classes=3, groups=4, per_class=3, noise=2.0)
    model = classifiers(hidden_size=4, epochs=3)[name]
    alone = cross_validate(model, X, y, origin)
    two = cross_validate(model, X, y, origin, jobs=2)
    assert alone.predictions.equals(two.predictions)
    assert alone.per_fold.equals(two.per_fold)


def test_lstm_tells_order_by_group_where_pooling_guesses():
    X, y, origin = order_coded(classes=3, groups=6, per_class=4)
    found = classifiers(hidden_size=16, epochs=20)
    lstm = cross_validate(found["LSTM"], X, y, origin)
    knn = cross_validate(found["kNN"], X, y, origin)
    assert lstm.accuracy > 0.95
    assert knn.accuracy < 0.5
    gain = paired_difference(lstm, knn)
    assert gain.estimate == pytest.approx(lstm.accuracy - knn.accuracy)
    assert gain.low > 0


# Intervals


def test_interval_of_equal_groups_is_the_t_interval_of_their_means():
    generator = np.random.default_rng(0)
    for G, n in ((2, 3), (8, 5), (40, 1)):
        values = generator.normal(size=(G, n))
        found = cluster_interval(values.ravel(), np.repeat(np.arange(G), n))
        means = values.mean(axis=1)
        expected = stats.t.interval(0.95, G - 1, means.mean(), stats.sem(means))
        assert (found.low, found.high) == pytest.approx(expected)
        assert found.estimate == pytest.approx(values.mean())
        assert found.groups == G


def test_interval_of_unequal_groups_by_hand():
    found = cluster_interval([1, 1, 0, 1, 0, 0], ["a", "a", "a", "b", "b", "c"], confidence=0.9)
    # m = 1/2; residuals 2 - 3/2, 1 - 1, 0 - 1/2; variance 3/2 (1/4 + 0 + 1/4) / 36.
    half = stats.t.ppf(0.95, 2) * np.sqrt(1.5 * 0.5 / 36)
    assert (found.low, found.high) == pytest.approx((0.5 - half, 0.5 + half))


def test_interval_does_not_hang_on_order_names_or_copies():
    generator = np.random.default_rng(1)
    values, groups = generator.random(60), generator.integers(0, 9, 60)
    plain = cluster_interval(values, groups)
    order = generator.permutation(60)
    assert cluster_interval(values[order], 100 - groups[order]).low == pytest.approx(plain.low)
    # The same clips three times over are no new evidence.
    tripled = cluster_interval(np.tile(values, 3), np.tile(groups, 3))
    assert (tripled.low, tripled.high) == pytest.approx((plain.low, plain.high))


def test_single_group_tells_nothing(calls):
    found = cluster_interval([1, 0, 1], [5, 5, 5])
    assert (found.low, found.high) == (-np.inf, np.inf)
    X, y, origin = clips(3, 4, 2)
    train, test = np.flatnonzero(origin != "scene02"), np.flatnonzero(origin == "scene02")
    assert cross_validate(Spy(), X, y, origin, splits=[(train, test)]).interval == (0.0, 1.0)


@pytest.mark.parametrize("G", [8, 55])
def test_interval_covers_with_correlated_groups_of_unequal_size(G):
    generator = np.random.default_rng(G)
    trials, covered, naive = 2000, 0, 0
    truth = 0.6
    for _ in range(trials):
        sizes = generator.integers(4, 13, G)
        # Beta-binomial: correlation within groups 1 / (1 + a + b) = 1/3.
        level = generator.beta(2 * truth, 2 * (1 - truth), G)
        correct = (generator.random(sizes.sum()) < np.repeat(level, sizes)).astype(float)
        found = cluster_interval(correct, np.repeat(np.arange(G), sizes))
        covered += found.low <= truth <= found.high
        low, high = metrics.wilson_interval(int(correct.sum()), len(correct))
        naive += low <= truth <= high
    # Standard error of the coverage: .005.
    assert 0.92 <= covered / trials <= 0.975
    assert naive / trials < 0.80


def test_paired_difference_by_hand(calls):
    X, y, origin = clips(3, 8, 2)
    right = cross_validate(Spy(), X, y, origin)
    worse = cross_validate(Spy(wrong_every=5), X, y, origin)
    found = paired_difference(right, worse)
    lost = (np.arange(48) % 5 == 0).reshape(8, 6).mean(axis=1)
    expected = stats.t.interval(0.95, 7, lost.mean(), stats.sem(lost))
    assert (found.low, found.high) == pytest.approx(expected)
    reverse = paired_difference(worse, right)
    assert (reverse.low, reverse.high) == pytest.approx((-found.high, -found.low))


def test_pairing_of_other_clips_is_refused(calls):
    X, y, origin = clips(3, 8, 2)
    full = cross_validate(Spy(), X, y, origin)
    part = cross_validate(Spy(), X[:42], y[:42], origin[:42])
    with pytest.raises(InputError, match="not on the same clips"):
        paired_difference(full, part)
    renamed = cross_validate(Spy(), X, y, np.roll(origin, 6))
    with pytest.raises(InputError, match="not on the same clips"):
        paired_difference(full, renamed)


@pytest.mark.parametrize(
    ("values", "groups", "confidence", "message"),
    [
        ([], [], 0.95, "do not fit"),
        ([1, 2], [1], 0.95, "do not fit"),
        ([1, np.nan], [1, 2], 0.95, "NaN"),
        ([1, 2], [1, 2], 95, "confidence = 95"),
    ],
)
def test_bad_values_are_refused(values, groups, confidence, message):
    with pytest.raises(InputError, match=message):
        cluster_interval(values, groups, confidence)
