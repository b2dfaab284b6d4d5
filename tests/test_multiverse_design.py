"""The axes of the multiverse are the suite's own choices; the design is balanced and allowed."""

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest

from har_lib import multiverse_design as md
from har_lib.config import FIELDS, Config
from har_lib.errors import InputError
from har_lib.multiverse_axes import (
    AXES,
    HELD,
    QUICK_AXES,
    STRICT,
    Axis,
    Report,
    axis,
    canonical,
    in_force,
    reports,
)
from har_lib.multiverse_design import SLICE, Universe, design, places

# ---------------------------------------------------------------- axes


def test_there_are_at_least_twelve_axes_from_every_part_of_the_pipeline() -> None:
    assert len(AXES) >= 12
    assert {each.field.section for each in AXES} >= {
        *("similarity", "keyframes", "silhouette", "grid", "stip", "vector", "coverage"),
        *("sequence", "lstm", "search", "training"),
    }


@pytest.mark.parametrize("each", AXES, ids=lambda each: each.name)
def test_levels_are_the_choices_options_the_default_first_and_what_is_missing_has_a_reason(
    each: Axis,
) -> None:
    assert set(each.levels) | set(each.left_out) == set(FIELDS[each.name].options)
    assert not set(each.levels) & set(each.left_out)
    assert len(each.levels) >= 2
    assert each.levels[0] == FIELDS[each.name].default
    assert all(each.left_out.values())


def test_what_is_held_is_an_option_and_no_axis() -> None:
    for name, value in HELD.items():
        assert value in FIELDS[name].options
        assert name not in {each.name for each in AXES}


def test_an_axis_must_know_what_it_leaves_out() -> None:
    with pytest.raises(AssertionError, match="no such options"):
        axis("readout", {"first": "there is none"})


def test_quick_axes_leave_all_that_is_computed_of_the_pixels_at_its_default() -> None:
    default = Config()
    for universe in design(48, axes=QUICK_AXES):
        for section in ("video", "similarity", "silhouette", "stip"):
            assert getattr(universe.config, section) == getattr(default, section)
        assert universe.config.vector.kind != "responses_2d"


# ---------------------------------------------------------------- what has no effect


@pytest.mark.parametrize(
    ("choices", "idle"),
    [
        ({"search_role": "replace"}, {"learning_rate": 0.003, "patience": 5, "epochs": 10}),
        ({"search_role": "readout"}, {"validation": "random", "searched_weights": "gates"}),
        ({"keyframe_selection": "lowest"}, {"minimum_keyframes": 8, "maximum_keyframes": 10}),
        ({"keyframe_selection": "quantile"}, {"ssim_threshold": 0.7}),
        ({"time_step": "clip"}, {"sequence_length": 5}),
    ],
)
def test_a_choice_without_effect_makes_no_other_universe(choices: dict, idle: dict) -> None:
    plain = Config().replace(**choices)
    other = plain.replace(**idle)
    assert canonical(other) == plain
    assert Universe(0, other).digest == Universe(1, plain).digest


@pytest.mark.parametrize(
    ("choices", "acting"),
    [
        ({"search_role": "init"}, {"learning_rate": 0.003}),
        ({"search_role": "finetune"}, {"patience": 5}),
        ({"search_role": "replace", "fitness_clips": "validation"}, {"validation": "random"}),
        ({"keyframe_selection": "uniform"}, {"ssim_threshold": 0.7}),
        ({}, {"sequence_length": 5}),
    ],
)
def test_a_choice_with_an_effect_makes_another_universe(choices: dict, acting: dict) -> None:
    plain = Config().replace(**choices)
    assert canonical(plain.replace(**acting)) == plain.replace(**acting)
    assert Universe(0, plain.replace(**acting)).digest != Universe(0, plain).digest


def test_levels_without_effect_are_missing() -> None:
    levels = Universe(0, Config().replace(search_role="replace")).levels()
    assert levels["learning_rate"] is None
    assert levels["search_role"] == "replace"


# ---------------------------------------------------------------- the design


