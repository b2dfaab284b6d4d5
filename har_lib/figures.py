"""A figure on disk and in a notebook: what is drawn, where it came from and what it shows."""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from har_lib import files

#: Nothing of the machine or the day goes into a picture.
METADATA: dict[str, str | None] = {"Software": None}
DOTS_PER_INCH = 100


def literal(name: str) -> str:
    r"""A name for a label: its dollars are no mathematics.

    Examples
    --------
    >>> print(literal("$5 or $10"))
    \$5 or \$10
    """
    return name.replace("$", r"\$")


@dataclass(frozen=True)
class Picture:
    """A figure as a notebook shows it: with words for those who cannot see it.

    The words are the alternative text of the picture in a page made of the notebook, and what
    stands where there are no pictures.

    Examples
    --------
    >>> Picture(Figure(), "Nothing to see.")
    Nothing to see.
    """

    figure: Figure
    alt: str

    def __repr__(self) -> str:
        return self.alt

    def _repr_png_(self) -> tuple[bytes, dict[str, str]]:
        """PNG and its metadata, as IPython asks for them."""
        content = io.BytesIO()
        self.figure.savefig(content, format="png", dpi=DOTS_PER_INCH, metadata=METADATA)
        return content.getvalue(), {"alt": self.alt}


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
