"""The imports of the library follow the four layers; and the check can fail."""

import ast
import subprocess
import sys
from collections.abc import Iterable
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import har_lib

PACKAGE = Path(har_lib.__file__).parent

#: Layer -> its modules, lowest first. A new module fails until it stands here.
LAYERS: dict[str, set[str]] = {
    "ground": {
        *("__init__", "errors", "equations", "files", "markdown"),
        *("choice", "config_features", "config_learning", "config"),
        *("paper", "paper_parts", "paper_equations", "paper_claims", "paper_errata"),
        *("paper_questions", "ucf101_supports"),
        *("checkpoint", "plain_yaml"),
    },
    "kernels": {
        *("container_parts", "container_avi", "container_mp4", "container_fragments"),
        *("container_matroska", "containers", "pictures", "checksums"),
        "integrity",
        *("video", "clips", "blocks", "keyframes", "foreground", "shape", "coverage"),
        *("gaussian", "points", "second_moments", "stip", "jets", "stip_scales", "stip_vector"),
        *("lstm", "population", "metrics"),
        *("seagull_rules", "streams", "box", "seagull", "rivals", "objectives"),
    },
    "assembly": {
        *("motion", "scenery", "body", "rendering", "synthetic", "groups", "splits", "datasets"),
        *("features", "sources", "digests", "stages", "store", "extraction", "export", "upkeep"),
        *("verdicts", "left_out", "checking", "parallel", "cluster"),
        *("bars", "locks", "registry", "watched", "transfer", "fetch"),
        *("zip_names", "zip_listing", "archives", "ucf101_files"),
        *("order_task", "comparison"),
        *("sequences", "training", "alstm", "baselines", "folds", "evaluate", "tuning"),
    },
    "replication": {
        *("common_parameters", "executed", "sweep", "side_by_side", "cli_sweep"),
        *("__main__", "cli", "cli_parameters", "cli_data", "cli_notebooks", "cli_models"),
        *("cli_collections", "cli_fetch"),
        *("session", "experiments", "mistakes", "report", "readme", "predict", "record"),
        *("notebooks", "notebook_parameters", "kernel", "kernel_peak", "accept", "compare"),
        *("figures", "plots", "plots_learning", "plots_search", "plots_audit"),
        *("contest", "ablation", "shrinkage", "centre_bias", "search_study", "search_report"),
        *("audit", "audit_bounds", "audit_precision", "audit_printed", "audit_binary"),
        *("audit_matrices", "audit_gains", "audit_readings", "audit_report", "cli_audit"),
        *("leakage", "leakage_endpoints", "leakage_inference", "leakage_permutation"),
        *("leakage_controls", "leakage_mechanism", "leakage_study", "leakage_report"),
        "leakage_panels",
        *("silhouette_floor", "cli_leakage", "plots_leakage"),
        *("multiverse", "multiverse_axes", "multiverse_design", "multiverse_run"),
        *("multiverse_panels", "multiverse_report", "cli_multiverse", "plots_multiverse"),
        *("feature_ablation", "cli_ablations", "plots_ablation", "ablation_panels"),
        *("replication_sources", "replication_claims", "replication_measured"),
        *("replication_report", "cli_report"),
        *("annotate", "model_folder", "movie", "plots_clip", "sight"),
        *("controls", "plots_controls", "plots_controls_points", "trying"),
        *("traceability", "misprints", "pages", "benchmarks_page", "listing"),
        *("reliability_page", "reliability_promises"),
    },
}

Graph = dict[str, set[str]]


def imported(source: str, package: str = "har_lib") -> set[str]:
    """Modules of the package that a source imports anywhere, also inside functions."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(filter(None, [package if node.level else "", node.module]))
            names = [f"{base}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
            names = [
                each.value
                for each in node.args
                if isinstance(each, ast.Constant) and isinstance(each.value, str)
            ]
        else:
            continue
        parts = [name.split(".") for name in names]
        found |= {part[1] for part in parts if part[0] == package and len(part) > 1}
    return found


def other_packages(source: str) -> set[str]:
    """First names of everything that a source imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
    return found


def sources(names: Iterable[str] | None = None) -> dict[str, str]:
    """Module -> its source."""
    paths = sorted(PACKAGE.glob("*.py"))
    chosen = None if names is None else set(names)
    return {p.stem: p.read_text() for p in paths if chosen is None or p.stem in chosen}


