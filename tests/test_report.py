"""Every number in a table, a chart or a sentence is the one computed directly."""

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.stats import ttest_1samp
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.metrics import precision_recall_fscore_support

from har_lib import comparison, files, paper, report
from har_lib.config import Config
from har_lib.datasets import Record
from har_lib.evaluate import CrossValidation, cross_validate
from har_lib.experiments import Searches
from har_lib.extraction import Collection

CLASSES = np.array(["jump", "run", "walk"])
PER_GROUP, GROUPS = 6, 4
TRUE = np.tile(np.repeat(CLASSES, 2), GROUPS)
GROUP = np.repeat([f"g{number}" for number in range(GROUPS)], PER_GROUP)
#: Method -> clips that it answers with the next class instead.
WRONG = {
    "ALSTM": (0, 7),
    "LSTM": (0, 1, 9, 20),
    "ANN": (2, 3, 4, 8, 9, 10, 14, 15, 16, 20, 21, 22),
    "SVM": (0, 7),
    "kNN": (5, 11, 17, 23),
}


class Answers(ClassifierMixin, BaseEstimator):
    """Knows the clips by their first number, and is wrong where it is told to be."""

    def __init__(self, wrong: tuple[int, ...] = ()):
        self.wrong = wrong

    def fit(self, X: list[np.ndarray], y: np.ndarray) -> "Answers":
        self.classes_ = np.unique(y)
        return self

    def predict(self, X: list[np.ndarray]) -> np.ndarray:
        return answers([int(sequence[0, 0]) for sequence in X], self.wrong)


def answers(clips: list[int], wrong: tuple[int, ...]) -> np.ndarray:
    places = [clip % PER_GROUP // 2 + (clip in wrong) for clip in clips]
    return CLASSES[np.array(places) % 3]


def validated(wrong: tuple[int, ...], averaging: str = "macro", **settings: Any) -> CrossValidation:
    X = [np.full((2, 3), float(place)) for place in range(len(TRUE))]
    return cross_validate(Answers(wrong), X, TRUE, GROUP, averaging=averaging, **settings)


@pytest.fixture(scope="module")
def runs() -> dict[str, CrossValidation]:
    return {method: validated(wrong) for method, wrong in WRONG.items()}


@pytest.fixture(scope="module")
def clips() -> Collection:
    records = tuple(
        Record(Path("far", "away", f"{i}.avi"), str(label), str(group))
        for i, (label, group) in enumerate(zip(TRUE, GROUP, strict=True))
    )
    broken = Record(Path("far", "away", "broken.avi"), "run", "g1")
    return Collection(records, (), ((broken, "far/away/broken.avi: cannot be opened"),))


def direct(method: str, averaging: str = "macro") -> dict[str, float]:
    """The paper's measures by scikit-learn."""
    predicted = answers(list(range(len(TRUE))), WRONG[method])
    precision, recall, f_measure, _ = precision_recall_fscore_support(
        TRUE, predicted, average=averaging, zero_division=0
    )
    accuracy = (predicted == TRUE).mean()
    values = {"accuracy": accuracy, "precision": precision, "recall": recall}
    return {name: float(value) for name, value in (values | {"f_measure": f_measure}).items()}


def specificity(method: str) -> float:
    """Mean over classes of the share of the others that are not taken for it."""
    predicted = answers(list(range(len(TRUE))), WRONG[method])
    return float(np.mean([(predicted[c != TRUE] != c).mean() for c in CLASSES]))


def interval(values: np.ndarray) -> tuple[float, float]:
    """Student's interval of the means of groups of one size."""
    means = values.reshape(GROUPS, PER_GROUP).mean(axis=1)
    half = stats.t.ppf(0.975, GROUPS - 1) * stats.sem(means)
    return float(means.mean() - half), float(means.mean() + half)


def right(method: str) -> np.ndarray:
    return np.isin(np.arange(len(TRUE)), WRONG[method], invert=True).astype(float)


# ---------------------------------------------------------------- numbers as words


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0.0"), (1, "100.0"), (0.12345, "12.3"), (0.9996, "100.0")]
)
def test_percent(value: float, text: str) -> None:
    assert report.percent(value) == text


