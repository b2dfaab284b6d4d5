"""The paper as data, held against the paper's text, and its LaTeX against a parser."""

import dataclasses
import os
import re
from pathlib import Path
from types import MappingProxyType

import pytest
from matplotlib.mathtext import MathTextParser

from har_lib import paper
from har_lib.config import FIELDS
from har_lib.errors import InputError
from har_lib.paper import (
    AMBIGUITIES,
    CLAIMS,
    EQUATIONS,
    ERRATA,
    FIGURES,
    KINDS,
    PLACES,
    SEVERITIES,
    Erratum,
    reported,
)
from har_lib.paper_parts import HEADINGS, by_id

MATHTEXT = MathTextParser("path")
NUMBERS = range(1, 29)


def squeezed(text: str) -> str:
    """Text with every run of white space as one blank."""
    return " ".join(text.split())


@pytest.fixture(scope="module")
def scan() -> str:
    """The paper's text, read from a scan; it is not part of the repository."""
    folder = os.environ.get("HAR_TEST_DATA")
    if not folder:
        pytest.skip("HAR_TEST_DATA is not set: the paper's text is beside it, in ../paper")
    return (Path(folder).parent / "paper" / "paper.txt").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def text(scan) -> str:
    """The scan in one line."""
    return squeezed(scan)


@pytest.fixture(scope="module")
def pages(scan) -> dict[int, str]:
    """The journal's page number -> its text; each page begins with the journal's line."""
    _, cover, *rest = scan.split("A Peer Revieved Open Access International Journal")
    assert "Pages: 86-93" in cover
    return {86 + index: squeezed(page) for index, page in enumerate(rest)}


def headings(scan: str) -> list[str]:
    """The paper's headings in order, without those of steps and of the cover and title."""
    marked = re.findall(r"^#+ \**(.*?)\**$", scan, flags=re.MULTILINE)
    return [each for each in marked[marked.index("Abstract") :] if not each.startswith("Step ")]


@pytest.fixture(scope="module")
def below(scan) -> dict[str, str]:
    """Place -> the text from there, its heading included, to the next place of its kind."""
    found = {}
    marks = [re.search(rf"^#+ \**{re.escape(each)}\**$", scan, re.MULTILINE) for each in HEADINGS]
    starts = [mark.start() for mark in marks if mark]
    assert len(starts) == len(HEADINGS)
    for heading, start, end in zip(HEADINGS, starts, [*starts[1:], len(scan)], strict=True):
        found[heading] = squeezed(scan[start:end])
    for place in PLACES:
        heading, _, step = place.partition(", ")
        if step:
            first = found[heading].index(step)
            later = re.search(r"Step \d: ", found[heading][first + len("Step 1: ") :])
            length = later.start() + len("Step 1: ") if later else None
            found[place] = found[heading][first:][:length]
    return found


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
def test_words_and_equation_stand_below_their_place(number, below):
    each = EQUATIONS[number]
    assert each.says
    assert squeezed(each.says) in below[each.place]
    if number != 17:  # the scan runs (17) and (18) together
        assert bare(each.printed) in bare(below[each.place])


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


@pytest.mark.parametrize("number", NUMBERS)
def test_erratum_and_consequence_are_one_sentence_of_typeset_markdown(number):
    each = EQUATIONS[number]
    for sentence in filter(None, (each.erratum, each.consequence)):
        assert re.fullmatch(r"[A-Z].*\.", sentence)
        assert not re.search(r"\.\s+[A-Z$]", sentence), "one sentence"
        assert_typeset(sentence)


def assert_typeset(sentence: str) -> None:
    """Mathematical names stand between dollars, and what stands there can be set."""
    *pairs, rest = sentence.split("$")
    assert len(pairs) % 2 == 0, sentence
    for latex in pairs[1::2]:
        MATHTEXT.parse(f"${latex}$")
    words = re.sub(r"https?://[^ ,;]+", "", " ".join([*pairs[0::2], rest]))
    assert not re.search(r"[_^\\|]", words), sentence
    alone = set(re.findall(r"(?<![\w'.-])[A-Za-z](?![\w'.-])", words))
    assert alone <= {"a", "A"}, sentence  # the article


def test_a_bare_symbol_is_seen():
    assert_typeset("A factor $k$ is missing.")
    for wrong in ("The factor k is missing.", "It repeats S_1.", "The factor $k is missing."):
        with pytest.raises(AssertionError):
            assert_typeset(wrong)
    with pytest.raises(ValueError, match="Expected"):
        assert_typeset(r"The factor $\frac{k$ is missing.")


