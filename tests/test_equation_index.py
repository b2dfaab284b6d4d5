"""Each of the 28 equations: one function, one cell, one test, and it runs on the default path."""

import ast
import importlib
import json
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from itertools import pairwise
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import numpy as np
import pytest
import torch

from har_lib import features, keyframes, lstm, video
from har_lib.alstm import ALSTMClassifier
from har_lib.equations import INDEX, equation
from har_lib.files import ROOT
from har_lib.paper import EQUATIONS

NUMBERS = list(range(1, 29))

#: Number -> what computes it instead on the default path: each frame's moments only once.
STAND_INS: dict[int, Callable[..., Any]] = {2: keyframes.consecutive_ssim}
#: And in a search without Adam after it: all networks at once, and (15) the other way round.
STAND_INS_OF_THE_SEARCH: dict[int, Callable[..., Any]] = {
    **dict.fromkeys(range(8, 14), lstm.population_logits),
    15: lstm.Layout.unpack,
}


@pytest.fixture(scope="module", autouse=True)
def _all_modules() -> None:
    for path in sorted((ROOT / "har_lib").glob("*.py")):
        if path.stem not in ("__init__", "__main__"):
            importlib.import_module(f"har_lib.{path.stem}")


# ---------------------------------------------------------------- number -> function, cell, test


@cache
def markdown_cells() -> list[tuple[str, str]]:
    """Notebook and source of every Markdown cell."""
    return [
        (path.stem, "".join(cell["source"]))
        for path in sorted((ROOT / "notebooks").glob("*.ipynb"))
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]
        if cell["cell_type"] == "markdown"
    ]


@cache
def numbered_tests() -> dict[int, dict[str, set[str]]]:
    """Number -> the tests ``test_eqNN_...``, and the names that each uses."""
    found: dict[int, dict[str, set[str]]] = {number: {} for number in NUMBERS}
    for path in sorted((ROOT / "tests").glob("test_*.py")):
        for node in ast.parse(path.read_text()).body:
            if not isinstance(node, ast.FunctionDef):
                continue
            if match := re.match(r"test_eq(\d\d)_", node.name):
                used = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
                used |= {each.attr for each in ast.walk(node) if isinstance(each, ast.Attribute)}
                found.setdefault(int(match[1]), {})[f"{path.stem}.{node.name}"] = used
    return found


def table() -> str:
    """The thread from each equation to its function, cells and tests, for messages."""
    cells, tests = markdown_cells(), numbered_tests()
    lines = []
    for number in NUMBERS:
        function = INDEX.get(number)
        name = f"{function.__module__}.{function.__qualname__}" if function else "no function"
        tag = rf"\tag{{{number}}}"
        places = [notebook for notebook, source in cells for _ in range(source.count(tag))]
        lines.append(f"({number}) {name} | {places} | {sorted(tests[number])}")
    return "\n".join(lines)


def test_every_number_has_one_function() -> None:
    assert sorted(INDEX) == NUMBERS, table()
    assert len(set(map(id, INDEX.values()))) == 28, table()
    assert {function.__module__.split(".")[0] for function in INDEX.values()} == {"har_lib"}


@pytest.mark.parametrize("number", NUMBERS)
def test_every_number_is_printed_in_one_cell(number: int) -> None:
    cells = markdown_cells()
    printed = EQUATIONS[number].markdown("printed")
    assert sum(source.count(printed) for _, source in cells) == 1, table()
    tag = rf"\tag{{{number}}}"
    assert sum(source.count(tag) for _, source in cells) == 1, table()


def test_no_other_number_is_printed() -> None:
    tags = [int(n) for _, source in markdown_cells() for n in re.findall(r"\\tag\{(\d+)\}", source)]
    assert sorted(tags) == NUMBERS


@pytest.mark.parametrize("number", NUMBERS)
def test_every_number_has_a_test_that_calls_its_function(number: int) -> None:
    tests = numbered_tests()[number]
    assert tests, table()
    name = INDEX[number].__name__
    assert any(name in used for used in tests.values()), (name, tests)


def test_no_test_claims_a_number_that_is_none() -> None:
    assert sorted(numbered_tests()) == NUMBERS


# ---------------------------------------------------------------- the default path


@contextmanager
def traced() -> Iterator[set[CodeType]]:
    """Collect the code of every Python function that is called."""
    seen: set[CodeType] = set()

    def note(frame: FrameType, event: str, argument: Any) -> None:
        if event == "call":
            seen.add(frame.f_code)

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        yield seen
    finally:
        sys.setprofile(before)


def missing(seen: set[CodeType]) -> set[int]:
    """Numbers whose function was not called."""
    return {number for number, function in INDEX.items() if function.__code__ not in seen}


