"""Every number that the paper prints of itself, its data and the work it cites, in its words.

Nothing is here that the paper does not report: `reported` gives None for the recall of a
baseline, for every F-measure and for SVM.

Examples
--------
>>> reported("ALSTM", "accuracy")
95.15
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from har_lib.errors import InputError
from har_lib.paper_parts import by_id

__all__ = ["CLAIMS", "METHODS", "METRICS", "Claim", "reported"]

#: Methods that the paper names for its comparison, and metrics that it names anywhere.
METHODS = ("ALSTM", "LSTM", "ANN", "KNN", "SVM")
METRICS = ("accuracy", "precision", "recall", "f_measure", "sensitivity", "specificity")


@dataclass(frozen=True)
class Claim:
    """One number of the paper.

    Attributes
    ----------
    id : str
        Key in `CLAIMS`.
    kind : {"result", "setting", "cited"}
        The paper's own measurement, a statement of its set-up, or a number of related work.
    method : str
        What the number belongs to; for results one of `METHODS`.
    metric : str
        What is measured or set; for results one of `METRICS`.
    value : float or str
        The number as printed, for results in percent; text where it is a name.
    unit : str
        Its unit, "1" for a pure number, "" for text.
    figure : str
        Id of the figure that shows it, or "".
    quotation : str
        The paper's words, literally.
    said_to_be : str
        The paper's word for it, in the same sentence, where that is not `metric`; "" elsewhere.
    """

    id: str
    kind: Literal["result", "setting", "cited"]
    method: str
    metric: str
    value: float | str
    unit: str
    figure: str
    quotation: str
    said_to_be: str = ""


def _result(
    method: str, metric: str, value: float, figure: str, quotation: str, said_to_be: str = ""
) -> Claim:
    return Claim(
        f"{metric}_{method.lower()}",
        "result",
        method,
        metric,
        value,
        "%",
        figure,
        quotation,
        said_to_be,
    )


def _setting(
    id: str,
    method: str,
    metric: str,
    value: float | str,
    unit: str,
    quotation: str,
    said_to_be: str = "",
) -> Claim:
    return Claim(id, "setting", method, metric, value, unit, "", quotation, said_to_be)


def _cited(id: str, method: str, value: float, quotation: str) -> Claim:
    return Claim(id, "cited", method, "accuracy", value, "%", "", quotation)


#: Id -> number of the paper, for example "accuracy_alstm".
CLAIMS: Mapping[str, Claim] = by_id(
    (
        _result("ALSTM", "accuracy", 95.15, "figure1_accuracy", "the higher accuracy of 95.15%"),
        _result("LSTM", "accuracy", 92.1, "figure1_accuracy", "92.1% for LSTM based HAR"),
        _result("ANN", "accuracy", 86.5, "figure1_accuracy", "86.5% FOR ANN based HAR"),
        _result("KNN", "accuracy", 70.1, "figure1_accuracy", "70.1% for KNN based HAR"),
        _result(
            "ALSTM",
            "precision",
            96.4,
            "figure2_precision",
            "According to Figure 2 release, our proposed approach has a higher accuracy of 96.4%",
            "accuracy",
        ),
        _result(
            "LSTM", "precision", 91.5, "figure2_precision", "91.5% for LSTM based HAR", "accuracy"
        ),
        _result(
            "ANN", "precision", 85.3, "figure2_precision", "85.3% for ANN based HAR", "accuracy"
        ),
        _result(
            "KNN", "precision", 70.6, "figure2_precision", "70.6% for KNN based HAR", "accuracy"
        ),
        _result("ALSTM", "recall", 97.2, "figure3_recall", "the higher recall of 97.2%"),
        _setting(
            "stages", "proposed approach", "stages", 3, "1", "mainly consists of three stages"
        ),
        _setting(
            "kinds_of_features", "proposed approach", "types of features", 3, "1",
            "three types of features are extracted",
        ),
        _setting("gates", "LSTM unit", "control gates", 3, "1", "has three control gates"),
        _setting(
            "length_shape", "shape feature", "length", 16, "1",
            "a vector of magnitude 1×16 can be obtained",
        ),
        _setting(
            "length_sti", "STI points", "length", 40, "1", "the vector of the dimension 1 × 40"
        ),
        _setting(
            "length_coverage", "coverage factor", "length", 2, "1",
            "giving a vector of dimensions 1 × 2",
        ),
        _setting("length_features", "all features", "length", 58, "1", "where N = 58"),
        _setting(
            "grid_side", "shape feature", "cells on a side", 4, "1",
            r"the size of the grid is $4 \times 4$",
        ),
        _setting("ssim_b1", "SSIM", "first constant", 0.01, "1", "$b_1 = 0.01$"),
        _setting("ssim_b2", "SSIM", "second constant", 0.03, "1", "$b_2 = 0.03$"),
        _setting(
            "ssim_range", "SSIM", "dynamic range", "2^{bitsperpixel} - 1", "gray level",
            "it has the value of $2^{bitsperpixel} - 1$",
        ),
        _setting("cell_empty", "shape feature", "least entry", 0, "1", "an array with 0 and 1"),
        _setting("cell_full", "shape feature", "largest entry", 1, "1", "an array with 0 and 1"),
        _setting(
            "movement_end", "ASO", "movement behaviour at the end", 0, "1",
            "linearly minimized from $F_C$ to 0",
        ),
        _setting(
            "random_minimum", "ASO", "least random value", 0, "1",
            "rand represent the random value [0,1]",
        ),
        _setting(
            "random_maximum", "ASO", "largest random value", 1, "1",
            "rand represent the random value [0,1]",
        ),
        _setting(
            "angle_minimum", "ASO", "least angle", 0, "rad", r"a random value $[0 \le k \le 2\pi]$"
        ),
        _setting(
            "angle_maximum", "ASO", "largest angle", r"2\pi", "rad",
            r"a random value $[0 \le k \le 2\pi]$",
        ),
        _setting("ucf101_types", "UCF101", "action types", 101, "1", "with 101 action types"),
        _setting(
            "ucf50_types", "UCF50", "action types", 50, "1", "containing 50 function types",
            "function types",
        ),
        _setting("ucf101_groups", "UCF101", "groups", 25, "1", "are grouped into 25 groups"),
        _setting(
            "ucf101_videos_minimum", "UCF101", "fewest videos of an action in a group", 4, "1",
            "with 4-7 videos of one action in each group",
        ),
        _setting(
            "ucf101_videos_maximum", "UCF101", "most videos of an action in a group", 7, "1",
            "with 4-7 videos of one action in each group",
        ),
        _setting(
            "software", "hardware and software", "language", "MATLAB version 20a", "",
            "implemented using MATLAB version 20a",
        ),
        _setting(
            "processor", "hardware and software", "clock", 1.9, "GHz",
            "CPU Intel® Pentium 1.9 GHz",
        ),
        _setting(
            "word", "hardware and software", "word of the system", 64, "bit",
            "64-bit operating system",
        ),
        _setting("memory", "hardware and software", "memory", 4, "GB", "4 GB of RAM"),
        _setting(
            "system", "hardware and software", "operating system", "Microsoft® Windows 10", "",
            "64-bit operating system, Microsoft® Windows 10",
        ),
        _cited(
            "cited_gupta_regression", "multiple logistic regression, reference 9", 80.72,
            "higher accuracies of 80.72%, 80.43%, and 80.75%",
        ),
        _cited(
            "cited_gupta_svm", "SVM, reference 9", 80.43,
            "higher accuracies of 80.72%, 80.43%, and 80.75%",
        ),
        _cited(
            "cited_gupta_forest", "FR, reference 9", 80.75,
            "higher accuracies of 80.72%, 80.43%, and 80.75%",
        ),
        _cited(
            "cited_marinho", "SVM and MLM, reference 11", 99.2,
            "the support vector machine and MLM achieved 99.2% accuracy",
        ),
        _cited(
            "cited_marinho_selection", "feature selection, reference 11", 98.1,
            "the new feature selection model achieved 98.1% accuracy",
        ),
        _cited("cited_rabbi", "SVM, reference 12", 96.33, "an average accuracy 96.33%"),
    )
)  # fmt: skip


def reported(method: str, metric: str) -> float | None:
    """Value in percent that the paper reports for a method, or None where it reports none.

    Parameters
    ----------
    method : str
        One of `METHODS`, in any case.
    metric : str
        One of `METRICS`, by the name that the paper uses: its recall is not its sensitivity.

    Raises
    ------
    InputError
        For a method or metric that the paper does not name at all.

    Examples
    --------
    >>> reported("KNN", "accuracy")
    70.1
    >>> reported("KNN", "recall") is None
    True
    """
    if method.upper() not in METHODS:
        raise InputError(f"method = {method!r} is not in the paper: use one of {METHODS}")
    if metric not in METRICS:
        raise InputError(f"metric = {metric!r} is not in the paper: use one of {METRICS}")
    claim = CLAIMS.get(f"{metric}_{method.lower()}")
    if claim is None:
        return None
    return float(claim.value)
