"""One open choice of the replication: its declaration, its range and what it refuses."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from har_lib.errors import InputError, in_short
from har_lib.paper_questions import AMBIGUITIES, Ambiguity

PROFILES = ("literal", "corrected", "stable")

#: What may be done about clips that are damaged or cannot be read: end with a list of all of them;
#: leave them out; use of them what can be decoded, flagged.
DAMAGED_CLIPS = ("refuse", "skip", "accept")

Value = str | int | float | bool


@dataclass(frozen=True)
class Field:
    """One open choice: where it lives, what it means, what it may be, which question it answers.

    Attributes
    ----------
    name : str
        Flat name: the papermill parameter, the flag's name, the axis of a multiverse.
    section, attribute : str
        Where `har_lib.config.Config` holds it.
    default : str, int, float or bool
        Value in the profile ``corrected``.
    allowed : tuple
        All options, or the two ends of a range.
    help : str
        What it is, in one line.
    question : str
        Id of the question in `har_lib.paper.AMBIGUITIES` that it settles.
    profiles : mapping
        Its value in each profile.
    alternatives : tuple
        Of a range: other values worth trying.
    only_with : mapping
        Choices without which it has no effect: name -> values.
    """

    name: str
    section: str
    attribute: str
    default: Value
    allowed: tuple[Value, ...]
    help: str
    question: str
    profiles: Mapping[str, Value]
    alternatives: tuple[Value, ...]
    only_with: Mapping[str, tuple[Value, ...]]

    @property
    def is_range(self) -> bool:
        """Whether ``allowed`` is an interval (numbers) rather than a list (names, switches)."""
        return not isinstance(self.default, str | bool)

    @property
    def ambiguity(self) -> Ambiguity:
        """The question of the paper that this choice settles, with quotation and reason."""
        return AMBIGUITIES[self.question]

    @property
    def options(self) -> tuple[Value, ...]:
        """Values to try, the default first: all that are allowed, or a range's alternatives.

        Examples
        --------
        >>> from har_lib.config import FIELDS
        >>> FIELDS["grid_over"].options, FIELDS["hidden_size"].options
        (('bbox', 'square', 'frame'), (32, 16, 64, 128))
        """
        if not self.is_range:
            return tuple(dict.fromkeys([self.default, *self.allowed]))
        return tuple(dict.fromkeys([self.default, *self.profiles.values(), *self.alternatives]))

    def describe(self) -> str:
        """What the field may be, in words.

        Examples
        --------
        >>> from har_lib.config import FIELDS
        >>> FIELDS["harris_k"].describe()
        'a number in [0.0001, 1.0]'
        """
        if isinstance(self.default, bool):
            return "True or False"
        if not self.is_range:
            return "one of " + ", ".join(map(repr, self.allowed))
        kind = "a whole number" if isinstance(self.default, int) else "a number"
        return f"{kind} in [{self.allowed[0]}, {self.allowed[1]}]"

    def condition(self) -> str:
        """When the field has an effect, in words; empty when it always has.

        Examples
        --------
        >>> from har_lib.config import FIELDS
        >>> FIELDS["keyframe_share"].condition()
        "only with keyframe_selection 'quantile'"
        """
        parts = [
            f"{name} {' or '.join(map(repr, values))}" for name, values in self.only_with.items()
        ]
        return f"only with {' and '.join(parts)}" if parts else ""

    def check(self, value: Any) -> Value:
        """Return ``value`` in the field's type, or raise naming field, value and what is allowed.

        Examples
        --------
        >>> from har_lib.config import FIELDS
        >>> FIELDS["harris_k"].check(0.04)
        0.04
        >>> FIELDS["harris_k"].check("big")
        Traceback (most recent call last):
        har_lib.errors.InputError: harris_k = 'big' is not allowed: it must be a number in ...
        """
        kind = type(self.default)
        whole = isinstance(value, int) and not isinstance(value, bool)
        # A whole number may be larger than any such number is.
        if kind is float and whole and abs(value) < 2**1023:
            value = float(value)
        fits = type(value) is kind and (
            self.allowed[0] <= value <= self.allowed[1]  # type: ignore[operator]
            if self.is_range
            else value in self.allowed
        )
        if not fits:
            raise InputError(
                f"{self.name} = {in_short(value)} is not allowed: it must be {self.describe()}"
            )
        checked: Value = value
        return checked


def choice(
    question: str,
    default: Value,
    help: str,
    allowed: tuple[Value, ...] = (True, False),
    *,
    name: str = "",
    literal: Value | None = None,
    stable: Value | None = None,
    alternatives: tuple[Value, ...] = (),
    only_with: Mapping[str, tuple[Value, ...]] | None = None,
) -> Any:
    """Declare one open choice as a dataclass field; ``name`` is its flat name outside."""
    profiles = {
        "literal": default if literal is None else literal,
        "corrected": default,
        "stable": default if stable is None else stable,
    }
    return dataclasses.field(
        default=default,
        metadata={
            "name": name,
            "help": help,
            "allowed": allowed,
            "question": question,
            "profiles": MappingProxyType(profiles),
            "alternatives": alternatives,
            "only_with": MappingProxyType(dict(only_with or {})),
        },
    )


def fields_of(section: str, owner: Any) -> list[Field]:
    """The choices of one section, in the order of their declaration."""
    return [
        Field(
            section=section,
            attribute=entry.name,
            default=entry.metadata["profiles"]["corrected"],
            **{**entry.metadata, "name": entry.metadata["name"] or entry.name},
        )
        for entry in dataclasses.fields(owner)
    ]
