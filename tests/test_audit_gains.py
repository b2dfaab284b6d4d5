"""Intervals of gains against Newcombe's published example, statsmodels' values and simulation."""

import numpy as np
import pytest
from scipy.stats import norm

from har_lib.audit_gains import Gain, clips_needed, paired, unpaired
from har_lib.errors import InputError

# statsmodels 0.15.0, confint_proportions_2indep(..., method="newcomb", compare="diff").
STATSMODELS = [
    (56, 48, 70, -0.030778683108719562, 0.25347759056379093),
    (380, 370, 400, -0.009006632260787503, 0.05972339412901101),
    (9, 3, 10, 0.1705227239345029, 0.809017973535488),
    (10, 0, 10, 0.6075093504305241, 1.0),
]


@pytest.mark.parametrize(("a", "b", "clips", "low", "high"), STATSMODELS)
def test_unpaired_is_newcombes_method_10(a, b, clips, low, high):
    found = unpaired(a / clips, b / clips, clips)
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-10)
    swapped = unpaired(b / clips, a / clips, clips)
    assert (swapped.low, swapped.high) == pytest.approx((-high, -low), abs=1e-10)


def test_unpaired_joins_wilsons_intervals_as_newcombe_prints():
    """Three of the examples of his table, with its four decimals."""
    found = unpaired(0.9, 0.3, 10)
    assert (round(found.low, 4), round(found.high, 4)) == (0.1705, 0.8090)
    found = unpaired(1, 0, 10)
    assert (round(found.low, 4), round(found.high, 4)) == (0.6075, 1.0)
    found = unpaired(0, 0, 10)
    assert (round(found.low, 4), round(found.high, 4)) == (-0.2775, 0.2775)


def test_unpaired_covers():
    generator = np.random.default_rng(2)
    clips, p, q = 300, 0.95, 0.92
    counts = generator.binomial(clips, [p, q], size=(4000, 2)) / clips
    inside = [g.low <= p - q <= g.high for g in (unpaired(a, b, clips) for a, b in counts)]
    assert abs(np.mean(inside) - 0.95) < 0.015


def by_clip(only_first: int, only_second: int, clips: int) -> tuple[float, float]:
    """Wald's interval from one difference (1, 0, -1) a clip, normal quantile, divisor N."""
    values = np.repeat([1, -1, 0], [only_first, only_second, clips - only_first - only_second])
    half = norm.ppf(0.975) * values.std() / np.sqrt(clips)
    return values.mean() - half, values.mean() + half


@pytest.mark.parametrize(("a", "b", "clips"), [(95, 92, 100), (40, 30, 100), (7, 9, 10), (3, 3, 9)])
def test_paired_by_clip(a, b, clips):
    """Most agreement: one is right wherever the other is. Least: errors meet only if they must."""
    most = paired(a / clips, b / clips, clips, "most")
    assert (most.low, most.high) == pytest.approx(
        by_clip(max(a - b, 0), max(b - a, 0), clips), abs=1e-12
    )
    both = max(0, a + b - clips)
    least = paired(a / clips, b / clips, clips, "least")
    assert (least.low, least.high) == pytest.approx(by_clip(a - both, b - both, clips), abs=1e-12)
    assert least.high - least.low > most.high - most.low
    # Any other agreement lies between.
    for shared in range(both, min(a, b) + 1):
        low, high = by_clip(a - shared, b - shared, clips)
        assert least.low - 1e-12 <= low <= most.low + 1e-12
        assert most.high - 1e-12 <= high <= least.high + 1e-12


def test_confidence_widens():
    for interval in (unpaired, lambda *args, **kw: paired(*args, "least", **kw)):
        sure, unsure = (interval(0.9, 0.8, 50, confidence=c) for c in (0.99, 0.8))
        assert sure.low < unsure.low < unsure.difference == sure.difference < sure.high


def test_excludes_zero():
    assert Gain(0.1, 0.01, 0.2).excludes_zero
    assert Gain(-0.1, -0.2, -0.01).excludes_zero
    assert not Gain(0.1, 0.0, 0.2).excludes_zero
    assert not Gain(0.1, -0.1, 0.2).excludes_zero


def test_clips_needed_is_the_last_crossing():
    def back_and_forth(clips: int) -> Gain:
        sure = clips in (5, 6) or clips >= 12
        return Gain(0.1, 0.01 if sure else -0.01, 0.2)

    assert clips_needed(back_and_forth, limit=30) == 12
    assert clips_needed(back_and_forth, limit=12) == 12
    assert clips_needed(back_and_forth, limit=11) is None
    assert clips_needed(lambda clips: Gain(1, 0.5, 1), limit=4) == 1
    assert clips_needed(lambda clips: Gain(0, -1, 1), limit=4) is None


def test_clips_needed_of_the_claimed_gain():
    needed = clips_needed(lambda n: unpaired(0.9515, 0.921, n), limit=2000)
    assert needed is not None
    assert not unpaired(0.9515, 0.921, needed - 1).excludes_zero
    assert all(unpaired(0.9515, 0.921, n).excludes_zero for n in range(needed, 2001))
    ends = [
        clips_needed(lambda n, e=e: paired(0.9515, 0.921, n, e), limit=2000)
        for e in ("most", "least")
    ]
    assert ends[0] < needed < ends[1]


@pytest.mark.parametrize(("share", "clips"), [(1.1, 10), (-0.1, 10), (0.5, 0)])
def test_no_accuracy(share, clips):
    for interval in (unpaired, paired):
        with pytest.raises(InputError, match="no accuracy"):
            interval(share, 0.5, clips)


def test_unknown_agreement():
    with pytest.raises(InputError, match="'most' or 'least'"):
        paired(0.5, 0.5, 10, "some")
