"""Printed numbers against Python's decimal rounding and against counting."""

from decimal import ROUND_DOWN, ROUND_HALF_DOWN, ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest

from har_lib.audit_printed import Printed, share_of_printable, smallest_common
from har_lib.errors import InputError
from har_lib.ucf101_supports import SETS, supports


def prints(share: Fraction, decimals: int, percent: bool, rounding: str) -> set[str]:
    """All texts of a share that a table may hold, by `decimal`."""
    exact = Decimal(share.numerator * (100 if percent else 1)) / Decimal(share.denominator)
    step = Decimal(1).scaleb(-decimals)
    modes = [ROUND_DOWN] if rounding == "cut" else [ROUND_HALF_UP, ROUND_HALF_DOWN]
    return {str(exact.quantize(step, mode)) for mode in modes}


@pytest.mark.parametrize("rounding", ["nearest", "cut"])
@pytest.mark.parametrize(("percent", "decimals"), [(True, 0), (True, 2), (False, 2), (False, 3)])
def test_admits_all_that_prints_so_and_little_else(rounding, percent, decimals):
    for clips in (7, 8, 40, 101):
        for k in range(clips + 1):
            for text in prints(Fraction(k, clips), decimals, percent, rounding):
                printed = Printed(text, percent, rounding)
                assert k in printed.admits(clips)
                assert printed.holds(Fraction(k, clips))
                # What is admitted beside lies at an end of the range.
                for other in printed.admits(clips):
                    share = Fraction(other, clips)
                    if text not in prints(share, decimals, percent, rounding):
                        assert rounding == "cut"
                        assert share == printed.high


def test_range_and_parts_of_a_print():
    printed = Printed("95.15")
    assert (printed.low, printed.value, printed.high) == (
        Fraction(95145, 100000),
        Fraction(9515, 10000),
        Fraction(95155, 100000),
    )
    assert printed.unit == Fraction(1, 10000)
    cut = Printed("0.95", percent=False, rounding="cut")
    assert (cut.low, cut.high) == (Fraction(95, 100), Fraction(96, 100))
    assert (Printed("95.10").unit, Printed("95.1").unit) == (Fraction(1, 10**4), Fraction(1, 10**3))
    assert (str(printed), str(cut)) == ("95.15 %", "0.95")
    assert (Printed("100").high, Printed("0").low) == (1, 0)


@pytest.mark.parametrize("name", SETS)
def test_admits_of_the_claim_by_formatting(name):
    clips = sum(supports(name))
    right = [k for k in range(clips + 1) if f"{100 * k / clips:.2f}" == "95.15"]
    assert Printed("95.15").admits(clips) == right
    expected = {"split 2": [3553], "splits pooled": [10669], "all clips": [12674]}
    assert right == expected.get(name, [])


@pytest.mark.parametrize(
    "text", ["", ".", "-1", "+1", "1e1", "95,15", "95%", " 95", "1/2", "nan", "101", "²", "1_0"]
)
def test_no_share(text):
    with pytest.raises(InputError, match="no percentage") as caught:
        Printed(text)
    assert "\n" not in str(caught.value)


def test_more_input_that_is_refused():
    with pytest.raises(InputError, match=r"no share: .* from 0 to 1, or change percent$"):
        Printed("1.01", percent=False)
    with pytest.raises(InputError, match="nearest or cut"):
        Printed("1", rounding="up")
    with pytest.raises(InputError, match="at least one"):
        Printed("1").admits(0)


@pytest.mark.parametrize("rounding", ["nearest", "cut"])
@pytest.mark.parametrize("clips", [1, 7, 10, 13, 300, 1001])
def test_share_of_printable_by_asking_each_number(clips, rounding):
    texts = [f"{k / 10:.1f}" for k in range(1001)]
    passing = sum(bool(Printed(text, rounding=rounding).admits(clips)) for text in texts)
    found = share_of_printable(Printed("95.1", rounding=rounding), clips)
    assert found == pytest.approx(passing / 1001, abs=1e-12)


def test_share_of_printable_where_values_lie_half_way():
    """Of eight clips, 1/8 = 12.5 % passes as 12 and as 13; `Printed.admits` lets both pass."""
    texts = [str(k) for k in range(101)]
    passing = [text for text in texts if Printed(text).admits(8)]
    assert {"12", "13"} <= set(passing)
    assert share_of_printable(Printed("95"), 8) == pytest.approx(len(passing) / 101, abs=1e-12)


def test_share_of_printable_grows_to_one():
    assert share_of_printable(Printed("95.15"), 3783) == pytest.approx(3784 / 10001)
    assert share_of_printable(Printed("95.15"), 20_001) == 1


def test_smallest_common_by_counting():
    printed = [Printed("33.3"), Printed("66.7"), Printed("14.3")]
    clips = next(
        n
        for n in range(1, 1000)
        if all(any(f"{100 * k / n:.1f}" == p.text for k in range(n + 1)) for p in printed)
    )
    assert smallest_common(printed) == clips == 21
    assert smallest_common(printed, limit=20) is None
