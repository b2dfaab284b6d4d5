"""No number without a word of the clips that were left out of it, or are damaged and in it."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from test_damaged_clips import moving

from har_lib import (
    cli,
    datasets,
    extraction,
    feature_ablation,
    files,
    leakage_study,
    multiverse,
    multiverse_run,
    predict,
    verdicts,
    video,
)
from har_lib.datasets import Dataset
from har_lib.errors import InputError
from har_lib.files import ROOT
from har_lib.left_out import check_classes, damage
from har_lib.session import Session

CUT = "walk/g2.avi"
#: Policy -> what results say of it where one clip is cut short.
TOLD = {
    "skip": {"damaged_clips": "skip", "not_read": 1, "damaged_and_used": 0},
    "accept": {"damaged_clips": "accept", "not_read": 0, "damaged_and_used": 1},
}
SMALL = {"population": 4, "iterations": 2, "epochs": 2, "hidden_size": 3, "folds": 2}
TINY = [word for name, value in SMALL.items() for word in ("-p", name, str(value))]
POLICIES = pytest.mark.parametrize("policy", list(TOLD))


def cut(path: Path) -> None:
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) * 2 // 3])


@pytest.fixture
def root(tmp_path: Path, own_folders: None) -> Path:
    """Eight clips of two actions in four groups, one of which is cut in its last third."""
    root = tmp_path / "set"
    rows = ["file,group"]
    for seed, name in enumerate(f"{a}/g{g}.avi" for a in ("run", "walk") for g in range(1, 5)):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        video.write(root / name, moving(seed), codec="FFV1")
        rows.append(f"{name},{Path(name).stem}")
    (root / "groups.csv").write_text("\n".join(rows) + "\n")
    cut(root / CUT)
    return root


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Sentences that notebooks show."""
    found: list[str] = []
    monkeypatch.setattr(Session, "say", lambda self, sentence: found.append(sentence))
    return found


def session(root: Path, policy: str = "refuse", **more: Any) -> Session:
    given = {"dataset": "folder", "data_root": str(root), "damaged_clips": policy, "jobs": 1}
    return Session("test", {**given, "output": str(root.parent / "out"), **more})


def har(root: Path, policy: str, *words: str) -> Path:
    """Run a command on the clips; gives its output folder."""
    output = root.parent / "out"
    data = ["--dataset", "folder", "--data-root", str(root), "--damaged-clips", policy]
    assert cli.main([words[0], *data, "--output", str(output), "--jobs", "1", *words[1:]]) == 0
    return output


def part(found: dict[str, Any]) -> dict[str, Any]:
    return {name: found[name] for name in TOLD["skip"] if name in found}


def without_walk(root: Path) -> None:
    """Leave no sound clip of one of the two actions."""
    for path in (root / "walk").glob("*.avi"):
        if path.name != Path(CUT).name:
            cut(path)


# ---------------------------------------------------------------- one clip of a notebook


def test_refuse_holds_for_the_clip_to_look_at(root: Path, said: list[str]) -> None:
    for number in (0, 1, 2):
        with pytest.raises(verdicts.Unusable, match="1 of 4 clips are damaged") as error:
            session(root).example("walk", number)
        assert f"{root / CUT}: cut short" in str(error.value)
        assert "damaged_clips skip" in str(error.value)
    assert session(root).example("run").path.name == "g1.avi"
    assert said == []


def test_refuse_holds_for_a_clip_that_is_none(root: Path) -> None:
    (root / CUT).write_text("no clip")
    with pytest.raises(verdicts.Unusable, match=r"g2\.avi"):
        session(root).example("walk")


def test_what_is_left_out_of_a_choice_is_said_once(root: Path, said: list[str]) -> None:
    own = session(root, "skip")
    assert [own.example("walk", number).path.stem for number in range(3)] == ["g1", "g3", "g4"]
    (sentence,) = said
    assert sentence.startswith("not used: walk, g2.avi: cut short")
    assert part(own.origin) == TOLD["skip"]


def test_a_damaged_clip_that_is_looked_at_is_named(root: Path, said: list[str]) -> None:
    own = session(root, "accept")
    own.example("walk")
    assert said == []
    assert part(own.origin) == {**TOLD["accept"], "damaged_and_used": 0}, "another was taken"
    own.example("walk", 1)
    (sentence,) = said
    assert sentence.startswith("damaged and used: walk, g2.avi: cut short")
    assert part(own.origin) == TOLD["accept"]


def test_a_damaged_clip_is_shown_in_colour_as_far_as_it_goes(root: Path, said: list[str]) -> None:
    record = session(root, "accept").example("walk", 1)
    shown = session(root, "accept").in_colour(record)
    gray = video.read_gray(record.path, damaged=True)
    assert shown.shape == (*gray.shape, 3)
    assert 2 <= len(shown) < 14
    np.testing.assert_array_equal(shown, np.repeat(gray[..., None], 3, axis=3))
    with pytest.raises(video.VideoError):
        session(root).in_colour(dataclasses.replace(record, flaw=""))


