"""Pytest plugin that makes nbval strict: ``pytest -p tests.strict_nbval --nbval notebooks``.

nbval alone never compares a PNG, never compares a cell that was saved without outputs, and lets
a comment or tag exempt a cell; and it fails where the last digits of a float differ. Here every
output is compared by ``har_lib.compare``, and a cell fails that

- has a source and no execution count,
- carries one of nbval's exemptions,
- writes to stderr, now or when it was stored.
"""

import base64
from collections import defaultdict
from typing import Any

import pytest
from nbval.plugin import IPyNbCell, coalesce_streams, find_comment_markers, find_metadata_tags

from har_lib import files
from har_lib.compare import OutputDifference, difference_picture, output_differences
from har_lib.kernel import STARTUP_SECONDS

plain_runtest = IPyNbCell.runtest


def pytest_configure(config: pytest.Config) -> None:
    """Refuse the options that would loosen the comparison; wait longer for slow kernels."""
    for option in ("nbval_lax", "nbval_sanitize_with", "nbdime"):
        if getattr(config.option, option, None):
            raise pytest.UsageError(f"--{option.replace('_', '-')} is no strict comparison")
    # nbval's minute is too short for a kernel that starts on a machine busy with other tests.
    waited = getattr(config.option, "nbval_kernel_startup_timeout", 0)
    config.option.nbval_kernel_startup_timeout = max(waited, STARTUP_SECONDS)


def exemptions(cell: Any) -> list[str]:
    """Return a complaint if one of nbval's markers, in a comment or a tag, is on the cell."""
    tags = cell.metadata.get("tags", [])
    marked = [*find_comment_markers(cell.source), *find_metadata_tags(cell.metadata)]
    if marked or "NBVAL_" in cell.source or any(tag.startswith("nbval") for tag in tags):
        return ["no cell is exempt from comparison: take out nbval's marker"]
    return []


def cell_complaints(cell: Any) -> list[str]:
    """Return what is wrong with a stored code cell before it runs."""
    complaints = exemptions(cell)
    if cell.source.strip() and cell.execution_count is None:
        complaints.append("saved without having been run, so there is nothing to compare")
    for output in cell.outputs:
        if output.output_type == "stream" and output.name == "stderr":
            complaints.append(f"writes to stderr: {output.text.strip()[:200]}")
    return complaints


def write_pictures(name: str, difference: OutputDifference) -> str:
    """Write a failing picture before, after and what differs; return where they are."""
    if difference.kind != "image/png" or difference.stored is None:
        return ""
    before, after = (base64.b64decode(data) for data in (difference.stored, difference.fresh))
    folder = files.build_dir() / "picture_differences"
    shown = {
        "before": before,
        "after": after,
        "difference": difference_picture(before, after),
    }
    for suffix, content in shown.items():
        files.write_bytes(folder / f"{name}_{suffix}.png", content)
    return f"\n  see {folder / name}_{{{','.join(shown)}}}.png"


def compare_outputs(
    self: IPyNbCell, test: list[Any], ref: list[Any], skip_compare: Any = None
) -> bool:
    """Compare by ``har_lib.compare``; every kind of output counts."""
    differences = output_differences(coalesce_streams(ref), coalesce_streams(test))
    stem = f"{self.parent.path.stem}_cell{self.cell_num:02d}"
    self.comparison_traceback = [
        f"{difference.kind}: {difference.message}{write_pictures(f'{stem}_{index}', difference)}"
        for index, difference in enumerate(differences)
    ]
    return not differences


def runtest(self: IPyNbCell) -> None:
    """Run a cell whatever its markers say, then report what is wrong with it."""
    self.options = defaultdict(bool, check=True)
    plain_runtest(self)
    complaints = cell_complaints(self.cell)
    if complaints:
        self.raise_cell_error("; ".join(complaints))


IPyNbCell.compare_outputs = compare_outputs
IPyNbCell.runtest = runtest
