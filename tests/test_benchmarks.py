"""The harness of the benchmarks, on fakes whose speed is counted, never measured."""

import json
import math
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from benchmarks import __main__ as command
from benchmarks import (
    collection,
    kernels,
    material,
    measure,
    networks,
    one_clip,
    peers,
    ucf101_tree,
)
from benchmarks.measure import Criterion, Entry, Setting, Spread
from har_lib import benchmarks_page, files, keyframes, shape, stip
from har_lib.compare import same_text
from har_lib.errors import InputError
from har_lib.lstm import forward


class Clock:
    """Time that passes only where something is said to take it."""

    def __init__(self) -> None:
        self.now = 0.0
        self.calls: list[str] = []

    def __call__(self) -> float:
        return self.now

    def takes(self, name: str, *seconds: float) -> Callable[[], None]:
        """A call that takes so long, the last of them from then on."""
        left = list(seconds)

        def call() -> None:
            self.calls.append(name)
            self.now += left.pop(0) if len(left) > 1 else left[0]

        return call


@pytest.fixture
def quick(tmp_path: Path) -> Setting:
    return Setting(tmp_path, quick=True, rounds=1, progress=False)


def entry(**changes: object) -> Entry:
    values = {
        "name": "fake",
        "what": "Counting",
        "data": "nothing",
        "unit": "s",
        "ours": Spread.of([1.0]),
        "rounds": 1,
    }
    return Entry(**(values | changes))  # type: ignore[arg-type]


# ---------------------------------------------------------------- taking turns


def test_a_peer_that_takes_twice_as_long_has_the_ratio_two() -> None:
    clock = Clock()
    parts = {"ours": clock.takes("ours", 3), "peer": clock.takes("peer", 6)}
    seconds = measure.alternate(parts, 7, clock=clock)
    assert seconds["peer"].median / seconds["ours"].median == 2
    assert clock.calls == ["ours", "peer"] * 8


def test_the_first_round_is_not_counted() -> None:
    clock = Clock()
    parts = {"ours": clock.takes("ours", 100, 1, 2, 3), "peer": clock.takes("peer", 500, 4)}
    seconds = measure.alternate(parts, 3, clock=clock)
    assert seconds == {"ours": Spread(2, 1.5, 2.5), "peer": Spread(4, 4, 4)}
    cold = measure.alternate({"ours": clock.takes("ours", 100, 1)}, 2, warm=False, clock=clock)
    assert cold["ours"].high == pytest.approx(75.25)


def test_a_slow_spell_in_one_round_moves_the_median_of_neither() -> None:
    clock = Clock()
    parts = {
        "ours": clock.takes("ours", 1, 1, 1, 9, 1, 1, 1, 1),
        "peer": clock.takes("peer", 4, 4, 4, 36, 4, 4, 4, 4),
    }
    seconds = measure.alternate(parts, 7, clock=clock)
    assert seconds["peer"].median / seconds["ours"].median == 4


def test_quartiles_change_places_when_seconds_become_a_rate() -> None:
    seconds = Spread.of([1, 2, 4, 5, 10])
    assert (seconds.low, seconds.median, seconds.high) == (2, 4, 5)
    assert seconds.per_second(20) == Spread(5, 4, 10)
    assert seconds.scaled(1000) == Spread(4000, 2000, 5000)


def test_one_core_is_one_thread_and_gives_the_others_back() -> None:
    before = cv2.getNumThreads()
    try:
        cv2.setNumThreads(2)
        with measure.one_core():
            assert cv2.getNumThreads() == 1
            pools = measure.threadpoolctl.threadpool_info()
            assert {pool["num_threads"] for pool in pools} == {1}
        assert cv2.getNumThreads() == 2
    finally:
        cv2.setNumThreads(before)


# ---------------------------------------------------------------- the judgement


