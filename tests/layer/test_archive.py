"""The .zip: what Lambda unpacks is the layer."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pytest

from layer.__main__ import main
from layer.archive import write_zip


@pytest.fixture
def layer(tmp_path: Path) -> Path:
    (tmp_path / "layer" / "python" / "torch").mkdir(parents=True)
    (tmp_path / "layer" / "python" / "torch" / "__init__.py").write_text("x = 1\n" * 100)
    (tmp_path / "layer" / "python" / "torch" / "lib.so.blocks").write_bytes(bytes(1000))
    return tmp_path / "layer"


def test_the_archive_holds_the_layer_readable_by_all(layer: Path, tmp_path: Path) -> None:
    assert main(["zip", str(layer)]) == 0
    with zipfile.ZipFile(tmp_path / "layer.zip") as archive:
        entries = archive.infolist()
        assert [entry.filename for entry in entries] == ["python/torch/__init__.py", "python/torch/lib.so.blocks"]
        assert {entry.external_attr >> 16 for entry in entries} == {0o100444}
        assert archive.read("python/torch/lib.so.blocks") == bytes(1000)
    assert entries[0].compress_size < entries[0].file_size
    assert entries[1].compress_size == 1000  # these are compressed already
    assert sorted(path.name for path in tmp_path.iterdir()) == ["layer", "layer.zip"]


def test_the_folder_one_is_in_can_be_packed(layer: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(layer)
    assert main(["zip", "."]) == 0
    assert (tmp_path / "layer.zip").exists()


def test_a_full_disk_leaves_no_half_archive(layer: Path, full_disk: Path) -> None:
    (layer / "python" / "torch" / "random.so.blocks").write_bytes(os.urandom(10_000))
    (full_disk / "layer").symlink_to(layer)
    with pytest.raises(OSError, match="No space left"):
        write_zip(full_disk / "layer", full_disk / "layer.zip")
    assert [path.name for path in full_disk.iterdir()] == ["layer"]


def test_the_same_layer_gives_the_same_bytes(layer: Path, tmp_path: Path) -> None:
    made = []
    for _ in range(2):
        main(["zip", str(layer)])
        made.append((tmp_path / "layer.zip").read_bytes())
        (layer / "python" / "torch" / "__init__.py").touch()
    assert made[0] == made[1]


def test_a_folder_without_a_layer_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["zip", str(tmp_path)]) == 1
    assert "holds no layer" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
