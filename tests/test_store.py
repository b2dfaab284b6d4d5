"""The store gives what a fresh extraction gives, and computes only what is missing."""

import csv
import dataclasses
from pathlib import Path
from random import Random

import numpy as np
import pytest

from har_lib import features, files, store, video
from har_lib.config import FIELDS, Config
from har_lib.datasets import Record
from har_lib.errors import InputError

#: What the 58 numbers need with the default choices.
BY_DEFAULT = ["similarity", "silhouettes", "points"]


@pytest.fixture
def clip(tmp_path, monkeypatch):
    monkeypatch.setenv("HAR_DATA", str(tmp_path / "data"))
    random = np.random.default_rng(0)
    frames = np.repeat(random.integers(60, 120, (1, 120, 160)), 24, axis=0)
    for t in range(24):
        left = 10 + 5 * min(t, 23 - t)
        frames[t, 40:80, left : left + 25] = 220
    path = tmp_path / "walk" / "a.avi"
    path.parent.mkdir()
    video.write(path, np.clip(frames, 0, 255).astype(np.uint8), codec="FFV1")
    return Record(path, "walk", "g01")


def kernel_calls(monkeypatch):
    calls = []
    for name, stage in store.STAGES.items():

        def counted(frames, config, name=name, compute=stage.compute):
            calls.append(name)
            return compute(frames, config)

        monkeypatch.setitem(store.STAGES, name, dataclasses.replace(stage, compute=counted))
    return calls


def test_stored_equals_fresh(clip):
    fresh = features.extract(clip.path)
    for _ in range(2):
        stored = store.load(clip)
        np.testing.assert_array_equal(stored.keyframes, fresh.keyframes)
        np.testing.assert_array_equal(stored.vectors, fresh.vectors)


def test_each_stage_is_computed_once(clip, monkeypatch):
    calls = kernel_calls(monkeypatch)
    store.load(clip)
    store.load(clip)
    assert calls == BY_DEFAULT


@pytest.mark.parametrize(
    ("choices", "again"),
    [
        ({"ssim_threshold": 0.5}, []),
        ({"grid_over": "frame"}, []),
        ({"point_window": 9}, []),
        ({"ssim_window": "global"}, ["similarity"]),
        ({"foreground_difference": 40}, ["silhouettes"]),
        ({"harris_k": 0.01}, ["points"]),
        ({"frame_width": 80, "frame_height": 60}, BY_DEFAULT),
        ({"frame_size": "native", "gray_conversion": "mean"}, BY_DEFAULT),
        ({"flow_speed": 2.0, "volume_reach": 3, "keyframe_count": 3}, []),
        ({"cell_rule": "otsu", "coverage_measure": "silhouette", "interest_vector": "places"}, []),
        ({"ssim_reference": "previous_key_frame"}, ["similarity"]),
        ({"point_volume": "key_frames"}, ["points"]),
        ({"interest_vector": "responses_2d"}, ["responses_2d"]),
    ],
)
def test_a_changed_choice_computes_what_it_touches(clip, monkeypatch, choices, again):
    store.load(clip)
    calls = kernel_calls(monkeypatch)
    config = Config().replace(**choices)
    found = store.load(clip, config)
    assert calls == again
    np.testing.assert_array_equal(found.vectors, features.extract(clip.path, config).vectors)


@pytest.mark.parametrize(
    ("first", "again"),
    [
        ({"ssim_reference": "previous_key_frame"}, ["similarity"]),
        ({"point_volume": "key_frames"}, ["points"]),
    ],
)
def test_a_stage_that_depends_on_the_threshold_is_keyed_by_it(clip, monkeypatch, first, again):
    store.load(clip, Config().replace(**first))
    calls = kernel_calls(monkeypatch)
    config = Config().replace(**first, ssim_threshold=0.999)
    found = store.load(clip, config)
    assert calls == again
    np.testing.assert_array_equal(found.vectors, features.extract(clip.path, config).vectors)


def small_choices(random):
    """A random configuration of the extraction, with scales that suit a small clip."""
    sections = ("video", "similarity", "keyframes", "silhouette", "grid", "stip", "vector")
    small = {"frame_width": (48, 64), "frame_height": (40, 48), "spatial_variance": (1.0, 4.0)}
    while True:
        chosen = {
            name: random.choice(small.get(name, field.options)) if random.random() < 0.4
            else small.get(name, field.options)[0]
            for name, field in FIELDS.items()
            if field.section in (*sections, "coverage") and name != "silhouette"
        }  # fmt: skip
        try:
            return Config().replace(**chosen)
        except InputError:
            continue


