"""How rungs part when samples of one place have something in common: a curve on built-in clips.

It shows a mechanism. It is no evidence about the paper, nor about any real clips.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from har_lib import leakage
from har_lib.config import Config
from har_lib.errors import InputError
from har_lib.leakage import Samples

#: What has an offset of its own.
PLACES = ("group and class", "clip")

#: Shares of the variance that offsets have.
SHARES = tuple(round(0.1 * tenth, 1) for tenth in range(10))

_OWN = int.from_bytes(b"offsets.")


def with_offsets(data: Samples, place: str, share: float, seed: int) -> Samples:
    """The samples' standardised numbers, of which a share is an offset common to their place.

    Each place draws 58 standard normal numbers once; a sample is the square root of 1 - share
    times its own numbers and the square root of share times those of its place. What is known of
    one place is of no use in another: offsets can be memorised, and never transferred.

    Parameters
    ----------
    data : Samples
    place : {"group and class", "clip"}
    share : float
        Of the variance, from 0 to below 1.
    seed : int
        Of the offsets; they are the same for every share.

    Raises
    ------
    InputError
        If place or share is not allowed.
    """
    if place not in PLACES:
        raise InputError(f"place = {place!r} is not known: it must be one of {', '.join(PLACES)}")
    if not 0 <= share < 1:
        raise InputError(f"share = {share} is not allowed: it must lie from 0 to below 1")
    varying = np.ptp(data.rows, axis=0) > 0
    rows = data.rows[:, varying]
    rows = (rows - rows.mean(axis=0)) / rows.std(axis=0)
    if place == "clip":
        member = np.unique(data.clips, return_inverse=True)[1]
    else:
        pairs = [np.unique(each, return_inverse=True)[1] for each in (data.groups, data.labels)]
        member = np.unique(np.stack(pairs), axis=1, return_inverse=True)[1].ravel()
    generator = np.random.default_rng([_OWN, seed])
    offsets = generator.normal(size=(member.max() + 1, rows.shape[1]))[member]
    return replace(data, rows=np.sqrt(1 - share) * rows + np.sqrt(share) * offsets)


def curve(
    names: Sequence[str],
    data: Samples,
    config: Config,
    count: int,
    draws: int,
    places: Sequence[str] = PLACES,
    shares: Sequence[float] = SHARES,
    seed: int = 0,
    jobs: int = 1,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Accuracy on each rung by the share of variance that is common to a place.

    Parameters
    ----------
    names : sequence of str
        Classifiers that take rows.
    data : Samples
        Key frames.
    config : Config
    count, draws : int
        Folds, and how often offsets and folds are drawn, at least twice.
    places, shares : sequence
        Of :data:`PLACES`, and from 0 to below 1.
    seed, jobs : int
    confidence : float
        Of Student's interval over draws.

    Returns
    -------
    DataFrame
        A row a place, classifier, rung and share: ``accuracy``, ``low``, ``high`` over draws.
    """
    if draws < 2:
        raise InputError(f"draws = {draws} is not allowed: an interval needs at least 2")
    rows: list[dict[str, Any]] = []
    for place in places:
        for share in shares:
            drawn = [with_offsets(data, place, share, seed + draw) for draw in range(draws)]
            for name in names:
                for rung in leakage.UNITS[data.unit]:
                    found = [
                        leakage.correctness(name, own, rung, config, count, 1, seed + draw, jobs)
                        for draw, own in enumerate(drawn)
                    ]
                    means = np.array([each.mean() for each in found])
                    half = stdtrit(draws - 1, 0.5 + confidence / 2) * means.std(ddof=1)
                    half = float(half / np.sqrt(draws))
                    mean = float(means.mean())
                    rows.append(
                        {
                            "place": place,
                            "classifier": name,
                            "rung": rung,
                            "share": share,
                            "accuracy": mean,
                            "low": mean - half,
                            "high": mean + half,
                        }
                    )
    return pd.DataFrame(rows)
