"""UCF101 from archives to the tree that ``datasets.ucf101`` reads, and whether it is whole."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from har_lib import archives, fetch, registry, transfer, zip_names
from har_lib.errors import InputError
from har_lib.registry import Remote
from har_lib.splits import UCF101_COUNTS, UCF101_NAME, ucf101_split
from har_lib.transfer import Patience

#: Clips and classes.
CLIPS, CLASSES = sum(UCF101_COUNTS[1]), 101

#: Folders below the root, as the original archives name them.
VIDEOS, LISTS = "UCF-101", "ucfTrainTestlist"

_LIST_FILES = frozenset(
    {"classInd.txt", *(f"{kind}list0{k}.txt" for kind in ("train", "test") for k in UCF101_COUNTS)}
)

#: What to do without a network, or with the original archive.
OFFLINE = """\
Without a network on this machine, fetch with another one and bring both files to DIR:
  {videos}
    {videos_size:,} bytes, sha256 {videos_sha256}
  {splits}
    {splits_size:,} bytes, sha256 {splits_sha256}
Then har data fetch ucf101 --output DIR verifies and unpacks them, and fetches nothing.

The original UCF101.rar, from https://www.crcv.ucf.edu/data/UCF101.php, does as well. Unpack it
with one of
  unar -o DIR UCF101.rar     7z x -oDIR UCF101.rar     unrar x UCF101.rar DIR/
