"""Data sets as records of path, label and group: built-in, UCF101, KTH, any folder."""

import dataclasses
import os
import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from har_lib import digests, files, synthetic, video
from har_lib.errors import InputError, printable
from har_lib.groups import find_groups, name_some
from har_lib.splits import UCF101_NAME, kth_sequences, ucf101_split
from har_lib.ucf101_supports import SUPPORTS

#: Names that ``load`` takes.
NAMES = ("builtin", "ucf101", "kth", "folder")

_KTH_NAME = re.compile(
    r"(?P<sequence>(?P<person>person\d\d)"
    r"_(?P<label>boxing|handclapping|handwaving|jogging|running|walking)_d[1-4])(_uncomp)?\.avi"
)
_KTH_SEQUENCES = "00sequences.txt"


@dataclass(frozen=True)
class Record:
    """One sample: a clip, or the frames ``start`` to ``stop`` of it (half-open, from 0).

    ``flaw`` says what is wrong with a clip that is used all the same.
    """

    path: Path
    label: str
    group: str
    start: int = 0
    stop: int | None = None
    flaw: str = dataclasses.field(default="", compare=False)


class Labelled:
    """What has ``records`` has their labels and groups."""

    records: tuple[Record, ...]

    @property
    def labels(self) -> np.ndarray:
        """Label of each record: str (N,)."""
        return np.array([record.label for record in self.records])

    @property
    def groups(self) -> np.ndarray:
        """Group of each record: str (N,)."""
        return np.array([record.group for record in self.records])


@dataclass(frozen=True)
class Dataset(Labelled):
    """Records in a fixed order, sorted by their path below ``root``.

    ``group_kind`` says what a group is ("scene", "person", "group") and ``group_source`` where
    the groups came from. Groups never stand on both sides of an honest split.

    Examples
    --------
    >>> clips = tuple(Record(Path(f"{c}.avi"), c[:-1], f"person{c[-1]}") for c in ("jog1", "run1"))
    >>> data = Dataset("two clips", Path("."), clips, "person", "file names")
    >>> data.classes, data.groups.tolist()
    (('jog', 'run'), ['person1', 'person1'])
    >>> print(data.summary())
    two clips: 2 clips, 2 classes, 1 person (from file names)
    jog 1, run 1; the largest class is 0.500 of all
    """

    name: str
    root: Path
    records: tuple[Record, ...]
    group_kind: str
    group_source: str

    def __len__(self) -> int:
        return len(self.records)

    @property
    def classes(self) -> tuple[str, ...]:
        """The different labels, sorted."""
        return tuple(sorted({record.label for record in self.records}))

    def limited(self, classes: int) -> "Dataset":
        """The first classes in alphabetical order; 0, or more than there are, keeps all.

        Raises
        ------
        InputError
            For a single class, between which and nothing there is nothing to learn, or fewer.

        Examples
        --------
        >>> clips = tuple(Record(Path(f"{c}.avi"), c, "g01") for c in ("walk", "run", "jump"))
        >>> Dataset("three clips", Path("."), clips, "group", "file names").limited(2).classes
        ('jump', 'run')
        """
        if classes < 0 or classes == 1:
            raise InputError(
                f"class_limit = {classes} is not allowed: it must be 0, for all classes, or at "
                "least 2, since one class leaves nothing to tell apart"
            )
        kept = self.classes[: classes or None]
        records = tuple(record for record in self.records if record.label in kept)
        return dataclasses.replace(self, records=records)

    def digest(self) -> str:
        """SHA-256 of every record's file name, content, label, group and frame range.

        The place of the files does not enter. A file is read once, and again when its size or
        time of change differs; one that cannot be read counts with no content.
        """
        content = digests.of_each([record.path for record in self.records])
        return files.digest_of(
            [
                [r.path.name, content.get(r.path, ""), r.label, r.group, r.start, r.stop]
                for r in self.records
            ]
        )

    def summary(self) -> str:
        """Two printable lines: clips, classes and groups; class sizes and majority rate."""
        counts = Counter(record.label for record in self.records)
        if len(counts) <= 12:
            sizes = ", ".join(f"{label} {counts[label]}" for label in self.classes)
        else:
            sizes = f"{min(counts.values())} to {max(counts.values())} clips a class"
        groups = len({record.group for record in self.records})
        majority = max(counts.values(), default=0) / max(len(self), 1)
        return (
            f"{self.name}: {_count(len(self), 'clip')}, {_count(len(counts), 'class')},"
            f" {_count(groups, self.group_kind)} (from {printable(self.group_source)})\n"
            f"{printable(sizes)}; the largest class is {majority:.3f} of all"
        )


