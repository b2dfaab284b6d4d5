"""The paper as data, read-only: equations, what it claims, its figures and its slips.

Keyed by number or id, with the paper's own words. Nothing is here that the paper does not
report: `reported` gives None for the recall of a baseline, for every F-measure and for SVM.

Examples
--------
>>> reported("ALSTM", "accuracy")
95.15
>>> FIGURES["figure2_precision"].file
'figures/figure2_precision'
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, Protocol, TypeVar

from har_lib.errors import InputError
from har_lib.paper_equations import EQUATIONS, Equation

__all__ = [
    "CLAIMS",
    "EQUATIONS",
    "ERRATA",
    "FIGURES",
    "METHODS",
    "METRICS",
    "Claim",
    "Equation",
    "Erratum",
    "Figure",
    "reported",
]

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
    """

    id: str
    kind: Literal["result", "setting", "cited"]
    method: str
    metric: str
    value: float | str
    unit: str
    figure: str
    quotation: str


@dataclass(frozen=True)
class Figure:
    """One picture of the paper.

    Attributes
    ----------
    id : str
        Key in `FIGURES` and name of our file.
    number : int
        As printed; 1, 3 and 4 are given twice.
    part : str
        "a", "b", "c", or "".
    caption : str
        As printed; "" where the text at hand has none.
    mention : str
        The paper's words that refer to it.
    shows : str
        What is to be seen.
    notebook : str
        The notebook that draws it anew.
    """

    id: str
    number: int
    part: str
    caption: str
    mention: str
    shows: str
    notebook: str

    @property
    def file(self) -> str:
        """Path of our figure in the checkout, without the ending."""
        return f"figures/{self.id}"


@dataclass(frozen=True)
class Erratum:
    """One slip outside the equations.

    Attributes
    ----------
    id : str
        Key in `ERRATA`.
    quotation : str
        The paper's words, literally.
    sentence : str
        What is inconsistent, missing or probably meant.
    against : str
        A second quotation that contradicts the first, or "".
    """

    id: str
    quotation: str
    sentence: str
    against: str = ""


class _Identified(Protocol):
    @property
    def id(self) -> str: ...


Entry = TypeVar("Entry", bound=_Identified)


def _by_id(entries: Iterable[Entry]) -> Mapping[str, Entry]:
    """Read-only mapping of the entries by id; a doubled id is a defect of this file."""
    keyed: dict[str, Entry] = {}
    for entry in entries:
        if entry.id in keyed:
            raise ValueError(f"id {entry.id!r} is given twice")
        keyed[entry.id] = entry
    return MappingProxyType(keyed)


def _result(method: str, metric: str, value: float, figure: str, quotation: str) -> Claim:
    return Claim(
        f"{metric}_{method.lower()}", "result", method, metric, value, "%", figure, quotation
    )


def _setting(
    id: str, method: str, metric: str, value: float | str, unit: str, quotation: str
) -> Claim:
    return Claim(id, "setting", method, metric, value, unit, "", quotation)


def _cited(id: str, method: str, value: float, quotation: str) -> Claim:
    return Claim(id, "cited", method, "accuracy", value, "%", "", quotation)


#: Id -> number of the paper, for example "accuracy_alstm".
CLAIMS: Mapping[str, Claim] = _by_id(
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
        ),
        _result("LSTM", "precision", 91.5, "figure2_precision", "91.5% for LSTM based HAR"),
        _result("ANN", "precision", 85.3, "figure2_precision", "85.3% for ANN based HAR"),
        _result("KNN", "precision", 70.6, "figure2_precision", "70.6% for KNN based HAR"),
        _result("ALSTM", "recall", 97.2, "figure3_recall", "the higher recall of 97.2%"),
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
        _setting("ucf101_types", "UCF101", "action types", 101, "1", "with 101 action types"),
        _setting("ucf50_types", "UCF50", "action types", 50, "1", "containing 50 function types"),
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


_START, _RESULTS = "00_start_here", "06_results"
_OUTPUT = (
    "Figure 3: HAR output (a) Extracted key frames, (b)pre-processed output and "
    "(c) Prediction output"
)
_SCREEN = "The screen shot of proposed action recognition is given in figure 3."

#: Id, which is also the name of our file, -> picture of the paper.
FIGURES: Mapping[str, Figure] = _by_id(
    (
        Figure(
            "figure1_block_diagram", 1, "", "",
            "The overall structure of the proposed methodology is given in figure 1.",
            "block diagram from the input video over key frames and features to the class",
            _START,
        ),
        Figure(
            "figure4_sample_frames", 4, "", "",
            "Some of the activity of dataset is given in figure 4.",
            "sample frames of the data set",
            _START,
        ),
        Figure("figure3a_key_frames", 3, "a", _OUTPUT, _SCREEN, "the key frames of a clip",
               _RESULTS),
        Figure("figure3b_preprocessed", 3, "b", _OUTPUT, _SCREEN,
               "the same frames after pre-processing", _RESULTS),
        Figure("figure3c_prediction", 3, "c", _OUTPUT, _SCREEN, "the predicted action",
               _RESULTS),
        Figure(
            "figure1_accuracy", 1, "", "",
            "Figure 1 shows the effectiveness analysis of suggested approach based on accuracy.",
            "accuracy of ALSTM and of the methods it is compared with",
            _RESULTS,
        ),
        Figure(
            "figure2_precision", 2, "",
            "Figure 2: Comparative analysis based on Precision",
            "in figure 2, the effectiveness of the suggested method is analysed based on "
            "precision measure",
            "precision of ALSTM and of the methods it is compared with",
            _RESULTS,
        ),
        Figure(
            "figure3_recall", 3, "",
            "Figure 3: Comparative analysis based on Recall",
            "Figure 3 presents comparative analysis based on recall measure.",
            "recall of ALSTM and of the methods it is compared with",
            _RESULTS,
        ),
        Figure(
            "figure4_f_measure", 4, "",
            "Figure 4: Comparative analysis based on F-Measure",
            "achieved the higher F-measure which is shows in figure 4",
            "F-measure of ALSTM and of the methods it is compared with",
            _RESULTS,
        ),
    )
)  # fmt: skip


