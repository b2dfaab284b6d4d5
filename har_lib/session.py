"""What every notebook begins with: its parameters turned into a configuration, data and folders."""

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from har_lib import (
    audit_readings,
    datasets,
    executed,
    extraction,
    figures,
    files,
    markdown,
    store,
    verdicts,
)
from har_lib.audit_printed import Printed
from har_lib.common_parameters import COMMON, check_common, settings
from har_lib.config import FIELDS
from har_lib.datasets import Dataset, Record
from har_lib.errors import InputError


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

    def table(self, table: pd.DataFrame, title: str = "", index: bool = True) -> None:
        """Show a table that may be wider than a page: its cells wrap, in plain text it does not."""
        title = title and f"{title}\n\n"
        _display(
            markdown.plain(title) + markdown.frame(table, index),
            title + table.to_string(index=index),
        )

    def say(self, sentence: str) -> None:
        """Show a sentence that is made from results, wrapped as the text around it."""
        _display(markdown.plain(sentence), sentence)

    def record(self, **results: Any) -> None:
        """Write the notebook's results as JSON under ``results/`` of the output folder.

        They are kept in the notebook itself too, see `har_lib.executed`.
        """
        found = {**self.origin, **results}
        files.write_json(self.output / "results" / f"{self.notebook}.json", found)
        executed.keep(found)


def _display(shown: str, plain: str) -> None:
    from IPython.display import display

    display({"text/markdown": shown, "text/plain": plain}, raw=True)


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
        self._damaged_clips = str(self.common["damaged_clips"])

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
        return extraction.collect(
            self.dataset, self.config, jobs=self.jobs, damaged_clips=self._damaged_clips
        )

    def example(self, label: str = "", number: int = 0) -> Record:
        """A clip that may be used: the ``number``-th of an action, by default of the last in order.

        Raises
        ------
        InputError
            If there is no such action or clip.
        """
        chosen = label or self.dataset.classes[-1]
        own = [record for record in self.dataset.records if record.label == chosen]
        if not own:
            raise InputError(
                f"action = {label!r} is not in the data: it must be one of "
                f"{', '.join(self.dataset.classes)}"
            )
        records = [found for record in own if (found := self._usable(record))]
        if not records:
            raise InputError(f"no clip of {chosen} can be read: name another action")
        if not 0 <= number < len(records):
            raise InputError(
                f"clip = {number} is not allowed: {chosen} has clips 0 to {len(records) - 1}"
            )
        return records[number]

    def _usable(self, record: Record) -> Record | None:
        """The record with what is wrong with it, or None if it must not be looked at."""
        try:
            record = dataclasses.replace(record, flaw=verdicts.look(record.path))
            if record.flaw and self._damaged_clips != "accept":
                return None
            store.frames_of(record, self.config)
        except InputError:
            return None
        return record

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
