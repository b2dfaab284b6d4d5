"""Controls: labels that mean nothing, samples of known difficulty, and the mechanism."""

from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm
from test_leakage import CONFIG, made

from har_lib import leakage, leakage_controls, leakage_mechanism
from har_lib.errors import InputError

# ---------------------------------------------------------------- labels that mean nothing


def test_labels_are_shuffled_among_whole_clips_and_counts_are_kept() -> None:
    data = made(groups=10)
    found = leakage_controls.shuffled(data, 0)
    of_clip = {(c, label) for c, label in zip(data.clips, found.labels, strict=True)}
    assert len(of_clip) == len(set(data.clips.tolist()))
    old = Counter(dict(zip(data.clips, data.labels, strict=True)).values())
    assert Counter(label for _, label in of_clip) == old
    assert 0.2 < (found.labels != data.labels).mean() < 0.8
    np.testing.assert_array_equal(found.rows, data.rows)
    assert (found.labels != leakage_controls.shuffled(data, 1).labels).any()


def test_labels_can_be_shuffled_in_each_group() -> None:
    data = made(groups=10)
    assert leakage_controls.is_crossed(data)
    found = leakage_controls.shuffled(data, 0, within_groups=True)
    assert leakage_controls.is_crossed(found)
    assert 0.2 < (found.labels != data.labels).mean() < 0.8
    assert len(set(zip(found.clips.tolist(), found.labels.tolist(), strict=True))) == 40
    assert not leakage_controls.is_crossed(leakage_controls.shuffled(data, 0))


def test_uneven_groups_come_out_below_chance_and_even_ones_at_it() -> None:
    # Ten classes, a clip of each in every one of six groups, as the silhouettes are.
    clips = np.arange(60).repeat(3)
    generator = np.random.default_rng(0)
    data = leakage.Samples(
        "key_frame", generator.normal(size=(180, 6)), [], clips % 10, clips // 10, clips
    )
    uneven, even = (
        leakage_controls.summary(
            leakage_controls.shuffled_labels(["SVM"], data, CONFIG, 6, 12, within_groups=within)
        ).set_index("rung")
        for within in (False, True)
    )
    assert uneven.excess_high["group"] < 0
    assert even.excess_low["group"] < 0 < even.excess_high["group"]


def test_key_frames_of_one_clip_betray_labels_that_mean_nothing() -> None:
    data = made(groups=12, of_clip=3.0)
    rows = leakage_controls.shuffled_labels(["kNN"], data, CONFIG, 4, 6)
    found = leakage_controls.summary(rows).set_index("rung")
    assert found.excess["key_frame"] > 0.25
    assert found.excess_low["key_frame"] > 0.2
    for rung in ("clip", "group"):
        assert abs(found.excess[rung]) < 0.12
        assert found.accuracy[rung] == pytest.approx(0.5, abs=0.12)
    assert (rows.groupby("rung").shuffle.nunique() == 6).all()


def test_chance_is_the_agreement_of_frequencies() -> None:
    data = made(groups=12)
    # Classes of unequal size: else every agreement is one half.
    kept = (data.labels == 0) | (data.groups % 3 == 0)
    parts_of = {"rows": data.rows, "labels": data.labels, "groups": data.groups}
    fewer = {name: values[kept] for name, values in (parts_of | {"clips": data.clips}).items()}
    data = replace(data, sequences=[], **fewer)
    (row,) = (
        leakage_controls.shuffled_labels(["kNN"], data, CONFIG, 4, 2)
        .query("rung == 'clip' and shuffle == 0")
        .to_dict("records")
    )
    drawn = leakage_controls.shuffled(data, 0)
    parts = leakage.divide("clip", drawn.labels, drawn.clips, drawn.groups, 4, 0)
    model = leakage.classifier("kNN", CONFIG, 0)
    told = leakage.predict(model, drawn.rows, drawn.labels, drawn.groups, parts)
    table = pd.crosstab(drawn.labels, told).to_numpy() / len(told)
    assert row["chance"] == pytest.approx((table.sum(axis=1) * table.sum(axis=0)).sum())
    assert row["accuracy"] == pytest.approx(np.trace(table))


def test_the_summary_is_students_interval_over_shuffles() -> None:
    rows = pd.DataFrame(
        {
            "classifier": "SVM",
            "rung": "clip",
            "shuffle": range(3),
            "accuracy": [0.4, 0.5, 0.6],
            "chance": [0.5, 0.5, 0.53],
        }
    )
    (found,) = leakage_controls.summary(rows).to_dict("records")
    # Mean .5, deviation .1, Student's quantile 4.303 with 2 degrees of freedom.
    half = 4.302653 * 0.1 / np.sqrt(3)
    assert found["accuracy"] == pytest.approx(0.5)
    assert (found["low"], found["high"]) == pytest.approx((0.5 - half, 0.5 + half))
    assert found["excess"] == pytest.approx(-0.01)
    assert found["excess_low"] < -0.01 < found["excess_high"]
    assert found["shuffles"] == 3


