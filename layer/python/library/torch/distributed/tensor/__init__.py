"""torch.distributed.tensor: names that libraries import to ask whether a tensor is one of these. None is here."""

from typing import NoReturn


class DTensor:
    """Only a name: nothing here makes one."""


class DeviceMesh:
    """Only a name: nothing here makes one."""


class Placement:
    """Only a name: nothing here makes one."""


class Partial(Placement):
    """Only a name: nothing here makes one."""


class Replicate(Placement):
    """Only a name: nothing here makes one."""


class Shard(Placement):
    """Only a name: nothing here makes one."""


def __getattr__(name: str) -> NoReturn:
    reason = "a function on Lambda has no other process to work with"
    raise AttributeError(f"torch.distributed.tensor.{name} is not in this layer's torch: {reason}", name=name)
