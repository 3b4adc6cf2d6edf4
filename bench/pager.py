"""What a touch of paged machine code costs, in time and in memory: an import's touches, then all that are left.

    python -m bench.pager [RUNS]

Runs the layer built for this machine's Python, alone on the path. Each run imports torch, then touches every page of
paged code, in order: more than any function does. A block's time is the pager's own count, and, by the wall, with the
signal and the return. Memory is what only this process holds; its part of the page cache counts.
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

_TOUCH_ALL = """
import ctypes, json, time
import torch, torch_pager

pager = torch_pager._pager
pager.pager_blocks.restype = pager.pager_nanoseconds.restype = ctypes.c_uint64

def state():
    with open("/proc/self/smaps_rollup") as file:
        kilobytes = {line.split()[0]: int(line.split()[1]) for line in file if line.endswith("kB\\n")}
    private = kilobytes["Private_Clean:"] + kilobytes["Private_Dirty:"]
    return pager.pager_blocks(), pager.pager_nanoseconds(), time.perf_counter_ns(), private

def paged_code():
    bases = {}
    with open("/proc/self/maps") as file:
        for line in file:
            bases.setdefault(line.split()[-1], int(line.split("-")[0], 16))
    for path, base in bases.items():
        if path.endswith(".so"):
            try:
                with open(path + ".blocks", "rb") as file:
                    _, begin, size = (int.from_bytes(file.read(8), "little") for _ in range(3))
            except OSError:
                continue
            yield from range(base + begin, base + begin + size, 4096)

imported = state()
pages = list(paged_code())
before = state()
for page in pages:
    ctypes.string_at(page, 1)
print(json.dumps([imported, before, state()]))
"""

State = tuple[int, int, int, int]
"""Blocks brought in so far, nanoseconds spent on them, the wall's clock in nanoseconds, private memory in kB."""


def touch_all(layer: Path) -> tuple[State, State, State]:
    """Touch all of a layer's paged code in a new process: states after the import, before the touches, after them."""
    command = [sys.executable, "-S", "-B", "-W", "ignore", "-c", _TOUCH_ALL]
    done = subprocess.run(command, env={"PYTHONPATH": str(layer)}, capture_output=True, text=True, check=True)
    imported, before, after = (tuple(state) for state in json.loads(done.stdout))
    return imported, before, after


def main() -> None:
    """Measure and print."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    with tempfile.TemporaryDirectory() as folder:
        layer = layer_here(Path(folder))
        results = [touch_all(layer) for _ in range(runs)]
    imports = [imported for imported, _, _ in results]
    touches = [[end - begin for begin, end in zip(before, after, strict=True)] for _, before, after in results]
    print(f"median of {runs} runs, and from least to most")
    _tell("import: blocks", (blocks for blocks, *_ in imports))
    _tell("import: ms in the pager", (spent / 1e6 for _, spent, *_ in imports))
    _tell("import: MB of memory", (memory / 1e3 for *_, memory in imports))
    _tell("all the rest: blocks", (blocks for blocks, *_ in touches))
    _tell("all the rest: microseconds a block, in the pager", (spent / blocks / 1e3 for blocks, spent, *_ in touches))
    _tell("all the rest: microseconds a block, by the wall", (wall / blocks / 1e3 for blocks, _, wall, _ in touches))
    _tell("all the rest: MB of memory more", (memory / 1e3 for *_, memory in touches))


def _tell(what: str, values: Iterable[float]) -> None:
    values = sorted(values)
    print(f"{what:<50}{statistics.median(values):10,.1f} ({values[0]:,.1f} to {values[-1]:,.1f})")


if __name__ == "__main__":
    main()
