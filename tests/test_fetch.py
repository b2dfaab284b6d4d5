"""Downloads that are resumed, verified, bounded, and refused in one line."""

import argparse
import hashlib
import io
import os
import random
import re
import resource
import shutil
import signal
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import ucf101_tree
from har_lib import (
    cli_fetch,
    datasets,
    fetch,
    files,
    locks,
    registry,
    splits,
    transfer,
    ucf101_files,
)
from har_lib.errors import InputError
from har_lib.registry import Remote
from har_lib.transfer import Patience, Unreachable
from torture import downloads
from torture.downloads import PATIENCE, remote
from torture.server import Answer, Server, serving
from torture.ways import ways
from torture.zips import Entry, build

CONTENT = random.Random(0).randbytes(300_000)
#: No second try.
ONCE = replace(PATIENCE, pauses=())


@pytest.fixture
def server() -> Iterator[Server]:
    with serving(CONTENT) as plan:
        yield plan


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def part_of(folder: Path) -> Path:
    return folder / ".file.bin.fetch" / "file.bin.part"


# ---------------------------------------------------------------- a server that misbehaves


@pytest.mark.parametrize("way", ways(b"", "http://127.0.0.1/file.bin"))
def test_a_server_that_misbehaves(way: str, tmp_path: Path) -> None:
    row = downloads.misbehave(way, CONTENT, tmp_path / "target")
    assert row.wrong == "", row.said


@pytest.mark.parametrize("number", range(3))
def test_a_killed_download_goes_on_where_it_was(number: int, tmp_path: Path) -> None:
    row = downloads.kill(number, random.Random(f"t{number}"), tmp_path / "target")
    assert row.wrong == "", row.said


def test_the_torture_sees_a_download_that_begins_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(CONTENT, Answer(drop=100_000), Answer()) as server:
        file = remote(CONTENT, server.url)
        with pytest.raises(InputError):
            fetch.fetch(file, tmp_path, patience=ONCE)
        part_of(tmp_path).unlink()
        before = len(server.served)
        fetch.fetch(file, tmp_path, patience=ONCE)
        assert downloads._fetched_again(server, 100_000, before, len(CONTENT), 1)


def test_the_second_run_asks_for_what_lacks(tmp_path: Path) -> None:
    with serving(CONTENT, Answer(drop=123_456), Answer(503), Answer()) as server:
        file = remote(CONTENT, server.url)
        for said in ("dropped", "503"):
            with pytest.raises(InputError, match=said) as refused:
                fetch.fetch(file, tmp_path, patience=ONCE)
            assert "123,456 of 300,000 bytes are kept" in str(refused.value)
            assert "run again to go on" in str(refused.value)
        assert part_of(tmp_path).read_bytes() == CONTENT[:123_456]
        assert fetch.fetch(file, tmp_path, patience=ONCE).read_bytes() == CONTENT
        assert [(s.start, s.sent) for s in server.served if s.status == 206] == [
            (123_456, 300_000 - 123_456)
        ]
    assert names(tmp_path) == ["file.bin"]


def test_the_end_of_a_body_without_length_is_seen(tmp_path: Path) -> None:
    with (
        serving(CONTENT, Answer(content=CONTENT[:1000], length=0)) as server,
        pytest.raises(InputError, match=r"has ended before the whole was sent.* 1,000 of"),
    ):
        fetch.fetch(remote(CONTENT, server.url), tmp_path, patience=ONCE)


def test_a_changed_file_comes_whole_with_the_next_answer(tmp_path: Path) -> None:
    """The mark is sent along, so that no request is lost."""
    with serving(CONTENT, Answer(drop=1000), Answer(etag='"two"')) as server:
        fetch.fetch(remote(CONTENT, server.url), tmp_path, patience=PATIENCE)
        assert [s.status for s in server.served] == [200, 200]


