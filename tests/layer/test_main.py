"""The command line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from layer.__main__ import main

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["build", "--python", "3.10", "--out", "x"], "3.10"),
        (["build", "--python", "python3.13", "--out", "x"], "python3.13"),
        (["build", "--arch", "riscv64", "--out", "x"], "riscv64"),
        (["build", "--python-part", "all", "--out", "x"], "all"),
        (["build"], "--out"),
        (["sizes"], "DIR"),
        (["verify"], "DIR"),
        ([], "command"),
    ],
)
def test_bad_arguments_get_one_sentence_and_status_2(
    arguments: list[str], named: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(arguments)
    assert exit_.value.code == 2
    message = capsys.readouterr().err
    assert message.startswith("layer: ")
    assert message.count("\n") == 1
    assert named in message


def test_a_fault_is_one_sentence_and_status_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sizes", str(tmp_path)]) == 1
    assert capsys.readouterr().err == f"layer: {tmp_path} holds no layer: there is no python/torch in it\n"


def test_it_runs_as_a_module(tmp_path: Path) -> None:
    (tmp_path / "out").touch()
    command = [sys.executable, "-m", "layer", "build", "--out", str(tmp_path / "out")]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 1
    assert result.stderr == f"layer: {tmp_path / 'out'} is a file: --out must name a folder\n"
