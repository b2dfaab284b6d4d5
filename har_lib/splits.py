"""The lists published with UCF101 and KTH: train and test clips, frame ranges."""

import re
from collections.abc import Sequence
from pathlib import Path

from har_lib.errors import InputError, plain

#: Clips in the train and the test list of each official split.
UCF101_COUNTS = {1: (9537, 3783), 2: (9586, 3734), 3: (9624, 3696)}

#: A clip's name: the class as the file spells it, the group, the clip. One class, whose files
#: are ``v_HandStandPushups_*``, is ``HandstandPushups`` in the list of classes.
UCF101_NAME = re.compile(r"v_(?P<label>[A-Za-z]+)_g(?P<group>[0-9]{2})_c[0-9]{2}\.avi")

_FOLDERS = ("", "splits", "ucfTrainTestlist")

_KTH_LINE = re.compile(r"(?P<sequence>\w+)\s+(\*missing\*|frames\s+(?P<ranges>[0-9\s,-]+))")
_KTH_RANGE = re.compile(r"([0-9]{1,9})\s*-\s*([0-9]{1,9})")


def ucf101_split(root: Path | str, number: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Read one official split of UCF101 and check it against what is known of it.

    Test list k holds the groups 7k - 6 to 7k of every class, train list k the other 18 of 25.
    Train lines end with the class's number, test lines do not; line ends may be CRLF.

    Parameters
    ----------
    root
        Folder with ``classInd.txt``, ``trainlist0k.txt`` and ``testlist0k.txt``, or whose folder
        ``splits`` or ``ucfTrainTestlist`` holds them.
    number
        The split k: 1, 2 or 3.

    Returns
    -------
    train_names, test_names : ``Class/v_Class_gNN_cNN.avi`` in the order of the lists.

    Raises
    ------
    InputError
        A list is missing, or is not the official one.

    Notes
    -----
    Source: Soomro, Zamir and Shah 2012, UCF101, https://doi.org/10.48550/arXiv.1212.0402.

    Examples
    --------
    >>> ucf101_split("nowhere", 4)
    Traceback (most recent call last):
    har_lib.errors.InputError: UCF101 has no split 4; use 1, 2 or 3
    """
    if number not in UCF101_COUNTS:
        raise InputError(f"UCF101 has no split {number}; use 1, 2 or 3")
    folder = _folder_of_lists(Path(root), number)
    numbers = _class_numbers(folder / "classInd.txt")
    train_file, test_file = (folder / f"{kind}list{number:02}.txt" for kind in ("train", "test"))
    test_groups = set(range(7 * number - 6, 7 * number + 1))
    lists: list[tuple[str, ...]] = []
    for file, groups in ((train_file, set(range(1, 26)) - test_groups), (test_file, test_groups)):
        lines = _lines(file)
        expected = UCF101_COUNTS[number][len(lists)]
        if len(lines) != expected:
            raise InputError(
                f"{file}: lists {len(lines)} clips, not the official {expected}; fetch it again"
            )
        lists.append(
            tuple(_name(file, line, numbers, groups, file is train_file) for line in lines)
        )
        if len(set(lists[-1])) < expected:
            raise InputError(f"{file}: lists a clip twice; fetch it again")
    return lists[0], lists[1]


def kth_sequences(file: Path | str) -> dict[str, list[tuple[int, int]]]:
    r"""Read KTH's ``00sequences.txt``: the frame ranges of each file of KTH.

    The file counts frames from 1 and includes the last; the ranges given here count from 0 and
    exclude it. ``person13_handclapping_d3``, stated as missing, has an empty list.

    Raises
    ------
    InputError
        There is no such file, or a line about a clip does not give frame ranges.

    Examples
    --------
    >>> import tempfile
    >>> listed = Path(tempfile.mkdtemp()) / "00sequences.txt"
    >>> _ = listed.write_text("person01_boxing_d1\t\tframes\t1-95, 96-185\r\n")
    >>> kth_sequences(listed)
    {'person01_boxing_d1': [(0, 95), (95, 185)]}
    """
    file = Path(file)
    if not file.is_file():
        raise InputError(f"{file}: there is no such file; it comes with the KTH clips")
    ranges: dict[str, list[tuple[int, int]]] = {}
    for line in _lines(file):
        # Only lines that begin with a clip's name count; prose between them is left alone.
        if not line.startswith("person"):
            continue
        match = _KTH_LINE.fullmatch(line.strip())
        parts = (match["ranges"] or "").split(",") if match else []
        pairs = [_KTH_RANGE.fullmatch(part.strip()) for part in parts if part.strip()]
        found = [(int(pair[1]) - 1, int(pair[2])) for pair in pairs if pair]
        sound = len(found) == len(pairs) and all(0 <= start < stop for start, stop in found)
        if match is None or not sound:
            said = plain(line.strip().replace("\t", " "))
            raise InputError(f"{file}: '{said}' gives no frame ranges; fetch it again")
        ranges[match["sequence"]] = found
    return ranges


def _folder_of_lists(root: Path, number: int) -> Path:
    """The first of the usual places that holds the three files of a split."""
    needed = ("classInd.txt", f"trainlist{number:02}.txt", f"testlist{number:02}.txt")
    places = [root / name for name in _FOLDERS]
    missing: Sequence[str] = needed
    for place in places:
        absent = [name for name in needed if not (place / name).is_file()]
        if not absent:
            return place
        missing = min(missing, absent, key=len)
    raise InputError(
        f"{root}: {', '.join(missing)} not found here, in splits or in ucfTrainTestlist;"
        " put UCF101's seven official lists there"
    )


def _class_numbers(file: Path) -> dict[str, int]:
    """Class -> its number from 1 to 101."""
    rows = [line.split() for line in _lines(file)]
    if [row[0] for row in rows] != [str(n) for n in range(1, 102)] or any(
        len(row) != 2 for row in rows
    ):
        raise InputError(f"{file}: is not the list of classes 1 to 101; fetch it again")
    return {row[1]: int(row[0]) for row in rows}


def _name(file: Path, line: str, numbers: dict[str, int], groups: set[int], numbered: bool) -> str:
    """The clip that one line names, once class, group and number agree."""
    name, *number = line.split()
    line = plain(line)
    label, _, clip = name.partition("/")
    match = UCF101_NAME.fullmatch(clip)
    if match is None or label not in numbers or match["label"].lower() != label.lower():
        raise InputError(f"{file}: '{line}' is no clip of UCF101; fetch the list again")
    if number != ([str(numbers[label])] if numbered else []):
        wanted = f"the class number {numbers[label]}" if numbered else "nothing"
        raise InputError(f"{file}: '{line}' should have {wanted} after the name")
    if int(match["group"]) not in groups:
        raise InputError(
            f"{file}: '{line}' is of a group that belongs to the other list; fetch the list again"
        )
    return name


def _lines(file: Path) -> list[str]:
    """Lines with content; splitting by lines takes CRLF as one line end."""
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise InputError(f"{file}: is no text; fetch it again") from None
    return [line for line in text.splitlines() if line.strip()]
