"""Files that are damaged or hostile are read, refused by one line, or taken for lost.

The long form is ``python -m torture``; what it found once stands here by name.
"""

import dataclasses
import json
import os
import random
import re
import sqlite3
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from har_lib import (
    alstm,
    audit,
    benchmarks_page,
    checkpoint,
    cli,
    cli_parameters,
    config,
    digests,
    errors,
    feature_ablation,
    files,
    groups,
    leakage_permutation,
    multiverse,
    multiverse_run,
    notebook_parameters,
    notebooks,
    plain_yaml,
    predict,
    record,
    replication_sources,
    search_study,
    side_by_side,
    splits,
    sweep,
    synthetic,
)
from har_lib.errors import InputError
from torture import (
    damage_yaml,
    isolated,
    payload,
    reader_formats,
    reader_handed_over,
    reader_kept,
    reader_mutations,
    reader_notebooks,
    reader_written,
    readers,
)
from torture.reader_formats import FORMATS, Format
from torture.readers import Readers

#: The same texts each time, and none kept.
PROPERTY = settings(
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HAR_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("HAR_BUILD", str(tmp_path / "build"))
    return tmp_path


def refusal(function: Callable[..., Any], *arguments: Any) -> str:
    """The line with which a file is refused: one, and no longer than anyone reads."""
    with pytest.raises(InputError) as error:
        function(*arguments)
    said = str(error.value)
    assert said.isprintable()
    assert len(said) < readers.LONGEST + len(str(arguments[0]))
    return said


# ---------------------------------------------------------------- the study itself


def test_a_short_study_finds_nothing() -> None:
    found = readers.run(2 * len(FORMATS), seed=1)
    assert [(case.seed, case.damage, case.kind, case.said) for case in found.failures] == []
    assert len(found.cases) == 2 * len(FORMATS)
    assert {row["cases"] for row in found.rows()} == {2}
    assert sum(row["finished"] + row["refused"] for row in found.rows()) == 2 * len(FORMATS)


def _make(folder: Path) -> None:
    (folder / "a.txt").write_text("sound\n")


def _raise(error: Exception) -> None:
    raise error


def _read_badly(folder: Path) -> Any:
    """Do what the first word of the file says."""
    word = (folder / "a.txt").read_text().split()[0]
    answers: dict[str, Callable[[], Any]] = {
        "sound": lambda: "sound",
        "other": lambda: "other",
        "none": lambda: None,
        "refuse": lambda: _raise(InputError("a.txt: is wrong; mend it")),
        "nameless": lambda: _raise(InputError("the file is wrong; mend it")),
        "lines": lambda: _raise(InputError("a.txt: is\nwrong")),
        "long": lambda: _raise(InputError("a.txt: " + "x" * 400)),
        "trace": lambda: _raise(KeyError("x")),
        "abort": os.abort,
        "hang": lambda: time.sleep(60),
        "memory": lambda: bytearray(3 * 2**30),
        "payload": lambda: Path(payload.MARKER).write_text(""),
    }
    return answers[word]()


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("sound", "finished"),
        ("other", "taken for sound"),
        ("none", "finished"),
        ("refuse", "refused"),
        ("nameless", "refused badly"),
        ("lines", "refused badly"),
        ("long", "refused badly"),
        ("trace", "traceback"),
        ("abort", "crash"),
        ("hang", "hang"),
        ("memory", "traceback"),
        ("payload", "ran a payload"),
    ],
)
def test_the_study_sees_every_way_to_go_wrong(tmp_path: Path, word: str, kind: str) -> None:
    bad = Format("bad", ("a.txt",), "lines", _make, _read_badly, guarded=True)
    (tmp_path / "a.txt").write_text(f"{word}\n")
    here = os.getcwd()
    outcome = isolated.run(_in, (str(tmp_path),), seconds=3, preload=reader_formats.PRELOAD)
    assert readers.judge(bad, outcome, tmp_path, "a.txt", "sound") == kind
    open_format = dataclasses.replace(bad, guarded=False)
    if word == "other":
        assert readers.judge(open_format, outcome, tmp_path, "a.txt", "sound") == "finished"
    assert os.getcwd() == here


def _in(folder: str) -> Any:
    os.chdir(folder)
    return _read_badly(Path(folder))


def test_a_case_can_be_made_again_from_its_seed(tmp_path: Path) -> None:
    (table,) = (each for each in FORMATS if each.name == "table of groups")
    table.make(tmp_path)
    cases = [readers.damaged(table, tmp_path, f"{n}") for n in range(40)]
    assert cases == [readers.damaged(table, tmp_path, f"{n}") for n in range(40)]
    assert {file for file, *_ in cases} == set(table.files)
    assert len({content for *_, content in cases}) > 30