def test_progress_forgives_failures_but_beginning_anew_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfer, "CHUNK", 50_000)
    patience = replace(PATIENCE, pauses=(0.0,))
    with serving(CONTENT, Answer(drop=50_000)) as server:
        # Six drops, one failure allowed: each brings a chunk.
        assert fetch.fetch(remote(CONTENT, server.url), tmp_path / "a", patience=patience)
        assert len(server.served) == 6
    with (
        serving(CONTENT, Answer(drop=49_999)) as server,
        pytest.raises(InputError, match="2 tries in a row; 149,997 of"),
    ):
        fetch.fetch(remote(CONTENT, server.url), tmp_path / "b", patience=patience)
    with serving(CONTENT, Answer(drop=60_000, ranges=False)) as server:
        with pytest.raises(InputError, match="2 tries in a row"):
            fetch.fetch(remote(CONTENT, server.url), tmp_path / "c", patience=patience)
        assert len(server.served) == 2


def test_pauses_grow_as_they_are_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    monkeypatch.setattr(transfer.time, "sleep", waited.append)
    with serving(CONTENT, Answer(503, location="")) as server:
        file = remote(CONTENT, server.url)
        with pytest.raises(InputError, match="4 tries in a row"):
            fetch.fetch(file, tmp_path, patience=replace(PATIENCE, pauses=(1.0, 5.0, 25.0)))
    # The server's own thread sleeps too, for nothing.
    assert [pause for pause in waited if pause >= 1] == [1.0, 5.0, 25.0]
    assert list(transfer.USUAL.pauses) == sorted(transfer.USUAL.pauses)


