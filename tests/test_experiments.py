"""The experiments of the notebooks, against closed forms and the same done by hand."""

import dataclasses
import functools
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from har_lib import baselines, evaluate, experiments, lstm, metrics, seagull, synthetic
from har_lib.alstm import ALSTMClassifier
from har_lib.config import FIELDS, Config, profile
from har_lib.datasets import Dataset, Record
from har_lib.errors import InputError
from har_lib.extraction import Collection
from har_lib.features import Features

QUICK = Config().replace(
    hidden_size=4, population=4, iterations=3, epochs=3, patience=2, folds=3, averaging="micro"
)


def collection(*clips: tuple[str, str], seed: int = 0) -> Collection:
    """Clips of the given labels and groups; a label's features lie around a place of their own."""
    random = np.random.default_rng(seed)
    records = tuple(
        Record(Path("clips", label, f"{number}.avi"), label, group)
        for number, (label, group) in enumerate(clips)
    )
    found = []
    for record in records:
        length = int(random.integers(2, 5))
        rows = random.normal(3 * (record.label == "run"), 1, (length, 58))
        found.append(Features(np.arange(length), rows.astype(np.float32), length))
    return Collection(records, tuple(found), ())


def crossed(groups: str = "abc", times: int = 2) -> Collection:
    """Every group performs every action."""
    return collection(*((label, g) for g in groups for label in ("jump", "run") * times))


# ---------------------------------------------------------------- what needs no data


def growth_in_numpy(
    steps: int, hidden: int, features: int, seed: int
) -> tuple[list[float], list[float]]:
    """The same recurrence, written out once more."""
    random = np.random.default_rng(seed)
    rows = hidden + features
    size = 4 * rows * hidden + 4 * hidden + 2 * hidden + 2
    flat = random.uniform(-1, 1, size)
    W = flat[: 4 * rows * hidden].reshape(4, rows, hidden)
    b = flat[4 * rows * hidden :][: 4 * hidden].reshape(4, hidden)
    inputs = random.uniform(-1, 1, (steps, 1, features))[:, 0]

    def run(gate: object, slip: float) -> list[float]:
        h, U, course = np.zeros(hidden), np.zeros(hidden), []
        for v in inputs:
            sums = [np.r_[h - slip * (g in (1, 2)), v] @ W[g] + b[g] for g in range(4)]
            i, f, o = (gate(total) for total in sums[:3])  # type: ignore[operator]
            U = np.tanh(sums[3]) * i + U * f
            h = np.tanh(U) * o
            course.append(float(np.abs(U).max()))
        return course

    return run(lambda x: 1 / (1 + np.exp(-x)), 0.0), run(lambda x: x, 1.0)


@pytest.mark.parametrize("seed", [0, 5])
def test_growth_of_the_cell_is_the_recurrence(seed: int) -> None:
    found = experiments.cell_growth(steps=12, hidden=6, features=5, seed=seed)
    corrected, printed = growth_in_numpy(12, 6, 5, seed)
    assert list(found.columns) == ["corrected", "as printed"]
    assert found.index.tolist() == list(range(1, 13))
    assert found.index.name == "step"
    np.testing.assert_allclose(found["corrected"], corrected, rtol=1e-9)
    np.testing.assert_allclose(found["as printed"], printed, rtol=1e-6)


def test_corrected_cells_grow_by_less_than_one_a_step_and_printed_ones_explode() -> None:
    for seed in range(5):
        found = experiments.cell_growth(steps=20, hidden=32, features=58, seed=seed)
        assert (found["corrected"] < found.index).all()
        assert found["as printed"].iloc[9] > 1e6
    again = experiments.cell_growth(steps=20, hidden=32, features=58, seed=4)
    assert again.equals(found)


