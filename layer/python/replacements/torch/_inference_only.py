"""Refuses what is not in this build of torch, in a sentence that says so."""

import gc
import sys
from collections.abc import Callable
from typing import Any, NoReturn

# An import makes hardly any garbage, and to look for it takes a tenth of the time. torch's __init__ enables it again.
was_collecting = gc.isenabled()
gc.disable()


def collect_again() -> None:
    """Let the collector work again; what was imported is old to it, else it would look at all that and find nothing."""
    if not gc.get_freeze_count():
        gc.freeze()
        gc.unfreeze()
    gc.enable()


def message(name: str) -> str:
    """Return the sentence that refuses the feature `name`."""
    return f"{name} is not available: this is an inference-only build of torch"


def refuse(name: str) -> Callable[..., NoReturn]:
    """Return a function that raises ImportError, naming the feature `name`, whatever it is called with."""

    def refused(*_args: Any, **_options: Any) -> NoReturn:
        raise ImportError(message(name))

    return refused


def attribute(module: str, name: str) -> NoReturn:
    """Raise the AttributeError for `name` in `module`."""
    raise AttributeError(message(f"{module}.{name}"), name=name)


def is_available() -> bool:
    """Return False: there is no such device. The functions below answer for it too."""
    return False


def device_count() -> int:
    """Return 0."""
    return 0


def _is_in_bad_fork() -> bool:
    return False


def manual_seed_all(_seed: int) -> None:
    """Do nothing."""


manual_seed = manual_seed_all


class Finder:
    """The last finder on sys.meta_path. A module of torch that no other finder has found was left out."""

    @staticmethod
    def find_spec(name: str, _path: Any = None, _target: Any = None) -> None:
        """Raise ModuleNotFoundError for a name in torch, else return None."""
        if name.startswith("torch."):
            raise ModuleNotFoundError(message(name), name=name)


sys.meta_path.append(Finder)


class LazyModule:
    """Stands for a module, and imports it when something of it is asked for."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        import importlib

        return getattr(importlib.import_module(self._name), attribute)
