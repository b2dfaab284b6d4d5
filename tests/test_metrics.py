"""Metrics against closed forms, scikit-learn, SciPy and counting by hand."""

import json
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from scipy.stats import binomtest
from sklearn import metrics as reference

from har_lib import metrics
from har_lib.equations import INDEX
from har_lib.errors import InputError

TRUE = [0] * 5 + [1] * 3 + [2] * 2
PREDICTED = [0, 0, 0, 0, 1, 1, 1, 2, 2, 0]
MEASURES = ("precision", "recall", "f_measure", "specificity")


def random_labels(seed: int, clips: int = 200, classes: int = 7) -> tuple[np.ndarray, np.ndarray]:
    """Unbalanced labels and predictions that are right about half of the time."""
    generator = np.random.default_rng(seed)
    shares = generator.dirichlet(np.full(classes, 2.0))
    true = generator.choice(classes, clips, p=shares)
    guess = generator.integers(0, classes, clips)
    return true, np.where(generator.random(clips) < 0.5, true, guess)


def count_one_class(true, predicted, label) -> tuple[int, int, int, int]:
    """TP, TN, FP, FN by looking at one clip after another."""
    pairs = [(bool(t == label), bool(p == label)) for t, p in zip(true, predicted, strict=True)]
    return (
        pairs.count((True, True)),
        pairs.count((False, False)),
        pairs.count((False, True)),
        pairs.count((True, False)),
    )


# --- The worked example, all by hand ------------------------------------------------------------


def test_confusion_matrix_worked_example():
    matrix = metrics.confusion_matrix(TRUE, PREDICTED, [0, 1, 2])
    assert matrix.tolist() == [[4, 1, 0], [0, 2, 1], [1, 0, 1]]
    assert matrix.dtype == np.int64
    reordered = metrics.confusion_matrix(TRUE, PREDICTED, [2, 0, 1])
    assert reordered.tolist() == [[1, 1, 0], [0, 4, 1], [1, 0, 2]]
    wider = metrics.confusion_matrix(TRUE, PREDICTED, [0, 1, 2, 9])
    assert wider[3].sum() == wider[:, 3].sum() == 0
    assert wider.sum() == 10


def test_scores_worked_example():
    result = metrics.scores(TRUE, PREDICTED)
    assert result["accuracy"] == pytest.approx(0.7, abs=1e-15)
    for name in ("precision", "recall", "f_measure", "sensitivity"):
        assert result[name] == pytest.approx((0.8 + 2 / 3 + 0.5) / 3, abs=1e-15)
    assert result["per_class"]["specificity"] == pytest.approx([4 / 5, 6 / 7, 7 / 8], abs=1e-15)
    assert result["per_class"]["support"] == [5, 3, 2]
    micro = metrics.scores(TRUE, PREDICTED, averaging="micro")
    for name in ("precision", "recall", "f_measure"):
        assert micro[name] == pytest.approx(0.7, abs=1e-15)
    for label in range(3):
        assert metrics.accuracy(TRUE, PREDICTED, positive=label) == pytest.approx(0.8)
    assert result["one_vs_rest_accuracy"]["value"] == pytest.approx(0.8)


# --- Equations (17) and (18) --------------------------------------------------------------------


def test_eq18_corrected_is_trace_over_sum():
    for seed in range(5):
        true, predicted = random_labels(seed)
        matrix = metrics.confusion_matrix(true, predicted)
        expected = np.trace(matrix) / matrix.sum()
        assert metrics.accuracy(true, predicted) == pytest.approx(expected, abs=1e-15)
        assert expected == pytest.approx(reference.accuracy_score(true, predicted), abs=1e-15)


def test_eq18_both_forms_equal_counting_clip_by_clip():
    true, predicted = random_labels(3, clips=60, classes=4)
    for label in np.unique(true):
        tp, tn, fp, fn = count_one_class(true, predicted, label)
        assert tp + tn + fp + fn == 60
        corrected = metrics.accuracy(true, predicted, positive=label)
        literal = metrics.accuracy(true, predicted, "literal", positive=label)
        assert corrected == pytest.approx((tp + tn) / 60, abs=1e-15)
        assert literal == pytest.approx((tp + fn) / 60, abs=1e-15)


def test_eq18_two_classes_plain_equals_either_positive_class():
    true, predicted = random_labels(1, classes=2)
    plain = metrics.accuracy(true, predicted)
    assert 0.5 < plain < 1
    assert metrics.accuracy(true, predicted, positive=0) == pytest.approx(plain, abs=1e-15)
    assert metrics.accuracy(true, predicted, positive=1) == pytest.approx(plain, abs=1e-15)


