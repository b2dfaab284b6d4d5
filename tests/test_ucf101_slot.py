"""The rehearsal of UCF101's slot: the report's own command, its copy, and what it extrapolates."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from benchmarks import ucf101_slot
from har_lib import files, replication_claims
from har_lib.errors import InputError


def test_the_command_is_the_reports_with_the_folder_filled_in(tmp_path: Path) -> None:
    words = ucf101_slot.command(tmp_path, jobs=3, split=2)
    assert words[-2:] == ["--jobs", "3"]
    told = ["har", *words[:-2]]
    assert [("DIR" if word == str(tmp_path) else word) for word in told] == (
        replication_claims.UCF101_COMMAND.format(number=2).split()
    )


def test_the_copy_holds_what_a_run_needs_and_is_made_anew(tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    files.write_text(folder / "results" / "recorded" / "left_over.json", "{}")
    ucf101_slot.checkout(folder)
    assert not (folder / "results" / "recorded" / "left_over.json").exists()
    for name in ("har_lib/config.py", "params/ucf101.yaml", "notebooks/06_results.ipynb"):
        assert files.digest(folder / name) == files.digest(files.ROOT / name)


def test_extraction_goes_by_frames_and_the_rest_by_clips() -> None:
    row = {
        "clips": 400,
        "extraction_core_seconds": 80.0,
        "evaluation_core_seconds": 300.0,
        "bytes_of_features": 5_000,
    }
    found = ucf101_slot.extrapolated(row, 80_000, every=2_400_000)
    assert found["extraction_core_hours"] == pytest.approx(30 * 80 / 3600)
    assert found["bytes_of_features"] == pytest.approx(150_000)
    assert found["evaluation_core_hours"] == pytest.approx(13_320 / 400 * 300 / 3600)


@pytest.mark.parametrize("shown", [True, False])
def test_a_rehearsal_counts_only_if_the_report_shows_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shown: bool
) -> None:
    """Commands are played: what they leave is looked at."""
    home = tmp_path / "home"

    def played(words: Sequence[str], where: Path) -> float:
        if words[0] == "replicate":
            files.write_json(where / "results/recorded/ucf101_split1.json", {"clips": 7})
        if words[0] == "report":
            told = "41.0" if shown else "not run"
            files.write_text(where / "build/REPLICATION.md", f"| official split 1 | {told} | x |\n")
        return 2.0

    monkeypatch.setattr(ucf101_slot, "_har", played)
    files.write_bytes(tmp_path / "tree" / "videos" / "A" / "one.avi", b"12345")
    if not shown:
        with pytest.raises(InputError, match="does not show ucf101_split1"):
            ucf101_slot.rehearse(tmp_path / "tree", home, 2)
        return
    found = ucf101_slot.rehearse(tmp_path / "tree", home, 2)
    assert (found["clips"], found["bytes_of_clips"], found["tested"]) == (1, 5, 7)
    assert (found["extraction_core_seconds"], found["evaluation_core_seconds"]) == (2.0, 2.0)
