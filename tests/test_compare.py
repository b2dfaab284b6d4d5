"""What counts as the same: each tolerance from both sides, on text and on rendered pictures."""

import base64
import io
import json

import cv2
import matplotlib
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from har_lib import compare
from har_lib.errors import InputError


@pytest.mark.parametrize(
    ("stored", "fresh"),
    [
        ("", ""),
        ("loss 0.50000", "loss 0.50004"),
        ("-1.5e-3 and 2e5", "-1.50001e-3 and 2.00001e5"),
        ("residue 3e-17", "residue 8e-18"),
        ("residue 0.0", "residue -0.0000000005"),
        ("<td>0.123456</td>", "<td>0.123457</td>"),
        ("[0.10000, 20.0000]", "[0.10001, 20.0001]"),
        ("nan inf", "nan inf"),
        (".50000", ".50001"),
    ],
)
def test_float_noise_is_settled(stored: str, fresh: str) -> None:
    assert compare.same_text(stored, fresh)
    assert compare.settle(stored, fresh) == stored


@pytest.mark.parametrize(
    ("stored", "fresh"),
    [
        ("loss 0.50000", "loss 0.50006"),
        ("0.5", "-0.5"),
        ("residue 3e-9", "residue 5e-9"),
        ("12000 points", "12001 points"),
        ("seed 100000000", "seed 100000001"),
        ("12000.", "12001."),
        ("version 1.100000.3", "version 1.100001.3"),
        ("eq4.100000", "eq4.100001"),
        ("0.5 a", "0.5 b"),
        ("# 1.5", "1.5 #"),
        ("1.5 2.5", "1.5"),
        ("nan", "0.5"),
        ("inf", "1e999"),
        # Digests that Python would read as infinity.
        ("1234e5678901", "1235e5678901"),
        ("12e45abc", "13e45abc"),
        ("a", "a\n"),
    ],
)
def test_everything_else_is_exact(stored: str, fresh: str) -> None:
    assert not compare.same_text(stored, fresh)


def test_only_numbers_that_agree_are_settled() -> None:
    assert compare.settle("0.50000 0.7", "0.50001 0.8") == "0.50000 0.8"


CURVE = np.linspace(0, 6, 300)
POINTS = np.random.default_rng(0).normal(size=(40, 2))


def render(
    *,
    noise: float = 0.0,
    shift: float = 0.0,
    title: str = "Response of the filter",
    tick: str = "3",
    colours: tuple[str, str] = ("C0", "C1"),
    faint: bool = False,
    cell: float = 0.0,
    dpi: int = 100,
) -> bytes:
    """Draw curves, points (one moved by ``shift`` pixels) and a heat map with the Agg renderer."""
    rng = np.random.default_rng(1)

    def noisy(values: np.ndarray) -> np.ndarray:
        return values * (1 + noise * rng.uniform(-1, 1, values.shape))

    with matplotlib.rc_context(matplotlib.rcParamsDefault):
        figure = Figure(figsize=(7, 3), dpi=dpi)
        FigureCanvasAgg(figure)
        left, middle, right = figure.subplots(1, 3)
        style = {"linewidth": 0.5, "alpha": 0.3} if faint else {}
        left.plot(noisy(CURVE), noisy(np.sin(CURVE)), color=colours[0], **style)
        left.plot(noisy(CURVE), noisy(np.cos(CURVE)), color=colours[1], **style)
        left.set_title(title)
        left.set_xticks(range(7), ["0", "1", "2", tick, "4", "5", "6"])
        middle.set(xlim=(-3, 3), ylim=(-3, 3))
        points = POINTS.copy()
        points[5, 0] += shift * 6 / middle.get_window_extent().width
        points = noisy(points)
        middle.scatter(points[:, 0], points[:, 1], s=20, color="C2")
        image = np.random.default_rng(2).random((12, 16))
        image[3, 4] = 0.5 + cell
        right.imshow(noisy(image), vmin=0, vmax=1)
        content = io.BytesIO()
        figure.savefig(content, format="png", metadata={"Software": None})
    return content.getvalue()


def decoded(picture: bytes) -> np.ndarray:
    return np.asarray(cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_UNCHANGED))


def encoded(pixels: np.ndarray) -> bytes:
    return cv2.imencode(".png", pixels)[1].tobytes()


def test_a_picture_equals_itself() -> None:
    difference = compare.picture_difference(render(), render())
    assert difference.same
    assert difference.worst == 0


