"""A clip again, with what a model sees in it: an annotated video, drawn frame by frame.

The numbers come from `har_lib.sight`, the still parts from `har_lib.plots_clip`; here they are
laid over the clip's own frames, in colour and at their own size, which are never held.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import cv2
import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from tqdm.auto import tqdm

from har_lib import movie, plots, plots_clip, video
from har_lib.features import COVERAGE, SHAPE
from har_lib.plots_clip import COLORS, Layout, Place
from har_lib.sight import Sight

#: Width and height of the video, pixels: what projectors and slides are made for.
SIZE = (1280, 720)
#: Most key frames shown small, and most actions shown as bars.
THUMBNAILS, ACTIONS = 12, 5

_MARGIN, _GAP = 34, 44
_TOP, _HIGH = 62, 424
#: The widest picture that leaves room for the panel, and the widest panel.
_WIDE, _PANEL = 754, 560
_THUMB_TOP, _THUMB_HIGH = 540, 62
_TIME_TOP, _TIME_HIGH = 622, 62
_TIME_LEFT = 62
#: Width of the frame around a key frame.
_BORDER = 8


def layout(width: int, height: int, key_frames: np.ndarray, length: int) -> Layout:
    """Where things stand for a clip of ``length`` frames of ``width`` x ``height`` pixels.

    ``key_frames`` are those with a thumbnail. A thumbnail stands above its time as far as its
    neighbours let it.

    Examples
    --------
    >>> layout(320, 240, np.array([0, 9]), 50).picture
    (55, 62, 565, 424)
    """
    scale = min(_WIDE / width, _HIGH / height)
    wide, high = max(1, round(width * scale)), max(1, round(height * scale))
    room = SIZE[0] - 2 * _MARGIN
    beside = min(_PANEL, room - wide - _GAP)
    # A narrow picture and its panel stand together in the middle.
    left = _MARGIN + (room - wide - _GAP - beside) // 2
    top = _TOP + (_HIGH - high) // 2
    timeline = _TIME_LEFT, _TIME_TOP, SIZE[0] - _TIME_LEFT - _MARGIN, _TIME_HIGH
    return Layout(
        SIZE,
        (left, top, wide, high),
        (left + wide + _GAP, _TOP - 34, beside, _HIGH + 34),
        _thumbnails(width / height, key_frames, length, timeline),
        timeline,
    )


def _thumbnails(
    ratio: float, key_frames: np.ndarray, length: int, timeline: Place
) -> tuple[Place, ...]:
    space = 6
    left, right = _MARGIN, SIZE[0] - _MARGIN
    wide = max(8, min(round(_THUMB_HIGH * ratio), (right - left) // len(key_frames) - space))
    high = min(_THUMB_HIGH, round(wide / ratio))
    ideal = [timeline[0] + timeline[2] * j / (length - 1) - wide / 2 for j in key_frames]
    # Those that would overlap are moved to the right, or to the left: in between is fair.
    rightwards = _apart(_apart(ideal, wide + space, left), wide + space, right - wide, -1)
    leftwards = _apart(_apart(ideal, wide + space, right - wide, -1), wide + space, left)
    starts = [round((a + b) / 2) for a, b in zip(rightwards, leftwards, strict=True)]
    return tuple((start, _THUMB_TOP + _THUMB_HIGH - high, wide, high) for start in starts)


def _apart(places: list[float], pitch: float, end: float, way: int = 1) -> list[float]:
    """Move places, in order, away from ``end`` until neighbours are ``pitch`` apart.

    ``way`` 1 moves them to the right, -1 to the left.

    Examples
    --------
    >>> _apart([0, 1, 9], 3, 1), _apart([0, 1, 9], 3, 7, -1)
    ([1, 4, 9], [-2, 1, 7])
    >>> _apart([6, 7], 3, 7, -1)
    [4, 7]
    """
    moved: list[float] = []
    for place in places[::way]:
        nearest = moved[-1] + way * pitch if moved else end
        moved.append(max(place, nearest) if way > 0 else min(place, nearest))
    return moved[::way]


def _still(draw: Callable[[], Figure]) -> np.ndarray:
    """A figure in the suite's look as a picture, uint8 (H, W, 3), blue first."""
    with mpl.rc_context():
        plots.use_style()
        canvas = FigureCanvasAgg(draw())
        canvas.draw()
    return np.ascontiguousarray(np.asarray(canvas.buffer_rgba())[..., 2::-1])


def _bgr(name: str) -> np.ndarray:
    return np.array(to_rgb(COLORS[name])[::-1]) * 255


