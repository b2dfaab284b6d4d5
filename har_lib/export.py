"""Features as a table for other programs: CSV, one row a key frame, a name for every number."""

from pathlib import Path

import numpy as np
import pandas as pd

from har_lib import files, shape, stip, stip_vector
from har_lib.config import Config
from har_lib.datasets import Dataset
from har_lib.extraction import Collection

#: What stands before the 58 numbers. ``key_frame`` counts from ``start``.
ABOUT = ("clip", "label", "group", "start", "stop", "key_frame")

#: What each point contributes to the 40 numbers, see `har_lib.stip_vector.interest_vector`.
_OF_A_POINT = {
    "responses": ("response",),
    "responses_2d": ("response",),
    "places": ("x", "y"),
    "places_time": ("x", "y", "t", "response"),
    "places_scale": ("x", "y", "t", "spatial_variance", "temporal_variance"),
}


def columns(config: Config) -> list[str]:
    """Names of the 58 numbers of a key frame, in their order.

    Examples
    --------
    >>> names = columns(Config())
    >>> names[0], names[5], names[16], names[19], names[50], names[57]
    ('shape_row1_column1', 'shape_row2_column2', 'jet_x', 'jet_xx', 'moment_xx', 'coverage_y')
    """
    numbers = range(1, shape.CELLS + 1)
    cells = [(row, column) for row in numbers for column in numbers]
    if config.grid.order == "columns":
        cells.sort(key=lambda cell: cell[::-1])
    names = [f"shape_row{row}_column{column}" for row, column in cells]
    return [*names, *_interest(config), "coverage_x", "coverage_y"]


def _interest(config: Config) -> list[str]:
    """Names of the 40 numbers of the interest points."""
    if config.vector.kind == "jets":
        jets = ["jet_" + "x" * x + "y" * y + "t" * t for x, y, t in stip.JET_ORDERS]
        return jets + [f"moment_{name}" for name in stip.MOMENTS]
    names = _OF_A_POINT[config.vector.kind]
    numbers = range(1, stip_vector.SIZE // len(names) + 1)
    return [f"{name}_{number}" for number in numbers for name in names]


def table(dataset: Dataset, collection: Collection, config: Config) -> pd.DataFrame:
    """One row a key frame: clip, label, group, frame range, key frame, 58 float32 numbers.

    ``clip`` is the path below the data set's folder; ``stop`` is missing for a whole clip.
    """
    lengths = [len(found.keyframes) for found in collection.features]
    records = [
        (r.path.relative_to(dataset.root).as_posix(), r.label, r.group, r.start, r.stop)
        for r in collection.records
    ]
    about = pd.DataFrame(records, columns=list(ABOUT[:-1])).astype({"stop": "Int64"})
    about = about.loc[np.repeat(about.index, lengths)].reset_index(drop=True)
    about[ABOUT[-1]] = np.concatenate([found.keyframes for found in collection.features])
    numbers = pd.DataFrame(np.concatenate(collection.sequences), columns=columns(config))
    return pd.concat([about, numbers], axis=1)


def write(path: Path, content: pd.DataFrame) -> None:
    """Write a table as CSV, atomically; each number with the digits that give it back exactly."""
    with files.atomic(path) as temporary:
        content.to_csv(temporary, index=False, lineterminator="\n")
