"""torch.jit: what torch's own modules ask it; scripting, tracing and loading are refused."""

from typing import Any, NoReturn

from torch._inference_only import attribute, refuse
from torch._jit_internal import (  # noqa: F401
    Final,
    _isinstance,
    _overload,
    _overload_method,
    export,
    ignore,
    is_scripting,
    unused,
)


class ScriptModule:
    """Only a name: nothing here makes one."""


class ScriptFunction(ScriptModule):
    """Only a name: nothing here makes one."""


class RecursiveScriptClass:
    """Only a name: nothing here makes one."""


def is_tracing() -> bool:
    """Return False."""
    return False


def annotate(_kind: Any, value: Any) -> Any:
    """Return `value`."""
    return value


def script_if_tracing(function: Any) -> Any:
    """Return `function`."""
    return function


_script_if_tracing = script_if_tracing
script, trace, freeze = refuse("torch.jit.script"), refuse("torch.jit.trace"), refuse("torch.jit.freeze")
load, save = refuse("torch.jit.load"), refuse("torch.jit.save")


def __getattr__(name: str) -> NoReturn:
    attribute(__name__, name)
