"""A short form of the study of mutated clips, and that the study can find what it looks for."""

from dataclasses import replace

import numpy as np
import pytest

from har_lib import integrity, video
from torture import clip_mutations, clip_sources, clips


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> list[clip_sources.Source]:
    return clip_sources.made_sources(tmp_path_factory.mktemp("made"))


def test_forty_mutated_clips(monkeypatch) -> None:
    monkeypatch.delenv("HAR_TEST_DATA", raising=False)
    count = clips.run(40, seed=7)
    assert count.bad() == ()
    assert sum(int(row["cases"]) for row in count.rows()) == 40
    assert {case.source.container for case in count.cases} == {"AVI", "MP4", "Matroska", "WebM"}
    # Most are noticed, and some are not damaged at all: neither is taken for granted.
    assert sum(case.fate == "noticed" for case in count.cases) > 25
    assert count.summary().startswith("40 mutated clips: ")


def test_numbers_survive_every_codec(made) -> None:
    for source in made:
        frames = video.read_gray(source.path)
        assert [clip_sources.read_number(frame) for frame in frames] == list(
            range(clip_sources.FRAMES)
        )
    frames = clip_sources.numbered_frames()
    assert clip_sources.read_number(frames[3] // 4 + 96) is None
    swapped = frames[3].copy()
    swapped[:16, :16] = 255 - swapped[:16, :16]
    assert clip_sources.read_number(swapped) is None


def test_a_mutation_is_told_by_seed_and_number_and_changes_something(made) -> None:
    content = made[2].path.read_bytes()
    seen = set()
    for number in range(60):
        changed, name = clip_mutations.mutate(content, 3, number)
        assert (changed, name) == clip_mutations.mutate(content, 3, number)
        assert changed != content
        seen.add(name)
    assert seen == set(clip_mutations.MUTATIONS)
    assert clip_mutations.mutate(content, 4, 0)[0] != clip_mutations.mutate(content, 3, 0)[0]


@pytest.mark.parametrize(
    ("frames", "fate", "lost"),
    [
        (lambda f: f, "same", 0),
        (lambda f: f[:-1], "changed", 1),
        (lambda f: f[:-3], "lost", 3),
        # Still 30 frames, but four of them show what an earlier one shows.
        (lambda f: f[[*range(20), 19, 19, 19, 19, *range(24, 30)]], "lost", 4),
        # A damaged frame is there.
        (lambda f: np.concatenate([f[:4], 0 * f[4:9] + 128, f[9:]]), "changed", 0),
    ],
)
def test_study_finds_what_passes_as_whole(tmp_path, monkeypatch, frames, fate, lost) -> None:
    sound = clip_sources.numbered_frames()
    reference = tmp_path / "reference.npy"
    np.save(reference, sound)
    path = tmp_path / "clip.avi"
    video.write(path, np.ascontiguousarray(frames(sound)), codec="FFV1")
    assert clips.judge(str(path), str(reference), True)[:2] == (fate, lost)
    # What is noticed is not lost in silence.
    said = integrity.Problem("frames missing", "2 of 3 frames are read")
    monkeypatch.setattr(integrity, "inspect", lambda p: integrity.Report(p, (said,), 2, 3))
    assert clips.judge(str(path), str(reference), True)[0] == "noticed"


def test_bad_cases_are_those_that_may_not_be(made) -> None:
    case = clips.Case(made[0], 0, "flip", "noticed")
    fates = ("same", "noticed", "changed", "lost", "crash", "hang", "traceback")
    cases = [replace(case, fate=fate) for fate in fates]
    webm = replace(case, source=made[-1], fate="lost")
    count = clips.Count(0, (*cases, webm))
    assert [case.fate for case in count.bad("AVI", "MP4")] == list(fates[3:])
    assert len(count.bad()) == 5
    assert count.failed == 4, "what WebM loses is a residue that is stated"
    assert clips.Count(0, (replace(webm, fate="hang"),)).failed == 1
    (row,) = [row for row in count.rows() if row["codec"] == "FFV1"]
    assert all(row[fate] == 1 for fate in fates)
