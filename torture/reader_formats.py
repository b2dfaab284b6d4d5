"""Every kind of file that a reader of the suite may be handed, but clips and archives."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torture import reader_handed_over as handed_over
from torture import reader_kept as kept
from torture import reader_notebooks as notebooks
from torture import reader_written as written

#: What the forkserver of `torture.isolated` imports once.
PRELOAD = ("torture.reader_formats", "har_lib.predict", "har_lib.store", "har_lib.sweep")


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


#: Every format, by what it is.
FORMATS = (
    Format(
        "result in the store", ("kept.npz",), "npz", kept.make_store, kept.read_store, guarded=True
    ),
    Format(
        "memory of digests",
        ("store/digests.sqlite",),
        "sqlite",
        kept.make_digests,
        kept.read_digests,
        guarded=True,
    ),
    Format(
        "list of the built-in data",
        ("manifest.json",),
        "json",
        kept.make_builtin,
        kept.read_manifest,
    ),
    Format(
        "silhouettes of the built-in data",
        (kept.SILHOUETTES,),
        "npz",
        kept.make_builtin,
        kept.read_silhouettes,
        guarded=True,
    ),
    Format(
        "search that goes on", ("search.npz",), "npz", kept.make_search, kept.search, guarded=True
    ),
    Format(
        "journal of permutations",
        ("permutations.jsonl",),
        "lines",
        kept.make_journal,
        kept.read_journal,
    ),
    Format(
        "parts of a study",
        ("universe.json", "answers.json"),
        "json",
        kept.make_kept,
        kept.read_kept,
    ),
    Format(
        "record of a run",
        ("run.json", "03.json"),
        "json",
        notebooks.make_records,
        notebooks.read_records,
    ),
    Format("parameters", ("mine.yaml",), "yaml", written.make_parameters, written.read_parameters),
    Format("table to audit", ("table.yaml",), "yaml", written.make_table, written.read_table),
    Format(
        "lists of UCF101",
        ("classInd.txt", "trainlist01.txt", "testlist01.txt"),
        "lines",
        written.make_lists,
        written.read_lists,
    ),
    Format("sequences of KTH", ("00sequences.txt",), "lines", written.make_kth, written.read_kth),
    Format(
        "table of groups",
        ("groups.csv", "groups.tsv"),
        "csv",
        written.make_groups,
        written.read_groups,
    ),
    Format(
        "model",
        ("model.json",),
        "json",
        handed_over.make_model,
        handed_over.read_model,
        guarded=True,
    ),
    Format(
        "weights of a model",
        ("classifier.npz",),
        "npz",
        handed_over.make_model,
        handed_over.read_model,
        guarded=True,
    ),
    Format(
        "executed notebook",
        ("first/notebooks/03_stip.ipynb", "second/notebooks/03_stip.ipynb"),
        "json",
        notebooks.make_notebooks,
        notebooks.read_notebooks,
    ),
    Format(
        "results of a run",
        ("first/results/04_coverage.json",),
        "json",
        notebooks.make_notebooks,
        notebooks.read_notebooks,
    ),
    Format(
        "recorded multiverse",
        ("recorded/multiverse_builtin.json",),
        "json",
        handed_over.make_results,
        handed_over.read_multiverse,
    ),
    Format(
        "recorded searches",
        ("recorded/search_study.json",),
        "json",
        handed_over.make_results,
        handed_over.read_study,
    ),
    Format(
        "recorded results",
        ("recorded/weizmann_silhouettes.json",),
        "json",
        handed_over.make_results,
        handed_over.read_recorded,
    ),
    Format(
        "benchmarks",
        ("benchmarks.json",),
        "json",
        handed_over.make_results,
        handed_over.read_benchmarks,
    ),
)
