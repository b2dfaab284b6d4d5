"""One clip from file to 58-vectors: how fast, where the time goes, how much memory."""

import json
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from benchmarks import material, peers, ucf101_tree
from benchmarks.measure import Criterion, Entry, Row, Setting, Spread, alternate, one_core
from har_lib import features, files, keyframes, stip
from har_lib.config import Config

#: Frames a second that must be reached, and those that are aimed at.
LEAST, AIM = 400, 800
#: Most memory for UCF101's longest clip, MB.
MEMORY = 600


def _alternate(
    setting: Setting, name: str, parts: Mapping[str, Callable[[], object]]
) -> dict[str, Spread]:
    with one_core():
        return alternate(parts, setting.turns, progress=name if setting.progress else "")


def _decode(paths: Sequence[Path]) -> int:
    """Decode and throw away; the number of frames."""
    return sum(1 for path in paths for _ in material.decoded(path))


def _extract(paths: Sequence[Path]) -> None:
    for path in paths:
        features.extract(path)


def _whole(setting: Setting, name: str, data: str, paths: Sequence[Path]) -> Entry:
    """Extraction beside decoding alone, which is its floor."""
    frames = _decode(paths)
    seconds = _alternate(
        setting, name, {"ours": lambda: _extract(paths), "decoding": lambda: _decode(paths)}
    )
    ours = seconds["ours"].per_second(frames)
    ratio = seconds["decoding"].median / seconds["ours"].median
    speed = Criterion("speed", ours.median, " frames/s", least=LEAST)
    aim = Criterion("speed", ours.median, " frames/s", least=AIM, aim=True)
    return Entry(
        name=name,
        what="File to 58-vectors, default configuration, one core",
        data=data,
        unit="frames/s",
        ours=ours,
        rounds=setting.turns,
        peer_is="decoding the same files by OpenCV and nothing else",
        peer=seconds["decoding"].per_second(frames),
        ratio=ratio,
        targets=(speed, aim),
        notes=(f"Decoding alone takes {100 * ratio:.0f} % of the time of an extraction.",),
    )


def clip(setting: Setting) -> list[Entry]:
    """Generated clips of UCF101's length, and UCF101's own if they are at hand."""
    paths = material.usual(setting)
    frames = _decode(paths[:1])
    data = f"{len(paths)} generated clips of {frames} frames, 320x240 XviD"
    entries = [_whole(setting, "clip", data, paths)]
    real = material.real()
    if real:
        data = f"{len(real)} clips of UCF101, {_decode(real)} frames, 320x240 XviD"
        entries.append(_whole(setting, "clip of UCF101", data, real))
    return entries


# ---------------------------------------------------------------- are the clips like UCF101's?


def _likeness(paths: Sequence[Path]) -> dict[str, float]:
    """What decides the cost of clips, over all their frames."""
    frames = size = below = points = 0.0
    for path in paths:
        gray = np.asarray(features.read(path, Config().video))
        frames += len(gray)
        size += path.stat().st_size
        below += (keyframes.consecutive_ssim(gray) < Config().keyframes.threshold).sum()
        points += len(stip.detect(gray))
    return {
        "bytes a frame": size / frames,
        "interest points a frame": points / frames,
        "share of frames with SSIM below 0.9": below / frames,
    }


def likeness(setting: Setting) -> list[Entry]:
    """The generated clips beside UCF101's: what their frames cost."""
    pool = material.pool(setting)
    sides = {"generated": pool}
    real = material.real()
    if real:
        sides["UCF101"] = real
    counts = {side: _decode(paths) for side, paths in sides.items()}
    seconds = _alternate(
        setting,
        "likeness",
        {side: lambda paths=paths: _decode(paths) for side, paths in sides.items()},  # type: ignore[misc]
    )
    rates = {side: seconds[side].per_second(counts[side]) for side in sides}
    found = {
        side: {"decoded frames/s": rates[side].median, **_likeness(paths)}
        for side, paths in sides.items()
    }
    rows: tuple[Row, ...] = tuple(
        {"of a clip": name, **{side: values[name] for side, values in found.items()}}
        for name in found["generated"]
    )
    return [
        Entry(
            name="likeness",
            what="What decides the cost of a clip: the generated clips beside those of UCF101",
            data=f"{len(pool)} generated clips, {len(real)} of UCF101, 320x240 XviD",
            unit="decoded frames/s",
            ours=rates["generated"],
            rounds=setting.turns,
            peer_is="the same of UCF101's own clips" if real else "",
            peer=rates.get("UCF101"),
            rows=rows,
        )
    ]


