"""The pager is compiled by ziglang alone."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from layer.paging.pager import LICENCES, install_pager
from layer.target import Target
from local.runtime import ROOT
from tests.dockerfile import packed


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


def test_the_image_s_build_finds_the_licences(tmp_path: Path) -> None:
    project, program = packed("built", tmp_path / "project"), ROOT / "tests/layer/programs/installs_pager.py"
    command = [sys.executable, "-S", str(program), str(tmp_path / "layer")]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env={"PYTHONPATH": str(project)}, timeout=60
    )
    assert (done.stdout, done.stderr) == ("['cold-open', 'zstd']\n", "")
