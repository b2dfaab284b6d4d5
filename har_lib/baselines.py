"""The classifiers that the paper compares: ALSTM, LSTM, ANN, and both SVM and kNN.

The paper announces SVM and reports kNN, so both stand here. It gives no setting of any of them:
those below are scikit-learn's own wherever nothing is said.
"""

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.utils.validation import check_is_fitted

from har_lib.alstm import ALSTMClassifier
from har_lib.errors import InputError
from har_lib.sequences import check_labels, check_sequences

#: Enough for the ANN to stop by itself on a few hundred clips.
ANN_ITERATIONS = 1000


class Pooled(TransformerMixin, BaseEstimator):
    """Mean and standard deviation of each feature over a clip's key frames.

    The order of the key frames is lost: classifiers without a notion of time see 2F numbers.

    Examples
    --------
    >>> Pooled().fit_transform([[[1.0], [3.0]], [[5.0]]])
    array([[2., 1.],
           [5., 0.]])
    """

    def fit(self, X: Sequence[ArrayLike], y: ArrayLike | None = None) -> Self:
        """Remember the number of features."""
        self.n_features_in_ = check_sequences(X)[0].shape[1]
        return self

    def transform(self, X: Sequence[ArrayLike]) -> np.ndarray:
        """Pool sequences (K_i, F) into float64 (N, 2F)."""
        check_is_fitted(self, "n_features_in_")
        sequences = check_sequences(X, self.n_features_in_)
        return np.array([np.r_[rows.mean(axis=0), rows.std(axis=0)] for rows in sequences])


class PooledClassifier(Pipeline):
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


def pooled(classifier: BaseEstimator) -> PooledClassifier:
    """Pooling, scaling by the training part, then ``classifier``."""
    return PooledClassifier(
        [("pooled", Pooled()), ("scaler", StandardScaler()), ("classifier", classifier)]
    )


def classifiers(**settings: Any) -> dict[str, BaseEstimator]:
    """The five classifiers by the paper's names, not fitted.

    Parameters
    ----------
    **settings
        Settings of :class:`har_lib.alstm.ALSTMClassifier`, for ALSTM and LSTM alike; ``seed`` is
        the ANN's as well.

    Returns
    -------
    dict
        ALSTM, LSTM (the same network without the search), ANN (one hidden layer of 100), SVM
        (radial kernel) and kNN (5 neighbours), in this order. All take ``fit(X, y, groups)``.

    Examples
    --------
    >>> list(classifiers(hidden_size=16))
    ['ALSTM', 'LSTM', 'ANN', 'SVM', 'kNN']
    """
    alstm = ALSTMClassifier(**{"search": True, **settings})
    network = MLPClassifier(
        (100,), early_stopping=False, max_iter=ANN_ITERATIONS, random_state=alstm.seed
    )
    return {
        "ALSTM": alstm,
        "LSTM": ALSTMClassifier(**{**settings, "search": False}),
        "ANN": pooled(network),
        "SVM": pooled(SVC(kernel="rbf")),
        "kNN": pooled(KNeighborsClassifier(5)),
    }
