"""torch.mtia: there is none."""

from typing import NoReturn

from torch._inference_only import (  # noqa: F401
    _is_in_bad_fork,
    attribute,
    device_count,
    is_available,
    manual_seed,
    manual_seed_all,
)


def __getattr__(name: str) -> NoReturn:
    attribute(__name__, name)