def test_severities():
    assert SEVERITIES == ("fatal", "reading", "cosmetic", "none")
    groups = {
        severity: {number for number in NUMBERS if EQUATIONS[number].severity == severity}
        for severity in SEVERITIES
    }
    # Fatal: (6) is never positive, (7) does not see the video, (18) not the classifier.
    assert groups["fatal"] == {6, 7, 18}
    assert groups["none"] == {12}
    assert groups["cosmetic"] == {1, 11, 13, 14, 19, 21, 24, 25, 26}
    assert groups["reading"] == {2, 3, 4, 5, 8, 9, 10, 15, 16, 17, 20, 22, 23, 27, 28}
    for each in EQUATIONS.values():
        assert bool(each.erratum) == (each.severity != "none")
        assert bool(each.consequence) == (each.severity in ("fatal", "reading"))
    # A formula that stands is not called fatal, and one that is fatal does not stand.
    for number in groups["fatal"]:
        assert EQUATIONS[number].printed != EQUATIONS[number].corrected
    used = {each.severity for each in ERRATA.values()}
    assert used == {"fatal", "reading", "cosmetic"}


def test_no_number_is_typed_into_a_consequence():
    for each in EQUATIONS.values():
        words = re.sub(r"\$[^$]*\$|\(\d+\)", "", each.consequence)  # symbols, equations
        assert not re.search(r"\d|%| percent| per cent", words), each.number
        assert not re.search(r"\d[.,]\d|\d{3}", each.consequence), each.number


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
    in_words = {"stages", "kinds_of_features", "gates"}
    for claim in CLAIMS.values():
        assert squeezed(claim.quotation) in text, claim.id
        value = claim.value if isinstance(claim.value, str) else f"{claim.value:g}"
        if claim.id in in_words:
            assert claim.value == 3
            value = "three"
        assert re.search(rf"(?<![\d.]){re.escape(value)}(?![\d]|\.\d)", claim.quotation), claim.id


def test_every_percentage_of_the_paper_is_a_claim(text):
    printed = sorted(float(number) for number in re.findall(r"(\d+(?:\.\d+)?)%", text))
    listed = {claim.value for claim in CLAIMS.values() if claim.unit == "%"}
    assert set(printed) == listed
    assert len(printed) == sum(claim.unit == "%" for claim in CLAIMS.values())


def test_every_other_number_of_the_method_and_the_results_is_a_claim(text):
    body = text[text.index("Proposed Methodology") : text.index("#### References")]
    body = re.sub(r"\$\$.*?\$\$", " ", body)  # equations
    body = re.sub(r"\$[^$]*\\tilde.*?\(12\)|= \\\{S_1, S_2|trace\^\{3\}", " ", body)
    body = re.sub(r"\[\d\d\]|\(\d+\)|\(\d+\)-\(\d+\)", " ", body)  # references, equations
    body = re.sub(r"([Ff]igure|[Ee]quation|Step) \d+", " ", body)
    body = re.sub(r"[_^](\{[^}]*\}|\w)", " ", body)  # indices and powers
    body = re.sub(r"j\+1|h_t - 1", " ", body)
    body = body.replace("UCF50", "UCF 50").replace("- 1$", "$")  # the range is a claim as text
    printed = set(re.findall(r"(?<![\w.])\d+(?:\.\d+)?", body))
    claimed = {f"{c.value:g}" for c in CLAIMS.values() if not isinstance(c.value, str)}
    for claim in CLAIMS.values():
        claimed |= set(re.findall(r"\d+", claim.value)) if isinstance(claim.value, str) else set()
    # A vector of 40 numbers is printed as 1 x 40.
    assert printed - claimed - {"1"} == set()
    assert {"95.15", "97.2", "58", "0.03", "64", "25", "7", "16"} <= printed


def test_where_the_papers_word_is_another_it_stands_in_the_same_sentence(text):
    others = {claim.id: claim.said_to_be for claim in CLAIMS.values() if claim.said_to_be}
    assert others == {
        "precision_alstm": "accuracy",
        "precision_lstm": "accuracy",
        "precision_ann": "accuracy",
        "precision_knn": "accuracy",
        "ucf50_types": "function types",
    }
    sentences = re.split(r"(?<=[a-zA-Z])\. ", text)
    for id, word in others.items():
        assert word != CLAIMS[id].metric
        (sentence,) = (each for each in sentences if squeezed(CLAIMS[id].quotation) in each)
        assert word in sentence
        assert CLAIMS[id].metric not in sentence


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


