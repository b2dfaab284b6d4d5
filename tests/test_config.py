"""Every open choice: its declaration, what it refuses, which question it answers."""

import dataclasses
import keyword
import math
from collections.abc import Iterator
from typing import Any

import pytest

from har_lib import common_parameters
from har_lib.choice import PROFILES, Field
from har_lib.config import FIELDS, Config, KeyFrames, Stip, profile
from har_lib.errors import InputError
from har_lib.paper import AMBIGUITIES

every_field = pytest.mark.parametrize("field", FIELDS.values(), ids=lambda field: field.name)


def other_value(field: Field) -> Any:
    """An allowed value that is not the default."""
    if field.is_range:
        return next(end for end in field.allowed if end != field.default)
    return next(value for value in field.allowed if value != field.default)


# ---------------------------------------------------------------- declaration


def test_every_attribute_of_every_section_is_a_field() -> None:
    attributes = [
        (section.name, entry.name)
        for section in dataclasses.fields(Config)
        for entry in dataclasses.fields(getattr(Config(), section.name))
    ]
    assert [(field.section, field.attribute) for field in FIELDS.values()] == attributes
    assert len(FIELDS) > 80


def test_names_are_unique_and_free() -> None:
    assert list(FIELDS) == [field.name for field in FIELDS.values()]
    for name in FIELDS:
        assert name.isidentifier()
        assert not keyword.iskeyword(name)
    assert not set(FIELDS) & set(common_parameters.SHARED)


@every_field
def test_help_is_one_line_that_papermill_reads(field: Field) -> None:
    for text in (field.help, field.describe()):
        assert text == text.strip()
        assert text
        # With an equals sign in it papermill loses the parameter.
        assert not set("=\n\r#") & set(text)
    assert not field.help.endswith(".")


@every_field
def test_default_ends_and_profiles_are_allowed(field: Field) -> None:
    assert set(field.profiles) == set(PROFILES)
    assert field.profiles["corrected"] == field.default
    ends = () if field.is_range and isinstance(field.default, int) else field.allowed
    for value in (field.default, *field.profiles.values(), *ends):
        assert field.check(value) == value
        assert type(value) is type(field.default)
    if field.is_range:
        low, high = field.allowed
        assert field.check(low) == low
        assert field.check(high) == high
        assert low < high  # type: ignore[operator]
    else:
        assert len(set(field.allowed)) == len(field.allowed) > 1


def test_profiles_differ_where_the_paper_is_misprinted() -> None:
    forms = ("ssim_form", "gaussian_form", "jet_form", "gate_form", "search_form", "fitness_form")
    assert profile("corrected").changes() == {}
    assert profile("literal").changes() == {
        **dict.fromkeys(forms, "literal"),
        **{"harris_k": 1.0, "fitness_tie_break": 0.0},
        **{"search_role": "replace", "searched_weights": "gates"},
    }
    assert profile("stable").changes() == {
        **{"grid_over": "frame", "spiral_scale": 0.5, "spiral_growth": 0.05},
        **{"random_numbers": "coordinate", "distance": "signed"},
    }


# ---------------------------------------------------------------- what is refused


def wrong_values(field: Field) -> Iterator[Any]:
    """Values of other types, and values out of range."""
    yield from (None, [field.default], (), str)
    if isinstance(field.default, bool):
        yield from (1, 0, 1.0, "True", "false")
    elif isinstance(field.default, int):
        low, high = field.allowed
        assert isinstance(low, int)
        assert isinstance(high, int)
        yield from (True, False, str(field.default), float(field.default), math.nan)
        yield from (low - 1, high + 1)
    elif isinstance(field.default, float):
        low, high = field.allowed
        assert isinstance(low, float | int)
        assert isinstance(high, float | int)
        yield from (True, False, str(field.default), 1j, math.nan, math.inf, -math.inf)
        yield from (math.nextafter(low, -math.inf), math.nextafter(high, math.inf))
    else:
        yield from (True, 0, "", field.default.upper(), field.default + " ", b"x")


@every_field
def test_wrong_values_are_refused_by_name(field: Field) -> None:
    for value in wrong_values(field):
        with pytest.raises(InputError) as error:
            field.check(value)
        assert str(error.value) == (
            f"{field.name} = {value!r} is not allowed: it must be {field.describe()}"
        )
        with pytest.raises(InputError, match=f"^{field.name} = "):
            Config().replace(**{field.name: value})
        section = dataclasses.replace(getattr(Config(), field.section), **{field.attribute: value})
        with pytest.raises(InputError, match=f"^{field.name} = "):
            Config(**{field.section: section})


def test_what_is_allowed_is_said_in_words() -> None:
    assert FIELDS["population"].describe() == "a whole number in [2, 100000]"
    assert FIELDS["harris_k"].describe() == "a number in [0.0001, 1.0]"
    assert FIELDS["grid_over"].describe() == "one of 'bbox', 'square', 'frame'"
    assert FIELDS["opposition"].describe() == "True or False"


@every_field
def test_whole_numbers_become_floats_only_for_floats(field: Field) -> None:
    if not isinstance(field.default, float):
        return
    low, high = field.allowed
    whole = 1 if low <= 1 <= high else 0  # type: ignore[operator]
    if not low <= whole <= high:  # type: ignore[operator]
        return
    checked = field.check(whole)
    assert type(checked) is float
    assert type(Config().replace(**{field.name: whole}).flat()[field.name]) is float


