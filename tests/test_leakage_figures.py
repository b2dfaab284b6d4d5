"""The pictures of the study of leakage say what must not be overlooked."""

from typing import Any

import matplotlib as mpl
import pytest
from matplotlib.figure import Figure

from har_lib import plots, plots_leakage
from har_lib.leakage_report import MECHANISM_WORDS
from tests.drawn_leakage import DRAWN, REPORTED
from tests.test_figures import words


@pytest.fixture(autouse=True)
def _style() -> Any:
    with mpl.rc_context():
        plots.use_style()
        yield


def draw(name: str, **change: Any) -> Figure:
    found: Figure = getattr(plots_leakage, name)(**DRAWN[name] | change)
    return found


def test_the_papers_numbers_stand_beside_the_panels_and_say_that_data_differ() -> None:
    figure = draw("ladder")
    *panels, beside = figure.axes
    assert {line.get_ydata()[0] for line in beside.lines} == set(REPORTED.values())  # type: ignore[index]
    assert "95.15" in words(figure)
    assert "other data" in words(figure)
    for panel in panels:
        assert not any(text.get_text().startswith("ALSTM") for text in panel.texts)


def test_the_mechanism_is_labelled_as_no_evidence() -> None:
    assert MECHANISM_WORDS in words(draw("mechanism"))


def test_p_and_the_primary_endpoint_are_told() -> None:
    figure = draw("gaps")
    bold = [t.get_text() for t in figure.axes[0].get_yticklabels() if t.get_fontweight() == "bold"]
    assert bold == ["SVM: by key frame less by group"]
    assert words(figure).count(".001") == 2