@pytest.mark.parametrize("grammar", sorted(reader_mutations.DAMAGES))
def test_every_damage_changes_the_file(tmp_path: Path, grammar: str) -> None:
    format = next(each for each in FORMATS if each.grammar == grammar)
    format.make(tmp_path)
    content = (tmp_path / format.files[0]).read_bytes()
    for name, damage in reader_mutations.DAMAGES[grammar].items():
        made = [damage(content, random.Random(n)) for n in range(12)]
        assert sum(each != content for each in made) >= 2, name


def test_the_summary_and_the_rows_count_all() -> None:
    cases = [
        readers.Case("model", "model.json", "cut short", "1", kind, "") for kind in readers.KINDS
    ]
    found = Readers(tuple(cases))
    assert found.failed == len(found.failures) == len(readers.KINDS) - 2
    assert "1 finished, 1 refused, 1 refused badly, 1 taken for sound" in found.summary()
    (row,) = (row for row in found.rows() if row["format"] == "model")
    assert row == {"format": "model", "cases": len(cases), **dict.fromkeys(readers.KINDS, 1)}


# ---------------------------------------------------------------- what it found: YAML


def bomb(merge: bool) -> str:
    return damage_yaml.bomb("b", 10, merge)


YAMLS = {
    "aliases of aliases": (bomb(merge=False), "aliases"),
    "merges of merges": (bomb(merge=True), "aliases"),
    "itself": ("seed: &a [*a]\n", "aliases"),
    "deep lists": ("seed: " + "[" * 5000, "20 levels"),
    "deep mappings": ("seed: " + "{a: " * 5000, "20 levels"),
    "deep blocks": ("- " * 5000, "20 levels"),
    "10 MB": ("seed: " + "x" * 10_000_000, "longer than 100,000 bytes"),
    "a key twice": ("seed: 1\nseed: 2\n", "'seed' stands twice"),
    "an empty whole number": ("seed: !!int ''\n", "string index out of range"),
    "no truth": ("seed: !!bool 'x'\n", "'x'"),
    "no date": ("seed: !!timestamp 'x'\n", "no attribute"),
    "a day that is none": ("seed: 2001-99-99\n", "month must be in"),
    "very many digits": ("seed: " + "9" * 5000, "4300 digits"),
    "no UTF-8": (b"seed: \xff\n", "utf-8"),
    "NUL": ("seed: \0\n", "special characters"),
}


@pytest.mark.parametrize("name", YAMLS)
def test_yaml_that_no_hand_wrote(tmp_path: Path, name: str) -> None:
    content, said = YAMLS[name]
    path = tmp_path / "mine.yaml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    line = refusal(plain_yaml.read, path)
    assert line.startswith(f"{path}: ")
    assert said in line