@pytest.mark.parametrize(
    ("classes", "prevalence"), [(2, "0.5"), (5, "0.2"), (10, "0.1"), (101, "0.0099")]
)
def test_eq18_literal_is_constant_over_classifiers(classes, prevalence):
    true = np.repeat(np.arange(classes), 4)
    generator = np.random.default_rng(classes)
    classifiers = np.stack(
        [
            true,
            (true + 1) % classes,
            np.zeros_like(true),
            np.full_like(true, classes + 5),  # a label that is never true
            *generator.integers(0, classes, (3, len(true))),
        ]
    )
    values = metrics.accuracy(true, classifiers, "literal")
    assert values == pytest.approx(np.full(7, 1 / classes), abs=1e-15)
    assert {f"{value:.2g}" for value in values} == {prevalence}
    for label in (0, classes - 1):
        by_class = metrics.accuracy(true, classifiers, "literal", positive=label)
        assert by_class == pytest.approx(np.full(7, 1 / classes), abs=1e-15)
    corrected = metrics.accuracy(true, classifiers)
    assert corrected[:4] == pytest.approx([1, 0, 1 / classes, 0], abs=1e-15)


@pytest.mark.parametrize("positives", [1, 7, 19])
def test_eq18_literal_is_the_prevalence_of_two_unequal_classes(positives):
    true = np.r_[np.ones(positives, int), np.zeros(20 - positives, int)]
    guesses = np.random.default_rng(positives).integers(0, 2, (4, 20))
    for predicted in (true, 1 - true, np.zeros(20, int), np.ones(20, int), *guesses):
        assert metrics.accuracy(true, predicted, "literal", positive=1) == positives / 20
        assert metrics.accuracy(true, predicted, "literal", positive=0) == (20 - positives) / 20
        # The mean over both is a half, whatever the balance.
        assert metrics.accuracy(true, predicted, "literal") == pytest.approx(0.5, abs=1e-15)


def test_eq18_literal_is_the_prevalence_of_the_worked_example():
    values = [metrics.accuracy(TRUE, PREDICTED, "literal", positive=c) for c in range(3)]
    assert values == pytest.approx([0.5, 0.3, 0.2], abs=1e-15)


def test_eq18_batch_equals_one_by_one():
    true, _ = random_labels(4)
    batch = np.random.default_rng(0).integers(0, 7, (9, len(true)))
    for form, positive in product(("corrected", "literal"), (None, 2)):
        values = metrics.accuracy(true, batch, form, positive=positive)
        single = [metrics.accuracy(true, row, form, positive=positive) for row in batch]
        assert isinstance(single[0], float)
        assert values == pytest.approx(single, abs=1e-15)


def test_eq17_fitness_is_the_accuracy_of_each_agent():
    true, _ = random_labels(5)
    agents = np.random.default_rng(1).integers(0, 7, (30, len(true)))
    agents[11] = true
    values = metrics.fitness(true, agents)
    assert values.shape == (30,)
    assert values.dtype == np.float64
    assert values == pytest.approx([np.mean(row == true) for row in agents], abs=1e-15)
    assert values.argmax() == 11
    assert values[11] == 1
    # Printed (18) inside (17) gives the search nothing to climb.
    assert np.ptp(metrics.fitness(true, agents, form="literal")) == 0


def test_eq17_cross_entropy_orders_ties_and_only_ties():
    true = np.array([0, 1, 1, 0])
    agents = np.array([[0, 1, 0, 0], [0, 1, 1, 1], [0, 0, 0, 0]])
    values = metrics.fitness(true, agents, cross_entropy=[0.9, 0.4, 0.1])
    assert values == pytest.approx([0.75 - 0.0009, 0.75 - 0.0004, 0.5 - 0.0001], abs=1e-15)
    assert np.argsort(-values).tolist() == [1, 0, 2]
    halved = metrics.fitness(true, agents, cross_entropy=[0.9, 0.4, 0.1], weight=0.5)
    assert halved == pytest.approx([0.3, 0.55, 0.45], abs=1e-15)
    diverged = metrics.fitness(true, agents, cross_entropy=[np.inf, 0.4, 0.1])
    assert diverged[0] == -np.inf
    untouched = metrics.fitness(true, agents, cross_entropy=[np.inf, 0.4, 0.1], weight=0)
    assert untouched == pytest.approx([0.75, 0.75, 0.5])


