"""What becomes of damaged clips: refused, skipped or accepted, and never used unseen."""

import csv
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from har_lib import (
    cli,
    datasets,
    digests,
    extraction,
    files,
    integrity,
    session,
    store,
    verdicts,
    video,
)
from har_lib.config import Config
from har_lib.datasets import Dataset
from har_lib.errors import InputError

NAMES = [f"{action}/g{group}.avi" for action in ("run", "walk") for group in (1, 2, 3)]
CUT = "walk/g2.avi"


def moving(seed: int, frames: int = 14) -> np.ndarray:
    noise = np.random.default_rng(seed).integers(60, 120, (1, 48, 64), dtype=np.uint8)
    content = np.repeat(noise, frames, axis=0)
    for t in range(frames):
        content[t, 12:30, 4 + 3 * t : 14 + 3 * t] = 220
    return content


@pytest.fixture
def root(tmp_path: Path, own_folders: None) -> Path:
    """Six clips, one of which is cut in its last third."""
    root = tmp_path / "set"
    for seed, name in enumerate(NAMES):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        video.write(root / name, moving(seed), codec="FFV1")
    whole = (root / CUT).read_bytes()
    (root / CUT).write_bytes(whole[: len(whole) * 2 // 3])
    for name in NAMES:
        os.utime(root / name, (1_600_000_000, 1_600_000_000))
    rows = [f"{name},{Path(name).stem}" for name in NAMES]
    (root / "groups.csv").write_text("\n".join(["file,group", *rows]) + "\n")
    return root


@pytest.fixture
def dataset(root: Path) -> Dataset:
    return datasets.folder(root)


def names(found: Any) -> list[str]:
    return [record.path.relative_to(record.path.parents[1]).as_posix() for record, _ in found]


def test_refused_when_all_others_are_done(dataset: Dataset, calls: list[str]) -> None:
    with pytest.raises(verdicts.Unusable, match="1 of 6 clips are damaged") as error:
        extraction.extract(dataset, jobs=1)
    assert names(error.value.failures) == [CUT]
    assert "\n" not in str(error.value)
    assert "damaged_clips skip" in str(error.value)
    assert calls.count("points") == 5, "nothing is computed of what is refused"
    calls.clear()
    done = extraction.extract(dataset, jobs=1, damaged_clips="skip")
    assert (done.made, calls) == (0, []), "what was finished is kept"


def test_skipped_and_listed(dataset: Dataset) -> None:
    found = extraction.collect(dataset, jobs=1, damaged_clips="skip")
    assert [record.path.parent.name for record in found.records] == ["run"] * 3 + ["walk"] * 2
    assert names(found.failures) == [CUT]
    assert "cut short" in found.failures[0][1]
    assert found.flagged == ()


def test_accepted_and_flagged(dataset: Dataset, root: Path) -> None:
    found = extraction.collect(dataset, jobs=1, damaged_clips="accept")
    assert len(found.records) == 6
    assert found.failures == ()
    assert names(found.flagged) == [CUT]
    (damaged,) = (k for k, record in enumerate(found.records) if record.flaw)
    read = video.read_gray(root / CUT, damaged=True)
    assert 2 <= len(read) < 14
    np.testing.assert_array_equal(read, moving(NAMES.index(CUT))[: len(read)])
    assert found.features[damaged].keyframes.max() < len(read)


def test_what_was_accepted_once_is_refused_again(dataset: Dataset, calls: list[str]) -> None:
    """Its features are in the store by then."""
    extraction.collect(dataset, jobs=1, damaged_clips="accept")
    calls.clear()
    with pytest.raises(verdicts.Unusable):
        extraction.collect(dataset, jobs=1)
    assert len(extraction.collect(dataset, jobs=1, damaged_clips="skip").records) == 5
    again = extraction.collect(dataset, jobs=1, damaged_clips="accept")
    assert names(again.flagged) == [CUT]
    assert calls == []


def test_a_clip_of_which_nothing_can_be_decoded_is_never_used(root: Path) -> None:
    (root / "run" / "g1.avi").write_bytes(b"no clip")
    found = extraction.collect(datasets.folder(root), jobs=1, damaged_clips="accept")
    assert names(found.failures) == ["run/g1.avi"]
    assert names(found.flagged) == [CUT]


def test_a_clip_is_looked_at_once(dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []

    def counted(path: Path, inspect: Any = integrity.inspect) -> Any:
        looked.append(path.name)
        return inspect(path)

    monkeypatch.setattr(integrity, "inspect", counted)
    for _ in range(2):
        extraction.extract(dataset, jobs=1, damaged_clips="skip")
        assert len(looked) == 6
    monkeypatch.setattr(verdicts, "version", lambda: "another")
    extraction.extract(dataset, jobs=1, damaged_clips="skip")
    assert len(looked) == 12, "another version of the check looks again"


def test_a_clip_that_changes_while_it_is_looked_at_is_not_remembered(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = dataset.records[0].path

    def change(path: Path, inspect: Any = integrity.inspect) -> Any:
        found = inspect(path)
        path.write_bytes(path.read_bytes()[:-9])
        return found

    clip = digests.of_each([path])[path]
    monkeypatch.setattr(integrity, "inspect", change)
    with pytest.raises(video.VideoError, match="was changed while it was read"):
        verdicts.of(path, clip)
    assert verdicts.known(clip) is None


def zeroed(path: Path) -> None:
    """Damage a clip and keep its size."""
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 64] = bytes(64)
    path.write_bytes(content)


@pytest.fixture
def sound(root: Path) -> Dataset:
    """Six clips without a fault."""
    video.write(root / CUT, moving(NAMES.index(CUT)), codec="FFV1")
    os.utime(root / CUT, (1_600_000_000, 1_600_000_000))
    return datasets.folder(root)


@pytest.fixture
def between(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What is done once, after all clips were looked at and before what is stored is read."""
    planned: list[Any] = []

    def then(*given: Any, extract: Any = extraction.extract, **named: Any) -> Any:
        found = extract(*given, **named)
        while planned:
            planned.pop()()
        return found

    monkeypatch.setattr(extraction, "extract", then)
    return planned


def lose_a_stage(clip: str) -> None:
    """Let something be made anew of a content."""
    record = datasets.Record(Path("any"), "", "")
    store.Shelf.of("points", Config()).place(record, clip).write_bytes(b"damaged")


@pytest.mark.parametrize("policy", ["refuse", "skip"])
@pytest.mark.parametrize("fate", ["gone", "damaged", "of another clip"])
def test_what_happens_to_a_clip_after_it_was_looked_at_follows_the_policy(
    sound: Dataset, between: list[Any], policy: str, fate: str, calls: list[str]
) -> None:
    path = sound.records[1].path
    clip = files.digest(path)

    def happens() -> None:
        lose_a_stage(clip)
        calls.clear()
        if fate == "gone":
            path.unlink()
        elif fate == "damaged":
            zeroed(path)
        else:
            path.write_bytes(sound.records[0].path.read_bytes())

    between.append(happens)
    said = "there is no such file" if fate == "gone" else "was changed while it was read"
    if policy == "refuse":
        with pytest.raises(verdicts.Unusable, match=f"1 of 6 clips.*{said}") as error:
            extraction.collect(sound, jobs=1)
        assert names(error.value.failures) == [NAMES[1]]
    else:
        found = extraction.collect(sound, jobs=1, damaged_clips=policy)
        assert [said in reason for _, reason in found.failures] == [True]
        assert len(found.records) == 5
    assert calls == [], "nothing is computed of what nobody looked at"


@pytest.mark.parametrize("fate", [Path.unlink, zeroed])
def test_all_that_is_stored_is_of_the_content_that_was_looked_at(
    sound: Dataset, between: list[Any], fate: Any
) -> None:
    expected = extraction.collect(sound, jobs=1)
    between.append(lambda: fate(sound.records[1].path))
    found = extraction.collect(sound, jobs=1)
    for one, two in zip(expected.sequences, found.sequences, strict=True):
        np.testing.assert_array_equal(one, two)


@pytest.fixture
def rotting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no time of the file system tell that a file changed."""
    monkeypatch.setattr(
        digests, "_mark", lambda path, about: (os.path.abspath(path), about.st_size, 0, 0)
    )


def test_bits_that_rot_are_found_when_something_is_made_anew(sound: Dataset, rotting: None) -> None:
    extraction.collect(sound, jobs=1)
    path = sound.records[1].path
    lose_a_stage(files.digest(path))
    zeroed(path)
    with pytest.raises(verdicts.Unusable, match="was changed while it was read; run again"):
        extraction.collect(sound, jobs=1)
    with pytest.raises(verdicts.Unusable, match=r"1 of 6 clips.*g2\.avi: damaged frames"):
        extraction.collect(sound, jobs=1)


def test_one_clip_is_looked_at_as_it_is_now(sound: Dataset, rotting: None) -> None:
    path = sound.records[1].path
    digests.of_each([path])
    assert verdicts.look(path) == ""
    zeroed(path)
    assert verdicts.look(path).startswith("damaged frames")


def test_a_fault_of_the_machine_is_not_kept(
    sound: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = sound.records[1].path

    def fails(*_: Any, **__: Any) -> None:
        raise ImportError("libx.so: failed to map segment from shared object")

    with monkeypatch.context() as patched:
        patched.setattr(integrity.av, "open", fails)
        with pytest.raises(video.VideoError, match="cannot be read now"):
            verdicts.look(path)
    assert verdicts.known(files.digest(path)) is None
    assert verdicts.look(path) == ""


def test_a_verdict_on_another_content_or_without_a_word_is_not_believed(root: Path) -> None:
    sound, damaged = (files.digest(root / name) for name in (NAMES[0], CUT))
    assert verdicts.look(root / NAMES[0]) == ""
    told = verdicts.look(root / CUT)
    assert "cut short" in told
    place = verdicts._place(damaged)
    place.write_bytes(verdicts._place(sound).read_bytes())
    assert verdicts.known(damaged) is None
    assert verdicts.look(root / CUT) == told
    for arrays in ({"other": np.array(1)}, {"flaw": np.array(0)}):
        store.write(place, **arrays)
        assert verdicts.known(damaged) is None
        assert verdicts.look(root / CUT) == told


def test_a_refusal_is_one_line_whatever_the_name(root: Path) -> None:
    path = (root / CUT).rename(root / "walk" / "g\r\n2.avi")
    records = [datasets.Record(each, "walk", "g2") for each in (root / NAMES[0], path)]
    with pytest.raises(verdicts.Unusable) as error:
        extraction.extract(records, jobs=1)
    assert r"g\r\n2.avi: cut short" in str(error.value)
    assert str(error.value).isprintable()


def test_the_data_set_of_what_is_used(dataset: Dataset) -> None:
    skipped = extraction.extract(dataset, jobs=1, damaged_clips="skip").usable(dataset)
    assert len(skipped) == 5
    flagged = extraction.extract(dataset, jobs=1, damaged_clips="accept").usable(dataset)
    assert [bool(record.flaw) for record in flagged.records].count(True) == 1
    # What is marked was accepted: no later step asks again.
    assert len(extraction.collect(flagged, jobs=1).records) == 6
    assert flagged.records == dataset.records, "a flaw is no part of what a record is"


def test_an_unknown_policy_is_one_line(dataset: Dataset) -> None:
    with pytest.raises(InputError, match="damaged_clips = 'ignore' is not allowed: it must be one"):
        extraction.extract(dataset, damaged_clips="ignore")


# ---------------------------------------------------------------- the command line


def har(capsys: pytest.CaptureFixture[str], *words: Any) -> tuple[int, str, str]:
    code = cli.main([str(word) for word in words])
    told = capsys.readouterr()
    return code, told.out, told.err


def listed(tmp_path: Path) -> list[dict[str, str]]:
    (path,) = (tmp_path / "build" / "data").glob("set-*/failures.csv")
    with open(path, newline="") as table:
        return list(csv.DictReader(table))


def test_har_extract_by_each_policy(root: Path, tmp_path: Path, capsys: Any) -> None:
    code, _, said = har(capsys, "extract", root, "--jobs", 1)
    assert code == 2
    assert "1 of 6 clips are damaged or cannot be read" in said
    assert [(row["clip"], row["used"]) for row in listed(tmp_path)] == [("g2.avi", "no")]
    code, out, _ = har(capsys, "extract", root, "--jobs", 1, "--damaged-clips", "skip")
    assert code == 0
    assert "5 already there, 1 skipped" in out
    assert [row["used"] for row in listed(tmp_path)] == ["no"]
    code, out, _ = har(capsys, "extract", root, "--jobs", 1, "--damaged-clips", "accept")
    assert code == 0
    assert "0 skipped, 1 damaged and used" in out
    assert [(row["clip"], row["used"]) for row in listed(tmp_path)] == [("g2.avi", "yes")]
    assert "cut short" in listed(tmp_path)[0]["reason"]


def test_a_notebook_is_told(root: Path, capsys: Any) -> None:
    given = {"dataset": "folder", "data_root": str(root)}
    with pytest.raises(verdicts.Unusable):
        _ = session.Session("test", given).collection
    skipping = session.Session("test", {**given, "damaged_clips": "skip"})
    assert len(skipping.collection.records) == 5
    accepting = session.Session("test", {**given, "damaged_clips": "accept"})
    assert names(accepting.collection.flagged) == [CUT]
    assert [skipping.example("walk", n).path.stem for n in (0, 1)] == ["g1", "g3"]
    shown = accepting.example("walk", 1)
    assert shown.path.stem == "g2"
    assert "cut short" in shown.flaw
