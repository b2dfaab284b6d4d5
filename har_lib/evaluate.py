"""Accuracy by group: cross-validation that keeps scenes apart, and intervals that know of them."""

import inspect
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.stats import t as student
from sklearn.base import BaseEstimator, clone
from threadpoolctl import threadpool_limits

from har_lib import folds as parts
from har_lib import metrics, parallel
from har_lib.config import Config
from har_lib.errors import InputError
from har_lib.sequences import check_labels

_DEFAULT = Config().evaluation

#: Repeats that the scores may be taken from.
REPORTED_RUNS = ("mean", "best", "best_per_metric")


@dataclass(frozen=True)
class Refusal:
    """A fold that was not run, since its training part lacks classes of the data set."""

    repeat: int
    fold: int
    held_out: tuple[Any, ...]
    missing: tuple[Any, ...]

    def __str__(self) -> str:
        """One line: what was held out, what was missing."""
        held_out, missing = _some(self.held_out), _some(self.missing)
        return f"held-out {held_out}: no clip of class {missing} is left to train on"


def _some(names: Sequence[Any], shown: int = 5) -> str:
    """The first names and how many more there are."""
    more = f" and {len(names) - shown} more" if len(names) > shown else ""
    return ", ".join(map(str, names[:shown])) + more


@dataclass(frozen=True)
class Interval:
    """An estimate with its 95 % (or other) interval, and the number of groups behind it."""

    estimate: float
    low: float
    high: float
    groups: int


@dataclass(frozen=True)
class CrossValidation:
    """Predictions of a cross-validation, and what follows from them.

    Repeats and seeds measure how much the *algorithm* varies on these clips; they say nothing of
    how another sample of scenes would turn out. So correctness is averaged over the repeats
    of a clip first, and the interval comes from the groups alone: more repeats never narrow it
    below what the groups allow.

    Attributes
    ----------
    predictions : DataFrame
        A row for each prediction: ``clip`` (index into X: with the unit ``key_frame`` that of a
        key frame), ``group``, ``repeat``, ``fold``, ``true``, ``predicted``.
    per_fold : DataFrame
        A row for each fold: ``repeat``, ``fold``, ``held_out`` (groups, joined by spaces),
        ``clips``, ``accuracy`` and ``shared_groups``, the groups on both sides of the split,
        0 unless the split does not keep them apart. Of estimators that choose settings as they
        are fitted also ``chosen``: those taken in the fold, the estimator's ``chosen_``.
    refused : tuple of Refusal
        Folds that were not run.
    classes : ndarray
        All labels of the data set.
    averaging, code, undefined : str
        Of :attr:`scores`: see :func:`har_lib.metrics.scores`.
    reported_run : {"mean", "best", "best_per_metric"}
        Which repeats :attr:`scores` are taken from.
    split : str
        How the data were divided: a name of :data:`har_lib.folds.SPLITS`, ``given``, or the name
        of the list that was given.
    unit : {"clip", "key_frame"}
        What a sample is.
    """

    predictions: pd.DataFrame
    per_fold: pd.DataFrame
    refused: tuple[Refusal, ...]
    classes: np.ndarray
    averaging: str
    code: str = _DEFAULT.code
    undefined: str = _DEFAULT.undefined
    reported_run: str = _DEFAULT.reported_run
    split: str = "groups"
    unit: str = _DEFAULT.unit

    @property
    def clips(self) -> pd.DataFrame:
        """Per evaluated clip: ``group``, ``true`` and ``correct``, the share of right answers."""
        right = self.predictions.assign(
            correct=(self.predictions.true == self.predictions.predicted).astype(float)
        )
        columns = {"group": "first", "true": "first", "correct": "mean"}
        return right.groupby("clip", sort=True).agg(columns)

    @property
    def accuracy(self) -> float:
        """Plain accuracy, whatever is reported: the share of clips answered rightly.

        Each clip is averaged over its predictions first.
        """
        return float(self.clips.correct.mean())

    @property
    def interval(self) -> tuple[float, float]:
        """95 % interval of :attr:`accuracy` over groups, cut to [0, 1]."""
        clips = self.clips
        found = cluster_interval(clips.correct, clips.group)
        return max(0.0, found.low), min(1.0, found.high)

    @property
    def groups(self) -> pd.DataFrame:
        """Per group: number of ``clips`` and ``accuracy``."""
        by_group = self.clips.groupby("group", sort=True).correct
        return pd.DataFrame({"clips": by_group.size(), "accuracy": by_group.mean()})

    @property
    def scores(self) -> dict[str, Any]:
        """:func:`har_lib.metrics.scores` of the reported run.

        That is all predictions pooled (``mean``), those of the repeat with the highest accuracy
        in these scores (``best``; of equals the first), or the best repeat's scores with every
        measure raised to its maximum over the repeats (``best_per_metric``): numbers that then no
        single confusion matrix need have. Their own interval takes clips as independent: use
        :attr:`interval`.
        """
        if self.reported_run == "mean":
            return self._scores_of(self.predictions)
        repeats = [self._scores_of(each) for _, each in self.predictions.groupby("repeat")]
        best = max(repeats, key=lambda scores: scores["accuracy"])
        if self.reported_run == "best_per_metric":
            best |= {name: max(each[name] for each in repeats) for name in metrics.MEASURES}
        return best

    def _scores_of(self, predictions: pd.DataFrame) -> dict[str, Any]:
        return metrics.scores(
            predictions.true.to_numpy(),
            predictions.predicted.to_numpy(),
            averaging=self.averaging,
            labels=self.classes,
            code=self.code,
            undefined=self.undefined,
        )

    @property
    def majority_rate(self) -> float:
        """Accuracy of always answering with the commonest class of the evaluated clips."""
        return float(self.clips.true.value_counts(normalize=True).max())

    @property
    def chance(self) -> float:
        """Accuracy of guessing evenly: one over the number of classes."""
        return 1 / len(self.classes)