def test_the_cell_is_torchs_and_the_measure_can_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    for seed in (0, 1):
        assert experiments.difference_to_torch(seed) < 1e-12
    monkeypatch.setattr(lstm, "SIGMA", 3.0)
    assert experiments.difference_to_torch(0) < 1e-12, "the corrected gates have no such factor"
    monkeypatch.setattr(lstm, "hidden_state", lambda U, gate: U * gate)
    assert experiments.difference_to_torch(0) > 1e-3


@pytest.mark.parametrize(("p", "q"), [(1.0, 1.0), (0.5, 0.05), (1.0, 0.0), (2.0, -0.3)])
def test_multiplier_has_its_closed_form(p: float, q: float) -> None:
    k = np.linspace(0, 2 * np.pi, 777)
    expected = p**3 * k * np.exp(3 * k * q) * np.sin(2 * k) / 2
    np.testing.assert_allclose(experiments.multiplier(k, p, q), expected, rtol=1e-9, atol=1e-6)
    assert experiments.multiplier(np.zeros(1), p, q) == 0


def test_the_largest_multiplier_is_eight_digits_long() -> None:
    """1.06e8 for p = q = 1, as `seagull.radius` says."""
    largest = np.abs(experiments.multiplier(np.linspace(0, 2 * np.pi, 10**6))).max()
    assert largest == pytest.approx(1.05695804e8, rel=1e-6)


def test_hill_is_the_squared_distance_downwards() -> None:
    random = np.random.default_rng(0)
    at = random.normal(size=(5, 7, 2))
    expected = -(np.linalg.norm(at - [0.3, -0.2], axis=-1) ** 2)
    np.testing.assert_allclose(experiments.hill(at, (0.3, -0.2)), expected)
    assert experiments.hill(np.array([0.3, -0.2]), (0.3, -0.2)) == 0


@pytest.mark.parametrize("form", experiments.SEARCHES)
def test_positions_are_the_course_of_one_search(form: str) -> None:
    target = (-0.35, 0.5)
    course = experiments.positions(form, target, seed=2, population=9, iterations=5)
    assert [each.shape for each in course] == [(9, 2)] * 6
    assert all((np.abs(each) <= 1).all() for each in course)
    found = seagull.maximise(
        lambda at: experiments.hill(at, target),
        [-1, -1],
        [1, 1],
        form=form,
        seed=2,
        population=9,
        iterations=5,
    )
    best = np.maximum.accumulate([experiments.hill(each, target).max() for each in course])
    np.testing.assert_array_equal(best[1:], found.history)
    # D is 0 at the last iteration; as printed the step to the best does not shrink with it.
    gathered = np.allclose(course[-1], course[-1][0])
    assert gathered == (form != "literal")
    start = experiments.positions("corrected", target, seed=2, population=9, iterations=1)[0]
    np.testing.assert_array_equal(course[0], start)


# ---------------------------------------------------------------- true silhouettes


