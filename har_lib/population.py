"""LSTM networks evaluated fast: a population at once for the search, one of them for Adam.

They stand in for equations (8) to (13), which :func:`har_lib.lstm.forward` computes step by step.
"""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import torch
from torch import Tensor

from har_lib.errors import InputError
from har_lib.lstm import (
    SIGMA,
    Weights,
    check_form,
    check_readout,
    check_sequences,
    one_thread,
)

#: Ways to compute the states: blocks of networks in batched products, or torch's own LSTM kernel
#: for one network after another.
KERNELS = ("auto", "batched", "fused")

DEVICES = ("auto", "cpu", "cuda")

PRECISIONS = {"double": torch.float64, "single": torch.float32}

#: Gate values worked on at once: 1 MB in double precision, what a core's cache holds.
_BLOCK = 2**17

#: From this state size on, and for fewer sequences than the second number, torch's kernel was the
#: faster one (`benchmarks/networks.py` measures it); it wins nowhere else.
_FUSED_HIDDEN, _FUSED_SEQUENCES = 128, 100


def device_of(name: str = "auto") -> torch.device:
    """The device of that name; ``auto`` is CUDA where there is some, else the processor.

    Raises
    ------
    InputError
        If the name is unknown, or there is no CUDA device.

    Examples
    --------
    >>> device_of("cpu")
    device(type='cpu')
    """
    if name not in DEVICES:
        raise InputError(
            f"device = {name!r} is not allowed: it must be one of {', '.join(DEVICES)}"
        )
    if name == "cuda" and not torch.cuda.is_available():
        raise InputError("device = 'cuda': torch finds none here; choose 'cpu' or 'auto'")
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(name)


def population_logits(
    weights: Weights,
    X: Tensor,
    lengths: Tensor,
    form: str = "corrected",
    readout: str = "last",
    *,
    kernel: str = "auto",
    threads: int = 1,
) -> Tensor:
    """Do what :func:`har_lib.lstm.forward` does for a population, faster and without gradients.

    The batched kernel multiplies a step's input with the weights of a whole block of networks in
    one product, since they all read the same; blocks stay in the cache, finished sequences are
    left out, and tanh is computed as 2 sigmoid(2x) - 1, which is many times faster in float64. It
    agrees with ``forward`` to 1e-12; with literal gates, which have no bounds, to 1e-9 of a
    network's largest logit over some dozen steps (longer ones can be chaotic).

    Parameters
    ----------
    weights : Weights
        P networks.
    X, lengths, form, readout
        As in ``forward``; weights and ``X`` float64 or float32, on one device.
    kernel : {"auto", "batched", "fused"}
        ``fused`` is torch's LSTM, network by network. ``auto`` takes the one that was measured to
        be faster for the size: fused on a processor for few sequences and a large state, batched
        everywhere else. The two differ in the last digits.
    threads : int
        Threads that share the blocks. The result does not depend on it.

    Returns
    -------
    Tensor
        Logits (P, N, C).

    Raises
    ------
    InputError
        If shapes do not fit, a name is unknown, or fused gates are asked for as printed.

    Examples
    --------
    >>> from har_lib.lstm import Layout
    >>> layout = Layout(features=3, hidden=2, classes=4)
    >>> weights = layout.unpack(torch.zeros(7, layout.size))
    >>> population_logits(weights, torch.ones(5, 6, 3), torch.full((5,), 6)).shape
    torch.Size([7, 5, 4])
    """
    check_sequences(X, lengths)
    check_form(form)
    check_readout(readout)
    if kernel not in KERNELS:
        raise InputError(
            f"kernel = {kernel!r} is not allowed: it must be one of {', '.join(KERNELS)}"
        )
    if threads < 1:
        raise InputError(f"threads = {threads} is not allowed: it must be at least 1")
    if kernel == "fused" and form != "corrected":
        raise InputError("kernel = 'fused' has no gates as printed: choose 'batched'")
    if kernel == "auto":
        kernel = "fused" if form == "corrected" and _fused_is_faster(weights, X) else "batched"
    with torch.no_grad():
        states = (_fused if kernel == "fused" else _batched)(
            weights, X, lengths, form, readout, threads
        )
        if readout == "mean":
            states = states / lengths.unsqueeze(-1)
        return torch.baddbmm(weights.b_y.unsqueeze(-2), states, weights.W_y)


def _fused_is_faster(weights: Weights, X: Tensor) -> bool:
    hidden = weights.b_I.shape[-1]
    small = hidden >= _FUSED_HIDDEN and len(X) < _FUSED_SEQUENCES
    return X.device.type == "cpu" and small


