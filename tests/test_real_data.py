"""The suite on other people's footage: originals of UCF101, KTH, silhouettes, surveillance."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from har_lib import (
    baselines,
    cli,
    datasets,
    evaluate,
    experiments,
    extraction,
    features,
    files,
    predict,
    video,
)
from har_lib.config import profile

FOLDER = os.environ.get("HAR_TEST_DATA", "")
pytestmark = pytest.mark.skipif(not FOLDER, reason="HAR_TEST_DATA names no folder of real clips")
DATA = Path(FOLDER)
#: Settings for a quick fit; nothing is claimed from it.
QUICK = {"population": 4, "iterations": 2, "epochs": 3, "hidden_size": 4}


@pytest.fixture(scope="module")
def scratch(tmp_path_factory):
    """Store and build folders of their own for this file."""
    folder = tmp_path_factory.mktemp("real")
    patch = pytest.MonkeyPatch()
    patch.setenv("HAR_DATA", str(folder / "data"))
    patch.setenv("HAR_BUILD", str(folder / "build"))
    yield folder
    patch.undo()


@pytest.mark.parametrize("action", ["ApplyEyeMakeup", "BaseballPitch", "SoccerJuggling"])
def test_an_original_clip_of_ucf101_becomes_58_vectors(action):
    (clip,) = (DATA / "ucf101" / "videos" / action).glob("*.avi")
    found = features.extract(clip)
    assert found.vectors.shape == (len(found.keyframes), 58)
    assert np.isfinite(found.vectors).all()
    assert (found.vectors[:, features.INTEREST] != 0).any()


def test_silhouettes_that_are_given_tell_ten_actions_by_person(scratch):
    dataset = datasets.folder(DATA / "weizmann_silhouettes")
    found = extraction.collect(dataset, profile("corrected", silhouette="given"))
    assert not found.failures
    run = evaluate.cross_validate(
        baselines.classifiers()["SVM"], found.sequences, found.labels, found.groups
    )
    assert len(run.groups) == 6
    assert run.per_fold.shared_groups.max() == 0
    assert run.interval[0] > 3 * run.chance


def test_a_fold_that_lacks_a_class_is_refused_by_name_and_the_rest_is_run(scratch):
    words = ["replicate", "--dataset", "folder", "--data-root", str(DATA / "kth_segments")]
    for name, value in QUICK.items():
        words += ["-p", name, str(value)]
    assert cli.main([*words, "--only", "06", "--output", str(scratch / "kth")]) == 0
    results = files.read_json(scratch / "kth" / "results" / "06_results.json")
    assert results["refused_folds"] == [
        "held-out person01: no clip of class jogging is left to train on"
    ]
    assert results["clips"] == 16
    assert len(list((scratch / "kth" / "figures").glob("*.png"))) == 7


def test_predict_draws_figure_3_of_an_original_clip(scratch, capsys):
    dataset = datasets.folder(DATA / "kth_segments")
    predict.train(dataset, profile("corrected", **QUICK)).save(scratch / "model")
    (clip,) = (DATA / "ucf101" / "videos" / "SoccerJuggling").glob("*.avi")
    words = ["predict", str(clip), "--model", str(scratch / "model"), "--output", str(scratch)]
    assert cli.main(words) == 0
    assert (scratch / f"{clip.stem}.png").stat().st_size > 10_000
    assert "%" in capsys.readouterr().out


def test_the_scenes_of_the_surveillance_clips_are_found():
    dataset = datasets.folder(DATA / "fight_surveillance")
    assert (len(dataset), len(set(dataset.groups))) == (182, 55)
    assert np.mean(dataset.labels == "fight") == pytest.approx(0.527, abs=5e-4)


def test_an_official_split_is_evaluated_as_listed(scratch, tmp_path):
    lists = tmp_path / "ucfTrainTestlist"
    lists.mkdir()
    for path in (DATA / "ucf101" / "splits").iterdir():
        (lists / path.name).write_bytes(path.read_bytes())
    random = np.random.default_rng(0)
    for action in ("Archery", "HandstandPushups"):
        stem = action.replace("Handstand", "HandStand")
        for group in (1, 2, 8, 9, 10):
            clip = tmp_path / "UCF-101" / action / f"v_{stem}_g{group:02d}_c01.avi"
            clip.parent.mkdir(parents=True, exist_ok=True)
            video.write(clip, random.integers(0, 255, (9, 48, 64)).astype(np.uint8))
    bad = tmp_path / "UCF-101" / "Archery" / "v_Archery_g02_c01.avi"
    bad.write_text("not a video")
    dataset = datasets.ucf101(tmp_path)
    config = profile("corrected", split="official1", **QUICK)
    found = extraction.collect(dataset, config, damaged_clips="skip")
    ((train, test),) = experiments.official_splits(dataset, found, 1)
    groups = [record.path.stem.split("_")[2] for record in found.records]
    assert {groups[i] for i in test} == {"g01", "g02"}
    assert {groups[i] for i in train} == {"g08", "g09", "g10"}
    assert len(train) + len(test) == len(dataset) - 1
    run = experiments.evaluate_all(dataset, found, config, seed=0)["SVM"]
    assert sorted(run.predictions["clip"]) == sorted(test.tolist())


def test_reading_a_broken_clip_prints_one_line_and_nothing_else(tmp_path, scratch):
    text = tmp_path / "notes.avi"
    text.write_text("not a video")
    run = subprocess.run(
        [sys.executable, "-m", "har_lib", "predict", str(text)],
        capture_output=True, text=True, cwd=files.ROOT, check=False,
    )  # fmt: skip
    assert run.returncode == 2
    assert run.stderr.count("\n") == 1
    assert "notes.avi" in run.stderr
