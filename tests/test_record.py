"""What is recorded is what this run measured, and names no folder of a machine."""

import pytest

from har_lib import files, record
from har_lib.errors import InputError


@pytest.fixture
def output(tmp_path):
    results = {"choices": {"hidden_size": 4}, "data_digest": "d", "methods": {}}
    files.write_json(tmp_path / "run" / "results" / "06_results.json", results)
    return tmp_path / "run"


RUN = {"choices": {"hidden_size": 4}, "data_digest": "d"}


def test_command_and_sources_stand_beside_the_results(output, tmp_path):
    words = ["har", "replicate", "--data-root", "/far/away/clips", "-p", "group_pattern", "/(a+)_"]
    path = record.write("clips", words, output, RUN, tmp_path / "kept")
    stored = files.read_json(path)
    assert stored["command"] == "har replicate --data-root clips -p group_pattern '/(a+)_'"
    assert stored["source_digest"] == record.computed_by("experiments") != record.sources()
    assert stored["choices"] == {"hidden_size": 4}


@pytest.mark.parametrize("other", [{"choices": {"hidden_size": 5}}, {"data_digest": "e"}])
def test_results_of_another_run_are_refused(output, tmp_path, other):
    with pytest.raises(InputError, match="not those of this run"):
        record.write("clips", ["har"], output, RUN | other, tmp_path / "kept")
    assert not (tmp_path / "kept").exists()


def test_a_run_without_results_and_a_bad_name_are_refused(output, tmp_path):
    with pytest.raises(InputError, match="holds no results"):
        record.write("clips", ["har"], tmp_path, RUN, tmp_path / "kept")
    with pytest.raises(InputError, match="letters, digits"):
        record.write("../clips", ["har"], output, RUN, tmp_path / "kept")
