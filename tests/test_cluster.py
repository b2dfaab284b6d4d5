"""A Dask cluster of real processes: the same bits as one process, also when workers are killed."""

import dataclasses
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import distributed
import numpy as np
import psutil
import pytest
import yaml
from distributed.comm import CommClosedError

from har_lib import cli, cluster, parallel, store, video
from har_lib.config import Config
from har_lib.datasets import Record
from har_lib.errors import InputError
from har_lib.files import ROOT

DASK = [sys.executable, "-m", "dask"]


class Processes:
    """A scheduler and its workers, each a process that is ended with the tests."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.running: list[subprocess.Popen[bytes]] = []
        self.workers: list[tuple[str, subprocess.Popen[bytes]]] = []
        told = folder / "scheduler.json"
        # Tests that are killed cannot end it, so it ends by itself, and its workers with it.
        options = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--idle-timeout", "300"]
        self._start("scheduler", *options, "--scheduler-file", str(told))
        wait_for(lambda: told.exists() and told.read_text().endswith("}"))
        self.address: str = json.loads(told.read_text())["address"]
        self.client = distributed.Client(self.address, set_as_default=False)

    def _start(self, *words: str, path: str = "") -> subprocess.Popen[bytes]:
        environment = {k: v for k, v in os.environ.items() if k != "HAR_DATA"}
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, [path, str(ROOT), TESTS]))
        # A task is given up after two workers, not four, which saves the tests some seconds.
        environment["DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES"] = "1"
        with open(self.folder / f"{len(self.running)}.log", "wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "dask", *words],
                cwd=self.folder,
                env=environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.running.append(process)
        return process

    def start_worker(
        self, *options: str, kind: str = "--no-nanny", path: str = ""
    ) -> subprocess.Popen[bytes]:
        good = not (options or path)
        options = (*(options or ("--nthreads", "1")), kind, "--no-dashboard")
        place = ["--local-directory", str(self.folder)]
        process = self._start("worker", self.address, *options, *place, path=path)
        self.workers.append((kind if good else "wrong", process))
        return process

    def have(self, count: int, kind: str = "--no-nanny") -> list[subprocess.Popen[bytes]]:
        """See to it that so many workers of a kind are there, and no other."""
        kept = [process for its, process in self.workers if its == kind and process.poll() is None][
            :count
        ]
        for _, process in self.workers:
            if process not in kept:
                end(process)
        self.workers = [(kind, process) for process in kept]
        wait_for(lambda: len(self.client.nthreads()) == len(kept))
        for _ in range(count - len(kept)):
            self.start_worker(kind=kind)
        wait_for(lambda: len(self.client.nthreads()) == count)
        return [process for _, process in self.workers]

    def close(self) -> None:
        self.client.close()
        for process in self.running:
            end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    """Kill a process that leads a session, and all of the session."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def wait_for(condition: Callable[[], Any], seconds: float = 30) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.02)


TESTS = str(Path(__file__).parent)


@pytest.fixture(scope="module")
def dask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Processes]:
    processes = Processes(tmp_path_factory.mktemp("dask"))
    try:
        yield processes
    finally:
        processes.close()


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> list[Record]:
    """Ten little clips, no two alike."""
    folder = tmp_path_factory.mktemp("clips")
    return [
        Record(clip(folder / label / f"{k:02}.avi", k), label, f"g{k % 5}")
        for k, label in enumerate(["walk", "wave"] * 5)
    ]


def clip(path: Path, number: int) -> Path:
    random = np.random.default_rng(number)
    frames = np.repeat(random.integers(60, 120, (1, 120, 160)), 16, axis=0)
    for t in range(16):
        left = 10 + 5 * ((t + number) % 20)
        frames[t, 40:80, left : left + 25] = 220
    video.write(path, frames.astype(np.uint8), codec="FFV1")
    return path


def attempt(record: Record, config: Config) -> str:
    """Store the features of a clip; which worker did it."""
    cv2.setNumThreads(1)
    store.load(record, config)
    return str(os.getpid())


