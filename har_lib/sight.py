"""What a model sees in a clip: every stage's result, and what it says after each key frame."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from har_lib import coverage, features, keyframes, shape, stages, stip, store
from har_lib.alstm import ALSTMClassifier
from har_lib.blocks import Frames
from har_lib.config import Config
from har_lib.features import Features
from har_lib.foreground import Silhouettes

#: A rectangle in pixels: left, top, width, height.
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Sight:
    """A clip on its way through the pipeline.

    Attributes
    ----------
    frames : Frames
        Gray, at the working size, uint8 (T, H, W).
    curve : ndarray, float64 (T-1,)
        SSIM of each frame but the first.
    masks : Silhouettes
        Bool (T, H, W).
    points : Points
        Interest points of the clip.
    found : Features
        Key frames and their 58-vectors.
    classes : ndarray (C,)
        What the model knows.
    shares : ndarray, float64 (K, C)
        Probability of each class after the first key frame, the first two, and so on.
    config : Config
    """

    frames: Frames
    curve: np.ndarray
    masks: Silhouettes
    points: stip.Points
    found: Features
    classes: np.ndarray
    shares: np.ndarray
    config: Config

    @property
    def probabilities(self) -> dict[str, float]:
        """Action -> probability after all key frames, the most probable first."""
        order = np.argsort(-self.shares[-1], kind="stable")
        return {str(self.classes[i]): float(self.shares[-1, i]) for i in order}

    def after(self, count: int) -> dict[str, float]:
        """Action -> probability after ``count`` key frames, in the order of `probabilities`.

        Zeros before the first. The key frames are those of the whole clip, so this is how its
        answer comes about, not what a model says that has not seen the rest.
        """
        shares = self.shares[count - 1] if count else np.zeros(len(self.classes))
        now = {str(name): float(share) for name, share in zip(self.classes, shares, strict=True)}
        return {name: now[name] for name in self.probabilities}

    @property
    def threshold(self) -> float | None:
        """SSIM below which a frame passes; None where no threshold decides."""
        section = self.config.keyframes
        limit = keyframes.threshold_of(
            self.curve, section.selection, section.threshold, section.deviations, section.share
        )
        return limit if np.isfinite(limit) else None

    def key_frames(self, at_most: int) -> np.ndarray:
        """Places among the key frames of at most so many of them, first and last included."""
        last = len(self.found.keyframes) - 1
        return np.unique(np.linspace(0, last, at_most).round().astype(int))

    def marks(self, frame: int) -> np.ndarray:
        """Interest points around a frame, the nearest in time last, float64 (P, 4).

        Columns: x, y and the scale's standard deviation, pixels; nearness, 1 for a point of this
        frame and falling evenly to 0 just beyond the points that describe a key frame here.
        """
        window = self.config.vector.window
        near = self.points.take(self.points.near(frame, window))
        nearness = 1 - np.abs(near.t - frame) / (window + 1)
        rows = np.column_stack([near.x, near.y, np.sqrt(near.scale[:, 0]), nearness])
        return rows[np.argsort(nearness, kind="stable")]

    def nearness(self, frame: int) -> float:
        """How near the closest key frame is: 1 for a key frame, 0 beyond its points' window."""
        distance = np.abs(self.found.keyframes - frame).min()
        return max(0.0, 1 - float(distance) / (self.config.vector.window + 1))

    def box(self, frame: int) -> Box | None:
        """What the coverage of a frame measures, as if it were a key frame; None without any."""
        measure = self.config.coverage.measure
        near = self.points.take(self.points.near(frame, self.config.vector.window))
        mask = self.masks[frame]
        body = shape.bounding_box(mask) if measure == "silhouette" else None
        if (body is None) if measure == "silhouette" else (len(near) == 0):
            return None
        lengths = coverage.coverage(near, self.masks.shape[1:], measure, "pixels", mask)
        width, height = (float(length) for length in lengths)
        if body is not None:
            return float(body[2]), float(body[0]), width, height
        if measure == "extent":
            return float(near.x.min()), float(near.y.min()), width, height
        x, y = coverage.centre(near)
        return x - width / 2, y - height / 2, width, height

    def pipeline(self, at_most: int = 8, actions: int = 10) -> dict[str, Any]:
        """What `har_lib.plots_clip.pipeline` draws: some key frames, the most probable actions."""
        numbers = self.found.keyframes[self.key_frames(at_most)]
        return {
            "frames": [*self.frames[numbers]],
            "masks": [*self.masks[numbers]],
            "marks": [self.marks(frame) for frame in numbers.tolist()],
            "boxes": [self.box(frame) for frame in numbers.tolist()],
            "numbers": numbers.tolist(),
            "probabilities": dict([*self.probabilities.items()][:actions]),
        }


def look(
    frames: Frames,
    classifier: ALSTMClassifier,
    config: Config,
    stored: Mapping[str, stages.Arrays] | None = None,
) -> Sight:
    """Take a clip through every stage and ask the classifier after each key frame.

    Parameters
    ----------
    frames : Frames
        Gray, at the working size.
    classifier : ALSTMClassifier
        Fitted to features that were made with ``config``.
    config : Config
    stored : mapping, optional
        The stages, as `har_lib.store.load_stages` gives them; computed where they are missing.
    """
    made = stored or {
        name: stage.compute(frames, config)
        for name, stage in stages.STAGES.items()
        if stage.needed(config)
    }
    curve, masks, points, jets = store.unpack(dict(made))
    in_frames = made["responses_2d"]["responses"] if "responses_2d" in made else None
    found = features.assemble(curve, masks, points, jets, config, in_frames)
    begun = [found.vectors[: count + 1] for count in range(len(found.vectors))]
    shares = classifier.predict_proba(begun)
    return Sight(frames, curve, masks, points, found, classifier.classes_, shares, config)
