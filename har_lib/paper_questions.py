"""What the paper leaves open, as data: each question, its words, and why our default is what it is.

The answers that are offered are the choices of `har_lib.config`; each of them names the question
here that it settles, and every question is settled by at least one.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from har_lib.paper_parts import (
    ABSTRACT,
    ATTACK,
    CLASSIFIER,
    COVERAGE,
    DATA,
    EXPERIMENTS,
    FEATURES,
    FITNESS,
    INTRODUCTION,
    KEY_FRAMES,
    MIGRATION,
    OPPOSITE,
    POINTS,
    RESULTS,
    SHAPE,
    START,
    TERMINATION,
    by_id,
)

__all__ = ["AMBIGUITIES", "Ambiguity"]


@dataclass(frozen=True)
class Ambiguity:
    """One open question.

    Attributes
    ----------
    id : str
        Key in `AMBIGUITIES`.
    question : str
        What is not said, or said in two ways.
    quotation : str
        The paper's words that raise it, literally; "" where the paper is silent.
    place : str
        Heading below which they stand, or where the answer would belong; one of
        `har_lib.paper_parts.PLACES`.
    reason : str
        Why the default is what it is.
    not_offered : str
        Readings that no choice offers, and why; "" where none is known.
    """

    id: str
    question: str
    quotation: str
    place: str
    reason: str
    not_offered: str = ""


_ALL = (
    # ------------------------------------------------------------ frames and key frames
    Ambiguity(
        "frame_size",
        "At what size are frames processed?",
        "",
        KEY_FRAMES,
        "160x120 is the native size of the KTH clips on which such detectors were evaluated; it "
        "keeps the variances of the filters comparable between clips.",
    ),
    Ambiguity(
        "gray_conversion",
        "How does a colour frame become the gray one whose mean and variance are taken?",
        "",
        KEY_FRAMES,
        "Luma is what image libraries call gray.",
    ),
    Ambiguity(
        "ssim_statistics",
        "Are averages and variances taken in windows, or of the whole frame?",
        "The SSIM index among two frames with windows of general dimensions j and j+1 is measured",
        KEY_FRAMES,
        "The source has Gaussian windows; the text names windows, and then averages of frames.",
    ),
    Ambiguity(
        "ssim_constant",
        "Is the second constant of the denominator S1, as printed, or S2?",
        r"$S_1$ and $S_2$ are two variables defined as",
        KEY_FRAMES,
        "With S2, as in the source, a frame is similar to itself by 1.",
    ),
    Ambiguity(
        "ssim_reference",
        "With which frame is a frame compared?",
        "This similarity measure is done for all the pair of frames.",
        KEY_FRAMES,
        "Equation (2) has the frames j and j + 1.",
        "Every pair of a clip's frames: no rule would follow from so many values.",
    ),
    Ambiguity(
        "ssim_threshold",
        "What is the threshold, and is it the same for all clips?",
        "there is a pre-defined threshold for selecting the main frames",
        KEY_FRAMES,
        "Pre-defined speaks for one number; 0.9 was fixed before any accuracy was computed.",
    ),
    Ambiguity(
        "first_frame",
        "Is the first frame, which has none before it, a key frame?",
        "If the similarity index of frame is less than the threshold means, the frame is "
        "considered as key frame.",
        KEY_FRAMES,
        "With it a clip without any change still has one.",
    ),
    Ambiguity(
        "number_of_key_frames",
        "How many key frames may a clip have?",
        "we can reduce the memory space",
        KEY_FRAMES,
        "A sequence needs a few steps, and a clip of noise must not keep every frame.",
    ),
    Ambiguity(
        "duplicate_frames",
        "May a frame that equals the one before be a key frame?",
        "",
        KEY_FRAMES,
        "The same frame once more adds nothing to a sequence.",
    ),
    # ------------------------------------------------------------ shape
    Ambiguity(
        "foreground",
        "How is the body found?",
        "background minus, human tracking, and human action and object detection",
        INTRODUCTION,
        "The median over the clip needs no training, no past and one number.",
        "Person detectors and segmentation networks: nothing in the paper speaks of them. Another "
        "cleaning than opening by a 3x3 square and keeping the largest part.",
    ),
    Ambiguity(
        "empty_foreground",
        "What is the shape of a key frame in which no body is found?",
        "A human body's shape is treated as an object to be extracted in this approach.",
        SHAPE,
        "Zeros say what was found.",
    ),
    Ambiguity(
        "grid_extent",
        "What is split into 4x4: the body's box or the frame?",
        "we split the object into",
        SHAPE,
        "The text says the object.",
    ),
    Ambiguity(
        "cell_rule",
        "When is a cell 1?",
        "an array with 0 and 1 binary array can be created based on the object",
        SHAPE,
        "Half of a cell in a box, where one pixel would set nearly all; one pixel in a frame, "
        "where half would set none.",
    ),
    Ambiguity(
        "scan_order",
        "In which order are the cells read?",
        "From left to right, and from top left corner to bottom left corner, the grid is scanned.",
        SHAPE,
        "From left to right comes first.",
    ),
    Ambiguity(
        "uneven_cells",
        "What are the cells of an object whose sides four does not divide?",
        "Shapes are mapped to grids of fixed dimensions in this approach.",
        SHAPE,
        "Rounded edges leave every pixel as it is.",
    ),
    # ------------------------------------------------------------ space-time interest points
    Ambiguity(
        "local_scale",
        "What are the spatial and the temporal scale?",
        "represents spatial and temporal parameters",
        POINTS,
        "4 squared pixels and 2 squared frames are the finest scales of the program that the "
        "source's author published.",
    ),
    Ambiguity(
        "scale_selection",
        "How are scales selected automatically? No equation is given.",
        r"By automatically selecting $(\eta, \tau)$ the size of the feature can be adjusted",
        POINTS,
        "One scale assumes least and costs least.",
        "The source's iteration, which moves each point through scales until it rests.",
    ),
    Ambiguity(
        "integration_scale",
        "What is the factor c of (5)?",
        "the second-moment matrix is calculated, i.e. within its neighbourhood",
        POINTS,
        "2 is the value in the code of the source's author.",
    ),
    Ambiguity(
        "gaussian_time",
        "Is n in (4) the time coordinate or the number of frames?",
        "represent the total number of frames",
        POINTS,
        "As a coordinate it makes a kernel; as a number it makes nearly everything zero.",
    ),
    Ambiguity(
        "harris_constant",
        "What is the factor before the cubed trace in (6)? None is printed.",
        r"$H^{S} = det(\mu) - trace^{3}(\mu)$",
        POINTS,
        "0.005 is the source's; from 1/27 on nothing is positive.",
    ),
    Ambiguity(
        "point_threshold",
        "How strong must a local maximum be to count?",
        "the local maxima are calculated",
        POINTS,
        "A share of the clip's strongest response does not depend on contrast.",
        "Maxima that are not positive: as printed (6) has only such, where there is less structure "
        "than around them, and with (4) as printed every pixel is one. So no point is left where "
        "(4) or (6) is as printed, and what is chosen for points then has no effect.",
    ),
    Ambiguity(
        "maxima_neighbourhood",
        "Is a local maximum one in space and time, or in its frame?",
        "the local maxima are calculated",
        POINTS,
        "The source's points are local in space and time.",
    ),
    Ambiguity(
        "point_volume",
        "Are points sought in the whole clip, or near the key frames only?",
        "After the key frame extraction process, we extract the three different features from "
        "each key frame",
        FEATURES,
        "Points need the frames around them; searching the whole clip does not depend on the "
        "choice of key frames.",
        "The key frames alone: a single frame has no derivative in time, and successive key "
        "frames are not neighbours.",
    ),
    Ambiguity(
        "point_window",
        "Which points belong to a key frame?",
        "by separating the STI points from the frames",
        POINTS,
        "At one scale many frames have few maxima of their own, or none.",
    ),
    Ambiguity(
        "jet_signal",
        "Are the derivatives of (7) those of the kernel, as printed, or of the smoothed video?",
        "Following are the spatiotemporal jets used to evaluate this;",
        POINTS,
        "Those of the kernel are the same 34 numbers for every video.",
    ),
    Ambiguity(
        "velocity_adaptation",
        "How are the surroundings adjusted to the estimated speed? No equation is given.",
        "With the estimated speed, the surroundings of the features can be adjusted to calculate "
        "the variability based on the camera movements",
        POINTS,
        "Left out, because no equation says how.",
        "The source's iteration, which estimates velocity and adapts until it rests.",
    ),
    Ambiguity(
        "interest_vector",
        "Which 40 numbers are meant?",
        "the vector of the dimension 1 × 40",
        POINTS,
        "34 jets of (7) and 6 distinct entries of (5) are 40, and both are printed.",
        "A histogram over 40 words: its vocabulary would have to be learnt in each training "
        "fold, and the paper names none.",
    ),
    # ------------------------------------------------------------ coverage
    Ambiguity(
        "coverage_lengths",
        "How do lengths follow from the mean of the points?",
        "The horizontal and vertical lengths of an object can be measured based on its location.",
        COVERAGE,
        "The extent is the length that the points themselves have.",
        "The centre as two more numbers: the paper says 1x2.",
    ),
    Ambiguity(
        "coverage_unit",
        "In what unit are the lengths?",
        "giving a vector of dimensions 1 × 2",
        COVERAGE,
        "As a share of the frame they do not depend on the video's size.",
    ),
    # ------------------------------------------------------------ what the classifier sees
    Ambiguity(
        "feature_scaling",
        "Are the 58 numbers, which differ in size by orders of magnitude, brought to one scale?",
        r"one aspect vector A dimension is $1 \times N$ , where N = 58 can be reached",
        COVERAGE,
        "Mean 0 and deviation 1 by the training part is usual; bits stay bits.",
    ),
    Ambiguity(
        "time_step",
        "What is one time step of the LSTM?",
        "the extracted features are fed to the ALSTM classifier to classify a different activity "
        "of key frames",
        CLASSIFIER,
        "Key frames are the only sequence that the paper makes.",
    ),
    Ambiguity(
        "sequence_length",
        "How long is a sequence, when clips have different numbers of key frames?",
        "",
        CLASSIFIER,
        "Ten is our guess; shorter sequences are padded, and what is padded is masked.",
        "Sequences sorted by length: with the mask the result is the same.",
    ),
    Ambiguity(
        "network_size",
        "How large is the network?",
        "",
        CLASSIFIER,
        "32 units have about 12,000 weights, many for a search and few for Adam.",
        "Several layers, peepholes and a learnt initial state: nothing in (8) to (13) speaks of "
        "them.",
    ),
    Ambiguity(
        "gates",
        "Is sigma in (8) to (10) a function or a factor, and is h_t minus 1 meant in (9) and (10)?",
        "denotes the hyperbolic tangent function and the sigmoid function respectively",
        CLASSIFIER,
        "The text calls sigma a function, and (9) with h_t could not be computed.",
        "Another factor than 1; and h_t itself in (9) and (10), which (13) computes from them.",
    ),
    Ambiguity(
        "readout",
        "How does a class follow from the hidden states?",
        "categorise different activities of human in given input video",
        ABSTRACT,
        "The last state has read the whole sequence.",
        "A readout solved in closed form for each solution: nothing in the paper speaks of one.",
    ),
    # ------------------------------------------------------------ search and training
    Ambiguity(
        "search_role",
        "Are the searched weights final, or where training starts?",
        "The selected weight value is given to the LSTM classifier.",
        TERMINATION,
        "As a start they leave the LSTM its own learning, which the search alone does not reach.",
        "A search over learning rate and size of the network: (15) lists weights.",
    ),
    Ambiguity(
        "search_rule",
        "What is B in (22)?",
        "An additional variable B is used to estimate the new search agent location",
        MIGRATION,
        "After the paper's renaming of its source it is D.",
        "B as the B_A of (21), which needs A itself, and another constant than 2, the source's "
        "F_c.",
    ),
    Ambiguity(
        "searched_weights",
        "Do biases and readout belong to a solution?",
        "The solutions are consisting of the weight values of LSTM",
        START,
        "The paper describes nothing else that would set them.",
    ),
    Ambiguity(
        "search_budget",
        "How many seagulls, and how many iterations?",
        "Assume the size of the seagull population is n",
        START,
        "30 and 100 are usual for such searches.",
    ),
    Ambiguity(
        "termination",
        "When does the search end?",
        "The algorithm continues until the optimal seagull (weight) is selected.",
        TERMINATION,
        "At the last iteration, because (20) needs their number.",
    ),
    Ambiguity(
        "search_bounds",
        "What are the bounds a and b?",
        r"$S \in [a, b]$ is a real number",
        OPPOSITE,
        "1 over the root of the hidden size is where PyTorch draws its first weights from.",
    ),
    Ambiguity(
        "search_constants",
        "What are F_c, p and q?",
        "p and q are the constant value",
        ATTACK,
        "2, 1 and 1 are the source's.",
    ),
    Ambiguity(
        "random_numbers",
        "Are k and rand drawn for a seagull or for each of its coordinates?",
        "k represented a random value",
        ATTACK,
        "One symbol, one number for the seagull.",
    ),
    Ambiguity(
        "distance_sign",
        "Is the absolute value in (23) meant, which loses the direction of the best?",
        "defined as distance between the SA and best fit SA",
        MIGRATION,
        "It is printed, here and in the source.",
    ),
    Ambiguity(
        "outside_box",
        "What happens to a seagull that leaves the box?",
        "",
        ATTACK,
        "Moving it to the side of the box is the usual rule.",
    ),
    Ambiguity(
        "acceptance",
        "Does a seagull move to a worse place?",
        "saves the best solution and updates other SAs' position",
        ATTACK,
        "Nothing in (28) asks for the fitness of the old place.",
    ),
    Ambiguity(
        "opposition",
        "Which of the solutions and their opposites are kept, and are opposites made only once?",
        "opposite solutions are generated based on the initial solutions",
        OPPOSITE,
        "The better half, and only at the start, as the text says initial.",
    ),
    Ambiguity(
        "fitness_measure",
        "Is fitness (18) as printed, and how are equal solutions told apart?",
        "A fitness function is considered to be the maximum accuracy.",
        FITNESS,
        "Accuracy, less so little of the cross-entropy that on a few hundred clips it hardly does "
        "more than order equals.",
    ),
    Ambiguity(
        "fitness_clips",
        "On which clips is fitness taken, and what watches training?",
        "the fitness value is evaluated for each solution",
        FITNESS,
        "The training part for the search, held-out groups for early stopping.",
    ),
    Ambiguity(
        "training",
        "How is the LSTM trained, beside the search?",
        "",
        CLASSIFIER,
        "Adam is the usual method; its step size and number of epochs were not tuned.",
        "Other optimisers, and other batches than 32 clips.",
    ),
    # ------------------------------------------------------------ evaluation
    Ambiguity(
        "baselines",
        "What are the rivals' settings, and what do they see of a sequence?",
        "different state-of-art methods such as LSTM, ANN and SVM",
        EXPERIMENTS,
        "The library's own settings, and a summary that does not depend on the clip's length.",
        "Other step sizes of the ANN: the library's own is used.",
    ),
    Ambiguity(
        "tuning",
        "How were the settings of each method chosen, and with the same effort for all?",
        "This is due to SOA based parameter optimization process.",
        EXPERIMENTS,
        "No method is tuned, so that none is tuned more than another; choosing takes several times "
        "as long.",
        "Settings chosen on the tested clips: their accuracy would then be too high.",
    ),
    Ambiguity(
        "classes",
        "Were all 101 actions used?",
        "realistic action videos collected from YouTube with 101 action types",
        DATA,
        "All that the data have.",
        "A list of names: a folder with fewer actions does the same.",
    ),
    Ambiguity(
        "unit",
        "Is a clip classified, or each of its key frames?",
        "to classify a different activity of key frames",
        CLASSIFIER,
        "The data set labels clips.",
    ),
    Ambiguity(
        "split",
        "Which clips were held out?",
        "Videos in the same group may share some common features, such as the same background "
        "and the same views.",
        DATA,
        "Whole groups, so that no scene stands on both sides.",
    ),
    Ambiguity(
        "repeats",
        "How often was the experiment run, and which run is reported?",
        "the higher accuracy of 95.15%",
        EXPERIMENTS,
        "Once by default; all runs count alike.",
    ),
    Ambiguity(
        "metrics",
        "How are metrics of two classes averaged over many?",
        "different metrics namely, accuracy, sensitivity, specificity and F-Measure",
        RESULTS,
        "Accuracy is the share of clips, the others are means over classes.",
    ),
    Ambiguity(
        "undefined_precision",
        "What is the precision of a class that is never predicted?",
        "",
        RESULTS,
        "0, as scikit-learn has it; leaving it out flatters.",
    ),
)

#: Id -> open question, read-only.
AMBIGUITIES: Mapping[str, Ambiguity] = by_id(_ALL)
