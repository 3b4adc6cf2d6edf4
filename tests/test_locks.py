"""The locks are in step with pyproject.toml, and what is installed here is what they name."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from importlib.metadata import distribution
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from local.runtime import ROOT

LOCKS = sorted((ROOT / "locks").glob("*.txt"))
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
EXTRAS = PROJECT["project"]["optional-dependencies"]
SERVE = PROJECT["project"]["dependencies"]
REQUIRED = {
    "serve": SERVE,
    "train": [*SERVE, *EXTRAS["train"]],
    "develop": [*SERVE, *EXTRAS["train"], *EXTRAS["documents"], *EXTRAS["dev"]],
    "sam": PROJECT["dependency-groups"]["sam"],
    "emulator": PROJECT["dependency-groups"]["sam"],
    "fuzz": PROJECT["dependency-groups"]["fuzz"],
    "stack": PROJECT["dependency-groups"]["stack"],
}
LEFT_OUT = {"torch", *PROJECT["tool"]["uv"]["exclude-dependencies"]}
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
MACHINES = (("linux", "x86_64"), ("linux", "aarch64"), ("darwin", "arm64"))


def locked(name: str, environment: dict[str, str] | None = None) -> dict[str, str]:
    """What a lock names for an environment, this one if None: each package's version."""
    text = (ROOT / "locks" / f"{name}.txt").read_text(encoding="utf-8")
    lines = re.findall(r"^(\S.*?) \\$", text, re.MULTILINE)
    requirements = [Requirement(line) for line in lines]
    assert len(requirements) == len(lines) == len(re.findall(r"^[^\s#]", text, re.MULTILINE))
    taken = [it for it in requirements if it.marker is None or it.marker.evaluate(environment)]
    versions: dict[str, str] = {canonicalize_name(it.name): str(it.specifier).removeprefix("==") for it in taken}
    assert len(versions) == len(taken), "a package stands there twice for the same environment"
    return versions


def installed_for(requirements: list[str]) -> set[str]:
    """The names of the packages that requirements bring here, by what is installed; torch is looked through."""
    found: set[str] = set()
    waiting = [(Requirement(text), "") for text in requirements]
    seen = set()
    while waiting:
        requirement, extra = waiting.pop()
        name = canonicalize_name(requirement.name)
        if requirement.marker and not requirement.marker.evaluate({"extra": extra}):
            continue
        if name in LEFT_OUT - {"torch"} or (name, frozenset(requirement.extras)) in seen:
            continue
        seen.add((name, frozenset(requirement.extras)))
        found.add(name)
        needs = [Requirement(text) for text in distribution(name).requires or ()]
        waiting += [(need, extra) for need in needs for extra in ("", *requirement.extras)]
    return found - {"torch"}


@pytest.mark.parametrize(("python", "machine"), product(PYTHONS, MACHINES))
@pytest.mark.parametrize("name", REQUIRED)
def test_a_lock_has_the_versions_that_the_project_asks_for(name: str, python: str, machine: tuple[str, str]) -> None:
    system, processor = machine
    environment: dict[str, str] = {
        **{key: str(value) for key, value in default_environment().items()},
        "python_version": python,
        "python_full_version": f"{python}.1",
        "sys_platform": system,
        "platform_system": system.capitalize(),
        "platform_machine": processor,
    }
    versions = locked(name, environment)
    asked = [Requirement(text) for text in REQUIRED[name]]
    for requirement in asked:
        if requirement.name != "torch" and (requirement.marker is None or requirement.marker.evaluate(environment)):
            assert f"=={versions[canonicalize_name(requirement.name)]}" == str(requirement.specifier)
    assert not LEFT_OUT & versions.keys()


@pytest.mark.parametrize("name", ["serve", "train", "develop"])
def test_a_lock_names_what_the_project_needs_here_and_nothing_else(name: str) -> None:
    assert locked(name).keys() == installed_for(REQUIRED[name])


def test_what_is_installed_is_what_is_locked() -> None:
    for name, version in locked("develop").items():
        assert Version(distribution(name).version) == Version(version), name


@pytest.mark.slow
@pytest.mark.parametrize("name", ["sam", "fuzz", "stack"])
def test_an_environment_of_its_own_is_what_is_locked(name: str) -> None:
    python = Path(sys.prefix) / name / "bin" / "python"
    if name == "fuzz" and not python.exists():
        pytest.skip("nothing has been fuzzed here: `make fuzz` and `make install` set it up")
    done = subprocess.run([python, "-m", "pip", "freeze", "--all"], capture_output=True, text=True, check=True)
    installed = dict(line.split("==") for line in done.stdout.splitlines())
    brought = {"pip", "setuptools"} - locked(name).keys()  # by Python's venv
    found = {canonicalize_name(package): version for package, version in installed.items()}
    assert {package: version for package, version in found.items() if package not in brought} == locked(name)


def test_the_locks_agree_with_each_other() -> None:
    develop = locked("develop").items()
    assert locked("serve").items() <= locked("train").items() <= develop
    assert locked("emulator").items() <= locked("sam").items()


def test_the_project_is_built_by_the_setuptools_that_is_locked() -> None:
    assert PROJECT["build-system"]["requires"] == [f"setuptools=={locked('serve')['setuptools']}"]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_every_package_has_hashes_and_no_lock_names_a_host(lock: Path) -> None:
    text = lock.read_text(encoding="utf-8")
    entries = re.split(r"^(?=\S+==)", text, flags=re.MULTILINE)[1:]
    assert entries
    assert all(re.search(r"--hash=sha256:[0-9a-f]{64}\b", entry) for entry in entries)
    assert "://" not in text


def test_each_lock_is_made_and_installed_by_make() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for lock in LOCKS:
        assert f"--output-file locks/{lock.name}\n" in makefile
        assert re.search(rf"\$\(LOCKED\) locks/{lock.name}\b", makefile)
    assert {lock.stem for lock in LOCKS} == REQUIRED.keys()
