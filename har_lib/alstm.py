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

from har_lib import checkpoint as kept_work
from har_lib import files, seagull
from har_lib.config import FIELDS, Config
from har_lib.errors import InputError, plain
from har_lib.lstm import Layout, one_thread, pad
from har_lib.population import PRECISIONS, device_of
from har_lib.sequences import (
    check_groups,
    check_labels,
    check_sequences,
    hold_out,
    scaling,
    thin,
)
from har_lib.training import Clips, Network, adam

_DEFAULT = Config()

#: Parameters that say where and how a model is computed, not which.
_TECHNICAL = ("device", "threads", "checkpoint", "progress")


class ALSTMClassifier(ClassifierMixin, BaseEstimator):
    """LSTM over the key frames of a clip, its weights found by search and Adam.

    The search is :func:`har_lib.seagull.maximise`, its fitness :meth:`har_lib.training.Network.\
fitness`, Adam is :func:`har_lib.training.adam`. ``search_role`` says what they do:

    - ``"init"``: the search finds the start from which Adam trains.
    - ``"replace"``: the weights that the search finds are final, as the paper's words may be read.
    - ``"finetune"``: Adam trains first, as without search; then the search looks around its
      weights, which are one of the first seagulls, so that no fitness is lost. What it finds is
      final, even where the validation loss is higher.
    - ``"readout"``: the search finds W_y and b_y alone, for gates that stay as they were drawn.
      What it finds is final.

    ``search=False`` is the LSTM baseline: the same network, from one uniform draw in the range of
    torch.nn.LSTM, 1 / sqrt(hidden_size), and the same Adam. That draw is also where finetune
    begins, and what weights that are not searched keep.

    With ``searched_weights="gates"`` a solution is (15) read literally, W_I, W_F, W_O and W_U;
    biases are then zero and the readout is the draw's, but with finetune both are Adam's. Adam
    trains all weights always.

    Clips are held out of the training part where Adam trains, or where ``fitness_clips`` is
    ``"validation"``: then fitness is taken on these alone. Otherwise it is taken on all that
    ``fit`` is given but these. Columns are scaled by the training part alone, see
    :func:`har_lib.sequences.scaling`. All arithmetic is float64 in one thread on the processor,
    unless ``precision``, ``threads`` or ``device`` say otherwise.

    Literal gates can overflow. The search then ranks a network last and Adam stops; should the
    fitted one overflow for a clip, all classes get the same probability and the first is named.

    Without effect are: all settings of the search with ``search=False``; those of Adam with
    ``"replace"`` and ``"readout"``; ``searched_weights`` with ``"readout"``; sequence_length and
    long_sequences with ``time_step="clip"``, which reads the mean of all rows; spiral_scale,
    spiral_growth, random_numbers and distance with ``search_form="matlab"``; opposite_kind and
    jumping_rate without ``opposition``; validation_share where nothing is held out.

    Parameters
    ----------
    feature_scaling, time_step, sequence_length, long_sequences, hidden_size, gate_form, readout, \
search_role, search_form, searched_weights, population, iterations, search_patience, search_bound, \
movement_start, spiral_scale, spiral_growth, random_numbers, distance, outside_box, acceptance, \
opposition, opposite_kind, jumping_rate, fitness_form, fitness_tie_break, fitness_clips, epochs, \
learning_rate, patience, validation, validation_share
        See :mod:`har_lib.config_learning`, which holds their meanings, defaults and ranges.
    seed : int
        The result depends on it and the data alone.
    search : bool
        Whether to search at all.
    device : {"auto", "cpu", "cuda"}
        Where fitness and Adam are computed; ``auto`` is CUDA where there is some. Fitness agrees
        between the two to rounding; a search that ranks networks by it may part ways there.
    precision : {"double", "single"}
        Of the networks' answers in the search. ``single`` takes half the time; results then can
        hang on the rounding of one kind of processor.
    threads : int
        Threads that share a population. The result does not depend on it.
    checkpoint : str
        Folder in which a search is kept while it runs, so that the same ``fit`` called again goes
        on where it was ended; each search has a file of its own there. Empty keeps nothing.
    progress : bool
        Whether the search shows a bar.

    Attributes
    ----------
    classes_ : ndarray
        Labels, sorted.
    weights_ : ndarray
        The network, flat, as in :class:`har_lib.lstm.Layout`.
    history_ : dict
        ``search`` (best fitness after each iteration done), ``training_loss`` and
        ``validation_loss`` (cross-entropy after each epoch, epoch 0 first) and ``best_epoch``.
    result_ : har_lib.seagull.Result
        The search in full, its position being the searched weights; only after ``fit``, and only
        with ``search=True``.
    validation_indices_ : ndarray
        Sequences held out; only after ``fit``.

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
        feature_scaling: str = _DEFAULT.sequence.scaling,
        time_step: str = _DEFAULT.sequence.time_step,
        sequence_length: int = _DEFAULT.sequence.length,
        long_sequences: str = _DEFAULT.sequence.longer,
        hidden_size: int = _DEFAULT.lstm.hidden,
        gate_form: str = _DEFAULT.lstm.form,
        readout: str = _DEFAULT.lstm.readout,
        search_role: str = _DEFAULT.search.role,
        search_form: str = _DEFAULT.search.form,
        searched_weights: str = _DEFAULT.search.weights,
        population: int = _DEFAULT.search.population,
        iterations: int = _DEFAULT.search.iterations,
        search_patience: int = _DEFAULT.search.patience,
        search_bound: float = _DEFAULT.search.bound,
        movement_start: float = _DEFAULT.search.movement,
        spiral_scale: float = _DEFAULT.search.scale,
        spiral_growth: float = _DEFAULT.search.growth,
        random_numbers: str = _DEFAULT.search.random,
        distance: str = _DEFAULT.search.distance,
        outside_box: str = _DEFAULT.search.outside,
        acceptance: str = _DEFAULT.search.acceptance,
        opposition: bool = _DEFAULT.search.opposition,
        opposite_kind: str = _DEFAULT.search.opposite,
        jumping_rate: float = _DEFAULT.search.jumping,
        fitness_form: str = _DEFAULT.search.fitness_form,
        fitness_tie_break: float = _DEFAULT.search.tie_break,
        fitness_clips: str = _DEFAULT.search.clips,
        epochs: int = _DEFAULT.training.epochs,
        learning_rate: float = _DEFAULT.training.learning_rate,
        patience: int = _DEFAULT.training.patience,
        validation: str = _DEFAULT.training.validation,
        validation_share: float = _DEFAULT.training.validation_share,
        seed: int = 0,
        search: bool = True,
        device: str = "auto",
        precision: str = "double",
        threads: int = 1,
        checkpoint: str = "",
        progress: bool = False,
    ) -> None:
        self.feature_scaling = feature_scaling
        self.time_step = time_step
        self.sequence_length = sequence_length
        self.long_sequences = long_sequences
        self.hidden_size = hidden_size
        self.gate_form = gate_form
        self.readout = readout
        self.search_role = search_role
        self.search_form = search_form
        self.searched_weights = searched_weights
        self.population = population
        self.iterations = iterations
        self.search_patience = search_patience
        self.search_bound = search_bound
        self.movement_start = movement_start
        self.spiral_scale = spiral_scale
        self.spiral_growth = spiral_growth
        self.random_numbers = random_numbers
        self.distance = distance
        self.outside_box = outside_box
        self.acceptance = acceptance
        self.opposition = opposition
        self.opposite_kind = opposite_kind
        self.jumping_rate = jumping_rate
        self.fitness_form = fitness_form
        self.fitness_tie_break = fitness_tie_break
        self.fitness_clips = fitness_clips
        self.epochs = epochs
        self.learning_rate = learning_rate
        self.patience = patience
        self.validation = validation
        self.validation_share = validation_share
        self.seed = seed
        self.search = search
        self.device = device
        self.precision = precision
        self.threads = threads
        self.checkpoint = checkpoint
        self.progress = progress

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
            raise InputError(f"all clips are of class {classes[0]}: give at least two classes")

        seeds = np.random.SeedSequence(self.seed).spawn(4)
        held_out = np.zeros(len(labels), dtype=bool)
        if self._trains() or self.fitness_clips == "validation":
            held_out = hold_out(target, origin, self.validation_share, seeds[0])
        steps = [self._steps(sequence) for sequence in sequences]
        known = np.flatnonzero(~held_out)
        self.centre_, self.scale_ = scaling([steps[i] for i in known], self.feature_scaling)
        self.classes_ = classes
        self.n_features_in_ = steps[0].shape[1]
        self.validation_indices_ = np.flatnonzero(held_out)
        self.history_: dict[str, Any] = {
            "search": [],
            "training_loss": [],
            "validation_loss": [],
            "best_epoch": 0,
        }
        clips = Clips(*self._scaled(steps), torch.as_tensor(target))
        with one_thread():
            self.weights_ = self._weights(clips.pick(~held_out), clips.pick(held_out), seeds[1:])
        return self

    def predict_proba(self, X: Sequence[ArrayLike]) -> np.ndarray:
        """Probability of each class, float64 (N, C), columns as in ``classes_``."""
        check_is_fitted(self, "weights_")
        sequences = check_sequences(X, self.n_features_in_)
        inputs, lengths = self._scaled([self._steps(sequence) for sequence in sequences])
        with one_thread(), torch.no_grad():
            network = self._network()
            weights = network.layout.unpack(torch.from_numpy(self.weights_))
            logits = network.logits(weights, inputs, lengths)
            logits[~torch.isfinite(logits).all(dim=1)] = 0.0
            probability: np.ndarray = logits.softmax(dim=-1).numpy()
        return probability

    def predict(self, X: Sequence[ArrayLike]) -> np.ndarray:
        """Most probable class of each sequence, (N,)."""
        probability = self.predict_proba(X)
        labels: np.ndarray = self.classes_[probability.argmax(axis=1)]
        return labels

    def save(self, path: Path | str) -> None:
        """Write the fitted classifier as ``.npz``: arrays and settings as text, nothing pickled.

        Where and how it was computed (device, threads, checkpoint, progress) is left out.
        """
        check_is_fitted(self, "weights_")
        arrays = {
            "settings": np.array(json.dumps(self._settings(), sort_keys=True)),
            "history": np.array(json.dumps(self.history_)),
            "classes": self.classes_,
            "weights": self.weights_,
            "centre": self.centre_,
            "scale": self.scale_,
        }
        files.write_arrays(path, seal=np.array(kept_work.seal("", arrays)), **arrays)

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
            if str(stored.pop("seal")) != kept_work.seal("", stored):
                raise ValueError("its content does not fit its digest")
            model = cls(**json.loads(str(stored["settings"])))
            model.history_ = json.loads(str(stored["history"]))
            model.classes_ = stored["classes"]
            model.weights_ = stored["weights"]
            model.centre_, model.scale_ = stored["centre"], stored["scale"]
        except FileNotFoundError:
            raise InputError(f"{path} does not exist: give a file written by save") from None
        except Exception as error:
            raise InputError(
                f"{path} is no saved classifier, or a damaged one ({plain(error)}): train it anew"
            ) from error
        model.n_features_in_ = len(model.centre_)
        if model.weights_.shape != (model._network().layout.size,):
            raise InputError(f"{path} holds weights that do not fit its settings: train it anew")
        return model

    def _settings(self) -> dict[str, Any]:
        """Settings that make the model, as JSON can hold them: not where it was computed."""
        return {
            name: value.item() if isinstance(value, np.generic) else value
            for name, value in self.get_params().items()
            if name not in _TECHNICAL
        }

    def _network(self) -> Network:
        layout = Layout(self.n_features_in_, self.hidden_size, len(self.classes_))
        return Network(
            layout, self.gate_form, self.readout, self.device, self.precision, self.threads
        )

    def _trains(self) -> bool:
        return not self.search or self.search_role in ("init", "finetune")

    def _check_settings(self) -> None:
        for name, value in self.get_params().items():
            if name in FIELDS:
                FIELDS[name].check(value.item() if isinstance(value, np.generic) else value)
        device_of(self.device)
        if self.precision not in PRECISIONS:
            raise InputError(
                f"precision = {self.precision!r} is not allowed: it must be one of "
                f"{', '.join(PRECISIONS)}"
            )
        if self.threads < 1:
            raise InputError(f"threads = {self.threads} is not allowed: it must be at least 1")

    def _steps(self, sequence: np.ndarray) -> np.ndarray:
        """Rows of a clip that the network reads."""
        if self.time_step == "clip":
            return sequence.mean(axis=0, keepdims=True)
        return thin(sequence, self.sequence_length, self.long_sequences)

    def _scaled(self, steps: list[np.ndarray]) -> tuple[torch.Tensor, torch.Tensor]:
        return pad([(rows - self.centre_) / self.scale_ for rows in steps])

    def _weights(
        self, known: Clips, unseen: Clips, seeds: list[np.random.SeedSequence]
    ) -> np.ndarray:
        """Flat weights, as the role of the search has it."""
        for_draw, for_batches, for_search = seeds
        layout = self._network().layout
        side = np.full(layout.size, 1 / np.sqrt(self.hidden_size))
        generator = np.random.default_rng(for_draw)
        draw = seagull.initial_population(generator.random(layout.size), -side, side)
        if not self.search:
            return self._trained(draw, known, unseen, for_batches)
        judges = unseen if self.fitness_clips == "validation" else known
        if self.search_role == "finetune":
            trained = self._trained(draw, known, unseen, for_batches)
            return self._searched(trained, judges, for_search)
        if self.search_role == "readout":
            return self._searched(draw, judges, for_search)
        if self.searched_weights == "gates":
            draw[layout.gates.stop : layout.readout.start] = 0.0
            found = self._searched(draw, judges, for_search)
        else:
            # Nothing of the draw is kept, so the search may have its random numbers.
            found = self._searched(draw, judges, for_draw)
        if self.search_role == "replace":
            return found
        return self._trained(found, known, unseen, for_batches)

    def _searched(
        self, weights: np.ndarray, judges: Clips, seed: np.random.SeedSequence
    ) -> np.ndarray:
        """Flat weights with the best that the search finds in the places of those it looks for."""
        network = self._network()
        # Moved once, not for each population.
        judges = judges.to(device_of(self.device), PRECISIONS[self.precision])
        places = slice(0, network.layout.size)
        if self.search_role == "readout":
            places = network.layout.readout
        elif self.searched_weights == "gates":
            places = network.layout.gates
        around = self.search_role == "finetune"
        centre = weights[places] if around else np.zeros_like(weights[places])
        side = self.search_bound / np.sqrt(self.hidden_size)

        def complete(positions: np.ndarray) -> np.ndarray:
            networks = np.tile(weights, (len(positions), 1))
            networks[:, places] = positions
            return networks

        self.result_ = seagull.maximise(
            lambda positions: network.fitness(
                complete(positions), judges, self.fitness_form, self.fitness_tie_break
            ),
            centre - side,
            centre + side,
            population=self.population,
            iterations=self.iterations,
            form=self.search_form,
            seed=seed,
            F_c=self.movement_start,
            p=self.spiral_scale,
            q=self.spiral_growth,
            per_dimension=self.random_numbers == "coordinate",
            signed=self.distance == "signed",
            bounds=self.outside_box,
            greedy=self.acceptance == "greedy",
            opposition=self.opposition,
            opposite_kind=self.opposite_kind,
            jumping=self.jumping_rate,
            patience=self.search_patience,
            start=centre[None] if around else None,
            checkpoint=self._checkpoint(weights, judges),
            progress=self.progress,
        )
        self.history_["search"] = self.result_.history.tolist()
        return complete(self.result_.position[None])[0]

    def _checkpoint(self, weights: np.ndarray, judges: Clips) -> Path | None:
        """File of this search, named by all that its fitness and its box are made of."""
        if not self.checkpoint:
            return None
        settings = self._settings()
        arrays = [weights, *(part.numpy(force=True) for part in judges)]
        about = [json.dumps(settings, sort_keys=True), *map(kept_work.digest, arrays)]
        return Path(self.checkpoint) / f"search-{files.digest_of(about)[:16]}.npz"

    def _trained(
        self, start: np.ndarray, known: Clips, unseen: Clips, seed: np.random.SeedSequence
    ) -> np.ndarray:
        """Flat weights that Adam makes of a start."""
        course = adam(
            self._network(),
            torch.from_numpy(start),
            known,
            unseen,
            epochs=self.epochs,
            learning_rate=self.learning_rate,
            patience=self.patience,
            seed=seed,
        )
        self.history_ |= {
            "training_loss": course.training_loss,
            "validation_loss": course.validation_loss,
            "best_epoch": course.best_epoch,
        }
        weights: np.ndarray = course.weights.numpy()
        return weights
