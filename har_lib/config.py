"""Every open choice of the replication, once: its meaning, its range, its value in each profile.

A choice is a field of one of the frozen sections below. From the field come the papermill
parameter (its flat ``name``), the command-line flag and, because a stage's section is its cache
key, what has to be computed anew; nothing about a choice is written a second time.

Profiles: ``literal`` (as printed, where that can run and has a field: the gates of (8) to (10)
and the fitness (18) stay corrected), ``corrected`` (default: the primary source's formula with
the fewest assumptions) and ``stable`` (our repair: what works).
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from har_lib.errors import InputError

PROFILES = ("literal", "corrected", "stable")

Value = str | int | float | bool


@dataclass(frozen=True)
class Field:
    """One open choice: where it lives, what it means, what it may be."""

    name: str
    section: str
    attribute: str
    default: Value
    allowed: tuple[Value, ...]
    help: str
    quotation: str
    profiles: Mapping[str, Value]

    @property
    def is_range(self) -> bool:
        """Whether ``allowed`` is an interval (numbers) rather than a list (names, switches)."""
        return not isinstance(self.default, str | bool)

    def describe(self) -> str:
        """What the field may be, in words.

        Examples
        --------
        >>> FIELDS["harris_k"].describe()
        'a number in [0.0001, 1.0]'
        """
        if isinstance(self.default, bool):
            return "True or False"
        if not self.is_range:
            return "one of " + ", ".join(map(repr, self.allowed))
        kind = "a whole number" if isinstance(self.default, int) else "a number"
        return f"{kind} in [{self.allowed[0]}, {self.allowed[1]}]"

    def check(self, value: Any) -> Value:
        """Return ``value`` in the field's type, or raise naming field, value and what is allowed.

        Examples
        --------
        >>> FIELDS["harris_k"].check(0.04)
        0.04
        >>> FIELDS["harris_k"].check("big")
        Traceback (most recent call last):
        har_lib.errors.InputError: harris_k = 'big' is not allowed: it must be a number in ...
        """
        kind = type(self.default)
        whole = isinstance(value, int) and not isinstance(value, bool)
        if kind is float and whole:
            value = float(value)
        fits = type(value) is kind and (
            self.allowed[0] <= value <= self.allowed[1]  # type: ignore[operator]
            if self.is_range
            else value in self.allowed
        )
        if not fits:
            raise InputError(
                f"{self.name} = {value!r} is not allowed: it must be {self.describe()}"
            )
        checked: Value = value
        return checked


def choice(
    default: Value,
    help: str,
    allowed: tuple[Value, ...] = (True, False),
    *,
    name: str = "",
    quotation: str = "",
    literal: Value | None = None,
    stable: Value | None = None,
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
            "quotation": quotation,
            "profiles": MappingProxyType(profiles),
        },
    )


@dataclass(frozen=True)
class Video:
    """How a clip is read: equation (1)."""

    width: int = choice(160, "working width of a frame, pixels", (16, 4096), name="frame_width")
    height: int = choice(120, "working height of a frame, pixels", (16, 4096), name="frame_height")


@dataclass(frozen=True)
class Similarity:
    """How alike two frames are: equation (2)."""

    window: str = choice(
        "gaussian",
        "statistics of SSIM: 11x11 Gaussian windows, 7x7 uniform windows, or the whole frame",
        ("gaussian", "uniform", "global"),
        name="ssim_window",
        quotation="The SSIM index among two frames with windows of general dimensions j and j+1",
    )
    form: str = choice(
        "corrected",
        "equation (2) as printed (S1 twice) or as in Wang et al. 2004",
        ("corrected", "literal"),
        name="ssim_form",
        literal="literal",
    )


@dataclass(frozen=True)
class KeyFrames:
    """Which frames are kept."""

    selection: str = choice(
        "ssim",
        "how key frames are chosen: by SSIM as the paper does, or evenly spaced as a control",
        ("ssim", "uniform"),
        name="keyframe_selection",
        quotation="If the similarity index of frame is less than the threshold means, "
        "the frame is considered as key frame.",
    )
    threshold: float = choice(
        0.9,
        "a frame is a key frame when its SSIM with the one before is below this",
        (-1.0, 1.0),
        name="ssim_threshold",
        quotation="there is a pre-defined threshold for selecting the main frames",
    )
    minimum: int = choice(
        4,
        "fewest key frames of a clip; missing ones are those of lowest SSIM",
        (1, 1000),
        name="minimum_keyframes",
    )
    maximum: int = choice(
        20,
        "most key frames of a clip; those of lowest SSIM stay",
        (1, 1000),
        name="maximum_keyframes",
    )
    drop_duplicates: bool = choice(
        True,
        "never fill up with a frame identical to the one before",
        name="drop_duplicate_frames",
    )


@dataclass(frozen=True)
class Silhouette:
    """Where the body is."""

    method: str = choice(
        "median_background",
        "where the body comes from: difference to the clip's median frame, or the frames are masks",
        ("median_background", "given"),
        name="silhouette",
        quotation="background minus, human tracking, and human action and object detection",
    )
    difference: int = choice(
        25,
        "gray levels by which foreground differs from the background",
        (1, 254),
        name="foreground_difference",
    )


@dataclass(frozen=True)
class Grid:
    """The 4x4 grid over the body."""

    over: str = choice(
        "bbox",
        "what the 4x4 grid divides: the body's bounding box or the whole frame",
        ("bbox", "frame"),
        name="grid_over",
        quotation="we split the object into",
        stable="frame",
    )


@dataclass(frozen=True)
class Stip:
    """Space-time interest points: equations (3) to (7)."""

    spatial_variance: float = choice(
        4.0, "spatial variance of the local scale, squared pixels", (0.25, 256.0)
    )
    temporal_variance: float = choice(
        2.0, "temporal variance of the local scale, squared frames", (0.25, 64.0)
    )
    integration: float = choice(
        2.0,
        "integration scale over local scale, the c of the paper, as a ratio of variances",
        (1.0, 16.0),
        name="integration_factor",
    )
    k: float = choice(
        0.005,
        "Harris constant of equation (6); printed is 1, and points need less than 1/27",
        (0.0001, 1.0),
        name="harris_k",
        literal=1.0,
    )
    threshold: float = choice(
        0.001,
        "least response of a point, relative to the strongest of the clip",
        (0.0, 1.0),
        name="response_threshold",
    )


@dataclass(frozen=True)
class Vector:
    """How interest points become a key frame's numbers."""

    window: int = choice(
        3,
        "points within this many frames describe a key frame",
        (0, 1000),
        name="point_window",
        quotation="by separating the STI points from the frames, the vector of the dimension",
    )


