"""The people of the built-in clips, drawn: limbs as tapered capsules, clothes, hair, a face.

A person is a list of layers from back to front; a layer is a set of shapes of one colour whose
rim, body and light are painted in three passes, so that a limb looks round and its joints show
no seam.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from har_lib.motion import Motion, Points
from har_lib.scenery import SHIFT, Color, Image, ball, bgr, fixed, shade

#: Passes: size relative to the shape, brightness, displacement towards the light (of a radius).
_PASSES = ((1.0, 0.78, 0.0), (0.80, 1.0, 0.10), (0.42, 1.12, 0.26))
#: Where the light comes from, in the image.
_LIGHT = np.array([-0.75, -0.45])
_ARC = 7


@dataclass(frozen=True)
class Look:
    """What a person wears. Colours are BGR; ``pattern`` is plain, stripes or band."""

    skin: Color
    hair: Color
    shirt: Color
    trousers: Color
    shoes: Color
    pattern: str
    accent: Color
    long_sleeves: bool
    long_hair: bool
    girth: float


def _look(colors: str, pattern: str, sleeves: str, hair: str, girth: float) -> Look:
    skin, mane, shirt, trousers, shoes, accent = (bgr(code) for code in colors.split())
    return Look(skin, mane, shirt, trousers, shoes, pattern, accent,
                sleeves == "long", hair == "long", girth)  # fmt: skip


#: One person for each group, dressed to stand out from the group's place.
#: Colours: skin, hair, shirt, trousers, shoes, accent; pattern, sleeves, hair, girth.
LOOKS: tuple[Look, ...] = (
    _look("#d9a184 #3a2a20 #2c4a80 #34353f #1d1d20 #e8e4d8", "plain", "long", "short", 1.0),
    _look("#8a5a3c #1b1614 #a92e35 #2b3a5c #e6e3dc #e9dccb", "stripes", "short", "short", 1.08),
    _look("#c98f6e #241c19 #eeebe0 #25272d #8b2f2a #355f93", "band", "short", "long", 0.94),
    _look("#6b4630 #15110f #1f5b47 #2a2a36 #dadada #e3c74c", "band", "short", "short", 1.12),
    _look("#e0ac8f #7a4b26 #7c2c4b #333a55 #23211f #d4a9b2", "stripes", "long", "long", 0.95),
    _look("#7b4f36 #191412 #13545f #43352f #2b2b2e #d8d2b8", "plain", "short", "short", 1.02),
    _look("#d39d7c #b98a4e #f3ecd0 #1f2531 #5a3a28 #a63d33", "stripes", "long", "short", 1.05),
    _look("#b67c58 #2b211c #27398a #4a3029 #ece8df #8fb1df", "stripes", "short", "long", 0.98),
)


@dataclass(frozen=True)
class Shape:
    """A tapered capsule from ``start`` to ``end`` (T, 2), radii in statures."""

    start: Points
    end: Points
    first: float
    second: float


@dataclass(frozen=True)
class Layer:
    """Shapes of one colour, painted together; ``solid`` ones belong to the silhouette."""

    color: Color
    shapes: tuple[Shape, ...]
    solid: bool = True


def capsules(shape: Shape, scale: float, grow: float, shift: float) -> NDArray[np.float64]:
    """Outlines (T, 2 * _ARC, 2) of a capsule in every frame, in pixels (y down).

    The outline is the convex hull of two circles: arcs joined by their outer tangents.
    """
    start, end = shape.start, shape.end
    first, second = shape.first * scale * grow, shape.second * scale * grow
    axis = end - start
    length = np.maximum(np.hypot(axis[:, 0], axis[:, 1]), 1e-6)
    angle = np.arctan2(axis[:, 1], axis[:, 0])[:, None]
    tangent = np.arccos(np.clip((first - second) / length, -1.0, 1.0))[:, None]
    steps = np.linspace(-1, 1, _ARC)
    arcs = []
    for center, radius, middle, half in (
        (end, second, angle, tangent),
        (start, first, angle + np.pi, np.pi - tangent),
    ):
        theta = middle + half * steps
        circle = np.stack([np.cos(theta), np.sin(theta)], axis=-1)
        moved = center + shift * scale * min(shape.first, shape.second) * _LIGHT
        arcs.append(moved[:, None] + radius * circle)
    return np.concatenate(arcs, axis=1)


class Person:
    """A motion in pixels and the layers that draw it.

    Parameters
    ----------
    motion
        Joint tracks in statures.
    look
        Clothes and colours.
    origin : array (T, 2)
        Image coordinates (x, y) of the mark between the feet, in pixels.
    stature : float
        Height in pixels.
    facing : int
        +1 looks to the right, -1 to the left (and mirrors a frontal view).
    """

    def __init__(
        self, motion: Motion, look: Look, origin: Points, stature: float, facing: int
    ) -> None:
        self.motion, self.look, self.stature, self.facing = motion, look, stature, facing
        self.origin = origin
        self._flip = np.array([facing * stature, -stature])
        self.joints = {name: origin + track * self._flip for name, track in motion.joints.items()}
        self.layers = [
            (layer, self._outlines(layer), self._colors(layer)) for layer in self._dress()
        ]

    def _outlines(self, layer: Layer) -> list[list[NDArray[np.int32]]]:
        return [
            [fixed(capsules(shape, self.stature, grow, shift)) for shape in layer.shapes]
            for grow, _, shift in _PASSES
        ]

    @staticmethod
    def _colors(layer: Layer) -> list[Color]:
        return [shade(layer.color, light) for _, light, _ in _PASSES]

    def _beside(self, name: str, forward: Points | float, up: Points | float) -> Points:
        """A point that keeps its place in the head's own frame, (T, 2)."""
        neck, head = self.joints["chest"], self.joints["head"]
        upward = (head - neck) / np.linalg.norm(head - neck, axis=1, keepdims=True)
        ahead = self.facing * np.stack([-upward[:, 1], upward[:, 0]], axis=1)
        return self.joints[name] + self.stature * (forward * ahead + up * upward)

    def _limb(self, side: str, first: str, second: str, start: float, end: float) -> Shape:
        joints, girth = self.joints, self.look.girth
        return Shape(joints[f"{first}_{side}"], joints[f"{second}_{side}"],
                     start * girth, end * girth)  # fmt: skip

    def _arm(self, side: str, light: float) -> Iterator[Layer]:
        look = self.look
        skin = shade(look.skin, light)
        shirt = shade(look.shirt, light)
        upper = self._limb(side, "shoulder", "elbow", 0.036, 0.028)
        fore = self._limb(side, "elbow", "wrist", 0.028, 0.020)
        hand = self._limb(side, "wrist", "finger", 0.021, 0.019)
        if look.long_sleeves:
            yield Layer(skin, (hand,))
            yield Layer(shirt, (upper, fore))
        else:
            sleeve = Shape(upper.start, upper.start + 0.6 * (upper.end - upper.start),
                           0.041 * look.girth, 0.038 * look.girth)  # fmt: skip
            yield Layer(skin, (upper, fore, hand))
            yield Layer(shirt, (sleeve,))

    def _leg(self, side: str, light: float) -> Iterator[Layer]:
        foot = self._limb(side, "heel", "toe", 0.021, 0.015)
        thigh = self._limb(side, "hip", "knee", 0.062, 0.043)
        shank = self._limb(side, "knee", "ankle", 0.042, 0.028)
        yield Layer(shade(self.look.shoes, light), (foot,))
        yield Layer(shade(self.look.trousers, light), (thigh, shank))

    def _torso(self) -> Iterator[Layer]:
        joints, look = self.joints, self.look
        pelvis, chest, girth = joints["pelvis"], joints["chest"], look.girth
        if self.motion.view == "frontal":
            waist = Shape(pelvis, pelvis, 0.068 * girth, 0.068 * girth)
            yield Layer(look.trousers, (Shape(joints["hip_near"], joints["hip_far"],
                                              0.058 * girth, 0.058 * girth), waist))  # fmt: skip
            low = pelvis + 0.1 * (chest - pelvis)
            sides = [
                Shape(low + 0.55 * (joints[f"shoulder_{side}"] - chest),
                      chest + 0.72 * (joints[f"shoulder_{side}"] - chest) - 0.12 * (chest - low),
                      0.050 * girth, 0.064 * girth)
                for side in ("far", "near")
            ]  # fmt: skip
            yoke = Shape(joints["shoulder_far"], joints["shoulder_near"], 0.036, 0.036)
            middle = Shape(low, chest - 0.12 * (chest - low), 0.075 * girth, 0.085 * girth)
            yield Layer(look.shirt, (*sides, yoke, middle))
            half, across = 0.108, joints["shoulder_near"] - joints["shoulder_far"]
            across = across / np.linalg.norm(across, axis=1, keepdims=True)
        else:
            yield Layer(look.trousers, (Shape(pelvis, pelvis, 0.069 * girth, 0.069 * girth),))
            low = pelvis + 0.12 * (chest - pelvis)
            top = chest - 0.12 * (chest - pelvis)
            yield Layer(look.shirt, (Shape(low, top, 0.066 * girth, 0.077 * girth),))
            upward = (chest - pelvis) / np.linalg.norm(chest - pelvis, axis=1, keepdims=True)
            half, across = 0.060 * girth, np.stack([-upward[:, 1], upward[:, 0]], axis=1)
        heights = {"plain": (), "band": (0.55,), "stripes": (0.16, 0.36, 0.56, 0.76)}[look.pattern]
        width = 0.024 if look.pattern == "band" else 0.009
        bands = tuple(
            Shape(low + u * (chest - low) - half * self.stature * across,
                  low + u * (chest - low) + half * self.stature * across, width, width)
            for u in heights
        )  # fmt: skip
        yield Layer(look.accent, bands)

    def _head(self) -> Iterator[Layer]:
        look, at = self.look, self._beside
        yield Layer(look.skin, (Shape(self.joints["chest"], at("head", 0, -0.02), 0.034, 0.030),))
        dark = shade(look.skin, 0.45)
        if self.motion.view == "frontal":
            hair = [Shape(at("head", -0.008, 0.014), at("head", 0.008, 0.014), 0.056, 0.056)]
            if look.long_hair:
                hair += [Shape(at("head", s, 0.0), at("head", 1.15 * s, -0.075), 0.022, 0.018)
                         for s in (-0.042, 0.042)]  # fmt: skip
            yield Layer(look.hair, tuple(hair))
            yield Layer(
                look.skin, (Shape(at("head", 0, -0.004), at("head", 0, -0.032), 0.045, 0.032),)
            )
            eyes = [Shape(at("head", s, 0), at("head", s, 0.001), 0.0052, 0.0052)
                    for s in (-0.019, 0.019)]  # fmt: skip
            yield Layer(dark, tuple(eyes), solid=False)
            mouth = Shape(at("head", -0.009, -0.036), at("head", 0.009, -0.036), 0.0025, 0.0025)
            lips = shade(look.skin, 0.78)
            yield Layer(lips, (mouth,), solid=False)
        else:
            back = [Shape(at("head", -0.014, 0.012), at("head", 0.006, 0.020), 0.053, 0.050)]
            if look.long_hair:
                back.append(
                    Shape(at("head", -0.038, 0.0), at("head", -0.048, -0.080), 0.028, 0.018)
                )
            yield Layer(look.hair, tuple(back))
            face = Shape(at("head", 0.014, -0.002), at("head", 0.024, -0.036), 0.043, 0.026)
            nose = Shape(at("head", 0.050, 0.0), at("head", 0.060, -0.010), 0.007, 0.009)
            yield Layer(look.skin, (face, nose))
            fringe = Shape(at("head", -0.030, 0.036), at("head", 0.026, 0.043), 0.026, 0.018)
            side = Shape(at("head", -0.034, 0.020), at("head", -0.026, -0.012), 0.026, 0.020)
            yield Layer(look.hair, (fringe, side))
            ear = Shape(at("head", -0.006, -0.006), at("head", -0.005, -0.014), 0.011, 0.009)
            yield Layer(shade(look.skin, 0.92), (ear,))
            eye = Shape(at("head", 0.040, 0.004), at("head", 0.040, 0.006), 0.006, 0.006)
            yield Layer(dark, (eye,), solid=False)

    def _dress(self) -> list[Layer]:
        """All layers from back to front; the last two of a side view are the near arm."""
        far = 1.0 if self.motion.view == "frontal" else 0.74
        layers = [*self._leg("far", far), *self._leg("near", 1.0)]
        if self.motion.view == "frontal":
            layers += [*self._torso(), *self._head(), *self._arm("far", 1.0)]
        else:
            layers = [*self._arm("far", far), *layers, *self._torso(), *self._head()]
        return [*layers, *self._arm("near", 1.0)]

    def draw(
        self, frame: int, canvas: Image, mask: Image, held: tuple[float, float] | None
    ) -> None:
        """Paint one frame onto ``canvas`` (BGR) and 255 onto ``mask`` where the person is.

        ``held`` is the centre of a ball in the hands; it is drawn behind the near arm and, since
        it moves with the person, belongs to the silhouette.
        """
        for number, (layer, outlines, colors) in enumerate(self.layers):
            if held is not None and number == len(self.layers) - 2:
                ball(canvas, held, self.stature)
                ball(mask, held, self.stature, 255.0)
            for shapes, color in zip(outlines, colors, strict=True):
                for outline in shapes:
                    cv2.fillConvexPoly(canvas, outline[frame], color, cv2.LINE_AA, SHIFT)
            if layer.solid:
                for outline in outlines[0]:
                    cv2.fillConvexPoly(mask, outline[frame], 255.0, cv2.LINE_AA, SHIFT)