@pytest.mark.parametrize(
    "made",
    [
        lambda: Config().replace(minimum_keyframes=21),
        lambda: Config().replace(maximum_keyframes=3),
        lambda: profile("stable", minimum_keyframes=9, maximum_keyframes=8),
        lambda: Config(keyframes=KeyFrames(minimum=30)),
    ],
)
def test_a_minimum_above_the_maximum_is_refused(made: Any) -> None:
    with pytest.raises(InputError, match=r"minimum_keyframes = \d+ .* maximum_keyframes = \d+"):
        made()
    assert Config().replace(minimum_keyframes=20).keyframes.minimum == 20


def test_unknown_names_are_refused() -> None:
    with pytest.raises(InputError, match="thershold is no choice"):
        Config().replace(thershold=0.5)
    with pytest.raises(InputError, match=r"profile = 'printed' is not allowed: .* literal"):
        profile("printed")


# ---------------------------------------------------------------- making one


@every_field
def test_replace_changes_one_choice_and_leaves_the_rest(field: Field) -> None:
    before = Config()
    value = other_value(field)
    # The ends of the two bounds on key frames stand in each other's way.
    room = {"minimum_keyframes": {"maximum_keyframes": 1000}, "maximum_keyframes": {
        "minimum_keyframes": 1}}.get(field.name, {})  # fmt: skip
    after = before.replace(**{field.name: value}, **room)
    differ = {name for name in FIELDS if after.flat()[name] != before.flat()[name]}
    assert differ == {field.name, *room}
    assert getattr(getattr(after, field.section), field.attribute) == value
    assert before == Config()
    assert Config().replace(**after.flat()) == after


@pytest.mark.parametrize("name", PROFILES)
def test_a_profile_is_its_values_and_what_is_changed_in_it(name: str) -> None:
    assert profile(name).flat() == {f.name: f.profiles[name] for f in FIELDS.values()}
    assert profile(name, epochs=5).flat() == profile(name).flat() | {"epochs": 5}


def test_a_configuration_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Config().stip.k = 0.1  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError):
        Config().stip = Stip()  # type: ignore[misc]
    with pytest.raises(TypeError):
        FIELDS["harris_k"].profiles["literal"] = 0.5  # type: ignore[index]
    with pytest.raises(TypeError):
        FIELDS["new"] = FIELDS["harris_k"]  # type: ignore[index]


# ---------------------------------------------------------------- questions and conditions


def test_every_choice_answers_a_question_and_every_question_has_a_choice() -> None:
    assert {field.question for field in FIELDS.values()} == set(AMBIGUITIES)
    assert len(AMBIGUITIES) > 50
    for field in FIELDS.values():
        assert field.ambiguity.question.endswith("?") or "? " in field.ambiguity.question
        assert field.ambiguity.reason.endswith(".")


@every_field
def test_options_begin_with_the_default_and_are_allowed(field: Field) -> None:
    assert field.options[0] == field.default
    assert len(set(field.options)) == len(field.options) > 1
    assert set(field.profiles.values()) <= set(field.options)
    for value in field.options:
        assert field.check(value) == value
    if not field.is_range:
        assert set(field.options) == set(field.allowed)


@every_field
def test_conditions_name_other_choices_and_their_values(field: Field) -> None:
    for name, values in field.only_with.items():
        other = FIELDS[name]
        assert other.only_with == {} or set(other.only_with) <= set(field.only_with)
        assert name in field.condition()
        for value in values:
            assert other.check(value) == value
        assert set(other.options) - set(values), "a condition that always holds is none"


def test_choices_without_effect_are_not_in_force() -> None:
    everything = {name for name, field in FIELDS.items() if field.section == "keyframes"}
    idle = {"ssim_deviations", "keyframe_share", "keyframe_count"}
    assert set(Config().in_force("keyframes")) == everything - idle
    chosen = Config().replace(keyframe_selection="lowest").in_force("keyframes")
    bounded = {"ssim_threshold", "minimum_keyframes", "maximum_keyframes"}
    assert set(chosen) == everything - idle - bounded | {"keyframe_count"}
    Config().replace(keyframe_selection="lowest", minimum_keyframes=30)
    assert chosen["keyframe_selection"] == "lowest"


@pytest.mark.parametrize("selection", ["deviations", "quantile", "lowest"])
def test_a_moving_reference_needs_a_threshold_known_beforehand(selection: str) -> None:
    with pytest.raises(InputError, match=f"^keyframe_selection = '{selection}' is not allowed"):
        Config().replace(ssim_reference="previous_key_frame", keyframe_selection=selection)
    Config().replace(ssim_reference="first_frame", keyframe_selection=selection)


def test_changes_make_the_configuration() -> None:
    for name in PROFILES:
        assert Config().replace(**profile(name).changes()) == profile(name)
    assert profile("corrected").changes() == {}


def test_a_whole_number_is_the_same_choice_as_its_float():
    whole, fraction = Config(stip=Stip(k=1)), Config(stip=Stip(k=1.0))
    assert type(whole.stip.k) is float
    assert whole == fraction
