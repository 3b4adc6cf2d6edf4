"""Stub libraries that take the place of the CUDA libraries which a CUDA build of torch asks for.

The CPU part of a CUDA build is that of a CPU build. But the loader does not load it without libcudart and six more
libraries and their symbols, which the layer leaves out. The stubs have these symbols. Their functions answer as on a
machine without a GPU.
"""

import tempfile
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

from layer.elf.read import Import, Library
from layer.errors import LayerError
from layer.native.compiler import compile_library
from layer.native.rules import CUDA, CUDA_SYMBOL, NO_DEVICE, RETURNS_REFERENCE, SYSTEM, UNVERSIONED_CUDA, VARIABLES
from layer.target import Arch

# A type_info's first word points into its own class's vtable, behind the vtable's first two words.
_PREAMBLE = """\
extern const char class_type_info[] __asm__("_ZTVN10__cxxabiv117__class_type_infoE");
struct type_info { const void *vtable; const char *name; };
"""


def is_cuda(name: str) -> bool:
    """Tell whether a library of this file name belongs to CUDA, or is torch's own CUDA part."""
    return CUDA.match(name) is not None


def write_stubs(libraries: Sequence[Library], folder: Path, arch: Arch, compiler_cache: Path) -> list[Path]:
    """Write a stub into `folder` for each CUDA library that `libraries` need and lack; return the stubs.

    Functions of the CUDA runtime (`cuda...`) return 100, "no device", and all others 0. A CPU build needs no stubs.
    `compiler_cache` is a folder for the compiler's own files.

    Raises LayerError if a library is missing that is neither CUDA's nor the system's, or if compiling fails.
    """
    wanted: dict[str, dict[str | None, set[str]]] = {name: defaultdict(set) for name in _missing(libraries)}
    if not wanted:
        return []
    library_of_unversioned = UNVERSIONED_CUDA if UNVERSIONED_CUDA in wanted else min(wanted)
    exported = frozenset().union(*(library.exports for library in libraries))
    for symbol in (symbol for library in libraries for symbol in library.imports):
        if symbol.library in wanted:
            wanted[symbol.library][symbol.version].add(symbol.name)
        elif _is_missing_cuda_symbol(symbol, exported):
            wanted[library_of_unversioned][None].add(symbol.name)
    return [_compile(folder / name, symbols, arch, compiler_cache) for name, symbols in sorted(wanted.items())]


def _missing(libraries: Iterable[Library]) -> list[str]:
    present = {library.path.name for library in libraries}
    missing = set()
    for library in libraries:
        for name in library.needed:
            if name in present or SYSTEM.match(name):
                continue
            if not is_cuda(name):
                raise LayerError(f"{library.path.name} needs {name}, which neither the wheel nor Lambda has")
            missing.add(name)
    return sorted(missing)


def _is_missing_cuda_symbol(symbol: Import, exported: frozenset[str]) -> bool:
    """Tell whether no library at hand defines this symbol, and it is a strong one of CUDA's without a version."""
    if symbol.weak or symbol.version or symbol.name in exported:
        return False
    return CUDA_SYMBOL.match(symbol.name) is not None


def _definition(name: str) -> str:
    """Return the C source of one stub symbol."""
    if name in RETURNS_REFERENCE:
        return f"static char {name}_target[4096];\nvoid *{name}(void) {{ return {name}_target; }}"
    if name in VARIABLES or name.startswith("_ZTV"):
        return f"const void *{name}[64] = {{0}};"
    if name.startswith("_ZTI"):
        return f'const struct type_info {name} = {{ class_type_info + 16, "{name[4:]}" }};'
    return f"long {name}(void) {{ return {NO_DEVICE if name.startswith('cuda') else 0}; }}"


def _compile(library: Path, symbols: dict[str | None, set[str]], arch: Arch, compiler_cache: Path) -> Path:
    """Compile one stub library; `symbols` maps each symbol version, or None, to names."""
    names = sorted(set().union(*symbols.values()))
    with tempfile.TemporaryDirectory() as scratch:
        source = Path(scratch, "stub.c")
        source.write_text(_PREAMBLE + "\n".join(map(_definition, names)) + "\n")
        flags = ["-O1", "-nostdlib", "-s", "-Wl,-z,undefs", f"-Wl,-soname,{library.name}"]
        versions = {version: names for version, names in symbols.items() if version}
        if versions:
            script = Path(scratch, "versions.map")
            script.write_text("".join(f"{v} {{ global: {'; '.join(sorted(n))}; }};\n" for v, n in versions.items()))
            flags.append(f"-Wl,--version-script={script}")
        compile_library(library, source, arch, flags, compiler_cache)
    return library
