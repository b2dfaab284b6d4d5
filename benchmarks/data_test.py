"""Does the built-in data need the sequence? A test of the data, not of the paper's method.

Simple features of the true silhouettes go to one and the same kind of classifier, twice: once
from a single random frame of a clip, once from ten frames in order. The data pass when the
single frame scores at least 0.15 below the sequence. Run: python benchmarks/data_test.py
"""

import argparse
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import stats
from sklearn.ensemble import ExtraTreesClassifier
from tqdm.auto import tqdm

from har_lib import files, synthetic

SETTINGS: dict[str, Any] = {
    "frames_per_clip": 10,
    "grid": 8,
    "trees": 300,
    "draws": 20,
    "seed": 0,
    "required_difference": 0.15,
}


def frame_features(masks: NDArray[np.bool_], index: NDArray[np.int64]) -> NDArray[np.float64]:
    """Describe the frames ``index`` of a clip, (K, 8 * 8 + 4).

    Cover of each cell of a grid over the bounding box, then centroid and the box's height and
    width, in units of the clip's tallest box and from the clip's mean centroid.
    """
    boxes = [cv2.boundingRect(mask.astype(np.uint8)) for mask in masks]
    centers = np.array([np.argwhere(mask).mean(axis=0) for mask in masks])
    unit = max(box[3] for box in boxes)
    rows = []
    for t in index:
        left, top, width, height = boxes[t]
        inside = masks[t, top : top + height, left : left + width].astype(np.float32)
        side = SETTINGS["grid"]
        grid = cv2.resize(inside, (side, side), interpolation=cv2.INTER_AREA)
        place = (centers[t] - centers.mean(axis=0)) / unit
        rows.append([*grid.ravel(), *place, height / unit, width / unit])
    return np.array(rows, dtype=np.float64)


def load(root: Path) -> tuple[NDArray[np.float64], NDArray[np.str_], NDArray[np.int64]]:
    """Features (N, K, D), action and group of every clip."""
    features, actions, groups = [], [], []
    for action in tqdm(synthetic.ACTIONS, desc="silhouettes"):
        for group in range(1, synthetic.GROUPS + 1):
            for clip in range(1, synthetic.CLIPS + 1):
                name = synthetic.clip_name(action, group, clip)
                masks = synthetic.read_silhouettes(root / "silhouettes" / action / f"{name}.npz")
                index = np.linspace(0, len(masks) - 1, SETTINGS["frames_per_clip"])
                features.append(frame_features(masks, np.rint(index).astype(np.int64)))
                actions.append(action)
                groups.append(group)
    return np.stack(features), np.array(actions), np.array(groups)


def classifier() -> ExtraTreesClassifier:
    """The classifier of both sides."""
    return ExtraTreesClassifier(
        SETTINGS["trees"], max_features=0.3, random_state=SETTINGS["seed"], n_jobs=2
    )


def interval(values: NDArray[np.float64]) -> list[float]:
    """95 % t-interval of the mean over groups."""
    half = stats.t.ppf(0.975, len(values) - 1) * stats.sem(values)
    return [round(float(values.mean() + sign * half), 4) for sign in (-1, 1)]


def measure(
    features: NDArray[np.float64], actions: NDArray[np.str_], groups: NDArray[np.int64]
) -> dict[str, Any]:
    """Leave one group out: accuracy of one frame and of the sequence, and what is confused."""
    generator = np.random.default_rng(SETTINGS["seed"])
    frames = features.shape[1]
    sequences = np.concatenate([features, np.diff(features, axis=1, prepend=features[:, :1])], 2)
    # How fast things move, whatever the order: only this tells a slow wave from a fast one.
    speed = np.abs(np.diff(features, axis=1)).mean(axis=1)
    views = {"sequence": sequences.reshape(len(actions), -1)}
    views["sequence_and_speed"] = np.concatenate([views["sequence"], speed], axis=1)
    scores: dict[str, list[float]] = {"single_frame": [], **{side: [] for side in views}}
    said: dict[str, list[tuple[str, str]]] = {side: [] for side in scores}
    for group in tqdm(np.unique(groups), desc="groups left out"):
        train, test = groups != group, groups == group
        truth = actions[test]
        by_frame = classifier().fit(
            features[train].reshape(-1, features.shape[2]), np.repeat(actions[train], frames)
        )
        guesses = by_frame.predict(features[test].reshape(-1, features.shape[2]))
        guesses = guesses.reshape(-1, frames)
        right = []
        for _ in range(SETTINGS["draws"]):
            drawn = guesses[np.arange(len(truth)), generator.integers(frames, size=len(truth))]
            right.append(np.mean(drawn == truth))
            said["single_frame"] += zip(truth.tolist(), drawn.tolist(), strict=True)
        scores["single_frame"].append(float(np.mean(right)))
        for side, view in views.items():
            answer = classifier().fit(view[train], actions[train]).predict(view[test])
            scores[side].append(float(np.mean(answer == truth)))
            said[side] += zip(truth.tolist(), answer.tolist(), strict=True)
    difference = np.array(scores["sequence"]) - np.array(scores["single_frame"])

    def summary(values: NDArray[np.float64]) -> dict[str, Any]:
        return {
            "mean": round(float(values.mean()), 4),
            "interval_95": interval(values),
            "by_group": [round(float(value), 4) for value in values],
        }

    return {
        "chance": round(1 / len(set(actions.tolist())), 4),
        **{side: summary(np.array(values)) for side, values in scores.items()},
        "difference": summary(difference),
        "passed": bool(difference.mean() >= SETTINGS["required_difference"]),
        "pairs": [
            {
                "actions": [first, second],
                "kind": kind,
                **{
                    # Of the answers within the pair: how many name the wrong one of the two.
                    f"{side}_confused": share(said[side], first, second)
                    for side in scores
                },
            }
            for first, second, kind in synthetic.PAIRS
        ],
    }


def share(answers: list[tuple[str, str]], first: str, second: str) -> float:
    """Share of wrong answers among those that stay within a pair of actions."""
    pair = {first, second}
    within = [truth == said for truth, said in answers if truth in pair and said in pair]
    return round(1 - float(np.mean(within)), 4)


def main() -> None:
    """Make the data if need be, measure, and write the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path, default=None, help="folder of the built-in data")
    parser.add_argument(
        "--output",
        type=Path,
        default=files.ROOT / "results" / "recorded" / "builtin_data_test.json",
    )
    arguments = parser.parse_args()
    root = synthetic.make(arguments.root)
    features, actions, groups = load(root)
    result = {
        "what": "accuracy, leave one group out, from true silhouettes; intervals over groups",
        "data": {
            "actions": list(synthetic.ACTIONS),
            "groups": synthetic.GROUPS,
            "clips": len(actions),
            "digest": synthetic.digest(root),
        },
        "settings": SETTINGS,
        **measure(features, actions, groups),
    }
    files.write_json(arguments.output, result)
    print(
        f"one frame {result['single_frame']['mean']:.3f}, sequence "
        f"{result['sequence']['mean']:.3f}, chance {result['chance']:.3f}: "
        + ("passed" if result["passed"] else "NOT passed")
    )


if __name__ == "__main__":
    main()
