"""torch.xpu: there is none."""

from typing import NoReturn

from torch._inference_only import attribute


def is_available() -> bool:
    """Return False."""
    return False


def device_count() -> int:
    """Return 0."""
    return 0


def _is_in_bad_fork() -> bool:
    return False


def manual_seed_all(_seed: int) -> None:
    """Do nothing."""


manual_seed = manual_seed_all


def __getattr__(name: str) -> NoReturn:
    attribute(__name__, name)
