"""The quick registration of operators: what it leaves is what torch's own leaves."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from layer.errors import OtherTorchError
from layer.startup.install import add_startup
from tests.layer.conftest import COMPILER_CACHE, HERE, PROGRAMS, Compile


def _lines(python: Path, path: str) -> set[str]:
    options = ["-B", "-W", "ignore", *(["-S"] if path else [])]
    command = [str(python), *options, str(PROGRAMS / "list_operators.py")]
    done = subprocess.run(command, env={"PYTHONPATH": path}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.splitlines())


def test_operators_have_the_installed_torch_s_schemas_and_kernels(built: Path, layers_python: Path) -> None:
    ours, stock = _lines(layers_python, str(built / "python")), _lines(Path(sys.executable), "")
    assert len(ours) > 50_000
    assert ours - stock == set()  # stock torch has operators made in Python besides


def test_a_torch_without_the_functions_that_are_replaced_is_refused(tmp_path: Path, compile_library: Compile) -> None:
    library = compile_library("python/torch/lib/libtorch_cpu.so", "int nothing;")
    with pytest.raises(OtherTorchError, match=r"libtorch_cpu\.so has no function _Z"):
        add_startup(library.parents[2], HERE, COMPILER_CACHE.parent)
