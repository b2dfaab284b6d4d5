"""Clips to measure on: painted places under a hand-held camera, with things that move in them.

They are no one's footage and tell no story. What counts is that they cost what UCF101's clips
cost: as many bytes and as long to decode, as many interest points, as many key frames.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from har_lib import scenery

WIDTH, HEIGHT = 320, 240
FRAMES_PER_SECOND = 25.0
#: How much larger than a frame the painted place is, so that the camera can look around.
_ENLARGED = 1.6
#: Sensor noise, gray levels.
_GRAIN = 2.0

Image = NDArray[Any]  # uint8 (H, W, 3), blue first


def _wandering(
    length: int, generator: np.random.Generator, slowest: float, fastest: float
) -> NDArray[np.float64]:
    """A smooth path of unit standard deviation, (T, 2): three oscillations along each axis.

    ``slowest`` and ``fastest`` are their rates, in oscillations per second.
    """
    time = np.arange(length)[:, None, None] / FRAMES_PER_SECOND
    rate = generator.uniform(slowest, fastest, (3, 2))
    start = generator.uniform(0, 2 * np.pi, (3, 2))
    path: NDArray[np.float64] = np.sin(2 * np.pi * rate * time + start).sum(axis=1)
    return path * np.sqrt(2 / 3)


def _camera(length: int, generator: np.random.Generator) -> NDArray[np.float64]:
    """Where a hand-held camera looks, pixels (T, 2): it sways, and now and then swings round."""
    sway = generator.uniform(1, 6) * _wandering(length, generator, 0.05, 0.3)
    swing = generator.uniform(28, 48) * _wandering(length, generator, 0.1, 0.25)
    time = np.arange(length) / FRAMES_PER_SECOND
    phase = 2 * np.pi * (generator.uniform(0.15, 0.3) * time + generator.uniform())
    return sway + np.maximum(0, np.sin(phase))[:, None] ** 4 * swing


@dataclass(frozen=True)
class _Thing:
    """An ellipse with a pattern on it, and where its centre is in each frame, (T, 2)."""

    picture: Image
    mask: Image
    path: NDArray[np.float64]

    @classmethod
    def sample(cls, length: int, generator: np.random.Generator) -> "_Thing":
        """Of 24 to 90 pixels, with one to three changes of direction a second."""
        width, height = generator.integers(24, 90, 2).tolist()
        texture = scenery.noise(generator, (height, width), scale=max(width, height) / 3)
        color = generator.uniform(10, 245, 3)
        picture = np.clip(color + 50 * texture[..., None], 0, 255).astype(np.uint8)
        mask = np.zeros((height, width), np.uint8)
        axes = (width // 2 - 1, height // 2 - 1)
        cv2.ellipse(mask, (width // 2, height // 2), axes, 0, 0, 360, 255, -1)
        middle = generator.uniform((0, 0), (WIDTH, HEIGHT))
        swing = generator.uniform(6, 30)
        path = middle + swing * _wandering(length, generator, 0.1, 0.5)
        return cls(picture, mask, path)

    def draw(self, frame: Image, t: int) -> None:
        """Lay it over ``frame``, as far as it is inside."""
        height, width = self.mask.shape
        left, top = np.rint(self.path[t] - (width / 2, height / 2)).astype(int).tolist()
        rows = slice(max(0, -top), max(0, min(height, HEIGHT - top)))
        columns = slice(max(0, -left), max(0, min(width, WIDTH - left)))
        target = frame[max(0, top) : max(0, top + height), max(0, left) : max(0, left + width)]
        inside = self.mask[rows, columns] > 0
        target[inside] = self.picture[rows, columns][inside]


def render(length: int, generator: np.random.Generator) -> Iterator[Image]:
    """Frames of one clip, one after the other: uint8 (240, 320, 3), blue first.

    Parameters
    ----------
    length : int
        Frames.
    generator : numpy.random.Generator
        Decides the place, the things in it, how they and the camera move, and the grain.
    """
    canvas = scenery.place(int(generator.integers(1, 9)), generator)
    canvas = cv2.resize(canvas, None, fx=_ENLARGED, fy=_ENLARGED, interpolation=cv2.INTER_LINEAR)
    room = np.array([canvas.shape[1] - WIDTH, canvas.shape[0] - HEIGHT])
    view = np.clip(room / 2 + _camera(length, generator), 0, room)
    things = [_Thing.sample(length, generator) for _ in range(int(generator.integers(1, 4)))]
    grain = np.rint(_GRAIN * generator.standard_normal((512, 640, 3), dtype=np.float32))
    grain = grain.astype(np.int16)
    for t in range(length):
        looking = np.array([[1, 0, -view[t, 0]], [0, 1, -view[t, 1]]])
        frame = cv2.warpAffine(canvas, looking, (WIDTH, HEIGHT), flags=cv2.INTER_LINEAR)
        for thing in things:
            thing.draw(frame, t)
        # The optics of a cheap camera, and what its sensor adds.
        frame = cv2.GaussianBlur(frame, (0, 0), 0.4)
        y, x = generator.integers(0, (512 - HEIGHT, 640 - WIDTH))
        speckle = np.ascontiguousarray(grain[y : y + HEIGHT, x : x + WIDTH])
        yield cv2.add(frame, speckle, dtype=cv2.CV_8U)
