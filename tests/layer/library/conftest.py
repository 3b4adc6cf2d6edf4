"""The library part of the layer, built from the real wheel; `make test-programs` runs these tests."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from layer.build import build
from layer.cache import CACHE
from layer.target import PythonPart
from tests.layer.conftest import ANY_TARGET

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The layer for the default target, with the library part."""
    out = tmp_path_factory.mktemp("library")
    build(replace(ANY_TARGET, part=PythonPart.LIBRARY), out, CACHE)
    return out


@pytest.fixture
def run(library: Path, layers_python: Path) -> Run:
    """Runs a script, with nothing but the layer on its path."""

    def run_(script: str, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "PYTHONPATH": str(library / "python"), **variables}
        command = [str(layers_python), "-S", "-B", "-W", "ignore", "-c", script, *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)

    return run_
