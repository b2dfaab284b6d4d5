"""Commands about trained models."""

import argparse
import shutil
import time
from pathlib import Path
from typing import Any

from har_lib import cli_data
from har_lib.cli_parameters import data_arguments, resolve, settle
from har_lib.errors import printable


def train_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``har train``."""
    parser.add_argument(
        "data", metavar="DIR", nargs="?", help="folder of the videos, in place of --data-root"
    )
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

    cli_data.take_named_data(arguments)
    settings = settle(resolve(arguments))
    folder = arguments.model or arguments.output / "model"
    # A search that was ended goes on when the command is given again.
    unfinished = folder / "unfinished"
    prepared = cli_data.prepare(settings, arguments.output)
    model = predict.train(
        prepared.dataset,
        settings["config"],
        settings["seed"],
        settings["jobs"],
        progress=True,
        device=arguments.device,
        checkpoint=unfinished,
        damage=prepared.damage,
    )
    model.save(folder)
    shutil.rmtree(unfinished, ignore_errors=True)
    print(f"trained on {model.trained_on['clips']} clips; the model is in {folder}")


def leave_model(settings: dict[str, Any], prepared: cli_data.Prepared, output: Path) -> None:
    """Fit the model that ``har predict`` takes, unless it is there; a line as for a notebook."""
    from har_lib import model_folder

    folder, config, seed = output / "model", settings["config"], settings["seed"]
    print(f"{'model':<20} ", end="", flush=True)
    wanted = {"data_digest": prepared.dataset.digest(), "seed": seed, **prepared.damage}
    if model_folder.is_current(folder, config, **wanted):
        print("up to date", flush=True)
        return
    from har_lib import predict  # only now: it takes seconds

    start = time.perf_counter()
    model = predict.train(prepared.dataset, config, seed, settings["jobs"], damage=prepared.damage)
    model.save(folder)
    print(f"{time.perf_counter() - start:6.1f} s", flush=True)


def predict_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``har predict``."""
    parser.add_argument("video", metavar="VIDEO", type=Path, help="a video file")
    parser.add_argument(
        "--model",
        metavar="DIR",
        type=Path,
        help="a folder made by har train (default: build/model, the built-in actions, which "
        "har replicate leaves there; it is trained now when it is missing or older than the "
        "library)",
    )
    parser.add_argument(
        "--output", metavar="DIR", type=Path, help="where to (default: build/predictions)"
    )
    parser.add_argument(
        "--video",
        dest="annotated",
        metavar="FILE",
        type=Path,
        help="also write the clip again with all that the model sees in it: .mp4 (H.264) or .webm "
        "(VP8)",
    )
    parser.add_argument(
        "--damaged-clips",
        choices=("refuse", "accept"),
        default="refuse",
        help="a damaged video: refuse (default), or accept what can be decoded of it",
    )


def predict(arguments: argparse.Namespace) -> None:
    """Say what a video shows."""
    from har_lib import annotate, datasets, left_out, model_folder, movie, predict, verdicts
    from har_lib.config import Config
    from har_lib.files import build_dir
    from har_lib.video import VideoError, frames_per_second, read_gray

    # What cannot be read or written ends here, not after a model has been trained.
    flaw = verdicts.look(arguments.video)
    accepted = arguments.damaged_clips == "accept"
    if flaw and not accepted:
        raise VideoError(
            f"{arguments.video}: {flaw}; --damaged-clips accept goes on with what can be decoded"
        )
    read_gray(arguments.video, size=(16, 16), damaged=accepted)
    if flaw:
        print(printable(f"damaged and used: {arguments.video}: {flaw}"), flush=True)
    if arguments.annotated:
        movie.check_target(arguments.annotated, arguments.video)
        frames_per_second(arguments.video)
    folder = arguments.model or build_dir() / "model"
    if arguments.model is None and not model_folder.is_current(folder):
        print("training a model on the built-in actions", flush=True)
        predict.train(datasets.load("builtin", progress=True), Config(), progress=True).save(folder)
    model = predict.Model.load(folder)
    output = arguments.output or build_dir() / "predictions"
    seen = predict.look(model, arguments.video, damaged=accepted)
    damage: dict[str, str | int] = {}
    if accepted:
        damage = left_out.damage("accept", 0, int(bool(flaw))) | ({"flaw": flaw} if flaw else {})
    shares = predict.draw(model, arguments.video, output, seen=seen, damage=damage)
    for action, share in shares.items():
        print(f"{100 * share:5.1f} %  {printable(action)}")
    print(f"the model knows only these actions; the picture is {output / arguments.video.stem}.png")
    if arguments.annotated:
        codec = annotate.write(arguments.video, seen, arguments.annotated, progress=True)
        print(f"the annotated video is {arguments.annotated} ({codec})")
