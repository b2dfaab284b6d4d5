"""Every open choice of the replication, once: its meaning, its range, its value in each profile.

A choice is a field of one of the frozen sections of `har_lib.config_features` and
`har_lib.config_learning`. From the field come the papermill parameter (its flat ``name``), the
command-line flag, the row of the table of open questions and, because a stage's section is its
cache key, what has to be computed anew; nothing about a choice is written a second time.

Profiles: ``literal`` (as printed, wherever that can be computed), ``corrected`` (default: the
primary source's formula with the fewest assumptions) and ``stable`` (our repair: what works).
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from har_lib.choice import PROFILES, Field, Value, fields_of
from har_lib.config_features import (
    Coverage,
    Grid,
    KeyFrames,
    Silhouette,
    Similarity,
    Stip,
    Vector,
    Video,
)
from har_lib.config_learning import (
    Baselines,
    Evaluation,
    Lstm,
    Search,
    Sequence,
    Training,
)
from har_lib.errors import InputError


@dataclass(frozen=True)
class Config:
    """All choices, by section.

    Examples
    --------
    >>> Config().stip.k
    0.005
    >>> Config().replace(harris_k=0.01, hidden_size=16).lstm
    Lstm(hidden=16, form='corrected', readout='last')
    """

    video: Video = Video()
    similarity: Similarity = Similarity()
    keyframes: KeyFrames = KeyFrames()
    silhouette: Silhouette = Silhouette()
    grid: Grid = Grid()
    stip: Stip = Stip()
    vector: Vector = Vector()
    coverage: Coverage = Coverage()
    sequence: Sequence = Sequence()
    lstm: Lstm = Lstm()
    search: Search = Search()
    training: Training = Training()
    baselines: Baselines = Baselines()
    evaluation: Evaluation = Evaluation()

    def __post_init__(self) -> None:
        """Check every field, however the configuration was made."""
        for field in FIELDS.values():
            section = getattr(self, field.section)
            value = getattr(section, field.attribute)
            checked = field.check(value)
            if type(checked) is not type(value):
                # 1 and 1.0 are one choice and must be one cache key.
                section = dataclasses.replace(section, **{field.attribute: checked})
                object.__setattr__(self, field.section, section)
        bounded = self.keyframes.selection != "lowest"
        if bounded and self.keyframes.minimum > self.keyframes.maximum:
            raise InputError(
                f"minimum_keyframes = {self.keyframes.minimum} is not allowed: it must be at most "
                f"maximum_keyframes = {self.keyframes.maximum}"
            )
        moving = self.similarity.reference == "previous_key_frame"
        if moving and self.keyframes.selection not in ("ssim", "uniform"):
            raise InputError(
                f"keyframe_selection = {self.keyframes.selection!r} is not allowed with "
                "ssim_reference = 'previous_key_frame', which needs a threshold that is known "
                "before the clip is read: use 'ssim' or 'uniform'"
            )

    def flat(self) -> dict[str, Value]:
        """Every choice by its flat name, in order."""
        return {
            name: getattr(getattr(self, field.section), field.attribute)
            for name, field in FIELDS.items()
        }

    def changes(self) -> dict[str, Value]:
        """Choices that differ from the default, by flat name: what makes this configuration.

        As a papermill YAML file, as flags of the command line or as JSON they give it back.

        Examples
        --------
        >>> profile("stable", epochs=5).changes()["epochs"], Config().changes()
        (5, {})
        """
        return {name: value for name, value in self.flat().items() if value != FIELDS[name].default}

    def parameters(self) -> dict[str, Value]:
        """Fewest papermill parameters that give this configuration: a profile, and what differs.

        Examples
        --------
        >>> profile("stable", epochs=5).parameters()
        {'profile': 'stable', 'epochs': 5}
        """
        found = []
        for name in PROFILES:
            differing = {
                field: value
                for field, value in self.flat().items()
                if value != FIELDS[field].profiles[name]
            }
            # A choice given its default value follows the profile, so it cannot be set back.
            if all(value != FIELDS[field].default for field, value in differing.items()):
                found.append({"profile": name, **differing})
        return min(found, key=len)

    def in_force(self, *sections: str) -> dict[str, Value]:
        """The choices of the named sections that have an effect beside the others, by flat name.

        Examples
        --------
        >>> "volume_reach" in Config().in_force("stip")
        False
        >>> "volume_reach" in Config().replace(point_volume="key_frames").in_force("stip")
        True
        """
        values = self.flat()
        return {
            name: values[name]
            for name, field in FIELDS.items()
            if field.section in sections
            and all(values[other] in allowed for other, allowed in field.only_with.items())
        }

    def replace(self, **choices: Value) -> "Config":
        """A configuration with the named choices changed, by flat name.

        Raises
        ------
        InputError
            If a name is unknown or a value is not allowed.
        """
        sections: dict[str, dict[str, Value]] = {}
        for name, value in choices.items():
            if name not in FIELDS:
                raise InputError(f"{name} is no choice of the suite: see har choices")
            field = FIELDS[name]
            sections.setdefault(field.section, {})[field.attribute] = field.check(value)
        return dataclasses.replace(
            self,
            **{
                section: dataclasses.replace(getattr(self, section), **values)
                for section, values in sections.items()
            },
        )


def _fields() -> dict[str, Field]:
    found: dict[str, Field] = {}
    for section in dataclasses.fields(Config):
        for field in fields_of(section.name, section.default):
            assert field.name not in found, f"two choices are called {field.name}"
            found[field.name] = field
    return found


#: Flat name -> field, in the order of the pipeline.
FIELDS: Mapping[str, Field] = MappingProxyType(_fields())


def profile(name: str = "corrected", **choices: Value) -> Config:
    """The named profile, with single choices changed by flat name.

    Examples
    --------
    >>> profile("literal").stip.k, profile("stable", epochs=5).training.epochs
    (1.0, 5)
    """
    if name not in PROFILES:
        raise InputError(
            f"profile = {name!r} is not allowed: it must be one of {', '.join(PROFILES)}"
        )
    values = {field.name: field.profiles[name] for field in FIELDS.values()}
    return Config().replace(**(values | choices))
