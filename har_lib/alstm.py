"""The adaptive LSTM as a classifier: seagull search for the weights, Adam, or both."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted
from torch import Tensor
from torch.nn.functional import cross_entropy

from har_lib import files, metrics, seagull
from har_lib.config import FIELDS, Config
from har_lib.errors import InputError
from har_lib.lstm import Layout, Weights, forward, one_thread, pad, population_logits, solution
from har_lib.sequences import (
    check_groups,
    check_labels,
    check_sequences,
    hold_out,
    standardisation,
    thin,
)

_DEFAULT = Config()

#: Sequences in one step of Adam. All at once takes two thirds of the time for the same number of
#: epochs, but needs two to three times as many to reach the same validation loss.
BATCH = 32


class ALSTMClassifier(ClassifierMixin, BaseEstimator):
    """LSTM over the key frames of a clip, its weights found by search and Adam.

    With ``search_role="init"`` the search of :func:`har_lib.seagull.maximise` looks for the start
    from which Adam trains; with ``"replace"`` the weights it finds are final, as the paper's words
    may be read. ``search=False`` is the LSTM baseline: the same network, from one uniform draw in
    the range of torch.nn.LSTM, 1 / sqrt(hidden_size), and the same Adam.

    Fitness is equation (17), accuracy, on the training part ("init") or on all that ``fit`` is
    given ("replace"), less a thousandth of the cross-entropy, which orders equals. Adam takes
    mini-batches; the epoch of lowest cross-entropy on the validation part is kept, the start
    counting as epoch 0. Columns are brought to mean 0 and deviation 1 by the training part alone;
    columns that hold nothing but 0 and 1 there stay as they are. Longer sequences than
    ``sequence_length`` are thinned evenly. All arithmetic is float64 in one thread.

    Parameters
    ----------
    hidden_size, sequence_length, search_role, search_form, population, iterations, search_bound, \
