"""The pages of docs/ are fresh, whole, and their links lead somewhere."""

import re
from pathlib import Path

import pytest

from har_lib import pages
from har_lib.compare import same_text
from har_lib.config import FIELDS
from har_lib.files import ROOT
from har_lib.paper import AMBIGUITIES, EQUATIONS, ERRATA, FIGURES

every_page = pytest.mark.parametrize("name", pages.PAGES)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("docs")
    assert [path.name for path in pages.write(folder)] == list(pages.PAGES)
    return folder


@every_page
def test_a_stored_page_is_fresh(name: str, made: Path) -> None:
    stored = (pages.FOLDER / name).read_text(encoding="utf-8")
    assert same_text(stored, (made / name).read_text(encoding="utf-8")), "run `make accept`"


@every_page
def test_a_changed_word_or_number_is_seen(name: str, made: Path) -> None:
    text = (made / name).read_text(encoding="utf-8")
    assert not same_text(text.replace("the", "a", 1), text)
    assert not same_text(re.sub(r"\d(?=\))", "7", text, count=1), text)


@every_page
def test_links_lead_to_files(name: str, made: Path) -> None:
    text = (made / name).read_text(encoding="utf-8")
    links = [link for link in re.findall(r"\]\(([^)]+)\)", text) if "://" not in link]
    assert bool(links) == (name != "ambiguities.md")
    assert [link for link in links if not (ROOT / "docs" / link).resolve().is_file()] == []


@every_page
def test_every_row_of_a_table_has_the_columns_of_its_head(name: str, made: Path) -> None:
    width = 0
    for line in (made / name).read_text(encoding="utf-8").splitlines():
        if not line.startswith("|"):
            width = 0
            continue
        cells = len(re.sub(r"\\\|", "", line).strip("|").split("|"))
        width = width or cells
        assert cells == width, line


def test_the_equations_page_has_them_all(made: Path) -> None:
    text = (made / "equations.md").read_text(encoding="utf-8")
    for number, equation in EQUATIONS.items():
        assert text.count(pages.safe(equation.markdown("printed"))) == 1
        assert f"## ({number}) " in text
        assert equation.erratum in text
        assert equation.consequence in text
        assert f"test_eq{number:02d}_" in text


def test_the_errata_page_has_them_all(made: Path) -> None:
    text = (made / "errata.md").read_text(encoding="utf-8")
    for erratum in ERRATA.values():
        for part in (erratum.quotation, erratum.against, erratum.sentence, erratum.place):
            assert pages.safe(part) in text, erratum.id
    for equation in EQUATIONS.values():
        assert equation.severity == "none" or equation.erratum in text
    assert "\\{" not in text + (made / "equations.md").read_text(encoding="utf-8")
    for heading in ("Fatal", "Depends on the reading", "Cosmetic"):
        assert f"## {heading}\n" in text


def test_the_questions_page_has_them_all(made: Path) -> None:
    text = (made / "ambiguities.md").read_text(encoding="utf-8")
    for question in AMBIGUITIES.values():
        for part in (question.question, question.quotation, question.reason, question.not_offered):
            assert pages.safe(part) in text, question.id
    for name, field in FIELDS.items():
        assert text.count(f"\n| `{name}` |") == 1
        assert field.help in text


def test_the_figure_table_has_them_all() -> None:
    table = pages.figure_table()
    for figure in FIGURES.values():
        assert f"`{figure.id}`" in table
        assert figure.shows in table
