"""Stages of the extraction: what each computes, which choices it reads, and its version.

What stands here is part of every stage's version, as is all that it imports for that stage.
"""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from types import ModuleType

import cv2
import numpy as np

from har_lib import (
    clips,
    features,
    foreground,
    keyframes,
    sources,
    stip_scales,
    stip_vector,
)
from har_lib.blocks import Frames
from har_lib.config import Config, Value
from har_lib.datasets import Record

Arrays = dict[str, np.ndarray]


def frames_of(record: Record, config: Config) -> Frames:
    """Gray frames of a record at the working size, uint8 (T, height, width)."""
    return features.read(
        record.path, config.video, record.start, record.stop, damaged=bool(record.flaw)
    )


def _curve(frames: Frames, config: Config) -> np.ndarray:
    return features.similarity(frames, config.similarity, config.keyframes.threshold)


def _similarity(frames: Frames, config: Config) -> Arrays:
    return {"curve": _curve(frames, config)}


def _silhouettes(frames: Frames, config: Config) -> Arrays:
    bodies = features.bodies(frames, config.silhouette)
    return {"bits": bodies.bits, "frame": np.array(bodies.frame)}


def _points(frames: Frames, config: Config) -> Arrays:
    chosen = None
    if config.stip.volume == "key_frames":
        chosen = features.key_frames(_curve(frames, config), config.keyframes)
    points, jets = features.interest_points(frames, config.stip, chosen)
    return {**{f.name: getattr(points, f.name) for f in dataclasses.fields(points)}, "jets": jets}


def _responses_2d(frames: Frames, config: Config) -> Arrays:
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

    ``reads`` gives the choices that it depends on, ``modules`` what computes it beside what these
    import, and ``needed`` says whether the 58 numbers need it.
    """

    compute: Callable[[Frames, Config], Arrays]
    reads: Callable[[Config], dict[str, Value]]
    modules: tuple[ModuleType, ...]
    needed: Callable[[Config], bool] = lambda config: True


STAGES = {
    "similarity": Stage(_similarity, _similarity_reads, (clips, keyframes)),
    "silhouettes": Stage(
        _silhouettes, lambda config: config.in_force("video", "silhouette"), (clips, foreground)
    ),
    "points": Stage(_points, _points_read, (clips, keyframes, stip_scales)),
    "responses_2d": Stage(
        _responses_2d,
        lambda config: config.in_force("video"),
        (clips, stip_vector),
        lambda config: config.vector.kind == "responses_2d",
    ),
}


def modules(stage: str) -> frozenset[str]:
    """Names of the modules that a stage's results depend on."""
    # Of these two themselves only: they import what the other stages need.
    return sources.used_by(STAGES[stage].modules) | {"features", "stages"}


@cache
def version(stage: str) -> str:
    """What a stage's results depend on beside clip and choices, as the name of a folder."""
    software = f"opencv-{cv2.__version__}-numpy-{np.__version__}"
    return f"{sources.digest(modules(stage))[:16]}-{software}"
