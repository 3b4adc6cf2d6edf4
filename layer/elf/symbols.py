"""The functions that a library names, before it is stripped."""

import io
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from elftools.elf.elffile import ELFFile

from layer.elf.formats import STT_FUNC, SYMBOL


class Function(NamedTuple):
    """A function's mangled name, its address in the library, and its size in bytes.

    Local functions of different source files may share a name. The second of them is called name#2, and so on.
    """

    name: str
    address: int
    size: int


def functions(library: bytes) -> Iterator[Function]:
    """All functions that the library defines and names, in its symbol table's order; none if it was stripped."""
    # The table is unpacked here because pyelftools would make an object of each of half a million symbols.
    table = ELFFile(io.BytesIO(library)).get_section_by_name(".symtab")
    if table is None:
        return
    count: Counter[str] = Counter()
    names = ELFFile(io.BytesIO(library)).get_section(table["sh_link"])["sh_offset"]
    begin, table_size = table["sh_offset"], table["sh_size"]
    for name_offset, info, _, section, address, size in SYMBOL.iter_unpack(
        memoryview(library)[begin : begin + table_size]
    ):
        if info & 15 == STT_FUNC and section and size:
            start = names + name_offset
            name = library[start : library.index(b"\0", start)].decode()
            count[name] += 1
            yield Function(f"{name}#{count[name]}" if count[name] > 1 else name, address, size)
