"""Files in which the suite keeps what it has worked out: how each is made, and how it is read."""

import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np

from har_lib import (
    checkpoint,
    config,
    digests,
    feature_ablation,
    files,
    leakage_permutation,
    multiverse_run,
    synthetic,
    video,
)

#: Frames that a clip of these tests is made of, and a time at which it was changed, long ago.
_FRAMES, _LONG_AGO = 8, 1_600_000_000


def _clip(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    frames = np.random.default_rng(3).integers(0, 255, (_FRAMES, 48, 64)).astype(np.uint8)
    video.write(path, frames, codec="MJPG")
    os.utime(path, (_LONG_AGO, _LONG_AGO))
    return path


def _at_home(folder: Path) -> None:
    """Let the suite keep its data here."""
    os.environ["HAR_DATA"] = str(folder)


def make_store(folder: Path) -> None:
    _clip(folder / "clip.avi")
    read_store(folder)
    for place in sorted((folder / "store" / "similarity").rglob("*.npz")):
        # A name that is the same wherever the clip lies.
        (folder / "name.txt").write_text(place.relative_to(folder).as_posix())
        shutil.copy(place, folder / "kept.npz")


def read_store(folder: Path) -> Any:
    from har_lib import datasets, store

    _at_home(folder)
    if (folder / "name.txt").exists():
        shutil.copy(folder / "kept.npz", folder / (folder / "name.txt").read_text())
    record = datasets.Record(folder / "clip.avi", "walk", "g01")
    found = store.load(record, config.Config().replace(frame_width=64, frame_height=48))
    return files.digest_of([found.keyframes.tolist(), checkpoint.digest(found.vectors)])


def make_digests(folder: Path) -> None:
    _at_home(folder)
    _clip(folder / "clip.avi")
    read_digests(folder)


def read_digests(folder: Path) -> Any:
    _at_home(folder)
    digests._seen.clear()
    # One that the memory knows and, from the first time on, one that it does not.
    clips = [folder / "clip.avi", folder / "again.avi"]
    if (folder / "store").exists():
        shutil.copy2(*clips)
    found = digests.of_each([clip for clip in clips if clip.exists()])
    assert digests.count() >= 0
    assert clips[0] not in digests.gone()
    return sorted(set(found.values()))


def make_builtin(folder: Path) -> None:
    synthetic.make(
        folder, jobs=1, progress=False, actions=synthetic.ACTIONS[:1], groups=[1], clips=[1]
    )


def read_manifest(folder: Path) -> Any:
    made = synthetic._manifest(folder)
    names = synthetic._paths(synthetic.ACTIONS[0], 1, 1)
    there = made is not None and all(
        name in made and synthetic._present(folder, name, made[name]) for name in names
    )
    return synthetic.digest(folder) if there else None


def read_silhouettes(folder: Path) -> Any:
    (path,) = folder.glob("silhouettes/*/*.npz")
    return checkpoint.digest(synthetic.read_silhouettes(path))


SILHOUETTES = f"silhouettes/{synthetic.ACTIONS[0]}/v_{synthetic.ACTIONS[0]}_g01_c01.npz"


def _hill(x: np.ndarray) -> np.ndarray:
    return np.asarray(-((x - 0.37) ** 2).sum(axis=1))


def search(folder: Path) -> Any:
    from har_lib import seagull

    found = seagull.maximise(
        _hill, np.full(4, -1.0), np.ones(4), population=4, iterations=6,
        checkpoint=folder / "search.npz", checkpoint_every=3,
    )  # fmt: skip
    return [checkpoint.digest(found.position), found.fitness, found.evaluations]


def make_search(folder: Path) -> None:
    search(folder)


def make_journal(folder: Path) -> None:
    journal = leakage_permutation.Journal(folder / "permutations.jsonl")
    with journal.adding("key frames") as add:
        for seed in range(12):
            add(seed, 7 * seed)


def read_journal(folder: Path) -> Any:
    found = leakage_permutation.Journal(folder / "permutations.jsonl").of("key frames")
    return sorted(found.items())


def make_kept(folder: Path) -> None:
    about = {"features": "ab", "content": "cd", "failure": "", "accuracy": {"clip": 0.5}}
    files.write_json(folder / "universe.json", {**about, "by_group": {"g01": 0.25}, "runs": [1, 2]})
    answers = {"clips": ["a.avi"], "groups": ["g01"], "correct": [0.5], "spread": 0.0}
    files.write_json(folder / "answers.json", {"method": "SVM", "answers": answers})


def read_kept(folder: Path) -> Any:
    row = multiverse_run.finished(folder / "universe.json")
    answers = feature_ablation.finished(folder / "answers.json")
    return [row, None if answers is None else vars(answers)]
