"""`python -m training` in which process 1 runs out of memory with more than eight windows at once."""

from __future__ import annotations

import os
import runpy
from typing import Any

import torch
from torch import Tensor

from coldopen.network import ScriptNetwork

_forward = ScriptNetwork.forward


def _short_of_memory(self: ScriptNetwork, words: Tensor, *state: Any) -> Any:
    if self.training and os.environ["RANK"] == "1" and len(words) > 8:
        raise torch.OutOfMemoryError("CUDA out of memory")
    return _forward(self, words, *state)


ScriptNetwork.forward = _short_of_memory  # type: ignore[assignment,method-assign]
runpy.run_module("training", run_name="__main__")
