"""Nothing that is read is run: rules over the sources, and payloads that must stay asleep."""

import ast
import hashlib
import io
import json
import os
import re
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from jupyter_server.serverapp import ServerApp

from har_lib import (
    alstm,
    audit,
    checkpoint,
    cli,
    cli_parameters,
    datasets,
    files,
    notebooks,
    splits,
    store,
    synthetic,
)
from har_lib.errors import InputError
from torture import isolated, reader_formats, reader_handed_over, reader_notebooks, reader_written
from torture.damage_arrays import pickled
from torture.payload import MARKER, Payload

FOLDERS = ("har_lib", "book", "benchmarks", "torture")

# ---------------------------------------------------------------- the rules

#: Modules that make objects of what they read.
UNPICKLERS = {
    *("pickle", "_pickle", "cPickle", "pickletools", "marshal", "shelve", "dbm", "dill"),
    *("cloudpickle", "jsonpickle", "runpy", "code", "codeop", "pty"),
}
#: Functions that run what they are given, or unpickle it.
FORBIDDEN = {
    *("eval", "exec", "compile", "__import__", "breakpoint", "input"),
    *("joblib.load", "pandas.read_pickle", "pandas.read_hdf", "shutil.unpack_archive"),
    *("os.system", "os.popen", "subprocess.getoutput", "subprocess.getstatusoutput"),
    *("yaml.unsafe_load", "yaml.full_load", "yaml.unsafe_load_all", "yaml.full_load_all"),
    *("yaml.load_all", "importlib.util.spec_from_file_location", "torch.jit.load"),
}
#: Loaders that make nothing but text, numbers, lists and mappings.
SAFE = {"yaml.SafeLoader", "yaml.BaseLoader", "yaml.CSafeLoader", "yaml.CBaseLoader"}


def names_of(tree: ast.AST) -> dict[str, str]:
    """Name in a source -> what it was imported as."""
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                whole = alias.name if alias.asname else alias.name.partition(".")[0]
                found[alias.asname or whole] = whole
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                found[alias.asname or alias.name] = f"{node.module or ''}.{alias.name}"
    return found


def dotted(node: ast.AST, names: dict[str, str]) -> str:
    """The full name of what is called, as far as it is one."""
    if isinstance(node, ast.Name):
        return names.get(node.id, node.id)
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value, names)}.{node.attr}"
    return ""


def keyword(call: ast.Call, name: str) -> ast.expr | None:
    return next((each.value for each in call.keywords if each.arg == name), None)


def is_constant(node: ast.AST | None, value: object) -> bool:
    return isinstance(node, ast.Constant) and node.value is value


def complaint(call: ast.Call, names: dict[str, str], safe: set[str]) -> str:
    """What is wrong with one call; empty if nothing is."""
    name = dotted(call.func, names)
    last = name.rpartition(".")[2]
    if name in FORBIDDEN or re.fullmatch(r"os\.(exec|spawn|posix_spawn)\w*", name):
        return name
    if name == "yaml.load":
        loader = keyword(call, "Loader")
        chosen = dotted(loader, names) if loader is not None else ""
        return "" if chosen in SAFE | safe else "yaml.load without a safe Loader"
    if name == "torch.load" and not is_constant(keyword(call, "weights_only"), True):
        return "torch.load without weights_only=True"
    allowed = keyword(call, "allow_pickle")
    reads = last in ("load", "read_array", "NpzFile", "fromfile")
    if reads and allowed is not None and not is_constant(allowed, False):
        return f"{name} with allow_pickle"
    shell = keyword(call, "shell")
    if shell is not None and not is_constant(shell, False):
        return f"{name} with shell"
    # What pandas evaluates must stand in the source.
    if last in ("eval", "query") and not all(isinstance(each, ast.Constant) for each in call.args):
        return f"{last} of an expression that is made"
    if name == "importlib.import_module":
        what = call.args[0]
        ours = isinstance(what, ast.JoinedStr) and any(
            is_constant_text(what.values[0], f"{folder}.") for folder in FOLDERS
        )
        return "" if ours or isinstance(what, ast.Constant) else "import of a name that is made"
    return ""


