"""The command line: ``har VERB``, the same as ``python -m har_lib VERB``.

A verb imports what it needs when it runs, so that ``har --help`` answers at once.
"""

import argparse
import io
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from har_lib import (
    cli_ablations,
    cli_audit,
    cli_collections,
    cli_data,
    cli_leakage,
    cli_models,
    cli_multiverse,
    cli_notebooks,
    cli_report,
    cli_sweep,
)
from har_lib.errors import InputError, printable


@dataclass(frozen=True)
class Verb:
    """One word of the command line: its help, its arguments and what it does.

    With ``own_help`` it answers ``--help`` itself: argparse does so before a notebook is known.
    """

    help: str
    arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], None]
    own_help: bool = False


#: Every verb. To add one, write its two functions and name them here.
VERBS: dict[str, Verb] = {
    "replicate": Verb(
        "run every notebook that is stale, into build/",
        cli_notebooks.replicate_arguments,
        cli_notebooks.replicate,
    ),
    "data": Verb(
        "list data sets, check a folder of videos for damage, or fetch UCF101",
        cli_collections.data_arguments,
        cli_collections.data,
    ),
    "extract": Verb("make the features of all clips", cli_data.extract_arguments, cli_data.extract),
    "export": Verb(
        "write the features of all clips as CSV, one row a key frame",
        cli_data.export_arguments,
        cli_data.export,
    ),
    "store": Verb(
        "list what the store of features holds, or clean it",
        cli_data.store_arguments,
        cli_data.store,
    ),
    "train": Verb(
        "fit the ALSTM to all clips of a data set", cli_models.train_arguments, cli_models.train
    ),
    "predict": Verb(
        "say what a video shows, as one picture, and as a video on request",
        cli_models.predict_arguments,
        cli_models.predict,
    ),
    "run": Verb(
        "run one notebook with other parameters",
        cli_notebooks.run_arguments,
        cli_notebooks.run,
        own_help=True,
    ),
    "sweep": Verb(
        "run one notebook with every combination of some values, resumable",
        cli_sweep.sweep_arguments,
        cli_sweep.sweep,
        own_help=True,
    ),
    "compare": Verb(
        "show side by side what differs between runs: parameters and results",
        cli_sweep.compare_arguments,
        cli_sweep.compare,
    ),
    "choices": Verb(
        "list every choice that the paper leaves open, or write a profile to a file",
        cli_notebooks.choices_arguments,
        cli_notebooks.choices,
    ),
    "audit": Verb(
        "say which of a paper's accuracy, precision and recall exclude each other",
        cli_audit.audit_arguments,
        cli_audit.audit,
    ),
    "leakage": Verb(
        "say what training data, key frames, clips and groups let through to the tested samples",
        cli_leakage.leakage_arguments,
        cli_leakage.leakage,
    ),
    "multiverse": Verb(
        "run hundreds of readings of the paper, and say what accuracy hangs on",
        cli_multiverse.multiverse_arguments,
        cli_multiverse.multiverse,
    ),
    "ablations": Verb(
        "change one thing at a time, key frames, features, readings, and say what it does",
        cli_ablations.ablations_arguments,
        cli_ablations.ablations,
    ),
    "report": Verb(
        "write the replication report: every claim, what was found, what it rests on",
        cli_report.report_arguments,
        cli_report.report,
    ),
    "accept": Verb(
        "refresh stored outputs, figures, results and pages where they differ",
        cli_notebooks.accept_arguments,
        cli_notebooks.accept,
    ),
}


def build_parser() -> argparse.ArgumentParser:
    """Build the parser of the whole command line from VERBS."""
    parser = argparse.ArgumentParser(
        prog="har", description="Replication suite of an adaptive-LSTM action recognition paper."
    )
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    for name, verb in VERBS.items():
        verb.arguments(
            verbs.add_parser(
                name,
                help=verb.help,
                description=verb.help.capitalize(),
                add_help=not verb.own_help,
            )
        )
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
    if isinstance(sys.stdout, io.TextIOWrapper):
        # Names of files may be no UTF-8; they are shown nevertheless.
        sys.stdout.reconfigure(errors="backslashreplace")
    arguments = build_parser().parse_args(_shield(words))
    arguments.words = list(words)
    return answered("har", lambda: VERBS[arguments.verb].run(arguments))


def answered(program: str, function: Callable[[], object]) -> int:
    """Call a function for the command line: what cannot be done is one line on stderr.

    Parameters
    ----------
    program : str
        What the line begins with.
    function : callable
        Its result is not looked at.

    Returns
    -------
    int
        0; 2 for input that cannot be used or an error of the system; 130 when interrupted.
    """
    try:
        function()
    except InputError as error:
        print(f"{program}: {_shown(error)}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        # The reader, such as head, has seen enough; nothing may be written at exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        said = _shown(f"{error.strerror or error}: {error.filename or ''}")
        print(f"{program}: {said}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"{program}: interrupted", file=sys.stderr)
        return 130
    return 0


def _shown(message: object) -> str:
    """A message with names in it, none of which may command the terminal."""
    return "\n".join(printable(line) for line in str(message).split("\n"))
