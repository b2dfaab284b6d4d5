"""Connections that are shut down when nothing of use comes for too long."""

import math
import socket
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import requests


class Watch:
    """Shuts a connection down on which nothing of use has come for too long.

    A timeout of the socket begins anew with every byte, but headers, sizes of chunks and
    trailers may go on without end.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.expired = False
        self._since = math.inf
        self._connection: socket.socket | None = None
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, name="har-watch", daemon=True)

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._ended.set()
        self._thread.join()
        self.leave()

    def take(self, connection: socket.socket) -> None:
        """Watch this connection from now on."""
        self.leave()
        with self._lock:
            # A second handle: TLS takes the first one over, and others close it.
            self._connection = connection.dup()
            self._since = time.monotonic()

    def leave(self) -> None:
        """Let go of the connection, so that it can be closed."""
        with self._lock:
            self._since = math.inf
            if self._connection is not None:
                self._connection.close()
            self._connection = None

    def begin(self) -> None:
        """Something of use is waited for from now on."""
        self._since = time.monotonic()

    def rest(self) -> None:
        """It has come; what this machine does with it may take its time."""
        self._since = math.inf

    def _look(self) -> None:
        while not self._ended.wait(self.seconds / 8):
            with self._lock:
                if self._connection and time.monotonic() - self._since > self.seconds:
                    self.expired = True
                    with suppress(OSError):  # it has ended by itself
                        self._connection.shutdown(socket.SHUT_RDWR)


def watched_session(watch: Watch) -> "requests.Session":
    """A session whose connections are watched from their first byte."""
    import requests

    class Adapter(requests.adapters.HTTPAdapter):
        def get_connection_with_tls_context(self, *arguments: Any, **others: Any) -> Any:
            pool = super().get_connection_with_tls_context(*arguments, **others)
            kind: Any = pool.ConnectionCls

            def connected(connection: Any) -> socket.socket:
                made: socket.socket = kind._new_conn(connection)
                watch.take(made)
                return made

            pool.ConnectionCls = type("Watched", (kind,), {"_new_conn": connected})
            return pool

    class Session(requests.Session):
        """One that leaves redirections alone: their bodies too, which may have no end."""

        def get_redirect_target(self, resp: requests.Response) -> None:
            return None

    watched = Session()
    for scheme in ("https://", "http://"):
        watched.mount(scheme, Adapter())
    return watched
