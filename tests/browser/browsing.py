"""What the tests in a browser share: the browser, a watch on its pages, a server of a folder."""

import functools
import http.server
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, ViewportSize, WebSocket

from har_lib import files

#: Under these names a Chromium is known; the first that is there is used.
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
#: The only host that a page may ask.
HOST = "127.0.0.1"
DESKTOP: ViewportSize = {"width": 1440, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
#: A browser's picture of a page cannot be higher.
HIGHEST = 16000


def executable() -> str | None:
    """Path of the machine's Chromium, or None."""
    return next(filter(None, map(shutil.which, NAMES)), None)


def lacking(what: str) -> NoReturn:
    """Skip a test, and say why; where CI is set nothing may be skipped, and it fails."""
    if os.environ.get("CI", "").lower() in ("", "0", "false"):
        pytest.skip(what)
    pytest.fail(what)


class Watch:
    """What went wrong in the pages of a context, gathered while they are open.

    Requests to other hosts are refused, so that a page that lives by them shows it here too.
    """

    def __init__(self, context: BrowserContext) -> None:
        self.complaints: list[str] = []
        context.on("console", self._console)
        context.on("weberror", lambda error: self._add(f"uncaught: {error.error.message}"))
        context.on("page", self._page)
        context.route("**/*", self._route)

    def _page(self, page: Page) -> None:
        def check(socket: WebSocket) -> None:
            self._asked(socket.url)

        page.on("websocket", check)

    def _add(self, complaint: str) -> None:
        self.complaints.append(" ".join(complaint.split())[:300])

    def _console(self, message: Any) -> None:
        if message.type == "error":
            self._add(f"console: {message.text} ({message.location['url']})")

    def _asked(self, url: str) -> bool:
        """Whether an address is of this machine; another one is a complaint."""
        address = urlsplit(url)
        own = address.scheme in ("data", "blob", "about") or address.hostname == HOST
        if not own:
            self._add(f"asks another host: {url}")
        return own

    def _route(self, route: Route) -> None:
        if self._asked(route.request.url):
            route.continue_()
        else:
            route.abort()


@contextmanager
def opened(browser: Browser, size: ViewportSize = DESKTOP) -> Iterator[tuple[Page, Watch]]:
    """An empty page, of a phone where it is narrow, that shares nothing with others."""
    phone = size["width"] < 600
    context = browser.new_context(viewport=size, is_mobile=phone, has_touch=phone)
    watch = Watch(context)
    try:
        yield context.new_page(), watch
    finally:
        context.close()


def screenshot(page: Page, name: str) -> None:
    """Keep the whole page, or its upper part if it is very long, as a picture for people."""
    size: dict[str, int] = page.evaluate(
        "() => ({width: innerWidth, height: document.documentElement.scrollHeight})"
    )
    clip: Any = {"x": 0, "y": 0, **size, "height": min(size["height"], HIGHEST)}
    picture = page.screenshot(full_page=True, clip=clip, animations="disabled")
    files.write_bytes(files.build_dir() / "screenshots" / f"{name}.png", picture)


class _Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files and reports nothing."""

    def log_message(self, format: str, *arguments: Any) -> None:
        """Write no line for a request."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Address under which a folder's files are to be had, while the context lasts."""
    handler = functools.partial(_Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer((HOST, 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://{HOST}:{server.server_port}"
        finally:
            server.shutdown()
