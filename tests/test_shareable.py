"""Container, dev container and Binder install what the Makefile does, and open JupyterLab."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import jupyterlab
import pytest
import yaml
from packaging.specifiers import SpecifierSet
from rattler import BuildString, MatchSpec, PackageRecord

from har_lib.files import ROOT
from tests.test_project import MAKEFILE, PROJECT, make_variable

DOCKERFILE = ROOT / "docker" / "Dockerfile"
DEVCONTAINER = ROOT / ".devcontainer" / "devcontainer.json"
POST_BUILD = ROOT / "postBuild"
#: Everything that others start the suite with.
SHARED = (DOCKERFILE, DEVCONTAINER, POST_BUILD, ROOT / ".dockerignore", ROOT / "environment.yml")

Steps = list[tuple[str, str]]


def instructions(text: str) -> Steps:
    """Instruction and arguments of each step of a Dockerfile, lines joined."""
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    steps = [line.split(maxsplit=1) for line in joined.splitlines()]
    return [(name, " ".join(rest.split())) for name, rest in steps]


def stages(steps: Steps) -> dict[str, Steps]:
    """Name of a stage -> its steps; the base image stands in its FROM."""
    found: dict[str, Steps] = {}
    for step in steps:
        if step[0] == "FROM":
            found[step[1].split(" AS ")[1]] = current = []
        current.append(step)
    return found


STAGES = stages(instructions(DOCKERFILE.read_text()))


def values(stage: str, name: str) -> list[str]:
    return [rest for instruction, rest in STAGES[stage] if instruction == name]


def recipe(target: str) -> str:
    """The commands of a target of the Makefile."""
    match = re.search(rf"^{re.escape(target)}:.*\n((?:\t.*\n)+)", MAKEFILE, re.MULTILINE)
    assert match, f"the Makefile has no {target}"
    return match[1]


# ---------------------------------------------------------------- one way to install


def test_the_only_address_is_that_of_torch_and_stands_once_beside_the_makefile() -> None:
    found = {path.name: re.findall(r"https?://[^\s\"']+", path.read_text()) for path in SHARED}
    assert {name: urls for name, urls in found.items() if urls} == {
        "environment.yml": [make_variable("TORCH_INDEX")]
    }
    assert make_variable("TORCH_INDEX") == "https://download.pytorch.org/whl/cpu"


def test_what_is_installed_is_left_to_make() -> None:
    runs = values("base", "RUN") + values("suite", "RUN")
    assert [run for run in runs if re.search(r"\b(pip|conda|uv|npm)\b", run)] == []
    made = [run.split("make ")[1] for run in runs if "apt-get" not in run and "make " in run]
    assert made == [".venv/ready"]
    # The recipe installs torch, the lock, and the suite, in this order.
    words = recipe(".venv/ready")
    places = [words.index(each) for each in ("$(TORCH_INDEX) $(TORCH)", "-r requirements.lock")]
    assert places == sorted(places)
    assert words.index("-e .") > places[-1]


def test_the_base_image_has_a_python_that_the_project_and_conda_take() -> None:
    (image,) = values("base", "FROM")
    match = re.fullmatch(r"python:(3\.\d+)-slim-bookworm AS base", image)
    assert match
    version = f"{match[1]}.0"
    assert version in SpecifierSet(PROJECT["requires-python"])
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    conda = MatchSpec(environment["dependencies"][0])
    assert conda.matches(PackageRecord("python", version, BuildString("h0"), 0, "linux-64"))
    assert values("suite", "FROM") == ["base AS suite"]


def test_what_the_install_is_given_is_enough(tmp_path: Path) -> None:
    steps = STAGES["suite"]
    before = steps[: steps.index(("RUN", "PIP_NO_CACHE_DIR=1 make .venv/ready"))]
    for instruction, rest in before:
        if instruction == "COPY":
            *sources, target = rest.removeprefix("--chown=reader ").split()
            (tmp_path / target).mkdir(exist_ok=True)
            for source in sources:
                shutil.copy(ROOT / source, tmp_path / target)
    make = subprocess.run(
        ["make", "--dry-run", ".venv/ready"],
        cwd=tmp_path, capture_output=True, text=True, check=True,
    )  # fmt: skip
    for word in re.findall(r"-r (\S+)", make.stdout):
        assert (tmp_path / word).is_file()
    # What pip asks for when it installs in place, without a build environment.
    script = (
        "from setuptools import build_meta;"
        "print(build_meta.prepare_metadata_for_build_editable('.'))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    metadata = (tmp_path / answer.stdout.split()[-1] / "METADATA").read_text()
    assert f"Name: {PROJECT['name']}\n" in metadata
    assert (ROOT / "README.md").read_text().splitlines()[0] in metadata


def test_threads_are_those_of_the_makefile() -> None:
    exported = dict(re.findall(r"^export (\w+) := (\S+)$", MAKEFILE, re.MULTILINE))
    assert exported
    (environment,) = values("suite", "ENV")
    given = dict(word.split("=", 1) for word in environment.split())
    path = given.pop("PATH")
    assert given == exported
    assert path == f"{values('base', 'WORKDIR')[-1]}/{make_variable('BIN')}:$PATH"


# ---------------------------------------------------------------- who runs, and what is open


def test_nobody_is_root() -> None:
    (user,) = values("base", "USER")
    assert user not in ("root", "0")
    assert values("suite", "USER") == []
    created = [run for run in values("base", "RUN") if run.startswith("useradd")]
    assert [run.split()[-1] for run in created] == [user]
    order = [name for name, _ in STAGES["base"]]
    (making,) = (i for i, (_, rest) in enumerate(STAGES["base"]) if rest.startswith("mkdir "))
    assert order.index("USER") < making < order.index("WORKDIR"), "the folder is its user's"
    copies = values("suite", "COPY")
    assert all(copy.startswith(f"--chown={user} ") for copy in copies)


def test_jupyterlab_is_reached_from_outside_with_its_token() -> None:
    command = json.loads(values("suite", "CMD")[0])
    assert command[:2] == ["jupyter", "lab"]
    usual = re.search(r"jupyter lab (\S+) \$\(ARGS\)", recipe("lab"))
    assert usual
    assert command[2] == usual[1], "the same start page as make lab"
    assert set(command[3:]) == {"--ip=0.0.0.0", "--port=8888", "--no-browser"}
    assert values("suite", "EXPOSE") == ["8888"]
    assert not re.search(r"token=|password|--allow-root", DOCKERFILE.read_text())


def test_the_documented_commands_build_this_file_and_publish_to_this_machine_alone() -> None:
    documented = r"^# +(docker (?:build|run) .*)$"
    commands = re.findall(documented, DOCKERFILE.read_text(), re.MULTILINE)
    build, run = (shlex.split(command) for command in commands)
    assert build[build.index("-f") + 1] == str(DOCKERFILE.relative_to(ROOT))
    assert build[-1] == "."
    assert run[run.index("-p") + 1] == "127.0.0.1:8888:8888"
    assert run[-1] == build[build.index("-t") + 1]


# ---------------------------------------------------------------- dev container


@pytest.fixture(scope="module")
def container() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(DEVCONTAINER.read_text())
    return found


def test_the_dev_container_is_the_base_of_the_image(container: dict[str, Any]) -> None:
    build = container["build"]
    assert (DEVCONTAINER.parent / build["dockerfile"]).resolve() == DOCKERFILE
    assert (DEVCONTAINER.parent / build["context"]).resolve() == ROOT
    assert build["target"] == "base"
    assert container["remoteUser"] == values("base", "USER")[0]
    folder = values("base", "WORKDIR")[-1]
    assert container["workspaceFolder"] == folder
    assert container["workspaceMount"].endswith(f",target={folder}")


def test_its_environment_is_not_that_of_the_host(container: dict[str, Any]) -> None:
    """Where the checkout is mounted, .venv of another system would lie in the way."""
    (mount,) = container["mounts"]
    options = dict(part.split("=", 1) for part in mount.split(","))
    assert options["type"] == "volume"
    assert options["target"] == f"{values('base', 'WORKDIR')[-1]}/.venv"
    # A new volume takes over the owner of the folder that it covers.
    (made,) = (run for run in values("base", "RUN") if run.startswith("mkdir -p "))
    home, name = values("base", "WORKDIR")[-1].rsplit("/", 1)
    assert home == f"/home/{values('base', 'USER')[0]}"
    assert f"~/{name}/.venv" in made.split()


def test_make_installs_and_opens_jupyterlab_there(container: dict[str, Any]) -> None:
    assert container["postCreateCommand"].split() == ["make", ".venv/ready"]
    make, target, options = shlex.split(container["postAttachCommand"])
    assert (make, target) == ("make", "lab")
    assert recipe("lab")
    arguments = options.removeprefix("ARGS=").split()
    # Forwarded ports reach the container's own address, so JupyterLab listens there alone.
    assert arguments == ["--port=8888", "--no-browser"]
    assert container["forwardPorts"] == [8888]
    assert list(container["portsAttributes"]) == ["8888"]


# ---------------------------------------------------------------- no data in an image


def excluded(name: str, patterns: list[str]) -> bool:
    """Whether Docker leaves a file out: a pattern names it or a folder that it lies in."""

    def expression(pattern: str) -> str:
        parts = re.split(r"(\*\*/|\*)", pattern)
        rules = {"**/": "(?:.*/)?", "*": "[^/]*"}
        return "".join(rules.get(part, re.escape(part)) for part in parts) + "(?:/.*)?"

    return any(re.fullmatch(expression(pattern), name) for pattern in patterns)


@pytest.fixture(scope="module")
def patterns() -> list[str]:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def test_what_git_ignores_goes_into_no_image(patterns: list[str]) -> None:
    ignored = (ROOT / ".gitignore").read_text().split()
    for line in [*ignored, ".git/"]:
        name = line.rstrip("/").replace("*", "some")
        assert excluded(name, patterns), line
        if line not in (".git/", ".venv/", "data/", "build/"):
            assert excluded(f"har_lib/{name}/file", patterns), line
    assert excluded("data/builtin/videos/Punch/v_Punch_g01_c01.avi", patterns)
    assert excluded("build/notebooks/00_start_here.ipynb", patterns)


def test_all_else_does(patterns: list[str]) -> None:
    listed = ["Makefile", "requirements.lock", "results/recorded/x.json", "har_lib/datasets.py"]
    if (ROOT / ".git").exists():
        run = ["git", "ls-files"]
        tracked = subprocess.run(run, cwd=ROOT, capture_output=True, text=True, check=True)
        listed += tracked.stdout.splitlines()
    assert [name for name in listed if excluded(name, patterns)] == []


def test_no_step_makes_or_fetches_data() -> None:
    runs = " ".join(values("base", "RUN") + values("suite", "RUN"))
    assert not re.search(r"har_lib|\bhar [a-z]|extract|replicate|curl|wget|git clone", runs)
    assert not re.search(r"extract|replicate|make\b|curl|wget", POST_BUILD.read_text())


# ---------------------------------------------------------------- Binder


def test_binder_takes_environment_yml_and_post_build() -> None:
    # It would take a Dockerfile before all else, and look nowhere but in such a folder.
    assert not [n for n in ("Dockerfile", "binder", ".binder") if (ROOT / n).exists()]
    assert (ROOT / "environment.yml").is_file()
    # The Python that it starts from must be written like this; else it is Binder's own default.
    (python, *_) = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    named = re.fullmatch(r"python\s*=+\s*(\d+\.\d+)", python)
    assert named
    assert f"python:{named[1]}-" in values("base", "FROM")[0]
    assert os.access(POST_BUILD, os.X_OK)
    assert POST_BUILD.read_text().startswith("#!/usr/bin/env bash\n")


def post_build(folder: Path, torch: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run it with a ``jupyter`` that only notes what it is asked, and perhaps another torch."""
    tools = folder / "bin"
    tools.mkdir()
    for name, does in (
        ("python", f'exec {sys.executable} "$@"'),
        ("jupyter", f'echo "$@" >> {folder}/asked'),
    ):
        (tools / name).write_text(f"#!/bin/sh\n{does}\n")
        (tools / name).chmod(0o755)
    path = [str(ROOT)]
    if torch is not None:
        (folder / "torch.py").write_text(torch)
        path.insert(0, str(folder))
    return subprocess.run(
        [str(POST_BUILD)],
        cwd=folder,
        env={"PATH": f"{tools}:{os.environ['PATH']}", "PYTHONPATH": os.pathsep.join(path)},
        capture_output=True,
        text=True,
        timeout=120,
    )


