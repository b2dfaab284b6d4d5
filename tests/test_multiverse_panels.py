"""What is said and drawn of a multiverse: held against a small one whose answers are known."""

import dataclasses
import re
from typing import Any

import numpy as np
import pandas as pd
import pytest

from har_lib import config, multiverse_panels, multiverse_report
from har_lib.multiverse import Study
from har_lib.multiverse_axes import AXES, STRICT, reports

#: One axis makes 20 points, the other none; seeds make a tenth of that.
COUNT = 48
_RANDOM = np.random.default_rng(0)
LEVELS = pd.DataFrame(
    {
        "readout": pd.Categorical(["last", "mean"] * (COUNT // 2)),
        "gate_form": pd.Categorical((["corrected"] * 2 + ["literal"] * 2) * (COUNT // 4)),
    }
)


def study(**changes: Any) -> Study:
    strict = 0.5 + 0.1 * (LEVELS.readout == "mean") + 0.02 * _standard(COUNT)
    names = [report.name for report in reports()]
    accuracy = pd.DataFrame(dict.fromkeys(names, strict))
    accuracy["resubstitution/clip/multiclass/mean"] = 1.0
    accuracy["resubstitution/clip/one_vs_rest/mean"] = 1.0
    accuracy["groups/clip/multiclass/best"] = strict + 0.01
    first = [0.7, 0.6, 0.4, 0.4]
    reruns = {
        "chosen": [True, True, False, False],
        "first": first,
        "seeds": [0.66, 0.6, 0.4, 0.4],
        "groups": [0.6, 0.56, 0.38, 0.4],
    }
    plain: dict[str, Any] = {
        "about": {
            "data": "builtin",
            "data_digest": "0" * 64,
            "clips": 40,
            "largest_class": 0.1,
            "groups": ["a", "b"],
            "groups_held_out": ["c", "d", "e"],
            "design": {"kind": "Latin hypercube in slices of 16", "rows": 50, "seed": 3},
            "protocol": {"folds": 4, "repeats": 2},
            "axes": {"readout": {}, "gate_form": {}},
            "held": {"population": 10},
        },
        "levels": LEVELS,
        "accuracy": accuracy,
        "by_group": pd.DataFrame({"a": strict - 0.1, "b": strict + 0.1}),
        "by_run": pd.DataFrame({0: strict, 1: strict}),
        "beside": pd.DataFrame({"SVM": strict - 0.03}),
        "equal_to": {48: 7},
        "same_answers": ((3, 5),),
        "failures": {49: "no luck"},
        "again": pd.DataFrame({"first": strict[:20], "again": strict[:20] + 0.02 * _standard(20)}),
        "reruns": pd.DataFrame(reruns, index=[10, 11, 0, 1]),
    }
    return Study(**{**plain, **changes})


def _standard(count: int) -> np.ndarray:
    drawn = np.random.default_rng(count).normal(size=count)
    return np.asarray((drawn - drawn.mean()) / drawn.std(ddof=1))


def numbers(text: str) -> list[float]:
    return [float(found) for found in re.findall(r"-?\d+\.\d+", text)]


def test_every_question_stands_with_the_answers_tried_and_why_others_are_not() -> None:
    table = multiverse_panels.questions()
    assert list(table.index) == [axis.name for axis in AXES]
    for name, row in table.iterrows():
        field = config.FIELDS[str(name)]
        assert row.question == field.ambiguity.question
        told = row.answers.split(", ")
        left = [each.split(": ")[0] for each in row["not tried"].split("; ") if each]
        assert sorted(told + left) == sorted(str(option) for option in field.options), name


def test_the_words_at_the_papers_number_name_the_data() -> None:
    found = study()
    assert multiverse_panels.not_comparable(found) == "not comparable: built-in data"
    kth = dataclasses.replace(found, about={**found.about, "data": "kth"})
    assert multiverse_panels.not_comparable(kth) == "not comparable: kth data"


def test_axes_are_drawn_from_the_largest_share_down_and_what_is_no_axis_last() -> None:
    found = study()
    shares = multiverse_panels.shares(found)
    assert list(shares.index) == [
        "readout", "gate_form", multiverse_report.REST, multiverse_report.NOISE
    ]  # fmt: skip
    swapped = dataclasses.replace(
        found, levels=LEVELS.rename(columns={"readout": "gate_form", "gate_form": "readout"})
    )
    assert multiverse_panels.influential(multiverse_panels.shares(swapped))[0] == "gate_form"
    drawn = multiverse_panels.curve(found, shares)
    assert list(drawn["levels"].columns) == ["readout", "gate_form"]
    assert drawn["chance"] == 0.1
    assert list(dict.fromkeys(multiverse_panels.means(found, shares).axis)) == [
        "readout", "gate_form"
    ]  # fmt: skip


def test_no_more_axes_than_fit_are_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(multiverse_panels, "DRAWN_AXES", 1)
    found = study()
    drawn = multiverse_panels.curve(found, multiverse_panels.shares(found))
    assert list(drawn["levels"].columns) == ["readout"]


def test_the_spread_is_told_with_its_noise_and_the_axes_above_chance() -> None:
    found = study()
    said = multiverse_panels.spread_told(found, multiverse_panels.shares(found))
    spread, noise = numbers(said)
    assert spread == pytest.approx(100 * found.strict.std(), abs=0.05)
    # Twenty differences of deviation 2 points: half their variance.
    assert noise == pytest.approx(2 / 2**0.5, abs=0.05)
    assert "1 of 2 choices" in said
    assert said.endswith("readout")


def test_what_choosing_costs_is_the_loss_of_the_best_less_that_of_others() -> None:
    said = multiverse_panels.luck(study())
    assert numbers(said) == pytest.approx([65.0, 63.0, 58.0, 7.0, 4.0, 10.0, 1.0, 6.0])
    assert "The 2 best" in said
    assert "The 2 others" in said


def test_ways_are_told_universe_by_universe_from_the_lowest_up() -> None:
    found = study()
    ways = multiverse_panels.by_way(found)
    assert ways["groups apart"].is_monotonic_increasing
    assert sorted(ways.index) == sorted(found.strict.index)
    assert (ways["tested on what has trained"] == 100).all()
    fewer = dataclasses.replace(found, accuracy=found.accuracy[[STRICT.name]])
    assert multiverse_panels.by_way(fewer).notna().all().tolist() == [True, False, False, False]


def test_how_many_universes_reach_the_papers_number_is_a_count() -> None:
    found = study()
    table = multiverse_panels.reporting(found)
    assert table.loc["tested on what has trained"].tolist() == [100.0, 100.0, COUNT]
    strict = table.loc["strict: groups apart, plain, all runs"]
    assert strict.iloc[0] == pytest.approx(100 * found.strict.median(), abs=0.05)
    assert strict.iloc[2] == 0
    assert f"of {COUNT}" in table.columns[2]


def test_equal_universes_are_named() -> None:
    said = multiverse_panels.equals(study())
    assert "48 is 7" in said
    assert "3 = 5" in said
    assert multiverse_panels.equals(study(equal_to={}, same_answers=())).count("none") == 2


def test_other_methods_are_told_in_points() -> None:
    row = multiverse_panels.beside(study()).loc["SVM"]
    assert row[["median", "lower", "upper"]].tolist() == pytest.approx([3.0, 3.0, 3.0])
    assert row.higher == "100 % of universes"


def test_the_lines_about_the_study_hold_its_sizes() -> None:
    said = multiverse_panels.told(study())
    for part in (
        "40 clips of 2 groups",
        "3 other groups",
        "2 choices",
        "50 combinations",
        "seed 3",
        "held: population 10",
        "27 ways",
        "4 folds by group, 2 runs",
        "48 universes counted, 1 equal",
        "1 without",
    ):
        assert part in said, part  # fmt: skip
    once = study(about={**study().about, "protocol": {"folds": 4, "repeats": 1}})
    assert "1 run," in multiverse_panels.told(once)


def test_the_summary_and_the_conclusion_follow_the_numbers() -> None:
    found = study()
    kept = multiverse_panels.summary(found, found)
    assert kept["recorded"]["universes"] == COUNT == kept["run_here"]["universes"]
    assert kept["recorded"]["strict_highest"] == found.strict.max()
    assert kept["recorded"]["shrinkage"]["beyond"] == pytest.approx(0.06)
    said = multiverse_panels.conclusion(found)
    for value in (found.strict.min(), found.strict.median(), found.strict.max()):
        assert f"{100 * value:.1f}" in said
    assert "*tested on what has trained*" in said
    assert "the 2 best lose 7.0 points (4.0 to 10.0), others 1.0" in said
    lower = found.accuracy.assign(**{"resubstitution/clip/multiclass/mean": 0.1})
    lower["resubstitution/clip/one_vs_rest/mean"] = 0.1
    other = multiverse_panels.conclusion(dataclasses.replace(found, accuracy=lower))
    assert "*best of the runs*" in other
