"""What the site must be, one function a rule: its pages in, complaints out."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

#: Tags whose address a browser fetches by itself, not when a reader follows it.
FETCHED = {"script", "link", "img", "iframe", "source", "video", "audio", "embed", "object"}
#: A style sheet that asks for another file, and the address that it asks for.
_ASKED = re.compile(r"""(?:url\(|@import)\s*['"]?([^'")\s;]+)""")


@dataclass
class Page(HTMLParser):
    """What the rules need of a page.

    Attributes
    ----------
    anchors : dict
        Every id and name -> the text that follows within its line.
    addresses : list of tuple
        Tag and address of all that it links to or fetches.
    pictures : list of tuple
        Source and words of each picture.
    formulas : list of str
        The LaTeX of each formula.
    following : str
        Address of the next page in the order of reading.
    before : str
        Address of the one before.
    """

    text: str
    anchors: dict[str, str] = field(default_factory=dict)
    addresses: list[tuple[str, str]] = field(default_factory=list)
    pictures: list[tuple[str, str]] = field(default_factory=list)
    formulas: list[str] = field(default_factory=list)
    following: str = ""
    before: str = ""

    def __post_init__(self) -> None:
        super().__init__()
        self._open: list[str] = []
        self._anchor = ""
        self.feed(self.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        classes = given.get("class", "").split()
        for name in ("id", "name"):
            if given.get(name):
                self._anchor = given[name]
                self.anchors.setdefault(self._anchor, "")
        for name in ("href", "src", "data"):
            if name in given:
                self.addresses.append((tag, given[name]))
        for each in given.get("srcset", "").split(","):
            if each.strip():
                self.addresses.append((tag, each.split()[0]))
        if tag == "img":
            self.pictures.append((given.get("src", ""), given.get("alt", "")))
        if "math" in classes:
            self.formulas.append("")
            self._open.append(tag)
        if "right-next" in classes:
            self.following = given["href"]
        if "left-prev" in classes:
            self.before = given["href"]

    def handle_endtag(self, tag: str) -> None:
        if self._open and self._open[-1] == tag:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if self._open:
            self.formulas[-1] += data
        if self._anchor:
            self.anchors[self._anchor] += data
            if data.endswith("\n"):
                self._anchor = ""


@dataclass(frozen=True)
class Site:
    """A folder of pages."""

    folder: Path

    @cached_property
    def pages(self) -> dict[str, Page]:
        """Name -> page; a folder's notebooks as they can be fetched are none."""
        return {
            path.relative_to(self.folder).as_posix(): Page(path.read_text(encoding="utf-8"))
            for path in sorted(self.folder.rglob("*.html"))
            if path.relative_to(self.folder).parts[0] not in ("_static", "_sources")
        }

    def target(self, name: str, address: str) -> tuple[str, str]:
        """File of the site that a page's address names, and the anchor in it."""
        parts = urlsplit(address)
        path = (self.folder / name).parent / unquote(parts.path) if parts.path else None
        file = path.resolve().relative_to(self.folder.resolve()).as_posix() if path else name
        return file, unquote(parts.fragment)


def _is_foreign(address: str) -> bool:
    return address.startswith("//") or re.match(r"[a-z]+:", address) is not None


def broken_links(site: Site) -> list[str]:
    """Every address within the site leads to a file, and every anchor is there."""
    return [
        f"{name}: {address}"
        for name, page in site.pages.items()
        for _, address in page.addresses
        if not _is_foreign(address) and not _leads(site, name, address)
    ]


def _leads(site: Site, name: str, address: str) -> bool:
    try:
        file, anchor = site.target(name, address)
    except ValueError:  # it leaves the site
        return False
    if not (site.folder / file).is_file():
        return False
    return not anchor or file not in site.pages or anchor in site.pages[file].anchors


def foreign_parts(site: Site) -> list[str]:
    """Nothing that a browser fetches by itself lies on another host."""
    found = [
        f"{name}: {tag} {address}"
        for name, page in site.pages.items()
        for tag, address in page.addresses
        if tag in FETCHED and _is_foreign(address) and not address.startswith("data:")
    ]
    for sheet in sorted(site.folder.rglob("*.css")):
        found += [
            f"{sheet.name}: {address}"
            for address in _ASKED.findall(sheet.read_text(encoding="utf-8"))
            if _is_foreign(address) and not address.startswith("data:")
        ]
    return found


def pictures_without_words(site: Site) -> list[str]:
    """Every picture says what it shows; a file's name or an address says nothing."""
    return [
        f"{name}: {source}"
        for name, page in site.pages.items()
        for source, words in page.pictures
        if len(words.split()) < 3 or Path(source).name in words
    ]


def formulas_without_setter(site: Site) -> list[str]:
    """A page with formulas brings what sets them, and they stand between its marks."""
    found = []
    for name, page in site.pages.items():
        setters = [address for tag, address in page.addresses if "mathjax/tex-svg.js" in address]
        if bool(setters) != bool(page.formulas):
            found.append(f"{name}: {len(page.formulas)} formulas, {len(setters)} times MathJax")
        found += [
            f"{name}: {formula[:60]}"
            for formula in page.formulas
            if not re.match(r"\s*\\[(\[].*\\[)\]]\s*$", formula, re.DOTALL)
        ]
    return found


def order(site: Site, first: str = "index.html") -> Iterator[str]:
    """Pages in the order of reading, from the first to the last."""
    name, seen = first, set[str]()
    while name not in seen:
        seen.add(name)
        yield name
        if not site.pages[name].following:
            return
        name, _ = site.target(name, site.pages[name].following)
