"""The whole study on a handful of clips: what it holds, says, draws and refuses."""

import argparse
import functools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_leakage import CONFIG, collection

from har_lib import (
    cli_data,
    cli_leakage,
    comparison,
    extraction,
    leakage,
    leakage_endpoints,
    leakage_inference,
    leakage_report,
    leakage_study,
    record,
    video,
)
from har_lib.datasets import Dataset
from har_lib.errors import InputError
from har_lib.leakage_study import CONTRASTS, Settings

CLIPS = collection((3, 2, 2, 4, 3, 3, 2, 2, 3, 3, 4, 4))
QUICK = CONFIG.replace(folds=3, repeats=2, epochs=2, hidden_size=3)
#: Where it does not matter which classifiers there are.
FEWER = {"key_frame": ("SVM", "kNN"), "clip": ("SVM", "kNN")}
SIZES = Settings(permutations=5, shuffles=2, mechanism_draws=2, draws=99)


def study(folder: Path, **change: Any) -> dict[str, Any]:
    given: dict[str, Any] = {
        "name": "folder",
        "digest": "none",
        "collection": CLIPS,
        "config": QUICK,
        "settings": SIZES,
        "journal": folder / "kept.jsonl",
    }
    return leakage_study.run(**given | change)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return study(tmp_path_factory.mktemp("study"))