def _batched(
    weights: Weights, X: Tensor, lengths: Tensor, form: str, readout: str, threads: int
) -> Tensor:
    """Last valid states (P, N, H), or sums of all, by products over blocks of networks."""
    hidden = weights.b_I.shape[-1]
    # Doubling the candidate's weights makes one sigmoid serve all four gates.
    W = torch.cat([weights.W_I, weights.W_F, weights.W_O, 2 * weights.W_U], dim=-1).mT
    b = torch.cat([*_gate_biases(weights, form), 2 * weights.b_U], dim=-1).unsqueeze(-1)
    # With the longest first, the sequences still running at any step are the first ones.
    order = torch.argsort(lengths, descending=True, stable=True)
    ends = lengths.tolist()
    running = [sum(end > t for end in ends) for t in range(max(ends))]
    steps = X[order].permute(1, 2, 0).contiguous()
    size = max(1, _BLOCK // (len(X) * 4 * hidden))
    blocks = list(zip(W.split(size), b.split(size), strict=True))
    read = partial(_states, steps=steps, running=running, form=form, readout=readout)
    if threads == 1 or len(blocks) == 1:
        found = [read(*block) for block in blocks]
    else:
        with one_thread(), ThreadPoolExecutor(threads) as pool:
            found = list(pool.map(lambda block: read(*block), blocks))
    return torch.cat(found).mT[:, torch.argsort(order)]


def _gate_biases(weights: Weights, form: str) -> tuple[Tensor, Tensor, Tensor]:
    """Biases of the three gates; h - 1 of the literal (9) and (10) is a shift of theirs."""
    if form == "corrected":
        return weights.b_I, weights.b_F, weights.b_O
    H = weights.b_I.shape[-1]
    shift_F, shift_O = (W[..., :H, :].sum(dim=-2) for W in (weights.W_F, weights.W_O))
    return weights.b_I, weights.b_F - shift_F, weights.b_O - shift_O


@torch.no_grad()
def _states(
    W: Tensor, b: Tensor, *, steps: Tensor, running: list[int], form: str, readout: str
) -> Tensor:
    """Last valid states (P, H, N), or sums of all, of sequences (T, F, N) that come longest first.

    ``W`` is (P, 4H, H + F) and ``b`` (P, 4H, 1), those of the candidate doubled. Sequences lie
    along the last axis, so that each gate of a network is one stretch of memory.
    """
    P, H, N = len(W), W.shape[1] // 4, steps.shape[-1]
    W_h, W_v = W[..., :H].contiguous(), W[..., H:].reshape(P * 4 * H, -1)
    shift = b.reshape(P * 4 * H, 1)
    h, U = steps.new_zeros(P, H, N), steps.new_zeros(P, H, N)
    total = steps.new_zeros(P, H, N) if readout == "mean" else h
    for t, n in enumerate(running):
        gates = torch.addmm(shift, W_v, steps[t, :, :n]).view(P, 4 * H, n)
        state, U_t = h[..., :n], U[..., :n]
        if t:
            gates.baddbmm_(W_h, state)
        if form == "corrected":
            gates.sigmoid_()
        else:
            gates[:, : 3 * H].mul_(SIGMA)
            gates[:, 3 * H :].sigmoid_()
        I_t, F_t, O_t, U_tilde = gates.split(H, dim=1)
        U_t.mul_(F_t).addcmul_(U_tilde.mul_(2).sub_(1), I_t)
        torch.mul(U_t, 2, out=gates[:, :H]).sigmoid_().mul_(2).sub_(1)
        torch.mul(I_t, O_t, out=state)
        if readout == "mean":
            total[..., :n] += state
    return total


def _fused(
    weights: Weights, X: Tensor, lengths: Tensor, form: str, readout: str, threads: int
) -> Tensor:
    """Do what `_batched` does by torch's own LSTM, one network after another."""
    del form, threads
    networks = (Weights(*parts) for parts in zip(*weights, strict=True))
    return torch.stack([_read(network, X, lengths, readout) for network in networks])


def _read(weights: Weights, X: Tensor, lengths: Tensor, readout: str) -> Tensor:
    """Last valid states (N, H) of one network, or sums of all."""
    H = weights.b_I.shape[-1]
    # torch stacks its gates in the order input, forget, candidate, output.
    stacked = torch.cat([weights.W_I, weights.W_F, weights.W_U, weights.W_O], dim=-1).mT
    bias = torch.cat([weights.b_I, weights.b_F, weights.b_U, weights.b_O])
    parameters = [
        stacked[:, H:].contiguous(),
        stacked[:, :H].contiguous(),
        bias,
        torch.zeros_like(bias),
    ]
    valid = (torch.arange(X.shape[1], device=X.device) < lengths.unsqueeze(-1)).unsqueeze(-1)
    start = X.new_zeros(1, len(X), H)
    # What stands behind a sequence's end may be anything, even NaN.
    states, _, _ = torch.lstm(
        torch.where(valid, X, 0), (start, start), parameters, True, 1, 0.0, False, False, True
    )
    if readout == "mean":
        return torch.where(valid, states, 0).sum(dim=1)
    return states[torch.arange(len(X), device=X.device), lengths - 1]


def fused_logits(weights: Weights, X: Tensor, lengths: Tensor, readout: str = "last") -> Tensor:
    """Do what :func:`har_lib.lstm.forward` does for one network, by torch's own LSTM.

    It stands in for equations (8) to (13), as corrected, where Adam trains: with its gradients it
    takes a fifth to two thirds of the time, and it agrees to 1e-12.

    Parameters
    ----------
    weights : Weights
        One network.
    X, lengths, readout
        As in ``forward``.

    Returns
    -------
    Tensor
        Logits (N, C).

    Examples
    --------
    >>> from har_lib.lstm import Layout
    >>> layout = Layout(features=3, hidden=2, classes=4)
    >>> weights = layout.unpack(torch.zeros(layout.size))
    >>> fused_logits(weights, torch.ones(5, 6, 3), torch.full((5,), 6)).shape
    torch.Size([5, 4])
    """
    check_sequences(X, lengths)
    check_readout(readout)
    states = _read(weights, X, lengths, readout)
    if readout == "mean":
        states = states / lengths.unsqueeze(-1)
    return states @ weights.W_y + weights.b_y
