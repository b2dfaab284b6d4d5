"""What follows from each misprint, in the numbers that the pages and notebooks print."""

import numpy as np
import pytest
import skimage.data
from sklearn.metrics import accuracy_score

from har_lib import misprints, stip
from har_lib.paper import EQUATIONS


def test_ssim_of_a_frame_with_itself() -> None:
    frames = {"flat": np.full((40, 40), 70.0), "camera": skimage.data.camera()}
    table = misprints.similarity_with_itself(frames)
    assert table.xs("corrected", axis=1, level=1).to_numpy() == pytest.approx(1, abs=1e-12)
    assert table.loc["flat"].xs("as printed", level=1).to_numpy() == pytest.approx(9, abs=1e-9)
    # Over windows wholly in the frame; with reflected borders it would be 3.97 (test_keyframes).
    assert round(table.loc["camera", ("windows", "as printed")], 2) == 3.92
    assert round(table.loc["camera", ("whole frame", "as printed")], 3) == 1.005


def test_the_kernel_of_a_clip_of_n_frames() -> None:
    table = misprints.time_factor([2, 30, 100])
    number = table["n as number of frames"]
    # exp(-n^2 / 2 tau^2) over the root of 2 pi tau^2, with tau^2 = 2.
    for length in (2, 30):
        expected = np.exp(-(length**2) / 4) / np.sqrt(4 * np.pi)
        assert number[length] == pytest.approx(expected, rel=1e-12)
    assert number[100] == 0.0
    assert (table["n as time"] > 0.27).all()


def test_the_printed_response_has_no_positive_maximum_but_others() -> None:
    frames = misprints.turning_square()
    found = misprints.response_maxima(frames)
    assert found.positive["as printed"] == 0
    assert found.positive["corrected"] == len(stip.detect(frames)) > 0
    assert len(found.printed) == len(found.weaker) > 0
    # Places that had nothing to do with structure would have a median of one half.
    assert np.median(found.weaker) < 0.2
    trace = stip.second_moment_matrix(frames)[[0, 3, 5]].sum(axis=0)
    t, y, x = found.printed[7]
    assert found.weaker[7] == pytest.approx((trace < trace[t, y, x]).mean())


def test_printed_jets_know_nothing_of_the_video() -> None:
    random = np.random.default_rng(0)
    clips = random.integers(0, 256, (2, 20, 40, 40), dtype=np.uint8)
    found = misprints.jet_difference(*clips)
    assert found["as printed"] == 0.0
    assert found["corrected"] > 1


def test_the_printed_fitness_is_the_prevalence() -> None:
    table = misprints.fitness_by_class_count([2, 5, 10, 101])
    for count, value in ((2, 0.5), (5, 0.2), (10, 0.1), (101, 0.0099)):
        assert table.loc[count, "as printed"].round(4).tolist() == [value] * 3
    assert (table["corrected", "always right"] == 1).all()
    assert table.loc[10, ("corrected", "always the same")] == pytest.approx(0.1)
    assert table.loc[101, ("corrected", "guessing")] < 0.05


def test_one_vs_rest_flatters_guessing() -> None:
    table = misprints.one_vs_rest([2, 10, 101])
    assert table.loc[101, "one-vs-rest accuracy"].round(4) == 0.9804
    random = np.random.default_rng(0)
    for count in (2, 10, 101):
        truth = np.repeat(np.arange(count), 2000 // count)
        said = random.integers(count, size=(40, len(truth)))
        plain = np.mean([accuracy_score(truth, one) for one in said])
        rest = np.mean(
            [[accuracy_score(truth == c, one == c) for c in range(count)] for one in said[:3]]
        )
        assert plain == pytest.approx(table.loc[count, "accuracy"], abs=0.02)
        assert rest == pytest.approx(table.loc[count, "one-vs-rest accuracy"], abs=0.02)


def test_a_constant_b_never_decays() -> None:
    table = misprints.balance_over_time(200)
    assert table.index.tolist() == [0, 100, 200]
    assert table["D"].tolist() == [2, 1, 0]
    assert table["mean A, corrected"].tolist() == [4, 1, 0]
    assert table["mean A, as printed"].tolist() == [4, 4, 4]


def test_printed_gulls_fly_into_two_orthants() -> None:
    for form in ("literal", "corrected"):
        printed = misprints.flight(form)
        assert set(printed.upward.tolist()) == {0.0, 1.0}
        assert 0.3 < printed.upward.mean() < 0.7
        assert printed.coherence == 1.0
        assert printed.corners > 0.5
        assert printed.clipped > 0.5
    repaired = misprints.flight("stable")
    assert np.ptp(repaired.upward) < 0.2
    assert repaired.upward.mean() == pytest.approx(0.5, abs=0.01)
    assert repaired.coherence < 0.05
    assert repaired.corners == 0


def test_findings_are_sentences_on_equations_with_an_error() -> None:
    found = misprints.findings()
    for number, text in found.items():
        assert EQUATIONS[number].severity != "none"
        assert text.endswith(".")
        assert "nan" not in text
        assert "NOT" not in text
    fatal = {number for number, each in EQUATIONS.items() if each.severity == "fatal"}
    assert fatal <= set(found)
    assert found == misprints.findings(), "the same on every run"