def test_yaml_as_hands_write_it(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_bytes("\ufeffseed: 3\r\nharris_k: [0.01, 1.0e-3]\r\nflag: yes\r\n".encode())
    assert plain_yaml.read(path) == {"seed": 3, "harris_k": [0.01, 0.001], "flag": True}
    untyped = {"seed": "3", "harris_k": ["0.01", "1.0e-3"], "flag": "yes"}
    assert plain_yaml.read(path, typed=False) == untyped
    path.write_text("a: " + "[" * 18 + "]" * 18)
    assert plain_yaml.read(path)


@pytest.mark.parametrize(
    "value",
    [
        "0x" + "f" * 5000,
        "1" + "0" * 400,
        "-1" + "0" * 400,
        ".inf",
        ".nan",
        "{}",
        "[]",
        "[[1]]",
        "~",
        "2001-01-01",
        "x" * 90_000,
        '"a\\nb\\e[2J"',
        "!!set {a, b}",
        "!!binary aGk=",
    ],
)
@pytest.mark.parametrize("name", ["seed", "harris_k", "profile", "dataset", "data_root", "output"])
def test_values_of_another_kind_are_refused_by_the_parameters_name(
    tmp_path: Path, name: str, value: str
) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(f"{'dataset: folder' if name == 'data_root' else ''}\n{name}: {value}\n")
    arguments = cli.build_parser().parse_args(["extract", "--params", str(path)])

    def read(_: Path) -> Any:
        return cli_parameters.settle(cli_parameters.resolve(arguments))

    if name == "output" and value[0] in 'x"':  # any text may be the name of a folder
        assert read(path)
    else:
        assert re.match(rf"{name} = .* is not allowed|.*needs --data-root", refusal(read, path))


def test_a_whole_number_larger_than_any_other_number() -> None:
    known = notebook_parameters.Parameter("harris_k", "float", 0.005, "factor")
    for value in (10**400, -(10**400), 2**1024):
        for line in (
            refusal(known.typed, value, "03_stip"),
            refusal(config.FIELDS["harris_k"].check, value),
        ):
            assert line.startswith("harris_k = ")
            assert len(line) < 150
    assert known.typed(10**300, "03_stip") == 1e300


# ---------------------------------------------------------------- what it found: text


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\xb5person01_boxing_d1\t\tframes\t1-95\n", "is no text; fetch it again"),
        ("person01_boxing_d1\t\tframes\t１-９５\n".encode(), "gives no frame ranges"),
        ("person01_boxing_d1\t\tframes\t١-٢\n".encode(), "gives no frame ranges"),
        (b"person01_boxing_d1 frames 1-" + b"9" * 5000 + b"\n", "gives no frame ranges"),
        (b"person01" + bytes(500) + b" frames 1-95\n", r"person01\x00\x00"),
        (b"person01_boxing_d1\t\tfram\n", "'person01_boxing_d1  fram' gives no frame ranges"),
    ],
)
def test_sequences_of_kth(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "00sequences.txt"
    path.write_bytes(content)
    assert said in refusal(splits.kth_sequences, path)


@pytest.mark.parametrize("name", ["classInd.txt", "trainlist01.txt", "testlist01.txt"])
def test_lists_of_ucf101(tmp_path: Path, name: str) -> None:
    reader_written.make_lists(tmp_path)
    assert [len(names) for names in splits.ucf101_split(tmp_path, 1)] == [9537, 3783]
    path = tmp_path / name
    content = path.read_bytes()
    path.write_bytes(content[:40] + b"\xff" + content[40:])
    assert f"{name}: is no text; fetch it again" in refusal(splits.ucf101_split, tmp_path, 1)
    path.write_bytes(content.replace(b"A", b"\0" * 5000, 1))
    assert re.search(r"\.txt: ", refusal(splits.ucf101_split, tmp_path, 1))
    # Digits of other scripts are digits to Python.
    path.write_bytes(content.replace(b"g08", "g٠٨".encode()).replace(b"g01", "g٠١".encode()))
    if name != "classInd.txt":
        assert "is no clip of UCF101" in refusal(splits.ucf101_split, tmp_path, 1)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"file,group\nrun/a_1.avi," + b"x" * 200_000, "is no table (field larger than"),
        (b'file,group\n"' + b"x,\n" * 100_000, "is no table (field larger than"),
        (bytes(512), r"has no column file and no column group; its columns are \x00"),
        (b"file\tgroup\n", r"its columns are file\tgroup"),
        (b"\xff\xfef\0i\0l\0e\0", "is not UTF-8 text; save it as UTF-8"),
        (b"file,group\nrun/a_1.avi,\x1b[2J\nrun/a_1.avi,b", r"in group '\x1b[2J' and in 'b'"),
    ],
)
def test_tables_of_groups(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "groups.csv").write_bytes(content)
    clips = [tmp_path / name for name in ("run/a_1.avi", "run/b_1.avi")]
    assert said in refusal(groups.find_groups, tmp_path, clips, None, tmp_path / "groups.csv")


@pytest.mark.parametrize(
    "pattern", ["a{99999999999999999999}", "(" * 5000 + ")" * 5000, "(", "(a)(b)", "x\n(", "*"]
)
def test_patterns_of_groups(tmp_path: Path, pattern: str) -> None:
    clips = [tmp_path / "run" / "a_1.avi"]
    assert "pattern " in refusal(groups.find_groups, tmp_path, clips, pattern)


@pytest.mark.parametrize("pattern", ["/((?:a|aa)+)$", "((?R))"])
def test_a_pattern_that_would_take_years_is_refused(tmp_path: Path, pattern: str) -> None:
    clips = [tmp_path / "run" / f"{'a' * 60}b.avi"]
    said = refusal(groups.find_groups, tmp_path, clips, pattern)
    assert said.startswith(f"pattern {pattern} takes more than 5 s, or than the memory")


@pytest.mark.parametrize("row", ["[" * 100_000, '{"test": "a", "seed": 1, "right": Infinity}', "7"])
def test_journals(tmp_path: Path, row: str) -> None:
    path = tmp_path / "permutations.jsonl"
    path.write_text(f'{{"test": "a", "seed": 0, "right": 3}}\n{row}\n')
    assert f"{path}, line 2" in refusal(leakage_permutation.Journal, path)


# ---------------------------------------------------------------- what it found: JSON

