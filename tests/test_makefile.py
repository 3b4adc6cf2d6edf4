"""`make install`: which torch goes where. A stand-in for Python notes what would be installed."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from local.runtime import ROOT

PYTHON = """#!/bin/sh
case "$1 $2" in
  "-c "*) exit ${TOO_OLD:-0} ;;
  "-m venv") mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
  *) echo "$@" >> "$NOTES" ;;
esac
"""


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A copy of the Makefile, and a folder of programs that stand in for a machine's."""
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    add_program(tmp_path, "python-here", PYTHON)
    return tmp_path


def add_program(machine: Path, name: str, script: str) -> None:
    (machine / "bin").mkdir(exist_ok=True)
    (machine / "bin" / name).write_text(script)
    (machine / "bin" / name).chmod(0o755)


def install(machine: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    path = f"{machine / 'bin'}:{os.environ['PATH']}"
    variables = {**os.environ, "PATH": path, "NOTES": str(machine / "notes"), **environment}
    command = ["make", "install", "PYTHON=python-here"]
    return subprocess.run(command, capture_output=True, text=True, cwd=machine, env=variables, check=False, timeout=60)


@pytest.mark.parametrize(
    ("nvidia_smi", "told", "cpu_index"),
    [
        ("exit 0", "the CUDA build: nvidia-smi sees a GPU", False),
        ("exit 9", "the CPU build where PyTorch's index can be reached: there is no NVIDIA GPU", True),
    ],
)
def test_torch_is_the_cuda_build_where_nvidia_smi_answers(
    machine: Path, nvidia_smi: str, told: str, cpu_index: bool
) -> None:
    add_program(machine, "nvidia-smi", f"#!/bin/sh\n{nvidia_smi}\n")
    done = install(machine)
    assert done.returncode == 0, done.stderr
    assert f"Installing torch==2.13.0, {told}" in done.stdout
    torch, *others = (machine / "notes").read_text().splitlines()
    assert torch.endswith("torch==2.13.0")
    assert ("--extra-index-url https://download.pytorch.org/whl/cpu" in torch) == cpu_index
    assert len(others) == 2


def test_a_second_install_does_nothing(machine: Path) -> None:
    install(machine)
    (machine / "notes").unlink()
    assert install(machine).returncode == 0
    assert not (machine / "notes").exists()


def test_an_old_python_is_refused_in_a_sentence(machine: Path) -> None:
    done = install(machine, TOO_OLD="1")
    assert done.returncode == 2
    assert "Cold Open needs Python 3.11 or newer; name one with: make PYTHON=python3.12" in done.stderr
    assert not (machine / "notes").exists()
