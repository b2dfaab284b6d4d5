"""What the study of leakage compares, and what is expected: written before it was run.

It is no blind prediction: each entry says which first look had been seen when it was written.
Everything else that the study computes is descriptive and has an interval, but no test.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from har_lib.config import Config
from har_lib.errors import InputError

#: Digest of the clips and their groups (:meth:`har_lib.datasets.Dataset.digest`) -> data set.
DATA = MappingProxyType(
    {
        "d99f3cf91c9436ec082fed3a6bd75a0241bace0d227b764cb52c4e842357cef7": "fight_surveillance",
        "db3fbb6da726bdd1f5c6ce8cb258296d09d5824e8840f8e4650346ebaa6c7b78": "weizmann_silhouettes",
    }
)

#: Ways to hold samples back, from the most to the least that training may know of them.
RUNGS = ("training_data", "key_frame", "clip", "group")

#: Choices that were fixed together with the endpoints; all others are those of `corrected`, and
#: key frames are selected as the endpoint says. With 6 folds one of the 6 persons is left out at a
#: time, and clips and key frames are divided into as many parts.
CHOICES: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "fight_surveillance": {"folds": 5, "repeats": 5, "neighbours": 1},
        "weizmann_silhouettes": {
            "folds": 6,
            "repeats": 5,
            "neighbours": 1,
            "silhouette": "given",
        },
    }
)

#: And so were these. The tests take the first draw of folds and are one-sided, for the claim that
#: leakage raises accuracy. ANN and LSTM have no test: 999 times their folds would take hours.
#: Holm's adjustment is over the secondary endpoints of one data set and selection.
PERMUTATIONS = 999
SEED = 0

#: What had been seen of the fight clips: 300 of them in 92 scenes, of which 182 are at hand.
SEEN_FRAMES = (
    "a first look at key frames of 300 fight clips (by frame, clip, scene): SVM .838, .689, .680; "
    "1-NN .831, .639, .639; MLP .783, .677, .677"
)
SEEN_CLIPS = (
    "a first look at 300 fight clips as samples (by clip, scene): SVM .764, .753; 1-NN .663, .645"
)
SEEN_PERSONS = (
    "a first look at 93 Weizmann sequences of 9 persons: leaving one person out was no worse than "
    "folds by sequence at random; key frames as samples had not been looked at"
)


@dataclass(frozen=True)
class Endpoint:
    """A difference between two rungs that was named before the study was run.

    Attributes
    ----------
    data : str
        A value of :data:`DATA`.
    selection : str
        How key frames are selected: ``ssim`` or ``uniform``.
    unit : {"key_frame", "clip"}
        What a sample is, on every rung.
    classifier : str
    upper, lower : str
        Of :data:`RUNGS`: the endpoint is accuracy on the first less accuracy on the second.
    role : {"primary", "secondary"}
    expected : {"above 0", "about 0"}
    prediction : str
        The same in words.
    seen : str
        What was known of it when it was written.
    """

    data: str
    selection: str
    unit: str
    classifier: str
    upper: str
    lower: str
    role: str
    expected: str
    prediction: str
    seen: str

    @property
    def id(self) -> str:
        """A name for it.

        Examples
        --------
        >>> ENDPOINTS[0].id
        'fight_surveillance, ssim: key_frame, SVM, key_frame - group'
        """
        return f"{self.data}, {self.selection}: {self.unit}, {self.classifier}, {self.contrast}"

    @property
    def contrast(self) -> str:
        """The two rungs."""
        return f"{self.upper} - {self.lower}"


_FRAMES_ALIKE = (
    "key frames of one clip are alike, so that folds at random over key frames give a higher "
    "accuracy than folds that hold whole {} back"
)
_CLIP_LEVEL = (
    "most of what folds over key frames add is within the clip: they give a higher accuracy than "
    "folds that hold whole clips back"
)
_NO_SCENE = "beyond the clip little more leaks: the difference between clips and {} is small"


def _named(data: str, selection: str, kind: str, seen_frames: str, seen: str) -> list[Endpoint]:
    """The same endpoints for each data set; which is primary is said below."""
    rows = [
        *(("key_frame", name, "key_frame", "group") for name in ("SVM", "kNN")),
        *(("key_frame", name, "key_frame", "clip") for name in ("SVM", "kNN")),
        *(("key_frame", name, "clip", "group") for name in ("SVM", "kNN")),
        *(("clip", name, "clip", "group") for name in ("SVM", "kNN")),
    ]
    words = {
        ("key_frame", "group"): ("above 0", _FRAMES_ALIKE.format(kind)),
        ("key_frame", "clip"): ("above 0", _CLIP_LEVEL),
        ("clip", "group"): ("about 0", _NO_SCENE.format(kind)),
    }
    return [
        Endpoint(
            data, selection, unit, name, upper, lower, "secondary", *words[upper, lower],
            seen_frames if unit == "key_frame" else seen,
        )
        for unit, name, upper, lower in rows
    ]  # fmt: skip


def _all() -> tuple[Endpoint, ...]:
    first, *fight = _named("fight_surveillance", "ssim", "scenes", SEEN_FRAMES, SEEN_CLIPS)
    primary = Endpoint(**{**vars(first), "role": "primary"})
    persons = [
        endpoint
        for selection in ("ssim", "uniform")
        for endpoint in _named(
            "weizmann_silhouettes", selection, "persons", SEEN_PERSONS, SEEN_PERSONS
        )
    ]
    return (primary, *fight, *persons)


#: The endpoints, the primary one first.
ENDPOINTS = _all()


def named(digest: str, config: Config, permutations: int, seed: int) -> tuple[Endpoint, ...]:
    """The endpoints of a data set, none where none were named for these clips and settings.

    Parameters
    ----------
    digest : str
        Of the data set.
    config : Config
    permutations, seed : int
        Of the run.

    Examples
    --------
    >>> named("other clips", Config(), 999, 0)
    ()
    """
    data, selection = DATA.get(digest), config.keyframes.selection
    if data is None or (permutations, seed) != (PERMUTATIONS, SEED):
        return ()
    if config != Config().replace(**CHOICES[data], keyframe_selection=selection):
        return ()
    return tuple(each for each in ENDPOINTS if (each.data, each.selection) == (data, selection))


def check_rung(rung: str) -> None:
    """Refuse what is no rung.

    Examples
    --------
    >>> check_rung("scene")
    Traceback (most recent call last):
    har_lib.errors.InputError: rung = 'scene' is not known: it must be one of training_data, \
key_frame, clip, group
    """
    if rung not in RUNGS:
        raise InputError(f"rung = {rung!r} is not known: it must be one of {', '.join(RUNGS)}")