def test_eq17_and_eq18_are_registered():
    assert INDEX[17] is metrics.fitness
    assert INDEX[18] is metrics.accuracy


# --- Against scikit-learn -----------------------------------------------------------------------


@pytest.mark.parametrize("averaging", metrics.AVERAGING)
@pytest.mark.parametrize("seed", range(6))
def test_scores_equal_scikit_learn(seed, averaging):
    true, predicted = random_labels(seed, clips=40 if seed % 2 else 300)
    if seed == 0:
        predicted[predicted == 2] = 3  # class 2 is never predicted: undefined precision
    if seed == 1:
        predicted[:3] = 17  # a label that is never true: undefined recall
    ours = metrics.scores(true, predicted, averaging)
    theirs = reference.precision_recall_fscore_support(
        true, predicted, average=averaging, zero_division=0
    )[:3]
    assert [ours["precision"], ours["recall"], ours["f_measure"]] == pytest.approx(
        theirs, abs=1e-12
    )
    assert ours["sensitivity"] == ours["recall"]
    by_class = reference.precision_recall_fscore_support(true, predicted, zero_division=0)
    for name, values in zip((*MEASURES[:3], "support"), by_class, strict=True):
        assert ours["per_class"][name] == pytest.approx(values, abs=1e-12)
    matrix = reference.confusion_matrix(true, predicted)
    assert (metrics.confusion_matrix(true, predicted) == matrix).all()
    one_vs_rest = reference.multilabel_confusion_matrix(true, predicted)
    negative, false_positive = one_vs_rest[:, 0, 0], one_vs_rest[:, 0, 1]
    specificity = negative / (negative + false_positive)
    expected = {
        "macro": specificity.mean(),
        "weighted": np.average(specificity, weights=one_vs_rest[:, 1].sum(axis=1)),
        "micro": negative.sum() / (negative + false_positive).sum(),
    }
    assert ours["specificity"] == pytest.approx(expected[averaging], abs=1e-12)


def test_scores_with_given_labels_equal_scikit_learn():
    true, predicted = random_labels(2)
    labels = [6, 5, 4, 3, 2, 1, 0, 12]  # reversed, and one class without clips
    for averaging in metrics.AVERAGING:
        ours = metrics.scores(true, predicted, averaging, labels=labels)
        theirs = reference.precision_recall_fscore_support(
            true, predicted, labels=labels, average=averaging, zero_division=0
        )
        assert [ours["precision"], ours["recall"], ours["f_measure"]] == pytest.approx(
            theirs[:3], abs=1e-12
        )
    assert ours["labels"] == labels
    assert ours["per_class"]["support"][-1] == 0


def test_macro_f_is_the_mean_of_class_fs_and_not_the_f_of_means():
    result = metrics.scores([0, 0, 0, 1], [0, 1, 1, 1])
    p, r = result["precision"], result["recall"]
    assert result["f_measure"] == pytest.approx(0.5)
    assert 2 * p * r / (p + r) == pytest.approx(2 / 3)


# --- One against the rest -----------------------------------------------------------------------


@pytest.mark.parametrize("classes", [2, 3, 10, 101])
def test_one_vs_rest_closed_form_whatever_the_balance(classes):
    true, predicted = random_labels(classes, clips=500, classes=classes)
    labels = np.arange(classes)
    plain = metrics.accuracy(true, predicted)
    value = metrics.one_vs_rest_accuracy(true, predicted, labels)
    assert value == pytest.approx(1 - 2 * (1 - plain) / classes, abs=1e-12)
    counts = [count_one_class(true, predicted, label) for label in labels]
    assert value == pytest.approx(np.mean([(c[0] + c[1]) / 500 for c in counts]), abs=1e-12)
    demonstration = metrics.scores(true, predicted, labels=labels)["one_vs_rest_accuracy"]
    assert demonstration["value"] == value
    assert demonstration["chance"] == metrics.one_vs_rest_chance(classes)
    assert demonstration["purpose"] == "demonstration only"