def cross_validate(
    estimator: BaseEstimator,
    X: Sequence[ArrayLike],
    y: ArrayLike,
    groups: ArrayLike,
    folds: int = _DEFAULT.folds,
    repeats: int = _DEFAULT.repeats,
    seed: int = 0,
    jobs: int = 1,
    progress: bool = False,
    splits: Iterable[tuple[ArrayLike, ArrayLike]] | None = None,
    averaging: str = _DEFAULT.averaging,
    split: str = "groups",
    code: str = _DEFAULT.code,
    undefined: str = _DEFAULT.undefined,
    reported_run: str = _DEFAULT.reported_run,
) -> CrossValidation:
    """Train and test by group: no group stands on both sides of a fold.

    Groups go to the splitter and to ``fit``. With no more groups than folds each group is left
    out in turn; else the folds are stratified by class and drawn with the seed. A fold whose
    training part lacks a class of the data set is not run but listed in ``refused``. The other
    ways to split are for studies of leakage: they let a classifier be tested on scenes, or even
    clips, that it was trained on.

    Parameters
    ----------
    estimator : estimator
        Cloned for each fold, never fitted itself. In repeat r its seeds (``seed`` and
        ``random_state``, also of steps within it) are raised by r; a ``random_state`` of None
        becomes ``seed + r``.
    X : sequence of array_like
        One (K_i, F) array a clip.
    y, groups : array_like
        Label and group of each clip, (N,).
    folds, repeats : int
        Number of folds, and how often all is done with new folds and seeds.
    seed : int
        Of the folds.
    jobs : int
        Processes; the result does not depend on it.
    progress : bool
        Whether to show a bar.
    splits : iterable of (train, test), optional
        Index arrays that replace the folds, for example an official split. They may mix groups
        (``per_fold.shared_groups`` then counts them), for studies of leakage.
    averaging, code, undefined : str
        Of the result's ``scores``: see :func:`har_lib.metrics.scores`.
    split : {"groups", "random", "resubstitution"}
        How to divide the samples, see :func:`har_lib.folds.divide`; not beside ``splits``.
    reported_run : {"mean", "best", "best_per_metric"}
        Which repeats the result's ``scores`` are taken from.

    Raises
    ------
    InputError
        If the data do not fit together, a name is unknown, both ``split`` and ``splits`` are
        given, or every fold had to be refused.

    Examples
    --------
    >>> from har_lib.baselines import classifiers
    >>> y = np.arange(24) % 2
    >>> X = [np.full((3, 2), float(label)) for label in y]
    >>> result = cross_validate(classifiers()["kNN"], X, y, groups=np.arange(24) // 6)
    >>> result.accuracy, result.interval, len(result.per_fold)
    (1.0, (1.0, 1.0), 4)
    """
    labels = check_labels(y, len(X))
    origin = np.asarray(groups)
    if origin.shape != labels.shape:
        raise InputError(f"groups has shape {origin.shape} for {len(labels)} clips: give one each")
    if repeats < 1:
        raise InputError(f"repeats = {repeats} is not allowed: it must be at least 1")
    metrics.check_settings(averaging, code, undefined)
    if reported_run not in REPORTED_RUNS:
        raise InputError(
            f"reported_run = {reported_run!r} is not known: it must be one of "
            f"{', '.join(REPORTED_RUNS)}"
        )
    if splits is not None and split != "groups":
        raise InputError(f"split = {split!r} and splits are both given: leave one of them out")
    given = None if splits is None else parts.check_given(splits, len(labels))
    classes = np.unique(labels)

    refused: list[Refusal] = []
    tasks: list[tuple[int, int, np.ndarray, np.ndarray]] = []
    for repeat in range(repeats):
        for fold, (train, test) in enumerate(
            parts.divide(labels, origin, folds, seed + repeat, split) if given is None else given
        ):
            missing = np.setdiff1d(classes, labels[train])
            if len(missing):
                held_out = tuple(np.unique(origin[test]).tolist())
                refused.append(Refusal(repeat, fold, held_out, tuple(missing.tolist())))
            else:
                tasks.append((repeat, fold, train, test))
    if not tasks:
        reason = str(refused[0]) if refused else "there is no split"
        raise InputError(f"no fold can be run ({reason}): every class needs two groups or more")

    with_groups = takes_groups(estimator)
    calls = (
        (
            _with_seeds(estimator, seed, repeat),
            [X[i] for i in train],
            labels[train],
            origin[train] if with_groups else None,
            [X[i] for i in test],
        )
        for repeat, _, train, test in tasks
    )
    answers = parallel.each(_run_fold, calls, jobs, progress="folds" if progress else "")
    tables, lines = [], []
    for (repeat, fold, train, test), (predicted, chosen) in zip(tasks, answers, strict=True):
        table = pd.DataFrame({"clip": test, "group": origin[test], "repeat": repeat, "fold": fold})
        tables.append(table.assign(true=labels[test], predicted=predicted))
        names = np.unique(origin[test])
        lines.append(
            {
                "repeat": repeat,
                "fold": fold,
                "held_out": " ".join(map(str, names)),
                "clips": len(test),
                "accuracy": float((predicted == labels[test]).mean()),
                "shared_groups": len(np.intersect1d(names, origin[train])),
                **({} if chosen is None else {"chosen": chosen}),
            }
        )
    return CrossValidation(
        pd.concat(tables, ignore_index=True),
        pd.DataFrame(lines),
        tuple(refused),
        classes,
        averaging,
        code,
        undefined,
        reported_run,
        split if given is None else "given",
    )