def _blend(picture: np.ndarray, color: np.ndarray, share: np.ndarray) -> None:
    """Lay a colour over a picture, in place, as strongly as ``share``, uint8 (H, W), says."""
    rows, columns = np.flatnonzero(share.any(axis=1)), np.flatnonzero(share.any(axis=0))
    if len(rows) == 0:
        return
    box = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    weight = share[box][..., None].astype(np.float32) / 255
    picture[box] = np.rint(picture[box] * (1 - weight) + color.astype(np.float32) * weight)


#: Lines are drawn on a dark edge, so that they are seen on any picture.
_EDGE = np.zeros(3)
#: Bits of a fraction of a pixel in OpenCV's coordinates.
_FRACTION = 4


class Annotator:
    """Draws what a model sees over the frames of a clip, one after the other.

    Parameters
    ----------
    sight : Sight
    name : str
        What stands above the picture.
    width, height : int
        Of the clip's frames, pixels.
    rate : float
        Frames per second.
    """

    def __init__(self, sight: Sight, name: str, width: int, height: int, rate: float) -> None:
        self.sight, self._rate = sight, rate
        self._keys = sight.found.keyframes
        self._shown = sight.key_frames(THUMBNAILS)
        self.layout = layout(width, height, self._keys[self._shown], len(sight.frames))
        # Lengths in pixels of the picture for one of a frame at the working size.
        self._scale = np.array(self.layout.picture[2:]) / sight.masks.shape[:0:-1]
        self._canvas = _still(
            lambda: plots_clip.backdrop(
                self.layout,
                _shortened(name, 60),
                sight.curve,
                sight.threshold,
                self._keys.tolist(),
                self._shown.tolist(),
                rate,
            )
        )
        self._read = -1

    def draw(self, number: int, frame: np.ndarray) -> np.ndarray:
        """The annotated picture of a frame; frames are to come in order.

        Parameters
        ----------
        number : int
            From 0.
        frame : ndarray, uint8 (H, W, 3), blue first

        Returns
        -------
        ndarray, uint8 (720, 1280, 3), blue first
        """
        read = int(np.searchsorted(self._keys, number, side="right"))
        if read != self._read:
            self._read = read
            _paste(self._canvas, self.layout.panel, self._panel(read))
        picture = self._overlaid(number, frame)
        if number in self._keys[self._shown]:
            place = self.layout.thumbnails[[*self._keys[self._shown]].index(number)]
            small = cv2.resize(picture, place[2:], interpolation=cv2.INTER_AREA)
            _paste(self._canvas, place, small)
        canvas = self._canvas.copy()
        self._border(canvas, number)
        _paste(canvas, self.layout.picture, picture)
        self._playhead(canvas, number)
        return canvas

    def _panel(self, read: int) -> np.ndarray:
        sight, count = self.sight, len(self._keys)
        final = dict([*sight.probabilities.items()][:ACTIONS])
        now = sight.after(read)
        grid, numbers = (
            np.zeros((4, 4)),
            dict.fromkeys(("shape", "interest points", "coverage"), ""),
        )
        heading = "before the first key frame"
        if read:
            vector, frame = sight.found.vectors[read - 1], int(self._keys[read - 1])
            heading = f"after key frame {read} of {count}"
            order = "F" if sight.config.grid.order == "columns" else "C"
            grid = vector[SHAPE].reshape(4, 4, order=order)
            first, second = vector[COVERAGE].tolist()
            numbers = {
                f"key frame {read}": f"at {frame / self._rate:.2f} s",
                "shape": f"{float(grid.sum()):.3g} of 16 cells",
                "interest points": str(len(sight.marks(frame))),
                "coverage": f"{first:.3g} × {second:.3g}",
            }
        return _still(
            lambda: plots_clip.panel(
                self.layout.panel[2:],
                {name: now[name] for name in final},
                final,
                len(now) - len(final),
                heading,
                grid,
                numbers,
            )
        )

    def _overlaid(self, number: int, frame: np.ndarray) -> np.ndarray:
        """The clip's frame at its place's size, with silhouette, coverage and points."""
        size = self.layout.picture[2:]
        larger = size[0] > frame.shape[1]
        picture = cv2.resize(
            frame, size, interpolation=cv2.INTER_CUBIC if larger else cv2.INTER_AREA
        )
        mask = self.sight.masks[number].astype(np.float32)
        smooth = cv2.resize(mask, size, interpolation=cv2.INTER_LINEAR) > 0.5
        outlines, _ = cv2.findContours(
            smooth.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE
        )
        lines = [(self._lines(outlines, width), color) for width, color in self._inks("silhouette")]
        box = self.sight.box(number)
        if box is not None:
            left, top, wide, high = box
            corners = self._at(np.array([[left, top], [left + wide, top + high]]))
            (x0, y0), (x1, y1) = corners
            around = np.rint([[x0, y0], [x1, y0], [x1, y1], [x0, y1]]).astype(np.int32)[:, None]
            lines += [(self._lines([around], width), ink) for width, ink in self._inks("coverage")]
        lines += [
            (self._rings(self.sight.marks(number), width), color)
            for width, color in self._inks("interest points")
        ]
        for share, color in lines:
            _blend(picture, color, share)
        return picture

    @staticmethod
    def _inks(name: str) -> list[tuple[int, np.ndarray]]:
        """Widths and colours of a line and the dark edge below it."""
        return [(5, _EDGE), (2, _bgr(name))]

    def _at(self, places: np.ndarray) -> np.ndarray:
        """Pixels of the picture for pixels (x, y) at the working size: centres lie on centres."""
        return (places + 0.5) * self._scale - 0.5

    def _sheet(self) -> np.ndarray:
        return np.zeros(self.layout.picture[:1:-1], np.uint8)

    def _lines(self, outlines: Sequence[np.ndarray], width: int) -> np.ndarray:
        return cv2.polylines(self._sheet(), outlines, True, 255, width, cv2.LINE_AA)

    def _rings(self, marks: np.ndarray, width: int) -> np.ndarray:
        """Rings around interest points, as strong as they are near, the nearest on top."""
        sheet = self._sheet()
        centres = np.rint(self._at(marks[:, :2]) * 2**_FRACTION).astype(int)
        radii = np.maximum(4.0, marks[:, 2] * self._scale.mean())
        for centre, radius, nearness in zip(centres, radii, marks[:, 3], strict=True):
            cv2.circle(
                sheet, centre.tolist(), round(radius * 2**_FRACTION), round(255 * nearness),
                width, cv2.LINE_AA, _FRACTION,
            )  # fmt: skip
        return sheet

    def _border(self, canvas: np.ndarray, number: int) -> None:
        """A frame around the picture that is strongest at a key frame."""
        left, top, wide, high = self.layout.picture
        share = self.sight.nearness(number)
        canvas[top - _BORDER : top + high + _BORDER, left - _BORDER : left + wide + _BORDER] = (
            np.rint(share * _bgr("key frame") + (1 - share) * 255)
        )

    def _playhead(self, canvas: np.ndarray, number: int) -> None:
        """Tint the time that has passed, and draw a line where it is now."""
        left, top, wide, high = self.layout.timeline
        now = left + round(wide * number / (len(self.sight.frames) - 1))
        passed = canvas[top : top + high, left:now]
        passed[:] = passed * np.array([1.0, 0.92, 0.82])
        cv2.line(canvas, (now, top - 3), (now, top + high + 3), (40, 40, 40), 3)


