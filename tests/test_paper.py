"""The paper as data, held against the paper's text, and its LaTeX against a parser."""

import dataclasses
import os
import re
from pathlib import Path
from types import MappingProxyType

import pytest
from matplotlib.mathtext import MathTextParser

from har_lib import paper
from har_lib.errors import InputError
from har_lib.paper import CLAIMS, EQUATIONS, ERRATA, FIGURES, Erratum, reported

MATHTEXT = MathTextParser("path")
NUMBERS = range(1, 29)


def squeezed(text: str) -> str:
    """Text with every run of white space as one blank."""
    return " ".join(text.split())


@pytest.fixture(scope="module")
def text() -> str:
    """The paper's text, read from a scan; it is not part of the repository."""
    folder = os.environ.get("HAR_TEST_DATA")
    if not folder:
        pytest.skip("HAR_TEST_DATA is not set: the paper's text is beside it, in ../paper")
    return squeezed((Path(folder).parent / "paper" / "paper.txt").read_text(encoding="utf-8"))


def bare(latex: str) -> str:
    """Mathematics without what only sets it: spaces, braces, sizes, fonts, backslashes."""
    latex = latex.replace(r"\begin{bmatrix}", "[").replace(r"\end{bmatrix}", "]")
    return re.sub(r"\\(left|right|mathrm|dots|,|quad)|[\s{}\\$]", "", latex)


# --- Equations ----------------------------------------------------------------------------------


def test_all_28_equations_are_there():
    assert list(EQUATIONS) == list(NUMBERS)
    assert all(EQUATIONS[number].number == number for number in NUMBERS)


@pytest.mark.parametrize("number", NUMBERS)
def test_latex_is_balanced_and_parses(number):
    each = EQUATIONS[number]
    for latex in (each.printed, each.corrected, *(symbol for symbol, _, _ in each.symbols)):
        for opening, closing in ("{}", "()", "[]"):
            depth = 0
            for character in latex:
                depth += (character == opening) - (character == closing)
                assert depth >= 0, latex
            assert depth == 0, latex
        assert latex.count(r"\left") == latex.count(r"\right")
        assert r"\tag" not in latex
        MATHTEXT.parse(f"${latex}$")  # raises ValueError for what it cannot read


def test_the_parser_refuses_broken_latex():
    with pytest.raises(ValueError, match="Expected"):
        MATHTEXT.parse(r"$\frac{a}{b$")


@pytest.mark.parametrize("number", NUMBERS)
def test_printed_is_what_the_paper_prints(number, text):
    printed = bare(EQUATIONS[number].printed)
    if number == 17:  # the scan runs (17) and (18) together
        assert "*Fitness* =" in text
        printed = printed.removeprefix("Fitness=")
    assert printed in bare(text)


@pytest.mark.parametrize("number", NUMBERS)
def test_words_and_place_are_in_the_paper(number, text):
    each = EQUATIONS[number]
    assert each.says
    assert squeezed(each.says) in text
    for heading in each.place.split(", Step"):
        assert heading in text


@pytest.mark.parametrize("number", NUMBERS)
def test_every_symbol_of_the_corrected_form_is_explained(number):
    each = EQUATIONS[number]
    plumbing = (
        r"\\(mathrm|frac|sqrt|times|cdot|det|tanh|exp|cos|sin|arg|max|partial|pi|nabla|dots|quad"
        r"|,|[{}])"
    )
    letters = set(re.findall(r"\\[a-z]+|[A-Za-z]+", re.sub(plumbing, " ", each.corrected)))
    explained = set()
    for symbol, meaning, unit in each.symbols:
        assert meaning
        assert unit
        assert "|" not in symbol + meaning + unit  # it would break the table
        explained |= set(re.findall(r"\\[a-z]+|[A-Za-z]+", symbol.replace(r"\mathrm", "")))
    # Runs such as nnnn are derivatives by one coordinate.
    letters = {run[0] if len(set(run)) == 1 else run for run in letters}
    missing = letters - explained - {"jj"}
    assert not {run for run in missing if not set(run) <= explained}


def test_corrections_are_where_the_errata_say():
    differing = {n for n in NUMBERS if EQUATIONS[n].printed != EQUATIONS[n].corrected}
    # (3), (5) and (19) differ in notation only; all others that differ are misprints.
    assert differing == {2, 3, 4, 5, 6, 7, 8, 9, 10, 14, 15, 16, 17, 18, 19, 22, 28}
    assert all(EQUATIONS[n].erratum for n in differing)
    assert not EQUATIONS[12].erratum
    for each in EQUATIONS.values():
        assert each.erratum == "" or re.fullmatch(r"[A-Z].*\.", each.erratum)
        assert not re.search(r"\.\s+[A-Z]", each.erratum), "one sentence"


