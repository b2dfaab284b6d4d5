"""What every notebook begins with: parameters become a configuration, data and folders."""

import ast
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from har_lib import executed, verdicts, video
from har_lib.common_parameters import (
    AUDIT,
    COMMON,
    EXAMPLE,
    MULTIVERSE,
    parameter_cell,
    settings,
)
from har_lib.config import FIELDS, Config, profile
from har_lib.errors import InputError
from har_lib.files import ROOT, build_dir, read_json
from har_lib.session import Session

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
SECTIONS = sorted({field.section for field in FIELDS.values()})
#: What notebooks have beside choices: each has one of these sets.
SHARED = [COMMON, COMMON | EXAMPLE, AUDIT, MULTIVERSE]


def assignments(source: str) -> dict[str, tuple[str, Any]]:
    """Name -> type and value of the lines ``name: type = value``; anything else is refused."""
    found: dict[str, tuple[str, Any]] = {}
    for line in ast.parse(source).body:
        assert isinstance(line, ast.AnnAssign)
        assert line.value is not None
        found[ast.unparse(line.target)] = (
            ast.unparse(line.annotation),
            ast.literal_eval(line.value),
        )
    return found


# ---------------------------------------------------------------- the parameters cell


@pytest.mark.parametrize("section", SECTIONS)
@pytest.mark.parametrize("shared", SHARED)
def test_parameter_lines_hold_name_type_value_and_help(
    section: str, shared: Mapping[str, Any]
) -> None:
    source = parameter_cell(section, shared=shared)
    own = {field.name: field.default for field in FIELDS.values() if field.section == section}
    expected = {name: value for name, (value, _) in shared.items()} | own
    found = assignments(source)
    assert list(found) == list(expected)
    for name, (kind, value) in found.items():
        assert value == expected[name]
        assert kind == type(expected[name]).__name__ == type(value).__name__
    for line in source.splitlines():
        code, help = line.split("  # ")
        # papermill would lose a parameter whose help holds an equals sign.
        assert "=" not in help
        assert help.strip()
        assert code.count(" = ") == 1


def test_sections_stand_in_the_order_of_the_pipeline() -> None:
    names = list(assignments(parameter_cell("lstm", "video")))[len(COMMON) :]
    video = ["frame_size", "frame_width", "frame_height", "gray_conversion"]
    assert names == [*video, "hidden_size", "gate_form", "readout"]
    assert parameter_cell() == parameter_cell("no such section")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_shows_what_is_generated_for_its_sections(path: Path) -> None:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    (cell,) = [c for c in cells if "parameters" in c["metadata"].get("tags", [])]
    source = "".join(cell["source"])
    names = set(assignments(source))
    sections = {FIELDS[name].section for name in names if name in FIELDS}
    (shared,) = [own for own in SHARED if set(own) == names - set(FIELDS)]
    assert source == parameter_cell(*sections, shared=shared)


def test_there_are_notebooks_and_together_they_offer_every_choice() -> None:
    offered: set[str] = set()
    for path in NOTEBOOKS:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        offered |= {
            name
            for cell in cells
            if "parameters" in cell["metadata"].get("tags", [])
            for name in assignments("".join(cell["source"]))
        }
    assert offered >= set(FIELDS)


# ---------------------------------------------------------------- the configuration


@pytest.mark.parametrize("name", ["literal", "corrected", "stable"])
def test_a_value_left_alone_follows_the_profile(name: str) -> None:
    shown = Config().flat()
    assert settings(name, shown) == profile(name)
    assert settings(name, {}) == profile(name)


def test_a_changed_value_stands_in_every_profile() -> None:
    shown = Config().flat() | {"harris_k": 0.02, "epochs": 7}
    for name in ("literal", "corrected", "stable"):
        assert settings(name, shown) == profile(name, harris_k=0.02, epochs=7)


def test_every_configuration_can_be_reached_from_corrected() -> None:
    for name in ("literal", "stable"):
        assert settings("corrected", profile(name).flat()) == profile(name)


def test_wrong_values_are_refused_by_name() -> None:
    with pytest.raises(InputError, match=r"^harris_k = 'big' is not allowed"):
        settings("stable", {"harris_k": "big"})
    with pytest.raises(InputError, match=r"^profile = 'fast' is not allowed"):
        settings("fast", {})


