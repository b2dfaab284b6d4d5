"""Tables of pandas and words as Markdown, read back by an independent parser."""

import re
from typing import Any

import mistune
import pandas as pd
import pytest

from har_lib import markdown
from har_lib.session import Session

HTML = mistune.create_markdown(plugins=["table"])


def cells(text: str) -> list[list[str]]:
    """Rows of a table as a viewer shows them."""
    found = re.findall(r"<tr>(.*?)</tr>", HTML(text), re.DOTALL)
    rows = [re.findall(r"<t[hd].*?>(.*?)</t[hd]>", row) for row in found]
    return [[cell.replace("&lt;", "<").replace("&gt;", ">") for cell in row] for row in rows]


def test_every_cell_is_shown_as_it_stands() -> None:
    odd = ["a|b", "*x* and _y_", "p < .05", "$k$ ~ `c`", "\\alpha", "-3"]
    table = pd.DataFrame({"p_value": odd, "n": range(6)}, index=pd.Index(list("uvwxyz"), name="*"))
    found = cells(markdown.frame(table))
    assert found[0] == ["*", "p_value", "n"]
    assert [row[1] for row in found[1:]] == odd
    assert [row[0] for row in found[1:]] == list("uvwxyz")


def test_levels_that_repeat_stand_once() -> None:
    keys = [("a", "x", 1), ("a", "x", 2), ("a", "y", 2), ("b", "y", 2), ("b", "y", 2)]
    index = pd.MultiIndex.from_tuples(keys, names=["first", "second", None])
    table = pd.DataFrame({("all", "points"): range(5)}, index=index)
    assert cells(markdown.frame(table)) == [
        ["first", "second", "", "all points"],
        ["a", "x", "1", "0"],
        ["", "", "2", "1"],
        ["", "y", "2", "2"],
        ["b", "y", "2", "3"],
        ["", "", "2", "4"],
    ]


def test_without_its_index() -> None:
    table = pd.DataFrame({"a": [1], "b": ["x"]})
    assert cells(markdown.frame(table, index=False)) == [["a", "b"], ["1", "x"]]


def test_a_notebook_shows_a_table_and_its_plain_text(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[Any] = []
    monkeypatch.setattr(
        "IPython.display.display", lambda data, raw: shown.append(data) if raw else None
    )
    table = pd.DataFrame({"accuracy": ["95.1 [93.0, 97.2]"]}, index=["ALSTM"])
    session = Session("test", {})
    session.table(table, "in percent:")
    session.say("p < .05")
    assert shown[0]["text/plain"] == "in percent:\n\n" + table.to_string()
    title, _, rows = shown[0]["text/markdown"].partition("\n\n")
    assert title == "in percent:"
    assert cells(rows)[1] == ["ALSTM", "95.1 [93.0, 97.2]"]
    assert shown[1] == {"text/markdown": r"p \< .05", "text/plain": "p < .05"}
