"""Files that are there whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from coldopen.files import write_file, written_aside


def test_a_file_takes_the_place_of_an_earlier_one(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"earlier")
    write_file(tmp_path / "file", b"new")
    assert (tmp_path / "file").read_bytes() == b"new"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_the_earlier_file_stands_until_the_new_one_is_whole(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"earlier")
    with written_aside(tmp_path / "file") as file:
        file.write(b"new")
        file.flush()
        assert (tmp_path / "file").read_bytes() == b"earlier"
    assert (tmp_path / "file").read_bytes() == b"new"


def test_what_fails_half_way_leaves_the_earlier_file_alone_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"earlier")

    def fill_the_disk() -> None:
        with written_aside(tmp_path / "file") as file:
            file.write(b"half of")
            raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        fill_the_disk()
    assert (tmp_path / "file").read_bytes() == b"earlier"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_folder_that_is_missing_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_file(tmp_path / "missing" / "file", b"")
