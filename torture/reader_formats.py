"""The files that a reader of the suite may be handed: how a sound one is made, and how it is read.

Clips and archives have parts of their own.
"""

import argparse
import itertools
import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from har_lib import (
    checkpoint,
    config,
    digests,
    feature_ablation,
    files,
    leakage_permutation,
    multiverse_run,
    splits,
    synthetic,
    video,
)

#: What the forkserver of `torture.isolated` imports once.
PRELOAD = ("torture.reader_formats", "har_lib.predict", "har_lib.store", "har_lib.sweep")

#: Frames that a clip of these tests is made of, and a time at which it was changed, long ago.
_FRAMES, _LONG_AGO = 8, 1_600_000_000


@dataclass(frozen=True)
class Format:
    """One kind of file.

    Attributes
    ----------
    name : str
        What it is.
    files : tuple of str
        Those that are damaged, one at a time, below the folder that `make` fills.
    grammar : str
        What is known of their form: json, yaml, csv, lines, npz, sqlite or bytes.
    make : callable
        Fills an empty folder.
    read : callable
        Takes the filled folder and gives what the suite understands of it.
    guarded : bool
        A digest, or what it can be made from, tells damage: nothing but the sound content may come
        back, or None where the file counts as lost.
    """

    name: str
    files: tuple[str, ...]
    grammar: str
    make: Callable[[Path], None]
    read: Callable[[Path], Any]
    guarded: bool = False


