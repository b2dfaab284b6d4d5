"""Parameters of notebooks that are no choices of the paper, and the check of all together.

Nothing here imports more than the configuration, so that a wrong word is refused at once.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from har_lib.audit_printed import Printed
from har_lib.choice import DAMAGED_CLIPS, PROFILES
from har_lib.config import FIELDS, Config, Value, profile
from har_lib.errors import InputError, in_short

DATASETS = ("builtin", "ucf101", "kth", "folder")

#: Parameters that every notebook has beside the choices of its stage: default and help.
COMMON: dict[str, tuple[Value, str]] = {
    "dataset": ("builtin", "which data: builtin, ucf101, kth or folder"),
    "data_root": ("", "folder of the data; not needed for builtin"),
    "group_pattern": ("", "for folder: regular expression whose group is a clip's group"),
    "group_table": ("", "for folder: CSV or TSV with the columns file and group"),
    "damaged_clips": ("refuse", "damaged clips: refuse, skip or accept what can be decoded"),
    "output": ("", "folder for figures and results; empty means build"),
    "profile": (
        "corrected",
        "literal (as printed, as far as that can be computed), corrected or stable",
    ),
    "jobs": (2, "processes for extraction and folds"),
    "seed": (0, "seed of everything random"),
}

#: Parameters of the notebooks that look at one clip, beside the common ones.
EXAMPLE: dict[str, tuple[Value, str]] = {
    "action": ("", "action of the clip to look at; empty means the last in order"),
    "clip": (0, "number of that clip among those of its action, from 0"),
}

#: Parameters of the notebook that audits claims, which needs no data.
AUDIT: dict[str, tuple[Value, str]] = {
    "output": COMMON["output"],
    **{
        f"claimed_{name}": ("", f"{name} in percent, digits as printed; empty means the paper's")
        for name in ("accuracy", "precision", "recall")
    },
}

#: Parameters of the notebook that varies the choices itself.
MULTIVERSE: dict[str, tuple[Value, str]] = {
    **{name: shared for name, shared in COMMON.items() if name != "profile"},
    "universes": (16, "how many are run here, at least 1; multiples of 16 are balanced"),
}

#: All of them.
SHARED = COMMON | EXAMPLE | AUDIT | MULTIVERSE

#: The least that numbers among them may be, and the most.
LEAST = {"jobs": 1, "seed": 0, "clip": 0, "universes": 1}
MOST = {"jobs": 1024, "seed": 2**32 - 1}


def check_common(common: Mapping[str, Any]) -> None:
    """Refuse shared parameters that are of another type or out of range.

    Raises
    ------
    InputError
        Naming the first such parameter.

    Examples
    --------
    >>> check_common({"jobs": 0})
    Traceback (most recent call last):
    har_lib.errors.InputError: jobs = 0 is not allowed: it must be at least 1
    """
    for name, value in common.items():
        kind = type(SHARED[name][0])
        # type() and not isinstance(): True is an int.
        if type(value) is not kind:
            allowed = f"of type {kind.__name__}"
        elif name in LEAST and common[name] < LEAST[name]:
            allowed = f"at least {LEAST[name]}"
        elif name in MOST and common[name] > MOST[name]:
            allowed = f"at most {MOST[name]}"
        elif name == "profile" and value not in PROFILES:
            allowed = f"one of {', '.join(PROFILES)}"
        elif name == "damaged_clips" and value not in DAMAGED_CLIPS:
            allowed = f"one of {', '.join(DAMAGED_CLIPS)}"
        else:
            continue
        raise InputError(f"{name} = {in_short(value)} is not allowed: it must be {allowed}")


def settings(profile_name: str, given: Mapping[str, Any]) -> Config:
    """The configuration of a notebook: a profile, and the choices that were changed in it.

    A choice left at its ``corrected`` value follows the profile, so that a notebook can show
    plain values; every configuration can be reached from ``corrected``.

    Examples
    --------
    >>> settings("stable", {"grid_over": "bbox", "hidden_size": 8}).grid.over
    'frame'
    """
    changed = {
        name: value
        for name, value in given.items()
        if FIELDS[name].check(value) != FIELDS[name].profiles["corrected"]
    }
    return profile(profile_name, **changed)


def check(values: Mapping[str, Any]) -> None:
    """Refuse what a notebook would refuse of its parameters, before a kernel starts.

    Looked at are the suite's names, each by itself and together with the others; names that only
    one notebook knows pass.

    Raises
    ------
    InputError
        Naming the first parameter that is not allowed.

    Examples
    --------
    >>> check({"harris_k": 0.01, "clip": -1})
    Traceback (most recent call last):
    har_lib.errors.InputError: clip = -1 is not allowed: it must be at least 0
    >>> check({"minimum_keyframes": 30})
    Traceback (most recent call last):
    har_lib.errors.InputError: minimum_keyframes = 30 is not allowed: it must be at most ...
    """
    check_common({name: value for name, value in values.items() if name in SHARED})
    choices = {name: value for name, value in values.items() if name in FIELDS}
    settings(str(values.get("profile", "corrected")), choices)
    _check_data(str(values.get("dataset", "builtin")), str(values.get("data_root", "")))
    for name, value in values.items():
        if name.startswith("claimed_") and name in AUDIT and value:
            try:
                Printed(value)
            except InputError as error:
                raise InputError(f"{name} = {in_short(value)} is not allowed: {error}") from error


def _check_data(dataset: str, root: str) -> None:
    if dataset not in DATASETS:
        raise InputError(
            f"dataset = {in_short(dataset)} is not allowed: it must be one of {', '.join(DATASETS)}"
        )
    if dataset != "builtin" and not root:
        raise InputError(f"dataset = {dataset!r} needs data_root, the folder of its videos")
    if dataset != "builtin" and not Path(root).is_dir():
        raise InputError(f"data_root = {root!r} is no folder")


def parameter_cell(*sections: str, shared: Mapping[str, tuple[Value, str]] = COMMON) -> str:
    """Source of the ``parameters`` cell of a notebook that shows the named sections.

    ``shared`` are the parameters that are no choices, with default and help.

    Examples
    --------
    >>> parameter_cell("grid").splitlines()[-1].split("  #")[0]
    'empty_silhouette: str = "zeros"'
    """

    def line(name: str, value: Any, help: str) -> str:
        shown = f'"{value}"' if isinstance(value, str) else repr(value)
        return f"{name}: {type(value).__name__} = {shown}  # {help}"

    lines = [line(name, value, help) for name, (value, help) in shared.items()]
    for name, field in FIELDS.items():
        if field.section in sections:
            parts = [field.describe(), field.help, field.condition()]
            lines.append(line(name, field.default, "; ".join(filter(None, parts))))
    return "\n".join(lines)
