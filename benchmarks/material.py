"""The generated clips and trees that the benchmarks share; made once, kept for the next run.

They lie in folders that are named after what they depend on: with other sources they are made
anew, beside the old ones.
"""

import itertools
import os
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from benchmarks import moving_scene, ucf101_tree
from benchmarks.measure import Setting
from har_lib import datasets, files, synthetic
from har_lib.errors import InputError

#: Frames of a clip of UCF101's length.
LENGTH = ucf101_tree.MEAN
#: How many of them stand for all.
COUNT = 3


def _folder(setting: Setting, kind: str) -> Path:
    key = files.digest_of(ucf101_tree.about(setting.seed))
    return setting.folder / f"{kind}-{key[:8]}"


def clip(setting: Setting, length: int, number: int = 0) -> Path:
    """A clip of 320x240 with ``length`` frames; other numbers, other pictures."""
    path = _folder(setting, "clips") / f"{length}-{number}.avi"
    ucf101_tree.render(path, length, setting.seed + number)
    return path


def usual(setting: Setting) -> list[Path]:
    """Clips of UCF101's length."""
    length = 24 if setting.quick else LENGTH
    return [clip(setting, length, number) for number in range(1 if setting.quick else COUNT)]


def enlarged(setting: Setting, length: int, size: tuple[int, int] = (3840, 2160)) -> Path:
    """The same enlarged to ``size``, (width, height)."""
    path = _folder(setting, "clips") / f"{length}-{size[0]}x{size[1]}.avi"
    if not path.is_file():
        generator = np.random.default_rng([setting.seed, length])
        frames = moving_scene.render(length, generator)
        synthetic.write_video(path, (cv2.resize(frame, size) for frame in frames))
    return path


def pool(setting: Setting) -> list[Path]:
    """The pool of the trees; in a quick run a few of its lengths."""
    lengths = ucf101_tree.pool_lengths().tolist()
    wanted = lengths[:3] if setting.quick else lengths
    folder = _folder(setting, "pool")
    made = ucf101_tree.make_pool(folder, wanted, setting.seed, progress=setting.progress)
    return list(made.values())


def tree(setting: Setting, count: int) -> Path:
    """A tree of the first ``count`` clips of UCF101's shape."""
    root = _folder(setting, f"ucf101-{count}")
    ucf101_tree.make(
        root,
        count,
        setting.seed,
        pool_folder=_folder(setting, "pool"),
        progress=setting.progress,
    )
    return root


def names(setting: Setting) -> Path:
    """A folder with all 13,320 names, the files empty."""
    root = _folder(setting, "names")
    paths = [root / clip.path for clip in ucf101_tree.layout()]
    for folder in {path.parent for path in paths}:
        folder.mkdir(parents=True, exist_ok=True)
    for path in itertools.filterfalse(Path.exists, paths):
        path.touch()
    return root


def real() -> list[Path]:
    """Clips of UCF101 itself, if HAR_TEST_DATA names a folder that has some."""
    folder = os.environ.get("HAR_TEST_DATA")
    if not folder:
        return []
    try:
        return [record.path for record in datasets.ucf101(Path(folder) / "ucf101").records]
    except InputError:
        return []


def decoded(path: Path) -> Iterator[np.ndarray]:
    """Frames of a clip as OpenCV gives them, uint8 (H, W, 3): decoding and nothing else."""
    capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    try:
        while True:
            good, frame = capture.read()
            if not good:
                return
            yield frame
    finally:
        capture.release()
