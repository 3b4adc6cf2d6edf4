"""The inference-only torch: what works, what is refused and how, and rules that fail loudly."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from layer.errors import LayerError
from layer.python.rewrite import import_first, make_inference_only
from tests.layer.conftest import PROGRAMS

REFUSED = ["compile", "optim", "fx", "onnx", "export", "utils.data", "hub", "jit.trace(None)", "autograd.grad(None)"]


Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(built: Path, layers_python: Path) -> Run:
    """Runs a script that has imported the layer's torch."""

    def run_(script: str, start: str = "import torch", **variables: str) -> subprocess.CompletedProcess[str]:
        path = f"import sys; sys.path.insert(0, {str(built / 'python')!r})\n"
        command = [str(layers_python), "-S", "-E", "-B", "-c", f"{path}{start}\n{script}"]
        return subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | variables)

    return run_


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_left_out_says_so(run: Run, name: str) -> None:
    error = run(f"torch.{name}").stderr.splitlines()[-1]
    assert error.startswith(("AttributeError", "ImportError"))
    assert name.split("(")[0] in error
    assert "inference-only build of torch" in error


@pytest.mark.parametrize("name", ["torch.optim", "torch.fx", "torch.utils.data", "torch.onnx"])
def test_importing_what_is_left_out_says_so(run: Run, name: str) -> None:
    error = run(f"import {name}").stderr.splitlines()[-1]
    assert error == f"ModuleNotFoundError: {name} is not available: this is an inference-only build of torch"


def test_it_imports_few_modules_and_warns_of_nothing(run: Run) -> None:
    result = run("torch.ones(1); print(len(sys.modules))")
    assert int(result.stdout) <= 160  # stock: about 1,100
    assert result.stderr == ""


def test_garbage_is_collected_after_the_import_as_before(run: Run) -> None:
    assert run("import gc; print(gc.isenabled())").stdout == "True\n"
    assert run("print(gc.isenabled())", start="import gc; gc.disable(); import torch").stdout == "False\n"


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
def test_a_dispatch_key_without_operators_says_so(run: Run, script: str, error: str) -> None:
    assert error in run(script).stderr


@pytest.mark.skipif(sys.platform != "linux", reason="asks glibc's loader")
def test_most_functions_wait_for_their_first_call(run: Run) -> None:
    def looked_up(**variables: str) -> int:
        statistics = run("", LD_DEBUG="statistics", **variables).stderr
        return int(re.findall(r"final number of relocations: (\d+)", statistics)[-1])

    assert looked_up() < 0.6 * looked_up(LD_BIND_NOW="1")


def test_libraries_loaded_later_are_bound_as_they_would_be_without_torch(run: Run) -> None:
    assert run("import os; print(sys.getdlopenflags() == os.RTLD_NOW)").stdout == "True\n"


def test_every_module_that_is_left_can_be_imported(built: Path, layers_python: Path) -> None:
    command = [str(layers_python), "-S", "-B", str(PROGRAMS / "import_every_module.py")]
    environment = {"PYTHONPATH": str(built / "python")}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.stdout == "True\n"


def test_a_rule_that_does_not_match_is_named(tmp_path: Path) -> None:
    (tmp_path / "torch").mkdir()
    shutil.copy(Path(torch.__file__), tmp_path / "torch/__init__.py")
    path = tmp_path / "torch/__init__.py"
    path.write_text(path.read_text().replace("class SymInt:", "class SymInteger:"))
    with pytest.raises(LayerError, match=r"torch/__init__.py does not hold 'class SymInt:' after .*: it is not 2.13's"):
        make_inference_only(tmp_path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(LayerError, match=r"torch/__init__.py is not in the wheel"):
        make_inference_only(tmp_path)


@pytest.mark.parametrize(
    ("source", "before"),
    [
        ('"""Doc,\nfrom here\nimport ant."""\n\nfrom __future__ import annotations\n\nimport os\n', "import os"),
        ("# torch\nx = 1\nimport os\n", "x = 1"),
        ("", ""),
    ],
)
def test_a_module_is_imported_before_anything_else(tmp_path: Path, source: str, before: str) -> None:
    init = tmp_path / "__init__.py"
    init.write_text(source)
    import_first(init, "torch_pager")
    lines = [line.split("  #")[0] for line in init.read_text().split("\n")]
    index = lines.index("import torch_pager")
    assert [*lines[index + 1 :], ""][0] == before
    compile(init.read_text(), "init", "exec")  # nothing may stand before a __future__ import


def test_what_is_no_python_is_refused(tmp_path: Path) -> None:
    (tmp_path / "__init__.py").write_text("import (\n")
    with pytest.raises(LayerError, match="not Python that can be read"):
        import_first(tmp_path / "__init__.py", "torch_pager")
