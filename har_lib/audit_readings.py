"""Every reading of the paper's accuracy, precision and recall, and whether they can go together.

The paper prints three numbers for its method and does not say what they count: clips or key
frames, all classes or one, which average, which test set. Each reading that we could think of is
a row here: whether arithmetic allows it, what it takes, and the smallest test set that shows it.
A reading that is possible is a loophole, no finding; one that is impossible is excluded together
with its assumptions, and with nothing else.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache

import numpy as np
import pandas as pd

from har_lib import audit_binary
from har_lib.audit import span
from har_lib.audit_bounds import (
    best_subset,
    highest_recall,
    highest_subset_ratio,
    lowest_accuracy,
    lowest_recall,
    mean_over_splits,
    most_errors,
    needed_ratio,
    support_ratio,
)
from har_lib.audit_matrices import smallest_three_class, thinned, with_scores
from har_lib.audit_printed import Printed
from har_lib.paper_claims import reported
from har_lib.ucf101_supports import SETS, SUPPORTS, supports

#: What a reading departs from. Those of the first two are what the paper's words suggest.
KINDS = (
    "clips of UCF101",
    "another average",
    "another table",
    "another test set",
    "another origin",
)

#: Shares of all clips that random test sets have; how many are drawn, and the seed.
SHARES = (0.3, 0.2, 0.1)
DRAWS, SEED = 1000, 0

#: Drawn sets that are tried, those with the highest bound first, until one has all three scores.
TRIED = 20

#: Ways to deal all clips into folds at random, each with as many draws.
FOLDS, FOLD_DRAWS = (5, 10), 20


@dataclass(frozen=True)
class Claim:
    """Accuracy, precision and recall of one method, as printed."""

    accuracy: Printed
    precision: Printed
    recall: Printed


@dataclass(frozen=True)
class Reading:
    """One reading of the numbers.

    Attributes
    ----------
    counted : str
        What is counted, and how it is averaged.
    verdict : {"possible", "impossible", "open"}
        Whether accuracy and recall can go together; *possible* where precision fits as well.
    why : str
        The bound, or the table, that decides it.
    takes : str
        What it would take; "" where nothing would help.
    smallest : int or None
        Fewest clips of a table with all three numbers, where one was sought.
    kind : str
        One of `KINDS`.
    """

    counted: str
    verdict: str
    why: str
    takes: str = ""
    smallest: int | None = None
    kind: str = ""


def printed(method: str, metric: str) -> Printed:
    """A number of the paper with the digits that it has there.

    Examples
    --------
    >>> str(printed("ALSTM", "recall"))
    '97.2 %'
    """
    value = reported(method, metric)
    assert value is not None, f"the paper prints no {metric} of {method}"
    return Printed(f"{value:g}")


def claim() -> Claim:
    """The three numbers of the paper's method."""
    return Claim(*(printed("ALSTM", metric) for metric in ("accuracy", "precision", "recall")))


def bounds(claimed: Claim) -> pd.DataFrame:
    """Macro recall that the accuracy allows on each set of UCF101, and the recall that is claimed.

    Returns
    -------
    DataFrame
        Index ``set``. ``clips``; ``smallest`` and ``largest`` class; ``ratio`` of the largest to
        the mean; ``lowest`` and ``highest`` macro recall at the printed accuracy; ``errors`` that
        it means, at least, and ``errors_allowed`` by the printed recall; ``accuracy_needed`` by
        it; ``subset`` and ``subset_ratio``, the highest recall and ratio of any subset of classes.
    """
    rows = []
    for name in SETS:
        sizes = supports(name)
        rows.append(
            {
                "set": name,
                "clips": sum(sizes),
                "smallest": min(sizes),
                "largest": max(sizes),
                "ratio": float(support_ratio(sizes)),
                "lowest": float(lowest_recall(sizes, claimed.accuracy.low)),
                "highest": float(highest_recall(sizes, claimed.accuracy.high)),
                "errors": float((1 - claimed.accuracy.high) * sum(sizes)),
                "errors_allowed": float(most_errors(sizes, claimed.recall.low)),
                "accuracy_needed": float(lowest_accuracy(sizes, claimed.recall.low)),
                "subset": float(best_subset(sizes, claimed.accuracy.high).recall),
                "subset_ratio": float(highest_subset_ratio(sizes)),
            }
        )
    return pd.DataFrame(rows).set_index("set")