def test_one_vs_rest_chance_level():
    assert metrics.one_vs_rest_chance(101) == pytest.approx(0.98039, abs=5e-6)
    assert metrics.one_vs_rest_chance(10) == pytest.approx(0.82, abs=1e-15)
    assert metrics.one_vs_rest_chance(2) == 0.5
    generator = np.random.default_rng(7)
    true, guess = generator.integers(0, 101, (2, 100_000))
    value = metrics.one_vs_rest_accuracy(true, guess, np.arange(101))
    # Five standard deviations of the accuracy of guessing, times 2 / C.
    tolerance = 5 * np.sqrt(0.0099 * 0.9901 / 100_000) * 2 / 101
    assert value == pytest.approx(metrics.one_vs_rest_chance(101), abs=tolerance)


@pytest.mark.parametrize("classes", [2, 3, 10, 101])
def test_one_vs_rest_identity_holds_exactly(classes):
    """In fractions, from counts of unequal classes: 1 - 2 (1 - accuracy) / C."""
    true, predicted = random_labels(classes + 1, clips=300, classes=classes)
    assert len(set(np.bincount(true, minlength=classes))) > 1
    counts = [count_one_class(true, predicted, label) for label in range(classes)]
    mean = sum((Fraction(tp + tn, 300) for tp, tn, _, _ in counts), Fraction()) / classes
    plain = Fraction(int((true == predicted).sum()), 300)
    assert mean == 1 - 2 * (1 - plain) / classes
    found = metrics.scores(true, predicted, labels=range(classes), code="one_vs_rest")
    assert found["accuracy"] == pytest.approx(float(mean), abs=1e-14)


def test_guessing_among_101_classes_is_right_98_times_in_100_one_against_the_rest():
    generator = np.random.default_rng(11)
    true = np.repeat(np.arange(101), 400)
    guess = generator.permutation(true)
    found = metrics.scores(true, guess, code="one_vs_rest")
    plain = metrics.scores(true, guess)["accuracy"]
    assert plain == pytest.approx(1 / 101, abs=0.003)
    assert f"{100 * found['accuracy']:.2f}" == "98.04"
    assert f"{100 * metrics.one_vs_rest_chance(101):.2f}" == "98.04"


# --- What is counted ----------------------------------------------------------------------------


@pytest.mark.parametrize("averaging", metrics.AVERAGING)
def test_one_vs_rest_changes_accuracy_alone(averaging):
    true, predicted = random_labels(3)
    plain = metrics.scores(true, predicted, averaging)
    coded = metrics.scores(true, predicted, averaging, code="one_vs_rest")
    assert coded["accuracy"] == plain["one_vs_rest_accuracy"]["value"] > plain["accuracy"]
    low, high = plain["intervals"]["accuracy"]
    expected = [1 - 2 * (1 - side) / 7 for side in (low, high)]
    assert coded["intervals"]["accuracy"] == pytest.approx(expected, abs=1e-14)
    assert (plain["code"], coded["code"]) == ("multiclass", "one_vs_rest")
    assert {name for name in plain if plain[name] != coded[name]} == {
        *("accuracy", "intervals", "code")
    }


def test_one_class_by_hand():
    # Label 1 is told right twice, once missed, once said of another; six of ten are neither.
    found = metrics.scores(TRUE, PREDICTED, labels=[1, 0, 2], code="one_class")
    values = [found[name] for name in metrics.MEASURES]
    assert values == pytest.approx([8 / 10, 2 / 3, 2 / 3, 4 / 6, 2 / 3, 6 / 7], abs=1e-15)
    assert tuple(found["intervals"]["accuracy"]) == metrics.wilson_interval(8, 10)
    assert found["per_class"] == metrics.scores(TRUE, PREDICTED, labels=[1, 0, 2])["per_class"]
    by_name = metrics.scores(list("bba"), list("bab"), code="one_class")
    # The first in alphabetical order is a: never right.
    assert [by_name[name] for name in metrics.MEASURES] == pytest.approx([1 / 3, 0, 0, 0, 0, 0.5])


@pytest.mark.parametrize("averaging", metrics.AVERAGING)
@pytest.mark.parametrize("seed", range(4))
def test_one_class_equals_scikit_learn_on_two_classes(seed, averaging):
    true, predicted = random_labels(seed)
    if seed == 1:
        predicted[predicted == 0] = 3
    if seed == 2:
        true[true == 0] = 3
    ours = metrics.scores(true, predicted, averaging, labels=range(7), code="one_class")
    binary = true == 0, predicted == 0
    theirs = reference.precision_recall_fscore_support(*binary, average="binary", zero_division=0)
    assert [ours[name] for name in MEASURES[:3]] == pytest.approx(theirs[:3], abs=1e-14)
    assert ours["accuracy"] == pytest.approx(reference.accuracy_score(*binary), abs=1e-14)
    negatives = reference.recall_score(*binary, pos_label=False)
    assert ours["specificity"] == pytest.approx(negatives, abs=1e-14)


