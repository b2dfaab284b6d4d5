"""Results on real data, kept with the command, a digest of the data and one of the sources."""

import shlex
from collections.abc import Sequence
from pathlib import Path

from har_lib import files
from har_lib.errors import InputError

#: The folder that git tracks.
FOLDER = files.ROOT / "results" / "recorded"


def sources() -> str:
    """Digest of the library's sources."""
    paths = sorted(Path(__file__).parent.glob("*.py"))
    return files.digest_of([[path.name, files.digest(path)] for path in paths])


def _without_folders(words: Sequence[str]) -> str:
    """The command line with folders named by their last part: paths belong to one machine."""
    return shlex.join(Path(word).name if "/" in word else word for word in words)


def write(name: str, words: Sequence[str], output: Path, folder: Path | None = None) -> Path:
    """Keep the results of a run of `06_results` as ``results/recorded/NAME.json``.

    Parameters
    ----------
    name : str
        Letters, digits and underscores.
    words : sequence of str
        The command line that made the results.
    output : Path
        Output folder of that run.
    folder : Path, optional
        Where to keep them instead.

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    InputError
        If the name is no plain name, or the run has left no results.
    """
    if not name.isidentifier():
        raise InputError(
            f"--record {name!r} is not allowed: use letters, digits and underscores only"
        )
    try:
        results = files.read_json(output / "results" / "06_results.json")
    except FileNotFoundError:
        raise InputError(f"{output} holds no results of 06_results: run it too") from None
    path = (folder or FOLDER) / f"{name}.json"
    about = {"command": _without_folders(words), "source_digest": sources()}
    files.write_json(path, {**about, **results})
    return path