@pytest.mark.parametrize(
    ("value", "least", "most", "reached"),
    [
        (4.0, 4, None, True),
        (3.999, 4, None, False),
        (60.0, None, 60, True),
        (60.1, None, 60, False),
        (0.89, 0.9, 1.1, False),
        (1.0, 0.9, 1.1, True),
        (1.11, 0.9, 1.1, False),
        (math.nan, 4, None, False),
        (math.nan, None, 4, False),
    ],
)
def test_a_bound_is_kept_or_not(
    value: float, least: float | None, most: float | None, reached: bool
) -> None:
    assert Criterion("number", value, least=least, most=most).reached is reached


def test_an_entry_is_reached_when_every_bound_is_kept_but_aims() -> None:
    kept, broken = Criterion("x", 5, least=4), Criterion("x", 3, least=4)
    aim = Criterion("x", 3, least=4, aim=True)
    assert entry().reached is None
    assert entry(targets=(aim,)).reached is None
    assert entry(targets=(kept, aim)).reached is True
    assert entry(targets=(kept, broken)).reached is False
    assert entry(targets=(kept,), agreement=(broken,)).reached is False


# ---------------------------------------------------------------- what is written


def test_the_results_say_how_they_were_measured(tmp_path: Path, quick: Setting) -> None:
    whole = entry(
        peer=Spread.of([2.0]),
        peer_is="another",
        ratio=2.00001234,
        agreement=(Criterion("difference", 1.23456e-7, most=1e-5),),
        targets=(Criterion("ratio", 2, least=4),),
        rows=({"stage": "one", "ms": 1.23456},),
        notes=("A note.",),
    )
    measure.write(tmp_path / "results.json", [whole, entry()], quick)
    found = files.read_json(tmp_path / "results.json")
    assert set(found) == {"what", "machine", "versions", "quick", "seed", "entries"}
    assert found["quick"] is True
    assert found["machine"]["cores"] == os.cpu_count()
    assert found["versions"]["numpy"] == np.__version__
    first, second = found["entries"]
    assert set(first) == set(second)
    assert first["ratio"] == 2.0
    assert first["peer"] == {"median": 2.0, "low": 2.0, "high": 2.0}
    assert first["agreement"][0]["value"] == 1.235e-7
    assert first["targets"] == [
        {"text": "ratio at least 4", "value": 2.0, "aim": False, "reached": False}
    ]
    assert first["reached"] is False
    assert first["rows"] == [{"stage": "one", "ms": 1.235}]
    assert (second["peer"], second["ratio"], second["reached"]) == (None, None, None)


def test_the_results_name_no_machine_folder_or_day(quick: Setting) -> None:
    text = json.dumps(measure.document([entry()], quick))
    for word in (os.uname().nodename, str(files.ROOT), str(Path.home()), str(quick.folder)):
        assert word not in text


def test_a_number_that_is_none_is_not_written(tmp_path: Path, quick: Setting) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        measure.write(tmp_path / "results.json", [entry(ratio=math.nan)], quick)
    assert list(tmp_path.iterdir()) == []


def test_the_table_is_aligned() -> None:
    slow = entry(name="a long name", peer=Spread.of([2.0]), ratio=2.0)
    lines = measure.table([slow, entry(targets=(Criterion("x", 1, least=2),))]).splitlines()
    column = lines[0].index("unit")
    assert [line[column:][:2].strip() for line in lines[1:]] == ["s", "s"]
    assert lines[1].startswith("a long name  1")
    assert lines[2].endswith("NO")


def test_what_is_finished_is_kept_when_a_later_benchmark_fails(quick: Setting) -> None:
    def fails(setting: Setting) -> list[Entry]:
        raise InputError("broken")

    steps = {"good": lambda setting: [entry(name="good")], "bad": fails}
    with pytest.raises(InputError, match="broken"):
        command.run(["good", "bad"], quick, steps)
    stored = files.read_json(quick.folder / "benchmarks.json")
    assert [each["name"] for each in stored["entries"]] == ["good"]


