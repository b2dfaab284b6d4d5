"""A knob in a notebook redraws its picture, says what is wrong in a line, and stores nothing."""

import asyncio
import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

import ipywidgets
import matplotlib as mpl
import pytest
from jupyter_client.manager import KernelManager
from matplotlib.figure import Figure
from nbformat.v4 import new_code_cell, new_notebook, output_from_msg

from har_lib import controls, plots
from har_lib.compare import output_differences
from har_lib.controls import Control, Knob, control
from har_lib.errors import InputError
from har_lib.kernel import STARTUP_SECONDS, WIDGET, EnvironmentKernelSpecs, normalise


@pytest.fixture(autouse=True)
def _style() -> Iterator[None]:
    with mpl.rc_context():
        plots.use_style()
        yield


def line_of(height: float) -> Figure:
    figure, axes = plots.canvas(2, 1.5)
    axes.plot([0, height])
    axes.set(ylim=(0, 10))
    return figure


def slider(draw: Callable[[Any], Figure] = line_of, value: Any = 2) -> Control:
    return control(draw, "height", [1, 2, 3.5], value, "how high the line ends")


def picture(knob: Control) -> bytes:
    return bytes(knob.image.value)


# ---------------------------------------------------------------- the picture follows the value


def test_the_first_picture_is_that_of_the_first_value() -> None:
    knob = slider()
    assert picture(knob) == controls.png(line_of(2))
    assert knob.line.value == ""


def test_another_value_is_another_picture_and_the_same_value_the_same_bytes() -> None:
    knob = slider()
    first = picture(knob)
    knob.chooser.value = 3.5
    assert picture(knob) == controls.png(line_of(3.5)) != first
    assert knob.image.tooltip is None, "an error of JavaScript in place of the picture"
    knob.chooser.value = 2
    assert picture(knob) == first
    assert picture(slider(value=2)) == first


def test_a_picture_names_neither_software_nor_time_and_nothing_is_cut_off() -> None:
    content = controls.png(line_of(2))
    assert b"Software" not in content
    assert b"tEXt" not in content
    size = [int.from_bytes(content[place : place + 4], "big") for place in (16, 20)]
    assert size == [200, 150], "inches times dots per inch"


# ---------------------------------------------------------------- what it looks like


def test_numbers_are_a_slider_and_names_a_list() -> None:
    assert isinstance(slider().chooser, ipywidgets.SelectionSlider)
    names = control(lambda name: line_of(len(name)), "over", ["frame", "bbox"], "bbox", "what")
    assert isinstance(names.chooser, ipywidgets.Dropdown)
    assert names.chooser.value == "bbox"
    assert repr(names) == "over: a list of 2 values, in a running notebook"


def test_the_whole_name_the_value_and_the_help_can_be_read() -> None:
    knob = slider()
    assert knob.chooser.description == "height"
    assert knob.chooser.style.description_width == "initial"
    assert knob.chooser.readout
    assert knob.chooser.label == "2"
    assert knob.children[0].value == "how high the line ends"
    assert knob.children[1:] == (knob.chooser, knob.image, knob.line)
    assert not knob.chooser.disabled
    assert knob.chooser.tabbable is not False, "the keyboard reaches it"


@pytest.mark.parametrize(
    ("values", "value", "told"),
    [
        ([1, 2], 3, "height = 3 is not allowed: it must be one of 1, 2"),
        (["a", "b"], "c", "height = 'c' is not allowed: it must be one of a, b"),
        ([1, 2, 1], 1, "values of height: two of them are the same; leave one out"),
    ],
)
def test_values_that_are_not_allowed(values: list[Any], value: Any, told: str) -> None:
    with pytest.raises(InputError) as caught:
        control(line_of, "height", values, value, "")
    assert str(caught.value) == told


def test_values_that_differ_in_the_seventh_digit_are_told_apart() -> None:
    knob = control(line_of, "height", [1.0, 1.00000001], 1.0, "")
    assert knob.chooser.options == (("1.0", 1.0), ("1.00000001", 1.00000001))


# ---------------------------------------------------------------- what goes wrong


