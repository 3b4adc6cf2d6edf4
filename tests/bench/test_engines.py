"""The comparison with other engines: what it asks for."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.engines.__main__ import read_arguments


def test_its_arguments_are_the_libraries_folder_and_the_runs(tmp_path: Path) -> None:
    (tmp_path / "onnxruntime").mkdir()
    assert read_arguments([str(tmp_path)]) == (str(tmp_path), 9)
    assert read_arguments([str(tmp_path), "3"]) == (str(tmp_path), 3)


@pytest.mark.parametrize("arguments", [[], ["/absent"], ["HERE", "0"], ["HERE", "many"]])
def test_what_is_missing_is_asked_for(arguments: list[str], tmp_path: Path) -> None:
    (tmp_path / "onnxruntime").mkdir()
    here = [str(tmp_path) if argument == "HERE" else argument for argument in arguments]
    with pytest.raises(SystemExit, match=r"usage: python -m bench\.engines DIR \[RUNS\], where DIR has"):
        read_arguments(here)