@pytest.mark.parametrize(
    ("words", "stored"),
    [([], True), (["--quick"], False), (["--only", "one"], False), (["--output", "X"], True)],
)
def test_only_a_whole_run_is_kept_as_the_results(
    words: list[str], stored: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "BENCHMARKS", {"one": lambda setting: []})
    monkeypatch.setattr(command, "run", lambda names, setting: [entry()])
    monkeypatch.setattr(files, "ROOT", tmp_path)
    monkeypatch.chdir(tmp_path)
    assert command.main(words) == 0
    place = tmp_path / ("X" if "X" in words else "results/benchmarks.json")
    assert place.exists() is stored


def test_a_part_is_put_in_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    place = tmp_path / "results" / "benchmarks.json"
    monkeypatch.setattr(files, "ROOT", tmp_path)
    monkeypatch.setattr(command, "BENCHMARKS", {"one": None})

    def run(names: list[str], setting: Setting) -> list[Entry]:
        entries = [entry(name="one", unit="h")]
        measure.write(setting.folder / "benchmarks.json", entries, setting)
        return entries

    monkeypatch.setattr(command, "run", run)
    whole = Setting(tmp_path, progress=False)
    measure.write(place, [entry(name="one"), entry(name="two")], whole)
    assert command.main(["--only", "one", "--update"]) == 0
    found = files.read_json(place)
    assert [(each["name"], each["unit"]) for each in found["entries"]] == [
        ("two", "s"),
        ("one", "h"),
    ]
    # Another machine, or another version, cannot stand in the same table.
    for name, change in (("machine", {"cores": 99}), ("versions", {"numpy": "1.0"})):
        files.write_json(place, {**found, name: {**found[name], **change}})
        before = place.read_bytes()
        assert command.main(["--only", "one", "--update"]) == 2
        assert f"is of another {name}" in capsys.readouterr().err
        assert place.read_bytes() == before
    # A package that was not listed then is added.
    del found["versions"]["numpy"]
    files.write_json(place, found)
    assert command.main(["--only", "one", "--update"]) == 0
    assert files.read_json(place)["versions"]["numpy"] == np.__version__
    assert command.main(["--update"]) == 2
    assert "--update needs --only" in capsys.readouterr().err


def test_networks_are_timed_beside_torch_and_agree_with_it(quick: Setting) -> None:
    (found,) = networks.networks(quick)
    assert found.reached is True
    assert [row["precision"] for row in found.rows] == ["double", "double", "single", "single"]
    assert found.ratio == pytest.approx(found.peer.median / found.ours.median)
    (search,) = networks.search(quick)
    assert [row["form, precision"] for row in search.rows] == [
        f"{form}, {precision}"
        for form in ("corrected", "stable")
        for precision in ("double", "single")
    ]
    assert {row["networks asked for"] for row in search.rows} == {6 * (2 + 5)}
    assert search.rows[0]["computed"] < search.rows[2]["computed"]


def test_the_loop_is_torchs_network_by_network() -> None:
    layout, vectors, X, lengths = networks._drawn(Setting(Path()), (3, 4, 2))
    found = networks.Loop(layout.unpack(vectors))(X)
    for row, vector in zip(found, vectors, strict=True):
        assert torch.allclose(row, forward(layout.unpack(vector), X, lengths), rtol=0, atol=1e-12)


def test_an_interrupted_run_ends_in_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "run", interrupt)
    assert command.main(["--quick"]) == 130
    assert capsys.readouterr().err == "benchmarks: interrupted\n"


# ---------------------------------------------------------------- the peers


def test_the_peers_are_the_suites_definitions(quick: Setting) -> None:
    for benchmark in (kernels.ssim, kernels.harris3d, kernels.jets):
        (found,) = benchmark(quick)
        assert found.agreement
        assert all(each.reached for each in found.agreement), found
        assert found.ratio is not None
        assert found.peer is not None


