"""Every option of every choice does something: each is run, and its result differs.

For options whose effect is pinned exactly, see the tests of the module that implements them;
here none can be declared without being reached.
"""

from collections.abc import Callable
from functools import cache, wraps
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from har_lib import (
    baselines,
    coverage,
    evaluate,
    experiments,
    features,
    foreground,
    keyframes,
    lstm,
    metrics,
    seagull,
    shape,
    stip,
    stip_scales,
    stip_vector,
    video,
)
from har_lib import sequences as scalings
from har_lib.alstm import ALSTMClassifier
from har_lib.config import FIELDS, Config, profile
from har_lib.datasets import Dataset, Record
from har_lib.extraction import Collection
from har_lib.features import Features
from har_lib.files import ROOT

#: Sections that decide on key frames and their numbers.
EXTRACTION = (
    *("video", "similarity", "keyframes", "silhouette", "grid", "stip", "vector", "coverage"),
)
#: Settings of the ALSTM classifier, and of the other methods.
LEARNING = ("sequence", "lstm", "search", "training")

#: Options that need data of their own, and the test that runs them.
ELSEWHERE = {
    ("split", "official1"): ("test_real_data.py", "test_an_official_split_is_evaluated_as_listed"),
    **{
        ("split", option): (
            "test_experiments.py",
            "test_an_official_split_is_given_by_positions_among_the_readable_clips",
        )
        for option in ("official2", "official3")
    },
    ("silhouette", "given"): ("test_features.py", "test_masks_may_be_given"),
}

#: Choices beside which an option shows on the small inputs here, besides its own condition.
BESIDE: dict[Any, dict[str, Any]] = {
    # A minimum and a maximum are seen where the threshold lets fewer and more frames pass.
    "maximum_keyframes": {"ssim_threshold": 0.999, "maximum_keyframes": 20},
    "minimum_keyframes": {"ssim_threshold": 0.0, "minimum_keyframes": 4},
    "drop_duplicate_frames": {"minimum_keyframes": 100},
    # In a box by_grid is half, in a frame any.
    ("cell_rule", "half"): {"grid_over": "frame"},
    # All points, so that those far from the few key frames are seen too.
    "point_volume": {"keyframe_selection": "lowest", "keyframe_count": 2, "point_window": 1000},
    "volume_reach": {"keyframe_selection": "lowest", "keyframe_count": 2, "point_window": 1000},
    "strongest_points": {"response_threshold": 0.0},
    "response_floor": {"response_threshold": 0.0},
    # Adam would make equal what the search left different.
    "fitness_form": {"search_role": "replace", "fitness_tie_break": 0.0},
    "fitness_tie_break": {"search_role": "replace"},
    "reported_run": {"repeats": 3},
    # Of four groups three must train, so that two are left when an inner fold takes one.
    "configurations": {"folds": 4},
    # A network that has learnt nothing leaves classes out.
    "undefined_precision": {"epochs": 0, "iterations": 1},
}

#: Numbers whose alternatives would take long, and one that does not.
SMALL: dict[str, Any] = {
    **{"population": 9, "iterations": 11, "search_patience": 1, "epochs": 6, "patience": 1},
    **{"flow_speed": 9.0, "strongest_points": 5, "volume_reach": 4},
    **{"hidden_size": 5, "sequence_length": 3, "folds": 2, "repeats": 2, "class_limit": 2},
}


def cases(*sections: str) -> list[Any]:
    """Each choice of the sections with each option but its default, as test parameters."""
    return [
        pytest.param(name, option, id=f"{name}-{option}")
        for name, field in FIELDS.items()
        if field.section in sections
        for option in ([SMALL[name]] if name in SMALL else field.options[1:])
        if (name, option) not in ELSEWHERE
    ]


def beside(name: str, option: Any) -> dict[str, Any]:
    """Choices that an option needs for an effect."""
    needed = {other: values[0] for other, values in FIELDS[name].only_with.items()}
    return needed | BESIDE.get(name, {}) | BESIDE.get((name, option), {})


def test_what_is_run_elsewhere_is_run_there() -> None:
    for file, test in ELSEWHERE.values():
        assert f"def {test}(" in (ROOT / "tests" / file).read_text(encoding="utf-8")


def test_every_choice_belongs_to_a_part() -> None:
    parts = {*EXTRACTION, *LEARNING, "baselines", "evaluation"}
    assert {field.section for field in FIELDS.values()} == parts


