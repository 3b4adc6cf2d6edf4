"""Running a program of others with stock torch and on the layer, and what the two results come to."""

from __future__ import annotations

import ast
import os
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch

_FOLDER = Path(__file__).parent
_MODULES = ("language", "vision", "sound", "tables", "tools", "formats")
_CLEAR = ("is not in this layer's torch", "from torch.compile can't run")


@dataclass(frozen=True, slots=True)
class Row:
    """What a program came to.

    Attributes:
        name: the program's.
        stock: empty if it ran on stock torch, else its error's last line.
        layer: "equal", "close" (to one part in 10,000), "different", or its error's last line.
    """

    name: str
    stock: str
    layer: str

    @property
    def is_obscure(self) -> bool:
        """Whether it ran on stock torch, and on the layer it neither gave the same nor said clearly why not."""
        return not self.stock and self.layer != "equal" and not any(text in self.layer for text in _CLEAR)


def programs() -> Iterator[tuple[str, str]]:
    """The module and the name of each program: functions that return something, and take nothing."""
    for module in _MODULES:
        for node in ast.parse((_FOLDER / f"{module}.py").read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and not node.args.args and node.name not in ("network", "image"):
                yield module, node.name


def environment(home: str, layer: Path | None) -> dict[str, str]:
    """The variables of a program's process; its torch is stock torch's where there is no layer."""
    path = {"PYTHONPATH": str(layer / "python")} if layer else {}
    return {"HOME": home, "PATH": os.environ["PATH"], "HF_HUB_OFFLINE": "1", "NUMBA_CACHE_DIR": home, **path}


def run(python: Path, layer: Path | None, program: tuple[str, str], file: Path) -> str:
    """Run a program; return its error's last line, or nothing if it went well."""
    with tempfile.TemporaryDirectory() as home:
        command = [str(python), "-B", str(_FOLDER / "child.py"), *program, str(file)]
        variables = environment(home, layer)
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, check=False, env=variables, cwd=home, timeout=300
            )
        except subprocess.TimeoutExpired:
            return "it takes more than 300 s"
    if done.returncode == 0:
        return ""
    lines = [line for line in done.stderr.splitlines() if line.strip()] or [f"exit status {done.returncode}"]
    return lines[-1][:200]


def compare(python: Path, layer: Path, program: tuple[str, str]) -> Row:
    """Run a program both ways."""
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder, name) for name in ("stock.pt", "layer.pt")]
        stock = run(python, None, program, files[0])
        error = run(python, layer, program, files[1])
        if stock or error:
            return Row(program[1], stock, error or "ran")
        expected, actual = (torch.load(file, weights_only=True) for file in files)
    same = len(expected) == len(actual) and all(map(_is_equal, expected, actual))
    close = len(expected) == len(actual) and all(map(_is_close, expected, actual))
    return Row(program[1], "", "equal" if same else "close" if close else "different")


def _is_equal(a: torch.Tensor, b: torch.Tensor) -> bool:
    return a.dtype == b.dtype and a.shape == b.shape and torch.equal(a.nan_to_num(), b.nan_to_num())


def _is_close(a: torch.Tensor, b: torch.Tensor) -> bool:
    return a.shape == b.shape and torch.allclose(a.double(), b.double(), 1e-4, 1e-6, equal_nan=True)
