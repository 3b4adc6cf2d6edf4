"""Static initialisers: those that are left out don't run, the others do, in their order."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from pathlib import Path

import pytest

from layer.elf.initialisers import skip_initialisers
from layer.elf.strip import strip
from layer.errors import LayerError

LEFT_OUT = [
    "TraceType_0.cpp",
    "TraceTypeManual.cpp",
    "RegisterFunctionalization_3.cpp",
    "BatchRulesViews.cpp",
    "LegacyBatchingRegistrations.cpp",
    "VmapModeRegistrations.cpp",
    "dnnl_backend.cpp",
]
KEPT = ["RegisterSchema.cpp", "VariableType_0.cpp", "RegisterCPU_0.cpp"]
RUN_THERE = "volatile int ran[16], count;\n"  # volatile: no compiler runs them beforehand


def initialiser(file: str, number: int) -> str:
    function = f"static void start{number}(void)"
    label = f'{function} __asm__("_GLOBAL__sub_I_{file}");\n'
    return f"{label}__attribute__((constructor)) {function} {{ ran[count++] = {number + 1}; }}\n"


def source(files: list[str]) -> str:
    return RUN_THERE + "".join(initialiser(file, number) for number, file in enumerate(files))


def ran(library: Path) -> list[int]:
    """Numbers of the initialisers that ran, from 1, in their order."""
    loaded = ctypes.CDLL(str(library))
    return [number for number in (ctypes.c_int * 16).in_dll(loaded, "ran") if number]


def test_kept_ones_run_in_their_order_and_the_others_do_not(compile_library: Callable[..., Path]) -> None:
    files = [KEPT[0], *LEFT_OUT[:4], KEPT[1], *LEFT_OUT[4:], KEPT[2]]
    library = compile_library("libx.so", source(files))
    before = compile_library("libbefore.so", source(files))
    assert ran(before) == list(range(1, len(files) + 1))
    skip_initialisers(library)
    strip(library)
    assert ran(library) == [number for number, file in enumerate(files, 1) if file in KEPT]


def test_files_that_share_a_name_are_left_out_together(compile_library: Callable[..., Path]) -> None:
    files = [*LEFT_OUT, KEPT[0], "VmapModeRegistrations.cxx"]
    library = compile_library("libx.so", source(files))
    library.write_bytes(library.read_bytes().replace(b"VmapModeRegistrations.cxx", b"VmapModeRegistrations.cpp"))
    skip_initialisers(library)
    assert ran(library) == [len(LEFT_OUT) + 1]


@pytest.mark.parametrize("missing", ["BatchRulesViews.cpp", "dnnl_backend.cpp"])
def test_a_rule_without_an_initialiser_is_named(compile_library: Callable[..., Path], missing: str) -> None:
    library = compile_library("libx.so", source([file for file in LEFT_OUT if file != missing]))
    with pytest.raises(LayerError, match=rf"no static initialiser .*{missing[:10]}.*: it is not 2\.13's"):
        skip_initialisers(library)


def test_a_library_without_initialisers_is_refused(compile_library: Callable[..., Path]) -> None:
    with pytest.raises(LayerError, match=r"it is not 2\.13's"):
        skip_initialisers(compile_library("libx.so", "int number(void) { return 1; }"))


def test_a_table_that_names_symbols_is_refused(compile_library: Callable[..., Path]) -> None:
    exported = "__attribute__((constructor)) void visible(void) { ran[count++] = 99; }\n"
    library = compile_library("libx.so", source(LEFT_OUT) + exported)
    with pytest.raises(LayerError, match="not filled by relative relocations"):
        skip_initialisers(library)
