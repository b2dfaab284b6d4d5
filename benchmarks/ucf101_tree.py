"""A tree of UCF101's shape: 101 classes of 25 groups, 13,320 clips, none of them UCF101's.

What is UCF101's: the number of classes, groups and clips, how many groups have 4, 5, 6 and 7
clips, how many clips each official list has, the shortest, the longest and the mean length,
320x240 XviD, and the form of names and lists.
What is made up: the names of the classes; which group has how many clips; how lengths spread
(log-normal, 0.5 the standard deviation of the logarithm); and the pictures, see `moving_scene`.

A pool holds one clip of each of a few dozen lengths, and a length of the tree is the nearest of
these. Each clip of the tree is a clip of the pool with a padding chunk of its own at its end:
the frames are the same, the content and so its digest another. Run:
.venv/bin/python -m benchmarks.ucf101_tree DIR --clips 1000
"""

import argparse
import itertools
import shutil
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import special
from tqdm.auto import tqdm

from benchmarks import moving_scene
from har_lib import files, parallel, scenery, splits, synthetic
from har_lib.cli import answered
from har_lib.errors import InputError

CLASSES, GROUPS, CLIPS = 101, 25, 13_320
#: Clips in a group -> how many groups have them, counted in UCF101's official lists.
GROUP_SIZES = {4: 1039, 5: 438, 6: 362, 7: 686}
#: Frames of the shortest and the longest clip, and of all clips on average.
SHORTEST, LONGEST, MEAN = 29, 1776, 186
#: Spread of the logarithm of the lengths, and the median that gives the mean, see `lengths`.
SPREAD, MEDIAN = 0.5, 164.8
#: Lengths in the pool.
POOL = 32
#: For the little that is drawn: which group has how many clips.
_LAYOUT_SEED = 101


@dataclass(frozen=True)
class Clip:
    """A clip of the tree: its class, group and number from 1, and its frames."""

    label: str
    group: int
    number: int
    frames: int

    @property
    def path(self) -> Path:
        """Where it lies below the folder of the tree."""
        name = f"v_{self.label}_g{self.group:02}_c{self.number:02}.avi"
        return Path("videos") / self.label / name


def class_names() -> list[str]:
    """101 names made of letters, as UCF101's are: ClassAA to ClassDW."""
    return [f"Class{chr(65 + i // 26)}{chr(65 + i % 26)}" for i in range(CLASSES)]


def group_sizes() -> NDArray[np.int64]:
    """Clips of each group, (101, 25): as many fours, fives, sixes and sevens as UCF101 has.

    Large groups gather in the same classes, so that classes have 100 to 167 clips; and within
    classes they lie so that each official list has as many clips as UCF101's.
    """
    generator = np.random.default_rng(_LAYOUT_SEED)
    # 0.64 gives the smallest and the largest class of UCF101.
    of_class = generator.uniform(-1, 1, (CLASSES, 1))
    score = of_class + 0.64 * generator.standard_normal((CLASSES, GROUPS))
    every = np.repeat(list(GROUP_SIZES), list(GROUP_SIZES.values()))
    sizes = np.empty(score.size, dtype=np.int64)
    sizes[np.argsort(score, axis=None)] = every
    return _as_listed(sizes.reshape(score.shape))


