"""Equations (8) to (13) and (15) against torch's own LSTM, limits and hand calculation."""

import numpy as np
import pytest
import torch

from har_lib import lstm
from har_lib import population as population_module
from har_lib.errors import InputError
from har_lib.lstm import Layout, Weights, forward, solution
from har_lib.population import population_logits

FEATURES, HIDDEN, CLASSES = 7, 5, 3
LAYOUT = Layout(FEATURES, HIDDEN, CLASSES)


def uniform(*shape: int, seed: int = 0, side: float = 1.0) -> torch.Tensor:
    draws = np.random.default_rng(seed).uniform(-side, side, shape)
    return torch.from_numpy(draws)


def torch_lstm(weights: Weights) -> torch.nn.LSTM:
    """The LSTM of torch with our weights; its rows are input, forget, cell, output."""
    hidden, features = weights.b_I.shape[0], weights.W_I.shape[0] - weights.b_I.shape[0]
    reference = torch.nn.LSTM(features, hidden, batch_first=True, dtype=torch.float64)
    stacked = torch.cat([weights.W_I, weights.W_F, weights.W_U, weights.W_O], dim=1).T
    biases = torch.cat([weights.b_I, weights.b_F, weights.b_U, weights.b_O])
    with torch.no_grad():
        reference.weight_hh_l0.copy_(stacked[:, :hidden])
        reference.weight_ih_l0.copy_(stacked[:, hidden:])
        reference.bias_ih_l0.copy_(biases)
        reference.bias_hh_l0.zero_()
    return reference


def run(weights: Weights, X: torch.Tensor, h: torch.Tensor, U: torch.Tensor, form: str) -> tuple:
    for t in range(X.shape[1]):
        h, U = lstm.step(weights, X[:, t], h, U, form)
    return h, U


@pytest.fixture
def network() -> Weights:
    return LAYOUT.unpack(uniform(LAYOUT.size, seed=1))


@pytest.fixture
def X() -> torch.Tensor:
    return uniform(4, 15, FEATURES, seed=2, side=2.0)


@pytest.fixture
def states() -> tuple[torch.Tensor, torch.Tensor]:
    return uniform(4, HIDDEN, seed=3), uniform(4, HIDDEN, seed=4)


def test_cell_is_torchs_lstm_from_a_state_that_is_not_zero(network, X, states):
    h, U = run(network, X, *states, "corrected")
    _, (reference_h, reference_U) = torch_lstm(network)(X, tuple(state[None] for state in states))
    assert torch.allclose(h, reference_h[0], rtol=0, atol=1e-12)
    assert torch.allclose(U, reference_U[0], rtol=0, atol=1e-12)


def test_literal_cell_is_not_torchs_lstm(network, X, states):
    # Guards the oracle: it must tell the printed form from the corrected one.
    h, _ = run(network, X[:, :10], *states, "literal")
    _, (reference_h, _) = torch_lstm(network)(X[:, :10], tuple(state[None] for state in states))
    assert (h - reference_h[0]).abs().max() > 0.1


@pytest.mark.parametrize("gate", [lstm.input_gate, lstm.forget_gate, lstm.output_gate])
def test_gates_for_a_population_are_those_of_each_network(gate):
    h, v = uniform(6, 4, HIDDEN, seed=5), uniform(4, FEATURES, seed=6)
    W, b = uniform(6, HIDDEN + FEATURES, HIDDEN, seed=7), uniform(6, HIDDEN, seed=8)
    for form in lstm.FORMS:
        together = gate(h, v, W, b, form)
        for one, (state, weight, bias) in zip(together, zip(h, W, b, strict=True), strict=True):
            assert torch.allclose(one, gate(state, v, weight, bias, form), rtol=0, atol=1e-14)


def by_hand(h, v, W, b) -> np.ndarray:
    """[h, v] W + b with loops."""
    rows = np.concatenate([h.numpy(), v.numpy()], axis=1)
    total = np.empty((len(rows), W.shape[1]))
    for n, row in enumerate(rows):
        for j in range(W.shape[1]):
            total[n, j] = sum(row[i] * float(W[i, j]) for i in range(len(row))) + float(b[j])
    return total


@pytest.fixture
def one_step():
    return (
        uniform(3, HIDDEN, seed=9),
        uniform(3, FEATURES, seed=10),
        uniform(HIDDEN + FEATURES, HIDDEN, seed=11),
        uniform(HIDDEN, seed=12),
    )


def test_eq08_input_gate(one_step):
    total = by_hand(*one_step)
    assert np.allclose(lstm.input_gate(*one_step), 1 / (1 + np.exp(-total)), atol=1e-14)
    # Printed: the sum times a number, unbounded and linear.
    assert np.allclose(lstm.input_gate(*one_step, "literal"), total, atol=1e-14)