JSONS = {
    "no JSON": "{",
    "not UTF-8": b'{"a": "\xff"}',
    "with a mark before it": "\ufeff{}",
    "nothing": "",
    "another thing": "[]",
    "a word": '"text"',
    "a number": "7",
    "empty": "{}",
    "deep": "[" * 100_000,
    "deep and whole": '{"a":' * 900 + "1" + "}" * 900,
    "very many digits": "9" * 5000,
}
READERS: dict[str, Callable[[Path], Any]] = {
    "multiverse_x.json": lambda path: multiverse.recorded("x", path.parent),
    "search_study.json": search_study.recorded,
    "benchmarks.json": benchmarks_page.recorded_page,
    "03_stip.ipynb": notebook_parameters.parameters,
    "run.ipynb": lambda path: side_by_side.rows([path, path]),
}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("name", JSONS)
def test_json_of_another_form_is_refused_by_its_name(
    tmp_path: Path, reader: str, name: str
) -> None:
    content = JSONS[name]
    path = tmp_path / reader
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    assert reader in refusal(READERS[reader], path)


@pytest.mark.parametrize(
    "name", [name for name in JSONS if name not in ("empty", "deep and whole")]
)
def test_results_of_another_form_are_refused(tmp_path: Path, name: str) -> None:
    content = JSONS[name]
    written = content if isinstance(content, bytes) else content.encode()
    (tmp_path / "recorded").mkdir()
    (tmp_path / "recorded" / "a.json").write_bytes(written)
    sources = replication_sources.Sources(tmp_path)
    if name == "another thing":  # an empty list is as good as an empty mapping
        assert sources.recorded("a") == {}
        return
    for read in (sources.recorded, sources.maybe):
        assert "a.json" in refusal(read, "a")
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "06_results.json").write_bytes(written)
    line = refusal(lambda words: record.write("mine", words, tmp_path, {"a": 1}), ["har"])
    assert "06_results.json" in line


@pytest.mark.parametrize("name", JSONS)
def test_what_can_be_made_again_is_made_again(tmp_path: Path, name: str) -> None:
    content = JSONS[name]
    path = tmp_path / "kept.json"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    assert feature_ablation.finished(path) is None
    if name != "deep and whole":
        assert multiverse_run.finished(path) is None
    assert notebooks.recorded_parameters(notebooks.recorded(path)) is None
    assert not notebooks.up_to_date(notebooks.recorded(path), "key", path, tmp_path)
    path.rename(tmp_path / sweep.RECORD)
    assert not sweep._finished(Path("03_stip.ipynb"), tmp_path, "key")
    (tmp_path / sweep.RECORD).rename(tmp_path / "manifest.json")
    assert synthetic._manifest(tmp_path) is None


@pytest.mark.parametrize("gone", ["executed", "made", "key"])
def test_a_record_without_one_of_its_parts_is_stale(tmp_path: Path, gone: str) -> None:
    reader_notebooks.make_records(tmp_path)
    assert reader_notebooks.read_records(tmp_path)[:2] == [True, True]
    for name in ("run.json", "03.json"):
        kept = files.read_json(tmp_path / name)
        for value in (None, 7, "x", []):
            files.write_json(tmp_path / name, {**kept, gone: value})
            assert False in reader_notebooks.read_records(tmp_path)[:2]
        files.write_json(tmp_path / name, {key: kept[key] for key in kept.keys() - {gone}})
        assert False in reader_notebooks.read_records(tmp_path)[:2]
        files.write_json(tmp_path / name, kept)
    assert reader_notebooks.read_records(tmp_path)[:2] == [True, True]


def test_a_list_of_the_built_in_data_without_a_size(tmp_path: Path) -> None:
    reader_kept.make_builtin(tmp_path)
    kept = files.read_json(tmp_path / "manifest.json")
    assert reader_kept.read_manifest(tmp_path) is not None
    name = next(iter(kept["files"]))
    for entry in ({}, {"sha256": "ab"}, {"sha256": "ab", "bytes": "7"}, 7, None, []):
        files.write_json(
            tmp_path / "manifest.json", {**kept, "files": {**kept["files"], name: entry}}
        )
        assert reader_kept.read_manifest(tmp_path) is None


@pytest.mark.parametrize(
    "change", [{"correct": [0.5, 0.5]}, {"correct": ["x"]}, {"spread": None}, {"groups": []}]
)
def test_answers_that_do_not_fit_each_other_are_made_again(
    tmp_path: Path, change: dict[str, Any]
) -> None:
    reader_kept.make_kept(tmp_path)
    path = tmp_path / "answers.json"
    assert feature_ablation.finished(path) is not None
    kept = files.read_json(path)
    files.write_json(path, {**kept, "answers": {**kept["answers"], **change}})
    assert feature_ablation.finished(path) is None


