"""What a shared library needs from others, and what it gives to them."""

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from elftools.common.exceptions import ELFError
from elftools.elf.dynamic import DynamicSection
from elftools.elf.elffile import ELFFile
from elftools.elf.gnuversions import GNUVerNeedSection

from layer.elf.formats import SHN_UNDEF, STB_WEAK, SYMBOL
from layer.errors import LayerError


@dataclass(frozen=True, slots=True)
class Import:
    """A symbol that a library takes from another one.

    Attributes:
        name: the mangled name.
        version: the symbol version; None if it has none.
        library: the file name of the library it comes from; None if it has no version, which would name the library.
        weak: whether the library also loads without it.
    """

    name: str
    version: str | None
    library: str | None
    weak: bool


@dataclass(frozen=True, slots=True)
class Library:
    """A shared library's dynamic symbols and the file names it asks the loader for."""

    path: Path
    needed: tuple[str, ...]
    imports: tuple[Import, ...]
    exports: frozenset[str]


def needed(path: Path) -> tuple[str, ...]:
    """The file names that one shared library asks the loader for. Raises LayerError if it is none."""
    with _opened(path) as elf:
        return _needed(elf, path)


def read_library(path: Path) -> Library:
    """Read one shared library. Raises LayerError if it is none."""
    imports, exports = [], set()
    with _opened(path) as elf:
        names = _needed(elf, path)
        versions = _needed_versions(elf)
        for name, binding, section, version_index in _dynamic_symbols(elf):
            if section != SHN_UNDEF:
                exports.add(name)
                continue
            library, version = versions.get(version_index, (None, None))
            imports.append(Import(name, version, library, binding == STB_WEAK))
    return Library(path, names, tuple(imports), frozenset(exports))


@contextmanager
def _opened(path: Path) -> Iterator[ELFFile]:
    try:
        with path.open("rb") as file:
            yield ELFFile(file)
    except ELFError as error:
        raise LayerError(f"{path.name} is not a shared library: {error}") from error


def _needed(elf: ELFFile, path: Path) -> tuple[str, ...]:
    dynamic = elf.get_section_by_name(".dynamic")
    if not isinstance(dynamic, DynamicSection):
        raise LayerError(f"{path.name} is not a shared library: it has no dynamic section")
    tags: list[Any] = list(dynamic.iter_tags("DT_NEEDED"))
    return tuple(tag.needed for tag in tags)


def _needed_versions(elf: ELFFile) -> dict[int, tuple[str | None, str]]:
    """Map a symbol's version index to (library's file name, version name)."""
    section = elf.get_section_by_name(".gnu.version_r")
    if not isinstance(section, GNUVerNeedSection):
        return {}
    return {
        auxiliary.entry.vna_other: (need.name, auxiliary.name)
        for need, auxiliaries in section.iter_versions()
        for auxiliary in auxiliaries
    }


def _dynamic_symbols(elf: ELFFile) -> Iterator[tuple[str, int, int, int]]:
    """Yield each named dynamic symbol's name, binding, section index and version index (0 if it has no version)."""
    # The table is unpacked here because pyelftools would make an object of each of a hundred thousand symbols.
    table, section = elf.get_section_by_name(".dynsym"), elf.get_section_by_name(".gnu.version")
    if table is None:
        return
    names = elf.get_section(table["sh_link"]).data()
    symbols = list(SYMBOL.iter_unpack(table.data()))
    versions = struct.unpack_from(f"<{len(symbols)}H", section.data()) if section else (0,) * len(symbols)
    for (name, info, _, defined_in, _, _), version in zip(symbols, versions, strict=True):
        if name:
            yield names[name : names.index(b"\0", name)].decode(), info >> 4, defined_in, version
