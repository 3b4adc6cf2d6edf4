"""Cuts from a shared library all that no loader maps: symbol tables, debug sections, and holes between segments."""

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from elftools.common.exceptions import ELFError
from elftools.elf.constants import SH_FLAGS
from elftools.elf.elffile import ELFFile

from layer.elf.formats import E_SHOFF, P_OFFSET, SH_OFFSET
from layer.errors import LayerError


@dataclass(frozen=True, slots=True)
class _MappedRange:
    """The bytes of the file from `start` to `end`, which the loader maps, and how many bytes are cut before them."""

    start: int
    end: int
    cut: int


def strip(path: Path) -> int:
    """Strip the library at `path`; return the bytes saved.

    Only file offsets change. Addresses, the dynamic symbols and the order of the sections stay, and a section that is
    cut leaves an empty entry, so that no index has to be renumbered. Linkers put the sections that are cut last. But
    patchelf, which has worked on every manylinux wheel, appends a segment after them: then they are a hole in the
    middle, which has to be closed. Segments behind the hole move by a multiple of the page size, as mapping demands.

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
    mapped = _mapped_ranges(elf)
    for part in mapped:
        _copy_range(source, copy, part)
    _write_segment_headers(elf, source, copy, mapped)
    _write_section_headers(elf, source, copy, mapped)


def _mapped_ranges(elf: ELFFile) -> list[_MappedRange]:
    loads = [s for s in elf.iter_segments() if s["p_type"] == "PT_LOAD" and s["p_filesz"]]
    page = max(load["p_align"] for load in loads)
    mapped: list[_MappedRange] = []
    end = cut = 0
    for load in sorted(loads, key=lambda load: int(load["p_offset"])):
        start = int(load["p_offset"])
        cut += max(start - end, 0) // page * page
        end = max(end, start + int(load["p_filesz"]))
        mapped.append(_MappedRange(start, end, cut))
    return mapped


def _offset_after_cut(offset: int, mapped: list[_MappedRange]) -> int:
    """Where a mapped byte of the file is in the copy."""
    return offset - next(part.cut for part in reversed(mapped) if part.start <= offset or part is mapped[0])


def _copy_range(source: BinaryIO, copy: BinaryIO, part: _MappedRange) -> None:
    source.seek(part.start)
    copy.seek(part.start - part.cut)
    left = part.end - part.start
    while left:
        block = source.read(min(left, 1 << 20))
        if not block:
            raise ELFError("it ends inside a segment")
        copy.write(block)
        left -= len(block)


def _write_segment_headers(elf: ELFFile, source: BinaryIO, copy: BinaryIO, mapped: list[_MappedRange]) -> None:
    """Write the program headers with new file offsets where the old ones were copied to."""
    size = elf["e_phentsize"]
    for index in range(elf["e_phnum"]):
        source.seek(elf["e_phoff"] + index * size)
        header = bytearray(source.read(size))
        (offset,) = struct.unpack_from("<Q", header, P_OFFSET)
        struct.pack_into("<Q", header, P_OFFSET, _offset_after_cut(offset, mapped))
        copy.seek(elf["e_phoff"] + index * size)
        copy.write(header)


def _write_section_headers(elf: ELFFile, source: BinaryIO, copy: BinaryIO, mapped: list[_MappedRange]) -> None:
    """Write the section names and the section headers to the end of the copy."""
    names = elf.get_section(elf["e_shstrndx"])
    names_offset = copy.seek(0, 2)
    copy.write(names.data())
    table = bytearray()
    for index, section in enumerate(elf.iter_sections()):
        source.seek(elf["e_shoff"] + index * elf["e_shentsize"])
        header = bytearray(source.read(elf["e_shentsize"]))
        if index == elf["e_shstrndx"]:
            struct.pack_into("<Q", header, SH_OFFSET, names_offset)
        elif section["sh_flags"] & SH_FLAGS.SHF_ALLOC:
            struct.pack_into("<Q", header, SH_OFFSET, _offset_after_cut(section["sh_offset"], mapped))
        else:
            header = bytearray(len(header))
        table += header
    table_offset = copy.seek(-copy.tell() % 8, 1)
    copy.write(table)
    copy.seek(E_SHOFF)
    copy.write(struct.pack("<Q", table_offset))
