"""The folder of a trained model: its files, and whether it is what would be trained now.

Nothing here knows of learning, so that to ask costs no time.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from har_lib import files, record
from har_lib.config import Config
from har_lib.errors import MALFORMED

CLASSIFIER, ABOUT = "classifier.npz", "model.json"


def is_current(folder: Path, config: Config | None = None, **trained_on: str | int) -> bool:
    """Whether the folder holds a model that this version of the library trained.

    With a configuration, or items of `har_lib.predict.Model.trained_on`, also whether it is that
    one.

    Examples
    --------
    >>> is_current(Path("no such folder"))
    False
    """
    wanted = {"source_digest": record.sources(), **trained_on}
    try:
        about = files.read_json(folder / ABOUT)
        fits = wanted.items() <= about["trained_on"].items()
        same = config is None or about["choices"] == config.flat()
        whole = about.pop("digest") == seal(folder, about)
    except (OSError, *MALFORMED):
        return False
    return fits and same and whole


def seal(folder: Path, about: Mapping[str, Any]) -> str:
    """Digest of both files of a model, which stands in `ABOUT` beside what it is about."""
    return files.digest_of([about, files.digest(folder / CLASSIFIER)])
