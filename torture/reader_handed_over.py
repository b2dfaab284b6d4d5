"""Models and results that others hand over: how they are made, and how they are read."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np

from har_lib import config, files


def make_model(folder: Path) -> None:
    from har_lib import alstm, predict

    random = np.random.default_rng(0)
    sequences = [random.normal(size=(3, 58)) + (i % 2) for i in range(8)]
    classifier = alstm.ALSTMClassifier(
        hidden_size=2, population=4, iterations=2, epochs=3, validation="random"
    )
    classifier.fit(sequences, np.array(["jump", "walk"] * 4))
    trained_on: dict[str, str | int] = {"data": "made up", "seed": 0, "source_digest": "ab"}
    predict.Model(classifier, config.Config(), trained_on).save(folder)


def read_model(folder: Path) -> Any:
    from har_lib import predict

    model = predict.Model.load(folder)
    sequence = np.linspace(-1, 1, 3 * 58).reshape(3, 58)
    probability = model.classifier.predict_proba([sequence])
    labels = [str(label) for label in model.classifier.classes_]
    return [probability.round(9).tolist(), labels, model.config.flat(), model.trained_on]


def make_results(folder: Path) -> None:
    for name in ("multiverse_builtin", "search_study", "weizmann_silhouettes"):
        path = folder / "recorded" / f"{name}.json"
        path.parent.mkdir(exist_ok=True)
        shutil.copy(files.ROOT / "results" / "recorded" / path.name, path)
    shutil.copy(files.ROOT / "results" / "benchmarks.json", folder)


def read_multiverse(folder: Path) -> Any:
    from har_lib import multiverse

    return multiverse.recorded("builtin", folder / "recorded").summary()


def read_study(folder: Path) -> Any:
    from har_lib import search_study

    found = search_study.recorded(folder / "recorded" / "search_study.json")
    return [found.seconds, len(found.tried), vars(found.size)]


def read_recorded(folder: Path) -> Any:
    from har_lib import replication_sources

    return sorted(replication_sources.Sources(folder).recorded("weizmann_silhouettes"))


def read_benchmarks(folder: Path) -> Any:
    from har_lib import benchmarks_page

    return benchmarks_page.recorded_page(folder / "benchmarks.json")
