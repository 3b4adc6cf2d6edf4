"""Downloads what a layer is made of, with pip, and takes nothing but the wheels whose digests are pinned."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import file_digest
from pathlib import Path

from layer.cache import folder_written_aside
from layer.errors import LayerError
from layer.progress import step
from layer.target import Target
from layer.wheel.rules import CPU_INDEX, DEPENDENCIES, SHA256, TORCH_VERSION

# One short try: where this index can't be reached, the default one serves.
_CPU_INDEX_OPTIONS = ("--extra-index-url", CPU_INDEX, "--retries", "0", "--timeout", "5")
_MANIFEST = "wheels.json"


@dataclass(frozen=True, slots=True)
class Wheel:
    """A whole wheel on disk, its size in bytes and its sha256 in hex."""

    path: Path
    size: int
    sha256: str


Download = Callable[[Target, Path], None]
"""Puts the wheels for a target into a folder."""


def fetch(target: Target, cache: Path, download: Download | None = None) -> list[Wheel]:
    """Return the target's wheels, torch first; download them where `cache` does not have them whole.

    A cached wheel whose size has changed is downloaded again. `download` is pip's, unless another one is given.

    Raises LayerError where pip fails, or a wheel is not the one whose sha256 is pinned or none is pinned for it.
    """
    home = cache / f"torch-{TORCH_VERSION}-{target.runtime.tag}-{target.arch.machine}"
    cached = _read_cached(home)
    if cached:
        return cached
    with folder_written_aside(home) as folder:
        (download or _download)(target, folder)
        _write_manifest(folder)
    return _read_cached(home)


def _download(target: Target, folder: Path) -> None:
    """Download the CPU build of torch, or the CUDA build where PyTorch's CPU index can't be reached."""
    try:
        _download_for(target, folder, [*_CPU_INDEX_OPTIONS, f"torch=={TORCH_VERSION}+cpu"])
    except LayerError:
        _download_for(target, folder, [f"torch=={TORCH_VERSION}"])
    _download_for(target, folder, DEPENDENCIES)


def _download_for(target: Target, folder: Path, arguments: Sequence[str]) -> None:
    options = ["--only-binary=:all:", "--platform", f"manylinux_2_28_{target.arch.machine}", "--implementation", "cp"]
    options += ["--python-version", target.runtime.python, *arguments]
    pip_download(f"{arguments[-1]} for {target}", folder, options)


def pip_download(name: str, folder: Path, options: Sequence[str]) -> None:
    """Download packages, without what they require, into a folder.

    Args:
        name: what is downloaded, for messages.
        folder: where the files go.
        options: pip's options and the requirements.

    Raises:
        LayerError: with pip's reason, if it fails.
    """
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder), *options]
    # For a source package's metadata pip runs its setup.py, and zstandard's asks a C compiler for what is not needed
    # here. `true` answers it, so that a machine needs no compiler.
    environment = {**os.environ, "CC": "true"}
    with step(f"downloading {name}"):
        result = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if result.returncode:
        raise LayerError(f"pip could not download {name}: {_reason(result.stderr)}")


def _reason(stderr: str) -> str:
    """The reason that pip gives for its failure. Where pip did not expect one, it ends a traceback."""
    lines = [line for line in stderr.splitlines() if line.strip()] or ["no message"]
    errors = [line for line in lines if re.match(r"ERROR: (?!Exception:)|[\w.]*(Error|Exception): ", line)] or lines
    return errors[-1].removeprefix("ERROR: ")


def check_digest(wheel: Path) -> None:
    """Compare a wheel's sha256 with the pinned one.

    Raises LayerError if it is another, or if none is pinned for a wheel of this name.
    """
    with wheel.open("rb") as file:
        digest = file_digest(file, "sha256").hexdigest()
    if wheel.name not in SHA256:
        raise LayerError(f"no sha256 is pinned for {wheel.name}: layer/wheel/rules.py lists the wheels that are taken")
    if digest != SHA256[wheel.name]:
        raise LayerError(
            f"{wheel.name} is not the pinned file: its sha256 is {digest}, not {SHA256[wheel.name]}; "
            f"if {wheel.parent} is still there, delete it and build again"
        )


def _write_manifest(folder: Path) -> None:
    """Check the pinned digests and note what has arrived, torch first."""
    entries = []
    for path in sorted(folder.glob("*.whl"), key=lambda path: (not path.name.startswith("torch-"), path.name)):
        check_digest(path)
        entries.append({"name": path.name, "size": path.stat().st_size, "sha256": SHA256[path.name]})
    (folder / _MANIFEST).write_text(json.dumps({"dependencies": DEPENDENCIES, "wheels": entries}, indent=1))


def _read_cached(home: Path) -> list[Wheel]:
    """The wheels in `home`; none if one of them is missing or of another size, or if other ones are pinned now."""
    try:
        manifest = json.loads((home / _MANIFEST).read_text())
        wheels = [Wheel(home / entry["name"], entry["size"], entry["sha256"]) for entry in manifest["wheels"]]
        whole = all(wheel.path.stat().st_size == wheel.size for wheel in wheels)
        pinned = all(SHA256[wheel.path.name] == wheel.sha256 for wheel in wheels)
        current = pinned and manifest["dependencies"] == list(DEPENDENCIES)
    except (OSError, ValueError, KeyError, TypeError):
        return []
    return wheels if whole and current else []