def test_bracket() -> None:
    assert report.bracket((0.1, 0.256)) == "[10.0, 25.6]"


def test_protocol_counts_what_was_evaluated(runs: dict[str, CrossValidation]) -> None:
    assert report.protocol(runs["ALSTM"], 0).splitlines() == [
        "4 folds over 4 groups, 24 clips of 3 actions evaluated",
        "chance 33.3 %, always the commonest action 33.3 %",
    ]
    assert "2 clips are damaged or could not be read, and are left out" in report.protocol(
        runs["ALSTM"], 2
    )
    assert "3 clips are damaged and used, as far" in report.protocol(runs["ALSTM"], 0, 3)


def lines_of(wrong: tuple[int, ...] = (), averaging: str = "macro", **settings: Any) -> list[str]:
    """What the protocol says beyond the two lines that it always has."""
    return report.protocol(validated(wrong, averaging, **settings), 0).splitlines()[2:]


def test_protocol_says_what_is_not_as_usual() -> None:
    assert lines_of() == lines_of(averaging="weighted") == []
    assert lines_of(split="random", folds=2) == [
        "folds at random: up to 4 groups stand on both sides of a fold"
    ]
    assert lines_of(split="resubstitution") == [
        "resubstitution: tested on what was trained on, so that accuracy says nothing of other "
        "clips"
    ]
    half = [(np.arange(9), np.arange(9, 24))]
    assert lines_of(splits=half) == ["split given: 1 groups stand on both sides"]
    # Two thirds of the clips are of other actions; guessing is wrong in two of nine decisions.
    assert lines_of(code="one_class") == [
        "metrics count jump against the rest alone: the reported accuracy of never answering jump "
        "is 66.7 %"
    ]
    assert lines_of(code="one_vs_rest") == [
        "metrics count each action against the rest: the reported accuracy of guessing is 55.6 %"
    ]
    assert lines_of(reported_run="best", repeats=3) == [
        "metrics are those of the most accurate of 3 repeats"
    ]
    assert lines_of(reported_run="best_per_metric", repeats=2) == [
        "each metric is the best of 2 repeats, whatever the others are there"
    ]
    assert lines_of(undefined="skip") == [
        "a class without a value for a metric is left out of its mean"
    ]
    # Pooled counts are no mean.
    assert lines_of((), "micro", undefined="skip") == []


def test_protocol_names_unit_and_official_list() -> None:
    run = dataclasses.replace(validated(()), unit="key_frame", split="official2")
    assert report.protocol(run, 1).splitlines() == [
        "4 folds over 4 groups, 24 key frames of 3 actions evaluated",
        "chance 33.3 %, always the commonest action 33.3 %",
        "1 clips are damaged or could not be read, and are left out",
        "each key frame is classified by itself, with the label of its clip",
        "split official2: 0 groups stand on both sides",
    ]


@pytest.mark.parametrize(
    ("settings", "reported"),
    [
        # Two of 24 wrong: each is wrong for two of three classes.
        ({"code": "one_vs_rest"}, 1 - 2 * (2 / 24) / 3),
        # Run taken for walk is no mistake about jump.
        ({"code": "one_class"}, 1.0),
        ({"reported_run": "best"}, 22 / 24),
        ({"reported_run": "best_per_metric"}, 22 / 24),
        ({"averaging": "micro"}, 22 / 24),
    ],
)
def test_a_reported_accuracy_stands_beside_the_plain_one(
    settings: dict[str, str], reported: float, clips: Collection
) -> None:
    run = validated((2, 3), **settings)
    table = report.table({"ALSTM": run, "LSTM": validated(())})
    assert table.columns.tolist()[:4] == [
        *("method", "accuracy", "95 % interval", "reported accuracy")
    ]
    assert table["accuracy"].tolist() == ["91.7", "100.0"]
    assert table["reported accuracy"].tolist() == [f"{100 * reported:.1f}", "100.0"]
    found = report.summary({"ALSTM": run, "LSTM": validated(())}, clips, Config())["methods"]
    assert found["ALSTM"]["accuracy"] == pytest.approx(22 / 24, abs=1e-6)
    assert found["ALSTM"]["reported_accuracy"] == pytest.approx(reported, abs=1e-6)
    assert "reported_accuracy" not in found["LSTM"]


