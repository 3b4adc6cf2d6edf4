"""Functions that add to torch's extension module what the layer does not have: they return at once."""

from __future__ import annotations

import ctypes
from pathlib import Path

import pytest

from layer.elf.bindings import skip_bindings
from layer.elf.formats import PT_LOAD
from layer.elf.rules import UNUSED_BINDINGS
from layer.elf.segments import read_segments
from layer.elf.symbols import functions
from layer.errors import OtherTorchError
from layer.target import Arch
from tests.layer.conftest import Compile


def source(names: tuple[str, ...]) -> str:
    functions = (
        f'void add{number}(void) __asm__("{name}");\nvoid add{number}(void) {{ added++; }}\n'
        for number, name in enumerate(names)
    )
    return "volatile int added;\n" + "".join(functions)


def test_unused_functions_return_at_once_and_others_do_their_work(compile_library: Compile) -> None:
    library = compile_library("libx.so", source((*UNUSED_BINDINGS, "_ZN5torch3jit15initJITBindingsEP7_object")))
    skip_bindings(library)
    loaded = ctypes.CDLL(str(library))
    for name in UNUSED_BINDINGS:
        loaded[name]()
    added = ctypes.c_int.in_dll(loaded, "added")
    assert added.value == 0
    loaded["_ZN5torch3jit15initJITBindingsEP7_object"]()
    assert added.value == 1


def test_on_arm64_the_instruction_is_arm64_s(compile_library: Compile) -> None:
    library = compile_library("libx.so", source(UNUSED_BINDINGS), arch=Arch.ARM64)
    skip_bindings(library)
    assert _first_bytes(library, UNUSED_BINDINGS[0]) == bytes.fromhex("c0035fd6")  # ret


def test_a_function_that_is_not_there_is_named(compile_library: Compile) -> None:
    library = compile_library("libx.so", source(UNUSED_BINDINGS[1:]))
    with pytest.raises(OtherTorchError, match=rf"libx\.so has no function {UNUSED_BINDINGS[0]}"):
        skip_bindings(library)


def _first_bytes(library: Path, name: str) -> bytes:
    content = library.read_bytes()
    address = next(function.address for function in functions(content) if function.name == name)
    segment = next(s for s in read_segments(content) if s.type == PT_LOAD and 0 <= address - s.address < s.in_file)
    begin = segment.offset + address - segment.address
    return content[begin : begin + 4]
