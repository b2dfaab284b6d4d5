"""What a run leaves of a notebook: its time, its memory, and what it failed with."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from har_lib import files, kernel_peak, notebooks

#: Linux says what a process held at most.
KNOWN = Path("/proc/self/status").is_file()


def write(path: Path, source: str) -> Path:
    kernel = {"name": "python3", "display_name": "any", "language": "python"}
    notebook = new_notebook(cells=[new_code_cell(source)], metadata={"kernelspec": kernel})
    nbformat.write(notebook, path)
    return path


def record(path: Path, output: Path) -> dict[str, Any]:
    found: dict[str, Any] = files.read_json(notebooks.record_path(path, output))
    return found


def test_a_run_leaves_its_time_and_memory(tmp_path: Path) -> None:
    small = write(tmp_path / "01_small.ipynb", "import time; time.sleep(0.2)")
    # Taken and given back: it is the peak that counts.
    large = write(tmp_path / "02_large.ipynb", "held = b'x' * 300_000_000\ndel held")
    notebooks.replicate({}, tmp_path / "out", notebooks=[small, large])
    first, second = record(small, tmp_path / "out"), record(large, tmp_path / "out")
    for found in (first, second):
        assert 0.2 <= found["seconds"] < 120
        assert found["versions"]["python"] == sys.version
        assert found["library"] == files.digest_of(notebooks.library())
        assert "error" not in found
    if KNOWN:
        assert first["peak_bytes"] > 20e6
        assert 280e6 < second["peak_bytes"] - first["peak_bytes"] < 350e6
    else:
        assert first["peak_bytes"] is None


def test_a_failed_run_leaves_what_it_failed_with(tmp_path: Path) -> None:
    path = write(tmp_path / "01_bad.ipynb", "raise ValueError('no\\n  such thing')")
    with pytest.raises(notebooks.NotebookError, match="kept as"):
        notebooks.replicate({}, tmp_path / "out", notebooks=[path])
    found = record(path, tmp_path / "out")
    assert found["error"] == "01_bad.ipynb, cell [1]: ValueError: no such thing"
    assert found["seconds"] > 0
    assert (found["peak_bytes"] or 0) > (20e6 if KNOWN else -1)
    assert "key" not in found, "it would count as up to date"
    write(path, "1")
    assert notebooks.replicate({}, tmp_path / "out", notebooks=[path]) == ["01_bad"]
    assert "error" not in record(path, tmp_path / "out")


def test_a_kernel_that_dies_has_no_peak(tmp_path: Path) -> None:
    path = write(tmp_path / "01_dead.ipynb", "import os; os._exit(1)")
    with pytest.raises(notebooks.NotebookError):
        notebooks.replicate({}, tmp_path / "out", notebooks=[path])
    found = record(path, tmp_path / "out")
    assert found["peak_bytes"] is None
    assert found["error"].startswith("01_dead.ipynb: the kernel died")


def test_the_peak_is_of_the_process_that_is_named() -> None:
    """And not of this one, which has held more."""
    held = b"x" * 200_000_000
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        own, other = kernel_peak.peak_bytes(os.getpid()), kernel_peak.peak_bytes(child.pid)
    finally:
        child.communicate(b"\n")
    del held
    if KNOWN:
        assert own is not None
        assert other is not None
        assert own > 200e6 > other
    assert kernel_peak.peak_bytes(child.pid) is None, "it has ended"
