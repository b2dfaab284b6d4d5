"""The sources that a result depends on: a module's own, and those of all that it imports."""

import ast
import hashlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from types import ModuleType

_FOLDER = Path(__file__).parent
_PACKAGE = _FOLDER.name

#: Modules that compute nothing: with another error message a result is still the same.
_NEUTRAL = frozenset({"equations", "errors", "files"})


@cache
def _imports(name: str) -> frozenset[str]:
    """Modules of this library that one of them imports anywhere."""
    found: set[str] = set()
    for node in ast.walk(ast.parse((_FOLDER / f"{name}.py").read_bytes())):
        if isinstance(node, ast.ImportFrom) and node.module == _PACKAGE:
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= _below(node.module)
        elif isinstance(node, ast.Import):
            found |= {name for alias in node.names for name in _below(alias.name)}
    return frozenset(found) - _NEUTRAL


def _below(name: str) -> set[str]:
    """The library's module in a dotted name, if it names one."""
    package, _, module = name.partition(".")
    return {module.partition(".")[0]} if package == _PACKAGE and module else set()


def used_by(modules: Iterable[ModuleType]) -> frozenset[str]:
    """Names of the modules and of all that they import, directly or not.

    Left out is what computes nothing, such as the library's errors.

    Examples
    --------
    >>> from har_lib import coverage
    >>> {"coverage", "shape", "foreground"} <= used_by([coverage])
    True
    """
    found: set[str] = set()
    waiting = [module.__name__.rpartition(".")[2] for module in modules]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += _imports(name)
    return frozenset(found)


def digest(names: Iterable[str]) -> str:
    """SHA-256 of the sources of modules of this library."""
    content = hashlib.sha256()
    for name in sorted(names):
        content.update((_FOLDER / f"{name}.py").read_bytes())
    return content.hexdigest()
