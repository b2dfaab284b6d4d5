"""Every stored notebook keeps the house rules; and each rule can fail."""

import copy
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from har_lib.files import ROOT
from tests import notebook_rules

STORED = sorted((ROOT / "notebooks").glob("*.ipynb"))


def test_there_are_notebooks() -> None:
    assert STORED, "notebooks/ holds no notebook"


@pytest.mark.parametrize("rule", notebook_rules.RULES)
@pytest.mark.parametrize("path", STORED, ids=lambda path: path.stem)
def test_stored_notebook(path: Path, rule: str) -> None:
    assert notebook_rules.RULES[rule](nbformat.read(path, as_version=4)) == []


@pytest.mark.parametrize("path", STORED, ids=lambda path: path.stem)
def test_parameters_of_stored_notebook(path: Path, tmp_path: Path) -> None:
    assert notebook_rules.parameter_cell(nbformat.read(path, as_version=4), tmp_path) == []


PARAMETERS = 'seed: int = 0  # seed of every random choice\noutput: str = ""  # folder of results'


@pytest.fixture
def good() -> Any:
    """Return a notebook that keeps every rule."""
    cells = [
        new_markdown_cell("# Coverage\n\nSection 3.4 of the paper."),
        new_code_cell(PARAMETERS, execution_count=1, metadata={"tags": ["parameters"]}),
        new_code_cell("print(1)", execution_count=2, outputs=[new_output("stream", text="1\n")]),
        new_code_cell("", execution_count=None),
        new_markdown_cell("## Checks"),
        new_code_cell("assert seed >= 0  # exact", execution_count=3),
    ]
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return new_notebook(cells=cells, metadata=metadata)


def test_a_good_notebook_has_no_complaint(good: Any, tmp_path: Path) -> None:
    for rule in notebook_rules.RULES.values():
        assert rule(good) == []
    assert notebook_rules.parameter_cell(good, tmp_path) == []


def changed(good: Any, cell: int, **fields: Any) -> Any:
    notebook = copy.deepcopy(good)
    notebook.cells[cell].update(fields)
    return notebook


def output(kind: str, **fields: Any) -> list[Any]:
    return [new_output(kind, **fields)]


@pytest.mark.parametrize(
    ("rule", "cell", "fields"),
    [
        ("counts", 2, {"execution_count": None}),
        ("counts", 2, {"execution_count": 7}),
        ("counts", 1, {"execution_count": 2}),
        ("clean_outputs", 2, {"outputs": output("stream", name="stderr", text="warned")}),
        ("clean_outputs", 2, {"outputs": output("error", ename="E", evalue="", traceback=[])}),
        ("no_exemptions", 2, {"source": "# NBVAL_IGNORE_OUTPUT\nprint(1)"}),
        ("no_exemptions", 2, {"source": "print(1)  # NBVAL_SKIP"}),
        ("no_exemptions", 2, {"metadata": {"tags": ["nbval-skip"]}}),
        ("no_exemptions", 2, {"metadata": {"tags": ["raises-exception"]}}),
        ("no_machine_path", 0, {"source": "# Coverage, section 3, see /home/someone/paper"}),
        ("no_machine_path", 2, {"source": 'open("/tmp/x")'}),
        ("no_machine_path", 2, {"source": r'open(r"C:\videos\x")'}),
        ("no_machine_path", 2, {"outputs": output("stream", text="wrote /root/x")}),
        (
            "no_machine_path",
            2,
            {"outputs": output("display_data", data={"text/html": "<a href='file:///tmp/x'>"})},
        ),
        ("size", 2, {"source": "a = 1\n" * 16}),
        ("pictures_have_words", 2, {"outputs": output("display_data", data={"image/png": "x"})}),
        (
            "pictures_have_words",
            2,
            {
                "outputs": output(
                    "display_data",
                    data={"image/png": "x"},
                    metadata={"image/png": {"alt": " "}},
                )
            },
        ),
        ("no_algorithm", 2, {"source": "def f():\n    return 1"}),
        ("no_algorithm", 2, {"source": "if True:\n    class A: pass"}),
        ("no_algorithm", 2, {"source": "%%time\nprint(1)"}),
        ("opening", 0, {"source": "Coverage, section 3"}),
        ("opening", 0, {"source": "# Coverage"}),
        ("checks", 4, {"source": "## Something else"}),
        ("checks", 5, {"source": "print('all is well')"}),
    ],
)
def test_each_rule_can_fail(good: Any, rule: str, cell: int, fields: dict[str, Any]) -> None:
    notebook = changed(good, cell, **fields)
    assert notebook_rules.RULES[rule](notebook)
    # And it is this rule's affair alone, counts of the run excepted.
    others = set(notebook_rules.RULES) - {rule, "counts", "no_algorithm"}
    assert [name for name in others if notebook_rules.RULES[name](notebook)] == []


