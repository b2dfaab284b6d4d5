"""What the suite stands on and under which licences: ``python -m book.licences``.

It writes ``docs/licences.md`` about the packages of the lock that are installed; what a package
states about itself is asked of pip-licenses.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path, PurePosixPath
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from har_lib import files, markdown
from har_lib.cli import answered

PAGE = files.ROOT / "docs" / "licences.md"
_LOCK = files.ROOT / "requirements.lock"

_HEAD = """# Packages and their licences

Every package that `requirements.lock` pins, and torch, with the licence that it states itself;
`make licences` writes this page anew. It was made on Linux with Python {python}; packages for other
systems or versions of Python were not installed there. None of them is part of this repository.
"""

_CARRIED = """## Libraries that wheels carry

Some wheels bring shared libraries of others, under licences of their own; the notices are in the
wheels. Of these, libx264 and libx265 are under the GNU General Public License, version 2 or later
(their makers also sell other terms), so whoever passes on an environment with PyAV in it passes
these on too. The FFmpeg libraries in the same wheel state: {ffmpeg}.
"""

_VULNERABILITIES = """## Known vulnerabilities

`make vulnerabilities` looks every pinned version up in the Python Packaging Advisory Database with
pip-audit. It needs uv and a network, and fails for what it finds and for what it cannot look up.
"""


@dataclass(frozen=True)
class Package:
    """A pinned package; ``version`` and ``licence`` are empty where it is not installed."""

    name: str
    version: str = ""
    licence: str = ""
    only_for: str = ""


def pinned() -> list[Requirement]:
    """The lines of the lock, and torch, which is installed before them."""
    lines = _LOCK.read_text(encoding="utf-8").splitlines()
    found = [Requirement(line) for line in lines if line and not line.startswith("#")]
    return sorted([*found, Requirement("torch")], key=lambda line: canonicalize_name(line.name))


def packages() -> list[Package]:
    """Every pinned package, with what it states about itself where it is installed."""
    wanted = pinned()
    stated = {canonicalize_name(row["Name"]): row for row in _stated(line.name for line in wanted)}
    found: dict[str, Package] = {}
    for line in wanted:
        name = canonicalize_name(line.name)
        if name in stated:
            version = stated[name]["Version"].partition("+")[0]  # +cpu is a build, no version
            found[name] = Package(name, version, stated[name]["License"])
        else:  # pinned twice, for two versions of Python, it is said once
            found[name] = Package(name, only_for=str(line.marker or ""))
    return list(found.values())


def _stated(names: Iterable[str]) -> list[dict[str, Any]]:
    """Name, version and licence of those that are installed."""
    command = [sys.executable, "-m", "piplicenses", "--format=json", "--with-system"]
    said = subprocess.run(
        [*command, "--packages", *names], capture_output=True, text=True, check=True
    )
    rows: list[dict[str, Any]] = json.loads(said.stdout)
    return rows


def carried(names: Iterable[str]) -> dict[str, list[str]]:
    """Package -> shared libraries of others that its wheel brings, by their plain names."""
    found = {}
    for name in names:
        paths = [PurePosixPath(path) for path in metadata.distribution(name).files or ()]
        libraries = {_plain(path.name) for path in paths if path.parts[0].endswith(".libs")}
        if libraries:
            found[name] = sorted(libraries)
    return found


def _plain(file: str) -> str:
    """``libx264-d6533a8d.so.165`` -> ``libx264``: without the hash that keeps copies apart."""
    return re.sub(r"(-[0-9a-f]{8}|\.so)\b.*", "", file).rstrip("_")


def _ffmpeg() -> str:
    from av._core import library_meta

    return ", ".join(sorted({library["license"] for library in library_meta.values()}))


def page() -> str:
    """The text of ``docs/licences.md``."""
    found = packages()
    rows = [
        [item.name, item.version, item.licence]
        if item.version
        else [item.name, "", f"not installed, only for `{item.only_for}`"]
        for item in found
    ]
    brought = carried(item.name for item in found if item.version)
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    parts = [
        _HEAD.format(python=python),
        markdown.table(["package", "version", "licence"], rows) + "\n",
        _CARRIED.format(ffmpeg=_ffmpeg()),
        markdown.table(
            ["package", "libraries"], [[name, ", ".join(names)] for name, names in brought.items()]
        )
        + "\n",
        _VULNERABILITIES,
    ]
    return "\n".join(parts)


def main(words: Sequence[str] | None = None) -> int:
    """Write the page."""
    del words
    return answered("licences", lambda: _write(PAGE))


def _write(path: Path) -> None:
    files.write_text(path, page())
    print(f"wrote {path}")


if __name__ == "__main__":
    sys.exit(main())
