"""The classifiers that the paper compares: ALSTM, LSTM, ANN, and both SVM and kNN.

The paper announces SVM and reports kNN, so both stand here. It gives no setting of any of them:
those below are scikit-learn's own wherever nothing is said. ANN, SVM and kNN want one row of
numbers a clip: its key frames pooled, or one after another.
"""

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.svm import SVC
from sklearn.utils.validation import check_is_fitted

from har_lib.alstm import ALSTMClassifier
from har_lib.config import FIELDS, Config
from har_lib.errors import InputError
from har_lib.sequences import check_labels, check_sequences, thin
from har_lib.tuning import Tuned
from har_lib.tuning import configurations as tried

_DEFAULT = Config()

#: Enough for the ANN to stop by itself on a few hundred clips.
ANN_ITERATIONS = 1000


class Pooled(TransformerMixin, BaseEstimator):
    """Mean and standard deviation of each feature over a clip's key frames.

    The order of the key frames is lost: classifiers without a notion of time see 2F numbers. All
    key frames count, however many there are.

    Parameters
    ----------
    time_step : {"key_frame", "clip"}
        Of the sequence that is pooled: with ``"clip"`` that is one row, so that all deviations
        are 0.

    Examples
    --------
    >>> Pooled().fit_transform([[[1.0], [3.0]], [[5.0]]])
    array([[2., 1.],
           [5., 0.]])
    """

    def __init__(self, time_step: str = _DEFAULT.sequence.time_step) -> None:
        self.time_step = time_step

    def fit(self, X: Sequence[ArrayLike], y: ArrayLike | None = None) -> Self:
        """Remember the number of features."""
        self.n_features_in_ = check_sequences(X)[0].shape[1]
        return self

    def transform(self, X: Sequence[ArrayLike]) -> np.ndarray:
        """Pool sequences (K_i, F) into float64 (N, 2F)."""
        check_is_fitted(self, "n_features_in_")
        sequences = _steps(check_sequences(X, self.n_features_in_), self.time_step)
        return np.array([np.r_[rows.mean(axis=0), rows.std(axis=0)] for rows in sequences])


class Flattened(TransformerMixin, BaseEstimator):
    """The key frames of a clip one after another, as one row.

    Longer sequences are cut as the network's are; after the last key frame of shorter ones stand
    zeros, which the scaling then treats like any other number.

    Parameters
    ----------
    sequence_length, long_sequences, time_step
        As for :class:`har_lib.alstm.ALSTMClassifier`.

    Examples
    --------
    >>> Flattened(sequence_length=3).fit_transform([[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0]]])
    array([[1., 2., 3., 4., 0., 0.],
           [5., 6., 0., 0., 0., 0.]])
    """

    def __init__(
        self,
        sequence_length: int = _DEFAULT.sequence.length,
        long_sequences: str = _DEFAULT.sequence.longer,
        time_step: str = _DEFAULT.sequence.time_step,
    ) -> None:
        self.sequence_length = sequence_length
        self.long_sequences = long_sequences
        self.time_step = time_step

    def fit(self, X: Sequence[ArrayLike], y: ArrayLike | None = None) -> Self:
        """Remember the number of features."""
        self.n_features_in_ = check_sequences(X)[0].shape[1]
        return self

    def transform(self, X: Sequence[ArrayLike]) -> np.ndarray:
        """Lay out sequences (K_i, F) as float64 (N, sequence_length * F)."""
        check_is_fitted(self, "n_features_in_")
        sequences = _steps(check_sequences(X, self.n_features_in_), self.time_step)
        table = np.zeros((len(sequences), self.sequence_length, self.n_features_in_))
        for page, sequence in zip(table, sequences, strict=True):
            rows = thin(sequence, self.sequence_length, self.long_sequences)
            page[: len(rows)] = rows
        return table.reshape(len(sequences), -1)


class TableClassifier(Pipeline):
    """A pipeline that takes groups like the sequence classifiers do, and has no use for them.

    Examples
    --------
    >>> model = pooled(KNeighborsClassifier(1))
    >>> X = [[[0.0]], [[1.0], [3.0]]]
    >>> model.fit(X, ["still", "moving"], groups=[0, 1]).predict(X).tolist()
    ['still', 'moving']
    """

    def fit(
        self,
        X: Sequence[ArrayLike],
        y: ArrayLike | None = None,
        groups: ArrayLike | None = None,
        **params: Any,
    ) -> Self:
        """Fit all steps; ``groups`` is accepted and not used."""
        labels = None if y is None else check_labels(y, len(X))
        neighbours = getattr(self.steps[-1][1], "n_neighbors", 1)
        if len(X) < neighbours:
            raise InputError(
                f"{neighbours} nearest neighbours need as many clips to train on, not {len(X)}: "
                "add clips or groups"
            )
        super().fit(X, labels, **params)
        return self


