from __future__ import annotations

import ctypes
import struct
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile

from layer import elf
from layer.errors import LayerError
from layer.target import Arch

from .conftest import Compile

SOURCE = """
extern int elsewhere(void); extern int maybe(void) __attribute__((weak));
static int table[2000] = {1, 2, 3}; int *where = table;
int answer(void) { return table[1] + 40; }
int ask(void) { return elsewhere() + (maybe ? maybe() : 0); }
"""


def mapped_bytes(path: Path) -> dict[int, bytes]:
    """What the loader would put into memory, by address."""
    with path.open("rb") as file:
        library = ELFFile(file)
        # The first segment starts with the ELF and program headers, which say where things are in the file.
        headers = library["e_phoff"] + library["e_phnum"] * library["e_phentsize"]
        segments = library.iter_segments("PT_LOAD")
        return {s["p_vaddr"]: s.data() if s["p_offset"] else s.data()[headers:] for s in segments}


def test_exports_and_imports_are_told_apart(compile_library: Compile) -> None:
    library = elf.read(compile_library("libx.so", SOURCE, flags=("-nostdlib", "-Wl,-z,undefs")))
    assert {"answer", "ask", "where"} <= library.exports
    assert {(i.name, i.weak) for i in library.imports} == {("elsewhere", False), ("maybe", True)}


def test_an_import_with_a_symbol_version_names_its_library(compile_library: Compile, tmp_path: Path) -> None:
    script = tmp_path / "map"
    script.write_text("LIBY_1.2 { global: *; };")
    other = compile_library(
        "liby.so.1", "int f(void) { return 1; }", flags=("-nostdlib", f"-Wl,--version-script={script}")
    )
    library = elf.read(
        compile_library("libx.so", "int f(void); int g(void) { return f(); }", flags=("-nostdlib", str(other)))
    )
    assert library.needed == ("liby.so.1",)
    assert library.imports == (elf.Import("f", "LIBY_1.2", "liby.so.1", weak=False),)


def test_reading_something_else_says_so(tmp_path: Path) -> None:
    path = tmp_path / "libnot.so"
    path.write_text("GROUP ( libc.so.6 )")
    with pytest.raises(LayerError, match=r"libnot\.so is not a shared library"):
        elf.read(path)


def move_last_segment_to_the_end(path: Path) -> None:
    """Do as patchelf does: the last segment's bytes come after everything else, on a page of their own."""
    content = bytearray(path.read_bytes())
    with path.open("rb") as file:
        elf_file = ELFFile(file)
        last = max(elf_file.iter_segments("PT_LOAD"), key=lambda s: int(s["p_offset"]) if s["p_filesz"] else 0)
        start, size = int(last["p_offset"]), int(last["p_filesz"])
        shift = (len(content) - start) // 0x10000 * 0x10000 + 0x10000
        headers = [(elf_file["e_phoff"] + n * 56 + 8) for n in range(elf_file["e_phnum"])]
        headers += [(elf_file["e_shoff"] + n * 64 + 24) for n, s in enumerate(elf_file.iter_sections()) if s["sh_addr"]]
    content += bytes(start + shift - len(content)) + content[start : start + size]
    content[start : start + size] = b"?" * size
    for at in headers:
        (offset,) = struct.unpack_from("<Q", content, at)
        if start <= offset <= start + size:
            struct.pack_into("<Q", content, at, offset + shift)
    path.write_bytes(content)


@pytest.mark.parametrize("arch", list(Arch))
def test_a_hole_before_a_segment_that_patchelf_appended_is_closed(compile_library: Compile, arch: Arch) -> None:
    path = compile_library("libx.so", SOURCE, arch=arch, flags=("-nostdlib", "-g", "-Wl,-z,undefs"))
    memory, symbols, size = mapped_bytes(path), elf.read(path), path.stat().st_size
    move_last_segment_to_the_end(path)
    assert mapped_bytes(path) == memory
    assert path.stat().st_size > 0x10000
    elf.strip(path)
    assert mapped_bytes(path) == memory
    assert elf.read(path) == symbols
    assert path.stat().st_size < size


@pytest.mark.parametrize("arch", list(Arch))
def test_stripping_keeps_every_mapped_byte_and_the_dynamic_symbols(compile_library: Compile, arch: Arch) -> None:
    path = compile_library("libx.so", SOURCE, arch=arch, flags=("-nostdlib", "-g", "-Wl,-z,undefs"))
    memory, symbols, size = mapped_bytes(path), elf.read(path), path.stat().st_size
    saved = elf.strip(path)
    assert saved > 1000
    assert path.stat().st_size == size - saved
    assert mapped_bytes(path) == memory
    assert elf.read(path) == symbols


def test_a_stripped_library_still_runs(compile_library: Compile) -> None:
    path = compile_library("libx.so", "int answer(void) { return 42; }", flags=("-nostdlib", "-g"))
    elf.strip(path)
    assert ctypes.CDLL(str(path)).answer() == 42


def test_stripping_twice_changes_nothing(compile_library: Compile) -> None:
    path = compile_library("libx.so", SOURCE, flags=("-nostdlib", "-g", "-Wl,-z,undefs"))
    elf.strip(path)
    once = path.read_bytes()
    assert elf.strip(path) == 0
    assert path.read_bytes() == once


def test_a_library_that_is_cut_short_is_refused(compile_library: Compile) -> None:
    path = compile_library("libx.so", SOURCE, flags=("-nostdlib", "-g", "-Wl,-z,undefs"))
    path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(LayerError, match=r"libx\.so is not a whole ELF file"):
        elf.strip(path)
