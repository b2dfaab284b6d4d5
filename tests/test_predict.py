"""A model is trained, kept as two files, read back, and says the same of a video."""

import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from har_lib import (
    alstm,
    annotate,
    cli,
    cli_data,
    cli_models,
    datasets,
    features,
    files,
    model_folder,
    predict,
    record,
    video,
)
from har_lib.config import Config
from har_lib.errors import InputError
from har_lib.model_folder import ABOUT, CLASSIFIER
from har_lib.predict import Model

QUICK = Config().replace(
    hidden_size=4, population=4, iterations=2, epochs=60, learning_rate=0.05, frame_width=64,
    frame_height=48, grid_over="frame", point_window=1,
)  # fmt: skip


def moving(action: str, seed: int) -> np.ndarray:
    """A bright square that goes to and fro, along x or along y."""
    random = np.random.default_rng(seed)
    frames = np.repeat(random.integers(60, 100, (1, 48, 64)), 16, axis=0)
    for t in range(16):
        way = 4 + (2 + seed % 2) * min(t, 15 - t)
        top, left = (way, 25) if action == "jump" else (18, way)
        frames[t, top : top + 12, left : left + 12] = 220
    return frames.astype(np.uint8)


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("clips")
    for action in ("jump", "walk"):
        (root / action).mkdir()
        for person in range(3):
            video.write(root / action / f"person{person}.avi", moving(action, person), codec="FFV1")
    return root


@pytest.fixture(scope="module")
def model(clips: Path, tmp_path_factory: pytest.TempPathFactory) -> Model:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HAR_DATA", str(tmp_path_factory.mktemp("data")))
        return predict.train(datasets.folder(clips, r"(person\d)"), QUICK, seed=3, jobs=1)


def test_a_model_knows_what_it_learnt_from(model: Model, clips: Path) -> None:
    assert model.trained_on == {
        "data": "folder",
        "data_digest": datasets.folder(clips, r"(person\d)").digest(),
        "clips": 6,
        "groups": 3,
        "seed": 3,
        "source_digest": record.sources(),
    }
    assert model.classifier.seed == 3
    assert model.classifier.hidden_size == 4
    assert model.classifier.classes_.tolist() == ["jump", "walk"]
    # Whole groups were kept for early stopping: two clips of one person.
    assert len(model.classifier.validation_indices_) == 2


def test_it_has_learnt_to_tell_up_and_down_from_left_and_right(model: Model) -> None:
    for action in ("jump", "walk"):
        unseen = features.extract(moving(action, 7), QUICK).vectors
        assert model.classifier.predict([unseen]) == [action]


def test_kept_and_read_back_it_says_the_same(model: Model, clips: Path, tmp_path: Path) -> None:
    model.save(tmp_path / "deep" / "model")
    assert {p.name for p in (tmp_path / "deep" / "model").iterdir()} == {CLASSIFIER, ABOUT}
    again = Model.load(tmp_path / "deep" / "model")
    assert again.config == model.config
    assert again.trained_on == model.trained_on
    X = [features.extract(path, QUICK).vectors for path in sorted(clips.rglob("*.avi"))]
    np.testing.assert_array_equal(
        again.classifier.predict_proba(X), model.classifier.predict_proba(X)
    )
    again.save(tmp_path / "twice")
    for name in (CLASSIFIER, ABOUT):
        first, second = tmp_path / "deep" / "model" / name, tmp_path / "twice" / name
        assert first.read_bytes() == second.read_bytes()


def test_a_prediction_is_the_classifiers_and_is_drawn(
    model: Model, clips: Path, tmp_path: Path
) -> None:
    path = clips / "walk" / "person1.avi"
    probabilities = predict.draw(model, path, tmp_path / "out")
    found = features.extract(path, QUICK)
    expected = dict(
        zip(["jump", "walk"], model.classifier.predict_proba([found.vectors])[0], strict=True)
    )
    assert probabilities == expected
    assert list(probabilities.values()) == sorted(probabilities.values(), reverse=True)
    assert sum(probabilities.values()) == pytest.approx(1)

    folder = tmp_path / "out"
    assert {p.name for p in folder.iterdir()} == {f"person1.{e}" for e in ("png", "csv", "json")}
    table = pd.read_csv(folder / "person1.csv")
    assert table.action.tolist() == list(probabilities)
    np.testing.assert_allclose(table.probability, list(probabilities.values()), rtol=1e-5)
    about = json.loads((folder / "person1.json").read_text())
    assert about["key_frames"] == found.keyframes.tolist()
    assert about["frames"] == 16
    assert about["choices"] == QUICK.flat()
    assert about["model"] == model.trained_on
    assert next(iter(probabilities)) in about["alt"]
    assert (folder / "person1.png").read_bytes().startswith(b"\x89PNG")
    for text in ("person1.csv", "person1.json"):
        assert str(tmp_path) not in (folder / text).read_text()
        assert str(clips) not in (folder / text).read_text()


