"""The command that runs the multiverse."""

import argparse
import dataclasses

from har_lib.cli_parameters import data_arguments, resolve, settle
from har_lib.errors import InputError


def multiverse_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``har multiverse``."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.description = (
        "Run readings of the paper by the hundred: combinations of the answers to its open\n"
        "questions (har choices), each scored under every way to report. Half of the groups are\n"
        "kept for the universes that do best. What is finished is kept: give the command again\n"
        "and it goes on where it stood."
    )
    parser.epilog = (
        "examples:\n"
        "  har multiverse --universes 16 --noise 4         a first look\n"
        "  har multiverse --record builtin                 the full study, kept in the folder\n"
        "                                                  results/recorded\n"
        "  har multiverse --dataset folder --data-root DIR other clips, at least 4 groups"
    )
    data_arguments(parser)
    parser.add_argument(
        "--universes", metavar="N", type=int, help="how many (default: 512); multiples of 16 are "
        "balanced"
    )  # fmt: skip
    parser.add_argument(
        "--noise", metavar="N", type=int, help="universes run twice with other seeds (default: 100)"
    )
    parser.add_argument("--seed", metavar="N", type=int, help="of the design and all draws")
    parser.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        default="",
        help="a Dask scheduler, such as tcp://10.0.0.1:8786, whose workers do the work",
    )
    parser.add_argument(
        "--record", metavar="NAME", help="keep the result as results/recorded/multiverse_NAME.json"
    )


def multiverse(arguments: argparse.Namespace) -> None:
    """Run the multiverse, say what it found and write it down."""
    from har_lib import cli_data, files, record
    from har_lib import multiverse as study
    from har_lib.config import Config

    if arguments.record is not None:
        record.check_name(arguments.record)
    universes = _count(arguments.universes, "--universes", study.UNIVERSES, least=1)
    noise = _count(arguments.noise, "--noise", study.NOISE_UNIVERSES, least=0)
    if arguments.seed is not None:
        arguments.given.append(["seed", str(arguments.seed)])
    settings = settle(resolve(arguments))
    if settings["config"] != Config():
        name = next(iter(settings["config"].changes()))
        raise InputError(f"{name} is varied or held by the multiverse: leave out -p {name}")
    output = arguments.output / "multiverse"
    target = output / "multiverse.json"
    if arguments.record is not None:
        target = study.path_of(arguments.record)
    files.check_target(target)
    prepared = cli_data.prepare(settings, arguments.output)
    found = study.study(
        prepared.dataset,
        output,
        universes,
        settings["seed"],
        settings["jobs"],
        progress=True,
        noise=noise,
        scheduler=arguments.scheduler,
    )
    found = dataclasses.replace(found, about={**found.about, **prepared.damage})
    study.write(found, target, ["har", *arguments.words])
    print(found.summary())
    for number, reason in list(found.failures.items())[:3]:
        print(f"universe {number} has no result: {reason}")
    for name, number, reason in found.not_again[:3]:
        print(f"{name}: universe {number} has no result: {reason}")
    print(f"written to {target}")


def _count(given: int | None, flag: str, default: int, least: int) -> int:
    if given is None:
        return default
    if given < least:
        raise InputError(f"{flag} {given} is not allowed: it must be at least {least}")
    return given
