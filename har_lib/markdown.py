"""Tables of pages and notebooks, as Markdown."""

from collections.abc import Iterable, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    r"""Rows as Markdown; a bar within a cell does not end it.

    Examples
    --------
    >>> print(table(["name", "value"], [["x|y", "1"]]))
    | name | value |
    | --- | --- |
    | x\|y | 1 |
    """
    lines = [
        list(head),
        ["---"] * len(head),
        *([cell.replace("|", r"\|") for cell in row] for row in rows),
    ]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