@lru_cache
def readings(claimed: Claim) -> tuple[Reading, ...]:
    """All readings, the ones that words and data set suggest first."""
    makers: Sequence[Callable[[Claim], Iterator[Reading]]] = (
        _clips_of_ucf101,
        _other_averages,
        _other_tables,
        _other_test_sets,
        _other_origins,
    )
    return tuple(
        replace(reading, kind=kind)
        for kind, make in zip(KINDS, makers, strict=True)
        for reading in make(claimed)
    )


def frame(found: Sequence[Reading]) -> pd.DataFrame:
    """Readings as a table, a row each."""
    return pd.DataFrame([vars(reading) for reading in found])


def _verdict(highest: Fraction, claimed: Claim) -> str:
    return "possible" if highest >= claimed.recall.low else "impossible"


def _clips_of_ucf101(claimed: Claim) -> Iterator[Reading]:
    for name in SETS:
        sizes = supports(name)
        high = highest_recall(sizes, claimed.accuracy.high)
        low = lowest_recall(sizes, claimed.accuracy.low)
        yield Reading(
            f"clips, mean over classes, {name}",
            _verdict(high, claimed),
            f"macro recall lies in {span(low, high)}",
            f"an accuracy of {_at_least(lowest_accuracy(sizes, claimed.recall.low))} or more",
        )
    splits = [supports(name) for name in SETS[:3]]
    high = mean_over_splits(splits, claimed.accuracy.high)
    yield Reading(
        "clips, mean over classes, then over the three official splits",
        _verdict(high, claimed),
        f"macro recall is at most {_at_most(high)}",
    )
    best = max(
        (best_subset(supports(name), claimed.accuracy.high) for name in SETS),
        key=lambda subset: subset.recall,
    )
    yield Reading(
        "clips, mean over any subset of the classes of any of these sets",
        _verdict(best.recall, claimed),
        f"macro recall is at most {_at_most(best.recall)}, with {len(best.supports)} classes of "
        f"{best.supports[0]}, {best.supports[1]}, ... {best.supports[-1]} clips",
    )
    ratio = max(highest_subset_ratio(sizes) for sizes in _enlarged())
    needed = needed_ratio(claimed.accuracy.high, claimed.recall.low)
    yield Reading(
        "all clips of a test list with an equal share of each class's training clips, rounded to "
        "whole clips; any subset of classes",
        "impossible" if ratio < needed else "open",
        f"largest over mean class is at most {_ratio(ratio)}, whatever that share and the subset; "
        f"{float(needed):.2f} is needed",
    )
    high = max(highest_recall(supports(name), claimed.accuracy.high) for name in SETS)
    yield Reading(
        "several runs on one of these sets: of every score the mean, or the median, or the best",
        _verdict(high, claimed),
        f"the bound {_at_most(high)} rises with accuracy and is concave, so that it holds for "
        "means and for every rank of the runs",
    )


#: Ways to make whole clips of a share.
_ROUNDING = (np.floor, np.rint, np.ceil)


def _enlarged() -> Iterator[list[int]]:
    """Class sizes of test lists with 0 to 100 % of each class's training clips."""
    for name in SETS[:3]:
        tested, training = np.array(supports(name)), np.array(_training(name))
        for share in np.linspace(0, 1, 101):
            for whole in _ROUNDING:
                yield [int(size) for size in tested + whole(share * training)]


def _few_of_each(claimed: Claim) -> tuple[str, np.ndarray] | None:
    """A small equal share of each class, some classes of it, with accuracy and recall, if found."""
    for name in SETS[:3]:
        training = np.array(_training(name))
        for share in np.linspace(0.02, 0.1, 17):
            for whole in _ROUNDING:
                sizes = np.sort(whole(share * training).astype(int))
                sizes = sizes[sizes > 0]
                for large in (1, 2, 3):
                    for count in range(2, len(sizes) - large):
                        chosen = [*sizes[:count].tolist(), *sizes[-large:].tolist()]
                        if not claimed.accuracy.admits(sum(chosen)):
                            continue
                        if highest_recall(chosen, claimed.accuracy.high) < claimed.recall.low:
                            continue
                        table = with_scores(chosen, claimed.accuracy, None, claimed.recall)
                        if table is not None:
                            return f"{100 * share:.1f} % of the training clips of {name}", table
    return None


def _training(split: str) -> list[int]:
    tested, everything = SUPPORTS[split], SUPPORTS["all clips"]
    return [everything[label] - count for label, count in tested.items()]