@pytest.mark.parametrize("dpi", [72, 100])
@pytest.mark.parametrize("noise", [1e-9, 1e-6, 1e-5, 1e-4])
def test_noise_in_what_is_drawn_is_harmless(noise: float, dpi: int) -> None:
    assert compare.picture_difference(render(dpi=dpi), render(noise=noise, dpi=dpi)).same


def test_a_tick_that_snaps_to_the_next_pixel_is_harmless() -> None:
    """The zero of symmetric limits lies between two pixels; noise decides which one it takes."""
    before, after = decoded(render()), decoded(render(noise=1e-5))
    assert (abs(before.astype(int) - after) > 200).any()


def test_rounding_of_every_pixel_is_harmless() -> None:
    pixels = decoded(render()).astype(int)
    noise = np.random.default_rng(0).integers(-1, 2, pixels.shape)
    rounded = np.clip(pixels + noise, 0, 255).astype(np.uint8)
    rounded[..., 3] = 255
    assert compare.picture_difference(render(), encoded(rounded)).same


@pytest.mark.parametrize("dpi", [72, 100])
@pytest.mark.parametrize(
    "change",
    [
        {"shift": 2.0},
        {"shift": 4.0},
        {"title": "Responce of the filter"},
        {"title": "Rcsponse of the filter"},
        {"title": "Response of the fllter"},
        {"title": "Response of the filter."},
        {"tick": "8"},
        {"colours": ("C1", "C0")},
        {"colours": ("C9", "C1")},
        {"cell": 0.05},
    ],
    ids=str,
)
def test_a_small_change_of_meaning_is_found(change: dict, dpi: int) -> None:
    difference = compare.picture_difference(render(dpi=dpi), render(dpi=dpi, **change))
    assert not difference.same
    assert "the worst tile" in difference.reason


def test_faint_curves_that_swap_colours_are_found() -> None:
    before = render(faint=True)
    assert not compare.picture_difference(before, render(faint=True, colours=("C1", "C0"))).same


def test_the_root_mean_square_of_the_whole_picture_would_not_do() -> None:
    """The measure that tiles replace: it finds less in a moved point than in plain rounding."""
    before = decoded(render()).astype(float)
    rounded = before + np.random.default_rng(0).choice([-2, 2], before.shape)

    def whole(after: np.ndarray) -> float:
        return float(np.sqrt(np.mean((after[..., :3] - before[..., :3]) ** 2)))

    assert whole(decoded(render(shift=2.0)).astype(float)) < whole(rounded)


@pytest.mark.parametrize("place", [(0, 0), (0, 59), (39, 0), (39, 59), (20, 31), (15, 16)])
def test_the_worst_tile_is_found_wherever_it_lies(place: tuple[int, int]) -> None:
    """Against a brute force over every tile, and the tile must hold the changed pixels."""
    before = np.full((40, 60, 3), 255, np.uint8)
    after = before.copy()
    row, column = (min(max(p - 1, 0), n - 3) for p, n in zip(place, (40, 60), strict=True))
    after[row : row + 3, column : column + 3] = (0, 90, 255)
    difference = compare.picture_difference(encoded(before), encoded(after))
    excess = compare._excess(before.astype(np.float32), after.astype(np.float32)).astype(float)
    padded = np.pad(excess, compare.TILE - 1)
    tiles = np.lib.stride_tricks.sliding_window_view(padded, (compare.TILE,) * 2)
    assert difference.worst == pytest.approx(np.sqrt((tiles**2).mean((-1, -2)).max()), rel=1e-5)
    x, y = difference.where or (-99, -99)
    assert x <= column <= column + 2 < x + compare.TILE
    assert y <= row <= row + 2 < y + compare.TILE


def test_judgement_does_not_depend_on_which_came_first_nor_on_the_place() -> None:
    one, other = render(), render(shift=3.0)
    forth, back = (
        compare.picture_difference(one, other),
        compare.picture_difference(other, one),
    )
    assert forth.worst == back.worst
    for pixels in (5, 11):
        moved = [encoded(np.roll(decoded(p), pixels, axis=(0, 1))) for p in (one, other)]
        worst = compare.picture_difference(*moved).worst
        assert worst == pytest.approx(forth.worst, rel=1e-5)


@pytest.mark.parametrize("channel", [0, 1, 2])
def test_one_colour_channel_counts_in_full(channel: int) -> None:
    before = np.full((40, 60, 3), 100, np.uint8)
    after = before.copy()
    after[10:30, 10:30, channel] += 4
    assert compare.picture_difference(encoded(before), encoded(after)).worst == 4


def test_other_sizes_are_different() -> None:
    difference = compare.picture_difference(render(), render(dpi=99))
    assert not difference.same
    assert difference.reason == "the size is 693 x 297, was 700 x 300 pixels"


