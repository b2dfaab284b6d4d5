"""A data set's features: made where they are missing, and nothing done twice."""

import csv
import dataclasses
import errno
import os
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from har_lib import (
    cli,
    cli_data,
    digests,
    extraction,
    features,
    files,
    parallel,
    store,
    video,
)
from har_lib.config import Config
from har_lib.datasets import Dataset, Record
from har_lib.errors import InputError

STAGES = ["similarity", "silhouettes", "points"]
OLD = 1_600_000_000


def make_clip(path: Path, seed: int = 0, frames: int = 12) -> Record:
    """A square that moves over noise; settled, as clips are that were not just made."""
    noise = np.random.default_rng(seed).integers(60, 120, (1, 48, 64), dtype=np.uint8)
    content = np.repeat(noise, frames, axis=0)
    for t in range(frames):
        left = 4 + 3 * min(t, 11 - t)
        content[t, 12:30, left : left + 10] = 220
    path.parent.mkdir(parents=True, exist_ok=True)
    video.write(path, content, codec="FFV1")
    os.utime(path, (OLD, OLD))
    return Record(path, path.parent.name, path.stem)


@pytest.fixture
def clips(tmp_path, monkeypatch) -> list[Record]:
    monkeypatch.setenv("HAR_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("HAR_BUILD", str(tmp_path / "build"))
    monkeypatch.setattr(digests, "_seen", {})
    names = ["run/g1.avi", "run/g2.avi", "walk/g1.avi", "walk/g2.avi"]
    return [make_clip(tmp_path / "set" / name, seed) for seed, name in enumerate(names)]


def folder(clips: list[Record]) -> Path:
    """The folder of the clips, with their groups."""
    root = clips[0].path.parent.parent
    rows = [f"{clip.path.relative_to(root).as_posix()},{clip.group}" for clip in clips]
    files.write_text(root / "groups.csv", "\n".join(["file,group", *rows]) + "\n")
    return root


@pytest.fixture
def work(monkeypatch) -> list[str]:
    """Everything that costs time: clips hashed or decoded, tasks for processes."""
    done: list[str] = []

    def counted(name, function):
        def call(*given, **named):
            done.append(name)
            return function(*given, **named)

        return call

    monkeypatch.setattr(digests, "observe", counted("hashed", digests.observe))
    monkeypatch.setattr(video, "collect", counted("decoded", video.collect))
    monkeypatch.setattr(extraction, "_fill", counted("task", extraction._fill))
    return done


def next_process(monkeypatch) -> None:
    """What a process knows is lost; what is on disk stays."""
    monkeypatch.setattr(digests, "_seen", {})


def stored() -> dict[str, bytes]:
    root = store.folder()
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*.npz")}


def test_what_is_missing_is_made_and_counted(clips, calls):
    done = extraction.extract(clips[:3], jobs=1)
    assert (done.clips, done.made, done.frames, done.failures) == (3, 3, 36, ())
    assert calls == 3 * STAGES
    done = extraction.extract(clips, jobs=1)
    assert (done.clips, done.made, done.frames) == (4, 1, 12)
    assert calls == 4 * STAGES


def test_a_second_extraction_reads_and_starts_nothing(clips, calls, work, monkeypatch):
    extraction.extract(clips, jobs=1)
    assert {"hashed", "decoded", "task"} == set(work)
    calls.clear()
    work.clear()
    next_process(monkeypatch)
    done = extraction.extract(clips, jobs=2, scheduler="tcp://127.0.0.1:1")
    assert (done.made, done.frames) == (0, 0)
    assert calls == work == []


def test_after_a_second_extraction_the_data_set_has_its_digest(clips, work, monkeypatch):
    data = Dataset("four", clips[0].path.parent.parent, tuple(clips), "person", "names")
    expected = data.digest()
    digests.forget_all()
    extraction.extract(data, jobs=1)
    work.clear()
    next_process(monkeypatch)
    assert data.digest() == expected
    assert work == []


def test_another_threshold_runs_no_filter(clips, calls, work):
    extraction.extract(clips, jobs=1)
    calls.clear()
    work.clear()
    config = Config().replace(ssim_threshold=0.5)
    assert extraction.extract(clips, config, jobs=1).made == 0
    found = extraction.collect(clips, config, jobs=1)
    assert calls == work == []
    for clip, sequence in zip(clips, found.sequences, strict=True):
        np.testing.assert_array_equal(sequence, features.extract(clip.path, config).vectors)


def test_a_changed_choice_makes_the_stage_that_reads_it(clips, calls):
    extraction.extract(clips, jobs=1)
    calls.clear()
    done = extraction.extract(clips, Config().replace(harris_k=0.01), jobs=1)
    assert calls == 4 * ["points"]
    assert done.made == 4


def test_new_clips_that_are_many_are_hashed_by_the_processes(clips, work, monkeypatch):
    """Here only a few bytes are: a run that finds all in the store would start processes."""
    extraction.extract(clips, jobs=1)
    digests.forget_all()
    work.clear()
    assert extraction.extract(clips, jobs=1).made == 0
    assert work == 4 * ["hashed"]
    digests.forget_all()
    work.clear()
    monkeypatch.setattr(extraction, "_FEW_BYTES", 0)
    assert extraction.extract(clips, jobs=1).made == 0
    assert work == 4 * ["task", "hashed"]


def test_features_stay_with_the_processes(clips):
    """A result is short, however long the clip: it may cross a network."""
    outcome = extraction._fill(clips[0], Config(), False, False)
    assert outcome.frames == 12
    assert not any(isinstance(value, np.ndarray) for value in vars(outcome).values())


def test_threads_are_given_back(clips):
    import cv2

    before = cv2.getNumThreads()
    cv2.setNumThreads(2)
    extraction.collect(clips, jobs=1)
    assert cv2.getNumThreads() == 2
    cv2.setNumThreads(before)


def test_processes_change_no_bit_of_the_store(clips, tmp_path, monkeypatch):
    parts = [dataclasses.replace(clips[0], start=k, stop=k + 6) for k in range(6)] + clips
    first = extraction.collect(parts, jobs=1)
    content = stored()
    assert len(content) == 3 * 10 + 4, "three stages of ten records, a verdict on four clips"
    monkeypatch.setenv("HAR_DATA", str(tmp_path / "other"))
    second = extraction.collect(parts, jobs=2)
    assert stored() == content
    for one, two in zip(first.sequences, second.sequences, strict=True):
        np.testing.assert_array_equal(one, two)


# ---------------------------------------------------------------- verifying


def flip(path: Path, place: int) -> None:
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("place", [0, 12, -200, -40, -1])
def test_verifying_finds_a_flipped_bit_and_mends_it(clips, calls, place):
    extraction.extract(clips, jobs=1)
    content = stored()
    path = store.Shelf.of("points", Config()).place(clips[1], files.digest(clips[1].path))
    flip(path, place)
    calls.clear()
    assert extraction.extract(clips, jobs=1).made == 0  # names alone do not tell
    done = extraction.extract(clips, jobs=1, verify=True)
    assert (done.made, done.damaged, done.changed) == (1, 1, 0)
    assert calls == ["points"]
    assert stored() == content
    done = extraction.extract(clips, jobs=1, verify=True)
    assert (done.made, done.damaged, done.changed) == (0, 0, 0)


def test_verifying_finds_a_clip_that_changed_behind_size_and_time(clips, calls, monkeypatch):
    """As bits that rot: no time of the file system tells of them."""
    monkeypatch.setattr(
        digests, "_mark", lambda path, about: (os.path.abspath(path), about.st_size, OLD, OLD)
    )
    path = clips[2].path
    other = make_clip(path.with_name("other.avi"), seed=9).path
    # Zeros after the end, which players do not read, make both as long.
    longest = max(path.stat().st_size, other.stat().st_size)
    for clip in (path, other):
        clip.write_bytes(clip.read_bytes().ljust(longest, b"\0"))
        os.utime(clip, (OLD, OLD))
    extraction.extract(clips, jobs=1)
    other.replace(path)
    next_process(monkeypatch)
    calls.clear()
    assert extraction.extract(clips, jobs=1).made == 0
    done = extraction.extract(clips, jobs=1, verify=True)
    assert (done.made, done.damaged, done.changed) == (1, 0, 1)
    assert calls == STAGES
    next_process(monkeypatch)
    found = extraction.collect(clips, jobs=1)
    np.testing.assert_array_equal(found.sequences[2], features.extract(path).vectors)
    assert extraction.extract(clips, jobs=1, verify=True).changed == 0


# ---------------------------------------------------------------- clips that cannot be read


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_bad_clip_among_good_ones_is_listed_and_skipped(clips, tmp_path, jobs):
    text = tmp_path / "set" / "walk" / "notes.avi"
    text.write_text("not a video")
    short = make_clip(tmp_path / "set" / "walk" / "short.avi", frames=1)
    records = [Record(text, "walk", "g01"), clips[0], short]
    found = extraction.collect(records, jobs=jobs, damaged_clips="skip")
    assert found.records == (clips[0],)
    assert [record.path.name for record, _ in found.failures] == ["notes.avi", "short.avi"]
    reasons = " ".join(reason for _, reason in found.failures)
    assert "cannot be opened" in reasons
    assert "1 frame" in reasons
    again = extraction.extract(records, jobs=jobs, damaged_clips="skip")
    assert again.failures == found.failures


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (MemoryError(), "needs more memory than there is"),
        (PermissionError(13, "Permission denied"), "cannot be read (Permission denied)"),
    ],
)
def test_whatever_keeps_a_clip_from_being_read_ends_nothing(clips, monkeypatch, error, said):
    def refuse(path, observe=digests.observe):
        if Path(path) == clips[1].path:
            raise error
        return observe(path)

    monkeypatch.setattr(extraction, "_FEW_BYTES", 0)
    monkeypatch.setattr(digests, "observe", refuse)
    ((record, reason),) = extraction.extract(clips, jobs=1, damaged_clips="skip").failures
    assert record == clips[1]
    assert reason == f"{record.path}: {said}"


