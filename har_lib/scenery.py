"""Backgrounds of the built-in clips: eight painted places, their furniture and their light.

Everything is drawn from arithmetic and seeded noise; no picture is loaded. Colours are BGR, as
OpenCV keeps them. A canvas is wider than a frame by ``MARGIN`` on each side, so that a shaking
camera always finds something to see.
"""

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from har_lib.motion import BALL_RADIUS, SEAT_HEIGHT

WIDTH, HEIGHT, MARGIN = 320, 240, 8
#: Row of the canvas where wall meets floor, or land meets sky.
HORIZON = 152 + MARGIN
#: Sub-pixel bits of OpenCV's drawing functions: coordinates are given in 1/16 pixel.
SHIFT = 4

Image = NDArray[Any]  # uint8; OpenCV's own annotations say no more
Color = tuple[float, float, float]


def bgr(code: str) -> Color:
    """Turn ``"#rrggbb"`` into blue, green, red.

    Examples
    --------
    >>> bgr("#ff8000")
    (0.0, 128.0, 255.0)
    """
    red, green, blue = (float(int(code[i : i + 2], 16)) for i in (1, 3, 5))
    return blue, green, red


def shade(color: Color, light: float) -> Color:
    """Make a colour lighter or darker by a factor; 255 is the brightest."""
    blue, green, red = (min(light * value, 255.0) for value in color)
    return blue, green, red


def fixed(points: Any) -> NDArray[np.int32]:
    """Pixel coordinates as the fixed-point integers that OpenCV draws with."""
    return np.rint(np.asarray(points, dtype=np.float64) * (1 << SHIFT)).astype(np.int32)


def polygon(canvas: Image, points: Any, color: Color) -> None:
    """Fill a polygon (N, 2), smoothed at its edge."""
    cv2.fillPoly(canvas, [fixed(points)], color, cv2.LINE_AA, SHIFT)


def box(canvas: Image, left: float, top: float, right: float, bottom: float, color: Color) -> None:
    """Fill a rectangle with smoothed edges."""
    polygon(canvas, [(left, top), (right, top), (right, bottom), (left, bottom)], color)


def noise(
    generator: np.random.Generator, shape: tuple[int, int], scale: float, octaves: int = 4
) -> NDArray[np.float32]:
    """Cloud-like noise of unit standard deviation, its largest features ``scale`` pixels."""
    total = np.zeros(shape, dtype=np.float32)
    for octave in range(octaves):
        step = max(scale / 2**octave, 1.0)
        coarse = tuple(int(np.ceil(side / step)) + 3 for side in shape)
        layer = generator.standard_normal(coarse, dtype=np.float32)
        grown = cv2.resize(layer, None, fx=step, fy=step, interpolation=cv2.INTER_CUBIC)
        total += grown[: shape[0], : shape[1]] * 0.6**octave
    return (total - total.mean()) / total.std()


def roughen(region: Image, texture: NDArray[Any], strength: float) -> None:
    """Brighten and darken ``region`` in place by ``strength`` gray levels times the texture."""
    region[:] = np.clip(region + strength * texture[..., None], 0, 255).astype(np.uint8)


def gradient(region: Image, top: Color, bottom: Color) -> None:
    """Fill ``region`` in place with a vertical blend of two colours."""
    ramp = np.linspace(0, 1, region.shape[0])[:, None, None]
    region[:] = (np.array(top) * (1 - ramp) + np.array(bottom) * ramp).astype(np.uint8)


