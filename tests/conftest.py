"""With real clips at hand, a test that needs them may not be skipped."""

import dataclasses
import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import configuration

from har_lib import digests, stages

# What hypothesis keeps for itself does not belong into the checkout.
configuration.set_hypothesis_home_dir(Path(tempfile.gettempdir()) / "har-hypothesis")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session, exitstatus):
    """Turn skipped tests into a failure when HAR_TEST_DATA names the clips."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or not os.environ.get("HAR_TEST_DATA"):
        return
    skipped = reporter.stats.get("skipped", [])
    if skipped and exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        names = ", ".join(report.nodeid for report in skipped[:5])
        reporter.write_line(f"HAR_TEST_DATA is set, but {len(skipped)} tests were skipped: {names}")


@pytest.fixture
def own_folders(tmp_path, monkeypatch):
    """A store and a build folder of the test's own, and no digest that is remembered."""
    monkeypatch.setenv("HAR_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("HAR_BUILD", str(tmp_path / "build"))
    monkeypatch.setattr(digests, "_seen", {})


@pytest.fixture
def calls(monkeypatch):
    """Names of the stages that are computed in this process, one entry a clip."""
    called = []
    for name, stage in stages.STAGES.items():

        def counted(frames, config, name=name, compute=stage.compute):
            called.append(name)
            return compute(frames, config)

        monkeypatch.setitem(stages.STAGES, name, dataclasses.replace(stage, compute=counted))
    return called
