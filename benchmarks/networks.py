"""LSTM networks of a population, and the seagull search over them, beside torch.nn.LSTM.

Sequences have ten steps of 58 numbers; everything is drawn.
"""

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from benchmarks.measure import Criterion, Entry, Row, Setting, Spread, alternate, one_core
from har_lib import seagull
from har_lib.lstm import Layout, Weights, one_thread
from har_lib.population import KERNELS, PRECISIONS, population_logits
from har_lib.training import Clips, Network

STEPS, FEATURES, CLASSES = 10, 58, 10

#: The size that the design names: sequences, hidden units, seagulls; and iterations.
SIZE, ITERATIONS = (200, 32, 30), 100

#: Sequences, hidden units and networks of the table.
GRID = tuple(itertools.product((20, 200, 1000), (16, 32, 128), (4, 30)))

#: How far answers may lie from torch's, by precision.
APART = {"double": 1e-12, "single": 1e-5}


def _drawn(
    setting: Setting, size: tuple[int, int, int]
) -> tuple[Layout, torch.Tensor, torch.Tensor, torch.Tensor]:
    sequences, hidden, networks = size
    generator = np.random.default_rng([setting.seed, *size])
    layout = Layout(FEATURES, hidden, CLASSES)
    side = 1 / np.sqrt(hidden)
    vectors = torch.from_numpy(generator.uniform(-side, side, (networks, layout.size)))
    X = torch.from_numpy(generator.normal(size=(sequences, STEPS, FEATURES)))
    return layout, vectors, X, torch.full((sequences,), STEPS)


class Loop:
    """torch.nn.LSTM and a linear readout, network by network."""

    def __init__(self, weights: Weights) -> None:
        self.networks: list[tuple[Any, Tensor, Tensor]] = []
        for parts in zip(*weights, strict=True):
            own = Weights(*parts)
            size = FEATURES, len(own.b_I)
            network: Any = torch.nn.LSTM(*size, batch_first=True, dtype=own.b_I.dtype)
            # torch's rows are input, forget, cell, output.
            stacked = torch.cat([own.W_I, own.W_F, own.W_U, own.W_O], dim=1).T
            with torch.no_grad():
                network.weight_hh_l0.copy_(stacked[:, : size[1]])
                network.weight_ih_l0.copy_(stacked[:, size[1] :])
                network.bias_ih_l0.copy_(torch.cat([own.b_I, own.b_F, own.b_U, own.b_O]))
                network.bias_hh_l0.zero_()
            self.networks.append((network, own.W_y, own.b_y))

    @torch.no_grad()
    def __call__(self, X: torch.Tensor) -> torch.Tensor:
        """Logits (P, N, C)."""
        return torch.stack([each(X)[0][:, -1] @ W + b for each, W, b in self.networks])


def _row(
    setting: Setting, size: tuple[int, int, int], precision: str
) -> tuple[dict[str, Spread], float, Row]:
    """Seconds of every kernel and of the loop, how far they differ, and a line for the table."""
    layout, vectors, X, lengths = _drawn(setting, size)
    kind = PRECISIONS[precision]
    weights, X = layout.unpack(vectors.to(kind)), X.to(kind)
    loop = Loop(weights)

    def by(kernel: str) -> Callable[[], torch.Tensor]:
        return lambda: population_logits(weights, X, lengths, kernel=kernel)

    with one_core(), one_thread():
        seconds = alternate(
            {**{kernel: by(kernel) for kernel in KERNELS}, "peer": lambda: loop(X)}, setting.turns
        )
        apart = max(float((by(kernel)() - loop(X)).abs().max()) for kernel in KERNELS)
    shown = {name: 1000 * each.median for name, each in seconds.items()}
    row: Row = {
        "sequences": size[0],
        "hidden units": size[1],
        "networks": size[2],
        "precision": precision,
        "auto": shown["auto"],
        "batched": shown["batched"],
        "fused": shown["fused"],
        "torch.nn.LSTM": shown["peer"],
        "ratio": shown["peer"] / shown["auto"],
    }
    return seconds, apart, row


