"""Commands about data, their features and the store."""

import argparse
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from har_lib.cli_parameters import data_arguments, parameters, resolve, settle
from har_lib.errors import InputError, printable

if TYPE_CHECKING:
    from har_lib.datasets import Dataset
    from har_lib.extraction import Extraction, Failure

    Note = Callable[..., None]


def load(settings: dict[str, Any]) -> "Dataset":
    """List the data, make them if they are the built-in ones, and say what they are."""
    from har_lib import session

    names = ("data_root", "group_pattern", "group_table")
    dataset = session.load_dataset(
        settings["dataset"], **{name: settings[name] for name in names}, progress=True
    ).limited(settings["config"].evaluation.classes)
    print(dataset.summary(), flush=True)
    return dataset


@dataclass(frozen=True)
class Prepared:
    """The clips that are to be used, and what results say of the others; see `left_out.damage`."""

    dataset: "Dataset"
    damage: dict[str, str | int]


def prepare(settings: dict[str, Any], output: Path) -> Prepared:
    """Make the data and all features, for numbers that are to be reported.

    Raises
    ------
    InputError
        If no clip of some class is left.
    """
    from har_lib import left_out

    dataset, done = _make(settings, output)
    left_out.check_classes(dataset, done.failures)
    policy = settings["damaged_clips"]
    told = left_out.damage(policy, len(done.failures), len(done.flagged))
    return Prepared(done.usable(dataset), told)


def _make(
    settings: dict[str, Any], output: Path, scheduler: str = "", verify: bool = False
) -> "tuple[Dataset, Extraction]":
    """Make the data and all features; what is wrong with clips is listed."""
    from har_lib import extraction

    dataset = load(settings)
    with listing(dataset, output / "failures.csv") as note:
        done = extraction.extract(
            dataset,
            settings["config"],
            settings["jobs"],
            progress=True,
            scheduler=scheduler,
            verify=verify,
            damaged_clips=settings["damaged_clips"],
        )
        note(done.failures, done.flagged)
    print(done.summary(), flush=True)
    return dataset, done


@contextmanager
def listing(dataset: "Dataset", table: Path) -> "Iterator[Note]":
    """Write the clips in which something is wrong, also if they end the command.

    The list of an earlier run goes.
    """
    from har_lib import extraction, verdicts

    def note(failures: "Sequence[Failure]", flagged: "Sequence[Failure]" = ()) -> None:
        if not failures and not flagged:
            return
        extraction.write_failures(failures, table, flagged)
        for _, reason in failures:
            print(printable(f"not used: {reason}"))
        for record, flaw in flagged:
            print(printable(f"damaged and used: {record.path}: {flaw}"))
        counts = [f"{len(failures)} of {len(dataset)} clips not used"] * bool(failures)
        counts += [f"{len(flagged)} damaged and used"] * bool(flagged)
        print(f"{', '.join(counts)}, listed in {table}", flush=True)

    table.unlink(missing_ok=True)
    try:
        yield note
    except verdicts.Unusable as error:
        note(error.failures)
        raise


def _named_data(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "data", metavar="DATA", nargs="?", help="folder of the videos, in place of --data-root"
    )
    parser.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        default="",
        help="a Dask scheduler, such as tcp://10.0.0.1:8786, whose workers do the work",
    )


def take_named_data(arguments: argparse.Namespace) -> None:
    """Take DATA for the data root, and say which data set it is unless that is given."""
    from har_lib import datasets

    if arguments.data is None:
        return
    if arguments.data_root is not None:
        raise InputError("DATA and --data-root are both given: name the folder once")
    arguments.data_root = arguments.data
    if arguments.dataset is None and "dataset" not in parameters(arguments):
        if not arguments.data or not Path(arguments.data).is_dir():
            raise InputError(f"{arguments.data!r} is no folder: name the folder of the videos")
        arguments.dataset = datasets.recognised(arguments.data)
        print(f"{arguments.data}: taken as {arguments.dataset} (--dataset says otherwise)")


def extract_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``har extract``."""
    _named_data(parser)
    parser.add_argument(
        "--verify",
        action="store_true",
        help="read every clip and all that is stored of it; make anew what is damaged or differs",
    )
    data_arguments(parser)


def extract(arguments: argparse.Namespace) -> None:
    """Make the features that the store lacks."""
    take_named_data(arguments)
    settings = settle(resolve(arguments))
    _make(settings, arguments.output, arguments.scheduler, arguments.verify)


def export_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``har export``."""
    _named_data(parser)
    data_arguments(parser, output=False)
    parser.add_argument(
        "--output",
        dest="table",
        metavar="FILE",
        type=Path,
        help="where to (default: features.csv in build/, for other data in build/data/)",
    )
    parser.set_defaults(output=None)


def export(arguments: argparse.Namespace) -> None:
    """Write the features as CSV, one row a key frame; what is missing is made first."""
    from har_lib import export, extraction, files

    if arguments.table and arguments.table.suffix.lower() != ".csv":
        raise InputError(
            f"--output {arguments.table} is not allowed: name a file that ends in .csv"
        )
    take_named_data(arguments)
    settings = settle(resolve(arguments))
    config = settings["config"]
    table = arguments.table or arguments.output / "features.csv"
    files.check_target(table)
    dataset = load(settings)
    # Beside the table and named after it, so that no other list is touched.
    with listing(dataset, table.with_name(f"{table.stem}.failures.csv")) as note:
        collection = extraction.collect(
            dataset,
            config,
            settings["jobs"],
            progress=True,
            scheduler=arguments.scheduler,
            damaged_clips=settings["damaged_clips"],
        )
        note(collection.failures, collection.flagged)
    content = export.table(dataset, collection, config)
    export.write(table, content)
    print(f"{len(content)} key frames of {len(collection.records)} clips are in {table}")


def store_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``har store``."""
    parser.add_argument(
        "action",
        metavar="ACTION",
        nargs="?",
        choices=("size", "clean"),
        default="size",
        help="size (default): list what it holds; clean: remove what this version cannot use",
    )
    parser.add_argument("--all", action="store_true", help="clean: remove everything")
    parser.add_argument("--dry-run", action="store_true", help="clean: only say what would go")


def store(arguments: argparse.Namespace) -> None:
    """List what the store holds, or remove what is of no use."""
    if arguments.action == "clean":
        _clean(arguments.all, arguments.dry_run)
    elif arguments.all or arguments.dry_run:
        raise InputError("--all and --dry-run belong to har store clean")
    else:
        _show_store()


def _show_store() -> None:
    from har_lib import digests, upkeep
    from har_lib.store import folder

    line = "{:<13} {:<32} {:<8} {:>8} {:>11}"
    print(line.format("stage", "version", "", "files", "size"))
    for lot in upkeep.lots():
        state = "current" if lot.current else "stale"
        print(line.format(lot.stage, lot.version or "-", state, lot.files, _megabytes(lot.size)))
    print(f"digests of {digests.count()} files are remembered")
    print(f"{_megabytes(upkeep.size())} in {folder()}")


def _clean(everything: bool, dry_run: bool) -> None:
    from har_lib import upkeep

    removal = upkeep.clean(everything, dry_run)
    print(
        f"{'would remove' if dry_run else 'removed'} {removal.results} results and "
        f"{removal.temporary} temporary files, {_megabytes(removal.size)}; "
        f"{'would forget' if dry_run else 'forgot'} {removal.digests} digests"
    )


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB"
