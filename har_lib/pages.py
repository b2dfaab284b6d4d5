"""Pages and tables about the paper, generated from `paper` and `config`: nothing is typed twice.

`PAGES` are the files of ``docs/``; their tables are shown in the notebook ``00_start_here`` too.
"""

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from har_lib import benchmarks_page, files, misprints, reliability_page
from har_lib.choice import PROFILES, Field
from har_lib.compare import same_text
from har_lib.config import FIELDS
from har_lib.equations import INDEX
from har_lib.paper import AMBIGUITIES, EQUATIONS, ERRATA, FIGURES, Ambiguity, Equation, Erratum
from har_lib.paper_equations import SEVERITIES
from har_lib.traceability import STAND_INS, STAND_INS_OF_THE_SEARCH, Thread, name_of, threads

FOLDER = files.ROOT / "docs"

#: Severity -> what it means, as a heading.
SEVERITY_NAMES = {
    "fatal": "Fatal",
    "reading": "Depends on the reading",
    "cosmetic": "Cosmetic",
    "none": "Stands as printed",
}


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])


#: LaTeX that Markdown would mangle before the mathematics is set, and its equal that it leaves.
_SAFE = {
    r"\{": r"\lbrace ",
    r"\}": r"\rbrace ",
    r"\,": r"\thinspace ",
    r"\tilde{U}": r"\tilde U",
    r"\overline{S}": r"\overline S",
}


def safe(text: str) -> str:
    r"""Text whose mathematics survives Markdown, which takes ``\{`` for a plain brace.

    Examples
    --------
    >>> safe(r"V = \{F_1\}")
    'V = \\lbrace F_1\\rbrace '
    """
    for before, after in _SAFE.items():
        text = text.replace(before, after)
    return text


def _inline(latex: str) -> str:
    """Mathematics for a cell of a table, which a bar would end."""
    return f"${safe(latex).replace('|', chr(92) + 'vert ').strip()}$"


def _what(number: int) -> str:
    """What an equation is: the first sentence of its function, without the number."""
    first = (inspect.getdoc(INDEX[number]) or "").splitlines()[0]
    return first.removesuffix(".").split(", equation (")[0].split(", V = ")[0]


def _notebook(stem: str, up: str) -> str:
    return f"[`{stem}`]({up}notebooks/{stem}.ipynb)"


def _code(name: str, up: str) -> str:
    return f"[`{name}`]({up}har_lib/{name.partition('.')[0]}.py)"


# ---------------------------------------------------------------- equations


def equation_table(up: str = "../") -> str:
    """One line an equation: what it is, how far its print can be used, function, cell, tests."""
    rows = [
        (
            f"({number})",
            _what(number),
            SEVERITY_NAMES[EQUATIONS[number].severity].lower(),
            _code(thread.function, up),
            ", ".join(_notebook(stem, up) for stem in thread.cells),
            str(len(thread.tests)),
        )
        for number, thread in threads().items()
    ]
    return _table(("", "what it is", "as printed", "function", "notebook", "tests"), rows)


def _equation(equation: Equation, thread: Thread, finding: str) -> str:
    number = equation.number
    parts = [
        f"## ({number}) {_what(number)}",
        f'"{equation.says}" – section *{equation.place}*',
        equation.markdown("printed"),
    ]
    if equation.erratum:
        told = f"**{SEVERITY_NAMES[equation.severity]}.** {equation.erratum}"
        parts.append(" ".join(filter(None, [told, equation.consequence])))
    if finding:
        parts.append(f"**Measured.** {finding}")
    if equation.corrected != equation.printed:
        parts.append(f"Computed by default:\n\n$$ {equation.corrected} $$")
    parts.append(equation.symbol_table())
    links = [
        f"Function {_code(thread.function, '../')}",
        "cell in " + ", ".join(_notebook(stem, "../") for stem in thread.cells),
        "tests "
        + ", ".join(
            f"[`{test.partition('::')[2]}`](../tests/{test.partition('::')[0]})"
            for test in thread.tests
        ),
        f"source: {equation.source}",
    ]
    stand_in = STAND_INS.get(number) or STAND_INS_OF_THE_SEARCH.get(number)
    if stand_in:
        where = "on the default path" if number in STAND_INS else "in the search"
        links.insert(1, f"computed {where} by {_code(name_of(stand_in), '../')}, which is compared")
    parts.append("; ".join(links) + ".")
    return "\n\n".join(parts)


def equations_page() -> str:
    """``docs/equations.md``: the 28 equations, from print to test."""
    found, measured = threads(), misprints.findings()
    sections = [
        _equation(EQUATIONS[number], thread, measured.get(number, ""))
        for number, thread in found.items()
    ]
    return "\n\n".join(
        [
            "# The 28 equations, from print to test",
            "Each equation as the paper prints it, what is wrong with the print, what is computed "
            "instead, and where: the function that is the equation, the notebook cell that "
            "explains it, the tests that pin it.",
            equation_table(),
            *sections,
        ]
    )


# ---------------------------------------------------------------- figures


def figure_table(up: str = "../") -> str:
    """One line a figure of the paper: its number, what it shows, where it is drawn anew."""
    rows = [
        (
            f"{figure.number}{figure.part}",
            figure.shows,
            f"[`{figure.id}`]({up}{figure.file}.png)",
            _notebook(figure.notebook, up),
        )
        for figure in FIGURES.values()
    ]
    return _table(("number in the paper", "shows", "drawn anew as", "notebook"), rows)


