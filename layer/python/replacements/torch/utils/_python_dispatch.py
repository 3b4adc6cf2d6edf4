"""Dispatch modes written in Python: there are none."""

import contextlib
from typing import Any

import torch
from torch._inference_only import refuse


class TorchDispatchMode:
    """Refuses to be made."""

    __init__ = refuse("TorchDispatchMode")  # type: ignore[assignment]


def is_traceable_wrapper_subclass_type(kind: type) -> bool:
    """Tell whether a class wraps other tensors."""
    return hasattr(kind, "__tensor_flatten__") and hasattr(kind, "__tensor_unflatten__")


def is_traceable_wrapper_subclass(value: Any) -> bool:
    """Tell whether a tensor wraps other tensors."""
    kind = type(value)
    return kind is not torch.Tensor and isinstance(value, torch.Tensor) and is_traceable_wrapper_subclass_type(kind)


def _get_current_dispatch_mode() -> None:
    return None


def _get_current_dispatch_mode_stack() -> list[Any]:
    return []


def is_in_torch_dispatch_mode(*_args: Any) -> bool:
    """Return False."""
    return False


def is_in_any_mode_without_ignore_compile_internals() -> bool:
    """Return False."""
    return False


_disable_current_modes = contextlib.nullcontext