def test_whatever_was_stored_before_the_store_gives_what_is_fresh(tmp_path, monkeypatch):
    """Random configurations one after another: each key holds all that its stage reads."""
    monkeypatch.setenv("HAR_DATA", str(tmp_path / "data"))
    noise = np.random.default_rng(0)
    frames = np.repeat(noise.integers(60, 120, (1, 48, 64, 3)), 20, axis=0)
    for t in range(20):
        left = 3 + 2 * min(t, 19 - t)
        frames[t, 12:24, left : left + 10] = (220, 60, 30)
    record = Record(tmp_path / "small.avi", "walk", "g01")
    video.write(record.path, frames.astype(np.uint8), codec="FFV1")
    random = Random(0)
    config = small_choices(random)
    for _ in range(60):
        # Mostly one choice at a time: a stale result shows where little else changes.
        other = small_choices(random).flat()
        if random.random() < 0.2:
            config = Config().replace(**other)
        else:
            name = random.choice([n for n in other if other[n] != config.flat()[n]])
            try:
                config = config.replace(**{name: other[name]})
            except InputError:
                continue
        stored, fresh = store.load(record, config), features.extract(record.path, config)
        np.testing.assert_array_equal(stored.keyframes, fresh.keyframes)
        np.testing.assert_array_equal(stored.vectors, fresh.vectors)
        assert stored.passed == fresh.passed


@pytest.mark.parametrize(
    ("stage", "base", "sections"),
    [
        ("similarity", {}, ("video", "similarity")),
        ("silhouettes", {}, ("video", "silhouette")),
        ("points", {}, ("video", "stip")),
        ("points", {"point_volume": "key_frames"}, ("video", "stip", "similarity", "keyframes")),
        ("responses_2d", {"interest_vector": "responses_2d"}, ("video",)),
    ],
)
def test_a_key_holds_the_choices_of_its_sections_and_no_other(clip, stage, base, sections):
    config = Config().replace(**base)
    before = store.location("", clip, stage, config)
    in_force = config.in_force(*{field.section for field in FIELDS.values()})
    for name, field in FIELDS.items():
        if name in base or field.section in ("lstm", "search", "training", "evaluation"):
            continue
        other = next(value for value in field.options if value != config.flat()[name])
        try:
            changed = config.replace(**{name: other})
        except InputError:
            continue
        moved = store.location("", clip, stage, changed) != before
        assert moved == (field.section in sections and name in in_force), name


def test_the_sources_of_a_stage_are_all_that_its_functions_stand_in():
    for name, stage in store.STAGES.items():
        modules = {module.__name__.removeprefix("har_lib.") for module in stage.modules}
        assert (
            modules
            >= {
                "similarity": {"video", "keyframes"},
                "silhouettes": {"video", "foreground"},
                "points": {"video", "keyframes", "stip", "stip_scales"},
                "responses_2d": {"video", "stip", "stip_vector"},
            }[name]
        )


def test_another_clip_under_the_same_name_is_another_clip(clip, monkeypatch):
    store.load(clip)
    video.write(clip.path, np.zeros((9, 120, 160), np.uint8) + 50)
    calls = kernel_calls(monkeypatch)
    store.load(clip)
    assert calls == BY_DEFAULT


def test_a_range_of_frames_is_a_clip_of_its_own(clip):
    part = Record(clip.path, "walk", "g01", start=4, stop=16)
    store.load(clip)
    found = store.load(part)
    frames = features.read(clip.path, Config().video)[4:16]
    np.testing.assert_array_equal(found.vectors, features.extract(frames).vectors)


def test_a_broken_file_of_the_store_is_made_anew(clip):
    fresh = store.load(clip)
    for path in Path(files.data_dir(), "store").rglob("*.npz"):
        path.write_bytes(path.read_bytes()[:100])
    np.testing.assert_array_equal(store.load(clip).vectors, fresh.vectors)


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_bad_clip_among_good_ones_is_listed_and_skipped(clip, tmp_path, jobs):
    text = tmp_path / "walk" / "notes.avi"
    text.write_text("not a video")
    short = tmp_path / "walk" / "short.avi"
    video.write(short, np.zeros((1, 120, 160), np.uint8))
    records = [Record(text, "walk", "g01"), clip, Record(short, "walk", "g02")]
    found = store.collect(records, jobs=jobs)
    assert found.records == (clip,)
    assert [record.path.name for record, _ in found.failures] == ["notes.avi", "short.avi"]
    reasons = " ".join(reason for _, reason in found.failures)
    assert "cannot be opened" in reasons
    assert "1 frame" in reasons


def test_failures_are_a_table(clip, tmp_path):
    text = tmp_path / "walk" / "notes.avi"
    text.write_text("not a video")
    found = store.collect([Record(text, "walk", "g01"), clip])
    store.write_failures(found, tmp_path / "failures.csv")
    with open(tmp_path / "failures.csv", newline="") as table:
        (row,) = csv.DictReader(table)
    assert row["clip"] == "notes.avi"
    assert row["label"] == "walk"
    assert "cannot be opened" in row["reason"]


def test_no_readable_clip_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setenv("HAR_DATA", str(tmp_path / "data"))
    gone = Record(tmp_path / "gone.avi", "walk", "g01")
    with pytest.raises(InputError, match="none of the 1 clips could be read"):
        store.collect([gone])


def test_processes_change_nothing(clip):
    parts = [Record(clip.path, "walk", "g01", start=k, stop=k + 12) for k in range(6)]
    one, two = store.collect(parts, jobs=1), store.collect(parts, jobs=2)
    for a, b in zip(one.sequences, two.sequences, strict=True):
        np.testing.assert_array_equal(a, b)
