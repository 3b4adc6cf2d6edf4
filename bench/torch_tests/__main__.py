"""Runs PyTorch's own tests with stock torch and on the layer's library part, and compares what each test comes to.

    python -m bench.torch_tests LAYER [--python PYTHON] [--tests FOLDER] [--table FILE] [--seconds N] [FILE ...]

PYTHON has stock torch, pytest and what the tests import: `make test-torch` makes it. LAYER is a folder that `layer
build --here --python-part library` wrote for the same Python. FOLDER is a checkout of PyTorch; where none is given, git
clones that of PYTHON's version. Each file is run in new processes: with stock torch, for N seconds (20), and what
passed there on the layer. What differs is run again, alone. The exit status is 1 if a test passes with stock torch
alone. FILE is one of `chosen.py`, such as nn/test_pooling.py. The table goes between `<!-- torch's tests -->` and
`<!-- end -->` of a Markdown file.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from bench.markdown import write
from bench.torch_tests.chosen import chosen
from bench.torch_tests.running import Row, Setting, compare

_BEGIN = "<!-- torch's tests -->"
_SOURCES = "https://github.com/pytorch/pytorch"


def table(rows: list[Row]) -> str:
    """The rows as Markdown, with a sentence before and the differences behind."""
    passed = sum(row.stock.get("passed", 0) for row in rows)
    text = f"Of {passed:,} tests that pass with stock torch {sum(row.layer for row in rows):,} pass on the layer.\n\n"
    text += "| file | tests | stock passes | the layer passes | stock fails | skipped |\n"
    text += "| --- | ---: | ---: | ---: | ---: | ---: |\n"
    for row in rows:
        if row.error:
            text += f"| {row.path} | not run with stock torch: {_cell(row.error)} | | | | |\n"
        else:
            numbers = (row.stock["passed"], row.layer, row.stock["failed"], row.stock["skipped"])
            cells = " | ".join(f"{number:,}" for number in (sum(row.stock.values()), *numbers))
            text += f"| {row.path} | {cells} |\n"
    if any(row.differences for row in rows):
        text += "\n| passes with stock torch alone | on the layer |\n| --- | --- |\n"
        for row in rows:
            for test, why in row.differences.items():
                text += f"| {test.replace('::', ' ')} | {_cell(why)} |\n"
    return text


def _cell(text: str) -> str:
    without_folder = re.sub(r"/\S*/(?=site-packages/)", "", text.removeprefix("E "))
    return " ".join(without_folder.split())[:200].replace("|", "\\|").replace("<", "&lt;")


@contextmanager
def checkout(given: Path | None, version: str) -> Iterator[Path]:
    """A folder with PyTorch's sources: the one given, or a new clone of the version, which is deleted afterwards.

    Raises SystemExit, with a sentence, if there is no `test/` in it or it can't be cloned.
    """
    with tempfile.TemporaryDirectory() as folder:
        if not given:
            print(f"Cloning PyTorch {version}", flush=True)
            command = ["git", "clone", "--quiet", "--depth", "1", "--branch", f"v{version}", _SOURCES, folder]
            if subprocess.run(command, check=False).returncode:
                raise SystemExit(f"PyTorch {version} can't be cloned: give a folder that has it with --tests")
        if not ((given or Path(folder)) / "test").is_dir():
            raise SystemExit(f"{given or folder} has no folder test: it is no checkout of PyTorch")
        yield (given or Path(folder)).absolute()


def main() -> int:
    """Run all chosen files, or those named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("layer", type=Path)
    parser.add_argument("--python", type=Path, default=Path(".venv/programs/bin/python"))
    parser.add_argument("--tests", type=Path)
    parser.add_argument("--table", type=Path)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("names", nargs="*")
    options = parser.parse_intermixed_args()
    if unknown := set(options.names) - set(chosen()):
        parser.error(f"not in bench/torch_tests/chosen.py: {', '.join(sorted(unknown))}")
    python = options.python.absolute()
    ask = "import torch; print(torch.__path__[0], torch.__version__.split('+')[0])"
    found = subprocess.run([python, "-c", ask], capture_output=True, text=True, check=False).stdout.split()
    if len(found) != 2:
        raise SystemExit(f"{python} has no torch")
    with checkout(options.tests, found[1]) as sources, ThreadPoolExecutor(2) as pool:
        setting = Setting(sources / "test", options.layer.absolute(), python, Path(found[0]), options.seconds)
        rows = []
        paths = [path for path in chosen() if not options.names or path in options.names]
        for row in pool.map(partial(compare, setting), paths):
            told = row.error or f"{row.stock}, on the layer {row.layer}, unsteady {row.unsteady}"
            print(f"{row.path:<40} {told}", *(f"    {t}: {why}" for t, why in row.differences.items()), sep="\n")
            sys.stdout.flush()
            rows.append(row)
    text = table(rows)
    print(text.split("\n")[0])
    if options.table:
        write(options.table, _BEGIN, text)
    return int(any(row.differences for row in rows))


if __name__ == "__main__":
    sys.exit(main())
