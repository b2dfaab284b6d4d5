"""Can the numbers of a published classification table go together? For any paper's table.

What is assumed is said with every answer: each clip counts once, has one label and gets one, and
the scores of a row come from the same answers. An answer of *impossible* is arithmetic; *possible*
means no more than that: it is no evidence that a number is right.

`har_lib.audit_readings` asks it of the paper that this suite replicates, for every reading of its
words.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor
from pathlib import Path
from typing import Any

import pandas as pd

from har_lib import plain_yaml
from har_lib.audit_bounds import (
    check_supports,
    highest_recall,
    lowest_recall,
    needed_ratio,
    support_ratio,
)
from har_lib.audit_matrices import scores, with_scores
from har_lib.audit_precision import precision_bounds
from har_lib.audit_printed import Printed
from har_lib.errors import InputError, in_short

#: Scores that a row may have.
SCORES = ("accuracy", "precision", "recall", "f_measure")
#: What every answer rests on.
ASSUMED = (
    "Assumed: each clip counts once, has one label and gets one; the scores of a row come from the "
    "same answers. Possible is no evidence that a number is right; open: not decided here."
)

#: Ways to average precision and recall over the classes.
AVERAGING = ("macro", "micro", "weighted")
VERDICTS = ("possible", "impossible", "open")

#: What ``har audit --example`` prints: a table that passes, as a pattern for others.
EXAMPLE = """\
# Any published table: har audit THIS_FILE
title: Hand-written digits, support vector machine
source: https://scikit-learn.org/stable/auto_examples/classification/plot_digits_classification.html
percent: false          # true where scores are printed in percent
rounding: nearest       # or cut
# Tested clips of each class; leave it out where it is not known.
supports: [88, 91, 86, 91, 92, 91, 91, 89, 88, 92]
rows:                   # scores with the digits as printed; precision and recall may be missing
  SVM: {accuracy: 0.97, precision: 0.97, recall: 0.97, f_measure: 0.97}
