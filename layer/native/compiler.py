"""Compiles C to shared libraries. ziglang's compiler does so for either architecture on any machine."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from layer.errors import LayerError
from layer.target import Arch


def compile_library(
    library: Path, source: Path, arch: Arch, flags: Sequence[str], cache: Path, glibc: str = ""
) -> None:
    """Compile a C file to the shared library `library`.

    `glibc` is the oldest one that the library has to load with, such as "2.28". `cache` is a folder for the
    compiler's own files.

    Raises LayerError, with the compiler's last line, if it fails.
    """
    target = f"{arch.machine}-linux-gnu{'.' if glibc else ''}{glibc}"
    command = [sys.executable, "-m", "ziglang", "cc", "-target", target, "-fPIC", "-shared", *flags]
    command += ["-o", str(library), str(source)]
    folder = str(cache.absolute())
    environment = os.environ | {"ZIG_GLOBAL_CACHE_DIR": folder, "ZIG_LOCAL_CACHE_DIR": folder}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["no message"]
        raise LayerError(f"ziglang could not compile {library.name}: {lines[-1]}")
