"""torch.compiler: what torch's own modules ask it; whatever compiles is refused."""

from collections.abc import Callable
from typing import Any, NoReturn

from torch._inference_only import attribute


def is_compiling() -> bool:
    """Return False: nothing here compiles or exports."""
    return False


is_dynamo_compiling = is_exporting = is_compiling


def disable(function: Any = None, recursive: bool = True, *, reason: str | None = None) -> Any:
    """Return `function`, or a decorator that does."""

    def same(decorated: Callable[..., Any]) -> Callable[..., Any]:
        return decorated

    return same if function is None else function


def __getattr__(name: str) -> NoReturn:
    attribute(__name__, name)