# ---------------------------------------------------------------- what it found: notebooks


def test_a_notebook_that_is_no_text_is_refused_in_one_line(tmp_path: Path) -> None:
    """The error of Python shows all of the file."""
    path = tmp_path / "03_stip.ipynb"
    reader_notebooks.write_notebook(path)
    path.write_bytes(path.read_bytes().replace(b"Title", b"\xff"))
    for read in (notebook_parameters.parameters, side_by_side.executed.results):
        assert f"{path} cannot be read as a notebook" in refusal(read, path)


@pytest.mark.parametrize(
    "source",
    ["seed = " + "-" * 50_000 + "1", "seed = " + "(" * 250 + ")" * 250, "a.b = 1; c", "seed = \0"],
)
def test_parameters_that_no_parser_can_take(tmp_path: Path, source: str) -> None:
    path = tmp_path / "03_stip.ipynb"
    reader_notebooks.write_notebook(path)
    content = files.read_json(path)
    content["cells"][1]["source"] = [source]
    files.write_json(path, content)
    for read in (notebook_parameters.parameters, side_by_side.executed.parameters):
        assert "03_stip.ipynb" in refusal(read, path)


@pytest.mark.parametrize("results", [[], "x", 7, {"a": [1]}, None])
def test_results_in_a_notebook_that_are_none(tmp_path: Path, results: Any) -> None:
    path = tmp_path / "03_stip.ipynb"
    reader_notebooks.write_notebook(path)
    content = files.read_json(path)
    content["cells"][-1]["outputs"][-1]["data"] = {side_by_side.executed.MIME: results}
    files.write_json(path, content)
    if isinstance(results, dict):
        assert side_by_side.rows([path, path])
    elif results == []:
        assert refusal(side_by_side.rows, [path, path])
    else:
        assert "03_stip.ipynb" in refusal(side_by_side.rows, [path, path])


def test_results_of_any_depth_are_read_or_refused(tmp_path: Path) -> None:
    path = tmp_path / "03_stip.ipynb"
    reader_notebooks.write_notebook(path)
    text = path.read_text()
    assert text.count('"points": 12') == 1
    kinds = set()
    for depth in range(700, 1020, 4):
        deep = '{"a":' * depth + "1" + "}" * depth
        path.write_text(text.replace('"points": 12', f'"points": {deep}'))
        try:
            kinds.add(len(side_by_side.rows([path, path])) > 0)
        except InputError as error:
            kinds.add("03_stip.ipynb" in str(error))
    assert kinds == {True}


# ---------------------------------------------------------------- what it found: digests


def shortened(path: Path, name: str) -> None:
    """Let the header of one array promise half of what there is; the rest is never looked at."""
    content = path.read_bytes()
    place = content.index(f"{name}.npy".encode())
    at = content.index(b"'descr': '<f8'", place) + len(b"'descr': '<f")
    path.write_bytes(content[:at] + b"4" + content[at + 1 :])


def test_a_header_that_promises_less_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "search.npz"
    checkpoint.write(path, {"seed": 1}, {"y": 1}, P_A=np.ones((4, 3)))
    numbers, arrays = checkpoint.read(path, {"seed": 1}) or ({}, {})
    assert numbers == {"y": 1}
    assert arrays["P_A"].tolist() == np.ones((4, 3)).tolist()
    shortened(path, "P_A")
    assert "is no checkpoint, or a damaged one" in refusal(checkpoint.read, path, {"seed": 1})

    reader_handed_over.make_model(tmp_path)
    path = tmp_path / "classifier.npz"
    assert alstm.ALSTMClassifier.load(path)
    shortened(path, "centre")
    assert "is no saved classifier, or a damaged one" in refusal(alstm.ALSTMClassifier.load, path)


@pytest.mark.parametrize("identity", [[], "x", 7, None])
def test_a_checkpoint_of_no_identity(tmp_path: Path, identity: Any) -> None:
    path = tmp_path / "search.npz"
    checkpoint.write(path, identity, {"y": 1})
    if identity == []:
        assert "with other seed" in refusal(checkpoint.read, path, {"seed": 1})
    else:
        assert "is no checkpoint" in refusal(checkpoint.read, path, {"seed": 1})


