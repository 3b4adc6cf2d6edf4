"""The benches of a start measure what they say: both functions start under the emulator and write a word."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from bench.init import import_way, layer_here, our_way, stock_way
from bench.pager import touch_all
from layer.target import RUNTIMES
from local.runtime import emulator

pytestmark = [
    pytest.mark.slow,  # builds the layer
    pytest.mark.skipif(
        emulator() is None or f"{sys.version_info[0]}.{sys.version_info[1]}" not in RUNTIMES,
        reason="takes the emulator, and a Python that torch has a wheel for",
    ),
]


def test_our_function_starts_from_the_layer_alone_and_a_stock_one_starts_too(tmp_path: Path) -> None:
    assert 0 < our_way(tmp_path)() < 60  # each fails unless a word comes
    assert 0 < stock_way(tmp_path)() < 60
    assert 0 < import_way(str(tmp_path / "layer" / "python"))() < 60


def test_touching_all_machine_code_brings_each_block_once(tmp_path: Path) -> None:
    layer = layer_here(tmp_path)
    blocks = sum(_blocks_in(path) for path in layer.rglob("*.blocks"))
    imported, before, after = touch_all(layer)
    assert imported[0] == before[0] < after[0] <= blocks
    assert after[0] > 0.9 * blocks  # but for those that are hot all over
    assert all(later > earlier for earlier, later in zip(before, after, strict=True))


def _blocks_in(path: Path) -> int:
    """The fifth number of a blocks file, as pager.c reads it."""
    return int.from_bytes(path.read_bytes()[32:40], "little")
