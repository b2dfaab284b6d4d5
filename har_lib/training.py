"""What the search and Adam do with the network: fitness of weights, and steps down the loss."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from har_lib import metrics
from har_lib.lstm import Layout, Weights, forward, solution
from har_lib.population import PRECISIONS, device_of, fused_logits, population_logits

#: Sequences in one step of Adam. All at once takes two thirds of the time for the same number of
#: epochs, but needs two to three times as many to reach the same validation loss.
BATCH = 32


class Clips(NamedTuple):
    """Padded sequences (N, T, F), their lengths (N,) and the numbers (N,) of their classes."""

    inputs: Tensor
    lengths: Tensor
    truth: Tensor

    def pick(self, which: np.ndarray | Tensor) -> "Clips":
        """The clips at these positions, or where this is true."""
        return Clips(self.inputs[which], self.lengths[which], self.truth[which])

    def to(self, device: torch.device, precision: torch.dtype = torch.float64) -> "Clips":
        """The clips on a device, their numbers of this precision."""
        inputs = self.inputs.to(device, precision)
        return Clips(inputs, self.lengths.to(device), self.truth.to(device))


@dataclass(frozen=True)
class Network:
    """Where the weights lie and how they are read; it holds no weights.

    Attributes
    ----------
    layout : Layout
    gate_form, readout : str
        As in :func:`har_lib.lstm.forward`.
    device : {"auto", "cpu", "cuda"}
        Where fitness and training are computed.
    precision : {"double", "single"}
        Of the networks' answers in :meth:`fitness`; losses are summed, and Adam trains, in double
        precision always.
    threads : int
        Threads that share a population.

    Examples
    --------
    >>> network = Network(Layout(features=3, hidden=2, classes=2))
    >>> inputs = torch.ones(5, 4, 3, dtype=torch.float64)
    >>> clips = Clips(inputs, torch.full((5,), 4), torch.tensor([0, 0, 0, 1, 1]))
    >>> network.fitness(np.zeros((1, network.layout.size)), clips).round(3)
    array([0.599])
    """

    layout: Layout
    gate_form: str = "corrected"
    readout: str = "last"
    device: str = "cpu"
    precision: str = "double"
    threads: int = 1

    def logits(self, weights: Weights, inputs: Tensor, lengths: Tensor) -> Tensor:
        """A number per class for each sequence, (N, C)."""
        return forward(weights, inputs, lengths, self.gate_form, self.readout)

    def loss(self, weights: Weights, clips: Clips) -> Tensor:
        """Mean cross-entropy, nats."""
        if self.gate_form == "corrected":
            logits = fused_logits(weights, clips.inputs, clips.lengths, self.readout)
        else:
            logits = self.logits(weights, clips.inputs, clips.lengths)
        return cross_entropy(logits, clips.truth)

    def fitness(
        self,
        positions: np.ndarray,
        clips: Clips,
        form: str = "corrected",
        tie_break: float = 1e-3,
    ) -> np.ndarray:
        """Fitness (17) of P networks: accuracy (18) less a multiple of the cross-entropy.

        A network that answers any clip with a number that is not finite, as literal gates can,
        has no accuracy: its fitness is minus infinity, below all others.

        Parameters
        ----------
        positions : ndarray
            Flat weights, float64 (P, D).
        clips : Clips
            On which fitness is taken.
        form : {"corrected", "literal"}
            Form of (18); as printed, it is one number for all networks.
        tie_break : float
            The multiple.

        Returns
        -------
        ndarray
            float64 (P,).
        """
        device, precision = device_of(self.device), PRECISIONS[self.precision]
        clips = clips.to(device, precision)
        weights = self.layout.unpack(torch.from_numpy(positions).to(device, precision))
        logits = population_logits(
            weights,
            clips.inputs,
            clips.lengths,
            self.gate_form,
            self.readout,
            threads=self.threads,
        ).double()
        answers = clips.truth.expand(len(positions), -1)
        loss = cross_entropy(logits.transpose(1, 2), answers, reduction="none").mean(dim=1)
        finite = torch.isfinite(logits).flatten(1).all(dim=1)
        loss = torch.where(finite, loss, torch.inf)
        found = metrics.fitness(
            clips.truth.numpy(force=True),
            logits.argmax(dim=-1).numpy(force=True),
            loss.numpy(force=True),
            weight=tie_break,
            form=form,
        )
        found[~finite.numpy(force=True)] = -np.inf
        return found


@dataclass(frozen=True)
class Course:
    """What Adam found and how it went.

    Attributes
    ----------
    weights : Tensor
        Flat weights (D,) of the best epoch.
    best_epoch : int
        The epoch of lowest validation loss.
    training_loss, validation_loss : list of float
        Cross-entropy after each epoch, the start being epoch 0.
    """

    weights: Tensor
    best_epoch: int
    training_loss: list[float]
    validation_loss: list[float]


def adam(
    network: Network,
    start: Tensor,
    known: Clips,
    unseen: Clips,
    *,
    epochs: int,
    learning_rate: float,
    patience: int,
    seed: int | np.random.SeedSequence,
) -> Course:
    """Train with Adam in mini-batches and keep the epoch of lowest loss on unseen clips.

    It ends after ``epochs``, after ``patience`` epochs without a lower loss, or when a loss is no
    finite number, as literal gates can make it.

    Parameters
    ----------
    network : Network
        Reading of the weights.
    start : Tensor
        Flat weights (D,), epoch 0.
    known, unseen : Clips
        What is trained on, and what decides.
    seed : int or SeedSequence
        Of the order of the clips.

    References
    ----------
    Kingma, Ba, Adam: a method for stochastic optimization (2015), doi:10.48550/arXiv.1412.6980.

    Examples
    --------
    >>> network = Network(Layout(features=1, hidden=1, classes=2))
    >>> clips = Clips(torch.eye(2)[:, :, None], torch.ones(2, dtype=int), torch.arange(2))
    >>> start = torch.full((network.layout.size,), 0.1)
    >>> course = adam(
    ...     network, start, clips, clips, epochs=9, learning_rate=0.1, patience=5, seed=0
    ... )
    >>> course.best_epoch, course.validation_loss[9] < course.validation_loss[0]
    (9, True)
    """
    device = device_of(network.device)
    known, unseen = known.to(device), unseen.to(device)
    begin = network.layout.unpack(start.to(device, torch.float64))
    weights = Weights(*(weight.clone().requires_grad_() for weight in begin))
    optimiser = torch.optim.Adam(weights, lr=learning_rate)
    generator = np.random.default_rng(seed)
    training_loss: list[float] = []
    validation_loss: list[float] = []
    best, kept, best_epoch = np.inf, solution(begin), 0
    for epoch in range(epochs + 1):
        if epoch:
            order = torch.from_numpy(generator.permutation(len(known.truth))).to(device)
            for batch in order.split(BATCH):
                optimiser.zero_grad()
                network.loss(weights, known.pick(batch)).backward()
                optimiser.step()
        with torch.no_grad():
            training = network.loss(weights, known).item()
            validation = network.loss(weights, unseen).item()
        training_loss.append(training)
        validation_loss.append(validation)
        if not np.isfinite(training + validation):
            break
        if validation < best:
            best, kept, best_epoch = validation, solution(weights).detach(), epoch
        if epoch - best_epoch >= patience:
            break
    return Course(kept.cpu(), best_epoch, training_loss, validation_loss)
