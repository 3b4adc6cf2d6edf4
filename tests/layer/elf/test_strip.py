"""What stripping cuts off, and what it keeps."""

from __future__ import annotations

import ctypes
import struct
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile

from layer.elf.read import read_library
from layer.elf.strip import strip
from layer.errors import LayerError
from layer.target import Arch
from tests.layer.conftest import Compile

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
    memory, symbols, size = mapped_bytes(path), read_library(path), path.stat().st_size
    move_last_segment_to_the_end(path)
    assert mapped_bytes(path) == memory
    assert path.stat().st_size > 0x10000
    strip(path)
    assert mapped_bytes(path) == memory
    assert read_library(path) == symbols
    assert path.stat().st_size < size


@pytest.mark.parametrize("arch", list(Arch))
def test_stripping_keeps_every_mapped_byte_and_the_dynamic_symbols(compile_library: Compile, arch: Arch) -> None:
    path = compile_library("libx.so", SOURCE, arch=arch, flags=("-nostdlib", "-g", "-Wl,-z,undefs"))
    memory, symbols, size = mapped_bytes(path), read_library(path), path.stat().st_size
    saved = strip(path)
    assert saved > 1000
    assert path.stat().st_size == size - saved
    assert mapped_bytes(path) == memory
    assert read_library(path) == symbols


def test_a_stripped_library_still_runs(compile_library: Compile) -> None:
    path = compile_library("libx.so", "int answer(void) { return 42; }", flags=("-nostdlib", "-g"))
    strip(path)
    assert ctypes.CDLL(str(path)).answer() == 42


def test_stripping_twice_changes_nothing(compile_library: Compile) -> None:
    path = compile_library("libx.so", SOURCE, flags=("-nostdlib", "-g", "-Wl,-z,undefs"))
    strip(path)
    once = path.read_bytes()
    assert strip(path) == 0
    assert path.read_bytes() == once


def test_a_library_that_is_cut_short_is_refused(compile_library: Compile) -> None:
    path = compile_library("libx.so", SOURCE, flags=("-nostdlib", "-g", "-Wl,-z,undefs"))
    path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(LayerError, match=r"libx\.so is not a whole ELF file"):
        strip(path)