def is_constant_text(node: ast.AST, text: str) -> bool:
    return isinstance(node, ast.Constant) and node.value == text


def complaints(source: str) -> list[str]:
    """Every line of a source that could run what is read, and why."""
    tree = ast.parse(source)
    names = names_of(tree)
    safe = {
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef) and any(dotted(b, names) in SAFE for b in node.bases)
    }
    found = []
    for node in ast.walk(tree):
        wrong = complaint(node, names, safe) if isinstance(node, ast.Call) else ""
        if isinstance(node, ast.Import | ast.ImportFrom):
            modules = [alias.name for alias in node.names]
            if isinstance(node, ast.ImportFrom):
                modules = [] if node.level else [node.module or ""]
            wrong = ", ".join(m for m in modules if m.partition(".")[0] in UNPICKLERS)
        if isinstance(node, ast.Name | ast.Attribute) and not isinstance(node.ctx, ast.Store):
            # Handed on instead of called.
            name = dotted(node, names)
            wrong = name if name in FORBIDDEN - {"input", "compile"} else ""
        if wrong:
            found.append(f"{node.lineno}: {wrong}")
    return sorted(set(found))


def sources() -> list[Path]:
    return sorted(path for folder in FOLDERS for path in (files.ROOT / folder).rglob("*.py"))


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_source_runs_what_it_reads(folder: str) -> None:
    paths = [path for path in sources() if path.relative_to(files.ROOT).parts[0] == folder]
    assert paths
    found = {path.name: complaints(path.read_text(encoding="utf-8")) for path in paths}
    assert {name: wrong for name, wrong in found.items() if wrong} == {}


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "import _pickle as p",
        "from pickle import loads",
        "import marshal",
        "def f():\n    import shelve",
        "from dill import load",
        "import joblib\njoblib.load('x')",
        "from joblib import load as read\nread('x')",
        "import pandas as pd\npd.read_pickle('x')",
        "import torch\ntorch.load('x')",
        "import torch\ntorch.load('x', weights_only=False)",
        "import torch\ntorch.load('x', weights_only=safe)",
        "import numpy as np\nnp.load('x', allow_pickle=True)",
        "import numpy\nnumpy.load('x', allow_pickle=bool(1))",
        "from numpy.lib import format\nformat.read_array(f, allow_pickle=True)",
        "import yaml\nyaml.load(text)",
        "import yaml\nyaml.load(text, Loader=yaml.Loader)",
        "import yaml\nyaml.load(text, Loader=yaml.FullLoader)",
        "import yaml\nclass Mine(yaml.UnsafeLoader): ...\nyaml.load(text, Loader=Mine)",
        "import yaml\nyaml.unsafe_load(text)",
        "from yaml import full_load as read\nread(text)",
        "eval(text)",
        "exec(text)",
        "map(eval, lines)",
        "__import__(name)",
        "import os\nos.system(text)",
        "from os import system as s\ns(text)",
        "import os\nos.execvp(name, words)",
        "import subprocess\nsubprocess.run(text, shell=True)",
        "from subprocess import Popen\nPopen(text, shell=flag)",
        "import subprocess as s\ns.getoutput(text)",
        "table.eval(text)",
        "table.query(f'{name} > 1')",
        "import importlib\nimportlib.import_module(name)",
        "import importlib\nimportlib.import_module(f'{name}.har_lib')",
        "import runpy",
    ],
)
def test_each_rule_sees_what_it_is_for(source: str) -> None:
    assert complaints(source)


