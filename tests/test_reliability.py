"""The page of promises: each has tests that are there, and its numbers come from the report."""

import ast
from importlib import import_module
from typing import Any, get_type_hints

import pytest

from har_lib import files, reliability_page
from har_lib.reliability_promises import PROMISES
from torture.__main__ import PARTS

TESTS = files.ROOT / "tests"


def functions(file: str) -> set[str]:
    tree = ast.parse((TESTS / file).read_text())
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_each_promise_has_tests_that_are_there() -> None:
    named = [test for all_ in PROMISES.values() for each in all_ for test in each.tests]
    assert len(named) > 25
    gone = [test for test in named if test.split("::")[1] not in functions(test.split("::")[0])]
    assert gone == []
    assert all(each.tests for all_ in PROMISES.values() for each in all_)


def test_each_study_is_described() -> None:
    assert set(reliability_page.STUDIES) == set(PARTS)


@pytest.mark.parametrize("part", PARTS)
def test_each_study_gives_what_the_report_asks_for(part: str) -> None:
    """The longest takes an hour, and its report is asked for at the end."""
    study = import_module(f"torture.{part}")
    given = get_type_hints(study.run)["return"]
    assert [name for name in ("failed", "rows", "summary") if not hasattr(given, name)] == []


@pytest.fixture
def report() -> dict[str, Any]:
    rows = [
        {"what": "a|b", "cases": 7, "share": 0.123456},
        {"what": "c", "cases": 1, "more": ["x", "y"], "wrong": []},
    ]
    part = {"cases": 8, "seed": 3, "failed": 0, "summary": "8 cases, 0 wrong", "seconds": 130.0}
    return {"kills": {**part, "rows": rows}, "crowd": {**part, "rows": []}}


def test_the_page_says_what_was_found(report: dict[str, Any]) -> None:
    text = reliability_page.page(report)
    assert "| `kills` | commands ended by SIGKILL at random moments" in text
    assert "| 8 cases, 0 wrong | 2 min |" in text
    assert "| what | cases | share | more | wrong |" in text
    assert r"| a\|b | 7 | 0.1235 |  |  |" in text
    assert "| c | 1 |  | x; y | none |" in text
    assert "### Crowd\n\n8 cases, seed 3." in text
    assert "### Clips" not in text, "what was not run is not claimed"
    report["kills"]["summary"] = "8 cases, 1 wrong"
    assert "8 cases, 1 wrong" in reliability_page.page(report)


def test_all_promises_stand_with_their_links(report: dict[str, Any]) -> None:
    text = reliability_page.page(report)
    for heading, promises in PROMISES.items():
        assert f"\n## {heading}\n" in text
        for promise in promises:
            assert promise.words in text
            for test in promise.tests:
                file, name = test.split("::")
                words = name.removeprefix("test_").replace("_", " ")
                assert f"[{words}](../tests/{file})" in text
