"""Universes computed: once each, whatever happens, by any number of processes."""

import dataclasses
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from har_lib import datasets, experiments, extraction, files, metrics, multiverse, video
from har_lib import multiverse_design as md
from har_lib import multiverse_run as mr
from har_lib.config import Config
from har_lib.datasets import Dataset
from har_lib.errors import InputError
from har_lib.multiverse_axes import STRICT, Report, axis
from har_lib.multiverse_design import Universe, design
from har_lib.multiverse_run import Protocol, Task

#: Small and quick: two folds, every split.
PROTOCOL = Protocol(folds=2, repeats=2, beside=("SVM",))

#: Hardly any search and training, of small frames.
QUICK = {
    "frame_width": 40, "frame_height": 30, "population": 4, "iterations": 2, "epochs": 3,
    "hidden_size": 4,
}  # fmt: skip
CONFIG = Config().replace(**QUICK)

#: Sixteen combinations.
FEW = (axis("search_role"), axis("readout"), axis("acceptance"))


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(md, "HELD", QUICK)


def _write_clips(root: Path, groups: int) -> None:
    lines = ["file,group"]
    for number in range(groups * 4):
        random = np.random.default_rng(number)
        frames = np.repeat(random.integers(60, 120, (1, 60, 80)), 10, axis=0)
        for t in range(10):
            # One moves to the right, the other down.
            x, y = (4 + 3 * t, 20) if number % 2 else (20, 4 + 2 * t)
            frames[t, y : y + 14, x : x + 14] = 220
        name = f"{'down' if number % 2 == 0 else 'right'}/{number:02}.avi"
        video.write(root / name, frames.astype(np.uint8), codec="FFV1")
        lines.append(f"{name},g{number // 4}")
    (root / "groups.csv").write_text("\n".join(lines))


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("clips")
    _write_clips(root, groups=4)
    return root


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A store of features that all tests of this module share."""
    folder = tmp_path_factory.mktemp("data")
    before = os.environ.get("HAR_DATA")
    os.environ["HAR_DATA"] = str(folder)
    yield folder
    if before is None:
        del os.environ["HAR_DATA"]
    else:
        os.environ["HAR_DATA"] = before


@pytest.fixture
def dataset(clips: Path, store: Path) -> Dataset:
    return datasets.load("folder", root=clips)


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Seeds of the universes that are classified in this process."""
    seen: list[int] = []
    classify = mr.classify

    def spied(*arguments: Any) -> dict[str, Any]:
        seen.append(arguments[-1])
        return classify(*arguments)

    monkeypatch.setattr(mr, "classify", spied)
    return seen


def tasks_of(dataset: Dataset, n: int = 4) -> list[Task]:
    protocol = dataclasses.replace(PROTOCOL, splits=("groups",), beside=())
    return [Task(universe, dataset, protocol) for universe in design(n, axes=FEW)]


# ---------------------------------------------------------------- one universe


@pytest.fixture(scope="module")
def answers(clips: Path, store: Path) -> tuple[extraction.Collection, dict[str, Any]]:
    data = datasets.load("folder", root=clips)
    config = CONFIG
    collection = extraction.collect(data, config, jobs=1)
    return collection, mr.classify(collection, config, PROTOCOL, seed=3)


def test_every_way_to_report_has_an_accuracy(answers: Any) -> None:
    _, found = answers
    assert set(found["accuracy"]) == {report.name for report in PROTOCOL.reports()}
    assert all(0 <= value <= 1 for value in found["accuracy"].values())


def test_strict_accuracy_is_that_of_the_suites_own_evaluation(answers: Any, clips: Path) -> None:
    collection, found = answers
    config = CONFIG.replace(folds=2, repeats=2)
    own = experiments.evaluate_all(datasets.load("folder", root=clips), collection, config, 3)
    assert found["accuracy"][STRICT.name] == pytest.approx(own["ALSTM"].accuracy, abs=1e-6)
    assert found["by_group"] == pytest.approx(own["ALSTM"].groups.accuracy.to_dict(), abs=1e-6)
    assert len(found["by_run"]) == PROTOCOL.repeats
    assert found["accuracy"][Report(run="best").name] == pytest.approx(max(found["by_run"]))
    assert found["accuracy"][STRICT.name] == pytest.approx(np.mean(found["by_run"]), abs=1e-6)
    once = experiments.evaluate_all(
        datasets.load("folder", root=clips), collection, config.replace(repeats=1), 3
    )
    assert found["beside"]["SVM"] == pytest.approx(once["SVM"].accuracy, abs=1e-6)


