"""torch.distributed: there is none."""

from typing import NoReturn

from torch._inference_only import attribute


def is_available() -> bool:
    """Return False."""
    return False


def is_initialized() -> bool:
    """Return False."""
    return False


def __getattr__(name: str) -> NoReturn:
    attribute(__name__, name)