class Painter:
    """One canvas, its generator and the brushes the places share."""

    def __init__(self, generator: np.random.Generator) -> None:
        self.generator = generator
        self.canvas: Image = np.zeros((HEIGHT + 2 * MARGIN, WIDTH + 2 * MARGIN, 3), np.uint8)
        self.wall, self.floor = self.canvas[:HORIZON], self.canvas[HORIZON:]

    def texture(self, region: Image, scale: float, strength: float, stretch: float = 1.0) -> None:
        """Roughen ``region``; ``stretch`` above 1 draws the texture out sideways."""
        rows, columns = region.shape[:2]
        grain = noise(self.generator, (rows, int(columns / stretch) + 2), scale)
        roughen(region, cv2.resize(grain, (columns, rows)), strength)

    def planks(self, color: Color, strength: float = 7.0) -> None:
        """Floor boards running away from the viewer."""
        gradient(self.floor, shade(color, 0.82), color)
        middle, bottom = self.canvas.shape[1] / 2, self.canvas.shape[0]
        for start in np.arange(-420.0, 760.0, 46.0):
            far, near = ((middle + (start + w - middle) * f) for w, f in ((0, 0.55), (0, 1.0)))
            far2, near2 = ((middle + (start + 45 - middle) * f) for f in (0.55, 1.0))
            tone = 1 + self.generator.uniform(-0.07, 0.07)
            corners = [(far, HORIZON), (far2, HORIZON), (near2, bottom), (near, bottom)]
            polygon(self.canvas, corners, shade(color, 0.9 * tone))
        self.texture(self.floor, 10, strength, stretch=2)

    def floor_tiles(self, color: Color, other: Color) -> None:
        """Checkered tiles in perspective."""
        edges = HORIZON + (self.canvas.shape[0] - HORIZON) * np.array([0, 0.16, 0.38, 0.66, 1.02])
        middle = self.canvas.shape[1] / 2
        for row in range(4):
            top, bottom = edges[row], edges[row + 1]
            wide = [0.55 + 0.45 * (y - HORIZON) / (edges[-1] - HORIZON) for y in (top, bottom)]
            for index in range(-6, 7):
                left, right = index * 56.0, (index + 1) * 56.0
                corners = [
                    (middle + left * wide[0], top),
                    (middle + right * wide[0], top),
                    (middle + right * wide[1], bottom),
                    (middle + left * wide[1], bottom),
                ]
                polygon(self.canvas, corners, color if (row + index) % 2 else other)
        self.texture(self.floor, 8, 4)

    def skirting(self, color: Color) -> None:
        """A board along the foot of the wall, and the shade beneath it."""
        right = self.canvas.shape[1]
        box(self.canvas, 0, HORIZON - 9, right, HORIZON - 1, color)
        box(self.canvas, 0, HORIZON - 1, right, HORIZON + 1.5, (40, 44, 48))

    def window(self, left: float, top: float, width: float, height: float, frame: Color) -> None:
        """A window with a view of the sky."""
        box(self.canvas, left - 5, top - 5, left + width + 5, top + height + 6, frame)
        view = self.canvas[int(top) : int(top + height), int(left) : int(left + width)]
        gradient(view, bgr("#8fb7dd"), bgr("#dfe8ea"))
        self.texture(view, 20, 7)
        box(self.canvas, left + width / 2 - 1.5, top, left + width / 2 + 1.5, top + height, frame)
        box(self.canvas, left, top + height / 2 - 1.5, left + width, top + height / 2 + 1.5, frame)

    def picture(self, left: float, top: float, width: float, height: float) -> None:
        """A framed abstract painting."""
        box(self.canvas, left - 4, top - 4, left + width + 4, top + height + 4, bgr("#5b4630"))
        box(self.canvas, left - 2, top - 2, left + width + 2, top + height + 2, bgr("#efe9da"))
        view = self.canvas[int(top) : int(top + height), int(left) : int(left + width)]
        gradient(view, bgr("#7fa3a8"), bgr("#c98f5a"))
        self.texture(view, 14, 22)

    def tree(self, x: float, base: float, height: float, color: Color) -> None:
        """A trunk and a crown of many leafy discs."""
        trunk = height * 0.045
        corners = [(x - trunk, base), (x - trunk * 0.6, base - 0.6 * height)]
        polygon(self.canvas, [*corners, (x + trunk * 0.6, base - 0.6 * height), (x + trunk, base)],
                bgr("#5a4634"))  # fmt: skip
        for _ in range(70):
            angle, radius = self.generator.uniform(0, 2 * np.pi), self.generator.uniform() ** 0.6
            place = (x + 0.30 * height * radius * np.cos(angle),
                     base - 0.68 * height + 0.30 * height * radius * np.sin(angle))  # fmt: skip
            light = self.generator.uniform(0.8, 1.1) - 0.18 * np.sin(angle) * radius
            leaf = int(16 * height * self.generator.uniform(0.05, 0.09))
            cv2.circle(self.canvas, fixed(place).tolist(), leaf,
                       shade(color, light), -1, cv2.LINE_AA, SHIFT)  # fmt: skip

    def sky(self, top: str, bottom: str) -> None:
        """Blue with soft clouds."""
        gradient(self.wall, bgr(top), bgr(bottom))
        clouds = np.clip(noise(self.generator, self.wall.shape[:2], 70), 0, 2.5)
        roughen(self.wall, clouds, 11)

    def grass(self, top: str, bottom: str) -> None:
        """A lawn with blades that grow larger towards the viewer."""
        gradient(self.floor, bgr(top), bgr(bottom))
        self.texture(self.floor, 26, 6, stretch=2)
        rows, columns = self.floor.shape[:2]
        for _ in range(900):
            depth = self.generator.uniform()
            x, y = self.generator.uniform(0, columns), HORIZON + depth * rows
            tip = (x + self.generator.uniform(-1.5, 1.5), y - 1.5 - 4 * depth)
            color = shade(bgr(bottom), self.generator.uniform(0.78, 1.2))
            cv2.line(self.canvas, fixed((x, y)).tolist(), fixed(tip).tolist(), color, 1,
                     cv2.LINE_AA, SHIFT)  # fmt: skip


