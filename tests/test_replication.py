"""The replication report: generated from results, current, true to the rules of its verdicts."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from har_lib import cli, files, markdown, readme, replication_claims, replication_report
from har_lib.errors import InputError
from har_lib.replication_claims import (
    INCOMPATIBLE,
    NOT_SUPPORTED,
    NOT_TESTABLE,
    SUPPORTED,
    VERDICTS,
    rows,
)
from har_lib.replication_sources import REAL, REHEARSAL, UCF101, Sources

STORED = files.ROOT / "results"


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A copy of all results, to be changed."""
    shutil.copytree(STORED, tmp_path / "results")
    return tmp_path / "results"


def change(path: Path, alter: Callable[[Any], None]) -> None:
    found = files.read_json(path)
    alter(found)
    files.write_json(path, found)


def test_the_report_is_current() -> None:
    assert replication_report.PATH.read_text(encoding="utf-8") == replication_report.page(), (
        "run `make accept`"
    )


def test_readme_says_the_same_in_short() -> None:
    sources = Sources()
    told = replication_report.in_short(sources, rows(sources))
    assert told in readme.README.read_text(encoding="utf-8")
    assert told in replication_report.page(sources)


def test_every_claim_has_a_verdict_assumptions_and_a_command() -> None:
    found = rows(Sources())
    assert len({row.claim for row in found}) == len(found) > 10
    for row in found:
        assert row.verdict in VERDICTS
        assert row.assumes
        assert re.match(r"(har|python -m|make|as recorded)", row.command), row.command
        assert row.evidence


def test_the_page_speaks_of_numbers_and_not_of_people() -> None:
    text = replication_report.page().lower()
    for word in ("fraud", "fabricat", "dishonest", "mislead", "manipulat", "invented", "cheat"):
        assert word not in text


def test_every_link_leads_to_a_file() -> None:
    targets = re.findall(r"\]\(([^)#]+)[^)]*\)", replication_report.page())
    local = [target for target in targets if "://" not in target]
    assert len(local) > 5
    assert [target for target in local if not (files.ROOT / target).exists()] == []


# ---------------------------------------------------------------- one JSON, every page


def leaves(value: Any) -> list[float]:
    if isinstance(value, dict):
        return [leaf for each in value.values() for leaf in leaves(each)]
    if isinstance(value, list):
        return [leaf for each in value for leaf in leaves(each)]
    return [value] if isinstance(value, float) else []


@pytest.mark.parametrize("name", REAL)
def test_a_changed_result_changes_the_page(copied: Path, name: str) -> None:
    before = replication_report.page(Sources(copied))
    assert before == replication_report.page()
    path = copied / "recorded" / f"{name}.json"
    change(path, lambda found: found["methods"]["ALSTM"].update(accuracy=0.123456))
    after = replication_report.page(Sources(copied))
    assert "12.3" in after
    assert before != after


def test_a_changed_audit_changes_report_and_readme(copied: Path) -> None:
    sentence = "Nothing excludes anything."
    change(
        copied / "builtin" / "07_claims_audit.json", lambda found: found.update(verdict=sentence)
    )
    sources = Sources(copied)
    assert sentence in replication_report.page(sources)
    assert sentence in replication_report.in_short(sources, rows(sources))


# ---------------------------------------------------------------- rules of the verdicts


def verdict(sources: Sources, start: str) -> str:
    (found,) = [row.verdict for row in rows(sources) if row.claim.startswith(start)]
    return found


def test_incompatible_only_while_every_plain_reading_is_impossible(copied: Path) -> None:
    start = '"the higher accuracy of 95.15%" and'
    assert verdict(Sources(copied), start) == INCOMPATIBLE

    def one_possible(found: Any) -> None:
        found["readings"][0]["verdict"] = "possible"

    change(copied / "builtin" / "07_claims_audit.json", one_possible)
    assert verdict(Sources(copied), start) == NOT_TESTABLE


@pytest.mark.parametrize("method", ["LSTM", "ANN", "kNN"])
def test_a_gain_is_supported_when_every_real_set_shows_it(copied: Path, method: str) -> None:
    start = f"the same on other clips: ALSTM above {method.upper()}"

    def shown(points: str, yes: str) -> Callable[[Any], None]:
        def alter(found: Any) -> None:
            for row in found["differences"]:
                if row["difference"].endswith(f" {method}"):
                    row.update(points=points, shown=yes)

        return alter

    for name in REAL:
        change(copied / "recorded" / f"{name}.json", shown("+3.0", "no"))
    for name in REAL:
        assert verdict(Sources(copied), start) == NOT_SUPPORTED
        change(copied / "recorded" / f"{name}.json", shown("+3.0", "yes"))
    assert verdict(Sources(copied), start) == SUPPORTED
    change(copied / "recorded" / f"{name}.json", shown("-3.0", "yes"))
    assert verdict(Sources(copied), start) == NOT_SUPPORTED
    change(copied / "recorded" / f"{name}.json", shown("+3.0", "no"))
    assert verdict(Sources(copied), start) == NOT_SUPPORTED


