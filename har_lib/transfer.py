"""A file received from a server, in as many tries as it takes, from where the last one ended."""

import http.client
import os
import re
import ssl
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from har_lib import files, registry
from har_lib.errors import MALFORMED, InputError, plain
from har_lib.registry import Remote
from har_lib.watched import Watch, watched_session

if TYPE_CHECKING:
    import requests

#: Most bytes that are held at a time, and the progress after which failures are forgiven.
CHUNK = 2**20
#: A server that sends less for so long as it may stall is given up, in bytes a second.
SLOWEST = 100
_REDIRECTS = 5
_RANGE = re.compile(r"bytes ([0-9]{1,18})-[0-9]{1,18}/([0-9]{1,18}|\*)")


class Unreachable(InputError):
    """No server has answered at all: there may be no network."""


class _Failed(Exception):
    """One try has failed; the next one may not."""


@dataclass(frozen=True)
class Patience:
    """How long to wait, in seconds: for a connection, for the next bytes, before each new try."""

    connection: float = 30.0
    stall: float = 60.0
    pauses: tuple[float, ...] = (2.0, 8.0, 30.0, 60.0)


USUAL = Patience()


class Part:
    """What has been received of a file, and the mark of the server's version of it."""

    def __init__(self, remote: Remote, work: Path) -> None:
        self.path = work / f"{remote.name}.part"
        self._about = work / "about.json"
        self._identity = {"url": remote.url, "size": remote.size, "sha256": remote.sha256}
        self._marks: dict[str, str] = {}
        there = list(work.iterdir())
        for odd in (each for each in there if each.is_symlink() or not each.is_file()):
            # Someone else's: nothing is written through a link, and no folder is emptied.
            raise InputError(f"{odd}: is no file of a download; move it away")
        for leftover in set(there) - {self.path, self._about}:
            leftover.unlink()  # pooch's temporary names, after a kill
        try:
            about = files.read_json(self._about)
            if about["identity"] == self._identity:
                self._marks = {str(k): str(v) for k, v in about["marks"].items()}
            else:
                self.drop()
        except (OSError, *MALFORMED):
            pass  # no marks: the size and the SHA-256 at the end have to do
        if self.size() > remote.size:
            self.drop()

    def size(self) -> int:
        """Bytes received."""
        return self.path.stat().st_size if self.path.is_file() else 0

    def drop(self) -> None:
        """Remove what has been received."""
        self.path.unlink(missing_ok=True)
        self._about.unlink(missing_ok=True)
        self._marks = {}

    def begin(self, response: "requests.Response") -> None:
        """Begin anew with this answer."""
        self.drop()
        names = ("ETag", "Last-Modified")
        self._marks = {n: response.headers[n] for n in names if n in response.headers}
        files.write_json(self._about, {"identity": self._identity, "marks": self._marks})

    def condition(self) -> dict[str, str]:
        """The header by which a server sends the rest of the same version, or another whole."""
        etag = self._marks.get("ETag", "")
        mark = etag if etag.startswith('"') else self._marks.get("Last-Modified", "")
        return {"If-Range": mark} if mark else {}

    def differs(self, response: "requests.Response") -> bool:
        """Whether an answer is from another version than what has been received."""
        return any(response.headers.get(n, mark) != mark for n, mark in self._marks.items())


def _root(error: BaseException) -> BaseException:
    """What an error goes back to."""
    while before := error.__cause__ or error.__context__:
        error = before
    return error


