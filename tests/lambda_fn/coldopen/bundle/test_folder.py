"""Which folder holds a bundle."""

from __future__ import annotations

from pathlib import Path

from coldopen.bundle.folder import bundle_folder


def test_a_run_s_folder_stands_for_its_bundle(trained_run: Path, untrained_folder: Path, tmp_path: Path) -> None:
    assert bundle_folder(trained_run) == trained_run / "bundle"
    assert bundle_folder(trained_run / "bundle") == trained_run / "bundle"
    (untrained_folder / "bundle").mkdir()
    assert bundle_folder(untrained_folder) == untrained_folder
    assert bundle_folder(tmp_path / "none") == tmp_path / "none"
