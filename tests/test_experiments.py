"""The experiments of the notebooks, against closed forms and the same done by hand."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from har_lib import baselines, experiments, lstm, seagull, synthetic
from har_lib.alstm import ALSTMClassifier
from har_lib.config import FIELDS, Config
from har_lib.datasets import Dataset, Record
from har_lib.errors import InputError
from har_lib.features import Features
from har_lib.store import Collection

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


@pytest.mark.parametrize("form", ["literal", "corrected", "stable"])
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


def test_every_choice_of_network_search_and_training_reaches_the_classifier() -> None:
    settings = experiments.classifier_settings(QUICK, seed=7)
    wanted = {f.name for f in FIELDS.values() if f.section in ("lstm", "search", "training")}
    assert set(settings) == wanted | {"seed"}
    assert len(wanted) == 12
    flat = QUICK.flat()
    assert settings == {name: flat[name] for name in wanted} | {"seed": 7}
    model = ALSTMClassifier(**settings)
    assert model.get_params().items() >= settings.items()


@pytest.mark.parametrize("name", ["ALSTM", "LSTM"])
def test_training_is_the_classifiers_fit_on_the_training_part(name: str) -> None:
    data = experiments.fold(crossed())
    found = experiments.train(name, data, QUICK, seed=3)
    by_hand = ALSTMClassifier(
        **experiments.classifier_settings(QUICK, 3), search=name == "ALSTM"
    ).fit(data.train_sequences, data.train_labels, groups=data.train_groups)
    np.testing.assert_array_equal(found.weights_, by_hand.weights_)
    assert found.search == (name == "ALSTM")


# ---------------------------------------------------------------- searches


def test_searches_are_those_of_the_classifier_with_nothing_after() -> None:
    data = experiments.fold(crossed())
    found = experiments.compare_searches(data, QUICK, seeds=[4, 9])
    assert list(found) == ["literal", "corrected", "stable"]
    for form, runs in found.items():
        assert runs.history.shape == (2, QUICK.search.iterations)
        assert (np.diff(runs.history, axis=1) >= 0).all()
        for row, seed in enumerate((4, 9)):
            settings = experiments.classifier_settings(QUICK, seed)
            model = ALSTMClassifier(
                **settings | {"search_role": "replace", "search_form": form}
            ).fit(data.train_sequences, data.train_labels, groups=data.train_groups)
            np.testing.assert_array_equal(runs.history[row], model.result_.history)
            right = np.mean(model.predict(data.test_sequences) == data.test_labels)
            assert runs.test[row] == right
            assert runs.clipped[row] == model.result_.diagnostics["clipped"].mean()
        assert runs.summary() == {
            "fitness": [round(float(f), 4) for f in runs.history[:, -1]],
            "test_accuracy": [round(float(t), 4) for t in runs.test],
        }
    # As printed, all coordinates of a step have one sign.
    assert (found["literal"].coherence == 1).all()
    assert (found["stable"].coherence < 1).all()


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
