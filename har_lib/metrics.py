"""Accuracy and its relatives, equations (17) and (18): labels in, numbers out.

Every measure is read off one confusion matrix, rows true, columns predicted. A clip counts once
and has one label. Labels may be integers, strings or booleans, but the same kind on both sides.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri

from har_lib.equations import equation
from har_lib.errors import InputError

AVERAGING = ("macro", "micro", "weighted")
CODES = ("multiclass", "one_vs_rest", "one_class")
UNDEFINED = ("zero", "skip")

#: Entries of `scores` that are one number each, of which more is better.
MEASURES = ("accuracy", "precision", "recall", "f_measure", "sensitivity", "specificity")


def _label_array(values: ArrayLike, name: str) -> np.ndarray:
    """Array of labels, non-empty and of one kind; objects (as pandas gives) become strings."""
    array = np.asarray(values)
    if array.dtype == object:
        if not all(isinstance(value, str) for value in array.flat):
            raise InputError(f"{name} mixes kinds of labels: use all strings or all integers")
        array = array.astype(str)
    if array.size == 0:
        raise InputError(f"{name} is empty: give at least one label")
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise InputError(f"{name} holds NaN or infinity: labels must be finite")
    return array


def _labels_pair(y_true: ArrayLike, y_pred: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Checked true (N,) and predicted (N,) or (P, N) labels."""
    true, predicted = _label_array(y_true, "y_true"), _label_array(y_pred, "y_pred")
    if true.ndim != 1:
        raise InputError(f"y_true has shape {true.shape}: give one label per clip, (N,)")
    if predicted.ndim not in (1, 2) or predicted.shape[-1] != len(true):
        raise InputError(
            f"y_pred has shape {predicted.shape}: the {len(true)} labels of y_true need "
            f"({len(true)},), or (P, {len(true)}) for P classifiers"
        )
    # NumPy compares "1" with 1 without complaint, and finds everything wrong.
    if (true.dtype.kind == "U") != (predicted.dtype.kind == "U"):
        raise InputError("y_true and y_pred are of different kinds: one is text, the other not")
    return true, predicted


def _known_labels(true: np.ndarray, predicted: np.ndarray, labels: ArrayLike | None) -> np.ndarray:
    """The classes in their order; by default every label that occurs on either side, sorted."""
    if labels is None:
        return np.union1d(true, predicted)
    known = _label_array(labels, "labels")
    if known.ndim != 1 or len(np.unique(known)) != len(known):
        raise InputError("labels must be a flat list without repetition")
    if (known.dtype.kind == "U") != (true.dtype.kind == "U"):
        raise InputError("labels and y_true are of different kinds: one is text, the other not")
    return known


