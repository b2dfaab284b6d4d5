"""Features of many clips: each stage computed once, kept on disk, shared by all runs.

A stage's result is keyed by the clip's content, the frame range, the choices that the
stage reads, its source files and OpenCV's version. The 58 numbers are put together from the
stages and never stored, so another SSIM threshold filters nothing anew.
"""

import dataclasses
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd

from har_lib import (
    features,
    files,
    foreground,
    keyframes,
    parallel,
    shape,
    stip,
    stip_scales,
    stip_vector,
    video,
)
from har_lib.config import Config, Value
from har_lib.datasets import Dataset, Record
from har_lib.errors import InputError
from har_lib.features import Features

Arrays = dict[str, np.ndarray]


def _curve(frames: np.ndarray, config: Config) -> np.ndarray:
    return features.similarity(frames, config.similarity, config.keyframes.threshold)


def _similarity(frames: np.ndarray, config: Config) -> Arrays:
    return {"curve": _curve(frames, config)}


def _silhouettes(frames: np.ndarray, config: Config) -> Arrays:
    masks = features.bodies(frames, config.silhouette)
    return {"bits": np.packbits(masks), "shape": np.array(masks.shape)}


def _points(frames: np.ndarray, config: Config) -> Arrays:
    chosen = None
    if config.stip.volume == "key_frames":
        chosen = features.key_frames(_curve(frames, config), config.keyframes)
    points, jets = features.interest_points(frames, config.stip, chosen)
    return {**{f.name: getattr(points, f.name) for f in dataclasses.fields(points)}, "jets": jets}


def _responses_2d(frames: np.ndarray, config: Config) -> Arrays:
    return {"responses": stip_vector.responses_2d(frames)}


def _similarity_reads(config: Config) -> dict[str, Value]:
    choices = config.in_force("video", "similarity")
    if config.similarity.reference == "previous_key_frame":
        # The threshold decides when the reference moves, so here the curve depends on it.
        choices["ssim_threshold"] = config.keyframes.threshold
    return choices


def _points_read(config: Config) -> dict[str, Value]:
    choices = config.in_force("video", "stip")
    if config.stip.volume == "key_frames":
        choices |= config.in_force("similarity", "keyframes")
    return choices


@dataclass(frozen=True)
class Stage:
    """A step of the extraction that is stored by itself.

    ``reads`` gives the choices that it depends on, ``modules`` its sources, and ``needed`` says
    whether the 58 numbers need it.
    """

    compute: Callable[[np.ndarray, Config], Arrays]
    reads: Callable[[Config], dict[str, Value]]
    modules: tuple[Any, ...]
    needed: Callable[[Config], bool] = lambda config: True


STAGES = {
    "similarity": Stage(_similarity, _similarity_reads, (video, keyframes)),
    "silhouettes": Stage(
        _silhouettes,
        lambda config: config.in_force("video", "silhouette"),
        (video, foreground, shape),
    ),
    "points": Stage(_points, _points_read, (video, keyframes, stip, stip_scales)),
    "responses_2d": Stage(
        _responses_2d,
        lambda config: config.in_force("video"),
        (video, stip, stip_vector),
        lambda config: config.vector.kind == "responses_2d",
    ),
}


@cache
def _sources(stage: str) -> str:
    content = hashlib.sha256()
    for module in (*STAGES[stage].modules, features):
        content.update(Path(module.__file__).read_bytes())
    return content.hexdigest()


def location(clip_digest: str, record: Record, stage: str, config: Config) -> Path:
    """File that holds a stage of a clip."""
    key = files.digest_of(
        {
            "clip": clip_digest,
            "frames": [record.start, record.stop],
            "choices": STAGES[stage].reads(config),
            "sources": _sources(stage),
            "opencv": cv2.__version__,
        }
    )
    return files.data_dir() / "store" / stage / key[:2] / f"{key}.npz"


def _load(path: Path) -> Arrays | None:
    """What is stored, or None if there is nothing that can be read."""
    try:
        return files.read_arrays(path)
    except Exception:
        # Damage shows in a dozen ways, and what cannot be read can be made again.
        return None


def frames_of(record: Record, config: Config) -> np.ndarray:
    """Gray frames of a record at the working size, uint8 (T, height, width)."""
    return features.read(record.path, config.video, record.start, record.stop)


