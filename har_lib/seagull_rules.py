"""How seagulls move: equations (14), (16) and (19) to (28), each as one function.

The paper renames the letters of its source. Dhiman and Kumar's A, B, C_s, M_s, D_s, (x', y', z'),
(u, v), r, x, P_s are here D, A, S_A, B_A, G_A, (u', v', w'), (p, q), R^r, y, P_A.

Reference: G. Dhiman, V. Kumar, Seagull optimization algorithm (2019),
doi:10.1016/j.knosys.2018.11.024; H. R. Tizhoosh, Opposition-based learning (2005),
doi:10.1109/CIMCA.2005.1631345; S. Rahnamayan, H. R. Tizhoosh, M. M. A. Salama, Quasi-oppositional
differential evolution (2007), doi:10.1109/CEC.2007.4424748.
"""

import numpy as np
import torch
from numpy.typing import NDArray

from har_lib.equations import equation

Array = NDArray[np.float64]

#: The constant B of equation (22) as printed, where no B is given: the F_c of the source.
PRINTED_B = 2.0


@equation(14)
def initial_population(rand: Array, lower: Array, upper: Array) -> Array:
    r"""The n seagulls, spread over the box by uniform numbers.

    .. math:: S_i = \{S_1, S_2, \dots, S_n\}

    "these weight values are generated randomly"; the distribution is not printed.

    Parameters
    ----------
    rand : ndarray
        Uniform on [0, 1), (P, D).
    lower, upper : ndarray
        The box, (D,).

    Returns
    -------
    ndarray
        (P, D).

    Examples
    --------
    >>> initial_population(np.array([[0.0, 0.5]]), np.zeros(2), np.full(2, 4.0)).tolist()
    [[0.0, 2.0]]
    """
    return lower + (upper - lower) * rand


@equation(16)
def opposite(S: Array, lower: Array, upper: Array) -> Array:
    r"""Mirror positions at the middle of the box, each coordinate by itself.

    .. math:: \overline{S} = a + b - S

    Examples
    --------
    >>> opposite(np.array([0.0, 3.0]), np.zeros(2), np.full(2, 4.0)).tolist()
    [4.0, 1.0]
    """
    return lower + upper - S


def quasi_opposite(S: Array, lower: Array, upper: Array, rand: Array) -> Array:
    """Draw, each coordinate by itself, between the middle of the box and the opposite.

    Quasi-opposition of Rahnamayan et al. (2007), doi:10.1109/CEC.2007.4424748; the paper's (16)
    is :func:`opposite`. ``rand`` is uniform on [0, 1), shaped as ``S``.

    Examples
    --------
    >>> quasi_opposite(np.zeros(1), np.zeros(1), np.full(1, 4.0), np.array([0.5])).tolist()
    [3.0]
    """
    middle = (lower + upper) / 2
    return middle + (opposite(S, lower, upper) - middle) * rand


@equation(19)
def avoid_collision(D: float, P_A: Array) -> Array:
    r"""Positions shrunk by the movement behaviour D.

    .. math:: S_A = D \times P_A

    Examples
    --------
    >>> avoid_collision(2.0, np.array([1.0, -3.0])).tolist()
    [2.0, -6.0]
    """
    return D * P_A


@equation(20)
def movement_behaviour(y: int, iterations: int, F_c: float = 2.0) -> float:
    r"""D, falling linearly from F_c at y = 0 to nothing at the last iteration.

    .. math:: D = F_c - (y \times (F_c / Max_{iteration}))

    The value of F_c is not printed; 2 is the source's.

    Examples
    --------
    >>> [movement_behaviour(y, 100) for y in (0, 50, 100)]
    [2.0, 1.0, 0.0]
    """
    # The product first: the printed order leaves 1e-16 instead of 0 at the end.
    return F_c - y * F_c / iterations


@equation(21)
def towards_best(A: Array, P_bs: Array, P_A: Array) -> Array:
    r"""Step towards the best seagull.

    .. math:: B_A = A \times (P_{bs}(y) - P_A(y))

    Examples
    --------
    >>> towards_best(np.array(0.5), np.array([3.0]), np.array([1.0])).tolist()
    [1.0]
    """
    return A * (P_bs - P_A)


@equation(22)
def balance(D: float, rand: Array, form: str = "corrected", B: float = PRINTED_B) -> Array:
    r"""A, random, between exploring and exploiting.

    .. math:: A = 2 \times B^2 \times rand

    No B is defined. After the paper's renaming it must be D, which is the corrected and the stable
    form. ``form="literal"`` keeps a constant ``B``, so that A never decays: with 2 it stays between
    0 and 8 to the end. B read as B_A cannot be computed: (21) makes B_A from A, so
    that (22) would need its own result.

    Examples
    --------
    >>> balance(1.0, np.array(0.5)).item(), balance(1.0, np.array(0.5), form="literal").item()
    (1.0, 4.0)
    """
    return 2 * (B if form == "literal" else D) ** 2 * rand


@equation(23)
def distance(S_A: Array, B_A: Array, signed: bool = False) -> Array:
    r"""Called the distance to the best; really an absolute sum, element by element.

    .. math:: G_A = |S_A + B_A|

    ``signed=True`` (stable) leaves out the absolute value, which otherwise sends all coordinates
    of a seagull to the same side of the best.

    Examples
    --------
    >>> distance(np.array([-3.0]), np.array([1.0])).tolist()
    [2.0]
    """
    G_A: Array = S_A + B_A
    return G_A if signed else np.abs(G_A)