def test_colours_of_a_damaged_clip_are_in_order(root: Path, said: list[str]) -> None:
    red = np.full((14, 48, 64, 3), (200, 30, 30), np.uint8)
    red[:, :24] += np.random.default_rng(0).integers(0, 9, (14, 24, 64, 3), dtype=np.uint8)
    video.write(root / CUT, red, codec="FFV1")
    own = session(root, "accept")
    sound = own.in_colour(own.example("walk", 1))
    cut(root / CUT)
    flawed = own.in_colour(session(root, "accept").example("walk", 1))
    np.testing.assert_array_equal(flawed, sound[: len(flawed)])


def test_notebooks_read_no_clip_past_the_policy() -> None:
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        source = "".join("".join(c["source"]) for c in cells if c["cell_type"] == "code")
        for past in ("read_color(", "read_gray(", "features.read(", "sample(session.dataset"):
            assert past not in source, f"{path.name}: {past}"


# ---------------------------------------------------------------- all clips of a notebook


@POLICIES
def test_results_of_a_notebook_count_what_is_damaged(
    root: Path, said: list[str], policy: str
) -> None:
    for ask in ("collection", "usable"):
        own = session(root, policy)
        getattr(own, ask)
        own.record(points=1)
        found = files.read_json(own.output / "results" / "test.json")
        assert part(found) == TOLD[policy]
        assert said.pop().startswith(f"{damage_words(policy)}: walk, g2.avi: cut short")
        assert said == []


def damage_words(policy: str) -> str:
    return {"skip": "not used", "accept": "damaged and used"}[policy]


def test_many_clips_are_counted_not_listed(root: Path, said: list[str]) -> None:
    without_walk(root)
    _ = session(root, "accept").collection
    assert len(said) == 4
    assert said[-1] == "damaged and used: 1 more clips"


def test_nothing_is_said_of_sound_clips(root: Path, said: list[str]) -> None:
    video.write(root / CUT, moving(5), codec="FFV1")
    own = session(root)
    own.example("walk", 1)
    assert len(own.collection.records) == len(own.usable) == 8
    assert part(own.origin) == {}
    assert said == []
    assert damage("refuse", 1, 0)["not_read"] == 1, "a count is told whatever the policy"


