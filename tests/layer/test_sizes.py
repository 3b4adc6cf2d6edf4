from __future__ import annotations

import re
import struct
from pathlib import Path

import pytest

from layer import sizes
from layer.__main__ import main
from layer.errors import LayerError
from layer.sizes import Part


def test_every_file_is_counted_once(tmp_path: Path) -> None:
    files = {
        "torch/lib/libtorch_cpu.so": 100,
        "torch/lib/libtorch_python.so": 50,
        "torch/lib/libcudart.so.13": 7,
        "torch/_C.cpython-313-x86_64-linux-gnu.so": 3,
        "torch/nn/__init__.py": 11,
        "torch-2.13.0.dist-info/METADATA": 2,
        "torchgen/model.py": 5,
        "typing_extensions.py": 13,
    }
    for name, size in files.items():
        path = tmp_path / "python" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bytes(size))
    blocks = tmp_path / "python" / "torch" / "lib" / "libtorch_cpu.so.blocks"
    blocks.write_bytes(struct.pack("<8s7Q", b"COPAGES2", 0, 0, 0, 0, 1, 4096, 0).ljust(4096) + bytes(20))
    assert sizes.measure(tmp_path) == [
        Part("libtorch_cpu.so", 100),
        Part("libtorch_python.so", 50),
        Part("machine code, compressed", 4096),
        Part("machine code, hot", 20),
        Part("other libraries", 10),
        Part("torch's Python part", 18),
        Part("dependencies", 13),
    ]


def test_what_each_stage_left_is_told() -> None:
    assert sizes.report_stages({"the wheels, unpacked": 1_095_196_442}).split("\n") == [
        "the wheels, unpacked                    1,095,196,442",
        "",
    ]


def test_a_layer_over_the_limit_says_by_how_much() -> None:
    text = sizes.report([Part("libtorch_cpu.so", 262_144_000), Part("dependencies", 1_500)])
    assert "total                     262,145,500" in text
    assert "left of Lambda's 262,144,000: -1,500" in text


def test_a_build_over_the_limit_fails_naming_the_largest_parts() -> None:
    parts = [Part("small", 1), Part("middle", 5), Part("large", 262_144_000), Part("dependencies", 1_500)]
    with pytest.raises(LayerError, match=r"1,506 bytes over .* largest: large 262,144,000, dependencies 1,500"):
        sizes.check(parts)
    sizes.check(parts[:2])


def test_a_layer_under_the_limit_says_what_is_left() -> None:
    text = sizes.report([Part("libtorch_cpu.so", 262_143_000)])
    assert "left of Lambda's 262,144,000: 1,000" in text


def test_what_is_deployed_with_it_counts_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "layer" / "python" / "torch").mkdir(parents=True)
    (tmp_path / "function" / "model").mkdir(parents=True)
    (tmp_path / "function" / "model" / "weights").write_bytes(bytes(1000))
    assert main(["sizes", str(tmp_path / "layer"), str(tmp_path / "function")]) == 0
    assert re.search(r"function +1,000\ntotal +1,000\n", capsys.readouterr().out)
    assert main(["sizes", str(tmp_path / "layer"), str(tmp_path / "absent")]) == 1
    assert "absent is no folder" in capsys.readouterr().err


def test_a_blocks_file_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "python" / "torch").mkdir(parents=True)
    (tmp_path / "python" / "torch" / "lib.so.blocks").write_bytes(b"COPAGES1" + bytes(100))
    with pytest.raises(LayerError, match=r"lib\.so\.blocks is not a file of blocks"):
        sizes.measure(tmp_path)


def test_a_folder_without_a_layer_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LayerError, match="holds no layer"):
        sizes.measure(tmp_path)
