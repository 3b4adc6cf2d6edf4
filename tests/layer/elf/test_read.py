"""What a shared library asks for and defines."""

from __future__ import annotations

from pathlib import Path

import pytest

from layer.elf.read import Import, read_library
from layer.errors import LayerError
from tests.layer.conftest import Compile

SOURCE = """
extern int elsewhere(void); extern int maybe(void) __attribute__((weak));
static int table[2000] = {1, 2, 3}; int *where = table;
int answer(void) { return table[1] + 40; }
int ask(void) { return elsewhere() + (maybe ? maybe() : 0); }
"""


def test_exports_and_imports_are_told_apart(compile_library: Compile) -> None:
    library = read_library(compile_library("libx.so", SOURCE, flags=("-nostdlib", "-Wl,-z,undefs")))
    assert {"answer", "ask", "where"} <= library.exports
    assert {(i.name, i.weak) for i in library.imports} == {("elsewhere", False), ("maybe", True)}


def test_an_import_with_a_symbol_version_names_its_library(compile_library: Compile, tmp_path: Path) -> None:
    script = tmp_path / "map"
    script.write_text("LIBY_1.2 { global: *; };")
    other = compile_library(
        "liby.so.1", "int f(void) { return 1; }", flags=("-nostdlib", f"-Wl,--version-script={script}")
    )
    library = read_library(
        compile_library("libx.so", "int f(void); int g(void) { return f(); }", flags=("-nostdlib", str(other)))
    )
    assert library.needed == ("liby.so.1",)
    assert library.imports == (Import("f", "LIBY_1.2", "liby.so.1", weak=False),)


def test_reading_something_else_says_so(tmp_path: Path) -> None:
    path = tmp_path / "libnot.so"
    path.write_text("GROUP ( libc.so.6 )")
    with pytest.raises(LayerError, match=r"libnot\.so is not a shared library"):
        read_library(path)