def load_stages(record: Record, config: Config) -> dict[str, Arrays]:
    """The stored stages of a clip; what is missing is computed and stored first.

    Raises
    ------
    VideoError
        If the clip cannot be read.
    """
    if not record.path.is_file():
        raise video.VideoError(f"{record.path}: there is no such file")
    clip = files.digest(record.path)
    result: dict[str, Arrays] = {}
    frames: np.ndarray | None = None
    for name, stage in STAGES.items():
        if not stage.needed(config):
            continue
        path = location(clip, record, name, config)
        stored = _load(path)
        if stored is None:
            if frames is None:
                frames = frames_of(record, config)
            stored = stage.compute(frames, config)
            files.write_arrays(path, **stored)
        result[name] = stored
    return result


def unpack(stages: dict[str, Arrays]) -> tuple[np.ndarray, np.ndarray, stip.Points, np.ndarray]:
    """SSIM curve (T-1,), silhouettes (T, H, W), points and jets (P, 34) from stored stages."""
    masks = stages["silhouettes"]
    whole = tuple(masks["shape"])
    bits = np.unpackbits(masks["bits"], count=int(np.prod(whole))).astype(bool).reshape(whole)
    points = dict(stages["points"])
    jets = points.pop("jets")
    return stages["similarity"]["curve"], bits, stip.Points(**points), jets


def load(record: Record, config: Config | None = None) -> Features:
    """A clip's key frames and 58-vectors, from the store as far as it has them.

    The same as `har_lib.features.extract` on the record's frames.
    """
    config = config or Config()
    stages = load_stages(record, config)
    in_frames = stages["responses_2d"]["responses"] if "responses_2d" in stages else None
    return features.assemble(*unpack(stages), config, in_frames)


@dataclass(frozen=True)
class Collection:
    """Features of a data set: the records that could be read, and the others with the reason."""

    records: tuple[Record, ...]
    features: tuple[Features, ...]
    failures: tuple[tuple[Record, str], ...]

    @property
    def sequences(self) -> list[np.ndarray]:
        """The key-frame sequences, a list of (K, 58)."""
        return [clip.vectors for clip in self.features]

    @property
    def labels(self) -> np.ndarray:
        """Action of each clip, (N,)."""
        return np.array([record.label for record in self.records])

    @property
    def groups(self) -> np.ndarray:
        """Group of each clip, (N,)."""
        return np.array([record.group for record in self.records])


def _attempt(record: Record, config: Config) -> Features | str:
    cv2.setNumThreads(1)
    try:
        return load(record, config)
    except InputError as error:
        return str(error)


def collect(
    dataset: Dataset | Sequence[Record],
    config: Config | None = None,
    jobs: int = 2,
    progress: bool = False,
) -> Collection:
    """Features of every clip of a data set, in the order of its records.

    Parameters
    ----------
    dataset : Dataset or sequence of Record
    config : Config, optional
        The ``corrected`` profile by default.
    jobs : int
        Processes; the result does not depend on it.
    progress : bool
        Show a bar.

    Returns
    -------
    Collection
        A clip that cannot be read is listed in ``.failures`` and ends nothing.

    Raises
    ------
    InputError
        If not one clip could be read.
    """
    config = config or Config()
    records = list(dataset.records if isinstance(dataset, Dataset) else dataset)
    tasks = ((record, config) for record in records)
    outcomes = parallel.each(_attempt, tasks, jobs, progress="features" if progress else "")
    results = list(zip(records, outcomes, strict=True))
    failures = tuple((record, found) for record, found in results if isinstance(found, str))
    if len(failures) == len(records):
        raise InputError(
            f"none of the {len(records)} clips could be read; the first: {failures[0][1]}"
        )
    good = [(record, found) for record, found in results if not isinstance(found, str)]
    return Collection(
        tuple(record for record, _ in good), tuple(found for _, found in good), failures
    )


def write_failures(collection: Collection, path: Path) -> None:
    """Write the clips that could not be read as CSV: clip, label, group, reason."""
    rows = [
        {
            "clip": record.path.name,
            "label": record.label,
            "group": record.group,
            "reason": reason.replace(str(record.path), record.path.name),
        }
        for record, reason in collection.failures
    ]
    table = pd.DataFrame(rows, columns=["clip", "label", "group", "reason"])
    files.write_text(path, table.to_csv(index=False, lineterminator="\n"))
