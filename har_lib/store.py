"""Stages of the extraction on disk: each is computed once and shared by all runs.

A stage's result is keyed by the clip's content, the frame range, the choices that the stage
reads, its sources and the versions of OpenCV and numpy. The 58 numbers are put together from the
stages and never stored, so another SSIM threshold filters nothing anew.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from har_lib import digests, features, files, stip, video
from har_lib.config import Config
from har_lib.datasets import Record
from har_lib.features import Features
from har_lib.foreground import Silhouettes
from har_lib.stages import STAGES, Arrays, frames_of, version

#: Array of a stored file that says where in the store it was written.
_PLACE = "place"


def folder() -> Path:
    """Folder of the store."""
    return files.data_dir() / "store"


@dataclass(frozen=True)
class Shelf:
    """Where results of one stage lie that were made with the same choices."""

    folder: Path
    choices: str

    @classmethod
    def of(cls, stage: str, config: Config) -> "Shelf":
        """The shelf of a stage; to be asked for once a configuration, not once a clip."""
        choices = files.digest_of(STAGES[stage].reads(config))
        return cls(folder() / stage / version(stage), choices)

    def place(self, record: Record, clip: str) -> Path:
        """File of a clip whose content has the digest ``clip``."""
        parts = f"{clip} {record.start} {record.stop} {self.choices}"
        key = hashlib.sha256(parts.encode()).hexdigest()
        return self.folder / key[:2] / f"{key}.npz"


def shelves(config: Config) -> dict[str, Shelf]:
    """Stage -> its shelf, for the stages that the 58 numbers need."""
    return {name: Shelf.of(name, config) for name, stage in STAGES.items() if stage.needed(config)}


def read(path: Path) -> Arrays | None:
    """What is stored, or None if there is nothing that can be read, or it is another file's."""
    try:
        arrays = files.read_sealed_arrays(path)
        return arrays if str(arrays.pop(_PLACE)) == _name(path) else None
    except Exception:
        # Damage shows in a dozen ways, and what cannot be read can be made again.
        return None


def write(path: Path, **arrays: np.ndarray) -> None:
    """Store arrays; they are believed only under this name, at whatever place the store is."""
    arrays[_PLACE] = np.array(_name(path))
    try:
        files.write_sealed_arrays(path, **arrays)
    except FileNotFoundError:
        # Another process has just removed the folder, which was empty.
        files.write_sealed_arrays(path, **arrays)


def _name(path: Path) -> str:
    """Stage, version and key: the seal alone would hold for another clip's file too."""
    return path.relative_to(folder()).as_posix()


def observe(path: Path) -> digests.Observation:
    """Digest of a clip, read now.

    Raises
    ------
    VideoError
        If the file cannot be read.
    """
    try:
        return digests.observe(path)
    except FileNotFoundError:
        raise video.VideoError(f"{path}: there is no such file") from None
    except OSError as error:
        raise video.VideoError(f"{path}: cannot be read ({error.strerror})") from error


def check_same(path: Path, clip: str) -> None:
    """Refuse a file whose content is no longer that with the digest ``clip``.

    Raises
    ------
    VideoError
        If it is another one by now, or cannot be read.
    """
    if observe(path).digest != clip:
        raise video.VideoError(f"{path}: was changed while it was read; run again")


def make(
    record: Record, config: Config, stages: Iterable[str], clip: str
) -> tuple[int, dict[str, Arrays]]:
    """Compute stages of a clip and store them under the digest of its content, ``clip``.

    Returns
    -------
    tuple
        Number of frames decoded; stage -> arrays.

    Raises
    ------
    VideoError
        If the clip cannot be read, or its content is another one when it has been.
    """
    frames = frames_of(record, config)
    made = {stage: STAGES[stage].compute(frames, config) for stage in stages}
    check_same(record.path, clip)
    for stage, arrays in made.items():
        write(Shelf.of(stage, config).place(record, clip), **arrays)
    return len(frames), made


def load_stages(record: Record, config: Config, clip: str = "") -> dict[str, Arrays]:
    """The stored stages of a clip; what is missing or damaged is computed and stored first.

    ``clip`` is the digest of its content, if that is known: nothing is made of another one.

    Raises
    ------
    VideoError
        If the clip cannot be read, or something is missing and its content is another by now.
    """
    clip = clip or observe(record.path).digest
    places = {stage: shelf.place(record, clip) for stage, shelf in shelves(config).items()}
    found = {stage: arrays for stage, place in places.items() if (arrays := read(place))}
    missing = [stage for stage in places if stage not in found]
    if missing:
        check_same(record.path, clip)
        found |= make(record, config, missing, clip)[1]
    return found


def unpack(stages: dict[str, Arrays]) -> tuple[np.ndarray, Silhouettes, stip.Points, np.ndarray]:
    """SSIM curve (T-1,), silhouettes (T, H, W), points and jets (P, 34) from stored stages."""
    height, width = stages["silhouettes"]["frame"].tolist()
    points = dict(stages["points"])
    jets = points.pop("jets")
    bodies = Silhouettes(stages["silhouettes"]["bits"], (height, width))
    return stages["similarity"]["curve"], bodies, stip.Points(**points), jets


def load(record: Record, config: Config | None = None, clip: str = "") -> Features:
    """A clip's key frames and 58-vectors, from the store as far as it has them.

    The same as `har_lib.features.extract` on the record's frames. ``clip`` is the digest of its
    content, if that is known.
    """
    config = config or Config()
    stages = load_stages(record, config, clip)
    in_frames = stages["responses_2d"]["responses"] if "responses_2d" in stages else None
    return features.assemble(*unpack(stages), config, in_frames)
