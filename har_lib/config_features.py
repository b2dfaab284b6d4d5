"""The open choices of the extraction: how a clip becomes key frames and their 58 numbers.

Each section is what one stage reads, and so the cache key of that stage. The question that a
choice settles, the first argument of each, stands in `har_lib.paper_questions`.
"""

from dataclasses import dataclass

from har_lib.choice import choice

#: Ways to choose key frames whose number has bounds.
_BOUNDED = ("ssim", "deviations", "quantile", "uniform")


@dataclass(frozen=True)
class Video:
    """How a clip is read: equation (1)."""

    resize: str = choice(
        "frame_size",
        "fixed",
        "whether frames are brought to the working size or keep their own",
        ("fixed", "native"),
        name="frame_size",
    )
    width: int = choice(
        "frame_size",
        160,
        "working width of a frame, pixels",
        (16, 4096),
        name="frame_width",
        alternatives=(256, 320),
        only_with={"frame_size": ("fixed",)},
    )
    height: int = choice(
        "frame_size",
        120,
        "working height of a frame, pixels",
        (16, 4096),
        name="frame_height",
        alternatives=(240, 256),
        only_with={"frame_size": ("fixed",)},
    )
    gray: str = choice(
        "gray_conversion",
        "luma",
        "how colour becomes gray: ITU-R 601 luma, mean of red, green and blue, or their maximum",
        ("luma", "mean", "value"),
        name="gray_conversion",
    )


@dataclass(frozen=True)
class Similarity:
    """How alike two frames are: equation (2)."""

    window: str = choice(
        "ssim_statistics",
        "gaussian",
        "statistics of SSIM: 11x11 Gaussian windows, 7x7 uniform windows, or the whole frame",
        ("gaussian", "uniform", "global"),
        name="ssim_window",
    )
    form: str = choice(
        "ssim_constant",
        "corrected",
        "equation (2) as printed (S1 in both factors of the denominator) or as in Wang et al. 2004",
        ("corrected", "literal"),
        name="ssim_form",
        literal="literal",
    )
    reference: str = choice(
        "ssim_reference",
        "previous_frame",
        "what a frame is compared with; the previous key frame needs keyframe_selection ssim "
        "or uniform",
        ("previous_frame", "previous_key_frame", "first_frame"),
        name="ssim_reference",
    )


@dataclass(frozen=True)
class KeyFrames:
    """Which frames are kept."""

    selection: str = choice(
        "ssim_threshold",
        "ssim",
        "how key frames are chosen: SSIM below a fixed threshold, below the clip's mean by some "
        "deviations, below a quantile, a fixed number of lowest, or evenly spaced as a control",
        ("ssim", "deviations", "quantile", "lowest", "uniform"),
        name="keyframe_selection",
    )
    threshold: float = choice(
        "ssim_threshold",
        0.9,
        "a frame is a key frame when its SSIM is below this",
        (-1.0, 1.0),
        name="ssim_threshold",
        alternatives=(0.7, 0.8, 0.95, 0.98, 0.99),
        only_with={"keyframe_selection": ("ssim", "uniform")},
    )
    deviations: float = choice(
        "ssim_threshold",
        2.0,
        "standard deviations below the clip's mean SSIM where the threshold lies",
        (0.0, 10.0),
        name="ssim_deviations",
        alternatives=(1.0, 3.0),
        only_with={"keyframe_selection": ("deviations",)},
    )
    share: float = choice(
        "ssim_threshold",
        0.1,
        "share of the clip's frames that the threshold lets pass",
        (0.001, 1.0),
        name="keyframe_share",
        alternatives=(0.05, 0.2),
        only_with={"keyframe_selection": ("quantile",)},
    )
    count: int = choice(
        "ssim_threshold",
        10,
        "number of key frames of a clip",
        (1, 1000),
        name="keyframe_count",
        alternatives=(5, 20),
        only_with={"keyframe_selection": ("lowest",)},
    )
    keep_first: bool = choice(
        "first_frame",
        True,
        "the first frame of a clip always is a key frame",
        name="keep_first_frame",
    )
    minimum: int = choice(
        "number_of_key_frames",
        4,
        "fewest key frames of a clip; missing ones are those of lowest SSIM",
        (1, 1000),
        name="minimum_keyframes",
        alternatives=(1, 8),
        only_with={"keyframe_selection": _BOUNDED},
    )
    maximum: int = choice(
        "number_of_key_frames",
        20,
        "most key frames of a clip; those of lowest SSIM stay",
        (1, 1000),
        name="maximum_keyframes",
        alternatives=(10, 1000),
        only_with={"keyframe_selection": _BOUNDED},
    )
    drop_duplicates: bool = choice(
        "duplicate_frames",
        True,
        "never fill up with a frame identical to the one before",
        name="drop_duplicate_frames",
    )


