"""Which processors there are: answered where the system does not tell, and only there."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import layer.native
from layer.cache import CACHE
from layer.errors import LayerError
from layer.native.compiler import compile_library
from layer.native.cpuinfo import add_cpuinfo
from layer.target import Arch
from tests.layer.conftest import HERE, PROGRAMS

CPUINFO = Path(layer.native.__file__).with_name("cpuinfo.c")
COMPLAINT = b"Can't open MIDR_EL1 sysfs entry"
READER = """
#include <fcntl.h>
#include <unistd.h>
int read_file(const char *path, char *text, int size) {
    int file = open(path, O_RDONLY);
    if (file < 0) return -1;
    int got = read(file, text, size);
    close(file);
    return got;
}
"""


@pytest.fixture
def folder(tmp_path: Path, compile_library: Callable[..., Path]) -> Path:
    """A library that reads files, and the one that answers, for a machine whose lists would lie in `cpus/`."""
    compile_library("libreader.so", READER, flags=())
    return tmp_path


def read(folder: Path, path: Path, *hook: str) -> str:
    compile_library(
        folder / "libtorch_cpuinfo.so", CPUINFO, HERE,
        ["-O2", "-fvisibility=hidden", f'-DCPUS="{folder}/cpus/"'], CACHE / "zig", glibc="2.28",
    )  # fmt: skip
    command = [sys.executable, str(PROGRAMS / "read_file.py"), str(folder), str(path), *hook]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_a_list_that_is_not_there_is_answered(folder: Path) -> None:
    last = max(os.sched_getaffinity(0))
    for name in ("possible", "present"):
        assert read(folder, folder / "cpus" / name) == "-1 "
        assert read(folder, folder / "cpus" / name, "hook").split(" ")[1] == (f"0-{last}\n" if last else "0\n")


def test_whatever_else_is_not_there_stays_so_and_what_is_there_is_read(folder: Path) -> None:
    assert read(folder, folder / "cpus" / "online", "hook") == "-1 "
    (folder / "cpus").mkdir()
    (folder / "cpus" / "possible").write_text("0-63\n")
    assert read(folder, folder / "cpus" / "possible", "hook") == "5 0-63\n"


def test_an_arm64_layer_has_it_and_an_x86_64_one_does_not_need_it(tmp_path: Path) -> None:
    for arch, there in ((Arch.ARM64, True), (Arch.X86_64, False)):
        root = tmp_path / arch
        (root / "torch" / "lib").mkdir(parents=True)
        (root / "torch" / "lib" / "libtorch_cpu.so").write_bytes(b"before\0%s, %d: " + COMPLAINT + b"\n\0after")
        (root / "torch" / "__init__.py").write_text("import os\n")
        add_cpuinfo(root, arch, CACHE)
        assert (root / "libtorch_cpuinfo.so").exists() == there
        library = (root / "torch" / "lib" / "libtorch_cpu.so").read_bytes()
        assert (COMPLAINT not in library) == there
        assert library.startswith(b"before\0")
        assert library.endswith(b"\0after")
        assert len(library) == len(COMPLAINT) + 22
        assert ("import torch_cpuinfo" in (root / "torch" / "__init__.py").read_text()) == there


def test_a_library_that_says_something_else_is_of_another_version(tmp_path: Path) -> None:
    (tmp_path / "torch" / "lib").mkdir(parents=True)
    (tmp_path / "torch" / "lib" / "libtorch_cpu.so").write_bytes(b"nothing of the kind")
    with pytest.raises(LayerError, match=r"MIDR_EL1 sysfs entry.* 0 times instead of once: it is not 2\.13's"):
        add_cpuinfo(tmp_path, Arch.ARM64, CACHE)