@pytest.mark.parametrize(
    "source",
    [
        "import numpy as np\nnp.load('x')\nnp.load('x', allow_pickle=False)",
        "import torch\ntorch.load('x', weights_only=True)",
        "import yaml\nyaml.safe_load(text)\nyaml.load(text, Loader=yaml.SafeLoader)",
        "import yaml\nclass Mine(Plain, yaml.BaseLoader): ...\nyaml.load(text, Loader=Mine)",
        "import ast\nast.literal_eval(text)",
        "import re\nre.compile(text)",
        "import subprocess\nsubprocess.run(['ls'], shell=False)",
        "table.eval('first - groups')",
        "import importlib\nimportlib.import_module(f'har_lib.{name}')",
        "from importlib import import_module\nimport_module(f'torture.{name}')",
        "model.eval()",
    ],
)
def test_the_rules_leave_alone_what_is_harmless(source: str) -> None:
    assert complaints(source) == []


# ---------------------------------------------------------------- payloads


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a payload would leave its mark."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HAR_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("HAR_BUILD", str(tmp_path / "build"))
    return tmp_path


def asleep() -> bool:
    return not Path(MARKER).exists()


def with_payload(path: Path, name: str) -> None:
    """Put the payload into the place of one array of a file that is else as it was."""
    with np.load(path) as stored:
        arrays: dict[str, Any] = dict(stored)
    arrays[name] = np.array([Payload()], dtype=object)
    np.savez(path, allow_pickle=True, **arrays)


def test_the_payload_runs_where_it_is_let(home: Path) -> None:
    np.savez(home / "a.npz", x=np.zeros(1))
    with_payload(home / "a.npz", "x")
    assert asleep()
    with np.load(home / "a.npz", allow_pickle=True) as stored:
        assert len(stored["x"]) == 1
    assert not asleep()
    Path(MARKER).unlink()
    np.load(io.BytesIO(pickled()), allow_pickle=True)
    assert not asleep()


def test_the_store_makes_a_result_anew_that_holds_a_payload(home: Path) -> None:
    path = home / "result.npz"
    np.savez(path, x=np.zeros(1))
    with_payload(path, "x")
    # Whoever makes such a file can make its seal too.
    path.write_bytes(path.read_bytes() + hashlib.sha256(path.read_bytes()).digest())
    assert store.read(path) is None
    path.write_bytes(pickled() + hashlib.sha256(pickled()).digest())
    assert store.read(path) is None
    assert asleep()


@pytest.mark.parametrize("name", ["about", "seal", "P_A"])
def test_a_checkpoint_that_holds_a_payload_is_refused(home: Path, name: str) -> None:
    path = home / "search.npz"
    checkpoint.write(path, {"seed": 1}, {"y": 1}, P_A=np.zeros(3))
    with_payload(path, name)
    with pytest.raises(InputError, match=r"search\.npz is no checkpoint, or a damaged one"):
        checkpoint.read(path, {"seed": 1})
    path.write_bytes(pickled())
    with pytest.raises(InputError, match=r"search\.npz is no checkpoint, or a damaged one"):
        checkpoint.read(path, {"seed": 1})
    assert asleep()


@pytest.mark.parametrize("name", ["settings", "history", "classes", "weights", "seal"])
def test_a_model_that_holds_a_payload_is_refused(home: Path, name: str) -> None:
    folder = home / "model"
    folder.mkdir()
    reader_handed_over.make_model(folder)
    path = folder / "classifier.npz"
    with_payload(path, name)
    with pytest.raises(InputError, match=r"classifier\.npz is no saved classifier"):
        alstm.ALSTMClassifier.load(path)
    path.write_bytes(pickled())
    with pytest.raises(InputError, match=r"classifier\.npz is no saved classifier"):
        alstm.ALSTMClassifier.load(path)
    assert asleep()


def test_silhouettes_that_hold_a_payload_are_refused(home: Path) -> None:
    path = home / "silhouettes.npz"
    synthetic._write_silhouettes(path, np.ones((2, 3, 4), dtype=bool))
    with_payload(path, "shape")
    with pytest.raises(InputError, match=r"silhouettes\.npz cannot be read as silhouettes"):
        synthetic.read_silhouettes(path)
    assert asleep()


