"""The inference-only torch: what works, what is refused and how, and rules that fail loudly."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from layer import slim
from layer.__main__ import main
from layer.errors import LayerError
from layer.target import Arch
from tests.conftest import python_313

from .conftest import HERE

REFUSED = ["compile", "optim", "fx", "onnx", "export", "utils.data", "hub", "jit.trace(None)", "autograd.grad(None)"]


@pytest.fixture(scope="module")
def slim_torch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if python_313() is None or HERE is not Arch.X86_64:
        pytest.skip("running the layer takes python3.13 on x86_64, on PATH or in pyenv")
    out = tmp_path_factory.mktemp("layer")
    assert main(["build", "--out", str(out)]) == 0
    return out / "python"


def run(layer: Path, script: str, **variables: str) -> subprocess.CompletedProcess[str]:
    start = f"import sys; sys.path.insert(0, {str(layer)!r}); import torch\n"
    command = [str(python_313()), "-S", "-E", "-B", "-c", start + script]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | variables)


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_left_out_says_so(slim_torch: Path, name: str) -> None:
    error = run(slim_torch, f"torch.{name}").stderr.splitlines()[-1]
    assert error.startswith(("AttributeError", "ImportError"))
    assert name.split("(")[0] in error
    assert "inference-only build of torch" in error


@pytest.mark.parametrize("name", ["torch.optim", "torch.fx", "torch.utils.data", "torch.onnx"])
def test_importing_what_is_left_out_says_so(slim_torch: Path, name: str) -> None:
    error = run(slim_torch, f"import {name}").stderr.splitlines()[-1]
    assert error == f"ModuleNotFoundError: {name} is not available: this is an inference-only build of torch"


def test_it_imports_few_modules_and_warns_of_nothing(slim_torch: Path) -> None:
    result = run(slim_torch, "torch.ones(1); print(len(sys.modules))")
    assert int(result.stdout) <= 160  # stock: about 1,100
    assert result.stderr == ""


def test_garbage_is_collected_after_the_import_as_before(slim_torch: Path) -> None:
    assert run(slim_torch, "import gc; print(gc.isenabled())").stdout == "True\n"
    start = (
        f"import gc, sys; gc.disable(); sys.path.insert(0, {str(slim_torch)!r}); import torch; print(gc.isenabled())"
    )
    command = [str(python_313()), "-S", "-E", "-B", "-c", start]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "False\n"


# Private ways to what has no operators: what reaches it, and what is said there.
UNREACHABLE = [
    (
        "torch._C._functorch._vmap_increment_nesting(3, 'error'); torch.ones(3)",
        "Could not run 'aten::ones' with arguments from the 'FuncTorchVmapMode' backend",
    ),
    (
        "torch._C._create_graph_by_tracing(lambda x: x + 1, (torch.ones(3),), lambda v: 'x', True, False, None, [])",
        "Could not run 'aten::add.Tensor' with arguments from the 'Tracer' backend",
    ),
    ("torch._to_functional_tensor(torch.ones(3)).view(3, 1)", "whose output has alias annotations: aten::view"),
]


@pytest.mark.parametrize(("script", "error"), UNREACHABLE)
def test_a_dispatch_key_without_operators_says_so(slim_torch: Path, script: str, error: str) -> None:
    assert error in run(slim_torch, script).stderr


@pytest.mark.skipif(sys.platform != "linux", reason="asks glibc's loader")
def test_most_functions_wait_for_their_first_call(slim_torch: Path) -> None:
    def looked_up(**variables: str) -> int:
        told = run(slim_torch, "", LD_DEBUG="statistics", **variables).stderr
        return int(re.findall(r"final number of relocations: (\d+)", told)[-1])

    assert looked_up() < 0.6 * looked_up(LD_BIND_NOW="1")


def test_libraries_loaded_later_are_bound_as_they_would_be_without_torch(slim_torch: Path) -> None:
    assert run(slim_torch, "import os; print(sys.getdlopenflags() == os.RTLD_NOW)").stdout == "True\n"


EVERY_MODULE = """
import importlib, pathlib
folder = pathlib.Path(torch.__file__).parent
for path in sorted(folder.rglob("*.py")):
    name = ".".join(path.relative_to(folder.parent).with_suffix("").parts).removesuffix(".__init__")
    try:
        importlib.import_module(name)
    except Exception as error:
        print(name, repr(error))
print("torch.nn.modules.rnn" in sys.modules)
"""


def test_every_module_that_is_left_can_be_imported(slim_torch: Path) -> None:
    assert run(slim_torch, EVERY_MODULE).stdout == "True\n"


def test_a_rule_that_does_not_match_is_named(tmp_path: Path) -> None:
    (tmp_path / "torch").mkdir()
    shutil.copy(Path(torch.__file__), tmp_path / "torch/__init__.py")
    path = tmp_path / "torch/__init__.py"
    path.write_text(path.read_text().replace("class SymInt:", "class SymInteger:"))
    with pytest.raises(LayerError, match=r"torch/__init__.py does not hold 'class SymInt:' after .*: it is not 2.13's"):
        slim.make_inference_only(tmp_path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(LayerError, match=r"torch/__init__.py is not in the wheel"):
        slim.make_inference_only(tmp_path)
