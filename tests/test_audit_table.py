"""The audit of any published table: reading, controls that pass or fail, what verdicts mean."""

from functools import cache
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import yaml
from sklearn import datasets, metrics, svm
from sklearn.model_selection import train_test_split

from har_lib import audit
from har_lib.audit_precision import precision_bounds
from har_lib.errors import InputError

ROW = "rows: {A: {accuracy: 90, recall: 90}}\n"


def write(folder: Path, text: str) -> Path:
    path = folder / "table.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def table(scores: dict[str, str], supports: list[int] | None = None, **more: str):
    given = {"rows": {"A": scores}, "percent": "false", **more}
    return audit.parse(given if supports is None else {**given, "supports": supports})


def verdicts(scores: dict[str, str], supports: list[int] | None = None) -> dict[str, str]:
    checks = audit.audit(table(scores, supports))
    return {word: audit.verdict(checks, word) for word in audit.AVERAGING}


# --- Reading -------------------------------------------------------------------------------------


def test_example_is_read_with_its_digits(tmp_path):
    found = audit.read(write(tmp_path, audit.EXAMPLE))
    assert found.supports == (88, 91, 86, 91, 92, 91, 91, 89, 88, 92)
    assert {name: str(p) for name, p in found.rows["SVM"].items()} == dict.fromkeys(
        audit.SCORES, "0.97"
    )
    assert found.title.startswith("Hand-written digits")
    assert found.source.startswith("https://scikit-learn.org/")


def test_zeros_at_the_end_and_names_of_classes_are_kept(tmp_path):
    text = "rows: {1.0: {accuracy: 95.10}}\nrounding: cut\nsupports: {walk: 5, run: 4}\n"
    found = audit.read(write(tmp_path, text))
    assert found.rows["1.0"]["accuracy"].text == "95.10"
    assert found.rows["1.0"]["accuracy"].rounding == "cut"
    assert found.rows["1.0"]["accuracy"].percent
    assert found.supports == (5, 4)


BAD = {
    "": "there are no rows",
    "5\n": "there are no rows",
    "- 5\n": "there are no rows",
    "title: x\n": "there are no rows",
    "rows: {}\n": "there are no rows",
    "rows: [1]\n": "there are no rows",
    "rows: [\n": "is no YAML",
    "rows:\n\t- x\n": "is no YAML",
    "a: 1\n---\nb: 2\n": "is no YAML",
    'rows: "\0"\n': "is no YAML",
    "rows: {? [a] : {accuracy: 5}}\n": "is no YAML",
    "rows: {A: {accuracy: &x [*x]}}\n": "is no YAML",
    "rows: {A: 0.5}\n": "row 'A'",
    "rows:\n  A:\n": "row 'A'",
    "rows: {A: {accuracy: 5, auc: 3}}\n": "row 'A'",
    "rows: {A: {recall: 5}}\n": "row 'A' has no accuracy",
    'rows: {"A\\nB": {recall: 5}}\n': "has no accuracy",
    "rows: {A: {accuracy: x}}\n": "'x' is no percentage",
    "rows: {A: {accuracy: 101}}\n": "'101' is no percentage",
    "rows: {A: {accuracy: -5}}\n": "'-5' is no percentage",
    "rows: {A: {accuracy: }}\n": "'' is no percentage",
    "rows: {A: {accuracy: [1]}}\n": "is no percentage",
    "percent: false\nrows: {A: {accuracy: 5}}\n": "'5' is no share",
    ROW + "percent: maybe\n": "percent = 'maybe'",
    ROW + "rounding: up\n": "rounding = 'up'",
    ROW + "foo: 1\n": "'foo' is not known",
    ROW + '"x\\ny": 1\n': "is not known",
    ROW + "supports: [a, 2]\n": "no number of clips",
    ROW + "supports: [[1], [2]]\n": "no number of clips",
    ROW + "supports: [0, 2]\n": "supports",
    ROW + "supports: [1.5, 2]\n": "supports",
    ROW + "supports: [nan, 2]\n": "supports",
}


