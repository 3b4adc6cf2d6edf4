"""A state_dict's tensors, put together into the modules that they are of, and what each module is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from os.path import commonprefix

from torch import Tensor

_WRAPPERS = {"module", "_orig_mod", "_forward_module", "_fsdp_wrapped_module", "_checkpoint_wrapped_module"}
"""What DataParallel, torch.compile, Fabric, FSDP and activation checkpoints put into a name."""

_RECURRENT = re.compile(r"(weight|bias)_(ih|hh|hr)(_l\d+)?(_reverse)?(_raw)?")

Parameters = dict[str, Tensor]
"""A module's own tensors, by the last part of their names."""

Modules = dict[str, Parameters]
"""All modules that have tensors, by path."""


def modules_of(tensors: Mapping[str, Tensor]) -> Modules:
    """The modules of a state_dict, by paths without wrappers and without what all paths begin with.

    Single numbers are left out: they count batches and steps.
    """
    found: Modules = {}
    for name, tensor in tensors.items():
        parts = [part for part in name.split(".") if part not in _WRAPPERS]
        if tensor.dim():
            found.setdefault(".".join(parts[:-1]), {})[parts[-1] if parts else name] = tensor
    shared = commonprefix([path.split(".") for path in found])
    if len(found) < 2 or not shared:
        return found
    return {path.removeprefix(".".join(shared)).removeprefix("."): own for path, own in found.items()}


def is_recurrent(parameters: Iterable[str]) -> bool:
    """Whether a module's tensors are named as those of torch's recurrent layers and cells."""
    return any(_RECURRENT.fullmatch(name) for name in parameters)


def described(path: str, own: Parameters) -> str:
    """A module, named for what it is, for a message."""
    return f"{path or 'the network itself'} ({_kind(own)})"


def _kind(own: Parameters) -> str:
    weight = own.get("weight")
    if "running_mean" in own:
        return "batch normalisation"
    if "in_proj_weight" in own:
        return "attention"
    if is_recurrent(own):
        return "recurrent"
    if weight is not None and weight.dim() > 2:
        return f"a convolution, {tuple(weight.shape)}"
    if weight is not None and weight.dim() == 2 and "bias" in own:
        return f"a linear layer, {weight.shape[1]:,} to {weight.shape[0]:,}"
    if weight is not None and weight.dim() == 2:
        return f"an embedding or a linear layer without a bias, {weight.shape[0]:,} rows of {weight.shape[1]:,}"
    if weight is not None and weight.dim() == 1:
        return f"layer normalisation or class weights, {weight.shape[0]:,} numbers"
    return _shapes(own)


def _shapes(own: Parameters) -> str:
    return ", ".join(f"{name} {tuple(tensor.shape)}" for name, tensor in own.items())
