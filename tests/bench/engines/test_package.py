"""The bytes of a library are its own and those of what it needs."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.engines.package import bytes_of, installed_bytes


def _install(folder: Path, name: str, size: int, *requires: str) -> None:
    """A distribution with one module of so many bytes; its metadata count for nothing, as they are not in its list."""
    (folder / f"{name}.py").write_bytes(b"#" * size)
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir()
    needed = "".join(f"Requires-Dist: {requirement}\n" for requirement in requires)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n{needed}")
    (info / "RECORD").write_text(f"{name}.py,,{size}\n")


def test_what_a_library_needs_counts_once_and_its_extras_do_not(tmp_path: Path) -> None:
    _install(tmp_path, "engine", 1000, "array_s>=2,<3", "text; python_version > '3'", 'plot; extra == "draw"', "absent")
    _install(tmp_path, "array_s", 200, "text")
    _install(tmp_path, "text", 30, "engine")
    _install(tmp_path, "plot", 4)
    assert installed_bytes(tmp_path, "engine") == 1230
    assert installed_bytes(tmp_path, "Array.S") == 1230
    assert installed_bytes(tmp_path, "plot") == 4
    with pytest.raises(KeyError):
        installed_bytes(tmp_path, "absent")


def test_folders_count_with_all_below_them_and_links_do_not(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    for name, size in (("a/one", 5), ("a/b/two", 70), ("three", 600)):
        (tmp_path / name).write_bytes(b"#" * size)
    (tmp_path / "a" / "link").symlink_to(tmp_path / "three")
    assert bytes_of(tmp_path / "a") == 75
    assert bytes_of(tmp_path / "a", tmp_path / "three") == 675