"""


@dataclass(frozen=True)
class PublishedTable:
    """Scores as printed, a row a method, and the class supports where they are known."""

    title: str
    rows: Mapping[str, Mapping[str, Printed]]
    supports: tuple[int, ...] | None = None
    source: str = ""


@dataclass(frozen=True)
class Check:
    """One question that was asked of a row.

    Attributes
    ----------
    method : str
    averaging : str
        What precision and recall are assumed to be: one of `AVERAGING`, or "any".
    question : str
    verdict : {"possible", "impossible", "open"}
    why : str
        The numbers that decide it.
    """

    method: str
    averaging: str
    question: str
    verdict: str
    why: str


def read(path: Path | str) -> PublishedTable:
    """Read a table from a YAML file like `EXAMPLE`; numbers keep the digits they are printed with.

    Raises
    ------
    InputError
        Naming the file, what is wrong in it and what to do.
    """
    path = Path(path)
    try:
        # Without types, 95.10 stays 95.10.
        found = plain_yaml.read(path, typed=False)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}: har audit --example shows a table") from None
    try:
        return parse(found)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None


def parse(found: Any) -> PublishedTable:
    """A table from what YAML without types gives: see `read`."""
    if not isinstance(found, Mapping) or not isinstance(found.get("rows"), Mapping):
        raise InputError("there are no rows: har audit --example shows a table")
    unknown = set(found) - {"title", "source", "percent", "rounding", "supports", "rows"}
    if unknown:
        raise InputError(
            f"{in_short(sorted(unknown)[0])} is not known: har audit --example shows a table"
        )
    percent = str(found.get("percent", "true")).lower()
    if percent not in ("true", "false"):
        raise InputError(f"percent = {in_short(percent)} is not allowed: it must be true or false")
    rounding = str(found.get("rounding", "nearest"))
    rows: dict[str, dict[str, Printed]] = {}
    for method, given in found["rows"].items():
        if not isinstance(given, Mapping):
            raise InputError(
                f"row {in_short(method)}: give scores by name, out of {', '.join(SCORES)}"
            )
        strangers = sorted(set(given) - set(SCORES))
        if strangers:
            raise InputError(
                f"row {in_short(method)}: {in_short(strangers[0])} is not known; scores are "
                + ", ".join(SCORES)
            )
        if "accuracy" not in given:
            raise InputError(
                f"row {in_short(method)} has no accuracy: everything is held against it"
            )
        rows[str(method)] = {}
        for name, text in given.items():
            try:
                rows[str(method)][name] = Printed(str(text), percent == "true", rounding)
            except InputError as error:
                raise InputError(f"row {in_short(method)}, {name}: {error}") from None
    if not rows:
        raise InputError("there are no rows: har audit --example shows a table")
    if percent == "true" and all(p.value <= 0.01 for row in rows.values() for p in row.values()):
        raise InputError("no score is above 1 %: write percent: false if they are shares")
    supports = found.get("supports")
    if isinstance(supports, Mapping):
        supports = list(supports.values())
    if supports is not None:
        if not isinstance(supports, list):
            raise InputError("supports must be a list: how many clips of each class are tested")
        try:
            numbers = [float(size) for size in supports]
        except (TypeError, ValueError):
            raise InputError("supports hold something that is no number of clips") from None
        supports = tuple(check_supports(numbers))
    return PublishedTable(str(found.get("title", "")), rows, supports, str(found.get("source", "")))


def audit(table: PublishedTable) -> list[Check]:
    """Ask of every row whether its numbers can go together.

    Parameters
    ----------
    table : PublishedTable

    Returns
    -------
    list of Check

    Examples
    --------
    >>> import yaml
    >>> table = parse(yaml.safe_load(EXAMPLE) | {"rows": {"made up": {"accuracy": "0.97",
    ...     "recall": "0.99"}}, "percent": "false"})
    >>> [check.averaging for check in audit(table) if check.verdict == "impossible"]
    ['micro', 'weighted', 'macro']
    """
    found: list[Check] = []
    for method, row in table.rows.items():
        for averaging, question, verdict, why in _row(row, table.supports):
            found.append(Check(method, averaging, question, verdict, why))
    return found


def verdict(checks: list[Check], averaging: str) -> str:
    """What follows for one way of averaging: impossible where any check says so, else open or not.

    Examples
    --------
    >>> checks = [Check("A", "macro", "", "possible", ""), Check("A", "any", "", "open", "")]
    >>> verdict(checks, "macro"), verdict(checks, "micro")
    ('open', 'open')
    """
    if averaging not in AVERAGING:
        raise InputError(f"averaging = {averaging!r} is not known: use one of {AVERAGING}")
    own = {check.verdict for check in checks if check.averaging == averaging}
    found = own | {check.verdict for check in checks if check.averaging == "any"}
    # Nothing asked, nothing known.
    words = ("impossible", "open")
    return next((word for word in words if word in found), "possible" if own else "open")


def frame(checks: list[Check]) -> pd.DataFrame:
    """Checks as a table, a row each."""
    return pd.DataFrame([vars(check) for check in checks])


Answer = tuple[str, str, str, str]


def _row(row: Mapping[str, Printed], supports: tuple[int, ...] | None) -> list[Answer]:
    accuracy = row["accuracy"]
    answers: list[Answer] = []
    if supports is not None:
        clips = sum(supports)
        right = accuracy.admits(clips)
        why = (
            f"{right[0]} of {clips}"
            if right
            else f"no number of {clips} clips prints as this; a mean over runs or folds can"
        )
        question = f"accuracy {accuracy} is a share of all clips"
        # A mean over runs or folds need not be one.
        answers.append(("any", question, "possible" if right else "open", why))
    averages = {name: row[name] for name in ("precision", "recall", "f_measure") if name in row}
    if averages:
        answers.append(("micro", *_equal(averages, accuracy, supports)))
    if "recall" in row:
        answers.append(("weighted", *_equal({"recall": row["recall"]}, accuracy, supports)))
    for name in ("precision", "f_measure"):
        if name in row:
            question = f"weighted {name} {row[name]} at accuracy {accuracy}"
            answers.append(("weighted", question, "open", "no bound is known here"))
    if "precision" in row and "recall" in row and "f_measure" in row:
        answers.append(_f_measure(row["precision"], row["recall"], row["f_measure"]))
    if "recall" in row:
        answers.append(("macro", *_macro_recall(accuracy, row["recall"], supports)))
    if "precision" in row and supports is not None:
        answers.append(("macro", *_macro_precision(accuracy, row["precision"], supports)))
    if supports is None:
        unknown = [name for name in ("precision", "f_measure") if name in row]
        for name in unknown:
            question = f"macro {name} {row[name]} at accuracy {accuracy}"
            answers.append(("macro", question, "open", "the class supports are not known"))
    elif averages and not any(
        a in ("macro", "any") and v == "impossible" for a, _, v, _ in answers
    ):
        answers.append(("macro", *_together(row, supports)))
    return answers


def _together(row: Mapping[str, Printed], supports: tuple[int, ...]) -> tuple[str, str, str]:
    matrix = with_scores(supports, row["accuracy"], row.get("precision"), row.get("recall"))
    names = ["accuracy", *(f"macro {name}" for name in SCORES[1:] if name in row)]
    question = f"{', '.join(names[:-1])} and {names[-1]} together"
    if matrix is not None and "f_measure" in row:
        found = scores(matrix)
        p, r = found["precision"], found["recall"]
        if not row["f_measure"].holds(2 * p * r / (p + r) if p + r else Fraction(0)):
            matrix = None
    if matrix is None:
        return question, "open", "no confusion matrix with them was found"
    return question, "possible", "a confusion matrix with them was found"


def _equal(
    averages: Mapping[str, Printed], accuracy: Printed, supports: tuple[int, ...] | None
) -> tuple[str, str, str]:
    every = [accuracy, *averages.values()]
    low, high = max(each.low for each in every), min(each.high for each in every)
    same = low <= high
    if same and supports is not None:
        same = ceil(low * sum(supports)) <= floor(high * sum(supports))
    named = " and ".join(f"{name} {printed}" for name, printed in averages.items())
    return (
        f"{named} must equal the accuracy {accuracy}",
        "possible" if same else "impossible",
        "one share prints as all of them" if same else "no share prints as all of them",
    )


def _f_measure(precision: Printed, recall: Printed, printed: Printed) -> Answer:
    low, high = (
        2 * p * r / (p + r) if p + r else Fraction(0)
        for p, r in ((precision.low, recall.low), (precision.high, recall.high))
    )
    fits = low <= printed.high and printed.low <= high
    # The mean of the classes' F-measures is another number than the F-measure of the means.
    return (
        "any",
        f"F-measure {printed} of precision {precision} and recall {recall}",
        "possible" if fits else "open",
        f"the F-measure of these two lies in {span(low, high)}"
        + ("" if fits else "; a mean of the classes' F-measures can be another"),
    )


def _macro_recall(
    accuracy: Printed, recall: Printed, supports: tuple[int, ...] | None
) -> tuple[str, str, str]:
    question = f"macro recall {recall} at accuracy {accuracy}"
    if supports is None:
        if recall.low >= 1 or (recall.high >= accuracy.low and recall.low <= accuracy.high):
            return question, "open", "the class supports are not known"
        ratio = needed_ratio(accuracy.high, recall.low) if recall.low > accuracy.high else None
        need = (
            f"the largest class must have {float(ratio):.3f} times the mean, at least"
            if ratio is not None
            else "classes must differ in size"
        )
        return question, "open", f"the class supports are not known; {need}"
    low, high = lowest_recall(supports, accuracy.low), highest_recall(supports, accuracy.high)
    fits = low <= recall.high and recall.low <= high
    why = f"it lies in {span(low, high)}"
    if not fits and recall.low > high:
        needed, has = needed_ratio(accuracy.high, recall.low), support_ratio(supports)
        if needed > has:
            why += f"; needs a largest class of {float(needed):.3f} times the mean, has "
            why += f"{float(has):.3f}"
    return question, "possible" if fits else "impossible", why


def _macro_precision(
    accuracy: Printed, precision: Printed, supports: tuple[int, ...]
) -> tuple[str, str, str]:
    question = f"macro precision {precision} at accuracy {accuracy}"
    clips = sum(supports)
    # Where no k / N prints as the accuracy, the numbers of errors on both sides of it.
    least, most = floor((1 - accuracy.high) * clips), ceil((1 - accuracy.low) * clips)
    try:
        high = precision_bounds(supports, least).high
        lowest = precision_bounds(supports, most)
    except InputError:
        return question, "open", "too many errors for the bounds that are known"
    fits = lowest.low <= precision.high and precision.low <= high
    return question, "possible" if fits else "impossible", f"it lies in {span(lowest.low, high)}"


def span(low: Fraction, high: Fraction) -> str:
    """Two shares in percent.

    Rounded outwards, so that what is outside the text is outside the range.

    Examples
    --------
    >>> span(Fraction(1, 3), Fraction(2, 3))
    '33.33 to 66.67 %'
    """
    return f"{floor(low * 10000) / 100:.2f} to {ceil(high * 10000) / 100:.2f} %"