@dataclass(frozen=True)
class Silhouette:
    """Where the body is."""

    method: str = choice(
        "foreground",
        "median_background",
        "where the body comes from: difference to the clip's median frame, mixtures of Gaussians "
        "(mog2) or nearest neighbours (knn) of each pixel's past, difference of successive "
        "frames, optical flow, every pixel, or the frames are masks (given)",
        (
            "median_background",
            "mog2",
            "knn",
            "frame_difference",
            "optical_flow",
            "whole_frame",
            "given",
        ),
        name="silhouette",
    )
    difference: int = choice(
        "foreground",
        25,
        "gray levels by which foreground differs from the background or the frame before",
        (1, 254),
        name="foreground_difference",
        alternatives=(15, 40),
        only_with={"silhouette": ("median_background", "frame_difference")},
    )
    speed: float = choice(
        "foreground",
        0.5,
        "optical flow of the body, pixels per frame, at least",
        (0.01, 100.0),
        name="flow_speed",
        alternatives=(0.25, 1.0),
        only_with={"silhouette": ("optical_flow",)},
    )


@dataclass(frozen=True)
class Grid:
    """The 4x4 grid over the body."""

    over: str = choice(
        "grid_extent",
        "bbox",
        "what the 4x4 grid divides: the body's bounding box, the smallest square around that, or "
        "the whole frame",
        ("bbox", "square", "frame"),
        name="grid_over",
        stable="frame",
    )
    rule: str = choice(
        "cell_rule",
        "by_grid",
        "when a cell is 1: half of it body in a box and one pixel in a frame (by_grid), half, any "
        "pixel, above Otsu's threshold of the 16 occupancies; or the occupancy itself",
        ("by_grid", "half", "any", "otsu", "occupancy"),
        name="cell_rule",
    )
    order: str = choice(
        "scan_order",
        "rows",
        "order of the 16 cells: row by row or column by column",
        ("rows", "columns"),
        name="cell_order",
    )
    uneven: str = choice(
        "uneven_cells",
        "rounded",
        "sides that four does not divide: cells with rounded edges, or the object resized first",
        ("rounded", "resized"),
        name="uneven_cells",
    )
    empty: str = choice(
        "empty_foreground",
        "zeros",
        "what stands in for a body that is not found: nothing, the box of the interest points "
        "near the key frame, or the whole frame",
        ("zeros", "points", "frame"),
        name="empty_silhouette",
    )


