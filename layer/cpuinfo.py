"""Lets torch find its processors on AWS Lambda's arm64, whose /sys does not tell; `pager/cpuinfo.c` says how."""

import shutil
from pathlib import Path

from layer.compiler import compile_library
from layer.paging import SOURCES, import_first
from layer.target import Arch


def add(root: Path, arch: Arch, cache: Path) -> None:
    """Put the library and the module that does it into an arm64 layer's python/ folder, and have torch import it.

    Raises LayerError if it can't be compiled.
    """
    if arch is not Arch.ARM64:
        return
    flags = ["-O2", "-s", "-fvisibility=hidden"]
    compile_library(root / "libtorch_cpuinfo.so", SOURCES / "cpuinfo.c", arch, flags, cache / "zig", glibc="2.28")
    shutil.copyfile(SOURCES / "torch_cpuinfo.py", root / "torch_cpuinfo.py")
    import_first(root / "torch" / "__init__.py", "torch_cpuinfo")