def _other_averages(claimed: Claim) -> Iterator[Reading]:
    accuracy = claimed.accuracy
    for averaging, which in (("micro", "precision and recall"), ("weighted", "recall")):
        same = claimed.recall.low <= accuracy.high and accuracy.low <= claimed.recall.high
        yield Reading(
            f"any unit with one label and one answer each, {averaging} average of all classes",
            "possible" if same else "impossible",
            f"{averaging} {which} and accuracy are one number; printed are {claimed.recall} and "
            f"{accuracy}",
        )
    classes = len(SUPPORTS[SETS[0]])
    most_right = 1 - classes * (1 - accuracy.high) / 2
    most = 2 / (1 - accuracy.high)
    yield Reading(
        f"accuracy as the mean over {classes} classes of each against the rest, one answer a clip",
        "impossible" if most_right < 0 else "open",
        f"{accuracy} is below what answers that are all wrong have, "
        f"{_percent(float(1 - Fraction(2, classes)))}",
        f"{int(most)} classes or fewer; and with three or more the share of right clips is below "
        f"{accuracy}, which makes the bound of recall lower still",
    )
    swapped = max(highest_recall(supports(name), accuracy.high) for name in SETS)
    yield Reading(
        f"precision and recall exchanged, recall being {claimed.precision}; clips, all classes",
        _verdict(swapped, replace(claimed, recall=claimed.precision)),
        f"macro recall is at most {_at_most(swapped)}",
        "a subset of the classes, which is not excluded",
    )
    smallest = max(_mean_over_smallest(supports(name)) for name in SETS)
    asked = needed_ratio(accuracy.high, claimed.recall.low)
    yield Reading(
        "accuracy as the mean of the classes' recalls, recall as the share of right clips; any "
        "subset of classes",
        "impossible" if smallest < asked else "open",
        f"mean over smallest class is at most {_ratio(smallest)}; {float(asked):.2f} is needed",
    )
    yield Reading(
        f"accuracy as equation (18) is printed, mean over {classes} classes",
        "possible" if accuracy.holds(Fraction(1, classes)) else "impossible",
        f"it is {_percent(float(Fraction(1, classes)))}, whatever the answers",
    )


def _other_tables(claimed: Claim) -> Iterator[Reading]:
    scores = claimed.accuracy, claimed.precision, claimed.recall
    share = audit_binary.prevalence(*scores)
    table = audit_binary.smallest(*scores)
    two = max(Fraction(max(sizes), max(sizes) + min(sizes)) for sizes in map(supports, SETS))
    assert share is not None, "one class can have any scores"
    assert table is not None, "one class can have any scores"
    yield Reading(
        "one class, or group of classes, against the rest",
        "possible",
        f"for example {table}",
        f"it holds {span(share.low, share.high)} of the clips; no single class of UCF101 does, "
        f"against all others or against one other ({_at_most(two)} at most)",
        table.clips,
    )
    table = audit_binary.smallest(*scores, form="literal")
    assert table is not None
    yield Reading(
        "one class against the rest, accuracy as equation (18) is printed",
        "possible",
        f"for example {table}",
        f"that class holds {claimed.accuracy} of the clips: the number says nothing of the answers",
        table.clips,
    )
    highest = audit_binary.two_class_macro_precision(claimed.accuracy, claimed.recall)
    yield Reading(
        "two classes of any size, mean over both",
        "possible" if highest >= claimed.precision.low else "impossible",
        f"macro precision is at most {_at_most(Fraction(highest))}",
    )
    matrix = smallest_three_class(*scores)
    assert matrix is not None
    rows = ", ".join(str(int(size)) for size in matrix.sum(axis=1))
    yield Reading(
        "three or more classes of any size, mean over all",
        "possible",
        f"for example three classes of {rows} clips with {int(matrix.sum() - np.trace(matrix))} "
        "errors",
        f"a largest class of {_needed(claimed)} times the mean or more",
        int(matrix.sum()),
    )

    yield Reading(
        "a detector for each class, so that a clip can have several labels or none",
        "possible",
        "a clip that one class loses need not be one that another gains; precision was not sought",
        "answers that the paper does not describe",
    )
    yield Reading(
        "accuracy over all classes, recall over some; or clips without an answer, which are wrong "
        "for accuracy and left out of recall",
        "possible",
        "the scores are of different clips",
        "a choice that the paper does not describe",
    )


