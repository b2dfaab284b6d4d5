"""Commands about notebooks and choices."""

import argparse
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from har_lib import cli_data, cli_models
from har_lib.cli_parameters import (
    add_parameters,
    any_of,
    data_arguments,
    parameters,
    resolve,
    settle,
)
from har_lib.errors import InputError


def replicate_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``har replicate``."""
    data_arguments(parser)
    parser.add_argument(
        "--only", metavar="NOTEBOOK", action="append", help="run this one (repeatable)"
    )
    parser.add_argument(
        "--record", metavar="NAME", help="keep the results in results/recorded/NAME.json"
    )


def replicate(arguments: argparse.Namespace) -> None:
    """Run every notebook that is stale."""
    from har_lib import notebooks, record, replication_report
    from har_lib.replication_sources import Sources

    values = resolve(arguments)
    settings = settle(values)
    for name in arguments.only or []:
        notebooks.find(name)
    if arguments.record:
        record.check_name(arguments.record)
    prepared = cli_data.prepare(settings, arguments.output)
    dataset = prepared.dataset
    notebooks.replicate(
        values, arguments.output, only=arguments.only, dataset_digest=dataset.digest()
    )
    if arguments.only is None and arguments.dataset == "builtin":
        cli_models.leave_model(settings, prepared, arguments.output)
    sources = Sources(built=arguments.output / "results")
    if sources.audited:
        replication_report.write(arguments.output, sources)
    print(f"figures, results and executed notebooks are in {arguments.output}")
    if arguments.record:
        run = {
            "choices": settings["config"].flat(),
            "data_digest": dataset.digest(),
            **prepared.damage,
        }
        words = ["har", *arguments.words]
        print(f"recorded in {record.write(arguments.record, words, arguments.output, run)}")


def notebook_arguments(parser: argparse.ArgumentParser) -> None:
    """The notebook of a command, and a help that knows the parameters of that notebook."""
    parser.add_argument(
        "notebook", metavar="NOTEBOOK", nargs="?", help="number, name or path, such as 03"
    )
    parser.add_argument(
        "-h",
        "--help",
        action="store_true",
        help="show this, with a NOTEBOOK all its parameters too, and stop",
    )
    parser.set_defaults(help_text=parser.format_help)


def chosen_notebook(arguments: argparse.Namespace) -> Path | None:
    """The notebook that a command is for, or None when its help was asked for and is printed."""
    from har_lib import notebook_parameters, notebooks

    if not arguments.notebook and not arguments.help:
        names = ", ".join(path.stem for path in notebooks.NOTEBOOKS)
        raise InputError(f"name a notebook: {names}")
    path = notebooks.find(arguments.notebook) if arguments.notebook else None
    if not arguments.help:
        return path
    print(arguments.help_text().rstrip("\n"))
    if path:
        known = notebooks.parameters(path)
        width = shutil.get_terminal_size((80, 24)).columns
        print(f"\nparameters of {path.stem}, to be set by -p NAME VALUE:")
        print(notebook_parameters.table(known, min(width, 100)))
    return None


def run_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``har run``."""
    notebook_arguments(parser)
    parser.add_argument("--list", action="store_true", help="list its parameters and stop")
    parser.add_argument(
        "--output", metavar="DIR", type=Path, help="where results go (default: build/runs/NAME)"
    )
    add_parameters(parser)


def for_notebook(
    arguments: argparse.Namespace, notebook: str, known: Mapping[str, Any]
) -> dict[str, Any]:
    """Parameters of one notebook: from a file made for the whole suite, those that it has."""
    from har_lib.common_parameters import SHARED
    from har_lib.config import FIELDS

    values = parameters(arguments)
    explicit = {name for name, _ in arguments.given}
    suite = {*SHARED, *FIELDS} - explicit
    left_out = [name for name in values if name in suite and name not in known]
    if left_out:
        print(f"{notebook} does not use {', '.join(left_out)}", flush=True)
    return {name: value for name, value in values.items() if name not in left_out}