# --- What has no value --------------------------------------------------------------------------


def test_a_class_that_is_never_predicted_by_hand():
    zero = metrics.scores([0, 0, 1, 2], [0, 0, 1, 1])
    skip = metrics.scores([0, 0, 1, 2], [0, 0, 1, 1], undefined="skip")
    assert zero["precision"] == pytest.approx((1 + 0.5 + 0) / 3)
    assert skip["precision"] == pytest.approx((1 + 0.5) / 2)
    # Its recall and its F are 0 and count, with either rule.
    assert skip["recall"] == zero["recall"] == pytest.approx((1 + 1 + 0) / 3)
    assert skip["f_measure"] == zero["f_measure"] == pytest.approx((1 + 2 / 3 + 0) / 3)
    counted = {"precision": 1, "recall": 0, "f_measure": 0, "specificity": 0}
    assert zero["undefined"] == skip["undefined"] == counted
    weighted = metrics.scores([0, 0, 1, 2], [0, 0, 1, 1], "weighted", undefined="skip")
    assert weighted["precision"] == pytest.approx((2 * 1 + 1 * 0.5) / 3)
    assert zero["per_class"] == skip["per_class"]


def test_a_class_that_is_never_true_has_no_recall():
    found = metrics.scores([0, 0, 1], [0, 2, 1], labels=[0, 1, 2, 3], undefined="skip")
    assert found["recall"] == pytest.approx((0.5 + 1) / 2)
    # Class 3 is neither true nor predicted, and has nothing but a specificity.
    assert found["undefined"] == {"precision": 1, "recall": 2, "f_measure": 1, "specificity": 0}
    assert found["precision"] == pytest.approx((1 + 1 + 0) / 3)


@pytest.mark.parametrize("averaging", metrics.AVERAGING)
@pytest.mark.parametrize("seed", range(4))
def test_skipping_equals_scikit_learn(seed, averaging):
    true, predicted = random_labels(seed, clips=50)
    predicted[predicted == 2] = 3
    predicted[:2] = 17
    ours = metrics.scores(true, predicted, averaging, undefined="skip")
    theirs = reference.precision_recall_fscore_support(
        true, predicted, average=averaging, zero_division=np.nan
    )
    assert [ours[name] for name in MEASURES[:3]] == pytest.approx(theirs[:3], abs=1e-12)
    zero = metrics.scores(true, predicted, averaging)
    assert (ours["precision"] > zero["precision"]) == (averaging != "micro")


def test_where_no_class_has_a_value_the_mean_is_zero():
    # Class 0 has a precision but no clip, class 1 clips but no precision.
    weighted = metrics.scores([1, 1], [0, 0], "weighted", labels=[0, 1], undefined="skip")
    assert weighted["precision"] == 0
    alone = metrics.scores([1, 1], [1, 1], labels=[0, 1], code="one_class", undefined="skip")
    assert (alone["precision"], alone["specificity"], alone["accuracy"]) == (0, 1, 1)
    assert alone["undefined"] == {"precision": 1, "recall": 1, "f_measure": 1, "specificity": 0}
    assert json.loads(json.dumps(alone, allow_nan=False)) == alone


# --- Intervals ----------------------------------------------------------------------------------


@pytest.mark.parametrize("confidence", [0.5, 0.9, 0.95, 0.999])
@pytest.mark.parametrize(("successes", "trials"), [(0, 5), (5, 5), (1, 1), (7, 10), (3599, 3783)])
def test_wilson_interval_equals_scipy(successes, trials, confidence):
    low, high = metrics.wilson_interval(successes, trials, confidence)
    theirs = binomtest(successes, trials).proportion_ci(confidence, method="wilson")
    assert (low, high) == pytest.approx((theirs.low, theirs.high), abs=1e-12)
    assert 0 <= low <= successes / trials <= high <= 1


def test_interval_of_scores_belongs_to_accuracy():
    result = metrics.scores(TRUE, PREDICTED, "micro", confidence=0.8)
    assert tuple(result["intervals"]["accuracy"]) == metrics.wilson_interval(7, 10, 0.8)
    assert result["confidence"] == 0.8


# --- Invariances --------------------------------------------------------------------------------