@pytest.mark.parametrize(
    "tag",
    [
        f"!!python/object/apply:builtins.open ['{MARKER}', 'w']",
        f"!!python/object/new:builtins.open ['{MARKER}', 'w']",
        "!!python/object/apply:os.mkdir ['payload-has-run']",
    ],
)
def test_yaml_makes_no_objects(home: Path, tag: str, capsys: pytest.CaptureFixture[str]) -> None:
    for path, text in (("mine.yaml", f"seed: {tag}\n"), ("table.yaml", f"rows: {tag}\n")):
        (home / path).write_text(text)
    assert cli.main(["choices", "--params", "mine.yaml"]) == 2
    assert capsys.readouterr().err.startswith("har: mine.yaml: is no YAML")
    # Without types it is a list, and no table.
    with pytest.raises(InputError, match=r"table\.yaml"):
        audit.read(home / "table.yaml")
    assert asleep()
    yaml.unsafe_load(f"seed: {tag}")
    assert not asleep()


def _opened(names: list[str], below: str) -> list[str]:
    """Files below a folder that are opened or looked into by reading tables; in its own process."""
    seen: list[str] = []

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        if event in ("open", "os.listdir", "os.scandir") and isinstance(arguments[0], str | bytes):
            place = os.path.realpath(os.fsdecode(arguments[0]))
            if place.startswith(below):
                seen.append(place)

    sys.addaudithook(watch)
    for name in names:
        root = Path(name)
        for read in (
            lambda root=root: datasets.folder(root, groups=root / "groups.csv"),
            lambda root=root: splits.ucf101_split(root, 1),
            lambda root=root: splits.kth_sequences(root / "00sequences.txt"),
            lambda: Path(below, "control").read_bytes(),
        ):
            try:
                read()
            except InputError:
                seen.append("refused")
    return seen


def test_paths_in_tables_lead_nowhere(home: Path) -> None:
    secret = home / "secret"
    (secret / "run").mkdir(parents=True)
    for name in ("run/a.avi", "control"):
        (secret / name).write_bytes(b"secret")
    root = home / "data"
    for name in ("run/a_1.avi", "run/b_1.avi", "walk/a_2.avi", "walk/b_2.avi"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"clip")
    outside = ["../secret/run/a.avi", str(secret / "run" / "a.avi"), "/etc/passwd", "run/../../x"]
    rows = ["file,group", *(f"{name},g9" for name in outside)]
    rows += [f"{name},{name.split('/')[1][0]}" for name in ("run/a_1.avi", "run/b_1.avi")]
    rows += ["walk/a_2.avi,a", "walk/b_2.avi,b"]
    files.write_text(root / "groups.csv", "\n".join(rows) + "\n")
    found = datasets.folder(root)
    assert {record.path.parent.parent for record in found.records} == {root}
    assert set(found.groups.tolist()) == {"a", "b"}

    reader_written.make_lists(root)
    lists = (root / "trainlist01.txt").read_text()
    files.write_text(
        root / "trainlist01.txt", f"../../secret/run/a.avi 1{lists[lists.index(chr(10)) :]}"
    )
    files.write_text(root / "00sequences.txt", "person01/../../secret frames 1-9\n")
    outcome = isolated.run(_opened, ([str(root)], str(secret)), preload=reader_formats.PRELOAD)
    assert outcome.kind == "finished", outcome.said
    # The control is seen, and nothing else.
    assert outcome.value == ["refused", "refused", str(secret / "control")]


@pytest.mark.parametrize("name", ["../../secret/a.avi 1", "/etc/passwd 1", "ActionAA/../x.avi 1"])
def test_a_list_of_ucf101_names_nothing_but_its_clips(home: Path, name: str) -> None:
    reader_written.make_lists(home)
    lines = (home / "trainlist01.txt").read_text().splitlines()
    files.write_text(home / "trainlist01.txt", "\n".join([name, *lines[1:]]))
    with pytest.raises(InputError, match=r"trainlist01\.txt: .* is no clip of UCF101"):
        splits.ucf101_split(home, 1)


