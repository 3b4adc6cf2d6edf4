"""What torch's modules use of typing_extensions, which takes longer to import than this module."""

import typing
from collections.abc import Callable
from typing import *  # noqa: F403
from typing import Any, Concatenate, Never, NotRequired, ParamSpec, Required, Self, TypeAlias, Unpack  # noqa: F401


class _Subscriptable:
    def __getitem__(self, _key: Any) -> type[bool]:
        return bool


TypeIs = TypeGuard = _Subscriptable()


def deprecated(*_args: Any, **_options: Any) -> Callable[[Any], Any]:
    """Return a decorator that changes nothing."""
    return lambda decorated: decorated


def override(method: Any) -> Any:
    """Return `method`."""
    return method


class TypeAliasType:
    """A named alias."""

    def __init__(self, name: str, value: Any, **_options: Any) -> None:
        self.__name__, self.__value__ = name, value


def TypeVar(name: str, *bounds: Any, default: Any = None, **options: Any) -> Any:  # noqa: N802
    """Return a TypeVar of typing's. Defaults, which Python has since 3.13, are left out."""
    return typing.TypeVar(name, *bounds, **options)  # type: ignore[misc]
