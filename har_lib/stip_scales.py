r"""Interest points at several scales and along motion, and the whole search for them.

The paper has "automatically selecting" of :math:`(\eta, \tau)` and adjustment "with the
estimated speed", without an equation for either. What stands here are one-step versions of the
sources' iterations.
"""

from collections.abc import Sequence
from itertools import groupby
from operator import itemgetter

import numpy as np

from har_lib import stip
from har_lib.blocks import Frames
from har_lib.errors import InputError
from har_lib.stip import Points

#: How scales can be chosen.
SELECTIONS = ("single", "several", "laplacian")
#: Multiples of the local scale's variances, where there are several.
SPATIAL_MULTIPLES, TEMPORAL_MULTIPLES = (1, 2, 4), (1, 2)
#: Below this ratio of eigenvalues the gradients of a place have one direction in space.
SINGULAR = 1e-4

#: Where the second derivatives along x, y and t stand among the jets.
_SECOND = [stip.JET_ORDERS.index(orders) for orders in ((2, 0, 0), (0, 2, 0), (0, 0, 2))]


def scale_pairs(
    spatial_variance: float, temporal_variance: float, selection: str
) -> tuple[tuple[float, float], ...]:
    """The scales at which points are sought.

    Parameters
    ----------
    spatial_variance, temporal_variance : float
        The local scale, squared pixels and squared frames.
    selection : str
        ``single``, that scale; ``several`` or ``laplacian``, its multiples 1, 2, 4 in space,
        each with 1 and 2 in time.

    Returns
    -------
    tuple of (spatial, temporal)

    Raises
    ------
    InputError
        If ``selection`` is none of these.

    Examples
    --------
    >>> scale_pairs(4.0, 2.0, "several")
    ((4.0, 2.0), (4.0, 4.0), (8.0, 2.0), (8.0, 4.0), (16.0, 2.0), (16.0, 4.0))
    """
    if selection not in SELECTIONS:
        raise InputError(
            f"scales = {selection!r} is not allowed: it must be one of {list(SELECTIONS)}"
        )
    if selection == "single":
        return ((spatial_variance, temporal_variance),)
    return tuple(
        (spatial_variance * in_space, temporal_variance * in_time)
        for in_space in SPATIAL_MULTIPLES
        for in_time in TEMPORAL_MULTIPLES
    )


def local_velocity(second_moments: np.ndarray, scale: np.ndarray) -> np.ndarray:
    r"""The motion that best explains the gradients around a point, by least squares.

    .. math:: v = -\frac{\eta}{\tau}
              \begin{pmatrix}\mu_{xx} & \mu_{xy} \\ \mu_{xy} & \mu_{yy}\end{pmatrix}^{-1}
              \begin{pmatrix}\mu_{xt} \\ \mu_{yt}\end{pmatrix}

    A pattern that moves without changing has :math:`K_x v_x + K_y v_y + K_t = 0` everywhere.
    The factor before the inverse undoes the normalisation of the derivatives by scale.

    Parameters
    ----------
    second_moments : ndarray (P, 6)
        The entries xx, xy, xt, yy, yt, tt of (5).
    scale : ndarray (P, 2)
        Spatial and temporal variance of each, squared pixels and squared frames.

    Returns
    -------
    ndarray, float64 (P, 2)
        Pixels per frame along x and y; 0 where the gradients have one direction in space, which
        fixes the motion across it alone.

    Notes
    -----
    Source: Laptev & Lindeberg 2004, "Velocity adaptation of space-time interest points",
    https://doi.org/10.1109/ICPR.2004.1334003. They estimate and adapt in turns until the
    velocity rests; this is their first estimate. It needs no limit: where the response is
    positive, as it is at points, the speed is at most :math:`2.54\,\eta/\tau` for k = 0.005.

    Examples
    --------
    A texture that moves by 0.5 pixels a frame along x and 0.25 along y:

    >>> moments = np.array([[4.0, 0.0, -2.0, 4.0, -1.0, 1.25]])
    >>> local_velocity(moments, np.array([[3.0, 3.0]])).tolist()
    [[0.5, 0.25]]
    """
    xx, xy, xt, yy, yt, _ = np.asarray(second_moments, dtype=np.float64).T
    middle, spread = (xx + yy) / 2, np.hypot((xx - yy) / 2, xy)
    two_directions = middle - spread > SINGULAR * (middle + spread)
    determinant = np.where(two_directions, xx * yy - xy * xy, 1.0)
    along_x = -(yy * xt - xy * yt) / determinant
    along_y = -(xx * yt - xy * xt) / determinant
    spatial, temporal = np.asarray(scale, dtype=np.float64).T
    pixels_per_frame = np.sqrt(spatial / temporal) * np.array([along_x, along_y])
    return np.where(two_directions, pixels_per_frame, 0.0).T


