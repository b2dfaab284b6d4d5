"""Files that people write: how a sound one of each kind is made, and how it is read."""

import argparse
import itertools
from pathlib import Path
from typing import Any

from har_lib import files, splits


def make_parameters(folder: Path) -> None:
    text = "# mine\nprofile: stable\nseed: 3\nharris_k: 0.01\ngroup_table: ''\njobs: 2\n"
    files.write_text(folder / "mine.yaml", text)


def read_parameters(folder: Path) -> Any:
    from har_lib import cli_parameters

    parser = argparse.ArgumentParser()
    cli_parameters.data_arguments(parser)
    arguments = parser.parse_args(["--params", str(folder / "mine.yaml")])
    settled = cli_parameters.settle(cli_parameters.resolve(arguments))
    return {**settled, "config": settled["config"].flat()}


def make_table(folder: Path) -> None:
    from har_lib import audit

    files.write_text(folder / "table.yaml", audit.EXAMPLE)


def read_table(folder: Path) -> Any:
    from har_lib import audit

    return [vars(check) for check in audit.audit(audit.read(folder / "table.yaml"))]


def make_lists(folder: Path) -> None:
    """The lists of a split of UCF101's form, with as many clips as the official ones."""
    labels = [f"Action{chr(65 + n // 26)}{chr(65 + n % 26)}" for n in range(101)]
    numbered = dict(zip(labels, range(1, 102), strict=True))
    lines = "".join(f"{number} {label}\r\n" for label, number in numbered.items())
    (folder / "classInd.txt").write_bytes(lines.encode())
    train, test = splits.UCF101_COUNTS[1]
    for name, groups, count in (("train", range(8, 26), train), ("test", range(1, 8), test)):
        every = itertools.product(range(1, 100), groups, labels)
        chosen = [
            f"{label}/v_{label}_g{group:02}_c{clip:02}.avi"
            + (f" {numbered[label]}" if name == "train" else "")
            for clip, group, label in itertools.islice(every, count)
        ]
        (folder / f"{name}list01.txt").write_bytes("\r\n".join(chosen).encode())


def read_lists(folder: Path) -> Any:
    return files.digest_of(splits.ucf101_split(folder, 1))


def make_kth(folder: Path) -> None:
    lines = ["Frames of each sequence:", ""]
    for action in ("boxing", "running"):
        for scene in range(1, 5):
            ranges = ", ".join(f"{1 + 95 * k}-{95 * (k + 1)}" for k in range(4))
            lines.append(f"person01_{action}_d{scene}\t\tframes\t{ranges}")
    lines.append("person13_handclapping_d3\t*missing*")
    (folder / "00sequences.txt").write_bytes("\r\n".join(lines).encode())


def read_kth(folder: Path) -> Any:
    return splits.kth_sequences(folder / "00sequences.txt")


_NAMES = [
    f"{label}/{person}_{take}.avi"
    for label, person, take in itertools.product(("run", "walk"), "ab", "12")
]


def make_groups(folder: Path) -> None:
    rows = [["file", "group", "note"], *([name, name.split("/")[1][0], ""] for name in _NAMES)]
    files.write_text(folder / "groups.csv", "".join(",".join(row) + "\n" for row in rows))
    files.write_text(folder / "groups.tsv", "".join("\t".join(row) + "\n" for row in rows))


def read_groups(folder: Path) -> Any:
    from har_lib import groups

    clips = [folder / name for name in _NAMES]
    return [
        groups.find_groups(folder, clips, table=folder / name)
        for name in ("groups.csv", "groups.tsv")
    ]
