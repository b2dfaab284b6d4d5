"""The papermill driver: run notebooks with other parameters, and only those that are stale."""

import os
import sys
import time
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib import metadata
from pathlib import Path
from typing import Any

from har_lib import common_parameters, files, locks, notebook_parameters
from har_lib.errors import MALFORMED, InputError
from har_lib.notebook_parameters import Parameter, Value, check_names, escaped, read_cells

#: The suite's notebooks in their order.
NOTEBOOKS: tuple[Path, ...] = tuple(sorted((files.ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb")))

#: The driver's public name for what a notebook offers.
parameters = notebook_parameters.parameters


class NotebookError(InputError):
    """A notebook failed while it ran: which one, in which cell, and with what error.

    Attributes
    ----------
    cause : str
        The message without the advice that may follow it.
    """

    def __init__(self, cause: str, advice: str = "") -> None:
        super().__init__("; ".join(filter(None, [cause, advice])))
        self.cause = cause


def find(name: str, notebooks: Sequence[Path] | None = None) -> Path:
    """Complete a notebook's number, name or path.

    Parameters
    ----------
    name : str
        ``"03"``, ``"3"``, ``"03_stip"``, ``"stip"`` or a path.
    notebooks : sequence of Path, optional
        Where to look; the suite's own by default.

    Raises
    ------
    InputError
        If there is no such notebook; the line lists those that there are.
    """
    notebooks = NOTEBOOKS if notebooks is None else notebooks
    for path in notebooks:
        number, _, title = path.stem.partition("_")
        if name in (path.stem, path.name, number, number.lstrip("0") or "0", title):
            return path
    if name.endswith(".ipynb") and Path(name).is_file():
        return Path(name)
    names = ", ".join(path.stem for path in notebooks) or "none"
    raise InputError(f"there is no notebook {name!r}; notebooks are: {names}")


def execute(path: Path, output: Path, parameters: Mapping[str, Any]) -> Path:
    """Run one notebook with papermill and write the executed copy.

    Parameters
    ----------
    path : Path
        The notebook; it is not changed.
    output : Path
        The executed copy. It appears when the whole notebook has run; a half-run one is kept
        beside it as ``<name>.failed.ipynb``.
    parameters : mapping
        Name -> value, typed or as text.

    Returns
    -------
    Path
        ``output``.

    Raises
    ------
    InputError
        For an unknown name or a value that is not allowed, before anything runs.
    NotebookError
        If a cell fails.
    """
    known = notebook_parameters.parameters(path)
    check_names(parameters, known, path.stem)
    values = {name: known[name].typed(value, path.stem) for name, value in parameters.items()}
    common_parameters.check(values)
    return _run(path, output, values)


def _run(
    path: Path, output: Path, values: dict[str, Value], peaks: list[int] | None = None
) -> Path:
    import nbformat
    import papermill
    from papermill.exceptions import PapermillExecutionError

    from har_lib.kernel import STARTUP_SECONDS, normalise
    from har_lib.kernel_peak import telling_kernel

    failed = output.with_name(f"{output.stem}.failed.ipynb")
    failed.unlink(missing_ok=True)
    output.parent.mkdir(parents=True, exist_ok=True)
    with files.atomic(output) as temporary:
        try:
            notebook = papermill.execute_notebook(
                escaped(path),
                escaped(temporary),
                values,
                kernel_name="python3",
                language="python",
                kernel_manager_class=telling_kernel([] if peaks is None else peaks),
                start_timeout=STARTUP_SECONDS,
                progress_bar=False,
            )
        except PapermillExecutionError as error:
            files.write_bytes(failed, temporary.read_bytes())
            message = " ".join(f"{error.ename}: {error.evalue}".split())
            raise NotebookError(
                f"{path.name}, cell [{error.exec_count}]: {message}",
                f"the half-run notebook is kept as {failed}",
            ) from error
        except RuntimeError as error:  # the kernel died: out of memory, or a crash in a library
            message = " ".join(str(error).split())
            raise NotebookError(f"{path.name}: the kernel died: {message}") from error
        normalise(notebook)
        temporary.write_text(nbformat.writes(notebook) + "\n", encoding="utf-8")
    return output


def library() -> dict[str, str]:
    """Digest of each source of the library."""
    return {p.name: files.digest(p) for p in sorted(Path(__file__).parent.glob("*.py"))}


def record_path(path: Path, output: Path) -> Path:
    """Where a run into ``output`` keeps what it was of a notebook."""
    return output / "notebooks" / f"{path.stem.partition('_')[0]}.json"


def surroundings() -> dict[str, Any]:
    """Describe what a notebook's results depend on besides itself and its parameters."""
    project = tomllib.loads((files.ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    versions = {"python": sys.version}
    for requirement in project["dependencies"]:
        name = requirement.split(">")[0].split("=")[0].strip()
        versions[name] = metadata.version(name)
    return {
        "versions": versions,
        "library": library(),
        "folders": [str(files.data_dir()), str(files.build_dir())],
    }


def _content(folder: Path) -> dict[str, int]:
    """Files of an output folder, without the notebooks, and when they were written."""
    return {
        str(path.relative_to(folder)): path.stat().st_mtime_ns
        for path in folder.rglob("*")
        if path.is_file() and path.relative_to(folder).parts[0] != "notebooks"
    }


def _spent(start: float, peaks: list[int]) -> dict[str, Any]:
    """Time and memory of a run that began at ``start``, as they are kept."""
    return {
        "seconds": round(time.perf_counter() - start, 1),
        "peak_bytes": max(peaks, default=None),
    }


def up_to_date(record: dict[str, Any], key: str, executed: Path, output: Path) -> bool:
    """Whether a run is that of the key, and all that it made under ``output`` is unchanged."""
    made = record.get("made")
    return (
        record.get("key") == key
        and isinstance(made, dict)
        and executed.is_file()
        and record.get("executed") == files.digest(executed)
        and all(
            os.path.isfile(output / name) and files.digest(output / name) == content
            for name, content in made.items()
        )
    )


def recorded(path: Path) -> dict[str, Any]:
    """What is kept of a notebook's last run; empty where there is nothing that can be read."""
    try:
        return dict(files.read_json(path))
    except (OSError, *MALFORMED):
        return {}


def recorded_parameters(record: Mapping[str, Any]) -> dict[str, Parameter] | None:
    """The parameters that the notebook of a run offered, or None if the record has none."""
    try:
        known = [Parameter(**each) for each in record["parameters"]]
        for each in known:
            each.typed(each.default, "the record")
        return {each.name: each for each in known}
    except MALFORMED:
        return None


def replicate(
    parameters: Mapping[str, Any],
    output: Path,
    only: Sequence[str] | None = None,
    progress: bool = True,
    dataset_digest: str = "",
    notebooks: Sequence[Path] | None = None,
) -> list[str]:
    """Run the notebooks in order into ``<output>/notebooks/``, those that are stale.

    A notebook is up to date when its cells, its parameters, the library's sources, the
    versions of what the library depends on and the data are those of its last run, and all
    that it wrote under ``output`` is still there. What it was is kept beside the executed copy
    in ``<number>.json``, with the seconds and the bytes of memory that it took; of one that
    failed, what it failed with.

    Parameters
    ----------
    parameters : mapping
        Name -> value, typed or as text; each notebook is given those that it knows. ``output``
        is filled in where it is not given.
    output : Path
        Folder for the executed notebooks and all that they write.
    only : sequence of str, optional
        Numbers or names of the notebooks to run.
    progress : bool
        Print one line per notebook.
    dataset_digest : str
        Digest of the data that the notebooks read.
    notebooks : sequence of Path, optional
        Notebooks to run instead of the suite's own.

    Returns
    -------
    list of str
        Names of the notebooks that ran.

    Raises
    ------
    InputError
        For a name that no notebook knows or a value of the wrong type, before anything runs.
    NotebookError
        If a notebook fails; the ones after it are not run.
    """
    notebooks = NOTEBOOKS if notebooks is None else notebooks
    chosen = sorted({find(name, notebooks) for name in only}) if only else list(notebooks)
    if not chosen:
        raise InputError("there is no notebook to run in notebooks/")
    output = output.absolute()
    offered_values = {"output": str(output), **parameters}
    environment = surroundings()
    plans = []
    for path in chosen:
        kept = record_path(path, output)
        record = recorded(kept)
        source = files.digest_of(read_cells(path))
        known = recorded_parameters(record) if record.get("source") == source else None
        if known is None:
            known = notebook_parameters.parameters(path)
        plans.append((path, kept, source, known))
    names = {name for *_, known in plans for name in known}
    check_names(parameters, names, "the suite" if only is None else " and ".join(only))
    values = [
        {n: known[n].typed(v, path.stem) for n, v in offered_values.items() if n in known}
        for path, *_, known in plans
    ]
    ran = []
    # Two at once would take each other's pictures for their own.
    with locks.alone(output):
        for (path, kept, source, known), given in zip(plans, values, strict=True):
            about = {
                "source": source,
                "parameters": [asdict(parameter) for parameter in known.values()],
                "library": files.digest_of(environment["library"]),
                "versions": environment["versions"],
            }
            key = files.digest_of([source, given, environment, dataset_digest])
            if progress:
                print(f"{path.stem:<20} ", end="", flush=True)
            if up_to_date(recorded(kept), key, output / "notebooks" / path.name, output):
                told = "up to date"
            else:
                told = f"{_run_and_record(path, output, given, key, about, progress):6.1f} s"
                ran.append(path.stem)
            if progress:
                print(told, flush=True)
    return ran


def _run_and_record(
    path: Path,
    output: Path,
    given: dict[str, Value],
    key: str,
    about: Mapping[str, Any],
    progress: bool,
) -> float:
    """Run a notebook and write what it was and what it made; seconds that it took."""
    executed, kept = output / "notebooks" / path.name, record_path(path, output)
    kept.unlink(missing_ok=True)
    peaks: list[int] = []
    before, start = _content(output), time.perf_counter()
    try:
        _run(path, executed, given, peaks)
    except BaseException as error:
        if progress:
            print("failed", flush=True)
        if isinstance(error, NotebookError):
            # Without a key: it is stale whatever comes.
            files.write_json(kept, {**about, "error": error.cause, **_spent(start, peaks)})
        raise
    seconds = time.perf_counter() - start
    made = [name for name, when in _content(output).items() if before.get(name) != when]
    files.write_json(
        kept,
        {
            "key": key,
            **about,
            "executed": files.digest(executed),
            "made": {name: files.digest(output / name) for name in sorted(made)},
            **_spent(start, peaks),
        },
    )
    return seconds
