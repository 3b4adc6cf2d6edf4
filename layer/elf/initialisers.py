"""Leaves out static initialisers of libtorch_cpu that register operators for features that the layer does not have.

A static initialiser is a function that the loader runs when it loads the library. Each of torch's source files has one
that registers the file's operators with torch's dispatcher. The files for tracing, functionalisation and vmap register
thousands of operators, which takes time at each start. In the inference-only torch nothing reaches these operators:
that would take torch.jit, torch.func or torch.export. Code that calls torch's private functions can still ask for one.
It gets the dispatcher's error, which says that the operator could not be run with arguments from that backend. For
functionalisation the error says that views are unknown to it.
"""

import io
import re
import struct
from collections.abc import Sequence
from pathlib import Path

from elftools.elf.elffile import ELFFile

from layer.elf.formats import DT_INIT_ARRAYSZ, DYNAMIC_ENTRY, R_RELATIVE, RELOCATION
from layer.elf.rules import SKIPPED
from layer.elf.symbols import functions
from layer.errors import OtherTorchError


def skip_initialisers(path: Path, sources: Sequence[str] = SKIPPED) -> None:
    """Leave the initialisers of `sources`, regular expressions, out of a library that was not stripped yet.

    The table of initialisers (.init_array) has a slot for each, which a relocation fills with its address. The kept
    initialisers move to the front of the table, in their order, and the table is declared to end behind them.

    Raises OtherTorchError, naming the rule, if a rule matches no initialiser.
    """
    content = path.read_bytes()
    elf = ELFFile(io.BytesIO(content))
    relocations = _table_relocations(content, elf)
    names = {function.address: function.name for function in functions(content)}
    skipped: set[int] = set()
    for source in sources:
        pattern = re.compile(rf"_GLOBAL__sub_I_{source}(#\d+)?")  # as the compiler names a file's initialiser
        matching = {address for address in relocations.values() if pattern.fullmatch(names.get(address, ""))}
        if not matching:
            raise OtherTorchError(f"{path.name} has no static initialiser {source}")
        skipped |= matching
    library = bytearray(content)
    kept = [address for address in relocations.values() if address not in skipped]
    for offset, address in zip(relocations, [*kept, *skipped], strict=True):
        struct.pack_into("<q", library, offset + 16, address)  # the relocation's addend
    set_dynamic_value(library, elf, DT_INIT_ARRAYSZ, 8 * len(kept))
    path.write_bytes(library)


def _table_relocations(library: bytes, elf: ELFFile) -> dict[int, int]:
    """For each slot of the table, in its order: the relocation's offset in the file, and the initialiser's address."""
    table, relocations = (elf.get_section_by_name(name) for name in (".init_array", ".rela.dyn"))
    if table is None or relocations is None:
        return {}
    slots = range(table["sh_addr"], table["sh_addr"] + table["sh_size"])
    begin, size = relocations["sh_offset"], relocations["sh_size"]
    by_slot = []
    for index, (slot, kind, address) in enumerate(RELOCATION.iter_unpack(memoryview(library)[begin : begin + size])):
        if slot in slots and kind == R_RELATIVE[elf["e_machine"]]:
            by_slot.append((slot, begin + index * RELOCATION.size, address))
    if len(by_slot) * 8 != len(slots):
        raise OtherTorchError("the table of static initialisers is not filled by relative relocations")
    return {offset: address for _, offset, address in sorted(by_slot)}


def set_dynamic_value(library: bytearray, elf: ELFFile, tag: int, value: int) -> None:
    """Set the value of an entry of the dynamic section."""
    section = elf.get_section_by_name(".dynamic")
    assert section, "a library with an .init_array has a dynamic section"
    for offset in range(section["sh_offset"], section["sh_offset"] + section["sh_size"], DYNAMIC_ENTRY.size):
        if DYNAMIC_ENTRY.unpack_from(library, offset)[0] == tag:
            DYNAMIC_ENTRY.pack_into(library, offset, tag, value)
