"""The cost is the list price of the seconds that a million words take."""

from __future__ import annotations

import pytest

from bench.cost import PRICES, dollars
from local.runtime import MEMORY_MB


def test_a_million_words_cost_what_their_gigabyte_seconds_do() -> None:
    gigabyte_seconds = 1_000_000 * 0.25e-3 * MEMORY_MB / 1024
    assert dollars(0.25, PRICES["x86_64"]) == pytest.approx(gigabyte_seconds * 0.0000166667)
    assert dollars(0.25, PRICES["arm64"]) == pytest.approx(gigabyte_seconds * 0.0000133334)
