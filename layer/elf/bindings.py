"""Leaves out functions of libtorch_python that make Python classes for features that the layer does not have.

When torch's extension module is imported, functions for each part of torch add classes and functions to it: for
TorchDynamo, the ONNX exporter and others too, whose Python part is not in the layer. Such a function is made to return
at once.
"""

import io
from pathlib import Path

from elftools.elf.elffile import ELFFile

from layer.elf.formats import PT_LOAD
from layer.elf.rules import UNUSED_BINDINGS
from layer.elf.segments import read_segments
from layer.elf.symbols import functions
from layer.errors import OtherTorchError

_RETURN = {"EM_X86_64": bytes.fromhex("c3"), "EM_AARCH64": bytes.fromhex("c0035fd6")}


def skip_bindings(path: Path) -> None:
    """Let the functions of `UNUSED_BINDINGS` return at once, in a library that was not stripped yet.

    They must return nothing. Raises OtherTorchError, naming the function, if the library lacks one.
    """
    content = path.read_bytes()
    instruction = _RETURN[str(ELFFile(io.BytesIO(content))["e_machine"])]
    addresses = {function.name: function.address for function in functions(content)}
    library = bytearray(content)
    for name in UNUSED_BINDINGS:
        if name not in addresses:
            raise OtherTorchError(f"{path.name} has no function {name}")
        offset = _file_offset(content, addresses[name])
        library[offset : offset + len(instruction)] = instruction
    path.write_bytes(library)


def _file_offset(library: bytes, address: int) -> int:
    for segment in read_segments(library):
        if segment.type == PT_LOAD and segment.address <= address < segment.address + segment.in_file:
            return segment.offset + address - segment.address
    raise ValueError(f"there is nothing at {address:#x}")
