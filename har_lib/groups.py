"""Which clips of a folder belong together: groups from names or from a table.

A group is what must not stand on both sides of a split: a person, a scene, a recording.
"""

import csv
import time
from collections.abc import Sequence
from pathlib import Path

import regex

from har_lib.errors import InputError, plain, printable

_TABLES = ("groups.csv", "groups.tsv")
_MANIFEST = "manifest.tsv"
#: Seconds that a pattern may take for all clips; ``(a|aa)+$`` would take years for one name.
_PATIENCE = 5.0


def find_groups(
    root: Path,
    clips: Sequence[Path],
    pattern: str | None = None,
    table: Path | str | None = None,
) -> tuple[list[str], str]:
    """Group of each clip, and one phrase on where the groups came from.

    Parameters
    ----------
    root
        The folder of ``class/clip``.
    clips
        The clips in it.
    pattern
        Regular expression, as `re` and `regex` take it, searched in the clip's path relative to
        ``root`` (with ``/``); its group named ``group``, or its only one, is the clip's group.
    table
        CSV, or TSV by its ending, with columns ``file`` and ``group``. ``file`` is relative to the
        table's folder, or else to ``root``. With neither argument, ``groups.csv`` and
        ``groups.tsv`` in ``root`` are tried, then a ``manifest.tsv`` in ``root`` or its parent.

    Raises
    ------
    InputError
        No groups are found, a clip has none, or it has two.

    Examples
    --------
    >>> root = Path("clips")
    >>> find_groups(root, [root / "run" / "anna_1.avi"], pattern=r"/([a-z]+)_")
    (['anna'], 'pattern /([a-z]+)_')
    """
    if pattern is not None and table is not None:
        raise InputError("pattern and groups are both given; pass one of them")
    if pattern is not None:
        return _from_names(root, clips, pattern), f"pattern {pattern}"
    if table is not None:
        table = Path(table)
        if not table.is_file():
            raise InputError(f"{table}: there is no such table of groups")
        return _from_table(root, clips, table), table.name
    for name in _TABLES:
        if (root / name).is_file():
            groups = _from_table(root, clips, root / name)
            _check_all_are_there(root, clips, root / name)
            return groups, name
    for folder, place in ((root, ""), (root.absolute().parent, " of the parent folder")):
        manifest = folder / _MANIFEST
        if manifest.is_file() and _listed(root, clips, manifest):
            return _from_table(root, clips, manifest), _MANIFEST + place
    raise InputError(
        f"{root}: nothing says which clips belong together (same person, scene or recording), so"
        " training clips could leak into the test; put a groups.csv with the columns file and"
        " group into it, name such a table (-p group_table FILE), or give a pattern that finds the"
        " group in a clip's name (-p group_pattern REGEX)"
    )


def name_some(root: Path, clips: Sequence[Path]) -> str:
    """The first three names and how many more there are, for messages."""
    shown = ", ".join(printable(clip.relative_to(root).as_posix()) for clip in clips[:3])
    return shown + (f" and {len(clips) - 3} more" if len(clips) > 3 else "")


def _from_names(root: Path, clips: Sequence[Path], pattern: str) -> list[str]:
    said = plain(pattern)
    try:
        expression = regex.compile(pattern)
    except (regex.error, OverflowError, RecursionError) as error:
        raise InputError(f"pattern {said} is no regular expression: {error}") from None
    if "group" in expression.groupindex:
        wanted: str | int = "group"
    elif expression.groups == 1:
        wanted = 1
    else:
        raise InputError(
            f"pattern {said} has {expression.groups} groups; put parentheses around the one"
            " part that is the group, or name it (?P<group>...)"
        )
    found = _searched(expression, [clip.relative_to(root).as_posix() for clip in clips])
    groups = [match[wanted] if match else None for match in found]
    lost = [clip for clip, group in zip(clips, groups, strict=True) if not group]
    if lost:
        raise InputError(f"{root}: pattern {said} finds no group in {name_some(root, lost)}")
    return [group for group in groups if group]


def _searched(
    expression: "regex.Pattern[str]", names: Sequence[str]
) -> "list[regex.Match[str] | None]":
    deadline = time.monotonic() + _PATIENCE
    try:
        return [
            expression.search(name, timeout=max(deadline - time.monotonic(), 1e-3))
            for name in names
        ]
    except (TimeoutError, MemoryError):
        raise InputError(
            f"pattern {plain(expression.pattern)} takes more than {_PATIENCE:g} s, or than the"
            f" memory, for {len(names)} names; avoid to repeat what fits in many ways, as (a|aa)+"
            " does, and a pattern that calls itself"
        ) from None


def _from_table(root: Path, clips: Sequence[Path], table: Path) -> list[str]:
    listed = _listed(root, clips, table)
    lost = [clip for clip in clips if clip not in listed]
    if lost:
        raise InputError(f"{table}: has no line for {name_some(root, lost)}; add the group")
    empty = [clip for clip in clips if not listed[clip]]
    if empty:
        raise InputError(f"{table}: the group of {name_some(root, empty)} is empty; fill it in")
    return [listed[clip] for clip in clips]


def _listed(root: Path, clips: Sequence[Path], table: Path) -> dict[Path, str]:
    """Clip -> group of the lines of a table that are about these clips."""
    rows = _rows(table)
    known = {clip.absolute(): clip for clip in clips}
    for base in (table.absolute().parent, root.absolute()):
        listed: dict[Path, str] = {}
        for file, group in rows:
            clip = known.get(base / file)
            if clip is None:
                continue
            if listed.setdefault(clip, group) != group:
                raise InputError(
                    f"{table}: {plain(file)} is in group '{plain(listed[clip])}' and in "
                    f"'{plain(group)}'; keep one line"
                )
        if listed:
            return listed
    return {}


def _check_all_are_there(root: Path, clips: Sequence[Path], table: Path) -> None:
    """A table in the folder itself says what is in it: a clip that is gone is missed."""
    known = {clip.absolute() for clip in clips}
    named = [Path(file) for file, _ in _rows(table) if file]
    # What lies elsewhere is not this folder's.
    inside = [file for file in named if not file.is_absolute() and ".." not in file.parts]
    gone = [root / file for file in inside if root.absolute() / file not in known]
    if gone:
        raise InputError(
            f"{table}: names {name_some(root, gone)}, which is not there as a video; bring it"
            " back, or remove the line"
        )


def _rows(table: Path) -> list[tuple[str, str]]:
    """The columns ``file`` and ``group``; a byte-order mark, as spreadsheets write it, is fine."""
    delimiter = "\t" if table.suffix.lower() == ".tsv" else ","
    try:
        with open(table, encoding="utf-8-sig", newline="") as content:
            reader = csv.DictReader(content, delimiter=delimiter)
            columns = [(name or "").strip() for name in reader.fieldnames or ()]
            missing = [name for name in ("file", "group") if name not in columns]
            if missing:
                raise InputError(
                    f"{table}: has no column {' and no column '.join(missing)};"
                    f" its columns are {plain(', '.join(columns)) or 'none'}"
                )
            reader.fieldnames = columns
            return [((row["file"] or "").strip(), (row["group"] or "").strip()) for row in reader]
    except UnicodeDecodeError:
        raise InputError(f"{table}: is not UTF-8 text; save it as UTF-8") from None
    except csv.Error as error:
        raise InputError(f"{table}: is no table ({error}); save it as CSV or TSV") from None
