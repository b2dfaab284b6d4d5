"""Scales, velocities and segments: closed forms, moving textures, and one clip in pieces."""

import math

import numpy as np
import pytest
from scipy import ndimage

from har_lib import stip, stip_scales
from har_lib.errors import InputError
from har_lib.stip_scales import find, local_velocity, normalised_laplacian, scale_pairs

SIX = [(4.0, 2.0), (4.0, 4.0), (8.0, 2.0), (8.0, 4.0), (16.0, 2.0), (16.0, 4.0)]


def random_clip(shape=(24, 40, 48), seed=0):
    noise = ndimage.gaussian_filter(np.random.default_rng(seed).normal(size=shape), 1.5)
    noise -= noise.min()
    return (255 * noise / noise.max()).astype(np.uint8)


def at(t, y, x):
    place = (np.array([n]) for n in (t, y, x))
    return stip.Points(*place, np.ones(1), np.zeros((1, 6)))


def assert_same(found, expected):
    """Points and jets are the same bits, in the same order."""
    for name in ("t", "y", "x", "response", "second_moments", "scale"):
        ours, theirs = getattr(found[0], name), getattr(expected[0], name)
        assert ours.dtype == theirs.dtype, name
        np.testing.assert_array_equal(ours, theirs, err_msg=name)
    np.testing.assert_array_equal(found[1], expected[1])


# ---------------------------------------------------------------- scales


def test_scales_are_one_pair_or_six():
    assert scale_pairs(4.0, 2.0, "single") == ((4.0, 2.0),)
    assert scale_pairs(4.0, 2.0, "several") == tuple(SIX)
    assert scale_pairs(4.0, 2.0, "laplacian") == tuple(SIX)
    with pytest.raises(InputError, match="scales = 'all'"):
        scale_pairs(4.0, 2.0, "all")


def blob(spatial, temporal, centre=(40, 50, 50), shape=(81, 101, 101)):
    """A Gaussian blob of the variances given, 200 at its centre."""
    t, y, x = (np.arange(n) - c for n, c in zip(shape, centre, strict=True))
    return 200 * (
        np.exp(-(t**2) / (2 * temporal))[:, None, None]
        * np.exp(-(y**2) / (2 * spatial))[:, None]
        * np.exp(-(x**2) / (2 * spatial))
    )


def laplacian_of_blob(own, scale):
    """Closed form at the centre: the blob of variances s0, t0 smoothed to s0 + s, t0 + t."""
    (s0, t0), (s, t) = own, scale
    height = 200 * s0 / (s0 + s) * math.sqrt(t0 / (t0 + t))
    in_space = s * t**0.25 * 2 / (s0 + s)
    in_time = s**0.5 * t**0.75 / (t0 + t)
    return height * (in_space + in_time)


@pytest.mark.parametrize("own", [(4.0, 2.0), (9.0, 3.0)])
@pytest.mark.parametrize("scale", [(4.0, 2.0), (8.0, 2.0), (4.0, 4.0), (9.0, 1.0)])
def test_the_laplacian_of_a_blob_is_its_closed_form(own, scale):
    found = normalised_laplacian(blob(*own), at(40, 50, 50), *scale)
    # Sampled second derivatives of variance 1 are off by 1e-3; from 2 on by less than 1e-5.
    np.testing.assert_allclose(found, [laplacian_of_blob(own, scale)], rtol=2e-3)


def test_the_laplacian_has_no_sign():
    clip = blob(8.0, 3.0)
    bright = normalised_laplacian(clip, at(40, 50, 50), 8.0, 3.0)
    dark = normalised_laplacian(200 - clip, at(40, 50, 50), 8.0, 3.0)
    np.testing.assert_allclose(dark, bright, rtol=1e-5)
    assert bright > 0


@pytest.mark.parametrize("own", [(5.0, 3.0), (8.0, 2.0), (12.0, 6.0)])
def test_the_laplacian_of_a_blob_is_extremal_at_its_own_scale(own):
    factors = np.geomspace(0.5, 2, 81)
    steps = np.log(factors[1] / factors[0])
    in_space = [laplacian_of_blob(own, (own[0] * f, own[1])) for f in factors]
    in_time = [laplacian_of_blob(own, (own[0], own[1] * f)) for f in factors]
    for curve in (in_space, in_time):
        assert abs(np.log(factors[np.argmax(curve)])) < steps / 2
    # The same of the function: less on either side in space and in time.
    clip, centre = blob(*own), at(40, 50, 50)
    here = normalised_laplacian(clip, centre, *own)
    for factor in (0.8, 1.25):
        assert normalised_laplacian(clip, centre, own[0] * factor, own[1]) < here
        assert normalised_laplacian(clip, centre, own[0], own[1] * factor) < here