def stored(data: Path) -> dict[str, bytes]:
    """Name -> content of every result of a store."""
    return {
        str(path.relative_to(data)): path.read_bytes()
        for path in sorted(data.rglob("*.npz"))
        if not path.name.startswith(".")
    }


@pytest.fixture(scope="module")
def by_one_process(
    records: list[Record], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, bytes]:
    data = tmp_path_factory.mktemp("one")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HAR_DATA", str(data))
        parallel.each(attempt, [(record, Config()) for record in records])
    return stored(data)


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HAR_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


def extracted(
    records: list[Record], dask: Processes, after: int = -1, then: Callable[[], Any] = lambda: None
) -> list[str]:
    """Who stored each clip; ``then`` happens when the clip number ``after`` is stored."""
    tasks = [(record, Config()) for record in records]
    who = []
    for process in parallel.stream(attempt, tasks, scheduler=dask.address, needs=[records[0].path]):
        if len(who) == after:
            then()
        who.append(process)
    return who


# ---------------------------------------------------------------- the same bits


def test_two_workers_store_what_one_process_stores(
    dask: Processes, records: list[Record], data: Path, by_one_process: dict[str, bytes]
) -> None:
    workers = dask.have(2)
    who = set(extracted(records, dask))
    assert who == {str(process.pid) for process in workers}
    assert len(by_one_process) == 3 * len(records)
    assert stored(data) == by_one_process
    assert not list(data.rglob("*.part*")), "a hidden file stayed"


def test_a_worker_killed_half_way_changes_nothing(
    dask: Processes, records: list[Record], data: Path, by_one_process: dict[str, bytes]
) -> None:
    killed, other = dask.have(2)
    seen = []

    def kill() -> None:
        killed.kill()
        seen.append(len(stored(data)))

    who = extracted(records, dask, after=2, then=kill)
    assert killed.wait() == -signal.SIGKILL
    assert seen[0] < len(by_one_process), "all was done before the worker was killed"
    assert who[-1] == str(other.pid)
    assert stored(data) == by_one_process


def where(seconds: float) -> int:
    time.sleep(seconds)
    return os.getpid()


def test_a_single_worker_works_and_one_that_comes_later_helps(dask: Processes, data: Path) -> None:
    (worker,) = dask.have(1)
    who = []
    for process in parallel.stream(where, [(0.02,)] * 150, scheduler=dask.address):
        if not who:
            late = dask.start_worker()
        who.append(process)
    assert who[0] == worker.pid
    assert set(who) == {worker.pid, late.pid}


def test_a_worker_killed_under_its_nanny_comes_back(
    dask: Processes, records: list[Record], data: Path, by_one_process: dict[str, bytes]
) -> None:
    (nanny,) = dask.have(1, "--nanny")
    (worker,) = [
        process
        for process in psutil.Process(nanny.pid).children(recursive=True)
        if "spawn_main" in " ".join(process.cmdline())
    ]
    who = extracted(records, dask, after=2, then=worker.kill)
    assert who[0] == str(worker.pid) != who[-1]
    assert len(set(who)) == 2
    assert stored(data) == by_one_process


def deadly(number: int) -> int:
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def given_up(number: int) -> str:
    return f"{number} is lost"


def test_a_task_that_kills_every_worker_is_lost_alone(dask: Processes, data: Path) -> None:
    dask.have(1, "--nanny")
    tasks = [(k,) for k in range(8)]
    found = parallel.each(deadly, tasks, scheduler=dask.address, lost=given_up)
    assert found == [0, 1, 2, "3 is lost", 4, 5, 6, 7]


# ---------------------------------------------------------------- what is refused


