"""torch.utils: its modules are imported when they are asked for."""

import importlib
from typing import Any

from torch._inference_only import attribute, refuse

swap_tensors = refuse("torch.utils.swap_tensors")


def set_module(thing: Any, module: str) -> None:
    """Set the name of the module that `thing` says it is from."""
    thing.__module__ = module


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    try:
        return importlib.import_module(f"torch.utils.{name}")
    except ModuleNotFoundError:
        attribute(__name__, name)