def test_a_model_read_back_draws_the_same_bytes(model: Model, clips: Path, tmp_path: Path) -> None:
    model.save(tmp_path / "model")
    path = clips / "jump" / "person0.avi"
    predict.draw(model, path, tmp_path / "first")
    predict.draw(Model.load(tmp_path / "model"), path, tmp_path / "second")
    for first in (tmp_path / "first").iterdir():
        assert first.read_bytes() == (tmp_path / "second" / first.name).read_bytes()


def test_a_clip_of_one_key_frame_is_drawn_too(model: Model, tmp_path: Path) -> None:
    path = tmp_path / "flash.avi"
    frames = np.full((5, 48, 64), 90, dtype=np.uint8)
    frames[2, 10:40, 10:40] = 250
    video.write(path, frames)
    found = predict.draw(model, path, tmp_path / "out", at_most=1)
    assert set(found) == {"jump", "walk"}


def test_a_clip_in_which_nothing_moves_is_refused(model: Model, tmp_path: Path) -> None:
    path = tmp_path / "still.avi"
    video.write(path, np.full((5, 48, 64), 90, dtype=np.uint8))
    with pytest.raises(InputError, match="nothing moves in it"):
        predict.draw(model, path, tmp_path / "out")


def test_a_model_of_another_version_is_not_current(model: Model, tmp_path: Path) -> None:
    assert not model_folder.is_current(tmp_path / "none")
    model.save(tmp_path / "model")
    assert model_folder.is_current(tmp_path / "model")
    about = files.read_json(tmp_path / "model" / ABOUT)
    about["trained_on"]["source_digest"] = "0"
    files.write_json(tmp_path / "model" / ABOUT, about)
    assert not model_folder.is_current(tmp_path / "model")
    (tmp_path / "model" / ABOUT).write_text("[1, 2]")
    assert not model_folder.is_current(tmp_path / "model")


def test_a_model_whose_classifier_is_damaged_is_made_anew(model: Model, tmp_path: Path) -> None:
    model.save(tmp_path / "model")
    assert model_folder.is_current(tmp_path / "model")
    classifier = tmp_path / "model" / model_folder.CLASSIFIER
    classifier.write_bytes(classifier.read_bytes()[:-1])
    assert not model_folder.is_current(tmp_path / "model")


# ---------------------------------------------------------------- commands


def given(clips: Path) -> list[str]:
    """Words of a command line for the model above."""
    words = [str(clips), "-p", "group_pattern", r"(person\d)", "-p", "seed", "3"]
    for name, value in QUICK.changes().items():
        words += ["-p", name, str(value)]
    return words


def never(*_: Any, **__: Any) -> None:
    raise AssertionError("no model is to be trained")


