"""Key frames: the structural similarity of frames, equation (2), and a threshold."""

import math
from collections.abc import Callable

import cv2
import numpy as np

from har_lib.blocks import Frames, each
from har_lib.equations import equation
from har_lib.errors import InputError

#: b_1 and b_2 of the paper, K_1 and K_2 of Wang et al. 2004.
B1, B2 = 0.01, 0.03


def _gaussian_window() -> np.ndarray:
    position = np.arange(-5, 6)
    weights = np.exp(-(position**2) / (2 * 1.5**2))
    return weights / weights.sum()


#: The separable factor of each window; ``global`` has none, its window is the frame.
_WINDOWS = {"gaussian": _gaussian_window(), "uniform": np.full(7, 1 / 7), "global": None}

#: With what `similarity_curve` compares a frame.
REFERENCES = ("previous_frame", "previous_key_frame", "first_frame")
#: Where `threshold_of` takes the threshold from.
RULES = ("ssim", "uniform", "deviations", "quantile", "lowest")


#: Of a frame, with values counted from about its mean: these, their local means and their local
#: variances; and the local means counted from 0.
_Moments = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def _local_mean(image: np.ndarray, window: str) -> np.ndarray:
    """Weighted mean in the window around each pixel, (H, W); one number if global."""
    factor = _WINDOWS[window]
    if factor is None:
        return np.asarray(image.mean(dtype=np.float64))
    depth = cv2.CV_32F if image.dtype == np.float32 else cv2.CV_64F
    return cv2.sepFilter2D(image, depth, factor, factor, borderType=cv2.BORDER_REFLECT)


def _whole(values: np.ndarray, window: str) -> np.ndarray:
    """Those of the windows that lie wholly in the frame."""
    factor = _WINDOWS[window]
    if factor is None:
        return values
    edge = len(factor) // 2
    return values[edge:-edge, edge:-edge]


def _moments(frame: np.ndarray, window: str, precision: type = np.float64) -> _Moments:
    """What `_similarity` needs of a frame."""
    values: np.ndarray = np.asarray(frame, dtype=precision)
    # Near 0 squares are small, so that single precision suffices; a whole number loses nothing.
    centre = precision(round(float(values.mean())))
    values = values - centre
    mean = _local_mean(values, window)
    variance = _local_mean(values * values, window) - mean * mean
    return values, mean, variance, mean + centre


def _check(size: tuple[int, ...], window: str, form: str) -> None:
    if window not in _WINDOWS:
        raise InputError(f"window = {window!r} is not allowed: it must be one of {list(_WINDOWS)}")
    if form not in ("corrected", "literal"):
        raise InputError(f"form = {form!r} is not allowed: it must be 'corrected' or 'literal'")
    factor = _WINDOWS[window]
    if factor is not None and min(size) < len(factor):
        raise InputError(
            f"frames of {size[1]}x{size[0]} pixels are smaller than the "
            f"{len(factor)}x{len(factor)} window: use larger frames or window='global'"
        )


def _similarity(
    first: _Moments, second: _Moments, window: str, data_range: float, form: str
) -> np.ndarray:
    """Equation (2) in every window that lies wholly in the frame."""
    values_a, mean_a, variance_a, level_a = first
    values_b, mean_b, variance_b, level_b = second
    s1, s2 = (B1 * data_range) ** 2, (B2 * data_range) ** 2
    covariance = _local_mean(values_a * values_b, window) - mean_a * mean_b
    numerator = (2 * level_a * level_b + s1) * (2 * covariance + s2)
    # As printed the second factor ends in S1; Wang et al. 2004, eq. 13, has S2 there.
    last = s1 if form == "literal" else s2
    denominator = (level_a**2 + level_b**2 + s1) * (variance_a + variance_b + last)
    return _whole(numerator / denominator, window)