@pytest.fixture(scope="module")
def builtin(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    patch = pytest.MonkeyPatch()
    patch.setattr("har_lib.leakage_controls.FRESH", 500)
    patch.setattr("har_lib.leakage_mechanism.SHARES", (0.0, 0.6))
    patch.setattr("har_lib.leakage.CLASSIFIERS", FEWER)
    found = study(tmp_path_factory.mktemp("builtin"), name="builtin")
    patch.undo()
    return found


# ---------------------------------------------------------------- what it holds


def test_the_results_are_json_and_say_their_sizes(results: dict[str, Any]) -> None:
    again = json.loads(json.dumps(results, allow_nan=False))
    assert again == results
    assert (results["clips"], results["groups"], results["key_frames"]) == (12, 6, 35)
    assert results["settings"]["folds"] == 3
    assert results["settings"]["repeats"] == 2
    assert results["majority_rate"] == {"key_frame": 0.514286, "clip": 0.5}
    assert results["evidence"] is True
    assert results["named_beforehand"] is False


def test_every_rung_and_every_difference_is_there(results: dict[str, Any]) -> None:
    rungs = {(row["unit"], row["classifier"], row["rung"]) for row in results["rungs"]}
    assert rungs == {
        (unit, name, rung)
        for unit, names in leakage.CLASSIFIERS.items()
        for name in names
        for rung in leakage.UNITS[unit]
    }
    told = [(r["unit"], r["classifier"], (r["upper"], r["lower"])) for r in results["contrasts"]]
    assert told == [
        (unit, name, pair)
        for unit, names in leakage.CLASSIFIERS.items()
        for name in names
        for pair in CONTRASTS[unit]
    ]


def test_differences_are_those_of_the_rungs(results: dict[str, Any]) -> None:
    at = {(r["unit"], r["classifier"], r["rung"]): r["estimate"] for r in results["rungs"]}
    for row in results["contrasts"]:
        above, below = (at[row["unit"], row["classifier"], row[s]] for s in ("upper", "lower"))
        assert row["estimate"] == pytest.approx(above - below, abs=2e-6)
        assert row["low"] <= row["estimate"] <= row["high"]


def test_an_interval_is_that_of_the_samples(results: dict[str, Any]) -> None:
    data = leakage.samples(CLIPS, QUICK, "key_frame")
    right = [leakage.correctness("SVM", data, rung, QUICK, 3, 2) for rung in ("clip", "group")]
    expected = leakage_inference.interval(right[0] - right[1], data.groups)
    (row,) = (
        r for r in results["contrasts"]
        if (r["unit"], r["classifier"], r["upper"]) == ("key_frame", "SVM", "clip")
    )  # fmt: skip
    assert row["low"] == pytest.approx(max(-1.0, expected.low), abs=1e-6)
    assert row["interval"] == expected.method == "Student's t over groups"


def test_what_is_tested_has_p_and_the_rest_has_none(results: dict[str, Any]) -> None:
    several = [row for row in results["contrasts"] if "p" in row]
    assert len(several) == 8
    assert {row["role"] for row in several} == {"exploratory"}
    assert {row["classifier"] for row in several} == {"SVM", "kNN"}
    expected = comparison.holm([row["p"] for row in several])
    np.testing.assert_allclose([row["p_holm"] for row in several], expected, atol=1e-6)
    for row in results["contrasts"]:
        assert ("p" in row) == (row["role"] != "descriptive")
        if row["upper"] == "training_data":
            assert row["role"] == "descriptive"


def test_the_primary_endpoint_stands_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fight = leakage_endpoints.ENDPOINTS[:8]
    monkeypatch.setattr(leakage_endpoints, "named", lambda *_: fight)
    monkeypatch.setattr(leakage, "CLASSIFIERS", FEWER)
    found = study(tmp_path)
    tested = [row for row in found["contrasts"] if "p" in row]
    assert [row["role"] for row in tested].count("primary") == 1
    (primary,) = (row for row in tested if row["role"] == "primary")
    assert "p_holm" not in primary
    others = [row for row in tested if row["role"] == "secondary"]
    expected = comparison.holm([row["p"] for row in others])
    np.testing.assert_allclose([row["p_holm"] for row in others], expected, atol=1e-6)
    told = leakage_report.primary(found)
    assert told.startswith("key frames as samples, SVM: ")
    assert "(5 permutations)" in told
    assert leakage_report.contrasts(found).role[0] == "primary"
    assert leakage_report.contrasts_table(found).iloc[0]["p by Holm's rule"] == ""


def test_without_permutations_there_is_no_test(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leakage, "CLASSIFIERS", FEWER)
    found = study(tmp_path, settings=Settings(permutations=0, shuffles=2, draws=99))
    assert not any("p" in row for row in found["contrasts"])
    assert not (tmp_path / "kept.jsonl").exists()
    with pytest.raises(InputError, match="the results hold no test"):
        leakage_report.contrasts(found)
    assert len(leakage_report.contrasts(found, tested=False)) == 12


def test_the_built_in_data_show_the_mechanism_and_no_verdict(builtin: dict[str, Any]) -> None:
    assert builtin["evidence"] is False
    assert not any("p" in row for row in builtin["contrasts"])
    assert {row["share"] for row in builtin["mechanism"]} == {0.0, 0.6}
    assert {row["best"] for row in builtin["known_difficulty"]} == {0.933193}
    assert leakage_report.MECHANISM_WORDS in leakage_report.lines(builtin)
    assert leakage_report.mechanism(builtin).accuracy.between(0, 100).all()


def test_given_silhouettes_have_a_floor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    generator = np.random.default_rng(0)

    def read(path: Any, damaged: bool) -> np.ndarray:
        return np.where(generator.random((4, 30, 40)) > 0.5, 255, 0).astype(np.uint8)

    monkeypatch.setattr(video, "read_gray", read)
    monkeypatch.setattr(leakage, "CLASSIFIERS", FEWER)
    found = study(tmp_path, config=QUICK.replace(silhouette="given"), settings=SIZES)["floor"]
    assert 0 <= found["low"] <= found["estimate"] <= found["high"] <= 1
    assert [row["classifier"] for row in found["more_than"]] == ["SVM", "kNN"]
    assert f"by group: {100 * found['estimate']:.1f} [" in leakage_report.floor(found)


# ---------------------------------------------------------------- what it says


def test_tables_hold_the_numbers(results: dict[str, Any]) -> None:
    table = leakage_report.rungs_table(results)
    assert list(table.columns) == ["training data", "by key frame", "by clip", "by group"]
    assert table.loc[("clips", "SVM"), "by key frame"] == ""
    (row,) = (
        r for r in results["rungs"]
        if (r["unit"], r["classifier"], r["rung"]) == ("clip", "kNN", "group")
    )  # fmt: skip
    shown = table.loc[("clips", "kNN"), "by group"]
    assert shown.startswith(f"{100 * row['estimate']:.1f} [")
    told = leakage_report.contrasts_table(results)
    assert len(told) == 8
    assert set(told["named beforehand"]) == {"no"}
    assert any("exploratory" in line for line in leakage_report.lines(results))
    found = leakage_report.shuffled(results)
    np.testing.assert_allclose(found.excess, found.accuracy - found.chance, atol=1e-3)


def test_what_is_not_there_is_not_told(results: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="the primary endpoint is not part of these results"):
        leakage_report.primary(results)
    with pytest.raises(InputError, match="the results hold no mechanism"):
        leakage_report.mechanism(results)
    with pytest.raises(InputError, match="hold nothing of the unit 'video'"):
        leakage_report.rungs(results, "video")


# ---------------------------------------------------------------- what it refuses


@pytest.mark.parametrize(
    ("name", "value"), [("unit", "key_frame"), ("split", "random"), ("configurations", 4)]
)
def test_choices_of_its_own_are_refused(tmp_path: Path, name: str, value: Any) -> None:
    with pytest.raises(InputError, match=f"{name} = .* has no meaning here"):
        study(tmp_path, config=QUICK.replace(**{name: value}))


@pytest.mark.parametrize("change", [{"permutations": -1}, {"shuffles": 1}, {"draws": 98}])
def test_impossible_sizes_are_refused(change: dict[str, int]) -> None:
    (name,) = change
    with pytest.raises(InputError, match=f"{name} = .* is not allowed: it must be at least"):
        Settings(**change)


# ---------------------------------------------------------------- the command


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """``har leakage`` on the clips above."""
    records = tuple(CLIPS.records)
    dataset = Dataset("folder", tmp_path, records, "group", "file names")
    monkeypatch.setattr(Dataset, "digest", lambda self: "made up")
    monkeypatch.setattr(cli_data, "prepare", lambda *_: cli_data.Prepared(dataset, {}))
    monkeypatch.setattr(extraction, "collect", lambda *_: CLIPS)
    monkeypatch.setattr(record, "FOLDER", tmp_path / "recorded")
    monkeypatch.setattr(leakage_study, "Settings", functools.partial(Settings, shuffles=2))
    monkeypatch.setattr(leakage, "CLASSIFIERS", FEWER)

    def call(*words: str) -> dict[str, Any]:
        parser = argparse.ArgumentParser()
        cli_leakage.leakage_arguments(parser)
        given = ["--dataset", "folder", "--data-root", str(tmp_path), "--output", str(tmp_path)]
        given += ["-p", "folds", "3", "-p", "epochs", "2", "-p", "hidden_size", "3", *words]
        arguments = parser.parse_args(given)
        arguments.words = ["leakage", *given]
        cli_leakage.leakage(arguments)
        found: dict[str, Any] = json.loads((tmp_path / "results" / "leakage.json").read_text())
        return found

    return call


def test_the_command_writes_and_records(
    command: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = command("--permutations", "2", "--repeats", "1", "--record", "made_up", "--jobs", "1")
    kept = json.loads((tmp_path / "recorded" / "leakage_made_up.json").read_text())
    assert kept == found
    assert found["command"].startswith("har leakage --dataset folder --data-root ")
    assert str(tmp_path.parent) not in json.dumps(found), "no path of this machine"
    assert found["data_digest"] == "made up"
    assert found["source_digest"] == record.computed_by("leakage_study")
    assert found["choices"]["neighbours"] == 1
    assert found["choices"]["repeats"] == found["settings"]["repeats"] == 1
    assert found["settings"]["permutations"] == 2
    told = capsys.readouterr().out
    assert "12 clips, 35 key frames, 2 classes, 6 groups" in told
    assert "leakage_made_up.json" in told


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--repeats", "2", "-p", "repeats", "3"], "--repeats and -p repeats are both given"),
        (["--permutations", "-1"], "permutations = -1 is not allowed"),
        (["--record", "a/b"], "--record 'a/b' is not allowed"),
        (["-p", "unit", "key_frame"], "unit = 'key_frame' has no meaning here"),
    ],
)
def test_the_command_refuses_before_it_computes(
    command: Any, monkeypatch: pytest.MonkeyPatch, words: list[str], message: str
) -> None:
    monkeypatch.setattr(cli_data, "prepare", None)
    with pytest.raises(InputError, match=message):
        command(*words)