def test_a_worker_with_other_sources_is_refused_also_when_it_comes_later(
    dask: Processes, data: Path, tmp_path: Path
) -> None:
    shutil.copytree(ROOT / "har_lib", tmp_path / "old" / "har_lib")
    with open(tmp_path / "old" / "har_lib" / "errors.py", "a") as source:
        source.write("# an older line\n")
    dask.have(1)
    ours = cluster.SOFTWARE[0][1]
    fault = rf"worker tcp://127.0.0.1:\d+: har_lib is \w{{12}} there and {ours} here: install the"
    later = parallel.stream(where, [(0.02,)] * 500, scheduler=dask.address)
    next(later)
    dask.start_worker(path=str(tmp_path / "old"))
    with pytest.raises(InputError, match=rf"^{fault}"):
        list(later)
    with pytest.raises(InputError, match=rf"^{fault}"):
        parallel.each(where, [(0,)], scheduler=dask.address)


def test_a_worker_with_threads_or_without_the_library_is_refused(
    dask: Processes, data: Path, tmp_path: Path
) -> None:
    (tmp_path / "broken" / "har_lib").mkdir(parents=True)
    (tmp_path / "broken" / "har_lib" / "__init__.py").write_text("raise ImportError('half there')")
    dask.have(0)
    dask.start_worker("--nthreads", "2")
    dask.start_worker(path=str(tmp_path / "broken"))
    wait_for(lambda: len(dask.client.nthreads()) == 2)
    with pytest.raises(InputError) as refused:
        parallel.each(where, [(0,)], scheduler=dask.address)
    message = str(refused.value)
    assert re.search(r"worker tcp://\S+: it has 2 threads: .* --nthreads 1", message)
    assert re.search(r"worker tcp://\S+: har_lib cannot be loaded there \(.*half there", message)
    assert "\n" not in message


def test_a_worker_that_goes_while_it_is_looked_at_is_no_fault(terms: cluster.Terms) -> None:
    def client(answer: Any) -> Any:
        return SimpleNamespace(
            wait_for_workers=lambda *_, **__: None,
            nthreads=lambda: {"tcp://a:1": 1, "tcp://b:1": 1},
            run=lambda *_, **__: {"tcp://a:1": [], "tcp://b:1": answer},
        )

    cluster._check(client(CommClosedError("closed")), "tcp://c:1", terms)
    with pytest.raises(InputError, match=r"^worker tcp://b:1: har_lib cannot be loaded there"):
        cluster._check(client(OSError("half a disk")), "tcp://c:1", terms)


@pytest.fixture
def terms(data: Path) -> cluster.Terms:
    (data / "store").mkdir(parents=True)
    token = data / "store" / ".cluster-test.part"
    token.write_text("secret")
    needs = ((str(data / "store"), 0), (str(token), 6))
    return cluster.Terms(cluster.SOFTWARE, str(data), str(token), "secret", needs)


def test_this_process_agrees_with_itself(terms: cluster.Terms) -> None:
    assert cluster.complaints(terms) == []


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"software": (("har_lib", "0"), *cluster.SOFTWARE[1:])}, "har_lib is .* and 0 here: "),
        (
            {"software": (cluster.SOFTWARE[0], ("OpenCV", "4.1"), cluster.SOFTWARE[2])},
            f"OpenCV is {cv2.__version__} there and 4.1 here: install the same .* and restart",
        ),
        (
            {"software": (*cluster.SOFTWARE[:2], ("numpy", "1.0"))},
            f"numpy is {np.__version__} there and 1.0 here: ",
        ),
        ({"secret": "another"}, "/data is not there as it is here: share it with every worker"),
        ({"token": "/nowhere"}, "/data is not there as it is here: "),
        ({"needs": (("/nowhere/clip.avi", 9),)}, "/nowhere/clip.avi is not there as it is here: "),
        ({"needs": ((__file__, 9),)}, "test_cluster.py is not there as it is here: "),
    ],
)
def test_each_difference_is_one_complaint(
    terms: cluster.Terms, change: dict[str, Any], complaint: str
) -> None:
    (found,) = cluster.complaints(dataclasses.replace(terms, **change))
    assert re.search(complaint, found)


