"""A knob in a notebook: a slider or a list, and under it the picture of the value chosen.

Needs a running kernel to move. What a stored notebook keeps of it is one line of text, so that a
reader without a kernel is served by the picture of several settings beside it.
"""

import asyncio
import html
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import ipywidgets
from matplotlib.figure import Figure

from har_lib.errors import InputError
from har_lib.figures import Picture

Value = str | int | float

#: Seconds in which further changes are waited for before one is drawn.
PAUSE = 0.05


def png(figure: Figure) -> bytes:
    """A figure as PNG, the same bytes for the same figure.

    Examples
    --------
    >>> png(Figure())[1:4]
    b'PNG'
    """
    content, _ = Picture(figure, "")._repr_png_()
    return content


class Control(ipywidgets.VBox):
    """What :func:`control` gives: help, chooser, picture and, if need be, a line under it.

    Attributes
    ----------
    chooser : ipywidgets.SelectionSlider or ipywidgets.Dropdown
        Moved by mouse or keyboard; its ``value`` is what is drawn.
    image : ipywidgets.Image
        The picture, PNG.
    line : ipywidgets.HTML
        Empty, or why the value chosen has no picture.
    """

    def __init__(
        self,
        draw: Callable[[Any], Figure],
        name: str,
        values: Sequence[Value],
        value: Value,
        help: str,
    ) -> None:
        self._draw, self._name, self._pending, self._shown = draw, name, False, ""
        self.chooser = _chooser(name, values, value)
        # Without a tooltip: JupyterLab's widgets 8.1 fail to show an image that has one.
        self.image = ipywidgets.Image(
            # A column stretches what stands in it, unless that is told to stand at its start.
            format="png",
            layout=ipywidgets.Layout(max_width="100%", align_self="flex-start"),
        )
        self.line = ipywidgets.HTML()
        super().__init__([ipywidgets.HTML(_plain(help)), self.chooser, self.image, self.line])
        self._redraw()
        self.chooser.observe(self._moved, "value")

    def __repr__(self) -> str:
        """One line that is the same on every run: no random id, no picture, no value moved to."""
        kind = "list" if isinstance(self.chooser, ipywidgets.Dropdown) else "slider"
        count = len(self.chooser.options)
        return f"{self._name}: a {kind} of {count} values, in a running notebook"

    def _moved(self, _: Any) -> None:
        """Draw soon: many changes while a picture is drawn, or shortly one after another, are one.

        Where nothing runs that could do it later, draw now.
        """
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self._redraw()
            return
        if not self._pending:
            self._pending = True
            loop.call_later(PAUSE, self._redraw)

    def _redraw(self) -> None:
        """The picture of the value that is chosen now, or a line that says why there is none."""
        self._pending = False
        label = f"{self._name} = {self.chooser.label}"
        try:
            picture = png(self._draw(self.chooser.value))
        except Exception as error:
            # Whatever it is, a traceback under a slider helps nobody.
            kind = "" if isinstance(error, InputError) else f"{type(error).__name__}: "
            kept = f"; the picture is that of {self._shown}" if self._shown else ""
            self.line.value = _plain(f"{label} has no picture: {kind}{error}{kept}")
            return
        self._shown = label
        self.line.value = ""
        self.image.value = picture


def _chooser(name: str, values: Sequence[Value], value: Value) -> Any:
    """A slider over numbers, a list of names."""
    numbers = all(isinstance(each, int | float) for each in values)
    labels = [f"{each:g}" if numbers else str(each) for each in values]
    if len(set(labels)) < len(labels):
        labels = [repr(each) for each in values]
    if len(set(labels)) < len(labels):
        raise InputError(f"values of {name}: two of them are the same; leave one out")
    if value not in values:
        allowed = ", ".join(labels)
        raise InputError(f"{name} = {value!r} is not allowed: it must be one of {allowed}")
    kind = ipywidgets.SelectionSlider if numbers else ipywidgets.Dropdown
    return kind(
        options=list(zip(labels, values, strict=True)),
        value=value,
        description=name,
        # The whole name, however long.
        style={"description_width": "initial"},
        layout=ipywidgets.Layout(width="36em", max_width="100%"),
    )


def _plain(text: str) -> str:
    """One line of text, whatever it holds, as HTML."""
    return html.escape(" ".join(text.split()))


def control(
    draw: Callable[[Any], Figure], name: str, values: Sequence[Value], value: Value, help: str
) -> Control:
    """A slider or a list that redraws a picture when it is moved.

    Parameters
    ----------
    draw : callable
        Takes a value and gives a figure. If it raises, the message stands under the picture.
    name : str
        What is turned, as the reader calls it.
    values : sequence of str, int or float
        What it may be: numbers become a slider, anything else a list.
    value : str, int or float
        Where it stands first, one of ``values``.
    help : str
        What it does, in one line.

    Returns
    -------
    Control

    Raises
    ------
    InputError
        If ``value`` is none of ``values``, or two of these are the same.

    Examples
    --------
    >>> control(lambda width: Figure((width, 1)), "width", [1, 2, 3], 2, "inches")
    width: a slider of 3 values, in a running notebook
    """
    return Control(draw, name, values, value, help)


@dataclass(frozen=True)
class Knob:
    """A choice that can be tried: live, or as one picture of several settings.

    Attributes
    ----------
    name, help, values, value, draw
        As for :func:`control`.
    shown : tuple
        The settings of the picture that needs no kernel.
    alt : str
        What that picture shows, for those who cannot see it.
    survey : callable
        Takes settings and draws it.
    """

    name: str
    help: str
    values: tuple[Value, ...]
    value: Value
    draw: Callable[[Any], Figure]
    shown: tuple[Value, ...]
    alt: str
    survey: Callable[[Sequence[Any]], Figure]

    def overview(self) -> Picture:
        """The picture of several settings side by side."""
        return Picture(self.survey(self.shown), self.alt)

    def control(self) -> Control:
        """The slider or list, with the picture of the value chosen."""
        return control(self.draw, self.name, self.values, self.value, self.help)