def test_a_checkpoint_without_an_array_of_its_search(tmp_path: Path) -> None:
    path = tmp_path / "search.npz"
    reader_kept.search(tmp_path)
    arrays = files.read_arrays(path)
    about = json.loads(str(arrays.pop("about")))
    del arrays["seal"], arrays["known_values"]
    checkpoint.write(path, about["identity"], about["numbers"], **arrays)
    line = refusal(lambda folder: reader_kept.search(folder), tmp_path)
    assert line.startswith(f"{path}: is not a checkpoint of a search")
    assert "known_values" in line


@pytest.mark.parametrize("part", ["choices", "trained_on", "digest", "weights"])
def test_a_model_with_one_other_digit_is_refused(tmp_path: Path, part: str) -> None:
    reader_handed_over.make_model(tmp_path)
    assert predict.Model.load(tmp_path)
    about = files.read_json(tmp_path / "model.json")
    if part == "weights":
        # Another sound classifier in the place of the model's own.
        model = alstm.ALSTMClassifier.load(tmp_path / "classifier.npz")
        model.weights_ = model.weights_ + 1
        model.save(tmp_path / "classifier.npz")
    elif part == "digest":
        files.write_json(tmp_path / "model.json", {**about, "digest": "0" * 64})
    else:
        name = {"choices": "harris_k", "trained_on": "seed"}[part]
        about[part][name] += 0.001 if part == "choices" else 1
        files.write_json(tmp_path / "model.json", about)
    line = refusal(predict.Model.load, tmp_path)
    assert "its digest is not that of itself and of classifier.npz" in line
    assert line.startswith(f"{tmp_path / 'model.json'} cannot be used")


FORMS = {
    "digest of another file": "UPDATE digests SET digest = '00' || substr(digest, 3)",
    "size of another file": "UPDATE digests SET size = size + 1",
    "no digest": "UPDATE digests SET digest = NULL",
    "a number": "UPDATE digests SET digest = 7",
    "bytes": "UPDATE digests SET digest = x'00ff'",
    "no table": "DROP TABLE digests",
    "another column": "ALTER TABLE digests ADD COLUMN other TEXT NOT NULL DEFAULT 'x'",
    "a view without end": "DROP TABLE digests; CREATE VIEW digests AS WITH RECURSIVE c(x) AS "
    "(SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x AS path, x AS size, x AS changed, "
    "x AS digest, x AS seal FROM c",
    "a trigger without end": "CREATE TRIGGER t AFTER INSERT ON digests BEGIN SELECT count(*) FROM "
    "(WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x FROM c); END",
    "the form before": "DROP TABLE digests; CREATE TABLE digests (path BLOB PRIMARY KEY, "
    "size INTEGER, changed INTEGER, digest TEXT) WITHOUT ROWID",
}


def _digests(folder: str) -> list[str]:
    return list(reader_kept.read_digests(Path(folder)))


@pytest.mark.parametrize("form", FORMS)
def test_the_memory_of_digests_is_believed_only_as_it_was_written(
    tmp_path: Path, form: str
) -> None:
    reader_kept.make_digests(tmp_path)
    true = files.digest(tmp_path / "clip.avi")
    assert reader_kept.read_digests(tmp_path) == [true]
    with closing(sqlite3.connect(digests.database())) as memory, memory:
        memory.executescript(FORMS[form])
    outcome = isolated.run(_digests, (str(tmp_path),), preload=reader_formats.PRELOAD)
    assert (outcome.kind, outcome.value) == ("finished", [true]), outcome.said
    # And it is of use again.
    digests._seen.clear()
    assert list(digests.known([tmp_path / "clip.avi"]).values()) == [true]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("shape", [2, 10**9, 10**9]),
        ("shape", [10**12, 3, 4]),
        ("shape", [2, 5000, 5000]),
        ("shape", [2, 3]),
        ("shape", [2.0, 3.0, 4.0]),
        ("corner", [-1, 0]),
        ("size", [3, 5]),
        ("size", [10**6, 4]),
        ("bits", [[[1.0]]]),
        ("bits", 7),
    ],
)
def test_silhouettes_that_do_not_fit_themselves(tmp_path: Path, name: str, value: Any) -> None:
    path = tmp_path / "silhouettes.npz"
    masks = np.ones((2, 3, 4), dtype=bool)
    synthetic._write_silhouettes(path, masks)
    assert synthetic.read_silhouettes(path).tolist() == masks.tolist()
    arrays = files.read_arrays(path)
    files.write_arrays(path, **{**arrays, name: np.array(value)})
    assert "cannot be read as silhouettes" in refusal(synthetic.read_silhouettes, path)
    for content in (path.read_bytes()[:-40], b"", b"PK\x03\x04", bytes(512)):
        path.write_bytes(content)
        assert "cannot be read as silhouettes" in refusal(synthetic.read_silhouettes, path)
    np.save(path.with_suffix(".npy"), masks)
    path.with_suffix(".npy").rename(path)
    assert "cannot be read as silhouettes" in refusal(synthetic.read_silhouettes, path)


