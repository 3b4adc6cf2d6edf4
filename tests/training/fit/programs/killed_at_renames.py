"""Trains in one folder after another, killed before the first rename there, the second, ..., and then to the end.

Whatever moment a training is killed at, it is between two renames: these are all the states that it can leave behind.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import torch._dynamo  # noqa: F401 - an optimiser imports it, which takes longer than a training; so it is imported once

from coldopen.bundle import write
from training.command_line import main
from training.fit import results


def counted(rename: Callable[..., Any], numbers: count[int], last: int) -> Callable[..., Any]:
    """The rename, which kills this process instead once its number has come."""

    def rename_or_die(*arguments: Any) -> Any:
        if next(numbers) == last:
            os.kill(os.getpid(), signal.SIGKILL)
        return rename(*arguments)

    return rename_or_die


def train(folder: Path, last: int) -> int:
    """Train in a process of its own, which is killed before a rename; returns how it ended."""
    if child := os.fork():
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    numbers = count(1)
    vars(os)["fsync"] = lambda _: None  # what a killed process wrote is there all the same
    vars(results)["draw_learning_curve"] = lambda *_: None  # it takes longer than all else together
    Path.rename = counted(Path.rename, numbers, last)  # type: ignore[method-assign]
    write._exchange = counted(write._exchange, numbers, last)
    os._exit(main([*sys.argv[2:], "--folder", str(folder)]))


for last in count(1):
    folder = Path(sys.argv[1]) / str(last)
    ended = train(folder, last)
    if ended == -signal.SIGKILL:
        ended = train(folder, 0)
    elif not ended:
        break  # there are not so many renames
    if ended:
        sys.exit(ended)
