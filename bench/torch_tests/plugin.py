"""A plugin of pytest's, for one run of one of PyTorch's test files.

It runs the tests that are named in the file ONLY, if there is one, but for those that have a line in RESULTS. When a
test begins and when it has ended, it adds a line of JSON there, so that all is known of a run that dies.
"""

from __future__ import annotations

import json
import os
import random
import sys
import time
from pathlib import Path
from typing import Any

_results, _only = Path(os.environ["RESULTS"]), os.environ.get("ONLY")
_seconds = float(os.environ.get("SECONDS_FOR_FILE", "inf"))
_begun: list[float] = []


# Its operators are built for CUDA in the default index's wheels: to the tests it is not installed.
sys.modules["torchvision"] = None  # type: ignore[assignment]
if "STOCK_TORCH" in os.environ:
    import torch

    _load: Any = torch.ops.load_library

    def _load_beside(path: str) -> None:
        """Load a library; if it is not there, that of stock torch: its wheel has one for the tests."""
        _load(path if Path(path).exists() else str(Path(os.environ["STOCK_TORCH"], "lib", Path(path).name)))

    torch.ops.load_library = _load_beside  # type: ignore[method-assign]


def _note(**line: Any) -> None:
    with _results.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


def pytest_collection_modifyitems(items: list[Any]) -> None:
    """Leave the tests that are to be run and have not begun, in ONLY's order, or in one that is always the same."""
    lines = _results.read_text(encoding="utf-8").splitlines() if _results.exists() else []
    begun = {json.loads(line)["test"] for line in lines}
    items[:] = [item for item in items if item.nodeid not in begun]
    if _only:
        place = {name: index for index, name in enumerate(Path(_only).read_text(encoding="utf-8").splitlines())}
        items[:] = sorted((item for item in items if item.nodeid in place), key=lambda item: place[item.nodeid])
    else:
        # Where the time is not enough for all of a file, what is run is to be of all its parts.
        random.Random(0).shuffle(items)


def pytest_runtest_protocol(item: Any) -> bool | None:
    """Note that a test begins; or, when the time for the file is over, run no more."""
    _begun.append(time.monotonic())
    if _begun[-1] - _begun[0] > _seconds:
        return True
    _note(test=item.nodeid)
    return None


def pytest_runtest_logreport(report: Any) -> None:
    """Note what a test came to; of its phases the last one that did not pass counts."""
    if report.when == "call" or report.outcome != "passed":
        lines = [line for line in str(report.longrepr).splitlines() if line.startswith("E ")] or [str(report.longrepr)]
        _note(test=report.nodeid, outcome=report.outcome, why="" if report.passed else lines[0][:300])
