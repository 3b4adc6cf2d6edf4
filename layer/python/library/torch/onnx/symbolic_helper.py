"""torch.onnx's decorators, which libraries use when they are imported; nothing is exported here."""

from collections.abc import Callable
from typing import Any, NoReturn

from torch.onnx import refuse  # type: ignore[attr-defined]


def parse_args(*_descriptors: Any, **_options: Any) -> Callable[[Any], Any]:
    """Return a decorator that changes nothing."""
    return lambda decorated: decorated


quantized_args = parse_args


def __getattr__(name: str) -> NoReturn:
    raise refuse(f"symbolic_helper.{name}")