def cluster_interval(values: ArrayLike, groups: ArrayLike, confidence: float = 0.95) -> Interval:
    r"""Mean of values that depend on each other within groups, with its interval.

    With sums c_g over groups of sizes n_g the mean is m = sum c_g / sum n_g, the residuals
    r_g = c_g - m n_g, and its variance G / (G - 1) sum r_g^2 / N^2; the quantile is Student's
    with G - 1 degrees of freedom. For groups of equal size this is the t-interval of the group
    means. A single group tells nothing: the interval is then endless. Where all groups agree
    to the last digit its length is 0, which says only that they agree.

    Parameters
    ----------
    values, groups : array_like
        A number and a group for each clip, (N,).
    confidence : float
        Between 0 and 1.

    References
    ----------
    Liang & Zeger 1986, https://doi.org/10.1093/biomet/73.1.13

    Examples
    --------
    >>> found = cluster_interval([1, 0, 1, 1, 0, 0], ["a", "a", "b", "b", "c", "c"])
    >>> found.estimate, found.groups, round(found.low, 3), round(found.high, 3)
    (0.5, 3, -0.742, 1.742)
    """
    numbers = np.asarray(values, dtype=np.float64)
    names, place = np.unique(np.asarray(groups), return_inverse=True)
    if numbers.ndim != 1 or not len(numbers) or place.shape != numbers.shape:
        raise InputError(
            f"values of shape {numbers.shape} and groups of shape {place.shape} do not fit: "
            "give one of each a clip"
        )
    if not np.isfinite(numbers).all():
        raise InputError("values hold NaN or infinity: give a number for each clip")
    if not 0 < confidence < 1:
        raise InputError(f"confidence = {confidence} is not allowed: it must lie between 0 and 1")
    G, N = len(names), len(numbers)
    mean = numbers.mean()
    if G == 1:
        return Interval(float(mean), -np.inf, np.inf, 1)
    residuals = np.bincount(place, weights=numbers) - mean * np.bincount(place)
    error = np.sqrt(G / (G - 1) * (residuals**2).sum()) / N
    half = student.ppf(0.5 + confidence / 2, G - 1) * error
    return Interval(float(mean), float(mean - half), float(mean + half), G)


