"""How torch says that memory ran out."""

from __future__ import annotations

import torch

_SIGNS = ("out of memory", "ALLOC_FAILED", "ALLOCATION_FAILED", "can't allocate memory")


def is_out_of_memory(error: RuntimeError) -> bool:
    """Whether an error of torch says that memory ran out. cuDNN, cuBLAS and the CPU have words of their own for it."""
    return isinstance(error, torch.OutOfMemoryError) or any(sign in str(error) for sign in _SIGNS)