def test_few_universes_are_run_on_the_usable_clips(
    root: Path, said: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in notebook 08; on all clips every universe would refuse."""
    monkeypatch.setattr(multiverse_run, "classify", lambda *_: classified())
    own = session(root, "skip")
    with pytest.raises(InputError, match="no universe has a result"):
        multiverse.sample(own.dataset, tmp_path / "all", 1, jobs=1)
    found = multiverse.sample(own.usable, tmp_path / "usable", 1, jobs=1)
    assert len(found.strict) == 1
    assert found.failures == {}


def classified() -> dict[str, Any]:
    """An answer of `har_lib.multiverse_run.classify`, for no work."""
    return {
        "accuracy": {report.name: 0.5 for report in multiverse.QUICK.reports()},
        "by_group": {"g1": 0.5, "g2": 0.5},
        "by_run": [0.5],
        "beside": {},
        "predictions": "none",
        "key_frames": 4.0,
    }


# ---------------------------------------------------------------- an action that has no clip left


def test_no_number_of_fewer_classes_than_the_data_have(
    root: Path, said: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    without_walk(root)
    for ask in ("collection", "usable"):
        with pytest.raises(InputError, match="no clip of walk is left, all 4 are damaged") as error:
            getattr(session(root, "skip"), ask)
        assert "\n" not in str(error.value)
    words = [str(root), "--damaged-clips", "skip", "--jobs", "1"]
    assert cli.main(["train", *words]) == 2
    assert "no clip of walk is left" in capsys.readouterr().err
    assert cli.main(["extract", *words]) == 0, "what is only made is no number"
    assert len(session(root, "accept").collection.records) == 8


def test_a_class_outside_of_the_limit_is_not_missed(root: Path) -> None:
    data = datasets.folder(root)
    failures = [(record, "") for record in data.records if record.label == "walk"]
    only = dataclasses.replace(data, records=data.records[:4])
    check_classes(only, failures)
    with pytest.raises(InputError, match="walk"):
        check_classes(data, failures)


def test_one_class_is_named_plainly(root: Path) -> None:
    data = datasets.folder(root)
    only = dataclasses.replace(data, records=data.records[:4])
    with pytest.raises(InputError, match=r"^all clips are of class run: give at least two"):
        predict.train(only, extraction.Config(), jobs=1)


# ---------------------------------------------------------------- commands


@POLICIES
def test_a_model_says_it(root: Path, policy: str) -> None:
    model = har(root, policy, "train", *TINY) / "model"
    assert part(files.read_json(model / "model.json")["trained_on"]) == TOLD[policy]
    assert part(dict(predict.Model.load(model).trained_on)) == TOLD[policy]


def test_a_prediction_says_it(root: Path, tmp_path: Path) -> None:
    model = har(root, "skip", "train", *TINY) / "model"
    words = ["predict", "--model", str(model), "--output", str(tmp_path), "--damaged-clips"]
    assert cli.main([*words, "accept", str(root / CUT)]) == 0
    found = files.read_json(tmp_path / "g2.json")
    assert part(found) == TOLD["accept"]
    assert found["flaw"].startswith("cut short")
    assert set(pd.read_csv(tmp_path / "g2.csv").damaged) == {found["flaw"]}
    assert cli.main([*words, "accept", str(root / "walk" / "g1.avi")]) == 0
    assert part(files.read_json(tmp_path / "g1.json"))["damaged_and_used"] == 0
    assert cli.main([*words, "refuse", str(root / "walk" / "g3.avi")]) == 0
    assert part(files.read_json(tmp_path / "g3.json")) == {}
    for name in ("g1", "g3"):
        assert list(pd.read_csv(tmp_path / f"{name}.csv")) == ["action", "probability"]


@POLICIES
def test_the_study_of_leakage_says_it(
    root: Path, policy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: dict[str, Any] = {}

    def run(name: str, digest: str, collection: Any, *more: Any, **how: Any) -> dict[str, Any]:
        # What the study knows itself: of clips that were left out before, nothing.
        sizes.update(not_read=len(collection.failures), damaged_and_used=len(collection.flagged))
        return dict(sizes)

    monkeypatch.setattr(leakage_study, "run", run)
    monkeypatch.setattr("har_lib.leakage_report.lines", lambda results: [])
    output = har(root, policy, "leakage", "--permutations", "0", *TINY)
    assert part(files.read_json(output / "results" / "leakage.json")) == TOLD[policy]
    assert sizes["not_read"] == 0


@POLICIES
def test_the_ablations_say_it(root: Path, policy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(dataset: Dataset, *more: Any, **how: Any) -> pd.DataFrame:
        assert len(dataset) == (7 if policy == "skip" else 8)
        return pd.DataFrame({"variant": ["corrected"]})

    monkeypatch.setattr(feature_ablation, "run", run)
    monkeypatch.setattr(feature_ablation, "text", lambda table: "")
    output = har(root, policy, "ablations", *TINY)
    found = files.read_json(output / "results" / "ablations.json")
    assert part(found) == TOLD[policy]
    assert found["clips"] == (7 if policy == "skip" else 8)


@POLICIES
def test_a_multiverse_says_it(root: Path, policy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(multiverse_run, "classify", lambda *_: classified())
    monkeypatch.setattr(multiverse, "UNIVERSES", 1)
    monkeypatch.setattr(multiverse, "study", lambda data, folder, *_, **__: a_sample(data, folder))
    output = har(root, policy, "multiverse")
    kept = files.read_json(output / "multiverse" / "multiverse.json")
    assert part(kept) == TOLD[policy]
    assert part(dict(multiverse.from_json(kept).about)) == TOLD[policy]


def a_sample(data: Dataset, folder: Path) -> multiverse.Study:
    return multiverse.sample(data, folder, 1, jobs=1)


def test_sound_clips_leave_no_word_in_what_commands_write(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    video.write(root / CUT, moving(5), codec="FFV1")
    monkeypatch.setattr(multiverse_run, "classify", lambda *_: classified())
    monkeypatch.setattr(multiverse, "study", lambda data, folder, *_, **__: a_sample(data, folder))
    output = har(root, "refuse", "multiverse")
    kept = files.read_json(output / "multiverse" / "multiverse.json")
    assert part(kept) == {}
    assert "not_again" not in kept
    assert part(files.read_json(har(root, "refuse", "train", *TINY) / "model" / "model.json")) == {}


# ---------------------------------------------------------------- universes that are run again


def test_runs_again_that_fail_are_listed(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compute = multiverse_run._compute

    def failing(task: multiverse_run.Task, folder: Path) -> dict[str, Any]:
        if task.again:
            raise InputError("no luck")
        return compute(task, folder)

    monkeypatch.setattr(multiverse_run, "_compute", failing)
    monkeypatch.setattr(multiverse_run, "classify", lambda *_: classified())
    video.write(root / CUT, moving(5), codec="FFV1")
    protocol = dataclasses.replace(multiverse.QUICK, splits=("groups",))
    found = multiverse.study(
        datasets.folder(root), tmp_path, 1, jobs=1, noise=1, top=1, controls=0,
        protocol=protocol, axes=multiverse.QUICK_AXES,
    )  # fmt: skip
    assert found.again.empty
    assert found.reruns.empty
    reasons = [("second runs", 0, "no luck"), ("best universes, other seeds", 0, "no luck")]
    assert list(found.not_again) == reasons
    assert found.summary().endswith("\n2 runs again have no result")
    multiverse.write(found, tmp_path / "multiverse_made.json", [])
    assert multiverse.recorded("made", tmp_path).not_again == reasons
