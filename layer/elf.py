"""Shared libraries: what they need, import and export, and how to cut off what no loader maps."""

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from elftools.common.exceptions import ELFError
from elftools.elf.constants import SH_FLAGS
from elftools.elf.dynamic import DynamicSection
from elftools.elf.elffile import ELFFile
from elftools.elf.gnuversions import GNUVerNeedSection

from layer.errors import LayerError

SYMBOL = struct.Struct("<IBBHQQ")
"""A symbol table's entry (elf.h, Elf64_Sym): name, info, other, section, value, size."""

_SHN_UNDEF = 0
_STB_WEAK = 2


@dataclass(frozen=True, slots=True)
class Import:
    """A symbol that a library takes from another one; with a symbol version, the other one is named."""

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


def read(path: Path) -> Library:
    """Read one shared library. Raises LayerError if it is none."""
    imports, exports = [], set()
    with _opened(path) as elf:
        names = _needed(elf, path)
        versions = _needed_versions(elf)
        for name, binding, section, index in _dynamic_symbols(elf):
            if section != _SHN_UNDEF:
                exports.add(name)
                continue
            library, version = versions.get(index, (None, None))
            imports.append(Import(name, version, library, binding == _STB_WEAK))
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
    """Yield each named dynamic symbol's name, binding, section number, and version index; 0 if it has none."""
    # by hand: pyelftools makes an object of each of a hundred thousand symbols
    table, section = elf.get_section_by_name(".dynsym"), elf.get_section_by_name(".gnu.version")
    if table is None:
        return
    names = elf.get_section(table["sh_link"]).data()
    entries = list(SYMBOL.iter_unpack(table.data()))
    versions = struct.unpack_from(f"<{len(entries)}H", section.data()) if section else (0,) * len(entries)
    for (name, info, _, defined_in, _, _), version in zip(entries, versions, strict=True):
        if name:
            yield names[name : names.index(b"\0", name)].decode(), info >> 4, defined_in, version


@dataclass(frozen=True, slots=True)
class _Run:
    """A stretch of the file that the loader maps, and how many bytes are cut before it."""

    start: int
    end: int
    cut: int


def strip(path: Path) -> int:
    """Cut the symbol table, debug sections and all else that no segment maps; return the bytes saved.

    Only file offsets change: addresses, the dynamic symbols and the order of the sections stay, and a section
    that is cut leaves an empty entry, so that no index has to be renumbered. Linkers put such sections last,
    but patchelf, which has worked on every manylinux wheel, appends a segment after them, so a hole in the
    middle has to be closed. Later segments move by a multiple of the page size, as mapping demands.

    Raises LayerError if the file is not a whole 64-bit little-endian ELF file.
    """
    stripped = path.with_name(path.name + ".stripped")
    try:
        with path.open("rb") as source, stripped.open("wb") as copy:
            _write_stripped(source, copy)
        saved = path.stat().st_size - stripped.stat().st_size
        if saved > 0:
            stripped.replace(path)
    except ELFError as error:
        raise LayerError(f"{path.name} is not a whole ELF file: {error}") from error
    finally:
        stripped.unlink(missing_ok=True)
    return max(saved, 0)


def _write_stripped(source: BinaryIO, copy: BinaryIO) -> None:
    elf = ELFFile(source)
    if elf.elfclass != 64 or not elf.little_endian:
        raise ELFError("it is not 64-bit, little-endian")
    runs = _mapped(elf)
    for run in runs:
        _copy(source, copy, run)
    _move_segments(elf, source, copy, runs)
    _move_sections(elf, source, copy, runs)


def _mapped(elf: ELFFile) -> list[_Run]:
    loads = [s for s in elf.iter_segments() if s["p_type"] == "PT_LOAD" and s["p_filesz"]]
    page = max(load["p_align"] for load in loads)
    runs: list[_Run] = []
    end = cut = 0
    for load in sorted(loads, key=lambda load: int(load["p_offset"])):
        start = int(load["p_offset"])
        cut += max(start - end, 0) // page * page
        end = max(end, start + int(load["p_filesz"]))
        runs.append(_Run(start, end, cut))
    return runs


def _moved(offset: int, runs: list[_Run]) -> int:
    """Return where a mapped byte lies after the cut."""
    return offset - next(run.cut for run in reversed(runs) if run.start <= offset or run is runs[0])


def _copy(source: BinaryIO, copy: BinaryIO, run: _Run) -> None:
    source.seek(run.start)
    copy.seek(run.start - run.cut)
    left = run.end - run.start
    while left:
        block = source.read(min(left, 1 << 20))
        if not block:
            raise ELFError("it ends inside a segment")
        copy.write(block)
        left -= len(block)


def _move_segments(elf: ELFFile, source: BinaryIO, copy: BinaryIO, runs: list[_Run]) -> None:
    size = elf["e_phentsize"]
    for number in range(elf["e_phnum"]):
        source.seek(elf["e_phoff"] + number * size)
        header = bytearray(source.read(size))
        (offset,) = struct.unpack_from("<Q", header, 8)  # p_offset
        struct.pack_into("<Q", header, 8, _moved(offset, runs))
        copy.seek(elf["e_phoff"] + number * size)
        copy.write(header)


def _move_sections(elf: ELFFile, source: BinaryIO, copy: BinaryIO, runs: list[_Run]) -> None:
    """Write the section names and the section headers to the end of the copy."""
    names = elf.get_section(elf["e_shstrndx"])
    names_at = copy.seek(0, 2)
    copy.write(names.data())
    table = bytearray()
    for number, section in enumerate(elf.iter_sections()):
        source.seek(elf["e_shoff"] + number * elf["e_shentsize"])
        header = bytearray(source.read(elf["e_shentsize"]))
        if number == elf["e_shstrndx"]:
            struct.pack_into("<Q", header, 24, names_at)  # sh_offset
        elif section["sh_flags"] & SH_FLAGS.SHF_ALLOC:
            struct.pack_into("<Q", header, 24, _moved(section["sh_offset"], runs))
        else:
            header = bytearray(len(header))
        table += header
    table_at = copy.seek(-copy.tell() % 8, 1)
    copy.write(table)
    copy.seek(0x28)  # e_shoff
    copy.write(struct.pack("<Q", table_at))