def graph() -> Graph:
    """Module -> the modules of the library that it imports."""
    texts = sources()
    return {name: imported(text) & set(texts) for name, text in texts.items()}


def complaints(found: Graph, layers: dict[str, set[str]]) -> list[str]:
    """What is wrong with a graph of imports: places, directions, circles."""
    wrong = []
    level = {}
    for height, modules in enumerate(layers.values()):
        for module in modules:
            if module in level:
                wrong.append(f"{module} stands in two layers")
            level[module] = height
    wrong += [f"{module} stands in no layer" for module in sorted(set(found) - set(level))]
    wrong += [f"{module} is no module" for module in sorted(set(level) - set(found))]
    names = list(layers)
    for module, uses in sorted(found.items()):
        for used in sorted(uses):
            if level.get(used, -1) > level.get(module, len(names)):
                wrong.append(
                    f"{module} ({names[level[module]]}) imports {used} ({names[level[used]]})"
                )
    try:
        TopologicalSorter(found).prepare()
    except CycleError as error:
        wrong.append("a circle: " + " -> ".join(error.args[1]))
    return wrong


def test_every_module_is_in_one_layer_and_imports_downwards() -> None:
    assert complaints(graph(), LAYERS) == []


def test_the_ground_knows_nothing_of_video_or_learning() -> None:
    forbidden = {"cv2", "scipy", "skimage", "sklearn", "torch", "matplotlib", "joblib"}
    for name, text in sources(LAYERS["ground"]).items():
        assert not other_packages(text) & forbidden, name


def test_kernels_know_neither_the_configuration_nor_the_disk() -> None:
    found = graph()
    allowed = LAYERS["kernels"] | {"equations", "errors"}
    beyond = {name: found[name] - allowed for name in LAYERS["kernels"] if found[name] - allowed}
    # Reading and writing clips is what video is for; a search can be kept and taken up again.
    assert beyond == {"video": {"files"}, "seagull": {"checkpoint"}}


def test_plots_get_finished_numbers() -> None:
    found = graph()
    plots = [name for name in found if name.startswith("plots")]
    assert plots
    for name in plots:
        assert not found[name] & (LAYERS["kernels"] | LAYERS["assembly"]), name


def test_extraction_does_without_torch() -> None:
    script = (
        "import sys, har_lib.store, har_lib.features; print('torch' in sys.modules);"
        "import har_lib.alstm; print('torch' in sys.modules)"
    )
    answer = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        cwd=PACKAGE.parent,
    )
    assert answer.stdout.split() == ["False", "True"]


# ---------------------------------------------------------------- the check itself


@pytest.mark.parametrize(
    "source",
    [
        "import har_lib.store",
        "import har_lib.store as s",
        "from har_lib import config, store",
        "from har_lib.store import load",
        "from . import store",
        "from .store import load",
        "def f():\n    from har_lib import store",
        "if TYPE_CHECKING:\n    import har_lib.store",
        "importlib.import_module('har_lib.store')",
    ],
)
def test_every_way_to_import_is_seen(source: str) -> None:
    assert "store" in imported(source)


def test_what_is_no_import_of_the_library_is_not_seen() -> None:
    source = '"import har_lib.store"\nimport store\nfrom other.har_lib import store'
    assert imported(source) == set()


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"new": set()}, "new stands in no layer"),
        ({"low": {"other"}}, "low (first) imports other (second)"),
        ({"low": {"also_low"}, "also_low": {"low"}}, "a circle: "),
        ({"high": {"high"}}, "a circle: high -> high"),
    ],
)
def test_each_fault_is_found(change: Graph, complaint: str) -> None:
    good: Graph = {"low": set(), "also_low": {"low"}, "high": {"low", "also_low"}, "other": set()}
    layers = {"first": {"low", "also_low"}, "second": {"high", "other"}}
    assert complaints(good, layers) == []
    (found,) = complaints(good | change, layers)
    assert found.startswith(complaint)


def test_a_module_in_two_layers_or_gone_is_found() -> None:
    assert complaints({"a": set()}, {"x": {"a"}, "y": {"a"}}) == ["a stands in two layers"]
    assert complaints({"a": set()}, {"x": {"a", "b"}}) == ["b is no module"]
