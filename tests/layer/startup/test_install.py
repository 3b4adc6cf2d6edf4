"""The quick registration of operators: what it leaves is what torch's own leaves."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from layer.errors import OtherTorchError
from layer.startup.install import add_startup
from tests.layer.conftest import COMPILER_CACHE, HERE, PROGRAMS, Compile


def _run(program: str, python: Path, path: str = "", **variables: str) -> str:
    options = ["-B", "-W", "ignore", *(["-S"] if path else [])]
    command = [str(python), *options, str(PROGRAMS / program)]
    done = subprocess.run(command, env={"PYTHONPATH": path, **variables}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_operators_have_the_installed_torch_s_schemas_and_kernels(built: Path, layers_python: Path) -> None:
    program = "list_operators.py"
    ours = set(_run(program, layers_python, str(built / "python")).splitlines())
    stock = set(_run(program, Path(sys.executable)).splitlines())
    assert len(ours) > 50_000
    assert ours - stock == set()  # stock torch has operators made in Python besides


def test_devices_are_refused_as_by_the_installed_torch(built: Path, layers_python: Path) -> None:
    ours = _run("refuse_devices.py", layers_python, str(built / "python"))
    assert ours == _run("refuse_devices.py", Path(sys.executable))
    assert "lazy NotImplementedError Could not run 'aten::empty.memory_format'" in ours


def test_a_program_may_have_fixed_what_malloc_takes_from_the_heap(built: Path, layers_python: Path) -> None:
    answers = _run("touch_operators.py", layers_python, str(built / "python"), MALLOC_MMAP_THRESHOLD_="65536")
    assert answers == _run("touch_operators.py", Path(sys.executable))


def test_a_torch_without_the_functions_that_are_replaced_is_refused(tmp_path: Path, compile_library: Compile) -> None:
    library = compile_library("python/torch/lib/libtorch_cpu.so", "int nothing;")
    with pytest.raises(OtherTorchError, match=r"libtorch_cpu\.so has no function _Z"):
        add_startup(library.parents[2], HERE, COMPILER_CACHE.parent)