def paired_difference(a: CrossValidation, b: CrossValidation, confidence: float = 0.95) -> Interval:
    """Accuracy of ``a`` minus that of ``b``, from the differences on each clip.

    Each clip is averaged over its repeats first; the interval is :func:`cluster_interval`.

    Raises
    ------
    InputError
        If the two were not evaluated on the same clips.

    Examples
    --------
    >>> from har_lib.baselines import classifiers
    >>> y = np.arange(24) % 2
    >>> X = [np.full((3, 2), float(label)) for label in y]
    >>> result = cross_validate(classifiers()["kNN"], X, y, groups=np.arange(24) // 6)
    >>> paired_difference(result, result)
    Interval(estimate=0.0, low=0.0, high=0.0, groups=4)
    """
    first, second = a.clips, b.clips
    if not (
        first.index.equals(second.index)
        and (first.group.to_numpy() == second.group.to_numpy()).all()
        and (first.true.to_numpy() == second.true.to_numpy()).all()
    ):
        raise InputError(
            "the two results are not on the same clips: evaluate both with the same X, y, groups "
            "and splits"
        )
    return cluster_interval(first.correct - second.correct, first.group, confidence)


def takes_groups(estimator: BaseEstimator) -> bool:
    """Whether ``fit`` of the estimator has a parameter ``groups``."""
    return "groups" in inspect.signature(estimator.fit).parameters


def _with_seeds(estimator: BaseEstimator, seed: int, repeat: int) -> BaseEstimator:
    """Copy of the estimator whose seeds are those of the repeat."""
    model = clone(estimator)
    seeds: dict[str, int] = {}
    for name, value in model.get_params(deep=True).items():
        if name.rpartition("__")[2] not in ("seed", "random_state"):
            continue
        if value is None:
            seeds[name] = seed + repeat
        elif isinstance(value, int | np.integer):
            seeds[name] = int(value) + repeat
        else:
            raise InputError(f"{name} of the estimator is {value!r}: it must be a whole number")
    return model.set_params(**seeds)


def _run_fold(
    model: BaseEstimator,
    X_train: list[ArrayLike],
    y_train: np.ndarray,
    groups: np.ndarray | None,
    X_test: list[ArrayLike],
) -> tuple[np.ndarray, dict[str, Any] | None]:
    """Train on one part, answer for the other; the test labels never get here.

    Beside the answers stand the settings that the model chose, where it is one that chooses.
    """
    # Sums over many threads round differently from sums over one.
    with threadpool_limits(1):
        if groups is None:
            model.fit(X_train, y_train)
        else:
            model.fit(X_train, y_train, groups=groups)
        return np.asarray(model.predict(X_test)), getattr(model, "chosen_", None)
