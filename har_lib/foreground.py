"""Finding the body: the paper's "background minus", and what else those words allow."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from har_lib.blocks import Frames, each, one
from har_lib.errors import InputError

#: Ways to find the body.
METHODS = (
    "median_background",
    "mog2",
    "knn",
    "frame_difference",
    "optical_flow",
    "whole_frame",
    "given",
)

#: Seed of OpenCV's generator, from which ``knn`` draws the moments when it learns.
_SEED = 0
#: How each learns: what makes it, how often it sees the clip before it is asked, and the rate at
#: which it learns nothing more. MOG2 takes frame 0 for the scene, which one time does not wear
#: off. OpenCV plans the updates of KNN with 1 / log(1 - rate): with 0 that overflows, and it
#: learns from every frame.
_MODELS = {
    "mog2": (cv2.createBackgroundSubtractorMOG2, 2, 0.0),
    "knn": (cv2.createBackgroundSubtractorKNN, 1, 1e-6),
}


#: Bits of the median that a pass over the clip settles: few comparisons, or few passes where
#: each of them decodes.
_BITS, _BITS_IF_DECODED = 1, 2


@dataclass(frozen=True)
class Silhouettes:
    """The body in every frame of a clip, eight pixels in a byte.

    Indexed like the array (T, H, W) of bool that it stands for, along the first axis.

    Attributes
    ----------
    bits : ndarray, uint8 (T, ceil(H W / 8))
    frame : tuple of int
        ``(H, W)``, pixels.

    Examples
    --------
    >>> masks = np.random.default_rng(0).random((3, 5, 7)) > 0.5
    >>> packed = Silhouettes.of(masks)
    >>> packed.shape, packed.bits.shape, bool((packed[1] == masks[1]).all())
    ((3, 5, 7), (3, 5), True)
    >>> packed[[0, 2]].shape
    (2, 5, 7)
    """

    bits: np.ndarray
    frame: tuple[int, int]

    @classmethod
    def of(cls, masks: Sequence[np.ndarray] | np.ndarray) -> "Silhouettes":
        """Pack masks, bool (H, W)."""
        return cls(np.stack([np.packbits(mask) for mask in masks]), masks[0].shape)

    @property
    def shape(self) -> tuple[int, int, int]:
        """``(T, H, W)``."""
        return len(self.bits), *self.frame

    def __len__(self) -> int:
        return len(self.bits)

    def __getitem__(self, index: Any) -> np.ndarray:
        """Mask of a frame, bool (H, W), or of several (K, H, W)."""
        rows = self.bits[index]
        pixels = np.unpackbits(rows, axis=-1, count=self.frame[0] * self.frame[1])
        return pixels.view(bool).reshape(*rows.shape[:-1], *self.frame)


def background(frames: Frames) -> np.ndarray:
    """The scene without the body: each pixel's median over the clip.

    Parameters
    ----------
    frames : ndarray, uint8 (T, H, W), or `har_lib.blocks.Frames`

    Returns
    -------
    ndarray, uint8 (H, W)
        Of an even number of frames the lower of the two middle values.

    Notes
    -----
    Nothing is sorted: the median is the largest level that more than half of the frames reach,
    and passes over the clip settle it from its highest bit to its lowest. Memory holds a few
    frames, however long the clip.

    Examples
    --------
    >>> background(np.array([9, 1, 5, 7], np.uint8).reshape(4, 1, 1)).item()
    5
    """
    enough = len(frames) - (len(frames) - 1) // 2
    bits = _BITS if isinstance(frames, np.ndarray) else _BITS_IF_DECODED
    median = np.zeros(frames.shape[1:], np.uint8)
    for lowest in range(8 - bits, -1, -bits):
        step = 2**lowest
        steps = range(step, step * 2**bits, step)
        reached = _counts(frames, [median + np.uint8(level) for level in steps])
        median += np.uint8(step) * (reached >= enough).sum(axis=0, dtype=np.uint8)
    return median


def _counts(frames: Frames, levels: Sequence[np.ndarray]) -> np.ndarray:
    """In how many frames each pixel reaches each of the levels, int32 (levels, H, W)."""
    counts = np.zeros((len(levels), *frames.shape[1:]), np.int32)
    few = np.zeros(counts.shape, np.uint8)
    reaches = np.empty(frames.shape[1:], bool)
    for j, frame in enumerate(each(frames), start=1):
        for level, count in zip(levels, few, strict=True):
            np.greater_equal(frame, level, out=reaches)
            count += reaches.view(np.uint8)
        # Bytes are counted fast, and hold no more.
        if j % 255 == 0 or j == len(frames):
            counts += few
            few[:] = 0
    return counts


def silhouettes(
    frames: np.ndarray,
    method: str = "median_background",
    difference: int = 25,
    speed: float = 0.5,
) -> np.ndarray:
    """The body in every frame: the paper's "background minus" and "pre-processed output".

    Parameters
    ----------
    frames : ndarray, uint8 (T, H, W)
        Gray frames on 0..255.
    method : str
        A pixel is body when

        - ``median_background``: it differs from the clip's median frame by more than
          ``difference``;
        - ``mog2``, ``knn``: it is unlikely by a mixture of Gaussians, or far from most of its
          nearest neighbours, of the values that the pixel has in the clip;
        - ``frame_difference``: it differs from the frame before by more than ``difference``
          (frame 0 from frame 1);
        - ``optical_flow``: it moves by at least ``speed`` to the next frame (in the last frame
          to the one before);
        - ``whole_frame``: always;
        - ``given``: it is above mid-gray, the frames being masks already.

        All but the last two are opened by a 3x3 square, and the largest 8-connected component
        stays.
    difference : int
        Gray levels.
    speed : float
        Pixels per frame.

    Returns
    -------
    ndarray, bool (T, H, W)
        A frame without foreground is all False. Two calls give the same bits, with any number
        of threads.

    Raises
    ------
    InputError
        If ``method`` is unknown, the frames are not of this form, or masks are expected and the
        frames are none.

    Notes
    -----
    ``mog2`` and ``knn`` are OpenCV's, with its thresholds, no shadows and the clip's length as
    history. They see the clip in order to learn, ``knn`` once and ``mog2`` twice, then once more
    only to look, so that the first frames have a learned background too. While it looks
    ``mog2`` is still (rate 0); ``knn`` takes in at most the one update that is already due in
    each of its three memories (rate 1e-6). It learns at random moments, for which OpenCV's
    generator is set to a fixed seed. Both take for scene what stays in one place for more than
    about a tenth of the clip.

    ``optical_flow`` is OpenCV's with pyramids of three levels by halves, windows of 15 pixels,
    three iterations and polynomials over 5 pixels of standard deviation 1.2.

    References
    ----------
    Zivkovic (2004), https://doi.org/10.1109/ICPR.2004.1333992 (mog2); Zivkovic, van der Heijden
    (2006), https://doi.org/10.1016/j.patrec.2005.11.005 (knn); Farnebäck (2003),
    https://doi.org/10.1007/3-540-45103-X_50 (optical_flow).

    Examples
    --------
    >>> clip = np.zeros((5, 20, 20), dtype=np.uint8)
    >>> clip[3, 5:12, 4:10] = 255
    >>> silhouettes(clip).sum(axis=(1, 2)).tolist()
    [0, 0, 0, 42, 0]
    >>> silhouettes(clip, method="frame_difference").sum(axis=(1, 2)).tolist()
    [0, 0, 0, 42, 42]
    """
    return packed_silhouettes(frames, method, difference, speed)[:]


def packed_silhouettes(
    frames: Frames,
    method: str = "median_background",
    difference: int = 25,
    speed: float = 0.5,
) -> Silhouettes:
    """The same in an eighth of the memory; a clip that is decoded as it is read is held in part.

    One bit a pixel and frame is all that grows with the length of a clip.

    Examples
    --------
    >>> clip = np.zeros((5, 20, 20), dtype=np.uint8)
    >>> clip[3, 5:12, 4:10] = 255
    >>> packed_silhouettes(clip)[3].sum().item()
    42
    """
    _check(frames, method)
    length, height, width = frames.shape
    bits = np.empty((length, -(-height * width // 8)), np.uint8)
    bodies = _bodies(frames, range(length), method, difference, speed)
    for row, body in zip(bits, bodies, strict=True):
        row[:] = np.packbits(body)
    return Silhouettes(bits, (height, width))


def silhouette(
    frames: np.ndarray,
    index: int,
    method: str = "median_background",
    difference: int = 25,
    speed: float = 0.5,
) -> np.ndarray:
    """The body in one frame of a clip; see `silhouettes`.

    Returns
    -------
    ndarray, bool (H, W)

    Examples
    --------
    >>> clip = np.zeros((5, 20, 20), dtype=np.uint8)
    >>> clip[3, 5:12, 4:10] = 255
    >>> int(silhouette(clip, 3).sum()), int(silhouette(clip, 0).sum())
    (42, 0)
    """
    _check(frames, method)
    (body,) = _bodies(frames, [range(len(frames))[index]], method, difference, speed)
    return body


def _check(frames: Frames, method: str) -> None:
    if method not in METHODS:
        raise InputError(f"silhouette = {method!r} is not allowed: it must be one of {METHODS}")
    kind = getattr(frames, "dtype", None)
    if len(frames.shape) != 3 or len(frames) == 0 or kind != np.uint8:
        raise InputError(f"uint8 frames (T, H, W) are needed, not {kind} {frames.shape}")


def _bodies(
    frames: Frames, chosen: Sequence[int], method: str, difference: int, speed: float
) -> Iterator[np.ndarray]:
    """The body in each of the ``chosen`` frames, bool (H, W)."""
    if method == "whole_frame":
        return (np.ones(frames.shape[1:], dtype=bool) for _ in chosen)
    if method == "given":
        return _given(frames, chosen)
    return map(_cleaned, _candidates(frames, chosen, method, difference, speed))


def _given(frames: Frames, chosen: Sequence[int]) -> Iterator[np.ndarray]:
    def is_gray(frame: np.ndarray) -> float:
        return float(((frame > 50) & (frame < 205)).mean())

    # Resizing leaves gray along the edges of a mask, never in a fifth of it.
    if np.mean([is_gray(one(frames, i)) for i in chosen]) > 0.2:
        raise InputError(
            "the frames are no masks, which are black and white: "
            "use silhouette = 'median_background'"
        )
    return (one(frames, i) > 127 for i in chosen)


def _candidates(
    frames: Frames, chosen: Sequence[int], method: str, difference: int, speed: float
) -> Iterator[np.ndarray]:
    """Pixels that may be body, before specks are taken away: bool (H, W) for each frame."""
    if method in _MODELS:
        return _unlike_the_past(frames, chosen, method)
    if method == "median_background":
        scene = background(frames)
        return (cv2.absdiff(one(frames, i), scene) > difference for i in chosen)
    if method == "frame_difference":
        return (cv2.absdiff(*_with_neighbour(frames, i, -1)) > difference for i in chosen)
    return (_speed(*_with_neighbour(frames, i, 1)) >= speed for i in chosen)


def _unlike_the_past(frames: Frames, chosen: Sequence[int], method: str) -> Iterator[np.ndarray]:
    """Learn the clip from its first to its last frame, then look at it again."""
    create, passes, frozen = _MODELS[method]
    cv2.setRNGSeed(_SEED)
    model = create(history=len(frames), detectShadows=False)
    for _ in range(passes):
        for frame in each(frames):
            model.apply(frame)
    # All frames, since knn may still change while it looks.
    masks = (model.apply(frame, learningRate=frozen) > 0 for frame in each(frames))
    wanted = set(chosen)
    return (mask for i, mask in enumerate(masks) if i in wanted)


def _with_neighbour(frames: Frames, index: int, step: int) -> tuple[np.ndarray, np.ndarray]:
    """A frame and the one ``step`` away, or at the clip's end the one on the other side.

    A lone frame is its own neighbour: nothing moves.
    """
    there = [other for other in (index + step, index - step) if 0 <= other < len(frames)]
    return one(frames, index), one(frames, there[0] if there else index)


def _speed(frame: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Pixels by which each pixel moves from one frame to the other, float32 (H, W)."""
    flow = cv2.calcOpticalFlowFarneback(
        frame,
        other,
        flow=np.zeros((*frame.shape, 2), np.float32),  # filled, not read
        pyr_scale=0.5,
        levels=3,
        winsize=15,
        iterations=3,
        poly_n=5,
        poly_sigma=1.2,
        flags=0,
    )
    return np.hypot(flow[..., 0], flow[..., 1])


def _cleaned(candidates: np.ndarray) -> np.ndarray:
    """Without specks, and of the rest the largest part."""
    square = np.ones((3, 3), np.uint8)
    opened = cv2.morphologyEx(candidates.view(np.uint8), cv2.MORPH_OPEN, square)
    return _largest_component(opened)


def _largest_component(mask: np.ndarray) -> np.ndarray:
    """The largest 8-connected part of a mask of 0 and 1; of equal ones OpenCV's first."""
    largest = np.zeros(mask.shape, bool)
    # Only the box around all parts is looked at, and labels are counted here: both are faster.
    left, top, width, height = cv2.boundingRect(mask)
    box = slice(top, top + height), slice(left, left + width)
    if width:
        labels = cv2.connectedComponents(mask[box], connectivity=8)[1]
        sizes = np.bincount(labels.ravel())
        largest[box] = labels == 1 + np.argmax(sizes[1:])
    return largest
