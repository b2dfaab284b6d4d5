"""The one place that says when a fresh output equals a stored one.

Used by the strict notebook test, by ``har accept`` and by whatever else compares a build
with the stored reference, so that all of them judge alike.
"""

import base64
import difflib
import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from har_lib.errors import InputError

#: Two printed floats are one number within this relative tolerance. The widest harmless
#: difference known is that of a short LSTM training on processors with and without AVX-512:
#: 2e-5 after 60 steps. Five times that; a change in a third printed digit stays far outside.
RELATIVE = 1e-4
#: And within this absolute one, for residues of exact mathematics: 3e-17 where 0 is meant.
ABSOLUTE = 1e-9
#: Side of the square tile, in pixels, over which a picture's difference is averaged: a glyph
#: or a marker fills it, and a single one cannot hide in the mean of the whole picture.
TILE = 16
#: Largest root mean square of the remaining difference in a tile, on the scale 0..255.
TOLERANCE = 2.0

#: A number with a decimal point or an exponent; neither part of a word nor of 1.2.3.
NUMBER = re.compile(r"(?<![\w.])[-+]?(?:\d*\.\d+(?:[eE][-+]?\d+)?|\d+[eE][-+]?\d+)(?![\w]|\.\d)")
#: What stands before a carriage return has been overwritten, as by a progress bar.
OVERWRITTEN = re.compile(r"^.*\r(?=[^\n])", re.MULTILINE)
#: Its content is the random id of a widget's model.
WIDGET = "application/vnd.jupyter.widget-view+json"


def settle(stored: str, fresh: str) -> str:
    """Return ``fresh`` with each float that agrees with its stored one written as stored.

    Only numbers with a decimal point or an exponent are settled (see RELATIVE, ABSOLUTE);
    where the texts around them differ nothing is.

    Parameters
    ----------
    stored, fresh : str
        The reference and what was computed now.

    Returns
    -------
    str
        Equal to ``stored`` exactly when the two agree.

    Examples
    --------
    >>> settle("loss 0.30000 of 12", "loss 0.30001 of 13")
    'loss 0.30001 of 13'
    >>> settle("0.30000 0.5", "0.30001 0.6")
    '0.30000 0.6'
    """
    if NUMBER.sub("\0", stored) != NUMBER.sub("\0", fresh):
        return fresh
    numbers = iter(NUMBER.findall(stored))

    def settled(match: re.Match[str]) -> str:
        number = next(numbers)
        old, new = float(number), float(match[0])
        # A digest such as 12e4567 reads as infinity, which is close to any other infinity.
        finite = math.isfinite(old) and math.isfinite(new)
        agree = finite and math.isclose(old, new, rel_tol=RELATIVE, abs_tol=ABSOLUTE)
        return number if agree else match[0]

    return NUMBER.sub(settled, fresh)


def same_text(stored: str, fresh: str) -> bool:
    """Whether two texts agree: floats within tolerance, integers and all else exactly.

    Examples
    --------
    >>> same_text("accuracy 0.84012", "accuracy 0.84013")
    True
    >>> same_text("12 points", "13 points"), same_text("0.84", "0.85")
    (False, False)
    """
    return settle(stored, fresh) == stored


@dataclass(frozen=True)
class Difference:
    """How far a fresh picture is from the stored one.

    Attributes
    ----------
    same : bool
        Whether it is within the tolerance.
    worst : float
        Root mean square of the difference in the worst tile, 0..255; infinite for other sizes.
    where : tuple of int or None
        Column and row of that tile's upper left pixel.
    reason : str
        One line for the reader.
    """

    same: bool
    worst: float
    where: tuple[int, int] | None
    reason: str


def _pixels(picture: bytes, which: str) -> np.ndarray:
    """Decode to float32 (H, W, 3) on 0..255, what is transparent laid over white."""
    image = (
        cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_UNCHANGED) if picture else None
    )
    if image is None:
        raise InputError(f"the {which} picture cannot be decoded: render it again")
    scale = 257.0 if image.dtype == np.uint16 else 1.0
    values = image.astype(np.float32) / np.float32(scale)
    if values.ndim == 2:
        values = np.repeat(values[..., None], 3, axis=2)
    if values.shape[2] == 4:
        opacity = values[..., 3:] / 255
        values = values[..., :3] * opacity + 255 * (1 - opacity)
    return values


def _beyond(reference: np.ndarray, other: np.ndarray) -> np.ndarray:
    """How far each pixel of ``other`` lies outside the range around it in ``reference``."""
    square = np.ones((3, 3), np.uint8)
    low, high = cv2.erode(reference, square), cv2.dilate(reference, square)
    return np.maximum(np.maximum(low - other, other - high), 0)


