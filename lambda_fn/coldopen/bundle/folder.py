"""Which folder holds the bundle: a run's folder is as good a name for it as its own."""

from __future__ import annotations

from pathlib import Path

from coldopen.bundle.manifest import MANIFEST


def bundle_folder(folder: Path) -> Path:
    """The folder itself, or that of the bundle in it if it is a run's."""
    inside = folder / "bundle"
    return inside if inside.is_dir() and not (folder / MANIFEST).exists() else folder
