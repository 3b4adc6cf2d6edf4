"""Stubs for CUDA's libraries."""

from __future__ import annotations

import ctypes
from pathlib import Path

import pytest

from layer.elf.read import Import, Library, read_library
from layer.errors import LayerError
from layer.native.cuda_stubs import is_cuda, write_stubs
from layer.target import Arch
from tests.layer.conftest import COMPILER_CACHE, HERE, Compile

CUDART = "int cudaGetDeviceCount(int *n) { *n = 8; return 0; }"
TORCH_CUDA = """
int _ZN3c104cuda12device_countEv(void) { return 8; }
int *_ZN4c10d15get_gil_checkerEv(void) { return 0; }
char _ZTIN4c10d16ProcessGroupNCCLE[16];
char _ZN3c104cuda20CUDACachingAllocator9allocatorE[8];
"""
TORCH_CPU = """
extern int cudaGetDeviceCount(int *), _ZN3c104cuda12device_countEv(void);
extern int *_ZN4c10d15get_gil_checkerEv(void);
extern const char *_ZTIN4c10d16ProcessGroupNCCLE[2]; extern void *_ZN3c104cuda20CUDACachingAllocator9allocatorE;
/* Unversioned, and the system's: never to be stubbed. */
extern void _ZNSt6localeD1Ev(void) __attribute__((weak)), _ZdlPv(void) __attribute__((weak));
int status(void) { int n; return cudaGetDeviceCount(&n); }
int devices(void) { return _ZN3c104cuda12device_countEv(); }
int can_be_written(void) { int *p = _ZN4c10d15get_gil_checkerEv(); *p += 1; return *p; }
const char *type_name(void) { return _ZTIN4c10d16ProcessGroupNCCLE[1]; }
void *allocator(void) { return _ZN3c104cuda20CUDACachingAllocator9allocatorE; }
"""


@pytest.fixture(params=list(Arch))
def arch(request: pytest.FixtureRequest) -> Arch:
    return Arch(request.param)


@pytest.fixture
def torch_cpu(compile_library: Compile, tmp_path: Path, arch: Arch) -> Path:
    """A library that was linked with CUDA's, which are gone now."""
    script = tmp_path / "map"
    script.write_text("libcudart.so.13 { global: *; };")
    cudart = compile_library(
        "libcudart.so.13", CUDART, arch=arch, flags=("-nostdlib", f"-Wl,--version-script={script}")
    )
    torch_cuda = compile_library("libtorch_cuda.so", TORCH_CUDA, arch=arch)
    library = compile_library(
        "libtorch_cpu.so", TORCH_CPU, arch=arch, flags=("-nostdlib", str(cudart), str(torch_cuda))
    )
    cudart.unlink()
    torch_cuda.unlink()
    return library


def test_stubs_have_the_missing_symbols_and_versions(torch_cpu: Path, arch: Arch) -> None:
    stubs = write_stubs([read_library(torch_cpu)], torch_cpu.parent, arch, COMPILER_CACHE)
    exports = {stub.name: read_library(stub).exports for stub in stubs}
    assert exports["libcudart.so.13"] >= {"cudaGetDeviceCount"}
    assert exports["libtorch_cuda.so"] == {
        "_ZN3c104cuda12device_countEv",
        "_ZN4c10d15get_gil_checkerEv",
        "_ZTIN4c10d16ProcessGroupNCCLE",
        "_ZN3c104cuda20CUDACachingAllocator9allocatorE",
    }


def test_stubs_answer_as_a_machine_without_a_gpu(torch_cpu: Path, arch: Arch) -> None:
    if arch is not HERE:
        pytest.skip(f"runs on {arch} only")
    stubs = write_stubs([read_library(torch_cpu)], torch_cpu.parent, arch, COMPILER_CACHE)
    ctypes.CDLL("libstdc++.so.6", ctypes.RTLD_GLOBAL)
    for stub in stubs:
        ctypes.CDLL(str(stub), ctypes.RTLD_GLOBAL)
    library = ctypes.CDLL(str(torch_cpu))
    library.type_name.restype = ctypes.c_char_p
    library.allocator.restype = ctypes.c_void_p
    assert library.status() == 100
    assert library.devices() == 0
    assert (library.can_be_written(), library.can_be_written()) == (1, 2)
    assert library.type_name() == b"N4c10d16ProcessGroupNCCLE"
    assert library.allocator() is None


def test_stubs_are_the_same_in_every_build(torch_cpu: Path, arch: Arch, tmp_path: Path) -> None:
    built = []
    for run in ("a", "b"):
        (tmp_path / run).mkdir()
        stubs = write_stubs([read_library(torch_cpu)], tmp_path / run, arch, tmp_path / "zig" / run)
        built.append([stub.read_bytes() for stub in stubs])
    assert built[0] == built[1]


def test_a_cpu_build_needs_no_stubs(compile_library: Compile, tmp_path: Path) -> None:
    library = compile_library("libtorch_cpu.so", "int answer(void) { return 42; }")
    assert write_stubs([read_library(library)], tmp_path, HERE, COMPILER_CACHE) == []


def test_the_systems_libraries_are_never_stubbed(tmp_path: Path) -> None:
    imports = (Import("deflate", None, None, False), Import("pthread_once", None, None, False))
    library = Library(tmp_path / "libtorch_cpu.so", ("libz.so.1", "libc.so.6", "libstdc++.so.6"), imports, frozenset())
    assert write_stubs([library], tmp_path, HERE, COMPILER_CACHE) == []


def test_a_library_that_nobody_has_is_named(tmp_path: Path) -> None:
    library = Library(tmp_path / "libtorch_cpu.so", ("libmkl_core.so.2",), (), frozenset())
    with pytest.raises(LayerError, match=r"libtorch_cpu\.so needs libmkl_core\.so\.2"):
        write_stubs([library], tmp_path, HERE, COMPILER_CACHE)


@pytest.mark.parametrize(
    "name", ["libtorch_cuda.so", "libc10_cuda.so", "libcudart.so.13", "libnvrtc.so.13", "libnccl.so.2"]
)
def test_cuda_libraries_are_recognised(name: str) -> None:
    assert is_cuda(name)


@pytest.mark.parametrize(
    "name", ["libtorch_cpu.so", "libnvpl_blas_core.so.0", "libcurl.so.4", "libgomp.so.1", "libc10.so"]
)
def test_other_libraries_are_not_taken_for_cuda(name: str) -> None:
    assert not is_cuda(name)