# ---------------------------------------------------------------- a store that cannot be written


@pytest.fixture
def read_only(monkeypatch) -> Callable[[], None]:
    """Let nothing be written in the store from now on, whoever runs the tests."""

    def refuse(*_, dir, **__):
        raise OSError(errno.EROFS, "Read-only file system", str(dir))

    def begin() -> None:
        monkeypatch.setattr(files.tempfile, "TemporaryFile", refuse)
        monkeypatch.setattr(files.tempfile, "mkstemp", refuse)
        monkeypatch.setattr(digests, "remember", lambda observations: None)

    return begin


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_store_that_is_a_file_ends_the_extraction_before_anything_is_computed(
    clips, calls, tmp_path, monkeypatch, jobs
):
    (tmp_path / "file").write_text("mine")
    monkeypatch.setenv("HAR_DATA", str(tmp_path / "file"))
    with pytest.raises(InputError, match=r"file/store: cannot be written.*Not a directory.*HAR"):
        extraction.extract(clips, jobs=jobs)
    assert calls == []
    assert (tmp_path / "file").read_text() == "mine"


def test_a_store_that_is_read_only_serves_what_it_has(clips, calls, tmp_path, read_only):
    """Also where no digest is remembered, and beside a clip that cannot be read."""
    first = extraction.collect(clips[:3], jobs=1)
    bad = tmp_path / "set" / "walk" / "notes.avi"
    bad.write_text("not a video")
    short = make_clip(tmp_path / "set" / "walk" / "short.avi", frames=1)
    digests.forget_all()
    calls.clear()
    read_only()
    for verify in (False, True):
        done = extraction.extract(clips[:3], jobs=1, verify=verify)
        assert (done.made, done.failures) == (0, ())
    records = [*clips[:3], Record(bad, "walk", "g01"), short]
    found = extraction.collect(records, jobs=1, damaged_clips="skip")
    assert len(found.failures) == 2
    for one, two in zip(first.sequences, found.sequences, strict=True):
        np.testing.assert_array_equal(one, two)
    with pytest.raises(InputError, match=r"store: cannot be written.*Read-only"):
        extraction.extract(clips, jobs=1)
    assert calls == []