def test_words_that_only_look_like_a_path_pass(good: Any) -> None:
    for words in ("https://host.org/home/x", "build/tmp/x", "ratio 3:4", "see a:b and C: that"):
        assert notebook_rules.no_machine_path(changed(good, 0, source=f"# {words}")) == []


def test_a_definition_in_text_is_none(good: Any) -> None:
    source = 'print("def f(): in the class of")  # the class A'
    assert notebook_rules.no_algorithm(changed(good, 2, source=source)) == []


def test_a_picture_with_words_passes(good: Any) -> None:
    shown = output(
        "display_data", data={"image/png": "x"}, metadata={"image/png": {"alt": "A line."}}
    )
    assert notebook_rules.pictures_have_words(changed(good, 2, outputs=shown)) == []


def test_too_many_cells(good: Any) -> None:
    good.cells += [new_markdown_cell("text")] * 24
    assert notebook_rules.size(good) == []
    good.cells += [new_markdown_cell("text")]
    assert notebook_rules.size(good) == ["31 cells, more than 30"]


@pytest.mark.parametrize(
    "key", ["widgets", "papermill", "kernelspec"], ids=["widgets", "papermill", "kernel"]
)
def test_metadata_rule(good: Any, key: str) -> None:
    good.metadata[key] = {"name": "python311"}
    assert len(notebook_rules.metadata(good)) == 1


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("seed: int | None = 0  # seed", "papermill does not see the parameter seed"),
        ("seed: int = 0  # seed, 0 = none", "papermill does not see the parameter seed"),
        ("seed: int = 0", "the parameter seed has no help"),
        ("seed = 0  # seed", "must hold only lines"),
        ("seed: list = [0]  # seeds", "the parameter seed has type list"),
        ("seed: int = 0.5  # seed", "seed = 0.5 is not allowed"),
        ("seed: int = '0'  # seed", "the default of seed is text"),
        ("seed: int = 2 + 3j  # seed", "seed = (2+3j) is not allowed"),
        ("seed: int = abs(-1)  # seed", "the default of seed is no literal"),
        ("seed: int = 0  # seed\nprint(seed)", "must hold only lines"),
        ("# nothing", "the parameters cell has no parameter"),
    ],
)
def test_parameter_lines_that_papermill_would_lose(
    good: Any, tmp_path: Path, source: str, complaint: str
) -> None:
    (found,) = notebook_rules.parameter_cell(changed(good, 1, source=source), tmp_path)
    assert complaint in found


def test_exactly_one_parameters_cell(good: Any, tmp_path: Path) -> None:
    none = changed(good, 1, metadata={})
    two = changed(good, 2, metadata={"tags": ["parameters"]})
    assert notebook_rules.parameter_cell(none, tmp_path) == [
        "0 cells are tagged parameters, not one code cell"
    ]
    assert notebook_rules.parameter_cell(two, tmp_path) == [
        "2 cells are tagged parameters, not one code cell"
    ]
