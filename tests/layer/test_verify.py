"""`layer verify`: the real layer works and agrees with the installed torch, and one that doesn't is found out."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from layer.__main__ import main
from layer.errors import LayerError
from layer.operators import operators
from layer.smoke import CHECKS
from layer.target import Arch
from layer.verify import compare, smoke
from tests.conftest import python_313

from .conftest import HERE


@pytest.fixture(scope="module")
def layer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The real layer, to be run by the runtime's Python."""
    if python_313() is None or HERE is not Arch.X86_64:
        pytest.skip("running the layer takes python3.13 on x86_64, on PATH or in pyenv")
    out = tmp_path_factory.mktemp("layer")
    assert main(["build", "--out", str(out)]) == 0
    yield out
    shutil.rmtree(out)


def test_the_installed_torch_passes_the_smoke_suite_too() -> None:
    import layer.smoke

    done = subprocess.run([sys.executable, layer.smoke.__file__], capture_output=True, text=True, check=True)
    assert done.stdout == "".join(f"{check.__name__} ok\n" for check in CHECKS)


def test_the_layer_passes_the_smoke_suite(layer: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(layer.parent)
    assert smoke(Path(layer.name)) == "".join(f"{check.__name__} ok\n" for check in CHECKS)


@pytest.mark.parametrize("threads", [1, 2])
def test_operators_give_the_installed_torch_s_bits_or_its_errors(layer: Path, threads: int) -> None:
    verdict = compare(layer, threads, step=7)
    assert verdict.differences == ()
    assert verdict.operators > 150
    assert verdict.results > 1500
    assert re.match(r"[\d,]+ calls, of which [\d,]+ of \d+ operators give a result; 0 come to", str(verdict))


@pytest.fixture
def copy(layer: Path, tmp_path: Path) -> Path:
    """A copy of the layer, its Python files to be changed."""
    shutil.copytree(layer, tmp_path / "copy", symlinks=True)
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
    differences = compare(copy, threads=1, step=step).differences
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
        compare(copy, threads=1, step=1000)


def test_what_can_t_be_run_here_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    torch = tmp_path / "python" / "torch"
    torch.mkdir(parents=True)
    foreign = "x86_64" if HERE is Arch.ARM64 else "aarch64"
    machine = "aarch64" if HERE is Arch.ARM64 else "x86_64"
    for name, told in (
        (None, "holds no layer: there is no python/torch with an extension module in it"),
        (f"_C.cpython-313-{foreign}-linux-gnu.so", "and this machine is"),
        (f"_C.cpython-399-{machine}-linux-gnu.so", "takes python3.99, which is not here"),
    ):
        for old in torch.iterdir():
            old.unlink()
        if name:
            (torch / name).touch()
        assert main(["verify", str(tmp_path)]) == 1
        assert told in capsys.readouterr().err
