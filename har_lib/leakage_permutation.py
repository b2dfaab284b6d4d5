"""Does it matter which clip or group a sample belongs to? A permutation test that can be resumed.

What is exchanged decides what is tested:

- *clips over groups*: the groups of the clips of one class are exchanged, so that each group keeps
  its number of clips of each class. Under the null hypothesis a clip's group says nothing of its
  numbers beyond its class. A clip's key frames stay together.
- *key frames over groups*, *key frames over clips*: the places of the key frames of one class are
  exchanged, so that each group or clip keeps its number of key frames of each class. Under the null
  hypothesis key frames of one class are exchangeable: neither clip nor group says anything of
  their numbers beyond the class. It is refuted by likeness within clips alone; the other test
  tells whether groups add to it.

A gap is accuracy on the upper rung less accuracy on the lower. The folds of the upper rung do not
depend on what is exchanged, so that its accuracy stays as it is and only the lower rung is run
anew, with the same number of folds and the same seeds. Given samples, labels and the folds above,
every exchange is as likely as the true membership under the null hypothesis, which makes the test
exact. It is one-sided, for the claim that leakage raises accuracy: a group that is *easier* than
its pseudo-groups is no evidence for it.
"""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import sklearn

from har_lib import checkpoint, files, leakage, parallel, record
from har_lib.config import Config
from har_lib.errors import MALFORMED, InputError
from har_lib.leakage import Samples

#: What is exchanged -> in words.
EXCHANGED = {
    "clips over groups": "the groups of the clips of one class",
    "key frames over groups": "the groups of the key frames of one class",
    "key frames over clips": "the clips of the key frames of one class",
}

#: Contrast of two rungs -> what is exchanged to test it.
_TESTED = {
    ("clip", "group"): "clips over groups",
    ("key_frame", "group"): "key frames over groups",
    ("key_frame", "clip"): "key frames over clips",
}

# A classifier of the same seed must not get the random numbers that memberships are made of.
_OWN = int.from_bytes(b"exchange")


@dataclass(frozen=True)
class Outcome:
    """Outcome of a permutation test.

    Attributes
    ----------
    gap : float
        Accuracy on the upper rung less accuracy on the lower, in the draw of folds that is tested.
    null : ndarray
        The same for each permutation, float64 (B,).
    p : float
        (1 + permutations with a gap at least as large) / (B + 1).
    exchanged : str
        Of :data:`EXCHANGED`.
    """

    gap: float
    null: np.ndarray
    p: float
    exchanged: str


def exchanged_for(upper: str, lower: str) -> str:
    """What is exchanged to test a contrast.

    Raises
    ------
    InputError
        If there is no test of it: training data are answered better with no leakage at all.

    Examples
    --------
    >>> exchanged_for("clip", "group")
    'clips over groups'
    """
    try:
        return _TESTED[upper, lower]
    except KeyError:
        raise InputError(
            f"{upper} - {lower} has no permutation test: give one of "
            f"{', '.join(' - '.join(pair) for pair in _TESTED)}"
        ) from None


def permuted(
    labels: np.ndarray, clips: np.ndarray, groups: np.ndarray, exchanged: str, seed: int
) -> np.ndarray:
    """Groups or clips of all samples, exchanged within the classes, (N,).

    Parameters
    ----------
    labels, clips, groups : ndarray (N,)
        Of each sample.
    exchanged : str
        Of :data:`EXCHANGED`.
    seed : int
        Not negative.

    Returns
    -------
    ndarray
        New groups, or new clips where key frames are exchanged over clips.

    Examples
    --------
    >>> labels, groups = np.array([0, 0, 0, 1, 1]), np.array(["a", "a", "b", "a", "b"])
    >>> permuted(labels, np.arange(5), groups, "clips over groups", seed=3).tolist()
    ['a', 'b', 'a', 'b', 'a']
    """
    if exchanged not in EXCHANGED:
        raise InputError(
            f"exchanged = {exchanged!r} is not known: it must be one of {', '.join(EXCHANGED)}"
        )
    generator = np.random.default_rng([_OWN, seed])
    if exchanged == "clips over groups":
        _, first, place = np.unique(clips, return_index=True, return_inverse=True)
        return _within(labels[first], groups[first], generator)[place]
    return _within(labels, clips if exchanged.endswith("clips") else groups, generator)


