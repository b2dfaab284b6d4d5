"""Every page of the site in a real browser, as wide as a desk's screen and as a phone's."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, ViewportSize

from har_lib import files
from tests.browser import page_rules
from tests.browser.browsing import DESKTOP, PHONE, lacking, opened, screenshot, served

SITE = files.build_dir() / "site"
#: Folders that begin with _ hold what pages are made of.
PAGES = sorted(
    name.as_posix()
    for name in (path.relative_to(SITE) for path in SITE.rglob("*.html"))
    if not any(part.startswith("_") for part in name.parts)
)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    if "index.html" not in PAGES:
        lacking("the site is not built, so none of its pages was opened: make site")
    with served(SITE) as found:
        yield found


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("name", PAGES or ["index.html"])
def test_a_page_is_drawn_without_fault(
    chromium: Browser, address: str, name: str, size: ViewportSize
) -> None:
    with opened(chromium, size) as (page, watch):
        page.goto(f"{address}/{name}", wait_until="load")
        found = page_rules.complaints(page) + watch.complaints
        shown = name.removesuffix(".html").replace("/", "_")
        screenshot(page, f"site_{shown}_{'phone' if size is PHONE else 'desktop'}")
        assert not found, "\n".join(found)
