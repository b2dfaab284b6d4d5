"""The generated parts of README.md: results and notebooks, from files that the suite wrote."""

import json
from pathlib import Path
from typing import Any

from har_lib import (
    contest,
    files,
    replication_claims,
    replication_report,
    search_report,
    search_study,
)
from har_lib.errors import InputError
from har_lib.replication_sources import Sources
from har_lib.report import bracket, percent

README = files.ROOT / "README.md"

#: Results file -> what the clips are, and what is held out, in the order shown.
DATA = {
    "builtin/06_results": ("built-in figures", "one group out"),
    "recorded/builtin_figures": ("built-in figures, settings chosen", "one group out"),
    "recorded/fight_surveillance": ("surveillance clips, fight or not", "by scene"),
    "recorded/weizmann_silhouettes": ("Weizmann silhouettes", "one person out"),
}


#: The picture of what was found.
FIGURE = "audit_recall_against_accuracy"

#: The last of :data:`DATA` again, with hardly any search.
HARDLY_SEARCHED = "weizmann_hardly_searched"


def _difference(results: dict[str, Any]) -> str:
    """The primary difference with its interval."""
    first = results["differences"][0]
    return f"{first['points']} points {first['95 % interval']}"


def _size(results: dict[str, Any]) -> str:
    """Of the search."""
    choices = results["choices"]
    return ", ".join(f"{name} {choices[name]}" for name in ("population", "iterations"))


def _row(name: str, results: dict[str, Any]) -> str:
    return _line(*DATA[name], results)


def _line(data: str, held_out: str, results: dict[str, Any]) -> str:
    cells = [
        f"{percent(found['accuracy'])} {bracket(tuple(found['interval']))}"
        for found in results["methods"].values()
    ]
    size = (
        f"{results['clips']} clips, {len(results['classes'])} actions, {results['groups']} groups"
    )
    rate = percent(max(results["majority_rate"], results["chance"]))
    choices = results["choices"]
    first = [
        f"{data}: {size}",
        held_out,
        f"{choices['configurations']}, {choices['repeats']}",
        rate,
    ]
    return "| " + " | ".join([*first, *cells]) + " |"


def _ucf101(folder: Path, methods: list[str]) -> list[str]:
    """A row for each official split of UCF101 that was run, or one that says that none was."""
    found = Sources(folder).ucf101
    if not found:
        empty = " | ".join([""] * (2 + len(methods) - 1))
        return [f"| UCF101 | official splits | {empty} not run, [command](REPLICATION.md#ucf101) |"]
    return [
        _line(f"UCF101, official split {name[-1]}", "its test list", results)
        for name, results in found.items()
    ]


def results_table(folder: Path | None = None) -> str:
    """Accuracy of each method on each data set with its interval, as Markdown."""
    folder = folder or files.ROOT / "results"
    found = {name: files.read_json(folder / f"{name}.json") for name in DATA}
    methods = list(next(iter(found.values()))["methods"])
    paper = next(iter(found.values()))["methods"]
    reported = [paper[method]["paper"]["accuracy"] for method in methods]
    first = [
        "accuracy in %, [95 % interval over groups]",
        "held out",
        "settings tried, repeats",
        "chance or commonest action",
    ]
    return "\n".join(
        [
            "| " + " | ".join([*first, *methods]) + " |",
            "|---" * (len(first) + len(methods)) + "|",
            *(_row(name, found[name]) for name in DATA),
            *_ucf101(folder, methods),
            "| the paper, UCF101 | not described | | | "
            + " | ".join("not reported" if value is None else str(value) for value in reported)
            + " |",
        ]
    )


def facts(folder: Path | None = None) -> str:
    """What the reader should know of these results beside the table, as Markdown."""
    folder = folder or files.ROOT / "results"
    found = {data: files.read_json(folder / f"{name}.json") for name, (data, _) in DATA.items()}
    filled = ", ".join(
        f"{one['clips_filled_to_minimum']} of {one['clips']} ({data})"
        for data, one in found.items()
    )
    choices = next(iter(found.values()))["choices"]
    first, second = list(next(iter(found.values()))["methods"])[:2]
    against = "; ".join(f"{_difference(one)} ({data})" for data, one in found.items())
    bare = files.read_json(folder / "recorded" / f"{HARDLY_SEARCHED}.json")
    shape = files.read_json(folder / "builtin" / "02_shape.json")
    study = search_study.recorded(folder / "recorded" / search_study.PATH.name)
    return "\n".join(
        [
            f"- {first} less {second}: {against}. That is the search together with the box that it "
            f"starts in: where settings are chosen, {first} chooses among boxes and {second} among "
            f"step sizes. With hardly any search ({_size(bare)}) the last difference is "
            f"{_difference(bare)}, which tells neither way.",
            "- What the search (*corrected*: the paper's as it is read here) adds by itself, on "
            "drawn sequences that nothing but their order tells apart: "
            f"{search_report.isolated(study.tried)}. Without Adam, "
            f"{search_report.against_random(contest.chosen(study.tried))}; on a task with less "
            f"noise, {search_report.against_random(study.easier)} (`05_aso_lstm`).",
            f"- Clips for which the SSIM threshold of {choices['ssim_threshold']} lets fewer key "
            "frames pass than our "
            f"minimum of {choices['minimum_keyframes']}, which then decides: {filled}.",
            "- Overlap (intersection over union) of the silhouette found with the true one, median "
            f"over the built-in key frames: {shape['overlap_with_truth']:.2f}. Bodies that stay in "
            "place become background.",
        ]
    )


def notebooks_table(folder: Path | None = None) -> str:
    """Title of each notebook and the equations it explains, as Markdown."""
    lines = ["| notebook | what it shows | equations |", "|---|---|---|"]
    for path in sorted((folder or files.ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb")):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        text = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"]
        title = text[0].splitlines()[0].removeprefix("# ")
        numbers = [n for n in range(1, 29) if any(f"\\tag{{{n}}}" in part for part in text)]
        span = "" if not numbers else f"{numbers[0]}–{numbers[-1]}"
        lines.append(f"| [`{path.stem}`](notebooks/{path.name}) | {title} | {span} |")
    return "\n".join(lines)


def figure(name: str) -> str:
    """A figure of the suite with its own words, as Markdown."""
    words = files.read_json(files.ROOT / "figures" / f"{name}.json")["alt"]
    return f"![{words}](figures/{name}.png)"


def refreshed(text: str) -> str:
    """README text with its generated parts made anew.

    Raises
    ------
    InputError
        If a part's markers are missing.
    """
    sources = Sources()
    parts = {
        "verdict": replication_report.in_short(sources, replication_claims.rows(sources))
        + f"\n\n{figure(FIGURE)}",
        "results": f"{results_table()}\n\n{facts()}",
        "notebooks": notebooks_table(),
    }
    for name, part in parts.items():
        begin, end = f"<!-- generated: {name} -->", f"<!-- end of {name} -->"
        before, found, rest = text.partition(begin)
        _, closed, after = rest.partition(end)
        if not (found and closed):
            raise InputError(f"README.md lacks the markers {begin} and {end}: put them back")
        text = f"{before}{begin}\n{part}\n{end}{after}"
    return text
