"""The LSTM network: equations (8) to (13), its flat weight vector (15), and whole sequences.

Every function takes one network or a population of P at once: weights and states then carry a
leading axis P; :mod:`har_lib.population` does so fast. Tensors are float64 where nothing else is
said, so that results do not hang on the rounding of one processor.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from har_lib.equations import equation
from har_lib.errors import InputError

#: What the print multiplies by when "sigma" is read as a number. None is given; 1 changes nothing.
SIGMA = 1.0

FORMS = ("corrected", "literal")

#: States that the readout sees: that of the last valid step, or the mean over all valid steps.
READOUTS = ("last", "mean")


class Weights(NamedTuple):
    """Weights of one network, or of P networks with a leading axis P.

    ``W_*`` of the gates are (H + F, H): the first H rows meet the state, the others the input.
    ``b_*`` of the gates are (H,). The readout, which the paper leaves out, is ``W_y`` (H, C) and
    ``b_y`` (C,).
    """

    W_I: Tensor
    W_F: Tensor
    W_O: Tensor
    W_U: Tensor
    b_I: Tensor
    b_F: Tensor
    b_O: Tensor
    b_U: Tensor
    W_y: Tensor
    b_y: Tensor


@equation(15)
def solution(weights: Weights) -> Tensor:
    r"""One seagull: all weights of a network as one flat vector.

    .. math:: S_1 = \{W_F, W_I W_U and W_O\}

    The printed set has no order and leaves out the biases and the readout, without which the
    network cannot answer; here the order is W_I, W_F, W_O, W_U, then b_I, b_F, b_O, b_U, W_y, b_y.

    Parameters
    ----------
    weights : Weights
        One network, or P of them.

    Returns
    -------
    Tensor
        (D,) or (P, D); :meth:`Layout.unpack` is the way back.

    Examples
    --------
    >>> layout = Layout(features=58, hidden=16, classes=5)
    >>> vector = torch.arange(float(layout.size))
    >>> bool((solution(layout.unpack(vector)) == vector).all())
    True
    """
    lead = weights.b_y.shape[:-1]
    return torch.cat([weight.reshape(*lead, -1) for weight in weights], dim=-1)


class Layout:
    """Where each weight lies in the flat vector of :func:`solution`.

    Examples
    --------
    >>> Layout(features=58, hidden=16, classes=5).size
    4885
    """

    def __init__(self, features: int, hidden: int, classes: int) -> None:
        self.features, self.hidden, self.classes = features, hidden, classes
        gate = (hidden + features, hidden)
        self.shapes: tuple[tuple[int, ...], ...] = (
            *[gate] * 4,
            *[(hidden,)] * 4,
            (hidden, classes),
            (classes,),
        )

    @property
    def size(self) -> int:
        """Number D of weights: 4H(F + H) of the gates, 4H biases, the readout's HC + C."""
        return sum(math.prod(shape) for shape in self.shapes)

    @property
    def gates(self) -> slice:
        """Where the matrices W_I, W_F, W_O and W_U of (15) lie in the flat vector."""
        return slice(0, sum(math.prod(shape) for shape in self.shapes[:4]))

    @property
    def readout(self) -> slice:
        """Where W_y and b_y lie in the flat vector."""
        return slice(self.size - sum(math.prod(shape) for shape in self.shapes[-2:]), self.size)

    def unpack(self, vector: Tensor) -> Weights:
        """Named views of a flat vector (D,), or of a population (P, D).

        Raises
        ------
        InputError
            If the last axis is not D long.
        """
        if vector.shape[-1] != self.size:
            raise InputError(
                f"a weight vector has {vector.shape[-1]} numbers: it must have {self.size}, for "
                f"{self.features} features, {self.hidden} hidden units and {self.classes} classes"
            )
        parts = vector.split([math.prod(shape) for shape in self.shapes], dim=-1)
        return Weights(
            *(
                part.reshape(*vector.shape[:-1], *shape)
                for part, shape in zip(parts, self.shapes, strict=True)
            )
        )


def _weighted(h: Tensor, v: Tensor, W: Tensor, b: Tensor) -> Tensor:
    """``[h, v] W + b`` with a row per sequence; ``v`` is shared by a population."""
    joined = torch.cat([h, v.expand(*h.shape[:-1], v.shape[-1])], dim=-1)
    return joined @ W + b.unsqueeze(-2)


def check_form(form: str) -> None:
    """Refuse an unknown reading of the gates."""
    if form not in FORMS:
        raise InputError(f"form = {form!r} is not allowed: it must be one of {', '.join(FORMS)}")


