"""Commands about many runs: make them, and lay them side by side."""

import argparse
from collections.abc import Mapping
from pathlib import Path

from har_lib.cli_notebooks import chosen_notebook, for_notebook, notebook_arguments
from har_lib.cli_parameters import add_parameters
from har_lib.errors import InputError

#: So many failures are listed; they are often one and the same.
MOST_LISTED = 10


def sweep_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``har sweep``."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.description = (
        "Run one notebook with every combination of some values, several kernels at a time. Each\n"
        "run has a folder of its own; sweep.csv has a line for each, in the order of the product:\n"
        "what was varied, then every single number or word of its results (lists are in the\n"
        "folders). Ended at any moment and called again, it makes the runs that are missing."
    )
    parser.epilog = (
        "values:\n"
        "  -p harris_k 0.001,0.005,0.04      each of these\n"
        "  -p seed 0-4                       whole numbers by ranges, both ends included: 0-4,8\n"
        "  -p keyframe_selection ssim        one value: the same for all runs\n"
        "  --params FILE                     in the file a list is varied, [0.001, 0.005]; a text\n"
        "                                    stays whole there, with its commas\n\n"
        "example:\n"
        "  har sweep 03 -p spatial_variance 2,4,8 -p seed 0-4 --jobs 2"
    )
    notebook_arguments(parser)
    parser.add_argument(
        "--output", metavar="DIR", type=Path, help="where runs go (default: build/sweeps/NAME)"
    )
    parser.add_argument(
        "--jobs", metavar="N", type=int, default=2, help="kernels at a time (default: 2)"
    )
    parser.add_argument("--dry-run", action="store_true", help="only list the runs")
    add_parameters(parser)


def sweep(arguments: argparse.Namespace) -> None:
    """Run a notebook with every combination of values; what is wrong is refused at once."""
    from har_lib import common_parameters, files, notebooks
    from har_lib import sweep as engine
    from har_lib.notebook_parameters import check_names

    path = chosen_notebook(arguments)
    if path is None:
        return
    common_parameters.check_common({"jobs": arguments.jobs})
    known = notebooks.parameters(path)
    names = [name for name, _ in arguments.given]
    check_names(names, known, path.stem)
    for name in names:
        if names.count(name) > 1:
            raise InputError(f"-p {name} is given twice: write all its values behind one")
    given = for_notebook(arguments, path.stem, known)
    given |= {name: list(engine.listed(known[name], given[name])) for name in names}
    runs = engine.plan(path.stem, known, given)
    if arguments.dry_run:
        for each in runs:
            print(f"{each.name}  {each}".rstrip())
        return
    output = (arguments.output or files.build_dir() / "sweeps" / path.stem).absolute()
    failed = engine.run(path, known, runs, output, arguments.jobs, progress=True)
    _say(failed, len(runs), path, output)
    print(f"{len(runs)} runs are in {output}, their results in {output / engine.TABLE}")


def _say(failed: Mapping[str, str], count: int, path: Path, output: Path) -> None:
    """List runs that failed, and end with an error if there are any."""
    for name, reason in list(failed.items())[:MOST_LISTED]:
        print(f"{name} failed: {reason}")
    if len(failed) > MOST_LISTED:
        print(f"and {len(failed) - MOST_LISTED} more")
    if failed:
        raise InputError(
            f"{len(failed)} of {count} runs failed; the half-run notebooks are "
            f"{output}/*/{path.stem}.failed.ipynb; called again, these alone run anew"
        )


def compare_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``har compare``."""
    parser.add_argument(
        "runs",
        metavar="RUN",
        nargs="+",
        type=Path,
        help="folder of a run, or an executed notebook: of har run, sweep, replicate or papermill",
    )
    parser.add_argument("--all", action="store_true", help="also what is the same in all runs")
    parser.add_argument(
        "--csv", metavar="FILE", type=Path, help="write the table, all digits, to a CSV file"
    )


def compare(arguments: argparse.Namespace) -> None:
    """Print what differs between runs, and write it where that is asked for."""
    from har_lib import files, side_by_side

    if len(arguments.runs) < 2:
        raise InputError("one run has nothing to be compared with: name two or more")
    if arguments.csv:
        if arguments.csv.suffix.lower() != ".csv":
            raise InputError(f"--csv {arguments.csv} is not allowed: name a file that ends in .csv")
        files.check_target(arguments.csv)
    found = side_by_side.rows(arguments.runs)
    rows = side_by_side.chosen(found, arguments.all)
    heads = side_by_side.labels(arguments.runs)
    if rows:
        print(side_by_side.table(rows, heads))
    else:
        print(f"nothing differs: {len(found)} parameters and results are the same in all runs")
    if arguments.csv:
        files.write_text(arguments.csv, side_by_side.as_csv(rows, heads))
        print(f"written to {arguments.csv}")
