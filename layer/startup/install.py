"""Puts what makes an import quick into the layer: its library, and the module that loads it."""

import shutil
from pathlib import Path

from layer.elf.read import read_library
from layer.elf.rules import LIBRARY
from layer.errors import OtherTorchError
from layer.native.compiler import compile_library
from layer.native.rules import OLDEST_GLIBC
from layer.python.rewrite import import_first
from layer.target import Arch

_RUNTIME = Path(__file__).with_name("runtime")


def add_startup(root: Path, arch: Arch, cache: Path) -> None:
    """Put the library into `root`, the layer's python/ folder, and let torch import what loads it.

    Raises LayerError if it can't be compiled, OtherTorchError if torch lacks a function whose place it takes.
    """
    library = root / "libtorch_startup.so"
    flags = ["-O2", "-s", "-fvisibility=hidden"]
    compile_library(library, _RUNTIME / "startup.c", arch, flags, cache / "zig", glibc=OLDEST_GLIBC)
    defined = read_library(root / "torch/lib" / LIBRARY).exports
    for name in sorted(read_library(library).exports):
        if name.startswith("_Z") and name not in defined:
            raise OtherTorchError(f"{LIBRARY} has no function {name}")
    shutil.copyfile(_RUNTIME / "torch_startup.py", root / "torch_startup.py")
    import_first(root / "torch" / "__init__.py", "torch_startup")