# ---------------------------------------------------------------- where the time goes


def bandwidth(setting: Setting) -> float:
    """Bytes a second that a copy of a large array reads and writes."""
    source = np.ones(2**24 if setting.quick else 2**26, dtype=np.uint8)
    target = np.empty_like(source)
    seconds = _alternate(setting, "bandwidth", {"copy": lambda: np.copyto(target, source)})
    return 2 * source.nbytes / seconds["copy"].median


#: Bytes that a stage moves for each pixel of each frame, if every array that its equations name
#: goes through memory once, float32 but for frames and masks: each is written and read again.
_MOVED = {
    "SSIM": (1 + 8 * 4, "the frame, its mean, mean square, mean product and the similarity"),
    "silhouettes": (1 + 1 + 1, "the frame for the background, again to compare, the mask"),
    "points": (1 + 8 * (1 + 6 + 6 + 1), "K, the six products, the six moments, the response"),
}


def profile(setting: Setting) -> list[Entry]:
    """Each stage by itself, on frames in memory, beside its floor."""
    config = Config()
    path = material.usual(setting)[0]
    frames = np.asarray(features.read(path, config.video))
    curve = features.similarity(frames, config.similarity)
    masks = features.bodies(frames, config.silhouette)
    points = stip.detect(frames)
    jet = stip.jets(frames, points)
    stages: dict[str, Callable[[], object]] = {
        "decoding, gray, resizing": lambda: np.asarray(features.read(path, config.video)),
        "SSIM": lambda: features.similarity(frames, config.similarity),
        "silhouettes": lambda: features.bodies(frames, config.silhouette),
        "points": lambda: stip.detect(frames),
        "jets": lambda: stip.jets(frames, points),
        "assembly": lambda: features.assemble(curve, masks, points, jet, config),
    }
    seconds = _alternate(
        setting,
        "profile",
        {**stages, "decoding alone": lambda: _decode([path]), "whole": lambda: _extract([path])},
    )
    each = {name: 1000 * spread.median / len(frames) for name, spread in seconds.items()}
    speed = bandwidth(setting)
    pixels = frames[0].size
    floors = {
        name: (1000 * moved * pixels / speed, f"{moved} bytes a pixel: {why}")
        for name, (moved, why) in _MOVED.items()
    }
    floors["decoding, gray, resizing"] = (each["decoding alone"], "decoding alone")
    # A neighbourhood is 17 x 25 x 25 gray levels, and float64 from the first product on.
    near = 17 * 25 * 25 * (1 + 8) * len(points) / len(frames)
    floors["jets"] = (1000 * near / speed, "each point's neighbourhood, read and taken to float64")
    rows: list[Row] = []
    for name in stages:
        row: dict[str, str | float] = {"stage": name, "ms a frame": each[name]}
        floor, why = floors.get(name, (0.0, ""))
        row |= {"floor, ms": floor or "", "times the floor": each[name] / floor if floor else ""}
        rows.append(row | {"what the floor is": why})
    total = sum(each[name] for name in stages)
    return [
        Entry(
            name="profile",
            what="Where the time of a clip goes, stage by stage",
            data=f"a generated clip of {len(frames)} frames, 320x240 XviD, worked on at 160x120",
            unit="ms a frame",
            ours=seconds["whole"].scaled(1000 / len(frames)),
            rounds=setting.turns,
            rows=tuple(rows),
            notes=(
                f"The stages sum to {total:.3g} ms a frame, the whole takes {each['whole']:.3g}.",
                f"A copy in memory reads and writes {speed / 1e9:.1f} GB/s.",
            ),
        )
    ]


