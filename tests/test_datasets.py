"""Data sets: names, groups, official lists, and every tree that must be refused."""

import csv
import os
import re
import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from har_lib import datasets, files, splits, synthetic, video
from har_lib.datasets import Dataset, Record
from har_lib.errors import InputError

DATA = os.environ.get("HAR_TEST_DATA")
needs_data = pytest.mark.skipif(not DATA, reason="HAR_TEST_DATA names no folder of real clips")


@pytest.fixture(scope="session")
def one_clip(tmp_path_factory) -> Path:
    """A real clip of three frames, copied wherever a tree needs one."""
    path = tmp_path_factory.mktemp("clip") / "clip.avi"
    video.write(path, np.zeros((3, 16, 16), np.uint8))
    return path


@pytest.fixture
def plant(tmp_path: Path, one_clip: Path):
    """Put clips below a fresh folder and give that folder."""

    def planted(*names: str) -> Path:
        root = tmp_path / "set"
        root.mkdir(exist_ok=True)
        for name in names:
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(one_clip, root / name)
        return root

    return planted


def refusal(call, *arguments, **keywords) -> str:
    with pytest.raises(InputError) as caught:
        call(*arguments, **keywords)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def names(dataset: Dataset) -> list[str]:
    return [record.path.relative_to(dataset.root).as_posix() for record in dataset.records]


FOUR = ("run/anna_1.avi", "run/bert_1.avi", "walk/anna_1.avi", "walk/bert_1.avi")


# --- the data set itself --------------------------------------------------------------------


def test_labels_groups_classes_and_summary(plant) -> None:
    data = datasets.folder(plant(*FOUR, "walk/bert_2.avi"), pattern=r"/(\w+)_")
    assert names(data) == [*FOUR, "walk/bert_2.avi"]
    assert data.labels.tolist() == ["run", "run", "walk", "walk", "walk"]
    assert data.groups.tolist() == ["anna", "bert", "anna", "bert", "bert"]
    assert data.classes == ("run", "walk")
    assert len(data) == 5
    assert data.summary() == (
        "folder: 5 clips, 2 classes, 2 groups (from pattern /(\\w+)_)\n"
        "run 2, walk 3; the largest class is 0.600 of all"
    )
    assert all(r.start == 0 and r.stop is None for r in data.records)


def test_summary_of_many_classes_stays_short() -> None:
    records = tuple(Record(Path("c"), f"class{n % 20}", "g") for n in range(50))
    text = Dataset("many", Path("."), records, "scene", "names").summary()
    assert text == (
        "many: 50 clips, 20 classes, 1 scene (from names)\n"
        "2 to 3 clips a class; the largest class is 0.060 of all"
    )


def test_digest_follows_names_sizes_labels_and_groups_not_the_place(plant, tmp_path) -> None:
    root = plant(*FOUR)
    by_person = datasets.folder(root, pattern=r"/(\w+)_")
    moved = tmp_path / "elsewhere" / "deep"
    shutil.copytree(root, moved)
    assert datasets.folder(moved, pattern=r"/(\w+)_").digest() == by_person.digest()
    assert re.fullmatch("[0-9a-f]{64}", by_person.digest())
    different = {by_person.digest(), datasets.folder(root, pattern=r"_(\d)").digest()}
    (moved / "walk/bert_1.avi").rename(moved / "walk/bert_9.avi")
    different.add(datasets.folder(moved, pattern=r"/(\w+)_").digest())
    (moved / "walk").rename(moved / "limp")
    different.add(datasets.folder(moved, pattern=r"/(\w+)_").digest())
    with open(moved / "run/anna_1.avi", "ab") as clip:
        clip.write(b"!")
    different.add(datasets.folder(moved, pattern=r"/(\w+)_").digest())
    assert len(different) == 5
    whole = Dataset("one", root, (Record(root / FOUR[0], "run", "anna"),), "person", "names")
    part = Dataset("one", root, (Record(root / FOUR[0], "run", "anna", 0, 2),), "person", "names")
    assert whole.digest() != part.digest()


# --- load -----------------------------------------------------------------------------------


def made_up(*labels: str) -> Dataset:
    records = tuple(
        Record(Path("a", label, f"{number}.avi"), label, f"g{number % 3}")
        for number, label in enumerate(labels)
    )
    return Dataset("made up", Path("a"), records, "scene", "names")


def test_a_limited_data_set_keeps_the_first_classes_in_alphabetical_order() -> None:
    data = made_up("walk", "jump", "run", "walk", "bend", "jump")
    two, three = data.limited(2), data.limited(3)
    assert two.classes == ("bend", "jump")
    # Records stay in their order.
    assert two.records == (data.records[1], data.records[4], data.records[5])
    assert three.classes == ("bend", "jump", "run")
    assert (two.name, two.root, two.group_kind, two.group_source) == (
        *("made up", Path("a"), "scene", "names"),
    )
    assert len({data.digest(), two.digest(), three.digest()}) == 3
    assert two.digest() == Dataset("other", Path("b"), two.records, "person", "file").digest()


