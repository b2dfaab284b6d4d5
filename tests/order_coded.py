"""Made-up sequences whose class is told by the order of their steps alone."""

import numpy as np

FEATURES = 58


def order_coded(
    classes: int = 4,
    groups: int = 8,
    per_class: int = 4,
    steps: int = 10,
    noise: float = 1.0,
    group_noise: float = 0.0,
    seed: int = 0,
) -> tuple[list[np.ndarray], np.ndarray, np.ndarray]:
    """Sequences (K_i, 58), labels and groups: every group has ``per_class`` of every class.

    All classes run through the same ``steps`` patterns, each in its own order, so that mean and
    deviation over a sequence say nothing of its class. Lengths vary from steps to steps + 4, by
    repeating a step. The first four columns hold only 0 and 1, and carry no class.
    """
    generator = np.random.default_rng(seed)
    patterns = generator.normal(size=(steps, FEATURES))
    orders = [generator.permutation(steps) for _ in range(classes)]
    X, y, origin = [], [], []
    for group in range(groups):
        shift = group_noise * generator.normal(size=FEATURES)
        for label in range(classes):
            for _ in range(per_class):
                length = steps + int(generator.integers(0, 5))
                place = np.sort(
                    np.r_[np.arange(steps), generator.integers(0, steps, length - steps)]
                )
                values = patterns[orders[label]][place] + shift
                values = values + noise * generator.normal(size=values.shape)
                values[:, :4] = generator.integers(0, 2, (length, 4))
                X.append(values)
                y.append(label)
                origin.append(f"g{group:02d}")
    return X, np.array(y), np.array(origin)
