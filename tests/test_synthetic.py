"""The built-in data: what is promised about actions, groups, bits and files."""

import fcntl
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from har_lib import files, motion, rendering, synthetic
from har_lib.errors import InputError

PART: dict[str, Any] = {"actions": ("PickUp", "JumpingJack"), "groups": (1,), "clips": (2,)}
REVERSALS = [pair[:2] for pair in synthetic.PAIRS if pair[2] == "time reversal"]


def act(action: str, seed: int = 5, frames: int = 60) -> motion.Motion:
    return motion.perform(action, motion.Body(), np.random.default_rng(seed), frames)


def decode(path: Path) -> np.ndarray:
    reader, frames = cv2.VideoCapture(str(path)), []
    while (read := reader.read())[0]:
        frames.append(read[1])
    return np.array(frames)


def contents(root: Path) -> dict[str, str]:
    return {str(path.relative_to(root)): files.digest(path) for path in sorted(root.rglob("v_*"))}


def test_names_and_counts() -> None:
    assert len(synthetic.ACTIONS) >= 8
    assert synthetic.GROUPS >= 8
    assert synthetic.CLIPS == 3
    assert len(set(synthetic.ACTIONS)) == len(synthetic.ACTIONS)
    assert all(name.isalpha() and name[0].isupper() for name in synthetic.ACTIONS)
    assert len(synthetic.PAIRS) >= 3
    for first, second, kind in synthetic.PAIRS:
        assert {first, second} <= set(synthetic.ACTIONS)
        assert kind in ("time reversal", "speed")
    assert synthetic.clip_name("SitDown", 3, 1) == "v_SitDown_g03_c01"


@pytest.mark.parametrize(
    ("action", "group", "clip", "message"),
    [
        ("Fly", 1, 1, "unknown built-in action 'Fly'.*Punch"),
        ("Punch", 0, 1, "group 0 does not exist: choose 1 to 8"),
        ("Punch", 9, 1, "group 9 "),
        ("Punch", 1, 4, "clip 4 does not exist: choose 1 to 3"),
    ],
)
def test_unknown_clips_are_refused(action: str, group: int, clip: int, message: str) -> None:
    with pytest.raises(InputError, match=message):
        synthetic.render(action, group, clip)


def test_a_clip_is_the_same_bits_whatever_was_rendered_before() -> None:
    first = synthetic.render("Punch", 4, 2)
    synthetic.render("SitDown", 1, 1)
    np.random.default_rng(0).random(7)
    again = synthetic.render("Punch", 4, 2)
    assert first.frames.dtype == np.uint8
    assert first.silhouettes.dtype == bool
    np.testing.assert_array_equal(first.frames, again.frames)
    np.testing.assert_array_equal(first.silhouettes, again.silhouettes)


def test_actions_groups_and_clips_have_generators_of_their_own() -> None:
    # The first noise drawn differs for every clip: no two share a stream.
    keys = [
        rendering._generator("sensor", number, group, clip).random()
        for number in range(len(synthetic.ACTIONS))
        for group in range(1, synthetic.GROUPS + 1)
        for clip in range(1, synthetic.CLIPS + 1)
    ]
    assert len(set(keys)) == len(keys) == 240


def test_the_scene_carries_no_label() -> None:
    for group, clip in ((1, 1), (6, 3)):
        clips = [synthetic.render(name, group, clip) for name in ("Punch", "PickUp", "SitDown")]
        assert len({len(each.frames) for each in clips}) == 1  # nor does the length
        # Away from actor, ball and shadow only noise, light and shake differ.
        corner = [np.median(each.frames[:, :100, :60], axis=0) for each in clips]
        expected = synthetic.backdrop(group, clip)[:100, :60].astype(float)
        for median in corner:
            assert np.abs(median - expected).mean() < 4
    different = synthetic.backdrop(1, 1).astype(float) - synthetic.backdrop(2, 1)
    assert np.abs(different).mean() > 20


