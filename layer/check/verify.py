"""Runs a layer's torch, with nothing else on the path, and compares it with the installed torch."""

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
# Runs a script, given with its arguments after the folder that goes on the path.
_RUN_SCRIPT = """
import runpy, sys
sys.path.insert(0, sys.argv.pop(1))
del sys.argv[0]
runpy.run_path(sys.argv[0], run_name="__main__")
"""
_DIGEST = re.compile(r" [0-9a-f]{16}$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Comparison:
    """How the layer's operators compare with the installed torch's.

    Attributes:
        num_calls: number of calls that were compared.
        num_results: number of calls that gave a result. The installed torch refuses the others.
        num_operators: number of operators that gave a result.
        differences: the lines of calls that gave another result, or another error, in the layer.
    """

    num_calls: int
    num_results: int
    num_operators: int
    differences: tuple[str, ...]

    def __str__(self) -> str:
        return (
            f"{self.num_calls:,} calls, of which {self.num_results:,} of {self.num_operators:,} operators "
            "give a result; "
            f"{len(self.differences)} come to something else than in the installed torch"
        )


def smoke(layer: Path) -> str:
    """Run smoke.py in the layer's torch; return a line for each check.

    Raises LayerError, with the output, if a check fails or the layer can't be run here.
    """
    # In use, the loader looks up a function when it is first called. Here it looks up all functions at once, so that
    # one which no library has is found out.
    done = _run([*_command_for(layer), str(_HERE / "smoke.py")], LD_BIND_NOW="1")
    if done.returncode:
        raise LayerError(f"the layer in {layer} does not work: {done.stdout}{done.stderr}".rstrip())
    return done.stdout


def compare(layer: Path, num_threads: int, step: int = 1) -> Comparison:
    """Run operators.py, with every `step`-th operator, in the layer's torch and in the installed one.

    Raises LayerError if one of them can't be run, or the installed torch is of another version.
    """
    program = [str(_HERE / "operators.py"), str(num_threads), str(step)]
    commands = [*_command_for(layer), *program], [sys.executable, "-E", "-W", "ignore", *program]
    with ThreadPoolExecutor() as pool:
        ours, stock = pool.map(_run, commands)
    for name, run in (("the layer", ours), ("the installed torch", stock)):
        if run.returncode:
            raise LayerError(f"{name} did not get through the operators: {run.stderr.strip()[-500:]}")
    expected, actual = stock.stdout.splitlines(), ours.stdout.splitlines()
    if expected[0] != actual[0]:
        raise LayerError(f"the layer has {actual[0]}, and to compare it with there is {expected[0]}")
    results = [line for line in expected if _DIGEST.search(line)]
    missing = sorted(f"missing: {line}" for line in set(expected) - set(actual))
    differences = sorted(set(actual) - set(expected)) + missing
    return Comparison(len(expected) - 1, len(results), len({line.split()[0] for line in results}), tuple(differences))


def _command_for(layer: Path) -> list[str]:
    """The command that runs a script in the Python that the layer is for, with nothing but the layer on its path."""
    extension = next((layer / "python" / "torch").glob("_C.cpython-3*.so"), None)
    if extension is None:
        raise LayerError(f"{layer} holds no layer: there is no python/torch with an extension module in it")
    number, machine = re.findall(r"cpython-3(\d+)-(\w+)-linux", extension.name)[0]
    arch, this_machine = Arch.ARM64 if machine == "aarch64" else Arch.X86_64, Arch.here()
    if arch is not this_machine:
        named = this_machine.machine if this_machine else platform.machine()
        raise LayerError(
            f"the layer in {layer} is for {arch}, and this machine is {named}: verify it on one of its own"
        )
    python = find_python(f"3.{number}")
    if python is None:
        raise LayerError(f"running the layer in {layer} takes python3.{number}, which is not here")
    return [str(python), "-S", "-E", "-B", "-W", "ignore", "-c", _RUN_SCRIPT, str(layer.resolve() / "python")]


def _run(command: list[str], **variables: str) -> subprocess.CompletedProcess[str]:
    with tempfile.TemporaryDirectory() as home:
        environment = {"HOME": home, "PATH": "/usr/bin:/bin", **variables}
        return subprocess.run(command, capture_output=True, text=True, check=False, env=environment, cwd=home)