# ---------------------------------------------------------------- any text


ANY = st.text(max_size=60) | st.text(alphabet="0123456789-+.e_ ,{}[]:&*!'\"\n\t#xf", max_size=40)


def parsed(function: Callable[..., Any], *arguments: Any) -> Any:
    """What a parser makes of its input; None if it refuses it in one line."""
    try:
        return function(*arguments)
    except InputError as error:
        said = str(error)
    assert said.isprintable()
    assert len(said) < readers.LONGEST + 200
    return None


@PROPERTY
@given(text=ANY, name=st.sampled_from(sorted(config.FIELDS)))
def test_any_text_is_a_value_of_a_choice_or_refused(text: str, name: str) -> None:
    field = config.FIELDS[name]
    known = notebook_parameters.Parameter(name, type(field.default).__name__, field.default, "help")
    value = parsed(known.typed, text, "03_stip")
    if value is not None:
        assert type(value) is type(field.default)
        assert known.typed(str(value), "03_stip") == value


@PROPERTY
@given(value=st.data())
def test_a_value_of_a_choice_comes_back_from_text_and_yaml(value: st.DataObject) -> None:
    field = value.draw(st.sampled_from(list(config.FIELDS.values())))
    if not field.is_range:
        given = value.draw(st.sampled_from(field.allowed))
    elif isinstance(field.default, int):
        given = value.draw(st.integers(int(field.allowed[0]), int(field.allowed[1])))
    else:
        given = value.draw(st.floats(float(field.allowed[0]), float(field.allowed[1])))
    known = notebook_parameters.Parameter(field.name, type(given).__name__, given, "help")
    assert known.typed(str(given), "03_stip") == given
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "mine.yaml")
        path.write_text(plain_yaml.yaml.safe_dump({field.name: given}))
        assert plain_yaml.read(path) == {field.name: given}


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=8,
)


@PROPERTY
@given(value=PLAIN)
def test_plain_values_come_back_from_yaml(value: Any) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "mine.yaml")
        text = plain_yaml.yaml.safe_dump(json.loads(json.dumps(value)), allow_unicode=False)
        path.write_text(text)
        assert plain_yaml.read(path) == json.loads(json.dumps(value))


@PROPERTY
@given(text=ANY)
def test_any_text_is_yaml_or_refused(text: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "mine.yaml")
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
        parsed(plain_yaml.read, path)
        parsed(audit.read, path)
        arguments = cli.build_parser().parse_args(["choices", "--params", str(path)])
        found = parsed(cli_parameters.parameters, arguments)
        assert found is None or all(isinstance(name, str) for name in found)


SCORES = st.dictionaries(
    st.sampled_from([*audit.SCORES, "other"]),
    st.sampled_from(["0.97", "97", "1", "0", "0.5", "100", "101", "-1", "x", "½", "٣", "1e2", ""]),
)


@PROPERTY
@given(
    rows=st.dictionaries(st.text(min_size=1, max_size=5), SCORES, max_size=2),
    supports=st.none() | st.lists(st.integers(-1, 30), max_size=4),
    percent=st.sampled_from(["true", "false", "maybe"]),
)
def test_any_table_is_audited_or_refused(
    rows: dict[str, dict[str, str]], supports: list[int] | None, percent: str
) -> None:
    table = {"rows": rows, "percent": percent}
    if supports is not None:
        table["supports"] = [str(size) for size in supports]  # type: ignore[assignment]
    found = parsed(audit.parse, table)
    if found is not None:
        assert {check.verdict for check in audit.audit(found)} <= set(audit.VERDICTS)


@PROPERTY
@given(text=ANY | st.from_regex(r"person\d\d_\w+\s+frames\s+[\d\s,-]*", fullmatch=True))
def test_any_text_is_a_list_of_sequences_or_refused(text: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "00sequences.txt")
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
        found = parsed(splits.kth_sequences, path)
        for ranges in (found or {}).values():
            assert all(0 <= start < stop for start, stop in ranges)


