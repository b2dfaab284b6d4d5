"""Fitness of networks and Adam, against loops, scikit-learn and an optimiser written by hand."""

import numpy as np
import pytest
import torch
from sklearn.metrics import accuracy_score, log_loss

from har_lib import training
from har_lib.lstm import Layout, forward, solution
from har_lib.training import Clips, Network, adam

LAYOUT = Layout(features=4, hidden=3, classes=3)
READINGS = [("corrected", "last"), ("corrected", "mean"), ("literal", "last"), ("literal", "mean")]


def uniform(*shape: int, seed: int, side: float = 1.0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-side, side, shape)


def made_up(count: int, steps: int = 6, seed: int = 0) -> Clips:
    generator = np.random.default_rng(seed)
    inputs = torch.from_numpy(generator.normal(size=(count, steps, 4)))
    lengths = torch.from_numpy(generator.integers(1, steps + 1, count))
    return Clips(inputs, lengths, torch.from_numpy(np.arange(count) % 3))


def settings(**changed) -> dict:
    return {"epochs": 5, "learning_rate": 0.05, "patience": 50, "seed": 0} | changed


@pytest.mark.parametrize(("gate_form", "readout"), READINGS)
def test_fitness_is_accuracy_less_a_multiple_of_the_loss(gate_form, readout):
    clips, positions = made_up(20), uniform(7, LAYOUT.size, seed=1)
    network = Network(LAYOUT, gate_form, readout)
    found = network.fitness(positions, clips, tie_break=0.03)
    for vector, fitness in zip(positions, found, strict=True):
        weights = LAYOUT.unpack(torch.from_numpy(vector))
        logits = forward(weights, clips.inputs, clips.lengths, gate_form, readout)
        right = accuracy_score(clips.truth, logits.argmax(dim=1))
        loss = log_loss(clips.truth, logits.softmax(dim=1))
        assert fitness == pytest.approx(right - 0.03 * loss, rel=1e-9)
        assert network.loss(weights, clips).item() == pytest.approx(loss, rel=1e-9)
    plain = network.fitness(positions, clips, tie_break=0.0)
    assert np.allclose(plain * 20, np.round(plain * 20), atol=1e-12)
    assert len(np.unique(plain)) < len(np.unique(found)) == 7


def test_printed_fitness_is_one_number_for_all_networks():
    clips, positions = made_up(20), uniform(30, LAYOUT.size, seed=2)
    network = Network(LAYOUT)
    assert len(np.unique(network.fitness(positions, clips, "literal", 0.0))) == 1
    assert len(np.unique(network.fitness(positions, clips, "corrected", 0.0))) > 3
    # With a tie break, the printed fitness is the loss.
    losses = [
        network.loss(LAYOUT.unpack(torch.from_numpy(vector)), clips).item() for vector in positions
    ]
    ordered = np.argsort(-network.fitness(positions, clips, "literal", 1e-3))
    assert np.array_equal(ordered, np.argsort(losses))


@pytest.mark.parametrize("form", ["corrected", "literal"])
@pytest.mark.parametrize("tie_break", [0.0, 1e-3])
def test_networks_that_overflow_are_worst(form, tie_break):
    clips = made_up(6, steps=150)
    positions = uniform(3, LAYOUT.size, seed=3)
    positions[1] *= 1000
    found = Network(LAYOUT, "literal").fitness(positions, clips, form, tie_break)
    assert found[1] == -np.inf
    assert np.isfinite(found[[0, 2]]).all()
    assert np.isfinite(Network(LAYOUT).fitness(positions, clips, form, tie_break)).all()