#: Choice -> the options that the function behind it knows.
KNOWN: dict[str, tuple[str, ...]] = {
    "gray_conversion": video.GRAYS,
    "ssim_reference": keyframes.REFERENCES,
    "keyframe_selection": keyframes.RULES,
    "silhouette": foreground.METHODS,
    "grid_over": shape.REGIONS,
    "cell_rule": shape.RULES,
    "cell_order": shape.ORDERS,
    "uneven_cells": shape.SPLITS,
    "coverage_measure": coverage.MEASURES,
    "coverage_unit": coverage.UNITS,
    "gaussian_form": stip.FORMS,
    "jet_form": stip.FORMS,
    "point_neighbourhood": stip.NEIGHBOURHOODS,
    "scale_selection": stip_scales.SELECTIONS,
    "interest_vector": stip_vector.KINDS,
    "feature_scaling": scalings.SCALINGS,
    "gate_form": lstm.FORMS,
    "readout": lstm.READOUTS,
    "search_form": tuple(form for form in seagull.FORMS if form != "stable"),
    "outside_box": seagull.BOUNDS,
    "opposite_kind": seagull.OPPOSITES,
    "averaging": metrics.AVERAGING,
    "metric_code": metrics.CODES,
    "undefined_precision": metrics.UNDEFINED,
    "reported_run": evaluate.REPORTED_RUNS,
}


@pytest.mark.parametrize("name", KNOWN)
def test_options_are_those_that_the_function_knows(name: str) -> None:
    assert sorted(map(str, FIELDS[name].allowed)) == sorted(KNOWN[name])


def test_the_repair_is_the_same_in_the_profile_and_in_the_search() -> None:
    search, preset = profile("stable").search, seagull.PRESETS["stable"]
    assert (search.scale, search.growth) == (preset["p"], preset["q"])
    assert (search.random == "coordinate") == preset["per_dimension"]
    assert (search.distance == "signed") == preset["signed"]