# --- Errata -------------------------------------------------------------------------------------


def test_places_are_the_papers_headings_in_its_order(scan, below):
    assert headings(scan) == list(HEADINGS)
    assert list(below) == list(PLACES)
    steps = [place.partition(", ")[2] for place in PLACES if ", " in place]
    assert re.findall(r"Step \d: [A-Za-z ]+(?:\([A-Za-z]+\))?", scan) == steps
    for place in PLACES:
        assert place.partition(", ")[2] in below[place]
    # One part ends where the next begins.
    assert "Step 3" not in below[PLACES[-5]]
    assert "threshold" in below["Key Frame extraction"]
    assert "threshold" not in below["Feature extraction"]


def test_the_paper_has_eight_pages(pages):
    assert list(pages) == list(range(86, 94))
    assert "Keywords:" in pages[86]
    assert "References" in pages[93]


@pytest.mark.parametrize("id", ERRATA)
def test_every_erratum_is_found_at_its_place_and_page(id, text, below, pages):
    each = ERRATA[id]
    assert squeezed(each.quotation) in text
    assert squeezed(each.quotation) in below[each.place]
    assert squeezed(each.quotation) in pages[each.page]
    assert bool(each.against) == bool(each.against_page)
    if each.against:
        assert squeezed(each.against) in pages[each.against_page]
        assert each.quotation != each.against


@pytest.mark.parametrize("id", ERRATA)
def test_every_erratum_is_of_a_known_kind_and_place(id):
    each = ERRATA[id]
    assert each.kind in KINDS
    assert each.severity in SEVERITIES[:-1]
    assert each.place in PLACES
    assert each.page in range(86, 94)
    assert re.fullmatch(r"[A-Z'$].*\.", each.sentence)
    assert_typeset(each.sentence)
    assert len(each.quotation) >= 7  # long enough to be searched for


def test_errata_are_in_order_of_kind_and_none_is_there_twice():
    order = list(dict.fromkeys(each.kind for each in ERRATA.values()))
    assert order == list(KINDS)
    assert {each.kind for each in ERRATA.values() if each.severity == "fatal"} == {
        "protocol",
        "baselines",
    }
    assert all(each.severity == "cosmetic" for each in ERRATA.values() if each.kind == "wording")
    pairs = [(each.quotation, each.kind) for each in ERRATA.values()]
    assert len(set(pairs)) == len(pairs)


def test_every_wrong_reference_to_an_equation_is_an_erratum(text):
    body = text[: text.index("#### References")]
    given = [int(number) for number in re.findall(r"(?:using|[Ee]quation) ?\(?(\d+)", body)]
    wrong, right = [1, 7, 8, 9, 10, 11, 12, 15, 14, 24], [2, 4, 14, 17, 20, 22, 23, 28]
    assert sorted(given) == sorted(wrong + right)
    listed = [each for each in ERRATA.values() if each.kind == "equation references"]
    printed = [re.findall(r"\d+", each.quotation) for each in listed]
    assert sorted(printed) == sorted([*([str(number)] for number in wrong), ["6", "11"]])
    for each, numbers in zip(listed, printed, strict=True):
        assert not set(numbers) & set(re.findall(r"\d+", each.sentence))


def test_the_equation_meant_is_the_one_beside_the_words(text):
    numbered = r"\\tag\{(\d+)\}|(?<!equation )(?<!using )(?<!using)\((\d+)\)"
    for each in ERRATA.values():
        if each.kind != "equation references" or each.id == "equation_references":
            continue
        before, after = text.split(squeezed(each.quotation))
        # One stands behind its equation, the others before it.
        beside = (
            re.findall(numbered, before)[-1]
            if each.id == "reference_to_14"
            else re.findall(numbered, after)[0]
        )
        assert f"({''.join(beside)})" in each.sentence, each.id


def test_every_citation_without_an_entry_is_an_erratum(text):
    body, _, listed = text.partition("#### References")
    entries = {int(number) for number in re.findall(r"\[(\d+)\]", listed)}
    assert entries == set(range(1, 13))
    cited = [
        int(n) for group in re.findall(r"\[(\d+(?:, ?\d+)*)\]", body) for n in group.split(",")
    ]
    missing = set(cited) - entries - {0}  # "[0,1]" is a range
    assert {f"reference_{number}" for number in missing} <= set(ERRATA)
    assert missing == {23, 30}
    method = body[body.index("Proposed Methodology") :]
    later = {int(n) for n in re.findall(r"\[(\d+)\]", method)}
    assert later == {23, 30}, "after the introduction no entry of the list is cited"


