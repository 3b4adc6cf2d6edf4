"""Compiles Python files to bytecode ahead of time.

On Lambda the files are on a read-only disk, so without bytecode every cold start would compile them again. Bytecode
belongs to one minor version of Python, so an interpreter of the runtime's version has to compile it. On a machine that
has none, the files are left without bytecode: they work, and start more slowly.
"""

import os
import shutil
import subprocess
import sys
import zlib
from collections.abc import Collection, Iterator
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
    """Yield commands to try, each with its environment: pyenv's commands run only where PYENV_VERSION is set."""
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
    """Put bytecode beside every Python file below `root`. Python will use it without looking at the file.

    `prefix` is where `root` will be on Lambda; tracebacks name it.

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


def leave_bytecode_only(folder: Path, kept: Collection[str]) -> None:
    """Put bytecode in the place of the Python files below `folder`, which `compile_all` has compiled.

    `kept` are files and folders, relative to the one that holds `folder`, whose sources stay, compressed: name.py.z is
    what `torch/_later.py` reads. Those of torch's modules of settings, which read their own comments when they are
    imported, stay as they are, and so does its version, which others read.
    """
    for source in sorted(folder.rglob("*.py")):
        name = source.relative_to(folder.parent).as_posix()
        content = source.read_bytes()
        if name == "torch/version.py" or b"install_config_module(" in content:
            continue
        if any(name == path or name.startswith(f"{path}/") for path in kept):
            source.with_suffix(".py.z").write_bytes(zlib.compress(content, 9))
        (compiled,) = (source.parent / "__pycache__").glob(f"{source.stem}.cpython-*.pyc")
        compiled.rename(source.with_suffix(".pyc"))
        source.unlink()
    for cache in sorted(folder.rglob("__pycache__")):
        if not any(cache.iterdir()):
            cache.rmdir()
