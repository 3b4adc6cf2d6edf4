"""What must agree across files, and which part may import which."""

from __future__ import annotations

import ast
import re
import tomllib
from itertools import product
from pathlib import Path

import pytest

from layer.wheel.rules import TORCH_VERSION
from local.runtime import ROOT

PRODUCT = ("lambda_fn", "training", "layer", "local", "deploy", "bench")


def imported_by(file: Path) -> set[str]:
    """The dotted names of all modules that a file imports, wherever in it, and of what it imports from them."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def sources(folder: str) -> list[Path]:
    """The Python files of a folder."""
    found = sorted((ROOT / folder).rglob("*.py"))
    assert found, folder
    return found


def breaches(folder: str, *forbidden: str) -> list[str]:
    """Which files of a folder import a forbidden module, or anything below it."""
    return [
        f"{file.relative_to(ROOT)}: {name}"
        for file in sources(folder)
        for name in sorted(imported_by(file))
        if any(f"{name}.".startswith(f"{module}.") for module in forbidden)
    ]


def test_the_function_imports_nothing_of_the_workshop() -> None:
    assert not breaches("lambda_fn", "training", "layer", "local", "deploy", "bench", "tests", "numpy")


def test_deploying_imports_nothing_that_sam_s_environment_has_not() -> None:
    assert not breaches("deploy", "training", "layer", "local", "bench", "tests", "torch")


def test_screenplay_and_vocabulary_know_no_torch() -> None:
    for name in ("screenplay.py", "vocabulary.py", "errors.py", "settings.py"):
        assert not {name for name in imported_by(ROOT / "lambda_fn" / "coldopen" / name) if name.startswith("torch")}


def test_http_is_known_to_itself_and_to_the_entry_point_alone() -> None:
    assert not breaches("training", "coldopen.http", "layer", "local")
    for file in sources("lambda_fn"):
        if "http" not in file.relative_to(ROOT).parts and file.name != "app.py":
            assert not {name for name in imported_by(file) if name.startswith("coldopen.http")}, file


def test_data_knows_neither_training_nor_evaluation() -> None:
    assert not breaches("training/data", "training.fit", "training.evaluation", "training.run", "training.preset")


def test_training_asks_evaluation_for_perplexity_memories_and_pictures_alone() -> None:
    names = ("perplexity", "remembered", "plots")
    allowed = tuple(f"training.evaluation.{name}" for name in names)
    asked = [
        line for line in breaches("training/fit", "training.evaluation") if not line.split(": ")[1].startswith(allowed)
    ]
    assert not asked


def test_evaluation_does_not_train() -> None:
    assert not breaches("training/evaluation", "training.fit")


def test_the_elf_format_is_known_to_its_room_alone() -> None:
    users = {file.parent.name for file in sources("layer") if any("elftools" in name for name in imported_by(file))}
    assert users == {"elf"}


@pytest.mark.parametrize("folder", PRODUCT)
def test_nothing_imports_a_command_line(folder: str) -> None:
    parts = {"__main__", "command_line"}
    importers = [file for file in sources(folder) if any(parts & {*name.split(".")} for name in imported_by(file))]
    assert {file.name for file in importers} <= {"__main__.py"}


@pytest.mark.parametrize("folder", [*PRODUCT, "tests"])
def test_every_file_can_be_read_in_one_sitting(folder: str) -> None:
    too_long = {file for file in sources(folder) if len(file.read_text(encoding="utf-8").splitlines()) > 250}
    assert not too_long


def test_there_is_one_torch() -> None:
    requirement = f"torch=={TORCH_VERSION}"
    assert requirement in tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    assert f"TORCH := {requirement}\n" in (ROOT / "Makefile").read_text()


def test_the_function_s_requirements_are_those_it_is_tested_with() -> None:
    dependencies = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    required = re.findall(r"^(\S+==\S+) \\$", (ROOT / "lambda_fn" / "requirements.txt").read_text(), re.MULTILINE)
    direct = [line for line in required if line.partition("==")[0] in {"aws-lambda-powertools", "safetensors"}]
    assert len(direct) == 2
    assert set(direct) <= set(dependencies)


def test_the_template_s_runtimes_and_architectures_can_be_built() -> None:
    template = (ROOT / "template.yaml").read_text()
    allowed = [re.split(r",\s*", values) for values in re.findall(r"AllowedValues: \[(.*)\]", template)]
    architectures, runtimes, *_ = allowed
    targets = {f"{runtime}-{architecture}" for runtime, architecture in product(runtimes, architectures)}
    assert targets == {folder.name for folder in (ROOT / "layer" / "targets").iterdir()}