def test_each_misprint_is_kept_in_print_and_gone_in_the_corrected_form():
    e = EQUATIONS
    assert e[2].printed.count("S_1") == 2 + 1
    assert (e[2].corrected.count("S_1"), e[2].corrected.count("S_2")) == (2, 2)
    assert "k" not in e[6].printed
    assert bare(e[6].corrected) == bare(e[6].printed).replace("-", "-k")
    assert "U_" in e[7].printed
    assert "U" not in e[7].corrected
    for number in (8, 9, 10):
        assert e[number].printed.endswith(r") \sigma")
        assert r"= \sigma([h_{t-1}, v_t]" in e[number].corrected
    assert "h_t - 1" not in e[8].printed
    assert "h_t - 1" in e[9].printed
    assert "h_t - 1" in e[10].printed
    assert "W_0" in e[15].printed
    assert "W_O" in e[15].corrected
    assert bare(e[18].printed) == "fracTP+FNTP+TN+FP+FN"
    assert bare(e[18].corrected) == "Accuracy=fracTP+TNTP+TN+FP+FN"
    assert "B^2" in e[22].printed
    assert "D^2" in e[22].corrected
    assert e[28].corrected.startswith("P_A(y+1) =")


def test_sources_are_the_primary_ones():
    expected = {
        "10.1109/TIP.2003.819861": {2},
        "10.1007/s11263-005-1838-7": {3, 4, 5, 6, 7},
        "10.1162/neco.1997.9.8.1735": {8, 10, 11, 13},
        "10.1162/089976600300015015": {9, 12},
        "10.1109/CIMCA.2005.1631345": {16},
        "10.1016/j.ipm.2009.03.002": {18},
        "10.1016/j.knosys.2018.11.024": set(range(19, 29)),
    }
    found: dict[str, set[int]] = {}
    for number, each in EQUATIONS.items():
        doi = each.source.partition("https://doi.org/")[2]
        if doi:
            found.setdefault(doi, set()).add(number)
        else:
            assert each.source == "the paper itself"
    assert found == expected


def test_markdown_and_symbol_table():
    each = EQUATIONS[6]
    assert each.markdown() == f"$$ {each.corrected} \\tag{{6}} $$"
    assert each.markdown("printed") == f"$$ {each.printed} \\tag{{6}} $$"
    with pytest.raises(InputError, match="form"):
        each.markdown("literal")
    head, rule, *rows = each.symbol_table().splitlines()
    assert (head, rule) == ("| symbol | meaning | unit |", "|---|---|---|")
    assert len(rows) == len(each.symbols)
    assert all(row.count("|") == 4 for row in rows)
    assert rows[2].startswith("| $k$ | Harris constant")


# --- Claims -------------------------------------------------------------------------------------


def test_every_claim_is_quoted_with_its_number(text):
    for claim in CLAIMS.values():
        assert squeezed(claim.quotation) in text, claim.id
        value = claim.value if isinstance(claim.value, str) else f"{claim.value:g}"
        assert re.search(rf"(?<![\d.]){re.escape(value)}(?![\d]|\.\d)", claim.quotation), claim.id


def test_every_percentage_of_the_paper_is_a_claim(text):
    printed = sorted(float(number) for number in re.findall(r"(\d+(?:\.\d+)?)%", text))
    listed = {claim.value for claim in CLAIMS.values() if claim.unit == "%"}
    assert set(printed) == listed
    assert len(printed) == sum(claim.unit == "%" for claim in CLAIMS.values())


def test_results_stand_beside_the_words_for_their_metric(text):
    # The order of the text: all accuracies, then "figure 2", all precisions, "Figure 3", recall.
    start = text.index("Figure 1 shows the effectiveness")
    second = text.index("in figure 2, the effectiveness")
    third = text.index("Figure 3 presents")
    parts = {
        "accuracy": text[start:second],
        "precision": text[second:third],
        "recall": text[third:],
    }
    for claim in CLAIMS.values():
        if claim.kind == "result":
            assert claim.quotation in parts[claim.metric]
            assert claim.figure in FIGURES
            assert claim.metric in claim.figure


def test_reported_gives_what_is_there_and_none_for_the_rest():
    table = {
        "accuracy": (95.15, 92.1, 86.5, 70.1, None),
        "precision": (96.4, 91.5, 85.3, 70.6, None),
        "recall": (97.2, None, None, None, None),
        "f_measure": (None,) * 5,
        "sensitivity": (None,) * 5,
        "specificity": (None,) * 5,
    }
    assert set(table) == set(paper.METRICS)
    for metric, row in table.items():
        assert tuple(reported(method, metric) for method in paper.METHODS) == row
    assert reported("alstm", "accuracy") == 95.15
    results = {claim.id for claim in CLAIMS.values() if claim.kind == "result"}
    assert len(results) == 9
    assert "accuracy_alstm" in results


