"""Pictures of what follows from the equations as printed; like `plots`, they compute nothing."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from har_lib.plots import ACCENT, INK, MUTED, SECOND, canvas, picture

#: The corrected form and the print, the same everywhere; told apart by line style too.
FORM_STYLES = {"corrected": (SECOND, "-"), "as printed": (ACCENT, "--")}


def similarity_map(frame: np.ndarray, values: np.ndarray, largest: float) -> Figure:
    """A frame, and the printed SSIM of each of its windows with itself.

    ``values`` is (H', W'), smaller than the frame by the window's border; ``largest`` is what a
    flat window has.
    """
    figure, axes = canvas(9, 3.1, 1, 2)
    picture(axes[0], frame, "a frame")
    shown = axes[1].imshow(values, cmap="magma", vmin=1, vmax=largest, interpolation="nearest")
    axes[1].set_axis_off()
    axes[1].set_title(
        "printed SSIM of its windows with themselves", fontsize=9, fontweight="normal", loc="center"
    )
    figure.colorbar(shown, ax=axes[1], fraction=0.04, label="1 is meant everywhere")
    return figure


def cell_growth(growth: pd.DataFrame) -> Figure:
    """Largest cell state over time, a column a form, on a logarithmic axis."""
    figure, axes = canvas(9, 2.7)
    for name, values in growth.items():
        color, style = FORM_STYLES[str(name)]
        axes.plot(growth.index, values, color=color, linestyle=style, label=name)
    axes.set_yscale("log")
    axes.axhline(1, color=MUTED, linewidth=0.8, linestyle=":")
    axes.set(xlabel="time step", ylabel="largest cell state")
    axes.set_xticks([step for step in growth.index if step == 1 or step % 5 == 0])
    axes.legend(frameon=False, loc="upper left", title="gates (8) to (10)")
    return figure


def share_upward(shares: Mapping[str, np.ndarray], titles: Mapping[str, str]) -> Figure:
    """How many of the coordinates of a step go up: a histogram over seagulls, a panel a form."""
    figure, axes = canvas(9, 2.6, 1, len(shares), sharey=True, squeeze=False)
    edges = np.linspace(0, 1, 41)
    for place, (form, values) in zip(axes[0], shares.items(), strict=True):
        weights = np.full(len(values), 1 / len(values))
        place.hist(values, bins=edges, weights=weights, color=SECOND, edgecolor="white")
        place.axvline(0.5, color=INK, linewidth=0.8, linestyle=":")
        place.set_title(titles[form], fontsize=9, fontweight="normal", loc="center")
        place.set(xlabel="share of coordinates that go up", xlim=(-0.02, 1.02))
    axes[0, 0].set_ylabel("share of seagulls")
    return figure
