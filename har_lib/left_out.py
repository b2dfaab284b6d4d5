"""What a policy on damaged clips leaves, and what results say of the others."""

from collections.abc import Sequence

from har_lib.datasets import Dataset
from har_lib.errors import InputError, printable
from har_lib.extraction import Failure


def damage(policy: str, not_read: int, damaged_and_used: int) -> dict[str, str | int]:
    """What results say of the clips that were left out, or are damaged and used.

    Nothing where every clip is sound and the policy is to refuse others.

    Parameters
    ----------
    policy : str
        One of `har_lib.choice.DAMAGED_CLIPS`.
    not_read, damaged_and_used : int
        Numbers of clips.

    Examples
    --------
    >>> damage("skip", 1, 0)
    {'damaged_clips': 'skip', 'not_read': 1, 'damaged_and_used': 0}
    >>> damage("refuse", 0, 0)
    {}
    """
    if policy == "refuse" and not (not_read or damaged_and_used):
        return {}
    return {"damaged_clips": policy, "not_read": not_read, "damaged_and_used": damaged_and_used}


def check_classes(dataset: Dataset, failures: Sequence[Failure]) -> None:
    """Refuse what is left of a data set if a class of it has no clip any more.

    Parameters
    ----------
    dataset : Dataset
        With all clips.
    failures : sequence of Failure
        Clips that are left out.

    Raises
    ------
    InputError
        Naming the first such class.
    """
    left_out = {record for record, _ in failures}
    left = {record.label for record in dataset.records if record not in left_out}
    for label in dataset.classes:
        if label not in left:
            clips = dataset.labels.tolist().count(label)
            raise InputError(
                f"no clip of {printable(label)} is left, all {clips} are damaged or cannot be "
                "read: mend some of them, or take the class out of the data"
            )
