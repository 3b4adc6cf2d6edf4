"""Each machine packs the same function: sam uploads what is new, and what is new is a new version."""

from __future__ import annotations

import re
import shutil
import subprocess
from hashlib import sha256
from pathlib import Path

import pytest

from local.runtime import FUNCTION, ROOT


@pytest.mark.slow
def test_each_machine_builds_the_same_package(tmp_path: Path) -> None:
    """Two checkouts in folders of other names and depths; the digest of all names and contents is what sam goes by."""
    digests = {built_in(tmp_path / place) for place in ("one", "another/place/of-another-depth")}
    assert len(digests) == 1


def built_in(folder: Path) -> str:
    """Build the function's package from a copy of the project; the digest of its files' names and contents."""
    for part in ("lambda_fn", "layer", "models"):
        leave = shutil.ignore_patterns("__pycache__", "*.pyc")
        shutil.copytree(ROOT / part, folder / part, ignore=leave)
    (folder / ".venv").symlink_to(ROOT / ".venv")
    package = folder / "package"
    package.mkdir()
    makefile = folder / "lambda_fn" / "Makefile"
    target = folder / "layer" / "targets" / "python3.13-x86_64"
    command = ["make", "-C", str(target), "-f", str(makefile), f"ARTIFACTS_DIR={package}", "build-WriterFunction"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    files = sorted(path for path in package.rglob("*") if path.is_file())
    assert len(files) > 100
    whole = sha256()
    for file in files:
        assert str(folder).encode() not in file.read_bytes(), file
        whole.update(f"{file.relative_to(package)} {sha256(file.read_bytes()).hexdigest()}\n".encode())
    return whole.hexdigest()


def test_what_the_function_requires_is_known_by_its_digest_for_each_architecture() -> None:
    entries = re.split(r"^(?=\S+==)", (FUNCTION / "requirements.txt").read_text(), flags=re.MULTILINE)[1:]
    assert len(entries) == 4
    for entry in entries:
        wanted = 3 if entry.startswith("safetensors==") else 1  # it alone is machine code: x86_64, arm64 and others
        assert len(re.findall(r"--hash=sha256:[0-9a-f]{64}\b", entry)) >= wanted
    assert "--require-hashes" in (FUNCTION / "Makefile").read_text()