def living_room(paint: Painter) -> None:
    """Striped wallpaper, a picture, a window, wooden floor."""
    gradient(paint.wall, bgr("#d9cfb4"), bgr("#cdbf9e"))
    for x in range(0, paint.canvas.shape[1], 24):
        box(paint.canvas, x, 0, x + 11, HORIZON, bgr("#cbbd98"))
    paint.texture(paint.wall, 5, 3.0)
    paint.window(30, 26, 62, 78, bgr("#f3f0e8"))
    paint.picture(246, 34, 58, 42)
    paint.planks(bgr("#a9784c"))
    paint.skirting(bgr("#efe9dc"))


def park(paint: Painter) -> None:
    """Trees on a lawn under clouds, with a gravel path."""
    paint.sky("#7fb0de", "#d5e6ee")
    hills = noise(paint.generator, (1, paint.canvas.shape[1]), 90, 2)[0]
    ridge = [(x, HORIZON - 22 - 7 * float(h)) for x, h in enumerate(hills)]
    right = paint.canvas.shape[1]
    polygon(paint.canvas, [(0, HORIZON), *ridge, (right, HORIZON)], bgr("#9db58d"))
    paint.grass("#9cb866", "#7da04b")
    for x, height in ((42, 118), (118, 74), (226, 80), (300, 128)):
        paint.tree(x, HORIZON + 5, height, bgr("#87a860"))
    path = [(0, 214), (right, 204), (right, 240), (0, 250)]
    polygon(paint.canvas, path, bgr("#cdbf9f"))
    paint.texture(paint.canvas[205:], 4, 6)


def brick_street(paint: Painter) -> None:
    """A brick wall above a pavement."""
    paint.wall[:] = bgr("#b9ab9b")
    for row, y in enumerate(range(-2, HORIZON, 11)):
        for x in range(-30 + 13 * (row % 2), paint.canvas.shape[1], 26):
            tone = paint.generator.uniform(0.86, 1.1)
            color = shade(bgr("#b5765c"), tone)
            box(paint.canvas, x, y, x + 24.3, y + 9.3, color)
    paint.texture(paint.wall, 5, 5)
    paint.window(212, 22, 70, 76, bgr("#e9e4d8"))
    paint.floor[:] = bgr("#aeb0b0")
    middle = paint.canvas.shape[1] / 2
    for joint in np.arange(-400.0, 760.0, 62.0):
        ends = [(middle + (joint - middle) * 0.6, HORIZON), (joint, paint.canvas.shape[0])]
        cv2.line(paint.canvas, fixed(ends[0]).tolist(), fixed(ends[1]).tolist(),
                 bgr("#86898a"), 1, cv2.LINE_AA, SHIFT)  # fmt: skip
    box(paint.canvas, 0, 196, paint.canvas.shape[1], 197.2, bgr("#86898a"))
    paint.texture(paint.floor, 4, 6)
    box(paint.canvas, 0, HORIZON - 1, paint.canvas.shape[1], HORIZON + 2, bgr("#6a5f58"))


