"""The settings of a method, chosen by group within the clips that it may train on.

Each method tries the same number of configurations, so that none is tuned more than another.
Clips that are tested never enter: the inner folds divide the training part alone.
"""

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from har_lib.errors import InputError
from har_lib.evaluate import cross_validate, takes_groups
from har_lib.sequences import check_labels

#: Parameters of an estimator, by name.
Settings = Mapping[str, Any]

#: Most configurations of a method.
MOST = 8

#: Sides of the search box, beside one over the root of the hidden size.
SIDES = (0.05, 0.5, 1.0)


class Tuned(ClassifierMixin, BaseEstimator):
    """An estimator with that of several configurations which inner folds by group find best.

    ``fit`` runs a cross-validation by group for each configuration, on the same folds of what it
    is given, and fits the one of highest accuracy to all of it; of equals it takes the first.
    An inner fold whose training part lacks a class is left out, for every configuration alike.
    With one configuration there are no inner folds: it is fitted, and nothing else happens.

    Parameters
    ----------
    estimator : estimator
        Cloned, never fitted itself. Its seeds stay as they are in every inner fold; only a
        ``random_state`` of None becomes ``seed`` there.
    configurations : sequence of mapping
        Parameters of the estimator that each configuration sets, the preferred one first.
    folds : int
        Inner folds. With no more groups than this, one group is left out at a time.
    seed : int
        Of the inner folds.

    Attributes
    ----------
    chosen_ : dict
        The configuration that was taken.
    inner_accuracy_ : ndarray or None
        Accuracy of each configuration over the inner folds, float64 (C,); None with a single
        configuration, which is not tested.
    estimator_ : estimator
        Fitted to all clips that ``fit`` was given.
    classes_ : ndarray
        Labels, sorted.

    Examples
    --------
    >>> from har_lib.baselines import pooled
    >>> from sklearn.neighbors import KNeighborsClassifier
    >>> y = np.arange(24) % 3 // 2
    >>> X = [np.full((3, 2), float(label)) for label in y]
    >>> kinds = [{"classifier__n_neighbors": 15}, {"classifier__n_neighbors": 1}]
    >>> model = Tuned(pooled(KNeighborsClassifier()), kinds, folds=4)
    >>> model = model.fit(X, y, groups=np.arange(24) // 6)
    >>> model.chosen_, model.inner_accuracy_.round(2).tolist()
    ({'classifier__n_neighbors': 1}, [0.67, 1.0])
    """

    def __init__(
        self,
        estimator: BaseEstimator,
        configurations: Sequence[Settings],
        folds: int = 3,
        seed: int = 0,
    ) -> None:
        self.estimator = estimator
        self.configurations = configurations
        self.folds = folds
        self.seed = seed

    def fit(self, X: Sequence[ArrayLike], y: ArrayLike, groups: ArrayLike | None = None) -> Self:
        """Choose a configuration, then learn from all sequences.

        Parameters
        ----------
        X : sequence of array_like
            One (K_i, F) array a clip.
        y : array_like
            Labels, (N,).
        groups : array_like, optional
            Group of each clip, (N,); needed with more than one configuration.

        Raises
        ------
        InputError
            If there is no configuration, groups are missing, no inner fold can be run, or the
            estimator refuses what it is given.
        """
        if not len(self.configurations):
            raise InputError("there are no configurations: give at least one")
        candidates = [
            clone(self.estimator).set_params(**settings) for settings in self.configurations
        ]
        best, self.inner_accuracy_ = 0, None
        if len(candidates) > 1:
            if groups is None:
                raise InputError(
                    f"fit needs groups to choose among {len(candidates)} configurations: pass "
                    "fit(X, y, groups), or give one configuration"
                )
            self.inner_accuracy_ = np.array(
                [self._inner_accuracy(candidate, X, y, groups) for candidate in candidates]
            )
            # The first of equals, which stands nearest to the default.
            best = int(self.inner_accuracy_.argmax())
        self.chosen_ = dict(self.configurations[best])
        known = {} if groups is None or not takes_groups(candidates[best]) else {"groups": groups}
        self.estimator_ = candidates[best].fit(X, y, **known)
        self.classes_ = np.unique(check_labels(y, len(X)))
        return self

    def _inner_accuracy(
        self, candidate: BaseEstimator, X: Sequence[ArrayLike], y: ArrayLike, groups: ArrayLike
    ) -> float:
        try:
            return cross_validate(candidate, X, y, groups, self.folds, seed=self.seed).accuracy
        except InputError as error:
            raise InputError(
                f"settings cannot be chosen in inner folds of the training part: {error}; or try "
                "a single configuration"
            ) from error

    def predict(self, X: Sequence[ArrayLike]) -> np.ndarray:
        """Most probable class of each sequence, (N,)."""
        check_is_fitted(self, "estimator_")
        labels: np.ndarray = self.estimator_.predict(X)
        return labels

    @available_if(lambda self: hasattr(self.estimator, "predict_proba"))
    def predict_proba(self, X: Sequence[ArrayLike]) -> np.ndarray:
        """Probability of each class, float64 (N, C), if the estimator has it."""
        check_is_fitted(self, "estimator_")
        probability: np.ndarray = self.estimator_.predict_proba(X)
        return probability


