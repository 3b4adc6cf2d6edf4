"""torch.autograd: the switches of gradient mode; gradients themselves are refused."""

from typing import Any

import torch
from torch._inference_only import attribute, refuse
from torch.autograd.grad_mode import (  # noqa: F401
    _force_original_view_tracking,
    _unsafe_preserve_version_counter,
    enable_grad,
    inference_mode,
    no_grad,
    set_grad_enabled,
    set_multithreading_enabled,
)

backward, grad = refuse("torch.autograd.backward"), refuse("torch.autograd.grad")


class Function(torch._C._FunctionBase):
    """A base for functions with their own gradient: they can be defined, not applied."""

    apply = refuse("torch.autograd.Function.apply")


NestedIOFunction = Function
if not torch._C._autograd_init():
    raise RuntimeError("autograd initialization failed")


def _is_checkpoint_valid() -> bool:
    return True


def __getattr__(name: str) -> Any:
    if name in ("forward_ad", "function", "graph"):
        return __import__("importlib").import_module(f"torch.autograd.{name}")
    return attribute(__name__, name)
