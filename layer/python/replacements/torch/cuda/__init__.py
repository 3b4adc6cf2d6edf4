"""torch.cuda: there is none."""

from typing import NoReturn

from torch._inference_only import (  # noqa: F401
    _is_in_bad_fork,
    attribute,
    device_count,
    is_available,
    manual_seed,
    manual_seed_all,
)


def _lazy_init() -> NoReturn:
    raise RuntimeError("there is no CUDA here: this is an inference-only build of torch for CPUs")


def is_initialized() -> bool:
    """Return False."""
    return False


def is_current_stream_capturing() -> bool:
    """Return False."""
    return False


def __getattr__(name: str) -> NoReturn:
    attribute(__name__, name)