def test_a_notebook_from_elsewhere_is_read_and_not_run(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import jupyter_client

    def start(*_: object, **__: object) -> None:
        pytest.fail("a kernel was started")

    monkeypatch.setattr(jupyter_client.KernelManager, "start_kernel", start)
    monkeypatch.setattr(jupyter_client.AsyncKernelManager, "start_kernel", start)
    reader_notebooks.make_notebooks(home)
    path = home / "first" / "notebooks" / "03_stip.ipynb"
    content = json.loads(path.read_text())
    code = [cell for cell in content["cells"] if cell["cell_type"] == "code"][-1]
    code["source"] = [f"open({MARKER!r}, 'w')"]
    code["outputs"].append(
        {"output_type": "display_data", "metadata": {}, "data": {"text/html": "<script>1</script>"}}
    )
    files.write_json(path, content)
    assert cli.main(["compare", "first", "second", "--all"]) == 0
    assert cli.main(["run", str(path), "--list"]) == 0
    assert cli.main(["sweep", str(path), "-p", "seed", "0-1", "--dry-run"]) == 0
    assert "seed" in capsys.readouterr().out
    # Code in place of parameters is refused by everything that reads them.
    content["cells"][1]["source"] = [f"seed: int = open({MARKER!r}, 'w')  # help"]
    files.write_json(path, content)
    for words in (["compare", "first", "second"], ["run", str(path)], ["run", str(path), "--list"]):
        assert cli.main(words) == 2
        assert "03_stip.ipynb" in capsys.readouterr().err
    with pytest.raises(InputError, match="no literal"):
        notebooks.parameters(path)
    assert asleep()


def test_a_value_on_the_command_line_is_a_value(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = cli.build_parser().parse_args(["choices", "-p", "seed", f"open('{MARKER}','w')"])
    assert cli_parameters.parameters(arguments) == {"seed": f"open('{MARKER}','w')"}
    words = ["choices", "-p", "harris_k", f"__import__('os').mkdir('{MARKER}')"]
    assert cli.main(words) == 2
    assert "harris_k" in capsys.readouterr().err
    assert asleep()


# ---------------------------------------------------------------- JupyterLab

#: What would open it to others, or without its token.
OPEN = re.compile(
    r"--(?:\w+\.)?(?:ip|token|password\w*)\b|(?:token|password)\s*=|allow.?origin|allow.?root|xsrf"
    r"|allow.?remote",
    re.IGNORECASE,
)


def test_jupyterlab_listens_to_this_machine_and_asks_for_its_token() -> None:
    application = ServerApp()
    assert application.ip == "localhost"
    assert application.identity_provider_class().token
    makefile = (files.ROOT / "Makefile").read_text()
    (lab,) = re.findall(r"^\t.*jupyter lab.*$", makefile, re.MULTILINE)
    editor = (files.ROOT / ".devcontainer" / "devcontainer.json").read_text()
    assert "make lab" in editor
    for text in (lab, editor, (files.ROOT / "postBuild").read_text()):
        assert not OPEN.search(text)


@pytest.mark.parametrize(
    "line",
    [
        "jupyter lab --ip=0.0.0.0",
        "jupyter lab --ServerApp.ip='*'",
        "jupyter lab --ServerApp.token=''",
        "jupyter lab --IdentityProvider.token=",
        "c.ServerApp.password = ''",
        "jupyter lab --allow-root",
        "c.ServerApp.allow_origin = '*'",
        "jupyter lab --ServerApp.disable_check_xsrf=True",
    ],
)
def test_the_rule_sees_an_open_jupyterlab(line: str) -> None:
    assert OPEN.search(line)


def test_a_container_is_published_to_this_machine_alone() -> None:
    texts = [path.read_text() for path in (files.ROOT / "docker").iterdir()]
    texts.append((files.ROOT / "README.md").read_text())
    published = [p for text in texts for p in re.findall(r"docker run [^`\n]*?-p (\S+)", text)]
    assert published
    assert all(each.startswith("127.0.0.1:") for each in published)
    # Inside all addresses must be, and the token stays.
    started = [line for line in texts[0].splitlines() if "0.0.0.0" in line]
    assert len(started) == 1
    assert not re.search(r"token|password", started[0], re.IGNORECASE)