def failing(error: Exception, bad: float = 1) -> Callable[[float], Figure]:
    def draw(height: float) -> Figure:
        if height == bad:
            raise error
        return line_of(height)

    return draw


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (InputError("a clip of one frame: take a longer one"), "a clip of one frame: take a"),
        (ZeroDivisionError("division by zero"), "ZeroDivisionError: division by zero"),
        (ValueError("two\nlines"), "ValueError: two lines"),
        (ValueError("<b>5 & 6</b>"), "ValueError: &lt;b&gt;5 &amp; 6&lt;/b&gt;"),
    ],
)
def test_an_error_is_one_line_under_the_picture(
    error: Exception, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    knob = slider(failing(error))
    before = picture(knob)
    knob.chooser.value = 1
    assert knob.line.value.startswith(f"height = 1 has no picture: {told}")
    assert knob.line.value.endswith("; the picture is that of height = 2")
    assert "\n" not in knob.line.value
    assert "Traceback" not in knob.line.value
    assert picture(knob) == before
    assert capsys.readouterr() == ("", "")
    knob.chooser.value = 3.5
    assert knob.line.value == ""
    assert picture(knob) != before


def test_an_error_at_the_very_first_value_leaves_no_picture() -> None:
    knob = slider(failing(InputError("no clip"), bad=2))
    assert knob.line.value == "height = 2 has no picture: no clip"
    assert picture(knob) == b""
    knob.chooser.value = 1
    assert picture(knob) == controls.png(line_of(1))


# ---------------------------------------------------------------- quick changes


def drawn_by(change: Callable[[Control], Any]) -> tuple[list[float], bytes]:
    """The values that are drawn when a loop runs, as in a kernel, and the picture at the end."""
    drawn: list[float] = []

    def draw(height: float) -> Figure:
        drawn.append(height)
        return line_of(height)

    async def run() -> bytes:
        knob = slider(draw)
        change(knob)
        assert drawn == [2], "not yet"
        await asyncio.sleep(4 * controls.PAUSE)
        return picture(knob)

    content = asyncio.run(run())
    return drawn, content


def test_of_quick_changes_the_last_is_drawn() -> None:
    def move(knob: Control) -> None:
        for value in (1, 2, 1, 3.5):
            knob.chooser.value = value

    assert drawn_by(move) == ([2, 3.5], controls.png(line_of(3.5)))


def test_changes_after_a_pause_and_while_one_is_drawn_are_not_lost() -> None:
    drawn: list[float] = []

    async def run() -> bytes:
        def draw(height: float) -> Figure:
            drawn.append(height)
            if height == 3.5:
                knob.chooser.value = 1  # the reader goes on while this is drawn
            return line_of(height)

        knob = slider(draw)
        knob.chooser.value = 3.5
        await asyncio.sleep(6 * controls.PAUSE)
        knob.chooser.value = 2
        await asyncio.sleep(4 * controls.PAUSE)
        return picture(knob)

    assert asyncio.run(run()) == controls.png(line_of(2))
    assert drawn == [2, 3.5, 1, 2]


# ---------------------------------------------------------------- what is stored


def test_what_stands_in_for_it_is_one_line_without_ids_or_pictures() -> None:
    one, other = slider(), slider()
    other.chooser.value = 1
    assert repr(one) == repr(other) == "height: a slider of 3 values, in a running notebook"
    bundle = one._repr_mimebundle_()
    assert set(bundle) == {"text/plain", WIDGET}
    assert bundle["text/plain"] == repr(one), "not shortened"


SOURCE = """
from har_lib import plots
from har_lib.controls import control
from matplotlib.figure import Figure
plots.use_style()
knob = control(lambda width: Figure((width, 1)), "width", [1, 2, 3], 2, "inches")
knob
"""


def test_in_a_kernel_the_slider_moves_the_picture_and_nothing_of_it_is_stored() -> None:
    manager = KernelManager(kernel_name="python3")
    manager.kernel_spec_manager = EnvironmentKernelSpecs(parent=manager)
    manager.start_kernel()
    client = manager.blocking_client()
    client.start_channels()
    messages: list[Any] = []
    try:
        client.wait_for_ready(timeout=STARTUP_SECONDS)
        told(client, SOURCE, messages)
        ids = told(client, "print(knob.chooser.model_id, knob.image.model_id)", messages)
        chooser, image = ids.split()
        for index in (0, 1, 2):
            state = {"method": "update", "state": {"index": index}, "buffer_paths": []}
            content = {"comm_id": chooser, "data": state}
            client.shell_channel.send(client.session.msg("comm_msg", content))
        source = "from har_lib.controls import png; print(png(Figure((3, 1))).hex())"
        wanted = bytes.fromhex(told(client, source, messages))
        while wanted not in pictures(messages, image):
            messages.append(client.get_iopub_msg(timeout=60))
        assert pictures(messages, image)[-1] == wanted
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    (shown,) = [message for message in messages if message["msg_type"] == "execute_result"]
    cell = new_code_cell(SOURCE, execution_count=1, outputs=[output_from_msg(shown)])
    fresh = new_notebook(cells=[cell], metadata={"widgets": {"state": {image: {}}}})
    stored = copy.deepcopy(fresh)
    normalise(stored)
    line = {"text/plain": "width: a slider of 3 values, in a running notebook"}
    assert dict(stored.cells[0].outputs[0].data) == line
    assert "widgets" not in stored.metadata
    assert "model_id" in json.dumps(fresh)
    assert "model_id" not in json.dumps(stored)
    # What a fresh run gives, random ids and all, agrees with it.
    assert output_differences(stored.cells[0].outputs, fresh.cells[0].outputs) == []


def told(client: Any, source: str, messages: list[Any]) -> str:
    """What a source prints in the kernel; all that comes until it is done goes to ``messages``."""
    sent, printed = client.execute(source), ""
    while True:
        message = client.get_iopub_msg(timeout=120)
        messages.append(message)
        kind, content = message["msg_type"], message["content"]
        if message["parent_header"].get("msg_id") != sent:
            continue
        assert kind != "error", content
        if kind == "stream":
            assert content["name"] == "stdout", content
            printed += content["text"]
        if kind == "status" and content["execution_state"] == "idle":
            return printed


def pictures(messages: list[Any], image: str) -> list[bytes]:
    """The pictures that were sent to the image, but for its first."""
    return [
        bytes(buffer)
        for message in messages
        if message["msg_type"] == "comm_msg" and message["content"]["comm_id"] == image
        for buffer in message["buffers"]
    ]


# ---------------------------------------------------------------- a knob


def test_a_knob_gives_the_live_control_and_the_still_picture() -> None:
    surveyed: list[Any] = []

    def survey(shown: Any) -> Figure:
        surveyed.append(shown)
        return line_of(9)

    knob = Knob("height", "how high", (1, 2, 3), 2, line_of, (1, 3), "Rising lines.", survey)
    still = knob.overview()
    assert still.alt == "Rising lines."
    assert controls.png(still.figure) == controls.png(line_of(9))
    assert surveyed == [(1, 3)]
    live = knob.control()
    assert picture(live) == controls.png(line_of(2))
    assert [value for _, value in live.chooser.options] == [1, 2, 3]
    assert live.children[0].value == "how high"
