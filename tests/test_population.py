"""Populations of networks against torch's own LSTM, network by network; kernels, threads."""

import numpy as np
import pytest
import torch

from har_lib import population
from har_lib.errors import InputError
from har_lib.lstm import Layout, Weights, forward
from har_lib.population import device_of, population_logits


def shapes(count: int = 100) -> list[tuple[int, ...]]:
    """Random sizes: networks, sequences, steps, features, hidden units, classes."""
    generator = np.random.default_rng(2026)
    smallest, largest = (1, 1, 10, 1, 1, 2), (9, 40, 25, 70, 40, 12)
    return [
        tuple(int(generator.integers(a, b + 1)) for a, b in zip(smallest, largest, strict=True))
        for _ in range(count)
    ]


def drawn(shape: tuple[int, ...]) -> tuple[Layout, torch.Tensor, torch.Tensor, torch.Tensor]:
    """Weights from U(-1, 1), inputs, and lengths of which one is full, for each shape its own."""
    P, N, T, F, H, C = shape
    generator = np.random.default_rng(list(shape))
    layout = Layout(F, H, C)
    vectors = torch.from_numpy(generator.uniform(-1, 1, (P, layout.size)))
    X = torch.from_numpy(generator.normal(size=(N, T, F)))
    lengths = torch.from_numpy(generator.integers(1, T + 1, N))
    lengths[0] = T
    return layout, vectors, X, lengths