@dataclass(frozen=True)
class Stip:
    """Space-time interest points: equations (3) to (7)."""

    spatial_variance: float = choice(
        "local_scale",
        4.0,
        "spatial variance of the local scale, squared pixels",
        (0.25, 256.0),
        alternatives=(2.0, 8.0, 16.0),
    )
    temporal_variance: float = choice(
        "local_scale",
        2.0,
        "temporal variance of the local scale, squared frames",
        (0.25, 64.0),
        alternatives=(1.0, 4.0),
    )
    scales: str = choice(
        "scale_selection",
        "single",
        "scales of the points: the local scale alone, that and its multiples 2 and 4 in space and "
        "2 in time, or of these the points where the normalised Laplacian is largest over scales",
        ("single", "several", "laplacian"),
        name="scale_selection",
    )
    integration: float = choice(
        "integration_scale",
        2.0,
        "integration scale over local scale, the c of the paper, as a ratio of variances",
        (1.0, 16.0),
        name="integration_factor",
        alternatives=(1.0, 4.0),
    )
    gaussian_form: str = choice(
        "gaussian_time",
        "corrected",
        "equation (4) with n as the number of frames, as the text says, or as time",
        ("corrected", "literal"),
        literal="literal",
    )
    k: float = choice(
        "harris_constant",
        0.005,
        "Harris constant of equation (6); printed is 1, and points need less than 1/27",
        (0.0001, 1.0),
        name="harris_k",
        literal=1.0,
        alternatives=(0.0005, 0.01),
    )
    threshold: float = choice(
        "point_threshold",
        0.001,
        "least response of a point, relative to the strongest of the clip",
        (0.0, 1.0),
        name="response_threshold",
        alternatives=(0.0, 0.01, 0.1),
    )
    floor: float = choice(
        "point_threshold",
        0.0,
        "least response of a point whatever the clip, gray levels to the sixth power",
        (0.0, 1e15),
        name="response_floor",
        alternatives=(1e4, 1e6),
    )
    strongest: int = choice(
        "point_threshold",
        0,
        "most points of a clip, the strongest; 0 keeps all",
        (0, 1000000),
        name="strongest_points",
        alternatives=(50, 200),
    )
    neighbourhood: str = choice(
        "maxima_neighbourhood",
        "space_time",
        "what a maximum exceeds: its 26 neighbours in space and time, or the 8 in its frame",
        ("space_time", "frame"),
        name="point_neighbourhood",
    )
    volume: str = choice(
        "point_volume",
        "clip",
        "frames in which points are sought: the whole clip, or those around the key frames",
        ("clip", "key_frames"),
        name="point_volume",
    )
    reach: int = choice(
        "point_volume",
        15,
        "frames on either side of a key frame in which points are sought",
        (1, 1000),
        name="volume_reach",
        alternatives=(5, 30),
        only_with={"point_volume": ("key_frames",)},
    )
    velocity: bool = choice(
        "velocity_adaptation",
        False,
        "take jets along the local motion that the second moments imply",
        name="velocity_adaptation",
    )
    jet_form: str = choice(
        "jet_signal",
        "corrected",
        "equation (7) on the kernel, as printed, or on the smoothed video",
        ("corrected", "literal"),
        literal="literal",
    )


@dataclass(frozen=True)
class Vector:
    """How interest points become a key frame's 40 numbers."""

    window: int = choice(
        "point_window",
        3,
        "points within this many frames describe a key frame",
        (0, 1000),
        name="point_window",
        alternatives=(0, 1, 15),
    )
    kind: str = choice(
        "interest_vector",
        "jets",
        "the 40 numbers: 34 mean jets and 6 second moments; 40 largest responses; the same of a "
        "2-D Harris detector on the key frame; 20 places x, y; 10 of x, y, t, response; 8 of x, "
        "y, t and the two variances",
        ("jets", "responses", "responses_2d", "places", "places_time", "places_scale"),
        name="interest_vector",
    )


@dataclass(frozen=True)
class Coverage:
    """How large the object is."""

    measure: str = choice(
        "coverage_lengths",
        "extent",
        "the object's lengths: extent of the interest points, four standard deviations of their "
        "places, or the silhouette's bounding box",
        ("extent", "deviation", "silhouette"),
        name="coverage_measure",
    )
    unit: str = choice(
        "coverage_unit",
        "frame",
        "unit of the lengths: share of the frame's sides, or pixels",
        ("frame", "pixels"),
        name="coverage_unit",
    )
