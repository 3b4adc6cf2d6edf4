"""The functions that a library which was not stripped yet names."""

import io
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from elftools.elf.elffile import ELFFile

from layer.elf.read import SYMBOL

_STT_FUNC = 2  # elf.h


class Function(NamedTuple):
    """A function's mangled name, its address in the library, and its size in bytes.

    Of local functions that share a name, the second is called name#2, and so on.
    """

    name: str
    address: int
    size: int


def functions(library: bytes) -> Iterator[Function]:
    """All functions that the library defines and names, in its symbol table's order; none if it was stripped."""
    # by hand: pyelftools makes an object of each of half a million symbols
    table = ELFFile(io.BytesIO(library)).get_section_by_name(".symtab")
    if table is None:
        return
    count: Counter[str] = Counter()
    names = ELFFile(io.BytesIO(library)).get_section(table["sh_link"])["sh_offset"]
    begin, size = table["sh_offset"], table["sh_size"]
    for name, info, _, section, address, length in SYMBOL.iter_unpack(memoryview(library)[begin : begin + size]):
        if info & 15 == _STT_FUNC and section and length:
            at = names + name
            called = library[at : library.index(b"\0", at)].decode()
            count[called] += 1
            yield Function(f"{called}#{count[called]}" if count[called] > 1 else called, address, length)