def check_readout(readout: str) -> None:
    """Refuse an unknown readout."""
    if readout not in READOUTS:
        raise InputError(
            f"readout = {readout!r} is not allowed: it must be one of {', '.join(READOUTS)}"
        )


@equation(8)
def input_gate(h: Tensor, v: Tensor, W_I: Tensor, b_I: Tensor, form: str = "corrected") -> Tensor:
    r"""How much of the candidate enters the cell.

    .. math:: I_t = ([h_{t-1}, v_t] W_I + b_I) \sigma

    Corrected: the sigmoid *of* the sum. ``form="literal"`` multiplies the sum by a number
    :data:`SIGMA`: gates without bounds, whose cell grows without bounds (beyond 1e100 within 20
    steps for weights drawn from U(-1, 1)).

    Parameters
    ----------
    h : Tensor
        State h_{t-1}: (N, H) for N sequences, or (P, N, H).
    v : Tensor
        Input v_t: (N, F).
    W_I, b_I : Tensor
        (H + F, H) and (H,), or with a leading axis P.
    form : {"corrected", "literal"}
        Which reading.

    Returns
    -------
    Tensor
        Shaped as ``h``.

    References
    ----------
    Gers, Schmidhuber, Cummins, Learning to forget (2000), doi:10.1162/089976600300015015.

    Examples
    --------
    >>> zero = torch.zeros(1, 1)
    >>> input_gate(zero, zero, torch.ones(2, 1), torch.zeros(1)).item()
    0.5
    """
    check_form(form)
    total = _weighted(h, v, W_I, b_I)
    return total * SIGMA if form == "literal" else torch.sigmoid(total)


@equation(9)
def forget_gate(h: Tensor, v: Tensor, W_F: Tensor, b_F: Tensor, form: str = "corrected") -> Tensor:
    r"""How much of the old cell stays.

    .. math:: F_t = ([h_t - 1, v_t] W_F + b_F) \sigma

    The subscript has slipped: h_t is not known yet, since (13) needs this step's gates. Corrected:
    h_{t-1}, and the sigmoid of the sum. ``form="literal"``: h_{t-1} - 1, the nearest that can be
    computed, and the product with :data:`SIGMA`. Arguments as in :func:`input_gate`.

    Examples
    --------
    >>> one = torch.ones(1, 1)
    >>> forget_gate(one, one, torch.ones(2, 1), torch.zeros(1), form="literal").item()
    1.0
    """
    check_form(form)
    if form == "literal":
        return _weighted(h - 1, v, W_F, b_F) * SIGMA
    return torch.sigmoid(_weighted(h, v, W_F, b_F))


@equation(10)
def output_gate(h: Tensor, v: Tensor, W_O: Tensor, b_O: Tensor, form: str = "corrected") -> Tensor:
    r"""How much of the cell is shown.

    .. math:: O_t = ([h_t - 1, v_t] W_O + b_O) \sigma

    Misprinted as (9) is; both forms and all arguments as in :func:`forget_gate`.

    Examples
    --------
    >>> one = torch.ones(1, 1)
    >>> output_gate(one, one, torch.ones(2, 1), -2 * torch.ones(1)).item()
    0.5
    """
    check_form(form)
    if form == "literal":
        return _weighted(h - 1, v, W_O, b_O) * SIGMA
    return torch.sigmoid(_weighted(h, v, W_O, b_O))


@equation(11)
def candidate(h: Tensor, v: Tensor, W_U: Tensor, b_U: Tensor) -> Tensor:
    r"""What the input would write into the cell.

    .. math:: \tilde{U}_t = \tanh([h_{t-1}, v_t] W_U + b_U)

    Printed as it should be. Arguments as in :func:`input_gate`.

    Examples
    --------
    >>> zero = torch.zeros(1, 1)
    >>> candidate(zero, zero, torch.ones(2, 1), torch.zeros(1)).item()
    0.0
    """
    return torch.tanh(_weighted(h, v, W_U, b_U))


@equation(12)
def cell_state(U_tilde: Tensor, input_gate: Tensor, U: Tensor, forget_gate: Tensor) -> Tensor:
    r"""The cell after the step, products element by element.

    .. math:: U_t = \tilde{U}_t * I_t + U_{t-1} * F_t

    Examples
    --------
    >>> cell_state(*(torch.tensor(number) for number in (2.0, 3.0, 4.0, 5.0))).item()
    26.0
    """
    return U_tilde * input_gate + U * forget_gate