def networks(setting: Setting) -> list[Entry]:
    """Milliseconds a population by size and precision, one core."""
    grid = GRID[:2] if setting.quick else GRID
    rows, apart = [], dict.fromkeys(PRECISIONS, 0.0)
    for precision, size in itertools.product(PRECISIONS, grid):
        _, difference, row = _row(setting, size, precision)
        rows.append(row)
        apart[precision] = max(apart[precision], difference)
    seconds, _, _ = _row(setting, grid[0] if setting.quick else SIZE, "double")
    return [
        Entry(
            name="networks",
            what="Answers of a population of LSTM networks, equations (8) to (13), by size",
            data=f"drawn sequences of {STEPS} steps and {FEATURES} numbers",
            unit="ms a population",
            ours=seconds["auto"].scaled(1000),
            rounds=setting.turns,
            peer_is=(
                "a loop over torch.nn.LSTM modules that are made and filled beforehand, the same "
                "precision"
            ),
            peer=seconds["peer"].scaled(1000),
            ratio=seconds["peer"].median / seconds["auto"].median,
            agreement=tuple(
                Criterion(f"|difference|, {precision}", apart[precision], most=APART[precision])
                for precision in PRECISIONS
            ),
            rows=tuple(rows),
            notes=(
                "Milliseconds a population, medians, one core. The number of the table is that of "
                "200 sequences, 32 hidden units, 30 networks, double precision. Kernel `auto` "
                "chooses by size between products over blocks of networks (batched) and torch's "
                "LSTM network by network, weights put in order each time (fused).",
            ),
        )
    ]


def search(setting: Setting) -> list[Entry]:
    """Seconds of a whole search on two threads, by form and precision."""
    sequences, hidden, seagulls = (20, 8, 6) if setting.quick else SIZE
    iterations = 5 if setting.quick else ITERATIONS
    layout, _, X, lengths = _drawn(setting, (sequences, hidden, seagulls))
    truth = torch.arange(sequences) % CLASSES
    clips = Clips(X, lengths, truth)
    side = np.full(layout.size, 1 / np.sqrt(hidden))
    found: dict[str, seagull.Result] = {}

    def run(form: str, precision: str) -> Callable[[], None]:
        network = Network(layout, precision=precision, threads=2)

        def once() -> None:
            with one_thread():
                found[f"{form}, {precision}"] = seagull.maximise(
                    lambda positions: network.fitness(positions, clips),
                    -side,
                    side,
                    form=form,
                    population=seagulls,
                    iterations=iterations,
                    seed=setting.seed,
                )

        return once

    ways = {
        f"{form}, {precision}": run(form, precision)
        for form in ("corrected", "stable")
        for precision in PRECISIONS
    }
    seconds = alternate(ways, setting.turns)
    rows: list[Row] = [
        {
            "form, precision": name,
            "s, median": each.median,
            "s, lower quartile": each.low,
            "s, upper quartile": each.high,
            "networks asked for": found[name].evaluations,
            "computed": found[name].computed,
        }
        for name, each in seconds.items()
    ]
    return [
        Entry(
            name="search",
            what=(
                f"A seagull search of {seagulls} agents and {iterations} iterations over the "
                f"weights of an LSTM with {hidden} hidden units"
            ),
            data=f"{sequences} drawn sequences of {STEPS} steps and {FEATURES} numbers",
            unit="s a search",
            ours=seconds["corrected, double"],
            rounds=setting.turns,
            targets=tuple(
                Criterion(f"{name}: seconds", each.median, most=1.5)
                for name, each in seconds.items()
            ),
            rows=tuple(rows),
            notes=(
                "Two threads. A network that was asked for before is not computed again: as "
                "printed, seagulls are clipped into the same corners of the box. The number of "
                "the table is that of the defaults, the corrected form in double precision.",
            ),
        )
    ]
