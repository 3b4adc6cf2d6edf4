"""Lets torch find its processors on AWS Lambda's arm64, whose /sys does not tell; `cpuinfo.c` says how."""

import shutil
from pathlib import Path

from layer.errors import LayerError
from layer.native.compiler import compile_library
from layer.native.rules import ONEDNN_COMPLAINT
from layer.python.rewrite import import_first
from layer.target import Arch

_HERE = Path(__file__).parent


def add_cpuinfo(root: Path, arch: Arch, cache: Path) -> None:
    """Put the library and the module that does it into an arm64 layer's python/ folder, and have torch import it.

    What oneDNN says on stderr about the missing /sys, at each start, is left out: it goes by its defaults then.

    Raises LayerError if it can't be compiled, or oneDNN does not say it: the library is of another version.
    """
    if arch is not Arch.ARM64:
        return
    _silence(root / "torch/lib/libtorch_cpu.so")
    flags = ["-O2", "-s", "-fvisibility=hidden"]
    compile_library(root / "libtorch_cpuinfo.so", _HERE / "cpuinfo.c", arch, flags, cache / "zig", glibc="2.28")
    shutil.copyfile(_HERE / "torch_cpuinfo.py", root / "torch_cpuinfo.py")
    import_first(root / "torch" / "__init__.py", "torch_cpuinfo")


def _silence(path: Path) -> None:
    library = path.read_bytes()
    if (found := library.count(ONEDNN_COMPLAINT)) != 1:
        raise LayerError(f"{path.name} holds {ONEDNN_COMPLAINT!r} {found} times instead of once: it is not 2.13's")
    path.write_bytes(library.replace(ONEDNN_COMPLAINT, bytes(len(ONEDNN_COMPLAINT))))
