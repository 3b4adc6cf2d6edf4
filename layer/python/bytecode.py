"""Compiles Python files ahead of time. On Lambda they lie on a read-only disk: each cold start would compile them anew.

Bytecode belongs to one minor version of Python, so an interpreter of the runtime's version does it. Where there is
none, the files stay as they are, and work.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from layer.errors import LayerError


def find_python(version: str) -> Path | None:
    """Return an interpreter of `version`, such as "3.13": this one, pythonX.Y on the path, or one of pyenv's."""
    for command, environment in _candidates(version):
        script = "import sys; print(sys.executable, '%d.%d' % sys.version_info[:2], sys.implementation.name)"
        try:
            done = subprocess.run(
                [command, "-c", script], capture_output=True, text=True, check=False, env=environment, timeout=60
            )
        except OSError:
            continue
        path, *rest = done.stdout.strip().rsplit(" ", 2)
        if done.returncode == 0 and rest == [version, "cpython"]:
            return Path(path)
    return None


def _candidates(version: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Commands to try, each with its environment: pyenv's shims run only if told which version to be."""
    yield sys.executable, dict(os.environ)
    command = shutil.which(f"python{version}")
    if command is None:
        return
    yield command, dict(os.environ)
    if pyenv := shutil.which("pyenv"):
        listed = subprocess.run([pyenv, "versions", "--bare"], capture_output=True, text=True, check=False)
        for name in listed.stdout.split():
            if name.startswith(f"{version}."):
                yield command, os.environ | {"PYENV_VERSION": name}


def compile_all(root: Path, python: Path, prefix: str) -> None:
    """Put bytecode beside every Python file below `root`, to be used without looking at the file again.

    `prefix` is the folder that the bytecode names as its source's: where `root` will lie on Lambda.

    Raises LayerError if a file can't be compiled.
    """
    command = [str(python), "-S", "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash"]
    environment = {"PYTHONHASHSEED": "0"}  # the same bytes each time
    done = subprocess.run(
        [*command, "-s", str(root), "-p", prefix, str(root)],
        capture_output=True, text=True, check=False, env=environment,
    )  # fmt: skip
    if done.returncode:
        raise LayerError(f"{python} can't compile what is in {root}: {(done.stdout + done.stderr).strip()[-500:]}")
