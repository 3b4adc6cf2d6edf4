"""A bill is list prices times what was used."""

from __future__ import annotations

import pytest

from bench.bill import GIGABYTES, hour_at, month_of_provisioned, month_of_snapshot, thousand_scripts
from bench.cost import PRICES


def test_fronts_differ_by_their_own_price() -> None:
    rest, http, url = (
        thousand_scripts(0.2, front, "x86_64", 0.0) for front in ("REST API", "HTTP API", "function URL")
    )
    assert rest - http == pytest.approx(0.0025)
    assert http - url == pytest.approx(0.001)
    assert url == pytest.approx(200 * GIGABYTES * PRICES["x86_64"] + 0.0002 + 0.0006)


def test_a_cold_start_is_billed_as_writing_is() -> None:
    cold, warm = (thousand_scripts(0.2, "function URL", "arm64", share) for share in (1.0, 0.0))
    assert cold - warm == pytest.approx(400 * GIGABYTES * PRICES["arm64"])


def test_a_thousand_copies_cost_104_dollars_an_hour() -> None:
    assert hour_at(1000) == pytest.approx(103.7, abs=0.1)


def test_what_is_held_ready_costs_by_the_month() -> None:
    assert month_of_snapshot() == pytest.approx(2_592_000 * 1769 / 1024 * 0.0000015046)
    assert month_of_provisioned() == pytest.approx(2_592_000 * 1769 / 1024 * 0.0000041667)