@equation(2)
def ssim(
    a: np.ndarray,
    b: np.ndarray,
    window: str = "gaussian",
    data_range: float = 255,
    form: str = "corrected",
) -> float:
    r"""Structural similarity of two frames, equation (2).

    .. math:: SSIM = \frac{(2\mu_j\mu_{j+1}+S_1)(2\sigma_{j,j+1}+S_2)}
              {(\mu_j^2+\mu_{j+1}^2+S_1)(\sigma_j^2+\sigma_{j+1}^2+S_2)}

    in every window that lies wholly in the frame, then the mean over windows.

    Parameters
    ----------
    a, b : ndarray, (H, W)
        :math:`F_j` and :math:`F_{j+1}`, gray, on 0..``data_range``.
    window : {"gaussian", "uniform", "global"}
        Where :math:`\mu, \sigma` are taken: 11x11 Gaussian of standard deviation 1.5 pixels
        (Wang et al.), 7x7 uniform, or the whole frame.
    data_range : float
        The paper's ``l``, :math:`2^{bits}-1`; :math:`S_1=(0.01\,l)^2`, :math:`S_2=(0.03\,l)^2`.
    form : {"corrected", "literal"}
        ``literal`` is the equation as printed, with :math:`S_1` in place of the last
        :math:`S_2`; a frame is then not similar to itself by 1.

    Returns
    -------
    float
        In [-1, 1] for the corrected form; 1 exactly when the frames are equal.

    Raises
    ------
    InputError
        If the frames differ in shape, or window or form is unknown.

    Notes
    -----
    Population covariance, borders cut: scikit-image's ``structural_similarity`` with
    ``gaussian_weights=True, sigma=1.5, use_sample_covariance=False``.

    References
    ----------
    Wang, Bovik, Sheikh, Simoncelli (2004), https://doi.org/10.1109/TIP.2003.819861, eq. 13.

    Examples
    --------
    >>> dark, bright = np.full((16, 16), 100.0), np.full((16, 16), 120.0)
    >>> round(ssim(dark, bright), 8)
    0.98361092
    >>> round(ssim(dark, dark, form="literal"), 8)
    9.0
    """
    return float(np.mean(similarity_map(a, b, window, data_range, form)))


def similarity_map(
    a: np.ndarray,
    b: np.ndarray,
    window: str = "gaussian",
    data_range: float = 255,
    form: str = "corrected",
) -> np.ndarray:
    """Equation (2) in every window, whose mean `ssim` is.

    Parameters and errors are those of `ssim`.

    Returns
    -------
    ndarray, float64 (H - w + 1, W - w + 1)
        For windows of w x w pixels that lie wholly in the frame; one number, (), if global.

    Examples
    --------
    >>> flat = np.full((16, 16), 100.0)
    >>> similarity_map(flat, flat).shape, similarity_map(flat, flat, "global").shape
    ((6, 6), ())
    """
    a, b = np.asarray(a), np.asarray(b)
    if a.shape != b.shape or a.ndim != 2:
        raise InputError(f"two gray frames of one shape are needed, not {a.shape} and {b.shape}")
    _check(a.shape, window, form)
    return _similarity(_moments(a, window), _moments(b, window), window, data_range, form)


def consecutive_ssim(
    frames: Frames, window: str = "gaussian", form: str = "corrected"
) -> np.ndarray:
    """Equation (2) for "all the pair of frames": each frame with the one after it.

    Parameters
    ----------
    frames : ndarray, uint8 (T, H, W)
        Gray frames on 0..255.
    window, form
        As for `ssim`.

    Returns
    -------
    ndarray, float64 (T-1,)
        ``ssim(frames[j], frames[j + 1])`` at ``j``; each frame's moments are computed once.

    Notes
    -----
    The corrected form is computed in single precision. That moves the similarity of real frames
    by some 1e-6, and by 1e-4 at most where large flat parts lie far from a frame's mean. The
    literal form divides by too small a number for that and stays in double precision.

    Examples
    --------
    >>> still = np.full((3, 16, 16), 7, dtype=np.uint8)
    >>> consecutive_ssim(still).tolist()
    [1.0, 1.0]
    """
    return _curve(frames, window, form, lambda similarity: True)


