"""The experiments of the notebooks on search and results: one function for each."""

import dataclasses
import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import cv2
import numpy as np
import pandas as pd
import torch

from har_lib import baselines, datasets, evaluate, lstm, parallel, seagull, synthetic, tuning
from har_lib.alstm import ALSTMClassifier
from har_lib.config import FIELDS, Config, Value
from har_lib.datasets import Dataset, Record
from har_lib.errors import InputError
from har_lib.extraction import Collection

# ---------------------------------------------------------------- what needs no data


def cell_growth(
    steps: int, hidden: int, features: int, seed: int, side: float = 1.0
) -> pd.DataFrame:
    """Largest cell state over time by form of the gates.

    Weights are drawn from U(-side, side), inputs from U(-1, 1).

    Returns
    -------
    DataFrame
        Index ``step`` 1 to ``steps``; columns ``corrected`` and ``as printed``.
    """
    generator = np.random.default_rng(seed)
    layout = lstm.Layout(features, hidden, classes=2)
    weights = layout.unpack(torch.from_numpy(generator.uniform(-side, side, layout.size)))
    inputs = torch.from_numpy(generator.uniform(-1, 1, (steps, 1, features)))
    columns: dict[str, list[float]] = {}
    for name, form in (("corrected", "corrected"), ("as printed", "literal")):
        h, U = torch.zeros(1, hidden).double(), torch.zeros(1, hidden).double()
        largest = []
        for v in inputs:
            h, U = lstm.step(weights, v, h, U, form)
            largest.append(float(U.abs().max()))
        columns[name] = largest
    return pd.DataFrame(columns, index=pd.RangeIndex(1, steps + 1, name="step"))


def difference_to_torch(seed: int, steps: int = 20) -> float:
    """Largest difference of the last state to torch.nn.LSTM, weights from U(-1, 1)."""
    generator = np.random.default_rng(seed)
    layout = lstm.Layout(features=58, hidden=16, classes=2)
    weights = layout.unpack(torch.from_numpy(generator.uniform(-1, 1, layout.size)))
    inputs = torch.from_numpy(generator.uniform(-1, 1, (3, steps, 58)))
    theirs = torch.nn.LSTM(58, 16, batch_first=True, dtype=torch.float64)
    # PyTorch stacks its gates in the order i, f, g, o.
    gates = [weights.W_I, weights.W_F, weights.W_U, weights.W_O]
    biases = [weights.b_I, weights.b_F, weights.b_U, weights.b_O]
    with torch.no_grad():
        own = dict(theirs.named_parameters())
        own["weight_hh_l0"].copy_(torch.cat([gate[:16].T for gate in gates]))
        own["weight_ih_l0"].copy_(torch.cat([gate[16:].T for gate in gates]))
        own["bias_ih_l0"].copy_(torch.cat(biases))
        own["bias_hh_l0"].zero_()
        h, U = torch.zeros(3, 16).double(), torch.zeros(3, 16).double()
        for v in inputs.unbind(1):
            h, U = lstm.step(weights, v, h, U)
        return float((theirs(inputs)[0][:, -1] - h).abs().max())


def multiplier(k: np.ndarray, p: float = 1.0, q: float = 1.0) -> np.ndarray:
    """The product u'v'w' of equations (24) to (27), which multiplies a step in (28).

    Examples
    --------
    >>> float(multiplier(np.array([np.pi / 4]), q=0.0).round(6)[0])
    0.392699
    """
    R = seagull.radius(k, p, q)
    product: np.ndarray = seagull.spiral_u(R, k) * seagull.spiral_v(R, k) * seagull.spiral_w(R, k)
    return product


def hill(position: np.ndarray, target: Sequence[float]) -> np.ndarray:
    """A fitness in the plane: minus the squared distance to ``target``; (..., 2) to (...)."""
    height: np.ndarray = -((position - np.asarray(target)) ** 2).sum(axis=-1)
    return height