# ---------------------------------------------------------------- known difficulty


def test_the_best_rule_is_known() -> None:
    assert leakage_controls.best_possible(0.0) == 0.5
    assert leakage_controls.best_possible(3.0) == pytest.approx(norm.cdf(1.5))
    data = leakage_controls.gaussian(3.0, seed=0, groups=400)
    # The rule that knows both means asks on which side of the plane between them a sample lies.
    right = ((data.rows.sum(axis=1) > 0) == data.labels).mean()
    assert right == pytest.approx(norm.cdf(1.5), abs=4 * np.sqrt(0.933 * 0.067 / 8000))


def test_where_nothing_leaks_all_honest_rungs_tell_the_truth(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(leakage_controls, "FRESH", 4000)
    found = leakage_controls.known_difficulty(["SVM", "kNN"], CONFIG, 5, 2)
    honest = found[found.rung != "training_data"]
    # Of six intervals of 95 % all hold the truth, or all but one.
    assert ((honest.low <= honest.fresh) & (honest.fresh <= honest.high)).sum() >= 5
    assert (honest.fresh < honest.best).all()
    assert honest.groupby("classifier").accuracy.agg(np.ptp).max() < 0.03
    flattered = found[found.rung == "training_data"]
    assert (flattered.accuracy > flattered.best).all()


# ---------------------------------------------------------------- the mechanism


@pytest.mark.parametrize("place", leakage_mechanism.PLACES)
@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
def test_offsets_have_their_share_of_the_variance(place: str, share: float) -> None:
    data = made(groups=60, frames=6, width=20)
    found = leakage_mechanism.with_offsets(data, place, share, 0)
    assert found.rows.var(axis=0).mean() == pytest.approx(1.0, abs=0.1)
    member = data.clips if place == "clip" else 2 * data.groups + data.labels
    table = pd.DataFrame(found.rows - np.sqrt(1 - share) * _standard(data.rows))
    offsets = table.groupby(member)
    np.testing.assert_allclose(offsets.std(), 0, atol=1e-9)
    assert offsets.first().to_numpy().var() == pytest.approx(share, abs=0.1)
    assert offsets.ngroups == (240 if place == "clip" else 120)


def _standard(rows: np.ndarray) -> np.ndarray:
    standard: np.ndarray = (rows - rows.mean(axis=0)) / rows.std(axis=0)
    return standard


def test_without_a_share_only_the_scale_is_another() -> None:
    data = made(of_class=0.5)
    found = leakage_mechanism.with_offsets(data, "clip", 0.0, 0)
    for rung in ("key_frame", "group"):
        np.testing.assert_array_equal(
            leakage.correctness("kNN", data, rung, CONFIG, 4, 1),
            leakage.correctness("kNN", found, rung, CONFIG, 4, 1),
        )


def test_rungs_part_as_the_share_grows() -> None:
    data = made(groups=12, of_class=0.7)
    found = leakage_mechanism.curve(["kNN"], data, CONFIG, 4, 2, shares=(0.0, 0.9))
    at = found.set_index(["place", "rung", "share"]).accuracy
    for place, leaking, honest in (
        ("clip", ["key_frame"], ["clip", "group"]),
        ("group and class", ["key_frame", "clip"], ["group"]),
    ):
        for rung in leaking:
            assert at[place, rung, 0.9] > at[place, rung, 0.0] + 0.05, (place, rung)
            assert at[place, rung, 0.9] > 0.8
        for rung in honest:
            assert at[place, rung, 0.9] < at[place, rung, 0.0] - 0.05, (place, rung)
    assert (found.low <= found.accuracy).all()
    assert (found.accuracy <= found.high).all()


def test_columns_that_are_constant_stay_out() -> None:
    data = made()
    rows = np.column_stack([data.rows, np.full(len(data.rows), 3.0)])
    wide = leakage.Samples("key_frame", rows, data.sequences, data.labels, data.groups, data.clips)
    found, plain = (leakage_mechanism.with_offsets(each, "clip", 0.5, 0) for each in (wide, data))
    np.testing.assert_array_equal(found.rows, plain.rows)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: leakage_controls.shuffled_labels(["kNN"], made(), CONFIG, 4, 1),
            "shuffles = 1 is not allowed",
        ),
        (lambda: leakage_controls.gaussian(-1.0, 0), "separation = -1.0 is not allowed"),
        (
            lambda: leakage_mechanism.with_offsets(made(), "scene", 0.1, 0),
            "place = 'scene' is not known",
        ),
        (
            lambda: leakage_mechanism.with_offsets(made(), "clip", 1.0, 0),
            "share = 1.0 is not allowed",
        ),
        (
            lambda: leakage_mechanism.curve(["kNN"], made(), CONFIG, 4, 1),
            "draws = 1 is not allowed",
        ),
    ],
)
def test_what_is_impossible_is_refused_in_one_line(call: Any, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)