def test_eq09_forget_gate(one_step):
    h, v, W, b = one_step
    total = by_hand(h, v, W, b)
    assert np.allclose(lstm.forget_gate(*one_step), 1 / (1 + np.exp(-total)), atol=1e-14)
    # Printed: h - 1 shifts each sum by minus the weights of the state, added up.
    shifted = total - W[:HIDDEN].sum(dim=0).numpy()
    assert np.allclose(lstm.forget_gate(*one_step, "literal"), shifted, atol=1e-14)


def test_eq10_output_gate(one_step):
    h, v, W, b = one_step
    total = by_hand(h, v, W, b)
    assert np.allclose(lstm.output_gate(*one_step), 1 / (1 + np.exp(-total)), atol=1e-14)
    shifted = total - W[:HIDDEN].sum(dim=0).numpy()
    assert np.allclose(lstm.output_gate(*one_step, "literal"), shifted, atol=1e-14)


def test_eq11_candidate(one_step):
    assert np.allclose(lstm.candidate(*one_step), np.tanh(by_hand(*one_step)), atol=1e-14)


def test_eq12_cell_state_keeps_with_an_open_forget_gate_and_overwrites_with_a_closed_one():
    candidate, old = uniform(2, HIDDEN, seed=13), uniform(2, HIDDEN, seed=14)
    zero, one = torch.zeros_like(old), torch.ones_like(old)
    assert torch.equal(lstm.cell_state(candidate, zero, old, one), old)
    assert torch.equal(lstm.cell_state(candidate, one, old, zero), candidate)
    half = lstm.cell_state(candidate, 0.5 * one, old, 0.25 * one)
    assert torch.allclose(half, candidate / 2 + old / 4)


def test_eq13_hidden_state():
    U, gate = torch.tensor([0.0, 50.0, -50.0, 0.5]), torch.tensor([1.0, 0.5, 0.5, 0.1])
    expected = [0.0, 0.5, -0.5, 0.1 * np.tanh(0.5)]
    assert np.allclose(lstm.hidden_state(U, gate), expected, atol=1e-7)


def test_eq15_solution_holds_every_weight_once():
    vector = torch.arange(float(LAYOUT.size), dtype=torch.float64)
    weights = LAYOUT.unpack(vector)
    assert torch.equal(solution(weights), vector)
    population = torch.stack([vector, -vector])
    assert torch.equal(solution(LAYOUT.unpack(population)), population)
    # Order and place, by hand: W_I first and row by row, b_y last.
    assert weights.W_I[0].tolist() == [0, 1, 2, 3, 4]
    assert weights.W_F[0, 0] == (HIDDEN + FEATURES) * HIDDEN
    assert weights.b_y.tolist() == vector[-CLASSES:].tolist()


def test_places_of_the_gates_and_of_the_readout():
    vector = torch.arange(float(LAYOUT.size), dtype=torch.float64)
    weights = LAYOUT.unpack(vector)
    gates = torch.cat([W.flatten() for W in weights[:4]])
    assert torch.equal(vector[LAYOUT.gates], gates)
    assert torch.equal(vector[LAYOUT.readout], torch.cat([weights.W_y.flatten(), weights.b_y]))
    biases = torch.cat(weights[4:8])
    assert torch.equal(vector[LAYOUT.gates.stop : LAYOUT.readout.start], biases)


@pytest.mark.parametrize(("hidden", "size"), [(16, 4885), (32, 11813), (64, 31813), (128, 96389)])
def test_number_of_weights(hidden, size):
    assert Layout(58, hidden, 5).size == size


def test_wrong_size_is_refused():
    with pytest.raises(InputError, match="must have 278"):
        LAYOUT.unpack(torch.zeros(342))


def test_zero_weights_give_the_readouts_bias(X):
    vector = torch.zeros(LAYOUT.size, dtype=torch.float64)
    vector[-CLASSES:] = torch.tensor([1.0, 2.0, 3.0])
    logits = forward(LAYOUT.unpack(vector), X, torch.full((4,), 15))
    assert torch.equal(logits, vector[-CLASSES:].expand(4, -1))


def test_saturated_forget_gate_keeps_the_cell(network, X, states):
    kept = network._replace(
        W_F=0 * network.W_F, b_F=network.b_F * 0 + 1e3, W_I=0 * network.W_I, b_I=network.b_I - 1e3
    )
    _, U = run(kept, X, *states, "corrected")
    assert torch.equal(U, states[1])


