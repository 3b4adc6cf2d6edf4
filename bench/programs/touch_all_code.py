"""Imports the layer's torch, touches every page of machine code that was taken out, and prints the state on the way.

It prints three states as JSON: after the import, before the touches and after them. A state is the number of blocks
brought in so far, the nanoseconds spent on them, the wall's clock in nanoseconds, and this process's own memory in kB.
"""

from __future__ import annotations

import ctypes
import json
import time
from collections.abc import Iterator
from pathlib import Path

import torch  # noqa: F401  # imports torch_pager first
import torch_pager  # type: ignore[import-not-found]

pager = ctypes.CDLL(None, handle=torch_pager._pager)
pager.pager_blocks.restype = pager.pager_nanoseconds.restype = ctypes.c_uint64


def state() -> tuple[int, int, int, int]:
    """The state now."""
    lines = [line.split() for line in Path("/proc/self/smaps_rollup").read_text().splitlines() if line.endswith("kB")]
    kilobytes = {line[0]: int(line[1]) for line in lines}
    private = kilobytes["Private_Clean:"] + kilobytes["Private_Dirty:"]
    return pager.pager_blocks(), pager.pager_nanoseconds(), time.perf_counter_ns(), private


def pages_of_code() -> Iterator[int]:
    """The addresses of all pages of the code that was taken out; a blocks file's header says where its code is."""
    first_addresses: dict[str, int] = {}
    for line in Path("/proc/self/maps").read_text().splitlines():
        first_addresses.setdefault(line.split()[-1], int(line.split("-")[0], 16))
    for path, base in first_addresses.items():
        blocks = Path(f"{path}.blocks")
        if path.endswith(".so") and blocks.exists():
            with blocks.open("rb") as file:
                _magic, begin, size = (int.from_bytes(file.read(8), "little") for _ in range(3))
            yield from range(base + begin, base + begin + size, 4096)


imported = state()
pages = list(pages_of_code())
before = state()
for page in pages:
    ctypes.string_at(page, 1)
print(json.dumps([imported, before, state()]))
