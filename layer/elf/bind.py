"""Binds a library's references to its own symbols when the layer is built, so that the loader need not look them up.

The loader looks for each symbol in all libraries that may define it, the program's first. libtorch_cpu refers to some
30,000 symbols of its own in tables and the like, which takes a twentieth of an import's time. A symbol of torch's that
no other library of the layer defines can only be the library's own. Its references become relative ones: the address
where the library was loaded, and a number.

What the layer does not know of may define symbols of other names, so these are left to the loader. So are functions
that are called: the loader looks them up at their first call, or never.
"""

import io
import re
from collections.abc import Collection
from pathlib import Path

from elftools.elf.elffile import ELFFile

from layer.elf.formats import (
    DT_RELACOUNT,
    R_ADDRESS,
    R_RELATIVE,
    RELOCATION,
    SHN_ABS,
    SHN_UNDEF,
    STB_GLOBAL,
    STB_WEAK,
    STT_FUNC,
    STT_OBJECT,
    SYMBOL,
)
from layer.elf.initialisers import set_dynamic_value

# Mangled names with a namespace of torch's, or of a library that is a part of libtorch_cpu; and MKL's functions.
_TORCH_S = re.compile(
    rb"_Z.*(2at|3c10|4c10d|5torch|6caffe2|4dnnl|6fbgemm|4gloo|10tensorpipe|10onnx_torch|9libkineto)|mkl_"
)


def bind_own_symbols(path: Path, elsewhere: Collection[str]) -> int:
    """Bind what a library refers to of its own, but for symbols that are defined elsewhere too.

    Returns the number of references that were bound.
    """
    content = path.read_bytes()
    elf = ELFFile(io.BytesIO(content))
    section = elf.get_section_by_name(".rela.dyn")
    if section is None:
        return 0
    relative_type, address_types = R_RELATIVE[elf["e_machine"]], R_ADDRESS[elf["e_machine"]]
    addresses = _own_symbols(elf, elsewhere)
    begin, size = section["sh_offset"], section["sh_size"]
    relative, others, num_bound = [], [], 0
    for offset, info, addend in RELOCATION.iter_unpack(content[begin : begin + size]):
        symbol, kind = info >> 32, info & 0xFFFFFFFF
        if kind == relative_type:
            relative.append((offset, info, addend))
        elif kind in address_types and symbol in addresses:
            relative.append((offset, relative_type, addresses[symbol] + addend))
            num_bound += 1
        else:
            others.append((offset, info, addend))
    table = b"".join(RELOCATION.pack(*entry) for entry in [*sorted(relative), *others])
    library = bytearray(content)
    library[begin : begin + size] = table
    set_dynamic_value(library, elf, DT_RELACOUNT, len(relative))
    path.write_bytes(library)
    return num_bound


def _own_symbols(elf: ELFFile, elsewhere: Collection[str]) -> dict[int, int]:
    """Addresses of the symbols that nobody else defines, by their numbers."""
    table = elf.get_section_by_name(".dynsym")
    assert table, "a library with relocations has dynamic symbols"
    names = elf.get_section(table["sh_link"]).data()
    found = {}
    for number, (name_offset, info, other, section, address, _) in enumerate(SYMBOL.iter_unpack(table.data())):
        is_defined = section not in (SHN_UNDEF, SHN_ABS) and info >> 4 in (STB_GLOBAL, STB_WEAK)
        if not is_defined or info & 15 not in (STT_OBJECT, STT_FUNC) or other & 3:
            continue
        name = names[name_offset : names.index(b"\0", name_offset)]
        if _TORCH_S.match(name) and name.decode() not in elsewhere:
            found[number] = address
    return found