def _within(labels: np.ndarray, members: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    found = members.copy()
    for label in np.unique(labels):
        own = np.flatnonzero(labels == label)
        found[own] = members[generator.permutation(own)]
    return found


def p_value(gap: int | float, null: np.ndarray) -> float:
    """Share of gaps at least as large as the one found, the one found among them.

    Examples
    --------
    >>> p_value(3, np.array([1, 2, 3]))
    0.5

    References
    ----------
    Phipson and Smyth, Permutation p-values should never be zero (2010), doi:10.2202/1544-6115.1585.
    """
    return float((1 + np.count_nonzero(null >= gap)) / (len(null) + 1))


# ---------------------------------------------------------------- what is kept


#: What each line of a journal begins with.
_BEGINS = b'{"test": '


class Journal:
    """A file of JSON lines: how many samples each permutation of each test got right.

    A line is added as soon as a permutation is finished. A last line that was not finished is
    cut off; any other that cannot be read is an error.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        files.check_target(path)
        self._found: dict[str, dict[int, int]] = {}
        #: Bytes of the file, and of its whole lines, where its last line was not finished.
        self._torn: tuple[int, int] | None = None
        if not path.exists():
            return
        content = path.read_bytes()
        whole = content[: content.rfind(b"\n") + 1]
        unfinished = content[len(whole) :]
        if unfinished:
            self._torn = len(content), len(whole)
        if not unfinished.startswith(_BEGINS[: len(unfinished)]):
            raise InputError(f"{path}: is no journal of permutations: move it away")
        for number, line in enumerate(whole.splitlines(), start=1):
            try:
                row = json.loads(line)
                self._found.setdefault(str(row["test"]), {})[int(row["seed"])] = int(row["right"])
            except MALFORMED:
                raise InputError(
                    f"{path}, line {number}: is no finished permutation: remove that line"
                ) from None

    def of(self, test: str) -> Mapping[int, int]:
        """Seed -> right answers of the permutations of a test."""
        return self._found.setdefault(test, {})

    @contextmanager
    def adding(self, test: str) -> Iterator[Any]:
        """Yield a function that keeps a seed's number at once."""
        own = self._found.setdefault(test, {})
        with self.path.open("ab") as file:
            # What a killed run has not finished; if the file has grown, its run is alive.
            if self._torn and file.seek(0, os.SEEK_END) == self._torn[0]:
                file.truncate(self._torn[1])
            self._torn = None

            def add(seed: int, right: int) -> None:
                line = json.dumps({"test": test, "seed": seed, "right": right})
                with files.naming(self.path):
                    file.write(line.encode() + b"\n")
                    file.flush()
                    os.fsync(file.fileno())
                own[seed] = right

            yield add


# ---------------------------------------------------------------- the test


def _right(
    name: str,
    data: Samples,
    rung: str,
    config: Config,
    count: int,
    seed: int,
    exchanged: str,
    permutation: int | None,
) -> int:
    """Samples answered rightly on a rung, with the true membership or an exchanged one."""
    clips, groups = data.clips, data.groups
    if permutation is not None:
        members = permuted(data.labels, clips, groups, exchanged, permutation)
        if exchanged.endswith("clips"):
            clips = members
        else:
            groups = members
    parts = leakage.divide(rung, data.labels, clips, groups, count, seed)
    model = leakage.classifier(name, config, seed)
    told = leakage.predict(model, data.rows, data.labels, groups, parts)
    return int((told == data.labels).sum())


def gap_test(
    name: str,
    data: Samples,
    upper: str,
    lower: str,
    config: Config,
    count: int,
    permutations: int,
    journal: Journal,
    seed: int = 0,
    jobs: int = 1,
    progress: str = "",
) -> Outcome:
    """Test whether a gap between two rungs is larger than exchanged memberships give.

    Parameters
    ----------
    name : str
        A classifier that takes rows: SVM, kNN or ANN.
    data : Samples
    upper, lower : str
        Rungs; see :func:`exchanged_for`.
    config : Config
        Settings of the classifier.
    count : int
        Folds. One draw of them is tested, that of ``seed``.
    permutations : int
        B, at least 1. Permutation b has a seed of its own, whatever the others are.
    journal : Journal
        What it holds of this test is not computed anew, and what is computed goes there.
    seed : int
        Of folds and classifier.
    jobs : int
        Processes; the result does not depend on it.
    progress : str
        What the bar is called; empty shows none.

    Returns
    -------
    Outcome

    Raises
    ------
    InputError
        If there is no such test, the number of permutations is impossible, or nothing can be
        exchanged: each class has all its samples in one place.

    References
    ----------
    Phipson and Smyth, Permutation p-values should never be zero (2010), doi:10.2202/1544-6115.1585.
    """
    exchanged = exchanged_for(upper, lower)
    if permutations < 1:
        raise InputError(f"permutations = {permutations} is not allowed: it must be at least 1")
    if name not in ("SVM", "kNN", "ANN"):
        raise InputError(f"{name} takes no rows: test SVM, kNN or ANN")
    members = data.clips if exchanged.endswith("clips") else data.groups
    if all(len(set(members[data.labels == label].tolist())) == 1 for label in set(data.labels)):
        raise InputError(f"{exchanged}: every class lies in one place, so nothing can be exchanged")
    about = (name, data, lower, config, count, seed, exchanged)
    reached = _right(name, data, upper, config, count, seed, exchanged, None)
    test = _digest(about)
    missing = [each for each in range(permutations) if each not in journal.of(test)]
    with journal.adding(test) as add:
        found = parallel.stream(
            _right, [(*about, each) for each in missing], jobs, progress if missing else ""
        )
        for each, right in zip(missing, found, strict=True):
            add(each, right)
    kept = journal.of(test)
    # Whole numbers, so that ties are ties.
    gap = reached - _right(*about, None)
    null = reached - np.array([kept[each] for each in range(permutations)])
    size = len(data.labels)
    return Outcome(gap / size, null / size, p_value(gap, null), exchanged)


def _digest(about: tuple[Any, ...]) -> str:
    """What names a test in the journal: all that its numbers depend on."""
    name, data, lower, config, count, seed, exchanged = about
    return files.digest_of(
        {
            "classifier": name,
            "rung": lower,
            "exchanged": exchanged,
            "folds": count,
            "seed": seed,
            "choices": config.flat(),
            "rows": checkpoint.digest(data.rows),
            "members": [data.labels.tolist(), data.groups.tolist(), data.clips.tolist()],
            "sources": record.sources(["leakage", "leakage_permutation", "folds", "baselines"]),
            "scikit-learn": sklearn.__version__,
            "numpy": np.__version__,
        }
    )[:16]