def test_what_is_said_to_stand_nowhere_stands_nowhere(text):
    body = text[: text.index("#### References")]
    words = body[body.index("Results and Discussion") :]
    assert not re.search(r"specificity of|seconds|standard deviation|significan", words)
    assert body.count("pre-process") == 1
    assert not re.search(r"cross-validation|train(ing)? set|test set|folds?\b|learning rate", body)
    assert not re.search(r"hidden (units|neurons|size)|epoch", body)
    assert len(re.findall(r"deep learning", body[: body.index("Proposed Methodology")])) == 3
    assert len(re.findall(r"deep learning", body[body.index("Proposed Methodology") :])) == 1
    assert body.count("golden eagle") == 1
    assert len(re.findall(r"\bSVM\b", words)) == 1
    assert len(re.findall(r"\bKNN\b", body[: body.index("Conclusion")])) == 2


def test_figure_numbers_given_twice_are_errata(text):
    numbers = {1: "figure_number_1", 3: "figure_numbers", 4: "figure_number_4"}
    pictures = {(each.number, each.mention) for each in FIGURES.values()}
    doubled = {n for n, _ in pictures if len({m for k, m in pictures if k == n}) > 1}
    assert doubled == set(numbers)
    for number, id in numbers.items():
        assert re.search(rf"[Ff]igure {number}", ERRATA[id].quotation)
        assert re.search(rf"[Ff]igure {number}", ERRATA[id].against)


# --- Open questions -----------------------------------------------------------------------------


@pytest.mark.parametrize("id", AMBIGUITIES)
def test_every_question_is_quoted_at_its_place(id, below):
    each = AMBIGUITIES[id]
    assert squeezed(each.quotation) in below[each.place]


@pytest.mark.parametrize("id", AMBIGUITIES)
def test_every_question_is_complete(id):
    each = AMBIGUITIES[id]
    assert each.place in PLACES
    assert "?" in each.question
    assert each.reason.endswith(".")
    assert len(each.reason) < 200
    assert each.not_offered == "" or each.not_offered.endswith(".")
    # They are read in a terminal too, which sets no mathematics.
    assert "$" not in each.question + each.reason + each.not_offered


def test_every_question_is_settled_by_a_choice_and_every_choice_settles_one():
    assert {field.question for field in FIELDS.values()} == set(AMBIGUITIES)


def test_silence_is_said_of_few_questions():
    silent = {id for id, each in AMBIGUITIES.items() if not each.quotation}
    assert silent == {
        "frame_size",
        "gray_conversion",
        "duplicate_frames",
        "sequence_length",
        "network_size",
        "outside_box",
        "training",
        "undefined_precision",
    }


# --- The whole ----------------------------------------------------------------------------------


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
    for mapping in (EQUATIONS, CLAIMS, FIGURES, ERRATA, AMBIGUITIES):
        assert isinstance(mapping, MappingProxyType)
        for key, each in mapping.items():
            assert key == getattr(each, "id", None) or key == each.number
            with pytest.raises(dataclasses.FrozenInstanceError):
                each.quotation = "changed"
    with pytest.raises(TypeError):
        CLAIMS["accuracy_alstm"] = None  # type: ignore[index]


def test_a_doubled_id_is_refused():
    twice = Erratum("same", "wording", "cosmetic", "Abstract", 86, "a", "b.")
    with pytest.raises(ValueError, match="'same' is given twice"):
        by_id([twice, twice])


def test_wording_speaks_of_the_paper_and_never_of_intent():
    said = [each.erratum + each.consequence for each in EQUATIONS.values()]
    said += [each.sentence for each in ERRATA.values()]
    said += [each.shows for each in FIGURES.values()]
    said += [each.question + each.reason + each.not_offered for each in AMBIGUITIES.values()]
    forbidden = re.compile(
        r"plagiar|copied|copy|fabricat|fak|fraud|invent|dishonest|mislead|deliberate|intend|"
        r"intention|conceal|hide|cheat|careless|sloppy|suspicious|manipulat",
        re.IGNORECASE,
    )
    assert not [sentence for sentence in said if forbidden.search(sentence)]
    assert forbidden.search("This hides the error.")
    assert not re.search(r"\b(the|these) authors (wrote|did|chose|want|claim)", " ".join(said))
