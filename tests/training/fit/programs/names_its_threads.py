"""`python -m training` that prints its threads' names when training is over, and again when Python ends."""

from __future__ import annotations

import atexit
import runpy
from pathlib import Path

import torch.distributed as dist

_destroy = dist.destroy_process_group


def _print_threads(when: str) -> None:
    names = [file.read_text(encoding="utf-8").strip() for file in Path("/proc/self/task").glob("*/comm")]
    print(f"threads {when}: {' '.join(names)}", flush=True)


def _print_and_destroy() -> None:
    _print_threads("in training")
    _destroy()


atexit.register(_print_threads, "at the end")
dist.destroy_process_group = _print_and_destroy  # type: ignore[assignment]
runpy.run_module("training", run_name="__main__")
