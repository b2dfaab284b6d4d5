"""Source files as pages: the code in colour, every line with an anchor of its own."""

import ast
import html
from pathlib import Path

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import TextLexer, get_lexer_for_filename
from pygments.util import ClassNotFound

from har_lib import files

#: Where pages of code and copies of data lie in the site.
PAGES, COPIES = "_code", "_files"
#: What a run makes and what is installed is no part of the book.
_APART = {"build", "data"}
#: Files that a browser shows as they are, or that are to be computed with.
_DATA = {".csv", ".json", ".png"}


def in_checkout(path: str) -> Path | None:
    """The file or folder of the checkout that a relative path names, if it may be shown.

    Examples
    --------
    >>> in_checkout("har_lib/code_that_is_not_there.py"), in_checkout("../elsewhere")
    (None, None)
    """
    found = (files.ROOT / path).resolve()
    if not found.is_relative_to(files.ROOT) or not found.exists():
        return None
    parts = found.relative_to(files.ROOT).parts
    hidden = any(part.startswith(".") for part in parts)
    return None if not parts or hidden or parts[0] in _APART else found


def is_data(path: Path) -> bool:
    """Whether a file is copied as it is, in place of a page."""
    return path.suffix in _DATA


def definition(source: str, name: str) -> int | None:
    r"""Line on which a function or class begins, its decorators included.

    Parameters
    ----------
    source : str
        Python.
    name : str
        Such as ``unpack``, ``Layout.unpack`` or ``lstm.Layout.unpack``.

    Examples
    --------
    >>> definition("class Layout:\n    @cached\n    def unpack(self): ...", "lstm.Layout.unpack")
    2
    >>> definition("unpack = 1", "unpack")
    """
    found = _definitions(ast.parse(source))
    return found.get(name) or found.get(name.partition(".")[2])


def _definitions(node: ast.AST, prefix: str = "") -> dict[str, int]:
    found = {}
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.ClassDef):
            first = min([child.lineno, *(each.lineno for each in child.decorator_list)])
            found[f"{prefix}{child.name}"] = first
            found |= _definitions(child, f"{prefix}{child.name}.")
    return found


def line_anchor(line: int) -> str:
    """The anchor of a line on its page.

    Examples
    --------
    >>> line_anchor(12)
    'line-12'
    """
    return f"line-{line}"


def page(path: Path) -> str:
    """The body of a file's page."""
    try:
        lexer = get_lexer_for_filename(path.name)
    except ClassNotFound:
        lexer = TextLexer()
    formatter = HtmlFormatter(linenos="inline", linespans="line")
    text: str = highlight(path.read_text(encoding="utf-8"), lexer, formatter)
    return f"{_heading(path)}{text}"


def folder_page(path: Path, link: str) -> str:
    """The body of a folder's page: the data in it.

    Parameters
    ----------
    path : Path
    link : str
        From the page to the copies, which lie as in the checkout.
    """
    names = [each.relative_to(files.ROOT).as_posix() for each in contents(path)]
    items = "".join(f'<li><a href="{link}/{name}">{html.escape(name)}</a></li>' for name in names)
    return f"{_heading(path)}<ul>{items}</ul>"


def contents(path: Path) -> list[Path]:
    """Data below a folder of the checkout."""
    return [each for each in sorted(path.rglob("*")) if each.is_file() and is_data(each)]


def _heading(path: Path) -> str:
    name = html.escape(path.relative_to(files.ROOT).as_posix())
    return f"<h1><code>{name}</code></h1>"