def test_transparency_is_laid_over_white() -> None:
    clear = np.zeros((30, 30, 4), np.uint8)
    white = np.full((30, 30, 3), 255, np.uint8)
    assert compare.picture_difference(encoded(clear), encoded(white)).same
    clear[10:20, 10:20, 3] = 255
    assert not compare.picture_difference(encoded(clear), encoded(white)).same


def test_gray_and_sixteen_bit_pictures_are_read() -> None:
    gray = np.random.default_rng(0).integers(0, 256, (30, 40)).astype(np.uint8)
    colour = np.repeat(gray[..., None], 3, axis=2)
    deep = gray.astype(np.uint16) * 257
    for other in (colour, deep):
        assert compare.picture_difference(encoded(gray), encoded(other)).worst == 0


@pytest.mark.parametrize("broken", [b"", b"no picture"])
def test_a_broken_picture_is_named(broken: bytes) -> None:
    with pytest.raises(InputError, match="the fresh picture cannot be decoded"):
        compare.picture_difference(render(), broken)


def test_the_difference_picture_is_red_where_the_two_differ() -> None:
    before = np.full((40, 60, 3), 255, np.uint8)
    after = before.copy()
    after[10:20, 30:40] = 0
    shown = decoded(compare.difference_picture(encoded(before), encoded(after))).astype(int)
    red = shown[..., 2] - shown[..., 0] > 100
    assert red[11:19, 31:39].all()
    assert red.sum() <= 12 * 12
    wider = np.full((50, 60, 3), 255, np.uint8)
    shown = decoded(compare.difference_picture(encoded(before), encoded(wider))).astype(int)
    assert shown.shape == (50, 60, 3)
    assert (shown[42:, :, 2] > shown[42:, :, 0]).all()


def stream(text: str, name: str = "stdout") -> dict:
    return {"output_type": "stream", "name": name, "text": text}


def display(**data: object) -> dict:
    kinds = {"png": "image/png", "plain": "text/plain", "json": "application/json"}
    return {
        "output_type": "display_data",
        "data": {kinds.get(name, name): value for name, value in data.items()},
        "metadata": {},
    }


def test_outputs_agree_whatever_their_pieces_and_their_overwritten_text() -> None:
    stored = [stream("10 %\r50 %\r100 %\n"), stream("done 0.50000\n")]
    assert compare.output_differences(stored, [stream("100 %\ndone 0.50001\n")]) == []


def test_a_widget_is_compared_by_its_text() -> None:
    one = display(plain="bar", **{compare.WIDGET: {"model_id": "a"}})
    assert compare.output_differences([one], [display(plain="bar")]) == []


def test_json_is_compared_as_numbers() -> None:
    stored = [display(json={"a": 0.5, "b": [1, 2]})]
    assert compare.output_differences(stored, [display(json={"b": [1, 2], "a": 0.50001})]) == []
    assert compare.output_differences(stored, [display(json={"b": [1, 3], "a": 0.5})])


def test_a_picture_in_an_output_goes_by_tiles() -> None:
    one, other = (base64.b64encode(render(shift=s)).decode() + "\n" for s in (0.0, 3.0))
    noisy = base64.b64encode(render(noise=1e-5)).decode()
    assert noisy != one.strip()
    assert compare.output_differences([display(png=one)], [display(png=noisy)]) == []
    (found,) = compare.output_differences([display(png=one)], [display(png=other)])
    assert (found.kind, found.stored, found.fresh) == ("image/png", one, other)


@pytest.mark.parametrize(
    ("stored", "fresh", "kind"),
    [
        ([stream("a")], [], "stdout"),
        ([], [stream("a", "stderr")], "stderr"),
        ([display(plain="a")], [display(plain="a"), display(plain="a")], "text/plain"),
        ([display(plain="a")], [display(plain="a", png="")], "image/png"),
        (
            [display(**{"image/jpeg": "+1.0e5/"})],
            [display(**{"image/jpeg": "+1.0e5+"})],
            "image/jpeg",
        ),
        ([display(**{"image/jpeg": "+10e5/"})], [display(**{"image/jpeg": "+1e6/"})], "image/jpeg"),
        (
            [{"output_type": "error", "ename": "ValueError", "evalue": "a", "traceback": []}],
            [{"output_type": "error", "ename": "ValueError", "evalue": "b", "traceback": []}],
            "error",
        ),
    ],
    ids=lambda value: json.dumps(value)[:40],
)
def test_a_difference_of_each_kind_is_found(stored: list, fresh: list, kind: str) -> None:
    assert [found.kind for found in compare.output_differences(stored, fresh)] == [kind]
