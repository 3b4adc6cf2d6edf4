"""The decorators of torch.jit that torch's own modules carry; none of them does anything here."""

from collections.abc import Callable
from typing import Any, Dict, Final, List, Optional, Tuple, Union  # noqa: F401, UP035


class _Broadcasting:
    def __getitem__(self, _types: Any) -> None:
        return None


BroadcastingList1 = BroadcastingList2 = BroadcastingList3 = _Broadcasting()


def is_scripting() -> bool:
    """Return False."""
    return False


def boolean_dispatch(
    arg_name: str,
    arg_index: int,
    default: bool,
    if_true: Callable[..., Any],
    if_false: Callable[..., Any],
    module_name: str | None,
    func_name: str | None,
) -> Callable[..., Any]:
    """Return a function that calls `if_true` or `if_false`, as its own argument `arg_name` says."""

    def dispatch(*args: Any, **options: Any) -> Any:
        chosen = options[arg_name] if arg_name in options else args[arg_index] if arg_index < len(args) else default
        return (if_true if chosen else if_false)(*args, **options)

    dispatch.__name__ = func_name or dispatch.__name__
    dispatch.__module__ = module_name or dispatch.__module__
    return dispatch


def _same(decorated: Any) -> Any:
    return decorated


_overload = _overload_method = export = unused = _copy_to_script_wrapper = _drop = _same


def ignore(drop: Any = False, **_options: Any) -> Any:
    """Return the decorated function, or a decorator that returns it."""
    return drop if callable(drop) else _same


def _isinstance(value: Any, kind: Any) -> bool:
    return isinstance(value, kind)


class Future:
    """Only a name: nothing here makes one."""


class _Await:
    pass
