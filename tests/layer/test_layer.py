"""The real layer, built from the real wheel and run by the runtime's Python with nothing else on its path."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from layer.sizes import measure
from tests.conftest import python_313
from tests.layer.conftest import PROGRAMS


@pytest.fixture(scope="module")
def answers(built: Path, layers_python: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What the layer's torch says of a network whose output the installed torch has computed."""
    torch.manual_seed(0)
    embedding, lstm = torch.nn.Embedding(500, 20), torch.nn.LSTM(20, 32, 2, batch_first=True)
    fc = torch.nn.Linear(32, 500)
    network = torch.nn.ModuleDict({"embedding": embedding, "lstm": lstm, "fc": fc})
    words = torch.randint(0, 500, (3, 12))  # (batch, time)
    with torch.inference_mode():
        expected = fc(lstm(embedding(words))[0])  # (batch, time, vocabulary)
    folder = tmp_path_factory.mktemp("run")
    torch.save((network.state_dict(), words, expected), folder / "in.pt")
    program = [str(PROGRAMS / "run_network.py"), str(folder / "in.pt"), str(folder / "out.pt")]
    command = [str(layers_python), "-S", "-B", "-W", "ignore", *program]
    result = subprocess.run(
        command, env={"PYTHONPATH": str(built / "python")}, capture_output=True, text=True, check=False, cwd=folder
    )
    assert result.returncode == 0, result.stderr
    assert torch.load(folder / "out.pt", weights_only=True).shape == (3, 12, 500)
    return dict(line.split(" ", 1) for line in result.stdout.splitlines())


def test_it_computes_what_the_installed_torch_computes(answers: dict[str, str]) -> None:
    assert answers["torch"].split("+")[0] == torch.__version__.split("+")[0]
    assert answers["equal"] == "True"


def test_operators_that_no_one_touched_before_give_the_installed_torch_s_bits(built: Path, layers_python: Path) -> None:
    answers = []
    for python, path in ((layers_python, str(built / "python")), (Path(sys.executable), "")):
        options = ["-B", "-W", "ignore", *(["-S"] if path else [])]
        command = [str(python), *options, str(PROGRAMS / "touch_operators.py")]
        done = subprocess.run(command, env={"PYTHONPATH": path}, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        answers.append(done.stdout)
    assert answers[0] == answers[1]
    assert answers[0].endswith(" 17\n")


def test_it_needs_nothing_but_itself(answers: dict[str, str]) -> None:
    assert answers["foreign"] == "[]"


def test_it_answers_as_on_a_machine_without_a_gpu(answers: dict[str, str]) -> None:
    assert answers["cuda"] == "False 0"
    assert "CUDA" in answers["refused"]


def test_torch_distributed_is_off(answers: dict[str, str]) -> None:
    assert answers["distributed"] == "False"


def test_no_header_stub_or_archive_is_in_it(built: Path) -> None:
    names = [path.relative_to(built).as_posix() for path in built.rglob("*") if path.is_file()]
    assert [name for name in names if name.endswith((".h", ".pyi", ".a"))] == []


def test_every_source_has_its_runtime_s_bytecode_and_uses_it_unasked(built: Path) -> None:
    if python_313() is None:
        pytest.skip("compiling takes python3.13, on PATH or in pyenv")
    for source in built.rglob("*.py"):
        compiled = source.parent / "__pycache__" / f"{source.stem}.cpython-313.pyc"
        # magic number, then flags: 1, a hash and not a time, without 2, to be compared with the source (PEP 552)
        assert compiled.read_bytes()[4:8] == b"\x01\0\0\0", source
    assert (
        b"/opt/python/torch/functional.py"
        in (built / "python/torch/__pycache__/functional.cpython-313.pyc").read_bytes()
    )


def test_the_ledger_adds_up(built: Path) -> None:
    files = [path for path in built.rglob("*") if path.is_file()]
    assert sum(part.size for part in measure(built)) == sum(path.stat().st_size for path in files)