def test_a_folder_is_trained_on_by_its_name(
    model: Model, clips: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setenv("HAR_DATA", str(tmp_path / "data"))
    assert cli.main(["train", *given(clips), "--model", str(tmp_path / "model")]) == 0
    assert "taken as folder" in capsys.readouterr().out
    found = Model.load(tmp_path / "model")
    np.testing.assert_array_equal(found.classifier.weights_, model.classifier.weights_)
    assert found.trained_on == model.trained_on
    assert cli.main(["train", str(clips), "--data-root", str(clips)]) == 2
    assert "name the folder once" in capsys.readouterr().err


def test_the_model_that_is_left_is_made_once(
    model: Model, clips: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setenv("HAR_DATA", str(tmp_path / "data"))
    data, folder = datasets.folder(clips, r"(person\d)"), tmp_path / "model"

    damage: dict[str, str | int] = {}

    def made(data: datasets.Dataset = data, config: Config = QUICK, seed: int = 3) -> bool:
        prepared = cli_data.Prepared(data, damage)
        cli_models.leave_model({"config": config, "seed": seed, "jobs": 1}, prepared, tmp_path)
        (line,) = capsys.readouterr().out.splitlines()
        assert re.fullmatch(r"model {16,}(\d+\.\d s|up to date)", line)
        return line.endswith(" s")

    assert made()
    np.testing.assert_array_equal(Model.load(folder).classifier.weights_, model.classifier.weights_)
    assert not made()
    assert made(seed=4), "another seed"
    assert made(seed=4, config=QUICK.replace(epochs=2)), "other choices"
    assert not made(seed=4, config=QUICK.replace(epochs=2))
    assert made()
    assert made(replace(data, records=data.records[:-1])), "other clips"
    (folder / CLASSIFIER).unlink()
    assert made(replace(data, records=data.records[:-1])), "half of it is gone"
    damage |= {"damaged_clips": "skip", "not_read": 1}
    assert made(replace(data, records=data.records[:-1])), "clips were left out"
    assert Model.load(folder).trained_on["not_read"] == 1


def test_a_video_that_changes_while_it_is_looked_at_is_refused(
    model: Model, clips: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "clip.avi"
    path.write_bytes(next(clips.rglob("*.avi")).read_bytes())
    read = features.read

    def changed(*given: Any, **named: Any) -> Any:
        with path.open("ab") as file:
            file.write(b"more")
        return read(*given, **named)

    monkeypatch.setattr(features, "read", changed)
    with pytest.raises(video.VideoError, match="was changed while it was read"):
        predict.look(model, path)


def test_to_ask_for_the_model_imports_nothing_that_learns() -> None:
    """``har replicate`` asks each time, and is fast where nothing is stale."""
    code = (
        "import sys; from pathlib import Path; from har_lib import model_folder, cli_models;"
        "assert not model_folder.is_current(Path('none'));"
        "sys.exit(bool({'torch', 'cv2', 'scipy', 'matplotlib'} & set(sys.modules)))"
    )
    subprocess.run([sys.executable, "-c", code], cwd=files.ROOT, check=True)


def test_the_model_that_is_left_predicts(
    model: Model, clips: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setenv("HAR_BUILD", str(tmp_path / "build"))
    model.save(files.build_dir() / "model")
    monkeypatch.setattr(predict, "train", never)
    path = clips / "walk" / "person1.avi"
    assert cli.main(["predict", str(path)]) == 0
    told = capsys.readouterr().out
    for action, share in predict.draw(model, path, tmp_path / "out").items():
        assert f"{100 * share:5.1f} %  {action}\n" in told
    drawn = (tmp_path / "build" / "predictions" / "person1.png").read_bytes()
    assert drawn == (tmp_path / "out" / "person1.png").read_bytes()


@pytest.mark.parametrize("ending", [".mp4", ".webm"])
def test_the_clip_is_written_again_with_what_the_model_sees(
    model: Model, clips: Path, tmp_path: Path, capsys: Any, ending: str
) -> None:
    model.save(tmp_path / "model")
    path, target = clips / "walk" / "person1.avi", tmp_path / "deep" / f"seen{ending}"
    words = ["predict", str(path), "--model", str(tmp_path / "model"), "--output", str(tmp_path)]
    assert cli.main([*words, "--video", str(target)]) == 0
    codec = {".mp4": "H.264", ".webm": "VP8"}[ending]
    assert f"the annotated video is {target} ({codec})\n" in capsys.readouterr().out
    assert video.read_gray(target).shape == (16, *annotate.SIZE[::-1])


@pytest.mark.parametrize(
    ("target", "words"),
    [("seen.avi", "videos are written as .mp4 or .webm"), ("still", "videos are written as")],
)
def test_a_video_that_cannot_be_written_is_refused_before_anything_is_trained(
    clips: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Any,
    target: str,
    words: str,
) -> None:
    monkeypatch.setenv("HAR_BUILD", str(tmp_path / "build"))
    monkeypatch.setattr(predict, "train", never)
    path = clips / "walk" / "person1.avi"
    assert cli.main(["predict", str(path), "--video", str(tmp_path / target)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("har: ")
    assert words in line
    assert not (tmp_path / "build").exists()


# ---------------------------------------------------------------- what is refused


def test_a_text_file_named_avi_is_refused_and_leaves_nothing(model: Model, tmp_path: Path) -> None:
    path = tmp_path / "notes.avi"
    path.write_text("no video")
    with pytest.raises(InputError, match=r"notes\.avi"):
        predict.draw(model, path, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("missing", ["everything", ABOUT, CLASSIFIER])
def test_a_folder_without_a_model_is_refused(model: Model, tmp_path: Path, missing: str) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    if missing != "everything":
        model.save(folder)
        (folder / missing).unlink()
    with pytest.raises(InputError, match=re.escape(str(folder))):
        Model.load(folder)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("[1, 2]", "cannot be used"),
        ("{", "cannot be used"),
        ("{}", "cannot be used"),
        ('{"trained_on": {}, "choices": {"harris_k": 7.0}}', "harris_k = 7.0 is not allowed"),
        ('{"trained_on": {}, "choices": {"gone": 1}}', "gone is no choice"),
    ],
)
def test_a_damaged_description_is_refused(
    model: Model, tmp_path: Path, change: str, words: str
) -> None:
    model.save(tmp_path)
    (tmp_path / ABOUT).write_text(change)
    with pytest.raises(InputError, match=words) as error:
        Model.load(tmp_path)
    assert "train anew" in str(error.value)
    assert "\n" not in str(error.value)


def test_a_damaged_classifier_is_refused(model: Model, tmp_path: Path) -> None:
    model.save(tmp_path)
    (tmp_path / CLASSIFIER).write_bytes((tmp_path / CLASSIFIER).read_bytes()[:200])
    with pytest.raises(InputError, match="is no saved classifier"):
        Model.load(tmp_path)


def interrupt(*_: Any, **__: Any) -> None:
    raise KeyboardInterrupt


def test_training_that_was_ended_goes_on(
    model: Model, clips: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HAR_DATA", str(tmp_path / "data"))
    words = ["train", *given(clips), "--jobs", "2", "--model", str(tmp_path / "model")]
    with monkeypatch.context() as patch:
        patch.setattr(alstm, "adam", interrupt)
        assert cli.main(words) == 130
    assert len(list((tmp_path / "model" / "unfinished").iterdir())) == 1
    assert cli.main(words) == 0
    assert not (tmp_path / "model" / "unfinished").exists()
    found = Model.load(tmp_path / "model")
    np.testing.assert_array_equal(found.classifier.weights_, model.classifier.weights_)


def test_data_that_cannot_be_learnt_from_are_refused(
    clips: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HAR_DATA", str(tmp_path / "data"))
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="holds no video"):
        datasets.folder(tmp_path / "empty", r"(\w)")
    data = datasets.folder(clips, r"(person\d)")
    one_group = replace(data, records=tuple(r for r in data.records if r.group == "person0"))
    with pytest.raises(InputError, match="all clips are of one group"):
        predict.train(one_group, QUICK, jobs=1)
    lost = replace(data, records=tuple(replace(r, path=tmp_path / "gone") for r in data.records))
    with pytest.raises(InputError, match="none of the 6 clips could be read"):
        predict.train(lost, QUICK, jobs=1)


def test_a_damaged_clip_is_refused_or_used_with_a_word(
    model: Model, clips: Path, tmp_path: Path, capsys: Any
) -> None:
    model.save(tmp_path / "model")
    whole = (clips / "walk" / "person1.avi").read_bytes()
    path = tmp_path / "cut.avi"
    path.write_bytes(whole[: len(whole) * 4 // 5])
    words = ["predict", str(path), "--model", str(tmp_path / "model"), "--output", str(tmp_path)]
    assert cli.main(words) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert re.search(r"cut\.avi: cut short.*--damaged-clips accept goes on", told.err)
    assert told.err.count("\n") == 1
    with pytest.raises(video.VideoError, match="cut short"):
        predict.look(model, path)
    film = tmp_path / "seen.mp4"
    assert cli.main([*words, "--damaged-clips", "accept", "--video", str(film)]) == 0
    assert f"damaged and used: {path}: cut short" in capsys.readouterr().out
    assert 2 <= len(video.read_gray(film)) < 16