def _clip(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    frames = np.random.default_rng(3).integers(0, 255, (_FRAMES, 48, 64)).astype(np.uint8)
    video.write(path, frames, codec="MJPG")
    os.utime(path, (_LONG_AGO, _LONG_AGO))
    return path


def _at_home(folder: Path) -> None:
    """Let the suite keep its data here."""
    os.environ["HAR_DATA"] = str(folder)


# ---------------------------------------------------------------- what the suite keeps


def _make_store(folder: Path) -> None:
    _clip(folder / "clip.avi")
    _read_store(folder)
    for place in sorted((folder / "store" / "similarity").rglob("*.npz")):
        # A name that is the same wherever the clip lies.
        (folder / "name.txt").write_text(place.relative_to(folder).as_posix())
        shutil.copy(place, folder / "kept.npz")


def _read_store(folder: Path) -> Any:
    from har_lib import datasets, store

    _at_home(folder)
    if (folder / "name.txt").exists():
        shutil.copy(folder / "kept.npz", folder / (folder / "name.txt").read_text())
    record = datasets.Record(folder / "clip.avi", "walk", "g01")
    found = store.load(record, config.Config().replace(frame_width=64, frame_height=48))
    return files.digest_of([found.keyframes.tolist(), checkpoint.digest(found.vectors)])


def _make_digests(folder: Path) -> None:
    _at_home(folder)
    _clip(folder / "clip.avi")
    _read_digests(folder)


def _read_digests(folder: Path) -> Any:
    _at_home(folder)
    digests._seen.clear()
    # One that the memory knows and, from the first time on, one that it does not.
    clips = [folder / "clip.avi", folder / "again.avi"]
    if (folder / "store").exists():
        shutil.copy2(*clips)
    found = digests.of_each([clip for clip in clips if clip.exists()])
    assert digests.count() >= 0
    assert clips[0] not in digests.gone()
    return sorted(set(found.values()))


def _make_builtin(folder: Path) -> None:
    synthetic.make(
        folder, jobs=1, progress=False, actions=synthetic.ACTIONS[:1], groups=[1], clips=[1]
    )


def _read_manifest(folder: Path) -> Any:
    made = synthetic._manifest(folder)
    names = synthetic._paths(synthetic.ACTIONS[0], 1, 1)
    there = made is not None and all(
        name in made and synthetic._present(folder, name, made[name]) for name in names
    )
    return synthetic.digest(folder) if there else None


def _read_silhouettes(folder: Path) -> Any:
    (path,) = folder.glob("silhouettes/*/*.npz")
    return checkpoint.digest(synthetic.read_silhouettes(path))


_SILHOUETTES = f"silhouettes/{synthetic.ACTIONS[0]}/v_{synthetic.ACTIONS[0]}_g01_c01.npz"


def _hill(x: np.ndarray) -> np.ndarray:
    return np.asarray(-((x - 0.37) ** 2).sum(axis=1))


def _search(folder: Path) -> Any:
    from har_lib import seagull

    found = seagull.maximise(
        _hill, np.full(4, -1.0), np.ones(4), population=4, iterations=6,
        checkpoint=folder / "search.npz", checkpoint_every=3,
    )  # fmt: skip
    return [checkpoint.digest(found.position), found.fitness, found.evaluations]


def _make_search(folder: Path) -> None:
    _search(folder)


def _make_journal(folder: Path) -> None:
    journal = leakage_permutation.Journal(folder / "permutations.jsonl")
    with journal.adding("key frames") as add:
        for seed in range(12):
            add(seed, 7 * seed)


def _read_journal(folder: Path) -> Any:
    found = leakage_permutation.Journal(folder / "permutations.jsonl").of("key frames")
    return sorted(found.items())


def _make_kept(folder: Path) -> None:
    about = {"features": "ab", "content": "cd", "failure": "", "accuracy": {"clip": 0.5}}
    files.write_json(folder / "universe.json", {**about, "by_group": {"g01": 0.25}, "runs": [1, 2]})
    answers = {"clips": ["a.avi"], "groups": ["g01"], "correct": [0.5], "spread": 0.0}
    files.write_json(folder / "answers.json", {"method": "SVM", "answers": answers})


def _read_kept(folder: Path) -> Any:
    row = multiverse_run.finished(folder / "universe.json")
    answers = feature_ablation.finished(folder / "answers.json")
    return [row, None if answers is None else vars(answers)]


def _make_records(folder: Path) -> None:
    notebook = folder / "03_stip.ipynb"
    _write_notebook(notebook)
    files.write_text(folder / "results" / "03_stip.json", "{}\n")
    made = {"results/03_stip.json": files.digest(folder / "results" / "03_stip.json")}
    record = {"key": "ab", "values": {"seed": 3}, "executed": files.digest(notebook), "made": made}
    files.write_json(folder / "run.json", record)
    known = {"name": "seed", "type": "int", "default": 0, "help": "seed of everything random"}
    files.write_json(folder / "03.json", {**record, "source": "cd", "parameters": [known]})


def _read_records(folder: Path) -> Any:
    from har_lib import notebooks, sweep

    path = Path("03_stip.ipynb")
    kept = notebooks.recorded(folder / "03.json")
    return [
        sweep._finished(path, folder, "ab"),
        notebooks.up_to_date(kept, "ab", folder / path, folder),
        notebooks.recorded_parameters(kept),
    ]


# ---------------------------------------------------------------- what people write


def _make_parameters(folder: Path) -> None:
    text = "# mine\nprofile: stable\nseed: 3\nharris_k: 0.01\ngroup_table: ''\njobs: 2\n"
    files.write_text(folder / "mine.yaml", text)


def _read_parameters(folder: Path) -> Any:
    from har_lib import cli_parameters

    parser = argparse.ArgumentParser()
    cli_parameters.data_arguments(parser)
    arguments = parser.parse_args(["--params", str(folder / "mine.yaml")])
    settled = cli_parameters.settle(cli_parameters.resolve(arguments))
    return {**settled, "config": settled["config"].flat()}


def _make_table(folder: Path) -> None:
    from har_lib import audit

    files.write_text(folder / "table.yaml", audit.EXAMPLE)


def _read_table(folder: Path) -> Any:
    from har_lib import audit

    return [vars(check) for check in audit.audit(audit.read(folder / "table.yaml"))]


def _make_lists(folder: Path) -> None:
    """The lists of a split of UCF101's form, with as many clips as the official ones."""
    labels = [f"Action{chr(65 + n // 26)}{chr(65 + n % 26)}" for n in range(101)]
    numbered = dict(zip(labels, range(1, 102), strict=True))
    lines = "".join(f"{number} {label}\r\n" for label, number in numbered.items())
    (folder / "classInd.txt").write_bytes(lines.encode())
    train, test = splits.UCF101_COUNTS[1]
    for name, groups, count in (("train", range(8, 26), train), ("test", range(1, 8), test)):
        every = itertools.product(range(1, 100), groups, labels)
        chosen = [
            f"{label}/v_{label}_g{group:02}_c{clip:02}.avi"
            + (f" {numbered[label]}" if name == "train" else "")
            for clip, group, label in itertools.islice(every, count)
        ]
        (folder / f"{name}list01.txt").write_bytes("\r\n".join(chosen).encode())


def _read_lists(folder: Path) -> Any:
    return files.digest_of(splits.ucf101_split(folder, 1))


def _make_kth(folder: Path) -> None:
    lines = ["Frames of each sequence:", ""]
    for action in ("boxing", "running"):
        for scene in range(1, 5):
            ranges = ", ".join(f"{1 + 95 * k}-{95 * (k + 1)}" for k in range(4))
            lines.append(f"person01_{action}_d{scene}\t\tframes\t{ranges}")
    lines.append("person13_handclapping_d3\t*missing*")
    (folder / "00sequences.txt").write_bytes("\r\n".join(lines).encode())


def _read_kth(folder: Path) -> Any:
    return splits.kth_sequences(folder / "00sequences.txt")


_NAMES = [
    f"{label}/{person}_{take}.avi"
    for label, person, take in itertools.product(("run", "walk"), "ab", "12")
]


def _make_groups(folder: Path) -> None:
    rows = [["file", "group", "note"], *([name, name.split("/")[1][0], ""] for name in _NAMES)]
    files.write_text(folder / "groups.csv", "".join(",".join(row) + "\n" for row in rows))
    files.write_text(folder / "groups.tsv", "".join("\t".join(row) + "\n" for row in rows))


def _read_groups(folder: Path) -> Any:
    from har_lib import groups

    clips = [folder / name for name in _NAMES]
    return [
        groups.find_groups(folder, clips, table=folder / name)
        for name in ("groups.csv", "groups.tsv")
    ]


# ---------------------------------------------------------------- what others hand over


def _make_model(folder: Path) -> None:
    from har_lib import alstm, predict

    random = np.random.default_rng(0)
    sequences = [random.normal(size=(3, 58)) + (i % 2) for i in range(8)]
    classifier = alstm.ALSTMClassifier(
        hidden_size=2, population=4, iterations=2, epochs=3, validation="random"
    )
    classifier.fit(sequences, np.array(["jump", "walk"] * 4))
    trained_on: dict[str, str | int] = {"data": "made up", "seed": 0, "source_digest": "ab"}
    predict.Model(classifier, config.Config(), trained_on).save(folder)


def _read_model(folder: Path) -> Any:
    from har_lib import predict

    model = predict.Model.load(folder)
    sequence = np.linspace(-1, 1, 3 * 58).reshape(3, 58)
    probability = model.classifier.predict_proba([sequence])
    labels = [str(label) for label in model.classifier.classes_]
    return [probability.round(9).tolist(), labels, model.config.flat(), model.trained_on]


def _write_notebook(path: Path) -> None:
    from har_lib import executed

    source = "seed: int = 0  # seed of everything random\nfast: bool = True  # skip the slow part"
    found = {"notebook": "03_stip", "points": 12, "methods": {"SVM": {"recall": 0.5}}}
    output = {"output_type": "display_data", "metadata": {}, "data": {executed.MIME: found}}
    stream = {"output_type": "stream", "name": "stdout", "text": ["12 points\n"]}
    cells = [
        {"cell_type": "markdown", "metadata": {}, "source": ["# Title\n", "text"]},
        _code(source, ["parameters"]),
        _code("seed = 3\n", ["injected-parameters"]),
        {**_code("print(12)", []), "outputs": [stream, output]},
    ]
    files.write_json(path, {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def _code(source: str, tags: list[str]) -> dict[str, Any]:
    lines = source.splitlines(keepends=True)
    return {
        "cell_type": "code",
        "execution_count": 1,
        "metadata": {"tags": tags},
        "outputs": [],
        "source": lines,
    }


def _make_notebooks(folder: Path) -> None:
    for run in ("first", "second"):
        _write_notebook(folder / run / "notebooks" / "03_stip.ipynb")
    # One that keeps no results itself, so that the file beside it is read.
    bare = folder / "first" / "notebooks" / "04_coverage.ipynb"
    _write_notebook(bare)
    content = json.loads(bare.read_text())
    content["cells"][-1]["outputs"] = []
    files.write_json(bare, content)
    results = {"notebook": "04_coverage", "cells": 9, "share": 0.25}
    files.write_json(folder / "first" / "results" / "04_coverage.json", results)


def _read_notebooks(folder: Path) -> Any:
    from har_lib import notebook_parameters, side_by_side

    runs = [folder / "first", folder / "second"]
    found = side_by_side.rows(runs)
    heads = side_by_side.labels(runs)
    known = notebook_parameters.parameters(folder / "first" / "notebooks" / "03_stip.ipynb")
    return [side_by_side.as_csv(found, heads), side_by_side.table(found, heads), sorted(known)]


def _make_results(folder: Path) -> None:
    for name in ("multiverse_builtin", "search_study", "weizmann_silhouettes"):
        path = folder / "recorded" / f"{name}.json"
        path.parent.mkdir(exist_ok=True)
        shutil.copy(files.ROOT / "results" / "recorded" / path.name, path)
    shutil.copy(files.ROOT / "results" / "benchmarks.json", folder)


def _read_multiverse(folder: Path) -> Any:
    from har_lib import multiverse

    return multiverse.recorded("builtin", folder / "recorded").summary()


def _read_study(folder: Path) -> Any:
    from har_lib import search_study

    found = search_study.recorded(folder / "recorded" / "search_study.json")
    return [found.seconds, len(found.tried), vars(found.size)]


def _read_recorded(folder: Path) -> Any:
    from har_lib import replication_sources

    return sorted(replication_sources.Sources(folder).recorded("weizmann_silhouettes"))


def _read_benchmarks(folder: Path) -> Any:
    from har_lib import benchmarks_page

    return benchmarks_page.recorded_page(folder / "benchmarks.json")


#: Every format, by what it is.
FORMATS = (
    Format("result in the store", ("kept.npz",), "npz", _make_store, _read_store, guarded=True),
    Format(
        "memory of digests",
        ("store/digests.sqlite",),
        "sqlite",
        _make_digests,
        _read_digests,
        guarded=True,
    ),
    Format("list of the built-in data", ("manifest.json",), "json", _make_builtin, _read_manifest),
    Format(
        "silhouettes of the built-in data",
        (_SILHOUETTES,),
        "npz",
        _make_builtin,
        _read_silhouettes,
        guarded=True,
    ),
    Format("search that goes on", ("search.npz",), "npz", _make_search, _search, guarded=True),
    Format(
        "journal of permutations", ("permutations.jsonl",), "lines", _make_journal, _read_journal
    ),
    Format("parts of a study", ("universe.json", "answers.json"), "json", _make_kept, _read_kept),
    Format("record of a run", ("run.json", "03.json"), "json", _make_records, _read_records),
    Format("parameters", ("mine.yaml",), "yaml", _make_parameters, _read_parameters),
    Format("table to audit", ("table.yaml",), "yaml", _make_table, _read_table),
    Format(
        "lists of UCF101",
        ("classInd.txt", "trainlist01.txt", "testlist01.txt"),
        "lines",
        _make_lists,
        _read_lists,
    ),
    Format("sequences of KTH", ("00sequences.txt",), "lines", _make_kth, _read_kth),
    Format("table of groups", ("groups.csv", "groups.tsv"), "csv", _make_groups, _read_groups),
    Format("model", ("model.json",), "json", _make_model, _read_model, guarded=True),
    Format(
        "weights of a model", ("classifier.npz",), "npz", _make_model, _read_model, guarded=True
    ),
    Format(
        "executed notebook",
        ("first/notebooks/03_stip.ipynb", "second/notebooks/03_stip.ipynb"),
        "json",
        _make_notebooks,
        _read_notebooks,
    ),
    Format(
        "results of a run",
        ("first/results/04_coverage.json",),
        "json",
        _make_notebooks,
        _read_notebooks,
    ),
    Format(
        "recorded multiverse",
        ("recorded/multiverse_builtin.json",),
        "json",
        _make_results,
        _read_multiverse,
    ),
    Format(
        "recorded searches", ("recorded/search_study.json",), "json", _make_results, _read_study
    ),
    Format(
        "recorded results",
        ("recorded/weizmann_silhouettes.json",),
        "json",
        _make_results,
        _read_recorded,
    ),
    Format("benchmarks", ("benchmarks.json",), "json", _make_results, _read_benchmarks),
)
