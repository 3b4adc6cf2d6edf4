"""Loads the pager and the paged library of the working directory, and touches none of its code."""

import ctypes
import os
import signal

import torch_pager  # type: ignore[import-not-found]

__all__ = ["ctypes", "functions", "os", "right", "signal", "torch_pager"]

library = ctypes.CDLL("./libwide.so")
functions = [library[f"f{number}"] for number in range(80)]


def right(number: int) -> bool:
    """Whether a function computes what its source says."""
    return bool(functions[number](3) == 4 * number)
