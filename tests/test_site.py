"""The site, built once and read without a browser: links, pictures, formulas, order, search."""

import itertools
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from har_lib import files, notebooks, traceability
from har_lib.paper import FIGURES
from tests import site_rules
from tests.site_rules import Page, Site

pytest.importorskip(
    "sphinx", reason="the site is not tested: Sphinx is missing, pip install -e '.[site]'"
)


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *words], cwd=files.ROOT, capture_output=True, text=True, timeout=300
    )


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """Made by one process of a test run; the others wait for it."""
    shared = tmp_path_factory.getbasetemp()
    if os.environ.get("PYTEST_XDIST_WORKER"):
        shared = shared.parent
    folder, answer = shared / "book" / "site", shared / "book.json"
    try:
        folder.parent.mkdir()
    except FileExistsError:
        wait_for(answer)
    else:
        done = run("-m", "book", "--output", str(folder))
        files.write_json(answer, [done.returncode, done.stderr])
    code, errors = files.read_json(answer)
    assert (code, errors) == (0, ""), errors
    assert [path.name for path in folder.parent.iterdir()] == ["site"], "it leaves other files"
    return Site(folder)


def wait_for(path: Path) -> None:
    end = time.monotonic() + 300
    while not path.is_file():
        assert time.monotonic() < end, "another process has not made the site"
        time.sleep(0.1)


# ---------------------------------------------------------------- what is there


def test_every_page_of_the_checkout_is_there(site: Site) -> None:
    docs = {f"docs/{path.stem}.html" for path in (files.ROOT / "docs").glob("*.md")}
    books = {f"notebooks/{path.stem}.html" for path in notebooks.NOTEBOOKS}
    own = {"index.html", "REPLICATION.html", "status.html", "figures.html", "equation_index.html"}
    assert docs | books | own <= set(site.pages)
    title = (files.ROOT / "README.md").read_text().splitlines()[0].removeprefix("# ")
    assert f"<h1>{title}<a" in site.pages["index.html"].text


def test_next_and_previous_lead_through_the_whole_book(site: Site) -> None:
    read = list(site_rules.order(site))
    special = {"search.html", "genindex.html"}
    assert set(read) == {name for name in site.pages if not name.startswith("_")} - special
    assert read[1] == f"notebooks/{notebooks.NOTEBOOKS[0].stem}.html"
    for before, name in itertools.pairwise(read):
        assert site.target(name, site.pages[name].before)[0] == before


def test_a_notebook_can_be_fetched_as_it_is_stored(site: Site) -> None:
    for path in notebooks.NOTEBOOKS:
        page = site.pages[f"notebooks/{path.stem}.html"]
        address = f"../_sources/notebooks/{path.name}"
        assert ("a", address) in page.addresses
        assert (site.folder / "notebooks" / address).read_bytes() == path.read_bytes()


def test_outputs_are_the_stored_ones(site: Site) -> None:
    for path in notebooks.NOTEBOOKS:
        cells = files.read_json(path)["cells"]
        stored = [out for cell in cells for out in cell.get("outputs", []) if "data" in out]
        pictures = sum("image/png" in out["data"] for out in stored)
        assert len(site.pages[f"notebooks/{path.stem}.html"].pictures) == pictures


def test_the_search_knows_words_and_titles(site: Site) -> None:
    text = (site.folder / "searchindex.js").read_text(encoding="utf-8")
    index = json.loads(re.fullmatch(r"Search\.setIndex\((.*)\)", text, re.DOTALL)[1])
    for stem, page in (("seagul", "05_aso_lstm"), ("silhouett", "02_shape")):
        found = [index[kind].get(stem, []) for kind in ("terms", "titleterms")]
        numbers = [n for each in found for n in ([each] if type(each) is int else each)]
        assert f"notebooks/{page}" in [index["docnames"][number] for number in numbers]
    assert "Replication report" in index["titles"]


def test_nothing_of_this_machine_is_on_a_page(site: Site) -> None:
    for name, page in site.pages.items():
        assert str(files.ROOT) not in page.text, name
        assert str(site.folder.parent) not in page.text, name


# ---------------------------------------------------------------- the rules


def test_every_link_leads_somewhere(site: Site) -> None:
    assert site_rules.broken_links(site) == []


def test_nothing_is_fetched_from_elsewhere(site: Site) -> None:
    assert site_rules.foreign_parts(site) == []


def test_every_picture_says_what_it_shows(site: Site) -> None:
    assert sum(len(page.pictures) for page in site.pages.values()) > 40
    assert site_rules.pictures_without_words(site) == []


def test_every_formula_will_be_set(site: Site) -> None:
    assert site_rules.formulas_without_setter(site) == []


# ---------------------------------------------------------------- equations


def test_every_equation_is_shown_once_where_it_is_explained(site: Site) -> None:
    for number, thread in traceability.threads().items():
        tag = f"\\tag{{{number}}}"
        for folder in ("notebooks/", "docs/"):
            shown = {
                name: page for name, page in site.pages.items()
                if name.startswith(folder) and any(tag in formula for formula in page.formulas)
            }  # fmt: skip
            (name,) = shown
            assert tag in shown[name].anchors[f"equation-{number}"]
            assert name in (f"notebooks/{thread.cells[0]}.html", "docs/equations.html")