FAKE = "class version: cuda = {!r}\n"


def test_post_build_is_bash_and_does_its_work(tmp_path: Path) -> None:
    subprocess.run(["bash", "-n", str(POST_BUILD)], check=True)
    answer = post_build(tmp_path, FAKE.format(None))
    assert (answer.returncode, answer.stdout, answer.stderr) == (0, "", "")
    (asked,) = (tmp_path / "asked").read_text().splitlines()
    *words, plugin = asked.split()
    assert words == ["labextension", "disable"]
    # A plugin that JupyterLab does not know would be disabled without a word.
    static = Path(jupyterlab.__file__).parent / "static"
    assert any(plugin in path.read_text() for path in static.glob("*.js"))


def test_post_build_ends_the_build_where_torch_is_not_the_cpu_build(tmp_path: Path) -> None:
    answer = post_build(tmp_path, FAKE.format("12.8"))
    assert answer.returncode == 1
    assert answer.stderr == "torch is not the CPU build\n"
    assert not (tmp_path / "asked").exists()


def test_the_image_is_looked_at_in_the_same_way() -> None:
    steps = STAGES["suite"]
    (place,) = (i for i, step in enumerate(steps) if step == ("RUN", "./postBuild"))
    names = [name for name, _ in steps]
    assert steps.index(("COPY", "--chown=reader . .")) < place
    assert names.index("ENV") < place, "python and jupyter are those of the suite"


def test_the_torch_in_use_would_pass() -> None:
    import torch

    assert torch.version.cuda is None