def positions(
    form: str, target: Sequence[float], seed: int, population: int = 20, iterations: int = 8
) -> list[np.ndarray]:
    """Where the seagulls are on `hill` at the start and after each iteration, each (P, 2).

    ``form`` is one of :data:`SEARCHES`.
    """
    course: list[np.ndarray] = []
    seagull.maximise(
        lambda at: hill(at, target),
        [-1, -1],
        [1, 1],
        form=form,
        seed=seed,
        population=population,
        iterations=iterations,
        callback=lambda y, where, values: course.append(where),
    )
    return course


def silhouette_overlap(
    records: Sequence[Record], key_frames: Sequence[np.ndarray], masks: Sequence[np.ndarray]
) -> np.ndarray | None:
    """Intersection over union of found and true silhouettes, key frame by key frame.

    Parameters
    ----------
    records : sequence of Record
    key_frames : sequence of ndarray, int64 (K,)
        Of each clip.
    masks : sequence of ndarray, bool (K, H, W)
        Silhouettes found there.

    Returns
    -------
    ndarray, float64 (sum of K,), or None
        None where the data set has no true silhouettes: only the built-in clips do.
    """
    overlaps: list[float] = []
    for record, chosen, found in zip(records, key_frames, masks, strict=True):
        truth = record.path.parents[2] / "silhouettes" / record.label / f"{record.path.stem}.npz"
        if not truth.is_file():
            return None
        for true, mask in zip(synthetic.read_silhouettes(truth)[chosen], found, strict=True):
            size = mask.shape[1], mask.shape[0]
            small = cv2.resize(true.astype(np.float32), size, interpolation=cv2.INTER_AREA) >= 0.5
            overlaps.append(float((small & mask).sum() / max(1, (small | mask).sum())))
    return np.array(overlaps)


# ---------------------------------------------------------------- one fold


@dataclass(frozen=True)
class Fold:
    """One group against all others."""

    train_sequences: list[np.ndarray]
    train_labels: np.ndarray
    train_groups: np.ndarray
    test_sequences: list[np.ndarray]
    test_labels: np.ndarray
    test_group: str
    classes: tuple[str, ...]


def fold(collection: Collection, leave_out: str | None = None) -> Fold:
    """Hold one group out: the named one, or the last in order that leaves every class to train on.

    Raises
    ------
    InputError
        If there is no such group, or the training part lacks a class, for the named group or
        for every group.
    """
    labels, groups = collection.labels, collection.groups
    if leave_out is not None and leave_out not in groups:
        raise InputError(
            f"leave_out = {leave_out!r} is no group of the clips: it must be one of "
            f"{', '.join(sorted(set(groups.tolist())))}"
        )
    classes = tuple(sorted(set(labels.tolist())))
    candidates = [leave_out] if leave_out is not None else sorted(set(groups.tolist()))[::-1]
    for group in candidates:
        test = groups == group
        if set(labels[~test].tolist()) == set(classes):
            break
    else:
        raise InputError(
            f"leaving out {leave_out or 'any one group'} leaves no clip of some class to train "
            "on: choose another clip, or add clips of that class in other groups"
        )
    sequences = collection.sequences
    return Fold(
        [sequence for sequence, out in zip(sequences, test, strict=True) if not out],
        labels[~test],
        groups[~test],
        [sequence for sequence, out in zip(sequences, test, strict=True) if out],
        labels[test],
        str(group),
        classes,
    )


def clip_to_predict(collection: Collection) -> Record:
    """The first clip, of the last action in order, whose group can be left out of training.

    Raises
    ------
    InputError
        If there is none: each group is the only one with some action.
    """
    labels, groups = collection.labels, collection.groups
    everything = set(labels.tolist())
    enough = {group for group in set(groups.tolist()) if set(labels[groups != group]) == everything}
    usable = [record for record in collection.records if record.group in enough]
    if not usable:
        raise InputError(
            "no group can be left out, because each holds the only clips of some class: "
            "add clips of every class in a second group"
        )
    last = max(record.label for record in usable)
    return next(record for record in usable if record.label == last)


