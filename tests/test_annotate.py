"""The annotated video: where things stand, what is drawn over which frame, and the file."""

import dataclasses
import re
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from matplotlib.colors import to_rgb

from har_lib import annotate, features, movie, sight, synthetic, video
from har_lib.annotate import Annotator, annotated, layout
from har_lib.config import Config
from har_lib.errors import InputError
from har_lib.foreground import Silhouettes
from har_lib.plots_clip import COLORS, Place
from har_lib.sight import Sight
from tests.test_sight import Counting

WIDTH, HEIGHT = annotate.SIZE


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clip") / "v_JumpingJack_g02_c01.avi"
    synthetic.write_video(path, synthetic.render("JumpingJack", 2, 1).frames[:26])
    return path


@pytest.fixture(scope="module")
def seen(clip: Path) -> Sight:
    config = Config()
    frames = features.read(clip, config.video)
    return sight.look(frames, Counting(), config)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def colored(clip: Path) -> list[np.ndarray]:
    """The clip's frames, blue first."""
    with video.opened(clip) as capture:
        return [*video.decoded(clip, capture)]


@pytest.fixture(scope="module")
def drawn(clip: Path, seen: Sight) -> np.ndarray:
    return np.stack([*annotated(clip, seen, 25.0)])


def color(name: str) -> np.ndarray:
    return np.rint(np.array(to_rgb(COLORS[name])[::-1]) * 255)


def part(picture: np.ndarray, place: Place) -> np.ndarray:
    left, top, wide, high = place
    return picture[..., top : top + high, left : left + wide, :]


def alike(picture: np.ndarray, wanted: np.ndarray, tolerance: int = 3) -> np.ndarray:
    """Where a picture has a colour, bool (H, W)."""
    found: np.ndarray = (np.abs(picture.astype(int) - wanted) <= tolerance).all(axis=-1)
    return found


# ---------------------------------------------------------------- places


def meet(first: Place, second: Place) -> bool:
    return all(
        first[i] < second[i] + second[i + 2] and second[i] < first[i] + first[i + 2] for i in (0, 1)
    )


@pytest.mark.parametrize("size", [(320, 240), (1920, 1080), (240, 426), (900, 90), (17, 400)])
@pytest.mark.parametrize("keys", [[0], [0, 1, 2, 3, 4], [*range(88, 100)], [0, 99]])
def test_nothing_lies_on_anything_else(size: tuple[int, int], keys: list[int]) -> None:
    found = layout(*size, np.array(keys), 100)
    left, top, wide, high = found.picture
    border = annotate._BORDER
    framed = left - border, top - border, wide + 2 * border, high + 2 * border
    places = [framed, found.panel, *found.thumbnails, found.timeline]
    for i, place in enumerate(places):
        assert min(place) > 0, "all sides have a length"
        assert place[0] + place[2] <= WIDTH
        assert place[1] + place[3] <= HEIGHT
        assert not any(meet(place, other) for other in places[:i])
    assert wide / high == pytest.approx(size[0] / size[1], rel=1 / min(wide, high))
    assert found.panel[2] >= 400, "room for names of actions"
    assert len(found.thumbnails) == len(keys)


def test_a_thumbnail_stands_above_its_time_where_there_is_room() -> None:
    found = layout(320, 240, np.array([10, 50, 90]), 101)
    left, _, wide, _ = found.timeline
    for place, frame in zip(found.thumbnails, (10, 50, 90), strict=True):
        assert place[0] + place[2] / 2 == pytest.approx(left + wide * frame / 100, abs=1)


def test_thumbnails_that_crowd_spread_to_both_sides() -> None:
    found = layout(320, 240, np.array([48, 49, 50, 51, 52]), 101)
    left, _, wide, _ = found.timeline
    middles = [place[0] + place[2] / 2 for place in found.thumbnails]
    assert middles[2] == pytest.approx(left + wide / 2, abs=2)
    assert np.diff(middles) == pytest.approx([middles[1] - middles[0]] * 4, abs=2)


# ---------------------------------------------------------------- what is drawn


