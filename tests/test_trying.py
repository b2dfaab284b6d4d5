"""What the notebooks' knobs show is what the library gives at that value of the choice."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest

from har_lib import (
    coverage,
    experiments,
    features,
    keyframes,
    misprints,
    plots,
    plots_controls,
    plots_controls_points,
    seagull,
    shape,
    stip,
    trying,
)
from har_lib.config import Config, profile
from har_lib.controls import Knob

CLIP = misprints.turning_square()
FRAME = 12
CONFIG = Config()
POINTS = stip.detect(CLIP)
TARGET = (-0.35, 0.5)


@pytest.fixture(autouse=True)
def _style() -> Iterator[None]:
    with mpl.rc_context():
        plots.use_style()
        yield


#: Name -> knob, from configuration and clip.
KNOBS: dict[str, Callable[[Config, np.ndarray], Knob]] = {
    "threshold": lambda config, clip: trying.threshold(clip, config),
    "gray_levels": lambda config, clip: trying.gray_levels(clip, len(clip) // 2, config),
    "harris_k": lambda config, clip: trying.harris_k(clip, len(clip) // 2, config),
    "point_window": lambda config, clip: trying.point_window(
        clip, len(clip) // 2, stip.detect(clip), config.vector.window
    ),
    "spiral_scale": lambda config, clip: trying.spiral_scale(TARGET, seed=0),
}


def surveyed(knob: Knob, name: str, monkeypatch: pytest.MonkeyPatch, values: Any = None) -> Any:
    """Arguments of the drawing function ``name`` for the still picture, or for other values."""
    return caught(lambda: knob.survey(values or knob.shown), name, monkeypatch)


def caught(call: Any, name: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    seen: list[Any] = []
    module = plots_controls if hasattr(plots_controls, name) else plots_controls_points
    with monkeypatch.context() as patch:
        patch.setattr(module, name, lambda *given: seen.append(given))
        call()
    return seen[0]


# ---------------------------------------------------------------- all of them


@pytest.mark.parametrize("name", KNOBS)
def test_values_rise_and_hold_the_notebooks_own_and_all_that_is_shown(name: str) -> None:
    knob = KNOBS[name](CONFIG, CLIP)
    assert list(knob.values) == sorted(set(knob.values))
    assert knob.value in knob.values
    assert knob.value in knob.shown
    assert set(knob.shown) <= set(knob.values)
    assert 4 <= len(knob.shown) <= 6
    assert knob.help.endswith(".")
    assert knob.alt.endswith(".")


@pytest.mark.parametrize("name", KNOBS)
def test_every_knob_draws_from_end_to_end(name: str) -> None:
    knob = KNOBS[name](CONFIG, CLIP)
    assert knob.overview()._repr_png_()[0].startswith(b"\x89PNG")
    live = knob.control()
    first = bytes(live.image.value)
    live.chooser.value = knob.values[-1 if knob.value == knob.values[0] else 0]
    assert live.line.value == ""
    assert bytes(live.image.value) != first


@pytest.mark.parametrize(
    ("config", "clip"),
    [
        (CONFIG, np.full((6, 40, 48), 90, np.uint8)),  # nothing moves
        (CONFIG, CLIP[:2]),
        (profile("literal"), CLIP),
        (CONFIG.replace(keyframe_selection="lowest", silhouette="mog2", grid_over="square"), CLIP),
        (CONFIG.replace(keep_first_frame=False, cell_rule="occupancy", ssim_threshold=-1), CLIP),
        (CONFIG.replace(point_volume="key_frames", foreground_difference=254, harris_k=1), CLIP),
    ],
    ids=["still", "two frames", "literal", "other rules", "no first frame", "no body, no point"],
)
def test_knobs_draw_whatever_the_clip_and_the_other_choices(
    config: Config, clip: np.ndarray
) -> None:
    for make in list(KNOBS.values())[:-1]:
        knob = make(config, clip)
        # Drawn, but not rendered, which takes most of the time.
        assert knob.overview().figure.axes
        assert knob.draw(knob.value).axes


# ---------------------------------------------------------------- one by one


def test_at_its_own_threshold_the_key_frames_are_the_notebooks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    config = CONFIG.replace(minimum_keyframes=3, maximum_keyframes=9)
    (choices,) = surveyed(
        trying.threshold(CLIP, config),
        "key_frames_by_threshold",
        monkeypatch,
        (0.5, 0.9, 0.95, 1.0),
    )
    curve = keyframes.consecutive_ssim(CLIP)
    for choice in choices:
        section = replace(config.keyframes, threshold=choice.threshold)
        assert choice.chosen.tolist() == features.key_frames(curve, section).tolist()
        assert len(choice.passing) == features.passed(curve, section)
        assert choice.passing[0] == 0
        assert (curve[choice.passing[1:] - 1] < choice.threshold).all()
        assert choice.curve.tolist() == curve.tolist()
    # The trial is one: both ends of the rule are seen.
    assert len(choices[0].passing) < 3 == len(choices[0].chosen)
    assert len(choices[-1].passing) > 9 == len(choices[-1].chosen)


def test_frame_0_passes_only_where_it_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    knob = trying.threshold(CLIP, CONFIG.replace(keep_first_frame=False))
    (choices,) = surveyed(knob, "key_frames_by_threshold", monkeypatch, (-1.0, 1.0))
    assert choices[0].passing.tolist() == []
    assert choices[1].passing.tolist() == list(range(1, len(CLIP)))


def test_a_reference_that_moves_with_the_threshold_gives_a_curve_for_each(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    config = CONFIG.replace(ssim_reference="previous_key_frame")
    knob = trying.threshold(CLIP, config)
    (choices,) = surveyed(knob, "key_frames_by_threshold", monkeypatch, (0.5, 0.95))
    for choice in choices:
        wanted = features.similarity(CLIP, config.similarity, choice.threshold)
        assert choice.curve.tolist() == wanted.tolist()
    assert choices[0].curve.tolist() != choices[1].curve.tolist()


def test_the_frames_under_a_threshold_are_its_key_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    knob = trying.threshold(CLIP, CONFIG)
    choice, frames = caught(lambda: knob.draw(0.9), "key_frames_at_threshold", monkeypatch)
    np.testing.assert_array_equal(frames, CLIP[choice.chosen])


def test_the_thresholds_of_the_still_picture_reach_over_the_curve() -> None:
    curve = keyframes.consecutive_ssim(CLIP)
    shown = trying.threshold(CLIP, CONFIG).shown
    assert min(shown) <= curve.min() + 0.005
    assert max(shown) >= min(1.0, curve.max()) - 0.005


def test_the_body_and_its_bits_are_those_of_the_level(monkeypatch: pytest.MonkeyPatch) -> None:
    config = CONFIG.replace(
        grid_over="square",
        cell_rule="occupancy",
        cell_order="columns",
        uneven_cells="resized",
        silhouette="knn",
    )
    clip = CLIP[:, :36]  # four does not divide the body's side
    knob = trying.gray_levels(clip, FRAME, config)
    frame, bodies, usual = surveyed(knob, "bodies_by_level", monkeypatch, (2, 25, 60, 254))
    np.testing.assert_array_equal(frame, clip[FRAME])
    assert usual.level == 25
    for body in bodies:
        mask = shape.silhouette(clip, FRAME, difference=body.level)
        np.testing.assert_array_equal(body.mask, mask)
        wanted = shape.grid(mask, "square", "occupancy", "columns", "resized")
        assert body.bits.tolist() == wanted.tolist()
        assert body.overlap is None
    top, bottom, left, right = shape.grid_region(bodies[1].mask, "square") or (0, 0, 0, 0)
    assert (bodies[1].edges_y[0], bodies[1].edges_y[-1]) == (top, bottom)
    assert (bodies[1].edges_x[0], bodies[1].edges_x[-1]) == (left, right)
    assert len(bodies[1].edges_x) == len(bodies[1].edges_y) == 5
    assert not bodies[-1].mask.any()
    assert bodies[-1].edges_y == []


def test_the_overlap_with_the_truth_is_told_where_it_is_known(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[Any] = []

    def overlap(records: Any, frames: Any, masks: Any) -> np.ndarray:
        asked.append((records, [each.tolist() for each in frames], [each.shape for each in masks]))
        return np.array([0.25])

    monkeypatch.setattr(experiments, "silhouette_overlap", overlap)
    record: Any = object()
    knob = trying.gray_levels(CLIP, FRAME, CONFIG, record)
    _, (body,), _ = surveyed(knob, "bodies_by_level", monkeypatch, (25,))
    assert body.overlap == 0.25
    assert asked == [([record], [[FRAME]], [(1, *CLIP.shape[1:])])]


def test_the_difference_shown_is_to_the_clips_median(monkeypatch: pytest.MonkeyPatch) -> None:
    knob = trying.gray_levels(CLIP, FRAME, CONFIG)
    _, difference, _, _ = caught(lambda: knob.draw(40), "body_at_level", monkeypatch)
    wanted = np.abs(CLIP[FRAME].astype(int) - np.sort(CLIP, axis=0)[(len(CLIP) - 1) // 2])
    np.testing.assert_array_equal(difference, wanted)


def test_points_are_those_of_the_constant_and_none_from_1_27_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    config = CONFIG.replace(spatial_variance=2.0, point_volume="key_frames")
    knob = trying.harris_k(CLIP, FRAME, config)
    _, found, length = surveyed(knob, "points_by_k", monkeypatch, knob.values)
    assert length == len(CLIP)
    for k, points in found.items():
        wanted = stip.detect(CLIP, spatial_variance=2.0, k=k)
        assert points.t.tolist() == wanted.t.tolist()
        assert points.x.tolist() == wanted.x.tolist()
        assert (len(points) == 0) == (k >= trying.NO_POINTS), k
    assert 1.0 in found
    *_, counts, limit = caught(lambda: knob.draw(0.01), "points_at_k", monkeypatch)
    assert counts == {k: len(points) for k, points in found.items()}
    assert limit == trying.NO_POINTS


def test_spans_are_coverage_as_the_library_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    knob = trying.point_window(CLIP, FRAME, POINTS, 3)
    _, spans = surveyed(knob, "spans_by_window", monkeypatch, knob.values)
    for span in spans:
        near = POINTS.take(np.abs(POINTS.t - FRAME) <= span.window)
        assert len(span.points) == len(near)
        for measure in ("extent", "deviation"):
            wanted = coverage.coverage(near, CLIP.shape[1:], measure).tolist()
            assert list(getattr(span, measure)) == wanted
        assert (span.box is None) == (span.spread is None) == (len(near) == 0)
    assert len(spans[-1].points) == len(POINTS), "the last window is the whole clip"
    left, top, width, height = spans[-1].box
    assert (left, left + width) == (POINTS.x.min(), POINTS.x.max())
    assert (top, top + height) == (POINTS.y.min(), POINTS.y.max())
    left, top, width, height = spans[-1].spread
    assert (left + width / 2, top + height / 2) == pytest.approx(coverage.centre(POINTS))
    assert width == pytest.approx(4 * POINTS.x.std())


def test_seagulls_fly_as_in_the_notebooks_picture_and_with_another_p(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    knob = trying.spiral_scale(TARGET, seed=3)
    (grid, _, height), flights, optimum = surveyed(knob, "flights_by_scale", monkeypatch)
    assert optimum == TARGET
    assert height[40, 40] == pytest.approx(-(0.35**2 + 0.5**2))
    assert grid[40] == 0
    usual = experiments.positions("corrected", TARGET, seed=3)
    named = {name.split(",")[0]: own for name, own in flights.items()}
    np.testing.assert_array_equal(named["corrected"][1.0].courses, usual)
    usual = experiments.positions("stable", TARGET, seed=3)
    np.testing.assert_array_equal(named["stable"][0.5].courses, usual)
    assert list(flights) == ["corrected, q = 1", "stable, q = 0.05"]
    for form, own in named.items():
        assert list(own) == list(knob.shown)
        for p, flight in own.items():
            found = seagull.maximise(
                lambda at: experiments.hill(at, TARGET), [-1, -1], [1, 1],
                form=form, p=p, seed=3, population=20, iterations=8,
            )  # fmt: skip
            assert flight.outside == found.diagnostics["clipped"].mean()
            assert flight.best[-1] == pytest.approx(np.hypot(*(found.position - TARGET)))
            assert (np.diff(flight.best) <= 0).all()
            start = np.hypot(*(flight.courses[0] - TARGET).T)
            assert flight.best[0] == pytest.approx(start.min())
            assert flight.typical[0] == pytest.approx(np.median(start))
            assert len(flight.typical) == len(flight.best) == len(flight.courses) == 9
    # What the pictures are to show.
    assert named["corrected"][1.0].outside > 0.5
    assert named["stable"][0.1].outside == 0