def test_without_memory_only_the_last_step_counts(network, X):
    weights = [network.W_I, network.W_F, network.W_O, network.W_U]
    blind = [torch.cat([W[:HIDDEN] * 0, W[HIDDEN:]]) for W in weights]
    forgetful = Weights(*blind, *network[4:])._replace(b_F=network.b_F - 1e3)
    lengths = torch.full((4,), 15)
    changed = X.clone()
    changed[:, :14] += 1
    assert torch.equal(forward(forgetful, X, lengths), forward(forgetful, changed, lengths))
    changed[:, 14] += 1
    assert not torch.equal(forward(forgetful, X, lengths), forward(forgetful, changed, lengths))


def test_literal_gates_overflow_and_corrected_ones_stay_bounded():
    layout = Layout(58, 32, 2)
    weights = layout.unpack(uniform(layout.size, seed=20))
    X = torch.from_numpy(np.random.default_rng(21).normal(size=(8, 40, 58)))
    zero = torch.zeros(8, 32, dtype=torch.float64)
    _, U = run(weights, X[:, :5], zero, zero, "literal")
    assert U.abs().max() > 1e6
    _, U = run(weights, X, zero, zero, "literal")
    assert not torch.isfinite(U).all()
    h, U = run(weights, X, zero, zero, "corrected")
    assert U.abs().max() <= 40
    assert h.abs().max() <= 1
    # Small weights hide the misprint: no test may rest on them.
    small = layout.unpack(uniform(layout.size, seed=20, side=0.01))
    _, U = run(small, X, zero, zero, "literal")
    assert U.abs().max() < 1


def test_unknown_form_is_refused(one_step):
    with pytest.raises(InputError, match="form = 'printed'"):
        lstm.input_gate(*one_step, "printed")


# Whole sequences


def test_each_sequence_ends_at_its_own_length(network, X):
    lengths = torch.tensor([1, 15, 7, 3])
    together = forward(network, X, lengths)
    reference = torch_lstm(network)
    for row, length in enumerate(lengths):
        _, (h, _) = reference(X[row : row + 1, :length])
        expected = h[0, 0] @ network.W_y + network.b_y
        assert torch.allclose(together[row], expected, rtol=0, atol=1e-12)


def test_mean_readout_is_the_mean_of_torchs_valid_states(network, X):
    lengths = torch.tensor([1, 15, 7, 3])
    together = forward(network, X, lengths, readout="mean")
    states, _ = torch_lstm(network)(X)
    for row, length in enumerate(lengths):
        expected = states[row, :length].mean(dim=0) @ network.W_y + network.b_y
        assert torch.allclose(together[row], expected, rtol=0, atol=1e-12)
    last = forward(network, X, lengths)
    # Of one step the mean is the last.
    assert torch.allclose(together[0], last[0], rtol=0, atol=1e-15)
    assert (together - last)[1:].abs().min() > 1e-3


@pytest.mark.parametrize("form", lstm.FORMS)
@pytest.mark.parametrize("readout", lstm.READOUTS)
@pytest.mark.parametrize("filling", [0.0, 1e6, float("nan")])
def test_padding_has_no_influence(network, X, filling, form, readout):
    lengths = torch.tensor([1, 15, 7, 3])
    padded = X.clone()
    for row, length in enumerate(lengths):
        padded[row, length:] = filling
    reading = form, readout
    clean = forward(network, X, lengths, *reading)
    assert torch.isfinite(clean).all()
    assert torch.equal(forward(network, padded, lengths, *reading), clean)
    population = LAYOUT.unpack(uniform(6, LAYOUT.size, seed=30, side=0.5))
    clean = population_logits(population, X, lengths, *reading)
    assert torch.isfinite(clean).all()
    assert torch.equal(population_logits(population, padded, lengths, *reading), clean)


@pytest.mark.parametrize("side", [0.2, 1.0, 20.0])
@pytest.mark.parametrize("block", [1, 2**9, 2**30])
@pytest.mark.parametrize("readout", lstm.READOUTS)
def test_fused_population_is_the_plain_forward(monkeypatch, X, side, block, readout):
    monkeypatch.setattr(population_module, "_BLOCK", block)
    population = uniform(9, LAYOUT.size, seed=31, side=side)
    lengths = torch.tensor([4, 15, 7, 4])
    fused = population_logits(LAYOUT.unpack(population), X, lengths, readout=readout)
    plain = forward(LAYOUT.unpack(population), X, lengths, readout=readout)
    tolerance = 1e-12 * max(1.0, side**2)
    assert torch.allclose(fused, plain, rtol=0, atol=tolerance)
    for row, vector in zip(plain, population, strict=True):
        single = forward(LAYOUT.unpack(vector), X, lengths, readout=readout)
        assert torch.allclose(row, single, rtol=0, atol=tolerance)