def test_every_frame_is_drawn_at_one_size(drawn: np.ndarray, seen: Sight) -> None:
    assert drawn.shape == (len(seen.frames), HEIGHT, WIDTH, 3)
    assert drawn.dtype == np.uint8


def bare(frame: np.ndarray, place: Place) -> np.ndarray:
    return cv2.resize(frame, place[2:], interpolation=cv2.INTER_CUBIC)


def without(seen: Sight, *names: str) -> Sight:
    """The same clip, with nothing seen of some kinds."""
    changes: dict[str, Any] = {}
    if "points" in names:
        changes["points"] = seen.points.take(np.zeros(len(seen.points), dtype=bool))
    if "silhouettes" in names:
        masks = dataclasses.replace(seen.masks, bits=np.zeros_like(seen.masks.bits))
        changes["masks"] = masks
    return dataclasses.replace(seen, **changes)


def test_where_nothing_is_seen_the_clip_is_as_it_was(
    seen: Sight, colored: list[np.ndarray]
) -> None:
    blind = Annotator(without(seen, "points", "silhouettes"), "clip", 320, 240, 25.0)
    for number in (0, 7):
        picture = part(blind.draw(number, colored[number]), blind.layout.picture)
        np.testing.assert_array_equal(picture, bare(colored[number], blind.layout.picture))


def test_the_silhouette_is_outlined(seen: Sight, colored: list[np.ndarray]) -> None:
    number = max(range(len(colored)), key=lambda j: seen.masks[j].sum())
    drawer = Annotator(without(seen, "points"), "clip", 320, 240, 25.0)
    place = drawer.layout.picture
    picture = part(drawer.draw(number, colored[number]), place)
    line = alike(picture, color("silhouette"))
    assert line.sum() > 100
    body = cv2.resize(seen.masks[number].astype(np.uint8), place[2:]) > 0
    around = cv2.morphologyEx(body.astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((15, 15))) > 0
    assert (around | ~line).all(), "the line lies along the edge of the body"
    # Neither inside nor outside is touched.
    same = (picture == bare(colored[number], place)).all(axis=-1)
    assert same[~around].all()


def test_the_outline_runs_along_the_edge(seen: Sight, colored: list[np.ndarray]) -> None:
    masks = np.zeros(seen.masks.shape, dtype=bool)
    masks[:, 30:90, 40:100] = True
    square = dataclasses.replace(without(seen, "points"), masks=Silhouettes.of(masks))
    drawer = Annotator(square, "clip", 320, 240, 25.0)
    wide, high = drawer.layout.picture[2:]
    picture = part(drawer.draw(0, colored[0]), drawer.layout.picture)
    rows, columns = np.nonzero((picture != bare(colored[0], drawer.layout.picture)).any(axis=-1))
    # With its dark edge and softened sides the line is 7 pixels wide, and half of it lies outside.
    found = [columns.min() + 3.5, columns.max() - 2.5, rows.min() + 3.5, rows.max() - 2.5]
    edges = [40 * wide / 160, 100 * wide / 160, 30 * high / 120, 90 * high / 120]
    np.testing.assert_allclose(found, edges, atol=1)


def test_points_are_ringed_where_they_are_and_fade(seen: Sight, colored: list[np.ndarray]) -> None:
    alone = without(seen, "silhouettes")
    inner = np.flatnonzero((seen.points.t > 5) & (seen.points.t < len(colored) - 6))
    one = dataclasses.replace(alone, points=seen.points.take(inner[:1]))
    t, y, x = (int(getattr(one.points, axis)[0]) for axis in "tyx")
    drawer = Annotator(one, "clip", 320, 240, 25.0)
    wide, high = drawer.layout.picture[2:]
    centre = (x + 0.5) * wide / 160, (y + 0.5) * high / 120
    yellow = []
    for number in range(t - 5, t + 6):
        picture = part(drawer.draw(number, colored[number]), drawer.layout.picture)
        changed = (picture != bare(colored[number], drawer.layout.picture)).any(axis=-1)
        near = abs(number - t) <= 3
        assert changed.any() == near, f"{number - t} frames from the point"
        yellow.append(int(alike(picture, color("interest points"), 20).sum()))
        if near:
            rows, columns = np.nonzero(changed)
            assert abs(columns.mean() - centre[0]) < 1.5
            assert abs(rows.mean() - centre[1]) < 1.5
    assert yellow[5] > 20
    assert yellow.index(max(yellow)) == 5, "strongest in its own frame"
    assert yellow[3] == yellow[7] == 0, "two frames away it is no longer yellow all through"


