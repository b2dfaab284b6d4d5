"""The thread of each equation: from its number to function, notebook cell and tests, and back."""

import ast
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from har_lib import alstm, clips, features, files, keyframes, lstm, population, stip
from har_lib.equations import INDEX
from har_lib.paper import EQUATIONS

#: Modules whose import fills the index, whatever else has been imported.
KERNELS = (alstm, features)

#: Number -> what computes it instead on the default path: a long clip in parts, each frame's
#: moments only once, and blocks of frames instead of volumes.
STAND_INS: Mapping[int, Callable[..., Any]] = {
    1: clips.open_gray,
    2: keyframes.consecutive_ssim,
    3: stip.detect_at,
    5: stip.detect_at,
}
#: And in a search without Adam after it: all networks at once, and (15) the other way round.
STAND_INS_OF_THE_SEARCH: Mapping[int, Callable[..., Any]] = {
    **dict.fromkeys(range(8, 14), population.population_logits),
    15: lstm.Layout.unpack,
}

_TEST = re.compile(r"test_eq(\d\d)_")


@dataclass(frozen=True)
class Thread:
    r"""What belongs to one equation.

    Attributes
    ----------
    number : int
        As printed.
    function : str
        The function that is the equation, as ``module.name``; "" when none is registered.
    cells : tuple of str
        Notebooks that print it, one entry for each ``\tag``.
    exact : int
        How many of these cells hold the LaTeX of `har_lib.paper` to the letter.
    tests : tuple of str
        Tests ``test_eqNN_...`` as ``file::name``.
    calling : tuple of str
        Those of them that use the function.
    """

    number: int
    function: str
    cells: tuple[str, ...]
    exact: int
    tests: tuple[str, ...]
    calling: tuple[str, ...]

    def complaints(self) -> list[str]:
        """What is missing or doubled in this thread."""
        found = []
        if not self.function:
            found.append("no function carries its decorator")
        if len(self.cells) != 1:
            found.append(f"{len(self.cells)} notebook cells carry its tag, not one")
        elif self.exact != 1:
            found.append(f"the LaTeX in {self.cells[0]} is not that of paper.EQUATIONS")
        if not self.tests:
            found.append(f"no test is called test_eq{self.number:02d}_...")
        elif self.function and not self.calling:
            found.append(f"none of its tests calls {self.function}")
        return [f"equation ({self.number}): {complaint}" for complaint in found]


def name_of(function: Callable[..., Any]) -> str:
    """A function of the library as ``module.name``.

    Examples
    --------
    >>> name_of(lstm.Layout.unpack)
    'lstm.Layout.unpack'
    """
    return f"{function.__module__.removeprefix('har_lib.')}.{function.__qualname__}"


def _markdown(notebooks: Path) -> list[tuple[str, str]]:
    """Notebook and source of every Markdown cell."""
    return [
        (path.stem, "".join(cell["source"]))
        for path in sorted(notebooks.glob("[0-9][0-9]_*.ipynb"))
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]
        if cell["cell_type"] == "markdown"
    ]


def _numbered_tests(tests: Path) -> dict[int, dict[str, set[str]]]:
    """Number -> the tests that are named after it, and the names that each uses."""
    found: dict[int, dict[str, set[str]]] = {}
    for path in sorted(tests.glob("test_*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if not isinstance(node, ast.FunctionDef):
                continue
            if match := _TEST.match(node.name):
                used = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
                used |= {each.attr for each in ast.walk(node) if isinstance(each, ast.Attribute)}
                found.setdefault(int(match[1]), {})[f"{path.name}::{node.name}"] = used
    return found


def threads(
    root: Path | None = None, index: Mapping[int, Callable[..., Any]] | None = None
) -> dict[int, Thread]:
    """The thread of every number that is an equation, a registered function, a tag or a test.

    Parameters
    ----------
    root : Path, optional
        A checkout with ``notebooks/`` and ``tests/``; this one by default.
    index : mapping, optional
        Number -> registered function; `har_lib.equations.INDEX` by default.

    Returns
    -------
    dict
        Number -> Thread, in order.

    Examples
    --------
    >>> threads()[6].function
    'stip.response'
    """
    root = root or files.ROOT
    index = INDEX if index is None else index
    cells, tests = _markdown(root / "notebooks"), _numbered_tests(root / "tests")
    tagged: dict[int, list[str]] = {}
    for notebook, source in cells:
        for number in re.findall(r"\\tag\{(\d+)\}", source):
            tagged.setdefault(int(number), []).append(notebook)
    result = {}
    for number in sorted({*EQUATIONS, *index, *tagged, *tests}):
        function = index.get(number)
        printed = EQUATIONS[number].markdown("printed") if number in EQUATIONS else None
        own = tests.get(number, {})
        result[number] = Thread(
            number,
            name_of(function) if function else "",
            tuple(tagged.get(number, ())),
            sum(source.count(printed) for _, source in cells) if printed else 0,
            tuple(own),
            tuple(test for test, used in own.items() if function and function.__name__ in used),
        )
    return result


def complaints(found: Mapping[int, Thread]) -> list[str]:
    """Everything that is missing, doubled or too much; empty when 28 of 28 hold.

    Examples
    --------
    >>> complaints(threads())
    []
    """
    beyond = [f"({number}) is no equation of the paper" for number in set(found) - set(EQUATIONS)]
    return beyond + [complaint for thread in found.values() for complaint in thread.complaints()]
