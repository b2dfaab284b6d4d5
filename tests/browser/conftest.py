"""These tests drive a real browser; they run only where their folder is named: make browser."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser import browsing

HERE = Path(__file__).resolve().parent


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave the folder out, unless the command line names it or something in it."""
    named = (config.invocation_params.dir / word.split("::")[0] for word in config.args)
    return None if any(path.resolve().is_relative_to(HERE) for path in named) else True


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The browser of this machine."""
    executable = browsing.executable()
    if executable is None:
        browsing.lacking(
            "there is no Chromium on this machine, so nothing was opened in a browser "
            "(on Debian: apt install chromium)"
        )
    with sync_playwright() as playwright:
        # Names other than those of this machine are not even looked up.
        browser = playwright.chromium.launch(
            executable_path=executable,
            args=["--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"],
        )
        yield browser
        browser.close()