def _other_test_sets(claimed: Claim) -> Iterator[Reading]:
    yield Reading(
        "key frames instead of clips, mean over classes",
        "open",
        "the paper does not say how many key frames each class has",
        f"a class with {_needed(claimed)} times the mean number of key frames, or more, and the "
        "errors in it and its like",
    )
    kept, table = _thinned(supports(SETS[0]), claimed)
    errors = int(table.sum() - np.trace(table))
    hit = int((table.sum(axis=1) - np.diag(table) > 0).sum())
    whole = sum(supports(SETS[0]))
    yield Reading(
        f"clips of some classes left out of {SETS[0]}",
        "possible",
        f"with {sum(kept)} of its {whole} clips and {errors} errors",
        f"{_at_least(1 - Fraction(sum(kept), whole))} of the clips left out, but none from the "
        f"largest classes, and all errors in {hit} of {len(kept)} classes",
        None,
    )
    for share in SHARES:
        clips = near(claimed, share)
        drawn = random_test_sets(clips)
        highest = highest_recalls(claimed, drawn)
        fits = float((highest >= float(claimed.recall.low)).mean())
        reach = np.flatnonzero(highest >= float(claimed.recall.low))
        ordered = reach[np.argsort(-highest[reach], kind="stable")][:TRIED]
        found = any(
            with_scores(drawn[i], claimed.accuracy, claimed.precision, claimed.recall) is not None
            for i in ordered
        )
        yield Reading(
            f"{clips} clips, {share * 100:.0f} % of all, drawn at random without regard to class",
            "possible" if found else "open",
            f"{fits * 100:.1f} % of {DRAWS} drawn sets (seed {SEED}) allow the recall; their "
            f"bounds reach {_at_most(Fraction(float(highest.max())))}",
            _unequal("draw", fits) + ", and all errors in its few largest classes",
        )
    for folds in FOLDS:
        means = np.array(
            [float(mean_over_splits(each, claimed.accuracy.high)) for each in random_folds(folds)]
        )
        fits = float((means >= float(claimed.recall.low)).mean())
        yield Reading(
            f"{folds} folds of all clips at random without regard to class, mean over folds",
            "open",
            f"{fits * 100:.0f} % of {FOLD_DRAWS} drawn divisions (seed {SEED}) have a bound that "
            f"reaches it, {_at_most(Fraction(float(means.max())))} at most; no table was sought",
            _unequal("division", fits) + ", and in each fold all errors in its few largest classes",
        )

    few = _few_of_each(claimed)
    if few is not None:
        words, table = few
        wrong = int(table.sum() - np.trace(table))
        yield Reading(
            "a small equal share of each class, rounded to whole clips; some of the classes",
            "possible",
            f"for example {words}, {len(table)} classes, {int(table.sum())} clips, {wrong} errors; "
            "precision was not sought",
            "a test set so small that rounding makes its classes unequal",
            None,
        )


def _unequal(what: str, fits: float) -> str:
    return f"a {what} like those" if fits else f"a {what} more unequal than any of these"


def _mean_over_smallest(sizes: Sequence[int]) -> Fraction:
    """Highest ratio of mean to smallest class of any subset: the largest ones and the smallest."""
    falling = sorted(sizes, reverse=True)
    total, best = falling[-1], Fraction(1)
    for count, size in enumerate(falling[:-1], start=2):
        total += size
        best = max(best, Fraction(total, count * falling[-1]))
    return best


def _other_origins(claimed: Claim) -> Iterator[Reading]:
    sizes = supports(SETS[0])
    called = Claim(claimed.precision, claimed.precision, claimed.recall)
    high = highest_recall(sizes, called.accuracy.high)
    found = with_scores(sizes, called.accuracy, None, called.recall)
    yield Reading(
        f"the {claimed.precision} that the text calls accuracy is the accuracy; {SETS[0]}",
        _verdict(high, called) if found is not None else "open",
        f"macro recall is at most {_at_most(high)}",
        f"nearly all errors in the {_classes_hit(sizes, called)} largest classes",
    )
    yield Reading(
        "scores from different runs or test sets, by no common rule",
        "possible",
        "nothing ties the numbers together",
        "a choice that the paper does not describe",
    )
    changes = sorted({change for name in SETS for change in one_digit(claimed, supports(name))})
    yield Reading(
        "one digit of accuracy or recall misprinted; any of these sets",
        "possible" if changes else "open",
        "for example with " + ", or ".join(changes) if changes else "no table was found",
        "a misprint that figure and text share",
    )


