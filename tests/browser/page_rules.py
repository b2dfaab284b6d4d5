"""What a page must be when a browser has drawn it: a page in, complaints out."""

from contextlib import suppress

from playwright.sync_api import Page
from playwright.sync_api import TimeoutError as TooLate

#: How long, in milliseconds, a page may take to set its formulas and load its pictures.
PATIENCE = 30_000

#: MathJax marks what it could not read as merror, and sets a command it does not know in red.
_FORMULAS = """() => {
    const found = [];
    for (const formula of document.querySelectorAll(".math, mjx-container")) {
        if (!formula.matches("mjx-container") && !formula.querySelector("mjx-container"))
            found.push("not set: " + formula.textContent);
    }
    const wrong = "mjx-merror, [data-mml-node=merror], [data-mjx-error], " +
        "mjx-mtext[style*='color: red'], [data-mml-node=mtext][fill=red]";
    for (const formula of document.querySelectorAll("mjx-container")) {
        const error = formula.querySelector(wrong);
        if (error) found.push("not understood: " +
            (error.getAttribute("data-mjx-error") || formula.textContent));
    }
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const apart = "pre, code, script, style, textarea, .math, .cm-editor";
    while (texts.nextNode()) {
        const text = texts.currentNode.data;
        if (/\\\\[()\\[\\]]|\\$\\$|Math input error/.test(text) &&
            !texts.currentNode.parentElement.closest(apart))
            found.push("left as text: " + text);
    }
    return found.map(text => "formula " + text.replace(/\\s+/g, " ").trim().slice(0, 120));
}"""

#: A lazy picture is loaded when it comes into sight: each is fetched here.
_PICTURES = """async () => {
    const found = [];
    for (const picture of document.images) {
        picture.loading = "eager";
        await picture.decode().catch(() => {});
        if (picture.naturalWidth === 0)
            found.push("picture not loaded: " + picture.getAttribute("src").slice(0, 80));
    }
    return found;
}"""

_NAMELESS = """() => [...document.images].filter(picture => !picture.alt.trim()).map(
    picture => "picture without alt text: " + picture.getAttribute("src").slice(0, 80))"""

#: Named are the outermost elements over the right edge that nothing around them scrolls.
_WIDTH = """() => {
    const page = document.documentElement, width = page.clientWidth;
    if (width > innerWidth || width > screen.width)
        return [`page is laid out ${width} pixels wide for a screen of ${screen.width}`];
    if (page.scrollWidth <= width + 1) return [];
    const over = each => each.getBoundingClientRect().right > width + 1,
        apart = each => each !== document.body && each !== page &&
            (getComputedStyle(each).overflowX !== "visible" || apart(each.parentElement)),
        wide = [...document.body.querySelectorAll("*")].filter(each => over(each) &&
            !over(each.parentElement) && !apart(each.parentElement) &&
            getComputedStyle(each).position !== "fixed"),
        names = wide.slice(0, 3).map(each => each.outerHTML.replace(/\\s+/g, " ").slice(0, 80));
    return [`page is ${page.scrollWidth} pixels wide on a screen of ${width}: ${names.join("; ")}`];
}"""


#: A box that scrolls may hide the right end of a formula, but it is read from the left.
_BEGINNINGS = """() => {
    const box = each => getComputedStyle(each).overflowX === "visible" && each.parentElement
            ? box(each.parentElement) : each.getBoundingClientRect().left;
    return [...document.querySelectorAll("mjx-container")].filter(formula =>
        formula.getClientRects().length &&
        formula.getBoundingClientRect().left < box(formula.parentElement) - 1).map(
        formula => "formula begins out of sight: " +
            formula.textContent.replace(/\\s+/g, " ").trim().slice(0, 80));
}"""


def formulas(page: Page) -> list[str]:
    """Every formula is set, and none holds an error or is left as TeX."""
    all_set = (
        "() => [...document.querySelectorAll('.math')].every(f => f.querySelector('mjx-container'))"
    )
    with suppress(TooLate):  # Which ones are missing is said below.
        page.wait_for_function(all_set, timeout=PATIENCE)
    found: list[str] = page.evaluate(_FORMULAS)
    return found


def beginnings(page: Page) -> list[str]:
    """Every formula shows its left end, however wide it is."""
    found: list[str] = page.evaluate(_BEGINNINGS)
    return found


def pictures(page: Page) -> list[str]:
    """Every picture has been loaded."""
    found: list[str] = page.evaluate(_PICTURES)
    return found


def alternatives(page: Page) -> list[str]:
    """Every picture says in words what it shows."""
    found: list[str] = page.evaluate(_NAMELESS)
    return found


def width(page: Page) -> list[str]:
    """Nothing has to be pushed sideways to be read."""
    found: list[str] = page.evaluate(_WIDTH)
    return found


def complaints(page: Page) -> list[str]:
    """What all the rules say of a page."""
    rules = (formulas, beginnings, pictures, alternatives, width)
    return [complaint for rule in rules for complaint in rule(page)]