# ---------------------------------------------------------------- extraction


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A coloured clip, 202x150: a patterned cross that comes late, turns, and at times jumps."""
    random = np.random.default_rng(0)
    frames = np.repeat(random.integers(90, 110, (1, 150, 202, 3)), 100, axis=0)
    cross = np.zeros((63, 47), dtype=bool)
    cross[20:39], cross[:, 14:30] = True, True
    pattern = random.integers(0, 256, (63, 47, 3))
    for t in range(60, 100):
        # Faster and faster to the right, then back, so that similarity takes many values.
        step = min(t - 60, 99 - t)
        left, top = 5 + step * (step + 1) // 4, 30 + 7 * (t % 3) * (t > 80)
        frames[t, top : top + 63, left : left + 47][cross] = pattern[cross]
        if t in (70, 85):
            frames[t, 110:140, 150:190] = (30, 30, 255)
    frames[75], frames[93] = frames[74], frames[92]
    path = tmp_path_factory.mktemp("clips") / "turn.avi"
    video.write(path, frames.astype(np.uint8), codec="FFV1")
    return path


@pytest.fixture(scope="module")
def extracted(clip: Path) -> Callable[[Config], Features]:
    """Extraction of the clip, once a configuration."""
    return cache(lambda config: features.extract(clip, config))


@pytest.mark.parametrize(("name", "option"), cases(*EXTRACTION))
def test_an_option_changes_key_frames_or_their_numbers(
    extracted: Callable[[Config], Features], name: str, option: Any
) -> None:
    # With the defaults the minimum and the maximum, and not the threshold, would decide.
    bare = {"minimum_keyframes": 1, "maximum_keyframes": 1000}
    base = Config().replace(**bare | beside(name, option))
    before, after = extracted(base), extracted(base.replace(**{name: option}))
    assert np.isfinite(after.vectors).all()
    assert after.vectors.shape == (len(after.keyframes), 58)
    same = np.array_equal(before.keyframes, after.keyframes)
    equal = same and np.array_equal(before.vectors, after.vectors)
    assert not equal


# ---------------------------------------------------------------- learning


def sequences(seed: int, clips: int = 24) -> tuple[list[np.ndarray], np.ndarray, np.ndarray]:
    """Noisy sequences of unequal length with bits among their columns, labels and groups."""
    random = np.random.default_rng(seed)
    y = np.arange(clips) % 3
    X = []
    for label in y:
        length = int(random.integers(3, 15))
        numbers = random.normal(0.6 * label, 2.0, (length, 4)) + 0.1 * np.arange(length)[:, None]
        bits = random.random((length, 2)) < 0.3 + 0.2 * label
        X.append(np.concatenate([numbers, bits], axis=1))
    return X, y, np.arange(clips) // 2 % 6


QUICK: dict[str, Any] = {
    **{"hidden_size": 4, "population": 6, "iterations": 8, "epochs": 4},
    "sequence_length": 8,
}


def learnt(model: ALSTMClassifier) -> list[list[float]]:
    """Weights, answers to unseen clips, and the course of the search."""
    found = [model.weights_.tolist(), model.predict_proba(sequences(1)[0]).ravel().tolist()]
    found += [course.tolist() for course in model.result_.diagnostics.values()]
    return [*found, [model.result_.evaluations]]


@pytest.mark.parametrize(("name", "option"), cases(*LEARNING))
def test_an_option_changes_what_is_learnt(name: str, option: Any) -> None:
    X, y, groups = sequences(0)
    base = {**QUICK, **beside(name, option)}
    base.setdefault(name, FIELDS[name].default)
    before, after = (
        ALSTMClassifier(**{**base, **change}).fit(X, y, groups=groups)
        for change in ({}, {name: option})
    )
    same = learnt(before) == learnt(after)
    assert not same
    assert np.isfinite(after.predict_proba(X)).all()


@pytest.mark.parametrize(("name", "option"), cases("baselines"))
def test_an_option_changes_a_rival(name: str, option: Any) -> None:
    X, y, _ = sequences(0, 60)
    unseen = sequences(1, 300)[0]
    answers = [
        {
            method: classifier.fit(X, y).predict(unseen)
            for method, classifier in baselines.classifiers(**settings).items()
            if method in ("ANN", "SVM", "kNN")
        }
        for settings in ({}, {name: option})
    ]
    changed = {m for m in answers[0] if not np.array_equal(answers[0][m], answers[1][m])}
    expected = {"ann_units": {"ANN"}, "svm_kernel": {"SVM"}, "neighbours": {"kNN"}}
    assert changed == expected.get(name, {"ANN", "SVM", "kNN"})


# ---------------------------------------------------------------- evaluation


@pytest.fixture(scope="module")
def collected() -> tuple[Dataset, Collection]:
    """A data set of three actions in four groups whose features are made up."""
    X, y, groups = sequences(2, 36)
    X = [np.pad(x, ((0, 0), (0, 52))).astype(np.float32) for x in X]
    groups = np.arange(len(y)) // 9
    records = tuple(
        Record(Path(f"{label}_{i}.avi"), f"action{label}", f"g{group}")
        for i, (label, group) in enumerate(zip(y, groups, strict=True))
    )
    found = tuple(Features(np.arange(len(x)), x, len(x)) for x in X)
    dataset = Dataset("made up", Path("."), records, "group", "numbers")
    return dataset, Collection(records, found, ())


def reported(data: tuple[Dataset, Collection], config: Config) -> dict[str, Any]:
    """Everything that an evaluation says, of each method."""
    dataset, collection = data
    limited = dataset.limited(config.evaluation.classes)
    kept = [i for i, record in enumerate(collection.records) if record in limited.records]
    part = Collection(limited.records, tuple(collection.features[i] for i in kept), ())
    every = baselines.classifiers

    @wraps(every)  # its signature is read
    def two(**settings: Any) -> dict[str, Any]:
        # Two methods say enough, and the ANN takes long.
        return {name: every(**settings)[name] for name in ("LSTM", "kNN")}

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(baselines, "classifiers", two)
        runs = experiments.evaluate_all(limited, part, config, seed=0)
    return {
        name: (run.accuracy, run.interval, {k: v for k, v in run.scores.items() if k != "labels"})
        for name, run in runs.items()
    }


@pytest.mark.parametrize(("name", "option"), cases("evaluation"))
def test_an_option_changes_what_is_reported(
    collected: tuple[Dataset, Collection], name: str, option: Any
) -> None:
    quick = {**QUICK, "iterations": 2, "epochs": 1, "folds": 3}
    base = Config().replace(**quick | beside(name, option))
    changed = base.replace(**{name: option})
    assert reported(collected, base) != reported(collected, changed)
