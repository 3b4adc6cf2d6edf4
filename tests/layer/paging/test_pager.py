"""The pager is compiled by ziglang alone."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from layer.paging.pager import LICENCES, install_pager
from layer.target import Target


@pytest.mark.slow
def test_a_machine_without_a_compiler_makes_the_pager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "true").symlink_to(shutil.which("true") or "")
    monkeypatch.setenv("PATH", os.fspath(tmp_path / "bin"))
    root = tmp_path / "python"
    (root / "torch").mkdir(parents=True)
    (root / "torch" / "__init__.py").write_text('"""A torch."""\n\nimport sys\n')
    install_pager(root, {}, Target.of_this_machine().arch, tmp_path / "cache")
    assert (root / "libtorch_pager.so").read_bytes()[:4] == b"\x7fELF"
    assert "Redistribution and use in source and binary forms" in (root / LICENCES / "zstd").read_text()
    assert "MIT License" in (root / LICENCES / "cold-open").read_text()