def test_a_clip_that_ends_its_process_is_listed(clips, monkeypatch):
    def lose(function, tasks, jobs, *, lost, **settings):
        return [lost(*task) if task[0] == clips[3] else function(*task) for task in tasks]

    monkeypatch.setattr(parallel, "stream", lose)
    done = extraction.extract(clips, damaged_clips="skip")
    assert done.failures == ((clips[3], f"{clips[3].path}: {parallel.LOST}"),)
    assert done.made == 3


def test_failures_are_a_table(clips, tmp_path):
    text = tmp_path / "walk" / "notes.avi"
    text.parent.mkdir()
    text.write_text("not a video")
    records = [Record(text, "walk", "g01"), clips[0]]
    found = extraction.extract(records, jobs=1, damaged_clips="skip")
    extraction.write_failures(found.failures, tmp_path / "failures.csv")
    with open(tmp_path / "failures.csv", newline="") as table:
        (row,) = csv.DictReader(table)
    assert row["clip"] == "notes.avi"
    assert row["label"] == "walk"
    assert "cannot be opened" in row["reason"]
    assert str(tmp_path) not in row["reason"]
    assert row["used"] == "no"
    assert (row["start"], row["stop"]) == ("0", "")


def test_each_clip_is_one_line_of_the_table_whatever_its_name(tmp_path):
    path = tmp_path / "new\nline\rcaf\udce9,.avi"
    records = [Record(path, "wa\rlk", "g\n1", start, start + 9) for start in (0, 10)]
    failures = [(record, f"{path}: is empty") for record in records]
    extraction.write_failures(failures, tmp_path / "failures.csv")
    content = (tmp_path / "failures.csv").read_bytes().decode()
    assert len(content.splitlines()) == 3
    rows = list(csv.DictReader(content.splitlines()))
    name = r"new\nline\rcaf\udce9,.avi"
    assert [row["clip"] for row in rows] == [name, name]
    assert rows[0]["reason"] == f"{name}: is empty"
    assert [(row["start"], row["stop"]) for row in rows] == [("0", "9"), ("10", "19")]


