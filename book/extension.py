"""What the book adds to Sphinx: links into the checkout, anchors of equations, pages of code."""

import posixpath
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.transforms import SphinxTransform
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.osutil import relative_uri

from book import code
from book.pages import TAG
from har_lib import files, notebooks


class EquationAnchors(SphinxTransform):
    r"""Gives every formula with a ``\tag{N}`` the anchor ``equation-N``."""

    default_priority = 700

    def apply(self, **_: Any) -> None:
        """Add the anchors of a page."""
        for formula in self.document.findall(nodes.math_block):
            if found := TAG.search(formula.astext()):
                formula["ids"].append(f"equation-{found[1]}")


class FigureLinks(SphinxTransform):
    """Leaves links to files of the tree to `CheckoutLinks`; they would become downloads."""

    default_priority = 700

    def apply(self, **_: Any) -> None:
        """Change the links of a page."""
        for link in list(self.document.findall(addnodes.download_reference)):
            if link.get("reftype") == "myst":
                link.replace_self(addnodes.pending_xref("", *link.children, **link.attributes))


class CheckoutLinks(SphinxPostTransform):
    """Resolves the links that lead to no page of the tree, but to an equation or a file."""

    default_priority = 8  # MyST, whose links these are, comes at 9 and takes them for broken.

    def run(self, **_: Any) -> None:
        """Resolve the links of a page; what is no file is left to MyST, which then warns."""
        for link in list(self.document.findall(addnodes.pending_xref)):
            if link["reftype"] != "myst":
                continue
            if found := self._equation(link) or self._file(link):
                address, anchor = found
                target = relative_uri(self._address(self.env.docname), address)
                target += f"#{anchor}" if anchor else ""
                link.replace_self(
                    nodes.reference("", "", *link.children, internal=True, refuri=target)
                )

    def _address(self, name: str) -> str:
        return self.app.builder.get_target_uri(name)

    def _equation(self, link: nodes.Element) -> tuple[str, str] | None:
        """Address and anchor of a page that is named with an equation of it."""
        anchor = link.get("reftargetid") or ""
        if link["refdomain"] == "doc" and re.fullmatch(r"equation-\d+", anchor):
            return self._address(link["reftarget"]), anchor
        return None

    def _file(self, link: nodes.Element) -> tuple[str, str] | None:
        """Address and anchor of what the site has in place of a file of the checkout."""
        if link["refdomain"]:
            return None
        here = posixpath.dirname(self.env.docname)
        name = posixpath.normpath(posixpath.join(here, link["reftarget"]))
        folder, _, file = name.rpartition("/")
        if name == "README.md":
            return self._address("index"), ""
        if name == "figures":
            return self._address("figures"), ""
        if folder == "figures" and file.endswith(".png"):
            return self._address("figures"), nodes.make_id(Path(file).stem)
        path = code.in_checkout(name)
        if path is None:
            return None
        if path.is_file() and code.is_data(path):
            self.env.book_data.add(path)  # type: ignore[attr-defined]
            return f"{code.COPIES}/{name}", ""
        self.env.book_code.add(path)  # type: ignore[attr-defined]
        return self._address(f"{code.PAGES}/{name}"), _line(path, link.astext())


def _line(path: Path, text: str) -> str:
    """Where a link's text names a function of the file, the anchor of its first line."""
    if path.suffix != ".py":
        return ""
    line = code.definition(path.read_text(encoding="utf-8"), text)
    return code.line_anchor(line) if line else ""


def _begin(app: Sphinx) -> None:
    # Pages are read and written in one process, so that nothing linked is lost.
    app.env.book_code, app.env.book_data = set(), set()  # type: ignore[attr-defined]


def _static(app: Sphinx, config: Config) -> None:
    config.html_static_path.append(str(app.srcdir / "_static"))


def _code_pages(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Pages of the code that a link leads to."""
    for path in sorted(app.env.book_code):  # type: ignore[attr-defined]
        name = path.relative_to(files.ROOT).as_posix()
        page = f"{code.PAGES}/{name}"
        if path.is_dir():
            address = app.builder.get_target_uri(page)
            body = code.folder_page(path, relative_uri(address, code.COPIES))
            app.env.book_data.update(code.contents(path))  # type: ignore[attr-defined]
        else:
            body = code.page(path)
        yield page, {"title": name, "body": body, "parents": []}, "page.html"


def _copies(app: Sphinx, error: Exception | None) -> None:
    """Put the data that a link leads to beside the pages, and notebooks as they are stored."""
    if error:
        return
    for path in app.env.book_data:  # type: ignore[attr-defined]
        copy = app.outdir / code.COPIES / path.relative_to(files.ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copy)
    for path in notebooks.NOTEBOOKS:
        if (fetched := app.outdir / "_sources" / "notebooks" / path.name).is_file():
            shutil.copy(path, fetched)


def setup(app: Sphinx) -> dict[str, Any]:
    """What Sphinx calls."""
    app.add_transform(EquationAnchors)
    app.add_transform(FigureLinks)
    app.add_post_transform(CheckoutLinks)
    app.connect("config-inited", _static)
    app.connect("builder-inited", _begin)
    app.connect("html-collect-pages", _code_pages)
    app.connect("build-finished", _copies)
    return {"parallel_read_safe": False, "parallel_write_safe": False}