def load(
    name: str,
    root: Path | str | None = None,
    pattern: str | None = None,
    groups: Path | str | None = None,
    progress: bool = False,
) -> Dataset:
    """Load a data set by name.

    Parameters
    ----------
    name
        One of ``NAMES``.
    root
        Its folder; only ``builtin`` has one of its own.
    pattern, groups
        For ``folder`` alone: see there.
    progress
        Show a bar while built-in clips are made.

    Raises
    ------
    InputError
        The name is unknown, or an argument is missing or does not belong to the name.

    Examples
    --------
    >>> load("hmdb51")
    Traceback (most recent call last):
    har_lib.errors.InputError: data set 'hmdb51' is unknown; use builtin, ucf101, kth or folder
    """
    if name not in NAMES:
        raise InputError(
            f"data set '{name}' is unknown; use {', '.join(NAMES[:-1])} or {NAMES[-1]}"
        )
    if name != "folder" and not (pattern is None and groups is None):
        raise InputError(f"data set '{name}' brings its groups; pattern and groups are for folder")
    if name == "builtin":
        return builtin(root, progress)
    if root is None:
        raise InputError(f"data set '{name}' lies in no known place; pass its folder as root")
    if name == "folder":
        return folder(root, pattern, groups)
    return ucf101(root) if name == "ucf101" else kth(root)


def builtin(root: Path | str | None = None, progress: bool = False) -> Dataset:
    """Make the built-in clips where they are missing, and list them.

    Groups are crossed with classes: ``g01`` is one actor, scene and camera that performs every
    action, unlike UCF101, whose group numbers count within a class.
    """
    made = synthetic.make(root, progress=progress)
    records = _ucf101_records(made / "videos", lambda label, number: f"g{number}")
    return Dataset("builtin", made, records, "group", "file names")


def ucf101(root: Path | str) -> Dataset:
    """List a UCF101 tree, whole or in part.

    The class folders lie in ``root``, ``root/videos`` or ``root/UCF-101``. A group is nested in
    its class: g01 of one class has nothing to do with g01 of another, so it is
    named ``Class/g01``.

    Raises
    ------
    InputError
        There is no such folder, no clip, or a clip whose name does not fit its folder.

    Notes
    -----
    Source: Soomro, Zamir and Shah 2012, UCF101, https://doi.org/10.48550/arXiv.1212.0402.
    """
    root = existing(root)
    for place in _ucf101_places(root):
        if any(clip.match("v_*.avi") for clip in _in_class_folders(place)):
            records = _ucf101_records(place, lambda label, number: f"{label}/g{number}")
            return Dataset("ucf101", root, records, "group", "file names")
    raise _refusal(
        f"{root}: no clip of UCF101 found here, in videos or in UCF-101;"
        " expected Class/v_Class_gNN_cNN.avi"
    )


def _ucf101_places(root: Path) -> list[Path]:
    """Folders in which UCF101's class folders may lie, those that are there."""
    if not root.is_dir():
        return []
    _entries(root)  # refuses a folder of which nothing can be told
    return [place for place in (root / "videos", root / "UCF-101", root) if place.is_dir()]


def _in_class_folders(place: Path) -> Iterator[Path]:
    return (path for path in _files(place) if path.parent.parent == place)


def recognised(root: Path | str) -> str:
    """Name of the data set that a folder holds: ucf101 or kth by their names, else folder.

    Examples
    --------
    >>> recognised("nowhere")
    'folder'
    """
    root = Path(root)
    for place in _ucf101_places(root):
        if any(UCF101_NAME.fullmatch(clip.name) for clip in _in_class_folders(place)):
            return "ucf101"
    if (root / _KTH_SEQUENCES).is_file() and any(
        _KTH_NAME.fullmatch(clip.name) for clip in _files(root)
    ):
        return "kth"
    return "folder"


