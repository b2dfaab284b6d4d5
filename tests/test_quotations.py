"""What stands between quotation marks in the notebooks stands in the paper."""

import json
import os
import re
from pathlib import Path

import pytest

from har_lib import files

FOLDER = os.environ.get("HAR_TEST_DATA", "")


def letters(text: str) -> str:
    """Letters and digits alone: the scan's spaces, marks and LaTeX are no words."""
    return re.sub(r"[^0-9a-z]", "", re.sub(r"\\[a-zA-Z]+", "", text).lower())


def quotations(path: Path) -> list[str]:
    """Quoted passages of a notebook's text; a long one may leave words out as […]."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    text = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"]
    found = [quote for cell in text for quote in re.findall(r'"([^"]{12,})"', cell)]
    return [part for quote in found for part in quote.split("[…]")]


@pytest.mark.skipif(not FOLDER, reason="HAR_TEST_DATA is unset, so the paper is not at hand")
@pytest.mark.parametrize(
    "path", sorted((files.ROOT / "notebooks").glob("0*.ipynb")), ids=lambda path: path.stem
)
def test_quotations_are_the_papers_words(path):
    paper = letters((Path(FOLDER).parent / "paper" / "paper.txt").read_text(encoding="utf-8"))
    wrong = [quote for quote in quotations(path) if letters(quote) not in paper]
    assert not wrong


def test_a_changed_word_is_seen():
    assert letters(r"Where, $S \in [a, b]$") == letters("Where, S ∈ [a, b]")
    assert letters("less than the threshold") != letters("more than the threshold")