#: Sections of the configuration that make the classifiers.
_LEARNING = ("sequence", "lstm", "search", "training", "baselines")


def classifier_settings(config: Config, seed: int) -> dict[str, Any]:
    """Settings of :func:`har_lib.baselines.classifiers` from a configuration.

    Examples
    --------
    >>> classifier_settings(Config().replace(neighbours=3), seed=7)["neighbours"]
    3
    """
    known = {*ALSTMClassifier().get_params(), *inspect.signature(baselines.classifiers).parameters}
    chosen = {
        name: value for name, value in config.flat().items() if FIELDS[name].section in _LEARNING
    }
    assert known >= set(chosen), f"no classifier takes {', '.join(set(chosen) - known)}"
    # What is stored and compared was computed on a processor, whatever else a machine has.
    return {**chosen, "seed": seed, "device": "cpu"}


def train(name: str, data: Fold, config: Config, seed: int) -> ALSTMClassifier:
    """ALSTM, or its network without the search as LSTM, fitted to the training part of a fold."""
    classifier = baselines.classifiers(**classifier_settings(config, seed))[name]
    fitted: ALSTMClassifier = classifier.fit(
        data.train_sequences, data.train_labels, groups=data.train_groups
    )
    return fitted


def _searches() -> dict[str, dict[str, Value]]:
    repaired = [
        field
        for field in FIELDS.values()
        if field.section == "search" and field.profiles["stable"] != field.default
    ]
    source = {field.name: field.default for field in repaired}
    found = {form: {**source, "search_form": form} for form in ("literal", "corrected", "matlab")}
    repair = {field.name: field.profiles["stable"] for field in repaired}
    return {**found, "stable": {"search_form": FIELDS["search_form"].default, **repair}}


#: Form of the search -> the choices that make it, by flat name: three update rules with the
#: source's constants, and our repair, which is the profile ``stable``.
SEARCHES: Mapping[str, Mapping[str, Value]] = MappingProxyType(_searches())


@dataclass(frozen=True)
class Searches:
    """A form of the search, run with several seeds: one row or number a seed."""

    history: np.ndarray
    test: np.ndarray
    clipped: np.ndarray
    coherence: np.ndarray
    computed: np.ndarray

    def summary(self) -> dict[str, list[float]]:
        """Fitness reached and test accuracy of each seed, rounded."""
        return {
            "fitness": self.history[:, -1].round(4).tolist(),
            "test_accuracy": self.test.round(4).tolist(),
        }


def _search_once(
    form: str, data: Fold, settings: dict[str, Any], seed: int
) -> tuple[np.ndarray, float, float, float, float]:
    chosen = {**settings, **SEARCHES[form], "seed": seed, "search_role": "replace"}
    model = baselines.classifiers(**chosen)["ALSTM"]
    model.fit(data.train_sequences, data.train_labels, groups=data.train_groups)
    course = model.result_.diagnostics
    test = float(np.mean(model.predict(data.test_sequences) == data.test_labels))
    return (
        model.result_.history,
        test,
        float(course["clipped"].mean()),
        float(np.nanmean(course["coherence"])),
        model.result_.computed / model.result_.evaluations,
    )


def compare_searches(
    data: Fold, config: Config, seeds: Sequence[int], jobs: int = 1
) -> dict[str, Searches]:
    """Each of `SEARCHES`, with the weights it finds as the network's final ones.

    Parameters
    ----------
    data : Fold
    config : Config
        Population, iterations, bounds and all else that `SEARCHES` does not say.
    seeds : sequence of int
    jobs : int
        Processes; the result does not depend on it.
    """
    settings = classifier_settings(config, 0)
    tasks = [(form, data, settings, seed) for form in SEARCHES for seed in seeds]
    outcomes = parallel.each(_search_once, tasks, jobs)
    found: dict[str, Searches] = {}
    for form in SEARCHES:
        own = [out for (name, *_), out in zip(tasks, outcomes, strict=True) if name == form]
        found[form] = Searches(*(np.array(part) for part in zip(*own, strict=True)))
    return found