def test_nothing_listens(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/file.bin"
    with pytest.raises(
        Unreachable, match=r"cannot be reached \(Connection refused\), in 3 tries in a row"
    ):
        fetch.fetch(remote(CONTENT, url), tmp_path, patience=PATIENCE)
    assert names(tmp_path) == []


def test_a_server_that_answers_is_not_called_unreachable(server: Server, tmp_path: Path) -> None:
    server.answers = (Answer(404),)
    with pytest.raises(InputError) as refused:
        fetch.fetch(remote(CONTENT, server.url), tmp_path, patience=ONCE)
    assert not isinstance(refused.value, Unreachable)


def test_the_slow_are_waited_for_and_no_watch_is_left(server: Server, tmp_path: Path) -> None:
    """Longer than the watch has patience, but something comes all the time."""
    server.answers = (Answer(block=15_000, pause=0.1),)
    began = time.monotonic()
    fetch.fetch(remote(CONTENT, server.url), tmp_path, patience=ONCE)
    assert time.monotonic() - began > ONCE.connection + ONCE.stall
    assert len(server.served) == 1
    assert "har-watch" not in [thread.name for thread in threading.enumerate()]


def test_the_watch_ends_a_connection_after_a_redirection_and_goes(
    server: Server, tmp_path: Path
) -> None:
    server.answers = (
        Answer(302, location="/there.bin"),
        Answer(raw=b"HTTP/1.1 200 OK\r\nX: ", again=b"y", pause=0.1),
    )
    with pytest.raises(InputError, match=r"127.0.0.1 stalls: .* for 1 s, in 1 tries"):
        fetch.fetch(remote(CONTENT, server.url), tmp_path, patience=ONCE)
    assert "har-watch" not in [thread.name for thread in threading.enumerate()]
    assert names(tmp_path) == []


def test_a_bundle_of_certificates_that_is_not_there_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere/certificates.pem")
    file = Remote("file.bin", "https://localhost:1/file.bin", 5, "0" * 64)
    with pytest.raises(InputError, match=r"/nowhere/certificates.pem.* REQUESTS_CA_BUNDLE"):
        fetch.fetch(file, tmp_path, patience=PATIENCE)


def test_a_broken_handshake_is_no_bad_certificate(server: Server, tmp_path: Path) -> None:
    """A server that speaks no TLS, as a network that asks for a password first."""
    file = replace(remote(CONTENT, server.url), url=server.url.replace("http:", "https:"))
    with pytest.raises(InputError, match=r"cannot be reached") as refused:
        fetch.fetch(file, tmp_path, patience=ONCE)
    assert "certificate" not in str(refused.value)


def test_a_bad_certificate_names_the_host_that_has_it(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not the one that has redirected there."""
    import ssl

    import requests

    def sent(session: object, url: str, **others: object) -> requests.Response:
        if "second" in url:
            raise requests.exceptions.SSLError("bad") from ssl.SSLCertVerificationError("bad")
        response = requests.Response()
        response.raw = io.BytesIO()
        response.status_code, response.headers["Location"] = 302, "https://second.example/x"
        return response

    monkeypatch.setattr(requests.Session, "get", sent)
    file = replace(remote(CONTENT, server.url), url="https://first.example/file.bin")
    with pytest.raises(InputError, match=r"certificate of second.example is not valid"):
        fetch.fetch(file, tmp_path, patience=ONCE)


def test_no_proxy_is_asked_for_this_machine(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9/")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    fetch.fetch(remote(CONTENT, server.url), tmp_path, patience=ONCE)


# ---------------------------------------------------------------- what is there


def test_the_file_that_is_there_is_verified_and_not_asked_for(
    server: Server, tmp_path: Path
) -> None:
    (tmp_path / "file.bin").write_bytes(CONTENT)
    assert fetch.fetch(remote(CONTENT, server.url), tmp_path) == tmp_path / "file.bin"
    assert server.served == []


@pytest.mark.parametrize("other", [b"mine", bytes(len(CONTENT)), None])
def test_another_file_of_its_name_is_refused_and_stays(
    other: bytes | None, server: Server, tmp_path: Path
) -> None:
    place = tmp_path / "file.bin"
    if other is None:
        place.symlink_to(tmp_path / "gone")
    else:
        place.write_bytes(other)
    with pytest.raises(InputError, match=r"is there, but .* move it away"):
        fetch.fetch(remote(CONTENT, server.url), tmp_path)
    assert place.is_symlink() if other is None else place.read_bytes() == other
    assert server.served == []
    assert names(tmp_path) == ["file.bin"]


def test_leftovers_beside_the_finished_file_go(server: Server, tmp_path: Path) -> None:
    """As after a kill between the last two steps."""
    file = remote(CONTENT, server.url)
    part_of(tmp_path).parent.mkdir()
    (part_of(tmp_path).parent / "tmpabc").write_bytes(b"x")
    (tmp_path / ".file.bin.lock").touch()
    (tmp_path / "file.bin").write_bytes(CONTENT)
    with locks.held(tmp_path / ".file.bin.lock", "x"):
        fetch.fetch(file, tmp_path)
        assert part_of(tmp_path).parent.exists(), "another run is at it"
    fetch.fetch(file, tmp_path)
    assert names(tmp_path) == ["file.bin"]


@pytest.mark.parametrize("about", ['{"identity": [', "[" * 200_000, "\0", "[]"])
@pytest.mark.parametrize("size", [100, 300_000, 300_001])
def test_a_part_is_used_whatever_is_beside_it(size: int, about: str, tmp_path: Path) -> None:
    with serving(CONTENT, Answer(drop=1000), Answer()) as server:
        file = remote(CONTENT, server.url)
        with pytest.raises(InputError):
            fetch.fetch(file, tmp_path, patience=ONCE)
        part = part_of(tmp_path)
        part.write_bytes((CONTENT + b"x")[:size])
        (part.parent / "about.json").write_text(about)
        (part.parent / "tmp12345").write_bytes(b"left by a kill")
        fetch.fetch(file, tmp_path, patience=ONCE)
        # A whole part is verified and nothing asked for; one too long is dropped.
        assert [s.start for s in server.served[1:]] == {100: [100], 300_000: [], 300_001: [0]}[size]
    assert names(tmp_path) == ["file.bin"]


def test_a_part_of_another_version_of_the_registry_is_dropped(tmp_path: Path) -> None:
    with serving(CONTENT, Answer(drop=1000), Answer()) as server:
        file = remote(CONTENT, server.url)
        with pytest.raises(InputError):
            fetch.fetch(file, tmp_path, patience=ONCE)
        about = part_of(tmp_path).parent / "about.json"
        written = files.read_json(about)
        written["identity"]["sha256"] = "0" * 64
        files.write_json(about, written)
        fetch.fetch(file, tmp_path, patience=ONCE)
        assert [s.start for s in server.served] == [0, 0]


def test_a_part_that_was_changed_ends_in_a_refusal_and_then_in_the_file(tmp_path: Path) -> None:
    with serving(CONTENT, Answer(drop=1000), Answer()) as server:
        file = remote(CONTENT, server.url)
        with pytest.raises(InputError):
            fetch.fetch(file, tmp_path, patience=ONCE)
        part_of(tmp_path).write_bytes(bytes(1000))
        with pytest.raises(InputError, match=r"is not the file, its SHA-256 is another one"):
            fetch.fetch(file, tmp_path, patience=ONCE)
        assert names(tmp_path) == []
        fetch.fetch(file, tmp_path, patience=ONCE)


def test_what_killed_runs_have_left_goes_though_the_server_is_away(tmp_path: Path) -> None:
    with serving(CONTENT, Answer(drop=1000), Answer(503)) as server:
        file = remote(CONTENT, server.url)
        with pytest.raises(InputError):
            fetch.fetch(file, tmp_path, patience=ONCE)
        before = names(part_of(tmp_path).parent)
        (part_of(tmp_path).parent / "tmp12345").write_bytes(b"left by a kill")
        with pytest.raises(InputError, match="503"):
            fetch.fetch(file, tmp_path, patience=ONCE)
        assert names(part_of(tmp_path).parent) == before == ["about.json", "file.bin.part"]


def test_ended_while_it_is_verified_nothing_is_fetched_again(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = remote(CONTENT, server.url)

    def interrupt(*arguments: object, **others: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("pooch.core.hash_matches", interrupt)
        with pytest.raises(KeyboardInterrupt):
            fetch.fetch(file, tmp_path, patience=ONCE)
    assert part_of(tmp_path).read_bytes() == CONTENT
    fetch.fetch(file, tmp_path, patience=ONCE)
    assert len(server.served) == 1
    assert names(tmp_path) == ["file.bin"]


def test_without_second_names_it_is_moved(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*arguments: object) -> None:
        raise PermissionError(1, "no links here")

    monkeypatch.setattr(fetch.os, "link", refuse)
    fetch.fetch(remote(CONTENT, server.url), tmp_path, patience=ONCE)
    assert names(tmp_path) == ["file.bin"]


def test_a_link_in_place_of_the_hidden_folder_is_refused(server: Server, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "precious.txt").write_text("p")
    work = part_of(tmp_path).parent
    work.symlink_to(mine)
    with pytest.raises(InputError, match=r"\.file\.bin\.fetch: is a link; remove it"):
        fetch.fetch(remote(CONTENT, server.url), tmp_path, patience=ONCE)
    assert names(mine) == ["precious.txt"]
    assert work.is_symlink()
    work.unlink()
    work.write_text("mine")
    with pytest.raises(InputError, match=r"\.file\.bin\.fetch: is no folder; move it away"):
        fetch.fetch(remote(CONTENT, server.url), tmp_path, patience=ONCE)
    assert server.served == []


@pytest.mark.parametrize("name", ["file.bin.part", "about.json", "tmp12345"])
@pytest.mark.parametrize("kind", ["link", "folder", "pipe"])
def test_what_no_run_puts_into_the_hidden_folder_is_refused_and_stays(
    name: str, kind: str, server: Server, tmp_path: Path
) -> None:
    mine = tmp_path / "mine.txt"
    mine.write_text("p")
    odd = part_of(tmp_path).parent / name
    odd.parent.mkdir()
    if kind == "link":
        odd.symlink_to(mine)
    elif kind == "pipe":
        os.mkfifo(odd)
    else:
        odd.mkdir()
        (odd / "note.txt").write_text("p")
    with pytest.raises(InputError, match=rf"{name}: is no file of a download; move it away"):
        fetch.fetch(remote(CONTENT, server.url), tmp_path, patience=ONCE)
    assert mine.read_text() == "p"
    assert os.path.lexists(odd)
    odd.rename(tmp_path / "away")
    fetch.fetch(remote(CONTENT, server.url), tmp_path, patience=ONCE)


# ---------------------------------------------------------------- the disk, and two at once


def test_a_disk_too_small_is_refused_before_anything_is_asked(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = replace(remote(CONTENT, server.url), unpacked=50_000)
    usage = fetch.shutil.disk_usage(tmp_path)
    monkeypatch.setattr(fetch.shutil, "disk_usage", lambda p: usage._replace(free=349_999))
    with pytest.raises(InputError, match="make room or name another folder"):
        fetch.fetch(file, tmp_path)
    assert server.served == []
    assert names(tmp_path) == []
    # What has been received needs no room again.
    server.answers = (Answer(drop=1000), Answer())
    monkeypatch.setattr(fetch.shutil, "disk_usage", lambda p: usage._replace(free=350_000))
    with pytest.raises(InputError, match="1,000 of 300,000"):
        fetch.fetch(file, tmp_path, patience=ONCE)
    monkeypatch.setattr(fetch.shutil, "disk_usage", lambda p: usage._replace(free=349_000))
    fetch.fetch(file, tmp_path, patience=ONCE)


def test_a_disk_that_becomes_full_is_named(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, old[1]))
        with pytest.raises(OSError, match="File too large") as refused:
            fetch.fetch(remote(CONTENT, server.url), tmp_path, patience=ONCE)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)
        signal.signal(signal.SIGXFSZ, handler)
    assert refused.value.filename == str(part_of(tmp_path))
    assert CONTENT.startswith(part_of(tmp_path).read_bytes())
    # With room again, it goes on.
    fetch.fetch(remote(CONTENT, server.url), tmp_path, patience=ONCE)
    assert server.served[1].start > 0


def test_a_folder_that_cannot_be_written_is_refused_before_anything_is_asked(
    server: Server, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="cannot be written"):
        fetch.fetch(remote(CONTENT, server.url), tmp_path / "file" / "folder")
    assert server.served == []


def test_two_at_once_do_each_other_no_harm(server: Server, tmp_path: Path) -> None:
    server.answers = (Answer(pause=0.02),)
    file = remote(CONTENT, server.url)
    first = threading.Thread(
        target=fetch.fetch, args=(file, tmp_path), kwargs={"patience": PATIENCE}
    )
    first.start()
    while not server.served:
        time.sleep(0.005)
    with pytest.raises(InputError, match=r"file.bin: another run is at work on it; wait"):
        fetch.fetch(file, tmp_path, patience=PATIENCE)
    first.join()
    assert (tmp_path / "file.bin").read_bytes() == CONTENT
    assert len(server.served) == 1
    assert names(tmp_path) == ["file.bin"]


# ---------------------------------------------------------------- the registry


@pytest.mark.parametrize(
    "url",
    [
        "http://www.crcv.ucf.edu/a.zip",
        "ftp://example.org/a.zip",
        "file:///etc/passwd",
        "//example.org/a",
        "https:///a",
        "http://127.0.0.1.example.org/a",
        "http://127.0.0.1@example.org/a",
        "http://[bad",
        "",
    ],
)
def test_only_https_is_registered(url: str) -> None:
    with pytest.raises(InputError, match="only https is safe enough"):
        Remote("a", url, 1, "0" * 64)


def test_a_redirection_may_not_leave_https() -> None:
    registry.check_address("https://b.org/", before="https://a.org/")
    registry.check_address("http://127.0.0.1:8000/", before="http://127.0.0.1:8000/")
    with pytest.raises(InputError, match="only https"):
        registry.check_address("http://127.0.0.1:8000/", before="https://a.org/")


def test_every_entry_is_known_to_the_byte() -> None:
    for entries in registry.REGISTRY.values():
        for entry in entries.values():
            assert entry.url.startswith("https://")
            assert entry.url.endswith(f"/{entry.name}")
            assert len(bytes.fromhex(entry.sha256)) == hashlib.sha256().digest_size
            assert 0 < entry.size < entry.unpacked


# ---------------------------------------------------------------- UCF101


def clips() -> dict[str, bytes]:
    """A few clips under the names that the archive of all clips gives them."""
    labels = ("Archery", "HandstandPushups", "YoYo")
    return {
        f"UCF101/v_{label}_g{group:02}_c01.avi": f"{label} {group}".encode()
        for label in labels
        for group in (1, 8)
    }


@pytest.fixture
def archives_of_ucf101() -> tuple[bytes, bytes]:
    """Lists and videos as they come: folders, other files and what Macs add among them."""
    folder = Entry(b"ucfTrainTestlist/", b"", attributes=0o040755 << 16)
    lists = [
        Entry(f"ucfTrainTestlist/{name}".encode(), text.replace("\n", "\r\n").encode())
        for name, text in ucf101_tree.lists().items()
    ]
    odd = [
        Entry(b"__MACOSX/UCF101/._v_Archery_g01_c01.avi", b"Mac"),
        Entry(b"UCF101/Thumbs.db", b"Windows"),
    ]
    videos = [Entry(name.encode(), content) for name, content in clips().items()]
    return build([folder, *lists]), build([*odd, *videos])


def test_what_is_fetched_is_read_by_the_data_sets(
    archives_of_ucf101: tuple[bytes, bytes], tmp_path: Path
) -> None:
    said: list[str] = []
    with serving(archives_of_ucf101[0]) as one, serving(archives_of_ucf101[1]) as two:
        remotes = {
            "splits": replace(remote(one.content, one.url), name="lists.zip"),
            "videos": replace(remote(two.content, two.url), name="videos.zip"),
        }
        ucf101_files.get(tmp_path, patience=ONCE, remotes=remotes, say=said.append)
        ucf101_files.get(tmp_path, patience=ONCE, remotes=remotes, say=said.append)
        (tmp_path / "videos.zip").unlink()
        ucf101_files.get(tmp_path, patience=ONCE, remotes=remotes, say=said.append)
        assert [len(one.served), len(two.served)] == [1, 1]
    assert [line.rpartition(", ")[2].split()[0] for line in said[:4]] == [
        "unpacked", "unpacked", "as", "as",
    ]  # fmt: skip
    assert "its archive is not" in said[-1]
    dataset = datasets.ucf101(tmp_path)
    assert datasets.recognised(tmp_path) == "ucf101"
    assert dataset.classes == ("Archery", "HandstandPushups", "YoYo")
    assert sorted(record.path.read_bytes() for record in dataset.records) == sorted(
        clips().values()
    )
    # As the official lists and the original archive spell it.
    place = tmp_path / "UCF-101" / "HandstandPushups" / "v_HandStandPushups_g01_c01.avi"
    assert place.read_text() == "HandstandPushups 1"
    train, test = splits.ucf101_split(tmp_path, 1)
    assert len(train) + len(test) == ucf101_files.CLIPS
    assert not list((tmp_path / "UCF-101").rglob("*.db"))


@pytest.fixture
def remotes_of_ucf101(archives_of_ucf101: tuple[bytes, bytes]) -> Iterator[dict[str, Remote]]:
    with serving(archives_of_ucf101[0]) as one, serving(archives_of_ucf101[1]) as two:
        yield {
            "splits": replace(remote(one.content, one.url), name="lists.zip"),
            "videos": replace(remote(two.content, two.url), name="videos.zip"),
        }


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("UCF-101", ".DS_Store"),
        ("UCF-101", "Archery/._v_Archery_g01_c01.avi"),
        ("UCF-101", "Archery/notes.txt"),
        ("ucfTrainTestlist", ".DS_Store"),
        ("ucfTrainTestlist", "notes.txt"),
        ("ucfTrainTestlist", "testlist01.txt"),
    ],
)
def test_a_folder_that_holds_something_else_is_refused_before_anything_is_fetched(
    folder: str, name: str, remotes_of_ucf101: dict[str, Remote], tmp_path: Path
) -> None:
    files.write_text(tmp_path / folder / name, "x")
    with pytest.raises(
        InputError, match=rf"{folder}: .*; move it away, then run the same command again"
    ):
        ucf101_files.get(tmp_path, patience=ONCE, remotes=remotes_of_ucf101)
    assert names(tmp_path) == [folder]
    # What it says helps.
    (tmp_path / folder).rename(tmp_path / "mine")
    ucf101_files.get(tmp_path, patience=ONCE, remotes=remotes_of_ucf101)
    assert (tmp_path / "mine" / name).read_text() == "x"
    assert ucf101_files.has_lists(tmp_path)


def test_an_empty_folder_is_filled(remotes_of_ucf101: dict[str, Remote], tmp_path: Path) -> None:
    (tmp_path / "UCF-101").mkdir()
    ucf101_files.get(tmp_path, patience=ONCE, remotes=remotes_of_ucf101)
    assert len(list((tmp_path / "UCF-101").rglob("*.avi"))) == 6


def test_a_file_in_place_of_a_folder_is_refused_before_anything_is_fetched(
    remotes_of_ucf101: dict[str, Remote], tmp_path: Path
) -> None:
    (tmp_path / "UCF-101").write_text("x")
    with pytest.raises(InputError, match=r"UCF-101: is no folder; move it away, then run"):
        ucf101_files.get(tmp_path, patience=ONCE, remotes=remotes_of_ucf101)
    assert names(tmp_path) == ["UCF-101"]


def test_each_official_name_has_a_place_and_it_is_the_listed_one() -> None:
    folder = os.environ.get("HAR_TEST_DATA", "")
    if not folder:
        pytest.skip("HAR_TEST_DATA names no folder of real clips")
    train, test = splits.ucf101_split(Path(folder) / "ucf101", 1)
    for name in (*train, *test):
        file = name.rpartition("/")[2]
        assert ucf101_files.place_of_clip(f"UCF101/{file}") == name
        other = file.replace("HandStandPushups", "HandstandPushups")
        assert ucf101_files.place_of_clip(f"UCF101/{other}") == name


def test_a_whole_tree_is_said_to_be_whole(tmp_path: Path) -> None:
    for name, text in ucf101_tree.lists().items():
        files.write_text(tmp_path / "ucfTrainTestlist" / name, text)
    (tmp_path / "one").write_bytes(b"x")
    for clip in ucf101_tree.layout():
        path = tmp_path / "UCF-101" / clip.label / clip.path.name
        path.parent.mkdir(parents=True, exist_ok=True)
        os.link(tmp_path / "one", path)
    said = ucf101_files.check(tmp_path)
    assert said == f"{tmp_path}: 13,320 clips of 101 classes, as in the official lists"
    assert "three official splits, 13,320 clips" in ucf101_files.check(tmp_path, "splits")


@pytest.fixture
def few(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tree and lists of the same form, of six clips in three classes."""
    names = [place for place in map(ucf101_files.place_of_clip, clips()) if place]
    monkeypatch.setattr(ucf101_files, "CLIPS", 6)
    monkeypatch.setattr(ucf101_files, "CLASSES", 3)
    monkeypatch.setattr(ucf101_files, "ucf101_split", lambda root, n: (names[:4], names[4:]))
    (tmp_path / "ucfTrainTestlist").mkdir()
    (tmp_path / "ucfTrainTestlist" / "classInd.txt").touch()
    for name in names:
        files.write_text(tmp_path / "UCF-101" / name, "x")
    return tmp_path


def test_what_lacks_is_new_or_empty_is_named(few: Path) -> None:
    assert "6 clips of 3 classes, as in" in ucf101_files.check(few)
    clip = few / "UCF-101" / "YoYo" / "v_YoYo_g08_c01.avi"
    other = clip.with_name("v_YoYo_g08_c02.avi")
    clip.write_bytes(b"")
    with pytest.raises(InputError, match=r"1 clips are empty, such as 'v_YoYo_g08_c01.avi'"):
        ucf101_files.check(few)
    clip.rename(other)
    with pytest.raises(InputError, match=r"1 clips lack, such as 'YoYo/v_YoYo_g08_c01.avi'"):
        ucf101_files.check(few)
    clip.write_bytes(b"x")
    with pytest.raises(InputError, match=r"1 clips are new, such as 'v_YoYo_g08_c02.avi'"):
        ucf101_files.check(few)


@pytest.mark.parametrize("place", ["UCF-101", "videos", ""])
def test_what_lacks_names_what_to_move_away(place: str, few: Path) -> None:
    """An unpacking that was interrupted: fetching again would not mend it."""
    clips = few / "UCF-101"
    (clips / "YoYo" / "v_YoYo_g08_c01.avi").unlink()
    if place == "videos":
        clips = clips.rename(few / "videos")
    elif not place:
        for label in list(clips.iterdir()):
            label.rename(few / label.name)
        clips.rmdir()
        shutil.rmtree(few / "ucfTrainTestlist")
    moved = re.escape(f"the class folders in {few}" if not place else str(few / place))
    with pytest.raises(
        InputError, match=rf"; move {moved} away, then run har data fetch ucf101 --output {few}$"
    ):
        ucf101_files.check(few)


def test_without_the_lists_the_counts_are_compared(few: Path) -> None:
    (few / "ucfTrainTestlist" / "classInd.txt").unlink()
    assert "the lists are not here" in ucf101_files.check(few)
    (few / "UCF-101" / "YoYo" / "v_YoYo_g08_c01.avi").unlink()
    with pytest.raises(InputError, match="5 clips of 3 classes, not 6 of 3"):
        ucf101_files.check(few)


# ---------------------------------------------------------------- the command


def parsed(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    cli_fetch.fetch_arguments(parser)
    return parser.parse_args(words)


def test_offline_says_what_to_bring(capsys: pytest.CaptureFixture[str]) -> None:
    cli_fetch.fetch(parsed("ucf101", "--offline"))
    said = capsys.readouterr().out
    for entry in registry.parts("ucf101").values():
        for part in (entry.url, f"{entry.size:,}", entry.sha256):
            assert part in said
    for word in ("UCF101.rar", "unar", "7z", "unrar", "har data check DIR", "har extract DIR"):
        assert word in said


def test_without_a_network_the_note_and_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        dead = f"http://127.0.0.1:{free.getsockname()[1]}/file.bin"
    monkeypatch.setitem(registry.REGISTRY, "ucf101", {"splits": remote(b"x", dead)})
    monkeypatch.setattr(ucf101_files, "offline_note", lambda: "the note")
    monkeypatch.setattr(transfer.time, "sleep", lambda seconds: None)
    with pytest.raises(Unreachable):
        cli_fetch.fetch(parsed("ucf101", "--only", "splits", "--output", str(tmp_path)))
    assert "the note" in capsys.readouterr().err


def test_a_data_set_that_is_not_fetched_is_refused_by_name() -> None:
    with pytest.raises(InputError, match="'kth' cannot be fetched; use ucf101"):
        cli_fetch.fetch(parsed("kth"))


def test_the_usual_patience_ends() -> None:
    assert Patience() == transfer.USUAL
    assert sum(transfer.USUAL.pauses) < 600
