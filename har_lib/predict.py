"""A trained model on disk, and what it says of a video: the paper's Figure 3 for any clip."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from har_lib import (
    baselines,
    experiments,
    extraction,
    features,
    figures,
    files,
    plots,
    plots_clip,
    record,
    sight,
    store,
    verdicts,
)
from har_lib.alstm import ALSTMClassifier
from har_lib.config import Config
from har_lib.datasets import Dataset
from har_lib.errors import MALFORMED, InputError, plain, printable
from har_lib.model_folder import ABOUT, CLASSIFIER, seal
from har_lib.sight import Sight
from har_lib.video import VideoError


@dataclass(frozen=True)
class Model:
    """A fitted classifier, the choices its features were made with, and what it learnt from."""

    classifier: ALSTMClassifier
    config: Config
    trained_on: dict[str, str | int]

    def save(self, folder: Path) -> None:
        """Write the model as a folder of two files, nothing pickled."""
        self.classifier.save(folder / CLASSIFIER)
        about = {"trained_on": self.trained_on, "choices": self.config.flat()}
        files.write_json(folder / ABOUT, {**about, "digest": seal(folder, about)})

    @classmethod
    def load(cls, folder: Path) -> "Model":
        """Read what `save` wrote.

        Raises
        ------
        InputError
            If there is no model in the folder, it is not as it was written, or its choices are
            not those of this version.
        """
        try:
            about = files.read_json(folder / ABOUT)
            config = Config().replace(**about["choices"])
            trained_on = about["trained_on"]
            digest = about.pop("digest")
        except FileNotFoundError:
            raise InputError(f"{folder} holds no model: make one with har train") from None
        except MALFORMED as error:
            raise InputError(
                f"{folder / ABOUT} cannot be used ({plain(error, 200)}): train anew"
            ) from error
        classifier = ALSTMClassifier.load(folder / CLASSIFIER)
        if digest != seal(folder, about):
            raise InputError(
                f"{folder / ABOUT} cannot be used (its digest is not that of itself and of "
                f"{CLASSIFIER}): train anew"
            )
        return cls(classifier, config, trained_on)


def train(
    dataset: Dataset,
    config: Config,
    seed: int = 0,
    jobs: int = 2,
    progress: bool = False,
    device: str = "cpu",
    checkpoint: Path | None = None,
    damage: Mapping[str, str | int] | None = None,
) -> Model:
    """Fit the ALSTM classifier to all clips of a data set.

    Parameters
    ----------
    dataset : Dataset
    config : Config
    seed : int
    jobs : int
        Processes for extraction, threads for the search. The model does not depend on it.
    progress : bool
        Whether to show bars.
    device : {"cpu", "cuda", "auto"}
        Where the network is searched and trained.
    checkpoint : Path, optional
        Folder that keeps the search while it runs.
    damage : mapping, optional
        What `har_lib.left_out.damage` says of the clips that are left out or damaged and used; it
        becomes part of what the model says of itself.

    Raises
    ------
    InputError
        If no clip can be read, there is one class only, or there are too few groups to hold some
        out for validation.
    """
    if len(dataset.classes) == 1:
        raise InputError(
            f"all clips are of class {printable(dataset.classes[0])}: give at least two classes"
        )
    collection = extraction.collect(dataset, config, jobs=jobs, progress=progress)
    settings = experiments.classifier_settings(config, seed)
    classifier = baselines.classifiers(**settings)["ALSTM"]
    classifier.set_params(
        device=device, threads=jobs, checkpoint=str(checkpoint or ""), progress=progress
    )
    classifier.fit(collection.sequences, collection.labels, groups=collection.groups)
    return Model(
        classifier,
        config,
        {
            "data": dataset.name,
            "data_digest": dataset.digest(),
            "clips": len(collection.records),
            "groups": len(set(collection.groups.tolist())),
            "seed": seed,
            "source_digest": record.sources(),
            **(damage or {}),
        },
    )


def look(model: Model, video: Path, damaged: bool = False) -> Sight:
    """Take a video through the pipeline that the model was trained with.

    Parameters
    ----------
    model : Model
    video : Path
    damaged : bool
        Look at what can be decoded of a damaged video, in place of refusing it.

    Raises
    ------
    VideoError
        If the video is damaged or cannot be read.
    InputError
        If nothing moves in it, so that all its numbers are zero.
    """
    content = store.observe(video).digest
    flaw = verdicts.of(video, content)
    if flaw and not damaged:
        raise VideoError(f"{video}: {flaw}")
    frames = features.read(video, model.config.video, damaged=bool(flaw))
    store.check_same(video, content)
    seen = sight.look(frames, model.classifier, model.config)
    if not seen.found.vectors.any():
        raise InputError(
            f"{video}: nothing moves in it, so there is nothing to predict from: use another clip"
        )
    return seen


def draw(
    model: Model,
    video: Path,
    output: Path,
    at_most: int = 8,
    seen: Sight | None = None,
    damage: Mapping[str, str | int] | None = None,
) -> dict[str, float]:
    """Predict the action of a video and draw its way through the pipeline.

    Parameters
    ----------
    model : Model
    video : Path
    output : Path
        Folder for ``<video>.png`` (key frames, pre-processed output, interest points and
        prediction), its ``.csv`` (probabilities) and ``.json``.
    at_most : int
        Key frames shown.
    seen : Sight, optional
        What `look` gave for the video; looked at now by default.
    damage : mapping, optional
        What is written of a video that may be damaged; its ``flaw`` stands in both files.

    Returns
    -------
    dict
        Action -> probability, the most probable first.

    Raises
    ------
    VideoError
        If the video cannot be read.
    InputError
        If nothing moves in it, so that all its numbers are zero.
    """
    plots.use_style()
    seen = seen or look(model, video)
    probabilities = seen.probabilities
    best = next(iter(probabilities))
    table = pd.DataFrame({"action": list(probabilities), "probability": probabilities.values()})
    if damage and "flaw" in damage:
        table["damaged"] = damage["flaw"]
    figures.save(
        plots_clip.pipeline(**seen.pipeline(at_most)),
        output,
        video.stem,
        table,
        {
            "video": video.name,
            **(damage or {}),
            "frames": len(seen.frames),
            "key_frames": seen.found.keyframes.tolist(),
            "model": model.trained_on,
            "choices": model.config.flat(),
        },
        f"Key frames of {video.name}, their silhouettes, the interest points around them, and the "
        f"probability of each action; the most probable is {best}.",
    )
    return probabilities
