"""Takes static initialisers out of a library's table, so that they do not run when it is loaded.

In libtorch_cpu, each source file has an initialiser that registers its operators with torch's dispatcher. Thousands of
operators serve tracing, functionalisation and vmap. Nothing reaches them in an inference-only torch, which has no
torch.jit, torch.func and torch.export, so they need not be registered (`rules.py`). Whoever gets there by torch's
private functions is told by the dispatcher that the operator could not be run with such arguments.

The table is the section .init_array: addresses of functions, which relative relocations fill in.
"""

import io
import re
import struct
from pathlib import Path

from elftools.elf.elffile import ELFFile

from layer.elf.rules import SKIPPED
from layer.elf.symbols import functions
from layer.errors import LayerError

_RELA = struct.Struct("<QQq")  # elf.h, Elf64_Rela: offset, info, addend
_TAG = struct.Struct("<QQ")  # Elf64_Dyn
_RELATIVE = {8, 1027}  # R_X86_64_RELATIVE, R_AARCH64_RELATIVE
_DT_INIT_ARRAYSZ = 27


def skip_initialisers(path: Path) -> None:
    """Leave the initialisers of SKIPPED out of a library that was not stripped yet.

    The others move to the front of the table, in their order, and the table ends behind them.

    Raises LayerError, naming the rule, if one finds no initialiser: the library is of another version.
    """
    content = path.read_bytes()
    elf = ELFFile(io.BytesIO(content))
    slots = _slots(content, elf)
    names = {function.address: function.name for function in functions(content)}
    skipped: set[int] = set()
    for rule in SKIPPED:
        pattern = re.compile(rf"_GLOBAL__sub_I_{rule}(#\d+)?")
        found = {address for address in slots.values() if pattern.fullmatch(names.get(address, ""))}
        if not found:
            raise LayerError(f"{path.name} has no static initialiser {rule}: it is not 2.13's")
        skipped |= found
    library = bytearray(content)
    kept = [address for address in slots.values() if address not in skipped]
    for at, address in zip(slots, [*kept, *skipped], strict=True):
        struct.pack_into("<q", library, at + 16, address)
    _set_tag(library, elf, _DT_INIT_ARRAYSZ, 8 * len(kept))
    path.write_bytes(library)


def _slots(library: bytes, elf: ELFFile) -> dict[int, int]:
    """Where the file has the relocation that fills each slot of the table, and what with, in the table's order."""
    table, relocations = (elf.get_section_by_name(name) for name in (".init_array", ".rela.dyn"))
    if table is None or relocations is None:
        return {}
    addresses = range(table["sh_addr"], table["sh_addr"] + table["sh_size"])
    begin, size = relocations["sh_offset"], relocations["sh_size"]
    found = []
    for number, (slot, kind, address) in enumerate(_RELA.iter_unpack(memoryview(library)[begin : begin + size])):
        if slot in addresses and kind in _RELATIVE:
            found.append((slot, begin + number * _RELA.size, address))
    if len(found) * 8 != len(addresses):
        raise LayerError("the table of static initialisers is not filled by relative relocations: it is not 2.13's")
    return {at: address for _, at, address in sorted(found)}


def _set_tag(library: bytearray, elf: ELFFile, tag: int, value: int) -> None:
    section = elf.get_section_by_name(".dynamic")
    assert section, "a library with an .init_array has a dynamic section"
    for at in range(section["sh_offset"], section["sh_offset"] + section["sh_size"], _TAG.size):
        if _TAG.unpack_from(library, at)[0] == tag:
            _TAG.pack_into(library, at, tag, value)
