"""Long work kept in a file, so that what was ended goes on where it stood."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from har_lib import files
from har_lib.errors import InputError, plain

Kept = tuple[dict[str, Any], dict[str, np.ndarray]]


def digest(values: np.ndarray | None) -> str:
    """SHA-256 of an array's numbers and shape; empty for None.

    Examples
    --------
    >>> digest(np.zeros(3)) == digest(np.zeros(3)), digest(None)
    (True, '')
    """
    if values is None:
        return ""
    about = f"{values.shape} {values.dtype} ".encode()
    return hashlib.sha256(about + np.ascontiguousarray(values).tobytes()).hexdigest()


def seal(about: str, arrays: Mapping[str, np.ndarray]) -> str:
    """SHA-256 of a text and named arrays that belong together.

    The checksums of ``.npz`` are for what is read, and a header that is damaged reads less.

    Examples
    --------
    >>> seal("", {"a": np.zeros(3)}) == seal("", {"b": np.zeros(3)})
    False
    """
    return files.digest_of([about, {name: digest(array) for name, array in arrays.items()}])


def write(
    path: Path | str, identity: dict[str, Any], numbers: dict[str, Any], **arrays: np.ndarray
) -> None:
    """Keep what a work is and where it stands, atomically."""
    about = json.dumps({"identity": identity, "numbers": numbers})
    files.write_arrays(path, about=np.array(about), seal=np.array(seal(about, arrays)), **arrays)


def read(path: Path | str, identity: dict[str, Any]) -> Kept | None:
    """What :func:`write` has kept, or None where there is no file.

    Raises
    ------
    InputError
        If the file is damaged, or another work's.
    """
    path = Path(path)
    if not path.exists():
        files.check_target(path)
        return None
    try:
        arrays = files.read_arrays(path)
        sealed, text = str(arrays.pop("seal")), str(arrays.pop("about"))
        if sealed != seal(text, arrays):
            raise ValueError("its content does not fit its digest")
        about = json.loads(text)
        kept, numbers = dict(about["identity"]), dict(about["numbers"])
    except Exception as error:
        raise InputError(
            f"{path} is no checkpoint, or a damaged one ({plain(error)}): remove it or name "
            "another file"
        ) from error
    mine = json.loads(json.dumps(identity))
    other = sorted(name for name in mine.keys() | kept.keys() if mine.get(name) != kept.get(name))
    if other:
        raise InputError(
            f"{path} keeps another search, with other {', '.join(other)}: name another file, or "
            "remove this one"
        )
    return numbers, arrays