# ---------------------------------------------------------------- a session


@pytest.fixture
def clips(tmp_path: Path) -> Path:
    """A folder of clips; listing them reads no frame."""
    root = tmp_path / "clips"
    for action, people in (("jump", "ab"), ("run", "abc")):
        for person in people:
            path = root / action / f"{person}.avi"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(person.encode())
    return root


@pytest.fixture
def parameters(clips: Path, tmp_path: Path) -> dict[str, Any]:
    return {
        "dataset": "folder",
        "data_root": str(clips),
        "group_pattern": r"/(\w)\.avi",
        "output": str(tmp_path / "out"),
        "pd": pd,
        "harris_k": 0.01,
    }


def test_a_session_takes_its_parameters_from_the_notebooks_names(
    parameters: dict[str, Any], tmp_path: Path
) -> None:
    session = Session("03_stip", parameters | {"profile": "stable", "seed": 4})
    assert session.config == profile("stable", harris_k=0.01)
    assert (session.seed, session.jobs) == (4, 2)
    assert session.output == tmp_path / "out"
    assert session.dataset.classes == ("jump", "run")
    assert sorted(set(session.dataset.groups)) == ["a", "b", "c"]


def test_without_parameters_all_is_as_declared() -> None:
    session = Session("03_stip", {})
    assert session.config == Config()
    assert session.output == build_dir()
    assert session.common == {name: value for name, (value, _) in COMMON.items()}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"seed": "0"}, "seed = '0' is not allowed: it must be of type int"),
        ({"seed": 0.0}, "seed = 0.0 is not allowed: it must be of type int"),
        ({"jobs": True}, "jobs = True is not allowed: it must be of type int"),
        ({"output": Path("x")}, "output = .* is not allowed: it must be of type str"),
        ({"data_root": None}, "data_root = None is not allowed: it must be of type str"),
        ({"profile": "fast"}, "profile = 'fast' is not allowed: .* literal, corrected, stable"),
        ({"profile": 3}, "profile = 3 is not allowed: it must be of type str"),
        ({"harris_k": "x"}, "harris_k = 'x' is not allowed: it must be a number"),
        ({"epochs": True}, "epochs = True is not allowed: it must be a whole number"),
        ({"minimum_keyframes": 30}, "minimum_keyframes = 30 is not allowed: .* at most"),
        ({"jobs": 0}, "jobs = 0 is not allowed: it must be at least 1"),
        ({"jobs": -1}, "jobs = -1 is not allowed: it must be at least 1"),
        ({"seed": -1}, "seed = -1 is not allowed: it must be at least 0"),
    ],
)
def test_wrong_parameters_are_refused_before_anything_runs(
    given: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=f"^{message}"):
        Session("03_stip", given)


def test_a_data_set_that_is_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="data set 'hmdb51' is unknown"):
        _ = Session("03_stip", {"dataset": "hmdb51"}).dataset
    with pytest.raises(InputError, match="pass its folder as root"):
        _ = Session("03_stip", {"dataset": "kth"}).dataset
    missing = {"dataset": "folder", "data_root": str(tmp_path / "gone")}
    with pytest.raises(InputError, match="gone"):
        _ = Session("03_stip", missing).dataset


# ---------------------------------------------------------------- the clip to look at


