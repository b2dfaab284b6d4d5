"""Commands about trained models."""

import argparse
import shutil
from pathlib import Path

from har_lib import cli_data
from har_lib.cli_parameters import data_arguments, resolve, settle


def train_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``har train``."""
    data_arguments(parser)
    parser.add_argument(
        "--model", metavar="DIR", type=Path, help="where to (default: model/ of the output)"
    )
    parser.add_argument(
        "--device",
        choices=("cpu", "cuda", "auto"),
        default="cpu",
        help="where the network is searched and trained; auto takes a GPU where there is one "
        "(default: cpu, whose numbers are the same everywhere)",
    )


def train(arguments: argparse.Namespace) -> None:
    """Fit a classifier to a data set and save it."""
    from har_lib import predict

    settings = settle(resolve(arguments))
    folder = arguments.model or arguments.output / "model"
    # A search that was ended goes on when the command is given again.
    unfinished = folder / "unfinished"
    model = predict.train(
        cli_data.load(settings),
        settings["config"],
        settings["seed"],
        settings["jobs"],
        progress=True,
        device=arguments.device,
        checkpoint=unfinished,
    )
    model.save(folder)
    shutil.rmtree(unfinished, ignore_errors=True)
    print(f"trained on {model.trained_on['clips']} clips; the model is in {folder}")


def predict_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``har predict``."""
    parser.add_argument("video", metavar="VIDEO", type=Path, help="a video file")
    parser.add_argument(
        "--model",
        metavar="DIR",
        type=Path,
        help="a folder made by har train (default: build/model, trained on the built-in actions "
        "when it is missing or older than the library)",
    )
    parser.add_argument(
        "--output", metavar="DIR", type=Path, help="where to (default: build/predictions)"
    )


def predict(arguments: argparse.Namespace) -> None:
    """Say what a video shows."""
    from har_lib import datasets, predict
    from har_lib.config import Config
    from har_lib.files import build_dir
    from har_lib.video import read_gray

    read_gray(arguments.video, size=(16, 16))  # a video that cannot be read ends here, not later
    folder = arguments.model or build_dir() / "model"
    if arguments.model is None and not predict.is_current(folder):
        print("training a model on the built-in actions", flush=True)
        predict.train(datasets.load("builtin", progress=True), Config(), progress=True).save(folder)
    model = predict.Model.load(folder)
    output = arguments.output or build_dir() / "predictions"
    for action, share in predict.draw(model, arguments.video, output).items():
        print(f"{100 * share:5.1f} %  {action}")
    print(f"the model knows only these actions; the picture is {output / arguments.video.stem}.png")
