"""Segments: a part of a library's file is taken out, and no address changes."""

from __future__ import annotations

import ctypes
import io
from collections.abc import Callable
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile

from layer.elf.segments import AddressRange, lowest_address, read_segments, take_out, text_range
from layer.target import Arch

PAGE = 65_536
SOURCE = (
    f"__attribute__((aligned({PAGE}))) int first(int x) {{ return x + 1; }}\n"
    f"__attribute__((aligned({PAGE}))) int middle(int x) {{ return x + 2; }}\n"
    f"__attribute__((aligned({PAGE}))) int last(int x) {{ return x + 3; }}\n"
)


def memory(library: bytes) -> dict[int, bytes]:
    """The pages that the loader would map from the file, by address; without the first, which holds the headers."""
    pages: dict[int, bytes] = {}
    for segment in ELFFile(io.BytesIO(library)).iter_segments("PT_LOAD"):
        address, data = int(segment["p_vaddr"]), segment.data()
        pages |= {address + begin: data[begin : begin + PAGE] for begin in range(0, len(data), PAGE)}
    return {address: page for address, page in pages.items() if address >= PAGE}


@pytest.mark.parametrize("arch", list(Arch))
def test_all_but_the_part_stays_where_it_was(compile_library: Callable[..., Path], arch: Arch) -> None:
    library = compile_library("libx.so", SOURCE, arch=arch).read_bytes()
    begin = -(-text_range(library).begin // PAGE) * PAGE
    part = AddressRange(begin, begin + PAGE)
    taken, rest = take_out(library, part, alignment=PAGE)
    before, after = memory(library), memory(rest)
    assert bytes(taken) in b"".join(before.values())
    assert len(taken) == PAGE
    kept = {address: page for address, page in before.items() if address not in range(part.begin, part.end)}
    assert kept.items() <= after.items()
    hole = [s for s in read_segments(rest) if s.address == part.begin]
    assert [(s.flags, s.in_file, s.in_memory) for s in hole] == [(0, 0, PAGE)]
    assert lowest_address(rest) == lowest_address(library)


def test_functions_outside_the_part_still_run(compile_library: Callable[..., Path]) -> None:
    path = compile_library("libx.so", SOURCE)
    library = path.read_bytes()
    begin = -(-text_range(library).begin // PAGE) * PAGE
    _, rest = take_out(library, AddressRange(begin + PAGE, begin + 2 * PAGE), alignment=PAGE)
    path.write_bytes(rest)
    loaded = ctypes.CDLL(str(path))
    assert (loaded.first(1), loaded.last(1)) == (2, 4)


def test_a_part_that_no_segment_holds_is_refused(compile_library: Callable[..., Path]) -> None:
    library = compile_library("libx.so", SOURCE).read_bytes()
    with pytest.raises(ValueError, match="no segment holds the whole range"):
        take_out(library, AddressRange(1 << 40, (1 << 40) + PAGE), alignment=PAGE)
