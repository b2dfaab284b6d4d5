"""The project's own files: dependencies, lock, environment, citation, and make's first words."""

import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version
from rattler import BuildString, MatchSpec, PackageRecord

import har_lib
from har_lib import paper_equations
from har_lib.files import ROOT

PYPROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())
PROJECT = PYPROJECT["project"]
MAKEFILE = (ROOT / "Makefile").read_text()
DECLARED = [
    Requirement(line)
    for line in (
        *PROJECT["dependencies"],
        *PROJECT["optional-dependencies"]["cluster"],
        *PROJECT["optional-dependencies"]["site"],
        *PROJECT["optional-dependencies"]["browser"],
        *PROJECT["optional-dependencies"]["test"],
    )
]
LOCKED = [
    Requirement(line)
    for line in (ROOT / "requirements.lock").read_text().splitlines()
    if line.strip() and not line.startswith("#")
]


def make_variable(name: str) -> str:
    """Value of a variable of the Makefile."""
    match = re.search(rf"^{name} :?\??= ?(.*)$", MAKEFILE, re.MULTILINE)
    assert match, f"the Makefile has no {name}"
    return match[1].strip()


def pins() -> dict[str, str]:
    """Name -> version that the lock gives this interpreter."""
    here = [line for line in LOCKED if line.marker is None or line.marker.evaluate()]
    names = [canonicalize_name(line.name) for line in here]
    assert len(set(names)) == len(names), "a package is pinned twice"
    return {n: str(line.specifier).removeprefix("==") for n, line in zip(names, here, strict=True)}


# ---------------------------------------------------------------- dependencies and lock


@pytest.mark.parametrize("requirement", DECLARED, ids=lambda requirement: requirement.name)
def test_a_declared_dependency_is_installed_and_locked(requirement: Requirement) -> None:
    installed = importlib.metadata.version(requirement.name)
    assert requirement.specifier.contains(installed)
    assert str(requirement.specifier), "a range, so that an install without the lock works too"
    if requirement.name == "torch":
        # The lock is for any platform; which wheel of torch is chosen by its own index.
        assert Version(installed).public == make_variable("TORCH").removeprefix("torch==")
    else:
        assert pins()[canonicalize_name(requirement.name)] == installed


def test_the_lock_is_what_is_installed() -> None:
    wrong = {
        name: (version, importlib.metadata.version(name))
        for name, version in pins().items()
        if Version(importlib.metadata.version(name)) != Version(version)
    }
    assert wrong == {}


def test_every_line_of_the_lock_is_one_exact_version() -> None:
    assert len(LOCKED) > 50
    for line in LOCKED:
        (specifier,) = line.specifier
        assert specifier.operator == "=="
        assert "*" not in specifier.version
        assert line.url is None


def test_nothing_of_torch_and_of_graphics_cards_is_locked() -> None:
    names = [canonicalize_name(line.name) for line in LOCKED]
    assert not [n for n in names if re.match(r"torch|nvidia|cuda|triton", n)]


def test_the_headless_opencv_alone() -> None:
    locked = {canonicalize_name(line.name) for line in LOCKED}
    declared = {canonicalize_name(line.name) for line in DECLARED}
    installed = {canonicalize_name(d.metadata["Name"]) for d in importlib.metadata.distributions()}
    for names in (locked, declared, installed):
        assert [n for n in names if n.startswith("opencv")] == ["opencv-python-headless"]


def test_python_is_asked_for_in_one_way() -> None:
    assert PROJECT["requires-python"] == ">=3.11"
    assert "sys.version_info < (3, 11)" in MAKEFILE
    assert PYPROJECT["tool"]["ruff"]["target-version"] == "py311"
    assert PYPROJECT["tool"]["mypy"]["python_version"] == "3.11"
    assert "--python-version 3.11" in MAKEFILE


# ---------------------------------------------------------------- environment.yml


@pytest.fixture(scope="module")
def environment() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / "environment.yml").read_text())
    return found


def test_conda_gives_a_python_that_the_project_takes(environment: dict[str, Any]) -> None:
    specs = [MatchSpec(line) for line in environment["dependencies"] if isinstance(line, str)]
    assert [re.split(r"\W", str(spec))[0] for spec in specs] == ["python", "pip"]

    def python(version: str) -> PackageRecord:
        return PackageRecord("python", version, BuildString("h0_cpython"), 0, "linux-64")

    taken = [v for v in ("3.10.14", "3.11.0", "3.12.8", "3.13.1") if specs[0].matches(python(v))]
    assert taken == ["3.11.0"]
    assert not specs[0].matches(PackageRecord("pip", "3.11.0", BuildString("py_0"), 0, "noarch"))
    assert environment["channels"] == ["conda-forge"]


