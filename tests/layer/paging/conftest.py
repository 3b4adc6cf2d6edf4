"""A paged library, and scripts that run with none of its code touched."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from layer.cache import CACHE
from layer.native.compiler import compile_library
from layer.paging.hot import hot_pages
from layer.paging.split import page_out
from tests.layer.conftest import HERE
from tests.layer.paging.wide import HOT, SOURCE, START

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def paged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a paged library of 80 blocks, a function in each, two of them hot, and the pager."""
    folder = tmp_path_factory.mktemp("paged")
    (folder / "torch").mkdir()
    (folder / "torch" / "__init__.py").write_text("import os\n")
    (folder / "wide.c").write_text(SOURCE)
    library = folder / "libwide.so"
    compile_library(library, folder / "wide.c", HERE, ["-O1"], CACHE / "zig", glibc="2.28")
    page_out({library: hot_pages(library.read_bytes(), HOT)}, folder, HERE, CACHE)
    return folder


@pytest.fixture
def run(paged: Path) -> Run:
    """Runs a script that begins with the library loaded and none of its code touched."""

    def run_(script: str, *options: str, folder: Path = paged, start: str = START) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, *options, "-c", start + script]
        return subprocess.run(command, capture_output=True, text=True, cwd=folder, check=False, timeout=60)

    return run_


def fine(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 0, done.stderr
    assert "Fatal" not in done.stderr
    return done.stdout
