"""Whoever runs nbval on these notebooks gets the strict one, with or without ``-p``."""

import sys
from pathlib import Path

import pytest

ROOT = str(Path(__file__).resolve().parent.parent)


def pytest_configure(config: pytest.Config) -> None:
    """Load the plugin, unless the command line has."""
    if not config.pluginmanager.has_plugin("tests.strict_nbval"):
        sys.path.insert(0, ROOT)
        config.pluginmanager.import_plugin("tests.strict_nbval")
