"""SSIM, Harris3D and jets, each against the same definition by a well-known library."""

from collections.abc import Callable

import numpy as np

from benchmarks import material, peers
from benchmarks.measure import Criterion, Entry, Setting, Spread, alternate, one_core
from har_lib import keyframes, stip, video

#: Points whose places must be the same.
STRONGEST = 200


def _frames(setting: Setting, count: int, size: tuple[int, int] | None = None) -> np.ndarray:
    return video.read_gray(material.clip(setting, count), size=size)


def _compared(
    setting: Setting, name: str, ours: Callable[[], object], peer: Callable[[], object]
) -> tuple[Spread, Spread, float]:
    """Seconds of both, and how many times faster ours is."""
    with one_core():
        seconds = alternate(
            {"ours": ours, "peer": peer}, setting.turns, progress=name if setting.progress else ""
        )
    return seconds["ours"], seconds["peer"], seconds["peer"].median / seconds["ours"].median


def ssim(setting: Setting) -> list[Entry]:
    """Consecutive frames at full size."""
    frames = _frames(setting, 8 if setting.quick else 61)
    pairs = len(frames) - 1
    ours, peer, ratio = _compared(
        setting, "ssim", lambda: keyframes.consecutive_ssim(frames), lambda: peers.ssim(frames)
    )
    apart = np.abs(keyframes.consecutive_ssim(frames) - peers.ssim(frames)).max()
    return [
        Entry(
            name="SSIM",
            what="Structural similarity of each frame with the next, equation (2)",
            data=f"{pairs} pairs of frames of a generated clip, 320x240 gray",
            unit="ms a pair",
            ours=ours.scaled(1000 / pairs),
            rounds=setting.turns,
            peer_is=(
                "skimage.metrics.structural_similarity, Gaussian weights of 1.5 pixels, "
                "population covariance, float64"
            ),
            peer=peer.scaled(1000 / pairs),
            ratio=ratio,
            agreement=(Criterion("|difference|", float(apart), most=1e-5),),
            targets=(Criterion("ratio", ratio, least=4),),
        )
    ]


def harris3d(setting: Setting) -> list[Entry]:
    """The response of every pixel at full size, one scale."""
    frames = _frames(setting, 8 if setting.quick else 64)
    count = 10 if setting.quick else STRONGEST
    ours, peer, ratio = _compared(
        setting, "harris3d", lambda: stip.harris3d(frames), lambda: peers.harris3d(frames)
    )
    moments = peers.second_moments(frames)
    expected = peers.response(moments)
    apart = np.abs(stip.harris3d(frames) - expected).max() / expected.max()
    found = stip.detect(frames, threshold=0.0, strongest=count)
    wanted = peers.points(moments, threshold=0.0).take(np.arange(count))
    places = [set(zip(*(each.t, each.y, each.x), strict=True)) for each in (found, wanted)]
    return [
        Entry(
            name="Harris3D",
            what="Interest response of every pixel, equations (3) to (6), one scale",
            data=f"{len(frames)} frames of a generated clip, 320x240 gray",
            unit="ms a frame",
            ours=ours.scaled(1000 / len(frames)),
            rounds=setting.turns,
            peer_is="scipy.ndimage: gaussian_filter and central differences, float64",
            peer=peer.scaled(1000 / len(frames)),
            ratio=ratio,
            agreement=(
                Criterion("difference over the maximum", float(apart), most=1e-4),
                Criterion(
                    f"of the {count} strongest points in the same place",
                    len(places[0] & places[1]),
                    least=count,
                ),
            ),
            targets=(Criterion("ratio", ratio, least=4),),
        )
    ]


def jets(setting: Setting) -> list[Entry]:
    """34 derivatives at the interest points of a clip at the working size."""
    frames = _frames(setting, 24 if setting.quick else 128, (160, 120))
    points = stip.detect(frames)
    ours, peer, ratio = _compared(
        setting, "jets", lambda: stip.jets(frames, points), lambda: peers.jets(frames, points)
    )
    expected = peers.jets(frames, points)
    # Each derivative has a size of its own, so each is held against its own largest value.
    apart = np.abs(stip.jets(frames, points) - expected).max(0) / np.abs(expected).max(0)
    return [
        Entry(
            name="jets",
            what="34 derivatives of orders 1 to 4 at the interest points, equation (7)",
            data=(
                f"{len(points)} points in {len(frames)} frames of a generated clip, 160x120 gray"
            ),
            unit="ms a clip",
            ours=ours.scaled(1000),
            rounds=setting.turns,
            peer_is="dense volumes by scipy.ndimage.gaussian_filter1d, float64",
            peer=peer.scaled(1000),
            ratio=ratio,
            agreement=(Criterion("relative difference", float(apart.max()), most=1e-5),),
            targets=(Criterion("ratio", ratio, least=10),),
        )
    ]
