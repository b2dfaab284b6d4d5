"""The generated parts of README.md are those of the stored results."""

import pytest

from har_lib import readme
from har_lib.errors import InputError


def test_readme_is_current():
    text = readme.README.read_text(encoding="utf-8")
    assert readme.refreshed(text) == text, "run `make accept`"


def test_a_typed_number_is_replaced():
    text = readme.README.read_text(encoding="utf-8")
    row = readme.results_table().splitlines()[2]
    assert row in text
    assert readme.refreshed(text.replace(row, "| typed by hand |")) == text


def test_missing_markers_are_named():
    with pytest.raises(InputError, match="generated: verdict"):
        readme.refreshed("# A title\n")