class Transfer:
    """Tries, until the part is whole or patience has ended."""

    def __init__(self, remote: Remote, part: Part, patience: Patience, bar: Any) -> None:
        self._remote = remote
        self._part = part
        self._patience = patience
        self._bar = bar
        self._host = ""
        self._answered = False

    def complete(self) -> None:
        """Receive what is missing, and see it safely on the disk."""
        failures, best = 0, self._part.size()
        pauses = self._patience.pauses
        while self._part.size() < self._remote.size:
            try:
                self._try()
            except _Failed as failure:
                # Beyond the best so far: a server may start anew each time.
                if self._part.size() >= best + CHUNK:
                    failures, best = 0, self._part.size()
                # Where no one answers at all, the network is away: it does not come so soon.
                if failures == len(pauses if self._answered else pauses[:2]):
                    raise self._given_up(failure, failures + 1) from failure
                self._say(f"{failure}; next try in {pauses[failures]:g} s")
                time.sleep(pauses[failures])
                failures += 1
        with files.naming(self._part.path), open(self._part.path, "rb") as received:
            os.fsync(received.fileno())

    def _try(self) -> None:
        have = self._part.size()
        headers = {"Accept-Encoding": "identity"}
        if have:
            headers |= {"Range": f"bytes={have}-", **self._part.condition()}
        with (
            Watch(self._patience.connection + self._patience.stall) as watch,
            watched_session(watch) as session,
            self._answer(session, headers, watch) as response,
        ):
            self._answered = True
            if response.headers.get("Content-Encoding", "identity") != "identity":
                raise _Failed(f"{self._host} sends it in an encoding that was not asked for")
            if response.status_code == 200:
                self._check_offered(response.headers.get("Content-Length"), self._remote.size)
                self._part.begin(response)
                have = 0
            elif response.status_code == 206 and have:
                self._check_rest(response, have)
            else:
                # The standard's words: the server's own may hold anything.
                words = http.client.responses.get(response.status_code, "")
                raise _Failed(f"{self._host} answers {response.status_code} {words}".rstrip())
            self._receive(response, have, watch)

    def _answer(
        self, session: "requests.Session", headers: dict[str, str], watch: Watch
    ) -> "requests.Response":
        """The answer to a request; each redirection is looked at before it is followed."""
        url = self._remote.url
        for _ in range(_REDIRECTS + 1):
            host = urlsplit(url).hostname or ""
            self._host = plain(host)  # a server may have written it
            # A proxy cannot see this machine.
            session.trust_env = host not in ("127.0.0.1", "::1")
            try:
                response = session.get(
                    url,
                    headers=headers,
                    stream=True,
                    allow_redirects=False,
                    timeout=(self._patience.connection, self._patience.stall),
                )
            except (OSError, ValueError) as error:
                raise self._no_answer(error, watch) from error
            watch.rest()
            if watch.expired:  # a header cut short passes for a whole one
                response.close()
                raise _Failed(self._stalls(watch))
            if not response.is_redirect:
                return response
            response.close()
            watch.leave()
            try:
                target = urljoin(url, response.headers["Location"])
                registry.check_address(target, before=url)
            except ValueError as error:
                why = error if isinstance(error, InputError) else "to no address"
                raise InputError(
                    f"{self._remote.name}: {self._host} redirects elsewhere: {why}"
                ) from error
            url = target
        raise InputError(f"{self._remote.name}: {self._host} redirects in circles; try later")

    def _no_answer(self, error: Exception, watch: Watch) -> Exception:
        """What to raise when a request got no answer: only what may pass is tried again."""
        import requests

        root = _root(error)
        if watch.expired:
            return _Failed(self._stalls(watch))
        if isinstance(error, requests.exceptions.ReadTimeout):
            return _Failed(self._silence())
        if isinstance(root, ssl.SSLCertVerificationError):
            return InputError(
                f"{self._remote.name}: the certificate of {self._host} is not valid; nothing"
                " was fetched: look at the clock of this machine and at its network"
            )
        if isinstance(error, OSError) and not isinstance(error, requests.RequestException):
            return InputError(
                f"{self._remote.name}: {plain(error, 300)}; set REQUESTS_CA_BUNDLE or"
                " CURL_CA_BUNDLE right, or unset it"
            )
        # The system's words only, as above.
        why = root.strerror if isinstance(root, OSError) else None
        return _Failed(f"{self._host} cannot be reached" + (f" ({plain(why)})" if why else ""))

    def _check_offered(self, stated: str | None, expected: int) -> None:
        """Refuse a file of another length before its first byte is read."""
        if stated is not None and stated != str(expected):
            raise InputError(
                f"{self._remote.name}: {self._host} offers {ascii(stated)[1:-1][:30]} bytes, the"
                f" file has {expected:,}; it was replaced, or a page stands in its place"
            )

    def _check_rest(self, response: "requests.Response", have: int) -> None:
        match = _RANGE.fullmatch(response.headers.get("Content-Range", ""))
        if match is None or int(match[1]) != have:
            raise _Failed(f"{self._host} sends another part of the file than asked for")
        if match[2] != "*":
            self._check_offered(match[2], self._remote.size)
        if self._part.differs(response):
            self._part.drop()
            raise _Failed(f"the file at {self._host} has changed; begun anew")

    def _receive(self, response: "requests.Response", have: int, watch: Watch) -> None:
        """Append the body to the part, never beyond the size that is known."""
        self._bar.n = have
        since, before = time.monotonic(), have
        with files.naming(self._part.path), open(self._part.path, "ab") as received:
            while have < self._remote.size:
                data = self._next(response, self._remote.size - have, watch)
                received.write(data)
                received.flush()
                have += len(data)
                self._bar.update(len(data))
                if time.monotonic() - since > self._patience.stall:
                    if have - before < SLOWEST * self._patience.stall:
                        raise _Failed(f"{self._host} sends less than {SLOWEST} bytes a second")
                    since, before = time.monotonic(), have

    def _next(self, response: "requests.Response", left: int, watch: Watch) -> bytes:
        """The next bytes of the body."""
        import urllib3

        watch.begin()
        try:
            # What has arrived, not waiting for more: a kill may lose no more than this.
            data: bytes = response.raw.read1(min(CHUNK, left), decode_content=False)
        except (urllib3.exceptions.HTTPError, OSError) as error:
            if watch.expired:
                raise _Failed(self._stalls(watch)) from error
            if isinstance(error, urllib3.exceptions.ReadTimeoutError):
                raise _Failed(self._silence()) from error
            raise _Failed(f"{self._host} has dropped the connection") from error
        finally:
            watch.rest()
        if not data:
            ended = f"{self._host} has ended before the whole was sent"
            raise _Failed(self._stalls(watch) if watch.expired else ended)
        return data

    def _stalls(self, watch: Watch) -> str:
        return f"{self._host} stalls: nothing of the file has come for {watch.seconds:g} s"

    def _silence(self) -> str:
        return f"{self._host} has sent nothing for {self._patience.stall:g} s"

    def _say(self, text: str) -> None:
        if not self._bar.disable:
            from har_lib.parallel import print_line

            print_line(f"{self._remote.name}: {text}")

    def _given_up(self, failure: _Failed, tries: int) -> InputError:
        kept = (
            f"{self._part.size():,} of {self._remote.size:,} bytes are kept in"
            f" {self._part.path.parent}: run again to go on"
            if self._part.size()
            else "nothing was received: run again later"
        )
        kind = InputError if self._answered else Unreachable
        return kind(f"{self._remote.name}: {failure}, in {tries} tries in a row; {kept}")