def gymnasium(paint: Painter) -> None:
    """A two-coloured wall, wall bars and a court with lines."""
    gradient(paint.wall, bgr("#dfe3e2"), bgr("#cfd6d8"))
    box(paint.canvas, 0, 104, paint.canvas.shape[1], HORIZON, bgr("#9fc0c9"))
    box(paint.canvas, 0, 101, paint.canvas.shape[1], 105, bgr("#5d7f8d"))
    paint.texture(paint.wall, 7, 2.5)
    for left in (18, 76, 262):
        for x in (left, left + 50):
            box(paint.canvas, x, 12, x + 4, HORIZON, bgr("#a97c4a"))
        for y in range(18, HORIZON - 6, 12):
            box(paint.canvas, left, y, left + 52, y + 4, bgr("#d2a468"))
    paint.planks(bgr("#d7a565"), 4)
    for points in ([(0, 186), (336, 178)], [(96, HORIZON), (20, 256)]):
        start, end = fixed(points).tolist()
        cv2.line(paint.canvas, start, end, bgr("#3f69a8"), 3, cv2.LINE_AA, SHIFT)
    paint.skirting(bgr("#7b5b39"))


def tiled_hall(paint: Painter) -> None:
    """Small wall tiles above checkered floor tiles."""
    paint.wall[:] = bgr("#aab4ad")
    for y in range(-4, HORIZON, 17):
        for x in range(-6, paint.canvas.shape[1], 17):
            tone = paint.generator.uniform(0.94, 1.04)
            base = "#4f8f8a" if 96 < y < 110 else "#d7ded6"
            color = shade(bgr(base), tone)
            box(paint.canvas, x, y, x + 15.6, y + 15.6, color)
    paint.texture(paint.wall, 40, 5)
    paint.floor_tiles(bgr("#c9c3b4"), bgr("#8d8f8a"))
    paint.skirting(bgr("#6f8480"))


def beach(paint: Painter) -> None:
    """Sea and sand."""
    paint.sky("#8bbbe2", "#f0ead9")
    sea = paint.canvas[112:HORIZON]
    gradient(sea, bgr("#5c9bb0"), bgr("#8fc4c0"))
    paint.texture(sea, 6, 8, stretch=6)
    gradient(paint.floor, bgr("#dcc79a"), bgr("#e6d5ad"))
    paint.texture(paint.floor, 34, 6, stretch=3)
    paint.texture(paint.floor, 3, 5)
    edge = noise(paint.generator, (1, paint.canvas.shape[1]), 60, 2)[0]
    foam = [(x, HORIZON + 1 + 1.5 * float(h)) for x, h in enumerate(edge)]
    back = [(x, y - 5) for x, y in reversed(foam)]
    polygon(paint.canvas, [*foam, *back], bgr("#f2f2ea"))


def library(paint: Painter) -> None:
    """Shelves of books and a carpet."""
    paint.wall[:] = bgr("#b08d63")
    covers = ("#b96b5b", "#7d9c84", "#c7a45e", "#7c8fb0", "#d8cfbb", "#97788f", "#c98d5d")
    for shelf in range(-14, HORIZON - 20, 42):
        box(paint.canvas, 0, shelf, paint.canvas.shape[1], shelf + 37, bgr("#6b5137"))
        x = 4.0
        while x < paint.canvas.shape[1]:
            width, height = paint.generator.uniform((5, 24), (11, 34))
            tone = paint.generator.uniform(0.85, 1.1)
            cover = bgr(covers[int(paint.generator.integers(len(covers)))])
            color = shade(cover, tone)
            box(paint.canvas, x, shelf + 37 - height, x + width - 0.8, shelf + 37, color)
            x += float(width)
    for x in (84, 186, 288):
        box(paint.canvas, x, 0, x + 6, HORIZON, bgr("#c09a6c"))
    paint.texture(paint.wall, 4, 3)
    gradient(paint.floor, bgr("#8f8f9c"), bgr("#a3a2ae"))
    paint.texture(paint.floor, 3, 6)
    paint.skirting(bgr("#8a6b46"))


