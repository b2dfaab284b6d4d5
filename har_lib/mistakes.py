"""What a classifier confuses most often, each with a clip that was mistaken and a typical one."""

from dataclasses import dataclass

import numpy as np

from har_lib import store
from har_lib.config import Config
from har_lib.datasets import Record
from har_lib.evaluate import CrossValidation
from har_lib.extraction import Collection


@dataclass(frozen=True)
class Mistake:
    """One action taken for another.

    Attributes
    ----------
    true, predicted : str
    answers, of : int
        How often, and of how many answers about clips of the true action.
    mistaken : ndarray
        Middle key frame of the first such clip, uint8 (H, W).
    typical : ndarray
        The same of the first clip that was rightly taken for the predicted action; of the first
        clip of that action where there is none.
    """

    true: str
    predicted: str
    answers: int
    of: int
    mistaken: np.ndarray
    typical: np.ndarray


def commonest(
    run: CrossValidation, collection: Collection, config: Config, count: int = 3
) -> list[Mistake]:
    """The commonest mistakes about clips, of equals the first by name; none about key frames.

    Parameters
    ----------
    run : CrossValidation
        Its clips are those of ``collection``, in its order.
    collection : Collection
    config : Config
        With which the clips were read.
    count : int
        At most.
    """
    if run.unit != "clip":
        return []
    answers = run.predictions
    wrong = answers[answers.true != answers.predicted]
    counted = wrong.groupby(["true", "predicted"], sort=True).size()
    found = []
    for (true, predicted), often in counted.sort_values(ascending=False, kind="stable")[
        :count
    ].items():
        mistaken = wrong[(wrong.true == true) & (wrong.predicted == predicted)]["clip"].min()
        own = answers[answers.true == predicted]
        right = own[own.predicted == predicted]["clip"]
        typical = right.min() if len(right) else own["clip"].min()
        found.append(
            Mistake(
                true=str(true),
                predicted=str(predicted),
                answers=int(often),
                of=int((answers.true == true).sum()),
                mistaken=_middle_key_frame(collection.records[mistaken], config),
                typical=_middle_key_frame(collection.records[int(typical)], config),
            )
        )
    return found


def _middle_key_frame(record: Record, config: Config) -> np.ndarray:
    keyframes = store.load(record, config).keyframes
    frame: np.ndarray = store.frames_of(record, config)[keyframes[len(keyframes) // 2]]
    return frame
