"""Where the same search parts ways when another device or precision computes its fitness.

Run: python -m benchmarks.devices. It compares the answers of a population of LSTM networks with
those in double precision on the processor, then runs one search by each and says at which iteration
the paths part. Without a CUDA device it says so, and compares single precision alone.
"""

import argparse
import sys
from collections.abc import Sequence

import numpy as np
import torch

from har_lib import contest, seagull
from har_lib.cli import answered
from har_lib.contest import Bench, Settings
from har_lib.lstm import one_thread
from har_lib.population import PRECISIONS, population_logits
from har_lib.training import Network

#: How far logits may lie apart.
APART = 1e-4

REFERENCE = ("cpu", "double")


def ways() -> list[tuple[str, str]]:
    """Devices and precisions that can be compared here, the reference first."""
    devices = ["cpu", "cuda"] if torch.cuda.is_available() else ["cpu"]
    return [(device, precision) for device in devices for precision in PRECISIONS]


def logits(bench: Bench, vectors: np.ndarray, device: str, precision: str) -> torch.Tensor:
    """Answers of a population, brought back."""
    kind = PRECISIONS[precision]
    clips = bench.train.to(torch.device(device), kind)
    weights = bench.network.layout.unpack(torch.from_numpy(vectors).to(device, kind))
    return population_logits(weights, clips.inputs, clips.lengths).double().cpu()


def path(
    bench: Bench, size: Settings, form: str, device: str, precision: str, seed: int
) -> list[np.ndarray]:
    """The population of every iteration."""
    network = Network(bench.network.layout, device=device, precision=precision)
    side = np.full(network.layout.size, size.side(0.0))
    course: list[np.ndarray] = []
    seagull.maximise(
        lambda positions: network.fitness(positions, bench.train),
        -side,
        side,
        form=form,
        population=size.population,
        iterations=size.iterations,
        seed=seed,
        callback=lambda y, positions, values: course.append(positions),
    )
    return course


def parting(first: Sequence[np.ndarray], second: Sequence[np.ndarray]) -> int | None:
    """The first iteration whose populations differ, or None where none does.

    Examples
    --------
    >>> parting([np.zeros(2), np.ones(2)], [np.zeros(2), np.zeros(2)])
    1
    """
    pairs = enumerate(zip(first, second, strict=True))
    return next((y for y, (a, b) in pairs if not np.array_equal(a, b)), None)


def report(size: Settings, seed: int) -> tuple[list[str], bool]:
    """What was found, line by line, and whether all answers agree to :data:`APART`."""
    bench = Bench.drawn(seed, size)
    generator = np.random.default_rng(seed)
    shape = size.population, bench.network.layout.size
    vectors = generator.uniform(-size.side(0.0), size.side(0.0), shape)
    lines, agree = [], True
    with one_thread():
        wanted = logits(bench, vectors, *REFERENCE)
        plain = {form: path(bench, size, form, *REFERENCE, seed) for form in seagull.FORMS}
        for device, precision in ways()[1:]:
            apart = float((logits(bench, vectors, device, precision) - wanted).abs().max())
            agree &= apart < APART
            lines.append(f"{device}, {precision}: answers differ by {apart:.1e} at most")
            for form, course in plain.items():
                y = parting(course, path(bench, size, form, device, precision, seed))
                said = "never" if y is None else f"at iteration {y}"
                lines.append(f"  {form}: the paths part {said} of {size.iterations}")
    if not torch.cuda.is_available():
        lines.append("no CUDA device here: nothing is said of one")
    return lines, agree


def main(words: Sequence[str] | None = None) -> int:
    """Compare what can be compared here; 1 where answers differ by too much."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.devices",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--seed", type=int, default=0, help="of data and searches (default: 0)")
    parser.add_argument("--iterations", type=int, default=100, help="of a search (default: 100)")
    given = parser.parse_args(words)
    size = contest.Settings(iterations=given.iterations, precision="double")
    ok = True

    def run() -> None:
        nonlocal ok
        lines, ok = report(size, given.seed)
        print("\n".join(lines))

    return answered("devices", run) or (0 if ok else 1)


if __name__ == "__main__":
    sys.exit(main())