@pytest.mark.parametrize(("gate_form", "readout"), READINGS)
def test_adam_is_the_rule_of_kingma_and_ba(gate_form, readout):
    """One batch an epoch, so that the order of the clips does not matter."""
    known, unseen = made_up(training.BATCH), made_up(9, seed=1)
    network = Network(LAYOUT, gate_form, readout)
    start = torch.from_numpy(uniform(LAYOUT.size, seed=4, side=0.3))
    course = adam(network, start, known, unseen, **settings())
    vector, first, second = start.clone(), torch.zeros(LAYOUT.size), torch.zeros(LAYOUT.size)
    states = [start]
    for t in range(1, 6):
        vector = vector.detach().requires_grad_()
        network.loss(LAYOUT.unpack(vector), known).backward()
        first = 0.9 * first + 0.1 * vector.grad
        second = 0.999 * second + 0.001 * vector.grad**2
        step = (first / (1 - 0.9**t)) / ((second / (1 - 0.999**t)).sqrt() + 1e-8)
        vector = vector.detach() - 0.05 * step
        states.append(vector)
    for clips, losses in ((known, course.training_loss), (unseen, course.validation_loss)):
        by_hand = [network.loss(LAYOUT.unpack(state), clips).item() for state in states]
        assert np.allclose(losses, by_hand, rtol=1e-8)
    assert course.best_epoch == int(np.argmin(course.validation_loss))
    assert torch.allclose(course.weights, states[course.best_epoch], rtol=0, atol=1e-8)


def test_batches_reach_every_clip_once_an_epoch(monkeypatch):
    seen: list[torch.Tensor] = []
    plain = Network.loss

    def spy(self, weights, clips):
        if torch.is_grad_enabled():
            seen.append(clips.inputs[:, 0, 0])
        return plain(self, weights, clips)

    monkeypatch.setattr(Network, "loss", spy)
    known = made_up(75)
    start = torch.from_numpy(uniform(LAYOUT.size, seed=4))
    adam(Network(LAYOUT), start, known, made_up(6), **settings(epochs=2))
    assert [len(batch) for batch in seen] == [32, 32, 11] * 2
    first, second = torch.cat(seen[:3]), torch.cat(seen[3:])
    for epoch in (first, second):
        assert torch.equal(epoch.sort().values, known.inputs[:, 0, 0].sort().values)
    assert not torch.equal(first, second)


def test_patience_counts_epochs_without_a_lower_loss():
    known, unseen = made_up(30), made_up(9, seed=1)
    start = torch.from_numpy(uniform(LAYOUT.size, seed=5))
    for patience in (1, 3, 6):
        course = adam(
            Network(LAYOUT), start, known, unseen, **settings(epochs=200, patience=patience)
        )
        assert len(course.validation_loss) == course.best_epoch + 1 + patience
        assert min(course.validation_loss) == course.validation_loss[course.best_epoch]


def test_start_is_not_changed_and_is_epoch_0():
    known = made_up(12)
    start = torch.from_numpy(uniform(LAYOUT.size, seed=6))
    before = start.clone()
    course = adam(Network(LAYOUT), start, known, known, **settings(epochs=0))
    assert torch.equal(course.weights, before)
    adam(Network(LAYOUT), start, known, known, **settings())
    assert torch.equal(start, before)


def test_a_loss_that_is_no_number_ends_training_with_the_best_so_far():
    known = made_up(12, steps=150)
    # Already the start overflows.
    start = torch.from_numpy(uniform(LAYOUT.size, seed=7, side=1000))
    course = adam(Network(LAYOUT, "literal"), start, known, known, **settings())
    assert len(course.training_loss) == 1
    assert not np.isfinite(course.training_loss[0])
    assert (course.best_epoch, torch.equal(course.weights, start)) == (0, True)
    # The start's loss is a number, but its cell and so its slope are none.
    layout = Layout(58, 32, 3)
    generator = np.random.default_rng(8)
    long = Clips(
        torch.from_numpy(generator.normal(size=(6, 40, 58))), torch.full((6,), 40), known.truth[:6]
    )
    start = torch.from_numpy(uniform(layout.size, seed=9))
    course = adam(Network(layout, "literal"), start, long, long, **settings())
    assert np.isfinite(course.training_loss[0])
    assert len(course.training_loss) == 2
    assert not np.isfinite(course.training_loss[1])
    assert (course.best_epoch, torch.equal(course.weights, start)) == (0, True)
    assert torch.isfinite(solution(layout.unpack(course.weights))).all()
