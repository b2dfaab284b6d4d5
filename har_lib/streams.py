"""Random numbers of a swarm: a stream for each agent, and one for what they do together."""

import copy
from typing import Any

import numpy as np
from numpy.typing import NDArray

from har_lib.errors import InputError

Array = NDArray[np.float64]


def _root(seed: int) -> np.random.SeedSequence:
    try:
        return np.random.SeedSequence(seed)
    except (TypeError, ValueError):
        raise InputError(
            f"seed = {seed!r} is not allowed: give a whole number from 0 on, or a SeedSequence"
        ) from None


class Streams:
    """Independent generators, spawned from one seed.

    Stream 0 is the swarm's, stream i + 1 that of agent i. So an agent draws the same numbers
    whatever the others draw, however many they are, and whichever process it lives in.

    Parameters
    ----------
    seed : int or SeedSequence
        The same seed gives the same streams, however often it is used.
    agents : int

    Raises
    ------
    InputError
        If the seed is none.

    Examples
    --------
    >>> two, three = Streams(0, 2).uniform((4,)), Streams(0, 3).uniform((4,))
    >>> bool((two == three[:2]).all())
    True
    """

    def __init__(self, seed: int | np.random.SeedSequence, agents: int) -> None:
        root = seed if isinstance(seed, np.random.SeedSequence) else _root(seed)
        #: What a checkpoint knows the streams by.
        self.seed = [str(root.entropy), list(root.spawn_key)]
        # SeedSequence.spawn would give other children at each call.
        self.swarm, *self.agents = (
            np.random.default_rng(
                np.random.SeedSequence(root.entropy, spawn_key=(*root.spawn_key, i))
            )
            for i in range(agents + 1)
        )

    def uniform(self, shape: tuple[int, ...]) -> Array:
        """Numbers in [0, 1), float64 (P, *shape): each agent draws its own row."""
        drawn = np.empty((len(self.agents), *shape))
        for row, generator in zip(drawn, self.agents, strict=True):
            generator.random(out=row)
        return drawn

    def state(self) -> list[Any]:
        """Where each stream stands, as JSON can keep it."""
        return [copy.deepcopy(each.bit_generator.state) for each in (self.swarm, *self.agents)]

    def restore(self, state: list[Any]) -> None:
        """Go on where :meth:`state` was taken."""
        for generator, kept in zip((self.swarm, *self.agents), state, strict=True):
            generator.bit_generator.state = kept
