"""torch.cuda: there is none."""

from typing import NoReturn

from torch._inference_only import attribute


def is_available() -> bool:
    """Return False."""
    return False


def device_count() -> int:
    """Return 0."""
    return 0


def _lazy_init() -> NoReturn:
    raise RuntimeError("there is no CUDA here: this is an inference-only build of torch for CPUs")


def is_initialized() -> bool:
    """Return False."""
    return False


def is_current_stream_capturing() -> bool:
    """Return False."""
    return False


def _is_in_bad_fork() -> bool:
    return False


def manual_seed_all(_seed: int) -> None:
    """Do nothing."""


manual_seed = manual_seed_all


def __getattr__(name: str) -> NoReturn:
    attribute(__name__, name)
