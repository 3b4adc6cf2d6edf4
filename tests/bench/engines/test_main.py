"""The comparison with other engines: what it asks for, and its table."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from bench.engines.__main__ import read_arguments, table
from bench.engines.models import OURS
from bench.engines.way import Run, Way
from local.runtime import ROOT

_LIBRARIES = ("numpy", "onnxruntime", "onnx", "openvino")


@pytest.fixture
def libraries(tmp_path: Path) -> Path:
    """A folder in which all libraries seem to be."""
    for name in _LIBRARIES:
        (tmp_path / name).mkdir()
    return tmp_path


def test_its_arguments_are_the_libraries_folder_and_the_runs(libraries: Path) -> None:
    assert read_arguments([str(libraries)]) == (libraries, 9)
    assert read_arguments([str(libraries), "3"]) == (libraries, 3)


@pytest.mark.parametrize("arguments", [[], ["/absent"], ["HERE", "0"], ["HERE", "many"], ["HERE", "3", "4"]])
def test_what_is_missing_is_asked_for(
    arguments: list[str], libraries: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        read_arguments([str(libraries) if argument == "HERE" else argument for argument in arguments])
    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith("usage: python -m bench.engines DIR [RUNS], where DIR has what `pip ")


@pytest.mark.parametrize("name", _LIBRARIES)
def test_each_library_is_asked_for(name: str, libraries: Path) -> None:
    (libraries / name).rmdir()
    with pytest.raises(SystemExit):
        read_arguments([str(libraries)])


def test_a_person_who_names_no_folder_reads_one_sentence() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench.engines"],
        cwd=ROOT, env={"PYTHONPATH": "lambda_fn"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "pip install --target DIR numpy==" in done.stderr


def test_the_table_has_medians_and_ratios_to_ours_of_the_same_turn() -> None:
    def run(road: float, peak_mb: float) -> Run:
        parts = {"import": 0.1, "load": 0.02, "first": 0.2, "next": 0.19, "road": road}
        return Run(parts, {name: value / 2 for name, value in parts.items()}, peak_mb, [])

    ways = {name: Way("", "", Path(), size) for name, size in ((OURS, 200_000_000), ("another", 90_400_000))}
    runs = {OURS: [run(0.4, 100), run(0.5, 110), run(0.8, 120)], "another": [run(0.4, 80), run(1.0, 70), run(0.4, 75)]}
    _head, _rule, ours, another = table(ways, runs, {OURS: 0.95, "another": 1.0}).splitlines()
    times = "100 / 50 | 20 / 10 | 200 / 100 | 190 / 95"
    one = "1.00 (1.00 to 1.00)"
    assert ours == f"| {OURS} | {times} | 500 / 250 | {one} | {one} | 110 | 200 | 95.0% |"
    ratio = "1.00 (0.50 to 2.00)"
    assert another == f"| another | {times} | 400 / 200 | {ratio} | {ratio} | 75 | 90 | 100.0% |"