def normalised_laplacian(
    frames: Frames, points: Points, spatial_variance: float, temporal_variance: float
) -> np.ndarray:
    r"""How strongly each place is marked at a scale: it picks the scale of a blob.

    .. math:: |\eta^2\tau^{1/2}(K_{bb} + K_{cc}) + \eta\tau^{3/2}K_{nn}|

    Parameters
    ----------
    frames : ndarray, uint8 (T, H, W)
        Gray on 0..255.
    points : Points
        Where to take it.
    spatial_variance, temporal_variance : float
        The scale, :math:`\eta^2` and :math:`\tau^2`.

    Returns
    -------
    ndarray, float64 (P,)

    Notes
    -----
    Source: Laptev 2005, https://doi.org/10.1007/s11263-005-1838-7, whose powers of
    :math:`\eta` and :math:`\tau` are those for which each term, and so the sum, is extremal at
    the centre of a Gaussian blob where the scale is the blob's own. Jets carry other powers,
    :math:`\eta^i\tau^l`; the difference is made up here.

    Examples
    --------
    >>> t, y, x = np.mgrid[-20:21, -20:21, -20:21]
    >>> blob = 255 * np.exp(-(x**2 + y**2) / (2 * 8.0) - t**2 / (2 * 2.0))
    >>> centre = Points(*(np.array([20]) for _ in range(3)), np.ones(1), np.zeros((1, 6)))
    >>> marks = {s: normalised_laplacian(blob, centre, s, 2.0).item() for s in (4.0, 8.0, 16.0)}
    >>> max(marks, key=marks.get)
    8.0
    """
    xx, yy, tt = stip.jets(frames, points, spatial_variance, temporal_variance)[:, _SECOND].T
    eta, tau = np.sqrt(spatial_variance), np.sqrt(temporal_variance)
    return np.abs(np.sqrt(tau) * (xx + yy) + eta / np.sqrt(tau) * tt)


def _at_own_scale(
    frames: Frames, points: Points, pairs: Sequence[tuple[float, float]]
) -> np.ndarray:
    """Which points have their largest Laplacian, over the scales, at their own; bool (P,)."""
    marks = np.array([normalised_laplacian(frames, points, *pair) for pair in pairs])
    return (points.scale == np.array(pairs)[marks.argmax(axis=0)]).all(axis=1)


def _checked_segments(
    segments: Sequence[tuple[int, int]] | None, length: int
) -> list[tuple[int, int]]:
    if segments is None:
        return [(0, length)]
    end_before = 0
    for start, stop in sorted(segments):
        if not end_before <= start <= stop <= length:
            raise InputError(
                f"segment {start}..{stop} is not allowed: segments must lie in the clip's "
                f"{length} frames, start before they stop, and share no frame"
            )
        end_before = stop
    # A single frame has no space-time structure.
    return [(start, stop) for start, stop in segments if stop - start >= 2]


def _jets(
    frames: Frames,
    points: Points,
    pairs: Sequence[tuple[float, float]],
    velocity: bool,
    form: str,
) -> np.ndarray:
    """Jets of each point at its own scale, float32 (P, 34)."""
    result = np.empty((len(points), len(stip.JET_ORDERS)), dtype=np.float32)
    for pair in pairs:
        which = (points.scale == pair).all(axis=1)
        here = points.take(which)
        motion = local_velocity(here.second_moments, here.scale) if velocity else None
        result[which] = stip.jets(frames, here, *pair, form=form, velocity=motion)
    return result


