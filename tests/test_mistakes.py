"""What is confused most often: counted by hand, with the clips that were meant."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from har_lib import mistakes
from har_lib.config import Config
from har_lib.evaluate import CrossValidation


@pytest.fixture(autouse=True)
def _frames(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clip's record is its number; it has five frames of its number's gray, key frames 0 to 4."""
    monkeypatch.setattr(
        mistakes.store,
        "load",
        lambda record, config: SimpleNamespace(keyframes=np.array([0, 1, 2, 3, 4])),
    )
    monkeypatch.setattr(
        mistakes.store,
        "frames_of",
        lambda record, config: np.full((5, 1, 1), 10 * record) + np.arange(5)[:, None, None],
    )


def run(rows: list[tuple[int, str, str]], unit: Any = "clip") -> CrossValidation:
    table = pd.DataFrame(rows, columns=["clip", "true", "predicted"])
    table = table.assign(group="g", repeat=0, fold=0)
    classes = np.unique(table.true)
    return CrossValidation(table, pd.DataFrame(), (), classes, "macro", unit=unit)


COLLECTION: Any = SimpleNamespace(records=list(range(10)))
ROWS = [
    (0, "run", "run"),
    (1, "run", "walk"),
    (2, "run", "walk"),
    (3, "walk", "run"),
    (4, "walk", "walk"),
    (5, "jump", "walk"),
]


def test_the_commonest_come_first_and_of_equals_the_first_by_name() -> None:
    found = mistakes.commonest(run(ROWS), COLLECTION, Config())
    told = [(each.true, each.predicted, each.answers, each.of) for each in found]
    assert told == [("run", "walk", 2, 3), ("jump", "walk", 1, 1), ("walk", "run", 1, 2)]
    assert len(mistakes.commonest(run(ROWS), COLLECTION, Config(), count=1)) == 1


def test_the_frames_are_the_middle_key_frames_of_the_first_such_clips() -> None:
    first, second, _ = mistakes.commonest(run(ROWS), COLLECTION, Config())
    # Clip 1 was mistaken first; clip 4 is the first walk that was seen as one.
    assert (first.mistaken.item(), first.typical.item()) == (12, 42)
    assert second.mistaken.item() == 52


def test_an_action_that_is_never_found_is_shown_by_its_first_clip() -> None:
    rows = [(1, "run", "walk"), (3, "walk", "run"), (4, "walk", "run")]
    found = {each.true: each for each in mistakes.commonest(run(rows), COLLECTION, Config())}
    assert found["run"].typical.item() == 32


def test_nothing_is_shown_without_a_mistake_or_of_key_frames() -> None:
    right = [(0, "run", "run"), (1, "walk", "walk")]
    assert mistakes.commonest(run(right), COLLECTION, Config()) == []
    assert mistakes.commonest(run(ROWS, "key_frame"), COLLECTION, Config()) == []