opposition, epochs, learning_rate, patience, validation_share
        See :mod:`har_lib.config`, which holds their defaults and ranges.
    seed : int
        The result depends on it and the data alone.
    validation : {"group", "random"}
        Whether the validation part is made of whole groups (no clip shares its scene with the
        training part) or of sequences drawn at random.
    search : bool
        Whether to search at all.

    Attributes
    ----------
    classes_ : ndarray
        Labels, sorted.
    weights_ : ndarray
        The network, flat, as in :class:`har_lib.lstm.Layout`.
    history_ : dict
        ``search`` (best fitness after each iteration), ``training_loss`` and ``validation_loss``
        (cross-entropy after each epoch, epoch 0 first) and ``best_epoch``.
    result_ : har_lib.seagull.Result
        The search in full; only after ``fit``, and only with ``search=True``.
    validation_indices_ : ndarray
        Sequences held out for early stopping; only after ``fit``.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> y = np.arange(24) % 2
    >>> X = [rng.normal(loc=3 * label, size=(4, 5)) for label in y]
    >>> model = ALSTMClassifier(hidden_size=4, iterations=5, epochs=20)
    >>> model.fit(X, y, groups=np.arange(24) // 6).score(X, y)
    1.0
    """

    def __init__(
        self,
        *,
        hidden_size: int = _DEFAULT.lstm.hidden,
        sequence_length: int = _DEFAULT.lstm.steps,
        search_role: str = _DEFAULT.search.role,
        search_form: str = _DEFAULT.search.form,
        population: int = _DEFAULT.search.population,
        iterations: int = _DEFAULT.search.iterations,
        search_bound: float = _DEFAULT.search.bound,
        opposition: bool = _DEFAULT.search.opposition,
        epochs: int = _DEFAULT.training.epochs,
        learning_rate: float = _DEFAULT.training.learning_rate,
        patience: int = _DEFAULT.training.patience,
        validation_share: float = _DEFAULT.training.validation_share,
        seed: int = 0,
        validation: str = "group",
        search: bool = True,
    ) -> None:
        self.hidden_size = hidden_size
        self.sequence_length = sequence_length
        self.search_role = search_role
        self.search_form = search_form
        self.population = population
        self.iterations = iterations
        self.search_bound = search_bound
        self.opposition = opposition
        self.epochs = epochs
        self.learning_rate = learning_rate
        self.patience = patience
        self.validation_share = validation_share
        self.seed = seed
        self.validation = validation
        self.search = search

    def fit(
        self, X: Sequence[ArrayLike], y: ArrayLike, groups: ArrayLike | None = None
    ) -> "ALSTMClassifier":
        """Learn from labelled sequences.

        Parameters
        ----------
        X : sequence of array_like
            One (K_i, F) array a clip, K_i at least 1.
        y : array_like
            Labels, (N,).
        groups : array_like, optional
            Group of each clip, (N,); needed with ``validation="group"``.

        Raises
        ------
        InputError
            If a setting is not allowed, the data hold NaN, differ in width or have one class
            only, or no validation part can be held out.
        """
        self._check_settings()
        sequences = check_sequences(X)
        labels = check_labels(y, len(sequences))
        if self.validation == "group" and groups is None:
            raise InputError(
                'fit needs groups with validation="group": pass fit(X, y, groups), or choose '
                'validation="random" if no two clips share a scene'
            )
        origin = np.arange(len(labels)) if groups is None else check_groups(groups, len(labels))
        if self.validation == "random":
            origin = np.arange(len(labels))
        classes, target = np.unique(labels, return_inverse=True)
        if len(classes) < 2:
            raise InputError(f"all clips are of class {classes[0]!r}: give at least two classes")

        for_validation, for_start, for_batches = np.random.SeedSequence(self.seed).spawn(3)
        trains = not (self.search and self.search_role == "replace")
        held_out = np.zeros(len(labels), dtype=bool)
        if trains:
            held_out = hold_out(target, origin, self.validation_share, for_validation)
        thinned = [thin(sequence, self.sequence_length) for sequence in sequences]
        part = np.flatnonzero(~held_out)
        self.mean_, self.scale_ = standardisation([thinned[i] for i in part])
        inputs, lengths = pad([(sequence - self.mean_) / self.scale_ for sequence in thinned])
        truth = torch.as_tensor(target)

        self.classes_ = classes
        self.n_features_in_ = inputs.shape[-1]
        self.validation_indices_ = np.flatnonzero(held_out)
        layout = self._layout()
        self.history_: dict[str, Any] = {
            "search": [],
            "training_loss": [],
            "validation_loss": [],
            "best_epoch": 0,
        }
        with one_thread():
            known = inputs[part], lengths[part], truth[part]
            vector = self._start(layout, known, for_start)
            if trains:
                unseen = inputs[held_out], lengths[held_out], truth[held_out]
                vector = self._adam(layout.unpack(vector), known, unseen, for_batches)
        self.weights_ = vector.numpy()
        return self

    def predict_proba(self, X: Sequence[ArrayLike]) -> np.ndarray:
        """Probability of each class, float64 (N, C), columns as in ``classes_``."""
        check_is_fitted(self, "weights_")
        sequences = check_sequences(X, self.n_features_in_)
        thinned = [thin(sequence, self.sequence_length) for sequence in sequences]
        inputs, lengths = pad([(sequence - self.mean_) / self.scale_ for sequence in thinned])
        with one_thread(), torch.no_grad():
            weights = self._layout().unpack(torch.from_numpy(self.weights_))
            probability: np.ndarray = forward(weights, inputs, lengths).softmax(dim=-1).numpy()
        return probability

    def predict(self, X: Sequence[ArrayLike]) -> np.ndarray:
        """Most probable class of each sequence, (N,)."""
        probability = self.predict_proba(X)
        labels: np.ndarray = self.classes_[probability.argmax(axis=1)]
        return labels

    def save(self, path: Path | str) -> None:
        """Write the fitted classifier as ``.npz``: arrays and settings as text, nothing pickled."""
        check_is_fitted(self, "weights_")
        settings = {
            name: value.item() if isinstance(value, np.generic) else value
            for name, value in self.get_params().items()
        }
        files.write_arrays(
            path,
            settings=np.array(json.dumps(settings, sort_keys=True)),
            history=np.array(json.dumps(self.history_)),
            classes=self.classes_,
            weights=self.weights_,
            mean=self.mean_,
            scale=self.scale_,
        )

    @classmethod
    def load(cls, path: Path | str) -> Self:
        """Read what :meth:`save` wrote.

        Raises
        ------
        InputError
            If the file is missing, damaged or not of this kind.
        """
        try:
            stored = files.read_arrays(path)
            model = cls(**json.loads(str(stored["settings"])))
            model.history_ = json.loads(str(stored["history"]))
            model.classes_ = stored["classes"]
            model.weights_, model.mean_ = stored["weights"], stored["mean"]
            model.scale_ = stored["scale"]
        except FileNotFoundError:
            raise InputError(f"{path} does not exist: give a file written by save") from None
        except Exception as error:
            raise InputError(f"{path} is no saved classifier ({error}): train it anew") from error
        model.n_features_in_ = len(model.mean_)
        if model.weights_.shape != (model._layout().size,):
            raise InputError(f"{path} holds weights that do not fit its settings: train it anew")
        return model

    def _layout(self) -> Layout:
        return Layout(self.n_features_in_, self.hidden_size, len(self.classes_))

    def _check_settings(self) -> None:
        for name, value in self.get_params().items():
            if name in FIELDS:
                FIELDS[name].check(value.item() if isinstance(value, np.generic) else value)
        if self.validation not in ("group", "random"):
            raise InputError(
                f"validation = {self.validation!r} is not allowed: it must be 'group' or 'random'"
            )

    def _start(
        self,
        layout: Layout,
        known: tuple[Tensor, Tensor, Tensor],
        seed: np.random.SeedSequence,
    ) -> Tensor:
        """Flat weights that the search finds, or one uniform draw."""
        side = self.search_bound if self.search else 1.0
        high = np.full(layout.size, side / np.sqrt(self.hidden_size))
        if not self.search:
            draw = seagull.initial_population(1, -high, high, np.random.default_rng(seed))
            return torch.from_numpy(draw[0])
        inputs, lengths, truth = known

        def fitness(positions: np.ndarray) -> np.ndarray:
            weights = layout.unpack(torch.from_numpy(positions))
            logits = population_logits(weights, inputs, lengths)
            answers = truth.expand(len(positions), -1)
            loss = cross_entropy(logits.transpose(1, 2), answers, reduction="none").mean(dim=1)
            return metrics.fitness(truth.numpy(), logits.argmax(dim=-1).numpy(), loss.numpy())

        self.result_ = seagull.maximise(
            fitness,
            -high,
            high,
            population=self.population,
            iterations=self.iterations,
            form=self.search_form,
            opposition=self.opposition,
            seed=seed,
        )
        self.history_["search"] = self.result_.history.tolist()
        return torch.from_numpy(self.result_.position)

    def _adam(
        self,
        start: Weights,
        known: tuple[Tensor, Tensor, Tensor],
        unseen: tuple[Tensor, Tensor, Tensor],
        seed: np.random.SeedSequence,
    ) -> Tensor:
        """Flat weights of the epoch with the lowest validation loss."""
        inputs, lengths, truth = known
        weights = Weights(*(weight.clone().requires_grad_() for weight in start))
        adam = torch.optim.Adam(weights, lr=self.learning_rate)
        generator = np.random.default_rng(seed)
        best, kept, waited = np.inf, solution(start), 0
        for epoch in range(self.epochs + 1):
            if epoch:
                order = torch.from_numpy(generator.permutation(len(truth)))
                for batch in order.split(BATCH):
                    adam.zero_grad()
                    logits = forward(weights, inputs[batch], lengths[batch])
                    cross_entropy(logits, truth[batch]).backward()
                    adam.step()
            with torch.no_grad():
                training = cross_entropy(forward(weights, inputs, lengths), truth).item()
                validation = cross_entropy(forward(weights, *unseen[:2]), unseen[2]).item()
            self.history_["training_loss"].append(training)
            self.history_["validation_loss"].append(validation)
            waited += 1
            if validation < best:
                best, kept, waited = validation, solution(weights).detach(), 0
                self.history_["best_epoch"] = epoch
            if waited >= self.patience:
                break
        return kept
