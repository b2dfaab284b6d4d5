"""The store gives what a fresh extraction gives, and computes only what is missing."""

import sys
from pathlib import Path
from random import Random

import numpy as np
import pytest

from har_lib import features, files, stages, store, video
from har_lib.config import FIELDS, Config
from har_lib.datasets import Record
from har_lib.errors import InputError

LIBRARY = Path(store.__file__).parent
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


def stored():
    return sorted(store.folder().rglob("*.npz"))


def test_stored_equals_fresh(clip):
    fresh = features.extract(clip.path)
    for _ in range(2):
        stored = store.load(clip)
        np.testing.assert_array_equal(stored.keyframes, fresh.keyframes)
        np.testing.assert_array_equal(stored.vectors, fresh.vectors)


def test_each_stage_is_computed_once(clip, calls):
    calls.clear()
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
def test_a_changed_choice_computes_what_it_touches(clip, calls, choices, again):
    store.load(clip)
    calls.clear()
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
def test_a_stage_that_depends_on_the_threshold_is_keyed_by_it(clip, calls, first, again):
    store.load(clip, Config().replace(**first))
    calls.clear()
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
    before = store.Shelf.of(stage, config).place(clip, "")
    in_force = config.in_force(*{field.section for field in FIELDS.values()})
    for name, field in FIELDS.items():
        if name in base or field.section in ("lstm", "search", "training", "evaluation"):
            continue
        other = next(value for value in field.options if value != config.flat()[name])
        try:
            changed = config.replace(**{name: other})
        except InputError:
            continue
        moved = store.Shelf.of(stage, changed).place(clip, "") != before
        assert moved == (field.section in sections and name in in_force), name


@pytest.mark.parametrize("stage", stages.STAGES)
def test_a_key_holds_the_sources_of_all_that_runs(clip, stage):
    """Every module of the library whose code runs for a stage is among its sources."""
    ran = set()

    def note(frame, event, argument):
        path = Path(frame.f_code.co_filename)
        if event == "call" and path.parent == LIBRARY:
            ran.add(path.stem)

    config = Config()
    sys.setprofile(note)
    try:
        stages.STAGES[stage].compute(store.frames_of(clip, config), config)
    finally:
        sys.setprofile(None)
    # The store holds no results; configuration and errors are what it is told.
    assert ran - {"store", "config", "choice", "errors", "files"} <= stages.modules(stage)
    assert len(ran) > 3


def test_no_stage_depends_on_what_does_not_compute_it():
    for stage in stages.STAGES:
        assert not stages.modules(stage) & {"config", "files", "errors", "store", "datasets"}
    assert "stip" not in stages.modules("silhouettes")
    assert "foreground" not in stages.modules("points")


@pytest.mark.parametrize("library", ["cv2", "np"])
def test_another_version_of_a_library_that_computes_is_another_shelf(monkeypatch, library):
    before = {stage: stages.version(stage) for stage in stages.STAGES}
    monkeypatch.setattr(f"har_lib.stages.{library}.__version__", "0.1")
    stages.version.cache_clear()
    try:
        for stage, version in before.items():
            assert stages.version(stage) != version
    finally:
        stages.version.cache_clear()


def test_another_clip_under_the_same_name_is_another_clip(clip, calls):
    store.load(clip)
    video.write(clip.path, np.zeros((9, 120, 160), np.uint8) + 50)
    calls.clear()
    store.load(clip)
    assert calls == BY_DEFAULT


def test_a_range_of_frames_is_a_clip_of_its_own(clip):
    part = Record(clip.path, "walk", "g01", start=4, stop=16)
    store.load(clip)
    found = store.load(part)
    frames = features.read(clip.path, Config().video)[4:16]
    np.testing.assert_array_equal(found.vectors, features.extract(frames).vectors)