def similarity_curve(
    frames: Frames,
    window: str = "gaussian",
    form: str = "corrected",
    reference: str = "previous_frame",
    threshold: float = 0.9,
) -> np.ndarray:
    """Equation (2) for each frame but the first, with the frame that it is compared with.

    Parameters
    ----------
    frames : ndarray, uint8 (T, H, W)
        Gray frames on 0..255.
    window, form
        As for `ssim`.
    reference : {"previous_frame", "previous_key_frame", "first_frame"}
        The frame before, which is `consecutive_ssim`; the last frame whose similarity was
        below ``threshold``, frame 0 until there is one; or frame 0.
    threshold : float
        Read for ``previous_key_frame`` alone. ``curve < threshold`` then gives the key frames
        again; no other threshold belongs to that curve.

    Returns
    -------
    ndarray, float64 (T-1,)
        SSIM of frame ``j`` and its reference at ``j - 1``, computed as by `consecutive_ssim`.

    Raises
    ------
    InputError
        If the frames are none, or ``window``, ``form`` or ``reference`` is unknown.

    Examples
    --------
    >>> drift = np.full((41, 16, 16), 100, dtype=np.uint8)
    >>> drift += np.arange(41, dtype=np.uint8)[:, None, None]
    >>> (similarity_curve(drift) < 0.98).sum().tolist()
    0
    >>> np.flatnonzero(similarity_curve(drift, reference="first_frame") < 0.98).tolist()[:2]
    [22, 23]
    """
    if reference not in REFERENCES:
        raise InputError(
            f"reference = {reference!r} is not allowed: it must be one of {list(REFERENCES)}"
        )
    if reference == "previous_frame":
        return consecutive_ssim(frames, window, form)
    if reference == "first_frame":
        return _curve(frames, window, form, lambda similarity: False)
    return _curve(frames, window, form, lambda similarity: similarity < threshold)


def _curve(frames: Frames, window: str, form: str, moves: Callable[[float], bool]) -> np.ndarray:
    """SSIM of each frame with its reference, which ``moves`` to that frame or stays."""
    if len(frames.shape) != 3 or len(frames) == 0:
        raise InputError(f"gray frames (T, H, W) are needed, not an array of shape {frames.shape}")
    curve = np.empty(len(frames) - 1)
    _check(frames.shape[1:], window, form)
    precision = np.float64 if form == "literal" else np.float32
    reference: _Moments | None = None
    for j, frame in enumerate(each(frames), start=-1):
        moments = _moments(frame, window, precision)
        if reference is not None:
            similarity = _similarity(reference, moments, window, 255, form)
            curve[j] = np.mean(similarity, dtype=np.float64)
        if reference is None or moves(curve[j]):
            reference = moments
    return curve


def threshold_of(
    curve: np.ndarray,
    rule: str = "ssim",
    threshold: float = 0.9,
    deviations: float = 2.0,
    share: float = 0.1,
) -> float:
    """The similarity below which a frame of this clip is a key frame.

    Parameters
    ----------
    curve : ndarray, float64 (T-1,)
        What `similarity_curve` gives.
    rule : {"ssim", "uniform", "deviations", "quantile", "lowest"}
        ``ssim`` and ``uniform``: ``threshold``, whatever the clip. ``deviations``: the mean less
        ``deviations`` population standard deviations of the curve. ``quantile``: what the
        ``ceil(share * (T-1))`` lowest entries lie below. ``lowest``: minus infinity, since a
        number of frames decides and no threshold.
    threshold, deviations, share : float
        Each is read by its own rule alone; ``deviations`` at least 0, ``share`` in (0, 1].

    Returns
    -------
    float
        To be compared by ``curve < threshold``.

    Raises
    ------
    InputError
        If ``rule`` is unknown, ``deviations`` negative or ``share`` outside (0, 1].

    Notes
    -----
    Ties of ``quantile``: the threshold is the lowest entry that is to be left out, so that
    entries equal to it are left out too and fewer may pass. With nothing to be left out it lies
    just above all. Of a curve without any difference, that of a static clip, ``deviations`` and
    ``quantile`` let nothing pass. An empty curve, that of one frame, has no statistics:
    ``threshold`` is given back.

    Examples
    --------
    >>> curve = np.array([0.95, 0.5, 0.99, 0.7])
    >>> threshold_of(curve, "quantile", share=0.5)
    0.95
    >>> round(threshold_of(curve, "deviations", deviations=1.0), 6)
    0.586443
    """
    if rule not in RULES:
        raise InputError(f"rule = {rule!r} is not allowed: it must be one of {list(RULES)}")
    if deviations < 0:
        raise InputError(f"deviations = {deviations} is not allowed: it must be at least 0")
    if not 0 < share <= 1:
        raise InputError(f"share = {share} is not allowed: it must lie in (0, 1]")
    curve = np.asarray(curve, dtype=np.float64)
    if rule == "lowest":
        return -math.inf
    if rule in ("ssim", "uniform") or len(curve) == 0:
        return float(threshold)
    if rule == "deviations":
        # Rounding may lift the mean of equal numbers above them; then all of them would pass.
        return float(min(curve.mean() - deviations * curve.std(), curve.max()))
    return _quantile(curve, share)


