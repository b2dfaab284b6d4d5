"""A server on this machine that misbehaves as it is told, and counts what it sends."""

import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

BLOCK = 2**14


@dataclass(frozen=True)
class Answer:
    """How one request is answered; by default as it should be.

    ``drop`` and ``stall`` are bytes of the body after which the connection ends, or rests for
    ``rest`` seconds. ``pause`` comes after each block of ``block`` bytes. ``length`` is stated in
    place of the true one; 0 states none. ``shift`` moves the range that is sent. ``raw`` is sent
    in place of all this, and then ``again`` for ever, after each ``pause``.
    """

    status: int = 200
    content: bytes | None = None
    ranges: bool = True
    heeds_mark: bool = True
    etag: str = '"one"'
    drop: int | None = None
    stall: int | None = None
    rest: float = 30.0
    pause: float = 0.0
    block: int = BLOCK
    length: int | None = None
    shift: int = 0
    location: str = ""
    encoding: str = ""
    raw: bytes = b""
    again: bytes = b""


@dataclass
class Served:
    """What one request asked for and got."""

    start: int
    status: int
    sent: int = 0


@dataclass
class Server:
    """Answers one after the other, the last one for ever."""

    content: bytes
    answers: Sequence[Answer]
    served: list[Served] = field(default_factory=list)
    url: str = ""
    closing: threading.Event = field(default_factory=threading.Event)

    def next(self) -> Answer:
        """The answer to the next request."""
        return self.answers[min(len(self.served), len(self.answers) - 1)]

    @property
    def sent(self) -> int:
        """Bytes of all bodies."""
        return sum(each.sent for each in self.served)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    plan: Server

    def do_GET(self) -> None:
        answer = self.plan.next()
        content = self.plan.content if answer.content is None else answer.content
        asked = self.headers.get("Range", "")
        start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked else 0
        mark = self.headers.get("If-Range", answer.etag)
        partial = bool(asked) and answer.status == 200 and answer.ranges
        partial = partial and (mark == answer.etag or not answer.heeds_mark)
        served = Served(start if partial else 0, 206 if partial else answer.status)
        self.plan.served.append(served)
        self.close_connection = True
        if answer.raw:
            self.wfile.write(answer.raw)
            while answer.again and not self.plan.closing.wait(answer.pause):
                self.wfile.write(answer.again)
            return
        begin = start + answer.shift if partial else 0
        page = answer.content or b"a page that explains"
        body = content[begin:] if answer.status == 200 else page
        self.send_response(served.status)
        if partial:
            self.send_header("Content-Range", f"bytes {begin}-{len(content) - 1}/{len(content)}")
        if answer.location:
            self.send_header("Location", answer.location)
        if answer.encoding:
            self.send_header("Content-Encoding", answer.encoding)
        if answer.length != 0:
            self.send_header("Content-Length", str(answer.length or len(body)))
        if answer.etag:
            self.send_header("ETag", answer.etag)
        self.send_header("Connection", "close")
        self.end_headers()
        self._send(body, answer, served)

    def _send(self, body: bytes, answer: Answer, served: Served) -> None:
        # Small, so that what is sent is what is received, but for little.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BLOCK)
        stops = sorted(stop for stop in (answer.drop, answer.stall) if stop is not None)
        while served.sent < len(body):
            if answer.drop is not None and served.sent >= answer.drop:
                return
            if answer.stall is not None and served.sent >= answer.stall:
                self.plan.closing.wait(answer.rest)
                return
            room = min([answer.block, *(s - served.sent for s in stops if s > served.sent)])
            try:
                served.sent += self.connection.send(body[served.sent : served.sent + room])
            except OSError:
                return  # the other side has gone
            if answer.pause:
                time.sleep(answer.pause)

    def log_message(self, format: str, *arguments: Any) -> None:
        """Say nothing."""


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Those who ask go away in the middle: that is the purpose."""


@contextmanager
def serving(content: bytes, *answers: Answer) -> Iterator[Server]:
    """Serve a file; no answer given means as it should be."""
    plan = Server(content, answers or (Answer(),))
    handler = type("Handler", (_Handler,), {"plan": plan})
    with _Quiet(("127.0.0.1", 0), handler) as server:
        plan.url = f"http://127.0.0.1:{server.server_address[1]}/file.bin"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield plan
        finally:
            plan.closing.set()
            server.shutdown()
            thread.join()
