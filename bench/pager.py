"""What it costs to bring machine code in, in time and in memory: for an import of torch, then for all the rest.

    python -m bench.pager [RUNS]

Runs the layer built for this machine's Python, with nothing else on the path. Each run imports torch, then touches
every page of machine code that was taken out, in order: more than any function does. The time of a block is given
twice: as the pager measures it, and by the wall's clock, with the signal and the return from it. Memory is what this
process alone holds. The layer's files in the page cache count as well where no other process uses them.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from bench.init import layer_here

_PROGRAM = Path(__file__).parent / "programs" / "touch_all_code.py"

State = tuple[int, int, int, int]
"""Blocks brought in so far, nanoseconds spent on them, the wall's clock in nanoseconds, private memory in kB."""


def touch_all(layer: Path) -> tuple[State, State, State]:
    """Touch all of a layer's paged code in a new process: states after the import, before the touches, after them."""
    command = [sys.executable, "-S", "-B", "-W", "ignore", str(_PROGRAM)]
    done = subprocess.run(command, env={"PYTHONPATH": str(layer)}, capture_output=True, text=True, check=True)
    imported, before, after = (tuple(state) for state in json.loads(done.stdout))
    return imported, before, after


def main() -> None:
    """Measure and print."""
    num_runs = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    with tempfile.TemporaryDirectory() as folder:
        layer = layer_here(Path(folder))
        results = [touch_all(layer) for _ in range(num_runs)]
    imports = [imported for imported, _, _ in results]
    touches = [[end - begin for begin, end in zip(before, after, strict=True)] for _, before, after in results]
    print(f"median of {num_runs} runs, and from least to most")
    _print_row("import: blocks", (blocks for blocks, *_ in imports))
    _print_row("import: ms in the pager", (spent / 1e6 for _, spent, *_ in imports))
    _print_row("import: MB of memory", (memory / 1e3 for *_, memory in imports))
    _print_row("all the rest: blocks", (blocks for blocks, *_ in touches))
    _print_row(
        "all the rest: microseconds a block, in the pager", (spent / blocks / 1e3 for blocks, spent, *_ in touches)
    )
    _print_row(
        "all the rest: microseconds a block, by the wall", (wall / blocks / 1e3 for blocks, _, wall, _ in touches)
    )
    _print_row("all the rest: MB of memory more", (memory / 1e3 for *_, memory in touches))


def _print_row(name: str, values: Iterable[float]) -> None:
    values = sorted(values)
    print(f"{name:<50}{statistics.median(values):10,.1f} ({values[0]:,.1f} to {values[-1]:,.1f})")


if __name__ == "__main__":
    main()