def _quantile(curve: np.ndarray, share: float) -> float:
    """What the ``share`` of lowest entries lies below; see `threshold_of` for ties."""
    ordered = np.sort(curve)
    # 0.07 * 100 is a little more than 7 in binary.
    count = math.ceil(round(share * len(ordered), 9))
    if count < len(ordered):
        return float(ordered[count])
    # Nothing is left out, unless there is no lowest entry.
    alike = ordered[0] == ordered[-1]
    return float(ordered[-1] if alike else np.nextafter(ordered[-1], np.inf))


def select_from_curve(
    curve: np.ndarray,
    threshold: float = 0.9,
    minimum: int = 1,
    maximum: int | None = None,
    drop_duplicates: bool = False,
    keep_first: bool = True,
) -> np.ndarray:
    """Key frames from the similarity of each frame with its reference.

    Parameters
    ----------
    curve : ndarray, float64 (T-1,)
        What `similarity_curve` gives.
    threshold : float
        Frame ``j + 1`` is a key frame when ``curve[j] < threshold``; `threshold_of` has others
        than a fixed one.
    minimum : int
        With fewer, the frames of lowest similarity are added, as far as there are frames.
    maximum : int or None
        With more, those of lowest similarity stay, beside frame 0 if that is kept.
    drop_duplicates : bool
        Never add a frame whose similarity with its reference is 1 (or more, which only the
        printed form of equation 2 gives, and not to copies alone).
    keep_first : bool
        Frame 0, which has no similarity, is a key frame; it counts towards ``minimum`` and
        ``maximum``. Otherwise it is one only where no other frame is, so that no clip is
        without.

    Returns
    -------
    ndarray, int64 (K,)
        Sorted frame numbers. Of equal similarities the earlier frame counts as lower.

    Raises
    ------
    InputError
        Unless ``1 <= minimum <= maximum``.

    Examples
    --------
    >>> select_from_curve(np.array([0.95, 0.5, 0.99, 0.7])).tolist()
    [0, 2, 4]
    >>> select_from_curve(np.array([0.95, 0.5, 0.99, 0.7]), minimum=4, maximum=4).tolist()
    [0, 1, 2, 4]
    >>> select_from_curve(np.array([0.95, 0.5, 0.99, 0.7]), keep_first=False).tolist()
    [2, 4]
    """
    curve = np.asarray(curve, dtype=np.float64)
    if minimum < 1 or (maximum is not None and maximum < minimum):
        raise InputError(
            f"minimum = {minimum} and maximum = {maximum} are not allowed: "
            "1 <= minimum <= maximum is needed"
        )
    by_similarity = np.argsort(curve, kind="stable")
    beside = 1 if keep_first else 0
    count = int((curve < threshold).sum())
    if count < minimum - beside:
        count = minimum - beside
        if drop_duplicates:
            by_similarity = by_similarity[curve[by_similarity] < 1]
    if maximum is not None:
        count = min(count, maximum - beside)
    chosen = np.sort(by_similarity[:count]) + 1
    if keep_first or len(chosen) == 0:
        chosen = np.concatenate([[0], chosen])
    return chosen.astype(np.int64)


def select(
    frames: np.ndarray,
    threshold: float = 0.9,
    minimum: int = 1,
    maximum: int | None = None,
    window: str = "gaussian",
    form: str = "corrected",
    drop_duplicates: bool = False,
    keep_first: bool = True,
) -> np.ndarray:
    """Key frames of a clip: "less than the threshold means, the frame is considered as key frame".

    The bare rule by default; ``minimum``, ``maximum``, ``drop_duplicates`` and ``keep_first``
    are what `har_lib.features` fills from the configuration. See `select_from_curve`.

    Examples
    --------
    >>> clip = np.zeros((4, 16, 16), dtype=np.uint8)
    >>> clip[2:] = 200
    >>> select(clip).tolist()
    [0, 2]
    """
    curve = consecutive_ssim(frames, window, form)
    return select_from_curve(curve, threshold, minimum, maximum, drop_duplicates, keep_first)


def evenly_spaced(length: int, count: int) -> np.ndarray:
    """``count`` frame numbers spread over a clip of ``length`` frames: the control for SSIM.

    Examples
    --------
    >>> evenly_spaced(9, 3).tolist()
    [0, 4, 8]
    """
    return np.unique(np.round(np.linspace(0, length - 1, count)).astype(np.int64))
