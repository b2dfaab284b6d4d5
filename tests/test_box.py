"""Fitness that is computed once a position, and the box's own checks."""

import numpy as np
import pytest

from har_lib import box, seagull
from har_lib.errors import InputError


def test_equal_positions_are_computed_once_each():
    asked = []

    def fitness(x: np.ndarray) -> np.ndarray:
        asked.append(x.copy())
        return x @ np.array([1.0, 10.0])

    memory = box.Memory(fitness)
    first = np.array([[1.0, 2.0], [3.0, 4.0], [1.0, 2.0], [0.0, -0.0]])
    assert memory(first).tolist() == [21.0, 43.0, 21.0, 0.0]
    # Transposed memory and the other zero are the same positions.
    again = np.asfortranarray([[3.0, 4.0], [-0.0, 0.0], [5.0, 6.0], [np.nextafter(1.0, 2), 2.0]])
    assert np.allclose(memory(again), [43.0, 0.0, 65.0, 21.0])
    assert [len(x) for x in asked] == [3, 2]
    assert memory.computed == len(memory.known) == 5
    assert memory(first[:0]).shape == (0,)


def test_what_was_forgotten_is_computed_again(monkeypatch):
    monkeypatch.setattr(box, "_KNOWN", 3)
    memory = box.Memory(lambda x: x[:, 0])
    for value in (0.0, 1.0, 2.0, 3.0):
        memory(np.array([[value]]))
    assert len(memory.known) == 3
    assert memory(np.array([[3.0], [0.0]])).tolist() == [3.0, 0.0]
    assert memory.computed == 5
    # More at once than are kept.
    assert memory(np.arange(9.0)[:, None]).tolist() == list(range(9))


@pytest.mark.parametrize("form", seagull.FORMS)
def test_remembering_changes_no_bit_of_a_search(form):
    low, high = np.full(40, -1.0), np.full(40, 1.0)
    asked = []

    def fitness(x: np.ndarray) -> np.ndarray:
        asked.append(len(x))
        return -((x - 0.2) ** 2).sum(axis=1)

    results = []
    for remember in (False, True):
        asked.clear()
        found = seagull.maximise(fitness, low, high, form=form, iterations=40, remember=remember)
        assert found.computed == sum(asked)
        results.append(found)
    plain, quick = results
    assert np.array_equal(plain.position, quick.position)
    assert np.array_equal(plain.history, quick.history)
    assert plain.evaluations == plain.computed == quick.evaluations == 60 + 40 * 30
    assert np.isnan(plain.diagnostics["repeated"]).all()
    repeated = quick.diagnostics["repeated"]
    if form in ("corrected", "literal"):
        # Clipped into corners: most are where another one has been.
        assert quick.computed < 0.6 * quick.evaluations
        assert repeated.mean() > 0.4
    else:
        # But for the last iteration, in which all stand on the best.
        assert repeated[:-1].max() < 0.05
        assert repeated[-1] == 1
    assert quick.computed == pytest.approx(60 + ((1 - repeated) * 30).sum())


def test_memory_refuses_what_a_search_refuses():
    with pytest.raises(InputError, match="NaN for 1 of 2"):
        box.Memory(lambda x: np.where(x[:, 0] > 0, np.nan, 0.0))(np.array([[1.0], [0.0]]))
    with pytest.raises(InputError, match="shape"):
        box.Memory(lambda x: 0.0)(np.array([[1.0], [0.0]]))