def test_the_index_leads_from_a_number_to_notebook_function_and_page(site: Site) -> None:
    page = site.pages["equation_index.html"]
    targets = [site.target("equation_index.html", address) for _, address in page.addresses]
    for number, thread in traceability.threads().items():
        assert (f"notebooks/{thread.cells[0]}.html", f"equation-{number}") in targets
        assert ("docs/equations.html", f"equation-{number}") in targets
        module, _, name = thread.function.partition(".")
        code = f"_code/har_lib/{module}.py.html"
        anchors = {anchor for file, anchor in targets if file == code}
        first = [site.pages[code].anchors[anchor] for anchor in anchors]
        assert any(re.search(rf"@equation\({number}\)|def {name}\(", line) for line in first)


def test_a_link_to_a_figure_leads_to_the_page_of_figures(site: Site) -> None:
    name = "notebooks/00_start_here.html"
    addresses = {address for _, address in site.pages[name].addresses}
    assert {f"../figures.html#{figure.replace('_', '-')}" for figure in FIGURES} <= addresses
    assert not (site.folder / "_downloads").exists()


def test_a_link_to_a_test_leads_to_its_first_line(site: Site) -> None:
    page = site.pages["docs/equations.html"]
    links = [address for _, address in page.addresses if "_code/tests/" in address]
    assert len(links) > 50
    for address in links:
        file, anchor = site.target("docs/equations.html", address)
        assert re.search(r"def test_|@pytest|@given|@\w+", site.pages[file].anchors[anchor])


# ---------------------------------------------------------------- the rules themselves


@pytest.fixture
def small(tmp_path: Path) -> Path:
    (tmp_path / "good.html").write_text(
        '<link href="look.css?v=1"><h1 id="top">A</h1><a href="#top">up</a>'
        '<a href="https://example.org">away</a><script src="mathjax/tex-svg.js"></script>'
        '<img src="curve.png" alt="A line that rises"><span class="math">\\(a\\)</span>'
    )
    (tmp_path / "look.css").write_text("a { background: url(curve.png), url(data:,) }")
    (tmp_path / "mathjax").mkdir()
    for name in ("curve.png", "mathjax/tex-svg.js"):
        (tmp_path / name).touch()
    return tmp_path


RULES = (
    site_rules.broken_links,
    site_rules.foreign_parts,
    site_rules.pictures_without_words,
    site_rules.formulas_without_setter,
)


def test_a_good_page_has_no_complaints(small: Path) -> None:
    assert [complaint for rule in RULES for complaint in rule(Site(small))] == []


@pytest.mark.parametrize(
    ("rule", "added"),
    [
        (site_rules.broken_links, '<a href="gone.html">x</a>'),
        (site_rules.broken_links, '<a href="#gone">x</a>'),
        (site_rules.broken_links, '<a href="good.html#gone">x</a>'),
        (site_rules.broken_links, '<a href="../outside.html">x</a>'),
        (site_rules.broken_links, '<img src="gone.png" alt="A line that rises">'),
        (site_rules.foreign_parts, '<script src="https://example.org/a.js"></script>'),
        (site_rules.foreign_parts, '<link href="//example.org/a.css">'),
        (site_rules.foreign_parts, '<img srcset="http://example.org/b.png 2x" src="curve.png">'),
        (site_rules.foreign_parts, '<iframe src="https://example.org"></iframe>'),
        (site_rules.pictures_without_words, '<img src="curve.png">'),
        (site_rules.pictures_without_words, '<img src="curve.png" alt=" ">'),
        (site_rules.pictures_without_words, '<img src="curve.png" alt="the picture curve.png">'),
        (site_rules.formulas_without_setter, '<div class="math">a = b</div>'),
    ],
)
def test_each_fault_is_found(small: Path, rule, added: str) -> None:
    page = small / "good.html"
    page.write_text(page.read_text() + added)
    assert len(rule(Site(small))) == 1


def test_other_faults_are_found(small: Path) -> None:
    page = small / "good.html"
    page.write_text(page.read_text().replace("mathjax/tex-svg.js", "curve.png"))
    assert len(site_rules.formulas_without_setter(Site(small))) == 1
    (small / "look.css").write_text('@import "https://example.org/font.css";')
    assert len(site_rules.foreign_parts(Site(small))) == 1


def test_the_text_of_an_anchor_is_its_line() -> None:
    page = Page('<span id="line-1"><b>1</b>def f():\n</span><span id="line-2">    pass\n</span>')
    assert page.anchors == {"line-1": "1def f():\n", "line-2": "    pass\n"}


# ---------------------------------------------------------------- the command


def test_a_link_to_nothing_stops_it(tmp_path: Path) -> None:
    """And all else that Sphinx warns of; on trees of one page, as a whole site takes long."""
    script = (
        "import sys, pathlib\n"
        "from book import build\n"
        "for work in sys.argv[1:]:\n"
        "    build._sphinx(pathlib.Path(work))\n"
        "    print(work)"
    )
    for name, target in (("good", "har_lib/errors.py"), ("bad", "har_lib/nothing.py")):
        (tmp_path / name / "source" / "_static").mkdir(parents=True)
        (tmp_path / name / "source" / "index.md").write_text(f"# A page\n\n[there]({target})\n")
    made = run("-c", script, *(str(tmp_path / name) for name in ("good", "bad")))
    assert made.returncode != 0
    assert made.stdout == f"{tmp_path / 'good'}\n"
    assert "har_lib/nothing.py" in made.stderr
    assert made.stderr.splitlines()[-1].endswith("put right what Sphinx says above")


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letters.txt").write_text("dear")
    made = run("-m", "book", "--output", str(tmp_path))
    assert (made.returncode, made.stdout) == (2, "")
    assert made.stderr.startswith(f"book: {tmp_path}: holds something that is no site")
    assert (tmp_path / "letters.txt").read_text() == "dear"


def test_help_answers() -> None:
    made = run("-m", "book", "--help")
    assert made.returncode == 0
    assert "build/site" in made.stdout