def test_plain_runs_have_no_reported_accuracy(runs: dict[str, CrossValidation]) -> None:
    assert report.table(runs).columns.tolist() == [
        *("method", "accuracy", "95 % interval", "precision", "recall", "F-measure"),
        *("specificity", "configurations"),
    ]


def test_a_class_that_is_never_predicted_is_left_out_on_request() -> None:
    # Clips 4, 5 of each six are walk; answered with the next class, they become jump.
    unsaid = tuple(clip for clip in range(24) if clip % 6 in (4, 5))
    table = report.table({rule: validated(unsaid, undefined=rule) for rule in ("zero", "skip")})
    # Half of the jumps are none, each run is one, walk is never said.
    assert table["precision"].tolist() == ["50.0", "75.0"]


def test_metrics_are_those_of_the_reported_run() -> None:
    run = validated(WRONG["LSTM"], code="one_class")
    predicted = answers(list(range(24)), WRONG["LSTM"])
    precision, recall, f_measure, _ = precision_recall_fscore_support(
        TRUE == "jump", predicted == "jump", average="binary"
    )
    (row,) = report.table({"ALSTM": run}).to_dict("records")
    shown = [row[name] for name in ("precision", "recall", "F-measure")]
    assert shown == [report.percent(value) for value in (precision, recall, f_measure)]
    assert row["reported accuracy"] != row["accuracy"]
    assert report.chart({"ALSTM": run}, "accuracy").drawing["ours"] == [100 * run.accuracy]
    assert report.chart({"ALSTM": run}, "recall").drawing["ours"] == [100 * recall]


def test_protocol_names_refused_folds() -> None:
    X = [np.full((2, 3), float(place)) for place in range(7)]
    y = np.array(["jump", "run"] * 3 + ["walk"])
    run = cross_validate(Answers(), X, y, ["a", "a", "b", "b", "c", "c", "d"])
    lines = report.protocol(run, 0).splitlines()
    assert lines[-1] == "fold refused: held-out d: no clip of class walk is left to train on"
    assert lines[0] == "3 folds over 3 groups, 6 clips of 3 actions evaluated"


# ---------------------------------------------------------------- tables


def test_table_holds_the_measures_of_each_method(runs: dict[str, CrossValidation]) -> None:
    found = report.table(runs).set_index("method")
    assert found.index.tolist() == list(WRONG)
    assert found.columns.tolist() == [
        *("accuracy", "95 % interval", "precision", "recall", "F-measure", "specificity"),
        "configurations",
    ]
    for method in WRONG:
        expected = direct(method)
        low, high = interval(right(method))
        assert found.loc[method].to_dict() == {
            "accuracy": f"{100 * expected['accuracy']:.1f}",
            "95 % interval": f"[{100 * max(low, 0):.1f}, {100 * min(high, 1):.1f}]",
            "precision": f"{100 * expected['precision']:.1f}",
            "recall": f"{100 * expected['recall']:.1f}",
            "F-measure": f"{100 * expected['f_measure']:.1f}",
            "specificity": f"{100 * specificity(method):.1f}",
            "configurations": 1,
        }


