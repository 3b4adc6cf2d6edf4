"""What every engine's script does once its weights are loaded: write, write as much again, report the times."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path


def report(write: Callable[[], list[int]], begun: float, imported: float) -> None:
    """Print a line when the first words are written, then the seconds of each part, the most memory held
    in MB, and the second words, as JSON.

    Args:
        write: writes a text and returns its word ids.
        begun: `time.perf_counter` before the imports.
        imported: `time.perf_counter` after them. The weights have been loaded since.
    """
    loaded = time.perf_counter()
    print(len(write()), flush=True)
    written = time.perf_counter()
    ids = write()
    again = time.perf_counter()
    times = {"import": imported - begun, "load": loaded - imported, "first": written - loaded, "next": again - written}
    status = Path("/proc/self/status").read_text(encoding="ascii")
    peak_mb = int(status.partition("VmHWM:")[2].split()[0]) / 1000
    print(json.dumps({**times, "peak": peak_mb, "ids": ids}))