@equation(24)
def spiral_u(R: Array, k: Array) -> Array:
    r"""First coordinate of the attack's spiral.

    .. math:: u' = R^r \times \cos(k)

    Examples
    --------
    >>> spiral_u(np.array(2.0), np.array(0.0)).item()
    2.0
    """
    return R * np.cos(k)


@equation(25)
def spiral_v(R: Array, k: Array) -> Array:
    r"""Second coordinate of the attack's spiral.

    .. math:: v' = R^r \times \sin(k)

    Examples
    --------
    >>> spiral_v(np.array(2.0), np.array(0.0)).item()
    0.0
    """
    return R * np.sin(k)


@equation(26)
def spiral_w(R: Array, k: Array) -> Array:
    r"""Third coordinate of the attack's spiral.

    .. math:: w' = R^r \times k

    Examples
    --------
    >>> spiral_w(np.array(2.0), np.array(3.0)).item()
    6.0
    """
    return R * k


@equation(27)
def radius(k: Array, p: float = 1.0, q: float = 1.0) -> Array:
    r"""Radius of the spiral; R^r is one symbol, no power.

    .. math:: R^r = p \times e^{kq}

    k is uniform on [0, 2 pi]. The values of p and q are not printed; 1 is the source's, with which
    u'v'w' = k e^{3k} sin(2k) / 2 reaches 1.06e8.

    Examples
    --------
    >>> radius(np.array(0.0), p=0.5).item()
    0.5
    """
    R: Array = p * np.exp(k * q)
    return R


@equation(28)
def attack(G_A: Array, u: Array, v: Array, w: Array, P_bs: Array) -> Array:
    r"""New positions, around the best one.

    .. math:: P_A(y) = (G_A \times u' \times v' \times w') + P_{bs}(y)

    The position of iteration y + 1; no bounds are printed.

    Examples
    --------
    >>> two = np.array(2.0)
    >>> attack(np.array([1.0]), two, two, two, np.array([10.0])).tolist()
    [18.0]
    """
    return G_A * (u * v * w) + P_bs


def spiral_product(k: Array, p: float = 1.0, q: float = 1.0) -> Array:
    r"""What (28) multiplies with, (24) to (27) at once.

    .. math:: u' v' w' = \tfrac{1}{2} p^3 k \, e^{3 k q} \sin 2k

    It stands in for them where k is drawn for each coordinate, several times faster, and agrees
    with their product to rounding.

    Examples
    --------
    >>> spiral_product(np.array([np.pi / 4]), q=0.0).round(6).tolist()
    [0.392699]
    """
    sine = torch.from_numpy(2 * k).sin_().numpy()
    growth = torch.from_numpy(3 * q * k).exp_().numpy()
    product: Array = p**3 / 2 * k * growth * sine
    return product


def move(
    P_A: Array,
    P_bs: Array,
    D: float,
    k: Array,
    rand: Array,
    *,
    form: str = "corrected",
    p: float = 1.0,
    q: float = 1.0,
    signed: bool = False,
    B: float = PRINTED_B,
) -> Array:
    """One iteration of (19) and (21) to (28) for all seagulls, before any bounds.

    ``k`` and ``rand`` are (P, 1), one number a seagull, or (P, D).
    """
    S_A = avoid_collision(D, P_A)
    B_A = towards_best(balance(D, rand, form, B), P_bs, P_A)
    G_A = distance(S_A, B_A, signed)
    if k.shape[-1] > 1:
        return G_A * spiral_product(k, p, q) + P_bs
    R = radius(k, p, q)
    return attack(G_A, spiral_u(R, k), spiral_v(R, k), spiral_w(R, k), P_bs)


def matlab_move(P_A: Array, P_bs: Array, D: float, r_1: Array, r_2: Array) -> Array:
    r"""One iteration of a published MATLAB script for all seagulls, before any bounds.

    .. math::

        A_1 = 2 D r_1 - D, \quad l = (D - 1) r_2 + 1, \quad
        P_A(y) = (D P_A + A_1 (P_{bs} - P_A)) \, e^l \cos(2 \pi l) + P_{bs}

    Read in public copies of a script whose heading names the author of the source, Dhiman. It is
    another rule than the one printed in his paper and in this one: no absolute value, no product
    of three coordinates, no w', and a random number a coordinate. Whether it was used here is not
    known, and nothing is claimed.

    Parameters
    ----------
    P_A, P_bs : ndarray
        All positions, (P, D), and the best one, (D,).
    D : float
        Movement behaviour (20).
    r_1, r_2 : ndarray
        Uniform on [0, 1), (P, D).

    Examples
    --------
    >>> two, half = np.full((1, 1), 2.0), np.full((1, 1), 0.5)
    >>> matlab_move(two, np.ones(1), 1.0, half, half).round(3).tolist()
    [[6.437]]
    """
    A_1 = 2 * D * r_1 - D
    turns = (D - 1) * r_2 + 1
    return (D * P_A + A_1 * (P_bs - P_A)) * np.exp(turns) * np.cos(2 * np.pi * turns) + P_bs
