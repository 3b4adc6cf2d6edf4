"""A bundle with all that a bundle may have."""

from __future__ import annotations

from pathlib import Path

import pytest

from coldopen.bundle.write import write_bundle


@pytest.fixture
def full_folder(full_files: dict[str, bytes], tmp_path: Path) -> Path:
    """That bundle on disk, this test's own to damage."""
    write_bundle(tmp_path / "full", full_files)
    return tmp_path / "full"