@pytest.mark.parametrize("split", ["random", "resubstitution"])
def test_lenient_splits_are_the_suites_too(split: str, answers: Any, clips: Path) -> None:
    collection, found = answers
    config = CONFIG.replace(folds=2, split=split)
    own = experiments.evaluate_all(datasets.load("folder", root=clips), collection, config, 3)
    value = found["accuracy"][Report(split).name]
    assert value == pytest.approx(own["ALSTM"].accuracy, abs=1e-6)
    rest = found["accuracy"][Report(split, code="one_vs_rest").name]
    # Of two classes one against the rest is plain accuracy.
    assert rest == pytest.approx(value, abs=1e-6)


def test_key_frames_are_weighted_by_hand() -> None:
    from har_lib.evaluate import CrossValidation

    predictions = pd.DataFrame(
        {"clip": [0, 1, 0, 1], "group": "g", "repeat": [0, 0, 1, 1], "fold": 0,
         "true": ["a", "b", "a", "b"], "predicted": ["a", "a", "a", "b"]}
    )  # fmt: skip
    run = CrossValidation(predictions, pd.DataFrame(), (), np.array(["a", "b"]), "macro")
    counts = np.array([1, 3])
    wanted = [Report(), Report(unit="key_frame"), Report(unit="key_frame", run="best")]
    found = mr._accuracies({"groups": run}, counts, wanted)
    # Runs: clip 0 right, clip 1 wrong; both right.
    assert list(found.values()) == [3 / 4, (1 + 4) / 8, 1.0]


def test_the_best_of_each_measure_is_no_other_accuracy_than_the_best_run() -> None:
    from har_lib.evaluate import CrossValidation

    true = [0] * 4 + [1] * 4
    # Three of four right in the first run, by halves; in the second fewer, but none false of 1.
    predicted = [0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0]
    predictions = pd.DataFrame(
        {"clip": list(range(8)) * 2, "group": "g", "repeat": [0] * 8 + [1] * 8, "fold": 0,
         "true": true * 2, "predicted": predicted}
    )  # fmt: skip
    run = CrossValidation(predictions, pd.DataFrame(), (), np.arange(2), "macro")
    best, each = (
        dataclasses.replace(run, reported_run=name).scores for name in ("best", "best_per_metric")
    )
    assert best["accuracy"] == each["accuracy"]
    assert any(best[name] != each[name] for name in metrics.MEASURES)


# ---------------------------------------------------------------- many universes


