"""Linear layers as the engine serves them: in int8 where this machine has fast int8 kernels, in float32 elsewhere.

An int8 weight has one scale for each row (Jacob et al. 2018, "Quantization and Training of Neural Networks for
Efficient Integer-Arithmetic-Only Inference"). The inputs of a layer that serves are rounded to fixed steps. So rows can
be multiplied together, for which the weight is read once, and what a row gets does not depend on those beside it. Where
torch has no operator for that, inputs are quantised as they come, and each row by itself.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import linear

from coldopen.serving_weights import Rows

Linear = Callable[[Tensor], Tensor]
"""A linear layer: float32 (rows, inputs) -> float32 (rows, outputs)."""

MakeLinear = Callable[[Rows, Tensor], Linear]
"""Makes a layer of a weight (outputs, inputs) and a bias, float32 (outputs,)."""


class Steps(NamedTuple):
    """How inputs are rounded: x becomes the whole number next to x * per_unit, plus zero, between 0 and 255.

    Nearly all should lie below 128 then: processors without VNNI add up two products in 16 bits, which larger ones may
    overflow.
    """

    per_unit: int
    zero: int


HIDDEN = Steps(64, 64)
"""Of an LSTM's hidden states, which lie between -1 and 1."""

PROJECTED = Steps(48, 80)
"""Of projected hidden states and of embeddings, which `coldopen.quantise` brings to that size: from -1.7 to 3.6."""

MakeServed = Callable[[Rows, Tensor, Steps], Linear]
"""The same as `MakeLinear`, for inputs that are rounded so."""


class Reading(NamedTuple):
    """What a layer of `served_linear` makes of its inputs before it multiplies them.

    Attributes:
        inputs: gives them as they are read: float32 (rows, inputs), to the same.
        error: how far each of these may be off, relative to the largest of its row.
    """

    inputs: Callable[[Tensor], Tensor]
    error: float


JOINT_ERROR = 1 / 127
"""How far `joint_linear` may read an input off, relative to the largest beside it: half a step of 7 bits."""

_DEPRECATED = "torch.quantize_per_tensor, torch.quantize_per_channel and other quantized tensor creation"


def int8_engine() -> str | None:
    """The name of torch's engine for int8 on this machine, None if there is none.

    On arm64 torch lists engines that fail when they are used: fbgemm everywhere, and qnnpack on Lambda, which has no
    /sys/devices/system/cpu.
    """
    name = "onednn" if os.uname().machine in ("aarch64", "arm64") else "x86"
    return name if name in torch.backends.quantized.supported_engines else None


def served_linear(weight: Rows, bias: Tensor, steps: Steps, engine: str | None) -> Linear:
    """A layer for serving: what a row of inputs gets does not depend on the rows beside it.

    Args:
        weight: (outputs, inputs).
        bias: float32 (outputs,).
        steps: how inputs are rounded, where they are rounded to fixed steps.
        engine: of `int8_engine`; None makes a float32 layer.
    """
    if engine == "x86":
        return _stepped_linear(weight, bias, steps)
    return _row_by_row(_dynamic_linear(weight, bias, engine) if engine else float32_linear(weight, bias))


def served_reading(steps: Steps, engine: str | None) -> Reading:
    """How a layer of `served_linear` with the same arguments reads."""
    if engine == "x86":
        scale, zero = 1 / steps.per_unit, steps.zero
        return Reading(lambda inputs: torch.fake_quantize_per_tensor_affine(inputs, scale, zero, 0, 255), 0)
    return Reading(lambda inputs: inputs, JOINT_ERROR if engine else 0)


def joint_linear(weight: Rows, bias: Tensor, engine: str | None) -> Linear:
    """A layer for inputs of any size: what a row gets may be rounded otherwise where others stand beside it."""
    if engine == "onednn":
        return _row_by_row(_dynamic_linear(weight, bias, engine))
    return _dynamic_linear(weight, bias, engine) if engine else float32_linear(weight, bias)


def float32_linear(weight: Rows, bias: Tensor) -> Linear:
    """A float32 layer that multiplies all rows of inputs at once."""
    return partial(linear, weight=weight.floats(), bias=bias)


@contextmanager
def quickly() -> Iterator[None]:
    """To write in: inference mode, and torch does not ask objects whether they override its functions.

    An int8 layer's packed weight would answer with a C++ exception, which takes twice as long as all else that a call
    of the layer costs.
    """
    with torch.inference_mode(), torch._C.DisableTorchFunctionSubclass():
        yield


class LateLinear:
    """A layer that is made when it is first used.

    Args:
        make: makes it. What this function holds is let go when it has run.
    """

    def __init__(self, make: Callable[[], Linear]) -> None:
        self._make: Callable[[], Linear] | None = make
        self._layer: Linear | None = None

    def __call__(self, inputs: Tensor) -> Tensor:
        """The layer's outputs."""
        if self._layer is None:
            assert self._make is not None
            self._layer, self._make = self._make(), None
        return self._layer(inputs)


def _stepped_linear(weight: Rows, bias: Tensor, steps: Steps) -> Linear:
    packed = _packed(weight, bias, "x86")
    scale, zero = torch.tensor(1 / steps.per_unit), torch.tensor(steps.zero)
    # the operator itself, without torch's Python around it
    product = torch.ops.quantized.linear_with_input_q_dq_qweight_dq_output_fp32.default._op

    def apply(inputs: Tensor) -> Tensor:
        outputs: Tensor = product(inputs, scale, zero, packed)
        return outputs

    return apply


def _dynamic_linear(weight: Rows, bias: Tensor, engine: str) -> Linear:
    packed = _packed(weight, bias, engine)
    product = torch.ops.quantized.linear_dynamic.default._op

    def apply(inputs: Tensor) -> Tensor:
        outputs: Tensor = product(inputs, packed, True)  # 7 bits (reduce_range), for the reason that `Steps` has
        return outputs

    return apply


def _packed(weight: Rows, bias: Tensor, engine: str) -> object:
    torch.backends.quantized.engine = engine
    zeros = torch.zeros(len(bias), dtype=torch.int64)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", _DEPRECATED, UserWarning)  # torch is pinned, and has nothing else as fast
        quantised = torch._make_per_channel_quantized_tensor(weight.int8, weight.scales, zeros, 0)
    packed: object = torch.ops.quantized.linear_prepack(quantised, bias)
    return packed


def _row_by_row(layer: Linear) -> Linear:
    """The layer, applied to each row of its inputs by itself.

    Computed together, rows would influence each other: quantised as they come, they share the scale of the inputs, and
    in float32 their number decides the order of sums. The weights stay in the processor's cache from one row to the
    next. Also, an int8 layer of oneDNN's on arm64 is right only for the number of rows that it met first; here that is
    always one.
    """

    def apply(inputs: Tensor) -> Tensor:
        if inputs.size(0) == 1:
            return layer(inputs)
        return torch.cat([layer(row) for row in torch.split(inputs, 1)])

    return apply
