"""Cuts off a library what no loader maps: its symbol table, debug sections and the like."""

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from elftools.common.exceptions import ELFError
from elftools.elf.constants import SH_FLAGS
from elftools.elf.elffile import ELFFile

from layer.errors import LayerError


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
