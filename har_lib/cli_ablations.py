"""The command about ablations."""

import argparse

from har_lib.cli_parameters import data_arguments, resolve, settle


def ablations_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``har ablations``."""
    data_arguments(parser)
    parser.add_argument(
        "--repeats", metavar="N", type=int, default=3, help="draws of folds and seeds (default: 3)"
    )
    parser.add_argument(
        "--record", metavar="NAME", help="keep the results in results/recorded/ablations_NAME.json"
    )


def ablations(arguments: argparse.Namespace) -> None:
    """Change one thing at a time and say what it does to accuracy."""
    from har_lib import cli_data, feature_ablation, files, record

    values = resolve(arguments)
    settings = settle(values)
    if arguments.record:
        record.check_name(arguments.record)
    prepared = cli_data.prepare(settings, arguments.output)
    dataset = prepared.dataset
    given = settings["config"].changes()
    table = feature_ablation.run(
        dataset,
        given,
        arguments.output / "ablations",
        repeats=arguments.repeats,
        seed=settings["seed"],
        jobs=settings["jobs"],
        progress=True,
    )
    print(feature_ablation.text(table))
    results = {
        **record.about(["har", *arguments.words], record.computed_by("feature_ablation")),
        "data": dataset.name,
        "data_digest": dataset.digest(),
        "clips": len(dataset.records),
        **prepared.damage,
        "choices": given,
        "repeats": arguments.repeats,
        "seed": settings["seed"],
        "primary": feature_ablation.PRIMARY,
        "rows": table.astype(object).where(table.notna(), None).to_dict("records"),
    }
    paths = [arguments.output / "results" / "ablations.json"]
    if arguments.record:
        paths.append(record.FOLDER / f"ablations_{arguments.record}.json")
    for path in paths:
        files.write_json(path, results)
    print(f"results are in {paths[-1]}")