# ---------------------------------------------------------------- errors


def _quoted(erratum: Erratum) -> str:
    words = [f'"{words}"' for words in (erratum.quotation, erratum.against) if words]
    return " against ".join(words)


def errata_table(severity: str, up: str = "../") -> str:
    """Errors of one severity, equations first: where, what, and what follows.

    Parameters
    ----------
    severity : {"fatal", "reading", "cosmetic"}
    up : str
        Path from the page to the checkout.
    """
    rows = [
        (
            f"({number}), section {equation.place}",
            _inline(equation.printed),
            " ".join(filter(None, [equation.erratum, equation.consequence])),
        )
        for number, equation in EQUATIONS.items()
        if equation.severity == severity
    ]
    rows += [
        (f"p. {erratum.page}, section {erratum.place}", _quoted(erratum), erratum.sentence)
        for erratum in ERRATA.values()
        if erratum.severity == severity
    ]
    return _table(("where", "the paper's words", "what is wrong, and what follows"), rows)


def severity_counts() -> str:
    """How many errors there are of each severity, in equations and elsewhere."""
    rows = [
        (
            SEVERITY_NAMES[severity].lower(),
            str(sum(each.severity == severity for each in EQUATIONS.values())),
            str(sum(each.severity == severity for each in ERRATA.values())),
        )
        for severity in SEVERITIES
    ]
    return _table(("severity", "of the 28 equations", "errors elsewhere"), rows)


def errata_page() -> str:
    """``docs/errata.md``: every error by severity, and what was measured of the misprints."""
    parts = [
        "# Errors of the paper",
        "What is printed, where, and what it should probably read; nothing is said of how it came "
        "about. *Fatal*: taken as printed a step does nothing or cannot work, or a reported number "
        "cannot be checked. *Depends on the reading*: harm or none follows from how an open word "
        "or symbol is read. *Cosmetic*: notation, numbering, wording.",
        severity_counts(),
        "## What follows from the print",
        "Computed when this page is made, by the functions of "
        "[`misprints`](../har_lib/misprints.py), on inputs that need no data. (23), (27) and (28) "
        "are the source's formulas, with the source's constants.",
        *(f"**({number})** {finding}" for number, finding in misprints.findings().items()),
    ]
    for severity in SEVERITIES[:-1]:
        parts += [f"## {SEVERITY_NAMES[severity]}", errata_table(severity)]
    return "\n\n".join(parts)


# ---------------------------------------------------------------- open questions


def _choices_of(question: Ambiguity) -> list[Field]:
    return [field for field in FIELDS.values() if field.question == question.id]


def _value(value: object) -> str:
    return f"`{value}`"


def question_table() -> str:
    """One line a question: what is open, and the choices with their default values."""
    rows = []
    for question in AMBIGUITIES.values():
        choices = [f"`{field.name}` {field.default}" for field in _choices_of(question)]
        rows.append((question.question, ", ".join(choices)))
    return _table(("open question", "choices and defaults"), rows)


def _question(question: Ambiguity) -> str:
    words = f'"{question.quotation}"' if question.quotation else "The paper is silent."
    parts = [
        f"### {question.question}",
        f"{words} – section *{question.place}*",
        f"**Default.** {question.reason}",
    ]
    if question.not_offered:
        parts.append(f"**Not offered.** {question.not_offered}")
    rows = [
        (
            f"`{field.name}`",
            "; ".join(filter(None, [field.help, field.condition()])),
            field.describe() if field.is_range else ", ".join(map(_value, field.allowed)),
            *(_value(field.profiles[name]) for name in PROFILES),
        )
        for field in _choices_of(question)
    ]
    parts.append(_table(("choice", "what it is", "may be", *PROFILES), rows))
    return "\n\n".join(parts)


def ambiguities_page() -> str:
    """``docs/ambiguities.md``: every open question, and the choices that answer it."""
    parts = [
        "# Open questions of the paper",
        f"{len(AMBIGUITIES)} questions that the paper leaves open, and the {len(FIELDS)} choices "
        "that answer them. Each choice is a papermill parameter, a flag (`har replicate -p NAME "
        "VALUE`, or `har run` of a notebook that has it) and part of the cache key of the stage "
        "that reads it. Profiles: `literal` is as printed wherever that can be computed, "
        "`corrected` the default, `stable` our repair. `har choices` lists them; `har choices "
        "NAME` says more of one.",
    ]
    for place in dict.fromkeys(question.place for question in AMBIGUITIES.values()):
        parts.append(f"## {place}")
        parts += [_question(each) for each in AMBIGUITIES.values() if each.place == place]
    return "\n\n".join(parts)


#: File of ``docs/`` -> the function that makes it.
PAGES: Mapping[str, Callable[[], str]] = {
    "equations.md": equations_page,
    "errata.md": errata_page,
    "ambiguities.md": ambiguities_page,
    "benchmarks.md": benchmarks_page.page,
    "reliability.md": reliability_page.page,
}


def write(folder: Path) -> list[Path]:
    """Write the pages that are missing or differ by more than the tolerance; return those."""
    written = []
    for name, make in PAGES.items():
        path, text = folder / name, safe(make()) + "\n"
        if not (path.is_file() and same_text(path.read_text(encoding="utf-8"), text)):
            files.write_text(path, text)
            written.append(path)
    return written