def tuned(wrong: tuple[int, ...], count: int) -> CrossValidation:
    """A run as `har_lib.experiments.evaluate_all` hands it out."""
    run = validated(wrong)
    return dataclasses.replace(run, per_fold=run.per_fold.assign(configurations=count))


def test_the_number_of_configurations_is_told_of_each_method(clips: Collection) -> None:
    runs = {"ALSTM": tuned((0,), 4), "LSTM": tuned((), 3), "kNN": validated(())}
    assert report.table(runs)["configurations"].tolist() == [4, 3, 1]
    found = report.summary(runs, clips, Config())["methods"]
    assert [found[method]["configurations"] for method in runs] == [4, 3, 1]
    assert report.protocol(runs["ALSTM"], 0).splitlines()[2:] == [
        "each method chooses among 4 configurations, by group within the training part of each fold"
    ]
    # With a single one nothing is chosen, and nothing is said.
    assert report.protocol(tuned((), 1), 0) == report.protocol(validated(()), 0)
    assert len(report.protocol(tuned((), 1), 0).splitlines()) == 2


def test_what_was_chosen_in_each_fold_is_recorded(clips: Collection, tmp_path: Path) -> None:
    chosen = [{"classifier__C": value, "classifier__kernel": "rbf"} for value in (1.0, 10.0, 1, 3)]
    run = tuned((), 4)
    run = dataclasses.replace(run, per_fold=run.per_fold.assign(chosen=chosen))
    found = report.summary({"ALSTM": run, "LSTM": tuned((), 1)}, clips, Config())["methods"]
    assert found["ALSTM"]["chosen"] == chosen
    assert "chosen" not in found["LSTM"]
    files.write_json(tmp_path / "summary.json", found)
    assert files.read_json(tmp_path / "summary.json") == found


def test_differences_are_of_the_first_method_to_each_other(
    runs: dict[str, CrossValidation],
) -> None:
    found = report.differences(runs)
    assert found.difference.tolist() == [f"ALSTM - {other}" for other in list(WRONG)[1:]]
    for row, method in zip(found.to_dict("records"), list(WRONG)[1:], strict=True):
        apart = right("ALSTM") - right(method)
        low, high = interval(apart)
        assert row["points"] == f"{100 * apart.mean():+.1f}"
        assert row["95 % interval"] == f"[{100 * low:+.1f}, {100 * high:+.1f}]"
    # The p of SciPy's t test on the means of equal groups, Holm's for all but the first.
    plain = [
        ttest_1samp([(right("ALSTM") - right(m))[g == GROUP].mean() for g in np.unique(GROUP)], 0)
        for m in list(WRONG)[1:]
    ]
    expected = [1.0 if np.isnan(one.pvalue) else one.pvalue for one in plain]
    rest = sorted(expected[1:])
    adjusted = np.maximum.accumulate([min(1, p * (3 - i)) for i, p in enumerate(rest)])
    expected[1:] = [float(adjusted[rest.index(p)]) for p in expected[1:]]
    assert found.p.tolist() == [f"{p:.2f}" if p >= 0.005 else "< 0.01" for p in expected]
    assert found.shown.tolist() == ["yes" if p < 0.05 else "no" for p in expected]
    assert set(found.shown) == {"yes", "no"}


def test_an_adjusted_p_can_undo_what_its_interval_says() -> None:
    assert comparison.holm([0.03, 0.2, 0.6]).tolist() == pytest.approx([0.09, 0.4, 0.6])
    assert comparison.holm([0.01]).tolist() == [0.01]


def test_an_interval_over_one_group_is_everything() -> None:
    X = [np.full((2, 3), float(place)) for place in range(12)]
    split = [(np.arange(6), np.arange(6, 12))]
    runs = {
        name: cross_validate(Answers(wrong), X, TRUE[:12], GROUP[:12], splits=split)
        for name, wrong in (("ALSTM", ()), ("LSTM", (6, 7)))
    }
    assert report.table(runs)["95 % interval"].tolist() == ["[0.0, 100.0]"] * 2
    (row,) = report.differences(runs).to_dict("records")
    assert row["95 % interval"] == "[-100.0, +100.0]"
    assert row["shown"] == "no"


