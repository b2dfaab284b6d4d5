"""The command about leakage."""

import argparse
from typing import Any

from har_lib import cli_data
from har_lib.cli_parameters import data_arguments, resolve, settle
from har_lib.errors import InputError

#: Choices whose values here are not those of the other commands.
_OWN = {"folds": 5, "repeats": 5, "neighbours": 1}


def leakage_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``har leakage``."""
    data_arguments(parser)
    parser.add_argument(
        "--permutations",
        metavar="N",
        type=int,
        help="of each test (default: 999; 0 leaves the tests out)",
    )
    parser.add_argument(
        "--repeats",
        metavar="N",
        type=int,
        help="draws of folds and seeds (default: 5); -p folds N and -p neighbours N set what else "
        "differs here from the other commands: 5 folds and 1 neighbour",
    )
    parser.add_argument(
        "--record", metavar="NAME", help="keep the results in results/recorded/leakage_NAME.json"
    )


def leakage(arguments: argparse.Namespace) -> None:
    """Evaluate on the training data, by key frame, by clip and by group, and compare."""
    from har_lib import extraction, files, leakage_report, leakage_study, record

    values = resolve(arguments)
    if arguments.repeats is not None:
        if "repeats" in values:
            raise InputError("--repeats and -p repeats are both given: name the number once")
        values["repeats"] = str(arguments.repeats)
    values = {name: str(value) for name, value in _OWN.items()} | values
    settings = settle(values)
    config = settings["config"]
    leakage_study.check(config)
    sizes: dict[str, Any] = {"seed": settings["seed"]}
    if arguments.permutations is not None:
        sizes["permutations"] = arguments.permutations
    chosen = leakage_study.Settings(**sizes)
    if arguments.record:
        record.check_name(arguments.record)
    output = arguments.output
    prepared = cli_data.prepare(settings, output)
    dataset = prepared.dataset
    digest = dataset.digest()
    found = leakage_study.run(
        dataset.name,
        digest,
        extraction.collect(dataset, config, settings["jobs"]),
        config,
        chosen,
        output / "leakage_permutations.jsonl",
        settings["jobs"],
        progress=True,
    )
    about = {
        **record.about(["har", *arguments.words], record.computed_by("leakage_study")),
        "data": dataset.name,
        "data_digest": digest,
        "profile": settings["profile"],
        "choices": config.flat(),
    }
    # The study is given the usable clips alone: of the others it knows nothing.
    results = about | found | prepared.damage
    paths = [output / "results" / "leakage.json"]
    if arguments.record:
        paths.append(record.FOLDER / f"leakage_{arguments.record}.json")
    for path in paths:
        files.write_json(path, results)
    for line in leakage_report.lines(results):
        print(line)
    print(f"results are in {paths[-1]}")
