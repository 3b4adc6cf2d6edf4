"""Puts beside the layer what only PyTorch's tests import, from stock torch's folder (STOCK_TORCH).

Python imports this module when it starts, also in processes that a test starts. What the layer has stays the layer's:
the finder is asked after all others, and before the one that refuses, which comes with the layer's torch.
"""

from __future__ import annotations

import os
import sys
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from typing import Any

# What stock torch has for its own tests, and what these import.
BESIDE = ("torch.ao.ns", "torch.testing._internal", "torch.utils.benchmark")


class Beside:
    """Finds the modules of BESIDE in stock torch's folder."""

    @staticmethod
    def find_spec(name: str, _path: Any = None, _target: Any = None) -> ModuleSpec | None:
        """Return where stock torch's module is, or None."""
        if not any(name == package or name.startswith(f"{package}.") for package in BESIDE):
            return None
        folder = Path(os.environ["STOCK_TORCH"], *name.split(".")[1:-1])
        return PathFinder.find_spec(name, [str(folder)])


if "STOCK_TORCH" in os.environ:
    sys.meta_path.append(Beside)