def test_groups_are_different_people_and_clips_different_performances() -> None:
    shown = [synthetic.render("HandWaveSlow", *key) for key in ((1, 1), (2, 1), (1, 2))]
    shortest = min(len(clip.frames) for clip in shown)
    for other in shown[1:]:
        overlap = (shown[0].silhouettes[:shortest] & other.silhouettes[:shortest]).sum()
        union = (shown[0].silhouettes[:shortest] | other.silhouettes[:shortest]).sum()
        assert overlap / union < 0.9


@pytest.mark.parametrize("action", synthetic.ACTIONS)
@pytest.mark.parametrize("group", [3, 7])
def test_silhouette_is_where_the_frame_differs_from_the_scene(action: str, group: int) -> None:
    clip = synthetic.render(action, group, 1)
    scene = synthetic.backdrop(group, 1).astype(int)
    found = np.abs(clip.frames.astype(int) - scene).max(axis=3) > 40
    inside = found[clip.silhouettes].mean()
    outside = found[~clip.silhouettes].mean()  # ball, shadow and shaken edges
    # Skin and clothes may happen to match the scene, in patches.
    assert inside > 0.75
    assert outside < 0.05
    # A mask shifted by half a body no longer fits: the test can fail.
    assert found[np.roll(clip.silhouettes, 60, axis=2)].mean() < inside - 0.3
    assert 48 <= len(clip.frames) <= 80
    border = np.ones(clip.silhouettes.shape[1:], dtype=bool)
    border[2:-2, 2:-2] = False
    assert not clip.silhouettes[:, border].any()


@pytest.mark.parametrize(("first", "second"), REVERSALS)
def test_reversed_actions_are_the_same_poses_backwards(first: str, second: str) -> None:
    forward, backward = act(first), act(second)
    for name, track in forward.joints.items():
        np.testing.assert_array_equal(track[::-1], backward.joints[name])
    np.testing.assert_array_equal(forward.ball[::-1], backward.ball)
    np.testing.assert_array_equal(forward.held[::-1], backward.held)
    # ... and backwards is not the same as forwards.
    assert (
        np.abs(forward.joints["pelvis"] - backward.joints["pelvis"]).max() > 0.05
        or (forward.held != backward.held).any()
    )


def test_reversed_actions_do_not_share_their_noise() -> None:
    first, second = (synthetic.render(action, 2, 1) for action in REVERSALS[0])
    assert not np.array_equal(first.silhouettes, second.silhouettes[::-1])


def test_speed_pair_differs_in_rate_only() -> None:
    rates = {}
    for action in ("HandWaveSlow", "HandWaveFast"):
        poses = act(action, frames=500)
        waving = max((poses.joints[f"wrist_{side}"] for side in ("near", "far")), key=np.var)
        power = np.abs(np.fft.rfft(waving[:, 0] - waving[:, 0].mean()))
        rates[action] = float(np.argmax(power) * 25 / 500)
        assert np.ptp(waving[:, 0]) > 0.08
    assert rates["HandWaveFast"] / rates["HandWaveSlow"] == pytest.approx(3.0, rel=0.1)


@pytest.mark.parametrize("action", synthetic.ACTIONS)
def test_limbs_keep_their_length_and_bend_the_right_way(action: str) -> None:
    body = motion.Body()
    for seed in range(6):
        poses = act(action, seed)
        for side in ("near", "far"):
            for start, end, length in (
                ("hip", "knee", body.thigh),
                ("knee", "ankle", body.shank),
                ("shoulder", "elbow", body.upper_arm),
                ("elbow", "wrist", body.forearm),
            ):
                span = poses.joints[f"{end}_{side}"] - poses.joints[f"{start}_{side}"]
                np.testing.assert_allclose(np.hypot(*span.T), length, rtol=1e-9)
            if poses.view == "side":
                hip, knee, ankle = (
                    poses.joints[f"{name}_{side}"] for name in ("hip", "knee", "ankle")
                )
                thigh, shank = knee - hip, ankle - knee
                bend = thigh[:, 0] * shank[:, 1] - thigh[:, 1] * shank[:, 0]
                assert (bend <= 1e-9).all()  # the knee points forward
            # Nobody sinks into the floor.
            assert poses.joints[f"ankle_{side}"][:, 1].min() > 0.03


