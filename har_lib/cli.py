"""The command line: ``har VERB``, the same as ``python -m har_lib VERB``.

A verb imports what it needs when it runs, so that ``har --help`` answers at once.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from har_lib.errors import InputError

DATASETS = ("builtin", "folder", "ucf101", "kth")


def _add_parameters(parser: argparse.ArgumentParser) -> None:
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


def _parameters(arguments: argparse.Namespace) -> dict[str, Any]:
    """Parameters of the YAML file, then those of ``-p`` over them."""
    values: dict[str, Any] = {}
    if arguments.params:
        import yaml

        try:
            loaded = yaml.safe_load(arguments.params.read_text(encoding="utf-8"))
        except (OSError, ValueError, yaml.YAMLError) as error:
            message = " ".join(str(error).split())
            raise InputError(f"{arguments.params} cannot be read as YAML: {message}") from error
        if not isinstance(loaded, dict) or not all(isinstance(name, str) for name in loaded):
            raise InputError(f"{arguments.params} must hold lines `name: value`")
        values.update(loaded)
    values.update({name: value.removeprefix("\0") for name, value in arguments.given})
    return values


def _replicate_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--dataset", choices=DATASETS, help="which videos (default: builtin)")
    parser.add_argument("--data-root", metavar="DIR", type=Path, help="where the videos are")
    parser.add_argument("--output", metavar="DIR", type=Path, help="where results go")
    parser.add_argument(
        "--only", metavar="NOTEBOOK", action="append", help="run this one (repeatable)"
    )
    _add_parameters(parser)


def _resolve(arguments: argparse.Namespace) -> dict[str, Any]:
    """Settle dataset, data root and output, each from its flag, else from the parameters.

    Parameters that stay at a notebook's own default are left out.
    """
    values = _parameters(arguments)
    for name in ("dataset", "data_root", "output"):
        flag = getattr(arguments, name)
        if flag is not None:
            values[name] = str(flag)
    dataset = values.get("dataset", "builtin")
    root = values.get("data_root") or None
    if dataset not in DATASETS:
        raise InputError(f"dataset = {dataset!r} is not allowed: it must be {_any_of(DATASETS)}")
    if dataset == "builtin" and root:
        raise InputError("the built-in data has no data root; name a --dataset too")
    if dataset != "builtin":
        if not root:
            raise InputError(f"the dataset {dataset} needs --data-root, the folder of its videos")
        if not Path(root).is_dir():
            raise InputError(f"the data root {root} is no folder")
        values["data_root"] = str(Path(root).resolve())
    arguments.dataset = dataset
    arguments.data_root = Path(values["data_root"]) if root else None
    if not values.get("output"):
        from har_lib.files import build_dir

        values["output"] = str(build_dir() / (arguments.data_root.name if root else ""))
    arguments.output = Path(values["output"]).absolute()
    # Once, as the driver fills it in: a notebook without the parameter is not an error.
    del values["output"]
    return values


def _any_of(names: Sequence[str]) -> str:
    return ", ".join(names[:-1]) + " or " + names[-1]


def _prepare(arguments: argparse.Namespace) -> str:
    """Make or check the data and its features before the notebooks; return the data's digest.

    TO BE FILLED IN: ``har_lib.datasets.load`` and ``har_lib.store.prepare`` on
    ``arguments.dataset`` and ``arguments.data_root``. Until then nothing is prepared, each
    notebook makes what it needs, and a change in the data does not make a notebook stale.
    """
    return ""


def _replicate(arguments: argparse.Namespace) -> None:
    from har_lib.notebooks import replicate

    values = _resolve(arguments)
    replicate(values, arguments.output, only=arguments.only, dataset_digest=_prepare(arguments))


def _run_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("notebook", metavar="NOTEBOOK", help="number, name or path, such as 03")
    parser.add_argument("--list", action="store_true", help="list its parameters and stop")
    parser.add_argument(
        "--output", metavar="DIR", type=Path, help="where results go (default: build/runs/NAME)"
    )
    _add_parameters(parser)


def _run(arguments: argparse.Namespace) -> None:
    from har_lib import notebooks
    from har_lib.files import build_dir

    path = notebooks.find(arguments.notebook)
    known = notebooks.parameters(path)
    if arguments.list:
        for parameter in known.values():
            line = f"{parameter.name}: {parameter.type} = {parameter.default!r}"
            print(f"{line:<44} {parameter.help}")
        return
    # Not among the results of `replicate`, which would go stale unseen.
    output = (arguments.output or build_dir() / "runs" / path.stem).absolute()
    values = _parameters(arguments)
    if "output" in known:
        values.setdefault("output", str(output))
    print(notebooks.execute(path, output / path.name, values))


def _accept_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--only", metavar="NOTEBOOK", action="append", help="accept this one (repeatable)"
    )


def _accept(arguments: argparse.Namespace) -> None:
    from har_lib import accept, notebooks
    from har_lib.files import ROOT, build_dir

    paths = [notebooks.find(name) for name in arguments.only or []]
    accept.accept(paths or None)
    if paths:  # the folders belong to all notebooks together
        return
    # Figures and results come from a whole run on built-in data, default parameters.
    arguments.dataset, arguments.data_root, arguments.output = "builtin", None, build_dir()
    notebooks.replicate({}, arguments.output, dataset_digest=_prepare(arguments))
    for built, stored in (("figures", "figures"), ("results", "results/builtin")):
        for change in accept.accept_files(build_dir() / built, ROOT / stored):
            print(f"{stored}: {change}")


@dataclass(frozen=True)
class Verb:
    """One word of the command line: its help, its arguments and what it does."""

    help: str
    arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], None]


#: Every verb. To add one, write its two functions and name them here.
VERBS: dict[str, Verb] = {
    "replicate": Verb(
        "run every notebook that is stale, into build/", _replicate_arguments, _replicate
    ),
    "run": Verb("run one notebook with other parameters", _run_arguments, _run),
    "accept": Verb(
        "refresh stored outputs, figures and results where they differ",
        _accept_arguments,
        _accept,
    ),
}


def build_parser() -> argparse.ArgumentParser:
    """Build the parser of the whole command line from VERBS."""
    parser = argparse.ArgumentParser(
        prog="har", description="Replication suite of an adaptive-LSTM action recognition paper."
    )
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    for name, verb in VERBS.items():
        verb.arguments(verbs.add_parser(name, help=verb.help, description=verb.help.capitalize()))
    return parser


def _shield(words: Sequence[str]) -> list[str]:
    r"""Mark each value of ``-p NAME VALUE``, or argparse takes ``-1e-3`` for an option.

    Examples
    --------
    >>> _shield(["run", "03", "-p", "k", "-1e-3"])[-1]
    '\x00-1e-3'
    """
    shielded = list(words)
    for index, word in enumerate(words):
        if word == "-p" and index + 2 < len(words):
            shielded[index + 2] = "\0" + words[index + 2]
    return shielded


def main(words: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    words : sequence of str, optional
        The command line without the program's name; ``sys.argv`` by default.

    Returns
    -------
    int
        0; 2 for input that cannot be used, after one line on stderr; 130 when interrupted.
    """
    arguments = build_parser().parse_args(_shield(sys.argv[1:] if words is None else words))
    try:
        VERBS[arguments.verb].run(arguments)
    except InputError as error:
        print(f"har: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("har: interrupted", file=sys.stderr)
        return 130
    return 0
