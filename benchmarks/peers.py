"""What ours is compared with: the same definitions by scikit-image and scipy.ndimage, in float64.

Plain, as one would write them from the formulas, with the libraries' own filters. Nothing here
uses a kernel of the suite.
"""

from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
from scipy import ndimage
from skimage.metrics import structural_similarity

from har_lib import features
from har_lib.config import Config
from har_lib.stip import Points

#: Orders (x, y, t) of the 34 derivatives: by total order, then x before y before t.
ORDERS = tuple(
    (x, y, total - x - y)
    for total in range(1, 5)
    for x in range(total, -1, -1)
    for y in range(total - x, -1, -1)
)


def ssim(frames: np.ndarray) -> np.ndarray:
    """Equation (2) of each frame with the next, by scikit-image: float64 (T-1,)."""
    return np.array(
        [
            structural_similarity(
                first,
                second,
                data_range=255,
                gaussian_weights=True,
                sigma=1.5,
                use_sample_covariance=False,
            )
            for first, second in pairwise(frames)
        ]
    )


def second_moments(
    frames: np.ndarray, spatial: float = 4.0, temporal: float = 2.0, integration: float = 2.0
) -> np.ndarray:
    """Equation (5) by scipy.ndimage, float64 (6, T, H, W): xx xy xt yy yt tt.

    Gaussians cut at four deviations, central differences, nearest values beyond the border.
    """
    deviations = np.sqrt([temporal, spatial, spatial])
    smooth = ndimage.gaussian_filter(frames.astype(np.float64), deviations, mode="nearest")
    x, y, t = (
        deviations[axis] * ndimage.correlate1d(smooth, [-0.5, 0, 0.5], axis, mode="nearest")
        for axis in (2, 1, 0)
    )
    window = np.sqrt(integration) * deviations
    pairs = ((x, x), (x, y), (x, t), (y, y), (y, t), (t, t))
    return np.stack([ndimage.gaussian_filter(a * b, window, mode="nearest") for a, b in pairs])


def response(moments: np.ndarray, k: float = 0.005) -> np.ndarray:
    """Equation (6), float64 (T, H, W)."""
    xx, xy, xt, yy, yt, tt = moments
    determinant = xx * (yy * tt - yt**2) - xy * (xy * tt - yt * xt) + xt * (xy * yt - yy * xt)
    result: np.ndarray = determinant - k * (xx + yy + tt) ** 3
    return result


def harris3d(frames: np.ndarray) -> np.ndarray:
    """Equations (3) to (6), float64 (T, H, W)."""
    return response(second_moments(frames))


def points(moments: np.ndarray, threshold: float = 1e-3) -> Points:
    """Positive maxima among 26 neighbours, strongest first."""
    values = response(moments)
    highest = ndimage.maximum_filter(values, size=3, mode="nearest")
    least = max(0.0, threshold * float(values.max()))
    t, y, x = np.nonzero((values == highest) & (values > least))
    order = np.argsort(-values[t, y, x], kind="stable")
    t, y, x = t[order], y[order], x[order]
    return Points(t, y, x, values[t, y, x], moments[:, t, y, x].T.copy())


def jets(
    frames: np.ndarray, points: Points, spatial: float = 4.0, temporal: float = 2.0
) -> np.ndarray:
    """Equation (7) by dense volumes, read at the points: float64 (P, 34).

    Each of the 34 volumes comes from scipy's derivatives of a Gaussian along t, y and x, those
    that share a beginning from one volume.
    """
    place = points.t, points.y, points.x
    result = np.empty((len(points), len(ORDERS)))
    spread, pace = np.sqrt(spatial), np.sqrt(temporal)

    def along(volume: np.ndarray, axis: int, order: int) -> np.ndarray:
        deviation = pace if axis == 0 else spread
        derived: np.ndarray = ndimage.gaussian_filter1d(
            volume, deviation, axis, order, mode="nearest", truncate=6.0
        )
        return deviation**order * derived

    volume = frames.astype(np.float64)
    for order_t in range(5):
        in_time = along(volume, 0, order_t)
        for order_y in range(5 - order_t):
            in_rows = along(in_time, 1, order_y)
            for order_x in range(5 - order_t - order_y):
                if order_x + order_y + order_t > 0:
                    dense = along(in_rows, 2, order_x)
                    result[:, ORDERS.index((order_x, order_y, order_t))] = dense[place]
    return result


def silhouettes(frames: np.ndarray, difference: int = 25) -> np.ndarray:
    """What differs from the median frame, opened, its largest part: bool (T, H, W)."""
    scene = np.sort(frames, axis=0)[(len(frames) - 1) // 2].astype(int)
    square = np.ones((3, 3))
    masks = np.zeros(frames.shape, dtype=bool)
    for frame, mask in zip(frames, masks, strict=True):
        candidates = np.abs(frame.astype(int) - scene) > difference
        core = ndimage.binary_erosion(candidates, square, border_value=1)
        parts, count = ndimage.label(ndimage.binary_dilation(core, square), square)
        if count:
            mask[:] = parts == 1 + np.bincount(parts.ravel())[1:].argmax()
    return masks


def read(path: Path, size: tuple[int, int] = (160, 120)) -> np.ndarray:
    """A clip's gray frames at the working size, uint8 (T, H, W)."""
    capture = cv2.VideoCapture(str(path))
    frames: list[np.ndarray] = []
    while True:
        good, frame = capture.read()
        if not good:
            return np.stack(frames)
        gray = cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY)
        frames.append(cv2.resize(gray, size, interpolation=cv2.INTER_AREA))


def extract(path: Path) -> features.Features:
    """File to 58-vectors, the default configuration: every filter plain and in float64.

    How the finished parts are put together is the suite's own; it takes no time.
    """
    frames = read(path)
    moments = second_moments(frames)
    found = points(moments)
    return features.assemble(
        ssim(frames), silhouettes(frames), found, jets(frames, found), Config()
    )
