"""One clip of the built-in data: actor, place and camera put together, frame by frame."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from har_lib import body, motion, scenery
from har_lib.errors import InputError
from har_lib.motion import ACTIONS
from har_lib.scenery import HEIGHT, MARGIN, WIDTH, Image

#: Number of groups, and of clips of each action in a group; both are numbered from 1.
GROUPS, CLIPS = len(scenery.PLACES), 3
#: Fewest and most frames of a clip.
SHORTEST, LONGEST = 48, 80

_SEED = 48047


@dataclass(frozen=True)
class Clip:
    """One rendered clip: BGR ``frames`` uint8 (T, H, W, 3), ``silhouettes`` bool (T, H, W)."""

    action: str
    group: int
    clip: int
    frames: Image
    silhouettes: NDArray[np.bool_]


@dataclass(frozen=True)
class _Camera:
    """A group's actor as the camera sees him (pixels), and the camera's own faults."""

    stature: float
    floor: float
    shake: float
    grain: float
    drift: float


def _generator(what: str, *numbers: int) -> np.random.Generator:
    """A generator of its own for each purpose and each clip, whoever asks first."""
    purposes = ("place", "body", "camera", "staging", "performance", "sensor")
    key = (purposes.index(what), *numbers)
    return np.random.default_rng(np.random.SeedSequence(_SEED, spawn_key=key))


def check(action: str, group: int, clip: int) -> None:
    """Raise InputError unless there is such a clip."""
    if action not in ACTIONS:
        raise InputError(f"unknown built-in action {action!r}: choose one of {', '.join(ACTIONS)}")
    for name, value, last in (("group", group, GROUPS), ("clip", clip, CLIPS)):
        if value not in range(1, last + 1):
            raise InputError(f"built-in {name} {value!r} does not exist: choose 1 to {last}")


def _camera(group: int) -> _Camera:
    low, high = (128, 211, 0.15, 1.4, 1.5), (152, 217, 0.40, 2.4, 4.0)
    return _Camera(*_generator("camera", group).uniform(low, high).tolist())


def _staging(group: int, clip: int) -> tuple[float, int, int]:
    """Where the mark is (pixels), which way the actor faces (+1, -1), how many frames."""
    generator = _generator("staging", group, clip)
    return (
        float(WIDTH / 2 + generator.uniform(-14, 14)),
        int(generator.choice((-1, 1))),
        int(generator.integers(SHORTEST, LONGEST + 1)),
    )


def _furnish(group: int, clip: int) -> Image:
    """The group's place with the stool where the clip has it, margin included."""
    camera, (mark, facing, _) = _camera(group), _staging(group, clip)
    canvas = scenery.place(group, _generator("place", group))
    seat = mark + facing * motion.SEAT_PLACE * camera.stature
    wood = scenery.bgr(("#8a5a35", "#5b6470", "#7a3f2f", "#4f6b57")[group % 4])
    scenery.stool(canvas, seat + MARGIN, camera.floor + MARGIN, camera.stature, wood)
    return canvas


def backdrop(group: int, clip: int) -> Image:
    """Place and furniture without actor, ball or noise, uint8 (240, 320, 3), BGR.

    The same for all actions, which is why it takes none.
    """
    check(ACTIONS[0], group, clip)
    return _furnish(group, clip)[MARGIN:-MARGIN, MARGIN:-MARGIN]


def _shadow(frame: Image, x: float, floor: float, stature: float) -> None:
    """Darken the floor under the actor, softly."""
    half, rise = 0.30 * stature, 0.045 * stature
    top, bottom = max(int(floor - 3 * rise), 0), min(int(floor + 3 * rise), HEIGHT)
    left, right = max(int(x - 2 * half), 0), min(int(x + 2 * half), WIDTH)
    rows = ((np.arange(top, bottom) - floor) / rise) ** 2
    columns = ((np.arange(left, right) - x) / half) ** 2
    dim = 1 - 0.42 * np.exp(-rows)[:, None] * np.exp(-2 * columns)[None]
    region = frame[top:bottom, left:right]
    region[:] = (region * dim.astype(np.float32)[..., None]).astype(np.uint8)


