"""SHA-256 of files, remembered on disk, so that a data set of many gigabytes is read once.

A file is known by its absolute path, its size, and the times at which its content and its entry
in the file system changed: the first can be set back, the second cannot. The memory is a small
database in the store that any number of processes may use at once. It can be lost at any time:
what it does not know is read again.
"""

import hashlib
import os
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from har_lib import files

Answer = TypeVar("Answer")
#: What a file is known by: absolute path, size in bytes, times of change in ns, see `_mark`.
Mark = tuple[str, int, int, int]

#: Nanoseconds. File systems count time coarsely, FAT by two seconds: a file that changes twice in
#: a shorter time may show only the first change, so what is that young is not remembered.
_YOUNG = 2 * 10**9
#: Seconds between two commits, and to wait for another process's.
_PAUSE, _PATIENCE = 1.0, 10.0

#: All that the database holds, as SQLite keeps it: a view or a trigger in its place could run on
#: without end.
_FORM = (
    "CREATE TABLE digests (path BLOB PRIMARY KEY, size INTEGER, changed INTEGER, digest TEXT, "
    "seal TEXT) WITHOUT ROWID"
)

#: What this process knows.
_seen: dict[Mark, str] = {}


@dataclass(frozen=True)
class Observation:
    """A file's digest, and what it was known by when it was read.

    ``settled`` says that a later change will show in this.
    """

    mark: Mark
    digest: str
    settled: bool


def database() -> Path:
    """File of the memory."""
    return files.data_dir() / "store" / "digests.sqlite"


def observe(path: Path | str) -> Observation:
    """Read a file.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    with open(path, "rb") as content:
        about, now = os.fstat(content.fileno()), time.time_ns()
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    settled = now - about.st_mtime_ns >= _YOUNG
    return Observation(_mark(path, about), digest, settled)


def _mark(path: Path | str, about: os.stat_result) -> Mark:
    return os.path.abspath(path), about.st_size, about.st_mtime_ns, about.st_ctime_ns


def known(paths: Iterable[Path]) -> dict[Path, str]:
    """Digests of those files that need not be read."""
    found: dict[Path, str] = {}
    asked: dict[Path, Mark] = {}
    for path in dict.fromkeys(paths):
        try:
            about = path.stat()
        except OSError:
            continue
        mark = _mark(path, about)
        if mark in _seen:
            found[path] = _seen[mark]
        else:
            asked[path] = mark
    if asked:
        _seen.update(_ask(lambda memory: _remembered(memory, asked.values())) or {})
    return found | {path: _seen[mark] for path, mark in asked.items() if mark in _seen}


def remember(observations: Iterable[Observation]) -> None:
    """Keep what was read and is settled, in this process and on disk.

    Where the folder cannot be written nothing is kept on disk, without a word.
    """
    settled = [each for each in observations if each.settled]
    _seen.update({each.mark: each.digest for each in settled})
    rows = [
        (os.fsencode(path), size, changed, each.digest, _seal(each.mark, each.digest))
        for each in settled
        for path, size, changed, _ in [each.mark]
    ]
    if rows:
        write = "INSERT OR REPLACE INTO digests VALUES (?, ?, ?, ?, ?)"
        _ask(lambda memory: memory.executemany(write, rows), create=True)


@contextmanager
def recording() -> Iterator[Callable[[Observation], None]]:
    """Give a function that remembers; it writes once a second, and what is left at the end."""
    waiting: list[Observation] = []
    written = time.monotonic()

    def note(observation: Observation) -> None:
        nonlocal written
        waiting.append(observation)
        if time.monotonic() - written >= _PAUSE:
            remember(waiting)
            waiting.clear()
            written = time.monotonic()

    try:
        yield note
    finally:
        remember(waiting)


def of_each(paths: Sequence[Path]) -> dict[Path, str]:
    """Digest of each file, remembered or read; what cannot be read is left out."""
    found = known(paths)
    with recording() as note:
        for path in dict.fromkeys(paths):
            if path in found:
                continue
            try:
                observation = observe(path)
            except OSError:
                continue
            note(observation)
            found[path] = observation.digest
    return found


def count() -> int:
    """How many digests are remembered on disk."""
    rows = _ask(lambda memory: memory.execute("SELECT COUNT(*) FROM digests").fetchall())
    return int(rows[0][0]) if rows else 0


def gone() -> list[Path]:
    """Files that are remembered on disk and no longer there."""
    rows = _ask(lambda memory: memory.execute("SELECT path FROM digests").fetchall())
    paths = [Path(os.fsdecode(path)) for (path,) in rows or [] if isinstance(path, bytes)]
    return [path for path in paths if not path.exists()]


def forget(paths: Iterable[Path]) -> None:
    """Remember these files no longer."""
    names = {os.path.abspath(path) for path in paths}
    for mark in [mark for mark in _seen if mark[0] in names]:
        del _seen[mark]
    if not names:
        return
    rows = [(os.fsencode(name),) for name in names]
    _ask(lambda memory: memory.executemany("DELETE FROM digests WHERE path = ?", rows))


def forget_all() -> None:
    """Remember no file at all."""
    _seen.clear()
    _ask(_empty)


def _empty(memory: sqlite3.Connection) -> None:
    # The file stays: another process may be about to write to it.
    memory.execute("DELETE FROM digests")
    memory.commit()
    memory.execute("VACUUM")


def _remembered(memory: sqlite3.Connection, asked: Iterable[Mark]) -> dict[Mark, str]:
    look = "SELECT digest, seal FROM digests WHERE path = ? AND size = ? AND changed = ?"
    found = {}
    for mark in asked:
        row = memory.execute(look, (os.fsencode(mark[0]), *mark[1:3])).fetchone()
        # SQLite notices no damage to what it keeps; the seal holds the last time of the mark too.
        if row and isinstance(row[0], str) and row[1] == _seal(mark, row[0]):
            found[mark] = row[0]
    return found


def _seal(mark: Mark, digest: str) -> str:
    return files.digest_of([*mark, digest])


def _ask(question: Callable[[sqlite3.Connection], Answer], create: bool = False) -> Answer | None:
    """What the database answers; None where there is none, or it cannot be used.

    It is only a memory: if it is damaged it is thrown away, and asked once more.
    """
    for _ in range(2):
        if not create and not database().is_file():
            break
        try:
            database().parent.mkdir(parents=True, exist_ok=True)
            with closing(sqlite3.connect(database(), timeout=_PATIENCE)) as memory, memory:
                if memory.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,):
                    memory.execute(_FORM.replace("TABLE", "TABLE IF NOT EXISTS", 1))
                if memory.execute("SELECT sql FROM sqlite_master").fetchall() != [(_FORM,)]:
                    raise sqlite3.DatabaseError("the database is of another form")
                # One transaction for all questions, which is ten times as fast.
                memory.execute("BEGIN")
                return question(memory)
        except OSError:
            break
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):
                break  # locked for long, no room, or not to be written
            # The journal first: it would be taken for that of the new one.
            for name in (f"{database()}-journal", database()):
                with suppress(OSError):
                    os.unlink(name)
    return None
