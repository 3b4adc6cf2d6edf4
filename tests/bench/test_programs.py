"""The programs of others: what counts as the same, as clear and as obscure, and the table."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from bench.programs.__main__ import table
from bench.programs.running import Row, compare, programs
from bench.programs.speed import row, seconds


def test_there_are_sixty_programs_and_each_has_a_name_of_its_own() -> None:
    names = [name for _, name in programs()]
    assert len(names) >= 60
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    ("stock", "layer", "is_obscure"),
    [
        ("", "equal", False),
        ("", "close", True),
        ("", "AttributeError: module 'torch' has no attribute 'x'", True),
        ("", "ModuleNotFoundError: torch._inductor is not in this layer's torch: no compiler", False),
        ("ModuleNotFoundError: No module named 'x'", "ModuleNotFoundError: No module named 'x'", False),
    ],
)
def test_what_is_neither_equal_nor_clear_is_obscure(stock: str, layer: str, is_obscure: bool) -> None:
    assert Row("a", stock, layer).is_obscure is is_obscure


def test_the_table_counts_only_what_runs_on_stock_torch() -> None:
    text = table([Row("one_way", "", "equal"), Row("other", "", "close"), Row("third", "No module", "No module")])
    assert text.startswith(
        "Of 3 programs 2 run on stock torch here, and 1 of these give the same bits on the layer (50.0%)."
    )
    assert "| one way | equal |" in text
    assert "| third | not run on stock torch: No module |" in text


def test_a_program_is_run_with_stock_torch_and_with_the_layer_s(tmp_path: Path) -> None:
    (tmp_path / "python").mkdir()
    (tmp_path / "python" / "torch.py").write_text("raise ImportError('this is the layer')\n")
    row = compare(Path(sys.executable), tmp_path, ("formats", "torch_load_of_the_old_format"))
    assert row == Row("torch_load_of_the_old_format", "", "ImportError: this is the layer")


def test_a_program_s_speed_is_the_layer_s_share_of_stock_torch_s_time() -> None:
    assert row("a_b", [(1.0, 1.0), (0.9, 1.0), (2.2, 2.0)]) == "| a b | 1000.0 | 1.000 (0.900 to 1.100) |\n"


def test_a_program_that_fails_ends_the_measurement_with_its_error(tmp_path: Path) -> None:
    (tmp_path / "python").mkdir()
    (tmp_path / "python" / "torch.py").write_text("raise ImportError('this is the layer')\n")
    with pytest.raises(SystemExit, match="torch_jit_trace: ImportError: this is the layer"):
        seconds(Path(sys.executable), tmp_path, ("formats", "torch_jit_trace"))
