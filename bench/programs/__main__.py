"""Runs programs of others with stock torch and on the layer's library part, and compares what they return.

    python -m bench.programs [LAYER] [--python PYTHON] [--table FILE] [NAME ...]

PYTHON has the packages of requirements.txt and stock torch: `make test-programs` makes it. LAYER is a folder that
`layer build --here --python-part library` wrote for the same Python. Each program runs in two new processes, from the
same seed. It passes if all tensors that it returns have the same bits. The exit status is 1 if fewer than 95 % of those
that run on stock torch pass, or one fails without a sentence that names what is missing. FILE is a Markdown file: the
table goes between the comments `<!-- programs -->` and `<!-- end -->`.
"""

from __future__ import annotations

import argparse
import ast
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch

_FOLDER = Path(__file__).parent
_MODULES = ("language", "vision", "sound", "tables", "tools", "formats")
_BEGIN, _END = "<!-- programs -->", "<!-- end -->"
_CLEAR = ("is not in this layer's torch", "from torch.compile can't run")
_BAR = 0.95


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


def write(file: Path, begin: str, text: str) -> None:
    """Put a text into a Markdown file, between the comment `begin` and the next `<!-- end -->`."""
    before, rest = file.read_text(encoding="utf-8").split(begin)
    after = rest.split(_END, 1)[1]
    file.write_text(f"{before}{begin}\n\n{text}\n{_END}{after}", encoding="utf-8")


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


def table(rows: list[Row]) -> str:
    """The rows as Markdown, with a sentence before."""
    ran = [row for row in rows if not row.stock]
    passed = sum(row.layer == "equal" for row in ran)
    text = (
        f"Of {len(rows)} programs {len(ran)} run on stock torch here, and {passed} of these give the same bits on the "
    )
    text += f"layer ({passed / max(len(ran), 1):.1%}).\n\n| program | on the layer |\n| --- | --- |\n"
    for row in rows:
        text += (
            f"| {row.name.replace('_', ' ')} | {f'not run on stock torch: {row.stock}' if row.stock else row.layer} |\n"
        )
    return text


def main() -> int:
    """Run all programs, or those named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("layer", type=Path)
    parser.add_argument("--python", type=Path, default=Path(".venv/programs/bin/python"))
    parser.add_argument("--table", type=Path)
    parser.add_argument("names", nargs="*")
    options = parser.parse_intermixed_args()
    chosen = [program for program in programs() if not options.names or program[1] in options.names]
    rows = []
    with ThreadPoolExecutor(2) as pool:
        for row in pool.map(partial(compare, options.python.absolute(), options.layer.absolute()), chosen):
            print(f"{row.name:<40} {f'(stock: {row.stock}) ' if row.stock else ''}{row.layer}", flush=True)
            rows.append(row)
    text = table(rows)
    print(text.split("\n")[0])
    if options.table:
        write(options.table, _BEGIN, text)
    ran = [row for row in rows if not row.stock]
    passes = sum(row.layer == "equal" for row in ran) >= _BAR * len(ran)
    return int(not passes or any(row.is_obscure for row in rows))


if __name__ == "__main__":
    sys.exit(main())
