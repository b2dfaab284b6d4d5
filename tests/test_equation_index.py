"""Each of the 28 equations: one function, one cell, one test, and it runs on the default path."""

import ast
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import numpy as np
import pytest
import torch

from har_lib import clips, features, keyframes, lstm, population, stip, video
from har_lib.alstm import ALSTMClassifier
from har_lib.equations import INDEX, equation
from har_lib.files import ROOT
from har_lib.traceability import (
    STAND_INS,
    STAND_INS_OF_THE_SEARCH,
    Thread,
    complaints,
    threads,
)

NUMBERS = list(range(1, 29))


# ---------------------------------------------------------------- number -> function, cell, test


@pytest.fixture(scope="module")
def found() -> dict[int, Thread]:
    return threads()


@pytest.mark.parametrize("number", NUMBERS)
def test_equation_index(number: int, found: dict[int, Thread]) -> None:
    """28 of 28: one function, one cell with the paper's LaTeX, and a test that calls it."""
    assert found[number].complaints() == []


def test_equation_index_has_no_other_number(found: dict[int, Thread]) -> None:
    assert list(found) == NUMBERS
    assert complaints(found) == []
    assert len({thread.function for thread in found.values()}) == 28


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of what the threads run through."""
    for folder in ("notebooks", "tests"):
        (tmp_path / folder).mkdir()
        for path in (ROOT / folder).glob("*.[ip]*"):
            if path.suffix in (".ipynb", ".py"):
                shutil.copy(path, tmp_path / folder)
    return tmp_path


def edited(folder: Path, before: str, after: str) -> None:
    """Replace a text wherever it stands in the files of a folder; it must stand somewhere."""
    places = [path for path in folder.iterdir() if before in path.read_text(encoding="utf-8")]
    assert places, before
    for path in places:
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace(before, after), encoding="utf-8")


@pytest.mark.parametrize("number", [1, 6, 17, 28])
def test_equation_index_misses_a_decorator(number: int) -> None:
    index = {other: function for other, function in INDEX.items() if other != number}
    assert complaints(threads(index=index)) == [
        f"equation ({number}): no function carries its decorator"
    ]


@pytest.mark.parametrize("number", [1, 6, 17, 28])
def test_equation_index_misses_a_tag(number: int, checkout: Path) -> None:
    edited(checkout / "notebooks", rf"\\tag{{{number}}}", "")
    assert complaints(threads(checkout)) == [
        f"equation ({number}): 0 notebook cells carry its tag, not one"
    ]


@pytest.mark.parametrize("number", [1, 6, 17, 28])
def test_equation_index_misses_a_test(number: int, checkout: Path) -> None:
    edited(checkout / "tests", f"def test_eq{number:02d}_", f"def test_of_{number:02d}_")
    assert complaints(threads(checkout)) == [
        f"equation ({number}): no test is called test_eq{number:02d}_..."
    ]


def test_equation_index_misses_a_call(checkout: Path) -> None:
    edited(checkout / "tests", "movement_behaviour", "something_else")
    assert complaints(threads(checkout)) == [
        "equation (20): none of its tests calls seagull_rules.movement_behaviour"
    ]


def test_equation_index_compares_the_latex(checkout: Path) -> None:
    edited(checkout / "notebooks", r"= \\det(\\mu) - \\mathrm", r"= \\det(\\mu) + \\mathrm")
    assert complaints(threads(checkout)) == [
        "equation (6): the LaTeX in 03_stip is not that of paper.EQUATIONS"
    ]


def test_equation_index_sees_an_equation_printed_twice(checkout: Path) -> None:
    shutil.copy(checkout / "notebooks/01_keyframes.ipynb", checkout / "notebooks/09_twice.ipynb")
    assert complaints(threads(checkout)) == [
        "equation (1): 2 notebook cells carry its tag, not one",
        "equation (2): 2 notebook cells carry its tag, not one",
    ]


def test_equation_index_sees_a_number_too_many(checkout: Path) -> None:
    edited(checkout / "notebooks", r"\\tag{28}", r"\\tag{29}")
    assert complaints(threads(checkout)) == [
        "(29) is no equation of the paper",
        "equation (28): 0 notebook cells carry its tag, not one",
        "equation (29): no function carries its decorator",
        "equation (29): the LaTeX in 05_aso_lstm is not that of paper.EQUATIONS",
        "equation (29): no test is called test_eq29_...",
    ]


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
    assert missing(seen | learning) == set(STAND_INS)
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
    assert missing(seen | extraction) == set(stand_ins)
    for function in stand_ins.values():
        assert function.__code__ in seen | extraction


def test_eq01_is_what_stands_in_for_it(tmp_path: Path) -> None:
    path = tmp_path / "a.avi"
    video.write(path, clip(0))
    whole = video.read_gray(path, (80, 60), gray="mean", start=3, stop=17)
    for memory in (0, 2**20):
        opened = clips.open_gray(path, (80, 60), gray="mean", start=3, stop=17, memory=memory)
        assert isinstance(opened, np.ndarray) == (memory > 0)
        np.testing.assert_array_equal(opened, whole)


@pytest.mark.parametrize("form", ["corrected", "literal"])
@pytest.mark.parametrize("window", ["gaussian", "uniform", "global"])
def test_eq02_is_what_stands_in_for_it(window: str, form: str) -> None:
    frames = np.random.default_rng(1).integers(0, 256, (5, 24, 31), dtype=np.uint8)
    frames[3] = frames[2]
    single = [keyframes.ssim(a, b, window, form=form) for a, b in pairwise(frames)]
    together = keyframes.consecutive_ssim(frames, window, form)
    # One in double precision, the other in single.
    np.testing.assert_allclose(together, single, rtol=0, atol=1e-6)


def test_eq03_and_eq05_are_what_stands_in_for_them() -> None:
    frames = np.random.default_rng(1).integers(0, 256, (19, 24, 31), dtype=np.uint8)
    smooth = stip.scale_space(frames)
    weights = np.sqrt(np.float32([4, 4, 2]))
    x, y, t = (w * part for w, part in zip(weights, stip.gradient(smooth), strict=True))
    # Without a window in space and time (5) is the products of what (3) gives.
    bare = stip.second_moment_matrix(frames, integration=1e-9)
    np.testing.assert_array_equal(bare, [x * x, x * y, x * t, y * y, y * t, t * t])
    moments = stip.second_moment_matrix(frames)
    values = stip.response(moments)
    places = np.argwhere(stip.local_maxima(values) & (values > 0))
    assert len(places) > 5
    for block in (1, 4, 100):
        points = stip.detect_at(frames, [(4.0, 2.0)], threshold=0.0, block=block)
        found = np.stack([points.t, points.y, points.x], axis=1)
        assert sorted(found.tolist()) == places.tolist()
        np.testing.assert_array_equal(points.second_moments, moments[:, *found.T].T)
        np.testing.assert_array_equal(points.response, values[*found.T])


def test_the_search_computes_the_same() -> None:
    generator = torch.Generator().manual_seed(0)
    layout = lstm.Layout(features=6, hidden=3, classes=4)
    vectors = 2 * torch.rand(5, layout.size, generator=generator, dtype=torch.float64) - 1
    weights = layout.unpack(vectors)
    assert torch.equal(lstm.solution(weights), vectors)
    X = torch.randn(7, 9, 6, generator=generator, dtype=torch.float64)
    lengths = torch.tensor([9, 1, 4, 4, 8, 2, 9])
    fused, plain = (
        population.population_logits(weights, X, lengths),
        lstm.forward(weights, X, lengths),
    )
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
