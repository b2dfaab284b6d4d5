"""What every notebook begins with: its parameters turned into a configuration, data and folders."""

import dataclasses
import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from har_lib import (
    audit_readings,
    datasets,
    executed,
    extraction,
    figures,
    files,
    left_out,
    markdown,
    store,
    verdicts,
    video,
)
from har_lib.audit_printed import Printed
from har_lib.common_parameters import COMMON, check_common, settings
from har_lib.config import FIELDS
from har_lib.datasets import Dataset, Record
from har_lib.errors import InputError, printable
from har_lib.extraction import Failure

#: Clips that a sentence about many of them names.
_NAMED = 3


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
        self._left_out: dict[Record, str] = {}
        self._flawed: dict[Record, str] = {}

    @cached_property
    def dataset(self) -> Dataset:
        """The clips."""
        names = ("data_root", "group_pattern", "group_table")
        root, pattern, table = (str(self.common[name]) for name in names)
        found = load_dataset(str(self.common["dataset"]), root, pattern, table)
        return found.limited(self.config.evaluation.classes)

    @cached_property
    def collection(self) -> extraction.Collection:
        """Features of all clips, from the store as far as it has them.

        Raises
        ------
        InputError
            If no clip of some class is left.
        """
        found = extraction.collect(
            self.dataset, self.config, jobs=self.jobs, damaged_clips=self._damaged_clips
        )
        self._note(found.failures, found.flagged)
        left_out.check_classes(self.dataset, found.failures)
        return found

    @cached_property
    def usable(self) -> Dataset:
        """The clips that may be used; those that are damaged and used say so.

        Raises
        ------
        InputError
            If no clip of some class is left.
        """
        done = extraction.extract(
            self.dataset, self.config, self.jobs, damaged_clips=self._damaged_clips
        )
        self._note(done.failures, done.flagged)
        left_out.check_classes(self.dataset, done.failures)
        return done.usable(self.dataset)

    def example(self, label: str = "", number: int = 0) -> Record:
        """A clip that may be used: the ``number``-th of an action, by default of the last in order.

        Raises
        ------
        Unusable
            If a clip of the action is damaged or cannot be read, and the policy is to refuse.
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
        looked = [(record, *self._look(record)) for record in own]
        failures = tuple((record, why) for record, _, why in looked if why)
        if failures and self._damaged_clips == "refuse":
            raise verdicts.Unusable(failures, len(own))
        records = [dataclasses.replace(each, flaw=flaw) for each, flaw, why in looked if not why]
        self._note(failures)
        if not records:
            raise InputError(f"no clip of {chosen} can be read: name another action")
        if not 0 <= number < len(records):
            raise InputError(
                f"clip = {number} is not allowed: {chosen} has clips 0 to {len(records) - 1}"
            )
        one = records[number]
        if one.flaw:
            self._note((), ((one, one.flaw),))
        return one

    def _look(self, record: Record) -> tuple[str, str]:
        """What is wrong with a clip that may be used, and why it may not; "" for neither."""
        try:
            flaw = verdicts.look(record.path)
            if flaw and self._damaged_clips != "accept":
                return "", f"{record.path}: {flaw}"
            store.frames_of(dataclasses.replace(record, flaw=flaw), self.config)
        except InputError as error:
            return "", str(error)
        return flaw, ""

    def in_colour(self, record: Record) -> np.ndarray:
        """Frames of a clip in colour, uint8 (T, H, W, 3), red first.

        Of a record with a flaw, what can be decoded.

        Raises
        ------
        VideoError
            If the clip cannot be read, or is cut short and has no flaw stated.
        """
        if not record.flaw:
            return video.read_color(record.path, start=record.start, stop=record.stop)
        frames, _ = video.collect(
            record.path, _red_first, None, record.start, record.stop, 2, math.inf, damaged=True
        )
        assert frames is not None
        return frames

    def _note(self, failures: Sequence[Failure], flagged: Sequence[Failure] = ()) -> None:
        """Remember clips that are left out or damaged and used; what is new is shown."""
        lists = (
            ("not used", failures, self._left_out),
            ("damaged and used", flagged, self._flawed),
        )
        for words, found, known in lists:
            new = [(record, why) for record, why in found if record not in known]
            for record, why in new[:_NAMED]:
                name = f"{record.label}, {record.path.name}"
                told = why.removeprefix(f"{record.path}: ")
                self.say(printable(f"{words}: {name}: {told}"))
            if len(new) > _NAMED:
                self.say(f"{words}: {len(new) - _NAMED} more clips")
            known.update(new)

    @property
    def origin(self) -> dict[str, Any]:
        """Where a figure or a result comes from, as plain values.

        The clips that were left out or used damaged are counted, of those looked at so far.
        """
        return {
            "notebook": self.notebook,
            "data": self.dataset.name,
            "data_digest": self.dataset.digest(),
            "profile": self.common["profile"],
            "seed": self.seed,
            "choices": self.config.flat(),
            **left_out.damage(self._damaged_clips, len(self._left_out), len(self._flawed)),
        }


def _red_first(frame: np.ndarray) -> np.ndarray:
    turned: np.ndarray = cv2.cvtColor(frame, cv2.COLOR_BGR2RGB)
    return turned