#: Id -> slip outside the equations.
ERRATA: Mapping[str, Erratum] = _by_id(
    (
        Erratum(
            "optimiser_in_keywords",
            "adaptive golden eagle optimization",
            "The keywords name another optimiser than the text, which describes adaptive seagull "
            "optimization.",
            "combination of LSTM and adaptive seagull optimization (ASO) algorithm",
        ),
        Erratum(
            "optimiser_in_conclusion",
            "The proposed ALSTM classifier has been enhanced by SOA.",
            "The conclusion names plain seagull optimization where the method section has ASO, "
            "its combination with opposition-based learning.",
            "The ALSTM is a combination of LSTM and ASO.",
        ),
        Erratum(
            "gain_credited_to_soa",
            "This is due to SOA based parameter optimization process.",
            "The gain is credited to SOA, which is not the optimiser of ALSTM, and no experiment "
            "separates the optimiser's part.",
        ),
        Erratum(
            "title_in_figure_3",
            "An Efficient Human Action Recognition Frmaework Using Hybrid Features and Enhanced "
            "LSTM",
            "The line inside figure 3 is not this paper's title; it is close to that of another "
            "paper by two of the authors, https://doi.org/10.1504/IJSSE.2023.133016, and "
            "'Frmaework' reads 'Framework'.",
        ),
        Erratum(
            "classifier_in_heading",
            "Activity recognition using enhanced long short term memory",
            "The heading calls the classifier enhanced, the text below it adaptive (ALSTM).",
            "the extracted features are fed to the ALSTM classifier",
        ),
        Erratum(
            "sti_length",
            "the vector of the dimension 1 × 40",
            "The length 40 is not derived; the jets of (7) up to order 4 have 34 components.",
        ),
        Erratum(
            "baselines",
            "such as LSTM, ANN and SVM",
            "SVM is announced and KNN reported, and no baseline has its settings given.",
            "70.1% for KNN based HAR",
        ),
        Erratum(
            "metrics",
            "accuracy, sensitivity, specificity and F-Measure",
            "The abstract announces other metrics than the set-up, and the results report "
            "accuracy, precision and recall; a specificity is never reported.",
            "based on precision, recall and F-Measure",
        ),
        Erratum(
            "precision_called_accuracy",
            "our proposed approach has a higher accuracy of 96.4%",
            "The value is the precision of figure 2; the accuracy is reported as 95.15%.",
            "the higher accuracy of 95.15%",
        ),
        Erratum(
            "recall_of_baselines",
            "the higher recall of 97.2% which is high compared to the other methods",
            "The text gives no recall for the other methods.",
        ),
        Erratum(
            "f_measure_value",
            "our recommended method achieved the higher F-measure",
            "The text gives no F-measure for any method; precision 96.4% and recall 97.2% of one "
            "matrix would imply 96.80%.",
        ),
        Erratum(
            "protocol",
            "UCF 101 action recognition dataset is utilized",
            "Split, classes, number of clips, threshold, population, iterations, hidden size, "
            "seeds, variance and significance are not stated.",
        ),
        Erratum(
            "figure_numbers",
            "Figure 3: HAR output",
            "The numbers 1, 3 and 4 are each given to two figures.",
            "Figure 3: Comparative analysis based on Recall",
        ),
        Erratum(
            "reference_23",
            "the LSTM model [23]",
            "The list of references ends at 12.",
        ),
        Erratum(
            "reference_30",
            "based on the camera movements [30]",
            "The list of references ends at 12.",
        ),
        Erratum(
            "sources_not_cited",
            "The seagull optimization algorithm is designed based on the behaviours of seagulls.",
            "No source is cited for SSIM, space-time interest points, seagull optimization or "
            "opposition-based learning, and the one for LSTM, [23], is not in the list.",
        ),
        Erratum(
            "equation_references",
            "are as defined in equations (6)-(11)",
            "The equations meant are (8) to (13); other references in the text are off as well.",
        ),
        Erratum("wording_subtraction", "background minus", "Reads 'background subtraction'."),
        Erratum("wording_atomic", "nuclear activities", "Reads 'atomic actions'."),
        Erratum("wording_pose", "post estimation", "Reads 'pose estimation'."),
        Erratum("wording_forest", "SVM and FR methods", "Reads 'RF', random forest."),
        Erratum(
            "wording_derivatives", "standardized subordinates", "Reads 'normalised derivatives'."
        ),
        Erratum("wording_centre", "focal point of the elements", "Reads 'centre of the features'."),
        Erratum("wording_sponges", "source of food for sponges", "Reads 'seagulls'."),
        Erratum("wording_sea_tigers", "attack behaviour of sea tigers", "Reads 'seagulls'."),
        Erratum("wording_movement", "operating behavior of SA", "Reads 'movement behaviour'."),
    )
)
