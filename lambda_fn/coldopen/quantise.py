"""From a state_dict to serving weights, by a fixed rule: when a bundle is written, or one without them is loaded.

Each row of a matrix gets one scale, so that its largest number becomes 127. The inputs of an int8 layer share one
scale, so numbers that lie side by side should be of similar size. Embeddings and projected outputs are therefore
multiplied by a power of two, which loses nothing. The weights that meet them are divided by it.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import frexp

import torch
from torch import Tensor

from coldopen.hidden_states import sample_hidden_states
from coldopen.network import NetworkConfig
from coldopen.preview_fit import fit_preview
from coldopen.serving_weights import CellWeights, Rows, ServingWeights

FIRST_BLOCK = 2048
"""Words that are always scored."""

_CHUNK = 2048  # rows that are quantised at once
_NUM_FREQUENT = 2048  # words, the most frequent ones; their embeddings decide the scale of all embeddings


@torch.inference_mode()
def serving_weights(
    config: NetworkConfig, state_dict: Mapping[str, Tensor], first_block: int = FIRST_BLOCK
) -> ServingWeights:
    """What serves of a state_dict.

    Args:
        config: the network's shape.
        state_dict: float32 or float16, of that shape; an output bias may be minus infinity.
        first_block: how many words are always scored.
    """
    embedding = state_dict["embedding.weight"]
    scale = _scale_to_hidden_state(embedding[:_NUM_FREQUENT].abs().amax(dim=1))
    cells, embedding_scale = [], scale
    for layer in range(config.num_layers):
        cell, scale = _cell(state_dict, layer, scale)
        cells.append(cell)
    embedding_rows = _quantised(embedding, embedding_scale)
    output = (
        Rows(embedding_rows.int8, embedding_rows.scales / (embedding_scale * scale))
        if config.tied
        else _quantised(state_dict["fc.weight"], 1 / scale)
    )
    bias = state_dict["fc.bias"].to(torch.float32)
    weights = ServingWeights(embedding_rows, tuple(cells), output, bias, preview=None)
    if config.vocabulary_size <= first_block:
        return weights
    states = sample_hidden_states(config, weights, first_block)
    return weights._replace(preview=fit_preview(output.part(first_block), states))


def _cell(state_dict: Mapping[str, Tensor], layer: int, input_scale: float) -> tuple[CellWeights, float]:
    """A layer's weights, and what its output is multiplied by.

    Args:
        input_scale: what the layer's input has been multiplied by.
    """

    def tensor(name: str) -> Tensor:
        return state_dict[f"lstm.{name}_l{layer}"]

    projection = state_dict.get(f"lstm.weight_hr_l{layer}")
    scale = 1.0 if projection is None else _scale_to_hidden_state(projection.to(torch.float32).norm(dim=1))
    # (4 * hidden_size, inputs + output_size) and (4 * hidden_size,)
    weight = torch.cat([tensor("weight_ih"), tensor("weight_hh")], dim=1).to(torch.float32)
    bias = tensor("bias_ih").to(torch.float32) + tensor("bias_hh").to(torch.float32)
    num_inputs = tensor("weight_ih").shape[1]
    weight[:, :num_inputs] /= input_scale
    weight[:, num_inputs:] /= scale
    for gates in (weight, bias):
        _input, _forget, candidate, _output = gates.chunk(4)
        candidate *= 2
    projected = None if projection is None else _quantised(projection, scale)
    return CellWeights(_quantised(weight), bias, projected), scale


def _quantised(weight: Tensor, factor: float = 1.0) -> Rows:
    """A matrix in int8, multiplied by a factor; in chunks, so that all of it in float32 is never there."""
    rows = Rows(torch.empty(weight.shape, dtype=torch.int8), torch.empty(len(weight)))
    for begin in range(0, len(weight), _CHUNK):
        part = weight[begin : begin + _CHUNK].to(torch.float32, copy=True).mul_(factor)
        largest = torch.maximum(part.amax(dim=1), part.amin(dim=1).neg_())
        scales = largest.div_(127).clamp_min_(1e-12)
        rows.scales[begin : begin + _CHUNK] = scales
        rows.int8[begin : begin + _CHUNK] = part.div_(scales[:, None]).round_()
    return rows


def _scale_to_hidden_state(sizes: Tensor) -> float:
    """The power of two that brings numbers of these sizes near the size of a hidden state; 1 if all are zero."""
    size = float(sizes.mean(dtype=torch.float32))
    return 2.0 ** (1 - frexp(size)[1]) if size else 1.0