@pytest.fixture
def readable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take every record for one that can be read; none of them is a file."""
    monkeypatch.setattr(Session, "_look", lambda self, record: ("", ""))


@pytest.mark.usefixtures("readable")
def test_example_is_found_by_action_and_number(parameters: dict[str, Any]) -> None:
    session = Session("03_stip", parameters)
    assert session.example().path.name == "a.avi"
    assert session.example().label == "run"
    assert session.example("jump", 1).path.parts[-2:] == ("jump", "b.avi")
    assert session.example(number=2).path.parts[-2:] == ("run", "c.avi")


@pytest.mark.usefixtures("readable")
@pytest.mark.parametrize(
    ("label", "number", "message"),
    [
        ("swim", 0, "action = 'swim' is not in the data: it must be one of jump, run"),
        ("jump", 2, "clip = 2 is not allowed: jump has clips 0 to 1"),
        ("", 3, "clip = 3 is not allowed: run has clips 0 to 2"),
        ("run", -1, "clip = -1 is not allowed: run has clips 0 to 2"),
    ],
)
def test_an_example_that_is_not_there_says_what_is(
    parameters: dict[str, Any], label: str, number: int, message: str
) -> None:
    with pytest.raises(InputError) as error:
        Session("03_stip", parameters).example(label, number)
    assert str(error.value) == message


# ---------------------------------------------------------------- what is written


def test_results_say_where_they_come_from(parameters: dict[str, Any], tmp_path: Path) -> None:
    session = Session("03_stip", parameters)
    session.record(points=12, clips=["a", "b"])
    written = tmp_path / "out" / "results" / "03_stip.json"
    assert read_json(written) == {
        "notebook": "03_stip",
        "data": "folder",
        "data_digest": session.dataset.digest(),
        "profile": "corrected",
        "seed": 0,
        "choices": Config().flat() | {"harris_k": 0.01},
        "points": 12,
        "clips": ["a", "b"],
    }
    assert str(tmp_path) not in written.read_text(), "no path of one machine"
    # Where the folders lie and how many processes there are changes nothing.
    moved = parameters | {"output": str(tmp_path / "other"), "jobs": 1}
    Session("03_stip", moved).record(points=12, clips=["a", "b"])
    assert (tmp_path / "other" / "results" / "03_stip.json").read_bytes() == written.read_bytes()


def test_what_is_recorded_is_kept_in_the_notebook_too(
    parameters: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[Any] = []
    monkeypatch.setattr(executed, "keep", kept.append)
    Session("03_stip", parameters).record(points=12)
    assert kept == [read_json(tmp_path / "out" / "results" / "03_stip.json")]
    assert kept[0]["points"] == 12


def test_origin_follows_the_data(parameters: dict[str, Any], clips: Path) -> None:
    before = Session("03_stip", parameters).origin["data_digest"]
    (clips / "run" / "d.avi").write_bytes(b"d")
    assert Session("03_stip", parameters).origin["data_digest"] != before


def test_a_limit_of_classes_holds_in_a_session(clips: Path) -> None:
    (clips / "walk").mkdir()
    for person in "ab":
        (clips / "walk" / f"{person}.avi").write_bytes(b"walk" + person.encode())
    given = {"dataset": "folder", "data_root": str(clips), "group_pattern": r"(\w)\.avi"}
    assert Session("06_results", given).dataset.classes == ("jump", "run", "walk")
    limited = Session("06_results", given | {"class_limit": 2})
    assert limited.dataset.classes == ("jump", "run")


def test_a_saved_figure_is_given_back(parameters: dict[str, Any], tmp_path: Path) -> None:
    session = Session("03_stip", parameters)
    figure = Figure(figsize=(1, 1))
    table = pd.DataFrame({"x": [1]})
    shown = session.save(figure, "picture", table, "Nothing to see.")
    assert (shown.figure, shown.alt) == (figure, "Nothing to see.")
    assert session.show(figure, "Nothing to see.") == shown
    about = read_json(tmp_path / "out" / "figures" / "picture.json")
    assert about == {"alt": "Nothing to see.", **session.origin}


def test_a_clip_that_cannot_be_read_is_no_example(tmp_path: Path) -> None:
    for name in ("a.avi", "b.avi"):
        for label in ("run", "walk"):
            path = tmp_path / label / name
            video.write(path, np.zeros((4, 48, 64), np.uint8))
    (tmp_path / "walk" / "a.avi").write_text("not a video")
    given = {"dataset": "folder", "data_root": str(tmp_path), "group_pattern": r"(\w)\.avi"}
    with pytest.raises(verdicts.Unusable, match=r"1 of 2 clips are damaged.*walk/a\.avi"):
        Session("03_stip", given).example()
    session = Session("03_stip", given | {"damaged_clips": "skip"})
    assert session.example().path.name == "b.avi"
    (tmp_path / "walk" / "b.avi").write_text("not a video")
    with pytest.raises(InputError, match="no clip of walk can be read"):
        session.example()
