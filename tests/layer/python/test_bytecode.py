"""Bytecode: whose it is, that it is the same each time, and what happens where it can't be made."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
import zlib
from pathlib import Path

import pytest

from layer.__main__ import main
from layer.errors import LayerError
from layer.python.bytecode import compile_all, find_python, leave_bytecode_only

VERSION = f"{sys.version_info[0]}.{sys.version_info[1]}"


def compiled(folder: Path) -> bytes:
    return Path(importlib.util.cache_from_source(str(folder / "a.py"))).read_bytes()


def test_this_python_is_found_and_one_that_is_nowhere_is_not() -> None:
    assert find_python(VERSION) == Path(sys.executable)
    assert find_python("3.99") is None


def test_a_python_that_does_not_run_is_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, script in (("python3.98", "exit 127"), ("python3.99", "echo /bin/sh 3.1 cpython")):
        (tmp_path / name).write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert (find_python("3.98"), find_python("3.99")) == (None, None)


def test_the_same_sources_give_the_same_bytes_wherever_they_lie(tmp_path: Path) -> None:
    for name in ("one", "another"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.py").write_text("KINDS = {'a', 'b', 'c'}\ndef f(x): return x in {'d', 'e', 'f', 'g'}\n")
        compile_all(tmp_path / name, Path(sys.executable), "/opt/python")
    assert compiled(tmp_path / "one") == compiled(tmp_path / "another")
    assert b"/opt/python/a.py" in compiled(tmp_path / "one")


def test_the_bytecode_is_used_without_a_look_at_the_source(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("print('first')\n")
    assert main(["compile", str(tmp_path), "--python", VERSION]) == 0
    (tmp_path / "a.py").write_text("print('second, much longer')\n")
    done = subprocess.run([sys.executable, "-c", "import a"], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert done.stdout == "first\n"


def test_what_is_no_python_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("def\n")
    with pytest.raises(LayerError, match=r"can't compile what is in [\s\S]*invalid syntax"):
        compile_all(tmp_path, Path(sys.executable), "/opt/python")


@pytest.mark.skipif(shutil.which("python3.14") is not None, reason="this machine has the Python that should be missing")
def test_without_the_runtime_s_python_the_files_stay_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1\n")
    assert main(["compile", str(tmp_path), "--python", "3.14"]) == 0
    assert [path.name for path in tmp_path.rglob("*")] == ["a.py"]


def test_bytecode_takes_the_place_of_sources_and_those_that_scripts_read_are_kept_compressed(tmp_path: Path) -> None:
    sources = {
        "torch/__init__.py": "",
        "torch/late.py": "x = 1\n",
        "torch/nn/linear.py": "y = 2\n",
        "torch/config.py": "def install_config_module(module): ...\ninstall_config_module(None)\n",
        "torch/version.py": "z = 3\n",
    }
    for name, source in sources.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(source)
    compile_all(tmp_path, Path(sys.executable), "/opt/python")
    leave_bytecode_only(tmp_path / "torch", ["torch/nn"])
    files = [path.relative_to(tmp_path) for path in tmp_path.rglob("*.py*")]
    assert zlib.decompress((tmp_path / "torch/nn/linear.py.z").read_bytes()) == b"y = 2\n"
    assert {file.as_posix() for file in files if "__pycache__" not in file.parts} == {
        "torch/__init__.pyc", "torch/late.pyc", "torch/nn/linear.pyc", "torch/nn/linear.py.z", "torch/config.py",
        "torch/version.py",
    }  # fmt: skip
    script = "import torch.late, torch.nn.linear, torch.config; print(torch.late.x + torch.nn.linear.y)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert done.stdout == "3\n"