def find(
    frames: Frames,
    spatial_variance: float = 4.0,
    temporal_variance: float = 2.0,
    integration: float = 2.0,
    k: float = 0.005,
    threshold: float = 1e-3,
    *,
    scales: str = "single",
    velocity: bool = False,
    segments: Sequence[tuple[int, int]] | None = None,
    floor: float = 0.0,
    strongest: int = 0,
    neighbourhood: str = "space_time",
    gaussian_form: str = "corrected",
    jet_form: str = "corrected",
    block: int | None = None,
) -> tuple[Points, np.ndarray]:
    """The interest points of a clip and their jets: equations (3) to (7) and all their options.

    Parameters
    ----------
    frames : ndarray, uint8 (T, H, W)
        Gray on 0..255.
    spatial_variance, temporal_variance, integration, k, threshold : float
        See `har_lib.stip.detect`.
    scales : str
        ``single``; ``several``, the points of all scales of `scale_pairs`; or ``laplacian``, of
        these the points whose own scale has, among all, the largest `normalised_laplacian` at
        their place.
    velocity : bool
        Take jets along `local_velocity`.
    segments : sequence of (start, stop), optional
        Half-open ranges of frames, without a frame in common. Each is searched as a clip by
        itself, with a relative threshold of its own; one of a single frame has no points. Jets
        and Laplacians see the frames beyond. None searches the whole clip.
    floor : float
        Least response whatever the clip, gray levels to the sixth power.
    strongest : int
        Most points of all scales and segments together, after the choice of scale; 0 keeps all.
    neighbourhood : str
        See `har_lib.stip.local_maxima`.
    gaussian_form, jet_form : str
        ``corrected`` or ``literal`` equations (4), see `har_lib.stip.gaussian_kernel`, and (7),
        see `har_lib.stip.jets`. Jets and Laplacians need derivatives along time and so take
        ``n`` of (4) as time in either case.
    block : int, optional
        Frames that are filtered at a time, see `har_lib.stip.detect`.

    Returns
    -------
    Points
        Strongest first, ``t`` counted in the clip.
    ndarray, float32 (P, 34)
        Their jets, each at the scale of its point.

    Raises
    ------
    InputError
        If a number or a name is out of its range, ``frames`` has fewer than two frames, or
        ``segments`` overlap or leave the clip.

    Notes
    -----
    ``laplacian`` is a discrete version of scale selection, carried from space to space-time:
    Mikolajczyk & Schmid 2001, "Indexing based on scale invariant interest points",
    https://doi.org/10.1109/ICCV.2001.937561. Laptev's iteration, which moves a point through
    scales and places until it rests, is not done.

    Examples
    --------
    >>> clip = np.zeros((24, 40, 40), dtype=np.uint8)
    >>> clip[12, 18:23, 18:23] = 200
    >>> points, jets = find(clip, strongest=1)
    >>> points.t.tolist(), points.y.tolist(), points.x.tolist(), jets.shape
    ([12], [20], [20], (1, 34))
    """
    pairs = scale_pairs(spatial_variance, temporal_variance, scales)
    found = []
    for segment in _checked_segments(segments, len(frames)):
        for _, same_in_space in groupby(pairs, key=itemgetter(0)):
            points = stip.detect_at(
                frames,
                list(same_in_space),
                integration,
                k,
                threshold,
                floor=floor,
                neighbourhood=neighbourhood,
                form=gaussian_form,
                segment=segment,
                block=block,
            )
            found.append(points)
    points = stip.joined(found)
    if scales == "laplacian":
        points = points.take(_at_own_scale(frames, points, pairs))
    points = points.take(np.arange(len(points))[: strongest or None])
    return points, _jets(frames, points, pairs, velocity, jet_form)