def run(arguments: argparse.Namespace) -> None:
    """Run one notebook, or list its parameters."""
    from har_lib import locks, notebooks
    from har_lib.files import build_dir

    path = chosen_notebook(arguments)
    if path is None:
        return
    known = notebooks.parameters(path)
    if arguments.list:
        for parameter in known.values():
            line = f"{parameter.name}: {parameter.type} = {parameter.default!r}"
            print(f"{line:<44} {parameter.help}")
        return
    # Not among the results of `replicate`, which would go stale unseen.
    output = (arguments.output or build_dir() / "runs" / path.stem).absolute()
    values = for_notebook(arguments, path.stem, known)
    if "output" in known:
        values.setdefault("output", str(output))
    with locks.alone(output):
        print(notebooks.execute(path, output / path.name, values))


def choices_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``har choices``."""
    parser.add_argument(
        "name", metavar="NAME", nargs="*", help="say all of these choices: question, words, reason"
    )
    parser.add_argument(
        "--profile", metavar="P", help="literal, corrected (default) or stable: whose values"
    )
    parser.add_argument(
        "--format",
        metavar="F",
        default="table",
        help="table (default), yaml or json (for --params and papermill -f), or flags",
    )
    add_parameters(parser)


def choices(arguments: argparse.Namespace) -> None:
    """List the choices that the paper leaves open."""
    from har_lib import listing
    from har_lib.config import FIELDS
    from har_lib.notebook_parameters import check_names

    if arguments.format not in listing.FORMS:
        raise InputError(
            f"--format {arguments.format!r} is not allowed: it must be {any_of([*listing.FORMS])}"
        )
    values = parameters(arguments)
    check_names(values, ["profile", *FIELDS], "the list of choices")
    if arguments.profile:
        values["profile"] = arguments.profile
    config = settle(values)["config"]
    if arguments.name:
        if arguments.format != "table":
            raise InputError("--format is for all choices: leave the names out")
        print(listing.of_names(arguments.name, config))
    else:
        print(listing.FORMS[arguments.format](config).rstrip("\n"))


def accept_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``har accept``."""
    parser.add_argument(
        "--only", metavar="NOTEBOOK", action="append", help="accept this one (repeatable)"
    )
    parser.add_argument(
        "--check",
        metavar="DIR",
        type=Path,
        help="change nothing: compare figures/ and results/ of this folder with the stored ones",
    )


def accept(arguments: argparse.Namespace) -> None:
    """Refresh what is stored, or say what differs."""
    from har_lib import accept, files, notebooks, pages, readme, replication_report
    from har_lib.files import ROOT, build_dir

    # What a run makes, and where git keeps it.
    folders = (("figures", "figures"), ("results", "results/builtin"))
    if arguments.check:
        changes = [
            f"{stored}: {change}"
            for built, stored in folders
            for change in accept.file_differences(arguments.check / built, ROOT / stored)
        ]
        if changes:
            print("\n".join(changes))
            raise InputError("the stored files differ from this run: see them, then har accept")
        print("figures and results are those that are stored")
        return
    paths = [notebooks.find(name) for name in arguments.only or []]
    accept.accept(paths or None)
    if paths:  # the folders belong to all notebooks together
        return
    # Figures and results come from a whole run on built-in data, default parameters.
    output = build_dir()
    dataset = cli_data.prepare(settle({}), output).dataset
    notebooks.replicate({}, output, dataset_digest=dataset.digest())
    for built, stored in folders:
        for change in accept.accept_files(output / built, ROOT / stored):
            print(f"{stored}: {change}")
    stands = readme.README.read_text(encoding="utf-8")
    if (text := readme.refreshed(stands)) != stands:
        files.write_text(readme.README, text)
        print("README.md: changed")
    if replication_report.refresh():
        print("REPLICATION.md: changed")
    for path in pages.write(pages.FOLDER):
        print(f"docs: changed {path.name}")