@equation(13)
def hidden_state(U: Tensor, output_gate: Tensor) -> Tensor:
    r"""The state after the step.

    .. math:: h_t = \tanh(U_t) * O_t

    Examples
    --------
    >>> hidden_state(torch.tensor(0.0), torch.tensor(1.0)).item()
    0.0
    """
    return torch.tanh(U) * output_gate


def step(
    weights: Weights, v: Tensor, h: Tensor, U: Tensor, form: str = "corrected"
) -> tuple[Tensor, Tensor]:
    """One time step, equations (8) to (13): the new state and the new cell."""
    I_t = input_gate(h, v, weights.W_I, weights.b_I, form)
    F_t = forget_gate(h, v, weights.W_F, weights.b_F, form)
    O_t = output_gate(h, v, weights.W_O, weights.b_O, form)
    U_tilde = candidate(h, v, weights.W_U, weights.b_U)
    U_t = cell_state(U_tilde, I_t, U, F_t)
    return hidden_state(U_t, O_t), U_t


def forward(
    weights: Weights,
    X: Tensor,
    lengths: Tensor,
    form: str = "corrected",
    readout: str = "last",
) -> Tensor:
    """Read whole sequences and answer with a number per class.

    The state starts at zero; what stands in ``X`` after a sequence's last valid step has no
    influence. The readout ``h W_y + b_y`` is ours: the paper prints none.

    Parameters
    ----------
    weights : Weights
        One network, or P of them.
    X : Tensor
        (N, T, F), padded at the end.
    lengths : Tensor
        Valid steps of each sequence, int64 (N,), from 1 to T.
    form : {"corrected", "literal"}
        Reading of (8) to (10). Literal gates can overflow: logits are then infinite or NaN.
    readout : {"last", "mean"}
        The h of the readout: that of the last valid step, or the mean over all valid steps.

    Returns
    -------
    Tensor
        Logits (N, C), or (P, N, C).

    Examples
    --------
    >>> layout = Layout(features=3, hidden=2, classes=4)
    >>> weights = layout.unpack(torch.zeros(layout.size))
    >>> forward(weights, torch.ones(5, 6, 3), torch.full((5,), 6)).shape
    torch.Size([5, 4])
    """
    check_sequences(X, lengths)
    check_readout(readout)
    h = X.new_zeros(*weights.b_y.shape[:-1], len(X), weights.b_I.shape[-1])
    U, total = torch.zeros_like(h), torch.zeros_like(h)
    for t in range(int(lengths.max())):
        new_h, new_U = step(weights, X[:, t], h, U, form)
        reading = (t < lengths).unsqueeze(-1)
        h, U = torch.where(reading, new_h, h), torch.where(reading, new_U, U)
        if readout == "mean":
            total = torch.where(reading, total + h, total)
    seen = total / lengths.unsqueeze(-1) if readout == "mean" else h
    return seen @ weights.W_y + weights.b_y.unsqueeze(-2)


def check_sequences(X: Tensor, lengths: Tensor) -> None:
    """Refuse sequences that are not (N, T, F), or lengths that do not fit them."""
    if X.ndim != 3 or lengths.shape != X.shape[:1] or not len(X):
        raise InputError(
            f"sequences of shape {tuple(X.shape)} with lengths of shape {tuple(lengths.shape)} "
            "cannot be read: give X as (N, T, F) and lengths as (N,), N at least 1"
        )
    if int(lengths.min()) < 1 or int(lengths.max()) > X.shape[1]:
        raise InputError(
            f"lengths from {int(lengths.min())} to {int(lengths.max())} do not fit sequences "
            f"padded to {X.shape[1]} steps: each must lie between 1 and {X.shape[1]}"
        )


def pad(sequences: list[np.ndarray]) -> tuple[Tensor, Tensor]:
    """Stack sequences (K_i, F) into float64 (N, T, F), zeros at the end, and their lengths.

    Examples
    --------
    >>> X, lengths = pad([np.ones((2, 3)), np.ones((4, 3))])
    >>> tuple(X.shape), lengths.tolist()
    ((2, 4, 3), [2, 4])
    """
    lengths = torch.tensor([len(sequence) for sequence in sequences], dtype=torch.int64)
    X = torch.zeros(len(sequences), int(lengths.max()), sequences[0].shape[1], dtype=torch.float64)
    for row, sequence in zip(X, sequences, strict=True):
        row[: len(sequence)] = torch.as_tensor(sequence, dtype=torch.float64)
    return X, lengths


@contextmanager
def one_thread() -> Iterator[None]:
    """Let torch compute in one thread, as results that must not change need; restore it after."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