def test_a_standing_foot_does_not_slide() -> None:
    poses = act("WalkForward", seed=3, frames=76)
    for side in ("near", "far"):
        ankle, pitch = poses.joints[f"ankle_{side}"], poses.joints[f"toe_{side}"]
        flat = np.abs(pitch[:, 1] - poses.joints[f"heel_{side}"][:, 1]) < 2e-3
        standing = flat[1:] & flat[:-1]
        assert standing.sum() >= 8
        assert np.abs(np.diff(ankle[:, 0])[standing]).max() < 0.003
    assert np.diff(poses.joints["pelvis"][:, 0]).min() > 0.01  # while the body moves on


def test_files_are_named_as_in_ucf101_and_hold_what_was_rendered(tmp_path: Path) -> None:
    assert synthetic.make(tmp_path, jobs=1, progress=False, **PART) == tmp_path
    assert sorted(contents(tmp_path)) == [
        "silhouettes/JumpingJack/v_JumpingJack_g01_c02.npz",
        "silhouettes/PickUp/v_PickUp_g01_c02.npz",
        "videos/JumpingJack/v_JumpingJack_g01_c02.avi",
        "videos/PickUp/v_PickUp_g01_c02.avi",
    ]
    for action in PART["actions"]:
        clip = synthetic.render(action, 1, 2)
        video = decode(tmp_path / f"videos/{action}/v_{action}_g01_c02.avi")
        assert video.shape == clip.frames.shape
        # XVID smooths the sensor noise away and keeps the picture.
        assert np.abs(video.astype(int) - clip.frames).mean() < 4
        stored = tmp_path / f"silhouettes/{action}/v_{action}_g01_c02.npz"
        np.testing.assert_array_equal(synthetic.read_silhouettes(stored), clip.silhouettes)
    reader = cv2.VideoCapture(str(tmp_path / "videos/PickUp/v_PickUp_g01_c02.avi"))
    assert reader.get(cv2.CAP_PROP_FPS) == synthetic.FRAMES_PER_SECOND


def test_silhouettes_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.npz cannot be read"):
        synthetic.read_silhouettes(tmp_path / "none.npz")
    files.write_arrays(tmp_path / "other.npz", numbers=np.arange(3))
    with pytest.raises(InputError, match=r"other\.npz cannot be read"):
        synthetic.read_silhouettes(tmp_path / "other.npz")


def test_only_what_is_missing_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Sequence[object]] = []
    original = synthetic._make_clip

    def counted(root: Path, *key: object) -> None:
        made.append(key)
        original(root, *key)  # type: ignore[arg-type]

    monkeypatch.setattr(synthetic, "_make_clip", counted)
    synthetic.make(tmp_path, jobs=1, progress=False, **PART)
    before, digest = contents(tmp_path), synthetic.digest(tmp_path)
    assert len(made) == 2
    synthetic.make(tmp_path, jobs=1, progress=False, **PART)
    assert len(made) == 2
    (tmp_path / "videos/PickUp/v_PickUp_g01_c02.avi").unlink()
    synthetic.make(tmp_path, jobs=1, progress=False, **PART)
    assert made[2:] == [("PickUp", 1, 2)]
    with open(tmp_path / "silhouettes/JumpingJack/v_JumpingJack_g01_c02.npz", "r+b") as cut:
        cut.truncate(1000)
    synthetic.make(tmp_path, jobs=1, progress=False, **PART)
    assert made[3:] == [("JumpingJack", 1, 2)]
    # An interrupted run leaves whole files that the manifest does not know yet.
    stored = files.read_json(tmp_path / "manifest.json")
    files.write_json(tmp_path / "manifest.json", {**stored, "files": {}})
    synthetic.make(tmp_path, jobs=1, progress=False, **PART)
    assert len(made) == 4
    assert contents(tmp_path) == before
    assert synthetic.digest(tmp_path) == digest