def test_that_no_clip_can_be_read_is_one_line_whatever_its_name(tmp_path, clips):
    gone = Record(tmp_path / "go\nne.avi", "walk", "g01")
    with pytest.raises(InputError, match="none of the 1 clips") as error:
        extraction.extract([gone], jobs=1)
    assert r"go\nne.avi" in str(error.value)
    assert "\n" not in str(error.value)


def test_no_readable_clip_is_an_error(tmp_path, clips):
    gone = Record(tmp_path / "gone.avi", "walk", "g01")
    for call in (extraction.extract, extraction.collect):
        with pytest.raises(InputError, match=r"none of the 1 clips could be read.*no such file"):
            call([gone])


# ---------------------------------------------------------------- har extract


def har(capsys, *words) -> str:
    assert cli.main([str(word) for word in words]) == 0
    return capsys.readouterr().out


def last(out: str) -> str:
    return out.splitlines()[-1]


def test_har_extract_says_what_it_did(clips, capsys, calls):
    root = folder(clips)
    out = har(capsys, "extract", root, "--jobs", 1)
    assert f"{root}: taken as folder" in out
    assert re.fullmatch(
        r"4 clips: 4 made \(48 frames\), 0 already there, 0 skipped; [\d.]+ s, \d+ frames/s",
        last(out),
    )
    calls.clear()
    out = har(capsys, "extract", "--dataset", "folder", "--data-root", root)
    assert "taken as" not in out
    assert "0 made, 4 already there, 0 skipped" in last(out)
    assert calls == []


