"""Names that torch's modules import."""

from torch._inference_only import refuse


class Node:
    """Only a name."""


class GradientEdge:
    """Only a name."""


_engine_run_backward = refuse("torch.autograd.backward")