@pytest.mark.parametrize("averaging", metrics.AVERAGING)
def test_order_of_clips_and_names_of_classes_do_not_matter(averaging):
    true, predicted = random_labels(8)
    expected = metrics.scores(true, predicted, averaging)
    order = np.random.default_rng(0).permutation(len(true))
    assert metrics.scores(true[order], predicted[order], averaging) == expected
    names = np.array(["walk", "run", "jump", "bend", "skip", "side", "wave"])
    renamed = metrics.scores(names[true], names[predicted], averaging)
    for name in (*MEASURES, "accuracy", "sensitivity"):
        assert renamed[name] == pytest.approx(expected[name], abs=1e-14)
    assert renamed["labels"] == sorted(names)
    kept = metrics.scores(names[true].tolist(), names[predicted], averaging, labels=names)
    assert kept["per_class"] == expected["per_class"]


def test_exchange_of_truth_and_prediction_exchanges_precision_and_recall():
    true, predicted = random_labels(9)
    forward, back = metrics.scores(true, predicted), metrics.scores(predicted, true)
    assert forward["precision"] == pytest.approx(back["recall"], abs=1e-15)
    assert forward["f_measure"] == pytest.approx(back["f_measure"], abs=1e-15)
    assert forward["precision"] != pytest.approx(forward["recall"], abs=1e-3)


def test_kinds_of_labels_agree():
    true, predicted = random_labels(10, classes=2)
    expected = metrics.scores(true, predicted)
    booleans = metrics.scores(true.astype(bool), predicted.astype(bool))
    objects = metrics.scores(true.astype(str).astype(object), predicted.astype(str))
    assert booleans["per_class"] == objects["per_class"] == expected["per_class"]


def test_scores_are_ready_for_json():
    result = metrics.scores(TRUE, PREDICTED)
    assert json.loads(json.dumps(result, allow_nan=False)) == result


# --- Bad input ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: metrics.confusion_matrix([0, 1], [0, 2], [0, 1]), r"y_pred holds .*\[2\]"),
        (lambda: metrics.confusion_matrix([0, 5], [0, 1], [0, 1]), r"y_true holds .*\[5\]"),
        (lambda: metrics.scores([0, 1], [0, 9], labels=[0, 1]), r"y_pred holds .*\[9\]"),
        (lambda: metrics.scores([0, 1], [0, 1], labels=[0, 0, 1]), "without repetition"),
        (lambda: metrics.scores([0, 1], [0, 1], labels=["0", "1"]), "different kinds"),
        (lambda: metrics.scores([0, 1], [0, 1], averaging="mean"), "averaging"),
        (lambda: metrics.scores([0, 1], [0, 1], code="binary"), "code = 'binary' is not known"),
        (lambda: metrics.scores([0, 1], [0, 1], undefined="nan"), "undefined = 'nan'"),
        (lambda: metrics.scores([], []), "empty"),
        (lambda: metrics.scores([0, 1], [0]), "shape"),
        (lambda: metrics.scores([0, 1], [[0, 1]]), "one classifier"),
        (lambda: metrics.confusion_matrix([0, 1], [[0, 1]]), "one classifier"),
        (lambda: metrics.scores([[0, 1]], [0, 1]), "one label per clip"),
        (lambda: metrics.scores(["0", "1"], [0, 1]), "different kinds"),
        (lambda: metrics.scores([0.0, np.nan], [0, 1]), "NaN"),
        (lambda: metrics.scores([0, None], [0, 1]), "mixes kinds"),
        (lambda: metrics.accuracy([0, 1], [0, 1], form="printed"), "form"),
        (lambda: metrics.accuracy([0, 1], [0, 1], positive=2), "positive"),
        (lambda: metrics.accuracy([0, 1], [0, 1], positive="1"), "positive"),
        (lambda: metrics.fitness([0, 1], [0, 1]), "one row per agent"),
        (lambda: metrics.fitness([0, 1], [[0, 1]], [0.1, 0.2]), "cross_entropy"),
        (lambda: metrics.fitness([0, 1], [[0, 1]], [np.nan]), "cross_entropy"),
        (lambda: metrics.fitness([0, 1], [[0, 1]], [0.1], weight=-1), "weight"),
        (lambda: metrics.one_vs_rest_chance(0), "classes"),
        (lambda: metrics.wilson_interval(3, 2), "share"),
        (lambda: metrics.wilson_interval(1, 2, 1.0), "confidence"),
    ],
)
def test_bad_input_is_refused_in_one_line(call, message):
    with pytest.raises(InputError, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)