@pytest.mark.parametrize("own", SIX)
def test_a_blob_is_found_at_its_own_scale(own):
    clip = blob(*own, (24, 36, 36), (49, 73, 73)).round().astype(np.uint8)
    every, _ = find(clip, scales="several", threshold=0.0)
    points, _ = find(clip, scales="laplacian", threshold=0.0)
    central = [
        set(map(tuple, found.scale[(found.t == 24) & (found.y == 36) & (found.x == 36)].tolist()))
        for found in (every, points)
    ]
    assert len(central[0]) >= 5, "nearly every scale sees the blob"
    assert central[1] == {own}


def test_points_of_several_scales_are_those_of_each_with_its_own_jets():
    clip = random_clip()
    points, jets = find(clip, scales="several", threshold=0.1)
    together = []
    for pair in SIX:
        one = stip.detect(clip, *pair, threshold=0.1)
        which = (points.scale == pair).all(axis=1)
        assert_same((points.take(which), jets[which]), (one, stip.jets(clip, one, *pair)))
        together.append(len(one))
    assert min(together) > 0
    assert len(points) == len(jets) == sum(together)
    assert (np.diff(points.response) <= 0).all()
    assert len({tuple(pair) for pair in points.scale[:20].tolist()}) > 1, "scales are mixed"


def test_scales_of_one_spatial_variance_are_sought_together(monkeypatch):
    together = []
    genuine = stip.detect_at
    monkeypatch.setattr(
        stip,
        "detect_at",
        lambda frames, scales, *words, **named: (
            together.append(scales) or genuine(frames, scales, *words, **named)
        ),
    )
    find(random_clip(), scales="several")
    assert [len(scales) for scales in together] == [2, 2, 2]
    with pytest.raises(InputError, match="one spatial variance"):
        genuine(random_clip(), [(4.0, 2.0), (8.0, 2.0)])


def test_the_laplacian_keeps_of_several_scales_those_where_it_is_largest():
    clip = random_clip(seed=3)
    every, every_jet = find(clip, scales="several", threshold=0.05)
    marks = np.array([normalised_laplacian(clip, every, *pair) for pair in SIX])
    kept = [SIX[best] == tuple(own) for best, own in zip(marks.argmax(0), every.scale, strict=True)]
    assert 0 < sum(kept) < len(kept)
    expected = every.take(np.array(kept)), every_jet[np.array(kept)]
    assert_same(find(clip, scales="laplacian", threshold=0.05), expected)


@pytest.mark.parametrize("scales", stip_scales.SELECTIONS)
def test_the_strongest_are_of_all_scales_together(scales):
    clip = random_clip()
    every, jets = find(clip, scales=scales)
    assert len(every) > 7
    assert_same(find(clip, scales=scales, strongest=7), (every.take(np.arange(7)), jets[:7]))


# ---------------------------------------------------------------- motion


def texture(velocity, shape=(32, 64, 64), seed=0):
    """Waves in all directions, longer than 16 pixels, carried by a motion (x, y)."""
    random = np.random.default_rng(seed)
    t, y, x = np.mgrid[: shape[0], : shape[1], : shape[2]].astype(float)
    total = np.zeros(shape)
    for _ in range(12):
        angle, phase = random.uniform(0, 2 * np.pi, 2)
        number = 2 * np.pi / random.uniform(16, 40)
        across = (x - velocity[0] * t) * np.cos(angle) + (y - velocity[1] * t) * np.sin(angle)
        total += np.cos(number * across + phase)
    return 10 * total + 128


@pytest.mark.parametrize("velocity", [(0.0, 0.0), (1.0, 0.0), (0.5, -0.75), (-1.5, 1.0)])
@pytest.mark.parametrize("scale", [(4.0, 2.0), (9.0, 1.0), (2.0, 4.0)])
def test_a_moving_texture_has_its_velocity(velocity, scale):
    moments = stip.second_moment_matrix(texture(velocity), *scale)
    inner = moments[:, 12:20:3, 20:44:6, 20:44:6].reshape(6, -1).T
    found = local_velocity(inner, np.tile(scale, (len(inner), 1)))
    # Central differences see the sine of a phase for the phase, which is at most 2 pi / 16 from
    # pixel to pixel, and that times the speed from frame to frame.
    speed = math.hypot(*velocity)
    phase = 2 * math.pi / 16 * max(1, speed)
    error = 1e-6 + speed * (1 - math.sin(phase) / phase)
    np.testing.assert_allclose(found, np.tile(velocity, (len(inner), 1)), atol=error)


