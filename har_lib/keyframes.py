"""Key frames: the structural similarity of consecutive frames, equation (2), and a threshold."""

import cv2
import numpy as np

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


def _local_mean(image: np.ndarray, window: str) -> np.ndarray:
    """Weighted mean in each window that lies wholly in the frame; one number if global."""
    factor = _WINDOWS[window]
    if factor is None:
        return np.asarray(image.mean())
    edge = len(factor) // 2
    smooth = cv2.sepFilter2D(image, cv2.CV_64F, factor, factor, borderType=cv2.BORDER_REFLECT)
    return smooth[edge:-edge, edge:-edge]


def _moments(frame: np.ndarray, window: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The frame as float64, its local means and its local mean squares."""
    values = np.asarray(frame, dtype=np.float64)
    return values, _local_mean(values, window), _local_mean(values * values, window)


def _check(frames: np.ndarray, window: str, form: str) -> None:
    if window not in _WINDOWS:
        raise InputError(f"window = {window!r} is not allowed: it must be one of {list(_WINDOWS)}")
    if form not in ("corrected", "literal"):
        raise InputError(f"form = {form!r} is not allowed: it must be 'corrected' or 'literal'")
    factor = _WINDOWS[window]
    if factor is not None and min(frames.shape[-2:]) < len(factor):
        raise InputError(
            f"frames of {frames.shape[-1]}x{frames.shape[-2]} pixels are smaller than the "
            f"{len(factor)}x{len(factor)} window: use larger frames or window='global'"
        )


def _similarity(
    first: tuple[np.ndarray, ...],
    second: tuple[np.ndarray, ...],
    window: str,
    data_range: float,
    form: str,
) -> float:
    values_a, mean_a, square_a = first
    values_b, mean_b, square_b = second
    s1, s2 = (B1 * data_range) ** 2, (B2 * data_range) ** 2
    variances = (square_a - mean_a**2) + (square_b - mean_b**2)
    covariance = _local_mean(values_a * values_b, window) - mean_a * mean_b
    numerator = (2 * mean_a * mean_b + s1) * (2 * covariance + s2)
    # As printed the second factor ends in S1; Wang et al. 2004, eq. 13, has S2 there.
    last = s1 if form == "literal" else s2
    return float(np.mean(numerator / ((mean_a**2 + mean_b**2 + s1) * (variances + last))))


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
    a, b = np.asarray(a), np.asarray(b)
    if a.shape != b.shape or a.ndim != 2:
        raise InputError(f"two gray frames of one shape are needed, not {a.shape} and {b.shape}")
    _check(a, window, form)
    return _similarity(_moments(a, window), _moments(b, window), window, data_range, form)


def consecutive_ssim(
    frames: np.ndarray, window: str = "gaussian", form: str = "corrected"
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

    Examples
    --------
    >>> still = np.full((3, 16, 16), 7, dtype=np.uint8)
    >>> consecutive_ssim(still).tolist()
    [1.0, 1.0]
    """
    frames = np.asarray(frames)
    if frames.ndim != 3 or len(frames) == 0:
        raise InputError(f"gray frames (T, H, W) are needed, not an array of shape {frames.shape}")
    _check(frames, window, form)
    curve = np.empty(len(frames) - 1)
    before = _moments(frames[0], window)
    for j in range(len(curve)):
        after = _moments(frames[j + 1], window)
        curve[j] = _similarity(before, after, window, 255, form)
        before = after
    return curve


def select_from_curve(
    curve: np.ndarray,
    threshold: float = 0.9,
    minimum: int = 1,
    maximum: int | None = None,
    drop_duplicates: bool = False,
) -> np.ndarray:
    """Key frames from the similarity of consecutive frames.

    Parameters
    ----------
    curve : ndarray, float64 (T-1,)
        What `consecutive_ssim` gives.
    threshold : float
        Frame ``j + 1`` is a key frame when ``curve[j] < threshold``; frame 0 always is.
    minimum : int
        With fewer, the frames of lowest similarity are added, as far as there are frames.
    maximum : int or None
        With more, those of lowest similarity stay, beside frame 0.
    drop_duplicates : bool
        Never add a frame whose similarity with the one before is 1.

    Returns
    -------
    ndarray, int64 (K,)
        Sorted frame numbers. Of equal similarities the earlier frame counts as lower.

    Examples
    --------
    >>> select_from_curve(np.array([0.95, 0.5, 0.99, 0.7])).tolist()
    [0, 2, 4]
    >>> select_from_curve(np.array([0.95, 0.5, 0.99, 0.7]), minimum=4, maximum=4).tolist()
    [0, 1, 2, 4]
    """
    curve = np.asarray(curve, dtype=np.float64)
    if minimum < 1 or (maximum is not None and maximum < minimum):
        raise InputError(
            f"minimum = {minimum} and maximum = {maximum} are not allowed: "
            "1 <= minimum <= maximum is needed"
        )
    by_similarity = np.argsort(curve, kind="stable")
    count = int((curve < threshold).sum())
    if count < minimum - 1:
        count = minimum - 1
        if drop_duplicates:
            by_similarity = by_similarity[curve[by_similarity] < 1]
    if maximum is not None:
        count = min(count, maximum - 1)
    chosen = np.sort(by_similarity[:count]) + 1
    return np.concatenate([[0], chosen]).astype(np.int64)


def select(
    frames: np.ndarray,
    threshold: float = 0.9,
    minimum: int = 1,
    maximum: int | None = None,
    window: str = "gaussian",
    form: str = "corrected",
    drop_duplicates: bool = False,
) -> np.ndarray:
    """Key frames of a clip: "less than the threshold means, the frame is considered as key frame".

    The bare rule by default; ``minimum``, ``maximum`` and ``drop_duplicates`` are what
    `har_lib.features` fills from the configuration. See `select_from_curve`.

    Examples
    --------
    >>> clip = np.zeros((4, 16, 16), dtype=np.uint8)
    >>> clip[2:] = 200
    >>> select(clip).tolist()
    [0, 2]
    """
    curve = consecutive_ssim(frames, window, form)
    return select_from_curve(curve, threshold, minimum, maximum, drop_duplicates)


def evenly_spaced(length: int, count: int) -> np.ndarray:
    """``count`` frame numbers spread over a clip of ``length`` frames: the control for SSIM.

    Examples
    --------
    >>> evenly_spaced(9, 3).tolist()
    [0, 4, 8]
    """
    return np.unique(np.round(np.linspace(0, length - 1, count)).astype(np.int64))