def by_torch(weights: Weights, X: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
    """Logits (N, C) of one network by torch.nn.LSTM on a packed sequence."""
    features, hidden = X.shape[-1], len(weights.b_I)
    reference = torch.nn.LSTM(features, hidden, batch_first=True, dtype=X.dtype)
    # torch's rows are input, forget, cell, output.
    gates = [weights.W_I, weights.W_F, weights.W_U, weights.W_O]
    with torch.no_grad():
        reference.weight_hh_l0.copy_(torch.cat([gate[:hidden].T for gate in gates]))
        reference.weight_ih_l0.copy_(torch.cat([gate[hidden:].T for gate in gates]))
        reference.bias_ih_l0.copy_(torch.cat([weights.b_I, weights.b_F, weights.b_U, weights.b_O]))
        reference.bias_hh_l0.zero_()
        packed = torch.nn.utils.rnn.pack_padded_sequence(
            X, lengths, batch_first=True, enforce_sorted=False
        )
        return reference(packed)[1][0][0] @ weights.W_y + weights.b_y


def reference_of(
    layout: Layout, vectors: torch.Tensor, X: torch.Tensor, lengths: torch.Tensor
) -> torch.Tensor:
    return torch.stack([by_torch(layout.unpack(each), X, lengths) for each in vectors])


@pytest.mark.parametrize("shape", shapes())
def test_every_way_is_torchs_lstm_with_masks(shape):
    """The issue's 1e-6 on 100 random shapes; in double precision it is 1e-12."""
    layout, vectors, X, lengths = drawn(shape)
    wanted = reference_of(layout, vectors, X, lengths)
    weights = layout.unpack(vectors)
    assert torch.allclose(forward(weights, X, lengths), wanted, rtol=0, atol=1e-12)
    for kernel in population.KERNELS:
        found = population_logits(weights, X, lengths, kernel=kernel)
        assert torch.allclose(found, wanted, rtol=0, atol=1e-12), kernel
    for vector, one in zip(vectors, wanted, strict=True):
        found = population.fused_logits(layout.unpack(vector), X, lengths)
        assert torch.allclose(found, one, rtol=0, atol=1e-12)
    one_by_one = torch.cat(
        [population_logits(layout.unpack(each[None]), X, lengths) for each in vectors]
    )
    assert torch.allclose(one_by_one, wanted, rtol=0, atol=1e-12)


@pytest.mark.parametrize("kernel", population.KERNELS)
@pytest.mark.parametrize("readout", ["last", "mean"])
def test_single_precision_is_double_to_its_rounding(kernel, readout):
    layout, vectors, X, lengths = drawn((6, 30, 12, 58, 32, 5))
    vectors = vectors / 4
    weights = layout.unpack(vectors)
    exact = forward(weights, X, lengths, readout=readout)
    single = population_logits(
        layout.unpack(vectors.float()), X.float(), lengths, readout=readout, kernel=kernel
    )
    assert single.dtype == torch.float32
    assert torch.allclose(single.double(), exact, rtol=0, atol=1e-5)
    assert not torch.equal(single.double(), exact)


@pytest.mark.parametrize("form", ["corrected", "literal"])
@pytest.mark.parametrize("readout", ["last", "mean"])
@pytest.mark.parametrize("block", [1, 2**9, 2**30])
def test_threads_share_the_blocks_and_change_no_bit(monkeypatch, form, readout, block):
    monkeypatch.setattr(population, "_BLOCK", block)
    layout, vectors, X, lengths = drawn((13, 20, 10, 9, 8, 4))
    weights = layout.unpack(vectors / 4)
    before = torch.get_num_threads()
    alone = population_logits(weights, X, lengths, form, readout)
    for threads in (2, 3):
        shared = population_logits(weights, X, lengths, form, readout, threads=threads)
        assert torch.equal(shared, alone)
    assert torch.get_num_threads() == before


def test_each_network_comes_back_in_its_place(monkeypatch):
    monkeypatch.setattr(population, "_BLOCK", 1)
    layout, vectors, X, lengths = drawn((5, 4, 10, 3, 6, 2))
    order = torch.tensor([3, 0, 4, 2, 1])
    straight = population_logits(layout.unpack(vectors), X, lengths, threads=2)
    mixed = population_logits(layout.unpack(vectors[order]), X, lengths, threads=2)
    assert torch.equal(mixed, straight[order])


@pytest.mark.parametrize("readout", ["last", "mean"])
def test_gradients_of_torchs_lstm_are_those_of_the_equations(readout):
    layout, vectors, X, lengths = drawn((1, 8, 12, 5, 6, 3))
    gradients = []
    for compute in (forward, population.fused_logits):
        vector = vectors[0].clone().requires_grad_()
        logits = compute(layout.unpack(vector), X, lengths, readout=readout)
        (logits.sin().sum()).backward()
        gradients.append(vector.grad)
    assert torch.allclose(*gradients, rtol=0, atol=1e-12)
    assert gradients[0].abs().min() > 0


@pytest.mark.parametrize("kernel", population.KERNELS)
@pytest.mark.parametrize("readout", ["last", "mean"])
def test_what_stands_behind_the_end_is_not_read(kernel, readout):
    layout, vectors, X, lengths = drawn((3, 8, 10, 4, 5, 2))
    weights = layout.unpack(vectors)
    clean = population_logits(weights, X, lengths, readout=readout, kernel=kernel)
    for filling in (1e9, float("nan"), float("inf")):
        spoilt = X.clone()
        for row, length in zip(spoilt, lengths, strict=True):
            row[length:] = filling
        found = population_logits(weights, spoilt, lengths, readout=readout, kernel=kernel)
        assert torch.equal(found, clean)


@pytest.mark.parametrize(
    ("hidden", "sequences", "precision", "form", "fused"),
    [
        (128, 20, torch.float32, "corrected", True),
        (128, 20, torch.float32, "literal", False),
        (128, 20, torch.float64, "corrected", True),
        (64, 20, torch.float64, "corrected", False),
        (128, 100, torch.float32, "corrected", False),
        (64, 20, torch.float32, "corrected", False),
    ],
)
def test_kernel_is_chosen_by_the_size(monkeypatch, hidden, sequences, precision, form, fused):
    called = []
    for name in ("_fused", "_batched"):
        plain = getattr(population, name)
        monkeypatch.setattr(
            population, name, lambda *a, name=name, plain=plain: called.append(name) or plain(*a)
        )
    layout = Layout(3, hidden, 2)
    vectors = torch.zeros(2, layout.size, dtype=precision)
    X = torch.zeros(sequences, 2, 3, dtype=precision)
    population_logits(layout.unpack(vectors), X, torch.full((sequences,), 2), form)
    assert called == ["_fused" if fused else "_batched"]


def test_unknown_names_and_sizes_are_refused():
    layout = Layout(3, 2, 2)
    call = layout.unpack(torch.zeros(2, layout.size)), torch.zeros(1, 2, 3), torch.tensor([2])
    for setting, message in (
        ({"kernel": "quick"}, "kernel = 'quick'"),
        ({"threads": 0}, "threads = 0"),
        ({"kernel": "fused", "form": "literal"}, "choose 'batched'"),
    ):
        with pytest.raises(InputError, match=message):
            population_logits(*call, **setting)
    with pytest.raises(InputError, match="device = 'gpu'"):
        device_of("gpu")


def test_device_follows_what_torch_finds(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert device_of("auto").type == "cpu"
    with pytest.raises(InputError, match="finds none here"):
        device_of("cuda")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert device_of("auto").type == device_of("cuda").type == "cuda"
    assert device_of("cpu").type == "cpu"
