"""Forward-mode gradients: there are none."""

from typing import Any


def unpack_dual(tensor: Any, *, level: int | None = None) -> tuple[Any, None]:
    """Return the tensor and no tangent."""
    return tensor, None
