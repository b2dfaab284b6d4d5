"""Many clips: `har extract` on trees of UCF101's shape, run as a user runs it.

Each run is a command of its own with a store of its own, so that nothing is found that an
earlier run has left. The cost of a clip is that of the clips after the first two: what a tree of
two takes, the start of the command and of its processes with it, is taken off.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from benchmarks import material, ucf101_tree
from benchmarks.measure import Criterion, Entry, Setting, Spread, alternate, one_core
from har_lib import datasets, extraction, files
from har_lib.errors import InputError

#: Clips of the tree that is taken off, of the smaller and of the larger.
FIRST, SMALL, LARGE = 2, 100, 1000
#: Rounds of what takes minutes.
FEW = 3
#: What must be reached for all of UCF101.
MINUTES, SECOND_RUN, INDEXING = 60, 15, 3

#: Extracts a tree into a home with so many processes, and gives the seconds.
Runner = Callable[[Path, Path, int], float]
#: Starts the same, and kills it when so many files are stored.
Killer = Callable[[Path, Path, int, int], None]


def _command(root: Path, jobs: int) -> list[str]:
    words = [sys.executable, "-m", "har_lib", "extract", "--dataset", "ucf101"]
    return [*words, "--data-root", str(root), "--jobs", str(jobs)]


def _environment(home: Path) -> dict[str, str]:
    return {**os.environ, "HAR_DATA": str(home / "data"), "HAR_BUILD": str(home / "build")}


def run(root: Path, home: Path, jobs: int) -> float:
    """Run `har extract` on a tree, everything it makes below ``home``; seconds.

    Raises
    ------
    InputError
        If the command fails.
    """
    start = time.perf_counter()
    done = subprocess.run(
        _command(root, jobs),
        cwd=files.ROOT,
        env=_environment(home),
        stdout=subprocess.DEVNULL,
        check=False,
    )
    seconds = time.perf_counter() - start
    if done.returncode:
        raise InputError(f"{root}: extraction ended with exit code {done.returncode}")
    return seconds


def run_and_kill(root: Path, home: Path, jobs: int, count: int) -> None:
    """Start the same command, and kill it when ``count`` files are stored, by SIGKILL."""
    # A session of its own, so that its worker processes can be named and killed with it.
    process = subprocess.Popen(
        _command(root, jobs),
        cwd=files.ROOT,
        env=_environment(home),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    while process.poll() is None:
        if len(stored(home)) >= count:
            os.killpg(process.pid, signal.SIGKILL)
            break
        time.sleep(0.01)
    process.wait()


def stored(home: Path) -> dict[str, tuple[int, int]]:
    """Every stage of every clip that a home holds: name -> size and time of change."""
    found = {}
    for path in (home / "data").rglob("*.npz"):
        # A file that is being written has a hidden name.
        if not path.name.startswith("."):
            about = path.stat()
            found[path.relative_to(home).as_posix()] = about.st_size, about.st_mtime_ns
    return found


def contents(home: Path) -> dict[str, str]:
    """Name -> digest of each of these files."""
    return {name: files.digest(home / name) for name in sorted(stored(home))}


def differing(first: dict[str, str], second: dict[str, str]) -> int:
    """Files that only one of the two has, or that differ."""
    return len(set(first.items()) ^ set(second.items()))


@contextmanager
def _store_in(home: Path) -> Iterator[None]:
    """Let this process use the store of a home."""
    before = os.environ.get("HAR_DATA")
    os.environ["HAR_DATA"] = str(home / "data")
    try:
        yield
    finally:
        if before is None:
            del os.environ["HAR_DATA"]
        else:
            os.environ["HAR_DATA"] = before


@dataclass(frozen=True)
class Trees:
    """Trees of which each is a part of the next, and the homes of their extractions."""

    setting: Setting
    run: Runner
    small: int
    large: int

    @cached_property
    def roots(self) -> dict[int, Path]:
        """Number of clips -> folder."""
        return {
            count: material.tree(self.setting, count) for count in (FIRST, self.small, self.large)
        }

    def home(self, name: str, fresh: bool = False) -> Path:
        """Where an extraction keeps its store; ``fresh`` empties it first."""
        home = self.setting.folder / "homes" / name
        if fresh:
            shutil.rmtree(home, ignore_errors=True)
        return home

    @property
    def rounds(self) -> int:
        """Rounds of what takes minutes."""
        return min(FEW, self.setting.turns)

    def extracted(self, count: int, jobs: int) -> float:
        """Seconds of an extraction into an empty store, which stays."""
        return self.run(self.roots[count], self.home(f"{count}-{jobs}", fresh=True), jobs)

    def again(self, count: int, jobs: int = 2) -> float:
        """Seconds of one more extraction into the same store."""
        return self.run(self.roots[count], self.home(f"{count}-{jobs}"), jobs)

    def frames(self, count: int, after: int = 0) -> int:
        """Frames of a tree, without those of its first ``after`` clips."""
        return sum(clip.frames for clip in ucf101_tree.layout()[after:count])

    def data(self, count: int) -> str:
        """What a tree is, in words."""
        return (
            f"{count} generated clips of UCF101's lengths, {self.frames(count)} frames, "
            "320x240 XviD"
        )


@dataclass(frozen=True)
class Runs:
    """Seconds of extractions: of the first clips and of the smaller tree, by processes."""

    first: dict[int, Spread]
    small: dict[int, Spread]


def _processes(trees: Trees) -> tuple[Entry, Runs]:
    """One process against two."""
    seconds: dict[tuple[int, int], list[float]] = {}
    for _ in range(trees.rounds):
        for count in (FIRST, trees.small):
            for jobs in (2, 1):
                seconds.setdefault((count, jobs), []).append(trees.extracted(count, jobs))
    first, small = (
        {jobs: Spread.of(seconds[count, jobs]) for jobs in (1, 2)} for count in (FIRST, trees.small)
    )
    apart = differing(*(contents(trees.home(f"{trees.small}-{jobs}")) for jobs in (1, 2)))
    frames, every = trees.frames(trees.small, FIRST), trees.frames(ucf101_tree.CLIPS)
    cost = (small[1].median - first[1].median) / frames
    entry = Entry(
        name="two processes",
        what="`har extract` with two processes beside one",
        data=trees.data(trees.small),
        unit="s",
        ours=small[2],
        rounds=trees.rounds,
        peer_is="one process",
        peer=small[1],
        ratio=small[1].median / small[2].median,
        agreement=(Criterion("files of the store that differ", apart, most=0),),
        notes=(
            f"One process: {small[1].median:.1f} s, of which the first {FIRST} clips and the "
            f"start took {first[1].median:.1f} s: {1000 * cost:.3f} ms a frame; {every} frames of "
            f"{ucf101_tree.CLIPS} clips would take {cost * every / 3600:.2f} hours.",
        ),
    )
    return entry, Runs(first, small)


def _scale(trees: Trees, runs: Runs) -> Entry:
    """Cost of a clip among many, and what that makes for UCF101."""
    taken = trees.extracted(trees.large, 2)
    start = runs.first[2].median
    few = runs.small[2]
    a_clip = [
        1000 * (seconds - start) / (trees.small - FIRST)
        for seconds in (few.median, few.low, few.high)
    ]
    here = 1000 * (taken - start) / (trees.large - FIRST)
    a_frame = (taken - start) / trees.frames(trees.large, FIRST)
    rest = trees.frames(ucf101_tree.CLIPS, trees.large)
    minutes = (taken + a_frame * rest) / 60
    return Entry(
        name=f"{trees.large} clips",
        what=f"Cost of a clip with two processes: among {trees.large} beside among {trees.small}",
        data=trees.data(trees.large),
        unit="ms a clip",
        ours=Spread.of([here]),
        rounds=1,
        peer_is=f"the same among {trees.small} clips",
        peer=Spread(*a_clip),
        ratio=a_clip[0] / here,
        targets=(
            Criterion("cost over that among few", here / a_clip[0], least=0.9, most=1.1),
            # Below 0 the runs were too short to be told from the start.
            Criterion("all of UCF101", minutes, " minutes", least=0, most=MINUTES),
        ),
        notes=(
            f"{trees.frames(trees.large)} frames in {taken:.1f} s; the first {FIRST} clips and "
            f"the start took {start:.1f} s, the others {1000 * a_frame:.3f} ms a frame.",
            f"{taken:.0f} s + {rest} frames x {1000 * a_frame:.3f} ms = {minutes:.1f} minutes for "
            f"{ucf101_tree.CLIPS} clips.",
        ),
    )


def _second(trees: Trees) -> Entry:
    """A run on a tree that is finished already."""
    counts = (trees.small, trees.large)
    before = {count: stored(trees.home(f"{count}-2")) for count in counts}
    seconds = {
        count: Spread.of([trees.again(count) for _ in range(trees.rounds)]) for count in counts
    }
    changed = sum(
        len(set(before[count].items()) ^ set(stored(trees.home(f"{count}-2")).items()))
        for count in counts
    )
    few, many = (seconds[count].median for count in counts)
    slope = max(0.0, many - few) / (trees.large - trees.small)
    whole = many + slope * (ucf101_tree.CLIPS - trees.large)
    return Entry(
        name="second run",
        what=f"`har extract` on a finished tree of {trees.large} clips",
        data=trees.data(trees.large),
        unit="s",
        ours=seconds[trees.large],
        rounds=trees.rounds,
        peer_is=f"on one of {trees.small} clips",
        peer=seconds[trees.small],
        agreement=(Criterion("files computed anew", changed, most=0),),
        targets=(Criterion("on all of UCF101", whole, " s", most=SECOND_RUN),),
        notes=(
            f"{many:.2f} s + {ucf101_tree.CLIPS - trees.large} clips x {1000 * slope:.2f} ms = "
            f"{whole:.1f} s for {ucf101_tree.CLIPS} clips.",
        ),
    )


def _resume(trees: Trees, runs: Runs, kill: Killer) -> Entry:
    """Kill an extraction half-way and run it again."""
    whole = contents(trees.home(f"{trees.small}-2"))
    home = trees.home("killed", fresh=True)
    kill(trees.roots[trees.small], home, 2, len(whole) // 2)
    left = stored(home)
    seconds = trees.run(trees.roots[trees.small], home, 2)
    after = stored(home)
    anew = sum(after.get(name) != about for name, about in left.items())
    return Entry(
        name="resume",
        what="`har extract` again after it was killed half-way by SIGKILL",
        data=trees.data(trees.small),
        unit="s",
        ours=Spread.of([seconds]),
        rounds=1,
        peer_is="a run that is not disturbed",
        peer=runs.small[2],
        ratio=runs.small[2].median / seconds,
        agreement=(
            Criterion("finished files computed anew", anew, most=0),
            Criterion(
                "files that differ from those of the run that is not disturbed",
                differing(whole, contents(home)),
                most=0,
            ),
        ),
        notes=(f"{len(left)} of {len(whole)} files were stored when it was killed.",),
    )


def _read(trees: Trees, runs: Runs) -> Entry:
    """Features of finished clips from the store, in this process."""
    dataset = datasets.ucf101(trees.roots[trees.small])
    with _store_in(trees.home(f"{trees.small}-1")), one_core():
        seconds = alternate(
            {"ours": lambda: extraction.collect(dataset, jobs=1)}, trees.setting.turns
        )
    one = runs.small[1]
    return Entry(
        name="store",
        what="58-vectors of finished clips from the store, one core",
        data=trees.data(trees.small),
        unit="clips/s",
        ours=seconds["ours"].per_second(trees.small),
        rounds=trees.setting.turns,
        peer_is="`har extract` with one process, its start included",
        peer=one.per_second(trees.small),
        ratio=one.median / seconds["ours"].median,
    )


def collection(
    setting: Setting,
    runner: Runner = run,
    kill: Killer = run_and_kill,
) -> list[Entry]:
    """Extraction of trees: processes, scale, second run, resume, store.

    ``setting.clips`` is the number of clips of the larger tree.
    """
    small, large = (4, 8) if setting.quick else (SMALL, LARGE)
    large = setting.clips or large
    if not small < large <= ucf101_tree.CLIPS:
        raise InputError(
            f"{large} clips are not allowed: more than {small}, at most {ucf101_tree.CLIPS}"
        )
    trees = Trees(setting, runner, small, large)
    processes, runs = _processes(trees)
    entries = [
        processes,
        _scale(trees, runs),
        _second(trees),
        _resume(trees, runs, kill),
        _read(trees, runs),
    ]
    shutil.rmtree(setting.folder / "homes")
    return entries


def indexing(setting: Setting) -> list[Entry]:
    """The list of all clips from their names."""
    root = material.names(setting)
    name = "indexing" if setting.progress else ""
    ours = alternate({"ours": lambda: datasets.ucf101(root)}, setting.turns, progress=name)["ours"]
    found = len(datasets.ucf101(root))
    return [
        Entry(
            name="indexing",
            what="The list of clips, labels and groups from a folder of names",
            data=f"{ucf101_tree.CLIPS} empty files in {ucf101_tree.CLASSES} folders",
            unit="s",
            ours=ours,
            rounds=setting.turns,
            agreement=(
                Criterion("names found", found, least=ucf101_tree.CLIPS, most=ucf101_tree.CLIPS),
            ),
            targets=(Criterion("indexing", ours.median, " s", most=INDEXING),),
        )
    ]