def test_velocity_is_least_squares_of_the_gradients():
    random = np.random.default_rng(4)
    scale = np.array([[4.0, 2.0], [9.0, 1.0], [1.0, 6.0]])
    gradients = random.normal(size=(3, 50, 3))
    normalised = gradients * np.sqrt(scale[:, [0, 0, 1]])[:, None]
    matrices = np.swapaxes(normalised, 1, 2) @ normalised
    moments = matrices[:, [0, 0, 0, 1, 1, 2], [0, 1, 2, 1, 2, 2]]
    expected = [np.linalg.lstsq(g[:, :2], -g[:, 2], rcond=None)[0] for g in gradients]
    np.testing.assert_allclose(local_velocity(moments, scale), expected, rtol=1e-9)


@pytest.mark.parametrize("angle", [0.0, 0.3, 2.0])
def test_where_gradients_have_one_direction_velocity_is_zero(angle):
    direction = np.array([math.cos(angle), math.sin(angle), 0.8])
    edge = np.outer(direction, direction)[np.triu_indices(3)]
    nothing = np.zeros(6)
    corner = np.array([1, 0, -1, 1, 0, 1.0])
    single = np.array([edge, 1e6 * edge, nothing, 1e-6 * corner]).astype(np.float32)
    found = local_velocity(single, np.full((4, 2), 2.0))
    np.testing.assert_allclose(found, [[0, 0], [0, 0], [0, 0], [1, 0]], atol=1e-6)
    assert np.isfinite(found).all()


def test_where_the_response_is_positive_velocity_has_a_limit():
    # In axes of mu_ss, and with eta = tau, the speed s = xt / xx costs least of the determinant
    # along the smaller eigenvalue. Let that be xx = 1, yy = b and tt = t: then
    # det = b (t - s^2) >= k (1 + b + t)^3 bounds s.
    b, t = np.meshgrid(np.geomspace(0.1, 100, 800), np.geomspace(0.1, 100, 800))
    limit = math.sqrt((t - 0.005 * (1 + b + t) ** 3 / b).max())
    assert limit == pytest.approx(2.54, abs=0.01)
    random = np.random.default_rng(0)
    spread = 10 ** random.uniform(-2, 2, size=(40_000, 1, 3))
    factors = random.normal(size=(40_000, 3, 3)) * spread
    matrices = factors @ np.swapaxes(factors, 1, 2)
    moments = matrices[:, [0, 0, 0, 1, 1, 2], [0, 1, 2, 1, 2, 2]]
    positive = moments[stip.response(moments.T, 0.005) > 0]
    speed = np.hypot(*local_velocity(positive, np.ones((len(positive), 2))).T)
    assert len(speed) > 500
    assert 1.5 < speed.max() <= 2.54


def test_jets_along_the_motion_are_taken_where_they_are_asked_for():
    clip = random_clip()
    still, still_jet = find(clip, scales="several")
    moving, moving_jet = find(clip, scales="several", velocity=True)
    assert_same((moving, moving_jet * 0), (still, still_jet * 0))
    for pair in SIX:
        which = (moving.scale == pair).all(axis=1)
        here = moving.take(which)
        motion = local_velocity(here.second_moments, here.scale)
        expected = stip.jets(clip, here, *pair, velocity=motion)
        np.testing.assert_array_equal(moving_jet[which], expected)
    assert (moving_jet != still_jet).any(axis=1).all()


def test_with_velocity_a_carried_event_looks_as_it_does_at_rest():
    t, y, x = np.mgrid[-20:21, -40:41, -40:41].astype(float)
    clips = [30 + 200 * np.exp(-((x - v * t) ** 2 + y**2) / 24 - t**2 / 8) for v in (0.0, 1.0)]
    rest, carried, followed = (
        find(clip, strongest=1, velocity=velocity)
        for clip, velocity in ((clips[0], False), (clips[1], False), (clips[1], True))
    )
    assert [int(found[0].t[0]) for found in (rest, carried, followed)] == [20, 20, 20]
    apart = [np.abs(found[1] - rest[1]).max() for found in (carried, followed)]
    # What is left is the error of the velocity, 0.002 pixels a frame.
    assert apart[1] < apart[0] / 100


# ---------------------------------------------------------------- the whole of it


