"""Results on real data, kept with the command, a digest of the data and one of the sources."""

import importlib
import shlex
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from har_lib import files
from har_lib import sources as dependencies
from har_lib.errors import InputError, read_as

#: The folder that git tracks.
FOLDER = files.ROOT / "results" / "recorded"


def sources(modules: Iterable[str] = ("*",)) -> str:
    """Digest of the library's sources, or of those of some modules."""
    folder = Path(__file__).parent
    paths = sorted(path for module in modules for path in folder.glob(f"{module}.py"))
    return files.digest_of([[path.name, files.digest(path)] for path in paths])


def computed_by(*modules: str) -> str:
    """Digest of the sources of modules and of all that they import, directly or not."""
    loaded = [importlib.import_module(f"har_lib.{name}") for name in modules]
    return dependencies.digest(dependencies.used_by(loaded))


#: What is followed by a path on the command line.
_PATHS = ("--data-root", "--output", "--params", "data_root", "output", "group_table")


def _without_folders(words: Sequence[str]) -> str:
    """The command line with folders named by their last part: paths belong to one machine."""
    before = ["", *words]
    return shlex.join(
        Path(word).name if flag in _PATHS else word
        for flag, word in zip(before, words, strict=False)
    )


def check_name(name: str) -> None:
    """Refuse a name that is no plain file name."""
    if not name.isidentifier():
        raise InputError(
            f"--record {name!r} is not allowed: use letters, digits and underscores only"
        )


def about(words: Sequence[str], digest: str | None = None) -> dict[str, str]:
    """What a record says of its making: the command, without folders, and the sources' digest."""
    return {"command": _without_folders(words), "source_digest": digest or sources()}


def write(
    name: str,
    words: Sequence[str],
    output: Path,
    expected: Mapping[str, Any],
    folder: Path | None = None,
) -> Path:
    """Keep the results of a run of `06_results` as ``results/recorded/NAME.json``.

    Parameters
    ----------
    name : str
        Letters, digits and underscores.
    words : sequence of str
        The command line that made the results.
    output : Path
        Output folder of that run.
    expected : mapping
        What the results must say of themselves: the run's ``choices`` and ``data_digest``.
    folder : Path, optional
        Where to keep them instead.

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    InputError
        If the name is no plain name, or the run has left no results, or those of another run.
    """
    check_name(name)
    try:
        path = output / "results" / "06_results.json"
        with read_as("a file of results", path, "run 06_results again"):
            results = dict(files.read_json(path))
    except FileNotFoundError:
        raise InputError(f"{output} holds no results of 06_results: run it too") from None
    if any(results.get(key) != value for key, value in expected.items()):
        raise InputError(
            f"the results of 06_results in {output} are not those of this run: run it too"
        )
    path = (folder or FOLDER) / f"{name}.json"
    digest = computed_by("experiments")
    files.write_json(path, {**about(words, digest), **results})
    return path
