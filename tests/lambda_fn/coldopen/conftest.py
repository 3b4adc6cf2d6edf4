"""A machine without int8."""

from __future__ import annotations

import pytest


@pytest.fixture
def without_int8(monkeypatch: pytest.MonkeyPatch) -> None:
    """Torch has no int8 engine."""
    monkeypatch.setattr("coldopen.engine.int8_engine", lambda: None)