@pytest.mark.parametrize("damage", ["cut", "flipped", "emptied", "other arrays"])
def test_a_broken_file_of_the_store_is_made_anew(clip, calls, damage):
    fresh = store.load(clip)
    (path,) = (store.folder() / "points").rglob("*.npz")
    content = path.read_bytes()
    if damage == "other arrays":
        files.write_arrays(path, t=np.arange(3))  # a format of another version
    else:
        middle = len(content) // 2
        flipped = content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
        path.write_bytes({"cut": content[:100], "flipped": flipped, "emptied": b""}[damage])
    calls.clear()
    np.testing.assert_array_equal(store.load(clip).vectors, fresh.vectors)
    assert calls == ["points"]
    assert path.read_bytes() == content


def test_the_bytes_of_the_store_are_the_same_each_time(clip, tmp_path, monkeypatch):
    store.load(clip)
    first = {path.relative_to(store.folder()): path.read_bytes() for path in stored()}
    assert len(first) == 3
    monkeypatch.setenv("HAR_DATA", str(tmp_path / "other"))
    monkeypatch.setattr("time.time", lambda: 2e9)
    store.load(clip)
    assert {path.relative_to(store.folder()): path.read_bytes() for path in stored()} == first


def test_numpy_alone_reads_what_is_stored(clip):
    store.load(clip)
    for path in stored():
        with np.load(path, allow_pickle=False) as arrays:
            assert all((arrays[name] == array).all() for name, array in store.read(path).items())


def test_stored_silhouettes_are_packed_by_frames_and_small(clip):
    store.load(clip)
    (path,) = (store.folder() / "silhouettes").rglob("*.npz")
    arrays = store.read(path)
    frames = store.frames_of(clip, Config())
    assert arrays["bits"].shape == (len(frames), 160 * 120 // 8)
    assert arrays["bits"].dtype == np.uint8
    bodies = store.unpack(store.load_stages(clip, Config()))[1]
    np.testing.assert_array_equal(bodies[:], features.bodies(frames, Config().silhouette)[:])
    assert path.stat().st_size < arrays["bits"].nbytes / 10


def test_a_clip_that_changes_while_it_is_read_stores_nothing(clip, monkeypatch):
    """Otherwise the new content's features would stand under the old content's digest."""

    def overwritten(record, config, read=store.frames_of):
        video.write(clip.path, np.zeros((9, 120, 160), np.uint8) + 50)
        return read(record, config)

    monkeypatch.setattr(store, "frames_of", overwritten)
    with pytest.raises(video.VideoError, match="changed while it was read"):
        store.load(clip)
    assert stored() == []


def test_nothing_is_made_of_another_content_than_was_asked_for(clip, calls):
    """What was looked at is the content of that digest; this one may be damaged."""
    calls.clear()
    with pytest.raises(video.VideoError, match="changed while it was read; run again"):
        store.load(clip, clip="0" * 64)
    assert calls == stored() == []


def test_results_of_one_clip_under_the_key_of_another_are_made_anew(clip, calls):
    """Their seals are right: they hold for the content of the file."""
    other = Record(clip.path.with_name("b.avi"), "walk", "g02")
    video.write(other.path, store.frames_of(clip, Config())[::-1] // 2, codec="FFV1")
    expected = store.load(clip)
    assert not np.array_equal(store.load(other).vectors, expected.vectors)
    for shelf in store.shelves(Config()).values():
        mine, others = (shelf.place(each, files.digest(each.path)) for each in (clip, other))
        mine.write_bytes(others.read_bytes())
    calls.clear()
    np.testing.assert_array_equal(store.load(clip).vectors, expected.vectors)
    assert calls == BY_DEFAULT


def test_a_store_may_be_moved(clip, calls, tmp_path, monkeypatch):
    store.load(clip)
    (tmp_path / "data").rename(tmp_path / "moved")
    monkeypatch.setenv("HAR_DATA", str(tmp_path / "moved"))
    calls.clear()
    store.load(clip)
    assert calls == []


def test_a_folder_that_vanishes_while_it_is_written_to_is_made_again(clip, monkeypatch):
    """`har store clean` of another process may remove it when it is empty."""
    write, tries = files.write_bytes, []

    def removed_once(path, content):
        tries.append(path)
        if len(tries) == 1:
            raise FileNotFoundError(path)
        write(path, content)

    monkeypatch.setattr(files, "write_bytes", removed_once)
    store.load(clip)
    assert len(stored()) == 3
