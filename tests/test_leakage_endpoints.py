"""What was named beforehand: one primary endpoint, and everything that the study tests."""

from collections import Counter
from dataclasses import replace

import pytest

from har_lib import files, leakage, leakage_study, record
from har_lib.config import Config
from har_lib.leakage_endpoints import CHOICES, DATA, ENDPOINTS, PERMUTATIONS, SEED, named

FIGHT, WEIZMANN = DATA


def test_one_endpoint_is_primary_and_no_two_are_the_same() -> None:
    (primary,) = (each for each in ENDPOINTS if each.role == "primary")
    assert primary is ENDPOINTS[0]
    assert primary.id == "fight_surveillance, ssim: key_frame, SVM, key_frame - group"
    assert set(Counter(each.id for each in ENDPOINTS).values()) == {1}


def test_what_is_tested_was_named_and_what_was_named_is_tested() -> None:
    tested = {
        (unit, name, upper, lower)
        for unit, pairs in leakage_study.CONTRASTS.items()
        for name in leakage.CLASSIFIERS[unit]
        for upper, lower in pairs
        if name in leakage_study.TESTED and upper != "training_data"
    }
    for data, selection in {(each.data, each.selection) for each in ENDPOINTS}:
        own = [each for each in ENDPOINTS if (each.data, each.selection) == (data, selection)]
        assert {(e.unit, e.classifier, e.upper, e.lower) for e in own} == tested


def test_every_endpoint_says_what_had_been_seen() -> None:
    for each in ENDPOINTS:
        assert "first look" in each.seen
        assert each.prediction
        assert each.expected in ("above 0", "about 0")


def test_the_data_are_those_of_the_recorded_results() -> None:
    for digest, name in DATA.items():
        assert files.read_json(record.FOLDER / f"{name}.json")["data_digest"] == digest


def test_other_settings_have_no_endpoints() -> None:
    fight = Config().replace(**CHOICES["fight_surveillance"])
    assert len(named(FIGHT, fight, PERMUTATIONS, SEED)) == 8
    assert named(FIGHT, fight, PERMUTATIONS, SEED)[0].role == "primary"
    assert named(FIGHT, fight, PERMUTATIONS - 1, SEED) == ()
    assert named(FIGHT, fight, PERMUTATIONS, SEED + 1) == ()
    assert named("other", fight, PERMUTATIONS, SEED) == ()
    for change in ({"folds": 6}, {"ssim_threshold": 0.8}, {"keyframe_selection": "uniform"}):
        assert named(FIGHT, fight.replace(**change), PERMUTATIONS, SEED) == ()


@pytest.mark.parametrize("selection", ["ssim", "uniform"])
def test_both_selections_of_the_silhouettes_were_named(selection: str) -> None:
    config = Config().replace(**CHOICES["weizmann_silhouettes"], keyframe_selection=selection)
    found = named(WEIZMANN, config, PERMUTATIONS, SEED)
    assert len(found) == 8
    assert {each.selection for each in found} == {selection}
    assert {each.role for each in found} == {"secondary"}


def test_an_endpoint_is_named_by_all_that_makes_it() -> None:
    first = ENDPOINTS[0]
    for name, value in {"unit": "clip", "classifier": "kNN", "lower": "clip"}.items():
        assert replace(first, **{name: value}).id != first.id