@pytest.mark.parametrize("classes", [0, 4, 5, 1000])
def test_no_limit_and_a_wide_one_keep_everything(classes: int) -> None:
    data = made_up("walk", "jump", "run", "walk", "bend", "jump")
    assert data.limited(classes) == data
    assert data.limited(classes).digest() == data.digest()


@pytest.mark.parametrize("classes", [1, -1])
def test_fewer_than_two_classes_are_refused(classes: int) -> None:
    said = refusal(made_up("walk", "jump").limited, classes)
    assert said.startswith(f"class_limit = {classes} is not allowed: it must be 0")


def test_load_takes_four_names_and_no_other(plant) -> None:
    assert datasets.load("folder", plant(*FOUR), pattern=r"/(\w+)_").name == "folder"
    assert refusal(datasets.load, "UCF101", "x") == (
        "data set 'UCF101' is unknown; use builtin, ucf101, kth or folder"
    )
    for name in ("ucf101", "kth", "folder"):
        assert refusal(datasets.load, name) == (
            f"data set '{name}' lies in no known place; pass its folder as root"
        )
    for name in ("builtin", "ucf101", "kth"):
        for extra in ({"pattern": "(a)"}, {"groups": "g.csv"}):
            assert refusal(datasets.load, name, "x", **extra) == (
                f"data set '{name}' brings its groups; pattern and groups are for folder"
            )


@pytest.mark.parametrize("name", ["ucf101", "kth", "folder"])
def test_missing_folder_and_file_in_its_place(tmp_path: Path, name: str) -> None:
    gone, file = tmp_path / "gone", tmp_path / "file"
    file.touch()
    assert refusal(datasets.load, name, gone) == f"{gone}: there is no such folder"
    assert refusal(datasets.load, name, file) == (
        f"{file}: is a file; name the folder of the data set"
    )


def test_builtin_groups_are_shared_by_all_actions(tmp_path: Path, monkeypatch) -> None:
    make, actions = synthetic.make, sorted(synthetic.ACTIONS)[:2]

    def make_a_part(root, progress) -> Path:
        part = {"actions": actions, "groups": (1, 2), "clips": (1,)}
        return make(root, jobs=1, progress=progress, **part)

    monkeypatch.setattr(synthetic, "make", make_a_part)
    data = datasets.load("builtin", tmp_path)
    assert names(data) == [f"videos/{a}/v_{a}_g0{g}_c01.avi" for a in actions for g in (1, 2)]
    assert data.groups.tolist() == ["g01", "g02", "g01", "g02"]
    assert data.labels.tolist() == [actions[0]] * 2 + [actions[1]] * 2
    assert (data.name, data.root, data.group_kind) == ("builtin", tmp_path, "group")


# --- UCF101 ---------------------------------------------------------------------------------

UCF = (
    "Archery/v_Archery_g01_c01.avi",
    "Archery/v_Archery_g25_c03.avi",
    "HandstandPushups/v_HandStandPushups_g01_c02.avi",
)


@pytest.mark.parametrize("place", ["", "videos/", "UCF-101/"])
def test_ucf101_tree_wherever_its_classes_lie(plant, place: str) -> None:
    data = datasets.ucf101(plant(*(place + name for name in UCF)))
    assert names(data) == [place + name for name in UCF]
    # The class is spelt as its folder is, not as its files are.
    assert data.labels.tolist() == ["Archery", "Archery", "HandstandPushups"]
    # g01 of two classes are two groups.
    assert data.groups.tolist() == ["Archery/g01", "Archery/g25", "HandstandPushups/g01"]


def test_ucf101_ignores_what_is_no_clip(plant) -> None:
    root = plant(*UCF, "Archery/._v_Archery_g01_c01.avi", ".cache/Archery/v_Archery_g09_c01.avi")
    (root / "README").write_text("notes")
    (root / "Archery" / "v_Archery_g01_c01.txt").write_text("notes")
    (root / "splits").mkdir()
    assert names(datasets.ucf101(root)) == list(UCF)


def test_a_class_of_ucf101_without_a_clip_is_missed(plant) -> None:
    root = plant(*UCF)
    (root / "YoYo").mkdir()
    assert refusal(datasets.ucf101, root) == f"{root}: no clip in YoYo; fetch them again"


@pytest.mark.parametrize(
    "stray",
    [
        "Archery/clip.avi",
        "Archery/v_Archery_g1_c01.avi",
        "Archery/v_Biking_g01_c01.avi",
        "Archery/v_Archery_g01_c01.mp4",
        "Archery/Archery/v_Archery_g01_c09.avi",
        "v_Archery_g01_c08.avi",
    ],
)
def test_ucf101_refuses_clips_of_other_names(plant, stray: str) -> None:
    root = plant(*UCF, stray)
    assert refusal(datasets.ucf101, root) == (
        f"{root}: not named as Class/v_Class_gNN_cNN.avi: {stray};"
        " rename or remove, or use data set folder for other clips"
    )