def naive(setting: Setting) -> list[Entry]:
    """The whole extraction beside a plain one in float64."""
    path = material.usual(setting)[0]
    frames = _decode([path])
    # A round of the peer takes seconds.
    few = Setting(**{**vars(setting), "rounds": min(3, setting.turns)})
    seconds = _alternate(
        few,
        "naive",
        {"ours": lambda: features.extract(path), "peer": lambda: peers.extract(path)},
    )
    ours, peer = features.extract(path), peers.extract(path)
    same = np.array_equal(ours.keyframes, peer.keyframes)
    apart = np.abs(ours.vectors - peer.vectors).max() / np.abs(peer.vectors).max() if same else 1.0
    return [
        Entry(
            name="naive",
            what="File to 58-vectors beside a plain float64 implementation by the libraries",
            data=f"a generated clip of {frames} frames, 320x240 XviD, worked on at 160x120",
            unit="frames/s",
            ours=seconds["ours"].per_second(frames),
            rounds=few.turns,
            peer_is="scikit-image's SSIM, scipy.ndimage's filters, jets as dense volumes",
            peer=seconds["peer"].per_second(frames),
            ratio=seconds["peer"].median / seconds["ours"].median,
            agreement=(
                Criterion("the same key frames", float(same), least=1),
                Criterion("difference over the largest number", float(apart), most=1e-4),
            ),
        )
    ]


# ---------------------------------------------------------------- memory


def _peak(path: Path, *choices: str) -> dict[str, float]:
    """What a fresh process needs to extract a clip, see `benchmarks.peak`."""
    words = [sys.executable, "-m", "benchmarks.peak", str(path), *choices]
    answer = subprocess.run(words, cwd=files.ROOT, capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(answer.stdout)
    return found


def memory(setting: Setting) -> list[Entry]:
    """The peak of a process that extracts one clip: UCF101's longest, a longer, a larger."""
    long, longest = (48, 96) if setting.quick else (ucf101_tree.LONGEST, 20_000)
    large = 2 if setting.quick else 24
    usual, native = (), ("frame_size=native",)
    cases: list[tuple[str, Path, tuple[str, ...], bool]] = [
        (f"{long} frames, 160x120", material.clip(setting, long), usual, True),
        (f"{long} frames, 320x240", material.clip(setting, long), native, True),
        (f"{longest} frames, 160x120", material.clip(setting, longest), usual, False),
        (f"{longest} frames, 320x240", material.clip(setting, longest), native, False),
        (f"{large} frames of 4K, 160x120", material.enlarged(setting, large), usual, False),
        (f"{large} frames of 4K, 3840x2160", material.enlarged(setting, large), native, False),
    ]
    rows: list[Row] = []
    targets = []
    for name, path, choices, bounded in cases:
        found = _peak(path, *choices)
        if bounded:
            targets.append(Criterion(f"{name}: peak", found["peak"], " MB", most=MEMORY))
        rows.append(
            {
                "clip": name,
                "peak, MB": found["peak"],
                "before, MB": found["before"],
                "frames/s": found["frames"] / found["seconds"],
            }
        )
    peaks = [float(row["peak, MB"]) for row in rows]
    return [
        Entry(
            name="memory",
            what="Peak of the resident memory of a fresh process that extracts one clip",
            data="generated clips, XviD, and the size at which they are worked on",
            unit="MB",
            ours=Spread.of(peaks[:1]),
            rounds=1,
            targets=tuple(targets),
            rows=tuple(rows),
            notes=(
                "The number of the table is the first row's; 'before' is the process with the "
                "libraries loaded.",
            ),
        )
    ]
