"""A search that is ended and called again finds what it would have found."""

import os
import random
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from har_lib import checkpoint, files, seagull
from har_lib.errors import InputError

LOW, HIGH = np.full(12, -1.0), np.linspace(1.0, 2.0, 12)


def hill(x: np.ndarray) -> np.ndarray:
    return -((x - 0.37) ** 2).sum(axis=1)


class Stop(Exception):
    """Ends a search from within."""


def same(a: seagull.Result, b: seagull.Result) -> bool:
    """Whether two searches are one, to the last bit and figure."""
    numbers = (a.fitness, a.evaluations, a.computed) == (b.fitness, b.evaluations, b.computed)
    arrays = np.array_equal(a.position, b.position) and np.array_equal(a.history, b.history)
    courses = all(
        np.array_equal(course, b.diagnostics[name], equal_nan=True)
        for name, course in a.diagnostics.items()
    )
    return bool(numbers and arrays and courses)


SETTINGS = {
    "form": [{"form": form} for form in seagull.FORMS],
    "rest": [
        {"form": "stable", "bounds": "reset", "jumping": 0.4, "opposite_kind": "quasi"},
        {"form": "stable", "greedy": True, "remember": False, "start": np.zeros((2, 12))},
        {"form": "corrected", "patience": 12},
        {"form": "literal", "opposition": False, "seed": np.random.SeedSequence(3).spawn(1)[0]},
    ],
}


@pytest.mark.parametrize("settings", [*SETTINGS["form"], *SETTINGS["rest"]])
def test_goes_on_where_it_was_ended_three_times(tmp_path, settings):
    common = {"population": 8, "iterations": 40, **settings}
    whole = seagull.maximise(hill, LOW, HIGH, **common)
    path = tmp_path / "deep" / "search.npz"
    done = 0
    for end in (5, 17, 29):
        seen = []

        def stop(y: int, x: np.ndarray, values: np.ndarray, end=end, seen=seen) -> None:
            seen.append(y)
            if y == end:
                raise Stop

        try:
            seagull.maximise(
                hill, LOW, HIGH, **common, callback=stop, checkpoint=path, checkpoint_every=3
            )
        except Stop:
            # The callback comes before the file is written: the last multiple of three below.
            assert seen[0] == (done + 1 if done else 0)
            done = (end - 1) // 3 * 3
    found = seagull.maximise(hill, LOW, HIGH, **common, checkpoint=path)
    assert same(found, whole)
    # What is finished is read, and only asked whether it is still the same fitness.
    asked = []
    again = seagull.maximise(
        lambda x: asked.append(len(x)) or hill(x), LOW, HIGH, **common, checkpoint=path
    )
    assert same(again, whole)
    assert asked == ([1] if settings.get("remember", True) else [])


WORK = """
import sys, time
import numpy as np
from har_lib import seagull

def hill(x):
    time.sleep(0.01)
    return -((x - 0.37) ** 2).sum(axis=1)

print("ready", flush=True)
seagull.maximise(
    hill, np.full(12, -1.0), np.linspace(1.0, 2.0, 12), population=8, iterations=150,
    form="stable", checkpoint=sys.argv[1], checkpoint_every=2,
)
"""