def test_overlap_is_intersection_over_union_at_the_working_size(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    records, key_frames, masks, expected = [], [], [], []
    for number in range(2):
        record = Record(tmp_path / "videos" / "run" / f"{number}.avi", "run", "g01")
        small = random.random((6, 12, 16)) < 0.4
        truth = tmp_path / "silhouettes" / "run" / f"{number}.npz"
        synthetic._write_silhouettes(truth, small.repeat(2, axis=1).repeat(2, axis=2))
        chosen = np.array([0, 2, 5][: number + 2])
        found = random.random((len(chosen), 12, 16)) < 0.5
        for frame, mask in zip(chosen, found, strict=True):
            both = sum(a and b for a, b in zip(small[frame].flat, mask.flat, strict=True))
            either = sum(a or b for a, b in zip(small[frame].flat, mask.flat, strict=True))
            expected.append(both / either)
        records.append(record)
        key_frames.append(chosen)
        masks.append(found)
    overlap = experiments.silhouette_overlap(records, key_frames, masks)
    assert overlap is not None
    np.testing.assert_allclose(overlap, expected)
    exact = [synthetic.read_silhouettes(tmp_path / "silhouettes/run/0.npz")[key_frames[0]]]
    itself = experiments.silhouette_overlap(records[:1], key_frames[:1], exact)
    assert itself is not None
    assert itself.tolist() == [1.0, 1.0]


def test_without_true_silhouettes_there_is_no_overlap(tmp_path: Path) -> None:
    record = Record(tmp_path / "videos" / "run" / "a.avi", "run", "g01")
    nothing = np.zeros((1, 4, 4), dtype=bool)
    assert experiments.silhouette_overlap([record], [np.array([0])], [nothing]) is None


# ---------------------------------------------------------------- one fold


@pytest.mark.parametrize("group", ["a", "b", "c", None])
def test_a_fold_leaves_one_group_out(group: str | None) -> None:
    clips = crossed()
    found = experiments.fold(clips, leave_out=group)
    out = group or "c"
    assert found.test_group == out
    assert found.classes == ("jump", "run")
    test = [i for i, g in enumerate(clips.groups) if g == out]
    train = [i for i, g in enumerate(clips.groups) if g != out]
    for sequences, places in ((found.train_sequences, train), (found.test_sequences, test)):
        assert [id(s) for s in sequences] == [id(clips.sequences[i]) for i in places]
    np.testing.assert_array_equal(found.train_labels, clips.labels[train])
    np.testing.assert_array_equal(found.test_labels, clips.labels[test])
    np.testing.assert_array_equal(found.train_groups, clips.groups[train])
    assert out not in found.train_groups


def test_a_fold_takes_the_last_group_that_leaves_every_class() -> None:
    clips = collection(("jump", "a"), ("run", "a"), ("jump", "b"), ("run", "b"), ("swim", "c"))
    with pytest.raises(InputError, match="leaving out any one group leaves no clip"):
        experiments.fold(collection(("jump", "a"), ("run", "b")))
    with pytest.raises(InputError, match="leaving out c leaves no clip of some class"):
        experiments.fold(clips, leave_out="c")
    assert experiments.fold(clips).test_group == "b"


def test_a_group_that_does_not_exist_is_refused() -> None:
    with pytest.raises(InputError, match=r"leave_out = 'd' is no group of the clips: .* a, b, c"):
        experiments.fold(crossed(), leave_out="d")


def test_the_clip_to_predict_is_of_the_last_action_that_can_be_left_out() -> None:
    clips = crossed("abc")
    assert experiments.clip_to_predict(clips) == clips.records[1]
    # Group c holds the only clip of swim, and the last action of the others is run.
    mixed = collection(("run", "a"), ("jump", "a"), ("jump", "b"), ("run", "b"), ("swim", "c"))
    found = experiments.clip_to_predict(mixed)
    assert (found.label, found.group) == ("run", "a")
    assert experiments.fold(mixed, leave_out=found.group).test_group == "a"
    with pytest.raises(InputError, match="no group can be left out"):
        experiments.clip_to_predict(collection(("jump", "a"), ("run", "b")))


def test_every_choice_of_learning_reaches_a_classifier() -> None:
    settings = experiments.classifier_settings(QUICK, seed=7)
    sections = {"sequence", "lstm", "search", "training", "baselines"}
    wanted = {field.name for field in FIELDS.values() if field.section in sections}
    flat = QUICK.flat()
    assert settings == {name: flat[name] for name in wanted} | {"seed": 7, "device": "cpu"}
    changed = QUICK.replace(
        baseline_input="flattened", feature_scaling="range", sequence_length=3, neighbours=2
    )
    made = baselines.classifiers(**experiments.classifier_settings(changed, seed=7))
    own = {name for name in wanted if FIELDS[name].section != "baselines"}
    assert own <= set(made["ALSTM"].get_params())
    assert made["ALSTM"].get_params().items() >= {n: changed.flat()[n] for n in own}.items()
    assert made["kNN"]["flattened"].sequence_length == 3
    assert made["kNN"]["scaler"].feature_range == (-1, 1)
    assert made["kNN"]["classifier"].n_neighbors == 2


def test_a_choice_that_no_classifier_takes_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(experiments, "_LEARNING", ("sequence", "stip"))
    with pytest.raises(AssertionError, match=r"no classifier takes .*harris_k"):
        experiments.classifier_settings(QUICK, seed=0)


@pytest.mark.parametrize("name", ["ALSTM", "LSTM"])
def test_training_is_the_classifiers_fit_on_the_training_part(name: str) -> None:
    data = experiments.fold(crossed())
    found = experiments.train(name, data, QUICK, seed=3)
    by_hand = ALSTMClassifier(**network_settings(3), search=name == "ALSTM").fit(
        data.train_sequences, data.train_labels, groups=data.train_groups
    )
    np.testing.assert_array_equal(found.weights_, by_hand.weights_)
    assert found.search == (name == "ALSTM")


def network_settings(seed: int) -> dict[str, Any]:
    """Settings of the network alone."""
    settings = experiments.classifier_settings(QUICK, seed)
    return {name: settings[name] for name in ALSTMClassifier().get_params() if name in settings}


# ---------------------------------------------------------------- searches


#: The forms, written out once more: rule, p, q, random numbers, distance.
FORMS = {
    "literal": ("literal", 1.0, 1.0, "seagull", "absolute"),
    "corrected": ("corrected", 1.0, 1.0, "seagull", "absolute"),
    "matlab": ("matlab", 1.0, 1.0, "seagull", "absolute"),
    "stable": ("corrected", 0.5, 0.05, "coordinate", "signed"),
}
NAMES = ("search_form", "spiral_scale", "spiral_growth", "random_numbers", "distance")


def test_forms_of_the_search_are_the_rules_and_our_repair() -> None:
    assert list(experiments.SEARCHES) == list(FORMS)
    for form, values in FORMS.items():
        assert experiments.SEARCHES[form] == dict(zip(NAMES, values, strict=True))
    # The repair is the profile's: with all else equal they are the same search.
    stable = profile("stable").flat()
    searched = {name for name, field in FIELDS.items() if field.section == "search"}
    default = Config().replace(**experiments.SEARCHES["stable"]).flat()
    assert {name: default[name] for name in searched} == {name: stable[name] for name in searched}


def test_searches_are_those_of_the_classifier_with_nothing_after() -> None:
    data = experiments.fold(crossed())
    # What the forms say does not hang on the profile that the notebook runs with.
    config = QUICK.replace(spiral_scale=3.0, distance="signed", search_form="matlab")
    found = experiments.compare_searches(data, config, seeds=[4, 9])
    assert list(found) == list(FORMS)
    for form, runs in found.items():
        assert runs.history.shape == (2, QUICK.search.iterations)
        assert (np.diff(runs.history, axis=1) >= 0).all()
        for row, seed in enumerate((4, 9)):
            form_settings = dict(zip(NAMES, FORMS[form], strict=True))
            model = ALSTMClassifier(
                **network_settings(seed) | form_settings | {"search_role": "replace"}
            ).fit(data.train_sequences, data.train_labels, groups=data.train_groups)
            np.testing.assert_array_equal(runs.history[row], model.result_.history)
            right = np.mean(model.predict(data.test_sequences) == data.test_labels)
            assert runs.test[row] == right
            assert runs.clipped[row] == model.result_.diagnostics["clipped"].mean()
            assert runs.computed[row] == model.result_.computed / model.result_.evaluations
        assert runs.summary() == {
            "fitness": [round(float(f), 4) for f in runs.history[:, -1]],
            "test_accuracy": [round(float(t), 4) for t in runs.test],
        }
    # As printed, all coordinates of a step have one sign.
    assert (found["literal"].coherence == 1).all()
    assert (found["stable"].coherence < 1).all()
    courses = {form: runs.history.tobytes() for form, runs in found.items()}
    assert len(set(courses.values())) == 4


# ---------------------------------------------------------------- all methods


def data_set(clips: Collection) -> Dataset:
    return Dataset("made up", Path("clips"), clips.records, "group", "nowhere")


def test_all_methods_answer_for_the_same_clips() -> None:
    clips = crossed("abc")
    runs = experiments.evaluate_all(data_set(clips), clips, QUICK, seed=0)
    assert list(runs) == list(baselines.classifiers())
    tables = [run.predictions[["clip", "group", "repeat", "fold", "true"]] for run in runs.values()]
    assert all(table.equals(tables[0]) for table in tables)
    for run in runs.values():
        assert run.averaging == "micro"
        assert run.per_fold.held_out.tolist() == ["a", "b", "c"]
        assert run.predictions["clip"].tolist() == list(range(12))
    # The classes lie three deviations apart in 58 dimensions.
    assert runs["kNN"].accuracy == 1


def test_key_frames_are_samples_of_one_row() -> None:
    clips = crossed("abc")
    found = experiments.samples(clips, "key_frame")
    counts = [len(sequence) for sequence in clips.sequences]
    assert len(set(counts)) > 1
    assert len(found.sequences) == len(found.labels) == len(found.groups) == sum(counts)
    place = 0
    for number, sequence in enumerate(clips.sequences):
        for row in sequence:
            np.testing.assert_array_equal(found.sequences[place], [row])
            assert found.labels[place] == clips.labels[number]
            assert found.groups[place] == clips.groups[number]
            assert found.clips[place] == number
            place += 1
    whole = experiments.samples(clips, "clip")
    assert [id(each) for each in whole.sequences] == [id(each) for each in clips.sequences]
    assert whole.labels.tolist() == clips.labels.tolist()
    assert whole.groups.tolist() == clips.groups.tolist()
    assert whole.of(np.array([5, 2])).tolist() == [2, 5]


BRIEF = QUICK.replace(population=2, iterations=1, epochs=1, neighbours=1)


@pytest.fixture
def only_neighbours(monkeypatch: pytest.MonkeyPatch) -> None:
    """One quick method, where what is held out is tested and not who answers."""
    everyone = baselines.classifiers

    @functools.wraps(everyone)
    def fewer(**settings: Any) -> dict[str, Any]:
        return {"kNN": everyone(**settings)["kNN"]}

    monkeypatch.setattr(baselines, "classifiers", fewer)


@pytest.mark.usefixtures("only_neighbours")
@pytest.mark.parametrize("unit", ["clip", "key_frame"])
@pytest.mark.parametrize("split", ["folds", "random", "resubstitution"])
def test_the_unit_and_the_split_are_those_of_the_configuration(unit: str, split: str) -> None:
    clips = crossed("abc", times=3)
    config = BRIEF.replace(unit=unit, split=split, folds=3, repeats=2)
    runs = experiments.evaluate_all(data_set(clips), clips, config, seed=5)
    data = experiments.samples(clips, unit)
    run = runs["kNN"]
    assert (run.unit, run.split) == (unit, {"folds": "groups"}.get(split, split))
    count = 18 if unit == "clip" else sum(map(len, clips.sequences))
    assert len(run.clips) == count
    assert run.predictions["clip"].value_counts().eq(2).all()
    assert (run.predictions.group.to_numpy() == data.groups[run.predictions["clip"]]).all()
    parts = {"folds": 3, "random": 3, "resubstitution": 1}[split]
    assert len(run.per_fold) == 2 * parts
    expected = evaluate.cross_validate(
        baselines.classifiers(**experiments.classifier_settings(config, 5))["kNN"],
        data.sequences, data.labels, data.groups, folds=3, repeats=2, seed=5,
        split={"folds": "groups"}.get(split, split),
    )  # fmt: skip
    assert run.predictions.equals(expected.predictions)
    shared = run.per_fold.shared_groups
    assert (shared == 0).all() if split == "folds" else (shared > 0).all()
    if split == "resubstitution":
        assert run.accuracy == 1


@pytest.mark.usefixtures("only_neighbours")
def test_key_frames_of_one_clip_stand_on_both_sides_of_folds_at_random() -> None:
    """Each clip has a place of its own, and its key frames lie together there."""
    random = np.random.default_rng(0)
    # Twenty groups of one clip: only key frames of the clip itself can tell its label.
    names = [("run" if random.random() < 0.5 else "jump", f"g{i:02d}") for i in range(20)]
    plain = collection(*names)
    found = [
        Features(np.arange(10), random.normal(0, 1, 58) + random.normal(0, 0.1, (10, 58)), 10)
        for _ in names
    ]
    clips = dataclasses.replace(plain, features=tuple(found))
    config = BRIEF.replace(unit="key_frame", folds=5)
    leak = experiments.evaluate_all(data_set(clips), clips, config.replace(split="random"), seed=0)
    honest = experiments.evaluate_all(data_set(clips), clips, config, seed=0)
    assert leak["kNN"].accuracy == 1
    # 20 independent clips at chance .5: four standard errors.
    assert honest["kNN"].accuracy < 0.5 + 4 * 0.112


def test_reporting_is_that_of_the_configuration() -> None:
    clips = crossed("abc")
    config = BRIEF.replace(
        repeats=3, averaging="weighted", metric_code="one_class", undefined_precision="skip",
        reported_run="best_per_metric",
    )  # fmt: skip
    run = experiments.evaluate_all(data_set(clips), clips, config, seed=0)["ANN"]
    chosen = run.averaging, run.code, run.undefined, run.reported_run
    assert chosen == ("weighted", "one_class", "skip", "best_per_metric")
    repeats = [
        metrics.scores(
            part.true, part.predicted, "weighted", ["jump", "run"], code="one_class",
            undefined="skip",
        )
        for _, part in run.predictions.groupby("repeat")
    ]  # fmt: skip
    assert len(repeats) == 3
    for name in metrics.MEASURES:
        assert run.scores[name] == max(each[name] for each in repeats)


def test_an_official_split_is_given_by_positions_among_the_readable_clips(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    everything = crossed("abc")
    asked = []

    def official(dataset: Dataset, number: int) -> tuple[np.ndarray, np.ndarray]:
        asked.append(number)
        return np.arange(8), np.array([9, 11])

    monkeypatch.setattr(experiments.datasets, "official_split", official)
    readable = dataclasses.replace(
        everything,
        records=everything.records[:1] + everything.records[2:],
        features=everything.features[:1] + everything.features[2:],
        failures=((everything.records[1], "cannot be opened"),),
    )
    ((train, test),) = experiments.official_splits(data_set(everything), readable, 2)
    # Clip 1 could not be read, so those after it move up.
    assert train.tolist() == [0, 1, 2, 3, 4, 5, 6]
    assert test.tolist() == [8, 10]
    config = QUICK.replace(split="official3")
    runs = experiments.evaluate_all(data_set(everything), readable, config, seed=0)
    assert asked == [2, 3]
    assert runs["ALSTM"].predictions["clip"].tolist() == [8, 10]
    assert runs["ALSTM"].predictions.group.tolist() == ["c", "c"]
    assert (runs["ALSTM"].split, runs["ALSTM"].unit) == ("official3", "clip")
    by_key_frame = BRIEF.replace(split="official3", unit="key_frame")
    run = experiments.evaluate_all(data_set(everything), readable, by_key_frame, seed=0)["kNN"]
    lengths = [len(sequence) for sequence in readable.sequences]
    first = np.cumsum([0, *lengths])
    tested = [*range(first[8], first[9]), *range(first[10], first[11])]
    assert run.predictions["clip"].tolist() == tested
    assert (run.split, run.unit) == ("official3", "key_frame")