def _excess(stored: np.ndarray, fresh: np.ndarray) -> np.ndarray:
    """Per pixel the largest difference of a channel that a shift by a pixel leaves, (H, W)."""
    return np.maximum(_beyond(stored, fresh), _beyond(fresh, stored)).max(axis=2)


def picture_difference(stored: bytes, fresh: bytes) -> Difference:
    """Compare two pictures tile by tile.

    A pixel may take any value between the darkest and the brightest of itself and its eight
    neighbours in the other picture: so far does a shift by at most one pixel take an edge. What
    exceeds this range, in either direction, is averaged as a root mean square, over the colour
    channel that differs most, in a 16 x 16 tile at *every* position; the worst tile must stay
    within TOLERANCE.

    Parameters
    ----------
    stored, fresh : bytes
        Encoded pictures (PNG).

    Returns
    -------
    Difference

    Raises
    ------
    InputError
        If one cannot be decoded.

    Notes
    -----
    Measure and tolerance were chosen by rendering (Agg, 7 x 5 inches, curves, points, two
    heat maps, bars) at 100 and 72 dots per inch, and comparing with no such range (plain),
    with half of it, and with all of it. Worst tile:

    ================================================  =========  ==========  ===========
    difference                                        plain      half        all: chosen
    ================================================  =========  ==========  ===========
    harmless: values moved by 1e-9 to 1e-4            14 | 33    1.7 | 16    1.2 | 0.8
    harmless: each pixel off by up to 1 level         1.0 | 1.0  1.0 | 1.0   1.0 | 1.0
    point moved by 1 pixel                            26 | 21    12 | 10     0.0 | 0.1
    point moved by 2 pixels                           41 | 34    28 | 17     19 | 5.5
    small light grey point moved by 3 pixels          11 | 9.3   8.8 | 6.4   7.0 | 4.7
    one letter of a black label, the least of six     30 | 27    15 | 16     3.6 | 7.2
    one letter of a light grey label                  17 | 8.7   11 | 6.2    8.4 | 4.4
    one digit of a tick label                         41 | 21    28 | 10     20 | 2.7
    two curves' colours swapped: default              112 | 93   106 | 88    103 | 86
    two curves' colours swapped: thin and faint       16 | 12    15 | 12     15 | 11
    heat map cell changed by 0.05 of its range        9.6 | 6.4  9.5 | 6.2   9.4 | 6.2
    ================================================  =========  ==========  ===========

    Two things make harmless noise large. Path simplification moves stretches of a curve by a
    tenth of a pixel; and a tick, bar or marker on the exact middle between two pixels snaps to
    either at a change of 1e-16, which only the whole range allows for. Its price is that a
    move by one pixel passes: compare what was drawn as numbers too. The root mean square over
    the whole picture separates nothing: 0.5 and 1.2 for harmless noise, 0.8 for one letter.

    Examples
    --------
    >>> white = cv2.imencode(".png", np.full((40, 60), 255, np.uint8))[1].tobytes()
    >>> picture_difference(white, white).same
    True
    >>> black_dot = np.full((40, 60), 255, np.uint8)
    >>> black_dot[20:23, 30:33] = 0
    >>> picture_difference(white, cv2.imencode(".png", black_dot)[1].tobytes()).reason
    'the worst tile, at column 17 and row 7, differs by 47.8 of 255 (allowed: 2)'
    """
    old, new = _pixels(stored, "stored"), _pixels(fresh, "fresh")
    if old.shape != new.shape:
        sizes = [f"{image.shape[1]} x {image.shape[0]}" for image in (old, new)]
        return Difference(False, math.inf, None, f"the size is {sizes[1]}, was {sizes[0]} pixels")
    excess = _excess(old, new)
    # Anchored at its last pixel: a tile at every position, also over the upper and left edge.
    tiles = cv2.boxFilter(
        excess * excess,
        -1,
        (TILE, TILE),
        anchor=(TILE - 1, TILE - 1),
        borderType=cv2.BORDER_CONSTANT,
    )
    row, column = np.unravel_index(np.argmax(tiles), tiles.shape)
    worst = math.sqrt(max(float(tiles[row, column]), 0.0))
    where = max(int(column) - TILE + 1, 0), max(int(row) - TILE + 1, 0)
    reason = (
        f"the worst tile, at column {where[0]} and row {where[1]}, differs by {worst:.1f} of 255 "
        f"(allowed: {TOLERANCE:g})"
    )
    return Difference(worst <= TOLERANCE, worst, where, reason)


