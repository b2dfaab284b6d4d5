"""What the notebooks say of an equation's print is what `paper` says, in the cell's notebook."""

import json

import pytest

from har_lib.files import ROOT
from har_lib.paper import EQUATIONS
from har_lib.traceability import threads


def markdown(notebook: str) -> str:
    """All Markdown of a notebook."""
    cells = json.loads((ROOT / "notebooks" / f"{notebook}.ipynb").read_text(encoding="utf-8"))
    return "\n".join(
        "".join(cell["source"]) for cell in cells["cells"] if cell["cell_type"] == "markdown"
    )


@pytest.mark.parametrize("number", EQUATIONS)
def test_the_erratum_stands_where_the_equation_is_printed(number: int) -> None:
    (notebook,) = threads()[number].cells
    assert EQUATIONS[number].erratum in markdown(notebook)


def test_a_changed_erratum_is_seen() -> None:
    assert EQUATIONS[6].erratum.replace("never", "seldom") not in markdown("03_stip")