def clip(seed: int) -> np.ndarray:
    """A square that moves to and fro over noise: it has key frames, a body and points."""
    frames = np.repeat(np.random.default_rng(seed).integers(60, 120, (1, 120, 160)), 20, axis=0)
    for t in range(20):
        left = 10 + (4 + seed) * min(t, 19 - t)
        frames[t, 40:80, left : left + 25] = 220
    return frames.astype(np.uint8)


@pytest.fixture(scope="module")
def sequences(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[np.ndarray], set[CodeType]]:
    path = tmp_path_factory.mktemp("clips") / "a.avi"
    video.write(path, clip(0))
    with traced() as seen:
        first = features.extract(path).vectors
    assert first[:, features.INTEREST].any(), "without a point the jets would be of nothing"
    return [first, *(features.extract(clip(seed)).vectors for seed in (1, 2, 3))], seen


def test_default_extraction_and_fit_run_every_equation(
    sequences: tuple[list[np.ndarray], set[CodeType]],
) -> None:
    X, seen = sequences
    assert missing(seen) == set(STAND_INS) | set(range(8, 29)), "extraction runs (1) to (7)"
    model = ALSTMClassifier(hidden_size=4, population=4, iterations=2, epochs=2)
    with traced() as learning:
        model.fit(X, [0, 1, 0, 1], groups=[0, 0, 1, 1]).predict(X)
    assert missing(seen | learning) == set(STAND_INS), table()
    for function in STAND_INS.values():
        assert function.__code__ in seen | learning


def test_the_search_alone_runs_all_but_what_stands_in(
    sequences: tuple[list[np.ndarray], set[CodeType]],
) -> None:
    X, extraction = sequences
    model = ALSTMClassifier(hidden_size=4, population=4, iterations=2, search_role="replace")
    with traced() as seen:
        model.fit(X, [0, 1, 0, 1], groups=[0, 0, 1, 1])
    stand_ins = STAND_INS | STAND_INS_OF_THE_SEARCH
    assert missing(seen | extraction) == set(stand_ins), table()
    for function in stand_ins.values():
        assert function.__code__ in seen | extraction


@pytest.mark.parametrize("form", ["corrected", "literal"])
@pytest.mark.parametrize("window", ["gaussian", "uniform", "global"])
def test_eq02_is_what_stands_in_for_it(window: str, form: str) -> None:
    frames = np.random.default_rng(1).integers(0, 256, (5, 24, 31), dtype=np.uint8)
    frames[3] = frames[2]
    single = [keyframes.ssim(a, b, window, form=form) for a, b in pairwise(frames)]
    together = keyframes.consecutive_ssim(frames, window, form)
    np.testing.assert_allclose(together, single, rtol=0, atol=1e-12)


def test_the_search_computes_the_same() -> None:
    generator = torch.Generator().manual_seed(0)
    layout = lstm.Layout(features=6, hidden=3, classes=4)
    vectors = 2 * torch.rand(5, layout.size, generator=generator, dtype=torch.float64) - 1
    weights = layout.unpack(vectors)
    assert torch.equal(lstm.solution(weights), vectors)
    X = torch.randn(7, 9, 6, generator=generator, dtype=torch.float64)
    lengths = torch.tensor([9, 1, 4, 4, 8, 2, 9])
    fused, plain = lstm.population_logits(weights, X, lengths), lstm.forward(weights, X, lengths)
    # Sums in another order, and tanh by way of the sigmoid: a few units in the last place.
    assert torch.allclose(fused, plain, rtol=0, atol=1e-12)


def test_the_trace_misses_what_is_not_called() -> None:
    with traced() as seen:
        INDEX[16](np.zeros(1), np.zeros(1), np.ones(1))
    assert missing(seen) == set(NUMBERS) - {16}
    assert sys.getprofile() is None


# ---------------------------------------------------------------- the decorator


def test_the_decorator_gives_the_function_itself() -> None:
    def function() -> None:
        """Nothing."""

    try:
        assert equation(99)(function) is function
        assert INDEX[99] is function
        # A module that is loaded anew may claim its own number again.
        assert equation(99)(function) is function
    finally:
        INDEX.pop(99, None)


def test_a_number_is_claimed_once() -> None:
    owner = INDEX[6]
    with pytest.raises(ValueError, match=r"equation 6 is already har_lib\.stip\.response"):
        equation(6)(test_a_number_is_claimed_once)
    assert INDEX[6] is owner


def test_the_library_lists_no_equation_by_hand() -> None:
    """Every ``@equation`` stands on a definition, in a kernel."""
    claimed = []
    for path in sorted(Path(ROOT, "har_lib").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            for decorator in getattr(node, "decorator_list", []):
                if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "equation":
                    claimed.append(ast.literal_eval(decorator.args[0]))
    assert sorted(claimed) == NUMBERS