def number(estimator: BaseEstimator) -> int:
    """How many configurations an estimator chooses among: 1 if it is not :class:`Tuned`.

    Examples
    --------
    >>> from har_lib.baselines import classifiers
    >>> [number(classifiers(configurations=count)["SVM"]) for count in (1, 4)]
    [1, 4]
    """
    return len(estimator.configurations) if isinstance(estimator, Tuned) else 1


def configurations(method: str, estimator: BaseEstimator, count: int) -> list[dict[str, Any]]:
    """The first configurations of a method, that of the estimator itself before all others.

    They are the product of a method's axes, the first of which runs fastest. A value that the
    estimator has already takes the first place on its axis and is there once, so that no two
    configurations are the same.

    ======  ==============================================  ===================================
    method  first axis                                      second axis
    ======  ==============================================  ===================================
    ALSTM   side of the search box 1 / sqrt(H), .05, .5, 1  step size of Adam .01, .003; where
                                                            Adam does not train F_c of (20) 2, 1
    LSTM    step size of Adam .01, .003, .03, .001, .005,   none
            .02, .002, .05
    ANN     penalty .0001, .01, .1, 1                       units 100, 32
    SVM     C 1, .1, 10, 100                                kernel rbf, linear
    kNN     neighbours 5, 1, 3, 9                           distance Euclidean, Manhattan
    ======  ==============================================  ===================================

    The size of the network is on no axis, so that ALSTM and LSTM remain one network with and
    without the search. Nor are settings that often change nothing: Adam's patience, which matters
    only if a later epoch is better, and kNN's weights, which do nothing with one neighbour.

    Parameters
    ----------
    method : {"ALSTM", "LSTM", "ANN", "SVM", "kNN"}
    estimator : estimator
        That of :func:`har_lib.baselines.classifiers`, with the settings that were given.
    count : int
        From 1 to 8.

    Raises
    ------
    InputError
        If there is no such method, or it has not so many configurations.

    Examples
    --------
    >>> from har_lib.alstm import ALSTMClassifier
    >>> model = ALSTMClassifier(hidden_size=16)
    >>> [kind["search_bound"] for kind in configurations("ALSTM", model, 4)]
    [1.0, 0.2, 2.0, 4.0]
    """
    if not 1 <= count <= MOST:
        raise InputError(
            f"{count} configurations of {method} are not possible: there must be 1 to {MOST}"
        )
    given = estimator.get_params()
    axes = {
        name: list(dict.fromkeys([given[name], *tried]))[: len(tried) - spare]
        for name, (tried, spare) in _axes(method, given).items()
    }
    grid = product(*reversed(axes.values()))
    return [dict(zip(axes, reversed(values), strict=True)) for values in grid][:count]


def _axes(method: str, given: Settings) -> dict[str, tuple[list[Any], int]]:
    """Parameters of a method, each with values to try and how many of them are spare."""
    if method == "ALSTM":
        root = float(np.sqrt(given["hidden_size"]))
        # One over the root may be another of the sides; the last is there for that case.
        sides = {"search_bound": ([1.0, *(side * root for side in (*SIDES, 0.2))], 1)}
        if given["search_role"] in ("init", "finetune"):
            return sides | {"learning_rate": ([0.01, 0.003], 0)}
        return sides | {"movement_start": ([2.0, 1.0], 0)}
    if method == "LSTM":
        return {"learning_rate": ([0.01, 0.003, 0.03, 0.001, 0.005, 0.02, 0.002, 0.05], 0)}
    if method == "ANN":
        return {
            "classifier__alpha": ([0.0001, 0.01, 0.1, 1.0], 0),
            "classifier__hidden_layer_sizes": ([(100,), (32,)], 0),
        }
    if method == "SVM":
        return {
            "classifier__C": ([1.0, 0.1, 10.0, 100.0], 0),
            "classifier__kernel": (["rbf", "linear"], 0),
        }
    if method == "kNN":
        return {"classifier__n_neighbors": ([5, 1, 3, 9], 0), "classifier__p": ([2, 1], 0)}
    raise InputError(
        f"there are no configurations of {method}: it must be one of ALSTM, LSTM, ANN, SVM, kNN"
    )
