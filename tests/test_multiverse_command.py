"""``har multiverse`` says what it takes, refuses what it cannot use, and writes what it found."""

import argparse
import dataclasses
from pathlib import Path
from typing import Any

import pytest

from har_lib import cli_data, cli_multiverse, files, multiverse, record
from har_lib.errors import InputError
from har_lib.multiverse_axes import AXES


def call(*words: str) -> None:
    parser = argparse.ArgumentParser()
    cli_multiverse.multiverse_arguments(parser)
    arguments = parser.parse_args(words)
    arguments.words = ["multiverse", *words]
    cli_multiverse.multiverse(arguments)


def prepared(settings: Any, output: Path) -> cli_data.Prepared:
    """In place of making features; no clip is left out."""
    return cli_data.Prepared(settings["dataset"], {})


class _Asked(Exception):
    """Raised in place of the study, with what it was asked for."""


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> None:
    def study(dataset: Any, folder: Path, n: int, seed: int, jobs: int, **more: Any) -> None:
        raise _Asked({"folder": folder, "n": n, "seed": seed, "jobs": jobs, **more})

    monkeypatch.setattr(cli_data, "prepare", prepared)
    monkeypatch.setattr(multiverse, "study", study)


def test_defaults_are_the_full_study(asked: None) -> None:
    with pytest.raises(_Asked) as caught:
        call()
    found = caught.value.args[0]
    assert (found["n"], found["seed"], found["jobs"], found["noise"]) == (512, 0, 2, 100)
    assert found["folder"] == files.build_dir() / "multiverse"


def test_flags_are_passed_on(asked: None, tmp_path: Path) -> None:
    with pytest.raises(_Asked) as caught:
        call(*f"--universes 16 --noise 4 --seed 3 --jobs 1 --output {tmp_path}".split())
    found = caught.value.args[0]
    assert (found["n"], found["seed"], found["jobs"], found["noise"]) == (16, 3, 1, 4)
    assert found["folder"] == tmp_path / "multiverse"


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ("--universes 0", "--universes 0 is not allowed: it must be at least 1"),
        ("--noise -1", "--noise -1 is not allowed: it must be at least 0"),
        ("--record a/b", "--record 'a/b' is not allowed"),
        ("--seed -1", "seed = -1 is not allowed"),
        ("-p hidden_size 16", "hidden_size is varied or held by the multiverse"),
        ("--dataset folder", "needs --data-root"),
    ],
)
def test_what_cannot_be_used_is_refused_at_once(asked: None, words: str, complaint: str) -> None:
    with pytest.raises(InputError, match=complaint):
        call(*words.split())


def test_a_study_is_written_to_the_output_or_to_the_records(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    import pandas as pd

    table = pd.DataFrame({"groups/clip/multiclass/mean": [0.25, 0.5]})
    rerun = pd.DataFrame(columns=["chosen", "first", "seeds", "groups"])
    found = multiverse.Study(
        about={"axes": {}},
        levels=pd.DataFrame(index=table.index),
        accuracy=table,
        by_group=table,
        by_run=pd.DataFrame({0: [0.25, 0.5]}),
        beside=pd.DataFrame(index=table.index),
        equal_to={3: 0},
        same_answers=(),
        failures={2: "no luck"},
        again=pd.DataFrame({"first": [], "again": []}, dtype=float),
        reruns=rerun,
    )
    monkeypatch.setattr(cli_data, "prepare", prepared)
    monkeypatch.setattr(multiverse, "study", lambda *given, **more: found)
    monkeypatch.setattr(record, "FOLDER", tmp_path / "recorded")
    call("--output", str(tmp_path / "out"))
    said = capsys.readouterr().out
    assert "2 universes counted, 1 equal to another, 1 without a result" in said
    assert "universe 2 has no result: no luck" in said
    kept = files.read_json(tmp_path / "out" / "multiverse" / "multiverse.json")
    assert kept["command"] == "har multiverse --output out"
    read = multiverse.from_json(kept)
    assert dataclasses.asdict(read)["failures"] == {2: "no luck"}
    call("--record", "small", "--output", str(tmp_path / "out"))
    assert multiverse.recorded("small").strict.tolist() == [0.25, 0.5]


def test_help_names_the_first_look_and_the_record() -> None:
    parser = argparse.ArgumentParser()
    cli_multiverse.multiverse_arguments(parser)
    text = parser.format_help()
    assert "har multiverse --universes 16" in text
    assert "--record NAME" in text
    assert len(AXES) >= 12
