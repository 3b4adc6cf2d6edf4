"""Which wheels a layer is made of, and how they get here."""

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import file_digest
from pathlib import Path

from layer.errors import LayerError
from layer.target import Target

TORCH_VERSION = "2.13.0"
# All that `import torch`, a forward pass, torch.load and torch.save import besides torch and the standard
# library. The rest of what torch requires (sympy, networkx, jinja2, fsspec, filelock) serves optimisers and
# torch.compile.
DEPENDENCIES = ("typing_extensions==4.16.0",)
# One short try: where this index can't be reached, the default one serves.
_CPU_INDEX = "https://download.pytorch.org/whl/cpu"
_CPU_INDEX_OPTIONS = ("--extra-index-url", _CPU_INDEX, "--retries", "0", "--timeout", "5")

# sha256 of the wheels that were at hand: those on the default index, and one CPU build. A file that is not
# listed is still checked by pip against its index, and file by file against its RECORD.
SHA256 = {
    "torch-2.13.0+cpu-cp311-cp311-manylinux_2_28_x86_64.whl": (
        "6746dbcbeb526eb61330b76b41ff1b4eb848951103a892eeb080dfa2b264667b"
    ),
    "torch-2.13.0-cp311-cp311-manylinux_2_28_aarch64.whl": (
        "092790c696a760c729fd5722835f50b9d81fd7c8f141571f3f3cf4081a8f664c"
    ),
    "torch-2.13.0-cp312-cp312-manylinux_2_28_x86_64.whl": (
        "796633c4cdf0fe2cdced72d8f88f22e73dbcfce83132763162f6d4bff13b820b"
    ),
    "torch-2.13.0-cp312-cp312-manylinux_2_28_aarch64.whl": (
        "572df8be8ffb4599c88cbd6a0726f1f854f4da65d2e3c09f0e2c2283333cd6d4"
    ),
    "torch-2.13.0-cp313-cp313-manylinux_2_28_x86_64.whl": (
        "a3a9a21312872af8a26950b2c15680335a386a1f56ed03e780653d78b9607e9e"
    ),
    "torch-2.13.0-cp313-cp313-manylinux_2_28_aarch64.whl": (
        "1e09d6a722504957c694faceca843acde562786df1144ebcc5a74075ec7f6005"
    ),
    "torch-2.13.0-cp314-cp314-manylinux_2_28_x86_64.whl": (
        "49f1ea385c754e54919408a9bb3b5a72b0b755bbe2c916c1d6f70afbec4908a2"
    ),
    "torch-2.13.0-cp314-cp314-manylinux_2_28_aarch64.whl": (
        "a3893dc2da0a972a8ca5d698c85a9f967559ac5f8ee1797b77408aa8734d073c"
    ),
    "typing_extensions-4.16.0-py3-none-any.whl": ("481caa481374e813c1b176ada14e97f1f67a4539ce9cfeb3f350d78d6370c2e8"),
}

_MANIFEST = "wheels.json"


@dataclass(frozen=True, slots=True)
class Wheel:
    """A whole wheel on disk, its size in bytes and its sha256 in hex."""

    path: Path
    size: int
    sha256: str


Download = Callable[[Target, Path], None]


def fetch(target: Target, cache: Path, download: Download | None = None) -> list[Wheel]:
    """Return the target's wheels, torch first; download them where `cache` does not have them whole.

    They are downloaded into a folder aside, which is renamed when all of them are there: an interrupted
    download is never taken for a whole one. A cached wheel whose size has changed is downloaded again.

    Raises LayerError where pip fails or a wheel is not the one whose sha256 is pinned.
    """
    home = cache / f"torch-{TORCH_VERSION}-{target.runtime.tag}-{target.arch.machine}"
    cached = _read(home)
    if cached:
        return cached
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache, prefix="part-") as scratch:
        part = Path(scratch, "wheels")
        part.mkdir()
        (download or _download)(target, part)
        _write_manifest(part)
        if home.exists():
            home.rename(Path(scratch, "stale"))
        part.rename(home)
    return _read(home)


def _download(target: Target, folder: Path) -> None:
    """Download the CPU build of torch, or the CUDA build where PyTorch's CPU index can't be reached."""
    try:
        _pip(target, folder, [*_CPU_INDEX_OPTIONS, f"torch=={TORCH_VERSION}+cpu"])
    except LayerError:
        _pip(target, folder, [f"torch=={TORCH_VERSION}"])
    _pip(target, folder, DEPENDENCIES)


def _pip(target: Target, folder: Path, arguments: Sequence[str]) -> None:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
    command += ["--platform", f"manylinux_2_28_{target.arch.machine}", "--implementation", "cp"]
    command += ["--python-version", target.runtime.python, "--dest", str(folder), *arguments]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode:
        raise LayerError(f"pip could not download {arguments[-1]} for {target}: {_reason(result.stderr)}")


def _reason(said: str) -> str:
    """What pip gives as the reason of its failure; it shows a traceback where it did not reckon with it."""
    lines = [line for line in said.splitlines() if line.strip()] or ["no message"]
    errors = [line for line in lines if re.match(r"ERROR: (?!Exception:)|[\w.]*(Error|Exception): ", line)] or lines
    return errors[-1].removeprefix("ERROR: ")


def _write_manifest(folder: Path) -> None:
    """Check the pinned digests and note what has arrived, torch first."""
    entries = []
    for path in sorted(folder.glob("*.whl"), key=lambda path: (not path.name.startswith("torch-"), path.name)):
        with path.open("rb") as file:
            digest = file_digest(file, "sha256").hexdigest()
        expected = SHA256.get(path.name, digest)
        if digest != expected:
            raise LayerError(f"{path.name} is not the pinned file: its sha256 is {digest}, not {expected}")
        entries.append({"name": path.name, "size": path.stat().st_size, "sha256": digest})
    (folder / _MANIFEST).write_text(json.dumps({"dependencies": DEPENDENCIES, "wheels": entries}, indent=1))


def _read(home: Path) -> list[Wheel]:
    """Return the wheels that `home` holds, or none if it lacks one, or one is of another size or pin."""
    try:
        manifest = json.loads((home / _MANIFEST).read_text())
        wheels = [Wheel(home / entry["name"], entry["size"], entry["sha256"]) for entry in manifest["wheels"]]
        whole = all(wheel.path.stat().st_size == wheel.size for wheel in wheels)
        current = manifest["dependencies"] == list(DEPENDENCIES)
    except (OSError, ValueError, KeyError, TypeError):
        return []
    return wheels if whole and current else []