def test_searches_are_told_by_their_medians() -> None:
    found = {
        "literal": Searches(
            history=np.array([[0.1, 0.2], [0.3, 0.9], [0.4, 0.5]]),
            test=np.array([0.25, 1.0, 0.5]),
            clipped=np.array([0.5, 0.7, 0.9]),
            coherence=np.ones(3),
            computed=np.array([0.2, 0.3, 0.7]),
        ),
        "stable": Searches(
            np.array([[0.0, 1.0]]), np.zeros(1), np.zeros(1), np.array([0.126]), np.array([0.99])
        ),
    }
    assert report.searches(found).to_dict("index") == {
        "literal": {
            "fitness reached": "0.50",
            "test accuracy": "0.50",
            "clipped": "0.70",
            "same sign": "1.00",
            "new": "0.40",
        },
        "stable": {
            "fitness reached": "1.00",
            "test accuracy": "0.00",
            "clipped": "0.00",
            "same sign": "0.13",
            "new": "0.99",
        },
    }


# ---------------------------------------------------------------- charts


@pytest.mark.parametrize("metric", ["accuracy", "precision", "recall", "f_measure"])
def test_chart_holds_our_values_and_the_papers(
    runs: dict[str, CrossValidation], metric: str
) -> None:
    found = report.chart(runs, metric)
    ours = [100 * direct(method)[metric] for method in WRONG]
    drawing = found.drawing
    assert drawing["methods"] == list(WRONG)
    np.testing.assert_allclose(drawing["ours"], ours)
    claims = {c.method: c.value for c in paper.CLAIMS.values() if c.metric == metric}
    assert drawing["paper"] == [claims.get(method.upper()) for method in WRONG]
    if metric == "accuracy":
        expected = [np.clip(interval(right(method)), 0, 1) * 100 for method in WRONG]
        np.testing.assert_allclose(drawing["intervals"], expected)
        np.testing.assert_allclose(found.table[["low", "high"]], expected)
        assert drawing["chance"] == pytest.approx(100 / 3)
    else:
        assert drawing["intervals"] is None
        assert drawing["chance"] is None
        assert found.table.columns.tolist() == ["method", "ours", "paper"]
    np.testing.assert_allclose(found.table.ours, ours)
    assert found.table.method.tolist() == list(WRONG)
    assert drawing["metric"] == report.METRICS[metric]
    for method, value in zip(WRONG, ours, strict=True):
        assert f"{method} {value:.1f}" in found.alt


def test_what_the_paper_does_not_report_stays_empty(runs: dict[str, CrossValidation]) -> None:
    reported = {metric: report.chart(runs, metric).drawing["paper"] for metric in report.METRICS}
    assert reported == {
        "accuracy": [95.15, 92.1, 86.5, None, 70.1],
        "precision": [96.4, 91.5, 85.3, None, 70.6],
        "recall": [97.2, None, None, None, None],
        "f_measure": [None, None, None, None, None],
    }
    # In the table next to the picture as well: an empty cell, no zero.
    table = report.chart(runs, "recall").table
    assert table.to_csv(index=False).splitlines()[2].endswith(",")
    assert report.chart(runs, "f_measure").table.paper.isna().all()


def test_averaging_is_that_of_the_evaluation() -> None:
    uneven = {"ALSTM": validated(WRONG["LSTM"], "weighted"), "LSTM": validated((), "micro")}
    assert report.chart(uneven, "precision").drawing["ours"][0] == pytest.approx(
        100 * direct("LSTM", "weighted")["precision"]
    )
    assert report.table(uneven).accuracy.tolist()[1] == "100.0"


# ---------------------------------------------------------------- what is written down


