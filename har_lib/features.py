"""A clip's 58-vectors: shape, space-time interest and coverage of each key frame."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from har_lib import config as configuration
from har_lib import coverage, keyframes, shape, stip, video
from har_lib.config import Config

#: Where each feature lies in a vector.
SHAPE, INTEREST, COVERAGE = slice(0, 16), slice(16, 56), slice(56, 58)
SIZE = 58
#: The same by name.
PARTS = {"shape": SHAPE, "space-time interest": INTEREST, "coverage": COVERAGE}


@dataclass(frozen=True)
class Features:
    """A clip as the classifier sees it: key frames int64 (K,), vectors float32 (K, 58).

    ``passed`` counts the key frames of the bare rule, frame 0 and those below the threshold;
    with fewer than the minimum, or more than the maximum, the others decide.
    """

    keyframes: np.ndarray
    vectors: np.ndarray
    passed: int


def read(
    path: Path | str, section: configuration.Video, start: int = 0, stop: int | None = None
) -> np.ndarray:
    """Gray frames of a clip, or of a range of it, at the working size: uint8 (T, height, width)."""
    return video.read_gray(path, size=(section.width, section.height), start=start, stop=stop)


def similarity(frames: np.ndarray, section: configuration.Similarity) -> np.ndarray:
    """SSIM of consecutive frames, float64 (T-1,)."""
    return keyframes.consecutive_ssim(frames, window=section.window, form=section.form)


def key_frames(curve: np.ndarray, section: configuration.KeyFrames) -> np.ndarray:
    """Key frames, int64 (K,), from the SSIM curve."""
    chosen = keyframes.select_from_curve(
        curve, section.threshold, section.minimum, section.maximum, section.drop_duplicates
    )
    if section.selection == "uniform":
        # As many as SSIM would take, so that only the choice differs.
        return keyframes.evenly_spaced(len(curve) + 1, len(chosen))
    return chosen


def bodies(frames: np.ndarray, section: configuration.Silhouette) -> np.ndarray:
    """Silhouettes of all frames, bool (T, H, W)."""
    return shape.silhouettes(frames, section.method, section.difference)


def interest_points(
    frames: np.ndarray, section: configuration.Stip
) -> tuple[stip.Points, np.ndarray]:
    """Interest points of a clip and the jets (P, 34) there."""
    scale = (section.spatial_variance, section.temporal_variance)
    points = stip.detect(
        frames, *scale, section.integration, k=section.k, threshold=section.threshold
    )
    return points, stip.jets(frames, points, *scale)


def around(
    points: stip.Points, jet: np.ndarray, frame: int, window: int
) -> tuple[stip.Points, np.ndarray]:
    """The points within ``window`` frames of a frame, and their jets."""
    near = points.near(frame, window)
    some = replace(
        points,
        t=points.t[near],
        y=points.y[near],
        x=points.x[near],
        response=points.response[near],
        second_moments=points.second_moments[near],
    )
    return some, jet[near]


def assemble(
    curve: np.ndarray,
    masks: np.ndarray,
    points: stip.Points,
    jet: np.ndarray,
    config: Config,
) -> Features:
    """Put the three features of each key frame together: 16 + 40 + 2 = 58.

    Parameters
    ----------
    curve : ndarray, float64 (T-1,)
        SSIM of consecutive frames.
    masks : ndarray, bool (T, H, W)
        Silhouettes.
    points, jet : Points and ndarray (P, 34)
        Interest points of the clip and the jets there.
    config : Config
        Selection, grid and window.

    Returns
    -------
    Features
    """
    chosen = key_frames(curve, config.keyframes)
    vectors = np.empty((len(chosen), SIZE), dtype=np.float32)
    for vector, frame in zip(vectors, chosen, strict=True):
        near, near_jet = around(points, jet, int(frame), config.vector.window)
        vector[SHAPE] = shape.grid(masks[frame], over=config.grid.over)
        vector[INTEREST] = stip.describe(near_jet, near.second_moments, near.response)
        vector[COVERAGE] = coverage.coverage(near, masks.shape[1:])
    passed = 1 + int((curve < config.keyframes.threshold).sum())
    return Features(chosen, vectors, passed)


def extract(source: Path | str | np.ndarray, config: Config | None = None) -> Features:
    """A clip's key frames and their 58-vectors.

    Parameters
    ----------
    source : path or ndarray, uint8 (T, H, W)
        A video file, read at the configured size, or gray frames, taken as they are.
    config : Config, optional
        Every choice; the ``corrected`` profile by default.

    Returns
    -------
    Features
        ``.keyframes`` int64 (K,), ``.vectors`` float32 (K, 58): [0:16] shape, [16:56] space-time
        interest (34 jets, then the second moments xx xy xt yy yt tt), [56:58] coverage.

    Raises
    ------
    VideoError
        If the file cannot be read.

    Examples
    --------
    >>> clip = np.zeros((12, 40, 40), dtype=np.uint8)
    >>> clip[6:, 10:30, 10:30] = 200
    >>> extract(clip).vectors.shape
    (2, 58)
    """
    config = config or Config()
    frames = source if isinstance(source, np.ndarray) else read(source, config.video)
    points, jet = interest_points(frames, config.stip)
    return assemble(
        similarity(frames, config.similarity),
        bodies(frames, config.silhouette),
        points,
        jet,
        config,
    )