def official_split(dataset: Dataset, number: int) -> tuple[np.ndarray, np.ndarray]:
    """Positions of a UCF101 data set's records in train and test list ``number``: two int64 (N,).

    The lists are sought in the data set's folder, see ``splits.ucf101_split``. Clips of the lists
    that are not on the disk are left out; a clip on the disk that is in neither list is refused.
    """
    sides = [
        {name.rpartition("/")[2].lower() for name in names}
        for names in ucf101_split(dataset.root, number)
    ]
    names = [record.path.name.lower() for record in dataset.records]
    listed = sides[0] | sides[1]
    stray = [r.path for r, name in zip(dataset.records, names, strict=True) if name not in listed]
    if stray:
        raise _refusal(
            f"{dataset.root}: official split {number} does not list"
            f" {name_some(dataset.root, stray)}"
        )
    train, test = (np.flatnonzero([name in side for name in names]) for side in sides)
    return train, test


def kth(root: Path | str) -> Dataset:
    """List KTH's sequences: each file holds about four, whose frames ``00sequences.txt`` gives.

    The file counts frames from 1 and includes the last; ``Record.start`` and ``stop`` count from
    0 and exclude it. The group is the person.

    Raises
    ------
    InputError
        There is no such folder, no clip, no ``00sequences.txt``, or a file of another name.

    Notes
    -----
    Source: Schuldt, Laptev and Caputo 2004, https://doi.org/10.1109/ICPR.2004.1334462.
    """
    root = existing(root)
    clips = videos(root)
    if not clips:
        raise _refusal(f"{root}: no clip of KTH found; expected person01_boxing_d1_uncomp.avi")
    matches = [_KTH_NAME.fullmatch(clip.name) for clip in clips]
    odd = [clip for clip, match in zip(clips, matches, strict=True) if match is None]
    if odd:
        raise _refusal(
            f"{root}: not named as KTH does (person01_boxing_d1_uncomp.avi):"
            f" {name_some(root, odd)}; use data set folder for other clips"
        )
    ranges = kth_sequences(root / _KTH_SEQUENCES)
    lost = [c for c, m in zip(clips, matches, strict=True) if m and not ranges.get(m["sequence"])]
    if lost:
        raise _refusal(f"{root / _KTH_SEQUENCES}: gives no frames for {name_some(root, lost)}")
    records = tuple(
        Record(clip, match["label"], match["person"], start, stop)
        for clip, match in zip(clips, matches, strict=True)
        if match
        for start, stop in ranges[match["sequence"]]
    )
    return Dataset("kth", root, records, "person", "file names")


def folder(
    root: Path | str, pattern: str | None = None, groups: Path | str | None = None
) -> Dataset:
    """List any folder of ``class/clip``; clips may lie deeper, the first folder is the class.

    Parameters
    ----------
    root
        The folder.
    pattern
        Regular expression that finds the group in a clip's path, see ``groups.find_groups``.
    groups
        CSV or TSV with columns ``file`` and ``group``. With neither argument the usual files are
        looked for; when nothing gives groups, the folder is refused.

    Raises
    ------
    InputError
        Something makes cross-validation by group impossible: no clips, fewer than two classes, a
        class with fewer than two clips, a clip without group.
    """
    root = existing(root)
    clips = videos(root)
    if not clips:
        raise _refusal(f"{root}: holds no video ({' '.join(sorted(video.SUFFIXES))})")
    bare = [clip for clip in clips if clip.parent == root]
    if bare:
        raise _refusal(
            f"{root}: not in a class folder: {name_some(root, bare)}; expected class/clip"
        )
    labels = [clip.relative_to(root).parts[0] for clip in clips]
    counts = Counter(labels)
    # A folder without a video may be a class whose clips were lost: it counts as one.
    present = {path.name for path, is_folder in _entries(root) if is_folder}
    if len(counts) == 1:
        raise _refusal(f"{root}: only one class, {labels[0]}; need two or more class folders")
    small = [label for label in sorted(present) if counts[label] < 2]
    if small:
        sizes = ", ".join(f"{label} has {_count(counts[label], 'clip')}" for label in small[:3])
        raise _refusal(f"{root}: {sizes}; cross-validation needs at least 2 in every class folder")
    found, source = find_groups(root, clips, pattern, groups)
    records = tuple(map(Record, clips, labels, found))
    return Dataset("folder", root, records, "group", source)