@PROPERTY
@given(
    ranges=st.dictionaries(
        st.from_regex(r"person[0-9]{2}_[a-z]{1,8}_d[1-4]", fullmatch=True),
        st.lists(st.tuples(st.integers(0, 900), st.integers(1, 99)), min_size=1, max_size=4),
        max_size=4,
    ),
    end=st.sampled_from(["\n", "\r\n"]),
)
def test_sequences_come_back(ranges: dict[str, list[tuple[int, int]]], end: str) -> None:
    wanted = {name: [(a, a + n) for a, n in pairs] for name, pairs in ranges.items()}
    lines = [
        f"{name}\t\tframes\t" + ", ".join(f"{start + 1}-{stop}" for start, stop in pairs)
        for name, pairs in wanted.items()
    ]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "00sequences.txt")
        path.write_bytes(end.join(lines).encode())
        assert splits.kth_sequences(path) == wanted


@PROPERTY
@given(line=ANY | st.from_regex(r"[A-Z]\w+/v_\w+_g\d\d_c\d\d\.avi( \d+)?", fullmatch=True))
def test_any_line_is_a_clip_of_ucf101_or_refused(line: str) -> None:
    if not line.strip():
        return
    numbers = {"Archery": 3, "HandstandPushups": 37}
    name = parsed(splits._name, Path("testlist01.txt"), line, numbers, {1, 2}, False)
    if name is not None:
        assert re.fullmatch(r"(Archery|HandstandPushups)/v_[A-Za-z]+_g0[12]_c[0-9]{2}\.avi", name)


@PROPERTY
@given(pattern=ANY | st.from_regex(r"[(a-c|*+?{}\[\])\\.^$]{0,12}", fullmatch=True))
def test_any_pattern_finds_a_group_of_each_clip_or_is_refused(pattern: str) -> None:
    root = Path("clips")
    clips = [root / "run" / "anna_1.avi", root / "walk" / "ben_2.avi"]
    found = parsed(groups.find_groups, root, clips, pattern)
    if found is not None:
        names, _ = found
        assert len(names) == 2
        assert all(name in clip.as_posix() for name, clip in zip(names, clips, strict=True))


@PROPERTY
@given(
    table=ANY | st.from_regex(r"file,group\n(run/a\.avi|\"|,|\n|x)*", fullmatch=True),
    ending=st.sampled_from([".csv", ".tsv"]),
)
def test_any_text_is_a_table_of_groups_or_refused(table: str, ending: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        path = root / f"groups{ending}"
        path.write_bytes(table.encode("utf-8", "surrogatepass"))
        found = parsed(groups.find_groups, root, [root / "run" / "a.avi"], None, path)
        assert found is None or len(found[0]) == 1


NAME = st.text(
    st.characters(blacklist_characters="/\\\0", blacklist_categories=("C", "Z")), min_size=1
)


@PROPERTY
@given(given_groups=st.dictionaries(NAME, NAME, min_size=1, max_size=5))
def test_a_table_of_groups_comes_back(given_groups: dict[str, str]) -> None:
    root = Path("/clips")
    clips = [root / f"{name}.avi" for name in given_groups]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "groups.csv")
        with open(path, "w", encoding="utf-8-sig", newline="") as content:
            writer = groups.csv.writer(content)
            writer.writerow(["file", "group"])
            writer.writerows([f"{name}.avi", group] for name, group in given_groups.items())
        found, _ = groups.find_groups(root, clips, table=path)
    assert found == list(given_groups.values())


# ---------------------------------------------------------------- what lines are made of


@PROPERTY
@given(value=st.recursive(st.integers() | st.text() | st.floats(), st.lists, max_leaves=200))
def test_a_value_in_short_is_one_short_line(value: Any) -> None:
    said = errors.in_short(value)
    assert said.isprintable()
    assert len(said) <= 300
    if len(repr(value)) <= 40 and not isinstance(value, list):
        assert said == repr(value)


@PROPERTY
@given(text=st.text(max_size=400), most=st.integers(9, 150))
def test_plain_text_is_one_short_line(text: str, most: int) -> None:
    said = errors.plain(text, most)
    assert said.isprintable()
    assert len(said) <= most
    if text.isprintable() and len(text) <= most:
        assert said == text


def test_a_reader_that_fails_names_its_file_and_a_defect_elsewhere_keeps_its_traceback() -> None:
    for error in (KeyError("a"), TypeError("a"), RecursionError("a"), OverflowError("a")):
        with (
            pytest.raises(InputError, match=r"a\.json: is not a list, or is damaged"),
            errors.read_as("a list", "a.json", "make it anew"),
        ):
            raise error
    for other in (InputError("said"), FileNotFoundError("gone"), AssertionError("defect")):
        with pytest.raises(type(other), match=f"^{other}$"), errors.read_as("a", "b", "c"):
            raise other


def test_no_folder_of_hypothesis_is_left_in_the_checkout() -> None:
    assert not (files.ROOT / ".hypothesis").exists()
