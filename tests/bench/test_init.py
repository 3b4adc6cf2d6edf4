"""The benches of a start measure what they say: both functions start under the emulator and write a word."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from bench.init import import_way, our_way, stock_way
from layer.target import RUNTIMES
from local.runtime import emulator

pytestmark = pytest.mark.skipif(
    emulator() is None or f"{sys.version_info[0]}.{sys.version_info[1]}" not in RUNTIMES,
    reason="takes the emulator, and a Python that torch has a wheel for",
)


def test_our_function_starts_from_the_layer_alone_and_a_stock_one_starts_too(tmp_path: Path) -> None:
    assert 0 < our_way(tmp_path)() < 60  # each fails unless a word comes
    assert 0 < stock_way(tmp_path)() < 60
    assert 0 < import_way(["-S"], str(tmp_path / "layer" / "python"))() < 60