def test_pip_takes_the_same_torch_and_the_lock(environment: dict[str, Any]) -> None:
    (pip,) = [line["pip"] for line in environment["dependencies"] if isinstance(line, dict)]
    assert pip == [
        f"--extra-index-url {make_variable('TORCH_INDEX')}",
        make_variable("TORCH"),
        "-r requirements.lock",
        "-e .",
    ]


# ---------------------------------------------------------------- citation


def test_citation_names_suite_and_paper() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert {"cff-version", "message", "title", "authors"} <= set(citation)
    assert citation["version"] == har_lib.__version__
    assert citation["license"] == PROJECT["license"]
    assert all("name" in author or "family-names" in author for author in citation["authors"])
    (article,) = citation["references"]
    assert article["doi"] == "10.48047/IJIEMR/V12/ISSUE02/11"
    assert article["doi"] in str(har_lib.__doc__)
    assert article["title"] in " ".join(str(har_lib.__doc__).split())
    assert article["title"] in citation["title"]
    assert (article["type"], article["year"], article["end"] - article["start"]) == (
        "article",
        2023,
        7,
    )
    assert [each["family-names"] for each in article["authors"]] == ["Kumar", "Raju", "Reddy"]
    assert len(paper_equations.EQUATIONS) == 28


# ---------------------------------------------------------------- make on a bare machine


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of what make looks at first; the environment in use is never touched."""
    folder = tmp_path / "checkout"
    folder.mkdir()
    for name in ("Makefile", "requirements.lock", "pyproject.toml"):
        shutil.copy(ROOT / name, folder / name)
    return folder


def interpreter(folder: Path, before: str) -> Path:
    """A Python that runs ``before`` ahead of what it is asked with -c, and does nothing else."""
    path = folder / "python"
    script = f"import sys; {before}; exec(sys.argv[1])"
    path.write_text(
        "#!/bin/sh\n"
        '[ "$1" = -c ] || { echo "asked: $*"; exit 97; }\n'
        f"exec {sys.executable} -c '{script}' \"$2\"\n"
    )
    path.chmod(0o755)
    return path


def make(checkout: Path, target: str, python: Path | str) -> subprocess.CompletedProcess[str]:
    # The flags of a make that runs these tests would pass on to this one.
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS"))}
    return subprocess.run(
        ["make", target, f"PYTHON={python}"],
        cwd=checkout,
        env=inherited,
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize("target", ["test", "replicate"])
@pytest.mark.parametrize(
    ("before", "message"),
    [
        (
            "sys.version_info = (3, 10, 14)",
            "is too old, the suite needs Python 3.11 or newer: name one with make PYTHON=...",
        ),
        (
            'sys.modules["ensurepip"] = None',
            "cannot make virtual environments: install its venv module",
        ),
    ],
    ids=["old", "without-venv"],
)
def test_make_says_what_python_lacks(
    checkout: Path, tmp_path: Path, target: str, before: str, message: str
) -> None:
    python = interpreter(tmp_path, before)
    answer = make(checkout, target, python)
    assert answer.returncode != 0
    assert f"make: '{python}' {message}" in answer.stderr
    assert "Traceback" not in answer.stderr
    assert "installing" not in answer.stdout
    assert not (checkout / ".venv").exists()


def test_make_says_that_there_is_no_python(checkout: Path) -> None:
    answer = make(checkout, "test", "python-that-is-not-here")
    assert answer.returncode != 0
    assert "make: there is no 'python-that-is-not-here': install Python 3.11" in answer.stderr
    assert not (checkout / ".venv").exists()


def test_make_goes_on_with_a_good_python(checkout: Path, tmp_path: Path) -> None:
    """The messages above come from what is wrong, not always."""
    answer = make(checkout, "test", interpreter(tmp_path, "pass"))
    assert answer.stdout.splitlines() == [
        "installing into .venv (a few minutes, 2 GB)",
        "asked: -m venv --clear .venv",
    ]
    assert answer.returncode != 0
    assert "make: '" not in answer.stderr


def test_make_alone_lists_its_targets(checkout: Path) -> None:
    answer = make(checkout, "help", "python-that-is-not-here")
    assert answer.returncode == 0
    listed = [line.split()[0] for line in answer.stdout.splitlines()]
    assert {"replicate", "test", "accept"} <= set(listed)
    (phony,) = re.findall(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)
    assert set(listed) == set(phony.split())
