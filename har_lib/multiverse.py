"""The multiverse: defensible readings of the paper by the hundred, each run, none preferred.

:func:`study` runs everything: the universes, some of them again with other seeds for the noise,
and the best ones on groups that nothing was chosen on. :func:`sample` runs a few in seconds.
What they give is a :class:`Study`, which can be written and read; `har_lib.multiverse_report`
says what it means. Steegen et al. 2016, https://doi.org/10.1177/1745691616658637.
"""

import dataclasses
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from har_lib import files, record
from har_lib import multiverse_report as report
from har_lib import multiverse_run as runs
from har_lib.datasets import Dataset
from har_lib.errors import InputError, read_as
from har_lib.multiverse_axes import AXES, HELD, QUICK_AXES, STRICT, Axis
from har_lib.multiverse_design import Universe, design
from har_lib.multiverse_run import Protocol, Task, strictly

#: Sizes of the full study.
UNIVERSES, NOISE_UNIVERSES, TOP, CONTROLS = 512, 100, 5, 10

#: One run of the splits that take clips as a whole: seconds.
QUICK = Protocol(repeats=1, splits=("groups", "resubstitution"), beside=())


@dataclass(frozen=True)
class Study:
    """A multiverse that was run. Tables have a row a universe, by its number in the design.

    Attributes
    ----------
    about : mapping
        Data, design, protocol and axes, as plain values.
    levels : DataFrame
        Level of each axis as text; missing where the axis has no effect in that universe.
    accuracy : DataFrame
        A column for each way to report.
    by_group, by_run, beside : DataFrame
        Strict accuracy of each group, of each run, and of other methods.
    equal_to : mapping
        Universe -> the earlier one that classifies the same numbers by the same settings. It is
        in no other table.
    same_answers : tuple of tuple of int
        Other universes all of whose answers are the same.
    failures : mapping
        Universe -> why it has no result.
    again : DataFrame
        ``first`` and ``again``: strict accuracy of universes that were run twice.
    reruns : DataFrame
        As :func:`har_lib.multiverse_report.shrinkage` takes it; empty if nothing was run again.
    not_again : sequence of tuple
        Runs again that have no result, and so are in neither table: what they were for, number of
        the universe, and why.
    """

    about: Mapping[str, Any]
    levels: pd.DataFrame
    accuracy: pd.DataFrame
    by_group: pd.DataFrame
    by_run: pd.DataFrame
    beside: pd.DataFrame
    equal_to: Mapping[int, int]
    same_answers: tuple[tuple[int, ...], ...]
    failures: Mapping[int, str]
    again: pd.DataFrame
    reruns: pd.DataFrame
    not_again: Sequence[tuple[str, int, str]] = ()

    @property
    def strict(self) -> pd.Series:
        """Accuracy of each universe: groups apart, plain, mean of the runs."""
        return self.accuracy[STRICT.name]

    @property
    def noise(self) -> float:
        """Variance of :attr:`strict` that seeds alone give."""
        return report.noise_variance(self.again["first"], self.again["again"])

    def summary(self) -> str:
        """Two printable lines, and one more where runs again failed."""
        strict = self.strict
        more = f"\n{len(self.not_again)} runs again have no result" if self.not_again else ""
        return (
            f"{len(strict)} universes counted, {len(self.equal_to)} equal to another, "
            f"{len(self.failures)} without a result\n"
            f"strict accuracy from {100 * strict.min():.1f} to {100 * strict.max():.1f} %, median "
            f"{100 * strict.median():.1f} %{more}"
        )


