"""What was built is compared with what it is to run on."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy.built import check_fits
from deploy.errors import DeployError


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """A build for python3.13 on x86_64, of libraries that are nothing but an ELF header."""
    for library in (
        "TorchLayer/python/torch/_C.cpython-313-x86_64-linux-gnu.so",
        "WriterFunction/safetensors/_rust.abi3.so",
    ):
        (tmp_path / library).parent.mkdir(parents=True)
        write_library(tmp_path / library, 62)
    return tmp_path


def write_library(file: Path, machine: int) -> None:
    file.write_bytes(b"\x7fELF" + bytes(14) + machine.to_bytes(2, "little"))


def test_what_fits_is_passed(built: Path) -> None:
    check_fits(built, "x86_64", "python3.13")


@pytest.mark.parametrize("part", ["TorchLayer", "WriterFunction"])
def test_machine_code_for_another_architecture_is_refused_by_name(built: Path, part: str) -> None:
    (library,) = (built / part).rglob("*.so")
    write_library(library, 183)
    with pytest.raises(DeployError, match=rf"{library.name} was built for arm64, and Architecture is x86_64: `make b"):
        check_fits(built, "x86_64", "python3.13")


def test_a_layer_for_another_python_is_refused(built: Path) -> None:
    with pytest.raises(DeployError, match=r"TorchLayer was built for python3\.13, and Runtime is python3\.14: `make b"):
        check_fits(built, "x86_64", "python3.14")


def test_a_file_that_is_no_library_is_refused(built: Path) -> None:
    (built / "WriterFunction" / "a.so").write_bytes(b"no library, though its name says so")
    with pytest.raises(DeployError, match=r"a\.so was built for no processor"):
        check_fits(built, "x86_64", "python3.13")


def test_a_layer_without_torch_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DeployError, match="there is no torch in"):
        check_fits(tmp_path, "x86_64", "python3.13")