def _mended(slices: int, axes: tuple[Axis, ...] = AXES) -> np.ndarray:
    rows = places(slices, axes, seed=0)
    for begin in range(0, len(rows), SLICE):
        md._mend(rows[begin : begin + SLICE], axes, Config().replace(**HELD))
    return rows


@pytest.mark.parametrize("slices", [1, 2, 3, 7, 32])
def test_each_level_stands_equally_often_up_to_rounding(slices: int) -> None:
    for rows in (places(slices, AXES, seed=0), _mended(slices)):
        for column, each in zip(rows.T, AXES, strict=True):
            counts = np.bincount(column, minlength=len(each.levels))
            assert counts.max() - counts.min() <= 1, each.name


def test_pairs_of_axes_are_no_more_alike_than_by_chance() -> None:
    rows = _mended(32)
    worst = 0.0
    for i in range(len(AXES)):
        for j in range(i):
            table = np.zeros((len(AXES[i].levels), len(AXES[j].levels)))
            np.add.at(table, (rows[:, i], rows[:, j]), 1)
            expected = np.outer(table.sum(1), table.sum(0)) / table.sum()
            square = float(((table - expected) ** 2 / expected).sum() / table.sum())
            if {AXES[i].name, AXES[j].name} != {"ssim_reference", "keyframe_selection"}:
                worst = max(worst, np.sqrt(square / (min(table.shape) - 1)))
    # The pair left out cannot be free, since some of its levels may not stand together.
    # Two axes that were one would have 1; 435 pairs of shuffled columns reach about 0.17.
    assert worst < 0.25


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_every_universe_is_allowed_and_no_two_are_the_same(seed: int) -> None:
    universes = design(256, seed)
    assert len({universe.digest for universe in universes}) == len(universes)
    for universe in universes:
        moving = universe.config.similarity.reference == "previous_key_frame"
        assert not moving or universe.config.keyframes.selection in ("ssim", "uniform")
        assert universe.config.search.iterations == HELD["iterations"]
        assert canonical(universe.config) == universe.config


def test_levels_in_force_are_those_of_the_configuration() -> None:
    for universe in design(32):
        for name, level in universe.levels().items():
            assert level is None or level == universe.config.flat()[name]
            assert (level is None) == (name not in in_force(universe.config))


def test_a_shorter_design_is_the_beginning_of_a_longer_one() -> None:
    digests = [universe.digest for universe in design(40)]
    for n in (1, 16, 23):
        assert [universe.digest for universe in design(n)] == digests[:n]


def test_another_seed_is_another_design() -> None:
    assert design(4, 0)[0].digest != design(4, 1)[0].digest


def test_rows_that_differ_without_effect_are_one_universe() -> None:
    axes = (axis("search_role"), axis("learning_rate"))
    found = design(48, axes=axes)
    roles = Counter(universe.config.search.role for universe in found)
    # 4 roles by 3 rates, of which two roles make no difference between rates.
    assert roles == {"init": 3, "finetune": 3, "replace": 1, "readout": 1}
    assert [universe.number for universe in found] == sorted(u.number for u in found)
    assert all(a.number != b.number for a, b in pairwise(found))


def test_levels_that_cannot_stand_together_are_refused_not_looped_over() -> None:
    lowest = Axis("keyframe_selection", ("lowest", "quantile"), {})
    moving = Axis("ssim_reference", ("previous_key_frame",), {})
    with pytest.raises(InputError, match="cannot be made valid"):
        design(4, axes=(lowest, moving))


def test_no_universes_are_refused() -> None:
    with pytest.raises(InputError, match="universes = 0 is not allowed"):
        design(0)


# ---------------------------------------------------------------- reporting


def test_ways_to_report_are_all_combinations_that_exist() -> None:
    names = [report.name for report in reports()]
    assert len(set(names)) == len(names)
    assert names[0] == STRICT.name == Report().name
    assert {report.split for report in reports(("groups",))} == {"groups"}
    assert all(r.run == "mean" for r in reports() if r.split != "groups")
    assert all(r.unit == "key_frame" for r in reports() if r.split == "key_frames_random")
