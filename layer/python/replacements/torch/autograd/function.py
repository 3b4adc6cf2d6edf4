"""Names that torch's modules import."""

from torch.autograd import Function, NestedIOFunction  # noqa: F401


def once_differentiable(function: object) -> object:
    """Return `function`."""
    return function