def test_finished_universes_are_not_run_again(
    dataset: Dataset, tmp_path: Path, counted: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    tasks = tasks_of(dataset)
    first = mr.run(tasks[:2], tmp_path)
    assert len(counted) == 2
    assert mr.run(tasks, tmp_path)[:2] == first
    assert len(counted) == 4
    whole = mr.run(tasks, tmp_path)
    # Not even their features are looked at again.
    monkeypatch.setattr(mr, "_kept", None)
    assert mr.run(tasks, tmp_path) == whole
    assert len(counted) == 4


def test_interrupted_and_resumed_is_the_same_as_never_interrupted(
    dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, counted: list[int]
) -> None:
    tasks = tasks_of(dataset)
    whole = mr.run(tasks, tmp_path / "whole")
    counted.clear()
    spied = mr.classify

    def interrupted(*arguments: Any) -> dict[str, Any]:
        if len(counted) == 2:
            raise KeyboardInterrupt
        return spied(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(mr, "classify", interrupted)
        with pytest.raises(KeyboardInterrupt):
            mr.run(tasks, tmp_path / "parts")
    assert mr.run(tasks, tmp_path / "parts") == whole
    assert len(counted) == len(tasks)


def test_processes_change_nothing(dataset: Dataset, tmp_path: Path) -> None:
    tasks = tasks_of(dataset)
    assert mr.run(tasks, tmp_path / "1", jobs=1) == mr.run(tasks, tmp_path / "2", jobs=2)


def test_universes_that_classify_the_same_are_computed_once(
    dataset: Dataset, tmp_path: Path, counted: list[int]
) -> None:
    # No clip has more than ten key frames, so that the bound does nothing.
    configs = [CONFIG.replace(maximum_keyframes=number)
               for number in (20, 15)]  # fmt: skip
    universes = [Universe(number, config) for number, config in enumerate(configs)]
    assert universes[0].digest != universes[1].digest
    protocol = dataclasses.replace(PROTOCOL, splits=("groups",), beside=())
    rows = mr.run([Task(u, dataset, protocol) for u in universes], tmp_path)
    assert rows[0] == rows[1]
    assert len(counted) == 1
    assert multiverse._equals(dict(enumerate(rows)), "content") == {1: 0}


@pytest.mark.parametrize(
    "change",
    [
        lambda task: dataclasses.replace(task, again=1),
        lambda task: dataclasses.replace(task, protocol=dataclasses.replace(task.protocol, seed=1)),
        lambda task: dataclasses.replace(
            task, universe=Universe(0, task.universe.config.replace(hidden_size=5))
        ),
    ],
)
def test_other_seeds_or_settings_are_another_content_and_other_seeds(
    change: Any, dataset: Dataset, tmp_path: Path, counted: list[int]
) -> None:
    (task,) = tasks_of(dataset, 1)
    config = CONFIG
    task = dataclasses.replace(task, universe=Universe(0, config))
    first, second = mr.run([task, change(task)], tmp_path)
    assert first["content"] != second["content"]
    assert first["features"] == second["features"]
    assert len(set(counted)) == 2


def test_a_universe_that_fails_is_a_row_with_its_reason(
    dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tasks = tasks_of(dataset, 3)
    classify = mr.classify

    def fails(collection: Any, config: Config, *rest: Any) -> dict[str, Any]:
        if config == tasks[1].universe.config:
            raise ZeroDivisionError("by\nzero")
        return classify(collection, config, *rest)

    monkeypatch.setattr(mr, "classify", fails)
    rows = mr.run(tasks, tmp_path)
    assert [row["failure"] for row in rows] == ["", "ZeroDivisionError: by zero", ""]
    assert STRICT.name in rows[2]["accuracy"]


def test_clips_that_cannot_be_read_are_a_reason(dataset: Dataset, tmp_path: Path) -> None:
    bad = dataclasses.replace(dataset.records[0], path=tmp_path / "none.avi")
    broken = dataclasses.replace(dataset, records=(bad, *dataset.records[1:]))
    (row,) = mr.run(tasks_of(broken, 1), tmp_path)
    assert "1 of 16 clips are damaged or cannot be read" in row["failure"]
    assert "none.avi" in row["failure"]


def test_stages_that_the_universes_need_are_made_before_they_run(
    dataset: Dataset, tmp_path: Path, calls: list[str]
) -> None:
    axes = (axis("ssim_window"), axis("grid_over"))
    tasks = [Task(u, dataset, PROTOCOL) for u in design(9, axes=axes)]
    configs = mr.stage_makers([task.universe.config for task in tasks])
    assert len(configs) == 3
    mr.prepare(tasks)
    calls.clear()
    for task in tasks:
        extraction.collect(dataset, task.universe.config, jobs=1)
    assert calls == []


# ---------------------------------------------------------------- killed

_SCRIPT = f"""
import sys
from pathlib import Path
from har_lib import datasets, multiverse_design, multiverse_run
from har_lib.multiverse_axes import axis
multiverse_design.HELD = {QUICK!r}
axes = [axis(name) for name in {[each.name for each in FEW]!r}]
dataset = datasets.load("folder", root=Path(sys.argv[1]))
protocol = multiverse_run.Protocol(folds=2, repeats=1, splits=("groups",), beside=())
universes = multiverse_design.design(12, axes=axes)
tasks = [multiverse_run.Task(u, dataset, protocol) for u in universes]
print("begun", flush=True)
multiverse_run.run(tasks, Path(sys.argv[2]), jobs=int(sys.argv[3]))
print("done", flush=True)
"""


def _start(clips: Path, folder: Path, jobs: int = 1) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-c", _SCRIPT, str(clips), str(folder), str(jobs)],
        cwd=files.ROOT,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def _finished(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Whole files: time of writing and content."""
    paths = [path for path in folder.rglob("*.json") if not path.name.startswith(".")]
    return {str(p.relative_to(folder)): (p.stat().st_mtime_ns, p.read_bytes()) for p in paths}


def test_killed_at_any_time_it_goes_on_where_it_stood(
    dataset: Dataset, clips: Path, tmp_path: Path
) -> None:
    mr.prepare([Task(u, dataset, PROTOCOL) for u in design(12, axes=FEW)])
    folder = tmp_path / "killed"
    for least in (1, 5):
        process = _start(clips, folder, jobs=1)
        deadline = time.monotonic() + 60
        while len(_finished(folder)) < 2 * least and process.poll() is None:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    before = _finished(folder)
    assert before
    process = _start(clips, folder)
    said, _ = process.communicate(timeout=120)
    assert said.split() == ["begun", "done"]
    after = _finished(folder)
    # Nothing finished was written again, nothing was lost.
    assert {name: after[name] for name in before} == before
    protocol = Protocol(folds=2, repeats=1, splits=("groups",), beside=())
    tasks = [Task(u, dataset, protocol) for u in design(12, axes=FEW)]
    assert mr.run(tasks, folder) == mr.run(tasks, tmp_path / "whole")
    assert _finished(folder) == after


# ---------------------------------------------------------------- the whole study


@pytest.fixture(scope="module")
def six(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("six")
    _write_clips(root, groups=6)
    return root


def test_a_study_counts_reruns_and_comes_back_from_its_file(
    six: Path, store: Path, tmp_path: Path
) -> None:
    data = datasets.load("folder", root=six)
    protocol = Protocol(folds=3, repeats=2, beside=("SVM",), splits=("groups", "random"))
    axes = (axis("search_role"), axis("maximum_keyframes", {1000: "slow"}), axis("readout"))

    def small() -> multiverse.Study:
        return multiverse.study(
            data, tmp_path / "kept", 16, jobs=1, noise=3, top=2, controls=3,
            protocol=protocol, axes=axes,
        )  # fmt: skip

    found = small()
    assert found.about["groups"] == ["g0", "g1", "g2"]
    assert found.about["groups_held_out"] == ["g3", "g4", "g5"]
    # The bound on key frames does nothing here, so each such pair counts once.
    assert found.equal_to
    assert set(found.equal_to.values()) <= set(found.accuracy.index)
    assert not set(found.equal_to) & set(found.accuracy.index)
    assert found.failures == {}
    assert len(found.again) == 3
    assert found.reruns.chosen.sum() == 2
    assert len(found.reruns) == 5
    best = found.strict.sort_values(ascending=False, kind="stable").index[:2]
    assert list(found.reruns.index[:2]) == list(best)
    assert "universes counted" in found.summary()

    path = tmp_path / "multiverse_small.json"
    multiverse.write(found, path, ["har", "multiverse", "--output", "/far/away/there"])
    assert "/home" not in path.read_text()
    read = multiverse.recorded("small", tmp_path)
    for name in ("levels", "accuracy", "by_group", "by_run", "beside", "again", "reruns"):
        pd.testing.assert_frame_equal(
            getattr(read, name), getattr(found, name), atol=6e-6, check_names=False
        )
    assert read.equal_to == found.equal_to
    assert read.same_answers == found.same_answers
    assert read.about == found.about
    # A second call finds everything done, and gives the same.
    multiverse.write(small(), tmp_path / "multiverse_again.json", [])
    first, second = (files.read_json(p) for p in (path, tmp_path / "multiverse_again.json"))
    assert {**first, "command": ""} == {**second, "command": ""}


def test_a_sample_runs_a_few(
    six: Path, store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = datasets.load("folder", root=six)
    monkeypatch.setattr(multiverse, "QUICK_AXES", FEW)
    found = multiverse.sample(data, tmp_path, 3, jobs=1)
    assert len(found.strict) + len(found.equal_to) + len(found.failures) == 3
    assert found.reruns.empty
    assert found.by_run.shape[1] == 1


def test_halves_keep_groups_apart_and_need_four(six: Path, store: Path) -> None:
    data = datasets.load("folder", root=six)
    here, elsewhere = multiverse.halves(data)
    assert not set(here.groups) & set(elsewhere.groups)
    assert len(here) + len(elsewhere) == len(data)
    few = dataclasses.replace(data, records=tuple(r for r in data.records if r.group < "g3"))
    with pytest.raises(InputError, match="at least 4 groups, not 3"):
        multiverse.halves(few)


def test_a_study_without_any_result_says_why(
    six: Path, store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*arguments: Any) -> None:
        raise InputError("no luck")

    monkeypatch.setattr(mr, "classify", fails)
    with pytest.raises(InputError, match="no universe has a result; the first: no luck"):
        multiverse.sample(datasets.load("folder", root=six), tmp_path, 2, jobs=1)


def test_a_record_that_is_missing_is_named_with_its_command(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"multiverse_none\.json is missing: make it with har mul"):
        multiverse.recorded("none", tmp_path)
