"""What follows from the equations as printed: each beside its corrected form, on the same input.

Nothing here needs a data set. The notebooks show these tables and pictures; `findings` puts the
numbers into sentences for ``docs/errata.md``, so that none of them is typed.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import pandas as pd
import skimage.data

from har_lib import experiments, keyframes, metrics, seagull, stip

#: What is printed, and what is computed instead, in this order in every table.
FORMS = {"corrected": "corrected", "as printed": "literal"}

# ---------------------------------------------------------------- (2)


def similarity_with_itself(frames: Mapping[str, np.ndarray]) -> pd.DataFrame:
    """SSIM of frames with themselves by (2), which should be 1.

    Parameters
    ----------
    frames : mapping
        Name -> gray frame (H, W) on 0..255.

    Returns
    -------
    DataFrame
        A row a frame; columns by where mean and variance are taken, and by form.

    Examples
    --------
    >>> similarity_with_itself({"flat": np.full((20, 20), 90.0)}).round(6).iloc[0].tolist()
    [1.0, 9.0, 1.0, 9.0]
    """
    windows = {"windows": "gaussian", "whole frame": "global"}
    return pd.DataFrame(
        {
            (where, name): {
                label: keyframes.ssim(frame, frame, window, form=form)
                for label, frame in frames.items()
            }
            for where, window in windows.items()
            for name, form in FORMS.items()
        }
    )


# ---------------------------------------------------------------- (4), (6), (7)


def time_factor(frames: Sequence[int], temporal_variance: float = 2.0) -> pd.DataFrame:
    """The Gaussian's weight at its centre by (4), n read as time and as the number of frames.

    Examples
    --------
    >>> time_factor([2, 100])["n as number of frames"].map("{:.3g}".format).tolist()
    ['0.104', '0']
    """
    rows = {}
    for length in frames:
        as_time, *_ = stip.gaussian_kernel(1.0, temporal_variance)
        as_number, *_ = stip.gaussian_kernel(1.0, temporal_variance, form="literal", frames=length)
        rows[length] = {
            "n as time": as_time.max(),
            "n as number of frames": as_number.max(),
        }
    return pd.DataFrame(rows).T.rename_axis("frames")


def turning_square(length: int = 24) -> np.ndarray:
    """A bright square that moves right over a textured scene and comes back, with sensor noise.

    Returns
    -------
    ndarray, uint8 (length, 60, 80)
    """
    random = np.random.default_rng(0)
    scene = random.normal(90, 40, (60, 80))
    scene = cv2.GaussianBlur(scene, (0, 0), 2.0).clip(0, 255)
    frames = np.repeat(scene[None], length, axis=0)
    for t in range(length):
        left = 8 + 3 * min(t, length - 1 - t)
        frames[t, 20:40, left : left + 20] = 200
    return (frames + random.normal(0, 2, frames.shape)).clip(0, 255).astype(np.uint8)


@dataclass(frozen=True)
class Maxima:
    """Local maxima of the response (6), by form.

    ``positive`` counts those above zero and a thousandth of the clip's strongest, with k and as
    printed. ``printed`` are the places
    (t, y, x) of all maxima of the printed response, int (M, 3), and ``weaker`` is the share of
    the clip's pixels whose trace is smaller than there, float (M,).
    """

    positive: dict[str, int]
    printed: np.ndarray
    weaker: np.ndarray


def response_maxima(
    frames: np.ndarray,
    spatial_variance: float = 4.0,
    temporal_variance: float = 2.0,
    integration: float = 2.0,
    k: float = 0.005,
) -> Maxima:
    """Where the response has local maxima in space and time, printed and corrected.

    Examples
    --------
    >>> response_maxima(turning_square()).positive["as printed"]
    0
    """
    scale = (spatial_variance, temporal_variance, integration)
    moments = stip.second_moment_matrix(frames, *scale)
    values = {"corrected": stip.response(moments, k), "as printed": stip.response(moments, 1.0)}
    places = {name: stip.local_maxima(value) for name, value in values.items()}
    trace = moments[0] + moments[3] + moments[5]
    ordered = np.sort(trace, axis=None)
    there = np.searchsorted(ordered, trace[places["as printed"]])
    return Maxima(
        {
            name: int((places[name] & (value > max(0.0, 1e-3 * float(value.max())))).sum())
            for name, value in values.items()
        },
        np.argwhere(places["as printed"]),
        there / trace.size,
    )


def jet_difference(first: np.ndarray, second: np.ndarray) -> dict[str, float]:
    """Largest difference of the jets (7) of two clips at the same place, by form.

    Examples
    --------
    >>> clip = turning_square()
    >>> jet_difference(clip, 255 - clip)["as printed"]
    0.0
    """
    t, y, x = (np.array([size // 2]) for size in first.shape)
    here = stip.Points(t, y, x, np.ones(1), np.zeros((1, 6)))
    jets = {
        name: [stip.jets(clip, here, form=form) for clip in (first, second)]
        for name, form in FORMS.items()
    }
    return {name: float(np.abs(one - other).max()) for name, (one, other) in jets.items()}


# ---------------------------------------------------------------- (18)


def fitness_by_class_count(classes: Sequence[int], clips: int = 20, seed: int = 0) -> pd.DataFrame:
    """(18) for three classifiers that could not differ more, each class having ``clips`` clips.

    Returns
    -------
    DataFrame
        Index: number of classes. Columns: the form, and what the classifier does. The printed
        form is taken of each class against the rest, then their mean.

    Examples
    --------
    >>> fitness_by_class_count([10])["as printed"].round(3).iloc[0].tolist()
    [0.1, 0.1, 0.1]
    """
    generator = np.random.default_rng(seed)
    rows = {}
    for count in classes:
        truth = np.repeat(np.arange(count), clips)
        answers = {
            "always right": truth,
            "guessing": generator.integers(count, size=len(truth)),
            "always the same": np.zeros_like(truth),
        }
        rows[count] = {
            (name, who): float(metrics.accuracy(truth, said, form))
            for name, form in (("as printed", "literal"), ("corrected", "corrected"))
            for who, said in answers.items()
        }
    return pd.DataFrame(rows).T.rename_axis("classes")


def one_vs_rest(classes: Sequence[int]) -> pd.DataFrame:
    """What guessing scores: accuracy, and the mean over classes of (TP + TN) / all.

    Examples
    --------
    >>> one_vs_rest([101]).round(4).iloc[0].tolist()
    [0.0099, 0.9804]
    """
    rows = {
        count: {
            "accuracy": 1 / count,
            "one-vs-rest accuracy": metrics.one_vs_rest_chance(count),
        }
        for count in classes
    }
    return pd.DataFrame(rows).T.rename_axis("classes")


# ---------------------------------------------------------------- (22), (23) to (28)


def balance_over_time(iterations: int = 100) -> pd.DataFrame:
    """Mean of A in (22) over rand, at the start, half way and at the end of the search.

    Examples
    --------
    >>> balance_over_time().loc[100].tolist()
    [0.0, 0.0, 4.0]
    """
    rows = {}
    for y in (0, iterations // 2, iterations):
        D = seagull.movement_behaviour(y, iterations)
        half = np.array(0.5)
        mean = {f"mean A, {name}": seagull.balance(D, half, form) for name, form in FORMS.items()}
        rows[y] = {"D": D, **{name: float(value) for name, value in mean.items()}}
    return pd.DataFrame(rows).T.rename_axis("y")


@dataclass(frozen=True)
class Flight:
    """How seagulls move on a sphere whose top is off the centre of the box.

    ``upward`` is the share of the coordinates of each first step that go up, float (P,);
    ``coherence``, ``clipped`` and ``corners`` are means over the search: how much the coordinates
    of a step share a sign, the share of coordinates that leave the box, and that of seagulls that
    end on the corner of all upper or all lower sides.
    """

    upward: np.ndarray
    coherence: float
    clipped: float
    corners: float


def flight(form: str, dimensions: int = 1000, seed: int = 0, seagulls: int = 1000) -> Flight:
    """Fly one search of 30 seagulls and 100 iterations, and one step of many more.

    Parameters
    ----------
    form : {"literal", "corrected", "stable"}
        Preset of `har_lib.seagull.maximise`.
    dimensions, seed : int
        Of the search.
    seagulls : int
        Of the single step, which starts from uniform places.

    Examples
    --------
    >>> flight("literal").coherence
    1.0
    """
    target = np.linspace(-0.5, 0.5, dimensions)
    corners: list[float] = []

    def look(y: int, places: np.ndarray, values: np.ndarray) -> None:
        same = np.all(places == 1, axis=1) | np.all(places == -1, axis=1)
        corners.append(float(same.mean()))

    found = seagull.maximise(
        lambda places: -((places - target) ** 2).sum(axis=1),
        np.full(dimensions, -1.0),
        np.full(dimensions, 1.0),
        form=form,
        seed=seed,
        callback=look,
    )
    preset = seagull.PRESETS[form]
    generator = np.random.default_rng(seed)
    places = generator.uniform(-1, 1, (seagulls, dimensions))
    draws = (seagulls, dimensions if preset["per_dimension"] else 1)
    best = np.zeros(dimensions)
    steps = seagull.move(
        places,
        best,
        seagull.movement_behaviour(1, 100),
        generator.uniform(0, 2 * np.pi, draws),
        generator.random(draws),
        form=form,
        p=preset["p"],
        q=preset["q"],
        signed=preset["signed"],
    )
    course = found.diagnostics
    return Flight(
        (steps > best).mean(axis=1),
        float(np.nanmean(course["coherence"])),
        float(course["clipped"].mean()),
        float(np.mean(corners[1:])),
    )


# ---------------------------------------------------------------- in sentences


def scientific(value: float, digits: int = 3) -> str:
    r"""A number for a sentence: plain where it is short, with a power of ten where it is not.

    Examples
    --------
    >>> scientific(1.05696e8), scientific(0.282), scientific(0.0)
    ('$1.06 \\cdot 10^{8}$', '0.282', '0')
    """
    text = f"{value:.{digits}g}"
    mantissa, _, power = text.partition("e")
    return rf"${mantissa} \cdot 10^{{{int(power)}}}$" if power else text


def _of_2() -> str:
    frames = {"flat": np.full((32, 32), 100.0), "camera": skimage.data.camera()}
    table = similarity_with_itself(frames)
    flat, camera = (table.loc[name] for name in frames)
    return (
        f"A flat frame scores {flat['windows', 'as printed']:.2f} with itself where 1 is meant, "
        f"and scikit-image's photograph `camera` {camera['windows', 'as printed']:.2f} in windows; "
        f"with whole-frame statistics `camera` scores {camera['whole frame', 'as printed']:.3f}. "
        "In windows flat regions lift the mean, so that fewer frames fall below a threshold; "
        "whole-frame statistics of a frame of much contrast are lifted little, which matters near "
        "the threshold."
    )


def _of_4() -> str:
    table = time_factor([10, 30, 100])
    values = ", ".join(
        f"{scientific(value)} for {length} frames"
        for length, value in table["n as number of frames"].items()
    )
    return (
        f"With $\\tau^2 = 2$ the factor along time is at most {table['n as time'].max():.3g} if "
        f"$n$ is time; if it is the number of frames it is {values}: a video smoothed by it is "
        "black."
    )


def _of_6() -> str:
    found = response_maxima(turning_square())
    return (
        f"On a square that moves to the right and back, {found.positive['corrected']} local maxima "
        "of $H$ are positive and above a thousandth of the strongest with $k = 0.005$, and "
        f"{found.positive['as printed']} as printed, since "
        "$\\det\\mu \\le \\mathrm{trace}^3\\mu/27$ on any video. Without a test of its sign, which "
        f"is not printed, it has {len(found.printed)} local maxima; half of them lie among the "
        f"{100 * np.median(found.weaker):.2g} % of the clip's pixels with the least trace of "
        "$\\mu$: as $-\\mathrm{trace}^3\\mu \\le H \\le -\\frac{26}{27}\\mathrm{trace}^3\\mu$, "
        "they are nearly minima of the trace."
    )


def _of_7() -> str:
    clip = turning_square()
    found = jet_difference(clip, 255 - clip)
    return (
        "Jets of a clip and of its negative differ by up to "
        f"{found['corrected']:.3g} gray levels; taken of the kernel, as printed, by "
        f"{found['as printed']:.3g}: they are the same {len(stip.JET_ORDERS)} numbers for every "
        "video."
    )


def _of_gates() -> str:
    size = {"steps": 20, "hidden": 32, "features": 58, "seed": 0}
    growth = experiments.cell_growth(**size)["as printed"]
    values = ", ".join(f"{scientific(growth[step], 1)} after {step}" for step in (1, 5, 10, 20))
    small = experiments.cell_growth(**size, side=1 / np.sqrt(size["hidden"]))
    return (
        "With $\\sigma$ as a factor of 1 the gates are linear. With weights from $U(-1, 1)$ the "
        f"largest cell state is {values} steps. With weights up to $1/\\sqrt{{H}}$ it is "
        f"{small['as printed'].iloc[-1]:.0f} after {len(small)}, where the corrected cell has "
        f"{small['corrected'].iloc[-1]:.1f}: nothing overflows, but it is another network."
    )


def _of_18() -> str:
    table = fitness_by_class_count([2, 5, 10, 101])["as printed"]
    values = ", ".join(f"{row.iloc[0]:.3g} for {count}" for count, row in table.iterrows())
    same = bool((table.nunique(axis=1) == 1).all())
    trap = one_vs_rest([101]).iloc[0]
    return (
        f"For balanced classes it is {values} classes, "
        + ("the same" if same else "NOT the same")
        + " for a classifier that is always right, one that guesses and one that always says the "
        "same. Mending the numerator alone is a trap: the mean over classes of (TP + TN) / all "
        f"gives guessing among 101 classes {100 * trap['one-vs-rest accuracy']:.1f} %."
    )


def _of_22() -> str:
    table = balance_over_time()
    end = table.iloc[-1]
    return (
        f"With $B$ a constant 2, $A$ averages {end['mean A, as printed']:.0f} to the end; with "
        f"$D$ it falls from {table.iloc[0]['mean A, corrected']:.0f} to "
        f"{end['mean A, corrected']:.0f}."
    )


def _of_23() -> str:
    printed, repaired = flight("corrected"), flight("stable")
    return (
        "On a quadratic function in 1000 dimensions, one seed: with the absolute value and one $k$ "
        "a seagull all coordinates of a step from the best seagull have one sign, "
        f"coherence {printed.coherence:.3f}, against "
        f"{repaired.coherence:.3f} in our repair; {100 * printed.corners:.0f} % of the seagulls, "
        "mean over the iterations, lie on one of two corners of the box."
    )


def _of_27() -> str:
    k = np.linspace(0, 2 * np.pi, 2_000_001)
    size = np.abs(experiments.multiplier(k))
    top = int(size.argmax())
    return (
        f"With $p = q = 1$, the source's values, $|u'v'w'|$ reaches {scientific(size[top], 6)} at "
        f"$k = {k[top]:.4f}$, has median {np.median(size):.0f} and exceeds 1 for "
        f"{100 * np.mean(size > 1):.0f} % of the angles."
    )


def _of_28() -> str:
    printed = flight("corrected")
    return (
        f"With the source's constants {100 * printed.clipped:.0f} % of the coordinates, mean over "
        "the search of (23), leave the box, and no rule says what then."
    )


#: Number of the equation -> sentences on what follows from its print, with numbers just computed.
_FINDINGS: Mapping[int, Callable[[], str]] = {
    2: _of_2,
    4: _of_4,
    6: _of_6,
    7: _of_7,
    8: _of_gates,
    18: _of_18,
    22: _of_22,
    23: _of_23,
    27: _of_27,
    28: _of_28,
}


def findings() -> dict[int, str]:
    """What was computed for each misprint that has a consequence, in sentences.

    Returns
    -------
    dict
        Equation number -> Markdown.
    """
    return {number: tell() for number, tell in _FINDINGS.items()}
