"""What commands are told: parameters, data and folders, checked before anything is read."""

import argparse
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from har_lib.choice import DAMAGED_CLIPS
from har_lib.errors import InputError, in_short

DATASETS = ("builtin", "folder", "ucf101", "kth")


def add_parameters(parser: argparse.ArgumentParser) -> None:
    """Notebook parameters, one by one or from a file."""
    parser.add_argument(
        "-p",
        dest="given",
        metavar=("NAME", "VALUE"),
        nargs=2,
        action="append",
        default=[],
        help="set a notebook parameter (repeatable)",
    )
    parser.add_argument("--params", metavar="FILE", type=Path, help="YAML file of parameters")


def parameters(arguments: argparse.Namespace) -> dict[str, Any]:
    """Parameters of the YAML file, then those of ``-p`` over them."""
    values: dict[str, Any] = {}
    if arguments.params:
        from har_lib import plain_yaml

        try:
            loaded = plain_yaml.read(arguments.params)
        except OSError as error:
            message = f"cannot be read as YAML: {error.strerror}"
            raise InputError(f"{arguments.params} {message}") from error
        if not isinstance(loaded, dict) or not all(isinstance(name, str) for name in loaded):
            raise InputError(f"{arguments.params} must hold lines `name: value`")
        values.update(loaded)
    values.update({name: value.removeprefix("\0") for name, value in arguments.given})
    return values


def data_arguments(parser: argparse.ArgumentParser, output: bool = True) -> None:
    """Which data, how many processes, and, unless the command has its own, the output folder."""
    parser.add_argument("--dataset", choices=DATASETS, help="which videos (default: builtin)")
    parser.add_argument("--data-root", metavar="DIR", help="where the videos are")
    if output:
        parser.add_argument(
            "--output",
            metavar="DIR",
            type=Path,
            help="where results go (default: build/, for other data a folder in build/data/)",
        )
    parser.add_argument("--jobs", metavar="N", type=int, help="processes (default: 2)")
    parser.add_argument(
        "--damaged-clips",
        choices=DAMAGED_CLIPS,
        help="clips that are damaged or cannot be read: refuse (default; list them and end), skip "
        "(list them, go on without), accept (what can be decoded, flagged)",
    )
    add_parameters(parser)


def resolve(arguments: argparse.Namespace) -> dict[str, Any]:
    """Settle dataset, data root and output, each from its flag, else from the parameters.

    Parameters that stay at a notebook's own default are left out.
    """
    values = parameters(arguments)
    for name in ("dataset", "data_root", "output", "jobs", "damaged_clips"):
        flag = getattr(arguments, name)
        if flag is not None:
            values[name] = str(flag)
        if name == "data_root" and flag == "":
            raise InputError("--data-root is empty: name the folder of the videos")
    for name in ("dataset", "data_root", "output"):
        if not isinstance(values.get(name, ""), str):
            raise InputError(f"{name} = {in_short(values[name])} is not allowed: it must be text")
    dataset = values.get("dataset", "builtin")
    root = values.get("data_root") or None
    if dataset not in DATASETS:
        raise InputError(
            f"dataset = {in_short(dataset)} is not allowed: it must be {any_of(DATASETS)}"
        )
    if dataset == "builtin" and root:
        raise InputError("the built-in data has no data root; name a --dataset too")
    if dataset != "builtin":
        if not root:
            raise InputError(f"the dataset {dataset} needs --data-root, the folder of its videos")
        if not os.path.isdir(root):
            raise InputError(f"data_root = {in_short(root)} is not allowed: it is no folder")
        values["data_root"] = str(Path(root).resolve())
    arguments.dataset = dataset
    arguments.data_root = Path(values["data_root"]) if root else None
    if not values.get("output"):
        from har_lib.files import build_dir, digest_of

        folder = ""
        if root:
            # Two folders of one name are two data sets.
            place = Path(values["data_root"])
            folder = f"data/{place.name}-{digest_of(str(place))[:8]}"
        values["output"] = str(build_dir() / folder)
    arguments.output = Path(values["output"]).absolute()
    # Once, as the driver fills it in: a notebook without the parameter is not an error.
    del values["output"]
    return values


def any_of(names: Sequence[str]) -> str:
    """Say which names there are.

    Examples
    --------
    >>> any_of(["table", "yaml", "json"])
    'table, yaml or json'
    """
    return ", ".join(names[:-1]) + " or " + names[-1]


def settle(values: dict[str, Any]) -> dict[str, Any]:
    """Every parameter that the notebooks share, typed and checked, and the configuration.

    What is wrong is refused here, before data are read or a kernel starts.
    """
    from har_lib import common_parameters
    from har_lib.config import FIELDS
    from har_lib.notebook_parameters import Parameter, check_names

    offered = common_parameters.COMMON | common_parameters.EXAMPLE
    offered |= {name: (field.default, field.help) for name, field in FIELDS.items()}
    check_names(values, offered, "the suite")
    given = {
        name: Parameter(name, type(offered[name][0]).__name__, *offered[name]).typed(
            value, "the suite"
        )
        for name, value in values.items()
    }
    common = {name: given.get(name, value) for name, (value, _) in common_parameters.COMMON.items()}
    common_parameters.check_common(common)
    choices = {name: value for name, value in given.items() if name in FIELDS}
    for name, value in choices.items():
        profiles = FIELDS[name].profiles
        if value == profiles["corrected"] != profiles[str(common["profile"])]:
            raise InputError(
                f"{name} = {value!r} is the corrected value, which the profile "
                f"{common['profile']} replaces by {profiles[str(common['profile'])]!r}: start "
                "from the profile corrected and set the other choices one by one"
            )
    config = common_parameters.settings(str(common["profile"]), choices)
    official = config.evaluation.split.startswith("official")
    if official and common["dataset"] != "ucf101":
        raise InputError(
            f"split = {config.evaluation.split!r} is not allowed for {common['dataset']}: only "
            "ucf101 has official splits"
        )
    return {**common, "config": config}
