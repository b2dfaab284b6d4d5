"""A figure on disk: the picture, what is drawn, where it came from and what it shows."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from har_lib import files

#: Nothing of the machine or the day goes into a picture.
METADATA: dict[str, str | None] = {"Software": None}
DOTS_PER_INCH = 100


def save(
    figure: Figure,
    folder: Path,
    name: str,
    table: pd.DataFrame,
    settings: Mapping[str, Any],
    alt: str,
) -> None:
    """Write ``name.png``, ``name.csv`` of what is drawn and ``name.json`` of its origin.

    Parameters
    ----------
    figure : Figure
    folder : Path
        Where to; made if missing.
    name : str
        File name without ending.
    table : DataFrame
        What is drawn; numbers are written with six significant digits.
    settings : mapping
        Everything the figure depends on, as plain values.
    alt : str
        What the picture shows, for those who cannot see it.
    """
    with files.atomic(folder / f"{name}.png") as temporary:
        figure.savefig(temporary, dpi=DOTS_PER_INCH, metadata=METADATA)
    rows = table.to_csv(index=False, float_format="%.6g", lineterminator="\n")
    files.write_text(folder / f"{name}.csv", rows)
    files.write_json(folder / f"{name}.json", {"alt": alt, **settings})
