"""The command line: ``har VERB``, the same as ``python -m har_lib VERB``.

A verb imports what it needs when it runs, so that ``har --help`` answers at once.
"""

import argparse
import os
import sys
from collections.abc import Callable, Mapping, Sequence
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


def _data_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--dataset", choices=DATASETS, help="which videos (default: builtin)")
    parser.add_argument("--data-root", metavar="DIR", help="where the videos are")
    parser.add_argument(
        "--output",
        metavar="DIR",
        type=Path,
        help="where results go (default: build/, for other data a folder in build/data/)",
    )
    parser.add_argument("--jobs", metavar="N", type=int, help="processes (default: 2)")
    _add_parameters(parser)


def _replicate_arguments(parser: argparse.ArgumentParser) -> None:
    _data_arguments(parser)
    parser.add_argument(
        "--only", metavar="NOTEBOOK", action="append", help="run this one (repeatable)"
    )
    parser.add_argument(
        "--record", metavar="NAME", help="keep the results in results/recorded/NAME.json"
    )


def _resolve(arguments: argparse.Namespace) -> dict[str, Any]:
    """Settle dataset, data root and output, each from its flag, else from the parameters.

    Parameters that stay at a notebook's own default are left out.
    """
    values = _parameters(arguments)
    for name in ("dataset", "data_root", "output", "jobs"):
        flag = getattr(arguments, name)
        if flag is not None:
            values[name] = str(flag)
        if name == "data_root" and flag == "":
            raise InputError("--data-root is empty: name the folder of the videos")
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


def _any_of(names: Sequence[str]) -> str:
    return ", ".join(names[:-1]) + " or " + names[-1]


def _settings(values: dict[str, Any]) -> dict[str, Any]:
    """Every parameter that the notebooks share, typed and checked, and the configuration.

    What is wrong is refused here, before data are read or a kernel starts.
    """
    from har_lib import session
    from har_lib.config import FIELDS
    from har_lib.notebook_parameters import Parameter, check_names

    offered = session.COMMON | session.EXAMPLE
    offered |= {name: (field.default, field.help) for name, field in FIELDS.items()}
    check_names(values, offered, "the suite")
    given = {
        name: Parameter(name, type(offered[name][0]).__name__, *offered[name]).typed(
            value, "the suite"
        )
        for name, value in values.items()
    }
    common = {name: given.get(name, value) for name, (value, _) in session.COMMON.items()}
    session.check_common(common)
    choices = {name: value for name, value in given.items() if name in FIELDS}
    for name, value in choices.items():
        profiles = FIELDS[name].profiles
        if value == profiles["corrected"] != profiles[str(common["profile"])]:
            raise InputError(
                f"{name} = {value!r} is the corrected value, which the profile "
                f"{common['profile']} replaces by {profiles[str(common['profile'])]!r}: start "
                "from the profile corrected and set the other choices one by one"
            )
    config = session.settings(str(common["profile"]), choices)
    official = config.evaluation.split.startswith("official")
    if official and common["dataset"] != "ucf101":
        raise InputError(
            f"split = {config.evaluation.split!r} is not allowed for {common['dataset']}: only "
            "ucf101 has official splits"
        )
    return {**common, "config": config}


def _load(settings: dict[str, Any]) -> Any:
    from har_lib import session

    names = ("data_root", "group_pattern", "group_table")
    dataset = session.load_dataset(
        settings["dataset"], **{name: settings[name] for name in names}, progress=True
    ).limited(settings["config"].evaluation.classes)
    print(dataset.summary(), flush=True)
    return dataset


def _collect(settings: dict[str, Any], output: Path) -> Any:
    """Make the data and all features; clips that cannot be read are listed and skipped."""
    from har_lib import store

    dataset = _load(settings)
    found = store.collect(dataset, settings["config"], jobs=settings["jobs"], progress=True)
    failures = output / "failures.csv"
    failures.unlink(missing_ok=True)
    if found.failures:
        store.write_failures(found, failures)
        for _, reason in found.failures:
            print(f"skipped: {reason}", flush=True)
        print(f"{len(found.failures)} of {len(dataset)} clips skipped, listed in {failures}")
    return dataset


def _replicate(arguments: argparse.Namespace) -> None:
    from har_lib import record
    from har_lib.notebooks import find, replicate

    values = _resolve(arguments)
    settings = _settings(values)
    for name in arguments.only or []:
        find(name)
    if arguments.record:
        record.check_name(arguments.record)
    dataset = _collect(settings, arguments.output)
    replicate(values, arguments.output, only=arguments.only, dataset_digest=dataset.digest())
    print(f"figures, results and executed notebooks are in {arguments.output}")
    if arguments.record:
        run = {"choices": settings["config"].flat(), "data_digest": dataset.digest()}
        words = ["har", *arguments.words]
        print(f"recorded in {record.write(arguments.record, words, arguments.output, run)}")


def _extract(arguments: argparse.Namespace) -> None:
    _collect(_settings(_resolve(arguments)), arguments.output)


def _train_arguments(parser: argparse.ArgumentParser) -> None:
    _data_arguments(parser)
    parser.add_argument(
        "--model", metavar="DIR", type=Path, help="where to (default: model/ of the output)"
    )