def test_coverage_is_a_box_around_the_points(seen: Sight, colored: list[np.ndarray]) -> None:
    number = max(range(len(colored)), key=lambda j: len(seen.marks(j)))
    box = seen.box(number)
    assert box is not None
    drawer = Annotator(without(seen, "silhouettes"), "clip", 320, 240, 25.0)
    wide, high = drawer.layout.picture[2:]
    picture = part(drawer.draw(number, colored[number]), drawer.layout.picture)
    rows, columns = np.nonzero(alike(picture, color("coverage")))
    corners = np.array([[box[0], box[1]], [box[0] + box[2], box[1] + box[3]]])
    wanted = (corners + 0.5) * [wide / 160, high / 120] - 0.5
    found = [[columns.min(), rows.min()], [columns.max(), rows.max()]]
    np.testing.assert_allclose(found, wanted, atol=2)


def test_a_key_frame_has_a_border_that_fades(drawn: np.ndarray, seen: Sight) -> None:
    left, top, wide, _ = layout(320, 240, seen.found.keyframes, len(seen.frames)).picture
    above = drawn[:, top - 4, left + wide // 2].astype(int)
    for number, found in enumerate(above):
        share = seen.nearness(number)
        assert np.abs(found - (share * color("key frame") + (1 - share) * 255)).max() <= 2
    assert alike(above, color("key frame")).sum() == len(seen.found.keyframes)


def test_the_strip_shows_what_has_passed_and_the_key_frames_so_far(
    drawn: np.ndarray, seen: Sight
) -> None:
    keys = seen.found.keyframes[seen.key_frames(annotate.THUMBNAILS)]
    places = layout(320, 240, keys, len(seen.frames))
    left, top, wide, high = places.timeline
    for number in (0, 10, len(drawn) - 1):
        row = drawn[number, top - 2]
        (dark,) = np.nonzero(alike(row, np.full(3, 40), 10))
        now = left + round(wide * number / (len(drawn) - 1))
        assert now in dark
        assert len(dark) <= 5, "a line"
        ground = drawn[number, top + 2 : top + high - 2]
        past, future = ground[:, left + 2 : now - 4], ground[:, now + 4 : left + wide - 2]
        if past.size:
            assert not alike(past, np.full(3, 255), 0).any()
        if future.size:
            assert alike(future, np.full(3, 255), 0).mean() > 0.5
    for frame, place in zip(keys.tolist(), places.thumbnails, strict=True):
        # Small, as it was drawn large; before that the place is empty.
        picture = part(drawn[frame], places.picture)
        small = cv2.resize(picture, place[2:], interpolation=cv2.INTER_AREA)
        for number in range(len(drawn)):
            same = bool((part(drawn[number], place) == small).all())
            assert same == (number >= frame)


def test_the_panel_changes_at_key_frames_alone(drawn: np.ndarray, seen: Sight) -> None:
    place = layout(320, 240, seen.found.keyframes, len(seen.frames)).panel
    panels = part(drawn, place)
    changed = (panels[1:] != panels[:-1]).any(axis=(1, 2, 3))
    keys = set(seen.found.keyframes.tolist())
    assert {int(number) for number in np.flatnonzero(changed) + 1} == keys - {0}


def test_before_the_first_key_frame_nothing_is_said(seen: Sight, colored: list[np.ndarray]) -> None:
    later = dataclasses.replace(
        seen,
        found=dataclasses.replace(
            seen.found, keyframes=seen.found.keyframes[1:], vectors=seen.found.vectors[1:]
        ),
        shares=seen.shares[1:],
    )
    drawer = Annotator(later, "clip", 320, 240, 25.0)
    first = int(later.found.keyframes[0])
    empty = part(drawer.draw(0, colored[0]), drawer.layout.panel).copy()
    full = part(drawer.draw(first, colored[first]), drawer.layout.panel)
    blue = np.array([178, 115, 1])
    assert not alike(empty, blue, 8).any()
    assert alike(full, blue, 8).sum() > 500, "the bar of the most probable action"


@pytest.mark.parametrize("size", [(64, 36), (36, 64), (200, 20)])
def test_a_clip_of_any_shape_is_drawn(seen: Sight, size: tuple[int, int]) -> None:
    drawer = Annotator(seen, "a_name_" * 40 + ".avi", *size, 25.0)
    picture = drawer.draw(0, np.full((size[1], size[0], 3), 90, np.uint8))
    assert picture.shape == (HEIGHT, WIDTH, 3)
    edges = np.concatenate([picture[0], picture[-1], picture[:, 0], picture[:, -1]])
    assert (edges == 255).all(), "nothing runs over the edge"


# ---------------------------------------------------------------- the file


def test_the_video_has_the_frames_and_the_rate_of_the_clip(
    clip: Path, seen: Sight, drawn: np.ndarray, tmp_path: Path
) -> None:
    path = tmp_path / "out" / "annotated.mp4"
    codec = annotate.write(clip, seen, path)
    assert codec == "H.264"
    assert video.frames_per_second(path) == video.frames_per_second(clip)
    with video.opened(path) as capture:
        count = 0
        for wanted, read in zip(drawn, video.decoded(path, capture), strict=True):
            assert np.abs(wanted.astype(int) - read).mean() < 6
            count += 1
    assert count == len(seen.frames)


def test_a_bar_is_shown_on_request(clip: Path, seen: Sight, tmp_path: Path, capsys: Any) -> None:
    annotate.write(clip, seen, tmp_path / "quiet.mp4")
    assert capsys.readouterr() == ("", "")
    annotate.write(clip, seen, tmp_path / "loud.mp4", progress=True)
    told = capsys.readouterr().err
    assert "video" in told
    assert f"{len(seen.frames)}/{len(seen.frames)}" in told


def test_frames_are_drawn_one_by_one(
    clip: Path, seen: Sight, monkeypatch: pytest.MonkeyPatch
) -> None:
    alive: list[weakref.ref[np.ndarray]] = []
    decoded = video.decoded

    def watched(path: Path, capture: cv2.VideoCapture) -> Iterator[np.ndarray]:
        for frame in decoded(path, capture):
            alive.append(weakref.ref(frame))
            yield frame
            assert sum(each() is not None for each in alive) <= 2

    monkeypatch.setattr(video, "decoded", watched)
    for picture in annotated(clip, seen, 25.0):
        alive.append(weakref.ref(picture))
    assert len(alive) == 2 * len(seen.frames)


@pytest.mark.parametrize("change", [-1, 1])
def test_another_clip_than_the_one_seen_is_refused(
    clip: Path, seen: Sight, tmp_path: Path, change: int
) -> None:
    frames = np.zeros((len(seen.frames) + change, 240, 320), np.uint8)
    video.write(tmp_path / "other.avi", frames)
    with pytest.raises(video.VideoError, match="was changed while it was read"):
        annotate.write(tmp_path / "other.avi", seen, tmp_path / "film.mp4")
    assert not (tmp_path / "film.mp4").exists()


def test_the_clip_is_not_written_over(
    seen: Sight, colored: list[np.ndarray], tmp_path: Path
) -> None:
    path = tmp_path / "clip.mp4"
    movie.write(path, colored, 25.0, (320, 240))
    before = path.read_bytes()
    with pytest.raises(InputError, match="is the clip itself, which would be lost"):
        annotate.write(path, seen, path)
    assert path.read_bytes() == before


def test_a_wrong_target_is_one_line(clip: Path, seen: Sight, tmp_path: Path) -> None:
    before = clip.read_bytes()
    for target, words in (
        (tmp_path / "film.avi", "videos are written as .mp4 or .webm"),
        (clip / "film.mp4", "cannot be written"),
    ):
        with pytest.raises(InputError, match=re.escape(words)) as error:
            annotate.write(clip, seen, target)
        assert "\n" not in str(error.value)
    assert clip.read_bytes() == before