def test_killed_at_three_random_moments_and_called_again(tmp_path):
    """SIGKILL leaves no time for a last word."""
    path = tmp_path / "search.npz"
    chance = random.Random(int(os.environ.get("HAR_SEED", "0")))
    standing = []
    for _ in range(3):
        work = subprocess.Popen(
            [sys.executable, "-c", WORK, str(path)], stdout=subprocess.PIPE, cwd=files.ROOT
        )
        assert work.stdout is not None
        work.stdout.readline()
        time.sleep(chance.uniform(0.15, 0.5))
        work.send_signal(signal.SIGKILL)
        assert work.wait() == -signal.SIGKILL
        work.stdout.close()
        standing.append(len(files.read_arrays(path)["history"]) if path.exists() else 0)
    assert standing == sorted(standing)
    assert 0 < standing[-1] < 150
    settings = {"population": 8, "iterations": 150, "form": "stable"}
    found = seagull.maximise(hill, LOW, HIGH, **settings, checkpoint=path, checkpoint_every=2)
    assert same(found, seagull.maximise(hill, LOW, HIGH, **settings))


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"seed": 1}, "seed"),
        ({"iterations": 41}, "iterations"),
        ({"form": "stable"}, "form"),
        ({"q": 0.5}, "q"),
        ({"B": 1.0}, "B"),
        ({"start": np.zeros((1, 12))}, "start"),
    ],
)
def test_another_search_is_refused_by_name(tmp_path, change, named):
    path = tmp_path / "search.npz"
    common = {"population": 4, "iterations": 40, "checkpoint": path}
    seagull.maximise(hill, LOW, HIGH, **common)
    before = path.read_bytes()
    with pytest.raises(InputError, match=f"with other {named}: name another file"):
        seagull.maximise(hill, LOW, HIGH, **(common | change))
    with pytest.raises(InputError, match="with other lower"):
        seagull.maximise(hill, LOW - 1, HIGH, **common)
    assert path.read_bytes() == before


def test_numbers_of_numpy_are_the_same_settings(tmp_path):
    path = tmp_path / "search.npz"
    plain = {"population": 4, "iterations": 5, "greedy": True, "q": 0.5}
    theirs = {"population": np.int64(4), "iterations": np.int32(5), "greedy": np.bool_(True)}
    theirs["q"] = np.float32(0.5)
    first = seagull.maximise(hill, LOW, HIGH, **theirs, checkpoint=path)
    assert same(first, seagull.maximise(hill, LOW, HIGH, **plain, checkpoint=path))


def test_a_random_fitness_goes_on_too(tmp_path):
    """Nothing can tell whether it is the same one, so nothing is asked."""
    path = tmp_path / "search.npz"
    noise = np.random.default_rng(0)
    common = {"population": 4, "iterations": 5, "remember": False, "checkpoint": path}
    first = seagull.maximise(lambda x: hill(x) + noise.random(len(x)), LOW, HIGH, **common)
    again = seagull.maximise(lambda x: pytest.fail("asked"), LOW, HIGH, **common)
    assert same(first, again)


def test_another_fitness_is_refused(tmp_path):
    path = tmp_path / "search.npz"
    common = {"population": 4, "iterations": 5, "checkpoint": path}
    seagull.maximise(hill, LOW, HIGH, **common)
    with pytest.raises(InputError, match="belongs to another fitness"):
        seagull.maximise(lambda x: hill(x) - 0.01, LOW, HIGH, **common)


@pytest.mark.parametrize("damage", ["cut", "bit", "text", "folder"])
def test_a_damaged_file_is_refused(tmp_path, damage):
    path = tmp_path / "search.npz"
    common = {"population": 4, "iterations": 5, "checkpoint": path}
    if damage == "folder":
        path.mkdir()
    else:
        seagull.maximise(hill, LOW, HIGH, **common)
        content = bytearray(path.read_bytes())
        if damage == "bit":
            content[len(content) // 2] ^= 1
        path.write_bytes({"cut": content[:-50], "bit": content, "text": b"note"}[damage])
    with pytest.raises(InputError, match="no checkpoint, or a damaged one"):
        seagull.maximise(hill, LOW, HIGH, **common)


def test_a_folder_that_cannot_be_written_is_said_before_the_search(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        seagull.maximise(
            lambda x: pytest.fail("asked"), LOW, HIGH, checkpoint=tmp_path / "file" / "search.npz"
        )


def test_digest_knows_shape_type_and_numbers():
    arrays = [np.zeros(4), np.zeros((2, 2)), np.zeros(4, dtype=int), np.ones(4), None]
    assert len({checkpoint.digest(each) for each in arrays}) == 5
    assert checkpoint.digest(np.eye(3)) == checkpoint.digest(np.asfortranarray(np.eye(3)))
