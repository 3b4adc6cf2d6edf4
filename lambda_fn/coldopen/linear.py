"""Linear layers as the engine serves them: in int8 where this machine has fast int8 kernels, in float32 elsewhere.

An int8 weight has one scale for each row. An int8 layer quantises its inputs as they come ("dynamically"; Jacob et al.
2018, "Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference"), and all rows of
inputs that it gets in one call share one scale.
"""

from __future__ import annotations

import platform
import warnings
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import linear

Linear = Callable[[Tensor], Tensor]
"""A linear layer: float32 (rows, inputs) -> float32 (rows, outputs)."""

_DEPRECATED = "torch.quantize_per_tensor, torch.quantize_per_channel and other quantized tensor creation"


class ServedLinear(NamedTuple):
    """A linear layer, and the weight that it multiplies by.

    Attributes:
        apply: the layer. It computes each row of inputs by itself.
        rows: its weight without the scales: int8 or float32 (outputs, inputs).
        scales: float32 (outputs,); `rows * scales[:, None]` is the weight.
    """

    apply: Linear
    rows: Tensor
    scales: Tensor


def int8_engine() -> str | None:
    """The name of torch's engine for int8 on this machine, None if there is none.

    On arm64 torch lists engines that fail when they are used: fbgemm everywhere, and qnnpack on Lambda, which has no
    /sys/devices/system/cpu.
    """
    name = "onednn" if platform.machine() in ("aarch64", "arm64") else "x86"
    return name if name in torch.backends.quantized.supported_engines else None


def served_linear(weight: Tensor, bias: Tensor, engine: str | None) -> ServedLinear:
    """A layer for serving.

    Args:
        weight: float32 (outputs, inputs). The layer takes it over: its numbers are changed, or are the layer's own.
        bias: float32 (outputs,).
        engine: of `int8_engine`; None makes a float32 layer.
    """
    if engine is None:
        return ServedLinear(_row_by_row(float32_linear(weight, bias)), weight, torch.ones(len(weight)))
    # without large tensors that come and go: they would leave the process's memory in pieces
    largest = torch.maximum(weight.amax(dim=1), weight.amin(dim=1).neg_())
    scales = largest.div_(127).clamp_min_(1e-12)  # (outputs,)
    rows = weight.div_(scales[:, None]).round_().to(torch.int8)
    return ServedLinear(_row_by_row(_int8_linear(rows, scales, bias, engine)), rows, scales)


def float32_linear(weight: Tensor, bias: Tensor) -> Linear:
    """A float32 layer that multiplies all rows of inputs at once."""
    return partial(linear, weight=weight, bias=bias)


def _int8_linear(rows: Tensor, scales: Tensor, bias: Tensor, engine: str) -> Linear:
    torch.backends.quantized.engine = engine
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", _DEPRECATED, UserWarning)  # torch is pinned, and has nothing else as fast
        weight = torch._make_per_channel_quantized_tensor(rows, scales, torch.zeros(len(rows), dtype=torch.int64), 0)
    packed = torch.ops.quantized.linear_prepack(weight, bias)
    dynamic = torch.ops.quantized.linear_dynamic
    # The inputs get 7 bits (reduce_range): with 8, processors without VNNI overflow 16-bit sums and give wrong results.
    return lambda inputs: dynamic(inputs, packed, True)


def _row_by_row(layer: Linear) -> Linear:
    """The layer, applied to each row of its inputs by itself.

    Computed together, rows would influence each other: in int8 they share the scale of the inputs, and in float32 their
    number decides the order of sums. The weights stay in the processor's cache from one row to the next. Also, an int8
    layer of oneDNN's on arm64 is right only for the number of rows that it met first; here that is always one.
    """

    def apply(inputs: Tensor) -> Tensor:
        if inputs.size(0) == 1:
            return layer(inputs)
        return torch.cat([layer(row) for row in torch.split(inputs, 1)])

    return apply
