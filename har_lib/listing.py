"""Choices as text: a table, one choice in full, and forms that give a configuration back."""

import json
import shlex
import textwrap
from collections.abc import Callable, Mapping

import yaml

from har_lib.choice import PROFILES, Field, Value
from har_lib.config import FIELDS, Config
from har_lib.notebook_parameters import check_names

_WIDTH = 100


def as_table(config: Config) -> str:
    """One line a choice: name, value, what else may be; a star where it is not the default.

    Examples
    --------
    >>> print(as_table(Config().replace(epochs=5)).splitlines()[-1])  # doctest: +ELLIPSIS
    * differs from the default; ...
    """
    lines = []
    for name, value in config.flat().items():
        field = FIELDS[name]
        mark = "*" if value != field.default else " "
        lines.append(f"{mark} {name:<22} {value!s:<18} {field.describe()}")
    lines.append("* differs from the default; har choices NAME says more of one")
    return "\n".join(lines)


def _paragraph(title: str, text: str) -> str:
    return textwrap.fill(text, _WIDTH, initial_indent=f"{title:<13}", subsequent_indent=" " * 13)


def in_full(field: Field, value: Value) -> str:
    """All that is known of one choice: question, the paper's words, reason, options, profiles.

    ``value`` is what it is now.

    Examples
    --------
    >>> print(in_full(FIELDS["harris_k"], 0.01).splitlines()[2])
    question     What is the factor before the cubed trace in (6)? None is printed.
    """
    asked = field.ambiguity
    words = f'"{asked.quotation}"' if asked.quotation else "nothing"
    parts = [
        field.name,
        _paragraph("what", field.help),
        _paragraph("question", asked.question),
        _paragraph("the paper", f"{words} (section {asked.place})"),
        _paragraph("may be", field.describe()),
        _paragraph("worth trying", ", ".join(map(str, field.options))),
        _paragraph("default", str(field.default)),
        _paragraph("reason", asked.reason),
        _paragraph("profiles", ", ".join(f"{name} {field.profiles[name]}" for name in PROFILES)),
    ]
    if value != field.default:
        parts.append(_paragraph("now", str(value)))
    if condition := field.condition():
        parts.append(_paragraph("effect", condition))
    if asked.not_offered:
        parts.append(_paragraph("not offered", asked.not_offered))
    return "\n".join(parts)


def as_yaml(config: Config) -> str:
    """A papermill file of parameters: the nearest profile, and what differs from it.

    Examples
    --------
    >>> print(as_yaml(Config().replace(harris_k=0.01)), end="")
    profile: corrected
    harris_k: 0.01
    """
    text: str = yaml.safe_dump(config.parameters(), sort_keys=False)
    return text


def as_json(config: Config) -> str:
    """Every choice as a JSON object; it serves as a file of parameters too."""
    return json.dumps(config.flat(), indent=1) + "\n"


def as_flags(config: Config) -> str:
    """Words for the command line of ``har`` or papermill: a profile, and what differs from it.

    Examples
    --------
    >>> as_flags(Config().replace(harris_k=0.01, keep_first_frame=False))
    '-p profile corrected -p keep_first_frame False -p harris_k 0.01'
    """
    return " ".join(
        f"-p {name} {shlex.quote(str(value))}" for name, value in config.parameters().items()
    )


#: Name of a form -> the function that writes a configuration in it.
FORMS: Mapping[str, Callable[[Config], str]] = {
    "table": as_table,
    "yaml": as_yaml,
    "json": as_json,
    "flags": as_flags,
}


def of_names(names: list[str], config: Config) -> str:
    """The named choices in full, and their values where those are not the default.

    Raises
    ------
    InputError
        If there is no choice of such a name.
    """
    check_names(names, FIELDS, "the suite")
    values = config.flat()
    return "\n\n".join(in_full(FIELDS[name], values[name]) for name in names)