def test_har_extract_verify_counts(clips, capsys):
    root = folder(clips)
    har(capsys, "extract", root, "--jobs", 1)
    flip(next((store.folder() / "points").rglob("*.npz")), 50)
    out = har(capsys, "extract", root, "--jobs", 1, "--verify")
    assert "1 made" in last(out)
    assert "made anew, damaged files: 1, changed clips: 0" in last(out)


def test_har_extract_takes_the_first_classes_only(clips, capsys, tmp_path):
    folder([*clips, *(make_clip(tmp_path / "set" / "bend" / f"g{n}.avi", n) for n in (8, 9))])
    out = har(capsys, "extract", tmp_path / "set", "--jobs", 1, "-p", "class_limit", 2)
    assert "bend 2, run 2" in out
    assert last(out).startswith("4 clips: 4 made")


def test_the_scheduler_and_verify_reach_the_extraction(clips, capsys, monkeypatch):
    given = {}

    def extract(dataset, config, jobs, progress, *, scheduler, verify, damaged_clips):
        given.update(clips=len(dataset), jobs=jobs, scheduler=scheduler, verify=verify)
        given["damaged_clips"] = damaged_clips
        return extraction.Extraction(4, 0, 0, (), 0, 0, 1.0)

    monkeypatch.setattr(extraction, "extract", extract)
    words = ["--scheduler", "tcp://there:1", "--verify", "--damaged-clips", "skip"]
    har(capsys, "extract", folder(clips), "--jobs", 3, *words)
    assert given == {
        "clips": 4,
        "jobs": 3,
        "scheduler": "tcp://there:1",
        "verify": True,
        "damaged_clips": "skip",
    }


@pytest.mark.parametrize(
    ("names", "taken"),
    [
        (["Run/v_Run_g01_c01.avi", "Run/v_Run_g02_c01.avi"], "ucf101"),
        (["videos/Run/v_Run_g01_c01.avi", "pool/0029.avi"], "ucf101"),
        (["UCF-101/Run/v_Run_g01_c01.avi"], "ucf101"),
        (["boxing/person01_boxing_d1_uncomp.avi", "00sequences.txt"], "kth"),
        (["boxing/person01_boxing_d1_uncomp.avi"], "folder"),
        (["Run/v_first.avi", "Run/v_Run_g1_c1.avi", "walk/a.avi"], "folder"),
        (["00sequences.txt", "walk/a.avi"], "folder"),
    ],
)
def test_a_folder_is_recognised_by_the_names_of_its_clips(tmp_path, names, taken, monkeypatch):
    for name in names:
        (tmp_path / "d" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "d" / name).write_text("")
    words = ["extract", str(tmp_path / "d")]
    arguments = cli.build_parser().parse_args(words)
    cli_data.take_named_data(arguments)
    assert (arguments.dataset, arguments.data_root) == (taken, str(tmp_path / "d"))
    for flag in (["--dataset", "folder"], ["-p", "dataset", "folder"]):
        arguments = cli.build_parser().parse_args([*words, *flag])
        cli_data.take_named_data(arguments)
        assert arguments.dataset in (None, "folder")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["extract", "/no/such/folder"], "'/no/such/folder' is no folder"),
        (["extract", ""], "'' is no folder"),
        (["extract", "here", "--data-root", "there"], "DATA and --data-root are both given"),
        (["extract", "here", "--dataset", "builtin"], "the built-in data has no data root"),
        (["extract", "--jobs", "0"], "jobs = 0 is not allowed"),
    ],
)
def test_what_cannot_be_extracted_is_said_in_one_line(clips, capsys, words, said):
    assert cli.main(words) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