def difference_picture(stored: bytes, fresh: bytes) -> bytes:
    """Render where two pictures differ as PNG: the stored one pale, what differs in red.

    Pictures of different sizes are laid over each other at the upper left corner.
    """
    old, new = _pixels(stored, "stored"), _pixels(fresh, "fresh")
    height, width = max(old.shape[0], new.shape[0]), max(old.shape[1], new.shape[1])
    old, new = (
        np.pad(
            image,
            ((0, height - image.shape[0]), (0, width - image.shape[1]), (0, 0)),
            constant_values=127,
        )
        for image in (old, new)
    )
    # The square root lets a faint difference be seen.
    strength = np.sqrt(_excess(old, new) / 255)[..., None]
    pale = 190 + old.mean(axis=2, keepdims=True) / 4
    red = np.array([0, 0, 220], np.float32)  # blue, green, red
    shown = (1 - strength) * pale + strength * red
    return cv2.imencode(".png", np.clip(np.rint(shown), 0, 255).astype(np.uint8))[1].tobytes()


@dataclass(frozen=True)
class OutputDifference:
    """One way in which a cell's fresh outputs differ from its stored ones.

    Attributes
    ----------
    kind : str
        ``stdout``, ``stderr``, ``error`` or the MIME type.
    message : str
        What differs.
    stored, fresh : Any
        The two values, or None where one is missing.
    """

    kind: str
    message: str
    stored: Any = None
    fresh: Any = None


def _by_kind(outputs: Iterable[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """Outputs by kind; text that came in pieces is one, and only its last state counts."""
    kinds: dict[str, list[Any]] = {}
    for output in outputs:
        if output["output_type"] == "stream":
            pieces = kinds.setdefault(output["name"], [""])
            pieces[0] += output["text"]
        elif output["output_type"] == "error":
            kinds.setdefault("error", []).append(f"{output['ename']}: {output['evalue']}")
        else:
            for mime, value in output["data"].items():
                if mime != WIDGET:
                    kinds.setdefault(mime, []).append(value)
    for name in kinds.keys() & {"stdout", "stderr"}:
        kinds[name] = [OVERWRITTEN.sub("", kinds[name][0])]
    return kinds


def _value_difference(kind: str, stored: Any, fresh: Any) -> str | None:
    """Return what differs between two values of one kind, or None."""
    if kind == "image/png":
        difference = picture_difference(base64.b64decode(stored), base64.b64decode(fresh))
        return None if difference.same else difference.reason
    if not isinstance(stored, str) or not isinstance(fresh, str):
        stored, fresh = (json.dumps(value, sort_keys=True, indent=1) for value in (stored, fresh))
    elif kind.startswith(("image/", "audio/", "video/", "application/pdf")) and "svg" not in kind:
        return None if stored == fresh else "the encoded content differs"
    fresh = settle(stored, fresh)
    if stored == fresh:
        return None
    lines = difflib.unified_diff(
        stored.splitlines(), fresh.splitlines(), "stored", "fresh", lineterm="", n=1
    )
    shown = [line[:200] for line in lines][2:22]
    return "\n".join(shown or ["only the line ends differ"])


def output_differences(
    stored: Iterable[Mapping[str, Any]], fresh: Iterable[Mapping[str, Any]]
) -> list[OutputDifference]:
    """Compare a code cell's outputs, as nbformat holds them, with the stored ones.

    Outputs are paired by kind and order. PNG goes by :func:`picture_difference`, every text by
    :func:`same_text`, anything else exactly; widgets, whose ids are random, by the text that
    stands in for them.

    Parameters
    ----------
    stored, fresh : iterable of mappings
        Outputs of format 4 with joined lines.

    Returns
    -------
    list of OutputDifference
        Empty when they agree.

    Examples
    --------
    >>> before = [{"output_type": "stream", "name": "stdout", "text": "0.50000 of 8"}]
    >>> after = [{"output_type": "stream", "name": "stdout", "text": "0.50001 of 9"}]
    >>> print(output_differences(before, after)[0].message)
    @@ -1 +1 @@
    -0.50000 of 8
    +0.50001 of 9
    """
    before, after = _by_kind(stored), _by_kind(fresh)
    found = []
    for kind in sorted(before.keys() | after.keys()):
        old, new = before.get(kind, []), after.get(kind, [])
        if len(old) != len(new):
            found.append(OutputDifference(kind, f"{len(new)} outputs, stored are {len(old)}"))
        for one, other in zip(old, new, strict=False):
            message = _value_difference(kind, one, other)
            if message is not None:
                found.append(OutputDifference(kind, message, one, other))
    return found