def halves(dataset: Dataset) -> tuple[Dataset, Dataset]:
    """The clips on which universes are run, and those of other groups for the best of them.

    Groups in order: the first half, and the rest.

    Raises
    ------
    InputError
        If there are fewer than four groups.
    """
    groups = sorted(set(dataset.groups.tolist()))
    if len(groups) < 4:
        raise InputError(
            f"the multiverse needs clips of at least 4 groups, not {len(groups)}: half are kept "
            "for the universes that do best"
        )
    first = set(groups[: len(groups) // 2])

    def part(mine: bool) -> Dataset:
        kept = tuple(each for each in dataset.records if (each.group in first) == mine)
        return dataclasses.replace(dataset, records=kept)

    return part(True), part(False)


def sample(
    dataset: Dataset,
    folder: Path,
    n: int = 16,
    seed: int = 0,
    jobs: int = 2,
    progress: bool = False,
) -> Study:
    """A few universes in seconds, one run each; a look at how it works, and no evidence.

    Everything that is computed of the pixels stays at its default. Nothing is run again.
    """
    universes = design(n, seed, QUICK_AXES)
    protocol = dataclasses.replace(QUICK, seed=seed)
    return _study(dataset, universes, QUICK_AXES, protocol, folder, jobs, progress)


def study(
    dataset: Dataset,
    folder: Path,
    n: int = UNIVERSES,
    seed: int = 0,
    jobs: int = 2,
    progress: bool = False,
    *,
    noise: int = NOISE_UNIVERSES,
    top: int = TOP,
    controls: int = CONTROLS,
    protocol: Protocol | None = None,
    axes: Sequence[Axis] = AXES,
    scheduler: str = "",
) -> Study:
    """Run a multiverse; what is finished in the folder is not run again.

    Parameters
    ----------
    dataset : Dataset
    folder : Path
        Where each finished universe is kept.
    n : int
        Universes; the first of a longer study are those of a shorter one.
    seed : int
        Of the design and of all that is drawn.
    jobs : int
        Processes; the result does not depend on it.
    progress : bool
        Show bars with the time that is left.
    noise : int
        Universes, the first ones, that are run twice with other seeds.
    top, controls : int
        How many of the best universes are run with other seeds and on other groups, and how many
        others, the first ones of the design that are not among them.
    protocol : Protocol, optional
    axes : sequence of Axis
    scheduler : str
        Address of a Dask scheduler whose workers take the place of the processes.
    """
    protocol = dataclasses.replace(protocol or Protocol(), seed=seed)
    return _study(
        dataset, design(n, seed, axes), axes, protocol, folder, jobs, progress,
        noise=noise, top=top, controls=controls, scheduler=scheduler,
    )  # fmt: skip


def _study(
    dataset: Dataset,
    universes: list[Universe],
    axes: Sequence[Axis],
    protocol: Protocol,
    folder: Path,
    jobs: int,
    progress: bool,
    noise: int = 0,
    top: int = 0,
    controls: int = 0,
    scheduler: str = "",
) -> Study:
    here, elsewhere = halves(dataset)

    def run(tasks: list[Task], name: str) -> list[dict[str, Any]]:
        words = name if progress else ""
        runs.prepare(tasks, jobs, f"features of {name}" if progress else "", scheduler=scheduler)
        return runs.run(tasks, folder, jobs, words, scheduler=scheduler)

    rows = run([Task(universe, here, protocol) for universe in universes], "universes")
    done = {u.number: row for u, row in zip(universes, rows, strict=True) if not row["failure"]}
    failures = {
        u.number: r["failure"] for u, r in zip(universes, rows, strict=True) if r["failure"]
    }
    if not done:
        raise InputError(f"no universe has a result; the first: {next(iter(failures.values()))}")
    equal_to = _equals(done, "content")
    counted = {number: row for number, row in done.items() if number not in equal_to}
    strict = pd.Series({number: row["accuracy"][STRICT.name] for number, row in counted.items()})
    by_number = {universe.number: universe for universe in universes}
    plain = strictly(protocol)
    not_again: list[tuple[str, int, str]] = []

    def again(numbers: Sequence[int], where: Dataset, name: str) -> dict[int, float]:
        """Strict accuracy of a second run, or of the first one on other clips."""
        time = 1 if where is here else 0
        tasks = [Task(by_number[number], where, plain, time) for number in numbers]
        found = list(zip(numbers, run(tasks, name), strict=True))
        not_again.extend((name, number, row["failure"]) for number, row in found if row["failure"])
        return {number: row["accuracy"][STRICT.name] for number, row in found if not row["failure"]}

    twice = again(list(counted)[:noise], here, "second runs")
    chosen = report.best(strict, top)
    others = [number for number in counted if number not in chosen][:controls]
    numbers = [*chosen, *others]
    seeds = again(numbers, here, "best universes, other seeds")
    groups = again(numbers, elsewhere, "best universes, other groups")
    reruns = {
        number: {
            "chosen": number in chosen,
            "first": strict[number],
            "seeds": seeds[number],
            "groups": groups[number],
        }
        for number in numbers
        if number in seeds and number in groups
    }
    return Study(
        about=_about(dataset, here, elsewhere, len(universes), axes, protocol),
        levels=_levels({n: by_number[n] for n in counted}, axes),
        accuracy=_table(counted, "accuracy"),
        by_group=_table(counted, "by_group"),
        by_run=_table(counted, "by_run"),
        beside=_table(counted, "beside"),
        equal_to=equal_to,
        same_answers=tuple(g for g in _groups(counted, "predictions") if len(g) > 1),
        failures=failures,
        again=pd.DataFrame(
            {"first": strict.reindex(list(twice)), "again": pd.Series(twice, dtype=float)}
        ),
        reruns=pd.DataFrame.from_dict(
            reruns, orient="index", columns=["chosen", "first", "seeds", "groups"]
        ),
        not_again=not_again,
    )


def _groups(rows: Mapping[int, Mapping[str, Any]], key: str) -> list[tuple[int, ...]]:
    """Universes that have the same value of a key, in order."""
    found: dict[Any, list[int]] = {}
    for number, row in rows.items():
        found.setdefault(row[key], []).append(number)
    return [tuple(numbers) for numbers in found.values()]


def _equals(rows: Mapping[int, Mapping[str, Any]], key: str) -> dict[int, int]:
    return {other: first for first, *others in _groups(rows, key) for other in others}


def _levels(universes: Mapping[int, Universe], axes: Sequence[Axis]) -> pd.DataFrame:
    rows = {number: universe.levels(axes) for number, universe in universes.items()}
    return _typed(pd.DataFrame.from_dict(rows, orient="index").reindex(list(rows)), axes_of(axes))


def axes_of(axes: Sequence[Axis]) -> dict[str, list[Any]]:
    """Axis -> its levels, as JSON holds them."""
    return {axis.name: list(axis.levels) for axis in axes}


def _typed(table: pd.DataFrame, levels: Mapping[str, Sequence[Any]]) -> pd.DataFrame:
    """Levels as text, in the order of the axis."""
    typed = {
        name: pd.Categorical(
            [None if pd.isna(value) else _text(value) for value in table[name]],
            categories=[_text(value) for value in values],
        )
        for name, values in levels.items()
    }
    return pd.DataFrame(typed, index=table.index)


def _text(value: Any) -> str:
    """A level as text, the same whether a column of a table made 10 of it or 10.0.

    Examples
    --------
    >>> _text(10.0), _text(0.25), _text(True), _text("mog2")
    ('10', '0.25', 'True', 'mog2')
    """
    if isinstance(value, str | bool | np.bool_):
        return str(value)
    return f"{value:g}"


def _table(rows: Mapping[int, Mapping[str, Any]], key: str) -> pd.DataFrame:
    parts = {number: row[key] for number, row in rows.items()}
    named = {n: v if isinstance(v, dict) else dict(enumerate(v)) for n, v in parts.items()}
    return pd.DataFrame.from_dict(named, orient="index").reindex(list(rows))


def _about(
    dataset: Dataset,
    here: Dataset,
    elsewhere: Dataset,
    rows: int,
    axes: Sequence[Axis],
    protocol: Protocol,
) -> dict[str, Any]:
    def names(part: Dataset) -> list[str]:
        return sorted(set(part.groups.tolist()))

    return {
        "data": dataset.name,
        "data_digest": dataset.digest(),
        "clips": len(here),
        "largest_class": max(Counter(here.labels.tolist()).values()) / len(here),
        "groups": names(here),
        "groups_held_out": names(elsewhere),
        "design": {"kind": "Latin hypercube in slices of 16", "rows": rows, "seed": protocol.seed},
        "protocol": json.loads(json.dumps(dataclasses.asdict(protocol))),
        "held": dict(HELD),
        "axes": {
            axis.name: {
                "question": axis.field.question,
                "levels": list(axis.levels),
                "left_out": {_text(level): why for level, why in axis.left_out.items()},
            }
            for axis in axes
        },
    }


# ---------------------------------------------------------------- on disk


def path_of(name: str, folder: Path | None = None) -> Path:
    """File of a recorded study."""
    return (folder or record.FOLDER) / f"multiverse_{name}.json"


def as_json(found: Study) -> dict[str, Any]:
    """The study as JSON holds it, in columns; levels by their places, accuracies in 1e-5."""

    def whole(table: pd.DataFrame) -> dict[str, list[int | None]]:
        return {
            str(name): [None if pd.isna(x) else round(x * 1e5) for x in column]
            for name, column in table.items()
        }

    return {
        **found.about,
        "universes": [int(number) for number in found.levels.index],
        "levels": {name: [int(x) for x in found.levels[name].cat.codes] for name in found.levels},
        **{
            name: whole(getattr(found, name))
            for name in ("accuracy", "by_group", "by_run", "beside")
        },
        "equal_to": {str(number): other for number, other in found.equal_to.items()},
        "same_answers": [list(group) for group in found.same_answers],
        "failures": {str(number): why for number, why in found.failures.items()},
        "again": {"universes": [int(n) for n in found.again.index], **whole(found.again)},
        "reruns": {
            "universes": [int(n) for n in found.reruns.index],
            "chosen": [bool(x) for x in found.reruns.chosen],
            **whole(found.reruns.drop(columns="chosen")),
        },
        # Only where there is something to list: other studies are written as before.
        **({"not_again": [list(each) for each in found.not_again]} if found.not_again else {}),
    }


def from_json(kept: Mapping[str, Any]) -> Study:
    """What :func:`as_json` gave."""
    tables = ("levels", "accuracy", "by_group", "by_run", "beside", "again", "reruns")
    lists = (
        "universes",
        "equal_to",
        "same_answers",
        "failures",
        "command",
        "source_digest",
        "not_again",
    )
    about = {name: value for name, value in kept.items() if name not in (*tables, *lists)}
    index = kept["universes"]

    def table(columns: Mapping[str, Any], rows: Sequence[int]) -> pd.DataFrame:
        parts = {name: np.array(x, dtype=float) / 1e5 for name, x in columns.items()}
        return pd.DataFrame(parts, index=list(rows))

    levels = {
        name: pd.Categorical.from_codes(
            kept["levels"][name], [_text(level) for level in axis["levels"]]
        )
        for name, axis in kept["axes"].items()
    }
    again, reruns = dict(kept["again"]), dict(kept["reruns"])
    numbers, mask = reruns.pop("universes"), reruns.pop("chosen")
    rerun = table(reruns, numbers)
    rerun.insert(0, "chosen", np.array(mask, dtype=bool))
    runs_again = again.pop("universes")
    by_run = table(kept["by_run"], index)
    return Study(
        about=about,
        levels=pd.DataFrame(levels, index=index),
        accuracy=table(kept["accuracy"], index),
        by_group=table(kept["by_group"], index),
        by_run=by_run.rename(columns=int),
        beside=table(kept["beside"], index),
        equal_to={int(number): other for number, other in kept["equal_to"].items()},
        same_answers=tuple(tuple(group) for group in kept["same_answers"]),
        failures={int(number): why for number, why in kept["failures"].items()},
        again=table(again, runs_again),
        reruns=rerun,
        not_again=[(str(name), int(n), str(why)) for name, n, why in kept.get("not_again", [])],
    )


def write(found: Study, path: Path, words: Sequence[str]) -> None:
    """Write a study, a line for each part, so that the file stays small.

    ``words`` is the command line that made it; folders are left out of it.
    """
    kept = {**record.about(words, record.computed_by("multiverse_run")), **as_json(found)}
    lines = [f" {json.dumps(key)}: {json.dumps(value)}" for key, value in kept.items()]
    files.write_text(path, "{\n" + ",\n".join(lines) + "\n}\n")


def recorded(name: str = "builtin", folder: Path | None = None) -> Study:
    """Read a recorded study.

    Raises
    ------
    InputError
        If there is none.
    """
    path = path_of(name, folder)
    try:
        with read_as("a recorded multiverse", path, f"make it with har multiverse --record {name}"):
            return from_json(files.read_json(path))
    except FileNotFoundError:
        raise InputError(
            f"{path.name} is missing: make it with har multiverse --record {name}"
        ) from None