@pytest.mark.parametrize("shape", [(24, 40, 48), (12, 30, 70)])
def test_by_default_it_is_detection_and_jets_to_the_bit(shape):
    clip = random_clip(shape)
    points = stip.detect(clip)
    assert len(points) > 0
    assert_same(find(clip), (points, stip.jets(clip, points)))
    assert_same(find(clip, segments=[(0, shape[0])]), (points, stip.jets(clip, points)))


@pytest.mark.parametrize(
    "options",
    [{"floor": 1e5}, {"strongest": 3}, {"neighbourhood": "frame"}, {"threshold": 0.2}],
)
def test_options_of_detection_arrive(options):
    clip = random_clip()
    points = stip.detect(clip, **options)
    assert len(points) != len(stip.detect(clip))
    assert_same(find(clip, **options), (points, stip.jets(clip, points)))


@pytest.mark.parametrize("number", ["spatial_variance", "temporal_variance", "integration", "k"])
def test_numbers_of_detection_arrive(number):
    clip = random_clip()
    options = {number: {"spatial_variance": 6.0, "k": 0.01}.get(number, 3.0)}
    points = stip.detect(clip, **options)
    scale = {name: value for name, value in options.items() if name.endswith("variance")}
    assert_same(find(clip, **options), (points, stip.jets(clip, points, **scale)))


def test_literal_forms_arrive():
    clip = random_clip((30, 40, 40))
    points, jets = find(clip, jet_form="literal")
    assert_same((points, jets), (stip.detect(clip), stip.jets(clip, points, form="literal")))
    assert (jets == jets[0]).all()
    assert len(find(clip, gaussian_form="literal")[0]) == 0
    few = random_clip((3, 40, 40))
    expected = stip.detect(few, form="literal")
    assert len(expected) > 0
    assert_same(find(few, gaussian_form="literal"), (expected, stip.jets(few, expected)))


def test_segments_are_searched_each_as_a_clip():
    clip = random_clip((40, 40, 40))
    clip[20:] //= 4
    segments = [(3, 15), (24, 25), (22, 24), (30, 40), (18, 18)]
    points, jets = find(clip, segments=segments, threshold=0.1)
    of_each = 0
    for start, stop in segments:
        inside = (points.t >= start) & (points.t < stop)
        if stop - start < 2:
            assert not inside.any()
            continue
        alone = stip.detect(clip[start:stop], threshold=0.1)
        assert len(alone) > 0, "a faint segment has points by its own threshold"
        np.testing.assert_array_equal(points.t[inside] - start, alone.t)
        np.testing.assert_array_equal(points.response[inside], alone.response)
        of_each += len(alone)
    assert len(points) == of_each
    assert (np.diff(points.response) <= 0).all()
    np.testing.assert_array_equal(jets, stip.jets(clip, points))


def test_segments_and_scales_go_together():
    clip = random_clip((30, 40, 40))
    segments = [(0, 12), (14, 30)]
    points, _ = find(clip, scales="several", segments=segments, strongest=30)
    lots = [stip.detect(clip[start:stop], *pair) for start, stop in segments for pair in SIX]
    every = np.sort(np.concatenate([lot.response for lot in lots]))[::-1]
    np.testing.assert_array_equal(points.response, every[:30])
    assert {t < 13 for t in points.t.tolist()} == {True, False}


@pytest.mark.parametrize("scales", stip_scales.SELECTIONS)
@pytest.mark.parametrize("segments", [[], [(4, 5)], None])
def test_where_there_are_no_points_there_are_no_jets(scales, segments):
    clip = (
        np.full((9, 30, 30), 90, dtype=np.uint8) if segments is None else random_clip((9, 30, 30))
    )
    points, jets = find(clip, scales=scales, segments=segments, velocity=True)
    assert len(points) == 0
    assert points.scale.shape == (0, 2)
    assert points.second_moments.shape == (0, 6)
    assert jets.shape == (0, 34)
    assert jets.dtype == np.float32


@pytest.mark.parametrize(
    "segments", [[(-1, 5)], [(3, 25)], [(5, 3)], [(0, 10), (9, 12)], [(9, 12), (0, 10)]]
)
def test_segments_out_of_place_are_refused(segments):
    with pytest.raises(InputError, match="segments must lie in the clip's 24 frames"):
        find(random_clip(), segments=segments)


def test_bad_input_is_named():
    with pytest.raises(InputError, match=r"\(T, H, W\)"):
        find(np.zeros((1, 20, 20)))
    with pytest.raises(InputError, match="scales = 'all'"):
        find(random_clip(), scales="all")
    for name in ("jet_form", "gaussian_form"):
        with pytest.raises(InputError, match="form = 'printed'"):
            find(random_clip(), **{name: "printed"})
