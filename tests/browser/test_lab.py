"""Every notebook opened, run and saved in JupyterLab, in a real browser, as a reader does it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from playwright.sync_api import Browser, Page

from har_lib.files import ROOT
from tests.browser import lab as jupyter
from tests.browser import page_rules
from tests.browser.browsing import Watch, opened
from tests.browser.lab import Lab

STORED = sorted((ROOT / "notebooks").glob("*.ipynb"))


def printing(stored: str) -> Any:
    """A cell that prints one thing and was stored with another."""
    output = new_output("stream", name="stdout", text=stored)
    return new_code_cell('print("0.50001 of 8")', execution_count=1, outputs=[output])


def giving(stored: Any) -> Any:
    """A cell whose output is a value and was stored as another."""
    kind = "application/vnd.test+json"
    output = new_output("display_data", data={kind: stored})
    return new_code_cell(
        f'display({{"{kind}": {{"shares": [2.5, 0.5], "clips": 8}}}}, raw=True)',
        outputs=[output],
    )


#: Cells of a notebook that is right: a float may differ in its last digits.
RIGHT = [
    new_markdown_cell("So $x^2$."),
    printing("0.50000 of 8\n"),
    giving({"shares": [2.50001, 0.5], "clips": 8}),
    new_code_cell(""),
]
#: Cells that are wrong in one way each, and what must be said of them.
WRONG = {
    "asks another host: http://example.org/picture.png": new_markdown_cell(
        "![a picture](http://example.org/picture.png)"
    ),
    "formula not understood: Extra close brace or missing open brace": new_markdown_cell(
        "$$x^{2}}$$"
    ),
    r"formula not understood: \sillyx": new_markdown_cell(r"$\silly x$"),
    r"formula left as text: $$\frac{1$$": new_markdown_cell(r"$$\frac{1$$"),
    "cell 5, stdout: @@ -1 +1 @@\n-0.50000 of 9\n+0.50001 of 8": printing("0.50000 of 9\n"),
    "cell 6, text/plain: 1 outputs, stored are 0": new_code_cell("1"),
    'cell 7, application/vnd.test+json: @@ -1,3 +1,3 @@\n {\n- "clips": 9,\n+ "clips": 8,\n'
    '  "shares": [': giving({"clips": 9, "shares": [2.5, 0.5]}),
    "cell 8 writes to stderr: careful": new_code_cell(
        "import sys\nprint('careful', file=sys.stderr)",
        outputs=[new_output("stream", name="stderr", text="careful\n")],
    ),
    "cell 9 fails: ZeroDivisionError: division by zero": new_code_cell(
        "1 / 0",
        outputs=[new_output("error", ename="ZeroDivisionError", evalue="division by zero")],
    ),
    "cell 10 was not run": new_code_cell("None"),
}
#: Knobs: a slider, one at its end, a list, and a slider whose picture is always the same.
KNOBS = [
    new_code_cell(
        "from IPython.display import display\n"
        "from matplotlib.figure import Figure\n"
        "from har_lib.controls import control\n"
        "sizes = {'small': 1, 'large': 2}\n"
        "for name, values, value in (('first', [1, 2], 1), ('end', [1, 2], 2)):\n"
        "    display(control(lambda size: Figure((size, 1)), name, values, value, 'inches'))\n"
        "display(control(lambda name: Figure((sizes[name], 1)), 'list', [*sizes], 'large', 'x'))\n"
        "control(lambda size: Figure((1, 1)), 'stuck', [1, 2], 1, 'nothing')"
    )
]
#: What the browser says by itself when a request is refused, and a picture does not come.
REFUSED = ("console: Failed to load resource", "picture not loaded: http://example.org")


def small(cells: list[Any]) -> Any:
    """A notebook of these cells, for the kernel that the stored ones name."""
    kernel = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    return new_notebook(cells=cells, metadata={"kernelspec": kernel})


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory, chromium: Browser) -> Iterator[Lab]:
    """JupyterLab on copies without outputs; of the browser only that it is there is asked."""
    folder = tmp_path_factory.mktemp("lab")
    notebooks = folder / "root" / "notebooks"
    notebooks.mkdir(parents=True)
    for path in STORED:
        jupyter.write_cleared(notebooks / path.name, nbformat.read(path, as_version=4))
    for name, cells in {"right": RIGHT, "wrong": [*WRONG.values()], "knobs": KNOBS}.items():
        jupyter.write_cleared(notebooks / f"{name}.ipynb", small(cells))
    with jupyter.running(folder) as started:
        yield started


@pytest.fixture(autouse=True)
def no_kernel_is_left(lab: Lab) -> Iterator[None]:
    yield
    lab.end_kernels()


def all_complaints(page: Page, watch: Watch, lab: Lab, name: str, stored: Any) -> list[str]:
    """Open, run, save; what is wrong with what was saved, with what is shown, with the page."""
    ran = [c for c in lab.notebook(name).cells if c.get("outputs") or c.get("execution_count")]
    assert ran == [], "what was there before would look like a success"
    jupyter.open_notebook(page, lab, name)
    jupyter.run_all(page)
    jupyter.save(page)
    jupyter.unroll(page)
    shown = page_rules.formulas(page) + page_rules.pictures(page)
    return jupyter.notebook_complaints(stored, lab.notebook(name)) + shown + watch.complaints


@pytest.mark.parametrize("path", STORED, ids=lambda path: path.stem)
def test_a_notebook_runs_in_the_browser_as_it_is_stored(
    chromium: Browser, lab: Lab, path: Path
) -> None:
    stored = nbformat.read(path, as_version=4)
    with opened(chromium) as (page, watch):
        try:
            found = all_complaints(page, watch, lab, path.name, stored)
        finally:
            jupyter.screenshots(page, f"lab_{path.stem}")
        found += jupyter.stuck_knobs(page)
        found += page_rules.pictures(page) + watch.complaints
        assert not found, "\n".join(dict.fromkeys(found))


def test_a_right_notebook_has_no_complaint(chromium: Browser, lab: Lab) -> None:
    with opened(chromium) as (page, watch):
        assert all_complaints(page, watch, lab, "right.ipynb", small(RIGHT)) == []


def test_each_fault_of_a_wrong_notebook_is_found(chromium: Browser, lab: Lab) -> None:
    stored = small([*WRONG.values()])
    with opened(chromium) as (page, watch):
        found = all_complaints(page, watch, lab, "wrong.ipynb", stored)
    assert sorted(text for text in found if not text.startswith(REFUSED)) == sorted(WRONG)
    assert all(any(text.startswith(each) for text in found) for each in REFUSED)


def test_a_knob_that_turns_and_one_that_does_not(chromium: Browser, lab: Lab) -> None:
    with opened(chromium) as (page, watch):
        jupyter.open_notebook(page, lab, "knobs.ipynb")
        jupyter.run_all(page)
        assert jupyter.stuck_knobs(page, seconds=10) == [
            "stuck: the picture stays when it is turned"
        ]
        assert page_rules.pictures(page) + watch.complaints == []


@pytest.mark.parametrize("token", [None, "", "0" * 32], ids=["none", "empty", "wrong"])
def test_without_the_token_nothing_is_to_be_had(lab: Lab, token: str | None) -> None:
    asked = ["/api/contents/notebooks", "/api/kernels", "/api/sessions"]
    assert [lab.answer(path, token)[0] for path in asked] == [403] * 3
    assert lab.answer("/api/kernels", token, "POST")[0] == 403
    assert "/login?" in lab.answer("/lab", token)[1]
    # And it is the token that opens these doors.
    assert [lab.answer(path, lab.token)[0] for path in asked] == [200] * 3
    assert "/login?" not in lab.answer("/lab", lab.token)[1]


def test_a_browser_without_the_token_is_asked_for_it(chromium: Browser, lab: Lab) -> None:
    with opened(chromium) as (page, _):
        page.goto(f"{lab.address}/lab/tree/notebooks/{STORED[0].name}")
        assert page.get_by_label("Password or token").is_visible()
        assert STORED[0].stem not in page.inner_text("body")
        assert page.locator(".jp-Notebook").count() == 0
