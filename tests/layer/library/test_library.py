"""The library part: what programs may import is there, comes when it is asked for, and what is not says so."""

from __future__ import annotations

import re
import subprocess
from importlib.util import find_spec
from pathlib import Path

import pytest

from layer.sizes import size
from tests.layer.conftest import PROGRAMS
from tests.layer.library.conftest import Run

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

# What a module may say that can't be imported: what it needs is not the layer's, or it is left out by name.
EXPECTED = re.compile(
    r"No module named '(sympy|mpmath|networkx|yaml|setuptools|filelock|tensorboard|pytorch_lightning|coremltools|numpy)"
    r"|is not in this layer's torch|requires having TensorFlow installed|depends on `optree|from 'torch\.distributed'"
)


def fine(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def test_every_module_can_be_imported_first_or_says_what_it_lacks(library: Path, run: Run, tmp_path: Path) -> None:
    root = library / "python"
    found = [*(root / "torch").rglob("*.py"), *(root / "torch").rglob("*.pyc")]
    files = [path.relative_to(root) for path in found if "__pycache__" not in path.parts]
    names = {".".join(file.with_suffix("").parts).removesuffix(".__init__") for file in files}
    (tmp_path / "names").write_text("\n".join(sorted(name for name in names if not name.endswith("__main__"))))
    program = (PROGRAMS / "import_each_alone.py").read_text()
    lines = fine(run(program, str(tmp_path / "names"))).splitlines()
    assert [line for line in lines if not EXPECTED.search(line)] == []


@pytest.mark.parametrize(
    "name",
    [
        "optim", "func", "fx", "hub", "masked", "nested", "distributions", "nn.quantized", "utils.data",
        "utils.checkpoint", "jit", "quantization", "testing", "profiler", "library", "vmap", "signal.windows",
    ],
)  # fmt: skip
def test_what_programs_use_without_importing_it_is_there(run: Run, name: str) -> None:
    fine(run(f"import torch; torch.{name}"))


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("torch._inductor.compile_fx", "torch.compile needs a C++ compiler, and Lambda has none"),
        ("torch.testing._internal.common_utils", "it tests torch itself"),
        ("torch.distributed.fsdp", "a function on Lambda has no other process to work with"),
        ("torch.onnx.ops", "models are exported elsewhere"),
    ],
)
def test_what_is_left_out_says_so_and_why(run: Run, name: str, reason: str) -> None:
    error = run(f"import {name}").stderr.splitlines()[-1]
    assert error.startswith("ModuleNotFoundError: ")
    assert error.endswith(f"is not in this layer's torch: {reason}")


def test_what_another_package_lacks_is_none_of_the_layer_s_business(run: Run) -> None:
    assert run("import torch, nowhere").stderr.splitlines()[-1] == "ModuleNotFoundError: No module named 'nowhere'"


def test_a_compiled_function_is_made_and_refuses_to_run(run: Run) -> None:
    script = "import torch\n@torch.compile(fullgraph=True)\ndef double(x): return x * 2\n"
    script += "assert double.__name__ == 'double'\n"
    error = run(f"{script}double(torch.ones(2))").stderr.splitlines()[-1]
    assert error.startswith("ImportError: a function from torch.compile can't run: torch.compile needs a C++ compiler")
    fine(run(f"{script}assert double(torch.ones(2)).sum() == 4", TORCH_COMPILE_DISABLE="1"))


def test_the_meta_device_has_the_kernels_that_are_written_in_python(run: Run) -> None:
    script = "import sys, torch\nassert 'torch._meta_registrations' not in sys.modules\n"
    script += "x = torch.empty(4, 3, device='meta')\nassert torch.linalg.svd(x).S.shape == (3,)\n"
    script += "assert x.cumsum(0).shape == (4, 3) and torch.nn.functional.gelu(x).shape == (4, 3)\n"
    fine(run(script))
    error = run("import torch; torch.empty(3, device='meta').nonzero()").stderr.splitlines()[-1]
    assert "nonzero" in error


def test_gradients_scripts_and_transforms_work(run: Run) -> None:
    script = "import torch\nx = torch.ones(3, requires_grad=True)\n(x * x).sum().backward()\nassert x.grad.sum() == 6\n"
    script += "assert type((x * 2).grad_fn).__name__ == 'MulBackward0'\n"
    script += "assert torch.vmap(torch.func.grad(lambda x: x ** 3))(torch.ones(2)).tolist() == [3, 3]\n"
    script += "x.grad = None\nx.mul(3).backward(torch.ones(3))\nassert x.grad.tolist() == [3, 3, 3]\n"
    script += "assert torch.func.hessian(lambda x: (x ** 3).sum())(torch.ones(2)).tolist() == [[6, 0], [0, 6]]\n"
    script += "assert torch.broadcast_shapes((2, 1), 3, (1, 3)) == (2, 3)\n"
    script += "weight = torch.ones(1, requires_grad=True)\noptimiser = torch.optim.SGD([weight], lr=1)\n"
    script += "weight.sum().backward()\noptimiser.step()\nassert weight.item() == 0\n"
    script += "kept = torch.compiler.disable(torch.sin)\n@torch.compiler.disable(recursive=False)\n"
    script += "def double(x): return x * 2\nassert kept(torch.zeros(1)) == double(torch.zeros(1)) == 0\n"
    script += "network = torch.jit.script(torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.LSTM(2, 2)))\n"
    script += "torch.jit.script(torch.backends.cpu.get_cpu_capability)\n"  # torchvision's scripts call it
    script += "import sys\nassert 'torch._dynamo' not in sys.modules and 'sympy' not in sys.modules\n"
    fine(run(script))