def near(claimed: Claim, share: float) -> int:
    """Number of clips closest to a share of all UCF101 of which the accuracy can be k / N."""
    total = sum(supports("all clips"))
    sizes = (n for n in range(1, total + 1) if claimed.accuracy.admits(n))
    return min(sizes, key=lambda n: abs(n - share * total))


def random_test_sets(clips: int, draws: int = DRAWS) -> list[np.ndarray]:
    """Class supports of test sets drawn from all clips of UCF101.

    Classes of which no clip was drawn have no recall, and are left out.

    Parameters
    ----------
    clips, draws : int
        Clips of each set, and how many sets.

    Returns
    -------
    list of ndarray, int64
    """
    everything = supports("all clips")
    generator = np.random.default_rng(SEED)
    drawn = generator.multivariate_hypergeometric(everything, clips, size=draws)
    return [sizes[sizes > 0] for sizes in drawn]


def random_folds(folds: int, draws: int = FOLD_DRAWS) -> list[list[np.ndarray]]:
    """Class supports of all clips of UCF101 dealt into folds without regard to class."""
    everything = supports("all clips")
    labels = np.repeat(np.arange(len(everything)), everything)
    generator = np.random.default_rng(SEED)
    found = []
    for _ in range(draws):
        parts = np.array_split(generator.permutation(labels), folds)
        counts = [np.bincount(part, minlength=len(everything)) for part in parts]
        found.append([sizes[sizes > 0] for sizes in counts])
    return found


def highest_recalls(claimed: Claim, drawn: Sequence[np.ndarray]) -> np.ndarray:
    """Highest macro recall at the printed accuracy in each test set, as shares."""
    return np.array([float(highest_recall(sizes, claimed.accuracy.high)) for sizes in drawn])


def one_digit(claimed: Claim, sizes: Sequence[int]) -> list[str]:
    """Changes of one digit of accuracy or recall with which the two can go together.

    Examples
    --------
    >>> one_digit(Claim(Printed("90"), Printed("99"), Printed("99")), [100, 100])[:2]
    ['accuracy 98', 'accuracy 99']
    """
    found = []
    for name in ("accuracy", "recall"):
        text = getattr(claimed, name).text
        for place, digit in enumerate(text):
            for other in "0123456789" if digit.isdigit() else "":
                if other == digit:
                    continue
                other_text = text[:place] + other + text[place + 1 :]
                if Fraction(other_text) > 100:
                    continue
                changed = Printed(other_text)
                accuracy = changed if name == "accuracy" else claimed.accuracy
                recall = changed if name == "recall" else claimed.recall
                low, high = (
                    lowest_recall(sizes, accuracy.low),
                    highest_recall(sizes, accuracy.high),
                )
                if low > recall.high or recall.low > high:
                    continue
                if with_scores(sizes, accuracy, claimed.precision, recall) is not None:
                    found.append(f"{name} {changed.text}")
    return found


def _thinned(sizes: Sequence[int], claimed: Claim) -> tuple[list[int], np.ndarray]:
    """Thinned classes with a whole number of errors, and a matrix with all three scores."""
    kept = thinned(sizes, claimed.accuracy, claimed.recall)
    while True:
        table = with_scores(kept, claimed.accuracy, claimed.precision, claimed.recall)
        if table is not None:
            return kept, table
        # One clip less, of the largest class that has been thinned already, or of the smallest.
        smaller = [c for c, size in enumerate(kept) if 1 < size < max(kept)]
        most = max(smaller, key=lambda c: (kept[c] < sizes[c], kept[c]))
        kept[most] -= 1


def _classes_hit(sizes: Sequence[int], claimed: Claim) -> int:
    budget = (1 - claimed.recall.low) * len(sizes)
    return int(-(-budget.numerator // budget.denominator))


def _percent(share: float) -> str:
    return f"{100 * share:.2f} %"


def _needed(claimed: Claim) -> str:
    return f"{float(needed_ratio(claimed.accuracy.high, claimed.recall.low)):.2f}"


def _ratio(ratio: Fraction) -> str:
    """A bound from above, rounded up."""
    return f"{-(-ratio.numerator * 1000 // ratio.denominator) / 1000:.3f}"


def _at_most(share: Fraction) -> str:
    return f"{-(-share.numerator * 10000 // share.denominator) / 100:.2f} %"


def _at_least(share: Fraction) -> str:
    return f"{share.numerator * 10000 // share.denominator / 100:.2f} %"
