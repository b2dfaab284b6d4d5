"""Choices as text, and the three profiles on their way through every form and back."""

import json
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
import yaml
from papermill.parameterize import parameterize_notebook

from har_lib import cli, cli_parameters, listing
from har_lib.choice import PROFILES
from har_lib.common_parameters import settings
from har_lib.config import FIELDS, Config, profile
from har_lib.errors import InputError
from har_lib.files import ROOT

every_profile = pytest.mark.parametrize("name", PROFILES)
OTHER = Config().replace(keep_first_frame=False, learning_rate=1e-6, ssim_threshold=-0.5)


def har(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    """Run the command line in this process: its status, and what it wrote."""
    status = cli.main(words)
    written = capsys.readouterr()
    return status, written.out, written.err


def given(*words: str) -> Config:
    """The configuration that the command line makes of its words."""
    arguments = cli.build_parser().parse_args(cli._shield(["choices", *words]))
    config: Config = cli_parameters.settle(cli_parameters.parameters(arguments))["config"]
    return config


# ---------------------------------------------------------------- round trips


@every_profile
def test_a_profile_round_trips_through_a_papermill_file(name: str, tmp_path: Path) -> None:
    file = tmp_path / "parameters.yaml"
    for config in (profile(name), profile(name, epochs=7), OTHER):
        file.write_text(listing.as_yaml(config))
        assert given("--params", str(file)) == config


@every_profile
def test_papermill_injects_a_profile_into_a_notebook(name: str) -> None:
    """What papermill writes below the parameters cell of 06 gives the configuration back."""
    notebook = nbformat.read(ROOT / "notebooks" / "06_results.ipynb", as_version=4)
    # What papermill adds on loading.
    notebook.metadata.papermill = {}
    for cell in notebook.cells:
        cell.metadata.setdefault("tags", [])
    values = yaml.safe_load(listing.as_yaml(profile(name)))
    filled = parameterize_notebook(notebook, values, kernel_name="python3", language="python")
    tags = ("parameters", "injected-parameters")
    cells = [c.source for c in filled.cells if set(tags) & set(c.metadata.get("tags", []))]
    assert len(cells) == 2
    known: dict[str, Any] = {}
    exec("\n".join(cells), known)
    choices = {field: known[field] for field in FIELDS if field in known}
    assert settings(known["profile"], choices) == profile(name)


@every_profile
def test_a_profile_round_trips_through_the_command_line(name: str) -> None:
    for config in (profile(name), OTHER):
        assert given(*shlex.split(listing.as_flags(config))) == config
    assert given("-p", "profile", name) == profile(name)


@every_profile
def test_a_profile_round_trips_through_json(name: str, tmp_path: Path) -> None:
    for config in (profile(name), OTHER):
        text = listing.as_json(config)
        assert Config().replace(**json.loads(text)) == config
        file = tmp_path / "choices.json"
        file.write_text(text)
        assert given("--params", str(file)) == config


@every_profile
def test_the_command_writes_each_form(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    for form, write in listing.FORMS.items():
        status, text, error = har(capsys, "choices", "--profile", name, "--format", form)
        assert (status, error) == (0, "")
        assert text.rstrip("\n") == write(profile(name)).rstrip("\n")


# ---------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (
            ["-p", "thershold", "0.5"],
            "the list of choices has no parameter 'thershold'; did you mean ",
        ),
        (
            ["-p", "ssim_threshold", "high"],
            "ssim_threshold = 'high' is not allowed in the suite: it must be",
        ),
        (
            ["-p", "ssim_threshold", "2"],
            "ssim_threshold = 2.0 is not allowed: it must be a number in [-1.0, 1.0]",
        ),
        (
            ["-p", "grid_over", "box"],
            "grid_over = 'box' is not allowed: it must be one of 'bbox', 'square', 'frame'",
        ),
        (["--profile", "printed"], "profile = 'printed' is not allowed: it must be one of literal"),
        (["HARRIS_K"], "did you mean harris_k"),
        (["harris_k", "--format", "yaml"], "--format is for all choices: leave the names out"),
        (["-p", "dataset", "foo"], "the list of choices has no parameter 'dataset'"),
        (["--format", "xml"], "--format 'xml' is not allowed: it must be table, yaml, json or"),
        (["harris"], "the suite has no parameter 'harris'; did you mean harris_k"),
        (
            ["-p", "ssim_reference", "previous_key_frame", "-p", "keyframe_selection", "lowest"],
            "keyframe_selection = 'lowest' is not allowed with ssim_reference",
        ),
    ],
)
def test_a_wrong_name_or_value_gives_one_clear_line(
    words: list[str], line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status, text, error = har(capsys, "choices", *words)
    assert status == 2
    assert text == ""
    assert len(error.splitlines()) == 1
    assert line in error


def test_a_wrong_value_in_a_file_gives_one_clear_line(tmp_path: Path) -> None:
    file = tmp_path / "parameters.yaml"
    for text, line in (
        ("harris_k: big\n", "harris_k = 'big' is not allowed"),
        ("haris_k: 0.01\n", "no parameter 'haris_k'; did you mean harris_k"),
        ("- harris_k\n", "must hold lines"),
    ):
        file.write_text(text)
        with pytest.raises(InputError, match=line):
            given("--params", str(file))


@pytest.mark.parametrize("option", FIELDS["split"].allowed)
def test_every_split_passes_on_data_that_has_it(option: str) -> None:
    if str(option).startswith("official"):
        with pytest.raises(InputError, match="only ucf101 has official splits"):
            given("-p", "split", str(option))
    else:
        assert given("-p", "split", str(option)).evaluation.split == option


# ---------------------------------------------------------------- what is said


@every_profile
def test_a_profile_is_named_and_not_spelt_out(name: str) -> None:
    assert listing.as_yaml(profile(name)) == f"profile: {name}\n"
    assert listing.as_flags(profile(name)) == f"-p profile {name}"
    assert listing.as_flags(profile(name, epochs=7)) == f"-p profile {name} -p epochs 7"


def test_a_choice_set_back_to_its_default_has_no_profile_but_the_default() -> None:
    config = profile("literal", ssim_form="corrected")
    assert config.parameters()["profile"] == "corrected"
    assert given(*shlex.split(listing.as_flags(config))) == config


def test_the_value_now_is_said_where_it_differs(capsys: pytest.CaptureFixture[str]) -> None:
    _, text, _ = har(capsys, "choices", "harris_k", "-p", "harris_k", "0.02")
    assert "\nnow          0.02\n" in text
    assert "\nnow" not in har(capsys, "choices", "harris_k")[1]


def test_a_file_for_the_suite_serves_one_notebook(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "all.json"
    file.write_text(listing.as_json(profile("corrected")))
    words = ["run", "03", "--params", str(file), "-p", "harris_k", "7"]
    # It goes as far as the value, which is refused before a kernel starts.
    status, text, error = har(capsys, *words)
    assert status == 2
    assert "03_stip does not use ssim_deviations" not in text
    assert "hidden_size" in text.split("does not use ")[1]
    assert error == "har: harris_k = 7.0 is not allowed: it must be a number in [0.0001, 1.0]\n"
    status, _, error = har(capsys, "run", "03", "-p", "hidden_size", "8")
    assert (status, "03_stip has no parameter 'hidden_size'" in error) == (2, True)


def test_a_reader_that_has_seen_enough_is_no_error() -> None:
    command = f"{sys.executable} -m har_lib choices | head -n 1"
    found = subprocess.run(["bash", "-c", command], capture_output=True, text=True, cwd=ROOT)
    assert (found.stderr, len(found.stdout.splitlines())) == ("", 1)


def test_the_table_marks_what_differs_and_has_a_line_for_every_choice() -> None:
    lines = listing.as_table(profile("stable")).splitlines()
    assert len(lines) == len(FIELDS) + 1
    marked = {line.split()[1] for line in lines[:-1] if line.startswith("* ")}
    assert marked == set(profile("stable").changes())


@pytest.mark.parametrize("name", FIELDS)
def test_a_choice_is_told_in_full(name: str) -> None:
    field = FIELDS[name]
    told = " ".join(listing.in_full(field, field.default).split())
    asked = field.ambiguity
    for part in (asked.question, asked.quotation, asked.place, asked.reason, asked.not_offered):
        assert " ".join(part.split()) in told
    for part in (name, field.help, *(f"{each} {field.profiles[each]}" for each in PROFILES)):
        assert " ".join(part.split()) in told
    assert " ".join(field.describe().split()) in told
    assert (" effect only with" in told) == bool(field.only_with)
    assert max(map(len, listing.in_full(field, field.default).splitlines())) <= 100
