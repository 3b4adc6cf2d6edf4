"""What `sam build` makes: the function, what it requires, the layer; and that it works under the emulator."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from coldopen.bundle.manifest import CONTENT, MANIFEST, OPTIONAL
from layer.sizes import LIMIT
from local.expected_replies import sample_events
from local.runtime import FUNCTION, SHIPPED_BUNDLE, emulated, emulator
from tests.conftest import python_313
from tests.replies import assert_expected
from tests.template.stack import sam

pytestmark = pytest.mark.slow  # aws-sam-cli is installed for `make test` alone


@pytest.fixture(scope="module", params=["x86_64", "arm64"])
def architecture(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def built(architecture: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `sam build` makes for an architecture, python3.13."""
    folder = tmp_path_factory.mktemp(f"build-{architecture}")
    done = sam("build", "--build-dir", folder, "--parameter-overrides", f"Architecture={architecture}")
    assert done.returncode == 0, done.stderr
    return folder


def test_the_function_s_package_holds_the_function_as_it_stands_here(built: Path) -> None:
    package = built / "WriterFunction"
    ours = files_below(FUNCTION) - {Path("Makefile"), Path("requirements.txt")}
    assert {file for file in files_below(package) if file.parts[0] in {"app.py", "coldopen"}} == ours
    for file in ours:
        assert (package / file).read_bytes() == (FUNCTION / file).read_bytes(), file
    assert files_below(package / "model") == {Path(name) for name in (*CONTENT, *OPTIONAL, MANIFEST)}
    for name in (*CONTENT, *OPTIONAL, MANIFEST):
        assert (package / "model" / name).read_bytes() == (SHIPPED_BUNDLE / name).read_bytes(), name


def test_the_function_s_package_holds_what_it_requires_and_nothing_else(built: Path) -> None:
    names = {path.name for path in (built / "WriterFunction").iterdir()}
    installed = {name.removesuffix(".dist-info") for name in names if name.endswith(".dist-info")}
    required = re.findall(r"^(\S+)==(\S+) \\$", (FUNCTION / "requirements.txt").read_text(), re.MULTILINE)
    assert installed == {f"{name.replace('-', '_')}-{version}" for name, version in required}
    others = {name for name in names if not name.endswith(".dist-info")} - {"app.py", "coldopen", "model"}
    modules = {"aws_lambda_powertools", "jmespath", "safetensors", "typing_extensions.py"}
    assert others - {"__pycache__"} == modules


def test_the_function_s_package_is_compiled_for_its_python_where_that_is_at_hand(built: Path) -> None:
    compiled = list((built / "WriterFunction").rglob("*.pyc"))
    assert bool(compiled) == (python_313() is not None)
    assert not [path for path in compiled if not path.name.endswith(".cpython-313.pyc")]


def files_below(folder: Path) -> set[Path]:
    """The files of a folder, relative to it, but for compiled ones."""
    return {path.relative_to(folder) for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc"}


def test_machine_code_is_for_the_architecture_that_was_asked_for(built: Path, architecture: str) -> None:
    machine = {"x86_64": 62, "arm64": 183}[architecture]  # e_machine in the ELF header (elf.h)
    libraries = [file for file in built.rglob("*.so*") if file.suffix != ".blocks"]
    assert {"libtorch_cpu.so", "_safetensors_rust.abi3.so"} <= {library.name for library in libraries}
    for library in libraries:
        with library.open("rb") as file:
            assert int.from_bytes(file.read(20)[18:], "little") == machine, library


def test_function_model_and_layer_together_leave_room_in_lambda(built: Path, architecture: str) -> None:
    layer, function = (
        sum(path.stat().st_size for path in (built / part).rglob("*") if path.is_file())
        for part in ("TorchLayer", "WriterFunction")
    )
    assert layer < {"x86_64": 195_000_000, "arm64": 165_000_000}[architecture]
    assert layer + function < LIMIT - 28_000_000


def install_runtime_client(folder: Path) -> None:
    """Install awslambdaric for Python 3.13 on x86_64, which Lambda's runtime brings there."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--only-binary=:all:"]
    command += ["--python-version", "3.13", "--platform", "manylinux2014_x86_64", "--target", str(folder)]
    command += [f"{name}=={version(name)}" for name in ("awslambdaric", "simplejson", "snapshot-restore-py")]
    subprocess.run(command, check=True, timeout=120)


def test_the_built_function_answers_from_its_package_and_its_layer_alone(
    built: Path, architecture: str, tmp_path: Path
) -> None:
    python = python_313()
    if python is None or emulator() is None or architecture != "x86_64" or os.uname().machine != "x86_64":
        pytest.skip("needs Python 3.13 and the emulator on the architecture that was built for")
    package = built / "WriterFunction"
    install_runtime_client(tmp_path / "client")
    path = f"{package}:{built / 'TorchLayer' / 'python'}:{tmp_path / 'client'}"
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONPATH": path}
    with (
        (tmp_path / "log").open("wb") as log,
        emulated([str(python), "-S", "-W", "error"], package, environment, log) as function,
    ):
        for event in sample_events():
            reply = function.invoke(json.loads(event.read_bytes()))
            assert "errorMessage" not in reply, (tmp_path / "log").read_text()
            assert_expected(reply, event)
