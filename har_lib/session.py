"""What every notebook begins with: its parameters turned into a configuration, data and folders."""

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from har_lib import audit_readings, datasets, extraction, features, figures, files
from har_lib.audit_printed import Printed
from har_lib.config import FIELDS, PROFILES, Config, Value, profile
from har_lib.datasets import Dataset, Record
from har_lib.errors import InputError

#: Parameters that every notebook has beside the choices of its stage: default and help.
COMMON: dict[str, tuple[Value, str]] = {
    "dataset": ("builtin", "which data: builtin, ucf101, kth or folder"),
    "data_root": ("", "folder of the data; not needed for builtin"),
    "group_pattern": ("", "for folder: regular expression whose group is a clip's group"),
    "group_table": ("", "for folder: CSV or TSV with the columns file and group"),
    "output": ("", "folder for figures and results; empty means build"),
    "profile": (
        "corrected",
        "literal (as printed, as far as that can be computed), corrected or stable",
    ),
    "jobs": (2, "processes for extraction and folds"),
    "seed": (0, "seed of everything random"),
}

#: The least that numbers among them may be.
LEAST = {"jobs": 1, "seed": 0}
MOST = {"jobs": 1024, "seed": 2**32 - 1}

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


def check_common(common: Mapping[str, Any]) -> None:
    """Refuse common parameters that are of another type or out of range.

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
        kind = type(COMMON[name][0])
        # type() and not isinstance(): True is an int.
        if type(value) is not kind:
            allowed = f"of type {kind.__name__}"
        elif name in LEAST and common[name] < LEAST[name]:
            allowed = f"at least {LEAST[name]}"
        elif name in MOST and common[name] > MOST[name]:
            allowed = f"at most {MOST[name]}"
        elif name == "profile" and value not in PROFILES:
            allowed = f"one of {', '.join(PROFILES)}"
        else:
            continue
        raise InputError(f"{name} = {value!r} is not allowed: it must be {allowed}")


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


def load_dataset(
    name: str,
    data_root: str = "",
    group_pattern: str = "",
    group_table: str = "",
    progress: bool = False,
) -> Dataset:
    """The data set that the common parameters name; empty text means not given."""
    return datasets.load(
        name,
        root=Path(data_root) if data_root else None,
        pattern=group_pattern or None,
        groups=Path(group_table) if group_table else None,
        progress=progress,
    )


class Results(ABC):
    """Where a notebook's figures and results go, and what is written of their origin.

    Parameters
    ----------
    notebook : str
        Name of the notebook.
    output : str
        Folder for figures and results; "" means build.
    """

    def __init__(self, notebook: str, output: str) -> None:
        self.notebook = notebook
        self.output = Path(output or files.build_dir())

    @property
    @abstractmethod
    def origin(self) -> dict[str, Any]:
        """Where a figure or a result comes from, as plain values."""

    def save(self, figure: Figure, name: str, table: pd.DataFrame, alt: str) -> figures.Picture:
        """Write a figure under ``figures/`` of the output folder; gives what is shown of it."""
        figures.save(figure, self.output / "figures", name, table, self.origin, alt)
        return figures.Picture(figure, alt)

    def show(self, figure: Figure, alt: str) -> figures.Picture:
        """A figure that is shown and not kept, with words for those who cannot see it."""
        return figures.Picture(figure, alt)

    def record(self, **results: Any) -> None:
        """Write the notebook's results as JSON under ``results/`` of the output folder."""
        path = self.output / "results" / f"{self.notebook}.json"
        files.write_json(path, {**self.origin, **results})


class AuditSession(Results):
    """Claims to be audited and an output folder, from a notebook's parameters.

    Parameters
    ----------
    notebook : str
        Name of the notebook, under which its results are written.
    parameters : mapping
        The notebook's variables; those that are parameters are used.

    Raises
    ------
    InputError
        If a claim is no percentage.
    """

    def __init__(self, notebook: str, parameters: Mapping[str, Any]) -> None:
        super().__init__(notebook, str(parameters.get("output", "")))
        own = audit_readings.claim()
        given = {name: str(parameters.get(f"claimed_{name}", "")) for name in vars(own)}
        self.claimed = dataclasses.replace(
            own, **{name: Printed(text) for name, text in given.items() if text}
        )

    @property
    def origin(self) -> dict[str, Any]:
        """The claims that were audited."""
        claimed = {name: str(value) for name, value in vars(self.claimed).items()}
        return {"notebook": self.notebook, "claimed": claimed}


class Session(Results):
    """A notebook's configuration, data and output folder, from its parameters.

    Parameters
    ----------
    notebook : str
        Name of the notebook, under which its results are written.
    parameters : mapping
        The notebook's variables; those that are parameters are used.

    Raises
    ------
    InputError
        If a value is not allowed.
    """

    def __init__(self, notebook: str, parameters: Mapping[str, Any]) -> None:
        self.common = {name: parameters.get(name, value) for name, (value, _) in COMMON.items()}
        check_common(self.common)
        super().__init__(notebook, str(self.common["output"]))
        self.given = {name: parameters[name] for name in FIELDS if name in parameters}
        self.config = settings(str(self.common["profile"]), self.given)
        self.seed = int(self.common["seed"])
        self.jobs = int(self.common["jobs"])

    @cached_property
    def dataset(self) -> Dataset:
        """The clips."""
        names = ("data_root", "group_pattern", "group_table")
        root, pattern, table = (str(self.common[name]) for name in names)
        found = load_dataset(str(self.common["dataset"]), root, pattern, table)
        return found.limited(self.config.evaluation.classes)

    @cached_property
    def collection(self) -> extraction.Collection:
        """Features of all clips, from the store as far as it has them."""
        return extraction.collect(self.dataset, self.config, jobs=self.jobs)

    def example(self, label: str = "", number: int = 0) -> Record:
        """A readable clip: the ``number``-th of an action, by default of the last in order.

        Raises
        ------
        InputError
            If there is no such action or clip.
        """
        chosen = label or self.dataset.classes[-1]
        records = [record for record in self.dataset.records if record.label == chosen]
        if records:
            records = [record for record in records if self._readable(record)]
        else:
            raise InputError(
                f"action = {label!r} is not in the data: it must be one of "
                f"{', '.join(self.dataset.classes)}"
            )
        if not records:
            raise InputError(f"no clip of {chosen} can be read: name another action")
        if not 0 <= number < len(records):
            raise InputError(
                f"clip = {number} is not allowed: {chosen} has clips 0 to {len(records) - 1}"
            )
        return records[number]

    def _readable(self, record: Record) -> bool:
        try:
            features.read(record.path, self.config.video, record.start, record.stop)
        except InputError:
            return False
        return True

    @property
    def origin(self) -> dict[str, Any]:
        """Where a figure or a result comes from, as plain values."""
        return {
            "notebook": self.notebook,
            "data": self.dataset.name,
            "data_digest": self.dataset.digest(),
            "profile": self.common["profile"],
            "seed": self.seed,
            "choices": self.config.flat(),
        }