# ---------------------------------------------------------------- all folds, all methods


def official_splits(
    dataset: Dataset, collection: Collection, number: int
) -> list[tuple[np.ndarray, np.ndarray]]:
    """One of UCF101's three splits, as positions among the clips that could be read."""
    place = {record: i for i, record in enumerate(collection.records)}
    sides = [
        np.array([place[dataset.records[i]] for i in side if dataset.records[i] in place])
        for side in datasets.official_split(dataset, number)
    ]
    return [(sides[0], sides[1])]


#: What is held out -> how `har_lib.evaluate` calls it. All else is an official list.
_SPLITS = {"folds": "groups", "random": "random", "resubstitution": "resubstitution"}


@dataclass(frozen=True)
class Samples:
    """What is classified: sequences, each with its label, its group and the number of its clip."""

    sequences: list[np.ndarray]
    labels: np.ndarray
    groups: np.ndarray
    clips: np.ndarray

    def of(self, clips: np.ndarray) -> np.ndarray:
        """Positions of the samples of the named clips, int64 (N,)."""
        return np.flatnonzero(np.isin(self.clips, clips))


def samples(collection: Collection, unit: str) -> Samples:
    """The clips, or each of their key frames as a sequence of one row.

    Only a split by group, or an official one, keeps the key frames of one clip on one side; of
    folds at random nearly every tested key frame has neighbours among those that trained.
    """
    sequences, counts = collection.sequences, np.ones(len(collection.records), dtype=int)
    if unit == "key_frame":
        counts = np.array([len(sequence) for sequence in sequences])
        sequences = [row[None] for sequence in sequences for row in sequence]
    return Samples(
        sequences,
        collection.labels.repeat(counts),
        collection.groups.repeat(counts),
        np.arange(len(counts)).repeat(counts),
    )


def evaluate_all(
    dataset: Dataset, collection: Collection, config: Config, seed: int, jobs: int = 1
) -> dict[str, evaluate.CrossValidation]:
    """Every classifier on the same samples and the same division of them.

    The section ``evaluation`` of the configuration says both: clips or key frames; folds by group
    or at random, no division at all, or an official split of UCF101. It also says how many
    configurations each method chooses among within the training part of a fold, by group whatever
    the split; ``per_fold`` then holds that number as ``configurations``.
    """
    choices = config.evaluation
    settings = classifier_settings(config, seed) | {"configurations": choices.configurations}
    methods = baselines.classifiers(**settings)
    data = samples(collection, choices.unit)
    splits = None
    if choices.split not in _SPLITS:
        number = int(choices.split.removeprefix("official"))
        ((train, test),) = official_splits(dataset, collection, number)
        splits = [(data.of(train), data.of(test))]
    found = {
        name: evaluate.cross_validate(
            classifier,
            data.sequences,
            data.labels,
            data.groups,
            folds=choices.folds,
            repeats=choices.repeats,
            seed=seed,
            jobs=jobs,
            splits=splits,
            averaging=choices.averaging,
            split=_SPLITS.get(choices.split, "groups"),
            code=choices.code,
            undefined=choices.undefined,
            reported_run=choices.reported_run,
        )
        for name, classifier in methods.items()
    }
    split = _SPLITS.get(choices.split, choices.split)
    return {
        name: dataclasses.replace(
            run,
            unit=choices.unit,
            split=split,
            per_fold=run.per_fold.assign(configurations=tuning.number(methods[name])),
        )
        for name, run in found.items()
    }