@dataclass(frozen=True)
class Lstm:
    """The network: equations (8) to (13)."""

    hidden: int = choice(32, "size of the hidden state", (1, 4096), name="hidden_size")
    steps: int = choice(
        10, "most key frames of a clip that the network reads", (1, 1000), name="sequence_length"
    )


@dataclass(frozen=True)
class Search:
    """The adaptive seagull search over the weights: equations (14) to (28)."""

    role: str = choice(
        "init",
        "the searched weights start Adam (init) or are the network's final weights (replace)",
        ("init", "replace"),
        name="search_role",
        quotation="The selected weight value is given to the LSTM classifier.",
        literal="replace",
    )
    form: str = choice(
        "corrected",
        "update rule: equations (19) to (28) with A from D, as printed, or our repair",
        ("corrected", "literal", "stable"),
        name="search_form",
        literal="literal",
        stable="stable",
    )
    population: int = choice(30, "number of seagulls", (2, 100000))
    iterations: int = choice(
        100,
        "iterations of the search",
        (1, 1000000),
        quotation="The algorithm continues until the optimal seagull (weight) is selected.",
    )
    bound: float = choice(
        1.0,
        "the search box is plus and minus this over sqrt(hidden_size)",
        (0.0001, 1000.0),
        name="search_bound",
        quotation=r"Where, $S \in [a, b]$ is a real number",
    )
    opposition: bool = choice(
        True, "start from the better half of the population and its opposites"
    )


@dataclass(frozen=True)
class Training:
    """Adam after the search, and for the LSTM baseline."""

    epochs: int = choice(100, "most passes over the training part", (0, 100000))
    learning_rate: float = choice(0.01, "step size of Adam", (1e-6, 1.0))
    patience: int = choice(
        20, "epochs without a better validation loss before Adam stops", (1, 100000)
    )
    validation_share: float = choice(
        0.2, "share of the training groups kept for early stopping", (0.01, 0.9)
    )


@dataclass(frozen=True)
class Evaluation:
    """How accuracy is estimated."""

    split: str = choice(
        "folds",
        "clips held out: folds by group, or the test list of an official split of UCF101",
        ("folds", "official1", "official2", "official3"),
    )
    folds: int = choice(
        10,
        "folds by group; with no more groups than this, one group is left out at a time",
        (2, 1000),
    )
    repeats: int = choice(1, "how often the cross-validation is repeated with new seeds", (1, 1000))
    averaging: str = choice(
        "macro",
        "how precision, recall and F-measure are averaged over classes",
        ("macro", "micro", "weighted"),
    )


@dataclass(frozen=True)
class Config:
    """All choices, by section.

    Examples
    --------
    >>> Config().stip.k
    0.005
    >>> Config().replace(harris_k=0.01, hidden_size=16).lstm
    Lstm(hidden=16, steps=10)
    """

    video: Video = Video()
    similarity: Similarity = Similarity()
    keyframes: KeyFrames = KeyFrames()
    silhouette: Silhouette = Silhouette()
    grid: Grid = Grid()
    stip: Stip = Stip()
    vector: Vector = Vector()
    lstm: Lstm = Lstm()
    search: Search = Search()
    training: Training = Training()
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
        if self.keyframes.minimum > self.keyframes.maximum:
            raise InputError(
                f"minimum_keyframes = {self.keyframes.minimum} is not allowed: it must be at most "
                f"maximum_keyframes = {self.keyframes.maximum}"
            )

    def flat(self) -> dict[str, Value]:
        """Every choice by its flat name, in order."""
        return {
            name: getattr(getattr(self, field.section), field.attribute)
            for name, field in FIELDS.items()
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
        for entry in dataclasses.fields(section.default):  # type: ignore[arg-type]
            about = entry.metadata
            name = about["name"] or entry.name
            assert name not in found, f"two choices are called {name}"
            default: Value = about["profiles"]["corrected"]
            found[name] = Field(
                name=name,
                section=section.name,
                attribute=entry.name,
                default=default,
                allowed=about["allowed"],
                help=about["help"],
                quotation=about["quotation"],
                profiles=about["profiles"],
            )
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