def test_a_store_that_cannot_be_written_is_a_complaint(
    terms: cluster.Terms, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(**_: Any) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(cluster.tempfile, "TemporaryFile", full)
    (found,) = cluster.complaints(terms)
    assert found.endswith("/data cannot be written there: Read-only file system")


def test_no_scheduler_no_worker_and_none_left_end_in_one_line(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ANSWER", "ARRIVAL", "PATIENCE"):
        monkeypatch.setattr(cluster, name, 0.4)
    with pytest.raises(InputError, match=r"no Dask scheduler answers there .* `dask scheduler`"):
        parallel.each(where, [(0,)], scheduler="tcp://127.0.0.1:1")
    with distributed.LocalCluster(
        n_workers=0,
        threads_per_worker=1,
        processes=False,
        protocol="tcp://",
        dashboard_address=":0",
    ) as local:
        address = local.scheduler_address
        with pytest.raises(InputError, match=f"has no workers .* `dask worker {address}"):
            parallel.each(where, [(0,)], scheduler=address)
        local.scale(1)
        going = parallel.stream(where, [(0.05,)] * 50, scheduler=address)
        next(going)
        local.scale(0)
        with pytest.raises(InputError, match=r"the scheduler had no workers for 0 s; .* is kept"):
            list(going)
    with pytest.raises(InputError, match="no Dask scheduler answers there"):
        parallel.each(where, [(0,)], scheduler=address)


@pytest.mark.parametrize(
    ("address", "protocol"),
    [
        ("tcp://10.0.0.1:8786", "tcp"),
        ("tls://head-1.example.org:1", "tls"),
        ("ucx://[fe80::1%eth0]:65535", "ucx"),
        ("head_1:8786", "tcp"),
    ],
)
def test_an_address_names_its_protocol_or_is_tcp(address: str, protocol: str) -> None:
    assert cluster._protocol(address) == protocol


@pytest.mark.parametrize(
    "address",
    [
        *("nonsense", "tcp://", "http://a b", "http://a:8786", "tcp://a", "tcp://:8786", ":8786"),
        *("tcp://a:0", "tcp://a:65536", "tcp://a:8786/x", " tcp://a:8786", "tcp://a:8786\n"),
    ],
)
def test_what_is_no_address_is_refused_before_anything_is_asked(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "_Client", None)
    with pytest.raises(InputError) as refused:
        cluster._client(address)
    shown = address.replace("\n", "\\n")
    assert str(refused.value) == (
        f"--scheduler {shown}: is no address; name the protocol (tcp, tls or ucx), the host and"
        " the port, such as tcp://10.0.0.1:8786"
    )


def test_tls_without_certificates_is_one_line_and_nothing_is_left_open() -> None:
    # In a process of its own: a client that stays open is heard of when that ends.
    program = """
from har_lib import cluster, errors
try:
    cluster._client("tls://127.0.0.1:8786")
except errors.InputError as error:
    print(error)
"""
    answer = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert answer.stderr == ""
    assert re.fullmatch(
        r"--scheduler tls://127.0.0.1:8786: Dask is not set up for tls here \(.*\); use tcp, .*\n",
        answer.stdout,
    )


def test_a_scheduler_that_is_killed_ends_in_one_line(
    data: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    dask = Processes(tmp_path)
    try:
        dask.have(1)
        going = parallel.stream(where, [(0.05,)] * 200, scheduler=dask.address)
        next(going)
        dask.client.close()
        dask.running[0].kill()
        with pytest.raises(InputError, match=r"the scheduler is gone; .* what is finished is kept"):
            list(going)
    finally:
        dask.close()
    assert capfd.readouterr().err == ""


def test_without_dask_the_line_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    monkeypatch.delitem(sys.modules, "har_lib.cluster")
    monkeypatch.delattr("har_lib.cluster")
    with pytest.raises(InputError, match=r"needs Dask.* pip install '\.\[cluster\]'"):
        parallel.each(where, [(0,)], scheduler="tcp://127.0.0.1:1")


# ---------------------------------------------------------------- the command line and its page


def test_har_extract_on_a_cluster_stores_what_it_stores_alone(
    dask: Processes, records: list[Record], tmp_path: Path
) -> None:
    folder = records[0].path.parent.parent
    dask.have(2)
    lines = "".join(f"{r.path.relative_to(folder)},{r.group}\n" for r in records)
    (tmp_path / "groups.csv").write_text("file,group\n" + lines)
    found = []
    for name, options in (("alone", ["--jobs", "1"]), ("cluster", ["--scheduler", dask.address])):
        given = [str(folder), "-p", "group_table", str(tmp_path / "groups.csv"), *options]
        answer = subprocess.run(
            [sys.executable, "-m", "har_lib", "extract", *given],
            cwd=ROOT,
            env={
                **os.environ,
                "HAR_DATA": str(tmp_path / name),
                "HAR_BUILD": str(tmp_path / "build"),
            },
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert answer.returncode == 0, answer.stderr
        assert f"{len(records)} clips: {len(records)} made" in answer.stdout
        found.append(stored(tmp_path / name))
    assert found[0] == found[1]
    assert len(found[0]) == 4 * len(records), "three stages and a verdict"


def test_har_extract_says_in_one_line_that_there_is_no_scheduler(
    records: list[Record], data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: Any
) -> None:
    monkeypatch.setattr(cluster, "ANSWER", 0.4)
    folder = records[0].path.parent.parent
    given = [str(folder), "-p", "group_pattern", r"(\d)\.avi", "--scheduler", "tcp://127.0.0.1:1"]
    assert cli.main(["extract", *given]) == 2
    assert re.fullmatch(
        r"har: --scheduler tcp://127.0.0.1:1: no Dask .*\n", capsys.readouterr().err
    )


def page() -> str:
    # Workers import this module too, also where no page is.
    return (ROOT / "docs" / "cluster.md").read_text()


def blocks(kind: str) -> list[str]:
    """Every shell script or manifest of the page."""
    return re.findall(rf"^```{kind}\n(.*?)^```", page(), re.MULTILINE | re.DOTALL)


def commands() -> list[list[str]]:
    """The words of every call of dask and har on the page."""
    texts = blocks("bash")
    lines = [line.removeprefix("srun --overlap ") for text in texts for line in text.splitlines()]
    called = [shlex.split(line) for line in lines if re.match("dask|har ", line)]
    for text in blocks("yaml"):
        (container,) = yaml.safe_load(text)["spec"]["template"]["spec"]["containers"]
        called.append(container["command"])
    return [[word for word in words if word != "&"] for words in called]


def test_every_command_on_the_page_has_these_options() -> None:
    from distributed.cli import dask_scheduler, dask_worker

    parsers = {"scheduler": dask_scheduler.main, "worker": dask_worker.main}
    for program, verb, *words in commands():
        if program == "har":
            arguments = cli.build_parser().parse_args([verb, *words])
            assert arguments.scheduler
        else:
            parsers[verb].make_context(verb, words)
    assert [words[:2] for words in commands()] == [
        ["dask", "scheduler"],
        ["dask", "worker"],
        ["har", "extract"],
        ["dask", "scheduler"],
        ["dask", "worker"],
        ["har", "extract"],
        ["dask", "worker"],
    ]


def test_a_block_of_the_page_is_short_and_a_script_has_the_shells_grammar() -> None:
    scripts, manifests = blocks("bash"), blocks("yaml")
    assert (len(scripts), len(manifests)) == (4, 1)
    assert max(len(text.splitlines()) for text in scripts + manifests) <= 12
    for text in scripts:
        subprocess.run(["bash", "-n"], input=text, text=True, check=True)


def test_the_page_names_the_numbers_of_the_sources() -> None:
    assert f"after {cluster.PATIENCE:.0f} s without one" in page()
    assert f"until there are {cluster.EXPECTED_WORKERS}" in page()
    assert "pip install '.[cluster]'" in page()
