"""What must agree across files, and which part may import which."""

from __future__ import annotations

import ast
import re
import tomllib
from itertools import product
from pathlib import Path

import pytest

from layer.wheels import TORCH_VERSION
from local.runtime import ROOT


def imported_by(file: Path) -> set[str]:
    """The top-level names of all modules that a file imports."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.partition(".")[0])
    return names


@pytest.mark.parametrize("file", sorted((ROOT / "lambda_fn").rglob("*.py")), ids=lambda file: file.name)
def test_the_function_imports_nothing_of_the_workshop(file: Path) -> None:
    assert not imported_by(file) & {"training", "layer", "local", "bench", "tests", "numpy"}


def test_screenplay_and_vocabulary_know_no_torch() -> None:
    for name in ("screenplay.py", "vocabulary.py", "errors.py", "settings.py"):
        assert "torch" not in imported_by(ROOT / "lambda_fn" / "coldopen" / name)


def test_there_is_one_torch() -> None:
    requirement = f"torch=={TORCH_VERSION}"
    assert requirement in tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    assert f"TORCH := {requirement}\n" in (ROOT / "Makefile").read_text()


def test_the_function_s_requirements_are_those_it_is_tested_with() -> None:
    dependencies = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    required = re.findall(r"^(\S+==\S+)$", (ROOT / "lambda_fn" / "requirements.txt").read_text(), re.MULTILINE)
    direct = [line for line in required if line.partition("==")[0] in {"aws-lambda-powertools", "safetensors"}]
    assert len(direct) == 2
    assert set(direct) <= set(dependencies)


def test_the_template_s_runtimes_and_architectures_can_be_built() -> None:
    template = (ROOT / "template.yaml").read_text()
    allowed = [re.split(r",\s*", values) for values in re.findall(r"AllowedValues: \[(.*)\]", template)]
    architectures, runtimes = allowed
    targets = {f"{runtime}-{architecture}" for runtime, architecture in product(runtimes, architectures)}
    assert targets == {folder.name for folder in (ROOT / "layer" / "targets").iterdir()}