def garden(paint: Painter) -> None:
    """A wooden fence, a bush at either side, a lawn."""
    paint.sky("#9cc3e4", "#e4edf0")
    for x in range(-6, paint.canvas.shape[1], 19):
        tone = paint.generator.uniform(0.93, 1.07)
        color = shade(bgr("#c8b08a"), tone)
        slat = [(x, HORIZON + 4), (x, 58), (x + 8.5, 50), (x + 17, 58), (x + 17, HORIZON + 4)]
        polygon(paint.canvas, slat, color)
    paint.texture(paint.canvas[50:HORIZON], 22, 6)
    for y in (78, 132):
        box(paint.canvas, 0, y, paint.canvas.shape[1], y + 6, bgr("#a98f68"))
    paint.grass("#a2bf74", "#84a855")
    for x in (24, 312):
        paint.tree(x, HORIZON + 30, 96, bgr("#7d9a5a"))


#: One place for each group.
PLACES: tuple[Callable[[Painter], None], ...] = (
    living_room, park, brick_street, gymnasium, tiled_hall, beach, library, garden,
)  # fmt: skip


def place(group: int, generator: np.random.Generator) -> Image:
    """Paint the place of a group (from 1), uint8 (H + 2 MARGIN, W + 2 MARGIN, 3), BGR."""
    paint = Painter(generator)
    PLACES[(group - 1) % len(PLACES)](paint)
    return paint.canvas


def stool(canvas: Image, x: float, floor: float, stature: float, color: Color) -> None:
    """Stand a stool at ``x`` (pixels); its seat is ``SEAT_HEIGHT`` of ``stature`` high."""
    half, top = 0.115 * stature, floor - SEAT_HEIGHT * stature
    dark = shade(color, 0.62)
    dim = cv2.GaussianBlur(
        cv2.ellipse(np.zeros(canvas.shape[:2], np.float32), (round(x), round(floor)),
                    (round(1.25 * half), 5), 0, 0, 360, 0.4, -1), (0, 0), 3)  # fmt: skip
    canvas[:] = (canvas * (1 - dim[..., None])).astype(np.uint8)
    for foot, head, width in (
        (-0.8, -0.6, 2.4),
        (0.8, 0.6, 2.4),
        (-0.35, -0.3, 2.0),
        (0.45, 0.3, 2.0),
    ):
        bottom = floor + (2.0 if abs(foot) > 0.5 else -3.0)
        leg = [(x + head * half - width, top), (x + head * half + width, top),
               (x + foot * half + width, bottom), (x + foot * half - width, bottom)]  # fmt: skip
        polygon(canvas, leg, dark)
    box(canvas, x - half, top - 2, x + half, top + 6, dark)
    box(canvas, x - half, top - 4, x + half, top + 2, color)


def ball(
    canvas: Image, center: tuple[float, float], stature: float, mask: float | None = None
) -> None:
    """Draw the ball, lit from the upper left; with ``mask``, its outline filled with that value."""
    radius = BALL_RADIUS * stature
    for size, offset, color in (
        (1.0, 0.0, "#a04a1c"),
        (0.86, 0.1, "#c9642a"),
        (0.45, 0.3, "#e2925a"),
    ):
        spot = fixed((center[0] - offset * radius, center[1] - offset * radius)).tolist()
        paint = bgr(color) if mask is None else mask
        cv2.circle(canvas, spot, round(size * radius * (1 << SHIFT)), paint, -1, cv2.LINE_AA, SHIFT)
