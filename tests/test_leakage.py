"""The four rungs: what trains, what is tested, and that nothing else differs."""

from itertools import pairwise

import numpy as np
import pytest
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import SVC

from har_lib import baselines, evaluate, experiments, leakage
from har_lib.config import Config
from har_lib.datasets import Record
from har_lib.errors import InputError
from har_lib.extraction import Collection
from har_lib.features import Features
from har_lib.leakage import Samples
from har_lib.leakage_endpoints import RUNGS

CONFIG = Config().replace(neighbours=1)


def made(
    seed: int = 0,
    groups: int = 12,
    clips: int = 2,
    frames: int = 3,
    of_class: float = 0.0,
    of_group: float = 0.0,
    of_clip: float = 0.0,
    width: int = 6,
) -> Samples:
    """Key frames of two classes; each group has as many clips of each, with parts in common."""
    generator = np.random.default_rng(seed)
    clip = np.arange(groups * 2 * clips).repeat(frames)
    label, group = clip % 2, clip // (2 * clips)
    rows = generator.normal(size=(len(clip), width))
    rows += of_class * generator.normal(size=(2, width))[label]
    rows += of_group * generator.normal(size=(2 * groups, width))[2 * group + label]
    rows += of_clip * generator.normal(size=(clip.max() + 1, width))[clip]
    return Samples("key_frame", rows, [row[None] for row in rows], label, group, clip)


def collection(lengths: tuple[int, ...] = (3, 1, 2, 4)) -> Collection:
    """Clips of two classes in two groups."""
    generator = np.random.default_rng(0)
    records = [Record(None, "ab"[i % 2], f"g{i // 2}") for i in range(len(lengths))]  # type: ignore[arg-type]
    features = [
        Features(np.arange(n), generator.random((n, 58)).astype(np.float32), n) for n in lengths
    ]
    return Collection(tuple(records), tuple(features), ())


@pytest.mark.parametrize("rung", RUNGS)
def test_every_sample_is_tested_once_and_trains_otherwise(rung: str) -> None:
    data = made()
    parts = leakage.divide(rung, data.labels, data.clips, data.groups, 4, 0)
    everything = np.arange(len(data.labels))
    assert np.array_equal(np.sort(np.concatenate([test for _, test in parts])), everything)
    for train, test in parts:
        rest = everything if rung == "training_data" else np.setdiff1d(everything, test)
        assert np.array_equal(np.sort(train), rest)


def test_each_rung_keeps_apart_what_it_says_and_no_more() -> None:
    data = made()
    shared = {}
    for rung in RUNGS:
        parts = leakage.divide(rung, data.labels, data.clips, data.groups, 4, 0)
        shared[rung] = [
            sum(len(np.intersect1d(members[train], members[test])) for train, test in parts)
            for members in (np.arange(len(data.labels)), data.clips, data.groups)
        ]
    assert shared["group"] == [0, 0, 0]
    assert shared["clip"][:2] == [0, 0]
    assert shared["key_frame"][0] == 0
    for column, rung in enumerate(("training_data", "key_frame", "clip")):
        assert shared[rung][column] > 0, rung


@pytest.mark.parametrize("rung", RUNGS[1:])
def test_folds_are_as_many_and_as_large_on_every_rung(rung: str) -> None:
    data = made()
    parts = leakage.divide(rung, data.labels, data.clips, data.groups, 4, 0)
    assert [len(test) for _, test in parts] == [36] * 4
    assert all(np.array_equal(np.bincount(data.labels[test]), [18, 18]) for _, test in parts)


def test_with_few_groups_one_is_left_out_at_a_time() -> None:
    data = made(groups=4)
    parts = leakage.divide("group", data.labels, data.clips, data.groups, 5, 0)
    assert [set(data.groups[test]) for _, test in parts] == [{0}, {1}, {2}, {3}]


def test_the_seed_draws_the_folds() -> None:
    data = made()
    for rung in RUNGS[1:]:
        drawn = [
            [
                t.tolist()
                for _, t in leakage.divide(rung, data.labels, data.clips, data.groups, 4, s)
            ]
            for s in (0, 0, 1)
        ]
        assert drawn[0] == drawn[1] != drawn[2], rung


@pytest.mark.parametrize(
    ("name", "own"), [("SVM", SVC()), ("kNN", KNeighborsClassifier(1))], ids=["SVM", "kNN"]
)
def test_a_rung_is_what_a_plain_loop_gives(name: str, own: SVC) -> None:
    data = made(of_class=0.3, of_clip=1.0)
    expected = np.zeros(len(data.labels))
    for seed in (3, 4):
        for train, test in leakage.divide("clip", data.labels, data.clips, data.groups, 4, seed):
            mean, spread = data.rows[train].mean(axis=0), data.rows[train].std(axis=0)
            own.fit((data.rows[train] - mean) / spread, data.labels[train])
            told = own.predict((data.rows[test] - mean) / spread)
            expected[test] += (told == data.labels[test]) / 2
    found = leakage.correctness(name, data, "clip", CONFIG, 4, 2, seed=3)
    np.testing.assert_array_equal(found, expected)
    assert set(found) == {0.0, 0.5, 1.0}, "averaged over the repeats"


