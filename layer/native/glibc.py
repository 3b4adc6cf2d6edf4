"""Checks that a runtime's C and C++ libraries are new enough for the layer's libraries."""

from collections.abc import Iterable

from layer.elf.read import Import, Library
from layer.errors import LayerError
from layer.target import Runtime


def check_versions(libraries: Iterable[Library], runtime: Runtime) -> None:
    """Raise LayerError if a library asks for a GLIBC_, GLIBCXX_ or CXXABI_ version newer than the runtime's."""
    for library in libraries:
        for symbol in library.imports:
            if not symbol.weak and _is_too_new(symbol, runtime):
                family, _, _ = (symbol.version or "").partition("_")
                newest = ".".join(map(str, runtime.symbol_versions[family]))
                raise LayerError(
                    f"{library.path.name} needs {symbol.name}@{symbol.version}, but Lambda's python"
                    f"{runtime.python} runtime ({runtime.system}) has nothing newer than {family}_{newest}: "
                    "build for --python 3.12, 3.13 or 3.14"
                )


def _is_too_new(symbol: Import, runtime: Runtime) -> bool:
    family, _, number = (symbol.version or "").partition("_")
    newest = runtime.symbol_versions.get(family)
    if newest is None or not number[:1].isdigit():  # another library's version, or GLIBC_PRIVATE
        return False
    return tuple(map(int, number.split("."))) > newest
