r"""The paper's 28 equations as data: as printed, corrected, with symbols, source and place.

`printed` keeps the misprints; `corrected` is the primary source's formula in the paper's
symbols, with the indices that a reader needs. The LaTeX is what MathJax and Matplotlib both read.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from har_lib.errors import InputError
from har_lib.paper_parts import (
    ATTACK,
    CLASSIFIER,
    FITNESS,
    KEY_FRAMES,
    MIGRATION,
    OPPOSITE,
    POINTS,
    SEVERITIES,
    START,
)

__all__ = ["EQUATIONS", "SEVERITIES", "Equation", "Symbol"]

#: A LaTeX symbol, what it stands for, and its unit ("1" for a pure number).
Symbol = tuple[str, str, str]


@dataclass(frozen=True)
class Equation:
    r"""One numbered equation of the paper.

    Attributes
    ----------
    number : int
        Number as printed, 1 to 28.
    printed, corrected : str
        LaTeX without a number: the paper's print, and the formula of the primary source.
    symbols : tuple of (symbol, meaning, unit)
        Every symbol of the corrected form and of the printed one where they differ.
    says : str
        The paper's own words that introduce it.
    erratum : str
        What is misprinted or left open, in one sentence of Markdown; empty when nothing is.
    source : str
        The primary source, with its DOI.
    place : str
        The heading in the paper, and the step below it; one of `har_lib.paper_parts.PLACES`.
    severity : {"fatal", "reading", "cosmetic", "none"}
        One of `SEVERITIES`. Fatal: computed as printed the step has no use under any reading
        we know. Reading: what it does depends on how an open word or symbol is read, or on a
        value or rule that is not given. Cosmetic: notation, numbering or a missing explanation;
        what the formula computes is clear. None: it stands.
    consequence : str
        What follows, computed as printed, in one sentence of Markdown without a measured
        number; empty where the severity is cosmetic or none.

    Examples
    --------
    >>> EQUATIONS[16].markdown("printed")
    '$$ \\overline{S} = a + b - S \\tag{16} $$'
    """

    number: int
    printed: str
    corrected: str
    symbols: tuple[Symbol, ...]
    says: str
    erratum: str
    source: str
    place: str
    severity: Literal["fatal", "reading", "cosmetic", "none"]
    consequence: str = ""

    def markdown(self, form: str = "corrected") -> str:
        r"""Display mathematics with its ``\tag``, for a notebook cell or a page.

        Parameters
        ----------
        form : {"corrected", "printed"}
            Which LaTeX.

        Raises
        ------
        InputError
            For any other form.
        """
        if form not in ("corrected", "printed"):
            raise InputError(f"form = {form!r} is not known: use 'corrected' or 'printed'")
        latex = self.corrected if form == "corrected" else self.printed
        return f"$$ {latex} \\tag{{{self.number}}} $$"

    def symbol_table(self) -> str:
        """Markdown table of the symbols, their meanings and units."""
        rows = [f"| ${symbol}$ | {meaning} | {unit} |" for symbol, meaning, unit in self.symbols]
        return "\n".join(["| symbol | meaning | unit |", "|---|---|---|", *rows])


_WANG = "Wang et al. 2004, https://doi.org/10.1109/TIP.2003.819861"
_LAPTEV = "Laptev 2005, https://doi.org/10.1007/s11263-005-1838-7"
_LSTM = "Hochreiter & Schmidhuber 1997, https://doi.org/10.1162/neco.1997.9.8.1735"
_FORGET = "Gers et al. 2000, https://doi.org/10.1162/089976600300015015"
_SEAGULL = "Dhiman & Kumar 2019, https://doi.org/10.1016/j.knosys.2018.11.024"
_OPPOSITION = "Tizhoosh 2005, https://doi.org/10.1109/CIMCA.2005.1631345"
_MEASURES = "Sokolova & Lapalme 2009, https://doi.org/10.1016/j.ipm.2009.03.002"
_OWN = "the paper itself"

_VARIANCES: tuple[Symbol, ...] = (
    (r"\eta", "spatial scale, standard deviation of the Gaussian", "px"),
    (r"\tau", "temporal scale, standard deviation of the Gaussian", "frame"),
)
_KERNEL: Symbol = ("U", "spatio-temporal Gaussian kernel", "1/(px² frame)")
_SMOOTHED: Symbol = ("K", "smoothed video, its scale-space representation", "gray level")
_COORDINATES: Symbol = ("b, c, n", "coordinates x, y and time", "px, px, frame")
_MOMENTS: Symbol = (
    r"\mu",
    "second-moment matrix, 3 x 3, of scale-normalised derivatives",
    "gray level²",
)
_STATE: tuple[Symbol, ...] = (
    ("[h_{t-1}, v_t]", "previous hidden state beside the input vector of time step t", "1"),
    (r"\sigma", "sigmoid function, element by element", "1"),
)
_CELL: tuple[Symbol, ...] = (
    ("U_t", "cell state at time t, the paper's update state", "1"),
    ("*", "element-by-element product", "1"),
)
_AGENT: Symbol = ("P_A(y)", "position of a search agent at iteration y", "1")
_BEST: Symbol = ("P_{bs}(y)", "position of the fittest seagull so far", "1")
_MOVEMENT: Symbol = ("D", "movement behaviour, falls linearly from F_c to 0", "1")
_BALANCE: Symbol = ("A", "random weight between exploration and exploitation", "1")
_SHIFTED: Symbol = ("S_A", "position that avoids collisions", "1")
_ATTRACTED: Symbol = ("B_A", "move towards the fittest seagull", "1")
_RADIUS: Symbol = ("R^r", "radius of the spiral; one symbol, not a power", "1")
_ANGLE: Symbol = ("k", "random angle, uniform in [0, 2π]", "rad")
_COUNTS: tuple[Symbol, ...] = (
    (r"\mathrm{TP}, \mathrm{TN}", "true positives and true negatives", "clips"),
    (r"\mathrm{FP}, \mathrm{FN}", "false positives and false negatives", "clips"),
)


def _gate(
    number: int,
    letter: str,
    name: str,
    previous: str,
    says: str,
    erratum: str,
    consequence: str,
) -> Equation:
    """One of the three gates; `previous` is how the paper prints the former hidden state."""
    weights: Symbol = (f"W_{letter}, b_{letter}", f"weights and bias of the {name} gate", "1")
    return Equation(
        number,
        rf"{letter}_t = ([{previous}, v_t] W_{letter} + b_{letter}) \sigma",
        rf"{letter}_t = \sigma([h_{{t-1}}, v_t] W_{letter} + b_{letter})",
        ((f"{letter}_t", f"output of the {name} gate", "1"), *_STATE, weights),
        says,
        erratum,
        _FORGET if name == "forget" else _LSTM,
        CLASSIFIER,
        "reading",
        consequence,
    )


def _spiral(number: int, letter: str, shape: str, latex: str) -> Equation:
    """One axis of the spiral flight, (24) to (26)."""
    return Equation(
        number,
        f"{letter}' = R^r \\times {latex}",
        f"{letter}' = R^r \\times {latex}",
        ((f"{letter}'", f"{shape} component of the spiral", "1"), _RADIUS, _ANGLE),
        "This behaviour in the u, v, w direction is described as follows;",
        "The radius is written $R^r$, which reads as a power, and the letter $k$ already names "
        "the video in (3).",
        _SEAGULL,
        ATTACK,
        "cosmetic",
    )


_ALL = (
    Equation(
        1,
        r"V = \{F_1, F_2, F_3, \dots, F_n\}",
        r"V = \{F_1, F_2, F_3, \dots, F_n\}",
        (
            ("V", "video, a sequence of frames", "gray level"),
            (r"F_1, F_2, F_3, \dots, F_n", "frames in order of time", "gray level"),
            ("n", "number of frames", "1"),
        ),
        "The sample video sequences is expressed as follows;",
        "The letters return with other meanings: $F$ for the forget gate in (9) and in $F_c$ "
        "of (20), $n$ for time in (4) and for the population size in (14).",
        _OWN,
        KEY_FRAMES,
        "cosmetic",
    ),
    Equation(
        2,
        r"\mathrm{SSIM}(F_j, F_{j+1}) = \frac{(2\mu_j\mu_{j+1} + S_1)(2\sigma_{jj+1} + S_2)}"
        r"{(\mu_j^2 + \mu_{j+1}^2 + S_1)(\sigma_j^2 + \sigma_{j+1}^2 + S_1)}",
        r"\mathrm{SSIM}(F_j, F_{j+1}) = \frac{(2\mu_j\mu_{j+1} + S_1)(2\sigma_{jj+1} + S_2)}"
        r"{(\mu_j^2 + \mu_{j+1}^2 + S_1)(\sigma_j^2 + \sigma_{j+1}^2 + S_2)}",
        (
            (r"\mathrm{SSIM}", "structural similarity of two frames, 1 for equal ones", "1"),
            ("F_j, F_{j+1}", "two successive frames", "gray level"),
            (r"\mu_j, \mu_{j+1}", "their averages", "gray level"),
            (r"\sigma_j^2, \sigma_{j+1}^2", "their variances", "gray level²"),
            (r"\sigma_{jj+1}", "their covariance", "gray level²"),
            ("S_1, S_2", "constants (0.01 l)² and (0.03 l)²; l is the range", "gray level²"),
        ),
        "The SSIM index among two frames with windows of general dimensions j and j+1 is measured "
        "using Equation 2;",
        "The last factor repeats $S_1$ where the source has $S_2$, so that the similarity of "
        "a frame with itself is not 1; the text speaks of windows but gives them the frames' "
        "indices, and it prints the covariance with one index.",
        _WANG,
        KEY_FRAMES,
        "reading",
        "Taken in windows, flat regions score $S_2 / S_1$ with themselves, far above any "
        "threshold, so that they outweigh change and fewer frames are selected; taken over the "
        "whole frame, every similarity rises a little, which changes the selection where "
        "similarities lie near the threshold.",
    ),
    Equation(
        3,
        r"K(., \eta^2, \tau^2) = k * U(., \eta^2, \tau^2)",
        r"K(\cdot, \eta^2, \tau^2) = k * U(\cdot, \eta^2, \tau^2)",
        (
            _SMOOTHED,
            ("k", "video as a function of x, y and time", "gray level"),
            _KERNEL,
            *_VARIANCES,
            ("*", "convolution over x, y and time", "1"),
        ),
        "external representation is structured based on equation (1)",
        "Nothing in it comes from equation (1), $k$ is not introduced, and the convolution "
        "needs the time axis although the text speaks of a frame.",
        _LAPTEV,
        POINTS,
        "reading",
        "A frame that is filtered alone has no derivative in time, so that the determinant in "
        "(6) vanishes everywhere and no point is found.",
    ),
    Equation(
        4,
        r"U = \frac{\exp(-(b^2 + c^2)/2\eta_x^2 - n^2/2\tau_x^2)}"
        r"{\sqrt{(2\pi)^3 \eta_x^4 \tau_x^2}}",
        r"U = \frac{\exp(-(b^2 + c^2)/2\eta^2 - n^2/2\tau^2)}{\sqrt{(2\pi)^3 \eta^4 \tau^2}}",
        (_KERNEL, _COORDINATES, *_VARIANCES),
        "The Gaussian kernel U is calculated using equation (4).",
        "The text calls $n$ the total number of frames where the kernel needs the time "
        "coordinate, and the subscript $x$ is not explained.",
        _LAPTEV,
        POINTS,
        "reading",
        "With $n$ as the number of frames the exponential is one factor for the whole clip, "
        "practically zero unless the clip is very short, so that no point is found.",
    ),
    Equation(
        5,
        r"\mu(., \eta^2, \tau^2) = U(., c\eta^2, c\tau^2) * (\nabla K (\nabla K)^T)",
        r"\mu(\cdot, \eta^2, \tau^2) = U(\cdot, c\eta^2, c\tau^2) * (\nabla K (\nabla K)^T)",
        (
            _MOMENTS,
            _KERNEL,
            ("c", "ratio of integration scale to local scale, as variances", "1"),
            *_VARIANCES,
            (
                r"\nabla K",
                "gradient (η ∂K/∂x, η ∂K/∂y, τ ∂K/∂t) of the smoothed video",
                "gray level",
            ),
            ("T", "transpose", "1"),
            ("*", "convolution over x, y and time", "1"),
        ),
        "based on the spatiotemporal image gradient, the second-moment matrix is calculated",
        "No value is given for $c$, which is also a coordinate in (4), and the text does not "
        "say here that derivatives are normalised by the scales.",
        _LAPTEV,
        POINTS,
        "reading",
        "Which points are kept depends on $c$, and without normalised derivatives responses "
        "at different scales cannot be compared.",
    ),
    Equation(
        6,
        r"H^S = \det(\mu) - \mathrm{trace}^3(\mu)",
        r"H^S = \det(\mu) - k \, \mathrm{trace}^3(\mu)",
        (
            ("H^S", "response, positive maxima are space-time interest points", "gray level⁶"),
            _MOMENTS,
            ("k", "Harris constant, 0.005; no positive value is left from 1/27 on", "1"),
            (r"\mathrm{trace}", "sum of the diagonal", "gray level²"),
        ),
        "By defining the features, the local maxima are calculated.",
        "The factor $k$ before the cubed trace is missing, without which the response is "
        "never positive.",
        _LAPTEV,
        POINTS,
        "fatal",
        "No point passes a test for a positive response, which the paper does not print, and "
        "without such a test the maxima lie where there is less structure than around them.",
    ),
    Equation(
        7,
        r"Y = (U_a, U_b, U_n, U_{aa}, \dots, U_{nnnn})",
        r"Y = (K_b, K_c, K_n, K_{bb}, \dots, K_{nnnn}), \quad K_{b^i c^j n^m} = "
        r"\eta^{i+j} \tau^m \frac{\partial^{i+j+m} K}{\partial b^i \, \partial c^j \, "
        r"\partial n^m}",
        (
            ("Y", "spatio-temporal jet at a point, 34 derivatives of order 1 to 4", "gray level"),
            _SMOOTHED,
            _COORDINATES,
            ("i, j, m", "orders of differentiation in x, y and time", "1"),
            *_VARIANCES,
        ),
        "Following are the spatiotemporal jets used to evaluate this;",
        "Derivatives of the kernel $U$ would not depend on the video, the source has those of "
        "the smoothed video; the coordinates are $(a, b, n)$ here and $(b, c, n)$ in (4).",
        _LAPTEV,
        POINTS,
        "fatal",
        "Every point of every video gets the same numbers, which tell no action from another.",
    ),
    _gate(
        8,
        "I",
        "input",
        "h_{t-1}",
        "The output of the input gate is defined using (7)",
        "The sigmoid is printed as a factor behind the bracket, the references to equations "
        "are off by one or two, and the cited source [23] is not in the list.",
        r"With $\sigma$ as a factor the gate is linear and has no bounds, and with weights "
        "that are not small the cell state can grow without limit.",
    ),
    _gate(
        9,
        "F",
        "forget",
        "h_t - 1",
        "The output of the forget gate is defined using (8)",
        "The subscript $t-1$ is printed as $h_t$ minus 1, and the sigmoid as a factor behind "
        "the bracket.",
        "With $h_t$ itself the gate would need the output that (13) computes from it, and "
        "with $h_{t-1}$ less one it runs with a shifted bias.",
    ),
    _gate(
        10,
        "O",
        "output",
        "h_t - 1",
        "The output of the output gate is defined using (9)",
        "The subscript $t-1$ is printed as $h_t$ minus 1, and the sigmoid as a factor behind "
        "the bracket.",
        "With $h_t$ itself the gate would need the output that (13) computes from it, and "
        "with $h_{t-1}$ less one it runs with a shifted bias.",
    ),
    Equation(
        11,
        r"\tilde{U}_t = \tanh([h_{t-1}, v_t] W_U + b_U)",
        r"\tilde{U}_t = \tanh([h_{t-1}, v_t] W_U + b_U)",
        (
            (r"\tilde{U}_t", "candidate state, the paper's current state of the input", "1"),
            _STATE[0],
            ("W_U, b_U", "weights and bias of the candidate", "1"),
        ),
        "The current state of the input vector is defined using(10)",
        "The formula stands; the letter $U$ already names the Gaussian kernel in (3) to (5).",
        _LSTM,
        CLASSIFIER,
        "cosmetic",
    ),
    Equation(
        12,
        r"U_t = \tilde{U}_t * I_t + U_{t-1} * F_t",
        r"U_t = \tilde{U}_t * I_t + U_{t-1} * F_t",
        (
            *_CELL,
            ("U_{t-1}", "cell state one step before, zero at the start", "1"),
            (r"\tilde{U}_t", "candidate state", "1"),
            ("I_t, F_t", "outputs of input and forget gate", "1"),
        ),
        "The update state at time t is defined using (11)",
        "",
        _FORGET,
        CLASSIFIER,
        "none",
    ),
    Equation(
        13,
        r"h_t = \tanh(U_t) * O_t",
        r"h_t = \tanh(U_t) * O_t",
        (("h_t", "hidden state at time t", "1"), *_CELL, ("O_t", "output of the output gate", "1")),
        "The hidden state output at time t is defined using (12)",
        "The formula stands; how a class is read out from the hidden state is not given.",
        _LSTM,
        CLASSIFIER,
        "cosmetic",
    ),
    Equation(
        14,
        r"S_i = \{S_1, S_2, \dots, S_n\}",
        r"S = \{S_1, S_2, \dots, S_n\}",
        (
            ("S", "population of solutions", "1"),
            (r"S_1, S_2, \dots, S_n", "solutions, one for each seagull", "1"),
            ("n", "size of the population", "1"),
        ),
        "The initial solution format is given in equation (14).",
        "The whole set carries the index of one solution, and $S_1$ and $S_2$ already are "
        "constants in (2).",
        _OWN,
        START,
        "cosmetic",
    ),
    Equation(
        15,
        r"S_1 = \{W_F, W_I W_U \, \mathrm{and} \, W_0\}",
        r"S_i = \{W_F, W_I, W_U, W_O\}",
        (
            ("S_i", "solution i, all its weights as one vector", "1"),
            (
                "W_F, W_I, W_U, W_O",
                "weights of forget gate, input gate, candidate, output gate",
                "1",
            ),
        ),
        "The solutions are consisting of the weight values of LSTM",
        "A comma is missing, the output gate's weights appear as $W_0$ here and as $W_Q$ in "
        "the list below, and whether biases and readout belong to a solution is not said.",
        _OWN,
        START,
        "reading",
        "With the four matrices alone nothing ever sets the biases and the readout, since the "
        "paper describes no other training.",
    ),
    Equation(
        16,
        r"\overline{S} = a + b - S",
        r"\overline{S}_j = a_j + b_j - S_j",
        (
            (r"\overline{S}_j", "component j of the opposite solution", "1"),
            ("a_j, b_j", "lower and upper bound of component j", "1"),
            ("S_j", "component j of the solution", "1"),
        ),
        r"the opposite solution $\overline{S}$ is estimated as follows",
        "It is printed for one number, $a$ and $b$ have no values, and no rule says which of "
        "the solutions and their opposites are kept.",
        _OPPOSITION,
        OPPOSITE,
        "reading",
        "Unless the better ones are kept, the step only adds or replaces solutions blindly; "
        "between bounds that lie evenly about zero the opposite is a change of sign.",
    ),
    Equation(
        17,
        r"\mathrm{Fitness} = \mathrm{Max}(\mathrm{Accuracy})",
        r"\mathrm{Fitness}(S_i) = \mathrm{Accuracy}(S_i), \quad "
        r"S^* = \arg\max_{S_i} \, \mathrm{Fitness}(S_i)",
        (
            (r"\mathrm{Fitness}", "what the search maximises", "1"),
            (
                r"\mathrm{Accuracy}",
                "share of clips that are classified correctly, equation (18)",
                "1",
            ),
            ("S_i", "solution i of the population", "1"),
            ("S^*", "fittest solution", "1"),
        ),
        "The fitness function is represented in the follow equation (17);",
        "The maximum belongs to the search over solutions and not to the fitness of one, and "
        "the clips on which accuracy is taken are not named.",
        _OWN,
        FITNESS,
        "reading",
        "Taken on the clips that train, the fitness also rewards weights that fit these "
        "alone; taken on the clips that test, it tends to raise the accuracy that is reported "
        "on them.",
    ),
    Equation(
        18,
        r"\frac{\mathrm{TP} + \mathrm{FN}}{\mathrm{TP} + \mathrm{TN} + \mathrm{FP} + \mathrm{FN}}",
        r"\mathrm{Accuracy} = "
        r"\frac{\mathrm{TP} + \mathrm{TN}}{\mathrm{TP} + \mathrm{TN} + \mathrm{FP} + \mathrm{FN}}",
        ((r"\mathrm{Accuracy}", "share of clips that are classified correctly", "1"), *_COUNTS),
        "A fitness function is considered to be the maximum accuracy.",
        "The numerator has FN where accuracy has TN, which leaves the share of positive "
        "clips, the same for every classifier; no left side can be read, and more than two "
        "classes are not defined.",
        _MEASURES,
        FITNESS,
        "fatal",
        "Every solution has the same fitness, the share of positive clips, so that the search "
        "has nothing to follow.",
    ),
    Equation(
        19,
        r"S_A = D \times P_A",
        r"S_A = D \times P_A(y)",
        (_SHIFTED, _MOVEMENT, _AGENT),
        "The new position of SA is calculated using equation (15).",
        "The text announces a variable $B$ where the formula has $D$, and refers to equation (15).",
        _SEAGULL,
        MIGRATION,
        "cosmetic",
    ),
    Equation(
        20,
        r"D = F_c - (y \times (F_c / \mathrm{Max}_{\mathrm{iteration}}))",
        r"D = F_c - (y \times (F_c / \mathrm{Max}_{\mathrm{iteration}}))",
        (
            _MOVEMENT,
            ("F_c", "frequency of use of D, its value at the start, 2 in the source", "1"),
            ("y", "iteration, counted from 0", "1"),
            (r"\mathrm{Max}_{\mathrm{iteration}}", "number of iterations", "1"),
        ),
        "The D is calculated using equation (20).",
        "No value is given for $F_c$, and the text calls this equation 14.",
        _SEAGULL,
        MIGRATION,
        "reading",
        "The length of every move hangs on $F_c$, through (19) in proportion and through (22) "
        "with its square.",
    ),
    Equation(
        21,
        r"B_A = A \times (P_{bs}(y) - P_A(y))",
        r"B_A = A \times (P_{bs}(y) - P_A(y))",
        (_ATTRACTED, _BALANCE, _BEST, _AGENT),
        "After avoiding a neighbour's conflict, SAs move in the direction of the best neighbours.",
        "The formula stands; what the source calls $A$ and $B$ is $D$ and $A$ here.",
        _SEAGULL,
        MIGRATION,
        "cosmetic",
    ),
    Equation(
        22,
        r"A = 2 \times B^2 \times \mathrm{rand}",
        r"A = 2 \times D^2 \times \mathrm{rand}",
        (_BALANCE, _MOVEMENT, (r"\mathrm{rand}", "random number, uniform in [0, 1]", "1")),
        "Then A is calculated using equation (22).",
        "The letter $B$ is printed for the movement behaviour, which the paper's own (19) and "
        "(20) call $D$; no variable $B$ is ever given a value.",
        _SEAGULL,
        MIGRATION,
        "reading",
        "With a constant $B$ the pull towards the fittest seagull does not weaken with the "
        "iterations as in the source, and with $B_A$ of (21) in its place it would need "
        "itself.",
    ),
    Equation(
        23,
        r"G_A = |S_A + B_A|",
        r"G_A = |S_A + B_A|",
        (
            ("G_A", "distance between a search agent and the fittest one", "1"),
            _SHIFTED,
            _ATTRACTED,
        ),
        "The updating function is given in equation (23).",
        "The formula stands; it is called a distance and an update of the position, and it is "
        "the absolute value of a sum, component by component.",
        _SEAGULL,
        MIGRATION,
        "reading",
        "The absolute value drops the direction, so that with one $k$ for a seagull (28) "
        "moves all its coordinates to the same side of the fittest one.",
    ),
    _spiral(24, "u", "first", r"\cos(k)"),
    _spiral(25, "v", "second", r"\sin(k)"),
    _spiral(26, "w", "third", "k"),
    Equation(
        27,
        r"R^r = p \times e^{kq}",
        r"R^r = p \times e^{kq}",
        (
            _RADIUS,
            ("p, q", "constants of the spiral's shape, 1 and 1 in the source", "1"),
            ("e", "base of the natural logarithm", "1"),
            _ANGLE,
        ),
        "represent the radius value, k represented a random value",
        "The constants $p$ and $q$ have no values.",
        _SEAGULL,
        ATTACK,
        "reading",
        "The product in (28) grows with the cube of the radius, so that $q$ decides whether a "
        "seagull stays within the bounds or leaves them by orders of magnitude.",
    ),
    Equation(
        28,
        r"P_A(y) = (G_A \times u' \times v' \times w') + P_{bs}(y)",
        r"P_A(y+1) = (G_A \times u' \times v' \times w') + P_{bs}(y)",
        (
            ("P_A(y+1)", "position of a search agent at the next iteration", "1"),
            ("G_A", "distance between a search agent and the fittest one", "1"),
            ("u', v', w'", "components of the spiral", "1"),
            _BEST,
        ),
        "The position updating function is given in equation (24).",
        "The left side is the position at the next iteration, $y + 1$, the text refers to "
        "equation (24), and nothing is said of agents that leave the bounds.",
        _SEAGULL,
        ATTACK,
        "reading",
        "What becomes of the seagulls that the spiral throws out of the bounds decides where "
        "the search looks.",
    ),
)

#: Number -> equation, 1 to 28, read-only.
EQUATIONS: Mapping[int, Equation] = MappingProxyType({each.number: each for each in _ALL})
