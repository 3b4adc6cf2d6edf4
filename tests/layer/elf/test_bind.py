"""References of a library to its own symbols: those are bound that nobody else can mean."""

from __future__ import annotations

import ctypes
import io
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection

from layer.elf.bind import bind_own_symbols
from layer.elf.formats import RELOCATION
from layer.elf.strip import strip
from layer.target import Arch
from tests.layer.conftest import Compile

SOURCE = """
int torch_s __asm__("_ZN5torch1aE") = 1, shared __asm__("_ZN5torch1bE") = 2, foreign = 3;
extern int absent __asm__("_ZN5torch1cE") __attribute__((weak));
int *table[] = {&torch_s, &shared, &foreign, &absent};
int second(void) { return *table[1]; }
"""


def looked_up(library: Path) -> set[str]:
    """The symbols that the loader looks up for a library's data."""
    elf = ELFFile(io.BytesIO(library.read_bytes()))
    symbols, relocations = elf.get_section_by_name(".dynsym"), elf.get_section_by_name(".rela.dyn")
    assert isinstance(symbols, SymbolTableSection)
    assert relocations
    numbers = {info >> 32 for _, info, _ in RELOCATION.iter_unpack(relocations.data())} - {0}
    return {symbols.get_symbol(number).name for number in numbers}


@pytest.mark.parametrize("arch", Arch)
def test_only_a_symbol_of_torch_s_that_nobody_else_defines_is_bound(compile_library: Compile, arch: Arch) -> None:
    library = compile_library("libx.so", SOURCE, arch=arch)
    before = looked_up(library)
    assert bind_own_symbols(library, {"_ZN5torch1bE"}) == 1
    assert looked_up(library) == before - {"_ZN5torch1aE"}


def test_what_was_bound_is_what_the_loader_would_have_found(compile_library: Compile) -> None:
    library = compile_library("libx.so", SOURCE)
    strip(library)
    bind_own_symbols(library, frozenset())
    table = (ctypes.POINTER(ctypes.c_int) * 4).in_dll(ctypes.CDLL(str(library)), "table")
    assert [pointer.contents.value for pointer in table[:3]] == [1, 2, 3]
    assert not table[3]


def test_another_library_s_definition_still_comes_first_where_it_has_one(compile_library: Compile) -> None:
    library = compile_library("libx.so", SOURCE)
    bind_own_symbols(library, {"_ZN5torch1bE"})
    other = compile_library("libother.so", 'int shared __asm__("_ZN5torch1bE") = 20;')
    ctypes.CDLL(str(other), ctypes.RTLD_GLOBAL)
    assert ctypes.CDLL(str(library)).second() == 20
