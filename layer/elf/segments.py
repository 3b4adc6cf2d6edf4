"""Program headers: what of a library the loader maps where, and how a part of it is taken out.

Sources: elf.h (Elf64_Ehdr, Elf64_Phdr) and elf(5).
"""

import io
import struct
from collections.abc import Sequence
from dataclasses import dataclass, replace

from elftools.elf.elffile import ELFFile

_PHDR = struct.Struct("<IIQQQQQQ")  # Elf64_Phdr
_PT_LOAD, _PT_PHDR = 1, 6
_READ = 4
_E_PHOFF, _E_PHENTSIZE, _E_PHNUM = 0x20, 0x36, 0x38


@dataclass(frozen=True, slots=True)
class Segment:
    """A program header, its fields in the file's order."""

    type: int
    flags: int
    offset: int
    address: int
    physical: int
    in_file: int
    in_memory: int
    align: int

    @property
    def is_loaded(self) -> bool:
        """Whether the loader maps it."""
        return self.type == _PT_LOAD

    def pack(self) -> bytes:
        """The header's 56 bytes."""
        fields = (self.type, self.flags, self.offset, self.address, self.physical)
        return _PHDR.pack(*fields, self.in_file, self.in_memory, self.align)


def read_segments(library: bytes) -> list[Segment]:
    """A library's program headers, in their order."""
    (at,), (count,) = struct.unpack_from("<Q", library, _E_PHOFF), struct.unpack_from("<H", library, _E_PHNUM)
    return [Segment(*_PHDR.unpack_from(library, at + number * _PHDR.size)) for number in range(count)]


def lowest_address(library: bytes) -> int:
    """Where a library would like its first page to be loaded: what its addresses count from."""
    segments = ELFFile(io.BytesIO(library)).iter_segments("PT_LOAD")
    return int(min(segment["p_vaddr"] for segment in segments)) // 4096 * 4096


def text_section(library: bytes) -> tuple[int, int]:
    """Address and size in bytes of a library's machine code, .text; two zeros if it has none."""
    section = ELFFile(io.BytesIO(library)).get_section_by_name(".text")
    return (int(section["sh_addr"]), int(section["sh_size"])) if section else (0, 0)


def loaded_around(segments: Sequence[Segment], begin: int, end: int) -> Segment | None:
    """The loaded segment whose bytes in the file hold all addresses from `begin` to `end`, if one does."""
    return next((s for s in segments if s.is_loaded and s.address <= begin and end <= s.address + s.in_file), None)


def hollow_out(library: bytes, load: Segment, begin: int, end: int, alignment: int) -> bytes:
    """A library without the file's bytes for the addresses from `begin` to `end`, which lie in the segment `load`.

    Addresses stay as they are: the segment becomes three, and the middle one has memory without bytes or permissions.
    File offsets behind it get smaller. Section headers are left out, since their offsets would be wrong.

    Args:
        alignment: in bytes; `begin` and `end` are multiples of it, and it is a multiple of the largest page.
    """
    at, taken = load.offset + begin - load.address, end - begin
    before = replace(load, in_file=begin - load.address, in_memory=begin - load.address)
    hole = Segment(_PT_LOAD, 0, at, begin, begin, 0, taken, load.align)
    after = Segment(
        _PT_LOAD,
        load.flags,
        at + taken,
        end,
        end,
        load.address + load.in_file - end,
        load.address + load.in_memory - end,
        load.align,
    )
    kept: list[Segment] = []
    for segment in read_segments(library):
        if segment == load:
            kept += [part for part in (before, hole, after) if part.in_memory]
        elif segment.type != _PT_PHDR:
            kept.append(segment)
    moved = [replace(s, offset=s.offset - taken) if s.offset >= at + taken else s for s in kept]
    mapped = max(s.offset + s.in_file for s in moved if s.is_loaded and s.in_file)
    rest = library[:at] + library[at + taken :]
    return _with_headers_at_end(bytearray(rest[:mapped]), moved, alignment)


def _with_headers_at_end(library: bytearray, segments: list[Segment], alignment: int) -> bytes:
    """Append the program headers, which have no room where they were, in a segment of their own."""
    last = max(number for number, segment in enumerate(segments) if segment.is_loaded)
    top = max(segment.address + segment.in_memory for segment in segments if segment.is_loaded)
    address = -(-top // alignment) * alignment
    library += bytes(-len(library) % alignment)
    offset, size = len(library), (len(segments) + 2) * _PHDR.size
    headers = Segment(_PT_LOAD, _READ, offset, address, address, size, size, alignment)
    described = Segment(_PT_PHDR, _READ, offset, address, address, size, size, 8)
    segments = [described, *segments[: last + 1], headers, *segments[last + 1 :]]
    library += b"".join(segment.pack() for segment in segments)
    struct.pack_into("<QQ", library, _E_PHOFF, offset, 0)  # e_phoff, e_shoff
    struct.pack_into("<HHHHH", library, _E_PHENTSIZE, _PHDR.size, len(segments), 0, 0, 0)  # ..., e_phnum, e_sh...
    return bytes(library)