@pytest.mark.parametrize("side", [0.2, 0.5, 1.0])
@pytest.mark.parametrize("block", [1, 2**30])
@pytest.mark.parametrize("readout", lstm.READOUTS)
def test_fused_literal_gates_are_the_plain_ones(monkeypatch, X, side, block, readout):
    monkeypatch.setattr(population_module, "_BLOCK", block)
    monkeypatch.setattr(lstm, "SIGMA", 1.25)
    monkeypatch.setattr(population_module, "SIGMA", 1.25)
    population = LAYOUT.unpack(uniform(9, LAYOUT.size, seed=31, side=side))
    lengths = torch.tensor([4, 10, 7, 4])
    fused = population_logits(population, X, lengths, "literal", readout)
    plain = forward(population, X, lengths, "literal", readout)
    # Gates without bounds: errors are held against the largest logit of each network.
    largest = plain.abs().amax(dim=(1, 2), keepdim=True)
    assert torch.isfinite(plain).all()
    assert ((fused - plain).abs() <= 1e-9 * largest).all()
    corrected = population_logits(population, X, lengths, readout=readout)
    assert ((fused - corrected).abs().amax(dim=(1, 2)) > 1e-3).all()


@pytest.mark.parametrize("readout", lstm.READOUTS)
def test_literal_logits_outlive_the_cell_but_not_for_long(readout):
    layout = Layout(58, 32, 3)
    X = torch.from_numpy(np.random.default_rng(21).normal(size=(8, 120, 58)))
    lengths = torch.tensor([1, 2, 3, 4, 40, 40, 40, 40])
    weights = layout.unpack(uniform(4, layout.size, seed=20))
    zero = torch.zeros(4, 8, 32, dtype=torch.float64)
    _, U = run(weights, X[:, :40], zero, zero, "literal")
    assert not torch.isfinite(U).any(dim=-1).all()
    # The tanh of (13) brings an infinite cell back to 1.
    plain = forward(weights, X, lengths, "literal", readout)
    fused = population_logits(weights, X, lengths, "literal", readout)
    assert plain.abs().amin(dim=2)[:, 4:].max() > 1e15
    largest = plain.abs().amax(dim=(1, 2), keepdim=True)
    assert ((fused - plain).abs() <= 1e-9 * largest).all()
    # Larger weights and longer sequences overflow in the state too.
    weights = layout.unpack(uniform(4, layout.size, seed=20, side=1000 / np.sqrt(32)))
    lengths[4:] = 120
    for compute in (population_logits, forward):
        finite = torch.isfinite(compute(weights, X, lengths, "literal", readout)).all(dim=2)
        assert finite[:, :4].all()
        assert not finite[:, 4:].any()
        assert torch.isfinite(compute(weights, X, lengths, "corrected", readout)).all()


def test_order_of_sequences_does_not_matter(X):
    population = LAYOUT.unpack(uniform(3, LAYOUT.size, seed=32))
    lengths = torch.tensor([4, 15, 7, 2])
    order = torch.tensor([2, 0, 3, 1])
    straight = population_logits(population, X, lengths)
    mixed = population_logits(population, X[order], lengths[order])
    assert torch.allclose(mixed, straight[:, order], rtol=0, atol=1e-13)


def test_gradient_is_the_finite_difference(X):
    vector = uniform(LAYOUT.size, seed=33).requires_grad_()
    lengths = torch.tensor([4, 15, 7, 2])

    def loss(at: torch.Tensor) -> torch.Tensor:
        return (forward(LAYOUT.unpack(at), X, lengths) ** 2).sum()

    (gradient,) = torch.autograd.grad(loss(vector), vector)
    direction = uniform(LAYOUT.size, seed=34)
    step = 1e-6 * direction
    with torch.no_grad():
        slope = (loss(vector + step) - loss(vector - step)) / 2e-6
    assert slope.item() == pytest.approx((gradient @ direction).item(), rel=1e-6)


@pytest.mark.parametrize("lengths", [[0, 1, 1, 1], [16, 1, 1, 1]])
def test_lengths_that_do_not_fit_are_refused(network, X, lengths):
    with pytest.raises(InputError, match="between 1 and 15"):
        forward(network, X, torch.tensor(lengths))


def test_unknown_readings_are_refused(network, X):
    lengths = torch.full((4,), 15)
    for compute in (population_logits, forward):
        with pytest.raises(InputError, match="readout = 'first'"):
            compute(network, X, lengths, readout="first")
        with pytest.raises(InputError, match="form = 'printed'"):
            compute(network, X, lengths, "printed")


def test_shapes_that_do_not_fit_are_refused(network, X):
    with pytest.raises(InputError, match="cannot be read"):
        forward(network, X[0], torch.tensor([15]))


def test_one_thread_restores():
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        with lstm.one_thread():
            assert torch.get_num_threads() == 1
        assert torch.get_num_threads() == 3
        with pytest.raises(InputError), lstm.one_thread():
            LAYOUT.unpack(torch.zeros(1))
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(before)
