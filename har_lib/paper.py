"""The paper as data, read-only: equations, what it claims, its figures, its slips, open questions.

Keyed by number or id, with the paper's own words. Figures are held here; the rest, which is
longer, in `paper_equations`, `paper_claims`, `paper_errata` and `paper_questions`, and all of it
is to be had under the names of this module.

Examples
--------
>>> reported("ALSTM", "accuracy")
95.15
>>> FIGURES["figure2_precision"].file
'figures/figure2_precision'
>>> ERRATA["reference_23"].page
89
"""

from collections.abc import Mapping
from dataclasses import dataclass

from har_lib.paper_claims import CLAIMS, METHODS, METRICS, Claim, reported
from har_lib.paper_equations import EQUATIONS, Equation
from har_lib.paper_errata import ERRATA, KINDS, Erratum
from har_lib.paper_parts import PLACES, SEVERITIES, by_id
from har_lib.paper_questions import AMBIGUITIES, Ambiguity

__all__ = [
    "AMBIGUITIES",
    "CLAIMS",
    "EQUATIONS",
    "ERRATA",
    "FIGURES",
    "KINDS",
    "METHODS",
    "METRICS",
    "PLACES",
    "SEVERITIES",
    "Ambiguity",
    "Claim",
    "Equation",
    "Erratum",
    "Figure",
    "reported",
]


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


_START, _RESULTS = "00_start_here", "06_results"
_OUTPUT = (
    "Figure 3: HAR output (a) Extracted key frames, (b)pre-processed output and "
    "(c) Prediction output"
)
_SCREEN = "The screen shot of proposed action recognition is given in figure 3."

#: Id, which is also the name of our file, -> picture of the paper.
FIGURES: Mapping[str, Figure] = by_id(
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
