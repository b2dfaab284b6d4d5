"""Each of the 28 equations has an example that can be followed by hand, and the cell below it
prints what the example says."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from har_lib import files

BY_HAND = re.compile(r"\*\*By hand, ([^*]+)\.\*\*(.*)")
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


def examples(cells: list[dict[str, Any]]) -> list[tuple[set[int], str, str]]:
    """Equations, words, and what the next code cell prints, of each example."""
    found = []
    for place, cell in enumerate(cells):
        for named, words in BY_HAND.findall("".join(cell["source"])):
            first, *rest = map(int, re.findall(r"\((\d+)\)", named))
            last = rest[-1] if rest else first
            below = next(each for each in cells[place:] if each["cell_type"] == "code")
            printed = "".join("".join(out.get("text", "")) for out in below["outputs"])
            found.append((set(range(first, last + 1)), words, printed))
    return found


def stored() -> list[tuple[set[int], str, str]]:
    paths = sorted((files.ROOT / "notebooks").glob("*.ipynb"))
    return [each for path in paths for each in examples(json.loads(path.read_text())["cells"])]


def shown(words: str, printed: str) -> bool:
    """Whether the last number of an example is printed below it, to the digits it is given."""
    last = NUMBER.findall(words)[-1]
    digits = len(last.partition(".")[2])
    return any(f"{float(each):.{digits}f}" == last for each in NUMBER.findall(printed))


def test_every_equation_has_one() -> None:
    assert set().union(*(equations for equations, _, _ in stored())) == set(range(1, 29))


@pytest.mark.parametrize(("equations", "words", "printed"), stored())
def test_its_result_is_printed(equations: set[int], words: str, printed: str) -> None:
    assert shown(words, printed), f"{sorted(equations)}: {words} is not below it: {printed}"


def test_a_wrong_example_is_found() -> None:
    assert not shown("so that $H = 0.866$.", "as printed -26, with k 0.865")
    assert not shown("the gray level is 76", "a pure red pixel has the gray level 77")


def test_the_cells_are_those_below(tmp_path: Path) -> None:
    cells = [
        {"cell_type": "markdown", "source": ["a\n", "\n", "**By hand, (8) to (10).** Then 0.5.\n"]},
        {"cell_type": "markdown", "source": ["b"]},
        {"cell_type": "code", "source": [], "outputs": [{"text": ["gate 0.5\n"]}]},
    ]
    assert examples(cells) == [({8, 9, 10}, " Then 0.5.", "gate 0.5\n")]
