"""Finding the body: the paper's "background minus", and what else those words allow."""

from collections.abc import Iterator, Sequence

import cv2
import numpy as np

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


def background(frames: np.ndarray) -> np.ndarray:
    """The scene without the body: each pixel's median over the clip.

    Parameters
    ----------
    frames : ndarray, uint8 (T, H, W)

    Returns
    -------
    ndarray, uint8 (H, W)
        Of an even number of frames the lower of the two middle values.
    """
    frames = np.asarray(frames)
    middle = (len(frames) - 1) // 2
    return np.partition(frames, middle, axis=0)[middle]


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
    frames = _checked(frames, method)
    return np.stack(list(_bodies(frames, range(len(frames)), method, difference, speed)))


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
    frames = _checked(frames, method)
    (body,) = _bodies(frames, [range(len(frames))[index]], method, difference, speed)
    return body


def _checked(frames: np.ndarray, method: str) -> np.ndarray:
    if method not in METHODS:
        raise InputError(f"silhouette = {method!r} is not allowed: it must be one of {METHODS}")
    frames = np.asarray(frames)
    if frames.ndim != 3 or len(frames) == 0 or frames.dtype != np.uint8:
        raise InputError(f"uint8 frames (T, H, W) are needed, not {frames.dtype} {frames.shape}")
    return frames


def _bodies(
    frames: np.ndarray, chosen: Sequence[int], method: str, difference: int, speed: float
) -> Iterator[np.ndarray]:
    """The body in each of the ``chosen`` frames, bool (H, W)."""
    if method == "whole_frame":
        return (np.ones(frames.shape[1:], dtype=bool) for _ in chosen)
    if method == "given":
        return iter(_given(frames[list(chosen)]))
    return map(_cleaned, _candidates(frames, chosen, method, difference, speed))


def _given(frames: np.ndarray) -> np.ndarray:
    # Resizing leaves gray along the edges of a mask, never in a fifth of it.
    if ((frames > 50) & (frames < 205)).mean() > 0.2:
        raise InputError(
            "the frames are no masks, which are black and white: "
            "use silhouette = 'median_background'"
        )
    return frames > 127


def _candidates(
    frames: np.ndarray, chosen: Sequence[int], method: str, difference: int, speed: float
) -> Iterator[np.ndarray]:
    """Pixels that may be body, before specks are taken away: bool (H, W) for each frame."""
    if method in _MODELS:
        return _unlike_the_past(frames, chosen, method)
    if method == "median_background":
        scene = background(frames)
        return (cv2.absdiff(frames[i], scene) > difference for i in chosen)
    if method == "frame_difference":
        return (cv2.absdiff(frames[i], _neighbour(frames, i, -1)) > difference for i in chosen)
    return (_speed(frames[i], _neighbour(frames, i, 1)) >= speed for i in chosen)


def _unlike_the_past(
    frames: np.ndarray, chosen: Sequence[int], method: str
) -> Iterator[np.ndarray]:
    """Learn the clip from its first to its last frame, then look at it again."""
    create, passes, frozen = _MODELS[method]
    cv2.setRNGSeed(_SEED)
    model = create(history=len(frames), detectShadows=False)
    for frame in [*frames] * passes:
        model.apply(frame)
    # All frames, since knn may still change while it looks.
    masks = [model.apply(frame, learningRate=frozen) for frame in frames]
    return (masks[i] > 0 for i in chosen)


def _neighbour(frames: np.ndarray, index: int, step: int) -> np.ndarray:
    """The frame ``step`` away, or at the clip's end the one on the other side.

    A lone frame is its own neighbour: nothing moves.
    """
    for other in (index + step, index - step):
        if 0 <= other < len(frames):
            return frames[other]
    return frames[index]


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
    opened = cv2.morphologyEx(candidates.astype(np.uint8), cv2.MORPH_OPEN, square)
    return _largest_component(opened.astype(bool))


def _largest_component(mask: np.ndarray) -> np.ndarray:
    count, labels, statistics, _ = cv2.connectedComponentsWithStats(
        mask.astype(np.uint8), connectivity=8
    )
    if count == 1:
        return mask
    areas = statistics[1:, cv2.CC_STAT_AREA]
    return labels == 1 + int(np.argmax(areas))
