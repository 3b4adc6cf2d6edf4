"""What these tests share: both kinds of preset."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture(params=["preset_file", "recipe_file"])
def either_file(request: pytest.FixtureRequest) -> Callable[..., Path]:
    """Writes a preset of the original's kind, or one with a recipe."""
    write: Callable[..., Path] = request.getfixturevalue(request.param)
    return write
