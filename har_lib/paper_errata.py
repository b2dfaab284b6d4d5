r"""What is inconsistent, missing or misprinted outside the equations: each with place and page.

An entry quotes the paper's words, so that a reader who has only the paper finds it: the page is
that of the journal, 86 to 93, the place a heading or a step below one. Sentences are Markdown.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from har_lib.paper_parts import (
    ABSTRACT,
    ATTACK,
    CLASSIFIER,
    CONCLUSION,
    COVERAGE,
    DATA,
    EXPERIMENTS,
    FEATURES,
    INTRODUCTION,
    KEY_FRAMES,
    METHODOLOGY,
    MIGRATION,
    POINTS,
    REFERENCES,
    RESULTS,
    SEARCH,
    SHAPE,
    START,
    TERMINATION,
    by_id,
)

__all__ = ["ERRATA", "KINDS", "Erratum"]

#: What an entry is about, in the order of `ERRATA`.
KINDS = (
    "keywords and names",
    "protocol",
    "evidence",
    "baselines",
    "metrics",
    "figure numbers",
    "equation references",
    "references",
    "notation",
    "wording",
)


@dataclass(frozen=True)
class Erratum:
    """One slip outside the equations.

    Attributes
    ----------
    id : str
        Key in `ERRATA`.
    kind : str
        One of `KINDS`.
    severity : {"fatal", "reading", "cosmetic"}
        Fatal: because of it a reported number cannot be repeated, or what is concluded from one
        cannot be checked, and the paper offers no readings to choose from. Reading: what was
        done or is reported depends on how it is read. Cosmetic: what is meant stays clear, or
        nothing that is computed or reported depends on it.
    place : str
        Heading below which the quotation stands, with the step where there is one; one of
        `har_lib.paper_parts.PLACES`.
    page : int
        The journal's page, 86 to 93, on which the quotation stands.
    quotation : str
        The paper's words, literally.
    sentence : str
        What is inconsistent, missing or probably meant, in Markdown.
    against : str
        A second quotation that contradicts or repeats the first, or "".
    against_page : int
        The page on which that stands, or 0.
    """

    id: str
    kind: str
    severity: Literal["fatal", "reading", "cosmetic"]
    place: str
    page: int
    quotation: str
    sentence: str
    against: str = ""
    against_page: int = 0


def _equation_reference(id: str, place: str, page: int, quotation: str, meant: int) -> Erratum:
    sentence = f"The equation meant is ({meant})."
    return Erratum(id, "equation references", "cosmetic", place, page, quotation, sentence)


def _wording(id: str, place: str, page: int, quotation: str, sentence: str) -> Erratum:
    return Erratum(f"wording_{id}", "wording", "cosmetic", place, page, quotation, sentence)


_NAMES = (
    Erratum(
        "optimiser_in_keywords", "keywords and names", "reading", ABSTRACT, 86,
        "adaptive golden eagle optimization",
        "The keywords name another optimiser than the text, which describes adaptive seagull "
        "optimization.",
        "combination of LSTM and adaptive seagull optimization (ASO) algorithm", 86,
    ),
    Erratum(
        "optimiser_in_conclusion", "keywords and names", "reading", CONCLUSION, 93,
        "The proposed ALSTM classifier has been enhanced by SOA.",
        "The conclusion names plain seagull optimization where the method section has ASO, its "
        "combination with opposition-based learning.",
        "The ALSTM is a combination of LSTM and ASO.", 87,
    ),
    Erratum(
        "title_in_figure_3", "keywords and names", "reading", EXPERIMENTS, 92,
        "An Efficient Human Action Recognition Frmaework Using Hybrid Features and Enhanced LSTM",
        "The line inside figure 3 is not this paper's title, and which method the picture shows is "
        "not said; 'Frmaework' reads 'Framework'.",
    ),
    Erratum(
        "classifier_in_heading", "keywords and names", "cosmetic", CLASSIFIER, 89,
        "Activity recognition using enhanced long short term memory",
        "The heading calls the classifier enhanced, the text below it adaptive (ALSTM).",
        "the extracted features are fed to the ALSTM classifier to classify a different activity",
        89,
    ),
    Erratum(
        "adaptive", "keywords and names", "cosmetic", SEARCH, 90,
        "combination of seagull optimization and oppositional based learning algorithm (OBL)",
        "The optimiser is called adaptive, but no equation changes a setting by what the search "
        "has found; what is added to seagull optimization is opposition, at the start.",
    ),
)  # fmt: skip

_PROTOCOL = (
    Erratum(
        "frame_format", "protocol", "fatal", KEY_FRAMES, 87,
        "the videos are changed into n-number of frames",
        "Size and colour of the frames that are compared and filtered are not stated.",
    ),
    Erratum(
        "pairs_of_frames", "protocol", "reading", KEY_FRAMES, 88,
        "This similarity measure is done for all the pair of frames.",
        r"Equation (2) compares the successive frames $j$ and $j + 1$, not all pairs.",
        "SSIM(F_j, F_{j+1})", 88,
    ),
    Erratum(
        "threshold", "protocol", "fatal", KEY_FRAMES, 88,
        "there is a pre-defined threshold for selecting the main frames",
        "The threshold has no value.",
    ),
    Erratum(
        "frames_with_features", "protocol", "reading", FEATURES, 88,
        "we extract the three different features from each key frame",
        "The overview has the features of each frame, not of each key frame.",
        "the features of each frame are extracted", 87,
    ),
    Erratum(
        "silhouette", "protocol", "fatal", SHAPE, 88,
        "A human body's shape is treated as an object to be extracted in this approach.",
        "How the body is told from the background is not said; only the introduction names a "
        "subtraction of the background, as a component of such tasks in general.",
        "background minus, human tracking, and human action and object detection", 86,
    ),
    Erratum(
        "scale_selection", "protocol", "reading", POINTS, 89,
        r"By automatically selecting $(\eta, \tau)$ the size of the feature can be adjusted",
        "No equation says how scales are selected, and no value is given for either.",
    ),
    Erratum(
        "estimated_speed", "protocol", "reading", POINTS, 89,
        "With the estimated speed, the surroundings of the features can be adjusted",
        "No equation estimates a speed or says how surroundings are adjusted to it.",
    ),
    Erratum(
        "sti_length", "protocol", "fatal", POINTS, 89,
        "the vector of the dimension 1 × 40",
        "The length 40 is not derived, nor how the points of a frame become one vector; the jets "
        "of (7) up to order 4 have 34 components.",
    ),
    Erratum(
        "coverage_lengths", "protocol", "reading", COVERAGE, 89,
        "Material coverage is calculated by averaging the extracted interest points.",
        "An average gives a place; how lengths follow from it is not said.",
        "The horizontal and vertical lengths of an object can be measured based on its location.",
        89,
    ),
    Erratum(
        "unit_of_classification", "protocol", "reading", CLASSIFIER, 89,
        "to classify a different activity of key frames",
        "Here key frames are classified, in the abstract the video.",
        "categorise different activities of human in given input video", 86,
    ),
    Erratum(
        "network", "protocol", "fatal", CLASSIFIER, 89,
        "The LSTM unit has three control gates that are input, forget and output gates.",
        "Size of the hidden state, number of time steps, initial state, readout of a class and "
        "loss are not stated.",
    ),
    Erratum(
        "search_settings", "protocol", "fatal", START, 90,
        "Assume the size of the seagull population is n",
        r"Population, iterations, bounds, $F_c$ of (20) and $p$ and $q$ of (27) have no values.",
    ),
    Erratum(
        "termination", "protocol", "reading", TERMINATION, 91,
        "The algorithm continues until the optimal seagull (weight) is selected.",
        "Nothing tells when a seagull is the optimal one; (20) has a number of iterations.",
        "F_c / Max_{iteration}", 90,
    ),
    Erratum(
        "training", "protocol", "reading", TERMINATION, 91,
        "The selected weight value is given to the LSTM classifier.",
        "Whether the LSTM is trained from there on, and how, is not said.",
    ),
    Erratum(
        "software", "protocol", "cosmetic", RESULTS, 91,
        "MATLAB version 20a",
        "The release R2020a is probably meant.",
    ),
    Erratum(
        "protocol", "protocol", "fatal", DATA, 91,
        "UCF 101 action recognition dataset is utilized",
        "The split, and which classes and clips were used, are not stated; the data set as such is "
        "described.",
    ),
    Erratum(
        "stage_outputs", "protocol", "cosmetic", EXPERIMENTS, 91,
        "Each stage output screenshot is presented in this section.",
        "The stages are key frames, features and prediction; figure 3 has key frames, "
        "pre-processed frames and prediction.",
        "(b)pre-processed output", 92,
    ),
    Erratum(
        "pre_processing", "protocol", "reading", EXPERIMENTS, 92,
        "(b)pre-processed output",
        "A pre-processing is shown that the text does not describe.",
    ),
    Erratum(
        "repeats", "protocol", "fatal", EXPERIMENTS, 92,
        "When analysing Figure 1, our suggested method achieved",
        "Number of runs, seeds, variance and significance are not stated.",
    ),
)  # fmt: skip

_EVIDENCE = (
    Erratum(
        "better_result", "evidence", "reading", ABSTRACT, 86,
        "shows the better result based on precision, recall and F-Measure",
        "Of these three the text gives values of other methods for precision only.",
        "85.3% for ANN based HAR", 93,
    ),
    Erratum(
        "computational_cost", "evidence", "cosmetic", KEY_FRAMES, 88,
        "by minimizing computational problems",
        "No time, memory or other cost of the computation is reported.",
    ),
    Erratum(
        "gain_credited_to_soa", "evidence", "reading", EXPERIMENTS, 93,
        "This is due to SOA based parameter optimization process.",
        "The gain is credited to SOA, which is not the optimiser of ALSTM; ALSTM against LSTM "
        "could show the optimiser's part, but the settings and training of either are not stated.",
    ),
)  # fmt: skip

_BASELINES = (
    Erratum(
        "baselines", "baselines", "reading", EXPERIMENTS, 91,
        "such as LSTM, ANN and SVM",
        "SVM is announced and KNN reported.",
        "70.1% for KNN based HAR", 93,
    ),
    Erratum(
        "state_of_the_art", "baselines", "reading", EXPERIMENTS, 91,
        "different state-of-art methods",
        "The methods named are general classifiers; no result that others published for this data "
        "set is compared.",
    ),
    Erratum(
        "settings_of_baselines", "baselines", "fatal", EXPERIMENTS, 93,
        "92.1% for LSTM based HAR",
        "Settings, training and input are not stated for any method of the comparison.",
    ),
)  # fmt: skip

_METRICS = (
    Erratum(
        "metrics", "metrics", "reading", RESULTS, 91,
        "accuracy, sensitivity, specificity and F-Measure",
        "The abstract announces other metrics than the set-up, and the results have a third set: "
        "accuracy, precision, recall and F-measure.",
        "based on precision, recall and F-Measure", 86,
    ),
    Erratum(
        "specificity", "metrics", "cosmetic", RESULTS, 91,
        "different metrics namely, accuracy, sensitivity, specificity",
        "No specificity is reported, and the sensitivity announced here is called recall in the "
        "results.",
        "comparative analysis based on recall measure", 93,
    ),
    Erratum(
        "averaging", "metrics", "reading", RESULTS, 91,
        "The performance of proposed approach has been analysed using different metrics",
        "The metrics are not defined, and how they are averaged over many classes is not said.",
    ),
    Erratum(
        "precision_called_accuracy", "metrics", "reading", EXPERIMENTS, 93,
        "our proposed approach has a higher accuracy of 96.4%",
        "The value is the precision of figure 2; the accuracy is reported as 95.15%.",
        "the higher accuracy of 95.15%", 93,
    ),
    Erratum(
        "recall_and_accuracy", "metrics", "reading", EXPERIMENTS, 93,
        "our suggested method achieved the higher recall of 97.2%",
        "If every clip counts once and gets one label, and both numbers come from the same "
        "predictions, micro, weighted or macro recall cannot exceed accuracy by so much on the "
        "official test lists of UCF101, on these pooled or on all clips; other readings remain, "
        "such as key frames as the unit or numbers from different runs.",
        "the higher accuracy of 95.15%", 93,
    ),
    Erratum(
        "recall_of_baselines", "metrics", "reading", EXPERIMENTS, 93,
        "the higher recall of 97.2% which is high compared to the other methods",
        "The text gives no recall for the other methods.",
    ),
    Erratum(
        "f_measure_value", "metrics", "reading", EXPERIMENTS, 93,
        "our recommended method achieved the higher F-measure",
        "The text gives no F-measure for any method; precision 96.4% and recall 97.2% of one "
        "class would imply 96.80%.",
    ),
)  # fmt: skip

_FIGURE_NUMBERS = (
    Erratum(
        "figure_number_1", "figure numbers", "cosmetic", METHODOLOGY, 87,
        "The overall structure of the proposed methodology is given in figure 1.",
        "The number 1 is given to two figures.",
        "Figure 1 shows the effectiveness analysis", 92,
    ),
    Erratum(
        "figure_numbers", "figure numbers", "cosmetic", EXPERIMENTS, 92,
        "Figure 3: HAR output",
        "The number 3 is given to two figures.",
        "Figure 3: Comparative analysis based on Recall", 92,
    ),
    Erratum(
        "figure_number_4", "figure numbers", "cosmetic", DATA, 91,
        "Some of the activity of dataset is given in figure 4.",
        "The number 4 is given to two figures.",
        "Figure 4: Comparative analysis based on F-Measure", 92,
    ),
)  # fmt: skip

_EQUATION_REFERENCES = (
    Erratum(
        "reference_to_1", "equation references", "cosmetic", POINTS, 88,
        "external representation is structured based on equation (1)",
        "Probably (3) is meant, or only that the video is the one introduced there.",
    ),
    Erratum(
        "equation_references", "equation references", "cosmetic", CLASSIFIER, 89,
        "are as defined in equations (6)-(11)",
        "The equations meant are (8) to (13).",
    ),
    _equation_reference(
        "reference_to_7", CLASSIFIER, 89, "The output of the input gate is defined using (7)", 8
    ),
    _equation_reference(
        "reference_to_8", CLASSIFIER, 89, "The output of the forget gate is defined using (8)", 9
    ),
    _equation_reference(
        "reference_to_9", CLASSIFIER, 89, "The output of the output gate is defined using (9)", 10
    ),
    _equation_reference(
        "reference_to_10", CLASSIFIER, 89,
        "The current state of the input vector is defined using(10)", 11,
    ),
    _equation_reference(
        "reference_to_11", CLASSIFIER, 89, "The update state at time t is defined using (11)", 12
    ),
    _equation_reference(
        "reference_to_12", CLASSIFIER, 89,
        "The hidden state output at time t is defined using (12)", 13,
    ),
    _equation_reference(
        "reference_to_15", MIGRATION, 90,
        "The new position of SA is calculated using equation (15).", 19,
    ),
    _equation_reference(
        "reference_to_14", MIGRATION, 90, "In equation 14, the $F_C$ is used", 20
    ),
    _equation_reference(
        "reference_to_24", ATTACK, 91,
        "The position updating function is given in equation (24).", 28,
    ),
)  # fmt: skip

_REFERENCES = (
    Erratum(
        "reference_3", "references", "cosmetic", INTRODUCTION, 86,
        "are comparatively recognizable [3]",
        "By its title, reference 3 is about measuring energy expenditure and not about "
        "recognising actions.",
        "Assessment of Physical Activity and Energy Expenditure", 93,
    ),
    Erratum(
        "reference_10", "references", "cosmetic", INTRODUCTION, 87,
        "Jaouedi et al. [10]",
        "The list of references has the name without its last letter.",
        "Neziha Jaoued,", 93,
    ),
    Erratum(
        "proposed_ssim", "references", "cosmetic", KEY_FRAMES, 88,
        "The proposed SSIM is a reliable approach",
        "SSIM is called proposed; it is that of Wang et al. 2004, "
        "https://doi.org/10.1109/TIP.2003.819861, with the misprint of (2).",
    ),
    Erratum(
        "reference_30", "references", "cosmetic", POINTS, 89,
        "based on the camera movements [30]",
        "The list of references ends at 12.",
        "[12] Jakaria Rabbi", 93,
    ),
    Erratum(
        "reference_23", "references", "cosmetic", CLASSIFIER, 89,
        "the LSTM model [23]",
        "The list of references ends at 12.",
        "[12] Jakaria Rabbi", 93,
    ),
    Erratum(
        "sources_not_cited", "references", "reading", SEARCH, 90,
        "The seagull optimization algorithm is designed based on the behaviours of seagulls.",
        "No source is cited for SSIM, seagull optimization or opposition-based learning; [30] of "
        "the interest points and [23] of LSTM are not in the list, and after the introduction no "
        "entry of the list is cited.",
    ),
    Erratum(
        "data_not_cited", "references", "cosmetic", DATA, 91,
        "This database contains realistic action videos collected from YouTube",
        "No source is cited for the data set.",
    ),
    Erratum(
        "reference_11", "references", "cosmetic", REFERENCES, 93,
        "P. P. Rebou, cas Filho",
        "Reads 'P. P. Rebouças Filho', one author.",
    ),
)  # fmt: skip

_NOTATION = (
    Erratum(
        "covariance", "notation", "cosmetic", KEY_FRAMES, 88,
        r"$\sigma_{j+1}$ represent the covariance",
        r"Equation (2) has $\sigma_{jj+1}$ for the covariance.",
        r"2\sigma_{jj+1}+S_2", 88,
    ),
    Erratum(
        "coordinates", "notation", "cosmetic", POINTS, 88,
        "The term B, CandN indicates the (x, y, t) coordinates",
        "The coordinates are $B, C, N$ here, $b, c, n$ in (4) and $a, b, n$ in (7).",
        "U_a, U_b, U_n", 89,
    ),
    Erratum(
        "letter_capital_n", "notation", "cosmetic", COVERAGE, 89,
        "where N = 58 can be reached",
        "$N$ is the number of features here and a coordinate before (3).",
        "K(B, C, N)", 88,
    ),
    Erratum(
        "letter_a", "notation", "cosmetic", COVERAGE, 89,
        "the proposed classifier is given as input A",
        "$A$ is the vector of features here, the balance of the search in (21) and (22), and the "
        "index of a search agent in $P_A$.",
        "A is a random responsible value", 90,
    ),
    Erratum(
        "input_vector", "notation", "cosmetic", CLASSIFIER, 89,
        "Vt indicates the input vector",
        "The equations have $v_t$; $V$ is the video in (1).",
        "[h_{t-1}, v_t] W_I", 89,
    ),
    Erratum(
        "letter_n", "notation", "cosmetic", START, 90,
        "the size of the seagull population is n",
        "$n$ is the size of the population here, the number of frames in (1), and in (4) it "
        "stands where time belongs.",
        "Assume input video V which contains n number of frames", 88,
    ),
    Erratum(
        "symbol_of_the_position", "notation", "cosmetic", START, 90,
        "problem space dimension is d and the seagull position",
        "No symbol follows for the position, and $d$ is not used again.",
    ),
    Erratum(
        "letter_s", "notation", "cosmetic", START, 90,
        r"$S_i \rightarrow$ Set of solutions",
        "$S$ with an index is the set in (14), one solution in (15) and a constant in (2); in (16) "
        "$S$ is one number.",
        "$S_1$ and $S_2$ are two variables", 88,
    ),
    Erratum(
        "weights_of_the_output_gate", "notation", "cosmetic", START, 90,
        r"$W_Q \rightarrow$ Weight values of output gate",
        "The output gate's weights are $W_O$ in (10) and $W_0$ in (15).",
        "W_I W_U and W_0", 90,
    ),
    Erratum(
        "tanh_layer", "notation", "cosmetic", START, 90,
        "Weight values of tanH layer",
        "The layer is that of (11), whose output the text calls the input's current state.",
        "represents the input's current state", 89,
    ),
    Erratum(
        "letter_b", "notation", "cosmetic", MIGRATION, 90,
        "An additional variable B is used",
        "The formulas (19) and (20) have $D$ for it; $B$ is a coordinate before (3), and $B_A$ the "
        "move of (21).",
        "S_A = D", 90,
    ),
    Erratum(
        "frequency", "notation", "cosmetic", MIGRATION, 90,
        "the $F_C$ is used to manage the frequency of use of the variable D",
        "Equation (20) has $F_c$.",
        "D = F_c -", 90,
    ),
    Erratum(
        "letter_k", "notation", "cosmetic", ATTACK, 91,
        "k represented a random value",
        "$k$ is an angle here and the video in (3).",
        "= k * U(.", 88,
    ),
)  # fmt: skip

_WORDING = (
    _wording("systems", ABSTRACT, 86, "surveillance structures, patient monitoring structures",
             "'Structures' reads 'systems'."),
    _wording("simple", ABSTRACT, 86, "direct (or nuclear) actions", "Reads 'simple (or atomic)'."),
    _wording("deals", ABSTRACT, 86, "This paper delas with", "Reads 'deals'."),
    Erratum(
        "wording_stages", "wording", "cosmetic", ABSTRACT, 86,
        "Mainly three approaches are proposed model namely, feature extraction, key frame "
        "selection and classification.",
        "The approaches are stages, and key frames come first.",
        "Key frame extraction, feature extraction, and classification are three stages", 87,
    ),
    _wording("authority", INTRODUCTION, 86, "alert potential associated power",
             "Probably reads 'the authorities concerned'."),
    _wording("activity", INTRODUCTION, 86, "functional authentication systems",
             "Probably reads 'activity recognition'; 'function' stands for an action elsewhere "
             "too."),
    _wording("actions", INTRODUCTION, 86, "very difficult to identify more complex functions",
             "Reads 'activities'."),
    _wording("occlusion", INTRODUCTION, 86,
             "background mess, incomplete obstacles, variations in scale, vision, presence",
             "Probably reads 'clutter', 'partial occlusion', 'viewpoint' and 'appearance'."),
    _wording("subtraction", INTRODUCTION, 86, "background minus",
             "Reads 'background subtraction'."),
    _wording("atomic", INTRODUCTION, 86, "nuclear activities", "Reads 'atomic actions'."),
    _wording("pose", INTRODUCTION, 87, "post estimation", "Reads 'pose estimation'."),
    _wording("forest", INTRODUCTION, 87, "SVM and FR methods", "Reads 'RF', random forest."),
    _wording("constants", KEY_FRAMES, 88, "$S_1$ and $S_2$ are two variables",
             "Reads 'constants'."),
    _wording("sentence_twice", SHAPE, 88,
             r"In this, we split the object into $4 \times 4$ matrix",
             "The sentence stands twice in the paragraph."),
    _wording("recognised", SHAPE, 88, "The function can be authenticated",
             "Reads 'the action can be recognised'."),
    _wording("maxima", POINTS, 88, "By defining the features, the local maxima are calculated.",
             "Reads the other way round: the local maxima define the features."),
    _wording("determinant", POINTS, 89, r"$det(\mu)$ is used to determine the matrix",
             "Reads 'is the determinant of the matrix'."),
    _wording("neighbourhoods", POINTS, 89, "Spatial environments of attributes",
             "Probably reads 'space-time neighbourhoods of features'."),
    _wording("centre", POINTS, 89, "focal point of the elements",
             "Reads 'centre of the features'."),
    _wording("derivatives", POINTS, 89, "standardized subordinates",
             "Reads 'normalised derivatives'."),
    _wording("invariance", POINTS, 89,
             "to calculate the variability based on the camera movements",
             "Probably reads 'for invariance to camera movements', the opposite."),
    _wording("material", COVERAGE, 89, "Material coverage",
             "Reads 'coverage of the object'."),
    _wording("vector", COVERAGE, 89, "one aspect vector A dimension",
             "Reads 'one feature vector A, whose dimension'."),
    _wording("authentication", COVERAGE, 89, "To classify the function for authentication",
             "Reads 'to classify the action'."),
    _wording("sentences", CLASSIFIER, 89, "in sentences of greater distance",
             "The input is a video; the phrase belongs to the processing of language."),
    _wording("gradient", CLASSIFIER, 89, "gradient disappearance",
             "Known as 'vanishing gradient'."),
    _wording("breadcrumbs", SEARCH, 90,
             "To attract fish, they are dipped in breadcrumbs, and to attract fish they are dipped "
             "in breadcrumbs.",
             "The clause stands twice and probably reads 'they use bread crumbs'."),
    _wording("sponges", SEARCH, 90, "source of food for sponges", "Reads 'seagulls'."),
    _wording("sea_tigers", SEARCH, 90, "attack behaviour of sea tigers", "Reads 'seagulls'."),
    _wording("individuals", START, 90, "evolution begins with approximately individuals",
             "A number is missing, or 'approximately' reads 'arbitrary'."),
    _wording("subject", MIGRATION, 90,
             "represents the status of SA, indicates the current state of SA",
             "No symbol stands before 'indicates'."),
    _wording("movement", MIGRATION, 90, "operating behavior of SA", "Reads 'movement behaviour'."),
    _wording("exploration", MIGRATION, 90, "balancing between surveys and exploitative assets",
             "Reads 'exploration and exploitation'."),
    _wording("action_types", DATA, 91, "containing 50 function types", "Reads 'action types'."),
    _wording("which_is", EXPERIMENTS, 93, "95.15% which is 92.1% for LSTM based HAR",
             "Reads 'while it is'; the same in the sentence on precision."),
    _wording("release", EXPERIMENTS, 93, "According to Figure 2 release",
             "'Release' has no meaning here."),
)  # fmt: skip

#: Id -> slip outside the equations, by kind and then in the order of the paper, read-only.
ERRATA: Mapping[str, Erratum] = by_id(
    (
        *_NAMES,
        *_PROTOCOL,
        *_EVIDENCE,
        *_BASELINES,
        *_METRICS,
        *_FIGURE_NUMBERS,
        *_EQUATION_REFERENCES,
        *_REFERENCES,
        *_NOTATION,
        *_WORDING,
    )
)
