"""Refresh what is stored for comparison, and only where it differs by more than the tolerance."""

from collections.abc import Sequence
from pathlib import Path

from har_lib import files
from har_lib.compare import output_differences, picture_difference, same_text
from har_lib.errors import InputError
from har_lib.notebooks import NOTEBOOKS, NotebookError

#: Files compared as text; pictures go by tiles, anything else byte for byte.
TEXTS = {".csv", ".json", ".md", ".svg", ".txt"}


def accept(notebooks: Sequence[Path] | None = None) -> list[str]:
    """Run stored notebooks on their default parameters and refresh their outputs in place.

    A cell whose fresh outputs equal the stored ones keeps those, noise and all; the file is
    written only if something else is then left to change: an output, a source that was
    edited, an order of execution, a trace of an editor. One line per notebook says which.

    Parameters
    ----------
    notebooks : sequence of Path, optional
        The suite's own by default.

    Returns
    -------
    list of str
        Names of the notebooks that were written.

    Raises
    ------
    NotebookError
        If a cell fails; that notebook stays as it was.
    """
    chosen = NOTEBOOKS if notebooks is None else notebooks
    if not chosen:
        raise InputError("there is no notebook to accept in notebooks/")
    accepted = []
    for path in chosen:
        text = _refreshed(path)
        if text == path.read_bytes().decode():
            print(f"{path.stem:<20} unchanged", flush=True)
            continue
        files.write_text(path, text)
        accepted.append(path.stem)
        print(f"{path.stem:<20} accepted", flush=True)
    return accepted


def _refreshed(path: Path) -> str:
    """Text of a notebook after a fresh run, with stored outputs where they still hold."""
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, DeadKernelError

    from har_lib.kernel import STARTUP_SECONDS, EnvironmentKernel, normalise

    stored = nbformat.read(path, as_version=4)
    fresh = nbformat.read(path, as_version=4)
    for cell in fresh.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    client = NotebookClient(
        fresh,
        kernel_name="python3",
        kernel_manager_class=EnvironmentKernel,
        startup_timeout=STARTUP_SECONDS,
        record_timing=False,
        store_widget_state=False,
        # Where the strict test runs it too.
        resources={"metadata": {"path": str(path.parent)}},
    )
    try:
        client.execute()
    except CellExecutionError as error:
        count = max(cell.get("execution_count") or 0 for cell in fresh.cells)
        message = " ".join(f"{error.ename}: {error.evalue}".split())
        raise NotebookError(f"{path.name}, cell [{count}]: {message}") from error
    except DeadKernelError as error:
        raise NotebookError(f"{path.name}: the kernel died") from error
    for before, after in zip(stored.cells, fresh.cells, strict=True):
        if after.cell_type == "code" and not output_differences(before.outputs, after.outputs):
            after.outputs = before.outputs
    normalise(fresh)
    return nbformat.writes(fresh) + "\n"


def file_differences(built: Path, stored: Path) -> list[str]:
    """How a folder of stored files differs from what was built, beyond the tolerance.

    Parameters
    ----------
    built : Path
        Folder that a run has just written, such as ``build/figures``.
    stored : Path
        Folder that git tracks, such as ``figures``.

    Returns
    -------
    list of str
        ``added NAME``, ``changed NAME`` and ``removed NAME``, sorted by name.

    Raises
    ------
    InputError
        If nothing has been built.
    """
    new, old = _files(built), _files(stored)
    if not new:
        raise InputError(f"nothing has been built in {built}: run `har replicate` first")
    changes = []
    for name in sorted(new | old):
        if name not in new:
            changes.append(f"removed {name}")
        elif name not in old:
            changes.append(f"added {name}")
        elif not _same_file(stored / name, built / name):
            changes.append(f"changed {name}")
    return changes


def accept_files(built: Path, stored: Path) -> list[str]:
    """Bring a folder of stored files up to what was built; a file that was not is removed.

    Parameters, returns and errors as for `file_differences`.
    """
    changes = file_differences(built, stored)
    for change in changes:
        kind, name = change.split(" ", 1)
        if kind == "removed":
            (stored / name).unlink()
        else:
            files.write_bytes(stored / name, (built / name).read_bytes())
    return changes


def _files(folder: Path) -> set[str]:
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and not path.name.startswith(".")
    }


def _same_file(stored: Path, fresh: Path) -> bool:
    before, after = stored.read_bytes(), fresh.read_bytes()
    if before == after:
        return True
    if stored.suffix == ".png":
        return picture_difference(before, after).same
    return stored.suffix in TEXTS and same_text(before.decode(), after.decode())
