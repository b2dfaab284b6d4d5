"""What is said of devices and precisions is what was found."""

import numpy as np
import pytest
import torch

from benchmarks import devices
from har_lib import seagull
from har_lib.contest import Bench, Settings

SIZE = Settings(
    hidden=4,
    population=4,
    iterations=5,
    train=20,
    validation=10,
    test=10,
    steps=4,
    precision="double",
)


def test_the_iteration_is_the_first_that_differs() -> None:
    first = [np.full((2, 3), float(y)) for y in range(4)]
    assert devices.parting(first, first) is None
    second = [each.copy() for each in first]
    second[2][1, 0] = np.nextafter(2.0, 3)
    second[3][0, 0] = 9
    assert devices.parting(first, second) == 2


def test_single_precision_is_compared_with_double(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    lines, agree = devices.report(SIZE, 0)
    assert agree
    assert lines[0].startswith("cpu, single: answers differ by ")
    assert [line.split(":")[0].strip() for line in lines[1:5]] == list(seagull.FORMS)
    assert lines[-1] == "no CUDA device here: nothing is said of one"
    bench = Bench.drawn(0, SIZE)
    vectors = np.random.default_rng(1).normal(size=(3, bench.network.layout.size))
    apart = devices.logits(bench, vectors, "cpu", "single") - devices.logits(
        bench, vectors, "cpu", "double"
    )
    assert 0 < apart.abs().max() < devices.APART
    monkeypatch.setattr(devices, "APART", 1e-12)
    assert devices.report(SIZE, 0)[1] is False


def test_the_command_tells_and_judges(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        devices, "report", lambda size, seed: ([f"{size.iterations} {seed}"], False)
    )
    assert devices.main(["--iterations", "7", "--seed", "2"]) == 1
    assert capsys.readouterr().out == "7 2\n"
