"""The tree of UCF101's shape: counts, names, lengths, padding, and that it can be made again."""

import os
import re
from collections import Counter
from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks import ucf101_tree
from har_lib import datasets, files, splits, video
from har_lib.errors import InputError


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("clip") / "one.avi"
    ucf101_tree.render(path, 6)
    return path.read_bytes()


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> list[ucf101_tree.Clip]:
    """A tree of six very short clips in three classes."""
    clips = [
        ucf101_tree.Clip(f"Class{'ABC'[i % 3]}", 1 + i // 3, 1, (5, 7)[i % 2]) for i in range(6)
    ]
    monkeypatch.setattr(ucf101_tree, "layout", lambda pool: tuple(clips))
    return clips


def digests(root: Path) -> dict[str, str]:
    return {p.relative_to(root).as_posix(): files.digest(p) for p in root.rglob("*.avi")}


# ---------------------------------------------------------------- its shape


def test_classes_groups_and_clips_are_as_many_as_ucf101_has() -> None:
    clips = ucf101_tree.layout()
    assert len({clip.path for clip in clips}) == len(clips) == 13_320
    groups = Counter((clip.label, clip.group) for clip in clips)
    assert Counter(groups.values()) == {4: 1039, 5: 438, 6: 362, 7: 686}
    classes = Counter(clip.label for clip in clips)
    assert len(classes) == 101
    assert (min(classes.values()), max(classes.values())) == (100, 167)
    assert {group for _, group in groups} == set(range(1, 26))
    # Numbers of a group's clips have no gap.
    for (label, group), size in list(groups.items())[:50]:
        numbers = {c.number for c in clips if (c.label, c.group) == (label, group)}
        assert numbers == set(range(1, size + 1))


@pytest.mark.skipif(not os.environ.get("HAR_TEST_DATA"), reason="HAR_TEST_DATA is not set")
def test_the_official_lists_have_these_counts() -> None:
    train, test = splits.ucf101_split(Path(os.environ["HAR_TEST_DATA"]) / "ucf101", 1)
    names = [*train, *test]
    groups = Counter(re.sub(r"_c\d\d\.avi", "", name) for name in names)
    assert Counter(groups.values()) == ucf101_tree.GROUP_SIZES
    classes = Counter(name.split("/")[0] for name in names)
    assert (len(classes), min(classes.values()), max(classes.values())) == (101, 100, 167)


def test_the_lists_are_such_as_the_suite_takes_for_the_official_ones(tmp_path: Path) -> None:
    folder = tmp_path / "ucfTrainTestlist"
    for name, text in ucf101_tree.lists().items():
        files.write_text(folder / name, text)
    every = {f"{clip.label}/{clip.path.name}" for clip in ucf101_tree.layout()}
    for number in splits.UCF101_COUNTS:
        # It refuses lists of other counts, classes or groups.
        train, test = splits.ucf101_split(tmp_path, number)
        assert set(train) | set(test) == every
        assert not set(train) & set(test)


def test_exchanging_groups_for_the_lists_leaves_each_class_its_sizes() -> None:
    before = np.random.default_rng(0).permutation(ucf101_tree.group_sizes().ravel())
    before = before.reshape(101, 25)
    after = ucf101_tree._as_listed(before)
    assert (np.sort(before, axis=1) == np.sort(after, axis=1)).all()
    tested = [after[:, 7 * k : 7 * k + 7].sum() for k in range(3)]
    assert tested == [3783, 3734, 3696] != [before[:, 7 * k : 7 * k + 7].sum() for k in range(3)]


def test_names_are_those_that_the_suite_reads() -> None:
    for clip in ucf101_tree.layout()[::97]:
        match = splits.UCF101_NAME.fullmatch(clip.path.name)
        assert match is not None
        assert match["label"] == clip.label == clip.path.parent.name


def test_lengths_are_spread_as_stated() -> None:
    lengths = ucf101_tree.lengths()
    assert len(lengths) == 13_320
    assert (lengths.min(), lengths.max()) == (29, 1776)
    assert lengths.mean() == pytest.approx(186, abs=0.5)
    assert lengths.sum() == pytest.approx(2.48e6, rel=2e-3)
    assert (lengths == 1776).sum() == 1
    # Moving to the pool's lengths hardly moves the distribution: log-normal, median 165.
    assert np.exp(np.median(np.log(lengths))) == pytest.approx(164.8, rel=0.04)
    assert np.log(lengths).std() == pytest.approx(0.5, rel=0.04)
    assert len(np.unique(lengths)) == ucf101_tree.POOL


@pytest.mark.parametrize(("count", "tolerance"), [(100, 0.01), (300, 0.01), (1000, 0.005)])
def test_a_beginning_of_the_list_is_like_the_whole(count: int, tolerance: float) -> None:
    first = ucf101_tree.layout()[:count]
    assert np.mean([c.frames for c in first]) == pytest.approx(186.1, rel=tolerance)
    classes = Counter(clip.label for clip in first)
    assert len(classes) == min(count, 101)
    # Each class has clips of as many groups as it can, so that no list is empty.
    groups = Counter((clip.label, clip.group) for clip in first)
    assert max(groups.values()) <= np.ceil(count / 101 / 25) + 1
    if count >= 300:
        listed = Counter(min((clip.group - 1) // 7, 3) for clip in first)
        assert min(listed.values()) > count / 10
    # In proportion to the size of the class, which is 100 to 167 of 13,320.
    assert max(classes.values()) <= np.ceil(count * 167 / 13_320) + 1


def test_a_pool_has_both_ends_and_as_many_lengths_as_asked() -> None:
    for count in (6, 12, 32):
        lengths = ucf101_tree.pool_lengths(count)
        assert len(lengths) == count
        assert (lengths[0], lengths[-1]) == (29, 1776)
        assert set(ucf101_tree.lengths(count)) <= set(lengths)
    with pytest.raises(InputError, match="at least 6"):
        ucf101_tree.pool_lengths(5)


# ---------------------------------------------------------------- padding


def test_padding_changes_the_digest_and_not_a_pixel(clip: bytes, tmp_path: Path) -> None:
    plain, one, other = tmp_path / "plain.avi", tmp_path / "one.avi", tmp_path / "other.avi"
    plain.write_bytes(clip)
    one.write_bytes(ucf101_tree.padded(clip, 1))
    other.write_bytes(ucf101_tree.padded(clip, 13_319))
    assert len({files.digest(path) for path in (plain, one, other)}) == 3
    assert one.stat().st_size == other.stat().st_size == len(clip) + len(clip) % 2 + 16
    for path in (one, other):
        assert (video.read_color(path) == video.read_color(plain)).all()
    capture = cv2.VideoCapture(str(one))
    assert int(capture.get(cv2.CAP_PROP_FRAME_COUNT)) == 6


def test_the_riff_size_is_that_of_the_file_or_the_clip_would_be_refused(
    clip: bytes, tmp_path: Path
) -> None:
    padded = ucf101_tree.padded(clip, 5)
    assert int.from_bytes(padded[4:8], "little") == len(padded) - 8
    # The chunk begins at an even place, and the walk over all chunks ends with the file.
    place, names = 12, []
    while place < len(padded):
        names.append(padded[place : place + 4])
        size = int.from_bytes(padded[place + 4 : place + 8], "little")
        place += 8 + size + size % 2
    assert place == len(padded)
    assert names[-1] == b"JUNK"
    assert padded.endswith(b"00000005")
    wrong = tmp_path / "wrong.avi"
    wrong.write_bytes(padded[:4] + len(padded).to_bytes(4, "little") + padded[8:])
    with pytest.raises(video.VideoError, match="cut short"):
        video.read_gray(wrong)


def test_an_odd_file_is_filled_up_first() -> None:
    odd = b"RIFF" + (5).to_bytes(4, "little") + b"AVI x"
    padded = ucf101_tree.padded(odd, 3)
    assert padded.index(b"JUNK") == 14
    assert len(padded) == 30
    assert int.from_bytes(padded[4:8], "little") == 22


@pytest.mark.parametrize(
    "content", [b"", b"RIFF", b"RIFF\x04\0\0\0WAVE", b"RIFF\x05\0\0\0AVI ", b"RIFX\x04\0\0\0AVI "]
)
def test_only_a_whole_avi_file_is_padded(content: bytes) -> None:
    with pytest.raises(InputError, match="one RIFF"):
        ucf101_tree.padded(content, 1)


# ---------------------------------------------------------------- making it


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path, few: list[ucf101_tree.Clip]) -> None:
    trees = {}
    for name, seed in (("one", 0), ("two", 0), ("other", 1)):
        made = ucf101_tree.make(tmp_path / name, 6, seed, jobs=1, progress=False)
        assert made == few
        trees[name] = digests(tmp_path / name)
    assert trees["one"] == trees["two"]
    assert not set(trees["one"].values()) & set(trees["other"].values())
    videos = [digest for name, digest in trees["one"].items() if name.startswith("videos")]
    assert len(set(videos)) == 6


def test_the_suite_reads_the_tree(tmp_path: Path, few: list[ucf101_tree.Clip]) -> None:
    ucf101_tree.make(tmp_path, 6, jobs=1, progress=False)
    dataset = datasets.ucf101(tmp_path)
    assert dataset.classes == ("ClassA", "ClassB", "ClassC")
    assert sorted(set(dataset.groups)) == [f"Class{c}/g{g:02}" for c in "ABC" for g in (1, 2)]
    lengths = {r.path.relative_to(tmp_path): len(video.read_gray(r.path)) for r in dataset.records}
    assert lengths == {clip.path: clip.frames for clip in few}


def test_an_interrupted_tree_is_completed(tmp_path: Path, few: list[ucf101_tree.Clip]) -> None:
    ucf101_tree.make(tmp_path, 6, jobs=1, progress=False)
    whole = digests(tmp_path)
    gone, short, *others = [tmp_path / clip.path for clip in few]
    gone.unlink()
    short.write_bytes(short.read_bytes()[:1000])
    untouched = {path: path.stat().st_mtime_ns for path in others}
    ucf101_tree.make(tmp_path, 6, jobs=1, progress=False)
    assert digests(tmp_path) == whole
    assert {path: path.stat().st_mtime_ns for path in others} == untouched


def test_a_smaller_tree_is_a_part_of_a_larger(tmp_path: Path, few: list[ucf101_tree.Clip]) -> None:
    ucf101_tree.make(tmp_path, 2, jobs=1, progress=False)
    first = digests(tmp_path / "videos")
    assert len(first) == 2
    ucf101_tree.make(tmp_path, 6, jobs=1, progress=False)
    assert first.items() < digests(tmp_path / "videos").items()


@pytest.mark.usefixtures("few")
def test_a_folder_with_something_else_is_left_alone(tmp_path: Path) -> None:
    ucf101_tree.make(tmp_path / "tree", 2, jobs=1, progress=False)
    with pytest.raises(InputError, match="another seed"):
        ucf101_tree.make(tmp_path / "tree", 2, seed=1, jobs=1, progress=False)
    note = tmp_path / "mine" / "note.txt"
    note.parent.mkdir()
    note.write_text("mine")
    with pytest.raises(InputError, match="holds other files"):
        ucf101_tree.make(tmp_path / "mine", 2, jobs=1, progress=False)
    assert list(note.parent.iterdir()) == [note]


@pytest.mark.usefixtures("few")
def test_a_full_disk_is_seen_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full:
        free = 20_000

    monkeypatch.setattr(ucf101_tree.shutil, "disk_usage", lambda folder: Full)
    with pytest.raises(InputError, match="GB are needed"):
        ucf101_tree.make(tmp_path, 6, jobs=1, progress=False)
    assert not (tmp_path / "videos").exists()


@pytest.mark.usefixtures("few")
def test_the_command_says_what_it_writes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [str(tmp_path / "tree"), "--clips", "6", "--jobs", "1"]
    assert ucf101_tree.main(words) == 0
    size = sum(path.stat().st_size for path in (tmp_path / "tree" / "videos").rglob("*.avi"))
    said = capsys.readouterr().out
    assert f"6 to write, {size / 1e6:.0f} MB of" in said
    assert "6 clips, 36 frames, 6.0 each" in said
    assert ucf101_tree.main([str(tmp_path / "tree"), "--clips", "0"]) == 2
    assert "from 1 to 13320" in capsys.readouterr().err


def test_what_the_command_cannot_do_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = tmp_path / "taken"
    taken.write_text("mine")
    assert ucf101_tree.main([str(taken), "--clips", "1"]) == 2
    assert capsys.readouterr().err == f"ucf101_tree: {taken}: is a file; name a folder\n"
    assert taken.read_text() == "mine"
    assert ucf101_tree.main([str(tmp_path / "tree"), "--jobs", "0"]) == 2
    assert capsys.readouterr().err == "ucf101_tree: 0 jobs are not allowed: at least 1\n"
    assert not (tmp_path / "tree").exists()

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(ucf101_tree, "make_pool", interrupt)
    assert ucf101_tree.main([str(tmp_path / "tree")]) == 130
    assert capsys.readouterr().err == "ucf101_tree: interrupted\n"
