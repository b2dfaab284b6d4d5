"""The kernel that notebooks run in, and the form in which they are kept."""

from typing import Any

import zmq
from ipykernel.kernelspec import RESOURCES, get_kernel_dict
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from traitlets import default

#: Traces that a run or an editor leaves in a cell's metadata.
TRACES = ("ExecuteTime", "collapsed", "execution", "papermill", "scrolled")
#: On a machine that is busy with other runs a kernel can need minutes to answer for the first time.
STARTUP_SECONDS = 600
WIDGET = "application/vnd.jupyter.widget-view+json"


class EnvironmentKernelSpecs(KernelSpecManager):
    """Knows one kernel: the interpreter that asks.

    A kernel of the same name in the user's or the system's folders, or in JUPYTER_PATH, would
    otherwise take its place and run the notebooks with other packages.
    """

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """Return the kernel of this interpreter, whatever the name."""
        return KernelSpec(resource_dir=str(RESOURCES), **get_kernel_dict())


class EnvironmentKernel(AsyncKernelManager):
    """Starts this interpreter's own kernel, and encrypts the talk with it where it can.

    The kernel listens on local ports; without encryption it warns on every start.
    """

    async def _async_interrupt_kernel(self) -> None:
        """Interrupt, but not on the way to a shutdown.

        An idle kernel that is slow to sleep would report the interrupt on stderr; a busy one is
        stopped by what follows.
        """
        if not self.shutting_down:
            await super()._async_interrupt_kernel()

    @default("transport_encryption")
    def _encrypted(self) -> str:
        return "auto" if zmq.has("curve") else "disabled"

    @default("kernel_spec_manager")
    def _own(self) -> EnvironmentKernelSpecs:
        return EnvironmentKernelSpecs(parent=self)


def normalise(notebook: Any) -> None:
    """Take out of a notebook, in place, all that differs from one run or machine to the next.

    Times and paths that papermill notes, widget state, the interpreter's version and what
    editors leave go; cell ids stay, or are given by position where a cell has none.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        Format 4.
    """
    for key in ("papermill", "widgets"):
        notebook.metadata.pop(key, None)
    notebook.metadata["kernelspec"] = {
        "display_name": "Python 3 (ipykernel)",
        "language": "python",
        "name": "python3",
    }
    notebook.metadata["language_info"] = {"name": "python"}
    notebook["nbformat"], notebook["nbformat_minor"] = 4, 5
    for index, cell in enumerate(notebook.cells):
        for key in TRACES:
            cell.metadata.pop(key, None)
        if not cell.metadata.get("tags", True):
            del cell.metadata["tags"]
        if "injected-parameters" in cell.metadata.get("tags", []):
            cell["id"] = "injected-parameters"
        cell.setdefault("id", f"cell-{index:02d}")
        for output in cell.get("outputs", []):
            if "execution_count" in output:
                output["execution_count"] = cell.execution_count
            output.get("data", {}).pop(WIDGET, None)
