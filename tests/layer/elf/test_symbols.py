"""Symbols: which functions a library names."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

from elftools.elf.elffile import ELFFile

from layer.elf.strip import strip
from layer.elf.symbols import functions

SOURCE = """
int number = 3;
__attribute__((noinline)) static int local(int x) { return x * number; }
int first(int x) { return local(x) + 1; }
extern int elsewhere(int);
int second(int x) { return elsewhere(x); }
"""


def test_functions_have_their_names_addresses_and_sizes(compile_library: Callable[..., Path]) -> None:
    library = compile_library("libx.so", SOURCE)
    found = {function.name: function for function in functions(library.read_bytes())}
    assert {"local", "first", "second"} <= set(found)
    assert not {"number", "elsewhere"} & set(found)
    text = ELFFile(io.BytesIO(library.read_bytes())).get_section_by_name(".text")
    assert text
    for function in found.values():
        assert text["sh_addr"] <= function.address < function.address + function.size
        assert function.address + function.size <= text["sh_addr"] + text["sh_size"]


def test_of_two_local_functions_with_one_name_the_second_is_told_apart(compile_library: Callable[..., Path]) -> None:
    source = "".join(
        f"__attribute__((used, noinline)) static int {name}(int x) {{ return x + {len(name)}; }}\n"
        for name in ("twin", "other")
    )
    source += "int both(int x) { return twin(x) + other(x); }"
    library = compile_library("libx.so", source)
    data = library.read_bytes()
    names = [function.name for function in functions(data)]
    assert {"twin", "other"} <= set(names)
    renamed = data.replace(b"\0other\0", b"\0twin\0\0")
    assert renamed != data
    assert {"twin", "twin#2"} <= {function.name for function in functions(renamed)}


def test_a_stripped_library_names_none(compile_library: Callable[..., Path]) -> None:
    library = compile_library("libx.so", SOURCE)
    strip(library)
    assert list(functions(library.read_bytes())) == []