def test_ucf101_names_the_first_few_of_many(plant) -> None:
    root = plant(*UCF, *(f"Archery/x{n}.avi" for n in range(5)))
    assert "Archery/x0.avi, Archery/x1.avi, Archery/x2.avi and 2 more;" in refusal(
        datasets.ucf101, root
    )


def test_ucf101_without_clips(tmp_path: Path) -> None:
    assert refusal(datasets.ucf101, tmp_path) == (
        f"{tmp_path}: no clip of UCF101 found here, in videos or in UCF-101;"
        " expected Class/v_Class_gNN_cNN.avi"
    )


# --- UCF101's lists -------------------------------------------------------------------------


def invented_lists(folder: Path) -> None:
    """Seven lists that obey the rules of the official ones: counts, groups, CRLF, odd spelling."""
    labels = sorted({f"C{chr(65 + n // 26)}{chr(65 + n % 26)}" for n in range(100)})
    labels.insert(37, "HandstandPushups")
    clips: dict[int, list[str]] = {1: [], 2: [], 3: [], 4: []}
    # Five clips a group, and one more in as many groups as the official counts need.
    spare = {1: 3783 - 3535, 2: 3734 - 3535, 3: 3696 - 3535, 4: 2107 - 2020}
    for number, label in enumerate(labels, start=1):
        spelt = label.replace("stand", "Stand")
        for group in range(1, 26):
            block = min((group + 6) // 7, 4)
            size = 5 + (spare[block] > 0)
            spare[block] -= 1
            for clip in range(1, size + 1):
                clips[block].append(f"{label}/v_{spelt}_g{group:02}_c{clip:02}.avi {number}")
    write_list(folder / "classInd.txt", [f"{n} {label}" for n, label in enumerate(labels, 1)])
    for k in (1, 2, 3):
        train = [line for block in clips if block != k for line in clips[block]]
        write_list(folder / f"trainlist{k:02}.txt", train)
        test = [line.split()[0] for line in clips[k]]
        write_list(folder / f"testlist{k:02}.txt", test)


def write_list(file: Path, lines: list[str]) -> None:
    files.write_bytes(file, "".join(line + "\r\n" for line in lines).encode())


def lines_of(file: Path) -> list[str]:
    return file.read_text(encoding="utf-8").splitlines()


@pytest.fixture(scope="module")
def official(tmp_path_factory) -> Path:
    """The official lists where they are at hand, else invented ones of the same form."""
    root = tmp_path_factory.mktemp("lists")
    if DATA:
        shutil.copytree(Path(DATA) / "ucf101" / "splits", root / "splits")
    else:
        invented_lists(root / "splits")
    return root


@pytest.fixture
def lists(official: Path, tmp_path: Path) -> Path:
    shutil.copytree(official / "splits", tmp_path / "lists")
    return tmp_path / "lists"


@pytest.mark.parametrize("number", [1, 2, 3])
def test_ucf101_split_counts_and_groups(official: Path, number: int) -> None:
    train, test = splits.ucf101_split(official, number)
    assert (len(train), len(test)) == {1: (9537, 3783), 2: (9586, 3734), 3: (9624, 3696)}[number]
    assert not set(train) & set(test)
    assert all(name.endswith(".avi") and not name.startswith("/") for name in train + test)
    groups = {int(re.search(r"_g(\d\d)_", name)[1]) for name in test}
    assert groups == set(range(7 * number - 6, 7 * number + 1))
    spelt = [name for name in train + test if name.startswith("HandstandPushups/")]
    assert spelt
    assert all("/v_HandStandPushups_" in name for name in spelt)


def test_ucf101_splits_share_their_clips_and_no_test_clip(official: Path) -> None:
    read = [splits.ucf101_split(official, number) for number in (1, 2, 3)]
    assert len({frozenset(train + test) for train, test in read}) == 1
    assert len(set(read[0][1]) | set(read[1][1]) | set(read[2][1])) == 3783 + 3734 + 3696


@pytest.mark.parametrize("place", ["", "splits", "ucfTrainTestlist"])
def test_ucf101_lists_wherever_they_lie(lists: Path, tmp_path: Path, place: str) -> None:
    root = tmp_path / "root"
    root.mkdir()
    shutil.copytree(lists, root / place, dirs_exist_ok=True)
    assert len(splits.ucf101_split(root, 2)[1]) == 3734


def test_ucf101_lists_with_unix_line_ends_are_the_same(lists: Path) -> None:
    before = splits.ucf101_split(lists, 1)
    for file in lists.iterdir():
        file.write_bytes(file.read_bytes().replace(b"\r\n", b"\n"))
    assert splits.ucf101_split(lists, 1) == before


def test_ucf101_split_that_does_not_exist(official: Path) -> None:
    for number in (0, 4):
        assert refusal(splits.ucf101_split, official, number) == (
            f"UCF101 has no split {number}; use 1, 2 or 3"
        )


def test_ucf101_lists_missing(lists: Path, tmp_path: Path) -> None:
    (lists / "testlist02.txt").unlink()
    assert refusal(splits.ucf101_split, lists, 2) == (
        f"{lists}: testlist02.txt not found here, in splits or in ucfTrainTestlist;"
        " put UCF101's seven official lists there"
    )
    assert len(splits.ucf101_split(lists, 1)[0]) == 9537
    empty = tmp_path / "empty"
    assert "classInd.txt, trainlist01.txt, testlist01.txt not found here" in refusal(
        splits.ucf101_split, empty, 1
    )


def test_ucf101_lists_that_are_not_the_official_ones(lists: Path) -> None:
    train, test, classes = (
        lists / name for name in ("trainlist01.txt", "testlist01.txt", "classInd.txt")
    )
    whole = {file: lines_of(file) for file in (train, test, classes)}

    def message(file: Path, lines: list[str]) -> str:
        write_list(file, lines)
        text = refusal(splits.ucf101_split, lists, 1)
        write_list(file, whole[file])
        assert text.startswith(f"{file}: ")
        return text.removeprefix(f"{file}: ")

    assert message(train, whole[train][:-1]) == (
        "lists 9536 clips, not the official 9537; fetch it again"
    )
    assert message(test, whole[test] * 2) == (
        "lists 7566 clips, not the official 3783; fetch it again"
    )
    assert message(test, whole[test][:-1] + whole[test][:1]) == (
        "lists a clip twice; fetch it again"
    )
    # A test clip moved to the training list is exactly what a split must not do.
    leaked = f"{whole[test][0]} {whole[train][0].split()[1]}"
    assert message(train, [leaked, *whole[train][1:]]) == (
        f"'{leaked}' is of a group that belongs to the other list; fetch the list again"
    )
    bare = whole[train][0].split()[0]
    assert message(train, [bare, *whole[train][1:]]) == (
        f"'{bare}' should have the class number 1 after the name"
    )
    assert message(train, [f"{bare} 2", *whole[train][1:]]) == (
        f"'{bare} 2' should have the class number 1 after the name"
    )
    assert message(test, [f"{whole[test][0]} 1", *whole[test][1:]]) == (
        f"'{whole[test][0]} 1' should have nothing after the name"
    )
    assert message(test, ["Nothing/v_Nothing_g01_c01.avi", *whole[test][1:]]) == (
        "'Nothing/v_Nothing_g01_c01.avi' is no clip of UCF101; fetch the list again"
    )
    for lines in (whole[classes][1:], ["1", *whole[classes][1:]]):
        assert message(classes, lines) == "is not the list of classes 1 to 101; fetch it again"


def test_official_split_gives_positions(plant, lists: Path) -> None:
    # Group 1 is tested in split 1, group 8 in split 2; the odd spelling must be found too.
    clips = [
        name
        for group in ("g01_c01", "g08_c01")
        for name in splits.ucf101_split(lists, 1)[0] + splits.ucf101_split(lists, 1)[1]
        if group in name
    ]
    wanted = [name for name in clips if name.startswith("HandstandPushups")]
    wanted += [name for name in clips if not name.startswith("HandstandPushups")][:3]
    root = plant(*wanted)
    shutil.copytree(lists, root / "splits")
    data = datasets.ucf101(root)
    for number in (1, 2, 3):
        train, test = datasets.official_split(data, number)
        assert sorted([*train, *test]) == list(range(len(data)))
        tested = {names(data)[i] for i in test}
        assert tested == set(wanted) & set(splits.ucf101_split(lists, number)[1])
    assert len(datasets.official_split(data, 1)[1]) > 0
    label = data.classes[0]
    plant(f"{label}/v_{label}_g26_c01.avi")
    assert refusal(datasets.official_split, datasets.ucf101(root), 1) == (
        f"{root}: official split 1 does not list {label}/v_{label}_g26_c01.avi"
    )


# --- KTH ------------------------------------------------------------------------------------

KTH = "boxing/person01_boxing_d1_uncomp.avi", "walking/person07_walking_d2.avi"
SEQUENCES = (
    "Some words first.\r\n\r\n"
    "person01_boxing_d1\t\tframes\t1-95, 96-185, 186-245\r\n"
    "person07_walking_d2    \t\tframes\t1-120, 170-288\r\n"
    "person13_handclapping_d3\t*missing*\r\n"
)


def test_kth_ranges_become_half_open_from_zero(plant) -> None:
    root = plant(*KTH)
    (root / "00sequences.txt").write_text(SEQUENCES, newline="")
    data = datasets.kth(root)
    assert [(r.path.name, r.start, r.stop) for r in data.records] == [
        ("person01_boxing_d1_uncomp.avi", 0, 95),
        ("person01_boxing_d1_uncomp.avi", 95, 185),
        ("person01_boxing_d1_uncomp.avi", 185, 245),
        ("person07_walking_d2.avi", 0, 120),
        ("person07_walking_d2.avi", 169, 288),
    ]
    assert data.labels.tolist() == ["boxing"] * 3 + ["walking"] * 2
    assert data.groups.tolist() == ["person01"] * 3 + ["person07"] * 2
    assert data.group_kind == "person"


def test_kth_refusals(plant) -> None:
    root = plant("notes/.gitkeep")
    assert refusal(datasets.kth, root) == (
        f"{root}: no clip of KTH found; expected person01_boxing_d1_uncomp.avi"
    )
    plant(*KTH)
    listed = root / "00sequences.txt"
    assert refusal(datasets.kth, root) == (
        f"{listed}: there is no such file; it comes with the KTH clips"
    )
    listed.write_text(SEQUENCES)
    plant("handclapping/person13_handclapping_d3_uncomp.avi")
    assert refusal(datasets.kth, root) == (
        f"{listed}: gives no frames for handclapping/person13_handclapping_d3_uncomp.avi"
    )
    plant("boxing/person01_boxing_d1_s1.avi")
    assert refusal(datasets.kth, root) == (
        f"{root}: not named as KTH does (person01_boxing_d1_uncomp.avi):"
        " boxing/person01_boxing_d1_s1.avi; use data set folder for other clips"
    )


@pytest.mark.parametrize(
    "line",
    [
        "person01_boxing_d1 frames 95-1",
        "person01_boxing_d1 frames 0-5",
        "person01_boxing_d1 frames 1-5, 7",
        "person01_boxing_d1 frames 1-5 7-9",
        "person01_boxing_d1 *lost*",
    ],
)
def test_kth_line_that_gives_no_ranges(tmp_path: Path, line: str) -> None:
    listed = tmp_path / "00sequences.txt"
    listed.write_text(line + "\n")
    assert refusal(splits.kth_sequences, listed) == (
        f"{listed}: '{line}' gives no frame ranges; fetch it again"
    )


# --- any folder -----------------------------------------------------------------------------


def test_groups_from_a_pattern(plant) -> None:
    root = plant(*(name.replace("/", "/scene3/") for name in FOUR))
    for pattern in (r"/(\w+)_\d", r"(?P<group>[a-z]+)_(\d)\.avi$"):
        data = datasets.folder(root, pattern=pattern)
        assert data.groups.tolist() == ["anna", "bert", "anna", "bert"]
        assert data.labels.tolist() == ["run", "run", "walk", "walk"]
        assert data.group_source == f"pattern {pattern}"
    # The whole relative path is searched, so a folder can be the group.
    assert set(datasets.folder(root, pattern=r"/(scene\d)/").groups) == {"scene3"}


def test_patterns_that_cannot_work(plant) -> None:
    root = plant(*FOUR)
    assert refusal(datasets.folder, root, pattern="(") == (
        "pattern ( is no regular expression: missing ) at position 1"
    )
    advice = "; put parentheses around the one part that is the group, or name it (?P<group>...)"
    assert refusal(datasets.folder, root, pattern="anna") == f"pattern anna has 0 groups{advice}"
    assert (
        refusal(datasets.folder, root, pattern="(a)(n)") == f"pattern (a)(n) has 2 groups{advice}"
    )
    assert refusal(datasets.folder, root, pattern="(anna)") == (
        f"{root}: pattern (anna) finds no group in run/bert_1.avi, walk/bert_1.avi"
    )
    assert refusal(datasets.folder, root, pattern="(x?)") == (
        f"{root}: pattern (x?) finds no group in run/anna_1.avi, run/bert_1.avi, walk/anna_1.avi"
        " and 1 more"
    )
    assert refusal(datasets.folder, root, pattern="(a)", groups="x.csv") == (
        "pattern and groups are both given; pass one of them"
    )


def table_of(clips, groups, delimiter=",", prefix="") -> str:
    rows = [("group", "file"), *((g, prefix + c) for g, c in zip(groups, clips, strict=True))]
    return "".join(delimiter.join(row) + "\n" for row in rows)


PEOPLE = ("anna", "bert", "anna", "bert")


@pytest.mark.parametrize("passed", [True, False])
@pytest.mark.parametrize(("name", "delimiter"), [("groups.csv", ","), ("groups.tsv", "\t")])
def test_groups_from_a_table_in_the_folder(plant, name, delimiter, passed) -> None:
    root = plant(*FOUR)
    # Reversed, with a byte-order mark: order must not matter.
    text = table_of(FOUR[::-1], PEOPLE[::-1], delimiter)
    (root / name).write_text("\ufeff" + text, encoding="utf-8")
    data = datasets.folder(root, groups=root / name if passed else None)
    assert data.groups.tolist() == list(PEOPLE)
    assert data.group_source == name


def test_a_clip_that_the_table_in_the_folder_names_must_be_there(plant) -> None:
    root = plant(*FOUR)
    table = root / "groups.csv"
    table.write_text(table_of([*FOUR, "run/other.avi"], [*PEOPLE, "carl"]))
    assert refusal(datasets.folder, root) == (
        f"{table}: names run/other.avi, which is not there as a video; bring it back, or remove"
        " the line"
    )
    # A table from elsewhere may be about more than this folder.
    assert datasets.folder(root, groups=table).groups.tolist() == list(PEOPLE)


@pytest.mark.parametrize("prefix", ["set/", "", "./"])
def test_table_elsewhere_names_files_from_itself_or_from_the_folder(plant, prefix) -> None:
    root = plant(*FOUR)
    table = root.parent / "people.csv"
    table.write_text(table_of(FOUR, PEOPLE, prefix=prefix))
    assert datasets.folder(root, groups=table).groups.tolist() == list(PEOPLE)


@pytest.mark.parametrize("above", [True, False])
def test_groups_from_a_manifest(plant, above: bool, monkeypatch) -> None:
    root = plant(*FOUR)
    manifest = (root.parent if above else root) / "manifest.tsv"
    manifest.write_text(table_of(FOUR, PEOPLE, "\t", "set/" if above else ""))
    source = "manifest.tsv of the parent folder" if above else "manifest.tsv"
    data = datasets.folder(root)
    assert (data.groups.tolist(), data.group_source) == (list(PEOPLE), source)
    monkeypatch.chdir(root)
    assert datasets.folder(".").groups.tolist() == list(PEOPLE)
    # A table in the folder, and what the caller passes, come before a manifest.
    (root / "groups.csv").write_text(table_of(FOUR, "wxyz"))
    assert datasets.folder(root).groups.tolist() == list("wxyz")
    assert datasets.folder(root, pattern=r"_(\d)").groups.tolist() == ["1"] * 4


def test_no_groups_at_all_is_refused(plant) -> None:
    root = plant(*FOUR)
    expected = (
        f"{root}: nothing says which clips belong together (same person, scene or recording), so"
        " training clips could leak into the test; put a groups.csv with the columns file and"
        " group into it, name such a table (-p group_table FILE), or give a pattern that finds the"
        " group in a clip's name (-p group_pattern REGEX)"
    )
    assert refusal(datasets.folder, root) == expected
    # A manifest about other folders says nothing about these clips.
    (root.parent / "manifest.tsv").write_text("file\tgroup\nother/run/x.avi\tg\n")
    assert refusal(datasets.folder, root) == expected


def test_tables_that_cannot_be_used(plant) -> None:
    root = plant(*FOUR)
    table = root / "people.csv"

    def message() -> str:
        return refusal(datasets.folder, root, groups=table)

    assert message() == f"{table}: there is no such table of groups"
    table.write_text("clip;person\n")
    assert message() == (
        f"{table}: has no column file and no column group; its columns are clip;person"
    )
    table.write_text("")
    assert message() == f"{table}: has no column file and no column group; its columns are none"
    table.write_text("file\nrun/anna_1.avi\n")
    assert message() == f"{table}: has no column group; its columns are file"
    table.write_text(table_of(FOUR[:2], PEOPLE[:2]))
    assert message() == (
        f"{table}: has no line for walk/anna_1.avi, walk/bert_1.avi; add the group"
    )
    table.write_text(table_of(FOUR, ("a", "b", "", "b")))
    assert message() == f"{table}: the group of walk/anna_1.avi is empty; fill it in"
    table.write_text(table_of((*FOUR, FOUR[0]), (*PEOPLE, "carl")))
    assert message() == (f"{table}: run/anna_1.avi is in group 'anna' and in 'carl'; keep one line")
    table.write_bytes(table_of(FOUR, PEOPLE).replace("anna", "änna").encode("latin-1"))
    assert message() == f"{table}: is not UTF-8 text; save it as UTF-8"


def test_folder_ignores_hidden_files_and_notes(plant) -> None:
    root = plant(*FOUR, "run/.hidden_1.avi", ".trash/x_1.avi", "run/.old/x_1.avi")
    for name in ("LICENSE", "README", "README.md", "run/README.txt"):
        (root / name).write_text("words")
    assert names(datasets.folder(root, pattern=r"/(\w+)_")) == list(FOUR)


def test_every_suffix_is_a_video_in_either_case(plant) -> None:
    clips = [f"c{n % 2}/a{n}_1{s}" for n, s in enumerate(sorted(video.SUFFIXES))]
    clips += [f"c{n % 2}/b{n}_1{s.upper()}" for n, s in enumerate(sorted(video.SUFFIXES))]
    assert names(datasets.folder(plant(*clips), pattern=r"/(\w+)_")) == sorted(clips)


def test_class_folders_may_be_links(plant, tmp_path: Path) -> None:
    root = plant(*FOUR)
    (root / "walk").rename(tmp_path / "far")
    (root / "walk").symlink_to(tmp_path / "far")
    assert names(datasets.folder(root, pattern=r"/(\w+)_")) == list(FOUR)
    (root / "run" / "anna_2.avi").symlink_to(tmp_path / "gone.avi")
    assert refusal(datasets.folder, root, pattern=r"/(\w+)_") == (
        f"{root}/run/anna_2.avi: is a link to a file that is gone; mend or remove it"
    )


def test_links_to_folders_are_followed_from_the_first_folder_only(plant, tmp_path: Path) -> None:
    root = plant(*FOUR)
    (tmp_path / "far").mkdir()
    shutil.copy(root / FOUR[0], tmp_path / "far" / "carl_1.avi")
    (root / "run" / "deeper").symlink_to(tmp_path / "far")
    (root / "run" / "own").mkdir()
    shutil.copy(root / FOUR[0], root / "run" / "own" / "dora_1.avi")
    assert names(datasets.folder(root, pattern=r"/(\w+)_")) == [
        *(*FOUR[:2], "run/own/dora_1.avi", *FOUR[2:])
    ]


def test_a_folder_that_is_called_a_video_stands_in_the_place_of_one(plant, tmp_path) -> None:
    root = plant(*FOUR)
    (tmp_path / "far").mkdir()
    place = root / "run" / "carl_1.avi"
    for make in (place.mkdir, lambda: place.symlink_to(tmp_path / "far")):
        make()
        assert refusal(datasets.folder, root, pattern=r"/(\w+)_") == (
            f"{place}: is called a video and is a folder; rename or remove it"
        )
        place.unlink() if place.is_symlink() else place.rmdir()
    # A folder of clips may be called so.
    place.mkdir()
    shutil.copy(root / FOUR[0], place / "carl_2.avi")
    assert len(datasets.folder(root, pattern=r"/(\w+)_")) == 5
    os.mkfifo(root / "run" / "dora_1.avi")
    assert refusal(datasets.folder, root, pattern=r"/(\w+)_") == (
        f"{root}/run/dora_1.avi: is no plain file; mend or remove it"
    )


@pytest.fixture
def forbid(monkeypatch: pytest.MonkeyPatch):
    """Take a folder's permissions away; root, who may do anything, has to be told so."""

    def forbidden(folder: Path, may_be_listed: bool) -> None:
        def guarded(call):
            def called(path=".", *arguments, **keywords):
                place = str(path).removesuffix("/.")
                inside = str(path).startswith(f"{folder}/")
                listed = place == str(folder) and call in (os_scandir, os_listdir)
                if inside or (listed and not may_be_listed):
                    raise PermissionError(13, "Permission denied", str(path))
                return call(path, *arguments, **keywords)

            return called

        os_scandir, os_listdir = os.scandir, os.listdir
        for name in ("stat", "lstat", "scandir", "listdir"):
            monkeypatch.setattr(os, name, guarded(getattr(os, name)))

    return forbidden


@pytest.mark.parametrize("may_be_listed", [False, True], ids=["none", "listed"])
@pytest.mark.parametrize("place", ["walk", "walk/deep", "."])
def test_a_folder_that_cannot_be_read_is_named(plant, forbid, place: str, may_be_listed) -> None:
    root = plant(*FOUR, "walk/deep/anna_2.avi")
    forbid(root / place, may_be_listed)
    said = f"{root / place}: cannot be read: give it permission or leave it out"
    assert refusal(datasets.folder, root, r"/(\w+)_") == said
    assert refusal(datasets.kth, root) == said


@pytest.mark.parametrize("may_be_listed", [False, True], ids=["none", "listed"])
@pytest.mark.parametrize("place", ["videos/Archery", "videos", "."])
def test_a_class_of_ucf101_that_cannot_be_read_is_named(
    plant, forbid, place: str, may_be_listed
) -> None:
    root = plant("videos/Archery/v_Archery_g01_c01.avi")
    forbid(root / place, may_be_listed)
    said = f"{root / place}: cannot be read: give it permission or leave it out"
    assert refusal(datasets.ucf101, root) == said
    assert refusal(datasets.recognised, root) == said


def test_a_hidden_folder_need_not_be_readable(plant, forbid) -> None:
    root = plant(*FOUR, "run/.old/x_1.avi")
    forbid(root / "run" / ".old", may_be_listed=False)
    assert names(datasets.folder(root, pattern=r"/(\w+)_")) == list(FOUR)


def test_control_characters_of_names_are_written_out(plant) -> None:
    clips = ("new\nline/a_1.avi", "new\nline/b_1.avi", "walk/a_1.avi", "walk/b\x1b[2J_1.avi")
    root = plant(*clips)
    assert refusal(datasets.kth, root).endswith(
        r": new\nline/a_1.avi, new\nline/b_1.avi, walk/a_1.avi and 1 more;"
        " use data set folder for other clips"
    )
    assert r"walk/b\x1b[2J_1.avi" in refusal(datasets.folder, root, r"/([ab])_")
    summary = datasets.folder(root, pattern=r"/([ab]).*_").summary()
    assert summary.splitlines() == [
        "folder: 4 clips, 2 classes, 2 groups (from pattern /([ab]).*_)",
        r"new\nline 2, walk 2; the largest class is 0.500 of all",
    ]
    shutil.rmtree(root / "walk")
    assert r"only one class, new\nline;" in refusal(datasets.folder, root, r"/([ab])_")


def test_folders_too_poor_to_cross_validate(plant) -> None:
    root = plant()
    empty = f"{root}: holds no video (.avi .mkv .mov .mp4 .mpg .webm)"
    assert refusal(datasets.folder, root, "(a)") == empty
    (root / "run").mkdir()
    (root / "run" / "notes.txt").write_text("no clip")
    assert refusal(datasets.folder, root, "(a)") == empty
    plant("run/a1.avi", "run/a2.avi")
    assert refusal(datasets.folder, root, "(a)") == (
        f"{root}: only one class, run; need two or more class folders"
    )
    plant("walk/a1.avi")
    (root / "jump").mkdir()
    (root / ".git").mkdir()
    assert refusal(datasets.folder, root, "(a)") == (
        f"{root}: jump has 0 clips, walk has 1 clip;"
        " cross-validation needs at least 2 in every class folder"
    )
    plant("a3.avi")
    assert refusal(datasets.folder, root, "(a)") == (
        f"{root}: not in a class folder: a3.avi; expected class/clip"
    )


# --- real data ------------------------------------------------------------------------------


@needs_data
@pytest.mark.parametrize(
    ("name", "clips", "classes", "groups", "majority"),
    [
        ("fight_surveillance", 182, 2, 55, 0.527),
        ("weizmann_silhouettes", 60, 10, 6, 0.1),
        ("kth_segments", 28, 4, 5, 0.286),
    ],
)
def test_real_folders(name, clips, classes, groups, majority) -> None:
    data = datasets.folder(Path(DATA) / name)
    assert (len(data), len(data.classes), len(set(data.groups))) == (clips, classes, groups)
    assert f"the largest class is {majority:.3f} of all" in data.summary()
    assert data.group_source == "manifest.tsv of the parent folder"
    # An independent reading of the manifest, and every label.
    with open(Path(DATA) / "manifest.tsv", encoding="utf-8", newline="") as table:
        rows = {row["file"]: row for row in csv.DictReader(table, delimiter="\t")}
    for record in data.records:
        row = rows[record.path.relative_to(DATA).as_posix()]
        assert (record.group, record.label) == (row["group"], row["class"])


@needs_data
def test_every_weizmann_person_performs_every_action() -> None:
    data = datasets.folder(Path(DATA) / "weizmann_silhouettes")
    pairs = Counter(zip(data.labels.tolist(), data.groups.tolist(), strict=True))
    assert len(pairs) == 60
    assert set(pairs.values()) == {1}


@needs_data
def test_real_kth_sequences_are_the_cut_ones() -> None:
    data = datasets.load("kth", Path(DATA) / "kth")
    assert (len(data), len(set(data.groups)), data.group_kind) == (28, 5, "person")
    # kth_segments was cut by others, without loss, from the same files by the same list.
    cut = sorted((Path(DATA) / "kth_segments").glob("*/*.avi"))
    for record, segment in zip(data.records, cut, strict=True):
        assert segment.parent.name == record.label
        ranged = video.read_gray(record.path, start=record.start, stop=record.stop)
        np.testing.assert_array_equal(ranged, video.read_gray(segment))


@needs_data
def test_kth_list_has_the_published_number_of_sequences() -> None:
    ranges = splits.kth_sequences(Path(DATA) / "kth" / "00sequences.txt")
    # Schuldt et al. 2004: 25 persons, 6 actions, 4 scenarios, 2391 sequences; one file is lost.
    assert len(ranges) == 600
    assert [name for name, found in ranges.items() if not found] == ["person13_handclapping_d3"]
    assert sum(map(len, ranges.values())) == 2391


@needs_data
def test_real_ucf101_clips_and_lists() -> None:
    data = datasets.load("ucf101", Path(DATA) / "ucf101")
    assert data.groups.tolist() == ["ApplyEyeMakeup/g01", "BaseballPitch/g01", "SoccerJuggling/g23"]
    train, test = datasets.official_split(data, 1)
    assert (train.tolist(), test.tolist()) == ([2], [0, 1])
    assert [len(datasets.official_split(data, number)[1]) for number in (2, 3)] == [0, 0]