def _shortened(name: str, most: int) -> str:
    """A name that is too long, without its middle.

    Examples
    --------
    >>> _shortened("a_very_long_name.avi", 11)
    'a_ver…e.avi'
    """
    half = (most - 1) // 2
    return name if len(name) <= most else f"{name[:half]}…{name[-half:]}"


def _paste(canvas: np.ndarray, place: Place, picture: np.ndarray) -> None:
    left, top, wide, high = place
    canvas[top : top + high, left : left + wide] = picture


def annotated(path: Path, sight: Sight, rate: float) -> Iterator[np.ndarray]:
    """The annotated frames of a clip, one by one, uint8 (720, 1280, 3), blue first.

    Raises
    ------
    VideoError
        If the clip is not the one of ``sight``: it has fewer or more frames.
    """
    length, annotator, seen = len(sight.frames), None, 0
    with video.opened(path, damaged=True) as capture:
        for number, frame in enumerate(video.decoded(path, capture)):
            if annotator is None:
                annotator = Annotator(sight, path.name, frame.shape[1], frame.shape[0], rate)
            seen = number + 1
            if seen > length:
                break
            yield annotator.draw(number, frame)
    if seen != length:
        raise video.VideoError(f"{path}: was changed while it was read; run again")


def write(path: Path, sight: Sight, target: Path, progress: bool = False) -> str:
    """Write the annotated video of a clip, frame by frame.

    Parameters
    ----------
    path : Path
        The clip.
    sight : Sight
        What a model sees in it.
    target : Path
        The video: .mp4 or .webm.
    progress : bool
        Whether to show a bar.

    Returns
    -------
    str
        Name of the codec.

    Raises
    ------
    InputError
        If ``target`` has another ending or is the clip itself.
    VideoError
        If the clip states no frame rate, or the video cannot be written.
    """
    movie.check_target(target, path)
    rate = video.frames_per_second(path)
    with tqdm(total=len(sight.frames), desc="video", unit="frame", disable=not progress) as bar:

        def counted() -> Iterator[np.ndarray]:
            for picture in annotated(path, sight, rate):
                yield picture
                bar.update()

        return movie.write(target, counted(), rate, SIZE)