def _as_listed(sizes: NDArray[np.int64]) -> NDArray[np.int64]:
    """The same sizes, exchanged within classes until each test list has its number of clips."""
    tested = [test for _, test in splits.UCF101_COUNTS.values()]
    wanted = np.array([*tested, CLIPS - sum(tested)])
    # The groups of the three test lists, and those that are in none.
    part = np.minimum(np.arange(GROUPS) // 7, len(tested))
    surplus = np.array([sizes[:, part == k].sum() for k in range(len(wanted))]) - wanted
    exchanged = sizes.copy()
    for own in exchanged:
        for i, j in itertools.permutations(range(GROUPS), 2):
            more = own[i] - own[j]
            if 0 < more <= min(surplus[part[i]], -surplus[part[j]]):
                own[[i, j]] = own[[j, i]]
                surplus[part[i]] -= more
                surplus[part[j]] += more
    return exchanged


def _quantile(share: NDArray[np.float64]) -> NDArray[np.int64]:
    """Lengths below which ``share`` of all lie, whole frames."""
    exact = MEDIAN * np.exp(SPREAD * special.ndtri(share))
    return np.clip(np.rint(exact), SHORTEST, LONGEST).astype(np.int64)


def pool_lengths(count: int = POOL) -> NDArray[np.int64]:
    """Lengths of the pool, frames, ascending: quantiles, two of the upper tail, and both ends.

    Raises
    ------
    InputError
        For fewer than 6.
    """
    if count < 6:
        raise InputError(f"a pool of {count} clips is not allowed: it must have at least 6")
    middle = (np.arange(count - 4) + 0.5) / (count - 4)
    inner = _quantile(np.concatenate([middle, [0.995, 0.999]]))
    return np.unique(np.concatenate([[SHORTEST], inner, [LONGEST]]))


def _evenly(count: int) -> NDArray[np.float64]:
    """Numbers between 0 and 1 that fill the range evenly from the first on."""
    share: NDArray[np.float64] = (np.arange(count) + 0.5) * (np.sqrt(5) - 1) / 2 % 1
    return share


def lengths(pool: int = POOL) -> NDArray[np.int64]:
    """Frames of each clip in the order of `layout`, (13320,).

    All together they are the quantiles (r + 1/2) / 13320 of the distribution, with the longest
    clip put in place of the last, each moved to the nearest length of the pool. They are dealt
    out by multiples of the golden ratio, which fill the range evenly from the first on: every
    beginning of the list has about the same mean.
    """
    rank = np.argsort(np.argsort(_evenly(CLIPS)))
    exact = _quantile((np.arange(CLIPS) + 0.5) / CLIPS)
    exact[-1] = LONGEST
    offered = pool_lengths(pool)
    nearest = offered[np.abs(exact[:, None] - offered).argmin(axis=1)]
    return nearest[rank]


@cache
def layout(pool: int = POOL) -> tuple[Clip, ...]:
    """All 13,320 clips; any beginning of the list takes equally from every class, and from its
    groups, so that there is something in every list.
    """
    places = []
    for label, sizes in zip(class_names(), group_sizes().tolist(), strict=True):
        inside = [(group + 1, clip + 1) for group, size in enumerate(sizes) for clip in range(size)]
        names = [inside[i] for i in np.argsort(_evenly(len(inside)))]
        places += [((i + 0.5) / len(names), label, *name) for i, name in enumerate(names)]
    frames = lengths(pool).tolist()
    return tuple(
        Clip(label, group, number, count)
        for (_, label, group, number), count in zip(sorted(places), frames, strict=True)
    )


def padded(content: bytes, number: int) -> bytes:
    """An AVI file with a chunk ``JUNK`` at its end that holds ``number``, and its RIFF size set.

    Players skip the chunk: every frame is the same, the file's digest is not.

    Raises
    ------
    InputError
        If ``content`` is no AVI file whose RIFF size is its length.

    Examples
    --------
    >>> avi = b"RIFF" + (4).to_bytes(4, "little") + b"AVI "
    >>> padded(avi, 7)
    b'RIFF\\x14\\x00\\x00\\x00AVI JUNK\\x08\\x00\\x00\\x0000000007'
    """
    stated = int.from_bytes(content[4:8], "little")
    if content[:4] != b"RIFF" or content[8:12] != b"AVI " or stated + 8 != len(content):
        raise InputError("only an AVI file that is one RIFF of its stated size can be padded")
    text = f"{number:08}".encode()
    chunk = b"JUNK" + len(text).to_bytes(4, "little") + text
    # A chunk begins at an even place.
    filled = content + b"\0" * (len(content) % 2) + chunk
    return b"RIFF" + (len(filled) - 8).to_bytes(4, "little") + filled[8:]


def lists() -> dict[str, str]:
    """The official lists, name -> text, of all 13,320 clips: as UCF101's are, classes in order."""
    names = class_names()
    texts = {"classInd.txt": "".join(f"{n} {name}\n" for n, name in enumerate(names, start=1))}
    for k in splits.UCF101_COUNTS:
        train, test = "", ""
        for number, (label, sizes) in enumerate(
            zip(names, group_sizes().tolist(), strict=True), start=1
        ):
            for group, size in enumerate(sizes, start=1):
                for clip in range(1, size + 1):
                    line = f"{label}/{Clip(label, group, clip, 0).path.name}"
                    if 7 * k - 6 <= group <= 7 * k:
                        test += f"{line}\n"
                    else:
                        train += f"{line} {number}\n"
        texts |= {f"trainlist{k:02}.txt": train, f"testlist{k:02}.txt": test}
    return texts


# ---------------------------------------------------------------- making it


def about(seed: int = 0) -> dict[str, str | int]:
    """What the pictures depend on beside their length."""
    return {
        "scene": files.digest(str(moving_scene.__file__)),
        "scenery": files.digest(str(scenery.__file__)),
        "opencv": cv2.__version__,
        "numpy": np.__version__,
        "seed": seed,
    }


def _claim(folder: Path, content: dict[str, str | int]) -> None:
    """Take a folder for one kind of content; a folder that holds another is left alone."""
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder}: is a file; name a folder")
    note = folder / "about.json"
    if not note.is_file():
        if folder.is_dir() and any(folder.iterdir()):
            raise InputError(f"{folder}: holds other files; name an empty folder")
        files.write_json(note, content)
    elif files.read_json(note) != content:
        raise InputError(
            f"{folder}: was made with another seed, pool or version; remove it or name another"
        )


