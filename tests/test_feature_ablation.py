"""The ablation of features: what is changed, what is compared, and what is kept."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from har_lib import evaluate, feature_ablation
from har_lib.config import FIELDS, Config
from har_lib.errors import InputError
from har_lib.feature_ablation import FAMILIES, Answers, Variant, compare, configuration, variants
from tests.test_experiments import crossed


def answers(correct: list[float], groups: list[str] | None = None) -> Answers:
    names = [f"clip{i}" for i in range(len(correct))]
    return Answers(names, groups or [f"g{i // 2}" for i in range(len(correct))], correct, 0.01)


def test_families_part_the_58_numbers() -> None:
    columns = [column for family in FAMILIES.values() for column in family]
    assert columns == list(range(58))
    by_name = {variant.name: variant for variant in variants()}
    for family, own in FAMILIES.items():
        alone, without = by_name[f"{family} alone"], by_name[f"without {family}"]
        assert alone.columns == tuple(own)
        assert set(alone.columns) | set(without.columns) == set(range(58))
        assert not set(alone.columns) & set(without.columns)


@pytest.mark.parametrize(
    ("question", "name"), [("key frames", "keyframe_selection"), ("1x40", "interest_vector")]
)
def test_every_option_of_a_choice_is_tried_once(question: str, name: str) -> None:
    tried = [v.choices[name] for v in variants() if v.question == question]
    assert sorted([*map(str, tried), str(FIELDS[name].default)]) == sorted(FIELDS[name].options)


def test_a_variant_changes_one_thing_and_keeps_what_the_data_ask_for() -> None:
    base, *others = variants()
    given = {"silhouette": "given"}
    assert configuration(base, given) == Config().replace(silhouette="given")
    for variant in others:
        config = configuration(variant, given)
        assert config.flat()["silhouette"] == "given"
        if variant.profile == "corrected":
            assert set(config.changes()) == {"silhouette", *variant.choices}
            assert bool(variant.choices) != (len(variant.columns) < 58)


LISTED = [Variant("none", "corrected"), Variant("key frames", "uniform"), Variant("1x40", "places")]


def found(change: dict[tuple[str, str], Answers] | None = None) -> dict[tuple[str, str], Answers]:
    made = {
        ("none: corrected", "SVM"): answers([1, 1, 0, 1, 0, 0, 1, 1]),
        ("none: corrected", "LSTM"): answers([1, 0, 0, 1, 0, 0, 1, 0]),
        ("key frames: uniform", "SVM"): answers([1, 1, 1, 1, 0, 0, 1, 0]),
        ("key frames: uniform", "LSTM"): answers([1, 1, 0, 1, 1, 0, 1, 1]),
        ("1x40: places", "SVM"): answers([0, 1, 0, 0, 0, 0, 1, 0]),
        ("1x40: places", "LSTM"): answers([0, 0, 0, 1, 0, 0, 0, 0]),
    }
    return made | (change or {})


def test_differences_are_means_over_clips_with_intervals_over_groups() -> None:
    table = compare(LISTED, found()).set_index(["variant", "method"])
    row = table.loc["uniform", "LSTM"]
    # By hand: group differences 1/2, 0, 1/2, 1/2 of two clips each.
    groups = np.array([0.5, 0.0, 0.5, 0.5])
    assert row.difference == pytest.approx(groups.mean())
    half = stats.t.ppf(0.975, 3) * groups.std(ddof=1) / 2
    assert row.difference_high - row.difference == pytest.approx(half)
    assert row.p == pytest.approx(stats.ttest_1samp(groups, 0).pvalue)
    assert np.isnan(table.loc["corrected", "SVM"].difference)


def test_only_the_primary_comparison_is_left_unadjusted() -> None:
    listed = [*LISTED, Variant("key frames", "lowest"), Variant("key frames", "quantile")]
    more = {
        (f"key frames: {name}", method): answers(values)
        for name, values in (("lowest", [1, 1, 1, 1, 1, 0, 1, 1]), ("quantile", [1.0, 1] * 4))
        for method in ("SVM", "LSTM")
    }
    table = compare(listed, found(more))
    assert table.primary.sum() == 1
    (primary,) = table[table.primary].to_dict("records")
    assert {name: primary[name] for name in feature_ablation.PRIMARY} == feature_ablation.PRIMARY
    assert primary["p_holm"] == primary["p"]
    svm = table[(table.question == "key frames") & (table.method == "SVM")]
    smallest = svm.p.min()
    assert svm.p_holm.min() == pytest.approx(min(1, 3 * smallest))
    lstm = table[(table.question == "key frames") & (table.method == "LSTM") & ~table.primary]
    assert lstm.p_holm.min() == pytest.approx(min(1, 2 * lstm.p.min()))


def test_a_variant_can_be_held_against_another() -> None:
    listed = [*LISTED, Variant("key frames", "places too", against="uniform")]
    more = {
        ("key frames: places too", method): answers([1, 1, 1, 1, 1, 0, 1, 1])
        for method in ("SVM", "LSTM")
    }
    table = compare(listed, found(more)).set_index(["variant", "method"])
    assert table.loc["places too", "LSTM"].difference == pytest.approx(1 / 8)
    assert table.loc["places too", "LSTM"].against == "uniform"
    assert table.loc["uniform", "LSTM"].against == "corrected"


def test_other_clips_are_refused() -> None:
    other = {("1x40: places", "SVM"): answers([0, 1, 0, 0, 0, 0])}
    with pytest.raises(InputError, match="was not evaluated on the clips of none: corrected"):
        compare(LISTED, found(other))


def test_intervals_are_those_of_the_accuracy_itself() -> None:
    table = compare(LISTED, found()).set_index(["variant", "method"])
    own = found()["key frames: uniform", "SVM"]
    expected = evaluate.cluster_interval(own.correct, own.groups)
    row = table.loc["uniform", "SVM"]
    assert (row.accuracy, row.groups) == (expected.estimate, 4)
    assert row.low == max(0.0, expected.low)
    assert "83.3" in feature_ablation.text(pd.DataFrame([row_with(0.8333)]))


def row_with(accuracy: float) -> dict[str, Any]:
    empty = dict.fromkeys(
        ("difference", "difference_low", "difference_high", "p", "p_holm"), np.nan
    )
    return {
        "question": "none", "variant": "a", "method": "SVM", "accuracy": accuracy, "low": 0.1,
        "high": 0.9, "primary": False, **empty,
    }  # fmt: skip


def test_what_is_finished_is_not_computed_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = crossed()
    monkeypatch.setattr(feature_ablation.extraction, "collect", lambda *_: made)
    dataset: Any = SimpleNamespace(digest=lambda: "made up")
    listed = [
        Variant("none", "corrected", methods=("SVM",)),
        Variant("features", "coverage alone", columns=(56, 57), methods=("SVM",)),
    ]
    first = feature_ablation.run(dataset, {}, tmp_path / "kept", repeats=2, chosen=listed)
    assert len(list((tmp_path / "kept").glob("*.json"))) == 2

    def never(*_: Any, **__: Any) -> None:
        raise AssertionError("computed again")

    monkeypatch.setattr(evaluate, "cross_validate", never)
    again = feature_ablation.run(dataset, {}, tmp_path / "kept", repeats=2, chosen=listed)
    pd.testing.assert_frame_equal(first, again)
    with pytest.raises(AssertionError, match="computed again"):
        feature_ablation.run(dataset, {}, tmp_path / "kept", repeats=2, seed=1, chosen=listed)