def test_what_a_split_takes_is_told_as_it_was_rehearsed(copied: Path) -> None:
    path = copied / "recorded" / f"{REHEARSAL}.json"
    path.unlink(missing_ok=True)
    assert "rehearsed" not in replication_report.page(Sources(copied))
    done = {
        "clips": 1234,
        "extraction_core_seconds": 300.0,
        "evaluation_core_seconds": 720.0,
        "peak_bytes": 3.21e9,
    }
    every = {
        "clips": 13_320,
        "extraction_core_hours": 0.84,
        "evaluation_core_hours": 6.25,
        "bytes_of_features": 2.34e9,
    }
    made = {"command": "python -m some.thing", "rehearsed": done, "all": every}
    files.write_json(path, made)
    page = replication_report.page(Sources(copied))
    (told,) = [line for line in page.splitlines() if "rehearsed" in line]
    for part in (
        "1,234 clips",
        "5 core-minutes",
        "12 for the rest",
        "all 13,320",
        "0.8 core-hours",
        "6.2 for the rest",
        "2.3 GB of disk",
        "7.0 GB",
        "3.2 GB of memory",
        "`python -m some.thing`",
    ):
        assert part in told, part


def ucf101(copied: Path, accuracies: list[float]) -> Sources:
    """Records of the official splits as a run would leave them, with these accuracies."""
    made = files.read_json(copied / "recorded" / "weizmann_silhouettes.json")
    for name, accuracy in zip(UCF101, accuracies, strict=False):
        for own in made["methods"].values():
            own.update(accuracy=accuracy, precision=accuracy, recall=accuracy)
        files.write_json(copied / "recorded" / f"{name}.json", made)
    return Sources(copied)


def test_ucf101_reads_not_run_until_it_is(copied: Path) -> None:
    start = '"the higher accuracy of 95.15%"'
    empty = Sources(copied)
    (row,) = [row for row in rows(empty) if row.claim == start]
    assert (row.ours, row.verdict) == ("not run", NOT_TESTABLE)
    assert "official split 3 | not run | `har replicate" in replication_report.page(empty)
    two = ucf101(copied, [0.5, 0.51])
    (row,) = [row for row in rows(two) if row.claim == start]
    assert row.verdict == NOT_TESTABLE
    assert "2 of 3 splits" in row.ours
    three = ucf101(copied, [0.5, 0.51, 0.52])
    (row,) = [row for row in rows(three) if row.claim == start]
    assert row.verdict == NOT_SUPPORTED
    assert row.ours == "51.0 ± 1.0 % (3 of 3 splits)"
    high = ucf101(copied, [0.95, 0.951, 0.953])
    assert {row.verdict for row in rows(high) if row.claim == start} == {SUPPORTED}
    assert "not at hand" not in replication_report.in_short(high, rows(high))


def test_the_deviation_over_seeds_is_that_of_the_repeats() -> None:
    found = Sources().real["fight_surveillance"]
    own = found["methods"]["ALSTM"]["accuracy_by_repeat"]
    assert len(own) == found["choices"]["repeats"]
    assert f"± {100 * np.std(own, ddof=1):.1f}" in replication_report.page()


# ---------------------------------------------------------------- files and commands


def test_har_report_writes_markdown_and_html(tmp_path: Path, capsys: Any) -> None:
    assert cli.main(["report", "--output", str(tmp_path)]) == 0
    text = (tmp_path / "REPLICATION.md").read_text(encoding="utf-8")
    assert text == replication_report.page()
    html = (tmp_path / "REPLICATION.html").read_text(encoding="utf-8")
    assert html.count("<table>") == len(re.findall(r"(?m)^\| ?---", text))
    assert "<h2>Claims and verdicts</h2>" in html
    assert "src=" not in html
    assert str(tmp_path) in capsys.readouterr().out


def test_missing_results_are_one_line(tmp_path: Path, capsys: Any) -> None:
    assert cli.main(["report", "--results", str(tmp_path), "--output", str(tmp_path)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "07_claims_audit.json: is missing: make accept" in line


def test_refresh_writes_once(tmp_path: Path) -> None:
    path = tmp_path / "REPLICATION.md"
    assert replication_report.refresh(path)
    assert not replication_report.refresh(path)
    path.write_text(path.read_text(encoding="utf-8") + "typed", encoding="utf-8")
    assert replication_report.refresh(path)


def test_bars_in_a_cell_do_not_end_it() -> None:
    assert markdown.table(["a"], [["x|y"]]).splitlines()[-1] == r"| x\|y |"


def test_records_that_are_reported_say_how_they_were_made() -> None:
    for path in (STORED / "recorded").glob("*.json"):
        found = json.loads(path.read_text(encoding="utf-8"))
        assert found.get("command") or found.get("what"), path.name


def test_a_missing_record_raises_by_name(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nothing\.json: is missing: git checkout results"):
        Sources(tmp_path).recorded("nothing")
    assert Sources(tmp_path).maybe("nothing") is None
    assert replication_claims.UCF101_COMMAND.format(number=2).count("2") == 2
