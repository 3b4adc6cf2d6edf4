"""Small shared libraries and wheels, made on the spot."""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from layer.build import build
from layer.cache import CACHE
from layer.target import RUNTIMES, Arch, Target
from layer.wheel.rules import SHA256
from tests.conftest import python_313

COMPILER_CACHE = CACHE / "zig"
PROGRAMS = Path(__file__).with_name("programs")
HERE = Arch.here() or Arch.X86_64
ANY_TARGET = Target(Arch.X86_64, RUNTIMES["3.13"])

Compile = Callable[..., Path]
MakeWheel = Callable[..., Path]

TORCH_INIT = b"from torch import _C\n"
METADATA = b"Metadata-Version: 2.4\nName: torch\nVersion: 2.13.0+cpu\nLicense-Expression: BSD-3-Clause AND MIT\n"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test that needs the real layer is slow. On a fresh machine it downloads wheels, and waits for other builds."""
    for item in items:
        if "built" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.slow)
            item.add_marker(pytest.mark.timeout(600))


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The real layer for the default target; built once in a run of the tests, since later builds link its files."""
    out = tmp_path_factory.mktemp("layer")
    build(ANY_TARGET, out, CACHE)
    return out


@pytest.fixture(scope="session")
def layers_python() -> Path:
    """The interpreter that runs that layer."""
    python = python_313()
    if python is None or HERE is not Arch.X86_64:
        pytest.skip("running the layer takes python3.13 on x86_64, on PATH or in pyenv")
    return python


@pytest.fixture
def compile_library(tmp_path: Path) -> Compile:
    """Compile C source to a shared library: compile_library("libx.so", source, arch=..., flags=[...])."""

    def compile_(name: str, source: str, *, arch: Arch = HERE, flags: tuple[str, ...] = ("-nostdlib",)) -> Path:
        library = tmp_path / name
        library.parent.mkdir(parents=True, exist_ok=True)
        code = tmp_path / "source.c"
        code.write_text(source)
        command = [sys.executable, "-m", "ziglang", "cc", "-target", f"{arch.machine}-linux-gnu.2.28", "-shared"]
        command += ["-fPIC", "-O1", f"-Wl,-soname,{library.name}", "-o", str(library), str(code), *flags]
        cache = {"ZIG_GLOBAL_CACHE_DIR": str(COMPILER_CACHE), "ZIG_LOCAL_CACHE_DIR": str(COMPILER_CACHE)}
        subprocess.run(command, check=True, env=os.environ | cache)
        return library

    return compile_


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on a disk of 4 kB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4k", "none", str(folder)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("making a small disk takes root on Linux")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.fixture
def make_wheel(tmp_path: Path) -> MakeWheel:
    """Write a wheel: make_wheel("name.whl", {member: content}, swapped={member: content that RECORD does not list})."""

    def make(name: str, files: Mapping[str, bytes], swapped: Mapping[str, bytes] | None = None) -> Path:
        info = "-".join(name.split("-")[:2]) + ".dist-info"
        rows = [f"{member},{_record_digest(content)},{len(content)}\n" for member, content in files.items()]
        wheel = tmp_path / name
        with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
            for member, content in {**files, **(swapped or {})}.items():
                archive.writestr(member, content)
            archive.writestr(f"{info}/RECORD", "".join(rows) + f"{info}/RECORD,,\n")
        return wheel

    return make


@pytest.fixture
def tiny_torch(compile_library: Compile, make_wheel: MakeWheel, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A wheel with the layout of torch's, of a few kilobytes, that is pinned in place of torch's."""
    library = compile_library("libtorch_cpu.so", "int answer(void) { return 42; }", flags=("-nostdlib", "-g"))
    extension = compile_library(
        "_C.cpython-313-x86_64-linux-gnu.so",
        "int answer(void); int ask(void) { return answer(); }",
        flags=("-nostdlib", str(library)),
    )
    wheel = make_wheel(
        "torch-2.13.0+cpu-cp313-cp313-manylinux_2_28_x86_64.whl",
        {
            "torch/__init__.py": TORCH_INIT,
            "torch/version.py": b"__version__ = '2.13.0+cpu'\n",
            f"torch/{extension.name}": extension.read_bytes(),
            "torch/lib/libtorch_cpu.so": library.read_bytes(),
            "torch/lib/libtorch_cuda.so": b"never read",
            "torch/include/ATen.h": b"#pragma once\n",
            "torch-2.13.0+cpu.dist-info/METADATA": METADATA,
            "torch-2.13.0+cpu.dist-info/WHEEL": b"Tag: cp313-cp313-manylinux_2_28_x86_64\n",
            "torch-2.13.0+cpu.dist-info/licenses/LICENSE": b"Anyone may.\n",
            "torch-2.13.0+cpu.dist-info/licenses/third_party/lib/NOTICE.cpp": b"// Anyone may.\n",
        },
    )
    pin(monkeypatch, wheel)
    return wheel


def pin(monkeypatch: pytest.MonkeyPatch, wheel: Path) -> None:
    """Take this wheel for the one of its name."""
    monkeypatch.setitem(SHA256, wheel.name, hashlib.sha256(wheel.read_bytes()).hexdigest())


def _record_digest(content: bytes) -> str:
    return "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
