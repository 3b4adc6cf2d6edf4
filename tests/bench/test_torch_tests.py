"""PyTorch's own tests on the layer: which files, how a test's two results are compared, and the table."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from bench.markdown import write
from bench.torch_tests.__main__ import checkout, table
from bench.torch_tests.chosen import chosen
from bench.torch_tests.running import Row, Setting, compare

TESTS = """
import os
import subprocess
import sys
import pytest

ON_LAYER = "STOCK_TORCH" in os.environ

def test_same():
    pass

def test_fails_everywhere():
    assert False

def test_fails_on_the_layer():
    assert not ON_LAYER, "a kernel is missing"

def test_ends_the_layer_s_process():
    if ON_LAYER:
        os._exit(3)

def test_is_skipped():
    pytest.skip("no GPU")

def test_of_cuda():
    assert False

def test_runs_on_the_layer_s_torch():
    import torch
    from torch.testing._internal import beside
    assert torch.NAME == "layer" if ON_LAYER else True
    assert beside.NAME == "stock"

def test_processes_that_it_starts_have_what_only_tests_import():
    subprocess.run([sys.executable, "-c", "from torch.testing._internal import beside"], check=True)

def test_a_library_for_tests_comes_from_stock_torch():
    import torch
    torch.ops.load_library("/nowhere/libtests.so")
    assert torch.LOADED == [os.environ["STOCK_TORCH"] + "/lib/libtests.so" if ON_LAYER else "/nowhere/libtests.so"]
"""


def package(folder: Path, name: str) -> None:
    """A stand-in for torch; stock torch has a module for its tests."""
    (folder / "torch" / "testing" / "_internal").mkdir(parents=True)
    ops = "import types\nLOADED = []\nops = types.SimpleNamespace(load_library=LOADED.append)\n"
    (folder / "torch" / "__init__.py").write_text(f"NAME = {name!r}\n{ops}")
    for inner in ("testing", "testing/_internal"):
        (folder / "torch" / inner / "__init__.py").write_text("")
    if name == "stock":
        (folder / "torch" / "testing" / "_internal" / "beside.py").write_text("NAME = 'stock'\n")


@pytest.fixture
def setting(tmp_path: Path) -> Setting:
    """A checkout with one file of tests, a layer, and stock torch."""
    tests, layer, stock = tmp_path / "test", tmp_path / "layer", tmp_path / "stock"
    tests.mkdir()
    (tests / "test_complex.py").write_text(TESTS)
    package(layer / "python", "layer")
    package(stock, "stock")
    # On PYTHONPATH with the tests, as an interpreter has stock torch, and behind the layer.
    (tests / "torch").symlink_to(stock / "torch")
    return Setting(tests, layer, Path(sys.executable), stock / "torch", seconds=30)


def test_what_passes_with_stock_torch_alone_is_a_difference_and_a_death_is_one_test_s(setting: Setting) -> None:
    row = compare(setting, "test_complex.py")
    assert row.stock == {"passed": 6, "skipped": 1, "failed": 1}
    assert row.layer == 4
    assert {test.split("::")[1]: why for test, why in row.differences.items()} == {
        "test_fails_on_the_layer": "E       AssertionError: a kernel is missing",
        "test_ends_the_layer_s_process": "it ends the process",
    }


def test_a_file_that_is_not_there_or_can_t_be_imported_says_so(setting: Setting) -> None:
    assert compare(setting, "test_nn.py").error == "it is not there in this version"
    (setting.tests / "test_nn.py").write_text("from torch import nowhere\n")
    assert "cannot import name 'nowhere'" in compare(setting, "test_nn.py").error


def test_a_layer_on_which_a_file_can_t_be_imported_passes_none_of_it(setting: Setting) -> None:
    (setting.layer / "python" / "torch" / "__init__.py").write_text("raise ImportError('no torch')\n")
    row = compare(setting, "test_complex.py")
    assert row.layer == 0
    assert len(row.differences) == 6
    assert set(row.differences.values()) == {'ImportError: Error importing plugin "plugin": no torch'}


def test_each_file_is_chosen_once_and_lies_in_a_folder_of_tests() -> None:
    paths = chosen()
    assert len(set(paths)) == len(paths) > 40
    assert {"test_torch.py", "nn/test_pooling.py", "functorch/test_vmap.py"} <= set(paths)


def test_the_table_counts_passes_and_names_each_difference(tmp_path: Path) -> None:
    rows = [
        Row("test_a.py", {"passed": 1200, "skipped": 1, "failed": 2}, 1199, {"test_a.py::T::test_x": "E  a | b"}),
        Row("test_b.py", error="it is not there in this version"),
        Row("test_c.py", error="ImportError: no name (/a/b.c/lib/site-packages/torch/nn/__init__.py)"),
    ]
    file = tmp_path / "layer.md"
    file.write_text("before\n<!-- torch's tests -->\nold\n<!-- end -->\nafter\n")
    write(file, "<!-- torch's tests -->", table(rows))
    text = file.read_text()
    assert "Of 1,200 tests that pass with stock torch 1,199 pass on the layer." in text
    assert "| test_a.py | 1,203 | 1,200 | 1,199 | 2 | 1 |" in text
    assert "| test_b.py | not run with stock torch: it is not there in this version |" in text
    assert "| test_c.py | not run with stock torch: ImportError: no name (site-packages/torch/nn/__init__.py) |" in text
    assert "| test_a.py T test_x | a \\| b |" in text
    assert text.startswith("before\n")
    assert text.endswith("<!-- end -->\nafter\n")
    assert "old" not in text


def test_a_folder_without_tests_is_refused_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="no checkout of PyTorch"), checkout(tmp_path, "2.13.0"):
        pass