def _train(arguments: argparse.Namespace) -> None:
    from har_lib import predict

    settings = _settings(_resolve(arguments))
    folder = arguments.model or arguments.output / "model"
    model = predict.train(
        _load(settings), settings["config"], settings["seed"], settings["jobs"], progress=True
    )
    model.save(folder)
    print(f"trained on {model.trained_on['clips']} clips; the model is in {folder}")


def _predict_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("video", metavar="VIDEO", type=Path, help="a video file")
    parser.add_argument(
        "--model",
        metavar="DIR",
        type=Path,
        help="a folder made by har train (default: build/model, trained on the built-in actions "
        "when it is missing or older than the library)",
    )
    parser.add_argument(
        "--output", metavar="DIR", type=Path, help="where to (default: build/predictions)"
    )


def _predict(arguments: argparse.Namespace) -> None:
    from har_lib import datasets, predict
    from har_lib.config import Config
    from har_lib.files import build_dir
    from har_lib.video import read_gray

    read_gray(arguments.video, size=(16, 16))  # a video that cannot be read ends here, not later
    folder = arguments.model or build_dir() / "model"
    if arguments.model is None and not predict.is_current(folder):
        print("training a model on the built-in actions", flush=True)
        predict.train(datasets.load("builtin", progress=True), Config(), progress=True).save(folder)
    model = predict.Model.load(folder)
    output = arguments.output or build_dir() / "predictions"
    for action, share in predict.draw(model, arguments.video, output).items():
        print(f"{100 * share:5.1f} %  {action}")
    print(f"the model knows only these actions; the picture is {output / arguments.video.stem}.png")


def _run_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("notebook", metavar="NOTEBOOK", help="number, name or path, such as 03")
    parser.add_argument("--list", action="store_true", help="list its parameters and stop")
    parser.add_argument(
        "--output", metavar="DIR", type=Path, help="where results go (default: build/runs/NAME)"
    )
    _add_parameters(parser)


def _for_notebook(
    arguments: argparse.Namespace, notebook: str, known: Mapping[str, Any]
) -> dict[str, Any]:
    """Parameters of one notebook: from a file made for the whole suite, those that it has."""
    from har_lib.config import FIELDS
    from har_lib.session import COMMON, EXAMPLE

    values = _parameters(arguments)
    explicit = {name for name, _ in arguments.given}
    suite = {*COMMON, *EXAMPLE, *FIELDS} - explicit
    left_out = [name for name in values if name in suite and name not in known]
    if left_out:
        print(f"{notebook} does not use {', '.join(left_out)}", flush=True)
    return {name: value for name, value in values.items() if name not in left_out}


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
    values = _for_notebook(arguments, path.stem, known)
    if "output" in known:
        values.setdefault("output", str(output))
    print(notebooks.execute(path, output / path.name, values))


def _choices_arguments(parser: argparse.ArgumentParser) -> None:
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
    _add_parameters(parser)


def _choices(arguments: argparse.Namespace) -> None:
    from har_lib import listing
    from har_lib.config import FIELDS
    from har_lib.notebook_parameters import check_names

    if arguments.format not in listing.FORMS:
        raise InputError(
            f"--format {arguments.format!r} is not allowed: it must be {_any_of([*listing.FORMS])}"
        )
    values = _parameters(arguments)
    check_names(values, ["profile", *FIELDS], "the list of choices")
    if arguments.profile:
        values["profile"] = arguments.profile
    config = _settings(values)["config"]
    if arguments.name:
        if arguments.format != "table":
            raise InputError("--format is for all choices: leave the names out")
        print(listing.of_names(arguments.name, config))
    else:
        print(listing.FORMS[arguments.format](config).rstrip("\n"))


def _accept_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--only", metavar="NOTEBOOK", action="append", help="accept this one (repeatable)"
    )
    parser.add_argument(
        "--check",
        metavar="DIR",
        type=Path,
        help="change nothing: compare figures/ and results/ of this folder with the stored ones",
    )


def _accept(arguments: argparse.Namespace) -> None:
    from har_lib import accept, files, notebooks, pages, readme
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
    notebooks.replicate({}, output, dataset_digest=_collect(_settings({}), output).digest())
    for built, stored in folders:
        for change in accept.accept_files(output / built, ROOT / stored):
            print(f"{stored}: {change}")
    stands = readme.README.read_text(encoding="utf-8")
    if (text := readme.refreshed(stands)) != stands:
        files.write_text(readme.README, text)
        print("README.md: changed")
    for path in pages.write(pages.FOLDER):
        print(f"docs: changed {path.name}")


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
    "extract": Verb("make the features of all clips", _data_arguments, _extract),
    "train": Verb("fit the ALSTM to all clips of a data set", _train_arguments, _train),
    "predict": Verb("say what a video shows, as one picture", _predict_arguments, _predict),
    "run": Verb("run one notebook with other parameters", _run_arguments, _run),
    "choices": Verb(
        "list every choice that the paper leaves open, or write a profile to a file",
        _choices_arguments,
        _choices,
    ),
    "accept": Verb(
        "refresh stored outputs, figures, results and pages where they differ",
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
    words = sys.argv[1:] if words is None else words
    arguments = build_parser().parse_args(_shield(words))
    arguments.words = list(words)
    try:
        VERBS[arguments.verb].run(arguments)
    except InputError as error:
        print(f"har: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        # The reader, such as head, has seen enough; nothing may be written at exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        print(f"har: {error.strerror or error}: {error.filename or ''}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("har: interrupted", file=sys.stderr)
        return 130
    return 0