def render(path: Path, length: int, seed: int = 0) -> None:
    """Make one clip of ``length`` frames where it is missing; the same bytes every time."""
    if path.is_file():
        return
    threads = cv2.getNumThreads()
    # The encoder's bits depend on its threads.
    cv2.setNumThreads(1)
    try:
        generator = np.random.default_rng([seed, length])
        synthetic.write_video(path, moving_scene.render(length, generator))
    finally:
        cv2.setNumThreads(threads)


def make_pool(
    folder: Path, wanted: Sequence[int], seed: int = 0, jobs: int = 2, progress: bool = True
) -> dict[int, Path]:
    """Clips of the wanted lengths; those that are missing are rendered.

    Returns
    -------
    dict
        Length -> file.
    """
    _claim(folder, about(seed))
    paths = {length: folder / f"{length:04}.avi" for length in sorted(set(wanted))}
    # Longest first, so that no process waits for the last.
    missing = [(paths[n], n, seed) for n in sorted(paths, reverse=True) if not paths[n].is_file()]
    if missing:
        parallel.each(render, missing, jobs, progress="pool" if progress else "")
    return paths


def make(
    root: Path | str,
    clips: int = CLIPS,
    seed: int = 0,
    pool: int = POOL,
    *,
    pool_folder: Path | None = None,
    jobs: int = 2,
    progress: bool = True,
) -> list[Clip]:
    """Make what is missing of the first ``clips`` clips of the tree.

    Interrupted, it goes on where it was. The same seed gives the same bytes. What the tree
    takes on the disk is said before it is written.

    Parameters
    ----------
    root
        Folder; clips go to ``root/videos/Class/v_Class_gNN_cNN.avi``, the lists of all clips,
        whatever ``clips`` is, to ``root/ucfTrainTestlist``.
    clips : int
        How many; the classes and lengths of any number are like those of all.
    seed : int
        Decides the pictures.
    pool : int
        Lengths to choose from.
    pool_folder
        Where the pool is; ``root/pool`` by default.
    jobs : int
        Processes that render the pool.
    progress : bool
        Show bars.

    Returns
    -------
    list of Clip

    Raises
    ------
    InputError
        If there are not so many clips, no process is to work, the folder holds something else,
        or the disk is too small.
    """
    root = Path(root)
    if not 1 <= clips <= CLIPS:
        raise InputError(f"{clips} clips are not allowed: from 1 to {CLIPS}")
    if jobs < 1:
        raise InputError(f"{jobs} jobs are not allowed: at least 1")
    every = layout(pool)
    chosen = list(every[:clips])
    names = files.digest_of([str(clip.path) for clip in every])
    _claim(root, about(seed) | {"pool": pool, "names": names})
    for name, text in lists().items():
        files.write_text(root / "ucfTrainTestlist" / name, text)
    sources = make_pool(
        pool_folder or root / "pool", [clip.frames for clip in chosen], seed, jobs, progress
    )
    contents = {length: path.read_bytes() for length, path in sources.items()}
    sizes = {length: len(padded(content, 0)) for length, content in contents.items()}
    missing = [
        (number, clip)
        for number, clip in enumerate(chosen)
        if not (root / clip.path).is_file()
        or (root / clip.path).stat().st_size != sizes[clip.frames]
    ]
    needed = sum(sizes[clip.frames] for _, clip in missing)
    free = shutil.disk_usage(root).free
    if progress and missing:
        frames = sum(clip.frames for clip in chosen)
        print(
            f"{root}: {clips} clips, {frames} frames, {frames / clips:.1f} each;"
            f" {len(missing)} to write, {needed / 1e6:.0f} MB of {free / 1e9:.0f} GB free",
            flush=True,
        )
    if needed > free:
        raise InputError(f"{root}: {needed / 1e9:.1f} GB are needed, {free / 1e9:.1f} GB are free")
    for number, clip in tqdm(missing, desc="clips", disable=not (progress and missing)):
        files.write_bytes(root / clip.path, padded(contents[clip.frames], number))
    return chosen


def main(words: Sequence[str] | None = None) -> int:
    """Make a tree from the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ucf101_tree", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--clips", type=int, default=CLIPS, metavar="N", help="how many clips")
    parser.add_argument("--seed", type=int, default=0, help="decides the pictures")
    parser.add_argument("--pool", type=int, default=POOL, metavar="N", help="different lengths")
    parser.add_argument("--jobs", type=int, default=2, metavar="N", help="processes")
    given = parser.parse_args(words)

    def run() -> None:
        made = make(given.folder, given.clips, given.seed, given.pool, jobs=given.jobs)
        sizes = Counter(clip.label for clip in made).values()
        print(f"{len(sizes)} classes of {min(sizes)} to {max(sizes)} clips")

    return answered("ucf101_tree", run)


if __name__ == "__main__":
    sys.exit(main())
