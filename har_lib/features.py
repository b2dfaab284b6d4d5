"""A clip's 58-vectors: shape, space-time interest and coverage of each key frame."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from har_lib import clips, coverage, keyframes, shape, stip, stip_scales, stip_vector
from har_lib import config as configuration
from har_lib.blocks import Frames
from har_lib.config import Config
from har_lib.foreground import Silhouettes, packed_silhouettes

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
    path: Path | str,
    section: configuration.Video,
    start: int = 0,
    stop: int | None = None,
    damaged: bool = False,
) -> np.ndarray | clips.Clip:
    """Gray frames of a clip, or of a range of it, at the working size: uint8 (T, height, width).

    Those of a very long clip come as `har_lib.clips.Clip`, which is indexed like the array.
    ``damaged`` reads what can be decoded of a file that is cut short.
    """
    size = (section.width, section.height) if section.resize == "fixed" else None
    return clips.open_gray(
        path, size=size, gray=section.gray, start=start, stop=stop, damaged=damaged
    )


def similarity(
    frames: Frames, section: configuration.Similarity, threshold: float = 0.9
) -> np.ndarray:
    """SSIM of each frame but the first with its reference, float64 (T-1,).

    ``threshold`` says when the reference moves, if it is the previous key frame.
    """
    return keyframes.similarity_curve(
        frames, section.window, section.form, section.reference, threshold
    )


def _limit(curve: np.ndarray, section: configuration.KeyFrames) -> float:
    """SSIM below which a frame passes."""
    return keyframes.threshold_of(
        curve, section.selection, section.threshold, section.deviations, section.share
    )


def key_frames(curve: np.ndarray, section: configuration.KeyFrames) -> np.ndarray:
    """Key frames, int64 (K,), from the SSIM curve."""
    fixed = section.selection == "lowest"
    chosen = keyframes.select_from_curve(
        curve,
        _limit(curve, section),
        section.count if fixed else section.minimum,
        section.count if fixed else section.maximum,
        section.drop_duplicates,
        section.keep_first,
    )
    if section.selection == "uniform":
        # As many as SSIM would take, so that only the choice differs.
        return keyframes.evenly_spaced(len(curve) + 1, len(chosen))
    return chosen


def passed(curve: np.ndarray, section: configuration.KeyFrames) -> int:
    """How many key frames the bare rule gives."""
    if section.selection == "lowest":
        return min(section.count, len(curve) + section.keep_first)
    return int(section.keep_first) + int((curve < _limit(curve, section)).sum())


def bodies(frames: Frames, section: configuration.Silhouette) -> Silhouettes:
    """Silhouettes of all frames, (T, H, W), which is indexed as an array of bool."""
    return packed_silhouettes(frames, section.method, section.difference, section.speed)


def segments_around(chosen: np.ndarray, reach: int, length: int) -> list[tuple[int, int]]:
    """Half-open ranges of the frames within ``reach`` of a key frame, merged where they meet.

    Examples
    --------
    >>> segments_around(np.array([0, 4, 20]), 2, 22)
    [(0, 7), (18, 22)]
    """
    merged: list[tuple[int, int]] = []
    for frame in chosen.tolist():
        start, stop = max(0, frame - reach), min(length, frame + reach + 1)
        if merged and start <= merged[-1][1]:
            start = merged.pop()[0]
        merged.append((start, stop))
    return merged


def interest_points(
    frames: Frames, section: configuration.Stip, chosen: np.ndarray | None = None
) -> tuple[stip.Points, np.ndarray]:
    """Interest points of a clip and the jets (P, 34) there.

    ``chosen``, the key frames, is needed where points are sought around them alone.
    """
    segments = None
    if section.volume == "key_frames":
        if chosen is None:
            raise ValueError("point_volume = 'key_frames' needs the key frames")
        segments = segments_around(chosen, section.reach, len(frames))
    return stip_scales.find(
        frames,
        section.spatial_variance,
        section.temporal_variance,
        section.integration,
        section.k,
        section.threshold,
        scales=section.scales,
        velocity=section.velocity,
        segments=segments,
        floor=section.floor,
        strongest=section.strongest,
        neighbourhood=section.neighbourhood,
        gaussian_form=section.gaussian_form,
        jet_form=section.jet_form,
    )


def around(
    points: stip.Points, jet: np.ndarray, frame: int, window: int
) -> tuple[stip.Points, np.ndarray]:
    """The points within ``window`` frames of a frame, and their jets."""
    near = points.near(frame, window)
    return points.take(near), jet[near]


def _body(mask: np.ndarray, near: stip.Points, empty: str) -> np.ndarray:
    """The silhouette, or what stands in for one that is empty."""
    if mask.any() or empty == "zeros":
        return mask
    body = np.zeros_like(mask)
    if empty == "points" and len(near):
        body[near.y.min() : near.y.max() + 1, near.x.min() : near.x.max() + 1] = True
    else:
        body[:] = True
    return body


def assemble(
    curve: np.ndarray,
    masks: Silhouettes | np.ndarray,
    points: stip.Points,
    jet: np.ndarray,
    config: Config,
    responses_2d: np.ndarray | None = None,
) -> Features:
    """Put the three features of each key frame together: 16 + 40 + 2 = 58.

    Parameters
    ----------
    curve : ndarray, float64 (T-1,)
        SSIM of each frame but the first with its reference.
    masks : Silhouettes, or ndarray, bool (T, H, W)
        Of all frames.
    points, jet : Points and ndarray (P, 34)
        Interest points of the clip and the jets there.
    config : Config
        Selection, grid, window, and what the numbers are.
    responses_2d : ndarray, float32 (T, 40), optional
        Of `har_lib.stip_vector.responses_2d`; needed where they are the 40 numbers.

    Returns
    -------
    Features
    """
    chosen = key_frames(curve, config.keyframes)
    shape_of_frame = masks.shape[1:]
    vectors = np.empty((len(chosen), SIZE), dtype=np.float32)
    for vector, frame in zip(vectors, chosen.tolist(), strict=True):
        near, near_jet = around(points, jet, frame, config.vector.window)
        body = _body(masks[frame], near, config.grid.empty)
        vector[SHAPE] = shape.grid(
            body, config.grid.over, config.grid.rule, config.grid.order, config.grid.uneven
        )
        vector[INTEREST] = stip_vector.interest_vector(
            near,
            near_jet,
            kind=config.vector.kind,
            frame=frame,
            frame_shape=shape_of_frame,
            responses_2d=None if responses_2d is None else responses_2d[frame],
        )
        vector[COVERAGE] = coverage.coverage(
            near, shape_of_frame, config.coverage.measure, config.coverage.unit, body
        )
    return Features(chosen, vectors, passed(curve, config.keyframes))


def extract(source: Path | str | Frames, config: Config | None = None) -> Features:
    """A clip's key frames and their 58-vectors.

    Parameters
    ----------
    source : path, or ndarray, uint8 (T, H, W), or `har_lib.blocks.Frames`
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
    frames = read(source, config.video) if isinstance(source, Path | str) else source
    curve = similarity(frames, config.similarity, config.keyframes.threshold)
    points, jet = interest_points(frames, config.stip, key_frames(curve, config.keyframes))
    in_frames = config.vector.kind == "responses_2d"
    return assemble(
        curve,
        bodies(frames, config.silhouette),
        points,
        jet,
        config,
        stip_vector.responses_2d(frames) if in_frames else None,
    )