@pytest.mark.parametrize("benchmark", [kernels.ssim, kernels.harris3d, kernels.jets])
def test_a_ratio_is_how_many_times_faster_ours_is(
    benchmark: Callable[[Setting], list[Entry]], quick: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = {"ours": Spread.of([2.0]), "peer": Spread.of([9.0])}
    monkeypatch.setattr(kernels, "alternate", lambda parts, rounds, progress: known)
    (found,) = benchmark(quick)
    assert found.ratio == found.targets[0].value == 4.5
    assert found.peer is not None
    assert found.peer.median / found.ours.median == 4.5


@pytest.mark.parametrize(
    ("benchmark", "module", "name", "error"),
    [
        (kernels.ssim, keyframes, "consecutive_ssim", 2e-5),
        (kernels.harris3d, stip, "harris3d", 1e7),
        (kernels.jets, stip, "jets", 1e-3),
    ],
)
def test_a_kernel_that_is_a_little_wrong_is_seen(
    benchmark: Callable[[Setting], list[Entry]],
    module: object,
    name: str,
    error: float,
    quick: Setting,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    right = getattr(module, name)
    monkeypatch.setattr(module, name, lambda *arguments: right(*arguments) + error)
    (found,) = benchmark(quick)
    assert not found.agreement[0].reached
    assert found.reached is False


def test_the_dense_jets_of_a_polynomial_are_its_derivatives() -> None:
    t, y, x = np.mgrid[:41, :49, :49] - np.array([20, 24, 24])[:, None, None, None]
    place = (np.array([at]) for at in (20, 24, 24))
    here = stip.Points(*place, np.ones(1), np.zeros((1, 6)))
    volume = 3.0 * x * y - 2.0 * t + 0.5 * x**2 * t
    (found,) = peers.jets(volume, here)
    by_order = dict(zip(peers.ORDERS, found.tolist(), strict=True))
    eta, tau = 2.0, math.sqrt(2.0)
    # Smoothing adds the variance along x to x^2, and so 0.5 * 4 to the slope along t.
    expected = {(1, 1, 0): 3 * eta**2, (0, 0, 1): (-2 + 0.5 * 4) * tau, (2, 0, 1): eta**2 * tau}
    for orders, value in expected.items():
        assert by_order.pop(orders) == pytest.approx(value, abs=2e-3)
    assert np.abs(list(by_order.values())).max() < 2e-3
    assert peers.ORDERS == stip.JET_ORDERS


# ---------------------------------------------------------------- one clip


def test_the_plain_silhouettes_are_the_suites_at_the_border_too() -> None:
    generator = np.random.default_rng(0)
    coarse = generator.integers(0, 2, (9, 8, 10), dtype=np.uint8)
    # Cut so that what lies along the border is two pixels wide: opening must not take it away.
    frames = 120 * coarse.repeat(5, axis=1).repeat(5, axis=2)[:, 3:-3, 3:-3]
    found = peers.silhouettes(frames)
    np.testing.assert_array_equal(found, shape.silhouettes(frames))
    assert found[:, [0, -1]].any()
    assert found[:, :, [0, -1]].any()


def test_the_plain_extraction_gives_the_same_vectors(quick: Setting) -> None:
    (found,) = one_clip.naive(quick)
    assert [each.reached for each in found.agreement] == [True, True]


def test_a_clip_has_its_floor_and_its_stages(
    quick: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HAR_TEST_DATA", raising=False)
    (clip,) = one_clip.clip(quick)
    assert [each.text for each in clip.targets] == [
        "speed at least 400 frames/s",
        "speed at least 800 frames/s",
    ]
    assert [each.aim for each in clip.targets] == [False, True]
    (profile,) = one_clip.profile(quick)
    stages = [row["stage"] for row in profile.rows]
    assert stages[0] == "decoding, gray, resizing"
    assert stages[1:] == ["SSIM", "silhouettes", "points", "jets", "assembly"]
    for row in profile.rows[:-1]:
        assert row["times the floor"] == pytest.approx(
            float(row["ms a frame"]) / float(row["floor, ms"])
        )


def test_the_peak_is_the_process_own_and_not_its_parents() -> None:
    script = (
        "from benchmarks.peak import peak; before = peak(); held = bytearray(200_000_000);"
        "print(before, peak())"
    )
    held = np.ones(700_000_000, dtype=np.uint8)
    answer = subprocess.run(
        [sys.executable, "-c", script], cwd=files.ROOT, capture_output=True, text=True, check=True
    )
    before, after = map(float, answer.stdout.split())
    assert after - before == pytest.approx(200, rel=0.1)
    assert before < held.nbytes / 1e6


def test_the_memory_of_a_clip_is_that_of_a_process_of_its_own(quick: Setting) -> None:
    path = material.clip(quick, 5)
    found = one_clip._peak(path, "frame_size=native")
    assert found["frames"] == 5
    assert found["peak"] >= found["before"] > 10


# ---------------------------------------------------------------- many clips


class Store:
    """Stands in for `har extract`: stores a file for each clip, in a time that is counted.

    Two seconds to start, one a clip with one process, half of that with two.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.anew = False
        monkeypatch.setattr(material, "tree", lambda setting, count: Path(str(count)))
        monkeypatch.setattr(collection.datasets, "ucf101", lambda root: root)
        monkeypatch.setattr(collection.extraction, "collect", lambda dataset, jobs: None)

    def run(self, root: Path, home: Path, jobs: int) -> float:
        wanted = [home / "data" / "store" / f"{i}.npz" for i in range(int(root.name))]
        missing = [path for path in wanted if self.anew or not path.is_file()]
        for path in missing:
            files.write_bytes(path, path.stem.encode())
        return 2 + len(missing) / jobs + 0.001 * (len(wanted) - len(missing))

    def kill(self, root: Path, home: Path, jobs: int, count: int) -> None:
        for i in range(count):
            files.write_bytes(home / "data" / "store" / f"{i}.npz", str(i).encode())

    def entries(self, setting: Setting) -> dict[str, Entry]:
        found = collection.collection(setting, self.run, self.kill)
        assert not (setting.folder / "homes").exists()
        return {each.name: each for each in found}


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Store:
    return Store(monkeypatch)


def test_what_is_drawn_from_runs_of_known_length(quick: Setting, store: Store) -> None:
    found = store.entries(quick)
    assert list(found) == ["two processes", "8 clips", "second run", "resume", "store"]
    assert found["two processes"].ratio == pytest.approx((2 + 4) / (2 + 2))
    # Four clips take 4 s, two 3 s, eight 6 s: half a second a clip, wherever it stands.
    scale = found["8 clips"]
    assert scale.ours.median == pytest.approx(500)
    assert scale.ratio == pytest.approx(1)
    cost, whole = scale.targets
    assert cost.value == pytest.approx(1)
    frames = [clip.frames for clip in ucf101_tree.layout()]
    a_frame = 3 / sum(frames[2:8])
    assert whole.value == pytest.approx((6 + a_frame * sum(frames[8:])) / 60)
    assert found["second run"].targets[0].value == pytest.approx(2 + 0.001 * 13_320)
    # Half of four files were there.
    assert found["resume"].ours.median == pytest.approx(2 + 1 + 0.002)
    assert found["resume"].ratio == pytest.approx(4 / 3.002)
    for name in ("two processes", "second run", "resume"):
        assert all(each.reached for each in found[name].agreement), name


def test_runs_too_short_to_be_told_from_the_start_reach_nothing(
    quick: Setting, store: Store
) -> None:
    right = store.run

    def shorter(root: Path, home: Path, jobs: int) -> float:
        return 10 - right(root, home, jobs)

    store.run = shorter  # type: ignore[method-assign]
    _, minutes = store.entries(quick)["8 clips"].targets
    assert minutes.value < 0
    assert not minutes.reached


def test_the_number_of_clips_can_be_chosen(quick: Setting, store: Store) -> None:
    setting = Setting(**{**vars(quick), "clips": 20})
    assert "20 clips" in store.entries(setting)
    for count in (4, 13_321):
        with pytest.raises(InputError, match="more than 4, at most 13320"):
            store.entries(Setting(**{**vars(quick), "clips": count}))


def test_work_that_is_done_twice_is_seen(quick: Setting, store: Store) -> None:
    store.anew = True
    found = store.entries(quick)
    assert [each.value for each in found["second run"].agreement] == [24]
    anew, differing = found["resume"].agreement
    assert (anew.value, differing.value) == (2, 0)
    assert found["second run"].reached is False
    assert found["resume"].reached is False


def test_stores_that_differ_are_seen(quick: Setting, store: Store) -> None:
    right = store.run

    def wrong(root: Path, home: Path, jobs: int) -> float:
        seconds = right(root, home, jobs)
        if jobs == 1:
            files.write_bytes(home / "data" / "store" / "0.npz", b"other")
        return seconds

    store.run = wrong  # type: ignore[method-assign]
    found = store.entries(quick)
    assert found["two processes"].agreement[0].value == 2


def test_a_file_that_is_being_written_is_not_counted(tmp_path: Path) -> None:
    files.write_bytes(tmp_path / "data" / "deep" / "one.npz", b"1")
    (tmp_path / "data" / "deep" / ".two-x.part.npz").write_bytes(b"2")
    (tmp_path / "data" / "note.json").write_bytes(b"3")
    assert list(collection.stored(tmp_path)) == ["data/deep/one.npz"]


def test_the_killer_kills_when_enough_is_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = (
        "import os, pathlib, time\n"
        "folder = pathlib.Path(os.environ['HAR_DATA'])\n"
        "folder.mkdir(parents=True)\n"
        "for i in range(1000):\n"
        "    (folder / f'{i}.npz').touch()\n"
        "    time.sleep(0.01)\n"
    )
    monkeypatch.setattr(collection, "_command", lambda root, jobs: [sys.executable, "-c", script])
    collection.run_and_kill(tmp_path, tmp_path / "home", 1, 5)
    assert 5 <= len(collection.stored(tmp_path / "home")) < 1000


def test_a_command_that_fails_ends_the_benchmark(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="exit code 2"):
        collection.run(tmp_path / "nowhere", tmp_path / "home", 1)


# ---------------------------------------------------------------- the page


def test_the_page_shows_every_entry_and_what_is_not_reached(quick: Setting) -> None:
    bad = entry(
        name="bad",
        agreement=(Criterion("|difference|", 0.5, most=1e-5),),
        targets=(Criterion("speed", 500, " frames/s", least=800, aim=True),),
        rows=({"stage": "one", "ms": 1.5},),
        notes=("It is slow.",),
    )
    good = entry(name="good", ratio=2.5, targets=(Criterion("ratio", 2.5, least=2),))
    text = benchmarks_page.page(measure.document([bad, good], quick))
    assert r"| \|difference\| at most 1e-05 | 0.5 | **no** |" in text
    assert "| aim: speed at least 800 frames/s | 500 | **no** |" in text
    assert "| good | 1 |  | s | 2.5 | yes |" in text
    assert "| stage | ms |" in text
    assert "It is slow." in text
    assert "quick run" in text
    assert "quick run" not in benchmarks_page.page(
        measure.document([good], Setting(quick.folder, progress=False))
    )


def test_the_stored_page_is_what_the_stored_results_give() -> None:
    stored = (files.ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    assert same_text(stored, benchmarks_page.page() + "\n"), "run `har accept`"


def test_the_stored_results_have_every_benchmark_and_judge_as_the_harness_does() -> None:
    stored = files.read_json(benchmarks_page.RESULTS)
    assert set(stored) == set(measure.document([], Setting(Path())))
    names = {each["name"].lower() for each in stored["entries"]}
    alone = set(command.BENCHMARKS) - {"collection"}
    assert alone | {"two processes", "second run", "resume", "store"} <= names
    for each in stored["entries"]:
        assert set(each) == set(entry().as_json())
        bounds = [b["reached"] for b in (*each["agreement"], *each["targets"]) if not b["aim"]]
        assert each["reached"] == (all(bounds) if bounds else None)