def test_changed_sources_make_everything_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synthetic.make(tmp_path, jobs=1, progress=False, **PART)
    monkeypatch.setattr(synthetic, "_sources", lambda: "another version")
    with pytest.raises(InputError, match="make them first"):
        synthetic.digest(tmp_path)
    made: list[str] = []

    def noted(root: Path, action: str, group: int, clip: int) -> None:
        made.append(action)
        for name in synthetic._paths(action, group, clip):
            assert not (root / name).exists()  # nothing old is left to be mistaken
            files.write_text(root / name, action)

    monkeypatch.setattr(synthetic, "_make_clip", noted)
    synthetic.make(tmp_path, jobs=1, progress=False, **PART)
    assert sorted(made) == sorted(PART["actions"])


def test_every_module_of_the_generator_counts_as_source(monkeypatch: pytest.MonkeyPatch) -> None:
    before, original = synthetic._sources(), files.digest
    seen: list[str] = []

    def noted(path: str) -> str:
        seen.append(Path(path).name)
        return "changed"

    monkeypatch.setattr(files, "digest", noted)
    assert synthetic._sources() != before
    assert sorted(seen) == ["body.py", "motion.py", "rendering.py", "scenery.py", "synthetic.py"]
    monkeypatch.setattr(files, "digest", original)
    assert synthetic._sources() == before


def test_two_processes_at_once_make_the_bits_of_one(tmp_path: Path) -> None:
    code = (
        "import sys; from har_lib import synthetic; synthetic.make(sys.argv[1], jobs=2, "
        "progress=False, actions=('PickUp', 'JumpingJack'), groups=(1,), clips=(2,))"
    )
    both = [
        subprocess.Popen([sys.executable, "-c", code, str(tmp_path / "shared")]) for _ in range(2)
    ]
    assert [process.wait(timeout=120) for process in both] == [0, 0]
    alone = synthetic.make(tmp_path / "alone", jobs=1, progress=False, **PART)
    assert contents(alone) == contents(tmp_path / "shared")
    assert synthetic.digest(alone) == synthetic.digest(tmp_path / "shared")
    assert not list((tmp_path / "shared").rglob("*.part*"))


def test_a_second_process_waits_for_the_first(tmp_path: Path) -> None:
    code = (
        "import sys; from har_lib import synthetic; print('asking', flush=True); synthetic.make("
        "sys.argv[1], 1, False, actions=('PickUp',), groups=(1,), clips=(2,))"
    )
    with open(tmp_path / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        second = subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True
        )
        assert second.stdout is not None
        assert second.stdout.readline() == "asking\n"
        with pytest.raises(subprocess.TimeoutExpired):
            second.wait(timeout=2)  # the clip itself takes a tenth of that
        assert [path.name for path in tmp_path.iterdir()] == [".lock"]
    assert second.wait(timeout=60) == 0
    second.stdout.close()
    assert len(contents(tmp_path)) == 2


def test_an_encoder_that_drops_frames_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Deaf:
        fourcc = staticmethod(cv2.VideoWriter.fourcc)

        def __init__(self, *_: object) -> None: ...
        def write(self, _: object) -> None: ...
        def release(self) -> None: ...

    monkeypatch.setattr(cv2, "VideoWriter", Deaf)
    with pytest.raises(OSError, match="0 of 3 frames"):
        synthetic.write_video(tmp_path / "v.avi", np.zeros((3, 240, 320, 3), np.uint8))
    assert not list(tmp_path.iterdir())


def test_a_clip_without_frames_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="0 of 0 frames"):
        synthetic.write_video(tmp_path / "v.avi", iter([]))
    assert not list(tmp_path.iterdir())


def test_the_stored_data_test_belongs_to_this_design() -> None:
    stored = files.read_json(files.ROOT / "results" / "recorded" / "builtin_data_test.json")
    assert stored["data"]["actions"] == list(synthetic.ACTIONS)
    assert stored["data"]["groups"] == synthetic.GROUPS
    single, sequence = (np.array(stored[k]["by_group"]) for k in ("single_frame", "sequence"))
    assert np.mean(sequence - single) >= 0.15
    assert stored["passed"]
    assert stored["difference"]["interval_95"][0] > 0
