"""`layer verify`: the real layer works and agrees with the installed torch, and one that doesn't is found out."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from layer.__main__ import main
from layer.check import smoke as smoke_program
from layer.check.operators import operators
from layer.check.smoke import CHECKS
from layer.check.verify import compare, smoke
from layer.errors import LayerError
from layer.target import Arch
from tests.layer.conftest import HERE


def test_the_installed_torch_passes_the_smoke_suite_too() -> None:
    done = subprocess.run([sys.executable, smoke_program.__file__], capture_output=True, text=True, check=True)
    assert done.stdout == "".join(f"{check.__name__} ok\n" for check in CHECKS)


def test_the_layer_passes_the_smoke_suite(built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(built.parent)
    assert smoke(Path(built.name)) == "".join(f"{check.__name__} ok\n" for check in CHECKS)


@pytest.mark.parametrize("num_threads", [1, 2])
def test_operators_give_the_installed_torch_s_bits_or_its_errors(built: Path, num_threads: int) -> None:
    comparison = compare(built, num_threads, step=7)
    assert comparison.differences == ()
    assert comparison.num_operators > 150
    assert comparison.num_results > 1500
    assert re.match(r"[\d,]+ calls, of which [\d,]+ of \d+ operators give a result; 0 come to", str(comparison))


@pytest.fixture
def copy(built: Path, tmp_path: Path) -> Path:
    """A copy of the layer, its Python files to be changed."""
    shutil.copytree(built, tmp_path / "copy", symlinks=True)
    for cache in (tmp_path / "copy").rglob("__pycache__"):
        shutil.rmtree(cache)
    return tmp_path / "copy"


def change(copy: Path, name: str, edit: Callable[[str], str]) -> None:
    path = copy / "python" / "torch" / name
    path.chmod(0o644)
    path.write_text(edit(path.read_text()))


def test_a_layer_that_computes_something_else_is_found_out(copy: Path) -> None:
    step = 50
    chosen = operators()[::step][5].name
    wrong = "\n_sets = _C._get_operation_overload\n_C._get_operation_overload = lambda name, overload: (\n"
    wrong += f"    (lambda **_: 3,) if name == {chosen!r} else _sets(name, overload)\n)\n"
    change(copy, "__init__.py", lambda source: source + wrong)
    differences = compare(copy, num_threads=1, step=step).differences
    assert {line.removeprefix("missing: ").split(".")[0] for line in differences} == {chosen.removeprefix("aten::")}


def test_a_layer_that_does_not_work_is_refused_with_what_it_said(copy: Path) -> None:
    change(copy, "nn/modules/rnn.py", lambda source: source.replace("class GRU(", "class Gone("))
    with pytest.raises(LayerError, match=r"does not work: networks failed[\s\S]*GRU[\s\S]*files ok"):
        smoke(copy)


def test_a_layer_of_another_version_is_not_compared(copy: Path) -> None:
    change(copy, "version.py", lambda source: re.sub(r"2\.13\.0", "2.12.0", source))
    with pytest.raises(
        LayerError, match=r"the layer has torch 2\.12\.0, and to compare it with there is torch 2\.13\.0"
    ):
        compare(copy, num_threads=1, step=1000)


def test_what_can_t_be_run_here_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    torch = tmp_path / "python" / "torch"
    torch.mkdir(parents=True)
    foreign = "x86_64" if HERE is Arch.ARM64 else "aarch64"
    machine = "aarch64" if HERE is Arch.ARM64 else "x86_64"
    for name, message in (
        (None, "holds no layer: there is no python/torch with an extension module in it"),
        (f"_C.cpython-313-{foreign}-linux-gnu.so", "and this machine is"),
        (f"_C.cpython-399-{machine}-linux-gnu.so", "takes python3.99, which is not here"),
    ):
        for old in torch.iterdir():
            old.unlink()
        if name:
            (torch / name).touch()
        assert main(["verify", str(tmp_path)]) == 1
        assert message in capsys.readouterr().err