def test_a_nearest_neighbour_remembers_what_it_was_trained_on() -> None:
    data = made()
    assert (leakage.correctness("kNN", data, "training_data", CONFIG, 4, 1) == 1).all()


def test_likeness_within_clips_and_groups_shows_on_the_rungs_it_should() -> None:
    def means(**common: float) -> list[float]:
        data = made(groups=20, **common)
        found = [leakage.correctness("kNN", data, rung, CONFIG, 4, 2) for rung in RUNGS[1:]]
        return [float(each.mean()) for each in found]

    by_frame, by_clip, by_group = means(of_clip=3.0)
    assert by_frame > 0.75
    assert max(by_clip, by_group) < 0.65
    by_frame, by_clip, by_group = means(of_group=3.0)
    assert min(by_frame, by_clip) > 0.75
    assert by_group < 0.65


@pytest.mark.parametrize("name", ["SVM", "kNN"])
def test_key_frames_are_what_the_suite_evaluates(name: str) -> None:
    clips = collection((3, 2, 2, 4, 3, 3, 2, 2))
    data = leakage.samples(clips, CONFIG, "key_frame")
    theirs = experiments.samples(clips, "key_frame")
    settings = experiments.classifier_settings(CONFIG, 0)
    run = evaluate.cross_validate(
        baselines.classifiers(**settings)[name],
        theirs.sequences,
        theirs.labels,
        theirs.groups,
        folds=4,
    )
    found = leakage.correctness(name, data, "group", CONFIG, 4, 1)
    np.testing.assert_array_equal(found, run.clips.correct)


@pytest.mark.parametrize("name", ["SVM", "kNN", "LSTM"])
def test_clips_are_what_the_suite_evaluates(name: str) -> None:
    clips = collection((3, 2, 2, 4, 3, 3, 2, 2))
    quick = CONFIG.replace(epochs=2, hidden_size=3)
    data = leakage.samples(clips, quick, "clip")
    settings = experiments.classifier_settings(quick, 0)
    run = evaluate.cross_validate(
        baselines.classifiers(**settings)[name], clips.sequences, clips.labels, clips.groups
    )
    found = leakage.correctness(name, data, "group", quick, 10, 1)
    np.testing.assert_array_equal(found, run.clips.correct)


def test_samples_know_where_they_come_from() -> None:
    frames = leakage.samples(collection(), CONFIG, "key_frame")
    assert frames.rows.shape == (10, 58)
    assert frames.clips.tolist() == [0, 0, 0, 1, 2, 2, 3, 3, 3, 3]
    assert "".join(frames.labels) == "aaabaabbbb"
    clips = leakage.samples(collection(), CONFIG, "clip")
    assert clips.rows.shape == (4, 116)
    assert clips.groups.tolist() == ["g0", "g0", "g1", "g1"]


def test_processes_do_not_change_a_rung() -> None:
    data = made(of_clip=1.0)
    one, two = (
        leakage.correctness("SVM", data, "key_frame", CONFIG, 4, 1, jobs=jobs) for jobs in (1, 2)
    )
    np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rung": "scene"}, "rung = 'scene' is not known: it must be one of training_data, key"),
        ({"count": 99}, "99 folds at random are not possible"),
        ({"clips": np.zeros(144, dtype=int)}, "a clip has samples of two classes"),
        ({"rung": "group", "groups": np.zeros(144)}, "1 group"),
        ({"rung": "group", "groups": made().labels}, "holding 0 back leaves nothing of class"),
    ],
)
def test_what_cannot_be_divided_is_refused_in_one_line(
    change: dict[str, object], message: str
) -> None:
    data = made()
    given = {
        "rung": "clip",
        "labels": data.labels,
        "clips": data.clips,
        "groups": data.groups,
        "count": 4,
        "seed": 0,
    }
    with pytest.raises(InputError, match=message) as caught:
        leakage.divide(**given | change)  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)


def test_what_cannot_be_scored_is_refused() -> None:
    clips = leakage.samples(collection(), CONFIG, "clip")
    with pytest.raises(InputError, match="rung key_frame has no meaning where a sample is a clip"):
        leakage.correctness("SVM", clips, "key_frame", CONFIG, 2, 1)
    with pytest.raises(InputError, match="repeats = 0 is not allowed"):
        leakage.correctness("SVM", clips, "clip", CONFIG, 2, 0)
    with pytest.raises(InputError, match="unit = 'video' is not known"):
        leakage.samples(collection(), CONFIG, "video")
    parts = [(np.array([0, 1, 2, 3]), np.array([0]))]
    with pytest.raises(InputError, match="do not test every sample once"):
        leakage.predict(SVC(), clips.rows, clips.labels, clips.groups, parts)


def test_rungs_are_in_the_order_of_what_training_may_know() -> None:
    held = {"training_data": 0, "key_frame": 1, "clip": 2, "group": 3}
    assert all(held[a] < held[b] for a, b in pairwise(RUNGS))