which makes DIR/UCF-101/Archery/v_Archery_g01_c01.avi and so on, and unpack the lists to
DIR/ucfTrainTestlist. No SHA-256 of it is published: har data check DIR compares what is there
with the lists, 13,320 clips of 101 classes. Then har extract DIR."""


def offline_note() -> str:
    """How to get UCF101 to a machine without a network, in a few lines."""
    parts = registry.parts("ucf101")
    return OFFLINE.format(
        **{
            f"{part}{end}": value
            for part, remote in parts.items()
            for end, value in (
                ("", remote.url),
                ("_size", remote.size),
                ("_sha256", remote.sha256),
            )
        }
    )


def place_of_clip(name: str) -> str | None:
    """Where a clip of an archive goes below ``VIDEOS``, by its file name alone; None for others.

    One archive has all clips in one folder, and spells the one class in whose files the lists
    and the original write ``HandStandPushups`` like the class.

    Examples
    --------
    >>> place_of_clip("UCF101/v_Archery_g01_c02.avi")
    'Archery/v_Archery_g01_c02.avi'
    >>> place_of_clip("UCF101/v_HandstandPushups_g01_c02.avi")
    'HandstandPushups/v_HandStandPushups_g01_c02.avi'
    """
    file = name.rpartition("/")[2]
    match = UCF101_NAME.fullmatch(file)
    if match is None:
        return None
    label = match["label"]
    if label.lower() == "handstandpushups":
        return f"HandstandPushups/{file.replace(label, 'HandStandPushups')}"
    return f"{label}/{file}"


def place_of_list(name: str) -> str | None:
    """Where one of the seven lists goes below ``LISTS``; None for other files."""
    file = name.rpartition("/")[2]
    return file if file in _LIST_FILES else None


_PLACES: dict[str, tuple[str, Callable[[str], str | None]]] = {
    "splits": (LISTS, place_of_list),
    "videos": (VIDEOS, place_of_clip),
}


def get(
    root: Path | str,
    only: str = "",
    *,
    patience: Patience = transfer.USUAL,
    progress: bool = False,
    remotes: dict[str, Remote] | None = None,
    say: Callable[[str], None] = print,
) -> None:
    """Fetch, verify and unpack UCF101; go on where an earlier run was ended.

    Archives stay in ``root`` and may be removed: what was unpacked is then known by its names.

    Parameters
    ----------
    root
        Afterwards ``datasets.ucf101(root)`` and ``splits.ucf101_split(root, 1)`` read it.
    only
        ``splits`` or ``videos``; both by default.
    patience, progress
        See ``fetch.fetch``.
    remotes
        Other files than those of the registry, for tests.
    say
        Called with a line about each step.

    Raises
    ------
    transfer.Unreachable
        No server has answered.
    InputError
        See ``fetch.fetch`` and ``archives.extract``; what lies where an archive belongs is
        something else; or what was unpacked is not all of UCF101.
    """
    root = Path(root)
    files = remotes or registry.parts("ucf101")
    parts = [only] if only else list(files)
    # All folders before the first archive: fetching takes hours.
    kept = {part for part in parts if _unpacked_before(root, part, files[part])}
    for part in parts:
        folder, place = _PLACES[part]
        if part in kept:
            say(f"{root / folder}: is there, its archive is not; kept as it is")
            continue
        archive = fetch.fetch(files[part], root, patience=patience, progress=progress)
        done = archives.extract(
            archive, root / folder, place=place, progress="unpacking" if progress else ""
        )
        say(done.summary())
    if remotes is None:
        say(check(root, only))


def _unpacked_before(root: Path, part: str, archive: Remote) -> bool:
    """Whether a part is there without its archive; refuse what could only be in its way."""
    folder = root / _PLACES[part][0]
    if (root / archive.name).exists() or not folder.exists():
        return False
    why = ""
    if not folder.is_dir():
        why = "is no folder"
    elif not any(folder.iterdir()):
        return False
    elif part == "splits" and not _are_official(folder):
        why = "is there, but does not hold the seven official lists"
    elif part == "videos" and not any(_clips_below(folder)):
        why = "is there, but holds no clip as Archery/v_Archery_g01_c01.avi"
    if why:
        raise InputError(f"{folder}: {why}; move it away, then run the same command again")
    return True


def _are_official(folder: Path) -> bool:
    try:
        return all(ucf101_split(folder, number) for number in UCF101_COUNTS)
    except InputError:
        return False


def _clips_below(folder: Path) -> Iterator[Path]:
    """Clips where the archive would bring them; what a file manager hides is none."""
    return (clip for clip in folder.glob("*/*") if UCF101_NAME.fullmatch(clip.name))


def has_lists(root: Path) -> bool:
    """Whether the official lists lie in a folder, or where they are looked for below it."""
    return any((root / place / "classInd.txt").is_file() for place in ("", "splits", LISTS))


def check(root: Path | str, only: str = "") -> str:
    """Compare a tree with the official lists, or with the known counts where there are none.

    Parameters
    ----------
    root
        A folder that ``datasets.ucf101`` reads, however it was made.
    only
        ``splits`` or ``videos`` to look at one part; all by default.

    Returns
    -------
    One line.

    Raises
    ------
    InputError
        A list is not the official one; clips lack or are too many; or a file is empty.
    """
    root = Path(root)
    lists = has_lists(root)
    if only == "splits" or lists:
        train, test = [], []
        for number in UCF101_COUNTS:
            train, test = map(list, ucf101_split(root, number))
        listed = {name.lower(): name for name in train + test}
        if only == "splits":
            return f"{root}: the three official splits, {len(listed):,} clips"
    else:
        listed = {}
    found = _clips(root)
    names = {f"{clip.parent.name}/{clip.name}".lower(): clip for clip in found}
    anew = _anew(root, found)
    _refuse_some(root, [name for key, name in listed.items() if key not in names], "lack", anew)
    new = [clip.name for key, clip in names.items() if listed and key not in listed]
    _refuse_some(root, new, "are new", "move them away")
    _refuse_some(root, [clip.name for clip in found if not clip.stat().st_size], "are empty", anew)
    classes = {clip.parent.name for clip in found}
    if (len(found), len(classes)) != (CLIPS, CLASSES):
        raise InputError(
            f"{root}: {len(found):,} clips of {len(classes)} classes, not {CLIPS:,} of {CLASSES};"
            f" {anew}"
        )
    compared = "as in the official lists" if listed else "the lists are not here to compare"
    return f"{root}: {len(found):,} clips of {len(classes)} classes, {compared}"


def _clips(root: Path) -> list[Path]:
    from har_lib import datasets

    return [record.path for record in datasets.ucf101(root).records]


def _anew(root: Path, found: Sequence[Path]) -> str:
    """How to get what lacks: what is there is kept as it is, and nothing of it deleted."""
    place = found[0].parent.parent
    what = f"the class folders in {root}" if place == root else place
    return f"move {what} away, then run har data fetch ucf101 --output {root}"


def _refuse_some(root: Path, names: Sequence[str], what: str, remedy: str) -> None:
    if names:
        raise InputError(
            f"{root}: {len(names):,} clips {what}, such as {zip_names.shown(sorted(names)[0])};"
            f" {remedy}"
        )
