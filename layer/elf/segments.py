"""A library's segments, which say where the loader puts which bytes of the file; and how bytes are taken out."""

import io
import struct
from dataclasses import dataclass
from typing import NamedTuple

from elftools.elf.elffile import ELFFile

from layer.elf.formats import E_PHENTSIZE, E_PHNUM, E_PHOFF, PF_R, PROGRAM_HEADER, PT_LOAD, PT_PHDR

_PAGE = 4096


class AddressRange(NamedTuple):
    """Addresses in a library, from `begin` up to `end` (not included)."""

    begin: int
    end: int


@dataclass(slots=True)
class Segment:
    """A program header (Elf64_Phdr). Sizes are in bytes, `offset` is in the file, `address` in the library."""

    type: int
    flags: int
    offset: int
    address: int
    physical: int
    in_file: int
    in_memory: int
    align: int

    def pack(self) -> bytes:
        """The header's bytes."""
        values = (self.type, self.flags, self.offset, self.address, self.physical)
        return PROGRAM_HEADER.pack(*values, self.in_file, self.in_memory, self.align)


def lowest_address(library: bytes) -> int:
    """The address of a library's first page. A process that loads the library elsewhere moves all addresses alike."""
    segments = ELFFile(io.BytesIO(library)).iter_segments("PT_LOAD")
    return int(min(segment["p_vaddr"] for segment in segments)) // _PAGE * _PAGE


def text_range(library: bytes) -> AddressRange:
    """The addresses of a library's machine code (.text); an empty range if it has none."""
    section = ELFFile(io.BytesIO(library)).get_section_by_name(".text")
    if section is None:
        return AddressRange(0, 0)
    return AddressRange(int(section["sh_addr"]), int(section["sh_addr"]) + int(section["sh_size"]))


def read_segments(library: bytes) -> list[Segment]:
    """A library's program headers, in their order."""
    (offset,) = struct.unpack_from("<Q", library, E_PHOFF)
    (count,) = struct.unpack_from("<H", library, E_PHNUM)
    size = PROGRAM_HEADER.size
    return [Segment(*PROGRAM_HEADER.unpack_from(library, offset + index * size)) for index in range(count)]


def take_out(library: bytes, addresses: AddressRange, alignment: int) -> tuple[memoryview, bytes]:
    """Take a range of addresses out of a library's file: return the range's bytes, and the library without them.

    The segment that the range is in becomes three: what is before it, the range itself, and what is after it. The
    range's own segment has no bytes in the file and no permissions. The loader reserves its memory all the same, so no
    address changes. The library that is returned has no section headers. `alignment`, in bytes, is that of the
    segments' places in the file; the bounds of the range must be multiples of it.

    Raises:
        ValueError: if no segment holds the whole range.
    """
    segments = read_segments(library)
    whole = _segment_of(segments, addresses)
    taken = addresses.end - addresses.begin
    offset = whole.offset + addresses.begin - whole.address
    kept: list[Segment] = []
    for segment in segments:
        if segment is whole:
            kept += _split(whole, addresses)
        elif segment.type != PT_PHDR:
            kept.append(segment)
    for segment in kept:
        if segment.offset >= offset + taken:
            segment.offset -= taken
    mapped = max(s.offset + s.in_file for s in kept if s.type == PT_LOAD and s.in_file)
    rest = library[:offset] + library[offset + taken :]
    return memoryview(library)[offset : offset + taken], _with_headers_at_end(bytearray(rest[:mapped]), kept, alignment)


def _segment_of(segments: list[Segment], addresses: AddressRange) -> Segment:
    for segment in segments:
        begin, end = segment.address, segment.address + segment.in_file
        if segment.type == PT_LOAD and begin <= addresses.begin and addresses.end <= end:
            return segment
    raise ValueError("no segment holds the whole range")


def _split(whole: Segment, addresses: AddressRange) -> list[Segment]:
    """The segment in three: before the range, the range without bytes or permissions, after it; none that is empty."""
    begin, end = addresses
    before, taken = begin - whole.address, end - begin
    after_in_file = whole.address + whole.in_file - end
    after_in_memory = whole.address + whole.in_memory - end
    offset = whole.offset + before
    parts = (
        Segment(PT_LOAD, whole.flags, whole.offset, whole.address, whole.physical, before, before, whole.align),
        Segment(PT_LOAD, 0, offset, begin, begin, 0, taken, whole.align),
        Segment(PT_LOAD, whole.flags, offset + taken, end, end, after_in_file, after_in_memory, whole.align),
    )
    return [part for part in parts if part.in_memory]


def _with_headers_at_end(library: bytearray, segments: list[Segment], alignment: int) -> bytes:
    """Append the program headers in a segment of their own: where they were, there is no room for more of them."""
    loads = [index for index, segment in enumerate(segments) if segment.type == PT_LOAD]
    top = max(segments[index].address + segments[index].in_memory for index in loads)
    address = -(-top // alignment) * alignment
    library += bytes(-len(library) % alignment)
    offset, size = len(library), (len(segments) + 2) * PROGRAM_HEADER.size
    headers = Segment(PT_LOAD, PF_R, offset, address, address, size, size, alignment)
    described = Segment(PT_PHDR, PF_R, offset, address, address, size, size, 8)
    segments = [described, *segments[: loads[-1] + 1], headers, *segments[loads[-1] + 1 :]]
    library += b"".join(segment.pack() for segment in segments)
    struct.pack_into("<QQ", library, E_PHOFF, offset, 0)  # and no section headers
    struct.pack_into("<HHHHH", library, E_PHENTSIZE, PROGRAM_HEADER.size, len(segments), 0, 0, 0)
    return bytes(library)