def _counts(true: np.ndarray, predicted: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Confusion matrices int64 (..., C, C) of one or of P lines of predictions."""
    order = np.argsort(known)
    ordered = known[order]

    def index(values: np.ndarray, name: str) -> np.ndarray:
        place = np.minimum(np.searchsorted(ordered, values), len(known) - 1)
        unknown = ordered[place] != values
        if unknown.any():
            strangers = np.unique(values[unknown]).tolist()
            raise InputError(f"{name} holds labels that are not in labels: {strangers[:5]}")
        return order[place]

    classes = len(known)
    cell = index(true, "y_true") * classes + index(predicted, "y_pred")
    lines = np.atleast_2d(cell)
    shifted = lines + np.arange(len(lines))[:, None] * classes**2
    counts = np.bincount(shifted.ravel(), minlength=len(lines) * classes**2)
    return counts.reshape(*cell.shape[:-1], classes, classes)


def confusion_matrix(
    y_true: ArrayLike, y_pred: ArrayLike, labels: ArrayLike | None = None
) -> np.ndarray:
    """Count clips by true class (row) and predicted class (column).

    Parameters
    ----------
    y_true, y_pred : array_like, shape (N,)
        True and predicted labels.
    labels : array_like, shape (C,), optional
        Classes in the order of rows and columns; by default all that occur, sorted.

    Returns
    -------
    numpy.ndarray, int64, shape (C, C)
        Its sum is N.

    Raises
    ------
    InputError
        For empty or unequal input, and for a label that is not in ``labels``.

    Examples
    --------
    >>> confusion_matrix(["run", "run", "jump"], ["run", "jump", "jump"], ["run", "jump"])
    array([[1, 1],
           [0, 1]])
    """
    true, predicted = _labels_pair(y_true, y_pred)
    if predicted.ndim != 1:
        raise InputError(f"y_pred has shape {predicted.shape}: give one classifier, (N,)")
    return _counts(true, predicted, _known_labels(true, predicted, labels))


def _outcomes(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """TP, TN, FP, FN of every class against the rest, each (..., C)."""
    hit = np.diagonal(matrix, axis1=-2, axis2=-1)
    false_negative = matrix.sum(axis=-1) - hit
    false_positive = matrix.sum(axis=-2) - hit
    total = matrix.sum(axis=(-2, -1))[..., None]
    return hit, total - hit - false_negative - false_positive, false_positive, false_negative


@equation(17)
def fitness(
    y_true: ArrayLike,
    predictions: ArrayLike,
    cross_entropy: ArrayLike | None = None,
    *,
    weight: float = 1e-3,
    form: str = "corrected",
) -> np.ndarray:
    r"""Fitness of every agent of a population: its accuracy, which the search maximises.

    .. math:: Fitness(S_i) = Accuracy(S_i)

    Fitness is the result, Accuracy is `accuracy`, S_i is row i of ``predictions``. Accuracy is
    a step function of the weights, flat almost everywhere; with ``cross_entropy`` a small
    multiple of the loss is subtracted, which orders agents of equal accuracy. At the default
    weight one more correct clip among N outweighs a difference in cross-entropy of 1000 / N.

    Parameters
    ----------
    y_true : array_like, shape (N,)
        True labels of the clips on which fitness is taken.
    predictions : array_like, shape (P, N)
        Predicted labels, one row for each agent.
    cross_entropy : array_like, shape (P,), optional
        Mean cross-entropy of each agent, nats. Infinity is allowed and gives -infinity.
    weight : float
        Multiple of the cross-entropy; not negative.
    form : {"corrected", "literal"}
        Form of equation (18).

    Returns
    -------
    numpy.ndarray, float64, shape (P,)
        To be maximised.

    Raises
    ------
    InputError
        For shapes that do not agree, a cross-entropy of NaN or a negative weight.

    Examples
    --------
    >>> fitness([0, 1, 1], [[0, 1, 1], [0, 0, 0]]).round(3)
    array([1.   , 0.333])
    >>> fitness([0, 1], [[0, 0], [0, 0]], cross_entropy=[0.5, 2.0])
    array([0.4995, 0.498 ])
    """
    rows = np.asarray(predictions)
    if rows.ndim != 2:
        raise InputError(f"predictions has shape {rows.shape}: give one row per agent, (P, N)")
    value = np.asarray(accuracy(y_true, rows, form=form))
    if cross_entropy is None:
        return value
    loss = np.asarray(cross_entropy, dtype=np.float64)
    if loss.shape != value.shape or np.isnan(loss).any():
        raise InputError(
            f"cross_entropy has shape {loss.shape} or holds NaN: give one number for each of "
            f"the {len(rows)} agents"
        )
    if not 0 <= weight < np.inf:
        raise InputError(f"weight = {weight} is not allowed: it must be finite and not negative")
    # Zero times an infinite loss would be NaN.
    return value - weight * loss if weight > 0 else value


@equation(18)
def accuracy(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    form: str = "corrected",
    *,
    positive: Any = None,
) -> Any:
    r"""Share of clips that are classified correctly, for one classifier or P at once.

    .. math:: Accuracy = \frac{TP + TN}{TP + TN + FP + FN}

    With C classes this is the trace of the confusion matrix over its sum, which for two classes
    is the formula above. To reproduce the paper as printed use ``form="literal"``,
    (TP + FN) / (TP + TN + FP + FN): the prevalence of the positive class, or its mean over the
    classes of ``y_true``, each against the rest, which is 1 / C. Neither depends on ``y_pred``.

    Parameters
    ----------
    y_true : array_like, shape (N,)
        True labels.
    y_pred : array_like, shape (N,) or (P, N)
        Predicted labels, one row for each classifier.
    form : {"corrected", "literal"}
        Which numerator.
    positive : label, optional
        Count this class against the rest, literally by TP, TN, FP and FN.

    Returns
    -------
    float, or numpy.ndarray of float64, shape (P,)
        Between 0 and 1.

    Raises
    ------
    InputError
        For empty or unequal input, an unknown form, or a positive class not in ``y_true``.

    References
    ----------
    Sokolova & Lapalme 2009, https://doi.org/10.1016/j.ipm.2009.03.002

    Examples
    --------
    >>> accuracy([0, 0, 1, 2], [0, 1, 1, 2])
    0.75
    >>> accuracy([0, 0, 0, 1], [[0, 0, 0, 1], [1, 1, 1, 0]], "literal", positive=1)
    array([0.25, 0.25])
    """
    if form not in ("corrected", "literal"):
        raise InputError(f"form = {form!r} is not known: use 'corrected' or 'literal'")
    true, predicted = _labels_pair(y_true, y_pred)
    if form == "corrected" and positive is None:
        # The trace over the sum, without the matrix.
        value = (predicted == true).mean(axis=-1)
    else:
        known = _known_labels(true, predicted, None)
        hit, true_negative, _, false_negative = _outcomes(_counts(true, predicted, known))
        numerator = hit + (true_negative if form == "corrected" else false_negative)
        # A class that is only ever predicted has no positives to count.
        present = np.unique(true).tolist()
        if positive is not None and positive not in present:
            raise InputError(f"positive = {positive!r} is not a label of y_true: use one of them")
        counted = present if positive is None else [positive]
        wanted = [label in counted for label in known.tolist()]
        value = numerator[..., wanted].mean(axis=-1) / len(true)
    return float(value) if predicted.ndim == 1 else value


def one_vs_rest_accuracy(
    y_true: ArrayLike, y_pred: ArrayLike, labels: ArrayLike | None = None
) -> float:
    """Mean over classes of (TP + TN) / all, each class against the rest: a demonstration only.

    It equals 1 - 2 (1 - accuracy) / C, whatever the class sizes, so that with many classes every
    classifier looks good; `one_vs_rest_chance` is its level for guessing.

    Parameters
    ----------
    y_true, y_pred, labels
        As for `confusion_matrix`.

    Examples
    --------
    >>> one_vs_rest_accuracy([0, 1, 2, 3], [3, 2, 1, 0])
    0.5
    """
    matrix = confusion_matrix(y_true, y_pred, labels)
    hit, true_negative, _, _ = _outcomes(matrix)
    return float(((hit + true_negative) / matrix.sum()).mean())


def one_vs_rest_chance(classes: int) -> float:
    """One-vs-rest accuracy of guessing among equally likely classes, 1 - 2 (1 - 1/C) / C.

    Examples
    --------
    >>> round(one_vs_rest_chance(101), 5)
    0.98039
    """
    if classes < 1:
        raise InputError(f"classes = {classes} is not allowed: there must be at least one")
    return _against_the_rest(1 / classes, classes)


def _against_the_rest(share: float, classes: int) -> float:
    """One-vs-rest accuracy at a plain accuracy: a wrong answer is wrong for two classes."""
    return 1 - 2 * (1 - share) / classes


def wilson_interval(successes: int, trials: int, confidence: float = 0.95) -> tuple[float, float]:
    """Wilson score interval of a share, for independent trials.

    Clips of one scene or person are not independent; intervals over groups are in `evaluate`.

    Parameters
    ----------
    successes, trials : int
        For example correctly classified clips and clips.
    confidence : float
        Between 0 and 1.

    References
    ----------
    Wilson 1927, https://doi.org/10.1080/01621459.1927.10502953

    Examples
    --------
    >>> [round(end, 4) for end in wilson_interval(7, 10)]
    [0.3968, 0.8922]
    """
    if not 0 <= successes <= trials or trials < 1:
        raise InputError(f"{successes} of {trials} is no share: need 0 <= successes <= trials")
    if not 0 < confidence < 1:
        raise InputError(f"confidence = {confidence} is not allowed: it must lie between 0 and 1")
    z = float(ndtri(0.5 + confidence / 2))
    share = successes / trials
    centre = share + z**2 / (2 * trials)
    half = z * np.sqrt(share * (1 - share) / trials + z**2 / (4 * trials**2))
    scale = 1 + z**2 / trials
    # At the ends the formula is exactly 0 and 1; rounding is not.
    low = 0.0 if successes == 0 else float((centre - half) / scale)
    high = 1.0 if successes == trials else float((centre + half) / scale)
    return low, high


def _ratio(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    """Quotient as float64, 0 where the denominator is 0."""
    quotient = np.zeros(np.broadcast(numerator, denominator).shape)
    return np.divide(numerator, denominator, out=quotient, where=np.asarray(denominator) != 0)


def _fractions(
    hit: Any, true_negative: Any, false_positive: Any, false_negative: Any
) -> dict[str, tuple[Any, Any]]:
    """Precision, recall, F and specificity as numerator and denominator.

    The counts are those of one class, of many, or of all pooled.
    """
    return {
        "precision": (hit, hit + false_positive),
        "recall": (hit, hit + false_negative),
        "f_measure": (2 * hit, 2 * hit + false_positive + false_negative),
        "specificity": (true_negative, true_negative + false_positive),
    }


def _averaged(
    outcomes: tuple[np.ndarray, ...], averaging: str, undefined: str
) -> tuple[dict[str, float], dict[str, int]]:
    """Each measure over the classes of the outcomes, and how many classes have none."""
    fractions = _fractions(*outcomes)
    without = {name: int((below == 0).sum()) for name, (_, below) in fractions.items()}
    if averaging == "micro":
        pooled = _fractions(*(counts.sum() for counts in outcomes))
        return {name: float(_ratio(*fraction)) for name, fraction in pooled.items()}, without
    support = outcomes[0] + outcomes[3]
    weights = support if averaging == "weighted" else np.ones_like(support)
    means = {}
    for name, (above, below) in fractions.items():
        kept = (below != 0) | (undefined == "zero")
        # Nothing is left, or only classes without clips: there is no mean.
        empty = not weights[kept].any()
        values = _ratio(above, below)[kept]
        means[name] = 0.0 if empty else float(np.average(values, weights=weights[kept]))
    return means, without


def _coded_accuracy(
    matrix: np.ndarray, code: str, confidence: float
) -> tuple[float, tuple[float, float]]:
    """Accuracy as the code counts it, with its Wilson interval."""
    hit, true_negative, _, _ = _outcomes(matrix)
    total = int(matrix.sum())
    right = int(hit[0] + true_negative[0]) if code == "one_class" else int(hit.sum())
    share, (low, high) = right / total, wilson_interval(right, total, confidence)
    if code != "one_vs_rest":
        return share, (low, high)
    classes = len(matrix)
    return (
        float(((hit + true_negative) / total).mean()),
        (_against_the_rest(low, classes), _against_the_rest(high, classes)),
    )


def check_settings(averaging: str, code: str, undefined: str) -> None:
    """Refuse what `scores` does not know.

    Raises
    ------
    InputError
        Naming setting, value and what is known.

    Examples
    --------
    >>> check_settings("macro", "multiclass", "nan")
    Traceback (most recent call last):
    har_lib.errors.InputError: undefined = 'nan' is not known: it must be one of zero, skip
    """
    for name, value, known in (
        ("averaging", averaging, AVERAGING),
        ("code", code, CODES),
        ("undefined", undefined, UNDEFINED),
    ):
        if value not in known:
            raise InputError(
                f"{name} = {value!r} is not known: it must be one of {', '.join(known)}"
            )


def scores(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    averaging: str = "macro",
    labels: ArrayLike | None = None,
    confidence: float = 0.95,
    *,
    code: str = "multiclass",
    undefined: str = "zero",
) -> dict[str, Any]:
    """Every measure that the paper names, from one set of predictions.

    Parameters
    ----------
    y_true, y_pred : array_like, shape (N,)
        True and predicted labels.
    averaging : {"macro", "micro", "weighted"}
        Mean over classes, pooled counts, or mean weighted by the number of true clips.
    labels : array_like, shape (C,), optional
        The classes; by default all that occur on either side, sorted.
    confidence : float
        Of the interval.
    code : {"multiclass", "one_vs_rest", "one_class"}
        What is counted: all classes at once; each class against the rest, which makes
        ``accuracy`` that of `one_vs_rest_accuracy`; or the first of ``labels`` against the rest
        alone, whose two-by-two matrix then gives all measures, and ``averaging`` has no effect.
    undefined : {"zero", "skip"}
        A class whose quotient has the denominator 0, such as the precision of a class that is
        never predicted, counts as 0 in the mean, or is left out of it. Where nothing is left
        the mean is 0. Pooled counts (``"micro"``) know no such class.

    Returns
    -------
    dict
        Plain numbers and lists, ready for JSON:

        - ``accuracy``: as ``code`` counts it, whatever the averaging; plain by default;
        - ``precision``, ``recall``, ``f_measure``, ``sensitivity`` (the same as recall),
          ``specificity``: averaged;
        - ``averaging``, ``code``, ``labels``, ``confidence``: as used;
        - ``undefined``: measure -> number of counted classes for which it has the denominator 0;
        - ``per_class``: the averaged measures and ``support`` by class, in the order of labels,
          an undefined one as 0;
        - ``intervals``: ``accuracy`` -> [low, high] by Wilson, clips taken as independent. With
          several clips of one group it is too narrow; grouped intervals are in `evaluate`;
        - ``one_vs_rest_accuracy``: ``value``, ``chance`` and ``purpose``, for demonstration only.

    Raises
    ------
    InputError
        For empty or unequal input, an unknown averaging, code or rule for what is undefined, or
        a label not in ``labels``.

    Notes
    -----
    Macro F is the mean of the classes' F; the F of macro precision and macro recall is another
    number. Micro precision, recall and F all equal plain accuracy. F has a value for a class that
    occurs and is never predicted, 0, where its precision has none.

    References
    ----------
    Sokolova & Lapalme 2009, https://doi.org/10.1016/j.ipm.2009.03.002

    Examples
    --------
    >>> true, predicted = [0] * 5 + [1] * 3 + [2] * 2, [0, 0, 0, 0, 1, 1, 1, 2, 2, 0]
    >>> result = scores(true, predicted)
    >>> result["accuracy"], round(result["f_measure"], 6)
    (0.7, 0.655556)
    >>> [round(value, 6) for value in result["per_class"]["specificity"]]
    [0.8, 0.857143, 0.875]
    >>> scores(true, predicted, code="one_class")["accuracy"]
    0.8
    """
    check_settings(averaging, code, undefined)
    true, predicted = _labels_pair(y_true, y_pred)
    if predicted.ndim != 1:
        raise InputError(f"y_pred has shape {predicted.shape}: give one classifier, (N,)")
    known = _known_labels(true, predicted, labels)
    matrix = _counts(true, predicted, known)
    outcomes = _outcomes(matrix)
    if code == "one_class":
        first = tuple(counts[:1] for counts in outcomes)
        summary, without = _averaged(first, "macro", undefined)
    else:
        summary, without = _averaged(outcomes, averaging, undefined)
    value, interval = _coded_accuracy(matrix, code, confidence)
    return {
        "accuracy": value,
        **summary,
        "sensitivity": summary["recall"],
        "averaging": averaging,
        "code": code,
        "labels": known.tolist(),
        "confidence": float(confidence),
        "undefined": without,
        "per_class": {
            **{name: _ratio(*each).tolist() for name, each in _fractions(*outcomes).items()},
            "support": matrix.sum(axis=1).tolist(),
        },
        "intervals": {"accuracy": list(interval)},
        "one_vs_rest_accuracy": {
            "value": one_vs_rest_accuracy(true, predicted, known),
            "chance": one_vs_rest_chance(len(known)),
            "purpose": "demonstration only",
        },
    }