def _ucf101_records(place: Path, group: Callable[[str, str], str]) -> tuple[Record, ...]:
    """Records of a folder of class folders with UCF101's names; ``group(label, number)``."""
    clips = videos(place)
    matches = [UCF101_NAME.fullmatch(clip.name) for clip in clips]
    odd = [
        clip
        for clip, match in zip(clips, matches, strict=True)
        if match is None
        or clip.parent.parent != place
        or match["label"].lower() != clip.parent.name.lower()
    ]
    if odd:
        raise _refusal(
            f"{place}: not named as Class/v_Class_gNN_cNN.avi: {name_some(place, odd)};"
            " rename or remove, or use data set folder for other clips"
        )
    filled = {clip.parent.name for clip in clips}
    empty = [
        path
        for path, is_folder in _entries(place)
        if is_folder and path.name in SUPPORTS["all clips"] and path.name not in filled
    ]
    if clips and empty:
        raise _refusal(f"{place}: no clip in {name_some(place, sorted(empty))}; fetch them again")
    return tuple(
        Record(clip, clip.parent.name, group(clip.parent.name, match["group"]))
        for clip, match in zip(clips, matches, strict=True)
        if match
    )


def existing(root: Path | str) -> Path:
    """A folder that is there; InputError otherwise."""
    root = Path(root)
    with _what_cannot_be_read_named():
        if not root.exists():
            raise _refusal(f"{root}: there is no such folder")
        if not root.is_dir():
            raise _refusal(f"{root}: is a file; name the folder of the data set")
    return root


def videos(root: Path) -> list[Path]:
    """Every video below ``root`` in the order of its relative path; hidden ones are left out."""
    with _what_cannot_be_read_named():
        found = [path for path in _files(root) if path.suffix.lower() in video.SUFFIXES]
        found.sort(key=lambda path: path.relative_to(root).as_posix())
        for path in found:
            if path.is_dir():
                raise _refusal(f"{path}: is called a video and is a folder; rename or remove it")
            if not path.is_file():
                what = "a link to a file that is gone" if path.is_symlink() else "no plain file"
                raise _refusal(f"{path}: is {what}; mend or remove it")
    return found


def _files(folder: Path, follow: bool = True) -> Iterator[Path]:
    """What lies in a folder and below it, but for folders and what is hidden.

    A link to a folder is followed in ``folder`` itself; below it counts as a file.
    """
    for path, is_folder in _entries(folder, follow):
        if is_folder:
            inside = list(_files(path, follow=False))
            # An empty folder that is called a video stands in the place of one.
            yield from inside or [path] * (path.suffix.lower() in video.SUFFIXES)
        else:
            yield path


def _entries(folder: Path, follow: bool = True) -> list[tuple[Path, bool]]:
    """What lies in a folder, and whether it is a folder; hidden entries are left out."""
    # With the point, the right to enter the folder is asked for too, not only that to list it.
    with _what_cannot_be_read_named(), os.scandir(os.path.join(folder, ".")) as entries:
        return [
            (
                path := folder / entry.name,
                path.is_dir() if follow else entry.is_dir(follow_symlinks=False),
            )
            for entry in entries
            if not entry.name.startswith(".")
        ]


@contextmanager
def _what_cannot_be_read_named() -> Iterator[None]:
    try:
        yield
    except PermissionError as error:
        raise _refusal(
            f"{Path(error.filename)}: cannot be read: give it permission or leave it out"
        ) from None


def _refusal(message: str) -> InputError:
    """The error of a message that names files or labels: one line, whatever their names."""
    return InputError(printable(message))


def _count(number: int, noun: str) -> str:
    plural = noun + ("es" if noun.endswith("s") else "s")
    return f"{number} {noun if number == 1 else plural}"
