"""The real layer, built from the real wheel and run by the runtime's Python with nothing else on its path."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from layer.__main__ import main
from layer.sizes import measure
from layer.target import Arch
from tests.conftest import python_313

from .conftest import HERE

SCRIPT = """
import sys, torch
weights, words, expected = torch.load(sys.argv[1], weights_only=True)
embedding, lstm, fc = torch.nn.Embedding(500, 20), torch.nn.LSTM(20, 32, 2, batch_first=True), torch.nn.Linear(32, 500)
torch.nn.ModuleDict({"embedding": embedding, "lstm": lstm, "fc": fc}).load_state_dict(weights)
with torch.inference_mode():
    found = fc(lstm(embedding(words))[0])
print("torch", torch.__version__)
print("equal", torch.allclose(found, expected, rtol=1e-5, atol=1e-6))
print("cuda", torch.cuda.is_available(), torch.cuda.device_count())
print("distributed", torch.distributed.is_available())
torch.save(found, sys.argv[2])
try:
    torch.zeros(1, device="cuda")
except (RuntimeError, AssertionError) as error:
    print("refused", str(error).split(".")[0])
print("foreign", [n for n, m in sys.modules.items() if "site-packages" in (getattr(m, "__file__", None) or "")])
"""

# Operators that nothing has touched before, first touched by many threads at once, and by a child after a fork.
OPERATORS = """
import hashlib, os, threading, torch
torch.set_num_threads(1)
results = {}
def work(seed):
    x = torch.randn(64, 64, generator=torch.Generator().manual_seed(seed))
    found = [
        torch.linalg.svd(x)[1], torch.fft.fft(x).abs(), torch.softmax(x, 1), torch.cumsum(x, 0), torch.sort(x)[0],
        torch.einsum("ij,jk->ik", x, x), torch.nn.functional.conv2d(x[None, None], x[None, None, :3, :3]),
        torch.special.bessel_j0(x), (x.bfloat16() @ x.bfloat16()).float(), torch.sparse.mm(x.to_sparse(), x),
        torch.linalg.inv(x), torch.complex(x, x).abs(), x.half().float().erf(), torch.quantile(x, 0.3),
        torch.nn.functional.scaled_dot_product_attention(x[None], x[None], x[None]), torch.linalg.eigvals(x).abs(),
    ]
    try:
        x @ torch.zeros(3, 3)
    except RuntimeError as error:
        found.append(str(error))
    results[seed] = [repr(value) if isinstance(value, str) else value.double().sum().item().hex() for value in found]
threads = [threading.Thread(target=work, args=(seed,)) for seed in range(16)]
for thread in threads: thread.start()
for thread in threads: thread.join()
child = os.fork()
if not child:
    torch.linalg.qr(torch.ones(3, 3))
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
print(hashlib.sha256(repr(sorted(results.items())).encode()).hexdigest(), len(results[0]))
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    out = tmp_path_factory.mktemp("layer")
    assert main(["build", "--out", str(out)]) == 0
    yield out
    shutil.rmtree(out)


@pytest.fixture(scope="module")
def answers(built: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What the layer's torch says of a network whose output the installed torch has computed."""
    python = python_313()
    if python is None or HERE is not Arch.X86_64:
        pytest.skip("running the layer takes python3.13 on x86_64, on PATH or in pyenv")
    torch.manual_seed(0)
    embedding, lstm = torch.nn.Embedding(500, 20), torch.nn.LSTM(20, 32, 2, batch_first=True)
    fc = torch.nn.Linear(32, 500)
    network = torch.nn.ModuleDict({"embedding": embedding, "lstm": lstm, "fc": fc})
    words = torch.randint(0, 500, (3, 12))  # (batch, time)
    with torch.inference_mode():
        expected = fc(lstm(embedding(words))[0])  # (batch, time, vocabulary)
    folder = tmp_path_factory.mktemp("run")
    torch.save((network.state_dict(), words, expected), folder / "in.pt")
    command = [str(python), "-S", "-B", "-W", "ignore", "-c", SCRIPT, str(folder / "in.pt"), str(folder / "out.pt")]
    result = subprocess.run(
        command, env={"PYTHONPATH": str(built / "python")}, capture_output=True, text=True, check=False, cwd=folder
    )
    assert result.returncode == 0, result.stderr
    assert torch.load(folder / "out.pt", weights_only=True).shape == (3, 12, 500)
    return dict(line.split(" ", 1) for line in result.stdout.splitlines())


def test_it_computes_what_the_installed_torch_computes(answers: dict[str, str]) -> None:
    assert answers["torch"].split("+")[0] == torch.__version__.split("+")[0]
    assert answers["equal"] == "True"


def test_operators_that_no_one_touched_before_give_the_installed_torch_s_bits(built: Path) -> None:
    layers_python = python_313()
    if layers_python is None or HERE is not Arch.X86_64:
        pytest.skip("running the layer takes python3.13 on x86_64, on PATH or in pyenv")
    answers = []
    for python, path in ((layers_python, str(built / "python")), (Path(sys.executable), "")):
        command = [str(python), "-B", "-W", "ignore", *(["-S"] if path else []), "-c", OPERATORS]
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