def test_summary_is_plain_and_says_what_was_measured(
    runs: dict[str, CrossValidation], clips: Collection, tmp_path: Path
) -> None:
    found = report.summary(runs, clips, Config())
    assert found["clips_filled_to_minimum"] == 0
    for method, run in runs.items():
        own = found["methods"][method]
        assert np.mean(own["accuracy_by_repeat"]) == pytest.approx(run.accuracy, abs=1e-6)
        assert len(own["accuracy_by_repeat"]) == run.predictions.repeat.nunique()
        matrix = np.array(own["confusion"])
        assert matrix.sum() == len(run.predictions)
        assert np.trace(matrix) / matrix.sum() == pytest.approx(run.accuracy, abs=1e-6)
    files.write_json(tmp_path / "summary.json", found)
    assert files.read_json(tmp_path / "summary.json") == found
    assert (found["clips"], found["groups"], found["folds"]) == (24, 4, 4)
    assert found["classes"] == CLASSES.tolist()
    assert found["chance"] == pytest.approx(1 / 3)
    assert found["majority_rate"] == pytest.approx(1 / 3, abs=1e-6)
    assert found["averaging"] == "macro"
    assert found["refused_folds"] == []
    assert found["not_read"] == [
        {"clip": "broken.avi", "reason": "broken.avi: cannot be opened"}
    ], "no folder of one machine"
    assert found["differences"] == report.differences(runs).to_dict("records")
    for method, values in found["methods"].items():
        expected = direct(method)
        for name, value in expected.items():
            assert values[name] == pytest.approx(value, abs=1e-6)
        assert values["sensitivity"] == values["recall"]
        assert values["specificity"] == pytest.approx(specificity(method), abs=1e-6)
        np.testing.assert_allclose(
            values["interval"], np.clip(interval(right(method)), 0, 1), atol=1e-6
        )
    assert found["methods"]["LSTM"]["paper"] == {
        "accuracy": 92.1,
        "precision": 91.5,
        "recall": None,
        "f_measure": None,
    }


def test_conclusion_says_the_numbers_and_no_more(runs: dict[str, CrossValidation]) -> None:
    text = report.conclusion(runs, "made-up clips")
    low, high = interval(right("ALSTM"))
    assert f"(made-up clips, 4 groups, chance 33.3 %) ALSTM reaches {100 * 22 / 24:.1f} %" in text
    assert f"95 % interval [{100 * low:.1f}, {100 * min(high, 1):.1f}]" in text
    others = ", ".join(f"{m} {100 * right(m).mean():.1f} %" for m in list(WRONG)[1:])
    assert f"; {others}." in text
    points = 100 * (right("ALSTM") - right("ANN")).mean()
    assert f"beyond the first) for ALSTM - ANN ({points:+.1f} points)." in text
    assert "No difference is shown for ALSTM - LSTM, ALSTM - SVM, ALSTM - kNN." in text
    assert "The paper reports 95.15 % for ALSTM on UCF101" in text
    assert "neither confirmed nor refuted" in text


@pytest.mark.parametrize(("other", "said", "not_said"), [
    ("ANN", "A difference is shown", "No diff"), ("SVM", "No difference is shown", "A diff"),
])  # fmt: skip
def test_conclusion_leaves_out_the_case_that_is_not_there(
    runs: dict[str, CrossValidation], other: str, said: str, not_said: str
) -> None:
    text = report.conclusion({name: runs[name] for name in ("ALSTM", other)}, "clips")
    assert said in text
    assert not_said not in text


def test_numbers_follow_the_predictions(runs: dict[str, CrossValidation]) -> None:
    """The same methods with other answers give another table: nothing is written by hand."""
    exchanged: dict[str, Any] = dict(zip(runs, reversed(runs.values()), strict=True))
    assert not report.table(exchanged).equals(report.table(runs))
    assert isinstance(report.table(runs), pd.DataFrame)
    assert report.conclusion(exchanged, "clips") != report.conclusion(runs, "clips")
