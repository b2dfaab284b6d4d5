"""Tables of pages and notebooks, as Markdown."""

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

#: What would be read as markup in words that are none.
_MARKUP = re.compile(r"[\\*_`$<~]|\](?=\()")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    r"""Rows as Markdown; a bar within a cell does not end it.

    Examples
    --------
    >>> print(table(["name", "value"], [["x|y", "1"]]))
    | name | value |
    | --- | --- |
    | x\|y | 1 |
    """
    lines = [_cells(head), ["---"] * len(head), *map(_cells, rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _cells(row: Sequence[str]) -> list[str]:
    return [cell.replace("|", r"\|").replace("\n", " ") for cell in row]


def plain(text: str) -> str:
    r"""Words that are shown as they stand.

    Examples
    --------
    >>> print(plain("p < .05, p_value"))
    p \< .05, p\_value
    """
    return _MARKUP.sub(r"\\\g<0>", text)


def frame(shown: "pd.DataFrame", index: bool = True) -> str:
    """A table of pandas as Markdown: columns wrap where plain text would break its lines.

    Parameters
    ----------
    shown : DataFrame
        Its cells are written as they are, so round and format before.
    index : bool
        Begin with the columns of the index; a value of a level that repeats is left out.

    Examples
    --------
    >>> import pandas as pd
    >>> print(frame(pd.DataFrame({"clips": [9]}, index=pd.Index(["split 1"], name="set"))))
    | set | clips |
    | --- | --- |
    | split 1 | 9 |
    """
    head = [plain(" ".join(map(str, _parts(name))).strip()) for name in shown.columns]
    body = [[plain(str(cell)) for cell in row] for row in shown.itertuples(index=False, name=None)]
    if index:
        head = [plain(str(name or "")) for name in shown.index.names] + head
        before: tuple[object, ...] = ()
        for row, key in zip(body, map(_parts, shown.index), strict=True):
            # The last level names the row and always stands.
            same = [key[: k + 1] == before[: k + 1] for k in range(len(key) - 1)] + [False]
            row[:0] = ["" if s else plain(str(part)) for s, part in zip(same, key, strict=True)]
            before = key
    return table(head, body)


def _parts(name: object) -> tuple[object, ...]:
    return name if isinstance(name, tuple) else (name,)
