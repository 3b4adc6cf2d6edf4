"""Runs a layer with nothing but itself on the path, and compares it with the torch installed beside this program."""

import platform
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from layer.errors import LayerError
from layer.python.bytecode import find_python
from layer.target import Arch

_HERE = Path(__file__).parent
_START = """
import runpy, sys
sys.path.insert(0, sys.argv.pop(1))
del sys.argv[0]
runpy.run_path(sys.argv[0], run_name="__main__")
"""
_DIGEST = re.compile(r" [0-9a-f]{16}$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of a comparison.

    Attributes:
        calls: how many calls of operators were compared.
        results: how many of them gave a result; the others are refused, by both in the same words.
        operators: how many operators gave a result.
        differences: the lines of the calls that came to something else in the layer.
    """

    calls: int
    results: int
    operators: int
    differences: tuple[str, ...]

    def __str__(self) -> str:
        return (
            f"{self.calls:,} calls, of which {self.results:,} of {self.operators:,} operators give a result; "
            f"{len(self.differences)} come to something else than in the installed torch"
        )


def smoke(layer: Path) -> str:
    """Use the layer's torch as people do; returns a line for each check.

    Raises LayerError with what was said, if a check fails or the layer can't be run here.
    """
    # bound at once, unlike in use: a function that no library has must be found out here, not by its first caller
    done = _run([*_layers_python(layer), str(_HERE / "smoke.py")], LD_BIND_NOW="1")
    if done.returncode:
        raise LayerError(f"the layer in {layer} does not work: {done.stdout}{done.stderr}".rstrip())
    return done.stdout


def compare(layer: Path, threads: int, step: int = 1) -> Verdict:
    """Call every `step`-th operator in the layer's torch and in the installed one.

    Raises LayerError if one of them can't be run, or the installed torch is of another version.
    """
    program = [str(_HERE / "operators.py"), str(threads), str(step)]
    commands = [*_layers_python(layer), *program], [sys.executable, "-E", "-W", "ignore", *program]
    with ThreadPoolExecutor() as pool:
        done, stock = pool.map(_run, commands)
    for name, run in (("the layer", done), ("the installed torch", stock)):
        if run.returncode:
            raise LayerError(f"{name} did not get through the operators: {run.stderr.strip()[-500:]}")
    expected, found = stock.stdout.splitlines(), done.stdout.splitlines()
    if expected[0] != found[0]:
        raise LayerError(f"the layer has {found[0]}, and to compare it with there is {expected[0]}")
    results = [line for line in expected if _DIGEST.search(line)]
    differences = sorted(set(found) - set(expected)) + sorted(f"missing: {line}" for line in set(expected) - set(found))
    return Verdict(len(expected) - 1, len(results), len({line.split()[0] for line in results}), tuple(differences))


def _layers_python(layer: Path) -> list[str]:
    """The command that runs a script in the layer's Python with nothing but the layer on its path."""
    extension = next((layer / "python" / "torch").glob("_C.cpython-3*.so"), None)
    if extension is None:
        raise LayerError(f"{layer} holds no layer: there is no python/torch with an extension module in it")
    number, machine = re.findall(r"cpython-3(\d+)-(\w+)-linux", extension.name)[0]
    arch, here = Arch.ARM64 if machine == "aarch64" else Arch.X86_64, Arch.here()
    if arch is not here:
        named = here.machine if here else platform.machine()
        raise LayerError(
            f"the layer in {layer} is for {arch}, and this machine is {named}: verify it on one of its own"
        )
    python = find_python(f"3.{number}")
    if python is None:
        raise LayerError(f"running the layer in {layer} takes python3.{number}, which is not here")
    return [str(python), "-S", "-E", "-B", "-W", "ignore", "-c", _START, str(layer.resolve() / "python")]


def _run(command: list[str], **variables: str) -> subprocess.CompletedProcess[str]:
    with tempfile.TemporaryDirectory() as home:
        environment = {"HOME": home, "PATH": "/usr/bin:/bin", **variables}
        return subprocess.run(command, capture_output=True, text=True, check=False, env=environment, cwd=home)