def test_reported_refuses_what_the_paper_does_not_name():
    with pytest.raises(InputError, match="method"):
        reported("GRU", "accuracy")
    with pytest.raises(InputError, match="metric"):
        reported("ALSTM", "f1")


def test_feature_lengths_add_up():
    parts = [CLAIMS[f"length_{name}"].value for name in ("shape", "sti", "coverage")]
    assert sum(parts) == CLAIMS["length_features"].value == 58
    assert CLAIMS["grid_side"].value ** 2 == CLAIMS["length_shape"].value


# --- Figures ------------------------------------------------------------------------------------


def test_figures_are_those_of_the_suite():
    assert [each.file for each in FIGURES.values()] == [
        "figures/figure1_block_diagram",
        "figures/figure4_sample_frames",
        "figures/figure3a_key_frames",
        "figures/figure3b_preprocessed",
        "figures/figure3c_prediction",
        "figures/figure1_accuracy",
        "figures/figure2_precision",
        "figures/figure3_recall",
        "figures/figure4_f_measure",
    ]
    for each in FIGURES.values():
        assert each.id.startswith(f"figure{each.number}{each.part}_")
        assert each.shows
    drawn_first = {each.id for each in FIGURES.values() if each.notebook == "00_start_here"}
    assert drawn_first == {"figure1_block_diagram", "figure4_sample_frames"}
    rest = {each.notebook for each in FIGURES.values() if each.id not in drawn_first}
    assert rest == {"06_results"}


def test_captions_and_mentions_are_in_the_paper(text):
    captions = set(re.findall(r"Figure (\d): ", text))
    assert captions == {str(each.number) for each in FIGURES.values() if each.caption}
    for each in FIGURES.values():
        assert squeezed(each.mention) in text
        assert re.search(rf"[Ff]igure {each.number}\b", each.mention)
        assert squeezed(each.caption) in text
        assert not each.caption or each.caption.startswith(f"Figure {each.number}: ")


# --- Errata and the whole -----------------------------------------------------------------------


def test_every_erratum_is_quoted(text):
    for each in ERRATA.values():
        assert squeezed(each.quotation) in text, each.id
        assert squeezed(each.against) in text, each.id
        assert each.quotation != each.against
        assert each.sentence.endswith(".")


def test_errata_agree_with_the_claims(text):
    p, r = reported("ALSTM", "precision"), reported("ALSTM", "recall")
    assert p is not None
    assert r is not None
    assert f"{2 * p * r / (p + r):.2f}%" in ERRATA["f_measure_value"].sentence
    references = [int(number) for number in re.findall(r"\[(\d+)\]", text)]
    listed = text[text.index("#### References") :]
    last = max(int(number) for number in re.findall(r"\[(\d+)\]", listed))
    assert last == 12
    assert {number for number in references if number > last} == {23, 30}
    pictures = {(each.number, each.mention) for each in FIGURES.values()}  # parts share theirs
    assert sorted(number for number, _ in pictures) == [1, 1, 2, 3, 3, 4, 4]


def test_everything_is_read_only():
    for mapping in (EQUATIONS, CLAIMS, FIGURES, ERRATA):
        assert isinstance(mapping, MappingProxyType)
        for key, each in mapping.items():
            assert key == getattr(each, "id", None) or key == each.number
            with pytest.raises(dataclasses.FrozenInstanceError):
                each.quotation = "changed"
    with pytest.raises(TypeError):
        CLAIMS["accuracy_alstm"] = None  # type: ignore[index]


def test_a_doubled_id_is_refused():
    twice = Erratum("same", "a", "b.")
    with pytest.raises(ValueError, match="'same' is given twice"):
        paper._by_id([twice, twice])


def test_wording_speaks_of_the_paper_and_never_of_intent():
    said = [each.erratum for each in EQUATIONS.values()]
    said += [each.sentence for each in ERRATA.values()]
    said += [each.shows for each in FIGURES.values()]
    forbidden = re.compile(
        r"plagiar|copied|copy|fabricat|fak|fraud|invent|dishonest|mislead|deliberate|intend|"
        r"intention|conceal|hide|cheat|careless|sloppy|suspicious|manipulat",
        re.IGNORECASE,
    )
    assert not [sentence for sentence in said if forbidden.search(sentence)]
