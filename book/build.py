"""From the checkout to the site: stage the pages, let Sphinx set them, put them into place."""

import importlib.util
import os
import shutil
import tempfile
from pathlib import Path

from book import tree
from har_lib import files
from har_lib.errors import InputError

#: What every site has, and no folder of something else.
MARK = "searchindex.js"
#: Module -> package of the extra ``site`` that brings it.
NEEDED = {
    "sphinx": "sphinx",
    "myst_nb": "myst-nb",
    "sphinx_book_theme": "sphinx-book-theme",
    "linkify_it": "linkify-it-py",
    tree.MATHJAX: "sphinx-mathjax-offline",
}


def build(output: Path) -> None:
    """Make the whole site anew; what was in ``output`` stays until it is there.

    Raises
    ------
    InputError
        If a package is missing, ``output`` holds something else, or Sphinx warns of anything.
    """
    missing = [package for name, package in NEEDED.items() if not importlib.util.find_spec(name)]
    if missing:
        raise InputError(f"the site needs {', '.join(missing)}: pip install -e '.[site]'")
    if output.is_dir() and any(output.iterdir()) and not (output / MARK).is_file():
        raise InputError(f"{output}: holds something that is no site; name another folder")
    files.check_folder(output.parent)
    with tempfile.TemporaryDirectory(prefix=f".{output.name}-", dir=output.parent) as name:
        work = Path(name)
        tree.stage(work / "source")
        _sphinx(work)
        old = work / "old"
        if output.exists():
            os.replace(output, old)
        os.replace(work / "html", output)
        shutil.rmtree(old, ignore_errors=True)


def _sphinx(work: Path) -> None:
    from sphinx.cmd.build import build_main

    words = ["-b", "html", "-q", "-W", "--keep-going", "-c", str(files.ROOT / "docs")]
    if build_main([*words, "-d", str(work / "read"), str(work / "source"), str(work / "html")]):
        raise InputError("the site is not made: put right what Sphinx says above")
