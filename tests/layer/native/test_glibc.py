"""Which C library a layer needs."""

from __future__ import annotations

from pathlib import Path

import pytest

from layer.elf.read import Import, Library, read_library
from layer.errors import LayerError
from layer.native.glibc import check_versions
from layer.target import RUNTIMES
from tests.layer.conftest import Compile


def library(version: str, *, weak: bool = False) -> Library:
    symbol = Import("f", version, "libc.so.6", weak)
    return Library(Path("libtorch_cpu.so"), ("libc.so.6",), (symbol,), frozenset())


def test_python311_refuses_what_asks_for_a_newer_glibc(compile_library: Compile) -> None:
    source = "#include <fcntl.h>\nint flags(int file) { return fcntl(file, F_GETFL, 0); }"
    path = compile_library("libtorch_cpu.so", source, flags=("-D_FILE_OFFSET_BITS=64",))
    with pytest.raises(LayerError) as refusal:
        check_versions([read_library(path)], RUNTIMES["3.11"])
    assert "libtorch_cpu.so needs fcntl64@GLIBC_2.28" in str(refusal.value)
    assert "python3.11 runtime (Amazon Linux 2)" in str(refusal.value)
    assert "GLIBC_2.26" in str(refusal.value)


@pytest.mark.parametrize("version", ["GLIBC_2.34", "GLIBCXX_3.4.29", "GLIBC_PRIVATE", "libcudart.so.13", "GOMP_5.0"])
def test_python313_takes_what_amazon_linux_2023_has(version: str) -> None:
    check_versions([library(version)], RUNTIMES["3.13"])


@pytest.mark.parametrize("version", ["GLIBC_2.35", "GLIBCXX_3.4.30", "CXXABI_1.3.14"])
def test_python313_refuses_what_is_newer(version: str) -> None:
    with pytest.raises(LayerError, match=version):
        check_versions([library(version)], RUNTIMES["3.13"])


def test_versions_compare_as_numbers() -> None:
    check_versions([library("GLIBC_2.4")], RUNTIMES["3.13"])
