"""Lets torch find its processors on AWS Lambda's arm64, where /sys does not list them; `cpuinfo.c` explains how."""

import shutil
from pathlib import Path

from layer.elf.rules import LIBRARY
from layer.errors import OtherTorchError
from layer.native.compiler import compile_library
from layer.native.rules import OLDEST_GLIBC, ONEDNN_COMPLAINT
from layer.python.rewrite import import_first
from layer.target import Arch

_HERE = Path(__file__).parent


def add_cpuinfo(root: Path, arch: Arch, cache: Path) -> None:
    """Add the library that answers for /sys, and the module that loads it, to an arm64 layer; let torch import the
    module.

    `root` is the layer's python/ folder. An x86_64 layer stays as it is. oneDNN would complain about the missing /sys
    on stderr at each start: the complaint is taken out.

    Raises LayerError if the library can't be compiled, OtherTorchError if oneDNN has no such complaint.
    """
    if arch is not Arch.ARM64:
        return
    _silence_onednn(root / "torch/lib" / LIBRARY)
    flags = ["-O2", "-s", "-fvisibility=hidden"]
    compile_library(root / "libtorch_cpuinfo.so", _HERE / "cpuinfo.c", arch, flags, cache / "zig", glibc=OLDEST_GLIBC)
    shutil.copyfile(_HERE / "torch_cpuinfo.py", root / "torch_cpuinfo.py")
    import_first(root / "torch" / "__init__.py", "torch_cpuinfo")


def _silence_onednn(path: Path) -> None:
    library = path.read_bytes()
    if (count := library.count(ONEDNN_COMPLAINT)) != 1:
        raise OtherTorchError(f"{path.name} holds {ONEDNN_COMPLAINT!r} {count} times instead of once")
    path.write_bytes(library.replace(ONEDNN_COMPLAINT, bytes(len(ONEDNN_COMPLAINT))))