def _cloth(frame: Image, mask: Image, weave: NDArray[np.int16], anchor: Sequence[float]) -> None:
    """Roughen the clothes; the weave moves along with the pelvis (``anchor``, x and y)."""
    left, top, width, height = cv2.boundingRect(mask)
    if width == 0:
        return
    side = weave.shape[0]
    x, y = (round(start - at) % (side // 2) for start, at in zip((left, top), anchor, strict=True))
    part = np.s_[top : top + height, left : left + width]
    frame[part] = cv2.add(
        np.ascontiguousarray(frame[part]),
        np.ascontiguousarray(weave[y : y + height, x : x + width]),
        dst=np.ascontiguousarray(frame[part]),
        mask=np.ascontiguousarray(mask[part]),
        dtype=cv2.CV_8U,
    )


def render(action: str, group: int, clip: int) -> Clip:
    """Render one clip of the built-in data; the same bits every time.

    Parameters
    ----------
    action : str
        One of ``ACTIONS``.
    group, clip : int
        From 1 to ``GROUPS`` and ``CLIPS``.

    Raises
    ------
    InputError
        If there is no such action, group or clip.

    Examples
    --------
    >>> clip = render("Punch", group=2, clip=1)
    >>> clip.frames.shape[1:], clip.frames.dtype, clip.silhouettes.shape == clip.frames.shape[:3]
    ((240, 320, 3), dtype('uint8'), True)
    """
    check(action, group, clip)
    camera, (mark, facing, length) = _camera(group), _staging(group, clip)
    number = ACTIONS.index(action)
    canvas = _furnish(group, clip)
    figure = motion.Body.sample(_generator("body", group))
    acted = motion.perform(action, figure, _generator("performance", number, group, clip), length)
    sensor = _generator("sensor", number, group, clip)
    shake = np.stack([motion.sway(length, sensor, camera.shake) for _ in range(2)], axis=1)
    # The actor stands a little nearer than the furniture unless he uses it.
    nearer = 0.0 if acted.uses_furniture else 7.0
    origin = np.array([mark, camera.floor]) + shake
    person = body.Person(
        acted, body.LOOKS[group - 1], origin + np.array([0, nearer]), camera.stature, facing
    )
    balls = origin + acted.ball * (facing * camera.stature, -camera.stature)
    gain = 1 + motion.sway(length, sensor, camera.drift / 150)
    grain = np.rint(camera.grain * sensor.standard_normal((512, 640, 3), dtype=np.float32))
    grain = grain.astype(np.int16)
    weave = np.rint(5 * scenery.noise(_generator("body", group, 1), (512, 512), 4, 2))
    weave = np.repeat(weave[..., None], 3, axis=2).astype(np.int16)
    frames = np.empty((length, HEIGHT, WIDTH, 3), np.uint8)
    masks = np.zeros((length, HEIGHT, WIDTH), np.uint8)
    for t in range(length):
        view = np.array([[1, 0, shake[t, 0] - MARGIN], [0, 1, shake[t, 1] - MARGIN]])
        frame = cv2.warpAffine(canvas, view, (WIDTH, HEIGHT), flags=cv2.INTER_LINEAR)
        center = (float(balls[t, 0]), float(balls[t, 1]))
        _shadow(
            frame, float(person.joints["pelvis"][t, 0]), float(person.origin[t, 1]), camera.stature
        )
        if not acted.held[t]:
            scenery.ball(frame, center, camera.stature)
        person.draw(t, frame, masks[t], center if acted.held[t] else None)
        _cloth(frame, masks[t], weave, person.joints["pelvis"][t])
        y, x = sensor.integers(0, (512 - HEIGHT, 640 - WIDTH))
        lit = cv2.convertScaleAbs(frame, alpha=float(gain[t]))
        speckle = np.ascontiguousarray(grain[y : y + HEIGHT, x : x + WIDTH])
        frames[t] = cv2.add(lit, speckle, dtype=cv2.CV_8U)
    return Clip(action, group, clip, frames, masks > 127)
