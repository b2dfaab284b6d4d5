"""JupyterLab as a reader meets it: a server with a token, and a notebook run by its menus."""

import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import nbformat
from playwright.sync_api import Page, expect

from har_lib import files
from har_lib.compare import output_differences
from har_lib.kernel import STARTUP_SECONDS
from tests.browser.browsing import DESKTOP, HIGHEST, HOST, screenshot

#: The longest that a notebook may take; it is the strict test's limit for a single cell.
RUN_SECONDS = 900
#: What a notebook shows or links to lies beside its folder.
BESIDE = ("figures", "docs")

#: The notebook that is open, as the page itself knows it.
_STATE = """() => {
    const panel = window.jupyterapp?.shell.currentWidget;
    const model = panel?.context?.model;
    if (!model?.cells) return null;
    const cells = [...model.cells].filter(
        cell => cell.type === "code" && cell.sharedModel.getSource().trim());
    const failed = cells.some(
        cell => cell.outputs.toJSON().some(output => output.output_type === "error"));
    return {
        kernel: panel.sessionContext.session?.kernel?.status,
        ran: cells.every(cell => cell.executionCount && cell.executionState === "idle"),
        failed: failed,
        saved: !model.dirty,
    };
}"""


@dataclass(frozen=True)
class Lab:
    """A running JupyterLab.

    Attributes
    ----------
    address : str
        Where it listens.
    token : str
        What it asks for.
    root : Path
        The folder that it shows; notebooks lie in ``notebooks``.
    """

    address: str
    token: str
    root: Path

    def answer(self, path: str, token: str | None = None, method: str = "GET") -> tuple[int, str]:
        """Status of a request, and where it ended after redirections."""
        headers = {"Authorization": f"token {token}"} if token is not None else {}
        request = urllib.request.Request(self.address + path, headers=headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as reply:
                return reply.status, reply.url
        except urllib.error.HTTPError as error:
            return error.code, error.url

    def notebook(self, name: str) -> Any:
        """A notebook as it is saved now."""
        return nbformat.read(self.root / "notebooks" / name, as_version=4)

    def end_kernels(self) -> None:
        """Shut down every kernel, so that notebooks do not share the machine's memory."""
        request = urllib.request.Request(
            f"{self.address}/api/kernels", headers={"Authorization": f"token {self.token}"}
        )
        with urllib.request.urlopen(request, timeout=30) as reply:
            kernels = json.load(reply)
        for kernel in kernels:
            self.answer(f"/api/kernels/{kernel['id']}", self.token, "DELETE")


def write_cleared(path: Path, notebook: Any) -> None:
    """Write a copy of a notebook without outputs: old counts would look like a success."""
    copy = nbformat.from_dict(notebook)
    for cell in copy.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    nbformat.write(copy, path)


def _environment(folder: Path) -> dict[str, str]:
    """Nothing of the user's own Jupyter and no output in the checkout; the features are shared."""
    apart = {
        name: str(folder / name.lower())
        for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")
    }
    without = ("JUPYTER", "JPY_", "HAR_")
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(without)}
    return {
        **inherited,
        **apart,
        "JUPYTER_PREFER_ENV_PATH": "1",
        "PYTHONPATH": str(files.ROOT),
        "HAR_DATA": str(files.data_dir()),
        "HAR_BUILD": str(folder / "build"),
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def running(folder: Path) -> Iterator[Lab]:
    """JupyterLab on what lies in ``folder / "root"``, until the context ends.

    The question whether to fetch news is left out: it asks another host.
    """
    environment = _environment(folder)
    files.write_json(
        Path(environment["JUPYTER_CONFIG_DIR"]) / "labconfig" / "page_config.json",
        {"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}},
    )
    root = folder / "root"
    for name in BESIDE:
        shutil.copytree(files.ROOT / name, root / name)
    port, token = _free_port(), secrets.token_hex(16)
    options = {
        "ServerApp.ip": HOST,
        "ServerApp.port": port,
        "ServerApp.port_retries": 0,
        "ServerApp.open_browser": False,
        "ServerApp.allow_root": True,
        "ServerApp.root_dir": root,
        "IdentityProvider.token": token,
        # Only so that a test can see in the page when all is done.
        "LabApp.expose_app_in_browser": True,
    }
    command = [sys.executable, "-m", "jupyterlab", *(f"--{k}={v}" for k, v in options.items())]
    log = folder / "server.log"
    with log.open("wb") as written:
        server = subprocess.Popen(
            command, cwd=root, env=environment, stdout=written, stderr=subprocess.STDOUT
        )
    lab = Lab(f"http://{HOST}:{port}", token, root)
    try:
        _wait_until_ready(lab, server, log)
        yield lab
        lab.end_kernels()
    finally:
        server.terminate()
        try:
            server.wait(60)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _wait_until_ready(lab: Lab, server: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + STARTUP_SECONDS
    while time.monotonic() < end and server.poll() is None:
        try:
            if lab.answer("/api/status", lab.token)[0] == 200:
                return
        except OSError:
            pass  # It does not listen yet.
        time.sleep(0.2)
    raise AssertionError(f"JupyterLab did not start:\n{log.read_text(errors='replace')[-3000:]}")


def open_notebook(page: Page, lab: Lab, name: str) -> None:
    """Open a notebook as the one document, and wait for its kernel."""
    page.goto(f"{lab.address}/lab/tree/notebooks/{quote(name)}?token={lab.token}&reset")
    wait_for(page, "state => state.kernel === 'idle'", STARTUP_SECONDS)
    page.get_by_text("Python 3 (ipykernel) | Idle", exact=True).first.wait_for()


def wait_for(page: Page, condition: str, seconds: float) -> None:
    """Wait until a condition, JavaScript of the notebook's state, holds."""
    page.wait_for_function(
        f"() => {{ const state = ({_STATE})(); return state && ({condition})(state); }}",
        timeout=seconds * 1000,
        polling=250,
    )


def run_all(page: Page) -> None:
    """Choose Run All Cells in the menu Run; wait until all have run or one has failed."""
    page.locator("#jp-MainMenu").get_by_text("Run", exact=True).click()
    page.get_by_text("Run All Cells", exact=True).click()
    wait_for(
        page,
        "state => state.kernel === 'idle' && (state.ran || state.failed)",
        RUN_SECONDS,
    )


def save(page: Page) -> None:
    """Save by the keyboard, and wait until it is done."""
    page.locator(".jp-Notebook:visible").focus()
    page.keyboard.press("Control+s")
    wait_for(page, "state => state.saved", 60)


def unroll(page: Page) -> None:
    """Make the window as high as the notebook, so that all of it is drawn at once."""
    top = """() => {
        const panel = document.querySelector(".jp-NotebookPanel:not(.lm-mod-hidden)"),
            scroller = panel.querySelector(".jp-WindowedPanel-outer");
        scroller.scrollTop = 0;
        return innerHeight - scroller.clientHeight +
            panel.querySelector(".jp-WindowedPanel-inner").scrollHeight;
    }"""
    for _ in range(3):  # What comes into sight can be higher or lower than it was thought to be.
        height = min(max(page.evaluate(top), DESKTOP["height"]), HIGHEST)
        page.set_viewport_size({"width": DESKTOP["width"], "height": height})
        page.wait_for_timeout(500)


def stuck_knobs(page: Page, seconds: float = 60) -> list[str]:
    """Turn every slider and list of the notebook by one; which do not change their picture."""
    found = []
    shown = page.locator(".jp-OutputArea-output .widget-vbox:has(.widget-image)")
    for number in range(shown.count()):
        knob = shown.nth(number)
        name = knob.locator(".widget-label").filter(has_text=re.compile(r"\S")).first.inner_text()
        picture = knob.locator("img")
        before = picture.get_attribute("src")
        handle = knob.locator(".noUi-handle")
        if handle.count():
            last = handle.get_attribute("aria-valuenow") == handle.get_attribute("aria-valuemax")
            handle.press("ArrowLeft" if last else "ArrowRight")
        else:
            choices = knob.locator("select")
            chosen = choices.evaluate("list => list.selectedIndex")
            choices.select_option(index=0 if chosen else 1)
        try:
            changed = f"{name}: the picture stays when it is turned"
            expect(picture, changed).not_to_have_attribute(
                "src", before or "", timeout=seconds * 1000
            )
            expect(picture, f"{name}: the picture is broken").to_have_js_property("complete", True)
        except AssertionError as error:
            found.append(str(error).splitlines()[0])
    return found


def screenshots(page: Page, name: str) -> None:
    """Keep what is drawn as pictures for people, two or more where it is very long."""
    further = """() => {
        const panel = document.querySelector(".jp-NotebookPanel:not(.lm-mod-hidden)"),
            scroller = panel?.querySelector(".jp-WindowedPanel-outer"),
            end = [...(panel?.querySelectorAll(".jp-Cell") ?? [])].at(-1),
            before = scroller?.scrollTop;
        if (!end || end.getBoundingClientRect().bottom <= innerHeight) return false;
        scroller.scrollBy(0, scroller.clientHeight);
        return scroller.scrollTop > before;
    }"""
    for old in (files.build_dir() / "screenshots").glob(f"{name}_*.png"):
        old.unlink()
    screenshot(page, name)
    part = 2
    while page.evaluate(further):
        page.wait_for_timeout(500)
        screenshot(page, f"{name}_{part}")
        part += 1


def notebook_complaints(stored: Any, saved: Any) -> list[str]:
    """How a notebook that was run and saved in the browser differs from the stored one."""
    if [cell.source for cell in stored.cells] != [cell.source for cell in saved.cells]:
        return ["the cells are no longer those of the stored notebook"]
    found = []
    for number, (before, after) in enumerate(zip(stored.cells, saved.cells, strict=True), 1):
        if after.cell_type != "code":
            continue
        if after.source.strip() and after.execution_count is None:
            found.append(f"cell {number} was not run")
        for output in after.outputs:
            if output.output_type == "error":
                found.append(f"cell {number} fails: {output.ename}: {output.evalue}")
            elif output.get("name") == "stderr":
                found.append(f"cell {number} writes to stderr: {output.text.strip()[:200]}")
        found += [
            f"cell {number}, {difference.kind}: {difference.message}"
            for difference in output_differences(before.outputs, after.outputs)
        ]
    return found
