"""What is unpacked of a wheel, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from layer.errors import LayerError
from layer.wheel.unpack import drop_unused_libraries, unpack
from tests.layer.conftest import Compile, MakeWheel

NAME = "torch-2.13.0-cp313-cp313-manylinux_2_28_x86_64.whl"


def unpacked(root: Path) -> set[str]:
    return {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}


def test_only_what_inference_needs_is_unpacked(make_wheel: MakeWheel, tmp_path: Path) -> None:
    kept = [
        "torch/__init__.py",
        "torch/lib/libtorch_cpu.so",
        "torch/lib/libnvpl_blas_core.so.0",
        "torch-2.13.0.dist-info/METADATA",
        "torch-2.13.0.dist-info/licenses/LICENSE",
        "torch-2.13.0.dist-info/licenses/third_party/include/NOTICE.h",
    ]
    left_out = ["torch/include/ATen/ATen.h", "torch/lib/libtorch_cuda.so", "torch/lib/libc10.a", "torch/__init__.pyi"]
    left_out += ["torch/bin/protoc", "torch/test/test_api", "torch/share/cmake/Torch.cmake"]
    unpack(make_wheel(NAME, dict.fromkeys(kept + left_out, b"content")), tmp_path / "root")
    assert unpacked(tmp_path / "root") == set(kept)


def test_a_file_that_differs_from_its_record_is_refused(make_wheel: MakeWheel, tmp_path: Path) -> None:
    wheel = make_wheel(NAME, {"torch/__init__.py": b"good"}, swapped={"torch/__init__.py": b"evil"})
    with pytest.raises(LayerError, match=r"torch/__init__\.py in torch-2\.13\.0.* is not the file its RECORD lists"):
        unpack(wheel, tmp_path / "root")


def test_a_file_that_record_does_not_list_is_refused(make_wheel: MakeWheel, tmp_path: Path) -> None:
    wheel = make_wheel(NAME, {"torch/__init__.py": b""}, swapped={"torch/extra.py": b"evil"})
    with pytest.raises(LayerError, match=r"torch/extra\.py"):
        unpack(wheel, tmp_path / "root")


@pytest.mark.parametrize("name", ["../outside.py", "/tmp/outside.py", "torch/../../outside.py"])
def test_a_file_that_would_leave_the_layer_is_refused(make_wheel: MakeWheel, tmp_path: Path, name: str) -> None:
    with pytest.raises(LayerError, match="outside the layer"):
        unpack(make_wheel(NAME, {name: b"evil"}), tmp_path / "root")


def test_a_wheel_that_is_cut_short_is_refused(make_wheel: MakeWheel, tmp_path: Path) -> None:
    wheel = make_wheel(NAME, {"torch/__init__.py": b"x" * 1000})
    wheel.write_bytes(wheel.read_bytes()[:-30])
    with pytest.raises(LayerError, match="not a whole wheel"):
        unpack(wheel, tmp_path / "root")


def test_a_damaged_wheel_is_refused(make_wheel: MakeWheel, tmp_path: Path) -> None:
    wheel = make_wheel(NAME, {"torch/__init__.py": bytes(range(256)) * 9})
    content = bytearray(wheel.read_bytes())
    content[60:70] = b"\xff" * 10
    wheel.write_bytes(content)
    with pytest.raises(LayerError, match="not a whole wheel"):
        unpack(wheel, tmp_path / "root")


def test_libraries_that_nothing_reaches_are_dropped(compile_library: Compile, tmp_path: Path) -> None:
    lib = "root/torch/lib"
    c10 = compile_library(f"{lib}/libc10.so", "int c10(void) { return 1; }")
    cpu = compile_library(
        f"{lib}/libtorch_cpu.so", "int c10(void); int cpu(void) { return c10(); }", flags=("-nostdlib", str(c10))
    )
    compile_library("root/torch/_C.so", "int cpu(void); int py(void) { return cpu(); }", flags=("-nostdlib", str(cpu)))
    compile_library(f"{lib}/libtorch_global_deps.so", "int deps(void) { return 1; }")
    compile_library(f"{lib}/libtorchbind_test.so", "int test(void) { return 1; }")
    drop_unused_libraries(tmp_path / "root")
    assert unpacked(tmp_path / "root") == {
        "torch/_C.so",
        "torch/bin/torch_shm_manager",
        "torch/lib/libc10.so",
        "torch/lib/libtorch_cpu.so",
        "torch/lib/libtorch_global_deps.so",
    }