@pytest.mark.parametrize("text", BAD)
def test_a_bad_file_gives_one_line_with_its_name(tmp_path, text):
    path = write(tmp_path, text)
    with pytest.raises(InputError) as caught:
        audit.read(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert BAD[text] in message
    assert len(message.splitlines()) == 1


def test_no_file_a_folder_and_no_text(tmp_path):
    (tmp_path / "latin").write_bytes(b"title: \xff\n")
    for path in (tmp_path / "none", tmp_path, tmp_path / "latin"):
        with pytest.raises(InputError) as caught:
            audit.read(path)
        assert str(caught.value).startswith(f"{path}: ")
        assert len(str(caught.value).splitlines()) == 1


def test_supports_of_one_number_are_no_list_of_its_digits(tmp_path):
    with pytest.raises(InputError, match="supports"):
        audit.read(write(tmp_path, ROW + "supports: 88\n"))


def test_supports_that_are_infinite(tmp_path):
    with pytest.raises(InputError, match="supports"):
        audit.read(write(tmp_path, ROW + "supports: [inf, 3]\n"))


@pytest.mark.parametrize("supports", ["[5]", "[]"])
def test_too_few_supports_are_said_to_be_too_few(tmp_path, supports):
    with pytest.raises(InputError, match="at least two classes"):
        audit.read(write(tmp_path, f"{ROW}supports: {supports}\n"))


# --- Controls ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def example() -> tuple[np.ndarray, np.ndarray]:
    """Scikit-learn's published example "Recognizing hand-written digits"."""
    digits = datasets.load_digits()
    data = digits.images.reshape((len(digits.images), -1))
    x, x_test, y, y_test = train_test_split(data, digits.target, test_size=0.5, shuffle=False)
    return y_test, svm.SVC(gamma=0.001).fit(x, y).predict(x_test)


def scored(example, digits: int, average: str = "macro") -> dict[str, str]:
    true, guess = example
    precision, recall, f_measure, _ = metrics.precision_recall_fscore_support(
        true, guess, average=average
    )
    values = metrics.accuracy_score(true, guess), precision, recall, f_measure
    return {name: f"{value:.{digits}f}" for name, value in zip(audit.SCORES, values, strict=True)}


def test_the_example_table_is_what_scikit_learn_gives(example):
    printed = yaml.load(audit.EXAMPLE, Loader=yaml.BaseLoader)
    assert printed["rows"]["SVM"] == scored(example, 2)
    assert [int(n) for n in printed["supports"]] == np.bincount(example[0]).tolist()


def test_the_example_table_passes():
    checks = audit.audit(audit.parse(yaml.load(audit.EXAMPLE, Loader=yaml.BaseLoader)))
    assert {check.verdict for check in checks if check.averaging != "weighted"} == {"possible"}
    assert audit.verdict(checks, "macro") == audit.verdict(checks, "micro") == "possible"
    assert audit.verdict(checks, "weighted") != "impossible"


@pytest.mark.parametrize("average", ["macro", "micro", "weighted"])
@pytest.mark.parametrize("digits", [2, 4])
def test_true_scores_are_never_impossible(example, average, digits):
    found = verdicts(scored(example, digits, average), np.bincount(example[0]).tolist())
    assert found[average] != "impossible"


def test_four_digits_tell_averages_apart(example):
    """Each average of the same answers, taken for micro: only micro passes."""
    supports = np.bincount(example[0]).tolist()
    found = {
        average: verdicts(scored(example, 4, average), supports)["micro"]
        for average in audit.AVERAGING
    }
    assert found == {"macro": "impossible", "micro": "possible", "weighted": "impossible"}


def shifted(scores: dict[str, str], name: str, step: float) -> dict[str, str]:
    return {**scores, name: f"{float(scores[name]) + step:.4f}"}


def test_made_up_tables_fail(example):
    """Recall above its bound, precision below its own, and one that is not the accuracy."""
    supports = np.bincount(example[0]).tolist()
    true = scored(example, 4)
    assert verdicts(true, supports)["macro"] != "impossible"
    assert verdicts(shifted(true, "recall", 0.01), supports)["macro"] == "impossible"
    assert verdicts(shifted(true, "recall", -0.01), supports)["macro"] == "impossible"
    errors = int((example[0] != example[1]).sum())
    # One error more: what prints as the accuracy may be read as either.
    lowest = float(precision_bounds(supports, errors + 1).low)
    below = {**true, "precision": f"{lowest - 0.0002:.4f}"}
    assert verdicts(below, supports)["macro"] == "impossible"
    assert verdicts(shifted(true, "precision", 0.025), supports)["macro"] == "impossible"
    micro = scored(example, 4, "micro")
    assert verdicts(micro, supports)["micro"] == "possible"
    assert verdicts(shifted(micro, "recall", 0.0002), supports)["micro"] == "impossible"
    assert verdicts(shifted(micro, "precision", 0.0002), supports)["micro"] == "impossible"
    # No k of 899 prints as this accuracy, though a mean over runs can: open however averaged.
    found = verdicts({"accuracy": "0.9695"}, supports)
    assert f"{871 / 899:.4f}" < "0.9695" < f"{872 / 899:.4f}"
    assert set(found.values()) == {"open"}


def test_unknown_supports_leave_macro_open_and_say_what_is_needed():
    checks = audit.audit(table({"accuracy": "0.9515", "recall": "0.972"}))
    macro = [check for check in checks if check.averaging == "macro"]
    assert {check.verdict for check in macro} == {"open"}
    assert any("1.700 times the mean" in check.why for check in macro)
    assert audit.verdict(checks, "micro") == "impossible"


def test_f_measure_of_means_and_of_classes():
    """The harmonic mean of the means fits or leaves it open; it never excludes."""
    scores = {"accuracy": "0.90", "precision": "0.90", "recall": "0.80"}
    found = {
        f: [c for c in audit.audit(table({**scores, "f_measure": f})) if c.averaging == "any"]
        for f in ("0.85", "0.83")
    }
    assert [check.verdict for check in found["0.85"]] == ["possible"]
    assert [check.verdict for check in found["0.83"]] == ["open"]
    assert f"{2 * 0.9 * 0.8 / 1.7:.2f}" == "0.85"


# --- What verdicts mean: every confusion matrix of two small classes ------------------------------


def matrices(sizes: tuple[int, int]) -> list[np.ndarray]:
    first, second = sizes
    return [
        np.array([[first - e, e], [f, second - f]])
        for e, f in product(range(first + 1), range(second + 1))
    ]


@cache
def all_scores(sizes: tuple[int, int], average: str) -> list[dict[str, float]]:
    """Scores of each matrix by scikit-learn."""
    found = []
    for matrix in matrices(sizes):
        true, guess = (np.repeat(i.ravel(), matrix.ravel()) for i in np.indices((2, 2)))
        more = {"average": average, "zero_division": 0}
        found.append(
            {
                "accuracy": metrics.accuracy_score(true, guess),
                "precision": metrics.precision_score(true, guess, labels=[0, 1], **more),
                "recall": metrics.recall_score(true, guess, labels=[0, 1], **more),
            }
        )
    return found


def some_matrix(sizes: tuple[int, int], average: str, printed) -> bool:
    """Whether a matrix has all these scores."""
    return any(
        all(float(x.low) - 1e-9 <= values[n] <= float(x.high) + 1e-9 for n, x in printed.items())
        for values in all_scores(sizes, average)
    )


@pytest.mark.parametrize("names", [("recall",), ("precision",), ("precision", "recall")])
def test_impossible_has_no_matrix_and_possible_has_one(names):
    generator = np.random.default_rng(len(names))
    seen = set()
    for _ in range(40):
        sizes = tuple(int(n) for n in generator.integers(2, 5, 2))
        scores = {"accuracy": f"{generator.integers(5, 11) / 10:.1f}"}
        if generator.random() < 0.5:
            right = int(generator.integers(sum(sizes) // 2, sum(sizes) + 1))
            scores["accuracy"] = f"{right / sum(sizes):.2f}"
        for name in names:
            scores[name] = f"{min(1, float(scores['accuracy']) + generator.normal(0, 0.06)):.2f}"
        given = table(scores, list(sizes))
        found = audit.audit(given)
        for average in audit.AVERAGING:
            answer = audit.verdict(found, average)
            exists = some_matrix(sizes, average, given.rows["A"])
            assert answer != "impossible" or not exists, (sizes, scores, average)
            assert answer != "possible" or exists, (sizes, scores, average)
            seen.add(answer)
    assert {"possible", "impossible"} <= seen


def test_possible_is_said_only_where_the_whole_question_was_answered():
    """Recall of two errors in two classes of two is one half, however they lie."""
    assert verdicts({"accuracy": ".5", "recall": ".55"}, [2, 2])["macro"] != "possible"
    # Weighted precision, and anything of classes that nobody knows, is not answered.
    low = {"accuracy": "0.97", "precision": "0.10"}
    assert verdicts({**low, "recall": "0.97"}, [50, 50])["weighted"] != "possible"
    assert verdicts(low)["macro"] != "possible"
    assert verdicts(low)["weighted"] != "possible"


def test_micro_scores_are_one_number_all_three_of_them():
    """Precision and recall can each be the accuracy, but not one another."""
    scores = {"accuracy": "0.8", "precision": "0.76", "recall": "0.84"}
    assert verdicts(scores)["micro"] == "impossible"
    # Of five clips, 4 / 5 is the only share that prints as 0.8, and prints as 0.80.
    near = {"accuracy": "0.8", "recall": "0.81"}
    assert verdicts(near, [3, 2])["micro"] != verdicts(near)["micro"] == "possible"


def test_verdict_of_an_unknown_average():
    with pytest.raises(InputError, match="is not known"):
        audit.verdict([], "mean")


def test_frame_and_span():
    checks = audit.audit(table({"accuracy": "0.9", "recall": "0.9"}, [10, 10]))
    found = audit.frame(checks)
    assert list(found) == ["method", "averaging", "question", "verdict", "why"]
    assert len(found) == len(checks)
    assert set(found["verdict"]) <= set(audit.VERDICTS)