def test_scripts_may_be_made_of_any_module_and_inspect_reads_it(run: Run) -> None:
    script = "import inspect, torch\nrelu = torch.nn.ReLU()\n"
    script += "for module in (torch.ao.quantization.QuantWrapper(relu), torch.fx.symbolic_trace(relu),\n"
    script += "               torch.nn.TransformerEncoderLayer(4, 2, batch_first=True).eval()):\n"
    script += "    assert torch.jit.script(module)(torch.ones(1, 2, 4)).shape == (1, 2, 4)\n"
    script += "assert 'return F.relu(' in inspect.getsource(torch.nn.ReLU)\n"
    script += "assert inspect.getsource(torch.jit).startswith('# mypy')\n"
    fine(run(script))


LOAD = """
import ctypes, torch
from torch.utils.data import DataLoader

def load(rows, function, context):
    return list(DataLoader(rows, batch_size=None, num_workers=2, collate_fn=function, multiprocessing_context=context))
"""


@pytest.mark.parametrize("context", ["fork", "spawn", "forkserver"])
def test_workers_that_load_data_may_touch_any_code_and_tell_of_a_crash(run: Run, context: str) -> None:
    script = f"{LOAD}loaded = load([torch.ones(1, 4)] * 6, torch.nn.functional.normalize, {context!r})\n"
    fine(run(f"{script}assert sum(float(each.sum()) for each in loaded) == 12"))
    crash = run(f"{LOAD}load([1, 1], ctypes.string_at, {context!r})").stderr
    assert "Unexpected segmentation fault encountered in worker" in crash
    assert "DataLoader worker" in crash.splitlines()[-1]


def test_torchdynamo_tells_torch_s_functions_from_a_program_s(run: Run, tmp_path: Path) -> None:
    for name in ("sympy", "mpmath", "networkx", "filelock"):  # what stock torch brings for it
        (tmp_path / name).symlink_to(Path(getattr(find_spec(name), "origin", "")).parent)
    script = f"import sys\nsys.path.append({str(tmp_path)!r})\nimport torch\n"
    script += "network = torch.nn.Sequential(torch.nn.Linear(3, 3), torch.nn.ReLU())\n"
    script += "graph = torch._dynamo.export(network, aten_graph=True)(torch.ones(2, 3)).graph_module\n"
    script += "assert torch.equal(graph(torch.ones(2, 3)), network(torch.ones(2, 3)))\n"
    fine(run(script))


def test_what_is_left_out_answers_where_torch_and_libraries_ask_for_it(run: Run) -> None:
    script = "import torch\nfrom torch.onnx import OperatorExportTypes\n"
    script += "assert OperatorExportTypes.ONNX.value == 0 and torch.onnx.producer_version\n"
    script += "assert torch.backends.python_native.available_dsls == torch.backends.python_native.all_dsls == []\n"
    script += "torch._check_is_size(3, max=4)\n"
    fine(run(script))
    error = run("import torch; torch._check_is_size(-1)").stderr.splitlines()[-1]
    assert error.startswith("RuntimeError: Expected cond to be True")


def test_an_import_loads_nothing_that_it_need_not(run: Run) -> None:
    late = ["torch._dynamo", "torch._inductor", "torch._meta_registrations", "torch._decomp", "torch.export", "sympy"]
    assert fine(run(f"import sys, torch; print([name for name in {late} if name in sys.modules])")) == "[]\n"


def test_most_of_it_is_bytecode_alone_and_what_scripts_read_is_not(library: Path) -> None:
    torch = library / "python" / "torch"
    assert (torch / "serialization.pyc").is_file()
    assert not (torch / "serialization.py").exists()
    assert (torch / "nn/functional.py.z").is_file()


def test_the_licences_of_what_it_holds_are_in_it(library: Path) -> None:
    licences = {path.parts[-3].split("-")[0] for path in library.rglob("*.dist-info/licenses/LICENSE*")}
    assert {"torch", "typing_extensions"} <= licences


def test_it_leaves_47_million_bytes_for_a_function(library: Path) -> None:
    assert size(library) < 215_000_000
