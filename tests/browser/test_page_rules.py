"""The rules for pages, each on a page that breaks it and no other."""

import base64
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from playwright.sync_api import Browser

from tests.browser import page_rules
from tests.browser.browsing import HOST, PHONE, opened, served

DOT = base64.b64encode(cv2.imencode(".png", np.zeros((9, 9), np.uint8))[1].tobytes()).decode()
PICTURE = f'<img src="data:image/png;base64,{DOT}" alt="a dot">'
FORMULA = '<span class="math"><mjx-container>x</mjx-container></span>'
VIEWPORT = '<meta name="viewport" content="width=device-width">'

#: Name -> the page, and how the one complaint about it begins; None where there is none.
PAGES: dict[str, tuple[str, str | None]] = {
    "good": (VIEWPORT + PICTURE + FORMULA + r"<code>\(x\) costs $$</code>", None),
    "scrolled_table": (
        VIEWPORT + '<div style="overflow-x: auto"><p style="width: 900px">wide</p></div>',
        None,
    ),
    "scrolled_formula": (
        VIEWPORT + '<div style="display: flex; overflow-x: auto">'
        '<mjx-container style="min-width: 900px">long</mjx-container></div>',
        None,
    ),
    "console": (VIEWPORT + "<script>console.error('gone')</script>", "console: gone"),
    "uncaught": (VIEWPORT + "<script>missing.call()</script>", "uncaught: missing is not"),
    "other_host": (
        VIEWPORT + "<script>fetch('http://example.org/font').catch(() => {})</script>",
        "asks another host: http://example.org/font",
    ),
    "other_socket": (
        VIEWPORT + "<script>new WebSocket('ws://example.org/talk')</script>",
        "asks another host: ws://example.org/talk",
    ),
    "formula_not_set": (
        VIEWPORT + r'<span class="math">\(x\)</span>',
        r"formula not set: \(x\)",
    ),
    "formula_wrong": (
        VIEWPORT + '<mjx-container><mjx-merror data-mjx-error="Missing close brace">'
        "</mjx-merror></mjx-container>",
        "formula not understood: Missing close brace",
    ),
    "formula_unknown": (
        VIEWPORT + '<mjx-container><g data-mml-node="mtext" fill="red">\\foo</g></mjx-container>',
        r"formula not understood: \foo",
    ),
    "formula_as_text": (VIEWPORT + r"<p>so \(x\) holds", r"formula left as text: so \(x\) holds"),
    "formula_begins_left": (
        VIEWPORT + '<div style="display: flex; flex-direction: row-reverse; overflow-x: auto">'
        '<mjx-container style="min-width: 900px">long</mjx-container></div>',
        "formula begins out of sight: long",
    ),
    "no_alt": (VIEWPORT + PICTURE.replace("a dot", " "), "picture without alt text: data:image"),
    "too_wide": (
        VIEWPORT + '<p style="width: 900px">wide</p>',
        'page is 908 pixels wide on a screen of 390: <p style="width: 900px">wide</p>',
    ),
    "not_for_phones": ("<p>small print</p>", "page is laid out 980 pixels wide for a screen of"),
}
#: What a browser says by itself of these faults, beside the rule.
ALSO = {
    "other_host": "console: Failed to load resource",
    "other_socket": "console: WebSocket connection",
}


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder: Path = tmp_path_factory.mktemp("pages")
    for name, (body, _) in PAGES.items():
        text = f"<!DOCTYPE html><title>{name}</title>{body}"
        (folder / f"{name}.html").write_text(text)
    (folder / "no_picture.html").write_text(
        f"<!DOCTYPE html><title>x</title>{VIEWPORT}<img src='gone.png' alt='nothing'>"
    )
    with served(folder) as found:
        yield found


def seen(chromium: Browser, address: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setattr(page_rules, "PATIENCE", 500)
    with opened(chromium, PHONE) as (page, watch):
        page.goto(address, wait_until="networkidle")
        return page_rules.complaints(page) + watch.complaints


@pytest.mark.parametrize("name", PAGES)
def test_each_fault_is_found_and_no_other(
    chromium: Browser, address: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = PAGES[name][1]
    found = seen(chromium, f"{address}/{name}.html", monkeypatch)
    rest = [text for text in found if not text.startswith(ALSO.get(name, "\0"))]
    assert [text[: len(expected or "")] for text in rest] == ([expected] if expected else []), found


def test_a_missing_picture_is_found_twice(
    chromium: Browser, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rule, console = seen(chromium, f"{address}/no_picture.html", monkeypatch)
    assert rule == "picture not loaded: gone.png"
    assert console.startswith("console: Failed to load resource")
    assert f"http://{HOST}:" in console
