"""What the multiverse varies: questions that the paper leaves open, each with the answers tried.

*Analysis axes* change what is computed: choices of `har_lib.config`, whose options are the levels.
*Reporting axes* change what is said of it: the split, what counts once, what accuracy is, which
run. Every universe is scored under all of these.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from har_lib.choice import Field, Value
from har_lib.config import FIELDS, Config

_COST = "takes too long for hundreds of universes"

#: Choice -> levels of it that are not tried, and why. All other options of the choice are.
_VARIED: dict[str, dict[Value, str]] = {
    # key frames
    "ssim_window": {},
    "ssim_reference": {},
    "keyframe_selection": {},
    "ssim_threshold": {},
    "minimum_keyframes": {},
    "maximum_keyframes": {1000: _COST},
    # shape
    "silhouette": {"given": "the frames are no masks"},
    "grid_over": {},
    "cell_rule": {},
    # interest points
    "spatial_variance": {},
    "temporal_variance": {},
    "point_window": {},
    "interest_vector": {},
    "coverage_measure": {},
    # what the network sees, and the network
    "feature_scaling": {},
    "time_step": {},
    "sequence_length": {},
    "hidden_size": {64: _COST, 128: _COST},
    "gate_form": {},
    "readout": {},
    # the search
    "search_role": {},
    "search_form": {"matlab": _COST},
    "search_bound": {},
    "search_patience": {50: "is never reached in so many iterations"},
    "acceptance": {},
    "fitness_clips": {},
    # training
    "learning_rate": {0.001: _COST},
    "patience": {100: "as many epochs as there are: it never stops"},
    "validation": {},
}

#: Choices that keep one value in all universes, another than the default: they take less time.
HELD: Mapping[str, Value] = MappingProxyType({"population": 10, "iterations": 50})

#: Sections of the configuration that make a universe; the others are other methods' and reporting.
SECTIONS = tuple(
    section
    for section in dict.fromkeys(field.section for field in FIELDS.values())
    if section not in ("baselines", "evaluation")
)

#: Sections whose choices decide what is computed of the pixels, which is slow.
_OF_PIXELS = ("video", "similarity", "silhouette", "stip")

#: Roles of the search without Adam, and what then has no effect.
_NO_ADAM = ("replace", "readout")
_OF_ADAM = ("epochs", "learning_rate", "patience")
_OF_VALIDATION = ("validation", "validation_share")


@dataclass(frozen=True)
class Axis:
    """A question of the paper and the answers that are tried, the default first.

    Attributes
    ----------
    name : str
        Flat name of the choice in `har_lib.config`.
    levels : tuple
        What is tried.
    left_out : mapping
        Options of the choice that are not tried -> why.
    """

    name: str
    levels: tuple[Value, ...]
    left_out: Mapping[Value, str]

    @property
    def field(self) -> Field:
        """The choice, with its question, the paper's words and the reason of its default.

        Examples
        --------
        >>> axis("readout").field.ambiguity.id
        'readout'
        """
        return FIELDS[self.name]


def axis(name: str, left_out: Mapping[Value, str] | None = None) -> Axis:
    """The axis of a choice: its options in `har_lib.config`, less those that are left out.

    Examples
    --------
    >>> axis("hidden_size", {64: "slow", 128: "slow"}).levels
    (32, 16)
    """
    left_out = left_out or {}
    options = FIELDS[name].options
    assert set(left_out) <= set(options), f"{name} has no such options to leave out"
    levels = tuple(level for level in options if level not in left_out)
    return Axis(name, levels, MappingProxyType(dict(left_out)))


#: All analysis axes, in the order of the pipeline.
AXES: tuple[Axis, ...] = tuple(axis(name, left_out) for name, left_out in _VARIED.items())

#: Those that leave everything at its default that is computed of the pixels: few seconds.
QUICK_AXES: tuple[Axis, ...] = tuple(
    axis(
        each.name,
        {**each.left_out, **({"responses_2d": _COST} if each.name == "interest_vector" else {})},
    )
    for each in AXES
    if each.field.section not in _OF_PIXELS
)


def in_force(config: Config) -> dict[str, Value]:
    """The choices that make a universe, without those that have no effect beside the others.

    That is what the configuration says of itself, and what
    :class:`har_lib.alstm.ALSTMClassifier` says of Adam: where the search's weights are final,
    its settings have no effect, and those of the validation part only where fitness is taken
    on it.

    Examples
    --------
    >>> "learning_rate" in in_force(Config())
    True
    >>> "learning_rate" in in_force(Config().replace(search_role="replace"))
    False
    """
    values = config.in_force(*SECTIONS)
    if config.search.role in _NO_ADAM:
        idle = list(_OF_ADAM)
        if config.search.clips == "training":
            idle += _OF_VALIDATION
        values = {name: value for name, value in values.items() if name not in idle}
    return values


def canonical(config: Config) -> Config:
    """The same universe with every choice that has no effect at its default.

    Examples
    --------
    >>> config = Config().replace(search_role="replace", learning_rate=0.001)
    >>> canonical(config) == Config().replace(search_role="replace")
    True
    """
    acting = in_force(config)
    default = Config().flat()
    return config.replace(
        **{
            name: default[name]
            for name, field in FIELDS.items()
            if field.section in SECTIONS and name not in acting
        }
    )


# ---------------------------------------------------------------- reporting


@dataclass(frozen=True)
class Report:
    """One way to report a universe.

    Attributes
    ----------
    split : {"groups", "random", "resubstitution", "key_frames_random"}
        What is tested: groups that did not train; clips drawn at random; what has trained; key
        frames drawn at random, each classified by itself.
    unit : {"clip", "key_frame"}
        What counts once.
    code : {"multiclass", "one_vs_rest", "one_class"}
        What accuracy is: see :func:`har_lib.metrics.scores`.
    run : {"mean", "best"}
        Which run; only folds by group have more than one. The best of each measure by itself
        gives the same accuracy as the best.
    """

    split: str = "groups"
    unit: str = "clip"
    code: str = "multiclass"
    run: str = "mean"

    @property
    def name(self) -> str:
        """One word.

        Examples
        --------
        >>> Report().name
        'groups/clip/multiclass/mean'
        """
        return "/".join((self.split, self.unit, self.code, self.run))


#: Splits that predict a clip as a whole.
CLIP_SPLITS = ("groups", "random", "resubstitution")
#: The split that predicts key frames, so that nothing else can be counted.
KEY_FRAME_SPLIT = "key_frames_random"
UNITS = ("clip", "key_frame")
CODES = ("multiclass", "one_vs_rest", "one_class")
RUNS = ("mean", "best")

#: What all others are held against: groups apart, plain accuracy of clips, all runs.
STRICT = Report()


def reports(splits: Iterable[str] = (*CLIP_SPLITS, KEY_FRAME_SPLIT)) -> list[Report]:
    """Every way to report, the strict one first.

    Examples
    --------
    >>> len(reports()), reports()[0] == STRICT
    (27, True)
    """
    return [
        Report(split, unit, code, run)
        for split in splits
        for unit in (UNITS[1:] if split == KEY_FRAME_SPLIT else UNITS)
        for code in CODES
        for run in (RUNS if split == STRICT.split else RUNS[:1])
    ]
