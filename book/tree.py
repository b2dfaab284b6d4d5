"""The tree of pages that Sphinx reads, laid out as in the checkout, so that links hold."""

import importlib.util
import shutil
from pathlib import Path

from book import pages, status
from har_lib import files, notebooks
from har_lib.errors import InputError

#: The package that brings MathJax, byte for byte what its makers publish.
MATHJAX = "sphinx-mathjax-offline"
#: What sets formulas, with all glyphs in it, and what it may load later: rare commands of TeX, and
#: the speech that its menu offers.
_SETTER, _LATER = "tex-svg.js", ("input/tex/extensions", "a11y", "sre")
#: Of that file in MathJax 3.2.2.
_DIGEST = "d4295dc33744836935c1399feece5159577b34c5c8ffb9f1c6324cd82e03a882"


def stage(folder: Path, output: Path | None = None) -> None:
    """Lay out every page of the book, its pictures and MathJax.

    Parameters
    ----------
    folder : Path
        Where to; it must not be there yet.
    output : Path, optional
        What ``har replicate`` wrote into, for the page of status; ``build`` by default.
    """
    root, written = files.ROOT, {"index.md": pages.front()}
    for path in [root / "REPLICATION.md", *sorted((root / "docs").glob("*.md"))]:
        written[path.relative_to(root).as_posix()] = path.read_text(encoding="utf-8")
    for path in notebooks.NOTEBOOKS:
        written[f"notebooks/{path.name}"] = pages.notebook(path)
    written["equation_index.md"] = pages.equation_index()
    written["figures.md"] = pages.figures()
    written["status.md"] = status.page(output or files.build_dir())
    for name, text in written.items():
        files.write_text(folder / name, text)
    shutil.copytree(root / "figures", folder / "figures", ignore=_all_but_pictures)
    mathjax(folder / "_static" / "mathjax")


def _all_but_pictures(_: str, names: list[str]) -> list[str]:
    return [name for name in names if not name.endswith(".png")]


def mathjax(folder: Path) -> None:
    """Copy what a page needs of MathJax.

    Raises
    ------
    InputError
        If the package's file is not the one that MathJax publishes.
    """
    found = importlib.util.find_spec(MATHJAX)
    (place,) = (found and found.submodule_search_locations) or [""]
    source = Path(place) / "static" / "mathjax"
    if files.digest(source / _SETTER) != _DIGEST:
        raise InputError(f"{MATHJAX}: its {_SETTER} is not MathJax 3.2.2's; install it anew")
    for part in _LATER:
        shutil.copytree(source / part, folder / part)
    shutil.copy(source / _SETTER, folder / _SETTER)