def pooled(classifier: BaseEstimator) -> TableClassifier:
    """Pooling, scaling by the training part, then ``classifier``."""
    return _on_table(Pooled(), "standard", classifier)


def _on_table(
    table: Pooled | Flattened, scaling: str, classifier: BaseEstimator
) -> TableClassifier:
    """``classifier`` behind the table's rows and their scaling."""
    name = "pooled" if isinstance(table, Pooled) else "flattened"
    # "passthrough" is scikit-learn's word for a step that does nothing.
    scaler = {"range": MinMaxScaler((-1, 1)), "none": "passthrough"}.get(scaling, StandardScaler())
    return TableClassifier([(name, table), ("scaler", scaler), ("classifier", classifier)])


def classifiers(
    *,
    baseline_input: str = _DEFAULT.baselines.input,
    ann_units: int = _DEFAULT.baselines.ann_units,
    svm_kernel: str = _DEFAULT.baselines.svm_kernel,
    neighbours: int = _DEFAULT.baselines.neighbours,
    configurations: int = _DEFAULT.evaluation.configurations,
    **settings: Any,
) -> dict[str, BaseEstimator]:
    """The five classifiers by the paper's names, not fitted.

    Parameters
    ----------
    baseline_input : {"pooled", "flattened"}
        What ANN, SVM and kNN see of a clip: :class:`Pooled` or :class:`Flattened`.
    ann_units : int
        Units of the ANN's hidden layer.
    svm_kernel : {"rbf", "linear"}
    neighbours : int
        Of kNN.
    configurations : int
        How many settings each method chooses among when it is fitted, in inner folds of what it is
        given; see :func:`har_lib.tuning.configurations`. With more than 1 each is a
        :class:`har_lib.tuning.Tuned`, and ``fit`` needs groups.
    **settings
        Settings of :class:`har_lib.alstm.ALSTMClassifier`, for ALSTM and LSTM alike. Some are the
        others' as well: ``seed`` is the ANN's; ``time_step`` goes before pooling or flattening;
        ``sequence_length`` and ``long_sequences`` cut what is flattened, while pooling takes all
        key frames. ``feature_scaling`` acts on the finished row of numbers, which holds no bits
        once pooled: ``standard`` and ``standard_all`` both bring every column to mean 0 and
        deviation 1 over the training part, ``range`` to between -1 and 1, ``none`` leaves it.

    Returns
    -------
    dict
        ALSTM, LSTM (the same network without the search), ANN (one hidden layer), SVM and kNN, in
        this order. All take ``fit(X, y, groups)``.

    Raises
    ------
    InputError
        If a setting of ANN, SVM or kNN or ``configurations`` is not allowed; ALSTM and LSTM check
        theirs in ``fit``.

    Examples
    --------
    >>> list(classifiers(hidden_size=16))
    ['ALSTM', 'LSTM', 'ANN', 'SVM', 'kNN']
    >>> classifiers(baseline_input="flattened", feature_scaling="none")["kNN"][:-1]
    TableClassifier(steps=[('flattened', Flattened()), ('scaler', 'passthrough')])
    """
    alstm = ALSTMClassifier(**{"search": True, **settings})
    own = {
        "baseline_input": baseline_input,
        "ann_units": ann_units,
        "svm_kernel": svm_kernel,
        "neighbours": neighbours,
        "configurations": configurations,
    }
    shared = ("feature_scaling", "time_step", "sequence_length", "long_sequences")
    for name, value in (own | {name: getattr(alstm, name) for name in shared}).items():
        FIELDS[name].check(value)

    def on_table(classifier: BaseEstimator) -> TableClassifier:
        if baseline_input == "pooled":
            return _on_table(Pooled(alstm.time_step), alstm.feature_scaling, classifier)
        table = Flattened(alstm.sequence_length, alstm.long_sequences, alstm.time_step)
        return _on_table(table, alstm.feature_scaling, classifier)

    network = MLPClassifier(
        (ann_units,), early_stopping=False, max_iter=ANN_ITERATIONS, random_state=alstm.seed
    )
    found = {
        "ALSTM": alstm,
        "LSTM": ALSTMClassifier(**{**settings, "search": False}),
        "ANN": on_table(network),
        "SVM": on_table(SVC(kernel=svm_kernel)),
        "kNN": on_table(KNeighborsClassifier(neighbours)),
    }
    if configurations == 1:
        return found
    return {
        name: Tuned(method, tried(name, method, configurations), seed=alstm.seed)
        for name, method in found.items()
    }


def _steps(sequences: list[np.ndarray], time_step: str) -> list[np.ndarray]:
    """Sequences with a row a key frame, or with their mean as the only row."""
    if time_step == "key_frame":
        return sequences
    return [sequence.mean(axis=0, keepdims=True) for sequence in sequences]
